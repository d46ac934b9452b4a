"""The offline site in a real browser that reaches no other host.

python tools/build_site.py FOLDER --offline
python -m pytest -o addopts="" -s tests/browser/test_site.py --site FOLDER  # --long: all notebooks, all solutions
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import pytest
from harness import Notebook, audit, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

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
    context: BrowserContext  # of a browser, in which all that the page stores is kept

    def open(self, path: str) -> Notebook:
        """A notebook in JupyterLite, in a page of its own."""
        page = self.context.new_page()
        page.goto(f"{self.url}lite/lab/index.html?path={path}")
        return Notebook.opened(page, PATIENCE)

    def from_the_map(self, number: str) -> Notebook:
        """A notebook, found as a visitor finds it: landing page, map, its page, its button."""
        page = self.context.new_page()
        page.goto(self.url)
        page.locator(f'.map a[href*="/{number}-"]').click()
        page.get_by_role("link", name="Run this notebook in your browser").click()
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


@contextmanager
def alone(context: BrowserContext) -> Iterator[None]:
    """Requests of the context reach this machine only. AssertionError at the end if anything was asked of another."""
    elsewhere = []

    def watch(route):
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    context.route(lambda url: urlsplit(url).scheme in ("http", "https", "ws", "wss"), watch)
    yield
    context.close()
    assert elsewhere == []


@pytest.fixture
def site(chromium, served) -> Iterator[Site]:
    """The site for a new visitor."""
    context = chromium.new_context(viewport=LAPTOP)
    with alone(context):
        yield Site(served, context)


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


OWN = "from minbpe import GPT4Tokenizer\nprint(GPT4Tokenizer().encode('Hi!'))"
FIRST_VISIT, SECOND_VISIT = 15, 5  # seconds from the landing page to the first token of one's own


@contextmanager
def remembering(chromium, profile: Path) -> Iterator[Page]:
    """A page of a browser that keeps what it has loaded, also for the next visit, and finds no other host.

    (Playwright's routes, by which `alone` watches the others, would switch the browser's cache off.)
    """
    alone = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    context = chromium.browser_type.launch_persistent_context(
        profile, executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu", alone], viewport=LAPTOP
    )
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def visits(chromium, served, tmp_path_factory) -> list[float]:
    """How many seconds two visits took, from the landing page to a token of one's own in JupyterLite."""
    taken = []
    with remembering(chromium, tmp_path_factory.mktemp("profile")) as page:
        for _ in range(2):
            page.goto(served)
            start = time.monotonic()
            page.get_by_role("link", name="Start in your browser").click()
            assert Notebook.opened(page, PATIENCE).execute(OWN) == "[13347, 0]\n"
            taken.append(time.monotonic() - start)
    print(f"\nfrom the landing page to the first token: {taken[0]:.1f} s, on the next visit {taken[1]:.1f} s")
    return taken


UNREACHED = "JupyterLite alone takes twice its 5 s on the next visit; the landing page keeps to them"


@pytest.mark.parametrize(
    "visit, most",
    [
        pytest.param(0, FIRST_VISIT, id="first"),
        pytest.param(1, SECOND_VISIT, id="second", marks=pytest.mark.xfail(reason=UNREACHED, strict=False)),
    ],
)
def test_a_token_of_ones_own_comes_soon(visits, visit, most):
    if os.getloadavg()[0] > 1.5 * os.cpu_count():
        pytest.skip(f"{visits[visit]:.1f} s, on a machine that has much else to do: that says nothing")
    assert visits[visit] <= most


def test_a_sentence_of_ones_own_is_read_on_the_landing_page_at_once(chromium, served, tmp_path):
    with remembering(chromium, tmp_path) as page:
        for _ in range(2):
            start = time.monotonic()
            page.goto(served)
            page.locator("#try-own").fill("abcab")
            assert page.locator("#try-tokens .token").all_inner_texts() == list("abcab")
            page.locator("#try-merges").fill("200")
            page.locator("#try-own").fill("the weigh-house and the")
            assert page.locator("#try-tokens .token").count() < len("the weigh-house and the")
            assert time.monotonic() - start <= SECOND_VISIT


def test_the_landing_page_merges_without_a_kernel(site):
    page = site.context.new_page()
    page.goto(site.url)
    slider, count = page.locator("#try-merges"), page.locator("#try-count")
    before = int(count.inner_text().split()[1])
    slider.focus()
    slider.press("ArrowRight")
    assert int(count.inner_text().split()[1]) < before


def test_notebook_00_from_the_landing_page(site):
    page = site.context.new_page()
    page.goto(site.url)
    page.get_by_role("link", name="Start in your browser").click()
    assert Notebook.opened(page, PATIENCE).run_each() == []


def test_notebook_02_from_the_map(site):
    notebook = site.from_the_map("02")
    assert notebook.run_each() == []
    played = widget_of(notebook, "BeTheTokenizer(")
    before = played.inner_text()
    played.locator("[data-event=merge]").first.focus()
    notebook.page.keyboard.press("Enter")
    wait_until(lambda: played.inner_text() != before and "1 merge" in played.inner_text())


def test_notebook_03_from_the_map(site):
    notebook = site.from_the_map("03")
    assert notebook.run_each() == []
    scrubber = widget_of(notebook, "MergeScrubber(")
    slider, status = scrubber.locator("input[type=range]"), scrubber.locator(".mb-status")
    before = status.inner_text()
    slider.focus()
    slider.press("ArrowRight")
    wait_until(lambda: status.inner_text() != before)

    assert "the second id of the pair stays" in notebook.execute(KEEPS_THE_SECOND + CHECK)
    assert "still running after 5 seconds, so it was stopped" in notebook.execute(ENDLESS + CHECK)
    assert notebook.execute(MERGE + CHECK).startswith("✓ merge")
    notebook.page.reload()
    again = Notebook.opened(notebook.page, PATIENCE)
    assert "✓ merge" in again.execute("from minbpe.lab import Progress\nprint(Progress())")


def widget_of(notebook: Notebook, source: str) -> Locator:
    """The widget below the cell with that in its source, on the screen."""
    notebook.page.evaluate(
        """async source => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            const sources = notebook.widgets.map(cell => cell.model.sharedModel.getSource());
            notebook.activeCellIndex = sources.findIndex(each => each.includes(source));
            await notebook.scrollToItem(notebook.activeCellIndex);
        }""",
        source,
    )
    return notebook.page.locator(".jp-Notebook .jp-Cell.jp-mod-active .jp-OutputArea-output").last


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """AssertionError if the condition does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "that did not come"
        time.sleep(0.1)


@pytest.mark.long
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
