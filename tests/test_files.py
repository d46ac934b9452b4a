"""Model files: minbpe's own format to the byte, a v2 for the rest, damage, and saves that are cut short.

`pytest --long` damages 10,000 files.
"""

from __future__ import annotations

import errno
import os
import random
import re
import subprocess
import sys
import time
import unicodedata
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minbpe import BasicTokenizer, RegexTokenizer, files
from minbpe.corpora import load
from minbpe.gpt4 import RankedTokenizer
from minbpe.patterns import GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN

END = "<|endoftext|>"
TEXTS = ["", "aaabdaaabac", "the woman said, it's\n\n 12345 😀", "l'été  \t\r\n", "<|a b|><|endoftext|>x", "\ufffd\x00"]
POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions and limits as POSIX has them")


def trained(pattern=None, special_tokens=None, merges=40):
    tokenizer = RegexTokenizer(pattern)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        tokenizer.train(load("story")[:3000] + load("unicode")[:500], 256 + merges)
    tokenizer.register_special_tokens(special_tokens or {})
    return tokenizer


def small(cls=RegexTokenizer):
    tokenizer = cls()
    tokenizer.train("aaabdaaabac", 256 + 3)
    return tokenizer


def everything_about(tokenizer):
    """All that a user can see of a tokenizer."""
    policy = {} if isinstance(tokenizer, BasicTokenizer) else {"allowed_special": "all"}
    return (
        tokenizer.pattern,
        list(tokenizer.special_tokens.items()),
        list(tokenizer.merges.items()),
        list(tokenizer.vocab.items()),
        [tokenizer.encode(text, **policy) for text in TEXTS],
    )


def saved(tokenizer, tmp_path, name="saved") -> Path:
    tokenizer.save(tmp_path / name)
    return tmp_path / f"{name}.model"


def loaded(path, cls=RegexTokenizer):
    tokenizer = cls()
    tokenizer.load(path)
    return tokenizer


@pytest.fixture
def unhurried_disk(monkeypatch):
    """For tests that save hundreds of times: do not wait each time until the disk has it."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


# The v1 format


def test_a_regex_tokenizer_is_saved_byte_for_byte_as_minbpe_saves_it(tmp_path):
    tokenizer = small()
    tokenizer.register_special_tokens({END: 100257, "<|fim|>": 1000, "😀": 1001})
    tokenizer.save(tmp_path / "tok")
    assert (tmp_path / "tok.model").read_bytes() == (
        b"minbpe v1\n"
        b"'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*"
        b"|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+\n"
        b"3\n"
        b"<|endoftext|> 100257\n"
        b"<|fim|> 1000\n"
        b"\xf0\x9f\x98\x80 1001\n"
        b"97 97\n"
        b"256 97\n"
        b"257 98\n"
    )


def test_a_basic_tokenizer_is_saved_byte_for_byte_as_minbpe_saves_it(tmp_path):
    small(BasicTokenizer).save(tmp_path / "tok")
    assert (tmp_path / "tok.model").read_bytes() == b"minbpe v1\n\n0\n97 97\n256 97\n257 98\n"


def test_an_untrained_tokenizer_is_saved_byte_for_byte_as_minbpe_saves_it(tmp_path):
    assert saved(BasicTokenizer(), tmp_path).read_bytes() == b"minbpe v1\n\n0\n"
    assert saved(RegexTokenizer("a b"), tmp_path).read_bytes() == b"minbpe v1\na b\n0\n"


def test_the_vocab_file_lists_every_token_and_what_it_was_merged_from_as_minbpe_does(tmp_path):
    tokenizer = RegexTokenizer()
    tokenizer.train("ééé aaab\n\n\n", 256 + 4)
    tokenizer.save(tmp_path / "tok")
    lines = (tmp_path / "tok.vocab").read_bytes().decode("utf-8").split("\n")

    def shown(token):
        text = token.decode("utf-8", errors="replace")
        return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c)[0] == "C" else c for c in text)

    halves = {idx: pair for pair, idx in tokenizer.merges.items()}
    expected = [f"[{shown(bytes([byte]))}] {byte}" for byte in range(256)]
    for idx, (a, b) in halves.items():
        token = tokenizer.vocab
        expected.append(f"[{shown(token[a])}][{shown(token[b])}] -> [{shown(token[idx])}] {idx}")
    assert lines == [*expected, ""]
    assert lines[0] == "[\\u0000] 0" and lines[97] == "[a] 97" and lines[200] == "[\ufffd] 200"
    assert lines[256] == "[\ufffd][\ufffd] -> [é] 256" and lines[258] == "[a][a] -> [aa] 258"
    assert lines[259] == "[\\u000a][\\u000a] -> [\\u000a\\u000a] 259"


def test_the_vocab_file_lists_special_tokens_each_on_one_line(tmp_path):
    tokenizer = small()
    tokenizer.register_special_tokens({END: 1000, "a\nb": 1001})
    tokenizer.save(tmp_path / "tok")
    lines = (tmp_path / "tok.vocab").read_text(encoding="utf-8").split("\n")
    assert lines[-4:] == ["[aaa][b] -> [aaab] 258", "[<|endoftext|>] 1000", "[a\\u000ab] 1001", ""]


def read_as_minbpe_reads(path):
    """minbpe's rules: readline and strip for the pattern, split for special tokens, ids that count up from 256."""
    with open(path, encoding="utf-8") as file:
        assert file.readline().strip() == "minbpe v1"
        pattern = file.readline().strip()
        special_tokens = {}
        for _ in range(int(file.readline().strip())):
            special, idx = file.readline().strip().split()
            special_tokens[special] = int(idx)
        merges = {tuple(map(int, line.split())): idx for idx, line in enumerate(file, 256)}
    return pattern, special_tokens, merges


@pytest.mark.parametrize(
    "pattern, special_tokens",
    [
        (None, {}),
        (None, {END: 1000}),
        (GPT2_SPLIT_PATTERN, {"<|😀|>": 1000, "é": 999}),
        (GPT4O_SPLIT_PATTERN, {END: 10**6, "#": 1001, "12": 1002}),
        (r"a b | c", {}),
        ("x\x85y\u2028z\x0bq", {}),
    ],
)
def test_v1_is_written_where_it_carries_the_tokenizer_without_loss(tmp_path, pattern, special_tokens):
    tokenizer = trained(pattern, special_tokens)
    path = saved(tokenizer, tmp_path)
    assert path.read_bytes().startswith(b"minbpe v1\n")
    assert read_as_minbpe_reads(path) == (tokenizer.pattern, special_tokens, tokenizer.merges)
    assert everything_about(loaded(path)) == everything_about(tokenizer)


@pytest.mark.parametrize(
    "pattern, special_tokens",
    [
        (None, {"<|a b|>": 1000}),
        (None, {" ": 1000}),
        (None, {"\n": 1000}),
        (None, {"a\r\nb": 1000, END: 1001}),
        (None, {"\t<tab>": 1000}),
        (None, {"\u3000": 1000}),
        (None, {"a\x85": 1000}),
        (None, {"a\u2028b": 1000}),
        (None, {"a\x1cb": 1000}),
        ("a\nb", {}),
        ("a\rb", {}),
        (" ?[a-z]+", {}),
        ("[a-z]+ ", {}),
        ("[a-z]+\u3000", {}),
        ("\n", {}),
        ("[\ud800]|a+", {}),
    ],
)
def test_v2_is_written_where_v1_would_lose_spaces_or_newlines(tmp_path, pattern, special_tokens):
    tokenizer = trained(pattern, special_tokens)
    path = saved(tokenizer, tmp_path)
    assert path.read_bytes().startswith(b"minbpe v2\n")
    assert everything_about(loaded(path)) == everything_about(tokenizer)


def test_v2_is_written_for_bytes_out_of_order(tmp_path):
    shuffle = [*range(255, -1, -1)]
    header = f'{{"pattern": "a+|b+", "special_tokens": {{"<s>": 300}}, "byte_shuffle": {shuffle}, "merges": 2}}'
    path = tmp_path / "shuffled.model"
    path.write_text(f"minbpe v2\n{header}\n158 158 256\n256 158 257\n", encoding="utf-8")
    tokenizer = loaded(path)
    assert tokenizer.encode("aaab<s>", allowed_special="all") == [257, 157, 300]
    assert tokenizer.decode([257, 157, 300]) == "aaab<s>"
    again = saved(tokenizer, tmp_path, "again")
    assert again.read_bytes().startswith(b"minbpe v2\n")
    assert everything_about(loaded(again)) == everything_about(tokenizer)


@pytest.mark.parametrize("first, second", [(256, 258), (257, 258), (400, 10**6)])
def test_v2_is_written_for_ids_with_gaps(tmp_path, first, second):
    header = '{"pattern": "a+|b+", "special_tokens": {"<s>": 300}, "byte_shuffle": null, "merges": 2}'
    path = tmp_path / "gaps.model"
    path.write_text(f"minbpe v2\n{header}\n97 97 {first}\n{first} 97 {second}\n", encoding="utf-8")
    tokenizer = loaded(path)
    assert tokenizer.encode("aaab<s>", allowed_special="all") == [second, 98, 300]
    again = saved(tokenizer, tmp_path, "again")
    assert again.read_bytes().startswith(b"minbpe v2\n")
    assert everything_about(loaded(again)) == everything_about(tokenizer)


def test_two_special_tokens_with_one_id_as_a_published_vocabulary_has_them_are_saved_and_loaded(tmp_path):
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256}
    tokenizer = RankedTokenizer(ranks, GPT4_SPLIT_PATTERN, {"<a>": 300, "<b>": 301, "<c>": 300, "<d>": 300})
    path = saved(tokenizer, tmp_path)
    assert path.read_bytes().startswith(b"minbpe v2\n")
    other = loaded(path)
    assert other.special_tokens == tokenizer.special_tokens
    assert other.encode("<d>ab<b><a>", allowed_special="all") == [300, 256, 301, 300]
    assert other.decode([300, 301]) == "<a><b>"
    assert saved(other, tmp_path, "again").read_bytes() == path.read_bytes()


# Round trips

alphabet = "ab \n\r\t\x85\u2028\u3000é😀<|>\\\"'{}[]1"
patterns_to_save = st.sampled_from([GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN, r"\w+|\s", " ?a+", "[^\n]+\n ", "(a)|b"])
special_names = st.dictionaries(
    st.text(alphabet=alphabet, min_size=1, max_size=5) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=3),
    st.integers(300, 10**9),
    max_size=4,
)


@pytest.mark.filterwarnings("ignore:the text has no pair left")
@settings(max_examples=120)
@given(
    pattern=patterns_to_save | st.text(alphabet=alphabet, max_size=6).map(re.escape),
    special_tokens=special_names,
    text=st.text(alphabet=alphabet, max_size=60),
    merges=st.integers(0, 20),
)
def test_a_loaded_tokenizer_encodes_exactly_as_the_saved_one(
    tmp_path, unhurried_disk, pattern, special_tokens, text, merges
):
    ids = {idx: name for name, idx in special_tokens.items()}
    special_tokens = {name: idx for idx, name in ids.items()}
    tokenizer = RegexTokenizer(pattern)
    tokenizer.train(text, 256 + merges)
    tokenizer.register_special_tokens(special_tokens)
    path = saved(tokenizer, tmp_path)
    other = small()
    other.register_special_tokens({"<|old|>": 1000})
    other.encode(text)
    other.load(path)
    assert everything_about(other) == everything_about(tokenizer)
    joined = text + "".join(special_tokens) + text
    for policy in ("all", "none"):
        assert other.encode(joined, policy) == tokenizer.encode(joined, policy)
        assert other.decode(other.encode(joined, policy)) == joined
    assert saved(other, tmp_path, "again").read_bytes() == path.read_bytes()
    if path.read_bytes().startswith(b"minbpe v1\n"):
        assert read_as_minbpe_reads(path) == (tokenizer.pattern, tokenizer.special_tokens, tokenizer.merges)


@pytest.mark.filterwarnings("ignore:the text has no pair left")
@settings(max_examples=50)
@given(text=st.text(alphabet=alphabet, max_size=60), merges=st.integers(0, 20))
def test_a_loaded_basic_tokenizer_encodes_exactly_as_the_saved_one(tmp_path, unhurried_disk, text, merges):
    tokenizer = BasicTokenizer()
    tokenizer.train(text, 256 + merges)
    path = saved(tokenizer, tmp_path)
    assert path.read_bytes().startswith(b"minbpe v1\n")
    other = loaded(path, BasicTokenizer)
    assert everything_about(other) == everything_about(tokenizer)
    assert other.encode(text) == tokenizer.encode(text)


def test_special_tokens_with_huge_ids_are_saved_and_loaded(tmp_path):
    tokenizer = trained(special_tokens={END: 10**18, "<|fim|>": 10**25})
    assert everything_about(loaded(saved(tokenizer, tmp_path))) == everything_about(tokenizer)


def test_saving_and_loading_take_a_str_or_a_path_and_a_prefix_with_dots(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tokenizer = small()
    for prefix in ["tok", Path("tok-1.0"), tmp_path / "my.model", "tok.vocab"]:
        tokenizer.save(prefix)
        assert Path(f"{prefix}.model").exists() and Path(f"{prefix}.vocab").exists()
        for path in (f"{prefix}.model", Path(f"{prefix}.model")):
            assert everything_about(loaded(path)) == everything_about(tokenizer)


@pytest.mark.parametrize("special_tokens", [{END: 1000}, {"a b": 1000}], ids=["v1", "v2"])
def test_files_with_windows_line_ends_load(tmp_path, special_tokens):
    tokenizer = trained(special_tokens=special_tokens)
    path = saved(tokenizer, tmp_path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert everything_about(loaded(path)) == everything_about(tokenizer)


def test_a_file_that_minbpe_wrote_loads_special_tokens_and_all(tmp_path):
    path = tmp_path / "minbpe.model"
    path.write_bytes(
        b"minbpe v1\n" + GPT4_SPLIT_PATTERN.encode() + b"\n5\n<|endoftext|> 100257\n<|fim_prefix|> 100258\n"
        b"<|fim_middle|> 100259\n<|fim_suffix|> 100260\n<|endofprompt|> 100276\n97 97\n256 97\n257 98\n"
    )
    tokenizer = loaded(path)
    assert tokenizer.encode("aaab<|endofprompt|>ab", allowed_special="all") == [258, 100276, 97, 98]
    assert tokenizer.decode([258, 100257]) == "aaab<|endoftext|>"
    assert tokenizer.special_tokens["<|fim_middle|>"] == 100259
    again = saved(tokenizer, tmp_path, "again")
    assert again.read_bytes() == path.read_bytes()


def test_loading_replaces_everything_that_was_there_before(tmp_path):
    path = saved(small(), tmp_path)
    tokenizer = trained(GPT2_SPLIT_PATTERN, {END: 1000})
    tokenizer.encode("aaab the woman")
    tokenizer.load(path)
    assert everything_about(tokenizer) == everything_about(small())


def random_tokenizer(choose: random.Random) -> RegexTokenizer:
    """Merges that no training made, ids with gaps, special tokens of any text, bytes in another order, any pattern."""
    tokenizer = RegexTokenizer(
        choose.choice([GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN, "", r"\w+|\s", " ?a+\n?", "(a)|b "])
    )
    merges, idx, tokens = {}, 255, list(range(256))
    for _ in range(choose.choice([0, 1, 5, 30])):
        pair = choose.choice(tokens[-20:] + list(b"ab \n")), choose.choice(tokens[-20:] + list(b"ab \n"))
        if pair not in merges and sum(len(str(half)) for half in pair) < 9:
            idx += choose.choice([1, 1, 1, 2, 50])
            merges[pair] = idx
            tokens.append(idx)
    shuffle = bytes(choose.sample(range(256), 256)) if choose.random() < 0.3 else bytes(range(256))
    tokenizer._use_merges(merges, shuffle)
    names = {"".join(choose.choices(alphabet + "xyz", k=choose.randint(1, 6))) for _ in range(choose.choice([0, 1, 4]))}
    tokenizer.register_special_tokens(
        {name: idx + 1 + choose.randrange(3) + 3 * n for n, name in enumerate(sorted(names))}
    )
    return tokenizer


def test_random_vocabularies_are_the_same_after_saving_and_loading(tmp_path, unhurried_disk, long):
    choose = random.Random(17)
    versions = set()
    for _ in range(5000 if long else 150):
        tokenizer = random_tokenizer(choose)
        path = saved(tokenizer, tmp_path)
        other = loaded(path)
        assert other == tokenizer
        text = "".join(
            choose.choices(["a", "b", "ab", " ", "\n", "é", "x", *tokenizer.special_tokens], k=choose.randint(0, 60))
        )
        for policy in ("all", "none"):
            ids = tokenizer.encode(text, policy)
            assert other.encode(text, policy) == ids
            assert other.decode(ids) == text
        versions.add(path.read_bytes()[:9])
    assert versions == {b"minbpe v1", b"minbpe v2"}


# The wrong file


def test_a_basic_tokenizer_refuses_a_file_with_a_pattern_or_special_tokens_and_says_what_loads_it(tmp_path):
    tokenizer = small(BasicTokenizer)
    before = everything_about(tokenizer)
    for other in [trained(), trained("", {END: 1000}), trained(None, {"a b": 1000})]:
        path = saved(other, tmp_path)
        with pytest.raises(ValueError, match=rf"{re.escape(str(path))}, line \d.*RegexTokenizer"):
            tokenizer.load(path)
        assert everything_about(tokenizer) == before


def test_a_regex_tokenizer_refuses_a_basic_tokenizers_file_or_encodes_as_it_does(tmp_path):
    basic = BasicTokenizer()
    basic.train(load("story"), 300)
    path = saved(basic, tmp_path)
    tokenizer = RegexTokenizer()
    try:
        tokenizer.load(path)
    except ValueError as error:
        assert "BasicTokenizer" in str(error)
    else:
        assert [tokenizer.encode(text) for text in TEXTS] == [basic.encode(text) for text in TEXTS]


@pytest.mark.parametrize("name", ["tok.vocab", "tok", "tok.model.txt", "tok.MODEL "])
def test_what_is_no_model_file_by_its_name_is_a_value_error_that_says_what_to_load(tmp_path, name):
    small().save(tmp_path / "tok")
    with pytest.raises(ValueError, match=rf"\.model file.*{re.escape(name)}"):
        RegexTokenizer().load(tmp_path / name)


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises((OSError, ValueError), match=r"missing\.model"):
        RegexTokenizer().load(tmp_path / "missing.model")


# Damaged files

V1 = "minbpe v1\na+|b+\n2\n<s> 1000\n<t> 1001\n97 97\n256 97\n98 98\n"
HEADER = '{"pattern": "a+|b+", "special_tokens": {"<s>": 1000}, "byte_shuffle": null, "merges": 2}'
V2 = f"minbpe v2\n{HEADER}\n97 97 256\n256 97 300\n"


def v1(old, new):
    assert V1.count(old) == 1, old
    return V1.replace(old, new)


def v2(old, new):
    assert V2.count(old) == 1, old
    return V2.replace(old, new)


def test_the_files_that_are_damaged_below_are_sound_themselves(tmp_path):
    for content in (V1, V2):
        path = tmp_path / "sound.model"
        path.write_text(content, encoding="utf-8", newline="")
        assert loaded(path).encode("aaa<s>", allowed_special="all")[-1] == 1000


DAMAGED = {
    "empty": ("", 1),
    "only a newline": ("\n", 1),
    "another format": ('{"version": "1.0"}\n', 1),
    "a version to come": (v1("minbpe v1", "minbpe v3"), 1),
    "byte order mark": ("\ufeff" + V1, 1),
    "v1: ends after the version": ("minbpe v1\n", 2),
    "v1: ends after the pattern": ("minbpe v1\na+\n", 3),
    "v1: ends among special tokens": (v1("\n<t> 1001\n97 97\n256 97\n98 98\n", "\n"), 5),
    "v1: breaks off in a line": (V1[:-2], 8),
    "v1: pattern is no pattern": (v1("a+|b+", "a+|(b"), 2),
    "v1: number of special tokens is none": (v1("\n2\n", "\ntwo\n"), 3),
    "v1: number of special tokens is negative": (v1("\n2\n", "\n-2\n"), 3),
    # One of the merges is taken for a special token, which it may be; but then no token is 256.
    "v1: fewer special tokens than announced": (v1("\n2\n", "\n3\n"), 7),
    "v1: more special tokens than announced": (v1("\n2\n", "\n1\n"), 5),
    "v1: special token without an id": (v1("<s> 1000", "<s>"), 4),
    "v1: special token with a strange id": (v1("<s> 1000", "<s> 1e3"), 4),
    "v1: special token without a name": (v1("<s> 1000", "1000"), 4),
    "v1: special token twice": (v1("<t> 1001", "<s> 1001"), 5),
    "v1: two special tokens with one id": (v1("<t> 1001", "<t> 1000"), 5),
    "v1: the first special token has the id of a byte": (v1("<s> 1000", "<s> 97"), 4),
    "v1: the first special token has the id of a merge": (v1("<s> 1000", "<s> 257"), 4),
    "v1: the second special token has the id of a merge": (v1("<t> 1001", "<t> 257"), 5),
    "v1: merge with one number": (v1("256 97", "256"), 7),
    "v1: merge with three numbers": (v1("256 97", "256 97 257"), 7),
    "v1: merge that is no number": (v1("256 97", "256 x"), 7),
    "v1: merge with a sign": (v1("256 97", "256 -97"), 7),
    "v1: merge with a digit of another script": (v1("256 97", "256 ٣"), 7),
    "v1: merge with a number beyond all": (v1("256 97", "256 " + "9" * 5000), 7),
    "v1: merge of an id that comes later": (v1("97 97\n256 97", "97 258\n256 97"), 6),
    "v1: merge of itself": (v1("256 97", "257 97"), 7),
    "v1: merged twice": (v1("98 98", "97 97"), 8),
    "v1: empty line": (v1("256 97", "\n256 97"), 7),
    "v1: two files in one": (V1 + V1, 9),
    "v2: ends after the version": ("minbpe v2\n", 2),
    "v2: no header": (v2(HEADER, "a+|b+"), 2),
    "v2: header breaks off": (v2(HEADER, HEADER[:-5]), 2),
    "v2: header is a list": (v2(HEADER, "[]"), 2),
    "v2: header is a number": (v2(HEADER, "7"), 2),
    "v2: header without a pattern": (v2('"pattern": "a+|b+", ', ""), 2),
    "v2: header without byte_shuffle": (v2('"byte_shuffle": null, ', ""), 2),
    "v2: pattern is a number": (v2('"a+|b+"', "5"), 2),
    "v2: pattern is no pattern": (v2('"a+|b+"', '"[a"'), 2),
    "v2: special tokens are a list": (v2('{"<s>": 1000}', '["<s>"]'), 2),
    "v2: special token with a strange id": (v2("1000", '"1000"'), 2),
    "v2: special token with half an id": (v2("1000", "1000.5"), 2),
    "v2: special token with no finite id": (v2("1000", "Infinity"), 2),
    "v2: special token with a negative id": (v2("1000", "-1000"), 2),
    "v2: special token with the id of a merge": (v2("1000", "300"), 2),
    "v2: special token is empty": (v2("<s>", ""), 2),
    "v2: special token is a surrogate": (v2("<s>", "\\ud800"), 2),
    "v2: byte_shuffle too short": (v2("null", "[0, 1, 2]"), 2),
    "v2: byte_shuffle with a byte twice": (v2("null", str([0, *range(255)])), 2),
    "v2: byte_shuffle beyond a byte": (v2("null", str([*range(255), 256])), 2),
    "v2: byte_shuffle is a text": (v2("null", '"abc"'), 2),
    "v2: byte_shuffle is a number": (v2("null", "256"), 2),
    "v2: byte_shuffle is a huge number": (v2("null", "1000000000000000"), 2),
    "v2: aliases is a list": (v2('"byte_shuffle"', '"aliases": ["<t>"], "byte_shuffle"'), 2),
    "v2: an alias for an id that no special token has": (
        v2('"byte_shuffle"', '"aliases": {"<t>": 9}, "byte_shuffle"'),
        2,
    ),
    "v2: an alias for a free id": (v2('"byte_shuffle"', '"aliases": {"<t>": 1001}, "byte_shuffle"'), 2),
    "v2: an alias that is a special token already": (
        v2('"byte_shuffle"', '"aliases": {"<s>": 1000}, "byte_shuffle"'),
        2,
    ),
    "v2: an empty alias": (v2('"byte_shuffle"', '"aliases": {"": 1000}, "byte_shuffle"'), 2),
    "v2: an alias that is no text": (v2('"byte_shuffle"', '"aliases": {"\\ud800": 1000}, "byte_shuffle"'), 2),
    "v2: two special tokens with one id": (v2('{"<s>": 1000}', '{"<s>": 1000, "<t>": 1000}'), 2),
    "v2: merges is no number": (v2('"merges": 2', '"merges": "2"'), 2),
    "v2: fewer merges announced": (v2('"merges": 2', '"merges": 1'), 2),
    "v2: more merges announced": (v2('"merges": 2', '"merges": 3'), 2),
    "v2: nested without end": (v2('"a+|b+"', "[" * 100_000), 2),
    "v2: merge with two numbers": (v2("256 97 300", "256 97"), 4),
    "v2: new id does not come after the one before": (v2("256 97 300", "256 97 256"), 4),
    "v2: new id is the id of a byte": (v2("97 97 256", "97 97 255"), 3),
    "v2: merge of an id in a gap": (v2("256 97 300", "257 97 300"), 4),
    "v2: breaks off in a line": (V2[:-1], 4),
}


@pytest.mark.parametrize("content, line", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_a_value_error_naming_file_and_line_and_changes_nothing(tmp_path, content, line):
    path = tmp_path / "damaged.model"
    path.write_text(content, encoding="utf-8", newline="")
    tokenizer = trained(special_tokens={END: 1000})
    before = everything_about(tokenizer)
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}, line {line}: ") as error:
        tokenizer.load(path)
    assert len(str(error.value)) < 1000
    assert everything_about(tokenizer) == before


@pytest.mark.parametrize("place, line", [(0, 1), (12, 2), (20, 4), (-2, 8)])
def test_a_file_that_is_not_utf8_is_a_value_error_naming_the_line(tmp_path, place, line):
    data = bytearray(V1.encode())
    data[place] = 0xFF
    path = tmp_path / "damaged.model"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"damaged\.model, line {line}: .*UTF-8"):
        RegexTokenizer().load(path)


LOAD_A_BOMB = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from minbpe import RegexTokenizer
tokenizer = RegexTokenizer()
tokenizer.train("aaabdaaabac", 259)
try:
    tokenizer.load(sys.argv[1])
except ValueError as error:
    print(tokenizer.encode("aaab"), error)
"""


@POSIX
def test_a_short_file_whose_tokens_would_fill_all_memory_is_a_value_error_that_changes_nothing(tmp_path):
    path = tmp_path / "bomb.model"
    doublings = "97 97\n" + "".join(f"{idx} {idx}\n" for idx in range(256, 300))  # the last token: 2⁴⁵ bytes
    path.write_text("minbpe v1\n\n0\n" + doublings, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", LOAD_A_BOMB, str(path)], capture_output=True, text=True)
    assert re.match(r"\[258\] .*bomb\.model, line \d+: ", done.stdout), done.stderr


def test_the_tokens_of_a_file_may_hold_a_quarter_of_a_gigabyte_together_and_no_more(tmp_path):
    """Each line doubles the token before it. No token is built: only the lengths are added up."""
    path = tmp_path / "doublings.model"
    lines = ["minbpe v1", "", "0", "97 97", *(f"{idx} {idx}" for idx in range(256, 256 + 26))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert len(files.load(path).merges) == 27  # 2 + 4 + ... + 2²⁷ bytes
    lines.append("282 282")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"doublings\.model, line 31: the tokens up to here hold more than 268,435,456 "
    ):
        files.load(path)


JUNK = [bytes([byte]) for byte in b'\n \r\x00\xff1-([{",\\?*'] + [b"null", b"97 98\n", b"minbpe v2\n", "é😀".encode()]


def damage(choose: random.Random, data: bytes) -> bytes:
    """`data` with one thing wrong, at times several."""
    for _ in range(choose.choice((1, 1, 1, 2, 3))):
        lines = data.split(b"\n")
        place, line = choose.randrange(len(data) + 1), choose.randrange(len(lines))
        match choose.randrange(10):
            case 0:
                data = data[:place] + bytes([choose.randrange(256)]) + data[place + 1 :]
            case 1:
                data = data[:place]
            case 2:
                del lines[line]
                data = b"\n".join(lines)
            case 3:
                lines.insert(choose.randrange(len(lines)), lines[line])
                data = b"\n".join(lines)
            case 4:
                other = choose.randrange(len(lines))
                lines[line], lines[other] = lines[other], lines[line]
                data = b"\n".join(lines)
            case 5 | 6:
                numbers = [*re.finditer(rb"\d+", data)]
                if numbers:
                    number = choose.choice(numbers)
                    value = int(number[0][:18])
                    news = [0, 1, 97, 255, 256, value + 1, value - 1, value * 10, 10 ** choose.randrange(25), -value]
                    data = data[: number.start()] + b"%d" % choose.choice(news) + data[number.end() :]
            case 7:
                data = data[:place] + choose.choice([*JUNK, bytes(choose.choices(range(256), k=5))]) + data[place:]
            case 8:
                data = data[:place] + data[place + choose.randint(1, 8) :]
            case 9:
                end = place + choose.randint(1, 40)
                data = data[:end] + data[place:]
    return data


def works(tokenizer, policy) -> None:
    """Fails unless what it encodes decodes to the text."""
    for text in TEXTS:
        assert tokenizer.decode(tokenizer.encode(text, **policy)) == text


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", ["v1", "v2", "v2 with shuffled bytes", "basic"])
def test_a_file_damaged_at_random_is_a_value_error_that_changes_nothing_or_a_tokenizer_that_works(
    tmp_path, unhurried_disk, kind, long
):
    choose = random.Random(kind)
    cls = BasicTokenizer if kind == "basic" else RegexTokenizer
    policy = {} if kind == "basic" else {"allowed_special": "all"}
    if kind == "basic":
        model = small(BasicTokenizer)
    elif kind == "v1":
        model = trained(special_tokens={END: 1000, "<|x|>": 1001}, merges=20)
    else:
        model = trained(r" ?\w+|[^\w]", {"<|a b|>": 1000, "<|x|>": 1001}, merges=20)
    sound = saved(model, tmp_path).read_bytes()
    if kind == "v2 with shuffled bytes":
        sound = sound.replace(b"null", str([byte ^ 1 for byte in range(256)]).encode(), 1)
    other = saved(small(cls), tmp_path, "other")
    path = tmp_path / "damaged.model"
    tokenizer = loaded(other, cls)
    before = everything_about(tokenizer)
    outcomes = {"refused": 0, "works": 0}
    for _ in range((10_000 if long else 1000) // 4):
        data = damage(choose, sound)
        path.write_bytes(data)
        try:
            tokenizer.load(path)
        except ValueError as error:
            assert re.match(rf"{re.escape(str(path))}, line \d+: ", str(error)), data
            assert everything_about(tokenizer) == before, data
            outcomes["refused"] += 1
        except BaseException as error:
            error.add_note(f"the file was {data!r}")
            raise
        else:
            works(tokenizer, policy)
            again = loaded(saved(tokenizer, tmp_path, "again"), cls)
            assert everything_about(again) == everything_about(tokenizer), data
            tokenizer.load(other)
            outcomes["works"] += 1
    assert min(outcomes.values()) > 0, outcomes  # both happen


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_pattern_damaged_at_random_is_a_value_error_or_loses_nothing(long):
    choose = random.Random(1)
    junk = [*"()[]{}|?*+\\^$.,-<>=!:&~PpLlNnRXKGuUV10 'ira"]
    junk += ["(?", "\\p{", "(?P<", "(?<", "(?(1)", "\\L<a>", "(?:", "{1,", "(?i)"]
    for _ in range(20_000 if long else 1500):
        start = choose.choice([GPT2_SPLIT_PATTERN, r"\w+|\s+", "(a)|(?<n>b)", "[a-c]{1,2}"])
        pattern = start
        for _ in range(choose.randint(1, 4)):
            place = choose.randrange(len(pattern) + 1)
            pattern = pattern[:place] + choose.choice(junk) + pattern[place + choose.randint(0, 2) :]
        try:
            tokenizer = RegexTokenizer(pattern)
        except ValueError:
            continue
        except BaseException as error:
            error.add_note(f"the pattern was {pattern!r}")
            raise
        assert tokenizer.decode(tokenizer.encode(TEXTS[2])) == TEXTS[2], pattern


# Saves that are cut short


@contextmanager
def failing_at(step: int, error: BaseException):
    """The file operation of that number fails with `error`. Yields the list of operations that were tried.

    It listens to what Python reports of every program ("audit events"), so it need not know how a file is saved.
    """
    tried: list[str] = []
    _listeners.append(lambda event: tried.append(event) or (len(tried) == step and _raise(error)))
    try:
        yield tried
    finally:
        _listeners.clear()


OPERATIONS = {"open", "os.rename", "os.chmod", "os.truncate", "os.link", "tempfile.mkstemp"}
_listeners: list = []


def _raise(error):
    raise error


def _audit(event, arguments):
    if _listeners and event in OPERATIONS:
        _listeners[0](event)


@pytest.fixture(scope="module")
def audited():
    sys.addaudithook(_audit)  # for good: Python has no way to take one off. Without a listener it does nothing.


@pytest.fixture
def saving(tmp_path):
    """A folder with a saved tokenizer, another tokenizer to save over it, and both as files."""
    folder = tmp_path / "folder"
    folder.mkdir()
    old, new = trained(), small()
    contents = {}
    for name, tokenizer in (("old", old), ("new", new)):
        tokenizer.save(tmp_path / name)
        contents[name] = tuple((tmp_path / f"{name}.{kind}").read_bytes() for kind in ("model", "vocab"))
    old.save(folder / "tok")
    return folder, new, contents


def found(folder):
    return tuple((folder / f"tok.{kind}").read_bytes() for kind in ("model", "vocab"))


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_save_that_fails_at_any_step_leaves_each_file_whole_and_no_other_file(saving, audited, error):
    folder, new, contents = saving
    step = 0
    while True:
        step += 1
        with failing_at(step, error) as tried:
            try:
                new.save(folder / "tok")
            except type(error) as raised:
                assert raised is error
            else:
                break
        model, vocab = found(folder)
        assert model in (contents["old"][0], contents["new"][0]), tried
        assert vocab in (contents["old"][1], contents["new"][1]), tried
        assert sorted(os.listdir(folder)) == ["tok.model", "tok.vocab"], tried
    assert step > 6  # there were steps to fail at
    assert found(folder) == contents["new"]


def test_a_save_that_fails_leaves_both_files_as_they_were(saving):
    folder, new, contents = saving
    (folder / "tok.vocab").unlink()
    (folder / "tok.vocab").mkdir()  # what cannot be replaced by a file
    with pytest.raises((OSError, ValueError)):
        new.save(folder / "tok")
    assert (folder / "tok.model").read_bytes() == contents["old"][0]
    assert sorted(os.listdir(folder)) == ["tok.model", "tok.vocab"]


def test_a_save_whose_data_does_not_reach_the_disk_leaves_the_old_files(saving, monkeypatch):
    folder, new, contents = saving

    def fail(handle):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error"):
        new.save(folder / "tok")
    assert found(folder) == contents["old"]
    assert sorted(os.listdir(folder)) == ["tok.model", "tok.vocab"]


@POSIX
@pytest.mark.parametrize("limit", [0, 10, 3000])
def test_a_save_on_a_disk_that_is_full_leaves_the_old_files(saving, limit):
    resource = pytest.importorskip("resource")
    folder, _, contents = saving
    new = trained(GPT2_SPLIT_PATTERN, merges=500)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(OSError):
            new.save(folder / "tok")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert found(folder) == contents["old"]
    assert sorted(os.listdir(folder)) == ["tok.model", "tok.vocab"]


SAVE_WITHOUT_END = """
import itertools, sys
from minbpe import RegexTokenizer
tokenizers = [RegexTokenizer(), RegexTokenizer()]
for tokenizer, name in zip(tokenizers, ("old", "new")):
    tokenizer.load(f"{sys.argv[1]}/../{name}.model")
print("saving", flush=True)
for tokenizer in itertools.cycle(tokenizers):
    tokenizer.save(f"{sys.argv[1]}/tok")
"""


def test_a_program_killed_while_it_saves_leaves_each_file_whole(saving):
    folder, _, contents = saving
    choose = random.Random(2)
    for _ in range(4):
        program = subprocess.Popen(
            [sys.executable, "-c", SAVE_WITHOUT_END, str(folder)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert program.stdout.readline() == "saving\n"
            time.sleep(choose.random() / 20)
        finally:
            program.kill()
            program.wait()
            program.stdout.close()
        model, vocab = found(folder)
        assert model in (contents["old"][0], contents["new"][0])
        assert vocab in (contents["old"][1], contents["new"][1])
        loaded(folder / "tok.model")


def test_saving_over_a_file_replaces_all_of_it(saving):
    folder, new, contents = saving
    new.save(folder / "tok")
    assert found(folder) == contents["new"]
    assert len(contents["new"][0]) < len(contents["old"][0])
    assert sorted(os.listdir(folder)) == ["tok.model", "tok.vocab"]


def test_saving_leaves_the_tokenizer_and_other_files_as_they_were(saving):
    folder, new, _ = saving
    (folder / "tok.model.txt").write_text("mine", encoding="utf-8")
    before = everything_about(new)
    new.save(folder / "tok")
    assert everything_about(new) == before
    assert (folder / "tok.model.txt").read_text(encoding="utf-8") == "mine"


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_saving_over_a_file_keeps_its_permissions(saving, mode):
    folder, new, contents = saving
    for kind in ("model", "vocab"):
        (folder / f"tok.{kind}").chmod(mode)
    new.save(folder / "tok")
    assert found(folder) == contents["new"]
    for kind in ("model", "vocab"):
        assert (folder / f"tok.{kind}").stat().st_mode & 0o777 == mode


@POSIX
@pytest.mark.parametrize("umask, mode", [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_a_new_file_has_the_permissions_that_any_new_file_has(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        small().save(tmp_path / "tok")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert (tmp_path / "tok.model").stat().st_mode & 0o777 == mode
    assert (tmp_path / "tok.vocab").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("prefix", ["models/", "", ".", "..", "models/.", "models/.."])
def test_a_prefix_that_names_a_folder_is_a_value_error_before_anything_is_written(tmp_path, monkeypatch, prefix):
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=rf"{re.escape(repr(prefix))} names a folder.*models/mine"):
        small().save(prefix)
    assert [path.name for path in tmp_path.rglob("*")] == ["models"]


def test_saving_to_a_symbolic_link_writes_the_file_that_it_leads_to(saving, tmp_path):
    folder, new, contents = saving
    links = tmp_path / "links"
    links.mkdir()
    for kind in ("model", "vocab"):
        try:
            (links / f"tok.{kind}").symlink_to(folder / f"tok.{kind}")
        except OSError:
            pytest.skip("no symbolic links here")
    new.save(links / "tok")
    assert all((links / f"tok.{kind}").is_symlink() for kind in ("model", "vocab"))
    assert found(folder) == found(links) == contents["new"]
    assert sorted(os.listdir(folder)) == sorted(os.listdir(links)) == ["tok.model", "tok.vocab"]
    (folder / "tok.model").unlink()
    new.save(links / "tok")  # the link leads to a file that is not there yet
    assert found(folder) == contents["new"]


@pytest.mark.parametrize("step", range(1, 8))
def test_an_error_in_saving_names_the_file_that_was_to_be_saved_and_no_other(saving, audited, step):
    folder, new, _ = saving
    with failing_at(step, OSError(errno.EIO, "Input/output error")), pytest.raises(OSError) as caught:
        new.save(folder / "tok")
    assert caught.value.filename in (str(folder / "tok.model"), str(folder / "tok.vocab"))
    assert ".part" not in str(caught.value)


def test_saving_into_a_folder_that_is_not_there_is_an_error_that_names_it_and_makes_nothing(tmp_path):
    with pytest.raises((OSError, ValueError), match="missing"):
        small().save(tmp_path / "missing" / "tok")
    assert os.listdir(tmp_path) == []


@POSIX
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write everywhere")
def test_saving_into_a_folder_without_leave_to_write_is_an_error_and_leaves_the_old_files(saving):
    folder, new, contents = saving
    folder.chmod(0o555)
    try:
        with pytest.raises(PermissionError):
            new.save(folder / "tok")
    finally:
        folder.chmod(0o755)
    assert found(folder) == contents["old"]
    assert sorted(os.listdir(folder)) == ["tok.model", "tok.vocab"]
