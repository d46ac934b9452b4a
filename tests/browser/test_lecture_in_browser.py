"""Lecture mode: whole notebooks given by keys alone. No command, no script moves a slide here; only the checks look."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from harness import AXE, Notebook, audit, serve_lab

from minbpe.lab.lecture import server
from minbpe.lab.lecture.slides import blocks, read_deck

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(path.name for path in FOLDER.glob("*.ipynb"))
PROJECTOR, FULL_HD, LARGE = (1280, 720), (1920, 1080), (2560, 1440)
SMALLEST = 14  # pixels of a letter, on a screen of 720; and in proportion on others
FIT = 0.93  # how much smaller than planned a slide with text and code may be: letters of 24 and 20 pixels

# What is wrong with the slide on the screen: what is cut off, and letters that are too small.
WRONG = """() => {
    const wrong = [];
    const whole = Math.min(innerWidth / 1280, innerHeight / 720);
    for (const cell of document.querySelectorAll('.jp-Cell.ms-on')) {
        const {right, bottom} = cell.getBoundingClientRect();
        if (right > innerWidth + 1 || bottom > innerHeight + 1) wrong.push(`cut off at ${right}, ${bottom}`);
        for (const box of cell.querySelectorAll('.cm-scroller, .jp-OutputArea-output'))
            if (box.clientWidth && box.scrollWidth > box.clientWidth + 1) wrong.push(`too wide: ${box.textContent}`);
        const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const {data, parentElement: element} = texts.currentNode;
            if (!data.trim() || element.closest('style, svg, .cm-announced')) continue;
            const {width, height} = element.getBoundingClientRect();
            if (width < 2 || height < 2 || !element.checkVisibility({visibilityProperty: true})) continue;
            const size = parseFloat(getComputedStyle(element).fontSize) * element.currentCSSZoom / whole;
            if (size < SMALLEST) wrong.push(`${size.toFixed(1)} px: ${data.trim()}`);
        }
    }
    const fit = Number(document.body.dataset.fit);
    if (fit < FIT && !document.querySelector('.jp-Cell.ms-on .mb-lab')) wrong.push(`${fit} of the size of letters`);
    return wrong;
}""".replace("SMALLEST", str(SMALLEST)).replace("FIT", str(FIT))


class Lecture(Notebook):
    """A notebook that is open in lecture mode."""

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def slide(self):
        """The number of the slide on the screen."""
        return int(self.page.locator(".ms-bar").inner_text().split("/")[0])

    def seen(self):
        """The slide, and the ids of the cells that are seen on it."""
        return self.page.evaluate(
            """() => [document.querySelector('.ms-bar').textContent,
                ...window.jupyterapp.shell.currentWidget.content.widgets
                    .filter(({node}) => node.matches('.ms-on:not(.ms-later)'))
                    .map(({model, node}) => model.id + (node.matches('.ms-later-output') ? ' asks' : ''))]"""
        )

    def cells(self):
        """What no key may change: which cells there are, in which order, and their source."""
        return self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
                .map(({model}) => [model.id, model.type, model.sharedModel.getSource()])"""
        )

    def go_to(self, number):
        self.press(*str(number), "Enter")
        assert self.slide == number

    def run_all_by_key(self):
        self.press("Control+Shift+Enter")
        self.page.get_by_text("All cells have run.").wait_for(timeout=120_000)
        self.assert_quiet()

    def walk(self, key):
        """Press a key until nothing changes. Returns what was seen at each step."""
        steps = [self.seen()]
        while True:
            self.press(key)
            if (now := self.seen()) == steps[-1]:
                return steps
            steps.append(now)

    def close(self):
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.context.close()


@pytest.fixture(scope="module")
def room(chromium, tmp_path_factory):
    """A function that opens a notebook in lecture mode."""
    folder, state = tmp_path_factory.mktemp("lecture"), tmp_path_factory.mktemp("lab")
    for path in FOLDER.glob("*.ipynb"):
        shutil.copy(path, folder)
    with mock.patch.dict(os.environ, server.environment(state)), serve_lab(folder, state, *server.OPTIONS) as url:

        def opened(name, size=PROJECTOR, start=0):
            server.write_settings(state / "settings", start)
            page = chromium.new_context(viewport=dict(zip(("width", "height"), size, strict=True))).new_page()
            notebook = Lecture.open(page, url, name)
            page.locator(".ms-show .ms-on").first.wait_for(timeout=60_000)
            return notebook

        yield opened


@pytest.fixture(scope="module")
def merges(room):
    """03, which has a widget and much code, run."""
    notebook = room("03-merges.ipynb")
    notebook.run_all_by_key()
    yield notebook
    notebook.close()


@pytest.fixture
def begun(merges):
    """The same at its first slide, with nothing open."""
    merges.press("Escape", "Home")
    return merges


def number_of(name, cell):
    """The number of the slide with a cell."""
    deck = read_deck(nbformat.read(FOLDER / name, as_version=4))
    return 1 + next(place for place, slide in enumerate(deck) if cell in [each.id for each, _ in slide.cells])


# --- a whole lecture

long = pytest.mark.long
WHOLE = [
    pytest.param("00-start-here.ipynb", PROJECTOR),
    *(pytest.param(name, PROJECTOR, marks=long) for name in NOTEBOOKS[1:]),
    *(
        pytest.param(name, size, marks=long)
        for name in ("00-start-here.ipynb", "03-merges.ipynb", "05-regex-splitting.ipynb")
        for size in (FULL_HD, LARGE)
    ),
]


@pytest.mark.parametrize("name, size", WHOLE)
def test_a_whole_notebook_is_given_by_keys_and_every_slide_can_be_read(room, name, size):
    notebook = room(name, size)
    before = notebook.cells()
    notebook.press("Space", "Space")
    place = notebook.seen()
    notebook.run_all_by_key()
    assert notebook.seen() == place, "run all stays where it is"
    notebook.press("End")
    wrong, back = {}, [notebook.seen()]
    while True:
        if notebook.slide not in wrong:  # with all that comes on it
            wrong[notebook.slide] = notebook.page.evaluate(WRONG)
        notebook.press("PageUp")
        if (now := notebook.seen()) == back[-1]:
            break
        back.append(now)
    forth = notebook.walk("Space")
    after = notebook.cells()
    notebook.close()
    assert {number: what for number, what in wrong.items() if what} == {}
    assert forth == back[::-1]
    assert after == before
    deck = read_deck(nbformat.read(FOLDER / name, as_version=4))
    shown = [seen[1:] for seen in forth]
    assert shown[-1][-1] == deck[-1].cells[-1][0].id
    assert {each.partition(" ")[0] for seen in shown for each in seen} == {c.id for s in deck for c, _ in s.cells}


# --- keys


@pytest.mark.parametrize(
    "forth, back", [("Space", "Shift+Space"), ("ArrowRight", "ArrowLeft"), ("ArrowDown", "ArrowUp")]
)
def test_keys_go_on_and_back_also_after_a_click_on_the_slide(begun, forth, back):
    begun.go_to(6)
    begun.page.locator(".ms-on p").first.click()
    there = [begun.seen()]
    for _ in range(5):
        begun.press(forth)
        there.append(begun.seen())
    assert len({str(each) for each in there}) == 6
    for seen in there[-2::-1]:
        begun.press(back)
        assert begun.seen() == seen


def test_the_first_the_last_and_any_slide(begun):
    count = len(read_deck(nbformat.read(FOLDER / "03-merges.ipynb", as_version=4)))
    begun.press("End")
    assert begun.slide == count
    begun.press("Home")
    assert begun.slide == 1
    begun.press("1", "7", "Enter")
    assert begun.slide == 17
    begun.press("4", "Escape", "Space")  # thought better of it
    assert begun.slide in (17, 18)


def test_the_overview_shows_all_slides_and_leads_to_one(begun):
    begun.press("o")
    slides = begun.page.get_by_role("option")
    assert slides.count() == len(read_deck(nbformat.read(FOLDER / "03-merges.ipynb", as_version=4)))
    assert "One merge" in slides.nth(3).inner_text()
    assert begun.page.locator(".ms-overview .ms-picture h2").first.is_visible()
    begun.press("ArrowRight", "ArrowRight", "ArrowRight", "Enter")
    assert begun.slide == 4
    begun.press("o", "End", "Escape")
    assert begun.slide == 4
    assert begun.page.locator(".ms-overview").is_hidden()


@pytest.mark.parametrize("key", ["b", "."])
def test_a_black_screen_until_the_next_key(begun, key):
    begun.press(key)
    curtain = begun.page.locator(".ms-curtain")
    assert curtain.bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 720}
    begun.press("PageDown")
    assert curtain.is_hidden()
    assert begun.slide == 1


def test_no_key_on_a_slide_changes_the_notebook(begun):
    before = begun.cells()
    for number in (1, 5, 8):
        begun.go_to(number)
        for key in "abcdefghijklmnprtuvwxyzABCDMXZ":  # not o, q and s: they open something, and are tested above
            begun.press(key, "Escape")
        begun.press("d", "d", "Escape", "0", "0", "Escape", "Delete", "Backspace", "Control+Shift+M", "Control+b")
        begun.press("Control+x", "Control+v", "Control+z", "Shift+ArrowDown", "Shift+m", "Alt+Enter")
    assert begun.cells() == before
    assert begun.page.locator(".jp-Dialog").count() == 0
    assert begun.page.locator(".ms-show").count() == 1


def test_tab_reaches_nothing_but_what_is_on_the_slide(begun):
    begun.go_to(number_of("03-merges.ipynb", "merge"))
    for _ in range(20):
        begun.press("Tab")
        where = begun.page.evaluate(
            "() => document.activeElement.closest('.ms-on, .ms-over')?.className ?? document.activeElement.nodeName"
        )
        assert where == "BODY" or "ms-on" in where, where
    begun.press("Escape", "Space")
    assert begun.page.evaluate("() => document.activeElement.nodeName") == "BODY"


def test_all_keys_are_shown_and_are_those_of_the_guide(begun):
    begun.press("?")
    rows = begun.page.locator(".ms-help tr").all_inner_texts()
    guide = (Path(__file__).parents[2] / "docs" / "lecturing.md").read_text(encoding="utf-8")
    table = re.search(r"^\| key \|.*?\n\n", guide, flags=re.MULTILINE | re.DOTALL)[0]
    assert [[each.strip() for each in row.split("\t")] for row in rows] == [
        [each.strip() for each in line.strip("| ").split(" | ")] for line in table.strip().splitlines()[2:]
    ]
    begun.press("?")
    assert begun.page.locator(".ms-help").is_hidden()


def test_the_notebook_instead_of_slides_and_back(begun):
    begun.go_to(5)
    begun.press("q")
    begun.page.get_by_text("This is the notebook.").wait_for()
    assert begun.page.locator(".ms-show").count() == 0
    assert begun.page.locator(".jp-NotebookPanel-toolbar").is_visible()
    begun.press("Escape")
    assert begun.slide == 5
    assert begun.page.locator(".jp-NotebookPanel-toolbar").is_hidden()


# --- what is live on a slide


def test_a_widget_moves_by_keys_and_escape_gives_the_keys_back(begun):
    begun.go_to(number := number_of("03-merges.ipynb", "merge-scrubber"))
    status = begun.page.locator(".ms-on .mb-status")
    while begun.page.evaluate("() => document.activeElement.type") != "range":
        begun.press("Tab")
    begun.press("ArrowRight")
    status.get_by_text("1 merge", exact=True).wait_for()
    begun.press("PageUp")  # in a slider: ten steps
    status.get_by_text("11 merges").wait_for()
    begun.press("Home")
    status.get_by_text("Before the first merge").or_(status.get_by_text("0 merges")).first.wait_for()
    assert begun.slide == number
    begun.press("Escape", "ArrowRight")
    assert begun.slide == number + 1


def test_a_text_field_keeps_space_until_escape(begun):
    begun.go_to(number := number_of("03-merges.ipynb", "merge-scrubber"))
    field = begun.page.locator(".ms-on").get_by_role("textbox", name="Your sentence")
    field.click()
    begun.page.keyboard.type("the weight of the house")
    assert field.input_value() == "the weight of the house"
    assert begun.slide == number
    begun.press("Escape", "Space")
    assert begun.slide == number + 1


def test_a_cell_is_edited_with_one_enter_and_run_on_its_slide(begun):
    begun.go_to(number := number_of("03-merges.ipynb", "train-small"))
    begun.press("ArrowDown", "Enter")
    begun.page.locator(".ms-on .cm-content:focus").wait_for()
    begun.press("Control+a")
    begun.page.keyboard.type("1 + 1")
    begun.press("Shift+Enter")
    begun.page.locator(".ms-on .jp-OutputArea-output").get_by_text("2", exact=True).wait_for()
    assert begun.slide == number
    begun.press("Escape", "Space", "Space")
    assert begun.slide == number + 1


def test_the_output_waits_until_the_room_has_answered(begun):
    begun.go_to(number_of("03-merges.ipynb", "merge-reuses"))
    begun.press("Space")
    assert begun.seen()[-1] == "merge-reuses asks"
    printed = begun.page.locator(".ms-on").get_by_text("[256, 2, 3, 256, 2]")
    assert printed.is_hidden()
    begun.press("Space")
    assert printed.is_visible()


def test_a_prediction_is_made_and_votes_are_kept_for_the_comparison(begun):
    page = begun.page
    begun.go_to(number := number_of("03-merges.ipynb", "predict-rank"))
    begun.press("Space")
    begun.press("v")
    page.keyboard.type("12")
    begun.press("Tab", "Tab")
    page.keyboard.type("7")
    begun.press("Escape")
    assert page.locator(".ms-vote").is_hidden()
    while page.evaluate("() => document.activeElement.dataset.event") != "choose":
        begun.press("Tab")
    begun.press("Enter")
    page.locator(".ms-on .mb-why").wait_for()
    begun.press("PageDown")  # as a remote control does, while the button has the focus
    assert begun.slide == number + 1
    assert page.locator(".ms-on .mb-outcome").get_by_text("yes, ids are sorted").is_visible()
    said = page.locator(".ms-votes li").all_inner_texts()
    assert [each.split() for each in said] == [["A", "12"], ["B", "7"]]


def test_printed_tokens_are_not_broken_inside(begun):
    begun.go_to(number_of("03-merges.ipynb", "model-file-lines"))
    begun.press("Space")
    tokens = begun.page.locator(".ms-on .ms-whole")
    assert tokens.count() == 5
    assert all(token.evaluate("token => token.getClientRects().length") == 1 for token in tokens.all())


def test_blocks_are_those_that_the_page_makes(merges):
    """What is shown is named by its place among the blocks of a cell, so both must count alike."""
    made = merges.page.evaluate(
        """() => Object.fromEntries(window.jupyterapp.shell.currentWidget.content.widgets
            .filter(({model}) => model.type === 'markdown')
            .map(({model, node}) => [model.id, node.querySelector('.jp-RenderedMarkdown').children.length]))"""
    )
    cells = nbformat.read(FOLDER / "03-merges.ipynb", as_version=4).cells
    assert made == {cell.id: len(blocks(cell.source)) for cell in cells if cell.cell_type == "markdown"}


# --- the speaker's side


def test_a_pen_and_a_pointer_over_the_slide(begun):
    page = begun.page
    begun.press("d")
    page.mouse.move(300, 300)
    page.mouse.down()
    page.mouse.move(500, 400)
    page.mouse.up()
    assert page.locator(".ms-pen polyline").get_attribute("points") == "300,300 500,400"
    begun.press("l")
    page.mouse.move(640, 360)
    assert page.locator(".ms-pen circle").is_visible()
    assert page.locator(".ms-pen polyline").count() == 1
    begun.press("c", "Escape")
    assert page.locator(".ms-pen polyline").count() == 0
    assert not page.locator(".ms-pen circle").is_visible()


def test_a_reload_and_a_start_are_where_one_was(room):
    notebook = room("02-pairs.ipynb", start=7)
    assert notebook.slide == 7
    notebook.press("1", "2", "Enter", "Space")
    place = notebook.seen()
    notebook.page.reload()
    notebook.page.locator(".ms-show .ms-on").first.wait_for(timeout=60_000)
    Notebook.opened(notebook.page)
    assert notebook.seen() == place
    notebook.close()


@pytest.fixture
def speaker(begun):
    begun.go_to(number_of("03-merges.ipynb", "one-merge"))
    with begun.page.expect_popup() as popup:
        begun.press("s")
    yield popup.value
    popup.value.close()


def test_the_speakers_window_has_notes_the_next_slide_and_a_clock(begun, speaker):
    speaker.get_by_role("heading", name="4 / ").wait_for()
    notes = speaker.get_by_role("region", name="Notes of this slide")
    assert "Many say [256, 256]" in notes.inner_text()
    assert "The ids 0 to 255 are taken by the bytes" in notes.inner_text()  # in the notebook, and not on the slide
    assert "0:0" in speaker.locator("output").inner_text()
    assert "planned for minutes" in speaker.locator("main").inner_text()
    speaker.keyboard.press("End")
    speaker.get_by_text("This is the last slide").wait_for()
    assert begun.slide > 30


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: `npm install --prefix tests/browser`")
def test_axe_finds_nothing_on_a_slide_and_in_the_speakers_window(begun, speaker):
    found = audit(speaker.locator("body"))
    assert found.violations == []
    assert found.contrasts > 5
    for number in (4, 5):
        begun.go_to(number)
        for cell in begun.page.locator(".ms-on").all():
            assert audit(cell).violations == []
    begun.press("?")
    assert audit(begun.page.locator(".ms-help")).violations == []
