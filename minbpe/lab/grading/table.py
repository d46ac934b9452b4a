"""The table that is shown at the end, as wide as the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from minbpe.lab.grading.results import Row, visible

SHORT = 24  # characters of a name


def table(rows: Iterable[Row], width: int) -> str:
    """Student, assignment, points, and what a person must look at, wrapped into the last column."""
    head = ("student", "assignment", "points", "to look at")
    lines = [(visible(r.student), visible(r.assignment), points(r), visible("; ".join(r.look_at))) for r in rows]
    sizes = [min(SHORT, max(len(line[i]) for line in [head, *lines])) for i in range(3)]
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
