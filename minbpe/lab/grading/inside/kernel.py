"""The Python that the cells of a submission run in. The worker starts it in place of the usual kernel.

Before a learner's first line runs, it gives up what an exercise has no use for: the network, other programs, files
outside its own folder, more memory than agreed. An attempt raises PermissionError, and is noted.

This tells a person what was tried; whoever knows Python well finds a way around it. What contains a submission is the
sandbox (../sandbox.py).
"""

from __future__ import annotations

import contextlib
import json
import os
import site
import socket
import sys
from collections.abc import Callable
from functools import partial
from hmac import digest
from os import fstat, write
from os.path import commonpath, realpath
from pathlib import Path
from typing import Any

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# Of sockets: as an open one has it, Unix, and the internet's two, by the numbers of all systems.
FAMILIES = (-1, 1, 2, 10, 23, 30)
PROGRAMS = ("os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile")
# What changes files: which of the arguments is a path, and which says in what folder, as a number.
CHANGES: dict[str, list[tuple[int, int | None]]] = {
    "os.remove": [(0, 1)],
    "os.rmdir": [(0, 1)],
    "os.mkdir": [(0, 2)],
    "os.chmod": [(0, 2)],
    "os.rename": [(0, 2), (1, 3)],
    "os.link": [(0, 2), (1, 3)],
    "os.symlink": [(0, 2), (1, 2)],  # a link to another place is as good as the place
    "os.truncate": [(0, None)],
    "shutil.rmtree": [(0, 1)],
}
KEY = 32  # bytes that the grader sends before all else, with which its words are answered
WORD = "minbpe.grading.word"  # the event by which it gives one
OFTEN = ("builtins.id", "object.__getattr__", "sys._getframe")  # events that say nothing, by the thousand
RESERVED = 1 << 30  # bytes of addresses beyond its memory: all that the course loads takes half of it
READABLE = ("/usr", "/lib", "/lib64", "/etc", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys", "/dev")
PRIVATE = ("/etc/passwd", "/etc/shadow", "/etc/hosts")
FILE_SIZE = 100 << 20  # bytes that one file may have
FILES = 512  # that may be open, sockets among them
OPEN_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


def limits_of(size: int) -> dict[int, int]:
    """What a process may have whose memory is `size` bytes, as setrlimit takes it. Windows has no such limits, and
    macOS does not keep to that of memory."""
    try:
        import resource
    except ImportError:
        return {}
    limits = {resource.RLIMIT_FSIZE: FILE_SIZE, resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: FILES}
    if sys.platform == "linux":
        # Data is what a program fills. Libraries reserve addresses by the gigabyte without ever using them, so these
        # are limited more widely: they hold the memory that is not data, as shared maps.
        limits |= {resource.RLIMIT_DATA: size, resource.RLIMIT_AS: size + RESERVED}
    else:
        limits[resource.RLIMIT_AS] = size
    return limits


def keep_to(limits: dict[int, int]) -> None:
    """Give these limits to this process, for good."""
    for what, most in limits.items():
        import resource

        with contextlib.suppress(ValueError, OSError):  # one is lower already
            resource.setrlimit(what, (most, most))


def packages() -> list[str]:
    """The folders of Python, its packages and the course's. What else is in sys.path need not be there."""
    users = site.getusersitepackages() if site.ENABLE_USER_SITE else sys.prefix
    return [sys.prefix, sys.base_prefix, users, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]


class Guard:
    """An audit hook: Python asks it before it opens a file, a connection, or another program."""

    def __init__(
        self,
        folder: Path,
        notes: int,
        contained: bool = False,
        sockets: str = "",
        key: bytes = b"",
        send: Callable[[bytes], int] | None = None,
    ) -> None:
        self.folder = realpath(folder)
        self.notes = notes
        self.send = send or partial(write, notes)  # Windows writes to a socket in a way of its own
        self.known = self.seen()
        self.lost = False  # whether something was not noted, and nobody knows yet
        self.key = key
        self.sockets = sockets  # the folder in which the grader listens
        # In a sandbox there is nothing to read elsewhere; that it was tried is worth a line.
        allowed: list[Path | str] = [folder, *READABLE, *packages()] if contained else []
        self.readable = tuple(os.path.join(realpath(each), "") for each in allowed)  # each ends in its "/"

    def note(self, kind: str, what: object) -> None:
        line = f"{kind}\t{' '.join(str(what).split())[:100]}\n"
        try:
            self.send(line.encode("utf-8", "replace"))
        except OSError:  # closed, or so full that it would have to wait
            self.lost = True

    def seen(self) -> tuple[int, int]:
        """What the notes go to: whoever puts something else there keeps them from us."""
        try:
            where = fstat(self.notes)
        except OSError:
            return 0, 0
        return where.st_dev, where.st_ino

    def look_at_notes(self) -> bool:
        """Whether the notes go where they should. If they did not for a while, that is the first of them."""
        if self.seen() != self.known:
            self.lost = True
            return False
        if self.lost:
            self.lost = False
            self.note("keeping its notes back", "")
        return True

    def answer(self, word: str) -> None:
        """Show that the notes arrive, to one who does not believe it: who has no key cannot do it in our place."""
        self.note(WORD, digest(self.key, word.encode(), "sha256").hex())

    def refuse(self, kind: str, what: object) -> None:
        self.note(kind, what)
        raise PermissionError(f"while this is graded there is no {kind}: {what}")

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event in OFTEN:
            return
        arrives = self.look_at_notes()
        if event == WORD:
            if arrives:
                self.answer(*args)
        elif event == "open":
            path, mode, flags = args
            if isinstance(path, int):
                return
            if (flags or 0) & OPEN_TO_WRITE or (isinstance(mode, str) and set(mode) & set("wax+")):
                self.keep_inside(path)
            elif os.fsdecode(path).endswith((".ipynb", ".db")):
                self.refuse("reading of other notebooks", os.fsdecode(path))
            elif self.readable:
                self.look_at_reading(os.fsdecode(path))
        elif event in ("os.listdir", "os.scandir") and self.readable and isinstance(args[0], (str, bytes)):
            self.look_at_reading(os.fsdecode(args[0]))
        elif event in ("ctypes.dlopen", "ctypes.dlsym"):
            self.note("calling into the C library", args[-1])
        elif event in CHANGES:
            for path, inside in CHANGES[event]:
                number = args[inside] if inside is not None and inside < len(args) else None
                self.keep_inside(args[path], -1 if number is None else number)
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            host = args[1][0] if isinstance(args[1], tuple) and args[1] else args[1]
            ours = self.sockets and isinstance(host, str) and os.path.dirname(host) == self.sockets
            if host not in LOOPBACK and not ours:
                self.refuse("network", host)
        elif event == "socket.__new__":
            if args[1] not in FAMILIES:
                self.refuse("network", f"sockets of the family {args[1]}")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
            host = args[0].decode(errors="replace") if isinstance(args[0], bytes) else args[0]
            if host not in LOOPBACK | {None, ""}:
                self.refuse("network", host)
        elif event in PROGRAMS or event == "subprocess.Popen":
            self.refuse("starting of other programs", args[0] if args else event)
        elif event in ("os.kill", "os.killpg"):
            if args[0] != os.getpid():
                self.refuse("ending of other programs", args[0])
        elif event == "sqlite3.connect":
            if args[0] != ":memory:":
                self.keep_inside(args[0])
        elif event == "resource.setrlimit":
            self.refuse("changing of limits", args[0])

    def look_at_reading(self, path: str) -> None:
        where = realpath(path)
        if not os.path.join(where, "").startswith(self.readable) or where.startswith(PRIVATE):
            self.note("reading outside its own folder", where)

    def keep_inside(self, path: Any, number: int = -1) -> None:
        """Refuse a path that is not in the folder. `number` is that of the open folder that it starts from, or -1."""
        if isinstance(path, int):
            return
        where = os.fsdecode(path)
        if number != -1 and not os.path.isabs(where):
            try:
                where = os.path.join(os.readlink(f"/proc/self/fd/{number}"), where)
            except OSError:  # not on Linux: nobody says which folder that is
                self.refuse("writing outside its own folder", where)
        where = realpath(where)
        try:
            inside = commonpath([where, self.folder]) == self.folder
        except ValueError:  # another drive
            inside = False
        if not inside and where != realpath(os.devnull):
            self.refuse("writing outside its own folder", where)


def connection(family: str, address: Any) -> tuple[socket.socket, bytes]:
    """To the grader, for the notes, and the key that it sends. It has all that arrives; nobody can take it back."""
    notes = socket.socket(getattr(socket, family), socket.SOCK_STREAM)
    notes.connect(tuple(address) if isinstance(address, list) else address)
    key = notes.recv(KEY, socket.MSG_WAITALL)
    notes.setblocking(False)  # a cell that notes without end is not to wait for whoever reads after it
    return notes, key


def application() -> Any:
    """IPython's kernel, but that it calls where others listen: so it writes no file, and needs no folder for one."""
    from ipykernel.kernelapp import IPKernelApp

    class Calling(IPKernelApp):
        def init_sockets(self) -> None:
            super().init_sockets()
            # Last: the debugger would call there too as soon as it is known where.
            self.shell_socket.connect(self.url(self.shell_port))

        def _bind_socket(self, s: Any, port: int) -> int:
            if s is not self.shell_socket:
                s.connect(self.url(port))
            return port

        def url(self, port: int) -> str:
            return f"{self.transport}://{self.ip}{':' if self.transport == 'tcp' else '-'}{port}"

        def init_heartbeat(self) -> None:
            """None: whether it lives is seen from outside."""

        def write_connection_file(self, **kwargs: Any) -> None:
            """It is there."""

    return Calling.instance()


def main() -> None:
    folder = Path.cwd()
    where = json.loads(os.environ.pop("MINBPE_GRADING_NOTES"))
    notes, key = connection(*where)
    memory = int(os.environ.pop("MINBPE_GRADING_MEMORY"))
    contained = bool(os.environ.pop("MINBPE_GRADING_CONTAINED", ""))
    sys.path[:] = [path for path in sys.path if path not in ("", str(folder))]  # no module of the learner's comes first

    keep_to(limits_of(memory))
    # First of all: some libraries ask other programs about the system.
    sockets = os.path.dirname(where[1]) if isinstance(where[1], str) else ""
    sys.addaudithook(Guard(folder, notes.fileno(), contained, sockets, key, notes.send))

    # What the calls from outside need is loaded from here on, so that a file of that name changes nothing.
    app = application()

    from minbpe.lab.grading.inside import server  # noqa: F401

    app.initialize()
    app.start()


if __name__ == "__main__":
    main()
