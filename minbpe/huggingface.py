"""A byte-level BPE of Hugging Face, used here: tokenizer.json taken apart.

Some things may stand in it that a RegexTokenizer does not have. The ids of the bytes can be any, not only 0 to
255. The pattern is written for Oniguruma, and there may be several, each applied to the pieces of the one before.
A normalizer may rewrite the text first. And a token may have several merges that lead to it, or none: then it is
found only where it is a whole chunk, if at all.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, lru_cache
from heapq import heappop, heappush
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

from minbpe.merging import SHORT, Pair, apply_merges
from minbpe.patterns import GPT2_SPLIT_PATTERN, KNOWN_PATTERNS, Splitter
from minbpe.portable import (
    SURROGATES,
    Chars,
    ClassSplitter,
    Dialect,
    Node,
    Place,
    Ranges,
    Row,
    complement,
    every_character,
    parse,
    ranges_of_places,
    write,
)
from minbpe.regex import RegexTokenizer
from minbpe.training import Goal

if TYPE_CHECKING:
    import tokenizers

CAME_AS_IT_IS = "this vocabulary came from Hugging Face as it is"
BYTES = [bytes([byte]) for byte in range(256)]
# Each has the tables of some year's Unicode, so the text is handed to tokenizers for these.
NORMALIZERS = ("NFC", "NFD", "NFKC", "NFKD", "Lowercase")
# Oniguruma takes {1,3}+ for a repeated group, where the others take it for a possessive {1,3}.
# At the end of an alternative, as in our patterns, greedy and possessive are the same.
AS_ONIGURUMA_HAS_IT = {pattern: pattern.replace("{1,3}+", "{1,3}") for pattern in KNOWN_PATTERNS}


@cache
def visible_bytes() -> list[str]:
    """For each byte the character that stands for it in GPT-2's alphabet, which `tokenizers` uses.

    The printable characters of Latin-1 stand for themselves, the other bytes for U+0100 and on.
    """
    visible = [chr(byte) if chr(byte).isprintable() and byte != 0x20 else "" for byte in range(256)]
    beyond = iter(range(0x100, 0x200))
    return [character or chr(next(beyond)) for character in visible]


def spelled(token: bytes) -> str:
    """The token as Hugging Face spells it."""
    visible = visible_bytes()
    return "".join(visible[byte] for byte in token)


def from_huggingface(source: tokenizers.Tokenizer | str | Path) -> RegexTokenizer:
    """A RegexTokenizer that gives the ids of a byte-level BPE of Hugging Face's `tokenizers`.

    `source` is a tokenizers.Tokenizer (or what transformers wraps around one), or the path of a tokenizer.json or
    of the folder that holds it. Its added tokens, whether it calls them special or not, are the special tokens
    here, so that encode(text, allowed_special="all") gives the ids of its encode(text, add_special_tokens=False).
    What it does around a text (post-processor, truncation, padding) is left aside. Where its normalizer rewrites
    the text, decoding gives the rewritten text, as it does there.

    ValueError that names what cannot be held: another model than byte-level BPE (SentencePiece's with byte
    fallback, WordPiece, Unigram), an unknown normalizer or pre-tokenizer, a pattern that cannot be carried over,
    added tokens that take the spaces beside them. ValueError without the package `tokenizers`.
    """
    _tokenizers()
    data = _contents(source)
    vocab, merges, finds_whole = _model(data.get("model") or {})
    stages = _stages(data.get("pre_tokenizer"))
    normalizers = _normalizers(data.get("normalizer"))
    added = [token for token in data.get("added_tokens") or [] if token["content"]]
    _check_added(added, normalizers)
    special_tokens = {token["content"]: vocab.get(token["content"], token["id"]) for token in added}
    late = {token["content"] for token in added if token.get("normalized")}
    parts = Parts(
        tokens={_token(name): idx for name, idx in vocab.items() if name not in special_tokens},
        live=_live_merges(merges),
        # Added tokens are found as a whole chunk, too.
        whole={_token(name): vocab[name] for name in vocab if finds_whole and set(name) <= _bytes().keys()},
    )
    late = late if len(late) < len(added) else set()
    tokenizer: RegexTokenizer = HuggingFaceTokenizer(stages, normalizers, parts, late)
    if isinstance(tokenizer, HuggingFaceTokenizer) and tokenizer.is_plain():
        learned, shuffle = tokenizer.merges, tokenizer.byte_shuffle
        tokenizer = RegexTokenizer(tokenizer.pattern)
        tokenizer._use_merges(learned, shuffle)
    tokenizer.register_special_tokens(special_tokens)
    return tokenizer


class Stage(NamedTuple):
    """A split pattern, written for `regex`, and what splits by it."""

    pattern: str
    splitter: Splitter | ClassSplitter


class Parts(NamedTuple):
    """What the model of a tokenizer.json comes to."""

    tokens: dict[bytes, int]  # the 256 bytes included
    live: dict[Pair, int]  # merges, of numbers that _live_merges gives
    whole: dict[bytes, int]  # the tokens that are found where they are a whole chunk, merges or not


class HuggingFaceTokenizer(RegexTokenizer):
    """A byte-level BPE of Hugging Face, with its ids; from_huggingface makes it.

    stages        the split patterns, each applied to the pieces of the one before
    normalizers   the names of Hugging Face's normalizers that a text goes through first
    vocab         {id: bytes}; the bytes may have any ids, and some tokens may have no merge
    late          those special tokens that are looked for only in what the others leave
    """

    def __init__(self, stages: Sequence[Stage], normalizers: Sequence[str], parts: Parts, late: Set[str]) -> None:
        self.late = late
        super().__init__("")
        self.stages, self.normalizers = tuple(stages), tuple(normalizers)
        self._pattern = stages[0].pattern if len(stages) == 1 else ""
        self._splitter = _StagedSplitter(self.stages, self.normalizers)
        self._live, self.whole = parts.live, parts.whole
        self.vocab = {idx: token for token, idx in sorted(parts.tokens.items(), key=lambda item: item[1])}
        self._id_of = {byte: parts.tokens[BYTES[byte]] for byte in range(256)}  # number of a token -> its id
        spelling = dict(enumerate(BYTES))
        for (a, b), number in parts.live.items():
            spelling[number] = spelling[a] + spelling[b]
            self._id_of[number] = parts.tokens[spelling[number]]
        self._merges = {
            (self._id_of[a], self._id_of[b]): self._id_of[number]
            for (a, b), number in sorted(parts.live.items(), key=lambda merge: merge[1])
        }
        byte_ids = [self._id_of[byte] for byte in range(256)]
        self.byte_shuffle = bytes(byte_ids) if max(byte_ids) < 256 else b""  # no table of bytes can hold others

    def has_ids_in_order(self) -> bool:
        """Whether the bytes have the ids 0 to 255, and merges ids that count up, each after those of its halves."""
        ids = [255, *self.merges.values()]
        halves_first = all(max(pair) < idx for pair, idx in self.merges.items())
        return bool(self.byte_shuffle) and all(a < b for a, b in pairwise(ids)) and halves_first

    def is_plain(self) -> bool:
        """Whether a RegexTokenizer with these merges gives these ids, and takes its pattern for what it is here."""
        in_one_go = len(self.stages) < 2 and not self.normalizers and not self.late
        known = all(stage.pattern in KNOWN_PATTERNS for stage in self.stages)
        all_merged = len(self.vocab) == 256 + len(self.merges)
        return in_one_go and known and all_merged and self.has_ids_in_order()

    @property
    def merges(self) -> dict[Pair, int]:
        """{(left id, right id): new id}, in order of learning, one for a token at the most."""
        return self._merges

    @merges.setter
    def merges(self, merges: Mapping[Pair, int]) -> NoReturn:
        raise TypeError(f"{CAME_AS_IT_IS}: for merges of your own, use RegexTokenizer(pattern)")

    @property
    def pattern(self) -> str:
        """The split pattern, written for `regex`; empty if there is none, or more than one."""
        return self._pattern

    @pattern.setter
    def pattern(self, pattern: str) -> NoReturn:
        raise TypeError(f"{CAME_AS_IT_IS}: for a pattern of your own, use RegexTokenizer(pattern)")

    def _use_special_tokens(self, special_tokens: dict[str, int]) -> None:
        super()._use_special_tokens(special_tokens)
        if self.late:
            groups = [name for name in special_tokens if name not in self.late], [*self.late]
            self._special_pattern = cast(re.Pattern[str], _InTurn([_any_of(group) for group in groups if group]))

    def merge_only(self, chunk: bytes) -> list[int]:
        """The ids of a chunk by merges alone, even where the chunk is a token."""
        return [self._id_of[number] for number in merge_ranked(chunk, self._live.get)]

    def _encode_chunk(self, text_bytes: bytes) -> list[int]:
        return [self.whole[text_bytes]] if text_bytes in self.whole else self.merge_only(text_bytes)

    def _learn(self, counts: Mapping[bytes, int], goal: Goal) -> NoReturn:
        raise TypeError(f"{CAME_AS_IT_IS}: to train one, use RegexTokenizer(pattern)")

    def _state(self) -> tuple[object, ...]:
        patterns = [stage.pattern for stage in self.stages]
        return patterns, self.normalizers, self.late, self.special_tokens, self._live, self.vocab, self.whole

    def save(self, prefix: str | Path) -> None:
        """Write a .model and a .vocab, as RegexTokenizer does. ValueError where a file of merges cannot hold it."""
        if len(self.stages) > 1 or self.normalizers or self.late or not self.has_ids_in_order():
            raise ValueError(
                "a .model file cannot hold this tokenizer: it has a normalizer, several patterns, or ids that are not "
                "in the order of learning. Keep its tokenizer.json, and load that with from_huggingface"
            )
        super().save(prefix)

    def load(self, model_file: str | Path) -> NoReturn:
        raise TypeError(f"{CAME_AS_IT_IS}: to load a file, use RegexTokenizer().load(file)")


class _StagedSplitter(Splitter):
    """Normalizes a text, then splits it by one pattern after another."""

    def __init__(self, stages: Sequence[Stage], normalizers: tuple[str, ...]) -> None:
        self.stages, self.normalizers = stages, normalizers

    def batches(self, text: str) -> Iterator[Iterable[str]]:
        pieces: Iterable[str] = [_normalizer(self.normalizers)(text)] if text else []
        for stage in self.stages:
            pieces = chain.from_iterable(map(stage.splitter.iterate, pieces))
        return iter([pieces])

    def matches_and_gaps(self, text: str) -> Iterator[tuple[str, bool]]:
        yield from ((chunk, True) for chunk in self.iterate(text))

    def cut_before(self, text: str, place: int) -> int:
        return 0


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"({'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})")


class _InTurn:
    """Splits as a pattern does, but by several of them, each in what the ones before have left."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        self.patterns = patterns

    def split(self, text: str) -> list[str]:
        parts = [text]  # the matches of a pattern stand at the odd places
        for number, pattern in enumerate(self.patterns):
            parts = [
                each
                for part in parts
                for each in ([part] if any(p.fullmatch(part) for p in self.patterns[:number]) else pattern.split(part))
            ]
        return parts


# --- the parts of tokenizer.json


def _refuse(what: str) -> NoReturn:
    raise ValueError(f"this tokenizer of Hugging Face cannot be used here: {what}")


def _contents(source: tokenizers.Tokenizer | str | Path) -> dict[str, Any]:
    if not isinstance(source, str | Path):
        source = getattr(source, "backend_tokenizer", source)
        if not hasattr(source, "to_str"):
            raise TypeError(
                f"expected a tokenizers.Tokenizer or the path of a tokenizer.json, got {type(source).__name__}"
            )
        return cast(dict[str, Any], json.loads(source.to_str()))
    path = Path(source)
    path = path / "tokenizer.json" if path.is_dir() else path
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path} is not a tokenizer.json: {error}") from None
    if not isinstance(data, dict) or "model" not in data:
        raise ValueError(f"{path} is not a tokenizer.json: it has no model")
    return data


def _model(model: Mapping[str, Any]) -> tuple[dict[str, int], Sequence[tuple[str, str]], bool]:
    """Its vocabulary, its merges, and whether a token that is a whole chunk is found without them."""
    if model.get("type", "BPE") != "BPE" or "merges" not in model:
        _refuse(f"its model is {model.get('type')}, not BPE")
    if model.get("byte_fallback"):
        _refuse("it falls back to bytes, as SentencePiece does, where byte-level BPE starts from them (byte_fallback)")
    for option in ("dropout", "continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(option):
            _refuse(f"its model has the option {option}")
    vocab = dict(model["vocab"])
    missing = [byte for byte, name in enumerate(visible_bytes()) if name not in vocab]
    if missing:
        _refuse(f"{len(missing)} of the 256 bytes have no token, the first is 0x{missing[0]:02x}")
    merges = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    return vocab, [(a, b) for a, b in merges], bool(model.get("ignore_merges"))


def _normalizers(normalizer: Mapping[str, Any] | None) -> list[str]:
    if normalizer is None:
        return []
    if normalizer["type"] == "Sequence":
        return [name for each in normalizer["normalizers"] for name in _normalizers(each)]
    if normalizer["type"] not in NORMALIZERS:
        _refuse(f"it has the normalizer {normalizer['type']}; known here are {', '.join(NORMALIZERS)}")
    return [normalizer["type"]]


@cache
def _normalizer(names: tuple[str, ...]) -> Callable[[str], str]:
    if not names:
        return lambda text: text
    tokenizers = _tokenizers()
    return cast(
        Callable[[str], str],
        tokenizers.normalizers.Sequence([getattr(tokenizers.normalizers, name)() for name in names]).normalize_str,
    )


def _stages(pre_tokenizer: Mapping[str, Any] | None) -> list[Stage]:
    parts = [pre_tokenizer or {}]
    while any(part.get("type") == "Sequence" for part in parts):
        parts = [each for part in parts for each in part.get("pretokenizers", [part])]
    *splits, last = parts or [{}]
    if last.get("type") != "ByteLevel":
        _refuse(f"its pre-tokenizer is {last.get('type')}, where byte-level BPE ends in ByteLevel")
    if last.get("add_prefix_space"):
        _refuse("it puts a space before a text that has none (add_prefix_space)")
    stages = [_stage(split) for split in splits]
    if last.get("use_regex", True):
        stages.append(Stage(GPT2_SPLIT_PATTERN, Splitter(GPT2_SPLIT_PATTERN)))
    return stages


def _stage(split: Mapping[str, Any]) -> Stage:
    if split["type"] != "Split":
        _refuse(f"it has the pre-tokenizer {split['type']}; known here are Split and ByteLevel")
    if split["behavior"] != "Isolated" or split.get("invert"):
        _refuse(f"it splits with the behavior {split['behavior']}{', inverted' if split.get('invert') else ''}")
    pattern = split["pattern"]
    if "String" in pattern:
        node: Node = Row(tuple(Chars(((ord(character),) * 2,)) for character in pattern["String"]))
    else:
        for known, theirs in AS_ONIGURUMA_HAS_IT.items():
            if pattern["Regex"] == theirs:
                return Stage(known, Splitter(known))
        node = parse(pattern["Regex"], oniguruma())
    return Stage(write(node), ClassSplitter(node))


def _check_added(added: Sequence[Mapping[str, Any]], normalizers: Sequence[str]) -> None:
    for token in added:
        for option in ("lstrip", "rstrip", "single_word"):
            if token.get(option):
                _refuse(f"its added token {token['content']!r} looks at what is beside it ({option})")
        if token.get("normalized") and normalizers:
            _refuse(f"its added token {token['content']!r} is looked for in the normalized text")


@cache
def _bytes() -> dict[str, int]:
    return {character: byte for byte, character in enumerate(visible_bytes())}


def _token(name: str) -> bytes:
    try:
        return bytes(map(_bytes().__getitem__, name))
    except KeyError:
        _refuse(f"its token {name!r} is not spelled in bytes")


def _live_merges(merges: Sequence[tuple[str, str]]) -> dict[Pair, int]:
    """The merges that are ever made, {(left, right): new}, one for a token at the most.

    A byte is its own number here, the token of merge n is 256 + n: a lower number merges first, as the list has it.

    When a merge makes a token, no other has reached across the token's bytes, or it would still be there. So up to
    that merge all went as it goes for these bytes alone, and that ends in one way: by one pair. A merge of
    another pair into the same token is never made, in whatever text.
    """
    numbers = dict(_bytes())  # name of a token -> its number
    live: dict[Pair, int] = {}
    waiting: dict[str, list[tuple[int, str, str]]] = {}  # half that nothing makes so far -> merges that need it
    # Of a merge that stands twice, the last counts.
    ranked = sorted((rank, *pair) for pair, rank in {pair: rank for rank, pair in enumerate(merges, 256)}.items())
    for merge in ranked:
        found = [merge]
        while found:  # a token may complete merges that stood before its own
            number, a, b = found.pop()
            missing = [half for half in (a, b) if half not in numbers]
            if missing:
                waiting.setdefault(missing[0], []).append((number, a, b))
            elif a + b not in numbers and merge_ranked(_token(a + b), live.get) == [numbers[a], numbers[b]]:
                live[numbers[a], numbers[b]] = numbers[a + b] = number
                found += reversed(waiting.pop(a + b, []))
    return live


def merge_ranked(chunk: bytes, rank_of: Callable[[Pair], int | None]) -> list[int]:
    """As apply_merges, but a token may also have a lower number than those it is made of.

    Llama 3 has such merges: they stand in the list before the one that makes a half of theirs. Then not all places
    of a pair can be merged in one go, since what comes of the first may merge before the second.
    """
    if len(chunk) <= SHORT:
        return apply_merges(chunk, rank_of)  # which goes place by place, too
    ids: list[int] = list(chunk)
    before, after = list(range(-1, len(ids) - 1)), list(range(1, len(ids) + 1))
    heap: list[tuple[int, int, Pair]] = []

    def consider(left: int) -> None:
        if left >= 0 and after[left] < len(ids):
            pair = ids[left], ids[after[left]]
            if (rank := rank_of(pair)) is not None:
                heappush(heap, (rank, left, pair))

    for place in range(len(ids)):
        consider(place)
    while heap:
        rank, left, pair = heappop(heap)
        right = after[left]
        if right == len(ids) or (ids[left], ids[right]) != pair:
            continue  # one of the two has merged with another since
        ids[left], ids[right] = rank, -1
        after[left] = after[right]
        if after[left] < len(ids):
            before[after[left]] = left
        consider(before[left])
        consider(left)
    return [idx for idx in ids if idx >= 0]


# --- the engine of tokenizers


def _tokenizers() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise ValueError("from_huggingface needs the package tokenizers: pip install tokenizers") from None
    return tokenizers


@lru_cache(1000)
def _ranges(expression: str) -> Ranges:
    """What Oniguruma matches with `expression`: what is gone when each match is replaced by nothing."""
    tokenizers = _tokenizers()
    try:
        removed = tokenizers.normalizers.Replace(tokenizers.Regex(f"(?:{expression})+"), "")
        rest = removed.normalize_str(every_character())
    except Exception as error:  # the bindings raise a bare Exception
        raise ValueError(f"Oniguruma cannot read {expression!r}: {error}") from None
    return complement(ranges_of_places(_runs(rest)))


def _runs(characters: str) -> Iterator[tuple[int, int]]:
    """Where `characters`, which are in order, stand in every_character(): the places [start, end)."""

    def skipped(at: int) -> int:  # how many of all characters before this one are not among `characters`
        point = ord(characters[at])
        return point - at - (0x800 if point > SURROGATES[1] else 0)

    at, everything = 0, range(len(characters))
    while at < len(characters):
        end = bisect_right(everything, skipped(at), lo=at, key=skipped)
        yield at + skipped(at), end + skipped(at)
        at = end


@cache
def oniguruma() -> Dialect:
    """The syntax of Oniguruma, in which Hugging Face's patterns are written, as far as it is understood here."""
    return Dialect(
        engine="Oniguruma",
        ranges=_ranges,
        escapes=r"[pP]\{\^?\w+\}|u[0-9a-fA-F]{4}|x\{[0-9a-fA-F]+\}|[afnrtvdDsSwWhH]",
        flags="i",
        places={r"\A": Place(r"\A"), r"\z": Place(r"\z")},
        word_places=r"\b \B",
        possessive_counts=False,
        folds_strings=True,
    )
