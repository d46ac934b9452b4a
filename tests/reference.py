"""Byte-pair encoding as the textbook has it: ten lines, slow, and nothing in it to get wrong.

The package's fast code is held against this. So nothing here comes from the package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise


def get_stats(ids, counts):
    for pair in pairwise(ids):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge(ids, pair, idx):
    merged = []
    while ids:
        found = tuple(ids[:2]) == pair
        merged.append(idx if found else ids[0])
        ids = ids[2:] if found else ids[1:]
    return merged


def learn(chunks: Iterable[bytes], num_merges: int) -> list[tuple[tuple[int, int], int, int]]:
    """[(pair, its new id, how often it stood there)], in order of learning; `chunks` in the order of the text."""
    chunks, learned = [list(chunk) for chunk in chunks], []
    for idx in range(256, 256 + num_merges):
        stats: dict[tuple[int, int], int] = {}
        for ids in chunks:
            get_stats(ids, stats)
        if not stats:
            break
        pair = max(stats, key=stats.get)  # of equals the first in the dict, that is the first in the text
        chunks = [merge(ids, pair, idx) for ids in chunks]
        learned.append((pair, idx, stats[pair]))
    return learned


def encode(ids: Iterable[int], merges: Mapping[tuple[int, int], int]) -> list[int]:
    """The ids of one chunk: of all the pairs in it, the earliest-learned merge is replayed, again and again."""
    ids = list(ids)
    while True:
        pair = min(get_stats(ids, {}), key=lambda pair: merges.get(pair, float("inf")), default=None)
        if pair not in merges:
            return ids
        ids = merge(ids, pair, merges[pair])
