"""Exercises 03: a merge undone, and the smallest vocabulary that compresses so well."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from minbpe import base
from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add
from minbpe.lab.checks.nb03_merges import MERGE

Pair = tuple[int, int]

# --- unmerge


def unmerge(ids: list[int], pair: Pair, idx: int) -> list[int]:
    return [part for each in ids for part in (pair if each == idx else (each,))]


def draw_unmerge(rng: Random, size: int) -> Args:
    ids = inputs.ids(rng, size)
    pair = (rng.choice([1, 2, 97, 300]), rng.choice([1, 2, 98]))
    idx = rng.choice([*ids, 256, 70_000]) if ids else 256
    return ids, pair, idx


UNMERGE = add(
    Exercise(
        "unmerge",
        "03-merges",
        "unmerge(ids, pair, idx) -> list[int]",
        asked_in="exercises",
        passed="each new id has become its two halves again, and nothing else has changed",
        hint="Walk through the ids. What goes into the new list for the id that was merged, and what for every other?",
        reference=unmerge,
        cases=[
            *[([], (1, 2), 9), ([1, 2], (1, 2), 9), ([9], (1, 2), 9), ([9, 9], (1, 2), 9), ([3, 9, 3], (1, 2), 9)],
            *[
                ([9, 1], (1, 1), 9),
                ([9, 2], (9, 2), 9),
                ([9], (9, 9), 9),
                ([0, 5], (1, 2), 0),
                ([256, 97], (97, 97), 256),
            ],
            *[([70_000, 1], (1, 2), 70_000), ([1, 9, 2, 9], (2, 1), 9)],
            ([9, 4] * 30, (1, 2), 9),
        ],
        draw=draw_unmerge,
        returns=list[int],
    )
)


@UNMERGE.misconception(
    "the pair goes in as one item, a tuple inside the list",
    "`append` puts in one item. `extend` or += puts in both halves, one after the other.",
)
def the_pair_as_one(ids: list[int], pair: Pair, idx: int) -> list[int | Pair]:
    return [pair if each == idx else each for each in ids]


@UNMERGE.misconception(
    "only the first place is undone",
    "The id can stand there several times.",
)
def only_the_first_place(ids: list[int], pair: Pair, idx: int) -> list[int]:
    if idx not in ids:
        return list(ids)
    place = ids.index(idx)
    return [*ids[:place], *pair, *ids[place + 1 :]]


@UNMERGE.misconception(
    "the halves come out in the wrong order",
    "The left half first. `insert` at the same place puts the second in front of the first.",
)
def right_half_first(ids: list[int], pair: Pair, idx: int) -> list[int]:
    return unmerge(ids, (pair[1], pair[0]), idx)


@UNMERGE.misconception(
    "only one half comes back",
    "The row gets longer: for one id, two come out.",
)
def only_the_left_half(ids: list[int], pair: Pair, idx: int) -> list[int]:
    return [pair[0] if each == idx else each for each in ids]


@UNMERGE.misconception(
    "the pair becomes the id once more, and not the id the pair",
    "`merge` turns the pair into the id. This time the id becomes the pair.",
)
def merged_again(ids: list[int], pair: Pair, idx: int) -> list[int]:
    return base.merge(ids, pair, idx)


@UNMERGE.misconception(
    "a half that equals the id is taken apart again",
    "Each id of the list is looked at once. What was just put in is not looked at again.",
)
def halves_are_undone_again(ids: list[int], pair: Pair, idx: int) -> list[int]:
    once = unmerge(ids, pair, idx)
    return unmerge(once, pair, idx) if idx in pair else once


@UNMERGE.misconception(
    "two equal ids side by side count as one",
    "Each of them was a pair of its own.",
)
def neighbours_are_one(ids: list[int], pair: Pair, idx: int) -> list[int]:
    single = [each for place, each in enumerate(ids) if place == 0 or each != idx or ids[place - 1] != idx]
    return unmerge(single, pair, idx)


@UNMERGE.misconception(
    "every id from `idx` on is undone",
    "Only `idx` itself stands for the pair.",
)
def all_from_there_on(ids: list[int], pair: Pair, idx: int) -> list[int]:
    return [part for each in ids for part in (pair if each >= idx else (each,))]


# --- smallest_vocab


def _search(
    text: str,
    enough: Callable[[int, int], bool],
    start: int = 256,
    size: Callable[[str], int] = lambda text: len(text.encode("utf-8")),
) -> int:
    ids = list(text.encode("utf-8"))
    vocab_size = start
    while not enough(size(text), len(ids)):
        stats = base.get_stats(ids)
        if not stats:
            raise ValueError(f"bytes per token, with all pairs of this text merged: only {size(text) / len(ids):.3g}")
        ids = base.merge(ids, max(stats, key=stats.__getitem__), vocab_size)
        vocab_size += 1
    return vocab_size


def smallest_vocab(text: str, bytes_per_token: float) -> int:
    return _search(text, lambda size, tokens: size / tokens >= bytes_per_token)


def draw_search(rng: Random, size: int) -> Args:
    text = inputs.text(rng, size) or "ab"
    return text, rng.choice([0.5, 1, 1.25, 1.5, 2, 2.5, 3, 4, 100])


TONGUE_TWISTER = "she sells sea shells by the sea shore"

SMALLEST_VOCAB = add(
    Exercise(
        "smallest_vocab",
        "03-merges",
        "smallest_vocab(text, bytes_per_token) -> int",
        asked_in="exercises",
        passed="the smallest vocabulary that is enough, and ValueError where none is",
        hint="Begin with 256 and no merge. Is it enough? If not, make one merge more, and ask again.",
        reference=smallest_vocab,
        cases=[
            *[("a", 1), ("ab", 1), ("ab", 2), ("ab", 1.5), ("aaaa", 2), ("aaaa", 4), ("aaaa", 3), ("abcd", 0.5)],
            *[("aaabdaaabac", 1.5), ("aaabdaaabac", 2), ("aaabdaaabac", 2.5), ("aaabdaaabac", 11), ("a", 1.5)],
            *[("ab", 3), ("aaaa", 5), ("é", 2), ("ééé", 2), ("한국한국", 3), ("abab", 2)],
            *[(TONGUE_TWISTER, 1.5), (TONGUE_TWISTER, 2)],
        ],
        draw=draw_search,
        returns=int,
    )
)


@SMALLEST_VOCAB.misconception(
    "the number of merges is given, not the size of the vocabulary",
    "The vocabulary holds the 256 bytes as well.",
)
def the_number_of_merges(text: str, bytes_per_token: float) -> int:
    return smallest_vocab(text, bytes_per_token) - 256


@SMALLEST_VOCAB.misconception(
    "the target must be passed, and reaching it is not enough",
    "At least so many bytes per token: equal is enough.",
)
def more_than_the_target(text: str, bytes_per_token: float) -> int:
    return _search(text, lambda size, tokens: size / tokens > bytes_per_token)


@SMALLEST_VOCAB.misconception(
    "characters are counted, not bytes",
    "A token of a Korean text holds parts of characters. The measure is bytes per token: how many bytes has the text?",
)
def characters_per_token(text: str, bytes_per_token: float) -> int:
    return _search(text, lambda size, tokens: size / tokens >= bytes_per_token, size=len)


@SMALLEST_VOCAB.misconception(
    "one merge more than needed is made",
    "Ask before each merge whether the text is short enough already. 256 can be the answer.",
)
def one_merge_too_many(text: str, bytes_per_token: float) -> int:
    return smallest_vocab(text, bytes_per_token) + 1


@SMALLEST_VOCAB.misconception(
    "at least one merge is always made",
    "Without any merge, each byte is a token: one byte per token. That can be enough already.",
)
def at_least_one_merge(text: str, bytes_per_token: float) -> int:
    if len(text.encode("utf-8")) < 2:
        raise ValueError("no pair to merge")
    return max(257, smallest_vocab(text, bytes_per_token))


@SMALLEST_VOCAB.misconception(
    "where no vocabulary is enough, the largest that can be trained is given",
    "Nobody could tell it from an answer. The exercise asks for ValueError there.",
)
def the_largest_there_is(text: str, bytes_per_token: float) -> int:
    ids, vocab_size = list(text.encode("utf-8")), 256
    size = len(ids)
    while size / len(ids) < bytes_per_token and (stats := base.get_stats(ids)):
        ids = base.merge(ids, max(stats, key=stats.__getitem__), vocab_size)
        vocab_size += 1
    return vocab_size


@SMALLEST_VOCAB.misconception(
    "tokens per byte are compared, the ratio the other way round",
    "Bytes per token: the bytes of the text divided by the number of its tokens.",
)
def tokens_per_byte(text: str, bytes_per_token: float) -> int:
    return _search(text, lambda size, tokens: tokens / size <= bytes_per_token)


@SMALLEST_VOCAB.misconception(
    "the ratio is rounded down to a whole number",
    "`//` divides and drops the rest; `/` keeps it.",
)
def whole_numbers_only(text: str, bytes_per_token: float) -> int:
    return _search(text, lambda size, tokens: size // tokens >= bytes_per_token)


# --- stretch: merge_by_replace


def merge_by_replace(ids: list[int], pair: Pair, idx: int) -> list[int]:
    left, right = map(chr, pair)
    return list(map(ord, "".join(map(chr, ids)).replace(left + right, chr(idx))))


MERGE_BY_REPLACE = add(
    Exercise(
        "merge_by_replace",
        "03-merges",
        "merge_by_replace(ids, pair, idx) -> list[int]",
        asked_in="exercises",
        passed="what merge gives, by nothing but a replacement in a text",
        hint='`"".join(map(chr, ids))` makes a text of the ids. What are the pair and the new id in that text?',
        reference=merge_by_replace,
        own=[base.merge],
        cases=MERGE.cases,
        draw=MERGE.draw,
        returns=list[int],
        needs={"replace": "The point of this one is to let `str.replace` do the walking."},
        keep=MERGE.keep,
        crashes=[
            Crash(
                "a pair is no text",
                "TypeError",
                r"replace\(\) argument \d must be str",
                "`replace` wants text: the pair as two characters, one behind the other, and the new id as one.",
            )
        ],
    )
)


@MERGE_BY_REPLACE.misconception(
    "the ids are replaced in the digits that Python writes for them, where the 1 is in 11 as well",
    "One character for each id, made by `chr`: then no id can be found inside of another.",
)
def in_the_digits(ids: list[int], pair: Pair, idx: int) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", str(ids).replace(f"{pair[0]}, {pair[1]}", str(idx)))]


MERGE_BY_REPLACE.shares(
    MERGE,
    [each.name for each in MERGE.misconceptions],
    hints={
        "a merge reuses what it consumed": "`replace` uses each character once: in 'aaa' it finds 'aa' once. What else "
        "goes over the ids?",
        "only the first occurrence": "`replace` takes all places, unless a third argument says how many.",
        "from right to left": "`replace` goes from left to right. Is something turned around before it?",
        "the last id is lost": "`replace` loses nothing. Is the last id in the text, and on the way back?",
        "no pair is ever found": "A text does not change: `replace` gives a new one. And does what you look for stand "
        "in the text? Print both.",
        "the last pair is missed": "`replace` looks through the whole text. Are all the ids in it?",
        "the next id is skipped": "Two characters are replaced by one. How many are there in what you look for?",
        "pairs at even places": "`replace` finds the pair anywhere. Are the ids cut into twos before it?",
        "the second half stays": "Two characters become one: which do you look for, and what do you put in?",
        "either way round": "(1, 2) is not (2, 1): one of the two replacements is too many.",
        "ids are bytes": "Ids go on beyond 255, and bytes do not. What gives a character for each number?",
        "not even neighbours": "Look for the two characters together, as one text: nothing can stand between them.",
    },
)
