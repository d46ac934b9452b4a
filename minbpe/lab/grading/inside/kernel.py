"""The Python that the cells of a submission run in. The worker starts it in place of the usual kernel.

Before a learner's first line runs, it gives up what an exercise has no use for: the network, other programs, files
outside its own folder, more memory than agreed. An attempt raises PermissionError, and is noted.

This tells a person what was tried; whoever knows Python well finds a way around it. What contains a submission is the
sandbox (../sandbox.py).
"""

from __future__ import annotations

import os
import site
import sys
from os import write
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
RESERVED = 3 << 30  # bytes of addresses beyond its memory
READABLE = ("/usr", "/lib", "/lib64", "/etc", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys", "/dev")
PRIVATE = ("/etc/passwd", "/etc/shadow", "/etc/hosts")
FILE_SIZE = 100 << 20  # bytes that one file may have
FILES = 512  # that may be open, sockets among them
OPEN_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


def limit_memory(size: int) -> bool:
    """Let this process have `size` bytes at most. Windows has no such limit, and macOS does not keep to it."""
    try:
        import resource
    except ImportError:
        return False
    limits = {resource.RLIMIT_FSIZE: FILE_SIZE, resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: FILES}
    if sys.platform == "linux":
        # Data is what a program fills. Libraries reserve addresses by the gigabyte without ever using them, so these
        # are limited more widely: they hold the memory that is not data, as shared maps.
        limits |= {resource.RLIMIT_DATA: size, resource.RLIMIT_AS: size + RESERVED}
    else:
        limits[resource.RLIMIT_AS] = size
    try:
        for what, most in limits.items():
            resource.setrlimit(what, (most, most))
    except (ValueError, OSError):
        return False
    return True


def packages() -> list[str]:
    """The folders of Python, its packages and the course's. What else is in sys.path need not be there."""
    users = site.getusersitepackages() if site.ENABLE_USER_SITE else sys.prefix
    return [sys.prefix, sys.base_prefix, users, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]


class Guard:
    """An audit hook: Python asks it before it opens a file, a connection, or another program."""

    def __init__(self, folder: Path, notes: int, contained: bool = False, sockets: str = "") -> None:
        self.folder = realpath(folder)
        self.notes = notes
        self.sockets = sockets  # the folder in which the grader listens
        # In a sandbox there is nothing to read elsewhere; that it was tried is worth a line.
        allowed: list[Path | str] = [folder, *READABLE, *packages()] if contained else []
        self.readable = tuple(os.path.join(realpath(each), "") for each in allowed)  # each ends in its "/"

    def note(self, kind: str, what: object) -> None:
        line = f"{kind}\t{' '.join(str(what).split())[:100]}\n"
        write(self.notes, line.encode("utf-8", "replace"))

    def refuse(self, kind: str, what: object) -> None:
        self.note(kind, what)
        raise PermissionError(f"while this is graded there is no {kind}: {what}")

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
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


def main() -> None:
    folder = Path.cwd()
    where = os.environ.pop("MINBPE_GRADING_NOTES")
    notes = os.open(where, os.O_WRONLY | os.O_APPEND)
    memory = int(os.environ.pop("MINBPE_GRADING_MEMORY"))
    contained = bool(os.environ.pop("MINBPE_GRADING_CONTAINED", ""))
    sys.path[:] = [path for path in sys.path if path not in ("", str(folder))]  # no module of the learner's comes first

    limit_memory(memory)
    # First of all: some libraries ask other programs about the system.
    sys.addaudithook(Guard(folder, notes, contained, os.path.dirname(where)))

    # What the calls from outside need is loaded from here on, so that a file of that name changes nothing.
    from ipykernel.kernelapp import IPKernelApp

    from minbpe.lab.grading.inside import server  # noqa: F401

    app = IPKernelApp.instance()
    app.initialize()
    app.start()


if __name__ == "__main__":
    main()
