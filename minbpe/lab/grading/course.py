"""nbgrader's side: the assignments, what their checks ask, the gradebook, and the pages for learners."""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import json
import logging
import os
import shutil
import sqlite3
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import nbgrader.api
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from traitlets import Unicode
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from minbpe.lab.checks import EXERCISES
from minbpe.lab.grading.exports import WideExport
from minbpe.lab.grading.results import CannotRun, Results, Row
from minbpe.lab.grading.submissions import SECRET, TIMESTAMP, Submission, contents

# The released and the solved notebooks have nbgrader's names for them; what it grades is put into `prepared`, since
# `submitted` may be the folder that the class handed in.
MORE = """
# In this folder, nbgrader grades what the command has prepared.
c.CourseDirectory.submitted_directory = "prepared"
# A page runs nothing that stands in a notebook: neither in an output, nor in a text.
c.HTMLExporter.sanitize_html = True
c.TemplateExporter.filters = {
    "markdown2html": "minbpe.lab.grading.pages.markdown",
    "clean_html": "minbpe.lab.grading.pages.clean",
    "ansi2html": "minbpe.lab.grading.pages.printed",
    "highlight_code": "minbpe.lab.grading.pages.highlighted",
}
"""
# nbgrader opens its gradebook a dozen times a submission, each time with a new engine, which compiles all its SQL anew.
# One for each gradebook takes two fifths off this process's part of the work.
nbgrader.api.create_engine = functools.cache(nbgrader.api.create_engine)

NO_ROOM = ("No space left", "disk is full", "Disk quota")
Checks = dict[str, list[list[str]]]


class Outcomes(NbGraderPreprocessor):
    """In place of nbgrader's Execute: the notebook has been run already, elsewhere. Its outputs are put in."""

    results = Unicode(help="the folder of the notebooks that were run").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Put in what each cell gave."""
        names = resources["nbgrader"]
        run = nbformat.read(Path(self.results, names["student"], f"{names['assignment']}.ipynb"), as_version=4)
        for cell, same in zip(nb.cells, run.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs = same.outputs
        return nb, resources


def configuration(folder: Path) -> Config:
    """nbgrader's settings for the course in `folder`, and nobody's own."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.db_url = f"sqlite:///{folder / 'gradebook.db'}"
    config.Outcomes.results = str(folder / "results")
    config.Autograde.autograde_preprocessors = [
        Outcomes,
        IgnorePattern,
        ClearMetadataPreprocessor,
        LimitOutput,
        SaveAutoGrades,
        AssignLatePenalties,
        CheckCellMetadata,
    ]
    return config


def api(config: Config) -> NbGraderAPI:
    """nbgrader, to be called."""
    # nbgrader calls the program `alembic`, which stands beside this Python, in the PATH or not.
    beside = str(Path(sys.executable).parent)
    if beside not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", "")])
    made = NbGraderAPI(CourseDirectory(config=config), config=config)
    made.log.setLevel(logging.ERROR)
    return made


class Score(NamedTuple):
    """Points, the most there are, and whether some were given by hand."""

    points: float
    most: float
    by_hand: bool


class Course:
    """The course in the results folder: made from the solutions, with a gradebook of its own."""

    def __init__(self, folder: Path, source: Path, results: Results) -> None:
        self.folder = folder.resolve()
        self.source = source.resolve()
        self.results = results
        settings = (self.source / "nbgrader_config.py").read_text(encoding="utf-8")
        (self.folder / "nbgrader_config.py").write_text(settings + MORE, encoding="utf-8", newline="\n")
        self.config = configuration(self.folder)
        self.database = self.folder / "gradebook.db"
        self.is_new = not self._usable_gradebook()
        self.api = api(self.config)
        self.releases: dict[str, NotebookNode] = {}
        self.checks: dict[str, Checks] = {}

    def _usable_gradebook(self) -> bool:
        """Whether there is one that can be used. A damaged one is set aside."""
        if not self.database.exists():
            return False
        try:
            with contextlib.closing(sqlite3.connect(self.database)) as connection:
                (verdict,) = connection.execute("pragma quick_check").fetchone()
                connection.execute("select count(*) from submitted_assignment").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
        except sqlite3.DatabaseError as error:
            self.results.put_aside(self.database, str(error))
            return False
        return True

    # --- assignments

    def prepare(self, assignment: str) -> None:
        """Hand the assignment to nbgrader, which makes what was released, and knows its hidden tests."""
        solved = self.source / "solutions" / assignment / f"{assignment}.ipynb"
        own = self.folder / "solutions" / assignment / solved.name
        released = self.folder / "exercises" / assignment / solved.name
        same = own.exists() and released.exists() and own.read_bytes() == solved.read_bytes()
        if self.is_new or not same:
            own.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(solved, own)
            result = self.api.generate_assignment(assignment)
            if not result["success"]:
                own.unlink()
                raise failed(f"nbgrader cannot make {assignment}", result)
        self.releases[assignment] = nbformat.read(released, as_version=4)
        self.checks[assignment] = checks_of(nbformat.read(own, as_version=4))

    def fingerprint(self, each: Submission) -> str:
        """Another one means: grade again."""
        solved = self.folder / "solutions" / each.assignment / f"{each.assignment}.ipynb"
        whole = hashlib.sha256(solved.read_bytes())
        try:
            whole.update(contents(each.path) if each.path else b"")
        except OSError as error:  # it costs this one its points; whoever mends it makes another fingerprint
            whole.update(str(error).encode("utf-8", "replace"))
        whole.update(json.dumps(each.odd).encode())
        whole.update(each.secret.encode())
        return whole.hexdigest()

    # --- the gradebook, which only this process writes

    @contextlib.contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """nbgrader's gradebook."""
        with Gradebook(self.config.CourseDirectory.db_url, self.config.CourseDirectory.course_id) as book:
            yield book

    def reset(self, student: str, assignment: str) -> None:
        """Take back what was graded before, so that no old points are left. Points given by hand stay."""
        with self.gradebook() as book:
            book.update_or_create_student(student)
            submission = book.update_or_create_submission(assignment, student)
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    grade.auto_score = None
                    grade.needs_manual_grade = True
            book.db.commit()

    def record(self, row: Row) -> str:
        """Hand nbgrader the notebook that was run, if there is one. What it complains of, or ""."""
        self.reset(*row.key)
        run = self.results.path(*row.key, ".ipynb")
        if not run.exists():
            return ""
        prepared = self.folder / "prepared" / row.student / row.assignment
        prepared.mkdir(parents=True, exist_ok=True)
        shutil.copy(run, prepared)
        for name, text in ((TIMESTAMP, row.handed_in), (SECRET, row.secret)):
            (prepared / name).unlink(missing_ok=True)
            if text:
                (prepared / name).write_text(text, encoding="utf-8")
        result = self.api.autograde(row.assignment, row.student)
        if result["success"]:
            return ""
        error = failed("nbgrader failed", result)
        log = self.folder / "logs" / row.student / f"{row.assignment}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(str(error), encoding="utf-8")
        return f"could not be put into the gradebook: see logs/{row.student}/{log.name}"

    def score(self, student: str, assignment: str) -> Score:
        """What the gradebook says."""
        return self.scores([(student, assignment)])[student, assignment]

    def scores(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Score]:
        """The same for many. To open the gradebook takes longer than to read it."""
        if not keys:
            return {}
        found = {}
        with self.gradebook() as book:
            for student, assignment in keys:
                submission = book.find_submission(assignment, student)
                by_hand = any(g.manual_score is not None for notebook in submission.notebooks for g in notebook.grades)
                points = max(0.0, submission.score - submission.late_submission_penalty)
                found[student, assignment] = Score(points, submission.max_score, by_hand)
        return found

    def give(self, student: str, cell: str, points: float) -> str:
        """Points by hand for one check. They stand in place of what was counted. Returns the assignment."""
        with self.gradebook() as book:
            for submission in book.student_submissions(student):
                grades = [grade for notebook in submission.notebooks for grade in notebook.grades if grade.name == cell]
                for grade in grades:
                    if not 0 <= points <= grade.max_score:
                        raise CannotRun(f"{cell} has between 0 and {grade.max_score:g} points")
                    grade.manual_score = points
                    grade.needs_manual_grade = False
                    book.db.commit()
                    return str(submission.assignment.name)
        raise CannotRun(f"no check {cell} of a student {student} has been graded here yet")

    def feedback(self, student: str, assignment: str) -> str:
        """Make nbgrader's page for the learner, feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html. Complaint, or ""."""
        result = self.api.generate_feedback(assignment, student)
        return "" if result["success"] else str(failed(f"no page for {student}, {assignment}", result))

    def export(self, exporter: type[WideExport]) -> Path:
        """Write the points by one of nbgrader's exporters. Returns the file."""
        path = self.folder / exporter.default
        with self.gradebook() as book:
            exporter(to=str(path)).export(book)
        return path


def failed(what: str, result: dict[str, Any]) -> CannotRun:
    """nbgrader's failure as ours. OSError where no room is left, and KeyboardInterrupt where it was told to stop."""
    why = str(result.get("error") or result.get("log") or "it does not say why")
    if "KeyboardInterrupt" in why:  # which nbgrader takes for a failure like any other
        raise KeyboardInterrupt
    if any(words in why for words in NO_ROOM):
        raise OSError(28, "No space left on device")
    return CannotRun(f"{what}:\n{why}")


def checks_of(solved: NotebookNode) -> Checks:
    """What the graded cells check, from the instructor's own notebook: {grade_id: [[exercise, answer], …]}."""
    found: Checks = {}
    for cell in solved.cells:
        settings = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and settings.get("grade") and not settings.get("solution"):
            calls = [list(call) for call in dict.fromkeys(_calls_of_check(cell.source))]
            if calls:
                found[settings["grade_id"]] = calls
    return found


def _calls_of_check(source: str) -> Iterator[tuple[str, str]]:
    """Exercise and answer of each call of check("exercise", answer) that a cell makes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("check", "check_again"):
            name, answer = node.args[:2]
            if isinstance(name, ast.Constant) and name.value in EXERCISES:
                yield name.value, ast.unparse(answer)
