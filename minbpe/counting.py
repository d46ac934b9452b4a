"""Chunks counted on all cores, or on a cluster: the part of training that grows with the corpus.

The input is cut into blocks (blocks.py). Whoever counts one sends back its distinct chunks in the order in
which they first occur, and the counts are added up in the order of the blocks. So the result is that of one
process that reads everything, order included: training breaks ties by it.
"""

from __future__ import annotations

import os
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from minbpe.blocks import Block, blocks, texts_of
from minbpe.patterns import GPT4_SPLIT_PATTERN, Splitter
from minbpe.sources import STDIN, Source, find
from minbpe.workers import GROUP, on_cluster, on_cores

if TYPE_CHECKING:
    from distributed import Client

MANY_BYTES = 1 << 26  # from here on all cores are used by default; a smaller input is counted before they have started

FAST = 1  # zlib's level: half the size, for a hundredth of the time that counting takes

Path = str | os.PathLike[str] | Source


def count_chunks(
    paths: Path | Iterable[Path],
    pattern: str = GPT4_SPLIT_PATTERN,
    *,
    field: str | None = None,
    errors: str = "strict",
    workers: int | None = None,
    client: Client | None = None,
    min_frequency: int = 1,
    timeout: float | None = None,
    progress: Callable[[int], object] | None = None,
) -> dict[bytes, int]:
    """Each distinct chunk of the input with how often it occurs, in order of first occurrence.

    That is what `RegexTokenizer.train_from_counts` trains on, and the same for any number of workers and on
    any cluster: what training on the texts themselves would count. No chunk reaches across documents.

    `paths` are files, folders, globs, URLs that fsspec can open, or "-" for standard input. A file is one
    document; with a `field`, each line of a .jsonl and each row of a .parquet is one. Files that end in .gz,
    .bz2, .xz or .zst are decompressed. `errors` is "strict" or "replace", for what is not UTF-8.

    `workers` is the number of processes: all cores by default where the input is large, else one. In a script
    of your own that starts them, call this under `if __name__ == "__main__":`. `client`, a
    dask.distributed.Client, has a cluster count instead, whose workers read the files themselves.

    `min_frequency` k > 1 bounds the memory: after each GROUP blocks (128 MiB of the input) the chunks counted
    fewer than k times so far are forgotten, and so they are at the end. A count may then be too low, by at most
    k - 1 for each 128 MiB, and never too high; a chunk that was forgotten and returns has its place by its return.

    `timeout` is the number of seconds that a pattern of your own may take for a document.

    `progress` is called with numbers of bytes that have been counted. ValueError for an input that cannot be
    read as text, OSError for a file that cannot be read, WorkerLost where processes die.
    """
    known = Splitter(pattern, timeout).known  # a bad pattern is an error now, and here
    sources = list(_sources(paths, field, errors))
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    if min_frequency < 1:
        raise ValueError(f"min_frequency must be at least 1, got {min_frequency}")
    count = partial(count_block, pattern, timeout=timeout)
    if client is not None:
        sources = [_seen_from_afar(source) for source in sources]
        partials = on_cluster(client, count, add_up, blocks(sources, known, far=True), progress)
    elif (processes := workers or _cores_for(sources)) > 1:
        partials = on_cores(processes, count, blocks(sources, known), progress)
    else:
        partials = _here(count, blocks(sources, known), progress)

    totals: dict[bytes, int] = {}
    step = 1 if client is not None else GROUP  # a cluster adds up each group itself
    with closing(partials):  # or else, after Ctrl-C, workers would go on until the garbage collector comes by
        number = 0
        for counts in partials:
            counts.add_to(totals)
            del counts  # or else it would be there while the next one comes in; enumerate() would keep it, too
            number += 1  # noqa: SIM113
            if number % step == 0:
                _forget_below(min_frequency, totals)
    _forget_below(min_frequency, totals)
    return totals


class Partial(NamedTuple):
    """The counts of a block, packed: less than a tenth of what the dict takes, to send and to keep until its turn."""

    chunks: bytes  # one after another, compressed: a few results wait for their turn in the parent's memory
    lengths: array[int]
    counts: array[int]

    @classmethod
    def of(cls, counts: Mapping[bytes, int]) -> Partial:
        return cls(zlib.compress(b"".join(counts), FAST), _array(list(map(len, counts))), _array(list(counts.values())))

    def add_to(self, totals: dict[bytes, int]) -> None:
        """Add these counts to `totals`, whose order stays: what is new to it comes after the rest."""
        chunks, known, start = zlib.decompress(self.chunks), totals.get, 0
        for length, count in zip(self.lengths, self.counts, strict=True):
            chunk = chunks[start : start + length]
            start += length
            totals[chunk] = known(chunk, 0) + count


def _array(numbers: list[int]) -> array[int]:
    """In as few bytes each as they fit into."""
    most = max(numbers, default=0)
    return array(next(code for code in "BHIQ" if most < 1 << 8 * array(code).itemsize), numbers)


def count_block(pattern: str, block: Block, timeout: float | None = None) -> Partial:
    """What a worker does."""
    splitter = _splitter(pattern, timeout)
    counts: Counter[str] = Counter()
    for text in texts_of(block, splitter.known):
        counts.update(splitter.iterate(text))
    return Partial.of({chunk.encode("utf-8"): count for chunk, count in counts.items()})


def add_up(partials: Iterable[Partial]) -> Partial:
    """The counts of neighbouring blocks as those of one."""
    totals: dict[bytes, int] = {}
    for counts in partials:
        counts.add_to(totals)
    return Partial.of(totals)


@cache
def _splitter(pattern: str, timeout: float | None) -> Splitter:
    return Splitter(pattern, timeout)


def _here(
    count: Callable[[Block], Partial], blocks: Iterable[Block], progress: Callable[[int], object] | None
) -> Generator[Partial, None, None]:
    for block in blocks:
        yield count(block)
        if progress:
            progress(block.size)


def _sources(paths: Path | Iterable[Path], field: str | None, errors: str) -> Iterator[Source]:
    for path in [paths] if isinstance(paths, str | os.PathLike | Source) else paths:
        if isinstance(path, Source):
            yield path
        else:
            yield from find(path, field, errors).sources


def _seen_from_afar(source: Source) -> Source:
    """A worker runs in a folder of its own, so a path must not lean on this one."""
    if source.is_url or source.path == STDIN:
        return source
    return source._replace(path=os.path.abspath(source.path))


def _cores_for(sources: Iterable[Source]) -> int:
    """How many processes to start when nobody has said."""
    if sys.platform == "emscripten" or sum(source.size() or 0 for source in sources) < MANY_BYTES:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _forget_below(min_frequency: int, totals: dict[bytes, int]) -> None:
    if min_frequency > 1:
        for chunk in [chunk for chunk, count in totals.items() if count < min_frequency]:
            del totals[chunk]
