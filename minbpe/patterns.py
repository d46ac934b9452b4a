"""The split patterns of GPT-2, GPT-4 and GPT-4o, and splitting that is fast and the same as tiktoken's.

A pattern is a regular expression; its matches are the chunks. Two things about it are less plain.

What is a letter? Unicode adds some every year, and each regex engine carries the tables of the year it
was built. `" \\u0558's"` splits in one way where U+0558 is a letter and in another where it is unknown.
So for the patterns below the classes \\p{L}, \\p{N}, … are not left to the engine: they are written out
from unicode_classes.txt, which was read off tiktoken itself. `python tools/unicode_classes.py` reads it
off the installed tiktoken again, and a test fails when the two differ.

Why not the `regex` package? With the classes written out, Python's own `re` can run these patterns, about
three times as fast. Its character sets are quick only up to U+FFFF, so a character beyond stands in as
one of its class below for as long as the splitting takes. Patterns of your own run in `regex`.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

# As published with GPT-2 (tiktoken writes it differently now, to the same effect: R50K_SPLIT_PATTERN).
GPT2_SPLIT_PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
# As minbpe has it. tiktoken's cl100k_base has changed since, and cuts white space with a newline at the end
# of a text differently: "\n " is two chunks for the one, one chunk for the other.
GPT4_SPLIT_PATTERN = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*"""
    r"""|\s*[\r\n]|\s+(?!\S)|\s+"""
)
# As tiktoken has them today, under tiktoken's names for the encodings.
R50K_SPLIT_PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
CL100K_SPLIT_PATTERN = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"""
    r"""|\s++$|\s*[\r\n]|\s+(?!\S)|\s"""
)
GPT4O_SPLIT_PATTERN = "|".join(  # o200k_base
    [
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
        r"""\p{N}{1,3}""",
        r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""",
        r"""\s*[\r\n]+""",
        r"""\s+(?!\S)""",
        r"""\s+""",
    ]
)
KNOWN_PATTERNS = frozenset(
    [GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, R50K_SPLIT_PATTERN, CL100K_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN]
)

ASTRAL = re.compile("[\U00010000-\U0010ffff]+")  # the characters beyond U+FFFF
# Where a long text can be cut without changing its chunks: no known pattern matches across such a place, and
# none looks further than to the end of white space. Not simply `\S(?=\s)`: "!\n" is one chunk, and what is
# white space to Python (U+001C) is not to tiktoken.
LETTER = "A-Za-zА-яぁ-ゖァ-ヺ一-龥가-힣"
CUT = re.compile(
    rf"\S(?=[ \t\u3000])|[{LETTER}](?=[\x00-&(-@\[-`{{-\x7f。，、！？])"
    r"|[0-9](?=[\x00-/:-\x7f])|[!-/:-@\[-`{-~](?=[0-9])|\S\n(?=[^\s/])"
)
WINDOW = 1 << 12  # characters: chunks that are used soon after they are cut are still in the processor's cache


class Splitter:
    """Cuts text into the chunks of a split pattern. ValueError for a pattern that is not one."""

    def __init__(self, pattern: str, timeout: float | None = None) -> None:
        """With `timeout`, a pattern of your own that takes more than so many seconds on a text is a ValueError."""
        if not isinstance(pattern, str):
            raise TypeError(f"a split pattern is a str, got {type(pattern).__name__}")
        if timeout is not None and not timeout > 0:
            raise ValueError(f"timeout is a number of seconds above 0, or None, got {timeout!r}")
        self.pattern, self.timeout = pattern, timeout
        self.known = pattern in KNOWN_PATTERNS
        if self.known:
            self._known = _compile_known(pattern)
        else:
            self._own = _compile(pattern)

    def split(self, text: str) -> list[str]:
        """The chunks of `text`. Joined they are `text` again: what the pattern leaves out is a chunk too."""
        return list(self.iterate(text))

    def iterate(self, text: str) -> Iterator[str]:
        """The chunks of `text` one by one, without ever holding all of them."""
        return chain.from_iterable(self.batches(text))

    def batches(self, text: str) -> Iterator[Iterable[str]]:
        """The chunks of `text` a few hundred at a time, which costs less than one by one."""
        if self.known:
            return map(self._split_window, _windows(text))
        return iter([self._matches_and_gaps(text, len)])

    def cut_before(self, text: str, place: int) -> int:
        """A place at or before `place`, the last if it is near, where no chunk reaches across; 0 if none is known."""
        if not self.known:
            return 0
        return max((cut.end() for cut in CUT.finditer(text, max(0, place - WINDOW), place)), default=0)

    def _split_window(self, text: str) -> list[str]:
        if text.isascii() or not ASTRAL.search(text):
            return self._known.findall(text)
        chunks = self._known.findall(ASTRAL.sub(_stand_ins, text))
        ends = accumulate(map(len, chunks), initial=0)
        return [text[start:end] for start, end in pairwise(ends)]

    def matches_and_gaps(self, text: str) -> Iterator[tuple[str, bool]]:
        """The chunks of `text`, each with whether the pattern matched it: what lies between two matches it did not."""
        if self.known:
            yield from ((chunk, True) for chunk in self.iterate(text))
            return
        gap: list[str] = []
        for chunk in self._matches_and_gaps(text, gap.append):
            yield chunk, not gap
            gap.clear()

    def _matches_and_gaps(self, text: str, tell_gap: Callable[[str], object]) -> Iterator[str]:
        place = 0
        try:
            for match in self._own.finditer(text, timeout=self.timeout):
                start, end = match.span()
                start = max(start, place)  # "\K" and "(?r)" can reach back behind the last match
                if start < end:
                    if place < start:
                        tell_gap(gap := text[place:start])
                        yield gap
                    yield text[start:end]
                    place = end
        except TimeoutError:
            raise ValueError(
                f"the split pattern {self.pattern!r} took more than {self.timeout:g} seconds on a text of "
                f"{len(text):,} characters: it tries the same places again and again. Possessive quantifiers "
                "(++, *+) keep it from that"
            ) from None
        if place < len(text):
            tell_gap(text[place:])
            yield text[place:]


def _compile(pattern: str) -> regex.Pattern[str]:
    # Imported here because most programs never need it: it takes as long as all the rest of minbpe together,
    # and Python in the browser has to fetch it first.
    try:
        import regex
    except ImportError:
        raise ValueError("a split pattern of your own needs the package regex: pip install regex") from None
    try:
        return regex.compile(pattern)
    except regex.error as error:
        where = "" if error.pos is None else f" at character {error.pos}"
        raise ValueError(f"the split pattern {pattern!r} is not a regular expression: {error.msg}{where}") from None
    except (RecursionError, OverflowError):
        raise ValueError(f"the split pattern {pattern[:60]!r} is too large to compile") from None


@cache
def _compile_known(pattern: str) -> re.Pattern[str]:
    """`pattern` with its classes written out, up to U+FFFF."""
    parts, in_set = [], False
    for part in re.findall(r"\\p\{\w+\}|\\.|.", pattern):
        if part in "[]":
            in_set = part == "["
        elif part == r"\S":
            part = f"[^{_ranges('s')}]"
        elif part == r"\s" or part.startswith(r"\p"):
            part = _ranges(part.strip(r"\p{}")) if in_set else "[" + _ranges(part.strip(r"\p{}")) + "]"
        parts.append(part)
    return re.compile("".join(parts))


def _windows(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        cut = CUT.search(text, start + WINDOW)
        end = cut.end() if cut else len(text)
        yield text[start:end]
        start = end


# --- classes of characters, as tiktoken knows them

CLASSES_FILE = Path(__file__).with_name("unicode_classes.txt")
CLASSES = {
    "Lu": "A",
    "Ll": "a",
    "Lt": "ǅ",
    "Lm": "ʰ",
    "Lo": "ª",
    "M": "\u0300",
    "N": "0",
    "s": " ",
}  # and who stands in


@cache
def unicode_classes() -> dict[str, list[tuple[int, int]]]:
    """The code points of each class as ranges (first, last), from unicode_classes.txt."""
    ranges: dict[str, list[tuple[int, int]]] = {name: [] for name in CLASSES}
    for line in CLASSES_FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, first, last = line.split()
            ranges[name].append((int(first, 16), int(last, 16)))
    return ranges


def _ranges(name: str) -> str:
    """The class as the inside of a character set, up to U+FFFF."""
    classes = unicode_classes()
    ranges = chain.from_iterable(classes[each] for each in classes if each.startswith(name))
    return "".join(rf"\u{first:04x}-\u{min(last, 0xFFFF):04x}" for first, last in ranges if first <= 0xFFFF)


class _StandIns(dict):
    """For str.translate: code point beyond U+FFFF -> a character of the same class below."""

    def __missing__(self, code_point: int) -> str:
        self[code_point] = stand_in = "¡"  # neither letter nor number nor space, like any sign
        for name, ranges in unicode_classes().items():
            place = bisect(ranges, code_point, key=lambda span: span[0]) - 1
            if place >= 0 and code_point <= ranges[place][1]:
                self[code_point] = stand_in = CLASSES[name]
        return stand_in


_STAND_INS = _StandIns()


def _stand_ins(match: re.Match[str]) -> str:
    return match[0].translate(_STAND_INS)
