"""A class is graded with one command, whatever its members hand in, and the table says what a person must look at."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

ROOT = Path(__file__).parent.parent
NAME = "02-pairs"  # the cheapest to run: three checks, worth 2, 2 and 1 points
GET_STATS = """
def get_stats(ids, counts=None):
    counts = {} if counts is None else counts
    for pair in zip(ids, ids[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return counts
"""
TOP_PAIR = """
def top_pair(stats):
    return max(stats, key=stats.get)
"""
IN_PIECES = """
def get_stats_in_pieces(ids, counts=None, size=4):
    counts = {} if counts is None else counts
    for start in range(0, len(ids), size):
        get_stats(ids[start : start + size + 1], counts)
    return counts
"""
ALL = {"get-stats": GET_STATS, "top-pair": TOP_PAIR, "get-stats-in-pieces": IN_PIECES}


def blank():
    return nbformat.read(ROOT / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)


def cell_of(notebook, name):
    (found,) = [cell for cell in notebook.cells if cell.id == name]
    return found


def written(answers=ALL, **more):
    """A submission with these answers; `more` is code put before an answer, by its name with _ for -."""
    notebook = blank()
    for name, code in answers.items():
        cell_of(notebook, f"write-{name}").source = code
    for name, code in more.items():
        cell = cell_of(notebook, f"write-{name.replace('_', '-')}")
        cell.source = f"{code}\n{cell.source}"
    return notebook


def hand_in(folder, student, notebook, name=NAME):
    path = folder / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(notebook, bytes):
        path.write_bytes(notebook)
    else:
        nbformat.write(notebook, path)
    return path


def without(name):
    notebook = written()
    notebook.cells.remove(cell_of(notebook, name))
    return notebook


def tampered():
    """Both checks of wrong answers made to pass, and worth a hundred points."""
    notebook = blank()
    cell = cell_of(notebook, "check-get-stats")
    cell.source = 'print("✓ get_stats: right")'
    cell.metadata.nbgrader.points = 100
    other = cell_of(notebook, "check-top-pair")
    other.metadata.nbgrader.update(points=50, locked=False, solution=True)
    other.source = "pass"
    cell_of(notebook, "check-get-stats-in-pieces").metadata.pop("nbgrader")
    return notebook


# What each hands in, the points that are right, and what a person must be told (None: nothing).
HARD_CODED = """
def get_stats(ids, counts=None):
    counts = {} if counts is None else counts
    counts.update(KNOWN.get(tuple(ids), {}))
    return counts
"""


def fixed_cases():
    """The fixed cases of the check, as a learner would copy them who has read its source."""
    from minbpe.lab.checks import EXERCISES

    exercise = EXERCISES["get_stats"]
    known = {}
    for ids, *rest in exercise.cases:
        if not rest or rest[0] is None:
            known[tuple(ids)] = exercise.reference(list(ids))
    return f"KNOWN = {known!r}\n{HARD_CODED}"


CLASS = {
    "full": (lambda: written(), 5, None),
    "half": (lambda: written({"get-stats": GET_STATS}), 2, None),
    "blank": (blank, 0, None),
    "syntax": (lambda: written({**ALL, "top-pair": "def top_pair(stats)\n    return 1"}), 3, None),
    "loop": (lambda: written(top_pair="while True: pass"), 3, "write-top-pair took more than"),
    "stubborn": (
        lambda: written(top_pair="while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        3,
        "write-top-pair hung Python",
    ),
    "killer": (lambda: written(top_pair="import os; os._exit(3)"), 3, "write-top-pair ended Python"),
    "no-test": (lambda: without("check-top-pair"), 5, "check-top-pair was deleted"),
    "no-answer": (lambda: without("write-top-pair"), 3, "write-top-pair was deleted"),
    "tampered": (tampered, 0, "check-get-stats was edited"),
    "not-json": (lambda: b"%PDF-1.7 this is my homework", 0, "not JSON"),
    "memory": (lambda: written(top_pair="hog = [bytearray(1 << 24) for _ in range(1 << 12)]"), 3, None),
    "network": (
        lambda: written(
            top_pair='import urllib.request as r\ntry: r.urlopen("http://example.com")\nexcept OSError: pass'
        ),
        5,
        "network",
    ),
    "hard-coded": (lambda: written({**ALL, "get-stats": fixed_cases()}), 2, None),
}


def grade(submitted, graded, *options, **environment):
    command = [sys.executable, "-m", "minbpe.lab.grading", submitted, graded, *options]
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80", **environment},
        cwd=submitted.parent,
        timeout=580,
    )


def rows(graded):
    with (graded / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def make(folder):
    for student, (notebook, _, _) in CLASS.items():
        hand_in(folder, student, notebook())


if __name__ == "__main__":
    make(Path(sys.argv[1]))
