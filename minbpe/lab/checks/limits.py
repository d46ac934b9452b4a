"""Last demands on an answer that is right: so little memory, so little time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from minbpe.lab.checks.exercise import Args
from minbpe.lab.checks.faults import Problem, Trial
from minbpe.lab.checks.runner import Caller, Outcome, Step, fresh

# Calls the answer, and gives the most memory that it held meanwhile, in bytes, and its result. Whatever was measured
# before ends there.
PEAK = (
    "lambda answer, *args: (lambda trace: (trace.stop(), trace.start(1), answer(*args), "
    "trace.get_traced_memory()[1], trace.stop())[3:1:-1])"
    "(__import__('_tracemalloc'))"
)
WRONG_HERE = Problem(
    "",
    "It was right on all else that was tried, but here the result is not the right one.",
    "Does it treat this input in another way than the others?",
    "wrong on a large input",
)


def lean(
    draw: Callable[[Random], Args], reference: Callable[..., Any], most: int, sentence: str, hint: str
) -> Callable[[Caller, Random], Trial | None]:
    """A demand: a call may hold at most so many bytes at a time, and gives what the reference gives."""

    def demand(caller: Caller, rng: Random) -> Trial | None:
        args = draw(rng)
        outcome = caller.call([Step(args, through=PEAK)])
        match outcome.value:
            case (int(peak), result) if peak <= most:
                return None if result == reference(*fresh(args)) else Trial(args, Outcome(), outcome, WRONG_HERE)
        return Trial(args, Outcome(), outcome, Problem("too much memory", sentence, hint))

    return demand


def ready(
    draw: Callable[[Random], tuple[Args, Any]], seconds: float, sentence: str, hint: str
) -> Callable[[Caller, Random], Trial | None]:
    """A demand on a class: making an object and calling it once may take so many seconds of processor time, and ends
    in what is expected. `draw` gives such a case, and that."""

    def demand(caller: Caller, rng: Random) -> Trial | None:
        args, expected = draw(rng)
        to_make, (method, *arguments) = args
        steps = [Step(to_make, on="t"), Step(tuple(arguments), method, "t")]
        outcome = caller.call(steps, 4 * seconds, processor=seconds)
        if not outcome.stopped and outcome.error is None:
            return None if outcome.value == expected else Trial(args, Outcome(), outcome, WRONG_HERE)
        return Trial(args, Outcome(), outcome, Problem("too slow", sentence, hint))

    return demand
