"""The notebooks that the build of the site makes for places where the course is not installed."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

ROOT = Path(__file__).parents[1]


@pytest.fixture
def elsewhere(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "website"))
    import elsewhere

    return elsewhere


@pytest.mark.parametrize("missing", [True, False])
def test_the_first_cell_installs_the_course_only_where_it_is_missing(elsewhere, monkeypatch, missing):
    shell = InteractiveShell()
    asked = []
    shell.register_magic_function(asked.append, magic_name="pip")
    if missing:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    shell.run_cell(elsewhere.SET_UP.format(repository="someone/course")).raise_error()
    assert asked == (['install --quiet "git+https://github.com/someone/course"'] if missing else [])


def test_each_notebook_and_each_exercise_gets_that_cell_and_stays_as_it_is(elsewhere, tmp_path):
    elsewhere.build_elsewhere(tmp_path, "someone/course")
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.ipynb"))
    assert made == sorted(
        path.relative_to(ROOT) for path in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")]
    )
    for path in made:
        notebook, before = (nbformat.read(folder / path, as_version=4) for folder in (tmp_path, ROOT))
        nbformat.validate(notebook)
        assert "someone/course" in notebook.cells[0].source
        assert notebook.cells[1:] == before.cells
