"""check: tries an answer on fixed and random inputs, and says in words what it found."""

from __future__ import annotations

import copy
import textwrap
import time
import warnings
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from minbpe.lab.checks import faults, inputs, runner
from minbpe.lab.checks.exercise import EXERCISES, Args, Exercise, Misconception, by_value, in_order
from minbpe.lab.checks.faults import Problem, Trial
from minbpe.lab.checks.runner import Outcome
from minbpe.lab.checks.show import difference, fresh, look

ENOUGH = 3.0  # seconds after which no further random inputs are drawn, on a slow machine
FEWEST = 15  # but so many there must be
SHORT = 200  # a failing call with more characters than this is worth making smaller
SHRINKING = 1.0  # seconds for that
REPEATING = 1.0  # seconds for calling again what was called before: does something outlive the calls?
WIDTH = 76  # of a line of prose: what fits beside an open file list on a small screen, where more is cut inside a word
FINAL = ("never returns", "memory", "course function", "not done")  # after these there is nothing more to try


class CheckFailed(AssertionError):
    """An answer is not right yet. The text says it all; in a notebook it is shown without a traceback.

    `call` is the smallest failing call as code, `expected` and `got` the two values (an exception class
    and an exception where one is raised), `diagnosis` the name of the misconception recognised or None,
    `fault` the name of a fault of form ("never returns", "wrong type", …) or None.
    """

    def __init__(
        self,
        text: str,
        *,
        exercise: str,
        hint: str,
        call: str = "",
        expected: Any = None,
        got: Any = None,
        diagnosis: str | None = None,
        fault: str | None = None,
    ) -> None:
        super().__init__(text)
        self.exercise = exercise
        self.call = call
        self.expected = expected
        self.got = got
        self.diagnosis = diagnosis
        self.fault = fault
        self.hint = hint

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        return str(self).splitlines()


CheckFailed.__module__ = "minbpe.lab.checks"  # where it is imported from, and shorter to read


class Listed(NamedTuple):
    """An exercise as `check.exercises()` lists it."""

    name: str
    notebook: str
    signature: str


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
        """All exercises in the order of the course: name, notebook, signature."""
        return [Listed(each.name, each.notebook, each.signature) for each in EXERCISES.values()]

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
        exercise = exercise.called_as(answer)
        printed = _examine(exercise, answer, seed)
        print(f"✓ {exercise.title}: {exercise.passed}" + (" (It also prints; that can go now.)" if printed else ""))
        for hook in self._hooks:
            try:
                hook(name)
            except Exception as error:
                warnings.warn(f"{name} is passed, but this could not be kept: {error}", stacklevel=2)


def _examine(exercise: Exercise, answer: Any, seed: int | None) -> bool:
    """Raise CheckFailed unless the answer is right. Returns whether it printed."""
    problem = faults.of_answer(exercise, answer)
    if problem:
        raise _failed(exercise, problem)

    codes = faults.own_codes(exercise)
    trials = []
    for args in exercise.cases:
        trial = _try(exercise, answer, args, codes)
        trials.append(trial)
        if trial.problem and trial.problem.fault in FINAL:
            break
    failing = [trial for trial in trials if trial.problem]
    if not failing:
        for args in _random_cases(exercise, seed):
            trial = _try(exercise, answer, args)
            trials.append(trial)
            if trial.problem:
                failing = [trial]
                break
    if failing:
        _explain(exercise, answer, trials, failing)
    if exercise.more and (trial := exercise.more(answer)):
        raise _failed(exercise, trial.problem, trial)
    return any(trial.outcome.printed for trial in trials)


def _random_cases(exercise: Exercise, seed: int | None) -> Iterator[Args]:
    """Small ones first. No two checks without a seed are the same."""
    rng = Random(seed)
    started = time.perf_counter()
    for number in range(exercise.draws):
        if number >= FEWEST and time.perf_counter() - started > ENOUGH:
            return
        yield exercise.draw(rng, 1 + number * exercise.size // exercise.draws)


def _try(
    exercise: Exercise, answer: Any, args: Args, codes: frozenset[Any] = frozenset(), seconds: float | None = None
) -> Trial:
    expected = reference_outcome(exercise, args)
    outcome = run_on(exercise, answer, args, codes, seconds)
    return Trial(args, expected, outcome, faults.of_call(exercise, answer, args, expected, outcome))


def reference_outcome(exercise: Exercise, args: Args) -> Outcome:
    """What the reference gives, or that it raises ValueError. Another error is a case that should not be."""
    given = fresh(args)
    try:
        value = exercise.use(exercise.reference, *given)
        return Outcome(value=value, args=given, given_back=runner.place_of(value, given))
    except ValueError as error:
        return Outcome(error=ValueError(str(error)), args=given)


def run_on(
    exercise: Exercise, answer: Any, args: Args, codes: frozenset[Any] = frozenset(), seconds: float | None = None
) -> Outcome:
    given = fresh(args)
    outcome = runner.run(lambda *given: exercise.use(answer, *given), given, seconds, forbidden=codes)
    if isinstance(outcome.value, (list, dict, set)):
        outcome.value = copy.copy(outcome.value)  # an answer may hand out the same object again, and change it
    return outcome


# --- explaining


def _explain(exercise: Exercise, answer: Any, trials: list[Trial], failing: list[Trial]) -> None:
    trial = min(failing, key=lambda trial: _ease(exercise, trial))
    problem = trial.problem
    assert problem is not None
    if problem.fault in FINAL:
        raise _failed(exercise, problem, trial)
    if problem.fault == "" and (changed := _unsteady(exercise, answer, trial, trials)):
        raise _failed(
            exercise,
            Problem(
                "remembers",
                "Called again with the same arguments, it gives something else.",
                "Something outlives the call: a global variable, or a default argument as counts={}, which Python "
                "makes once and uses for every call. Make what you need inside the function. (Or does chance decide?)",
            ),
            changed,
        )
    drawn = len(trials) > len(exercise.cases)
    if drawn or len(exercise.write(trial.args)) > SHORT:
        trial = _shrunk(exercise, answer, trial)
        trials.append(trial)
    assert trial.problem is not None
    raise _failed(exercise, trial.problem, trial, _recognised(exercise, trials))


def _ease(exercise: Exercise, trial: Trial) -> tuple[bool, bool, int]:
    """Less for a call that is easier to learn from: a wrong value says more than what is wrong beside a right one."""
    assert trial.problem is not None
    # In bytes: of two calls that are equally long, the one in plain letters is easier to follow.
    length = len(exercise.write(trial.args).encode("utf-8"))
    return trial.problem.fault == faults.GIVEN_BACK, trial.expected.error is not None, length


def _unsteady(exercise: Exercise, answer: Any, failed: Trial, trials: list[Trial]) -> Trial | None:
    """A call that gives something else when it is repeated: the failed one, or one that went right at first."""
    until = time.perf_counter() + REPEATING
    for trial in (failed, *(each for each in trials if not each.problem)):
        if not _repeats(exercise, answer, trial):
            return trial
        if time.perf_counter() > until:
            break
    return None


def _repeats(exercise: Exercise, answer: Any, trial: Trial) -> bool:
    again = run_on(exercise, answer, trial.args)
    return bool(again.stopped) or _alike(exercise, trial.outcome, again)


def _shrunk(exercise: Exercise, answer: Any, trial: Trial) -> Trial:
    """The smallest call found that fails in the same way."""
    until = time.perf_counter() + SHRINKING

    def smaller_trial() -> Trial | None:
        for args in _smaller(exercise, trial.args):
            if time.perf_counter() > until:
                return None
            try:
                less = _try(exercise, answer, args, seconds=SHRINKING)
            except Exception:  # not a case: the reference itself has no answer
                continue
            if less.problem and _same_failure(less, trial):
                return less
        return None

    while less := smaller_trial():
        trial = less
    return trial


def _smaller(exercise: Exercise, args: Args) -> Iterator[Args]:
    if exercise.methods:
        for place in range(1, len(args) - 1):
            yield (*args[:place], *args[place + 1 :])
    yield from inputs.smaller(args, exercise.keep)


def _same_failure(one: Trial, other: Trial) -> bool:
    assert one.problem is not None
    assert other.problem is not None
    return (
        one.problem.fault == other.problem.fault
        and type(one.expected.error) is type(other.expected.error)
        and type(one.outcome.error) is type(other.outcome.error)
    )


def _recognised(exercise: Exercise, trials: list[Trial]) -> Misconception | None:
    """The misconception that gives what the answer gave, on every input that was tried."""
    for misconception in exercise.misconceptions:
        if all(_alike(exercise, trial.outcome, run_on(exercise, misconception.answer, trial.args)) for trial in trials):
            return misconception
    return None


def _alike(exercise: Exercise, one: Outcome, other: Outcome) -> bool:
    if type(one.error) is not type(other.error) or one.stopped != other.stopped:
        return False
    if one.error is None:
        if type(one.value) is not type(other.value) and not isinstance(one.value, (dict, float, int)):
            return False
        try:
            if exercise.same is in_order and not in_order(one.value, other.value, ()):
                return False
            if not by_value(one.value, other.value, ()):
                return False
        except Exception:
            return False
    return all(a == b for a, b in zip(one.args, other.args, strict=True) if isinstance(a, (list, dict, set, tuple)))


def _failed(
    exercise: Exercise, problem: Problem, trial: Trial | None = None, misconception: Misconception | None = None
) -> CheckFailed:
    """The message. It is read from top to bottom: the call, what should be, what is, why, and a hint."""
    hint = misconception.hint if misconception else problem.hint or exercise.hint
    call, expected, got, parts = "", None, None, []
    if trial:
        call = exercise.write(trial.args)
        expected = type(trial.expected.error) if trial.expected.error else trial.expected.value
        got = trial.outcome.error or trial.outcome.value
    if problem.fault != "not done":
        parts.append(f"✗ {exercise.title}: not {'your own' if problem.fault == 'course function' else 'right'} yet")
        if problem.fault != "course function":
            parts.append(textwrap.indent(call, "    "))
            parts.append(_comparison(problem, expected, got, trial) if trial else "")
            if problem == faults.WRONG_VALUE and trial and trial.expected.error is None:
                parts.append(difference(expected, got))
    parts.append(("✗ " if problem.fault == "not done" else "") + problem.sentence)
    if misconception:
        parts.append(f"It looks as if {misconception.belief}.")
    parts.append(f"Hint: {hint}" if problem.fault != "not done" else hint)
    return CheckFailed(
        "\n\n".join(_filled(part) for part in parts if part),
        exercise=exercise.name,
        call=call,
        expected=expected,
        got=got,
        diagnosis=misconception.name if misconception else None,
        fault=problem.fault or None,
        hint=hint,
    )


def _comparison(problem: Problem, expected: Any, got: Any, trial: Trial) -> str:
    """What should be beside what is, as far as there is something to see."""
    lines = []
    told = problem.fault == "" and bool(problem.sentence)  # what differs is not the value, and the sentence has it all
    if not told and problem.fault in ("", "raises", "returns nothing", "prints", "generator", "wrong type"):
        lines.append(f"    expected  {look(expected)}")
    if not told and problem.fault in ("", "generator", "wrong type"):
        lines.append(f"    got       {look(got)}")
    if trial.outcome.printed.strip():
        lines.append(f"    printed   {trial.outcome.printed.strip()[:200]}")
    return "\n".join(lines)


def _filled(text: str) -> str:
    """Prose in lines of a readable length; indented lines are code, and stay as they are."""
    return "\n".join(
        line if line.startswith("    ") else textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False)
        for line in text.strip("\n").split("\n")
    )


check = Check()
