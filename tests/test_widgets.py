"""The widgets by their traits: what is set shows, what is done on the page sets it, and no text breaks them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest

from minbpe import BasicTokenizer, RegexTokenizer, corpora, get_stats, merge
from minbpe.lab import EncodeStepper, MergeScrubber, MergeTree
from minbpe.lab.trace import ALGORITHMS
from minbpe.lab.widgets import lab, merge_scrubber

TEXTS = {
    "nothing": "",
    "one": "a",
    "equal": "a" * 100_000,
    "script": "<script>alert(1)</script>",
    "rtl": "مرحبا بالعالم مرحبا",
    "family": "👨‍👩‍👧‍👦👨‍👩‍👧‍👦",
    "control": "\x00\x01\x1b[31m\ufffe",
    "surrogate": "a\ud800b",
    "huge": "word " * 400_000,
}


@pytest.fixture(scope="module")
def trained():
    tokenizer = RegexTokenizer()
    tokenizer.train(corpora.load("story"), 256 + 200)
    return tokenizer


def check(widget):
    """What shows is well formed, escaped and small; so is the still. Returns the text that shows."""
    page = ElementTree.fromstring(f"<all>{widget.html}</all>")
    bundle = widget._repr_mimebundle_()
    ElementTree.fromstring(bundle["image/svg+xml"])
    assert "<script" not in widget.html + bundle["image/svg+xml"]
    assert len(widget.html) < 1_000_000
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert len(bundle["text/plain"]) < 600
    return "".join(page.itertext())


def happens(widget, name, value, stage=None):
    """As if the page had sent this event."""
    stage = stage or widget.stage
    stage.set_state({"event": {"name": name, "value": value, "n": stage.event.get("n", 0) + 1}})


# MergeScrubber


@pytest.fixture
def scrubber():
    return MergeScrubber("aaabdaaabac" * 20, merges=12, sentence="abac")


def test_setting_the_step_shows_it(scrubber):
    assert "After 0 merges" in check(scrubber)
    scrubber.step = 5
    assert "After 5 merges" in check(scrubber)
    assert "first 5 merges" in check(scrubber)
    assert scrubber.transport.value == scrubber.stage.step == 5


def test_play_learns_which_step_is_drawn_from_wherever_it_begins(trained):
    for widget in (MergeScrubber("the other weather", merges=9), EncodeStepper(trained, "the other weather")):
        widget.step = 2
        widget.playing = True
        assert widget.transport.shown == 2
        widget.step = 3
        assert widget.transport.shown == 3


def test_backwards_shows_what_forwards_showed(scrubber):
    scrubber.follow = False
    pages = []
    for step in range(len(scrubber.trace) + 1):
        scrubber.step = step
        pages.append(scrubber.html)
    for step in reversed(range(len(scrubber.trace) + 1)):
        scrubber.step = step
        assert scrubber.html == pages[step]


def test_the_step_stays_within_the_training(scrubber):
    scrubber.step = 1_000
    assert scrubber.step == len(scrubber.trace)
    scrubber.step = -3
    assert scrubber.step == 0


def test_the_slider_moves_the_picture(scrubber):
    scrubber.transport.set_state({"value": 7})  # as the page does
    assert scrubber.step == 7 and "After 7 merges" in check(scrubber)


def test_a_click_on_a_merge_goes_to_its_step(scrubber):
    happens(scrubber, "step", "3")
    assert scrubber.step == 3


def test_keys(scrubber):
    last = len(scrubber.trace)
    for key, step in [("ArrowRight", 1), ("End", last), ("ArrowLeft", last - 1), ("Home", 0), ("PageUp", 10)]:
        assert key in scrubber.stage.hotkeys
        happens(scrubber, "key", key)
        assert scrubber.step == step, key
    happens(scrubber, "key", " ")
    assert scrubber.playing and scrubber.transport.playing


def test_the_sentence_follows_the_field_and_the_trait(scrubber):
    scrubber.step = 2
    scrubber.sentence_field.value = "aab"
    assert scrubber.sentence == "aab" and "3 bytes" in check(scrubber)
    scrubber.sentence = "ab"
    assert scrubber.sentence_field.value == "ab"


def test_another_text_is_trained_on_and_the_step_kept(scrubber):
    scrubber.step = 12
    scrubber.text = "abab"
    assert len(scrubber.trace) == scrubber.step == scrubber.transport.max == 2
    scrubber.tokenizer = RegexTokenizer  # a class will do
    scrubber.merges = 1
    assert len(scrubber.trace) == 1


def test_the_window_moves_and_says_where_it_is():
    text = corpora.load("story")
    scrubber = MergeScrubber(text, merges=30, follow=False)
    assert "bytes 0 to" in check(scrubber)
    happens(scrubber, "window", "later")
    later = scrubber.window_start
    assert later > 0 and f"bytes {later:,} to" in check(scrubber)
    happens(scrubber, "window", "earlier")
    assert scrubber.window_start < later
    happens(scrubber, "follow", True)
    assert scrubber.follow


@pytest.mark.parametrize("step", range(0, 120, 7))
def test_the_pair_that_merges_next_is_in_view(step):
    scrubber = MergeScrubber(corpora.load("story"), merges=120, step=step)
    assert "mb-l" in scrubber.stage.parts["text"]
    happens(scrubber, "window", "pair")
    assert "mb-l" in scrubber.stage.parts["text"]


def test_another_pair_may_be_merged_instead_and_greedy_is_compared(scrubber):
    scrubber.step = 1
    second = scrubber.trace.choices[1].candidates[1].pair
    happens(scrubber, "instead", f"{second[0]},{second[1]}")
    assert scrubber.step == 2 and scrubber.instead == {1: list(second)}
    assert scrubber.trace.merges[1].pair == second
    # From there on it is training as ever, on the text as it is then.
    ids = list(("aaabdaaabac" * 20).encode())
    for merged in scrubber.trace.merges:
        stats = get_stats(ids)
        assert merged.pair == second if merged.idx == 257 else stats[merged.pair] == max(stats.values())
        ids = merge(ids, merged.pair, merged.idx)
    assert scrubber.trace.lengths[-1] == len(ids)
    assert f"greedy has {scrubber.greedy.lengths[2]:,} here" in check(scrubber)
    happens(scrubber, "back", "")
    assert scrubber.instead == {} and scrubber.trace is scrubber.greedy and "greedy has" not in check(scrubber)


def test_the_most_frequent_pair_is_no_other_choice(scrubber):
    first = scrubber.trace.choices[0].candidates[0].pair
    happens(scrubber, "instead", f"{first[0]},{first[1]}")
    assert scrubber.step == 1 and scrubber.instead == {}


def test_a_choice_that_another_text_does_not_have_is_dropped(scrubber):
    scrubber.instead = {0: [98, 100]}
    assert scrubber.trace.merges[0].pair == (98, 100)
    scrubber.text = "xyxyxy"
    assert scrubber.instead == {} and scrubber.trace.merges[0].pair == (120, 121)


def test_more_of_the_text_is_shown_where_there_is_more_room():
    scrubber = MergeScrubber(corpora.load("story"), merges=20)
    shown = []
    for columns, screen in [(50, 768), (100, 768), (100, 1080)]:
        scrubber.stage.set_state({"columns": columns, "screen": screen})  # as the page does
        shown.append(sum(map(len, scrubber._window().chunks)))
    assert shown[0] < shown[1] < shown[2]


@pytest.mark.parametrize("kind", [BasicTokenizer, RegexTokenizer])
@pytest.mark.parametrize("name", TEXTS)
def test_no_text_breaks_the_scrubber(kind, name):
    scrubber = MergeScrubber(TEXTS[name], 30, kind, sentence=TEXTS[name])
    for step in (0, 1, 30):
        scrubber.step = step
        check(scrubber)
    if name == "huge":
        assert "here are the first 200,000" in check(scrubber) and "here are the first 1,000" in check(scrubber)
    if name == "one":
        assert "then no pair is left" in check(scrubber)


def test_too_many_merges_are_cut_with_a_message():
    scrubber = MergeScrubber(corpora.load("english")[:20_000], merges=5_000)
    assert len(scrubber.trace) == merge_scrubber.MOST_MERGES and "here are the first 2,000" in check(scrubber)


def test_a_step_sends_little_to_the_page(monkeypatch):
    scrubber = MergeScrubber(corpora.load("english")[:20_000], merges=500, step=100)
    sent = []
    monkeypatch.setattr(lab.Stage, "_send", lambda self, message, buffers=None: sent.append(message))
    scrubber.step = 101
    assert 0 < len(json.dumps(sent)) < 40_000
    assert sum("p3" in message.get("state", {}) for message in sent) == 0  # the table of merges is there already


def test_a_step_is_at_most_16_ms_of_work():
    scrubber = MergeScrubber(corpora.load("english")[:20_000], merges=500)
    times = []
    for step in range(0, 500, 9):
        start = time.process_time()
        scrubber.step = step
        times.append(time.process_time() - start)
    assert sorted(times)[len(times) // 2] < 0.016


def test_large_is_a_class_that_comes_and_goes(scrubber):
    scrubber.large = True
    assert "mb-large" in scrubber._dom_classes
    scrubber.large = False
    assert "mb-large" not in scrubber._dom_classes


def test_the_same_state_has_the_same_output():
    def bundle():
        shown = MergeScrubber("aaabdaaabac" * 20, merges=12, sentence="abac", step=4)._repr_mimebundle_()
        return {kind: value for kind, value in shown.items() if "widget-view" not in kind}

    assert bundle() == bundle()


# EncodeStepper


@pytest.mark.parametrize("compare", ["", *ALGORITHMS[1:]])
@pytest.mark.parametrize("name", TEXTS)
def test_no_text_breaks_the_stepper(trained, compare, name):
    stepper = EncodeStepper(trained, TEXTS[name], compare=compare)
    for step in (0, 1, stepper.last):
        stepper.step = step
        check(stepper)


def test_the_end_of_the_stepper_is_the_encoding(trained):
    text = "Once upon a time"
    stepper = EncodeStepper(trained, text)
    happens(stepper, "key", "End")
    assert str(trained.encode(text)) in check(stepper)
    assert "Nothing merges any more" in check(stepper)


def test_a_text_in_which_nothing_merges_has_not_merged_before(trained):
    assert "Nothing merges. The ids:" in check(EncodeStepper(trained, "zzz"))


def test_the_legend_of_the_stepper_tells_what_is_marked(trained):
    stepper = EncodeStepper(trained, "the other weather together")
    assert "framed: comes next · underlined: just made" in check(stepper) and "dashed" not in check(stepper)
    stepper.compare = "longest"
    assert "dashed: where the results begin to differ" in check(stepper)


def test_the_lowest_rank_merges_next(trained):
    stepper = EncodeStepper(trained, "the other weather")
    ranks = stepper.stage.parts["ranks"]
    chosen = ranks.index("◀ next")
    assert ranks.count("◀ next") == 1 and f"<td>{stepper.right.steps[0].idx}</td>" in ranks[:chosen]


def test_a_wrong_algorithm_can_be_switched_on(trained):
    stepper = EncodeStepper(trained, "the other weather together")
    assert "wrong" not in stepper.stage.parts
    for name in ALGORITHMS[1:]:
        stepper.compare_field.value = name
        assert stepper.compare == name and "Wrong:" in check(stepper)
        assert "differ from token" not in check(stepper), "the reader is to say it first"
        stepper.step = stepper.last
        assert ("differ from token" in check(stepper)) == (stepper.wrong.ids() != stepper.right.ids())
        stepper.step = 0
    stepper.compare = ""
    assert stepper.compare_field.value == "" and "wrong" not in stepper.stage.parts


def right_rule(stats, merges):
    return min(stats, key=lambda pair: merges.get(pair, float("inf")))


def test_the_learners_own_rule_runs_beside_the_right_one(trained):
    stepper = EncodeStepper(trained, "the other weather together", rule=right_rule)
    assert stepper.compare == stepper.compare_field.value == "rule"
    assert stepper.wrong.ids() == stepper.right.ids() == trained.encode("the other weather together")
    assert "On this text, your own rule comes to the same ids" in check(stepper)
    stepper.rule = lambda stats, merges: next((pair for pair in stats if pair in merges), None)
    assert stepper.compare == "rule"
    leftmost = EncodeStepper(trained, "the other weather together", compare="leftmost")
    assert stepper.wrong.ids() == leftmost.wrong.ids() and "Your rule" in check(stepper)


@pytest.mark.parametrize(
    "rule, said",
    [
        (lambda stats, merges: 1 / 0, "Your rule stopped: ZeroDivisionError"),
        (lambda stats, merges: (1, 2), "it chose (1, 2), which does not stand in the text"),
        (lambda stats, merges: 7, "Your rule stopped: TypeError"),
        (lambda stats, merges: None, "differ from token"),
        (lambda stats, merges: merges.clear() or stats.clear(), "differ from token"),
        (lambda stats, merges: max(stats, key=stats.get), "your own rule"),
    ],
)
def test_whatever_a_rule_does_is_said_and_changes_nothing_else(trained, rule, said):
    merges = dict(trained.merges)
    stepper = EncodeStepper(trained, "the other weather together", rule=rule)
    assert said in check(stepper)
    assert trained.merges == merges and stepper.right.ids() == trained.encode("the other weather together")


def test_without_a_rule_none_is_offered(trained):
    stepper = EncodeStepper(trained, "the other", rule=right_rule)
    assert "rule" in dict(stepper.compare_field.options).values()
    stepper.rule = None
    assert stepper.compare == "" and "rule" not in dict(stepper.compare_field.options).values()


def test_typing_encodes_anew(trained):
    stepper = EncodeStepper(trained, "the other", step=99)
    stepper.text_field.value = "a"
    assert stepper.text == "a" and stepper.step == stepper.last == 0


# MergeTree


def test_a_click_goes_on_from_a_token(trained):
    tree = MergeTree(trained, text=" the")
    token = tree.token
    left = next(pair[0] for pair, idx in trained.merges.items() if idx == token)
    happens(tree, "token", str(left))
    assert tree.token == tree.field.value == left
    check(tree)


def test_an_unknown_token_is_a_message(trained):
    tree = MergeTree(trained, 300)
    tree.token = 99_999
    assert "no token has the id 99999; the ids here go from 0 to 455" in check(tree)
    tree.field.value = 99_998  # typed
    assert tree.token == 99_998 and "no token has the id 99998" in check(tree)


def test_an_unknown_token_leaves_the_last_tree_where_it_is(trained):
    tree = MergeTree(trained, 300)
    before = tree.stage.parts["tree"]
    tree.token = 99_999
    assert tree.stage.parts["tree"] == before and "Below is still the tree of 300." in check(tree)
    tree.tokenizer = BasicTokenizer()  # which has no token 300
    assert "tree" not in tree.stage.parts and "the ids here go from 0 to 255" in check(tree)


def test_a_tree_without_a_token_shows_the_last_one_learned(trained):
    assert MergeTree(trained).token == max(trained.vocab)


# The package


def test_importing_the_package_loads_no_lab():
    code = (
        "import sys, minbpe; print([name for name in sys.modules if 'lab' in name.split('.') or 'ipywidgets' in name])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
