"""What all tokenizers share: the ten-line helpers, the vocabulary, training, decoding, saving and loading.

A tokenizer is its `merges`: {(left id, right id): new id}, in the order in which they were learned. From
them follows its `vocab`: {id: bytes}. Everything else (where text is split first, which tokens are
special) is added by the classes built on this one.
"""

from __future__ import annotations

import operator
import unicodedata
import warnings
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path

from minbpe import files
from minbpe.files import BYTES_IN_ORDER
from minbpe.merging import Merge, Pair, learn_merges


def get_stats(ids: Iterable[int], counts: dict[Pair, int] | None = None) -> dict[Pair, int]:
    """Count the neighbours: [1, 2, 3, 1, 2] -> {(1, 2): 2, (2, 3): 1, (3, 1): 1}.

    Adds to `counts` when it is given, and returns it. Overlapping pairs count: [1, 1, 1] holds two.
    """
    counts = {} if counts is None else counts
    for pair in pairwise(ids):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge(ids: list[int], pair: Pair, idx: int) -> list[int]:
    """Replace each `pair` in `ids` by `idx`, from left to right: ([1, 2, 3, 1, 2], (1, 2), 4) -> [4, 3, 4]."""
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == tuple(pair):
            merged.append(idx)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def replace_control_characters(text: str) -> str:
    """Write control, format and unassigned characters as \\uXXXX: they would distort what is printed."""
    return "".join(c if unicodedata.category(c)[0] != "C" else f"\\u{ord(c):04x}" for c in text)


def render_token(token: bytes) -> str:
    """The bytes of a token as text to look at. Not every token is text: what is not UTF-8 shows as �."""
    return replace_control_characters(token.decode("utf-8", errors="replace"))


def well_formed(text: str) -> str:
    """`text` without lone surrogates, which no UTF-8 can hold: repaired as tiktoken repairs it.

    Two halves that stand side by side become the character they mean; a half alone becomes U+FFFD.
    """
    if not isinstance(text, str):
        raise TypeError(f"expected text as a str, got {type(text).__name__}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class Tokenizer:
    """The base of all tokenizers. It knows bytes and merges, but not yet how text becomes chunks."""

    def __init__(self) -> None:
        self.pattern = ""
        self.special_tokens: dict[str, int] = {}
        self._use_merges({})

    @property
    def merges(self) -> dict[Pair, int]:
        """{(left id, right id): new id}, in order of learning."""
        return self._merges

    def _use_merges(self, merges: dict[Pair, int], byte_shuffle: bytes = BYTES_IN_ORDER) -> None:
        self.byte_shuffle = byte_shuffle  # the id of each byte; GPT-4's are not in order
        self.vocab = {byte_shuffle[byte]: bytes([byte]) for byte in range(256)}
        self._merges: dict[Pair, int] = {}
        for pair, idx in merges.items():
            self._add_merge(pair, idx)

    def _add_merge(self, pair: Pair, idx: int) -> None:
        self._merges[pair] = idx
        self.vocab[idx] = self.vocab[pair[0]] + self.vocab[pair[1]]

    # --- training

    def train(self, text: str | Iterable[str], vocab_size: int, verbose: bool = False) -> None:
        """Learn merges from `text` until the vocabulary has `vocab_size` tokens, the 256 bytes included.

        `text` is one string, or any iterable of strings: documents, which never merge across. It is read
        once. Stops early, with a UserWarning, when the text has no pair left to merge. Training again
        starts afresh. ValueError for a vocab_size below 256, or one that runs into a special token's id.
        """
        for made, step in enumerate(self.train_steps(text, vocab_size), 1):
            if verbose:
                print(
                    f"merge {made}/{vocab_size - 256}: {step.pair} -> {step.idx} "
                    f"({self.vocab[step.idx]!r}) had {step.count} occurrences"
                )

    def train_steps(self, text: str | Iterable[str], vocab_size: int) -> Iterator[Merge]:
        """Train as `train` does, and hand out each merge when it is made: (pair, idx, count).

        The tokenizer is usable at each step, with the merges made so far.
        """
        vocab_size = self._checked_vocab_size(vocab_size)
        chunks = self._count_chunks([text] if isinstance(text, str) else _documents(text))
        self._use_merges({})
        num_merges = vocab_size - 256
        for step in learn_merges(chunks) if num_merges else ():
            self._add_merge(step.pair, step.idx)
            yield step
            if len(self.merges) == num_merges:
                return
        if num_merges:
            warnings.warn(
                f"the text has no pair left to merge: there were {len(self.merges)} merges to make, vocab_size "
                f"{vocab_size} asked for {num_merges}. Train on more text, or with a smaller vocab_size.",
                UserWarning,
                stacklevel=3,
            )

    def _checked_vocab_size(self, vocab_size: int) -> int:
        try:
            vocab_size = operator.index(vocab_size)
        except TypeError:
            raise TypeError(f"vocab_size must be an int, got {type(vocab_size).__name__}") from None
        if vocab_size < 256:
            raise ValueError(f"vocab_size must be at least 256, one token for each byte, got {vocab_size}")
        for special, idx in self.special_tokens.items():
            if idx < vocab_size:
                raise ValueError(
                    f"training to vocab_size {vocab_size} needs the id {idx}, which the special token "
                    f"{special!r} has: register special tokens with ids from {vocab_size} on"
                )
        return vocab_size

    def _count_chunks(self, documents: Iterable[str]) -> Counter[bytes]:
        """Each distinct chunk with how often it occurs, in order of first occurrence."""
        return Counter(chain.from_iterable(map(self.chunks, documents)))

    # --- encoding and decoding

    def chunks(self, text: str) -> Iterator[bytes]:
        """The chunks of `text`, as bytes: no merge reaches from one into the next. Special tokens are ordinary text."""
        raise NotImplementedError

    def rank_of(self, pair: Pair) -> int | None:
        """The id that `pair` merges into, None if it does not merge. Of several pairs the lowest merges first."""
        return self.merges.get(pair)

    def encode(self, text: str) -> list[int]:
        """The ids of `text`."""
        raise NotImplementedError

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of `text`, with special tokens taken for ordinary text."""
        return self.encode(text)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`. Bytes that are not UTF-8, as half a character, become U+FFFD.

        ValueError for an id that no token has.
        """
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of `ids`, exactly. ValueError for an id that no token has."""
        # Of two names for one id, which a published vocabulary may have, the first counts.
        specials = {idx: special.encode("utf-8") for special, idx in reversed(self.special_tokens.items())}
        try:
            ids = iter(ids)
        except TypeError:
            raise TypeError(f"decode takes a list of ids, got {type(ids).__name__}") from None
        parts = []
        for place, idx in enumerate(ids):
            if not isinstance(idx, Hashable):
                raise TypeError(f"an id is an int, got {type(idx).__name__} at place {place} of the ids to decode")
            part = self.vocab.get(idx) or specials.get(idx)
            if part is None:
                raise ValueError(
                    f"no token has the id {idx!r}, at place {place} of the ids to decode "
                    f"(this tokenizer knows {len(self.vocab)} tokens and {len(specials)} special tokens)"
                )
            parts.append(part)
        return b"".join(parts)

    # --- files

    def save(self, prefix: str | Path) -> None:
        """Write `prefix`.model, to load again, and `prefix`.vocab, to look at.

        The .model is in minbpe's own format, "minbpe v1", whenever that can carry the tokenizer without
        loss, else in a "v2" that can. Each file is replaced whole or not at all.
        """
        if len(self.vocab) != 256 + len(self.merges):
            raise ValueError("this vocabulary has tokens that no merge makes, which a file of merges cannot hold")
        model = files.Model(self.pattern, self.special_tokens, self.byte_shuffle, self.merges)
        # The model last: where the one before it fails, the old model stands.
        files.write_whole(
            {Path(f"{prefix}.vocab"): self._listing().encode("utf-8"), Path(f"{prefix}.model"): files.dump(model)}
        )

    def _listing(self) -> str:
        """Every token, and for a merged one its two halves: "[t][he] -> [the] 300"."""
        halves = {idx: pair for pair, idx in self.merges.items()}
        names = {idx: render_token(token) for idx, token in self.vocab.items()}
        lines = []
        for idx, name in names.items():
            if idx in halves:
                a, b = halves[idx]
                lines.append(f"[{names[a]}][{names[b]}] -> [{name}] {idx}\n")
            else:
                lines.append(f"[{name}] {idx}\n")
        lines += [f"[{replace_control_characters(special)}] {idx}\n" for special, idx in self.special_tokens.items()]
        return "".join(lines)

    def load(self, model_file: str | Path) -> None:
        """Become the tokenizer that was saved in `model_file` (a .model, from here or from minbpe).

        A file that is damaged, or that this class cannot carry, is a ValueError naming file and line, and
        leaves the tokenizer as it was.
        """
        path = Path(model_file)
        if path.suffix != ".model":
            raise ValueError(f"load the .model file, which holds the merges, not {path.name!r}")
        model = files.load(path)
        self._adopt(model, path)

    def _adopt(self, model: files.Model, path: Path) -> None:
        """Take on what a file says. Whatever can fail comes before the first change."""
        self.pattern = model.pattern
        self.special_tokens = model.special_tokens
        self._use_merges(model.merges, model.byte_shuffle)


def _documents(texts: Iterable[str]) -> Iterator[str]:
    try:
        texts = iter(texts)
    except TypeError:
        raise TypeError(f"train on a str or an iterable of str, not on {type(texts).__name__}") from None
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"document {number} is a {type(text).__name__}, not a str")
        yield text
