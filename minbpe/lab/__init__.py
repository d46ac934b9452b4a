"""The lab: everything that is for teaching. The tokenizers never import it.

>>> from minbpe.lab import MergeScrubber
>>> MergeScrubber("the more the merrier", merges=12)

    trace.py     training and encoding as steps that can be replayed (data, no drawing)
    render.py    from data to HTML and SVG (pure functions)
    widgets.py   the widgets, which join the two
    plots.py     figures
    checks/      is an exercise solved?
    progress.py  what is passed so far

What is named here is loaded when it is first used, so a check does not wait for the widgets, nor the
widgets for matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "EncodeStepper": "widgets.explorers",
    "MergeScrubber": "widgets.explorers",
    "MergeTree": "widgets.explorers",
    "PairExplorer": "widgets.explorers",
    "SpecialTokenExplorer": "widgets.explorers",
    "SplitExplorer": "widgets.explorers",
    "TokenExplorer": "widgets.explorers",
    "Utf8Inspector": "widgets.explorers",
    "EncodingTrace": "trace",
    "TrainingTrace": "trace",
    "Predict": "widgets.questions",
    "Question": "widgets.questions",
    "Quiz": "widgets.questions",
    "Parsons": "widgets.parsons",
    "Progress": "progress",
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
