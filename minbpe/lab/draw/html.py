"""From data to HTML: pure functions, without widgets and without state.

What they return is well-formed XML, with whatever came from a text escaped. The look is in assets/lab.css, which
knows the light and the dark theme.

    escape(text)                        text for HTML and for attributes
    inline(data)                        bytes made visible: text, white space, control characters, raw bytes
    tokens(chunks, ...)                 tokens as coloured runs with their ids, and walls between the chunks
    chip(idx, data), pair_chips(...)    a token, a pair, inside of a sentence or a table
    bars(rows)                          Bar(label, value, text, tag, first) as horizontal bars
    notice(text, "info" | "warning")    a message
    panel(title, html)                  a box with a heading

A chunk is a list of (id, bytes), as `zip(ids, map(vocab.get, ids))` gives.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from minbpe.lab.draw.text import FROM_RIGHT, Piece, columns, counted, pieces, show_token

Chunk = Sequence[tuple[int, bytes]]  # the tokens of a chunk: (id, its bytes)


def escape(text: object) -> str:
    """`text` for HTML, XML and their attributes. What XML cannot hold becomes U+FFFD."""
    return html.escape(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", str(text)))


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
    attributes: Mapping[int, str] | None = None,
    label: str = "tokens",
    dir: str = "ltr",
    fuse: str = "",
    start: int = 0,
) -> str:
    """Tokens as coloured runs. White space, control characters and stray bytes are made visible.

    Tokens are numbered from 0 through all chunks. `left` and `right` are the numbers of those that are the
    two halves of a pair about to merge; `classes` adds CSS classes to others (mb-new: just made; mb-part:
    where two encodings part). Where a character spans several tokens, it stands above them. Between two
    chunks is a wall. With `focus` each token can be reached with the keyboard and says its id and bytes on
    hover; keep that to a few hundred. `attributes` are HTML attributes for some of the tokens. `dir` is the direction
    in which the tokens follow each other. Rows of the same name `fuse`, whose first byte is the byte `start` of a text,
    turn into each other: where tokens were merged, the page moves them together (assets/stage.js).
    """
    chunks = list(chunks)
    classes, attributes = classes or {}, attributes or {}
    moves = ""
    if fuse:
        sizes = " ".join(str(len(data)) for chunk in chunks for _, data in chunk)
        moves = f' data-fuse="{fuse}" data-start="{start}" data-sizes="{sizes}"'
    out = [f'<div class="mb-tokens" role="group" aria-label="{escape(label)}" dir="{dir}"{moves}>']
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
                out.append(_token(idx, data, extra, ids, number if focus else None, attributes.get(number, "")))
                number += 1
            if char is not None:
                out.append("</span></span>")
            if group[-1][1].endswith(b"\n"):
                out.append("<br/>")
    out.append("</div>")
    return "".join(out)


@lru_cache(maxsize=1 << 16)
def _token(idx: int, data: bytes, extra: str, ids: bool, number: int | None, more: str) -> str:
    colour = hue(idx)
    css = "mb-t" if colour is None else f"mb-t mb-c{colour}"
    if extra:
        css += f" {extra.strip()}"
    about = f" {more}" if more else ""
    if number is not None:
        shown = data if len(data) <= 24 else data[:24]
        title = f"{show_token(data)}: id {idx}, {counted(len(data), 'byte')}: {shown.hex(' ').upper()}"
        title += "" if shown is data else " …"
        about += f' tabindex="0" role="img" data-key="t{number}" aria-label="{escape(title)}" title="{escape(title)}"'
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


def chip(idx: int, data: bytes, most: int | None = None) -> str:
    """A token in a table or in a sentence: its bytes on its colour, without the id. With `most`, only the first
    so many columns of it: a box that the browser has to cut costs it time at every step."""
    colour = hue(idx)
    css = "mb-chip" if colour is None else f"mb-chip mb-c{colour}"
    if most is None or _width(data) <= most:
        return f'<span class="{css}">{inline(data)}</span>'
    return f'<span class="{css}" title="{escape(show_token(data))}">{_line(_first(pieces(data), most - 1))}…</span>'


def _width(data: bytes) -> int:
    """How many columns inline(data) takes."""
    return sum(columns(piece.text) for piece in pieces(data))


def _first(shown: Iterable[Piece], most: int) -> Iterable[Piece]:
    """As many of the pieces, from the first, as take `most` columns; text is cut. The name of a sign that cannot be
    seen is never cut: if it comes first it is shown, even where it is wider."""
    for place, (text, kind) in enumerate(shown):
        part = text
        while part and kind == "text" and columns(part) > most:
            part = part[:-1]
        most -= columns(part)
        if part and (most >= 0 or (place == 0 and kind != "text")):
            yield Piece(part, kind)
        if part != text or most <= 0:
            return


PAIR_COLUMNS = 9  # of a pair in the narrow tables


def pair_chips(pair: tuple[int, int], vocab: Mapping[int, bytes], most: int | None = None) -> str:
    """The two halves of a pair with a plus between them; with `most`, they take no more than so many columns."""
    a, b = pair
    first, second = most, most
    if most is not None:  # what the shorter one leaves is the longer one's
        first = max(most // 2, most - _width(vocab[b]))
        second = max(most - most // 2, most - _width(vocab[a]))
    return f'{chip(a, vocab[a], first)}<span class="mb-plus">+</span>{chip(b, vocab[b], second)}'


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
    return f'<table class="mb-bars">{caption_of(caption)}{"".join(body)}</table>'


def caption_of(text: str) -> str:
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


TOKENS_SHOWN = 240  # tokens of a text that are drawn; a widget says how many it leaves out


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


def turns(labels: Mapping[str, str], dead: str = "") -> str:
    """A button for each label, to see something else in the same place: the event "turn" with its key. `dead` is the
    key that leads nowhere just now."""
    buttons = "".join(
        f'<button type="button" class="mb-button" data-event="turn" data-value="{key}" data-key="turn{key}" '
        f'aria-disabled="{"true" if key == dead else "false"}">{label}</button>'
        for key, label in labels.items()
    )
    return f'<div class="mb-buttons">{buttons}</div>'
