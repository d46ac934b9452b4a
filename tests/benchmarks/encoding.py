"""How long encoding to GPT-4's ids takes: with a new tokenizer (cold), and with one in use (warm).

Where a package gives other ids than tiktoken for one of the texts, the table says so.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import inputs
from measure import INSTALLED, Bound, Report, Stopwatch, Table, ratio, side_by_side

from minbpe import GPT4Tokenizer
from minbpe.interop import to_huggingface
from minbpe.vocabularies import get_encoding

if TYPE_CHECKING:
    import tokenizers

Encode = Callable[[str], list[int]]
COLUMNS = ["text", "minbpe", "tiktoken", "puretiktoken", "tokenizers", "gigatoken", "splintr", "tokie"]


def new_puretiktoken() -> Encode:
    import puretiktoken

    return puretiktoken.Encoding("cl100k_base").encode_ordinary


@cache
def huggingface() -> tokenizers.Tokenizer:
    return to_huggingface(GPT4Tokenizer())


def new_tokenizers() -> Encode:
    tokenizer = huggingface()  # takes seconds to build, so it is new only in that its cache is empty
    tokenizer.model._clear_cache()
    # a batch of one, because only batches come without the offsets, which nobody else works out
    return lambda text: tokenizer.encode_batch_fast([text], add_special_tokens=False)[0].ids


def new_gigatoken() -> Encode:
    import gigatoken

    # Its own encode() hands out an array, in less time still; here all make the same list of ints.
    return gigatoken.Tokenizer.from_tiktoken(rank_file()).as_tiktoken().encode_ordinary


@cache
def rank_file() -> Path:
    """cl100k_base as a .tiktoken file, under the name by which gigatoken knows its pattern."""
    path = Path(FOLDER.name, "cl100k_base.tiktoken")
    ranks = get_encoding("cl100k_base")._mergeable_ranks
    path.write_bytes(b"".join(b64encode(token) + b" %d\n" % rank for token, rank in ranks.items()))
    return path


def new_splintr() -> Encode:
    import splintr

    return splintr.Tokenizer.from_pretrained("cl100k_base").encode_ordinary  # it comes with the vocabulary


def new_tokie() -> Encode:
    import tokie

    tokenizer = tokie.Tokenizer.from_json(str(json_file()))
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


@cache
def json_file() -> Path:
    """cl100k_base as a tokenizer.json."""
    path = Path(FOLDER.name, "tokenizer.json")
    huggingface().save(str(path))
    return path


FOLDER = TemporaryDirectory()
NEW: dict[str, Callable[[], Encode]] = {
    "minbpe": lambda: GPT4Tokenizer().encode_ordinary,
    "tiktoken": lambda: get_encoding("cl100k_base").encode_ordinary,  # has no cache that could be cold
    "puretiktoken": new_puretiktoken,
}
NEWCOMERS = {"gigatoken": new_gigatoken, "splintr": new_splintr}
if "tokenizers" in INSTALLED:
    NEWCOMERS |= {"tokenizers": new_tokenizers, "tokie": new_tokie}  # tokie reads what tokenizers writes
NEW |= {name: new for name, new in NEWCOMERS.items() if name in INSTALLED}
OTHER_IDS = " (other ids)"


def measure(quick: bool) -> Report:
    """English, code and mixed languages, cold and warm."""
    code, mixed = "".join(inputs.python_sources(1_000_000)), inputs.mixed_languages()
    # The last is the most that minbpe may take of tiktoken's time. There are 43 KB of mixed languages, and
    # repeated they would not be cold after the first time; so cold they are alone.
    texts = [
        ("English", inputs.english(), inputs.english(), 1.0),
        ("code", code, code, 1.0),
        ("mixed languages", mixed, mixed * 16, 1 / 0.6),
    ]
    rows, bounds = [], []
    for name, text, warm_text, limit in texts:
        cold, warm = Stopwatch(), Stopwatch()
        for _ in range(5):
            for each, new in NEW.items():
                cold.time(each, new(), text)
        if cold.results["minbpe"] != cold.results["tiktoken"]:
            raise AssertionError(f"minbpe does not give the ids of tiktoken for {name}")
        marks = {each: OTHER_IDS for each, ids in cold.results.items() if ids != cold.results["tiktoken"]}
        used = {each: new() for each, new in NEW.items()}
        for _ in range(15):
            for each, encode in used.items():
                warm.time(each, encode, warm_text)
        rows.append([f"{name}, cold, {inputs.size_of(text)}", *side_by_side(cold.best, COLUMNS[1:], marks=marks)])
        rows.append([f"{name}, warm, {inputs.size_of(warm_text)}", *side_by_side(warm.best, COLUMNS[1:], marks=marks)])
        bounds.append(Bound(f"encoding, {name}, warm: time over tiktoken's", ratio(warm.best, "tiktoken"), limit))
    return [Table("Encoding to the ids of cl100k_base", COLUMNS, rows)], bounds
