"""Grade a class: python -m minbpe.lab.grading SUBMITTED GRADED

SUBMITTED holds what was handed in, as SUBMITTED/STUDENT/02-pairs/02-pairs.ipynb. It is only read. GRADED is a folder
for the results, made if it is not there: grades.csv, nbgrader's gradebook, the graded notebooks, logs. Run it again
after a change, and only what has changed is graded again.

The exit code is 0 if all is graded and nobody needs to look at anything, 1 if the last column of the table has
something for a person to look at, 2 if it could not be run to its end.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tqdm import tqdm

from minbpe.lab.grading.course import CannotRun, Course, Limits

ROOT = Path(__file__).resolve().parents[3]
LAYOUT = "SUBMITTED/STUDENT/02-pairs/02-pairs.ipynb"


@dataclass
class Row:
    """A line of the table."""

    student: str
    assignment: str
    score: float = 0
    max_score: float = 0
    look_at: list[str] = field(default_factory=list)
    fingerprint: str = ""


@dataclass
class Submission:
    """What one student handed in for one assignment: a notebook, or none, and what is odd about it."""

    student: str
    assignment: str
    path: Path | None = None
    odd: list[str] = field(default_factory=list)
    known: bool = True  # is there such an assignment?


def submissions(folder: Path, assignments: list[str], wanted: list[str]) -> list[Submission]:
    """All there is to grade, in order. CannotRun if the folder is laid out in another way."""
    students = [path for path in entries(folder) if path.is_dir()]
    loose = [path.name for path in entries(folder) if path.suffix == ".ipynb"]
    swapped = [path.name for path in students if path.name in assignments]
    if loose:
        raise CannotRun(f"{folder} holds a notebook, {loose[0]}. Expected: {LAYOUT}")
    if swapped:
        raise CannotRun(f"{folder} holds a folder {swapped[0]} where students' folders should be. Expected: {LAYOUT}")
    if not students:
        raise CannotRun(f"{folder} holds no students' folders. Expected: {LAYOUT}")
    handed_in = {path.name for student in students for path in entries(student) if path.is_dir()}
    wanted = wanted or [name for name in assignments if name in handed_in]
    found = [each for student in students for each in of_student(student, assignments, wanted)]
    if not any(each.path for each in found):
        raise CannotRun(f"{folder} holds no notebook where one should be. Expected: {LAYOUT}")
    return found


def of_student(folder: Path, assignments: list[str], wanted: list[str]) -> Iterator[Submission]:
    name = folder.name
    if name != name.strip() or any(sign in name for sign in "[]*?+{}"):
        yield Submission(name, "?", None, ["nbgrader cannot take this folder's name: rename it"], known=False)
        return
    inside = [path.name for path in entries(folder)]
    for assignment in wanted:
        where = folder / assignment
        path = where / f"{assignment}.ipynb"
        others = [each.name for each in entries(where) if each != path] if where.is_dir() else []
        if folder.is_symlink() or where.is_symlink() or path.is_symlink():
            yield Submission(name, assignment, None, ["it is a link to another place: not followed"])
        elif path.is_file():
            odd = [f"also there, not graded: {', '.join(others)}"] if others else []
            yield Submission(name, assignment, path, odd)
        elif others:
            yield Submission(name, assignment, None, [f"no {path.name}, but {', '.join(others)}: rename it?"])
        elif path.name in inside:
            yield Submission(name, assignment, None, [f"{path.name} is not in a folder {assignment}: move it there"])
        else:
            yield Submission(name, assignment, None, ["nothing handed in"])
    for stray in inside:
        if stray not in assignments and stray.removesuffix(".ipynb") not in wanted:
            yield Submission(name, stray, None, ["no such assignment: rename it?"], known=False)


def entries(folder: Path) -> list[Path]:
    """What is in a folder, without what systems put there by themselves."""
    names = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__")))
    return [path for path in names if path.name not in ("desktop.ini", "Thumbs.db")]


def grade(course: Course, each: Submission, limits: Limits, fingerprint: str) -> Row:
    """The row of one submission, graded anew."""
    row = Row(each.student, each.assignment, look_at=list(each.odd), fingerprint=fingerprint)
    if each.path:
        row.look_at += course.grade(each.student, each.assignment, each.path, limits)
    elif each.known:
        course.reset(each.student, each.assignment)
    if each.known and course.score(each.student, each.assignment).by_hand:
        row.look_at.append("has points given by hand before: do they still hold?")
    return row


def table(rows: Iterable[Row], width: int) -> str:
    """Student, assignment, points, and what a person must look at, wrapped into the last column."""
    head = ("student", "assignment", "points", "to look at")
    lines = [(r.student, r.assignment, points(r), "; ".join(r.look_at)) for r in rows]
    sizes = [min(24, max(len(line[i]) for line in [head, *lines])) for i in range(3)]
    rest = max(20, width - sum(sizes) - 6)
    shown = []
    for line in [head, tuple("─" * size for size in (*sizes, rest)), *lines]:
        cells = [
            textwrap.wrap(cell, size, break_on_hyphens=False) or [""]
            for cell, size in zip(line, (*sizes, rest), strict=True)
        ]
        for number in range(max(map(len, cells))):
            parts = [cell[number] if number < len(cell) else "" for cell in cells]
            parts = [
                part.rjust(size) if i == 2 else part.ljust(size)
                for i, (part, size) in enumerate(zip(parts, (*sizes, rest), strict=True))
            ]
            shown.append("  ".join(parts).rstrip())
    return "\n".join(shown)


def points(row: Row) -> str:
    return f"{row.score:g}/{row.max_score:g}" if row.max_score else "–"


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    with path.open(
        "w", encoding="utf-8-sig", newline=""
    ) as file:  # with a sign at its start by which Excel knows UTF-8
        writer = csv.writer(file)
        writer.writerow(["student", "assignment", "score", "max_score", "look_at"])
        for row in rows:
            writer.writerow(
                [row.student, row.assignment, f"{row.score:g}", f"{row.max_score:g}", "; ".join(row.look_at)]
            )


def whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8", newline="\n")
    os.replace(new, path)


def parser() -> argparse.ArgumentParser:
    about, _, more = __doc__.partition("\n\n")
    made = argparse.ArgumentParser(
        prog="python -m minbpe.lab.grading",
        description=about,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("submitted", type=Path, help=f"what was handed in: {LAYOUT}")
    made.add_argument("graded", type=Path, help="a folder for the results, made if it is not there")
    made.add_argument(
        "--assignment", action="append", default=[], metavar="NAME", help="only this one; can be repeated"
    )
    made.add_argument("--again", action="store_true", help="grade also what has not changed")
    made.add_argument(
        "--give",
        nargs=3,
        action="append",
        default=[],
        metavar=("STUDENT", "CHECK", "POINTS"),
        help="points by hand, when you have looked: --give ann check-top-pair 2",
    )
    made.add_argument("--feedback", action="store_true", help="write a page for each learner, GRADED/feedback/…/*.html")
    made.add_argument("--cell", type=int, metavar="S", help="seconds for a cell (nbgrader_config.py says 60)")
    made.add_argument("--seconds", type=int, default=600, metavar="S", help="seconds for a submission (600)")
    made.add_argument(
        "--memory", type=int, default=2048, metavar="MB", help="megabytes for its Python (2048; Linux only)"
    )
    made.add_argument("--course", type=Path, default=ROOT, help="the folder with solutions/ and nbgrader_config.py")
    return made


def check_folders(options: argparse.Namespace) -> None:
    submitted, graded = options.submitted.resolve(), options.graded.resolve()
    if not submitted.is_dir():
        raise CannotRun(f"{options.submitted} is not a folder")
    if graded == submitted or submitted in graded.parents:
        raise CannotRun(f"{options.graded} lies in {options.submitted}, which is only read: name another place")
    if graded.exists() and not graded.is_dir():
        raise CannotRun(f"{options.graded} is not a folder")
    if graded.is_dir() and any(graded.iterdir()) and not (graded / "nbgrader_config.py").exists():
        raise CannotRun(f"{options.graded} holds other things already: name an empty folder, or a new one")
    if not (options.course / "nbgrader_config.py").is_file() or not (options.course / "solutions").is_dir():
        raise CannotRun(f"{options.course} does not hold the course: solutions/ and nbgrader_config.py")
    if (graded / "solutions").resolve() == (options.course / "solutions").resolve():
        raise CannotRun(f"{options.graded} is the course itself: name another place")
    if min(options.cell or 1, options.seconds, options.memory) < 1:
        raise CannotRun("limits are whole numbers above 0")


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CannotRun(f"{text} is not a number of points") from None


def run(options: argparse.Namespace) -> int:
    check_folders(options)
    assignments = sorted(path.parent.name for path in options.course.glob("solutions/*/*.ipynb"))
    unknown = set(options.assignment) - set(assignments)
    if unknown:
        raise CannotRun(f"there is no assignment {min(unknown)}: there are {', '.join(assignments)}")
    found = submissions(options.submitted, assignments, options.assignment)
    course = Course(options.graded, options.course)
    for name in sorted({each.assignment for each in found if each.known}):
        course.prepare(name)

    kept = course.folder / "results.json"
    before = {}
    if kept.exists():
        before = {(row["student"], row["assignment"]): Row(**row) for row in json.loads(kept.read_text("utf-8"))}
    limits = Limits(options.cell, options.seconds, options.memory << 20)
    rows: dict[tuple[str, str], Row] = {}
    for student, check, points in options.give:
        if row := before.get((student, course.give(student, check, number(points)))):
            row.look_at = []  # whoever gives points has looked

    def keep() -> None:
        whole(kept, json.dumps([asdict(row) for row in {**before, **rows}.values()], indent=1))

    interrupted = False
    try:
        for each in tqdm(found, unit="notebook", disable=None, leave=False):
            key = each.student, each.assignment
            fingerprint = course.fingerprint(each.assignment, each.path, each.odd) if each.known else ""
            row = before.pop(key, None)
            if options.again or not row or row.fingerprint != fingerprint:
                keep()  # what is being graded has no result, should this be interrupted
                row = grade(course, each, limits, fingerprint)
            if each.known:  # points may have been given by hand meanwhile
                row.score, row.max_score, _ = course.score(*key)
            if options.feedback and each.path:
                course.feedback(*key)
            rows[key] = row
            keep()
    except KeyboardInterrupt:
        interrupted = True
    write_csv(course.folder / "grades.csv", rows.values())
    print(table(rows.values(), shutil.get_terminal_size().columns))
    to_look = sum(bool(row.look_at) for row in rows.values())
    print(f"\n{len(rows)} graded, {to_look} to look at. The table as a file: {options.graded / 'grades.csv'}")
    if interrupted:
        print(f"Stopped before the end: {len(found) - len(rows)} are left. Run it again to go on.", file=sys.stderr)
        return 2
    return 1 if to_look else 0


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a terminal may lack a sign of somebody's name
    try:
        return run(options)
    except CannotRun as error:
        print(f"Nothing was graded: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
