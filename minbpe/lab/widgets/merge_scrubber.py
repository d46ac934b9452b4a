"""MergeScrubber: training as a film."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import traitlets
from traitlets import Bool, Int, Unicode

from minbpe.base import Tokenizer
from minbpe.basic import BasicTokenizer
from minbpe.lab.draw.html import (
    PAIR_COLUMNS,
    Bar,
    Chunk,
    bars,
    caption_of,
    chip,
    escape,
    notice,
    pair_chips,
    panel,
    tokens,
)
from minbpe.lab.draw.svg import ACCENT, INK, MARK, SANS, Still
from minbpe.lab.draw.text import amounts, columns, counted, direction, show_token, times
from minbpe.lab.trace import (
    Token,
    TrainingTrace,
    Window,
)
from minbpe.lab.widgets.lab import Lab, Stage, Transport, cut, text_input
from minbpe.merging import Pair

MOST_MERGES = 2_000
LONGEST_TEXT = 200_000  # characters to train on
LONGEST_SENTENCE = 1_000
WINDOW_BYTES = 600  # bytes of the text that are shown at the most
COLUMNS = 88  # of letters side by side, until the page says how many fit
LINES, LARGE_LINES, MOST_LINES = 3, 2, 8  # of the text; on a screen higher than a small laptop's there are more
SMALL_SCREEN, LINE = 768, 45  # pixels: the height of such a screen, and of a line
CANDIDATES, MOST_CANDIDATES = 4, 7  # pairs that are listed


def status(trace: TrainingTrace, step: int, *, live: bool = True, more: str = "") -> str:
    """What training has come to after `step` merges, and what comes next, in two lines. `more` goes on the first."""
    size, now = trace.lengths[0], trace.lengths[step]
    ratio = f": {size / now:.2f} bytes a token" if now else ""
    done = f"After <b>{counted(step, 'merge')}</b> the text's <b>{amounts(size, now)}</b>{ratio}."
    merge = trace.next_merge(step)
    if merge:
        ties = trace.choices[step].ties
        tie = f" ({ties} pairs tie: the one that occurs first wins)" if ties > 1 else ""
        then = (
            f"Next: {pair_chips(merge.pair, trace.vocab)} → {chip(merge.idx, trace.vocab[merge.idx])} "
            f"becomes token <b>{merge.idx}</b>; the pair occurs <b>{times(merge.count)}</b>{tie}."
        )
    elif trace.choices[step].candidates:
        then = "This is the last step that was recorded."
    else:
        then = "No pair is left to merge." if size else "There is no text yet."
    polite = "polite" if live else "off"
    return f'<div class="mb-status" role="status" aria-live="{polite}"><p>{done} {more}</p><p>{then}</p></div>'


@lru_cache(maxsize=1 << 16)
def _columns_of(idx: int, data: bytes) -> float:
    """How wide the box of a token is, in columns: its letters or its id, padding, frame and margin."""
    return max(2.5, max(columns(show_token(data)), 0.68 * len(str(idx))) + 1.3)


WALL_COLUMNS = 1.1
TALL = 1.55  # lines: how high a line is in which a character stands above its tokens


def fitting(chunks: Sequence[Chunk], lines: int, width: int) -> list[list[tuple[int, bytes]]]:
    """As many of the tokens as fit into `lines` lines of `width` columns, whole lines only."""
    fit: list[list[tuple[int, bytes]]] = []
    filled, x, high = 0.0, 0.0, 1.0  # lines above this one; columns of this one; its height
    begun: list[tuple[int, bytes]] = []  # what stands on this line, to be taken back if it turns out too high
    for chunk in chunks:
        fit.append([])
        x += WALL_COLUMNS
        for idx, data in chunk:
            wide = _columns_of(idx, data)
            if x + wide > width and begun:
                filled, x, high, begun = filled + high, 0.0, 1.0, []
            high = max(high, TALL if _is_part(data) else 1.0)
            if filled + high > lines:
                return _without_last(fit, len(begun))
            fit[-1].append((idx, data))
            begun.append((idx, data))
            x += wide
            if data.endswith(b"\n"):
                filled, x, high, begun = filled + high, 0.0, 1.0, []
    return fit


@lru_cache(maxsize=1 << 16)
def _is_part(data: bytes) -> bool:
    """Whether a token begins or ends inside of a character."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _without_last(fit: list[list[tuple[int, bytes]]], count: int) -> list[list[tuple[int, bytes]]]:
    """The chunks without their last `count` tokens."""
    for chunk in reversed(fit):
        taken = min(count, len(chunk))
        del chunk[len(chunk) - taken :]
        count -= taken
    return [chunk for chunk in fit if chunk]


def text_panel(
    trace: TrainingTrace, step: int, window: Window, *, follow: bool = False, dir: str = "ltr", lines: int = LINES
) -> str:
    """The window of the text after `step` merges, with the pair that merges next marked."""
    size = len(trace.replay.data)
    shown = sum(map(len, window.chunks))
    whole = window.start == 0 and window.stop == size
    where = "all of it" if whole else f"bytes {window.start:,} to {window.stop:,} of {size:,}"
    aside = f"{where} · {counted(shown, 'token')} here"
    merge = trace.next_merge(step)
    if merge:
        aside += f" · the next merge applies {times(len(window.left))} here, {times(len(trace.places(step)))} in all"
    body = tokens(
        window.chunks,
        left=frozenset(window.left),
        right=frozenset(window.right),
        classes=dict.fromkeys(window.made, "mb-new"),
        label=f"tokens after {counted(step, 'merge')}",
        dir=dir,
        fuse="text",
        start=window.start,
    )
    moves = "" if whole else _window_buttons(window, size, bool(trace.places(step)), follow)
    return panel(
        "The text",
        f'<div class="mb-scroll mb-window" style="--mb-lines:{lines}" data-place="{window.start}" data-scroll="window" '
        f'tabindex="0" role="region" aria-label="window of the text">{body}</div>{moves}',
        aside=aside,
    )


def _window_buttons(window: Window, size: int, elsewhere: bool, follow: bool) -> str:
    def button(value: str, text: str, on: bool) -> str:
        off = "" if on else ' aria-disabled="true"'
        return (
            f'<button type="button" class="mb-button" data-event="window" data-value="{value}" '
            f'data-key="w-{value}"{off}>{text}</button>'
        )

    return (
        '<div class="mb-buttons">'
        + button("earlier", "◀ Earlier text", window.start > 0)
        + button("later", "Later text ▶", window.stop < size)
        + button("pair", "Next place ▶", elsewhere)
        + '<label class="mb-check"><input type="checkbox" data-event="follow" data-key="follow"'
        + (' checked="checked"' if follow else "")
        + "/> keep the pair in view</label>"
        + '<span class="mb-legend">framed: merges next · underlined: new</span></div>'
    )


def candidates_panel(trace: TrainingTrace, step: int, slots: int = CANDIDATES) -> str:
    """The pairs that training chooses from after `step` merges, as bars; ties are marked. To press one is to ask
    what would be if it were merged instead."""
    choice, then = trace.choices[step], trace.next_merge(step)
    rows = [
        Bar(
            f'<button type="button" class="mb-button mb-pick" data-event="instead" data-key="c{place}" '
            f'data-value="{each.pair[0]},{each.pair[1]}" title="merge this pair now">'
            f"{pair_chips(each.pair, trace.vocab, PAIR_COLUMNS)}</button>",
            each.count,
            tag="tie" if each.tied and choice.ties > 1 else "",
            first=each.pair == then.pair if then else place == 0,
        )
        for place, each in enumerate(choice.candidates[:slots])
    ]
    aside = "press one: what if?" if rows else "none"
    caption = f"the {len(rows)} most frequent of {counted(choice.pairs, 'pair')}, and how often they occur"
    body = bars(rows, caption=caption, slots=slots)
    return panel("Candidates", f'<div class="mb-candidates" style="--mb-rows:{slots}">{body}</div>', aside=aside)


def branch(trace: TrainingTrace, step: int, instead: Mapping[int, Pair], greedy: TrainingTrace) -> str:
    """Which merges the reader chose, and how many tokens there would be without, with a way back."""
    chosen = " and ".join(
        f"{pair_chips(pair, trace.vocab, PAIR_COLUMNS)} at step {place + 1}" for place, pair in sorted(instead.items())
    )
    there = f"{greedy.lengths[min(step, len(greedy))]:,}"
    back = '<button type="button" class="mb-link" data-event="back" data-key="back">back to greedy</button>'
    return f"You chose {chosen}; greedy has <b>{there}</b> here: {back}"


ROWS_TOGETHER = 25  # rows of the table of merges in a group; the browser leaves out the groups that nobody sees


def merges_panel(trace: TrainingTrace) -> str:
    """All merges as a table. The stage hides the rows that are not made yet, and marks the newest."""
    rows = [
        f'<tr data-step="{step}" data-event="step" data-value="{step}"><th scope="row">'
        f'<button type="button" class="mb-link" data-event="step" data-value="{step}" data-key="m{step}" '
        f'aria-label="to step {step}">{step}</button></th>'
        f"<td>{pair_chips(merge.pair, trace.vocab, PAIR_COLUMNS)}</td><td>{merge.idx}</td><td>{merge.count:,}</td></tr>"
        for step, merge in enumerate(trace.merges, 1)
    ]
    high = f'style="--mb-rows:{ROWS_TOGETHER}"'
    groups = "".join(
        f'<tbody data-from="{start + 1}" {high}>{"".join(rows[start : start + ROWS_TOGETHER])}</tbody>'
        for start in range(0, len(rows), ROWS_TOGETHER)
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("step", "pair", "id", "count"))
    return panel(
        "Merges so far",
        '<div class="mb-scroll mb-merges" data-scroll="merges" tabindex="0" role="region" aria-label="merges so far">'
        f'<table class="mb-table mb-fixed">{caption_of("Choose a step to go there")}'
        f"<thead><tr>{head}</tr></thead>{groups}</table></div>",
        aside="click one to go there" if rows else "none",
    )


CURVE, LARGE_CURVE = (282, 140), (270, 118)  # width and height in its own units; flat, it has larger letters


def _plot(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the plot in a curve of that size."""
    return 58, 14, size[0] - 8, size[1] - 32


@lru_cache(maxsize=64)
def _curve_line(lengths: tuple[int, ...], size: tuple[int, int], steps_in_all: int = 0) -> str:
    left, top, right, bottom = _plot(size)
    last, most = max(1, (steps_in_all or len(lengths)) - 1), max(1, lengths[0])
    every = max(1, len(lengths) // 200)
    steps = sorted({*range(0, len(lengths), every), len(lengths) - 1})
    return " ".join(
        f"{left + (right - left) * step / last:.1f},{bottom - (bottom - top) * lengths[step] / most:.1f}"
        for step in steps
    )


def curve_panel(trace: TrainingTrace, step: int, *, large: bool = False, other: TrainingTrace | None = None) -> str:
    """How many tokens the text has after each step, with a marker at `step`; dashed, those of the `other` training."""
    size = LARGE_CURVE if large else CURVE
    drawing = _curve(tuple(trace.lengths), size, step, "currentColor", "var(--mb-accent)", "var(--mb-mark)", "")
    if other:
        line = _curve_line(tuple(other.lengths[: len(trace.lengths)]), size, len(trace.lengths))
        drawing += f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-dasharray="5 4"/>'
    at, now, end = (f"{trace.lengths[place]:,}" for place in (0, step, -1))
    label = f"Tokens against merges: {at} at the start, {now} after {step}, {end} at the end"
    width, height = size
    return panel(
        "Tokens in the text",
        f'<svg class="mb-curve" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{drawing}</svg>',
        aside="dashed: greedy" if other else "",
    )


def _curve(
    lengths: tuple[int, ...], size: tuple[int, int], step: int, ink: str, accent: str, mark: str, more: str
) -> str:
    left, top, right, bottom = _plot(size)
    last, most = max(1, len(lengths) - 1), max(1, lengths[0])
    x = left + (right - left) * step / last
    y = bottom - (bottom - top) * lengths[step] / most

    def text(x: float, y: float, anchor: str, words: str, bold: bool = False) -> str:
        weight = ' font-weight="700"' if bold else ""
        at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
        return f'<text {at} font-size="13" fill="{ink}"{weight}{more}>{words}</text>'

    over = x > (left + right) / 2
    return (
        f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="{ink}"/>'
        + text(left - 6, top + 9, "end", f"{lengths[0]:,}")
        + text(left - 6, bottom + 4, "end", "0")
        + text(left, bottom + 18, "middle", "0")
        + text(right, bottom + 18, "end", f"{len(lengths) - 1:,} merges")
        + f'<polyline points="{_curve_line(lengths, size)}" fill="none" stroke="{accent}" stroke-width="2.5"/>'
        + f'<path d="M{x:.1f} {y:.1f}V{bottom}" fill="none" stroke="{ink}" stroke-dasharray="3 3"/>'
        + f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{mark}" stroke="{ink}" stroke-width="2"/>'
        + text(
            x + (-10 if over else 10), y + (-10 if over else -4), "end" if over else "start", f"{lengths[step]:,}", True
        )
    )


def sentence_panel(chunks: Sequence[Chunk], step: int, *, dir: str = "ltr") -> str:
    """The learner's own sentence, encoded with the first `step` merges."""
    number = sum(map(len, chunks))
    size = sum(len(data) for chunk in chunks for _, data in chunk)
    body = (
        tokens(chunks, label="your sentence as tokens", dir=dir, fuse="sentence")
        if number
        else "<p>Type a sentence above.</p>"
    )
    return panel(
        f"Your sentence with the first {counted(step, 'merge')}",
        '<div class="mb-scroll mb-sentence" data-scroll="sentence" tabindex="0" role="region" '
        f'aria-label="your sentence as tokens">{body}</div>',
        aside=f"{counted(size, 'byte')}, {counted(number, 'token')}",
    )


def draw_still(trace: TrainingTrace, step: int, window: Window, sentence: Sequence[Chunk]) -> str:
    """The MergeScrubber as a picture."""
    merge = trace.next_merge(step)
    still = Still(
        f"Byte-pair encoding after {step} of {counted(len(trace), 'merge')}",
        f"{amounts(trace.lengths[0], trace.lengths[step])} now."
        + (
            f" Next: {show_token(trace.vocab[merge.pair[0]])} + {show_token(trace.vocab[merge.pair[1]])} "
            f"becomes token {merge.idx}; the pair occurs {times(merge.count)}."
            if merge
            else ""
        ),
    )
    still.tokens(window.chunks, left=frozenset(window.left), right=frozenset(window.right), lines=6)
    choice, top = trace.choices[step], still.y
    if choice.candidates:
        still.text("Candidates", bold=True)
        still.bars(
            [
                (
                    " + ".join(show_token(trace.vocab[idx]) for idx in each.pair),
                    each.count,
                    f"{each.count:,}" + (" · tie" if each.tied and choice.ties > 1 else ""),
                    place == 0,
                )
                for place, each in enumerate(choice.candidates[:7])
            ],
            room=190,
        )
    if len(trace):
        more = f' font-family="{escape(SANS)}"'
        curve = _curve(tuple(trace.lengths), CURVE, step, INK, ACCENT, MARK, more)
        still.raw(curve, CURVE[1] + 8, x=still.WIDTH - 2 * still.MARGIN - CURVE[0], top=top + 8)
    if sentence:
        still.text(f"Your sentence: {counted(sum(map(len, sentence)), 'token')}", bold=True)
        still.tokens(sentence, lines=3)
    return still.svg()


def as_tokenizer(tokenizer: Tokenizer | type[Tokenizer] | None) -> Tokenizer:
    """A tokenizer, from a tokenizer, from its class, or from None: a BasicTokenizer."""
    if tokenizer is None:
        return BasicTokenizer()
    return tokenizer() if isinstance(tokenizer, type) else tokenizer


class MergeScrubber(Lab):
    """Training as a film: drag through the merges, forwards and backwards.

    >>> MergeScrubber("the more the merrier", merges=20)
    >>> MergeScrubber(corpora.load("story"), merges=500, tokenizer=RegexTokenizer, sentence="Once upon a time")

    Press a candidate to merge it instead of the most frequent pair, and see how the text fares from there; `instead`
    holds what was chosen.

    Keys: ← → one step, Page Up and Page Down ten, Home and End to the ends, Space plays and stops.
    """

    example = 'MergeScrubber("the more the merrier, the more the better\\n" * 40, merges=60, sentence="merry more")'
    text = Unicode(help="the text to train on")
    merges = Int(50, min=0, help="how many merges to record")
    tokenizer = traitlets.Any(help="a BasicTokenizer or RegexTokenizer, which says how the text is split")
    step = Int(0, help="how many merges are made")
    playing = Bool(False)
    interval = Int(400, min=20, help="ms from step to step while playing")
    sentence = Unicode(help="a text of your own, encoded with the merges made so far")
    window_start = Int(0, help="the byte at which the shown window of the text begins")
    window_size = Int(WINDOW_BYTES, min=20, max=4000, help="how many bytes of the text the window shows at the most")
    follow = Bool(True, help="move the window to where the next merge applies")
    instead: traitlets.Dict[int, Any] = traitlets.Dict(help="{merges made: [left id, right id] to merge then instead}")
    redraw_on = ("step", "sentence", "window_start", "window_size", "large", "follow", "playing")

    def __init__(
        self,
        text: str = "",
        merges: int = 50,
        tokenizer: Tokenizer | type[Tokenizer] | None = None,
        sentence: str = "",
        **traits: Any,
    ) -> None:
        self.transport = Transport(label="Merges made", unit="merge")
        self.sentence_field = text_input("Your sentence", sentence, placeholder="type or paste a sentence")
        self.sentence_stage = Stage()
        traits |= {"text": text, "merges": merges, "tokenizer": as_tokenizer(tokenizer), "sentence": sentence}
        super().__init__([self.transport], [self.sentence_field, self.sentence_stage], **traits)
        self.add_class("mb-scrubber")
        self.stage.hotkeys = ["ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown", " "]
        self.observe(lambda change: self._again(self.prepare), ["text", "merges", "tokenizer"])
        self.observe(lambda change: self._again(self._branch), "instead")
        traitlets.link((self, "step"), (self.transport, "value"))
        traitlets.link((self, "playing"), (self.transport, "playing"))
        traitlets.link((self, "interval"), (self.transport, "interval"))
        traitlets.link((self, "sentence"), (self.sentence_field, "value"))

    @traitlets.validate("step")
    def _within(self, proposal: Any) -> int:
        step = max(0, proposal["value"])
        return min(step, len(self.trace)) if self._ready else step

    @traitlets.validate("tokenizer")
    def _instance(self, proposal: Any) -> Tokenizer:
        return as_tokenizer(proposal["value"])

    def prepare(self) -> None:
        text, self._notice = cut(self.text, LONGEST_TEXT, "The text")
        wanted = min(self.merges, MOST_MERGES)
        self.greedy = self.trace = TrainingTrace(self.tokenizer, text, wanted)
        if self.merges > MOST_MERGES:
            self._notice += notice(f"{self.merges:,} merges are many to look at; here are the first {wanted:,}.")
        elif len(self.trace) < wanted:
            self._notice += notice(
                f"{counted(len(self.trace), 'merge')} of the {wanted:,} asked for: then no pair is left."
            )
        self._text, self._direction = text, direction(text)
        self.window_start = 0
        self._branch()

    def _branch(self) -> None:
        """Follow the merges that were chosen instead of the most frequent, as far as the text has their pairs."""
        self.trace = self.greedy
        if self.instead:
            try:
                pairs = {step: (pair[0], pair[1]) for step, pair in self.instead.items()}
                self.trace = TrainingTrace(self.tokenizer, self._text, len(self.greedy), instead=pairs)
            except ValueError:
                self.instead = {}
        self._table = merges_panel(self.trace)
        self.transport.max = len(self.trace)
        self.step = min(self.step, len(self.trace))

    def _again(self, make: Callable[[], None]) -> None:
        ready, self._ready = self._ready, False  # draw once, when all is in place
        make()
        self._ready = ready
        self.redraw()

    @property
    def _slots(self) -> int:
        return CANDIDATES if self.large or self.stage.screen <= SMALL_SCREEN else MOST_CANDIDATES

    @property
    def _lines(self) -> int:
        if self.large:
            return LARGE_LINES
        return max(LINES, min(MOST_LINES, LINES + (self.stage.screen - SMALL_SCREEN) // LINE))

    def on_room(self) -> None:
        self.redraw()

    def _window(self) -> Window:
        """What is shown of the text: from window_start on, what fits on the page; if follow says so, the window
        moves on to the next place where the next merge applies."""
        window = self._window_at(self.window_start)
        if self.follow and not window.left:
            place = self.trace.next_place(self.step, window.stop)
            if place is not None:
                window = self._window_at(self._begin(place))
        return window

    def _window_at(self, start: int) -> Window:
        replay = self.trace.replay
        window = replay.window(self.step, start, self.window_size)
        fit = fitting(window.chunks, self._lines, self.stage.columns or COLUMNS)
        size = sum(len(data) for chunk in fit for _, data in chunk)
        return window if size >= window.stop - window.start else replay.window(self.step, window.start, size)

    def _begin(self, place: int) -> int:
        """Where a window begins that shows the byte `place`: some words before it."""
        before = self.trace.replay.data[max(0, place - 60) : place]
        line, word = before.rfind(b"\n", 0, -1), before.find(b" ")
        return place - len(before) + (line + 1 if line >= 0 else word + 1)

    def _own(self) -> tuple[list[list[Token]], str]:
        sentence, message = cut(self.sentence, LONGEST_SENTENCE, "Your sentence")
        return self.trace.encode(self.tokenizer, sentence, self.step), message

    def frame(self) -> dict[str, str]:
        own, message = self._own()
        parts = {"message": self._notice} if self._notice else {}
        window, other, more = self._window(), None, ""
        if self.instead:
            other = self.greedy
            pairs = {step: (pair[0], pair[1]) for step, pair in self.instead.items()}
            more = branch(self.trace, self.step, pairs, other)
        return parts | {
            "status": status(self.trace, self.step, live=not self.playing, more=more),
            "text": text_panel(
                self.trace, self.step, window, follow=self.follow, dir=self._direction, lines=self._lines
            ),
            "candidates": candidates_panel(self.trace, self.step, self._slots),
            "merges": self._table,
            "curve": curve_panel(self.trace, self.step, large=self.large, other=other),
            "sentence": message + sentence_panel(own, self.step, dir=direction(self.sentence)),
        }

    def put(self, parts: dict[str, str]) -> None:
        sentence = parts.pop("sentence", "")
        with self.stage.hold_sync():
            self.stage.step = self.step
            self.stage.parts = parts
        self.sentence_stage.parts = {"sentence": sentence} if sentence else {}
        if self.playing:
            self.transport.shown = self.step

    @property
    def html(self) -> str:
        return super().html + "".join(self.sentence_stage.parts.values())

    def still(self) -> str:
        return draw_still(self.trace, self.step, self._window(), self._own()[0])

    def describe(self) -> str:
        lengths = self.trace.lengths
        return f"after {self.step} of {counted(len(self.trace), 'merge')}, {amounts(lengths[0], lengths[self.step])}"

    def on_event(self, name: str, value: Any) -> None:
        last = len(self.trace)
        if name == "step":
            self.step = int(value)
        elif name == "window":
            self._move_window(value)
        elif name == "follow":
            self.follow = bool(value)
        elif name == "instead":
            left, right = map(int, str(value).split(","))
            self._choose((left, right))
        elif name == "back":
            self.instead = {}
        elif name == "key":
            if value == " ":
                self.playing = not self.playing
            else:
                moves = {"ArrowLeft": -1, "ArrowRight": 1, "PageUp": 10, "PageDown": -10, "Home": -last, "End": last}
                self.step += moves.get(value, 0)

    def _choose(self, pair: Pair) -> None:
        """Merge `pair` now, and go on from there: by greedy's own choice, or by another."""
        kept = {step: chosen for step, chosen in self.instead.items() if step < self.step}
        if pair != self.trace.choices[self.step].candidates[0].pair:
            kept[self.step] = list(pair)
        self.instead = kept
        self.step += 1

    def _move_window(self, where: str) -> None:
        window, size = self._window(), len(self.trace.replay.data)
        if where == "pair":
            place = self.trace.next_place(self.step, window.stop)
            if place is not None:
                self.window_start = self._begin(place)
            return
        self.follow = False  # who looks around does not want to be pulled back
        if where == "earlier":
            self.window_start = max(0, window.start - (window.stop - window.start))
        elif where == "later":
            self.window_start = min(window.stop, max(0, size - 1))
