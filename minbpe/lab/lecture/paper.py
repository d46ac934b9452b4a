"""Slides and notes on paper: two PDFs of a notebook as it is stored, made by a headless Chromium, without a network.

write_pdfs(Path("notebooks/03-merges.ipynb"), Path("out"))    03-merges-slides.pdf and 03-merges-notes.pdf
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.filters import ansi2html, markdown2html
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from minbpe.lab.lecture.slides import Slide, read_deck

SECONDS = 120  # that the browser may take for a PDF
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
STYLE = """
* { box-sizing: border-box; }
body { margin: 0; color: #111; font: 26px/1.35 "Noto Sans", "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
h1, h2, h3, h4 { font-size: 36px; line-height: 1.2; margin: 6px 0 14px; }
h1 { font-size: 48px; }
p { margin: 0 0 14px; max-width: 48em; }
a { color: #0b4f9e; text-decoration: none; }
a.anchor-link { display: none; }
code, pre { font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code { font-size: 0.85em; background: #f2f2f2; }
pre { font-size: 21.6px; line-height: 1.3; margin: 0 0 10px; white-space: pre-wrap; overflow-wrap: anywhere; }
.source pre { background: #f5f5f5; border: 1px solid #ddd; padding: 6px 10px; }
table { border-collapse: collapse; font-size: 0.9em; }
th, td { text-align: left; vertical-align: top; padding: 2px 12px 2px 0; border-bottom: 1px solid #ccc; }
img { max-width: 100%; max-height: 480px; display: block; }
svg { width: 100%; height: auto; max-height: 480px; display: block; }
.page { width: 1280px; height: 720px; padding: 16px 40px; overflow: hidden; position: relative; background: #fff; }
.number { position: absolute; right: 16px; bottom: 6px; font-size: 16px; }
"""
# The largest letters with which nothing is cut off, as on the screen.
FIT = """
for (const page of document.querySelectorAll('.page')) {
  const inside = page.firstElementChild;
  for (const size of [1.5, 1.35, 1.2, 1.1, 1, 0.93, 0.86, 0.8, 0.75, 0.7, 0.6, 0.5]) {
    inside.style.zoom = size;
    const [whole, used] = [page.getBoundingClientRect(), inside.getBoundingClientRect()];
    if (used.height <= whole.height * 0.955 && page.scrollWidth <= page.clientWidth) break;
  }
}
"""
SLIDES_STYLE = "@page { size: 1280px 720px; margin: 0; } .page { break-after: page; }"
NOTES_STYLE = """
@page { size: A4; margin: 15mm; }
body > h1:not(:first-child) { break-before: page; }
.slide { break-inside: avoid-page; margin-bottom: 10mm; font-size: 14px; }
.slide h2.title { font-size: 18px; border-top: 1px solid #888; padding-top: 3mm; }
.picture { font-size: 26px; width: 512px; height: 288px; overflow: hidden; border: 1px solid #888; margin-bottom: 3mm; }
.picture .page { zoom: 0.4; }
.notes :is(h1, h2, h3, h4) { font-size: 15px; margin: 0 0 6px; }
.notes pre { font-size: 12px; }
.notes :is(p, li) { margin-bottom: 8px; }
"""


class CannotPrint(Exception):
    """There is no browser, or it failed. The message says what to do."""


def find_chromium() -> str | None:
    """The path of a browser that prints: Chromium, Chrome or Edge."""
    return next((found for name in NAMES if (found := shutil.which(name))), None) or next(
        (place for place in PLACES if Path(place).exists()), None
    )


def write_pdfs(notebook: Path, folder: Path) -> list[Path]:
    """Write the slides of a notebook, and its notes, as PDF. Raises CannotPrint."""
    browser = find_chromium()
    if browser is None:
        raise CannotPrint(
            "a PDF needs Chromium, Chrome or Edge, and none was found: install one of them, or put it on PATH"
        )
    deck = read_deck(nbformat.read(notebook, as_version=4))
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind, page in (("slides", slides_page(deck)), ("notes", notes_page(deck))):
        path = (folder / f"{notebook.stem}-{kind}.pdf").resolve()
        _print(browser, page, path)
        written.append(path)
    return written


def _print(browser: str, page: str, path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="minbpe-paper-", ignore_cleanup_errors=True) as folder:
        source = Path(folder, "page.html")
        source.write_text(page, encoding="utf-8")
        # A profile of its own: one that is open elsewhere would take the order and print nothing.
        options = [
            "--headless",
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={Path(folder, 'profile')}",
        ]
        if sys.platform != "win32" and os.geteuid() == 0:
            options.append("--no-sandbox")  # Chromium refuses to run as root otherwise
        command = [browser, *options, f"--print-to-pdf={path}", source.as_uri()]
        path.unlink(missing_ok=True)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise CannotPrint(f"{browser} did not finish within {SECONDS} seconds") from None
    if not path.exists():
        raise CannotPrint(f"{browser} wrote no PDF. It said: {done.stderr.strip()[-500:]}")


# --- the pages


def slides_page(deck: list[Slide]) -> str:
    """A page of HTML with the slides, one on each sheet."""
    return _page("".join(_slide(slide, number) for number, slide in enumerate(deck, 1)), SLIDES_STYLE)


def notes_page(deck: list[Slide]) -> str:
    """A page of HTML with a picture of each slide, its notes, and what of the notebook is not on it."""
    parts = []
    for number, slide in enumerate(deck, 1):
        minutes = f" · {slide.minutes} min" if slide.minutes else ""
        begins = f"<h1>Lecture {slide.lecture}</h1>" if slide.lecture else ""
        said = "".join(markdown2html(each) for each in [*slide.notes, *slide.reading])
        parts.append(
            f'{begins}<div class="slide"><h2 class="title">{number} · {escape(slide.title)}{minutes}</h2>'
            f'<div class="picture">{_slide(slide, number)}</div><div class="notes">{said}</div></div>'
        )
    return _page("".join(parts), NOTES_STYLE)


def _page(body: str, style: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><style>{STYLE}{style}</style></head>'
        f"<body>{body}<script>{FIT}</script></body></html>"
    )


def _slide(slide: Slide, number: int) -> str:
    heading = "" if slide.heading else f"<h2>{escape(slide.title)}</h2>"
    cells = "".join(_cell(cell, shown) for cell, shown in slide.cells)
    return f'<section class="page"><div>{heading}{cells}</div><span class="number">{number}</span></section>'


def _cell(cell: Any, shown: str) -> str:
    if cell["cell_type"] == "markdown":
        return str(markdown2html(shown))
    outputs = [_output(output) for output in cell["outputs"]]
    widget = any("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in cell["outputs"])
    alone = widget and len(outputs) == 1  # what calls a widget says nothing to the reader
    source = "" if alone else highlight(cell["source"], PythonLexer(), HtmlFormatter(noclasses=True, nobackground=True))
    return f'<div class="source">{source}</div><div class="output">{"".join(outputs)}</div>'


def _output(output: Any) -> str:
    if output["output_type"] == "stream":
        return f"<pre>{ansi2html(output['text'])}</pre>"
    if output["output_type"] == "error":
        return f"<pre>{ansi2html(chr(10).join(output['traceback']))}</pre>"
    data = output["data"]
    if "image/svg+xml" in data:
        return str(data["image/svg+xml"])
    if "image/png" in data:
        return f'<img alt="" src="data:image/png;base64,{data["image/png"]}">'
    return str(data["text/html"]) if "text/html" in data else f"<pre>{ansi2html(data['text/plain'])}</pre>"
