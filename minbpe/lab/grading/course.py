"""nbgrader's side: the assignments, the gradebook, and one submission graded in a process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
import warnings
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

from minbpe.lab.grading import mending

GRACE = 45  # seconds beyond its time in which a worker must have put its things away
MARK = "MINBPE_GRADING"  # in the environment of all that belongs to one submission
OWN = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR", "IPYTHONDIR")
FOREIGN = ("JUPYTER", "IPYTHON", "NBGRADER", "TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR", "XDG_")
# The released and the solved notebooks have nbgrader's names for them; what it grades is put into `prepared`, since
# `submitted` may be the folder that the class handed in.
MORE = """
# In this folder, nbgrader grades what the command has prepared.
c.CourseDirectory.submitted_directory = "prepared"
"""


class CannotRun(Exception):
    """There is nothing that can be graded. The message says what to do."""


def configuration(folder: Path) -> Config:
    """nbgrader's settings for the course in `folder`, and nobody's own."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.db_url = f"sqlite:///{folder / 'gradebook.db'}"
    return config


def api(config: Config) -> NbGraderAPI:
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
    """The course in the working folder: made from the solutions, with a gradebook of its own."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.folder = folder.resolve()
        self.source = source.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = (self.source / "nbgrader_config.py").read_text(encoding="utf-8")
        (self.folder / "nbgrader_config.py").write_text(settings + MORE, encoding="utf-8", newline="\n")
        self.config = configuration(self.folder)
        self.api = api(self.config)
        self.releases: dict[str, nbformat.NotebookNode] = {}

    def prepare(self, assignment: str) -> None:
        """Hand the assignment to nbgrader, which makes what was released, and knows its hidden tests."""
        solved = self.source / "solutions" / assignment / f"{assignment}.ipynb"
        own = self.folder / "solutions" / assignment / solved.name
        released = self.folder / "exercises" / assignment / solved.name
        if not (own.exists() and released.exists() and own.read_bytes() == solved.read_bytes()):
            own.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(solved, own)
            result = self.api.generate_assignment(assignment)
            if not result["success"]:
                own.unlink()
                raise CannotRun(f"nbgrader cannot make {assignment}:\n{result.get('error') or result.get('log')}")
        self.releases[assignment] = nbformat.read(released, as_version=4)

    def fingerprint(self, assignment: str, path: Path | None, odd: list[str]) -> str:
        """Another one means: grade again."""
        whole = hashlib.sha256((self.folder / "solutions" / assignment / f"{assignment}.ipynb").read_bytes())
        whole.update(path.read_bytes() if path else b"")
        whole.update(json.dumps(odd).encode())
        return whole.hexdigest()

    def gradebook(self) -> Gradebook:
        return Gradebook(self.config.CourseDirectory.db_url, self.config.CourseDirectory.course_id)

    def reset(self, student: str, assignment: str) -> None:
        """Take back what was graded before, so that no old points are left if grading fails. Points given by
        hand stay."""
        with self.gradebook() as book, warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # about the order in which nbgrader puts rows in
            book.update_or_create_student(student)
            submission = book.update_or_create_submission(assignment, student)
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    grade.auto_score = None
                    grade.needs_manual_grade = True
            book.db.commit()

    def score(self, student: str, assignment: str) -> Score:
        """What the gradebook says."""
        with self.gradebook() as book:
            submission = book.find_submission(assignment, student)
            by_hand = any(g.manual_score is not None for notebook in submission.notebooks for g in notebook.grades)
            return Score(submission.score, submission.max_score, by_hand)

    def grade(self, student: str, assignment: str, path: Path, limits: Limits) -> list[str]:
        """Grade one notebook. Returns what a person must look at; the points are in the gradebook."""
        self.reset(student, assignment)
        prepared = self.folder / "prepared" / student / assignment
        shutil.rmtree(prepared, ignore_errors=True)
        try:
            notebook, notes = mending.mended(mending.read(path), self.releases[assignment])
        except mending.Unreadable as error:
            return [f"{error}: ask for it again"]
        prepared.mkdir(parents=True)
        nbformat.write(notebook, prepared / f"{assignment}.ipynb")
        return notes + self.work(student, assignment, limits)

    def work(self, student: str, assignment: str, limits: Limits) -> list[str]:
        log = self.folder / "logs" / student / f"{assignment}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as folder:
            scratch = Path(folder).resolve()
            environment = own_environment(scratch, limits)
            said = scratch / "said"
            order = {
                "course": str(self.folder),
                "student": student,
                "assignment": assignment,
                "folder": str(scratch / "work"),
                "notes": environment["MINBPE_GRADING_NOTES"],
                "said": str(said),
                "cell": limits.cell or self.config.Execute.timeout,
                "seconds": limits.seconds,
            }
            (scratch / "order.json").write_text(json.dumps(order), encoding="utf-8")
            command = [sys.executable, "-m", "minbpe.lab.grading.worker", str(scratch / "order.json")]
            apart = (
                {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
                if sys.platform == "win32"
                else {"start_new_session": True}  # Ctrl C comes to us alone, and we put away what there is
            )
            with log.open("wb") as output:
                worker = subprocess.Popen(
                    command,
                    cwd=scratch,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    **apart,
                )
                try:
                    code = worker.wait(limits.seconds + GRACE)
                except subprocess.TimeoutExpired:
                    return [f"took more than {limits.seconds} s and was ended: not graded"]
                finally:
                    end_all(environment[MARK])
                    worker.wait()
            if code:
                return [f"could not be graded: see logs/{student}/{log.name}"]
            return said.read_text(encoding="utf-8").splitlines()

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

    def feedback(self, student: str, assignment: str) -> bool:
        """nbgrader's page for the learner, feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html."""
        return bool(self.api.generate_feedback(assignment, student)["success"])


class Limits:
    """What one submission may take: seconds for a cell (None: as nbgrader_config.py says) and for all, and bytes."""

    def __init__(self, cell: int | None = None, seconds: int = 600, memory: int = 2 << 30) -> None:
        self.cell, self.seconds, self.memory = cell, seconds, memory


def own_environment(scratch: Path, limits: Limits) -> dict[str, str]:
    """Nothing of the instructor's settings, and a home that is thrown away. The kernel named python3 is ours."""
    work = scratch / "work"
    kernel = scratch / "jupyter" / "kernels" / "python3"
    for each in (work / "runtime", kernel):
        each.mkdir(parents=True)
    notes = scratch / "notes"
    notes.touch()
    launch = [sys.executable, "-m", "minbpe.lab.grading.kernel", "-f", "{connection_file}", "--log-level=ERROR"]
    spec = {"argv": launch, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    environment.update(dict.fromkeys(OWN, str(work)))
    root = str(Path(__file__).resolve().parents[3])  # where `minbpe` is, installed or not
    environment.update(
        {
            "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
            "JUPYTER_NO_CONFIG": "1",
            "JUPYTER_CONFIG_DIR": str(scratch / "config"),
            "JUPYTER_PATH": str(scratch / "jupyter"),  # looked at before all other places
            "JUPYTER_DATA_DIR": str(scratch / "data"),
            "JUPYTER_RUNTIME_DIR": str(work / "runtime"),
            "MINBPE_PROGRESS": "",
            "MINBPE_GRADING_NOTES": str(notes),
            "MINBPE_GRADING_MEMORY": str(limits.memory),
            MARK: uuid.uuid4().hex,
        }
    )
    return environment


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
    try:
        return process.environ().get(MARK) == mark
    except (psutil.Error, OSError):  # somebody else's
        return False
