"""The offline site in a real browser that reaches no other host.

python tools/build_site.py FOLDER --offline
python -m pytest -o addopts="" tests/browser/test_site.py --site FOLDER
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from harness import Notebook, audit

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "solutions").glob("*/*.ipynb"))
PATIENCE = 240  # seconds for a kernel to start on a machine that has much else to do
LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Site(NamedTuple):
    url: str
    context: object  # of a browser, in which all that the page stores is kept

    def open(self, path: str) -> Notebook:
        """A notebook in JupyterLite, in a page of its own."""
        page = self.context.new_page()
        page.goto(f"{self.url}lite/lab/index.html?path={path}")
        return Notebook.opened(page, PATIENCE)


@pytest.fixture(scope="module")
def served(request) -> Iterator[str]:
    """The address of the site."""
    folder = request.config.getoption("--site")
    if folder is None:
        pytest.skip("runs with --site FOLDER")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder.resolve()))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def site(chromium, served) -> Iterator[Site]:
    """The site for a new visitor. AssertionError at the end if anything was asked of another host."""
    context = chromium.new_context(viewport=LAPTOP)
    elsewhere = []

    def watch(route):
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    context.route(lambda url: urlsplit(url).scheme in ("http", "https", "ws", "wss"), watch)
    context.on("request", lambda request: None)
    yield Site(served, context)
    context.close()
    assert elsewhere == []


MERGE = """
def merge(ids, pair, idx):
    merged, i = [], 0
    while i < len(ids):
        found = tuple(ids[i : i + 2]) == pair
        merged.append(idx if found else ids[i])
        i += 2 if found else 1
    return merged
"""
KEEPS_THE_SECOND = MERGE.replace("i += 2 if found else 1", "i += 1")
ENDLESS = MERGE.replace("i += 2 if found else 1", "i += 0")
CHECK = """
from minbpe.lab import check, CheckFailed
try:
    check("merge", merge)
except CheckFailed as failed:
    print(failed)
"""


def test_from_the_landing_page_to_the_first_token(site):
    page = site.context.new_page()
    page.goto(site.url)
    slider, count = page.locator("#try-merges"), page.locator("#try-count")
    before = int(count.inner_text().split()[1])
    slider.focus()
    slider.press("ArrowRight")
    assert int(count.inner_text().split()[1]) < before  # a merge was made, and no kernel has started
    start = time.monotonic()
    page.get_by_role("link", name="Start in your browser").click()
    notebook = Notebook.opened(page, PATIENCE)
    assert notebook.execute("from minbpe import GPT4Tokenizer\nprint(GPT4Tokenizer().encode('Hi!'))") == "[13347, 0]\n"
    print(f"\nfrom the landing page to the first token: {time.monotonic() - start:.1f} s")
    assert notebook.run_each() == []


def test_a_check_says_what_is_wrong_stops_what_never_ends_and_keeps_what_passes(site):
    notebook = site.open("exercises/03-merges/03-merges.ipynb")
    assert "the second id of the pair stays" in notebook.execute(KEEPS_THE_SECOND + CHECK)
    assert "still running after 5 seconds, so it was stopped" in notebook.execute(ENDLESS + CHECK)
    assert notebook.execute(MERGE + CHECK).startswith("✓ merge")
    assert "✓ merge" in notebook.execute("from minbpe.lab import Progress\nprint(Progress())")
    notebook.page.close()
    again = site.open("notebooks/00-start-here.ipynb")
    assert "✓ merge" in again.execute("from minbpe.lab import Progress\nprint(Progress())")


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if "/02" in path or "/03" in path])
def test_a_widget_answers_to_keys(site, path):
    notebook = site.open(path)
    cell = (
        "from minbpe.lab import MergeScrubber\nMergeScrubber('the more the merrier ' * 9, merges=9).add_class('tried')"
    )
    notebook.page.evaluate(
        """source => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = 1;
            const {commands} = window.jupyterapp;
            return commands.execute('notebook:insert-cell-below').then(() => {
                notebook.activeCell.model.sharedModel.setSource(source);
                return commands.execute('notebook:run-cell').then(() => null);
            });
        }""",
        cell,
    )
    scrubber = notebook.page.locator(".tried")
    scrubber.scroll_into_view_if_needed()
    slider = scrubber.locator("input[type=range]")
    status = scrubber.locator(".mb-status")
    before = status.inner_text()
    slider.focus()
    slider.press("ArrowRight")
    notebook.page.wait_for_function(
        "before => document.querySelector('.tried .mb-status').innerText !== before", arg=before
    )
    assert "1" in status.inner_text()


@pytest.mark.parametrize("path", NOTEBOOKS + SOLUTIONS)
def test_all_cells_run_but_those_that_say_what_they_lack(site, path):
    trouble = site.open(path).run_each()
    assert [each for each in trouble if "this copy of the course comes without" not in each] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("path", ["index.html", "notebooks/03-merges.html"])
def test_no_violation_on_a_page(chromium, served, path, viewport, scheme):
    page = chromium.new_page(viewport=viewport, color_scheme=scheme)
    page.goto(served + path)
    found = audit(page.locator("main"))
    page.close()
    assert found.violations == []
    assert found.contrasts >= 20, "axe saw next to nothing of it"


def test_every_link_of_a_page_leads_somewhere(chromium, served):
    page = chromium.new_page()
    broken = []
    paths = ["index.html", *(path.replace(".ipynb", ".html") for path in NOTEBOOKS)]
    for path in paths:
        page.goto(served + path)
        links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
        for link in {link.partition("#")[0] for link in links if link.startswith(served)}:
            if not page.request.get(link).ok:
                broken.append(f"{path}: {link}")
    page.close()
    assert broken == []
