"""Make the README's picture of the MergeScrubber anew.

python tests/browser/picture.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from gallery import write_notebook
from harness import Notebook, launch_chromium, serve_lab

PICTURE = Path(__file__).parents[2] / "notebooks" / "merge-scrubber.png"
CELL = """\
from minbpe import corpora
from minbpe.lab import MergeScrubber
sentence = "Once upon a time there was a tokenizer. 안녕!"
scrubber = MergeScrubber(corpora.load("story"), merges=200, step=64, sentence=sentence)
scrubber.add_class("pictured")
scrubber"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, launch_chromium() as browser:
        notebooks = Path(folder, "notebooks")
        notebooks.mkdir()
        write_notebook(notebooks / "picture.ipynb", CELL)
        with serve_lab(notebooks, Path(folder, "state")) as url:
            page = browser.new_page(viewport={"width": 1280, "height": 1400}, device_scale_factor=1.5)
            Notebook.open(page, url, "picture.ipynb").run_all()
            scrubber = page.locator(".pictured")
            scrubber.locator(".mb-status").wait_for()
            scrubber.screenshot(path=PICTURE)
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
