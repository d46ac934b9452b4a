"""Exercises 09: a measure that tokenizers cannot improve by cutting differently, and tokens that nobody uses."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add
from minbpe.lab.checks.nb09_in_the_wild import A_LIST_IS_ENCODED, BYTES, CHARACTERS, WORDS, Encode
from minbpe.lab.checks.show import look
from minbpe.lab.checks.telling import Told

# --- bits_per_byte


def bits_per_byte(text: str, log2_probs: list[float]) -> float:
    return (0.0 - sum(log2_probs)) / len(text.encode("utf-8"))


def draw_losses(rng: Random, size: int) -> Args:
    text = inputs.text(rng, size) or "a"
    tokens = rng.randint(1, len(text.encode("utf-8")))
    return text, [-rng.choice([0.0, 0.5, 1.0, 2.25, 10.0, 17.0]) for _ in range(tokens)]


BITS_PER_BYTE = add(
    Exercise(
        "bits_per_byte",
        "09-in-the-wild",
        "bits_per_byte(text, log2_probs) -> float",
        asked_in="exercises",
        passed="bits of the whole text over its bytes, the same measure for every tokenizer",
        hint="A token of probability 2 to the power of -3 costs 3 bits. How many bits does the whole text cost, and "
        "how many bytes has it?",
        reference=bits_per_byte,
        cases=[
            *[("a", [-1.0]), ("ab", [-1.0]), ("ab", [-1.0, -3.0]), ("é", [-4.0]), ("한", [-6.0, -3.0]), ("😉", [-8.0])],
            *[
                ("hello world", [-5.5, -2.75]),
                ("a", [0.0]),
                ("abcd", [-0.5, -0.5]),
                ("e\u0301", [-3.0, -1.5]),
                ("ab", [-10, -2]),
            ],
            *[("naïve café", [-7.25, -1.0, -12.0]), ("word " * 40, [-3.0] * 80)],
        ],
        draw=draw_losses,
        possible=lambda args: 0 < len(args[1]) <= len(args[0].encode("utf-8")),
        returns=float,
    )
)


def _bits(name: str, belief: str, hint: str, answer: Callable[[str, list[float]], Any]) -> None:
    BITS_PER_BYTE.misconception(belief, hint, name)(answer)


_bits(
    "bits per token",
    "the bits are divided by the number of tokens",
    "A tokenizer with longer tokens needs fewer of them, and each is harder to guess. The bytes of the text are the "
    "same for all.",
    lambda text, log2_probs: -sum(log2_probs) / len(log2_probs),
)
_bits(
    "bits per character",
    "the bits are divided by the number of characters",
    "A Korean character is three bytes. Divide by the bytes of the text in UTF-8.",
    lambda text, log2_probs: -sum(log2_probs) / len(text),
)
_bits(
    "negative bits",
    "the sign of the logarithms is kept",
    "The logarithm of a probability is negative. What it costs is that number of bits without the minus.",
    lambda text, log2_probs: sum(log2_probs) / len(text.encode("utf-8")),
)
_bits(
    "bits of the whole text",
    "the bits are not divided at all",
    "A text twice as long costs twice as many bits. Per byte, the two can be compared.",
    lambda text, log2_probs: -sum(log2_probs) / 1,
)
_bits(
    "bytes per bit",
    "the ratio is the other way round",
    "Bits per byte: the bits on top.",
    lambda text, log2_probs: len(text.encode("utf-8")) / -sum(log2_probs),
)
_bits(
    "nats in place of bits",
    "the logarithms are taken for natural ones and converted",
    "They are to the base 2 already: -log2(p) is a number of bits.",
    lambda text, log2_probs: -sum(log2_probs) / math.log(2) / len(text.encode("utf-8")),
)
_bits(
    "the mean probability",
    "the probabilities are averaged, not their logarithms",
    "Probabilities of a sequence are multiplied. That is why their logarithms are added.",
    lambda text, log2_probs: (
        -math.log2(sum(2**each for each in log2_probs) / len(log2_probs)) * len(log2_probs) / len(text.encode("utf-8"))
    ),
)
_bits(
    "bytes of UTF-16",
    "the bytes of UTF-16 are counted",
    "Say which encoding you want: the measure is for the bytes of UTF-8.",
    lambda text, log2_probs: -sum(log2_probs) / len(text.encode("utf-16-le")),
)


# --- unused_tokens


def unused_tokens(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    used = {idx for text in texts for idx in encode(text)}
    return [idx for idx in vocab if idx not in used]


def some_vocab(rng: Random) -> dict[int, bytes]:
    ids = [*rng.sample(range(97, 123), 6), 32, 10, *rng.sample(range(1, 9), 3), *rng.sample(range(300, 320), 2)]
    rng.shuffle(ids)
    return {idx: bytes([idx % 256]) * (1 + (idx > 255)) for idx in ids}


def draw_usage(rng: Random, size: int) -> Args:
    texts = [inputs.text(rng, size // 2) for _ in range(rng.randint(0, 4))]
    return some_vocab(rng), rng.choice([BYTES, CHARACTERS, WORDS]), texts


def tell_unused(args: Args, expected: list[int], got: list[int]) -> Told | None:
    """An id that a text becomes after all, with that text; or one that none of them becomes."""
    vocab, encode, texts = args
    used = next((idx for idx in got if idx in vocab and idx not in expected), None)
    if used is not None:
        text = next(text for text in texts if used in encode(text))
        return Told(
            "a used id",
            f"The id {used} is not unused: it is among the ids of the text {look(text)}.",
            "Are the ids of all the texts in one collection, made before the loop? And is it ids that are in there, or "
            "lists of ids?",
        )
    unused = next((idx for idx in expected if idx not in got), None)
    return (
        None
        if unused is None
        else Told(
            "an unused id is missing",
            f"The id {unused} is among the ids of none of the texts, and yet it is not in the list.",
            "What is in your collection that is no id of a text?",
        )
    )


ABC = {97: b"a", 98: b"b", 99: b"c"}

UNUSED_TOKENS = add(
    Exercise(
        "unused_tokens",
        "09-in-the-wild",
        "unused_tokens(vocab, encode, texts) -> list[int]",
        asked_in="exercises",
        passed="every id that none of the texts needed, in the order of the vocabulary",
        hint="Collect all the ids that any of the texts becomes. Which keys of `vocab` are not among them?",
        reference=unused_tokens,
        cases=[
            *[({}, BYTES, []), (ABC, BYTES, []), (ABC, BYTES, [""]), (ABC, BYTES, ["a"]), (ABC, BYTES, ["abc"])],
            *[
                (ABC, BYTES, ["a", "b"]),
                (ABC, BYTES, ["b", "xyz"]),
                (ABC, BYTES, ["aa", "aa"]),
                (ABC, BYTES, ["", "c", ""]),
            ],
            *[
                ({99: b"c", 97: b"a", 98: b"b"}, BYTES, ["b"]),
                ({0: b"x", 97: b"a"}, BYTES, ["a"]),
                ({10: b"\n"}, BYTES, ["", ""]),
                ({32: b" "}, BYTES, ["", "a"]),
                (ABC | {256: b"ab"}, BYTES, ["ab"]),
            ],
            *[
                ({1: b"1", 3: b"3", 2: b"2"}, WORDS, ["one to", "a"]),
                ({195: b"\xc3", 169: b"\xa9", 9: b"\t"}, BYTES, ["é"]),
            ],
            ({300 - n: b"x" for n in range(60)}, BYTES, ["\x80", "plain"]),
        ],
        crashes=[
            Crash(
                "a list in a set",
                "TypeError",
                r"unhashable type: 'list'",
                "encode gives a list, and a list cannot be an item of a set or the key of a dict. Its ids can. add "
                "puts in one item; which method puts in each item of a list?",
            ),
            *A_LIST_IS_ENCODED,
        ],
        tell=tell_unused,
        draw=draw_usage,
        returns=list[int],
    )
)


def _unused(name: str, belief: str, hint: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return UNUSED_TOKENS.misconception(belief, hint, name)


@_unused(
    "the used ones",
    "the ids that are used are given",
    "The other ones: those that no text needed.",
)
def _used(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    return [idx for idx in vocab if idx not in unused_tokens(vocab, encode, texts)]


@_unused(
    "unused by one text",
    "an id counts as unused as soon as one text does without it",
    "It is unused when *none* of the texts needs it: collect over all texts first.",
)
def _by_one(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    return [idx for idx in vocab if not texts or any(idx not in encode(text) for text in texts)]


@_unused(
    "only the last text",
    "only the last text is looked at",
    "Does each text begin a new set?",
)
def _last_text(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    return unused_tokens(vocab, encode, texts[-1:])


@_unused(
    "all are unused",
    "all ids of the vocabulary count as unused",
    "Print what you have collected from the texts: is it ids, or lists of ids?",
)
def _all(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    return list(vocab)


@_unused(
    "only the first text",
    "only the first text is looked at",
    "Does a `return` inside the loop end it early?",
)
def _first_text(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    return unused_tokens(vocab, encode, texts[:1])


@_unused(
    "the bytes are searched in the text",
    "a token counts as used when its bytes stand in the text",
    "They can stand there and be cut in another way: `ab` may be in the text, and never be a token of it. Ask "
    "`encode`.",
)
def _bytes_in_text(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    return [idx for idx, token in vocab.items() if not any(token in text.encode("utf-8") for text in texts)]


@_unused(
    "tokens in place of ids",
    "the tokens are given in place of their ids",
    "The exercise asks for the ids, a list of ints.",
)
def _tokens(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[bytes]:
    return [vocab[idx] for idx in unused_tokens(vocab, encode, texts)]


@_unused(
    "used only once",
    "ids that are used only once count as unused",
    "Once is enough.",
)
def _once(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    row = [idx for text in texts for idx in encode(text)]
    return [idx for idx in vocab if row.count(idx) < 2]


@_unused(
    "the texts are joined",
    "the texts are joined and encoded as one",
    "Where two texts meet, a token can come about that neither of them has. Encode each by itself.",
)
def _joined(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    return unused_tokens(vocab, encode, ["".join(texts)])


@_unused(
    "joined by line ends",
    "the texts are joined, with a line end between them, and encoded as one",
    "What you put between them is in none of the texts, and its id would count as used. Encode each by itself.",
)
def _joined_by_lines(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    return unused_tokens(vocab, encode, ["\n".join(texts)])


@_unused(
    "joined by spaces",
    "the texts are joined, with a space between them, and encoded as one",
    "What you put between them is in none of the texts, and its id would count as used. Encode each by itself.",
)
def _joined_by_spaces(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    return unused_tokens(vocab, encode, [" ".join(texts)])


@_unused(
    "ids from 0 on",
    "all numbers from 0 up to the size of the vocabulary are taken for ids",
    "A vocabulary may have other ids: its keys say which.",
)
def _range(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    used = {idx for text in texts for idx in encode(text)}
    return [idx for idx in range(len(vocab)) if idx not in used]


@_unused(
    "sorted by id",
    "the ids are sorted",
    "The exercise asks for the order of the vocabulary, which is the order of learning.",
)
def _sorted(vocab: dict[int, bytes], encode: Encode, texts: list[str]) -> list[int]:
    return sorted(unused_tokens(vocab, encode, texts))
