"""Stops a call of an answer when its time is up, or when it takes too much memory.

Like runner.py, this needs nothing but Python's own library: it goes along into a grader's kernel. The answer runs in
the thread of the caller, so that it sees the kernel as it always does. Three things can wake the watch:

* a timer signal (SIGALRM), in the main thread of Linux and macOS. It also interrupts a sleep;
* elsewhere, as on Windows, a second thread. It asks the interpreter to raise Stop in the first one;
* where there are no threads either, as in a browser, Python's own trace, which looks at the clock line by line.

None of them can interrupt one call into C that holds on to the interpreter, as sum(itertools.count()) does.
"""

from __future__ import annotations

import contextlib
import functools
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

TICK = 0.1  # how often the watch looks
MEMORY = 1 << 29  # how many bytes one call may add: enough for any right answer, not enough to stop a small machine
WATCH = ""  # "signal", "thread" or "trace" takes that watch; else the best that there is
OURS = (__file__, str(Path(__file__).with_name("runner.py")))  # whose frames are no part of the answer


class Stop(BaseException):
    """Raised in an answer to stop it. Not an Exception, so `except Exception` lets it through."""


class Watch:
    """Runs a call and stops it when its time is up, or when it takes too much memory."""

    def __init__(self, seconds: float, processor: float) -> None:
        self.seconds = seconds
        self.processor = processor
        self.reason = ""
        self.active = False
        self.failure = False  # of the watch itself: it could not be set up
        self.thread = threading.get_ident()

        # A bare `except:` in a loop catches a Stop, and the loop goes on. So the first Stop also starts a trace: from
        # then on Python calls `trace` before every line that the answer runs, as the one after that `except:`, and
        # each time another Stop is on its way.
        # - `trace` asks for a Stop, and does not raise it: Python drops a trace function that raises.
        # - It is a function written in C. One in Python would be hit itself by the Stop that it asks for.
        # - Tracing begins where the first Stop is made, in its __init__: that runs in the thread of the answer, as
        #   sys.settrace must, also when it was the other thread that asked for it.
        trace = functools.partial(_raise_from_trace, self.thread, Stop) if _raise_from_trace else None

        class StopNow(Stop):
            __init__ = staticmethod(functools.partial(sys.settrace, trace))

        self.stop = StopNow
        self.trace = trace

    def run(self, call: Callable[[], Any]) -> Any:
        self.frame = sys._getframe()
        self.tracer = sys.gettrace()
        self.deadline = time.perf_counter() + self.seconds
        self.started = time.process_time()
        self.processor_deadline = self.started + self.processor
        self.memory = memory_held()
        try:
            self.failure = True
            self.start()
            self.failure = False
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
        late = time.perf_counter() - self.deadline
        # On a busy machine an answer has not had its seconds yet; but one that sleeps never uses them.
        worked = time.process_time() - self.started > 0.9 * self.seconds
        if (late > 0 and (worked or late > 2 * self.seconds)) or time.process_time() > self.processor_deadline:
            self.reason = "time"
        elif memory_held() - self.memory > MEMORY:
            self.reason = "memory"
        return bool(self.reason)

    def mark(self, frame: FrameType | None) -> None:
        """Have the lines of the answer traced, in all its functions that are under way."""
        while frame is not None and frame is not self.frame:
            if frame.f_code.co_filename not in OURS:
                frame.f_trace = self.trace
            frame = frame.f_back

    def start(self) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        raise NotImplementedError


class _SignalWatch(Watch):
    def __init__(self, seconds: float, processor: float) -> None:
        super().__init__(seconds, processor)
        # What finish() puts back: known before the first change, so that it can wherever a Ctrl-C strikes.
        self.handler = signal.getsignal(signal.SIGALRM)
        self.timer = signal.getitimer(signal.ITIMER_REAL)
        self.set_up = time.perf_counter()

    def start(self) -> None:
        signal.signal(signal.SIGALRM, self.on_signal)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.active and self.is_up():
            self.mark(frame)
            raise self.stop

    def finish(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.handler or signal.SIG_DFL)
        remaining, interval = self.timer
        if remaining:  # someone else's timer, as of a test runner: it goes on from where it was
            passed = time.perf_counter() - self.set_up
            signal.setitimer(signal.ITIMER_REAL, max(remaining - passed, 0.001), interval)


class _ThreadWatch(Watch):
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


class _TraceWatch(Watch):
    """Needs neither signals nor threads, and costs time: Python calls `look` before every line."""

    OFTEN = 1000  # lines between two looks at what is dear to ask for

    def start(self) -> None:
        self.lines = 0
        sys.settrace(self.look)

    def look(self, frame: FrameType, event: str, arg: object) -> Any:
        self.lines += 1
        if self.active and (time.perf_counter() > self.deadline or self.lines % self.OFTEN == 0) and self.is_up():
            if self.trace is None:  # no way to ask for a Stop: raise it, once
                raise self.stop
            self.mark(frame)
            sys.settrace(self.trace)  # from here on it is the one written in C
            return self.trace
        return self.look

    def finish(self) -> None:
        sys.settrace(self.tracer)


def watch_for(seconds: float, processor: float) -> Watch:
    """A watch of the kind that this Python has, over wall time and processor time in seconds."""
    kinds = {"signal": _SignalWatch, "thread": _ThreadWatch, "trace": _TraceWatch}
    return kinds[WATCH or _best_watch()](seconds, processor)


def _best_watch() -> str:
    if sys.platform == "emscripten":
        return "trace"
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        return "signal"
    return "thread"


# PyThreadState_SetAsyncExc(thread, exception): raised when that thread next calls something, or when a loop goes
# round. The second form takes what a trace function is given, too (frame, event, arg), and leaves it aside. To
# take a Stop back there is NULL, but then the interpreter would go on looking for it at every step.
_raise_in: Any = None
_raise_from_trace: Any = None
with contextlib.suppress(ImportError, AttributeError):
    import ctypes

    _SET_ASYNC_EXC = ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
    _raise_in = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.py_object)(_SET_ASYNC_EXC)
    _raise_from_trace = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, *[ctypes.py_object] * 4)(_SET_ASYNC_EXC)


def memory_held() -> int:
    """The most memory that this process has held so far, in bytes; 0 where the system does not say."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # Windows, and the browser, whose module `resource` lacks them
        return 0
    peak = getrusage(RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
