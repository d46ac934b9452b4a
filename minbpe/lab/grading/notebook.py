"""A notebook run in a kernel of its own, contained, and gone on with where a cell ends or hangs Python."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import stat
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import zmq.asyncio
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from minbpe.lab.grading.sandbox import PACKAGE, Sandbox, one_process_filter

OUTPUT = 1_000_000  # characters that a cell may print, in outputs, errors and what its widgets send
ALL_OUTPUT = 20 * OUTPUT  # that a notebook may
MESSAGE = 64 << 20  # bytes of a message from the kernel; after a longer one nobody listens to it any more
ANSWER = 5  # seconds in which an interrupted kernel must answer
CONNECT = 30  # seconds in which it must call back
NOTES = 1 << 16  # bytes of notes that are read after a cell
LOOK = 0.25  # seconds between looks at how full its folder is
RUNTIME = 64 << 20  # bytes in the folder of the sockets, which a submission could fill
RUNTIME_FILES = 1000  # and so many files in it
TOO_LONG = "CellTimeoutError"
MARK = "MINBPE_GRADING"  # in the environment of all that belongs to one submission
INSIDE = ("__init__.py", "kernel.py", "server.py", "wire.py")
RUNNER = ("runner.py", "watch.py")  # what of the checks calls an answer
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "SYSTEMDRIVE", "PYTHONHOME")  # nothing else of ours goes in
LONGEST_FOLDER = 80  # characters of its path: that of a socket in it has 104 at most
SHORT_FOLDER = Path("/tmp")  # where the temporary one is longer
HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR", "IPYTHONDIR")


class NotCalled(Exception):
    """The kernel does not call back, though it is alive: what is in the way is in the notebook."""


class Stuck(Exception):
    """A cell that the notebook cannot go on from: its number, and what it did."""


def package_without_answers(folder: Path) -> Path:
    """The course's package as a submission sees it: no checks, and of the grading only what runs inside."""
    made = folder / "minbpe"
    shutil.copytree(PACKAGE, made, ignore=shutil.ignore_patterns("__pycache__", "checks", "grading"))
    checks, grading, inside = (made / "lab" / name for name in ("checks", "grading", "grading/inside"))
    checks.mkdir()
    inside.mkdir(parents=True)
    ours = PACKAGE / "lab" / "grading" / "inside"
    shutil.copy(ours / "stub.py", checks / "__init__.py")
    for name in RUNNER:
        shutil.copy(PACKAGE / "lab" / "checks" / name, checks)
    (grading / "__init__.py").touch()
    for name in INSIDE:
        shutil.copy(ours / name, inside)
    return folder


_open: set[Place] = set()


def open_places() -> list[Place]:
    """Those that are in use now."""
    return list(_open)


class Place:
    """The folders of one kernel: where its sockets are, and, without a sandbox, where its notebook runs."""

    def __init__(self, sandbox: Sandbox, course: Path, memory: int) -> None:
        self.sandbox, self.course, self.memory = sandbox, course, memory
        self.folder = Path(tempfile.mkdtemp(prefix="grading-")).resolve()
        if len(str(self.folder)) > LONGEST_FOLDER and SHORT_FOLDER.is_dir():
            self.folder.rmdir()
            self.folder = Path(tempfile.mkdtemp(prefix="grading-", dir=SHORT_FOLDER)).resolve()
        self.runtime = self.folder / "run"
        self.runtime.mkdir()
        self.work = Path(sandbox.home) if sandbox.contained else self.folder / "work"
        if not sandbox.contained:
            self.work.mkdir()
        self.notes = self.runtime / "notes"
        self.notes.touch()
        self.noted = self.notes.open("rb")  # stays readable, whatever becomes of the name
        self.mark = uuid.uuid4().hex
        self.filled = False
        self.process: psutil.Process | None = None  # the kernel's own, once it has been seen
        _open.add(self)

    def environment(self) -> dict[str, str]:
        """Nothing of the instructor's settings, and a home that is thrown away."""
        made = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        made |= dict.fromkeys(HOMES, str(self.work))
        return made | {
            "PYTHONPATH": str(self.course),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
            "PYTHONNOUSERSITE": "",
            "JUPYTER_NO_CONFIG": "1",
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "MINBPE_PROGRESS": "",
            "MINBPE_GRADING_NOTES": str(self.notes),
            "MINBPE_GRADING_MEMORY": str(self.memory),
            "MINBPE_GRADING_CONTAINED": "1" if self.sandbox.contained else "",
            MARK: self.mark,
        }

    def too_full(self) -> bool:
        """Whether the folder of the sockets holds too much: in files, in their number, and in those that have no name
        any more, which the kernel's open files show. Once it was too full it stays so: they go with the kernel."""
        sizes = []
        with contextlib.suppress(OSError):
            sizes = [each.stat(follow_symlinks=False).st_size for each in self.runtime.rglob("*")]
        if self.process:
            device = self.runtime.stat().st_dev
            for each in Path(f"/proc/{self.process.pid}/fd").glob("*"):
                with contextlib.suppress(OSError):
                    of = each.stat()
                    if stat.S_ISREG(of.st_mode) and of.st_nlink == 0 and of.st_dev == device:
                        sizes.append(of.st_size)
        self.filled = self.filled or sum(sizes) > RUNTIME or len(sizes) > RUNTIME_FILES
        return self.filled

    def listen(self) -> tuple[socket.socket, str, Any]:
        """A socket for the calls of one check: itself, its family and address."""
        if sys.platform == "win32":
            server = socket.create_server(("127.0.0.1", 0))
            return server, "AF_INET", list(server.getsockname())
        address = str(self.runtime / f"calls-{uuid.uuid4().hex[:8]}")
        server = socket.socket(socket.AF_UNIX)
        server.bind(address)
        server.listen(1)
        return server, "AF_UNIX", address

    def close(self) -> None:
        self.noted.close()
        if not self.sandbox.contained:
            end_all(self.mark)
        shutil.rmtree(self.folder, ignore_errors=True)
        _open.discard(self)


class ContainedKernel(AsyncKernelManager):
    """Starts the kernel in the sandbox, and speaks with it over sockets in a folder."""

    def __init__(self, place: Place) -> None:
        super().__init__(context=zmq.asyncio.Context())
        self.context.setsockopt(zmq.MAXMSGSIZE, MESSAGE)
        self.context.setsockopt(zmq.SNDTIMEO, 1000 * ANSWER)  # a kernel that closed its sockets is not waited for
        self.place = place
        self.found: psutil.Process | None = None
        self.connection_file = str(place.runtime / "kernel.json")
        if sys.platform != "win32":
            self.transport, self.ip = "ipc", str(place.runtime / "k")

    def client(self, **options: Any) -> Any:
        """One that keeps to our limits: else it makes sockets without them."""
        return super().client(context=self.context, **options)

    @property
    def kernel_spec(self) -> KernelSpec:
        """Ours, whatever kernels there are."""
        argv = [sys.executable, "-m", "minbpe.lab.grading.inside.kernel", "-f", "{connection_file}"]
        spec = KernelSpec(argv=[*argv, "--log-level=ERROR"], display_name="Python 3", language="python")
        if self.place.sandbox.kind == "container":
            spec.interrupt_mode = "message"
        return spec

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # theirs is typed as it is called
        """Start it in its own environment. The filter of system calls goes in as an open file."""
        place = self.place
        where = place.folder if place.sandbox.contained else place.work
        program = one_process_filter() if place.sandbox.kind == "bwrap" else b""
        with contextlib.ExitStack() as stack:
            self.filter_fd = -1
            if program:
                reading, writing = os.pipe()
                stack.callback(os.close, reading)
                os.write(writing, program)
                os.close(writing)
                self.filter_fd = reading
                options["pass_fds"] = (reading,)
            await super().start_kernel(**{**options, "env": place.environment(), "cwd": str(where)})

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The command, with the sandbox around it."""
        place = self.place
        argv = super().format_kernel_cmd(extra_arguments)
        environment = place.environment()
        return place.sandbox.command(argv, environment, place.runtime, place.course, self.filter_fd, place.memory)

    async def interrupt_kernel(self) -> None:  # type: ignore[override]
        """Ctrl C for the Python inside: what is around it would end at that."""
        if self.place.sandbox.kind != "bwrap":
            await super().interrupt_kernel()
            return
        if python := self.python():
            python.send_signal(signal.SIGINT)

    def python(self) -> psutil.Process | None:
        """The kernel's own process, inside of what contains it; None where it cannot be seen."""
        with contextlib.suppress(psutil.Error, AttributeError):
            if self.found is None or not self.found.is_running():
                provisioner: Any = self.provisioner
                around = [psutil.Process(provisioner.pid)]
                around += around[0].children(recursive=True)
                self.found = self.place.process = next(each for each in around if not each.children())
        return self.found


class Running(NotebookClient):
    """nbclient, which goes on where it would give up, and looks at what the kernel noted."""

    def __init__(self, notebook: NotebookNode, place: Place, timeout: int, until: float) -> None:
        super().__init__(notebook, km=ContainedKernel(place), allow_errors=True, interrupt_on_timeout=True)
        self.owns_km = True
        self.shutdown_kernel = "immediate"
        self.startup_timeout = 120
        self.error_on_timeout = {"ename": TOO_LONG, "evalue": "", "traceback": []}
        self.on_cell_executed = self.look_at_reply
        self.replied = ""  # the name of the error that the last cell ended with
        self.place = place
        self.cell_timeout = timeout
        self.until = until  # time.monotonic() at which no further cell is begun
        self.said: dict[str, None] = {}
        self.printed = self.printed_by_all = 0

    @contextlib.contextmanager
    def kernel(self) -> Iterator[None]:
        """The kernel for this notebook, ended at the end."""
        manager: Any = self.km
        try:
            with self.setup_kernel():
                self.place.noted.seek(0, os.SEEK_END)  # what libraries try by themselves is nobody's fault
                yield
        finally:
            manager.context.destroy(linger=0)
            self.place.close()

    def run_cell(self, cell: NotebookNode, index: int, name: str) -> None:
        """Run one cell and look at what it did. Stuck if there is no going on from it."""
        self.timeout = max(1, min(self.cell_timeout, int(self.until - time.monotonic())))
        self.printed, self.replied = 0, ""
        with self.watched(index):
            self.execute_cell(cell, index)
            if self.replied == TOO_LONG:
                self.answers()
                self.say(f"{name} took more than {self.timeout} s: stopped")
                cell.outputs.append(failure(TOO_LONG, f"This cell took more than {self.timeout} s, and was stopped."))
        if self.replied == "MemoryError":
            self.say(f"{name} ran out of memory")
        if self.printed > OUTPUT:
            self.say(f"{name} printed more than a million characters")
        self.tell_notes(name)

    def look_at_reply(self, cell: NotebookNode, cell_index: int, execute_reply: Any) -> None:
        """How the cell ended. It can have printed anything meanwhile."""
        self.replied = str(execute_reply["content"].get("ename", ""))

    @contextlib.contextmanager
    def watched(self, index: int) -> Iterator[None]:
        """Turns all the ways in which a kernel can fail into Stuck."""
        done = threading.Event()
        threading.Thread(target=self.watch_disk, args=(done,), daemon=True).start()
        try:
            yield
        except (Stuck, NotCalled):
            raise
        except Exception as error:  # nbclient and zmq have many for a kernel that is alive and says nothing
            if not self.place.too_full():
                dead = isinstance(error, DeadKernelError) or self.is_dead()
                raise Stuck(index, "ended Python" if dead else "hung Python") from None
        finally:
            done.set()
        if self.place.too_full():
            raise Stuck(index, "filled the disk")

    def watch_disk(self, done: threading.Event) -> None:
        """End the kernel as soon as it fills the folder that it shares with us: a disk is full in less than a cell's
        time."""
        manager: Any = self.km
        manager.python()
        while not done.wait(LOOK):
            if self.place.too_full():
                with contextlib.suppress(psutil.Error, AttributeError):
                    manager.python().kill()
                return

    def is_dead(self) -> bool:
        """Whether the kernel's process is gone."""
        manager: Any = self.km
        return not run_sync(manager.is_alive)()

    def has_call(self, server: socket.socket, code: str) -> bool:
        """Have the kernel run a line of ours that calls `server`, and wait for the call. False if it does not."""
        client: Any = self.kc
        client.execute(code, silent=True, store_history=False)
        for _ in range(CONNECT):
            if select.select([server], [], [], 1)[0]:
                return True
            if self.is_dead():
                raise DeadKernelError
            with contextlib.suppress(Exception):  # it is busy, as it should be
                self.answers(1)
                return bool(select.select([server], [], [], 0)[0])
        return False

    def processor_seconds(self) -> float:
        """The processor time of the kernel so far, as the system says; 0 where it cannot be seen."""
        manager: Any = self.km
        python = manager.python()
        with contextlib.suppress(psutil.Error):
            if python:
                times = python.cpu_times()
                return float(times.user + times.system)
        return 0.0

    def answers(self, seconds: float = ANSWER) -> None:
        """Raises if the kernel does not do what it is told."""
        run_sync(self._answers)(seconds)

    async def _answers(self, seconds: float) -> None:
        client: Any = self.kc
        await client.kernel_info(reply=True, timeout=seconds)

    def tell_notes(self, name: str) -> None:
        """What the kernel noted meanwhile."""
        for line in self.place.noted.read(NOTES).decode("utf-8", "replace").splitlines():
            kind, _, what = line.partition("\t")
            self.say(f"{name} tried {kind} ({what})" if kind == "network" else f"{name} tried {kind}")
        if self.place.noted.tell() > os.fstat(self.place.noted.fileno()).st_size:
            self.say(f"{name} wiped out the notes of what it tried")

    def say(self, sentence: str) -> None:
        """For the table, once."""
        self.said[re.sub(r"[\x00-\x1f\x7f]", "?", sentence)[:200]] = None

    def process_message(self, msg: Any, cell: NotebookNode, cell_index: int) -> Any:
        """An output of the cell. One that prints for ever fills this process otherwise, long before its time is up."""
        if msg["msg_type"] not in ("status", "execute_input"):
            size = len(str(msg["content"]))
            self.printed, self.printed_by_all = self.printed + size, self.printed_by_all + size
            if self.printed > OUTPUT or self.printed_by_all > ALL_OUTPUT:
                return None
        return super().process_message(msg, cell, cell_index)


def failure(name: str, sentence: str) -> NotebookNode:
    """The output of a cell that failed."""
    return new_output("error", ename=name, evalue=sentence, traceback=sentence.splitlines() or [name])


def end_all(mark: str) -> None:
    """End every process that was started for one submission, also one that has left its parent."""
    for _ in range(3):  # one may start another meanwhile
        found = [process for process in psutil.process_iter() if has_mark(process, mark)]
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        if not found:
            return
        psutil.wait_procs(found, timeout=5)


def has_mark(process: psutil.Process, mark: str) -> bool:
    """Whether it was started with that in its environment."""
    try:
        return process.environ().get(MARK) == mark
    except (psutil.Error, OSError):  # somebody else's
        return False
