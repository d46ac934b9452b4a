"""The banks of the checks: every misconception and every wrong answer is caught, and told what is true of it.

On every seed: a seed decides the random inputs alone, and here there are none. Something fixed has to catch each.
"""

from __future__ import annotations

import ast
import functools

import pytest
from checks.asked import NAMES, busy_machine, failure, in_a_row  # noqa: F401  (a fixture for all tests here)
from checks.puzzles import PUZZLES
from checks.said import SAID
from checks.wrong import WRONG

from minbpe.lab.checks import EXERCISES, CheckFailed, examining, faults
from minbpe.lab.checks.examining import random_cases
from minbpe.lab.checks.exercise import is_long
from minbpe.lab.checks.runner import Local

MISCONCEPTIONS = [(exercise.name, each) for exercise in EXERCISES.values() for each in exercise.misconceptions]
MISCONCEPTION = pytest.mark.parametrize(
    "name, misconception",
    MISCONCEPTIONS,
    ids=[f"{name}-{each.name.replace(' ', '_')}" for name, each in MISCONCEPTIONS],
)


@pytest.fixture(autouse=True)
def nothing_random(monkeypatch):
    """An answer that random inputs alone would catch passes its check, and fails its test."""
    for random in ("random_cases", "further_trials"):
        monkeypatch.setattr(examining, random, lambda *args: iter(()))


@pytest.mark.parametrize("name", NAMES)
def test_there_are_enough_misconceptions(name):
    bank = EXERCISES[name].misconceptions
    assert len(bank) >= 6
    assert len({each.name for each in bank}) == len(bank)
    for each in bank:
        assert each.belief
        assert not each.belief.endswith(".")
        assert each.hint.endswith((".", "?", "…).", ")"))


@functools.cache
def failure_of(name, misconception_name) -> CheckFailed:
    """What a check says of a misconception, found once for all the tests that look at it."""
    return failure(
        name, next(each.answer for each in EXERCISES[name].misconceptions if each.name == misconception_name)
    )


def assert_recognised(failed, name, misconception):
    assert failed.diagnosis == misconception.name
    assert failed.hint == misconception.hint
    assert misconception.belief in in_a_row(failed)
    assert failed.exercise == name
    assert failed.call


@MISCONCEPTION
def test_a_misconception_is_recognised(name, misconception):
    assert_recognised(failure_of(name, misconception.name), name, misconception)


def outcomes_on_the_cases(name, misconception):
    """What it gives on the fixed cases, as it was found when it was recognised."""
    exercise = EXERCISES[name]
    for number, args in enumerate(exercise.cases):
        if is_long(args):  # these come last, for answers that are right on all others
            return
        expected = examining.reference_outcome(exercise, args, number)
        outcome = examining.misconception_outcome(exercise, misconception, args, number)
        yield args, expected, outcome


@MISCONCEPTION
def test_a_misconception_is_wrong_for_its_own_reason(name, misconception):
    """Not for a name that it forgot to import."""
    for _, _, outcome in outcomes_on_the_cases(name, misconception):
        assert not outcome.error or outcome.error.kind not in ("AttributeError", "NameError"), outcome.error


@pytest.mark.parametrize("name", NAMES)
def test_random_inputs_alone_catch_each_of_them_four_times_of_five(name, long):
    """Wrong answers that are in no bank are met by the random inputs: here the banks stand in for them."""
    exercise, seeds = EXERCISES[name], range(200 if long else 5)
    missed = dict.fromkeys((each.name for each in exercise.misconceptions), 0)

    def caught(misconception, args, expected):
        outcome = Local(misconception.answer).call(exercise.steps(args))
        return faults.of_outcome(exercise, args, expected, outcome)

    for seed in seeds:
        left = exercise.misconceptions
        for args in random_cases(exercise, seed):
            expected = examining.reference_outcome(exercise, args) if left else None
            left = [each for each in left if not caught(each, args, expected)]
        for each in left:
            missed[each.name] += 1
    assert {name: times for name, times in missed.items() if times > len(seeds) // 5} == {}


WRONG_ANSWER = pytest.mark.parametrize(
    "name, answer", [pytest.param(name, each, id=f"{name}-{each.__name__}") for name in WRONG for each in WRONG[name]]
)


@WRONG_ANSWER
def test_a_subtly_wrong_answer_never_passes(name, answer, monkeypatch):
    monkeypatch.setattr(examining, "SHRINKING", 5)  # seconds; what is wrong from 10,000 characters on stays long
    failed = failure(name, answer)
    real_mistake, diagnosis = SAID[name][answer.__name__]
    assert real_mistake
    assert failed.diagnosis == diagnosis
    known = {each.name: each.hint for each in EXERCISES[name].misconceptions}
    assert failed.hint == known.get(diagnosis, failed.hint)


def test_of_the_wrong_answers_one_in_ten_at_most_is_told_the_difference_alone():
    said = [diagnosis for answers in SAID.values() for _, diagnosis in answers.values()]
    said += [misconception.name for _, misconception in MISCONCEPTIONS]
    assert {name: set(answers) for name, answers in SAID.items()} == {
        name: {each.__name__ for each in answers} for name, answers in WRONG.items()
    }
    assert said.count(None) <= len(said) / 10
    subtle = [diagnosis for answers in SAID.values() for _, diagnosis in answers.values()]
    assert subtle.count(None) <= len(subtle) / 10


@pytest.mark.parametrize("name, lines, diagnosis", PUZZLES)
def test_each_line_too_many_of_a_puzzle_is_a_misconception(name, lines, diagnosis):
    """A Parsons problem with one of its wrong lines in the place of the right one."""
    names = {}
    exec("import math, regex\nfrom itertools import pairwise\nfrom minbpe import get_stats, merge", names)
    exec(lines, names)
    failed = failure(name, names[name])
    assert failed.diagnosis == diagnosis
    assert diagnosis in {each.name for each in EXERCISES[name].misconceptions} or failed.fault == "wrong type"
    assert "cell of its own" not in failed.hint


@MISCONCEPTION
def test_the_call_shown_can_be_pasted(name, misconception):
    """Run as it stands, it gives what the message says came back."""
    failed = failure_of(name, misconception.name)
    *setup, call = ast.parse(failed.call).body
    names = {name: misconception.answer}
    exec(compile(ast.Module(setup, type_ignores=[]), "set-up", "exec"), names)
    try:
        got = eval(ast.unparse(call), names)
    except Exception as error:
        assert type(error) is type(failed.got)
    else:
        # Where an answer is called through another function, that may leave aside what is a matter of taste.
        assert got == failed.got or EXERCISES[name].through
