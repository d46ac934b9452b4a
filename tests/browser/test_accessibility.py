"""axe-core finds no violation of WCAG 2.1 A or AA in any widget, in the light and in the dark theme."""

from __future__ import annotations

import pytest
from gallery import WIDGETS
from harness import AXE, DARK, LIGHT, VIEWPORT, audit

pytestmark = pytest.mark.skipif(
    not AXE.exists(), reason="axe-core is not installed: `npm install --prefix tests/browser`"
)


@pytest.fixture(scope="module", params=[LIGHT, DARK])
def theme(request, notebook):
    notebook.use_theme(request.param)
    notebook.execute("tokens.text = 'How many tokens are there in a text like this one?'")  # other tests type into it
    # axe judges the contrast only of what is on the screen, so the screen must hold a whole widget.
    notebook.page.set_viewport_size({"width": VIEWPORT["width"], "height": 3000})
    yield request.param
    notebook.page.set_viewport_size(VIEWPORT)
    notebook.use_theme(LIGHT)


@pytest.mark.parametrize("name", WIDGETS)
def test_no_violation(theme, element, name):
    found = audit(element(name))
    assert found.violations == []
    assert found.contrasts > 20, "axe saw next to nothing of the widget"


def test_a_violation_would_be_found(theme, notebook, element):
    """The audit itself works: it sees what is wrong with a field without a label, and with pale letters."""
    element("utf8").evaluate(
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
