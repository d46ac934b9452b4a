"""Blocks handed to worker processes on this machine, or to a Dask cluster; results come back in order.

Here nothing knows what is counted: `count` is a function of a block, `add_up` one of a list of results.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
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


def on_cores(
    workers: int, count: Callable[..., R], blocks: Iterable[B], progress: Progress
) -> Generator[R, None, None]:
    """`count(block)` for each block, in order, worked out by so many processes."""
    from concurrent.futures.process import BrokenProcessPool

    with _pool(workers) as pool:
        waiting: deque[tuple[Future[R], int]] = deque()
        try:
            for block in blocks:
                waiting.append((pool.submit(_stoppable, count, block), block.size))
                # One block ahead for each worker, and no more: what waits takes memory here.
                if len(waiting) > 2 * workers:
                    yield _next(waiting, progress)
            while waiting:
                yield _next(waiting, progress)
        except BrokenProcessPool:
            raise WorkerLost(
                "a worker process was ended from outside: it may have run out of memory (then use fewer workers). "
                'A script of your own that starts workers must do so under `if __name__ == "__main__":`'
            ) from None


def _next(waiting: deque[tuple[Future[R], int]], progress: Progress) -> R:
    future, size = waiting.popleft()
    while not future.done():  # on Windows, Ctrl-C does not interrupt a wait without end
        with suppress(TimeoutError):
            future.exception(timeout=POLL)
    if progress:
        progress(size)
    return future.result()


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that are gone afterwards, whatever happens: an error, Ctrl-C, or the end of this process.

    They are spawned, not forked: forking copies the locks of threads that it does not copy.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    context = get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, _begin, (reader,))
    try:
        with _without_ctrl_c():
            pool.submit(int)  # starts the processes
        yield pool
    finally:
        writer.close()  # whoever is counting stops
        pool.shutdown(cancel_futures=True)
        reader.close()


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Processes that start in here never get a Ctrl-C, which is for us to deal with; ours waits for a moment."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows: _begin has to do
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_stopped = False  # in a worker: whether to give up


def _begin(reader: Connection) -> None:
    """The first thing that a worker does."""
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_watch, args=(reader,), daemon=True).start()


def _watch(reader: Connection) -> None:
    """Nothing is ever sent. The pipe closes when the work is over, or when the process that gave it is dead."""
    global _stopped
    from multiprocessing import parent_process

    with suppress(EOFError, OSError):
        reader.recv_bytes()
    _stopped = True
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _stoppable(count: Callable[..., R], block: Sized) -> R:
    return count(block, lambda: _stopped)


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
