"""What a class handed in elsewhere, as the folder that is graded.

    python -m minbpe.lab.grading.imports moodle Pairs-12345.zip 02-pairs submitted

The download of one assignment of Moodle, Canvas or Gradescope, as a zip or unpacked, becomes
submitted/STUDENT/02-pairs/02-pairs.ipynb, with a timestamp.txt. Of several by one student the last one counts.
"""

from __future__ import annotations

import argparse
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from minbpe.files import write_whole
from minbpe.lab.grading.results import CannotRun, visible
from minbpe.lab.grading.submissions import LARGEST, TIMESTAMP, entries

# Ann Lee_12345_assignsubmission_file_/02-pairs.ipynb, perhaps all in one folder. What lies in it, the student named: it
# may be called like another's.
TOP = r"^(?:(?![^/]*_assignsubmission_)[^/]+/)?"
MOODLE = re.compile(TOP + r"(?P<student>[^/]+_\d+)_assignsubmission_file_/(?P<file>.+)$")
# Ann Lee_12345_assignsubmission_file_02-pairs.ipynb: here the first number is the student's.
MOODLE_FLAT = re.compile(TOP + r"(?P<student>[^/]+?_\d+)_assignsubmission_file_(?P<file>[^/]+)$")
# leeann_LATE_123_4567_02-pairs-1.ipynb: the student's name and number, the file's number, and a try after the first.
CANVAS = re.compile(r"^(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<file>.+?)(?:-(?P<again>\d{1,2}))?\.ipynb$")
CANVAS_FOLDER = re.compile(r"(^|/)[^_/]+_(LATE_)?\d+_\d+_[^/]*/")  # unpacked: all in it is one student's
# submission_123/02-pairs.ipynb, perhaps all in one folder. What lies further in, the student has put there.
GRADESCOPE = re.compile(r"^(?:(?!submission_\d+/)[^/]+/)?(?P<submission>submission_\d+)/(?P<file>.+)$")
METADATA = re.compile(r"^(?:(?!submission_\d+/)[^/]+/)?submission_metadata\.yml$")
LONGEST_NAME = 150  # bytes: a folder's name has 255 at most, and others are put beside it


@dataclass
class File:
    """One file of a download."""

    path: str
    time: datetime
    size: int
    read: Any  # gives its bytes


@dataclass
class Handed:
    """A notebook that somebody handed in."""

    student: str
    name: str  # of the file, as the student called it
    file: File
    time: datetime
    number: int = 0  # of several by the same student, the highest is the last
    late: bool = False


@dataclass
class Imported:
    """What came of it: how many, and what a person should know."""

    students: int = 0
    said: list[str] = field(default_factory=list)


def files_of(download: Path) -> Iterator[File]:
    """The notebooks and the metadata of a zip or of a folder."""
    if download.is_dir():
        for path in sorted(download.rglob("*")):
            if path.is_file() and not path.is_symlink():
                stat = path.stat()
                time = datetime.fromtimestamp(stat.st_mtime, UTC)
                yield File(path.relative_to(download).as_posix(), time, stat.st_size, path.read_bytes)
        return
    try:
        archive = zipfile.ZipFile(download)
        for info in archive.infolist():
            if not info.is_dir() and not info.filename.startswith("__MACOSX/"):
                time = datetime(*info.date_time, tzinfo=UTC)
                yield File(info.filename, time, info.file_size, lambda info=info: archive.read(info))
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise CannotRun(f"{download} is neither a folder nor a zip that can be read ({error})") from None


def from_moodle(files: list[File]) -> Iterator[Handed]:
    """Moodle: "Download all submissions", with or without folders."""
    for file in files:
        match = MOODLE.match(file.path) or MOODLE_FLAT.match(file.path)
        if match and file.path.endswith(".ipynb"):
            yield Handed(match["student"], match["file"], file, file.time)


def from_canvas(files: list[File]) -> Iterator[Handed]:
    """Canvas: "Download Submissions"."""
    for file in files:
        match = CANVAS.match(PurePosixPath(file.path).name)
        if match and not CANVAS_FOLDER.search(file.path):
            student = f"{match['name']}_{match['id']}"
            yield Handed(student, match["file"], file, file.time, int(match["again"] or 0), bool(match["late"]))


def from_gradescope(files: list[File]) -> Iterator[Handed]:
    """Gradescope: "Export Submissions", with its submission_metadata.yml."""
    known: dict[str, Any] = {}
    for file in files:
        if METADATA.match(file.path):
            try:
                known = yaml.safe_load(file.read()) or {}
            except yaml.YAMLError as error:
                raise CannotRun(f"{file.path} cannot be read: {error}") from None
    for file in files:
        match = GRADESCOPE.match(file.path)
        if not match or not file.path.endswith(".ipynb"):
            continue
        about = known.get(match["submission"]) if isinstance(known, dict) else None
        about = about if isinstance(about, dict) else {}
        time = about.get(":created_at", file.time)
        time = time if isinstance(time, datetime) else file.time
        late = bool(about.get(":lateness"))
        writers = about.get(":submitters")
        for each in writers if isinstance(writers, list) and writers else [{}]:  # a group hands in once
            who = each if isinstance(each, dict) else {}
            student = str(who.get(":email") or who.get(":name") or match["submission"])
            time = time if time.tzinfo else time.replace(tzinfo=UTC)
            yield Handed(student, match["file"], file, time, late=late)


SOURCES = {"moodle": from_moodle, "canvas": from_canvas, "gradescope": from_gradescope}


def import_download(source: str, download: Path, assignment: str, submitted: Path) -> Imported:
    """Write what was handed in for `assignment` into the folder `submitted`. CannotRun if there is nothing."""
    by_student: dict[str, list[Handed]] = {}
    for each in SOURCES[source](list(files_of(download))):
        by_student.setdefault(each.student, []).append(each)
    if not by_student:
        raise CannotRun(f"{download} holds no notebook in the way that {source} names them")
    done = Imported(len(by_student))
    handed: dict[str, list[Handed]] = {}
    for whole, mine in sorted(by_student.items()):
        student, number = safe(whole), 2
        while student in handed:  # a name that differs in signs which no folder can have
            student, number = f"{safe(whole)} ({number})", number + 1
        if number > 2:
            done.said.append(f"{whole} is {student} here: the name without its number was taken")
        handed[student] = mine
    for student, mine in sorted(handed.items()):
        named = [each for each in mine if assignment in PurePosixPath(each.name).name] or mine
        last = max(named, key=lambda each: (each.number, each.time))
        if len(mine) > 1:
            done.said.append(f"{student} handed in {len(mine)} notebooks: {last.file.path} counts")
        if last.late:
            done.said.append(f"{student} was late")
        if last.file.size > LARGEST:
            done.said.append(f"{student}: {last.file.path} has over {LARGEST >> 20} MB, and was left out")
            continue
        try:
            notebook = last.file.read()
        except Exception as error:  # a zip that is damaged, or packed in another way, has many
            done.said.append(f"{student}: {last.file.path} cannot be read ({error}), and was left out")
            continue
        folder = submitted / student / assignment
        folder.mkdir(parents=True, exist_ok=True)
        time = last.time.astimezone(UTC).isoformat(timespec="seconds")
        contents = {folder / f"{assignment}.ipynb": notebook, folder / TIMESTAMP: f"{time}\n".encode()}
        write_whole(contents)
    return done


def safe(name: str) -> str:
    """A name that a folder can have, that nbgrader takes, and that is not one of an assignment's or of the system's."""
    name = re.sub(r"[^\w .@()-]", "_", name).strip(" .") or "_"
    if name.startswith("__") or re.match(r"\d\d-", name):
        name = f"student {name}"
    front, line, number = name.rpartition("_")
    room = LONGEST_NAME - len(f"{line}{number}".encode())
    if len(name.encode()) > LONGEST_NAME:
        return front.encode()[:room].decode(errors="ignore") + line + number if room > 0 else name[: LONGEST_NAME // 4]
    return name


def main(arguments: list[str] | None = None) -> int:
    """The command. 0 if all is well, 2 if nothing could be imported."""
    about, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m minbpe.lab.grading.imports",
        description=about,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", choices=SOURCES)
    parser.add_argument("download", type=Path, help="the zip, or the folder that it was unpacked to")
    parser.add_argument("assignment", help="which one it is, as 02-pairs")
    parser.add_argument("submitted", type=Path, help="the folder to grade: made, or added to")
    options = parser.parse_args(arguments)
    try:
        done = import_download(options.source, options.download, options.assignment, options.submitted)
    except CannotRun as error:
        print(f"Nothing was imported: {error}", file=sys.stderr)
        return 2
    for sentence in done.said:
        print(visible(sentence))
    folders = len([path for path in entries(options.submitted) if path.is_dir()])
    print(f"{done.students} students handed in {options.assignment}; {options.submitted} holds {folders} students.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
