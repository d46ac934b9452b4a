"""The fast loops of byte-pair encoding give what the ten lines give, ties included, and take n log n."""

from __future__ import annotations

import gc
import random
import time
from collections import Counter
from itertools import islice

import pytest
import reference
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minbpe import merging
from minbpe.corpora import load
from minbpe.merging import SHORT, Merge, apply_merges, learn_merges
from minbpe.patterns import GPT4_SPLIT_PATTERN, Splitter

# The fewer letters, the more pairs overlap and the more counts tie.
alphabets = st.sampled_from([b"a", b"ab", b"ab", b"abc", b"abcd", bytes(range(256))])


@st.composite
def runs(draw, alphabet, max_size):
    """A chunk made of runs and of repeated snippets: "aaaabcbcbcbca"."""
    snippet = st.binary(min_size=1, max_size=4).map(lambda data: bytes(alphabet[byte % len(alphabet)] for byte in data))
    pieces = draw(st.lists(st.tuples(snippet, st.integers(1, 9)), max_size=8))
    return b"".join(piece * times for piece, times in pieces)[:max_size]


@st.composite
def corpora(draw, max_size=40):
    """Chunks in the order of a text, some of them many times."""
    alphabet = draw(alphabets)
    letters = st.sampled_from(list(alphabet))
    chunk = st.lists(letters, max_size=max_size).map(bytes) | runs(alphabet, max_size)
    distinct = draw(st.lists(chunk, min_size=1, max_size=6))
    return draw(st.lists(st.sampled_from(distinct), max_size=12))


@st.composite
def learned_merges(draw):
    """Merges that came from training, and the letters that they are about."""
    alphabet = draw(st.sampled_from([b"a", b"ab", b"abc"]))
    text = draw(st.lists(st.sampled_from(list(alphabet)), min_size=2, max_size=200).map(bytes))
    steps = islice(learn_merges({text: 1}), draw(st.integers(1, 40)))
    return {step.pair: step.idx for step in steps}, alphabet


@st.composite
def written_merges(draw):
    """Merges that no training made: each of any two tokens before it, as a model file may have them."""
    merges: dict[tuple[int, int], int] = {}
    tokens = [97, 98]
    idx = 256
    for first, second in draw(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=15)):
        pair = tokens[first % len(tokens)], tokens[second % len(tokens)]
        if pair not in merges:
            merges[pair] = idx
            tokens.append(idx)
            idx += draw(st.integers(1, 3))
    return merges, b"ab"


# Learning


@settings(max_examples=300)
@given(corpora())
@example([b"aaa", b"aaaa", b"aaaaa"])
@example([b"aaab" * 3, b"abab", b"bbbb"])
@example([b"abc", b"cab", b"abc", b"bca"])
@example([b"", b"a", b""])
@example([])
def test_merges_counts_and_ties_are_those_of_the_ten_lines(chunks):
    assert list(learn_merges(Counter(chunks))) == reference.learn(chunks, 10**6)


def test_every_text_of_up_to_eight_letters_ab_and_five_letters_abc_has_the_merges_of_the_ten_lines():
    texts = [format(number, "b")[1:].replace("0", "a").replace("1", "b") for number in range(2, 2**9)]
    texts += ["".join("abc"[number // 3**place % 3] for place in range(5)) for number in range(3**5)]
    for text in texts:
        data = text.encode()
        assert list(learn_merges({data: 1})) == reference.learn([data], 100), text


@pytest.mark.parametrize("seed", range(20))
def test_long_random_texts_have_the_merges_of_the_ten_lines(seed):
    choose = random.Random(seed)
    alphabet = choose.choice([b"ab", b"abc", b"abcdefgh"])
    chunks = [bytes(choose.choices(alphabet, k=choose.randint(1, 120))) for _ in range(choose.randint(1, 8))]
    assert list(learn_merges(Counter(chunks))) == reference.learn(chunks, 10**6)


def test_a_corpus_of_words_has_the_merges_of_the_ten_lines():
    chunks = [chunk.encode() for chunk in Splitter(GPT4_SPLIT_PATTERN).split(load("dialogue")[:4000])]
    assert list(islice(learn_merges(Counter(chunks)), 150)) == reference.learn(chunks, 150)


def test_a_run_of_equal_letters_is_merged_in_halves():
    assert [step.pair for step in learn_merges({b"a" * 16: 1})] == [(97, 97), (256, 256), (257, 257), (258, 258)]
    assert list(learn_merges({b"aaaaa": 2})) == [((97, 97), 256, 8), ((256, 256), 257, 2), ((257, 97), 258, 2)]


def test_a_chunk_counts_as_often_as_it_occurs():
    assert next(learn_merges({b"ab": 2, b"cd": 3})) == Merge((99, 100), 256, 3)


def test_of_equally_frequent_pairs_the_one_that_occurs_first_is_merged():
    assert next(learn_merges({b"zy": 3, b"ab": 3})) == Merge((122, 121), 256, 3)
    assert next(learn_merges({b"ba": 1, b"ab": 1})).pair == (98, 97)


def test_merges_are_handed_out_one_by_one_while_they_are_made():
    steps = learn_merges({b"aaabdaaabac": 1})
    assert next(steps) == Merge(pair=(97, 97), idx=256, count=4)
    assert next(steps) == Merge(pair=(256, 97), idx=257, count=2)


def test_new_ids_count_up_from_the_first_one_asked_for():
    assert [step.idx for step in learn_merges({b"abab": 1}, first_id=1000)] == [1000, 1001]


def test_merging_ends_when_no_pair_is_left():
    for chunks in [{}, {b"": 3}, {b"a": 3, b"b": 1}]:
        assert list(learn_merges(chunks)) == []
    assert len(list(learn_merges({b"abc": 1}))) == 2


def test_the_chunks_that_are_counted_stay_as_they_are():
    chunks = Counter({b"abab": 2, b"ba": 1})
    list(learn_merges(chunks))
    assert chunks == {b"abab": 2, b"ba": 1}


# Applying


@st.composite
def merges_and_chunks(draw):
    merges, alphabet = draw(learned_merges() | written_merges())
    letters = st.lists(st.sampled_from(list(alphabet)), max_size=60).map(bytes)
    return merges, draw(letters | runs(alphabet, 150))


@settings(max_examples=200)
@given(merges_and_chunks())
def test_encoding_applies_the_earliest_learned_merge_first_as_the_ten_lines_do(merges_and_chunk):
    merges, chunk = merges_and_chunk
    expected = reference.encode(chunk, merges)
    assert apply_merges(chunk, merges.get) == expected
    assert merging._apply_to_short(chunk, merges.get) == expected
    assert merging._apply_to_long(chunk, merges.get) == expected


@given(learned_merges(), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_chunks_on_both_sides_of_the_border_between_short_and_long_are_encoded_alike(learned, choose):
    merges, alphabet = learned
    for length in (SHORT - 1, SHORT, SHORT + 1, SHORT + 2, 2 * SHORT):
        chunk = bytes(choose.choices(alphabet, k=length))
        assert apply_merges(chunk, merges.get) == reference.encode(chunk, merges)


def test_a_long_chunk_of_a_corpus_is_encoded_as_the_ten_lines_do():
    chunk = load("letters")[:4000].encode()
    merges = {step.pair: step.idx for step in islice(learn_merges({load("story").encode(): 1}), 60)}
    assert apply_merges(chunk, merges.get) == reference.encode(chunk, merges)


def test_encoding_what_was_trained_on_replays_the_training():
    text = load("report")[:3000].encode()
    ids = list(text)
    merges = {}
    for step in islice(learn_merges({text: 1}), 200):
        merges[step.pair] = step.idx
        ids = reference.merge(ids, step.pair, step.idx)
    assert apply_merges(text, merges.get) == ids


@pytest.mark.parametrize("chunk", [b"", b"a", b"ab", bytes(range(256))])
def test_without_merges_the_ids_are_the_bytes(chunk):
    assert apply_merges(chunk, {}.get) == list(chunk)


def test_a_lower_id_is_merged_first_also_where_a_longer_token_is_in_reach():
    merges = {(98, 99): 256, (97, 98): 257, (257, 99): 258}  # bc, ab, abc
    for chunk in (b"abc", b"abc" * SHORT):
        assert apply_merges(chunk, merges.get) == [97, 256] * (len(chunk) // 3)


# Time


def grows_at_most(times: float, work, chunk: bytes) -> bool:
    """Whether `work` takes at most so many times as long on ten times the chunk: 12 for n log n, 100 for n².

    Up to eight pairs of measurements, since another program can get in the way of some.
    """
    for _ in range(8):
        short = seconds(work, chunk)
        if seconds(work, chunk * 10) <= times * short:
            return True
    return False


def seconds(work, chunk: bytes) -> float:
    gc.collect()
    start = time.process_time()
    work(chunk)
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.parametrize("unit", [b"a", b"ab"])
def test_encoding_costs_n_log_n_so_ten_times_the_equal_bytes_take_at_most_16_times_as_long(unit):
    merges = {step.pair: step.idx for step in learn_merges({unit * 4096: 1})}
    assert grows_at_most(16, lambda chunk: apply_merges(chunk, merges.get), unit * (100_000 // len(unit)))


@pytest.mark.slow
def test_learning_on_ten_times_the_equal_bytes_takes_at_most_16_times_as_long():
    assert grows_at_most(16, lambda chunk: list(learn_merges({chunk: 1})), b"a" * 100_000)


@pytest.mark.slow
def test_a_chunk_in_which_each_merge_makes_way_for_the_next_is_no_attack():
    # ab, then abc, then abcd, …: each place is touched 25 times, each time with the pair of another token
    merges, last = {}, 97
    for idx, byte in enumerate(b"bcdefghijklmnopqrstuvwxyz", 256):
        merges[last, byte] = idx
        last = idx
    chunk = bytes(range(97, 123)) * 2000
    assert apply_merges(chunk, merges.get) == [last] * 2000
    assert grows_at_most(30, lambda chunk: apply_merges(chunk, merges.get), chunk)
