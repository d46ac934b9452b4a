"""Random inputs that look for trouble, and smaller ones that still find it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from random import Random
from typing import Any

from minbpe.base import get_stats, merge
from minbpe.lab.checks.show import base_vocabulary

# Each alphabet is after something: few letters give many pairs and many ties, the rest are what text is made of.
ALPHABETS = [
    "ab",
    "aab ",
    "abc",
    "abcdefgh ",
    "the cat sat on a mat. ",
    "a é ñ 한국어 日本 ",
    "aé😉👍🏽\u0301 ",
    "don't WE'LL I'm 1234567890 x=1;\n",
    "a1 \n\t  \r.,!?'\u00a0\u3000",
    "a\0e\u0301\r\n\ufeff😉",
]
# A fixed text with some of everything, longer than the random ones: for answers that are right on what is short.
LONGER = (
    "The baker's bread rises early; the BAKER'S bread isn't cheap, but it's bread.\n\n  She sold 12,345 loaves (naïve, "
    "isn't it?) at the café: 한국어 빵, 日本の\u3000パン 😉👍🏽.\t\u3000\r\n\u00a0  "
    "\u2028Bread!  Bread!!   Bread?!\u30007 "
)


# What is easily lost or changed on the way: the mark of an encoding, capitals, the character 0, an accent of its own, a
# line end of Windows, and what is a digit or a letter to some only.
ODD = "\ufeffA\0a e\u0301\r\nx² _1 ½\n"


def text(rng: Random, size: int, alphabet: str = "") -> str:
    """A text of up to `size` characters, often with repeats."""
    letters = alphabet or rng.choice(ALPHABETS)
    length = rng.randint(0, size)
    result = ""
    while len(result) < length:
        if result and rng.random() < 0.4:
            start = rng.randrange(len(result))
            result += result[start : start + rng.randint(1, 6)]
        else:
            result += "".join(rng.choices(letters, k=rng.randint(1, 4)))
    return result[:length]


def ids(rng: Random, size: int) -> list[int]:
    """Up to `size` ids, of few kinds and often in runs."""
    kinds = rng.choice([[1], [1, 2], [1, 2, 3], [97, 98, 256], [0, 255, 300, 400], list(range(12))])
    result: list[int] = []
    for _ in range(rng.randint(0, size)):
        result += [rng.choice(kinds)] * rng.choice([1, 1, 1, 2, 3])
    return result[:size]


def vocab_size(rng: Random) -> int:
    return 256 + rng.choice([0, 1, 2, 3, 4, 6, 9, 14, 40])


def naive_train(chunks: list[list[int]], size: int) -> dict[tuple[int, int], int]:
    """The merges of byte-pair encoding, by the ten-line loop."""
    merges: dict[tuple[int, int], int] = {}
    for idx in range(256, size):
        stats: dict[tuple[int, int], int] = {}
        for chunk in chunks:
            get_stats(chunk, stats)
        if not stats:
            break
        pair = max(stats, key=stats.__getitem__)
        chunks = [merge(chunk, pair, idx) for chunk in chunks]
        merges[pair] = idx
    return merges


def train(text: str, size: int) -> dict[tuple[int, int], int]:
    """The merges of `text`, all of it one chunk."""
    return dict(_train(text, size))


@lru_cache(maxsize=4096)
def _train(text: str, size: int) -> dict[tuple[int, int], int]:
    return naive_train([list(text.encode("utf-8"))], size)


def vocab_of(merges: dict[tuple[int, int], int]) -> dict[int, bytes]:
    vocab = {byte: bytes([byte]) for byte in range(256)}
    for (left, right), idx in merges.items():
        vocab[idx] = vocab[left] + vocab[right]
    return vocab


def random_merges(rng: Random, letters: bytes = b"abc") -> dict[tuple[int, int], int]:
    """Merges in an order that no training would give: they get in each other's way much more often."""
    tokens, merges = list(letters), dict[tuple[int, int], int]()
    for _ in range(rng.randint(1, 7)):
        newest = tokens[-1:] if rng.random() < 0.3 else tokens
        pair = rng.choice(newest), rng.choice(tokens)
        if rng.random() < 0.3:
            pair = pair[1], pair[0]
        if pair not in merges:
            merges[pair] = 256 + len(merges)
            tokens.append(merges[pair])
    return merges


def merges_of(rng: Random, size: int) -> tuple[dict[tuple[int, int], int], str]:
    """Merges, and a text to try them on: learned from a text that is like it, or random."""
    if rng.random() < 0.5:
        return random_merges(rng), "".join(rng.choices("abc", k=rng.randint(0, size)))
    learned = text(rng, size)
    start = rng.randrange(len(learned) + 1)
    other = learned[start:] + learned[:start]
    if other and rng.random() < 0.5:
        other = "".join(rng.choices(other, k=rng.randint(1, size)))
    return train(learned, vocab_size(rng)), other


def with_gaps(rng: Random, merges: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """The same merges with ids that are not counted one by one, as where a vocabulary has been pruned."""
    numbers = {byte: byte for byte in range(256)}
    last = 255
    for idx in merges.values():
        numbers[idx] = last = last + rng.choice([1, 1, 2, 40])
    return {(numbers[left], numbers[right]): numbers[idx] for (left, right), idx in merges.items()}


# --- smaller ones

FEW = 12  # entries of a dict that are left out one by one


def smaller(value: Any, keep: Collection[int] = ()) -> Iterator[Any]:
    """Values of the same kind that are smaller, the smallest first as far as that is cheap to know.

    What stands at the places `keep` of a tuple is kept.
    """
    if type(value) is tuple:
        for place, each in enumerate(value):
            for less in () if place in keep else smaller(each):
                yield (*value[:place], less, *value[place + 1 :])
    elif type(value) in (str, bytes, list):
        yield from _shorter(value)
        if type(value) is list:
            for place, each in enumerate(value):
                if not isinstance(each, int):
                    for less in smaller(each):
                        yield [*value[:place], less, *value[place + 1 :]]
    elif type(value) is dict:
        yield from _smaller_dicts(value)
    elif type(value) is int and value > 256:
        yield from {256: 0, 256 + (value - 256) // 2: 0, value - 1: 0}


def _smaller_dicts(value: dict[Any, Any]) -> Iterator[dict[Any, Any]]:
    items = list(value.items())
    base = bool(base_vocabulary(value))
    least = 256 if base else 0  # the bytes are part of any vocabulary
    for length in {least: 0, (least + len(items)) // 2: 0, len(items) - 1: 0}:
        if least <= length < len(items):
            yield dict(items[:length])
    if base or len(items) > FEW:
        return
    halves = {half for key in value if isinstance(key, tuple) for half in key}
    for key, each in items:
        if not isinstance(each, int) or each not in halves:  # else a merge would be left without what it is made of
            yield {other: kept for other, kept in items if other != key}
        if isinstance(each, list):
            for less in smaller(each):
                yield {**value, key: less}


def _shorter(value: Any) -> Iterator[Any]:
    width = len(value)
    while width:
        for start in range(0, len(value), width):
            yield value[:start] + value[start + width :]
        width //= 2
