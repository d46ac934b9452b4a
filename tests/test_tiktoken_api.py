"""What tiktoken has as well behaves as tiktoken's: on its own vocabularies, and on one trained here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minbpe import BasicTokenizer, RegexTokenizer
from minbpe.corpora import load
from minbpe.gpt4 import published
from minbpe.tiktoken_api import UnknownTokenError
from minbpe.vocabularies import get_encoding

END, FIM = "<|endoftext|>", "<|fim_prefix|>"
parts = st.sampled_from([END, FIM, "<|endofprompt|>", "<|fim", "|>", "the ", " a", "é", "안녕", "😀", "\n ", "12345"])
texts = st.text(max_size=20) | st.lists(parts, max_size=6).map("".join)


def outcome(call, *arguments, **options):
    """What a call gives, or that it raised a ValueError or a KeyError."""
    try:
        return call(*arguments, **options)
    except (ValueError, KeyError):
        return "an error"


# Several texts at once


@given(batch=st.lists(texts, max_size=5))
def test_batches_are_encoded_and_decoded_as_tiktoken_does(gpt4, cl100k, batch):
    assert gpt4.encode_ordinary_batch(batch) == cl100k.encode_ordinary_batch(batch)
    ids = gpt4.encode_batch(batch, allowed_special="all")
    assert ids == cl100k.encode_batch(batch, allowed_special="all")
    assert gpt4.decode_batch(ids) == cl100k.decode_batch(ids) == batch
    assert outcome(gpt4.encode_batch, batch) == outcome(cl100k.encode_batch, batch)
    assert gpt4.encode_batch(batch, num_threads=2, disallowed_special=()) == gpt4.encode_ordinary_batch(batch)


@given(batch=st.lists(st.lists(st.integers(0, 100255), max_size=5), max_size=4))
def test_batches_of_any_ids_are_decoded_as_tiktoken_does(gpt4, cl100k, batch):
    for errors in ("replace", "ignore", "strict"):
        ours = outcome(gpt4.decode_batch, batch, errors=errors)
        assert ours == outcome(cl100k.decode_batch, batch, errors=errors)


def test_many_threads_may_use_one_tokenizer(cl100k):
    tokenizer = published("cl100k_base")  # a fresh one, so that the threads fill its cache together
    text = load("english") + load("code")
    pieces = [text[start : start + 400] for start in range(0, 60_000, 400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: tokenizer.encode_ordinary_batch(pieces[number % 5 :: 5]), range(20)))
        decoded = list(pool.map(tokenizer.decode_batch, found))
    for number, ids in enumerate(found):
        assert ids == cl100k.encode_ordinary_batch(pieces[number % 5 :: 5])
        assert decoded[number] == pieces[number % 5 :: 5]


def test_a_batch_is_a_list_of_texts_not_a_text():
    for encode in (BasicTokenizer().encode_batch, RegexTokenizer().encode_ordinary_batch):
        with pytest.raises(TypeError, match="list of texts"):
            encode("text")


# Special tokens: allowed, disallowed, neither

some_specials = st.sets(st.sampled_from([END, FIM, "<|endofprompt|>"]))


@settings(max_examples=300)
@given(
    text=texts,
    allowed=st.just("all") | some_specials,
    disallowed=st.just("all") | some_specials | st.sets(st.sampled_from([END, "the", "é"])),
)
def test_allowed_and_disallowed_special_tokens_mean_what_they_mean_to_tiktoken(gpt4, cl100k, text, allowed, disallowed):
    options = {"allowed_special": allowed, "disallowed_special": disallowed}
    assert outcome(gpt4.encode, text, **options) == outcome(cl100k.encode, text, **options)


def test_with_none_disallowed_a_special_token_that_is_not_allowed_is_ordinary_text(gpt4):
    text = f"a{END}b{FIM}"
    assert gpt4.encode(text, disallowed_special=()) == gpt4.encode_ordinary(text)
    ids = gpt4.encode(text, allowed_special={FIM}, disallowed_special=())
    assert ids == [*gpt4.encode_ordinary(f"a{END}b"), 100258]
    with pytest.raises(ValueError, match="character 1"):
        gpt4.encode(text, allowed_special="none", disallowed_special="all")


@pytest.mark.parametrize(
    "disallowed, error", [(END, ValueError), ("none", ValueError), (5, TypeError), ([["a"]], TypeError)]
)
def test_a_disallowed_special_of_another_kind_is_an_error_that_names_it(gpt4, disallowed, error):
    with pytest.raises(error, match="disallowed_special"):
        gpt4.encode("a", disallowed_special=disallowed)


# Single tokens


def test_every_token_has_the_id_and_the_bytes_that_tiktoken_has_for_it(gpt4, cl100k):
    for idx in [*range(0, 100256, 7), *gpt4.special_tokens.values()]:
        token = gpt4.decode_single_token_bytes(idx)
        assert token == cl100k.decode_single_token_bytes(idx)
        assert gpt4.encode_single_token(token) == cl100k.encode_single_token(token) == idx
    for text in ["hello", " world", END, "안"]:
        assert outcome(gpt4.encode_single_token, text) == outcome(cl100k.encode_single_token, text)
    assert gpt4.token_byte_values() == cl100k.token_byte_values()


@pytest.mark.parametrize("unknown", ["hello world and all", b"\xff\xfe\xfd", "", b"", "<|endoftext"])
def test_what_is_no_single_token_is_an_error_that_names_it(gpt4, cl100k, unknown):
    with pytest.raises(KeyError):
        cl100k.encode_single_token(unknown)
    for kind in (KeyError, ValueError, UnknownTokenError):  # as tiktoken's, and as every error here
        with pytest.raises(kind) as caught:
            gpt4.encode_single_token(unknown)
        assert str(caught.value) == f"there is no token {unknown!r}"


@pytest.mark.parametrize("unknown", [100256, 100261, 10**9, 2**70, -1])
def test_an_id_that_no_token_has_is_an_error_that_names_it(gpt4, unknown):
    for kind in (KeyError, ValueError):
        with pytest.raises(kind, match=f"no token has the id {unknown} "):
            gpt4.decode_single_token_bytes(unknown)


def test_single_tokens_follow_when_the_vocabulary_changes():
    tokenizer = RegexTokenizer()
    tokenizer.train("abab", 257)
    assert tokenizer.encode_single_token("ab") == 256
    tokenizer.train("xyxyxy", 258)
    assert tokenizer.encode_single_token(b"xyxy") == 257
    with pytest.raises(ValueError, match="'ab'"):
        tokenizer.encode_single_token("ab")
    tokenizer.vocab = {**tokenizer.vocab, 257: b"other"}
    assert tokenizer.encode_single_token("other") == 257


# Where tokens stand in the text


@given(text=texts)
def test_the_places_of_tokens_are_those_that_tiktoken_gives(gpt4, cl100k, text):
    ids = gpt4.encode(text, allowed_special="all")
    assert gpt4.decode_with_offsets(ids) == cl100k.decode_with_offsets(ids)


@given(ids=st.lists(st.integers(0, 100255) | st.just(100257), max_size=6))
def test_the_places_of_any_ids_are_those_that_tiktoken_gives_or_both_refuse(gpt4, cl100k, ids):
    assert outcome(gpt4.decode_with_offsets, ids) == outcome(cl100k.decode_with_offsets, ids)


def test_a_token_that_begins_inside_a_character_stands_where_that_character_begins():
    assert BasicTokenizer().decode_with_offsets([97, *"é".encode(), 98]) == ("aéb", [0, 1, 1, 2])
    assert BasicTokenizer().decode_with_offsets([]) == ("", [])


# Sizes and sets


@pytest.mark.parametrize("name", ["cl100k_base", "o200k_base", "o200k_harmony"])
def test_sizes_and_special_tokens_are_those_that_tiktoken_gives(name):
    ours, theirs = published(name), get_encoding(name)
    assert (ours.n_vocab, ours.max_token_value) == (theirs.n_vocab, theirs.max_token_value)
    assert (ours.eot_token, ours.special_tokens_set) == (theirs.eot_token, theirs.special_tokens_set)
    for idx in [0, 255, 100257, 199998, 200018, 201087, 10**9]:
        assert ours.is_special_token(idx) == theirs.is_special_token(idx)


def test_sizes_of_a_tokenizer_of_ones_own():
    tokenizer = RegexTokenizer()
    assert (len(tokenizer), tokenizer.n_vocab, tokenizer.max_token_value) == (256, 256, 255)
    tokenizer.train("abab", 258)
    tokenizer.register_special_tokens({END: 1000, FIM: 300})
    assert len(tokenizer) == 260
    assert (tokenizer.n_vocab, tokenizer.max_token_value) == (1001, 1000)
    assert (tokenizer.eot_token, tokenizer.special_tokens_set) == (1000, {END, FIM})
    assert tokenizer.is_special_token(300) and not tokenizer.is_special_token(257)


def test_without_an_end_of_text_token_asking_for_its_id_is_an_error_that_says_so():
    for kind in (KeyError, ValueError):
        with pytest.raises(kind, match=r"no special token <\|endoftext\|>"):
            _ = BasicTokenizer().eot_token


def test_the_names_are_all_names_that_tiktoken_has(cl100k):
    names = "encode_batch encode_ordinary_batch decode_batch decode_with_offsets decode_single_token_bytes"
    names += " encode_single_token token_byte_values n_vocab max_token_value eot_token special_tokens_set"
    names += " is_special_token encode encode_ordinary decode decode_bytes"
    for name in names.split():
        assert hasattr(cl100k, name), name
        assert hasattr(RegexTokenizer, name) and hasattr(BasicTokenizer, name), name
