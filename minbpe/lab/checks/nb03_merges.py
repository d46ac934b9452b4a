"""03-merges: merge a pair, learn merges from a text, and see what each token stands for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random

from minbpe import base, merging
from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add, in_order
from minbpe.lab.checks.runner import Code
from minbpe.lab.checks.show import look
from minbpe.lab.checks.telling import Told, tell

Pair = tuple[int, int]
Merges = dict[Pair, int]

# --- merge


def draw_merge(rng: Random, size: int) -> Args:
    ids = inputs.ids(rng, size)
    pair = rng.choice(list(pairwise(ids))) if len(ids) > 1 and rng.random() < 0.9 else (7, 8)
    return ids, pair, max([255, *ids]) + 1


def tell_merge(args: Args, expected: list[int], got: list[int]) -> Told | None:
    """Is the pair still there, and is the list still the same, unmerged again?"""
    ids, pair, idx = args
    unmerged = [each for one in got for each in (pair if one == idx else (one,))]
    if idx not in ids and unmerged != ids:
        return tell(expected, got) or Told(
            "ids are lost or changed",
            f"With each {idx} taken apart again, this would be {look(unmerged)}: not the list that was given."
            if idx in got
            else f"The list holds the pair {pair}, but {idx} is not in what came back, and other ids have changed."
            if pair in pairwise(ids)
            else f"The list does not hold the pair {pair}, so it should come back as it is.",
            "Each id goes into the new list, as it is or in a merge. Which one is lost here, or changed?",
        )
    for place, each in enumerate(pairwise(got)):
        if each == pair:
            return Told(
                "a pair is left",
                f"In what came back, the pair {pair} still stands at place {place}.",
                "Follow your loop to that place: does it look there, and what does it compare?",
            )
    if idx not in ids:
        return Told(
            "merged in another place",
            "Nothing is lost, but the pair was merged in another place.",
            "Where pairs overlap, the one on the left is merged.",
        )
    return None


MERGE = add(
    Exercise(
        "merge",
        "03-merges",
        "merge(ids, pair, idx) -> list[int]",
        passed="every pair replaced, from left to right, each id used once",
        hint="Go from left to right. At each place there are two cases: the pair begins here, or it does not. "
        "What do you append in each, and how far do you step?",
        reference=base.merge,
        own=[base.merge],
        keep=[1, 2],
        returns=list[int],
        cases=[
            ([], (1, 2), 9),
            ([1], (1, 2), 9),
            ([1, 2], (1, 2), 9),
            ([2, 1], (1, 2), 9),
            ([1, 1, 1], (1, 1), 9),
            ([1, 2, 1], (1, 2), 9),
            ([3, 1, 2], (1, 2), 9),
            ([1, 2, 1, 2], (1, 2), 9),
            ([1, 3, 2], (1, 2), 9),
            ([300, 1, 2, 400], (1, 2), 500),
            ([1, 2, 3, 1, 2], (1, 2), 4),
            ([1, 1, 1, 1, 1, 2], (1, 1), 256),
            ([11, 2, 1, 21], (1, 2), 9),
            ([0, 0, 5, 0], (0, 0), 9),
            ([300, 400], (300, 400), 500),
            ([7, 8, 9] * 60, (7, 8), 300),
            ([70_000, 70_001, 5], (70_000, 70_001), 70_002),
            ([1, 1, 2], (1, 2), 9),
            ([1, 2, 2], (1, 2), 9),
            ([9, 1, 2, 9], (1, 2), 9),
        ],
        tell=tell_merge,
        draw=draw_merge,
    )
)


@MERGE.misconception(
    "an id that has just been merged is used again for the next pair",
    "In [1, 1, 1] the one in the middle can go into one pair only. How far do you step after a merge?",
)
def a_merge_reuses_what_it_consumed(ids: list[int], pair: Pair, idx: int) -> list[int]:
    starts = [i for i in range(len(ids) - 1) if (ids[i], ids[i + 1]) == pair]
    used = {i + 1 for i in starts}
    return [idx if i in starts else ids[i] for i in range(len(ids)) if i in starts or i not in used]


@MERGE.misconception(
    "only the first occurrence is merged",
    "The pair can come again further on. Does something end the loop too early?",
)
def only_the_first_occurrence(ids: list[int], pair: Pair, idx: int) -> list[int]:
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == pair:
            return [*ids[:i], idx, *ids[i + 2 :]]
    return list(ids)


@MERGE.misconception(
    "the merging goes from right to left",
    "It shows where a pair overlaps itself: which two of [1, 1, 1] meet first when you read from the left?",
)
def from_right_to_left(ids: list[int], pair: Pair, idx: int) -> list[int]:
    merged: list[int] = []
    i = len(ids) - 1
    while i >= 0:
        found = i > 0 and (ids[i - 1], ids[i]) == pair
        merged.append(idx if found else ids[i])
        i -= 2 if found else 1
    return merged[::-1]


@MERGE.misconception(
    "the last id is lost when it is not part of a pair",
    "A loop over pairs ends one place before the end. What becomes of the id that stands there?",
)
def the_last_id_is_lost(ids: list[int], pair: Pair, idx: int) -> list[int]:
    merged, i = [], 0
    while i < len(ids) - 1:
        found = (ids[i], ids[i + 1]) == pair
        merged.append(idx if found else ids[i])
        i += 2 if found else 1
    return merged


@MERGE.misconception(
    "no pair is ever found: the list comes back as it was",
    "What do you compare? A slice, ids[i:i+2], is a list, and a list is never equal to a tuple: tuple(…) around it, or "
    "compare the two ids one by one.",
)
def no_pair_is_ever_found(ids: list[int], pair: Pair, idx: int) -> list[int]:
    return list(ids)


@MERGE.misconception(
    "a pair at the very end is not merged",
    "The last pair begins at place len(ids) - 2. Does your loop get there?",
)
def the_last_pair_is_missed(ids: list[int], pair: Pair, idx: int) -> list[int]:
    merged, i = [], 0
    while i < len(ids):
        found = i < len(ids) - 2 and (ids[i], ids[i + 1]) == pair
        merged.append(idx if found else ids[i])
        i += 2 if found else 1
    return merged


@MERGE.misconception(
    "after a merge the next id is skipped",
    "A merge uses up two ids. By how much does your place move on, in all?",
)
def the_next_id_is_skipped(ids: list[int], pair: Pair, idx: int) -> list[int]:
    merged, i = [], 0
    while i < len(ids):
        found = tuple(ids[i : i + 2]) == pair
        merged.append(idx if found else ids[i])
        i += 3 if found else 1
    return merged


@MERGE.misconception(
    "only pairs that begin at an even place are seen",
    "A pair can begin anywhere. By how much do you step where there is none?",
)
def pairs_at_even_places(ids: list[int], pair: Pair, idx: int) -> list[int]:
    merged: list[int] = []
    for i in range(0, len(ids), 2):
        merged += [idx] if tuple(ids[i : i + 2]) == pair else ids[i : i + 2]
    return merged


@MERGE.misconception(
    "the second id of the pair stays beside the new one",
    "Two ids become one: after a merge, where does the next look begin?",
)
def the_second_half_stays(ids: list[int], pair: Pair, idx: int) -> list[int]:
    return [idx if tuple(ids[i : i + 2]) == pair else ids[i] for i in range(len(ids))]


@MERGE.misconception(
    "the pair is merged the other way round, too",
    "(1, 2) is not (2, 1): compare first with first and second with second.",
)
def either_way_round(ids: list[int], pair: Pair, idx: int) -> list[int]:
    merged: list[int] = []
    i = 0
    while i < len(ids):
        found = sorted(ids[i : i + 2]) == sorted(pair)
        merged.append(idx if found else ids[i])
        i += 2 if found else 1
    return merged


@MERGE.misconception(
    "ids are taken for bytes",
    "Ids go on beyond 255: a merged token is an id as well. Work with the list of ints itself.",
)
def ids_are_bytes(ids: list[int], pair: Pair, idx: int) -> list[int]:
    return list(bytes(ids).replace(bytes(pair), bytes([idx])))


@MERGE.misconception(
    "the two ids are merged even when something stands between them",
    "A pair is two neighbours. When the first has been seen, the second must be the very next one.",
)
def not_even_neighbours(ids: list[int], pair: Pair, idx: int) -> list[int]:
    merged = list(ids)
    while pair[0] in merged and pair[1] in merged[merged.index(pair[0]) + 1 :]:
        i = merged.index(pair[0])
        del merged[merged.index(pair[1], i + 1)]
        merged[i] = idx
    return merged


# --- train


def draw_train(rng: Random, size: int) -> Args:
    return inputs.text(rng, size), inputs.vocab_size(rng)


TRAIN_CASES = [
    ("", 258),
    ("a", 257),
    ("ab", 256),
    ("ab", 257),
    ("ab", 300),
    ("abab", 257),
    ("abab", 258),
    ("aaa", 258),
    ("abcd", 257),
    ("ba ab", 257),
    ("é é", 258),
    ("bcab", 257),
    ("aabbaab", 258),
    ("aaaab ab", 257),
    ("baaa", 257),
    ("aaabdaaabac", 259),
    ("abcbcab", 259),
    ("the theme then", 261),
    ("a\0a\0b", 257),
    ("aAa A", 257),
    ("a\r\nb", 258),
    (inputs.ODD + inputs.ODD, 262),
    (inputs.LONGER, 330),
    ("a<|endoftext|>b<|endoftext|>", 260),
    ("ab" * 30 + "cd" * 20, 258),
    ("xyz zyx xyz zyx", 262),
    ("aaaa", 256),
    ("abcabc", 259),
    ("zazbzazbqq", 258),
]


def tell_merges(chunks: list[list[int]], expected: Merges, got: Merges) -> Told | None:
    """The first merge that is another one, and the counts at that moment."""
    for (pair, idx), (other, number) in zip(expected.items(), got.items(), strict=False):
        if pair != other:
            return _tell_pair(_count(chunks), pair, other, idx)
        if idx != number:
            return _tell_number(pair, idx, expected, got)
        chunks = [base.merge(chunk, pair, idx) for chunk in chunks]
    return None


def _tell_number(pair: Pair, idx: int, expected: Merges, got: Merges) -> Told | None:
    """A pair that is there with a later id, which nothing but this pair has in its place."""
    shifted = len(got) > 1 and len({got[each] - expected[each] for each in got if each in expected}) == 1
    if shifted or got[pair] < idx or idx in got.values():
        return None
    return Told(
        "a pair has a later id",
        f"The pair {pair} should become {idx}, and has {got[pair]}. No pair has the id {idx}.",
        "A pair that is learned once more gets another id. After its merge it is gone: which ids does the next round "
        "count, and are the counts made anew?",
    )


def _tell_pair(stats: dict[Pair, int], pair: Pair, other: Pair, idx: int) -> Told:
    number = f"merge number {idx - 255}"
    if other not in stats:
        return Told(
            "a pair that is not there",
            f"At {number}, {other} is learned: as the ids are merged by then, this pair does not occur.",
            "After each merge the ids are others. Which list do you count, and are the counts made anew?"
            if idx > 256
            else "Before the first merge the ids are the bytes of the text as it is. Is it changed before the count?",
        )
    if stats[other] == stats[pair]:
        return Told(
            "a tie goes to another pair",
            f"At {number} there is a tie: {pair} and {other} occur {stats[pair]} times each. {pair} comes first in the "
            "text, so it is the one.",
            "Compare counts only, and keep the order of the text: of equals, the pair that was counted first wins.",
        )
    return Told(
        "not the most frequent",
        f"At {number}, {other} is learned. It occurs {stats[other]} times by then; {pair} occurs {stats[pair]} times.",
        "Count by hand on this input: which of the two counts does your function get wrong?",
    )


OUT_OF_PAIRS = Crash(
    "never out of pairs",
    "ValueError",
    r"max\(\).*empty",
    "Here no pair is left, and max has nothing to choose from. Look at the counts before you choose: what should "
    "training "
    "do when there are none?",
)

TRAIN = add(
    Exercise(
        "train",
        "03-merges",
        "train(text, vocab_size) -> dict",
        passed="the merges, in the order in which they are learned",
        hint="Do the first two merges by hand: count, merge the most frequent pair into a new id, count again. "
        "Does your function do the same?",
        reference=inputs.train,
        own=[base.Tokenizer.train, base.Tokenizer.train_steps, merging.learn_merges],
        returns=dict[Pair, int],
        same=in_order,
        crashes=[OUT_OF_PAIRS],
        tell=lambda args, expected, got: tell_merges([list(args[0].encode("utf-8"))], expected, got),
        cases=TRAIN_CASES,
        draw=draw_train,
    )
)


def chunks_of(text: str | list[str]) -> list[list[int]]:
    """The bytes of a text as the only chunk, or of each chunk: so that what follows serves train_chunks, too."""
    return [list(chunk.encode("utf-8")) for chunk in ([text] if isinstance(text, str) else text)]


def _count(chunks: list[list[int]]) -> dict[Pair, int]:
    stats: dict[Pair, int] = {}
    for chunk in chunks:
        base.get_stats(chunk, stats)
    return stats


def _most(stats: dict[Pair, int], chunks: list[list[int]]) -> Pair:
    return max(stats, key=stats.__getitem__)


def _train(
    chunks: list[list[int]],
    num_merges: int,
    pick: Callable[[dict[Pair, int], list[list[int]]], Pair] = _most,
    first: int = 256,
    least: int = 1,
) -> Merges:
    """The ten-line loop, with parts to replace."""
    merges: Merges = {}
    for idx in range(first, first + num_merges):
        stats = _count(chunks)
        if not stats or max(stats.values()) < least:
            break
        pair = pick(stats, chunks)
        chunks = [base.merge(chunk, pair, idx) for chunk in chunks]
        merges[pair] = idx
    return merges


@TRAIN.misconception(
    "vocab_size is taken for the number of merges",
    "256 tokens are there before the first merge: the bytes. How many are left to make?",
)
def vocab_size_is_the_number_of_merges(text: str | list[str], vocab_size: int) -> Merges:
    return _train(chunks_of(text), vocab_size)


@TRAIN.misconception(
    "of equally frequent pairs the last one wins",
    "Ties matter: they decide what is learned from then on. Of equals, the pair that comes first in the text wins.",
)
def ties_do_not_matter(text: str | list[str], vocab_size: int) -> Merges:
    return _train(chunks_of(text), vocab_size - 256, lambda stats, chunks: _most(dict(reversed(stats.items())), chunks))


@TRAIN.misconception(
    "of equally frequent pairs the one with the larger ids wins",
    "Of equals, the pair that comes first in the text, as it is merged by then, wins. Compare counts only.",
)
def larger_ids_win_ties(text: str | list[str], vocab_size: int) -> Merges:
    return _train(
        chunks_of(text), vocab_size - 256, lambda stats, chunks: max(stats, key=lambda pair: (stats[pair], pair))
    )


@TRAIN.misconception(
    "the training starts from characters, not from bytes",
    "Every text should be made of the same 256 symbols to start with. What does text.encode('utf-8') give you?",
)
def characters_in_place_of_bytes(text: str | list[str], vocab_size: int) -> Merges:
    return _train([list(map(ord, chunk)) for chunk in ([text] if isinstance(text, str) else text)], vocab_size - 256)


@TRAIN.misconception(
    "the pairs are counted once at the beginning, and the most frequent ones are all taken from that",
    "After a merge there are new pairs, and some old ones are gone. So count again.",
)
def count_only_once(text: str | list[str], vocab_size: int) -> Merges:
    stats = _count(chunks_of(text))
    ranked = sorted(stats, key=stats.__getitem__, reverse=True)
    return {pair: 256 + place for place, pair in enumerate(ranked[: vocab_size - 256])}


@TRAIN.misconception(
    "a pair that overlaps itself is counted less often than it stands there",
    "Counting goes over all neighbours: 'aaa' holds the pair (a, a) twice. Only merging uses each id once.",
)
def aaa_holds_one_pair(text: str | list[str], vocab_size: int) -> Merges:
    def pick(stats: dict[Pair, int], chunks: list[list[int]]) -> Pair:
        for pair in stats:
            if pair[0] == pair[1]:  # no other pair overlaps itself
                stats[pair] = sum(len(chunk) - len(base.merge(chunk, pair, -1)) for chunk in chunks)
        return _most(stats, chunks)

    return _train(chunks_of(text), vocab_size - 256, pick)


@TRAIN.misconception(
    "a pair that occurs only once is not worth a merge",
    "In this course training goes on until there are vocab_size tokens, or no pair at all.",
)
def stop_at_pairs_that_occur_once(text: str | list[str], vocab_size: int) -> Merges:
    return _train(chunks_of(text), vocab_size - 256, least=2)


@TRAIN.misconception(
    "there is always one more pair to merge",
    "A short text can be merged into a single token. What does max say of an empty dict, and what should "
    "training do then?",
)
def never_out_of_pairs(text: str | list[str], vocab_size: int) -> Merges:
    merges = _train(chunks_of(text), vocab_size - 256)
    if len(merges) < vocab_size - 256:
        raise ValueError("max() arg is an empty sequence")
    return merges


@TRAIN.misconception(
    "one merge too few is learned",
    "vocab_size 257 means one merge: range(256, 257) has one number in it.",
)
def one_merge_too_few(text: str | list[str], vocab_size: int) -> Merges:
    return _train(chunks_of(text), vocab_size - 257)


@TRAIN.misconception(
    "one merge too many is learned",
    "vocab_size 256 means no merge at all: there are the 256 bytes already.",
)
def one_merge_too_many(text: str | list[str], vocab_size: int) -> Merges:
    return _train(chunks_of(text), vocab_size - 255)


@TRAIN.misconception(
    "the first new id is 255",
    "The bytes have the ids 0 to 255. Which is the next free one?",
)
def new_ids_from_255(text: str | list[str], vocab_size: int) -> Merges:
    return _train(chunks_of(text), vocab_size - 256, first=255)


@TRAIN.misconception(
    "the merges are numbered from 0",
    "The ids 0 to 255 belong to the bytes. Which is the first free one?",
)
def new_ids_from_0(text: str | list[str], vocab_size: int) -> Merges:
    numbered = _train(chunks_of(text), vocab_size - 256)
    return {
        (left - 256 if left > 255 else left, right - 256 if right > 255 else right): idx - 256
        for (left, right), idx in numbered.items()
    }


@TRAIN.misconception(
    "of equally frequent pairs the one with the smaller ids wins",
    "Ties go to the pair that comes first in the text. Is something sorted here that should not be?",
)
def smaller_ids_win_ties(text: str | list[str], vocab_size: int) -> Merges:
    return _train(chunks_of(text), vocab_size - 256, lambda stats, chunks: max(sorted(stats), key=stats.__getitem__))


@TRAIN.misconception(
    "of equally frequent pairs the one with the larger bytes wins",
    "Compare counts only: of equals, the pair that comes first in the text, as it is merged by then, wins.",
)
def larger_bytes_win_ties(text: str | list[str], vocab_size: int) -> Merges:
    tokens = {byte: bytes([byte]) for byte in range(256)}

    def pick(stats: dict[Pair, int], chunks: list[list[int]]) -> Pair:
        pair = max(stats, key=lambda pair: (stats[pair], tokens[pair[0]], tokens[pair[1]]))
        tokens[len(tokens)] = tokens[pair[0]] + tokens[pair[1]]
        return pair

    return _train(chunks_of(text), vocab_size - 256, pick)


@TRAIN.misconception(
    "between equally frequent pairs the order of a set decides",
    "A set has no order of its own: what comes first in it is chance. A dict keeps the order in which its keys came.",
)
def by_the_order_of_a_set(text: str | list[str], vocab_size: int) -> Merges:
    return _train(chunks_of(text), vocab_size - 256, lambda stats, chunks: max(set(stats), key=stats.__getitem__))


@TRAIN.misconception(
    "training stops when two ids are left, one merge too early",
    "Two ids are still a pair. When is there none left?",
)
def stops_at_two_ids(text: str | list[str], vocab_size: int) -> Merges:
    merges: Merges = {}
    chunks = chunks_of(text)
    while len(merges) < vocab_size - 256 and max(map(len, chunks), default=0) > 2:
        stats = _count(chunks)
        pair = _most(stats, chunks)
        merges[pair] = 256 + len(merges)
        chunks = [base.merge(chunk, pair, merges[pair]) for chunk in chunks]
    return merges


@TRAIN.misconception(
    "the dict goes from ids to pairs",
    "To encode you will have a pair, and want to know its id: {(97, 98): 256}.",
)
def from_ids_to_pairs(text: str | list[str], vocab_size: int) -> dict[int, Pair]:
    return {idx: pair for pair, idx in _train(chunks_of(text), vocab_size - 256).items()}


NEVER_EMPTIED = (
    "the counts are never emptied: those of the rounds before are still in them",
    "Each round counts anew. Where is the dict of counts made: before the loop, or in it?",
)


@TRAIN.misconception(*NEVER_EMPTIED)
def counts_are_never_emptied(text: str | list[str], vocab_size: int) -> Merges:
    chunks, merges, stats = chunks_of(text), Merges(), dict[Pair, int]()
    for idx in range(256, vocab_size):
        for chunk in chunks:
            base.get_stats(chunk, stats)
        if not stats:  # never so again, once there was a pair
            break
        pair = _most(stats, chunks)
        chunks = [base.merge(chunk, pair, idx) for chunk in chunks]
        merges[pair] = idx
    return merges


@TRAIN.misconception(*NEVER_EMPTIED)
def counts_are_never_emptied_until_no_pair_is_left(text: str | list[str], vocab_size: int) -> Merges:
    so_far: dict[Pair, int] = {}

    def pick(stats: dict[Pair, int], chunks: list[list[int]]) -> Pair:
        for pair, count in stats.items():
            so_far[pair] = so_far.get(pair, 0) + count
        return _most(so_far, chunks)

    return _train(chunks_of(text), vocab_size - 256, pick)


@TRAIN.misconception(
    "the first new id is 257",
    "The bytes have the ids 0 to 255. Which is the next free one?",
)
def new_ids_from_257(text: str | list[str], vocab_size: int) -> Merges:
    return _train(chunks_of(text), vocab_size - 256, first=257)


@TRAIN.misconception(
    "the ids are merged, but the next count looks at the text as it was",
    "merge returns a new list. Which list does the next round count?",
)
def the_merged_ids_are_dropped(text: str | list[str], vocab_size: int) -> Merges:
    stats = _count(chunks_of(text))
    return {_most(stats, []): vocab_size - 1} if stats and vocab_size > 256 else {}


@TRAIN.misconception(
    "the text is cut at its spaces first",
    "That comes later in the course. Here the whole text is one row of bytes, and a space is a byte like any other.",
)
def words_apart(text: str, vocab_size: int) -> Merges:
    return _train(chunks_of(text.split(" ")), vocab_size - 256)


# --- build_vocab


def draw_merges(rng: Random, size: int) -> Args:
    merges = inputs.merges_of(rng, size)[0]
    return (inputs.with_gaps(rng, merges) if rng.random() < 0.3 else merges,)


BUILD_VOCAB = add(
    Exercise(
        "build_vocab",
        "03-merges",
        "build_vocab(merges) -> dict",
        passed="256 bytes and one token for each merge, as bytes",
        hint="Start with the 256 bytes. Then go through the merges in order: each new token is what its two "
        "halves are, side by side.",
        reference=inputs.vocab_of,
        own=[base.Tokenizer._use_merges],
        returns=dict[int, bytes],
        crashes=[
            Crash(
                "halves before they are made",
                "KeyError",
                r"^\d+$",
                "A half is looked up before it was put in. Go through the merges in their order, and put each new "
                "token into "
                "the vocabulary that you look the halves up in.",
            )
        ],
        cases=[
            ({},),
            ({(97, 98): 256},),
            ({(195, 169): 256},),
            ({(97, 98): 256, (256, 99): 257, (257, 256): 258},),
            ({(97, 98): 256, (98, 99): 257, (256, 99): 258, (97, 257): 259},),  # two ways to the same bytes
            ({(32, 32): 256, (256, 256): 257, (257, 257): 258, (258, 258): 259, (259, 259): 260},),
            (inputs.train(inputs.LONGER, 330),),
            ({(97, 98): 300},),
            ({(97, 98): 400, (400, 99): 300},),
            (Code("{(97 if idx == 256 else idx - 1, 97): idx for idx in range(256, 1756)}"),),
        ],
        draw=draw_merges,
        draws=30,
    )
)


@BUILD_VOCAB.misconception(
    "the 256 bytes are left out",
    "They are tokens, too, and every other token is made of them.",
)
def only_what_was_merged(merges: Merges) -> dict[int, bytes]:
    return {idx: token for idx, token in inputs.vocab_of(merges).items() if idx > 255}


@BUILD_VOCAB.misconception(
    "every token is taken for text",
    "A token can be half a character: the byte 195 alone is not text. Keep bytes; only a whole text is decoded.",
)
def every_token_is_text(merges: Merges) -> dict[int, str]:
    return {idx: token.decode("utf-8", errors="replace") for idx, token in inputs.vocab_of(merges).items()}


@BUILD_VOCAB.misconception(
    "the second half is put before the first",
    "The pair (97, 98) stood in the text as 97, then 98.",
)
def second_half_first(merges: Merges) -> dict[int, bytes]:
    vocab = inputs.vocab_of({})
    for (left, right), idx in merges.items():
        vocab[idx] = vocab[right] + vocab[left]
    return vocab


@BUILD_VOCAB.misconception(
    "bytes(i) is used for the byte i",
    "bytes(3) is three zeros. What do the brackets in bytes([3]) change?",
)
def bytes_of_a_number(merges: Merges) -> dict[int, bytes]:
    vocab = {byte: bytes(byte) for byte in range(256)}
    for (left, right), idx in merges.items():
        vocab[idx] = vocab[left] + vocab[right]
    return vocab


@BUILD_VOCAB.misconception(
    "the byte i is taken for the character i, and encoded",
    "chr(200) is a character, and two bytes in UTF-8. The token 200 is one byte: the byte 200.",
)
def a_byte_is_a_character(merges: Merges) -> dict[int, bytes]:
    vocab = {byte: chr(byte).encode("utf-8") for byte in range(256)}
    for (left, right), idx in merges.items():
        vocab[idx] = vocab[left] + vocab[right]
    return vocab


@BUILD_VOCAB.misconception(
    "a merged token is taken to be made of two bytes",
    "A half can be a merged token itself, with an id above 255. Where do you find the bytes of a half?",
)
def two_bytes_a_token(merges: Merges) -> dict[int, bytes]:
    return inputs.vocab_of({}) | {idx: bytes(pair) for pair, idx in merges.items()}


@BUILD_VOCAB.misconception(
    "the dict goes from bytes to ids",
    "Decoding will look up an id and wants its bytes.",
)
def from_bytes_to_ids(merges: Merges) -> dict[bytes, int]:
    return {token: idx for idx, token in inputs.vocab_of(merges).items()}


@BUILD_VOCAB.misconception(
    "the new ids are counted from 256 on, whatever `merges` says",
    "The dict maps a pair to its id: take the id from there.",
)
def numbered_anew(merges: Merges) -> dict[int, bytes]:
    numbers = {idx: 256 + place for place, idx in enumerate(merges.values())}
    return {numbers.get(idx, idx): token for idx, token in inputs.vocab_of(merges).items()}


@BUILD_VOCAB.misconception(
    "the byte 255 is missing",
    "range(n) ends before n. How many bytes are there?",
)
def one_byte_too_few(merges: Merges) -> dict[int, bytes]:
    vocab = inputs.vocab_of(merges)
    del vocab[255]
    return vocab
