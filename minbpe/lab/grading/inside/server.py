"""Calls the learner's functions with inputs that come over a socket, and sends back what they give.

The worker outside has the kernel run `serve(address)` where the notebook has a check. It asks for facts about a
function, or for calls of it; serve() answers until it is told to stop. A function that is an argument, as `encode`,
stays outside: here it is a stand-in that asks.
"""

from __future__ import annotations

import dis
import functools
import inspect
import linecache
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

from minbpe.lab.checks import runner
from minbpe.lab.grading.inside import wire

DEEP = 25  # functions that a function uses, and that those use, whose code is read for what it calls


class Server:
    """One connection. `names` is where the notebook's functions are."""

    def __init__(self, connection: socket.socket, names: dict[str, Any]) -> None:
        self.connection = connection
        self.names = names
        self.encoder = wire.Encoder()

    def serve(self) -> None:
        while (asked := self.receive()).get("do") != "stop":
            try:
                answer = {"facts": self.facts, "call": self.call}[asked["do"]](asked)
                packed = wire.pack(answer)
            except wire.WireError as error:
                packed = wire.pack({"unsendable": str(error)})
            self.connection.sendall(packed)

    def receive(self) -> dict[str, Any]:
        return wire.unpack(self._read(wire.length_of(self._read(4))))

    def _read(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self.connection.recv(min(size - len(parts), 1 << 20))
            if not part:
                raise ConnectionError("the grader has gone")
            parts += part
        return bytes(parts)

    def ask(self, number: int, args: tuple[Any, ...]) -> Any:
        """Call a function that stays outside."""
        self.connection.sendall(wire.pack({"callback": number, "args": self.encoder.encode(args)}))
        answer = self.receive()
        if "error" in answer:
            raise wire.decode(answer["error"])
        return wire.decode(answer["value"], self.stand_in)

    def stand_in(self, kind: str, number: int) -> Any:
        if kind == "function":
            return lambda *args: self.ask(number, args)
        return self.walk(number)

    def walk(self, number: int) -> Iterator[Any]:
        """An iterator that stays outside, as one with a text of gigabytes."""
        while (item := self.ask(number, ())) != ():
            yield item[0]

    # --- what is asked

    def facts(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"facts": facts_of(self.names, asked["name"])}

    def call(self, asked: dict[str, Any]) -> dict[str, Any]:
        function = self.names.get(asked["name"])
        args = wire.decode(asked["args"], self.stand_in)
        calls = Calls()
        use = functools.partial(use_object, function) if asked["steps"] else function
        before = time.process_time()
        with calls.noted():
            outcome = runner.run(use, args, asked["seconds"], processor=asked["processor"] or float("inf"))
        spent = time.process_time() - before
        error = outcome.error
        return {
            "value": self.encoder.encode(outcome.value),
            "error": self.encoder.encode(error),
            "where": where(error) if error is not None else [],
            "stopped": outcome.stopped,
            "printed": outcome.printed,
            "args": None if asked["steps"] else self.encoder.encode(outcome.args),
            "given_back": outcome.given_back,
            "spent": spent,
            "package": calls.package,
        }


def use_object(made_by: Callable[..., Any], to_make: Any, *steps: Any) -> Any:
    """Make an object, call its methods one by one, and give what the last one gave. "u.train" makes a second one."""
    objects = {"t": made_by(*to_make)}
    result = None
    for call, *arguments in steps:
        name, _, method = call.rpartition(".")
        if (name or "t") not in objects:
            objects[name] = made_by(*to_make)
        result = getattr(objects[name or "t"], method)(*arguments)
    return result


class Calls:
    """Notes the first functions of the course's package that a call reaches."""

    def __init__(self) -> None:
        self.package: list[str] = []

    def noted(self) -> Calls:
        return self

    def __enter__(self) -> None:
        self.before = sys.getprofile()
        sys.setprofile(self.note)

    def __exit__(self, *error: object) -> None:
        sys.setprofile(self.before)

    def note(self, frame: FrameType, event: str, arg: object) -> None:
        if event == "call":
            module = str(frame.f_globals.get("__name__"))
            if module.startswith("minbpe") and not module.startswith(("minbpe.lab.grading", "minbpe.lab.checks")):
                name = f"{module}.{frame.f_code.co_qualname}"
                if name not in self.package and len(self.package) < 20:
                    self.package.append(name)


# --- facts about a function, read without calling it


def facts_of(names: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in names:
        return {"kind": "missing"}
    return facts_about(names[name])


def facts_about(thing: Any, depth: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": kind_of(thing), "looks": repr(thing)[: wire.SHOWN], "type": type(thing).__name__}
    if callable(thing):
        inner = unwrap(thing)
        found |= {
            "name": str(getattr(thing, "__qualname__", "")),
            "own": f"{inner.__module__}.{inner.__qualname__}" if hasattr(inner, "__qualname__") else "",
            "parameters": parameters_of(thing),
            "async": inspect.iscoroutinefunction(thing) or inspect.isasyncgenfunction(thing),
            "blank": is_blank(thing),
        }
    if isinstance(thing, type) and depth == 0:
        found["methods"] = {
            key: facts_about(inspect.getattr_static(thing, key), 1)
            for key in dir(thing)
            if not key.startswith("__") and len(key) < 80
        }
    return found


def kind_of(thing: Any) -> str:
    if isinstance(thing, type):
        return "class"
    return "function" if callable(thing) else "value"


def unwrap(thing: Any) -> Any:
    """The function inside of partials, decorators and bound methods."""
    for _ in range(DEEP):
        inner = thing.func if isinstance(thing, functools.partial) else None
        inner = inner or getattr(thing, "__wrapped__", None) or getattr(thing, "__func__", None)
        if inner is None:
            break
        thing = inner
    return thing


def parameters_of(thing: Any) -> list[list[Any]] | None:
    """Name, kind and whether there is a default, of each; None for what does not tell."""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return None
    return [[each.name, each.kind.name, each.default is not each.empty] for each in signature.parameters.values()]


def is_blank(thing: Any) -> bool:
    """A function whose body is `...` or `pass`, or that only raises NotImplementedError."""
    code = getattr(thing, "__code__", None)
    if not isinstance(code, CodeType):
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("RESUME", "NOP")]
    names = [step.opname for step in steps]
    if names == ["LOAD_CONST", "RETURN_VALUE"] or names == ["RETURN_CONST"]:
        return steps[0].argval in (None, Ellipsis)
    return names[-1:] == ["RAISE_VARARGS"] and steps[0].argval == "NotImplementedError" and len(steps) <= 8


def where(error: BaseException) -> list[list[Any]]:
    """File, line, function and text of the frames that an error came through, the innermost last."""
    linecache.checkcache()
    frames = traceback.extract_tb(error.__traceback__)[-DEEP:]
    return [[frame.filename, frame.lineno or 0, frame.name, frame.line or ""] for frame in frames]


def serve(family: str, address: Any, names: dict[str, Any]) -> None:
    """Answer the worker that listens there, until it has no more questions."""
    with socket.socket(getattr(socket, family), socket.SOCK_STREAM) as connection:
        connection.connect(tuple(address) if isinstance(address, list) else address)
        Server(connection, names).serve()
