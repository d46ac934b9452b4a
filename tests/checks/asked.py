"""What the tests of the checks share: asking for a failure, and the lists to go through."""

from __future__ import annotations

import math
from typing import Any

import pytest

from minbpe.lab.checks import EXERCISES, CheckFailed, check, examining

NAMES = list(EXERCISES)


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch):
    """All random inputs are drawn and every failing call is made as small as can be, however long that takes."""
    monkeypatch.setattr(examining, "ENOUGH", math.inf)
    monkeypatch.setattr(examining, "SHRINKING", 60)
    monkeypatch.setattr(examining, "REPEATING", 60)


def failure(name: str, answer: Any, seed: int = 0) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        check(name, answer, seed=seed)
    return caught.value


def in_a_row(failed: CheckFailed) -> str:
    """The message without its line ends."""
    return " ".join(str(failed).split())
