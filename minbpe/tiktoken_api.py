"""What users of tiktoken look for in a tokenizer, under tiktoken's names and with tiktoken's behaviour.

All of it rests on what a tokenizer has already: encode, decode, its vocabulary and its special tokens.
https://github.com/openai/tiktoken/blob/main/tiktoken/core.py
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any, SupportsIndex


class UnknownTokenError(ValueError, KeyError):
    """There is no such token. A ValueError as all errors of minbpe, and a KeyError as tiktoken's."""

    __str__ = ValueError.__str__  # a KeyError would put its sentence in quotes


class TiktokenAPI:
    """Joined to a tokenizer: batches, single tokens, special tokens, offsets, sizes."""

    vocab: dict[int, bytes]
    special_tokens: dict[str, int]
    inverse_special_tokens: dict[int, str]
    _ids_made: tuple[Mapping[int, bytes], int, dict[bytes, int]] = ({}, 0, {})

    # --- several texts at once

    def encode_batch(self, text: Iterable[str], *, num_threads: int = 8, **options: Any) -> list[list[int]]:
        """The ids of each text, with the options of `encode`.

        `num_threads` is there for tiktoken's sake: Python code runs in one thread at a time, so one does it all.
        """
        return [self.encode(each, **options) for each in _several(text)]

    def encode_ordinary_batch(self, text: Iterable[str], *, num_threads: int = 8) -> list[list[int]]:
        """The ids of each text, with special tokens taken for ordinary text."""
        return [self.encode_ordinary(each) for each in _several(text)]

    def decode_batch(
        self, batch: Iterable[Iterable[int]], *, errors: str = "replace", num_threads: int = 8
    ) -> list[str]:
        """The text of each list of ids."""
        return [self.decode(ids, errors) for ids in batch]

    # --- single tokens

    def encode_single_token(self, text_or_bytes: str | bytes) -> int:
        """The id of the one token that is `text_or_bytes`; special tokens count. UnknownTokenError if there is none."""
        text = text_or_bytes if isinstance(text_or_bytes, str) else text_or_bytes.decode("utf-8", "replace")
        data = text_or_bytes if isinstance(text_or_bytes, bytes) else text.encode("utf-8", "replace")
        found = self._ids().get(data, self.special_tokens.get(text))
        if found is None:
            raise UnknownTokenError(f"there is no token {text_or_bytes!r}")
        return found

    def _ids(self) -> Mapping[bytes, int]:
        """{bytes: id}, the vocabulary the other way round; made when first asked for, and again after a change."""
        vocab, size, ids = self._ids_made
        if vocab is not self.vocab or size != len(self.vocab):
            ids = {token: idx for idx, token in reversed(self.vocab.items())}  # of two with the same bytes, the first
            self._ids_made = self.vocab, len(self.vocab), ids
        return ids

    def decode_single_token_bytes(self, token: SupportsIndex) -> bytes:
        """The bytes of one token; special tokens count. UnknownTokenError for an id that no token has."""
        return self._token(token)

    def _token(self, idx: SupportsIndex, where: str = "") -> bytes:
        try:
            idx = operator.index(idx)
        except TypeError:
            raise UnknownTokenError(f"no token has the id {idx!r}{where}: ids are ints") from None
        if idx in self.vocab:
            return self.vocab[idx]
        if idx in self.inverse_special_tokens:
            return self.inverse_special_tokens[idx].encode("utf-8")
        raise UnknownTokenError(
            f"no token has the id {idx}{where} (this tokenizer knows {len(self.vocab)} tokens and "
            f"{len(self.special_tokens)} special tokens)"
        )

    def decode_with_offsets(self, tokens: Iterable[int]) -> tuple[str, list[int]]:
        """The text, and for each token the place in it of the first character that holds bytes of the token.

        ValueError for ids that do not decode to UTF-8.
        """
        parts = [self._token(idx, f", at place {place} of the ids to decode") for place, idx in enumerate(tokens)]
        begun = accumulate((sum(map(_begins_a_character, part)) for part in parts), initial=0)
        starts = [max(0, count - (not _begins_a_character(part[0]))) for count, part in zip(begun, parts, strict=False)]
        return b"".join(parts).decode("utf-8"), starts

    def token_byte_values(self) -> list[bytes]:
        """The bytes of every token that is not special, sorted."""
        return sorted(self.vocab.values())

    # --- sizes and special tokens

    @property
    def max_token_value(self) -> int:
        """The highest id of all, special tokens included."""
        return max(max(self.vocab), *self.special_tokens.values(), 0)

    @property
    def n_vocab(self) -> int:
        """How many rows an embedding needs that has one for every id up to the highest."""
        return self.max_token_value + 1

    def __len__(self) -> int:
        """How many tokens there are, special tokens included. Where ids have gaps, n_vocab is larger."""
        return len(self.vocab.keys() | self.inverse_special_tokens.keys())

    @property
    def eot_token(self) -> int:
        """The id of <|endoftext|>. UnknownTokenError where there is no such special token."""
        if "<|endoftext|>" not in self.special_tokens:
            raise UnknownTokenError("this tokenizer has no special token <|endoftext|>")
        return self.special_tokens["<|endoftext|>"]

    @property
    def special_tokens_set(self) -> set[str]:
        """The special tokens, as text."""
        return set(self.special_tokens)

    def is_special_token(self, token: int) -> bool:
        """Whether the id is that of a special token."""
        return token in self.inverse_special_tokens

    # --- what the tokenizer brings along

    def encode(self, text: str) -> list[int]:
        raise NotImplementedError

    def encode_ordinary(self, text: str) -> list[int]:
        raise NotImplementedError

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        raise NotImplementedError


def _several(texts: Iterable[str]) -> Iterable[str]:
    if isinstance(texts, str):
        raise TypeError("a batch is a list of texts, got a single str: put it into a list, or use encode")
    return texts


def _begins_a_character(byte: int) -> bool:
    return not 0x80 <= byte < 0xC0
