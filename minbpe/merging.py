"""The two loops of byte-pair encoding, fast: learn merges from counted chunks, apply merges to a chunk.

The ten-line loop looks at the whole text again for each merge. Almost nothing has changed since the
last look, so here we keep what we know and touch only the places of the merge:

* All chunks lie in one flat list of ids. A token stays where its first byte is, so a merge moves nothing: the
  next token is as many places on as the token is long, and `starts` leads back to the one before.
* For each pair we hold the places where it begins, and in training how often it occurs.
* A place that another merge has made stale is not searched for. It is noticed when it is next looked at.

Why is this exact, ties included? A pair is born in one step. A pair that holds the newest token X can
only come from the step that makes X, and that step walks through the text from left to right. So its
places are in order from the start. Afterwards its count can only fall and its first place only move to
the right: what we remember of a pair is never worse than the truth, and a queue can rely on that.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush, heapreplace
from itertools import pairwise
from typing import NamedTuple

Pair = tuple[int, int]
Candidate = tuple[int, Pair, list[int]]  # the place where a pair begins first, the pair, all its places, last one first

EDGE = -1  # stands between chunks; no pair reaches across it
GONE = -2  # where a token goes on that begins further to the left
NEVER = sys.maxsize  # the rank of a pair that does not merge
SHORT = 100  # up to this many bytes a plain search for the next merge beats the bookkeeping


class Merge(NamedTuple):
    """One step of training: `pair` stood `count` times in the text and became the token `idx`."""

    pair: Pair
    idx: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody asks of a merge


class Row:
    """Tokens in a row, in which merging two of them moves nothing. An EDGE closes each chunk.

    `ids` has each token where its first byte is, and GONE for its other bytes; `starts` has where a token begins at
    the place of its last byte; `lengths` has the bytes of each token.
    """

    def __init__(self, chunks: Iterable[bytes]):
        self.ids = [EDGE]
        for chunk in chunks:
            self.ids += chunk
            self.ids.append(EDGE)
        self.starts = list(range(len(self.ids)))
        self.lengths: dict[int, int] = defaultdict(lambda: 1)

    def pairs(self) -> dict[Pair, list[int]]:
        """Before the first merge: each pair with the places where it begins, first place first."""
        places: dict[Pair, list[int]] = defaultdict(list)
        for place, pair in enumerate(pairwise(self.ids)):
            places[pair].append(place)
        return {pair: where for pair, where in places.items() if EDGE not in pair}

    def first_of(self, pair: Pair, where: list[int]) -> int:
        """Of places with the first one last, the first that holds `pair`. Stale ones before it are dropped."""
        ids, (a, b), half = self.ids, pair, self.lengths[pair[0]]
        while ids[place := where[-1]] != a or ids[place + half] != b:
            where.pop()
        return place

    def merge(self, pair: Pair, idx: int, where: Iterable[int]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """Turn `pair` into `idx` at each place of `where` that still holds it, from left to right.

        Returns the new pairs as two dicts from a neighbour to places: `before` has the places where
        (neighbour, idx) begins now, `after` those of (idx, neighbour).
        """
        ids, starts = self.ids, self.starts
        a, b = pair
        half = self.lengths[a]
        self.lengths[idx] = whole = half + self.lengths[b]
        before: dict[int, list[int]] = defaultdict(list)
        after: dict[int, list[int]] = defaultdict(list)
        for i in where:
            if ids[i] != a or ids[i + half] != b:  # stale: in "aaa" the first merge takes half of the second
                continue
            left, right = starts[i - 1], i + whole
            before[ids[left]].append(left)
            after[ids[right]].append(i)
            ids[i], ids[i + half] = idx, GONE
            starts[right - 1] = i
        before.pop(EDGE, None)
        after.pop(EDGE, None)
        return before, after


class Candidates:
    """A queue of pairs: the most frequent comes first, and of those equally frequent the first in the text.

    `level` is how often the first one occurs. Whatever is added later does not occur more often, so only what is at
    this level has to be in order. The rarer pairs wait, by count, until the queue comes down to them.
    """

    def __init__(self) -> None:
        self.level = 0  # no pair occurs as rarely: nothing is in order yet
        self.here: list[Candidate] = []  # a heap of the pairs at this level
        self.waiting: dict[int, list[Candidate]] = {}
        self.levels: list[int] = []  # a heap of the counts that pairs are waiting at, negative

    def add(self, count: int, candidate: Candidate) -> None:
        if count == self.level:
            heappush(self.here, candidate)
        elif (waiting := self.waiting.get(count)) is not None:
            waiting.append(candidate)
        else:
            self.waiting[count] = [candidate]
            heappush(self.levels, -count)

    def first(self) -> Candidate | None:
        """The first pair, which stays in the queue; None if there is none."""
        if not self.here:
            if not self.levels:
                return None
            self.level = -heappop(self.levels)
            self.here = self.waiting.pop(self.level)
            heapify(self.here)
        return self.here[0]

    def pop(self) -> None:
        heappop(self.here)

    def replace(self, candidate: Candidate) -> None:
        """Put `candidate` in the place of the first, at the same level."""
        heapreplace(self.here, candidate)


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
    weight_at = weights.__getitem__
    counts: dict[Pair, int] = {}
    queue = Candidates()

    def enter(pair: Pair, where: list[int]) -> int:
        """Count a new pair, and queue it. Returns its count."""
        first = where[0]
        if len(where) == 1:
            count = weights[first]
        else:
            count = sum(map(weight_at, where))
            where.reverse()  # now the first place is the last entry, where it is cheap to drop
        counts[pair] = count
        queue.add(count, (first, pair, where))
        return count

    for pair, where in row.pairs().items():
        enter(pair, where)

    idx = first_id
    while (candidate := queue.first()) is not None:
        # This is the best pair as far as we remember. Look again before believing it.
        place, pair, where = candidate
        if (count := counts[pair]) != queue.level:
            queue.pop()
            if count:
                queue.add(count, candidate)
            else:
                del counts[pair]
            continue
        if (first := row.first_of(pair, where)) != place:
            queue.replace((first, pair, where))
            continue

        queue.pop()
        a, b = pair
        if row.lengths[a] + row.lengths[b] > max_token_length:
            continue  # for good: what is not in the queue is not looked at again
        before, after = row.merge(pair, idx, reversed(where))
        # Where (b, token) gave way to (idx, token), its weight moves over; likewise on the other side.
        # `after` goes first: in "abab" it makes an (idx, a), which `before` with the next merge unmakes.
        for token, where in after.items():
            counts[b, token] -= enter((idx, token), where)
        for token, where in before.items():
            counts[token, a] -= enter((token, idx), where)
        del counts[pair]
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
