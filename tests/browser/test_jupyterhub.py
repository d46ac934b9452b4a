"""A class on a JupyterHub: handed out, solved in the browser, handed in, graded, and given back.

The hub is that of deploy/jupyterhub, on loopback, with an instructor and two students. Everybody works in a server of
their own: the instructor in a terminal, as docs/jupyterhub.md says; the students in JupyterLab and its Assignment List.
It takes a minute or two, with both cores: the gate runs it by itself, with --long.
"""

from __future__ import annotations

import csv
import os
import shutil
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from harness import PATIENCE, VIEWPORT, Notebook, free_port, running

ROOT = Path(__file__).parents[2]
PROXY = ROOT / "tests" / "browser" / "node_modules" / ".bin" / "configurable-http-proxy"
NAME = "02-pairs"  # three checks, worth 2, 3 and 1 points
RIGHT = {
    "pair-places": """def pair_places(ids, pair):
    return [place for place in range(len(ids) - 1) if (ids[place], ids[place + 1]) == pair]""",
    "top-pairs": """def top_pairs(stats, n):
    return sorted(stats, key=stats.get, reverse=True)[:n]""",
}
WRONG = {"top-pairs": "def top_pairs(stats, n):\n    return list(stats)[:n]"}

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no JupyterHub for Windows"),
    pytest.mark.skipif(not PROXY.exists(), reason="no configurable-http-proxy: `npm ci --prefix tests/browser`"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """The folder with everybody's home."""
    return tmp_path_factory.mktemp("hub") / "home"


@pytest.fixture(scope="module")
def hub(home):
    """A running hub: its address."""
    pytest.importorskip("jupyterhub", reason="`pip install jupyterhub`")
    url = f"http://127.0.0.1:{free_port()}/"
    own = {"MINBPE_HUB": str(home.parent), "MINBPE_TRY": "1", "MINBPE_URL": url.rstrip("/")}
    path = os.pathsep.join([str(Path(sys.executable).parent), str(PROXY.parent), os.environ["PATH"]])
    env = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "CONFIGPROXY"))}
    command = [
        *(sys.executable, "-m", "jupyterhub", "--config", str(ROOT / "deploy" / "jupyterhub" / "jupyterhub_config.py")),
        *(f"--JupyterHub.hub_port={free_port()}", f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{free_port()}"),
        *("--Spawner.args=--allow-root", "--Spawner.args=--LabApp.expose_app_in_browser=True"),
    ]

    def address() -> str | None:  # the proxy is there before the hub, and says 503
        try:
            with urlopen(f"{url}hub/api", timeout=5):
                return url
        except URLError:
            return None

    with running(command, {**env, **own, "PATH": path}, home.parent / "hub.log", address):
        yield url


class Member:
    """Somebody who is logged in, and has JupyterLab open."""

    def __init__(self, browser, hub: str, name: str) -> None:
        self.page = browser.new_context(viewport=VIEWPORT).new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.goto(f"{hub}hub/login?next=%2Fhub%2Fspawn")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill("a password of theirs")
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_function("() => window.jupyterapp?.started.then(() => true)", timeout=3 * PATIENCE * 1000)
        self.lab = Notebook(self.page)

    def run(self, command: str) -> str:
        """Run a command in a terminal of their server; what it prints. AssertionError if it fails."""
        code, printed = self.page.evaluate(
            """async command => {
                const terminal = await window.jupyterapp.serviceManager.terminals.startNew();
                let printed = '';
                const ended = new Promise(resolve => terminal.messageReceived.connect((_, {type, content}) => {
                    if (type !== 'stdout') return;
                    printed += content[0];
                    const [, code] = printed.match(/ended with ([0-9]+)/) ?? [];
                    if (code) resolve([Number(code), printed]);
                }));
                terminal.send({type: 'stdin', content: [`${command}; echo "ended with" $?; exit\\r`]});
                return await ended;
            }""",
            command,
        )
        assert code in (0, 1), printed
        return printed

    def choose(self, menu: str, entry: str) -> None:
        """Choose an entry of JupyterLab's menu."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def assignments(self):
        """The Assignment List, open and as it is now."""
        self.choose("Nbgrader", "Assignment List")
        return self.page.locator("#nbgrader-assignment-list")

    def press(self, button: str) -> None:
        """Press a button of the Assignment List, and wait until it has done what it says."""
        found = self.assignments().get_by_role("button", name=button, exact=True)
        with self.page.expect_response(lambda response: "/assignments/" in response.url) as answer:
            found.click()
        assert answer.value.ok
        assert "success" not in answer.value.json() or answer.value.json()["success"], answer.value.json()

    def open(self, path: str) -> Notebook:
        """A notebook of theirs, once its kernel can work."""
        self.lab.command("docmanager:open", path=path)
        return Notebook.opened(self.page)

    def write(self, answers: dict[str, str]) -> str:
        """Paste answers into the cells of the exercise, run all cells, and save. What the checks say."""
        page, panel = self.page, self.page.locator(".jp-NotebookPanel:visible")
        panel.locator(".jp-Notebook").hover()
        for name, code in answers.items():
            stub = panel.locator(".jp-CodeCell", has_text=f"def {name.replace('-', '_')}(").first
            for _ in range(60):
                if stub.is_visible() and stub.bounding_box()["y"] < VIEWPORT["height"] - 200:
                    break
                page.mouse.wheel(0, 300)
                page.wait_for_timeout(100)
            stub.locator(".cm-content").click()
            page.keyboard.press("ControlOrMeta+A")
            page.keyboard.insert_text(code)
        self.choose("Run", "Run All Cells")
        page.wait_for_function(
            """() => {
                const {content, sessionContext} = window.jupyterapp.shell.currentWidget;
                const last = content.widgets.findLast(({model}) => model.type === 'code');
                return last.model.executionCount && sessionContext.session.kernel.status === 'idle';
            }"""
        )
        page.keyboard.press("ControlOrMeta+S")
        page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
        return page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
                .flatMap(cell => cell.model.type === 'code' ? cell.model.toJSON().outputs : [])
                .map(output => [output.text ?? output.evalue ?? ''].flat().join('')).join('')"""
        )


def points(graded: Path) -> dict[str, dict[str, str]]:
    with (graded / "points.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_a_class_goes_the_whole_way(chromium, hub, home):
    instructor = Member(chromium, hub, "instructor")
    course = home / "instructor" / "course"
    course.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", course)
    shutil.copytree(ROOT / "solutions" / NAME, course / "solutions" / NAME)
    go = f'export PATH="{Path(sys.executable).parent}:$PATH"; cd ~/course'
    instructor.run(f"{go} && nbgrader generate_assignment {NAME} && nbgrader release_assignment {NAME}")

    said = {}
    students = {"ann": RIGHT, "bob": WRONG}
    for name, answers in students.items():
        member = students[name] = Member(chromium, hub, name)
        member.press("Fetch")
        assert (home / name / "exercises" / NAME / f"{NAME}.ipynb").exists()
        member.open(f"exercises/{NAME}/{NAME}.ipynb")
        said[name] = member.write(answers)
        member.press("Submit")
    assert "✓ pair_places" in said["ann"]
    assert "✓ top_pairs" in said["ann"]
    assert "✗ top_pairs" in said["bob"]

    # The exercise leads to its notebook, and the notebook to its exercise.
    ann = students["ann"]
    ann.open(f"exercises/{NAME}/{NAME}.ipynb")
    for path in (f"notebooks/{NAME}.ipynb", f"exercises/{NAME}/{NAME}.ipynb"):
        ann.page.locator(f".jp-NotebookPanel:visible a[href*='{path}']").first.click()
        ann.page.wait_for_function("path => window.jupyterapp.shell.currentWidget.context?.path === path", arg=path)

    instructor.run(f"{go} && nbgrader collect {NAME}")
    grade = "python -m minbpe.lab.grading submitted ../graded --feedback --course ."
    table = instructor.run(f"{go} && {grade} && cd ../graded && nbgrader release_feedback {NAME}")
    rows = points(home / "instructor" / "graded")
    assert {name: (row["score"], row["look_at"]) for name, row in rows.items()} == {"ann": ("5", ""), "bob": ("0", "")}
    assert "2 graded, 0 to look at" in table
    for name in students:
        stamp = (course / "submitted" / name / NAME / "timestamp.txt").read_text(encoding="utf-8")
        assert rows[name]["handed_in"][:19] == stamp.replace(" ", "T")[:19]  # both are in UTC

    for name, score in (("ann", "5.0 / 6.0"), ("bob", "0.0 / 6.0")):
        students[name].press("Fetch Feedback")
        (page,) = (home / name / "exercises" / NAME / "feedback").glob(f"*/{NAME}.html")
        assert score in page.read_text(encoding="utf-8")
