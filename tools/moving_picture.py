"""Make the README's moving picture anew: python tools/moving_picture.py

A learner's first minutes, in a real JupyterLab and a real browser: merging by hand, watching a vocabulary grow, and a
check that says what is wrong. Needs the extra `test`, and Chromium.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from gallery import write_notebook  # noqa: E402
from harness import Notebook, launch_chromium, serve_lab  # noqa: E402

PICTURE = ROOT / "docs" / "course.webp"
SIZE = (960, 600)
MOST_BYTES = 2_000_000
CELLS = [
    'from minbpe.lab import BeTheTokenizer\nBeTheTokenizer("tick tock goes the clock").add_class("played")',
    "from minbpe import corpora\nfrom minbpe.lab import MergeScrubber\n"
    'MergeScrubber(corpora.load("story"), merges=200, sentence="Once upon a time.").add_class("scrubbed")',
    """\
from minbpe.lab import check

def merge(ids, pair, idx):
    merged = []
    for i in range(len(ids)):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(idx)
        else:
            merged.append(ids[i])
    return merged

check("merge", merge)""",
]


def frames(notebook: Notebook) -> Iterator[tuple[Image.Image, int]]:
    """The pictures one after the other, each with how many milliseconds it stays."""
    page = notebook.page
    played = page.locator(".played")
    yield shot(played), 1200
    for key in ("ArrowRight", "ArrowRight", "Enter", "Enter", "ArrowRight", "Enter"):
        if key == "ArrowRight":
            played.locator("[data-event=merge]").first.focus()
        page.keyboard.press(key)
        page.wait_for_timeout(400)
        yield shot(played), 700
    scrubbed = page.locator(".scrubbed")
    slider = scrubbed.locator("input[type=range]").first
    slider.focus()
    for step in range(28):
        yield shot(scrubbed), 900 if step in (0, 27) else 160
        slider.press("ArrowRight" if step < 12 else "PageUp")
        page.wait_for_timeout(250)
    failed = page.locator(".jp-Cell").last
    yield shot(failed), 4500


def shot(element: Locator) -> Image.Image:
    """The upper part of the element, in the middle of a white picture of one size."""
    element.scroll_into_view_if_needed()
    taken = Image.open(io.BytesIO(element.screenshot())).convert("RGB")
    scale = SIZE[0] / max(taken.width, SIZE[0])
    taken = taken.resize((round(taken.width * scale), round(taken.height * scale)), Image.Resampling.LANCZOS)
    page = Image.new("RGB", SIZE, "white")
    page.paste(taken.crop((0, 0, taken.width, SIZE[1])), ((SIZE[0] - taken.width) // 2, 0))
    return page


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, launch_chromium() as browser:
        notebooks = Path(folder, "notebooks")
        notebooks.mkdir()
        write_notebook(notebooks / "moving.ipynb", *CELLS)
        with serve_lab(notebooks, Path(folder, "state")) as url:
            page = browser.new_page(viewport={"width": 1280, "height": 2600})
            notebook = Notebook.open(page, url, "moving.ipynb")
            notebook.run_each()
            page.locator(".scrubbed .mb-status").wait_for()
            taken = list(frames(notebook))
    pictures = [picture for picture, _ in taken]
    pictures[0].save(
        PICTURE,
        save_all=True,
        append_images=pictures[1:],
        duration=[stay for _, stay in taken],
        loop=0,
        quality=70,
        method=6,
    )
    size = PICTURE.stat().st_size
    print(f"{PICTURE.relative_to(ROOT)}: {len(taken)} pictures, {size:,} bytes")
    if size > MOST_BYTES:
        raise SystemExit("that is too much for a page that somebody opens on a phone")


if __name__ == "__main__":
    main()
