"""Ids decoded one by one, as they come in, make the text that they make together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minbpe import BasicTokenizer, RegexTokenizer, StreamDecoder


@pytest.fixture(scope="module")
def tokenizer():
    tokenizer = RegexTokenizer()
    tokenizer.train("안녕하세요 naïve 😀 it's é é 안녕 " * 5, 256 + 30)
    tokenizer.register_special_tokens({"<|end|>": 1000})
    return tokenizer


def test_a_character_is_handed_out_when_its_last_byte_has_come():
    stream = StreamDecoder(BasicTokenizer())
    assert [stream.push(byte) for byte in "aé안".encode()] == ["a", "", "é", "", "", "안"]
    assert stream.flush() == ""


def test_what_is_certain_to_be_no_character_is_handed_out_at_once():
    stream = StreamDecoder(BasicTokenizer())
    assert [stream.push(byte) for byte in b"\xed\x95a\xff"] == ["", "", "\ufffda", "\ufffd"]


def test_flush_gives_a_replacement_for_a_character_that_was_cut_off_and_a_new_text_begins():
    stream = StreamDecoder(BasicTokenizer())
    assert [stream.push(0xED), stream.push(0x95), stream.flush()] == ["", "", "\ufffd"]
    assert [stream.push(0x88), stream.push(97), stream.flush()] == ["\ufffd", "a", ""]


@given(ids=st.lists(st.integers(0, 285) | st.just(1000), max_size=20))
def test_the_pieces_joined_are_the_text_of_all_the_ids(tokenizer, ids):
    stream = StreamDecoder(tokenizer)
    pieces = [stream.push(idx) for idx in ids]
    assert "".join(pieces) + stream.flush() == tokenizer.decode(ids)


@given(text=st.text(max_size=20))
def test_nothing_certain_is_held_back(tokenizer, text):
    stream, so_far, ids = StreamDecoder(tokenizer), "", tokenizer.encode_ordinary(text)
    for count, idx in enumerate(ids, 1):
        so_far += stream.push(idx)
        data = tokenizer.decode_bytes(ids[:count])
        assert so_far == data.decode("utf-8", "ignore")  # all whole characters; of the last, cut one, nothing
    assert so_far == text and stream.flush() == ""


def test_an_id_that_no_token_has_is_a_value_error_and_as_if_it_had_not_come(tokenizer):
    stream = StreamDecoder(tokenizer)
    first, second = "é".encode()
    assert stream.push(first) == ""
    with pytest.raises(ValueError, match="no token has the id 999"):
        stream.push(999)
    assert stream.push(second) == "é"


def test_scalars_that_stand_for_an_int_are_taken(tokenizer):
    numpy = pytest.importorskip("numpy")
    assert StreamDecoder(tokenizer).push(numpy.int64(97)) == "a"
