"""The command line: train tokenizers on text of your own.

    python -m minbpe.train                              both tokenizers, on a corpus of the course
    python -m minbpe.train book.txt --vocab-size 4096
    python -m minbpe.train notes/ --tokenizer regex --pattern gpt4o --special "<|endoftext|>"
    python -m minbpe.train "dump/*.jsonl.zst" --field text --tokenizer regex --workers 8
    zcat dump.gz | python -m minbpe.train - --output models/dump

--help tells what is read, in which order, and where the files go.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NoReturn, TextIO

if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports ends the command without a traceback
    if not __package__:
        # Run as a file, as an editor does. Then this folder stands first on the path, and its regex.py would be
        # taken for the package regex. The folder above is what `python -m minbpe.train` sees.
        sys.path[0] = str(Path(__file__).resolve().parents[1])

from tqdm import tqdm

from minbpe import BasicTokenizer, RegexTokenizer, corpora, files
from minbpe.base import replace_control_characters
from minbpe.blocks import blocks, texts_of
from minbpe.counting import count_chunks
from minbpe.merging import apply_merges
from minbpe.patterns import GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN
from minbpe.sources import EXTRA, STDIN, Source, find, opened
from minbpe.training import Goal
from minbpe.vocabularies import VOCABULARIES
from minbpe.workers import WorkerLost

if TYPE_CHECKING:
    from distributed import Client

# A vocabulary's name means its pattern as it is published today. The short names are minbpe's patterns.
PATTERNS = {record.name: record.pattern for record in VOCABULARIES.values()} | {
    "gpt2": GPT2_SPLIT_PATTERN,
    "gpt4": GPT4_SPLIT_PATTERN,
    "gpt4o": GPT4O_SPLIT_PATTERN,
}
CONNECTING = "10 s"  # how long to wait for a cluster to answer
NOTES = """\
Text is UTF-8 and taken as it is, except that a byte order mark at the start of
a file is left out. Each file is one document: no merge reaches into the next.
With --field NAME, each line of a .jsonl file and each row of a .parquet file is
a document. Files that end in .gz, .bz2, .xz or .zst are decompressed.

In a folder, every file at any depth is read that is text (UTF-8 without a NUL
character, as far as its first megabyte tells), in order of path, and so with a
pattern such as "texts/*.txt". What has a name that begins with a dot is passed
over, and so are tokenizers: .model files, and the .vocab beside each. With
--errors replace, bytes that are not UTF-8 are read as U+FFFD.

--output models/ writes models/basic.model and so on, --output models/story
writes models/story-basic.model. Special tokens have the ids after the last
token that was learned, in the order given.

With --tokenizer regex and a pattern called by name, files are read as a stream,
large ones on all cores. Memory grows with the number of distinct chunks: about
130 bytes for each while counting, and some 160 for each of their bytes while
merges are learned. Text in words soon repeats itself. Where there are no spaces
(Chinese, Japanese, Thai, ...) a chunk is a whole clause, nearly all of them are
distinct, and memory grows with the text. Then train on a sample, give a
--pattern of your own that cuts such text shorter, or have --min-frequency 2
forget what occurs once. With a pattern of your own each file is held whole, by
the process that counts it. basic holds all of the text, and takes about a
hundred bytes of memory for each byte of it.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command. Returns its exit code: 0; 2 after an error; 130 after Ctrl-C."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = lambda warning, *_, **__: _print(f"minbpe.train: warning: {warning}", sys.stderr)
            _run(_parse(argv))
    except KeyboardInterrupt:
        _print("minbpe.train: interrupted", sys.stderr)
        return 130
    except (OSError, ValueError, MemoryError, WorkerLost) as error:
        reason = str(error) or "out of memory"
        if isinstance(error, OSError) and error.filename is not None:
            reason = f"{error.filename}: {error.strerror}"
        _print(f"minbpe.train: error: {reason}", sys.stderr)
        return 2
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m minbpe.train",
        description="Train byte-pair encoding tokenizers on text of your own. Defaults stand in parentheses.",
        epilog=NOTES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add, names = parser.add_argument, corpora.names()
    add("files", nargs="*", metavar="FILE", help="a text file, a folder of them, or - for standard input")
    add("--corpus", choices=names, metavar="NAME", help=f"instead of FILEs: {', '.join(names)} (english)")
    add("--tokenizer", choices=["basic", "regex", "both"], default="both", help="which to train (both)")
    add("--vocab-size", type=int, default=512, metavar="N", help="number of tokens, the 256 bytes included (512)")
    add(
        "--pattern",
        help="how regex splits text: gpt2, gpt4, gpt4o, the name of an encoding of tiktoken, "
        "or a regular expression (gpt4)",
    )
    add("--special", action="append", default=[], metavar="TOKEN", help="a special token for regex; may be repeated")
    add("--output", default="models/", metavar="PREFIX", help="a folder/, or how the files' names begin (models/)")
    add("--errors", choices=["strict", "replace"], default="strict", help="at what is not UTF-8 (strict)")
    add("--field", metavar="NAME", help="where the records of .jsonl and .parquet files have their text")
    add("--workers", type=int, metavar="N", help="processes that count for regex (all cores, if there is much to read)")
    add("--cluster", metavar="ADDRESS", help="a Dask scheduler, such as tcp://host:8786, whose workers count for regex")
    add(
        "--min-frequency",
        type=int,
        default=1,
        metavar="K",
        help="have regex forget chunks seen fewer than K times in 128 MB: memory stays bounded, and a count "
        "may be too low by K - 1 for each 128 MB (1)",
    )
    add(
        "--timeout",
        type=float,
        default=600,
        metavar="SECONDS",
        help="how long a pattern of your own may take for a document (600)",
    )
    add("--quiet", action="store_true", help="show no progress bar and no summary")
    args = parser.parse_intermixed_args(argv)

    if args.files and args.corpus:
        parser.error("train on FILEs or on a --corpus, not on both")
    if STDIN in args.files and sys.stdin is None:
        parser.error("there is no standard input, it is closed")
    if args.vocab_size < 256:
        parser.error(f"--vocab-size must be at least 256, one token for each byte, got {args.vocab_size}")
    for_regex = (args.special, args.pattern is not None, args.workers, args.cluster, args.min_frequency != 1)
    if args.tokenizer == "basic" and any(for_regex):
        parser.error("--pattern, --special, --workers, --cluster and --min-frequency are for --tokenizer regex")
    if args.output == STDIN:
        parser.error("--output is a folder/ or how the files' names begin: two files are written, not standard output")
    for option, value in {"--workers": args.workers, "--min-frequency": args.min_frequency}.items():
        if value is not None and value < 1:
            parser.error(f"{option} must be at least 1, got {value}")
    if not args.timeout > 0:
        parser.error(f"--timeout is a number of seconds above 0, got {args.timeout:g}")
    if args.workers and args.cluster:
        parser.error("count with --workers or on a --cluster, not with both")
    args.pattern = PATTERNS.get("gpt4" if args.pattern is None else args.pattern, args.pattern)
    return args


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see --help)")  # one line, as for every other error


def _run(args: argparse.Namespace) -> None:
    RegexTokenizer(args.pattern)  # whatever is wrong with it is told now rather than after an hour
    files.check_special_tokens(_special_tokens(args, args.vocab_size), range(256))
    names = ["basic", "regex"] if args.tokenizer == "both" else [args.tokenizer]
    prefixes = [_prefix(args.output, name) for name in names]
    with _cluster(args) as client:
        sources = _sources(args, keep=len(names) > 1)
        for name, prefix in zip(names, prefixes, strict=True):
            start = perf_counter()
            if name == "basic":
                _train(BasicTokenizer(), _count_documents(sources, args), prefix, args, start)
            else:
                _train(RegexTokenizer(args.pattern), _count_chunks(sources, args, client), prefix, args, start)


def _special_tokens(args: argparse.Namespace, first: int) -> dict[str, int]:
    return {special: idx for idx, special in enumerate(dict.fromkeys(args.special), first)}


def _prefix(output: str, name: str) -> Path:
    """models/ -> models/basic, models/story -> models/story-basic. ValueError where nothing can be written."""
    is_folder = output.endswith(("/", os.sep)) or Path(output).is_dir()
    prefix = Path(output, name) if is_folder else Path(f"{output}-{name}")
    # Found out now rather than after an hour of training. A new folder is made only when there is something to save.
    nearest = next((folder for folder in prefix.parents if folder.exists()), prefix)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise ValueError(f"cannot write {prefix}.model: {nearest} is not a folder that can be written to")
    return prefix


# --- reading


def _sources(args: argparse.Namespace, keep: bool) -> list[Source]:
    """What to read. With `keep`, what can be read only once is read now."""
    if not args.files:
        name = args.corpus or "english"
        return [Source(name, data=corpora.load(name).encode("utf-8"))]
    sources: list[Source] = []
    for path in args.files:
        found, others = find(path, args.field, args.errors)
        if others and not args.quiet:
            _print(f"{path}: {len(others)} files are not text and passed over, such as {others[0]}", sys.stdout)
        sources += found
    for source in sources:
        source.size()  # finds a missing file before the others are read
    return [_read_once(source) if keep and source.size() is None else source for source in sources]


def _read_once(source: Source) -> Source:
    with opened(source) as (_, raw):
        return source._replace(data=raw.read())


def _count_documents(sources: Iterable[Source], args: argparse.Namespace) -> Counter[bytes]:
    """Each document is a chunk."""
    with _reading(sources, args) as bar:
        counts: Counter[bytes] = Counter()
        for block in blocks(sources, known=False):
            counts.update(text.encode("utf-8") for text in texts_of(block, known=False))
            bar.update(block.size)
        return counts


def _count_chunks(sources: Iterable[Source], args: argparse.Namespace, client: Client | None) -> dict[bytes, int]:
    with _reading(sources, args) as bar:
        return count_chunks(
            sources,
            args.pattern,
            workers=args.workers,
            client=client,
            min_frequency=args.min_frequency,
            timeout=args.timeout,
            progress=bar.update,
        )


def _reading(sources: Iterable[Source], args: argparse.Namespace) -> tqdm:
    sizes = [source.size() for source in sources]
    total = sum(size for size in sizes if size is not None)
    return _bar(args, desc="reading", total=0 if None in sizes else total, unit="B", unit_scale=True)


@contextmanager
def _cluster(args: argparse.Namespace) -> Iterator[Client | None]:
    """A client of the cluster that the user has, which goes on without us afterwards."""
    if args.cluster is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(f"--cluster takes dask and distributed, {EXTRA}") from None
    try:
        client = Client(args.cluster, timeout=CONNECTING, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"no Dask scheduler answers at {args.cluster}: {error}") from None
    with closing(client):
        yield client


# --- training


def _train(
    tokenizer: BasicTokenizer | RegexTokenizer,
    counts: Mapping[bytes, int],
    prefix: Path,
    args: argparse.Namespace,
    start: float,
) -> None:
    num_bytes = sum(len(chunk) * count for chunk, count in counts.items())
    if not num_bytes:
        raise ValueError("there is nothing to train on: the text is empty")
    with _bar(args, desc=prefix.name, total=args.vocab_size - 256, unit=" merges") as bar:
        for _ in tokenizer._learn(counts, Goal(args.vocab_size)):
            bar.update()
    rows = 256 + len(tokenizer.merges)
    if isinstance(tokenizer, RegexTokenizer):
        tokenizer.register_special_tokens(_special_tokens(args, rows))
        rows += len(tokenizer.special_tokens)
    seconds = perf_counter() - start
    try:
        prefix.parent.mkdir(parents=True, exist_ok=True)
        tokenizer.save(prefix)
    except OSError as error:
        raise ValueError(f"cannot write {prefix}.model and {prefix}.vocab: {error.strerror or error}") from None
    if args.quiet:
        return
    # Adding up the counts of the steps would not do: "aaa" counts (a, a) twice, but merges one place.
    num_tokens = sum(len(apply_merges(chunk, tokenizer.merges.get)) * count for chunk, count in counts.items())
    _print(
        f"{prefix.name}: {len(tokenizer.merges):,} merges in {seconds:.1f} s; {num_bytes:,} bytes became "
        f"{num_tokens:,} tokens, {num_bytes / num_tokens:.2f} bytes per token",
        sys.stdout,
    )
    _print(f"  ids 0 to {rows - 1}: an embedding needs {rows} rows", sys.stdout)
    _print(f"  {prefix}.model (to load) and {prefix}.vocab (to look at)", sys.stdout)


# --- what is shown


def _bar(args: argparse.Namespace, total: int, **options: str | bool) -> tqdm:
    """A progress bar, when somebody watches and it is known where it ends."""
    watched = sys.stderr is not None and sys.stderr.isatty()
    return tqdm(total=total, leave=False, disable=args.quiet or not watched or not total, **options)


def _print(line: str, stream: TextIO | None) -> None:
    """Print one line, whatever it holds and whatever the stream can show; None is a stream that was closed."""
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    line = replace_control_characters(line).encode(encoding, "backslashreplace").decode(encoding)
    try:
        tqdm.write(line, file=stream)  # so that a progress bar makes room
        stream.flush()
    except OSError as error:
        # Or else Python tries to write it once more when it exits, and fails with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise ValueError(f"cannot write to {stream.name}: {error.strerror or error}") from None


if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
