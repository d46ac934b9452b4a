"""The corpora: what load and parallel promise, and what the texts themselves must be."""

from __future__ import annotations

import html.parser
import os
import shutil
import sqlite3
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from minbpe import corpora
from minbpe.corpora import LANGUAGES, load, names, parallel

ENGLISH = ["story", "report", "recipes", "letters", "dialogue", "log", "table"]
CODE = ["python", "javascript", "c", "rust", "sql", "html"]
FOLDER = Path(corpora.__file__).parent
FILES = sorted(FOLDER.rglob("*.txt"))


def file_id(path):
    return path.relative_to(FOLDER).as_posix()


# Loading


@pytest.mark.parametrize("name", names())
def test_every_name_loads_a_text(name):
    text = load(name)
    assert type(text) is str
    assert text.strip()
    assert text.endswith("\n") and not text.endswith("\n\n")
    assert "\r" not in text


def test_names_are_the_texts_and_the_groups():
    groups = ["english", "code", "parallel", "all", "python-docs"]
    assert len(names()) == len(set(names()))
    assert set(names()) == {*ENGLISH, *CODE, "unicode", *groups}


def test_the_list_of_names_is_the_callers_own():
    names().clear()
    assert "story" in names()


def test_a_single_text_is_its_file_to_the_byte():
    assert load("unicode").encode() == (FOLDER / "unicode.txt").read_bytes()
    assert load("rust").encode() == (FOLDER / "code" / "rust.txt").read_bytes()


@pytest.mark.parametrize(
    "group, parts",
    [
        ("english", ENGLISH),
        ("code", CODE),
        ("all", ["english", "code", "parallel", "unicode"]),
    ],
)
def test_a_group_is_its_texts_in_order_with_blank_lines_between(group, parts):
    assert load(group) == "\n".join(load(part) for part in parts)


def test_the_parallel_group_is_every_passage_as_lines():
    assert load("parallel") == "\n\n".join("\n".join(lines) for lines in parallel().values()) + "\n"


def test_no_file_lies_there_that_no_name_loads():
    everything = load("all")
    assert [file_id(path) for path in FILES if path.read_text(encoding="utf-8") not in everything] == []


@pytest.mark.parametrize("name", ["stories", "Story", "", "en", "story.txt", "../corpora/unicode", "python_docs"])
def test_an_unknown_name_is_a_value_error_that_lists_the_names(name):
    with pytest.raises(ValueError) as error:
        load(name)
    assert repr(name) in str(error.value)
    assert all(known in str(error.value) for known in names())


@pytest.mark.parametrize("name", [None, 3, b"story", ["story"], Path("story")])
def test_a_name_that_is_no_str_is_a_type_error(name):
    with pytest.raises(TypeError, match=type(name).__name__):
        load(name)


def test_importing_reads_no_text_and_no_pydoc_data():
    program = (
        "import sys; opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None)\n"
        "import minbpe.corpora\n"
        "assert 'pydoc_data' not in sys.modules\n"
        "assert not [path for path in opened if path.endswith('.txt')], opened\n"
        "minbpe.corpora.load('story')\n"
        "assert [path for path in opened if path.endswith('story.txt')]  # the hook does see a reading\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=FOLDER.parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_texts_are_read_as_utf8_whatever_the_locale():
    program = "from minbpe.corpora import load; print(ascii(load('unicode')))"
    command = [sys.executable, "-X", "utf8=0", "-c", program]
    locale = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(command, cwd=FOLDER.parents[1], env=locale, capture_output=True, text=True)
    assert done.stdout.strip() == ascii(load("unicode")), done.stderr


# The help pages of Python


def test_python_docs_are_large_and_the_same_each_time():
    text = load("python-docs")
    assert len(text) > 300_000
    assert load("python-docs") == text


def test_python_docs_hold_the_topics_in_sorted_order():
    topics = pytest.importorskip("pydoc_data.topics").topics
    text, place = load("python-docs"), 0
    for topic in sorted(topics):
        page = topics[topic].strip("\n")
        assert text.startswith(page, place), topic
        place += len(page) + len("\n\n")


def test_a_python_without_its_help_pages_gets_a_value_error_that_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(ValueError, match="pydoc_data"):
        load("python-docs")


# The parallel passage

# Japanese mixes three scripts, and Unicode names the characters of Han "CJK UNIFIED IDEOGRAPH-…".
LETTER_NAMES = {"Han": ("CJK",), "Japanese": ("HIRAGANA", "KATAKANA", "CJK")}


def test_the_passage_comes_in_many_languages_and_scripts():
    assert len(parallel()) >= 14
    assert len({LANGUAGES[code].script for code in parallel()}) >= 10


def test_languages_come_in_the_order_of_LANGUAGES_with_english_first():
    assert list(parallel()) == list(LANGUAGES)
    assert next(iter(parallel())) == "en"


def test_every_passage_has_the_same_number_of_sentences():
    assert {code: len(lines) for code, lines in parallel().items()} == dict.fromkeys(LANGUAGES, 14)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_passage_has_no_empty_sentence_and_no_stray_space(code):
    for sentence in parallel()[code]:
        assert sentence and sentence == sentence.strip()


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_passage_and_the_autonym_are_in_their_script(code):
    script = LANGUAGES[code].script
    prefixes = LETTER_NAMES.get(script, (script.upper(),))
    for text in ["".join(parallel()[code]), LANGUAGES[code].autonym]:
        letters = [char for char in text if char.isalpha()]
        strangers = [char for char in letters if not unicodedata.name(char).startswith(prefixes)]
        assert letters and not strangers


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_passage_says_the_numbers_that_english_says(code):
    digits = [unicodedata.digit(char) for char in "".join(parallel()[code]) if char.isdecimal()]
    assert digits == [2, 3, 7]


def test_no_two_languages_share_a_sentence():
    sentences = Counter(sentence for lines in parallel().values() for sentence in lines)
    assert sentences.most_common(1)[0][1] == 1


def test_changing_what_parallel_returned_changes_nothing_for_the_next_caller():
    parallel()["en"].clear()
    assert len(parallel()["en"]) == 14


# The texts


def test_english_is_large_enough_to_train_on():
    assert len(load("english").encode()) >= 60_000


def test_no_long_line_of_english_or_code_occurs_twice():
    lines = [line.strip() for line in (load("english") + load("code")).split("\n")]
    seen = Counter(line for line in lines if len(line) >= 40)
    assert [line for line, count in seen.items() if count > 1] == []


@pytest.mark.parametrize("path", FILES, ids=file_id)
def test_a_file_is_tidy_utf8(path):
    data = path.read_bytes()
    text = data.decode("utf-8")
    assert b"\r" not in data and not data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\n") and not data.endswith(b"\n\n")
    assert not [char for char in text if unicodedata.category(char) == "Cc" and char not in "\n\t"]
    if path.name != "unicode.txt":
        assert unicodedata.is_normalized("NFC", text)
        assert [line for line in text.split("\n") if line != line.rstrip()] == []


def test_unicode_shows_what_other_texts_may_not_hold():
    text = load("unicode")
    assert not unicodedata.is_normalized("NFC", text)
    for char in [
        "\N{ZERO WIDTH JOINER}",
        "\N{VARIATION SELECTOR-16}",
        "\N{COMBINING ENCLOSING KEYCAP}",
        "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}",
        "\N{REGIONAL INDICATOR SYMBOL LETTER K}",
        "\N{NO-BREAK SPACE}",
        "\N{THIN SPACE}",
        "\N{IDEOGRAPHIC SPACE}",
        "\N{ZERO WIDTH SPACE}",
        "\N{KELVIN SIGN}",
        "\N{LATIN SMALL LETTER LONG S}",
        "\N{HANGUL CHOSEONG HIEUH}",
        "\N{HEBREW LETTER SHIN}",
        "\t",
    ]:
        assert char in text, ascii(char)


def test_unicode_shows_each_accented_word_composed_and_decomposed():
    pairs = [line.split(" = ") for line in load("unicode").split("\n") if line.count(" = ") == 1 and "," not in line]
    assert len(pairs) >= 6
    for composed, decomposed in pairs:
        assert composed != decomposed
        assert unicodedata.normalize("NFC", decomposed) == composed
        assert unicodedata.normalize("NFD", composed) == decomposed


def test_each_invisible_sign_in_unicode_is_the_one_that_its_line_names():
    lines = [line for line in load("unicode").split("\n") if line.startswith("[") and line[1] != "\t"]
    assert len(lines) >= 8
    for line in lines:
        assert unicodedata.name(line[1]) == line[4:]


# The programs are real


def test_the_python_program_runs(capsys):
    exec(compile(load("python"), "python.txt", "exec"), {"__name__": "__main__"})
    assert "we can cross the bar" in capsys.readouterr().out


def test_the_sql_script_runs():
    database = sqlite3.connect(":memory:")
    database.executescript(load("sql"))
    assert database.execute("SELECT count(*) FROM ledger").fetchone() == (6,)


@pytest.mark.parametrize(
    "name, suffix, command",
    [
        ("javascript", ".js", ["node", "--check"]),
        ("c", ".c", ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]),
        ("rust", ".rs", ["rustc", "--edition=2021", "-Dwarnings", "--emit=metadata", "--out-dir=."]),
    ],
)
def test_a_program_compiles_where_its_compiler_is_installed(name, suffix, command, tmp_path):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    source = tmp_path / f"program{suffix}"
    source.write_text(load(name), encoding="utf-8")
    done = subprocess.run([*command, source.name], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_html_page_closes_every_element_that_it_opens():
    class Nesting(html.parser.HTMLParser):
        void = frozenset({"meta", "input"})

        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            if tag not in self.void:
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag, (tag, self.getpos())

    page = Nesting()
    page.feed(load("html"))
    page.close()
    assert page.open == []
