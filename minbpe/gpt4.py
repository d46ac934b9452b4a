"""GPT4Tokenizer: cl100k_base, id for id what tiktoken gives.

OpenAI publishes GPT-4's vocabulary as ranks: {token: id}, in the order in which the tokens were learned. The
merges, which two tokens became which, are not in it. They can be recovered, and need not be for encoding:
two tokens merge exactly when their bytes, put together, have a rank.

One oddity: the ids of the 256 single bytes are shuffled. The byte 0 has id 188, "!" has id 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from minbpe import files, vocabularies
from minbpe.merging import Pair, apply_merges
from minbpe.patterns import GPT4_SPLIT_PATTERN
from minbpe.regex import RegexTokenizer
from minbpe.training import Goal

__all__ = [
    "GPT4_SPECIAL_TOKENS",
    "GPT4_SPLIT_PATTERN",
    "GPT4Tokenizer",
    "RankedTokenizer",
    "published",
    "recover_byte_shuffle",
    "recover_merges",
]

GPT4_SPECIAL_TOKENS = vocabularies.CL100K_SPECIAL_TOKENS  # as minbpe calls them


def recover_byte_shuffle(ranks: Mapping[bytes, int]) -> bytes:
    """The id of each byte, in the order of the bytes. ValueError unless the ids of the bytes are 0 to 255."""
    shuffle = [ranks.get(bytes([byte]), -1) for byte in range(256)]
    if set(shuffle) != set(range(256)):
        raise ValueError("the 256 single bytes must be tokens, with the ids 0 to 255 in any order")
    return bytes(shuffle)


def recover_merges(ranks: Mapping[bytes, int]) -> dict[Pair, int]:
    """The merges behind `ranks`: {(left id, right id): id}, in order of learning.

    Encode the bytes of a token with the merges that came before it: what is left are its two parents.
    (After minbpe's recover_merges.) A token that is left with more than two was never merged, and is not in
    the result.
    """
    shuffle = recover_byte_shuffle(ranks)
    merges: dict[Pair, int] = {}
    for token, idx in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            parents = apply_merges(token.translate(shuffle), merges.get)
            if len(parents) == 2:
                merges[parents[0], parents[1]] = idx
    return merges


class RankedTokenizer(RegexTokenizer):
    """A RegexTokenizer over published ranks {token: id}, with the ids that tiktoken gives for them.

    Its `merges` are recovered when they are first asked for; encoding gets by with the ranks. Two special
    tokens may share an id, as in o200k_harmony: both are encoded as it, and it is decoded to the first.
    ValueError for ranks in which the 256 bytes do not have the ids 0 to 255.
    """

    def __init__(self, ranks: Mapping[bytes, int], pattern: str, special_tokens: Mapping[str, int]) -> None:
        super().__init__(pattern)
        self.byte_shuffle = recover_byte_shuffle(ranks)
        self.vocab = {idx: token for token, idx in sorted(ranks.items(), key=lambda item: item[1])}
        self._ranks = dict(ranks)
        files.check_special_tokens(special_tokens, self.vocab, aliases=True)
        self._use_special_tokens(dict(special_tokens))

    @property
    def merges(self) -> dict[Pair, int]:
        """{(left id, right id): new id}, in order of learning."""
        if not self._merges:
            self._merges = recover_merges(self._ranks)
        return self._merges

    @merges.setter
    def merges(self, merges: Mapping[Pair, int]) -> NoReturn:
        raise TypeError("this vocabulary is published as it is: for merges of your own, use RegexTokenizer(pattern)")

    def rank_of(self, pair: Pair) -> int | None:
        """The id of the token that holds the bytes of both, whether or not a merge of this pair made it."""
        left, right = map(self.vocab.get, pair)
        return None if left is None or right is None else self._ranks.get(left + right)

    def parents(self) -> Callable[[int], Pair | None]:
        """A lookup: the two tokens that an id was merged from, recovered for it alone, which takes no time."""
        return self._parents_of

    def _parents_of(self, idx: int) -> Pair | None:
        if idx not in self._vocab:
            return None

        def earlier(pair: Pair) -> int | None:
            merged = self.rank_of(pair)
            return merged if merged is not None and merged < idx else None

        left = apply_merges(self._vocab[idx].translate(self.byte_shuffle), earlier)
        return (left[0], left[1]) if len(left) == 2 else None

    def _encode_chunk(self, text_bytes: bytes) -> list[int]:
        ranks, vocab = self._ranks, self._vocab
        if (rank := ranks.get(text_bytes)) is not None:
            return [rank]
        ids = text_bytes.translate(self.byte_shuffle)
        return apply_merges(ids, lambda pair: ranks.get(vocab[pair[0]] + vocab[pair[1]]))

    def _learn(self, counts: Mapping[bytes, int], goal: Goal) -> NoReturn:
        raise TypeError("this vocabulary is published as it is: to train one, use RegexTokenizer(pattern)")

    def _ids(self) -> Mapping[bytes, int]:
        return self._ranks

    def _state(self) -> tuple[object, ...]:
        return self.pattern, self.special_tokens, self._ranks  # recovering the merges would take its time

    def load(self, model_file: str | Path) -> NoReturn:
        raise TypeError("this vocabulary is published as it is: to load a file, use RegexTokenizer().load(file)")


class GPT4Tokenizer(RankedTokenizer):
    """The tokenizer of GPT-4: the ids of tiktoken's cl100k_base, special tokens included.

    >>> GPT4Tokenizer().encode("hello123!!!? (안녕하세요!) 😉")
    [15339, 4513, 12340, 30, 320, 31495, 230, 75265, 243, 92245, 16715, 57037]
    """

    def __init__(self) -> None:
        gpt4 = vocabularies.find("cl100k_base")
        super().__init__(vocabularies.load_ranks(gpt4.name), gpt4.pattern, gpt4.special_tokens)


def published(name: str) -> RankedTokenizer:
    """The tokenizer of one of the vocabularies in vocabularies.py, such as "o200k_base".

    ValueError if there is no such vocabulary, or its ranks are not here.
    """
    record = vocabularies.find(name)
    return RankedTokenizer(vocabularies.load_ranks(name), record.pattern, record.special_tokens)
