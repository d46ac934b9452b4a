"""EncodeStepper: an encoding replayed merge by merge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets
import traitlets
from traitlets import Bool, Int, Unicode

from minbpe.base import Tokenizer
from minbpe.lab.draw.html import (
    caption_of,
    chip,
    escape,
    notice,
    pair_chips,
    panel,
    tokens,
)
from minbpe.lab.draw.svg import Still
from minbpe.lab.draw.text import counted, direction, show_token, times
from minbpe.lab.trace import (
    ALGORITHMS,
    EncodingTrace,
    Parting,
    Rule,
    learned_as,
    parting,
)
from minbpe.lab.widgets.lab import Lab, Transport, cut, text_input

LONGEST_ENCODED = 400  # characters
RANKS_SHOWN = 9  # rows of the table of ranks
WRONG = {
    "longest": "longest match",
    "leftmost": "leftmost pair",
    "frequent": "most frequent pair",
    "fewest": "fewest tokens",
}
ALGORITHMS_IN_WORDS = {
    "merges": "the earliest-learned merge first",
    "longest": "the longest match from the left",
    "leftmost": "the leftmost pair that merges",
    "frequent": "the most frequent pair of this text",
    "fewest": "the fewest tokens",
    "rule": "your own rule",
}

COMPARED = "At the last step this says whether both come to the same ids."
LEGEND = "framed: comes next · underlined: just made"
PARTED = " · dashed: where the results begin to differ"


def text_panel(
    trace: EncodingTrace, step: int, title: str, *, parted: int | None = None, dir: str = "ltr", key: str = "right"
) -> str:
    """The text after `step` steps of an encoding. What the next step makes is marked; so is, at the end, the
    token `parted` at which the result differs from another's."""
    step = min(step, len(trace))
    window = trace.replay.window(step)
    number = sum(map(len, window.chunks))
    classes = dict.fromkeys(window.made, "mb-new")
    if step == len(trace) and parted is not None:
        classes[parted] = "mb-part"
    joined: list[int] = []
    laid: list[int] = []
    if step < len(trace) and trace.steps[step].pair:
        joined, laid = window.left, window.right
    elif step < len(trace):  # a whole token is laid down over what is still bytes
        start = trace.steps[step].places[0]
        stop = start + len(trace.token(step))
        place = 0
        for order, (_, data) in enumerate(token for chunk in window.chunks for token in chunk):
            if start <= place < stop:
                classes[order] = "mb-next"
            place += len(data)
    body = tokens(
        window.chunks, left=frozenset(joined), right=frozenset(laid), classes=classes, label=f"{title}: tokens", dir=dir
    )
    state = (
        f"finished: {counted(number, 'token')}" if step == len(trace) else f"step {step} · {counted(number, 'token')}"
    )
    return panel(
        title,
        f'<div class="mb-scroll mb-encoding" data-scroll="{key}" tabindex="0" role="region" '
        f'aria-label="{escape(title)}: tokens">{body if number else "<p>Type a text above.</p>"}</div>',
        aside=state,
    )


def ranks_panel(trace: EncodingTrace, step: int, learned: Mapping[int, int]) -> str:
    """The pairs of neighbours after `step` steps, lowest rank first; `learned` maps an id to its place in learning."""
    ranks = trace.ranks(step) if step <= len(trace) else []
    count: dict[tuple[int, int], int] = {}
    merged: dict[tuple[int, int], int] = {}
    dead = 0
    for each in ranks:
        if each.idx is None:
            dead += 1
        else:
            count[each.pair] = count.get(each.pair, 0) + 1
            merged[each.pair] = each.idx
    order = sorted(merged, key=merged.__getitem__)
    rows = []
    for place, pair in enumerate(order[:RANKS_SHOWN]):
        css = "mb-chosen" if place == 0 else "mb-other"
        verdict = "◀ next" if place == 0 else ""
        rows.append(
            f'<tr class="{css}"><th scope="row">{pair_chips(pair, trace.vocab)}</th><td>{merged[pair]}</td>'
            f"<td>merge {learned.get(merged[pair], 0):,}</td><td>× {count[pair]}</td><td>{verdict}</td></tr>"
        )
    rest = len(order) - len(rows)
    more = [
        f"{counted(rest, 'further pair')} would merge" if rest > 0 else "",
        f"{dead} {'does' if dead == 1 else 'do'} not merge" if dead else "",
    ]
    head = "".join(f'<th scope="col">{name}</th>' for name in ("neighbours", "id", "learned as", "here", ""))
    return panel(
        "Ranks under consideration",
        '<div class="mb-scroll mb-ranks" data-scroll="ranks" tabindex="0" role="region" aria-label="ranks">'
        f'<table class="mb-table">{caption_of("Pairs of neighbours by rank")}'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f'<p class="mb-muted">{", ".join(filter(None, more)) or ("" if rows else "nothing is left to merge")}</p>'
        "</div>",
        aside="lowest id first",
    )


def status(trace: EncodingTrace, step: int) -> str:
    """What the encoding does next."""
    made = trace.steps[step] if step < len(trace) else None
    if made and made.pair:
        words = (
            f"Next: the earliest-learned pair here is {pair_chips(made.pair, trace.vocab)}: it becomes "
            f"{chip(made.idx, trace.vocab[made.idx])} (<b>{made.idx}</b>), {times(len(made.places))}."
        )
    elif trace.chunks:
        ids = trace.ids()
        some = ", ".join(map(str, ids[:40])) + (", …" if len(ids) > 40 else "")
        words = f"Nothing merges{' any more' if len(trace) else ''}. The ids: <b>[{some}]</b>"
    else:
        words = "There is no text yet."
    return f'<div class="mb-status mb-one" role="status" aria-live="polite"><p>{words}</p></div>'


def parting_notice(right: EncodingTrace, wrong: EncodingTrace, part: Parting) -> str:
    """Where a wrong algorithm parts from the right one, in words."""
    name = ALGORITHMS_IN_WORDS[wrong.algorithm]
    stopped = f" Your rule stopped: {wrong.stopped}." if wrong.stopped else ""
    if part.token is None:
        words = f"On this text, {name} comes to the same ids."
        if part.step is not None:
            words += f" On the way it differs from step {part.step + 1} on."
        return notice(words + stopped, "warning" if stopped else "info")

    def there(trace: EncodingTrace, token: int) -> str:
        idx, data = trace.replay.tokens(len(trace))[token]
        return f"“{show_token(data)}” ({idx})"

    count, other = len(right.ids()), len(wrong.ids())
    lengths = f"Both have {counted(count, 'token')}." if count == other else f"{count:,} tokens against {other:,}."
    steps = "" if part.step is None else f"They part at step {part.step + 1}. "
    words = (
        f"{steps}The results differ from token {part.token + 1} on: merging in order gives {there(right, part.token)}, "
        f"{name} gives {there(wrong, part.token)}. {lengths}{stopped}"
    )
    return notice(words, "warning")


def draw_still(right: EncodingTrace, wrong: EncodingTrace | None, step: int, part: Parting | None) -> str:
    """The EncodeStepper as a picture."""
    at = min(step, len(right))
    still = Still("Encoding, merge by merge", f"After {at} of {counted(len(right), 'merge')}.")
    window = right.replay.window(at)
    still.tokens(window.chunks, left=frozenset(window.left), right=frozenset(window.right), lines=4)
    seen = {each.pair: each.idx for each in right.ranks(at) if each.idx is not None}
    for place, (pair, idx) in enumerate(sorted(seen.items(), key=lambda item: item[1])[:4]):
        names = " + ".join(show_token(right.vocab[half]) for half in pair)
        still.text(f"{names} → {idx}{'   ◀ earliest learned: merges next' if place == 0 else ''}", mono=True)
    if wrong is not None and part:
        still.text(f"Beside it: {ALGORITHMS_IN_WORDS[wrong.algorithm]}", bold=True)
        ended = step >= len(wrong)
        marks = {part.token: "mb-part"} if ended and part.token is not None else {}
        still.tokens(wrong.replay.window(min(step, len(wrong))).chunks, classes=marks, lines=4)
        if step >= max(len(right), len(wrong)):
            where = "" if part.token is None else f"The results differ from token {part.token + 1} on."
            still.text(where or "It comes to the same ids.")
    return still.svg()


class EncodeStepper(Lab):
    """An encoding replayed merge by merge, with a wrong algorithm beside it if you like.

    >>> EncodeStepper(tokenizer, "the text to encode", compare="longest")

    >>> EncodeStepper(tokenizer, "the text to encode", rule=lambda stats, merges: max(stats, key=stats.get))

    `compare` is "", "longest", "leftmost", "frequent" or "fewest"; or "rule", for a `rule` of your own: it gets the
    counts of the neighbours, {pair: count}, and the merges, {pair: id}, and says which pair merges next. The encoding
    ends where it gives a pair that does not merge, or None. Keys as for the MergeScrubber.
    """

    example = 'EncodeStepper(trained, "hugging the bugs", compare="longest")'
    text = Unicode(help="the text to encode")
    tokenizer = traitlets.Any(help="a trained tokenizer")
    compare = traitlets.Enum(("", *ALGORITHMS[1:], "rule"), "", help="what runs beside the right algorithm")
    rule = traitlets.Any(None, allow_none=True, help="the learner's own: (counts of neighbours, merges) -> pair")
    step = Int(0, help="how many steps are made")
    playing = Bool(False)
    interval = Int(600, min=20, help="ms from step to step while playing")
    redraw_on = ("step", "large", "playing")

    LONGEST_SHOWN = 400  # characters

    def __init__(
        self, tokenizer: Tokenizer, text: str = "", compare: str = "", rule: Rule | None = None, **traits: Any
    ) -> None:
        compare = compare or ("rule" if rule else "")
        self.text_field = text_input("Text to encode", text, placeholder="type or paste a text")
        self.compare_field = ipywidgets.Dropdown(
            options=self._beside(rule),
            value=compare,
            description="Beside it",
            style={"description_width": "initial"},
            layout={"width": "auto"},
        )
        self.transport = Transport(label="Steps of the encoding", unit="step")
        traits |= {"text": text, "tokenizer": tokenizer, "compare": compare, "rule": rule}
        super().__init__([self.text_field, self.compare_field, self.transport], **traits)
        self.add_class("mb-stepper")
        self.stage.hotkeys = ["ArrowLeft", "ArrowRight", "Home", "End", " "]
        self.observe(lambda change: self._again(self._encode), ["text", "compare"])
        self.observe(self._on_rule, "rule")
        self.observe(lambda change: self._again(self.prepare), "tokenizer")
        traitlets.link((self, "step"), (self.transport, "value"))
        traitlets.link((self, "playing"), (self.transport, "playing"))
        traitlets.link((self, "interval"), (self.transport, "interval"))
        traitlets.link((self, "text"), (self.text_field, "value"))
        traitlets.link((self, "compare"), (self.compare_field, "value"))

    @staticmethod
    def _beside(rule: Rule | None) -> list[tuple[str, str]]:
        """What can be chosen to run beside the right algorithm."""
        names = [*ALGORITHMS[1:], *(["rule"] if rule else [])]
        return [("nothing", ""), *((ALGORITHMS_IN_WORDS[name], name) for name in names)]

    def _on_rule(self, change: Any) -> None:
        compare = "rule" if self.rule else "" if self.compare == "rule" else self.compare
        self.compare_field.options = self._beside(self.rule)  # which sets the choice to the first
        if compare == self.compare:
            self._again(self._encode)
        self.compare = compare

    @property
    def last(self) -> int:
        """The number of the last step."""
        return max(len(self.right), len(self.wrong) if self.wrong else 0)

    @traitlets.validate("step")
    def _within(self, proposal: Any) -> int:
        step = max(0, proposal["value"])
        return min(step, self.last) if self._ready else step

    def prepare(self) -> None:
        self.learned = learned_as(self.tokenizer)
        self._encode()

    def _encode(self) -> None:
        text, self._notice = cut(self.text, LONGEST_ENCODED, "The text")
        self.right = EncodingTrace(self.tokenizer, text)
        self.wrong = None
        if self.compare == "rule" and self.rule:
            self.wrong = EncodingTrace(self.tokenizer, text, rule=self.rule)
        elif self.compare and self.compare != "rule":
            self.wrong = EncodingTrace(self.tokenizer, text, self.compare)
        self.part = parting(self.right, self.wrong) if self.wrong is not None else None
        self._direction = direction(text)
        self.transport.max = self.last
        self.step = min(self.step, self.last)

    def _again(self, make: Callable[[], None]) -> None:
        self._ready = False  # draw once, when all is in place
        make()
        self._ready = True
        self.redraw()

    def frame(self) -> dict[str, str]:
        parts = {"message": self._notice} if self._notice else {}
        step = min(self.step, len(self.right))
        parted = self.part.token if self.part else None
        parts |= {
            "status": status(self.right, step),
            # On a slide there is no room for it, and a lecturer has words.
            "legend": ""
            if self.large
            else f'<p class="mb-legend">{LEGEND}{PARTED if self.wrong is not None else ""}</p>',
            "right": text_panel(self.right, step, "Earliest-learned merge first", parted=parted, dir=self._direction),
            "ranks": ranks_panel(self.right, step, self.learned),
        }
        if self.wrong is not None and self.part:
            parts["wrong"] = text_panel(
                self.wrong,
                self.step,
                "Your rule" if self.compare == "rule" else f"Wrong: {WRONG[self.compare]}",
                parted=parted,
                dir=self._direction,
                key="wrong",
            )
            # Whoever wrote a rule wants to know at once; of the others the reader is to say what comes.
            told = self.step == self.last or self.compare == "rule"
            parts["parting"] = parting_notice(self.right, self.wrong, self.part) if told else notice(COMPARED)
        return parts

    def put(self, parts: dict[str, str]) -> None:
        super().put(parts)
        if self.playing:
            self.transport.shown = self.step

    def still(self) -> str:
        return draw_still(self.right, self.wrong, self.step, self.part)

    def describe(self) -> str:
        beside = f", beside it {ALGORITHMS_IN_WORDS[self.compare]}" if self.compare else ""
        return f"step {self.step} of {self.last}{beside}"

    def on_event(self, name: str, value: Any) -> None:
        if name == "key" and value == " ":
            self.playing = not self.playing
        elif name == "key":
            moves = {"ArrowLeft": -1, "ArrowRight": 1, "Home": -self.last, "End": self.last}
            self.step += moves.get(value, 0)
