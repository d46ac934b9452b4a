"""The answer is in the learner's Python, and the check is here: calls go over a socket, and data comes back.

Nothing that comes back is believed to be more than data. What does not come in time, or is no data, is the end of the
check: then the answer is not right, and the kernel is not asked again.
"""

from __future__ import annotations

import contextlib
import math
import socket
import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from minbpe.lab.checks import runner
from minbpe.lab.checks.runner import Facts, Outcome, Raised, Step
from minbpe.lab.grading.inside import wire
from minbpe.lab.grading.notebook import TIME_UP, NotCalled, Running

GRACE = 10.0  # seconds beyond a call's own limit after which nobody waits any more
START = "__import__('sys').modules['minbpe.lab.grading.inside.server'].serve({!r}, {!r}, {!r}, globals())"
VALUES = 5 * wire.MOST  # that one check may be sent: it keeps them to its end
SPENT = 1.5  # times the limit of processor time: seen from outside, where the clock cannot be turned back


class Broken(Exception):
    """No answer came in time, or none that is one."""


class Remote:
    """A Caller (see runner.py) of an answer in a kernel."""

    def __init__(self, connection: socket.socket, running: Running) -> None:
        self.connection = connection
        self.running = running
        self.foreign: set[str] = set()
        self.values = 0
        self.broken = ""  # why, once there was no answer

    def facts(self, methods: Collection[str] = ()) -> Facts:
        """What the answer is; its kind is "missing" where there is none."""
        answer = self._ask({"do": "facts", "methods": wire.encode(list(methods))}, GRACE)
        if type(answer) is not Facts:
            self.broken = "sent no facts"
            raise Broken(self.broken)
        return answer

    def call(
        self,
        steps: Sequence[Step],
        seconds: float | None = None,
        *,
        clean: bool = False,
        forbidden: Collection[str] = (),
        processor: float = math.inf,
    ) -> Outcome:
        """Have the steps taken over there. What cannot be sent is a value that is not right."""
        limit = runner.SECONDS if seconds is None else seconds
        message = {
            "do": "call",
            "steps": wire.encode(list(steps)),
            "seconds": wire.seconds(limit),
            "clean": clean,
            "forbidden": wire.encode(list(forbidden)),
            "processor": wire.seconds(processor),
        }
        limited = not math.isinf(processor)
        before = self.running.processor_seconds() if limited else 0.0
        answer = self._ask(message, limit + GRACE)
        if type(answer) is not Outcome:
            self.broken = "sent no outcome"
            raise Broken(self.broken)
        if limited and self.running.processor_seconds() - before > SPENT * processor + 0.2:
            answer.stopped = "time"
        return answer

    def _ask(self, message: dict[str, Any], seconds: float) -> Any:
        if self.broken:
            raise Broken(self.broken)
        deadline = min(time.monotonic() + seconds, self.running.until)
        try:
            self._set_time(deadline)
            self.connection.sendall(wire.pack(message))
            body = self._read(wire.length_of(self._read(4, deadline)), deadline)
            answer = wire.unpack(body)
            self.values += wire.values_in(body)
            if self.values > VALUES:
                raise wire.WireError("too many values for one check")
            if "unsendable" in answer:
                return Outcome(error=Raised("ValueError", f"it gave what cannot be looked at: {answer['unsendable']}"))
            return wire.decode(answer.get("answer"))
        except (OSError, wire.WireError) as error:
            self.broken = f"sent nothing that can be looked at ({error})"
            if time.monotonic() >= self.running.until:
                self.broken = "was not there when the time for the notebook was up"
                self.running.say(TIME_UP)
            raise Broken(self.broken) from None

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
def connected(running: Running, index: int, answer: str) -> Iterator[Remote]:
    """The caller of `answer`, an expression, for the check in the cell of that number. Stuck if the kernel ends or
    hangs on the way."""
    server, family, address = running.place.listen()
    with running.watched(index), server:
        if not running.has_call(server, START.format(family, address, answer)):
            raise NotCalled
        connection, _ = server.accept()
        with connection:
            yield Remote(connection, running)
            with contextlib.suppress(OSError, wire.WireError):
                connection.settimeout(1)
                connection.sendall(wire.pack({"do": "stop"}))
        running.answers()
