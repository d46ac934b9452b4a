"""Where text comes from: files, folders, globs and URLs, plain or compressed, with running text or with records.

A `Source` is one file and how to read it. `find` turns what a user names into sources; `opened` opens one,
decompressed. Where a file may be cut into blocks is the business of blocks.py.
"""

from __future__ import annotations

import codecs
import glob
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, NoReturn

STDIN = "-"
READ = 1 << 20  # bytes read at a time, and how much of a file in a folder is looked at to tell whether it is text
COMPRESSED = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma", ".zst": "zstd"}
RECORDS = (".jsonl", ".parquet")
EXTRA = 'which come with: pip install "minbpe-course[cluster]"'


class Source(NamedTuple):
    """One file, or URL, or "-" for standard input. `field` says where records have their text."""

    path: str
    field: str | None = None
    errors: str = "strict"  # or "replace": at what is not UTF-8
    data: bytes | None = None  # all of it, where it was read already because it can be read only once

    @property
    def name(self) -> str:
        """What to call it in an error."""
        return "standard input" if self.path == STDIN else self.path

    @property
    def compression(self) -> str | None:
        """The module that decompresses it."""
        return COMPRESSED.get(PurePosixPath(self.path).suffix.lower())

    @property
    def records(self) -> str | None:
        """ ".jsonl" or ".parquet"; None for running text."""
        path = PurePosixPath(self.path)
        suffix = PurePosixPath(path.stem).suffix if self.compression else path.suffix
        return suffix.lower() if suffix.lower() in RECORDS else None

    @property
    def is_url(self) -> bool:
        return "://" in self.path

    def size(self) -> int | None:
        """Its size in bytes, compressed as it is; None for what can be read only once, such as a pipe."""
        if self.path == STDIN or self.data is not None:
            return None
        if self.is_url:
            system, path = _file_system(self.path)
            return system.size(path)
        status = os.stat(self.path)
        return status.st_size if stat.S_ISREG(status.st_mode) else None


class Found(NamedTuple):
    """What `find` has found: what to read, and the files in a folder that are not text."""

    sources: list[Source]
    passed_over: list[str]


# --- finding


def find(path: str | os.PathLike[str], field: str | None = None, errors: str = "strict") -> Found:
    """The files that `path` names: a file, a folder, a glob such as "texts/*.txt", a URL of any of these, or "-".

    Files of a folder or a glob come in order of path. Those that are no text (not UTF-8, a NUL character, a
    tokenizer, records where no `field` is named) are passed over, and so is all whose name begins with a dot.
    ValueError where nothing is left, and for a file named outright that holds a tokenizer, or records without
    a field. OSError for a file that does not exist.
    """
    path = os.fspath(path)
    named = Source(path, field, errors)
    if path == STDIN:
        return Found([named], [])
    if (below := _files_below(path)) is None:
        if named.size() is not None and is_tokenizer(named):
            raise ValueError(f"{path} is a tokenizer, not text to train on")
        if named.records and not field:
            raise ValueError(f"{path} holds records: name the field that has the text (--field, field=)")
        return Found([named], [])
    sources, passed_over = [], []
    for file in below:
        source = Source(file, field, errors)
        if is_text(source):
            sources.append(source)
        else:
            passed_over.append(file)
    if not sources:
        hint = ""
        if records := next((file for file in passed_over if Source(file).records), None):
            hint = f"; {records} holds records: name the field that has the text (--field, field=)"
        what = "the folder" if os.path.isdir(path) else "what matches"
        raise ValueError(f"there is no text in {what} {path}{hint}")
    return Found(sources, passed_over)


def _files_below(path: str) -> list[str] | None:
    """The files of a folder or a glob in order of path; None where `path` is neither."""
    has_stars = any(sign in path for sign in "*?[")
    if "://" in path:
        system, inner = _file_system(path)
        if has_stars and not system.exists(inner):
            files = [file for file in system.glob(inner) if not system.isdir(file)]
        elif system.isdir(inner):
            files = system.find(inner)
        else:
            return None
        root = PurePosixPath(inner.partition("*")[0]).parent if has_stars else PurePosixPath(inner)
        shown = [file for file in files if not _is_hidden(PurePosixPath(file), root)]
        return [system.unstrip_protocol(file) for file in sorted(shown)]
    if os.path.isdir(path):
        return _walk(path)
    if has_stars and not os.path.exists(path):
        found = (_walk(match) if os.path.isdir(match) else [match] for match in glob.glob(path, recursive=True))
        return sorted({file for files in found for file in files}, key=lambda file: Path(file).as_posix())
    return None


def _is_hidden(file: PurePosixPath, root: PurePosixPath) -> bool:
    inside = file.relative_to(root) if file.is_relative_to(root) else file
    return any(part.startswith(".") for part in inside.parts)


def _walk(folder: str) -> list[str]:
    def fail(error: OSError) -> NoReturn:
        raise error  # os.walk by itself passes over a folder that it cannot read

    found: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]  # where os.walk goes on
        found += [Path(parent, name) for name in files if not name.startswith(".")]
    # A pipe would have us wait, so files only.
    return [str(path) for path in sorted(found, key=Path.as_posix) if path.is_file()]


def is_text(source: Source) -> bool:
    """Whether a file in a folder is text, or records with a field: judged by its first megabyte."""
    if source.records and not source.field:
        return False
    if source.records == ".parquet":
        return True
    try:
        with opened(source) as (file, _):
            beginning = file.read(READ)
            text = codecs.getincrementaldecoder("utf-8")(source.errors).decode(beginning, final=len(beginning) < READ)
    except ValueError:
        return False
    return "\0" not in text and not is_tokenizer(source)


def is_tokenizer(source: Source) -> bool:
    """Whether it is a model file of minbpe's, or the .vocab beside one."""
    if source.compression or source.records:
        return False
    path = source.path
    if path.endswith(".vocab") and is_tokenizer_beside(path):
        return True
    with opened(source) as (file, _):
        return file.read(11).splitlines()[:1] in ([b"minbpe v1"], [b"minbpe v2"])


def is_tokenizer_beside(path: str) -> bool:
    """Whether the .model that belongs to a .vocab is one."""
    with suppress(OSError):
        return is_tokenizer(Source(path.removesuffix(".vocab") + ".model"))
    return False


# --- opening


@contextmanager
def opened(source: Source) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The file twice: decompressed, to read from; and as it lies there, to tell how far one is.

    ValueError for compressed data that is damaged.
    """
    try:
        with _open(source) as raw:
            yield _decompressed(raw, source), raw
    except (EOFError, OSError, ValueError, zlib.error) as error:
        if _is_of_data(error, source):
            raise ValueError(f"{source.name} is damaged: {error}") from None
        raise
    except Exception as error:
        if type(error).__name__ in ("LZMAError", "ZstdError"):  # of modules that not every Python has
            raise ValueError(f"{source.name} is damaged: {error}") from None
        raise


def _is_of_data(error: Exception, source: Source) -> bool:
    """Whether reading failed because of what the file holds, and not because it cannot be read."""
    if source.compression is None or isinstance(error, UnicodeError):
        return False
    return isinstance(error, EOFError | zlib.error) or (isinstance(error, OSError) and error.errno is None)


def _open(source: Source) -> Any:
    path = source.path
    if source.data is not None:
        return BytesIO(source.data)
    if path == STDIN:
        if sys.stdin is None:
            raise ValueError("there is no standard input, it is closed")
        return nullcontext(sys.stdin.buffer)
    if "://" in path:
        system, inner = _file_system(path)
        return system.open(inner, "rb")
    return open(path, "rb")


def _decompressed(raw: IO[bytes], source: Source) -> IO[bytes]:
    if source.compression is None:
        return raw
    if source.compression == "zstd":
        return _open_zstd(raw, source)
    module: Any = __import__(source.compression)
    return module.open(raw)


def _open_zstd(raw: IO[bytes], source: Source) -> IO[bytes]:
    with suppress(ImportError):
        from compression import zstd  # Python 3.14

        return zstd.open(raw)
    try:
        import pyarrow
    except ImportError:
        raise ValueError(f"to read {source.name} takes Python 3.14 or pyarrow, {EXTRA}") from None
    return pyarrow.CompressedInputStream(raw, "zstd")


def _file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise ValueError(f"to read {url} takes fsspec and what it needs for such URLs, {EXTRA}") from None
    try:
        system, path = url_to_fs(url)
    except (ImportError, ValueError) as error:  # "Install s3fs to access S3", "Protocol not known: foo"
        raise ValueError(f"cannot read {url}: {error}") from None
    return system, path
