"""Grade a class: python -m minbpe.lab.grading SUBMITTED GRADED

SUBMITTED holds what was handed in, as SUBMITTED/STUDENT/02-pairs/02-pairs.ipynb. It is only read. GRADED is a folder
for the results, made if it is not there: points.csv, nbgrader's gradebook, the graded notebooks. Run it again after a
change, and only what has changed is graded again.

The exit code is 0 if all is graded and nobody needs to look at anything, 1 if the last column of the table has
something for a person to look at, 2 if it could not be run to its end.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import traceback
import warnings
from pathlib import Path
from types import FrameType
from typing import NoReturn

from minbpe.lab.grading.pool import interrupted

ROOT = Path(__file__).resolve().parents[3]


def parser() -> argparse.ArgumentParser:
    """The options."""
    about, _, more = (__doc__ or "").partition("\n\n")
    made = argparse.ArgumentParser(
        prog="python -m minbpe.lab.grading",
        description=about,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("submitted", type=Path, help="what was handed in: SUBMITTED/STUDENT/02-pairs/02-pairs.ipynb")
    add("graded", type=Path, help="a folder for the results, made if it is not there")
    add("--assignment", action="append", default=[], metavar="NAME", help="only this one; can be repeated")
    add("--again", action="store_true", help="grade also what has not changed")
    add(
        "--give",
        nargs=3,
        action="append",
        default=[],
        metavar=("STUDENT", "CHECK", "POINTS"),
        help="points by hand, when you have looked: --give ann check-top-pairs 2",
    )
    add("--feedback", action="store_true", help="write a page for each learner, GRADED/feedback/…/*.html")
    add("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="so many at once (all cores)")
    add("--cluster", default="", metavar="ADDRESS", help="grade on the Dask cluster at this address")
    add("--export", action="append", default=[], metavar="WHAT", help="also canvas.csv or moodle.csv: canvas, moodle")
    add(
        "--sandbox",
        default="auto",
        choices=("auto", "bwrap", "container", "none"),
        help="what contains a submission (auto: bubblewrap, else podman or docker, else nothing, and says so)",
    )
    add("--cell", type=int, metavar="S", help="seconds for a cell (nbgrader_config.py says 60)")
    add("--seconds", type=int, default=600, metavar="S", help="seconds for a submission (600)")
    add("--memory", type=int, default=2048, metavar="MB", help="megabytes for its Python (2048)")
    add("--course", type=Path, default=ROOT, help="the folder with solutions/ and nbgrader_config.py")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns the exit code; whatever happens, it says in a sentence what."""
    options = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal may lack a sign of somebody's name
    before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGINT)}
    interrupted.clear()
    try:
        from minbpe.lab.grading.results import CannotRun  # takes seconds: from here on, Ctrl C is answered
        from minbpe.lab.grading.run import run

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of nbgrader's database, and of what is mended in what was handed in
                return run(options)
        except CannotRun as error:
            print(f"Nothing was graded: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped before the end. Run it again to go on.", file=sys.stderr)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            print(f"Stopped: {error}. Run it again to go on.", file=sys.stderr)
        else:
            print("Stopped: the disk is full. Make room, and run it again to go on.", file=sys.stderr)
    except Exception as error:
        what = f"{type(error).__name__}; {_keep_traceback(options.graded)}"
        print(f"Stopped by a fault of the grading ({what}). Run it again to go on.", file=sys.stderr)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 2


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    interrupted.set()
    raise KeyboardInterrupt


def _keep_traceback(folder: Path) -> str:
    try:
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        path = folder / "logs" / "fault.txt"
        path.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError:
        return traceback.format_exc(limit=-1)
    return f"see {path}"


if __name__ == "__main__":
    sys.exit(main())
