"""Values as a learner would write them, and what differs between two of them."""

from __future__ import annotations

import unicodedata
from itertools import count, islice, takewhile
from typing import Any, get_args, get_origin

from minbpe.lab.checks.runner import Raised, Thing

LONG = 300  # from so many characters on, a value is shortened where it is only to be looked at
FEW = 3  # entries of a long dict are shown


def show(value: Any) -> str:
    """`value` as code to paste. The 256 bytes of a vocabulary are written as a comprehension."""
    if isinstance(value, dict) and (base := base_vocabulary(value)):
        rest = dict(list(value.items())[256:])
        return f"{base} | {show(rest)}" if rest else base
    if type(value) is dict:
        return "{" + ", ".join(f"{show(key)}: {show(each)}" for key, each in value.items()) + "}"
    if type(value) is set:
        return "{" + ", ".join(sorted(map(show, value))) + "}" if value else "set()"
    if type(value) in (list, bytes) and len(value) > 30 and len(set(map(repr, value))) == 1:
        return f"{value[:1]!r} * {len(value)}"
    if type(value) is list:
        return "[" + ", ".join(map(show, value)) + "]"
    if isinstance(value, str):
        return _show_text(value)
    return repr(value)


def _show_text(value: str) -> str:
    if len(value) > 30 and len(set(value)) == 1:
        return f"{value[0]!r} * {len(value)}"
    if len(value) > LONG and (unit := _repeated(value)):
        times, rest = divmod(len(value), len(unit))
        return f"{_show_text(unit)} * {times}" + (f" + {_show_text(unit[:rest])}" if rest else "")
    quote = '"' if "'" in value else "'"
    if "\\" in value and value.isprintable() and quote not in value and not value.endswith("\\"):
        return f"r{quote}{value}{quote}"  # a pattern, as it is usually written
    # An accent of its own would be drawn on the letter before it, and nobody could see that they are two.
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.combining(character) else character
        for character in repr(value)
    )


def _repeated(value: str) -> str:
    """What a text repeats from beginning to end, twice or more often; "" where it does not."""
    width = value.find(value[: len(value) // 2], 1)
    return value[:width] if width > 0 and value[width:] == value[:-width] else ""


def base_vocabulary(value: dict[Any, Any]) -> str:
    """The first 256 entries as code when they are the bytes, as a vocabulary or as ranks; else ""."""
    if len(value) < 256:
        return ""
    items = list(islice(value.items(), 256))
    if items == [(byte, bytes([byte])) for byte in range(256)]:
        return "{i: bytes([i]) for i in range(256)}"
    if items[0][0] != b"\0" or items[1][0] != b"\1":
        return ""
    first = items[0][1]
    step = (items[1][1] - first) % 256
    if items == [(bytes([byte]), (byte * step + first) % 256) for byte in range(256)]:
        rank = "b" if (step, first) == (1, 0) else f"(b * {step} + {first}) % 256"
        return f"{{bytes([b]): {rank} for b in range(256)}}"
    return ""


def look(value: Any) -> str:
    """`value` to look at: shortened in the middle when it is long."""
    if isinstance(value, Raised):
        return f"{value.kind}: {value.message}" if value.message else value.kind
    if isinstance(value, Thing) and not value.text:
        return described(value)
    text = show(value) if type(value) in (dict, set, list, str) else repr(value)
    if len(text) <= LONG:
        return text
    if isinstance(value, dict):
        some = show(dict(islice(value.items(), FEW)))
        return f"{some[:-1]}, … {len(value) - FEW} more}}"
    return f"{text[: LONG // 2]} … {text[-LONG // 3 :]}"


def described(value: Any) -> str:
    """What kind of thing `value` is, with its article."""
    if value is None:
        return "None"
    return with_article(value.name if isinstance(value, Thing) else type(value).__name__)


def with_article(name: str) -> str:
    if name == "bytes":
        return name
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def difference(expected: Any, got: Any) -> str:
    """Where two long values begin to differ, in a line; "" where looking at them is enough."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return _dict_difference(expected, got)
    if type(expected) in (list, str) and type(got) is type(expected) and len(expected) > 12:
        place = len(list(takewhile(lambda i: _item(expected, i) == _item(got, i), count())))
        if place < min(len(expected), len(got)):
            return f"They differ from place {place} on: expected {expected[place]!r}, got {got[place]!r}."
        if len(got) < len(expected):
            return f"What came back ends early: {len(got)} of {len(expected)}."
        return f"What came back goes on too long: {len(got)}, expected {len(expected)}."
    return ""


def _item(values: Any, place: int) -> Any:
    # Each of the two ends with another object, so that the search above ends too.
    return values[place] if place < len(values) else object()


def _dict_difference(expected: dict[Any, Any], got: dict[Any, Any]) -> str:
    if len(expected) <= 3 and len(got) <= 3:
        return ""
    missing = [key for key in expected if key not in got]
    extra = [key for key in got if key not in expected]
    other = [key for key in expected if key in got and expected[key] != got[key]]
    parts = []
    if missing:
        parts.append(f"missing: {_some(missing)}")
    if extra:
        parts.append(f"too many: {_some(extra)}")
    if other:
        key = other[0]
        parts.append(f"different: the entry of {key!r} is {got[key]!r}, not {expected[key]!r}" + _more(other, 1))
    if not parts:
        return "The entries are right, but they stand in another order."
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."


def _some(keys: list[Any]) -> str:
    return ", ".join(map(repr, keys[:3])) + _more(keys, 3)


def _more(keys: list[Any], shown: int) -> str:
    return f" (and {len(keys) - shown} more)" if len(keys) > shown else ""


def type_name(kind: Any) -> str:
    """A type in words: list[int] -> "a list of ints"."""
    words = {int: "an int", str: "a str", bytes: "bytes", float: "a float", dict: "a dict"}
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (list, set):
        return f"a {origin.__name__} of {_plural(inside[0])}"
    if origin is tuple:
        left, right = inside
        return f"a pair of {_plural(left)}" if left is right else f"a pair of {words[left]} and {words[right]}"
    if origin is dict:
        key, value = inside
        keys = "pairs of ids" if get_origin(key) is tuple else _plural(key)
        return f"a dict from {keys} to {_plural(value)}"
    return words.get(kind, getattr(kind, "__name__", str(kind)))


def _plural(kind: Any) -> str:
    if get_origin(kind) is tuple:
        left, right = get_args(kind)
        return f"pairs of {_plural(left)}" if left is right else f"pairs ({left.__name__}, {right.__name__})"
    if get_origin(kind) is list:
        return f"lists of {_plural(get_args(kind)[0])}"
    return {int: "ints", str: "strs", bytes: "bytes", float: "floats"}[kind]
