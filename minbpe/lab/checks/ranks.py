"""Ranks to try answers on: small ones, with their bytes shuffled as a line of code can write it, and real ones."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from random import Random

from minbpe import vocabularies
from minbpe.lab.checks import inputs
from minbpe.lab.checks.runner import Code
from minbpe.lab.checks.show import show

Ranks = dict[bytes, int]

load_ranks = cache(vocabularies.load_ranks)


def real(number: int, name: str = "cl100k_base") -> Code:
    """The first ranks of GPT-4, or of another vocabulary."""
    source = f'dict(list(load_ranks("{name}").items())[:{number}])'
    return Code(source, "from minbpe.vocabularies import load_ranks", load_ranks=load_ranks)


def around(name: str, token: bytes) -> Code:
    """The ranks of a published vocabulary that have to do with that token: those of its parts."""
    source = f'{{part: rank for part, rank in load_ranks("{name}").items() if part in {token!r}}}'
    return Code(source, "from minbpe.vocabularies import load_ranks", load_ranks=load_ranks)


def ranks_of(tokens: list[bytes], step: int = 1, first: int = 0) -> Ranks:
    """Ranks of the 256 bytes, shuffled by byte * step + first (step is odd), and then of `tokens`."""
    ranks = {bytes([byte]): (byte * step + first) % 256 for byte in range(256)}
    return ranks | {token: 256 + place for place, token in enumerate(tokens)}


def reordered(ranks: Ranks, key: str) -> Code:
    """The same ranks in another order, written as code: as a literal they would fill the screen."""
    return Code(f"dict(sorted(({show(ranks)}).items(), key=lambda item: {key}))")


def draw_ranks(rng: Random, size: int, letters: bytes = b"abcd") -> Ranks:
    """Ranks of which each token is the merge of two before it, as they are published."""
    while True:
        if rng.random() < 0.5:
            merges = inputs.random_merges(rng, letters)
        else:
            merges = inputs.train(inputs.text(rng, max(8, size)) + "ab", 258 + rng.randint(0, 12))
        tokens = list(inputs.vocab_of(merges).values())[256:]
        ranks = ranks_of(tokens, rng.randrange(1, 256, 2), rng.randrange(256))
        if len(ranks) == 256 + len(tokens) and all(len(merge_parts(ranks, token)) == 2 for token in tokens):
            return ranks


def merge_parts(ranks: Ranks, token: bytes) -> list[bytes]:
    """The bytes of `token`, with all merges replayed that were learned before it."""
    parts = [bytes([byte]) for byte in token]
    while True:
        known = [pair for pair in pairwise(parts) if ranks.get(b"".join(pair), math.inf) < ranks[token]]
        if not known:
            return parts
        best = min(known, key=lambda pair: ranks[b"".join(pair)])
        place = list(pairwise(parts)).index(best)
        parts[place : place + 2] = [b"".join(best)]
