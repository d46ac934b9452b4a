"""What a class has handed in: SUBMITTED/STUDENT/02-pairs/02-pairs.ipynb, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dateutil.parser import parse as parse_time

from minbpe.lab.grading.results import CannotRun, visible

LAYOUT = "SUBMITTED/STUDENT/02-pairs/02-pairs.ipynb"
# nbgrader's own, beside what was collected: when it was handed in, and by what feedback finds its way back.
TIMESTAMP, SECRET = "timestamp.txt", "submission_secret.txt"
LARGEST = 64 << 20  # bytes of a notebook, which may have been handed in with all its outputs
NOTE = 200  # bytes of what nbgrader puts beside it
FEW = 5  # names in a sentence


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
    handed_in = {
        path.name for student in students for path in map(student.joinpath, names_in(student)) if path.is_dir()
    }
    wanted = wanted or [name for name in assignments if name in handed_in]
    found = [each for student in students for each in of_student(student, assignments, wanted)]
    if not any(each.path for each in found):
        raise CannotRun(f"{folder} holds no notebook where one should be. Expected: {LAYOUT}")
    return found


def of_student(folder: Path, assignments: list[str], wanted: list[str]) -> Iterator[Submission]:
    name = folder.name
    if name != name.strip() or any(sign in "[]*?+{}" for sign in name) or visible(name) != name:
        yield Submission(visible(name), "?", None, ["nbgrader cannot take this folder's name: rename it"], known=False)
        return
    inside = names_in(folder)
    for assignment in wanted:
        try:
            yield of_assignment(folder, assignment, inside)
        except (OSError, ValueError, OverflowError) as error:  # it costs this one its points, and nobody else anything
            why = error.strerror if isinstance(error, OSError) else str(error)
            yield Submission(name, assignment, None, [f"cannot be looked at ({why}): mend its folder"])
    strays = [each for each in inside if each not in assignments and each.removesuffix(".ipynb") not in wanted]
    for stray in strays[:FEW]:
        yield Submission(name, visible(stray), None, ["no such assignment: rename it?"], known=False)
    if left := strays[FEW:]:
        yield Submission(name, "…", None, [f"no such assignments either: {some(left)}"], known=False)


def of_assignment(folder: Path, assignment: str, inside: list[str]) -> Submission:
    """What is in a student's folder for one assignment; `inside` is all that the folder holds."""
    where = folder / assignment
    path = where / f"{assignment}.ipynb"
    if folder.is_symlink() or where.is_symlink() or path.is_symlink():
        return Submission(folder.name, assignment, None, ["it is a link to another place: not followed"])
    beside = [each.name for each in entries(where)] if where.is_dir() else []
    others = some([each for each in beside if each not in (path.name, TIMESTAMP, SECRET)])
    if path.is_file():
        odd = [f"also there, not graded: {others}"] if others else []
        return Submission(folder.name, assignment, path, odd, handed_in=time_of(path), secret=secret_of(path))
    if others:
        odd = [f"no {path.name}, but {others}: rename it?"]
    elif path.name in inside:
        odd = [f"{path.name} is not in a folder {assignment}: move it there"]
    else:
        odd = ["nothing handed in"]
    return Submission(folder.name, assignment, None, odd)


def some(names: Sequence[str], few: int = FEW) -> str:
    """The first few names, as a sentence has them."""
    more = f" and {len(names) - few} more" if len(names) > few else ""
    return ", ".join(map(visible, names[:few])) + more


def names_in(folder: Path) -> list[str]:
    """The names of what a student's folder holds; none where nobody may look."""
    try:
        return [path.name for path in entries(folder)]
    except OSError:
        return []


def entries(folder: Path) -> list[Path]:
    """What is in a folder, without what systems put there by themselves."""
    names = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__")))
    return [path for path in names if path.name not in ("desktop.ini", "Thumbs.db")]


def contents(path: Path) -> bytes:
    """What is in a notebook's file: of one that is too large, a byte more than there may be."""
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def time_of(path: Path) -> str:
    """When a notebook was handed in: as timestamp.txt says, else the time of the file."""
    try:
        when = parse_time(_note(path, TIMESTAMP))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):  # it can be anything
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def secret_of(path: Path) -> str:
    """What nbgrader's exchange put beside a notebook. Anything else of that name is none."""
    secret = _note(path, SECRET)
    return secret if secret.isascii() and secret.isalnum() else ""


def _note(path: Path, name: str) -> str:
    """The text of a small file beside a notebook; "" where there is none, or something else of that name."""
    note = path.with_name(name)
    try:
        if note.is_symlink() or not note.is_file() or note.stat().st_size > NOTE:
            return ""
        return note.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
