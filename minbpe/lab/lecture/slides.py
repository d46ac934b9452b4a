"""Which cell of a notebook stands on which slide, and what the speaker has to say with it: read from the metadata.

labextensions/minbpe-slides/slides/deck.js reads the same for the screen, and says what each entry means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

HEADING = re.compile(r"^#{1,6} +(.+)$", flags=re.MULTILINE)
ITEM = re.compile(r"[-*+] |\d+[.)] ")


@dataclass
class Slide:
    """A slide: `cells` with what of each is shown, `notes` and `reading` for the speaker."""

    id: str
    title: str
    heading: bool  # does it begin with one of its own?
    cells: list[tuple[Any, str]] = field(default_factory=list)  # (cell, the Markdown or code of it that is shown)
    notes: list[str] = field(default_factory=list)
    reading: list[str] = field(default_factory=list)
    minutes: int = 0
    lecture: int = 0  # the number of the lecture that begins here

    @property
    def words(self) -> int:
        """Words of prose: without headings and code."""
        return sum(count_words(shown) for cell, shown in self.cells if cell["cell_type"] == "markdown")


def count_words(markdown: str) -> int:
    prose = re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"\]\([^)]*\)", "]", HEADING.sub("", prose))  # of a link only what is shown
    return len(re.findall(r"\w+(?:['’.,]\w+)*", prose))


def blocks(markdown: str) -> list[str]:
    """The blocks that the page makes of a Markdown cell: headings, paragraphs, lists, tables, code."""
    found: list[list[str]] = []
    fenced = ended = False
    for line in markdown.splitlines():
        if fenced:
            found[-1].append(line)
            fenced = not line.startswith("```")
            continue
        if not line.strip():
            ended = True
            continue
        in_list = bool(found) and ITEM.match(found[-1][0]) is not None
        goes_on = (ITEM.match(line) or line.startswith(" ")) if in_list else not ended and not ITEM.match(line)
        fenced = line.startswith("```")
        heading = HEADING.match(line) or (found and HEADING.match(found[-1][0]))
        if found and goes_on and not fenced and not heading:
            found[-1].extend([""] * ended + [line])
        elif found and in_list and not ended and not fenced and not heading:
            found[-1].append(line)  # a paragraph in an item goes on without an indent
        else:
            found.append([line])
        ended = False
    return ["\n".join(lines) for lines in found]


def read_deck(notebook: Any) -> list[Slide]:
    """The slides of a notebook, as nbformat reads it."""
    slides: list[Slide] = []
    section = ""
    for cell in notebook["cells"]:
        show = cell["metadata"].get("slideshow", {})
        kind = show.get("slide_type", "-")
        if kind == "skip":
            continue
        if kind == "notes" and slides:
            slides[-1].reading.append(cell["source"])
            slides[-1].notes += _listed(show)
            continue
        heading = HEADING.search(cell["source"]) if cell["cell_type"] == "markdown" else None
        if heading:
            section = re.sub(r"[`*]", "", heading[1])
        if not slides or kind in ("slide", "subslide"):
            slides.append(Slide(cell["id"], section, heading is not None))
        slide = slides[-1]
        shown, read = _divided(cell, show.get("shown"))
        slide.cells.append((cell, shown))
        slide.notes += _listed(show)
        slide.reading += [read] if read else []
        slide.minutes += show.get("minutes", 0)
        slide.lecture = show.get("lecture", slide.lecture)
    return slides


def _listed(show: dict[str, Any]) -> list[str]:
    return [show["notes"]] if "notes" in show else []


def _divided(cell: Any, shown: list[int] | None) -> tuple[str, str]:
    """What of a cell is on the slide, and what is left for the speaker."""
    if cell["cell_type"] != "markdown" or shown is None:
        return cell["source"], ""
    found = list(enumerate(blocks(cell["source"])))
    kept = "\n\n".join(block for place, block in found if place in shown)
    return kept, "\n\n".join(block for place, block in found if place not in shown)


def plan(slides: list[Slide]) -> Iterator[tuple[int, int]]:
    """(number, minutes) of each lecture that the notebook is planned for."""
    for place, slide in enumerate(slides):
        if slide.lecture:
            end = next((at for at in range(place + 1, len(slides)) if slides[at].lecture), len(slides))
            yield slide.lecture, sum(each.minutes for each in slides[place:end])
