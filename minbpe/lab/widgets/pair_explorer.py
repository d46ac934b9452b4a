"""PairExplorer: the pairs of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import traitlets
from traitlets import Int

from minbpe.base import Tokenizer
from minbpe.lab.draw.html import (
    TOKENS_SHOWN,
    Bar,
    Chunk,
    bars,
    caption_of,
    escape,
    inline,
    nothing,
    panel,
    sizes,
    tokens,
)
from minbpe.lab.draw.svg import Still
from minbpe.lab.draw.text import show_token, times
from minbpe.lab.encoding import Occurrences, count_pairs, encode, grid, occurrences, window
from minbpe.lab.widgets.lab import TextLab

PAIRS_SHOWN = 8


class Pairs(NamedTuple):
    """What PairExplorer shows of a text: its chunks of tokens, its pairs, and where the chosen one stands."""

    chunks: Sequence[Chunk]
    counts: Mapping[tuple[int, int], int]
    names: Mapping[int, bytes]
    pair: tuple[int, int] | None
    where: Occurrences

    def name(self, idx: int) -> bytes:
        return self.names.get(idx, b"?")


def draw(state: Pairs, *, dir: str = "ltr") -> dict[str, str]:
    """PairExplorer's picture."""
    total = sum(map(len, state.chunks))
    counts = sizes((total, "token"), (sum(state.counts.values()), "pair"), more=f"{len(state.counts):,} distinct")
    if not state.counts:
        return {"sizes": counts, "nothing": nothing("A pair needs two tokens side by side.")}
    ranked = sorted(state.counts.items(), key=lambda item: -item[1])[:PAIRS_SHOWN]
    top = ranked[0][1]
    ties = sum(count == top for count in state.counts.values())
    rows = [
        Bar(_pick(state, pair), count, tag="tie" if ties > 1 and count == top else "", first=pair == state.pair)
        for pair, count in ranked
    ]
    left = panel(
        "Most frequent pairs",
        bars(rows, caption="Pairs by how often they occur"),
        aside=_first(len(state.counts), "choose one"),
    )
    in_a_place = max(len({pair[side] for pair in state.counts}) for side in (0, 1))
    right = panel("Who follows whom", _heat_map(state), aside=_first(in_a_place, "row, then column"))
    return {
        "sizes": counts,
        "pairs": f'<div class="mb-columns">{left}{right}</div>',
        "where": _where(state, total, dir),
    }


def _first(number: int, more: str) -> str:
    """Said beside a heading: are these all, or the first of them?"""
    return more if number <= PAIRS_SHOWN else f"the {PAIRS_SHOWN} most frequent of {number:,}; {more}"


def _pick(state: Pairs, pair: tuple[int, int]) -> str:
    names = " ".join(show_token(state.name(idx)) for idx in pair)
    return (
        f'<button type="button" class="mb-button mb-pick" data-event="pair" data-value="{pair[0]},{pair[1]}" '
        f'data-key="b{pair[0]},{pair[1]}" aria-pressed="{"true" if pair == state.pair else "false"}" '
        f'title="{escape(names)}: ids {pair[0]} and {pair[1]}">{inline(state.name(pair[0]))}'
        f'<span class="mb-and"> + </span>{inline(state.name(pair[1]))}</button>'
    )


def _heat_map(state: Pairs) -> str:
    table = grid(state.counts, PAIRS_SHOWN)
    top = max(map(max, table.counts))
    head = "".join(f'<th scope="col">{inline(state.name(idx))}</th>' for idx in table.columns)
    body = []
    for left, counts in zip(table.rows, table.counts, strict=True):
        cells = []
        for right, count in zip(table.columns, counts, strict=True):
            chosen = ' class="mb-chosen"' if (left, right) == state.pair else ""
            shade = f' style="--mb-heat:{12 + 58 * count / top:.0f}%"' if count else ""
            cells.append(f"<td{chosen}{shade}>{count or ''}</td>")
        body.append(f'<tr><th scope="row">{inline(state.name(left))}</th>{"".join(cells)}</tr>')
    return (
        '<div class="mb-scroll" tabindex="0" role="group" aria-label="Heat map"><table class="mb-heat">'
        f"{caption_of('How often the token of the row is followed by the token of the column')}"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _where(state: Pairs, total: int, dir: str) -> str:
    if state.pair is None:
        return ""
    name = " + ".join(show_token(state.name(idx)) for idx in state.pair)
    found, merged = state.where
    if not found:
        return panel(f"Where {name} occurs", nothing("Nowhere in this text."))
    start = max(0, min(found[0] - TOKENS_SHOWN // 4, total - TOKENS_SHOWN))
    left = {place - start for place in found}
    right = {place + 1 for place in left}
    over = dict.fromkeys(left & right, "mb-over")
    note = "<p><b>Once.</b></p>" if len(found) == 1 else f"<p><b>{len(found):,}</b> times. "
    if len(found) > len(merged):
        note += (
            f"Some overlap (double frame: one token in two pairs), so a merge takes <b>{len(merged):,}</b> of them.</p>"
        )
    elif len(found) > 1:
        note += "No two of them overlap, so a merge takes all.</p>"
    shown = tokens(
        window(state.chunks, start, TOKENS_SHOWN), left=left, right=right, classes=over, label="text", dir=dir
    )
    end = min(total, start + TOKENS_SHOWN)
    said = (
        ""
        if end - start == total
        else nothing(f"Tokens {start + 1:,} to {end:,} of {total:,} are drawn; the counts are of all.")
    )
    return panel(f"Where {name} occurs", note + shown + said)


def draw_still(state: Pairs) -> str:
    """The picture of a PairExplorer."""
    still = Still("Pairs of a text")
    ranked = sorted(state.counts.items(), key=lambda item: -item[1])[:PAIRS_SHOWN]
    if not ranked:
        still.text("A pair needs two tokens side by side.")
    still.bars(
        [
            (" + ".join(show_token(state.name(idx)) for idx in pair), count, str(count), pair == state.pair)
            for pair, count in ranked
        ]
    )
    left = set(state.where.all)
    still.tokens(window(state.chunks, 0, TOKENS_SHOWN), left=left, right={place + 1 for place in left}, lines=4)
    return still.svg()


BYTES = {byte: bytes([byte]) for byte in range(256)}


class PairExplorer(TextLab):
    """The pairs of a text: how often each occurs, who follows whom, and where the chosen one stands.

    >>> PairExplorer("aaabdaaabac")
    >>> PairExplorer(text, tokenizer=t)      # the tokens of t in place of bytes
    >>> PairExplorer("aaab", pair=(97, 98))  # without a pair, the most frequent is chosen
    """

    example = 'PairExplorer("aaabdaaabac")'
    tokenizer = traitlets.Any(None, allow_none=True, help="whose tokens are paired; None for bytes")
    pair = traitlets.Tuple(Int(), Int(), default_value=None, allow_none=True, help="the pair to show; None for the top")
    redraw_on = ("text", "tokenizer", "pair", "large")

    def __init__(self, text: str = "aaabdaaabac", tokenizer: Tokenizer | None = None, **traits: Any) -> None:
        super().__init__(text, tokenizer=tokenizer, **traits)

    def _state(self) -> Pairs:
        chunks = encode("", self.tokenizer, self.text).chunks
        counts = count_pairs(chunks)
        # As training chooses: the most frequent, and of those the first.
        pair = self.pair or (max(counts, key=counts.__getitem__) if counts else None)
        names = BYTES if self.tokenizer is None else self.tokenizer.vocab
        where = occurrences(chunks, pair) if pair else Occurrences([], [])
        return Pairs(chunks, counts, names, pair, where)

    def picture(self) -> dict[str, str]:
        return draw(self._state(), dir=self.direction)

    def still(self) -> str:
        return draw_still(self._state())

    def describe(self) -> str:
        state = self._state()
        if state.pair is None:
            return "no pairs"
        name = " + ".join(show_token(state.name(idx)) for idx in state.pair)
        return f"{len(state.counts):,} different pairs; {name} occurs {times(len(state.where.all))}"

    def on_event(self, name: str, value: Any) -> None:
        if name == "pair":
            left, right = str(value).split(",")
            self.pair = (int(left), int(right))
