"""The trainers, each used in the way that is best for it. All split by the same pattern.

Each takes pieces of text and a vocab_size, and returns a function that hands over what was learned: the two
halves of each token in order of learning; or the tokens, from the one that does not tell the halves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import regex
from measure import INSTALLED
from ten_lines import Pair, ten_lines

from minbpe import RegexTokenizer
from minbpe.huggingface import visible_bytes
from minbpe.patterns import GPT4_SPLIT_PATTERN as PATTERN

Learned = Callable[[], list[tuple[bytes, bytes]] | list[bytes]]


def train_minbpe(pieces: Iterable[str], vocab_size: int) -> Learned:
    tokenizer = RegexTokenizer(PATTERN)
    tokenizer.train(pieces, vocab_size)
    return lambda: in_bytes(tokenizer.merges)


def train_ten_lines(pieces: Iterable[str], vocab_size: int) -> Learned:
    chunks = [chunk.encode() for chunk in regex.findall(PATTERN, "".join(pieces))]
    merges = ten_lines(chunks, vocab_size - 256)
    return lambda: in_bytes(merges)


def train_tokenizers(pieces: Iterable[str], vocab_size: int) -> Learned:
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(PATTERN), behavior="isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.train_from_iterator(
        list(pieces),  # documents, not one string
        trainers.BpeTrainer(
            vocab_size=vocab_size, min_frequency=0, initial_alphabet=byte_level.alphabet(), show_progress=False
        ),
    )

    def learned() -> list[tuple[bytes, bytes]]:
        byte_of = {character: byte for byte, character in enumerate(visible_bytes())}
        merges = json.loads(tokenizer.to_str())["model"]["merges"]
        return [tuple(bytes(map(byte_of.get, half)) for half in halves) for halves in merges]

    return learned


def train_rustbpe(pieces: Iterable[str], vocab_size: int) -> Learned:
    import rustbpe

    tokenizer = rustbpe.Tokenizer()
    tokenizer.train_from_iterator(iter(pieces), vocab_size, pattern=PATTERN)
    return lambda: [bytes(token) for token, rank in tokenizer.get_mergeable_ranks() if rank >= 256]


def train_minibperust(pieces: Iterable[str], vocab_size: int) -> Learned:
    from MiniBpeRust import FastRegexTokenizer

    tokenizer = FastRegexTokenizer(PATTERN)
    tokenizer.train("".join(pieces), vocab_size)
    return lambda: in_bytes(tokenizer.merges)


def train_bpeasy(pieces: Iterable[str], vocab_size: int) -> Learned:
    import bpeasy

    ranks = bpeasy.train_bpe(iter(pieces), PATTERN, max_token_length=1 << 20, vocab_size=vocab_size)
    return lambda: [token for token in sorted(ranks, key=ranks.__getitem__) if len(token) > 1]


# gigatoken trains too, but by a pattern of its own.
OTHERS = {
    "tokenizers": train_tokenizers,
    "rustbpe": train_rustbpe,
    "MiniBpeRust": train_minibperust,
    "bpeasy": train_bpeasy,
}
TRAINERS = {"minbpe": train_minbpe} | {name: train for name, train in OTHERS.items() if name in INSTALLED}


def vocab_of(merges: dict[Pair, int]) -> dict[int, bytes]:
    """The bytes of each token."""
    vocab = {byte: bytes([byte]) for byte in range(256)}
    for (a, b), idx in merges.items():
        vocab[idx] = vocab[a] + vocab[b]
    return vocab


def in_bytes(merges: dict[Pair, int]) -> list[tuple[bytes, bytes]]:
    """The halves of each merge as bytes, since each trainer numbers its tokens in its own way."""
    vocab = vocab_of(merges)
    return [(vocab[a], vocab[b]) for a, b in merges]
