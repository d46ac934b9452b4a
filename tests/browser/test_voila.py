"""The MergeScrubber in Voilà, where a notebook is a page without cells."""

from __future__ import annotations

import re

import pytest
from gallery import BEGIN, cell_of

expect = pytest.importorskip("playwright.sync_api", reason="`pip install playwright`").expect


def test_the_scrubber_works_in_voila(voila):
    page = voila(BEGIN, cell_of("merge_scrubber"))
    widget = page.locator(".test-merge_scrubber")
    slider = widget.get_by_role("slider", name="Merges made")
    slider.wait_for(timeout=60_000)
    slider.focus()
    for step in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        expect(widget.locator(".mb-readout")).to_contain_text(f"merge {step} of")
        expect(widget.locator(".mb-status")).to_contain_text(re.compile(rf"After {step} merges?\b"))
    page.keyboard.press("End")
    expect(widget.locator(".mb-merges tr[aria-current]")).to_be_visible()
    field = widget.get_by_role("textbox", name="Your sentence")
    field.fill("more")
    expect(widget.locator(".mb-sentence .mb-t").first).to_be_visible()
    assert "Traceback" not in page.content()
