"""A class graded, from what was handed in to the table."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from tqdm import tqdm

from minbpe.lab.grading import mending, pool, sandbox
from minbpe.lab.grading.borrowed import borrowed
from minbpe.lab.grading.course import Course
from minbpe.lab.grading.exports import EXPORTS
from minbpe.lab.grading.pool import Key, Order, Result
from minbpe.lab.grading.results import POINTS, CannotRun, Results, Row, visible
from minbpe.lab.grading.slimming import with_few_outputs
from minbpe.lab.grading.submissions import Submission, submissions
from minbpe.lab.grading.table import points, table

OURS = (".lock", ".secret", ".DS_Store")  # files by which a folder is not full of other things
NOT_YET = "handed in, not graded yet"
NOT_CONTAINED = "Submissions are not contained: they run as you, and can read and write what you can."
CONTAIN_THEM = (
    "On Linux, install bubblewrap; where it is installed, --sandbox bwrap says why it does not work. "
    "See docs/grading.md."
)


def run(options: argparse.Namespace) -> int:
    """Grade what has changed, and show the table. Returns the exit code."""
    check_folders(options)
    assignments = sorted(path.parent.name for path in options.course.glob("solutions/*/*.ipynb"))
    if strange := set(options.export) - set(EXPORTS):
        raise CannotRun(f"there is no export {min(strange)}: there are {', '.join(EXPORTS)}")
    unknown = set(options.assignment) - set(assignments)
    if unknown:
        raise CannotRun(f"there is no assignment {min(unknown)}: there are {', '.join(assignments)}")
    # In full, for nbgrader goes to other folders meanwhile.
    options.course = options.course.resolve()
    found = submissions(options.submitted.resolve(), assignments, options.assignment)
    results = Results(options.graded.resolve())
    with results.locked():
        try:
            how = sandbox.choose(options.sandbox)
        except sandbox.NoSandbox as error:
            raise CannotRun(str(error)) from None
        if how.contained:
            check_not_seen(options)
        elif not options.cluster:
            print(f"{NOT_CONTAINED} {CONTAIN_THEM}")
        return Grading(options, found, results).run()


class Grading:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace, found: list[Submission], results: Results) -> None:
        self.options, self.results = options, results
        self.found = {(each.student, each.assignment): each for each in found}
        self.rows = results.load()
        self.course = Course(results.folder, options.course, results)
        names = {each.assignment for each in found if each.known}
        if self.course.is_new:
            names |= {row.assignment for row in self.rows.values()}
        for name in sorted(names):
            self.course.prepare(name)
        if self.course.is_new:
            self.refill()
        for sentence in results.set_aside:
            print(sentence)

    def refill(self) -> None:
        """Put into a new gradebook what is known."""
        for row in self.rows.values():
            self.course.record(row)
            for check, given in row.given.items():
                self.course.give(row.student, check, given)

    def run(self) -> int:
        """Grade, and show the table, also when it is stopped on the way."""
        self.give()
        fingerprints = {key: self.course.fingerprint(each) if each.known else "" for key, each in self.found.items()}
        due = [key for key in self.found if self.is_due(key, fingerprints[key])]
        try:
            self.grade(due, fingerprints)
            complaints = self.feedback() if self.options.feedback else []
        except BaseException:
            self.show(fingerprints)
            raise
        rows = self.show(fingerprints)
        for complaint in complaints:
            print(complaint)
        for name in self.options.export:
            print(f"For {name.capitalize()}: {self.course.export(EXPORTS[name])}")
        return 1 if complaints or any(row.look_at for row in rows) else 0

    def is_due(self, key: Key, fingerprint: str) -> bool:
        """Whether it must be graded."""
        row = self.rows.get(key)
        return self.options.again or row is None or row.fingerprint != fingerprint

    def give(self) -> None:
        """Points by hand."""
        for student, check, text in self.options.give:
            assignment = self.course.give(student, check, number(text))
            if row := self.rows.get((student, assignment)):
                row.look_at = []  # whoever gives points has looked
                row.given[check] = number(text)
                self.keep(row)

    # --- grading

    def grade(self, due: list[Key], fingerprints: dict[Key, str]) -> None:
        """Grade these, each as soon as a worker is free."""
        bar = tqdm(total=len(due), unit="notebook", disable=None, leave=False, smoothing=0.1)
        fresh = {key: self.new_row(key, fingerprints[key]) for key in due}
        with bar:
            orders = self.orders(fresh)
            if self.options.cluster:
                graded: Iterable[tuple[Key, Result]] = pool.on_a_cluster(orders, self.options.cluster)
            else:
                graded = pool.on_this_machine(orders, max(1, min(self.options.jobs, len(due))))
            for key, result in graded:
                self.keep_result(fresh[key], result)
                row = self.rows[key]
                bar.set_postfix_str(row.student[:20])
                if not bar.disable:
                    bar.write(
                        visible(f"{row.student}  {row.assignment}  {points(row)}  {'; '.join(row.look_at)}")[:200]
                    )
                bar.update()

    def new_row(self, key: Key, fingerprint: str) -> Row:
        """A line with nothing known but what was handed in."""
        each = self.found[key]
        row = Row(*key, look_at=list(each.odd), fingerprint=fingerprint, known=each.known)
        row.handed_in, row.secret = each.handed_in, each.secret
        if old := self.rows.get(key):
            row.given = old.given
        return row

    def orders(self, fresh: dict[Key, Row]) -> Iterator[tuple[Key, Order]]:
        """What workers are to do. What needs none is a result at once."""
        secret = self.results.secret()
        cell = self.options.cell or self.course.config.Execute.timeout
        for key, row in fresh.items():
            path = self.found[key].path
            order = {"cell": cell, "seconds": self.options.seconds, "memory": self.options.memory << 20}
            order |= {"sandbox": self.options.sandbox, "seed": f"{secret} {row.fingerprint}", "left_out": {}}
            order |= {"notebook": None, "checks": self.course.checks.get(row.assignment, {})}
            if path:
                release = self.course.releases[row.assignment]
                try:
                    notebook, said = mending.mended(mending.read(path), release)
                except mending.Unreadable as error:
                    row.look_at.append(f"{error}: ask for it again")
                except Exception as error:  # it costs this one its points, and nobody else anything
                    row.look_at.append(f"could not be prepared ({type(error).__name__}), not graded: look at it")
                else:
                    row.look_at += said + borrowed(notebook, release)
                    order["notebook"] = notebook
            yield key, order

    def keep_result(self, row: Row, result: Result) -> None:
        """Put a result where it belongs: on the disk first, then into the gradebook."""
        if "error" in result:
            row.look_at.append(self.explained(row, result["error"]))
            if "\n" in result["error"]:  # a fault of ours or of the machine's: the next run tries again
                row.fingerprint = ""
        row.look_at += result.get("said", [])
        row.sandbox = result.get("sandbox", "")
        row.graded = datetime.now(UTC).isoformat(timespec="seconds")
        if row.known:
            notebook = result.get("notebook")
            self.results.keep_notebook(row, notebook and with_few_outputs(notebook))
            if complaint := self.course.record(row):
                row.look_at.append(complaint)
            if row.given or self.course.score(*row.key).by_hand:
                row.look_at.append("has points given by hand before: do they still hold?")
        self.keep(row)

    def explained(self, row: Row, error: str) -> str:
        """An error as a sentence; a long one goes into a log."""
        if "\n" not in error:
            return error
        log = self.results.folder / "logs" / row.student / f"{row.assignment}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(error, encoding="utf-8")
        return f"could not be graded: see logs/{row.student}/{log.name}"

    def keep(self, row: Row) -> None:
        """Keep a line, with the points that the gradebook says."""
        if row.known:
            row.score, row.max_score, _ = self.course.score(*row.key)
            self.results.keep(row)
        self.rows[row.key] = row

    # --- what is shown

    def feedback(self) -> list[str]:
        """A page for each learner whose result is newer than the page. What went wrong."""
        complaints = []
        for row in self.rows.values():
            page = self.results.folder / "feedback" / row.student / row.assignment / f"{row.assignment}.html"
            result, run = self.results.path(*row.key), self.results.path(*row.key, ".ipynb")
            newer = not page.exists() or page.stat().st_mtime < result.stat().st_mtime if run.exists() else False
            if newer and (complaint := self.course.feedback(*row.key)):
                complaints.append(complaint.replace("\n", " ")[:300])
        return complaints

    def show(self, fingerprints: dict[Key, str]) -> list[Row]:
        """Write and print the table: a line for each student and assignment of which anything is known."""
        rows = dict(self.rows)
        for key in self.found:
            if (self.is_due(key, fingerprints[key]) and not self.options.again) or key not in rows:
                row = rows.get(key) or self.new_row(key, "")
                rows[key] = Row(**{**vars(row), "look_at": [*row.look_at, NOT_YET]})
        graded = [key for key in self.rows if rows[key].known and rows[key].graded]
        for key, score in self.course.scores(graded).items():  # points may have been given in nbgrader meanwhile
            rows[key].score, rows[key].max_score, _ = score
        lines = sorted(rows.values(), key=lambda row: row.key)
        self.results.write_tables(lines)
        print(table(lines, shutil.get_terminal_size().columns))
        to_look = sum(bool(row.look_at) for row in lines)
        number = sum(bool(row.graded) for row in lines)
        print(f"\n{number} graded, {to_look} to look at. The table as a file: {self.options.graded / POINTS}")
        if any(row.sandbox == "none" for row in lines):
            print(NOT_CONTAINED)
        return lines


def check_folders(options: argparse.Namespace) -> None:
    """CannotRun where a folder cannot be what it is said to be."""
    submitted, graded = options.submitted.resolve(), options.graded.resolve()
    if not submitted.is_dir():
        raise CannotRun(f"{options.submitted} is not a folder")
    if graded == submitted or submitted in graded.parents:
        raise CannotRun(f"{options.graded} lies in {options.submitted}, which is only read: name another place")
    if graded.exists() and not graded.is_dir():
        raise CannotRun(f"{options.graded} is not a folder")
    others = [path for path in graded.iterdir() if path.name not in OURS] if graded.is_dir() else []
    if others and not (graded / "nbgrader_config.py").exists():
        raise CannotRun(f"{options.graded} holds other things already: name an empty folder, or a new one")
    if not (options.course / "nbgrader_config.py").is_file() or not (options.course / "solutions").is_dir():
        raise CannotRun(f"{options.course} does not hold the course: solutions/ and nbgrader_config.py")
    if (graded / "solutions").resolve() == (options.course / "solutions").resolve():
        raise CannotRun(f"{options.graded} is the course itself: name another place")
    if min(options.cell or 1, options.seconds, options.memory, options.jobs) < 1:
        raise CannotRun("limits are whole numbers above 0")


def check_not_seen(options: argparse.Namespace) -> None:
    """CannotRun where what others handed in, or the results, lie in a folder that each submission reads."""
    for folder in (options.submitted, options.graded):
        for shown in sandbox.system_folders():
            if shown.resolve() in (folder.resolve(), *folder.resolve().parents):
                raise CannotRun(f"{folder} lies in {shown}, which every submission can read: name another place")


def number(text: str) -> float:
    """Points, as they were written."""
    try:
        return float(text)
    except ValueError:
        raise CannotRun(f"{text} is not a number of points") from None
