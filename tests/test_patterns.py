"""The known patterns cut every text exactly where tiktoken cuts it, in one piece or window by window."""

from __future__ import annotations

import itertools
import math
import random
import re
import unicodedata
from functools import cache
from itertools import accumulate

import pytest
import regex
import tiktoken
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tiktoken_ext import openai_public
from unicode_classes import read_classes_off_tiktoken

from minbpe import corpora, patterns
from minbpe.patterns import (
    CL100K_SPLIT_PATTERN,
    GPT2_SPLIT_PATTERN,
    GPT4_SPLIT_PATTERN,
    GPT4O_SPLIT_PATTERN,
    KNOWN_PATTERNS,
    R50K_SPLIT_PATTERN,
    Splitter,
    unicode_classes,
)

NAMES = {
    "GPT2": GPT2_SPLIT_PATTERN,
    "GPT4": GPT4_SPLIT_PATTERN,
    "R50K": R50K_SPLIT_PATTERN,
    "CL100K": CL100K_SPLIT_PATTERN,
    "GPT4O": GPT4O_SPLIT_PATTERN,
}
EACH = pytest.mark.parametrize("pattern", NAMES.values(), ids=NAMES)

ASTRAL = (
    "\U0001d400\U0001d41a\U00020000\U000104b0\U000104d8"  # letters: upper, lower, neither; Osage upper, lower
    "\U0001d7ce\U0001f100\U00010107\U0001e8c7"  # numbers
    "😀\U0001f3fb\U0001f1e6\U000e0067\U0001d165\U000e0100"  # emoji, a skin tone, a flag's letter, tags, marks
    "\U00020000\U0001e900\U0001e922\U0010ffff\U000f0000\U0001f8ff\U0001c000"  # Adlam, private use, unassigned
)
NASTY = (
    "asStTlvredmM' \n\r\t12.,/_"
    + "ſİKıßŉǅǈʰªºé中あ안дЖא"  # letters whose case folds oddly, and letters of each class
    + "\x85\x1c\x1f\x0b\x0c\xa0\u1680\u2000\u2028\u2029\u202f\u3000\u180e\u200b\ufeff"  # white space, or nearly
    + "\u0300\u0903\u20dd\u200d\ufe0f\u0e31"  # marks and joiners
    + "٣३５Ⅷ½²①౸"  # digits and numbers of other scripts
    + "’´¡«、。！～\x00\x07\x7f\xad"  # signs and control characters
    + "\u0558\u0378\u088f\ue000\uffff\ufdd0\U000105bf"  # unassigned, private use, never a character
    + ASTRAL
)
# What CUT speaks of, and one character of each kind beside it
AROUND_CUTS = "aAsté中あ가д1٣ \n\r\t\x85\x1c\u3000.,。、，！？'/!\u0300ʰ😀𝐀\U0001d7ce"


# Where does tiktoken cut? It tells ids, not chunks. But a vocabulary decides what shows in the ids: where the
# bytes pq are a token, p and q that stand side by side become that token if they are in one chunk, and stay two
# if there is a cut between them. Only, tokens may not be in each other's way: with pq and qr both, the cut in
# p|qr shows in no id. So there are several vocabularies. Each has the pairs that lead out of a set of bytes:
# those are never in each other's way. The sets are such that for any two bytes one of them holds the first
# and not the second. One more vocabulary has the runs of equal bytes. A place is a cut if it is one in all.

LEADS, TRAILS = range(0xC2, 0xF5), range(0x80, 0xC0)  # the first byte of a character beyond ASCII, and its last
LONGEST_RUN = 64


@cache
def probes(pattern: str, letters: str) -> list[tuple[tiktoken.Encoding, list[int]]]:
    """Encodings that show where `pattern` cuts between characters, the ASCII ones of which are among `letters`.

    Each comes with the number of bytes of each id.
    """
    size = next(size for size in itertools.count(2) if math.comb(size, size // 2) >= len(letters))
    sets_of = dict(zip(letters.encode(), itertools.combinations(range(size), size // 2), strict=False))
    vocabularies = [[bytes([byte]) * times for byte in sets_of for times in range(2, LONGEST_RUN + 1)]]
    for each in range(size):
        inside = [*TRAILS, *(byte for byte in sets_of if each in sets_of[byte])]
        outside = [*LEADS, *(byte for byte in sets_of if each not in sets_of[byte])]
        vocabularies.append([bytes(pair) for pair in itertools.product(inside, outside)])
    found = []
    for tokens in vocabularies:
        tokens = [*(bytes([byte]) for byte in range(256)), *tokens]
        ranks = {token: rank for rank, token in enumerate(tokens)}
        encoding = tiktoken.Encoding("probe", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
        found.append((encoding, [len(token) for token in tokens]))
    return found


ALL_ASCII = "".join(map(chr, range(128)))


def tiktoken_chunks(pattern: str, text: str, letters: str = ALL_ASCII) -> list[str]:
    """The chunks into which tiktoken cuts `text`, whose ASCII characters are among `letters`."""
    assert not re.search(rf"([\x00-\x7f])\1{{{LONGEST_RUN}}}", text), "a run too long to be seen"
    cuts = set(accumulate(len(character.encode()) for character in text))
    for encoding, length in probes(pattern, letters):
        cuts.intersection_update(accumulate(length[idx] for idx in encoding.encode_ordinary(text)))
    data = text.encode()
    assert not text or len(data) in cuts, "tiktoken left something out"
    return [data[start:end].decode() for start, end in itertools.pairwise([0, *sorted(cuts)])]


nasty_texts = st.text(alphabet=NASTY, max_size=40) | st.lists(
    st.sampled_from([*NASTY, "'s", "'LL", "\r\n", "  ", " \n", "Ab", "aB", "123", "\u0301", " a", "'ſ"]), max_size=25
).map("".join)


@pytest.mark.parametrize("width", [1, 2, 3, 70])
@given(text=st.text(alphabet=NASTY + "aaa    \n\n\n", max_size=60))
def test_the_probes_see_every_cut_and_none_that_is_not_there(text, width):
    expected = [text[start : start + width] for start in range(0, len(text), width)]
    assert tiktoken_chunks(rf"[\s\S]{{1,{width}}}", text) == expected


# The patterns


@pytest.mark.parametrize(
    "name, pattern",
    [
        ("gpt2", R50K_SPLIT_PATTERN),
        ("r50k_base", R50K_SPLIT_PATTERN),
        ("cl100k_base", CL100K_SPLIT_PATTERN),
        ("o200k_base", GPT4O_SPLIT_PATTERN),
        ("o200k_harmony", GPT4O_SPLIT_PATTERN),
    ],
)
def test_the_patterns_under_tiktokens_names_are_tiktokens_own(monkeypatch, name, pattern):
    for loader in ("load_tiktoken_bpe", "data_gym_to_mergeable_bpe_ranks"):
        monkeypatch.setattr(openai_public, loader, lambda *files, **hashes: {})
    assert openai_public.ENCODING_CONSTRUCTORS[name]()["pat_str"] == pattern


def test_the_five_patterns_are_all_that_are_known():
    assert set(NAMES.values()) == KNOWN_PATTERNS


def test_the_two_patterns_published_for_gpt4_cut_a_newline_and_a_space_at_the_end_differently():
    assert Splitter(GPT4_SPLIT_PATTERN).split("a\n ") == ["a", "\n", " "]
    assert Splitter(CL100K_SPLIT_PATTERN).split("a\n ") == ["a", "\n "]


@given(nasty_texts)
def test_the_two_patterns_published_for_gpt2_cut_alike(text):
    assert Splitter(GPT2_SPLIT_PATTERN).split(text) == Splitter(R50K_SPLIT_PATTERN).split(text)


def test_the_class_table_is_read_off_the_installed_tiktoken():
    assert patterns.CLASSES_FILE.read_text(encoding="utf-8") == read_classes_off_tiktoken()


def test_the_classes_do_not_overlap_and_their_stand_ins_are_in_them():
    classes = unicode_classes()
    members = {name: {c for a, b in ranges for c in range(a, b + 1)} for name, ranges in classes.items()}
    assert sum(map(len, members.values())) == len(set().union(*members.values()))
    for name, stand_in in patterns.CLASSES.items():
        assert ord(stand_in) in members[name]


# The same chunks as tiktoken's


@EACH
@settings(max_examples=300)
@given(text=nasty_texts)
@example(text=" \u0558's")
@example(text="x'ſ 'ſ x'ſx X'S")
@example(text="KK'K İ'İ'ı")
@example(text="a\x85\x85b\x1c c\x1c\n \x85")
@example(text=" \n \n\n  x\r\n\r\n  ")
@example(text="'S'T'RE'VE'M'LL'D 'Re'vE'lL")
@example(text="ǅǆʰAaªb\u0300C\u0300'sǅ's")
@example(text="\U0001d400\U0001d41a's \U0001d7ce\U0001d7ce\U0001d7ce\U0001d7ce\U000e0100'll")
@example(text="!!//\r\n/\n.../ \n/")
def test_every_text_is_cut_as_tiktoken_cuts_it(pattern, text):
    assert Splitter(pattern).split(text) == tiktoken_chunks(pattern, text)


@EACH
@settings(max_examples=200)
@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_every_text_over_all_of_unicode_is_cut_as_tiktoken_cuts_it(pattern, text):
    assert Splitter(pattern).split(text) == tiktoken_chunks(pattern, text)


@cache
def edges_of_classes() -> set[int]:
    """The code points around which a class begins or ends, for tiktoken, for `regex` or for Python."""
    classes = unicode_classes()
    edges = {point for ranges in classes.values() for first, last in ranges for point in (first, last)}
    every = "".join(map(chr, range(0x110000)))
    for name in ["L", "N", "M", "Lu", "Ll", "Lt", "Lm", "Lo"]:
        for match in regex.finditer(rf"\p{{{name}}}+", every):
            edges.update(match.span())
    categories = map(unicodedata.category, every)
    edges.update(place for place, (a, b) in enumerate(itertools.pairwise(categories)) if a != b)
    return {point + step for point in edges for step in (-1, 0, 1)}


@EACH
def test_every_code_point_is_cut_in_context_as_tiktoken_cuts_it(pattern, long):
    """Between letters, before a contraction, doubled before a number, between white space.

    With --long it is every one with each pattern. Without, every one up to U+FFFF with the two patterns of
    today; for the rest the edges of classes, which are where tables differ, and some in between.
    """
    splitter = Splitter(pattern)
    edges = set() if long else edges_of_classes()
    complete = 0x110000 if long else 0x10000 if pattern in (CL100K_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN) else 0x3000
    points = [
        point
        for point in range(0x80, 0x110000)
        if not 0xD800 <= point <= 0xDFFF and (point < complete or point in edges or point % 61 == 0)
    ]
    for start in range(0, len(points), 20_000):
        characters = map(chr, points[start : start + 20_000])
        text = "".join(f"{c}a {c}'s{c}{c}1\n{c} a" for c in characters)
        ours, theirs = splitter.split(text), tiktoken_chunks(pattern, text, letters="a 's1\n")
        if ours != theirs:
            place = next(place for place, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b)
            assert ours[place - 2 : place + 6] == theirs[place - 2 : place + 6]


@EACH
def test_every_ascii_character_is_cut_in_context_as_tiktoken_cuts_it(pattern):
    splitter = Splitter(pattern)
    for c in ALL_ASCII:
        for text in [f"a{c}b", f" {c}'s", f"{c}{c}1", f"\n{c} ", f" {c}", f"{c}\n", f"A{c}'{c}", f"!{c}/{c}é{c}"]:
            assert splitter.split(text) == tiktoken_chunks(pattern, text)


@EACH
def test_every_code_point_alone_is_one_chunk(pattern):
    splitter = Splitter(pattern)
    spaces = {point for first, last in unicode_classes()["s"] for point in range(first, last + 1)}
    for point in {*range(0x3000), *spaces, *range(0x10000, 0x110000, 97)}:
        assert splitter.split(chr(point)) == [chr(point)]


@EACH
def test_all_white_space_in_all_orders_is_cut_as_tiktoken_cuts_it(pattern):
    splitter = Splitter(pattern)
    signs = " \n\r\t\x85\x1ca!\u3000"
    for length in range(1, 4):
        for signs_in_order in itertools.product(signs, repeat=length):
            text = "".join(signs_in_order)
            assert splitter.split(text) == tiktoken_chunks(pattern, text)


@EACH
@pytest.mark.parametrize("name", ["unicode", "parallel", "code", "english"])
def test_the_corpora_are_cut_as_tiktoken_cuts_them(pattern, name):
    text = corpora.load(name)
    text = re.sub(r"(.)\1{60,}", lambda match: match[1] * 60, text)
    assert Splitter(pattern).split(text) == tiktoken_chunks(pattern, text)


@EACH
@given(text=st.text(alphabet=ALL_ASCII, max_size=50))
def test_ascii_text_is_cut_as_the_regex_package_cuts_it(pattern, text):
    assert Splitter(pattern).split(text) == regex.findall(pattern, text)


# Window by window


def whole(pattern: str, text: str) -> list[str]:
    """The chunks of `text`, looked at in one piece."""
    return Splitter(pattern)._split_window(text)


def windowed(pattern: str, text: str, window: int) -> list[str]:
    """The chunks of `text` as iterate() gives them, which looks at `window` characters and a few more at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns, "WINDOW", window)
        return list(Splitter(pattern).iterate(text))


@EACH
@settings(max_examples=500)
@given(text=st.text(alphabet=AROUND_CUTS, max_size=30) | nasty_texts, window=st.sampled_from([0, 0, 0, 1, 2, 5]))
@example(text="don't's. l'été 'tis a'll.'s", window=0)
@example(text=" a\n\n.b .\n. ,/\n c。\n'", window=0)
@example(text="aA\u0300 .\u0300 \u0300. 中\u0300。a'S'T.a", window=0)
def test_iterating_window_by_window_gives_the_chunks_of_the_whole_text(pattern, text, window):
    assert windowed(pattern, text, window) == whole(pattern, text)


@EACH
def test_every_short_text_of_characters_around_a_cut_has_the_same_chunks_in_windows(pattern, monkeypatch, long):
    splitter = Splitter(pattern)
    monkeypatch.setattr(patterns, "WINDOW", 0)
    for length in range(6 if long else 5):
        for characters in itertools.product("aA'sд1 \n\t!。\u0300/", repeat=length):
            text = "".join(characters)
            assert splitter.split(text) == splitter._split_window(text), text


@EACH
@pytest.mark.parametrize("seed", range(3))
def test_long_random_texts_have_the_same_chunks_in_windows(pattern, seed):
    choose = random.Random(seed)
    text = "".join(choose.choices(AROUND_CUTS, k=20_000))
    assert windowed(pattern, text, 0) == windowed(pattern, text, 100) == whole(pattern, text)


@EACH
@pytest.mark.parametrize("name", ["unicode", "parallel", "code", "english"])
def test_the_corpora_have_the_same_chunks_in_windows(pattern, name):
    text = corpora.load(name)
    assert windowed(pattern, text, 0) == windowed(pattern, text, 1000) == whole(pattern, text)


@pytest.mark.parametrize("name", ["unicode", "parallel", "code", "english"])
def test_a_window_is_not_much_longer_than_it_must_be(name, monkeypatch):
    """Texts in every script have places to cut, so the memory that iterating takes is bounded."""
    monkeypatch.setattr(patterns, "WINDOW", 1000)
    lengths = [len(window) for window in patterns._windows(corpora.load(name))]
    assert len(lengths) > 2
    assert max(lengths) <= 1000 + 200


def test_iterating_hands_out_the_first_chunks_of_a_long_text_before_it_has_looked_at_all_of_it(monkeypatch):
    monkeypatch.setattr(patterns, "WINDOW", 1000)
    seen = []
    splitter = Splitter(CL100K_SPLIT_PATTERN)
    split = splitter._split_window
    monkeypatch.setattr(splitter, "_split_window", lambda text: seen.append(len(text)) or split(text))
    assert next(splitter.iterate("word " * 100_000)) == "word"
    assert 0 < sum(seen) < 2000
