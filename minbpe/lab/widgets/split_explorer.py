"""SplitExplorer: a text as different patterns split it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import ipywidgets
import traitlets
from traitlets import Bool, Int, Unicode

from minbpe.base import well_formed
from minbpe.lab.draw.html import (
    Chunk,
    caption_of,
    escape,
    leaves_out,
    nothing,
    notice,
    panel,
    tokens,
)
from minbpe.lab.draw.svg import Still
from minbpe.lab.draw.text import counted
from minbpe.lab.widgets.lab import Stage, TextLab, Transport, text_input
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


# --- how a pattern takes its characters

LOOKAHEAD = re.compile(r"(.+?)(\(\?[!=][^()]*\))")  # an alternative that ends by looking ahead: \s+(?!\S)


class Try(NamedTuple):
    """An alternative of a pattern, tried at some place: how many characters it takes, None if it does not match.

    `reached` is how many it takes before it looks ahead: what is more than `taken` it gives back.
    """

    alternative: str
    taken: int | None
    reached: int | None = None
    ahead: str = ""


def alternatives(pattern: str) -> list[str]:
    """`pattern` cut at those of its | that stand in no brackets."""
    parts, depth, in_set = [""], 0, False
    for piece in re.findall(r"\\.|.", pattern, flags=re.DOTALL):
        if in_set or piece == "[":
            in_set = piece != "]"
        elif piece in "()":
            depth += 1 if piece == "(" else -1
        if piece == "|" and not depth and not in_set:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def tries(pattern: str, text: str, start: int, end: int) -> list[Try]:
    """The alternatives of `pattern` as they are tried at `start`, up to the one that takes what lies before `end`."""
    found: list[Try] = []
    for alternative in alternatives(pattern):
        taken = _length(alternative, text, start)
        head = LOOKAHEAD.fullmatch(alternative)
        if head:
            found.append(Try(alternative, taken, _length(head[1], text, start), head[2]))
        else:
            found.append(Try(alternative, taken))
        if taken:
            break
    if found[-1].taken == end - start:
        return found
    return [Try(pattern, end - start)]  # its parts do not stand on their own


def _length(pattern: str, text: str, start: int) -> int | None:
    """How many characters `pattern` takes at `start`; None if it does not match there."""
    import regex

    try:
        match = regex.compile(pattern).match(text, start, timeout=PATTERN_SECONDS)
    except (regex.error, TimeoutError):
        return None
    return match.end() - start if match and match.end() > start else None


# --- the picture

CHUNKS_SHOWN = 120
# A pattern can begin with a space, which would look like padding. The dot is only painted: what is copied is a space.
SPACE = '<span style="background:radial-gradient(circle,var(--mb-ink) 0.08em,transparent 0.1em)"> </span>'


def _as_tokens(found: Split) -> list[Chunk]:
    """Chunks drawn as tokens: neighbours differ in colour."""
    return [[(256 + number, chunk.encode())] for number, chunk in enumerate(found.chunks[:CHUNKS_SHOWN])]


def draw(found: Sequence[Split], *, dir: str = "ltr") -> dict[str, str]:
    """SplitExplorer's picture: a panel for each pattern."""
    return {f"split{number}": _panel(each, dir) for number, each in enumerate(found)}


def in_sight(pattern: str) -> str:
    """A pattern, or a part of one, as HTML in which each space can be seen."""
    return escape(pattern).replace(" ", SPACE)


def step_panel(found: Split, text: str, step: int, dir: str) -> str:
    """The chunk number `step`, and which alternative of the pattern takes it; what comes after is still to be cut."""
    start = sum(map(len, found.chunks[:step]))
    rest = [(256 + step, text[start:].encode())] if start < len(text) else []
    before = max(0, step - CHUNKS_SHOWN)
    shown = [[(256 + number, chunk.encode())] for number, chunk in enumerate(found.chunks[:step])][before:]
    if step == len(found.chunks):
        body = tokens(shown, ids=False, label="chunks", dir=dir) + nothing("The text is cut.")
        return panel(f"{found.name}, chunk by chunk", body, aside=counted(step, "chunk"))
    chunk = found.chunks[step]
    now = (256 + step, chunk.encode())
    after = text[start + len(chunk) :].encode()
    row = [*shown, [now], *([[(0, after)]] if rest and after else [])]
    body = tokens(row, classes={len(shown): "mb-next"}, ids=False, label="chunks so far", dir=dir)
    body += _tried(found, text, start, len(chunk), step in found.gaps)
    aside = f"framed: the next, chunk {step + 1} of {len(found.chunks):,}"
    return panel(f"{found.name}, chunk by chunk", body, aside=aside)


def _tried(found: Split, text: str, start: int, size: int, gap: bool) -> str:
    """The alternatives that were tried for a chunk, in words."""
    if not found.pattern:
        return nothing("Without a pattern the text is one chunk.")
    if gap:
        return nothing("Here no alternative matches. What is left out until the next match is a chunk, too.")
    rows = []
    for each in tries(found.pattern, text, start, start + size):
        rows.append(
            f'<tr><th scope="row"><code>{in_sight(each.alternative)}</code></th>'
            f"<td>{'✓' if each.taken else '✗'} {_verdict(each)}</td></tr>"
        )
    head = '<thead><tr><th scope="col">tried in this order</th><th scope="col">here</th></tr></thead>'
    caption = caption_of("the alternatives of the pattern")
    table = f'<table class="mb-table">{caption}{head}<tbody>{"".join(rows)}</tbody></table>'
    return f'<div class="mb-scroll mb-tried" tabindex="0" role="region" aria-label="alternatives tried">{table}</div>'


def _verdict(each: Try) -> str:
    ahead = f"<code>{escape(each.ahead)}</code>"
    if each.taken is None:
        if each.reached:
            return f"takes {each.reached}, but {ahead} does not hold there, nor after giving any back"
        return "does not match"
    if each.reached and each.reached > each.taken:
        back = "gives one back" if each.reached - each.taken == 1 else f"gives {each.reached - each.taken} back"
        return f"takes {each.reached}, then {back}, so that {ahead} holds: {counted(each.taken, 'character')}"
    return f"takes {counted(each.taken, 'character')}"


def _panel(found: Split, dir: str) -> str:
    pattern = f'<code class="mb-pattern" dir="ltr">{in_sight(found.pattern)}</code>' if found.pattern else ""
    if found.error:
        if found.place is not None:
            before, at, after = (
                found.pattern[: found.place],
                found.pattern[found.place : found.place + 1],
                found.pattern[found.place + 1 :],
            )
            pattern = (
                f'<code class="mb-pattern" dir="ltr">{in_sight(before)}'
                f'<mark class="mb-err">{in_sight(at) or "▲"}</mark>{in_sight(after)}</code>'
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
    """A text as a pattern of your own splits it, and as the published ones do.

    >>> SplitExplorer("I'm here, 12345!", pattern="[a-z]+|[^a-z]")
    >>> SplitExplorer("a   b", stepped="GPT-4", step=1)  # which alternative takes the chunk after the first, and why

    `stepped` is the name of the pattern that is gone through chunk by chunk; `step` is how many it has cut.
    """

    example = "SplitExplorer()"
    pattern = Unicode(help="a split pattern of your own")
    stepped = Unicode("yours", help="the pattern that is gone through: yours, or the name of a published one")
    step = Int(0, min=0, help="how many chunks it has cut")
    playing = Bool(False)
    interval = Int(900, min=20, help="ms from chunk to chunk while playing")
    redraw_on = ("text", "pattern", "stepped", "step", "playing", "large")

    def __init__(
        self, text: str = "Hello, world! You'll pay $12345.\n  def f(x):", pattern: str = r"\w+| ?\S", **traits: Any
    ) -> None:
        self.pattern_field = text_input("Your pattern", pattern, placeholder="a regular expression")
        self.pattern_field.add_class("mb-pattern-field")
        self.stepped_field = ipywidgets.Dropdown(
            options=["yours", *list(KNOWN)[1:]],
            description="Step through",
            style={"description_width": "initial"},
            layout={"width": "auto"},
        )
        self.transport = Transport(label="Chunks cut", unit="cut")
        self.step_stage = Stage()
        below = [self.stepped_field, self.transport, self.step_stage]
        super().__init__(text, [self.pattern_field], below, pattern=pattern, **traits)
        traitlets.link((self, "pattern"), (self.pattern_field, "value"))
        traitlets.link((self, "stepped"), (self.stepped_field, "value"))
        for name, other in {"step": "value", "playing": "playing", "interval": "interval"}.items():
            traitlets.link((self, name), (self.transport, other))

    @traitlets.validate("pattern")
    def _shown_pattern(self, proposal: Any) -> str:
        return well_formed(proposal["value"])

    def _splits(self) -> list[Split]:
        """As each pattern splits the text, the reader's own first. minbpe's is among them where it does not split as
        tiktoken does today."""
        found = {name: split(name, pattern, self.text) for name, pattern in KNOWN.items()}
        older = split(MINBPE, GPT4_SPLIT_PATTERN, self.text)
        if older.chunks != found["GPT-4"].chunks:
            found[MINBPE] = older
        return [split("yours", self.pattern, self.text), *found.values()]

    def picture(self) -> dict[str, str]:
        found = self._splits()
        parts = draw(found, dir=self.direction)
        if not self.large:  # on a slide there is no room for it
            stepped = next((each for each in found if each.name == self.stepped), found[0])
            self.transport.max = len(stepped.chunks)
            if stepped.chunks:
                step = min(self.step, len(stepped.chunks))
                parts["step"] = step_panel(stepped, self.text, step, self.direction)
        return parts

    def put(self, parts: dict[str, str]) -> None:
        step = parts.pop("step", "")
        super().put(parts)
        self.step_stage.parts = {"step": step} if step else {}
        for each in (self.stepped_field, self.transport):
            each.layout.display = "none" if self.large else None
        if self.playing:
            self.transport.shown = self.step

    @property
    def html(self) -> str:
        return super().html + "".join(self.step_stage.parts.values())

    def still(self) -> str:
        return draw_still(self._splits())

    def describe(self) -> str:
        return ", ".join(
            f"{each.name}: {'bad pattern' if each.error else counted(len(each.chunks), 'chunk')}"
            for each in self._splits()
        )
