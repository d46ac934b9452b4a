"""RegexTokenizer: split the text first, then byte-pair encoding inside each chunk; and special tokens.

A split pattern keeps merges from reaching across words, so that "dog", "dog." and "dog!" do not each
become a token of their own. Special tokens ("<|endoftext|>") stand outside of all this: they are never
merged, and never found in a text unless the caller allows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from minbpe import files
from minbpe.base import Tokenizer, well_formed
from minbpe.merging import Pair
from minbpe.patterns import GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN, Splitter

if TYPE_CHECKING:
    import regex

__all__ = ["GPT2_SPLIT_PATTERN", "GPT4O_SPLIT_PATTERN", "GPT4_SPLIT_PATTERN", "RegexTokenizer"]

# Words come again and again, so a chunk is encoded once and remembered. A long one is not: a line of "====="
# hardly comes again. When the memory is full, all is forgotten.
CACHE_CHARACTERS = 128  # of a chunk that is remembered
CACHE_BYTES = 32 << 20  # of all that is remembered together; English needs a tenth of it
BYTES_OF_AN_ENTRY = 256  # about what the dict, the chunk and the tuple of its ids take besides what they hold


class RegexTokenizer(Tokenizer):
    """Byte-pair encoding with a split pattern and special tokens.

    `pattern` is a regular expression as the `regex` package takes it; GPT-4's is the default. What it does
    not cover is not lost: the text between two matches is a chunk too. ValueError for a bad pattern.

    There are patterns that take hours on a text that is made for it, as `(a+)+b` on many a's. With `timeout`, a
    pattern of your own that takes more than so many seconds on one text is a ValueError. The patterns in
    patterns.py take time in proportion to the text, and need none.
    """

    def __init__(self, pattern: str | None = None, *, timeout: float | None = None) -> None:
        self._cache: dict[str, tuple[int, ...]] = {}
        self._cache_bytes = 0
        self._timeout = timeout
        super().__init__()
        self._use_pattern(GPT4_SPLIT_PATTERN if pattern is None else pattern)

    def _use_pattern(self, pattern: str) -> None:
        self._splitter = Splitter(pattern, self._timeout)
        super()._use_pattern(pattern)
        self._forget()

    @property
    def compiled_pattern(self) -> regex.Pattern[str]:
        """The pattern compiled by the package `regex`, as minbpe has it. It can be set, which sets the pattern."""
        import regex

        return regex.compile(self.pattern)

    @compiled_pattern.setter
    def compiled_pattern(self, compiled: regex.Pattern[str]) -> None:
        import regex

        if compiled.flags != regex.compile(compiled.pattern).flags:
            raise ValueError("a model file has no place for flags: write them into the pattern, as in (?i)")
        self.pattern = compiled.pattern

    def _use_merges(self, merges: dict[Pair, int], byte_shuffle: bytes = files.BYTES_IN_ORDER) -> None:
        super()._use_merges(merges, byte_shuffle)
        self._forget()

    def _add_merge(self, pair: Pair, idx: int) -> None:
        super()._add_merge(pair, idx)
        self._forget()

    def _forget(self) -> None:
        self._cache.clear()
        self._cache_bytes = 0

    def chunks(self, text: str) -> Iterator[bytes]:
        """The chunks into which the pattern splits `text`, as bytes. Special tokens are ordinary text."""
        return (chunk.encode("utf-8") for chunk in self._splitter.iterate(well_formed(text)))

    def _cut_before(self, text: str, place: int) -> int:
        return self._splitter.cut_before(text, place)

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
                ids += cache.get(chunk) or self._encode_and_remember(chunk)
        return ids

    def _encode_and_remember(self, chunk: str) -> Sequence[int]:
        ids = tuple(self._encode_chunk(chunk.encode("utf-8")))
        if len(chunk) <= CACHE_CHARACTERS:
            self._cache_bytes += 4 * len(chunk) + 8 * len(ids) + BYTES_OF_AN_ENTRY
            if self._cache_bytes > CACHE_BYTES:
                self._forget()
            self._cache[chunk] = ids
        return ids

    def encode(
        self,
        text: str,
        allowed_special: str | Collection[str] = "none_raise",
        disallowed_special: str | Collection[str] | None = None,
    ) -> list[int]:
        """The ids of `text`, in which the special tokens of `allowed_special` become their one id.

        `allowed_special` is "all", "none" (special tokens are ordinary text), "none_raise", or a
        collection of special tokens. A special token in the text that is not allowed is a ValueError
        (except with "none"): text from outside must not be able to smuggle one in unnoticed.

        `disallowed_special` says which texts raise instead: "all" that are not allowed, or a collection, which
        may be empty; special tokens in neither are then ordinary text. Both are as in tiktoken.
        """
        allowed, disallowed, pattern = self._policy(allowed_special, disallowed_special)
        if not allowed and not disallowed:
            return self.encode_ordinary(text)
        parts = pattern.split(well_formed(text))
        if len(parts) == 1:
            return self.encode_ordinary(text)
        ids: list[int] = []
        before = ""
        for part in parts:
            if part in allowed:
                ids.append(self.special_tokens[part])
            elif part in disallowed:
                raise ValueError(
                    f"the text holds the special token {part!r} at character {_place(text, before)}, "
                    "which is not allowed. "
                    f'To encode it as its id: allowed_special={{{part!r}}}; as ordinary text: allowed_special="none"'
                )
            else:
                ids += self.encode_ordinary(part)
            before += part
        return ids

    def _policy(
        self, allowed_special: str | Collection[str], disallowed_special: str | Collection[str] | None
    ) -> tuple[Collection[str], Collection[str], re.Pattern[str]]:
        """The special tokens that become ids, the texts that raise, and a pattern that finds both."""
        specials = self._special_tokens
        if disallowed_special is None:
            if allowed_special == "none_raise":
                return (), specials, self._special_pattern
            if allowed_special == "all":
                return specials, (), self._special_pattern
        allowed: Set[str]
        if isinstance(allowed_special, str):
            if allowed_special not in ("all", "none", "none_raise"):
                raise ValueError(
                    f'allowed_special is "all", "none", "none_raise" or a collection of special tokens, got '
                    f"{allowed_special!r}; for a single one write {{{allowed_special!r}}}"
                )
            allowed = specials.keys() if allowed_special == "all" else set()
        else:
            allowed = specials.keys() & _as_set("allowed_special", allowed_special)
        if disallowed_special is None:
            disallowed_special = () if allowed_special == "none" else "all"
        if disallowed_special == "all":
            return allowed, specials, self._special_pattern  # of those in both, allowed counts
        if isinstance(disallowed_special, str):
            raise ValueError(
                f'disallowed_special is "all" or a collection of special tokens, got {disallowed_special!r}; '
                f"for a single one write {{{disallowed_special!r}}}"
            )
        disallowed = _as_set("disallowed_special", disallowed_special) - {""}
        return allowed - disallowed, disallowed, _finding(frozenset(allowed | disallowed))

    def register_special_tokens(self, special_tokens: Mapping[str, int]) -> None:
        """Make `special_tokens` {text: id} the special tokens of this tokenizer, in place of any before.

        ValueError for an empty one, for an id that a token has already, and for two names for one id.
        """
        self.special_tokens = special_tokens

    def _use_special_tokens(self, special_tokens: dict[str, int]) -> None:
        super()._use_special_tokens(special_tokens)
        self._special_pattern = _finding(frozenset(special_tokens))

    # --- files

    def _adopt(self, model: files.Model, path: Path) -> None:
        try:
            super()._adopt(model, path)
        except ValueError as error:  # of the pattern, which comes first
            raise ValueError(f"{path}, line 2: {error}") from None

    # --- as a Python object

    def __getstate__(self) -> dict[str, object]:
        return super().__getstate__() | {"_cache": {}, "_cache_bytes": 0}


@lru_cache(maxsize=128)
def _finding(specials: frozenset[str]) -> re.Pattern[str]:
    """A pattern whose split() hands out the texts of `specials` as well as what is between them."""
    # Of two that begin at the same place the longer must win, so it stands first. The parentheses make split()
    # hand out what it found.
    longest_first = sorted(specials, key=lambda special: (-len(special), special))
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})")


def _as_set(name: str, specials: Iterable[str]) -> set[str]:
    try:
        return set(specials)
    except TypeError:
        raise TypeError(f"{name} is a str or a collection of str, got {type(specials).__name__}") from None


def _place(text: str, before: str) -> int:
    """Where `text` goes on after `before`, its beginning, in which surrogates have been repaired."""
    place = 0
    for character in before:
        place += 2 if character > "\uffff" and text[place] <= "\uffff" else 1
    return place
