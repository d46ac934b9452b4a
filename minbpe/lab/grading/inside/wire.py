"""Values as JSON, so that what comes out of a learner's Python is data and nothing else.

Types are told apart: a tuple is no list, True is no 1. Of an object of the learner's own class only the plain content
goes over, as the built-in type sees it; where there is none, its type and what it looks like. So nothing that comes
out brings code along: no __eq__, no __class__, no pickle. What is too large or too deep is a WireError.
"""

from __future__ import annotations

import base64
import json
import operator
import struct
from collections.abc import Callable, Iterator
from numbers import Integral, Real
from typing import Any

LARGEST = 32 << 20  # bytes of one message
DEEPEST = 60  # values inside of values
SHOWN = 300  # characters of what an object looks like


class WireError(ValueError):
    """It cannot be sent, or what came is no message."""


class Foreign:
    """Something that is no plain data: its type, and what it looks like."""

    def __init__(self, kind: str, looks: str, iterator: bool = False) -> None:
        self.kind, self.looks, self.iterator = kind, looks, iterator

    def __repr__(self) -> str:
        return self.looks


class Encoder:
    """`functions` takes a function or an iterator that is sent, and gives the number by which it can be called."""

    def __init__(self, functions: Callable[[Any], int] | None = None) -> None:
        self.functions = functions

    def encode(self, value: Any, depth: int = 0) -> Any:
        if depth > DEEPEST:
            raise WireError("a value is too deep to be sent: does it hold itself?")
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return {"i": hex(value)} if value.bit_length() > 64 else value
        if kind is float:
            return {"f": value.hex()}
        if value is Ellipsis or value is NotImplemented:
            return {"constant": repr(value)}
        for base, encode in _CONTENT:
            if isinstance(value, base) and issubclass(kind, base):
                return encode(self, value, depth + 1)
        if isinstance(value, BaseException):
            return {"error": kind.__name__, "bases": _errors_above(kind), "text": _text_of(value)}
        if isinstance(value, type) and issubclass(value, BaseException):
            return {"error class": value.__name__, "bases": _errors_above(value)}
        if self.functions and (callable(value) or isinstance(value, Iterator)):
            return {"function" if callable(value) else "iterator": self.functions(value)}
        if isinstance(value, Integral):  # as numpy's
            return self.encode(operator.index(value), depth + 1)
        if isinstance(value, Real):
            return {"f": float(value).hex()}
        looks = repr(value)[:SHOWN]
        return {"object": f"{kind.__module__}.{kind.__qualname__}", "looks": looks, "iterator": isinstance(value, Iterator)}


def _items(letter: str, walk: Callable[[Any], Any]) -> Callable[[Encoder, Any, int], Any]:
    return lambda encoder, value, depth: {letter: [encoder.encode(each, depth) for each in walk(value)]}


# The content of a built-in type or of a class made of it, read by the methods of the built-in one.
_CONTENT: list[tuple[type, Callable[[Encoder, Any, int], Any]]] = [
    (bool, lambda encoder, value, depth: bool(value)),
    (int, lambda encoder, value, depth: encoder.encode(int.__add__(value, 0), depth)),
    (float, lambda encoder, value, depth: {"f": float.hex(value)}),
    (str, lambda encoder, value, depth: str.__str__(value)),
    (bytes, lambda encoder, value, depth: {"b": base64.b64encode(bytes(memoryview(value))).decode()}),
    (bytearray, lambda encoder, value, depth: {"a": base64.b64encode(bytes(memoryview(value))).decode()}),
    (list, lambda encoder, value, depth: [encoder.encode(each, depth) for each in list.__iter__(value)]),
    (tuple, _items("t", tuple.__iter__)),
    (set, _items("s", set.__iter__)),
    (frozenset, _items("z", frozenset.__iter__)),
    (
        dict,
        lambda encoder, value, depth: {
            "d": [[encoder.encode(key, depth), encoder.encode(each, depth)] for key, each in dict.items(value)]
        },
    ),
]


def _errors_above(kind: type) -> list[str]:
    return [each.__name__ for each in kind.__mro__[1:] if each.__module__ == "builtins" and each is not object]


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except Exception:
        return ""


def decode(data: Any, functions: Callable[[str, int], Any] | None = None, depth: int = 0) -> Any:
    """The value. `functions` makes a function or an iterator of what is said to be one, and of its number."""
    if depth > 2 * DEEPEST:
        raise WireError("too deep")
    if data is None or type(data) in (bool, int, str):
        return data

    def inner(each: Any) -> Any:
        return decode(each, functions, depth + 1)

    if type(data) is list:
        return [inner(each) for each in data]
    if type(data) is not dict:
        raise WireError("no value")
    try:
        return _decode_tagged(data, inner, functions)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise WireError(f"no value: {error}") from None


def _decode_tagged(data: dict[str, Any], inner: Callable[[Any], Any], functions: Any) -> Any:
    tag = next(iter(data))
    body = data[tag]
    if tag == "i":
        return int(body, 16)
    if tag == "f":
        return float.fromhex(body)
    if tag in ("b", "a"):
        return (bytes if tag == "b" else bytearray)(base64.b64decode(body, validate=True))
    if tag in ("t", "s", "z"):
        return {"t": tuple, "s": set, "z": frozenset}[tag](map(inner, body))
    if tag == "d":
        return {inner(key): inner(each) for key, each in body}
    if tag == "constant":
        return {"Ellipsis": Ellipsis, "NotImplemented": NotImplemented}[body]
    if tag == "error":
        return error_class(body, data["bases"])(str(data["text"]))
    if tag == "error class":
        return error_class(body, data["bases"])
    if tag in ("function", "iterator") and functions:
        return functions(tag, int(body))
    if tag == "object":
        return Foreign(str(body)[:SHOWN], str(data["looks"])[:SHOWN], data["iterator"] is True)
    raise WireError(f"no value: {tag}")


def error_class(name: Any, bases: Any) -> type[Exception]:
    """A class of errors of that name. One of Python's own is that one; another has the same kind above it."""
    for each in (name, *bases):
        known = _ERRORS.get(each)
        if known is not None:
            break
    else:
        known = Exception
    if known.__name__ == name:
        return known
    return type(str(name)[:80], (known,), {})


# By name. What takes other arguments than a text becomes the nearest that takes one.
_ERRORS: dict[str, type[Exception]] = {
    each.__name__: each
    for each in (
        ArithmeticError, AssertionError, AttributeError, BufferError, EOFError, Exception, FileNotFoundError,
        FloatingPointError, ImportError, IndentationError, IndexError, KeyError, LookupError, MemoryError,
        ModuleNotFoundError, NameError, NotImplementedError, OSError, OverflowError, PermissionError, RecursionError,
        RuntimeError, StopAsyncIteration, StopIteration, SyntaxError, TypeError, UnboundLocalError, ValueError,
        ZeroDivisionError,
    )
}  # fmt: skip


def pack(message: dict[str, Any]) -> bytes:
    """A message as it goes over the socket: its length, and JSON."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    if len(body) > LARGEST:
        raise WireError(f"a value of {len(body) >> 20} MB is too large to be sent")
    return struct.pack(">I", len(body)) + body


def unpack(body: bytes) -> dict[str, Any]:
    """The message. WireError if it is none."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WireError(f"no message: {error}") from None
    if type(message) is not dict:
        raise WireError("no message")
    return message


def length_of(head: bytes) -> int:
    (length,) = struct.unpack(">I", head)
    if length > LARGEST:
        raise WireError("a message is too large")
    return int(length)
