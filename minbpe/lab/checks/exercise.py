"""What an exercise is made of, as data: its inputs, a reference, and the misconceptions that it can meet."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.runner import Caller, Code, Facts, Outcome, Step
from minbpe.lab.checks.show import show
from minbpe.lab.checks.telling import Told

Args = tuple[Any, ...]
LONG_CASE = 4000  # characters of a case, from which on it is tried only when all shorter ones are right
WIDE = 88  # a call with more characters than this is written with one argument a line


@dataclass(frozen=True)
class Misconception:
    """A small wrong implementation. An answer that always gives what it gives shares its belief."""

    name: str
    belief: str  # completes "It looks as if …"
    hint: str  # helps, and does not give the answer away
    answer: Callable[..., Any]


def by_value(expected: Any, got: Any, args: Args) -> bool:
    """Equal; numbers with a point need only be close."""
    if isinstance(expected, float):
        return math.isclose(expected, got, rel_tol=1e-9)
    if isinstance(expected, dict) and any(isinstance(value, float) for value in expected.values()):
        return expected.keys() == got.keys() and all(by_value(expected[key], got[key], args) for key in expected)
    return bool(expected == got)


def in_order(expected: Any, got: Any, args: Args) -> bool:
    """Equal dicts, with their items in the same order: merges are kept in the order of learning."""
    return list(expected.items()) == list(got.items())


@dataclass
class Exercise:
    """An exercise and its check. See nb01_bytes.py for how one is written down."""

    name: str
    notebook: str
    signature: str
    passed: str  # what the line says when an answer passes
    hint: str  # where no misconception is recognised
    reference: Callable[..., Any]
    cases: Sequence[Args]  # fixed: they tell each misconception from the reference, and from the others
    draw: Callable[[Random, int], Args]  # random arguments of about that size
    returns: Any = None  # the type, as list[int]
    same: Callable[[Any, Any, Args], bool] = by_value
    own: Sequence[Callable[..., Any]] = ()  # the course's own functions that do this
    # Of a class. Then a case is (arguments to make an object, (method, *arguments), …), all called on the object t; or,
    # where a step says "u.train" for "train", on another one.
    methods: Sequence[str] = ()
    draws: int = 60
    size: int = 40
    given: Collection[str] = ()  # names of values that the notebook has made for it
    # Whether arguments are such as the exercise speaks of, where its types do not say so: a failing call that is made
    # smaller stays within that.
    possible: Callable[[Args], bool] | None = None
    keep: Sequence[int] = ()  # the places of arguments that are left as they are when a failing call is made smaller
    # A last demand: gives a failed trial, or None. It draws its inputs, for a fixed one could be known by heart.
    more: Callable[[Caller, Random], Any] | None = None
    through: str = ""  # the source of a function that is called in the answer's place, as Step has it
    names: Callable[[Args], Collection[str]] | None = None  # the message of a ValueError must name one of these
    # What the exercise forbids or asks for, by the names in the code: {name: hint}. A tuple asks for one of its names.
    without: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str | tuple[str, ...], str] = field(default_factory=dict)
    show: Callable[[Any], str] = show  # writes an argument as code
    written: Callable[..., str] | None = None  # writes a call, where it is not name(arguments); gets the parts as code
    # What a notebook goes on with until this is written, where the reference is too slow for that.
    stand_in: Callable[..., Any] | None = None
    asked_in: Literal["notebook", "exercises"] = "notebook"  # where it is written
    crashes: Sequence[Crash] = ()  # what an error in an answer to this exercise comes from, before what all share
    tell: Callable[[Args, Any, Any], Told | None] | None = None  # what a wrong result says: of (args, expected, got)
    misconceptions: list[Misconception] = field(default_factory=list)
    title: str = ""  # what the learner calls it; the name, unless said otherwise
    # What the reference and the misconceptions give on the cases: found when it is needed, and kept.
    known: dict[tuple[str, int], Outcome] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.title = self.title or self.name
        self.cases = sorted(self.cases, key=is_long)

    def called_as(self, facts: Facts) -> Exercise:
        """The exercise under the name that the answer has in the notebook, so that a call can be pasted there."""
        # A lambda or a function inside of another has no such name; and that of another exercise is a mistake.
        if facts.module != "__main__" or not facts.name.isidentifier() or facts.name in EXERCISES:
            return self
        return replace(self, title=facts.name)

    def misconception(
        self, belief: str, hint: str, name: str = ""
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate a wrong implementation: its name, with spaces, is the name of the misconception."""

        def add(answer: Callable[..., Any]) -> Callable[..., Any]:
            self.misconceptions.append(Misconception(name or answer.__name__.replace("_", " "), belief, hint, answer))
            return answer

        return add

    def shares(
        self,
        other: Exercise,
        names: Sequence[str],
        wrap: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda answer: answer,
        hints: Mapping[str, str] | None = None,
    ) -> None:
        """Take over misconceptions from another exercise; `wrap` makes an answer to this one of it.

        `hints` has those that are others here, by the name of the misconception.
        """
        known = {each.name: each for each in other.misconceptions}
        for name in names:
            hint = (hints or {}).get(name, known[name].hint)
            self.misconceptions.append(replace(known[name], answer=wrap(known[name].answer), hint=hint))

    def steps(self, args: Args) -> tuple[Step, ...]:
        """A case as the calls that it is made of."""
        if not self.methods:
            return (Step(args, through=self.through),)
        to_make, *calls = args
        made = [Step(to_make, on=name) for name in objects_of(calls)]
        return (*made, *(Step(arguments, method, name) for name, method, arguments in map(parts_of, calls)))

    def write(self, args: Args) -> str:
        """A case as code that can be pasted into a cell."""
        lines = setup_of(args)
        if self.written:
            return "\n".join([*lines, self.written(self.title, *map(self.show, args))])
        if not self.methods:
            return "\n".join([*lines, write_call(self.title, map(self.show, args))])
        to_make, *calls = args
        for name in objects_of(calls):
            lines.append(write_call(f"{name} = {self.title}", map(self.show, to_make)))
        for name, method, arguments in map(parts_of, calls):
            lines.append(write_call(f"{name}.{method}", map(self.show, arguments)))
        return "\n".join(lines)

    def type_of(self, args: Args) -> Any:
        """The type that this call should return."""
        if self.methods:
            return {"train": None, "encode": list[int], "decode": str}[parts_of(args[-1])[1]]
        return self.returns


def is_long(args: Args) -> bool:
    """Whether a case is so long that one learns little from it: it is for answers that are right on all others."""
    return len(repr(args)) > LONG_CASE


def parts_of(call: Args) -> tuple[str, str, Args]:
    """The object, the method and the arguments of a call in the case of a class."""
    name, _, method = call[0].rpartition(".")
    return name or "t", method, call[1:]


def objects_of(calls: Iterable[Args]) -> list[str]:
    return list(dict.fromkeys(["t", *(parts_of(call)[0] for call in calls)]))


def write_call(name: str, arguments: Iterable[str]) -> str:
    arguments = list(arguments)
    call = f"{name}({', '.join(arguments)})"
    if len(call) <= WIDE:
        return call
    return "\n".join([f"{name}(", *(f"    {argument}," for argument in arguments), ")"])


def setup_of(args: Any) -> list[str]:
    """The imports that a call needs."""
    if isinstance(args, tuple):
        return list(dict.fromkeys(line for each in args for line in setup_of(each)))
    return [args.setup] if isinstance(args, Code) and args.setup else []


EXERCISES: dict[str, Exercise] = {}


def add(exercise: Exercise) -> Exercise:
    """Make an exercise known to `check`."""
    EXERCISES[exercise.name] = exercise
    return exercise
