"""A notebook run in a kernel of its own, contained, and gone on with where a cell ends or hangs Python."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import channel_socket_types
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from minbpe.lab.grading.inside.kernel import KEY, WORD, limits_of
from minbpe.lab.grading.sandbox import PACKAGE, Sandbox, one_process_filter, remove

OUTPUT = 1_000_000  # characters that a cell may print, in outputs, errors and what its widgets send
ALL_OUTPUT = 20 * OUTPUT  # that a notebook may
MESSAGE = 64 << 20  # bytes of a part of a message from the kernel; a longer one ends the connection
ANSWER = 5  # seconds in which an interrupted kernel must answer
CONNECT = 30  # seconds in which it must call back
NOTES = 1 << 20  # bytes of notes that are read after a cell
SENTENCES = 20  # for a person to look at; more are counted
START = 120  # seconds in which it must be there
TOO_LONG = "CellTimeoutError"
TIME_UP = "time was up before the end"
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
        self.notes, *self.noting = self.listen()  # the socket, and how the kernel calls there
        self.key = secrets.token_bytes(KEY)
        self.mark = uuid.uuid4().hex
        self.first: psutil.Process | None = None  # the first in bwrap's namespace: all others end with it
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
            "MALLOC_ARENA_MAX": "4",  # the C library reserves addresses for each thread else
            "MINBPE_PROGRESS": "",
            "MINBPE_GRADING_NOTES": json.dumps(self.noting),
            "MINBPE_GRADING_MEMORY": str(self.memory),
            "MINBPE_GRADING_CONTAINED": "1" if self.sandbox.contained else "",
            MARK: self.mark,
        }

    async def called(self, alive: Callable[[], Awaitable[bool]]) -> None:
        """Wait until the kernel has called, and give it its key. It calls once: nobody else is heard later."""
        until = time.monotonic() + START
        while not select.select([self.notes], [], [], 0.5)[0]:
            if not await alive() or time.monotonic() > until:
                raise DeadKernelError("the kernel did not start")
        server, (self.notes, _) = self.notes, self.notes.accept()
        server.close()
        self.notes.sendall(self.key)
        self.notes.setblocking(False)

    def read_notes(self) -> list[str]:
        """What has been noted since they were read."""
        noted = bytearray()
        with contextlib.suppress(OSError):  # there is no more
            while len(noted) < NOTES and (part := self.notes.recv(1 << 16)):
                noted += part
        return noted.decode("utf-8", "replace").splitlines()

    def starts(self, info: str) -> None:
        """Take hold of what bwrap has started, from its own words, and limit it as all that it starts."""
        import resource  # where there is bwrap, there is this

        with contextlib.suppress(ValueError, KeyError, psutil.Error):  # it could not start
            self.first = psutil.Process(json.loads(info)["child-pid"])
            for what, most in limits_of(self.memory).items():
                with contextlib.suppress(OSError, ValueError):
                    resource.prlimit(self.first.pid, what, (most, most))

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
        """End all that was started for it, also what would stay when its parent has gone, and leave nothing."""
        self.notes.close()
        if self.first:
            with contextlib.suppress(psutil.Error):  # it knows when it began, so no other of its number is hit
                self.first.kill()  # that takes a second, in which it can write to nothing here
        else:
            self.sandbox.end(self.runtime)
            end_all(self.mark)
        remove(self.folder)
        _open.discard(self)


class Listening(AsyncKernelClient):
    """A client that listens where others call. So a kernel makes no socket, and needs no folder to write to."""

    def _create_connected_socket(self, channel: str, identity: bytes | None = None) -> Any:
        made = self.context.socket(channel_socket_types[channel])
        made.linger = 1000
        if identity:
            made.identity = identity
        made.monitor(address := f"inproc://{uuid.uuid4().hex}", zmq.EVENT_DISCONNECTED)
        plain: Any = zmq.Socket  # it is asked when there is time for it
        monitor = self.context.socket(zmq.PAIR, socket_class=plain)
        monitor.connect(address)
        self.monitors = [*getattr(self, "monitors", []), monitor]
        made.bind(self._make_url(channel))
        return made

    def broken_off(self) -> bool:
        """Whether a connection has ended since this was asked, as at a message that is too large to be taken."""
        events = [monitor.recv_multipart() for monitor in self.monitors if monitor.poll(0)]
        return bool(events)

    def start_channels(self, *which: bool, **more: bool) -> None:
        """Without that of the heart, which this process sees in another way."""
        super().start_channels(*which, **{**more, "hb": False})

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Until it has called and answers: what is sent before has nowhere to go."""
        until = time.monotonic() + (START if timeout is None else timeout)
        while not await self.shell_channel.socket.poll(1000, zmq.POLLOUT):
            if time.monotonic() > until or not await self._async_is_alive():
                raise RuntimeError("the kernel did not call")
        await self._async_wait_for_ready(timeout)


class ContainedKernel(AsyncKernelManager):
    """Starts the kernel in the sandbox, and speaks with it over sockets in a folder."""

    def __init__(self, place: Place) -> None:
        super().__init__(context=zmq.asyncio.Context())
        self.context.setsockopt(zmq.MAXMSGSIZE, MESSAGE)
        self.context.setsockopt(zmq.SNDTIMEO, 1000 * ANSWER)  # a kernel that closed its sockets is not waited for
        self.place = place
        self.found: psutil.Process | None = None
        self.client_factory = Listening
        self.connection_file = str(place.runtime / "kernel.json")
        if sys.platform != "win32":
            self.transport, self.ip = "ipc", str(place.runtime / "k")

    def client(self, **options: Any) -> Any:
        """One that keeps to our limits: else it makes sockets without them."""
        self.listening = super().client(context=self.context, **options)
        return self.listening

    def _connect_control_socket(self) -> None:
        """The client has it: nobody else listens there."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """Ours, whatever kernels there are."""
        argv = [sys.executable, "-m", "minbpe.lab.grading.inside.kernel", "-f", "{connection_file}"]
        spec = KernelSpec(argv=[*argv, "--log-level=ERROR"], display_name="Python 3", language="python")
        if self.place.sandbox.kind == "container":
            spec.interrupt_mode = "message"
        return spec

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # theirs is typed as it is called
        """Start it in its own environment. The filter of system calls goes in as an open file, and by another bwrap
        says what it has started."""
        place = self.place
        where = place.folder if place.sandbox.contained else place.work
        program = one_process_filter() if place.sandbox.kind == "bwrap" else b""
        with contextlib.ExitStack() as stack:
            # What it prints otherwise than to us nobody reads; and a file that we print to is not for it to write to.
            options |= dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
            self.filter_fd = self.info_fd = -1
            if place.sandbox.kind == "bwrap":
                info, self.info_fd = os.pipe()
                said = stack.enter_context(open(info, encoding="utf-8"))
                saying = stack.enter_context(open(self.info_fd, "wb"))
                options["pass_fds"] = [self.info_fd]
            if program:
                self.filter_fd, writing = os.pipe()
                stack.callback(os.close, self.filter_fd)
                os.write(writing, program)
                os.close(writing)
                options["pass_fds"] += [self.filter_fd]
            await super().start_kernel(**{**options, "env": place.environment(), "cwd": str(where)})
            if place.sandbox.kind == "bwrap":
                saying.close()  # bwrap has it, and ends it when all is said
                place.starts(said.read())
        await place.called(self.is_alive)

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The command, with the sandbox around it."""
        place = self.place
        argv = super().format_kernel_cmd(extra_arguments)
        return place.sandbox.command(
            argv,
            place.environment(),
            place.runtime,
            place.course,
            self.filter_fd,
            place.memory,
            self.info_fd,
        )

    async def interrupt_kernel(self) -> None:  # type: ignore[override]
        """Ctrl C for the Python inside: what is around it would end at that."""
        if self.place.sandbox.kind == "none":
            await super().interrupt_kernel()
        elif self.place.sandbox.kind == "container":
            self.listening.control_channel.send(self.session.msg("interrupt_request", content={}))
        elif python := self.python():
            python.send_signal(signal.SIGINT)

    def python(self) -> psutil.Process | None:
        """The kernel's own process, inside of what contains it; None where it cannot be seen."""
        with contextlib.suppress(psutil.Error, AttributeError):
            if self.found is None or not self.found.is_running():
                provisioner: Any = self.provisioner
                around = [psutil.Process(provisioner.pid)]
                around += around[0].children(recursive=True)
                self.found = next(each for each in around if not each.children())
        return self.found


class Running(NotebookClient):
    """nbclient, which goes on where it would give up, and looks at what the kernel noted."""

    def __init__(self, notebook: NotebookNode, place: Place, timeout: int, until: float) -> None:
        super().__init__(notebook, km=ContainedKernel(place), allow_errors=True, interrupt_on_timeout=True)
        self.owns_km = True
        self.shutdown_kernel = "immediate"
        self.startup_timeout = START
        self.error_on_timeout = {"ename": TOO_LONG, "evalue": "", "traceback": []}
        self.on_cell_executed = self.look_at_reply
        self.replied = ""  # the name of the error that the last cell ended with
        self.senseless = False  # whether it showed something that is no output
        self.silent = False  # whether what is tried is noted no more
        self.place = place
        self.cell_timeout = timeout
        self.until = until  # time.monotonic() at which no further cell is begun
        self.sentences: dict[str, None] = {}
        self.unsaid = 0
        self.printed = self.printed_by_all = 0

    @contextlib.contextmanager
    def kernel(self) -> Iterator[None]:
        """The kernel for this notebook, ended at the end."""
        manager: Any = self.km
        try:
            with self.setup_kernel():
                self.place.read_notes()  # what libraries try by themselves is nobody's fault
                yield
        finally:
            manager.context.destroy(linger=0)
            self.place.close()

    def run_cell(self, cell: NotebookNode, index: int, name: str) -> None:
        """Run one cell and look at what it did. Stuck if there is no going on from it."""
        self.timeout = max(1, min(self.cell_timeout, int(self.until - time.monotonic())))
        self.printed, self.replied, self.senseless = 0, "", False
        with self.watched(index):
            self.execute_cell(cell, index)
            if self.replied == TOO_LONG:
                self.answers()
                self.say(f"{name} took more than {self.timeout} s: stopped")
                cell.outputs.append(failure(TOO_LONG, f"This cell took more than {self.timeout} s, and was stopped."))
        if self.replied == "MemoryError":
            self.say(f"{name} ran out of memory")
        client: Any = self.kc
        if client.broken_off() or self.printed > OUTPUT:
            self.say(f"{name} printed more than a million characters")
        if self.senseless:
            self.say(f"{name} showed what is no output of a notebook: dropped")
        self.tell_notes(index, name)

    def look_at_reply(self, cell: NotebookNode, cell_index: int, execute_reply: Any) -> None:
        """How the cell ended. It can have printed anything meanwhile."""
        self.replied = str(execute_reply["content"].get("ename", ""))

    @contextlib.contextmanager
    def watched(self, index: int) -> Iterator[None]:
        """Turns all the ways in which a kernel can fail into Stuck."""
        try:
            yield
        except (Stuck, NotCalled, MemoryError):
            raise
        except Exception as error:  # nbclient and zmq have many for a kernel that is alive and says nothing
            raise Stuck(index, self.what_failed(error)) from None

    def what_failed(self, error: Exception) -> str:
        """What a cell did that ended with an error of ours."""
        if isinstance(error, DeadKernelError) or self.is_dead():
            return "ended Python"
        with contextlib.suppress(Exception):
            if not isinstance(error, (TimeoutError, zmq.ZMQError)):
                self.answers()
                return "sent what no notebook sends"
        return "hung Python"

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

    def tell_notes(self, index: int, name: str) -> None:
        """What the kernel noted meanwhile, and that it did: it is given a word, which must come with the notes."""
        word = secrets.token_hex(8)
        with self.watched(index):
            reply = run_sync(self._run_silently)(f"__import__('sys').audit({WORD!r}, {word!r})")
            answered = reply["content"].get("ename") == "MemoryError"
        if answered:
            self.say(f"{name} ran out of memory")
        answer = hmac.digest(self.place.key, word.encode(), "sha256").hex()
        for line in self.place.read_notes():
            kind, _, what = line.partition("\t")
            if kind == WORD:
                answered = answered or what == answer
            else:
                self.say(f"{name} tried {kind} ({what})" if kind == "network" else f"{name} tried {kind}")
        if not answered and not self.silent:
            self.silent = True
            self.say(f"{name} wiped out the notes of what it tried")

    async def _run_silently(self, code: str) -> Any:
        client: Any = self.kc
        return await client.execute(code, silent=True, store_history=False, reply=True, timeout=ANSWER)

    def say(self, sentence: str) -> None:
        """For the table, once. What is not to be printed is left out of it, and what comes after many is counted."""
        sentence = "".join(each if each.isprintable() else "?" for each in sentence)[:200]
        if len(self.sentences) < SENTENCES:
            self.sentences[sentence] = None
        else:
            self.unsaid += sentence not in self.sentences

    @property
    def said(self) -> list[str]:
        """The sentences for a person."""
        return [*self.sentences, *([f"… and {self.unsaid} more"] if self.unsaid else [])]

    def process_message(self, msg: Any, cell: NotebookNode, cell_index: int) -> Any:
        """An output of the cell. One that prints for ever fills this process otherwise, long before its time is up."""
        if msg["msg_type"] not in ("status", "execute_input"):
            # Nobody looks at buffers, which widgets send: nbclient would keep them.
            size = len(str(msg["content"])) + sum(map(len, msg.get("buffers", ())))
            msg["buffers"] = []
            self.printed, self.printed_by_all = self.printed + size, self.printed_by_all + size
            if self.printed > OUTPUT or self.printed_by_all > ALL_OUTPUT:
                return None
        try:
            return super().process_message(msg, cell, cell_index)
        except (CellExecutionComplete, MemoryError):
            raise
        except Exception:  # whatever a value of a wrong kind leads to there
            self.senseless = True
            return None


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
