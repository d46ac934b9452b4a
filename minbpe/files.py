"""Model files: "minbpe v1", which minbpe reads and writes, and a "v2" that can hold every tokenizer.

minbpe v1                         minbpe v2
the split pattern                 {"pattern": …, "special_tokens": {…}, "byte_shuffle": [ids] or null, "merges": 3}
number of special tokens          97 98 256          one merge a line: left id, right id, new id
<|endoftext|> 100257
97 98                             one merge a line: left id, right id; the new ids count up from 256

A v1 line cannot hold a pattern with a newline, or a special token with a space; v1 has no place for
a byte shuffle, or for ids with a gap. So v1 is written where it carries the tokenizer without loss. Where two
special tokens share an id, as in o200k_harmony, the v2 header has "aliases" as well: {…}, the names after the first.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import NamedTuple, NoReturn

from minbpe.merging import Pair

BYTES_IN_ORDER = bytes(range(256))
MOST_BYTES = 1 << 28  # of all tokens of a file together; GPT-4's are less than a megabyte


class Model(NamedTuple):
    """What a file holds of a tokenizer."""

    pattern: str
    special_tokens: dict[str, int]
    byte_shuffle: bytes
    merges: dict[Pair, int]


def check_special_tokens(special_tokens: Mapping[str, int], taken: Container[int], aliases: bool = False) -> None:
    """ValueError or TypeError unless each special token is text with an id of its own, not one of `taken`.

    With `aliases`, several names may share an id.
    """
    if not isinstance(special_tokens, Mapping):
        raise TypeError(f"special tokens are a dict from str to int, got {type(special_tokens).__name__}")
    names: dict[int, str] = {}
    for special, idx in special_tokens.items():
        _check_special_token(special, idx, taken, {} if aliases else names)
        names[idx] = special


def _check_special_token(special: object, idx: object, taken: Container[int], names: Mapping[int, str]) -> None:
    if not isinstance(special, str) or not isinstance(idx, int) or isinstance(idx, bool):
        raise TypeError(f"special tokens map a str to an int id, got {special!r}: {idx!r}")
    if not special:
        raise ValueError("a special token cannot be empty: it would stand between any two characters")
    try:
        special.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"the special token {special!r} holds a lone surrogate, which is not text") from None
    if idx < 0:
        raise ValueError(f"the special token {special!r} has the id {idx}: ids start at 0")
    if idx in taken:
        raise ValueError(f"the special token {special!r} has the id {idx}, which is taken by another token")
    if idx in names:
        raise ValueError(f"the special tokens {names[idx]!r} and {special!r} have the same id {idx}")


# --- writing


def dump(model: Model) -> bytes:
    """The contents of the model file, v1 if that can hold `model`."""
    text = _dump_v1(model) if _fits_v1(model) else _dump_v2(model)
    return text.encode("utf-8")


def _fits_v1(model: Model) -> bool:
    one_line = model.pattern == model.pattern.strip() and not re.search("[\r\n\ud800-\udfff]", model.pattern)
    # minbpe takes a line of a special token apart with split(), which splits at any white space
    one_word = all(special.split() == [special] for special in model.special_tokens)
    in_order = all(idx == place for place, idx in enumerate(model.merges.values(), 256))
    no_aliases = len({*model.special_tokens.values()}) == len(model.special_tokens)
    return one_line and one_word and in_order and no_aliases and model.byte_shuffle == BYTES_IN_ORDER


def _dump_v1(model: Model) -> str:
    lines = ["minbpe v1", model.pattern, str(len(model.special_tokens))]
    lines += [f"{special} {idx}" for special, idx in model.special_tokens.items()]
    lines += [f"{a} {b}" for a, b in model.merges]
    return "\n".join(lines) + "\n"


def _dump_v2(model: Model) -> str:
    shuffle = None if model.byte_shuffle == BYTES_IN_ORDER else list(model.byte_shuffle)
    firsts: dict[int, str] = {}
    for special, idx in model.special_tokens.items():
        firsts.setdefault(idx, special)
    aliases = {special: idx for special, idx in model.special_tokens.items() if firsts[idx] != special}
    header = {
        "pattern": model.pattern,
        "special_tokens": {special: idx for idx, special in firsts.items()},
        **({"aliases": aliases} if aliases else {}),
        "byte_shuffle": shuffle,
        "merges": len(model.merges),
    }
    lines = ["minbpe v2", json.dumps(header)]
    lines += [f"{a} {b} {idx}" for (a, b), idx in model.merges.items()]
    return "\n".join(lines) + "\n"


def paths(prefix: str | Path) -> tuple[Path, Path]:
    """The two files of a tokenizer: `prefix`.model and `prefix`.vocab. ValueError where `prefix` names a folder."""
    if os.path.basename(prefix) in ("", os.curdir, os.pardir):
        raise ValueError(f"{str(prefix)!r} names a folder: say how the files in it are called, such as models/mine")
    return Path(f"{prefix}.model"), Path(f"{prefix}.vocab")


def write_whole(contents: Mapping[Path, bytes]) -> None:
    """Write each file its contents, whole or not at all: nothing is left of a write that fails on the way.

    All is written beside the files first, then put in place one by one, each in a single step. Of a symbolic link
    the file is written that it leads to. An OSError names the file that was asked for.
    """
    import tempfile  # here, as it costs a fifth of what `import minbpe` takes

    ready: dict[Path, tuple[Path, Path]] = {}  # where it goes, and where it lies until then
    path = Path()
    try:
        for path, data in contents.items():
            target = Path(os.path.realpath(path)) if path.is_symlink() else path
            handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
            part = Path(name)
            ready[path] = target, part
            with open(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.chmod(_mode_of(target))
        for path in ready:
            target, part = ready[path]
            part.replace(target)
    except OSError as error:
        error.filename = str(path)  # not the one beside it, of which nobody knows
        del error.filename2
        raise
    finally:
        for _, part in ready.values():
            with suppress(FileNotFoundError):
                part.unlink()


def _mode_of(path: Path) -> int:
    """The permissions that the file has, or that a new one would get (a temporary file is private)."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


# --- reading


def load(path: Path) -> Model:
    """Read a model file. ValueError with file and line for one that is damaged."""
    return _Reader(path).read()


class _Reader:
    def __init__(self, path: Path):
        self.path = path
        self.number = 0  # of the line read last, from 1
        data = path.read_bytes()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            self.number = data.count(b"\n", 0, error.start) + 1
            self.fail("is not UTF-8 text")
        lines = text.replace("\r\n", "\n").split("\n")
        self.whole = lines.pop() == ""
        self.lines = lines

    def fail(self, what: str) -> NoReturn:
        raise ValueError(f"{self.path}, line {self.number}: {what}")

    def line(self, what: str) -> str:
        self.number += 1
        if self.number > len(self.lines):
            self.fail(f"the file ends where {what} should be")
        return self.lines[self.number - 1]

    def read(self) -> Model:
        version = self.line('"minbpe v1" or "minbpe v2"').strip()
        if version not in ("minbpe v1", "minbpe v2"):
            self.fail(f'a model file begins with "minbpe v1" or "minbpe v2", this one with {version[:40]!r}')
        if not self.whole:
            self.number = len(self.lines) + 1
            self.fail("the file breaks off in the middle of a line")
        return self._read_v1() if version == "minbpe v1" else self._read_v2()

    def _read_v1(self) -> Model:
        pattern = self.line("the split pattern").strip()
        num_special = self._number(self.line("the number of special tokens").strip())
        special_tokens: dict[str, int] = {}
        for _ in range(num_special):
            special, _, idx = self.line("a special token").strip().rpartition(" ")
            if special in special_tokens:
                self.fail(f"the special token {special!r} stands twice")
            special_tokens[special] = self._number(idx)
        merges = self._merges(len(self.lines) - self.number, BYTES_IN_ORDER, numbers=2)
        self._check(special_tokens, BYTES_IN_ORDER, merges, lines=range(4, 4 + num_special))
        return Model(pattern, special_tokens, BYTES_IN_ORDER, merges)

    def _read_v2(self) -> Model:
        line = self.line("the header")
        try:
            header = json.loads(line)
            pattern, special_tokens = header["pattern"], header["special_tokens"]
            shuffle, num_merges = header["byte_shuffle"], header["merges"]
            aliases = header.get("aliases", {})
            names_are_dicts = isinstance(special_tokens, dict) and isinstance(aliases, dict)
            if not (isinstance(pattern, str) and names_are_dicts and type(num_merges) is int):
                raise TypeError
            byte_shuffle = BYTES_IN_ORDER if shuffle is None else bytes([*shuffle])
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            self.fail('expected {"pattern": …, "special_tokens": …, "byte_shuffle": …, "merges": …}')
        if sorted(byte_shuffle) != list(range(256)):
            self.fail("byte_shuffle must hold each id from 0 to 255 once")
        if num_merges != len(self.lines) - self.number:
            self.fail(f"{num_merges} merges are announced, {len(self.lines) - self.number} lines follow")
        merges = self._merges(num_merges, byte_shuffle, numbers=3)
        self._check(special_tokens, byte_shuffle, merges, lines=repeat(2))
        try:
            check_special_tokens(aliases, {*byte_shuffle, *merges.values()}, aliases=True)
        except (ValueError, TypeError) as error:
            self.fail(str(error))
        for alias, idx in aliases.items():
            if alias in special_tokens or idx not in special_tokens.values():
                self.fail(f"the alias {alias!r} must be another name for the id of a special token, not for {idx}")
        return Model(pattern, special_tokens | aliases, byte_shuffle, merges)

    def _merges(self, num_merges: int, byte_shuffle: bytes, numbers: int) -> dict[Pair, int]:
        merges: dict[Pair, int] = {}
        lengths = dict.fromkeys(byte_shuffle, 1)  # bytes of each token
        room = MOST_BYTES
        last = 255
        for _ in range(num_merges):
            fields = self.line("a merge").split()
            if len(fields) != numbers:
                self.fail(f"a merge is {numbers} numbers, this line has {len(fields)} fields")
            a, b, idx = (*map(self._number, fields), last + 1)[:3]
            for half in (a, b):
                if half not in lengths:
                    self.fail(f"a merge of the id {half}, which no token has up to this line")
            if (a, b) in merges:
                self.fail(f"the pair {a} {b} is merged twice")
            if idx <= last:
                self.fail(f"the new id {idx} does not come after {last}")
            merges[a, b] = last = idx
            lengths[idx] = lengths[a] + lengths[b]
            room -= lengths[idx]
            if room < 0:  # twenty lines can double a token to a megabyte, forty to more than there is memory
                self.fail(f"the tokens up to here hold more than {MOST_BYTES:,} bytes")
        return merges

    def _number(self, field: str) -> int:
        if not (field.isascii() and field.isdigit() and len(field) < 1000):
            self.fail(f"expected a number, got {field[:40]!r}")
        return int(field)

    def _check(
        self, special_tokens: dict[str, int], byte_shuffle: bytes, merges: dict[Pair, int], lines: Iterable[int]
    ) -> None:
        """Fail, with its line, at a special token that cannot be registered."""
        taken = {*byte_shuffle, *merges.values()}
        names: dict[int, str] = {}
        for (special, idx), self.number in zip(special_tokens.items(), lines, strict=False):
            try:
                _check_special_token(special, idx, taken, names)
            except (ValueError, TypeError) as error:
                self.fail(str(error))
            names[idx] = special
