"""Predictions that a learner makes in marks of their own: a number typed, bars put into a word, a pair clicked.

    TypeIn("How long is it?", answer=44, why="…", wrong={"300": "…"}, otherwise="…")
    Bars("Where is `undo` cut?", "undo", answer="un|do", why="…", wrong={"u|ndo": "…"}, otherwise="…")
    PickPair("Which pair merges first?", "a|b|a|b|c", answer="a|b", why="…", wrong={"b|a": "…"}, otherwise="…")

Here nobody can tell the answer by its looks, as one can among options. Each answer has one way to be written: a
number or a list as Python writes it, the word with its bars, the pair with a bar between. `wrong` says why not for
the wrong answers that people give, `otherwise` for any other. What `Ask` says of `choice` and `first` holds here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from traitlets import Int, List, TraitError, Unicode, observe, validate

from minbpe.lab.draw.html import escape, inline
from minbpe.lab.draw.text import show_token
from minbpe.lab.widgets.questions import QUESTION_STYLE, Ask, plain, prose

MARKS = """
.mb-ask .mb-answer { display: flex; flex-wrap: wrap; align-items: center; gap: 0.3em 0.6em; }
.mb-ask input.mb-typed { font: inherit; font-family: var(--mb-mono); width: 14em; padding: 0.2em 0.4em;
  color: var(--mb-ink); background: var(--mb-paper); border: 1px solid var(--mb-line); border-radius: 0.3em; }
.mb-ask .mb-row { display: flex; flex-wrap: wrap; align-items: stretch; row-gap: 0.3em;
  font-family: var(--mb-mono); font-size: 1.15em; }
.mb-ask .mb-row > span { padding: 0.15em 0.05em; white-space: pre; }
.mb-ask .mb-row > .mb-token { padding: 0.15em 0.3em; border: 1px solid var(--mb-line); border-radius: 0.25em; }
.mb .mb-ask .mb-row button.mb-gap { min-width: 24px; width: 1.4em; min-height: 1.7em; padding: 0; margin: 0 1px;
  border: 1px solid var(--mb-line); }
.mb-ask .mb-row + .mb-answer { margin-top: 0.6em; }
.mb .mb-ask .mb-row button.mb-gap[aria-pressed="true"] { color: var(--mb-ink); font-weight: 700;
  border: 2px solid var(--mb-ink); }
.mb-ask .mb-said { margin: 0.3em 0 0; }
"""
MOST = 40  # pieces in a row that is marked: each gap is a button


class Marked(Ask):
    """What the three kinds have in common: one right answer, and words for it, for wrong ones, and for any other."""

    redraw_on: Sequence[str] = ("choice", "message")
    message = Unicode(help="why what was given is no answer at all, or nothing")

    def __init__(
        self,
        text: str,
        *,
        answer: object,
        why: str,
        otherwise: str,
        wrong: Mapping[str, str] | None = None,
        **traits: Any,
    ) -> None:
        self.text = text
        self.answer = self.written(str(answer))
        self.whys = {self.written(given): said for given, said in (wrong or {}).items()}
        if self.answer in self.whys:
            raise ValueError(f"{self.answer} is the answer, and among the wrong ones too")
        self.whys[self.answer] = why
        self.otherwise = otherwise
        super().__init__(**traits)

    def written(self, given: str) -> str:
        """An answer in the one way that it is written. ValueError if it is none."""
        raise NotImplementedError

    def field(self) -> str:
        """Where the answer is given, as HTML."""
        raise NotImplementedError

    def shows(self, answer: str) -> str:
        return f"`{answer}`"

    def right(self, answer: str) -> bool:
        return answer == self.answer

    def why(self, answer: str) -> str:
        return self.whys[self.answer] if self.right(answer) else self.whys.get(answer, self.otherwise)

    @validate("choice")
    def _known(self, proposal: Any) -> str | None:
        try:
            return None if proposal["value"] is None else self.written(proposal["value"])
        except ValueError as error:
            raise TraitError(str(error)) from None

    def give(self, answer: str) -> None:
        """Answer as the reader does: what is no answer gets a sentence, and does not count."""
        try:
            self.choice, self.message = self.written(answer), ""
        except ValueError as error:
            self.message = str(error)

    def frame(self) -> dict[str, str]:
        asked = f"<p>Predict: {prose(self.text)}</p>{self.field()}"
        label = escape(f"Predict: {plain(self.text)}")
        parts = {
            "style": f"<style>{QUESTION_STYLE}{MARKS}</style>",
            "question": f'<div class="mb-ask" role="group" aria-label="{label}">{asked}</div>',
            "said": f'<div role="status">{self._verdict()}</div>',
        }
        return parts | self.after()

    def _verdict(self) -> str:
        if self.message or self.choice is None:
            return prose(self.message)
        verdict = "✓ Right." if self.right(self.choice) else "✗ Not quite."
        return f'<p class="mb-said"><b>{verdict}</b> {prose(self.why(self.choice))}</p>'


class TypeIn(Marked):
    """A question whose answer is typed: a number, or a list of whole numbers.

    `near` is how far a number may be off, as a share of the answer: 0.1 is a tenth. For estimates.
    """

    example = 'TypeIn("How many pairs?", answer=2, why="They overlap.", otherwise="Count again.")'

    def __init__(self, text: str, *, answer: int | float | Sequence[int], near: float = 0.0, **said: Any) -> None:
        self.listed = not isinstance(answer, (int, float))
        self.near = near
        super().__init__(text, answer=list(answer) if not isinstance(answer, (int, float)) else answer, **said)

    def written(self, given: str) -> str:
        numbers = re.findall(r"-?\d[\d,_]*(?:\.\d+)?", given) if not self.listed else re.findall(r"-?\d+", given)
        if self.listed:
            if not numbers:
                raise ValueError("Type the row as numbers with commas between them, as [1, 2, 3].")
            return str([int(each) for each in numbers])
        if len(numbers) != 1:
            raise ValueError("Type one number.")
        return re.sub("[,_]", "", numbers[0])

    def right(self, answer: str) -> bool:
        if self.listed:
            return answer == self.answer
        wanted = float(self.answer)
        return abs(float(answer) - wanted) <= self.near * abs(wanted)

    def lines(self) -> list[str]:
        return ["Your answer: a row of numbers" if self.listed else "Your answer: a number"]

    def field(self) -> str:
        label = "your answer, " + ("a row of numbers" if self.listed else "a number")
        return (
            f'<div class="mb-answer"><input class="mb-typed" data-name="typed" data-enter="" aria-label="{label}" '
            f'placeholder="{"[1, 2, 3]" if self.listed else "a number"}" autocomplete="off" spellcheck="false"/>'
            '<button type="button" class="mb-button" data-event="give" data-takes="typed">'
            "That is my prediction</button></div>"
        )

    def on_event(self, name: str, value: Any) -> None:
        if name == "give":
            self.give(str(value))


class Bars(Marked):
    """A question that is answered by bars between the signs of a word: where is it cut?

    `number` is how many bars there are to put, where the question says so; without it, any number is an answer.
    """

    example = 'Bars("Where is it cut?", "undo", answer="un|do", why="A prefix.", otherwise="Read it aloud.")'
    redraw_on = ("choice", "message", "bars")
    bars = List(Int(), help="the gaps that have a bar: 1 is behind the first sign")

    def __init__(self, text: str, word: str, *, number: int | None = None, **said: Any) -> None:
        if not 2 <= len(word) <= MOST or "|" in word:
            raise ValueError(f"a word to put bars into has 2 to {MOST} signs, none of them a bar: {word!r}")
        self.word = word
        self.number = number
        super().__init__(text, **said)

    def written(self, given: str) -> str:
        parts = given.split("|")
        if "".join(parts) != self.word or not all(parts):
            raise ValueError(f"{given!r} is not {self.word!r} with bars in it")
        if self.number is not None and len(parts) - 1 != self.number:
            raise ValueError("Put exactly one bar." if self.number == 1 else f"Put exactly {self.number} bars.")
        return given

    @property
    def cut(self) -> str:
        """The word with its bars as they stand, answered or not."""
        return "|".join(self.word[a:b] for a, b in pairwise([0, *self.bars, len(self.word)]))

    @observe("choice")
    def _put_the_bars(self, change: Any) -> None:
        parts = change.new.split("|") if change.new else [self.word]
        self.bars = list(accumulate(map(len, parts[:-1])))

    def _verdict(self) -> str:
        if self.choice is None or self.message or self.cut == self.choice:
            return super()._verdict()
        return '<p class="mb-said">The bars have moved. Press the button to see what there is to say of them.</p>'

    def shows(self, answer: str) -> str:
        return f"`{show_token(answer)}`"

    def lines(self) -> list[str]:
        return [f"{show_token(self.word)} (your answer: bars between the letters)"]

    def field(self) -> str:
        row = []
        for place, sign in enumerate(self.word):
            if place:
                set_ = place in self.bars
                between = escape(f"bar between {self.word[place - 1]} and {sign}, place {place}")
                row.append(
                    f'<button type="button" class="mb-button mb-gap" data-event="bar" data-value="{place}" '
                    f'data-key="{place}" aria-label="{between}" aria-pressed="{"true" if set_ else "false"}">'
                    f"{'|' if set_ else '&#8203;'}</button>"
                )
            row.append(f"<span>{inline(sign.encode('utf-8'))}</span>")
        return (
            f'<div class="mb-row">{"".join(row)}</div><div class="mb-answer">'
            '<button type="button" class="mb-button" data-event="give">That is how it is cut</button>'
            '<span class="mb-muted">Press a gap to put a bar there.</span></div>'
        )

    def on_event(self, name: str, value: Any) -> None:
        if name == "bar":
            self.bars, self.message = sorted({*self.bars} ^ {int(value)}), ""
        elif name == "give":
            self.give(self.cut)


class PickPair(Marked):
    """A question that is answered by clicking a pair of neighbours in a row of tokens, written with bars between."""

    example = 'PickPair("Which merges first?", "a|b|a|b|c", answer="a|b", why="It counts 2.", otherwise="Count.")'

    def __init__(self, text: str, row: str, **said: Any) -> None:
        self.row = row.split("|")
        if not 2 <= len(self.row) <= MOST or not all(self.row):
            raise ValueError(f"a row to pick a pair from has 2 to {MOST} tokens, none of them empty: {row!r}")
        super().__init__(text, **said)

    def written(self, given: str) -> str:
        if given not in self._pairs():
            raise ValueError(f"there is no pair {given!r} in the row")
        return given

    def _pairs(self) -> list[str]:
        return [f"{left}|{right}" for left, right in pairwise(self.row)]

    def shows(self, answer: str) -> str:
        left, right = (show_token(each) for each in answer.split("|"))
        return f"`{left}` + `{right}`"

    def lines(self) -> list[str]:
        row = "|".join(show_token(each) for each in self.row)
        return [f"{row} (your answer: two neighbours)"]

    def field(self) -> str:
        row = [f'<span class="mb-token">{inline(self.row[0].encode("utf-8"))}</span>']
        for place, pair in enumerate(self._pairs(), 1):
            between = escape(f"the pair {plain(self.shows(pair))}, place {place}")
            pressed = "true" if pair == self.choice else "false"
            row.append(
                f'<button type="button" class="mb-button mb-gap" data-event="pair" data-value="{place - 1}" '
                f'data-key="{place}" aria-label="{between}" aria-pressed="{pressed}">+</button>'
            )
            row.append(f'<span class="mb-token">{inline(self.row[place].encode("utf-8"))}</span>')
        return f'<div class="mb-row">{"".join(row)}</div>'

    def on_event(self, name: str, value: Any) -> None:
        if name == "pair":
            self.give(self._pairs()[int(value)])
