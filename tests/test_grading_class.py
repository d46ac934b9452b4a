"""A class of 120 submissions keeps its table: with the grading killed on the way, and on a cluster that loses a worker.

With --long: it takes minutes.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
import pytest

ROOT = Path(__file__).parent.parent
STUDENTS = 60
WORTH = {  # of each assignment's three exercises
    "01-bytes": {"count-code-points": 2, "truncate-utf8": 3, "decode-by-hand": 1},
    "02-pairs": {"pair-places": 2, "top-pairs": 3, "get-stats-in-pieces": 1},
}
# How one in six is broken: what stands before the answer worth 3 points, the points that are left, what is said of it.
BROKEN = {
    "ends Python": ("import os; os._exit(3)", 3, "ended Python: left out"),
    "never ends": ("while True: pass", 3, "took more than 3 s: stopped"),
    "is no Python": ("def f(:", 3, ""),
    "is no notebook": (None, 0, "is not JSON"),
    "fails": ("raise SystemExit(1)", 3, ""),
}

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform == "win32", reason="nothing to be killed with")]


def solved(name: str) -> nbformat.NotebookNode:
    """An exercise with all its answers written."""
    answers = {c.id: c.source for c in nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4).cells}
    notebook = nbformat.read(ROOT / "exercises" / name / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = "\n".join(line for line in answers[cell.id].split("\n") if "### " not in line)
    return notebook


def hand_in(folder: Path, students: int, broken: bool = True) -> dict[tuple[str, str], tuple[float, str]]:
    """A class. The points and the words that are right, by student and assignment."""
    expected, kinds = {}, list(BROKEN)
    for number in range(students):
        for name, worth in WORTH.items():
            notebook, points, words = solved(name), 6, ""
            place = len(expected)
            if broken and place % 6 == 5:
                code, points, words = BROKEN[kinds[place // 6 % len(kinds)]]
                (answer,) = [cell for cell in notebook.cells if cell.id == f"write-{[*worth][1]}"]
                answer.source = f"{code}\n{answer.source}"
            path = folder / f"student-{number:02}" / name / f"{name}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text("homework" if points == 0 else nbformat.writes(notebook), encoding="utf-8")
            expected[f"student-{number:02}", name] = float(points), words
    return expected


def started(submitted: Path, graded: Path, *options: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "minbpe.lab.grading", str(submitted), str(graded), "--cell", "3", *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8")


def results(graded: Path) -> int:
    return len(list(graded.glob("results/*/*.json")))


def wait_for(process: subprocess.Popen, condition) -> None:
    while not condition():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)


def check_table(graded: Path, expected: dict[tuple[str, str], tuple[float, str]]) -> None:
    with (graded / "points.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["student"], row["assignment"]): row for row in csv.DictReader(file)}
    assert {key: float(row["score"]) for key, row in rows.items()} == {
        key: points for key, (points, _) in expected.items()
    }
    for key, (_, words) in expected.items():
        assert words in rows[key]["look_at"], (key, rows[key])
        assert bool(words) == bool(rows[key]["look_at"]), (key, rows[key])


def test_a_grading_that_is_killed_three_times_gives_the_table_of_one_that_was_not(tmp_path):
    expected = hand_in(tmp_path / "submitted", STUDENTS)
    graded = tmp_path / "graded"
    started_by_them = []
    for reached in (20, 50, 80):
        process = started(tmp_path / "submitted", graded)
        wait_for(process, lambda reached=reached: results(graded) >= reached)
        started_by_them += psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
    kept = results(graded)
    process = started(tmp_path / "submitted", graded)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (1, "")
    assert kept >= 80
    check_table(graded, expected)
    left = [each for each in started_by_them if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
    assert left == []  # what the killed ones had started has ended by itself


@contextmanager
def cluster(folder: Path):
    """A Dask cluster of two workers: its address, and the workers' processes."""
    file = folder / "scheduler.json"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    env["DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL"] = "10s"
    dask, quiet = (
        [sys.executable, "-m", "dask"],
        {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": env},
    )
    commands = [
        [*dask, "scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
    ]
    worker = ["worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    commands += 2 * [[*dask, *worker, "--local-directory", str(folder)]]
    processes = [subprocess.Popen(command, cwd=folder, **quiet) for command in commands]
    try:
        wait_for(processes[0], file.exists)
        yield json.loads(file.read_text(encoding="utf-8"))["address"], processes[1:]
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait()


def test_a_cluster_that_loses_one_of_two_workers_gives_the_same_table(tmp_path):
    expected = hand_in(tmp_path / "submitted", 15)
    with cluster(tmp_path) as (address, workers):
        process = started(tmp_path / "submitted", tmp_path / "graded", "--cluster", address)
        wait_for(process, lambda: results(tmp_path / "graded") >= 8)
        workers[0].kill()
        _, errors = process.communicate()
    assert process.returncode == 1, errors
    check_table(tmp_path / "graded", expected)
