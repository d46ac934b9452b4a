"""A notebook stands what a learner does to it: cells run again, out of order, or with a text of the learner's own.

The cells run in IPython, as in a kernel, but in this process: kernels of their own would take several times as long.
"""

import ast
import random
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


class Run:
    """A notebook whose cells have run from top to bottom, and what each of them showed."""

    def __init__(self, cells):
        self.cells = cells
        self.shell = InteractiveShell.instance()
        self.shown = {cell.id: self.again(cell) for cell in self.cells}

    def execute(self, source):
        """What the source prints and displays, as text, and the error that it ends with, or None."""
        with capture_output() as captured, warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", UserWarning)  # as a new cell shows each of them
            result = self.shell.run_cell(source)
        shown = [captured.stdout, *(output.data.get("text/plain", "") for output in captured.outputs)]
        shown += [str(each.message) for each in warned]
        return "\n".join(shown), result.error_before_exec or result.error_in_exec

    def again(self, cell):
        shown, error = self.execute(cell.source)
        assert error is None, f"cell {cell.id}: {error!r}"
        return shown

    def assert_the_same_again(self, cells):
        for cell in cells:
            shown = self.again(cell)
            if "nbval-ignore-output" not in cell.metadata.get("tags", []):
                assert shown == self.shown[cell.id], cell.id


@pytest.fixture(scope="module", autouse=True)
def _in_the_folder_of_the_notebooks():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(FOLDER)
        patch.setenv("MPLBACKEND", "agg")
        yield


@pytest.fixture(scope="module", params=CELLS)
def run(request, _in_the_folder_of_the_notebooks):
    yield Run(CELLS[request.param])
    InteractiveShell.clear_instance()


def test_cells_run_again_show_the_same(run):
    """From the last to the first, so that each meets the names as the cells below it left them."""
    run.assert_the_same_again(run.cells[::-1])


@pytest.mark.long
def test_cells_run_again_in_any_order_show_the_same(run):
    run.assert_the_same_again(run.cells)
    for seed in range(5):
        run.assert_the_same_again(random.Random(seed).sample(run.cells, len(run.cells)))


@pytest.mark.parametrize("name", CELLS)
def test_after_a_fresh_start_a_cell_runs_or_misses_a_name(name):
    for cell in CELLS[name]:
        with suppress(NameError):  # it says which name is missing; anything else would be odd
            exec(compile(cell.source, cell.id, "exec"), {"display": display})


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
