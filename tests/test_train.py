"""The command line: what `python -m minbpe.train` reads, writes, prints, and refuses."""

from __future__ import annotations

import errno
import io
import os
import random
import re
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest

from minbpe import BasicTokenizer, RegexTokenizer, blocks, corpora, counting, reading, train
from minbpe.patterns import GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN

POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX only")
PATTERNS = {"gpt2": GPT2_SPLIT_PATTERN, "gpt4": GPT4_SPLIT_PATTERN, "gpt4o": GPT4O_SPLIT_PATTERN}
# What a user's environment may hold that changes how Python prints.
ODD = ("PYTHONUNBUFFERED", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS", "TQDM_")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(ODD)}


class Result(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Everything happens in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command in this process."""

    def run(*argv):
        code = train.main([str(arg) for arg in argv])
        return Result(code, *capsys.readouterr())

    return run


def command(*argv, **options):
    """Run the command as a user does."""
    options = {"env": ENVIRONMENT, "capture_output": True, "encoding": "utf-8"} | options
    done = subprocess.run([sys.executable, "-m", "minbpe.train", *map(str, argv)], **options)
    return Result(done.returncode, done.stdout, done.stderr)


def test_the_command_runs_as_a_file_too_as_an_editor_runs_it():
    write("a.txt", "hello hello hello")
    argv = [
        "a.txt",
        "--tokenizer",
        "regex",
        "--pattern",
        r"[a-z]+|\s",
        "--vocab-size",
        "260",
    ]  # the pattern needs regex
    done = subprocess.run([sys.executable, train.__file__, *argv], env=ENVIRONMENT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    tokenizer = RegexTokenizer()
    tokenizer.load("models/regex.model")
    assert tokenizer.merges == learned("hello hello hello", 260, r"[a-z]+|\s")


def give_stdin(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="ascii"))


def write(path, text):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def files():
    """All files and folders here, hidden and half-written ones too."""
    return sorted(path.as_posix() for path in Path().rglob("*"))


def learned(texts, vocab_size=512, pattern=None):
    tokenizer = RegexTokenizer(pattern)
    tokenizer.train(texts, vocab_size)
    return tokenizer.merges


def regex_merges(path="models/regex.model"):
    tokenizer = RegexTokenizer()
    tokenizer.load(path)
    return tokenizer.merges


def basic_merges(path="models/basic.model"):
    tokenizer = BasicTokenizer()
    tokenizer.load(path)
    return tokenizer.merges


def assert_fails(result, *words):
    """One line on stderr that says all of `words`, nothing on stdout, exit code 2."""
    assert result.code == 2
    assert result.out == ""
    assert re.fullmatch(r"minbpe\.train: error: [^\n]+\n", result.err)
    for word in words:
        assert str(word) in result.err


# What is trained


def test_without_arguments_both_tokenizers_learn_from_the_english_corpus(run):
    result = run()
    assert (result.code, result.err) == (0, "")
    assert files() == [
        "models", "models/basic.model", "models/basic.vocab", "models/regex.model", "models/regex.vocab"
    ]  # fmt: skip
    english = corpora.load("english")
    basic = BasicTokenizer()
    basic.train(english, 512)
    assert basic_merges() == basic.merges
    assert regex_merges() == learned(english)


def test_a_corpus_is_chosen_by_name(run):
    assert run("--corpus", "story", "--tokenizer", "regex").code == 0
    assert regex_merges() == learned(corpora.load("story"))


@pytest.mark.parametrize("name", ["basic", "regex"])
def test_one_tokenizer_alone_writes_its_own_two_files(run, name):
    result = run("--corpus", "c", "--tokenizer", name, "--vocab-size", 300)
    assert result.code == 0
    assert files() == ["models", f"models/{name}.model", f"models/{name}.vocab"]
    merges = basic_merges() if name == "basic" else regex_merges()
    assert len(merges) == 300 - 256


@pytest.mark.parametrize(
    "name, pattern", [*PATTERNS.items(), ("o200k_base", GPT4O_SPLIT_PATTERN), (r"\w+|\W", r"\w+|\W"), ("", "")]
)
def test_a_pattern_is_called_by_name_or_written_out(run, name, pattern):
    assert run("--corpus", "unicode", "--tokenizer", "regex", "--pattern", name, "--vocab-size", 260).code == 0
    tokenizer = RegexTokenizer()
    tokenizer.load("models/regex.model")
    assert tokenizer.pattern == pattern
    assert tokenizer.merges == learned(corpora.load("unicode"), 260, pattern)


def test_special_tokens_have_the_ids_after_the_vocabulary_in_the_order_given(run):
    argv = ["--special", "<|end|>", "--special", "<| a b |>", "--special=-x", "--special", "<|end|>"]
    assert run("--vocab-size", 300, *argv).code == 0
    tokenizer = RegexTokenizer()
    tokenizer.load("models/regex.model")
    assert tokenizer.special_tokens == {"<|end|>": 300, "<| a b |>": 301, "-x": 302}
    assert len(tokenizer.merges) == 300 - 256
    assert tokenizer.encode("<|end|>-x", allowed_special="all") == [300, 302]


def test_special_tokens_follow_the_vocabulary_that_was_really_learned(run):
    write("a.txt", "aaaa")
    result = run("a.txt", "--vocab-size", 300, "--special", "<|end|>", "--special", "<|pad|>", "--tokenizer", "regex")
    assert result.code == 0
    tokenizer = RegexTokenizer()
    tokenizer.load("models/regex.model")
    assert len(tokenizer.merges) == 2
    assert tokenizer.special_tokens == {"<|end|>": 258, "<|pad|>": 259}
    assert "\n  ids 0 to 259: an embedding needs 260 rows\n" in result.out


@pytest.mark.parametrize(
    "output, prefix",
    [
        ("here/", "here/"),
        ("deep/er/", "deep/er/"),
        ("new", "new-"),
        ("deep/new", "deep/new-"),
        ("there", "there/"),
        (".", ""),
    ],
)
def test_output_is_a_folder_or_how_the_names_begin(run, output, prefix):
    Path("there").mkdir()
    assert run("--corpus", "c", "--output", output, "--vocab-size", 260).code == 0
    written = {f"{prefix}{name}.{suffix}" for name in ("basic", "regex") for suffix in ("model", "vocab")}
    assert {path for path in files() if Path(path).is_file()} == written


def test_options_may_stand_between_the_files(run):
    write("a.txt", "one two")
    write("b.txt", "three four")
    assert run("a.txt", "--vocab-size", 260, "b.txt", "--tokenizer", "regex").code == 0
    assert regex_merges() == learned(["one two", "three four"], 260)


# What is read


def test_each_file_is_a_document_of_its_own(run):
    write("a.txt", "xyxyx")
    write("b.txt", "yxyxy")
    assert run("b.txt", "a.txt", "--pattern", "[a-z]+").code == 0
    expected = BasicTokenizer()
    with pytest.warns(UserWarning, match="no pair left"):
        expected.train(["yxyxy", "xyxyx"], 512)
    assert basic_merges() == regex_merges() == expected.merges


def test_a_folder_is_read_in_order_of_path_at_any_depth(run):
    texts = {
        "f/10.txt": "dd ee",
        "f/9.md": "cc",
        "f/B/c": "ff",
        "f/a/x.py": "aa bb",
        "f/a.txt": "gg",
        "f/été.txt": "hh",
    }
    for path, text in reversed(texts.items()):
        write(path, text)
    assert run("f", "--tokenizer", "regex", "--vocab-size", 263).code == 0
    # Every pair occurs once, so the merges come in the order in which the files were read.
    assert regex_merges() == learned([texts[path] for path in sorted(texts)], 263)


def test_a_folder_and_its_files_given_with_a_slash_or_a_dot_are_the_same(run, monkeypatch):
    write("f/a.txt", "some text, some more text")
    outputs = []
    for name in ("f", "f/", "./f"):
        assert run(name, "--tokenizer", "regex", "--vocab-size", 260).code == 0
        outputs.append(regex_merges())
    monkeypatch.chdir("f")
    assert run(".", "--tokenizer", "regex", "--vocab-size", 260).code == 0
    assert [*outputs, regex_merges()] == [learned("some text, some more text", 260)] * 4


def test_hidden_files_and_folders_in_a_folder_are_passed_over_without_a_word(run):
    write(".f/a.txt", "aaa aaa")
    write(".f/.b.txt", "bbb bbb bbb")
    write(".f/.git/c.txt", "ccc ccc ccc ccc")
    result = run(".f", "--tokenizer", "regex", "--vocab-size", 257)
    assert result.code == 0 and "passed over" not in result.out
    assert regex_merges() == {(97, 97): 256}


def test_files_in_a_folder_that_are_not_text_are_passed_over_and_counted(run):
    write("f/a.txt", "aaa aaa")
    write("f/b.png", b"\x89PNG\r\n\x1a\n" + b"bb" * 100)
    write("f/c.bin", b"cc\0" * 100)
    write("f/d.txt", "d" * 100 + "é")
    result = run("f", "--tokenizer", "regex", "--vocab-size", 257)
    assert result.code == 0
    assert regex_merges() == {(100, 100): 256}
    assert result.out.startswith(f"f: 2 files are not text and passed over, such as {Path('f/b.png')}\n")
    assert "passed over" not in run("f", "--quiet").out


def test_with_errors_replace_only_a_nul_makes_a_file_in_a_folder_no_text(run):
    write("f/latin1.txt", "é é é é".encode("latin-1"))
    write("f/c.bin", b"cc\0" * 100)
    assert_fails(run("f"), "no text", "f")
    assert run("f", "--errors", "replace", "--tokenizer", "regex", "--vocab-size", 258).code == 0
    assert regex_merges() == learned("� � � �", 258)


@POSIX
def test_what_is_no_file_in_a_folder_is_passed_over(run):
    write("f/a.txt", "aaa aaa")
    os.symlink("nowhere", "f/link")
    os.symlink(".", "f/loop")
    assert run("f", "--tokenizer", "regex", "--vocab-size", 257).code == 0
    assert regex_merges() == {(97, 97): 256}


def test_a_file_named_outright_may_hold_nul_characters(run):
    write("a.bin", "a\0b a\0b a\0b")
    assert run("a.bin", "--tokenizer", "regex", "--vocab-size", 258).code == 0
    assert regex_merges() == learned("a\0b a\0b a\0b", 258)


def test_standard_input_is_read_once_for_both_tokenizers(run, monkeypatch):
    text = "Übung macht den Meister, Übung macht müde.\r\n" * 3
    give_stdin(monkeypatch, text.encode())
    assert run("-", "--vocab-size", 280).code == 0
    basic = BasicTokenizer()
    basic.train(text, 280)
    assert basic_merges() == basic.merges
    assert regex_merges() == learned(text, 280)


def test_standard_input_and_files_are_read_in_the_order_given(run, monkeypatch):
    write("a.txt", "aa")
    write("c.txt", "cc")
    give_stdin(monkeypatch, b"bb")
    assert run("c.txt", "-", "a.txt", "--vocab-size", 259).code == 0
    assert list(regex_merges()) == [(99, 99), (98, 98), (97, 97)]


@POSIX
def test_a_pipe_with_a_name_is_read_once_for_both_tokenizers(run):
    os.mkfifo("pipe")
    with subprocess.Popen(["sh", "-c", "printf 'ab ab ab' > pipe"]):
        assert run("pipe", "--vocab-size", 258).code == 0
    assert list(basic_merges()) == [(97, 98), (256, 32)]
    assert list(regex_merges()) == [(97, 98), (32, 256)]


@pytest.mark.parametrize("tokenizer", ["basic", "regex"])
def test_newlines_and_everything_else_stay_as_they_are(run, tokenizer):
    text = "a\r\nb\rc\nd\u2028e\x85\x1a\ufeff" * 9
    write("a.txt", text)
    assert run("a.txt", "--tokenizer", tokenizer, "--vocab-size", 262).code == 0
    expected = BasicTokenizer() if tokenizer == "basic" else RegexTokenizer()
    expected.train(text, 262)
    assert (basic_merges() if tokenizer == "basic" else regex_merges()) == expected.merges


def test_a_byte_order_mark_is_left_out_at_the_start_of_each_file_and_nowhere_else(run, monkeypatch):
    write("a.txt", "\ufeffab ab")
    write("b.txt", "\ufeff\ufeffab")
    give_stdin(monkeypatch, "\ufeffab".encode())
    result = run("a.txt", "b.txt", "-", "--tokenizer", "regex", "--vocab-size", 257)
    assert f"; {len('ab ab') + 3 + len('ab') + len('ab')} bytes" in result.out


def test_memory_follows_the_distinct_chunks_and_not_the_size_of_the_file(run):
    draw = random.Random(0)
    words = ["".join(draw.choices("abcdefgh", k=400)) for _ in range(100)]
    megabyte = " ".join(draw.choices(words, k=(1 << 20) // 401)).encode()
    with open("big.txt", "wb") as file:
        for _ in range(64):
            file.write(megabyte)
    tracemalloc.start()
    try:
        assert run("big.txt", "--tokenizer", "regex", "--vocab-size", 260, "--workers", 1).code == 0
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


# What is printed

SUMMARY = re.compile(
    r"(\w+): ([\d,]+) merges in ([\d.]+) s; ([\d,]+) bytes became ([\d,]+) tokens, ([\d.]+) bytes per token\n"
    r"  ids 0 to \d+: an embedding needs (\d+) rows\n"
    r"  (.+)\.model \(to load\) and (.+)\.vocab \(to look at\)\n"
)


@pytest.mark.parametrize("text", ["a" * 1001, "hello aaaa aaaaa -----\n\n\n\n" * 40, corpora.load("unicode")])
def test_the_summary_tells_what_encoding_the_text_again_would_tell(run, text):
    write("a.txt", text)
    result = run("a.txt", "--vocab-size", 300)
    assert result.code == 0
    found = SUMMARY.findall(result.out)
    assert SUMMARY.sub("", result.out) == ""
    assert [name for name, *_ in found] == ["basic", "regex"]
    for tokenizer, (name, merges, _, num_bytes, num_tokens, ratio, rows, model, vocab) in zip(
        [BasicTokenizer(), RegexTokenizer()], found, strict=True
    ):
        assert Path(model) == Path(vocab) == Path("models", name)
        tokenizer.load(f"{model}.model")
        tokens, size = len(tokenizer.encode(text)), len(text.encode())
        expected = f"{len(tokenizer.merges):,}", f"{size:,}", f"{tokens:,}", f"{size / tokens:.2f}"
        assert (merges, num_bytes, num_tokens, ratio) == expected
        assert int(rows) == max(tokenizer.vocab) + 1


def test_the_summary_is_over_all_documents(run):
    write("f/a.txt", "aaa " * 100)
    write("f/b.txt", "aaab" * 100)
    result = run("f", "--vocab-size", 257)
    for _, _, _, num_bytes, num_tokens, *_ in SUMMARY.findall(result.out):
        assert (num_bytes, num_tokens) == ("800", "600")


def test_quiet_prints_nothing(run):
    assert run("--quiet", "--vocab-size", 260) == (0, "", "")
    assert "models/regex.model" in files()


def test_a_text_that_runs_out_of_pairs_is_a_line_of_warning_and_no_error(run):
    write("a.txt", "abab")
    result = run("a.txt", "--tokenizer", "regex", "--quiet")
    assert (result.code, result.out) == (0, "")
    assert re.fullmatch(r"minbpe\.train: warning: the text has no pair left [^\n]*2 merges[^\n]*\n", result.err)
    assert len(regex_merges()) == 2


def test_the_warning_is_printed_even_where_warnings_are_errors(folder):
    write("a.txt", "abab")
    result = command("a.txt", env=ENVIRONMENT | {"PYTHONWARNINGS": "error"})
    assert result.code == 0
    assert result.err.count("\n") == result.err.count("minbpe.train: warning: ") == 2


def test_a_vocabulary_of_the_bytes_alone_needs_no_merges(run):
    result = run("--vocab-size", 256)
    assert (result.code, result.err) == (0, "")
    assert result.out.count(": 0 merges in ") == result.out.count("1.00 bytes per token") == 2


def test_help_states_the_rules(run, capsys):
    with pytest.raises(SystemExit) as leaving:
        run("--help")
    assert leaving.value.code == 0
    out = capsys.readouterr().out
    assert out.isascii()  # so that every terminal can show it
    for word in ("--vocab-size", "gpt4o", "python-docs", "folder", "UTF-8", "NUL", "byte order mark", "document"):
        assert word in out


def test_nothing_but_the_summary_is_printed_where_nobody_watches(folder):
    result = command("--vocab-size", 300)
    assert (result.code, result.err) == (0, "")
    assert SUMMARY.sub("", result.out) == ""


@POSIX
@pytest.mark.parametrize("option", [None, "--quiet"])
def test_progress_is_shown_on_a_terminal_unless_quiet(folder, option):
    import fcntl
    import pty
    import struct
    import termios

    write("a.txt", corpora.load("english"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "minbpe.train", "a.txt", *([option] if option else [])],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        # Reading the end of a terminal that is gone is an error on Linux, and empty on macOS.
        try:
            while block := os.read(ours, 4096):
                shown += block
        except OSError as error:
            assert error.errno == errno.EIO
        out = process.stdout.read().decode()
    os.close(ours)
    assert process.returncode == 0
    if option:
        assert (shown, out) == (b"", "")
        return
    assert SUMMARY.sub("", out) == ""
    bars = re.findall(r"(reading|basic|regex): +\d+%", shown.decode())
    assert list(dict.fromkeys(bars)) == ["reading", "basic", "regex"]
    assert re.search(r"\r +\r$", shown.decode())  # and in the end it is wiped out


def test_an_error_takes_the_progress_bar_off_the_terminal(run, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def run_out_of_memory(counts, totals):
        raise MemoryError

    write("a.txt", "some text")
    monkeypatch.setattr(counting.Partial, "add_to", run_out_of_memory)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert run("a.txt", "--tokenizer", "regex").code == 2
    shown = sys.stderr.getvalue()
    assert "reading:   0%" in shown
    assert re.search(r"\r +\rminbpe\.train: error: out of memory\n$", shown)


def test_a_name_that_the_terminal_cannot_show_is_escaped(folder):
    result = command("--output", "mödel/", "--vocab-size", 256, env=ENVIRONMENT | {"PYTHONIOENCODING": "ascii"})
    assert result.code == 0
    assert "m\\xf6del" in result.out
    result = command("нет.txt", env=ENVIRONMENT | {"PYTHONIOENCODING": "ascii"})
    assert_fails(result, r"\u043d\u0435\u0442.txt")


# What goes wrong


def test_a_missing_file_is_named_before_anything_is_read(run, monkeypatch):
    monkeypatch.setattr(blocks, "texts", lambda *_: pytest.fail("was read"))
    write("a.txt", "some text")
    assert_fails(run("a.txt", "missing.txt"), "missing.txt")
    assert files() == ["a.txt"]


def test_a_folder_without_text_is_named(run):
    write("f/.hidden.txt", "some text")
    write("f/a.bin", b"\xff")
    assert_fails(run("f"), "no text", "f")
    Path("empty").mkdir()
    assert_fails(run("empty"), "no text", "empty")


def test_a_folder_that_cannot_be_listed_is_an_error(run):
    write("f/a.txt", "some text")
    write("f/locked/b.txt", "some text")
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path).endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return scandir(path)

    with mock.patch("os.scandir", refuse):
        assert_fails(run("f"), Path("f/locked"), "Permission denied")


@pytest.mark.parametrize("tokenizer", ["basic", "regex", "both"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_file_that_is_not_utf8_is_named_with_the_byte(run, monkeypatch, tokenizer, bom):
    monkeypatch.setattr(reading, "READ", 8)
    data = bom + b"some text, and then: caf\xe9 au lait"
    write("bad.txt", data)
    write("good.txt", "some text")
    result = run("good.txt", "bad.txt", "--tokenizer", tokenizer)
    assert_fails(result, "bad.txt", "0xe9", f"offset {data.index(0xE9)} ", "--errors replace")
    assert files() == ["bad.txt", "good.txt"]


def test_standard_input_that_is_not_utf8_is_named_with_the_byte(run, monkeypatch):
    give_stdin(monkeypatch, b"abc\xe2\x82")
    assert_fails(run("-"), "standard input", "0xe2", "offset 3 ")


def test_errors_replace_goes_on(run):
    write("bad.txt", b"caf\xe9 caf\xe9")
    assert run("bad.txt", "--errors", "replace", "--tokenizer", "regex", "--vocab-size", 259).code == 0
    assert regex_merges() == learned("caf� caf�", 259)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("tokenizer", ["regex", "both"])
def test_an_empty_text_is_an_error_that_leaves_the_last_model_alone(run, monkeypatch, data, tokenizer):
    write("models/regex.model", "precious")
    give_stdin(monkeypatch, data)
    assert_fails(run("-", "--tokenizer", tokenizer), "empty")
    assert Path("models/regex.model").read_text() == "precious"


@pytest.mark.parametrize(
    "argv, words",
    [
        (["--vocab-size", "255"], ["--vocab-size", "256", "255"]),
        (["--vocab-size", "-1", "--special", "<|end|>"], ["--vocab-size", "256", "-1"]),
        (["--vocab-size", "many"], ["--vocab-size", "many"]),
        (["--pattern", "(a"], ["pattern", "(a", "missing )"]),
        (["--pattern", "[\n"], ["pattern", "[\\n"]),
        (["--special", ""], ["special token", "empty"]),
        (["--tokenizer", "basic", "--special", "<|end|>"], ["--special", "regex"]),
        (["--tokenizer", "basic", "--pattern", "gpt2"], ["--pattern", "regex"]),
        (["--tokenizer", "gpt4"], ["--tokenizer", "gpt4", "basic"]),
        (["--corpus", "shakespeare"], ["shakespeare", "english", "python-docs"]),
        (["--corpus", "english", "a.txt"], ["--corpus", "not on both"]),
        (["--errors", "ignore"], ["--errors", "ignore"]),
        (["--output", "-"], ["--output", "standard output"]),
        (["--workers", "0"], ["--workers", "at least 1"]),
        (["--min-frequency", "0"], ["--min-frequency", "at least 1"]),
        (["--workers", "2", "--cluster", "tcp://127.0.0.1:9"], ["--workers", "--cluster"]),
        (["--tokenizer", "basic", "--workers", "2"], ["--workers", "regex"]),
        (["--timeout", "0"], ["--timeout", "above 0"]),
        (["--unknown"], ["--unknown"]),
        (["--vocab", "300"], ["--vocab"]),
        (["--output"], ["--output"]),
        (["a\0b.txt"], ["null"]),
        (["no\nsuch\x1b[31mfile"], ["no\\u000asuch\\u001b[31mfile"]),
    ],
    ids=lambda value: " ".join(value[:2]).encode("unicode_escape").decode(),
)
def test_wrong_use_is_one_line_that_says_what(run, argv, words):
    write("a.txt", "some text")
    assert_fails(run(*argv), *words)
    assert files() == ["a.txt"]


def test_output_that_cannot_be_written_is_an_error_before_anything_is_read(run, monkeypatch):
    write("a.txt", "some text")
    monkeypatch.setattr(blocks, "texts", lambda *_: pytest.fail("was read"))
    assert_fails(run("a.txt", "--output", "a.txt/models/"), "a.txt")
    with mock.patch("os.access", lambda path, mode: False):
        assert_fails(run("a.txt", "--output", "here/"), "here")
    assert files() == ["a.txt"]


def test_a_folder_in_the_place_of_the_model_is_an_error_without_half_files(run):
    Path("models/regex.model").mkdir(parents=True)
    assert_fails(run("--tokenizer", "regex"), "cannot write", Path("models/regex.model"))
    assert not [path for path in files() if path.endswith(".part")]


def test_a_full_disk_is_an_error_that_leaves_the_old_files_whole(run):
    assert run("--corpus", "story", "--tokenizer", "regex").code == 0
    before = {path: path.read_bytes() for path in Path("models").iterdir()}
    with mock.patch("os.fsync", side_effect=OSError(errno.ENOSPC, "No space left on device")):
        assert_fails(run("--tokenizer", "regex"), Path("models/regex.model"), "No space left on device")
    assert {path: path.read_bytes() for path in Path("models").iterdir()} == before


@POSIX
def test_a_write_that_the_system_cuts_short_leaves_no_half_file(folder):
    import resource

    result = command(
        "--tokenizer", "regex", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    )  # fmt: skip
    assert_fails(result, "cannot write", "models/regex.model")
    assert files() == ["models"]


@POSIX
def test_standard_output_that_cannot_be_written_is_one_line(folder):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:
        result = command("--vocab-size", 260, stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert_fails(result._replace(out=""), "<stdout>", "No space left on device")


def test_a_pattern_that_backtracks_without_end_is_an_error(run):
    write("a.txt", " " * 20_000 + "x")
    assert_fails(
        run("a.txt", "--pattern", r"\s+$|\S+", "--timeout", 0.2, "--tokenizer", "regex"), "0.2 seconds", r"\s+$"
    )


def test_a_second_run_does_not_train_on_what_the_first_has_written(run):
    write("a.txt", "some text, some text, some text")
    for _ in range(2):
        assert run(".", "--vocab-size", 262, "--tokenizer", "regex").code == 0
        assert regex_merges() == learned("some text, some text, some text", 262)
    write("models/b.txt", "more text")  # a folder of that name may hold text, too
    assert run("models", "--vocab-size", 257, "--tokenizer", "regex", "--output", "new/").code == 0
    assert regex_merges("new/regex.model") == learned("more text", 257)


def test_records_and_globs_are_read(run):
    write("f/a.jsonl", '{"text": "one two"}\n{"text": "three"}\n')
    write("f/b.txt", "four")
    assert run("f/*", "--field", "text", "--tokenizer", "both", "--vocab-size", 258).code == 0
    assert regex_merges() == learned(["one two", "three", "four"], 258)
    basic = BasicTokenizer()
    basic.train(["one two", "three", "four"], 258)
    assert basic_merges() == basic.merges
    assert_fails(run("f/a.jsonl"), "a.jsonl", "--field")


@POSIX
def test_ctrl_c_during_the_imports_ends_the_command_without_a_traceback(folder):
    Path("tqdm.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(30)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "minbpe.train"],
        env=ENVIRONMENT | {"PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    with process:
        assert process.stdout.readline() == b"importing\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (-signal.SIGINT, b"", b"")


def test_too_little_memory_is_one_line(run, monkeypatch):
    monkeypatch.setattr(blocks, "texts", mock.Mock(side_effect=MemoryError))
    write("a.txt", "some text")
    assert_fails(run("a.txt"), "out of memory")


def test_an_interruption_is_one_line_and_leaves_the_old_files_whole(run):
    write("models/regex.model", "precious")
    with mock.patch("os.fsync", side_effect=KeyboardInterrupt):
        assert run("--tokenizer", "regex") == (130, "", "minbpe.train: interrupted\n")
    assert files() == ["models", "models/regex.model"]
    assert Path("models/regex.model").read_text() == "precious"


@POSIX
def test_ctrl_c_ends_the_command_with_130(folder):
    with subprocess.Popen(
        [sys.executable, "-m", "minbpe.train", "-"],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell that runs the tests in the background has them ignore Ctrl-C, and so what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        # It waits for the rest of standard input once it has taken more than a pipe holds.
        process.stdin.write(b"some text " * (1 << 17))
        process.stdin.flush()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"minbpe.train: interrupted\n")
    assert files() == []
