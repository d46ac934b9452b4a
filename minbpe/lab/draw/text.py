r"""Text made visible, and counts in words.

show_token is the one way in which a token is written as plain text, in widgets, in figures and in printed lines:

    b" the"             ·the
    b"\n" b"\t" b"\x00"  ⏎ ⇥ ⟨NUL⟩
    b"\xe2\x80"         ⟨E2 80⟩    bytes that are not UTF-8
    "\u200d"            ⟨ZWJ⟩      characters that cannot be seen
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

SIGNS = {" ": "·", "\n": "⏎", "\t": "⇥"}  # white space that has a customary sign
CONTROLS = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI "
    "DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
)
NAMES = dict(enumerate(CONTROLS.split())) | {
    0x007F: "DEL",
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
LONGEST_SHOWN = 48  # characters or bytes of a token that are shown; the middle of a longer one is left out


class Piece(NamedTuple):
    """A stretch of a token to show: kind is "text", "space", "control" or "byte"."""

    text: str
    kind: str


def _piece(char: str) -> Piece:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape's way to hold a byte that is not UTF-8
        return Piece(f"{code - 0xDC00:02X}", "byte")
    if char in SIGNS:
        return Piece(SIGNS[char], "space")
    if code in NAMES:
        return Piece(NAMES[code], "control")
    if unicodedata.category(char)[0] in "CZ":
        return Piece(f"U+{code:04X}", "control")
    return Piece(char, "text")


@lru_cache(maxsize=1 << 16)
def pieces(data: bytes) -> tuple[Piece, ...]:
    """The bytes of a token as pieces to show. Bytes that are not UTF-8 are pieces of their own, in hex."""
    if len(data) > 4 * LONGEST_SHOWN:
        head, tail = data[: 2 * LONGEST_SHOWN], data[-2 * LONGEST_SHOWN :]
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


def show_token(token: bytes | str) -> str:
    """A token, or a chunk of text, as one line of plain text in which everything can be seen."""
    data = token.encode("utf-8", "replace") if isinstance(token, str) else token
    shown = []
    for kind, some in groupby(pieces(data), key=lambda piece: piece.kind):
        if kind == "byte":
            shown.append(f"⟨{' '.join(piece.text for piece in some)}⟩")
        else:
            shown += [f"⟨{piece.text}⟩" if kind == "control" else piece.text for piece in some]
    return "".join(shown)


def show_tokens(tokens: Iterable[bytes | str], between: str = "|") -> str:
    """Tokens as one line of plain text: show_tokens([b"he", b"llo", b" you"]) is "he|llo|·you"."""
    return between.join(map(show_token, tokens))


FROM_RIGHT = {"R", "AL", "AN"}  # Unicode's classes of what is written from right to left, or counts in it


def direction(text: str) -> str:
    """ "rtl" if the first letter of `text` belongs to a script that is written from right to left."""
    for char in text[:2000]:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return "ltr"


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


def times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def counted(count: int, what: str) -> str:
    """ "1 token", "2 tokens"."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def amounts(size: int, now: int) -> str:
    """ "20 bytes are 9 tokens"."""
    return f"{counted(size, 'byte')} {'is' if size == 1 else 'are'} {counted(now, 'token')}"
