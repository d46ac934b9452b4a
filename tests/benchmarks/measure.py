"""Timing side by side, and the tables and bounds that come out of it."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

PACKAGES = [
    *["tokenizers", "rustbpe", "MiniBpeRust", "bpeasy", "gigatoken"],  # these train
    *["tiktoken", "puretiktoken", "splintr", "tokie"],
]
DISTRIBUTIONS = {"splintr": "splintr-rs"}  # what to install, where that has another name
INSTALLED = [package for package in PACKAGES if find_spec(package)]

Figures = dict[str, float]  # by contestant, "minbpe" among them; seconds, or megabytes


class Table(NamedTuple):
    """A table to print. The first column has the names of the rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        lines = [self.columns, ["---", *["--:"] * (len(self.columns) - 1)], *self.rows]
        return f"### {self.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


class Bound(NamedTuple):
    """A figure of minbpe's that must not exceed `at_most`; None where it could not be measured."""

    what: str
    measured: float | None
    at_most: float

    def holds(self) -> bool:
        return self.measured is None or self.measured <= self.at_most

    def __str__(self) -> str:
        measured = "not measured" if self.measured is None else f"{self.measured:.3g}"
        return f"{'holds' if self.holds() else 'MISSED'}: {self.what}: {measured}, at most {self.at_most:.3g}"


Report = tuple[list[Table], list[Bound]]  # what each section of the benchmarks hands over


class Stopwatch:
    """The best time of each contestant, in seconds, and what it returned.

    Let them take turns, so that a slow moment of the machine does not strike one alone. Who has had 20
    seconds sits out the rounds that are left.
    """

    def __init__(self) -> None:
        self.best: Figures = {}
        self.results: dict[str, Any] = {}
        self._spent: Figures = defaultdict(float)

    def time(self, name: str, function: Callable[..., Any], *args: object) -> None:
        if self._spent[name] >= 20:
            return
        gc.collect()  # the collector stays on, but nobody pays for what another has left
        start = perf_counter()
        self.results[name] = function(*args)
        seconds = perf_counter() - start
        self._spent[name] += seconds
        self.best[name] = min(seconds, self.best.get(name, seconds))


def in_fresh_python(code: str) -> str:
    """What `code` prints in an interpreter of its own. CalledProcessError if it fails."""
    folder = Path(__file__).parent  # so that `code` can import these modules
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def ratio(figures: Figures, name: str) -> float | None:
    """How many times the figure of `name` minbpe's is; None without one."""
    return figures["minbpe"] / figures[name] if name in figures else None


def absent(name: str) -> str:
    """What a table says where there is no figure for `name`."""
    return "not installed" if name in PACKAGES and name not in INSTALLED else "–"


def show_seconds(seconds: float) -> str:
    """1.23 s, 12.3 ms"""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def side_by_side(
    figures: Figures, columns: Sequence[str], show: Callable[[float], str] = show_seconds, marks: Mapping[str, str] = {}
) -> list[str]:
    """The figures in the order of `columns`, each with its ratio to minbpe's, and a mark where there is one."""
    cells = []
    for name in columns:
        cell = show(figures[name]) if name in figures else absent(name)
        if name in figures and name != "minbpe":
            times = figures[name] / figures["minbpe"]
            cell += f" ({times:.{2 if times < 10 else 0}f}×)"
        cells.append(cell + marks.get(name, ""))
    return cells
