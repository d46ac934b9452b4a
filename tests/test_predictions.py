"""Predictions in marks of one's own, the book of the questions, and what was predicted beside what came out."""

import xml.etree.ElementTree as ET

import pytest
from traitlets import TraitError

from minbpe.lab import predictions
from minbpe.lab.widgets.marks import Bars, PickPair, TypeIn
from minbpe.lab.widgets.predicted import Predicted
from minbpe.lab.widgets.questions import Predict

SAID = {"why": "Because so.", "otherwise": "Think again."}


def number(**more):
    return TypeIn("How many?", answer=44, wrong={"300": "All of them?"}, **SAID, **more)


def row():
    return TypeIn("Which row?", answer=[256, 97], wrong={"[256, 256]": "Used twice?"}, **SAID)


def bars():
    return Bars("Where is it cut?", " unhappily", answer=" un|happily", wrong={" |unhappily": "A space?"}, **SAID)


def pair():
    return PickPair("Which pair?", "aa|a|b|aa|a", answer="aa|a", wrong={"a|b": "A tie."}, **SAID)


KINDS = [number, row, bars, pair]


def shown(widget):
    return "".join(ET.fromstring(f"<body>{widget.html}</body>").itertext())


def buttons(widget):
    return ET.fromstring(f"<body>{widget.html}</body>").findall(".//button")


@pytest.mark.parametrize("make", KINDS)
def test_before_an_answer_nothing_is_given_away_and_the_question_can_be_read(make):
    widget = make()
    assert widget.first is None
    for text in (shown(widget), widget.still(), widget._repr_mimebundle_()["text/plain"]):
        assert "Because" not in text and "Think" not in text and "✓" not in text
        assert widget.text in text
    assert "data-opens" not in widget.html
    ET.fromstring(widget.still())


@pytest.mark.parametrize("make", KINDS)
def test_the_first_answer_is_the_prediction_and_opens_what_is_below(make):
    widget = make()
    wrong = next(each for each in widget.whys if not widget.right(each))
    widget.give(wrong)
    assert "✗ Not quite. " + widget.whys[wrong] in shown(widget)
    assert "data-opens" in widget.html
    widget.give(widget.answer)
    assert "✓ Right. Because so." in shown(widget)
    assert widget.first == wrong
    widget.choice = None
    assert widget.first is None and "data-opens" not in widget.html


def test_numbers_are_read_as_people_write_them():
    widget = TypeIn("How many bytes?", answer=15746, near=0.1, **SAID)
    widget.give(" 15,746 bytes")
    assert widget.choice == "15746" and widget.right(widget.choice)
    assert widget.right(widget.written("14_500")) and not widget.right(widget.written("14,000"))
    for given in ("", "many", "1 or 2"):
        widget.give(given)
        assert widget.choice == "15746" and "Type one number." in shown(widget)
    widget = row()
    widget.give("256 97")
    assert widget.choice == "[256, 97]" and widget.right(widget.choice)
    widget.give("none")
    assert "with commas between them" in shown(widget)


def test_an_answer_that_nobody_foresaw_is_told_to_think_again():
    widget = number()
    widget.give("7")
    assert "Think again." in shown(widget)


def test_bars_are_set_and_taken_away_by_the_buttons_between_the_letters():
    widget = bars()
    assert [each.get("aria-label") for each in buttons(widget)][1] == "bar between u and n, place 2"
    for place in ("3", "5", "5"):
        widget.on_event("bar", place)
    assert widget.choice is None, "nothing is decided before the button says so"
    assert [each.get("aria-pressed") for each in buttons(widget)].count("true") == 1
    widget.on_event("give", "")
    assert widget.choice == " un|happily"
    with pytest.raises(TraitError, match="bars in it"):
        widget.choice = "un|lucky"


def test_bars_that_have_moved_since_the_answer_do_not_stand_beside_what_is_said_of_it():
    widget = bars()
    widget.on_event("bar", "3")
    widget.on_event("give", "")
    assert "Because so." in shown(widget)
    widget.on_event("bar", "1")
    assert "The bars have moved." in shown(widget) and "Because so." not in shown(widget)
    widget.on_event("bar", "1")
    assert "Because so." in shown(widget), "they stand again where they were"
    widget.choice = " |unhappily"
    assert widget.bars == [1] and "A space?" in shown(widget)
    widget.choice = None
    assert widget.bars == []


def test_where_the_question_says_how_many_bars_no_other_number_is_an_answer():
    widget = Bars("Put one bar.", " the", answer=" th|e", wrong={" |the": "A space?"}, number=1, **SAID)
    for places in ([], ["1", "2"]):
        for place in places:
            widget.on_event("bar", place)
        widget.on_event("give", "")
        assert widget.choice is None and "Put exactly one bar." in shown(widget)
        assert "data-opens" not in widget.html
    widget.on_event("bar", "2")
    assert "exactly" not in shown(widget), "what was said of other bars is gone"
    widget.on_event("give", "")
    assert widget.first == " |the" and "data-opens" in widget.html


def test_a_pair_is_picked_in_any_of_its_places():
    widget = pair()
    widget.on_event("pair", "3")
    assert widget.choice == "aa|a" and widget.right(widget.choice)
    assert [each.get("aria-pressed") for each in buttons(widget)] == ["true", "false", "false", "true"]
    with pytest.raises(TraitError, match="no pair"):
        widget.choice = "b|a"


def test_a_right_answer_among_the_wrong_ones_is_a_mistake():
    with pytest.raises(ValueError, match="among the wrong ones"):
        TypeIn("How many?", answer=44, wrong={"44": "no"}, **SAID)


def test_what_came_out_stands_beside_what_was_predicted_whichever_runs_first():
    key = next(key for key, entry in predictions.questions().items() if "options" in entry)
    early = predictions.predicted(key, [1, 2])
    assert "You predictednothing yet" in shown(early) and "It gives[1, 2]" in shown(early)
    question = predictions.predict(key)
    wrong = next(each for each in question.question.options if not question.right(each))
    question.choice = wrong
    late = predictions.predicted(key, [1, 2], label="It counts")
    for each in (early, late):
        assert each.said == wrong and not each.right
        assert "✗" in shown(each)
    assert "It counts[1, 2]" in shown(late)
    question.choice = question.question.answer
    assert early.said == wrong, "the first choice is the prediction"


def test_what_came_out_is_what_a_page_without_a_kernel_shows():
    assert repr(Predicted("[256, 97]")) == "[256, 97]"
    long = repr(list(range(200)))
    assert Predicted(long)._repr_mimebundle_()["text/plain"] == long
    assert "[256, 97]" in Predicted("[256, 97]").still()


def test_every_question_of_the_course_can_be_asked():
    assert predictions.questions()
    for key in predictions.questions():
        question = predictions.predict(key)
        answer = question.question.answer if isinstance(question, Predict) else question.answer
        assert question.right(answer) and question.why(answer)
        for given in question.question.options if isinstance(question, Predict) else question.whys:
            assert question.why(given).strip()
            assert question.right(given) == (given == answer)
    for notebook in predictions.quizzes():
        assert predictions.quiz(notebook).questions


def test_a_name_that_is_nearly_right_is_told_the_right_one():
    with pytest.raises(ValueError, match="did you mean 'aaa-merged'"):
        predictions.predict("aaa-merge")
    with pytest.raises(ValueError, match="there is no question 'zzz'"):
        predictions.predicted("zzz")
