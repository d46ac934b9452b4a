"""Many submissions graded at once: on all cores, or on a Dask cluster. Results come as they are ready."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from minbpe.lab.grading.sandbox import PACKAGE, remove

GRACE = 90  # seconds beyond a submission's time in which its worker must have a result
ENDED = "ended its grading"
TRIES = 20  # times that a worker is started anew for one submission, each without the cell that ended it

# Set by whoever handles signals, beside raising KeyboardInterrupt: what is raised while Python cleans up is lost.
interrupted = threading.Event()

Order = dict[str, Any]
Result = dict[str, Any]
Key = tuple[str, str]


class Worker:
    """A process that grades one submission after the other."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.closed = False
        self.folder = ""  # for its temporary files, which it cannot take away itself when it is killed

    def grade(self, order: Order) -> Result:
        """The result. A submission that ends the worker costs the cell that did it, and gets another worker."""
        if order["notebook"] is None:  # there is nothing to run
            return {}
        order = {**order, "left_out": dict(order.get("left_out", {}))}
        for _ in range(TRIES):
            begun, result = self._try(order)
            if result is not None:
                return result
            if begun is None or self.closed:
                break
            order["left_out"][str(begun)] = ENDED
        return {"error": "its worker ended again and again"}

    def _try(self, order: Order) -> tuple[int | None, Result | None]:
        """The cell that was begun last, and the result, if there is one."""
        if self.process is None:
            self.folder = tempfile.mkdtemp(prefix="g-")
            self.process = start(self.folder)
        process = self.process
        assert process.stdin and process.stdout
        alarm = threading.Timer(order["seconds"] + GRACE, process.kill)
        alarm.daemon = True
        alarm.start()
        begun: int | None = None
        try:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                message = json.loads(line)
                if "begun" in message:
                    begun = message["begun"]
                else:
                    return begun, message.get("result", message)
        except (OSError, ValueError):  # it is gone
            pass
        finally:
            late = not alarm.is_alive()
            alarm.cancel()
        self._end()
        if late:
            return begun, {"error": f"took more than {order['seconds']} s and was ended: not graded"}
        return begun, None

    def close(self) -> None:
        """End it for good, also in the middle of a submission. It puts away what it has."""
        self.closed = True
        self._end()

    def _end(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        assert process.stdin and process.stdout
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        remove(self.folder)


def start(temporary: str) -> subprocess.Popen[str]:
    """A worker's process, with a folder for its temporary files. Ctrl C comes to us alone, and we end it."""
    root = str(PACKAGE.parent)  # where `minbpe` is, installed or not
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])}
    environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        [sys.executable, "-m", "minbpe.lab.grading.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env=environment,
        cwd=Path(sys.prefix),
        **apart,
    )


def on_this_machine(orders: Iterable[tuple[Key, Order]], jobs: int) -> Iterator[tuple[Key, Result]]:
    """Grade them with so many workers, and give each result as it is ready."""
    waiting = iter(orders)
    clerk = ThreadPoolExecutor(1)  # has the next orders ready before the workers ask: they would wait for them
    ahead = deque(clerk.submit(next, waiting, None) for _ in range(jobs))
    ready: queue.SimpleQueue[tuple[Key, Result] | BaseException | None] = queue.SimpleQueue()
    workers = [Worker() for _ in range(jobs)]
    stopped = threading.Event()

    def work(worker: Worker) -> None:
        try:
            while not stopped.is_set():
                ahead.append(clerk.submit(next, waiting, None))
                item = ahead.popleft().result()
                if item is None:
                    break
                key, order = item
                result = worker.grade(order)
                if not stopped.is_set():
                    ready.put((key, result))
        except BaseException as error:
            ready.put(error)
        finally:
            ready.put(None)

    for worker in workers:
        threading.Thread(target=work, args=(worker,), daemon=True).start()
    try:
        left = jobs
        while left:
            try:
                item = ready.get(timeout=1)
            except queue.Empty:
                if interrupted.is_set():
                    raise KeyboardInterrupt from None
                continue
            if item is None:
                left -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item
    finally:
        stopped.set()
        clerk.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.close()


_here = threading.local()


def on_one_of_a_cluster(order: Order) -> Result:
    """A task for a cluster's worker: it keeps a worker of ours for the next."""
    if not hasattr(_here, "worker"):
        _here.worker = Worker()
    return dict(_here.worker.grade(order))


def on_a_cluster(orders: Iterable[tuple[Key, Order]], address: str) -> Iterator[tuple[Key, Result]]:
    """The same by the workers of the Dask cluster at this address. One that is lost costs nothing: another does it."""
    from dask.distributed import Client, as_completed

    with Client(address, set_as_default=False) as client:
        futures = {client.submit(on_one_of_a_cluster, order, pure=False): key for key, order in orders}
        try:
            for future in as_completed(list(futures), loop=client.loop):
                try:
                    result = future.result()
                except Exception as error:
                    result = {"error": f"the cluster could not grade it: {error}"}
                yield futures[future], result
        finally:
            client.cancel(list(futures))
