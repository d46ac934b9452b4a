"""Lecture mode: each notebook as slides, driven by the keyboard, with nothing clipped at 1280 × 720."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from harness import Notebook, serve_lab

from minbpe.lab import lecture

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(path.name for path in FOLDER.glob("*.ipynb"))
PROJECTOR = {"width": 1280, "height": 720}

# ids: of the cells of the slide that are 'visible', or 'onscreen', which includes those that are still to come.
# over: which of the latter reach over the edge of the screen, and by how many pixels.
SLIDE = """const cells = name => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.node.classList.contains(`jp-deck-mod-${name}`));
const ids = name => cells(name).map(cell => cell.model.id);
const over = () => {
    const found = {};
    for (const {node, model: {id}} of cells('onscreen')) {
        const {top, right, bottom} = node.getBoundingClientRect();
        const code = [...node.querySelectorAll('.cm-scroller')].filter(each => each.clientHeight);
        const wide = Math.max(0, ...code.map(each => each.scrollWidth - each.clientWidth));
        const most = Math.round(Math.max(-top, right - innerWidth, bottom - innerHeight, wide));
        if (most > 0) found[id] = most;
    }
    return found;
};"""
# All steps, by the deck's own command, as fast as it goes; each slide is measured once, when it is drawn.
WALK = f"""async ([direction, alternate]) => {{
    {SLIDE}
    const drawn = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const steps = [], wrong = {{}};
    for (let at = -1, on = ''; at !== notebook.activeCellIndex;) {{
        at = notebook.activeCellIndex;
        if (on !== (on = ids('onscreen').join())) {{
            await drawn();
            Object.assign(wrong, over());
        }}
        steps.push(ids('visible'));
        await window.jupyterapp.commands.execute('deck:go', {{direction, alternate}});
    }}
    return [steps, wrong];
}}"""


class Lecture(Notebook):
    """A notebook that is open in lecture mode."""

    def walk(self, direction="down", alternate="forward"):
        """Step to the end. Returns the ids of the cells that were seen at each step, and {id: pixels over the edge}."""
        return self.page.evaluate(WALK, [direction, alternate])

    def over(self):
        return self.page.evaluate(f"() => {{ {SLIDE} return over(); }}")

    def active(self):
        return self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCell.model.id")

    def go_to(self, cell):
        """Show the slide of a cell, by its id, as stepping there would."""
        self.page.evaluate(
            """id => {
                document.activeElement.blur();
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === id);
            }""",
            cell,
        )
        return self.page.locator(".jp-Cell.jp-mod-active")

    def press(self, key):
        """Press a key. Returns the id of the active cell once it has changed, or after half a second."""
        before = self.active()
        self.page.keyboard.press(key)
        for _ in range(25):
            if self.active() != before:
                break
            self.page.wait_for_timeout(20)
        return self.active()

    def close(self):
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()


@pytest.fixture(scope="module")
def lecture_room(chromium, tmp_path_factory):
    """A function that opens a notebook in lecture mode, with its cells run."""
    folder, state = tmp_path_factory.mktemp("lecture"), tmp_path_factory.mktemp("lab")
    for path in FOLDER.glob("*.ipynb"):
        shutil.copy(path, folder)
    with mock.patch.dict(os.environ, lecture.environment(state)), serve_lab(folder, state) as url:

        def opened(name, run=True):
            page = chromium.new_page(viewport=PROJECTOR)
            notebook = Lecture.open(page, url, name)
            page.wait_for_selector("body[data-jp-deck-mode=presenting] .jp-deck-mod-visible")
            page.set_default_timeout(60_000)
            if run:
                notebook.run_all()
            return notebook

        yield opened


@pytest.fixture(scope="module")
def merges(lecture_room):
    """03, which has a widget and much code, run."""
    notebook = lecture_room("03-merges.ipynb")
    yield notebook
    notebook.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_slide_fits_the_projector(lecture_room, name):
    notebook = lecture_room(name)
    notebook.go_to(notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets[0].model.id"))
    forth, over = notebook.walk()
    back, _ = notebook.walk("up", "back")
    notebook.close()
    assert not over, f"cells that reach over the edge of the slide, and by how many pixels: {over}"
    assert back == forth[::-1]
    # The deck does not reach each subslide, so there are none.
    cells = nbformat.read(FOLDER / name, as_version=4).cells
    shown = [cell.id for cell in cells if cell.metadata.slideshow.slide_type not in ("skip", "notes")]
    assert [seen[-1] for seen in forth] == shown


@pytest.mark.parametrize("forth, back", [("Space", "Shift+Space"), ("ArrowRight", "ArrowLeft"), ("PageDown", "PageUp")])
@pytest.mark.parametrize("click", [False, True], ids=["", "after a click on the slide"])
def test_keys_go_on_and_back(merges, forth, back, click):
    start = merges.go_to("merge-reuses")
    if click:
        start.locator(".jp-OutputArea").click()
    there = [merges.active(), *(merges.press(forth) for _ in range(8))]
    assert len(set(there)) == 9
    assert [merges.press(back) for _ in range(8)] == there[-2::-1]


def test_a_whole_notebook_by_the_keyboard(lecture_room):
    notebook = lecture_room("00-start-here.ipynb", run=False)
    steps = [notebook.active()]
    while (cell := notebook.press("Space")) != steps[-1]:
        steps.append(cell)
    notebook.close()
    cells = nbformat.read(FOLDER / "00-start-here.ipynb", as_version=4).cells
    assert steps[-1] == [cell.id for cell in cells if cell.metadata.slideshow.slide_type not in ("skip", "notes")][-1]


def test_a_widget_moves_by_mouse_and_keyboard_and_escape_gives_the_keys_back(merges):
    cell = merges.go_to("merge-scrubber")
    status = cell.locator(".mb-status")
    cell.get_by_role("button", name="One step forward").click()
    status.get_by_text("6 merges").wait_for()
    slider = cell.get_by_role("slider")
    slider.focus()
    merges.page.keyboard.press("ArrowRight")
    status.get_by_text("7 merges").wait_for()
    merges.page.keyboard.press("PageUp")
    status.get_by_text("17 merges").wait_for()
    assert not merges.over()
    assert merges.active() == "merge-scrubber"
    merges.page.keyboard.press("Escape")
    assert merges.press("ArrowRight") != "merge-scrubber"


def test_a_text_field_keeps_space_until_escape(merges):
    cell = merges.go_to("merge-scrubber")
    field = cell.get_by_role("textbox", name="Your sentence")
    field.click()
    merges.page.keyboard.type("the weight of the house")
    assert field.input_value() == "the weight of the house"
    assert merges.active() == "merge-scrubber"
    merges.page.keyboard.press("Escape")
    assert merges.press("Space") != "merge-scrubber"


def test_a_cell_is_edited_and_run_on_its_slide(merges):
    cell = merges.go_to("aaa-merged")
    merges.page.keyboard.press("Enter")  # the focus to the cell
    merges.page.locator(".jp-Cell.jp-mod-active:focus").wait_for()
    merges.page.keyboard.press("Enter")  # into its editor
    cell.locator(".cm-content:focus").wait_for()
    merges.page.keyboard.press("Control+A")
    merges.page.keyboard.type("1 + 1")
    merges.page.keyboard.press("Shift+Enter")
    cell.locator(".jp-OutputArea-output").get_by_text("2", exact=True).wait_for()
    assert merges.active() == "aaa-merged"
    assert merges.press("Space") != "aaa-merged"


def test_a_quiz_shows_a_question_at_a_time(merges):
    cell = merges.go_to("quiz")
    expected = cell.locator(".mb-ask")
    assert expected.count() == 1
    cell.get_by_role("button", name="Next question").click()
    expected.get_by_text("2.").wait_for()
    expected.get_by_role("button").first.click()
    expected.locator(".mb-why").wait_for()
    assert not merges.over()
