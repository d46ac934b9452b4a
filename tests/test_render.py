"""The drawing kit and the pictures made with it: well formed, with what is there, and nothing unescaped."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minbpe import BasicTokenizer, RegexTokenizer
from minbpe.lab import show_tokens
from minbpe.lab.draw import html, svg, text
from minbpe.lab.trace import ALGORITHMS, EncodingTrace, TrainingTrace, parting, tree_of
from minbpe.lab.widgets import encode_stepper, merge_scrubber, merge_tree
from minbpe.lab.widgets.lab import ASSETS

CSS = (ASSETS / "lab.css").read_text(encoding="utf-8")


NASTY = [
    "",
    "a",
    "<script>alert('x')</script>&amp;\"'",
    "a" * 5000,
    "مرحبا يا عالم",
    "👨‍👩‍👧‍👦 👍🏽 🇨🇭",
    "\x00\x01\x1b[31m\x7f\x85\ufeff\u202e\ufffe\uffff",
    " \t\r\n\u00a0\u3000",
    "e\u0301 \u0301",
    "한국어 漢字 नमस्ते",
    "\ud800 lone",
]


def parse(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<all>{markup}</all>")


def text_of(markup: str) -> str:
    return "".join(parse(markup).itertext())


def chunk(*tokens: bytes, ids: int = 300):
    return [(data[0] if len(data) == 1 else ids + place, data) for place, data in enumerate(tokens)]


# Bytes made visible


@pytest.mark.parametrize(
    "data, shown",
    [
        (b"abc", "abc"),
        (b" a\n\t", "·a⏎⇥"),
        (b"\x00\x1b\x7f", "⟨NUL⟩⟨ESC⟩⟨DEL⟩"),
        ("\u200d\ufeff\u00a0\u0085".encode(), "⟨ZWJ⟩⟨BOM⟩⟨NBSP⟩⟨U+0085⟩"),
        (b"\xec\x95", "⟨EC 95⟩"),
        (b"a\xe2", "a⟨E2⟩"),
        ("\u0301".encode(), "◌\u0301"),
        ("é漢😀".encode(), "é漢😀"),
    ],
)
def test_every_byte_can_be_seen(data, shown):
    assert text.show_token(data) == shown


def test_the_middle_of_a_long_token_is_left_out_and_its_length_given():
    shown = text.show_token(b"a" * 65_536)
    assert len(shown) < 300 and "65,536 bytes" in shown


@given(st.binary(max_size=40))
def test_any_bytes_are_well_formed_html(data):
    parse(html.inline(data))


def test_a_long_token_is_cut_to_the_columns_that_a_narrow_table_has():
    assert text_of(html.chip(300, b"together", 9)) == "together"
    assert text_of(html.chip(300, b"together", 4)) == "tog…"
    assert text_of(html.chip(300, "안녕하세요".encode(), 5)) == "안녕…"
    assert text_of(html.chip(300, b"\xe2\x80", 4)) == "E280"  # bytes take two columns each
    assert text_of(html.chip(300, b"ab\n\ncd", 4)) == "ab⏎…"


@example(b"\x00", "\ue000\x00".encode())
@given(st.binary(min_size=1, max_size=40), st.binary(min_size=1, max_size=40))
def test_the_halves_of_a_pair_share_the_columns_and_both_show_something(left, right):
    chips = parse(html.pair_chips((300, 301), {300: left, 301: right}, 9))
    halves = ["".join(each.itertext()) for each in chips if each.get("class", "").startswith("mb-chip")]
    assert len(halves) == 2 and all(half.strip("…") for half in halves)


# Tokens


def test_a_token_shows_its_text_and_its_id():
    (token,) = (each for each in parse(html.tokens([chunk(b"he")])).iter("span") if each.get("class") == "mb-t mb-c4")
    assert token.text == "he"
    assert text_of(html.tokens([chunk(b"he")])) == "he300"
    assert text_of(html.tokens([chunk(b"he")], ids=False)) == "he"


def test_only_text_that_runs_from_right_to_left_is_kept_apart():
    assert html.inline("שלום".encode()) == "<bdi>שלום</bdi>"
    assert (
        html.inline("a 7 é 안".encode()) == 'a<span class="mb-w">·</span>7<span class="mb-w">·</span>é'
        '<span class="mb-w">·</span>안'
    )


def test_a_token_keeps_its_hue_and_bytes_have_none():
    classes = [element.get("class") for element in parse(html.tokens([chunk(b"h", b"he")])).iter("span")]
    assert "mb-t" in classes and "mb-t mb-c5" in classes  # 301 % 8


def test_a_character_that_spans_tokens_stands_above_them():
    (group,) = (
        each
        for each in parse(html.tokens([chunk(b"a", b"\xec", b"\x95\x88", b"b")])).iter("span")
        if each.get("class") == "mb-g"
    )
    assert "".join(group.itertext()).startswith("안EC236")
    assert text_of(html.tokens([chunk(b"a", b"\xec")])) == "a97EC236"  # half a character at the end: stray


@pytest.mark.parametrize(
    "tokens, groups",
    [
        ([b"\xf0\x9f", b"\x98\x80"], 1),
        ([b"a\xe2", b"\x80\x99s"], 1),
        ([b"\x95", b"a"], 0),
        ([b"\xec", b"a"], 1),  # no character, and still shown
        ([b"ab", b"c"], 0),
        ([b"\xec\x95\x88", b"\xeb\x85\x95"], 0),
    ],
)
def test_grouping(tokens, groups):
    page = html.tokens([chunk(*tokens)])
    assert page.count('"mb-g"') == groups
    assert page.count("mb-id") == len(tokens)


def test_walls_stand_between_chunks():
    assert html.tokens([chunk(b"a"), chunk(b"b"), chunk(b"c")]).count("mb-wall") == 2


def test_the_halves_of_a_pair_are_marked_by_more_than_colour():
    page = html.tokens([chunk(b"a", b"b", b"c")], left=[0], right=[1])
    assert page.count("mb-l") == page.count("mb-r") == 1
    assert re.search(r"\.mb-l, \.mb-r \{[^}]*border-color[^}]*font-weight: 700", CSS)


def test_with_focus_a_token_can_be_reached_and_read_out():
    (token,) = (each for each in parse(html.tokens([chunk(b"\n")], focus=True)).iter("span") if each.get("tabindex"))
    assert token.get("aria-label") == token.get("title") == "⏎: id 10, 1 byte: 0A"


@pytest.mark.parametrize("text", NASTY)
def test_whatever_the_text_the_html_is_well_formed_and_escaped(text):
    trace = TrainingTrace(RegexTokenizer(), text, 10)
    for step in (0, 1, len(trace)):
        step = min(step, len(trace))
        window = trace.replay.window(step, 0, 400)
        page = (
            merge_scrubber.status(trace, step)
            + merge_scrubber.text_panel(trace, step, window)
            + merge_scrubber.candidates_panel(trace, step)
            + merge_scrubber.merges_panel(trace)
            + merge_scrubber.curve_panel(trace, step)
            + merge_scrubber.sentence_panel(window.chunks, step)
        )
        parse(page)
        still = merge_scrubber.draw_still(trace, step, window, window.chunks)
        ElementTree.fromstring(still)
        assert "<script" not in page + still


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("algorithm", ALGORITHMS[1:])
def test_an_encoding_is_well_formed_at_every_step(text, algorithm):
    tokenizer = BasicTokenizer()
    tokenizer.train("the other <script>alert('x')</script> مرحبا 👨‍👩‍👧‍👦" * 3, 300)
    right, wrong = EncodingTrace(tokenizer, text[:100]), EncodingTrace(tokenizer, text[:100], algorithm)
    part = parting(right, wrong)
    for step in (0, 1, max(len(right), len(wrong))):
        at = min(step, len(right))
        page = (
            encode_stepper.status(right, at)
            + encode_stepper.text_panel(right, at, "right", parted=part.token)
            + encode_stepper.text_panel(wrong, step, "wrong", parted=part.token)
            + encode_stepper.ranks_panel(right, at, {})
            + encode_stepper.parting_notice(right, wrong, part)
        )
        parse(page)
        still = encode_stepper.draw_still(right, wrong, step, part)
        ElementTree.fromstring(still)
        assert "<script" not in page + still


def test_a_tree_shows_each_token_down_to_the_bytes():
    tokenizer = BasicTokenizer()
    tokenizer.train("<b><b><b>", 258)
    node = tree_of(tokenizer, 257)
    tree = parse(merge_tree.draw_tree(node, {256: 1, 257: 2}))
    assert [each.get("data-value") for each in tree.iter("button")] == ["257", "256", "60", "98", "62"]
    drawn = merge_tree.draw_still(node)
    ElementTree.fromstring(drawn)
    assert "&lt;b&gt;" in drawn


def test_a_large_tree_is_cut_and_says_so():
    tokenizer = BasicTokenizer()
    tokenizer.train("a" * 3000, 266)
    node = tree_of(tokenizer, 265)
    assert merge_tree.leaves(node) > merge_tree.MOST_LEAVES
    page = merge_tree.draw_tree(node, {})
    parse(page)
    assert page.count("<button") < 2**merge_tree.LEVELS and "go on from here" in page
    ElementTree.fromstring(merge_tree.draw_still(node))


# The training


def test_ties_are_said_in_words():
    trace = TrainingTrace(BasicTokenizer(), "abcabc", 2)
    assert text_of(merge_scrubber.candidates_panel(trace, 0)).count("tie") == 2
    assert "2 pairs tie" in text_of(merge_scrubber.status(trace, 0))
    single = TrainingTrace(BasicTokenizer(), "aaabb", 2)
    assert "tie" not in text_of(merge_scrubber.candidates_panel(single, 0))


def test_the_window_says_which_bytes_it_shows():
    trace = TrainingTrace(BasicTokenizer(), "ab" * 500, 1)
    page = merge_scrubber.text_panel(trace, 0, trace.replay.window(0, 100, 50))
    assert "bytes 100 to 150 of 1,000" in text_of(page)
    assert "25 times here, 500 times in all" in text_of(page)
    assert "all of it" in text_of(merge_scrubber.text_panel(trace, 0, trace.replay.window(0)))


def test_every_merge_has_a_row_that_leads_to_its_step():
    trace = TrainingTrace(BasicTokenizer(), "aaabdaaabac", 3)
    rows = [each for each in parse(merge_scrubber.merges_panel(trace)).iter("tr") if each.get("data-step")]
    assert [row.get("data-value") for row in rows] == ["1", "2", "3"]
    assert ["".join(row.itertext()) for row in rows] == ["1a+a2564", "2aa+a2572", "3aaa+b2582"]


@given(st.lists(st.binary(min_size=1, max_size=6), max_size=60), st.integers(1, 5), st.integers(10, 90))
def test_what_fits_is_the_beginning(tokens, lines, width):
    fit = merge_scrubber.fitting([chunk(*tokens)] if tokens else [], lines, width)
    assert [data for each in fit for _, data in each] == tokens[: sum(map(len, fit))]


# Boxes and bars


def test_bars_are_as_long_as_their_values():
    page = html.bars([html.Bar("x", 4, tag="tie", first=True), html.Bar("y", 1)], caption="<counts>", slots=4)
    assert re.findall(r"width:([\d.]+)%", page) == ["100.0", "25.0"]
    assert len(list(parse(page).iter("tr"))) == 4
    assert "&lt;counts&gt;" in page


@pytest.mark.parametrize("text", NASTY)
def test_notices_and_panels_escape(text):
    page = html.notice(text, "warning") + html.panel(text, "<p>body</p>", aside=text)
    parse(page)
    assert "<script" not in page


def test_tokens_are_printed_as_the_widgets_write_them():
    assert show_tokens([b"he", b"llo", b" you", b"\xe2", "\n"]) == "he|llo|·you|⟨E2⟩|⏎"
    assert show_tokens(["a", "b"], " ") == "a b"


def test_right_to_left_texts_run_from_the_right():
    assert text.direction("123 مرحبا hello") == "rtl"
    assert text.direction("hello مرحبا") == text.direction("") == "ltr"


def test_the_still_has_its_own_paper_a_name_and_a_size():
    still = svg.Still("A <title>", "more")
    still.text("words " * 80)
    still.bars([("label", 3, "3", True), ("other", 0, "0", False)])
    still.tokens([chunk(b"a", b"\n", *[b"word"] * 200)], lines=3)
    drawn = ElementTree.fromstring(still.svg())
    assert drawn.get("role") == "img" and drawn.get("aria-label") == "A <title>"
    width, height = (float(drawn.get(side)) for side in ("width", "height"))
    assert drawn[0].get("fill") == "#ffffff"
    assert all(float(each.get("y", 0)) <= height and float(each.get("x", 0)) <= width for each in drawn.iter())


# Colour


def luminance(colour):
    def linear(part):
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def rgb(colour):
    colour = colour.strip("#")
    return tuple(int(colour[at : at + 2], 16) for at in (0, 2, 4))


def mixed(colour, share, paper):
    return tuple(share * part + (1 - share) * under for part, under in zip(rgb(colour), paper, strict=True))


PAPERS = {"light": ((255, 255, 255), (0, 0, 0)), "dark": ((17, 17, 17), (255, 255, 255))}  # JupyterLab's own


@pytest.mark.parametrize("theme", PAPERS)
def test_text_on_every_token_and_mark_has_a_contrast_of_4_5(theme):
    paper, ink = PAPERS[theme]
    strength = int(re.search(r"--mb-strength: (\d+)%", CSS)[1]) / 100
    hues = re.findall(r"--mb-hue: (#\w{6})", CSS)
    mark, share = re.search(r"--mb-mark: color-mix\(in srgb, (#\w{6}) (\d+)%", CSS).groups()
    soft = int(re.search(r"--mb-soft: color-mix\(in srgb, var\(--mb-ink\) (\d+)%", CSS)[1]) / 100
    quiet = tuple(soft * part + (1 - soft) * under for part, under in zip(ink, paper, strict=True))
    assert len(hues) == 8
    for background in [paper, *(mixed(hue, strength, paper) for hue in hues)]:
        assert contrast(background, ink) >= 4.5
        assert contrast(background, quiet) >= 4.5  # white space
    assert contrast(mixed(mark, int(share) / 100, paper), ink) >= 4.5


def test_text_in_a_still_has_a_contrast_of_4_5():
    for background in (*svg.HUES, svg.MARK, svg.PAPER):
        assert contrast(rgb(background), rgb(svg.INK)) >= 4.5
