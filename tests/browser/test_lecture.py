"""Lecture mode: each notebook as slides, driven by the keyboard, with nothing clipped at 1280 × 720."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from harness import Notebook, serve_lab

from minbpe.lab import lecture

pytest.importorskip("jupyterlab_deck", reason='`pip install -e ".[classroom]"`')

NOTEBOOKS = sorted(Path(__file__).parents[2].joinpath("notebooks").glob("*.ipynb"))
PROJECTOR = {"width": 1280, "height": 720}


@pytest.fixture(scope="module")
def lecture_room(chromium, tmp_path_factory):
    """A function that opens a notebook in lecture mode, with its cells run."""
    folder, state = tmp_path_factory.mktemp("lecture"), tmp_path_factory.mktemp("lab")
    for path in NOTEBOOKS:
        shutil.copy(path, folder)
    lecture.write_settings(state / "settings")
    with serve_lab(folder, state) as url:

        def opened(name):
            page = chromium.new_page(viewport=PROJECTOR)
            notebook = Notebook.open(page, url, name)
            page.wait_for_selector("body[data-jp-deck-mode=presenting] .jp-deck-mod-visible")
            notebook.run_all()
            return notebook

        yield opened


# What is on the slide now: the ids of its cells, and how far they reach over its right and lower edge, in pixels.
ON_SLIDE = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    const shown = panel.content.widgets.filter(cell => cell.node.classList.contains('jp-deck-mod-visible'));
    const over = shown.map(cell => {
        const {right, bottom} = cell.node.getBoundingClientRect();
        return Math.max(right - innerWidth, bottom - innerHeight);
    });
    return {cells: shown.map(cell => cell.model.id), over: Math.round(Math.max(0, ...over))};
}"""


def walk(notebook, key):
    """Press `key` until nothing changes any more. Returns what each slide showed."""
    slides = [notebook.page.evaluate(ON_SLIDE)]
    while True:
        notebook.page.keyboard.press(key)
        before = slides[-1]["cells"]
        try:
            notebook.page.wait_for_function(f"before => ({ON_SLIDE})().cells.join() !== before", arg=",".join(before), timeout=1500)
        except Exception:
            return slides
        notebook.page.wait_for_timeout(150)  # the deck lays the cells out after it has chosen them
        slides.append(notebook.page.evaluate(ON_SLIDE))


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_every_slide_fits_the_projector(lecture_room, name):
    notebook = lecture_room(name)
    slides = walk(notebook, "Space")
    notebook.page.close()
    assert len(slides) > 10
    clipped = {slide["cells"][-1]: slide["over"] for slide in slides if slide["over"] > 0}
    assert not clipped, f"cells that reach below the slide, by how many pixels: {clipped}"
