"""A real JupyterLab (or Voilà) and a real browser, for tests and for tests/benchmarks/lab_latency.py.

    with serve_lab(folder) as url, launch_chromium() as browser:
        notebook = Notebook.open(browser.new_page(), url, "widgets.ipynb")
        notebook.run_all()

Everything that waits here waits for a condition, and says what it waited for when that never came. Nothing
is read from or written to the user's own Jupyter settings.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
VIEWPORT = {"width": 1280, "height": 900}
PATIENCE = 60  # seconds; for starting things on a busy machine
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"


class Missing(Exception):
    """What a browser test needs is not installed. The message says how to get it."""


# --- the browser


def find_chromium() -> str:
    """The path of a Chromium. Raises Missing."""
    from minbpe.lab.lecture import paper  # which prints with it

    if path := paper.find_chromium():
        return path
    raise Missing("no Chromium found: `apt-get install chromium` (Debian), or put a chromium or google-chrome on PATH")


@contextmanager
def launch_chromium() -> Iterator[Browser]:
    """A headless Chromium. Raises Missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Missing(
            "playwright is not installed: `pip install playwright` (its own browsers are not needed)"
        ) from None
    path = find_chromium()
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


# --- the servers


def environment(folder: Path) -> dict[str, str]:
    """The environment for a server that leaves the user's own settings alone: all it keeps is in `folder`."""
    kept = {
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    own = {name: str(folder / sub) for name, sub in kept.items()}
    for path in own.values():
        Path(path).mkdir(parents=True, exist_ok=True)
    # Without the second, kernels of the user's would come before the one of this environment.
    return {**os.environ, **own, "JUPYTER_PREFER_ENV_PATH": "1"}


@contextmanager
def serve_lab(notebooks: Path, state: Path, *options: str) -> Iterator[str]:
    """A JupyterLab over the folder `notebooks`, which keeps its state in the folder `state`. Yields its URL.

    It listens on 127.0.0.1 only, on a port that the system chooses, without a token.
    """
    env = environment(state)
    # No question on first start, and nothing fetched from the network.
    settings = Path(
        env["JUPYTERLAB_SETTINGS_DIR"], "@jupyterlab", "apputils-extension", "notification.jupyterlab-settings"
    )
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"checkForUpdates": False, "fetchNews": "false", "doNotDisturbMode": True}))
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--IdentityProvider.token=", "--LabApp.news_url=None"),
        *(f"--ServerApp.root_dir={notebooks}", *options),
    ]
    runtime = Path(env["JUPYTER_RUNTIME_DIR"])

    def address() -> str | None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(file.read_text())["url"]
            except (ValueError, KeyError):  # it is being written
                return None
        return None

    with running(command, env, state / "lab.log", address) as url:
        yield url


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now, for a server that cannot choose one itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serve_voila(notebook: Path, state: Path) -> Iterator[str]:
    """Voilà with one notebook, on 127.0.0.1. Yields its URL. Raises Missing."""
    try:
        import voila  # noqa: F401
    except ImportError:
        raise Missing("voila is not installed: `pip install voila`") from None
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    command = [
        *(sys.executable, "-m", "voila", str(notebook), "--no-browser", f"--port={port}"),
        *("--Voila.ip=127.0.0.1", "--Voila.port_retries=0", "--VoilaConfiguration.show_tracebacks=True"),
    ]
    with running(command, environment(state), state / "voila.log", lambda: url):
        yield url


@contextmanager
def running(command: list[str], env: dict[str, str], log: Path, address: Callable[[], str | None]) -> Iterator[str]:
    with (
        log.open("w") as output,
        subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process,
    ):
        try:
            yield _wait_for_server(process, log, address)
        finally:
            process.terminate()  # the server ends its kernels
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for_server(process: subprocess.Popen, log: Path, address: Callable[[], str | None]) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if url := address():
            try:
                # Voilà would run the notebook to answer for "/", so ask for something that is not there.
                with urlopen(f"{url}no-such-page", timeout=5):
                    return url
            except URLError as error:
                if hasattr(error, "code"):  # an answer, if a refusal
                    return url
        time.sleep(0.05)
    raise RuntimeError(
        f"{process.args[2]} did not start (exit code {process.poll()}); its log:\n{log.read_text()[-4000:]}"
    )


# --- a notebook in the browser


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def open(cls, page: Page, url: str, name: str) -> Notebook:
        """Open a notebook by its name, and wait until its kernel can work."""
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(f"{url}lab/tree/{quote(name)}?reset")
        return cls.opened(page)

    @classmethod
    def opened(cls, page: Page, patience: int = PATIENCE) -> Notebook:
        """The notebook that JupyterLab or JupyterLite is opening in the page, once its kernel can work."""
        page.set_default_timeout(patience * 1000)
        page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext")
        page.evaluate(
            """async () => {
                const panel = window.jupyterapp.shell.currentWidget;
                await Promise.all([panel.context.ready, panel.sessionContext.ready]);
                await panel.sessionContext.session.kernel.info;
            }"""
        )
        page.set_default_timeout(20_000)
        return cls(page)

    def command(self, name: str, **arguments: object) -> None:
        """Run a command of JupyterLab's, and wait for its end."""
        self.page.evaluate(
            "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)", [name, arguments]
        )

    def run_all(self) -> None:
        """Run all cells. AssertionError if one of them fails."""
        self.command("notebook:run-all-cells")
        self.assert_quiet()

    def run_each(self) -> list[str]:
        """Run the code cells one by one, whatever becomes of each. Returns what went wrong, a sentence a cell."""
        return self.page.evaluate(
            """async () => {
                const {shell, commands} = window.jupyterapp;
                const notebook = shell.currentWidget.content;
                const trouble = [];
                for (const [i, cell] of notebook.widgets.entries()) {
                    if (cell.model.type !== 'code') continue;
                    notebook.activeCellIndex = i;
                    await commands.execute('notebook:run-cell');
                    const {outputs, execution_count} = cell.model.toJSON();
                    if (execution_count === null && cell.model.sharedModel.getSource().trim())
                        trouble.push(`cell ${i}: did not run`);
                    for (const output of outputs)
                        if (output.output_type === 'error')
                            trouble.push(`cell ${i}: ${output.ename}: ${output.evalue}`);
                }
                return trouble;
            }"""
        )

    def assert_quiet(self) -> None:
        """AssertionError if the page shows a traceback, or something written to stderr."""
        trouble = self.page.locator(
            '[data-mime-type="application/vnd.jupyter.stderr"]:visible, .jp-RenderedError:visible'
        )
        texts = trouble.all_inner_texts()
        assert not texts, "\n".join(texts)

    def execute(self, code: str) -> str:
        """Run `code` in the notebook's kernel, beside its cells, and return what it prints."""
        return self.page.evaluate(
            """async code => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({code, store_history: false});
                let printed = '';
                future.onIOPub = message => {
                    if (message.header.msg_type === 'stream') printed += message.content.text;
                };
                const reply = await future.done;
                if (reply.content.status !== 'ok') throw new Error(reply.content.evalue);
                return printed;
            }""",
            code,
        )

    def use_theme(self, name: str) -> None:
        """Change to LIGHT or DARK, and wait until the page has it."""
        self.command("apputils:change-theme", theme=name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)


# --- the accessibility audit


class Audit(NamedTuple):
    """What axe-core says of an element: the violations, a sentence each; and how many contrasts it judged."""

    violations: list[str]
    contrasts: int


def audit(element: Locator) -> Audit:
    """axe-core's rules for WCAG 2.1 A and AA on an element. Only what is on the screen is judged. Raises Missing."""
    if not AXE.exists():
        raise Missing("axe-core is not installed: `npm install --prefix tests/browser`")
    page = element.page
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "; null")
    violations, contrasts = element.evaluate(
        """async element => {
            element.scrollIntoView({block: 'start'});
            // JupyterLab's body is 0 pixels high and clips; axe would take all that is in it for invisible.
            document.body.style.minHeight = '100vh';
            const values = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
            const {violations, passes} = await axe.run(element, {runOnly: {type: 'tag', values}});
            const sentences = violations.flatMap(({id, nodes}) =>
                nodes.map(node => `${id}: ${node.html} (${node.failureSummary})`));
            return [sentences, passes.find(({id}) => id === 'color-contrast')?.nodes.length ?? 0];
        }"""
    )
    return Audit([" ".join(each.split()) for each in violations], contrasts)


# --- latency


class Latencies(NamedTuple):
    """From an input to the picture that it changes, in milliseconds, one for each step."""

    milliseconds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.milliseconds)

    def __str__(self) -> str:
        ordered = sorted(self.milliseconds)
        return (
            f"median {self.median:.0f} ms, 95% within {ordered[int(0.95 * (len(ordered) - 1))]:.0f} ms, "
            f"longest {ordered[-1]:.0f} ms ({len(ordered)} steps)"
        )


QUIET = 120  # ms without a change after which a picture counts as complete


def measure_latency(control: Locator, picture: Locator, key: str = "ArrowRight", steps: int = 30) -> Latencies:
    """Press `key` on `control` again and again; each time, how long until `picture` has changed for good?

    The clock starts with the key event in the browser and stops when the frame is painted that holds the last
    change below `picture` (further changes may follow within QUIET ms, and then count). Each press waits for the
    one before, so that every step is a full round trip: browser, kernel, browser.
    """
    page = control.page
    picture.evaluate(
        """(picture, quiet) => {
            const watch = window.latencyWatch = {done: [], start: null};
            const painted = new MessageChannel();  // what is posted in a frame arrives when the frame is painted
            let timer = 0;
            painted.port1.onmessage = () => {
                if (watch.start === null) return;
                const latency = performance.now() - watch.start;
                clearTimeout(timer);
                timer = setTimeout(() => {
                    watch.done.push(latency);
                    watch.start = null;
                }, quiet);
            };
            watch.onkey = event => {
                watch.start = event.timeStamp;
            };
            watch.observer = new MutationObserver(() => requestAnimationFrame(() => painted.port2.postMessage(null)));
            watch.observer.observe(picture, {subtree: true, childList: true, characterData: true, attributes: true});
            document.addEventListener('keydown', watch.onkey, {capture: true});
        }""",
        QUIET,
    )
    control.focus()
    try:
        for step in range(steps):
            page.keyboard.press(key)
            page.wait_for_function("count => window.latencyWatch.done.length > count", arg=step, polling=20)
        return Latencies(page.evaluate("() => window.latencyWatch.done"))
    finally:
        page.evaluate(
            """() => {
                window.latencyWatch.observer.disconnect();
                document.removeEventListener('keydown', window.latencyWatch.onkey, {capture: true});
            }"""
        )
