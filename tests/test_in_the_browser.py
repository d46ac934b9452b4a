"""What the package does where a browser runs it: no compiled packages, no threads, no processes, no locks. And Colab.

tests/browser/test_site.py tries the same in a real one.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from minbpe.lab.widgets.utf8_inspector import clusters, nearly_clusters

# As in Pyodide without its distribution: these cannot be imported, and there is nothing to fork or to lock.
ABSENT = [
    "regex",
    "tiktoken",
    "numpy",
    "matplotlib",
    "filelock",
    "fcntl",
    "termios",
    "multiprocessing.connection",
    "jedi",
]
LIKE_A_BROWSER = f"""
import sys, sysconfig, types
sysconfig.get_config_vars()  # which it reads from a file named after the platform
for name in {ABSENT}:
    sys.modules[name] = None
sys.modules["resource"] = types.ModuleType("resource")  # which has no getrusage there
import threading
def start(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = start
sys.platform = "emscripten"
"""


def run(program, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LIKE_A_BROWSER + program], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_training_encoding_and_gpt_4_need_nothing_compiled(tmp_path):
    program = """
from minbpe import BasicTokenizer, GPT4Tokenizer, RegexTokenizer, corpora
for tokenizer in (BasicTokenizer(), RegexTokenizer()):
    tokenizer.train(corpora.load("story"), 300)
    assert tokenizer.decode(tokenizer.encode("weigh-house 안녕")) == "weigh-house 안녕"
    tokenizer.save("mine"); tokenizer.load("mine.model")
print(GPT4Tokenizer().encode("hello123!!!? (안녕하세요!) 😉"))
"""
    assert run(program, tmp_path) == "[15339, 4513, 12340, 30, 320, 31495, 230, 75265, 243, 92245, 16715, 57037]\n"


def test_every_widget_can_be_made(tmp_path):
    program = """
from minbpe import BasicTokenizer, lab
from minbpe.lab import *
from minbpe.lab.widgets import WIDGETS
trained = BasicTokenizer(); trained.train("hug pug pun bun hugs bugs hugging " * 20, 280)
for name in WIDGETS:
    eval(getattr(lab, name).example)
    print(name)
"""
    assert len(run(program, tmp_path).splitlines()) >= 12


@pytest.mark.slow
def test_a_check_passes_what_is_right_names_what_is_wrong_and_stops_what_never_ends(tmp_path):
    program = """
from minbpe.lab import CheckFailed, check

def right(ids, pair, idx):
    merged, i = [], 0
    while i < len(ids):
        found = tuple(ids[i : i + 2]) == pair
        merged.append(idx if found else ids[i])
        i += 2 if found else 1
    return merged

def wrong(ids, pair, idx):
    return [idx if tuple(ids[i : i + 2]) == pair else ids[i] for i in range(len(ids))]

def endless(ids, pair, idx):
    while True:
        pass

for answer in (right, wrong, endless):
    try:
        check("merge", answer)
    except CheckFailed as failed:
        print(failed.diagnosis)
"""
    passed, mistaken, stopped = run(program, tmp_path).splitlines()
    assert passed.startswith("✓ right")
    assert mistaken == "the second half stays"
    assert stopped == "never returns"


def test_progress_is_kept_without_a_lock(tmp_path):
    program = """
from pathlib import Path
from minbpe.lab import progress
progress.record("merge", Path("kept.json"))
print(progress.passed(Path("kept.json")))
"""
    assert run(program, tmp_path) == "({'merge'}, '')\n"


def test_colab_is_told_to_show_widgets(tmp_path):
    program = """
import sys, types
sys.modules["google"] = google = types.ModuleType("google")
sys.modules["google.colab"] = google.colab = types.ModuleType("google.colab")
google.colab.output = types.SimpleNamespace(enable_custom_widget_manager=lambda: print("told"))
from minbpe.lab import MergeScrubber
"""
    assert run(program, tmp_path) == "told\n"


@pytest.mark.parametrize(
    "text", ["Aé漢👨‍👩‍👧", "cafe\u0301", "🇩🇪🇫🇷🇯", "👍🏽!", "a\r\nb\n\r", "❤️", "\u0301", "", "naïve", "👩‍🚀👩‍🚀"]
)
def test_characters_are_counted_without_regex_as_with_it(text):
    assert nearly_clusters(text) == clusters(text)
