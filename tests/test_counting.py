"""Counting in blocks, on cores and on clusters gives what counting everything at once gives; and what it reads."""

from __future__ import annotations

import bz2
import gzip
import itertools
import json
import lzma
import random
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minbpe import RegexTokenizer, blocks, corpora, counting, reading, workers
from minbpe.blocks import first_cut, first_line, texts_of
from minbpe.counting import count_chunks
from minbpe.patterns import GPT4_SPLIT_PATTERN, KNOWN_PATTERNS, Splitter
from minbpe.sources import Source, find

PATTERNS = sorted(KNOWN_PATTERNS)

NASTY = [
    *[" ", "  ", "\n", "\r", "\r\n", "\n\n", "\t", "\v", "\x1c", "\x85", "\u00a0", "\u2028", "\u3000", "\ufeff", "\0"],
    *["a", "B", "z", "é", "ß", "ſ", "я", "Ж", "の", "ア", "漢", "한", "ǅ", "ʰ", "ª", "e\u0301", "\u0301", "\u200d"],
    *["'", "'s", "'S", "'ll", "'L", "’s", "don't", "0", "1", "234", "٣", "½", "Ⅷ", ".", ",", "。", "、", "！", "/"],
    *["!?", "--", "_", "(", "😉", "👩\u200d🚀", "𝒜", "𐐷", "𝟘", "\U00010400x", " a", "x ", "\n.", ".\n", "/\n", "\n/"],
]
DAMAGE = [b"\xe2\x82", b"\xf0\x9f", b"\xff", b"\xed\xa0\x80", b"\xc0", b"\x80", b"\x80\x80\x80\x80\x80", b"\x80 "]
texts = st.lists(st.sampled_from(NASTY), max_size=30).map("".join)
damaged = st.lists(st.sampled_from([*(each.encode() for each in NASTY), *DAMAGE * 4]), max_size=30).map(b"".join)
sizes = st.integers(1, 9)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Everything happens in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, data):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path


@contextmanager
def in_pieces(block, read):
    """Blocks of so many bytes, read so many bytes at a time."""
    patches = [mock.patch.object(module, "READ", read) for module in (blocks, reading)]
    with patches[0], patches[1], mock.patch.object(blocks, "BLOCK", block):
        yield


def chunks_in_blocks(source, pattern):
    """The chunks of each block, one after another, as workers would find them."""
    splitter = Splitter(pattern)
    for block in blocks.blocks([source], splitter.known):
        for text in texts_of(block, splitter.known):
            yield from splitter.split(text)


def counted_at_once(documents, pattern=GPT4_SPLIT_PATTERN):
    """What training on the documents counts."""
    tokenizer = RegexTokenizer(pattern)
    return list(tokenizer._count_chunks(documents).items())


# Where a file can be cut


def assert_every_cut_is_safe(data, patterns=PATTERNS, limits=False):
    """Whatever byte one starts from, cutting there changes no chunk; and with a limit the answer is the same."""
    file = BytesIO(data)
    text = data.decode("utf-8", "replace")
    cuts = [first_cut(file, place) for place in range(len(data) + 1)]
    assert cuts == sorted(cuts)
    for place, cut in enumerate(cuts):
        assert place <= cut <= len(data)
        for limit in range(place + 1, len(data) + 1) if limits else ():
            found = first_cut(file, place, limit)
            assert found == cut or (found is None and cut == cuts[limit])
    for cut in set(cuts):
        left, right = data[:cut].decode("utf-8", "replace"), data[cut:].decode("utf-8", "replace")
        assert left + right == text
        for pattern in patterns:
            split = Splitter(pattern).split
            assert split(left) + split(right) == split(text), (left, right)


@settings(max_examples=120)
@given(text=texts, read=st.sampled_from([1, 2, 3, 7, 1000]))
@example(text=" a\n\n.b .\n. ,/\n c。\n'", read=1)
@example(text="!\n\n x\r\n \n!/\n/ a'S'T.a 12,345", read=2)
def test_whatever_byte_the_search_starts_from_the_cut_changes_no_chunk(text, read):
    with in_pieces(1, read):
        assert_every_cut_is_safe(text.encode())


@settings(max_examples=120)
@given(data=damaged, read=st.sampled_from([1, 2, 3, 7, 1000]))
@example(data=b"a\x80\x80\x80\x80\x80 b", read=1)
@example(data=b"\xe2\x82 \xe2\x82\n.", read=3)
def test_no_cut_leans_on_bytes_that_are_not_utf8(data, read):
    with in_pieces(1, read):
        assert_every_cut_is_safe(data, [GPT4_SPLIT_PATTERN], limits=True)


def test_every_short_text_of_characters_around_a_cut_can_be_cut_wherever_the_search_says(long):
    for length in range(5 if long else 4):
        for characters in itertools.product("aA'sд1 \n\t\r!。\u0300/漢\u3000", repeat=length):
            assert_every_cut_is_safe("".join(characters).encode())


@pytest.mark.parametrize("name", ["unicode", "parallel", "code", "english"])
def test_every_corpus_can_be_cut_within_a_few_bytes_of_any_place(name):
    data = corpora.load(name).encode()
    file = BytesIO(data)
    draw = random.Random(0)
    distances = [first_cut(file, place) - place for place in draw.choices(range(len(data)), k=300)]
    assert max(distances) < 200


def test_looking_for_a_cut_ends_at_the_limit_in_a_text_that_has_none():
    with in_pieces(1, 100):
        file = BytesIO(b"a" * 10_000)
        assert first_cut(file, 1000, limit=2000) is None
        assert file.tell() <= 2200
        assert first_cut(file, 1000) == 10_000


@given(data=st.binary(max_size=40).map(lambda data: data.replace(b"\x00", b"\n")), read=sizes)
def test_lines_are_cut_where_lines_begin(data, read):
    starts = [0, *(place + 1 for place, byte in enumerate(data) if byte == 10), len(data)]
    with in_pieces(1, read):
        for place in range(len(data) + 1):
            assert first_line(BytesIO(data), place) == min(start for start in starts if start >= place)


# Blocks


@settings(max_examples=200)
@given(text=texts, block=sizes, read=sizes, pattern=st.sampled_from(PATTERNS))
def test_the_blocks_of_a_file_have_the_chunks_of_the_whole_file(text, block, read, pattern):
    with tempfile.TemporaryDirectory() as folder, in_pieces(block, read):
        source = Source(str(write(Path(folder, "a.txt"), text)))
        assert list(chunks_in_blocks(source, pattern)) == Splitter(pattern).split(text.removeprefix("\ufeff"))


@settings(max_examples=80)
@given(data=damaged, block=sizes, read=sizes)
def test_bytes_that_are_not_utf8_are_replaced_in_blocks_as_in_the_whole(data, block, read):
    with tempfile.TemporaryDirectory() as folder, in_pieces(block, read):
        source = Source(str(write(Path(folder, "a.txt"), data)), errors="replace")
        chunks = list(chunks_in_blocks(source, GPT4_SPLIT_PATTERN))
    assert chunks == Splitter(GPT4_SPLIT_PATTERN).split(data.decode("utf-8", "replace").removeprefix("\ufeff"))


@settings(max_examples=80)
@given(data=damaged, block=sizes, read=sizes)
def test_bytes_that_are_not_utf8_are_found_at_their_place_whatever_the_blocks(data, block, read):
    with tempfile.TemporaryDirectory() as folder, in_pieces(block, read):
        path = write(Path(folder, "a.txt"), data)
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            with pytest.raises(ValueError, match=rf"a\.txt .* byte 0x{data[error.start]:02x} at offset {error.start} "):
                count_chunks(path)
        else:
            count_chunks(path)


def test_a_text_with_spaces_is_read_in_about_as_many_pieces_as_fit():
    text = "Größe ist, was bleibt.\r\n" * 200
    source = Source(str(write("a.txt", text)))
    with in_pieces(1 << 20, 50):
        (block,) = blocks.blocks([source], known=True)
        pieces = list(texts_of(block, known=True))
    assert len(pieces) > len(text) / 50
    assert max(map(len, pieces)) < 3 * 50


def test_a_text_without_a_place_to_cut_is_read_by_the_first_block_and_skipped_by_the_others():
    source = Source(str(write("a.txt", "a" * 1000)))
    with in_pieces(100, 10):
        found = [list(texts_of(block, known=True)) for block in blocks.blocks([source], known=True)]
    assert len(found) == 10
    assert ["".join(each) for each in found] == ["a" * 1000, *[""] * 9]


def test_small_files_share_a_block_and_large_ones_are_cut():
    for number in range(20):
        write(f"f/{number:02}.txt", "some text")
    write("f/99.txt", "some text " * 100)
    with in_pieces(100, 100):
        found = list(blocks.blocks(find("f").sources, known=True))
    parts = [len(block.parts) for block in found]
    assert parts == [11, 9, *[1] * 10]
    assert sum(block.size for block in found) == 20 * 9 + 1000


def test_a_pattern_of_your_own_sees_each_file_whole():
    text = "one two three. four five six. " * 9
    write("a.txt", text)
    with in_pieces(16, 16):
        assert list(count_chunks("a.txt", r"(?s).{7}").items()) == counted_at_once([text], r"(?s).{7}")


# What is read

STORY = ["Once upon a time, there was ", "", "a füchs;\nand it's 3,000 years ago. 漢字。", "\ufeffno mark", "  \n"]


def records(texts, field="text"):
    return "".join(json.dumps({"id": number, field: text}) + "\n" for number, text in enumerate(texts))


@pytest.mark.parametrize("pattern", [GPT4_SPLIT_PATTERN, r"(?s).{4}"])
@pytest.mark.parametrize("block", [1, 7, 40, 1 << 20])
def test_each_line_of_json_is_a_document(block, pattern):
    write("a.jsonl", records(STORY) + "\n\n" + records(["the end"])[:-1])
    with in_pieces(block, 5):
        counts = count_chunks("a.jsonl", pattern, field="text")
    assert list(counts.items()) == counted_at_once([*STORY, "the end"], pattern)


def test_half_a_surrogate_in_json_is_read_as_training_reads_it():
    write("a.jsonl", r'{"text": "\ud83d\ude09 \ud83d"}')
    assert list(count_chunks("a.jsonl", field="text").items()) == counted_at_once(["\ud83d\ude09 \ud83d"])


def test_null_is_a_document_without_text():
    write("a.jsonl", '{"text": null}\n{"text": "a"}')
    assert count_chunks("a.jsonl", field="text") == {b"a": 1}


@pytest.mark.parametrize(
    "line, words",
    [
        ("{'text'}", ["not JSON", "offset 14"]),
        ('{"content": "a", "id": 1}', ["no field 'text'", "'content', 'id'", "offset 14"]),
        ('"text"', ["no field 'text'", "offset 14"]),
        ('{"text": 7}', ["int in the field 'text'", "offset 14"]),
        ("[" * 100_000, ["not JSON"]),
        (b'{"text": "\xff"}', ["not UTF-8", "0xff", "offset 24"]),
    ],
)
def test_a_line_that_holds_no_text_is_named_with_its_place(line, words):
    write("a.jsonl", b'{"text": "a"}\n' + (line if isinstance(line, bytes) else line.encode()))
    with pytest.raises(ValueError) as error:
        count_chunks("a.jsonl", field="text")
    for word in ["a.jsonl", *words]:
        assert word in str(error.value)


def write_parquet(path, texts, rows=2):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table({"id": list(range(len(texts))), "text": texts})
    parquet.write_table(table, path, row_group_size=rows)


@pytest.mark.parametrize("block", [1, 1 << 20])
def test_each_row_of_a_parquet_file_is_a_document(block):
    write_parquet("a.parquet", [*STORY, None, "the end"])
    with in_pieces(block, 100):
        assert list(count_chunks("a.parquet", field="text").items()) == counted_at_once([*STORY, "the end"])
    with pytest.raises(ValueError, match=r"a\.parquet has no column 'body', it has only 'id', 'text'"):
        count_chunks("a.parquet", field="body")
    with pytest.raises(ValueError, match="int in the field 'id'"):
        count_chunks("a.parquet", field="id")
    write("b.parquet", b"PAR1 no, it is not")
    with pytest.raises(ValueError, match=r"b\.parquet is damaged"):
        count_chunks("b.parquet", field="text")


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.jsonl.gz"])
def test_records_without_a_field_are_an_error_that_says_what_to_do(name):
    write(name, b"")
    with pytest.raises(ValueError, match=rf"{name} holds records.*--field"):
        count_chunks(name)
    write("f/" + name, b"")
    with pytest.raises(ValueError, match=rf"no text in the folder f; .*{name} holds records.*--field"):
        count_chunks("f")


def compress_zstd(data):
    pyarrow = pytest.importorskip("pyarrow")
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


COMPRESS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": compress_zstd}


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("large", [0, 1 << 20], ids=["handed out as text", "read by who counts it"])
def test_compressed_files_are_decompressed(suffix, large, monkeypatch):
    monkeypatch.setattr(blocks, "LARGE", large)
    text = corpora.load("story") + "漢字。é\n" * 100
    compress = COMPRESS[suffix]
    write("a.txt" + suffix, compress(text[:1000].encode()) + compress(text[1000:].encode()))  # as `cat` joins them
    write("b.jsonl" + suffix, compress(records(STORY).encode()))
    with in_pieces(1000, 100):
        counts = count_chunks(["a.txt" + suffix, "b.jsonl" + suffix], field="text")
        assert list(counts.items()) == counted_at_once([text, *STORY])
        whole = count_chunks("a.txt" + suffix, r"(?s).{11}")
        assert list(whole.items()) == counted_at_once([text], r"(?s).{11}")


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"no" + data[2:]])
def test_a_compressed_file_that_is_damaged_is_named(suffix, damage):
    write("a.txt" + suffix, damage(COMPRESS[suffix](random.Random(0).randbytes(1000).hex().encode())))
    with pytest.raises(ValueError, match=rf"a\.txt{suffix} is damaged"):
        count_chunks("a.txt" + suffix)


def test_a_folder_and_a_glob_are_read_in_order_of_path_without_what_is_no_text():
    for path in ["f/b.txt", "f/a/z.md", "f/c.txt.gz", "f/.hidden", "f/.git/x.txt", "f/d.png"]:
        data = path.encode() if not path.endswith("png") else b"\0"
        write(path, gzip.compress(data) if path.endswith(".gz") else data)
    expected = [("f/a/z.md"), "f/b.txt", "f/c.txt.gz"]
    found = find("f")
    assert [Path(each.path).as_posix() for each in found.sources] == expected
    assert [Path(each).as_posix() for each in found.passed_over] == ["f/d.png"]
    assert list(count_chunks("f").items()) == counted_at_once(expected)
    assert list(count_chunks("f/*.txt*").items()) == counted_at_once(expected[1:])
    assert list(count_chunks("f/**").items()) == counted_at_once(expected)
    with pytest.raises(ValueError, match=r"no text in what matches f/\*\.rst"):
        count_chunks("f/*.rst")


def test_a_file_whose_name_looks_like_a_glob_is_that_file():
    write("a[1].txt", "one")
    write("a1.txt", "two")
    assert count_chunks("a[1].txt") == {b"one": 1}


def test_tokenizers_are_never_text():
    write("f/a.txt", "some text, some text")
    write("f/b.vocab", "a word list, which is no tokenizer's")
    for version in (1, 2):
        tokenizer = RegexTokenizer()
        tokenizer.train("some text", 257)
        tokenizer.register_special_tokens({"< >": 300} if version == 2 else {})
        tokenizer.save(f"f/{version}")
        assert Path(f"f/{version}.model").read_text().startswith(f"minbpe v{version}")
        with pytest.raises(ValueError, match=rf"{version}\.model is a tokenizer"):
            count_chunks(f"f/{version}.model")
        with pytest.raises(ValueError, match=rf"{version}\.vocab is a tokenizer"):
            count_chunks(f"f/{version}.vocab")
    names = [Path(source.path).name for source in find("f").sources]
    assert names == ["a.txt", "b.vocab"]


def test_urls_are_read_through_fsspec():
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    system.pipe(
        {"/corpus/b.txt": b"bee bee", "/corpus/a/c.txt": b"see", "/corpus/.d": b"hidden", "/corpus/x.bin": b"\0"}
    )
    try:
        assert count_chunks("memory://corpus/b.txt") == {b"bee": 1, b" bee": 1}
        assert list(count_chunks("memory://corpus")) == [b"see", b"bee", b" bee"]
        assert list(count_chunks("memory://corpus/*.txt")) == [b"bee", b" bee"]
        with pytest.raises(FileNotFoundError, match="missing"):
            count_chunks("memory://corpus/missing.txt")
    finally:
        system.rm("/corpus", recursive=True)
    with pytest.raises(ValueError, match="nothing://x"):
        count_chunks("nothing://x")


def test_without_fsspec_and_pyarrow_an_error_says_how_to_get_them():
    write("a.zst", b"")
    with mock.patch.dict(sys.modules, {"fsspec.core": None, "pyarrow": None, "compression": None}):
        for path in ("memory://a.txt", "a.zst"):
            with pytest.raises(ValueError, match=r"pip install .*\[cluster\]"):
                count_chunks(path)


def test_what_is_read_only_once_is_counted_in_blocks_too(monkeypatch):
    text = corpora.load("story")
    monkeypatch.setattr(sys, "stdin", mock.Mock(buffer=BytesIO(text.encode())))
    with in_pieces(1000, 100):
        assert list(count_chunks("-").items()) == counted_at_once([text])


# What is forgotten


def test_with_a_min_frequency_what_is_rare_is_forgotten_after_each_group_of_blocks():
    # A group is eight blocks of 10 bytes. "often" comes again and again, "twice" once in two groups, "here" within one.
    lines = [f"often{number:03}\n" for number in range(24)]
    lines[1] = lines[9] = "twice...\n"
    lines[18] = lines[19] = "here....\n"
    write("a.txt", "".join(lines).replace("\n", ".\n"))
    with in_pieces(10, 10):
        everything = count_chunks("a.txt")
        kept = count_chunks("a.txt", min_frequency=2)
    assert everything[b"twice"] == 2
    assert b"twice" not in kept
    assert kept[b"here"] == 2
    assert kept[b"often"] == everything[b"often"]
    assert min(kept.values()) >= 2


@settings(max_examples=50)
@given(text=texts.map(lambda text: text * 3), block=sizes, min_frequency=st.integers(2, 4))
def test_a_count_is_too_low_by_no_more_than_is_stated_and_never_too_high(text, block, min_frequency):
    with tempfile.TemporaryDirectory() as folder, in_pieces(block, 100):
        path = write(Path(folder, "a.txt"), text)
        everything, kept = count_chunks(path), count_chunks(path, min_frequency=min_frequency)
        groups = -(-len(list(blocks.blocks([Source(str(path))], known=True))) // workers.GROUP)
    for chunk, count in everything.items():
        assert count - groups * (min_frequency - 1) <= kept.get(chunk, 0) <= count
    assert all(count >= min_frequency for count in kept.values())


@settings(max_examples=50)
@given(st.lists(texts, max_size=5))
def test_packed_counts_are_the_counts(documents):
    parts = [Counter(dict(counted_at_once([text]))) for text in documents]
    totals: dict[bytes, int] = {}
    counting.add_up(map(counting.Partial.of, parts)).add_to(totals)
    assert list(totals.items()) == counted_at_once(documents)
