"""The lab: everything that is for teaching. The tokenizers never import it.

>>> from minbpe.lab import MergeScrubber
>>> MergeScrubber("the more the merrier", merges=12)

    trace.py     training and encoding as steps that can be replayed (data, no drawing)
    render.py    from data to HTML and SVG (pure functions)
    widgets.py   the widgets, which join the two
    plots.py     figures
    checks/      is an exercise solved?
    progress.py  what is passed so far; course_map.py shows it

What is named here is loaded when it is first used, so a check does not wait for the widgets, nor the
widgets for matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "EncodeStepper": "widgets",
    "MergeScrubber": "widgets",
    "MergeTree": "widgets",
    "PairExplorer": "widgets",
    "SpecialTokenExplorer": "widgets",
    "SplitExplorer": "widgets",
    "TokenExplorer": "widgets",
    "Utf8Inspector": "widgets",
    "EncodingTrace": "trace",
    "TrainingTrace": "trace",
    "Predict": "questions",
    "Question": "questions",
    "Quiz": "questions",
    "Progress": "course_map",
    "CheckFailed": "checks",
    "check": "checks",
}
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
