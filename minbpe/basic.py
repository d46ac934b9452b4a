"""BasicTokenizer: byte-pair encoding straight on the text.

The whole text is one chunk, so a merge may reach across words, spaces and lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from minbpe import files
from minbpe.base import Tokenizer, well_formed


class BasicTokenizer(Tokenizer):
    """Byte-pair encoding without a split pattern and without special tokens.

    >>> t = BasicTokenizer()
    >>> t.train("aaabdaaabac", 256 + 3)
    >>> t.encode("aaabdaaabac")
    [258, 100, 258, 97, 99]
    """

    def chunks(self, text: str) -> Iterator[bytes]:
        """All of `text` in one piece, as bytes; nothing where it is empty."""
        if data := well_formed(text).encode("utf-8"):
            yield data

    def encode(self, text: str) -> list[int]:
        """The ids of `text`: its bytes, with the merges replayed in the order they were learned."""
        return self._encode_chunk(well_formed(text).encode("utf-8"))

    def _use_pattern(self, pattern: str) -> None:
        if pattern:
            raise ValueError("a BasicTokenizer does not split the text: for a pattern use RegexTokenizer")

    def _use_special_tokens(self, special_tokens: dict[str, int]) -> None:
        if special_tokens:
            raise ValueError("a BasicTokenizer has no special tokens: use RegexTokenizer")
        super()._use_special_tokens(special_tokens)

    def _adopt(self, model: files.Model, path: Path) -> None:
        if model.pattern or model.special_tokens:
            what = "a split pattern" if model.pattern else "special tokens"
            raise ValueError(f"{path}, line 2: this tokenizer has {what}; load it with RegexTokenizer")
        super()._adopt(model, path)
