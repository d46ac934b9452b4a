"""One submission, graded by nbgrader in a process of its own: python -m minbpe.lab.grading.worker ORDER.json

A cell that ends Python, or hangs it so that it cannot be interrupted, is left out, and the notebook run anew without
it: so the exercises before and after it get the points that they deserve. A check gets its points only if it reports
a pass from inside `check` itself: no error is not enough.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, Execute, IgnorePattern, LimitOutput
from nbgrader.preprocessors import SaveAutoGrades as Save
from nbgrader.utils import is_grade
from traitlets import Float, Unicode

from minbpe.lab.grading import course

OUTPUT = 1_000_000  # characters that a cell may print
ANSWER = 5  # seconds in which an interrupted kernel must answer


class Stuck(Exception):
    """A cell that the notebook cannot go on from."""


class Run(Execute):
    """nbgrader's Execute, that goes on where it would give up."""

    until = Float(help="time.monotonic() at which no further cell is begun").tag(config=True)
    folder = Unicode(help="where the cells run").tag(config=True)
    notes = Unicode(help="the file in which the kernel notes what happens").tag(config=True)
    said = Unicode(help="the file for what a person must know, a line each").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any = None, km: Any = None) -> Any:
        self.left_out: dict[int, str] = {}
        self.cell_timeout = self.timeout
        resources["metadata"]["path"] = self.folder
        while True:
            self.sentences: dict[str, None] = {}
            try:
                result = super().preprocess(nb, resources, km)
            except Stuck as stuck:
                index, sentence = stuck.args
                self.left_out[index] = sentence
                continue
            Path(self.said).write_text("".join(f"{line}\n" for line in self.sentences), encoding="utf-8")
            return result

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        if cell.cell_type != "code":
            return cell, resources
        name = cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {index + 1}"
        left = self.until - time.monotonic()
        if index in self.left_out or left <= 0:
            sentence = self.left_out.get(index, "time is up")
            self.say(f"{name} {sentence}: left out" if index in self.left_out else "time was up before the end")
            cell.outputs = [failure("LeftOut", f"This cell was not graded: it {sentence}.")]
            return cell, resources
        self.timeout = max(1, min(self.cell_timeout, int(left)))
        self.printed = 0
        before = Path(self.notes).stat().st_size
        try:
            cell, resources = super().preprocess_cell(cell, resources, index)
            if any(out.get("ename") == "CellTimeoutError" for out in cell.outputs):
                run_sync(self.answer)()
                self.say(f"{name} took more than {self.timeout} s: stopped")
        except DeadKernelError:
            raise Stuck(index, "ended Python") from None
        except Exception:  # nbclient and zmq have many for a kernel that is alive and says nothing
            raise Stuck(index, "hung Python") from None
        if any(out.get("ename") == "MemoryError" for out in cell.outputs):
            self.say(f"{name} ran out of memory")
        if self.printed > OUTPUT:
            self.say(f"{name} printed more than a million characters")
        self.look_at(cell, name, Path(self.notes).read_bytes()[before:].decode("utf-8", "replace"))
        return cell, resources

    async def answer(self) -> None:
        """Raises if the kernel still does not do what it is told."""
        await self.kc.kernel_info(reply=True, timeout=ANSWER)

    def look_at(self, cell: NotebookNode, name: str, notes: str) -> None:
        """What the kernel noted while the cell ran."""
        passes = 0
        for line in notes.splitlines():
            kind, _, what = line.partition("\t")
            passes += kind == "pass"
            if kind != "pass":
                self.say(f"{name} tried {kind} ({what})" if kind == "network" else f"{name} tried {kind}")
        if is_grade(cell) and not any(out.output_type == "error" for out in cell.outputs):
            calls = len(re.findall(r"\bcheck(?:_again)?\(", cell.source))
            if passes < calls:
                self.say(f"{name} gave no error, but did not pass: is the check tampered with?")
                cell.outputs.append(failure("NotPassed", "The check reported no pass."))

    def say(self, sentence: str) -> None:
        self.sentences[sentence] = None

    def process_message(self, msg: Any, cell: NotebookNode, cell_index: int) -> Any:
        # A cell that prints for ever fills this process otherwise, long before its time is up.
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data"):
            self.printed += len(str(msg["content"]))
            if self.printed > OUTPUT:
                return None
        return super().process_message(msg, cell, cell_index)


def failure(name: str, sentence: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=sentence, traceback=[sentence])


def main() -> None:
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    config = course.configuration(Path(order["course"]))
    config.Autograde.autograde_preprocessors = [
        Run,
        IgnorePattern,
        ClearMetadataPreprocessor,
        LimitOutput,
        Save,
        AssignLatePenalties,
        CheckCellMetadata,
    ]
    config.Execute.shutdown_kernel = "immediate"
    config.Execute.timeout = order["cell"]
    config.Run.until = time.monotonic() + order["seconds"]
    config.Run.folder = order["folder"]
    config.Run.notes = order["notes"]
    config.Run.said = order["said"]
    result = course.api(config).autograde(order["assignment"], order["student"])
    if not result["success"]:
        sys.exit(result.get("error") or result.get("log") or "nbgrader failed and does not say why")


if __name__ == "__main__":
    main()
