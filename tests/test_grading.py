"""A class is graded with one command, whatever its members hand in, and the table says what a person must look at."""

import csv
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from minbpe.lab.checks import EXERCISES
from minbpe.lab.grading.__main__ import main
from minbpe.lab.grading.mending import Unreadable, mended, read
from minbpe.lab.grading.results import CannotRun, Row
from minbpe.lab.grading.submissions import submissions
from minbpe.lab.grading.table import table

ROOT = Path(__file__).parent.parent
NAME = "02-pairs"  # the cheapest to run: three checks, worth 2, 3 and 1 points
PAIR_PLACES = """
def pair_places(ids, pair):
    return [place for place in range(len(ids) - 1) if (ids[place], ids[place + 1]) == pair]
"""
TOP_PAIRS = """
def top_pairs(stats, n):
    return sorted(stats, key=stats.get, reverse=True)[:n]
"""
IN_PIECES = """
def get_stats_in_pieces(pieces):
    counts, last = {}, None
    for piece in pieces:
        for idx in piece:
            if last is not None:
                counts[last, idx] = counts.get((last, idx), 0) + 1
            last = idx
    return counts
"""
ALL = {"pair-places": PAIR_PLACES, "top-pairs": TOP_PAIRS, "get-stats-in-pieces": IN_PIECES}


def blank():
    return nbformat.read(ROOT / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)


def cell_of(notebook, name):
    (found,) = [cell for cell in notebook.cells if cell.id == name]
    return found


def written(answers=ALL, **more):
    """A submission with these answers; `more` is code put before an answer, by its name with _ for -."""
    notebook = blank()
    for name, code in answers.items():
        cell_of(notebook, f"write-{name}").source = code
    for name, code in more.items():
        cell = cell_of(notebook, f"write-{name.replace('_', '-')}")
        cell.source = f"{code}\n{cell.source}"
    return notebook


def hand_in(folder, student, notebook, name=NAME):
    path = folder / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(notebook, bytes):
        path.write_bytes(notebook)
    else:
        nbformat.write(notebook, path)
    return path


def without(name):
    notebook = written()
    notebook.cells.remove(cell_of(notebook, name))
    return notebook


def tampered():
    """Both checks of wrong answers made to pass, and worth a hundred points."""
    notebook = blank()
    cell = cell_of(notebook, "check-pair-places")
    cell.source = 'print("✓ pair_places: right")'
    cell.metadata.nbgrader.points = 100
    other = cell_of(notebook, "check-top-pairs")
    other.metadata.nbgrader.update(points=50, locked=False, solution=True)
    other.source = "pass"
    cell_of(notebook, "check-get-stats-in-pieces").metadata.pop("nbgrader")
    return notebook


HARD_CODED = """
def pair_places(ids, pair):
    return KNOWN.get((tuple(ids), pair), [])
"""


def fixed_cases():
    """The fixed cases of the check, as a learner would copy them who has read its source."""
    exercise = EXERCISES["pair_places"]
    known = {(tuple(ids), pair): exercise.reference(list(ids), pair) for ids, pair in exercise.cases}
    return f"KNOWN = {known!r}\n{HARD_CODED}"


SLEEP = "import time; time.sleep(10**6)"

# What each hands in, the points that are right, and what a person must be told (None: nothing).
CLASS = {
    "full": (lambda: written(), 6, None),
    "half": (lambda: written({"pair-places": PAIR_PLACES}), 2, None),
    "syntax": (lambda: written({**ALL, "top-pairs": "def top_pairs(stats, n)\n    return 1"}), 3, None),
    "loop": (lambda: written(top_pairs="while True: pass"), 3, "write-top-pairs took more than"),
    "killer": (lambda: written(top_pairs="import os; os._exit(3)"), 3, "write-top-pairs ended Python"),
    "no-test": (lambda: without("check-top-pairs"), 6, "deleted, put back: check-top-pairs"),
    "tampered": (
        tampered,
        0,
        "; edited, put back: check-pair-places, check-top-pairs; deleted, put back: check-get-stats-in-pieces",
    ),
    "not-json": (lambda: b"%PDF-1.7 this is my homework", 0, "not JSON"),
    "network": (
        lambda: written(
            top_pairs='import urllib.request as r\ntry: r.urlopen("http://example.com")\nexcept OSError: pass'
        ),
        6,
        "write-top-pairs tried network (example.com)",
    ),
    "hard-coded": (lambda: written({**ALL, "pair-places": fixed_cases()}), 4, None),
}


# The same for what is rarer. Run with --long.
RARE = {
    "blank": (blank, 0, None),
    "stubborn": (
        lambda: written(top_pairs="import time\nwhile True:\n    try: time.sleep(1)\n    except BaseException: pass"),
        3,
        "write-top-pairs hung Python",
    ),
    "no-answer": (lambda: without("write-top-pairs"), 3, "deleted, put back blank: write-top-pairs"),
    "memory": (
        lambda: written(top_pairs="hog = [bytes(1 << 24) for _ in range(1 << 12)]"),
        3,
        "write-top-pairs ran out of memory",
    ),
    "another-kernel": (lambda: with_kernel("julia-1.9"), 6, None),
    "pasted": (lambda: pasted("write-top-pairs"), 6, "there twice, the last one counts: write-top-pairs"),
    "empty-file": (lambda: b"", 0, "the file is empty"),
    "no-cells": (nbformat.v4.new_notebook, 0, "deleted, put back: setup-02-pairs, check-pair-places"),
    "no-setup": (lambda: without("setup"), 6, "deleted, put back: setup-02-pairs"),
    "format-3": (lambda: nbformat.writes(nbformat.convert(written(), 3), version=3).encode(), 6, None),
    "huge": (lambda: written(top_pairs="print('x' * 10**8)"), 6, "write-top-pairs printed more than a million"),
    "prints": (lambda: written(top_pairs="while True: print('✓ top_pairs')"), 3, "write-top-pairs took more than"),
    "imitates": (lambda: written({**ALL, "top-pairs": "def top_pairs(stats, n):\n    print('✓ top_pairs')"}), 3, None),
    "rebinds": (lambda: written({**WRONG, "top-pairs": f"check = print\n{BAD}"}), 0, None),
    "patches": (
        lambda: written({**WRONG, "top-pairs": f"{PATCH}\n{BAD}"}),
        0,
        "write-top-pairs uses minbpe.lab.checks: is that its own work?",
    ),
    "transforms": (
        lambda: written({**WRONG, "top-pairs": "get_ipython().input_transformers_post.append(lambda lines: [])"}),
        0,
        "check-top-pairs could not reach the answer",
    ),
    "forks": (lambda: written(top_pairs="import os; os.fork()"), 3, "write-top-pairs tried starting of other programs"),
    "shell": (lambda: written(top_pairs="!echo hello"), 3, "write-top-pairs tried starting of other programs"),
    "sleeps": (lambda: written(top_pairs=SLEEP), 3, "write-top-pairs took more than"),
    "in-c": (
        lambda: written({**ALL, "top-pairs": "import itertools\ndef top_pairs(stats, n): sum(itertools.count())"}),
        3,
        "check-top-pairs hung Python",
    ),
    "deletes-its-files": (lambda: written(top_pairs="import os, shutil\nshutil.rmtree(os.getcwd(), True)"), 6, None),
}
BAD = "def top_pairs(stats, n): return [0]"
WRONG = {
    "pair-places": "def pair_places(ids, pair): return [-1]",
    "get-stats-in-pieces": "def get_stats_in_pieces(pieces): return {1: 2}",
}
PATCH = "import minbpe.lab.checks as m\ntype(m.check).__call__ = lambda *a, **k: None"


def with_kernel(name):
    notebook = written()
    notebook.metadata.kernelspec = {"name": name, "display_name": name, "language": "julia"}
    return notebook


def pasted(name):
    notebook = written()
    notebook.cells.append(nbformat.from_dict(cell_of(notebook, name)))
    return notebook


def command(submitted, graded, *options):
    return [str(part) for part in (sys.executable, "-m", "minbpe.lab.grading", submitted, graded, *options)]


def environment(home):
    """An instructor's own settings, all of which are in the way."""
    settings = {
        ".jupyter/nbgrader_config.py": "raise RuntimeError('settings of your own')",
        ".jupyter/jupyter_nbconvert_config.py": "raise RuntimeError('settings of your own')",
        ".ipython/profile_default/startup/00.py": "import os; os._exit(1)",
        ".ipython/profile_default/ipython_config.py": "raise RuntimeError('settings of your own')",
    }
    for name, text in settings.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80", "HOME": str(home), "USERPROFILE": str(home)}


def grade(submitted, graded, *options):
    return subprocess.run(
        command(submitted, graded, *options),
        capture_output=True,
        encoding="utf-8",
        env=environment(submitted.parent / "home"),
        cwd=submitted.parent,
        timeout=900,
    )


def rows(graded):
    with (graded / "points.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def sums(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class Graded:
    """A class, graded."""

    def __init__(self, folder, members):
        self.members = members
        self.submitted, self.graded = folder / "submitted", folder / "graded"
        for student, (notebook, _, _) in members.items():
            hand_in(self.submitted, student, notebook())
        self.before = sums(self.submitted)
        started = time.monotonic()
        self.run = grade(self.submitted, self.graded, "--cell", "6")
        self.seconds = time.monotonic() - started
        self.rows = rows(self.graded)

    def check(self, student):
        _, points, look_at = self.members[student]
        row = self.rows[student]
        assert (float(row["score"]), float(row["max_score"])) == (points, 6), row
        if look_at is None:
            assert row["look_at"] == ""
        else:
            assert look_at in row["look_at"]


# --- the class


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    return Graded(tmp_path_factory.mktemp("class"), CLASS)


@pytest.mark.slow
@pytest.mark.parametrize("student", CLASS)
def test_each_gets_the_right_points_and_a_person_is_told_what_to_look_at(graded, student):
    graded.check(student)


@pytest.mark.slow
def test_the_exit_code_says_that_a_person_must_look_and_the_table_shows_what(graded):
    assert graded.run.returncode == 1, graded.run.stderr
    assert graded.run.stderr == ""
    shown = graded.run.stdout
    assert max(map(len, shown.splitlines()[:-1])) <= 80
    for student, (_, points, _) in CLASS.items():
        assert any(line.split()[:3] == [student, NAME, f"{points}/6"] for line in shown.splitlines())
    to_look = sum(look_at is not None for _, _, look_at in CLASS.values())
    assert f"{len(CLASS)} graded, {to_look} to look at." in shown


@pytest.mark.slow
def test_what_was_handed_in_stays_as_it_was_and_nothing_is_left_running(graded):
    assert sums(graded.submitted) == graded.before
    running = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert not [line for line in running if "minbpe.lab.grading" in line and str(graded.graded) in line]
    assert not list(ROOT.glob("*.db"))


@pytest.mark.slow
def test_graded_again_only_what_has_changed_is_run(graded, tmp_path):
    submitted, again = tmp_path / "submitted", tmp_path / "graded"
    shutil.copytree(graded.submitted, submitted)
    shutil.copytree(graded.graded, again)
    hand_in(submitted, "not-json", written())
    times = {path: path.stat().st_mtime_ns for path in again.glob("results/*/*.json")}
    run = grade(submitted, again, "--cell", "6", "--feedback")
    assert run.returncode == 1
    after = rows(again)
    assert (after["not-json"]["score"], after["not-json"]["look_at"]) == ("6", "")
    same = {student: row for student, row in after.items() if student != "not-json"}
    assert same == {student: row for student, row in graded.rows.items() if student != "not-json"}
    changed = {path for path in again.glob("results/*/*.json") if times[path] != path.stat().st_mtime_ns}
    assert changed == {again / "results" / "not-json" / f"{NAME}.json"}
    page = (again / "feedback" / "half" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "top_pair" in page
    assert "not done yet" in page


@pytest.mark.slow
def test_a_class_without_trouble_ends_with_0_and_a_worse_second_try_takes_the_points_back(tmp_path):
    submitted, out = tmp_path / "submitted", tmp_path / "graded"
    hand_in(submitted, "ann", written())
    assert main([str(submitted), str(out)]) == 0
    assert rows(out)["ann"]["score"] == "6"
    hand_in(submitted, "ann", b"{")
    assert main([str(submitted), str(out)]) == 1
    assert rows(out)["ann"]["score"] == "0"


@pytest.mark.slow
def test_points_given_by_hand_count_and_end_the_looking(graded, tmp_path):
    submitted, again = tmp_path / "submitted", tmp_path / "graded"
    shutil.copytree(graded.submitted, submitted)
    shutil.copytree(graded.graded, again)
    assert main([str(submitted), str(again), "--give", "killer", "check-top-pairs", "1.5"]) == 1
    assert (rows(again)["killer"]["score"], rows(again)["killer"]["look_at"]) == ("4.5", "")
    for check, given in (("check-top-pairs", "4"), ("check-merge", "1"), ("check-top-pairs", "x")):
        assert main([str(submitted), str(again), "--give", "killer", check, given]) == 2
    hand_in(submitted, "killer", without("check-top-pairs"))
    assert main([str(submitted), str(again)]) == 1
    assert rows(again)["killer"]["score"] == "4.5"
    assert "points given by hand" in rows(again)["killer"]["look_at"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to one process")
def test_ctrl_c_keeps_what_is_done_and_ends_what_runs(tmp_path):
    submitted, out = tmp_path / "submitted", tmp_path / "graded"
    hand_in(submitted, "ann", written())
    hand_in(submitted, "bob", written(top_pairs=SLEEP))
    hand_in(submitted, "eve", written())
    process = started(submitted, out, "--jobs", "1")
    children = wait_for(out / "results" / "ann" / f"{NAME}.json", process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors == "Stopped before the end. Run it again to go on.\n"
    assert {student: (row["score"], row["look_at"]) for student, row in rows(out).items()} == {
        "ann": ("6", ""),
        "bob": ("0", "handed in, not graded yet"),
        "eve": ("0", "handed in, not graded yet"),
    }
    assert [path.parent.name for path in out.glob("results/*/*.json")] == ["ann"]
    psutil.wait_procs(children, timeout=10)
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def started(submitted, out, *options):
    env = environment(submitted.parent / "home")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen(command(submitted, out, *options), env=env, **pipes)


def wait_for(path, process, seconds=240):
    """Until that file is there. Returns the processes that the grading has started."""
    until = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.slow
def test_a_submission_has_a_limit_of_its_own(tmp_path, capsys, monkeypatch):
    submitted = tmp_path / "submitted"
    hand_in(submitted, "slow", written(top_pairs=SLEEP, get_stats_in_pieces=SLEEP))
    assert main([str(submitted), str(tmp_path / "soft"), "--seconds", "4"]) == 1
    row = rows(tmp_path / "soft")["slow"]
    assert row["score"] == "2"
    assert "time was up before the end" in row["look_at"]
    # And if the process that runs it does not keep to it:
    monkeypatch.setattr("minbpe.lab.grading.pool.GRACE", 1)
    monkeypatch.setattr("minbpe.lab.grading.pool.start", asleep)
    assert main([str(submitted), str(tmp_path / "hard"), "--seconds", "1"]) == 1
    row = rows(tmp_path / "hard")["slow"]
    assert row["score"] == "0"
    assert "took more than 1 s and was ended: not graded" in row["look_at"]


def asleep(temporary):
    """A worker that never says anything."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen([sys.executable, "-c", SLEEP], **pipes)


@pytest.mark.long
def test_every_assignment_of_the_course_gives_all_its_points_and_a_blank_one_none(tmp_path):
    submitted = tmp_path / "submitted"
    most = {}
    for path in sorted((ROOT / "exercises").glob("*/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        hand_in(submitted, "blank", notebook, path.stem)
        solved = nbformat.read(ROOT / "solutions" / path.stem / path.name, as_version=4)
        answers = {cell.id: cell.source for cell in solved.cells}
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = "\n".join(line for line in answers[cell.id].split("\n") if "### " not in line)
        hand_in(submitted, "full", notebook, path.stem)
        most[path.stem] = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells)
    run = grade(submitted, tmp_path / "graded")
    assert run.returncode == 0, run.stdout
    with (tmp_path / "graded" / "points.csv").open(encoding="utf-8-sig", newline="") as file:
        scores = {(row["student"], row["assignment"]): float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {("blank", name): 0 for name in most} | {("full", name): points for name, points in most.items()}


@pytest.fixture(scope="module")
def rare(tmp_path_factory):
    return Graded(tmp_path_factory.mktemp("rare"), RARE)


@pytest.mark.long
@pytest.mark.parametrize("student", RARE)
def test_rarer_submissions_get_the_right_points_too(rare, student):
    rare.check(student)


# --- folders laid out otherwise


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("02-pairs.ipynb", "holds a notebook, 02-pairs.ipynb"),
        ("02-pairs/ann/02-pairs.ipynb", "holds a folder 02-pairs where students' folders should be"),
        ("ann/pairs/02-pairs.ipynb", "holds no notebook where one should be"),
        ("readme.txt", "holds no students' folders"),
    ],
)
def test_another_layout_is_said_and_nothing_is_graded(tmp_path, capsys, path, complaint):
    file = tmp_path / "submitted" / path
    file.parent.mkdir(parents=True)
    nbformat.write(blank(), file)
    assert main([str(tmp_path / "submitted"), str(tmp_path / "graded")]) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert "SUBMITTED/STUDENT/02-pairs/02-pairs.ipynb" in said
    assert not (tmp_path / "graded").exists()


def test_folders_that_cannot_be_used_are_refused(tmp_path, capsys):
    submitted = tmp_path / "submitted"
    hand_in(submitted, "ann", blank())
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").touch()
    for arguments in ([submitted, submitted / "out"], [submitted, full], [tmp_path / "none", full], [submitted, ROOT]):
        assert main([str(each) for each in arguments]) == 2
        assert "Nothing was graded" in capsys.readouterr().err
    assert main([str(submitted), str(tmp_path / "out"), "--assignment", "02-pear"]) == 2
    assert "there is no assignment 02-pear: there are 01-bytes" in capsys.readouterr().err


def test_what_is_missing_or_elsewhere_in_one_students_folder_is_said(tmp_path):
    hand_in(tmp_path, "ann", blank())
    (tmp_path / "ann" / NAME / "draft.ipynb").touch()
    (tmp_path / "bob").mkdir()
    (tmp_path / "cid" / NAME).mkdir(parents=True)
    (tmp_path / "cid" / NAME / "pairs.ipynb").touch()
    (tmp_path / "dan").mkdir()
    (tmp_path / "dan" / f"{NAME}.ipynb").touch()
    (tmp_path / "eve" / "homework").mkdir(parents=True)
    (tmp_path / ".DS_Store").touch()
    found = [(each.student, each.assignment, each.odd) for each in submissions(tmp_path, [NAME, "03-merges"], [])]
    assert found == [
        ("ann", NAME, ["also there, not graded: draft.ipynb"]),
        ("bob", NAME, ["nothing handed in"]),
        ("cid", NAME, [f"no {NAME}.ipynb, but pairs.ipynb: rename it?"]),
        ("dan", NAME, [f"{NAME}.ipynb is not in a folder {NAME}: move it there"]),
        ("eve", NAME, ["nothing handed in"]),
        ("eve", "homework", ["no such assignment: rename it?"]),
    ]


def test_no_folder_at_all_is_no_class(tmp_path):
    with pytest.raises(CannotRun, match="no students"):
        submissions(tmp_path, [NAME], [])


# --- what is put back


def test_a_notebook_that_was_only_filled_in_is_left_alone():
    notebook, notes = mended(written(), blank())
    assert notes == []
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in written().cells]
    assert not any(cell.get("outputs") for cell in notebook.cells)


def test_whatever_is_deleted_comes_back_where_it_stood():
    release = blank()
    for gone in [cell for cell in release.cells if "nbgrader" in cell.metadata]:
        notebook = blank()
        notebook.cells = [cell for cell in notebook.cells if cell.id != gone.id]
        back, notes = mended(notebook, release)
        order = [cell.metadata.nbgrader.grade_id for cell in back.cells if "nbgrader" in cell.metadata]
        assert order == [cell.metadata.nbgrader.grade_id for cell in release.cells if "nbgrader" in cell.metadata]
        assert len(notes) == 1
        assert gone.metadata.nbgrader.grade_id in notes[0]


def test_what_is_no_notebook_is_named(tmp_path):
    path = tmp_path / "x.ipynb"
    for content, words in {
        b"": "empty",
        b"\xff\xfe\x00": "no text",
        b"hello": "not JSON",
        b"[]": "no notebook that Jupyter can read",
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}': "no notebook that Jupyter can read",
    }.items():
        path.write_bytes(content)
        with pytest.raises(Unreadable, match=words):
            read(path)


# --- the guard


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("open(outside / 'x', 'w')", "writing outside its own folder"),
        ("(outside / 'there').unlink()", "writing outside its own folder"),
        ("shutil.rmtree(outside)", "writing outside its own folder"),
        ("os.chdir(outside); os.remove('there')", "writing outside its own folder"),
        pytest.param(
            "os.remove('there', dir_fd=os.open(outside, os.O_RDONLY))",
            "writing outside its own folder",
            marks=pytest.mark.skipif(os.remove not in os.supports_dir_fd, reason="not on this system"),
        ),
        ("os.symlink(outside / 'there', 'link')", "writing outside its own folder"),
        ("os.rename('inside', outside / 'x')", "writing outside its own folder"),
        ("open(outside / 'solution.ipynb')", "reading of other notebooks"),
        ("socket.create_connection(('192.0.2.1', 80))", "network"),
        ("socket.getaddrinfo('example.com', 80)", "network"),
        ("subprocess.run([sys.executable, '-c', ''])", "starting of other programs"),
        ("os.system('echo')", "starting of other programs"),
        ("os.kill(os.getppid(), 9)", "ending of other programs"),
        ("sqlite3.connect(outside / 'grades')", "writing outside its own folder"),
        ("open('inside').read(); open('new', 'w').write('x'); os.remove('new'); open(outside / 'there')", ""),
        ("socket.create_server(('127.0.0.1', 0)).close(); open(os.devnull, 'w')", ""),
    ],
)
def test_the_guard_refuses_what_no_exercise_needs(tmp_path, code, refused):
    own, outside = tmp_path / "own", tmp_path / "outside"
    own.mkdir()
    outside.mkdir()
    (own / "inside").touch()
    (outside / "there").touch()
    notes = tmp_path / "notes"
    program = f"""
import os, shutil, socket, sqlite3, subprocess, sys
from pathlib import Path
from minbpe.lab.grading.inside.kernel import Guard
outside = Path({str(outside)!r})
sys.addaudithook(Guard(Path.cwd(), os.open({str(notes)!r}, os.O_WRONLY | os.O_CREAT)))
try:
    {code}
except PermissionError as error:
    print(error)
"""
    env = {**os.environ, "MINBPE_GRADING_NOTES": str(notes)}  # so tests/offline leaves the network to the guard
    run = subprocess.run([sys.executable, "-B", "-c", program], cwd=own, env=env, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    assert refused in run.stdout
    assert bool(run.stdout) == bool(refused)
    assert notes.read_text(encoding="utf-8").startswith(refused)
    assert (outside / "there").exists()


def test_the_table_fits_its_width():
    long = ["deleted, put back: " + ", ".join(f"check-number-{n}" for n in range(9))]
    text = table([Row("Ångström, Örjan van der Müller-Lüdenscheidt", NAME, 3.5, 6, long), Row("b", "x")], 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "3.5/6" in text
    assert "–" in text
