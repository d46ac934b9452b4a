"""Exercises 02: where a pair stands, and the first few of the most frequent."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from minbpe import base
from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add
from minbpe.lab.checks.limits import lean
from minbpe.lab.checks.runner import Code

Pair = tuple[int, int]
Counts = dict[Pair, int]

# --- pair_places


def pair_places(ids: list[int], pair: Pair) -> list[int]:
    return [place for place, here in enumerate(pairwise(ids)) if here == pair]


def draw_pair(rng: Random, size: int) -> Args:
    ids = inputs.ids(rng, size)
    if len(ids) > 1 and rng.random() < 0.8:
        place = rng.randrange(len(ids) - 1)
        return ids, (ids[place], ids[place + 1])
    return ids, (rng.choice([1, 2, 97]), rng.choice([1, 2, 98]))


PAIR_PLACES = add(
    Exercise(
        "pair_places",
        "02-pairs",
        "pair_places(ids, pair) -> list[int]",
        asked_in="exercises",
        passed="every place, overlaps too, in order",
        hint="Walk along the ids with two fingers. Note the place of the left finger each time the two show the pair.",
        reference=pair_places,
        cases=[
            *[([], (1, 2)), ([1], (1, 2)), ([1, 2], (1, 2)), ([2, 1], (1, 2)), ([1, 2, 3, 1, 2], (1, 2))],
            *[([1, 1, 1], (1, 1)), ([1, 1, 1, 1], (1, 1)), ([1, 2, 1, 2, 1], (2, 1)), ([1, 3, 2], (1, 2))],
            *[([3, 1, 2], (1, 2)), ([0, 0, 7], (0, 0)), ([70_000, 70_001], (70_000, 70_001)), ([2, 5, 1], (1, 2))],
            ([1, 2] * 30, (2, 1)),
        ],
        draw=draw_pair,
        returns=list[int],
    )
)


@PAIR_PLACES.misconception(
    "no place is ever found",
    "What do you compare? A slice of a list is a list, and a list is never equal to a tuple.",
)
def nothing_is_found(ids: list[int], pair: Pair) -> list[int]:
    return []


@PAIR_PLACES.misconception(
    "a place that overlaps the one before it is left out",
    "Looking takes nothing away: in [1, 1, 1] the pair (1, 1) stands at 0 and at 1.",
)
def places_do_not_overlap(ids: list[int], pair: Pair) -> list[int]:
    places, i = [], 0
    while i + 1 < len(ids):
        here = (ids[i], ids[i + 1]) == pair
        places += [i] * here
        i += 2 if here else 1
    return places


@PAIR_PLACES.misconception(
    "places are counted from 1",
    "Python counts places from 0: ids[place] should be the left half of the pair.",
)
def places_from_one(ids: list[int], pair: Pair) -> list[int]:
    return [place + 1 for place in pair_places(ids, pair)]


@PAIR_PLACES.misconception(
    "the place of the right half is given",
    "Where does the pair begin? `enumerate` may start one too late.",
    name="the place of the right half, as 1 would be",
)
def the_right_half(ids: list[int], pair: Pair) -> list[int]:
    return [i for i in range(len(ids)) if (ids[i - 1], ids[i]) == pair]


@PAIR_PLACES.misconception(
    "only the first place is found",
    "The pair can stand there again. Does a `return` or an `index` end the search?",
)
def the_first_place(ids: list[int], pair: Pair) -> list[int]:
    return pair_places(ids, pair)[:1]


@PAIR_PLACES.misconception(
    "the pair of the last two ids is never looked at",
    "n ids have n - 1 pairs; the last one begins at n - 2. Where does your range end?",
)
def the_last_pair_is_missed(ids: list[int], pair: Pair) -> list[int]:
    return pair_places(ids[:-1], pair)


@PAIR_PLACES.misconception(
    "the order of the two ids is not looked at",
    "(1, 2) and (2, 1) are two pairs.",
)
def either_order(ids: list[int], pair: Pair) -> list[int]:
    return [place for place, here in enumerate(pairwise(ids)) if sorted(here) == sorted(pair)]


@PAIR_PLACES.misconception(
    "the ids are looked at in pairs of two, at the even places only",
    "The second and the third id are neighbours, too.",
)
def even_places_only(ids: list[int], pair: Pair) -> list[int]:
    return [place for place in pair_places(ids, pair) if place % 2 == 0]


@PAIR_PLACES.misconception(
    "the places are counted, not given",
    "The exercise asks where the pair stands: a list of places.",
)
def how_many(ids: list[int], pair: Pair) -> list[int]:
    return [len(pair_places(ids, pair))]


@PAIR_PLACES.misconception(
    "the last id and the first are taken for neighbours",
    "The ids are a row, not a ring. Does ids[i - 1] come up where i is 0?",
)
def a_ring(ids: list[int], pair: Pair) -> list[int]:
    return [i for i in range(len(ids)) if (ids[i], ids[(i + 1) % len(ids)]) == pair]


# --- top_pairs


def top_pairs(stats: Counts, n: int) -> list[Pair]:
    return sorted(stats, key=stats.__getitem__, reverse=True)[:n]


def draw_ranking(rng: Random, size: int) -> Args:
    items = list(base.get_stats([*inputs.ids(rng, size), 1, 2]).items())
    rng.shuffle(items)
    return dict(items), rng.randint(0, len(items) + 1)


TIED = {(5, 1): 2, (2, 9): 3, (9, 0): 2, (4, 4): 3, (1, 1): 2}

TOP_PAIRS = add(
    Exercise(
        "top_pairs",
        "02-pairs",
        "top_pairs(stats, n) -> list[tuple[int, int]]",
        asked_in="exercises",
        passed="the n most frequent, and of equally frequent ones the first in the dict comes first",
        hint="`sorted` has the arguments `key` and `reverse`, and leaves what is equal in the order in which it came.",
        reference=top_pairs,
        cases=[
            *[({}, 3), ({(1, 2): 1}, 0), ({(1, 2): 1}, 1), ({(1, 2): 1}, 5), ({(1, 2): 1, (3, 4): 2}, 1)],
            *[({(1, 2): 1, (3, 4): 2}, 2), ({(3, 4): 2, (1, 2): 2}, 1), ({(1, 2): 2, (3, 4): 2}, 1)],
            *[(TIED, n) for n in (1, 2, 3, 4, 5, 9)],
            ({(0, 0): 1000, (0, 1): 999, (9, 9): 5}, 2),
            ({(left, 9): left * 7 % 31 for left in range(40)}, 7),
        ],
        draw=draw_ranking,
        returns=list[Pair],
    )
)


@TOP_PAIRS.misconception(
    "the rarest pairs come first",
    "Which way round does `sorted` go, and how is it turned around?",
)
def the_rarest_first(stats: Counts, n: int) -> list[Pair]:
    return sorted(stats, key=stats.__getitem__)[:n]


@TOP_PAIRS.misconception(
    "of equally frequent pairs the last in the dict comes first",
    "Turning a finished list around turns the ties around as well. `reverse=True` does not.",
)
def ties_turned_around(stats: Counts, n: int) -> list[Pair]:
    return sorted(stats, key=stats.__getitem__)[::-1][:n]


@TOP_PAIRS.misconception(
    "of equally frequent pairs the one with the larger ids comes first",
    "A pair (count, ids) compares the ids too when the counts are equal. Compare the counts only.",
)
def larger_ids_first(stats: Counts, n: int) -> list[Pair]:
    return sorted(stats, key=lambda pair: (stats[pair], pair), reverse=True)[:n]


@TOP_PAIRS.misconception(
    "of equally frequent pairs the one with the smaller ids comes first",
    "Ties go to the pair that stands first in `stats`, whatever its ids.",
)
def smaller_ids_first(stats: Counts, n: int) -> list[Pair]:
    return sorted(stats, key=lambda pair: (-stats[pair], pair))[:n]


@TOP_PAIRS.misconception(
    "the counts are given along with the pairs",
    "`top_pair` gives the pair alone, and so does `top_pairs`: a list of pairs.",
)
def with_their_counts(stats: Counts, n: int) -> list[tuple[Pair, int]]:
    return [(pair, stats[pair]) for pair in top_pairs(stats, n)]


@TOP_PAIRS.misconception(
    "the first pairs of the dict are given, whatever their counts",
    "A dict keeps the order in which its keys came, not the order of their counts.",
)
def the_first_of_the_dict(stats: Counts, n: int) -> list[Pair]:
    return list(stats)[:n]


@TOP_PAIRS.misconception(
    "the pairs are sorted by their ids, not by their counts",
    "`sorted` over a dict compares its keys, unless `key` tells it to compare something else.",
)
def by_their_ids(stats: Counts, n: int) -> list[Pair]:
    return sorted(stats, reverse=True)[:n]


KEYS_ONLY = "Going through a dict gives its keys only: `item[1]` is then the second id of a pair. .items() gives both."


@TOP_PAIRS.misconception("the second id of a pair is taken for its count", KEYS_ONLY)
def by_the_second_id(stats: Counts, n: int) -> list[Pair]:
    return sorted(stats, key=lambda item: item[1], reverse=True)[:n]


@TOP_PAIRS.misconception("each pair is taken apart, and its second id is taken for its count", KEYS_ONLY)
def each_pair_is_taken_apart(stats: Counts, n: int) -> list[int]:
    return [left for left, _ in by_the_second_id(stats, n)]


@TOP_PAIRS.misconception(
    "all pairs are given, not only n of them",
    "The exercise asks for the first n. A slice cuts a list.",
)
def all_of_them(stats: Counts, n: int) -> list[Pair]:
    return top_pairs(stats, len(stats))


@TOP_PAIRS.misconception(
    "one pair too many is given",
    "The slice [:n] has n items: from 0 up to, and without, n.",
)
def one_too_many(stats: Counts, n: int) -> list[Pair]:
    return top_pairs(stats, n + 1)


@TOP_PAIRS.misconception(
    "the nth pair is given alone",
    "The exercise asks for the n most frequent, a list of n pairs.",
)
def only_the_nth(stats: Counts, n: int) -> list[Pair]:
    return top_pairs(stats, n)[-1:]


# --- stretch: get_stats_in_pieces


def get_stats_in_pieces(pieces: list[list[int]]) -> Counts:
    counts: Counts = {}
    last: list[int] = []
    for piece in pieces:
        base.get_stats([*last, *piece], counts)
        last = [*last, *piece][-1:]
    return counts


def _pieces(*pieces: list[int]) -> Args:
    return (Code(f"iter({list(pieces)!r})"),)


def draw_pieces(rng: Random, size: int) -> Args:
    ids, pieces = inputs.ids(rng, size), []
    while ids:
        length = rng.choice([0, 1, 1, 2, 3, 7])
        pieces.append(ids[:length])
        ids = ids[length:]
    return _pieces(*pieces)


def draw_long(rng: Random) -> Args:
    """A hundred thousand ids or so, made as they are asked for: all of them take three times the memory that is
    allowed."""
    first, step, kinds = rng.randint(1, 99), rng.randint(1, 99), rng.randint(7, 11)
    length, number = rng.randint(900, 1100), rng.randint(95, 105)
    return (Code(f"([(i * {first} + j * {step}) % {kinds} for j in range({length})] for i in range({number}))"),)


GET_STATS_IN_PIECES = add(
    Exercise(
        "get_stats_in_pieces",
        "02-pairs",
        "get_stats_in_pieces(pieces) -> dict",
        asked_in="exercises",
        passed="every pair counted, those across the seams too, and no more than a piece held at a time",
        hint="Which pair is in neither of two neighbouring pieces? What is the least that you must remember of a piece "
        "to count it?",
        reference=get_stats_in_pieces,
        cases=[
            *[_pieces(), _pieces([]), _pieces([1]), _pieces([1, 2]), _pieces([1], [2]), _pieces([1, 2], [3, 4])],
            _pieces([1, 2], [3]),
            *[_pieces([1, 1], [1]), _pieces([1], [1], [1]), _pieces([1, 2], [], [3]), _pieces([], [1], [], [], [2])],
            *[_pieces([1, 2, 3], [1, 2, 3], [1]), _pieces([0], [0], [5, 0]), _pieces([1, 2, 3, 4])],
            _pieces(*([i, i + 1, i] for i in range(40))),
        ],
        draw=draw_pieces,
        crashes=[
            Crash(
                "pieces come one at a time",
                "TypeError",
                r"(iterator|generator)'( object)? (has no len|is not subscriptable)",
                "The pieces come one at a time, and nobody knows yet how many: go through them with `for`.",
            )
        ],
        returns=dict[Pair, int],
        more=lean(
            draw_long,
            get_stats_in_pieces,
            1 << 18,
            "The counts are right. But on a long row it holds all the pieces, or all their pairs, at the same time.",
            "Count a piece, and let it go before you ask for the next. Does a list grow with the row?",
        ),
    )
)


@GET_STATS_IN_PIECES.misconception(
    "the pair across a seam is lost",
    "Write down [1, 2], [3, 4]. Which pair is in neither piece?",
)
def seams_are_lost(pieces: list[list[int]]) -> Counts:
    counts: Counts = {}
    for piece in pieces:
        base.get_stats(piece, counts)
    return counts


@GET_STATS_IN_PIECES.misconception(
    "an empty piece makes the pair around it get lost",
    "An empty piece has no last id of its own; the last one of the piece before it still stands there.",
)
def an_empty_piece_forgets(pieces: list[list[int]]) -> Counts:
    counts: Counts = {}
    last: list[int] = []
    for piece in pieces:
        base.get_stats([*last, *piece], counts)
        last = piece[-1:]
    return counts


@GET_STATS_IN_PIECES.misconception(
    "an id 0 at the end of a piece is taken for none",
    "0 is false in Python, and an id like any other. Ask `is None`.",
)
def zero_is_no_id(pieces: list[list[int]]) -> Counts:
    counts: Counts = {}
    last = None
    for piece in pieces:
        base.get_stats([last, *piece] if last else piece, counts)
        last = piece[-1] if piece else last
    return counts


@GET_STATS_IN_PIECES.misconception(
    "the last pair of a piece is counted again with the next piece",
    "One id is enough to remember. With two, their pair is counted twice.",
)
def the_last_pair_twice(pieces: list[list[int]]) -> Counts:
    counts: Counts = {}
    last: list[int] = []
    for piece in pieces:
        base.get_stats([*last, *piece], counts)
        last = [*last, *piece][-2:]
    return counts


@GET_STATS_IN_PIECES.misconception(
    "only the pairs inside of the last piece are given",
    "The counts go on from piece to piece: where is the dict made that holds them all? And which pair is in neither of "
    "two neighbouring pieces?",
)
def only_the_last_piece(pieces: list[list[int]]) -> Counts:
    counts: Counts = {}
    for piece in pieces:
        counts = base.get_stats(piece)
    return counts


@GET_STATS_IN_PIECES.misconception(
    "the counts of each piece replace those before it",
    "The counts go on from piece to piece: one dict for all of them.",
)
def counts_are_replaced(pieces: list[list[int]]) -> Counts:
    counts: Counts = {}
    last: list[int] = []
    for piece in pieces:
        counts = base.get_stats([*last, *piece])
        last = [*last, *piece][-1:]
    return counts


@GET_STATS_IN_PIECES.misconception(
    "the last id and the first of a piece are taken for neighbours",
    "Each seam is between the last id of a piece and the first of the next one.",
)
def each_piece_a_ring(pieces: list[list[int]]) -> Counts:
    counts: Counts = {}
    for piece in pieces:
        base.get_stats([*piece, *piece[:1]], counts)
    return counts
