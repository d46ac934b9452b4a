"""progress: what is passed is kept, whatever happens, and shown as a map of the course."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import v4

from minbpe.lab import Progress, check
from minbpe.lab.checks import EXERCISES
from minbpe.lab.course_map import QUESTIONS
from minbpe.lab.progress import VARIABLE, file_of, passed, record

ROOT = Path(__file__).parent.parent


@pytest.fixture
def path(tmp_path):
    return tmp_path / "minbpe-progress.json"


def test_what_is_passed_is_kept_and_shown_with_a_tick(path):
    assert "○ merge" in repr(Progress(path))
    record("merge", path)
    record("get_stats", path)
    record("merge", path)
    assert passed(path) == ({"merge", "get_stats"}, "")
    text = repr(Progress(path))
    assert text.startswith(f"2 of {len(EXERCISES)} passed")
    assert "✓ merge" in text
    assert "○ train" in text
    html = Progress(path)._repr_html_()
    assert ">✓ merge<" in html


def test_the_map_links_to_notebooks_and_exercises_that_exist(path, monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    targets = re.findall('href="([^"]+)"', Progress(path)._repr_html_())
    assert len(targets) == 3 * len(QUESTIONS)
    assert all(Path(target).is_file() for target in targets)


def test_the_map_asks_the_questions_of_the_notebooks():
    for notebook, (_, question) in QUESTIONS.items():
        title = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells[0].source
        assert f"**{question}**" in title


def test_the_map_lists_every_exercise_of_every_notebook(path):
    shown = [name for places in Progress(path).exercises.values() for marks in places.values() for name in marks]
    assert shown == list(EXERCISES)


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"passed": 3}', b'{"passed": [3]}', b"\xff", b"null", b"[" * 9999]
)
def test_a_damaged_file_is_set_aside_and_said(path, damage, capsys):
    for number in range(2):
        path.write_bytes(damage)
        record("merge", path)
        aside = "minbpe-progress.json.damaged" + ("-2" if number else "")
        assert aside in capsys.readouterr().out
        assert (path.parent / aside).read_bytes() == damage
        assert passed(path) == ({"merge"}, "")
    path.write_bytes(damage)
    shown = Progress(path)
    assert "was damaged" in repr(shown)
    assert "was damaged" in shown._repr_html_()


def test_names_from_another_version_of_the_course_are_kept(path):
    path.write_text(json.dumps({"passed": ["a_former_exercise"]}), encoding="utf-8")
    record("merge", path)
    assert passed(path)[0] == {"a_former_exercise", "merge"}


@pytest.mark.slow
def test_several_kernels_at_once_lose_nothing(path):
    code = "import sys; from pathlib import Path; from minbpe.lab.progress import record\n"
    code += "for name in sys.argv[2:]: record(name, Path(sys.argv[1]))"
    names = [[f"exercise_{kernel}_{number}" for number in range(20)] for kernel in range(4)]
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), *each]) for each in names]
    assert [process.wait(120) for process in running] == [0] * 4
    assert passed(path)[0] == {name for each in names for name in each}


def test_a_write_that_fails_leaves_the_old_file_whole(path, monkeypatch):
    record("merge", path)
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(OSError, match="disk full"):
        record("train", path)
    assert path.read_bytes() == before


def test_the_file_is_in_the_course_for_its_notebooks_and_else_beside_them(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    for name in ("notebooks", "exercises/03-merges", "solutions/03-merges"):
        (tmp_path / "course" / name).mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for name in ("notebooks", "exercises/03-merges"):
        assert file_of(tmp_path / "course" / name) == tmp_path / "course" / "minbpe-progress.json"
    assert file_of(tmp_path / "elsewhere") == tmp_path / "elsewhere" / "minbpe-progress.json"
    assert file_of(tmp_path / "course" / "solutions" / "03-merges") is None
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine.json"))
    assert file_of(tmp_path / "elsewhere") == tmp_path / "mine.json"
    monkeypatch.setenv(VARIABLE, "")
    assert file_of(tmp_path / "elsewhere") is None


def test_outside_of_a_notebook_nothing_is_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine.json"))
    check("merge", _merge)
    assert not (tmp_path / "mine.json").exists()


def _merge(ids, pair, idx):
    merged, i = list(ids), 0
    while i + 1 < len(merged):
        if (merged[i], merged[i + 1]) == tuple(pair):
            merged[i : i + 2] = [idx]
        i += 1
    return merged


@pytest.mark.slow
def test_in_a_notebook_a_pass_is_kept_by_itself(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine.json"))
    cells = [
        "from minbpe.lab import Progress, check",
        inspect.getsource(_merge),
        'check("merge", _merge)',
        "Progress()",
    ]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    assert passed(tmp_path / "mine.json") == ({"merge"}, "")
    assert "✓ merge" in notebook.cells[-1].outputs[0].data["text/html"]
