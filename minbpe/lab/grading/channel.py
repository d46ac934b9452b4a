"""A connection to the learner's Python, over which its functions are called. What comes back is not believed."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

from minbpe.lab.grading.inside import wire
from minbpe.lab.grading.notebook import Running

GRACE = 10.0  # seconds beyond a call's own limit after which nobody waits any more
CONNECT = 15.0  # seconds in which the kernel must call back
END = object()  # of an iterator
CALLBACKS = 200_000  # of one call, and then it is taken for endless
START = "__import__('sys').modules['minbpe.lab.grading.inside.server'].serve({!r}, {!r}, globals())"


class Silent(Exception):
    """Nothing came in time, or the connection is broken, or what came is no answer."""


class Channel:
    """Questions and answers, each within its time."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.functions: list[Callable[..., Any]] = []
        self.broken = False  # once there was no answer, there are no more questions

    def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer. Calls of functions that stay here are answered meanwhile."""
        if self.broken:
            raise Silent("it is broken")
        self.broken = True
        deadline = time.monotonic() + seconds
        try:
            self._send(message, deadline)
            for _ in range(CALLBACKS):
                answer = wire.unpack(self._read(wire.length_of(self._read(4, deadline)), deadline))
                if "callback" not in answer:
                    self.broken = False
                    return answer
                self._send(self._called(answer), deadline)
        except (OSError, wire.WireError, struct.error) as error:
            raise Silent(str(error)) from None
        raise Silent("too many calls")

    def _called(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What one of our own functions gives."""
        number = asked["callback"]
        if type(number) is not int or not 0 <= number < len(self.functions):
            raise wire.WireError("no such function")
        args = wire.decode(asked.get("args"))
        if type(args) is not tuple:
            raise wire.WireError("no arguments")
        encoder = wire.Encoder(self.number)
        try:
            return {"value": encoder.encode(self.functions[number](*args))}
        except Exception as error:  # the learner called it with something odd: theirs to see
            return {"error": encoder.encode(error)}

    def number(self, thing: Any) -> int:
        """By which a function, or an iterator, can be called from there."""
        if callable(thing):
            self.functions.append(thing)
        else:
            self.functions.append(lambda: (item,) if (item := next(thing, END)) is not END else ())
        return len(self.functions) - 1

    def encode(self, value: Any) -> Any:
        """A value of ours for the other side."""
        return wire.Encoder(self.number).encode(value)

    def _send(self, message: dict[str, Any], deadline: float) -> None:
        self._set_time(deadline)
        self.connection.sendall(wire.pack(message))

    def _read(self, size: int, deadline: float) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            self._set_time(deadline)
            part = self.connection.recv(min(size - len(parts), 1 << 20))
            if not part:
                raise ConnectionError("closed")
            parts += part
        return bytes(parts)

    def _set_time(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("nothing came in time")
        self.connection.settimeout(left)


@contextlib.contextmanager
def opened(running: Running, index: int) -> Iterator[Channel]:
    """The channel into the kernel, for the check in the cell of that number. Stuck if the kernel does not play along."""
    server, family, address = running.place.listen()
    with running.watched(index), server:
        running.kc.execute(START.format(family, address), silent=True, store_history=False)
        server.settimeout(CONNECT)
        connection, _ = server.accept()
        with connection:
            channel = Channel(connection)
            yield channel
            with contextlib.suppress(OSError):
                connection.settimeout(1)
                connection.sendall(wire.pack({"do": "stop"}))
        running.answers()
