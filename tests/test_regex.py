"""Splitting by any pattern, special tokens, the cache of chunks, copies of tokenizers."""

from __future__ import annotations

import copy
import pickle
import re
import sys
import time
import tracemalloc

import pytest
import reference
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

import minbpe.regex
from minbpe import BasicTokenizer, GPT4Tokenizer, RegexTokenizer
from minbpe.corpora import load
from minbpe.patterns import (
    CL100K_SPLIT_PATTERN,
    GPT2_SPLIT_PATTERN,
    GPT4_SPLIT_PATTERN,
    GPT4O_SPLIT_PATTERN,
    Splitter,
)

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=[]), max_size=30)  # lone surrogates, too
END = "<|endoftext|>"


def trained(pattern=None, vocab_size=300, special_tokens=None):
    tokenizer = RegexTokenizer(pattern)
    tokenizer.train(load("story")[:20_000], vocab_size)
    tokenizer.register_special_tokens(special_tokens or {})
    return tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    """Read only."""
    return trained(special_tokens={END: 1000, "<|fim|>": 1001})


# The split pattern


def test_the_default_pattern_is_gpt4s():
    assert RegexTokenizer().pattern == RegexTokenizer(None).pattern == GPT4_SPLIT_PATTERN
    assert minbpe.regex.GPT4_SPLIT_PATTERN is GPT4_SPLIT_PATTERN
    assert minbpe.regex.GPT2_SPLIT_PATTERN is GPT2_SPLIT_PATTERN
    assert minbpe.regex.GPT4O_SPLIT_PATTERN is GPT4O_SPLIT_PATTERN


def test_merges_do_not_reach_across_the_chunks_of_the_pattern():
    words = RegexTokenizer()
    words.train("dog dog. dog! dog? dog", 256 + 3)
    assert [token for token in words.vocab.values() if b"dog" in token] == [b"dog", b" dog"]
    assert words.encode("dog.") == [*words.encode("dog"), ord(".")]


ODD_PATTERNS = {
    "capture groups": r"(\w)(\w*)|( )",
    "capture groups that repeat": r"(a|b)+|(?P<rest>[^ab])",
    "alternatives with groups that do not take part": r"(a)|(b)|(c)|.",
    "lookahead": r"\w+(?=!)|\w",
    "negative lookahead": r"[a-z]+(?![a-z])",
    "lookbehind": r"(?<=a)b+|(?<!a)c",
    "gaps": r"[a-z]+",
    "gaps at both ends": r"b",
    "nothing at all": r"never",
    "nothing, ever": r"(?!)",
    "only zero-width matches": r"(?=[A-Z])",
    "zero-width matches among others": r"a*",
    "word boundaries": r"\b",
    "the empty pattern": r"",
    "start and end": r"^|$",
    "reversed": r"(?r)[a-z]+",
    "reversed with gaps": r"(?r)ab",
    "reversed and zero-width": r"(?r)\b",
    "kept out": r"a\Kb",
    "kept out to the end": r"\w+\K",
    "overlap through keeping out": r"(?<=(ab)?)\w\K",
    "backreference": r"(\w)\1+|.",
    "recursion": r"\((?:[^()]|(?R))*\)",
    "atomic and possessive": r"(?>a+)b|\w++",
    "graphemes": r"\X",
    "newlines only": r"\n+",
    "dot that misses newlines": r".+",
    "continues where the last one ended": r"\Ga",
    "flags": r"(?ix) A | b # letters",
    "set operations": r"(?V1)[\w--[a-c]]+",
    "fuzzy": r"(?:abc){e<=1}",
}


@pytest.mark.parametrize("pattern", ODD_PATTERNS.values(), ids=ODD_PATTERNS)
@given(text=st.text(alphabet="aabbcA (!)\n\r é😀", max_size=20))
@settings(max_examples=60)
def test_a_pattern_with_groups_lookarounds_or_gaps_loses_nothing(pattern, text):
    splitter = Splitter(pattern)
    chunks = splitter.split(text)
    assert "".join(chunks) == text
    assert list(splitter.iterate(text)) == chunks
    tokenizer = RegexTokenizer(pattern)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("pattern", ODD_PATTERNS.values(), ids=ODD_PATTERNS)
@given(text=st.text(alphabet="aabbcA (!)\n\r é😀", max_size=20))
@settings(max_examples=40)
def test_no_chunk_is_empty_with_any_pattern(pattern, text):
    assert "" not in Splitter(pattern).split(text)


@pytest.mark.parametrize(
    ("pattern", "chunks"),
    [("(?=[A-Z])", ["xX xX"]), (r"\b", ["xX xX"]), ("x*", ["x", "X ", "x", "X"]), ("", ["xX xX"])],
)
def test_a_match_of_nothing_is_no_chunk_and_cuts_nothing(pattern, chunks):
    assert Splitter(pattern).split("xX xX") == chunks


def test_what_stands_between_two_matches_is_a_chunk():
    assert Splitter("[a-z]+").split("1ab22cd!") == ["1", "ab", "22", "cd", "!"]
    assert Splitter("never").split("all of it") == ["all of it"]


def test_groups_change_nothing_about_the_chunks():
    text = load("letters")[:2000]
    assert Splitter(r"(\w)(\w*)|(\W)").split(text) == Splitter(r"\w\w*|\W").split(text)


def test_the_gaps_of_a_pattern_are_trained_on_and_encoded_alike():
    tokenizer = RegexTokenizer(r"[a-z]+")
    tokenizer.train("ab1212cd1212ef1212", 256 + 2)
    assert b"1212" in tokenizer.vocab.values()
    assert len(tokenizer.encode("1212")) == 1


@pytest.mark.parametrize(
    "pattern, place",
    [("a(b", 3), ("[a", 2), ("a**", 2), ("ab\\", 3), ("(?<name", 7), (r"ab)", 2), ("(?P<1>a)", None), ("a{2,1}", None)],
)
def test_an_invalid_pattern_is_a_value_error_that_says_where(pattern, place):
    with pytest.raises(ValueError, match=re.escape(repr(pattern))) as error:
        RegexTokenizer(pattern)
    assert place is None or re.search(rf"character {place}\b", str(error.value))


@pytest.mark.parametrize("pattern", ["(" * 20_000 + "a" + ")" * 20_000, "a{99999999999999999999}"])
def test_a_pattern_too_large_is_a_value_error_and_not_pages_long(pattern):
    with pytest.raises(ValueError, match="pattern") as error:
        RegexTokenizer(pattern)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("pattern", [b"a+", 5, re.compile("a+"), ["a", "b"], {"a"}])
def test_a_pattern_that_is_no_str_is_a_type_error_that_names_it(pattern):
    with pytest.raises(TypeError, match=f"split pattern is a str, got {type(pattern).__name__}"):
        RegexTokenizer(pattern)


def test_a_long_run_of_one_character_splits_in_a_moment_with_each_known_pattern():
    for pattern in [GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, CL100K_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN]:
        for unit in [" ", "\n", " \n", "A", "a", "'", "1"]:
            text = unit * 200_000 + "."
            start = time.process_time()
            assert "".join(Splitter(pattern).split(text)) == text
            assert time.process_time() - start < 5  # it takes 0.02 s; going back over the run for each place, hours


def test_the_pattern_can_be_set_and_encode_save_and_load_agree_on_it(tmp_path):
    tokenizer = RegexTokenizer()
    tokenizer.train("ab ab ab12", 258)
    assert tokenizer.encode("xab") == [120, 256]
    tokenizer.pattern = r"xa|b"
    assert (tokenizer.pattern, tokenizer.encode("xab")) == (r"xa|b", list(b"xab"))
    tokenizer.save(tmp_path / "own")
    again = RegexTokenizer()
    again.load(tmp_path / "own.model")
    assert again == tokenizer and again.encode("xab") == list(b"xab")
    with pytest.raises(ValueError, match="not a regular expression"):
        tokenizer.pattern = "(a"
    assert tokenizer.pattern == r"xa|b"


def test_the_compiled_pattern_is_there_and_can_be_set_as_in_minbpe():
    tokenizer = RegexTokenizer(r"[a-z]+")
    assert tokenizer.compiled_pattern.findall("ab, cd") == ["ab", "cd"]
    tokenizer.compiled_pattern = regex.compile(r"\w+|\s")
    assert tokenizer.pattern == r"\w+|\s"
    assert list(tokenizer.chunks("ab cd")) == [b"ab", b" ", b"cd"]
    with pytest.raises(ValueError, match=r"flags: write them into the pattern, as in \(\?i\)"):
        tokenizer.compiled_pattern = regex.compile("a", regex.IGNORECASE)


class ShuffledForMinbpe(RegexTokenizer):
    """As minbpe's GPT4Tokenizer does it: another order of the bytes before the chunks are merged, undone after."""

    def __init__(self):
        super().__init__(pattern=GPT4_SPLIT_PATTERN)
        self.merges = {(1, 1): 256, (256, 2): 257}
        vocab = {idx: bytes([idx]) for idx in range(256)}
        for (p0, p1), idx in self.merges.items():
            vocab[idx] = vocab[p0] + vocab[p1]
        self.vocab = vocab
        self.register_special_tokens({END: 300})

    def _encode_chunk(self, text_bytes):
        return super()._encode_chunk(bytes((byte + 1) % 256 - 97 for byte in text_bytes))

    def decode(self, ids):
        text_bytes = b"".join(self.vocab[idx] for idx in ids)
        return bytes(byte + 96 for byte in text_bytes).decode("utf-8", errors="replace")


def test_a_subclass_that_encodes_chunks_in_its_own_way_as_for_minbpe_works():
    tokenizer = ShuffledForMinbpe()
    assert tokenizer.encode("aab") == [257]
    assert tokenizer.encode(f"aa{END}b", allowed_special="all") == [256, 300, 2]
    assert tokenizer.decode([257, 2]) == "aabb"


# A pattern that takes for ever

BACKTRACKING = r"\s+$|\S+"  # from each blank it looks at all that follow


def test_a_pattern_that_takes_too_long_is_a_value_error_that_says_so_where_a_time_is_set():
    tokenizer = RegexTokenizer(BACKTRACKING, timeout=0.2)
    text = " " * 20_000 + "x"
    for attempt in (tokenizer.encode, tokenizer.encode_ordinary, lambda text: tokenizer.train(text, 300)):
        start = time.process_time()
        with pytest.raises(ValueError, match=r"took more than 0\.2 seconds on a text of 20,001 characters"):
            attempt(text)
        assert time.process_time() - start < 5  # without: more than 8 s
    assert tokenizer.encode("a b") == list(b"a b")


def test_the_time_set_stays_for_another_pattern_and_for_copies():
    tokenizer = RegexTokenizer(timeout=0.2)
    assert tokenizer.encode(" " * 20_000 + "x")  # known patterns need none
    tokenizer.pattern = BACKTRACKING
    for each in (tokenizer, copy.copy(tokenizer), pickle.loads(pickle.dumps(tokenizer))):
        with pytest.raises(ValueError, match="seconds"):
            each.encode(" " * 20_000 + "x")


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_time_that_is_none_is_a_value_error(timeout):
    with pytest.raises(ValueError, match="timeout"):
        RegexTokenizer("a", timeout=timeout)


def test_matches_and_gaps_tells_which_chunks_the_pattern_did_not_match():
    assert list(Splitter("[a-z]+").matches_and_gaps("ab1cd")) == [("ab", True), ("1", False), ("cd", True)]
    assert list(Splitter(GPT4_SPLIT_PATTERN).matches_and_gaps("ab 1")) == [("ab", True), (" ", True), ("1", True)]


# Encoding


@given(text=ANY_TEXT)
def test_every_text_decodes_to_itself_as_tiktoken_repairs_it(tokenizer, text):
    repaired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert tokenizer.decode(tokenizer.encode(text)) == repaired
    assert tokenizer.decode(tokenizer.encode_ordinary(text)) == repaired
    assert tokenizer.decode_bytes(tokenizer.encode(text)) == repaired.encode("utf-8")


@given(text=ANY_TEXT)
@settings(max_examples=50)
def test_lone_surrogates_encode_as_tiktoken_encodes_them(gpt4, cl100k, text):
    for form in ["{}", "\ud800{}", "{}\udfff", "\ud83d{}\ude00", "\ud83d\ude00{}'\ude00s"]:
        broken = form.replace("{}", text)
        assert gpt4.encode(broken) == cl100k.encode(broken)


@given(text=st.text(alphabet="the woman said 's\n1", max_size=60))
def test_encoding_applies_the_earliest_learned_merge_first_in_each_chunk(tokenizer, text):
    chunks = Splitter(GPT4_SPLIT_PATTERN).split(text)
    expected = [idx for chunk in chunks for idx in reference.encode(chunk.encode(), tokenizer.merges)]
    assert tokenizer.encode(text) == tokenizer.encode_ordinary(text) == expected


def test_the_empty_text_has_no_ids(tokenizer):
    assert tokenizer.encode("") == tokenizer.encode_ordinary("") == tokenizer.encode("", allowed_special="all") == []
    assert tokenizer.decode([]) == ""


# Special tokens in a text


def test_a_special_token_is_never_found_unless_asked_for(tokenizer):
    text = f"a{END}b"
    assert 1000 not in tokenizer.encode_ordinary(text)
    assert tokenizer.decode(tokenizer.encode_ordinary(text)) == text


def test_all_makes_every_special_token_its_id(tokenizer):
    a, b = tokenizer.encode("a"), tokenizer.encode(" b")
    text = f"{END}a<|fim|><|fim|> b{END}"
    assert tokenizer.encode(text, allowed_special="all") == [1000, *a, 1001, 1001, *b, 1000]
    assert tokenizer.decode(tokenizer.encode(text, allowed_special="all")) == text


def test_none_encodes_special_tokens_as_ordinary_text(tokenizer):
    text = f"a{END}b<|fim|>"
    assert tokenizer.encode(text, allowed_special="none") == tokenizer.encode_ordinary(text)


def test_none_raise_is_the_default_and_refuses_special_tokens(tokenizer):
    for arguments in [{}, {"allowed_special": "none_raise"}]:
        with pytest.raises(ValueError, match=re.escape(END)):
            tokenizer.encode(f"a{END}b", **arguments)
        assert tokenizer.encode("a < | b", **arguments) == tokenizer.encode_ordinary("a < | b")


@pytest.mark.parametrize("collection", [set, frozenset, list, tuple, dict.fromkeys, iter])
def test_a_collection_allows_its_special_tokens_and_refuses_the_others(tokenizer, collection):
    assert tokenizer.encode(f"a{END}", allowed_special=collection([END])) == [*tokenizer.encode("a"), 1000]
    with pytest.raises(ValueError, match=r"<\|fim\|>"):
        tokenizer.encode(f"a{END}<|fim|>", allowed_special=collection([END]))


def test_the_empty_collection_refuses_every_special_token(tokenizer):
    with pytest.raises(ValueError, match=re.escape(END)):
        tokenizer.encode(END, allowed_special=set())


def test_unknown_names_in_the_collection_mean_nothing(tokenizer):
    allowed = {END, "unknown", "a", ""}
    assert tokenizer.encode(f"a unknown{END}", allowed_special=allowed) == [*tokenizer.encode("a unknown"), 1000]


@pytest.mark.parametrize("place", [0, 1, 7])
@pytest.mark.parametrize("before", ["é", "😀", "x", "\n", "\ud800"])
def test_a_special_token_not_allowed_is_a_value_error_naming_it_and_where_it_stands(tokenizer, place, before):
    with pytest.raises(ValueError, match=rf"'<\|endoftext\|>' at character {place}\b"):
        tokenizer.encode(before * place + END + "<|fim|>")


def test_the_first_special_token_that_is_not_allowed_is_named(tokenizer):
    with pytest.raises(ValueError, match=r"'<\|fim\|>' at character 13\b"):
        tokenizer.encode(f"{END}<|fim|>{END}<|fim|>", allowed_special={END})


def test_the_place_of_a_special_token_is_its_place_in_the_text_also_after_surrogate_pairs(tokenizer):
    text = "\ud83d\ude00\ud83d\ude00" + END
    with pytest.raises(ValueError, match=rf"at character {text.index(END)}\b"):
        tokenizer.encode(text)


@pytest.mark.parametrize("name", [END, "<|fim|>", "some", "", "ALL", "All"])
def test_a_single_str_is_refused_rather_than_taken_for_a_collection_of_characters(tokenizer, name):
    with pytest.raises(ValueError, match=re.escape(f"{{{name!r}}}")):
        tokenizer.encode("a", allowed_special=name)


@pytest.mark.parametrize("allowed", [None, 5, True, [["a"]]])
def test_an_allowed_special_of_another_type_is_a_type_error(tokenizer, allowed):
    with pytest.raises(TypeError, match="allowed_special"):
        tokenizer.encode("a", allowed_special=allowed)


def test_allowed_special_is_checked_also_where_there_are_no_special_tokens():
    with pytest.raises(ValueError, match="allowed_special"):
        RegexTokenizer().encode("a", allowed_special="everything")
    with pytest.raises(TypeError, match="allowed_special"):
        RegexTokenizer().encode("a", allowed_special=7)


@pytest.mark.parametrize("names", [["<a>", "<a><b>"], ["<a><b>", "<a>"]])
def test_the_longest_special_token_wins_where_two_begin_together(names):
    tokenizer = trained(special_tokens={name: 1000 + len(name) for name in names})
    assert tokenizer.encode("<a><b>", allowed_special="all") == [1006]
    assert tokenizer.encode("<a><a><b><b>", allowed_special="all")[:2] == [1003, 1006]
    with pytest.raises(ValueError, match="'<a><b>' at character 0"):
        tokenizer.encode("<a><b>", allowed_special={"<a>"})


def test_of_special_tokens_that_overlap_the_one_that_begins_first_is_found():
    tokenizer = trained(special_tokens={"ab": 1000, "bcd": 1001, "d": 1002})
    assert tokenizer.encode("abcd", allowed_special="all") == [1000, ord("c"), 1002]
    assert tokenizer.encode("bcd", allowed_special="all") == [1001]


@given(
    names=st.lists(st.text(alphabet="ab<.*|", min_size=1, max_size=4), min_size=1, max_size=5, unique=True),
    text=st.text(alphabet="ab<.*|\n", max_size=15),
)
def test_special_tokens_are_found_from_left_to_right_the_longest_first(names, text):
    tokenizer = RegexTokenizer()
    tokenizer.register_special_tokens({name: 1000 + place for place, name in enumerate(names)})
    expected, place = [], 0
    while place < len(text):
        found = max((name for name in names if text.startswith(name, place)), key=len, default=None)
        expected.append(ord(text[place]) if found is None else tokenizer.special_tokens[found])
        place += len(found or "a")
    assert tokenizer.encode(text, allowed_special="all") == expected
    assert tokenizer.decode(expected) == text


def test_special_tokens_are_never_merged():
    tokenizer = RegexTokenizer(r"[\s\S]+")
    tokenizer.register_special_tokens({END: 1000})
    tokenizer.train(END * 50, 256 + 8)
    ids = tokenizer.encode("x" + END * 3 + "x", allowed_special="all")
    assert ids == [ord("x"), 1000, 1000, 1000, ord("x")]


@pytest.mark.parametrize(
    "name", [".*", "[a]", "(a|b)", "a+", "\\d", "^", "$", "{", "?", "#", " ", "\n", "a b", "-", "😀", "é", "\x00"]
)
def test_a_special_token_means_its_characters_not_a_regular_expression(name):
    tokenizer = trained(special_tokens={name: 1000})
    text = f"xyz{name}9"
    assert tokenizer.encode(text, allowed_special="all") == [*tokenizer.encode("xyz", "none"), 1000, ord("9")]
    assert tokenizer.encode("xyz9", allowed_special="none_raise") == tokenizer.encode_ordinary("xyz9")


def test_training_keeps_the_special_tokens():
    tokenizer = RegexTokenizer()
    tokenizer.register_special_tokens({END: 1000})
    tokenizer.train("abab", 258)
    assert tokenizer.encode(f"abab{END}", allowed_special="all") == [257, 1000]


# Special tokens at registration


def test_special_tokens_registered_later_replace_those_before():
    tokenizer = trained(special_tokens={"<a>": 1000})
    tokenizer.register_special_tokens({"<b>": 1000})
    assert tokenizer.encode("<b>", allowed_special="all") == [1000]
    assert tokenizer.encode("<a>") == tokenizer.encode_ordinary("<a>")
    assert tokenizer.decode([1000]) == "<b>"
    tokenizer.register_special_tokens({})
    with pytest.raises(ValueError, match="1000"):
        tokenizer.decode([1000])


def test_the_dict_that_was_registered_may_be_changed_afterwards():
    names = {"<a>": 1000}
    tokenizer = trained(special_tokens=names)
    names["<b>"] = 1001
    assert tokenizer.special_tokens == {"<a>": 1000}


def test_an_id_between_the_tokens_is_free_if_no_token_has_it():
    tokenizer = trained(vocab_size=300, special_tokens={"<a>": 300})
    assert tokenizer.encode("<a>", allowed_special="all") == [300]


@pytest.mark.parametrize(
    "special_tokens, message",
    [
        ({"": 1000}, "empty"),
        ({"<a>": 1000, "": 1001}, "empty"),
        ({"<a>": 97}, r"'<a>'.*id 97.*taken"),
        ({"<a>": 0}, r"'<a>'.*id 0.*taken"),
        ({"<a>": 299}, r"'<a>'.*id 299.*taken"),
        ({"<a>": 1000, "<b>": 1000}, r"'<a>'.*'<b>'.*1000"),
        ({"<a>": -1}, r"'<a>'.*-1"),
        ({"\ud800": 1000}, "surrogate"),
        ({"<\ud83d\ude00>": 1000}, "surrogate"),
    ],
)
def test_special_tokens_that_cannot_be_are_a_value_error_at_registration_that_changes_nothing(special_tokens, message):
    tokenizer = trained(special_tokens={"<old>": 500})
    with pytest.raises(ValueError, match=message):
        tokenizer.register_special_tokens(special_tokens)
    assert tokenizer.special_tokens == {"<old>": 500}
    assert tokenizer.encode("<old>", allowed_special="all") == [500]


@pytest.mark.parametrize(
    "special_tokens", [["<a>"], None, "<a>", {"<a>": "1000"}, {"<a>": 1000.0}, {"<a>": None}, {5: 1000}, {"<a>": True}]
)
def test_special_tokens_of_another_type_are_a_type_error_that_changes_nothing(special_tokens):
    tokenizer = trained(special_tokens={"<old>": 500})
    with pytest.raises(TypeError, match="special tokens"):
        tokenizer.register_special_tokens(special_tokens)
    assert tokenizer.special_tokens == {"<old>": 500}


def test_the_base_class_of_special_tokens_is_no_basic_tokenizer():
    assert not hasattr(BasicTokenizer(), "register_special_tokens")


def test_special_tokens_can_be_set_which_registers_them():
    tokenizer = trained()
    tokenizer.special_tokens = {"<a>": 1000}
    assert tokenizer.encode("x<a>", allowed_special="all") == [120, 1000]
    assert tokenizer.decode([1000]) == "<a>"
    with pytest.raises(ValueError, match="taken"):
        tokenizer.special_tokens = {"<a>": 97}
    tokenizer.merges = {(97, 98): 256}
    assert tokenizer.encode("ab<a>", allowed_special="all") == [256, 1000]
    with pytest.raises(ValueError, match="id 1000, which another token has"):
        tokenizer.merges = {(97, 98): 1000}


# The cache


def test_the_cache_of_chunks_is_bounded_in_bytes_and_in_the_length_of_a_chunk(monkeypatch):
    monkeypatch.setattr(minbpe.regex, "CACHE_BYTES", 2500)
    monkeypatch.setattr(minbpe.regex, "CACHE_CHARACTERS", 4)
    tokenizer = trained()
    most = 0
    for number in range(300):
        tokenizer.encode(f"word{number} ab{number} x{'y' * number} 😀")
        most = max(most, len(tokenizer._cache))
        assert sum(sys.getsizeof(chunk) + sys.getsizeof(ids) for chunk, ids in tokenizer._cache.items()) <= 2500
        assert all(len(chunk) <= 4 for chunk in tokenizer._cache)
    assert most > 5  # it does remember something


@pytest.mark.parametrize(
    "make", [lambda number: f"{number:06}" + "😀" * 22, lambda number: f" {number:06}".replace("0", "o")]
)
def test_hostile_and_short_chunks_fill_no_more_memory_than_is_said(monkeypatch, make):
    monkeypatch.setattr(minbpe.regex, "CACHE_BYTES", 400_000)
    tokenizer = RegexTokenizer(r"(?s).+")
    tokenizer.encode("x")
    tracemalloc.start()
    most = remembered = 0
    for number in range(3000):
        tokenizer.encode_ordinary(make(number))
        most = max(most, tracemalloc.get_traced_memory()[0])
        remembered = max(remembered, len(tokenizer._cache))
    tracemalloc.stop()
    assert most < 500_000
    assert remembered > 300


@given(texts=st.lists(st.text(alphabet="the said é😀 's1\n", max_size=20), min_size=1, max_size=10))
@settings(max_examples=50)
def test_the_cache_never_changes_a_result(texts):
    fresh = trained(vocab_size=280)
    merges = fresh.merges
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minbpe.regex, "CACHE_BYTES", 600)  # three chunks or so
        for text in [*texts, *texts]:
            chunks = Splitter(GPT4_SPLIT_PATTERN).split(text)
            assert fresh.encode(text) == [idx for chunk in chunks for idx in reference.encode(chunk.encode(), merges)]


def test_changing_the_ids_that_encode_returned_changes_nothing_for_the_next_caller():
    tokenizer = trained(special_tokens={END: 1000})
    for encode in (tokenizer.encode, tokenizer.encode_ordinary, lambda text: tokenizer.encode(text, "all")):
        for text in ["the", "the woman said", "x" * 200]:
            first = encode(text)
            expected = list(first)
            first.clear()
            again = encode(text)
            assert again == expected
            again[0] = -5
            assert encode(text) == expected


def test_registering_special_tokens_after_encoding_takes_effect_at_once():
    tokenizer = trained()
    assert 1000 not in tokenizer.encode(f"a{END}")
    tokenizer.register_special_tokens({END: 1000})
    assert tokenizer.encode(f"a{END}", allowed_special="all")[-1] == 1000


def test_loading_after_encoding_forgets_the_chunks_seen(tmp_path):
    untrained = RegexTokenizer()
    untrained.save(tmp_path / "untrained")
    tokenizer = trained()
    assert tokenizer.encode("the") != list(b"the")
    tokenizer.load(tmp_path / "untrained.model")
    assert tokenizer.encode("the") == list(b"the")


# Copies


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda tokenizer: pickle.loads(pickle.dumps(tokenizer))])
@pytest.mark.parametrize(
    "make",
    [
        BasicTokenizer,
        RegexTokenizer,
        trained,
        lambda: trained(GPT4O_SPLIT_PATTERN, special_tokens={END: 1000}),
        lambda: trained(r"(?r)(\w+)|[^\w]+", special_tokens={"<a b>": 1000}),
        GPT4Tokenizer,
    ],
    ids=["basic", "regex", "trained", "special", "own pattern", "gpt4"],
)
def test_a_tokenizer_can_be_pickled_and_copied(make, copied):
    tokenizer = make()
    texts = ["the woman said, it's 12345 😀\n\n", "x" * 200, load("unicode")[:500]]
    ids = [tokenizer.encode(text) for text in texts]
    clone = copied(tokenizer)
    assert type(clone) is type(tokenizer)
    assert (clone.pattern, clone.special_tokens) == (tokenizer.pattern, tokenizer.special_tokens)
    assert clone.vocab == tokenizer.vocab
    assert [clone.encode(text) for text in texts] == ids
    assert [clone.decode(each) for each in ids] == texts


def test_training_a_copy_leaves_the_original_as_it_was():
    tokenizer = trained(special_tokens={END: 1000})
    ids = tokenizer.encode("the woman said")
    clone = copy.deepcopy(tokenizer)
    clone.train("xyxy", 258)
    clone.register_special_tokens({})
    assert tokenizer.encode("the woman said") == ids
    assert tokenizer.special_tokens == {END: 1000}


@pytest.mark.parametrize("text", [None, b"text", 5, ["text"]])
@pytest.mark.parametrize("policy", ["all", "none", "none_raise", {END}])
def test_encoding_what_is_no_str_is_a_type_error_under_every_policy(tokenizer, text, policy):
    with pytest.raises(TypeError, match=f"str.*{type(text).__name__}"):
        tokenizer.encode(text, allowed_special=policy)
    with pytest.raises(TypeError, match=f"str.*{type(text).__name__}"):
        tokenizer.encode_ordinary(text)
