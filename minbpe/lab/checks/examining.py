"""Tries an answer on the cases of an exercise, and finds out what can be said of it.

It first looks at the facts, then takes every fixed case, then random ones. Of the calls that go wrong it looks for the
one that is easiest to learn from, and makes it smaller; and it looks for a misconception that would give just that.
What it finds is a Finding. The answer is reached through a Caller alone.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from minbpe.lab.checks import faults, inputs, runner
from minbpe.lab.checks.exercise import Args, Exercise, Misconception, by_value, in_order, is_long
from minbpe.lab.checks.faults import Problem, Trial
from minbpe.lab.checks.runner import Caller, Facts, Local, Outcome, Raised, Step, fresh, plain
from minbpe.lab.checks.telling import Told, tell

ENOUGH = 3.0  # seconds after which no further random inputs are drawn, on a slow machine
FEWEST = 15  # but so many there must be
LARGE = 5  # and so many of the largest: whoever waits on small ones does not get around them
SHRINKING = 1.0  # seconds for making a failing call smaller
TRIES = 600  # and so many smaller calls at the most
FURTHER = 100  # random inputs more, before it is said that an answer is right but for its speed
FEW_FAILING = 20  # so many of the failing calls are tried by themselves
REPEATING = 1.0  # seconds for calling again what was called before: does something outlive the calls?
FINAL = ("never returns", "memory", "course function", "not done")  # after these there is nothing more to try


@dataclass
class Finding:
    """What an examination found. Without a problem the answer is right."""

    exercise: Exercise
    problem: Problem | None = None
    trial: Trial | None = None
    before: Trial | None = None  # the call before it that makes the difference, where an answer remembers
    misconception: Misconception | None = None
    told: Told | None = None  # what the wrong result says by itself, where no misconception is recognised
    printed: bool = False
    outside: tuple[str, ...] = ()  # the values from outside of the function that it uses
    forbidden: str = ""  # what it uses, and is to do without


def look_into(exercise: Exercise, caller: Caller, seed: int | None) -> Finding:
    """Try an answer on all cases, and on random ones if it is right on those."""
    facts = caller.facts(exercise.methods)
    exercise = exercise.called_as(facts)
    problem = _methods_missing(exercise, caller, facts) or faults.of_facts(exercise, facts)
    if problem:
        return Finding(exercise, problem)
    own = faults.own_names(exercise)
    trials: list[Trial] = []
    for number, args in enumerate(exercise.cases):
        if is_long(args) and any(trial.problem for trial in trials):
            break
        outcome = caller.call(exercise.steps(args), forbidden=own)
        trials.append(_judged(exercise, args, reference_outcome(exercise, args, number), outcome))
        problem = trials[-1].problem
        if problem and problem.fault in FINAL:
            return Finding(exercise, problem, trials[-1])
    for args in () if any(trial.problem for trial in trials) else random_cases(exercise, seed):
        trials.append(attempt(exercise, caller, args))
        if trials[-1].problem:
            break
    if any(trial.problem for trial in trials):
        finding = _explained(exercise, caller, trials)
        finding.outside = tuple(name for name in facts.outside if name not in exercise.given)
        finding.forbidden = faults.forbidden_name(exercise, facts)
        return finding
    if problem := faults.of_rules(exercise, facts):
        return Finding(exercise, problem)
    if exercise.more and (trial := exercise.more(caller, Random(None if seed is None else seed + 1))):
        # A short call that goes wrong says more than a long one.
        short = next((each for each in further_trials(exercise, caller, seed) if each.problem), None)
        return _explained(exercise, caller, [*trials, short]) if short else Finding(exercise, trial.problem, trial)
    return Finding(exercise, printed=any(trial.outcome.printed for trial in trials))


def _methods_missing(exercise: Exercise, caller: Caller, facts: Facts) -> Problem | None:
    """Which methods a class does not have. It has those, too, that its __init__ puts on the object."""
    if facts.kind != "class" or all(method in facts.methods for method in exercise.methods):
        return None
    which = f"lambda answer, *args: [each for each in {list(exercise.methods)} if not hasattr(answer(*args), each)]"
    outcome = caller.call([Step(exercise.cases[0][0], through=which)])
    missing = outcome.value if isinstance(outcome.value, list) else []
    return faults.missing_method(exercise, missing) if missing else None


# --- one case


def random_cases(exercise: Exercise, seed: int | None) -> Iterator[Args]:
    """Small ones first. No two checks without a seed are the same."""
    rng = Random(seed)
    started = time.perf_counter()
    for number in range(exercise.draws):
        late = number >= FEWEST and time.perf_counter() - started > ENOUGH
        if not late or number >= exercise.draws - LARGE:
            yield exercise.draw(rng, 1 + number * exercise.size // exercise.draws)


def further_trials(exercise: Exercise, caller: Caller, seed: int | None) -> Iterator[Trial]:
    rng = Random(seed)
    rng.random()  # not the inputs of random_cases once more
    until = time.perf_counter() + ENOUGH
    for number in range(FURTHER):
        if time.perf_counter() < until:
            yield attempt(exercise, caller, exercise.draw(rng, 1 + number % exercise.size))


def attempt(
    exercise: Exercise, caller: Caller, args: Args, seconds: float | None = None, *, clean: bool = False
) -> Trial:
    """One case, tried and judged."""
    expected = reference_outcome(exercise, args)
    return _judged(exercise, args, expected, caller.call(exercise.steps(args), seconds, clean=clean))


def _judged(exercise: Exercise, args: Args, expected: Outcome, outcome: Outcome) -> Trial:
    return Trial(args, expected, outcome, faults.of_outcome(exercise, args, expected, outcome))


def reference_outcome(exercise: Exercise, args: Args, number: int | None = None) -> Outcome:
    """What the reference gives, or that it raises ValueError. Another error is a case that should not be.

    The outcome of the fixed case of that `number` is kept: the next check need not find it again.
    """
    if number is not None and ("", number) in exercise.known:
        return exercise.known["", number]
    steps = exercise.steps(args)
    given = [fresh(step.args) for step in steps]
    flat = tuple(each for arguments in given for each in arguments)
    outcome = Outcome()
    try:
        value = runner.take(exercise.reference, steps, given)
        outcome.value, outcome.given_back = plain(value), runner.place_of(value, flat)
    except ValueError as error:
        outcome.error = Raised("ValueError", str(error), ("ValueError",))
    outcome.args = tuple(map(plain, flat))
    if number is not None:
        exercise.known["", number] = outcome
    return outcome


def misconception_outcome(exercise: Exercise, misconception: Misconception, args: Args, number: int | None) -> Outcome:
    """What it gives, kept likewise."""
    key = misconception.name, -1 if number is None else number
    if key in exercise.known:
        return exercise.known[key]
    # By processor time: on a busy machine a slow one is not to be cut short.
    outcome = Local(misconception.answer).call(exercise.steps(args), 6 * runner.SECONDS, processor=runner.SECONDS)
    if number is not None and not outcome.stopped:
        same = exercise.known.get(("", number))
        if same and same.args == outcome.args:
            outcome.args = same.args  # they can be large, and need not be there twice
        exercise.known[key] = outcome
    return outcome


# --- what to say of those that went wrong


def _explained(exercise: Exercise, caller: Caller, trials: list[Trial]) -> Finding:
    failing = sorted((trial for trial in trials if trial.problem), key=lambda trial: _ease(exercise, trial))
    trial = failing[0]
    assert trial.problem is not None
    if trial.problem.fault in FINAL:
        return Finding(exercise, trial.problem, trial)
    if trial.problem.fault in ("", "raises") and (finding := _remembers(exercise, caller, failing, trials)):
        return finding
    misconception = _recognised(exercise, trials)
    if trial.problem.fault != "endless recursion":  # how deep it may go says nothing more
        trial = _shrunk(exercise, caller, trial, misconception)
    told = None if misconception else _left_behind(exercise, caller, trial) or _told(exercise, trial)
    return Finding(exercise, trial.problem, trial, misconception=misconception, told=told)


def _ease(exercise: Exercise, trial: Trial) -> tuple[bool, bool, bool, int]:
    """Less for a call that is easier to learn from: a wrong value says more than an error, or than what is wrong beside
    a right one."""
    assert trial.problem is not None
    # In bytes: of two calls that are equally long, the one in plain letters is easier to follow.
    length = len(exercise.write(trial.args).encode("utf-8"))
    aside = trial.problem.fault == faults.GIVEN_BACK
    return aside, trial.expected.error is not None, trial.outcome.error is not None, length


def _recognised(exercise: Exercise, trials: list[Trial]) -> Misconception | None:
    """The misconception that gives what the answer gave, on every input that was tried."""
    return next((each for each in exercise.misconceptions if _is_it(exercise, each, trials)), None)


def _is_it(exercise: Exercise, misconception: Misconception, trials: list[Trial]) -> bool:
    for number, trial in enumerate(trials):
        fixed = number if number < len(exercise.cases) else None
        outcome = misconception_outcome(exercise, misconception, trial.args, fixed)
        if outcome.stopped != "time" and not alike(exercise, trial.outcome, outcome):
            return False
    return True


def _told(exercise: Exercise, trial: Trial) -> Told | None:
    """What a wrong value says by itself."""
    if trial.problem != faults.WRONG_VALUE or trial.expected.error:
        return None
    expected, got = trial.expected.value, trial.outcome.value
    own = None
    with contextlib.suppress(Exception):  # a result can be stranger than a rule expects: then it has nothing to say
        own = exercise.tell(fresh(trial.args), expected, got) if exercise.tell else None
    return own or tell(expected, got)


def alike(exercise: Exercise, one: Outcome, other: Outcome) -> bool:
    """Whether two answers did the same."""
    if (one.error and one.error.kind) != (other.error and other.error.kind) or one.stopped != other.stopped:
        return False
    if one.error is None:
        if type(one.value) is not type(other.value) and not isinstance(one.value, (float, int)):
            return False
        try:
            if exercise.same is in_order and not in_order(one.value, other.value, ()):
                return False
            if not by_value(one.value, other.value, ()):
                return False
        except Exception:
            return False
    return one.args == other.args


# --- answers that remember


def _remembers(exercise: Exercise, caller: Caller, failing: list[Trial], trials: list[Trial]) -> Finding | None:
    """A call that goes wrong because of a call before it, with that call; None if it goes wrong by itself."""
    until = time.perf_counter() + REPEATING
    finding = None
    for failed in failing[:FEW_FAILING]:
        if attempt(exercise, caller, failed.args, clean=True).problem:
            break
        finding = Finding(exercise, _outlives(exercise, AFTER_OTHERS), failed)
        for before in sorted(trials[: trials.index(failed) + 1], key=lambda trial: _length(exercise, trial)):
            first = attempt(exercise, caller, before.args, clean=True)
            second = attempt(exercise, caller, failed.args)
            if second.problem:
                return Finding(exercise, _outlives(exercise, REMEMBERS), second, before=first)
            if time.perf_counter() > until:
                return finding
    return finding or _unsteady(exercise, caller, [failing[0], *(each for each in trials if not each.problem)], until)


def _unsteady(exercise: Exercise, caller: Caller, trials: list[Trial], until: float) -> Finding | None:
    for trial in trials:
        again = caller.call(exercise.steps(trial.args))
        if not again.stopped and not alike(exercise, trial.outcome, again):
            return Finding(exercise, _outlives(exercise, UNSTEADY), trial)
        if time.perf_counter() > until:
            break
    return None


def _length(exercise: Exercise, trial: Trial) -> int:
    return len(exercise.write(trial.args).encode("utf-8"))


MAKE_IT_INSIDE = (
    "Something outlives the call: a global variable, or a default argument as counts={}, which Python makes once and "
    "uses for every call. Make what you need inside the function."
)
MAKE_IT_IN_INIT = (
    "Something outlives the object. What is made in the body of the class is there once, for all its objects: make "
    "it in "
    "__init__, or in the method that fills it, as self.merges = {}."
)


def _outlives(exercise: Exercise, problem: Problem) -> Problem:
    hint = MAKE_IT_IN_INIT if exercise.methods else MAKE_IT_INSIDE
    return replace(problem, hint=f"{hint} (Or does chance decide?)" if problem is UNSTEADY else hint)


REMEMBERS = Problem("remembers", "By itself the second call is right; after the first one it gives something else.")
AFTER_OTHERS = Problem(
    "remembers",
    "By itself this call is right, but not after all the calls that the check made before it.",
)
UNSTEADY = Problem("remembers", "Called again with the same arguments, it gives something else.")


def _left_behind(exercise: Exercise, caller: Caller, trial: Trial) -> Told | None:
    """Of an object: the call before the last one that should make no difference to it, and does."""
    if not exercise.methods or trial.problem is None or trial.problem.fault not in ("", "raises"):
        return None
    for place in range(1, len(trial.args) - 1):
        try:
            without = attempt(exercise, caller, (*trial.args[:place], *trial.args[place + 1 :]))
        except Exception:  # not a case: the reference itself has no answer
            continue
        if not without.problem and alike(
            exercise, without.expected, replace(trial.expected, args=without.expected.args)
        ):
            line = exercise.write(trial.args).splitlines()[place]
            return Told(
                "an earlier call changes the object",
                f"Without `{line}` before it, the last call is right.",
                "What does that line change in `self`, and who still reads it afterwards?",
            )
    return None


# --- smaller calls


def _shrunk(exercise: Exercise, caller: Caller, trial: Trial, misconception: Misconception | None) -> Trial:
    """The smallest call found that fails in the same way, and for the same reason."""
    until = time.perf_counter() + SHRINKING
    tries = 0

    def smaller_trial() -> Trial | None:
        nonlocal tries
        for args in _smaller(exercise, trial.args):
            if not _is_possible(exercise, args):
                continue
            tries += 1
            if tries > TRIES or time.perf_counter() > until:
                return None
            try:
                less = attempt(exercise, caller, args, SHRINKING)
            except Exception:  # not a case: the reference itself has no answer
                continue
            if less.problem and _same_failure(less, trial):
                other = misconception and misconception_outcome(exercise, misconception, args, None)
                if not other or alike(exercise, less.outcome, other):
                    return less
        return None

    while less := smaller_trial():
        trial = less
    return trial


def _is_possible(exercise: Exercise, args: Args) -> bool:
    with contextlib.suppress(Exception):
        return exercise.possible is None or exercise.possible(args)
    return False


def _smaller(exercise: Exercise, args: Args) -> Iterator[Args]:
    if not exercise.methods:
        yield from inputs.smaller(args, exercise.keep)
        return
    for place in range(1, len(args)):
        if len(args) > 2:
            yield (*args[:place], *args[place + 1 :])
        method, *arguments = args[place]
        for less in inputs.smaller(tuple(arguments)):
            yield (*args[:place], (method, *less), *args[place + 1 :])


def _same_failure(one: Trial, other: Trial) -> bool:
    def kinds(trial: Trial) -> tuple[object, ...]:
        expected, got = trial.expected.error, trial.outcome.error
        return trial.problem and trial.problem.fault, expected and expected.kind, got and got.kind

    return kinds(one) == kinds(other)
