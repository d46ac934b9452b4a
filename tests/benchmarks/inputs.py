"""What is measured on: real text that every machine has.

Random words would flatter: they repeat too seldom or too often, and real text does neither.
"""

from __future__ import annotations

import random
import re
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

from minbpe import corpora

PIECE = 4000  # characters; `tokenizers` trains fastest on pieces of about this size (tried: 500 to 500,000)
NEW_LINE = re.compile(r"\n(?=\S)")  # where a text can be cut without changing its chunks


def english() -> str:
    """Python's help pages and the course's English: a little over half a megabyte."""
    return corpora.load("python-docs") + corpora.load("english")


def mixed_languages() -> str:
    """The course's texts in many languages, emoji and combining marks: 43 KB, there is no more of it."""
    return corpora.load("parallel") + corpora.load("unicode")


def python_sources(size: int) -> Iterator[str]:
    """The sources of the standard library one by one, `size` bytes or as many as this machine has."""
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.rglob("*.py")):
        if size > 0 and "site-packages" not in path.parts:
            source = first(size, path.read_text(encoding="utf-8", errors="replace"))
            size -= len(source.encode())
            yield source


def first(size: int, text: str) -> str:
    """The first `size` bytes of `text`, less a character cut in two."""
    return text.encode("utf-8", errors="replace")[:size].decode("utf-8", errors="ignore")


def pieces(text: str) -> list[str]:
    """`text` in pieces that have the same chunks, for the trainers that work on pieces in parallel."""
    result, start = [], 0
    while start < len(text):
        cut = NEW_LINE.search(text, start + PIECE)
        end = cut.end() if cut else len(text)
        result.append(text[start:end])
        start = end
    return result


def size_of(text: str) -> str:
    """The size of `text`, to print: "0.54 MB"."""
    size = len(text.encode()) / 1e6
    return f"{size:.3g} MB" if size >= 0.1 else f"{1000 * size:.0f} KB"


def _drawn_from(characters: str) -> Callable[[int], str]:
    return lambda size: "".join(random.Random(0).choices(characters, k=size))


# Texts without a place to split (or with nothing else), by name: size in bytes -> text.
RUNS: dict[str, Callable[[int], str]] = {
    "one letter": lambda size: "a" * size,
    "spaces": lambda size: " " * size,
    "newlines": lambda size: "\n" * size,
    "abab": lambda size: "ab" * (size // 2),
    "random letters": _drawn_from("abcdefghijklmnopqrstuvwxyz"),
    "random digits": _drawn_from("0123456789"),
}
