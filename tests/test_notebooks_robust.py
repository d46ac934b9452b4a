"""A notebook stands what a learner does to it: cells run again, out of order, with a text of the learner's own, and
with its functions written, right or wrong.

The cells run in IPython, as in a kernel, but in this process: kernels of their own would take several times as long.
(nbval runs the notebooks in kernels, with nothing written, and holds what they show to what is stored; so here what is
stored stands for that run.)
"""

import ast
import random
import re
import time
import warnings
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from IPython.utils.capture import capture_output

from minbpe import corpora

FOLDER = Path(__file__).parent.parent / "notebooks"
CELLS = {
    path.name: [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    for path in sorted(FOLDER.glob("*.ipynb"))
}
PATIENCE = 20  # seconds for a cell, on a busy machine; on a quiet one none takes more than two

# What a learner might put in.
TEXTS = {
    "nothing": "",
    "one character": "a",
    "one sign of many bytes": "👩🏾‍🚒",
    "a space": " ",
    "Arabic": "في البدء كانت الكلمة، ثم جاءت البايتات. " * 5,
    "Thai": "สวัสดีครับ ภาษาไทยเขียนไม่เว้นวรรค " * 5,
    "emoji": "😀👍🏽👨‍👩‍👧‍👦🇩🇪" * 30,
    "code": corpora.load("python")[:3000],
    "markup": "<script>alert('&amp;')</script><|endoftext|> $x^2$ `code` \\n %s {0} </div>" * 5,
    "control characters": "".join(map(chr, [*range(32), *range(127, 160), 0x200E, 0x202E, 0xFEFF, 0xFFFF])),
    "200 KB of English": (corpora.load("english") * 20)[:200_000],
    "200 KB of one letter": "a" * 200_000,
    "200 KB of Thai": "สวัสดีครับ ภาษาไทยเขียนไม่เว้นวรรค " * 2000,
}


# --- functions that are written in the notebook
#
# The one way to write a function that a notebook shows stands in the cell NAME-solution, folded away. It is put into
# the stub's cell here, so what is shown passes its check, and all that follows gives what is stored.

STUB = re.compile(r"^(\w+) = checked\(\"(\w+)\", \1\)$", flags=re.MULTILINE)
SOLUTIONS = {
    name: {cell.id: cell.source for cell in nbformat.read(FOLDER / name, as_version=4).cells} for name in CELLS
}


def stubs(name):
    """{name of the function: its cell}."""
    found = {}
    for cell in CELLS[name]:
        if "yours" in cell.metadata.get("tags", []):
            (match,) = STUB.finditer(cell.source)
            assert cell.source.endswith(match[0]), f"cell {cell.id} ends with the call of checked"
            found[match[1]] = cell
    return found


WRITTEN = [name for name in CELLS if stubs(name)]


def solution(name, function):
    """The code that the notebook shows, folded away."""
    source = SOLUTIONS[name][f"{function.lower().replace('_', '-')}-solution"]
    return re.search(r"```python\n(.*?)\n```", source, flags=re.DOTALL)[1]


def with_bodies(name, bodies):
    """The cells of the notebook, with these functions written: {function: source}."""
    cells = []
    for cell in CELLS[name]:
        function = next((each for each, stub in stubs(name).items() if stub is cell), None)
        if function in bodies:
            call = STUB.search(cell.source)[0]
            cell = nbformat.from_dict({**cell, "source": f"{bodies[function]}\n\n\n{call}"})
        cells.append(cell)
    return cells


def stored(cell):
    """What a cell showed in the run that is stored, as text: what was printed, the result, what was displayed."""
    printed = [output.text for output in cell.outputs if output.output_type == "stream"]
    results, displayed = (
        [output.data.get("text/plain", "") for output in cell.outputs if output.output_type == kind]
        for kind in ("execute_result", "display_data")
    )
    return "\n".join(["".join(printed + results).rstrip(), *displayed])


def is_compared(cell):
    """Whether nbval compares its output. Not where a function is written, for what is said there depends on it."""
    return "nbval-ignore-output" not in cell.metadata.get("tags", [])


class Run:
    """A notebook whose cells have run from top to bottom in a new kernel, with these functions written, and what each
    of them showed."""

    def __init__(self, name, bodies):
        InteractiveShell.clear_instance()
        self.name = name
        self.cells = with_bodies(name, bodies)
        self.shell = InteractiveShell.instance()
        self.shown = {cell.id: self.again(cell) for cell in self.cells}

    def execute(self, source):
        """What the source prints and displays, as text, and the error that it ends with, or None."""
        with capture_output() as captured, warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", UserWarning)  # as a new cell shows each of them
            result = self.shell.run_cell(source)
        printed = re.sub(r"^Out\[\d*\]: \n?", "", captured.stdout, flags=re.MULTILINE)  # outside of a kernel it says so
        shown = [printed.rstrip(), *(output.data.get("text/plain", "") for output in captured.outputs)]
        shown += [str(each.message) for each in warned]
        return "\n".join(shown), result.error_before_exec or result.error_in_exec

    def again(self, cell):
        shown, error = self.execute(cell.source)
        assert error is None, f"cell {cell.id}: {error!r}"
        return shown

    def assert_the_same_again(self, cells):
        for cell in cells:
            shown = self.again(cell)
            if is_compared(cell):
                assert shown == self.shown[cell.id], cell.id

    def assert_what_is_stored(self):
        for cell in filter(is_compared, self.cells):
            assert self.shown[cell.id] == stored(cell), cell.id


@pytest.fixture(scope="module", autouse=True)
def _in_the_folder_of_the_notebooks():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(FOLDER)
        patch.setenv("MPLBACKEND", "agg")
        yield
    InteractiveShell.clear_instance()


@pytest.fixture(scope="module", params=CELLS)
def run(request, _in_the_folder_of_the_notebooks):
    """Each notebook, with everything written as it is shown there."""
    name = request.param
    return Run(name, {function: solution(name, function) for function in stubs(name)})


# 08 measures, and takes its time.
@pytest.fixture(scope="module", params=[pytest.param(n, marks=pytest.mark.long) if "08" in n else n for n in CELLS])
def blank(request, _in_the_folder_of_the_notebooks):
    """Each notebook, with nothing written."""
    return Run(request.param, {})


@pytest.mark.parametrize("run", WRITTEN, indirect=True)
def test_with_everything_written_as_shown_all_checks_pass_and_the_rest_is_the_same(run):
    for function, cell in stubs(run.name).items():
        assert f"From here on, the notebook uses your {function}." in run.shown[cell.id], run.shown[cell.id]
    run.assert_what_is_stored()


@pytest.mark.parametrize("run", WRITTEN, indirect=True)
def test_with_nothing_written_it_says_that_the_courses_own_is_used(run):
    for function, cell in stubs(run.name).items():
        assert stored(cell).startswith(f"○ {function} is still to write.")
        assert run.again(cell) == stored(cell)  # what was written is taken back
        run.again(next(each for each in run.cells if each.id == cell.id))


def test_cells_run_again_show_the_same(blank):
    """From the last to the first, so that each meets the names as the cells below it left them."""
    blank.assert_the_same_again(blank.cells[::-1])


@pytest.mark.long
def test_cells_run_again_in_any_order_show_the_same(blank):
    blank.assert_the_same_again(blank.cells)
    for seed in range(5):
        blank.assert_the_same_again(random.Random(seed).sample(blank.cells, len(blank.cells)))


@pytest.mark.parametrize("name", CELLS)
def test_after_a_fresh_start_a_cell_runs_or_misses_a_name(name):
    for cell in CELLS[name]:
        with suppress(NameError):  # it says which name is missing; anything else would be odd
            exec(compile(cell.source, cell.id, "exec"), {"display": display})


# --- a text of the learner's own


def is_text(node):
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return ast.unparse(node).startswith(("corpora.load(", "story"))


def with_own_text(source, text):
    """The source of a cell, `text` in the place of each text that has a name there, or else that a widget gets."""
    tree = ast.parse(source)
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and is_text(node.value)]
    for node in assigned:
        node.value = ast.Constant(text)
    if not assigned:
        arguments = tree.body[-1].value.args
        place = [is_text(argument) for argument in arguments].index(True)
        arguments[place] = ast.Constant(text)
    return ast.unparse(tree)


def own_cells(cells):
    """The cells that invite a text. A tree of merges is drawn for an id."""
    marked = [cell for cell in cells if "your-own" in cell.metadata.get("tags", [])]
    return [cell for cell in marked if "MergeTree(" not in cell.source]


def test_each_notebook_has_cells_for_a_text_of_ones_own():
    assert all(own_cells(cells) for cells in CELLS.values())


def test_a_text_of_the_learners_own(run):
    for cell in own_cells(run.cells):
        for what, text in TEXTS.items():
            start = time.monotonic()
            shown, error = run.execute(with_own_text(cell.source, text))
            assert error is None, f"cell {cell.id} with {what}: {error!r}"
            assert shown.strip(), f"cell {cell.id} with {what} shows nothing"
            assert len(shown) < 20_000, f"cell {cell.id} with {what} floods the page: {len(shown):,} characters"
            assert time.monotonic() - start < PATIENCE, f"cell {cell.id} with {what}"


WRONG = {
    "03-merges.ipynb": {
        "merge": "def merge(ids, pair, idx):\n"
        "    return [idx if (a, b) == pair else a for a, b in zip(ids, [*ids[1:], None])]",
    }
}


@pytest.mark.parametrize("name", WRONG)  # last, for it begins a new kernel
def test_with_a_wrong_function_the_check_says_so_and_the_rest_is_the_same(name):
    run = Run(name, WRONG[name])
    for function in WRONG[name]:
        text = run.shown[stubs(name)[function].id]
        assert f"✗ {function}: not right yet" in text
        assert f"the notebook goes on with the course's own {function}." in text
    run.assert_what_is_stored()
