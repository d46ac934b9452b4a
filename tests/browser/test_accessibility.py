"""axe-core finds no violation of WCAG 2.1 A or AA in any widget, in the light and in the dark theme."""

from __future__ import annotations

import pytest
from gallery import BEGIN, WIDGETS, cell_of
from harness import AXE, DARK, LIGHT, VIEWPORT, audit

pytestmark = pytest.mark.skipif(
    not AXE.exists(), reason="axe-core is not installed: `npm install --prefix tests/browser`"
)


@pytest.fixture(scope="module", params=[LIGHT, DARK])
def theme(request, notebook):
    notebook.use_theme(request.param)
    notebook.execute(
        "token_explorer.text = 'How many tokens are there in a text like this one?'"
    )  # other tests type into it
    # axe judges the contrast only of what is on the screen, so the screen must hold a whole widget.
    notebook.page.set_viewport_size({"width": VIEWPORT["width"], "height": 3000})
    yield request.param
    notebook.page.set_viewport_size(VIEWPORT)
    notebook.use_theme(LIGHT)


@pytest.fixture(scope="module")
def all_used(open_notebook):
    """A notebook with every widget, for whatever a test does with them."""
    notebook = open_notebook("used", BEGIN, *map(cell_of, WIDGETS))
    notebook.page.set_viewport_size({"width": VIEWPORT["width"], "height": 3000})
    yield notebook
    notebook.page.close()


@pytest.fixture(scope="module", params=[LIGHT, DARK])
def used(request, all_used):
    all_used.use_theme(request.param)
    yield all_used
    all_used.use_theme(LIGHT)


# How many texts of a widget axe must have judged, so that it has seen the whole: a question has few.
TEXTS = {"predict": 5, "quiz": 5, "parsons": 5, "type_in": 3, "bars": 6, "pick_pair": 6, "predicted": 4}


@pytest.mark.parametrize("name", WIDGETS)
def test_no_violation(theme, element, name):
    found = audit(element(name))
    assert found.violations == []
    assert found.contrasts >= TEXTS.get(name, 20), "axe saw next to nothing of it"


# What a widget shows after the reader has done something with it.
USED = {
    "be_the_tokenizer": "be_the_tokenizer.moves = [[107, 32], [99, 256]]",
    "merge_scrubber": "merge_scrubber.step = 12; merge_scrubber.instead = {0: [116, 104]}",
    "encode_stepper": "encode_stepper.step = 5; encode_stepper.compare = 'frequent'",
    "split_explorer": "split_explorer.stepped = 'GPT-4'; split_explorer.step = 3; split_explorer.pattern = '('",
    "special_token_explorer": "special_token_explorer.allowed = {'<|im_start|>'}",
    "utf8_inspector": "utf8_inspector.step = 3; utf8_inspector.flipped = [3]",
    "predict": "predict.choice = '1'",
    "quiz": "quiz.choices = ['2']",
    "parsons": "parsons.arrange('def f():\\n    return a + 1'); parsons.selected = 0",
}


@pytest.mark.parametrize("name", USED)
def test_no_violation_in_use(used, name):
    assert used.execute(f"{USED[name]}; print('done')").strip() == "done"
    widget = used.page.locator(f".test-{name}")
    widget.scroll_into_view_if_needed()
    assert audit(widget).violations == []


def test_a_violation_would_be_found(theme, notebook, element):
    """The audit itself works: it sees what is wrong with a field without a label, and with pale letters."""
    element("utf8_inspector").evaluate(
        """widget => {
            const bad = document.createElement('div');
            bad.id = 'bad';
            bad.innerHTML = '<input type="range"><p style="color:#999;background:#888">pale</p>';
            widget.append(bad);
        }"""
    )
    try:
        found = audit(notebook.page.locator("#bad")).violations
    finally:
        notebook.page.evaluate("() => document.getElementById('bad').remove()")
    assert {each.partition(":")[0] for each in found} == {"label", "color-contrast"}
