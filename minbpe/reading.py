"""The text of an open file: running text in pieces, the field of each line of JSON, the rows of a parquet file."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import IO, Any

from minbpe.base import well_formed
from minbpe.patterns import CUT
from minbpe.sources import EXTRA, READ, Source, opened

ROWS = 1 << 10  # of a parquet file, decoded at a time


def texts(source: Source, file: IO[bytes], begin: int, end: int | None, known: bool) -> Iterator[str]:
    """The text between two bytes of an open file that stands at the first: its records, or pieces, or all of it."""
    data = _read(file, None if end is None else end - begin)
    if source.records:
        yield from _records(source, data, begin)
    elif known:
        yield from _pieces(_decode(source, data, begin))
    else:
        yield "".join(_decode(source, data, begin))


def _read(file: IO[bytes], size: int | None) -> Iterator[bytes]:
    """`size` bytes, or all that is left, READ bytes at a time."""
    while block := file.read(READ if size is None else min(READ, size)):
        yield block
        if size is not None:
            size -= len(block)


def _decode(source: Source, blocks: Iterable[bytes], place: int) -> Iterator[str]:
    """Blocks of bytes, the first of which stands at byte `place`, as text.

    ValueError with the place of bytes that are not UTF-8.
    """
    # Not "utf-8-sig": after a byte order mark, the places in its errors are too low by three.
    decoder = codecs.getincrementaldecoder("utf-8")(source.errors)
    at_start, end = place == 0, place
    for block in chain(blocks, [b""]):  # at the end, what is left of a character is an error
        end += len(block)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            # error.object begins with what the last block left over
            raise _not_utf8(source, error, end - len(error.object)) from None
        if text and at_start:
            text, at_start = text.removeprefix("\ufeff"), False
        yield text


def _not_utf8(source: Source, error: UnicodeDecodeError, place: int) -> ValueError:
    return ValueError(
        f"{source.name} is not UTF-8: byte 0x{error.object[error.start]:02x} at offset {place + error.start} "
        f"({error.reason}); --errors replace goes on with U+FFFD instead"
    )


def _pieces(blocks: Iterable[str]) -> Iterator[str]:
    """The text of `blocks`, cut where every known pattern has a boundary, so the chunks stay the same.

    A piece reaches from the first such place in a block to the first in the next: none is searched twice.
    """
    held: list[str] = []
    for block in blocks:
        if cut := CUT.search(block):
            yield "".join([*held, block[: cut.end()]])
            held, block = [], block[cut.end() :]
        held.append(block)
    yield "".join(held)


def _records(source: Source, blocks: Iterable[bytes], place: int) -> Iterator[str]:
    """The field of each line of JSON. ValueError with the place of one that has none."""
    for line in _lines(blocks):
        if line.strip():
            yield _field(source, line, place)
        place += len(line)


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    for block in blocks:
        *lines, rest = block.split(b"\n")
        for line in lines:
            yield b"".join([*held, line, b"\n"])
            held = []
        held.append(rest)
    yield b"".join(held)


def _field(source: Source, line: bytes, place: int) -> str:
    where = f"{source.name}, the line at offset {place}"
    try:
        record = json.loads(line.decode("utf-8", source.errors).removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        raise _not_utf8(source, error, place) from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}, is not JSON: {error}") from None
    if not isinstance(record, dict) or source.field not in record:
        has = f"only {', '.join(map(repr, record))}" if isinstance(record, dict) and record else "no fields"
        raise ValueError(f"{where}, has no field {source.field!r}, it has {has}")
    return _text(record[source.field], source, where)


def _text(value: object, source: Source, where: str) -> str:
    """A field as text; null is no text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{where}, has a {type(value).__name__} in the field {source.field!r}, not text")
    return well_formed(value)  # JSON can hold half a surrogate pair


# --- parquet


@contextmanager
def parquet(source: Source) -> Iterator[Any]:
    """A parquet file, open, as pyarrow has it. ValueError for one that is damaged."""
    try:
        from pyarrow import ArrowInvalid
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ValueError(f"to read {source.name} takes pyarrow, {EXTRA}") from None
    with opened(source) as (file, _):
        try:
            yield ParquetFile(file)
        except ArrowInvalid as error:
            raise ValueError(f"{source.name} is damaged: {error}") from None


def rows(source: Source, start: int, stop: int) -> Iterator[str]:
    """The field of each row of some row groups. ValueError where there is no such field, or no text in it."""
    with parquet(source) as file:
        names = file.schema_arrow.names
        if source.field not in names:
            has = ", ".join(map(repr, names))
            raise ValueError(f"{source.name} has no column {source.field!r}, it has only {has}")
        for batch in file.iter_batches(ROWS, row_groups=range(start, stop), columns=[source.field]):
            for value in batch.column(0).to_pylist():
                yield _text(value, source, f"{source.name}, row groups from {start} on")
