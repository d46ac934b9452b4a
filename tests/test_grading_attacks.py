"""A forged submission gets no points, and one that tries to get out of its sandbox gets nowhere."""

import ast
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from minbpe.lab.grading import mending, notebook, sandbox, worker
from minbpe.lab.grading.borrowed import borrowed
from minbpe.lab.grading.course import checks_of
from minbpe.lab.grading.notebook import Place
from minbpe.lab.grading.pool import Worker
from minbpe.lab.grading.sandbox import choose

ROOT = Path(__file__).parent.parent
NAME = "02-pairs"
RIGHT = {
    "pair-places": """
def pair_places(ids, pair):
    return [place for place in range(len(ids) - 1) if (ids[place], ids[place + 1]) == pair]
""",
    "top-pairs": "def top_pairs(stats, n):\n    return sorted(stats, key=stats.get, reverse=True)[:n]",
    "get-stats-in-pieces": """
def get_stats_in_pieces(pieces):
    counts, last = {}, None
    for piece in pieces:
        for idx in piece:
            if last is not None:
                counts[last, idx] = counts.get((last, idx), 0) + 1
            last = idx
    return counts
""",
}
WRONG = {
    "pair-places": "def pair_places(ids, pair):\n    return [-1]",
    "top-pairs": "def top_pairs(stats, n):\n    return [(0, 0)]",
    "get-stats-in-pieces": "def get_stats_in_pieces(pieces):\n    return {}",
}


def notebook_of(name):
    return nbformat.read(ROOT / name / NAME / f"{NAME}.ipynb", as_version=4)


def written(answers, before=(), after=()):
    """A submission with these answers, and with cells of code before the first of them or behind all of them."""
    notebook = notebook_of("exercises")
    for cell in notebook.cells:
        if cell.id.removeprefix("write-") in answers and cell.id.startswith("write-"):
            cell.source = answers[cell.id.removeprefix("write-")]
    first = next(index for index, cell in enumerate(notebook.cells) if cell.id == "write-pair-places")
    notebook.cells[first:first] = [nbformat.v4.new_code_cell(code) for code in before]
    notebook.cells += [nbformat.v4.new_code_cell(code) for code in after]
    return notebook


def order_of(notebook, cell=10, kind="auto", seconds=120):
    """What a worker is told to do with it."""
    whole, _ = mending.mended(notebook, notebook_of("exercises"))
    checks = checks_of(notebook_of("solutions"))
    limits = {"cell": cell, "seconds": seconds, "memory": 1 << 30}
    order = {"notebook": whole, "checks": checks, "seed": "secret", "left_out": {}, "sandbox": kind, **limits}
    return json.loads(json.dumps(order))


def graded(notebook, **limits):
    """What a worker finds out about it."""
    return worker.grade(order_of(notebook, **limits))


# --- forgeries: each is run before wrong answers, and none may get a point for it

LOOK_INSIDE = """
import minbpe.lab.checks as checks, minbpe.lab.grading.inside.server as server
from minbpe.lab.checks import runner
"""
FORGERIES = {
    "check is print": "check = print",
    "check calls the real one with another answer": """
real = check
def check(name, answer, seed=None):
    real("top_pairs", lambda stats, n: sorted(stats, key=stats.get, reverse=True)[:n])
""",
    "the class of check is patched": "type(check).__call__ = lambda *args, **more: print('✓')",
    "a pass is reported": "check.on_pass(print)\nfor hook in getattr(check, '_hooks', []): hook('pair_places')",
    "cases are emptied": LOOK_INSIDE
    + "for each in checks.EXERCISES.values():\n    object.__setattr__(each, 'cases', ())",
    "the reference is the answer": LOOK_INSIDE + "pair_places = checks.EXERCISES['pair_places'].reference",
    "expected values are read from frames": """
import sys
def pair_places(ids, pair):
    frame = sys._getframe()
    while frame:
        for name in ("expected", "reference", "trial"):
            if name in frame.f_locals: return frame.f_locals[name]
        frame = frame.f_back
    return {}
""",
    "expected values are found by gc": """
import gc
def pair_places(ids, pair):
    for each in gc.get_objects():
        if type(each).__name__ in ("Trial", "Outcome", "Exercise"): return each.value
    return {}
""",
    "the result is equal to everything": """
class Always(list):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
    def items(self): return {}.items()
    def keys(self): return {}.keys()
def pair_places(ids, pair): return Always()
def top_pairs(stats, n): return Always()
""",
    "an int that is equal to everything": """
class One(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def top_pairs(stats, n): return (One(1), One(2))
""",
    "the class is a lie": """
class Lie:
    __class__ = dict
    def __eq__(self, other): return True
def pair_places(ids, pair): return Lie()
def top_pairs(stats, n): return Lie()
""",
    "values are compared by a patched builtin": """
import builtins
builtins.all = builtins.isinstance = lambda *args: True
""",
    "a result is printed": """
print('{"result": {"passed": {"check-pair-places": true, "check-top-pairs": true}, "said": []}}')
import sys; sys.__stdout__.write('{"result": {"passed": {"check-pair-places": true}}}\\n'); sys.__stdout__.flush()
""",
    "results are written to every open file": """
import os
for number in range(3, 60):
    try: os.write(number, b'{"result": {"passed": {"check-pair-places": true, "check-top-pairs": true}}}\\n')
    except OSError: pass
""",
    "answers say that they passed": LOOK_INSIDE
    + """
def answer(self, asked): return {"passed": True}
server.wire.encode = lambda value, depth=0: {"Verdict": ["pair_places", True, "✓", None, None, "", None, None, ""]}
""",
    "outcomes hold code": LOOK_INSIDE + "server.wire.encode = lambda value: {'code': 'open(\"x\", \"w\")'}",
    "messages are no messages": LOOK_INSIDE + "server.wire.pack = lambda message: b'\\x00\\x00\\x00\\x05nulls'",
    "a message has no end": LOOK_INSIDE + "server.wire.pack = lambda message: b'\\x00\\xff\\xff\\xff{'",
    "everything is an expected error": """
def pair_places(ids, pair): raise ValueError
def top_pairs(stats, n): raise ValueError
""",
    "outcomes have no arguments": LOOK_INSIDE
    + "runner.Local.call = lambda *args, **more: runner.Outcome(value=(1, 2), args=())",
    "another answers on the socket": """
import glob, os, socket, threading, time
def answer():
    while True:
        for path in glob.glob(os.environ.get("JUPYTER_RUNTIME_DIR", "") + "/calls-*"):
            try:
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.connect(path); connection.sendall(b"\\x00\\x00\\x00\\x02{}")
                    time.sleep(0.01)
            except OSError: pass
        time.sleep(0.001)
threading.Thread(target=answer, daemon=True).start()
""",
    "the kernel's lines are rewritten": "get_ipython().input_transformers_post.append(lambda lines: ['None\\n'])",
    "the notebook on the disk is changed": """
import pathlib
for path in pathlib.Path("/home").rglob("*.ipynb"):
    try: path.write_text('{"cells": []}')
    except OSError: pass
""",
    "the answer ends the kernel": "def pair_places(ids, pair):\n    import os; os._exit(0)",
    "exit says that all is well": """
def pair_places(ids, pair): raise SystemExit(0)
def top_pairs(stats, n): exit(0)
""",
    "json writes what it likes": """
import json
json.dumps = lambda *args, **more: '{"answer": true, "passed": true}'
json.JSONEncoder.encode = lambda self, value: '{"answer": true}'
""",
    "the server has another socket": LOOK_INSIDE
    + """
class Fake:
    AF_UNIX = AF_INET = SOCK_STREAM = 1
    def socket(self, *args): return self
    def connect(self, address): pass
    def sendall(self, data): pass
    def recv(self, size): return b"\\x00" * size
    def __enter__(self): return self
    def __exit__(self, *args): pass
server.socket = Fake()
""",
    "each answer is sent twice": LOOK_INSIDE
    + "real = server.wire.pack\nserver.wire.pack = lambda message: real(message) + real(message)",
    "a thread answers late": LOOK_INSIDE
    + """
import threading, time
real = server.Server._answer
def late(self, asked):
    def again():
        time.sleep(0.1)
        self.connection.sendall(b'\\x00\\x00\\x00\\x0f{"answer":true}')
    threading.Thread(target=again).start()
    return real(self, asked)
server.Server._answer = late
""",
    "the inputs are the outcome": LOOK_INSIDE
    + "runner.Local.call = lambda self, steps, *args, **more: runner.Outcome(steps[0].args[0], args=steps[0].args)",
    "everything is unsendable": LOOK_INSIDE
    + "real = server.wire.pack\nserver.wire.pack = lambda message: real({'unsendable': 'x'})",
    "every outcome is an error of every kind": LOOK_INSIDE
    + """
bases = ("ValueError", "TypeError", "KeyError", "NotImplementedError", "Exception", "BaseException")
error = runner.Raised("ValueError", "", bases)
runner.Local.call = lambda self, steps, *args, **more: runner.Outcome(error=error, args=steps[0].args)
""",
    "eval finds another answer": """
import builtins
builtins.eval = lambda *args: (lambda *inputs: inputs[0])
""",
    "results have no end": """
import itertools
def pair_places(ids, pair): return itertools.count()
def top_pairs(stats, n): return iter(int, 1)
""",
    "results are enormous": """
def pair_places(ids, pair): return [0] * 10**7
def top_pairs(stats, n): return "x" * (1 << 26)
""",
    "a result refers to itself": """
def pair_places(ids, pair):
    found = []
    found.append(found)
    return found
""",
    "an exception is equal to everything": """
class Meta(type):
    def __eq__(self, other): return True
    def __instancecheck__(self, other): return True
    __hash__ = type.__hash__
class Right(Exception, metaclass=Meta):
    def __str__(self): return "✓"
def pair_places(ids, pair): raise Right
def top_pairs(stats, n): raise Right
""",
    "the clock and the alarm are taken away": """
import signal, time
time.monotonic = time.perf_counter = time.process_time = lambda: 0
signal.signal = signal.setitimer = signal.alarm = lambda *args: None
def pair_places(ids, pair): return []
""",
    "the course's function under another name": """
%time import minbpe as m
_ = !true
def pair_places(ids, pair): return m.get_stats(ids)
""",
    "the way out of a frame of a generator": """
def pair_places(ids, pair):
    frames = [(each for each in ()).gi_frame]
    while frames[-1] is not None: frames.append(frames[-1].f_back)
    return [value for frame in frames[:-1] for value in frame.f_locals.values()][:1]
""",
}


def forged(code):
    """Wrong answers and the forgery: before them, and again behind them, where what they define is what counts."""
    answers = {name: f"{answer}\n{code}" if "def " in code else answer for name, answer in WRONG.items()}
    return written(answers, [] if "def " in code and "pair_places" in code else [code])


def test_the_forgeries_are_code_that_runs():
    for code in [*FORGERIES.values(), *DEADLY.values()]:
        ast.parse(TransformerManager().transform_cell(code))


@pytest.mark.long
@pytest.mark.parametrize("name", FORGERIES)
def test_no_forgery_gets_a_point(name):
    assert not any(graded(forged(FORGERIES[name]))["passed"].values())


TOGETHER = (
    "check is print",
    "the class of check is patched",
    "a pass is reported",
    "cases are emptied",
    "a result is printed",
)


def test_forgeries_all_at_once_get_no_point_and_a_person_is_told():
    notebook = written(WRONG, [FORGERIES[name] for name in TOGETHER])
    assert graded(notebook)["passed"] == {
        "check-pair-places": False,
        "check-top-pairs": False,
        "check-get-stats-in-pieces": False,
    }
    told = borrowed(mending.mended(notebook, notebook_of("exercises"))[0], notebook_of("exercises"))
    assert any("minbpe.lab.checks" in sentence for sentence in told)


def test_the_courses_own_code_is_not_an_answer_and_is_shown_to_a_person():
    handed_on = {
        "pair-places": "import minbpe\ndef pair_places(ids, pair):\n    return minbpe.get_stats(ids)",
        "top-pairs": "import importlib\ntop_pairs = importlib.import_module('minbpe').get_stats",
        "get-stats-in-pieces": "from minbpe.base import get_stats as get_stats_in_pieces",
    }
    notebook = written(handed_on)
    assert not any(graded(notebook)["passed"].values())
    told = borrowed(mending.mended(notebook, notebook_of("exercises"))[0], notebook_of("exercises"))
    assert told == [
        "write-pair-places uses minbpe: is that its own work?",
        "write-top-pairs uses importlib, 'minbpe': is that its own work?",
        "write-get-stats-in-pieces uses minbpe.base.get_stats: is that its own work?",
    ]


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("%time from minbpe import get_stats", "minbpe.get_stats"),
        ("%%time\nimport minbpe", "minbpe"),
        ("files = !ls\nimport minbpe", "minbpe"),
        ("len?\nfrom minbpe.base import merge", "minbpe.base.merge"),
        ("get_ipython().run_line_magic('time', 'import ' + name)", "get_ipython"),
        ("getattr(check, '__glo' + 'bals__')", "getattr"),
        ("from sys import modules as loaded\nloaded['minb' + 'pe']", "sys.modules"),
        ("from sys import setprofile as quiet", "sys.setprofile"),
        ("from code import InteractiveInterpreter", "code.InteractiveInterpreter"),
        ("exit._ip.ex('import ' + name)", "_ip"),
        ("%run -m minbpe.merging", "%run"),
        ("%time sum(range(9))", ""),
        ("%matplotlib inline", ""),
    ],
)
def test_what_a_cell_uses_is_seen_as_ipython_runs_it(source, used):
    told = borrowed(written({"top-pairs": source}), notebook_of("exercises"))
    assert told == ([f"write-top-pairs uses {used}: is that its own work?"] if used else [])


@pytest.mark.parametrize("source", ['x = %"""', "a=%'''", "%pwd\n" * 600, "x=1\n" * 20_000 + "%pwd\n" * 50])
def test_a_cell_that_cannot_be_read_is_said_and_costs_seconds_at_the_most(source):
    begun = time.process_time()
    told = borrowed(written({"top-pairs": source}), notebook_of("exercises"))
    assert told == ["write-top-pairs could not be read by the grading: look at it"]
    assert time.process_time() - begun < 15


def test_an_honest_submission_uses_nothing_that_a_person_must_look_at():
    for path in sorted((ROOT / "solutions").glob("*/*.ipynb")):
        release = nbformat.read(ROOT / "exercises" / path.parent.name / path.name, as_version=4)
        assert borrowed(nbformat.read(path, as_version=4), release) == []


# --- escapes

contained = pytest.mark.skipif(
    sys.platform != "linux" or not choose("auto").contained, reason="there is no sandbox on this machine"
)
SECRET = "the-instructors-secret"
# What is tried, and what a person is told of it ("" where there is nothing to try it on). {outside} is a folder of the
# instructor's with a file "there", {port} is listened on, {pid} is the process that grades.
ESCAPES = {
    "read a file": ("print(open('{outside}/there').read())", "reading outside its own folder"),
    "read a notebook": ("print(open('{outside}/other.ipynb').read())", "reading of other notebooks"),
    "read the passwords": ("print(open('/etc/passwd').read())", "reading outside its own folder"),
    "list a folder": ("import os; print(os.listdir('{outside}'))", "reading outside its own folder"),
    "read the solutions": (
        "print(open('{root}/solutions/02-pairs/02-pairs.ipynb').read())",
        "reading of other notebooks",
    ),
    "read the checks": (
        "print(open('{root}/minbpe/lab/checks/nb02_pairs.py').read())",
        "reading outside its own folder",
    ),
    "link": ("import os; os.symlink('{outside}/there', 'link'); print(open('link').read())", "writing outside"),
    "write a file": ("open('{outside}/new', 'w').write('x')", "writing outside"),
    "overwrite a file": ("open('{outside}/there', 'a').write('x')", "writing outside"),
    "write into Python": ("import sys; open(sys.prefix + '/new', 'w').write('x')", "writing outside"),
    "remove a folder": ("import shutil; shutil.rmtree('{outside}')", "writing outside"),
    "read through C": (
        "import ctypes; c = ctypes.CDLL(None); b = ctypes.create_string_buffer(99); "
        "c.read(c.open(b'{outside}/there', 0), b, 98); print(b.value)",
        "calling into the C library",
    ),
    "write through C": (
        "import ctypes; c = ctypes.CDLL(None); c.creat(b'{outside}/new', 0o666); c.unlink(b'{outside}/there')",
        "calling into the C library",
    ),
    "mount through C": ("import ctypes; ctypes.CDLL(None).chroot(b'/')", "calling into the C library"),
    "connect": ("import socket; socket.create_connection(('127.0.0.1', {port}), 2)", ""),
    "connect elsewhere": ("import socket; socket.create_connection(('192.0.2.1', 80), 2)", "network"),
    "connect to a local service": ("import socket; socket.socket(1).connect('{outside}/service')", "network"),
    "end the grader": ("import os; os.kill({pid}, 9)", "ending of other programs"),
    "end the grader by its descriptor": ("import os, signal; signal.pidfd_send_signal(os.pidfd_open({pid}), 9)", ""),
    "run a program": ("import subprocess; subprocess.run(['touch', '{outside}/new'])", "starting of other programs"),
    "run a shell": ("import os; os.system('touch {outside}/new')", "starting of other programs"),
    "raise the limits": ("import resource; resource.setrlimit(0, (-1, -1))", "changing of limits"),
    "read by way of /proc": (
        "print(open('/proc/self/root{outside}/there').read())",
        "reading outside its own folder",
    ),
    "read by way of another's /proc": ("print(open('/proc/{pid}/root{outside}/there').read())", "reading outside"),
    "change the system's settings": ("open('/proc/sys/kernel/core_pattern', 'w').write('|/bin/sh')", "writing outside"),
    "the system's magic key": ("open('/proc/sysrq-trigger', 'w').write('s')", "writing outside"),
    "reach the host of a virtual machine": ("import socket; socket.socket(40, 1).connect((2, 22))", "network"),
    "packets as they are": ("import socket; socket.socket(17, 3, 3)", "network"),
    "a socket without a file": ("import socket; socket.socket(1).connect('\\0grading')", "network"),
    "a link in the grader's folder": (
        "import ctypes, os; place = os.environ['JUPYTER_RUNTIME_DIR']; c = ctypes.CDLL(None); "
        "print(c.symlink(b'{outside}', os.fsencode(place + '/link')), "
        "c.symlink(b'{outside}/there', os.fsencode(place + '/calls-0')))",
        "calling into the C library",
    ),
    "a file by its handle": (
        "import ctypes; c = ctypes.CDLL(None); print(c.open_by_handle_at(3, ctypes.create_string_buffer(128), 0))",
        "calling into the C library",
    ),
    "end the first process": ("import os; os.kill(1, 9)", "ending of other programs"),
    "slow the grader down": ("import os; os.setpriority(os.PRIO_PROCESS, {pid}, 19)", ""),
    "type into the terminal": ("import fcntl, termios; fcntl.ioctl(0, termios.TIOCSTI, b'x')", ""),
    "read the environment": ("import os; print(os.environ, open('/proc/1/environ').read())", "reading outside"),
}
# These end Python, which is told as well.
LEAVE_BEHIND = """
import _posixsubprocess as p, os
ends = (-1,) * 6 + os.pipe()
p.fork_exec([b"sleep", b"99"], [b"/bin/sleep"], True, (), None, None, *ends, False, True, 0, None, None, None, -1, None, True)
"""  # noqa: E501
BECOME = """
import ctypes
ctypes.CDLL(None).execv(b"/bin/sleep", (ctypes.c_char_p * 3)(b"sleep", b"99", None))
"""
DEADLY = {
    "fork through C": "import ctypes; ctypes.CDLL(None).fork(); open('/tmp/x', 'w')",
    "spawn": "import multiprocessing as m; m.get_context('spawn').Process(target=print).start()",
    "leave a process behind": LEAVE_BEHIND,
    "trace another": "import ctypes; ctypes.CDLL(None).ptrace(16, 1, 0, 0)",
    "a namespace of its own": "import ctypes; ctypes.CDLL(None).unshare(0x10000000)",
    "become another program": BECOME,
    "read another's memory": "import ctypes; ctypes.CDLL(None).process_vm_readv(1, 0, 0, 0, 0, 0)",
    "a ring of system calls": "import ctypes; ctypes.CDLL(None).syscall(425, 8, 0)",
}
# Each says what came of it: the folder of the grader's sockets, and that of the course, are on a disk.
FILL_A_DISK = {
    "a file": "print(c.creat(place + b'/x', 0o600))",
    "a file without a name": "print(c.open(place, 0o20200002, 0o600))",
    "a folder": "print(c.mkdir(place + b'/x', 0o700))",
    "what is there, longer": "print(c.truncate(place + b'/kernel.json', 1 << 30), c.open(place + b'/kernel.json', 1))",
    "what is there, gone": "print(c.unlink(place + b'/kernel.json'), c.rename(place + b'/kernel.json', b'/tmp/x'))",
    "a link": "print(c.link(place + b'/kernel.json', place + b'/x'), c.symlink(b'x', place + b'/x'))",
    "a socket": """
import socket
try: socket.socket(1).bind(place + b"/x")
except OSError: print(-1)
""",
}
DISKS = """
import ctypes, os
c = ctypes.CDLL(None)
for place in map(os.fsencode, (os.environ["JUPYTER_RUNTIME_DIR"], os.environ["PYTHONPATH"])):
"""


WHAT_CAN_BE_WRITTEN = """
import ctypes, os
c, looked, found = ctypes.CDLL(None), 0, []
own = {os.readlink("/proc/self"), "self", "thread-self"}
def files():
    for top in ("/proc", "/sys"):
        for folder, folders, names in os.walk(top):
            if folder == "/proc":
                folders[:] = [name for name in folders if name not in own]
            yield from (os.path.join(folder, name) for name in names)
    yield from ("/proc/self/" + name for name in os.listdir("/proc/self") if os.path.isfile("/proc/self/" + name))
for path in files():
    looked += 1
    number = c.open(os.fsencode(path), os.O_WRONLY | os.O_NONBLOCK)
    if number >= 0:
        if os.path.realpath(path) != "/dev/null": found.append(path)
        c.close(number)
print("looked at much:", looked > 100)
print(found)
"""


@contextmanager
def outside(folder):
    """What is the instructor's: files, a service, a port. Afterwards all is as it was, and nobody has called."""
    (folder / "there").write_text(SECRET, encoding="utf-8")
    (folder / "other.ipynb").write_text(SECRET, encoding="utf-8")
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as port:
        port.settimeout(0.1)
        stop = threading.Event()

        def listen():
            while not stop.is_set():
                try:
                    calls.append(port.accept())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield {"outside": folder, "port": port.getsockname()[1], "pid": os.getpid(), "root": ROOT}
        finally:
            stop.set()
            thread.join()
    assert calls == []
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert not (Path(sys.prefix) / "new").exists()


def filled(code, places):
    for name, value in places.items():
        code = code.replace(f"{{{name}}}", str(value))
    return code


def guarded(code):
    """Each attempt goes on to the next, whatever comes of it."""
    return (
        "try:\n"
        + "\n".join(f"    {line}" for line in code.splitlines())
        + "\nexcept BaseException as error:\n    print(repr(error))"
    )


@contained
def test_an_environment_that_lies_in_tmp_is_seen_from_the_sandbox(tmp_path, monkeypatch):
    """As that of a fresh clone made there: /tmp is the sandbox's own, but for what Python needs."""
    environment = tmp_path / "environment"
    environment.mkdir()
    (environment / "library.txt").write_text("here", encoding="utf-8")
    (tmp_path / "other.txt").write_text("not to be seen", encoding="utf-8")
    runtime, course = tmp_path / "run", tmp_path / "course"
    runtime.mkdir()
    course.mkdir()
    folders = (*sandbox.system_folders(), environment)
    monkeypatch.setattr(sandbox, "system_folders", lambda: folders)
    look = f"import os, sys; print(os.listdir({str(environment)!r}), os.path.exists({str(tmp_path / 'other.txt')!r}))"
    argv = [sys.executable, "-I", "-c", look]
    command = choose("auto").command(argv, {"PATH": os.environ["PATH"]}, runtime, course, -1, 1 << 30)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.strip() == "['library.txt'] False", done.stderr


@contained
def test_nothing_gets_out_of_the_sandbox_and_each_attempt_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("INSTRUCTORS_TOKEN", SECRET)
    monkeypatch.setattr(notebook, "SENTENCES", 99)  # each of them is looked for
    with outside(tmp_path) as places:
        codes = [guarded(filled(code, places)) for code, _ in ESCAPES.values()]
        result = graded(written(RIGHT, after=codes))
    assert all(result["passed"].values())  # what is right is right all the same
    assert SECRET not in json.dumps([cell.get("outputs") for cell in result["notebook"]["cells"]])
    first = len(result["notebook"]["cells"]) - len(codes) + 1
    for number, (name, (_, told)) in enumerate(ESCAPES.items()):
        assert any(said.startswith(f"cell {first + number} tried {told}") for said in result["said"]) or not told, name


@contained
@pytest.mark.long
@pytest.mark.parametrize("name", DEADLY)
def test_what_would_make_a_process_ends_its_own_cell_only(name):
    result = graded(written(RIGHT, [DEADLY[name]]))
    assert all(result["passed"].values())
    assert any("ended Python: left out" in said for said in result["said"])
    assert not [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", "99"]]


@contained
def test_a_submission_cannot_fill_memory_or_disk():
    fill = {
        "shared memory": "import mmap; m = mmap.mmap(-1, 8 << 30); m[::4096] = bytes((8 << 30) // 4096)",
        "its home": "with open('big', 'wb') as f:\n    for _ in range(400): f.write(bytes(1 << 20))",
        "many files in /tmp": "for i in range(400):\n    with open(f'/tmp/{i}', 'wb') as f: f.write(bytes(1 << 20))",
        "/dev/shm": "open('/dev/shm/x', 'wb').write(b'x')",
        "its root": "import ctypes\nif ctypes.CDLL(None).creat(b'/x', 0o600) < 0: raise OSError",
        "shared memory, not much": "import mmap; m = mmap.mmap(-1, 5 << 29); m[::4096] = bytes((5 << 29) // 4096)",
        "pages in pipes": "import ctypes, os\nif ctypes.CDLL(None).vmsplice(os.pipe()[1], 0, 0, 0): raise OSError",
        "sockets": "import socket\nheld = [socket.socketpair() for _ in range(2000)]",
    }
    result = graded(written(RIGHT, [guarded(code) for code in fill.values()]))
    assert all(result["passed"].values())
    outputs = [json.dumps(cell.outputs) for cell in result["notebook"].cells if cell.source.startswith("try:")]
    for name, text in zip(fill, outputs, strict=True):
        assert "Error" in text, (name, text)


@contained
def test_nothing_that_a_submission_can_write_to_is_on_a_disk():
    lines = [DISKS + "".join(f"    {line}\n" for line in code.splitlines()) for code in FILL_A_DISK.values()]
    result = graded(written(RIGHT, lines))
    assert all(result["passed"].values())
    cells = result["notebook"].cells[6 : 6 + len(lines)]
    printed = ["".join(output.get("text", str(output)) for output in cell.outputs) for cell in cells]
    for name, text in zip(FILL_A_DISK, printed, strict=True):
        assert set(text.split()) == {"-1"}, (name, text)


@contained
def test_nothing_of_the_system_can_be_written_to():
    """Also by root, who may change the settings of the system whatever capabilities it has given up."""
    result = graded(written(RIGHT, [WHAT_CAN_BE_WRITTEN]))
    printed = "".join(output.get("text", str(output)) for output in result["notebook"].cells[6].outputs)
    assert printed == "looked at much: True\n[]\n"


@contained
def test_what_leaves_its_parent_is_ended_from_outside(monkeypatch):
    """As what could take back that it ends with the grader, or a grader that is killed while it starts."""
    started = []
    bwrap, starts = sandbox.Sandbox._bwrap, Place.starts
    monkeypatch.setattr(
        sandbox.Sandbox, "_bwrap", lambda *all: [each for each in bwrap(*all) if each != "--die-with-parent"]
    )
    monkeypatch.setattr(Place, "starts", lambda place, info: (starts(place, info), started.append(place.first)))
    assert all(graded(written(RIGHT))["passed"].values())
    (first,) = started
    assert psutil.wait_procs([first], timeout=10)[0]


@contained
def test_all_that_is_started_has_the_limits(monkeypatch):
    import resource

    seen = []
    called = Place.called

    async def look(place, alive):
        await called(place, alive)
        seen.extend(resource.prlimit(place.first.pid, what) for what in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE))

    monkeypatch.setattr(Place, "called", look)
    graded(written(RIGHT))
    assert all(0 < hard < 3 << 30 for _, hard in seen), seen


@pytest.mark.parametrize("make", ["closed", "deep"])
def test_whatever_a_submission_leaves_can_be_taken_away(tmp_path, make):
    folder = tmp_path / "left"
    folder.mkdir()
    here = os.getcwd()
    try:
        os.chdir(folder)
        for _ in range(3000 if make == "deep" else 2):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        Path("file").touch()
        if make == "closed":
            os.chmod("..", 0)
    finally:
        os.chdir(here)
    if make == "closed" and sys.platform == "linux" and os.getuid() == 0:  # nothing is closed to root
        pytest.skip("nothing is closed to root")
    else:
        sandbox.remove(folder)
    assert not folder.exists()


@contained
def test_errors_and_widgets_count_as_what_a_cell_prints():
    noisy = ["raise Exception('x' * 3_000_000)", "import ipywidgets as w\nfor _ in range(9): w.Text('x' * 1_000_000)"]
    result = graded(written(RIGHT, noisy))
    assert all(result["passed"].values())
    assert len(json.dumps(result["notebook"])) < 2_000_000
    assert sum("printed more than a million characters" in said for said in result["said"]) == 2


@contained
def test_what_widgets_send_beside_is_counted_and_not_kept():
    result = graded(written(RIGHT, ["import ipywidgets as w\nw.Image(value=bytes(2 << 20))"]))
    assert all(result["passed"].values())
    assert result["said"] == ["cell 7 printed more than a million characters"]


@contained
@pytest.mark.parametrize("content", ["b'[5]'", "{'data': 5}", "{'data': {'text/plain': 5}, 'metadata': []}"])
def test_an_output_that_is_none_is_dropped_and_told_as_what_it_is(content):
    show = f"kernel = get_ipython().kernel\nkernel.session.send(kernel.iopub_socket, 'display_data', {content}, {{}})"
    code = show.replace("{})", "kernel.get_parent())")
    result = graded(written(RIGHT, [code]))
    assert all(result["passed"].values())
    assert result["said"] == ["cell 7 showed what is no output of a notebook: dropped"]


@contained
@pytest.mark.long
def test_a_message_that_fills_the_worker_costs_its_submission_and_is_told():
    code = """
import time
part, thread = b"x" * (60 << 20), get_ipython().kernel.iopub_thread
thread.schedule(lambda: thread.socket.send_multipart([part] * 70, copy=False))
time.sleep(20)
"""
    grader = Worker()
    try:
        result = grader.grade(order_of(written(RIGHT, [code]), cell=60))
    finally:
        grader.close()
    assert all(result["passed"].values())
    assert result["said"] in (
        ["cell 7 printed more than a million characters"],
        ["cell 7 ended its grading: left out"],
    )


@pytest.mark.skipif(sys.platform != "linux", reason="there is no such limit on this system")
def test_a_worker_has_a_limit_of_its_own():
    import resource

    grader = Worker()
    try:
        assert all(grader.grade(order_of(written(RIGHT)))["passed"].values())
        assert resource.prlimit(grader.process.pid, resource.RLIMIT_AS)[0] == worker.MEMORY
    finally:
        grader.close()


def test_systemd_limits_the_memory_of_all_together(tmp_path):
    inside = sandbox.Sandbox("bwrap", "bwrap", ("systemd-run", "--scope"))
    command = inside.command(["python"], {}, tmp_path, tmp_path, -1, 1 << 30)
    assert command[:6] == ["systemd-run", "--scope", "-p", f"MemoryMax={(1 << 30) + sandbox.ROOM}", "--", "bwrap"]


def test_answers_that_are_slow_on_purpose_cost_their_check_and_no_more_than_the_time():
    slow = (
        LOOK_INSIDE
        + """
import time
real = server.Server._answer
server.Server._answer = lambda self, asked: (time.sleep(3), real(self, asked))[1]
"""
    )
    answers = {**RIGHT, "top-pairs": f"{slow}\n{RIGHT['top-pairs']}"}
    begun = time.monotonic()
    result = graded(written(answers), seconds=20)
    assert time.monotonic() - begun < 60
    assert result["passed"] == {
        "check-pair-places": True,
        "check-top-pairs": False,
        "check-get-stats-in-pieces": False,
    }
    assert "time was up before the end" in result["said"]


@contained
def test_nothing_is_left_of_a_submission(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    graded(written(RIGHT, ["import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()"]))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("grading-")] == []
    left = [each for each in psutil.Process().children(recursive=True) if each.status() != psutil.STATUS_ZOMBIE]
    assert not [each for each in left if "inside.kernel" in " ".join(each.cmdline())]
