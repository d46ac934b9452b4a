"""What is written in a notebook: it is whole with nothing written, with all of it written right, and with some wrong.

The one way to write a function that a notebook shows stands in the cell NAME-solution, folded away. It is put into
the stub's cell here, so what is shown passes its check, and all that follows gives what is stored. (nbval runs the
notebooks with nothing written.)
"""

import re

import pytest
from IPython.core.interactiveshell import InteractiveShell
from test_notebooks_robust import CELLS, FOLDER, Run, nbformat
from test_notebooks_robust import _in_the_folder_of_the_notebooks as _in_the_folder_of_the_notebooks

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


def run(cells):
    """{id: what it shows} after a run from top to bottom. AssertionError if a cell raises."""
    try:
        return Run(cells).shown
    finally:
        InteractiveShell.clear_instance()


@pytest.fixture(scope="module")
def unwritten():
    """A function: what the cells of a notebook show with nothing written. Each notebook runs once."""
    kept = {}
    return lambda name: kept[name] if name in kept else kept.setdefault(name, run(CELLS[name]))


def assert_the_same_but(name, shown, expected):
    for cell in CELLS[name]:
        if "nbval-ignore-output" not in cell.metadata.get("tags", []):
            assert shown[cell.id] == expected[cell.id], cell.id


@pytest.mark.parametrize("name", WRITTEN)
def test_with_nothing_written_it_says_that_the_courses_own_is_used(name, unwritten):
    for function, cell in stubs(name).items():
        assert unwritten(name)[cell.id].startswith(f"○ {function} is still to write.")


@pytest.mark.parametrize("name", WRITTEN)
def test_with_everything_written_as_shown_all_checks_pass_and_the_rest_is_the_same(name, unwritten):
    shown = run(with_bodies(name, {function: solution(name, function) for function in stubs(name)}))
    for function, cell in stubs(name).items():
        assert f"From here on, the notebook uses your {function}." in shown[cell.id], shown[cell.id]
    assert_the_same_but(name, shown, unwritten(name))


WRONG = {
    "03-merges.ipynb": {
        "merge": "def merge(ids, pair, idx):\n"
        "    return [idx if (a, b) == pair else a for a, b in zip(ids, [*ids[1:], None])]",
    }
}


@pytest.mark.parametrize("name", WRONG)
def test_with_a_wrong_function_the_check_says_so_and_the_rest_is_the_same(name, unwritten):
    shown = run(with_bodies(name, WRONG[name]))
    for function in WRONG[name]:
        text = shown[stubs(name)[function].id]
        assert f"✗ {function}: not right yet" in text
        assert f"the notebook goes on with the course's own {function}." in text
    assert_the_same_but(name, shown, unwritten(name))
