"""How many tokens a text takes, and the longest beginning of it that takes no more than so many.

A beginning can take more tokens than a longer one: "hell" may take two where "hello" takes one. So the search
goes on past the first beginning that takes too many. How far? Leave out the last token of an encoding, and what is
left is the encoding of its own text. So a beginning of n tokens is always longer by one token than one of n - 1, and
where none of the beginnings that end within the longest token's length takes few enough, no later one will.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain, islice
from typing import SupportsIndex

SHORT = 400  # characters: among so many places every one is tried
AFTER = 2  # chunks after the one that goes beyond the budget: white space is split by what comes after it


class Budget:
    """Joined to a tokenizer: counting tokens, and cutting a text to a number of them."""

    vocab: dict[int, bytes]

    def count(self, text: str) -> int:
        """The number of tokens that `text` takes, with special tokens taken for ordinary text."""
        return len(self.encode_ordinary(text))

    def truncate(self, text: str, max_tokens: SupportsIndex) -> str:
        """The longest beginning of `text` that takes at most `max_tokens` tokens, and cuts no character in two.

        Special tokens are taken for ordinary text. Only as much of a long text is looked at as is needed. With a
        split pattern of your own that looks further ahead than a chunk or two, a longer beginning may exist.
        ValueError for a negative number.
        """
        limit = _checked_limit(max_tokens)
        chunks = self.chunks(text)
        before, taken, crossing = [], 0, b""
        for crossing in chunks:
            tokens = len(self._encode_chunk(crossing))
            if taken + tokens > limit:
                break
            before.append(crossing)
            taken += tokens
        else:
            return b"".join(before).decode("utf-8")  # all of it; lone surrogates are repaired, as encode does it

        after = b"".join(islice(chunks, AFTER))
        start = b"".join(before).decode("utf-8")
        middle = crossing.decode("utf-8")
        if len(middle) <= SHORT:
            whole = start + middle + after.decode("utf-8")[:SHORT]
            places: Iterator[int] = iter(range(len(whole), -1, -1))
        else:
            inside = len(start) + len(crossing[: self._longest_start(crossing, limit - taken)].decode("utf-8"))
            whole = start + middle + after.decode("utf-8")[:1]
            places = chain([len(whole)], range(inside, -1, -1))
        safe = self._cut_before(whole, max(0, len(start) - SHORT))
        head = self.count(whole[:safe])
        return whole[
            : next(place for place in places if place <= safe or head + self.count(whole[safe:place]) <= limit)
        ]

    def _longest_start(self, chunk: bytes, limit: int) -> int:
        """The bytes of the longest beginning of `chunk`, in whole characters, that takes at most `limit` tokens."""
        if not limit:
            return 0
        ids = self._encode_chunk(chunk)
        ends = list(accumulate(len(self.vocab[idx]) for idx in ids))
        longest = max(map(len, self.vocab.values()))
        fewer = ends[limit - 2] if limit > 1 else 0  # the last place so far with room for one token more
        best, place = 0, max(0, ends[limit - 1] - longest - 4)
        while place < min(len(chunk), fewer + longest):
            place += 1
            tokens = self._tokens_up_to(chunk, place, ids, ends)
            if tokens < limit:
                fewer = place
            if tokens <= limit and (place == len(chunk) or not 0x80 <= chunk[place] < 0xC0):
                best = place
        return best

    def _tokens_up_to(self, chunk: bytes, place: int, ids: list[int], ends: list[int]) -> int:
        """The tokens of chunk[:place], of which all but the last few are those of `chunk`, `ids` that end at `ends`."""
        back = 64
        while True:
            same = bisect_right(ends, place - back) if place > back else 0
            tail = self._encode_chunk(chunk[ends[same - 1] if same else 0 : place])
            if not same:
                return len(tail)
            # Two encodings side by side are one where the tokens that meet do not change each other.
            pair = [ids[same - 1], tail[0]]
            if self._encode_chunk(self.vocab[pair[0]] + self.vocab[pair[1]]) == pair:
                return same + len(tail)
            back *= 2

    # --- what the tokenizer brings along

    def chunks(self, text: str) -> Iterator[bytes]:
        raise NotImplementedError

    def encode_ordinary(self, text: str) -> list[int]:
        raise NotImplementedError

    def _encode_chunk(self, text_bytes: bytes) -> list[int]:
        raise NotImplementedError

    def _cut_before(self, text: str, place: int) -> int:
        """A place at or before `place` at which `text` can be cut with no other result; 0 if none is known."""
        return 0


def _checked_limit(max_tokens: SupportsIndex) -> int:
    try:
        limit = operator.index(max_tokens)
    except TypeError:
        raise TypeError(f"max_tokens must be an int, got {type(max_tokens).__name__}") from None
    if limit < 0:
        raise ValueError(f"max_tokens must not be negative, got {limit}")
    return limit
