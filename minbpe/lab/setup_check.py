"""Is everything there that the course needs? One line for each answer, with what to do where it is no."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from minbpe import GPT4Tokenizer, vocabularies

DISTRIBUTION = "minbpe-course"
REINSTALL = 'in the course\'s folder run: python -m pip install -e "."'


class Finding(NamedTuple):
    """Whether something is as it should be, and a sentence about it."""

    ok: bool
    sentence: str

    def __str__(self) -> str:
        return f"{'✓' if self.ok else '✗'} {self.sentence}"


def findings() -> Iterator[Finding]:
    """All that the course needs, one by one."""
    yield _python()
    yield from _packages()
    yield _kernel()
    yield _widgets()
    for record in vocabularies.VOCABULARIES.values():
        if record.ships and record.file == record.name:  # several may share the ranks
            yield _vocabulary(record.name, record.models[0])
    yield _tokenizer()


def check_setup() -> None:
    """Print a line for each thing that the course needs, and a last one that sums up."""
    problems = 0
    for finding in findings():
        problems += not finding.ok
        print(finding)
    if problems:
        print(
            f"\n{problems} thing{'s' * (problems > 1)} to put right: do what the ✗ lines say, then run this cell again."
        )
    else:
        print("\nEverything is here. Have fun!")


def _python() -> Finding:
    wanted = Requirement(f"python{importlib.metadata.metadata(DISTRIBUTION)['Requires-Python']}").specifier
    have = ".".join(map(str, sys.version_info[:3]))
    if wanted.contains(have):
        return Finding(True, f"Python is {_in_words(wanted)}")
    return Finding(
        False, f"Python is {have}, the course needs {_in_words(wanted)}: install a newer one from python.org"
    )


def _packages() -> Iterator[Finding]:
    for line in importlib.metadata.requires(DISTRIBUTION) or []:
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            have = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(False, f"{wanted.name} is not installed: {REINSTALL}")
            continue
        if wanted.specifier.contains(have, prereleases=True):
            yield Finding(True, f"{wanted.name} is {_in_words(wanted.specifier)}")
        else:
            sentence = f"{wanted.name} is {have}, the course needs {_in_words(wanted.specifier)}: {REINSTALL}"
            yield Finding(False, sentence)


def _in_words(versions: SpecifierSet) -> str:
    return ", ".join(f"{v.version} or later" if v.operator == ">=" else str(v) for v in versions)


def _kernel() -> Finding:
    try:
        from IPython import get_ipython

        shell = get_ipython()
    except ImportError:
        shell = None
    if shell is not None and hasattr(shell, "kernel"):
        return Finding(True, "this notebook has a live kernel, in the environment of the course")
    return Finding(False, "this is not running in a notebook: open notebooks/00-start-here.ipynb in JupyterLab")


def _widgets() -> Finding:
    try:
        importlib.metadata.version("jupyterlab_widgets")
    except importlib.metadata.PackageNotFoundError:
        return Finding(False, f"JupyterLab cannot show widgets, jupyterlab_widgets is missing: {REINSTALL}")
    return Finding(True, "JupyterLab can show widgets")


def _vocabulary(name: str, model: str) -> Finding:
    try:
        vocabularies.get_encoding(name)
    except (ValueError, OSError) as error:
        return Finding(False, f"the vocabulary of {model} cannot be loaded: {error}")
    return Finding(True, f"the vocabulary of {model} ({name}) is here, verified, and needs no network")


def _tokenizer() -> Finding:
    text = "Does it work? 하나, 둘, 셋 👍"
    if GPT4Tokenizer().encode(text) == vocabularies.get_encoding("cl100k_base").encode(text):
        return Finding(True, "minbpe gives the ids of GPT-4")
    return Finding(False, f"minbpe does not give the ids of GPT-4: {REINSTALL}, and tell us if that does not help")
