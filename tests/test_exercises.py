"""solutions/ solves the exercises, and exercises/ is made from it: blank, in step, and kind to run."""

import ast
import contextlib
import re
import textwrap
from pathlib import Path

import nbformat
import pytest
from checks import puzzles as programs
from make_exercises import make
from nbclient import NotebookClient

from minbpe.lab import check
from minbpe.lab.checks import CheckFailed, runner
from minbpe.lab.widgets.parsons import Parsons, shuffled

ROOT = Path(__file__).parent.parent
NAMES = [
    "01-bytes",
    "02-pairs",
    "03-merges",
    "04-encode-decode",
    "05-regex-splitting",
    "06-special-tokens",
    "07-gpt4-parity",
    "08-speed",
    "09-in-the-wild",
]
PUZZLE = re.compile(r"^puzzle-")
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", re.DOTALL)

each = pytest.mark.parametrize("name", NAMES)


def read(folder, name):
    return nbformat.read(ROOT / folder / name / f"{name}.ipynb", as_version=4)


def graded(notebook):
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def to_write(notebook):
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]


def solved_parts(cell):
    """The regions of a cell that nbgrader takes out, as lists of lines."""
    regions = re.findall(r"### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", cell.source, re.DOTALL)
    return [[line.strip() for line in region.splitlines()] for region in regions]


def printed(cell):
    return "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout")


def errors(cell):
    return [out for out in cell.outputs if out.output_type == "error"]


def run_blank(name):
    """The blank notebook as it is after Run All. An error in a cell that may not have one is raised."""
    notebook = read("exercises", name)
    resources = {"metadata": {"path": str(ROOT / "exercises" / name)}}
    NotebookClient(notebook, resources=resources, kernel_name="python3", timeout=120).execute()
    return notebook


# --- exercises/ is made from solutions/


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exercises")
    make(folder)
    return folder


@pytest.mark.slow
def test_there_is_a_solution_and_a_blank_notebook_for_each_notebook_of_the_course(made):
    for folder in [ROOT / "solutions", ROOT / "exercises", made]:
        assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb")) == [
            f"{name}/{name}.ipynb" for name in NAMES
        ]


@pytest.mark.slow
@each
def test_exercises_are_in_step_with_solutions(name, made):
    stored = (ROOT / "exercises" / name / f"{name}.ipynb").read_bytes()
    again = (made / name / f"{name}.ipynb").read_bytes()
    assert stored == again, "run: python tools/make_exercises.py"


@pytest.mark.slow
def test_making_them_leaves_nothing_else_behind(made):
    assert not [path for path in made.rglob("*") if path.is_file() and path.suffix != ".ipynb"]
    assert not list(ROOT.glob("*.db"))


# --- what they are made of


def test_every_exercise_of_the_course_is_set_in_its_notebook():
    for exercise in check.exercises():
        if exercise.asked_in == "exercises":
            cells = graded(read("solutions", exercise.notebook))
        else:
            cells = nbformat.read(ROOT / "notebooks" / f"{exercise.notebook}.ipynb", as_version=4).cells
        asked = re.compile(rf'check(ed)?\("{exercise.name}", {exercise.name}\)')
        assert any(asked.search(cell.source) for cell in cells), exercise.name


def written_in(notebook):
    """Every function and class that stands in a notebook, in its cells and in its folded text, made anew."""
    cells = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    sources += [code for cell in cells for code in re.findall(r"```python\n(.*?)```", cell.source, re.DOTALL)]
    names = {}
    for source in sources:
        with contextlib.suppress(SyntaxError):  # a line for IPython, or a piece of a program
            for node in ast.parse(source).body:
                if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
                    with contextlib.suppress(Exception):
                        exec(compile(ast.Module([node], []), notebook, "exec"), names)
    return [each for each in names.values() if getattr(each, "__module__", None) == "builtins"]


@each
def test_nothing_that_stands_in_a_notebook_passes_an_exercise_that_follows_it(name, monkeypatch):
    monkeypatch.setattr(runner, "SECONDS", 0.5)
    asked = [each for each in check.exercises() if each.notebook == name and each.asked_in == "exercises"]
    passed = []
    for exercise in asked:
        for answer in written_in(name):
            with contextlib.suppress(CheckFailed):
                check(exercise.name, answer)
                passed.append((exercise.name, answer.__name__))
    assert not passed


def test_grade_ids_are_unique_in_the_whole_course():
    cells = [cell for name in NAMES for cell in read("solutions", name).cells if "nbgrader" in cell.metadata]
    ids = [cell.metadata.nbgrader.grade_id for cell in cells]
    assert len(set(ids)) == len(ids)


@each
def test_its_cells_have_ids_that_speak_and_are_the_same_in_both(name):
    ids = [cell.id for cell in read("solutions", name).cells]
    assert ids == [cell.id for cell in read("exercises", name).cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each) and len(each) <= 64 for each in ids)


@each
def test_its_checks_are_worth_points_and_are_locked_visible_and_tried_again_with_chance(name):
    for cell in graded(read("solutions", name)):
        assert cell.metadata.nbgrader.points > 0
        assert cell.metadata.nbgrader.locked
        assert "raises-exception" in cell.metadata.tags  # so that Run All goes on
        assert HIDDEN.search(cell.source)
        assert "randbits" in cell.source
    for cell in graded(read("exercises", name)):
        assert re.fullmatch(r'check\("(\w+)", (\w+)\)', cell.source.strip())


@each
def test_each_exercise_says_what_it_asks_and_has_hints_that_unfold_one_at_a_time(name):
    cells = {cell.id: cell for cell in read("exercises", name).cells}
    for key in [key for key in cells if key.startswith("write-")]:
        exercise = key.removeprefix("write-")
        assert re.search(r"[●○]{3} · about \d+ minutes", cells[f"about-{exercise}"].source)
        hints = cells[f"hints-{exercise}"].source
        first, *more = re.findall(r"<summary>Hint (\d)</summary>", hints)
        assert first == "1"
        # Each hint holds the next, which shows only when it is open.
        before_the_last = hints[: hints.index(f"Hint {more[-1]}")] if more else hints
        assert before_the_last.count("</details>") == 0 or not more
        assert hints.count("<details>") == hints.count("</details>")


@each
def test_it_begins_with_a_link_to_its_notebook_and_ends_with_one_stretch_exercise(name):
    notebook = read("exercises", name)
    assert f"(../../notebooks/{name}.ipynb)" in notebook.cells[0].source
    abouts = [cell.source for cell in notebook.cells if cell.id.startswith("about-")]
    assert [about.startswith("## Stretch") for about in abouts] == [False] * (len(abouts) - 1) + [True]


@each
def test_its_links_lead_to_files_that_exist(name):
    for cell in read("exercises", name).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\((\.[^)#]+)", cell.source):
                assert (ROOT / "exercises" / name / target).resolve().exists(), target


@each
def test_its_code_for_trying_in_the_text_is_python(name):
    for cell in read("exercises", name).cells:
        for block in re.findall(r"```python\n(.*?)```", cell.source, re.DOTALL):
            ast.parse(block)


# --- nothing of a solution is left in a blank notebook


@each
def test_no_solution_is_left_in_it(name):
    blank = read("exercises", name)
    own = [cell for cell in blank.cells if not PUZZLE.match(cell.id)]  # a puzzle holds the lines, out of order
    text = "\n".join(line.strip() for cell in own for line in cell.source.splitlines())
    assert "SOLUTION" not in text
    assert "HIDDEN" not in text
    for cell in to_write(read("solutions", name)):
        for region in solved_parts(cell):
            assert "\n".join(region) not in text, cell.id
    assert not [cell for cell in blank.cells if cell.get("outputs") or cell.get("execution_count")]


@each
def test_what_is_to_be_written_is_a_comment_and_an_error(name):
    for solution, blank in zip(to_write(read("solutions", name)), to_write(read("exercises", name)), strict=True):
        stubs = re.findall(r"# Your code here.*\n *raise NotImplementedError\b", blank.source)
        assert len(stubs) == len(solved_parts(solution)) > 0


# --- the README


def test_the_failure_in_the_readme_is_what_check_says():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Exercises\n(.*?)^## ", readme, re.DOTALL | re.MULTILINE)[1]
    before, shown, _ = re.split(r"^```(?:text)?\n", section, flags=re.MULTILINE)
    names = {}
    exec(textwrap.dedent("\n".join(re.findall(r"^    .*", before, re.MULTILINE))), names)
    call = re.search(r"`(check\(.*?\))`", before)[1]
    with pytest.raises(CheckFailed) as failed:
        eval(call, {"check": check, **names})
    assert shown.rstrip("\n") == str(failed.value)


# --- the puzzles


def puzzles(folder):
    for name in NAMES:
        for cell in read(folder, name).cells:
            if PUZZLE.match(cell.id):
                yield pytest.param(name, cell, id=cell.id)


def test_there_is_one_puzzle_in_each_notebook():
    assert [param.values[0] for param in puzzles("solutions")] == NAMES


@pytest.mark.parametrize("name, cell", list(puzzles("exercises")))
def test_the_source_of_a_puzzle_does_not_say_its_order(name, cell):
    lines = eval(cell.source, {"Parsons": lambda lines, *args, **named: list(lines)})
    assert lines == sorted(lines)
    assert shuffled(lines) != lines
    assert cell.metadata.jupyter.source_hidden


# The functions of the puzzles, as the notebooks build them: a puzzle asks for what was written there, from memory.
PROGRAMS = [value.strip() for value in vars(programs).values() if isinstance(value, str) and value.startswith("\ndef ")]


@pytest.mark.parametrize("name, cell", list(puzzles("exercises")))
def test_a_puzzle_is_solved_by_the_function_of_its_notebook(name, cell):
    puzzle = eval(cell.source, {"Parsons": Parsons})
    (program,) = [each for each in PROGRAMS if each.startswith(f"def {puzzle.name}(")]
    puzzle.arrange(program)
    assert len(puzzle.program) < len(puzzle.lines), "no line is too many"
    assert puzzle.check(), puzzle.verdict


# --- running them


@each
def test_the_stored_solution_has_full_marks_hidden_tests_included(name):
    notebook = read("solutions", name)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    for cell in graded(notebook):
        # nbgrader gives no points where there is an error, or anything on stderr.
        assert {out.output_type for out in cell.outputs} == {"stream"}, cell.outputs
        assert {out.name for out in cell.outputs} == {"stdout"}, cell.outputs
        assert len(re.findall("^✓ ", printed(cell), re.MULTILINE)) == 2  # the check, and the hidden test


@pytest.mark.slow
@each
def test_a_blank_notebook_runs_to_its_end_and_says_what_is_not_done(name):
    notebook = run_blank(name)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    checks = {cell.id for cell in graded(notebook)}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.id not in checks:
            assert not errors(cell), cell.id
    for cell in graded(notebook):
        (error,) = errors(cell)
        assert error.ename == "CheckFailed"
        shown = "\n".join(error.traceback)
        assert "is not done yet" in shown
        assert "Traceback" not in shown


# --- the hidden tests cannot be talked out of it


def test_a_check_that_was_replaced_does_not_help():
    (cell,) = [cell for cell in graded(read("solutions", "03-merges")) if cell.id == "check-unmerge"]
    with pytest.raises(CheckFailed):
        exec(cell.source, {"check": lambda *args: None, "unmerge": lambda ids, pair, idx: [9]})


def test_an_answer_that_knows_only_the_fixed_cases_fails(capsys):
    from minbpe.lab.checks import EXERCISES

    exercise = EXERCISES["unmerge"]
    known = {repr(args): exercise.reference(*args) for args in exercise.cases}
    (cell,) = [cell for cell in graded(read("solutions", "03-merges")) if cell.id == "check-unmerge"]
    with pytest.raises(CheckFailed):
        exec(cell.source, {"check": lambda *args: None, "unmerge": lambda *args: known.get(repr(args), [])})
