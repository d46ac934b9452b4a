"""The questions of the notebooks, kept where no page shows them: a notebook names a question, and this finds it.

    predict("aaa-merged")                        the question, as a widget
    predicted("aaa-merged", merge(row, p, 256))  what was chosen, beside what came out
    quiz("03-merges")                            the quiz that closes a notebook

A TOML file beside this one holds the questions of a notebook. If the notebook held them, its source would give the
answers away wherever it is shown: on GitHub, in a diff, on a page made by nbconvert. The kind of a question follows
from what it has: `options` to choose from, a `word` to put bars into, a `row` to pick a pair from, else it is typed.
"""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from traitlets import Bool, HasTraits, Unicode

from minbpe.lab.widgets.marks import Bars, PickPair, TypeIn
from minbpe.lab.widgets.predicted import Predicted
from minbpe.lab.widgets.questions import Ask, Predict, Question, Quiz


class Prediction(HasTraits):
    """What was predicted first for a question, as long as the kernel lives: cells that run again do not lose it."""

    answer = Unicode(help="what is right; empty until something is predicted")
    said = Unicode(None, allow_none=True)
    right = Bool(False)


_MADE: dict[str, Prediction] = {}


def predict(key: str) -> Ask:
    """The question of that name. ValueError if there is none."""
    question = _make(_find(key, questions()))
    prediction = _MADE.setdefault(key, Prediction())

    def note(change: Any) -> None:
        if question.first is not None:
            prediction.answer = question.shows(question.answer)
            prediction.right = question.right(question.first)
            prediction.said = question.shows(question.first)

    question.observe(note, "choice")
    return question


def predicted(key: str, *outcome: object, label: str = "It gives") -> Predicted:
    """What was predicted for the question of that name, beside the outcome; or beside the answer without one.

    Of an outcome the repr is shown, of a text the text: what was predicted stands without quotation marks, too.

    It changes when the question is answered, so it may be run before that. ValueError if there is no such question.
    """
    _find(key, questions())
    prediction = _MADE.setdefault(key, Prediction())
    came_out = [each if isinstance(each, str) else repr(each) for each in outcome]
    shown = Predicted(came_out[0] if came_out else None, label, **prediction.trait_values())
    prediction.observe(lambda change: shown.set_trait(change.name, change.new), list(prediction.traits()))
    return shown


def quiz(notebook: str) -> Quiz:
    """The quiz of a notebook, by the notebook's name. ValueError if there is none."""
    asked = _find(notebook, quizzes())
    return Quiz([Question(each["question"], each["options"], each["answer"]) for each in asked])


@cache
def questions() -> dict[str, dict[str, Any]]:
    """{name: what the TOML says} for every question of the course. ValueError if two have one name."""
    found: dict[str, dict[str, Any]] = {}
    for book in _books().values():
        for key, entry in book.items():
            if key != "quiz":
                if key in found:
                    raise ValueError(f"two questions are called {key!r}")
                found[key] = entry
    return found


@cache
def quizzes() -> dict[str, list[dict[str, Any]]]:
    """{notebook: its quiz, as the TOML says it}."""
    return {notebook: book["quiz"] for notebook, book in _books().items() if "quiz" in book}


@cache
def _books() -> dict[str, dict[str, Any]]:
    files = sorted(resources.files(__name__).iterdir(), key=lambda file: file.name)
    texts = {file.name: file.read_text(encoding="utf-8") for file in files if file.name.endswith(".toml")}
    return {name.removesuffix(".toml"): tomllib.loads(text) for name, text in texts.items()}


def _find(key: str, where: dict[str, Any]) -> Any:
    if key not in where:
        near = difflib.get_close_matches(key, where, n=1)
        raise ValueError(f"there is no question {key!r}" + (f": did you mean {near[0]!r}?" if near else ""))
    return where[key]


def _make(entry: dict[str, Any]) -> Ask:
    said = {key: value for key, value in entry.items() if key not in ("question", "options", "word", "row")}
    if "options" in entry:
        return Predict(entry["question"], entry["options"], **said)
    if "word" in entry:
        return Bars(entry["question"], entry["word"], **said)
    if "row" in entry:
        return PickPair(entry["question"], entry["row"], **said)
    return TypeIn(entry["question"], **said)
