"""How a submission is contained: a Python that sees the system read-only, and nothing else of the machine.

Bubblewrap gives it namespaces of its own: no network, no other processes, a home and a /tmp in memory. A seccomp
filter ends it where it makes another process, so that the limit on the memory of one is a limit on all. A container
of Docker's or podman's does the same, where that is what there is; it holds the same folders in an empty image.
"""

from __future__ import annotations

import functools
import os
import platform
import shutil
import site
import struct
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

import minbpe

KINDS = ("auto", "bwrap", "container", "none")
PACKAGE = Path(minbpe.__file__).resolve().parent
HOME = "/home/learner"  # in the sandbox: in memory, and gone with it
FOLDER_SIZE = 256 << 20  # bytes that the home and /tmp hold, each
ROOM = 2 * FOLDER_SIZE + (512 << 20)  # bytes beyond its memory for both, and for what the system holds for it
PROCESSES = 256  # threads included: libraries of numbers start one for each core
EMPTY_IMAGE = "minbpe-grading:empty"
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime")


class NoSandbox(Exception):
    """The sandbox that was asked for is not there. The message says what to do."""


@dataclass(frozen=True)
class Sandbox:
    """How kernels are started. `program` is what contains them: bwrap, docker or podman."""

    kind: str
    program: str = ""
    scope: tuple[str, ...] = ()  # a command before it that limits all its processes together

    @property
    def contained(self) -> bool:
        return self.kind != "none"

    @property
    def home(self) -> str:
        """Where the notebook runs; "" for a folder that is made for it."""
        return HOME if self.contained else ""

    def command(
        self,
        argv: list[str],
        environment: dict[str, str],
        runtime: Path,
        course: Path,
        filter_fd: int,
        memory: int,
        info_fd: int = -1,
    ) -> list[str]:
        """The command that runs `argv` contained. It reads `runtime`, where the sockets are on which the grader
        listens, and `course`, the package without its answers. It can write to nothing that is on a disk.

        bwrap reads the filter of system calls from `filter_fd`, and writes to `info_fd` what process it has started.
        """
        if self.kind == "bwrap":
            limit = ["-p", f"MemoryMax={memory + ROOM}", "--"] if self.scope else []
            return [*self.scope, *limit, *self._bwrap(environment, runtime, course, filter_fd, info_fd), *argv]
        if self.kind == "container":
            return [*self._container(environment, runtime, course, memory), *argv]
        return argv

    def end(self, runtime: Path) -> None:
        """End the container of these sockets. Whoever started it may be dead, which it does not notice."""
        if self.kind == "container":
            fails([self.program, "rm", "--force", runtime.parent.name])

    def _bwrap(
        self, environment: dict[str, str], runtime: Path, course: Path, filter_fd: int, info_fd: int
    ) -> list[str]:
        command = [self.program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        # In /proc are the settings of the system, which root may write to whatever it is forbidden else, and the memory
        # of the first process. That one is bwrap's own, and stays (no --as-pid-1): it asks the system to be ended with
        # the grader, and a submission that were the first itself could take that back.
        command += ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]
        size = ["--size", str(FOLDER_SIZE)] if bwrap_limits_size(self.program) else []
        # /dev is in memory too, and could be filled; what is written there belongs into /tmp.
        command += [*size, "--tmpfs", "/tmp", *size, "--tmpfs", HOME, "--remount-ro", "/dev"]
        # After them: an environment that was made in /tmp is to be seen there.
        for path in system_folders():
            if path.is_symlink():
                command += ["--symlink", os.readlink(path), str(path)]
            else:
                command += ["--ro-bind", str(path), str(path)]
        for path in hidden_folders():
            command += ["--tmpfs", str(path), "--remount-ro", str(path)]
        for path in (runtime, course):
            command += ["--ro-bind", str(path), str(path)]
        command += ["--remount-ro", "/"]  # it is in memory, without a size
        if info_fd >= 0:
            command += ["--info-fd", str(info_fd)]
        if filter_fd >= 0:
            command += ["--seccomp", str(filter_fd)]
        command += ["--chdir", HOME, "--clearenv"]
        for key, value in environment.items():
            command += ["--setenv", key, value]
        return [*command, "--"]

    def _container(self, environment: dict[str, str], runtime: Path, course: Path, memory: int) -> list[str]:
        command = [self.program, "run", "--rm", "--init", "--network", "none", "--read-only", "--cap-drop", "ALL"]
        command += ["--security-opt", "no-new-privileges", "--pids-limit", str(PROCESSES)]
        command += ["--memory", str(memory + ROOM), "--name", runtime.parent.name]
        command += ["--user", f"{os.getuid()}:{os.getgid()}", "--workdir", HOME, "--entrypoint", ""]
        for path in system_folders():
            command += ["--volume", f"{path.resolve()}:{path}:ro"]
        for folder in ("/tmp", HOME):
            command += ["--tmpfs", f"{folder}:rw,mode=1777,size={FOLDER_SIZE}"]
        for path in hidden_folders():
            command += ["--tmpfs", f"{path}:ro"]
        for path in (runtime, course):
            command += ["--volume", f"{path}:{path}:ro"]
        for key, value in environment.items():
            command += ["--env", f"{key}={value}"]
        return [*command, EMPTY_IMAGE]


def choose(kind: str) -> Sandbox:
    """The sandbox of that name, tried. NoSandbox if it does not work here; `auto` takes the best that does."""
    if kind in ("auto", "bwrap") and (program := shutil.which("bwrap")):
        complaint = fails([program, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"])
        if not complaint:
            return Sandbox("bwrap", program, scope())
        if kind == "bwrap":
            raise NoSandbox(f"bwrap does not work here: {complaint}")
    if kind == "bwrap":
        raise NoSandbox("there is no bwrap: install bubblewrap (Debian, Ubuntu, Fedora), or take another --sandbox")
    if kind in ("auto", "container") and sys.platform == "linux":
        for program in filter(None, map(shutil.which, ("podman", "docker"))):
            if make_empty_image(program):
                return Sandbox("container", program)
    if kind == "container":
        raise NoSandbox("neither podman nor docker works here, or this is not Linux: take another --sandbox")
    return Sandbox("none")


def fails(command: list[str]) -> str:
    """What a command complains of; "" if it works."""
    try:
        run = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (run.stderr.strip().splitlines() or ["it failed"])[-1] if run.returncode else ""


def scope() -> tuple[str, ...]:
    """systemd's limits for a group of processes, where systemd runs and lets us use them."""
    program = shutil.which("systemd-run")
    if not program:
        return ()
    command = [program, *(["--user"] if os.getuid() else []), "--scope", "--quiet", "--collect"]
    command += ["-p", f"TasksMax={PROCESSES}", "-p", "MemorySwapMax=0"]
    return () if fails([*command, "-p", "MemoryMax=1G", "--", "true"]) else tuple(command)


def make_empty_image(program: str) -> bool:
    if not fails([program, "image", "inspect", EMPTY_IMAGE]):
        return True
    with tempfile.TemporaryDirectory() as folder:
        tar = shutil.make_archive(str(Path(folder) / "empty"), "tar", root_dir=tempfile.mkdtemp(dir=folder))
        return not fails([program, "import", tar, EMPTY_IMAGE])


def remove(folder: Path | str) -> None:
    """Take a folder away, whatever a submission has made of it: closed to its owner, or too deep for Python's way."""
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        if os.name == "posix":
            for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
                fails([*command, str(folder)])
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def bwrap_limits_size(program: str) -> bool:
    run = subprocess.run([program, "--help"], capture_output=True, encoding="utf-8", errors="replace")
    return "--size" in run.stdout + run.stderr


@functools.cache
def system_folders() -> tuple[Path, ...]:
    """What Python and its packages need of the system, outermost first."""
    places = [Path(path) for path in SYSTEM]
    places += [Path(path) for path in (sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"))]
    places += [Path(path) for path in site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        places.append(Path(site.getusersitepackages()))
    found: list[Path] = []
    for path in sorted(set(places), key=lambda path: len(path.parts)):
        inside = any(parent in found for parent in path.parents)
        if path.exists() and not inside:
            found.append(path)
    return tuple(found)


@functools.cache
def hidden_folders() -> tuple[Path, ...]:
    """The course's own answers, where they are installed among the packages."""
    seen = [path for path in system_folders() if path == PACKAGE or path in PACKAGE.parents]
    return (PACKAGE,) if seen else ()


# --- no other processes: a filter of system calls, in the kernel's own language (BPF)

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = 1, 38
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # where they stand in seccomp_data
CLONE_THREAD = 0x00010000
# Of sockets: Unix, the internet's two, and the one by which libraries ask what networks there are. Others reach what
# namespaces do not keep apart, as the host of a virtual machine.
FAMILIES = (1, 2, 10, 16)
# By machine: its AUDIT_ARCH, clone, clone3, socket; what ends it (fork, vfork, ptrace, process_vm_readv,
# process_vm_writev, mount, unshare, setns, bpf, perf_event_open, add_key, request_key, keyctl, userfaultfd,
# io_uring_setup), and what is refused, as memory that no limit counts (memfd_create, shmget, vmsplice, splice, tee).
MACHINES: dict[str, tuple[int, int, int, int, tuple[int, ...], tuple[int, ...]]] = {
    "x86_64": (
        0xC000003E, 56, 435, 41, (57, 58, 101, 310, 311, 165, 272, 308, 321, 298, 248, 249, 250, 323, 425),
        (319, 29, 278, 275, 276),
    ),
    "aarch64": (
        0xC00000B7, 220, 435, 198, (117, 270, 271, 40, 97, 268, 280, 241, 217, 218, 219, 282, 425),
        (279, 194, 75, 76, 77),
    ),
}  # fmt: skip


def one_process_filter() -> bytes:
    """A program for seccomp: threads may be made, processes not. b"" on a machine that it does not know.

    A jump is (EQUAL, lines to skip if so, lines to skip if not, value).
    """
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        return b""
    architecture, clone, clone3, sockets, ending, refused = MACHINES[platform.machine()]
    program = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, 0x40000000),  # x86's second set of numbers
        (RETURN, 0, 0, KILL),
        (EQUAL, 0, 1, clone3),  # its flags cannot be seen from here: without it, the C library takes clone
        (RETURN, 0, 0, ERRNO | ENOSYS),
    ]
    for number in ending:
        program += [(EQUAL, 0, 1, number), (RETURN, 0, 0, KILL)]
    for number in refused:
        program += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | EPERM)]
    program += [(EQUAL, 0, 3 + len(FAMILIES), sockets), (LOAD, 0, 0, FIRST_ARGUMENT)]
    program += [(EQUAL, len(FAMILIES) - place, 0, family) for place, family in enumerate(FAMILIES)]
    program += [(RETURN, 0, 0, ERRNO | EPERM), (RETURN, 0, 0, ALLOW)]
    program += [
        (EQUAL, 1, 0, clone),
        (RETURN, 0, 0, ALLOW),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 0, 1, CLONE_THREAD),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, KILL),
    ]
    return b"".join(struct.pack("HBBI", *each) for each in program)
