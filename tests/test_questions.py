"""Predict and Quiz: an option explains itself once it is chosen, and not before."""

import xml.etree.ElementTree as ET

import pytest
from traitlets import TraitError

from minbpe.lab import Predict, Question, Quiz
from minbpe.lab.widgets import questions

OPTIONS = {"1": "One is too few.", "2": "`(a, a)` stands at 0 and at 1.", "3": "Three letters, two gaps."}


def predict(**traits):
    return Predict("How many pairs are in `[97, 97, 97]`?", OPTIONS, answer="2", **traits)


def quiz():
    return Quiz(
        [Question("How many pairs?", OPTIONS, "2"), Question("A <b> & c?", {"yes": "Y < 1.", "no": "N."}, "no")]
    )


def well_formed(html):
    return ET.fromstring(f"<body>{html}</body>")


def buttons(widget):
    return well_formed(widget.html).findall(".//button")


def explanations(widget):
    return ["".join(each.itertext()) for each in well_formed(widget.html).findall(".//span[@class='mb-why']")]


def test_before_a_choice_nothing_is_given_away():
    widget = predict()
    assert widget.choice is None and widget.first is None
    assert [b.find("span").text for b in buttons(widget)] == ["A", "B", "C"]
    for shown in (widget.html, widget.still(), repr(widget)):
        assert not any(why.split("`")[-1] in shown for why in OPTIONS.values())
        assert "Right" not in shown and "✓" not in shown
    assert len({(*sorted(b.attrib), b.attrib["class"]) for b in buttons(widget)}) == 1  # the answer looks no different


def test_only_what_was_chosen_explains_itself():
    widget = predict()
    widget.choice = "3"
    assert explanations(widget) == ["✗ Not this one. Three letters, two gaps."]
    widget.choice = "2"
    assert explanations(widget) == ["✓ Right. (a, a) stands at 0 and at 1.", "✗ Not this one. Three letters, two gaps."]
    assert widget.first == "3"
    widget.choice = None
    assert explanations(widget) == [] and widget.first is None


def test_pressing_a_button_is_choosing_it():
    widget = predict()
    press(widget, 1)
    assert widget.choice == "2"
    assert [b.attrib["aria-pressed"] for b in buttons(widget)] == ["false", "true", "false"]


def press(widget, place):
    attributes = buttons(widget)[place].attrib
    widget.stage.event = {"name": attributes["data-event"], "value": attributes["data-value"], "n": place + 1}


def test_code_and_stressed_words_are_set_as_such():
    assert (
        questions.prose("`a*b` and `*c*` is *not* 2*3*4 <b>")
        == "<code>a*b</code> and <code>*c*</code> is <em>not</em> 2*3*4 &lt;b&gt;"
    )
    assert questions.plain("`a*b` and `*c*` is *not* 2") == "a*b and *c* is not 2"


def test_a_quiz_counts_what_was_right_at_the_first_try():
    widget = quiz()
    assert widget.choices == [None, None] and "0 of 2 answered" in widget.html
    for place in (0, 1, 4):  # wrong, then right; and right at once
        press(widget, place)
    assert widget.choices == ["2", "no"]
    assert widget.right_first == 1
    assert "1 of 2 right on the first try" in widget.html and "1 of 2 right" in repr(widget)
    widget.choices = [None, None]
    assert explanations(widget) == [] and widget.right_first == 0


def test_only_the_question_that_changed_is_drawn_anew():
    widget = quiz()
    before = dict(widget.stage.parts)
    press(widget, 4)
    changed = {name for name, html in widget.stage.parts.items() if html != before[name]}
    assert changed == {"question 2", "result"}


def test_the_still_shows_the_questions_and_options_and_stays_the_same():
    widget = quiz()
    picture = widget.still()
    texts = "\n".join(each.text for each in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"))
    for expected in ("1. How many pairs?", "A) 1", "C) 3", "2. A <b> & c?", "B) no"):
        assert expected in texts
    widget.choices = ["2", "no"]
    assert widget.still() == picture == quiz().still()


def test_every_button_has_a_name_and_the_group_says_the_question():
    widget = predict(choice="2")
    group = well_formed(widget.html).find(".//div[@role='group']")
    assert group.attrib["aria-label"] == "Predict: How many pairs are in [97, 97, 97]?"
    assert all("".join(b.itertext()).strip() for b in buttons(widget))
    assert {b.attrib["data-key"] for b in buttons(widget)} == {"0.0", "0.1", "0.2"}  # where the focus comes back to


@pytest.mark.parametrize(
    ("options", "answer", "says"),
    [
        ({"1": "why"}, "1", "2 to 8 options"),
        ({"1": "why", "2": "why"}, "3", "none of the options"),
        ({"1": "why", "2": " "}, "1", "does not explain itself"),
    ],
)
def test_a_question_that_cannot_be_answered_is_an_error(options, answer, says):
    with pytest.raises(ValueError, match=says):
        Question("?", options, answer)


def test_an_unknown_option_is_an_error_and_changes_nothing():
    one, many = predict(), quiz()
    with pytest.raises(TraitError, match="none of the options"):
        one.choice = "4"
    with pytest.raises(TraitError, match="none of the options"):
        many.choices = ["2", "maybe"]
    with pytest.raises(TraitError, match="each of the 2 questions"):
        many.choices = ["2"]
    assert one.choice is None and many.choices == [None, None]
    with pytest.raises(ValueError, match="needs a question"):
        Quiz([])


def test_in_large_letters_a_quiz_asks_one_question_at_a_time():
    widget = quiz()
    whole = len(buttons(widget))
    widget.large = True
    assert list(widget.stage.parts)[1:] == ["question 1", "turn", "result"]
    widget.on_event("turn", "1")
    widget.on_event("turn", "1")  # there is no third
    assert widget.shown == 1 and "question 2" in widget.stage.parts
    widget.on_event("turn", "-1")
    assert widget.shown == 0
    widget.large = False
    assert len(buttons(widget)) == whole


def test_in_lecture_mode_letters_are_large_from_the_start(monkeypatch):
    monkeypatch.setenv("MINBPE_LECTURE", "1")
    assert predict().large and quiz().large
    monkeypatch.delenv("MINBPE_LECTURE")
    assert not predict().large


def test_a_quiz_may_have_any_number_of_questions():
    widget = Quiz([Question(f"Is {number} even?", {"yes": "Y.", "no": "N."}, "yes") for number in range(23)])
    state = widget.stage.get_state()  # what the page is sent
    parts = dict(zip(state["names"], (state[f"p{place}"] for place in range(len(state["names"]))), strict=True))
    assert sum("Is " in html for html in parts.values()) == 23
    assert "0 of 23 answered" in parts["result"]
