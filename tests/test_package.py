"""What `import minbpe` brings with it, and what may import what."""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import minbpe

FOLDER = Path(minbpe.__file__).parent
FILES = sorted(path for path in FOLDER.rglob("*.py") if "lab" not in path.relative_to(FOLDER).parts)
HEAVY = ["IPython", "matplotlib", "ipywidgets", "tiktoken", "numpy", "tokenizers", "tqdm", "pydoc_data", "minbpe.lab"]
HEAVY += ["regex", "filelock"]
LATER = ["tempfile", "hashlib", "gzip"]  # the standard library's, needed only where files are read or written


def run(program, tmp_path):
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_minbpe_loads_neither_jupyter_nor_matplotlib_nor_tiktoken_nor_numpy(tmp_path):
    loaded = run("import sys, minbpe; print(*sys.modules)", tmp_path)
    assert "minbpe.regex" in loaded
    assert [name for name in [*HEAVY, *LATER] if name in loaded] == []


def test_tokenizing_loads_none_of_them_either(tmp_path):
    program = (
        "import sys, minbpe\n"
        "for tokenizer in (minbpe.BasicTokenizer(), minbpe.RegexTokenizer()):\n"
        "    tokenizer.train('aaabdaaabac', 259); tokenizer.decode(tokenizer.encode('aaab'))\n"
        "minbpe.GPT4Tokenizer().encode('hello 😉')\n"
        "minbpe.RegexTokenizer(minbpe.patterns.GPT4O_SPLIT_PATTERN).encode('hello')\n"
        "print(*sys.modules)"
    )
    loaded = run(program, tmp_path)
    assert [name for name in HEAVY if name in loaded] == []


def test_where_regex_is_missing_the_known_patterns_work_and_one_of_your_own_says_what_to_install(tmp_path):
    program = (
        "import sys; sys.modules['regex'] = None\n"
        "import minbpe\n"
        "print(*minbpe.GPT4Tokenizer().encode('hello123'))\n"
        "try: minbpe.RegexTokenizer('[a-z]+')\n"
        "except ValueError as error: print(error)"
    )
    assert " ".join(run(program, tmp_path)) == (
        "15339 4513 a split pattern of your own needs the package regex: pip install regex"
    )


def test_the_version_is_the_one_that_is_installed():
    assert minbpe.__version__ == importlib.metadata.version("minbpe-course")


def test_type_checkers_are_told_that_the_package_is_annotated():
    assert (FOLDER / "py.typed").is_file()


@pytest.mark.slow
def test_importing_minbpe_takes_under_a_tenth_of_a_second(tmp_path):
    program = "import time; start = time.process_time(); import minbpe; print(time.process_time() - start)"
    assert min(float(*run(program, tmp_path)) for _ in range(5)) < 0.1


def imported_by(path):
    """Every module that the file may import, anywhere in it."""
    found = set()
    package = ["minbpe", *path.relative_to(FOLDER).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__"):
                found.add(str(node.args[0].value))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_what_is_not_for_teaching_never_imports_the_lab(path):
    assert [name for name in imported_by(path) if name.split(".")[:2] == ["minbpe", "lab"]] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_what_is_not_for_teaching_imports_neither_jupyter_nor_matplotlib(path):
    roots = {name.split(".")[0] for name in imported_by(path)}
    assert roots & {"IPython", "ipywidgets", "matplotlib", "numpy", "jupyter_client", "nbformat"} == set()


def test_the_files_looked_at_are_the_tokenizers_and_what_they_need():
    names = {path.name for path in FILES}
    assert {"base.py", "basic.py", "regex.py", "patterns.py", "gpt4.py", "merging.py", "vocabularies.py"} <= names


def test_the_package_hands_out_what_minbpe_hands_out():
    tokenizers = {"Tokenizer", "BasicTokenizer", "RegexTokenizer", "GPT4Tokenizer"}
    assert {*tokenizers, "get_stats", "merge", "render_token"} <= set(minbpe.__all__)
    assert all(hasattr(minbpe, name) for name in minbpe.__all__)


@pytest.mark.parametrize("cls", [minbpe.BasicTokenizer, minbpe.RegexTokenizer, minbpe.GPT4Tokenizer])
def test_every_tokenizer_is_a_tokenizer(cls):
    assert issubclass(cls, minbpe.Tokenizer)
