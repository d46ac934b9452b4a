"""A text as tokens and as pairs of tokens: plain data, no drawing. A chunk is a list of (id, bytes)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from minbpe import vocabularies
from minbpe.base import Tokenizer, get_stats
from minbpe.gpt4 import RankedTokenizer
from minbpe.lab.trace import Token
from minbpe.merging import Pair

# The chat format that came with GPT-4: a message is its role, a newline and its content, between these two.
START, END = "<|im_start|>", "<|im_end|>"


class Encoding(NamedTuple):
    """A text as a tokenizer encodes it: the tokens of each chunk, and the sizes."""

    name: str
    chunks: list[list[Token]]
    code_points: int
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
        chunks = at_walls(row, tokenizer.chunks(text))
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


@cache
def published(model: str) -> RankedTokenizer:
    """The tokenizer of a model whose ranks ship, as "GPT-4" or "GPT-4o"; loaded when first asked for, and once.

    GPT-4's can chat: it has START and END, which tiktoken leaves out. ValueError for an unknown model.
    """
    for record in vocabularies.VOCABULARIES.values():
        if record.ships and model in record.models:
            chat = {START: 100264, END: 100265} if model == "GPT-4" else {}
            ranks = vocabularies.load_ranks(record.name)
            return RankedTokenizer(ranks, record.pattern, {**record.special_tokens, **chat})
    raise ValueError(f"no vocabulary that ships is known for the model {model!r}")
