"""The figures: what data becomes on the axes, and that it can be read from the back of a room."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from itertools import pairwise

import matplotlib.image
import numpy
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from minbpe import BasicTokenizer, get_stats
from minbpe.corpora import LANGUAGES
from minbpe.lab import plots

LINES = {"one": [(256, 1.0), (300, 1.5)], "two": [(300, 1.4), (256, 1.0), (400, 2.0)]}
FIGURES = {
    "compression": lambda: plots.compression(LINES),
    "token_lengths": lambda: plots.token_lengths({"mine": [1, 1, 2, 30], "yours": [1, 3]}),
    "pair_heat_map": lambda: plots.pair_heat_map(get_stats(b"abracadabra"), BasicTokenizer().vocab.get),
    "tokens_per_character": lambda: plots.tokens_per_character({"a": {"en": 0.2, "ka": 1.8}, "b": {"en": 0.3}}),
    "cost": lambda: plots.cost(LINES),
}
EMPTY = {
    "compression": [{}, {"one": []}],
    "token_lengths": [{}, {"one": []}],
    "pair_heat_map": [{}],
    "tokens_per_character": [{}, {"one": {}}],
    "cost": [{}, {"one": []}],
}


def axes_of(figure):
    return figure.axes[0]


def legend_of(figure):
    return [text.get_text() for text in axes_of(figure).get_legend().get_texts()]


def axis_labels(axes):
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, sorted(axes.get_ylim()))):
        yield from (tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high)


def shown(figure):
    """The picture that a notebook gets, as an array of height × width × 4."""
    return matplotlib.image.imread(BytesIO(figure._repr_mimebundle_()[0]["image/png"]))


# From data to what is drawn


def test_compression_draws_a_line_for_each_curve_through_its_points_in_order():
    lines = axes_of(plots.compression(LINES)).lines
    assert [line.get_xydata().tolist() for line in lines] == [
        [[256, 1.0], [300, 1.5]],
        [[256, 1.0], [300, 1.4], [400, 2.0]],
    ]


def test_compression_takes_a_log_axis_only_when_sizes_differ_much():
    assert axes_of(plots.compression(LINES)).get_xscale() == "linear"
    assert axes_of(plots.compression({"wide": [(256, 1.0), (100_000, 4.0)]})).get_xscale() == "log"


def test_token_lengths_are_shares_of_each_vocabulary_and_long_tokens_share_a_column():
    axes = axes_of(plots.token_lengths({"mine": [1, 1, 2, 30], "yours": [1, 17]}, longest=3))
    mine, yours = axes.containers
    assert [bar.get_height() for bar in mine] == [0.5, 0.25, 0, 0.25]
    assert [bar.get_height() for bar in yours] == [0.5, 0, 0, 0.5]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3", ">3"]


def test_token_lengths_takes_an_iterator():
    (bars,) = axes_of(plots.token_lengths({"bytes": map(len, BasicTokenizer().vocab.values())})).containers
    assert [bar.get_height() for bar in bars] == [1.0]


def test_the_heat_map_has_the_left_token_in_rows_and_the_right_in_columns():
    axes = axes_of(plots.pair_heat_map({(97, 98): 3, (97, 32): 1, (99, 98): 2}, BasicTokenizer().vocab.get))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "c"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["b", "·"]
    assert axes.images[0].get_array().tolist() == [[3, 1], [2, 0]]
    assert sorted((*text.get_position(), text.get_text()) for text in axes.texts) == [
        (0, 0, "3"),
        (0, 1, "2"),
        (1, 0, "1"),
    ]


def test_the_heat_map_keeps_the_most_frequent():
    counts = {(a, b): 1 for a in range(40) for b in range(40)} | {(65, 66): 100}
    axes = axes_of(plots.pair_heat_map(counts, BasicTokenizer().vocab.get, most=5))
    assert axes.images[0].get_array().shape == (5, 5)
    assert axes.get_yticklabels()[0].get_text() == "A"


def test_languages_stand_in_the_order_of_the_first_tokenizer_dearest_on_top():
    axes = axes_of(plots.tokens_per_character({"a": {"en": 0.2, "ka": 1.8, "de": 0.3}, "b": {"de": 0.9, "xx": 0.5}}))
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["English (en)", "German (de)", "xx", "Georgian (ka)"]
    marks = {line.get_label(): line.get_xydata().tolist() for line in axes.lines if line.get_linestyle() == "None"}
    assert marks == {"a": [[0.2, 0], [0.3, 1], [1.8, 3]], "b": [[0.9, 1], [0.5, 2]]}


def test_all_languages_of_the_course_fit():
    figure = plots.tokens_per_character({"a": {code: number for number, code in enumerate(LANGUAGES)}})
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axes_of(figure).get_yticklabels()]
    assert len(boxes) == len(LANGUAGES)
    assert all(lower.y1 <= upper.y0 + 1 for lower, upper in pairwise(boxes))


def test_a_few_sizes_are_written_out_below_the_axis():
    figure = plots.cost({"loop": [(500, 1), (4000, 3)], "fast": [(500, 1), (32_000, 2)]})
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["500", "4,000", "32,000"]
    assert not axes.get_xticks(minor=True).size


def test_cost_has_log_axes_and_names_the_slope():
    figure = plots.cost({"loop": [(10, 1), (100, 100)], "fast": [(10, 1), (1000, 100)], "once": [(10, 1)]})
    assert (axes_of(figure).get_xscale(), axes_of(figure).get_yscale()) == ("log", "log")
    assert legend_of(figure) == ["loop  (slope 2.0)", "fast  (slope 1.0)", "once"]
    assert "loop grows as size to the 2.0" in figure.alt


@pytest.mark.parametrize("point", [(0, 1), (1, 0), (1, -2), (1, float("nan")), (1, float("inf"))])
def test_cost_refuses_what_a_logarithm_has_no_place_for(point):
    with pytest.raises(ValueError, match="'loop' has the point"):
        plots.cost({"loop": [(1, 1), point]})


def test_what_is_one_point_is_one_mark():
    for figure in (plots.compression({"one": [(256, 1.0)]}), plots.cost({"one": [(256, 1.0)]})):
        (line,) = axes_of(figure).lines
        assert line.get_xydata().tolist() == [[256, 1.0]]
        assert line.get_marker() == "o"


@pytest.mark.parametrize(("name", "data"), [(name, data) for name, some in EMPTY.items() for data in some])
def test_without_data_a_figure_says_so(name, data):
    arguments = (data, {}.get) if name == "pair_heat_map" else (data,)
    figure = getattr(plots, name)(*arguments)
    (message,) = axes_of(figure).texts
    assert message.get_text().startswith("no ")
    assert "no data" in figure.alt
    assert shown(figure).shape == (720, 1280, 4)


# Labels


@pytest.mark.parametrize(
    ("token", "label"),
    [
        (b" the", "·the"),
        (b"\n", "⏎"),
        (b"\x00", "⟨NUL⟩"),
        (b"\xe4", "⟨E4⟩"),
        ("é".encode(), "é"),
        ("ქ".encode(), "ქ"),
        ("漢".encode(), "⟨E6 BC A2⟩"),
        (b"$x$", r"\$x\$"),
        (b"a" * 40, "a" * 13 + "…"),
        (None, "?"),
    ],
)
def test_a_token_on_an_axis_is_readable_in_the_font_at_hand(token, label):
    assert plots.token_label(token) == label


def test_names_that_mean_something_to_matplotlib_are_shown_as_they_are():
    figure = plots.compression({"$5 or $6": [(256, 1.0)], "_mine": [(256, 1.0)]})
    figure.draw_without_rendering()
    assert legend_of(figure) == [r"\$5 or \$6", " _mine"]


# Readable, by everybody


@pytest.mark.parametrize("name", FIGURES)
def test_every_letter_has_14_points_or_more_and_lies_on_the_picture(name):
    figure = FIGURES[name]()
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    assert min(text.get_fontsize() for text in texts) >= 14
    width, height = figure.canvas.get_width_height()
    assert (width, height) == (1280, 720)
    # A tick beyond the limits of its axis keeps its label, which is not drawn.
    for label in (*axis_labels(axes_of(figure)), axes_of(figure).title):
        box = label.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height, label


def test_series_differ_in_more_than_colour():
    series = {str(number): [(256, 1.0), (300, 1.0 + number)] for number in range(plots.MANY)}
    lines = axes_of(plots.compression(series)).lines
    assert len({line.get_marker() for line in lines}) == plots.MANY
    assert len({line.get_color() for line in lines}) == plots.MANY
    lengths = {str(number): [1, 2] for number in range(plots.MANY)}
    bars = [container[0] for container in axes_of(plots.token_lengths(lengths)).containers]
    assert len({bar.get_hatch() for bar in bars}) == plots.MANY


@pytest.mark.parametrize("name", ["compression", "token_lengths", "tokens_per_character", "cost"])
def test_more_series_than_can_be_told_apart_are_refused(name):
    with pytest.raises(ValueError, match="choose the ones that matter"):
        getattr(plots, name)({str(number): [] for number in range(plots.MANY + 1)})


@pytest.mark.parametrize("highest", [1, 7, 1000])
def test_the_numbers_of_a_heat_map_stand_out_from_their_squares(highest):
    counts = {(97, 97 + right): 1 + right * (highest - 1) // 11 for right in range(12)}
    axes = axes_of(plots.pair_heat_map(counts, BasicTokenizer().vocab.get))
    image = axes.images[0]
    for text in axes.texts:
        x, y = text.get_position()
        square = image.cmap(image.norm(image.get_array()[y][x]))
        assert contrast(to_rgb(text.get_color()), square[:3]) >= 4.5


def contrast(one, other):
    def luminance(colour):
        colour = numpy.asarray(colour)
        linear = numpy.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


# In a notebook


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_shows_itself_with_words_for_those_who_do_not_see_it(name):
    figure = FIGURES[name]()
    data, metadata = figure._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == figure.alt == metadata["image/png"]["alt"]
    assert len(figure.alt) > 30 and figure.alt.endswith(".")
    assert data == FIGURES[name]()._repr_mimebundle_()[0], "the same data must give the same picture"


def test_a_figure_leaves_the_style_of_others_and_pyplot_alone():
    program = (
        "import matplotlib; before = dict(matplotlib.rcParams)\n"
        "from minbpe.lab import plots; plots.cost({'a': [(1, 1), (2, 2)]})\n"
        "assert dict(matplotlib.rcParams) == before\n"
        "from matplotlib import pyplot; assert pyplot.get_fignums() == []\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
