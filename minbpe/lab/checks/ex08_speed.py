"""Exercises 08: counts that several workers share, and the few counts that one merge changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import islice, pairwise
from random import Random
from typing import Any

from minbpe import merging
from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add, in_order
from minbpe.lab.checks.faults import Trial
from minbpe.lab.checks.nb03_merges import OUT_OF_PAIRS
from minbpe.lab.checks.nb05_regex_splitting import TRAIN_CHUNKS
from minbpe.lab.checks.nb08_speed import KEPT_COUNTS, MERGES_TO_LEARN, PART, drawn, many_letters, too_slow
from minbpe.lab.checks.runner import Caller, Code
from minbpe.lab.checks.telling import Told

Pair = tuple[int, int]
Counts = dict[str, int]

# --- add_counts


def add_counts(parts: list[Counts]) -> Counts:
    total: Counts = {}
    for part in parts:
        for chunk, count in part.items():
            total[chunk] = total.get(chunk, 0) + count
    return total


def draw_parts(rng: Random, size: int) -> Args:
    words = ["a", " a", "b", " the", "é", "", "\n", "0"]
    parts = []
    for _ in range(rng.randint(0, 4)):
        chosen = rng.sample(words, rng.randint(0, min(len(words), 1 + size // 4)))
        parts.append({word: rng.choice([1, 1, 2, 7]) for word in chosen})
    return (parts,)


ADD_COUNTS = add(
    Exercise(
        "add_counts",
        "08-speed",
        "add_counts(parts) -> dict",
        asked_in="exercises",
        passed="all counts added up, in the order of first occurrence, and the parts left as they were",
        hint="Begin with an empty dict. Go through the parts in order, and add each count to what is there.",
        reference=add_counts,
        same=in_order,
        cases=[
            *[([],), ([{}],), ([{"a": 1}],), ([{"a": 1}, {"a": 2}],), ([{"a": 1}, {"b": 2}],), ([{"b": 2}, {"a": 1}],)],
            *[([{"a": 1, "b": 1}, {"b": 5, "c": 1}],), ([{"b": 1}, {"a": 9, "b": 1}],), ([{}, {"a": 3}, {}],)],
            *[
                ([{"a": 1}, {"a": 1}, {"a": 1}],),
                ([{"é": 1, "": 2}, {"": 3}],),
                ([{"c": 1}, {"b": 1}, {"a": 1, "c": 7}],),
            ],
            ([{f"w{n}": n for n in range(40)}, {f"w{n}": 1 for n in range(60, 20, -1)}],),
        ],
        draw=draw_parts,
        returns=dict[str, int],
    )
)


def _adding(name: str, belief: str, hint: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return ADD_COUNTS.misconception(belief, hint, name)


@_adding(
    "a later count replaces an earlier one",
    "a later count replaces the earlier one",
    "`update` of a dict and | replace. The counts have to be added.",
)
def _replaced(parts: list[Counts]) -> Counts:
    total: Counts = {}
    for part in parts:
        total = total | part
    return total


@_adding(
    "the first part is used for the sum",
    "the first part is used for the sum, and so changed",
    "Its worker may still need it. Add into a new dict, or into a copy.",
)
def _into_the_first(parts: list[Counts]) -> Counts:
    if not parts:
        return {}
    total = parts[0]
    for part in parts[1:]:
        for chunk, count in part.items():
            total[chunk] = total.get(chunk, 0) + count
    return total


@_adding(
    "sorted by chunk",
    "the result is sorted by chunk",
    "Ties between pairs are decided by what comes first in the text. Keep the order of first occurrence.",
)
def _sorted(parts: list[Counts]) -> Counts:
    return dict(sorted(add_counts(parts).items()))


@_adding(
    "the most frequent first",
    "the result is sorted by count",
    "Ties between pairs are decided by what comes first in the text. `most_common` loses that order.",
)
def _most_common(parts: list[Counts]) -> Counts:
    return dict(Counter(add_counts(parts)).most_common())


@_adding(
    "the last part first",
    "a chunk stands where it came last, not where it came first",
    "Adding to a key that is there leaves it in its place. Do not take it out first, and go through the parts in "
    "order.",
)
def _last_place(parts: list[Counts]) -> Counts:
    total: Counts = {}
    for part in parts:
        for chunk, count in part.items():
            total[chunk] = total.pop(chunk, 0) + count
    return total


@_adding(
    "each part counts once",
    "each chunk counts once for each part that has it",
    "The number says how often the worker has seen it. Add that number.",
)
def _parts_counted(parts: list[Counts]) -> Counts:
    total: Counts = {}
    for part in parts:
        for chunk in part:
            total[chunk] = total.get(chunk, 0) + 1
    return total


@_adding(
    "only what all parts have",
    "only the chunks are kept that every part has",
    "Most chunks turn up in one part only. They belong to the sum, too.",
)
def _in_all(parts: list[Counts]) -> Counts:
    return {chunk: count for chunk, count in add_counts(parts).items() if all(chunk in part for part in parts)}


@_adding(
    "two parts only",
    "only the first two parts are added",
    "There can be any number of parts, even none.",
)
def _first_two(parts: list[Counts]) -> Counts:
    return add_counts(parts[:2])


# --- update_stats


def update_stats(
    stats: dict[Pair, int], left: int | None, pair: Pair, right: int | None, idx: int, weight: int
) -> None:
    changes: list[tuple[Pair, int]] = [(pair, -weight)]
    if left is not None:
        changes += [((left, pair[0]), -weight), ((left, idx), weight)]
    if right is not None:
        changes += [((pair[1], right), -weight), ((idx, right), weight)]
    for each, change in changes:
        stats[each] = stats.get(each, 0) + change


def draw_place(rng: Random, size: int) -> Args:
    kinds = rng.choice([[1, 2], [1, 2, 3], [97, 98, 99, 256]])
    a, b = rng.choice(kinds), rng.choice(kinds)
    left, right = (rng.choice([*kinds, 0, None]) for _ in range(2))
    weight = rng.choice([1, 1, 2, 5])
    row = [each for each in (left, a, b, right) if each is not None]
    stats: dict[Pair, int] = {}
    for here in pairwise(row):
        stats[here] = stats.get(here, 0) + weight
    for _ in range(rng.randint(0, 1 + size // 8)):
        other = rng.choice(kinds), rng.choice(kinds)
        stats[other] = stats.get(other, 0) + rng.choice([0, 1, 3])
    items = list(stats.items())
    rng.shuffle(items)
    return dict(items), left, (a, b), right, 300, weight


def possible_place(args: Args) -> bool:
    """Whether the counts hold what the row has at this place."""
    stats, left, pair, right, idx, weight = args
    row = [each for each in (left, *pair, right) if each is not None]
    counts = Counter(pairwise(row))
    return weight > 0 and idx not in row and all(stats.get(each, 0) >= counts[each] * weight for each in counts)


XABY = {(7, 1): 1, (1, 2): 1, (2, 8): 1}


def tell_unchanged(args: Args, expected: Any, got: Any) -> Told | None:
    """Whether the dict is as it was."""
    if got != args[0]:
        return None
    return Told(
        "nothing is changed",
        "`stats` is as it was before the call.",
        "Change the dict that you are given: a copy of it, or what you return, is not looked at.",
    )


UPDATE_STATS = add(
    Exercise(
        "update_stats",
        "08-speed",
        "update_stats(stats, left, pair, right, idx, weight) -> None",
        asked_in="exercises",
        passed="up to three counts go down, up to two go up, and all others stay",
        hint="Write the row down before and after: x a b y, and x Z y. Which pairs are gone, and which are new?",
        reference=update_stats,
        # The dict as it is afterwards, where a count of 0 may stay or go.
        through="""lambda answer, stats, *rest: (lambda stats: (
            answer(stats, *rest), {pair: count for pair, count in stats.items() if count}
        )[1])(dict(stats))""",
        written=lambda name, stats, *rest: f"stats = {stats}\n{name}(stats, {', '.join(rest)})\nstats",
        returns=dict[Pair, int],
        cases=[
            (dict(XABY), 7, (1, 2), 8, 300, 1),
            ({(1, 2): 1}, None, (1, 2), None, 300, 1),
            ({(1, 2): 1, (2, 8): 1}, None, (1, 2), 8, 300, 1),
            ({(7, 1): 1, (1, 2): 1}, 7, (1, 2), None, 300, 1),
            ({(7, 1): 5, (1, 2): 5, (2, 8): 5}, 7, (1, 2), 8, 300, 5),
            ({(7, 1): 9, (1, 2): 9, (2, 8): 9, (4, 4): 2}, 7, (1, 2), 8, 300, 2),
            ({(0, 1): 1, (1, 2): 1, (2, 0): 1}, 0, (1, 2), 0, 300, 1),
            ({(1, 1): 3}, 1, (1, 1), 1, 300, 1),
            ({(1, 1): 2, (1, 8): 1}, 1, (1, 1), 8, 300, 1),
            ({(2, 1): 2, (1, 2): 1}, 2, (1, 2), 1, 300, 1),
            ({(7, 1): 1, (1, 2): 2, (2, 8): 1, (7, 300): 4, (300, 8): 6}, 7, (1, 2), 8, 300, 1),
        ],
        draw=draw_place,
        possible=possible_place,
        tell=tell_unchanged,
    )
)

Update = Callable[[dict[Pair, int], int | None, Pair, int | None, int, int], Any]


def _updating(name: str, belief: str, hint: str) -> Callable[[Update], Update]:
    return UPDATE_STATS.misconception(belief, hint, name)


@_updating(
    "the new pairs are forgotten",
    "the pairs that go are counted down, and those that come are forgotten",
    "The new token has neighbours, too: (x, Z) and (Z, y).",
)
def _only_down(stats: dict[Pair, int], left: int | None, pair: Pair, right: int | None, idx: int, weight: int) -> None:
    before = dict(stats)
    update_stats(stats, left, pair, right, idx, weight)
    for new in ((left, idx), (idx, right)):
        if None not in new:
            stats[new] = before.get(new, 0)  # type: ignore[index, arg-type]


@_updating(
    "the old neighbours are forgotten",
    "only the pair itself is counted down, and not its neighbours",
    "With x a b y, the pairs (x, a) and (b, y) are gone as well.",
)
def _neighbours_stay(
    stats: dict[Pair, int], left: int | None, pair: Pair, right: int | None, idx: int, weight: int
) -> None:
    stats[pair] = stats.get(pair, 0) - weight
    for new in ((left, idx), (idx, right)):
        if None not in new:
            stats[new] = stats.get(new, 0) + weight  # type: ignore[index, arg-type]


@_updating(
    "the pair itself stays",
    "the merged pair keeps its count",
    "At this place the pair is gone, too.",
)
def _pair_stays(stats: dict[Pair, int], left: int | None, pair: Pair, right: int | None, idx: int, weight: int) -> None:
    update_stats(stats, left, pair, right, idx, weight)
    stats[pair] = stats.get(pair, 0) + weight


@_updating(
    "the pair is deleted",
    "the pair is taken out of the counts altogether",
    "This is one place of many. At the others it still stands: count it down by `weight`.",
)
def _pair_deleted(
    stats: dict[Pair, int], left: int | None, pair: Pair, right: int | None, idx: int, weight: int
) -> None:
    update_stats(stats, left, pair, right, idx, weight)
    stats.pop(pair, None)


@_updating(
    "every place weighs 1",
    "every count changes by 1, whatever the weight",
    "The row stands for a chunk that occurs `weight` times.",
)
def _weight_one(stats: dict[Pair, int], left: int | None, pair: Pair, right: int | None, idx: int, weight: int) -> None:
    update_stats(stats, left, pair, right, idx, 1)


@_updating(
    "an id 0 is no neighbour",
    "a neighbour with the id 0 is taken for none",
    "0 is false in Python, and an id like any other. Ask `is not None`.",
)
def _zero(stats: dict[Pair, int], left: int | None, pair: Pair, right: int | None, idx: int, weight: int) -> None:
    update_stats(stats, left or None, pair, right or None, idx, weight)


@_updating(
    "None is a neighbour",
    "None is counted as if it were an id",
    "None says that there is no neighbour on this side: then no pair goes there, and none comes.",
)
def _none(stats: dict[Pair, int], left: int | None, pair: Pair, right: int | None, idx: int, weight: int) -> None:
    for each, change in [
        (pair, -1),
        ((left, pair[0]), -1),
        ((pair[1], right), -1),
        ((left, idx), 1),
        ((idx, right), 1),
    ]:
        stats[each] = stats.get(each, 0) + change * weight  # type: ignore[index, arg-type]


@_updating(
    "the two sides are swapped",
    "left and right are swapped",
    "(left, pair[0]) on the left, (pair[1], right) on the right.",
)
def _swapped(stats: dict[Pair, int], left: int | None, pair: Pair, right: int | None, idx: int, weight: int) -> None:
    update_stats(stats, right, pair, left, idx, weight)


# --- stretch: fast_train_chunks

CHUNK = 8  # letters: the text of fast_train, cut into chunks of which hardly two are alike


def many_chunks(number: int) -> list[str]:
    text = many_letters(number)
    return [text[i : i + CHUNK] for i in range(0, len(text), CHUNK)]


def train_chunks_fast_enough(caller: Caller, rng: Random) -> Trial | None:
    number = drawn(rng)
    chunks, size = many_chunks(number), 256 + MERGES_TO_LEARN
    source, setup = f"many_chunks({number})", "from minbpe.lab.checks.ex08_speed import many_chunks"
    steps = islice(merging.learn_merges(Counter(chunk.encode() for chunk in chunks)), MERGES_TO_LEARN)
    part, few = chunks[: len(chunks) // PART], 256 + MERGES_TO_LEARN // PART
    return too_slow(
        caller,
        (Code(source, setup, many_chunks=many_chunks), size),
        {step.pair: step.idx for step in steps},
        lambda: inputs.naive_train([list(chunk.encode()) for chunk in part], few),
        PART * PART,
    )


FAST_TRAIN_CHUNKS = add(
    Exercise(
        "fast_train_chunks",
        "08-speed",
        "fast_train_chunks(chunks, vocab_size) -> dict",
        asked_in="exercises",
        passed="the merges of train_chunks, in less than a fifth of its time",
        hint="It must give exactly what train_chunks gives, ties included. Compare the two on a few chunks, merge by "
        "merge.",
        reference=TRAIN_CHUNKS.reference,
        returns=TRAIN_CHUNKS.returns,
        same=TRAIN_CHUNKS.same,
        cases=TRAIN_CHUNKS.cases,
        crashes=[
            OUT_OF_PAIRS,
            Crash(
                "a pair that is not there",
                "KeyError",
                r"^\(",
                "The dict does not hold that pair. It may be new, or gone already: which of the two can it be here?",
            ),
        ],
        draw=TRAIN_CHUNKS.draw,
        possible=TRAIN_CHUNKS.possible,
        more=train_chunks_fast_enough,
    )
)
FAST_TRAIN_CHUNKS.shares(TRAIN_CHUNKS, [each.name for each in TRAIN_CHUNKS.misconceptions], hints=KEPT_COUNTS)
