"""TokenExplorer: a text as several tokenizers encode it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from minbpe.base import Tokenizer
from minbpe.lab.draw.html import (
    TOKENS_SHOWN,
    leaves_out,
    nothing,
    one_stop,
    panel,
    sizes,
    tip,
    tokens,
)
from minbpe.lab.draw.svg import Still
from minbpe.lab.draw.text import counted
from minbpe.lab.encoding import Encoding, encode, published, window
from minbpe.lab.widgets.lab import TextLab


def draw(found: Sequence[Encoding], *, dir: str = "ltr") -> dict[str, str]:
    """TokenExplorer's picture: the sizes of the text, and a panel for each tokenizer."""
    if not found:
        return {"nothing": nothing("No tokenizer is chosen.")}
    counts = sizes((found[0].code_points, "code point"), (found[0].bytes, "byte"))
    panels = "".join(_encoding(each, number, dir) for number, each in enumerate(found))
    return {"sizes": counts, "panels": f'<div class="mb-columns">{panels}</div>'}


def _encoding(found: Encoding, number: int, dir: str) -> str:
    count = found.tokens
    per_token = f"{found.bytes / count:.2f} bytes per token" if count else ""
    counts = sizes((count, "token"), more=per_token)
    if not count:
        return panel(found.name, counts + nothing("No text, no tokens."))
    shown = tokens(window(found.chunks, 0, TOKENS_SHOWN), focus=True, label=f"tokens, {found.name}", dir=dir)
    # The same token number stands in each panel; a key must be of one panel only.
    shown = one_stop(shown.replace('data-key="t', f'data-key="{number}t'))
    about = tip("Point at a token, or go there with Tab and the arrows.")
    return panel(found.name, counts + about + shown + leaves_out(TOKENS_SHOWN, count, "tokens"))


def draw_still(text: str, found: Sequence[Encoding]) -> str:
    """The picture of a TokenExplorer."""
    still = Still("One text, encoded", f"{counted(len(text), 'code point')}, {counted(len(text.encode()), 'byte')}")
    for each in found:
        still.text(f"{each.name}: {counted(each.tokens, 'token')}", bold=True)
        still.tokens(window(each.chunks, 0, TOKENS_SHOWN), lines=4)
    return still.svg()


class TokenExplorer(TextLab):
    """A text as up to three tokenizers encode it: yours, GPT-4's and GPT-4o's.

    >>> TokenExplorer("How many r's are in strawberry?")
    >>> TokenExplorer(text, tokenizer=t)                              # t beside GPT-4's and GPT-4o's
    >>> TokenExplorer(text, tokenizers={"200 merges": t, "500 merges": u})
    """

    example = "TokenExplorer()"
    tokenizers = traitlets.Dict(help="{name: tokenizer}, at most three")
    redraw_on = ("text", "tokenizers", "large")

    def __init__(
        self,
        text: str = "How many r's are in strawberry? 안녕 😉",
        tokenizer: Tokenizer | None = None,
        tokenizers: Mapping[str, Tokenizer] | None = None,
        **traits: Any,
    ) -> None:
        if tokenizers is None:
            tokenizers = {"yours": tokenizer} if tokenizer is not None else {}
            tokenizers |= {name: published(name) for name in ("GPT-4", "GPT-4o")}
        super().__init__(text, tokenizers=dict(tokenizers), **traits)

    def _encodings(self) -> list[Encoding]:
        if len(self.tokenizers) > 3:
            raise ValueError(f"three tokenizers fit side by side, and here are {len(self.tokenizers)}")
        return [encode(name, tokenizer, self.text) for name, tokenizer in self.tokenizers.items()]

    def picture(self) -> dict[str, str]:
        return draw(self._encodings(), dir=self.direction)

    def still(self) -> str:
        return draw_still(self.text, self._encodings())

    def describe(self) -> str:
        counts = ", ".join(f"{each.name}: {counted(each.tokens, 'token')}" for each in self._encodings())
        return f"{counted(len(self.text), 'code point')}; {counts or 'no tokenizer'}"
