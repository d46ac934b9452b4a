"""How long the lab takes: in the kernel for a step and for a trace, and in the browser from key to picture.

    python tests/benchmarks/lab_latency.py [--check] [--beside-bare] [--steps 30] [--kernel]

What is asked for: 16 ms of work in the kernel per step and 50 ms from slider to picture at the median, on
20,000 characters and 500 merges; a trace of 200 KB within 1 s. With --check, what is slower is an error. The
kernel's figures are processor time, so they do not depend on what else the machine does; the browser's are time
on the clock, and do: of a few rounds the best counts. Beside them stands a bare ipywidgets slider with a label,
which is what any round trip costs on this machine just now. With --beside-bare, a picture that takes more than
three times as long is an error: this holds on a slow machine, too, on which nothing reaches the 50 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from minbpe import BasicTokenizer, RegexTokenizer, corpora
from minbpe.lab import BeTheTokenizer, MergeScrubber, TrainingTrace

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

TEXT = (corpora.load("english") + corpora.load("code"))[:20_000]
MERGES = 500
ROUNDS = 5  # in the browser
FAR = 3  # times as long as a bare slider
CELL = """\
from minbpe import corpora
from minbpe.lab import MergeScrubber
text = (corpora.load("english") + corpora.load("code"))[:20_000]
scrubber = MergeScrubber(text, merges=500, step=100, sentence="Once upon a time there was a tokenizer.")
scrubber.add_class("measured")
scrubber"""
SENTENCE = (
    "Pack my box with five dozen liquor jugs, sphinx of black quartz: judge my vow, and the quick brown fox jumps"
)
PLAY = f"""\
from minbpe.lab import BeTheTokenizer
play = BeTheTokenizer({SENTENCE!r})
play.add_class("measured")
play"""
BARE = """\
from ipywidgets import IntSlider, HTML, VBox
slider, label = IntSlider(max=500, description="bare"), HTML("0")
slider.observe(lambda change: setattr(label, "value", str(change.new)), "value")
bare = VBox([slider, label])
bare.add_class("measured")
bare"""


# In the browser: the control with the focus, the key that is pressed, the picture, and the limit.
MEASURED = {
    "bare": ("[role=slider], input[type=range]", "ArrowRight", ".widget-html", None),
    "scrubber": ("input[type=range]", "ArrowRight", ".mb-stage-main", 50),
    "play": ("[data-rove]", "Enter", ".mb-stage-main", 50),
}


def milliseconds(act: Callable[[], object]) -> float:
    """Processor time of `act`."""
    start = time.process_time()
    act()
    return 1000 * (time.process_time() - start)


class Row(NamedTuple):
    """Times in milliseconds, and what their median may be at the most."""

    what: str
    times: list[float]
    limit: float | None

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    def __str__(self) -> str:
        ordered = sorted(self.times)
        slow = ordered[int(0.95 * (len(ordered) - 1))]
        limit = "" if self.limit is None else f"{self.limit:g}"
        return f"{self.what:<52}{self.median:>9.1f}{slow:>9.1f}{ordered[-1]:>9.1f}   {limit}"


def in_the_kernel() -> Iterator[Row]:
    data = corpora.load("python-docs")[:200_000]
    for tokenizer in (BasicTokenizer(), RegexTokenizer()):
        times = [milliseconds(lambda tokenizer=tokenizer: TrainingTrace(tokenizer, data, MERGES)) for _ in range(3)]
        yield Row(f"trace of 200 KB, {MERGES} merges, {type(tokenizer).__name__}", times, 1000)
    scrubber = MergeScrubber(TEXT, MERGES, sentence="Once upon a time there was a tokenizer.")
    for name, steps in {"forwards": range(1, MERGES), "backwards": range(MERGES, 0, -1)}.items():
        times = [milliseconds(lambda step=step: setattr(scrubber, "step", step)) for step in steps]
        yield Row(f"step of the MergeScrubber, {name}", times, 16)
    jumps = [(step * 197) % MERGES for step in range(1, MERGES)]
    times = [milliseconds(lambda step=step: setattr(scrubber, "step", step)) for step in jumps]
    yield Row("step of the MergeScrubber, jumping about", times, 16)
    play = BeTheTokenizer(SENTENCE)
    times = [milliseconds(lambda: play.on_event("as greedy", "")) for _ in range(40)]
    yield Row("merge of BeTheTokenizer", times, 25)


def in_the_browser(steps: int) -> Iterator[Row]:
    from harness import Notebook, launch_chromium, measure_latency, serve_lab
    from nbformat import v4, write

    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    with tempfile.TemporaryDirectory() as folder, launch_chromium() as browser:
        notebooks = Path(folder, "notebooks")
        notebooks.mkdir()
        for name, cell in {"scrubber": CELL, "play": PLAY, "bare": BARE}.items():
            write(v4.new_notebook(cells=[v4.new_code_cell(cell)], metadata=kernel), notebooks / f"{name}.ipynb")
        with serve_lab(notebooks, Path(folder, "state")) as url:
            for name, (control, key, shown, limit) in MEASURED.items():
                page = browser.new_page()
                notebook = Notebook.open(page, url, f"{name}.ipynb")
                notebook.run_all()
                widget = page.locator(".measured")
                control, picture = widget.locator(control).first, widget.locator(shown)
                control.wait_for()
                rounds = []
                for _ in range(ROUNDS):
                    if name == "play":
                        notebook.execute("play.moves = []")
                    rounds.append(measure_latency(control, picture, key, steps).milliseconds)
                best = min(rounds, key=statistics.median)
                yield Row(f"key to picture in the browser, {name}", best, limit)
                page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="The latencies of the lab.")
    parser.add_argument("--check", action="store_true", help="exit with 1 where something is too slow")
    parser.add_argument("--beside-bare", action="store_true", help="exit with 1 where a picture is far behind a slider")
    parser.add_argument("--steps", type=int, default=30, help="key presses of a round in the browser")
    parser.add_argument("--kernel", action="store_true", help="leave the browser out")
    options = parser.parse_args()
    print(f"{'milliseconds':<52}{'median':>9}{'95%':>9}{'most':>9}   at most")
    slow, far, bare = [], [], None
    for row in chain(in_the_kernel(), () if options.kernel else in_the_browser(options.steps)):
        print(row, flush=True)
        if row.limit is None:
            bare = row.median
        elif row.median > row.limit:
            slow.append(row.what)
        if bare is not None and row.median > FAR * bare:
            far.append(row.what)
    if options.check and slow:
        sys.exit("too slow: " + "; ".join(slow))
    if options.beside_bare and far:
        sys.exit("far behind a bare slider: " + "; ".join(far))


if __name__ == "__main__":
    main()
