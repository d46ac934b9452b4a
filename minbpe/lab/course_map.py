"""The map of the course: every notebook with its question, and what a learner has passed of its exercises.

>>> from minbpe.lab import Progress
>>> Progress()
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from minbpe.lab.checks import EXERCISES
from minbpe.lab.progress import course_folder, file_of, passed

# The notebooks of the course: what each is called, and the question that it answers.
QUESTIONS = {
    "01-bytes": ("bytes", "What does a computer see when it sees text?"),
    "02-pairs": ("pairs", "What goes together?"),
    "03-merges": ("merges", "How does a vocabulary grow?"),
    "04-encode-decode": ("encode and decode", "How does new text become tokens?"),
    "05-regex-splitting": ("regex splitting", "Why not merge across words?"),
    "06-special-tokens": ("special tokens", "What is not text?"),
    "07-gpt4-parity": ("GPT-4 parity", "Are we there?"),
    "08-speed": ("speed", "How does it get fast?"),
    "09-in-the-wild": ("in the wild", "What do tokenizers do to models?"),
}

PLACES = {"notebook": "in the notebook", "exercises": "in the exercises"}


class Progress:
    """The map of the course, with what is passed: a table in a notebook, lines of text elsewhere."""

    def __init__(self, path: Path | None = None) -> None:
        self.folder = Path.cwd()
        names, self.message = passed(path or file_of(self.folder))
        self.exercises: dict[str, dict[str, dict[str, bool]]] = {
            notebook: {place: {} for place in PLACES} for notebook in QUESTIONS
        }
        for exercise in EXERCISES.values():
            self.exercises[exercise.notebook][exercise.asked_in][exercise.name] = exercise.name in names

    def __repr__(self) -> str:
        lines = [self._total(), *([self.message] if self.message else [])]
        for notebook, places in self.exercises.items():
            for place, done in places.items():
                lines.append(f"{notebook:20}{PLACES[place]:17}{_count(done)}   {'  '.join(_marks(done))}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        style = 'style="text-align: left; vertical-align: top"'
        head = "".join(
            f'<th scope="col" {style}>{each}</th>' for each in ("", "notebook", "the question", *PLACES.values())
        )
        rows = ""
        for notebook, places in self.exercises.items():
            title, question = QUESTIONS[notebook]
            cells = [notebook[:2], self._link(title, f"notebooks/{notebook}.ipynb"), question]
            for place, done in places.items():
                marks = " ".join(f'<span style="white-space: nowrap">{escape(mark)}</span>' for mark in _marks(done))
                where = (
                    f"{place}s/{notebook}.ipynb" if place == "notebook" else f"exercises/{notebook}/{notebook}.ipynb"
                )
                cells.append(f"{self._link(_count(done), where)}<br>{marks}")
            rows += f"<tr>{''.join(f'<td {style}>{cell}</td>' for cell in cells)}</tr>\n"
        message = f"<p>{escape(self.message)}</p>\n" if self.message else ""
        return (
            f"{message}<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
            f"<p>{self._total()}: ✓ is passed, ○ is to do.</p>"
        )

    def _link(self, text: str, target: str) -> str:
        """A link to a file of the course, as seen from the notebook; only the text where there is no course."""
        course = course_folder(self.folder)
        if course is None:
            return text
        return f'<a href="{escape(Path(os.path.relpath(course / target, self.folder)).as_posix())}">{text}</a>'

    def _total(self) -> str:
        every = [done for places in self.exercises.values() for marks in places.values() for done in marks.values()]
        return f"{sum(every)} of {len(every)} passed"


def _count(done: dict[str, bool]) -> str:
    return f"{sum(done.values())} of {len(done)}"


def _marks(done: dict[str, bool]) -> list[str]:
    return [f"{'✓' if passed else '○'} {name}" for name, passed in done.items()]
