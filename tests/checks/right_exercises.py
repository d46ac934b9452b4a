"""Right answers to what the exercise notebooks ask for, at least four each, each written in another way."""

# ruff: noqa: RUF005, RUF007, RUF017  (other ways on purpose)

from __future__ import annotations

import base64
import binascii
import bisect
import codecs
import functools
import heapq
import itertools
import math
import operator
import re
from collections import Counter, OrderedDict, defaultdict
from fractions import Fraction

import regex

from checks.right import RIGHT, right

# --- 01


@right("count_code_points")
def by_the_top_bits(data):
    return sum(1 for byte in data if byte >> 6 != 0b10)


@right("count_code_points")
def by_walking(data):
    count = i = 0
    while i < len(data):
        first = data[i]
        i += 1 if first < 0x80 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
        count += 1
    return count


@right("count_code_points")
def all_but_the_continuation_bytes(data):
    return len(data.translate(None, bytes(range(0x80, 0xC0))))


@right("count_code_points")
def by_a_pattern(data):
    return len(re.findall(rb"[^\x80-\xbf]", data))


@right("count_code_points")
def counting_by_class(data):
    counts = Counter("inside" if 0x80 <= byte < 0xC0 else "begins" for byte in data)
    return counts["begins"]


@right("truncate_utf8")
def back_to_where_it_begins(data, limit):
    if limit >= len(data):
        return data
    while limit and data[limit] >> 6 == 0b10:
        limit -= 1
    return data[:limit]


@right("truncate_utf8")
def by_decoding(data, limit):
    return data[:limit].decode("utf-8", errors="ignore").encode("utf-8")


@right("truncate_utf8")
def character_by_character(data, limit):
    kept = b""
    for character in data.decode():
        encoded = character.encode()
        if len(kept) + len(encoded) > limit:
            break
        kept += encoded
    return kept


@right("truncate_utf8")
def the_last_start_that_fits(data, limit):
    ends = [i for i in range(len(data)) if data[i] & 0xC0 != 0x80] + [len(data)]
    return data[: max((end for end in ends if end <= limit), default=0)]


@right("truncate_utf8")
def by_an_incremental_decoder(data, limit):
    return codecs.getincrementaldecoder("utf-8")().decode(data[:limit]).encode("utf-8")


# --- 02


@right("pair_places")
def by_enumerate(ids, pair):
    return [i for i, each in enumerate(zip(ids, ids[1:], strict=False)) if each == pair]


@right("pair_places")
def by_a_loop(ids, pair):
    places = []
    for i in range(len(ids) - 1):
        if ids[i] == pair[0] and ids[i + 1] == pair[1]:
            places.append(i)
    return places


@right("pair_places")
def by_slices(ids, pair):
    return [i for i in range(len(ids)) if tuple(ids[i : i + 2]) == tuple(pair)]


@right("pair_places")
def by_index(ids, pair):
    found, start = [], 0
    while True:
        try:
            start = ids.index(pair[0], start)
        except ValueError:
            return found
        if start + 1 < len(ids) and ids[start + 1] == pair[1]:
            found.append(start)
        start += 1


@right("pair_places")
def by_compress(ids, pair):
    return list(itertools.compress(itertools.count(), map(pair.__eq__, itertools.pairwise(ids))))


@right("top_pairs")
def by_sorted(stats, n):
    return sorted(stats, key=stats.get, reverse=True)[:n]


@right("top_pairs")
def by_negative_counts(stats, n):
    return sorted(stats, key=lambda pair: -stats[pair])[:n]


@right("top_pairs")
def by_most_common(stats, n):
    return [pair for pair, _ in Counter(stats).most_common(n)]


@right("top_pairs")
def by_taking_the_best_again_and_again(stats, n):
    left, best = dict(stats), []
    while left and len(best) < n:
        pair = max(left, key=left.get)
        best.append(pair)
        del left[pair]
    return best


@right("top_pairs")
def by_a_heap(stats, n):
    entries = [(-count, place, pair) for place, (pair, count) in enumerate(stats.items())]
    return [pair for _, _, pair in heapq.nsmallest(n, entries)]


@right("get_stats_in_pieces")
def with_the_last_id(pieces):
    counts, last = {}, None
    for piece in pieces:
        for idx in piece:
            if last is not None:
                counts[last, idx] = counts.get((last, idx), 0) + 1
            last = idx
    return counts


@right("get_stats_in_pieces")
def chained(pieces):
    counts = {}
    for pair in itertools.pairwise(itertools.chain.from_iterable(pieces)):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


@right("get_stats_in_pieces")
def counter_of_a_chain(pieces):
    return Counter(itertools.pairwise(idx for piece in pieces for idx in piece))


@right("get_stats_in_pieces")
def with_the_end_of_the_piece_before(pieces):
    counts, tail = defaultdict(int), []
    for piece in pieces:
        row = tail + list(piece)
        for left, right_half in zip(row, row[1:], strict=False):
            counts[left, right_half] += 1
        tail = row[-1:]
    return dict(counts)


# --- 03


@right("unmerge")
def by_extend(ids, pair, idx):
    result = []
    for each in ids:
        result.extend(pair if each == idx else [each])
    return result


@right("unmerge")
def nested_comprehension(ids, pair, idx):
    return [half for each in ids for half in (pair if each == idx else (each,))]


@right("unmerge")
def from_behind(ids, pair, idx):
    result = list(ids)
    for i in range(len(result) - 1, -1, -1):
        if result[i] == idx:
            result[i : i + 1] = pair
    return result


@right("unmerge")
def by_sum(ids, pair, idx):
    return sum(([*pair] if each == idx else [each] for each in ids), [])


@right("unmerge")
def by_chain(ids, pair, idx):
    return list(itertools.chain.from_iterable({idx: pair}.get(each, (each,)) for each in ids))


def _pairs(ids):
    return Counter(itertools.pairwise(ids))


def _merged(ids, pair, idx):
    result = []
    for each in ids:
        if result and (result[-1], each) == pair:
            result[-1] = idx
        else:
            result.append(each)
    return result


@right("smallest_vocab")
def step_by_step(text, bytes_per_token):
    ids = list(text.encode("utf-8"))
    size, vocab_size = len(ids), 256
    while size / len(ids) < bytes_per_token:
        stats = _pairs(ids)
        if not stats:
            raise ValueError("the text has no pair left")
        ids = _merged(ids, max(stats, key=stats.get), vocab_size)
        vocab_size += 1
    return vocab_size


@right("smallest_vocab")
def by_multiplying(text, bytes_per_token):
    ids = list(text.encode())
    total = len(ids)
    vocab_size = 256
    while total < bytes_per_token * len(ids):
        if len(ids) < 2:
            raise ValueError(bytes_per_token)
        stats = _pairs(ids)
        ids = _merged(ids, max(stats, key=stats.get), vocab_size)
        vocab_size += 1
    return vocab_size


@right("smallest_vocab")
def with_fractions(text, bytes_per_token):
    ids, made = list(text.encode("utf8")), 0
    total = len(ids)
    while Fraction(total, len(ids)) < Fraction(bytes_per_token):
        if len(ids) == 1:
            raise ValueError
        stats = _pairs(ids)
        ids = _merged(ids, max(stats, key=stats.get), 256 + made)
        made += 1
    return 256 + made


@right("smallest_vocab")
def by_the_package(text, bytes_per_token):
    from minbpe import BasicTokenizer

    total = len(text.encode("utf-8"))
    for vocab_size in range(256, 256 + total + 1):
        tokenizer = BasicTokenizer()
        tokenizer.train(text, vocab_size)
        if total / len(tokenizer.encode(text)) >= bytes_per_token:
            return vocab_size
    raise ValueError("never so short")


@right("merge_by_replace")
def replaced(ids, pair, idx):
    return [ord(c) for c in "".join(chr(each) for each in ids).replace(chr(pair[0]) + chr(pair[1]), chr(idx))]


@right("merge_by_replace")
def replaced_in_one_expression(ids, pair, idx):
    return list(map(ord, "".join(map(chr, ids)).replace("".join(map(chr, pair)), chr(idx))))


@right("merge_by_replace")
def replaced_in_utf_32(ids, pair, idx):
    text = b"".join(each.to_bytes(4, "little") for each in ids).decode("utf-32-le", "surrogatepass")
    return [ord(c) for c in text.replace(f"{chr(pair[0])}{chr(pair[1])}", chr(idx))]


@right("merge_by_replace")
def replaced_by_a_function(ids, pair, idx):
    def as_text(some):
        return "".join(map(chr, some))

    return [*map(ord, str.replace(as_text(ids), as_text(pair), as_text([idx])))]


# --- 04


@right("token_spans")
def by_counting_beginnings(ids, vocab):
    spans, begun = [], 0
    for idx in ids:
        token = vocab[idx]
        first = begun - (token[0] & 0xC0 == 0x80)
        begun += sum(byte & 0xC0 != 0x80 for byte in token)
        spans.append((first, begun))
    return spans


@right("token_spans")
def by_the_character_of_each_byte(ids, vocab):
    text = b"".join(vocab[idx] for idx in ids).decode("utf-8")
    owner = [place for place, character in enumerate(text) for _ in character.encode()]
    spans, at = [], 0
    for idx in ids:
        spans.append((owner[at], owner[at + len(vocab[idx]) - 1] + 1))
        at += len(vocab[idx])
    return spans


@right("token_spans")
def by_bisect(ids, vocab):
    data = b"".join(map(vocab.__getitem__, ids))
    starts = [i for i, byte in enumerate(data) if byte >> 6 != 2]
    ends = list(itertools.accumulate(len(vocab[idx]) for idx in ids))
    return [
        (bisect.bisect_right(starts, end - len(vocab[idx])) - 1, bisect.bisect_left(starts, end))
        for idx, end in zip(ids, ends, strict=True)
    ]


@right("token_spans")
def by_decoding_the_beginning(ids, vocab):
    spans, data = [], b""
    for idx in ids:
        whole_before = len(data.decode("utf-8", errors="ignore"))
        data += vocab[idx]
        touched = len(data.decode("utf-8", errors="ignore"))
        rest = len(data) - len(data.decode("utf-8", errors="ignore").encode())
        spans.append((whole_before, touched + (rest > 0)))
    return spans


@right("stream_decode")
def by_an_incremental_decoder_again(ids, vocab):
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    for idx in ids:
        yield decoder.decode(vocab[idx])
    yield decoder.decode(b"", True)


@right("stream_decode")
def by_iterdecode(ids, vocab):
    return codecs.iterdecode((vocab[idx] for idx in ids), "utf-8", errors="replace")


@right("stream_decode")
def by_hand_with_unicode_errors(ids, vocab):
    rest = b""
    for idx in ids:
        rest += vocab[idx]
        piece = ""
        while rest:
            try:
                piece, rest = piece + rest.decode("utf-8"), b""
            except UnicodeDecodeError as error:
                piece += rest[: error.start].decode("utf-8")
                rest = rest[error.start :]
                if error.reason == "unexpected end of data":
                    break
                piece, rest = piece + "\ufffd", rest[error.end - error.start :]
        if piece:
            yield piece
    if rest:
        yield "\ufffd"


class Watching:
    def __init__(self, ids, vocab):
        self.ids, self.vocab, self.done = iter(ids), vocab, False
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def __iter__(self):
        return self

    def __next__(self):
        if self.done:
            raise StopIteration
        try:
            return self.decoder.decode(self.vocab[next(self.ids)])
        except StopIteration:
            self.done = True
            return self.decoder.decode(b"", True)


@right("stream_decode")
def an_iterator_of_our_own(ids, vocab):
    return Watching(ids, vocab)


@right("encode_one_by_one")
def by_min(text, merges):
    ids = list(text.encode())
    rows = [ids[:]]
    while True:
        places = [i for i in range(len(ids) - 1) if (ids[i], ids[i + 1]) in merges]
        if not places:
            return rows
        i = min(places, key=lambda i: merges[ids[i], ids[i + 1]])
        ids[i : i + 2] = [merges[ids[i], ids[i + 1]]]
        rows.append(ids[:])


@right("encode_one_by_one")
def by_the_order_of_the_merges(text, merges):
    rows = [list(text.encode("utf-8"))]
    for (a, b), idx in sorted(merges.items(), key=lambda item: item[1]):
        row = rows[-1]
        while (place := next((i for i, p in enumerate(itertools.pairwise(row)) if p == (a, b)), None)) is not None:
            row = row[:place] + [idx] + row[place + 2 :]
            rows.append(row)
    return rows


@right("encode_one_by_one")
def recursive_rows(text, merges):
    def rows(ids):
        best = min(
            ((merges[pair], i) for i, pair in enumerate(itertools.pairwise(ids)) if pair in merges), default=None
        )
        if best is None:
            return [ids]
        return [ids, *rows(ids[: best[1]] + [best[0]] + ids[best[1] + 2 :])]

    return rows(list(text.encode("utf-8")))


@right("encode_one_by_one")
def by_a_loop_over_places(text, merges):
    rows = [[*text.encode("utf-8")]]
    found = True
    while found:
        row, best = rows[-1], None
        for i in range(len(row) - 1):
            pair = row[i], row[i + 1]
            if pair in merges and (best is None or merges[pair] < merges[row[best], row[best + 1]]):
                best = i
        found = best is not None
        if found:
            rows.append([*row[:best], merges[row[best], row[best + 1]], *row[best + 2 :]])
    return rows


# --- 05


@right("lost_text")
def between_the_matches(pattern, text):
    lost, end = [], 0
    for match in re.finditer(pattern, text):
        if match.start() > end:
            lost.append(text[end : match.start()])
        end = match.end()
    if end < len(text):
        lost.append(text[end:])
    return lost


@right("lost_text")
def with_regex(pattern, text):
    spans = [match.span() for match in re.compile(pattern).finditer(text)]
    edges = [0, *itertools.chain.from_iterable(spans), len(text)]
    return [text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


@right("lost_text")
def character_flags(pattern, text):
    kept = [False] * len(text)
    cuts = set()
    for match in re.finditer(pattern, text):
        cuts.add(match.start())
        for i in range(*match.span()):
            kept[i] = True
    lost = []
    for i, character in enumerate(text):
        if not kept[i]:
            if lost and i and not kept[i - 1] and i not in cuts:
                lost[-1] += character
            else:
                lost.append(character)
    return lost


@right("lost_text")
def with_functools(pattern, text):
    def step(state, match):
        lost, end = state
        return [*lost, text[end : match.start()]], match.end()

    lost, end = functools.reduce(step, re.finditer(pattern, text), ([], 0))
    return list(filter(None, [*lost, text[end:]]))


@right("group_digits")
def by_looking_ahead(number):
    return re.findall(r"\d{1,3}(?=(?:\d{3})*$)", number)


@right("group_digits")
def by_split(number):
    return [part for part in re.split(r"(?=(?:\d{3})+$)", number) if part]


@right("group_digits")
def by_sub(number):
    return re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", number).split(",") if number else []


@right("group_digits")
def turned_around(number):
    return [group[::-1] for group in re.findall(r"\d{1,3}", number[::-1])][::-1]


@right("group_digits")
def with_the_package_regex(number):
    return regex.findall(r"\p{N}{1,3}(?=(?:\p{N}{3})*$)", number)


@right("train_on_counts")
def rows_and_counts(counts, vocab_size):
    rows = [(list(chunk.encode()), count) for chunk, count in counts.items()]
    merges = {}
    while len(merges) < vocab_size - 256:
        stats = {}
        for row, count in rows:
            for pair in itertools.pairwise(row):
                stats[pair] = stats.get(pair, 0) + count
        if not stats:
            break
        best = max(stats, key=stats.get)
        merges[best] = 256 + len(merges)
        rows = [(_merged(row, best, merges[best]), count) for row, count in rows]
    return merges


@right("train_on_counts")
def by_the_packages_training(counts, vocab_size):
    from minbpe.merging import learn_merges

    chunks = {chunk.encode(): count for chunk, count in counts.items()}
    steps = itertools.islice(learn_merges(chunks), vocab_size - 256) if vocab_size > 256 else ()
    return {step.pair: step.idx for step in steps}


@right("train_on_counts")
def with_a_dict_of_rows(counts, vocab_size):
    rows = {chunk: [*chunk.encode("utf-8")] for chunk in counts}
    merges = OrderedDict()
    for idx in range(256, vocab_size):
        stats = Counter()
        for chunk in rows:
            for pair in zip(rows[chunk], rows[chunk][1:], strict=False):
                stats[pair] += counts[chunk]
        if not stats:
            return merges
        ((pair, _),) = stats.most_common(1)
        merges[pair] = idx
        for chunk, row in rows.items():
            rows[chunk] = _merged(row, pair, idx)
    return merges


@right("train_on_counts")
def with_nested_functions(counts, vocab_size):
    def count(rows):
        stats = defaultdict(int)
        for row, weight in rows:
            for place in range(len(row) - 1):
                stats[row[place], row[place + 1]] += weight
        return stats

    def learn(rows, merges):
        stats = count(rows)
        if len(merges) >= vocab_size - 256 or not stats:
            return merges
        pair = sorted(stats, key=lambda each: -stats[each])[0]
        merged = [(_merged(row, pair, 256 + len(merges)), weight) for row, weight in rows]
        return learn(merged, {**merges, pair: 256 + len(merges)})

    return learn([(list(bytes(chunk, "utf-8")), weight) for chunk, weight in counts.items()], {})


# --- 06


@right("find_special")
def by_startswith(text, special_tokens):
    found, i = [], 0
    names = sorted(special_tokens, key=len, reverse=True)
    while i < len(text):
        name = next((name for name in names if text.startswith(name, i)), None)
        if name is None:
            i += 1
        else:
            found.append((i, name))
            i += len(name)
    return found


@right("find_special")
def by_finditer(text, special_tokens):
    if not special_tokens:
        return []
    pattern = "|".join(map(re.escape, sorted(special_tokens, key=len, reverse=True)))
    return [(match.start(), match.group()) for match in re.finditer(pattern, text)]


@right("find_special")
def by_split_and_lengths(text, special_tokens):
    if not special_tokens:
        return []
    names = "|".join(re.escape(name) for name in sorted(special_tokens, key=lambda name: -len(name)))
    found, place = [], 0
    for number, part in enumerate(re.split(f"({names})", text)):
        if number % 2:
            found.append((place, part))
        place += len(part)
    return found


@right("find_special")
def by_the_nearest(text, special_tokens):
    found, start = [], 0
    while True:
        nearest = [(text.find(name, start), -len(name), name) for name in special_tokens]
        nearest = [each for each in nearest if each[0] >= 0]
        if not nearest:
            return found
        place, _, name = min(nearest)
        found.append((place, name))
        start = place + len(name)


@right("chat_ids")
def framed(messages, special_tokens, encode_ordinary):
    ids = []
    for message in messages:
        ids += [special_tokens["<|im_start|>"]]
        ids += encode_ordinary(message["role"]) + encode_ordinary("\n") + encode_ordinary(message["content"])
        ids += [special_tokens["<|im_end|>"]] + encode_ordinary("\n")
    return ids


@right("chat_ids")
def by_chain_of_parts(messages, special_tokens, encode_ordinary):
    start, end = [special_tokens["<|im_start|>"]], [special_tokens["<|im_end|>"]]
    newline = encode_ordinary("\n")
    parts = (
        (start, encode_ordinary(m["role"]), newline, encode_ordinary(m["content"]), end, newline) for m in messages
    )
    return list(itertools.chain.from_iterable(itertools.chain.from_iterable(parts)))


@right("chat_ids")
def with_an_inner_function(messages, special_tokens, encode_ordinary):
    def one(role, content):
        yield special_tokens["<|im_start|>"]
        for text in [role, "\n", content]:
            yield from encode_ordinary(text)
        yield special_tokens["<|im_end|>"]
        yield from encode_ordinary("\n")

    return [idx for message in messages for idx in one(**message)]


@right("chat_ids")
def with_a_plan(messages, special_tokens, encode_ordinary):
    plan = []
    for message in messages:
        plan += [("special", "<|im_start|>"), ("text", message["role"]), ("text", "\n"), ("text", message["content"])]
        plan += [("special", "<|im_end|>"), ("text", "\n")]
    ids = []
    for kind, what in plan:
        ids.extend([special_tokens[what]] if kind == "special" else encode_ordinary(what))
    return ids


@right("split_by_hand")
def with_two_ends(text, special_tokens):
    parts, start, i = [], 0, 0
    names = sorted(special_tokens, key=len, reverse=True)
    while i < len(text):
        for name in names:
            if text.startswith(name, i):
                parts += [text[start:i], name]
                i += len(name)
                start = i
                break
        else:
            i += 1
    return [part for part in [*parts, text[start:]] if part]


@right("split_by_hand")
def letter_by_letter(text, special_tokens):
    parts, plain, i = [], "", 0
    while i < len(text):
        here = [name for name in special_tokens if text[i : i + len(name)] == name]
        if here:
            name = max(here, key=len)
            if plain:
                parts.append(plain)
            parts.append(name)
            plain = ""
            i += len(name)
        else:
            plain += text[i]
            i += 1
    return parts + [plain] * bool(plain)


@right("split_by_hand")
def by_finding_the_nearest(text, special_tokens):
    parts = []
    while text:
        places = [(text.find(name), -len(name), name) for name in special_tokens if name in text]
        if not places:
            return [*parts, text]
        place, _, name = min(places)
        parts += [text[:place]] * (place > 0) + [name]
        text = text[place + len(name) :]
    return parts


@right("split_by_hand")
def by_partition(text, special_tokens):
    places = [(text.find(name), -len(name), name) for name in special_tokens if name in text]
    if not places:
        return [text] if text else []
    before, name, after = text.partition(min(places)[2])
    return ([before] if before else []) + [name] + by_partition(after, special_tokens)


# --- 07


@right("load_ranks")
def with_care(lines):
    ranks = {}
    for number, line in enumerate(lines, start=1):
        parts = line.split()
        if len(parts) != 2 or not parts[1].isdigit():
            raise ValueError(f"line {number} is not a token and a rank: {line!r}")
        try:
            token = base64.b64decode(parts[0], validate=True)
        except binascii.Error as error:
            raise ValueError(f"line {number}: {error}") from None
        ranks[token] = int(parts[1])
    return ranks


@right("load_ranks")
def by_a_pattern_for_lines(lines):
    ranks = {}
    for number, line in enumerate(lines, 1):
        match = re.fullmatch(rb"((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?) (\d+)\s*", line)
        if not match or not match[1]:
            raise ValueError(f"cannot read line {number}")
        ranks[base64.b64decode(match[1])] = int(match[2])
    return ranks


@right("load_ranks")
def one_try_around_everything(lines):
    ranks = {}
    for number, line in enumerate(lines, 1):
        try:
            token, rank = line.split()
            if not rank.isdigit() or not token:
                raise ValueError("no rank")
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except Exception as error:
            raise ValueError(f"line {number} is damaged ({error})") from error
    return ranks


@right("load_ranks")
def by_a_helper(lines):
    def read(number, line):
        fields = line.decode("latin-1").split()
        try:
            token, rank = fields
            if not (rank.isascii() and rank.isdecimal()):
                raise ValueError
            return binascii.a2b_base64(token.encode("latin-1"), strict_mode=True), int(rank)
        except ValueError:
            raise ValueError(f"damage in line {number}") from None

    return dict(read(number, line) for number, line in enumerate(lines, 1))


def _merge_as_far_as_it_goes(ranks, token):
    pieces = [token[i : i + 1] for i in range(len(token))]
    while True:
        best = min(
            (i for i in range(len(pieces) - 1) if pieces[i] + pieces[i + 1] in ranks),
            key=lambda i: ranks[pieces[i] + pieces[i + 1]],
            default=None,
        )
        if best is None:
            return pieces
        pieces[best : best + 2] = [pieces[best] + pieces[best + 1]]


@right("unreachable")
def by_merging_each(ranks):
    return {token for token in ranks if _merge_as_far_as_it_goes(ranks, token) != [token]}


@right("unreachable")
def by_a_loop_and_a_set(ranks):
    found = set()
    for token in ranks:
        if len(_merge_as_far_as_it_goes(ranks, token)) > 1:
            found.add(token)
    return found


@right("unreachable")
def by_infinity(ranks):
    def merged(pieces):
        while len(pieces) > 1:
            joined = list(map(operator.add, pieces, pieces[1:]))
            lowest = min(range(len(joined)), key=lambda i: ranks.get(joined[i], math.inf))
            if joined[lowest] not in ranks:
                break
            pieces = [*pieces[:lowest], joined[lowest], *pieces[lowest + 2 :]]
        return pieces

    return {token for token in ranks if len(merged([bytes([byte]) for byte in token])) != 1}


@right("unreachable")
def by_the_packages_loop(ranks):
    from minbpe.merging import apply_merges

    ids = {idx: token for token, idx in ranks.items()}
    shuffle = bytes(ranks[bytes([byte])] for byte in range(256))

    def merged(token):
        return apply_merges(token.translate(shuffle), lambda pair: ranks.get(ids[pair[0]] + ids[pair[1]]))

    return set(filter(lambda token: merged(token) != [ranks[token]], ranks))


# --- 08


@right("add_counts")
def by_get(parts):
    total = {}
    for part in parts:
        for chunk in part:
            total[chunk] = total.get(chunk, 0) + part[chunk]
    return total


@right("add_counts")
def by_counter(parts):
    total = Counter()
    for part in parts:
        total.update(part)
    return total


@right("add_counts")
def by_a_defaultdict(parts):
    total = defaultdict(int)
    for chunk, count in itertools.chain.from_iterable(part.items() for part in parts):
        total[chunk] += count
    return dict(total)


@right("add_counts")
def by_dict_of_all_keys(parts):
    chunks = dict.fromkeys(chunk for part in parts for chunk in part)
    return {chunk: sum(part.get(chunk, 0) for part in parts) for chunk in chunks}


@right("add_counts")
def by_reduce(parts):
    def add(total, part):
        return total | {chunk: total.get(chunk, 0) + count for chunk, count in part.items()}

    return functools.reduce(add, parts, {})


@right("update_stats")
def one_by_one(stats, left, pair, right, idx, weight):
    stats[pair] = stats.get(pair, 0) - weight
    if left is not None:
        stats[left, pair[0]] = stats.get((left, pair[0]), 0) - weight
        stats[left, idx] = stats.get((left, idx), 0) + weight
    if right is not None:
        stats[pair[1], right] = stats.get((pair[1], right), 0) - weight
        stats[idx, right] = stats.get((idx, right), 0) + weight


@right("update_stats")
def zeros_are_deleted(stats, left, pair, right, idx, weight):
    def change(each, by):
        stats[each] = stats.get(each, 0) + by
        if stats[each] == 0:
            del stats[each]

    a, b = pair
    change(pair, -weight)
    for neighbour, old, new in [(left, (left, a), (left, idx)), (right, (b, right), (idx, right))]:
        if neighbour is not None:
            change(old, -weight)
            change(new, weight)


@right("update_stats")
def rows_before_and_after(stats, left, pair, right, idx, weight):
    before = [x for x in (left, *pair, right) if x is not None]
    after = [x for x in (left, idx, right) if x is not None]
    for row, sign in ((before, -1), (after, 1)):
        for each in itertools.pairwise(row):
            stats[each] = stats.get(each, 0) + sign * weight


@right("update_stats")
def by_a_counter(stats, left, pair, right, idx, weight):
    change = Counter()
    change[pair] -= weight
    if left is not None:
        change[left, pair[0]] -= weight
        change[left, idx] += weight
    if right is not None:
        change[pair[1], right] -= weight
        change[idx, right] += weight
    for each, by in change.items():
        stats[each] = stats.get(each, 0) + by
    return stats


# --- 09


@right("bits_per_byte")
def sum_and_divide(text, log2_probs):
    return -sum(log2_probs) / len(text.encode("utf-8"))


@right("bits_per_byte")
def by_fsum(text, log2_probs):
    return math.fsum(-each for each in log2_probs) / len(text.encode())


@right("bits_per_byte")
def counted_in_a_loop(text, log2_probs):
    bits = 0.0
    for each in log2_probs:
        bits += abs(each)
    size = 0
    for character in text:
        size += len(character.encode("utf-8"))
    return bits / size


@right("bits_per_byte")
def by_way_of_the_mean(text, log2_probs):
    tokens = len(log2_probs)
    mean = sum(log2_probs) / tokens
    return -mean * tokens / len(bytes(text, "utf-8"))


@right("unused_tokens")
def by_a_set(vocab, encode, texts):
    used = set()
    for text in texts:
        used.update(encode(text))
    return [idx for idx in vocab if idx not in used]


@right("unused_tokens")
def by_a_dict_that_shrinks(vocab, encode, texts):
    left = dict(vocab)
    for text in texts:
        for idx in encode(text):
            left.pop(idx, None)
    return list(left)


@right("unused_tokens")
def by_counts(vocab, encode, texts):
    counts = Counter(itertools.chain.from_iterable(map(encode, texts)))
    return [idx for idx in list(vocab) if counts[idx] == 0]


@right("unused_tokens")
def by_union(vocab, encode, texts):
    used = set().union(*(encode(text) for text in texts))
    return list(itertools.filterfalse(used.__contains__, vocab))


# --- stretch, where the way matters as much as the result


def _length(first):
    for size, (low, high) in enumerate([(0, 0x7F), (0xC2, 0xDF), (0xE0, 0xEF), (0xF0, 0xF4)], 1):
        if low <= first <= high:
            return size
    return 0


@right("decode_by_hand")
def by_lengths(data):
    text, i = [], 0
    while i < len(data):
        size = _length(data[i])
        tail = data[i + 1 : i + size]
        if size and len(tail) == size - 1 and all(0x80 <= byte < 0xC0 for byte in tail):
            number = data[i] if size == 1 else data[i] & (0xFF >> (size + 1))
            for byte in tail:
                number = number * 64 + byte - 0x80
            if (
                number >= (0, 0x80, 0x800, 0x10000)[size - 1]
                and number < 0x110000
                and number not in range(0xD800, 0xE000)
            ):
                text.append(chr(number))
                i += size
                continue
        text.append("\ufffd")
        i += 1
    return "".join(text)


@right("decode_by_hand")
def byte_by_byte(data):
    """A machine that remembers how many bytes are still to come."""
    text, missing, number, least, pending = "", 0, 0, 0, 0
    for byte in [*data, None]:
        if missing and (byte is None or byte & 0xC0 != 0x80):
            text, missing = text + "\ufffd", 0
        if byte is None:
            break
        if missing:
            number, missing, pending = number << 6 | byte & 63, missing - 1, pending + 1
            if not missing:
                good = least <= number < 0x110000 and not 0xD800 <= number < 0xE000
                text += chr(number) if good else "\ufffd"
        elif byte < 0x80:
            text += chr(byte)
        elif 0xC0 <= byte < 0xF8:
            missing = 1 + (byte >= 0xE0) + (byte >= 0xF0)
            number, least = byte & (0x3F >> missing), (0x80, 0x800, 0x10000)[missing - 1]
        else:
            text += "\ufffd"
    return text


WELL_FORMED = re.compile(
    rb"[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)


@right("decode_by_hand")
def by_the_table_of_unicode(data):
    text, place = "", 0
    while place < len(data):
        found = WELL_FORMED.match(data, place)
        if not found:
            text, place = text + "\ufffd", place + 1
            continue
        bits = "".join(f"{byte:08b}"[8 - 6 :] for byte in found[0][1:])
        size = len(found[0])
        head = f"{found[0][0]:08b}"[1 if size == 1 else size + 1 :]
        text, place = text + chr(int(head + bits, 2)), found.end()
    return text


@right("decode_by_hand")
def by_trying_every_length(data):
    def character(part):
        bits = [f"{byte:08b}" for byte in part]
        marks = ["0"] if len(part) == 1 else ["1" * len(part) + "0"] + ["10"] * (len(part) - 1)
        if not all(b.startswith(mark) for b, mark in zip(bits, marks, strict=True)):
            return None
        number = int("".join(b[len(mark) :] for b, mark in zip(bits, marks, strict=True)), 2)
        smallest = [0, 1 << 7, 1 << 11, 1 << 16][len(part) - 1]
        return chr(number) if smallest <= number <= 0x10FFFF and number >> 11 != 0b11011 else None

    out = []
    while data:
        for size in range(1, min(4, len(data)) + 1):
            found = character(data[:size])
            if found is not None:
                break
        else:
            found, size = "\ufffd", 1
        out.append(found)
        data = data[size:]
    return "".join(out)


class _Ranked:
    def decode(self, ids):
        return b"".join(map(self.tokens.__getitem__, ids)).decode("utf-8", "replace")


def _split(text):
    from minbpe.patterns import CL100K_SPLIT_PATTERN, Splitter

    return Splitter(CL100K_SPLIT_PATTERN).iterate(text)


@right("RanksTokenizer")
class ByMergingPieces(_Ranked):
    def __init__(self, ranks):
        self.ranks, self.tokens = ranks, {rank: token for token, rank in ranks.items()}

    def encode(self, text):
        chunks = [chunk.encode("utf-8") for chunk in _split(text)]
        return [self.ranks[piece] for chunk in chunks for piece in _merge_as_far_as_it_goes(self.ranks, chunk)]


@right("RanksTokenizer")
class WithALookupFirst(_Ranked):
    def __init__(self, ranks):
        self.ranks = dict(ranks)
        self.tokens = dict(zip(ranks.values(), ranks, strict=True))

    def encode(self, text):
        ids = []
        for chunk in _split(text):
            data = chunk.encode()
            pieces = [data] if data in self.ranks else _merge_as_far_as_it_goes(self.ranks, data)
            ids.extend(map(self.ranks.get, pieces))
        return ids


@right("RanksTokenizer")
class WithTheTableMadeLater:
    def __init__(self, ranks):
        self.ranks = ranks

    def encode(self, text):
        return [rank for chunk in _split(text) for rank in self._ids(chunk.encode("utf-8"))]

    def _ids(self, data):
        pieces = [data[i : i + 1] for i in range(len(data))]
        while True:
            known = [
                (self.ranks[a + b], i) for i, (a, b) in enumerate(itertools.pairwise(pieces)) if a + b in self.ranks
            ]
            if not known:
                return [self.ranks[piece] for piece in pieces]
            i = min(known)[1]
            pieces[i : i + 2] = [pieces[i] + pieces[i + 1]]

    def decode(self, ids):
        tokens = {rank: token for token, rank in self.ranks.items()}
        return b"".join(tokens[idx] for idx in ids).decode("utf-8", errors="replace")


@right("RanksTokenizer")
class WithTheFirstRanksByApplyMerges(_Ranked):
    def __init__(self, ranks):
        self.ranks = ranks
        self.tokens = {rank: token for token, rank in ranks.items()}
        self.bytes = [ranks[bytes([byte])] for byte in range(256)]

    def encode(self, text):
        ids = []
        for chunk in _split(text):
            row = [self.bytes[byte] for byte in chunk.encode("utf-8")]
            while len(row) > 1:
                both = [self.ranks.get(self.tokens[a] + self.tokens[b], math.inf) for a, b in itertools.pairwise(row)]
                lowest = min(both)
                if lowest == math.inf:
                    break
                place = both.index(lowest)
                row[place : place + 2] = [lowest]
            ids += row
        return ids


def _rows(chunks):
    counts = Counter(chunks)
    return [list(chunk.encode("utf-8")) for chunk in counts], list(counts.values())


@right("fast_train_chunks")
def with_an_index_of_rows(chunks, vocab_size):
    rows, weights = _rows(chunks)
    stats, where = {}, defaultdict(dict)
    for number, row in enumerate(rows):
        for pair in itertools.pairwise(row):
            stats[pair] = stats.get(pair, 0) + weights[number]
            where[pair][number] = True

    def first(pair):
        number = min(where[pair])
        return number, list(itertools.pairwise(rows[number])).index(pair)

    merges = {}
    for idx in range(256, vocab_size):
        most = max(stats.values(), default=0)
        if not most:
            break
        tied = [pair for pair, count in stats.items() if count == most]
        best = tied[0] if len(tied) == 1 else min(tied, key=first)
        merges[best] = idx
        for number in list(where[best]):
            row, weight = rows[number], weights[number]
            for pair in itertools.pairwise(row):
                stats[pair] -= weight
                where[pair].pop(number, None)
            rows[number] = _merged(row, best, idx)
            for pair in itertools.pairwise(rows[number]):
                stats[pair] = stats.get(pair, 0) + weight
                where[pair][number] = True
    return merges


@right("fast_train_chunks")
def with_sets_of_rows(chunks, vocab_size):
    rows, weights = _rows(chunks)
    where = {}
    for number, row in enumerate(rows):
        for pair in zip(row, row[1:], strict=False):
            where.setdefault(pair, Counter())[number] += 1
    totals = {pair: sum(n * weights[number] for number, n in there.items()) for pair, there in where.items()}
    merges = {}
    while len(merges) + 256 < vocab_size and any(totals.values()):
        most = max(totals.values())
        tied = {pair for pair, total in totals.items() if total == most}
        pair = None
        for number in sorted({min(n for n, there in where[each].items() if there > 0) for each in tied}):
            pair = next((each for each in itertools.pairwise(rows[number]) if each in tied), None)
            if pair:
                break
        merges[pair] = idx = 256 + len(merges)
        for number in [n for n, there in where[pair].items() if there > 0]:
            old = Counter(itertools.pairwise(rows[number]))
            rows[number] = _merged(rows[number], pair, idx)
            new = Counter(itertools.pairwise(rows[number]))
            for each in old.keys() | new.keys():
                change = new[each] - old[each]
                where.setdefault(each, Counter())[number] += change
                totals[each] = totals.get(each, 0) + change * weights[number]
    return merges


@right("fast_train_chunks")
def one_row_with_walls(chunks, vocab_size):
    ids = [each for chunk in chunks for each in (*chunk.encode("utf-8"), -1)]
    left, right_of = list(range(-1, len(ids) - 1)), list(range(1, len(ids) + 1))
    places = defaultdict(set)

    def pair_at(i):
        if i < 0 or right_of[i] >= len(ids) or ids[i] < 0 or ids[right_of[i]] < 0:
            return None
        return ids[i], ids[right_of[i]]

    for i in range(len(ids)):
        if pair_at(i):
            places[pair_at(i)].add(i)
    merges = {}
    for idx in range(256, vocab_size):
        most = max(map(len, places.values()), default=0)
        if not most:
            break
        best = min((pair for pair, there in places.items() if len(there) == most), key=lambda pair: min(places[pair]))
        merges[best] = idx
        for i in sorted(places[best]):
            if i not in places[best]:
                continue
            for j in (left[i], i, right_of[i]):
                if pair_at(j):
                    places[pair_at(j)].discard(j)
            ids[i] = idx
            right_of[i] = right_of[right_of[i]]
            left[right_of[i]] = i
            for j in (left[i], i):
                if pair_at(j):
                    places[pair_at(j)].add(j)
    return merges


@right("fast_train_chunks")
def with_update_stats(chunks, vocab_size):
    rows, weights = _rows(chunks)
    stats, rows_of = Counter(), defaultdict(set)
    for number, row in enumerate(rows):
        for pair in itertools.pairwise(row):
            stats[pair] += weights[number]
            rows_of[pair].add(number)
    merges = {}
    for idx in range(256, vocab_size):
        best, most = None, max(stats.values(), default=0)
        if most <= 0:
            break
        tied = [pair for pair in stats if stats[pair] == most]
        if len(tied) > 1:
            firsts = []
            for pair in tied:
                for number in sorted(rows_of[pair]):
                    there = list(itertools.pairwise(rows[number]))
                    if pair in there:
                        firsts.append((number, there.index(pair), pair))
                        break
            best = min(firsts)[2]
        else:
            best = tied[0]
        merges[best] = idx
        for number in sorted(rows_of.pop(best)):
            row, i = rows[number], 0
            while i < len(row) - 1:
                if (row[i], row[i + 1]) == best:
                    before = row[i - 1] if i else None
                    after = row[i + 2] if i + 2 < len(row) else None
                    one_by_one(stats, before, best, after, idx, weights[number])
                    for each in ((before, idx), (idx, after)):
                        rows_of[each].add(number)
                    row[i : i + 2] = [idx]
                i += 1
    return merges


assert RIGHT  # filled here as well as in right.py
