"""What is wrong with one call: each fault of form has a sentence of its own.

From the facts about an answer, or from the outcome of one case, to a Problem; None where all is well.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any, get_args, get_origin

from minbpe.lab.checks import crashes, runner
from minbpe.lab.checks.exercise import EXERCISES, Args, Exercise, write_call
from minbpe.lab.checks.runner import Facts, Form, Outcome, Raised, Thing, fresh, plain
from minbpe.lab.checks.show import described, difference, look, type_name, with_article


@dataclass(frozen=True)
class Problem:
    """What is wrong with one call: a fault of form by its name, or "" for a value that is not the right one."""

    fault: str
    sentence: str = ""
    hint: str = ""
    diagnosis: str = ""  # what is wrong, by its name, where that says more than the fault


WRONG_VALUE = Problem("")
# What makes a value of its values, by the type that is asked for.
GATHER = {
    list: "list(…) around it makes one.",
    tuple: "tuple(…) around it makes one.",
    dict: "dict(…) around pairs of key and value makes one.",
    bytes: "bytes(…) around numbers from 0 to 255 makes some.",
    str: "''.join(…) makes one of its parts.",
}
GIVEN_BACK = "given back"  # an argument itself where it should be a copy, or the other way round
RETURN = "Is there a `yield` where a `return` belongs?"
RUN_IT = "Run this call in a cell of its own, and look at the values just before that line."
MOST_NUMBERS = 100  # in a message: with more of them it names none
NO_LINE = "Run this call in a cell of its own: there Python says more about it."
RAISE_IT = "Which inputs does the exercise call wrong? Ask for them first, and raise ValueError."
NO_ERROR = Problem("", hint=RAISE_IT, diagnosis="no error is raised")


@dataclass
class Trial:
    """One case tried, and what is wrong with what came of it (None when nothing is)."""

    args: Args
    expected: Outcome
    outcome: Outcome
    problem: Problem | None


# --- before anything is called


def of_facts(exercise: Exercise, facts: Facts) -> Problem | None:
    """What can be told by looking at the answer, without calling it."""
    name, thing = exercise.name, "class" if exercise.methods else "function"
    if facts.kind == "blank":
        return not_done(name)
    if exercise.methods and facts.kind != "class" and all(each in facts.methods for each in exercise.methods):
        return Problem(
            "instance",
            f"This is one {name}, already made.",
            f'Hand in the class: check("{name}", {name}), no brackets.',
        )
    if facts.kind == "class" and not exercise.methods:
        begin = f"Begin it with: def {exercise.signature}:"
        return Problem("not callable", "This is a class; the check needs a function.", begin)
    if facts.kind == "value":
        return Problem(
            "not callable",
            f"This is {described(None) if facts.type_name == 'NoneType' else with_article(facts.type_name)}; the check "
            f"needs the {thing} itself.",
            f'Write check("{name}", {name}), without calling it first.',
        )
    if _is_copy(exercise, facts):
        return course_function(exercise.title, facts.origin)
    if facts.form.blank:
        return not_done(exercise.title)
    if facts.form.is_async:
        return asynchronous(exercise.title)
    return _of_methods(exercise, facts) if exercise.methods else _of_signature(exercise, facts)


def of_rules(exercise: Exercise, facts: Facts) -> Problem | None:
    """What an exercise forbids, or asks for, besides the results, which are right."""
    if name := forbidden_name(exercise, facts):
        return Problem(
            "rule",
            f"The results are right. But it uses `{name}`, and this exercise is to be done without.",
            exercise.without[name],
        )
    for names, hint in exercise.needs.items():
        wanted = [names] if isinstance(names, str) else names
        if facts.names and not facts.names.intersection(wanted):
            asked = f"`{wanted[0]}`" if len(wanted) == 1 else f"one of {_words(wanted)}"
            return Problem(
                "rule",
                f"The results are right. But the exercise asks for {asked}, and the function does without.",
                hint,
            )
    return None


def forbidden_name(exercise: Exercise, facts: Facts) -> str:
    """What the answer uses and is to do without, or ""."""
    return next((name for name in exercise.without if name in facts.names), "")


def not_done(name: str, where: str = "") -> Problem:
    return Problem("not done", f"{name} is not done yet.{where}", "Write it, run its cell, then run this check again.")


def asynchronous(name: str) -> Problem:
    return Problem(
        "async",
        f"{name} begins with async def: a call of it gives a coroutine, which has not run yet.",
        "Leave out the word async.",
    )


def course_function(name: str, own: str) -> Problem:
    return Problem(
        "course function",
        f"This is the course's own code at work ({own}).",
        f"It is right, of course. Here the point is to build {name} yourself.",
    )


def missing_method(exercise: Exercise, methods: Sequence[str]) -> Problem:
    return Problem(
        "missing method",
        f"The class has no {'methods' if len(methods) > 1 else 'method'} {', '.join(methods)}.",
        f"The exercise asks for {_words(exercise.methods)}.",
    )


def _of_methods(exercise: Exercise, facts: Facts) -> Problem | None:
    if facts.kind != "class":
        return None  # a function that makes tokenizers: what it makes is seen when it is used
    for method, form in facts.methods.items():
        if form.blank:
            return not_done(f"{exercise.title}.{method}")
        if form.is_async:
            return asynchronous(f"{exercise.title}.{method}")
    for step in (step for args in exercise.cases for step in exercise.steps(args)):
        if not step.method and (taken := _takes_not(facts.form, step.args)):
            made = write_call(exercise.title, map(exercise.show, step.args))
            return Problem(
                "signature",
                f"Your class takes {taken} when an object is made; the check makes it with {_number(len(step.args))}.",
                f"The check writes {made}. What does your __init__ ask for?",
            )
        form = facts.methods.get(step.method, Form())
        if step.method and (taken := _takes_not(form, (None, *step.args))):
            return Problem(
                "signature",
                f"Your {step.method} takes {taken}; the check calls it with {_number(len(step.args))}.",
                f"The exercise is {exercise.signature}."
                if taken.startswith("(self")
                else "A method has one parameter more, in front of these: `self`, the object that it is called on.",
            )
    return None


def _of_signature(exercise: Exercise, facts: Facts) -> Problem | None:
    for args in exercise.cases:
        taken = _takes_not(facts.form, args)
        if taken:
            other = EXERCISES.get(facts.name)
            if other and other.name != exercise.name:
                return Problem(
                    "signature",
                    f"This is {other.name}; the exercise is {exercise.name}.",
                    f'check("{other.name}", {other.name}) is the check for it.',
                )
            return Problem(
                "signature",
                f"Your {exercise.title} takes {taken}; the check calls it with {_number(len(args))}.",
                f"Begin it with: def {exercise.signature.replace(exercise.name, exercise.title, 1)}:",
            )
    return None


def _takes_not(form: Form, args: Args) -> str:
    """The parameters of a function when it cannot be called with `args`, else ""."""
    if form.parameters is None:
        return ""
    kinds = {int(each): each for each in inspect._ParameterKind}
    parameters = [
        inspect.Parameter(name, kinds[kind], default=None if optional else inspect.Parameter.empty)
        for name, kind, optional in form.parameters
    ]
    try:
        inspect.Signature(parameters).bind(*args)
    except TypeError:
        names = ", ".join(name for name, _, _ in form.parameters)
        return f"({names})" if names else "no arguments"
    return ""


def _number(n: int) -> str:
    return "1 argument" if n == 1 else f"{n} arguments"


def _words(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


# --- the course's own functions


def own_names(exercise: Exercise) -> frozenset[str]:
    """The course's functions that would do the exercise, as "module.name"."""
    return frozenset(runner.name_of(function) for function in _functions(exercise.own))


def _functions(things: Iterable[Any]) -> Iterator[Any]:
    for thing in things:
        if isinstance(thing, type):
            yield from (each for each in vars(thing).values() if hasattr(each, "__code__"))
        else:
            yield runner.unwrap(thing)


def _is_copy(exercise: Exercise, facts: Facts) -> bool:
    """The course's own function, or a copy of it with its docstring and all.

    The same few lines without the docstring are no proof: whoever follows the course may well write them.
    """
    names = {runner.name_of(runner.unwrap(own)) for own in [*exercise.own, exercise.reference]}
    if facts.origin in names and "<locals>" not in facts.origin:  # what is made inside a function shares its name
        return True
    return bool(facts.digests & {runner.digest(each) for each in _functions(exercise.own) if each.__doc__})


# --- after a call


def of_outcome(exercise: Exercise, args: Args, expected: Outcome, outcome: Outcome) -> Problem | None:
    """What is wrong with one call; None when it did what the reference did."""
    if outcome.foreign:
        return course_function(exercise.title, outcome.foreign)
    if outcome.missing:
        return missing_method(exercise, [outcome.missing])
    if outcome.stopped == "time":
        return Problem(
            "never returns",
            f"This call was still running after {runner.SECONDS:g} seconds, so it was stopped.",
            "Look at each `while`: does what it waits for come true at some time, here too? And does every way through "
            "the loop bring it nearer?",
        )
    if outcome.stopped:
        return Problem(
            "memory",
            "This call took more and more memory, so it was stopped.",
            "Something grows for ever: look at what you append to, and at what ends the loop.",
        )
    problem = (
        _of_error(exercise, args, expected, outcome.error)
        if outcome.error
        else _of_value(exercise, args, expected, outcome)
    )
    return problem or _of_arguments(exercise, args, expected, outcome)


def _of_error(exercise: Exercise, args: Args, expected: Outcome, error: Raised) -> Problem | None:
    line = where(error)
    if error.kind == "NotImplementedError":
        return not_done(exercise.title, line)
    if error.kind == "RecursionError":
        return Problem(
            "endless recursion",
            f"This call went on calling itself, until Python gave up.{line}",
            "Which call is the last one? It must return without calling again, and each call must come nearer to it. "
            "(Python allows about a thousand calls inside of each other: for what is longer, write a loop.)",
        )
    if expected.error is None or expected.error.kind not in error.bases:
        return _of_unwanted_error(exercise, expected, error)
    names = exercise.names(args) if exercise.names else ()
    if names and not any(_is_named(name, error.message) for name in names):
        return Problem(
            "",
            f"This call raised ValueError, as it should. But its message does not name {' or '.join(names)}: "
            f"{error.message!r}.",
            "Whoever reads the message wants to know which one it was. An f-string can put it in.",
            "the message does not name it",
        )
    return None


def _is_named(name: str, message: str) -> bool:
    """Whether a message names it: a number as a whole, and not among all the numbers that there are."""
    if not name.isdecimal():
        return name in message
    numbers = set(re.findall(r"\d+", message))
    return name in numbers and len(numbers) <= MOST_NUMBERS


def _of_unwanted_error(exercise: Exercise, expected: Outcome, error: Raised) -> Problem:
    line = where(error)
    if expected.error:
        wanted = f" The exercise asks for {expected.error.kind} here."
        return Problem(
            "raises", f"This call raised {_error(error)}.{wanted}{line}", RAISE_IT, "another error than is asked for"
        )
    if re.search(r"(^|: *)raise\b", error.source):
        return Problem(
            "raises",
            f"Here your own code raises {_error(error)}, though this input is a right one.{line}",
            "Which condition leads to that line? It is true here, and should not be.",
            "raises for a right input",
        )
    crash = crashes.recognised(error, tuple(exercise.crashes))
    hint = crash.hint if crash else RUN_IT if line else NO_LINE
    return Problem("raises", f"This call raised {_error(error)}.{line}", hint, crash.name if crash else "")


def _of_value(exercise: Exercise, args: Args, expected: Outcome, outcome: Outcome) -> Problem | None:
    value, kind = outcome.value, exercise.type_of(args)
    thing = value.kind if isinstance(value, Thing) else ""
    if thing == "blank":
        return not_done(exercise.title)
    if thing == "error":
        return Problem(
            "returns an error",
            f"This call returned a {value.name}, as if it were a result.",
            f"`raise {value.name}(…)` leaves the function with an error. `return` hands the error over like any other "
            "value.",
        )
    if expected.error is not None:
        return NO_ERROR
    if value is None and kind is not None:
        return _nothing(outcome)
    if kind is None:
        return None
    if thing == "iterator":
        return Problem(
            "generator",
            f"This call returned {described(value)}, which has not made its values yet.",
            f"The exercise asks for {type_name(kind)}. {GATHER.get(get_origin(kind) or kind, RETURN)}",
        )
    odd = misfit(value, kind)
    if odd:
        return Problem(
            "wrong type", f"This call returned {odd}; the exercise asks for {type_name(kind)}.", _cure(value, kind)
        )
    return None if exercise.same(expected.value, value, args) else WRONG_VALUE


def _nothing(outcome: Outcome) -> Problem:
    if outcome.printed:
        return Problem(
            "prints",
            "This call printed its result and returned nothing.",
            "A print is for people. For the next function to use the result: return it.",
        )
    return Problem(
        "returns nothing",
        "This call returned nothing (None).",
        "Does every way through the function end in a return, of something that is not None? append and sort return "
        "None, too.",
    )


def _of_arguments(exercise: Exercise, args: Args, expected: Outcome, outcome: Outcome) -> Problem | None:
    names = _names(exercise, args)
    for place, (name, should, did) in enumerate(zip(names, expected.args, outcome.args, strict=True)):
        if isinstance(should, (list, dict, set, tuple)) and should != did:
            if should == _given(exercise, args)[place]:
                change = difference(should, did) or f"It was {look(should)}, and is {look(did)} afterwards."
                return Problem(
                    "changes its arguments",
                    f"This call changed what it was given, {name}. {change}",
                    "Whoever calls you still needs it. Build a new one, or work on a copy.",
                )
            return Problem(
                "",
                f"Afterwards {name} should be {look(should)}; it is {look(did)}.",
                diagnosis="an argument is not as it should be",
            )
    if expected.given_back != outcome.given_back and not exercise.methods:
        kind = type(outcome.value).__name__
        if expected.given_back is None:
            name = names[outcome.given_back or 0]
            return Problem(
                GIVEN_BACK,
                f"What came back is {name} itself, not a new {kind}.",
                "Whoever changes the result would change what was given, too. Return a copy.",
            )
        name = names[expected.given_back]
        return Problem(
            GIVEN_BACK,
            f"What came back is equal to {name}, but it should be that very {kind}.",
            f"Return {name} itself, not a copy.",
        )
    return None


def _given(exercise: Exercise, args: Args) -> list[Any]:
    """All arguments of the calls of a case, before them."""
    return [plain(fresh(each)) for step in exercise.steps(args) for each in step.args]


def _names(exercise: Exercise, args: Args) -> list[str]:
    """What a message calls each of them."""
    if not exercise.methods:
        return [f"`{name}`" for name in inspect.signature(exercise.reference).parameters][: len(args)]
    return [f"an argument of {step.method or exercise.title}" for step in exercise.steps(args) for _ in step.args]


# --- words


def misfit(value: Any, kind: Any) -> str:
    """What `value` is, in words, when it is not of that type; else ""."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is None:
        wanted = (int, float) if kind is float else kind
        fits = isinstance(value, wanted) and not (isinstance(value, bool) and wanted is not bool)
        return "" if fits else described(value)
    if not isinstance(value, origin):
        return described(value)
    if origin is dict:
        for key, each in value.items():
            if misfit(key, inside[0]) or misfit(each, inside[1]):
                return f"a dict with {key!r}: {each!r} in it"
        return ""
    if origin is tuple and len(value) != len(inside):
        return f"a tuple of {len(value)}"
    kinds = inside if origin is tuple else repeat(inside[0])
    for place, (each, wanted) in enumerate(zip(value, kinds, strict=False)):
        if misfit(each, wanted):
            return f"a {origin.__name__} with {described(each)} in it, at place {place}: {repr(each)[:60]}"
    return ""


def _cure(value: Any, kind: Any) -> str:
    origin = get_origin(kind) or kind
    becomes = partial(_becomes, value=value, kind=kind)
    if isinstance(value, Thing) and value.kind == "callable":
        return "Was it to be called? Then brackets are missing after its name."
    if origin is list and isinstance(value, list):
        if get_origin(get_args(kind)[0]) is tuple and all(isinstance(each, list) for each in value):
            return "Each pair is a tuple here, in round brackets: (left, right)."
        if any(isinstance(each, list) for each in value):
            return "append puts a list in as one item. += or extend puts in its items."
        if None in value:
            return "None is no value: leave it out, or find out where it comes from."
    if becomes(list) and isinstance(value, (tuple, bytes, bytearray, set)):
        return "list(…) around it makes a list of it."
    if becomes(tuple) and isinstance(value, list):
        return "tuple(…) around it makes a tuple of it. (A list cannot be the key of a dict; a tuple can.)"
    if becomes(dict) and isinstance(value, (list, tuple)):
        return "dict(…) around it makes a dict of it."
    if becomes(bytes) and isinstance(value, (bytearray, list)):
        return "bytes(…) around it makes bytes of it."
    if isinstance(value, tuple) and any(isinstance(each, bytearray) for each in value):
        return "bytes(…) around a bytearray makes bytes of it."
    if origin is str and isinstance(value, (bytes, bytearray)):
        return "Bytes become text with .decode."
    if origin is bytes and isinstance(value, str):
        return "Text becomes bytes with .encode. Or build the bytes themselves, as numbers."
    return ""


def _becomes(made: type, value: Any, kind: Any) -> bool:
    """Whether that type around the value would make what the exercise asks for."""
    try:
        return made is (get_origin(kind) or kind) and not misfit(made(value), kind)
    except Exception:
        return False


def _error(error: Raised) -> str:
    return f"{error.kind}: {error.message[:200]}" if error.message else error.kind


def where(error: Raised) -> str:
    """The line of the learner's own code in which an error came up, as a sentence; "" if there is none."""
    if not error.line:
        return ""
    inside = f" of {error.function}" if error.function.isidentifier() else ""
    return f"\n    in line {error.line}{inside}{f': {error.source}' if error.source else ''}"


def closest(name: object, names: list[str]) -> str:
    """The names that look most like `name`, for a message."""
    near = difflib.get_close_matches(str(name), names, n=2, cutoff=0.5)
    return " or ".join(repr(each) for each in near)
