"""The command line: train tokenizers on text of your own.

    python -m minbpe.train                              both tokenizers, on a corpus of the course
    python -m minbpe.train book.txt --vocab-size 4096
    python -m minbpe.train notes/ --tokenizer regex --pattern gpt4o --special "<|endoftext|>"
    zcat dump.gz | python -m minbpe.train - --output models/dump

--help tells what is read, in which order, and where the files go.
"""

from __future__ import annotations

import argparse
import codecs
import os
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from time import perf_counter
from typing import NoReturn, TextIO

if __name__ == "__main__" and not __package__:
    # Run as a file, as an editor does. Then this folder stands first on the path, and its regex.py would be
    # taken for the package regex. The folder above is what `python -m minbpe.train` sees.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from tqdm import tqdm

from minbpe import BasicTokenizer, RegexTokenizer, corpora
from minbpe.base import replace_control_characters
from minbpe.merging import apply_merges
from minbpe.patterns import CUT, GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN, KNOWN_PATTERNS
from minbpe.vocabularies import VOCABULARIES

# A vocabulary's name means its pattern as it is published today. The short names are minbpe's patterns.
PATTERNS = {record.name: record.pattern for record in VOCABULARIES.values()} | {
    "gpt2": GPT2_SPLIT_PATTERN,
    "gpt4": GPT4_SPLIT_PATTERN,
    "gpt4o": GPT4O_SPLIT_PATTERN,
}
STDIN = "-"
BLOCK = 1 << 20  # bytes read at a time
NOTES = """\
Text is UTF-8 and taken as it is, except that a byte order mark at the start of
a file is left out. Each file is one document: no merge reaches into the next.

In a folder, every file at any depth is read that is text (all of it UTF-8, and
no NUL character), in order of path. What has a name that begins with a dot is
passed over. With --errors replace, bytes that are not UTF-8 are read as U+FFFD,
and a file in a folder is text if it has no NUL character.

--output models/ writes models/basic.model and so on, --output models/story
writes models/story-basic.model. Special tokens have the ids N, N + 1, ... in
the order given.

With --tokenizer regex and a pattern called by name, files are read as a stream
and may be larger than memory. Otherwise files are held whole, and basic takes
about a hundred bytes of memory for each byte of text.
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
    except (OSError, ValueError, MemoryError) as error:
        of_file = isinstance(error, OSError) and error.filename is not None
        reason = f"{error.filename}: {error.strerror}" if of_file else str(error) or "out of memory"
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
    add("--quiet", action="store_true", help="show no progress bar and no summary")
    args = parser.parse_intermixed_args(argv)

    if args.files and args.corpus:
        parser.error("train on FILEs or on a --corpus, not on both")
    if STDIN in args.files and sys.stdin is None:
        parser.error("there is no standard input, it is closed")
    if args.vocab_size < 256:
        parser.error(f"--vocab-size must be at least 256, one token for each byte, got {args.vocab_size}")
    if args.tokenizer == "basic" and (args.special or args.pattern is not None):
        parser.error("--pattern and --special are for --tokenizer regex")
    args.pattern = PATTERNS.get("gpt4" if args.pattern is None else args.pattern, args.pattern)
    return args


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see --help)")  # one line, as for every other error


def _run(args: argparse.Namespace) -> None:
    regex = _Regex(args.pattern)
    specials = dict.fromkeys(args.special)
    regex.register_special_tokens({special: idx for idx, special in enumerate(specials, args.vocab_size)})
    tokenizers = {"basic": _Basic(), "regex": regex}
    names = list(tokenizers) if args.tokenizer == "both" else [args.tokenizer]
    prefixes = [_prefix(args.output, name) for name in names]
    # After an error, closing() takes the progress bar off the screen before main prints its line.
    with closing(_documents(args)) as documents:
        # For two tokenizers the text is kept: what comes through a pipe can be read only once.
        texts = list(documents) if len(names) > 1 else documents
        for name, prefix in zip(names, prefixes, strict=True):
            _train(tokenizers[name], texts, prefix, args)


class _CountsAhead:
    """Joined to a tokenizer: reads the text before it is trained, and keeps the chunks to measure compression on."""

    def count(self, texts: Iterable[str]) -> None:
        self.chunks = super()._count_chunks(texts)

    def _count_chunks(self, documents: Iterable[str]) -> Counter[bytes]:
        return self.chunks


class _Basic(_CountsAhead, BasicTokenizer): ...


class _Regex(_CountsAhead, RegexTokenizer): ...


def _prefix(output: str, name: str) -> Path:
    """models/ -> models/basic, models/story -> models/story-basic. ValueError where nothing can be written."""
    is_folder = output.endswith(("/", os.sep)) or Path(output).is_dir()
    prefix = Path(output, name) if is_folder else Path(f"{output}-{name}")
    # Found out now rather than after an hour of training. A new folder is made only when there is something to save.
    nearest = next((folder for folder in prefix.parents if folder.exists()), prefix)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise ValueError(f"cannot write {prefix}.model: {nearest} is not a folder that can be written to")
    return prefix


def _documents(args: argparse.Namespace) -> Iterator[str]:
    """The text to train on: each file a document, or in pieces where that gives the same merges."""
    if not args.files:
        yield corpora.load(args.corpus or "english")
        return
    paths: list[str] = []
    for path in args.files:
        if path == STDIN or not os.path.isdir(path):
            paths.append(path)
            continue
        texts, others = _texts_below(path, args.errors)
        if not texts:
            raise ValueError(f"there is no text in the folder {path}")
        if others and not args.quiet:
            _print(f"{path}: {len(others)} files are not text and passed over, such as {others[0]}", sys.stdout)
        paths += texts
    # Asking for all the sizes also finds a missing file before the others are read.
    size = sum(os.path.getsize(path) for path in paths if path != STDIN)
    in_pieces = args.tokenizer == "regex" and args.pattern in KNOWN_PATTERNS
    with _bar(args, desc="reading", total=0 if STDIN in paths else size, unit="B", unit_scale=True) as bar:
        for path in paths:
            blocks = _decode(path, args.errors, bar)
            yield from _pieces(blocks) if in_pieces else ["".join(blocks)]


def _train(tokenizer: _Basic | _Regex, texts: Iterable[str], prefix: Path, args: argparse.Namespace) -> None:
    start = perf_counter()
    tokenizer.count(texts)
    num_bytes = sum(len(chunk) * count for chunk, count in tokenizer.chunks.items())
    if not num_bytes:
        raise ValueError("there is nothing to train on: the text is empty")
    with _bar(args, desc=prefix.name, total=args.vocab_size - 256, unit=" merges") as bar:
        for _ in tokenizer.train_steps((), args.vocab_size):
            bar.update()
    seconds = perf_counter() - start
    try:
        prefix.parent.mkdir(parents=True, exist_ok=True)
        tokenizer.save(prefix)
    except OSError as error:
        raise ValueError(f"cannot write {prefix}.model and {prefix}.vocab: {error.strerror or error}") from None
    if args.quiet:
        return
    # Adding up the counts of the steps would not do: "aaa" counts (a, a) twice, but merges one place.
    num_tokens = sum(
        len(apply_merges(chunk, tokenizer.merges.get)) * count for chunk, count in tokenizer.chunks.items()
    )
    _print(
        f"{prefix.name}: {len(tokenizer.merges):,} merges in {seconds:.1f} s; {num_bytes:,} bytes became "
        f"{num_tokens:,} tokens, {num_bytes / num_tokens:.2f} bytes per token",
        sys.stdout,
    )
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


# --- reading text


def _texts_below(folder: str, errors: str) -> tuple[list[str], list[str]]:
    """The files below `folder` in order of path: those that are text, and the others. Hidden ones are neither."""

    def fail(error: OSError) -> NoReturn:
        raise error  # os.walk by itself passes over a folder that it cannot read

    found: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]  # where os.walk goes on
        found += [Path(parent, name) for name in files if not name.startswith(".")]
    texts, others = [], []
    for path in sorted(found, key=Path.as_posix):
        if path.is_file():  # a pipe would have us wait
            (texts if _is_text(str(path), errors) else others).append(str(path))
    return texts, others


def _is_text(path: str, errors: str) -> bool:
    try:
        return all("\0" not in block for block in _decode(path, errors))
    except ValueError:
        return False


def _decode(path: str, errors: str, bar: tqdm | None = None) -> Iterator[str]:
    """The text of a file, block by block. ValueError with the place of bytes that are not UTF-8."""
    # Not "utf-8-sig": after a byte order mark, the places in its errors are too low by three.
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    at_start, end, block = True, 0, b"-"
    with nullcontext(sys.stdin.buffer) if path == STDIN else open(path, "rb") as file:
        while block:
            block = file.read(BLOCK)
            end += len(block)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                name = "standard input" if path == STDIN else path
                place = end - len(error.object) + error.start  # error.object begins with what the last block left over
                raise ValueError(
                    f"{name} is not UTF-8: byte 0x{error.object[error.start]:02x} at offset {place} "
                    f"({error.reason}); --errors replace goes on with U+FFFD instead"
                ) from None
            if text and at_start:
                text, at_start = text.removeprefix("\ufeff"), False
            yield text
            if bar is not None:
                bar.update(len(block))


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


if __name__ == "__main__":
    sys.exit(main())
