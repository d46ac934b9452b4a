"""From the slider to the new picture: at most 50 ms at the median, in the browser.

How long that takes depends on what else the machine does. So a bare slider is measured beside it, one that
shows nothing but its number: where that is slow the limit is higher, in proportion.
"""

from __future__ import annotations

from harness import measure_latency

LIMIT = 50  # ms
BARE = 20  # ms that a bare slider takes on a machine that has nothing else to do
ROUNDS = 3
BARE_SLIDER = """\
import ipywidgets
slider, number = ipywidgets.IntSlider(max=1000), ipywidgets.HTML("0")
slider.observe(lambda change: setattr(number, "value", f"<p>{change.new}</p>"), "value")
ipywidgets.VBox([slider, number]).add_class("test-bare")"""
SCRUBBER = """\
from minbpe import corpora
from minbpe.lab import MergeScrubber
scrubber = MergeScrubber((corpora.load("english") + corpora.load("code"))[:20_000], merges=500, step=100)
scrubber.add_class("test-scrubber")
scrubber"""


def test_a_step_of_the_scrubber_is_on_the_screen_within_50_ms(open_notebook):
    notebook = open_notebook("latency", BARE_SLIDER, SCRUBBER)
    bare, widget = (notebook.page.locator(f".test-{name}") for name in ("bare", "scrubber"))
    widget.get_by_role("slider").wait_for()
    assert notebook.execute("print(len(scrubber.text), len(scrubber.trace))").split() == ["20000", "500"]
    measured = []
    for _ in range(ROUNDS):  # a machine that is busy just now gets another chance
        floor = measure_latency(bare.get_by_role("slider"), bare.locator(".widget-html-content"), steps=15)
        found = measure_latency(widget.get_by_role("slider"), widget.locator(".mb-stage-main"), steps=30)
        limit = LIMIT * max(1, floor.median / BARE)
        measured.append(f"MergeScrubber: {found}; a bare slider: {floor}; limit: {limit:.0f} ms")
        print(measured[-1])
        if found.median <= limit:
            break
    else:
        raise AssertionError("\n".join(measured))
    notebook.page.close()
