"""What a learner has passed so far, kept in a file. course_map.py shows it.

`check` records each pass by itself when it runs in a notebook. The file is minbpe-progress.json: in the folder of
the course when the notebook is in there, else beside the notebook. The environment variable MINBPE_PROGRESS names
another file; empty, nothing is kept, as in the tests. A solution that is run is not progress, and neither is a
submission that nbgrader runs: nothing is kept of those.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minbpe import files

VARIABLE = "MINBPE_PROGRESS"
NAME = "minbpe-progress.json"
PATIENCE = 10  # seconds to wait for another kernel, which needs a few thousandths


def course_folder(start: Path) -> Path | None:
    """The folder at or above `start` that has both notebooks/ and exercises/ in it."""
    for folder in (start, *start.parents):
        if (folder / "notebooks").is_dir() and (folder / "exercises").is_dir():
            return folder
    return None


def file_of(folder: Path) -> Path | None:
    """Where the progress of somebody who works in `folder` is kept; None where it is not kept."""
    if VARIABLE in os.environ:
        return Path(os.environ[VARIABLE]) if os.environ[VARIABLE] else None
    if "NBGRADER_EXECUTION" in os.environ:  # nbgrader sets it while it grades or validates
        return None
    course = course_folder(folder)
    if course and folder.is_relative_to(course / "solutions"):
        return None
    return (course or folder) / NAME


def passed(path: Path | None) -> tuple[set[str], str]:
    """The names of the exercises passed, and a line to show if the file was damaged: it is set aside then."""
    names = _read(path) if path else set()
    if path is None or names is not None:
        return names or set(), ""
    try:
        with _turn(path):
            return _mended(path)
    except OSError as error:
        return set(), f"{path.name} is damaged, and could not be set aside: {error}"


def record(name: str, path: Path | None = None) -> None:
    """Keep that `name` is passed. OSError where the file cannot be written.

    Several kernels may do so at once: each waits for its turn, reads what is there, and writes the file whole.
    """
    path = path or (file_of(Path.cwd()) if _in_a_notebook() else None)
    if path is None:
        return
    with _turn(path):
        names, message = _mended(path)
        if name not in names:
            text = json.dumps({"passed": sorted(names | {name})}, indent=2) + "\n"
            files.write_whole({path: text.encode("utf-8")})
    if message:
        print(message)


def _read(path: Path) -> set[str] | None:
    """The names in the file, none if there is no file; None if it is damaged."""
    try:
        names = json.loads(path.read_bytes())["passed"]
    except FileNotFoundError:
        return set()
    except (ValueError, TypeError, KeyError, RecursionError):  # a UnicodeDecodeError is a ValueError
        return None
    return set(names) if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _mended(path: Path) -> tuple[set[str], str]:
    """As `passed`, for whoever has the turn."""
    names = _read(path)
    if names is not None:
        return names, ""
    aside, number = path.with_name(f"{path.name}.damaged"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{number}")
    path.replace(aside)
    return set(), f"{path.name} was damaged, so it is now called {aside.name}, and a new one begins."


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Only one kernel at a time is in here. OSError if it cannot be, or if its turn does not come."""
    try:
        from filelock import FileLock, Timeout
    except ImportError:  # in a browser: there is one kernel, and nobody to wait for
        yield
        return
    lock = path.with_name(f".{path.name}.lock")
    try:
        held = FileLock(lock, timeout=PATIENCE)
        held.acquire()
    except NotImplementedError:  # a file system without locks
        yield
        return
    except Timeout:
        raise OSError(f"another program holds {lock}") from None
    try:
        yield
    finally:
        held.release()


def _in_a_notebook() -> bool:
    """Whether this is a Jupyter kernel. A script or a test that calls `check` keeps nothing."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython.get_ipython(), "kernel") if ipython else False
