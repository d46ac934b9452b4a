"""The project's own files agree with each other."""

import importlib
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA_NAMES = {"matplotlib": "matplotlib-base"}  # conda-forge's matplotlib brings a whole GUI toolkit along


def test_environment_yml_asks_for_what_pyproject_asks_for():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    from_conda = [line for line in environment["dependencies"] if isinstance(line, str)]
    from_pip = next(line["pip"] for line in environment["dependencies"] if isinstance(line, dict))
    assert "--editable ." in from_pip
    wanted = {f"python{PYPROJECT['project']['requires-python']}"}
    for requirement in PYPROJECT["project"]["dependencies"]:
        name = re.match(r"[\w-]+", requirement)[0]
        wanted.add(CONDA_NAMES.get(name, name) + requirement[len(name) :])
    assert {*from_conda, *from_pip} - {"pip", "--editable ."} == wanted


def test_the_code_in_the_readme_does_what_its_comments_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it saves a tokenizer
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    names = {}
    for line in code.splitlines():
        source, _, comment = line.partition("  # ")
        exec(source, names)
        if comment.strip().startswith(("[", "'")):
            assert eval(source, names) == eval(comment), line
    assert (tmp_path / "mine.model").exists()


def test_the_jupyter_server_of_the_environment_loads_the_extension():
    (source, target), *_ = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"].items()
    installed = Path(sys.prefix, target)
    assert installed.read_bytes() == (ROOT / source).read_bytes()
    (module,) = json.loads(installed.read_text(encoding="utf-8"))["ServerApp"]["jpserver_extensions"]
    assert hasattr(importlib.import_module(module), "_load_jupyter_server_extension")


def tracked_text_files():
    ignored = {".git", ".venv", "build", "node_modules", ".pytest_cache", ".ruff_cache", ".hypothesis"}
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not ignored & set(parts) and not any(p.endswith(".egg-info") for p in parts):
            yield path


@pytest.mark.parametrize("what", [r"/(home|root|Users|work)/\w", r"registry\.npmjs|pypi\.org|files\.pythonhosted"])
def test_no_file_names_a_machine_or_a_registry(what):
    for path in tracked_text_files():
        if path.suffix in {".py", ".md", ".toml", ".yml", ".json", ".ipynb", ".txt", ""} and path != Path(__file__):
            found = re.search(what, path.read_text(encoding="utf-8", errors="replace"))
            assert not found, f"{path.relative_to(ROOT)}: {found[0]}"
