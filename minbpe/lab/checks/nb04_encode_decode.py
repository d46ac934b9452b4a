"""04-encode-decode: from ids to text, from text to ids, and both in a class."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

from minbpe import base, basic, merging
from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add, parts_of
from minbpe.lab.checks.nb01_bytes import alike_but_for_replacements
from minbpe.lab.checks.nb03_merges import TRAIN
from minbpe.lab.checks.show import look
from minbpe.lab.checks.telling import Told

Pair = tuple[int, int]
Merges = dict[Pair, int]
Vocab = dict[int, bytes]
Text = str | list[int]

# --- decode


def decode(ids: list[int], vocab: Vocab) -> str:
    for idx in ids:
        if idx not in vocab:
            raise ValueError(f"no token has the id {idx}")
    return b"".join(vocab[idx] for idx in ids).decode("utf-8", errors="replace")


AB = inputs.vocab_of({(97, 98): 256})  # a, b and "ab"
E_ACUTE = inputs.vocab_of({(195, 169): 256, (32, 195): 257})  # "é", and a space with the first half of one


def draw_decode(rng: Random, size: int) -> Args:
    merges, text = inputs.merges_of(rng, size)
    ids = encode(text, merges)
    ids = ids[rng.randint(0, 2) : rng.choice([len(ids), rng.randint(0, size)])]  # may begin or end inside a character
    for odd in (rng.randint(128, 255), 256 + len(merges) + rng.randint(0, 9)):  # half a character, an unknown id
        if rng.random() < 0.2:
            ids.insert(rng.randint(0, len(ids)), odd)
    vocab = inputs.vocab_of(merges)
    if rng.random() < 0.2:  # a vocabulary with gaps: some of what is needed, and nothing else
        vocab = {idx: token for idx, token in vocab.items() if idx in ids and rng.random() < 0.9}
    return ids, vocab


DECODE = add(
    Exercise(
        "decode",
        "04-encode-decode",
        "decode(ids, vocab) -> str",
        passed="the text of the ids, � where they are not text, ValueError for an unknown id",
        hint="Put the bytes of all ids together first. Then it is the exercise decode_utf8 of notebook 01.",
        reference=decode,
        own=[base.Tokenizer.decode, base.Tokenizer.decode_bytes],
        returns=str,
        same=alike_but_for_replacements,
        cases=[
            ([], AB),
            ([97], AB),
            ([256, 97], AB),
            ([97, 98, 256], AB),
            ([195, 169], AB),
            ([257, 169], E_ACUTE),
            ([97, 255, 98], AB),
            ([300], AB),
            ([97, 257, 98], AB),
            ([97, 98, 195], AB),
            ([-1], AB),
            ([98], {97: b"a", 99: b"c"}),
            ([98, 99], {97: b"a", 99: b"c"}),
            ([1, 0, 1000], {0: b"b", 1: b"a", 1000: b"n"}),
            ([70_000], {70_000: b"x"}),
            ([195, 97], AB),
            ([97, 300, 195], AB),
            (list(inputs.ODD.encode("utf-8")), AB),
            (list(inputs.LONGER.encode("utf-8")), AB),
        ],
        names=lambda args: [str(idx) for idx in args[0] if idx not in args[1]],
        draw=draw_decode,
        draws=120,
    )
)


@DECODE.misconception(
    "each id is decoded on its own",
    "A character can be spread over two tokens. Neither is text by itself, together they are: so when is the "
    "moment to decode?",
)
def ids_one_by_one(ids: list[int], vocab: Vocab) -> str:
    decode(ids, vocab)
    return "".join(vocab[idx].decode("utf-8", errors="replace") for idx in ids)


@DECODE.misconception(
    "any list of ids is taken to be text",
    "A model can stop in the middle of a character. What does `errors` of bytes.decode offer?",
)
def all_ids_are_text(ids: list[int], vocab: Vocab) -> str:
    decode(ids, vocab)
    return b"".join(vocab[idx] for idx in ids).decode("utf-8")


@DECODE.misconception(
    "what is not text is left out",
    "Show that something is there: U+FFFD stands for what could not be decoded.",
)
def leave_out_what_is_not_text(ids: list[int], vocab: Vocab) -> str:
    decode(ids, vocab)
    return b"".join(vocab[idx] for idx in ids).decode("utf-8", errors="ignore")


@DECODE.misconception(
    "what is not text is left out, and an unknown id is left to the dict, which raises KeyError",
    "U+FFFD, �, is to show what could not be decoded: errors='replace'. And an id that no token has is a "
    "ValueError: look "
    "whether it is there before you look it up.",
)
def left_out_and_key_error(ids: list[int], vocab: Vocab) -> str:
    return b"".join(vocab[idx] for idx in ids).decode("utf-8", errors="ignore")


@DECODE.misconception(
    "any list of ids is taken to be text, and an unknown id is left to the dict, which raises KeyError",
    "A model can stop in the middle of a character: what does `errors` of bytes.decode offer? And an id that no "
    "token has "
    "is a ValueError: look whether it is there before you look it up.",
)
def all_text_and_key_error(ids: list[int], vocab: Vocab) -> str:
    return b"".join(vocab[idx] for idx in ids).decode("utf-8")


@DECODE.misconception(
    "each id is decoded on its own, and an unknown id is left to the dict, which raises KeyError",
    "A character can be spread over two tokens: put the bytes together first, and decode once. And an id that no token "
    "has is a ValueError: look whether it is there before you look it up.",
)
def one_by_one_and_key_error(ids: list[int], vocab: Vocab) -> str:
    return "".join(vocab[idx].decode("utf-8", errors="replace") for idx in ids)


@DECODE.misconception(
    "only an id above the highest is taken for unknown, and any other that is not there is passed over",
    "vocab is a dict, and its ids may have gaps; a negative id is in it only if it was put in. Ask whether this very "
    "id is there.",
)
def unknown_only_above_the_highest(ids: list[int], vocab: Vocab) -> str:
    for idx in ids:
        if idx > max(vocab):
            raise ValueError(f"no token has the id {idx}")
    return b"".join(vocab.get(idx, b"") for idx in ids).decode("utf-8", errors="replace")


@DECODE.misconception(
    "an unknown id is passed over",
    "Whoever gave the id made a mistake and should hear of it: raise ValueError, and name the id.",
)
def unknown_ids_are_passed_over(ids: list[int], vocab: Vocab) -> str:
    return b"".join(vocab.get(idx, b"") for idx in ids).decode("utf-8", errors="replace")


@DECODE.misconception(
    "an unknown id is left to the dict, which raises KeyError",
    "For the caller the value is wrong, not a key of yours. Look whether the id is there, and raise ValueError "
    "with a sentence.",
)
def key_error_for_unknown_ids(ids: list[int], vocab: Vocab) -> str:
    return b"".join(vocab[idx] for idx in ids).decode("utf-8", errors="replace")


@DECODE.misconception(
    "an unknown id becomes �",
    "� is for bytes that are not text. An id that no token has is a mistake of the caller: ValueError.",
)
def unknown_ids_become_replacements(ids: list[int], vocab: Vocab) -> str:
    return b"".join(vocab.get(idx, b"\xff") for idx in ids).decode("utf-8", errors="replace")


@DECODE.misconception(
    "the bytes are taken for characters, one each",
    "The bytes 195 169 are one é. Join the bytes as bytes, and decode them as UTF-8.",
)
def a_byte_is_a_character(ids: list[int], vocab: Vocab) -> str:
    decode(ids, vocab)
    return "".join(vocab[idx].decode("latin-1") for idx in ids)


@DECODE.misconception(
    "a space is put between the tokens",
    "Tokens carry their spaces with them. Nothing is lost in encoding, so there is nothing to add here.",
)
def spaces_between_tokens(ids: list[int], vocab: Vocab) -> str:
    decode(ids, vocab)
    return b" ".join(vocab[idx] for idx in ids).decode("utf-8", errors="replace")


# --- encode


def ids_of(text: Text) -> list[int]:
    """The bytes of a text; or ids as they are, so that what follows serves other tokenizers, too."""
    return list(text.encode("utf-8")) if isinstance(text, str) else list(text)


def encode(text: Text, merges: Merges) -> list[int]:
    ids = ids_of(text)
    for pair, idx in merges.items():
        ids = base.merge(ids, pair, idx)
    return ids


AB_THEN_BC = {(97, 98): 256, (98, 99): 257}
BC_THEN_AB = {(98, 99): 256, (97, 98): 257}
DEEP = {(97, 97): 256, (256, 97): 257, (98, 99): 258, (257, 98): 259}


def draw_encode(rng: Random, size: int) -> Args:
    if rng.random() < 0.7:  # merges that compete, and a text in which some of their tokens stand
        merges = inputs.random_merges(rng, b"abcd")
        tokens = [token.decode("ascii") for token in list(inputs.vocab_of(merges).values())[256:]]
        text = "".join(rng.choices([*"abcd", *tokens], k=rng.randint(2, 6)))[:30]
    else:
        merges, text = inputs.merges_of(rng, size)
    return text, inputs.with_gaps(rng, merges) if rng.random() < 0.2 else merges


ENCODE_CASES = [
    ("", AB_THEN_BC),
    ("a", AB_THEN_BC),
    ("ab", {}),
    ("abab", AB_THEN_BC),
    ("é", {(195, 169): 256}),
    ("abc", AB_THEN_BC),
    ("abc", BC_THEN_AB),
    ("abc", {(97, 98): 256, (98, 99): 257, (97, 257): 258}),
    ("aaa", {(97, 97): 256}),
    ("aaaa", {(97, 97): 256, (256, 256): 257}),
    ("aaab", DEEP),
    ("aaabc", DEEP),
    ("abcbcab", AB_THEN_BC),
    ("abcbcabc", BC_THEN_AB),
    ("abcd", {(97, 98): 256, (98, 99): 257, (257, 100): 258}),
    ("abcde", {(98, 99): 256, (97, 98): 257, (99, 100): 258, (100, 101): 259, (257, 258): 260}),
    ("abcbabcb bcbc", {(98, 99): 256, (97, 98): 257, (256, 256): 258}),
    ("a\0b\0\0", {(0, 0): 256, (98, 256): 257}),
    ("cdx", {(99, 100): 150_000}),
    ("abcd", {(97, 98): 256, (256, 99): 257, (99, 100): 258}),
    ("ab" * 700, {(97, 98): 256, (256, 256): 257, (98, 97): 258}),
    ("abc", {(98, 99): 299, (97, 98): 300}),
    ("cabcab", {(97, 98): 256, (99, 256): 257, (257, 257): 258}),
    ("aab", {(97, 97): 256, (97, 98): 257, (256, 98): 258}),
    ("abab", {(97, 98): 256, (256, 97): 257, (257, 98): 258}),
    (inputs.ODD, {(13, 10): 256, (101, 204): 257, (129, 256): 258}),
    (inputs.LONGER, inputs.train(inputs.LONGER, 330)),
]


def tell_ids(vocab: Vocab, merges: Merges, text: str, expected: list[int], got: list[int]) -> Told | None:
    """Do the ids stand for the text, and is there still a pair to merge?"""
    place = next((place for place, idx in enumerate(got) if idx not in vocab), None)
    if place is not None:
        return Told("an id that no token has", f"The id {got[place]}, at place {place}, is in none of the merges.")
    data = b"".join(vocab[idx] for idx in got)
    if data != text.encode("utf-8"):
        return Told(
            "other bytes",
            f"These ids are not this text any more: they decode to {look(data.decode('utf-8', 'replace'))}.",
            "Each merge puts one id in the place of two, and changes nothing else. Where is something lost, or put in?",
        )
    # A pair that the right answer has as well stands at the border of two chunks.
    left = next((pair for pair in pairwise(got) if pair in merges and pair not in pairwise(expected)), None)
    if left:
        return Told(
            "a pair is left",
            f"The pair {left} still stands there, though it can be merged, into {merges[left]}.",
            "After each merge look again, at all places: new pairs may have come. When is there nothing left to do?",
        )
    return Told(
        "merged in another order",
        "The ids stand for the same text, but other pairs were merged: it shows that they were not merged in the order "
        "in which they were learned.",
        "Of all pairs that are there, the one with the lowest new id goes first, wherever it stands; then look again.",
    )


ENCODE_CRASHES = [
    Crash(
        "no pair to choose from",
        "ValueError",
        r"(min|max)\(\).*empty",
        "One id alone, or none, has no pairs, and there is nothing to choose from. See what the loop asks for.",
    ),
    Crash(
        "a pair that is not in merges",
        "KeyError",
        r"^\(",
        "This pair is not in merges. min gives some pair even if none of them is known: ask whether it is in merges "
        "before "
        "you merge it.",
    ),
]

ENCODE = add(
    Exercise(
        "encode",
        "04-encode-decode",
        "encode(text, merges) -> list[int]",
        passed="the merges replayed in the order in which they were learned",
        hint="Start with the bytes. Of all pairs that are there, which one was learned earliest? Merge it, look again, "
        "until none of the pairs is in `merges`.",
        reference=encode,
        own=[basic.BasicTokenizer.encode, merging.apply_merges],
        returns=list[int],
        crashes=ENCODE_CRASHES,
        tell=lambda args, expected, got: tell_ids(inputs.vocab_of(args[1]), args[1], args[0], expected, got),
        cases=ENCODE_CASES,
        draw=draw_encode,
        draws=120,
    )
)


def _until_done(text: Text, merges: Merges, pick: Callable[[list[int], list[Pair]], Pair]) -> list[int]:
    """Merge what `pick` picks of the pairs that are there and known, until there is none."""
    ids = ids_of(text)
    while known := [pair for pair in base.get_stats(ids) if pair in merges]:
        pair = pick(ids, known)
        ids = base.merge(ids, pair, merges[pair])
    return ids


@ENCODE.misconception(
    "the pair that is most frequent in this text is merged first, and of equals the leftmost",
    "Frequency is for training. Encoding replays the merges in the order in which they were learned: what in "
    "`merges` tells it?",
)
def encoding_counts_again(text: Text, merges: Merges) -> list[int]:
    def pick(ids: list[int], known: list[Pair]) -> Pair:
        stats = base.get_stats(ids)
        return max(known, key=stats.__getitem__)

    return _until_done(text, merges, pick)


@ENCODE.misconception(
    "at each place the longest token that fits is taken",
    "BPE does not look for long tokens. It merges pairs, the earliest-learned first, and an early merge can "
    "stand in the way of a longer token.",
)
def longest_match(text: str, merges: Merges) -> list[int]:
    data = text.encode("utf-8")
    by_bytes = {token: idx for idx, token in reversed(inputs.vocab_of(merges).items())}
    ids = []
    while data:
        length = next(n for n in range(len(data), 0, -1) if data[:n] in by_bytes)
        ids.append(by_bytes[data[:length]])
        data = data[length:]
    return ids


@ENCODE.misconception(
    "the fewest tokens are looked for",
    "That would be another tokenizer. BPE replays its merges, even where fewer tokens were possible.",
)
def fewest_tokens(text: str, merges: Merges) -> list[int]:
    data = text.encode("utf-8")
    by_bytes = {token: idx for idx, token in reversed(inputs.vocab_of(merges).items())}
    best: list[list[int]] = [[]]
    for end in range(1, len(data) + 1):
        ways = [best[start] + [by_bytes[data[start:end]]] for start in range(end) if data[start:end] in by_bytes]
        best.append(min(ways, key=len))
    return best[-1]


@ENCODE.misconception(
    "the first pair from the left that is known is merged first",
    "Not the place decides, but the age of the merge: compare the ids that the pairs would become.",
)
def leftmost_pair_first(text: Text, merges: Merges) -> list[int]:
    ids = ids_of(text)
    while True:
        place = next((i for i in range(len(ids) - 1) if (ids[i], ids[i + 1]) in merges), None)
        if place is None:
            return ids
        ids[place : place + 2] = [merges[ids[place], ids[place + 1]]]


@ENCODE.misconception(
    "the merge learned last goes first",
    "Which end do you begin from? A late merge is made of the tokens that earlier merges make.",
)
def latest_merge_first(text: Text, merges: Merges) -> list[int]:
    return _until_done(text, merges, lambda ids, known: max(known, key=merges.__getitem__))


@ENCODE.misconception(
    "the merges are done in rounds: in each, all that is known is merged from left to right",
    "A round merges a late pair before an early one. After each single merge the earliest-learned pair that is there "
    "goes next.",
)
def round_by_round(text: Text, merges: Merges) -> list[int]:
    ids = ids_of(text)
    while (merged := a_single_pass(ids, merges)) != ids:
        ids = merged
    return ids


@ENCODE.misconception(
    "each round merges all the pairs that it found at its beginning, the earliest-learned first",
    "A merge makes new pairs, which can be older than those found before it. Look again after each one.",
)
def a_list_of_pairs_a_round(text: Text, merges: Merges) -> list[int]:
    ids = ids_of(text)
    while known := sorted({pair for pair in pairwise(ids) if pair in merges}, key=merges.__getitem__):
        for pair in known:
            ids = base.merge(ids, pair, merges[pair])
    return ids


@ENCODE.misconception(
    "merging ends when two ids are left, one merge too early",
    "Two ids are still a pair. When is there really nothing left to look at?",
)
def stops_at_two_ids(text: Text, merges: Merges) -> list[int]:
    ids = ids_of(text)
    while len(ids) > 2 and (known := [pair for pair in pairwise(ids) if pair in merges]):
        pair = min(known, key=merges.__getitem__)
        ids = base.merge(ids, pair, merges[pair])
    return ids


@ENCODE.misconception(
    "the new ids are counted from 256 on, whatever `merges` says",
    "merges[pair] is the id that the pair becomes.",
)
def numbered_anew(text: Text, merges: Merges) -> list[int]:
    numbers = {idx: 256 + place for place, idx in enumerate(merges.values())}
    return [numbers.get(idx, idx) for idx in encode(text, merges)]


@ENCODE.misconception(
    "one pass from left to right is taken to be enough",
    "The merge learned first goes first, wherever it stands; and each merge makes new pairs, which can merge in "
    "their turn. When is there nothing left to do?",
)
def a_single_pass(text: Text, merges: Merges) -> list[int]:
    ids, result, i = ids_of(text), [], 0
    while i < len(ids):
        known = tuple(ids[i : i + 2]) in merges
        result.append(merges[ids[i], ids[i + 1]] if known else ids[i])
        i += 2 if known else 1
    return result


@ENCODE.misconception(
    "the encoding starts from characters, not from bytes",
    "The ids 0 to 255 are bytes. What does text.encode('utf-8') give you for an é?",
)
def characters_in_place_of_bytes(text: str, merges: Merges) -> list[int]:
    ids = list(map(ord, text))
    for pair, idx in merges.items():
        ids = base.merge(ids, pair, idx)
    return ids


@ENCODE.misconception(
    "the encoding stops after one merge",
    "After a merge, look again: is there still a pair that is known?",
)
def one_merge_only(text: Text, merges: Merges) -> list[int]:
    ids = ids_of(text)
    known = [pair for pair in base.get_stats(ids) if pair in merges]
    if known:
        pair = min(known, key=merges.__getitem__)
        ids = base.merge(ids, pair, merges[pair])
    return ids


@ENCODE.misconception(
    "the most frequent pair is chosen, known or not, and the merging stops when it is not in `merges`",
    "Frequency is for training. Of the pairs that are there, which was learned earliest? What in `merges` tells it?",
)
def the_most_frequent_pair_or_nothing(text: Text, merges: Merges) -> list[int]:
    ids = ids_of(text)
    while len(ids) > 1:
        stats = base.get_stats(ids)
        pair = max(stats, key=stats.__getitem__)
        if pair not in merges:
            break
        ids = base.merge(ids, pair, merges[pair])
    return ids


@ENCODE.misconception(
    "the pair with the highest new id is merged first, and the loop runs as long as there are ids at all",
    "Two things. The earliest-learned pair goes first: the lowest new id. And one id alone has no pairs: see what "
    "the loop "
    "asks for.",
)
def latest_first_without_end(text: Text, merges: Merges) -> list[int]:
    ids = ids_of(text)
    while ids:
        pair = max(base.get_stats(ids), key=lambda pair: merges.get(pair, -1))
        if pair not in merges:
            break
        ids = base.merge(ids, pair, merges[pair])
    return ids


@ENCODE.misconception(
    "as long as there are ids, there is a pair to look at",
    "One id alone has no neighbour: then min has nothing to choose from. What should the loop ask for?",
)
def one_id_has_a_pair(text: Text, merges: Merges) -> list[int]:
    ids = ids_of(text)
    while ids:
        pair = min(base.get_stats(ids), key=lambda pair: merges.get(pair, float("inf")))
        if pair not in merges:
            break
        ids = base.merge(ids, pair, merges[pair])
    return ids


@ENCODE.misconception(
    "there is always a pair to look at",
    "A text can be empty, or all of it merged into one token: then there is no pair. What does min say of nothing?",
)
def no_text_is_too_short(text: Text, merges: Merges) -> list[int]:
    ids = ids_of(text)
    while True:
        pair = min(base.get_stats(ids), key=lambda pair: merges.get(pair, float("inf")))
        if pair not in merges:
            return ids
        ids = base.merge(ids, pair, merges[pair])


# --- BasicTokenizer


def tokenizer(
    train: Callable[[str, int], Merges] = inputs.train,
    encode: Callable[[str, Merges], list[int]] = encode,
    decode: Callable[[list[int], Vocab], str] = decode,
) -> type:
    """A class from three functions, to put a misconception in one of them."""

    class BasicTokenizer:
        def train(self, text: str, vocab_size: int) -> None:
            self.merges = train(text, vocab_size)

        def encode(self, text: str) -> list[int]:
            return encode(text, self.merges)

        def decode(self, ids: list[int]) -> str:
            return decode(ids, inputs.vocab_of(self.merges))

    return BasicTokenizer


class Reference(tokenizer()):  # type: ignore[misc]
    """Nothing replaced."""


def draw_script(rng: Random, size: int) -> Args:
    learned = inputs.text(rng, size, rng.choice(["", "ab", "abc", "é한a"]))
    vocab_size = inputs.vocab_size(rng)
    text = "".join(rng.choices(learned, k=rng.randint(0, size))) if learned else ""
    steps: list[tuple[Any, ...]] = [("train", learned, vocab_size)]
    if rng.random() < 0.2:
        steps.insert(0, ("train", inputs.text(rng, size, rng.choice(["", "abc"])), inputs.vocab_size(rng)))
    ids = encode(text, inputs.train(learned, vocab_size))
    for other in (("encode", text[::-1]), ("decode", ids[1:]), ("u.train", text, vocab_size)):
        if rng.random() < 0.15:
            steps.append(other)
    if rng.random() < 0.6:
        return ((), *steps, ("encode", text))
    ids = ids[rng.randint(0, 1) : max(0, len(ids) - rng.randint(0, 1))]
    if rng.random() < 0.2:
        ids.insert(rng.randint(0, len(ids)), vocab_size + rng.randint(0, 9))  # no token has it
    return ((), *steps, ("decode", ids))


def tell_script(args: Args, expected: Any, got: Any) -> Told | None:
    """The last call is told as in `encode`, with the merges that its object should have by then."""
    name, method, arguments = parts_of(args[-1])
    learned = [call[1:] for call in args[1:-1] if parts_of(call)[:2] == (name, "train")]
    if method != "encode" or not learned:
        return None
    merges = inputs.train(*learned[-1])
    return tell_ids(inputs.vocab_of(merges), merges, arguments[0], expected, got)


AAABDAAABAC = ("train", "aaabdaaabac", 259)
BASIC_CASES = [
    ((), ("train", "ab", 257), ("encode", "")),
    ((), ("train", "ab", 257), ("encode", "ab")),
    ((), ("train", "ab", 257), ("decode", [256, 97])),
    ((), ("train", "", 260), ("encode", "a")),
    ((), ("train", "é", 256), ("encode", "é")),
    ((), ("train", "é", 256), ("decode", [195, 169])),
    ((), ("train", "é", 256), ("decode", [97, 195])),
    ((), ("train", "abab", 257), ("encode", "abab")),
    ((), ("train", "baab", 257), ("encode", "abba")),
    ((), AAABDAAABAC, ("encode", "aaabdaaabac")),
    ((), AAABDAAABAC, ("decode", [258, 100, 258, 97, 99])),
    ((), ("train", "abab bc", 258), ("encode", "abcbcbc")),
    ((), ("train", "ca aaa", 258), ("encode", "caa")),
    ((), ("train", "ababaaba", 259), ("encode", "ababa")),
    ((), ("train", "abcdabef", 260), ("encode", "abcdabcd")),
    ((), ("train", "abcbc abcab", 260), ("encode", "abcbcabcbc")),
    ((), ("train", "xyxy", 257), ("train", "abab", 257), ("encode", "abxy")),
    ((), ("train", "xyxy", 257), ("train", "abab", 257), ("decode", [256])),
    ((), ("train", "bcbcbcabab", 259), ("encode", "abcabc bcbc")),
    ((), ("train", "the theme of the thesis", 266), ("encode", "hers is the theme")),
    ((), ("train", "ABab", 257), ("encode", "ABab")),
    # An object is used more than once, and its calls do not get in each other's way.
    ((), ("train", "ab", 257), ("encode", "ab"), ("encode", "ab")),
    ((), ("train", "ab", 257), ("encode", "ab"), ("decode", [97])),
    ((), ("train", "ab", 257), ("decode", [97]), ("decode", [98])),
    ((), ("train", "ab", 257), ("decode", [256]), ("encode", "ab")),
    ((), ("train", "ab", 257), ("encode", "xy"), ("train", "xy", 257), ("encode", "xy")),
    ((), ("train", "ab", 257), ("decode", [300])),
    ((), ("train", "ab", 257), ("train", "", 256), ("decode", [256])),
    ((), ("train", "ab", 257), ("u.train", "xy", 257), ("encode", "abxy")),
    ((), ("train", "ab", 257), ("u.train", "", 256), ("decode", [256])),
    ((), ("train", "ab", 257), ("u.train", "xy", 257), ("decode", [256])),
    ((), ("train", "ab", 257), ("decode", [256]), ("train", "xy", 257), ("decode", [256])),
    ((), ("train", "abcd", 259), ("encode", "abcdabcd")),
    ((), ("train", "bc.bc,bc;bc!ab-ab+ab?cd=cd", 259), ("encode", "abcxbcd")),
    ((), ("train", "ab", 257), ("encode", "ab"), ("u.train", "xy", 257), ("u.encode", "xyab")),
    ((), ("train", inputs.LONGER, 330), ("encode", inputs.ODD + inputs.LONGER)),
]

BASIC_TOKENIZER = add(
    Exercise(
        "BasicTokenizer",
        "04-encode-decode",
        "class BasicTokenizer: train(text, vocab_size), encode(text) -> list[int], decode(ids) -> str",
        passed="train, encode and decode work together",
        hint="Each method is one of your functions. What does train have to keep in self, for encode and for decode?",
        reference=Reference,
        own=[basic.BasicTokenizer, base.Tokenizer, merging.apply_merges, merging.learn_merges],
        methods=("train", "encode", "decode"),
        same=alike_but_for_replacements,
        crashes=ENCODE_CRASHES,
        tell=tell_script,
        cases=BASIC_CASES,
        draw=draw_script,
        draws=150,
    )
)


BASIC_TOKENIZER.shares(
    ENCODE,
    [
        "encoding counts again",
        "longest match",
        "leftmost pair first",
        "latest merge first",
        "one merge only",
        "round by round",
        "a single pass",
        "stops at two ids",
        "characters in place of bytes",
    ],
    lambda encode: tokenizer(encode=encode),
)
BASIC_TOKENIZER.shares(
    TRAIN,
    [
        "vocab size is the number of merges",
        "ties do not matter",
        "count only once",
        "stop at pairs that occur once",
        "new ids from 257",
        "larger ids win ties",
        "one merge too few",
        "never out of pairs",
    ],
    lambda train: tokenizer(train=train),
)
BASIC_TOKENIZER.shares(
    DECODE,
    [
        "ids one by one",
        "all ids are text",
        "leave out what is not text",
        "key error for unknown ids",
        "all text and key error",
        "unknown ids are passed over",
    ],
    lambda decode: tokenizer(decode=decode),
)


@BASIC_TOKENIZER.misconception(
    "training a second time goes on with the merges of the first",
    "Training twice starts afresh. Where are your merges made: once for the object, or in each train?",
)
class training_twice_adds_up(tokenizer()):  # type: ignore[misc]
    def train(self, text: str, vocab_size: int) -> None:
        before = getattr(self, "merges", {})
        self.merges = {**before, **inputs.train(text, vocab_size)}


@BASIC_TOKENIZER.misconception(
    "only the text that was trained on can be encoded",
    "Encoding works for every text: it starts from the bytes of the new text, and replays the merges on them.",
)
class encodes_the_training_text_only(tokenizer()):  # type: ignore[misc]
    def train(self, text: str, vocab_size: int) -> None:
        super().train(text, vocab_size)
        self.ids = encode(text, self.merges)

    def encode(self, text: str) -> list[int]:
        return list(self.ids)


@BASIC_TOKENIZER.misconception(
    "the vocabulary belongs to the class, so that all its objects share it",
    "What is made in the body of the class is there once, for t and for u. Make it in train, or in decode: one for "
    "each "
    "object.",
)
class all_objects_share_the_vocab(tokenizer()):  # type: ignore[misc]
    vocab: Vocab = {}  # noqa: RUF012  (that is the mistake)

    def train(self, text: str, vocab_size: int) -> None:
        super().train(text, vocab_size)
        self.vocab.clear()
        self.vocab.update(inputs.vocab_of(self.merges))

    def decode(self, ids: list[int]) -> str:
        return decode(ids, self.vocab)


@BASIC_TOKENIZER.misconception(
    "the merges belong to the class, so that all its objects share them",
    "What is made in the body of the class is there once, for t and for u. Which line makes one for each object?",
)
class all_objects_share_the_merges(tokenizer()):  # type: ignore[misc]
    merges: Merges = {}  # noqa: RUF012  (that is the mistake)

    def train(self, text: str, vocab_size: int) -> None:
        self.merges.clear()
        self.merges.update(inputs.train(text, vocab_size))
