"""The trace: every step of a training is the tokenizer trained that far, and every encoding comes to its ids."""

from __future__ import annotations

import warnings
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minbpe import BasicTokenizer, RegexTokenizer, corpora, get_stats
from minbpe.lab.trace import ALGORITHMS, EncodingTrace, TrainingTrace, learned_as, parting, tree_of

KINDS = [BasicTokenizer, RegexTokenizer]
TEXTS = st.text(alphabet="aab c'1\n한é", max_size=60) | st.text(max_size=40)


def trained(kind, text, merges):
    tokenizer = kind()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a short text has no pair left soon
        tokenizer.train(text, 256 + merges)
    return tokenizer


def state(trace, step):
    return [[idx for idx, _ in chunk] for chunk in trace.replay.window(step).chunks]


# Training


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS)
def test_after_k_merges_the_text_is_what_a_tokenizer_with_k_merges_encodes(kind, text):
    trace = TrainingTrace(kind(), text, 12)
    for step in range(len(trace) + 1):
        tokenizer = trained(kind, text, step)
        assert trace.merges_at(step) == tokenizer.merges
        assert [idx for chunk in state(trace, step) for idx in chunk] == tokenizer.encode(text)
        assert trace.lengths[step] == len(tokenizer.encode(text))


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS)
def test_the_candidates_are_those_of_a_recount_with_ties_marked(kind, text):
    trace = TrainingTrace(kind(), text, 12, candidates=4)
    for step, choice in enumerate(trace.choices):
        stats = {}
        for chunk in state(trace, step):
            get_stats(chunk, stats)
        best = sorted(stats, key=stats.get, reverse=True)[:4]  # stable: of equals, the one met first
        most = max(stats.values(), default=0)
        assert [(each.pair, each.count, each.tied) for each in choice.candidates] == [
            (pair, stats[pair], stats[pair] == most) for pair in best
        ]
        assert choice.pairs == len(stats)
        assert choice.ties == list(stats.values()).count(most)


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS, start=st.integers(0, 60), size=st.integers(1, 30))
def test_a_window_is_a_cut_of_the_whole_at_the_edges_of_tokens(kind, text, start, size):
    trace = TrainingTrace(kind(), text, 12)
    for step in range(len(trace) + 1):
        window = trace.replay.window(step, start, size)
        shown = [token for chunk in window.chunks for token in chunk]
        assert b"".join(data for _, data in shown) == trace.replay.data[window.start : window.stop]
        whole = trace.replay.tokens(step)
        assert any(whole[place : place + len(shown)] == shown for place in range(len(whole) + 1))


def test_the_next_merge_is_marked_where_it_applies_and_the_last_where_it_was_made():
    trace = TrainingTrace(BasicTokenizer(), "aaabdaaabac", 3)
    first = trace.replay.window(0)
    assert (first.left, first.right, first.made) == ([0, 5], [1, 6], [])  # aa, and not the overlap
    second = trace.replay.window(1)
    assert second.made == [0, 4]
    assert trace.places(0) == [1, 6]
    assert [trace.next_place(0, start) for start in (0, 2, 7)] == [1, 6, 1]
    assert trace.next_merge(3) is None and trace.places(3) == []
    assert trace.lengths == [11, 9, 7, 5]


def test_merges_do_not_reach_across_walls():
    trace = TrainingTrace(RegexTokenizer(), "dog dog. dog!", 20)
    assert [[data for _, data in chunk] for chunk in trace.replay.window(len(trace)).chunks] == [
        [b"dog"],
        [b" dog"],
        [b"."],
        [b" dog"],
        [b"!"],
    ]


@pytest.mark.parametrize("text", ["", "a", "é"])
def test_the_shortest_texts(text):
    trace = TrainingTrace(BasicTokenizer(), text, 5)
    assert trace.lengths[0] == len(text.encode())
    assert len(trace) == len(trace.choices) - 1 == (text == "é")


def test_many_equal_letters():
    trace = TrainingTrace(BasicTokenizer(), "a" * 100_000, 100)
    assert trace.replay.tokens(len(trace)) == [(trace.merges[-1].idx, b"a" * 100_000)]
    assert trace.choices[0].candidates[0].count == 99_999


def test_a_published_vocabulary_has_no_training_to_record(gpt4):
    with pytest.raises(ValueError, match="how it was trained is not known"):
        TrainingTrace(gpt4, "text", 3)


def test_the_sentence_is_encoded_with_the_merges_made_so_far():
    trace = TrainingTrace(RegexTokenizer(), corpora.load("story"), 50)
    for step in (0, 10, 50):
        expected = trained(RegexTokenizer, corpora.load("story"), step).encode("Once upon a time, 한국")
        got = trace.encode(RegexTokenizer(), "Once upon a time, 한국", step)
        assert [idx for chunk in got for idx, _ in chunk] == expected


def test_the_memory_is_one_number_a_byte_and_the_best_few_a_step():
    text = corpora.load("english")[:20_000]
    few, many = TrainingTrace(BasicTokenizer(), text, 10), TrainingTrace(BasicTokenizer(), text, 200)
    assert len(few.replay.closed) == len(many.replay.closed) == len(text.encode())
    assert max(len(choice.candidates) for choice in many.choices) == 10


# Encoding


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request):
    return trained(request.param, corpora.load("story"), 150)


@given(text=TEXTS | st.text(alphabet=" thereandor", max_size=40))
def test_a_recorded_encoding_comes_to_the_ids_of_the_tokenizer(tokenizer, text):
    trace = EncodingTrace(tokenizer, text)
    assert trace.ids() == tokenizer.encode(text)
    learned = [step.idx for step in trace.steps]
    assert learned == sorted(set(learned))  # each merge once, in order of learning


@given(text=TEXTS | st.text(alphabet=" thereandor", max_size=40), algorithm=st.sampled_from(ALGORITHMS))
def test_wrong_algorithms_lose_no_byte_and_finish(tokenizer, text, algorithm):
    trace = EncodingTrace(tokenizer, text, algorithm)
    tokens = trace.replay.tokens(len(trace))
    assert b"".join(data for _, data in tokens) == b"".join(trace.chunks)
    assert all(tokenizer.vocab[idx] == data for idx, data in tokens)


@given(text=st.text(alphabet=" thereandor", max_size=40))
def test_fewest_tokens_is_never_more_and_longest_match_begins_with_the_longest(tokenizer, text):
    fewest = EncodingTrace(tokenizer, text, "fewest").ids()
    assert all(len(fewest) <= len(EncodingTrace(tokenizer, text, other).ids()) for other in ALGORITHMS)
    longest = EncodingTrace(tokenizer, text, "longest")
    if text:
        head = longest.chunks[0]
        best = max((token for token in tokenizer.vocab.values() if head.startswith(token)), key=len)
        assert longest.replay.tokens(len(longest))[0][1] == best


@pytest.fixture
def hand_made():
    """b+c was learned first, then a+b, then ab+cd; c+d last but one."""
    tokenizer = BasicTokenizer()
    tokenizer._use_merges({(98, 99): 256, (97, 98): 257, (99, 100): 258, (257, 258): 259})
    return tokenizer


@pytest.mark.parametrize(
    "algorithm, ids",
    [
        ("merges", [97, 256, 100]),
        ("leftmost", [259]),
        ("longest", [259]),
        ("fewest", [259]),
    ],
)
def test_each_algorithm_does_what_its_name_says(hand_made, algorithm, ids):
    assert EncodingTrace(hand_made, "abcd", algorithm).ids() == ids


def test_the_most_frequent_pair_of_the_text_goes_first_where_encoding_recounts(hand_made):
    wrong = EncodingTrace(hand_made, "abcab", "frequent")  # ab stands here twice, bc once
    assert wrong.steps[0].idx == 257 and wrong.steps[0].places == [0, 3]
    right = EncodingTrace(hand_made, "abcab")
    assert parting(right, wrong) == (0, 0, 0)


def test_parting_names_the_first_token_that_differs(hand_made):
    right, wrong = EncodingTrace(hand_made, "xxabcd"), EncodingTrace(hand_made, "xxabcd", "longest")
    part = parting(right, wrong)
    assert (part.step, part.token, part.place) == (None, 2, 2)
    assert parting(right, right) == (None, None, None)


def test_the_ranks_under_consideration(hand_made):
    ranks = EncodingTrace(hand_made, "abcd").ranks(0)
    assert [(each.place, each.idx, each.chosen) for each in ranks] == [(0, 257, False), (1, 256, True), (2, 258, False)]


def test_an_unknown_algorithm_is_named(hand_made):
    with pytest.raises(ValueError, match="'best'"):
        EncodingTrace(hand_made, "abc", "best")


def test_gpt4_is_replayed_with_its_own_ids(gpt4):
    text = "hello123!!!? (안녕하세요!) 😉"
    assert EncodingTrace(gpt4, text).ids() == gpt4.encode(text)


# Where a token comes from


def test_a_tree_joins_its_leaves_to_the_token(tokenizer):
    for idx, data in tokenizer.vocab.items():
        node = tree_of(tokenizer, idx)
        assert node.data == data
        if node.children:
            left, right = node.children
            assert left.data + right.data == data and tokenizer.merges[left.idx, right.idx] == idx
        else:
            assert len(data) == 1


def test_the_tree_of_a_published_token_is_recovered(gpt4):
    node = tree_of(gpt4, gpt4.encode("hello")[0])
    assert [child.data for child in node.children] == [b"h", b"ello"]


def test_a_deep_tree_needs_no_deep_stack():
    tokenizer = BasicTokenizer()
    chain = {(97, 98): 256} | {(idx, 98): idx + 1 for idx in range(256, 256 + 3000)}
    tokenizer._use_merges(chain)
    assert len(tree_of(tokenizer, 256 + 3000).data) == 3002


def test_an_unknown_token_has_no_tree(tokenizer):
    with pytest.raises(ValueError, match="999999"):
        tree_of(tokenizer, 999_999)


def test_learned_as_counts_from_one(tokenizer, gpt4):
    assert learned_as(tokenizer)[256] == 1
    assert learned_as(gpt4)[256] == 1 and 255 not in learned_as(gpt4)


def test_counts_of_the_candidates_are_those_of_the_merges():
    trace = TrainingTrace(BasicTokenizer(), corpora.load("story"), 60)
    steps = list(BasicTokenizer().train_steps(corpora.load("story"), 256 + 60))
    assert trace.merges == steps
    assert Counter(trace.replay.closed)[1] == len(trace.places(0))
