"""Large inputs cut into blocks that can be counted apart, and the text of a block.

A file of running text can be cut wherever every known split pattern has a boundary, whatever stands before
and after (`CUT`). Both neighbours look for that place by themselves, each from the same byte on, so nobody
has to read the file before it is handed out. Records are cut between records, which suits every pattern.
Running text for a pattern of the user's own is not cut at all: nobody knows how far it looks.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from minbpe.patterns import CUT
from minbpe.reading import parquet, rows, texts
from minbpe.sources import READ, Source, opened

BLOCK = 1 << 24  # bytes of the input that are counted at a time: a second or two of work
LARGE = 1 << 25  # a compressed file cannot be cut; one of more bytes is decompressed here, and its text handed out

# CUT in text some bytes of which may not be UTF-8: those come as lone surrogates, and a cut that leans on one
# could be seen from one side and not from the other. Before and after a whole character there is no doubt.
CUT_IN_BYTES = re.compile(CUT.pattern.replace(r"\S", r"[^\s\ud800-\udfff]"))
LONGEST_CUT = 2  # characters that a cut leans on to its left
CONTINUATION = bytes(range(0x80, 0xC0))


class Part(NamedTuple):
    """Some of one file: bytes `start` to `stop` (in a parquet file, row groups); or `texts`, read already."""

    source: Source
    size: int  # in bytes of the file
    start: int = 0
    stop: int | None = None
    texts: tuple[str, ...] | None = None


class Block(NamedTuple):
    """What is counted in one go: a part of a large file, or several small files."""

    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)


# --- cutting


def blocks(sources: Iterable[Source], known: bool, far: bool = False) -> Iterator[Block]:
    """All of `sources`, in order, in blocks of about BLOCK bytes.

    `known` says that the pattern is a known one, so that running text may be cut. `far` says that other
    machines read the files: nothing is then read here. ValueError for what they cannot read.
    """
    held: list[Part] = []
    size = 0
    for source in sources:
        for part in _parts(source, known, far):
            if held and size + part.size > BLOCK:
                yield Block(tuple(held))
                held, size = [], 0
            held.append(part)
            size += part.size
    if held:
        yield Block(tuple(held))


def _parts(source: Source, known: bool, far: bool) -> Iterator[Part]:
    size = source.size()
    whole = not (known or source.records)
    if source.records == ".parquet":
        yield from _row_groups(source)
    elif size is None or (source.compression and size > LARGE and not far and not whole):
        if far:
            raise ValueError(f"a cluster cannot read {source.name}: save the text to a file that all workers can read")
        yield from _read_ahead(source, known)
    elif whole or source.compression:
        yield Part(source, size)
    else:
        for start in range(0, size, BLOCK):
            stop = min(start + BLOCK, size)
            yield Part(source, stop - start, start, stop)


def _row_groups(source: Source) -> Iterator[Part]:
    with parquet(source) as file:
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        columns = [[group.column(i) for i in range(group.num_columns)] for group in groups]
    sizes = [sum(column.total_compressed_size for column in each) for each in columns]
    for number, size in enumerate(sizes):
        yield Part(source, size, number, number + 1)


def _read_ahead(source: Source, known: bool) -> Iterator[Part]:
    """What can be read only once, or only from its beginning: read here, handed out as text."""
    held: list[str] = []
    room, place = BLOCK, 0
    named = source._replace(data=None)  # a worker needs the text alone
    with opened(source) as (file, raw):
        counted = source.size() is not None  # a pipe does not tell the place
        for text in texts(source, file, 0, None, known):
            held.append(text)
            room -= len(text)
            if room <= 0:
                before, place = place, raw.tell() if counted else 0
                yield Part(named, place - before, texts=tuple(held))
                held, room = [], BLOCK
        yield Part(named, (raw.tell() if counted else 0) - place, texts=tuple(held))


def first_cut(file: IO[bytes], place: int, limit: int | None = None) -> int | None:
    """The first byte at or after `place` where running text can be cut; the end of the file if there is none.

    It depends on the file and on `place` alone. With a `limit`, None if all up to that byte is looked at in
    vain: then it is the same as the first cut from `limit` on.
    """
    if place == 0:
        return 0
    file.seek(place)
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    text, started = "", False
    while data := file.read(READ):
        if not started:  # in the middle of a character: the next one begins after its continuation bytes
            kept = data.lstrip(CONTINUATION)
            place += len(data) - len(kept)
            data, started = kept, bool(kept)
        text += decoder.decode(data)
        if match := CUT_IN_BYTES.search(text):
            if limit is not None and place + _length(text[: match.start()]) >= limit:
                return None
            return place + _length(text[: match.end()])
        place += _length(text[:-LONGEST_CUT])
        text = text[-LONGEST_CUT:]
        if limit is not None and place >= limit:
            return None
    return file.seek(0, 2)


def _length(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def first_line(file: IO[bytes], place: int) -> int:
    """The first byte at or after `place` where a line begins; the end of the file if there is none."""
    if place == 0:
        return 0
    place -= 1
    file.seek(place)
    while data := file.read(READ):
        if (found := data.find(b"\n")) >= 0:
            return place + found + 1
        place += len(data)
    return place


# --- reading


def texts_of(block: Block, known: bool) -> Iterator[str]:
    """The text of a block. With a `known` pattern documents come in pieces, which have the chunks of the whole."""
    for part in block.parts:
        if part.texts is not None:
            yield from part.texts
        elif part.source.records == ".parquet":
            yield from rows(part.source, part.start, part.stop or 0)
        else:
            with opened(part.source) as (file, _):
                begin, end = _edges(part, file)
                if end is not None:  # what is compressed can only be read from its beginning
                    file.seek(begin)
                if end is None or begin < end:
                    yield from texts(part.source, file, begin, end, known)


def _edges(part: Part, file: IO[bytes]) -> tuple[int, int | None]:
    """Where the text of a part really begins and ends, in bytes; (0, None) for a whole file."""
    if part.stop is None or part.source.compression:
        return 0, None
    if part.source.records:
        return first_line(file, part.start), first_line(file, part.stop)
    begin = first_cut(file, part.start, limit=part.stop)
    # Without a place to cut, all of it belongs to the part before.
    return (part.stop, part.stop) if begin is None else (begin, first_cut(file, part.stop))
