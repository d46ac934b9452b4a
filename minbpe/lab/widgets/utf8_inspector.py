"""Utf8Inspector: what a text is made of."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import traitlets
from traitlets import Bool, Int, List

from minbpe.lab.draw.html import (
    caption_of,
    escape,
    inline,
    leaves_out,
    nothing,
    one_stop,
    panel,
    sizes,
    tip,
)
from minbpe.lab.draw.svg import INK, LINE, MARK, Still, svg_text
from minbpe.lab.draw.text import counted, show_token
from minbpe.lab.widgets.lab import Stage, TextLab, Transport


class CodePoint(NamedTuple):
    """One code point: itself, its name in Unicode, and its bytes in UTF-8."""

    char: str
    name: str
    data: bytes


class Character(NamedTuple):
    """What a reader takes for one character (a grapheme cluster), which may be several code points."""

    text: str
    code_points: tuple[CodePoint, ...]


def clusters(text: str) -> list[str]:
    """The characters of `text` as a reader counts them: what Unicode calls extended grapheme clusters."""
    try:
        import regex
    except ImportError:  # in a browser without a network
        return nearly_clusters(text)
    return regex.findall(r"\X", text)


def nearly_clusters(text: str) -> list[str]:
    """As `clusters`, but for Hangul letters and Indic conjuncts, which stay apart."""
    found: list[str] = []
    for char in text:
        before = found[-1] if found else ""
        joins = (
            (char == "\n" and before == "\r")
            or (before and before not in "\r\n" and unicodedata.category(char) in ("Mn", "Mc", "Me"))
            or ((before and char in "\u200d\ufe0f") or "\U0001f3fb" <= char <= "\U0001f3ff")  # joiner, style, skin
            or (before.endswith("\u200d") and unicodedata.category(char) == "So")
            or (len(before) == 1 and is_flag_letter(before) and is_flag_letter(char))
        )
        if joins and found:
            found[-1] += char
        else:
            found.append(char)
    return found


def is_flag_letter(char: str) -> bool:
    """Two of these make a flag."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def characters(text: str, most_bytes: int) -> list[Character]:
    """The characters of `text` from its beginning, until they have `most_bytes` bytes; the last may be cut short."""
    found, room = [], most_bytes
    # As many code points as bytes suffice, and a few more, lest a character that ends there is cut.
    for cluster in clusters(text[: most_bytes + 32]):
        points = []
        for char in cluster:
            data = char.encode("utf-8")
            if len(data) > room:
                break
            room -= len(data)
            points.append(CodePoint(char, name_of(char), data))
        if points:
            found.append(Character(cluster, tuple(points)))
        if len(points) < len(cluster):
            break
    return found


# The C0 controls have no names in Unicode's own table, only these aliases.
CONTROLS = {0: "NULL", 7: "BELL", 8: "BACKSPACE", 9: "TABULATION", 10: "LINE FEED", 13: "CARRIAGE RETURN", 27: "ESCAPE"}


def name_of(char: str) -> str:
    """The name of a code point; for those without one, what kind it is."""
    if name := unicodedata.name(char, ""):
        return name
    kinds = {"Cc": "control character", "Co": "private use", "Cn": "not assigned"}
    return CONTROLS.get(ord(char), kinds.get(unicodedata.category(char), "no name"))


def header_bits(byte: int) -> int:
    """How many of a byte's bits are its header in UTF-8: 0… 10… 110… 1110… 11110…"""
    leading_ones = 8 - (byte ^ 0xFF).bit_length()
    return min(8, leading_ones + 1)


# --- the code point that is chosen: from its number to its bytes, and what a flipped bit makes of them

SLOTS = {1: (7,), 2: (5, 6), 3: (4, 6, 6), 4: (3, 6, 6, 6)}  # bits of the number that each byte holds
HEADERS = {1: ("0",), 2: ("110", "10"), 3: ("1110", "10", "10"), 4: ("11110", "10", "10", "10")}
WHY = {  # what Python calls it, in words of the course
    "invalid start byte": "no character begins with a byte like that",
    "invalid continuation byte": "the header of the first byte promises more bytes that begin with 10",
    "unexpected end of data": "the header of the first byte promises more bytes than there are",
}


def slots(point: CodePoint) -> list[str]:
    """The bits of the number, cut from the right into what each byte holds: é is ["00011", "101001"]."""
    sizes = SLOTS[len(point.data)]
    bits, cut = f"{ord(point.char):0{sum(sizes)}b}", []
    for size in sizes:
        cut.append(bits[:size])
        bits = bits[size:]
    return cut


def flip(data: bytes, flipped: Collection[int]) -> bytes:
    """`data` with those bits flipped; bit 0 is the first of the first byte."""
    number = int.from_bytes(data)
    for bit in flipped:
        number ^= 1 << (8 * len(data) - 1 - bit)
    return number.to_bytes(len(data))


def read_back(data: bytes) -> tuple[str, str]:
    """The characters that `data` decodes to, and "" or why it is not UTF-8."""
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        return data.decode("utf-8", errors="replace"), WHY[error.reason]


BYTES_SHOWN = 96
PER_LINE = 7  # bytes side by side, until the page says for how many there is room
LANE_COLUMNS, NAME_COLUMNS = 9.7, 11.9  # how wide a byte is, and the name of a lane, in letters (ch in lab.css)


class _Cell(NamedTuple):
    """A byte with what stands above it; `starts` is 2 where a character begins, 1 where a code point does."""

    character: str
    point: CodePoint
    byte: int
    first: bool
    starts: int
    number: int  # of the code point


def _cells(characters: Sequence[Character]) -> list[_Cell]:
    cells, number = [], 0
    for character in characters:
        starts = 2
        for point in character.code_points:
            for place, byte in enumerate(point.data):
                cells.append(_Cell(character.text, point, byte, place == 0, starts if place == 0 else 0, number))
                starts = 1
            number += 1
    return cells


def lanes(characters: Sequence[Character], per_line: int, chosen: int = -1, *, one_line: bool = False) -> str:
    """Characters, their code points, bytes and bits as lanes, one above the other; `per_line` bytes to a line.

    Of the bits, the header (0, 10, 110, 1110, 11110: how many bytes there are, or that this one continues) is framed.
    """
    lines = _lines_of_cells(_cells(characters), per_line)
    if one_line:  # that of the code point that is chosen
        lines = [line for line in lines if any(cell.number == chosen for cell in line)][:1] or lines[:1]
    return "".join(_lanes(line, chosen) for line in lines)


def _lines_of_cells(cells: list[_Cell], per_line: int) -> list[list[_Cell]]:
    """Broken where a character begins, if that fits on a line, else where a code point does."""
    lines, start = [], 0
    while start < len(cells):
        end = start + per_line
        if end < len(cells):
            breaks = [at for at in range(start + 1, end + 1) if cells[at].starts]
            whole = [at for at in breaks if cells[at].starts == 2]
            end = (whole or breaks or [end])[-1]
        lines.append(cells[start:end])
        start = end
    return lines


def _lanes(cells: list[_Cell], chosen: int) -> str:
    def spans(level: int, draw: Callable[[_Cell], str]) -> str:
        """A table cell from each byte with a `starts` of `level` or more to the next such byte."""
        edges = [0, *(at for at, cell in enumerate(cells) if at and cell.starts >= level), len(cells)]
        return "".join(
            f'<td colspan="{end - at}" class="mb-s{cells[at].starts}">{draw(cells[at])}</td>'
            for at, end in pairwise(edges)
        )

    def character(cell: _Cell) -> str:
        # A control character on its own has a sign; inside of an emoji it must stay what it is.
        whole = (
            inline(cell.character.encode()) if len(cell.character) == 1 else f"<bdi>{escape(cell.character[:20])}</bdi>"
        )
        return whole if cell.starts == 2 else f'<span class="mb-muted">… {whole}</span>'

    def point(cell: _Cell) -> str:
        code, name = f"U+{ord(cell.point.char):04X}", cell.point.name
        count = counted(len(cell.point.data), "byte")
        about = f"{code} {name}, {count}: {cell.point.data.hex(' ').upper()}"
        mark = f'tabindex="0" role="button" data-rove="" data-key="u{cell.number}" aria-label="{escape(about)}"'
        event = f'data-event="point" data-value="{cell.number}" title="{escape(about)}"'
        pressed = "true" if cell.number == chosen else "false"
        return f'<span class="mb-point" {mark} {event} aria-pressed="{pressed}">{code}</span>'

    def bits(cell: _Cell) -> str:
        written, header = f"{cell.byte:08b}", header_bits(cell.byte)
        return f'<b class="mb-head">{written[:header]}</b>{written[header:]}'

    def one_each(draw: Callable[[_Cell], str]) -> str:
        return "".join(f'<td class="mb-s{cell.starts}">{draw(cell)}</td>' for cell in cells)

    width = f' style="width:{NAME_COLUMNS + len(cells) * LANE_COLUMNS:.1f}ch"'
    rows = {
        "character": spans(2, character),
        "code point": spans(1, point),
        "byte": one_each(lambda cell: f"{cell.byte:02X}"),
        "as a number": one_each(lambda cell: str(cell.byte)),
        "bits": one_each(bits),
    }
    body = "".join(
        f'<tr class="mb-lane-{name.replace(" ", "-")}"><th scope="row">{name}</th>{row}</tr>'
        for name, row in rows.items()
    )
    return f'<div class="mb-scroll"><table class="mb-lanes"{width}><tbody>{body}</tbody></table></div>'


STEPS = ["the number", "in base 2", "cut from the right", "into the places"]  # of the way to the bytes


def how_panel(point: CodePoint, step: int, flipped: Collection[int]) -> str:
    """From the number of a code point to its bytes, as far as `step`; at the end its bytes, each bit to be flipped."""
    number, parts, headers = ord(point.char), slots(point), HEADERS[len(point.data)]
    wide = "sixes" if len(parts) > 1 else "sevens"
    pairs = zip(headers, parts, strict=True)
    shown = [
        f"U+{number:04X} is number <b>{number:,}</b>",
        f"<b>{number:b}</b>",
        f"<b>{'|'.join(parts)}</b> <span class='mb-muted'>in {wide}; zeros in front fill the first</span>",
        " ".join(f'<b class="mb-head">{header}</b><b>{part}</b>' for header, part in pairs),
    ]
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{html if place <= step else "…"}</td></tr>'
        for place, (name, html) in enumerate(zip(STEPS, shown, strict=True))
    )
    bits = '<span class="mb-bits">…</span>'
    said = '<p class="mb-outcome mb-muted">At the last step the bytes are there, and you can flip their bits.</p>'
    if step == len(STEPS) - 1 or flipped:
        data = flip(point.data, flipped)
        bits = "".join(_byte(byte, place, flipped) for place, byte in enumerate(data))
        said = _outcome(data, flipped)
    rows += f'<tr><th scope="row">its bytes</th><td>{bits}</td></tr>'
    table = f'<table class="mb-how">{caption_of("From a number to bytes")}<tbody>{rows}</tbody></table>'
    return panel(f"How {show_token(point.data)} becomes bytes", table + said, aside=point.name)


def _byte(byte: int, place: int, flipped: Collection[int]) -> str:
    bits = "".join(
        f'<button type="button" class="mb-bit" data-event="flip" data-value="{8 * place + bit}" '
        f'data-key="f{8 * place + bit}" aria-pressed="{"true" if 8 * place + bit in flipped else "false"}" '
        f'aria-label="flip bit {bit + 1} of byte {place + 1}, now {value}">{value}</button>'
        for bit, value in enumerate(f"{byte:08b}")
    )
    return f'<span class="mb-bits">{bits}<span class="mb-muted">{byte:02X}</span></span>'


def _outcome(data: bytes, flipped: Collection[int]) -> str:
    text, why = read_back(data)
    written = f"<b>{data.hex(' ').upper()}</b>"
    if not flipped:
        words = f"{written} reads <b>{_line_of(text)}</b>. Flip a bit and see what it reads then."
    elif why:
        words = f"{written} is not UTF-8 any more: {why}. It reads <b>{_line_of(text)}</b>."
    else:
        names = ", ".join(f"{name_of(char)} (U+{ord(char):04X})" for char in text)
        words = f"{written} reads <b>{_line_of(text)}</b>: {escape(names)}."
    back = (
        ' <button type="button" class="mb-button" data-event="unflip" data-key="unflip">Put the bits back</button>'
        if flipped
        else ""
    )
    return f'<p class="mb-outcome" role="status">{words}{back}</p>'


def _line_of(text: str) -> str:
    return inline(text.encode("utf-8"))


def draw(
    text: str, characters: Sequence[Character], per_line: int, chosen: int = -1, *, large: bool = False
) -> dict[str, str]:
    """Utf8Inspector's picture: the sizes of `text`, and the lanes of its first `characters`."""
    whole = len(clusters(text))
    drawn = sum(len(character.code_points) for character in characters)
    legend = (
        '<p class="mb-muted">The framed bits are the header of a byte: <b class="mb-head">0</b> a code point of '
        'one byte, <b class="mb-head">110</b> <b class="mb-head">1110</b> <b class="mb-head">11110</b> the first byte '
        'of two, three, four, <b class="mb-head">10</b> one that continues. The other bits spell the number.</p>'
    )
    counts = sizes((whole, "character"), (len(text), "code point"), (len(text.encode()), "byte"))
    if not text:
        return {"sizes": counts, "lanes": nothing("No text, no bytes.")}
    body = one_stop(lanes(characters, per_line, chosen, one_line=large))
    if not large:
        body += tip("Choose a code point: press it, or go there with Tab, the arrows and Enter.")
    parts = {"sizes": counts, "lanes": panel("Characters, code points, bytes", body)}
    if large:  # a slide has room for one line, and a lecturer has words for the rest
        return parts
    parts["lanes"] += leaves_out(drawn, len(text), "code points")
    return parts | {"legend": legend}


def draw_still(text: str, characters: Sequence[Character]) -> str:
    """The picture of a Utf8Inspector."""
    still = Still("Characters, code points, bytes")
    wide = 88
    for line in _lines_of_cells(_cells(characters)[:40], 10):
        out = []
        for place, cell in enumerate(line):
            x = place * wide
            if cell.starts or place == 0:
                shown = show_token(cell.character.encode()) if len(cell.character) == 1 else cell.character[:20]
                if cell.starts == 2:
                    out.append(svg_text(x + 4, 24, shown, 20))
                if cell.starts:
                    out.append(svg_text(x + 4, 46, f"U+{ord(cell.point.char):04X}", 15))
                    out.append(f'<path d="M{x} 4V96" stroke="{INK if cell.starts == 2 else LINE}" stroke-width="2"/>')
            header = header_bits(cell.byte)
            out.append(svg_text(x + 4, 68, f"{cell.byte:02X}", 15))
            out.append(f'<rect x="{x + 3}" y="76" width="{header * 8.6:.1f}" height="18" fill="{MARK}"/>')
            out.append(svg_text(x + 3, 90, f"{cell.byte:08b}", 14))
        still.raw("".join(out), 108)
    still.text(
        f"{counted(len(text), 'code point')}, {counted(len(text.encode()), 'byte')}. Yellow: the header of a byte."
    )
    return still.svg()


class Utf8Inspector(TextLab):
    """What a text is made of: characters, code points, bytes and bits as lanes, one above the other.

    >>> Utf8Inspector("é漢😉")
    >>> Utf8Inspector("é", step=3)          # all the way from 233 to its bytes
    >>> Utf8Inspector("é", flipped=[2])     # with the third bit of its bytes flipped

    `point` is the code point that is taken through, counted from 0 in the text: at first the first beyond ASCII.
    """

    example = 'Utf8Inspector("Aé漢👨‍👩‍👧")'
    point = Int(0, help="which code point of the text is taken from its number to its bytes")
    step = Int(0, min=0, max=len(STEPS) - 1, help="how far it has come")
    playing = Bool(False)
    interval = Int(1500, min=20, help="ms from step to step while playing")
    flipped: List[int] = List(Int(), help="which bits of its bytes are flipped; 0 is the first of the first byte")
    redraw_on = ("text", "point", "step", "flipped", "large", "playing")

    def __init__(self, text: str = "Aé漢😉", **traits: Any) -> None:
        self.transport = Transport(label="From the number to the bytes", unit="step", max=len(STEPS) - 1)
        self.how_stage = Stage()
        self.how_stage.observe(lambda change: self._on_stage_event(change.new), "event")
        super().__init__(text, below=[self.transport, self.how_stage], **traits)
        if "point" not in traits:
            self.point = self._first_beyond_ascii()
        for name, other in {"step": "value", "playing": "playing", "interval": "interval"}.items():
            traitlets.link((self, name), (self.transport, other))

    @traitlets.observe("text")
    def _begin_anew(self, change: Any) -> None:
        self.flipped, self.point = [], self._first_beyond_ascii()

    @traitlets.observe("point")
    def _another(self, change: Any) -> None:
        self.flipped = []

    def _first_beyond_ascii(self) -> int:
        return next((place for place, char in enumerate(self.text[:BYTES_SHOWN]) if ord(char) > 127), 0)

    def _chosen(self, found: Sequence[Character]) -> CodePoint | None:
        points = [point for character in found for point in character.code_points]
        return points[min(max(0, self.point), len(points) - 1)] if points else None

    @property
    def _per_line(self) -> int:
        if not self.stage.columns:
            return PER_LINE
        return max(1, int((self.stage.columns - NAME_COLUMNS) / LANE_COLUMNS))

    def on_room(self) -> None:
        self.redraw()

    def picture(self) -> dict[str, str]:
        found = characters(self.text, BYTES_SHOWN)
        parts = draw(self.text, found, self._per_line, self.point, large=self.large)
        point = self._chosen(found)
        if point is not None:
            bits = [bit for bit in self.flipped if 0 <= bit < 8 * len(point.data)]
            parts["how"] = how_panel(point, self.step, bits)
        return parts

    def put(self, parts: dict[str, str]) -> None:
        how = parts.pop("how", "")
        super().put(parts)
        self.how_stage.parts = {"how": how} if how else {}
        if self.playing:
            self.transport.shown = self.step

    @property
    def html(self) -> str:
        return super().html + "".join(self.how_stage.parts.values())

    def on_event(self, name: str, value: Any) -> None:
        if name == "point":
            self.point = int(value)
        elif name == "flip":
            bit = int(value)
            self.flipped = (
                [each for each in self.flipped if each != bit] if bit in self.flipped else [*self.flipped, bit]
            )
        elif name == "unflip":
            self.flipped = []

    def still(self) -> str:
        return draw_still(self.text, characters(self.text, BYTES_SHOWN))

    def describe(self) -> str:
        size = counted(len(self.text.encode()), "byte")
        return f"{counted(len(self.text), 'code point')}, {size}"
