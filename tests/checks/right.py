"""Right answers to each exercise, at least four, each written in another way: all must pass."""

# ruff: noqa: B031, RUF005, RUF007, RUF017, RUF059  (other ways on purpose)

from __future__ import annotations

import codecs
import functools
import heapq
import itertools
import operator
import re
from collections import Counter, OrderedDict, defaultdict, deque
from fractions import Fraction

import numpy as np
import regex

from checks.bank import Bank
from minbpe.patterns import CL100K_SPLIT_PATTERN, GPT4_SPLIT_PATTERN

RIGHT = Bank()
right = RIGHT.add


# --- 01


@right("utf8_encode")
def by_chr(code_point):
    return chr(code_point).encode()


@right("utf8_encode")
def by_hand(cp):
    if cp < 0 or cp > 0x10FFFF or 0xD800 <= cp <= 0xDFFF:
        raise ValueError("not a character")
    if cp < 0x80:
        return bytes([cp])
    if cp < 0x800:
        return bytes([0xC0 | cp >> 6, 0x80 | cp & 63])
    if cp < 0x10000:
        return bytes([0xE0 | cp >> 12, 0x80 | cp >> 6 & 63, 0x80 | cp & 63])
    return bytes([0xF0 | cp >> 18, 0x80 | cp >> 12 & 63, 0x80 | cp >> 6 & 63, 0x80 | cp & 63])


@right("utf8_encode")
def by_bit_strings(n):
    if n in range(0xD800, 0xE000) or n not in range(0x110000):
        raise ValueError(n)
    if n < 128:
        return n.to_bytes(1, "big")
    size = 2 if n < 1 << 11 else 3 if n < 1 << 16 else 4
    bits = format(n, f"0{6 * (size - 1) + 7 - size}b")
    first, rest = bits[: 7 - size], bits[7 - size :]
    parts = ["1" * size + "0" + first] + ["10" + rest[i : i + 6] for i in range(0, len(rest), 6)]
    return bytes(int(part, 2) for part in parts)


@right("utf8_encode")
def by_utf_32(code_point):
    return code_point.to_bytes(4, "little").decode("utf-32-le").encode("utf-8")


@right("utf8_encode")
def by_recursion(cp, tail=b"", limit=128, lead=0):
    if not tail and (not 0 <= cp < 0x110000 or 0xD800 <= cp < 0xE000):
        raise ValueError("no code point")
    if cp < limit:
        return bytes([lead | cp]) + tail
    if not tail:
        return by_recursion(cp >> 6, bytes([128 | cp & 63]), 32, 0b11000000)
    return by_recursion(cp >> 6, bytes([128 | cp & 63]) + tail, limit >> 1, lead >> 1 | 128)


@right("utf8_encode")
@functools.cache
def by_chr_cached(code_point: int, *, encoding: str = "utf-8") -> bytes:
    return bytes(chr(code_point), encoding)


@right("bytes_per_char")
def comprehension(text):
    return [len(c.encode()) for c in text]


@right("bytes_per_char")
def loop_with_limits(text):
    sizes = []
    for c in text:
        n = ord(c)
        sizes.append(1 if n < 0x80 else 2 if n < 0x800 else 3 if n < 0x10000 else 4)
    return sizes


@right("bytes_per_char")
def mapped(text):
    return list(map(len, map(str.encode, text)))


@right("bytes_per_char")
def from_the_lead_bytes(text):
    starts = [i for i, b in enumerate(text.encode()) if b & 0xC0 != 0x80]
    return [end - start for start, end in itertools.pairwise([*starts, len(text.encode())])]


@right("bytes_per_char")
def recursive_sizes(text):
    return [] if not text else [len(text[0].encode()), *recursive_sizes(text[1:])]


class Sizes(dict):
    def __missing__(self, character):
        self[character] = len(character.encode())
        return self[character]


@right("bytes_per_char")
def looked_up(text, sizes=Sizes()):  # noqa: B008
    print(len(sizes), "known")
    return [sizes[character] for character in text]


@right("decode_utf8")
def replace(data):
    return data.decode("utf-8", errors="replace")


@right("decode_utf8")
def str_of(data):
    return str(data, "utf-8", "replace")


@right("decode_utf8")
def incrementally(data):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return "".join(decoder.decode(bytes([byte])) for byte in data) + decoder.decode(b"", final=True)


@right("decode_utf8")
def around_the_errors(data):
    text = ""
    while True:
        try:
            return text + data.decode("utf-8")
        except UnicodeDecodeError as error:
            text, data = text + data[: error.start].decode("utf-8") + "\ufffd", data[error.end :]


@right("decode_utf8")
def one_for_each_bad_byte(data):
    text = ""
    while data:
        for size in (1, 2, 3, 4):
            try:
                text += data[:size].decode()
                data = data[size:]
                break
            except UnicodeDecodeError:
                continue
        else:
            text += "\ufffd"
            data = data[1:]
    return text


# --- 02


@right("get_stats")
def get_stats_loop(ids, counts=None):
    if counts is None:
        counts = {}
    for i in range(len(ids) - 1):
        pair = (ids[i], ids[i + 1])
        counts[pair] = counts.get(pair, 0) + 1
    return counts


@right("get_stats")
def get_stats_counter(ids, counts=None):
    new = Counter(zip(ids, ids[1:], strict=False))
    if counts is None:
        return new
    for pair, count in new.items():
        counts[pair] = counts[pair] + count if pair in counts else count
    return counts


@right("get_stats")
def get_stats_defaultdict(ids, counts=None):
    if counts is None:
        counts = defaultdict(int)
    for pair in itertools.pairwise(ids):
        counts.setdefault(pair, 0)
        counts[pair] += 1
    return counts


@right("get_stats")
def get_stats_sorted(ids, counts=None):
    counts = {} if counts is None else counts
    pairs = sorted(itertools.pairwise(ids))
    for pair, group in itertools.groupby(pairs):
        counts[pair] = counts.get(pair, 0) + len(list(group))
    return counts


@right("get_stats")
def get_stats_recursive(ids, counts=None):
    counts = {} if counts is None else counts
    match ids:
        case [a, b, *rest]:
            counts[a, b] = counts.get((a, b), 0) + 1
            return get_stats_recursive([b, *rest], counts)
    return counts


@right("get_stats")
def get_stats_from_a_generator(ids, counts=None, *, verbose=True):
    def pairs():
        before = None
        for after in ids:
            if before is not None:
                yield before, after
            before = after

    new = Counter(pairs())
    if verbose:
        print(new.most_common(3))
    if counts is None:
        return defaultdict(int, new)
    for pair in new:
        counts[pair] = new[pair] + counts.get(pair, 0)
    return counts


@right("top_pair")
def top_by_max(stats):
    return max(stats, key=stats.get)


@right("top_pair")
def top_by_items(stats):
    return max(stats.items(), key=lambda item: item[1])[0]


@right("top_pair")
def top_by_loop(stats):
    best, most = None, 0
    for pair, count in stats.items():
        if count > most:
            best, most = pair, count
    return best


@right("top_pair")
def top_by_stable_sort(stats):
    return sorted(stats, key=lambda pair: -stats[pair])[0]


@right("top_pair")
def top_by_counter(stats):
    return Counter(stats).most_common(1)[0][0]


@right("top_pair")
def top_by_reduce(stats):
    return functools.reduce(lambda a, b: b if stats[b] > stats[a] else a, stats)


# --- 03


@right("merge")
def merge_while(ids, pair, idx):
    new, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and ids[i] == pair[0] and ids[i + 1] == pair[1]:
            new.append(idx)
            i += 2
        else:
            new.append(ids[i])
            i += 1
    return new


@right("merge")
def merge_iterator(ids, pair, idx):
    def walk():
        row = iter(ids)
        held = next(row, None)
        while held is not None:
            after = next(row, None)
            if (held, after) == pair:
                yield idx
                held = next(row, None)
            else:
                yield held
                held = after

    return list(walk())


@right("merge")
def merge_recursive(ids, pair, idx):
    if len(ids) < 2:
        return list(ids)
    if (ids[0], ids[1]) == pair:
        return [idx, *merge_recursive(ids[2:], pair, idx)]
    return [ids[0], *merge_recursive(ids[1:], pair, idx)]


@right("merge")
def merge_by_str_replace(ids, pair, idx):
    text = "".join(map(chr, ids))
    return list(map(ord, text.replace(chr(pair[0]) + chr(pair[1]), chr(idx))))


@right("merge")
def merge_in_a_copy(ids, pair, idx):
    ids = ids[:]
    i = 0
    while i < len(ids) - 1:
        if tuple(ids[i : i + 2]) == pair:
            ids[i : i + 2] = [idx]
        i += 1
    return ids


@right("merge")
def merge_with_a_stack(ids, pair, idx):
    new, fresh = [], False
    for each in ids:
        if new and not fresh and new[-1] == pair[0] and each == pair[1]:
            new[-1], fresh = idx, True
        else:
            new.append(each)
            fresh = False
    return new


def pairs_of(rows):
    stats = {}
    for ids in rows:
        get_stats_loop(ids, stats)
    return stats


@right("train")
def train_loop(text, vocab_size):
    ids = list(text.encode("utf-8"))
    merges = {}
    for i in range(vocab_size - 256):
        stats = get_stats_loop(ids)
        if not stats:
            break
        pair = max(stats, key=stats.get)
        ids = merge_while(ids, pair, 256 + i)
        merges[pair] = 256 + i
    return merges


@right("train")
def train_while(text, vocab_size):
    ids, merges = [*text.encode()], {}
    while len(merges) + 256 < vocab_size and len(ids) > 1:
        pair = Counter(itertools.pairwise(ids)).most_common(1)[0][0]
        merges[pair] = 256 + len(merges)
        ids = merge_iterator(ids, pair, merges[pair])
    return merges


@right("train")
def train_recursive(text, vocab_size, next_id=256):
    ids = list(text.encode()) if isinstance(text, str) else text
    if next_id == vocab_size or len(ids) < 2:
        return {}
    pair = top_by_loop(get_stats_loop(ids))
    return {pair: next_id} | train_recursive(merge_while(ids, pair, next_id), vocab_size, next_id + 1)


@right("train")
def train_on_characters_that_are_bytes(text, vocab_size):
    row = text.encode().decode("latin-1")
    merges = {}
    for idx in range(256, vocab_size):
        if len(row) < 2:
            return merges
        counts = Counter(map(operator.add, row, row[1:]))
        pair = max(counts, key=counts.get)
        row = row.replace(pair, chr(idx))
        merges[ord(pair[0]), ord(pair[1])] = idx
    return merges


@right("train")
def train_from_a_generator(text, vocab_size, **options):
    def learn(ids):
        for idx in range(256, vocab_size):
            counts = Counter(itertools.pairwise(ids))
            if not counts:
                return
            pair = max(counts, key=counts.__getitem__)
            print(f"{pair} -> {idx}")
            yield pair, idx
            ids = merge_with_a_stack(ids, pair, idx)

    return dict(learn(list(text.encode())))


@right("build_vocab")
def vocab_loop(merges):
    vocab = {i: bytes([i]) for i in range(256)}
    for (a, b), idx in merges.items():
        vocab[idx] = vocab[a] + vocab[b]
    return vocab


@right("build_vocab")
def vocab_reduce(merges):
    start = {i: i.to_bytes(1, "big") for i in range(256)}
    return functools.reduce(lambda v, m: v | {m[1]: b"".join((v[m[0][0]], v[m[0][1]]))}, merges.items(), start)


@right("build_vocab")
def vocab_dict_update(merges):
    vocab = dict(enumerate(map(bytes, zip(range(256), strict=True))))
    for pair in merges:
        vocab.update({merges[pair]: vocab[pair[0]] + vocab[pair[1]]})
    return vocab


@right("build_vocab")
def vocab_cached(merges):
    halves = dict(map(reversed, merges.items()))

    @functools.cache
    def token(idx):
        return b"".join(map(token, halves[idx])) if idx in halves else bytes((idx,))

    return OrderedDict((idx, token(idx)) for idx in itertools.chain(range(256), halves))


# --- 04


@right("decode")
def decode_check_first(ids, vocab):
    for idx in ids:
        if idx not in vocab:
            raise ValueError(f"unknown id {idx}")
    return b"".join(vocab[idx] for idx in ids).decode("utf-8", errors="replace")


@right("decode")
def decode_try(ids, vocab):
    data = b""
    for idx in ids:
        try:
            data += vocab[idx]
        except KeyError:
            raise ValueError(idx) from None
    return str(data, "utf-8", "replace")


@right("decode")
def decode_map(ids, vocab):
    parts = list(map(vocab.get, ids))
    if None in parts:
        raise ValueError(f"unknown: {ids}")
    return b"".join(parts).decode(errors="replace")


@right("decode")
def decode_bytearray(ids, vocab):
    data = bytearray()
    if set(ids) - set(vocab):
        raise ValueError(set(ids) - set(vocab))
    for idx in ids:
        data.extend(vocab[idx])
    return data.decode("utf-8", "replace")


@right("decode")
def decode_from_a_generator(ids, vocab, *, errors="replace"):
    def pieces():
        for place, idx in enumerate(ids):
            if idx not in vocab:
                raise ValueError(f"no token has the id {idx}, at place {place}")
            yield vocab[idx]

    return b"".join(pieces()).decode("utf-8", errors)


@right("encode")
def encode_in_order(text, merges):
    ids = list(text.encode("utf-8"))
    for pair, idx in merges.items():
        ids = merge_while(ids, pair, idx)
    return ids


@right("encode")
def encode_min(text, merges):
    ids = list(text.encode("utf-8"))
    while len(ids) >= 2:
        pair = min(get_stats_loop(ids), key=lambda p: merges.get(p, float("inf")))
        if pair not in merges:
            break
        ids = merge_while(ids, pair, merges[pair])
    return ids


@right("encode")
def encode_one_place_at_a_time(text, merges):
    ids = [*text.encode()]
    while True:
        known = [(merges[p], i) for i, p in enumerate(itertools.pairwise(ids)) if p in merges]
        if not known:
            return ids
        idx, i = min(known)
        ids[i : i + 2] = [idx]


@right("encode")
def encode_recursive(text, merges):
    ids = list(text.encode()) if isinstance(text, str) else text
    ranks = {merges[p] for p in itertools.pairwise(ids) if p in merges}
    if not ranks:
        return ids
    pair = next(p for p, idx in merges.items() if idx == min(ranks))
    return encode_recursive(merge_recursive(ids, pair, min(ranks)), merges)


@right("encode")
def encode_by_replace(text, merges):
    row = text.encode().decode("latin-1")
    for (a, b), idx in merges.items():
        row = row.replace(chr(a) + chr(b), chr(idx))
    return [ord(c) for c in row]


@right("encode")
def encode_remembering(text, merges, known={}):  # noqa: B006
    key = text, tuple(merges.items())
    if key not in known:
        print("new:", text)
        known[key] = tuple(encode_min(text, merges))
    return list(known[key])


def basic(train, encode, decode, vocab):
    class BasicTokenizer:
        def train(self, text, vocab_size, verbose=False):
            self.merges = train(text, vocab_size)

        def encode(self, text):
            return encode(text, self.merges)

        def decode(self, ids):
            return decode(ids, vocab(self.merges))

    return BasicTokenizer


RIGHT["BasicTokenizer"] = [
    basic(train_loop, encode_in_order, decode_check_first, vocab_loop),
    basic(train_while, encode_min, decode_try, vocab_reduce),
    basic(train_recursive, encode_recursive, decode_map, vocab_loop),
    basic(train_on_characters_that_are_bytes, encode_by_replace, decode_bytearray, vocab_dict_update),
]


@right("BasicTokenizer")
class WithAVocab:
    def __init__(self):
        self.merges, self.vocab = {}, {}

    def train(self, text, vocab_size, verbose=False):
        self.merges = train_loop(text, vocab_size)
        self.vocab = vocab_loop(self.merges)

    def encode(self, text):
        return encode_one_place_at_a_time(text, self.merges)

    def decode(self, ids):
        try:
            return b"".join(self.vocab[i] for i in ids).decode("utf-8", errors="replace")
        except KeyError as error:
            raise ValueError(f"no token {error}") from None


# --- 05


@right("split")
def split_findall(text):
    return regex.findall(GPT4_SPLIT_PATTERN, text)


@right("split")
def split_tiktoken(text):
    return regex.findall(CL100K_SPLIT_PATTERN, text)


@right("split")
def split_finditer(text):
    return [match.group() for match in regex.compile(GPT4_SPLIT_PATTERN).finditer(text)]


@right("split")
def split_match_by_match(text):
    chunks = []
    while text:
        chunk = regex.match(GPT4_SPLIT_PATTERN, text)[0]
        chunks.append(chunk)
        text = text[len(chunk) :]
    return chunks


@right("split")
def split_re_split(text):
    return [part for part in regex.split(f"({GPT4_SPLIT_PATTERN})", text) if part]


@right("split")
@functools.lru_cache
def split_from_a_generator(text):
    def chunks(place=0):
        while place < len(text):
            match = regex.compile(GPT4_SPLIT_PATTERN).match(text, place)
            yield match[0]
            place = match.end()

    return [*chunks()]


def rows_of(chunks):
    return [list(chunk.encode("utf-8")) for chunk in chunks]


@right("train_chunks")
def chunks_loop(chunks, vocab_size):
    rows, merges = rows_of(chunks), {}
    for idx in range(256, vocab_size):
        stats = pairs_of(rows)
        if not stats:
            break
        pair = max(stats, key=stats.get)
        rows = [merge_while(row, pair, idx) for row in rows]
        merges[pair] = idx
    return merges


@right("train_chunks")
def chunks_counted(chunks, vocab_size):
    words = {tuple(chunk.encode()): n for chunk, n in Counter(chunks).items()}
    merges = {}
    while 256 + len(merges) < vocab_size:
        stats = Counter()
        for word, n in words.items():
            for pair in itertools.pairwise(word):
                stats[pair] += n
        if not stats:
            break
        pair = max(stats, key=stats.get)
        idx = merges[pair] = 256 + len(merges)
        words = {tuple(merge_while(word, pair, idx)): n for word, n in words.items()}
    return merges


@right("train_chunks")
def chunks_with_a_wall(chunks, vocab_size):
    row = list(itertools.chain.from_iterable([*chunk.encode(), None] for chunk in chunks))
    merges = {}
    for idx in range(256, vocab_size):
        counts = Counter(pair for pair in itertools.pairwise(row) if None not in pair)
        if not counts:
            return merges
        pair = counts.most_common(1)[0][0]
        merges[pair] = idx
        row = merge_in_a_copy(row, pair, idx)
    return merges


@right("train_chunks")
def chunks_recursive(chunks, vocab_size, next_id=256):
    rows = rows_of(chunks) if chunks and isinstance(chunks[0], str) else chunks
    stats = pairs_of(rows)
    if next_id >= vocab_size or not stats:
        return {}
    pair = top_by_loop(stats)
    return {pair: next_id, **chunks_recursive([merge_while(r, pair, next_id) for r in rows], vocab_size, next_id + 1)}


@right("encode_ordinary")
def ordinary_loop(text, merges):
    ids = []
    for chunk in split_findall(text):
        ids.extend(encode_in_order(chunk, merges))
    return ids


@right("encode_ordinary")
def ordinary_sum(text, merges):
    return sum((encode_min(chunk, merges) for chunk in split_tiktoken(text)), [])


@right("encode_ordinary")
def ordinary_chain(text, merges):
    encode = functools.partial(encode_one_place_at_a_time, merges=merges)
    return list(itertools.chain.from_iterable(map(encode, split_findall(text))))


@right("encode_ordinary")
def ordinary_cached(text, merges):
    cache = {}
    ids = []
    for chunk in regex.findall(CL100K_SPLIT_PATTERN, text):
        if chunk not in cache:
            cache[chunk] = encode_recursive(chunk, merges)
        ids += cache[chunk]
    return ids


# --- 06


@right("split_special")
def special_re_split(text, special_tokens):
    if not special_tokens:
        return [text] if text else []
    pattern = "(" + "|".join(re.escape(s) for s in sorted(special_tokens, key=len, reverse=True)) + ")"
    return [part for part in re.split(pattern, text) if part]


@right("split_special")
def special_by_scanning(text, special_tokens):
    parts, plain, i = [], "", 0
    names = sorted(special_tokens, key=lambda name: -len(name))
    while i < len(text):
        found = next((name for name in names if text.startswith(name, i)), None)
        if found:
            parts += [plain, found]
            plain = ""
            i += len(found)
        else:
            plain += text[i]
            i += 1
    return list(filter(None, [*parts, plain]))


@right("split_special")
def special_finditer(text, special_tokens):
    if not special_tokens:
        return [text][: len(text)]
    pattern = re.compile("|".join(map(re.escape, sorted(special_tokens, key=len)[::-1])))
    parts, end = [], 0
    for match in pattern.finditer(text):
        parts += [text[end : match.start()], match[0]]
        end = match.end()
    return [part for part in [*parts, text[end:]] if part]


@right("split_special")
def special_recursive(text, special_tokens):
    places = [(text.find(name), -len(name), name) for name in special_tokens if name in text]
    if not places:
        return [text] if text else []
    place, _, name = min(places)
    before = [text[:place]] if place else []
    return [*before, name, *special_recursive(text[place + len(name) :], special_tokens)]


def allowed_of(special_tokens, allowed_special):
    if allowed_special == "all":
        return set(special_tokens)
    if allowed_special == "none_raise":
        return set()
    return set(allowed_special)


@right("encode_special")
def encode_special_loop(text, special_tokens, allowed_special, encode_ordinary):
    if allowed_special == "none":
        return encode_ordinary(text)
    allowed = allowed_of(special_tokens, allowed_special)
    ids = []
    for part in special_re_split(text, special_tokens):
        if part in special_tokens:
            if part not in allowed:
                raise ValueError(f"{part} is not allowed")
            ids.append(special_tokens[part])
        else:
            ids.extend(encode_ordinary(part))
    return ids


@right("encode_special")
def encode_special_check_first(text, special_tokens, allowed_special, encode_ordinary):
    if isinstance(allowed_special, str) and allowed_special == "none":
        special = {}
    else:
        special = special_tokens
        allowed = allowed_of(special_tokens, allowed_special)
        bad = [name for name in special if name not in allowed]
        if any(part in bad for part in special_by_scanning(text, special)):
            raise ValueError(bad)
    return [
        idx
        for part in special_by_scanning(text, special)
        for idx in ([special[part]] if part in special else encode_ordinary(part))
    ]


@right("encode_special")
def encode_special_match(text, special_tokens, allowed_special, encode_ordinary):
    match allowed_special:
        case "none":
            return list(encode_ordinary(text))
        case "all":
            allowed = special_tokens.keys()
        case "none_raise":
            allowed = []
        case _:
            allowed = allowed_special

    def ids_of(part):
        if part not in special_tokens:
            return encode_ordinary(part)
        if part in allowed:
            return [special_tokens[part]]
        raise ValueError(part)

    return sum(map(ids_of, special_recursive(text, special_tokens)), [])


@right("encode_special")
def encode_special_recursive(text, special_tokens, allowed_special, encode_ordinary):
    if allowed_special == "none":
        return encode_ordinary(text)
    match special_finditer(text, special_tokens):
        case []:
            return []
        case [part, *rest] if part not in special_tokens:
            head = encode_ordinary(part)
        case [part, *rest] if allowed_special == "all" or (
            not isinstance(allowed_special, str) and part in allowed_special
        ):
            head = [special_tokens[part]]
        case [part, *_]:
            raise ValueError(part)
    return head + encode_special_recursive("".join(rest), special_tokens, allowed_special, encode_ordinary)


@right("decode_special")
def decode_special_inverse(ids, vocab, special_tokens):
    inverse = {idx: name for name, idx in special_tokens.items()}
    parts = []
    for idx in ids:
        if idx in vocab:
            parts.append(vocab[idx])
        elif idx in inverse:
            parts.append(inverse[idx].encode("utf-8"))
        else:
            raise ValueError(f"unknown id {idx}")
    return b"".join(parts).decode("utf-8", errors="replace")


@right("decode_special")
def decode_special_merged(ids, vocab, special_tokens):
    both = {**vocab, **{i: s.encode() for s, i in special_tokens.items()}}
    return decode_check_first(ids, both)


@right("decode_special")
def decode_special_try(ids, vocab, special_tokens):
    inverse = dict(zip(special_tokens.values(), special_tokens.keys(), strict=True))
    data = bytearray()
    try:
        for idx in ids:
            data += inverse[idx].encode() if idx in inverse else vocab[idx]
    except KeyError as error:
        raise ValueError(str(error)) from error
    return data.decode(errors="replace")


@right("decode_special")
def decode_special_groups(ids, vocab, special_tokens):
    inverse = {v: k for k, v in special_tokens.items()}
    text = ""
    for special, group in itertools.groupby(ids, key=lambda idx: idx in inverse):
        text += "".join(inverse[i] for i in group) if special else decode_map(list(group), vocab)
    return text


# --- 07


@right("split_token")
def split_token_ranked(ranks, token):
    parts = [bytes([b]) for b in token]
    while len(parts) > 2:
        known = {i: ranks[a + b] for i, (a, b) in enumerate(itertools.pairwise(parts)) if a + b in ranks}
        i = min(known, key=known.get)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return tuple(parts)


@right("split_token")
def split_token_below(ranks, token):
    parts = [token[i : i + 1] for i in range(len(token))]
    while True:
        best = None
        for i in range(len(parts) - 1):
            rank = ranks.get(parts[i] + parts[i + 1])
            if rank is not None and rank < ranks[token] and (best is None or rank < best[0]):
                best = rank, i
        if best is None:
            break
        i = best[1]
        parts = parts[:i] + [parts[i] + parts[i + 1]] + parts[i + 2 :]
    left, right_ = parts
    return left, right_


@right("split_token")
def split_token_in_order_of_rank(ranks, token):
    inside = {token[i:j] for i in range(len(token)) for j in range(i + 2, len(token) + 1)} & ranks.keys()
    parts = [bytes([b]) for b in token]
    for piece in sorted(inside - {token}, key=ranks.get):
        i = 0
        while i < len(parts) - 1:
            if parts[i] + parts[i + 1] == piece:
                parts[i : i + 2] = [piece]
            i += 1
    return parts[0], parts[1]


@right("split_token")
def split_token_recursive(ranks, token, parts=None):
    parts = parts or [bytes([b]) for b in token]
    if len(parts) == 2:
        return tuple(parts)
    rank, i = min((ranks.get(parts[i] + parts[i + 1], 1 << 30), i) for i in range(len(parts) - 1))
    return split_token_recursive(ranks, token, [*parts[:i], parts[i] + parts[i + 1], *parts[i + 2 :]])


def recover(split_token):
    def recover_merges(ranks):
        merges = {}
        for token, rank in sorted(ranks.items(), key=operator.itemgetter(1)):
            if len(token) >= 2:
                left, right_ = split_token(ranks, token)
                merges[ranks[left], ranks[right_]] = rank
        return merges

    return recover_merges


RIGHT["recover_merges"] = [recover(each) for each in RIGHT["split_token"][:2]]


@right("recover_merges")
def recover_by_replaying(ranks):
    merges = {}
    for token in sorted(ranks, key=ranks.get):
        if len(token) > 1:
            ids = [ranks[bytes([b])] for b in token]
            while len(ids) > 2:
                pair = min(itertools.pairwise(ids), key=lambda p: merges.get(p, 1 << 30))
                ids = merge_while(ids, pair, merges[pair])
            merges[tuple(ids)] = ranks[token]
    return merges


@right("recover_merges")
def recover_comprehension(ranks):
    tokens = sorted((t for t in ranks if len(t) > 1), key=lambda t: ranks[t])
    return {tuple(ranks[p] for p in split_token_recursive(ranks, t)): ranks[t] for t in tokens}


@right("byte_shuffle")
def shuffle_comprehension(ranks):
    return {i: ranks[bytes([i])] for i in range(256)}


@right("byte_shuffle")
def shuffle_filter(ranks):
    return {token[0]: rank for token, rank in ranks.items() if len(token) == 1}


@right("byte_shuffle")
def shuffle_to_bytes(ranks):
    return dict((i, ranks[i.to_bytes(1, "little")]) for i in range(256))  # noqa: C402


@right("byte_shuffle")
def shuffle_loop(ranks):
    shuffle = {}
    for byte in bytes(range(256)):
        shuffle[byte] = ranks[b"%c" % byte]
    return shuffle


@right("GPT4Tokenizer")
class GPT4FromMerges:
    def __init__(self, ranks):
        self.merges = recover(split_token_ranked)(ranks)
        self.shuffle = shuffle_comprehension(ranks)
        self.vocab = {rank: token for token, rank in ranks.items()}

    def encode(self, text):
        ids = []
        for chunk in split_findall(text):
            row = [self.shuffle[b] for b in chunk.encode()]
            while len(row) > 1:
                pair = min(itertools.pairwise(row), key=lambda p: self.merges.get(p, float("inf")))
                if pair not in self.merges:
                    break
                row = merge_while(row, pair, self.merges[pair])
            ids += row
        return ids

    def decode(self, ids):
        return b"".join(self.vocab[i] for i in ids).decode("utf-8", errors="replace")


@right("GPT4Tokenizer")
class GPT4FromRanks:
    def __init__(self, ranks):
        self.ranks, self.inverse = ranks, {v: k for k, v in ranks.items()}

    def _chunk(self, data):
        parts = [bytes([b]) for b in data]
        while True:
            ranked = [
                (self.ranks[a + b], i) for i, (a, b) in enumerate(itertools.pairwise(parts)) if a + b in self.ranks
            ]
            if not ranked:
                return [self.ranks[p] for p in parts]
            i = min(ranked)[1]
            parts[i : i + 2] = [parts[i] + parts[i + 1]]

    def encode(self, text):
        return [idx for chunk in split_tiktoken(text) for idx in self._chunk(chunk.encode())]

    def decode(self, ids):
        return str(b"".join(map(self.inverse.__getitem__, ids)), "utf-8", "replace")


@right("GPT4Tokenizer")
class GPT4InOrder(GPT4FromMerges):
    def __init__(self, ranks):
        super().__init__(ranks)
        self.unshuffle = {idx: byte for byte, idx in self.shuffle.items()}

    def encode(self, text):
        ids = []
        for chunk in split_findall(text):
            row = [self.shuffle[b] for b in chunk.encode()]
            for pair, idx in self.merges.items():
                row = merge_in_a_copy(row, pair, idx)
            ids.extend(row)
        return ids


@right("GPT4Tokenizer")
class GPT4WholeChunksFirst(GPT4FromRanks):
    def _chunk(self, data):
        return [self.ranks[data]] if data in self.ranks else super()._chunk(data)

    def decode(self, ids):
        data = bytearray()
        for idx in ids:
            data += self.inverse[idx]
        return data.decode("utf-8", "replace")


# --- 08


@right("count_chunks")
def count_loop(texts, pattern):
    counts = {}
    for text in texts:
        for chunk in regex.findall(pattern, text):
            counts[chunk] = counts.get(chunk, 0) + 1
    return counts


@right("count_chunks")
def count_counter(texts, pattern):
    return Counter(chunk for text in texts for chunk in regex.findall(pattern, text))


@right("count_chunks")
def count_finditer(texts, pattern):
    counts = defaultdict(int)
    find = regex.compile(pattern).finditer
    for match in itertools.chain.from_iterable(map(find, texts)):
        counts[match.group()] += 1
    return counts


@right("count_chunks")
def count_sum(texts, pattern):
    return dict(sum((Counter(regex.findall(pattern, text)) for text in texts), Counter()))


def linked(text, vocab_size, best_of):
    """Counts and places kept; links in place of moving."""
    ids = list(text.encode())
    n = len(ids)
    after, before = list(range(1, n + 1)), list(range(-1, n - 1))
    alive = [True] * n
    places = defaultdict(set)
    for i in range(n - 1):
        places[ids[i], ids[i + 1]].add(i)
    merges = {}
    pick = best_of(places)
    for idx in range(256, vocab_size):
        pair = pick()
        if pair is None:
            break
        merges[pair] = idx
        touched = {pair}
        for i in sorted(places[pair]):
            j = after[i] if alive[i] else n
            if j >= n or (ids[i], ids[j]) != pair:
                continue
            left, right_ = before[i], after[j]
            if left >= 0:
                places[ids[left], ids[i]].discard(left)
                places[ids[left], idx].add(left)
                touched |= {(ids[left], ids[i]), (ids[left], idx)}
            if right_ < n:
                places[ids[j], ids[right_]].discard(j)
                places[idx, ids[right_]].add(i)
                touched |= {(ids[j], ids[right_]), (idx, ids[right_])}
                before[right_] = i
            ids[i], alive[j], after[i] = idx, False, right_
        del places[pair]
        pick.touched(touched)
    return merges


class ByMax:
    def __init__(self, places):
        self.places = places

    def __call__(self):
        most = max(map(len, self.places.values()), default=0)
        tied = [pair for pair, where in self.places.items() if len(where) == most]
        return min(tied, key=lambda pair: min(self.places[pair])) if most else None

    def touched(self, pairs):
        for pair in pairs:
            if pair in self.places and not self.places[pair]:
                del self.places[pair]


class ByHeap:
    def __init__(self, places):
        self.places, self.heap = places, []
        self.touched(list(places))

    def touched(self, pairs):
        for pair in pairs:
            where = self.places.get(pair)
            if where:
                heapq.heappush(self.heap, (-len(where), min(where), pair))

    def __call__(self):
        while self.heap:
            count, first, pair = heapq.heappop(self.heap)
            where = self.places.get(pair)
            if where and -len(where) == count and min(where) == first:
                return pair
        return None


RIGHT["fast_train"] = [
    lambda text, vocab_size: linked(text, vocab_size, ByMax),
    lambda text, vocab_size: linked(text, vocab_size, ByHeap),
]


@right("fast_train")
def fast_train_on_a_string(text, vocab_size):
    """One character an id: the search is left to str, and only what stands beside a merge is counted again."""
    row, merges = text.encode().decode("latin-1"), {}
    counts = Counter(map(operator.add, row, row[1:]))
    for idx in range(256, vocab_size):
        if not counts:
            break
        most = max(counts.values())
        pair = min((each for each in counts if counts[each] == most), key=row.find)
        merges[ord(pair[0]), ord(pair[1])] = idx
        old = [match.start() for match in re.finditer(re.escape(pair), row)]
        after = row.replace(pair, chr(idx))
        new = [place - number for number, place in enumerate(old)]  # each one before it has made the row shorter by one
        counts.subtract(row[i : i + 2] for i in {i + d for i in old for d in (-1, 0, 1)} if 0 <= i < len(row) - 1)
        counts.update(after[i : i + 2] for i in {i + d for i in new for d in (-1, 0)} if 0 <= i < len(after) - 1)
        row, counts = after, +counts
    return merges


@right("fast_train")
def fast_train_with_numpy(text, vocab_size):
    """Counts everything again each time, as the slow one does, but in C."""
    ids, merges = np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int64), {}
    for idx in range(256, vocab_size):
        if len(ids) < 2:
            break
        pairs = ids[:-1] * vocab_size + ids[1:]
        counts = np.bincount(pairs)[pairs]
        best = pairs[np.argmax(counts)]  # of the largest the first
        places = np.flatnonzero(pairs == best)
        # In a row of equal ids only every second place is free.
        starts = np.flatnonzero(np.diff(places, prepend=-2) > 1)
        run = np.repeat(places[starts], np.diff(starts, append=len(places)))
        places = places[(places - run) % 2 == 0]
        merges[int(best // vocab_size), int(best % vocab_size)] = idx
        ids = ids.copy()
        ids[places] = idx
        ids = np.delete(ids, places + 1)
    return merges


@right("fast_encode")
def fast_encode_heap(chunk, merges):
    ids = list(chunk.encode())
    n = len(ids)
    after, before = list(range(1, n + 1)), list(range(-1, n - 1))
    heap = [(merges[p], i) for i, p in enumerate(itertools.pairwise(ids)) if p in merges]
    heapq.heapify(heap)
    while heap:
        idx, i = heapq.heappop(heap)
        j = after[i]
        if ids[i] is None or j >= n or merges.get((ids[i], ids[j])) != idx:
            continue
        ids[i], ids[j], after[i] = idx, None, after[j]
        if after[i] < n:
            before[after[i]] = i
            if (idx, ids[after[i]]) in merges:
                heapq.heappush(heap, (merges[idx, ids[after[i]]], i))
        if before[i] >= 0 and (ids[before[i]], idx) in merges:
            heapq.heappush(heap, (merges[ids[before[i]], idx], before[i]))
    return [idx for idx in ids if idx is not None]


@right("fast_encode")
def fast_encode_buckets(chunk, merges):
    row = dict(enumerate(chunk.encode()))
    after = {i: i + 1 for i in row}
    before = {i: i - 1 for i in row}
    waiting = defaultdict(set)

    def look(i):
        j = after.get(i)
        if i in row and j in row and (idx := merges.get((row[i], row[j]))) is not None:
            if not waiting[idx]:
                heapq.heappush(order, idx)
            waiting[idx].add(i)

    order = []
    for i in row:
        look(i)
    while order:
        idx = heapq.heappop(order)
        for i in sorted(waiting.pop(idx, ())):
            j = after.get(i)
            if i in row and j in row and merges.get((row[i], row[j])) == idx:
                row[i] = idx
                del row[j]
                after[i] = after[j]
                before[after[i]] = i
                look(before[i])
                look(i)
    return [row[i] for i in sorted(row)]


@right("fast_encode")
def fast_encode_by_replace(chunk, merges):
    row = chunk.encode().decode("latin-1")
    for (a, b), idx in merges.items():
        row = row.replace(chr(a) + chr(b), chr(idx))  # one pass in C for each merge
    return list(map(ord, row))


class Node:
    def __init__(self, idx, left):
        self.idx, self.left, self.right = idx, left, None
        if left:
            left.right = self


@right("fast_encode")
def fast_encode_nodes(chunk, merges):
    nodes, last = [], None
    for byte in chunk.encode():
        last = Node(byte, last)
        nodes.append(last)
    queue = [
        (merges[a.idx, b.idx], n) for n, (a, b) in enumerate(itertools.pairwise(nodes)) if (a.idx, b.idx) in merges
    ]
    heapq.heapify(queue)
    numbers = {node: n for n, node in enumerate(nodes)}
    while queue:
        idx, n = heapq.heappop(queue)
        node = nodes[n]
        if node.idx is None or node.right is None or merges.get((node.idx, node.right.idx)) != idx:
            continue
        gone, node.idx = node.right, idx
        node.right, gone.idx = gone.right, None
        if node.right:
            node.right.left = node
        for first in filter(None, (node.left, node)):
            pair = (first.idx, first.right and first.right.idx)
            if pair in merges:
                heapq.heappush(queue, (merges[pair], numbers[first]))
    return [node.idx for node in nodes if node.idx is not None]


# --- 09


@right("tokens_per_char")
def cost(encode, text):
    return len(encode(text)) / len(text)


@right("tokens_per_char")
def cost_summed(encode, text):
    return sum(1 for _ in encode(text)) / sum(1 for _ in text)


@right("tokens_per_char")
def cost_inverse(encode, text):
    return (len(text) / len(encode(text))) ** -1 if encode(text) else 0


@right("tokens_per_char")
def cost_times(encode, text):
    return len(encode(text)) * (1 / len(text))


@right("tokens_per_char")
def cost_as_a_fraction(encode, text):
    return Fraction(len(list(encode(text))), len(text))


@right("language_premium")
def premium_comprehension(encode, parallel, base="en"):
    tokens = {code: sum(len(encode(s)) for s in sentences) for code, sentences in parallel.items()}
    return {code: n / tokens[base] for code, n in tokens.items()}


@right("language_premium")
def premium_loop(encode, parallel, base="en"):
    def total(code):
        n = 0
        for sentence in parallel[code]:
            n += len(encode(sentence))
        return n

    result = {}
    for code in parallel:
        result[code] = total(code) / total(base)
    return result


@right("language_premium")
def premium_chain(encode, parallel, base="en"):
    length = lambda code: len(list(itertools.chain(*map(encode, parallel[code]))))  # noqa: E731
    return dict(zip(parallel, [length(code) / length(base) for code in parallel], strict=True))


@right("language_premium")
def premium_deque(encode, parallel, base="en"):
    lengths = {code: deque(map(len, map(encode, parallel[code]))) for code in sorted(parallel)}
    return {code: sum(each) * (1 / sum(lengths[base])) for code, each in lengths.items()}


@right("language_premium")
def premium_defaultdict(encode, parallel, base="en", *, verbose=True):
    tokens = defaultdict(float)
    for code, sentences in parallel.items():
        for sentence in sentences:
            tokens[code] += len(encode(sentence))
    if verbose:
        print(dict(tokens))
    one = tokens[base]
    for code in tokens:
        tokens[code] /= one
    return tokens


@right("encode_code_points")
def code_points_loop(text, characters, merges):
    ids = []
    for c in text:
        if c in characters:
            ids.append(characters[c])
        else:
            ids.extend(c.encode("utf-8"))
    for pair, idx in merges.items():
        ids = merge_while(ids, pair, idx)
    return ids


@right("encode_code_points")
def code_points_comprehension(text, characters, merges):
    ids = [i for c in text for i in ([characters[c]] if c in characters else c.encode())]
    while True:
        pair = min(itertools.pairwise(ids), key=lambda p: merges.get(p, 1 << 30), default=None)
        if pair not in merges:
            return ids
        ids = merge_iterator(ids, pair, merges[pair])


@right("encode_code_points")
def code_points_get(text, characters, merges):
    parts = [characters.get(c, c) for c in text]
    ids = list(itertools.chain.from_iterable([p] if isinstance(p, int) else p.encode() for p in parts))
    return functools.reduce(lambda row, m: merge_recursive(row, m[0], m[1]), merges.items(), ids)


@right("encode_code_points")
def code_points_one_place_at_a_time(text, characters, merges):
    ids = []
    for c in text:
        ids += [characters[c]] if characters.get(c) is not None else list(c.encode())
    while known := [(merges[p], i) for i, p in enumerate(itertools.pairwise(ids)) if p in merges]:
        idx, i = min(known)
        ids[i : i + 2] = [idx]
    return ids
