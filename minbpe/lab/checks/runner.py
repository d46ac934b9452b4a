"""Calls an answer safely: whatever it does, the check gets an Outcome, and the kernel lives on.

The answer runs in the thread of the caller, so that it sees the kernel as it always does. A watch stops
it after a time. Two things can wake the watch:

* a timer signal (SIGALRM), in the main thread of Linux and macOS. It also interrupts a sleep;
* elsewhere, as on Windows, a second thread. It asks the interpreter to raise Stop in the first one.

Neither can interrupt one call into C that holds on to the interpreter, as sum(itertools.count()) does.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import io
import math
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

try:
    import resource  # not on Windows
except ImportError:
    resource = None  # type: ignore[assignment]

SECONDS = 5.0  # how long one call may take
TICK = 0.1  # how often the watch looks
MEMORY = 1 << 29  # how many bytes one call may add: enough for any right answer, not enough to stop a small machine
PRINTED = 2000  # how many characters of what an answer prints are kept
SIGNALS = hasattr(signal, "setitimer")


class Stop(BaseException):
    """Raised in an answer to stop it. Not an Exception, so `except Exception` lets it through."""


@dataclass
class Outcome:
    """What came of one call."""

    value: Any = None
    error: BaseException | None = None
    stopped: str = ""  # "time" or "memory" when the watch stopped it
    printed: str = ""
    args: tuple[Any, ...] = ()  # the arguments as the call left them
    given_back: int | None = None  # the place of the argument that is returned itself, if it can be changed
    foreign: str = ""  # the name of the function that it should not have called, and did


def run(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    seconds: float | None = None,
    portable: bool | None = None,
    forbidden: Collection[CodeType] = (),
    processor: float = math.inf,
) -> Outcome:
    """Call `function(*args)` for at most `seconds`. KeyboardInterrupt goes through, nothing else does.

    `portable` forces the second thread (True) or the signal (False). A call of one of the `forbidden`
    functions, however deep, is noted in the outcome. `processor` limits the seconds of processor time.
    """
    if portable is None:
        portable = not SIGNALS or threading.current_thread() is not threading.main_thread()
    outcome = Outcome(args=args)
    printed = _Printed()
    watch = (_ThreadWatch if portable else _SignalWatch)(SECONDS if seconds is None else seconds, processor)

    with contextlib.redirect_stdout(printed), warnings.catch_warnings(), _noting(forbidden, outcome):
        warnings.simplefilter("ignore")  # an answer may warn, as the package's own train does
        try:
            outcome.value = watch.run(lambda: function(*args))
        except Stop:
            outcome.stopped = watch.reason
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # SystemExit too: exit() in an answer must not take the kernel along.
            outcome.error = error
    outcome.printed = printed.getvalue()
    outcome.given_back = place_of(outcome.value, args)
    return outcome


def place_of(value: Any, args: tuple[Any, ...]) -> int | None:
    """Where among the arguments that very object is; None for one that nobody can change."""
    if not isinstance(value, (list, dict, set, bytearray)):
        return None
    return next((place for place, each in enumerate(args) if each is value), None)


class _Printed(io.StringIO):
    """Keeps the first characters only, so that an answer that prints for ever does not fill the memory."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, PRINTED - self.tell())])
        return len(text)


@contextlib.contextmanager
def _noting(forbidden: Collection[CodeType], outcome: Outcome) -> Iterator[None]:
    if not forbidden:
        yield
        return
    before = sys.getprofile()

    def note(frame: FrameType, event: str, arg: object) -> None:
        if event == "call" and frame.f_code in forbidden:
            outcome.foreign = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


class _Watch:
    """Runs a call and stops it when its time is up, or when it takes too much memory."""

    def __init__(self, seconds: float, processor: float) -> None:
        self.seconds = seconds
        self.processor = processor
        self.reason = ""
        self.active = False
        self.thread = threading.get_ident()

        # A bare `except:` in a loop catches a Stop, and the loop goes on. So the first Stop also starts a trace: from
        # then on Python calls `trace` before every line that the answer runs, as the one after that `except:`, and
        # each time another Stop is on its way.
        # - `trace` asks for a Stop, and does not raise it: Python drops a trace function that raises.
        # - It is a function written in C. One in Python would be hit itself by the Stop that it asks for.
        # - Tracing begins where the first Stop is made, in its __init__: that runs in the thread of the answer, as
        #   sys.settrace must, also when it was the other thread that asked for it.
        trace = functools.partial(_raise_from_trace, self.thread, Stop)

        class StopNow(Stop):
            __init__ = staticmethod(functools.partial(sys.settrace, trace))

        self.stop = StopNow
        self.trace = trace

    def run(self, call: Callable[[], Any]) -> Any:
        self.frame = sys._getframe()
        self.tracer = sys.gettrace()
        self.deadline = time.perf_counter() + self.seconds
        self.processor_deadline = time.process_time() + self.processor
        self.memory = _memory()
        try:
            self.start()
            self.active = True
            value = call()
            self.active = False
        finally:
            # One more Stop can be on its way, and strike here: then do it again.
            while True:
                try:
                    self.active = False
                    if self.reason:
                        sys.settrace(self.tracer)
                    self.finish()
                    for _ in range(10):  # let in what is still on its way, where it does no harm
                        pass
                    break
                except Stop:
                    continue
        if self.reason:  # the answer caught the Stop and returned something all the same
            raise Stop
        return value

    def is_up(self) -> bool:
        if time.perf_counter() > self.deadline or time.process_time() > self.processor_deadline:
            self.reason = "time"
        elif _memory() - self.memory > MEMORY:
            self.reason = "memory"
        return bool(self.reason)

    def mark(self, frame: FrameType | None) -> None:
        """Have the lines of the answer traced, in all its functions that are under way."""
        while frame is not None and frame is not self.frame:
            if frame.f_code.co_filename != __file__:
                frame.f_trace = self.trace
            frame = frame.f_back

    def start(self) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        raise NotImplementedError


class _SignalWatch(_Watch):
    def __init__(self, seconds: float, processor: float) -> None:
        super().__init__(seconds, processor)
        # What finish() puts back: known before the first change, so that it can wherever a Ctrl-C strikes.
        self.handler = signal.getsignal(signal.SIGALRM)
        self.timer = (0.0, 0.0)
        self.started = time.perf_counter()

    def start(self) -> None:
        signal.signal(signal.SIGALRM, self.on_signal)
        self.timer = signal.setitimer(signal.ITIMER_REAL, TICK, TICK)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.active and self.is_up():
            self.mark(frame)
            raise self.stop

    def finish(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.handler or signal.SIG_DFL)
        remaining, interval = self.timer
        if remaining:  # someone else's timer, as of a test runner: it goes on from where it was
            passed = time.perf_counter() - self.started
            signal.setitimer(signal.ITIMER_REAL, max(remaining - passed, 0.001), interval)


class _ThreadWatch(_Watch):
    def __init__(self, seconds: float, processor: float) -> None:
        super().__init__(seconds, processor)
        # Plain locks, which are written in C: a Stop could strike in the middle of an Event's Python code.
        self.lock = threading.Lock()
        self.done = threading.Lock()
        self.done.acquire()

    def start(self) -> None:
        threading.Thread(target=self.look, name="minbpe check", daemon=True).start()

    def look(self) -> None:
        while not self.done.acquire(timeout=TICK):
            with self.lock:
                if self.active and self.is_up():
                    self.mark(sys._current_frames().get(self.thread))
                    _raise_in(self.thread, self.stop)

    def finish(self) -> None:
        with self.lock:  # from here on the other thread does nothing more
            if self.done.locked():
                self.done.release()


# PyThreadState_SetAsyncExc(thread, exception): raised when that thread next calls something, or when a loop goes
# round. The second form takes what a trace function is given, too (frame, event, arg), and leaves it aside. To
# take a Stop back there is NULL, but then the interpreter would go on looking for it at every step.
_SET_ASYNC_EXC = ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
_raise_in = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.py_object)(_SET_ASYNC_EXC)
_raise_from_trace = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, *[ctypes.py_object] * 4)(_SET_ASYNC_EXC)


def _memory() -> int:
    """The most memory that this process has held so far, in bytes; 0 where the system does not say."""
    if resource is None:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
