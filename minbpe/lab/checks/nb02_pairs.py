"""02-pairs: count the neighbours, and find the most frequent."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random
from typing import Any

from minbpe import base
from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add
from minbpe.lab.checks.telling import Told

Pair = tuple[int, int]
Counts = dict[Pair, int]

# --- get_stats


def draw_ids(rng: Random, size: int) -> Args:
    ids = inputs.ids(rng, size)
    if rng.random() < 0.5:
        return (ids,)
    return ids, base.get_stats(inputs.ids(rng, 6))


GET_STATS = add(
    Exercise(
        "get_stats",
        "02-pairs",
        "get_stats(ids, counts=None) -> dict",
        passed="every pair counted, overlaps too, and added to the counts that are given",
        hint="Walk through the list with two fingers on neighbours. Each step is one pair: n ids have n - 1 pairs.",
        reference=base.get_stats,
        own=[base.get_stats],
        returns=dict[Pair, int],
        cases=[
            ([],),
            ([1],),
            ([1, 2],),
            ([1, 2, 3],),
            ([1, 1, 1],),
            ([1, 2, 1],),
            ([2, 1, 1, 2],),
            ([1, 2, 3, 1, 2],),
            ([1, 2], {}),
            ([1, 2], {(1, 2): 5}),
            ([1, 2, 3], {(9, 9): 1, (2, 3): 2}),
            ([0, 0, 300], {(0, 0): 1}),
            (list(range(400)),),
            ([70_000, 70_001, 70_000, 70_001],),
            ([97] * 600,),
        ],
        draw=draw_ids,
    )
)


def _adding(pairs: list[Pair], counts: Counts | None) -> Counts:
    counts = {} if counts is None else counts
    for pair in pairs:
        counts[pair] = counts.get(pair, 0) + 1
    return counts


@GET_STATS.misconception(
    "a pair must not overlap the pair before it: in [1, 1, 1] you count one",
    "Counting only looks, it takes nothing away. How many neighbours does the 1 in the middle have?",
)
def aaa_holds_one_pair(ids: list[int], counts: Counts | None = None) -> Counts:
    pairs, i = [], 0
    while i + 1 < len(ids):
        pairs.append((ids[i], ids[i + 1]))
        i += 2 if ids[i : i + 3] == [ids[i]] * 3 else 1
    return _adding(pairs, counts)


@GET_STATS.misconception(
    "the ids are cut into pairs: first and second, third and fourth",
    "The second and the third are neighbours, too.",
)
def cut_into_pairs(ids: list[int], counts: Counts | None = None) -> Counts:
    return _adding(list(zip(ids[::2], ids[1::2], strict=False)), counts)


@GET_STATS.misconception(
    "(1, 2) and (2, 1) are counted as the same pair",
    "The order matters: 'th' is not 'ht'.",
)
def order_does_not_matter(ids: list[int], counts: Counts | None = None) -> Counts:
    return _adding([(min(pair), max(pair)) for pair in pairwise(ids)], counts)


@GET_STATS.misconception(
    "each pair is counted once, however often it occurs",
    "What happens the second time that the pair comes by?",
)
def each_pair_once(ids: list[int], counts: Counts | None = None) -> Counts:
    return _adding(list(dict.fromkeys(pairwise(ids))), counts)


@GET_STATS.misconception(
    "the last pair is left out",
    "n ids have n - 1 pairs. Where does your loop end?",
)
def the_last_pair_is_missed(ids: list[int], counts: Counts | None = None) -> Counts:
    return _adding(list(pairwise(ids))[:-1], counts)


@GET_STATS.misconception(
    "the last id and the first one are counted as neighbours",
    "The list is a row, not a ring. Does an index -1 come up somewhere?",
)
def a_ring_of_ids(ids: list[int], counts: Counts | None = None) -> Counts:
    return _adding(list(zip(ids, ids[1:] + ids[:1], strict=True)) if len(ids) > 1 else [], counts)


@GET_STATS.misconception(
    "the counts that are given are left aside",
    "Whoever gives `counts` wants them to go on: the new pairs are added to what is in there.",
)
def counts_are_left_aside(ids: list[int], counts: Counts | None = None) -> Counts:
    return dict(Counter(pairwise(ids)))


@GET_STATS.misconception(
    "an empty dict of counts is taken for none",
    "An empty dict is false in Python: `if counts` and `counts or {}` cannot tell it from None. What can?",
)
def empty_counts_are_none(ids: list[int], counts: Counts | None = None) -> Counts:
    return _adding(list(pairwise(ids)), counts or {})


@GET_STATS.misconception(
    "a copy of the counts is added to, and the dict that was given stays as it was",
    "Here the change is wanted: add to the very dict that is given, and return it.",
)
def a_copy_of_the_counts(ids: list[int], counts: Counts | None = None) -> Counts:
    return _adding(list(pairwise(ids)), dict(counts or {}))


@GET_STATS.misconception(
    "the count of a pair is set to one each time that it comes by",
    "counts[pair] = 1 forgets what was there. What should stand there the second time?",
)
def always_one(ids: list[int], counts: Counts | None = None) -> Counts:
    counts = {} if counts is None else counts
    for pair in pairwise(ids):
        counts[pair] = 1
    return counts


@GET_STATS.misconception(
    "a count begins at zero: each is one too low",
    "The first time that a pair comes by it has been seen once.",
)
def counts_begin_at_zero(ids: list[int], counts: Counts | None = None) -> Counts:
    counts = {} if counts is None else counts
    for pair in pairwise(ids):
        counts[pair] = counts[pair] + 1 if pair in counts else 0
    return counts


@GET_STATS.misconception(
    "the first pair is left out",
    "n ids have n - 1 pairs, and the first is (ids[0], ids[1]). Where does your loop begin?",
)
def the_first_pair_is_missed(ids: list[int], counts: Counts | None = None) -> Counts:
    return _adding(list(pairwise(ids))[1:], counts)


@GET_STATS.misconception(
    "a count begins again where the counts given have one already",
    "Look up what is there before you write: the old number plus one.",
)
def a_count_is_overwritten(ids: list[int], counts: Counts | None = None) -> Counts:
    counts = {} if counts is None else counts
    counts.update(Counter(pairwise(ids)))
    return counts


# --- top_pair


def draw_stats(rng: Random, size: int) -> Args:
    ids = [*inputs.ids(rng, size), 1, 2]
    items = list(base.get_stats(ids).items())
    rng.shuffle(items)
    return (dict(items),)


def top_pair(stats: Counts) -> Pair:
    return max(stats, key=stats.__getitem__)


def tell_top(args: Args, expected: Pair, got: Pair) -> Told:
    """How often the pair occurs that came back."""
    (stats,) = args
    if got not in stats:
        return Told("a pair that is not there", f"{got} is none of the pairs in stats.")
    if stats[got] == stats[expected]:
        return Told(
            "a tie goes to another pair",
            f"Both {got} and {expected} have the count {stats[got]}, and {expected} comes first in stats.",
            "Of equals, the pair that comes first in the dict wins. What decides between two equals in your code?",
        )
    return Told(
        "not the most frequent",
        f"{got} has the count {stats[got]}; {expected} has {stats[expected]}, which is more.",
        "Which counts has your code looked at when it decides? Follow it to the pair that should win.",
    )


TOP_PAIR = add(
    Exercise(
        "top_pair",
        "02-pairs",
        "top_pair(stats) -> tuple[int, int]",
        passed="the most frequent pair, and of equals the first",
        hint="max takes a `key`: what should it compare the pairs by? And which one does it return when two are equal?",
        reference=top_pair,
        returns=Pair,
        cases=[
            ({(1, 2): 1},),
            ({(1, 2): 1, (3, 4): 2},),
            ({(3, 4): 2, (1, 2): 1},),
            ({(5, 6): 7, (9, 9): 3},),
            ({(3, 4): 2, (1, 2): 2},),
            ({(1, 2): 2, (3, 4): 2},),
            ({(8, 1): 1, (1, 2): 3, (3, 4): 3, (0, 5): 2},),
            ({(2, 9): 4, (7, 7): 4, (1, 1): 4, (3, 3): 10},),
            ({(5, 1): 2, (2, 9): 2, (9, 0): 2},),
            ({(0, 0): 1000, (0, 1): 999},),
            ({(left, 9): left * 7 % 31 for left in range(40)},),
            ({(116, 104): 5, (32, 97): 5, (101, 32): 5, (300, 2): 5, (99, 100): 5},),
            ({(256, 7): 3, (10, 256): 3, (97, 3): 3},),
            ({(5, 6): 7},),
            ({(9, 8): 9, (1, 1): 12, (2, 2): 15},),
        ],
        draw=draw_stats,
        crashes=[
            Crash(
                "no best pair yet",
                "KeyError",
                "^None$",
                "At the beginning there is no best pair yet: None is not in stats. Ask for that before you look it up.",
            )
        ],
        tell=tell_top,
    )
)


@TOP_PAIR.misconception(
    "the largest pair of ids is taken, whatever its count",
    "max over a dict compares its keys. Tell it to compare something else: look for `key` in help(max).",
)
def the_largest_pair(stats: Counts) -> Pair:
    return max(stats)


@TOP_PAIR.misconception(
    "the rarest pair is taken",
    "Which of two counts wins in your code, the larger or the smaller?",
)
def the_rarest_pair(stats: Counts) -> Pair:
    return min(stats, key=stats.__getitem__)


@TOP_PAIR.misconception(
    "the first pair is taken, whatever its count",
    "A dict keeps the order in which its keys came, not the order of their counts.",
)
def the_first_pair(stats: Counts) -> Pair:
    return next(iter(stats))


@TOP_PAIR.misconception(
    "of equally frequent pairs the last one wins",
    "Ties matter: another choice gives another tokenizer. Replace the best so far only by something better, not "
    "by an equal.",
)
def the_last_of_equals(stats: Counts) -> Pair:
    return max(reversed(stats), key=stats.__getitem__)


@TOP_PAIR.misconception(
    "of equally frequent pairs the one with the larger ids wins",
    "Compare the counts only. (A pair of count and ids compares the ids, too, when the counts are equal.)",
)
def the_largest_of_equals(stats: Counts) -> Pair:
    return max(stats, key=lambda pair: (stats[pair], pair))


@TOP_PAIR.misconception(
    "between equally frequent pairs the order of a set decides",
    "A set has no order of its own: what comes first in it is chance. A dict keeps the order in which its keys came.",
)
def by_the_order_of_a_set(stats: Counts) -> Pair:
    return max(set(stats), key=stats.__getitem__)


@TOP_PAIR.misconception(
    "of equally frequent pairs the one with the smaller ids wins",
    "Ties go to the pair that comes first in `stats`. Is something sorted here that should not be?",
)
def the_smallest_of_equals(stats: Counts) -> Pair:
    return max(sorted(stats), key=stats.__getitem__)


@TOP_PAIR.misconception(
    "going through a dict is taken to give keys and counts, so that each pair is taken apart",
    "`for pair, count in stats` goes through the keys only: pair is then the first id, and count the second. .items() "
    "gives both.",
)
def each_pair_is_taken_apart(stats: Counts) -> Any:
    best: Any = None
    for pair, count in stats:
        if best is None or count > stats[best]:
            best = pair
    return best


@TOP_PAIR.misconception(
    "going through a dict is taken to give keys and counts: the second id is taken for the count",
    "`for pair, count in stats` goes through the keys only: pair is then the first id, and count the second. .items() "
    "gives both.",
)
def the_second_id_is_the_count(stats: Counts) -> Any:
    best, most = None, -1
    for pair, count in stats:
        if count > most:
            best, most = pair, count
    return best


@TOP_PAIR.misconception(
    "the best count is kept where the best pair should be",
    "`best` is looked up in stats again, and returned: so which of the two must it be, the pair or its count?",
)
def the_count_is_kept(stats: Counts) -> Any:
    best: Any = None
    for _, count in stats.items():
        if best is None or count > stats[best]:
            best = count
    return best


@TOP_PAIR.misconception(
    "the count is returned in place of the pair",
    "The caller wants to merge: it needs to know which pair it is.",
)
def the_count_itself(stats: Counts) -> int:
    return max(stats.values())


@TOP_PAIR.misconception(
    "the pair is returned together with its count",
    "The exercise asks for the pair alone.",
)
def pair_and_count(stats: Counts) -> tuple[Pair, int]:
    pair = top_pair(stats)
    return pair, stats[pair]
