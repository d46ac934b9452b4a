"""Parsons problems: lines are put in order by hand or by key, and what was put together is run and judged."""

import re

import pytest
from traitlets import TraitError

from minbpe.lab import check
from minbpe.lab.widgets.parsons import DEEPEST, FILE, Parsons, shuffled

TOP_PAIR = """
def top_pair(stats):
    best = None
    for pair, count in stats.items():
        if best is None or count > stats[best]:
            best = pair
    return best
"""
TIES = "if best is None or count >= stats[best]:"
LINES = [*(line.strip() for line in TOP_PAIR.strip().splitlines()), TIES]


def puzzle(**traits):
    return Parsons(LINES, "top_pair", **traits)


def solved():
    made = puzzle()
    made.arrange(TOP_PAIR)
    return made


def press(widget, event, value=""):
    """What the page sends when a button is pressed, or a key."""
    widget.stage.event = {"name": event, "value": value, "n": widget.stage.event.get("n", 0) + 1}


# --- the lines


def test_the_shuffle_is_the_same_whatever_order_the_lines_are_given_in():
    assert shuffled(LINES) == shuffled(LINES[::-1]) == shuffled(f"    {line}" for line in LINES)
    assert sorted(shuffled(LINES)) == sorted(LINES)
    assert shuffled(LINES) != LINES


def test_it_needs_lines():
    with pytest.raises(ValueError, match="needs lines"):
        Parsons([], "top_pair")


# --- putting them together


def test_a_line_goes_behind_the_chosen_one_and_under_a_colon_further_to_the_right():
    made = puzzle()
    for line in ["def top_pair(stats):", "best = None", "return best"]:
        press(made, "toggle", made.lines.index(line))
    assert made.code == "def top_pair(stats):\n    best = None\n    return best"
    press(made, "select", "1")
    press(made, "toggle", made.lines.index("best = pair"))
    assert made.code.splitlines()[2] == "    best = pair"
    assert made.selected == 2


def test_buttons_and_keys_move_the_chosen_line():
    by_button, by_key = solved(), solved()
    for made, event, moves in [
        (by_button, "move", ["up", "right", "down", "left", "left"]),
        (by_key, "key", ["ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft"]),
    ]:
        press(made, "select", "4")
        codes = []
        for move in moves:
            press(made, event, move)
            codes.append((made.selected, made.code))
        assert [selected for selected, _ in codes] == [3, 3, 4, 4, 4]
        assert codes[1][1].splitlines()[3] == "                best = pair"
        assert codes[-1][1].splitlines()[4] == "        best = pair"
    assert by_button.code == by_key.code
    assert by_key.stage.hotkeys == ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Delete"]


def test_a_line_can_be_taken_out_by_its_own_button_by_the_tool_and_by_the_key():
    for event, value in [("toggle", LINES[-2]), ("move", "out"), ("key", "Delete")]:
        made = solved()
        press(made, "select", "5")
        press(made, event, made.lines.index(value) if event == "toggle" else value)
        assert made.code == TOP_PAIR.strip().removesuffix("\n    return best")
        assert made.selected == 4


def test_nothing_moves_beyond_the_edges():
    made = puzzle()
    for move in ["up", "down", "left", "right", "out"]:
        press(made, "move", move)
    press(made, "toggle", "0")
    for move in ["up", "down", "left", *["right"] * (DEEPEST + 3)]:
        press(made, "move", move)
    assert made.program == [[0, DEEPEST]]
    press(made, "move", "out")
    assert (made.program, made.selected) == ([], None)


def test_start_again_empties_the_program():
    made = solved()
    press(made, "clear")
    assert made.program == []


def test_all_state_is_in_traits():
    made, again = solved(), puzzle()
    again.program = made.program
    assert again.code == made.code
    for wrong in [[[0, 0], [0, 1]], [[99, 0]], [[0, -1]], [[0]]]:
        with pytest.raises(TraitError):
            again.program = wrong
    assert again.code == made.code


def test_a_program_can_only_be_arranged_from_the_lines():
    with pytest.raises(ValueError, match="none of the lines"):
        puzzle().arrange("def top_pair(stats):\n    return max(stats)")


# --- the check


def test_a_right_program_passes_and_changing_it_takes_that_back():
    made = solved()
    press(made, "check")
    assert made.passed
    assert made.verdict.startswith("✓ top_pair")
    press(made, "select", "0")
    press(made, "move", "right")
    assert not made.passed
    assert made.verdict == ""


def test_an_empty_program_is_not_done_yet():
    made = puzzle()
    assert not made.check()
    assert made.verdict.startswith("✗ top_pair is not done yet.")


def test_a_misconception_gets_the_words_of_the_check():
    made = puzzle()
    made.arrange(TOP_PAIR.replace(">", ">="))
    assert not made.check()
    assert "of equally frequent pairs the last one wins" in made.verdict


@pytest.mark.parametrize(
    "source, words",
    [
        ("def top_pair(stats):\nbest = None", "Line 2 should stand further to the right"),
        ("best = None\n    return best", "Line 2 stands too far to the right"),
        ("def top_pair(stats):\n        best = None\n    return best", "Line 3 stands under nothing"),
        ("return best", "Line 1 stands too far to the left"),
        (
            "best = pair\ndef top_pair(stats):\n    return best",
            "stands outside: .* and gives NameError",
        ),
        ("best = None", "Which line begins it?"),
        ("def top_pair(stats):\n    for pair, count in stats.items():", "should stand further to the right|Line 2"),
    ],
)
def test_what_python_has_against_an_order_is_said_in_words(source, words):
    made = puzzle()
    made.arrange(source)
    assert not made.check()
    assert re.search(words, made.verdict)
    assert "Traceback" not in made.verdict


def test_an_error_in_the_program_is_told_with_its_line():
    made = puzzle()
    made.arrange("def top_pair(stats):\n    best = pair\n    return best")
    assert not made.check()
    assert "line 2 of top_pair: best = pair" in made.verdict
    assert FILE not in made.verdict


def test_a_program_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr("minbpe.lab.checks.runner.SECONDS", 0.3)
    made = Parsons(["while True:", "pass", "def top_pair(stats):"], "top_pair")
    made.arrange("while True:\n    pass")
    assert not made.check()
    assert "no end" in made.verdict


def test_what_is_given_is_there():
    made = Parsons(["def top_pair(stats):", "return first(stats)"], "top_pair", given="first = next", judge=print)
    made.arrange("def top_pair(stats):\n    return first(stats)")
    assert made.check()
    assert "first = next" in made.html


def test_another_judge_can_be_named():
    def judge(answer):
        assert answer({(1, 2): 1}) == (1, 2), "not for one pair"

    made = Parsons(["def top_pair(stats):", "return None", "return next(iter(stats))"], "top_pair", judge=judge)
    made.arrange("def top_pair(stats):\n    return None")
    assert not made.check()
    assert "not for one pair" in made.verdict
    made.arrange("def top_pair(stats):\n    return next(iter(stats))")
    assert made.check()


def test_a_solved_puzzle_does_not_count_as_a_passed_exercise():
    passed = []
    check.on_pass(passed.append)
    try:
        assert solved().check()
        assert passed == []
        check("top_pair", lambda stats: max(stats, key=stats.get))
        assert passed == ["top_pair"]
    finally:
        check._hooks.remove(passed.append)


# --- the picture


def test_everything_can_be_reached_as_a_button_with_a_name():
    made = solved()
    made.selected = 3
    buttons = re.findall(r"<button[^>]*>", made.html)
    assert len(buttons) == len(LINES) + len(made.program) + 5 + 2
    assert all('type="button"' in button for button in buttons)
    signs = [button for button in buttons if 'data-event="move"' in button]
    assert all("aria-label=" in button and "title=" in button for button in signs)
    heard = [re.sub("<[^>]+>", "", row) for row in re.findall(r'data-event="select".*?>(.*?)</button>', made.html)]
    assert heard[1] == "2, 1 step to the right: best = None"
    assert heard[3] == "4, 2 steps to the right: if best is None or count &gt; stats[best]:"
    pressed = [button for button in buttons if 'aria-pressed="true"' in button]
    assert len(pressed) == len(made.program) + 1
    assert 'role="status"' in made.html


def test_the_still_shows_the_lines_and_not_their_order():
    made = puzzle()
    still = made.still()
    shown = re.findall(r">([A-Z])  (.+?)</text>", still)
    assert [letter for letter, _ in shown] == list("ABCDEFG")
    assert "Your program" not in still
    assert still == puzzle().still()
    assert "Your program" in solved().still()


def test_the_repr_says_how_far_it_is():
    assert repr(puzzle()) == "Parsons: top_pair, 0 of 7 lines in the program"
    assert repr(solved()) == "Parsons: top_pair, 6 of 7 lines in the program"


def test_what_is_in_the_lines_is_shown_as_text():
    made = Parsons(["<b>", "&amp;"], "x")
    assert "<b></code>" not in made.html
    assert "&lt;b&gt;" in made.html
