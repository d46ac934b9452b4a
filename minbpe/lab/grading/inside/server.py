"""Calls the learner's functions with inputs that come over a socket, and sends back what comes of it.

The worker outside has the kernel run `serve(…)` where the notebook has a check. It asks for the facts about a function,
or has the steps of a case taken; this goes on until it says stop. How a function is called safely is in runner.py.
"""

from __future__ import annotations

import math
import socket
from typing import Any

from minbpe.lab.checks.runner import Code, Facts, Local
from minbpe.lab.grading.inside import wire


class Server:
    """One connection, for one answer: `answer` is the expression that the check hands in."""

    def __init__(self, connection: socket.socket, answer: str, names: dict[str, Any]) -> None:
        self.connection = connection
        try:
            self.local = Local(eval(answer, names))
            self.missing = ""
        except Exception as error:
            self.missing = f"{type(error).__name__}: {error}"

    def serve(self) -> None:
        """Answer until there are no more questions."""
        while (asked := self._receive())["do"] != "stop":
            try:
                packed = wire.pack({"answer": wire.encode(self._answer(asked))})
            except wire.WireError as error:
                packed = wire.pack({"unsendable": str(error)})
            self.connection.sendall(packed)

    def _answer(self, asked: dict[str, Any]) -> Any:
        if self.missing:
            return Facts("missing", self.missing)
        if asked["do"] == "facts":
            return self.local.facts(wire.decode(asked["methods"]))
        return self.local.call(
            wire.decode(asked["steps"], Code),
            asked["seconds"],
            clean=asked["clean"],
            forbidden=wire.decode(asked["forbidden"]),
            processor=math.inf if asked["processor"] is None else asked["processor"],
        )

    def _receive(self) -> dict[str, Any]:
        return wire.unpack(self._read(wire.length_of(self._read(4))))

    def _read(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self.connection.recv(min(size - len(parts), 1 << 20))
            if not part:
                raise ConnectionError("the grader has gone")
            parts += part
        return bytes(parts)


def serve(family: str, address: Any, answer: str, names: dict[str, Any]) -> None:
    """Answer the worker that listens there, until it has no more questions."""
    with socket.socket(getattr(socket, family), socket.SOCK_STREAM) as connection:
        connection.connect(tuple(address) if isinstance(address, list) else address)
        Server(connection, answer, names).serve()
