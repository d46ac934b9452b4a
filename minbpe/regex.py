"""RegexTokenizer: split the text first, then byte-pair encoding inside each chunk; and special tokens.

A split pattern keeps merges from reaching across words, so that "dog", "dog." and "dog!" do not each
become a token of their own. Special tokens ("<|endoftext|>") stand outside of all this: they are never
merged, and never found in a text unless the caller allows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from minbpe import files
from minbpe.base import Tokenizer, well_formed
from minbpe.merging import Pair, apply_merges
from minbpe.patterns import GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN, Splitter

__all__ = ["GPT2_SPLIT_PATTERN", "GPT4O_SPLIT_PATTERN", "GPT4_SPLIT_PATTERN", "RegexTokenizer"]

# Words come again and again, so a chunk is encoded once and remembered. Both bounds keep the memory small:
# so many chunks are remembered at the most (then all are forgotten), each of so many characters.
CACHE_CHUNKS = 1 << 16
CACHE_CHARACTERS = 128  # a line of "=====" is long, and slow to encode


class RegexTokenizer(Tokenizer):
    """Byte-pair encoding with a split pattern and special tokens.

    `pattern` is a regular expression as the `regex` package takes it; GPT-4's is the default. What it does
    not cover is not lost: the text between two matches is a chunk too. ValueError for a bad pattern.
    """

    def __init__(self, pattern: str | None = None) -> None:
        self._cache: dict[str, list[int]] = {}
        super().__init__()
        self._use_pattern(GPT4_SPLIT_PATTERN if pattern is None else pattern)
        self.register_special_tokens({})

    def _use_pattern(self, pattern: str) -> None:
        self._splitter = Splitter(pattern)
        self.pattern = pattern
        self._cache.clear()

    def _use_merges(self, merges: dict[Pair, int], byte_shuffle: bytes = files.BYTES_IN_ORDER) -> None:
        super()._use_merges(merges, byte_shuffle)
        self._cache.clear()

    def _add_merge(self, pair: Pair, idx: int) -> None:
        super()._add_merge(pair, idx)
        self._cache.clear()

    def chunks(self, text: str) -> Iterator[bytes]:
        """The chunks into which the pattern splits `text`, as bytes. Special tokens are ordinary text."""
        return (chunk.encode("utf-8") for chunk in self._splitter.iterate(well_formed(text)))

    # --- training

    def _count_chunks(self, documents: Iterable[str]) -> Counter[bytes]:
        counts: Counter[str] = Counter()  # of text, which is counted faster than bytes made for each chunk
        for text in documents:
            counts.update(self._splitter.iterate(well_formed(text)))
        return Counter({chunk.encode("utf-8"): count for chunk, count in counts.items()})

    # --- encoding

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of `text`, with special tokens taken for ordinary text."""
        cache = self._cache
        ids: list[int] = []
        for chunks in self._splitter.batches(well_formed(text)):
            for chunk in chunks:
                ids += cache.get(chunk) or self._encode_chunk(chunk)
        return ids

    def _merge_chunk(self, chunk: bytes) -> list[int]:
        return apply_merges(chunk.translate(self.byte_shuffle), self.merges.get)

    def _encode_chunk(self, chunk: str) -> list[int]:
        ids = self._merge_chunk(chunk.encode("utf-8"))
        if len(chunk) <= CACHE_CHARACTERS:
            if len(self._cache) >= CACHE_CHUNKS:
                self._cache.clear()
            self._cache[chunk] = ids
        return ids

    def encode(self, text: str, allowed_special: str | Collection[str] = "none_raise") -> list[int]:
        """The ids of `text`, in which the special tokens of `allowed_special` become their one id.

        `allowed_special` is "all", "none" (special tokens are ordinary text), "none_raise", or a
        collection of special tokens. A special token in the text that is not allowed is a ValueError
        (except with "none"): text from outside must not be able to smuggle one in unnoticed.
        """
        allowed = self._allowed(allowed_special)
        if allowed is None or not self.special_tokens:
            return self.encode_ordinary(text)
        ids: list[int] = []
        before = ""
        for part in self._special_pattern.split(well_formed(text)):
            if part not in self.special_tokens:
                ids += self.encode_ordinary(part)
            elif part in allowed:
                ids.append(self.special_tokens[part])
            else:
                raise ValueError(
                    f"the text holds the special token {part!r} at character {_place(text, before)}, "
                    "which is not allowed. "
                    f'To encode it as its id: allowed_special={{{part!r}}}; as ordinary text: allowed_special="none"'
                )
            before += part
        return ids

    def _allowed(self, allowed_special: str | Collection[str]) -> Collection[str] | None:
        """The special tokens to look for; None for not looking at all."""
        if allowed_special == "all":
            return self.special_tokens
        if allowed_special == "none":
            return None
        if allowed_special == "none_raise":
            return ()
        if isinstance(allowed_special, str):
            raise ValueError(
                f'allowed_special is "all", "none", "none_raise" or a collection of special tokens, got '
                f"{allowed_special!r}; for a single one write {{{allowed_special!r}}}"
            )
        try:
            return set(allowed_special)
        except TypeError:
            raise TypeError(
                f"allowed_special is a str or a collection of str, got {type(allowed_special).__name__}"
            ) from None

    def register_special_tokens(self, special_tokens: dict[str, int]) -> None:
        """Make `special_tokens` {text: id} the special tokens of this tokenizer, in place of any before.

        ValueError for an empty one, for an id that a token has already, and for two names for one id.
        """
        files.check_special_tokens(special_tokens, self.vocab)
        self._use_special_tokens(dict(special_tokens))

    def _use_special_tokens(self, special_tokens: dict[str, int]) -> None:
        self.special_tokens = special_tokens
        # Of two names for one id, which a published vocabulary may have, the first is decoded to.
        self.inverse_special_tokens = {idx: special for special, idx in reversed(special_tokens.items())}
        # Of two that begin at the same place the longer must win, so it stands first. The parentheses
        # make split() hand out the special tokens as well as what is between them.
        longest_first = sorted(special_tokens, key=len, reverse=True)
        self._special_pattern = re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    # --- files

    def _adopt(self, model: files.Model, path: Path) -> None:
        try:
            self._use_pattern(model.pattern)
        except ValueError as error:
            raise ValueError(f"{path}, line 2: {error}") from None
        super()._adopt(model, path)
        self._use_special_tokens(model.special_tokens)


def _place(text: str, before: str) -> int:
    """Where `text` goes on after `before`, its beginning, in which surrogates have been repaired."""
    place = 0
    for character in before:
        place += 2 if character > "\uffff" and text[place] <= "\uffff" else 1
    return place
