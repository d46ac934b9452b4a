"""Exercises 07: a file of ranks, read with care, and the tokens that no encoding ever gives."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

from minbpe import corpora
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add
from minbpe.lab.checks.limits import ready
from minbpe.lab.checks.nb05_regex_splitting import split
from minbpe.lab.checks.nb07_gpt4_parity import ABC, GPT4_TOKENIZER, LEFT, NO_TOKEN_OF_THAT_ID, tell_gpt4
from minbpe.lab.checks.ranks import Ranks, draw_ranks, ranks_of, real
from minbpe.lab.checks.telling import Told, counted

# --- load_ranks


def _line(token: bytes, rank: int) -> bytes:
    return base64.b64encode(token) + b" " + str(rank).encode()


def _written(part: bytes) -> str:
    return part.decode("ascii", "backslashreplace")


def _fields(line: bytes) -> tuple[bytes, bytes]:
    parts = line.split()
    if not parts:
        raise ValueError("it is empty")
    if len(parts) != 2:
        raise ValueError(f"it has {counted(len(parts), 'part')}, not 2")
    return parts[0], parts[1]


def _token(part: bytes, strict: bool = True) -> bytes:
    try:
        token = base64.b64decode(part, validate=strict)
    except ValueError:  # binascii.Error is one
        raise ValueError(f"{_written(part)} is not base64") from None
    if not token:
        raise ValueError("the token has no bytes")
    return token


def _read(line: bytes) -> tuple[bytes, int]:
    token, rank = _fields(line)
    if not rank.isdigit():
        raise ValueError(f"{_written(rank)} is not made of digits")
    return _token(token), int(rank)


def load_ranks(lines: list[bytes]) -> Ranks:
    ranks: Ranks = {}
    for number, line in enumerate(lines, 1):
        try:
            token, rank = _read(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        ranks[token] = rank
    return ranks


GOOD = [_line(b"!", 0), _line(b"a", 1), _line(b"\xff", 2), _line(b"the", 256), _line(b" the", 257), _line(b"\0", 3)]
BAD = [
    b"",
    b"IQ==",
    b"IQ== ",
    b"IQ== x",
    b"IQ== -1",
    b"IQ== 1_0",
    b"IQ== 1.5",
    b"IQ 1",
    b"I!Q== 1",
    b"IQ== 1 2",
    b" 7",
    b"IQ==7",
    b"\xff\xfe 1",
]


def draw_lines(rng: Random, size: int) -> Args:
    tokens = list(
        dict.fromkeys(bytes(rng.choices(range(256), k=rng.randint(1, 5))) for _ in range(rng.randint(0, 1 + size // 5)))
    )
    ranks = rng.sample(range(1000), len(tokens))
    ending = rng.choice([b"", b"\n", b"\r\n"])
    lines = [_line(token, rank) + ending for token, rank in zip(tokens, ranks, strict=True)]
    if rng.random() < 0.6:
        lines.insert(rng.randint(0, len(lines)), rng.choice(BAD) + ending)
    return (lines,)


def line_numbers(args: Args) -> list[str]:
    """What the message must hold: the number of the first line that cannot be read."""
    for number, line in enumerate(args[0], 1):
        try:
            _read(line)
        except ValueError:
            return [str(number)]
    return []


LOAD_RANKS = add(
    Exercise(
        "load_ranks",
        "07-gpt4-parity",
        "load_ranks(lines) -> dict[bytes, int]",
        asked_in="exercises",
        passed="every token with its rank, and damage told by its line",
        hint="Each line is base64, a blank, and the rank. base64.b64decode(…, validate=True) refuses what is no "
        "base64.",
        reference=load_ranks,
        names=line_numbers,
        cases=[
            *[
                ([],),
                (GOOD[:1],),
                (GOOD[:3],),
                (GOOD,),
                ([line + b"\n" for line in GOOD],),
                (GOOD[3:5],),
                (GOOD[::-1],),
            ],
            *[([bad],) for bad in BAD],
            *[([*GOOD[:2], bad, *GOOD[2:]],) for bad in BAD[:6]],
            ([GOOD[0] + b"\r\n", GOOD[3] + b"\r\n"],),
            ([_line(bytes([byte]), 255 - byte) for byte in range(256)],),
        ],
        draw=draw_lines,
        returns=Ranks,
    )
)


def _loading(
    read: Callable[[bytes], tuple[Any, Any]],
    first: int = 1,
    skip: Callable[[bytes], bool] = lambda line: False,
    named: bool = True,
) -> Callable[[list[bytes]], Any]:
    def answer(lines: list[bytes]) -> Any:
        ranks = {}
        for number, line in enumerate(lines, 1):
            if skip(line):
                continue
            try:
                token, rank = read(line)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}" if named else "a line is damaged") from None
            ranks[token] = rank
        return ranks

    return answer


def _damaged(line: bytes) -> bool:
    try:
        _read(line)
    except ValueError:
        return True
    return False


def _lenient(line: bytes) -> tuple[bytes, int]:
    token, rank = _fields(line)
    _read(b"IQ== " + rank)
    return _token(token, strict=False), int(rank)


def _with_digits(line: bytes) -> tuple[bytes, int]:
    token, rank = _fields(line)
    if not rank.isdigit():
        raise ValueError("the rank is not a number")
    return base64.b64decode(token, validate=True), int(rank)


def _by_int(line: bytes) -> tuple[bytes, int]:
    token, rank = _fields(line)
    return base64.b64decode(token, validate=True), int(rank)


NOTHING_OF_LINES = (
    "split, int and b64decode raise errors of their own, which know nothing of lines. Catch them, and raise one that "
    "names the line."
)
UNLESS_VALIDATED = "b64decode drops what it does not know, unless validate=True tells it not to."

for _name, _belief, _hint, _answer in [
    (
        "the base64 is the token",
        "the base64 itself is taken for the token",
        "It only spells the bytes in letters that any file can hold: base64.b64decode gives the bytes.",
        _loading(lambda line: (line.split()[0], _read(line)[1])),
    ),
    (
        "tokens are text",
        "the tokens are decoded to text",
        "Not every token is text. The keys are bytes.",
        _loading(lambda line: (_read(line)[0].decode("utf-8", errors="replace"), _read(line)[1])),
    ),
    (
        "the rank is the number of the line",
        "the ranks are counted, and not read",
        "The number on the line is the rank. A file may leave some out, or have another order.",
        lambda lines: {token: place for place, token in enumerate(load_ranks(lines))},
    ),
    (
        "the wrong way round",
        "the dict goes from rank to token",
        "The exercise asks for {token: rank}.",
        lambda lines: {rank: token for token, rank in load_ranks(lines).items()},
    ),
    (
        "damaged lines are skipped",
        "a line that cannot be read is skipped",
        "A vocabulary with a token missing gives other ids, and nobody notices. Say that it is damaged, and where.",
        _loading(_read, skip=_damaged),
    ),
    (
        "empty lines are skipped",
        "an empty line is skipped",
        "It is damage like any other: the file has one token on each line. Raise ValueError with the line's number.",
        _loading(_read, skip=lambda line: not line.strip()),
    ),
    (
        "no line is named",
        "the message does not say which line is damaged, counted from 1",
        "In a file of 100,000 lines, that is what one needs to know. Editors count lines from 1: enumerate(lines, 1).",
        _loading(_read, named=False),
    ),
    (
        "errors are not caught",
        "what goes wrong in a line is not caught, so nobody learns which line it was",
        NOTHING_OF_LINES,
        lambda lines: dict(map(_with_digits, lines)),
    ),
    (
        "errors are not caught, and int takes -1",
        "whatever int takes for a number is taken for a rank, and what goes wrong in a line is not caught",
        f"int takes -1 and 1_000 as well: ask for digits. And: {NOTHING_OF_LINES}",
        lambda lines: dict(map(_by_int, lines)),
    ),
    (
        "base64 takes anything",
        "signs that are no base64 are passed over in silence",
        UNLESS_VALIDATED,
        _loading(_lenient),
    ),
    (
        "base64 takes anything, or nothing",
        "signs that are no base64 are passed over in silence, even where nothing is left",
        UNLESS_VALIDATED,
        _loading(lambda line: (base64.b64decode(_fields(line)[0]), _read(b"IQ== " + _fields(line)[1])[1])),
    ),
    (
        "int takes -1",
        "whatever int takes for a number is taken for a rank",
        "int takes -1 and 1_000 as well. A rank is made of digits and nothing else: which method of bytes asks that?",
        _loading(_by_int),
    ),
    (
        "ranks stay bytes",
        "the ranks stay bytes, and do not become numbers",
        "int(…) makes a number of b'257'.",
        _loading(lambda line: (_read(line)[0], line.split()[1])),
    ),
]:
    LOAD_RANKS.misconception(_belief, _hint, _name)(_answer)


# --- unreachable


def merged(ranks: Ranks, token: bytes, choose: Callable[[list[int], list[bytes]], int] | None = None) -> list[bytes]:
    """The bytes of a token merged as far as they go, the lowest rank first."""
    parts = [bytes([byte]) for byte in token]
    while True:
        joined = [left + right for left, right in pairwise(parts)]
        places = [place for place, both in enumerate(joined) if both in ranks]
        if not places:
            return parts
        place = choose(places, joined) if choose else min(places, key=lambda place: ranks[joined[place]])
        parts[place : place + 2] = [joined[place]]


def unreachable(ranks: Ranks) -> set[bytes]:
    return {token for token in ranks if merged(ranks, token) != [token]}


def draw_some_unreachable(rng: Random, size: int) -> Args:
    ranks = draw_ranks(rng, size)
    tokens = [token for token in ranks if len(token) > 1]
    for _ in range(rng.randint(0, 8)):
        tokens.insert(rng.randint(0, len(tokens)), bytes(rng.choices(b"abc", k=rng.randint(2, 5))))
    return (ranks_of(list(dict.fromkeys(tokens)), rng.randrange(1, 256, 2), rng.randrange(256)),)


NO_RANK = (
    "These bytes have no rank. Two neighbours merge only where their bytes, put together, have one: ranks.get(…, "
    "math.inf) asks without an error. And what does your loop do when no neighbours have one?"
)
UNREACHABLE = add(
    Exercise(
        "unreachable",
        "07-gpt4-parity",
        "unreachable(ranks) -> set[bytes]",
        asked_in="exercises",
        passed="exactly the tokens that no encoding gives",
        hint="Take the bytes of one token, and merge neighbours as an encoding does, the lowest rank first. Is the "
        "token itself what is left?",
        reference=unreachable,
        cases=[
            (ranks_of([b"ab", b"cd", b"bc", b"abcd"]),),
            *[
                (ranks_of([]),),
                (ranks_of([b"ab"]),),
                (ranks_of([b"abc"]),),
                (ranks_of([b"ab", b"abc"]),),
                (ABC,),
                (LEFT,),
            ],
            *[
                (ranks_of([b"ab", b"bc", b"abcd"]),),
                (ranks_of([b"abcd", b"ab", b"cd"]),),
                (ranks_of([b"bc", b"ab", b"abc"]),),
            ],
            *[(ranks_of([b"ab", b"cd", b"bcd", b"abcd"], 5, 3),), (ranks_of([b"bc", b"ab", b"cd", b"abd"], 3, 7),)],
            *[(ranks_of([b"aa", b"aaa", b"aaaaa"]),), (ranks_of([b"\xc3\xa9", b"\xe9\x9f\xb3"]),)],
            *[
                (ranks_of([b"abc", b"ab", b"bc"], 3),),
                (real(400),),
                (ranks_of([b"bc", b"ab", b"cd", b"abcd"]),),
                (ranks_of([b"bc", b"ab", b"bcd", b"abcd"]),),
            ],
        ],
        crashes=[
            Crash(
                "half of a single byte",
                "KeyError",
                r"^b''$",
                "token[:-1] and token[1:] leave nothing of a single byte. Begin with the single bytes, and merge them.",
            ),
            Crash("no rank", "KeyError", r"^b['\"]", NO_RANK),
        ],
        draw=draw_some_unreachable,
        returns=set[bytes],
        draws=40,
    )
)


def _not_reached(name: str, belief: str, hint: str) -> Callable[[Callable[[Ranks], Any]], Callable[[Ranks], Any]]:
    return UNREACHABLE.misconception(belief, hint, name)


@_not_reached(
    "every token counts as reached",
    "every token counts as reached",
    "In abc, neither ab nor bc need have a rank. What does your loop do when the lowest rank is infinity? (And the "
    "whole token is not to be looked up first.)",
)
def _none(ranks: Ranks) -> set[bytes]:
    return set()


@_not_reached(
    "any two tokens that make it are enough",
    "a token counts as reached when any two tokens together spell it",
    "They must also be what merging gives: another merge, of a lower rank, may use up one of the bytes first.",
)
def _some_two(ranks: Ranks) -> set[bytes]:
    return {
        token
        for token in ranks
        if len(token) > 1 and not any(token[:i] in ranks and token[i:] in ranks for i in range(1, len(token)))
    }


@_not_reached(
    "leftmost first",
    "the leftmost pair that has a rank is merged first",
    "Encoding merges the lowest rank first, wherever it stands.",
)
def _leftmost(ranks: Ranks) -> set[bytes]:
    return {token for token in ranks if merged(ranks, token, lambda places, joined: places[0]) != [token]}


LOW_IS_EARLY = "A low rank was learned early. So which of the neighbours go first?"


@_not_reached(
    "highest rank first",
    "the highest rank is merged first",
    LOW_IS_EARLY,
)
def _highest(ranks: Ranks) -> set[bytes]:
    return {
        token
        for token in ranks
        if merged(ranks, token, lambda places, joined: max(places, key=lambda place: ranks[joined[place]])) != [token]
    }


@_not_reached(
    "the reachable ones",
    "the tokens that can be reached are given",
    "The other ones: those that no encoding gives.",
)
def _reached(ranks: Ranks) -> set[bytes]:
    return set(ranks) - unreachable(ranks)


@_not_reached(
    "single bytes are unreachable",
    "the single bytes count as unreachable",
    "A byte needs no merge: it is there from the start.",
)
def _bytes_too(ranks: Ranks) -> set[bytes]:
    return unreachable(ranks) | {token for token in ranks if len(token) == 1}


@_not_reached(
    "only what was learned before the token counts",
    "merges of a higher rank than the token itself are left out",
    "An encoding knows all the ranks. Of two neighbours with a lower and a higher one it takes the lower first; but "
    "with nothing lower left it goes on with the higher.",
)
def _earlier_only(ranks: Ranks) -> set[bytes]:
    return {
        token
        for token, rank in ranks.items()
        if merged({each: number for each, number in ranks.items() if number <= rank}, token) != [token]
    }


@_not_reached(
    "ids in place of tokens",
    "ids are given in place of tokens",
    "The exercise asks for the tokens, a set of bytes.",
)
def _ids(ranks: Ranks) -> set[int]:
    return {ranks[token] for token in unreachable(ranks)}


# --- stretch: RanksTokenizer

READY = 4.0  # seconds of processor time: enough to copy and to turn round 100,000 entries many times over


def draw_many(rng: Random) -> tuple[Args, list[int]]:
    """Nearly all of GPT-4's ranks, and a few words to encode with them: the case, and what it gives."""
    ranks = real(100_000 + rng.randrange(256))
    text = " ".join(rng.sample(sorted(set(corpora.load("english").split())), 4))
    known = ranks.make()
    return ((ranks,), ("encode", text)), [
        known[piece] for chunk in split(text) for piece in merged(known, chunk.encode("utf-8"))
    ]


OF_PIECES = {
    "cut into other tokens": "Either the chunks are others, or other pieces were merged. First print the chunks, then "
    "the pieces of one chunk after each merge.",
    "other bytes": "The pieces of a chunk, put together, are its bytes, before and after each merge. Print them: where "
    "is something lost, or put in?",
}


def tell_pieces(args: Args, expected: Any, got: Any) -> Told | None:
    """As of GPT4Tokenizer, where there are pieces of bytes in place of ids."""
    told = tell_gpt4(args, expected, got)
    return told and replace(told, hint=OF_PIECES.get(told.name, told.hint))


RANKS_TOKENIZER = add(
    Exercise(
        "RanksTokenizer",
        "07-gpt4-parity",
        "class RanksTokenizer: __init__(ranks), encode(text), decode(ids)",
        asked_in="exercises",
        passed="GPT-4's ids, straight from the ranks, and ready at once with all hundred thousand of them",
        hint="Two neighbours may merge when their bytes, put together, have a rank. The merges need not be recovered.",
        reference=GPT4_TOKENIZER.reference,
        methods=GPT4_TOKENIZER.methods,
        same=GPT4_TOKENIZER.same,
        cases=GPT4_TOKENIZER.cases,
        draw=GPT4_TOKENIZER.draw,
        draws=GPT4_TOKENIZER.draws,
        show=GPT4_TOKENIZER.show,
        tell=tell_pieces,
        crashes=[NO_TOKEN_OF_THAT_ID, Crash("no rank", "KeyError", r"^b['\"]", NO_RANK)],
        without=dict.fromkeys(
            ("recover_merges", "merges", "split_token", "byte_shuffle", "GPT4Tokenizer"),
            "The point of this one is to get by without the merges: look the ranks up directly.",
        ),
        more=ready(
            draw_many,
            READY,
            "The ids are right. But with all hundred thousand ranks it takes more than four seconds to get ready.",
            "Is something done for every token in __init__ that only the text needs? The ranks say directly what "
            "merges.",
        ),
    )
)
RANKS_TOKENIZER.shares(
    GPT4_TOKENIZER,
    [each.name for each in GPT4_TOKENIZER.misconceptions if each.name != "the shuffle comes last"],  # there is none
    hints={
        "encoding counts again": "Frequency is for training. Which neighbours merge first, their rank says.",
        "leftmost pair first": "Not the place decides, but the rank: compare what the neighbours would become.",
        "latest merge first": LOW_IS_EARLY,
        "a single pass": "The lowest rank goes first, wherever it stands; and each merge makes new neighbours, which "
        "can merge in their turn. When is there nothing left to do?",
        "round by round": "A round merges a high rank before a low one. After each single merge the lowest rank that "
        "is there goes next.",
        "one merge only": "After a merge, look again: are there still neighbours that have a rank together?",
        "stops at two ids": "Two pieces can still have a rank together. When is there really nothing left to look at?",
        "no byte shuffle": "In these ranks the byte 97 need not have the rank 97. ranks has the single bytes as well: "
        "look each piece up at the end.",
        "the shuffle is not undone": "An id below 256 is the rank of a byte, not its value: which byte has the rank 0?",
    },
)


@RANKS_TOKENIZER.misconception("the highest rank is merged first", LOW_IS_EARLY)
class highest_rank_first(GPT4_TOKENIZER.reference):  # type: ignore[name-defined]
    def encode(self, text: str) -> list[int]:
        def highest(places: list[int], joined: list[bytes]) -> int:
            return max(places, key=lambda place: self.ranks[joined[place]])

        chunks = [chunk.encode("utf-8") for chunk in split(text)]
        return [self.ranks[piece] for chunk in chunks for piece in merged(self.ranks, chunk, highest)]
