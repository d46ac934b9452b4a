"""The lab: everything that is for teaching. The tokenizers never import it.

>>> from minbpe.lab import MergeScrubber
>>> MergeScrubber("the more the merrier", merges=12)

    draw/           text, HTML and SVG: the drawing kit
    trace.py        training and encoding as steps that can be replayed (data, no drawing)
    encoding.py     a text as tokens and as pairs of tokens (data, no drawing)
    widgets/        one widget, one file; lab.py is their base
    plots.py        figures
    checks/         is an exercise solved?
    written.py      what is written in a notebook, used from there on
    predictions/    the questions of the notebooks
    progress.py     what is passed so far; course_map.py shows it
    grading/        a class graded
    lecture.py      a notebook as slides
    setup_check.py  is everything installed?
    server_extension.py  what a kernel says reaches the page without delay

What is named here is loaded when it is first used, so a check does not wait for the widgets, nor the
widgets for matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from minbpe.lab.widgets import WIDGETS

_WHERE = {name: f"widgets.{file}" for name, file in WIDGETS.items()} | {
    "Question": "widgets.questions",
    "show_token": "draw.text",
    "show_tokens": "draw.text",
    "EncodingTrace": "trace",
    "TrainingTrace": "trace",
    "Progress": "course_map",
    "CheckFailed": "checks",
    "check": "checks",
    "checked": "written",
    "predict": "predictions",
    "predicted": "predictions",
    "quiz": "predictions",
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
