"""What all tokenizers share: the helpers, training and its errors, decoding."""

from __future__ import annotations

import ast
import copy
import pickle
import random
import tracemalloc
import warnings
from collections import Counter
from pathlib import Path

import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st

import minbpe
from minbpe import BasicTokenizer, RegexTokenizer, get_stats, merge, render_token
from minbpe.corpora import load
from minbpe.patterns import GPT4_SPLIT_PATTERN, Splitter

BOTH = pytest.mark.parametrize("tokenizer", [BasicTokenizer(), RegexTokenizer()], ids=["basic", "regex"])
nothing_left = pytest.mark.filterwarnings("ignore:the text has no pair left")

ids_and_runs = st.lists(st.integers(0, 3), max_size=40)
texts = st.text(alphabet="ab' \né😀", max_size=60)


def chunks_of(tokenizer, text):
    """The chunks in which `tokenizer` merges, as bytes, in the order of the text."""
    parts = [text] if isinstance(tokenizer, BasicTokenizer) else Splitter(GPT4_SPLIT_PATTERN).split(text)
    return [part.encode("utf-8") for part in parts]


# get_stats and merge


def test_get_stats_counts_neighbours():
    assert get_stats([1, 2, 3, 1, 2]) == {(1, 2): 2, (2, 3): 1, (3, 1): 1}


def test_get_stats_counts_overlapping_pairs_so_aaa_holds_two():
    assert get_stats([1, 1, 1]) == {(1, 1): 2}
    assert get_stats(b"aaaa") == {(97, 97): 3}


def test_get_stats_lists_pairs_in_order_of_first_occurrence():
    assert list(get_stats([5, 4, 5, 4, 3])) == [(5, 4), (4, 5), (4, 3)]


@pytest.mark.parametrize("ids", [[], [7], b"", iter([])])
def test_get_stats_finds_no_pair_in_less_than_two_ids(ids):
    assert get_stats(ids) == {}


@pytest.mark.parametrize("counts", [{}, {(1, 2): 5, (9, 9): 1}])
def test_get_stats_adds_to_the_counts_it_is_given_also_when_they_are_empty(counts):
    before = counts.get((1, 2), 0)
    assert get_stats([1, 2, 1], counts) is counts
    assert counts[1, 2] == before + 1
    assert counts[2, 1] == 1


def test_get_stats_starts_from_nothing_each_time():
    assert get_stats([1, 2]) == get_stats([1, 2]) == {(1, 2): 1}


@given(ids_and_runs)
def test_get_stats_counts_as_the_ten_lines_do(ids):
    stats = get_stats(iter(ids))
    assert list(stats.items()) == list(reference.get_stats(ids, {}).items())


def test_merge_replaces_a_pair_by_its_new_id():
    assert merge([1, 2, 3, 1, 2], (1, 2), 4) == [4, 3, 4]


def test_merge_goes_from_left_to_right_and_uses_no_id_twice():
    assert merge([1, 1, 1], (1, 1), 2) == [2, 1]
    assert merge([1, 1, 1, 1], (1, 1), 2) == [2, 2]


def test_merge_does_not_merge_what_it_has_just_made():
    assert merge([1, 1, 1, 1], (1, 1), 1) == [1, 1]


def test_merge_leaves_the_ids_it_is_given_as_they_are():
    ids = [1, 2, 1, 2]
    merge(ids, (1, 2), 3)
    assert ids == [1, 2, 1, 2]


@given(ids_and_runs, st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_merge_gives_what_the_ten_lines_give(ids, pair):
    assert merge(ids, pair, 256) == reference.merge(ids, pair, 256)


# render_token


@pytest.mark.parametrize(
    "token, shown",
    [
        (b"the", "the"),
        (b" the", " the"),
        ("é😀안".encode(), "é😀안"),
        (b"a\nb\x00", "a\\u000ab\\u0000"),
        ("\u200b\ufeff".encode(), "\\u200b\\ufeff"),
        ("\U000e0001".encode(), "\\ue0001"),
        (b"\x80", "\ufffd"),
        ("안".encode()[:2] + b"a", "\ufffda"),
        (b"", ""),
    ],
)
def test_render_token_shows_text_escapes_control_characters_and_marks_what_is_no_text(token, shown):
    assert render_token(token) == shown


# Training: the contract


@pytest.mark.parametrize("tokenizer, ids", [(BasicTokenizer(), [258, 100, 258, 97, 99])])
def test_the_example_of_the_textbook(tokenizer, ids):
    tokenizer.train("aaabdaaabac", 256 + 3)
    assert tokenizer.encode("aaabdaaabac") == ids
    assert tokenizer.merges == {(97, 97): 256, (256, 97): 257, (257, 98): 258}
    assert tokenizer.vocab[258] == b"aaab"
    assert tokenizer.decode(ids) == "aaabdaaabac"


@BOTH
def test_merges_come_in_order_of_learning_and_vocab_follows_from_them(tokenizer):
    tokenizer.train(load("story"), 300)
    assert list(tokenizer.merges.values()) == list(range(256, 300))
    assert {idx: tokenizer.vocab[a] + tokenizer.vocab[b] for (a, b), idx in tokenizer.merges.items()} == {
        idx: token for idx, token in tokenizer.vocab.items() if idx >= 256
    }
    assert list(tokenizer.vocab) == list(range(300))
    assert [tokenizer.vocab[byte] for byte in range(256)] == [bytes([byte]) for byte in range(256)]


@BOTH
def test_counting_overlaps_so_the_pair_aa_wins_in_aaa(tokenizer):
    tokenizer.train("aaabcbc", 257)  # (a, a) twice, (b, c) twice, and (a, a) comes first; without overlap: once
    assert list(tokenizer.merges) == [(97, 97)]


@BOTH
def test_ties_go_to_the_pair_that_occurs_first(tokenizer):
    tokenizer.train("zyxzyx", 257)
    assert list(tokenizer.merges) == [(ord("z"), ord("y"))]


def test_ties_go_to_the_pair_that_occurs_first_in_the_text_as_merged_so_far():
    tokenizer = BasicTokenizer()
    # (a, b) stands three times, and merging it takes the first of the three (b, c) away. Then (b, c) and (q, r)
    # stand twice each, and (q, r) comes first now.
    tokenizer.train("abc.qr-ab,ab;bc:bc/qr", 258)
    assert list(tokenizer.merges) == [(97, 98), (ord("q"), ord("r"))]
    # A pair with the new token may come first as well.
    tokenizer.train("xab-cd.ab,xab;cd", 258)
    assert list(tokenizer.merges) == [(97, 98), (ord("x"), 256)]


@nothing_left
@BOTH
@given(text=texts, num_merges=st.integers(0, 30))
def test_merges_are_those_of_the_ten_line_loop_for_every_text(tokenizer, text, num_merges):
    tokenizer.train(text, 256 + num_merges)
    learned = reference.learn(chunks_of(tokenizer, text), num_merges)
    assert list(tokenizer.merges.items()) == [(pair, idx) for pair, idx, _ in learned]


@BOTH
@pytest.mark.parametrize("name", ["unicode", "python", "recipes"])
def test_merges_are_those_of_the_ten_line_loop_on_a_corpus(tokenizer, name):
    text = load(name)[:3000]
    tokenizer.train(text, 256 + 40)
    learned = reference.learn(chunks_of(tokenizer, text), 40)
    assert list(tokenizer.merges.items()) == [(pair, idx) for pair, idx, _ in learned]


# Training: what it takes


@BOTH
@nothing_left
@given(documents=st.lists(texts, max_size=6), num_merges=st.integers(0, 20))
def test_training_takes_any_iterable_of_documents_and_never_merges_across_them(tokenizer, documents, num_merges):
    chunks = [chunk for text in documents for chunk in chunks_of(tokenizer, text)]
    expected = [(pair, idx) for pair, idx, _ in reference.learn(chunks, num_merges)]
    for iterable in [documents, tuple(documents), iter(documents), (text for text in documents)]:
        tokenizer.train(iterable, 256 + num_merges)
        assert list(tokenizer.merges.items()) == expected


@BOTH
def test_one_string_is_one_document_not_its_characters(tokenizer):
    tokenizer.train("abab", 257)
    assert tokenizer.merges == {(97, 98): 256}


@BOTH
def test_training_reads_a_generator_once_to_its_end(tokenizer):
    read = []
    tokenizer.train((read.append(i) or "abc abc" for i in range(5)), 258)
    assert read == [0, 1, 2, 3, 4]


def test_training_takes_an_open_file_line_by_line(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("aab\naab\n", encoding="utf-8")
    tokenizer = BasicTokenizer()
    with path.open(encoding="utf-8") as file:
        tokenizer.train(file, 258)
    assert tokenizer.merges == {(97, 97): 256, (256, 98): 257}


@pytest.mark.parametrize(
    "documents",
    [lambda text: (text for _ in range(60)), lambda text: text * 60],
    ids=["many documents", "one long text"],
)
def test_training_holds_memory_in_proportion_to_the_distinct_chunks(documents):
    text = load("story")[:20_000]
    corpus = documents(text)
    tokenizer = RegexTokenizer()
    tokenizer.train(text, 300)  # so that what is built once is built
    tracemalloc.start()
    tokenizer.train(text, 300)
    once = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    tokenizer.train(corpus, 300)
    many = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # What is held at a time are the chunks of one document, or of one window of a long one: 4 MB. All chunks
    # of these 1.2 million characters would take 16 MB.
    assert many < once + 8_000_000


@BOTH
@pytest.mark.parametrize("text", [None, 5, 1.5, len])
def test_training_on_what_is_no_text_is_a_type_error_that_names_it(tokenizer, text):
    with pytest.raises(TypeError, match=f"str.*{type(text).__name__}"):
        tokenizer.train(text, 300)


@BOTH
@pytest.mark.parametrize("text", [b"aaab", bytearray(b"aaab")])
def test_training_on_bytes_is_a_type_error(tokenizer, text):
    with pytest.raises(TypeError, match="str"):
        tokenizer.train(text, 300)


@BOTH
@pytest.mark.parametrize("stranger", [None, b"text", 3, ["text"]])
def test_a_document_that_is_no_text_is_a_type_error_that_says_which(tokenizer, stranger):
    with pytest.raises(TypeError, match=f"document 2 .*{type(stranger).__name__}"):
        tokenizer.train(["one", "two", stranger, "four"], 300)


@BOTH
def test_training_that_fails_leaves_the_tokenizer_as_it_was(tokenizer):
    tokenizer.train("aaabdaaabac", 258)
    merges, vocab, ids = dict(tokenizer.merges), dict(tokenizer.vocab), tokenizer.encode("aaab")
    for text, vocab_size, error in [("zzzz", 255, ValueError), (["zzzz", 5], 258, TypeError), (None, 258, TypeError)]:
        with pytest.raises(error):
            tokenizer.train(text, vocab_size)
        assert (tokenizer.merges, tokenizer.vocab, tokenizer.encode("aaab")) == (merges, vocab, ids)


@BOTH
@pytest.mark.parametrize("vocab_size", [255, 0, -1, True])
def test_a_vocab_size_below_256_is_a_value_error(tokenizer, vocab_size):
    with pytest.raises(ValueError, match="vocab_size must be at least 256"):
        tokenizer.train("aaab", vocab_size)


@BOTH
@pytest.mark.parametrize("vocab_size", [300.0, "300", None, [300]])
def test_a_vocab_size_that_is_no_int_is_a_type_error(tokenizer, vocab_size):
    with pytest.raises(TypeError, match=f"vocab_size must be an int, got {type(vocab_size).__name__}"):
        tokenizer.train("aaab", vocab_size)


@BOTH
def test_a_vocab_size_of_256_learns_nothing_and_does_not_warn(tokenizer):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tokenizer.train("aaab", 256)
    assert tokenizer.merges == {}
    assert tokenizer.encode("aé") == list("aé".encode())


@BOTH
@pytest.mark.parametrize("text, made", [("abab", 2), ("", 0), ([], 0), (["a", "b"], 0), (["ab", "ab"], 1)], ids=repr)
def test_training_stops_early_with_a_warning_that_says_how_many_merges_there_were_to_make(tokenizer, text, made):
    with pytest.warns(UserWarning, match=rf"no pair left.*\b{made} merges\b.*\b512\b.*\b256\b") as caught:
        tokenizer.train(text, 512)
    assert len(caught) == 1
    assert caught[0].filename == __file__  # the line that asked for too much
    assert len(tokenizer.merges) == made


@BOTH
def test_training_to_the_very_last_pair_does_not_warn(tokenizer):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tokenizer.train("abab", 258)
    assert tokenizer.merges == {(97, 98): 256, (256, 256): 257}


@BOTH
def test_training_twice_starts_afresh(tokenizer):
    tokenizer.train("xyxyxyxy", 258)
    tokenizer.encode("xyxy ababab")
    tokenizer.train("abababab", 258)
    assert tokenizer.merges == {(97, 98): 256, (256, 256): 257}
    assert sorted(tokenizer.vocab) == list(range(258))
    assert tokenizer.encode("xy abab") == [*b"xy ", 257]


@nothing_left
@BOTH
@pytest.mark.parametrize("text, vocab_size", [("abab", 256), ("", 300), ([], 300), (["a", "b"], 300)])
def test_training_again_with_nothing_to_learn_forgets_what_was_learned(tokenizer, text, vocab_size):
    tokenizer.train("xyxyxyxy", 258)
    tokenizer.encode("xyxy")
    tokenizer.train(text, vocab_size)
    assert tokenizer.merges == {}
    assert tokenizer.encode("xyxy") == list(b"xyxy")


def test_a_special_token_in_the_way_of_vocab_size_is_a_value_error_that_names_it():
    tokenizer = RegexTokenizer()
    tokenizer.register_special_tokens({"<|pad|>": 299, "<|end|>": 1000})
    with pytest.raises(ValueError, match=r"300.*id 299.*'<\|pad\|>'"):
        tokenizer.train("aaab", 300)
    tokenizer.train(load("story"), 299)
    assert tokenizer.encode("<|pad|>", allowed_special="all") == [299]


@BOTH
def test_training_on_bytes_says_that_they_are_to_be_decoded(tokenizer):
    for data in (b"abc", bytearray(b"abc"), memoryview(b"abc")):
        with pytest.raises(TypeError, match=f"not on {type(data).__name__}: decode it first"):
            tokenizer.train(data, 300)


# Training: what is learned of rare pairs, and of long ones


def learn_with_limits(chunks, num_merges, min_frequency, max_token_length):
    """The ten lines, with two conditions on the pair."""
    chunks, learned, lengths = [list(chunk) for chunk in chunks], [], dict.fromkeys(range(256), 1)
    for idx in range(256, 256 + num_merges):
        stats: dict[tuple[int, int], int] = {}
        for ids in chunks:
            reference.get_stats(ids, stats)
        short = [pair for pair in stats if lengths[pair[0]] + lengths[pair[1]] <= max_token_length]
        pair = max(short, key=stats.get, default=None)
        if pair is None or stats[pair] < min_frequency:
            break
        chunks = [reference.merge(ids, pair, idx) for ids in chunks]
        lengths[idx] = lengths[pair[0]] + lengths[pair[1]]
        learned.append((pair, idx))
    return learned


@nothing_left
@BOTH
@given(text=texts, min_frequency=st.integers(1, 4), max_token_length=st.integers(1, 6))
def test_rare_pairs_and_long_tokens_can_be_left_out_as_the_ten_lines_would(
    tokenizer, text, min_frequency, max_token_length
):
    expected = learn_with_limits(chunks_of(tokenizer, text), 30, min_frequency, max_token_length)
    tokenizer.train(text, 286, min_frequency=min_frequency, max_token_length=max_token_length)
    assert list(tokenizer.merges.items()) == expected


@BOTH
def test_stopping_at_a_rare_pair_or_a_long_token_is_a_warning_that_says_so(tokenizer):
    with pytest.warns(UserWarning, match=r"no pair left that occurs 3 times to merge: there were 1 merges") as caught:
        tokenizer.train("ababab", 300, min_frequency=3)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"no pair left to merge into a token of at most 2 bytes: there were 1 merges"):
        tokenizer.train("ababab", 300, max_token_length=2)
    assert tokenizer.merges == {(97, 98): 256}


@BOTH
@pytest.mark.parametrize("limits", [{"min_frequency": 0}, {"max_token_length": 0}, {"min_frequency": -1}])
def test_limits_below_one_are_a_value_error_that_changes_nothing(tokenizer, limits):
    tokenizer.train("aaab", 257)
    with pytest.raises(ValueError, match=f"{next(iter(limits))} must be at least 1"):
        tokenizer.train("xyxyxy", 258, **limits)
    with pytest.raises(TypeError, match="min_frequency must be an int"):
        tokenizer.train("xyxyxy", 258, min_frequency=1.5)
    assert tokenizer.merges == {(97, 97): 256}


# Training on counts


@nothing_left
@BOTH
@given(text=texts, num_merges=st.integers(0, 20))
def test_training_on_counted_chunks_learns_what_training_on_the_text_learns(tokenizer, text, num_merges):
    tokenizer.train(text, 256 + num_merges)
    merges = dict(tokenizer.merges)
    counts = Counter(tokenizer.chunks(text))
    tokenizer.train_from_counts(counts, 256 + num_merges)
    assert list(tokenizer.merges.items()) == list(merges.items())


@BOTH
def test_counts_decide_ties_by_their_order_and_have_all_that_train_has(tokenizer, capsys):
    tokenizer.train_from_counts({b"zy": 3, b"ab": 3}, 257)
    assert tokenizer.merges == {(122, 121): 256}
    tokenizer.train_from_counts({b"ab": 3, b"zy": 3}, 257, verbose=True)
    assert capsys.readouterr().out == "merge 1/1: (97, 98) -> 256 (b'ab') had 3 occurrences\n"
    with pytest.warns(UserWarning, match="no pair left") as caught:
        tokenizer.train_from_counts({b"ab": 3}, 300)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="occurs 4 times"):
        tokenizer.train_from_counts({b"ab": 3}, 300, min_frequency=4)
    assert tokenizer.merges == {}


@BOTH
@pytest.mark.parametrize(
    "counts, error",
    [({"ab": 2}, TypeError), ({b"ab": 1.5}, TypeError), ({b"ab": 0}, ValueError), ({b"ab": -1}, ValueError)],
)
def test_counts_that_cannot_be_are_an_error_that_changes_nothing(tokenizer, counts, error):
    tokenizer.train("aaab", 257)
    with pytest.raises(error):
        tokenizer.train_from_counts({b"xy": 3, **counts}, 258)
    assert tokenizer.merges == {(97, 97): 256}


def test_a_warning_in_steps_names_the_line_that_asks_for_the_next_step():
    with pytest.warns(UserWarning, match="no pair left") as caught:
        list(BasicTokenizer().train_steps("ab", 300))
    assert caught[0].filename == __file__


# Training, step by step


@BOTH
def test_verbose_prints_each_merge_in_the_words_of_minbpe(tokenizer, capsys):
    tokenizer.train("aaabdaaabac", 256 + 3, verbose=True)
    assert capsys.readouterr().out == (
        "merge 1/3: (97, 97) -> 256 (b'aa') had 4 occurrences\n"
        "merge 2/3: (256, 97) -> 257 (b'aaa') had 2 occurrences\n"
        "merge 3/3: (257, 98) -> 258 (b'aaab') had 2 occurrences\n"
    )


@BOTH
def test_training_prints_nothing_unless_asked(tokenizer, capsys):
    tokenizer.train("aaabdaaabac", 259)
    assert capsys.readouterr() == ("", "")


@BOTH
@nothing_left
@given(text=texts)
def test_train_steps_hands_out_each_merge_with_its_count(tokenizer, text):
    steps = list(tokenizer.train_steps(text, 256 + 20))
    assert steps == reference.learn(chunks_of(tokenizer, text), 20)
    assert [(step.pair, step.idx) for step in steps] == list(tokenizer.merges.items())


@BOTH
def test_at_each_training_step_the_tokenizer_works_with_the_merges_made_so_far(tokenizer):
    text = "low lower lowest newest widest low"
    for made, step in enumerate(tokenizer.train_steps(text, 256 + 8), 1):
        assert len(tokenizer.merges) == made
        assert tokenizer.vocab[step.idx] == tokenizer.vocab[step.pair[0]] + tokenizer.vocab[step.pair[1]]
        parts = [text] if isinstance(tokenizer, BasicTokenizer) else Splitter(GPT4_SPLIT_PATTERN).split(text)
        naive = [idx for part in parts for idx in reference.encode(part.encode(), tokenizer.merges)]
        assert tokenizer.encode(text) == naive
        assert step.idx in naive


@BOTH
def test_train_steps_that_are_not_all_taken_leave_the_merges_taken(tokenizer):
    steps = tokenizer.train_steps("aaabdaaabac", 259)
    next(steps)
    steps.close()
    assert tokenizer.merges == {(97, 97): 256}
    assert tokenizer.encode("aaa") == [256, 97]


# Chunks and ranks


@BOTH
@given(text=texts)
def test_the_chunks_are_what_the_tokenizer_merges_in(tokenizer, text):
    assert list(tokenizer.chunks(text)) == [chunk for chunk in chunks_of(tokenizer, text) if chunk]


def test_a_basic_tokenizer_has_one_chunk_and_of_the_empty_text_none():
    assert list(BasicTokenizer().chunks("one, two")) == [b"one, two"]
    assert list(BasicTokenizer().chunks("")) == list(RegexTokenizer().chunks("")) == []


@BOTH
def test_the_rank_of_a_pair_is_the_id_that_it_merges_into(tokenizer):
    tokenizer.train("aaabdaaabac", 259)
    assert [tokenizer.rank_of(pair) for pair in [(97, 97), (256, 97), (257, 98)]] == [256, 257, 258]
    assert tokenizer.rank_of((97, 98)) is tokenizer.rank_of((-1, 10**9)) is None


@BOTH
@given(text=texts)
def test_without_special_tokens_all_of_a_text_is_ordinary(tokenizer, text):
    tokenizer.train("ab ab' ab\n\nab é😀é", 260)
    assert tokenizer.encode_ordinary(text) == tokenizer.encode(text)


# Decoding


@BOTH
def test_decoding_gives_the_text_back(tokenizer):
    tokenizer.train(load("story"), 400)
    text = load("story") + load("unicode")
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.decode_bytes(tokenizer.encode(text)) == text.encode("utf-8")


@BOTH
def test_decoding_bytes_that_are_not_utf8_gives_the_replacement_character(tokenizer):
    tokenizer.train("aaab", 257)
    assert tokenizer.decode([0x80]) == "\ufffd"
    assert tokenizer.decode([97, 0xFF, 256]) == "a\ufffdaa"
    half = list("안".encode())[:2]
    assert tokenizer.decode(half) == "\ufffd"
    assert tokenizer.decode([*half, *"안".encode()[2:]]) == "안"


@BOTH
def test_decode_bytes_gives_the_bytes_as_they_are(tokenizer):
    tokenizer.train("aaab", 257)
    assert tokenizer.decode_bytes([0x80, 256, 0xFF]) == b"\x80aa\xff"
    assert tokenizer.decode_bytes([]) == b""


@BOTH
@pytest.mark.parametrize("unknown", [257, -1, 10**9, 2**70, None, "a", 97.5])
@pytest.mark.parametrize("place", [0, 1, 5])
def test_an_unknown_id_is_a_value_error_naming_the_id_and_its_place(tokenizer, unknown, place):
    tokenizer.train("aaab", 257)
    ids = [97] * place + [unknown, 98]
    for decode in (tokenizer.decode, tokenizer.decode_bytes):
        with pytest.raises(ValueError, match=rf"id {unknown!r}, at place {place}\b"):
            decode(ids)


@BOTH
def test_decoding_takes_any_iterable_of_ids(tokenizer):
    tokenizer.train("aaab", 257)
    for ids in [[256, 98], (256, 98), iter([256, 98]), (i for i in (256, 98))]:
        assert tokenizer.decode(ids) == "aab"
    assert tokenizer.decode(b"ab") == "ab"


@BOTH
@pytest.mark.parametrize("ids", [97, None, 1.5])
def test_decoding_what_is_no_row_of_ids_is_a_type_error_that_says_what_to_do(tokenizer, ids):
    with pytest.raises(TypeError, match=r"\bids\b"):
        tokenizer.decode(ids)


@BOTH
def test_an_id_that_is_a_list_is_an_error_that_says_where(tokenizer):
    with pytest.raises((TypeError, ValueError), match=r"\bplace 1\b"):
        tokenizer.decode([97, [98, 99]])


def test_decoding_a_special_token_gives_its_text():
    tokenizer = RegexTokenizer()
    tokenizer.register_special_tokens({"<|end|>": 1000})
    assert tokenizer.decode([97, 1000, 98]) == "a<|end|>b"
    assert tokenizer.decode_bytes([1000]) == b"<|end|>"


class Scalar:
    """What a NumPy or torch scalar is to decode: no int, but it can stand for one."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value

    __hash__ = None


@BOTH
def test_ids_may_be_what_can_stand_for_an_int(tokenizer):
    tokenizer.train("aaab", 257)
    assert tokenizer.decode([Scalar(256), 98, Scalar(97)]) == "aaba"
    numpy = pytest.importorskip("numpy")
    assert tokenizer.decode(numpy.array([256, 98], dtype=numpy.uint16)) == "aab"
    with pytest.raises(ValueError, match="id 99999, at place 1"):
        tokenizer.decode([97, Scalar(99999)])


@BOTH
def test_a_float_is_no_id_even_if_it_equals_one(tokenizer):
    for decode in (tokenizer.decode, tokenizer.decode_bytes):
        with pytest.raises(ValueError, match=r"id 97\.0, at place 1 of .*: ids are ints"):
            decode([98, 97.0])


@BOTH
def test_decode_takes_what_to_do_with_bytes_that_are_not_utf8(tokenizer):
    assert tokenizer.decode([97, 0xFF], errors="ignore") == "a"
    assert tokenizer.decode([97, 0xFF], "backslashreplace") == "a\\xff"
    with pytest.raises(ValueError, match="utf-8"):
        tokenizer.decode([97, 0xFF], errors="strict")
    with pytest.raises(ValueError, match=r"errors is .*'rplace'"):
        tokenizer.decode([97], errors="rplace")


# What can be set


@BOTH
def test_merges_can_be_set_and_everything_follows(tokenizer):
    tokenizer.train("xyxyxy", 258)
    tokenizer.encode("aab xyxy")
    tokenizer.merges = {(97, 97): 256, (256, 98): 257}
    assert tokenizer.encode("aab xyxy") == [257, *b" xyxy"]
    assert tokenizer.vocab[257] == b"aab" and len(tokenizer.vocab) == 258
    assert tokenizer.decode([257, 256]) == "aabaa"


@BOTH
def test_merges_are_put_in_order_of_learning_which_is_the_order_of_their_ids(tokenizer):
    tokenizer.merges = {(256, 98): 300, (97, 97): 256}
    assert list(tokenizer.merges.values()) == [256, 300]
    assert tokenizer.encode("aab") == [300]


@BOTH
@pytest.mark.parametrize(
    "merges, message",
    [
        ({(97, 300): 256}, "no merge with a lower id makes"),
        ({(256, 97): 257, (97, 97): 258}, "no merge with a lower id makes"),
        ({(97, 97): 98}, "id 98, which another token has"),
        ({(97, 97): 256, (98, 98): 256}, "id 256, which another token has"),
    ],
)
def test_merges_that_cannot_be_are_a_value_error_that_changes_nothing(tokenizer, merges, message):
    tokenizer.train("aaab", 257)
    with pytest.raises(ValueError, match=message):
        tokenizer.merges = merges
    assert tokenizer.merges == {(97, 97): 256}
    assert tokenizer.encode("aa") == [256]


@BOTH
def test_vocab_can_be_set_and_decoding_goes_by_it(tokenizer, tmp_path):
    tokenizer.train("aaab", 257)
    tokenizer.vocab = tokenizer.vocab | {256: b"AA", 999: b"new"}
    assert tokenizer.decode([256, 999]) == "AAnew"
    with pytest.raises(ValueError, match="no merge makes"):
        tokenizer.save(tmp_path / "lossy")
    assert list(tmp_path.iterdir()) == []


def test_a_basic_tokenizer_takes_no_pattern_and_no_special_tokens():
    tokenizer = BasicTokenizer()
    for name, value in [("pattern", "a+"), ("special_tokens", {"<a>": 300})]:
        with pytest.raises(ValueError, match="RegexTokenizer"):
            setattr(tokenizer, name, value)
    tokenizer.pattern, tokenizer.special_tokens = "", {}
    assert (tokenizer.pattern, tokenizer.special_tokens) == ("", {})


class ForMinbpe(minbpe.Tokenizer):
    """A tokenizer of one's own as its author wrote it for minbpe: ten lines, and plain assignments."""

    def train(self, text, vocab_size, verbose=False):
        ids = list(text.encode("utf-8"))
        merges = {}
        vocab = {idx: bytes([idx]) for idx in range(256)}
        for i in range(vocab_size - 256):
            stats = get_stats(ids)
            pair = max(stats, key=stats.get)
            ids = merge(ids, pair, 256 + i)
            merges[pair] = 256 + i
            vocab[256 + i] = vocab[pair[0]] + vocab[pair[1]]
        self.merges = merges
        self.vocab = vocab

    def decode(self, ids):
        return b"".join(self.vocab[idx] for idx in ids).decode("utf-8", errors="replace")

    def encode(self, text):
        ids = list(text.encode("utf-8"))
        while len(ids) >= 2:
            pair = min(get_stats(ids), key=lambda p: self.merges.get(p, float("inf")))
            if pair not in self.merges:
                break
            ids = merge(ids, pair, self.merges[pair])
        return ids


def test_a_subclass_written_for_minbpe_works(tmp_path):
    tokenizer = ForMinbpe()
    tokenizer.train("aaabdaaabac", 259)
    assert tokenizer.encode("aaabdaaabac") == [258, 100, 258, 97, 99]
    assert tokenizer.decode([258, 100, 258, 97, 99]) == "aaabdaaabac"
    tokenizer.save(tmp_path / "mine")
    again = ForMinbpe()
    again.load(tmp_path / "mine.model")
    assert again.encode("aaab") == [258] and again == tokenizer
    again.special_tokens = {"<|end|>": 300}
    again.vocab = again._build_vocab()  # as minbpe builds it, special tokens and all
    assert again.decode([258, 300]) == "aaab<|end|>"
    again.special_tokens = {"<|fin|>": 300}
    again.save(tmp_path / "specials")
    assert again.encode_batch(["aaab", "aa"]) == [[258], [256]]


# As Python objects


@BOTH
def test_copies_are_their_own(tokenizer):
    tokenizer.train("hello hello", 260)
    ids = tokenizer.encode("hello")
    for copied in (copy.copy, copy.deepcopy, lambda tokenizer: pickle.loads(pickle.dumps(tokenizer))):
        clone = copied(tokenizer)
        assert clone == tokenizer and type(clone) is type(tokenizer)
        clone.train("low low", 258)
        assert clone.encode("hello") == list(b"hello")[:2] + clone.encode("llo")
        assert clone != tokenizer
        assert tokenizer.encode("hello") == ids
        assert tokenizer.decode(ids) == "hello"


@BOTH
def test_equal_means_the_same_class_merges_pattern_and_special_tokens(tokenizer):
    other = type(tokenizer)()
    for each in (tokenizer, other):
        each.train("hello hello", 260)
    assert other == tokenizer and other == tokenizer
    other.train("hello hello", 259)
    assert other != tokenizer
    assert tokenizer != "hello"
    with pytest.raises(TypeError, match="unhashable"):
        hash(tokenizer)  # since it can change


def test_tokenizers_of_two_classes_patterns_or_special_tokens_differ():
    assert BasicTokenizer() != RegexTokenizer("")
    assert RegexTokenizer("a+") != RegexTokenizer("b+")
    special = RegexTokenizer()
    special.register_special_tokens({"<a>": 300})
    assert special != RegexTokenizer()


def test_what_is_shown_of_a_tokenizer_is_its_size():
    tokenizer = RegexTokenizer()
    tokenizer.train("hello hello", 260)
    assert repr(tokenizer) == "<RegexTokenizer of 260 tokens>"
    tokenizer.register_special_tokens({"<a>": 300, "<b>": 301})
    assert repr(tokenizer) == "<RegexTokenizer of 260 tokens and 2 special tokens>"


# Errors


def test_the_package_has_no_assert_statement():
    for path in Path(minbpe.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        asserts = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]
        assert asserts == [], path.name


@BOTH
@pytest.mark.parametrize("text", [None, b"bytes", 5, ["text"]])
def test_encoding_what_is_no_text_is_a_type_error_that_names_it(tokenizer, text):
    with pytest.raises(TypeError, match=f"str.*{type(text).__name__}"):
        tokenizer.encode(text)


# Text with lone surrogates


@BOTH
@pytest.mark.parametrize(
    "text, repaired",
    [("\ud800", "\ufffd"), ("a\udc00b", "a\ufffdb"), ("\ud83d\ude00", "😀"), ("\udc00\ud800", "\ufffd\ufffd")],
)
def test_lone_surrogates_are_repaired_in_encoding_and_training(tokenizer, text, repaired):
    tokenizer.train(" ".join([repaired] * 3) + "aab", 259)
    merges = dict(tokenizer.merges)
    assert tokenizer.decode(tokenizer.encode(text)) == repaired
    assert tokenizer.encode(text) == tokenizer.encode(repaired)
    tokenizer.train(" ".join([text] * 3) + "aab", 259)
    assert tokenizer.merges == merges


def test_a_seeded_random_text_encodes_and_decodes_to_itself():
    choose = random.Random(5)
    tokenizer = BasicTokenizer()
    tokenizer.train(load("english"), 400)
    for _ in range(300):
        text = "".join(choose.choices(load("unicode"), k=choose.randint(0, 60)))
        assert tokenizer.decode(tokenizer.encode(text)) == text
