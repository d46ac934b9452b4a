"""08-speed: the same results, without looking at the whole text again for each merge.

fast_train and fast_encode are tried for being right first, on the inputs of train and encode. Then on a
long text, on which the naive loop would need RATIO times what is allowed. How long that would be is
measured on a part of it, here and now, so that the limit means the same on every machine; and it is processor
time, so that it does not matter what else the machine is doing. Keeping counts and places up to date gains a
factor of 10 to 40; a naive loop written with tricks gains 2 or 3.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, lru_cache
from heapq import heappop, heappush
from itertools import islice, pairwise
from random import Random
from typing import Any

from minbpe import base, basic, corpora, merging, patterns
from minbpe.lab.checks import inputs, runner
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add, in_order
from minbpe.lab.checks.faults import RUN_IT, Problem, Trial, where
from minbpe.lab.checks.nb03_merges import OUT_OF_PAIRS, TRAIN, Merges, Pair
from minbpe.lab.checks.nb04_encode_decode import ENCODE
from minbpe.lab.checks.runner import Caller, Code, Outcome, Step
from minbpe.lab.checks.telling import Told
from minbpe.regex import RegexTokenizer

RATIO = 5
TRIES = 2  # a machine can be busy for a moment: the best of so many counts

TOO_DEEP = "Python allows about a thousand calls inside of each other. For a long text, write a loop in their place."
SETUP = "from minbpe.lab.checks.nb08_speed import {}"

# --- count_chunks

GPT2 = patterns.GPT2_SPLIT_PATTERN
WORDS = r" ?\w+|\s+|[^\w\s]+"


def findall(pattern: str, text: str) -> list[str]:
    import regex  # not above: in the browser, the other checks must load without it

    return regex.findall(pattern, text)


def count_chunks(texts: Iterable[str], pattern: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(findall(pattern, text))
    return dict(counts)


def draw_texts(rng: Random, size: int) -> Args:
    texts = [inputs.text(rng, size // 2) for _ in range(rng.randint(0, 4))]
    pattern = rng.choice([GPT2, WORDS, patterns.CL100K_SPLIT_PATTERN])
    return (texts if rng.random() < 0.7 else Code(f"iter({texts!r})")), pattern


COUNT_CHUNKS = add(
    Exercise(
        "count_chunks",
        "08-speed",
        "count_chunks(texts, pattern) -> dict[str, int]",
        passed="every chunk of every text counted, one text at a time",
        hint="For each text: find all matches of the pattern, and count them into the same dict.",
        reference=count_chunks,
        own=[RegexTokenizer._count_chunks],
        returns=dict[str, int],
        same=in_order,
        cases=[
            ([], WORDS),
            ([""], WORDS),
            (["a"], WORDS),
            (["a", "a"], WORDS),
            (["a a a"], WORDS),
            (["ab", "cd"], WORDS),
            (["a  b"], WORDS),
            (["a b", " a"], WORDS),
            (["The the"], WORDS),
            (["a1"], r"[a-z]+|[0-9]+"),
            (["don't"], GPT2),
            ([" a"], GPT2),
            (Code("iter(['a b', 'b'])"), WORDS),
            (["a", "b", "a", "c a", "d"], WORDS),
            (["a\n", "b\n"], WORDS),
            (["An apple, a pear"], r"[a-z]+"),
            (["cafe\u0301 e\u0301"], WORDS),
            ([inputs.ODD], WORDS),
            ([" ".join(map(str, range(60)))], WORDS),
            (["b a a a b c"], WORDS),
            (["ab " * 400, "It's 1 of 4,000 words. " * 500], GPT2),
            (["三人 a\x1cb"], WORDS),
        ],
        draw=draw_texts,
        keep=[1],
    )
)


@COUNT_CHUNKS.misconception(
    "the texts are joined before they are split",
    "Where one text ends and the next begins there is a cut: 'ab' and 'cd' are not 'abcd'. Split each separately.",
)
def texts_are_joined(texts: Iterable[str], pattern: str) -> dict[str, int]:
    return count_chunks(["".join(texts)], pattern)


@COUNT_CHUNKS.misconception(
    "a chunk is counted once a text, however often it stands there",
    "The count decides which pair is merged first, so each occurrence counts.",
)
def once_a_text(texts: Iterable[str], pattern: str) -> dict[str, int]:
    return Counter(chunk for text in texts for chunk in set(findall(pattern, text)))


@COUNT_CHUNKS.misconception(
    "every chunk has the count one",
    "The same chunk comes again: one more than what is there.",
)
def every_count_is_one(texts: Iterable[str], pattern: str) -> dict[str, int]:
    return dict.fromkeys(count_chunks(texts, pattern), 1)


@COUNT_CHUNKS.misconception(
    "the text is split at white space, not by the pattern",
    "What a chunk is, `pattern` says: its matches are the chunks, spaces and signs among them.",
)
def split_at_white_space(texts: Iterable[str], pattern: str) -> dict[str, int]:
    return Counter(chunk for text in texts for chunk in text.split())


@COUNT_CHUNKS.misconception(
    "the chunks are stripped of their spaces",
    "' the' and 'the' are two different chunks, and become different tokens.",
)
def chunks_are_stripped(texts: Iterable[str], pattern: str) -> dict[str, int]:
    return Counter(chunk.strip() or chunk for text in texts for chunk in findall(pattern, text))


@COUNT_CHUNKS.misconception(
    "capitals and small letters are counted together",
    "A tokenizer gives back exactly what it was given: 'The' and 'the' are different bytes.",
)
def capitals_do_not_matter(texts: Iterable[str], pattern: str) -> dict[str, int]:
    return Counter(chunk.lower() for text in texts for chunk in findall(pattern, text))


@COUNT_CHUNKS.misconception(
    "the chunks stand in the order of their counts, not in that in which they came",
    "Training gives ties to what came first, so the order is a part of the result: that of the first occurrence, as "
    "a dict "
    "keeps it by itself.",
)
def most_common_first(texts: Iterable[str], pattern: str) -> dict[str, int]:
    counts = count_chunks(texts, pattern)
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


@COUNT_CHUNKS.misconception(
    "the chunks are sorted",
    "Training gives ties to what came first, so the order is a part of the result: that of the first occurrence, as "
    "a dict "
    "keeps it by itself.",
)
def sorted_chunks(texts: Iterable[str], pattern: str) -> dict[str, int]:
    return dict(sorted(count_chunks(texts, pattern).items()))


@COUNT_CHUNKS.misconception(
    "only the first text is counted",
    "Where does the return stand: in the loop over the texts, or after it?",
)
def the_first_text_only(texts: Iterable[str], pattern: str) -> dict[str, int]:
    return count_chunks(list(texts)[:1], pattern)


@COUNT_CHUNKS.misconception(
    "the counts of the last text replace those before",
    "One dict for all texts: make it before the loop, and add to it in the loop.",
)
def the_last_text_only(texts: Iterable[str], pattern: str) -> dict[str, int]:
    return count_chunks(list(texts)[-1:], pattern)


@COUNT_CHUNKS.misconception(
    "the pattern is always that of GPT-4",
    "The pattern is an argument: use the one that is given.",
)
def always_the_same_pattern(texts: Iterable[str], pattern: str) -> dict[str, int]:
    return count_chunks(texts, patterns.GPT4_SPLIT_PATTERN)


# --- how fast


def processor_seconds(function: Callable[[], Any]) -> float:
    """Under the same watch as an answer: it may cost time."""
    started = time.process_time()
    runner.run(function, math.inf)
    return time.process_time() - started


def too_slow(caller: Caller, args: Args, expected: Any, naive: Callable[[], Any], times: float) -> Trial | None:
    """A failed trial when the answer needs more than a RATIO-th of the processor time of the naive loop.

    The naive loop is measured on a part of the work, of which the whole is `times` as much.
    """
    problem = None
    for _ in range(TRIES):
        limit = processor_seconds(naive) * times / RATIO
        outcome = caller.call([Step(args)], 2 * runner.SECONDS, processor=limit)
        if outcome.stopped != "time":
            break
    if outcome.stopped == "time":
        problem = Problem(
            "too slow",
            "It is right on all that was tried. But on this long text it takes more than a fifth of the time of the "
            "naive loop.",
            "What does each step look at again, though nothing has changed there? Keep it, and touch only what a "
            "merge changes.",
        )
    else:
        problem = _on_a_long_text(outcome, expected)
    return Trial(args, Outcome(value=expected), outcome, problem) if problem else None


def _on_a_long_text(outcome: Outcome, expected: Any) -> Problem | None:
    if outcome.stopped == "memory":
        return Problem("memory", "On this long text it took more and more memory, so it was stopped.")
    if outcome.error is not None:
        return Problem(
            "raises",
            f"On this long text it raised {outcome.error.kind}: {outcome.error.message}{where(outcome.error)}",
            TOO_DEEP if outcome.error.kind == "RecursionError" else RUN_IT,
        )
    if outcome.value == expected:
        return None
    return Problem(
        "",
        "On this long text the result is not the right one.",
        "It was right on all short texts that were tried: does a count or a place get out of step after many merges?",
        "wrong on a long text",
    )


# --- fast_train

LETTERS, SPREAD = 40_000, 500  # characters, and so many more at the most
MERGES_TO_LEARN = 300
PART = 20  # the naive loop is measured on a text and a number of merges that are so many times smaller


@lru_cache(maxsize=4)
def many_letters(number: int) -> str:
    """The text of that number: letters drawn by lot. It hardly gets shorter with each merge, so the naive loop never
    gets faster."""
    return "".join(Random(number).choices("etaoinshrdlucmfwypvbgkjqxz", k=LETTERS + number % SPREAD))


def drawn(rng: Random) -> int:
    """The number of a text, of so many that nobody can know what is learned from it beforehand."""
    return rng.randrange(10**9)


def learned(text: str, number: int) -> Merges:
    return {step.pair: step.idx for step in islice(merging.learn_merges({text.encode(): 1}), number)}


def train_fast_enough(caller: Caller, rng: Random) -> Trial | None:
    """First as many merges as a text allows, then the speed."""
    number = drawn(rng)
    whole = Code(f"many_letters({number})", SETUP.format("many_letters"), many_letters=many_letters)
    args: Args = (Code(f"{whole.source}[:1080]", whole.setup, **whole.names), 1300)
    expected = learned(many_letters(number)[:1080], 1044)
    outcome = caller.call([Step(args)])
    if not outcome.stopped and (problem := _on_a_long_text(outcome, expected)):
        return Trial(args, Outcome(value=expected), outcome, problem)
    text, size = many_letters(number), 256 + MERGES_TO_LEARN
    part, few = text[: LETTERS // PART], 256 + MERGES_TO_LEARN // PART
    return too_slow(
        caller,
        (whole, size),
        learned(text, MERGES_TO_LEARN),
        lambda: inputs.naive_train([list(part.encode())], few),
        PART * PART,
    )


def quick_train(text: str, vocab_size: int) -> Merges:
    steps = islice(merging.learn_merges({text.encode("utf-8"): 1}), max(0, vocab_size - 256))
    return {step.pair: step.idx for step in steps}


def quick_encode(chunk: str, merges: Merges) -> list[int]:
    return merging.apply_merges(chunk.encode("utf-8"), merges.get)


# Where the notebooks before say "count again": here that would be too slow.
KEPT_COUNTS = {
    "count only once": "A merge takes pairs apart and makes new ones. Which counts does it change? Change these, and "
    "no others, before you choose again.",
    "counts are never emptied": "A merge takes pairs apart: at each place the pair itself, and the pairs with the "
    "neighbours on its left and right. What happens to their counts?",
    "never out of pairs": "A short text can be merged into a single token. What is left to choose from then, and what "
    "should training do?",
}

FAST_TRAIN_CRASHES = (
    OUT_OF_PAIRS,
    Crash(
        "born pairs without places",
        "KeyError",
        r"\(\d+, \d+\)",
        "The dict does not hold that pair. Is one of its ids new? Then the pair was born on the way: its places must "
        "be in `places` before it enters the heap, and its count in `stats`.",
    ),
    Crash(
        "a born pair that is gone again",
        "StopIteration",
        r"",
        "`first_place` found no place where the pair still stands. Some born pairs are there only for a moment, and "
        "count 0 again when the merge is done: these must not enter the heap.",
    ),
)

FAST_TRAIN = add(
    Exercise(
        "fast_train",
        "08-speed",
        "fast_train(text, vocab_size) -> dict",
        passed="the merges of train, in less than a fifth of its time",
        hint="It must give exactly what train gives, ties included. Compare the two on a short text, merge by merge.",
        stand_in=quick_train,
        reference=inputs.train,
        own=[base.Tokenizer.train, base.Tokenizer.train_steps, merging.learn_merges, merging.Row.merge],
        returns=dict[Pair, int],
        same=in_order,
        cases=[
            *TRAIN.cases,
            ("abcabcdabcd", 260),
            ("abababab", 260),
            ("aaaaaaa", 260),
            ("ab abc abcd abcde", 264),
            ("bcdefghaaaxaaa", 258),
            ("abaabaaab" * 12, 290),
            (inputs.LONGER * 2, 400),
        ],
        crashes=FAST_TRAIN_CRASHES,
        tell=TRAIN.tell,
        draw=TRAIN.draw,
        possible=TRAIN.possible,
        more=train_fast_enough,
    )
)
FAST_TRAIN.shares(
    TRAIN,
    [
        "vocab size is the number of merges",
        "ties do not matter",
        "larger ids win ties",
        "characters in place of bytes",
        "count only once",
        "aaa holds one pair",
        "stop at pairs that occur once",
        "never out of pairs",
        "one merge too few",
        "one merge too many",
        "new ids from 257",
        "smaller ids win ties",
        "by the order of a set",
        "counts are never emptied",
        "stops at two ids",
    ],
    hints=KEPT_COUNTS,
)


def _with_counts_kept(text: str, vocab_size: int, forget: bool, learn: bool) -> Merges:
    """Counts that are kept up to date, but for old pairs (forget) or new ones (learn)."""
    ids = list(text.encode("utf-8"))
    counts: dict[Pair, int] = base.get_stats(ids)
    merges: Merges = {}
    for idx in range(256, vocab_size):
        if not counts:
            break
        pair = max(counts, key=counts.__getitem__)
        ids = base.merge(ids, pair, idx)
        true = base.get_stats(ids)
        counts = {
            each: true.get(each, 0) if forget else count
            for each, count in counts.items()
            if each != pair and (each in true or not forget)
        }
        if learn:
            counts |= {each: count for each, count in true.items() if idx in each}
        merges[pair] = idx
    return merges


@FAST_TRAIN.misconception(
    "the pairs that a merge takes apart keep their old counts",
    "When 'ab' is merged in 'xaby', the pairs (x, a) and (b, y) are gone there. What happens to their counts?",
)
def old_pairs_keep_their_counts(text: str, vocab_size: int) -> Merges:
    return _with_counts_kept(text, vocab_size, forget=False, learn=True)


@FAST_TRAIN.misconception(
    "the pairs that a merge makes are never counted",
    "When 'ab' is merged in 'xaby', two new pairs begin: (x, ab) and (ab, y). Who counts them?",
)
def new_pairs_are_not_counted(text: str, vocab_size: int) -> Merges:
    return _with_counts_kept(text, vocab_size, forget=True, learn=False)


# --- fast_encode


@lru_cache(maxsize=4)
def long_text(number: int) -> str:
    """The text of that number: English words in another order."""
    words = corpora.load("english").split(" ")
    Random(number).shuffle(words)
    return " ".join(words)[: 20_000 + number % SPREAD]


@cache
def english_merges() -> Merges:
    return learned(corpora.load("english"), 1500)


def many_merges(number: int) -> Merges:
    """The merges that go with that text: the first so many of the same ones."""
    return dict(list(english_merges().items())[: 1500 - number % 100])


def encode_fast_enough(caller: Caller, rng: Random) -> Trial | None:
    number = drawn(rng)
    text, merges = long_text(number), many_merges(number)
    part, few = text[: len(text) // PART], dict(list(merges.items())[:: PART // 4])
    return too_slow(
        caller,
        tuple(
            Code(f"{name}({number})", SETUP.format("long_text, many_merges"), **{name: function})
            for name, function in (("long_text", long_text), ("many_merges", many_merges))
        ),
        merging.apply_merges(text.encode(), merges.get),
        lambda: ENCODE.reference(part, few),
        PART * PART / 4 / 2,  # by half, because the text gets shorter as it is merged
    )


HINTS = {
    "other bytes": "An entry of the heap may be older than the row: is its pair still there, at its place, when it is "
    "popped?",
    "merged in another order": "The heap gives the lowest id first, of all the pairs that it holds. Which places do "
    "you consider after a merge, and what happens to an entry whose pair is gone?",
}
BORN = (
    "This pair was born beside a merge. Who puts it into the heap? Which places do you consider after a merge, and is "
    "an entry ever thrown away unseen?"
)
THERE_BEFORE = (
    "This pair was there from the beginning, and so was its entry in the heap. Was it ever popped? What ends your "
    "loop, and what happens when an entry is no longer true?"
)


def tell_fast_encode(args: Args, expected: list[int], got: list[int]) -> Told | None:
    """As in `encode`, but each place is not looked at again: what matters here is what the heap holds."""
    told = ENCODE.tell(args, expected, got) if ENCODE.tell else None
    if told and told.name == "a pair is left":
        left = next(pair for pair in pairwise(got) if pair in args[1] and pair not in pairwise(expected))
        return replace(told, hint=BORN if max(left) > 255 else THERE_BEFORE)
    return told and replace(told, hint=HINTS.get(told.name, told.hint))


FAST_ENCODE = add(
    Exercise(
        "fast_encode",
        "08-speed",
        "fast_encode(chunk, merges) -> list[int]",
        passed="the ids of encode, in less than a fifth of its time",
        hint="It must give exactly what encode gives. Compare the two on a short chunk, merge by merge. Is an entry "
        "still true when it comes out of the heap?",
        stand_in=quick_encode,
        reference=ENCODE.reference,
        own=[basic.BasicTokenizer.encode, merging.apply_merges, merging.Row.merge],
        returns=list[int],
        cases=[
            *ENCODE.cases,
            ("ababab", {(97, 98): 256, (256, 256): 257}),
            ("aaaaaaa", {(97, 97): 256, (256, 97): 257}),
            ("xabcabc", {(98, 99): 256, (97, 256): 257, (120, 257): 258}),
            ("abcx", {(97, 98): 256, (99, 120): 257, (98, 99): 258}),
        ],
        crashes=[
            Crash(
                "a pair that is not in merges",
                "KeyError",
                r"^\(",
                "This pair is not in merges. Ask before you look it up, as `consider` does.",
            )
        ],
        tell=tell_fast_encode,
        draw=ENCODE.draw,
        possible=ENCODE.possible,
        draws=120,
        more=encode_fast_enough,
    )
)
FAST_ENCODE.shares(
    ENCODE,
    [
        "encoding counts again",
        "longest match",
        "leftmost pair first",
        "latest merge first",
        "a single pass",
        "characters in place of bytes",
        "one merge only",
        "no text is too short",
        "round by round",
        "a list of pairs a round",
        "stops at two ids",
        "fewest tokens",
    ],
    hints={
        "one merge only": "A merge makes new pairs on both of its sides. Who puts them into the heap, and does the "
        "loop go on until it is empty?",
        "no text is too short": "A text can be empty, or all of it merged into one token: then there is no pair. What "
        "do you ask before you choose one?",
        "a list of pairs a round": "A merge makes new pairs, which can be older than those found before it. They "
        "belong in the same heap.",
    },
)


def _by_heap(chunk: str, merges: Merges, *, fresh_only: bool, sides: tuple[bool, bool]) -> list[int]:
    """Encoding by a heap of places, with parts of its work left out.

    An entry says that a pair stood at a place. `fresh_only` says whether that is asked again before it is merged,
    `sides` on which side of a merge new pairs are looked for.
    """
    ids: list[int | None] = list(chunk.encode("utf-8"))
    after = [*range(1, len(ids)), None]
    before = [None, *range(len(ids) - 1)]
    heap: list[tuple[int, int, Pair]] = []

    def look(place: int | None) -> None:
        if place is not None and (follower := after[place]) is not None:
            pair = ids[place], ids[follower]
            if pair in merges:
                heappush(heap, (merges[pair], place, pair))

    for place in range(len(ids) - 1):
        look(place)
    while heap:
        idx, place, (left, right) = heappop(heap)
        follower = after[place]
        if ids[place] is None or follower is None:
            continue
        if fresh_only and (ids[place], ids[follower]) != (left, right):
            continue
        ids[place], ids[follower] = idx, None
        after[place] = after[follower]
        if (nearest := after[place]) is not None:
            before[nearest] = place
        for wanted, where_ in zip(sides, (before[place], place), strict=True):
            if wanted:
                look(where_)
    return [each for each in ids if each is not None]


@FAST_ENCODE.misconception(
    "when a pair is popped, its right id is not compared again: it may be another one by then",
    "Between the push and the pop another merge may have taken one of the two ids. What must still be true of both "
    "when "
    "the pair is popped?",
)
def entries_are_never_stale(chunk: str, merges: Merges) -> list[int]:
    return _by_heap(chunk, merges, fresh_only=False, sides=(True, True))


@FAST_ENCODE.misconception(
    "a pair that is popped is merged at once, whether it still stands at its place or not",
    "An entry of the heap is as old as its push: another merge may have taken one of the two ids since then. What do "
    "you ask the row before you join?",
)
def popped_and_merged_at_once(chunk: str, merges: Merges) -> list[int]:
    ids = [-1, *chunk.encode("utf-8"), -1]  # with a wall at both ends, as in the notebook
    before, after = list(range(-1, len(ids) - 1)), list(range(1, len(ids) + 1))
    heap: list[tuple[int, int]] = []

    def look(place: int) -> None:
        pair = ids[place], ids[after[place]]
        if pair in merges:
            heappush(heap, (merges[pair], place))

    for place in range(len(ids) - 1):
        look(place)
    while heap:
        idx, place = heappop(heap)
        swallowed = after[place]
        following = after[swallowed]
        ids[place], ids[swallowed] = idx, -2
        after[place], before[following] = following, place
        look(before[place])
        look(place)
    return [each for each in ids if each >= 0]


@FAST_ENCODE.misconception(
    "after a merge only the pair on its left is looked at",
    "A merge makes up to two new pairs: one with the id before it, one with the id after it.",
)
def only_the_pair_on_the_left(chunk: str, merges: Merges) -> list[int]:
    return _by_heap(chunk, merges, fresh_only=True, sides=(True, False))


@FAST_ENCODE.misconception(
    "after a merge only the pair on its right is looked at",
    "A merge makes up to two new pairs: one with the id before it, one with the id after it.",
)
def only_the_pair_on_the_right(chunk: str, merges: Merges) -> list[int]:
    return _by_heap(chunk, merges, fresh_only=True, sides=(False, True))


@FAST_ENCODE.misconception(
    "pairs that a merge makes are not looked at any more",
    "A merge makes up to two new pairs, one on each side. They may be next in the order of learning.",
)
def new_pairs_are_not_looked_at(chunk: str, merges: Merges) -> list[int]:
    ids = list(chunk.encode("utf-8"))
    for pair in sorted({pair for pair in pairwise(ids) if pair in merges}, key=merges.__getitem__):
        ids = base.merge(ids, pair, merges[pair])
    return ids
