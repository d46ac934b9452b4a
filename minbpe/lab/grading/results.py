"""The results folder: one file for each student and assignment, whole or not at all.

GRADED/results/ann/02-pairs.json is what is known, and GRADED/results/ann/02-pairs.ipynb the notebook as it was run. All
else there is made of these: nbgrader's gradebook, the pages, the tables. So whatever ends a grading, the next one
goes on from what is there.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import filelock

from minbpe.files import write_whole

POINTS = "points.csv"  # nbgrader's own export is called grades.csv
WIDE = "points-wide.csv"
FORMULA = re.compile(r"""((?:^|[;,\t\r\n])[\s"']*)(?=[=+\-@＝＋－＠\t\r])""")
# Signs that a terminal obeys, that turn the direction of what follows, or that are no text.
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
UTF8_FOR_EXCEL = "utf-8-sig"  # with a sign at its start by which Excel knows UTF-8


class CannotRun(Exception):
    """There is nothing that can be graded. The message says what to do."""


@dataclass
class Row:
    """A line of the table: what is known of one student's work on one assignment."""

    student: str
    assignment: str
    score: float = 0
    max_score: float = 0
    look_at: list[str] = field(default_factory=list)
    fingerprint: str = ""
    handed_in: str = ""  # ISO 8601, as the time in timestamp.txt or of the file
    graded: str = ""
    sandbox: str = ""  # what contained it: "bwrap", "container" or "none"
    given: dict[str, float] = field(default_factory=dict)  # points by hand, by the name of the check
    known: bool = True  # there is such an assignment
    secret: str = ""  # nbgrader's, by which its exchange hands the feedback back

    @property
    def key(self) -> tuple[str, str]:
        """By which there is one."""
        return self.student, self.assignment


class Results:
    """The files, and the only one who writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.set_aside: list[str] = []  # what was damaged, a sentence each

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else grades into this folder meanwhile. CannotRun if somebody does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with filelock.FileLock(self.folder / ".lock", timeout=0):
                yield
        except filelock.Timeout:
            raise CannotRun(f"another grading works in {self.folder}: let it end first") from None

    def path(self, student: str, assignment: str, suffix: str = ".json") -> Path:
        """Where a result is kept."""
        return self.folder / "results" / student / f"{assignment}{suffix}"

    def load(self) -> dict[tuple[str, str], Row]:
        """All that is known. What is damaged is set aside, and is graded again."""
        found = {}
        for path in sorted(self.folder.glob("results/*/*.json")):
            try:
                row = _row(json.loads(path.read_text(encoding="utf-8", errors="surrogatepass")))
                if self.path(*row.key) != path:
                    raise ValueError("it belongs to another place")
            except (ValueError, TypeError, KeyError) as error:
                self.put_aside(path, str(error))
            else:
                found[row.key] = row
        return found

    def put_aside(self, path: Path, why: str) -> None:
        """Keep a damaged file under another name, and say so."""
        number = 1
        while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
            number += 1
        path.replace(aside)
        self.set_aside.append(
            f"{path.relative_to(self.folder)} was damaged ({why[:80]}): it is kept as {aside.name}, and made again"
        )

    def keep_notebook(self, row: Row, notebook: dict[str, Any] | None) -> None:
        """Keep the notebook as it was run, or that there is none. It goes first: without a result, nothing counts."""
        path = self.path(*row.key, ".ipynb")
        if notebook is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole({path: _json(notebook)})

    def keep(self, row: Row) -> None:
        """Keep a result."""
        path = self.path(*row.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole({path: _json(asdict(row))})

    def secret(self) -> str:
        """From which the random inputs follow: the same when it is graded again, and known to nobody before."""
        path = self.folder / ".secret"
        if not path.exists():
            write_whole({path: secrets.token_hex(32).encode()})
            path.chmod(0o600)
        return path.read_text(encoding="ascii")

    def write_tables(self, rows: Iterable[Row]) -> None:
        """The table as files: a line for each student and assignment, and a line for each student."""
        rows = list(rows)
        write_whole({self.folder / POINTS: _long(rows), self.folder / WIDE: _wide(rows)})


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def _row(data: Any) -> Row:
    row = Row(**data)
    kinds: dict[str, Any] = {"float": (int, float), "str": str, "bool": bool}
    kinds |= {"list[str]": list, "dict[str, float]": dict}
    for each in fields(Row):
        if not isinstance(getattr(row, each.name), kinds[str(each.type)]):
            raise ValueError(f"{each.name} cannot be that")
    return row


def _long(rows: list[Row]) -> bytes:
    head = ["student", "assignment", "score", "max_score", "look_at", "handed_in", "graded", "sandbox"]
    lines = [
        [r.student, r.assignment, f"{r.score:g}", f"{r.max_score:g}", "; ".join(r.look_at), *(r.handed_in, r.graded)]
        for r in rows
    ]
    kinds = [row.sandbox for row in rows]
    return _csv([head, *([*line, kind] for line, kind in zip(lines, kinds, strict=True))])


def _wide(rows: list[Row]) -> bytes:
    assignments = sorted({row.assignment for row in rows if row.known})
    scores = {row.key: row.score for row in rows if row.graded}
    lines = []
    for student in dict.fromkeys(row.student for row in rows):
        mine = [scores.get((student, assignment)) for assignment in assignments]
        total = sum(score for score in mine if score is not None)
        lines.append([student, *("" if score is None else f"{score:g}" for score in mine), f"{total:g}"])
    return _csv([["student", *assignments, "total"], *lines])


def _csv(lines: Iterable[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[no_formula(visible(cell)) for cell in line] for line in lines])
    return text.getvalue().encode(UTF8_FOR_EXCEL, "replace")


def no_formula(cell: str) -> str:
    """A spreadsheet runs what begins like a formula, and a learner can write one: also where it takes another sign for
    the end of a field than we do."""
    return cell if _is_number(cell) else FORMULA.sub(r"\1'", cell)


def visible(text: str) -> str:
    """With the signs written out that a terminal obeys, or that are no text: names and messages are a learner's."""
    return HIDDEN.sub(lambda sign: sign[0].encode("unicode_escape").decode(), text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
