"""How many tokens a text takes, and the longest beginning that takes no more than so many, as brute force has it."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minbpe import BasicTokenizer, RegexTokenizer, budget
from minbpe.corpora import load
from minbpe.patterns import GPT4O_SPLIT_PATTERN

WHITE = "   \n\t \r\n" * 40 + " \n" * 30 + "  " * 50


def trained(tokenizer):
    tokenizer.train([load("story")[:20_000], load("code")[:10_000], WHITE * 3, "naïve 안녕 😀😀 " * 50], 256 + 400)
    return tokenizer


TOKENIZERS = {
    "basic": trained(BasicTokenizer()),
    "gpt4": trained(RegexTokenizer()),
    "gpt4o": trained(RegexTokenizer(GPT4O_SPLIT_PATTERN)),
    "own": trained(RegexTokenizer(r"\w+|\s+|[^\w\s]+")),
}
EACH = pytest.mark.parametrize("tokenizer", TOKENIZERS.values(), ids=TOKENIZERS)


def longest_beginning(tokenizer, text, max_tokens):
    """Every beginning tried."""
    beginnings = [text[:end] for end in range(len(text) + 1)]
    return max((each for each in beginnings if len(tokenizer.encode_ordinary(each)) <= max_tokens), key=len)


pieces = st.sampled_from(
    [" ", "\n", " \n", "   ", "\t", "\r\n", "a", "the", " said", "'s", "é", "안녕", "😀", "12", ".", "//", "if ("]
)
texts = st.lists(pieces, max_size=20).map("".join) | st.text(max_size=30)


@EACH
@settings(max_examples=60)
@given(text=texts, max_tokens=st.integers(0, 20))
@example(text="\t  x", max_tokens=1)
@example(text=" \n \n  x", max_tokens=2)
def test_truncate_gives_the_longest_of_all_beginnings_that_fit(tokenizer, text, max_tokens):
    assert tokenizer.truncate(text, max_tokens) == longest_beginning(tokenizer, text, max_tokens)


@settings(max_examples=120)
@given(text=texts, max_tokens=st.integers(0, 20))
def test_a_long_chunk_is_cut_where_trying_every_place_would_cut_it(text, max_tokens):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "SHORT", 0)  # so that every chunk is a long one
        expected = longest_beginning(TOKENIZERS["basic"], text, max_tokens)
        assert TOKENIZERS["basic"].truncate(text, max_tokens) == expected


def test_where_a_long_chunk_is_cut_among_few_letters_where_tokens_depend_on_each_other_from_afar():
    choose = random.Random(3)
    tokenizer = BasicTokenizer()
    tokenizer.train("".join(choose.choices("ab", k=3000)), 256 + 60)
    for _ in range(6):
        text = "".join(choose.choices("ab", k=500))
        max_tokens = choose.randrange(100)
        assert tokenizer.truncate(text, max_tokens) == longest_beginning(tokenizer, text, max_tokens)


@settings(max_examples=40)
@given(text=texts, max_tokens=st.integers(0, 12))
def test_gpt4s_own_vocabulary_too(gpt4, text, max_tokens):
    assert gpt4.truncate(text, max_tokens) == longest_beginning(gpt4, text, max_tokens)


@EACH
def test_a_text_that_fits_stays_whole_and_one_that_does_not_is_used_to_the_last_token(tokenizer):
    text = load("english")[:4000]
    tokens = tokenizer.count(text)
    assert tokens == len(tokenizer.encode_ordinary(text))
    assert tokenizer.truncate(text, tokens) == tokenizer.truncate(text, 10**9) == text
    for max_tokens in (tokens - 1, tokens // 2, 10):
        cut = tokenizer.truncate(text, max_tokens)
        assert text.startswith(cut) and len(cut) < len(text)
        assert tokenizer.count(cut) <= max_tokens < tokenizer.count(text[: len(cut) + 1])


def test_special_tokens_are_counted_and_cut_as_ordinary_text(gpt4):
    assert gpt4.count("<|endoftext|>") == len(gpt4.encode("<|endoftext|>", allowed_special="none")) > 1
    assert gpt4.truncate("<|endoftext|>", 1) == "<"


def test_no_character_is_cut_in_two_and_no_pair_of_surrogates():
    tokenizer = RegexTokenizer()
    assert [tokenizer.truncate("é😀", most) for most in range(7)] == ["", "", "é", "é", "é", "é", "é😀"]
    assert [tokenizer.truncate("\ud83d\ude00", most) for most in range(5)] == ["", "", "", "", "😀"]


@pytest.mark.parametrize("max_tokens, error", [(-1, ValueError), (1.5, TypeError), ("3", TypeError), (None, TypeError)])
def test_a_limit_that_is_none_is_an_error_that_says_so(max_tokens, error):
    with pytest.raises(error, match="max_tokens must"):
        RegexTokenizer().truncate("a", max_tokens)


def test_a_text_without_a_place_to_cut_is_no_attack(gpt4):
    for tokenizer in (gpt4, TOKENIZERS["basic"]):
        start = time.process_time()
        cut = tokenizer.truncate("a" * 200_000, 1000)
        assert tokenizer.count(cut) == 1000
        assert time.process_time() - start < 20  # it takes about one; trying every place, hours
