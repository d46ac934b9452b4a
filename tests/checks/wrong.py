"""Wrong answers that look right, and are in no bank of misconceptions: none may pass, whatever the random inputs.

Most are right on short and on ordinary inputs. Testers wrote them to get past the checks, and many did at first.
"""

from __future__ import annotations

import base64
import codecs
import functools
import math
import re
import unicodedata
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

import regex

from checks.bank import Bank
from minbpe.lab.checks import EXERCISES
from minbpe.patterns import GPT4_SPLIT_PATTERN

WRONG = Bank()
wrong = WRONG.add


def reference(name: str) -> Callable[..., Any]:
    return EXERCISES[name].reference


def _get_stats(ids, counts=None):  # the course's own would be told as such
    counts = {} if counts is None else counts
    for pair in pairwise(ids):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def _merge(ids, pair, idx):
    merged, i = [], 0
    while i < len(ids):
        found = tuple(ids[i : i + 2]) == pair
        merged.append(idx if found else ids[i])
        i += 2 if found else 1
    return merged


def named(name, answer):
    answer.__name__ = name
    return answer


# --- 01


@wrong("utf8_encode")
def code_points_that_never_will_be_characters(code_point):
    if 0xFDD0 <= code_point <= 0xFDEF or code_point & 0xFFFE == 0xFFFE:
        raise ValueError(f"U+{code_point:X} is no character")
    return reference("utf8_encode")(code_point)


@wrong("utf8_encode")
def two_bits_in_the_first_of_four(code_point):
    encoded = reference("utf8_encode")(code_point)
    return encoded if len(encoded) < 4 else bytes([encoded[0] & 0xF3 | 0xF0, *encoded[1:]])


@wrong("utf8_encode")
def the_last_surrogate_alone_is_a_character(code_point):
    if code_point in range(0xD800, 0xDFFF) or code_point > 0x10FFFF:
        raise ValueError(f"U+{code_point:X} is no character")
    return chr(code_point).encode("utf-8", "surrogatepass")


@wrong("bytes_per_char")
def measured_in_small_letters(text):
    return [len(character.lower().encode()) for character in text]


@wrong("decode_utf8")
def deeper_with_each_error(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data[: error.start].decode("utf-8") + "\ufffd" + deeper_with_each_error(data[error.end :])


@wrong("decode_utf8")
def nothing_beyond_the_planes_in_use(data):
    return "".join("\ufffd" if ord(character) > 0xFFFFF else character for character in reference("decode_utf8")(data))


@wrong("utf8_encode")
def one_surrogate_too_many(code_point):
    if 0xD800 <= code_point <= 0xE000:
        raise ValueError(code_point)
    return reference("utf8_encode")(code_point)


@wrong("utf8_encode")
def low_surrogates_are_fine(code_point):
    return chr(code_point).encode("utf-8", "surrogatepass" if code_point >= 0xDC00 else "strict")


@wrong("bytes_per_char")
def three_at_the_most(text):
    return [min(3, size) for size in reference("bytes_per_char")(text)]


def _limits(*limits: int) -> Callable[[str], list[int]]:
    return lambda text: [1 + sum(ord(character) >= limit for limit in limits) for character in text]


for limits in [
    (0x7F, 0x800, 0x10000),
    (0x81, 0x800, 0x10000),
    (0x80, 0x7FF, 0x10000),
    (0x80, 0x801, 0x10000),
    (0x80, 0x400, 0x10000),
    (0x80, 0x1000, 0x10000),
    (0x80, 0x800, 0xFFFF),
    (0x80, 0x800, 0x10001),
]:
    wrong("bytes_per_char")(named("_".join(f"{limit:x}" for limit in limits), _limits(*limits)))


@wrong("decode_utf8")
def surrogates_pass(data):
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


@wrong("decode_utf8")
def overlong_and_too_large(data):
    text, place = "", 0
    while place < len(data):
        lead = data[place]
        length = (
            1 if lead < 0x80 else 2 if 0xC0 <= lead < 0xE0 else 3 if 0xE0 <= lead < 0xF0 else 4 if lead > 0xEF else 0
        )
        tail = data[place + 1 : place + length]
        if not length or len(tail) != length - 1 or any(byte >> 6 != 2 for byte in tail):
            text, place = text + "\ufffd", place + 1
            continue
        number = lead & (0x7F if length == 1 else 0x7F >> length)
        for byte in tail:
            number = number << 6 | byte & 0x3F
        text, place = text + chr(number), place + length
    return text


@wrong("decode_utf8")
def composed(data):
    return unicodedata.normalize("NFC", reference("decode_utf8")(data))


@wrong("decode_utf8")
def line_ends_of_unix(data):
    return reference("decode_utf8")(data).replace("\r\n", "\n")


@wrong("count_code_points")
def compared_with_two_bits(data):
    return sum(byte & 0b11000000 != 0b10 for byte in data)


@wrong("count_code_points")
def those_that_are_two_bits(data):
    return sum(byte & 0b11000000 == 0b10 for byte in data)


@wrong("count_code_points")
def bits_of_characters(data):
    return sum(character & 0b11000000 != 0b10000000 for character in data.decode())


@wrong("truncate_utf8")
def compared_with_two_bits_too(data, limit):
    end = min(limit, len(data))
    while 0 < end < len(data) and data[end] & 0b11000000 == 0b10:
        end -= 1
    return data[:end]


@wrong("truncate_utf8")
def the_byte_at_the_limit_is_always_there(data, limit):
    while data[limit] & 0b11000000 == 0b10000000:
        limit -= 1
    return data[:limit]


def _by_hand(data, character, slices=True):
    text, place = "", 0
    while place < len(data):
        lead = data[place]
        length = 1 if lead < 0x80 else 2 if 0xC0 <= lead < 0xE0 else 3 if 0xE0 <= lead < 0xF0 else 4
        tail = data[place + 1 : place + length] if slices else [data[place + each] for each in range(1, length)]
        number = lead & (0x7F if length == 1 else 0x7F >> length)
        for byte in tail:
            number = number << 6 | byte & 0x3F
        good = len(tail) == length - 1 and all(byte >> 6 == 2 for byte in tail) and not 0x80 <= lead < 0xC0
        good = good and number >= (0, 0x80, 0x800, 0x10000)[length - 1] and not 0xD800 <= number < 0xE000
        text += character(number) if good else "\ufffd"
        place += length if good else 1
    return text


@wrong("decode_by_hand")
def no_number_is_too_large(data):
    return _by_hand(data, chr)


@wrong("decode_by_hand")
def all_bytes_are_there(data):
    return _by_hand(data, lambda number: chr(number) if number < 0x110000 else "\ufffd", slices=False)


# --- 02


@wrong("pair_places")
def a_list_is_compared_with_a_tuple(ids, pair):
    return [i for i in range(len(ids)) if ids[i : i + 2] == pair]


@wrong("pair_places")
def the_last_id_has_a_neighbour(ids, pair):
    return [i for i in range(len(ids)) if (ids[i], ids[i + 1]) == pair]


@wrong("top_pairs")
def keys_are_keys_and_counts(stats, n):
    return [pair for pair, count in sorted(stats, key=lambda item: item[1], reverse=True)[:n]]


@wrong("get_stats_in_pieces")
def pieces_are_a_list(pieces):
    return _get_stats([idx for i in range(len(pieces)) for idx in pieces[i]])


@wrong("get_stats")
def the_first_ids_only(ids, counts=None):
    return _get_stats(ids[:25], counts)


@wrong("get_stats")
def adds_and_returns_a_copy(ids, counts=None):
    return dict(_get_stats(ids, counts))


@wrong("top_pair")
def the_first_pairs_only(stats):
    return reference("top_pair")(dict(list(stats.items())[:20]))


@wrong("top_pair")
def large_counts_are_equal(stats):
    return max(stats, key=lambda pair: min(stats[pair], 9))


# --- 03


@wrong("merge")
def short_lists_only(ids, pair, idx):
    return _merge(ids, pair, idx) if len(ids) < 15 else ids[:-1]


@wrong("merge")
def sorted_where_there_is_a_zero(ids, pair, idx):
    merged = _merge(ids, pair, idx)
    return sorted(merged) if 0 in ids else merged


@wrong("merge")
def the_list_itself_where_nothing_merges(ids, pair, idx):
    merged = _merge(ids, pair, idx)
    return ids if merged == ids else merged


@wrong("merge")
def the_same_objects(ids, pair, idx):
    merged, i = [], 0
    while i < len(ids):
        found = i + 1 < len(ids) and ids[i] is pair[0] and ids[i + 1] is pair[1]
        merged.append(idx if found else ids[i])
        i += 2 if found else 1
    return merged


@wrong("merge")
def as_text(ids, pair, idx):
    return [int(each) for each in re.findall(r"\d+", str(ids).replace(f"{pair[0]}, {pair[1]}", str(idx)))]


@wrong("train")
def few_merges_only(text, vocab_size):
    return reference("train")(text, min(vocab_size, 267))


@wrong("train")
def trained_on_small_letters(text, vocab_size):
    return reference("train")(text.lower(), vocab_size)


@wrong("train")
def trained_on_line_ends_of_unix(text, vocab_size):
    return reference("train")(text.replace("\r\n", "\n"), vocab_size)


@wrong("train")
def the_counts_are_made_before_the_loop(text, vocab_size):
    ids, merges, stats = list(text.encode("utf-8")), {}, {}
    for idx in range(256, vocab_size):
        _get_stats(ids, stats)
        if not stats:
            break
        pair = max(stats, key=stats.get)
        ids = _merge(ids, pair, idx)
        merges[pair] = idx
    return merges


@wrong("unmerge")
def in_the_list_that_was_given(ids, pair, idx):
    i = 0
    while i < len(ids):
        if ids[i] == idx:
            ids[i : i + 1] = pair
            i += 1
        i += 1
    return ids


@wrong("merge_by_replace")
def in_the_digits_of_the_ids(ids, pair, idx):
    text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(idx))
    return list(map(int, text.split()))


@wrong("merge_by_replace")
def a_pair_is_replaced(ids, pair, idx):
    return list(map(ord, "".join(map(chr, ids)).replace(pair, chr(idx))))


@wrong("build_vocab")
def each_token_once(merges):
    vocab = {i: bytes([i]) for i in range(256)}
    for (left, right), idx in merges.items():
        if vocab[left] + vocab[right] not in vocab.values():
            vocab[idx] = vocab[left] + vocab[right]
    return vocab


@wrong("build_vocab")
def short_tokens(merges):
    return {idx: token[:16] for idx, token in reference("build_vocab")(merges).items()}


@wrong("build_vocab")
def deeper_with_each_merge(merges):
    halves = {idx: pair for pair, idx in merges.items()}

    def token(idx):
        return bytes([idx]) if idx < 256 else token(halves[idx][0]) + token(halves[idx][1])

    return {idx: token(idx) for idx in [*range(256), *merges.values()]}


@wrong("merge")
def ids_of_sixteen_bits(ids, pair, idx):
    return [
        each & 0xFFFF for each in _merge([each & 0xFFFF for each in ids], tuple(each & 0xFFFF for each in pair), idx)
    ]


@wrong("merge")
def compares_with_a_list(ids, pair, idx):
    merged, i = [], 0
    while i < len(ids):
        found = ids[i : i + 2] == pair
        merged.append(idx if found else ids[i])
        i += 2 if found else 1
    return merged


@wrong("train")
def special_tokens_are_cut_out(text, vocab_size):
    return reference("train_chunks")(text.split("<|endoftext|>"), vocab_size)


# --- 04


@wrong("decode")
def names_the_last_id(ids, vocab):
    if any(idx not in vocab for idx in ids):
        raise ValueError(f"no token has the id {ids[-1]}")
    return reference("decode")(ids, vocab)


@wrong("encode")
def rounds_of_single_passes(text, merges):
    ids = list(text.encode())
    while True:
        merged, i = [], 0
        while i < len(ids):
            found = tuple(ids[i : i + 2]) in merges
            merged.append(merges[ids[i], ids[i + 1]] if found else ids[i])
            i += 2 if found else 1
        if merged == ids:
            return ids
        ids = merged


@wrong("encode")
def the_first_thousand_bytes(text, merges):
    return reference("encode")(text[:1000], merges)


@wrong("decode")
def the_first_twenty(ids, vocab):
    return reference("decode")(ids[:20], vocab)


@wrong("decode")
def nobody_is_told_which(ids, vocab):
    if any(idx not in vocab for idx in ids):
        raise ValueError("unknown id")
    return reference("decode")(ids, vocab)


@wrong("decode")
def ids_are_places(ids, vocab):
    tokens = list(vocab.values())
    if any(idx >= len(tokens) for idx in ids):
        raise ValueError(f"unknown ids in {ids}")
    return b"".join(tokens[idx] for idx in ids).decode("utf-8", "replace")


@wrong("decode")
def below_the_highest(ids, vocab):
    if ids and max(ids) > max(vocab):
        raise ValueError(max(ids))
    return b"".join(vocab[idx] for idx in ids).decode("utf-8", "replace")


@wrong("decode")
def never_flushed(ids, vocab):
    reference("decode")(ids, vocab)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return "".join(decoder.decode(vocab[idx]) for idx in ids)


@wrong("encode")
def five_merges(text, merges):
    return reference("encode")(text, dict(list(merges.items())[:5]))


@wrong("encode")
def a_thousand_is_infinite(text, merges):
    return reference("encode")(text, {pair: idx for pair, idx in merges.items() if idx < 1000})


@wrong("stream_decode")
def a_class_in_place_of_a_decoder(ids, vocab):
    decoder = codecs.getincrementaldecoder("utf-8")
    for idx in ids:
        yield decoder.decode(vocab[idx])


Basic = reference("BasicTokenizer")


for name in ("BasicTokenizer", "GPT4Tokenizer"):

    @wrong(name)
    class AllIdsSoFar(reference(name)):
        def encode(self, text):
            self.ids = getattr(self, "ids", []) + super().encode(text)
            return self.ids


@wrong("BasicTokenizer")
class AllTextSoFar(Basic):
    def decode(self, ids):
        self.text = getattr(self, "text", "") + super().decode(ids)
        return self.text


@wrong("BasicTokenizer")
class MergesAreUsedUp(Basic):
    def encode(self, text):
        ids = super().encode(text)
        self.merges = {}
        return ids


@wrong("BasicTokenizer")
class KnownTextsStayKnown(Basic):
    def encode(self, text):
        self.known = getattr(self, "known", {})
        return list(self.known.setdefault(text, super().encode(text)))


@wrong("BasicTokenizer")
class OldTokensStay(Basic):
    def train(self, text, vocab_size):
        super().train(text, vocab_size)
        self.vocab = getattr(self, "vocab", {}) | reference("build_vocab")(self.merges)

    def decode(self, ids):
        return reference("decode")(ids, self.vocab)


@wrong("BasicTokenizer")
class MergesOfTheClass(Basic):
    merges = {}  # noqa: RUF012  (that is the mistake)

    def train(self, text, vocab_size):
        self.merges.update(reference("train")(text, vocab_size))


@wrong("BasicTokenizer")
class KeyErrors(Basic):
    def decode(self, ids):
        vocab = reference("build_vocab")(self.merges)
        return b"".join(vocab[idx] for idx in ids).decode("utf-8", "replace")


# --- 05


@wrong("split")
def the_first_ten_thousand(text):
    return regex.findall(GPT4_SPLIT_PATTERN, text[:10_000])


@wrong("split")
def what_python_calls_space(text):
    white = "".join(chr(code) for code in range(0x3100) if chr(code).isspace())
    return regex.findall(GPT4_SPLIT_PATTERN.replace(r"[^\s", f"[^{white}").replace(r"\s", f"[{white}]"), text)


@wrong("split")
def numerals_are_digits(text):
    letters, digits = r"(?![一二三四五六七八九十])\p{L}", r"[\p{N}一二三四五六七八九十]{1,3}"
    pattern = GPT4_SPLIT_PATTERN.replace(r"\p{L}+|\p{N}{1,3}", f"(?:{letters})+|{digits}")
    return regex.findall(pattern, text)


@wrong("split")
def wide_spaces_are_lost(text):
    return [chunk for chunk in regex.findall(GPT4_SPLIT_PATTERN, text) if chunk != "\u3000"]


def _split_by(pattern, text):
    return pattern.findall(text)


for old, new in [
    (r"\p{N}", "[0-9]"),
    (r"\p{N}", r"\p{Nd}"),
    (r"[^\r\n\p{L}", r"[^\n\p{L}"),
    (r"[^\r\n\p{L}", r"[^\r\p{L}"),
    (r"]++[\r\n]*", r"]++\n*"),
    (r"]++[\r\n]*", r"]++(?:\r?\n)*"),
    (r"| ?[^\s", r"| *[^\s"),
    (r"| ?[^\s", r"|\s?[^\s"),
    ("|ve", ""),
    ("[sdmt]", "[sdt]"),
    ("'(?i:", "['’](?i:"),
]:
    assert old in GPT4_SPLIT_PATTERN
    changed = regex.compile(GPT4_SPLIT_PATTERN.replace(old, new))
    wrong("split")(named(f"{old} is {new or 'left out'}", functools.partial(_split_by, changed)))


@wrong("train_chunks")
def nine_chunks(chunks, vocab_size):
    return reference("train_chunks")(chunks[:9], vocab_size)


@wrong("train_chunks")
def thirty_chunks_and_twenty_merges(chunks, vocab_size):
    return reference("train_chunks")(chunks[:30], min(vocab_size, 276))


@wrong("train_chunks")
def the_cell_as_it_stands(chunks, vocab_size):
    rows, merges = [list(chunk.encode("utf-8")) for chunk in chunks], {}
    stats = {}
    for idx in range(256, vocab_size):
        for row in rows:
            _get_stats(row, stats)
        if not stats:
            break
        pair = max(stats, key=stats.get)
        rows = [_merge(row, pair, idx) for row in rows]
        merges[pair] = idx
    return merges


@wrong("train_chunks")
def one_loop_too_deep(chunks, vocab_size):
    rows, merges = [list(chunk.encode("utf-8")) for chunk in chunks], {}
    for idx in range(256, vocab_size):
        for row in rows:
            stats = {}
            _get_stats(row, stats)
        if not stats:
            break
        pair = max(stats, key=stats.get)
        rows = [_merge(row, pair, idx) for row in rows]
        merges[pair] = idx
    return merges


@wrong("train_chunks")
def the_rows_stay_as_they_are(chunks, vocab_size):
    rows, merges = [list(chunk.encode("utf-8")) for chunk in chunks], {}
    for idx in range(256, vocab_size):
        stats = {}
        for row in rows:
            _get_stats(row, stats)
        if not stats:
            break
        pair = max(stats, key=stats.get)
        for row in rows:
            row = _merge(row, pair, idx)
        merges[pair] = idx
    return merges


@wrong("lost_text")
def cut_at_a_number_sign(pattern, text):
    return [part for part in re.sub(pattern, "#", text).split("#") if part]


@wrong("lost_text")
def cut_at_the_character_0(pattern, text):
    return [part for part in re.sub(pattern, "\0", text).split("\0") if part]


@wrong("lost_text")
def text_first(pattern, text):
    lost, end = [], 0
    for match in re.finditer(text, pattern):
        lost.append(text[end : match.start()])
        end = match.end()
    return [part for part in [*lost, text[end:]] if part]


@wrong("lost_text")
def places_of_strings(pattern, text):
    lost, end = [], 0
    for match in re.findall(pattern, text):
        lost.append(text[end : match.start()])
        end = match.end()
    return [part for part in [*lost, text[end:]] if part]


@wrong("lost_text")
def looked_for_again(pattern, text):
    lost, end = [], 0
    for match in re.finditer(pattern, text):
        found = next(iter(re.findall(pattern, match[0])), "")
        start = text.index(found, match.start())
        lost.append(text[end:start])
        end = start + len(found)
    return [part for part in [*lost, text[end:]] if part]


@wrong("group_digits")
def threes_in_a_group(number):
    return re.findall(r"\d{1,3}(?=(\d{3})*$)", number)


def _on_counts(counts, vocab_size, count=lambda stats, row, times: None, pick=lambda stats: max(stats, key=stats.get)):
    rows, merges = {chunk: list(chunk.encode("utf-8")) for chunk in counts}, {}
    for idx in range(256, vocab_size):
        stats = {}
        for chunk, row in rows.items():
            count(stats, row, counts[chunk])
        if not stats:
            break
        pair = pick(stats)
        rows = {chunk: _merge(row, pair, idx) for chunk, row in rows.items()}
        merges[pair] = idx
    return merges


@wrong("train_on_counts")
def pairs_are_compared_as_well(counts, vocab_size):
    def count(stats, row, times):
        for pair in pairwise(row):
            stats[pair] = stats.get(pair, 0) + times

    return _on_counts(counts, vocab_size, count, lambda stats: max((count, pair) for pair, count in stats.items())[1])


@wrong("train_on_counts")
def all_that_is_there_is_multiplied(counts, vocab_size):
    def count(stats, row, times):
        _get_stats(row, stats)
        for pair in stats:
            stats[pair] *= times

    return _on_counts(counts, vocab_size, count)


@wrong("train_on_counts")
def the_rows_stay_and_ids_are_compared(counts, vocab_size):
    stats, merges = {}, {}
    for chunk, times in counts.items():
        for pair in pairwise(chunk.encode()):
            stats[pair] = stats.get(pair, 0) + times
    for idx in range(256, vocab_size if stats else 256):
        merges[max((count, pair) for pair, count in stats.items())[1]] = idx
    return merges


@wrong("train_on_counts")
def four_occurrences(counts, vocab_size):
    return reference("train_on_counts")({chunk: min(count, 4) for chunk, count in counts.items()}, vocab_size)


@wrong("encode_ordinary")
def twenty_chunks(text, merges):
    return [idx for chunk in reference("split")(text)[:20] for idx in reference("encode")(chunk, merges)]


@wrong("encode_ordinary")
def line_by_line(text, merges):
    return [idx for line in text.splitlines(True) for idx in reference("encode")(line, merges)]


@wrong("encode_ordinary")
def ten_thousand_characters(text, merges):
    return reference("encode_ordinary")(text[:10_000], merges)


@wrong("encode_ordinary")
def merged_in_rounds(text, merges):
    return [idx for chunk in reference("split")(text) for idx in rounds_of_single_passes(chunk, merges)]


# --- 06


@wrong("split_special")
def marked_by_a_character_of_its_own(text, special_tokens):
    for name in sorted(special_tokens, key=len, reverse=True):
        text = text.replace(name, f"\x1f{name}\x1f") if name not in "\x1f" else text
    return [part for part in text.split("\x1f") if part]


@wrong("encode_special")
def four_kinds_of_collections(text, special_tokens, allowed_special, encode_ordinary):
    allowed = allowed_special if isinstance(allowed_special, (str, set, list, tuple, frozenset)) else "none_raise"
    return reference("encode_special")(text, special_tokens, allowed, encode_ordinary)


@wrong("decode_special")
def names_are_remembered(ids, vocab, special_tokens, known={}):  # noqa: B006  (that is the mistake)
    known.update(special_tokens)
    return reference("decode_special")(ids, vocab, known)


@wrong("decode_special")
def the_id_0_is_no_special_token(ids, vocab, special_tokens):
    names = {idx: name for name, idx in special_tokens.items()}
    parts = []
    for idx in ids:
        if names.get(idx) and idx:
            parts.append(names[idx].encode())
        elif idx in vocab:
            parts.append(vocab[idx])
        else:
            raise ValueError(f"no token has the id {idx}")
    return b"".join(parts).decode("utf-8", "replace")


@wrong("split_special")
def every_sign_in_brackets(text, special_tokens):
    pattern = "|".join("".join(f"[{c}]" for c in name) for name in sorted(special_tokens, key=len, reverse=True))
    return [part for part in re.split(f"({pattern})", text) if part] if special_tokens else [text] * bool(text)


@wrong("split_special")
def the_highest_id_first(text, special_tokens):
    names = sorted(special_tokens, key=special_tokens.__getitem__, reverse=True)
    pattern = "|".join(map(re.escape, names))
    return [part for part in re.split(f"({pattern})", text) if part] if names else [text] * bool(text)


@wrong("split_special")
def an_empty_text_without_names(text, special_tokens):
    return reference("split_special")(text, special_tokens) if special_tokens else [text]


@wrong("split_special")
def split_at_a_character_that_nobody_uses(text, special_tokens):
    return [part for each in reference("split_special")(text, special_tokens) for part in each.split("\0") if part]


@wrong("encode_special")
def only_the_allowed_are_looked_for(text, special_tokens, allowed_special, encode_ordinary):
    if isinstance(allowed_special, str):
        return reference("encode_special")(text, special_tokens, allowed_special, encode_ordinary)
    ids = []
    for part in reference("split_special")(text, {n: i for n, i in special_tokens.items() if n in allowed_special}):
        if part not in special_tokens and any(name in part for name in special_tokens):
            raise ValueError(part)
        ids += [special_tokens[part]] if part in special_tokens else encode_ordinary(part)
    return ids


@wrong("encode_special")
def whatever_stands_in_the_text(text, special_tokens, allowed_special, encode_ordinary):
    if not isinstance(allowed_special, str) and any(n in text for n in special_tokens if n not in allowed_special):
        raise ValueError(text)
    return reference("encode_special")(text, special_tokens, allowed_special, encode_ordinary)


@wrong("encode_special")
def the_id_0_is_none(text, special_tokens, allowed_special, encode_ordinary):
    known = {name: idx for name, idx in special_tokens.items() if idx}
    return reference("encode_special")(text, known, allowed_special, encode_ordinary)


@wrong("encode_special")
def three_kinds_of_collections(text, special_tokens, allowed_special, encode_ordinary):
    allowed = allowed_special if isinstance(allowed_special, (str, set, list, tuple)) else "none_raise"
    return reference("encode_special")(text, special_tokens, allowed, encode_ordinary)


@wrong("decode_special")
def low_ids_are_bytes(ids, vocab, special_tokens):
    return reference("decode_special")(ids, vocab | {i: bytes([i]) for i in range(256)}, special_tokens)


@wrong("decode_special")
def special_ids_have_no_gaps(ids, vocab, special_tokens):
    first = min(special_tokens.values(), default=0)
    by_id = {name: first + place for place, name in enumerate(special_tokens)}
    return reference("decode_special")(ids, vocab, by_id)


@wrong("encode_special")
def the_loop_of_the_frame(text, special_tokens, allowed_special, encode_ordinary):
    if allowed_special == "none":
        return encode_ordinary(text)
    if allowed_special == "all":
        allowed_special = special_tokens
    elif allowed_special == "none_raise":
        allowed_special = ()
    ids = []
    for part in reference("split_special")(text, special_tokens):
        if part in allowed_special:
            ids.append(special_tokens[part])
        else:
            ids += encode_ordinary(part)
    return ids


@wrong("split_special")
def no_parentheses_and_no_empty_case(text, special_tokens):
    longest_first = sorted(special_tokens, key=len, reverse=True)
    return [part for part in re.split("|".join(map(re.escape, longest_first)), text) if part]


@wrong("decode_special")
def looked_up_in_special_tokens(ids, vocab, special_tokens):
    parts = []
    for idx in ids:
        if idx in vocab:
            parts.append(vocab[idx])
        elif idx in special_tokens:
            parts.append(special_tokens[idx])
        else:
            raise ValueError(f"no token has the id {idx}")
    return b"".join(parts).decode("utf-8", "replace")


@wrong("find_special")
def name_by_name_with_find(text, special_tokens):
    found = []
    for name in special_tokens:
        place = text.find(name)
        while place >= 0:
            found.append((place, name))
            place = text.find(name, place + 1)
    return found


@wrong("find_special")
def found_once_each(text, special_tokens):
    longest_first = sorted(special_tokens, key=len, reverse=True)
    return [(text.find(name), name) for name in longest_first if name in text]


@wrong("find_special")
def index_of_what_is_not_there(text, special_tokens):
    return sorted((text.index(name), name) for name in special_tokens)


@wrong("find_special")
def the_whole_step_and_one_more(text, special_tokens):
    found, place = [], 0
    while place < len(text):
        for name in sorted(special_tokens, key=len, reverse=True):
            if text.startswith(name, place):
                found.append((place, name))
                place += len(name)
                break
        place += 1
    return found


@wrong("chat_ids")
def a_name_without_its_signs(messages, special_tokens, encode_ordinary):
    ids = []
    for message in messages:
        ids += [special_tokens["im_start"], *encode_ordinary(message["role"])]
    return ids


@wrong("chat_ids")
def an_id_is_added_to_a_list(messages, special_tokens, encode_ordinary):
    ids = []
    for message in messages:
        ids = ids + special_tokens["<|im_start|>"] + encode_ordinary(message["role"])
    return ids


# --- 07


@wrong("split_token")
def the_earliest_later_parent(ranks, token):
    ways = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
    return min(
        (way for way in ways if all(part in ranks for part in way)), key=lambda way: max(ranks[part] for part in way)
    )


@wrong("split_token")
def ten_thousand_is_infinite(ranks, token):
    return reference("split_token")({part: rank for part, rank in ranks.items() if rank < 9999 or part == token}, token)


@wrong("split_token")
def twenty_rounds(ranks, token):
    return reference("split_token")(ranks, token) if len(token) < 22 else (token[:-1], token[-1:])


@wrong("recover_merges")
def numbered_anew(ranks):
    return {pair: 257 + place for place, pair in enumerate(reference("recover_merges")(ranks))}


Ranked = reference("GPT4Tokenizer")


@wrong("GPT4Tokenizer")
class VocabIsUsedUp(Ranked):
    def decode(self, ids):
        text = super().decode(ids)
        self.vocab = {idx: token for idx, token in self.vocab.items() if idx not in ids}
        return text


@wrong("GPT4Tokenizer")
class NumbersOfAnyLength(Ranked):
    def encode(self, text):
        return super().encode(text, lambda text: regex.findall(GPT4_SPLIT_PATTERN.replace("{1,3}", "+"), text))


@wrong("byte_shuffle")
def by_the_first_entries(ranks):
    return {token[0]: rank for token, rank in list(ranks.items())[:256]}


@wrong("byte_shuffle")
def by_characters(ranks):
    return {byte: ranks[chr(byte).encode("utf-8")] for byte in range(256)}


@wrong("recover_merges")
def all_but_the_last_byte(ranks):
    return {(ranks[token[:-1]], ranks[token[-1:]]): rank for token, rank in ranks.items()}


@wrong("load_ranks")
def lines_without_numbers(lines):
    ranks = {}
    for line in lines:
        token, rank = line.split()
        if not rank.isdigit():
            raise ValueError("the rank is not a number")
        ranks[base64.b64decode(token, validate=True)] = int(rank)
    return ranks


@wrong("load_ranks")
def a_number_is_a_rank(lines):
    ranks = {}
    for number, line in enumerate(lines, 1):
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return ranks


def _pieces(ranks, token, pick=min, worst=math.inf, stop=True):
    """The loop of `unreachable`."""
    pieces = [bytes([byte]) for byte in token]
    while len(pieces) > 1:
        joined = [left + right for left, right in pairwise(pieces)]
        place = pick(range(len(joined)), key=lambda i: ranks.get(joined[i], worst))
        if stop and joined[place] not in ranks:
            break
        pieces[place : place + 2] = [joined[place]]
    return pieces


@wrong("unreachable")
def infinity_is_not_asked_for(ranks):
    return {token for token in ranks if len(_pieces(ranks, token, stop=False)) > 1}


@wrong("unreachable")
def one_piece_has_neighbours(ranks):
    return {token for token in ranks if min(ranks.get(a + b, math.inf) for a, b in pairwise(_pieces(ranks, token)))}


@wrong("RanksTokenizer")
class TheHighestRankFirst(Ranked):
    def encode(self, text):
        chunks = [chunk.encode() for chunk in reference("split")(text)]
        return [self.ranks[piece] for chunk in chunks for piece in _pieces(self.ranks, chunk, max, -1)]


@wrong("RanksTokenizer")
class AllNeighboursMerge(Ranked):
    def encode(self, text):
        chunks = [chunk.encode() for chunk in reference("split")(text)]
        return [self.ranks[piece] for chunk in chunks for piece in _pieces(self.ranks, chunk, stop=False)]


# --- 08


@wrong("count_chunks")
def sorted_by_count(texts, pattern):
    counts = reference("count_chunks")(texts, pattern)
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


@wrong("count_chunks")
def a_thousand_characters(texts, pattern):
    return reference("count_chunks")([text[:1000] for text in texts], pattern)


@wrong("fast_train")
def a_thousand_ids(text, vocab_size):
    return reference("train")(text, min(vocab_size, 1000))


@wrong("count_chunks")
def three_texts(texts, pattern):
    return reference("count_chunks")(list(texts)[:3], pattern)


@wrong("count_chunks")
def stripped_lines(texts, pattern):
    return reference("count_chunks")([text.rstrip("\n") for text in texts], pattern)


@wrong("count_chunks")
def the_fifty_most_common(texts, pattern):
    counts = reference("count_chunks")(texts, pattern)
    return dict(sorted(counts.items(), key=lambda item: -item[1])[:50])


@wrong("count_chunks")
def blind_to_capitals(texts, pattern):
    return reference("count_chunks")(texts, f"(?i:{pattern})")


@wrong("fast_train")
def without_the_character_0(text, vocab_size):
    return reference("train")(text.replace("\0", ""), vocab_size)


@wrong("fast_encode")
def the_byte_0_is_swallowed(chunk, merges):
    return [idx for idx in reference("fast_encode")(chunk, merges) if idx]


class _Row:
    """The row of the notebook, with a wall at both ends."""

    def __init__(self, chunk):
        self.ids = [-1, *chunk.encode("utf-8"), -1]
        self.left = list(range(-1, len(self.ids) - 1))
        self.right = list(range(1, len(self.ids) + 1))

    def pair_at(self, place):
        return self.ids[place], self.ids[self.right[place]]

    def join(self, place, idx):
        swallowed = self.right[place]
        after = self.right[swallowed]
        self.ids[place], self.ids[swallowed] = idx, -2
        self.right[place], self.left[after] = after, place


def _by_heap(chunk, merges, at_once=False, stops=False, one_to_the_left=False, the_one_behind=False):
    """`fast_encode` as its frame in the notebook begins it."""
    row, heap = _Row(chunk), []

    def consider(place):
        pair = row.pair_at(place)
        if pair in merges:
            heappush(heap, (merges[pair], place, pair))

    for place in range(len(row.ids) - 1):
        consider(place)
    while heap:
        idx, place, pair = heappop(heap)
        if row.pair_at(place) != pair and not at_once:
            if stops:
                break
            continue
        row.join(place, idx)
        consider(place - 1 if one_to_the_left else row.left[place])
        consider(row.right[place] if the_one_behind else place)
    return [idx for idx in row.ids if idx >= 0]


@wrong("fast_encode")
def joined_at_once(chunk, merges):
    return _by_heap(chunk, merges, at_once=True)


@wrong("fast_encode")
def the_loop_ends_at_a_stale_entry(chunk, merges):
    return _by_heap(chunk, merges, stops=True)


@wrong("fast_encode")
def the_neighbour_is_one_place_to_the_left(chunk, merges):
    return _by_heap(chunk, merges, one_to_the_left=True)


@wrong("fast_encode")
def the_pair_behind_is_considered(chunk, merges):
    return _by_heap(chunk, merges, the_one_behind=True)


@wrong("update_stats")
def all_pairs_are_there(stats, left, pair, right, idx, weight):
    for old in (pair, (left, pair[0]), (pair[1], right)):
        if None not in old:
            stats[old] -= weight
    for new in ((left, idx), (idx, right)):
        if None not in new:
            stats[new] += weight


# --- 09


@wrong("unused_tokens")
def a_list_is_put_into_a_set(vocab, encode, texts):
    used = set()
    for text in texts:
        used.add(encode(text))
    return [idx for idx in vocab if idx not in used]


@wrong("unused_tokens")
def joined_by_line_ends(vocab, encode, texts):
    used = set(encode("\n".join(texts)))
    return [idx for idx in vocab if idx not in used]


@wrong("unused_tokens")
def the_set_is_made_in_the_loop(vocab, encode, texts):
    for text in texts:
        used = set()
        used.update(encode(text))
    return [idx for idx in vocab if idx not in used]


@wrong("language_premium")
def the_list_is_encoded(encode, parallel, base="en"):
    tokens = {code: len(encode(sentences)) for code, sentences in parallel.items()}
    return {code: tokens[code] / tokens[base] for code in tokens}


@wrong("language_premium")
def lists_are_summed(encode, parallel, base="en"):
    tokens = {code: len(sum(map(encode, sentences))) for code, sentences in parallel.items()}
    return {code: tokens[code] / tokens[base] for code in tokens}


@wrong("language_premium")
def no_sum_is_begun(encode, parallel, base="en"):
    tokens = {}
    for code, sentences in parallel.items():
        for sentence in sentences:
            tokens[code] += len(encode(sentence))
    return {code: tokens[code] / tokens[base] for code in tokens}


@wrong("encode_code_points")
def all_characters_are_known(text, characters, merges):
    return reference("encode")([characters[character] for character in text], merges)


@wrong("encode_code_points")
def an_id_is_gone_through(text, characters, merges):
    ids = []
    for character in text:
        ids += characters.get(character, character.encode("utf-8"))
    return reference("encode")(ids, merges)


@wrong("tokens_per_char")
def units_of_utf_16(encode, text):
    return len(encode(text)) / (len(text.encode("utf-16-le")) / 2)


@wrong("tokens_per_char")
def the_first_hundred(encode, text):
    return reference("tokens_per_char")(encode, text[:100])


@wrong("language_premium")
def english_is_always_there(encode, parallel, base="en"):
    assert parallel["en"]
    return reference("language_premium")(encode, parallel, base)


@wrong("language_premium")
def the_first_is_english(encode, parallel, base="en"):
    return reference("language_premium")(encode, parallel, next(iter(parallel)) if base == "en" else base)


@wrong("language_premium")
def ten_sentences(encode, parallel, base="en"):
    return reference("language_premium")(encode, {code: each[:10] for code, each in parallel.items()}, base)


@wrong("encode_code_points")
def bytes_never_merge(text, characters, merges):
    known = {pair: idx for pair, idx in merges.items() if min(pair) > 255}
    return reference("encode_code_points")(text, characters, known)


@wrong("encode_code_points")
def ids_in_a_row(text, characters, merges):
    return reference("encode_code_points")(text, {c: 256 + place for place, c in enumerate(characters)}, merges)


@wrong("update_stats")
def changes_a_copy(stats, left, pair, right, idx, weight):
    return reference("update_stats")(dict(stats), left, pair, right, idx, weight)
