"""Questions that a learner commits to before the answer shows: Predict and Quiz.

    Predict("How many pairs are in [97, 97, 97]?", {"1": "why not", "2": "why"}, answer="2")
    Quiz([Question("…", {"option": "explanation", …}, answer="option"), …])

Each option is a button. Pressing it is the commitment: only then does it say whether it is right, and why. The
other options keep their explanations to themselves until they are pressed too. Nothing waits for an answer, so
a notebook that runs from top to bottom runs on. `text` between backticks is shown as code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from traitlets import Int, List, TraitError, Unicode, observe, validate

from minbpe.lab.draw.html import escape, turns
from minbpe.lab.draw.svg import Still
from minbpe.lab.widgets.lab import Lab

LETTERS = "ABCDEFGH"  # what a lecturer calls the options by


@dataclass(frozen=True)
class Question:
    """A question: its options, each with its explanation, and the option that is the answer.

    ValueError for fewer than two options or more than eight, one without an explanation, or an answer that is none.
    """

    text: str
    options: Mapping[str, str]
    answer: str

    def __post_init__(self) -> None:
        if not 2 <= len(self.options) <= len(LETTERS):
            raise ValueError(
                f"a question has 2 to {len(LETTERS)} options, this one has {len(self.options)}: {self.text!r}"
            )
        if self.answer not in self.options:
            raise ValueError(f"the answer {self.answer!r} is none of the options {list(self.options)}")
        for option, explanation in self.options.items():
            if not explanation.strip():
                raise ValueError(f"the option {option!r} does not explain itself")

    def check(self, option: str | None) -> None:
        """TraitError if there is no such option. None stands for no choice."""
        if option is not None and option not in self.options:
            raise TraitError(f"{option!r} is none of the options {list(self.options)}")


# --- drawing: a question and what was tried, to HTML and to SVG

QUESTION_STYLE = """
.mb-ask { border: 1px solid var(--mb-hair); border-left: 0.35em solid var(--mb-accent); border-radius: 0.3em;
  background: var(--mb-paper); padding: 0.35em 0.7em 0.5em; margin: 0 0 0.4em; max-width: 62em; }
.mb .mb-ask > p { font-weight: 700; margin: 0 0 0.3em; }
.mb-ask > div { display: grid; gap: 0.25em; }
.mb-ask code, .mb-after code { font-family: var(--mb-mono); font-size: 0.92em; color: inherit; background: none;
  padding: 0; white-space: pre-wrap; }
.mb .mb-ask button.mb-option { display: flex; gap: 0.6em; width: 100%; min-height: 0; padding: 0.2em 0.6em;
  text-align: left; }
.mb .mb-ask button.mb-tried { background: var(--mb-paper); }
.mb .mb-ask button[aria-pressed="true"] { border: 2px solid var(--mb-ink); }
.mb-ask .mb-letter { font-weight: 700; color: var(--mb-soft); }
.mb-ask .mb-why { display: block; margin-top: 0.1em; }
.mb .mb-after { margin: 0.2em 0 0.4em; }
"""
MARKED = re.compile(r"`([^`]+)`|(?<!\w)\*(\w+)\*(?!\w)")  # code, or one word that is stressed


def prose(text: str) -> str:
    """`text` as HTML, with what stands between backticks as code and a word between stars, *so*, as stressed."""
    return MARKED.sub(lambda m: f"<code>{m[1]}</code>" if m[1] else f"<em>{m[2]}</em>", escape(text))


def plain(text: str) -> str:
    """`text` without the backticks and the stars, for where there is only plain text."""
    return MARKED.sub(lambda m: m[1] or m[2], text)


def ask(question: Question, tried: Collection[str], choice: str | None, *, number: int = 0, heading: str = "") -> str:
    """A question as HTML. Options in `tried` explain themselves; `choice` is the one that was pressed last."""
    buttons = []
    for place, (option, explanation) in enumerate(question.options.items()):
        why = ""
        if option in tried:
            verdict = "✓ Right." if option == question.answer else "✗ Not this one."
            why = f'<span class="mb-why"><b>{verdict}</b> {prose(explanation)}</span>'
        # The explanation is part of its button: a screen reader says it when the focus comes back to it.
        buttons.append(
            f'<button type="button" class="mb-button mb-option{" mb-tried" if why else ""}" data-event="choose" '
            f'data-value="{number}.{place}" data-key="{number}.{place}" '
            f'aria-pressed="{"true" if option == choice else "false"}">'
            f'<span class="mb-letter">{LETTERS[place]}</span><span>{prose(option)}{why}</span></button>'
        )
    label = escape(f"{heading} {plain(question.text)}".strip())
    return (
        f'<div class="mb-ask" role="group" aria-label="{label}"><p>{escape(heading)} {prose(question.text)}</p>'
        f"<div>{''.join(buttons)}</div></div>"
    )


HINT = "Decide before you read on: run this cell, and answer."


def still(headed: Iterable[tuple[str, Question]], title: str, hint: str) -> str:
    """Questions and their options as SVG: never the answer, since a page without a kernel cannot wait for it."""
    picture = Still(title)
    for heading, question in headed:
        picture.text(f"{heading} {plain(question.text)}".strip(), bold=True)
        for letter, option in zip(LETTERS, question.options, strict=False):
            picture.text(f"{letter}) {plain(option)}")
    picture.text(hint)
    return picture.svg()


# --- the widgets


class Ask(Lab):
    """One question, answered before the answer can be seen: the base of `Predict` and of the kinds in marks.py.

    `choice` is the answer given last, None before that; setting it does what the reader does, and setting it to
    None starts again. `first` is the prediction: the answer that was given first. A kind says what is right, and
    what there is to say of an answer.
    """

    redraw_on: Sequence[str] = ("choice",)
    choice = Unicode(None, allow_none=True)
    text = ""  # the question

    def __init__(self, **traits: Any) -> None:
        self.tried: list[str] = []
        super().__init__(**traits)

    def shows(self, answer: str) -> str:
        """An answer as it is written in a sentence: with backticks around code."""
        return answer

    def right(self, answer: str) -> bool:
        """Whether it is the answer."""
        raise NotImplementedError

    def why(self, answer: str) -> str:
        """What there is to say of it."""
        raise NotImplementedError

    def lines(self) -> list[str]:
        """What the question shows before anything is chosen, as lines of plain text: options, or a row to mark."""
        raise NotImplementedError

    @property
    def first(self) -> str | None:
        """The first choice: what the learner predicted. None if nothing was chosen yet."""
        return self.tried[0] if self.tried else None

    @observe("choice")
    def _remember(self, change: Any) -> None:
        _remember(self.tried, change.new)

    def after(self) -> dict[str, str]:
        """What the question says once it is answered. In JupyterLab `data-opens` opens the folded heading below, and
        `data-closes` closes it: it may have been saved open."""
        if self.first is None:
            return {"after": '<span data-closes="" hidden=""></span>'}
        said = prose(f"You predicted: {self.shows(self.first)}")
        return {"after": f'<p class="mb-after" data-opens="">{said}<br/>Below is what came out.</p>'}

    def still(self) -> str:
        picture = Still("Predict")
        picture.text(plain(self.text), bold=True)
        for line in self.lines():
            picture.text(line)
        picture.text(HINT)
        return picture.svg()

    def describe(self) -> str:
        chosen = "nothing chosen yet" if self.choice is None else f"chosen: {plain(self.shows(self.choice))}"
        return f"{plain(self.text)} ({chosen})"

    def __repr__(self) -> str:
        return "\n".join([f"Predict: {plain(self.text)}", *(f"  {line}" for line in self.lines()), HINT])

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """With the whole question as plain text, which JupyterLab shows before the cell has run; ipywidgets cuts it."""
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}


class Predict(Ask):
    """One question with options, to be answered before the next cell is run."""

    example = 'Predict("How many pairs are there in `aaa`?", {"1": "They overlap.", "2": "aa and aa."}, "2")'

    def __init__(self, question: str, options: Mapping[str, str], answer: str, **traits: Any) -> None:
        self.question = Question(question, dict(options), answer)
        self.text, self.answer = question, answer
        super().__init__(**traits)

    @validate("choice")
    def _known(self, proposal: Any) -> str | None:
        self.question.check(proposal["value"])
        return proposal["value"]

    def right(self, answer: str) -> bool:
        return answer == self.question.answer

    def why(self, answer: str) -> str:
        return self.question.options[answer]

    def lines(self) -> list[str]:
        return [f"{letter}) {plain(each)}" for letter, each in zip(LETTERS, self.question.options, strict=False)]

    def frame(self) -> dict[str, str]:
        asked = ask(self.question, self.tried, self.choice, heading="Predict:")
        return {"style": f"<style>{QUESTION_STYLE}</style>", "question": asked, **self.after()}

    def on_event(self, name: str, value: Any) -> None:
        if name == "choose":
            self.choice = list(self.question.options)[int(str(value).partition(".")[2])]


class Quiz(Lab):
    """A few questions, to close a notebook. In large letters, for a lecture, they come one at a time.

    `choices` holds for each question the option chosen last, or None; it can be set as a whole. `right_first` is the
    number of questions whose first choice was right. `shown` is the place of the question that a lecture sees.
    """

    example = 'Quiz([Question("What is 1 + 1?", {"2": "Yes.", "11": "That joins them."}, "2")])'
    redraw_on = ("choices", "shown", "large")
    choices: List[Any] = List()
    shown = Int(0)

    def __init__(self, questions: Iterable[Question], **traits: Any) -> None:
        self.questions = list(questions)
        if not self.questions:
            raise ValueError("a quiz needs a question")
        self.tried: list[list[str]] = [[] for _ in self.questions]
        super().__init__(**{"choices": [None] * len(self.questions)} | traits)

    @property
    def right_first(self) -> int:
        """How many questions were right on the first try."""
        return sum(tried[:1] == [q.answer] for q, tried in zip(self.questions, self.tried, strict=True))

    @validate("choices")
    def _known(self, proposal: Any) -> list[str | None]:
        if len(proposal["value"]) != len(self.questions):
            raise TraitError(f"choices needs one entry for each of the {len(self.questions)} questions, None for none")
        for question, option in zip(self.questions, proposal["value"], strict=True):
            question.check(option)
        return proposal["value"]

    @validate("shown")
    def _one_of_them(self, proposal: Any) -> int:
        return max(0, min(proposal["value"], len(self.questions) - 1))

    @observe("choices")
    def _remember(self, change: Any) -> None:
        for tried, option in zip(self.tried, change.new, strict=True):
            _remember(tried, option)

    def frame(self) -> dict[str, str]:
        parts = {"style": f"<style>{QUESTION_STYLE}</style>"}
        for number, question in enumerate(self.questions):
            if self.large and number != self.shown:
                continue
            asked = ask(question, self.tried[number], self.choices[number], number=number, heading=f"{number + 1}.")
            parts[f"question {number + 1}"] = asked
        if self.large:
            ends = {0: "-1", len(self.questions) - 1: "1"}
            parts["turn"] = turns({"-1": "◀ Question before", "1": "Next question ▶"}, ends.get(self.shown, ""))
        parts["result"] = f'<p role="status">{self._result()}</p>'
        return parts

    def still(self) -> str:
        headed = [(f"{number}.", question) for number, question in enumerate(self.questions, 1)]
        return still(headed, "Quiz", "In JupyterLab, press an option: it says whether it is right, and why.")

    def describe(self) -> str:
        return f"{_questions(len(self.questions))}. {self._result()}"

    def _result(self) -> str:
        answered = sum(map(bool, self.tried))
        if answered < len(self.questions):
            return f"{answered} of {len(self.questions)} answered."
        return f"{self.right_first} of {len(self.questions)} right on the first try."

    def on_event(self, name: str, value: Any) -> None:
        if name == "choose":
            number, place = map(int, str(value).split("."))
            option = list(self.questions[number].options)[place]
            self.choices = [*self.choices[:number], option, *self.choices[number + 1 :]]
        elif name == "turn":
            self.shown += int(value)


def _remember(tried: list[str], option: str | None) -> None:
    if option is None:
        tried.clear()
    elif option not in tried:
        tried.append(option)


def _questions(count: int) -> str:
    return "1 question" if count == 1 else f"{count} questions"
