"""Stills: pictures for pages that have no kernel, as SVG."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from minbpe.lab.draw.html import Chunk, escape, hue
from minbpe.lab.draw.text import LONGEST_SHOWN, columns, show_token

INK, SOFT, LINE, PAPER, ACCENT, MARK = "#111111", "#484848", "#767676", "#ffffff", "#0072b2", "#f2c97a"
HUES = ("#f6dcaa", "#aadcf3", "#aadccf", "#f6f0aa", "#f0c8aa", "#efd6e3", "#d1cbf0", "#d4d9c0")  # as in lab.css
MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
SANS = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


class Still:
    """An SVG that is written from top to bottom. It has its own paper, so it can stand on a dark page.

    >>> still = Still("What it shows")
    >>> still.text("one line")
    >>> svg = still.svg()
    """

    WIDTH, MARGIN, SIZE = 960, 16, 16  # pixels

    def __init__(self, title: str, subtitle: str = "") -> None:
        self.title = title
        self.parts: list[str] = []
        self.y = self.MARGIN
        self.text(title, bold=True, size=19)
        if subtitle:
            self.text(subtitle)

    def text(self, text: str, *, bold: bool = False, size: int = SIZE, mono: bool = False) -> None:
        """A paragraph, broken into lines."""
        limit = int((self.WIDTH - 2 * self.MARGIN) / (size * (0.602 if mono else 0.53)))
        for line in _lines(text, limit):
            self.y += round(size * 1.4)
            weight = ' font-weight="700"' if bold else ""
            self.parts.append(
                f'<text x="{self.MARGIN}" y="{self.y - round(size * 0.35)}" font-size="{size}"{weight} '
                f'font-family="{escape(MONO if mono else SANS)}" fill="{INK}">{escape(line)}</text>'
            )
        self.y += 4

    def tokens(
        self,
        chunks: Iterable[Chunk],
        *,
        left: Collection[int] = (),
        right: Collection[int] = (),
        classes: Mapping[int, str] | None = None,
        ids: bool = True,
        lines: int = 8,
    ) -> None:
        """Tokens as coloured boxes with their ids; at the most `lines` lines of them, and then an ellipsis."""
        classes = classes or {}
        size, height, line, number = self.SIZE, 44, 1, 0
        x = float(self.MARGIN)
        for place, chunk in enumerate(chunks):
            if place:
                self._box(x + 2, self.y, 3, height - 6, LINE, None)
                x += 7
            for idx, data in chunk:
                label = show_token(data)
                label = label if columns(label) <= LONGEST_SHOWN else label[:20] + "…" + label[-20:]
                width = max(columns(label) * size * 0.61, len(str(idx)) * 11 * 0.62 if ids else 0) + 8
                if x + width > self.WIDTH - self.MARGIN - 16:
                    line, x = line + 1, self.MARGIN
                    if line > lines:
                        self.y += height
                        self.text("…")
                        return
                    self.y += height
                marked = number in left or number in right
                colour = hue(idx)
                thick = marked or classes.get(number, "")
                fill = MARK if marked else PAPER if colour is None else HUES[colour]
                self._box(x, self.y, width, height - 6, fill, INK if thick else "#c8c8c8")
                weight = ' font-weight="700"' if marked else ""
                self._centred(label, x + width / 2, self.y + 18, size, weight)
                if ids:
                    self._centred(str(idx), x + width / 2, self.y + 33, 11, "")
                x += width + (0 if number in left else 3)
                number += 1
                if data.endswith(b"\n") and line < lines:
                    line, x, self.y = line + 1, self.MARGIN, self.y + height
        self.y += height + 4

    def bars(self, rows: Sequence[tuple[str, float, str, bool]], *, room: int = 500) -> None:
        """Rows of (label, value, text behind the bar, whether it is the first): all of them text. The longest
        bar is `room` pixels wide."""
        most = max((row[1] for row in rows), default=0)
        start = 300
        for label, value, text, first in rows:
            weight = ' font-weight="700"' if first else ""
            label = label if columns(label) <= 28 else label[:27] + "…"
            self.parts.append(
                f'<text x="{self.MARGIN}" y="{self.y + 17}" font-size="{self.SIZE}"{weight} '
                f'font-family="{escape(MONO)}" fill="{INK}">{escape(label)}</text>'
            )
            width = max(2, room * value / most) if most else 0
            self._box(start, self.y + 3, width, 18, MARK if first else "#4095c5", INK if first else None)
            self.parts.append(
                f'<text x="{start + width + 8:.1f}" y="{self.y + 17}" font-size="{self.SIZE}"{weight} '
                f'font-family="{escape(SANS)}" fill="{INK}">{escape(text)}</text>'
            )
            self.y += 25
        self.y += 4

    def raw(self, fragment: str, height: float, *, x: int = 0, top: int | None = None) -> None:
        """An SVG fragment of that height, moved down to where the picture has got to; or to `top`, with its left
        edge at `x`, beside what is there already."""
        y = self.y if top is None else top
        self.parts.append(f'<g transform="translate({self.MARGIN + x} {y})">{fragment}</g>')
        self.y = max(self.y, y + round(height))

    def svg(self, label: str = "") -> str:
        """The picture. `label` is what a screen reader says; without it, the title."""
        height = self.y + self.MARGIN
        size = f'viewBox="0 0 {self.WIDTH} {height}" width="{self.WIDTH}" height="{height}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="max-width:100%;height:auto" role="img" '
            f'aria-label="{escape(label or self.title)}">'
            f'<rect width="{self.WIDTH}" height="{height}" rx="6" fill="{PAPER}" stroke="#c8c8c8"/>'
            f"{''.join(self.parts)}</svg>"
        )

    def _box(self, x: float, y: float, width: float, height: float, fill: str, stroke: str | None) -> None:
        line = f' stroke="{stroke}" stroke-width="{2 if stroke == INK else 1}"' if stroke else ""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" rx="3" fill="{fill}"{line}/>'
        )

    def _centred(self, text: str, x: float, y: float, size: int, more: str) -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y}" font-size="{size}" text-anchor="middle"{more} '
            f'font-family="{escape(MONO)}" fill="{INK}">{escape(text)}</text>'
        )


def _lines(text: str, limit: int) -> list[str]:
    """`text` broken at spaces into lines of at most `limit` columns."""
    lines = [""]
    for word in text.split(" "):
        while columns(word) > limit:
            lines.append(word[:limit])
            word = word[limit:]
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if columns(joined) <= limit:
            lines[-1] = joined
        else:
            lines.append(word)
    return [line for line in lines if line] or [""]


def svg_text(x: float, y: float, text: str, size: int) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" font-family="{escape(MONO)}" fill="{INK}">{escape(text)}</text>'
