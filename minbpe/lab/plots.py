"""The figures of the course, in matplotlib. Each is a function from plain data to a Figure.

They are made to be projected: 1280 by 720 pixels, no letter below 14 points. A colour never carries a
meaning alone: each series has its marker and its line or hatch as well (the colours are those of Okabe and Ito,
which are told apart with every kind of colour vision).

A Figure made here shows itself when it is the last expression of a cell, and has a sentence for those who
do not see it (`figure.alt`), which goes into the notebook with the picture.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import FuncFormatter, MaxNLocator

from minbpe.corpora import LANGUAGES
from minbpe.lab.draw.text import show_token
from minbpe.lab.encoding import grid
from minbpe.merging import Pair

# Okabe and Ito's palette without its yellow, which is too pale on white, and with black first.
COLOURS = ["#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2))]
HATCHES = ["", "//", "\\\\", "..", "xx", "--", "++"]
MANY = len(COLOURS)  # series that can be told apart in one figure

FIGURE_STYLE: dict[Any, Any] = {
    "figure.dpi": 100,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so figures look alike everywhere
    "font.size": 16,
    "axes.titlesize": 20,
    "axes.labelsize": 18,
    "xtick.labelsize": 15,
    "ytick.labelsize": 15,
    "legend.fontsize": 15,
    "lines.linewidth": 2.5,
    "lines.markersize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "figure.constrained_layout.h_pad": 0.15,
    "figure.constrained_layout.w_pad": 0.15,
    "hatch.linewidth": 1.5,
}
SMALLEST_FONT = 14
# The colours of a heat map run from dark to light; from here on black stands out from them better than white.
LIGHT = 0.467


class Plot(Figure):
    """A Figure that shows itself in a notebook, without pyplot's list of open figures behind it."""

    alt = ""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        picture = BytesIO()
        try:
            self.savefig(picture, format="png", metadata={"Software": None})
        except ImportError as absent:  # in a browser without a network, where nothing can be drawn
            return {"text/plain": f"{self.alt}\n\n{absent}"}, {}
        return {"image/png": picture.getvalue(), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


# --- the figures


def compression(curves: Mapping[str, Sequence[tuple[int, float]]]) -> Figure:
    """Bytes per token against the size of the vocabulary, a curve for each text or tokenizer.

    `curves` maps a name to points (vocabulary size in tokens, bytes per token), in any order. ValueError for
    more curves than can be told apart.
    """
    curves = _series(curves)
    with rc_context(FIGURE_STYLE):
        figure, axes = _canvas("Compression", "vocabulary size (tokens)", "bytes per token")
        if not _any_point(axes, curves):
            return _described(figure, "Compression against vocabulary size: no data.")
        for number, (name, points) in enumerate(curves.items()):
            axes.plot(*zip(*points, strict=True), label=_literal(name), **_line(number))
        sizes = [size for points in curves.values() for size, _ in points]
        if max(sizes) > 20 * max(1, min(sizes)):
            axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(FuncFormatter(_grouped))
        axes.set_ylim(bottom=0)
        _legend(axes)
        ends = "; ".join(f"{name}: {points[-1][1]:.2f} at {points[-1][0]}" for name, points in curves.items())
        return _described(figure, f"Bytes per token against vocabulary size. {ends}.")


def token_lengths(lengths: Mapping[str, Iterable[int]], longest: int = 16) -> Figure:
    """How long the tokens of each vocabulary are: for each length in bytes, the share of tokens that have it.

    `lengths` maps a name to the length of each token, in bytes. Tokens of more than `longest` bytes share the last
    column. ValueError for more vocabularies than can be told apart.
    """
    counts = {name: Counter(min(each, longest + 1) for each in some) for name, some in lengths.items()}
    counts = {name: some for name, some in _series(counts).items() if some}
    with rc_context(FIGURE_STYLE):
        figure, axes = _canvas("Token lengths", "bytes in the token", "share of the tokens")
        if not counts:
            _say(axes, "no tokens")
            return _described(figure, "Token lengths: no data.")
        columns = range(1, max(map(max, counts.values())) + 1)
        width = 0.8 / len(counts)
        for number, (name, some) in enumerate(counts.items()):
            places = [column + (number - (len(counts) - 1) / 2) * width for column in columns]
            shares = [some[column] / some.total() for column in columns]
            axes.bar(places, shares, width, label=_literal(name), **_filling(number))
        axes.set_xticks(columns, [f">{longest}" if column > longest else str(column) for column in columns])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
        axes.grid(axis="x", visible=False)
        _legend(axes)
        most = "; ".join(f"{name}: most often {some.most_common(1)[0][0]} bytes" for name, some in counts.items())
        return _described(figure, f"The share of tokens of each length in bytes. {most}.")


def pair_heat_map(counts: Mapping[Pair, int], name_of: Callable[[int], bytes], most: int = 12) -> Figure:
    """How often each token (row) is followed by each other (column), for the tokens of the most frequent pairs.

    `counts` is {(left id, right id): count}, as get_stats gives it; `name_of` gives the bytes of an id
    (`tokenizer.vocab.get` does). At most `most` rows and columns are shown, those with the most pairs.
    """
    rows, columns, table = grid(counts, most)
    with rc_context(FIGURE_STYLE):
        figure, axes = _canvas("Pairs", "followed by", "token")
        if not rows:
            _say(axes, "no pairs")
            return _described(figure, "Pairs: no data.")
        highest = max(map(max, table))
        image = axes.imshow(table, cmap="cividis", aspect="auto", vmin=0, vmax=max(1, highest))
        axes.set_xticks(range(len(columns)), [token_label(name_of(idx)) for idx in columns])
        axes.set_yticks(range(len(rows)), [token_label(name_of(idx)) for idx in rows])
        if any(len(label.get_text()) > 5 for label in axes.get_xticklabels()):
            axes.tick_params(axis="x", rotation=45)
        axes.grid(visible=False)
        for y, row in enumerate(table):
            for x, count in enumerate(row):
                if count:
                    light = count > LIGHT * highest
                    _write(axes, x, y, _short(count), "black" if light else "white")
        bar = figure.colorbar(image, ax=axes, label="occurrences")
        bar.ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        (left, right), count = max(counts.items(), key=lambda item: item[1])
        top = f"{token_label(name_of(left))} followed by {token_label(name_of(right))}, {count} times"
        return _described(figure, f"How often each token follows each other. Most frequent: {top}.")


def tokens_per_character(measured: Mapping[str, Mapping[str, float]]) -> Figure:
    """What each language costs: tokens per character, a row for each language and a mark for each tokenizer.

    `measured` maps the name of a tokenizer to {language code: tokens per character}; codes as in
    `minbpe.corpora.LANGUAGES` (another is shown as it is). The dearest language of the first tokenizer
    stands at the top. ValueError for more tokenizers than can be told apart.
    """
    measured = {name: dict(values) for name, values in _series(measured).items()}
    order = {code: value for values in reversed(measured.values()) for code, value in values.items()}
    codes = sorted(order, key=lambda code: order[code])
    with rc_context(FIGURE_STYLE | {"ytick.labelsize": SMALLEST_FONT}):
        height = max(7.2, 1.8 + 0.27 * len(codes))
        figure, axes = _canvas("Tokens per code point", "tokens per code point", "", height)
        if not codes:
            _say(axes, "no languages")
            return _described(figure, "Tokens per code point by language: no data.")
        for row, code in enumerate(codes):
            span = [some[code] for some in measured.values() if code in some]
            axes.plot([min(span), max(span)], [row, row], color="#bbbbbb", zorder=1, label="_span")
        for number, (name, values) in enumerate(measured.items()):
            rows = [row for row, code in enumerate(codes) if code in values]
            mark = {**_line(number), "linestyle": "none"}
            axes.plot([values[codes[row]] for row in rows], rows, label=_literal(name), **mark)
        axes.set_yticks(range(len(codes)), [_literal(language_label(code)) for code in codes])
        axes.set_ylim(-0.7, len(codes) - 0.3)
        axes.set_xlim(left=0)
        _legend(axes, loc="lower right")
        extremes = f"least for {language_label(codes[0])}, most for {language_label(codes[-1])}"
        return _described(figure, f"Tokens per code point by language, {', '.join(measured)}: {extremes}.")


def cost(
    curves: Mapping[str, Sequence[tuple[float, float]]],
    size: str = "bytes of text",
    unit: str = "seconds",
) -> Figure:
    """Cost against size on log axes: a straight line is a power of the size, and its slope is the power.

    `curves` maps a name to points (size, cost), in any order; `size` and `unit` say of what. The legend
    gives the slope of each curve, from its points by least squares. ValueError for a size or cost that is
    not positive (a logarithm has no place for it), and for more curves than can be told apart.
    """
    curves = _series(curves)
    for name, points in curves.items():
        for point in points:
            if not all(value > 0 and math.isfinite(value) for value in point):
                raise ValueError(f"log axes show positive numbers only, but {name!r} has the point {point}")
    with rc_context(FIGURE_STYLE):
        figure, axes = _canvas("Cost against size", size, unit)
        if not _any_point(axes, curves):
            return _described(figure, "Cost against size: no data.")
        slopes = {name: slope(points) for name, points in curves.items()}
        for number, (name, points) in enumerate(curves.items()):
            power = "" if slopes[name] is None else f"  (slope {slopes[name]:.1f})"
            axes.loglog(*zip(*points, strict=True), label=_literal(name) + power, **_line(number))
        axes.grid(which="minor", visible=False)
        measured = sorted({point[0] for points in curves.values() for point in points})
        if len(measured) <= 6:  # more have no room side by side
            axes.set_xticks(measured, [f"{each:,}" for each in measured])
            axes.set_xticks([], minor=True)
        _legend(axes)
        words = [f"{name} grows as size to the {power:.1f}" for name, power in slopes.items() if power is not None]
        return _described(figure, f"Cost in {unit} against {size}. {'; '.join(words) or 'One size only'}.")


# --- what they are made of


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """The power p for which cost ~ size ** p fits best; None for less than two sizes."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    if len({x for x, _ in logs}) < 2:
        return None
    middle_x = sum(x for x, _ in logs) / len(logs)
    middle_y = sum(y for _, y in logs) / len(logs)
    return sum((x - middle_x) * (y - middle_y) for x, y in logs) / sum((x - middle_x) ** 2 for x, _ in logs)


def language_label(code: str) -> str:
    """ "ka" -> "Georgian (ka)". Scripts are left out: no font of matplotlib's has them all."""
    return f"{LANGUAGES[code].name} ({code})" if code in LANGUAGES else code


def token_label(token: bytes | None) -> str:
    """A token on an axis, as the widgets write it; what the font cannot show is written as bytes."""
    if token is None:
        return "?"
    text = show_token(token)
    if not all(ord(character) in _drawable() for character in text):
        text = f"⟨{token.hex(' ').upper()}⟩"
    return _literal(text if len(text) <= 14 else text[:13] + "…")


@cache
def _drawable() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())


def _canvas(title: str, x: str, y: str, height: float = 7.2) -> tuple[Plot, Axes]:
    figure = Plot(figsize=(12.8, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left")
    axes.set_xlabel(_literal(x))
    axes.set_ylabel(_literal(y))
    return figure, axes


def _described(figure: Plot, alt: str) -> Plot:
    figure.alt = alt.replace(r"\$", "$")
    return figure


def _series(series: Mapping) -> dict:
    if len(series) > MANY:
        raise ValueError(
            f"a figure tells {MANY} series apart, and there are {len(series)}: choose the ones that matter"
        )
    return {name: sorted(some) if isinstance(some, Sequence) else some for name, some in series.items()}


def _any_point(axes: Axes, curves: dict[str, list]) -> bool:
    """Drop the curves that have no point; say so when none is left."""
    for name in [name for name, points in curves.items() if not points]:
        del curves[name]
    if not curves:
        _say(axes, "no data")
    return bool(curves)


def _line(number: int) -> dict:
    return {"color": COLOURS[number], "marker": MARKERS[number], "linestyle": DASHES[number]}


def _filling(number: int) -> dict:
    # The hatch is drawn in the edge's colour, so it must differ from the filling.
    return {
        "facecolor": COLOURS[number],
        "hatch": HATCHES[number],
        "edgecolor": "white",
        "linewidth": 0.5,
    }


def _legend(axes: Axes, loc: Any = "best") -> None:
    axes.legend(loc=loc, framealpha=0.9)


def _say(axes: Axes, message: str) -> None:
    axes.text(0.5, 0.5, message, transform=axes.transAxes, ha="center", va="center", fontsize=24, color="#444444")
    axes.set_xticks([])
    axes.set_yticks([])


def _write(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=SMALLEST_FONT, color=colour)


def _literal(text: str) -> str:
    """As matplotlib takes it: a dollar sign would start a formula, and a "_" in front hides a label from the legend."""
    return (" " if text.startswith("_") else "") + text.replace("$", r"\$")


def _short(count: int) -> str:
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= 10 * size:
            return f"{count // size}{letter}"
    return str(count)


def _grouped(value: float, _: object) -> str:
    return f"{value:,.0f}".replace(",", "\u202f")
