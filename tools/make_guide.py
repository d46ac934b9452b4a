"""Writes the part of docs/lecturing.md that is made from the notebooks: the plan of each, and the notes of its slides.

    python tools/make_guide.py

The notes stand in the notebooks, in the metadata of the slides that they belong to (slideshow.notes).
"""

import re
from pathlib import Path

import nbformat

from minbpe.lab.lecture.slides import Slide, plan, read_deck

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "lecturing.md"
BEGIN = "<!-- From here on made by tools/make_guide.py from the notes in the notebooks. -->\n"
WORDS = {1: "one lecture", 2: "two lectures", 3: "three lectures"}


def section(path: Path) -> str:
    """The plan of a notebook, and the notes of its slides."""
    deck = read_deck(nbformat.read(path, as_version=4))
    lines = [f"## {deck[0].title}", "", f"**Time:** {time(deck)}", ""]
    for number, slide in enumerate(deck, 1):
        for note in slide.notes:
            first, *others = note.split("\n")
            stop = "" if slide.title.endswith(("?", "!")) else "."
            lines.append(f"- *{number}, {slide.title}{stop}* {first}")
            lines += [f"  {line}".rstrip() for line in others]
    return "\n".join(lines) + "\n"


def time(deck: list[Slide]) -> str:
    """How many lectures, where each begins, and its minutes in parentheses."""
    lectures = list(plan(deck))
    if len(lectures) == 1:
        return f"one lecture of {lectures[0][1]} minutes."
    begins = [(number, slide.title) for number, slide in enumerate(deck, 1) if slide.lecture]
    parts = [
        f"({number}) from slide {place}, *{title}* ({minutes})"
        for (number, minutes), (place, title) in zip(lectures, begins, strict=True)
    ]
    return f"{WORDS[len(lectures)]}: {'; '.join(parts)}."


def made() -> str:
    """The guide as it should be: what is written by hand, then a section for each notebook."""
    by_hand = re.split(re.escape(BEGIN), GUIDE.read_text(encoding="utf-8"))[0]
    sections = [section(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    return by_hand + BEGIN + "\n" + "\n".join(sections)


if __name__ == "__main__":
    GUIDE.write_text(made(), encoding="utf-8", newline="\n")
