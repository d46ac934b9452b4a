"""A bank of answers to each exercise, filled by a decorator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

Answer = Callable[..., Any]


class Bank(defaultdict[str, list[Answer]]):
    def __init__(self) -> None:
        super().__init__(list)

    def add(self, name: str) -> Callable[[Answer], Answer]:
        """Decorate an answer to the exercise of that name."""

        def added(answer: Answer) -> Answer:
            self[name].append(answer)
            return answer

        return added
