"""Blocks handed to worker processes on this machine, or to a Dask cluster; results come back in order.

Here nothing knows what is counted: `count` is a function of a block, `add_up` one of a list of results.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from itertools import islice
from threading import Thread, current_thread, main_thread
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from distributed import Client

GROUP = 8  # neighbouring blocks whose counts are added up on the cluster, before they come here
PATIENCE = 30.0  # seconds in which a cluster must have a worker
POLL = 0.1  # seconds between two looks at how far the workers are


class Sized(Protocol):
    """A block. Its size is in bytes."""

    @property
    def size(self) -> int: ...


B = TypeVar("B", bound=Sized)
R = TypeVar("R")
Progress = Callable[[int], object] | None


class WorkerLost(RuntimeError):
    """A process that counted was ended from outside, and there is no going on without it."""


# --- on this machine
#
# Not concurrent.futures, nor multiprocessing.Pool: their workers share one pipe for results. When one is killed
# (by Linux for want of memory, say) while it writes to that pipe, they wait for the rest for ever. Here each worker
# has a pipe of its own, which ends when it does.


def on_cores(
    workers: int, count: Callable[[B], R], blocks: Iterable[B], progress: Progress
) -> Generator[R, None, None]:
    """`count(block)` for each block, in order, worked out by so many processes."""
    from multiprocessing.connection import wait

    todo = enumerate(blocks)
    done: dict[int, R] = {}  # results that have come before their turn
    due = 0
    with _processes(workers, count) as idle:
        busy: dict[Connection, tuple[int, B]] = {}
        while True:
            # Workers first, so that they count while the caller adds up. A few results may wait, and no more.
            while idle and len(busy) + len(done) < 2 * workers - 1 and (following := next(todo, None)):
                connection = idle.pop()
                with _noticing_death():
                    connection.send(following[1])
                busy[connection] = following
            if not busy and due not in done:
                return
            while due in done:
                yield done.pop(due)
                due += 1
            # On Windows, Ctrl-C does not interrupt a wait without end.
            for ready in cast("list[Connection]", wait(busy, timeout=POLL) if busy else []):
                number, block = busy.pop(ready)
                done[number] = _received(ready)
                idle.append(ready)
                if progress:
                    progress(block.size)


def _received(connection: Connection) -> Any:
    with _noticing_death():
        result = connection.recv()
    if isinstance(result, Exception):
        raise result
    return result


@contextmanager
def _noticing_death() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError):
        raise WorkerLost(
            "a worker process has died: it may have run out of memory (then use fewer workers). "
            'A script of your own that starts workers must do so under `if __name__ == "__main__":`'
        ) from None


@contextmanager
def _processes(workers: int, count: Callable[[Any], object]) -> Iterator[list[Connection]]:
    """Connections to processes that are gone afterwards, whatever happens: an error, Ctrl-C, or our own end.

    They are spawned, not forked: forking copies the locks of threads that it does not copy.
    """
    from multiprocessing import get_context

    context = get_context("spawn")
    started = []
    try:
        with _without_ctrl_c():
            for _ in range(workers):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, count), daemon=True)
                started.append((ours, process))
                process.start()
                theirs.close()  # or else this end would stay open when the worker dies
        yield [connection for connection, _ in started]
    finally:
        for connection, process in started:
            connection.close()
            if process.pid is not None:
                process.terminate()
                process.join()


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Processes that start in here never get a Ctrl-C, which is for us to deal with. Ours comes when they have."""
    held: list[int] = []
    in_main = current_thread() is main_thread()  # no other may set handlers, or is interrupted
    before = signal.signal(signal.SIGINT, lambda number, _: held.append(number)) if in_main else None
    mask = None
    if hasattr(signal, "pthread_sigmask"):  # a process inherits what is blocked; on Windows, _serve has to do
        from multiprocessing.resource_tracker import ensure_running

        ensure_running()  # multiprocessing's own helper, whose start would let Ctrl-C in again
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if in_main:
            signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
            if held:
                signal.raise_signal(signal.SIGINT)


def _serve(connection: Connection, count: Callable[[Any], object]) -> None:
    """What a worker does: count what comes, until nothing comes any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_die_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            block = connection.recv()
            try:
                result = count(block)
            except Exception as error:
                result = error
            connection.send(result)


def _die_with_parent() -> None:
    """A parent that is killed cannot end its workers, and one may be at a block that takes hours."""
    from multiprocessing import parent_process

    if parent := parent_process():
        parent.join()
        os._exit(1)


# --- on a cluster


def on_cluster(
    client: Client,
    count: Callable[[B], R],
    add_up: Callable[[list[R]], R],
    blocks: Iterable[B],
    progress: Progress,
) -> Generator[R, None, None]:
    """The sums of GROUP blocks each, in order, worked out by a Dask cluster.

    Blocks are submitted a few groups ahead of what has come back. The sum of a group is fetched as soon as it is
    there. So a worker that dies costs the block that it was at, and of those that it had counted only the ones
    whose group was not complete: Dask has others count these again.
    """
    from distributed import KilledWorker

    _wait_for_a_worker(client)
    todo = iter(blocks)
    groups: deque[_Group[R]] = deque()
    try:
        while True:
            # Enough for all, and a group that is being added up.
            ahead = 2 + 2 * sum(client.nthreads().values()) // GROUP
            while len(groups) < ahead and (group := list(islice(todo, GROUP))):
                groups.append(_Group(client, count, add_up, group))
            if not groups:
                return
            while not groups[0].fetched:
                for each in groups:
                    each.look(progress)
                time.sleep(0 if groups[0].fetched else POLL)
            yield groups.popleft().fetched[0]
    except KilledWorker as error:
        raise WorkerLost(
            f"several workers died one after another at the same block, perhaps for want of memory: {error}"
        ) from None
    except CancelledError:
        raise WorkerLost("the cluster has gone away") from None
    finally:
        for each in groups:
            each.cancel(client)


def _wait_for_a_worker(client: Client) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise WorkerLost(f"the cluster has no workers, and none came in {PATIENCE:.0f} s") from None


class _Group(Generic[R]):
    """Neighbouring blocks on their way through the cluster."""

    def __init__(
        self, client: Client, count: Callable[[Any], R], add_up: Callable[[list[R]], R], blocks: Sequence[Sized]
    ) -> None:
        # pure=False: else Dask would hash the function and the block, and take the answer of a run before this one.
        self.counted = [client.submit(count, block, pure=False) for block in blocks]
        self.sum = client.submit(add_up, self.counted, pure=False)
        self.sizes = [block.size for block in blocks]
        self.told = 0
        self.fetched: list[R] = []  # nothing, or the one result

    def look(self, progress: Progress) -> None:
        """See how far it is; fetch the sum when it is there, and let the cluster forget the rest."""
        if self.fetched:
            return
        if self.sum.done():
            self.fetched.append(self.sum.result())
            self.counted = []
            done = sum(self.sizes)
        else:
            done = sum(size for future, size in zip(self.counted, self.sizes, strict=True) if future.done())
        if progress and done > self.told:  # less, when a worker has died
            progress(done - self.told)
            self.told = done

    def cancel(self, client: Client) -> None:
        with suppress(Exception):  # the cluster may be what has failed
            client.cancel([self.sum, *self.counted])
