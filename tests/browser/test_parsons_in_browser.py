"""A Parsons puzzle with the keyboard alone."""

from __future__ import annotations

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="`pip install playwright`").expect

CELL = """\
from minbpe.lab import Parsons
puzzle = Parsons(["def f():", "a = 1", "b = 2", "return a + b"], "f", judge=lambda f: f())
puzzle.arrange("def f():\\n    a = 1\\n    b = 2\\n    return a + b")
puzzle.selected = 0
puzzle"""


@pytest.fixture(scope="module")
def notebook(open_notebook):
    opened = open_notebook("puzzle", CELL)
    yield opened
    opened.page.close()


def test_the_focus_goes_along_with_the_line_that_is_moved(notebook):
    page = notebook.page
    rows = page.locator(".mb-program button")
    rows.filter(has_text="a = 1").click()
    for key, place in [("ArrowDown", 2), ("ArrowDown", 3), ("ArrowUp", 2), ("ArrowRight", 2), ("ArrowUp", 1)]:
        page.keyboard.press(key)
        expect(rows.nth(place)).to_contain_text("a = 1")
        expect(rows.nth(place)).to_be_focused()
        expect(rows.nth(place)).to_have_attribute("aria-pressed", "true")
    # A line that is taken out hands the focus on, and the last one to the lines that are left.
    for remaining in (3, 2, 1):
        page.keyboard.press("Delete")
        expect(rows).to_have_count(remaining)
        expect(page.locator(".mb-program [aria-pressed=true]")).to_be_focused()
    page.keyboard.press("Delete")
    expect(rows).to_have_count(0)
    expect(page.locator(".mb-pool button").first).to_be_focused()
    notebook.assert_quiet()
