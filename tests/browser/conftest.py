"""The browser, the JupyterLab and the notebook with every widget: started once, used by all browser tests."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from gallery import BEGIN, WIDGETS, cell_of, write_notebook
from harness import VIEWPORT, Missing, Notebook, launch_chromium, serve_lab, serve_voila


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """A test that comes to what is not installed here is left out, and says what is missing."""
    try:
        return (yield)
    except Missing as missing:
        pytest.skip(str(missing))


class Lab(NamedTuple):
    url: str
    folder: Path


@pytest.fixture(scope="session")
def chromium():
    try:
        with launch_chromium() as browser:
            yield browser
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def new_page(chromium):
    """A function that opens a page. All share one cache, so JupyterLab's scripts are read and compiled once."""
    context = chromium.new_context(viewport=VIEWPORT)
    yield context.new_page
    context.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A running JupyterLab: its URL, and the folder of its notebooks."""
    folder, state = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("lab")
    with serve_lab(folder, state) as url:
        yield Lab(url, folder)


@pytest.fixture(scope="session")
def open_notebook(new_page, lab):
    """A function that opens a notebook with the given cells in JupyterLab, runs them, and returns the Notebook."""

    def opened(name, *sources):
        write_notebook(lab.folder / f"{name}.ipynb", *sources)
        page = new_page()
        notebook = Notebook.open(page, lab.url, f"{name}.ipynb")
        notebook.run_all()
        return notebook

    return opened


@pytest.fixture(scope="session")
def notebook(open_notebook):
    """The notebook with every widget, run."""
    opened = open_notebook("widgets", BEGIN, *map(cell_of, WIDGETS))
    for name in WIDGETS:
        opened.page.locator(f".test-{name} .mb-stage > :not([data-part=style])").first.wait_for()
    return opened


@pytest.fixture
def element(notebook):
    """A function that gives the element of a widget, by its name in WIDGETS."""

    def found(name):
        widget = notebook.page.locator(f".test-{name}")
        widget.scroll_into_view_if_needed()
        return widget

    return found


@pytest.fixture
def voila(chromium, tmp_path):
    """A function that opens a notebook with the given cells in Voilà, and returns the page."""
    path = tmp_path / "app.ipynb"
    with ExitStack() as stack:
        page = chromium.new_page(viewport=VIEWPORT)
        stack.callback(page.close)

        def opened(*sources):
            write_notebook(path, *sources)
            url = stack.enter_context(serve_voila(path, tmp_path))
            page.goto(url, timeout=60_000)
            return page

        yield opened
