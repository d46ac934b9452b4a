"""What is read of a submission where a whole class is graded: what counts, in seconds, and nothing that runs."""

import json
import time
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from minbpe.lab.grading.borrowed import borrowed
from minbpe.lab.grading.course import Course
from minbpe.lab.grading.mending import Unreadable, mended, read
from minbpe.lab.grading.results import Results, Row
from minbpe.lab.grading.slimming import with_few_outputs

ROOT = Path(__file__).parent.parent
NAME = "02-pairs"
SECONDS = 15  # of processor time, on a slow machine; without limits each of these takes longer, or a gigabyte


def blank():
    return nbformat.read(ROOT / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)


def with_cell(source, kind="code"):
    """A submission with one more cell, the twentieth."""
    notebook = blank()
    notebook.cells.append({"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind](source))
    return notebook


def told(notebook):
    """What a person is told of a notebook."""
    whole, said = mended(notebook, blank())
    return said + borrowed(whole, blank())


class Quick:
    """With it around, something takes seconds at the most."""

    def __enter__(self):
        self.begun = time.process_time()

    def __exit__(self, *error):
        assert time.process_time() - self.begun < SECONDS


# --- a file


def written(folder, text):
    path = folder / f"{NAME}.ipynb"
    path.write_text(text, encoding="utf-8")
    return path


def test_metadata_is_left_out_before_anything_slow_looks_at_it(tmp_path):
    whole = json.loads(nbformat.writes(blank()))
    many = [{}] * 500_000
    whole["metadata"]["x"] = many
    whole["cells"][0]["metadata"]["x"] = many
    whole["cells"][1]["outputs"] = many
    path = written(tmp_path, json.dumps(whole))
    with Quick():
        notebook, said = mended(read(path), blank())
    assert said == []
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in blank().cells]
    assert not any("x" in cell.metadata for cell in notebook.cells)


def test_a_picture_that_is_pasted_into_a_text_stays(tmp_path):
    notebook = with_cell("![it](attachment:a.png)", "markdown")
    notebook.cells[-1].attachments = {"a.png": {"image/png": "iVBORw0KGgo="}}
    assert read(written(tmp_path, nbformat.writes(notebook))).cells[-1].attachments == notebook.cells[-1].attachments


def test_half_a_character_costs_nothing(tmp_path):
    notebook = with_cell("a half", "markdown")
    notebook.cells[-1].source = "half \ud83d of one"
    found = read(written(tmp_path, json.dumps(notebook)))
    assert found.cells[-1].source == "half \ufffd of one"
    assert told(found) == []


def test_a_file_or_a_notebook_that_is_too_large_is_refused(tmp_path):
    with (tmp_path / "large.ipynb").open("wb") as file:
        file.truncate(1 << 36)
    with Quick(), pytest.raises(Unreadable, match="the file has over 64 MB"):
        read(tmp_path / "large.ipynb")
    notebook = blank()
    notebook.cells = [nbformat.v4.new_code_cell() for _ in range(1001)]
    with pytest.raises(Unreadable, match="it has 1001 cells, and 1000 are enough"):
        read(written(tmp_path, nbformat.writes(notebook)))


@pytest.mark.parametrize(("source", "kind"), [("x = 1\n" * 10**6, "code"), ("\\begin{a}" * 10**6, "markdown")])
def test_a_cell_that_is_too_long_is_left_out_and_told(source, kind):
    with Quick():
        assert told(with_cell(source, kind)) == [f"too long, left out: cell {len(blank().cells) + 1}"]


def test_so_are_those_that_come_after_too_much_and_none_that_was_handed_out():
    notebook = blank()
    notebook.cells[:0] = [nbformat.v4.new_markdown_cell("a" * 45_000) for _ in range(30)]
    whole, said = mended(notebook, blank())
    assert len(said) == 1
    assert said[0].startswith("too long, left out: cell 12, cell 13")
    assert sum(len(cell.source) for cell in whole.cells) < 520_000
    assert [cell.source for cell in whole.cells if cell.metadata.get("nbgrader", {}).get("locked")] == [
        cell.source for cell in blank().cells if cell.metadata.get("nbgrader", {}).get("locked")
    ]


def test_code_of_which_there_is_much_is_read_in_part_and_that_is_told():
    notebook = blank()
    notebook.cells += [nbformat.v4.new_code_cell("x = 1\n" * 5_000) for _ in range(10)]
    with Quick():
        (sentence,) = told(notebook)
    assert sentence.endswith("and what follows were not read by the grading, there is so much: look at them")


def test_cells_that_each_take_long_to_read_take_seconds_together():
    notebook = blank()
    notebook.cells += [nbformat.v4.new_code_cell("%pwd\n" * 240) for _ in range(80)]
    with Quick():
        assert any("were not read by the grading" in sentence for sentence in told(notebook))


def test_sentences_are_few_and_short_however_much_there_is_to_tell():
    notebook = blank()
    notebook.cells += [nbformat.v4.new_code_cell("\n".join(f"'minbpe{n}'" for n in range(50))) for _ in range(90)]
    notebook.cells += [nbformat.v4.new_markdown_cell("x" * 210_000) for _ in range(90)]
    said = told(notebook)
    assert len(said) == 22
    assert said[-1] == "the same of 70 more cells"
    assert max(map(len, said)) < 400


# --- borrowed code


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("%%capture --no-stderr _\nfrom minbpe.merging import learn_merges", "minbpe.merging.learn_merges"),
        ("%%timeit -n 1 import minbpe\n1", "minbpe"),
        ("%timeit -n 1 -r1 import minbpe", "minbpe"),
        ("import timeit\ntimeit.timeit('x; import minbpe.base')", "'import minbpe.base'"),
        ("import sys\nsys.meta_path[-1]", "meta_path"),
        ("match print:\n    case object(__self__=b): pass", "__self__"),
        ("import sys\nmatch sys:\n    case object(modules=m): pass", "modules"),
        ("top_pairs.__wrapped__ = print", "__wrapped__"),
        ("from operator import methodcaller as m", "operator.methodcaller"),
        ("read = getattr(bytes, 'decode')", "getattr"),
        ("vars(check)['_hooks']", "vars"),
        ("import pickle\npickle.loads(hidden)", "pickle.loads"),
        ("import IPython", "IPython"),
    ],
)
def test_what_a_cell_uses_is_told_wherever_it_stands(source, used):
    assert told(with_cell(source)) == [f"cell {len(blank().cells) + 1} uses {used}: is that its own work?"]


@pytest.mark.parametrize(
    "source",
    [
        "from IPython.display import display, HTML",
        "from IPython import display",
        "print(vars(t)); print(t.__dict__); print(locals())",
        "getattr(self, 'merges', {})",
        "import pickle\npickle.dump(merges, file)",
        "import timeit\ntimeit.timeit(lambda: merge(ids, pair, 256), number=10)",
        "%timeit -n 3 merge(ids, pair, 256)",
        "%load_ext autoreload\n%autoreload 2\n%pip list",
        "x = (",
    ],
)
def test_what_says_nothing_is_not_told(source):
    assert told(with_cell(source)) == []


def test_a_magics_body_that_is_no_python_is_told():
    (sentence,) = told(with_cell("%%writefile x.py\nthis is no Python"))
    assert "could not be read by the grading" in sentence


# --- outputs and pages


def run_with(*outputs):
    notebook = with_cell("x")
    notebook.cells[-1].outputs = list(outputs)
    return notebook


def shown(data, **metadata):
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def test_outputs_are_put_together_cut_and_without_what_a_page_would_take_as_it_is():
    many = [{"output_type": "stream", "name": "stdout", "text": "x"}] * 11_000
    error = {"output_type": "error", "ename": "E", "evalue": "\ud800", "traceback": ["a", "b"]}
    picture = shown({"image/png": "iVBORw0KGgo="}, **{"image/png": {"width": "1 onerror=alert(1)"}})
    no_picture = shown({"image/png": '"><script>'})
    few = with_few_outputs(run_with(*many, error, picture, no_picture))["cells"][-1]["outputs"]
    assert few == [
        {"output_type": "stream", "name": "stdout", "text": "x" * 11_000},
        {"output_type": "error", "ename": "E", "evalue": "\ufffd", "traceback": ["a\nb"]},
        shown({"image/png": "iVBORw0KGgo="}),
        shown({}),
    ]
    few = with_few_outputs(run_with(*[shown({"text/plain": "x"})] * 11_000))["cells"][-1]["outputs"]
    assert len(few) == 201
    assert few[-1]["text"] == "(10800 more outputs are left out.)\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("graded")
    made = Course(folder, ROOT, Results(folder))
    made.prepare(NAME)
    return made


def page_of(course, notebook, student):
    """The page that a learner gets of a notebook as it was run."""
    row = Row(student, NAME)
    whole, _ = mended(notebook, blank())
    for cell, same in zip(whole.cells, notebook.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = same.outputs
    course.results.keep_notebook(row, with_few_outputs(whole))
    assert course.record(row) == ""
    assert course.feedback(student, NAME) == ""
    page = course.folder / "feedback" / student / NAME / f"{NAME}.html"
    return page.read_text(encoding="utf-8")


UNSAFE = (
    '<script>run(1)</script><img src=x onerror="run(2)"><a href="javascript:run(3)">x</a>'
    '<a href=" data:text/html,run(4)">x</a><form action="https://example.org"><input name=run5></form>'
    '<style>body {display: none}</style><div style="position:fixed" class="navbar-fixed-top">run6</div>'
    '<iframe src="data:text/html,run(7)"></iframe><svg onload="run(8)"></svg><img src="https://example.org/run9">'
)


@pytest.mark.parametrize("place", ["text", "html", "markdown", "svg"])
def test_a_page_runs_nothing_that_stands_in_a_notebook(course, place):
    kinds = {"html": "text/html", "markdown": "text/markdown", "svg": "image/svg+xml"}
    notebook = with_cell(UNSAFE, "markdown") if place == "text" else run_with(shown({kinds[place]: UNSAFE}))
    page = BeautifulSoup(page_of(course, notebook, f"eve-{place}"), "html.parser").find(id="notebook-container")
    assert "run6" in page.text or place == "svg"
    for element in page.find_all(True):
        assert element.name not in ("script", "form", "input", "iframe", "style", "svg")
        assert not {"style", "onerror", "onload", "onclick"} & {*element.attrs}
        assert "navbar-fixed-top" not in element.get("class", ())
        assert "run" not in element.get("href", "") + element.get("src", "")


def test_a_page_shows_markdown_as_it_is_meant(course):
    source = (
        "# Mine\n\n$a<b$ and\n\n$$\\sum_i x_i$$\n\n| a | b |\n|--|--|\n| 1 | **2** |\n\n```python\ndef f(): pass\n```\n"
        "[the course](https://example.org/x)"
    )
    page = page_of(course, with_cell(source, "markdown"), "ann")
    for part in (
        '<h1 id="Mine">Mine', "$a&lt;b$", "$$\\sum_i x_i$$", "<th>a</th>", "<strong>2</strong>",
        '<span class="k">def</span>', '<a href="https://example.org/x">the course</a>', "<summary>",
    ):  # fmt: skip
        assert part in page, part


def test_a_page_is_made_in_seconds(course):
    notebook = run_with(*[shown({"text/html": "<b>" * 16_000})] * 50)
    notebook.cells += [nbformat.v4.new_markdown_cell("\\begin{a}" * number) for number in (1_000, 10_000)]
    notebook.cells.append(nbformat.v4.new_code_cell("!" * 150_000))
    notebook.cells[-1].outputs = [{"output_type": "stream", "name": "stdout", "text": "\x1b[31m" * 190_000}]
    with Quick():
        assert "&lt;b&gt;" in page_of(course, notebook, "mal")
