"""BeTheTokenizer: the rows are those of merge, greedy is training, and what is said of who can win is true."""

from __future__ import annotations

import warnings
from itertools import islice
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traitlets import TraitError

from minbpe import BasicTokenizer, get_stats, merge
from minbpe.lab import BeTheTokenizer
from minbpe.lab.widgets.be_the_tokenizer import LONGEST_PLAYED, fewest, greedy

BEATABLE = "tick tock goes the clock"  # the fewest tokens after three merges are one fewer than greedy's
sentences = st.text("abc ", max_size=9) | st.sampled_from(["aaab aaab", "abab", "é漢é", ""])


def shown(widget):
    return " ".join("".join(ElementTree.fromstring(f"<all>{widget.html}</all>").itertext()).split())


def press(widget, left, right, place=None):
    where = "" if place is None else f",{place}"
    widget.on_event("merge", f"{ord(left)},{ord(right)}{where}")


def by_brute_force(row, merges, new=256):
    """The fewest tokens that any sequence of merges leaves."""
    if not merges or len(row) < 2:
        return len(row)
    return min(by_brute_force(merge(row, pair, new), merges - 1, new + 1) for pair in get_stats(row))


@settings(max_examples=60)
@given(sentences, st.integers(0, 3))
def test_the_fewest_tokens_are_those_of_trying_everything(text, merges):
    row = list(text.encode())
    assert fewest(row, merges, tries=10**9) == by_brute_force(row, merges)


def test_what_takes_too_many_tries_is_not_claimed():
    assert fewest(list(b"she sells sea shells by the sea shore"), 6, tries=50) is None


@given(sentences, st.integers(0, 6))
def test_greedy_is_training(text, merges):
    trained = BasicTokenizer()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a short text has no pair left soon
        trained.train(text, 256 + merges)
    *_, played = islice(greedy(text), merges + 1)
    assert played.row == trained.encode(text)


@given(st.lists(st.sampled_from(["as greedy", "undo", "again", "other"]), max_size=12))
def test_going_back_and_another_way_shows_what_a_new_widget_shows(steps):
    widget = BeTheTokenizer(BEATABLE)
    for step in steps:
        if step == "other":
            pairs = list(get_stats(widget.you.row))
            widget.on_event("merge", "{},{}".format(*pairs[-1]))
        else:
            widget.on_event(step, "")
        anew = BeTheTokenizer(BEATABLE, moves=widget.moves)
        assert shown(widget) == shown(anew)
        assert widget.greedy == anew.greedy


def test_choosing_a_pair_fuses_all_its_places_and_greedy_moves_too():
    widget = BeTheTokenizer("abcabcab")
    press(widget, "b", "c")
    assert widget.you.row == merge(list(b"abcabcab"), (98, 99), 256)
    assert widget.moves == [[98, 99]]
    assert widget.greedy.moves == [(97, 98)]  # which occurs three times
    assert "you have 6 tokens, greedy has 5. You are 1 behind" in shown(widget)
    assert "256 means bc to you and ab to greedy" in shown(widget)
    assert "two meanings" in shown(widget)


def test_a_tie_may_be_decided_otherwise_and_costs_nothing():
    widget = BeTheTokenizer("abcabc")
    press(widget, "b", "c")
    assert "A tie: b+c and a+b both occur 2 times, and greedy takes the one that comes first" in shown(widget)
    assert "You are level" in shown(widget) and "256 means bc to you and ab to greedy" in shown(widget)


def test_who_chooses_as_greedy_does_is_told_so():
    widget = BeTheTokenizer("abcabcab")
    widget.on_event("as greedy", "")
    assert widget.you.row == widget.greedy.row
    assert "Greedy would have chosen that pair, too" in shown(widget) and "two meanings" not in shown(widget)


def test_overlapping_places_are_not_counted_as_saved():
    widget = BeTheTokenizer("aaaxyxy")  # a+a and x+y both occur twice, but of a+a only one place is merged
    press(widget, "x", "y")
    assert widget.you.saved == [2] and widget.greedy.saved == [1]
    assert "You are 1 ahead" in shown(widget)


def test_it_says_truthfully_when_greedy_can_be_beaten():
    widget = BeTheTokenizer(BEATABLE)
    for _ in range(2):
        widget.on_event("as greedy", "")
        assert "nobody gets below" in shown(widget)
    widget.on_event("as greedy", "")
    assert len(widget.greedy.row) == 18
    assert "Greedy can be beaten here: 3 merges can leave 17" in shown(widget)
    winning = _a_play_that_leaves(list(BEATABLE.encode()), 3, 17)
    widget.moves = winning
    assert len(widget.you.row) == 17
    assert "You are 1 ahead" in shown(widget) and "you have found what greedy" in shown(widget)


def _a_play_that_leaves(row, merges, wanted, new=256):
    if not merges:
        return [] if len(row) == wanted else None
    for pair in get_stats(row):
        rest = _a_play_that_leaves(merge(row, pair, new), merges - 1, wanted, new + 1)
        if rest is not None:
            return [list(pair), *rest]
    return None


def test_moves_are_a_trait_that_is_replayed_and_checked():
    widget = BeTheTokenizer("abcabc", moves=[[97, 98], [256, 99]])
    assert widget.you.row == [257, 257] and widget.you.vocab[257] == b"abc"
    with pytest.raises(TraitError, match=r"merge 2 is of \(97, 98\), and that pair does not stand in the row"):
        widget.moves = [[97, 98], [97, 98]]
    assert widget.you.row == [257, 257]
    widget.on_event("undo", "")
    assert widget.moves == [[97, 98]]
    widget.on_event("key", "Backspace")
    assert widget.moves == [] and widget.you.row == list(b"abcabc")
    widget.on_event("undo", "")
    assert widget.moves == []


def test_another_sentence_begins_anew():
    widget = BeTheTokenizer("abcabc", moves=[[97, 98]])
    widget.text_field.value = "xyxy"
    assert widget.text == "xyxy" and widget.moves == [] and widget.you.row == list(b"xyxy")
    widget.text = "z" * 500
    assert len(widget.text) == LONGEST_PLAYED and "here are the first 160" in shown(widget)


def test_a_press_that_comes_too_late_changes_nothing():
    widget = BeTheTokenizer("abab", moves=[[97, 98]])
    press(widget, "a", "b")
    assert widget.moves == [[97, 98]]


def test_the_counts_can_be_hidden():
    widget = BeTheTokenizer("abab", counts=False)
    assert "counted" not in shown(widget) and "times" not in widget.html
    press(widget, "b", "a")
    assert "Greedy would have taken another pair, which occurs more often." in shown(widget)
    assert "times" not in widget.html
    widget.on_event("counts", "")
    assert "b+a occurs once, a+b 2 times" in shown(widget)
    assert widget.counts and "Your pairs, counted" in shown(widget)


def test_the_focus_stays_at_the_place_that_was_pressed():
    widget = BeTheTokenizer("xxabyab")
    press(widget, "a", "b", place=5)
    page = ElementTree.fromstring(f"<all>{widget.html}</all>")
    here = [each for each in page.iter("span") if each.get("data-here") is not None]
    assert here == []  # the last token has no neighbour, so nothing there can be pressed
    widget = BeTheTokenizer("xxabyab")
    press(widget, "a", "b", place=2)
    page = ElementTree.fromstring(f"<all>{widget.html}</all>")
    (here,) = [each for each in page.iter("span") if each.get("data-here") is not None]
    assert here.get("data-key") == "r2"


@pytest.mark.parametrize("text", ["", "a", "<script>alert(1)</script>", "é漢😉é漢😉", "a\ud800b", "שלום", "\x00\x01"])
def test_no_text_breaks_it(text):
    widget = BeTheTokenizer(text)
    for _ in range(3):
        widget.on_event("as greedy", "")
        page = ElementTree.fromstring(f"<all>{widget.html}</all>")
        ElementTree.fromstring(widget.still())
        assert not list(page.iter("script"))
        assert sum(len(widget.you.vocab[idx]) for idx in widget.you.row) == len(widget.text.encode())
    assert repr(widget).startswith("BeTheTokenizer:")
