"""Exercises 04: which characters a token touches, and text that comes out while the ids are still coming in."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from minbpe import base
from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add, by_value

Pair = tuple[int, int]
Vocab = dict[int, bytes]
Span = tuple[int, int]

# --- token_spans


def begins(byte: int) -> bool:
    """Does a character begin with this byte of UTF-8?"""
    return byte & 0b11000000 != 0b10000000


def token_spans(ids: list[int], vocab: Vocab) -> list[Span]:
    spans, data = [], b""
    for idx in ids:
        first = sum(map(begins, data + vocab[idx][:1])) - 1
        data += vocab[idx]
        spans.append((first, sum(map(begins, data))))
    return spans


def tokens_of(rng: Random, data: bytes) -> tuple[list[int], Vocab]:
    """The bytes of a text cut into tokens anywhere, with ids drawn by lot, the same token often with the same id."""
    vocab: dict[bytes, int] = {}
    ids = []
    while data:
        length = rng.choice([1, 1, 2, 3, 5])
        ids.append(vocab.setdefault(data[:length], rng.choice([97, 256, 1000]) + 7 * len(vocab)))
        data = data[length:]
    return ids, {idx: token for token, idx in vocab.items()}


def draw_tokens(rng: Random, size: int) -> Args:
    return tokens_of(rng, inputs.text(rng, size).encode("utf-8"))


def is_text(args: Args) -> bool:
    """All the bytes together are UTF-8."""
    ids, vocab = args
    b"".join(vocab[idx] for idx in ids).decode("utf-8")
    return True


WINK = "😉".encode()
CASES: list[Args] = [
    ([], {97: b"a"}),
    ([97], {97: b"a"}),
    ([0, 1], {0: b"a", 1: b"b"}),
    ([0, 0], {0: b"ab"}),
    ([1, 2], {1: b"\xc3", 2: b"\xa9"}),
    ([5, 1, 2, 5], {5: b"a", 1: b"\xc3", 2: b"\xa9"}),
    ([1, 2], {1: b"a\xc3", 2: b"\xa9b"}),
    ([1, 2, 3], {1: WINK[:1], 2: WINK[1:3], 3: WINK[3:] + b"!"}),
    ([3, 3], {3: WINK}),
    ([1, 2], {1: "한".encode() + WINK[:2], 2: WINK[2:] + "한".encode()}),
    ([7, 8], {7: b"e", 8: "\u0301".encode()}),
    ([7, 8, 7], {7: b"\0", 8: "\ufeff".encode()}),
    ([9] * 30, {9: "né".encode()}),
]

TOKEN_SPANS = add(
    Exercise(
        "token_spans",
        "04-encode-decode",
        "token_spans(ids, vocab) -> list[tuple[int, int]]",
        asked_in="exercises",
        passed="for each token the characters that it touches, also those that it holds only in part",
        hint="A character begins at each byte that does not begin with the bits 10. How many begin before a token, "
        "and how "
        "many by its end?",
        reference=token_spans,
        cases=CASES,
        draw=draw_tokens,
        possible=is_text,
        returns=list[Span],
    )
)


@TOKEN_SPANS.misconception(
    "places are counted in bytes",
    "The spans are for the decoded text: text[start:end] should be what the token touches. An é is one character.",
)
def spans_of_bytes(ids: list[int], vocab: Vocab) -> list[Span]:
    spans, end = [], 0
    for idx in ids:
        spans.append((end, end + len(vocab[idx])))
        end += len(vocab[idx])
    return spans


@TOKEN_SPANS.misconception(
    "each token is decoded by itself",
    "Half a character becomes a � of its own then, and all the places after it move. Count the characters that begin.",
)
def each_token_by_itself(ids: list[int], vocab: Vocab) -> list[Span]:
    spans, end = [], 0
    for idx in ids:
        length = len(vocab[idx].decode("utf-8", errors="replace"))
        spans.append((end, end + length))
        end += length
    return spans


@TOKEN_SPANS.misconception(
    "a character belongs only to the token in which it begins",
    "A token that holds the rest of a character touches it, too.",
)
def where_it_begins(ids: list[int], vocab: Vocab) -> list[Span]:
    spans, end = [], 0
    for idx in ids:
        count = sum(map(begins, vocab[idx]))
        spans.append((end, end + count))
        end += count
    return spans


@TOKEN_SPANS.misconception(
    "a character belongs only to the token in which it ends",
    "A token that holds the beginning of a character touches it, too.",
)
def where_it_ends(ids: list[int], vocab: Vocab) -> list[Span]:
    decoder, spans, end = codecs.getincrementaldecoder("utf-8")(), [], 0
    for idx in ids:
        count = len(decoder.decode(vocab[idx]))
        spans.append((end, end + count))
        end += count
    return spans


@TOKEN_SPANS.misconception(
    "the second number is the last character itself, not the place after it",
    "As in a slice: text[start:end] ends before `end`.",
)
def the_last_one_included(ids: list[int], vocab: Vocab) -> list[Span]:
    return [(start, end - 1) for start, end in token_spans(ids, vocab)]


@TOKEN_SPANS.misconception(
    "the second number is the length, not the end",
    "The exercise asks for start and end, both places in the text.",
)
def start_and_length(ids: list[int], vocab: Vocab) -> list[Span]:
    return [(start, end - start) for start, end in token_spans(ids, vocab)]


@TOKEN_SPANS.misconception(
    "the token is looked up in the text, and found at its first occurrence",
    "The same token can stand in the text more than once. Keep count of how far you are.",
)
def the_first_occurrence(ids: list[int], vocab: Vocab) -> list[Span]:
    data, spans = b"".join(vocab[idx] for idx in ids), []
    for idx in ids:
        place = data.index(vocab[idx])
        first = sum(map(begins, data[: place + 1])) - 1
        spans.append((first, sum(map(begins, data[: place + len(vocab[idx])]))))
    return spans


@TOKEN_SPANS.misconception(
    "every span begins at 0",
    "Where the token before ended, this one goes on.",
)
def all_from_zero(ids: list[int], vocab: Vocab) -> list[Span]:
    return [(0, end - start) for start, end in token_spans(ids, vocab)]


# --- stream_decode


def stream_decode(ids: Iterable[int], vocab: Vocab) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for idx in ids:
        yield decoder.decode(vocab[idx])
    yield decoder.decode(b"", final=True)


def one_replacement(expected: Any, got: Any, args: Args) -> bool:
    """The text that is out after each id; how many � stand for one damaged place is a matter of taste."""
    if not isinstance(expected, list) or not isinstance(got, list):
        return by_value(expected, got, args)
    return _so_far(expected) == _so_far(got)


def _so_far(pieces: list[str]) -> list[str]:
    return [re.sub("\ufffd+", "\ufffd", "".join(pieces[: n + 1])) for n in range(len(pieces))]


def draw_stream(rng: Random, size: int) -> Args:
    data = bytearray(inputs.text(rng, size).encode("utf-8"))
    for _ in range(rng.choice([0, 0, 1, 2])):
        place = rng.randrange(len(data) + 1)
        data[place : place + rng.randint(0, 2)] = rng.choice([b"", b"\xff", b"\x80", b"\xe4", b"\xf0\x9f"])
    return tokens_of(rng, bytes(data))


# Hands out the ids one by one, and gives what had come out by the time the next was asked for: a text for each id, and
# one for the end.
WATCHED = """lambda answer, ids, vocab: (lambda taken, pieces: (
    [pieces.append((len(taken), piece)) for piece in answer((
        taken.append(idx) or idx for part in (ids, None) if part is not None or taken.append(None) for idx in part
    ), vocab)],
    ["".join(piece for place, piece in pieces if place <= 1 == number or place == number)
        for number in range(1, len(ids) + 2)],
)[1])([], [])"""

STREAM_DECODE = add(
    Exercise(
        "stream_decode",
        "04-encode-decode",
        "stream_decode(ids, vocab) -> Iterator[str]",
        asked_in="exercises",
        passed="each piece as soon as it is certain, and no character ever cut",
        hint="Keep the bytes that may still be the beginning of a character, and put the next token's bytes behind "
        "them. "
        "(`codecs.getincrementaldecoder` does just that.)",
        reference=stream_decode,
        same=one_replacement,
        through=WATCHED,
        written=lambda name, ids, vocab: f"list({name}({ids}, {vocab}))",
        cases=[
            *CASES[:-1],
            ([1, 2, 3], {1: b"a ", 2: b"b", 3: b" c"}),
            ([1], {1: b"\xff"}),
            ([1, 5], {1: b"\xff", 5: b"a"}),
            ([1, 5], {1: b"\xe4", 5: b"a"}),
            ([1], {1: b"\xe4\xbd"}),
            ([1, 2], {1: b"\xf0\x9f", 2: b"\x98"}),
            ([5, 1, 1, 5], {5: b"ok", 1: b"\x80"}),
            ([6, 5], {6: "\ufeff".encode(), 5: b"hi"}),
            ([1, 2, 1, 2] * 9, {1: WINK[:3], 2: WINK[3:]}),
        ],
        draw=draw_stream,
        crashes=[
            Crash(
                "a class is no decoder",
                "TypeError",
                r"decode\(\) missing",
                "`getincrementaldecoder` gives a class: brackets after it make a decoder. Make one, before the loop.",
            )
        ],
        returns=list[str],
    )
)


def _stream(
    step: Callable[[bytes], tuple[str, bytes]], end: Callable[[bytes], str] = lambda rest: "\ufffd" if rest else ""
) -> Callable[[Iterable[int], Vocab], Iterator[str]]:
    """An answer that keeps some bytes back: step(bytes so far) -> text to give, bytes to keep."""

    def answer(ids: Iterable[int], vocab: Vocab) -> Iterator[str]:
        rest = b""
        for idx in ids:
            piece, rest = step(rest + vocab[idx])
            yield piece
        yield end(rest)

    return answer


def certain(data: bytes) -> tuple[str, bytes]:
    """The text that `data` holds for certain, and the bytes at its end that may still become a character."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return decoder.decode(data), decoder.getstate()[0]


def _misconception(belief: str, hint: str, name: str, answer: Callable[..., Any]) -> None:
    STREAM_DECODE.misconception(belief, hint, name)(answer)


_misconception(
    "each token is decoded by itself",
    "A token can end in the middle of a character. Its bytes must wait for those of the next token.",
    "each token by itself",
    _stream(lambda data: (data.decode("utf-8", errors="replace"), b"")),
)
A_DECODER_EACH = (
    "each token gets a decoder of its own, which knows nothing of the bytes before it",
    "What is kept of half a character must be there in the next round of the loop. Where is it made?",
)
_misconception(
    *A_DECODER_EACH, "a decoder for each token", _stream(lambda data: (certain(data)[0], b""), lambda rest: "")
)
_misconception(
    *A_DECODER_EACH,
    "a decoder for each token, and the last one is asked once more",
    lambda ids, vocab: _decoders(ids, vocab),
)


def _decoders(ids: Iterable[int], vocab: Vocab) -> Iterator[str]:
    for idx in ids:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        yield decoder.decode(vocab[idx])
    yield decoder.decode(b"", final=True)  # of the last one only


_misconception(
    "all the ids are read before the first piece is given",
    "Whoever is watching wants to read along: give each piece before you ask for the next id.",
    "everything at the end",
    _stream(lambda data: ("", data), lambda data: data.decode("utf-8", errors="replace")),
)
_misconception(
    "bytes that are not UTF-8 are left out",
    "A damaged place should show as �, so that nobody takes the text for whole.",
    "damage is left out",
    _stream(lambda data: (certain(data)[0].replace("\ufffd", ""), certain(data)[1]), lambda rest: ""),
)
_misconception(
    "what is left at the end is dropped",
    "The ids may stop in the middle of a character. After the last one, the bytes still kept become a �.",
    "the rest at the end is dropped",
    _stream(certain, lambda rest: ""),
)


def _while_it_decodes(data: bytes) -> tuple[str, bytes]:
    try:
        return data.decode("utf-8"), b""
    except UnicodeDecodeError:
        return "", data


_misconception(
    "one bad byte is held back, and everything after it",
    "What cannot become UTF-8 any more is certain, too: it is a �. Give it, and go on.",
    "damage holds everything back",
    _stream(_while_it_decodes, lambda data: data.decode("utf-8", errors="replace")),
)


def _up_to_the_break(data: bytes) -> tuple[str, bytes]:
    place = max(data.rfind(b" "), data.rfind(b"\n")) + 1
    return data[:place].decode("utf-8", errors="replace"), data[place:]


_misconception(
    "text is held back until a word is complete",
    "A character that is complete is certain. It need not wait for the end of its word.",
    "a word at a time",
    _stream(_up_to_the_break, lambda data: data.decode("utf-8", errors="replace")),
)
_misconception(
    "each piece repeats the text so far",
    "Joined, the pieces are the text: give only what is new.",
    "the whole text each time",
    lambda ids, vocab: _repeating(ids, vocab),
)
_misconception(
    "a bad byte stops the stream",
    'With errors="strict" a decoder raises. The exercise asks for �.',
    "all tokens are text",
    lambda ids, vocab: _strictly(ids, vocab),
)


def _repeating(ids: Iterable[int], vocab: Vocab) -> Iterator[str]:
    data = b""
    for idx in ids:
        data += vocab[idx]
        yield data.decode("utf-8", errors="replace")


def _strictly(ids: Iterable[int], vocab: Vocab) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for idx in ids:
        yield decoder.decode(vocab[idx])
    yield decoder.decode(b"", final=True)


# --- stretch: encode_one_by_one


def one_by_one(text: str, merges: dict[Pair, int], choose: Callable[..., Any] = min) -> list[list[int]]:
    ids = list(text.encode("utf-8"))
    rows = [ids]
    while places := [i for i in range(len(ids) - 1) if (ids[i], ids[i + 1]) in merges]:
        i = choose(places, key=lambda i: merges[rows[-1][i], rows[-1][i + 1]])
        ids = [*ids[:i], merges[ids[i], ids[i + 1]], *ids[i + 2 :]]
        rows.append(ids)
    return rows


def draw_rows(rng: Random, size: int) -> Args:
    merges, text = inputs.merges_of(rng, min(size, 25))
    return text, merges


CHAIN = {(97, 98): 256, (256, 99): 257, (99, 100): 258}

ENCODE_ONE_BY_ONE = add(
    Exercise(
        "encode_one_by_one",
        "04-encode-decode",
        "encode_one_by_one(text, merges) -> list[list[int]]",
        asked_in="exercises",
        passed="every row on the way, one replacement at a time, and the ids of encode at the end",
        hint="Find all the places where a known pair stands. Of these, the one whose pair has the lowest id; of "
        "several, "
        "the leftmost.",
        reference=one_by_one,
        cases=[
            *[("", {}), ("a", {}), ("ab", {}), ("ab", {(97, 98): 256}), ("abab", {(97, 98): 256}), ("abcd", CHAIN)],
            *[
                ("aaa", {(97, 97): 256}),
                ("aaaa", {(97, 97): 256, (256, 256): 257}),
                ("bcab", {(97, 98): 256, (98, 99): 257}),
            ],
            *[("abcab", CHAIN), ("cdab", CHAIN), ("é", {(0xC3, 0xA9): 256})],
        ],
        draw=draw_rows,
        returns=list[list[int]],
        draws=40,
    )
)


@ENCODE_ONE_BY_ONE.misconception(
    "a pair is merged at all its places in one step",
    "Here each row differs from the one before at a single place.",
)
def all_places_at_once(text: str, merges: dict[Pair, int]) -> list[list[int]]:
    rows = [list(text.encode("utf-8"))]
    while known := [pair for pair in base.get_stats(rows[-1]) if pair in merges]:
        pair = min(known, key=merges.__getitem__)
        rows.append(base.merge(rows[-1], pair, merges[pair]))
    return rows


@ENCODE_ONE_BY_ONE.misconception(
    "the leftmost place goes first, whichever pair it is",
    "The pair that was learned earliest comes first; only among its own places the leftmost.",
)
def the_leftmost_first(text: str, merges: dict[Pair, int]) -> list[list[int]]:
    return one_by_one(text, merges, lambda places, key: places[0])


@ENCODE_ONE_BY_ONE.misconception(
    "of several places of the pair the rightmost goes first",
    "The leftmost first. (`min` gives the first of equals; does your list run backwards, or do you compare with <=?)",
)
def the_rightmost_first(text: str, merges: dict[Pair, int]) -> list[list[int]]:
    return one_by_one(text, merges, lambda places, key: min(reversed(places), key=key))


@ENCODE_ONE_BY_ONE.misconception(
    "the pair that was learned last goes first",
    "The earliest learned pair has the lowest id.",
)
def the_latest_first(text: str, merges: dict[Pair, int]) -> list[list[int]]:
    return one_by_one(text, merges, max)


@ENCODE_ONE_BY_ONE.misconception(
    "only the last row is given",
    "The exercise asks for all the rows, from the bytes to the ids.",
)
def only_the_last_row(text: str, merges: dict[Pair, int]) -> list[list[int]]:
    return one_by_one(text, merges)[-1:]


@ENCODE_ONE_BY_ONE.misconception(
    "the row of bytes at the beginning is missing",
    "The first row is what encoding begins with: the bytes of the text.",
)
def without_the_first_row(text: str, merges: dict[Pair, int]) -> list[list[int]]:
    return one_by_one(text, merges)[1:]


@ENCODE_ONE_BY_ONE.misconception(
    "all the rows are one and the same list, which goes on changing",
    "`rows.append(ids)` puts in the list itself, not what it holds now. Put in a copy, ids[:].",
)
def one_list_for_all(text: str, merges: dict[Pair, int]) -> list[list[int]]:
    rows = one_by_one(text, merges)
    return [rows[-1]] * len(rows)
