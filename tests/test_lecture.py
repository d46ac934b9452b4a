"""The command that opens a notebook as slides, without a browser. tests/browser/test_lecture_in_browser.py has one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from minbpe.lab import lecture


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "talk.ipynb"
    path.write_text("{}")
    return path


@pytest.fixture
def started(monkeypatch):
    """The command and the environment with which JupyterLab would have been started."""
    calls = []
    monkeypatch.setattr(lecture, "run_until_stopped", lambda *call: calls.append(call) or 0)
    monkeypatch.setattr(lecture, "find_spec", lambda name: True)
    return calls


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
    [(command, env)] = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert {str(notebook), f"--ServerApp.root_dir={notebook.parent}", "--port=9999"} <= set(command)
    assert env[lecture.LECTURE] == "1"


def test_a_notebook_elsewhere_is_served_from_its_own_folder(notebook, started, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    lecture.main([str(notebook)])
    assert f"--ServerApp.root_dir={notebook.parent}" in started[0][0]


def test_the_settings_are_where_jupyterlab_looks_and_nowhere_else(tmp_path, monkeypatch):
    own = tmp_path / "own"
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(own))
    env = lecture.environment(tmp_path / "lecture")
    assert not own.exists()
    for plugin, values in lecture.settings().items():
        path = tmp_path / "lecture" / "settings" / f"{plugin}.jupyterlab-settings"
        assert path.is_relative_to(env["JUPYTERLAB_SETTINGS_DIR"])
        assert json.loads(path.read_text(encoding="utf-8")) == values


def test_each_key_goes_one_way_only():
    ways = {}
    for shortcut in lecture.settings()["@jupyterlab/shortcuts-extension/shortcuts"]["shortcuts"]:
        does = (shortcut["command"], json.dumps(shortcut.get("args")))
        assert ways.setdefault((shortcut["selector"], *shortcut["keys"]), does) == does


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_server_too(name):
    server = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    program = (
        "import os, sys; from minbpe.lab.lecture import run_until_stopped;"
        f"sys.exit(run_until_stopped([sys.executable, '-c', {server!r}], dict(os.environ)))"
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
