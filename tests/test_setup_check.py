"""The set-up check says what is there, what is missing, and what to do."""

import importlib.metadata

import pytest

from minbpe import vocabularies
from minbpe.lab import setup_check


def test_a_complete_set_up_has_nothing_to_mend_but_the_notebook_that_a_test_is_not():
    problems = [finding.sentence for finding in setup_check.findings() if not finding.ok]
    assert problems == ["this is not running in a notebook: open notebooks/00-start-here.ipynb in JupyterLab"]


def test_every_dependency_of_the_course_gets_a_line(capsys):
    setup_check.check_setup()
    printed = capsys.readouterr().out
    for name in ["Python", "anywidget", "ipywidgets", "matplotlib", "regex", "tiktoken", "tqdm", "GPT-4", "GPT-4o"]:
        assert f"✓ {name}" in printed or f"of {name} (" in printed


def test_a_package_that_is_too_old_is_named_with_what_to_do(monkeypatch):
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1" if name == "tiktoken" else real(name))
    sentences = [finding.sentence for finding in setup_check.findings() if not finding.ok]
    assert any(s.startswith("tiktoken is 0.1, the course needs 0.9 or later") and "pip install" in s for s in sentences)


def test_a_package_that_is_missing_is_named_with_what_to_do(monkeypatch):
    real = importlib.metadata.version

    def version(name):
        if name in ("regex", "jupyterlab_widgets"):
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    sentences = [finding.sentence for finding in setup_check.findings() if not finding.ok]
    assert any(s.startswith("regex is not installed") for s in sentences)
    assert any("jupyterlab_widgets is missing" in s for s in sentences)


def test_a_vocabulary_that_cannot_be_had_is_said_with_the_reason(monkeypatch):
    def fail(name):
        raise ValueError("damaged")

    monkeypatch.setattr(vocabularies, "read", fail)
    finding = setup_check._vocabulary(vocabularies.find("cl100k_base"))
    assert finding.ok is False
    assert finding.sentence == "the vocabulary of GPT-4 cannot be loaded: damaged"


@pytest.mark.parametrize("error", [ValueError("damaged"), OSError("disk full"), ImportError("no tiktoken")])
def test_what_cannot_be_compared_is_said_with_the_reason(monkeypatch, error):
    def fail(name):
        raise error

    monkeypatch.setattr(vocabularies, "get_encoding", fail)
    finding = setup_check._tokenizer()
    assert finding.ok is False
    assert str(error) in finding.sentence


def test_in_the_browser_a_package_that_is_not_there_is_nothing_to_put_right(monkeypatch, capsys):
    real = importlib.metadata.version

    def version(name):
        if name in ("regex", "tiktoken", "jupyterlab_widgets"):
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(setup_check, "IN_THE_BROWSER", True)
    setup_check.check_setup()
    printed = capsys.readouterr().out
    assert "– regex is not here" in printed and "– tiktoken is not here" in printed
    assert "✓ JupyterLab can show widgets" in printed
    assert [line for line in printed.splitlines() if line.startswith("✗")] == [
        "✗ this is not running in a notebook: open notebooks/00-start-here.ipynb in JupyterLab"
    ]


@pytest.mark.parametrize(
    "have, wanted, enough",
    [("4.10.0", "4.6", True), ("4.6", "4.6", True), ("4.6.0rc1", "4.6", True), ("4.5.9", "4.6", False)],
)
def test_versions_are_compared_as_numbers(monkeypatch, have, wanted, enough):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: have)
    assert setup_check._package("jupyterlab", wanted).ok is enough
