"""Lecture mode without a browser: the command, its settings, and what stands on the slides of every notebook.

tests/browser/test_lecture_in_browser.py gives lectures.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import make_guide
import nbformat
import pytest
from jupyterlab_server.config import get_federated_extensions

from minbpe.lab.lecture import __main__ as lecture
from minbpe.lab.lecture import paper, server
from minbpe.lab.lecture.slides import blocks, count_words, plan, read_deck

NOTEBOOKS = {path.name: path for path in sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))}
SLIDES = server.LABEXTENSIONS / "minbpe-slides"
each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def deck_of(name):
    return read_deck(nbformat.read(NOTEBOOKS[name], as_version=4))


# --- the command


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "talk.ipynb"
    path.write_text("{}")
    return path


@pytest.fixture
def started(monkeypatch):
    """The command and the environment with which JupyterLab would have been started."""
    calls = []
    monkeypatch.setattr(lecture, "run_until_stopped", lambda *call: calls.append((*call, start_in(call[1]))) or 0)
    monkeypatch.setattr(lecture, "find_spec", lambda name: True)
    return calls


def start_in(env):
    path = Path(env["JUPYTERLAB_SETTINGS_DIR"], "minbpe-slides", "plugin.jupyterlab-settings")
    return json.loads(path.read_text(encoding="utf-8"))["start"]


def refusal(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        lecture.main([str(each) for each in arguments])
    assert stopped.value.code == 2
    return capsys.readouterr().err


def test_a_missing_notebook_is_named(capsys, tmp_path, started):
    assert "there is no notebook 03-merge.ipynb here" in refusal(capsys, "03-merge.ipynb")
    assert "there is no notebook" in refusal(capsys, tmp_path)  # a folder is none
    assert not started


def test_what_is_no_notebook_is_refused(capsys, tmp_path, started):
    path = tmp_path / "talk.md"
    path.write_text("# Talk")
    assert "is not a notebook" in refusal(capsys, path)
    assert not started


def test_without_the_extra_it_says_how_to_install_it(capsys, notebook, monkeypatch, started):
    monkeypatch.setattr(lecture, "find_spec", lambda name: None)
    assert 'pip install -e ".[classroom]"' in refusal(capsys, notebook)
    assert not started


def test_jupyterlab_gets_the_notebook_and_the_options_behind_the_dashes(notebook, started, monkeypatch):
    monkeypatch.chdir(notebook.parent)
    assert lecture.main(["talk.ipynb", "--", "--port=9999"]) == 0
    [(command, env, start)] = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert {str(notebook), f"--ServerApp.root_dir={notebook.parent}", "--port=9999", *server.OPTIONS} <= set(command)
    assert env[server.LECTURE] == "1"
    assert start == 0


def test_it_may_begin_at_any_slide(capsys, notebook, started):
    assert lecture.main([str(notebook), "--start", "12"]) == 0
    assert started[0][2] == 12
    assert "counted from 1" in refusal(capsys, notebook, "--start", "-3")


def test_a_notebook_elsewhere_is_served_from_its_own_folder(notebook, started, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    lecture.main([str(notebook)])
    assert f"--ServerApp.root_dir={notebook.parent}" in started[0][0]


def test_the_settings_are_where_jupyterlab_looks_and_nowhere_else(tmp_path, monkeypatch):
    own = tmp_path / "own"
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(own))
    env = server.environment(tmp_path / "lecture")
    assert not own.exists()
    written = sorted(Path(env["JUPYTERLAB_SETTINGS_DIR"]).rglob("*.jupyterlab-settings"))
    assert len(written) == len(server.settings())
    assert all(json.loads(path.read_text(encoding="utf-8")) for path in written)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_server_too(name):
    child = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    program = (
        "import os, sys; from minbpe.lab.lecture.server import run_until_stopped;"
        f"sys.exit(run_until_stopped([sys.executable, '-c', {child!r}], dict(os.environ)))"
    )
    # SIGINT may be ignored where the tests are run in the background; a terminal has it at its default.
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        pid = int(process.stdout.readline())
        process.send_signal(getattr(signal, name))
        assert process.wait(20) == 0
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.05)


# --- the extension


def test_jupyterlab_takes_it_for_an_extension():
    found = get_federated_extensions([str(server.LABEXTENSIONS)])
    build = found["minbpe-slides"]["jupyterlab"]["_build"]
    assert (SLIDES / build["load"]).is_file()
    # What lies in a folder of this name, the server lets browsers keep for ever: the next version would not reach them.
    assert "static" not in build["load"]
    schema = json.loads((SLIDES / "schemas" / "minbpe-slides" / "plugin.json").read_text(encoding="utf-8"))
    assert set(schema["properties"]) == set(server.settings()["minbpe-slides:plugin"])


def test_its_modules_import_what_is_there():
    for path in SLIDES.rglob("*.js"):
        for names, module in re.findall(r'import \{ ([^}]+) \} from "\./([^"]+)"', path.read_text(encoding="utf-8")):
            source = (path.parent / module).read_text(encoding="utf-8")
            for name in names.split(", "):
                assert re.search(rf"export (async )?(function|class|const) {name}\b", source), f"{path.name}: {name}"


# --- slides that are slides

MOST_WORDS = 60  # of prose, beside code
EXCEPTIONS = {
    ("05-regex-splitting.ipynb", "gpt2-table"): "the table of the six pieces is the slide",
    ("08-speed.ipynb", "fast-encode-intro"): "four steps by hand, a table",
    **{(name, "recap"): "five lines, read together at the end" for name in NOTEBOOKS},
}


@each_notebook
def test_a_slide_has_few_words(name):
    deck = deck_of(name)
    many = {slide.id: slide.words for slide in deck if slide.words > MOST_WORDS}
    assert {each for each in many if (name, each) not in EXCEPTIONS} == set(), many


def test_the_exceptions_are_still_needed():
    for (name, slide_id), reason in EXCEPTIONS.items():
        found = [slide for slide in deck_of(name) if slide.id == slide_id]
        assert reason == EXCEPTIONS[(name, "recap")] or found[0].words > MOST_WORDS


@each_notebook
def test_a_slide_has_a_title_and_something_to_look_at(name):
    for slide in deck_of(name):
        assert slide.title, slide.id
        code = any(cell.cell_type == "code" for cell, _ in slide.cells)
        assert code or slide.words or slide.id == "title", f"{slide.id} is only a heading"


@each_notebook
def test_what_is_shown_of_a_cell_is_there(name):
    for cell in nbformat.read(NOTEBOOKS[name], as_version=4).cells:
        shown = cell.metadata.slideshow.get("shown")
        assert shown is None or (shown and set(shown) < set(range(len(blocks(cell.source))))), cell.id


@each_notebook
def test_every_lecture_is_planned_to_its_minutes(name):
    deck = deck_of(name)
    lectures = list(plan(deck))
    assert [number for number, _ in lectures] == list(range(1, len(lectures) + 1))
    assert deck[0].lecture == 1
    assert all(20 <= minutes <= 50 for _, minutes in lectures), lectures


@each_notebook
def test_every_prediction_has_notes_on_what_to_expect(name):
    asked = [slide for slide in deck_of(name) if any('predict("' in cell.source for cell, _ in slide.cells)]
    assert asked
    assert [slide.id for slide in asked if not slide.notes] == []


def test_blocks_and_words():
    source = "## A `b`\nOne *two*\nthree.\n\n- four\n- five\n\n  six\n\n```python\nx = 1\n\ny = 2\n```\n\n"
    source += "| a |\n|---|\n| b |"
    assert [block.partition("\n")[0] for block in blocks(source)] == [
        "## A `b`",
        "One *two*",
        "- four",
        "```python",
        "| a |",
    ]
    assert count_words(source) == 8
    assert count_words("[there](http://example.org/a/b)") == 1


# --- on paper, and the guide


def test_the_guide_is_made_from_the_notes():
    assert make_guide.GUIDE.read_text(encoding="utf-8") == make_guide.made(), "run python tools/make_guide.py"


def test_the_pages_hold_every_slide_and_its_notes():
    notebook = nbformat.read(NOTEBOOKS["03-merges.ipynb"], as_version=4)
    deck = read_deck(notebook)
    slides, notes = paper.slides_page(deck), paper.notes_page(deck)
    assert slides.count('<section class="page">') == len(deck)
    assert "[256, 2, 3, 256, 2]" in slides
    assert "<svg" in slides  # widgets as pictures
    assert "Many say" not in slides
    assert "<em>Many say</em> [256, 256]" in notes
    assert "https://cdn" not in slides + notes


def test_without_a_browser_paper_says_what_is_missing(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(paper, "find_chromium", lambda: None)
    path = NOTEBOOKS["03-merges.ipynb"]
    assert "needs Chromium, Chrome or Edge" in refusal(capsys, path, "--pdf", tmp_path)


def test_slides_and_notes_become_pdfs(tmp_path, capsys):
    if paper.find_chromium() is None:
        pytest.skip("no Chromium found")
    assert lecture.main([str(NOTEBOOKS["00-start-here.ipynb"]), "--pdf", str(tmp_path / "out")]) == 0
    pages = {}
    for path in (tmp_path / "out").iterdir():
        data = path.read_bytes()
        assert data.startswith(b"%PDF")
        pages[path.name] = len(re.findall(rb"/Type\s*/Page\b", data))
    assert set(pages) == {"00-start-here-slides.pdf", "00-start-here-notes.pdf"}
    assert pages["00-start-here-slides.pdf"] == len(deck_of("00-start-here.ipynb"))
