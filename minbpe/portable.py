"""Split patterns that mean the same in every regex engine.

Three engines read split patterns: `regex` here, fancy-regex in tiktoken, Oniguruma in Hugging Face tokenizers. They
agree on how alternatives, repetition and lookaround work, and on little else: `\\w` holds other characters in each, `$`
is another place, `\\h` is a space to one and a digit to the other, `{1,3}+` is possessive to one and repeated to the
other, and each knows the letters of another year's Unicode. So a pattern is not handed over, it is taken apart. What
matches one character is asked of the engine that the pattern was written for, and written out as code points; the few
constructs on which all agree are kept; whatever else a pattern may hold is refused by name.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple, NoReturn, TypeAlias

Ranges: TypeAlias = tuple[tuple[int, int], ...]  # of code points: (first, last), in order, with gaps between them

SURROGATES = (0xD800, 0xDFFF)  # no text holds them
LAST = 0x10FFFF
NO_LIMIT = -1


class Chars(NamedTuple):
    """One character out of `ranges`."""

    ranges: Ranges


class Row(NamedTuple):
    """One after the other."""

    items: tuple[Node, ...]


class Choice(NamedTuple):
    """The first alternative that leads to a match."""

    items: tuple[Node, ...]


class Repeat(NamedTuple):
    """`item` so many times; `lazy` tries few before many."""

    item: Node
    least: int
    most: int
    lazy: bool


class Atomic(NamedTuple):
    """`item`, matched once and for all; `a++` is one as well."""

    item: Node


class Around(NamedTuple):
    """A look ahead (?= (?! or behind (?<= (?<!"""

    opening: str
    item: Node


class Place(NamedTuple):
    """The beginning \\A or the end \\z of the text."""

    text: str


Node: TypeAlias = Chars | Row | Choice | Repeat | Atomic | Around | Place


class Dialect(NamedTuple):
    """The syntax of one engine, as far as it is understood here."""

    engine: str
    ranges: Callable[[str], Ranges]  # what an expression for one character matches, as the engine has it
    escapes: str  # an expression for what may follow a backslash and is a character, or a class of them
    flags: str  # those that (?i:…) may set
    places: dict[str, Node]  # \A and the like; "(?m)^" is ^ where the flag m is set
    word_places: str  # those that look for the edge of a word, such as \b
    possessive_counts: bool  # whether {1,3}+ is possessive
    folds_strings: bool  # whether (?i:ss) matches ß


# --- sets of characters


@cache
def every_character() -> str:
    """All characters there are, in order."""
    return "".join(chr(point) for point in range(LAST + 1) if not SURROGATES[0] <= point <= SURROGATES[1])


def ranges_of_places(spans: Iterable[tuple[int, int]]) -> Ranges:
    """The ranges of code points at the places [start, end) of every_character()."""
    ranges: list[tuple[int, int]] = []
    for start, end in spans:
        first, last = start, end - 1
        if first < SURROGATES[0] <= last:
            ranges.append((first, SURROGATES[0] - 1))
            first = SURROGATES[0]
        beyond = 0x800 if first >= SURROGATES[0] else 0
        ranges.append((first + beyond, last + beyond))
    return tuple(ranges)


def union(*sets: Ranges) -> Ranges:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(span for ranges in sets for span in ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """All other characters."""
    places, start = [], 0
    for first, last in union(ranges, (SURROGATES,)):
        if start < first:
            places.append((start, first - 1))
        start = last + 1
    return (*places, (start, LAST)) if start <= LAST else tuple(places)


def holds(ranges: Ranges, character: str) -> bool:
    """Whether `character` is in one of the ranges."""
    place = bisect(ranges, ord(character), key=lambda span: span[0]) - 1
    return place >= 0 and ord(character) <= ranges[place][1]


@cache
def _without_case(character: str) -> Ranges:
    """An ASCII character without regard to case: the same in every engine, so none is asked."""
    found = {character.lower(), character.upper(), *{"s": "ſ", "k": "\u212a"}.get(character.lower(), "")}
    return union(tuple((ord(each), ord(each)) for each in found))


@cache
def _fold_to_several() -> str:
    """The characters that are more than one without regard to case, such as ß and ﬀ."""
    return "".join(character for character in every_character() if len(character.casefold()) > 1)


# --- what can be said of a node


def least_width(node: Node) -> int:
    """The fewest characters that `node` matches."""
    match node:
        case Chars():
            return 1
        case Row(items):
            return sum(map(least_width, items))
        case Choice(items):
            return min(map(least_width, items))
        case Repeat(item, least):
            return least * least_width(item)
        case Atomic(item):
            return least_width(item)
        case _:
            return 0


def first_characters(node: Node) -> Ranges:
    """The characters that a match of `node` can begin with."""
    match node:
        case Chars(ranges):
            return ranges
        case Row(items):
            found: list[Ranges] = []
            for item in items:
                found.append(first_characters(item))
                if least_width(item):
                    break
            return union(*found)
        case Choice(items):
            return union(*map(first_characters, items))
        case Repeat(item) | Atomic(item):
            return first_characters(item)
        case _:
            return ()


def sure_characters(node: Node) -> Ranges:
    """Characters that `node` matches wherever they stand."""
    match node:
        case Chars(ranges):
            return ranges
        case Choice(items):
            return union(*map(sure_characters, items))
        case Repeat(item, least) if least < 2:
            return sure_characters(item)
        case Atomic(item):
            return sure_characters(item)
        case _:
            return ()


# --- writing


def write(node: Node) -> str:
    """`node` as an expression that `regex`, fancy-regex and Oniguruma read alike."""
    match node:
        case Chars(ranges):
            return _written_set(ranges)
        case Row(items):
            return "".join(f"(?:{write(item)})" if isinstance(item, Choice) else write(item) for item in items)
        case Choice(items):
            return "|".join(map(write, items))
        case Repeat(item, least, most, lazy):
            body = write(item) if isinstance(item, Chars) else f"(?:{write(item)})"
            return body + _written_count(least, most) + ("?" if lazy and least != most else "")
        case Atomic(item):
            return f"(?>{write(item)})"
        case Around(opening, item):
            return f"{opening}{write(item)})"
        case Place(text):
            return text


def _written_count(least: int, most: int) -> str:
    if most == NO_LIMIT:
        return {0: "*", 1: "+"}.get(least, f"{{{least},}}")
    if (least, most) == (0, 1):
        return "?"
    return f"{{{least}}}" if least == most else f"{{{least},{most}}}"


@lru_cache(1000)
def _written_set(ranges: Ranges) -> str:
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _written(ranges[0][0])
    others = complement(ranges)
    if not others:
        return r"[\s\S]"
    if not ranges:
        return r"[^\s\S]"
    negated = len(others) < len(ranges)
    spans = (
        _written(first) if first == last else f"{_written(first)}-{_written(last)}"
        for first, last in (others if negated else ranges)
    )
    return f"[{'^' if negated else ''}{''.join(spans)}]"


def _written(point: int) -> str:
    r"""A character as all engines read it: \u takes four digits, and not all can write what is beyond them."""
    character = chr(point)
    if character in "\r\n\t":
        return {"\r": r"\r", "\n": r"\n", "\t": r"\t"}[character]
    if (character.isascii() and (character.isalnum() or character in " '\"%,;_!/")) or point > 0xFFFF:
        return character
    return f"\\u{point:04x}"


# --- reading

COUNT = re.compile(r"\{(\d+)\}|\{(\d*),(\d*)\}")
GROUP = re.compile(r"\((?:\?(?:P?<(?![=!])\w+>|[=!>:]|<[=!]|([a-zA-Z]*)(?:-([a-zA-Z]+))?:))?")
LEADING_FLAGS = re.compile(r"\(\?([a-zA-Z]+)\)")


def parse(pattern: str, dialect: Dialect) -> Node:
    """`pattern` taken apart. ValueError naming what cannot be carried over to another engine."""
    try:
        node = _Parser(pattern, dialect).parse()
    except RecursionError:
        raise ValueError(f"the split pattern {pattern[:60]!r}… is nested too deeply to be carried over") from None
    if not least_width(node):
        raise ValueError(f"the split pattern {pattern!r} also matches nothing at all; write + in place of *")
    return node


def _edge_of_word(place: str, word: Chars) -> Node:
    """\\b is an edge of a word, \\m its beginning, \\M its end, and \\B is none."""
    after, not_after = Around("(?<=", word), Around("(?<!", word)
    before, not_before = Around("(?=", word), Around("(?!", word)
    begins, ends = Row((not_after, before)), Row((after, not_before))
    none = Choice((Row((after, before)), Row((not_after, not_before))))
    places: dict[str, Node] = {r"\b": Choice((begins, ends)), r"\B": none, r"\m": begins, r"\M": ends}
    return places[place]


def _may_fold(items: Sequence[Node]) -> bool:
    """Whether single characters in a row can be "ss", or what else is one character without regard to case."""
    several = {character.casefold() for character in _fold_to_several()}
    sets = [item.ranges if isinstance(item, Chars) else () for item in items]
    return any(
        all(map(holds, sets[start : start + len(text)], text)) and start + len(text) <= len(sets)
        for text in several
        for start in range(len(sets))
    )


class _Parser:
    def __init__(self, pattern: str, dialect: Dialect) -> None:
        self.pattern, self.dialect = pattern, dialect
        self.escape = re.compile(rf"\\(?:{dialect.escapes}|[^\w])")
        # Not [[a]b], which nests sets for one engine and for another does not.
        self.set = re.compile(rf"\[\^?\]?(?:\[:\^?[\w=.\- ]+:\]|{self.escape.pattern}|[^\]\[\\])*\]")
        self.at = 0
        self.behind = False  # inside a lookbehind

    def parse(self) -> Node:
        flags = ""
        if leading := LEADING_FLAGS.match(self.pattern):
            flags = self._flags("", leading[1], "", leading[0])
            self.at = leading.end()
        node = self._choice(flags)
        if self.at < len(self.pattern):
            self._refuse(")")
        return node

    def _refuse(self, what: str) -> NoReturn:
        raise ValueError(
            f"the split pattern {self.pattern!r} holds {what!r} at character {self.at}, which cannot be carried over "
            "to another regex engine with the same meaning"
        )

    def _choice(self, flags: str) -> Node:
        items = [self._row(flags)]
        while self.pattern[self.at : self.at + 1] == "|":
            self.at += 1
            items.append(self._row(flags))
        return items[0] if len(items) == 1 else Choice(tuple(items))

    def _row(self, flags: str) -> Node:
        items: list[Node] = []
        start = self.at
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            item = self._atom(flags)
            while self.at < len(self.pattern) and self.pattern[self.at] in "*+?{":
                item = self._repeated(item)
            items.append(item)
        if "i" in flags and self.dialect.folds_strings and _may_fold(items):
            self._refuse(self.pattern[start : self.at])
        return items[0] if len(items) == 1 else Row(tuple(items))

    def _atom(self, flags: str) -> Node:
        character, two = self.pattern[self.at], self.pattern[self.at : self.at + 2]
        if character == "(":
            return self._group(flags)
        for place in (f"(?m){character}", f"(?m){two}") if "m" in flags else ():
            if place in self.dialect.places:
                return self._place(place.removeprefix("(?m)"), place)
        for place in (character, two):
            if place in self.dialect.places:
                return self._place(place, place)
        if two in self.dialect.word_places.split():
            self.at += 2
            return _edge_of_word(two, Chars(self.dialect.ranges(r"\w")))
        found = self.escape.match(self.pattern, self.at) or self.set.match(self.pattern, self.at)
        if not found and character in "\\^$[*+?{":
            self._refuse(two if character == "\\" else character)
        text = found[0] if found else character
        self.at += len(text)
        if found or text == ".":
            return self._chars(text, flags, text)
        if "i" in flags and text.isascii():
            return Chars(_without_case(text))
        if "i" in flags:
            return self._chars(re.escape(text), flags, text)
        return Chars(((ord(text), ord(text)),) if not SURROGATES[0] <= ord(text) <= SURROGATES[1] else ())

    def _chars(self, expression: str, flags: str, written: str) -> Chars:
        ranges = self.dialect.ranges(f"(?{flags}:{expression})" if flags else expression)
        if "i" in flags and any(holds(ranges, character) for character in _fold_to_several()):
            # "ß" folds to "ss": `regex` finds such characters in one place and misses them in another ("(?i)\\p{Lu}?-"
            # does not match "ﬀ-"), Oniguruma lets "ß" match "ss".
            others = flags.replace("i", "")
            if ranges != self.dialect.ranges(f"(?{others}:{expression})" if others else expression):
                self.at -= len(written)
                self._refuse(written)
        return Chars(ranges)

    def _place(self, text: str, name: str) -> Node:
        self.at += len(text)
        return self.dialect.places[name]

    def _repeated(self, item: Node) -> Node:
        start = self.at
        count = COUNT.match(self.pattern, self.at)
        if count and count[0] != "{,}":
            least = int(count[1] or count[2] or 0)
            most = int(count[1] or count[3] or NO_LIMIT)
            self.at = count.end()
        elif self.pattern[self.at] == "{":
            self._refuse("{")
        else:
            least, most = {"*": (0, NO_LIMIT), "+": (1, NO_LIMIT), "?": (0, 1)}[self.pattern[self.at]]
            self.at += 1
        mode = self.pattern[self.at : self.at + 1]
        mode = mode if mode and mode in "?+" else ""
        self.at += len(mode)
        written = self.pattern[start : self.at]
        backwards = NO_LIMIT < most < least  # Oniguruma takes {3,1} for a {1,3} of another kind
        if not least_width(item) or backwards or (mode and count and not self.dialect.possessive_counts):
            self.at = start
            self._refuse(written)
        repeat = Repeat(item, least, most, lazy=mode == "?")
        return self._atomic(repeat, written) if mode == "+" else repeat

    def _atomic(self, item: Node, written: str) -> Atomic:
        if self.behind:  # `regex` looks behind from right to left, the others from left to right
            self._refuse(written)
        return Atomic(item)

    def _group(self, flags: str) -> Node:
        start, opening = self.at, GROUP.match(self.pattern, self.at)
        text = opening[0] if opening else ""
        if not opening or (text == "(" and self.pattern.startswith("(?", start)):
            self._refuse(self.pattern[start : start + 3])
        if opening[1] is not None:
            flags = self._flags(flags, opening[1], opening[2] or "", text)
        was_behind = self.behind
        self.behind = was_behind or text in ("(?<=", "(?<!")
        self.at = opening.end()
        item = self._choice(flags)
        if self.pattern[self.at : self.at + 1] != ")":
            self._refuse(text)
        self.at += 1
        self.behind = was_behind
        if text in ("(?=", "(?!", "(?<=", "(?<!"):
            return Around(text, item)
        return self._atomic(item, text) if text == "(?>" else item

    def _flags(self, flags: str, added: str, removed: str, written: str) -> str:
        if set(added + removed) - set(self.dialect.flags):
            self._refuse(written)
        return "".join(sorted((set(flags) | set(added)) - set(removed)))


# --- the syntax of `regex`, in which patterns are written here


@lru_cache(1000)
def _ranges(expression: str) -> Ranges:
    import regex

    return ranges_of_places(match.span() for match in regex.finditer(f"(?:{expression})+", every_character()))


@cache
def regex_dialect() -> Dialect:
    """The syntax of the package `regex`, with its own classes of characters."""
    newline, start, end = Chars(((10, 10),)), Place(r"\A"), Place(r"\z")
    return Dialect(
        engine="regex",
        ranges=_ranges,
        escapes=r"[pP]\{\^?[\w \-:=&.]+\}|[pP][A-Z]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[A-Z0-9 \-]+\}"
        r"|0(?![0-9])|[abfnrtvdDsSwWh]",
        flags="ims",
        places={
            "^": start,
            "(?m)^": Choice((start, Around("(?<=", newline))),
            "$": Around("(?=", Row((Repeat(newline, 0, 1, lazy=False), end))),
            "(?m)$": Choice((Around("(?=", newline), end)),
            r"\A": start,
            r"\Z": end,
            r"\z": end,
        },
        word_places=r"\b \B \m \M",
        possessive_counts=True,
        folds_strings=False,
    )


# --- running


class ClassSplitter:
    """Cuts text as a pattern does that was taken apart, into its matches and what is between them.

    Large sets of characters are slow in `regex`. But a pattern tells few kinds of characters apart: here each kind
    has a letter, the text is translated into these letters, and the pattern reads those.
    """

    def __init__(self, node: Node) -> None:
        import regex

        sets = list(dict.fromkeys(_sets(node)))
        self._starts = sorted({0, *(point for ranges in sets for first, last in ranges for point in (first, last + 1))})
        kinds: dict[tuple[bool, ...], int] = {}
        self._letters = [
            kinds.setdefault(tuple(holds(ranges, chr(start)) for ranges in sets), len(kinds) + ord("!"))
            for start in self._starts
            if start <= LAST
        ]
        letters = {
            ranges: union(tuple((letter, letter) for kind, letter in kinds.items() if kind[place]))
            for place, ranges in enumerate(sets)
        }
        self._compiled = regex.compile(write(_map_sets(node, letters)))
        self._table = _Translation(self._starts, self._letters)

    def iterate(self, text: str) -> Iterator[str]:
        """The chunks of `text`. Joined they are `text` again."""
        place = 0
        for match in self._compiled.finditer(text.translate(self._table)):
            start, end = match.span()
            if place < start:
                yield text[place:start]
            yield text[start:end]
            place = end
        if place < len(text):
            yield text[place:]


class _Translation(dict[int, int]):
    """For str.translate: code point -> the letter of its kind."""

    def __init__(self, starts: list[int], letters: list[int]) -> None:
        self.starts, self.letters = starts, letters

    def __missing__(self, point: int) -> int:
        self[point] = letter = self.letters[bisect(self.starts, point) - 1]
        return letter


def _sets(node: Node) -> Iterator[Ranges]:
    match node:
        case Chars(ranges):
            yield ranges
        case Row(items) | Choice(items):
            for item in items:
                yield from _sets(item)
        case Repeat(item) | Atomic(item) | Around(_, item):
            yield from _sets(item)


def _map_sets(node: Node, new: Mapping[Ranges, Ranges]) -> Node:
    match node:
        case Chars(ranges):
            return Chars(new[ranges])
        case Row(items) | Choice(items):
            return type(node)(tuple(_map_sets(item, new) for item in items))
        case Repeat() | Atomic() | Around():
            return node._replace(item=_map_sets(node.item, new))
        case _:
            return node
