"""What a class has handed in: SUBMITTED/STUDENT/02-pairs/02-pairs.ipynb, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dateutil.parser import parse as parse_time

from minbpe.lab.grading.results import CannotRun

LAYOUT = "SUBMITTED/STUDENT/02-pairs/02-pairs.ipynb"
# nbgrader's own, beside what was collected: when it was handed in, and by what feedback finds its way back.
TIMESTAMP, SECRET = "timestamp.txt", "submission_secret.txt"


@dataclass
class Submission:
    """What one student handed in for one assignment: a notebook, or none, and what is odd about it."""

    student: str
    assignment: str
    path: Path | None = None
    odd: list[str] = field(default_factory=list)
    known: bool = True  # is there such an assignment?
    handed_in: str = ""  # ISO 8601
    secret: str = ""  # nbgrader's; "" where it did not come through its exchange


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
        beside = [each.name for each in entries(where)] if where.is_dir() else []
        others = [each for each in beside if each not in (path.name, TIMESTAMP, SECRET)]
        if folder.is_symlink() or where.is_symlink() or path.is_symlink():
            yield Submission(name, assignment, None, ["it is a link to another place: not followed"])
        elif path.is_file():
            odd = [f"also there, not graded: {', '.join(others)}"] if others else []
            yield Submission(name, assignment, path, odd, handed_in=time_of(path), secret=secret_of(path))
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


def time_of(path: Path) -> str:
    """When a notebook was handed in: as timestamp.txt says, else the time of the file."""
    stamp = path.with_name(TIMESTAMP)
    if stamp.is_file() and not stamp.is_symlink():
        try:
            when = parse_time(stamp.read_text(encoding="utf-8").strip())
            return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")
        except (ValueError, OverflowError, OSError):  # it can be anything
            pass
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def secret_of(path: Path) -> str:
    """What nbgrader's exchange put beside a notebook. Anything else of that name is none."""
    kept = path.with_name(SECRET)
    try:
        if kept.is_symlink() or not kept.is_file() or kept.stat().st_size > 200:
            return ""
        secret = kept.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return secret if secret.isalnum() else ""
