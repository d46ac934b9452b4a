"""One submission after the other: the process that runs them, and finds the verdicts.

    python -m minbpe.lab.grading.worker

An order comes in as a line of JSON, and a result goes out as one; before each cell, its number. So whoever gives the
orders knows which cell it was, should a submission end this process, and gives the order again without that cell.
"""

from __future__ import annotations

import atexit
import hmac
import json
import math
import os
import queue
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from minbpe.lab.checks import EXERCISES, Verdict, examine
from minbpe.lab.grading.notebook import (
    TIME_UP,
    NotCalled,
    Place,
    Running,
    Stuck,
    failure,
    open_places,
    package_without_answers,
)
from minbpe.lab.grading.remote import Broken, Remote, connected
from minbpe.lab.grading.sandbox import Sandbox, choose, remove

# Bytes of addresses for this process: some times what it needs. A submission that fills it ends it, and nothing else.
MEMORY = 3 << 30

Order = dict[str, Any]
Result = dict[str, Any]


@cache
def course() -> Path:
    """The package without its answers, made once in this process."""
    folder = Path(tempfile.mkdtemp(prefix="course-")).resolve()
    atexit.register(remove, folder)
    return package_without_answers(folder)


@cache
def sandbox(kind: str) -> Sandbox:
    """The sandbox of that name, as it is on this machine."""
    return choose(kind)


def grade(order: Order, begun: Callable[[int], None] = lambda index: None) -> Result:
    """Run a notebook and find the verdict of each check. `begun` is told each cell before it runs.

    An order has the notebook, its checks ({grade_id: [[exercise, function], …]}), limits, a seed, and what is left out
    ({number of a cell: what it did}). A result has the notebook as it was run, the checks passed and failed
    ({grade_id: bool}), and the sentences for a person.
    """
    if order["notebook"] is None:
        return {}
    grading = Grading(order, begun)
    while not grading.run():
        pass
    kind = sandbox(order["sandbox"]).kind
    return {"notebook": grading.notebook, "passed": grading.passed, "said": grading.said, "sandbox": kind}


class Grading:
    """One submission, run as often as there are cells that end or hang Python."""

    def __init__(self, order: Order, begun: Callable[[int], None]) -> None:
        self.order, self.begun = order, begun
        self.notebook: NotebookNode = nbformat.from_dict(order["notebook"])
        self.left_out = {int(index): sentence for index, sentence in order["left_out"].items()}
        self.until = math.inf  # the time for the notebook begins when its first kernel is there
        self.checked: dict[int, tuple[bool, NotebookNode]] = {}  # verdicts are found once
        self.passed: dict[str, bool] = {}
        self.said: list[str] = []

    def run(self) -> bool:
        """Run all the cells. False if it must be done again, without one of them."""
        order = self.order
        place = Place(sandbox(order["sandbox"]), course(), order["memory"])
        self.running = Running(self.notebook, place, order["cell"], self.until)
        try:
            with self.running.kernel():
                self.until = self.running.until = min(self.until, time.monotonic() + order["seconds"])
                for index, cell in enumerate(self.notebook.cells):
                    if cell.cell_type == "code":
                        self.run_cell(cell, index)
        except Stuck as stuck:
            index, sentence = stuck.args
            self.left_out[index] = sentence
            return False
        self.said = self.running.said
        return True

    def run_cell(self, cell: NotebookNode, index: int) -> None:
        """One cell: run if it is the learner's, judged from outside if it is a check."""
        settings = cell.metadata.get("nbgrader", {})
        name = settings.get("grade_id") or f"cell {index + 1}"
        checks = self.order["checks"].get(settings.get("grade_id"))
        if index in self.left_out:
            self.leave_out(cell, f"{name} {self.left_out[index]}: left out", f"it {self.left_out[index]}")
        elif time.monotonic() > self.until:
            self.leave_out(cell, TIME_UP, "time was up")
        elif index in self.checked:
            pass
        elif checks is not None:
            self.begun(index)
            self.check(cell, index, name, checks)
        else:
            self.begun(index)
            self.running.run_cell(cell, index, name)
        if settings.get("grade"):
            passed, output = self.checked.get(index, (False, None))
            self.passed[name] = passed
            if output is not None:
                cell.outputs = [output]

    def leave_out(self, cell: NotebookNode, sentence: str, why: str) -> None:
        """A cell that is not run, and says so."""
        self.running.say(sentence)
        cell.outputs = [failure("LeftOut", f"This cell was not graded: {why}.")]

    def check(self, cell: NotebookNode, index: int, name: str, checks: list[list[str]]) -> None:
        """Find the verdict of a cell with checks: every one of them must pass."""
        lines: list[str] = []
        self.checked[index] = False, failure("CheckFailed", "This check came to no end: the answer ended Python.")
        for number, (exercise, answer) in enumerate(checks):
            try:
                with connected(self.running, index, answer) as remote:
                    verdict = self.verdict(exercise, remote, seed_of(self.order["seed"], name, number))
            except NotCalled:
                self.running.say(f"{name} could not reach the answer: does something keep it away?")
                verdict = Verdict(exercise, False, f"✗ {exercise}: the check could not reach the answer")
            self.running.tell_notes(index, name)
            if not verdict.passed:
                self.checked[index] = False, failure("CheckFailed", verdict.text)
                return
            lines.append(verdict.text)
        self.checked[index] = True, new_output("stream", name="stdout", text="".join(f"{line}\n" for line in lines))

    def verdict(self, exercise: str, remote: Remote, seed: int) -> Verdict:
        """What is found out about one answer. Whatever goes wrong over there is no pass."""
        try:
            facts = remote.facts(EXERCISES[exercise].methods)
            if facts.kind == "missing":
                return Verdict(exercise, False, f"✗ There is no answer to {exercise} yet ({facts.type_name})")
            verdict = examine(EXERCISES[exercise], remote, seed)
            return Verdict(exercise, False, f"✗ {exercise}: the answer {remote.broken}") if remote.broken else verdict
        except Broken as error:
            return Verdict(exercise, False, f"✗ {exercise}: the answer {error}")
        except Exception as error:  # an outcome that no answer has: the checks cannot make sense of it
            return Verdict(exercise, False, f"✗ {exercise}: what came back makes no sense ({error})")


def seed_of(secret: str, name: str, number: int) -> int:
    """The same inputs when the same submission is graded again, and nobody knows them before."""
    return int(hmac.digest(secret.encode(), f"{name} {number}".encode(), "sha256").hex()[:16], 16)


def put_away() -> None:
    """End at once, also in the middle of a cell, and leave nothing: whoever gave the orders is gone."""
    for place in open_places():
        place.close()
    remove(course())
    os._exit(0)


def limit_memory() -> None:
    """For this process alone: what it starts may have more, or less."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def main() -> None:
    """Take orders until there are no more."""
    limit_memory()
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else is printed is no result
    orders: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            orders.put(line)
        if grading:  # else it ends by itself
            put_away()
        orders.put("")

    def send(message: dict[str, Any]) -> None:
        results.write(json.dumps(message) + "\n")
        results.flush()

    grading: list[bool] = []
    threading.Thread(target=read, daemon=True).start()
    while line := orders.get():
        grading.append(True)
        try:
            send({"result": grade(json.loads(line), lambda index: send({"begun": index}))})
        except MemoryError:  # what took it may still be held: another process goes on
            raise
        except Exception:
            send({"error": traceback.format_exc()})
        grading.clear()


if __name__ == "__main__":
    main()
