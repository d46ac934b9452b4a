"""From data to HTML and to SVG: pure functions, without widgets and without state.

Everything here returns a string that is well-formed XML, with whatever came from a text escaped. The look is
in assets/lab.css, which knows the light and the dark theme. To show HTML outside of a widget: `page(html)`.

The core, which all the widgets share:

    escape(text)                        text for HTML and for attributes
    pieces(data), inline(data)          bytes made visible: text, white space, control characters, raw bytes
    tokens(chunks, ...)                 tokens as coloured runs with their ids, and walls between the chunks
    bars(rows)                          Bar(label, value, text, tag, first) as horizontal bars
    notice(text, "info" | "warning")    a message
    panel(title, html), table(...)      a box with a heading; a plain table
    Still(title)                        an SVG that is written from top to bottom: .text .tokens .bars .curve .svg()

A chunk is a list of (id, bytes), as `zip(ids, map(vocab.get, ids))` gives.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import regex

from minbpe.lab import texts

if TYPE_CHECKING:
    from minbpe.lab.trace import EncodingTrace, Node, Parting, TrainingTrace, Window

CSS = Path(__file__).with_name("assets").joinpath("lab.css").read_text(encoding="utf-8")

Chunk = Sequence[tuple[int, bytes]]  # the tokens of a chunk: (id, its bytes)

# --- text made visible

SIGNS = {" ": "·", "\n": "⏎", "\t": "⇥"}  # white space that has a customary sign
NAMES = {
    0x00A0: "NBSP",
    0x00AD: "SHY",
    0x200B: "ZWSP",
    0x200C: "ZWNJ",
    0x200D: "ZWJ",
    0x200E: "LRM",
    0x200F: "RLM",
    0x2060: "WJ",
    0x3000: "IDSP",
    0xFE0E: "VS15",
    0xFE0F: "VS16",
    0xFEFF: "BOM",
}
LONGEST = 48  # characters or bytes of a token that are shown; the middle of a longer one is left out


class Piece(NamedTuple):
    """A stretch of a token to show: kind is "text", "space", "control" or "byte"."""

    text: str
    kind: str


def escape(text: object) -> str:
    """`text` for HTML, XML and their attributes. What XML cannot hold becomes U+FFFD."""
    return html.escape(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", str(text)))


def _piece(char: str) -> Piece:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape's way to hold a byte that is not UTF-8
        return Piece(f"{code - 0xDC00:02X}", "byte")
    if char in SIGNS:
        return Piece(SIGNS[char], "space")
    if code < 0x20 or code == 0x7F:
        return Piece(chr(0x2421 if code == 0x7F else 0x2400 + code), "control")
    if code in NAMES:
        return Piece(NAMES[code], "control")
    if unicodedata.category(char)[0] in "CZ":
        return Piece(f"U+{code:04X}", "control")
    return Piece(char, "text")


@lru_cache(maxsize=1 << 16)
def pieces(data: bytes) -> tuple[Piece, ...]:
    """The bytes of a token as pieces to show. Bytes that are not UTF-8 are pieces of their own, in hex."""
    if len(data) > 4 * LONGEST:
        head, tail = data[: 2 * LONGEST], data[-2 * LONGEST :]
        return (*pieces(head)[:8], Piece(f"… {len(data):,} bytes …", "control"), *pieces(tail)[-8:])
    shown: list[Piece] = []
    for char in data.decode("utf-8", errors="surrogateescape"):
        piece = _piece(char)
        if piece.kind != "text" or not shown or shown[-1].kind != "text":
            if piece.kind == "text" and unicodedata.combining(char):
                piece = Piece("◌" + char, "text")  # a mark without a letter to sit on
            shown.append(piece)
        else:
            shown[-1] = Piece(shown[-1].text + char, "text")
    return tuple(shown)


def plain(data: bytes) -> str:
    """The bytes of a token as one line of plain text: for labels, SVG and screen readers."""
    return "".join(f"⟨{piece.text}⟩" if piece.kind in ("control", "byte") else piece.text for piece in pieces(data))


FROM_RIGHT = {"R", "AL", "AN"}  # Unicode's classes of what is written from right to left, or counts in it
_TAGS = {"space": "mb-w", "control": "mb-k", "byte": "mb-b"}


@lru_cache(maxsize=1 << 16)
def inline(data: bytes) -> str:
    """The bytes of a token as HTML to put into a line."""
    return _line(pieces(data))


def _line(shown: Iterable[Piece]) -> str:
    """Pieces as HTML: white space and the like in elements of their own, and text that may run from right to left
    in one that keeps this to itself. Few elements: a page has many tokens."""
    parts = []
    for text, kind in shown:
        if kind in _TAGS:
            parts.append(f'<span class="{_TAGS[kind]}">{escape(text)}</span>')
        elif any(unicodedata.bidirectional(char) in FROM_RIGHT for char in text):
            parts.append(f"<bdi>{escape(text)}</bdi>")
        else:
            parts.append(escape(text))
    return "".join(parts)


def direction(text: str) -> str:
    """ "rtl" if the first letter of `text` belongs to a script that is written from right to left."""
    for char in text[:2000]:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return "ltr"


# --- tokens


def hue(idx: int) -> int | None:
    """Which of the eight hues a token has: by its id, so that it keeps it. The bytes have none."""
    return None if idx < 256 else idx % 8


def tokens(
    chunks: Iterable[Chunk],
    *,
    left: Collection[int] = (),
    right: Collection[int] = (),
    classes: Mapping[int, str] | None = None,
    ids: bool = True,
    focus: bool = False,
    label: str = "tokens",
    dir: str = "ltr",
) -> str:
    """Tokens as coloured runs. White space, control characters and stray bytes are made visible.

    Tokens are numbered from 0 through all chunks. `left` and `right` are the numbers of those that are the
    two halves of a pair about to merge; `classes` adds CSS classes to others (mb-new: just made; mb-part:
    where two encodings part). Where a character spans several tokens, it stands above them. Between two
    chunks is a wall. With `focus` each token can be reached with the keyboard and says its id and bytes on
    hover; keep that to a few hundred. `dir` is the direction in which the tokens follow each other.
    """
    classes = classes or {}
    out = [f'<div class="mb-tokens" role="group" aria-label="{escape(label)}" dir="{dir}">']
    number = 0
    for place, chunk in enumerate(chunks):
        if place:
            out.append('<span class="mb-wall" aria-hidden="true"></span>')
        for group, char in _groups(chunk):
            if char is not None:
                out.append(f'<span class="mb-g"><span class="mb-gx">{inline(char)}</span><span>')
            for idx, data in group:
                extra = classes.get(number, "")
                if number in left:
                    extra += " mb-l"
                if number in right:
                    extra += " mb-r"
                out.append(_token(idx, data, extra, ids, number if focus else None))
                number += 1
            if char is not None:
                out.append("</span></span>")
            if group[-1][1].endswith(b"\n"):
                out.append("<br/>")
    out.append("</div>")
    return "".join(out)


@lru_cache(maxsize=1 << 16)
def _token(idx: int, data: bytes, extra: str, ids: bool, number: int | None) -> str:
    colour = hue(idx)
    css = "mb-t" if colour is None else f"mb-t mb-c{colour}"
    if extra:
        css += f" {extra.strip()}"
    about = ""
    if number is not None:
        shown = data if len(data) <= 24 else data[:24]
        title = (
            f"{plain(data)}: id {idx}, {len(data)} {'byte' if len(data) == 1 else 'bytes'}: {shown.hex(' ').upper()}"
        )
        title += "" if shown is data else " …"
        about = f' tabindex="0" role="img" data-key="t{number}" aria-label="{escape(title)}" title="{escape(title)}"'
    foot = f'<span class="mb-id">{idx}</span>' if ids else ""
    return f'<span class="{css}"{about}>{inline(data)}{foot}</span>'


def _groups(chunk: Chunk) -> Iterable[tuple[Chunk, bytes | None]]:
    """Cut a chunk into tokens that are whole characters, each with None, and groups of those that share
    characters, each with the bytes of the group."""
    group: list[tuple[int, bytes]] = []
    missing = 0  # bytes that the last character still lacks
    for idx, data in chunk:
        missing = _missing(data, missing)
        group.append((idx, data))
        if missing <= 0:
            yield group, None if len(group) == 1 else b"".join(data for _, data in group)
            group, missing = [], 0
    for token in group:  # the chunk ended inside a character: they are stray bytes
        yield [token], None


def _missing(data: bytes, missing: int) -> int:
    """How many bytes the last character of `data` lacks, given that its first `missing` complete another."""
    if missing and any(byte & 0xC0 != 0x80 for byte in data[:missing]):
        missing = 0  # what came before was no character after all
    if len(data) <= missing:
        return missing - len(data)
    for back in range(1, min(4, len(data)) + 1):  # the last byte that begins a character
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            needs = 4 if 0xF0 <= byte < 0xF5 else 3 if 0xE0 <= byte < 0xF0 else 2 if 0xC2 <= byte < 0xE0 else 1
            return max(0, needs - back)
    return 0


# --- bars, tables, boxes


class Bar(NamedTuple):
    """A bar: `label` is HTML, `value` its length, `text` stands at its end, `tag` says more ("tie")."""

    label: str
    value: float
    text: str = ""
    tag: str = ""
    first: bool = False  # drawn with a frame and bold letters


def bars(rows: Sequence[Bar], *, caption: str, most: float | None = None, slots: int = 0) -> str:
    """Horizontal bars, the longest as wide as there is room, or `most`. With `slots`, at least so many rows:
    the height stays when there is less to show. `caption` is for screen readers."""
    most = max([row.value for row in rows], default=0) if most is None else most
    body = [
        f'<tr class="{"mb-first" if row.first else "mb-other"}"><th scope="row">{row.label}</th>'
        f'<td><span class="mb-bar" style="width:{100 * row.value / most if most else 0:.1f}%"></span></td>'
        f'<td class="mb-n">{escape(row.text or f"{row.value:,}")}</td><td class="mb-tag">{escape(row.tag)}</td></tr>'
        for row in rows
    ]
    body += ['<tr aria-hidden="true"><th scope="row">&#160;</th><td></td><td></td><td></td></tr>'] * (slots - len(rows))
    return f'<table class="mb-bars">{_caption(caption)}{"".join(body)}</table>'


def _caption(text: str) -> str:
    """The caption of a table, for screen readers only."""
    return f'<caption><span class="mb-hidden">{escape(text)}</span></caption>'


def notice(text: str, kind: str = "info") -> str:
    """A message; kind is "info" or "warning"."""
    word = "Note" if kind == "info" else "Careful"
    return f'<p class="mb-notice mb-{escape(kind)}" role="note"><b>{word}:</b> {escape(text)}</p>'


def panel(title: str, body: str, *, css: str = "", aside: str = "") -> str:
    """A box with a heading. `body` is HTML; `title` and the quieter `aside` are text."""
    quiet = f' <span class="mb-muted">{escape(aside)}</span>' if aside else ""
    return (
        f'<section class="mb-panel {css}" aria-label="{escape(title)}"><h3>{escape(title)}{quiet}</h3>{body}</section>'
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, css: str = "") -> str:
    """A table. `head` and `caption` are text, the cells of `rows` are HTML; the first of a row is its heading."""
    top = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>' for first, *rest in rows
    )
    return (
        f'<table class="mb-table {css}">{_caption(caption)}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
    )


def page(body: str, *, large: bool = False) -> str:
    """HTML with its styles, to show where no widget is: `IPython.display.HTML(page(html))`."""
    return f'<div class="mb{" mb-large" if large else ""}"><style>{escape_css(CSS)}</style>{body}</div>'


def escape_css(css: str) -> str:
    """CSS to stand in a <style> of well-formed XML."""
    return css.replace("&", "\\26 ").replace("<", "\\3C ")


# --- stills: a picture for pages that have no kernel

INK, SOFT, LINE, PAPER, ACCENT, MARK = "#111111", "#484848", "#767676", "#ffffff", "#0072b2", "#f2c97a"
HUES = ("#f6dcaa", "#aadcf3", "#aadccf", "#f6f0aa", "#f0c8aa", "#efd6e3", "#d1cbf0", "#d4d9c0")  # as in lab.css
MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
SANS = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


def columns(text: str) -> int:
    """How many columns `text` takes in a monospaced font."""
    return sum(
        0
        if unicodedata.category(char) in ("Mn", "Me")
        else 2
        if unicodedata.east_asian_width(char) in "WF" or ord(char) >= 0x1F000
        else 1
        for char in text
    )


class Still:
    """An SVG that is written from top to bottom. It has its own paper, so it can stand on a dark page.

    >>> still = Still("What it shows")
    >>> still.text("one line")
    >>> svg = still.svg()
    """

    WIDTH, MARGIN, SIZE = 960, 16, 16  # pixels

    def __init__(self, title: str, subtitle: str = "") -> None:
        self.title = title
        self.parts: list[str] = []
        self.y = self.MARGIN
        self.text(title, bold=True, size=19)
        if subtitle:
            self.text(subtitle)

    def text(self, text: str, *, bold: bool = False, size: int = SIZE, mono: bool = False) -> None:
        """A paragraph, broken into lines."""
        limit = int((self.WIDTH - 2 * self.MARGIN) / (size * (0.602 if mono else 0.53)))
        for line in _lines(text, limit):
            self.y += round(size * 1.4)
            weight = ' font-weight="700"' if bold else ""
            self.parts.append(
                f'<text x="{self.MARGIN}" y="{self.y - round(size * 0.35)}" font-size="{size}"{weight} '
                f'font-family="{escape(MONO if mono else SANS)}" fill="{INK}">{escape(line)}</text>'
            )
        self.y += 4

    def tokens(
        self,
        chunks: Iterable[Chunk],
        *,
        left: Collection[int] = (),
        right: Collection[int] = (),
        classes: Mapping[int, str] | None = None,
        ids: bool = True,
        lines: int = 8,
    ) -> None:
        """Tokens as coloured boxes with their ids; at the most `lines` lines of them, and then an ellipsis."""
        classes = classes or {}
        size, height, x, line, number = self.SIZE, 44, self.MARGIN, 1, 0
        for place, chunk in enumerate(chunks):
            if place:
                self._box(x + 2, self.y, 3, height - 6, LINE, None)
                x += 7
            for idx, data in chunk:
                label = plain(data)
                label = label if columns(label) <= LONGEST else label[:20] + "…" + label[-20:]
                width = max(columns(label) * size * 0.61, len(str(idx)) * 11 * 0.62 if ids else 0) + 8
                if x + width > self.WIDTH - self.MARGIN - 16:
                    line, x = line + 1, self.MARGIN
                    if line > lines:
                        self.y += height
                        self.text("…")
                        return
                    self.y += height
                marked = number in left or number in right
                colour = hue(idx)
                thick = marked or classes.get(number, "")
                fill = MARK if marked else PAPER if colour is None else HUES[colour]
                self._box(x, self.y, width, height - 6, fill, INK if thick else "#c8c8c8")
                weight = ' font-weight="700"' if marked else ""
                self._centred(label, x + width / 2, self.y + 18, size, weight)
                if ids:
                    self._centred(str(idx), x + width / 2, self.y + 33, 11, "")
                x += width + (0 if number in left else 3)
                number += 1
                if data.endswith(b"\n") and line < lines:
                    line, x, self.y = line + 1, self.MARGIN, self.y + height
        self.y += height + 4

    def bars(self, rows: Sequence[tuple[str, float, str, bool]], *, room: int = 500) -> None:
        """Rows of (label, value, text behind the bar, whether it is the first): all of them text. The longest
        bar is `room` pixels wide."""
        most = max((row[1] for row in rows), default=0)
        start = 300
        for label, value, text, first in rows:
            weight = ' font-weight="700"' if first else ""
            label = label if columns(label) <= 28 else label[:27] + "…"
            self.parts.append(
                f'<text x="{self.MARGIN}" y="{self.y + 17}" font-size="{self.SIZE}"{weight} '
                f'font-family="{escape(MONO)}" fill="{INK}">{escape(label)}</text>'
            )
            width = max(2, room * value / most) if most else 0
            self._box(start, self.y + 3, width, 18, MARK if first else "#4095c5", INK if first else None)
            self.parts.append(
                f'<text x="{start + width + 8:.1f}" y="{self.y + 17}" font-size="{self.SIZE}"{weight} '
                f'font-family="{escape(SANS)}" fill="{INK}">{escape(text)}</text>'
            )
            self.y += 25
        self.y += 4

    def raw(self, fragment: str, height: float, *, x: int = 0, top: int | None = None) -> None:
        """An SVG fragment of that height, moved down to where the picture has got to; or to `top`, with its left
        edge at `x`, beside what is there already."""
        y = self.y if top is None else top
        self.parts.append(f'<g transform="translate({self.MARGIN + x} {y})">{fragment}</g>')
        self.y = max(self.y, y + round(height))

    def svg(self, label: str = "") -> str:
        """The picture. `label` is what a screen reader says; without it, the title."""
        height = self.y + self.MARGIN
        size = f'viewBox="0 0 {self.WIDTH} {height}" width="{self.WIDTH}" height="{height}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="max-width:100%;height:auto" role="img" '
            f'aria-label="{escape(label or self.title)}">'
            f'<rect width="{self.WIDTH}" height="{height}" rx="6" fill="{PAPER}" stroke="#c8c8c8"/>'
            f"{''.join(self.parts)}</svg>"
        )

    def _box(self, x: float, y: float, width: float, height: float, fill: str, stroke: str | None) -> None:
        line = f' stroke="{stroke}" stroke-width="{2 if stroke == INK else 1}"' if stroke else ""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" rx="3" fill="{fill}"{line}/>'
        )

    def _centred(self, text: str, x: float, y: float, size: int, more: str) -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y}" font-size="{size}" text-anchor="middle"{more} '
            f'font-family="{escape(MONO)}" fill="{INK}">{escape(text)}</text>'
        )


def _lines(text: str, limit: int) -> list[str]:
    """`text` broken at spaces into lines of at most `limit` columns."""
    lines = [""]
    for word in text.split(" "):
        while columns(word) > limit:
            lines.append(word[:limit])
            word = word[limit:]
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if columns(joined) <= limit:
            lines[-1] = joined
        else:
            lines.append(word)
    return [line for line in lines if line] or [""]


# --- a training, step by step (MergeScrubber)


def chip(idx: int, data: bytes, most: int | None = None) -> str:
    """A token in a table or in a sentence: its bytes on its colour, without the id. With `most`, only the first
    so many columns of it: a box that the browser has to cut costs it time at every step."""
    colour = hue(idx)
    css = "mb-chip" if colour is None else f"mb-chip mb-c{colour}"
    if most is None or _width(data) <= most:
        return f'<span class="{css}">{inline(data)}</span>'
    return f'<span class="{css}" title="{escape(plain(data))}">{_line(_first(pieces(data), most - 1))}…</span>'


def _width(data: bytes) -> int:
    """How many columns inline(data) takes."""
    return sum(columns(piece.text) for piece in pieces(data))


def _first(shown: Iterable[Piece], most: int) -> Iterable[Piece]:
    """As many of the pieces, from the first, as take `most` columns; text is cut."""
    for text, kind in shown:
        part = text
        while part and kind == "text" and columns(part) > most:
            part = part[:-1]
        most -= columns(part)
        if part and most >= 0:
            yield Piece(part, kind)
        if part != text or most <= 0:
            return


def pair_chips(pair: tuple[int, int], vocab: Mapping[int, bytes], most: int | None = None) -> str:
    """The two halves of a pair with a plus between them; with `most`, they take no more than so many columns."""
    a, b = pair
    first, second = most, most
    if most is not None:  # what the shorter one leaves is the longer one's
        first = max(most // 2, most - _width(vocab[b]))
        second = max(most - most // 2, most - _width(vocab[a]))
    return f'{chip(a, vocab[a], first)}<span class="mb-plus">+</span>{chip(b, vocab[b], second)}'


PAIR_COLUMNS = 9  # of a pair in the narrow tables


def times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def counted(count: int, what: str) -> str:
    """ "1 token", "2 tokens"."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def amounts(size: int, now: int) -> str:
    """ "20 bytes are 9 tokens"."""
    return f"{counted(size, 'byte')} {'is' if size == 1 else 'are'} {counted(now, 'token')}"


def training_status(trace: TrainingTrace, step: int, *, live: bool = True) -> str:
    """What training has come to after `step` merges, and what comes next, in two lines."""
    size, now = trace.lengths[0], trace.lengths[step]
    ratio = f": {size / now:.2f} bytes a token" if now else ""
    done = f"After <b>{counted(step, 'merge')}</b> the text's <b>{amounts(size, now)}</b>{ratio}."
    merge = trace.next_merge(step)
    if merge:
        ties = trace.choices[step].ties
        tie = f" ({ties} pairs tie: the one that occurs first wins)" if ties > 1 else ""
        then = (
            f"Next: {pair_chips(merge.pair, trace.vocab)} → {chip(merge.idx, trace.vocab[merge.idx])} "
            f"becomes token <b>{merge.idx}</b>; the pair occurs <b>{times(merge.count)}</b>{tie}."
        )
    elif trace.choices[step].candidates:
        then = "This is the last step that was recorded."
    else:
        then = "No pair is left to merge." if size else "There is no text yet."
    polite = "polite" if live else "off"
    return f'<div class="mb-status" role="status" aria-live="{polite}"><p>{done}</p><p>{then}</p></div>'


@lru_cache(maxsize=1 << 16)
def _columns_of(idx: int, data: bytes) -> float:
    """How wide the box of a token is, in columns."""
    return max(columns(plain(data)), 0.68 * len(str(idx))) + 1.2


def fitting(chunks: Sequence[Chunk], lines: int, width: int) -> list[list[tuple[int, bytes]]]:
    """As many of the tokens as fit into `lines` lines of `width` columns, as near as can be said from here."""
    fit: list[list[tuple[int, bytes]]] = []
    line, x = 1, 0.0
    for chunk in chunks:
        fit.append([])
        x += 0.8
        for idx, data in chunk:
            wide = _columns_of(idx, data)
            if x + wide > width:
                line, x = line + 1, 0.0
            if line > lines:
                return [each for each in fit if each]
            fit[-1].append((idx, data))
            x += wide
            if data.endswith(b"\n"):
                line, x = line + 1, 0.0
    return fit


def training_text(trace: TrainingTrace, step: int, window: Window, *, follow: bool = False, dir: str = "ltr") -> str:
    """The window of the text after `step` merges, with the pair that merges next marked."""
    size = len(trace.replay.data)
    shown = sum(map(len, window.chunks))
    whole = window.start == 0 and window.stop == size
    where = "all of it" if whole else f"bytes {window.start:,} to {window.stop:,} of {size:,}"
    aside = f"{where} · {counted(shown, 'token')} here"
    merge = trace.next_merge(step)
    if merge:
        aside += f" · the next merge applies {times(len(window.left))} here, {times(len(trace.places(step)))} in all"
    body = tokens(
        window.chunks,
        left=frozenset(window.left),
        right=frozenset(window.right),
        classes=dict.fromkeys(window.made, "mb-new"),
        label=f"tokens after {counted(step, 'merge')}",
        dir=dir,
    )
    moves = "" if whole else _window_buttons(window, size, bool(trace.places(step)), follow)
    return panel(
        "The text",
        f'<div class="mb-scroll mb-window" data-place="{window.start}" data-scroll="window" tabindex="0" role="region" '
        f'aria-label="window of the text">{body}</div>{moves}',
        aside=aside,
    )


def _window_buttons(window: Window, size: int, elsewhere: bool, follow: bool) -> str:
    def button(value: str, text: str, on: bool) -> str:
        off = "" if on else ' aria-disabled="true"'
        return (
            f'<button type="button" class="mb-button" data-event="window" data-value="{value}" '
            f'data-key="w-{value}"{off}>{text}</button>'
        )

    return (
        '<div class="mb-buttons">'
        + button("earlier", "◀ Earlier text", window.start > 0)
        + button("later", "Later text ▶", window.stop < size)
        + button("pair", "Next place ▶", elsewhere)
        + '<label class="mb-check"><input type="checkbox" data-event="follow" data-key="follow"'
        + (' checked="checked"' if follow else "")
        + "/> keep the pair in view</label>"
        + '<span class="mb-legend">framed: merges next · underlined: new</span></div>'
    )


def training_candidates(trace: TrainingTrace, step: int, slots: int = 8) -> str:
    """The pairs that training chooses from after `step` merges, as bars; ties are marked."""
    choice = trace.choices[step]
    rows = [
        Bar(
            pair_chips(each.pair, trace.vocab, PAIR_COLUMNS),
            each.count,
            tag="tie" if each.tied and choice.ties > 1 else "",
            first=place == 0,
        )
        for place, each in enumerate(choice.candidates[:slots])
    ]
    aside = f"best {len(rows)} of {counted(choice.pairs, 'pair')}" if rows else "none"
    body = bars(rows, caption="how often each pair occurs", slots=slots)
    return panel("Candidates", f'<div class="mb-candidates">{body}</div>', aside=aside)


ROWS_TOGETHER = 25  # rows of the table of merges in a group; the browser leaves out the groups that nobody sees


def training_merges(trace: TrainingTrace) -> str:
    """All merges as a table. The stage hides the rows that are not made yet, and marks the newest."""
    rows = [
        f'<tr data-step="{step}" data-event="step" data-value="{step}"><th scope="row">'
        f'<button type="button" class="mb-link" data-event="step" data-value="{step}" data-key="m{step}" '
        f'aria-label="to step {step}">{step}</button></th>'
        f"<td>{pair_chips(merge.pair, trace.vocab, PAIR_COLUMNS)}</td><td>{merge.idx}</td><td>{merge.count:,}</td></tr>"
        for step, merge in enumerate(trace.merges, 1)
    ]
    groups = "".join(
        f'<tbody data-from="{start + 1}">{"".join(rows[start : start + ROWS_TOGETHER])}</tbody>'
        for start in range(0, len(rows), ROWS_TOGETHER)
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("step", "pair", "id", "count"))
    return panel(
        "Merges so far",
        '<div class="mb-scroll mb-merges" data-scroll="merges" tabindex="0" role="region" aria-label="merges so far">'
        f'<table class="mb-table mb-fixed">{_caption("Choose a step to go there")}'
        f"<thead><tr>{head}</tr></thead>{groups}</table></div>",
        aside="click one to go there" if rows else "none",
    )


CURVE, LARGE_CURVE = (270, 210), (270, 118)  # width and height in its own units; flat, it has larger letters


def _plot(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the plot in a curve of that size."""
    return 58, 14, size[0] - 8, size[1] - 32


@lru_cache(maxsize=64)
def _curve_line(lengths: tuple[int, ...], size: tuple[int, int]) -> str:
    left, top, right, bottom = _plot(size)
    last, most = max(1, len(lengths) - 1), max(1, lengths[0])
    every = max(1, len(lengths) // 200)
    steps = sorted({*range(0, len(lengths), every), len(lengths) - 1})
    return " ".join(
        f"{left + (right - left) * step / last:.1f},{bottom - (bottom - top) * lengths[step] / most:.1f}"
        for step in steps
    )


def training_curve(trace: TrainingTrace, step: int, *, large: bool = False) -> str:
    """How many tokens the text has after each step, with a marker at `step`."""
    size = LARGE_CURVE if large else CURVE
    drawing = _curve(tuple(trace.lengths), size, step, "currentColor", "var(--mb-accent)", "var(--mb-mark)", "")
    at, now, end = (f"{trace.lengths[place]:,}" for place in (0, step, -1))
    label = f"Tokens against merges: {at} at the start, {now} after {step}, {end} at the end"
    width, height = size
    return panel(
        "Tokens in the text",
        f'<svg class="mb-curve" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{drawing}</svg>',
    )


def _curve(
    lengths: tuple[int, ...], size: tuple[int, int], step: int, ink: str, accent: str, mark: str, more: str
) -> str:
    left, top, right, bottom = _plot(size)
    last, most = max(1, len(lengths) - 1), max(1, lengths[0])
    x = left + (right - left) * step / last
    y = bottom - (bottom - top) * lengths[step] / most

    def text(x: float, y: float, anchor: str, words: str, bold: bool = False) -> str:
        weight = ' font-weight="700"' if bold else ""
        at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
        return f'<text {at} font-size="13" fill="{ink}"{weight}{more}>{words}</text>'

    over = x > (left + right) / 2
    return (
        f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="{ink}"/>'
        + text(left - 6, top + 9, "end", f"{lengths[0]:,}")
        + text(left - 6, bottom + 4, "end", "0")
        + text(left, bottom + 18, "middle", "0")
        + text(right, bottom + 18, "end", f"{len(lengths) - 1:,} merges")
        + f'<polyline points="{_curve_line(lengths, size)}" fill="none" stroke="{accent}" stroke-width="2.5"/>'
        + f'<path d="M{x:.1f} {y:.1f}V{bottom}" fill="none" stroke="{ink}" stroke-dasharray="3 3"/>'
        + f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{mark}" stroke="{ink}" stroke-width="2"/>'
        + text(
            x + (-10 if over else 10), y + (-10 if over else -4), "end" if over else "start", f"{lengths[step]:,}", True
        )
    )


def training_sentence(chunks: Sequence[Chunk], step: int, *, dir: str = "ltr") -> str:
    """The learner's own sentence, encoded with the first `step` merges."""
    number = sum(map(len, chunks))
    size = sum(len(data) for chunk in chunks for _, data in chunk)
    body = tokens(chunks, label="your sentence as tokens", dir=dir) if number else "<p>Type a sentence above.</p>"
    return panel(
        f"Your sentence with the first {counted(step, 'merge')}",
        f'<div class="mb-scroll mb-sentence" data-scroll="sentence" tabindex="0" role="region" '
        f'aria-label="your sentence as tokens">{body}</div>',
        aside=f"{counted(size, 'byte')}, {counted(number, 'token')}",
    )


def training_still(trace: TrainingTrace, step: int, window: Window, sentence: Sequence[Chunk]) -> str:
    """The MergeScrubber as a picture."""
    merge = trace.next_merge(step)
    still = Still(
        f"Byte-pair encoding after {step} of {counted(len(trace), 'merge')}",
        f"{amounts(trace.lengths[0], trace.lengths[step])} now."
        + (
            f" Next: {plain(trace.vocab[merge.pair[0]])} + {plain(trace.vocab[merge.pair[1]])} "
            f"becomes token {merge.idx}; the pair occurs {times(merge.count)}."
            if merge
            else ""
        ),
    )
    still.tokens(window.chunks, left=frozenset(window.left), right=frozenset(window.right), lines=6)
    choice, top = trace.choices[step], still.y
    if choice.candidates:
        still.text("Candidates", bold=True)
        still.bars(
            [
                (
                    " + ".join(plain(trace.vocab[idx]) for idx in each.pair),
                    each.count,
                    f"{each.count:,}" + (" · tie" if each.tied and choice.ties > 1 else ""),
                    place == 0,
                )
                for place, each in enumerate(choice.candidates[:7])
            ],
            room=190,
        )
    if len(trace):
        more = f' font-family="{escape(SANS)}"'
        curve = _curve(tuple(trace.lengths), CURVE, step, INK, ACCENT, MARK, more)
        still.raw(curve, CURVE[1] + 8, x=still.WIDTH - 2 * still.MARGIN - CURVE[0], top=top + 8)
    if sentence:
        still.text(f"Your sentence: {counted(sum(map(len, sentence)), 'token')}", bold=True)
        still.tokens(sentence, lines=3)
    return still.svg()


# --- an encoding, step by step (EncodeStepper)

RANKS_SHOWN = 9  # rows of the table of ranks


def encoding_text(
    trace: EncodingTrace, step: int, title: str, *, parted: int | None = None, dir: str = "ltr", key: str = "right"
) -> str:
    """The text after `step` steps of an encoding. What the next step makes is marked; so is, at the end, the
    token `parted` at which the result differs from another's."""
    step = min(step, len(trace))
    window = trace.replay.window(step)
    number = sum(map(len, window.chunks))
    classes = dict.fromkeys(window.made, "mb-new")
    if step == len(trace) and parted is not None:
        classes[parted] = "mb-part"
    joined, laid = (), ()
    if step < len(trace) and trace.steps[step].pair:
        joined, laid = window.left, window.right
    elif step < len(trace):  # a whole token is laid down over what is still bytes
        start = trace.steps[step].places[0]
        stop = start + len(trace.token(step))
        place = 0
        for order, (_, data) in enumerate(token for chunk in window.chunks for token in chunk):
            if start <= place < stop:
                classes[order] = "mb-next"
            place += len(data)
    body = tokens(
        window.chunks, left=frozenset(joined), right=frozenset(laid), classes=classes, label=f"{title}: tokens", dir=dir
    )
    state = (
        f"finished: {counted(number, 'token')}" if step == len(trace) else f"step {step} · {counted(number, 'token')}"
    )
    return panel(
        title,
        f'<div class="mb-scroll mb-encoding" data-scroll="{key}" tabindex="0" role="region" '
        f'aria-label="{escape(title)}: tokens">{body if number else "<p>Type a text above.</p>"}</div>',
        aside=state,
    )


def encoding_ranks(trace: EncodingTrace, step: int, learned: Mapping[int, int]) -> str:
    """The pairs of neighbours after `step` steps, lowest rank first; `learned` maps an id to its place in learning."""
    ranks = trace.ranks(step) if step <= len(trace) else []
    count: dict[tuple[int, int], int] = {}
    merged: dict[tuple[int, int], int] = {}
    dead = 0
    for each in ranks:
        if each.idx is None:
            dead += 1
        else:
            count[each.pair] = count.get(each.pair, 0) + 1
            merged[each.pair] = each.idx
    order = sorted(merged, key=merged.__getitem__)
    rows = []
    for place, pair in enumerate(order[:RANKS_SHOWN]):
        css = "mb-chosen" if place == 0 else "mb-other"
        verdict = "◀ next" if place == 0 else ""
        rows.append(
            f'<tr class="{css}"><th scope="row">{pair_chips(pair, trace.vocab)}</th><td>{merged[pair]}</td>'
            f"<td>merge {learned.get(merged[pair], 0):,}</td><td>× {count[pair]}</td><td>{verdict}</td></tr>"
        )
    rest = len(order) - len(rows)
    more = [
        f"{counted(rest, 'further pair')} would merge" if rest > 0 else "",
        f"{dead} {'does' if dead == 1 else 'do'} not merge" if dead else "",
    ]
    head = "".join(f'<th scope="col">{name}</th>' for name in ("neighbours", "id", "learned as", "here", ""))
    return panel(
        "Ranks under consideration",
        '<div class="mb-scroll mb-ranks" data-scroll="ranks" tabindex="0" role="region" aria-label="ranks">'
        f'<table class="mb-table">{_caption("Pairs of neighbours by rank")}'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f'<p class="mb-muted">{", ".join(filter(None, more)) or ("" if rows else "nothing is left to merge")}</p>'
        "</div>",
        aside="lowest id first",
    )


def encoding_status(trace: EncodingTrace, step: int) -> str:
    """What the encoding does next."""
    if step < len(trace):
        made = trace.steps[step]
        words = (
            f"Next: the earliest-learned pair here is {pair_chips(made.pair, trace.vocab)}: it becomes "
            f"{chip(made.idx, trace.vocab[made.idx])} (<b>{made.idx}</b>), {times(len(made.places))}."
        )
    elif trace.chunks:
        ids = trace.ids()
        some = ", ".join(map(str, ids[:40])) + (", …" if len(ids) > 40 else "")
        words = f"Nothing merges any more. The ids: <b>[{some}]</b>"
    else:
        words = "There is no text yet."
    return f'<div class="mb-status mb-one" role="status" aria-live="polite"><p>{words}</p></div>'


def encoding_parting(right: EncodingTrace, wrong: EncodingTrace, part: Parting) -> str:
    """Where a wrong algorithm parts from the right one, in words."""
    name = ALGORITHMS_IN_WORDS[wrong.algorithm]
    if part.token is None:
        words = f"On this text, {name} comes to the same ids."
        if part.step is not None:
            words += f" On the way it differs from step {part.step + 1} on."
        return notice(words)

    def there(trace: EncodingTrace) -> str:
        idx, data = trace.replay.tokens(len(trace))[part.token]
        return f"“{plain(data)}” ({idx})"

    count, other = len(right.ids()), len(wrong.ids())
    lengths = f"Both have {counted(count, 'token')}." if count == other else f"{count:,} tokens against {other:,}."
    steps = "" if part.step is None else f"They part at step {part.step + 1}. "
    words = (
        f"{steps}The results differ from token {part.token + 1} on: merging in order gives {there(right)}, "
        f"{name} gives {there(wrong)}. {lengths}"
    )
    return notice(words, "warning")


WRONG = {
    "longest": "longest match",
    "leftmost": "leftmost pair",
    "frequent": "most frequent pair",
    "fewest": "fewest tokens",
}
ALGORITHMS_IN_WORDS = {
    "merges": "the earliest-learned merge first",
    "longest": "the longest match from the left",
    "leftmost": "the leftmost pair that merges",
    "frequent": "the most frequent pair of this text",
    "fewest": "the fewest tokens",
}


def encoding_still(right: EncodingTrace, wrong: EncodingTrace | None, step: int, part: Parting | None) -> str:
    """The EncodeStepper as a picture."""
    at = min(step, len(right))
    still = Still("Encoding, merge by merge", f"After {at} of {counted(len(right), 'merge')}.")
    window = right.replay.window(at)
    still.tokens(window.chunks, left=frozenset(window.left), right=frozenset(window.right), lines=4)
    merging = [each for each in right.ranks(at) if each.idx is not None]
    seen: dict[tuple[int, int], int] = {each.pair: each.idx for each in merging}
    for place, (pair, idx) in enumerate(sorted(seen.items(), key=lambda item: item[1])[:4]):
        names = " + ".join(plain(right.vocab[half]) for half in pair)
        still.text(f"{names} → {idx}{'   ◀ earliest learned: merges next' if place == 0 else ''}", mono=True)
    if wrong and part:
        still.text(f"Beside it, a wrong way: {ALGORITHMS_IN_WORDS[wrong.algorithm]}", bold=True)
        ended = step >= len(wrong)
        marks = {part.token: "mb-part"} if ended and part.token is not None else {}
        still.tokens(wrong.replay.window(min(step, len(wrong))).chunks, classes=marks, lines=4)
        same = (
            "It comes to the same ids." if part.token is None else f"The results differ from token {part.token + 1} on."
        )
        still.text(same)
    return still.svg()


# --- where a token comes from (MergeTree)

MOST_LEAVES = 40  # of a tree with more, only the upper levels are drawn
LEVELS = 5  # so many of them


def leaves(node: Node) -> int:
    """How many tokens stand at the bottom of a tree."""
    count, waiting = 0, [node]
    while waiting:
        each = waiting.pop()
        if each.children:
            waiting += each.children
        else:
            count += 1
    return count


def merge_tree(node: Node, learned: Mapping[int, int]) -> str:
    """The tree behind a token: below each token the two that it was merged from, down to the bytes.

    Each token but the first is a button, to go on from there. `learned` maps an id to its place in learning.
    """
    levels = LEVELS if leaves(node) > MOST_LEAVES else 10_000
    return (
        '<div class="mb-scroll mb-forest" data-scroll="tree" tabindex="0" role="region" aria-label="tree of merges">'
        f'<ul class="mb-tree">{_branch(node, learned, levels, "r")}</ul></div>'
    )


def _branch(node: Node, learned: Mapping[int, int], levels: int, path: str) -> str:
    idx, data, children = node
    made = f"merge {learned[idx]:,}" if idx in learned else "a byte" if len(data) == 1 else "never merged"
    inner = ""
    if children and levels > 1:
        halves = "".join(
            _branch(child, learned, levels - 1, path + side) for child, side in zip(children, "01", strict=True)
        )
        inner = f"<ul>{halves}</ul>"
    elif children:
        inner = '<p class="mb-muted">… go on from here</p>'
    colour = hue(idx)
    # What a screen reader says is what stands here, with a little between (WCAG 2.5.3 wants the two to agree).
    return (
        f'<li><button type="button" class="mb-node{"" if colour is None else f" mb-c{colour}"}" data-event="token" '
        f'data-value="{idx}" data-key="{path}"><span>{inline(data)}</span>'
        f'<span class="mb-hidden">, id </span><span class="mb-id">{idx}</span>'
        f'<span class="mb-hidden">, </span><span class="mb-id">{made}</span></button>{inner}</li>'
    )


def merge_tree_status(node: Node) -> str:
    """A sentence about a token."""
    idx, data, children = node
    words = f"Token <b>{idx}</b> is {chip(idx, data)}, {counted(len(data), 'byte')}: "
    words += f"<code>{data[:24].hex(' ').upper()}{' …' if len(data) > 24 else ''}</code>. "
    if children:
        halves = " and ".join(f"{chip(child.idx, child.data)} ({child.idx})" for child in children)
        words += f"It was merged from {halves}."
    elif len(data) == 1:
        words += "It is one of the 256 bytes that every vocabulary begins with."
    else:
        words += "It was never merged from two others."
    return f'<div class="mb-status" role="status" aria-live="polite"><p>{words}</p></div>'


def merge_tree_still(node: Node) -> str:
    """The tree as a picture: each token as wide as the bytes below it."""
    total = leaves(node)
    levels = LEVELS if total > MOST_LEAVES else 10_000
    still = Still(f"Where token {node.idx} comes from", f"{plain(node.data)}: {counted(len(node.data), 'byte')}.")
    width = min(110.0, (still.WIDTH - 2 * still.MARGIN) / max(1, total))
    parts, deepest = [], 0
    waiting = [(node, 0.0, 0)]
    while waiting:
        each, x, level = waiting.pop()
        idx, data, children = each
        deepest = max(deepest, level)
        wide = width * leaves(each)
        label = plain(data)
        room = max(1, int((wide - 6) / 9.8))
        label = label if columns(label) <= room else label[: max(1, room - 1)] + "…" if room > 2 else ""
        colour = hue(idx)
        parts.append(
            f'<rect x="{x:.1f}" y="{level * 52}" width="{wide - 3:.1f}" height="46" rx="3" '
            f'fill="{PAPER if colour is None else HUES[colour]}" stroke="{LINE}"/>'
        )
        for text, y, size in ((label, 21, 16), (str(idx) if wide > 8 * len(str(idx)) + 6 else "", 38, 12)):
            parts.append(
                f'<text x="{x + wide / 2 - 1.5:.1f}" y="{level * 52 + y}" font-size="{size}" text-anchor="middle" '
                f'font-family="{escape(MONO)}" fill="{INK}">{escape(text)}</text>'
            )
        if children and level + 1 < levels:
            left, right = children
            waiting.append((left, x, level + 1))
            waiting.append((right, x + width * leaves(left), level + 1))
    still.raw("".join(parts), 52 * (deepest + 1))
    return still.svg()


# --- text widgets: append below

SHOWN = 240  # tokens of a text that are drawn; a widget says how many it leaves out
BYTES_SHOWN = 96


def sizes(*counts: tuple[int, str], more: str = "") -> str:
    """A line of sizes: sizes((1, "token"), (2, "byte")) says "1 token · 2 bytes"."""
    words = [f"<b>{count:,}</b> {escape(what)}{'' if count == 1 else 's'}" for count, what in counts]
    return f'<p class="mb-sizes" role="status">{" · ".join([*words, escape(more)] if more else words)}</p>'


def leaves_out(shown: int, total: int, what: str) -> str:
    """A quiet line that says how much of a text is drawn; nothing when it is all of it."""
    if shown >= total:
        return ""
    return f'<p class="mb-muted">The first {shown:,} of {total:,} {escape(what)} are drawn; the counts are of all.</p>'


def nothing(what: str) -> str:
    """In place of a picture of an empty text."""
    return f'<p class="mb-muted">{escape(what)}</p>'


def tip(text: str) -> str:
    """The line that tells about the token under the pointer or with the focus (stage.js writes into it)."""
    return f'<p class="mb-tip mb-muted" data-empty="{escape(text)}">{escape(text)}</p>'


def one_stop(html: str) -> str:
    """Of all that can be reached with the Tab key in `html` only the first; arrows go on from there (stage.js)."""
    before, found, after = html.partition('tabindex="0"')
    return before + found + after.replace('tabindex="0"', 'tabindex="-1"')


# --- characters, code points, bytes (Utf8Inspector)


class _Cell(NamedTuple):
    """A byte with what stands above it; `starts` is 2 where a character begins, 1 where a code point does."""

    character: str
    point: texts.CodePoint
    byte: int
    first: bool
    starts: int
    number: int  # of the code point


def _cells(characters: Sequence[texts.Character]) -> list[_Cell]:
    cells, number = [], 0
    for character in characters:
        starts = 2
        for point in character.code_points:
            for place, byte in enumerate(point.data):
                cells.append(_Cell(character.text, point, byte, place == 0, starts if place == 0 else 0, number))
                starts = 1
            number += 1
    return cells


def lanes(characters: Sequence[texts.Character], per_line: int) -> str:
    """Characters, their code points, bytes and bits as lanes, one above the other; `per_line` bytes to a line.

    Of the bits, the header (0, 10, 110, 1110, 11110: how many bytes there are, or that this one continues) is framed.
    """
    return "".join(map(_lanes, _lines_of_cells(_cells(characters), per_line)))


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


def _lanes(cells: list[_Cell]) -> str:
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
        mark = f'tabindex="0" role="img" data-key="u{cell.number}" aria-label="{escape(about)}" title="{escape(about)}"'
        return f"<span {mark}>{code}</span>"

    def bits(cell: _Cell) -> str:
        written, header = f"{cell.byte:08b}", texts.header_bits(cell.byte)
        return f'<b class="mb-head">{written[:header]}</b>{written[header:]}'

    def one_each(draw: Callable[[_Cell], str]) -> str:
        return "".join(f'<td class="mb-s{cell.starts}">{draw(cell)}</td>' for cell in cells)

    width = f' style="width:calc(6.6em + {len(cells)} * 6em)"'
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


def utf8(text: str, characters: Sequence[texts.Character], per_line: int) -> dict[str, str]:
    """Utf8Inspector's picture: the sizes of `text`, and the lanes of its first `characters`."""
    whole = len(regex.findall(r"\X", text))
    drawn = sum(len(character.code_points) for character in characters)
    legend = (
        '<p class="mb-muted">The framed bits are the header of a byte: <b class="mb-head">0</b> a character of one '
        'byte, <b class="mb-head">110</b> <b class="mb-head">1110</b> <b class="mb-head">11110</b> the first of two, '
        'three, four, <b class="mb-head">10</b> one that continues. The other bits spell the code point.</p>'
    )
    counts = sizes((whole, "character"), (len(text), "code point"), (len(text.encode()), "byte"))
    if not text:
        return {"sizes": counts, "lanes": nothing("No text, no bytes.")}
    body = one_stop(lanes(characters, per_line)) + tip("Point at a code point, or go there with Tab and the arrows.")
    return {
        "sizes": counts,
        "lanes": panel("Characters, code points, bytes", body) + leaves_out(drawn, len(text), "code points"),
        "legend": legend,
    }


def utf8_still(text: str, characters: Sequence[texts.Character]) -> str:
    """The picture of a Utf8Inspector."""
    still = Still("Characters, code points, bytes")
    wide = 88
    for line in _lines_of_cells(_cells(characters)[:40], 10):
        out = []
        for place, cell in enumerate(line):
            x = place * wide
            if cell.starts or place == 0:
                shown = plain(cell.character.encode()) if len(cell.character) == 1 else cell.character[:20]
                if cell.starts == 2:
                    out.append(_svg_text(x + 4, 24, shown, 20))
                if cell.starts:
                    out.append(_svg_text(x + 4, 46, f"U+{ord(cell.point.char):04X}", 15))
                    out.append(f'<path d="M{x} 4V96" stroke="{INK if cell.starts == 2 else LINE}" stroke-width="2"/>')
            header = texts.header_bits(cell.byte)
            out.append(_svg_text(x + 4, 68, f"{cell.byte:02X}", 15))
            out.append(f'<rect x="{x + 3}" y="76" width="{header * 8.6:.1f}" height="18" fill="{MARK}"/>')
            out.append(_svg_text(x + 3, 90, f"{cell.byte:08b}", 14))
        still.raw("".join(out), 108)
    still.text(
        f"{counted(len(text), 'code point')}, {counted(len(text.encode()), 'byte')}. Yellow: the header of a byte."
    )
    return still.svg()


def _svg_text(x: float, y: float, text: str, size: int) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" font-family="{escape(MONO)}" fill="{INK}">{escape(text)}</text>'


# --- pairs (PairExplorer)


class Pairs(NamedTuple):
    """What PairExplorer shows of a text: its chunks of tokens, its pairs, and where the chosen one stands."""

    chunks: Sequence[Chunk]
    counts: Mapping[tuple[int, int], int]
    names: Mapping[int, bytes]
    pair: tuple[int, int] | None
    where: texts.Occurrences

    def name(self, idx: int) -> bytes:
        return self.names.get(idx, b"?")


def pairs(state: Pairs, *, dir: str = "ltr") -> dict[str, str]:
    """PairExplorer's picture."""
    total = sum(map(len, state.chunks))
    counts = sizes(
        (total, "token"), (sum(state.counts.values()), "pair"), more=f"{len(state.counts):,} of them different"
    )
    if not state.counts:
        return {"sizes": counts, "nothing": nothing("A pair needs two tokens side by side.")}
    ranked = sorted(state.counts.items(), key=lambda item: -item[1])[:PAIRS_SHOWN]
    top = ranked[0][1]
    ties = sum(count == top for count in state.counts.values())
    rows = [
        Bar(_pick(state, pair), count, tag="tie" if ties > 1 and count == top else "", first=pair == state.pair)
        for pair, count in ranked
    ]
    left = panel("Most frequent pairs", bars(rows, caption="Pairs by how often they occur"), aside="choose one")
    right = panel("Who follows whom", _heat_map(state), aside="row, then column")
    return {
        "sizes": counts,
        "pairs": f'<div class="mb-columns">{left}{right}</div>',
        "where": _where(state, total, dir),
    }


PAIRS_SHOWN = 8


def _pick(state: Pairs, pair: tuple[int, int]) -> str:
    names = " ".join(plain(state.name(idx)) for idx in pair)
    return (
        f'<button type="button" class="mb-button mb-pick" data-event="pair" data-value="{pair[0]},{pair[1]}" '
        f'data-key="b{pair[0]},{pair[1]}" aria-pressed="{"true" if pair == state.pair else "false"}" '
        f'title="{escape(names)}: ids {pair[0]} and {pair[1]}">{inline(state.name(pair[0]))}'
        f'<span class="mb-and"> + </span>{inline(state.name(pair[1]))}</button>'
    )


def _heat_map(state: Pairs) -> str:
    table = texts.grid(state.counts, PAIRS_SHOWN)
    top = max(map(max, table.counts))
    head = "".join(f'<th scope="col">{inline(state.name(idx))}</th>' for idx in table.columns)
    body = []
    for left, counts in zip(table.rows, table.counts, strict=True):
        cells = []
        for right, count in zip(table.columns, counts, strict=True):
            chosen = ' class="mb-chosen"' if (left, right) == state.pair else ""
            shade = f' style="--mb-heat:{12 + 58 * count / top:.0f}%"' if count else ""
            cells.append(f"<td{chosen}{shade}>{count or ''}</td>")
        body.append(f'<tr><th scope="row">{inline(state.name(left))}</th>{"".join(cells)}</tr>')
    return (
        '<div class="mb-scroll" tabindex="0" role="group" aria-label="Heat map"><table class="mb-heat">'
        f"{_caption('How often the token of the row is followed by the token of the column')}"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _where(state: Pairs, total: int, dir: str) -> str:
    if state.pair is None:
        return ""
    name = " + ".join(plain(state.name(idx)) for idx in state.pair)
    found, merged = state.where
    if not found:
        return panel(f"Where {name} occurs", nothing("Nowhere in this text."))
    start = max(0, min(found[0] - SHOWN // 4, total - SHOWN))
    left = {place - start for place in found}
    right = {place + 1 for place in left}
    over = dict.fromkeys(left & right, "mb-over")
    note = f"<p><b>{len(found):,}</b> {'time' if len(found) == 1 else 'times'}. "
    if len(found) > len(merged):
        note += (
            f"Some overlap (double frame: one token in two pairs), so a merge takes <b>{len(merged):,}</b> of them.</p>"
        )
    else:
        note += "No two of them overlap, so a merge takes all.</p>"
    shown = tokens(
        texts.window(state.chunks, start, SHOWN), left=left, right=right, classes=over, label="text", dir=dir
    )
    end = min(total, start + SHOWN)
    said = (
        ""
        if end - start == total
        else nothing(f"Tokens {start + 1:,} to {end:,} of {total:,} are drawn; the counts are of all.")
    )
    return panel(f"Where {name} occurs", note + shown + said)


def pairs_still(state: Pairs) -> str:
    """The picture of a PairExplorer."""
    still = Still("Pairs of a text")
    ranked = sorted(state.counts.items(), key=lambda item: -item[1])[:PAIRS_SHOWN]
    if not ranked:
        still.text("A pair needs two tokens side by side.")
    still.bars(
        [
            (" + ".join(plain(state.name(idx)) for idx in pair), count, str(count), pair == state.pair)
            for pair, count in ranked
        ]
    )
    left = set(state.where.all)
    still.tokens(texts.window(state.chunks, 0, SHOWN), left=left, right={place + 1 for place in left}, lines=4)
    return still.svg()


# --- split patterns (SplitExplorer)

CHUNKS_SHOWN = 120


def _as_tokens(found: texts.Split) -> list[Chunk]:
    """Chunks drawn as tokens: neighbours differ in colour."""
    return [[(256 + number, chunk.encode())] for number, chunk in enumerate(found.chunks[:CHUNKS_SHOWN])]


def splits(found: Sequence[texts.Split], *, dir: str = "ltr") -> dict[str, str]:
    """SplitExplorer's picture: a panel for each pattern."""
    return {f"split{number}": _split(each, dir) for number, each in enumerate(found)}


def _split(found: texts.Split, dir: str) -> str:
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


def splits_still(found: Sequence[texts.Split]) -> str:
    """The picture of a SplitExplorer."""
    still = Still("One text, split by different patterns")
    for each in found:
        what = f"cannot be used: {each.error}" if each.error else counted(len(each.chunks), "chunk")
        still.text(f"{each.name}: {what}", bold=True)
        if each.chunks:
            still.tokens(_as_tokens(each), lines=3, ids=False)
    return still.svg()


# --- special tokens (SpecialTokenExplorer)

POLICIES = {
    "none_raise": "the default: a special token in the text is an error",
    "none": "special tokens are ordinary text",
    "all": "each special token becomes its one id",
}


def policies(outcomes: Sequence[texts.Outcome], *, dir: str = "ltr") -> str:
    """The same text under each policy, a panel each."""
    return f'<div class="mb-columns">{"".join(_policy(each, dir) for each in outcomes)}</div>'


def _policy(outcome: texts.Outcome, dir: str) -> str:
    about = POLICIES.get(outcome.policy, "these become their one id; any other is an error")
    if outcome.error:
        body = f'<p class="mb-notice mb-warning" role="note"><b>ValueError:</b> {escape(outcome.error)}</p>'
    else:
        special = sum(number in outcome.special for number in range(len(outcome.tokens)))
        classes = dict.fromkeys((number for number in outcome.special if number < SHOWN), "mb-special")
        body = sizes(
            (len(outcome.tokens), "token"), more=f"{special:,} of them special (thick frame)" if special else ""
        )
        shown = [outcome.tokens[:SHOWN]] if outcome.tokens else []
        body += tokens(shown, classes=classes, label=f"tokens, {outcome.policy}", dir=dir)
        body += leaves_out(SHOWN, len(outcome.tokens), "tokens")
    return panel(_argument(outcome), f'<p class="mb-muted">{escape(about)}</p>{body}')


def _argument(outcome: texts.Outcome) -> str:
    """The policy as it is written in a call."""
    name = f'"{outcome.policy}"' if outcome.policy in POLICIES else outcome.policy
    return f"allowed_special={name}"


def choices(legend: str, names: Sequence[str], chosen: Collection[str]) -> str:
    """A box to tick for each name. Ticking number 2 is the event "choice-2" with true or false."""
    boxes = "".join(
        f'<label><input type="checkbox" data-event="choice-{number}" data-key="choice-{number}"'
        f"{' checked=' + chr(34) * 2 if name in chosen else ''}/> {escape(name)}</label>"
        for number, name in enumerate(names)
    )
    return f'<fieldset class="mb-choices"><legend>{escape(legend)}</legend>{boxes}</fieldset>'


def turns(labels: Mapping[str, str], dead: str = "") -> str:
    """A button for each label, to see something else in the same place: the event "turn" with its key. `dead` is the
    key that leads nowhere just now."""
    buttons = "".join(
        f'<button type="button" class="mb-button" data-event="turn" data-value="{key}" data-key="turn{key}" '
        f'aria-disabled="{"true" if key == dead else "false"}">{label}</button>'
        for key, label in labels.items()
    )
    return f'<div class="mb-buttons">{buttons}</div>'


def chats(read: Sequence[Sequence[texts.Message]]) -> str:
    """What a model takes a chat with this text for: joined as strings first, and encoded piece by piece."""
    if not read:
        return ""
    naive, safe = read
    warning = ""
    if len(naive) > len(safe):
        warning = "the user's text has become messages of its own."
    elif naive != safe:
        warning = "the model does not read what the user wrote."
    first = conversation(
        "Joined first, then encoded with everything allowed", naive, "encode(start + text + end, “all”)", warning
    )
    second = conversation(
        "Encoded piece by piece, the text with “none”", safe, "ids of start + encode(text, “none”) + ids of end"
    )
    return f'<h3>In a chat: what the model reads</h3><div class="mb-columns">{first}{second}</div>'


def _breakable(line: str) -> str:
    """inline()'s HTML with a place to break the line after each sign for a space."""
    return line.replace(f"{SIGNS[' ']}</span>", f"{SIGNS[' ']}</span><wbr/>")


def conversation(title: str, messages: Sequence[texts.Message], about: str, warning: str = "") -> str:
    """What a model takes a conversation for."""
    rows = "".join(
        f'<li><b class="mb-role">{escape(message.role)}</b> {_breakable(inline(message.content.encode())) or "…"}</li>'
        for message in messages
    )
    note = notice(warning, "warning") if warning else ""
    return panel(title, f'<p class="mb-muted">{escape(about)}</p>{note}<ol class="mb-chat">{rows}</ol>')


def specials_still(outcomes: Sequence[texts.Outcome], naive: Sequence[texts.Message]) -> str:
    """The picture of a SpecialTokenExplorer."""
    still = Still("One text under different policies for special tokens")
    for each in outcomes:
        gives = "an error" if each.error else counted(len(each.tokens), "token")
        still.text(f"{_argument(each)}: {gives}", bold=True)
        if each.error:
            still.text(f"ValueError: {each.error}")
        elif each.tokens:
            still.tokens([each.tokens[:SHOWN]], classes=dict.fromkeys(each.special, "mb-special"), lines=3)
    if not naive:
        return still.svg()
    still.text("Pasted into a chat and encoded with everything allowed, a model reads:", bold=True)
    for message in naive[:8]:
        still.text(f"{message.role}: {plain(message.content.encode())[:100] or '…'}", mono=True)
    return still.svg()


# --- tokenizers side by side (TokenExplorer)


def encodings(found: Sequence[texts.Encoding], *, dir: str = "ltr") -> dict[str, str]:
    """TokenExplorer's picture: the sizes of the text, and a panel for each tokenizer."""
    if not found:
        return {"nothing": nothing("No tokenizer is chosen.")}
    counts = sizes((found[0].characters, "character"), (found[0].bytes, "byte"))
    panels = "".join(_encoding(each, number, dir) for number, each in enumerate(found))
    return {"sizes": counts, "panels": f'<div class="mb-columns">{panels}</div>'}


def _encoding(found: texts.Encoding, number: int, dir: str) -> str:
    count = found.tokens
    per_token = f"{found.bytes / count:.2f} bytes per token" if count else ""
    counts = sizes((count, "token"), more=per_token)
    if not count:
        return panel(found.name, counts + nothing("No text, no tokens."))
    shown = tokens(texts.window(found.chunks, 0, SHOWN), focus=True, label=f"tokens, {found.name}", dir=dir)
    # The same token number stands in each panel; a key must be of one panel only.
    shown = one_stop(shown.replace('data-key="t', f'data-key="{number}t'))
    about = tip("Point at a token, or go there with Tab and the arrows.")
    return panel(found.name, counts + about + shown + leaves_out(SHOWN, count, "tokens"))


def encodings_still(text: str, found: Sequence[texts.Encoding]) -> str:
    """The picture of a TokenExplorer."""
    still = Still("One text, encoded", f"{counted(len(text), 'character')}, {counted(len(text.encode()), 'byte')}")
    for each in found:
        still.text(f"{each.name}: {counted(each.tokens, 'token')}", bold=True)
        still.tokens(texts.window(each.chunks, 0, SHOWN), lines=4)
    return still.svg()
