"""What a wrong result says by itself, where no misconception fits: from expected and got to a Told.

Whatever is told is read off the two values of the call that is shown, so it is true of it. Rules that know the
exercise come first (Exercise.tell); those here know only the type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from minbpe.lab.checks.show import look


@dataclass(frozen=True)
class Told:
    """A name for what differs, a sentence that says it, and a hint ("" leaves that of the exercise)."""

    name: str
    sentence: str
    hint: str = ""


FOLLOW = "Follow this input through your code, line by line: where is it lost?"


def tell(expected: Any, got: Any) -> Told | None:
    """What can be said of two values of the same type that differ."""
    for kind, rule in RULES.items():
        if isinstance(expected, kind) and isinstance(got, kind):
            return rule(expected, got)
    return None


# --- rows: lists, texts, bytes


def _of_row(expected: Any, got: Any) -> Told | None:
    parts = "text" if isinstance(expected, str) else "bytes" if isinstance(expected, bytes) else "list"
    if not got:
        return Told("nothing comes back", f"What comes back is empty: {got!r}.", FOLLOW)
    if not expected:
        return Told("something for nothing", f"Nothing should come back here, and {look(got)} did.", "What puts it in?")
    start = _common(expected, got)
    end = min(_common(expected[::-1], got[::-1]), min(len(expected), len(got)) - start)
    if start == len(got):
        return _the_end_is_missing(expected, got, parts)
    if end == len(got):
        missing = expected[: len(expected) - len(got)]
        return Told(
            "the beginning is missing",
            f"The beginning is missing: {look(missing)}. The rest is right.",
            "At which place does your loop begin, and what is done with what stands before it?",
        )
    if start == len(expected):
        return Told(
            "too much at the end",
            f"The beginning is right, but then {look(got[start:])} follows, which should not be there.",
            "What is added after the last step? Look at what follows the loop.",
        )
    if start + end == len(got) < len(expected):
        return Told(
            "a part is missing",
            f"One part is missing, at place {start}: {look(expected[start : len(expected) - end])}. All before and "
            f"after "
            "it is right.",
            "Follow your code to that place: which condition leaves it out?",
        )
    if start + end == len(expected) < len(got):
        return Told(
            "a part too many",
            f"At place {start} something stands that should not be there: {look(got[start : len(got) - end])}.",
            "Follow your code to that place: what puts it in?",
        )
    if got == expected[::-1] and len(got) > 2:
        return Told("the other way round", f"It is the right {parts}, in reverse.", "From which end do you build it?")
    return None


def _the_end_is_missing(expected: Any, got: Any, parts: str) -> Told:
    missing = expected[len(got) :]
    return Told(
        "the end is missing",
        f"The beginning is right, but the {parts} ends early: {look(missing)} is missing.",
        "What ends your loop, and is there anything left at that moment?",
    )


def _of_list(expected: list[Any], got: list[Any]) -> Told | None:
    if all(isinstance(each, int) for each in (*expected, *got)) and (told := _of_ids(expected, got)):
        return told
    if all(isinstance(each, str) for each in (*expected, *got)) and (told := _of_parts(expected, got)):
        return told
    if told := _of_row(expected, got):
        return told
    if Counter(map(repr, expected)) == Counter(map(repr, got)):
        return Told(
            "another order",
            "These are the right items, in another order.",
            "In which order do you go through the input, and where does each result go?",
        )
    return None


def _of_ids(expected: list[int], got: list[int]) -> Told | None:
    new = [(a, b) for a, b in zip(expected, got, strict=False) if a != b]
    if len(expected) == len(got) and new and all(a > 255 for a, _ in new):
        steps = {b - a for a, b in new}
        if (
            len(steps) == 1
            and abs(new[0][1] - new[0][0]) < 257
            and [b for a, b in zip(expected, got, strict=True) if a > 255] == [b for _, b in new]
        ):
            step = steps.pop()
            far = "one" if abs(step) == 1 else str(abs(step))
            return Told(
                "the new ids are shifted",
                f"All new ids are {far} too {'high' if step > 0 else 'low'}: {new[0][1]} where {new[0][0]} belongs.",
                "The bytes have the ids 0 to 255. Which is the first free one?",
            )
    return None


def _of_parts(expected: list[str], got: list[str]) -> Told | None:
    whole, joined = "".join(expected), "".join(got)
    if whole == joined:
        place = _common(expected, got)
        return Told(
            "cut in other places",
            f"Nothing is lost, but it is cut elsewhere: {look(got[place])} comes where {look(expected[place])} should."
            if place < min(len(expected), len(got))
            else "Nothing is lost, but there are empty parts.",
        )
    if _is_inside(joined, whole):
        lost = _lost(whole, joined)
        return Told(
            "characters are lost",
            f"Put together, the parts are not the text: {look(lost)} is lost.",
            "Joined, the parts must be the text again, character by character. Which part of your code drops this?",
        )
    return None


# --- texts


def _of_text(expected: str, got: str) -> Told | None:
    if told := _of_row(expected, got):
        return told
    if expected.casefold() == got.casefold():
        return Told("capitals are changed", "Capitals and small letters are not as they were.")
    if _is_inside(got, expected):
        return Told("characters are lost", f"A part of the text is lost: {look(_lost(expected, got))}.")
    place = _common(expected, got)
    return Told(
        "other characters",
        f"From place {place} on the text is another one: {look(got[place : place + 12])} in place of "
        f"{look(expected[place : place + 12])}.",
    )


def _of_bytes(expected: bytes, got: bytes) -> Told | None:
    if len(expected) != len(got):
        return Told(
            "another number of bytes",
            f"{counted(len(expected), 'byte')} should come back, and {counted(len(got), 'byte')} came.",
        )
    place = _common(expected, got)
    return Told(
        "another byte",
        f"The byte at place {place} should be {expected[place]:08b} in binary, and is {got[place]:08b}.",
    )


# --- dicts, pairs and numbers


def _of_dict(expected: dict[Any, Any], got: dict[Any, Any]) -> Told | None:
    if not got:
        return Told("nothing comes back", "What comes back is an empty dict.", FOLLOW)
    if expected == got:
        return Told(
            "another order",
            "The entries are right, but they stand in another order.",
            "A dict keeps the order in which its keys came. In which order do you put them in?",
        )
    if expected.keys() == got.keys():
        return _of_values(expected, got)
    missing = [key for key in expected if key not in got]
    extra = [key for key in got if key not in expected]
    if not extra and all(expected[key] == got[key] for key in got):
        last = list(expected)[: len(got)] == list(got)
        return Told(
            "the end is missing" if last else "entries are missing",
            f"What is there is right, but {counted(len(missing), 'entry')} {'is' if len(missing) == 1 else 'are'} "
            f"missing{' at the end' if last else ''}, as {missing[0]!r}.",
            "What ends your loop, or what passes over this entry?",
        )
    if not missing and all(expected[key] == got[key] for key in expected):
        return Told(
            "entries too many",
            f"All that should be there is there, and {counted(len(extra), 'entry')} more, as {extra[0]!r}.",
            "What puts that one in? Does it go one step too far?",
        )
    return None


def _of_values(expected: dict[Any, Any], got: dict[Any, Any]) -> Told:
    wrong = [key for key in expected if expected[key] != got[key]]
    key = wrong[0]
    if all(isinstance(each, int) for each in (*expected.values(), *got.values())):
        steps = {got[each] - expected[each] for each in expected}
        if len(steps) == 1 and len(expected) > 1:
            step = steps.pop()
            return Told(
                "all numbers are shifted",
                f"The keys are right, but every number is {'one' if abs(step) == 1 else abs(step)} too "
                f"{'high' if step > 0 else 'low'}.",
                "With which number does the first one begin?",
            )
    return Told(
        "wrong values",
        f"The keys are right, but {counted(len(wrong), 'value')} of {len(expected)} "
        f"{'is' if len(wrong) == 1 else 'are'} not: {look(key)} should have {look(expected[key])}, and has "
        f"{look(got[key])}.",
    )


def _of_tuple(expected: tuple[Any, ...], got: tuple[Any, ...]) -> Told | None:
    if got == expected[::-1]:
        return Told("the other way round", "These are the right two, the other way round.")
    if all(isinstance(each, bytes) for each in (*expected, *got)):
        if b"".join(expected) == b"".join(got):
            return Told(
                "cut in another place",
                f"The cut is in another place: after {counted(len(got[0]), 'byte')}, not after {len(expected[0])}.",
            )
        return Told("not the same bytes", "Put together, the two are not the token.")
    return None


def _of_float(expected: float, got: float) -> Told | None:
    if got and abs(expected * got - 1) < 1e-9:
        return Told("upside down", "It is the right ratio, upside down.", "Which of the two numbers goes on top?")
    if got and expected:
        return Told(
            "too large" if got > expected else "too small",
            f"The result is {'too large' if got > expected else 'too small'}: {got / expected:.3g} times what it "
            f"should "
            "be.",
        )
    return None


RULES: dict[type, Callable[[Any, Any], Told | None]] = {
    list: _of_list,
    str: _of_text,
    bytes: _of_bytes,
    dict: _of_dict,
    tuple: _of_tuple,
    float: _of_float,
}


# --- helpers


def _common(one: Any, other: Any) -> int:
    """How many items two rows have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _is_inside(less: str, more: str) -> bool:
    """Whether `less` is `more` with some characters left out."""
    characters = iter(more)
    return len(less) < len(more) and all(character in characters for character in less)


def _lost(more: str, less: str) -> str:
    """What `less` leaves out at the first place where it does."""
    start = _common(more, less)
    rest = next((place for place in range(start, len(more)) if more[place:] == less[start:]), start + 1)
    return more[start:rest]


def counted(number: int, word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{number} {word if number == 1 else plural}"
