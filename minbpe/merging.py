"""The two loops of byte-pair encoding, fast: learn merges from counted chunks, apply merges to a chunk.

The ten-line loop looks at the whole text again for each merge. Almost nothing has changed since the
last look, so here we keep what we know and touch only the places of the merge:

* All chunks lie in one flat list of ids. `following` and `preceding` link each token to its neighbours,
  so a merge takes the second token of a pair out of its row without moving anything.
* For each pair we hold the places where it begins, and in training how often it occurs.
* A place that another merge has made stale is not searched for. It is noticed when it is next looked at.

Why is this exact, ties included? A pair is born in one step. A pair that holds the newest token X can
only come from the step that makes X, and that step walks through the text from left to right. So its
places are in order from the start. Afterwards its count can only fall and its first place only move to
the right: what we remember of a pair is never worse than the truth, and a heap can rely on that.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush, heapreplace
from itertools import pairwise
from typing import NamedTuple

Pair = tuple[int, int]

EDGE = -1  # stands between chunks; no pair reaches across it
GONE = -2  # what was the second half of a merged pair
NEVER = sys.maxsize  # the rank of a pair that does not merge
SHORT = 100  # up to this many bytes a plain search for the next merge beats the bookkeeping


class Merge(NamedTuple):
    """One step of training: `pair` stood `count` times in the text and became the token `idx`."""

    pair: Pair
    idx: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody asks of a merge


class Row:
    """Tokens in a row, linked so that merging two of them moves nothing. An EDGE closes each chunk."""

    def __init__(self, chunks: Iterable[bytes]):
        self.ids = [EDGE]
        for chunk in chunks:
            self.ids += chunk
            self.ids.append(EDGE)
        places = list(range(len(self.ids)))
        self.following = [*places[1:], 0]
        self.preceding = [0, *places[:-1]]

    def pairs(self) -> dict[Pair, list[int]]:
        """Each pair with the places where it begins, first place first; pairs by first place."""
        places: dict[Pair, list[int]] = defaultdict(list)
        for place, pair in enumerate(pairwise(self.ids)):
            places[pair].append(place)
        return {pair: where for pair, where in places.items() if EDGE not in pair}

    def holds(self, pair: Pair, place: int) -> bool:
        return self.ids[place] == pair[0] and self.ids[self.following[place]] == pair[1]

    def merge(self, pair: Pair, idx: int, where: Iterable[int]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """Turn `pair` into `idx` at each place of `where` that still holds it, from left to right.

        Returns the new pairs as two dicts from a neighbour to places: `before` has the places where
        (neighbour, idx) begins now, `after` those of (idx, neighbour).
        """
        ids, following, preceding = self.ids, self.following, self.preceding
        a, b = pair
        before: dict[int, list[int]] = defaultdict(list)
        after: dict[int, list[int]] = defaultdict(list)
        for i in where:
            j = following[i]
            if ids[i] != a or ids[j] != b:  # stale: in "aaa" the first merge takes half of the second
                continue
            left, right = preceding[i], following[j]
            before[ids[left]].append(left)
            after[ids[right]].append(i)
            ids[i], ids[j] = idx, GONE
            following[i], preceding[right] = right, i
        before.pop(EDGE, None)
        after.pop(EDGE, None)
        return before, after


def learn_merges(
    chunks: Mapping[bytes, int], first_id: int = 256, max_token_length: int = sys.maxsize
) -> Iterator[Merge]:
    """Yield the merges of byte-pair encoding one by one, until no pair is left.

    `chunks` maps each distinct chunk to how often it occurs, in order of first occurrence. Pairs are
    counted with overlaps ("aaa" holds two); the most frequent is merged first, and of those equally
    frequent the one that occurs first. A pair whose bytes together are more than `max_token_length` is
    never merged. Time grows with the places merged, times the logarithm of the
    number of pairs; memory with the summed length of the distinct chunks.
    """
    row = Row(chunks)
    weights = [0]  # how often the chunk of each place occurs
    for chunk, count in chunks.items():
        weights += [count] * (len(chunk) + 1)

    def weigh(where: list[int]) -> int:
        return weights[where[0]] if len(where) == 1 else sum(map(weights.__getitem__, where))

    places = row.pairs()
    counts = {pair: weigh(where) for pair, where in places.items()}
    heap = [(-counts[pair], where[0], pair) for pair, where in places.items()]
    heapify(heap)
    for where in places.values():
        where.reverse()  # now the first place is the last entry, where it is cheap to drop

    idx = first_id
    lengths: dict[int, int] = defaultdict(lambda: 1)  # the bytes of each token
    while heap:
        # The top of the heap is the best pair as far as we remember. Look again before believing it.
        remembered = heap[0]
        pair = remembered[2]
        count, where = counts[pair], places[pair]
        if count == 0:
            heappop(heap)
            del counts[pair], places[pair]
            continue
        while not row.holds(pair, where[-1]):
            where.pop()
        actual = (-count, where[-1], pair)
        if actual != remembered:
            heapreplace(heap, actual)
            continue

        heappop(heap)
        a, b = pair
        length = lengths[a] + lengths[b]
        if length > max_token_length:
            continue  # for good: what is not in the heap is not looked at again
        before, after = row.merge(pair, idx, reversed(where))
        lengths[idx] = length
        born = {}
        # Where (b, token) gave way to (idx, token), its weight moves over; likewise on the other side.
        # `after` goes first: in "abab" it makes an (idx, a), which `before` with the next merge unmakes.
        for token, where in after.items():
            new, weight = (idx, token), weigh(where)
            counts[b, token] -= weight
            counts[new] = weight
            born[new] = where
        for token, where in before.items():
            new, weight = (token, idx), weigh(where)
            counts[token, a] -= weight
            counts[new] = weight
            born[new] = where
        del counts[pair], places[pair]
        for new, where in born.items():
            heappush(heap, (-counts[new], where[0], new))
            where.reverse()
        places |= born

        yield Merge(pair, idx, count)
        idx += 1


def apply_merges(ids: bytes, rank_of: Callable[[Pair], int | None]) -> list[int]:
    """Merge the ids of one chunk, the earliest-learned merge first, until nothing merges.

    `rank_of` gives the id that a pair merges into, or None (`merges.get` does): a lower id was learned
    earlier, and later than those that make its two tokens, as training has it. Time is n log n at the worst
    for n ids.
    """
    return _apply_to_short(ids, rank_of) if len(ids) <= SHORT else _apply_to_long(ids, rank_of)


def _apply_to_short(chunk: bytes, rank_of: Callable[[Pair], int | None]) -> list[int]:
    ids = list(chunk)
    ranks = [NEVER if (rank := rank_of(pair)) is None else rank for pair in pairwise(ids)]
    while ranks and (idx := min(ranks)) != NEVER:
        i = ranks.index(idx)
        ids[i : i + 2] = [idx]
        del ranks[i]
        if i > 0:
            rank = rank_of((ids[i - 1], idx))
            ranks[i - 1] = NEVER if rank is None else rank
        if i < len(ranks):
            rank = rank_of((idx, ids[i + 1]))
            ranks[i] = NEVER if rank is None else rank
    return ids


def _apply_to_long(chunk: bytes, rank_of: Callable[[Pair], int | None]) -> list[int]:
    row = Row([chunk])
    heap: list[tuple[int, Pair, list[int]]] = []  # (the id that the pair merges into, the pair, its places)

    def consider(pair: Pair, where: list[int]) -> None:
        if (idx := rank_of(pair)) is not None:
            heappush(heap, (idx, pair, where))

    for pair, where in row.pairs().items():
        consider(pair, where)
    while heap:
        idx, pair, where = heappop(heap)
        before, after = row.merge(pair, idx, where)
        for token, where in after.items():
            consider((idx, token), where)
        for token, where in before.items():
            consider((token, idx), where)
    return [token for token in row.ids if token >= 0]
