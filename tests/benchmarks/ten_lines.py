"""The ten-line loop: byte-pair encoding as it is usually written, and what everything else is held against.

For each merge it counts all pairs of the text anew and takes the most frequent; of those equally frequent
`max` takes the one that came into the dict first, which is the one that stands first in the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, repeat

Pair = tuple[int, int]


def ten_lines(chunks: Iterable[bytes], num_merges: int, counts: Sequence[int] | None = None) -> dict[Pair, int]:
    """The first `num_merges` merges of `chunks`: {(left id, right id): new id}, fewer if no pair is left.

    One chunk is the whole text (Basic), or there are the chunks of a split text (Regex). `counts` says how
    often each chunk counts, once without it: distinct chunks with their counts give the same merges sooner.
    """
    rows = [list(chunk) for chunk in chunks]
    merges: dict[Pair, int] = {}
    for idx in range(256, 256 + num_merges):
        stats: dict[Pair, int] = {}
        for ids, count in zip(rows, counts or repeat(1), strict=False):
            for pair in pairwise(ids):
                stats[pair] = stats.get(pair, 0) + count
        if not stats:
            break
        pair = max(stats, key=stats.get)
        rows = [merge(ids, pair, idx) for ids in rows]
        merges[pair] = idx
    return merges


def merge(ids: list[int], pair: Pair, idx: int) -> list[int]:
    """`ids` with each `pair` replaced by `idx`, from left to right."""
    merged, i = [], 0
    while i < len(ids):
        if ids[i] == pair[0] and i < len(ids) - 1 and ids[i + 1] == pair[1]:
            merged.append(idx)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged
