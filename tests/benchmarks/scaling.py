"""The figures of docs/large-corpora.md: what counting costs as the corpus grows, and what a second worker brings."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

from measure import Bound, Report, Table, in_fresh_python

from minbpe import blocks as cutting
from minbpe.counting import Partial, add_up, count_block, count_chunks
from minbpe.merging import learn_merges
from minbpe.patterns import GPT4_SPLIT_PATTERN
from minbpe.sources import Source

MEGABYTE = 1_000_000
SIZE = 120 * MEGABYTE
SUFFIXES = {".py", ".pyi", ".md", ".rst", ".txt", ".html", ".js", ".ts", ".css", ".json", ".c", ".h"}
LONGEST_FILE = 2 * MEGABYTE  # beyond are tables of data


def real_text(size: int) -> Iterator[bytes]:
    """Sources and documentation of Python and of what is installed with it, no file twice, `size` bytes at the most."""
    seen: set[bytes] = set()
    folders = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
    paths = {path for folder in folders for path in Path(folder).rglob("*") if path.suffix in SUFFIXES}
    # Shuffled, so that each part of the corpus holds something of each package.
    order = random.Random(0).sample(sorted(paths), len(paths))
    for path in order:
        if not path.is_file() or path.stat().st_size > LONGEST_FILE:
            continue
        data = path.read_bytes()
        digest = hashlib.sha256(data).digest()
        if digest in seen or b"\0" in data:
            continue
        try:
            data.decode("utf-8")
        except ValueError:
            continue
        seen.add(digest)
        yield data[:size].decode("utf-8", "ignore").encode()
        size -= len(data)
        if size <= 0:
            return


def clauses_without_spaces(size: int) -> Iterator[bytes]:
    """Text such as Chinese, as far as splitting goes: clauses of 4 to 20 characters, drawn by Zipf's law."""
    draw = random.Random(0)
    characters = [chr(point) for point in range(0x4E00, 0x4E00 + 4000)]
    weights = [1 / rank for rank in range(1, len(characters) + 1)]
    while size > 0:
        clause = ("".join(draw.choices(characters, weights, k=draw.randint(4, 20))) + draw.choice("，，，。")).encode()
        yield clause
        size -= len(clause)


def measure(quick: bool) -> Report:
    """Throughput, distinct chunks and memory on real text; and, unless `quick`, two workers against one."""
    with tempfile.TemporaryDirectory() as folder:
        corpus, clauses = Path(folder, "corpus.txt"), Path(folder, "clauses.txt")
        write(corpus, real_text(SIZE // 3 if quick else SIZE))
        write(clauses, clauses_without_spaces(12 * MEGABYTE))
        tables = [growth(corpus), merging(corpus), learning(corpus, clauses)]
        if quick:
            return tables, []
        table, bounds = workers(corpus)
        return [*tables, table], bounds


def write(path: Path, parts: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(parts)


def growth(corpus: Path) -> Table:
    """How many distinct chunks a corpus has, and how fast one core counts them (in processor time)."""
    rows, totals, spent, read, due = [], {}, 0.0, 0, MEGABYTE
    for block in cutting.blocks([Source(str(corpus))], known=True):
        for part in smaller(block):
            start = process_time()
            counts = count_block(GPT4_SPLIT_PATTERN, part)
            spent += process_time() - start
            counts.add_to(totals)
            read += part.size
            if read >= due or read == corpus.stat().st_size:
                rows.append([
                    f"{read / MEGABYTE:.0f} MB", f"{len(totals):,}", f"{read / MEGABYTE / spent:.1f} MB/s",
                    f"{size_of(totals) / len(totals):.0f} bytes",
                ])  # fmt: skip
                due *= 2
    return Table("Counting real text", ["corpus", "distinct chunks", "a core counts", "memory a chunk"], rows)


def smaller(block: cutting.Block) -> Iterator[cutting.Block]:
    """A block in parts of a megabyte."""
    for part in block.parts:
        for start in range(part.start, part.stop, MEGABYTE):
            stop = min(start + MEGABYTE, part.stop)
            yield cutting.Block((part._replace(size=stop - start, start=start, stop=stop),))


def size_of(counts: dict[bytes, int]) -> int:
    """The bytes of memory that the counts take; the small numbers are shared by all of Python."""
    return sys.getsizeof(counts) + sum(
        rounded(sys.getsizeof(chunk)) + (rounded(sys.getsizeof(count)) if count > 256 else 0)
        for chunk, count in counts.items()
    )


def rounded(size: int) -> int:
    """What the allocator gives for so many bytes."""
    return -(-size // 16) * 16


def merging(corpus: Path) -> Table:
    """What it takes to send the counts of a block, and to add two of them up (in processor time)."""
    first, second = map(count_of, islice(cutting.blocks([Source(str(corpus))], known=True), 2))
    start = process_time()
    both = add_up([first, second])
    seconds = process_time() - start
    chunks = len(first.counts) + len(second.counts)
    sent = sum(len(pickle.dumps(first)) for first in (first, second)) / 2
    row = [
        f"{cutting.BLOCK / 2**20:.0f} MiB", f"{chunks // 2:,}", f"{sent / MEGABYTE:.1f} MB", f"{len(both.counts):,}",
        f"{seconds:.2f} s", f"{chunks / seconds / 1e6:.1f} million/s",
    ]  # fmt: skip
    columns = ["block", "distinct chunks in one", "sent for one", "in two", "adding up two", "chunks added up"]
    return Table("Two partial counts", columns, [row])


def count_of(block: cutting.Block) -> Partial:
    return count_block(GPT4_SPLIT_PATTERN, block)


def learning(corpus: Path, clauses: Path) -> Table:
    """Memory where there are spaces and where there are none, each in a process of its own."""
    rows = []
    for name, path in {"real text": corpus, "clauses without spaces": clauses}.items():
        code = f"import scaling, json; print(json.dumps(scaling.peaks({str(path)!r}, {12 * MEGABYTE})))"
        chunks, counting, training = json.loads(in_fresh_python(code))
        rows.append([
            f"{name}, 12 MB", f"{chunks:,}", f"{counting / 12e6:.1f} bytes", f"{training / 12e6:.1f} bytes",
        ])  # fmt: skip
    columns = ["text", "distinct chunks", "counting: memory for each byte", "learning merges: memory for each byte"]
    return Table("Where there are no spaces", columns, rows)


def peaks(path: str, size: int) -> tuple[int, float, float]:
    """Distinct chunks of the beginning of a file, and the peaks of memory in counting them and in learning merges."""
    from memory import peak_so_far

    with tempfile.TemporaryDirectory() as folder:
        beginning = Path(folder, "beginning.txt")
        with open(path, "rb") as file:
            beginning.write_bytes(file.read(size).decode("utf-8", "ignore").encode())
        before = peak_so_far()
        counts = count_chunks(beginning, workers=1)
        counted = peak_so_far()
        next(learn_merges(counts))
    return len(counts), (counted - before) * 2**20, (peak_so_far() - before) * 2**20


def workers(corpus: Path) -> tuple[Table, list[Bound]]:
    """Two workers against one, and the memory of the process that adds up. The best of three."""
    code = f"import scaling, json; print(json.dumps(scaling.count_with({str(corpus)!r}, {{}})))"
    rows, best, overhead = [], {}, 0.0
    for number in (1, 2):
        results = [json.loads(in_fresh_python(code.format(number))) for _ in range(3)]
        seconds, peak, final, digest = min(results)
        best[number] = seconds, digest
        overhead = peak / final
        rows.append([str(number), f"{seconds:.1f} s", f"{final / 2**20:.0f} MB", f"{peak / 2**20:.0f} MB"])
    if best[1][1] != best[2][1]:
        raise AssertionError("two workers do not count what one counts, in the same order")
    title = f"Workers: {corpus.stat().st_size / MEGABYTE:.0f} MB of real text"
    table = Table(title, ["workers", "time", "the final counts take", "the parent's peak takes"], rows)
    return table, [
        Bound("counting, 2 workers' time over 1's", best[2][0] / best[1][0], 1 / 1.7),
        Bound("counting, 2 workers: the parent's memory over the final counts'", overhead, 1.3),
    ]


def count_with(path: str, workers: int) -> tuple[float, float, int, str]:
    """Seconds; the peak of memory above what the process began with; that of the result, and its digest."""
    from memory import peak_so_far

    before = peak_so_far()
    start = perf_counter()
    counts = count_chunks(path, workers=workers)
    seconds = perf_counter() - start
    peak = (peak_so_far() - before) * 2**20
    digest = hashlib.sha256()
    for chunk, count in counts.items():
        digest.update(b"%d %d " % (len(chunk), count) + chunk)
    return seconds, peak, size_of(counts), digest.hexdigest()


if __name__ == "__main__":
    for each in measure(quick="--quick" in sys.argv)[0]:
        print(each)
    print(f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "")
