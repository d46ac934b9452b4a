"""SplitExplorer: a text as different patterns split it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import traitlets
from traitlets import Unicode

from minbpe.base import well_formed
from minbpe.lab.draw.html import (
    Chunk,
    escape,
    leaves_out,
    nothing,
    notice,
    panel,
    tokens,
)
from minbpe.lab.draw.svg import Still
from minbpe.lab.draw.text import counted
from minbpe.lab.widgets.lab import TextLab, text_input
from minbpe.patterns import GPT4_SPLIT_PATTERN, Splitter
from minbpe.vocabularies import find

# What tiktoken gives today for each.
KNOWN = {"none": ""} | {find(name).models[0]: find(name).pattern for name in ("gpt2", "cl100k_base", "o200k_base")}
MINBPE = "GPT-4, as in minbpe"  # an older form of GPT-4's, which cuts some white space differently
PATTERN_SECONDS = 0.5  # seconds for a pattern of the learner's own; some take for ever, as (a+)+b does on many a's
LONGEST_PATTERN = 2000  # characters
REPEATS = re.compile(r"\{[\s\d,]*?(\d+)[\s,]*\}")  # {3}, {1,3} or {3,}; in all of them the 3
MOST_REPEATS = 100_000


class Split(NamedTuple):
    """A text as a pattern splits it. `gaps` are the numbers of the chunks that lie between two matches.

    Where the pattern is none, `error` says why, and `place` where in the pattern (None: nowhere in particular).
    """

    name: str
    pattern: str
    chunks: list[str]
    gaps: frozenset[int] = frozenset()
    error: str = ""
    place: int | None = None


def split(name: str, pattern: str, text: str) -> Split:
    """`text` as `pattern` splits it: one of the KNOWN ones, or any other, which gets PATTERN_SECONDS and no more."""
    if not pattern:
        return Split(name, pattern, [text] if text else [])
    if len(pattern) > LONGEST_PATTERN:
        return Split(name, pattern[:LONGEST_PATTERN], [], error=f"it is longer than {LONGEST_PATTERN:,} characters")
    # The engine writes repeats out: (a{1000}){1000} takes a million nodes, a third level all of the memory.
    if prod(max(1, int(count)) for count in REPEATS.findall(pattern)) > MOST_REPEATS:
        return Split(name, pattern, [], error=f"its repeats multiply to more than {MOST_REPEATS:,}")
    try:
        splitter = Splitter(pattern, PATTERN_SECONDS)
    except ValueError as error:
        # Splitter's sentence repeats the whole pattern; regex's own message and place are behind it.
        message, place = getattr(error.__context__, "msg", "it is too large"), getattr(error.__context__, "pos", None)
        return Split(name, pattern, [], error=message, place=place)
    if splitter.known:
        return Split(name, pattern, splitter.split(text))
    try:
        found = list(splitter.matches_and_gaps(text))
    except ValueError:
        return Split(name, pattern, [], error=f"it found no end within {PATTERN_SECONDS} seconds on this text")
    gaps = frozenset(number for number, (_, matched) in enumerate(found) if not matched)
    return Split(name, pattern, [chunk for chunk, _ in found], gaps)


CHUNKS_SHOWN = 120


def _as_tokens(found: Split) -> list[Chunk]:
    """Chunks drawn as tokens: neighbours differ in colour."""
    return [[(256 + number, chunk.encode())] for number, chunk in enumerate(found.chunks[:CHUNKS_SHOWN])]


def draw(found: Sequence[Split], *, dir: str = "ltr") -> dict[str, str]:
    """SplitExplorer's picture: a panel for each pattern."""
    return {f"split{number}": _panel(each, dir) for number, each in enumerate(found)}


def _panel(found: Split, dir: str) -> str:
    pattern = f'<code class="mb-pattern" dir="ltr">{escape(found.pattern)}</code>' if found.pattern else ""
    if found.error:
        if found.place is not None:
            before, at, after = (
                found.pattern[: found.place],
                found.pattern[found.place : found.place + 1],
                found.pattern[found.place + 1 :],
            )
            pattern = (
                f'<code class="mb-pattern" dir="ltr">{escape(before)}<mark class="mb-err">{escape(at) or "▲"}</mark>'
                f"{escape(after)}</code>"
            )
        where = "" if found.place is None else f" at character {found.place + 1}, which is marked"
        body = pattern + notice(f"this pattern cannot be used: {found.error}{where}.", "warning")
        return panel(found.name, body, aside="no chunks")
    body = pattern
    if not found.chunks:
        body += nothing("No text, no chunks.")
    gaps = {number: "mb-gap" for number in found.gaps if number < CHUNKS_SHOWN}
    if found.chunks:
        body += tokens(_as_tokens(found), classes=gaps, ids=False, label=f"chunks, {found.name}", dir=dir)
    if gaps:
        body += nothing("With a dashed frame: what the pattern does not match. It is a chunk too.")
    body += leaves_out(CHUNKS_SHOWN, len(found.chunks), "chunks")
    return panel(found.name, body, aside=counted(len(found.chunks), "chunk"))


def draw_still(found: Sequence[Split]) -> str:
    """The picture of a SplitExplorer."""
    still = Still("One text, split by different patterns")
    for each in found:
        what = f"cannot be used: {each.error}" if each.error else counted(len(each.chunks), "chunk")
        still.text(f"{each.name}: {what}", bold=True)
        if each.chunks:
            still.tokens(_as_tokens(each), lines=3, ids=False)
    return still.svg()


class SplitExplorer(TextLab):
    """A text as different patterns split it, and as a pattern of your own does.

    >>> SplitExplorer("I'm here, 12345!", pattern="[a-z]+|[^a-z]")
    """

    example = "SplitExplorer()"
    pattern = Unicode(help="a split pattern of your own")
    redraw_on = ("text", "pattern", "large")

    def __init__(
        self, text: str = "Hello, world! You'll pay $12345.\n  def f(x):", pattern: str = r"\w+| ?\S", **traits: Any
    ) -> None:
        self.pattern_field = text_input("Your pattern", pattern, placeholder="a regular expression")
        super().__init__(text, [self.pattern_field], pattern=pattern, **traits)
        traitlets.link((self, "pattern"), (self.pattern_field, "value"))

    @traitlets.validate("pattern")
    def _shown_pattern(self, proposal: Any) -> str:
        return well_formed(proposal["value"])

    def _splits(self) -> list[Split]:
        """As each pattern splits the text. minbpe's is among them where it does not split as tiktoken does today."""
        found = {name: split(name, pattern, self.text) for name, pattern in KNOWN.items()}
        older = split(MINBPE, GPT4_SPLIT_PATTERN, self.text)
        if older.chunks != found["GPT-4"].chunks:
            found[MINBPE] = older
        return [*found.values(), split("yours", self.pattern, self.text)]

    def picture(self) -> dict[str, str]:
        return draw(self._splits(), dir=self.direction)

    def still(self) -> str:
        return draw_still(self._splits())

    def describe(self) -> str:
        return ", ".join(
            f"{each.name}: {'bad pattern' if each.error else counted(len(each.chunks), 'chunk')}"
            for each in self._splits()
        )
