"""In place of the checks while a submission is graded: the grader checks from outside, and nothing here knows how."""

from __future__ import annotations

from typing import Any

EXERCISES: dict[str, Any] = {}
NOTE = "(When this is graded, the check runs outside of this notebook.)"


class CheckFailed(AssertionError):
    """As the real one is called; nothing raises it here."""


class Check:
    """Takes every call, and says nothing about the answer."""

    def __call__(self, name: str, answer: Any, seed: int | None = None) -> None:
        print(NOTE)

    def exercises(self) -> list[Any]:
        """None: they are not here."""
        return []

    def on_pass(self, hook: Any) -> None:
        """Nothing passes here."""


Check.__module__ = CheckFailed.__module__ = "minbpe.lab.checks"
check = Check()
