"""Last demands on an answer that is right: so little memory, so little time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from minbpe.lab.checks.exercise import Args
from minbpe.lab.checks.faults import Problem, Trial
from minbpe.lab.checks.runner import Caller, Outcome, Step

# Calls the answer, and gives the most memory that it held meanwhile, in bytes.
PEAK = (
    "lambda answer, *args: (lambda trace: (trace.start(), answer(*args), trace.get_traced_memory()[1], "
    "trace.stop())[2])"
    "(__import__('tracemalloc'))"
)


def lean(args: Args, most: int, sentence: str, hint: str) -> Callable[[Caller], Trial | None]:
    """A demand: this call may hold at most so many bytes at a time."""

    def demand(caller: Caller) -> Trial | None:
        outcome = caller.call([Step(args, through=PEAK)])
        if isinstance(outcome.value, int) and outcome.value <= most:
            return None
        return Trial(args, Outcome(), outcome, Problem("too much memory", sentence, hint))

    return demand


def ready(
    steps: Sequence[Step], args: Args, seconds: float, sentence: str, hint: str
) -> Callable[[Caller], Trial | None]:
    """A demand: these steps may take so many seconds of processor time."""

    def demand(caller: Caller) -> Trial | None:
        outcome = caller.call(steps, 4 * seconds, processor=seconds)
        if not outcome.stopped and outcome.error is None:
            return None
        return Trial(args, Outcome(), outcome, Problem("too slow", sentence, hint))

    return demand
