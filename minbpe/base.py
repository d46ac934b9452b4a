"""What all tokenizers share: the ten-line helpers, the vocabulary, decoding, saving and loading.

A tokenizer is its `merges`: {(left id, right id): new id}, in the order in which they were learned. From
them follows its `vocab`: {id: bytes}. Everything else (where text is split first, which tokens are
special) is added by the classes built on this one.
"""

from __future__ import annotations

import codecs
import operator
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Self

from minbpe import files
from minbpe.budget import Budget
from minbpe.files import BYTES_IN_ORDER
from minbpe.merging import Pair, apply_merges
from minbpe.tiktoken_api import TiktokenAPI
from minbpe.training import Trainable


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


class Tokenizer(Trainable, TiktokenAPI, Budget):
    """The base of all tokenizers. It knows bytes and merges, but not yet how text becomes chunks.

    `merges`, `vocab`, `special_tokens` and `pattern` can be set, and the rest follows. Change them in this way, not
    in place. How it is trained is in training.py, and what tiktoken's users will look for in tiktoken_api.py.
    """

    def __init__(self) -> None:
        self._pattern = ""
        self._use_merges({})
        self._use_special_tokens({})

    @property
    def merges(self) -> dict[Pair, int]:
        """{(left id, right id): new id}, in order of learning."""
        return self._merges

    @merges.setter
    def merges(self, merges: Mapping[Pair, int]) -> None:
        self._use_merges(_checked_merges(merges, self.byte_shuffle, self.special_tokens), self.byte_shuffle)

    @property
    def vocab(self) -> dict[int, bytes]:
        """{id: bytes}. It follows from the merges; when it is set, decoding goes by what was set."""
        return self._vocab

    @vocab.setter
    def vocab(self, vocab: Mapping[int, bytes]) -> None:
        self._vocab = dict(vocab)

    @property
    def special_tokens(self) -> dict[str, int]:
        """{text: id} of the tokens that no merge makes."""
        return self._special_tokens

    @special_tokens.setter
    def special_tokens(self, special_tokens: Mapping[str, int]) -> None:
        vocab, before = self.vocab, self.inverse_special_tokens
        if any(idx in vocab for idx in before):  # as minbpe's _build_vocab lists them
            vocab = {idx: token for idx, token in vocab.items() if idx not in before}
        files.check_special_tokens(special_tokens, vocab)
        self._use_special_tokens(dict(special_tokens))
        self._vocab = vocab

    @property
    def pattern(self) -> str:
        """The split pattern; empty if there is none."""
        return self._pattern

    @pattern.setter
    def pattern(self, pattern: str) -> None:
        self._use_pattern(pattern)

    def _use_pattern(self, pattern: str) -> None:
        self._pattern = pattern

    def _use_special_tokens(self, special_tokens: dict[str, int]) -> None:
        self._special_tokens = special_tokens
        # Of two names for one id, which a published vocabulary may have, the first is decoded to.
        self.inverse_special_tokens = {idx: special for special, idx in reversed(special_tokens.items())}

    def _use_merges(self, merges: dict[Pair, int], byte_shuffle: bytes = BYTES_IN_ORDER) -> None:
        self.byte_shuffle = byte_shuffle  # the id of each byte; GPT-4's are not in order
        self._merges = merges
        self.vocab = _vocab_of(merges, byte_shuffle)

    def _add_merge(self, pair: Pair, idx: int) -> None:
        self._merges[pair] = idx
        self._vocab[idx] = self._vocab[pair[0]] + self._vocab[pair[1]]

    def _build_vocab(self) -> dict[int, bytes]:
        """The vocabulary as minbpe lists it, the special tokens included; for subclasses written for minbpe."""
        specials = {idx: special.encode("utf-8") for idx, special in self.inverse_special_tokens.items()}
        return _vocab_of(self.merges, self.byte_shuffle) | specials

    # --- encoding and decoding

    def rank_of(self, pair: Pair) -> int | None:
        """The id that `pair` merges into, None if it does not merge. Of several pairs the lowest merges first."""
        return self.merges.get(pair)

    def parents(self) -> Callable[[int], Pair | None]:
        """A lookup: the two tokens that an id was merged from; None where there are none, as for a byte."""
        return {merged: pair for pair, merged in self.merges.items()}.get

    def encode(self, text: str) -> list[int]:
        """The ids of `text`."""
        raise NotImplementedError

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of `text`, with special tokens taken for ordinary text."""
        return self.encode(text)

    def _encode_chunk(self, text_bytes: bytes) -> list[int]:
        return apply_merges(text_bytes.translate(self.byte_shuffle), self._merges.get)

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The text of `ids`. Bytes that are not UTF-8, such as half a character, become U+FFFD.

        `errors` is what Python's bytes.decode knows: "replace", "strict", "ignore", … ValueError for an id that
        no token has.
        """
        try:
            codecs.lookup_error(errors)
        except LookupError:
            raise ValueError(f'errors is "replace", "strict", "ignore" or the like, not {errors!r}') from None
        return self.decode_bytes(ids).decode("utf-8", errors)

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of `ids`, exactly. An id is an int, or what can stand for one, as a NumPy or torch scalar can.

        ValueError for an id that no token has, naming it and its place.
        """
        try:
            ids = list(ids)
        except TypeError:
            raise TypeError(f"decode takes a list of ids, got {type(ids).__name__}") from None
        try:
            return b"".join(map(self.vocab.__getitem__, map(operator.index, ids)))
        except (KeyError, TypeError):  # a special token, or an id to complain about
            return b"".join(
                self._token(idx, f", at place {place} of the ids to decode") for place, idx in enumerate(ids)
            )

    # --- files

    def save(self, prefix: str | Path) -> None:
        """Write `prefix`.model, to load again, and `prefix`.vocab, to look at.

        The .model is in minbpe's own format, "minbpe v1", whenever that can carry the tokenizer without
        loss, else in a "v2" that can. Each file is replaced whole or not at all. ValueError where a file of
        merges cannot hold the vocabulary, or `prefix` names a folder and no file in it.
        """
        model_file, vocab_file = files.paths(prefix)
        if not self.vocab.items() <= self._build_vocab().items():
            raise ValueError("this vocabulary has tokens that no merge makes, which a file of merges cannot hold")
        model = files.Model(self.pattern, self.special_tokens, self.byte_shuffle, self.merges)
        # The model last: where the one before it fails, the old model stands.
        files.write_whole({vocab_file: self._listing().encode("utf-8"), model_file: files.dump(model)})

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
        self._use_pattern(model.pattern)
        self._use_merges(model.merges, model.byte_shuffle)
        self._use_special_tokens(model.special_tokens)

    # --- as a Python object

    def __repr__(self) -> str:
        specials = f" and {len(self.special_tokens):,} special tokens" if self.special_tokens else ""
        return f"<{type(self).__name__} of {len(self.vocab):,} tokens{specials}>"

    def __eq__(self, other: object) -> bool:
        """Whether both are of one class and have the same merges, pattern and special tokens."""
        return self._state() == other._state() if isinstance(other, type(self)) else NotImplemented

    def _state(self) -> tuple[object, ...]:
        """What two equal tokenizers have in common. They can change, so they are no keys for a dict."""
        return self.pattern, self.special_tokens, self.byte_shuffle, self.merges, self.vocab

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_ids_made"}  # it can be made again

    def __copy__(self) -> Self:
        """A tokenizer of its own: training it leaves this one as it is."""
        clone = object.__new__(type(self))
        for name, value in vars(self).items():
            vars(clone)[name] = value.copy() if isinstance(value, dict) else value
        return clone


def _vocab_of(merges: Mapping[Pair, int], byte_shuffle: bytes) -> dict[int, bytes]:
    """{id: bytes} of the single bytes and of what `merges` makes of them, in this order."""
    vocab = {idx: bytes([byte]) for byte, idx in enumerate(byte_shuffle)}
    for (left, right), idx in merges.items():
        vocab[idx] = vocab[left] + vocab[right]
    return vocab


def _checked_merges(
    merges: Mapping[Pair, int], byte_shuffle: bytes, special_tokens: Mapping[str, int]
) -> dict[Pair, int]:
    """`merges` in order of learning, which is the order of the ids. ValueError for merges that cannot be."""
    known = {*byte_shuffle}
    ordered = sorted(merges.items(), key=lambda item: item[1])
    for (left, right), idx in ordered:
        if left not in known or right not in known:
            raise ValueError(f"the merge {left, right} -> {idx} is of a token that no merge with a lower id makes")
        if idx in known or idx in special_tokens.values():
            raise ValueError(f"the merge {left, right} makes the id {idx}, which another token has")
        known.add(idx)
    return dict(ordered)
