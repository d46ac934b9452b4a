"""How long the lab takes: in the kernel for a step and for a trace, and in the browser from key to picture.

    python tests/benchmarks/lab_latency.py [--steps 60] [--kernel]

What is asked for: 16 ms of work in the kernel per step and 50 ms from slider to picture at the median, on
20,000 characters and 500 merges; a trace of 200 KB within 1 s. The kernel's figures are processor time, so
they do not depend on what else the machine does; the browser's are time on the clock, and do. Beside them
stands a bare ipywidgets slider with a label, which is what any round trip costs on this machine just now.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from minbpe import BasicTokenizer, RegexTokenizer, corpora
from minbpe.lab import MergeScrubber, TrainingTrace

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

TEXT = (corpora.load("english") + corpora.load("code"))[:20_000]
MERGES = 500
CELL = """\
from minbpe import corpora
from minbpe.lab import MergeScrubber
text = (corpora.load("english") + corpora.load("code"))[:20_000]
scrubber = MergeScrubber(text, merges=500, step=100, sentence="Once upon a time there was a tokenizer.")
scrubber.add_class("measured")
scrubber"""
BARE = """\
from ipywidgets import IntSlider, HTML, VBox
slider, label = IntSlider(max=500, description="bare"), HTML("0")
slider.observe(lambda change: setattr(label, "value", str(change.new)), "value")
bare = VBox([slider, label])
bare.add_class("measured")
bare"""


def milliseconds(act: Callable[[], object]) -> float:
    """Processor time of `act`."""
    start = time.process_time()
    act()
    return 1000 * (time.process_time() - start)


def row(what: str, times: list[float], limit: str) -> str:
    ordered = sorted(times)
    slow = ordered[int(0.95 * (len(ordered) - 1))]
    return f"{what:<52}{statistics.median(ordered):>9.1f}{slow:>9.1f}{ordered[-1]:>9.1f}   {limit}"


def in_the_kernel() -> Iterator[str]:
    data = corpora.load("python-docs")[:200_000]
    for tokenizer in (BasicTokenizer(), RegexTokenizer()):
        times = [milliseconds(lambda tokenizer=tokenizer: TrainingTrace(tokenizer, data, MERGES)) for _ in range(3)]
        yield row(f"trace of 200 KB, {MERGES} merges, {type(tokenizer).__name__}", times, "1000")
    scrubber = MergeScrubber(TEXT, MERGES, sentence="Once upon a time there was a tokenizer.")
    for name, steps in {"forwards": range(1, MERGES), "backwards": range(MERGES, 0, -1)}.items():
        times = [milliseconds(lambda step=step: setattr(scrubber, "step", step)) for step in steps]
        yield row(f"step of the MergeScrubber, {name}", times, "16")
    jumps = [(step * 197) % MERGES for step in range(1, MERGES)]
    times = [milliseconds(lambda step=step: setattr(scrubber, "step", step)) for step in jumps]
    yield row("step of the MergeScrubber, jumping about", times, "16")


def in_the_browser(steps: int) -> Iterator[str]:
    from harness import Missing, Notebook, launch_chromium, measure_latency, serve_lab
    from nbformat import v4, write

    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    try:
        with tempfile.TemporaryDirectory() as folder, launch_chromium() as browser:
            notebooks = Path(folder, "notebooks")
            notebooks.mkdir()
            for name, cell in {"scrubber": CELL, "bare": BARE}.items():
                write(v4.new_notebook(cells=[v4.new_code_cell(cell)], metadata=kernel), notebooks / f"{name}.ipynb")
            with serve_lab(notebooks, Path(folder, "state")) as url:
                for name, what in {"bare": "a bare slider with a label", "scrubber": "the MergeScrubber"}.items():
                    page = browser.new_page()
                    notebook = Notebook.open(page, url, f"{name}.ipynb")
                    notebook.run_all()
                    widget = page.locator(".measured")
                    slider = widget.get_by_role("slider")
                    picture = widget.locator(".mb-stage-main" if name == "scrubber" else ".widget-html")
                    slider.wait_for()
                    measured = measure_latency(slider, picture, steps=steps)
                    yield row(
                        f"key to picture in the browser, {what}", measured.milliseconds, "50" if name != "bare" else ""
                    )
                    page.close()
    except Missing as missing:
        yield f"in the browser: not measured: {missing}"


def main() -> None:
    parser = argparse.ArgumentParser(description="The latencies of the lab.")
    parser.add_argument("--steps", type=int, default=60, help="key presses to measure in the browser")
    parser.add_argument("--kernel", action="store_true", help="leave the browser out")
    options = parser.parse_args()
    print(f"{'milliseconds':<52}{'median':>9}{'95%':>9}{'most':>9}   at most")
    for line in in_the_kernel():
        print(line, flush=True)
    if not options.kernel:
        for line in in_the_browser(options.steps):
            print(line, flush=True)


if __name__ == "__main__":
    main()
