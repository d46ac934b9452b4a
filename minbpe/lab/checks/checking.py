"""check: what was found out about an answer, in words.

The way of a check goes in one direction, through four files:

    runner.py     the answer, and what comes of calling it: Facts, and an Outcome for each case
    faults.py     what is wrong with one outcome: a Problem
    examining.py  all cases tried: which call shows best what is wrong, and which misconception it is: a Finding
    checking.py   the finding in words: a Verdict, and `check`, which prints it or raises it

`examine` is all of it but for the last step. It reaches the answer only through a Caller (see runner.py), and what it
gives is plain data. So an answer can be examined that is in another process: there stands runner.py with its watch.py,
which need nothing else of ours, and on this side a Caller that sends it the steps of a case and brings back its Facts
and Outcomes.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from minbpe.lab.checks import faults
from minbpe.lab.checks.examining import Finding, look_into
from minbpe.lab.checks.exercise import EXERCISES, Exercise
from minbpe.lab.checks.faults import Problem, Trial
from minbpe.lab.checks.runner import Caller, Local, Raised
from minbpe.lab.checks.show import difference, look

WIDTH = 76  # of a line of prose: what fits beside an open file list on a small screen, where more is cut inside a word
SHOW_GOT = ("", "generator", "wrong type", "remembers")  # the faults where there is something to see
SHOW_EXPECTED = (*SHOW_GOT, "raises", "returns nothing", "prints")


@dataclass(frozen=True)
class Verdict:
    """What is to be said of an answer, as plain data.

    `call` is the smallest failing call as code; `expected` and `got` are its two values: a Raised where an error is to
    be raised, or was. `diagnosis` names what is wrong with this answer: a misconception, or the `fault` of form
    ("never returns", "wrong type", …). It is None where nothing but the difference can be told.
    """

    exercise: str
    passed: bool
    text: str
    fault: str | None = None
    diagnosis: str | None = None
    call: str = ""
    expected: Any = None
    got: Any = None
    hint: str = ""


def examine(exercise: Exercise, caller: Caller, seed: int | None = None) -> Verdict:
    """Try the answer that `caller` calls, on the fixed cases and on random ones; `seed` draws the same again."""
    try:
        return put_in_words(look_into(exercise, caller, seed))
    except Exception as error:
        return _not_run(exercise, error)


def _not_run(exercise: Exercise, error: Exception) -> Verdict:
    """Where the check itself fails, that is what is said, and nothing of the answer."""
    hint = "Restart the kernel, run all cells again, and then the check. If it fails again, please report this."
    text = f"The check itself failed ({type(error).__name__}: {error}). That says nothing about your answer."
    parts = [f"✗ {exercise.title}: this check could not run", text, f"Hint: {hint}"]
    words = "\n\n".join(map(_filled, parts))
    return Verdict(exercise.name, False, words, fault="check failed", diagnosis="the check itself failed", hint=hint)


# --- words


def put_in_words(finding: Finding) -> Verdict:
    """The message. It is read from top to bottom: the call, what should be, what is, why, and a hint."""
    exercise, problem, trial = finding.exercise, finding.problem, finding.trial
    if problem is None:
        also = " (It also prints; that can go now.)" if finding.printed else ""
        return Verdict(exercise.name, True, f"✓ {exercise.title}: {exercise.passed}{also}")
    misconception = finding.misconception
    said_by = misconception or finding.told  # what knows most of this answer
    hint = (said_by and said_by.hint) or problem.hint or exercise.hint
    kept = [name for name in finding.outside if name.islower()]  # another name is a constant's
    if exercise.methods and kept and not misconception:
        hint = f"What an object has learned it keeps itself, under a name that begins with self: `self.{kept[0]}`."
    if problem.fault == "not done":
        parts = [f"✗ {problem.sentence}", hint]
    else:
        parts = [f"✗ {exercise.title}: not {'your own' if problem.fault == 'course function' else 'right'} yet"]
        if trial and problem.fault != "course function":
            parts += _call_and_values(finding, problem, trial)
        parts.append(problem.sentence)
        if misconception:
            parts.append(f"It looks as if {misconception.belief}.")
        elif finding.outside and problem.fault in ("", "raises"):
            parts.append(_of_outside(finding.outside, "class" if exercise.methods else "function"))
        if finding.forbidden and problem.fault in ("", "raises"):
            parts.append(f"(It uses `{finding.forbidden}`, too: this exercise is to be done without.)")
        parts.append(f"Hint: {hint}")
    return Verdict(
        exercise.name,
        False,
        "\n\n".join(_filled(part) for part in parts if part),
        fault=problem.fault or None,
        diagnosis=_diagnosis(finding, problem),
        call=_calls(finding),
        expected=trial and (trial.expected.error or trial.expected.value),
        got=trial and (trial.outcome.error or trial.outcome.value),
        hint=hint,
    )


def _of_outside(names: tuple[str, ...], of: str) -> str:
    several = len(names) > 1
    return (
        f"({', '.join(f'`{name}`' for name in names)} {'come' if several else 'comes'} from outside the {of}: "
        f"another cell has made {'them' if several else 'it'}. Is that what you meant?)"
    )


def _diagnosis(finding: Finding, problem: Problem) -> str | None:
    known = finding.misconception or finding.told
    return known.name if known else problem.diagnosis or problem.fault or None


def _calls(finding: Finding) -> str:
    """The failing call as code, after the one before it where that makes the difference."""
    tried = [trial for trial in (finding.before, finding.trial) if trial]
    return "\n".join(finding.exercise.write(trial.args) for trial in tried)


def _call_and_values(finding: Finding, problem: Problem, trial: Trial) -> list[str]:
    wanted = trial.expected.error
    expected = f"a {wanted.kind}: {wanted.message}" if wanted else look(trial.expected.value)
    got = look(trial.outcome.error or trial.outcome.value)
    lines = []
    told = problem.fault == "" and bool(problem.sentence)  # what differs is not the value, and the sentence has it all
    if not told and problem.fault in (
        "",
        "raises",
        "returns nothing",
        "prints",
        "generator",
        "wrong type",
        "remembers",
    ):
        lines.append(f"    expected  {expected}")
    if not told and problem.fault in ("", "generator", "wrong type", "remembers"):
        lines.append(f"    got       {got}")
    if trial.outcome.printed.strip():
        lines.append(f"    printed   {trial.outcome.printed.strip()[:200]}")
    parts = [textwrap.indent(finding.exercise.write(trial.args), "    "), "\n".join(lines)]
    if finding.before:
        first = finding.before
        parts[:0] = [
            textwrap.indent(finding.exercise.write(first.args), "    "),
            f"    got       {look(first.outcome.error or first.outcome.value)}",
        ]
    if finding.told:
        parts.append(finding.told.sentence)
    elif problem == faults.WRONG_VALUE and not trial.expected.error:
        parts.append(difference(trial.expected.value, trial.outcome.value))
    return parts


def _filled(text: str) -> str:
    """Prose in lines of a readable length; indented lines are code, and stay as they are."""
    return "\n".join(
        line if line.startswith("    ") else textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False)
        for line in text.strip("\n").split("\n")
    )


# --- check


class CheckFailed(AssertionError):
    """An answer is not right yet. The text says it all; in a notebook it is shown without a traceback.

    The attributes are those of the Verdict, but that `expected` is an exception class and `got` an exception where one
    is raised.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.text)
        self.exercise = verdict.exercise
        self.call = verdict.call
        self.expected = type(_value(verdict.expected)) if isinstance(verdict.expected, Raised) else verdict.expected
        self.got = _value(verdict.got)
        self.diagnosis = verdict.diagnosis
        self.fault = verdict.fault
        self.hint = verdict.hint

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        return str(self).splitlines()


def _value(value: Any) -> Any:
    return value.rebuilt() if isinstance(value, Raised) else value


CheckFailed.__module__ = "minbpe.lab.checks"  # where it is imported from, and shorter to read


class Listed(NamedTuple):
    """An exercise as `check.exercises()` lists it; `asked_in` is "notebook" or "exercises", where it is written."""

    name: str
    notebook: str
    signature: str
    asked_in: str


class Check:
    """check("merge", merge) tells whether your `merge` is right, and if not, what it does wrong.

    A line is printed when it passes. Otherwise CheckFailed shows the smallest call that goes wrong, what
    was expected, what came back, and a hint. Each time some inputs are random; `seed` draws the same again.
    """

    def __init__(self) -> None:
        self._hooks: list[Callable[[str], object]] = []

    def __repr__(self) -> str:
        return 'check("name", answer): see check.exercises()'

    def exercises(self) -> list[Listed]:
        """All exercises in the order of the course: name, notebook, signature, and where they are asked."""
        return [Listed(each.name, each.notebook, each.signature, each.asked_in) for each in EXERCISES.values()]

    def on_pass(self, hook: Callable[[str], object]) -> None:
        """Call `hook` with the name of each exercise that is passed from now on."""
        if hook not in self._hooks:
            self._hooks.append(hook)

    def __call__(self, name: str, answer: Any, seed: int | None = None) -> None:
        exercise = EXERCISES.get(name) if isinstance(name, str) else None
        if exercise is None:
            near = faults.closest(name, list(EXERCISES))
            raise ValueError(
                f"there is no exercise {name!r}"
                + (f": did you mean {near}?" if near else ".")
                + ' The name comes first: check("merge", merge). check.exercises() lists them all.'
            )
        verdict = examine(exercise, Local(answer), seed)
        if not verdict.passed:
            raise CheckFailed(verdict)
        print(verdict.text)
        for hook in self._hooks:
            try:
                hook(name)
            except Exception as error:
                warnings.warn(f"{name} is passed, but this could not be kept: {error}", stacklevel=2)


check = Check()
