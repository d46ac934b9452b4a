"""Exercises 05: what a pattern would lose, digits in threes, and training on counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from random import Random

from minbpe import base
from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add, in_order
from minbpe.lab.checks.nb03_merges import OUT_OF_PAIRS, TRAIN, chunks_of, tell_merges
from minbpe.lab.checks.show import look
from minbpe.lab.checks.telling import Told

Merges = dict[tuple[int, int], int]

# --- lost_text


def lost_text(pattern: str, text: str) -> list[str]:
    lost, end = [], 0
    for match in re.finditer(pattern, text):
        lost.append(text[end : match.start()])
        end = match.end()
    return [part for part in [*lost, text[end:]] if part]


TRIED_PATTERNS = [
    *[r"\w+", r"[a-z]+", r" ?[a-z]+", r"\S+", r"a", r"ab", r"(\w)(\w*)", r"(?:a|b)+", r"\d{1,3}", r"a*", r"\b"],
    *[r"[^ ]+ ", r"(a)|(b)", r"\s+|\w+", r"[\s\S]"],
]

SIGNS = "|#,;~\0\n"  # that an answer may put in place of the matches, to cut the text there


def draw_pattern(rng: Random, size: int) -> Args:
    text = inputs.text(rng, size)
    for _ in range(rng.choice([0, 0, 1, 2])):
        place = rng.randint(0, len(text))
        text = text[:place] + rng.choice(SIGNS) + text[place:]
    return rng.choice(TRIED_PATTERNS), text


def tell_lost(args: Args, expected: list[str], got: list[str]) -> Told:
    """The first piece that is another one."""
    place = next((place for place, each in enumerate(zip(expected, got, strict=False)) if each[0] != each[1]), None)
    if place is not None:
        return Told(
            "another piece is lost",
            f"At place {place} of what came back stands {look(got[place])}. The next piece that no match holds is "
            f"{look(expected[place])}.",
            "Find that piece in the text. Where does the match before it end, and where does the next one begin?",
        )
    if len(got) < len(expected):
        return Told(
            "a piece is missing",
            f"{look(expected[len(got)])} is in no match, so it is lost as well, and it is not in what came back.",
            "Which part of your code should find that piece? Follow it to there.",
        )
    return Told(
        "a piece that is not lost",
        f"At the end stands {look(got[len(expected)])}, and no such piece is lost there.",
        "What puts it in? Only what stands outside of all matches is lost, and an empty piece is none.",
    )


LOST_TEXT = add(
    Exercise(
        "lost_text",
        "05-regex-splitting",
        "lost_text(pattern, text) -> list[str]",
        asked_in="exercises",
        passed="every piece between the matches, before the first and behind the last",
        hint="`finditer` gives the matches one by one; match.start() and match.end() say where. What lies between "
        "the end of "
        "one and the start of the next?",
        reference=lost_text,
        cases=[
            *[
                (r"\w+", ""),
                (r"\w+", "ab"),
                (r"\w+", "a b"),
                (r"\w+", "a, b"),
                (r"\w+", " a"),
                (r"\w+", "a!"),
                (r"a", "xyz"),
            ],
            *[
                (r"[a-z]+", "The Cat"),
                (r"(\w)(\w*)", "to be, or"),
                (r"(a)|(b)", "axb!"),
                (r"a*", "bab"),
                (r"\b", "to be, ok"),
            ],
            *[(r" ?[a-z]+", "one  two"), (r"a", "bab"), (r"ab", "ababxab"), (r"[a-z]+", "é😉e\u0301"), (r"a", "a\0a")],
            *[(r"[^ ]+ ", "the cat sat"), (r"[\s\S]", "a\nb"), (r"\d{1,3}", "1234 is 1234")],
            *[(r"a", "az"), (r"a", "za"), (r"\w+", "a ba"), (r"[a-z]+", "a|b#c"), (r"[a-z]+", "a\nb;c,d~")],
        ],
        draw=draw_pattern,
        keep=[0],
        possible=lambda args: bool(re.search(*args)),
        returns=list[str],
        tell=tell_lost,
        crashes=[
            Crash(
                "findall gives no matches",
                "AttributeError",
                r"'(str|tuple)' object has no attribute '(start|end|span|group)'",
                "`findall` gives what was found as text, without its place. `finditer` gives matches, which know it.",
            ),
            Crash(
                "a tuple of groups",
                "TypeError",
                r"must be str, not tuple|\(not \"tuple\"\)|expected str instance, tuple found",
                "With several groups in the pattern, `findall` gives tuples of what they hold. `finditer` gives "
                "matches, and each knows where it begins and ends.",
            ),
        ],
    )
)


@LOST_TEXT.misconception(
    "`re` is given the text first and the pattern second",
    "re.finditer(pattern, string): which of your two comes first?",
)
def text_and_pattern_swapped(pattern: str, text: str) -> list[str]:
    lost, end = [], 0
    for match in re.finditer(text, pattern):
        lost.append(text[end : match.start()])
        end = match.end()
    return [part for part in [*lost, text[end:]] if part]


@LOST_TEXT.misconception(
    "a | is put in the place of each match, and the text is cut at every |",
    "The text can hold that sign as well, or any other. `finditer` says where the matches are.",
)
def cut_at_a_sign(pattern: str, text: str) -> list[str]:
    return [part for part in re.sub(pattern, "|", text).split("|") if part]


@LOST_TEXT.misconception(
    "what the pattern finds is given, not what it leaves out",
    "`findall` keeps these. The exercise asks for the rest.",
)
def what_is_found(pattern: str, text: str) -> list[str]:
    return [match[0] for match in re.finditer(pattern, text) if match[0]]


@LOST_TEXT.misconception(
    "what stands behind the last match is forgotten",
    "After the loop something may be left: from the last end to the end of the text.",
)
def the_end_is_forgotten(pattern: str, text: str) -> list[str]:
    ends = [0, *(match.end() for match in re.finditer(pattern, text))]
    starts = [match.start() for match in re.finditer(pattern, text)]
    return [text[end:start] for end, start in zip(ends, starts, strict=False) if end < start]


@LOST_TEXT.misconception(
    "what stands before the first match is forgotten",
    "The first gap begins at 0.",
)
def the_beginning_is_forgotten(pattern: str, text: str) -> list[str]:
    ends = [match.end() for match in re.finditer(pattern, text)]
    starts = [match.start() for match in re.finditer(pattern, text)][1:]
    return [text[end:start] for end, start in zip(ends, [*starts, len(text)], strict=False) if end < start]


@LOST_TEXT.misconception(
    "empty pieces are kept",
    "Where one match follows the other, nothing is lost. Leave the empty strings out.",
)
def empty_pieces_too(pattern: str, text: str) -> list[str]:
    ends = [0, *(match.end() for match in re.finditer(pattern, text))]
    starts = [*(match.start() for match in re.finditer(pattern, text)), len(text)]
    return [text[end:start] for end, start in zip(ends, starts, strict=True)]


@LOST_TEXT.misconception(
    "all that is lost is joined into one piece",
    "Two gaps are two pieces: keep them apart.",
)
def one_piece(pattern: str, text: str) -> list[str]:
    return ["".join(lost_text(pattern, text))] if lost_text(pattern, text) else []


@LOST_TEXT.misconception(
    "the characters that are lost are given one by one",
    "What lies between two matches is one piece.",
)
def character_by_character(pattern: str, text: str) -> list[str]:
    return list("".join(lost_text(pattern, text)))


@LOST_TEXT.misconception(
    "the text is cut with re.split, whose result holds the groups of the pattern as well",
    "Try a pattern with parentheses: `re.split` keeps what the groups hold. `finditer` says where the matches are.",
)
def cut_by_split(pattern: str, text: str) -> list[str]:
    return [part for part in re.split(pattern, text) if part]


@LOST_TEXT.misconception(
    "each match is removed from the text wherever its letters stand",
    "`replace` removes them everywhere, also where the pattern did not match. Use the places of the matches.",
)
def removed_everywhere(pattern: str, text: str) -> list[str]:
    for found in dict.fromkeys(match[0] for match in re.finditer(pattern, text) if match[0]):
        text = text.replace(found, "\0\0")
    return [part for part in text.split("\0\0") if part]


# --- group_digits


def group_digits(number: str) -> list[str]:
    return re.findall(r"\d{1,3}(?=(?:\d{3})*$)", number)


GROUP_DIGITS = add(
    Exercise(
        "group_digits",
        "05-regex-splitting",
        "group_digits(number: str) -> list[str]",
        asked_in="exercises",
        passed="threes from the right, by a pattern",
        hint="One to three digits, if what follows them can be cut into threes: (?=…) looks ahead and takes nothing.",
        reference=group_digits,
        cases=[("1234567890"[: n % 10] + "1234567890" * (n // 10),) for n in [*range(1, 14), 0, 23]]
        + [("0",), ("000",), ("1000000",)],
        draw=lambda rng, size: ("".join(rng.choices("0123456789", k=rng.randint(0, size))),),
        returns=list[str],
        needs={
            (
                "findall",
                "finditer",
                "split",
                "sub",
                "match",
                "fullmatch",
                "search",
                "compile",
                "splititer",
            ): "Let a pattern do "
            "the work: `re.findall` gives everything that it finds. Slices are faster to write here, and of no use "
            "in a "
            "split pattern."
        },
    )
)


def _from_the_left(number: str) -> list[str]:
    return re.findall(r"\d{1,3}", number)


@GROUP_DIGITS.misconception(
    "the threes are counted from the left, as GPT-4 does it",
    "1234567 is read 1,234,567: the first group may be shorter, not the last.",
)
def from_the_left(number: str) -> list[str]:
    return _from_the_left(number)


GROUPED = (
    "the pattern has a group in round brackets, so `findall` gives what stands in the group",
    "`findall` gives whole matches only where the pattern has no group. (?:…) holds together like (…), and is none.",
)


@GROUP_DIGITS.misconception(*GROUPED)
def what_the_group_holds(number: str) -> list[str]:
    return re.findall(r"\d{1,3}(?=(\d{3})*$)", number)


@GROUP_DIGITS.misconception(*GROUPED)
def what_both_groups_hold(number: str) -> list[tuple[str, str]]:
    return re.findall(r"(\d{1,3})(?=(\d{3})*$)", number)


@GROUP_DIGITS.misconception(
    "groups of fewer than three digits are lost",
    "The first group has one, two or three digits.",
)
def only_full_groups(number: str) -> list[str]:
    return [group for group in group_digits(number) if len(group) == 3]


@GROUP_DIGITS.misconception(
    "every digit is a group of its own",
    "Up to three digits, {1,3}, belong together.",
)
def digit_by_digit(number: str) -> list[str]:
    return list(number)


@GROUP_DIGITS.misconception(
    "the groups come out from right to left",
    "Joined, the groups are the number again.",
)
def right_to_left(number: str) -> list[str]:
    return group_digits(number)[::-1]


@GROUP_DIGITS.misconception(
    "the digits inside each group are turned around",
    "Whoever turns the number around to cut it has to turn each group back as well.",
)
def groups_turned_around(number: str) -> list[str]:
    return [group[::-1] for group in group_digits(number)]


@GROUP_DIGITS.misconception(
    "a group is only found where three more digits follow",
    "The last group has nothing after it. What does * allow that + does not?",
)
def the_last_group_is_lost(number: str) -> list[str]:
    return group_digits(number)[:-1]


@GROUP_DIGITS.misconception(
    "commas are put in, and the groups are not given apart",
    "The exercise asks for a list of groups.",
)
def with_commas(number: str) -> list[str]:
    return [",".join(group_digits(number))] if number else []


@GROUP_DIGITS.misconception(
    "the groups are made of numbers, so zeros in front are lost",
    "int('007') is 7. The digits stay text.",
)
def zeros_are_lost(number: str) -> list[str]:
    return [str(int(group)) for group in group_digits(number)]


# --- stretch: train_on_counts


def naive(rows: list[list[int]], counts: list[int], vocab_size: int) -> Merges:
    merges: Merges = {}
    for idx in range(256, vocab_size):
        stats: dict[tuple[int, int], int] = {}
        for row, count in zip(rows, counts, strict=True):
            for pair in pairwise(row):
                stats[pair] = stats.get(pair, 0) + count
        if not stats:
            break
        pair = max(stats, key=stats.__getitem__)
        rows = [base.merge(row, pair, idx) for row in rows]
        merges[pair] = idx
    return merges


def in_full(counts: dict[str, int]) -> list[str]:
    """Each chunk as often as it occurs."""
    return [chunk for chunk, count in counts.items() for _ in range(count)]


def train_on_counts(counts: dict[str, int], vocab_size: int) -> Merges:
    return naive([list(chunk.encode("utf-8")) for chunk in counts], list(counts.values()), vocab_size)


def draw_counts(rng: Random, size: int) -> Args:
    chunks = re.findall(r" ?\w+|\s+|[^\w\s]+", inputs.text(rng, size))
    counts = Counter(chunks)
    times = rng.choice([[1], [1, 2], [1, 1, 2, 50]])
    return {chunk: counts[chunk] * rng.choice(times) for chunk in counts}, inputs.vocab_size(rng)


TRAIN_ON_COUNTS = add(
    Exercise(
        "train_on_counts",
        "05-regex-splitting",
        "train_on_counts(counts, vocab_size) -> dict",
        asked_in="exercises",
        passed="the merges of the whole text, and each different chunk looked at only once",
        hint="A pair inside a chunk that occurs 50 times occurs 50 times. What must be added to its count?",
        reference=train_on_counts,
        same=in_order,
        cases=[
            *[({}, 260), ({"ab": 1}, 256), ({"ab": 1}, 300), ({"ab": 3, "cd": 5}, 257), ({"ab": 3, "cd": 3}, 257)],
            *[({"abc": 1, "bc": 2}, 259), ({"aaa": 2, "bc": 3}, 258), ({"xy": 1, "xyz": 1, "zz": 9}, 260)],
            *[
                ({"the": 4, " the": 9, " them": 2}, 262),
                ({"한": 2, "é": 3}, 260),
                ({"ab": 2, "ba": 2, "": 5}, 258),
                ({"xab": 1, "cd": 2, "yab": 1}, 257),
                ({"cd": 3, "ab": 3}, 257),
                ({"ab": 5, "cdcd": 1}, 257),
                ({"ab": 2, "abx": 2, "cd": 5}, 257),
                ({"abab": 3, "cd": 7}, 257),
                ({"ab": 5, "cd": 9}, 257),
                ({"ab": 20, "cd": 50}, 257),
            ],
        ],
        draw=draw_counts,
        returns=dict[tuple[int, int], int],
        crashes=[OUT_OF_PAIRS],
        tell=lambda args, expected, got: tell_merges(chunks_of(in_full(args[0])), expected, got),
    )
)
TRAIN_ON_COUNTS.shares(
    TRAIN,
    [
        "larger ids win ties",
        "smaller ids win ties",
        "ties do not matter",
        "the merged ids are dropped",
        "never out of pairs",
        "counts are never emptied",
    ],
    lambda train: lambda counts, vocab_size: train(in_full(counts), vocab_size),
)


def _multiplied(others_too: bool, at_each_place: bool) -> Callable[[dict[str, int], int], Merges]:
    """An answer that multiplies what is in the counts already by how often the chunk occurs."""

    def answer(counts: dict[str, int], vocab_size: int) -> Merges:
        rows, merges = {chunk: list(chunk.encode("utf-8")) for chunk in counts}, Merges()
        for idx in range(256, vocab_size):
            stats: dict[tuple[int, int], int] = {}
            for chunk, row in rows.items():
                for pair in pairwise(row):
                    stats[pair] = (stats.get(pair, 0) + 1) * (counts[chunk] if at_each_place else 1)
                for pair in () if at_each_place else list(stats) if others_too else set(pairwise(row)):
                    stats[pair] *= counts[chunk]
            if not stats:
                break
            pair = max(stats, key=stats.__getitem__)
            rows = {chunk: base.merge(row, pair, idx) for chunk, row in rows.items()}
            merges[pair] = idx
        return merges

    return answer


MULTIPLIED = (
    "the counts that are there already are multiplied by how often the chunk occurs",
    "What comes from the chunks before it stays as it is. What does each place in this chunk add to it?",
)


def _counting(change: Callable[[dict[str, int]], dict[str, int]]) -> Callable[[dict[str, int], int], Merges]:
    return lambda counts, vocab_size: train_on_counts(change(counts), vocab_size)


for _name, _belief, _hint, _answer in [
    ("all counts are multiplied", *MULTIPLIED, _multiplied(others_too=True, at_each_place=False)),
    ("the counts of a chunk are multiplied", *MULTIPLIED, _multiplied(others_too=False, at_each_place=False)),
    ("a count is multiplied at each place", *MULTIPLIED, _multiplied(others_too=False, at_each_place=True)),
    (
        "each chunk counts once",
        "each chunk counts once, however often it occurs",
        "The dict says how often each chunk occurs. Where does that number come in?",
        _counting(lambda counts: dict.fromkeys(counts, 1)),
    ),
    (
        "chunks are sorted",
        "the chunks are taken in another order than that of the dict, so ties are decided differently",
        "Ties go to the pair that comes first in the text, and the dict is in that order.",
        _counting(lambda counts: dict(sorted(counts.items()))),
    ),
    (
        "the most frequent chunk first",
        "the chunks are sorted by their counts, so ties are decided differently",
        "`most_common` changes the order. Walk through the dict as it is.",
        _counting(lambda counts: dict(Counter(counts).most_common())),
    ),
    (
        "chunks are joined",
        "the chunks are joined to one text, so pairs reach across",
        "Keep a row of ids for each chunk: no pair begins in one and ends in the next.",
        lambda counts, vocab_size: naive(
            [list("".join(chunk * n for chunk, n in counts.items()).encode())], [1], vocab_size
        ),
    ),
    (
        "vocab size is the number of merges",
        "`vocab_size` is taken for the number of merges",
        "The vocabulary holds the 256 bytes as well.",
        lambda counts, vocab_size: train_on_counts(counts, vocab_size + 256),
    ),
    (
        "one merge too few",
        "one merge too few is made",
        "The new ids go from 256 up to, and without, vocab_size.",
        lambda counts, vocab_size: train_on_counts(counts, max(256, vocab_size - 1)),
    ),
]:
    TRAIN_ON_COUNTS.misconception(_belief, _hint, _name)(_answer)
