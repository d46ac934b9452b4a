"""07-gpt4-parity: from the ranks that OpenAI publishes back to merges, and to GPT-4's ids.

The ranks are small ones, learned from a random text, with bytes shuffled in a way that a line of code can
write down; and the first of the real ones. All hundred thousand would take seconds to recover merges from.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

from minbpe import gpt4, merging, patterns
from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add, in_order
from minbpe.lab.checks.nb01_bytes import alike_but_for_replacements
from minbpe.lab.checks.nb04_encode_decode import ENCODE, ENCODE_CRASHES, Merges, Pair
from minbpe.lab.checks.nb05_regex_splitting import PUBLISHED, findall, split
from minbpe.lab.checks.ranks import Ranks, around, draw_ranks, merge_parts, ranks_of, real, reordered
from minbpe.lab.checks.runner import Code
from minbpe.lab.checks.show import show
from minbpe.lab.checks.telling import Told
from minbpe.regex import RegexTokenizer

# --- split_token


def split_token(ranks: Ranks, token: bytes) -> tuple[bytes, bytes]:
    left, right = merge_parts(ranks, token)
    return left, right


def draw_token(rng: Random, size: int) -> Args:
    ranks = draw_ranks(rng, size)
    return ranks, max(rng.choices([token for token in ranks if len(token) > 1], k=5), key=len)


ABC = ranks_of([b"ab", b"cd", b"abc", b"abcd", b"abcdab"])
LEFT = ranks_of([b"bc", b"ab", b"abc", b"bcd", b"abcd", b"abcabc"], 5, 3)
SPLIT_TOKEN = add(
    Exercise(
        "split_token",
        "07-gpt4-parity",
        "split_token(ranks, token) -> tuple[bytes, bytes]",
        passed="the two parents of every token",
        hint="Start from the single bytes of the token, and merge what was learned before the token, lowest "
        "rank first. Two parts are left.",
        reference=split_token,
        own=[gpt4.recover_merges, merging.apply_merges],
        returns=tuple[bytes, bytes],
        crashes=[
            Crash(
                "one merge too far",
                "ValueError",
                r"(min|max)\(\).*empty",
                "Only one piece is left, and one piece has no neighbours: that was one merge too far. When are the "
                "two parents there?",
            ),
            Crash(
                "most pairs are no tokens",
                "KeyError",
                r"^b['\"]",
                "Most neighbours do not make a token: ranks does not have them. ranks.get(…, math.inf) gives them "
                "the worst rank of all.",
            ),
        ],
        cases=[
            (ranks_of([b"ab"]), b"ab"),
            (ranks_of([b"ab", b"abc"]), b"abc"),
            (ranks_of([b"bc", b"abc"]), b"abc"),
            (ranks_of([b"bc", b"ab", b"abc"]), b"abc"),
            (ranks_of([b"ab", b"bc", b"abc"]), b"abc"),
            (ABC, b"abcd"),
            (ABC, b"abcdab"),
            (LEFT, b"abc"),
            (LEFT, b"bcd"),
            (LEFT, b"abcd"),
            (LEFT, b"abcabc"),
            (ranks_of([b"ab", b"bc", b"cd", b"bcd", b"abcd"], 3, 7), b"abcd"),
            (ranks_of([b"bc", b"ab", b"cd", b"abcd", b"dabcd"], 3, 7), b"bc"),
            (real(3000), b" return"),
            (real(3000), b" function"),
            (real(50_000), b" vocabulary"),
            (ranks_of([b"aa", b"aaa"]), b"aaa"),
            (real(1500, "o200k_base"), b" the"),
            (around("o200k_base", b"$IFn"), b"$IFn"),
            (ranks_of([b"\xc3\xa9"]), b"\xc3\xa9"),
            (ranks_of([b"a" * 2**doubled for doubled in range(1, 7)]), b"a" * 64),
        ],
        draw=draw_token,
        draws=100,
    )
)


@SPLIT_TOKEN.misconception(
    "the last byte is cut off",
    "Both halves are tokens that were there before, and either can be long. Replay how the token came about: the "
    "pair of lowest rank first, not the longest, and not the one on the left.",
)
def the_last_byte_is_cut_off(ranks: Ranks, token: bytes) -> tuple[bytes, bytes]:
    return token[:-1], token[-1:]


@SPLIT_TOKEN.misconception(
    "the first byte is cut off",
    "Both halves are tokens that were there before, and either can be long. Replay how the token came about.",
)
def the_first_byte_is_cut_off(ranks: Ranks, token: bytes) -> tuple[bytes, bytes]:
    return token[:1], token[1:]


@SPLIT_TOKEN.misconception(
    "the token is cut in the middle",
    "The two parents need not be equally long. What tells where they meet: which merges came before?",
)
def cut_in_the_middle(ranks: Ranks, token: bytes) -> tuple[bytes, bytes]:
    return token[: len(token) // 2], token[len(token) // 2 :]


def _ways(ranks: Ranks, token: bytes) -> list[tuple[bytes, bytes]]:
    ways = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
    return [way for way in ways if all(part in ranks for part in way)]


SEVERAL_WAYS = (
    "There can be several ways to cut into two tokens. Only one is what BPE did: replay the merges before this one."
)
NEED_NOT_HAVE_MET = (
    "Two tokens that were there early need not have met. Replay the merges from the single bytes: only that shows "
    "which two did."
)


@SPLIT_TOKEN.misconception("the longest beginning that is a token is taken for the left parent", SEVERAL_WAYS)
def the_longest_beginning(ranks: Ranks, token: bytes) -> tuple[bytes, bytes]:
    return _ways(ranks, token)[-1]


@SPLIT_TOKEN.misconception("the longest ending that is a token is taken for the right parent", SEVERAL_WAYS)
def the_longest_ending(ranks: Ranks, token: bytes) -> tuple[bytes, bytes]:
    return _ways(ranks, token)[0]


@SPLIT_TOKEN.misconception("of all cuts into two tokens the one with the oldest halves is taken", NEED_NOT_HAVE_MET)
def the_oldest_halves(ranks: Ranks, token: bytes) -> tuple[bytes, bytes]:
    return min(_ways(ranks, token), key=lambda way: (max(ranks[way[0]], ranks[way[1]]), ranks[way[0]]))


@SPLIT_TOKEN.misconception(
    "of all cuts into two tokens the one with the lowest sum of ranks is taken", NEED_NOT_HAVE_MET
)
def the_lowest_sum(ranks: Ranks, token: bytes) -> tuple[bytes, bytes]:
    return min(_ways(ranks, token), key=lambda way: ranks[way[0]] + ranks[way[1]])


@SPLIT_TOKEN.misconception(
    "the pair with the highest rank is merged first",
    "A low rank was learned early. So which of the pairs goes first?",
)
def the_highest_rank_first(ranks: Ranks, token: bytes) -> tuple[bytes, ...]:
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 2:
        known = [place for place, (a, b) in enumerate(pairwise(parts)) if ranks.get(a + b, 1 << 30) < ranks[token]]
        if not known:
            break
        place = max(known, key=lambda place: ranks[parts[place] + parts[place + 1]])
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return tuple(parts)


@SPLIT_TOKEN.misconception(
    "the two halves come back in the wrong order", "Side by side, left and right must be the token again."
)
def right_before_left(ranks: Ranks, token: bytes) -> tuple[bytes, bytes]:
    left, right = split_token(ranks, token)
    return right, left


@SPLIT_TOKEN.misconception(
    "the ids of the parents are returned, not their bytes",
    "The exercise asks for the bytes: their ids can be looked up in ranks.",
)
def ids_of_the_parents(ranks: Ranks, token: bytes) -> tuple[int, int]:
    left, right = split_token(ranks, token)
    return ranks[left], ranks[right]


@SPLIT_TOKEN.misconception(
    "the merging goes on until the token itself is made",
    "Only what was learned before this token may be merged: what does its rank tell you?",
)
def merged_to_the_end(ranks: Ranks, token: bytes) -> tuple[bytes, ...]:
    return (token,)


@SPLIT_TOKEN.misconception(
    "the pair that stands first is merged first, whatever its rank",
    "Of all pairs that are known, the one with the lowest rank was learned first, so it goes first.",
)
def the_first_pair_goes_first(ranks: Ranks, token: bytes) -> tuple[bytes, bytes]:
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 2:
        known = [place for place, (a, b) in enumerate(pairwise(parts)) if a + b in ranks and a + b != token]
        if not known:
            break
        parts[known[0] : known[0] + 2] = [parts[known[0]] + parts[known[0] + 1]]
    return tuple(parts)  # type: ignore[return-value]


# --- recover_merges


def recover_merges(ranks: Ranks) -> Merges:
    merges: Merges = {}
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            left, right = split_token(ranks, token)
            merges[ranks[left], ranks[right]] = rank
    return merges


def draw_ranks_only(rng: Random, size: int) -> Args:
    ranks = draw_ranks(rng, size)
    if rng.random() < 0.3:  # the ids of a vocabulary can have gaps
        gap = rng.randrange(1, 99)
        ranks = {token: rank + gap if len(token) > 1 else rank for token, rank in ranks.items()}
    return (reordered(ranks, "item[0]") if rng.random() < 0.2 else ranks,)


RECOVER_MERGES = add(
    Exercise(
        "recover_merges",
        "07-gpt4-parity",
        "recover_merges(ranks) -> dict",
        passed="the merges behind the ranks, in the order in which they were learned",
        hint="For each token of more than one byte, in the order of rank: its two parents (split_token), and "
        "their ids.",
        reference=recover_merges,
        own=[gpt4.recover_merges, merging.apply_merges],
        returns=dict[Pair, int],
        same=in_order,
        crashes=[
            Crash(
                "single bytes have no parents",
                "ValueError",
                "not enough values to unpack",
                "A single byte was never merged: it has no parents to take apart. Leave it out.",
            ),
            Crash(
                "single bytes have no parents",
                "KeyError",
                r"^b''$",
                "token[:-1] and token[1:] leave nothing of a single byte. It was never merged: leave it out.",
            ),
            Crash(
                "not every part is a token",
                "KeyError",
                r"^b['\"]",
                "That part of the token has no rank, so it was no parent of it. split_token tells the two that were.",
            ),
        ],
        cases=[
            (ranks_of([]),),
            (ranks_of([b"ab"]),),
            (ranks_of([b"ab"], 3, 7),),
            (ranks_of([b"ab", b"abc"]),),
            (ranks_of([b"bc", b"abc"]),),
            (ranks_of([b"bc", b"ab", b"abc"]),),
            (ranks_of([b"ab", b"bc", b"abc"]),),
            (ranks_of([b"aa", b"aaa"]),),
            (ABC,),
            (LEFT,),
            (ranks_of([b"ba", b"ab", b"baab"]) | {b"z" * 2: 259},),
            (ranks_of([]) | {b"abc": 257, b"ab": 256},),
            (ranks_of([]) | {b"ab": 300, b"abc": 400},),
            (ranks_of([b"aa", b"aaa", b"aaaa"], 3, 7),),
            (real(1200),),
        ],
        draw=draw_ranks_only,
        draws=60,
    )
)


def _each_token(ranks: Ranks, parents: Callable[[Ranks, bytes], tuple[Any, ...]], by_rank: bool = True) -> Merges:
    items = sorted(ranks.items(), key=lambda item: item[1]) if by_rank else ranks.items()
    merges: Merges = {}
    for token, rank in items:
        if len(token) > 1:
            left, right = parents(ranks, token)
            merges[ranks[left], ranks[right]] = rank
    return merges


RECOVER_MERGES.shares(
    SPLIT_TOKEN,
    ["the longest beginning", "the longest ending", "right before left"],
    lambda parents: lambda ranks: _each_token(ranks, parents),
)


@RECOVER_MERGES.misconception(
    "the id of a byte is taken to be its value",
    "The ids of the 256 bytes are shuffled: look up every id in ranks, also that of a single byte.",
)
def bytes_are_their_own_ids(ranks: Ranks) -> Merges:
    def idx(part: bytes) -> int:
        return part[0] if len(part) == 1 else ranks[part]

    merges = {}
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            left, right = split_token(ranks, token)
            merges[idx(left), idx(right)] = rank
    return merges


@RECOVER_MERGES.misconception(
    "the merges stand in the order of the dict, not in the order of learning",
    "The rank tells when a token was learned. In which order do you go through them?",
)
def in_the_order_of_the_dict(ranks: Ranks) -> Merges:
    return _each_token(ranks, split_token, by_rank=False)


@RECOVER_MERGES.misconception(
    "every way to cut a token into two tokens is taken for a merge",
    "A token came about in one way only. split_token tells which.",
)
def every_way_to_cut(ranks: Ranks) -> Merges:
    merges = {}
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        for left, right in _ways(ranks, token):
            merges[ranks[left], ranks[right]] = rank
    return merges


@RECOVER_MERGES.misconception(
    "the merges go from pairs of bytes, not from pairs of ids",
    "As in all notebooks before: {(id, id): id}.",
)
def pairs_of_bytes(ranks: Ranks) -> dict[tuple[bytes, bytes], int]:
    return {
        split_token(ranks, token): rank
        for token, rank in sorted(ranks.items(), key=lambda item: item[1])
        if len(token) > 1
    }


@RECOVER_MERGES.misconception(
    "the merges are numbered from 256 on, whatever the ranks say",
    "The rank of a token is its id: take it from ranks.",
)
def numbered_from_256(ranks: Ranks) -> Merges:
    merges: Merges = {}
    for pair in recover_merges(ranks):
        merges[pair] = 256 + len(merges)
    return merges


@RECOVER_MERGES.misconception(
    "single bytes are taken for merges, too",
    "A single byte was never merged: it has no parents.",
)
def single_bytes_are_merges(ranks: Ranks) -> Merges:
    merges = {}
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        left, right = (token, token) if len(token) == 1 else split_token(ranks, token)
        merges[ranks[left], ranks[right]] = rank
    return merges


# --- byte_shuffle


def byte_shuffle(ranks: Ranks) -> dict[int, int]:
    return {byte: ranks[bytes([byte])] for byte in range(256)}


def draw_shuffled(rng: Random, size: int) -> Args:
    """Ranks in the order of their tokens, or in any other."""
    ranks = draw_ranks(rng, size)
    if rng.random() < 0.5:
        return (ranks,)
    return (reordered(ranks, rng.choice(["item[1]", "-item[1]", "-len(item[0])", "item[1] * 97 % 509"])),)


ONE_BYTE_ALONE = "chr(200).encode() is two bytes. The byte 200 alone is bytes([200])."
BYTE_SHUFFLE = add(
    Exercise(
        "byte_shuffle",
        "07-gpt4-parity",
        "byte_shuffle(ranks) -> dict[int, int]",
        passed="the id of each of the 256 bytes",
        hint="The ranks hold the single bytes as well. Which key has the byte 33?",
        reference=byte_shuffle,
        own=[gpt4.recover_byte_shuffle],
        returns=dict[int, int],
        crashes=[
            Crash(
                "a number is no key", "KeyError", r"^\d+$", "ranks knows bytes, as b'h', and no numbers: bytes([104])."
            ),
            Crash(
                "bytes of a number",
                "KeyError",
                r"^b'(\\x00)*'$",
                "bytes(0) is nothing at all, and bytes(5) is five zeros. bytes([5]) is the byte 5.",
            ),
            Crash("bytes are characters", "KeyError", r"^b'\\x[cd].\\x..'$", ONE_BYTE_ALONE),
            Crash(
                "bytes are digits",
                "KeyError",
                r"^b'\d+'$",
                "That key is made of the digits of a number. The byte 65 is bytes([65]), which Python shows as b'A'.",
            ),
        ],
        cases=[
            (ranks_of([]),),
            (ranks_of([], 3, 7),),
            (ranks_of([b"ab", b"abc"], 5, 1),),
            (real(300),),
            (Code(f"{{b'ab': 256, b'zz': 257}} | {show(ranks_of([], 7, 11))}"),),  # longer tokens first
            (reordered(ranks_of([b"ab", b"abc"], 5, 1), "-item[1]"),),
        ],
        draw=draw_shuffled,
        draws=30,
    )
)


@BYTE_SHUFFLE.misconception(
    "every byte is taken to have its value for an id",
    "In GPT-4's vocabulary the byte 0 has the id 188. It is all in the ranks.",
)
def no_shuffle(ranks: Ranks) -> dict[int, int]:
    return {byte: byte for byte in range(256)}


LIKE_THE_LETTERS = (
    "every byte is taken to have moved by 33, as the letters have",
    "The numbers do not come from `ranks`: look each byte up there. The letters have moved by 33 in GPT-4's ranks; the "
    "space and many others have gone elsewhere.",
)


@BYTE_SHUFFLE.misconception(*LIKE_THE_LETTERS)
def every_byte_moves_like_the_letters(ranks: Ranks) -> dict[int, int]:
    return {byte: byte - 33 for byte in range(256)}


@BYTE_SHUFFLE.misconception(*LIKE_THE_LETTERS)
def every_byte_moves_like_the_letters_in_a_circle(ranks: Ranks) -> dict[int, int]:
    return {byte: (byte - 33) % 256 for byte in range(256)}


@BYTE_SHUFFLE.misconception(
    "the dict goes from ids to bytes",
    "Encoding starts with a byte and wants its id. You will need the other direction as well, in decoding.",
)
def from_ids_to_bytes(ranks: Ranks) -> dict[int, int]:
    return {idx: byte for byte, idx in byte_shuffle(ranks).items()}


@BYTE_SHUFFLE.misconception(
    "the keys are bytes objects, not numbers",
    "Going through bytes gives ints: list(b'hi') is [104, 105]. The dict should be ready for those.",
)
def keys_are_bytes(ranks: Ranks) -> dict[bytes, int]:
    return {bytes([byte]): idx for byte, idx in byte_shuffle(ranks).items()}


@BYTE_SHUFFLE.misconception(
    "all tokens are in the dict, not only the 256 bytes",
    "A merged token has more than one byte. How many entries should there be?",
)
def the_first_byte_of_every_token(ranks: Ranks) -> dict[int, int]:
    return byte_shuffle(ranks) | {token[0]: idx for token, idx in ranks.items() if len(token) > 1}


@BYTE_SHUFFLE.misconception(
    "the first 256 entries of ranks are taken for the bytes",
    "Nothing says that the single bytes stand first. Look each of them up: bytes([byte]).",
)
def the_first_entries(ranks: Ranks) -> dict[int, int]:
    return {token[0]: idx for token, idx in list(ranks.items())[:256]}


@BYTE_SHUFFLE.misconception(
    "the entries are taken in the order of the dict, as if it went from byte 0 to byte 255",
    "Nothing says in which order the ranks stand. Look each byte up: bytes([byte]).",
)
def in_the_order_of_ranks(ranks: Ranks) -> dict[int, int]:
    return dict(enumerate(list(ranks.values())[:256]))


@BYTE_SHUFFLE.misconception(
    "only the bytes of ASCII are shuffled",
    "A byte goes up to 255. The upper half is needed for every character beyond ASCII.",
)
def ascii_only(ranks: Ranks) -> dict[int, int]:
    return {byte: ranks[bytes([byte])] for byte in range(128)}


@BYTE_SHUFFLE.misconception("the byte is taken for a character, and encoded as UTF-8", ONE_BYTE_ALONE)
def bytes_are_characters(ranks: Ranks) -> dict[int, int]:
    return {byte: ranks.get(chr(byte).encode("utf-8"), byte) for byte in range(256)}


@BYTE_SHUFFLE.misconception(
    "the last byte, 255, is missing",
    "range(n) ends before n. How many bytes are there?",
)
def one_byte_too_few(ranks: Ranks) -> dict[int, int]:
    return {byte: ranks[bytes([byte])] for byte in range(255)}


# --- GPT4Tokenizer

Splits = Callable[[str], list[str]]
EncodeChunk = Callable[[list[int], Merges], list[int]]


def tokenizer(
    encode_chunk: EncodeChunk = ENCODE.reference,
    split: Splits = split,
    shuffled: bool = True,
    decode_errors: str = "replace",
    decode_each: bool = False,
) -> type:
    """The class with parts to replace."""

    class GPT4Tokenizer:
        def __init__(self, ranks: Ranks) -> None:
            self.ranks = ranks
            self.merges = recover_merges(ranks)
            self.vocab = {idx: token for token, idx in ranks.items()}
            self.shuffle = byte_shuffle(ranks)

        def start(self, chunk: str) -> list[int]:
            return [self.shuffle[byte] if shuffled else byte for byte in chunk.encode("utf-8")]

        def encode(self, text: str) -> list[int]:
            return [idx for chunk in split(text) for idx in encode_chunk(self.start(chunk), self.merges)]

        def decode(self, ids: list[int]) -> str:
            tokens = [self.vocab[idx] for idx in ids]
            if decode_each:
                return "".join(token.decode("utf-8", decode_errors) for token in tokens)
            return b"".join(tokens).decode("utf-8", decode_errors)

    return GPT4Tokenizer


class Reference(tokenizer()):  # type: ignore[misc]
    """By the ranks alone: they are merges enough."""

    def __init__(self, ranks: Ranks) -> None:
        self.ranks = ranks
        self.vocab = {idx: token for token, idx in ranks.items()}

    def encode(self, text: str, splitter: Splits = split) -> list[int]:
        above = {**self.ranks, b"": len(self.ranks) + 256}  # a rank that all others are below of
        ids = []
        for chunk in splitter(text):
            parts = [bytes([byte]) for byte in chunk.encode("utf-8")]
            while known := [a + b for a, b in pairwise(parts) if a + b in self.ranks]:
                best = min(known, key=above.__getitem__)
                place = next(i for i, (a, b) in enumerate(pairwise(parts)) if a + b == best)
                parts[place : place + 2] = [best]
            ids += [self.ranks[part] for part in parts]
        return ids


def by_either_pattern(expected: Any, got: Any, args: Args) -> bool:
    if alike_but_for_replacements(expected, got, args):
        return True
    (ranks,), (method, argument) = args[0], args[-1]
    ranks = ranks.make() if isinstance(ranks, Code) else ranks
    return method == "encode" and got == Reference(ranks).encode(argument, PUBLISHED[1].split)


def draw_gpt4(rng: Random, size: int) -> Args:
    letters = rng.choice(["abcd", "abcd", "12"])  # digits, which are cut after three
    ranks = draw_ranks(rng, size, letters.encode("utf-8"))
    tokens = [token.decode("utf-8", "ignore") for token in ranks if len(token) > 1]
    text = "".join(rng.choices([*tokens, *letters, " ", "é", "한국", "don't"], k=rng.randint(0, size // 2)))
    ids = Reference(ranks).encode(text)
    before = [step for step in (("encode", text[::-1]), ("decode", ids[1:])) if rng.random() < 0.1]
    if rng.random() < 0.7:
        return (ranks,), *before, ("encode", text)
    return (ranks,), *before, ("decode", ids[rng.randint(0, 1) : max(0, len(ids) - rng.randint(0, 1))])


NO_TOKEN_OF_THAT_ID = Crash(
    "a missing id",
    "KeyError",
    r"^\d+$",
    "The dict has no such id at that moment. To decode it must go from ids to bytes, those of single bytes among them, "
    "and an earlier call must not have taken anything out.",
)
WHICH_BYTES = (
    "Print the ids that the bytes of one chunk begin with, before anything is merged, and look each of them up in "
    "ranks. Are they the bytes of this chunk, and do all chunks come?"
)


def tell_gpt4(args: Args, expected: Any, got: Any) -> Told | None:
    """The last call, if it encodes: do its ids stand for the text, and are they shuffled?"""
    (ranks,), (method, argument) = args[0], args[-1]
    if method != "encode":
        return None
    vocab = {idx: token for token, idx in ranks.items()}
    if any(idx not in vocab for idx in got):
        return Told(
            "an id that no token has", f"The id {next(idx for idx in got if idx not in vocab)} is not in ranks."
        )
    tokens, data = [vocab[idx] for idx in got], argument.encode("utf-8")
    if (joined := b"".join(tokens)) != data:
        sentence = f"These ids are not this text: by ranks they stand for {joined!r}."
        if data in joined:
            return Told("other bytes", sentence, "The text is in there. What puts in the rest? Begin each call anew.")
        return Told("other bytes", sentence, WHICH_BYTES)
    return _tell_cut(expected, got, vocab)


def _tell_cut(expected: list[int], got: list[int], vocab: dict[int, bytes]) -> Told:
    place = next(place for place, pair in enumerate(zip(expected, got, strict=False)) if pair[0] != pair[1])
    return Told(
        "cut into other tokens",
        f"The ids stand for this text, but from place {place} on it is cut into other tokens: {vocab[got[place]]!r} "
        f"in place of {vocab[expected[place]]!r}.",
        "Either the chunks are others, or other pairs were merged. First print the chunks, then the ids of one chunk "
        "after each merge.",
    )


AB = ranks_of([b"ab"])
SHUFFLED = ranks_of([b"ab", b"bc", b"abc"], 5, 3)
STRINGS = "hello world, 안녕 (don't) 1234567!? 😉 Straße\n\n\tif x:  return  naïve café's"
REAL = real(1500)
GPT4_TOKENIZER = add(
    Exercise(
        "GPT4Tokenizer",
        "07-gpt4-parity",
        "class GPT4Tokenizer: GPT4Tokenizer(ranks), encode(text) -> list[int], decode(ids) -> str",
        passed="the ids of GPT-4, and back",
        hint="Split, then for each chunk: bytes, their ids by the byte shuffle, then the merges. To decode, the "
        "ranks turned round give the bytes of each id.",
        reference=Reference,
        own=[gpt4.GPT4Tokenizer, gpt4.RankedTokenizer, RegexTokenizer, merging.apply_merges],
        methods=("encode", "decode"),
        same=by_either_pattern,
        tell=tell_gpt4,
        crashes=[*ENCODE_CRASHES, NO_TOKEN_OF_THAT_ID],
        cases=[
            ((AB,), ("encode", "")),
            ((AB,), ("encode", "ab")),
            ((AB,), ("decode", [])),
            ((AB,), ("decode", [256, 97])),
            ((AB,), ("decode", [195, 169])),
            ((AB,), ("decode", [97, 195])),
            ((SHUFFLED,), ("encode", "a")),
            ((SHUFFLED,), ("encode", "abc")),
            ((SHUFFLED,), ("decode", [256, 0, 1])),
            ((ranks_of([b"bc", b"ab"], 3, 7),), ("encode", "abc")),
            ((ranks_of([b"bc", b"ab", b"bcbc"], 3, 7),), ("encode", "abcbabcb bcbc")),
            ((ranks_of([b"ab", b"bc"], 3, 7),), ("encode", "abcbc")),
            ((ranks_of([b"ab", b"bc", b"cd", b"bcd"], 3, 7),), ("encode", "abcd")),
            ((ranks_of([b"aa", b"aaaa"]),), ("encode", "aaaa")),
            ((ranks_of([b"a ", b" b"]),), ("encode", "a b")),
            ((REAL,), ("encode", STRINGS)),
            ((REAL,), ("decode", Reference(REAL.make()).encode(STRINGS))),
            ((SHUFFLED,), ("encode", inputs.ODD + inputs.LONGER)),
            ((AB,), ("decode", list(inputs.ODD.encode("utf-8")))),
            ((ranks_of([b"SH", b"12", b"34", b"1234"]),), ("encode", "O'SHEA 1234")),
            # An object is used more than once, and its calls do not get in each other's way.
            ((AB,), ("encode", "ab"), ("encode", "ab")),
            ((AB,), ("encode", "ab"), ("decode", [97])),
            ((AB,), ("decode", [97]), ("decode", [97, 256])),
            ((AB,), ("decode", [256]), ("encode", "ab")),
        ],
        draw=draw_gpt4,
        draws=100,
    )
)
GPT4_TOKENIZER.shares(
    ENCODE,
    [
        "encoding counts again",
        "leftmost pair first",
        "latest merge first",
        "a single pass",
        "round by round",
        "one merge only",
        "stops at two ids",
    ],
    lambda encode: tokenizer(encode),
)


def _class(name: str, belief: str, hint: str, **parts: Any) -> None:
    GPT4_TOKENIZER.misconception(belief, hint, name)(tokenizer(**parts))


_class(
    "no byte shuffle",
    "every byte is taken to have its value for an id",
    "In these ranks the byte 97 need not have the id 97. Where do its ids come from?",
    shuffled=False,
)
_class(
    "numbers of any length",
    "a number may be of any length",
    "GPT-4 cuts numbers after three digits. Split as in notebook 05.",
    split=lambda text: findall(patterns.GPT4_SPLIT_PATTERN.replace("{1,3}", "+"), text),
)
_class(
    "GPT-2's pattern",
    "the text is split by the pattern of GPT-2",
    "GPT-4's is another one: the table in notebook 05 says what is new in it. Split as there.",
    split=lambda text: findall(patterns.GPT2_SPLIT_PATTERN, text),
)
_class(
    "no split",
    "the text is not split first",
    "GPT-4's merges never reach across chunks. The exercise split of notebook 05 goes first.",
    split=lambda text: [text],
)
_class(
    "split at white space",
    "the text is split at white space, which is lost",
    "Decoding must give the text back, spaces and all. Split as in notebook 05.",
    split=str.split,
)
_class(
    "ids one by one",
    "each id is decoded on its own",
    "A character can be spread over several tokens: put the bytes together first.",
    decode_each=True,
)
_class(
    "all ids are text",
    "any list of ids is taken to be text",
    "A model can stop in the middle of a character. What does `errors` of bytes.decode offer?",
    decode_errors="strict",
)


@GPT4_TOKENIZER.misconception(
    "the byte shuffle comes after the merging",
    "The merges speak of ids, and the ids of the bytes are shuffled. So the bytes get their ids before anything "
    "is merged.",
)
class the_shuffle_comes_last(tokenizer(shuffled=False)):  # type: ignore[misc]
    def encode(self, text: str) -> list[int]:
        return [self.shuffle.get(idx, idx) for idx in super().encode(text)]


@GPT4_TOKENIZER.misconception(
    "in decoding, an id below 256 is taken for the byte of that value",
    "The shuffle has to be undone: which byte has the id 0?",
)
class the_shuffle_is_not_undone(tokenizer()):  # type: ignore[misc]
    def decode(self, ids: list[int]) -> str:
        parts = [bytes([idx]) if idx < 256 else self.vocab[idx] for idx in ids]
        return b"".join(parts).decode("utf-8", "replace")


@GPT4_TOKENIZER.misconception(
    "at each place the longest token that fits is taken",
    "The ranks are an order of learning: the lowest-ranked pair merges first, even if a longer token fits.",
)
class longest_match(tokenizer()):  # type: ignore[misc]
    def encode(self, text: str) -> list[int]:
        ids = []
        for chunk in split(text):
            data = chunk.encode("utf-8")
            while data:
                length = next(n for n in range(len(data), 0, -1) if data[:n] in self.ranks)
                ids.append(self.ranks[data[:length]])
                data = data[length:]
        return ids
