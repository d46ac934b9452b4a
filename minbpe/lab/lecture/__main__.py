"""The command: python -m minbpe.lab.lecture NOTEBOOK."""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from minbpe.lab.lecture.server import OPTIONS, environment, run_until_stopped

KEYS = (
    "Space goes on, Shift Space back; Ctrl Shift Enter runs all cells; ? shows all keys. Ctrl C here ends the lecture."
)


def parse(argv: list[str] | None) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    parser = argparse.ArgumentParser(prog="python -m minbpe.lab.lecture", description="Show a notebook as slides.")
    parser.add_argument("notebook", type=Path, help="for example notebooks/03-merges.ipynb")
    parser.add_argument(
        "--start", type=int, default=0, metavar="N", help="begin at slide N; without it, where you were"
    )
    parser.add_argument(
        "--pdf", type=Path, metavar="FOLDER", help="write slides and notes as PDF there, and show nothing"
    )
    parser.add_argument("lab", nargs="*", help="after --, options for jupyter lab, for example -- --port=9999")
    return parser, parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Open JupyterLab in lecture mode. Returns its exit code; 2 after an error."""
    parser, args = parse(argv)
    path = args.notebook.resolve()
    if not path.is_file():
        parser.error(f"there is no notebook {args.notebook} here; this is the folder {Path.cwd()}")
    if path.suffix != ".ipynb":
        parser.error(f"{args.notebook} is not a notebook: the name of one ends in .ipynb")
    if args.start < 0:
        parser.error(f"--start {args.start}: slides are counted from 1")
    if find_spec("jupyterlab") is None:
        parser.error('lecture mode needs the extra classroom: python -m pip install -e ".[classroom]"')
    if args.pdf:
        return write(parser, path, args.pdf)
    root = Path.cwd() if path.is_relative_to(Path.cwd()) else path.parent
    command = [sys.executable, "-m", "jupyterlab", str(path), f"--ServerApp.root_dir={root}", *OPTIONS, *args.lab]
    print(KEYS, flush=True)
    with tempfile.TemporaryDirectory(prefix="minbpe-lecture-", ignore_cleanup_errors=True) as folder:
        return run_until_stopped(command, environment(Path(folder), args.start))


def write(parser: argparse.ArgumentParser, notebook: Path, folder: Path) -> int:
    """The notebook on paper."""
    from minbpe.lab.lecture import paper  # needs what comes with JupyterLab

    try:
        for path in paper.write_pdfs(notebook, folder):
            print(path)
    except paper.CannotPrint as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
