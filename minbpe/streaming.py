"""Text while the ids still come in, as from a model that is asked to write.

Ids cannot be decoded one by one: a token may end in the middle of a character. So the bytes of the character that
has begun are held back until the rest of it is there, or until it is certain that it never will be.
"""

from __future__ import annotations

import codecs
from typing import SupportsIndex

from minbpe.base import Tokenizer


class StreamDecoder:
    """Decodes ids one by one; what it hands out, joined, is what `tokenizer.decode` makes of all of them.

    >>> stream = StreamDecoder(GPT4Tokenizer())
    >>> [stream.push(idx) for idx in [57037, 9468, 239, 235]] + [stream.flush()]
    ['😉', ' ', '', '👍', '']
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, idx: SupportsIndex) -> str:
        """The text that is certain now that `idx` has come, and has not been handed out yet. It may be empty.

        ValueError for an id that no token has; then it is as if it had not come.
        """
        return self._decoder.decode(self._tokenizer.decode_single_token_bytes(idx))

    def flush(self) -> str:
        """What is left when no more ids come: U+FFFD for a character that was cut off, else nothing.

        After that the next id begins a new text.
        """
        rest = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return rest
