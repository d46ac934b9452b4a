"""Training: from text to counted chunks to merges, with all that is checked before and said afterwards.

The loop that learns the merges is in merging.py.
"""

from __future__ import annotations

import operator
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple, SupportsIndex

from minbpe.merging import Merge, Pair, learn_merges


class Trainable:
    """Joined to a tokenizer: what trains it. The tokenizer says how text becomes chunks."""

    special_tokens: dict[str, int]
    vocab: dict[int, bytes]

    def train(
        self,
        text: str | Iterable[str],
        vocab_size: int,
        verbose: bool = False,
        *,
        min_frequency: int = 1,
        max_token_length: int | None = None,
    ) -> None:
        """Learn merges from `text` until the vocabulary has `vocab_size` tokens, the 256 bytes included.

        `text` is one string, or any iterable of strings: documents, which never merge across. It is read
        once. Training again starts afresh. Training stops early, with a UserWarning, when no pair is left
        that occurs at least `min_frequency` times; no token gets more than `max_token_length` bytes. ValueError
        for a vocab_size below 256, or one that runs into a special token's id.
        """
        goal = Goal(vocab_size, min_frequency, max_token_length).checked(self.special_tokens)
        self._learn_all(self._count_chunks(_documents(text)), goal, verbose)

    def train_from_counts(
        self,
        counts: Mapping[bytes, int],
        vocab_size: int,
        verbose: bool = False,
        *,
        min_frequency: int = 1,
        max_token_length: int | None = None,
    ) -> None:
        """Train as `train` does, on chunks that are counted already: {chunk: how often it occurs}.

        They must be the chunks that this tokenizer makes of the corpus, and stand in the order in which they
        first occur in it, which decides ties.
        """
        goal = Goal(vocab_size, min_frequency, max_token_length).checked(self.special_tokens)
        _check_counts(counts)
        self._learn_all(counts, goal, verbose)

    def train_steps(self, text: str | Iterable[str], vocab_size: int) -> Iterator[Merge]:
        """Train as `train` does, and hand out each merge when it is made: (pair, idx, count).

        The tokenizer is usable at each step, with the merges made so far.
        """
        goal = Goal(vocab_size).checked(self.special_tokens)
        return self._learn(self._count_chunks(_documents(text)), goal)

    def _learn(self, counts: Mapping[bytes, int], goal: Goal) -> Iterator[Merge]:
        self._use_merges({})
        for step in _learn_to(counts, goal):
            self._add_merge(step.pair, step.idx)
            yield step

    def _learn_all(self, counts: Mapping[bytes, int], goal: Goal, verbose: bool) -> None:
        for made, step in enumerate(self._learn(counts, goal), 1):
            if verbose:
                print(
                    f"merge {made}/{goal.vocab_size - 256}: {step.pair} -> {step.idx} "
                    f"({self.vocab[step.idx]!r}) had {step.count} occurrences"
                )

    def _count_chunks(self, documents: Iterable[str]) -> Counter[bytes]:
        """Each distinct chunk with how often it occurs, in order of first occurrence."""
        return Counter(chain.from_iterable(map(self.chunks, documents)))

    def chunks(self, text: str) -> Iterator[bytes]:
        """The chunks of `text`, as bytes: no merge reaches from one into the next. Special tokens are ordinary text."""
        raise NotImplementedError

    def _use_merges(self, merges: dict[Pair, int]) -> None:
        raise NotImplementedError

    def _add_merge(self, pair: Pair, idx: int) -> None:
        raise NotImplementedError


def _documents(texts: str | Iterable[str]) -> Iterator[str]:
    """The documents to train on, one by one. TypeError for what is no text, nor a row of texts."""
    if isinstance(texts, str):
        yield texts
        return
    if isinstance(texts, bytes | bytearray | memoryview):
        raise TypeError(f"train on a str or an iterable of str, not on {type(texts).__name__}: decode it first")
    try:
        texts = iter(texts)
    except TypeError:
        raise TypeError(f"train on a str or an iterable of str, not on {type(texts).__name__}") from None
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"document {number} is not a str, but of type {type(text).__name__}")
        yield text


class Goal(NamedTuple):
    """Where training is to stop: at so many tokens, or before a pair that occurs less often than it must."""

    vocab_size: int
    min_frequency: int = 1
    max_token_length: int | None = None  # in bytes; a pair that would make a longer token is passed over

    def checked(self, special_tokens: Mapping[str, int]) -> Goal:
        """This goal with plain ints. ValueError or TypeError for one that cannot be, or runs into a special token."""
        goal = Goal(
            _int("vocab_size", self.vocab_size),
            _int("min_frequency", self.min_frequency, at_least=1),
            None if self.max_token_length is None else _int("max_token_length", self.max_token_length, at_least=1),
        )
        size = goal.vocab_size
        if size < 256:
            raise ValueError(f"vocab_size must be at least 256, one token for each byte, got {size}")
        for special, idx in special_tokens.items():
            if idx < size:
                raise ValueError(
                    f"training to vocab_size {size} needs the id {idx}, which the special token "
                    f"{special!r} has: register special tokens with ids from {size} on"
                )
        return goal

    def missed(self, made: int) -> str:
        """What to say when there were only so many merges to make."""
        enough = "" if self.min_frequency == 1 else f" that occurs {self.min_frequency} times"
        short = "" if self.max_token_length is None else f" into a token of at most {self.max_token_length} bytes"
        return (
            f"the text has no pair left{enough} to merge{short}: there were {made} merges to make, vocab_size "
            f"{self.vocab_size} asked for {self.vocab_size - 256}. Train on more text, or with a smaller vocab_size."
        )


def _learn_to(counts: Mapping[bytes, int], goal: Goal) -> Iterator[Merge]:
    """The merges that lead to `goal`, one by one. A UserWarning if there are too few to reach its vocab_size."""
    num_merges, made = goal.vocab_size - 256, 0
    if not num_merges:
        return
    longest = sys.maxsize if goal.max_token_length is None else goal.max_token_length
    for step in learn_merges(counts, max_token_length=longest):
        if step.count < goal.min_frequency:
            break
        made += 1
        yield step
        if made == num_merges:
            return
    warnings.warn(goal.missed(made), UserWarning, stacklevel=_level_of_the_caller())


def _check_counts(counts: Mapping[bytes, int]) -> None:
    """TypeError or ValueError unless `counts` says of chunks of bytes how often they occur."""
    for chunk, count in counts.items():
        if not isinstance(chunk, bytes) or not isinstance(count, int):
            raise TypeError(f"counts map bytes to int, here {chunk!r:.60} to {count!r:.60}")
        if count < 1:
            raise ValueError(f"the chunk {chunk!r:.60} cannot occur {count} times")


def _int(name: str, value: SupportsIndex, at_least: int | None = None) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an int, got {type(value).__name__}") from None
    if at_least is not None and number < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {number}")
    return number


def _level_of_the_caller() -> int:
    """How many calls up the code is that asked for the training: the first that is not in this package."""
    here, frame, level = Path(__file__).parent, sys._getframe(1), 1
    while frame.f_back is not None and Path(frame.f_code.co_filename).parent == here:
        frame, level = frame.f_back, level + 1
    return level
