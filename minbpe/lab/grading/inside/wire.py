"""Values as JSON, so that what comes out of a learner's Python is data and nothing else.

Only Python's own types go over, and each comes out as exactly that type: a tuple is no list, True is no 1. So nothing
brings code along: no __eq__, no __class__, no pickle. Beside them go the records of a check (runner.py), every field of
which must be what it should be. What is too large, too deep, or anything else is a WireError.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable
from typing import Any

from minbpe.lab.checks.runner import Code, Facts, Form, Outcome, Raised, Step, Thing

LARGEST = 32 << 20  # bytes of one message
DEEPEST = 120  # values inside of values
MOST = 1_000_000  # values in one message: a vocabulary of 200,000 has 400,000, and some empty lists take a gigabyte
ALIKE = 100  # members of a set that may have the hash of another
LONG = 64  # bits of a number from which on it is written in hexadecimal: decimal takes time by the square


class WireError(ValueError):
    """It cannot be sent, or what came is no message."""


# Records: which class, and what each of its fields must be. A tuple of one type has any number of these; None: any.
Shape = dict[str, Any]
RECORDS: dict[type, Shape] = {
    Thing: {"kind": str, "name": str, "text": str},
    Raised: {"kind": str, "message": str, "bases": (str,), "line": int, "source": str, "function": str},
    Outcome: {
        "value": None, "error": (Raised, type(None)), "stopped": str, "printed": str, "args": tuple,
        "given_back": (int, type(None)), "foreign": str, "missing": str,
    },
    Form: {"parameters": (tuple, type(None)), "blank": bool, "is_async": bool, "generator": bool},
    Facts: {
        "kind": str, "type_name": str, "name": str, "module": str, "form": Form, "methods": dict, "origin": str,
        "digests": frozenset, "source": str, "names": frozenset, "outside": tuple,
    },
    Step: {"args": tuple, "method": str, "on": str, "through": str},
}  # fmt: skip
BY_NAME = {each.__name__: each for each in RECORDS}


def encode(value: Any, depth: int = 0) -> Any:
    """The value as JSON can hold it. Code that needs more than Python itself is made here, and goes as its value."""
    if depth > DEEPEST:
        raise WireError("a value is too deep to be sent")

    def all_of(values: Any) -> list[Any]:
        return [encode(each, depth + 1) for each in values]

    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return {"int": hex(value)} if value.bit_length() > LONG else value
    if kind is float:
        return {"float": value.hex()}
    if kind in (bytes, bytearray):
        return {kind.__name__: base64.b64encode(value).decode("ascii")}
    if kind is list:
        return all_of(value)
    if kind in (tuple, set, frozenset):
        return {kind.__name__: all_of(value)}
    if kind is dict:
        return {"dict": [all_of(item) for item in value.items()]}
    if kind is Code:
        return encode(value.make(), depth + 1) if value.names else {"code": value.source}
    if kind in RECORDS:
        return {kind.__name__: [encode(getattr(value, name), depth + 1) for name in RECORDS[kind]]}
    raise WireError(f"a {kind.__name__} cannot be sent")


def decode(data: Any, code: Callable[[str], Any] | None = None, depth: int = 0) -> Any:
    """The value. `code` makes an argument of its source; without it, none is taken."""
    if depth > 2 * DEEPEST:
        raise WireError("a value is too deep")
    if data is None or type(data) in (bool, int, str):
        return data

    def inner(each: Any) -> Any:
        return decode(each, code, depth + 1)

    try:
        if type(data) is list:
            return [inner(each) for each in data]
        ((tag, body),) = data.items()
        return _tagged(tag, body, inner, code)
    except WireError:
        raise
    except Exception as error:  # whatever else: a stranger wrote it
        raise WireError(f"this is no value: {type(error).__name__}") from None


def _tagged(tag: str, body: Any, inner: Callable[[Any], Any], code: Callable[[str], Any] | None) -> Any:
    if tag == "int":
        return int(body, 16)
    if tag == "float":
        return float.fromhex(body)
    if tag in ("bytes", "bytearray"):
        return {"bytes": bytes, "bytearray": bytearray}[tag](base64.b64decode(body, validate=True))
    if tag == "tuple":
        return tuple(map(inner, body))
    if tag in ("set", "frozenset"):
        return {"set": set, "frozenset": frozenset}[tag](_apart(list(map(inner, body))))
    if tag == "dict":
        keys = _apart([inner(key) for key, _ in body])
        return dict(zip(keys, (inner(value) for _, value in body), strict=True))
    if tag == "code" and code:
        return code(body)
    kind = BY_NAME[tag]
    fields = dict(zip(RECORDS[kind], map(inner, body), strict=True))
    for name, value in fields.items():
        if not _fits(value, RECORDS[kind][name]):
            raise WireError(f"{tag}.{name} cannot be that")
    return kind(**fields)


def _apart(members: list[Any]) -> list[Any]:
    """What is to be put into a set or a dict. Numbers can be chosen so that they all have one hash, and then it takes
    time by the square."""
    if len(members) - len(set(map(hash, members))) > ALIKE:
        raise WireError("too many members of a set have the same hash")
    return members


def _fits(value: Any, shape: Any) -> bool:
    if shape is None:
        return True
    if isinstance(shape, tuple) and len(shape) == 1:
        return type(value) is tuple and all(type(each) in shape for each in value)
    return type(value) in (shape if isinstance(shape, tuple) else (shape,))


# --- messages


def pack(message: dict[str, Any]) -> bytes:
    """A message as it goes over the socket: its length, and JSON."""
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")
    if len(body) > LARGEST:
        raise WireError(f"{len(body) >> 20} MB are too much to be sent")
    if values_in(body) > MOST:
        raise WireError(f"{values_in(body)} values are too many to be sent")
    return struct.pack(">I", len(body)) + body


def unpack(body: bytes) -> dict[str, Any]:
    """The message. WireError if it is none."""
    if values_in(body) > MOST:
        raise WireError("a message has too many values")
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise WireError("this is no message") from None
    if type(message) is not dict:
        raise WireError("this is no message")
    return message


def values_in(body: bytes) -> int:
    """About how many values a message has, before it is read: each needs one of these, and texts have few of them."""
    return sum(map(body.count, (b",", b"[", b"{")))


def length_of(head: bytes) -> int:
    """How long the message is that follows these 4 bytes."""
    (length,) = struct.unpack(">I", head)
    if length > LARGEST:
        raise WireError("a message is too long")
    return int(length)


def seconds(value: float) -> float | None:
    """A limit as it is sent: None for none."""
    return None if math.isinf(value) else value
