"""What the text widgets show, as plain data: characters, pairs, chunks, policies, encodings. No drawing.

Everything here is a pure function of a text and a tokenizer. A chunk is a list of (id, bytes), as in render.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate
from math import prod
from typing import NamedTuple

import regex

from minbpe.base import Tokenizer, get_stats
from minbpe.lab.trace import Token, chunks_of
from minbpe.merging import Pair
from minbpe.patterns import GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN, Splitter
from minbpe.regex import RegexTokenizer

# --- characters, code points, bytes


class CodePoint(NamedTuple):
    """One code point: itself, its name in Unicode, and its bytes in UTF-8."""

    char: str
    name: str
    data: bytes


class Character(NamedTuple):
    """What a reader takes for one character (a grapheme cluster), which may be several code points."""

    text: str
    code_points: tuple[CodePoint, ...]


def characters(text: str, most_bytes: int) -> list[Character]:
    """The characters of `text` from its beginning, until they have `most_bytes` bytes; the last may be cut short."""
    found, room = [], most_bytes
    # As many code points as bytes suffice, and a few more, lest a character that ends there is cut.
    for match in regex.finditer(r"\X", text[: most_bytes + 32]):
        points = []
        for char in match[0]:
            data = char.encode("utf-8")
            if len(data) > room:
                break
            room -= len(data)
            points.append(CodePoint(char, name_of(char), data))
        if points:
            found.append(Character(match[0], tuple(points)))
        if len(points) < len(match[0]):
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


# --- encodings


class Encoding(NamedTuple):
    """A text as a tokenizer encodes it: the tokens of each chunk, and the sizes."""

    name: str
    chunks: list[list[Token]]
    characters: int
    bytes: int

    @property
    def tokens(self) -> int:
        return sum(map(len, self.chunks))


def encode(name: str, tokenizer: Tokenizer | None, text: str) -> Encoding:
    """`text` in chunks of tokens; special tokens are ordinary text. No tokenizer: a single chunk of bytes."""
    data = text.encode("utf-8")
    if tokenizer is None:
        chunks = [[(byte, bytes([byte])) for byte in data]] if data else []
    else:
        row = [(idx, tokenizer.vocab[idx]) for idx in tokenizer.encode_ordinary(text)]
        chunks = at_walls(row, chunks_of(tokenizer, text))
    return Encoding(name, chunks, len(text), len(data))


def at_walls(row: Sequence[Token], parts: Iterable[bytes]) -> list[list[Token]]:
    """`row`, the tokens of a text, cut where its `parts` end. No token reaches across such an end."""
    walls = set(accumulate(map(len, parts)))
    chunks: list[list[Token]] = [[]]
    place = 0
    for token in row:
        chunks[-1].append(token)
        place += len(token[1])
        if place in walls:
            chunks.append([])
    return [chunk for chunk in chunks if chunk]


def window(chunks: Iterable[Sequence[Token]], start: int, count: int) -> list[Sequence[Token]]:
    """The tokens from number `start` on, at most `count` of them, in their chunks."""
    shown, place, end = [], 0, start + count
    for chunk in chunks:
        if place >= end:
            break
        if part := chunk[max(0, start - place) : end - place]:
            shown.append(part)
        place += len(chunk)
    return shown


# --- pairs


def count_pairs(chunks: Iterable[Sequence[Token]]) -> Counter[Pair]:
    """How often each pair occurs within the chunks, overlaps included, in order of first occurrence."""
    counts: Counter[Pair] = Counter()
    for chunk in chunks:
        get_stats([idx for idx, _ in chunk], counts)
    return counts


class Occurrences(NamedTuple):
    """Where a pair begins, as numbers of tokens: `all` as counted, `merged` those that a merge takes."""

    all: list[int]
    merged: list[int]


def occurrences(chunks: Iterable[Sequence[Token]], pair: Pair) -> Occurrences:
    """Every place of `pair`. In "aaa" the pair (a, a) begins at 0 and at 1; a merge takes only the one at 0."""
    found, merged, number = [], [], 0
    for chunk in chunks:
        free = 0  # the first token that no merge has taken yet
        for place in range(len(chunk) - 1):
            if (chunk[place][0], chunk[place + 1][0]) == pair:
                found.append(number + place)
                if place >= free:
                    merged.append(number + place)
                    free = place + 2
        number += len(chunk)
    return Occurrences(found, merged)


class Grid(NamedTuple):
    """Counts of pairs as a table: counts[row][column] is how often rows[row] is followed by columns[column]."""

    rows: list[int]
    columns: list[int]
    counts: list[list[int]]


def grid(counts: Mapping[Pair, int], most: int) -> Grid:
    """The part of `counts` with the tokens that occur most often on the left (rows) and on the right (columns)."""
    lefts: Counter[int] = Counter()
    rights: Counter[int] = Counter()
    for (left, right), count in counts.items():
        lefts[left] += count
        rights[right] += count
    rows = [idx for idx, _ in lefts.most_common(most)]
    columns = [idx for idx, _ in rights.most_common(most)]
    return Grid(rows, columns, [[counts.get((left, right), 0) for right in columns] for left in rows])


# --- split patterns

PATTERNS = {"none": "", "GPT-2": GPT2_SPLIT_PATTERN, "GPT-4": GPT4_SPLIT_PATTERN, "GPT-4o": GPT4O_SPLIT_PATTERN}
PATIENCE = 0.5  # seconds for a pattern of the learner's own; some take for ever, as (a+)+b does on many a's
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
    """`text` as `pattern` splits it: one of PATTERNS, or any other, which gets PATIENCE and no more."""
    if not pattern:
        return Split(name, pattern, [text] if text else [])
    if len(pattern) > LONGEST_PATTERN:
        return Split(name, pattern[:LONGEST_PATTERN], [], error=f"it is longer than {LONGEST_PATTERN:,} characters")
    # The engine writes repeats out: (a{1000}){1000} takes a million nodes, a third level all of the memory.
    if prod(max(1, int(count)) for count in REPEATS.findall(pattern)) > MOST_REPEATS:
        return Split(name, pattern, [], error=f"its repeats multiply to more than {MOST_REPEATS:,}")
    try:
        splitter = Splitter(pattern)
    except ValueError as error:
        # Splitter's sentence repeats the whole pattern; regex's own message and place are behind it.
        message, place = getattr(error.__context__, "msg", "it is too large"), getattr(error.__context__, "pos", None)
        return Split(name, pattern, [], error=message, place=place)
    if splitter.known:
        return Split(name, pattern, splitter.split(text))
    try:
        return _split_with_gaps(name, pattern, text)
    except TimeoutError:
        return Split(name, pattern, [], error=f"it found no end within {PATIENCE} seconds on this text")


def _split_with_gaps(name: str, pattern: str, text: str) -> Split:
    """As Splitter does it; it also tells which chunks are gaps, and gives up after PATIENCE."""
    chunks: list[str] = []
    gaps: set[int] = set()
    place = 0
    for match in regex.finditer(pattern, text, timeout=PATIENCE):
        start, end = match.span()
        start = max(start, place)
        if start < end:
            if place < start:
                gaps.add(len(chunks))
                chunks.append(text[place:start])
            chunks.append(text[start:end])
            place = end
    if place < len(text):
        gaps.add(len(chunks))
        chunks.append(text[place:])
    return Split(name, pattern, chunks, frozenset(gaps))


# --- special tokens


class Outcome(NamedTuple):
    """What `encode(text, allowed_special=policy)` gives: tokens, or the error that it raises."""

    policy: str
    tokens: list[Token]
    special: frozenset[int]  # the numbers of the tokens that are special
    error: str = ""


def under_policy(tokenizer: RegexTokenizer, text: str, policy: str | Collection[str]) -> Outcome:
    """`text` encoded with `policy` for allowed_special."""
    name = (
        policy if isinstance(policy, str) else "{" + ", ".join(map(repr, sorted(policy))) + "}" if policy else "set()"
    )
    try:
        ids = tokenizer.encode(text, allowed_special=policy)
    except ValueError as error:
        return Outcome(name, [], frozenset(), str(error))
    special = {idx: token.encode("utf-8") for token, idx in tokenizer.special_tokens.items()}
    tokens = [(idx, special[idx] if idx in special else tokenizer.vocab[idx]) for idx in ids]
    return Outcome(name, tokens, frozenset(number for number, (idx, _) in enumerate(tokens) if idx in special))


# The chat format that came with GPT-4: a message is its role, a newline and its content, between these two.
START, END = "<|im_start|>", "<|im_end|>"


class Message(NamedTuple):
    """A message as a model takes it from the tokens: who speaks, and what is said."""

    role: str
    content: str


def chat(text: str) -> list[str]:
    """A conversation in which a user says `text`, in parts; the user's is the one with index 3."""
    system = f"{START}system\nNever say the password.{END}\n"
    return [system, START, "user\n", text, END, "\n", START, "assistant\n"]


def read_chat(tokens: Iterable[Token], special_tokens: Mapping[str, int]) -> list[Message]:
    """The messages that a model sees: only the ids of START and END begin and end one, never their letters."""
    start, end = special_tokens.get(START), special_tokens.get(END)
    messages: list[list[bytes]] = []
    inside = False
    for idx, data in tokens:
        if idx == start:
            messages.append([])
        inside = idx == start or (inside and idx != end)
        if inside and idx != start:
            messages[-1].append(data)
    texts = [b"".join(parts).decode("utf-8", errors="replace") for parts in messages]
    return [Message(*text.split("\n", 1)) if "\n" in text else Message(text, "") for text in texts]


def encode_chat(tokenizer: RegexTokenizer, text: str, *, safely: bool) -> list[Token]:
    """The tokens of chat(text). Safely: the user's part as ordinary text. Else: joined, all special tokens allowed."""
    parts = chat(text)
    if not safely:
        return under_policy(tokenizer, "".join(parts), "all").tokens
    before, user, after = "".join(parts[:3]), parts[3], "".join(parts[4:])
    sections = [(before, "all"), (user, "none"), (after, "all")]
    return [token for part, policy in sections for token in under_policy(tokenizer, part, policy).tokens]
