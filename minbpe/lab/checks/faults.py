"""Faults of form: what keeps an answer from being judged at all, each with a sentence of its own."""

from __future__ import annotations

import difflib
import dis
import functools
import inspect
import sysconfig
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, get_args, get_origin

from minbpe.lab.checks import runner
from minbpe.lab.checks.exercise import EXERCISES, Args, Exercise, parts_of, write_call
from minbpe.lab.checks.runner import Outcome
from minbpe.lab.checks.show import described, difference, fresh, look, type_name

PACKAGE = str(Path(__file__).parents[2])
LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


@dataclass(frozen=True)
class Problem:
    """What is wrong with one call: a fault of form by its name, or "" for a value that is not the right one."""

    fault: str
    sentence: str = ""
    hint: str = ""


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
NO_LINE = "Run this call in a cell of its own: there Python says more about it."
RAISE_IT = "Which inputs does the exercise call wrong? Ask for them first, and raise ValueError."


@dataclass
class Trial:
    """One call of an answer, and what is wrong with it (None when nothing is)."""

    args: Args
    expected: Outcome
    outcome: Outcome
    problem: Problem | None


# --- before anything is called


def of_answer(exercise: Exercise, answer: Any) -> Problem | None:
    """What can be told by looking at the answer, without calling it."""
    name, thing = exercise.name, "class" if exercise.methods else "function"
    if answer is Ellipsis or answer is NotImplemented:
        return not_done(name)
    if exercise.methods and not isinstance(answer, type) and all(hasattr(answer, each) for each in exercise.methods):
        return Problem(
            "instance",
            f"This is one {name}, already made.",
            f'Hand in the class: check("{name}", {name}), no brackets.',
        )
    if isinstance(answer, type) and not exercise.methods:
        begin = f"Begin it with: def {exercise.signature}:"
        return Problem("not callable", "This is a class; the check needs a function.", begin)
    if not callable(answer):
        return Problem(
            "not callable",
            f"This is {described(answer)}; the check needs the {thing} itself.",
            f'Write check("{name}", {name}), without calling it first.',
        )
    if _is_copy(exercise, answer):
        return course_function(exercise.title, _name_of(answer))
    if _is_blank(answer):
        return not_done(exercise.title)
    if _is_async(answer):
        return asynchronous(exercise.title)
    return _of_methods(exercise, answer) if exercise.methods else _of_signature(exercise, answer)


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


def _of_methods(exercise: Exercise, answer: Any) -> Problem | None:
    if not isinstance(answer, type):
        return None  # a function that makes tokenizers: what it makes is seen when it is used
    written = {method: inspect.getattr_static(answer, method, None) for method in exercise.methods}
    missing = [method for method, function in written.items() if function is None]
    if missing and not _makes_them(exercise, answer, missing):
        plural = "methods" if len(missing) > 1 else "method"
        return Problem(
            "missing method",
            f"The class has no {plural} {', '.join(missing)}.",
            f"The exercise asks for {_words(exercise.methods)}.",
        )
    for method, function in written.items():
        if _is_blank(function):
            return not_done(f"{exercise.title}.{method}")
        if _is_async(function):
            return asynchronous(f"{exercise.title}.{method}")
    for args in exercise.cases:
        taken = _takes_not(answer, args[0])
        if taken:
            made = write_call(exercise.title, map(exercise.show, args[0]))
            return Problem(
                "signature",
                f"Your class takes {taken} when an object is made; the check makes it with {_number(len(args[0]))}.",
                f"The check writes {made}. What does your __init__ ask for?",
            )
        for _, method, arguments in map(parts_of, args[1:]):
            function = written[method]
            taken = _takes_not(function, (None, *arguments)) if isinstance(function, FunctionType) else ""
            if taken:
                return Problem(
                    "signature",
                    f"Your {method} takes {taken}; the check calls it with {_number(len(arguments))}.",
                    f"The exercise is {exercise.signature}."
                    if taken.startswith("(self")
                    else "A method has one parameter more, in front of these: `self`, the object that it is called on.",
                )
    return None


def _makes_them(exercise: Exercise, answer: Any, methods: list[str]) -> bool:
    """Whether an object has the methods all the same, as when __init__ puts them there."""
    outcome = runner.run(answer, fresh(exercise.cases[0][0]))
    return all(callable(getattr(outcome.value, method, None)) for method in methods)


def _of_signature(exercise: Exercise, answer: Any) -> Problem | None:
    for args in exercise.cases:
        taken = _takes_not(answer, args)
        if taken:
            other = EXERCISES.get(getattr(answer, "__name__", ""))
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


def _takes_not(function: Any, args: Args) -> str:
    """The parameters of `function` when it cannot be called with `args`, else ""."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions written in C do not tell
        return ""
    try:
        signature.bind(*args)
    except TypeError:
        names = ", ".join(signature.parameters)
        return f"({names})" if names else "no arguments"
    return ""


def _number(n: int) -> str:
    return "1 argument" if n == 1 else f"{n} arguments"


def _words(names: Any) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _is_blank(answer: Any) -> bool:
    """A function whose body is `...` or `pass`, or that only raises NotImplementedError."""
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("RESUME", "NOP")]
    names = [step.opname for step in steps]
    if names == ["LOAD_CONST", "RETURN_VALUE"] or names == ["RETURN_CONST"]:
        return steps[0].argval in (None, Ellipsis)
    return names[-1:] == ["RAISE_VARARGS"] and steps[0].argval == "NotImplementedError" and len(steps) <= 8


def _is_async(answer: Any) -> bool:
    return inspect.iscoroutinefunction(answer) or inspect.isasyncgenfunction(answer)


# --- the course's own functions


def unwrap(answer: Any) -> Any:
    """The function inside of partials, decorators and bound methods."""
    while True:
        inner = answer.func if isinstance(answer, functools.partial) else None
        inner = inner or getattr(answer, "__wrapped__", None) or getattr(answer, "__func__", None)
        if inner is None:
            return answer
        answer = inner


def own_codes(exercise: Exercise) -> frozenset[CodeType]:
    return frozenset(function.__code__ for function in _functions(exercise.own))


def _functions(things: Any) -> Iterator[Any]:
    for thing in things:
        if isinstance(thing, type):
            yield from (each for each in vars(thing).values() if hasattr(each, "__code__"))
        else:
            yield unwrap(thing)


def _is_copy(exercise: Exercise, answer: Any) -> bool:
    """The course's own function, by identity, or copied with its docstring and all.

    The same few lines without the docstring are no proof: whoever follows the course may well write them.
    """
    inner = unwrap(answer)
    if any(inner is unwrap(own) for own in [*exercise.own, exercise.reference]):
        return True
    theirs = {_key(each) for each in _functions([inner]) if hasattr(each, "__code__") and each.__doc__}
    return bool(theirs & {_key(each) for each in _functions(exercise.own) if each.__doc__})


def _key(function: Any) -> Any:
    def of(code: CodeType) -> Any:
        constants = tuple(of(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts)
        return code.co_code, code.co_names, code.co_varnames, constants

    return of(function.__code__), function.__doc__


def _name_of(answer: Any) -> str:
    inner = unwrap(answer)
    return f"{inner.__module__}.{inner.__qualname__}"


# --- after a call


def of_call(exercise: Exercise, answer: Any, args: Args, expected: Outcome, outcome: Outcome) -> Problem | None:
    """What is wrong with one call; None when it did what the reference did."""
    name = exercise.title
    if outcome.foreign:
        return course_function(name, outcome.foreign)
    if outcome.stopped == "time":
        return Problem(
            "never returns",
            f"This call was still running after {runner.SECONDS:g} seconds, so it was stopped.",
            "Look at each `while`: does what it waits for come true at some time, here too?",
        )
    if outcome.stopped:
        return Problem(
            "memory",
            "This call took more and more memory, so it was stopped.",
            "Something grows for ever: look at what you append to, and at what ends the loop.",
        )
    if isinstance(outcome.error, NotImplementedError):
        return not_done(name, where(answer, outcome.error))
    if isinstance(outcome.error, RecursionError):
        return Problem(
            "endless recursion",
            f"This call went on calling itself, until Python gave up.{where(answer, outcome.error)}",
            "Which call is the last one? It must return without calling again, and each call must come nearer to it.",
        )
    if outcome.error is not None:
        if expected.error is None or not isinstance(outcome.error, type(expected.error)):
            wanted = "" if expected.error is None else f" The exercise asks for {type(expected.error).__name__} here."
            line = where(answer, outcome.error)
            return Problem(
                "raises",
                f"This call raised {_error(outcome.error)}.{wanted}{line}",
                RAISE_IT if wanted else RUN_IT if line else NO_LINE,
            )
        names = exercise.names(args) if exercise.names else ()
        if names and not any(name in str(outcome.error) for name in names):
            return Problem(
                "",
                f"This call raised ValueError, as it should. But its message does not name {' or '.join(names)}: "
                f"{str(outcome.error)!r}.",
                "Who reads the message wants to know which one it was. An f-string can put it in.",
            )
    else:
        problem = _of_value(exercise, args, expected, outcome)
        if problem:
            return problem
    return _of_arguments(exercise, args, expected, outcome)


def _of_value(exercise: Exercise, args: Args, expected: Outcome, outcome: Outcome) -> Problem | None:
    value, kind = outcome.value, exercise.type_of(args)
    if value is Ellipsis or value is NotImplemented:
        return not_done(exercise.title)
    if isinstance(value, BaseException) or (isinstance(value, type) and issubclass(value, BaseException)):
        name = value.__name__ if isinstance(value, type) else _class(value)
        return Problem(
            "returns an error",
            f"This call returned a {name}, as if it were a result.",
            f"`raise {name}(…)` leaves the function with an error. `return` hands the error over like any other value.",
        )
    if expected.error is not None:
        return Problem("", hint=RAISE_IT)
    if value is None and kind is not None:
        if outcome.printed:
            return Problem(
                "prints",
                "This call printed its result and returned nothing.",
                "A print is for people. For the next function to use the result: return it.",
            )
        return Problem(
            "returns nothing",
            "This call returned nothing (None).",
            "Does every way through the function end in a return, of something that is not None? Methods as append and "
            "sort return None, too.",
        )
    if kind is None:
        return None
    if isinstance(value, Iterator):
        return Problem(
            "generator",
            f"This call returned a {_class(value)}, which has not made its values yet.",
            f"The exercise asks for {type_name(kind)}. {GATHER.get(get_origin(kind) or kind, RETURN)}",
        )
    odd = misfit(value, kind)
    if odd:
        return Problem(
            "wrong type", f"This call returned {odd}; the exercise asks for {type_name(kind)}.", _cure(value, kind)
        )
    return None if exercise.same(expected.value, value, args) else WRONG_VALUE


def _of_arguments(exercise: Exercise, args: Args, expected: Outcome, outcome: Outcome) -> Problem | None:
    names = _names(exercise, args)
    given, should_be, are = (_arguments(exercise, each) for each in (args, expected.args, outcome.args))
    for name, before, should, did in zip(names, given, should_be, are, strict=True):
        if isinstance(should, (list, dict, set, tuple)) and should != did:
            if should == before:
                change = difference(should, did) or f"It was {look(should)}, and is {look(did)} afterwards."
                return Problem(
                    "changes its arguments",
                    f"This call changed what it was given, {name}. {change}",
                    "Whoever calls you still needs it. Build a new one, or work on a copy.",
                )
            return Problem("", f"Afterwards {name} should be {look(should)}; it is {look(did)}.")
    if expected.given_back != outcome.given_back and not exercise.methods:
        if expected.given_back is None:
            name = names[outcome.given_back or 0]
            return Problem(
                GIVEN_BACK,
                f"What came back is {name} itself, not a new {_class(outcome.value)}.",
                "Whoever changes the result would change what was given, too. Return a copy.",
            )
        name = names[expected.given_back]
        return Problem(
            GIVEN_BACK,
            f"What came back is equal to {name}, but it should be that very {_class(outcome.value)}.",
            f"Return {name} itself, not a copy.",
        )
    return None


def _arguments(exercise: Exercise, args: Args) -> list[Any]:
    """All arguments of a call, or of the calls of a class."""
    return [*args[0], *(value for step in args[1:] for value in step[1:])] if exercise.methods else list(args)


def _names(exercise: Exercise, args: Args) -> list[str]:
    """What a message calls each of them."""
    if not exercise.methods:
        return [f"`{name}`" for name in inspect.signature(exercise.reference).parameters][: len(args)]
    steps = [("", exercise.title, args[0]), *map(parts_of, args[1:])]
    return [f"an argument of {method}" for _, method, arguments in steps for _ in arguments]


# --- words


def misfit(value: Any, kind: Any) -> str:
    """What `value` is, in words, when it is not of that type; else ""."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is None:
        wanted = {int: Integral, float: Real}.get(kind, kind)
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
    for place, each in enumerate(value):
        if misfit(each, inside[0]):
            return f"a {origin.__name__} with {described(each)} in it, at place {place}: {repr(each)[:60]}"
    return ""


def _class(value: Any) -> str:
    return type(value).__name__


def _cure(value: Any, kind: Any) -> str:
    origin = get_origin(kind) or kind
    if callable(value):
        return "Was it to be called? Then brackets are missing after its name."
    if origin is list and isinstance(value, list):
        if any(isinstance(each, list) for each in value):
            return "append puts a list in as one item. += or extend puts in its items."
        if None in value:
            return "None is no value: leave it out, or find out where it comes from."
    if _becomes(list, value, kind) and isinstance(value, (tuple, bytes, bytearray, set)):
        return "list(…) around it makes a list of it."
    if _becomes(tuple, value, kind) and isinstance(value, list):
        return "tuple(…) around it makes a tuple of it. (A list cannot be the key of a dict; a tuple can.)"
    if _becomes(dict, value, kind) and isinstance(value, (list, tuple)):
        return "dict(…) around it makes a dict of it."
    if _becomes(bytes, value, kind) and isinstance(value, (bytearray, list)):
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


def _error(error: BaseException) -> str:
    name, text = type(error).__name__, str(error)
    return f"{name}: {text[:200]}" if text else name


def where(answer: Any, error: BaseException) -> str:
    """The line of the learner's own code in which an error came up, as a sentence; "" if there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(("<frozen", PACKAGE, *LIBRARIES))]
    if not theirs:
        return ""
    # Too deep a recursion is found as a call begins, on its `def`: the line that called says more.
    frame = theirs[-2 if isinstance(error, RecursionError) and len(theirs) > 1 else -1]
    inside = f" of {frame.name}" if frame.name.isidentifier() else ""
    line = f": {frame.line}" if frame.line else ""
    return f"\n    in line {frame.lineno}{inside}{line}"


def closest(name: object, names: list[str]) -> str:
    """The names that look most like `name`, for a message."""
    near = difflib.get_close_matches(str(name), names, n=2, cutoff=0.5)
    return " or ".join(repr(each) for each in near)
