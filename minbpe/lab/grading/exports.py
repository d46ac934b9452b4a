"""Points for Canvas and Moodle, as plugins of nbgrader's own exporter.

    python -m minbpe.lab.grading submitted graded --export canvas
    nbgrader export --exporter=minbpe.lab.grading.exports.CanvasExport     # in the folder `graded`

Late penalties are taken off as nbgrader takes them; whoever has handed in nothing has an empty cell.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins.export import ExportPlugin

from minbpe.lab.grading.results import no_formula, visible


class WideExport(ExportPlugin):
    """A line for each student, a column for each assignment."""

    default = "points.csv"

    def export(self, gradebook: Gradebook) -> None:
        """Write the file that `to` names, or the default one."""
        assignments = [each for each in gradebook.assignments if not self.assignment or each.name in self.assignment]
        with Path(self.to or self.default).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*self.head(), *(each.name for each in assignments)])
            writer.writerows(self.more([float(each.max_score) for each in assignments]))
            for student in gradebook.students:
                if not self.student or student.id in self.student:
                    points = [points_of(gradebook, each.name, student.id) for each in assignments]
                    writer.writerow([*(no_formula(visible(each)) for each in self.who(student.id)), *points])

    def head(self) -> list[str]:
        """The names of the columns that say who it is."""
        return ["student"]

    def who(self, student: str) -> list[str]:
        """What stands there for one."""
        return [student]

    def more(self, most: list[float]) -> Iterator[list[str]]:
        """Lines between the head and the students."""
        yield from ()


class CanvasExport(WideExport):
    """What Canvas imports into its gradebook: students by their number, and a line with the points possible."""

    default = "canvas.csv"

    def head(self) -> list[str]:
        """Canvas's own columns."""
        return ["Student", "ID", "SIS Login ID", "Section"]

    def who(self, student: str) -> list[str]:
        """Name and number, as they were imported; else the name is the login."""
        name, number = numbered(student)
        return [name, number, "" if number else student, ""]

    def more(self, most: list[float]) -> Iterator[list[str]]:
        """The points possible, which stand in a line before the students."""
        yield ["    Points Possible", "", "", "", *(f"{points:g}" for points in most)]


class MoodleExport(WideExport):
    """What Moodle imports: students by the number of the participant, or by their name."""

    default = "moodle.csv"

    def head(self) -> list[str]:
        """Moodle's own columns."""
        return ["Identifier", "Full name"]

    def who(self, student: str) -> list[str]:
        """Number and name, as they were imported."""
        name, number = numbered(student)
        return [f"Participant {number}" if number else student, name]


EXPORTS = {"canvas": CanvasExport, "moodle": MoodleExport}


def numbered(student: str) -> tuple[str, str]:
    """The name and the number that a download put together: "Ann Lee_12345"."""
    name, _, number = student.rpartition("_")
    return (name, number) if name and number.isdecimal() else (student, "")


def points_of(gradebook: Gradebook, assignment: str, student: str) -> str:
    """What somebody has for an assignment, with what being late costs taken off; "" for nothing handed in."""
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return ""
    return f"{max(0.0, submission.score - submission.late_submission_penalty):g}"
