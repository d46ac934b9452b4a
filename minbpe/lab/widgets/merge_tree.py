"""MergeTree: where a token comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets
import traitlets
from traitlets import Int

from minbpe.base import Tokenizer
from minbpe.lab.draw.html import (
    chip,
    escape,
    hue,
    inline,
    notice,
)
from minbpe.lab.draw.svg import HUES, INK, LINE, MONO, PAPER, Still
from minbpe.lab.draw.text import columns, counted, show_token
from minbpe.lab.trace import (
    Node,
    learned_as,
    tree_of,
)
from minbpe.lab.widgets.lab import Lab
from minbpe.merging import apply_merges

MOST_LEAVES = 40  # of a tree with more, only the upper levels are drawn
LEVELS = 5  # so many of them


def leaves(node: Node) -> int:
    """How many tokens stand at the bottom of a tree."""
    count, waiting = 0, [node]
    while waiting:
        each = waiting.pop()
        if each.children:
            waiting += each.children
        else:
            count += 1
    return count


def draw_tree(node: Node, learned: Mapping[int, int]) -> str:
    """The tree behind a token: below each token the two that it was merged from, down to the bytes.

    Each token but the first is a button, to go on from there. `learned` maps an id to its place in learning.
    """
    levels = LEVELS if leaves(node) > MOST_LEAVES else 10_000
    return (
        '<div class="mb-scroll mb-forest" data-scroll="tree" tabindex="0" role="region" aria-label="tree of merges">'
        f'<ul class="mb-tree">{_branch(node, learned, levels, "r")}</ul></div>'
    )


def _branch(node: Node, learned: Mapping[int, int], levels: int, path: str) -> str:
    idx, data, children = node
    made = f"merge {learned[idx]:,}" if idx in learned else "a byte" if len(data) == 1 else "never merged"
    inner = ""
    if children and levels > 1:
        halves = "".join(
            _branch(child, learned, levels - 1, path + side) for child, side in zip(children, "01", strict=True)
        )
        inner = f"<ul>{halves}</ul>"
    elif children:
        inner = '<p class="mb-muted">… go on from here</p>'
    colour = hue(idx)
    # What a screen reader says is what stands here, with a little between (WCAG 2.5.3 wants the two to agree).
    return (
        f'<li><button type="button" class="mb-node{"" if colour is None else f" mb-c{colour}"}" data-event="token" '
        f'data-value="{idx}" data-key="{path}"><span>{inline(data)}</span>'
        f'<span class="mb-hidden">, id </span><span class="mb-id">{idx}</span>'
        f'<span class="mb-hidden">, </span><span class="mb-id">{made}</span></button>{inner}</li>'
    )


def status(node: Node) -> str:
    """A sentence about a token."""
    idx, data, children = node
    words = f"Token <b>{idx}</b> is {chip(idx, data)}, {counted(len(data), 'byte')}: "
    words += f"<code>{data[:24].hex(' ').upper()}{' …' if len(data) > 24 else ''}</code>. "
    if children:
        halves = " and ".join(f"{chip(child.idx, child.data)} ({child.idx})" for child in children)
        words += f"It was merged from {halves}."
    elif len(data) == 1:
        words += "It is one of the 256 bytes that every vocabulary begins with."
    else:
        words += "It was never merged from two others."
    return f'<div class="mb-status" role="status" aria-live="polite"><p>{words}</p></div>'


def draw_still(node: Node) -> str:
    """The tree as a picture: each token as wide as the bytes below it."""
    total = leaves(node)
    levels = LEVELS if total > MOST_LEAVES else 10_000
    still = Still(f"Where token {node.idx} comes from", f"{show_token(node.data)}: {counted(len(node.data), 'byte')}.")
    width = min(110.0, (still.WIDTH - 2 * still.MARGIN) / max(1, total))
    parts, deepest = [], 0
    waiting = [(node, 0.0, 0)]
    while waiting:
        each, x, level = waiting.pop()
        idx, data, children = each
        deepest = max(deepest, level)
        wide = width * leaves(each)
        label = show_token(data)
        room = max(1, int((wide - 6) / 9.8))
        label = label if columns(label) <= room else label[: max(1, room - 1)] + "…" if room > 2 else ""
        colour = hue(idx)
        parts.append(
            f'<rect x="{x:.1f}" y="{level * 52}" width="{wide - 3:.1f}" height="46" rx="3" '
            f'fill="{PAPER if colour is None else HUES[colour]}" stroke="{LINE}"/>'
        )
        for text, y, size in ((label, 21, 16), (str(idx) if wide > 8 * len(str(idx)) + 6 else "", 38, 12)):
            parts.append(
                f'<text x="{x + wide / 2 - 1.5:.1f}" y="{level * 52 + y}" font-size="{size}" text-anchor="middle" '
                f'font-family="{escape(MONO)}" fill="{INK}">{escape(text)}</text>'
            )
        if children and level + 1 < levels:
            left, right = children
            waiting.append((left, x, level + 1))
            waiting.append((right, x + width * leaves(left), level + 1))
    still.raw("".join(parts), 52 * (deepest + 1))
    return still.svg()


class MergeTree(Lab):
    """Where a token comes from: the tree of merges down to its bytes. Click a token to go on from there.

    >>> MergeTree(tokenizer, 300)
    >>> MergeTree(tokenizer, text="hello")     # the first token of a text
    """

    example = 'MergeTree(trained, text="hugs")'
    tokenizer = traitlets.Any(help="a trained tokenizer")
    token = Int(0, help="the id whose tree is shown")
    redraw_on = ("token", "tokenizer", "large")

    def __init__(self, tokenizer: Tokenizer, token: int | None = None, text: str = "", **traits: Any) -> None:
        # Not a BoundedIntText: it would turn an id that does not exist into one that does, and not say so.
        self.field = ipywidgets.IntText(
            description="Token id",
            style={"description_width": "initial"},
            layout={"width": "14em"},
        )
        if token is None:
            chunks = list(tokenizer.chunks(text))
            token = apply_merges(chunks[0].translate(tokenizer.byte_shuffle), tokenizer.rank_of)[0] if chunks else None
        if token is None:
            token = max(tokenizer.vocab)
        self._drawn: Node | None = None  # the last tree
        super().__init__([self.field], tokenizer=tokenizer, token=token, **traits)
        self.add_class("mb-mergetree")
        traitlets.link((self, "token"), (self.field, "value"))

    @traitlets.observe("tokenizer")
    def _another_vocabulary(self, change: object) -> None:
        self._drawn = None

    def frame(self) -> dict[str, str]:
        try:
            node = tree_of(self.tokenizer, self.token)
        except ValueError as error:
            return self._no_token(str(error))
        self._drawn = node
        parts = {"status": status(node)}
        number = leaves(node)
        if number > MOST_LEAVES:
            parts["message"] = notice(
                f"The tree has {number:,} bytes at the bottom; here are its upper {LEVELS} levels. "
                "Choose a token to go on from there."
            )
        return parts | {"tree": draw_tree(node, learned_as(self.tokenizer))}

    def _no_token(self, why: str) -> dict[str, str]:
        """What is wrong with the id. The last tree stays where it is, so that the page below does not jump."""
        tree = {}
        if self._drawn is not None:
            why += f". Below is still the tree of {self._drawn.idx}."
            tree = {"tree": draw_tree(self._drawn, learned_as(self.tokenizer))}
        said = notice(why, "warning")
        return {"status": f'<div class="mb-status" role="status" aria-live="polite">{said}</div>', **tree}

    def still(self) -> str:
        return draw_still(tree_of(self.tokenizer, self.token))

    def describe(self) -> str:
        data = self.tokenizer.vocab.get(self.token, b"")
        return f"token {self.token}, {show_token(data)}"

    def on_event(self, name: str, value: Any) -> None:
        if name == "token":
            self.token = int(value)
