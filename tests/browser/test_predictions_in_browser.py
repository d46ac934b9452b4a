"""Every prediction of every notebook, in JupyterLab: nothing of its answer is in sight before the choice, as opened and
after Run All, on a small and on a large screen; afterwards the way is open, and says what was predicted."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from harness import Notebook, audit

from minbpe.lab import predictions
from minbpe.lab.widgets.questions import Predict, plain

FOLDER = Path(__file__).parents[2] / "notebooks"
SIZES = [{"width": 1366, "height": 768}, {"width": 1920, "height": 1080}]
ASKS = re.compile(r"^predict\(\"([a-z0-9-]+)\"\)$", flags=re.MULTILINE)
FOLDED = "jp-MarkdownHeadingCollapsed"

# Brings a cell to the top of the page, and says what can be seen then: {id of a cell: its text}. Cells are drawn as
# they come near the screen, and move those below them; so it scrolls until the cell stays where it is and each that is
# in sight has its text (a cell not yet drawn has none; one that is drawn has at least its prompt).
LOOK = """async id => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const at = notebook.widgets.findIndex(cell => cell.model.id === id);
    const top = () => Math.round(notebook.widgets[at].node.getBoundingClientRect().top);
    const drawn = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 50)));
    const inSight = () => notebook.widgets.filter(({node}) => {
        const box = node.getBoundingClientRect();
        return node.isConnected && node.checkVisibility() && box.bottom > 0 && box.top < innerHeight && box.height;
    }).map(({node, model}) => [model.id, node.innerText]);
    const settled = before =>
        top() === before && top() > 0 && top() < innerHeight && inSight().every(([, text]) => text.trim());
    notebook.activeCellIndex = at;
    for (let tries = 0, before = NaN; tries < 40 && !settled(before); tries++) {
        before = top();
        await notebook.scrollToItem(at, 'start');
        await drawn();
    }
    return Object.fromEntries(inSight());
}"""
HIDDEN = """ids => window.jupyterapp.shell.currentWidget.content.widgets
    .every(cell => !ids.includes(cell.model.id) || cell.isHidden)"""


def questions(name):
    """[(id of the question's cell, its name, the id of the fold, the ids of what it hides)]"""
    cells = nbformat.read(FOLDER / name, as_version=4).cells
    found = []
    for place, cell in enumerate(cells):
        if cell.cell_type == "code" and (asked := ASKS.search(cell.source)):
            fold, hidden = cells[place + 1], []
            rank = fold.source.index(" ")
            for later in cells[place + 2 :]:
                if later.cell_type == "markdown" and re.match(f"#{{1,{rank}}} ", later.source):
                    break
                hidden.append(later.id)
            found.append((cell.id, asked[1], fold.id, hidden))
    return found


NOTEBOOKS = sorted(path.name for path in FOLDER.glob("*.ipynb") if questions(path.name))
FULL = "03-merges.ipynb"  # has questions of each kind but bars; the others run to their end with --long


def assert_nothing_is_in_sight(notebook, name, when):
    for size in SIZES:
        notebook.page.set_viewport_size(size)
        for cell, key, fold, hidden in questions(name):
            where = f"{key}, {when}, {size['width']}×{size['height']}"
            seen = notebook.page.evaluate(LOOK, cell)
            assert cell in seen and "hidden" in seen.get(fold, "hidden"), where
            assert notebook.page.evaluate(HIDDEN, hidden) and not set(hidden) & set(seen), where
            question = predictions.predict(key)
            for line in [plain(question.text), *map(wordy, question.lines())]:
                assert closed_up(line) in closed_up(seen[cell]), f"{where}: {line!r} cannot be read"
            if said := telling(question):
                assert not [other for other, text in seen.items() if other != cell and said in text], where


def wordy(line):
    """A line of a question as it can be read before the cell has run and after: without the letter of an option."""
    return re.sub(r"^[A-H]\) | \(your answer.*|^Your answer.*", "", line)


def closed_up(text):
    """Without what only parts it: white space, the bars between tokens, and the buttons that take their place."""
    return re.sub(r"[\s|+\u200b]", "", text)


def telling(question):
    """The answer, if it is so long that it would stand elsewhere only if it was told."""
    answer = plain(question.shows(question.question.answer if isinstance(question, Predict) else question.answer))
    return answer if len(answer) > 7 else None


def answer_wrongly(notebook, key, cell):
    """Answer as a reader does who is wrong. Returns what was answered, as the page says it."""
    question = predictions.predict(key)
    box = notebook.page.locator(".jp-Cell.jp-mod-active .mb-ask")
    box.wait_for()
    if isinstance(question, Predict):
        place, wrong = next((i, each) for i, each in enumerate(question.question.options) if not question.right(each))
        box.get_by_role("button").nth(place).click()
    elif box.locator("input").count():
        wrong = question.written("[9, 9]" if getattr(question, "listed", False) else "987654")
        box.locator("input").fill(wrong)
        box.locator("input").press("Enter")
    elif hasattr(question, "word"):
        bars = question.number or 0  # the first gaps: no word of the course is cut there
        wrong = "|".join([*question.word[:bars], question.word[bars:]])
        for place in range(bars):
            box.get_by_role("button").nth(place).press("Enter")
        box.get_by_role("button").last.press("Enter")
    else:
        pairs = question._pairs()
        wrong = next(each for each in pairs if not question.right(each))
        box.get_by_role("button").nth(pairs.index(wrong)).press("Space")
    return plain(question.shows(wrong))


@pytest.fixture
def opened(new_page, lab, name):
    """The notebook of the test's `name`, open in JupyterLab."""
    shutil.copy(FOLDER / name, lab.folder / name)
    page = new_page()
    page.set_viewport_size(SIZES[0])
    yield Notebook.open(page, lab.url, name)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_nothing_of_an_answer_is_in_sight_as_opened(opened, name):
    assert_nothing_is_in_sight(opened, name, "as opened")


LONG = [pytest.param(each, marks=pytest.mark.long) for each in NOTEBOOKS if each != FULL]


@pytest.mark.parametrize("name", [FULL, *LONG])
def test_nothing_is_in_sight_after_run_all_and_everything_after_the_choice(opened, name):
    page = opened.page
    page.set_default_timeout(60_000)
    opened.run_all()
    assert_nothing_is_in_sight(opened, name, "after Run All")
    page.set_viewport_size(SIZES[0])
    for cell, key, _, hidden in questions(name):
        page.evaluate(LOOK, cell)
        said = answer_wrongly(opened, key, cell)
        page.wait_for_function(f"ids => !({HIDDEN})(ids)", arg=hidden)
        told = {}
        for each in hidden:
            told |= page.evaluate(LOOK, each)
        assert set(hidden) <= set(told), f"{key}: what came out can be seen"
        beside = [text for id, text in told.items() if id in hidden and "You predicted" in text]
        assert beside and said in " ".join(beside), f"{key}: {said!r} stands beside what came out"
    page.evaluate(LOOK, cell)
    opened.command("notebook:run-cell")  # the question is asked anew, as in a notebook that was saved with its answers
    page.wait_for_function(HIDDEN, arg=hidden)
    assert not audit(page.locator(".jp-Notebook .mb-ask").first).violations


HERE = """() => {
    const {activeCell} = window.jupyterapp.shell.currentWidget.content;
    return [activeCell.model.id, activeCell.isHidden];
}"""
BELOW = """() => {
    const {widgets, activeCellIndex} = window.jupyterapp.shell.currentWidget.content;
    return widgets.slice(activeCellIndex + 1).find(cell => !cell.isHidden).model.id;
}"""
RUN = "[data-command='notebook:run-cell-and-select-next']"


STARTS = [
    ("00-start-here.ipynb", "keys"),
    *(pytest.param(each, "keys", marks=pytest.mark.long) for each in NOTEBOOKS if each != "00-start-here.ipynb"),
    pytest.param("00-start-here.ipynb", "button", marks=pytest.mark.long),
]


@pytest.mark.parametrize("name, how", STARTS)
def test_from_cell_to_cell_the_way_leads_to_each_question_and_shows_nothing_before_it_is_answered(opened, name, how):
    page = opened.page
    cells = [cell.id for cell in nbformat.read(FOLDER / name, as_version=4).cells]
    asked = {cell: (key, fold, hidden) for cell, key, fold, hidden in questions(name)}
    folded = [id for *_, hidden in questions(name) for id in hidden]

    def go_on(to):
        if how == "keys":
            page.keyboard.press("Shift+Enter")
        else:
            page.locator(RUN).click()
        page.wait_for_function(f"id => ({HERE})()[0] === id", arg=to)
        assert not page.evaluate(HERE)[1], f"{to} can be seen"

    page.locator(".jp-Cell").first.click()
    page.keyboard.press("Escape")
    at = cells[0]
    while at != cells[-1]:
        if at not in asked:
            at = page.evaluate(BELOW)
            go_on(at)
            continue
        key, fold, hidden = asked[at]
        go_on(fold)
        page.locator(".jp-Cell:has(+ .jp-mod-active) .mb-ask").wait_for(timeout=60_000)
        go_on(at)  # back to the question
        assert page.evaluate("() => document.activeElement.closest('.mb-ask') !== null")
        assert page.evaluate(HIDDEN, folded)
        answer_wrongly(opened, key, at)
        page.wait_for_function(f"ids => !({HIDDEN})(ids)", arg=hidden)
        folded = [id for id in folded if id not in hidden]
        go_on(fold)  # and not the question once more
        assert not page.evaluate(HIDDEN, hidden)
        at = fold
