"""The notebooks are stored as they run, can be read and presented, and lead somewhere. (nbval runs them.)"""

import ast
import builtins
import re
import statistics
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from minbpe.lab import predictions

ROOT = Path(__file__).parent.parent
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOTEBOOKS = {path.name: nbformat.read(path, as_version=4) for path in PATHS}
SLIDE_TYPES = {"slide", "subslide", "fragment", "-", "skip", "notes"}
PICTURES = {"image/png", "image/svg+xml", "text/html"}
FOLDED = "jp-MarkdownHeadingCollapsed"
WIDGET = "application/vnd.jupyter.widget-view+json"

each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def code_cells(name):
    return [cell for cell in NOTEBOOKS[name].cells if cell.cell_type == "code"]


def lines_of(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def prose(name):
    return "\n\n".join(cell.source for cell in NOTEBOOKS[name].cells if cell.cell_type == "markdown")


# --- stored as it runs


@each_notebook
def test_it_is_stored_from_one_run_from_top_to_bottom(name):
    counts = [cell.execution_count for cell in code_cells(name)]
    assert counts == list(range(1, len(counts) + 1))
    assert not [out for cell in code_cells(name) for out in cell.outputs if out.output_type == "error"]


@each_notebook
def test_it_holds_nothing_that_differs_from_run_to_run(name):
    notebook = NOTEBOOKS[name]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags", "slideshow", "jupyter", FOLDED}
    text = "".join(str(out.get("text", "")) + str(out.get("data", "")) for c in code_cells(name) for out in c.outputs)
    assert not re.search(r"\bat 0x[0-9a-f]{6,}", text)


@each_notebook
def test_its_cells_have_ids_that_speak(name):
    ids = [cell.id for cell in NOTEBOOKS[name].cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each) for each in ids)


@each_notebook
def test_its_questions_hide_their_source(name):
    for cell in code_cells(name):
        if re.search(r"\b([Pp]redict|[Qq]uiz)\(", cell.source):
            assert "question" in cell.metadata.get("tags", [])
            assert cell.metadata.jupyter == {"source_hidden": True}


@each_notebook
def test_each_widget_has_a_picture_for_pages_without_a_kernel(name):
    for cell in code_cells(name):
        for out in cell.outputs:
            if WIDGET in out.get("data", {}):
                assert PICTURES & set(out.data), f"the widget of cell {cell.id} has none"


# --- predictions hide their answer until they are made

PREDICT = re.compile(r"^predict\(\"([a-z0-9-]+)\"\)$", flags=re.MULTILINE)


def folds(name):
    """[(the folded heading, the cells that it hides)]: up to the next heading of its rank or a higher one."""
    found, rank = [], 0
    for cell in NOTEBOOKS[name].cells:
        heading = re.match(r"(#+) ", cell.source) if cell.cell_type == "markdown" else None
        if heading and len(heading[1]) <= rank:
            rank = 0
        if cell.metadata.get(FOLDED):
            assert heading and not rank, f"{cell.id} is a heading, and in no other fold"
            rank = len(heading[1])
            found.append((cell, []))
        elif rank:
            found[-1][1].append(cell)
    return found


@each_notebook
def test_each_prediction_is_followed_by_a_fold_that_tells_what_came_out(name):
    hidden = {heading.id: cells for heading, cells in folds(name)}
    cells = NOTEBOOKS[name].cells
    for cell, following in pairwise(cells):
        if asked := PREDICT.search(cell.source):
            assert following.id in hidden, f"a folded heading comes after {cell.id}"
            inside = "\n".join(each.source for each in hidden[following.id])
            assert f'predicted("{asked[1]}"' in inside, f"what came out stands in the fold after {cell.id}"


@each_notebook
def test_a_fold_hides_no_whole_section(name):
    """What came out, and what would tell it to whoever reads on without an answer."""
    for heading, cells in folds(name):
        assert 1 <= len(cells) <= 12, f"{heading.id} hides {[cell.id for cell in cells]}"
        assert heading.source.count("\n") == 0  # what stands below the heading in its own cell is not hidden


def test_every_question_that_is_kept_is_asked_once():
    asked = [key for name in NOTEBOOKS for cell in code_cells(name) for key in PREDICT.findall(cell.source)]
    assert sorted(asked) == sorted(predictions.questions())


# --- can be read and presented


@each_notebook
def test_its_code_cells_are_short(name):
    lengths = [len(lines_of(cell)) for cell in code_cells(name)]
    assert statistics.median(lengths) < 8
    assert max(lengths) <= 30


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").rglob("*.ipynb")), ids=lambda path: path.stem)
def test_the_code_cells_of_the_solutions_are_not_long(path):
    cells = nbformat.read(path, as_version=4).cells
    assert max(len(lines_of(cell)) for cell in cells if cell.cell_type == "code") <= 30


def test_the_course_has_ten_words_of_prose_for_a_line_of_code():
    words = sum(len(re.findall(r"\w+", prose(name))) for name in NOTEBOOKS)
    lines = sum(len(lines_of(cell)) for name in NOTEBOOKS for cell in code_cells(name))
    assert words >= 10 * lines


@each_notebook
def test_every_cell_has_its_place_on_a_slide(name):
    for cell in NOTEBOOKS[name].cells:
        assert cell.metadata.get("slideshow", {}).get("slide_type") in SLIDE_TYPES, cell.id
    assert NOTEBOOKS[name].cells[0].metadata.slideshow.slide_type == "slide"


@each_notebook
def test_it_needs_no_shell_and_no_magic(name):
    for cell in code_cells(name):
        ast.parse(cell.source)  # neither %magic nor !command is Python


# --- leads somewhere


def anchors(path):
    """The anchors of a notebook's headings, as JupyterLab and GitHub make them."""
    headings = re.findall(r"^#+ (.+)$", prose(path.name), flags=re.MULTILINE)
    return {heading.strip().replace(" ", "-") for heading in headings}


@each_notebook
def test_its_links_lead_to_files_and_headings_that_exist(name):
    for target in re.findall(r"\]\(([^)]+)\)", prose(name)):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / "notebooks" / file).resolve() if file else ROOT / "notebooks" / name
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path), target


# --- nothing is used before it is introduced

# What a notebook may take from the package: from this notebook on, since this one builds it by hand.
# 00 shows what is to come, and is free to.
BUILT_IN = {
    "get_stats": 2,
    "merge": 3,
    "BasicTokenizer": 3,
    "RegexTokenizer": 5,
    "GPT4Tokenizer": 7,
    "learn_merges": 8,
    "apply_merges": 8,
}


def imported_names(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            yield from (alias.name for alias in node.names)


@each_notebook
def test_it_takes_nothing_from_the_package_that_the_learner_has_not_built(name):
    number = int(name[:2])
    for cell in code_cells(name):
        for imported in imported_names(ast.parse(cell.source)):
            assert number == 0 or BUILT_IN.get(imported, 0) <= number, f"{imported} in cell {cell.id}"


def bound_names(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)


@each_notebook
def test_its_cells_use_only_names_that_are_defined_above(name):
    known = {*dir(builtins), "display", "get_ipython"}
    for cell in code_cells(name):
        tree = ast.parse(cell.source)
        known.update(bound_names(tree))
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        assert used <= known, f"{used - known} in cell {cell.id}"


def glossary():
    """The words of the course: {word: number of the notebook that introduces it}."""
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| \[(\d\d)\]", prose("00-start-here.ipynb"), flags=re.MULTILINE)
    return {word: int(number) for words, number in rows for word in words.split(", ")}


def test_the_glossary_names_the_words_of_the_course():
    assert {"byte", "token", "pair", "merge", "rank", "chunk", "special token"} <= set(glossary())


@each_notebook
def test_it_uses_no_word_of_the_glossary_before_that_is_introduced(name):
    number = int(name[:2])
    cells = [cell.source for cell in NOTEBOOKS[name].cells if cell.cell_type == "markdown"]
    text = "\n".join(source for source in cells if "**Next:**" not in source)  # which names what is to come
    for word, introduced in glossary().items():
        if 0 < number < introduced:
            assert not re.search(rf"\b{word}s?\b", text, flags=re.IGNORECASE), word


def test_the_numbers_in_the_lecturers_guide_stand_in_the_notebooks():
    text = (ROOT / "docs" / "lecturing.md").read_text(encoding="utf-8")
    guide = re.split(r"^## (\d\d) · .*$", text, flags=re.MULTILINE)[1:]
    sections = dict(zip(guide[::2], guide[1::2], strict=True))
    assert len(sections) == len(NOTEBOOKS)
    missing = []
    for name, notebook in NOTEBOOKS.items():
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        shown = [output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in outputs]
        shown += [output.get("data", {}).get("image/svg+xml", "") for output in outputs]
        stands = "\n".join([*shown, *(cell.source for cell in notebook.cells)]).replace(",", "")
        for number in re.findall(r"\d[\d,]+\d", sections[name[:2]]):  # those of fewer digits may be minutes
            if len(digits := number.replace(",", "")) > 2 and not re.search(rf"(?<!\d){digits}(?!\d)", stands):
                missing.append(f"{name}: {number}")
    assert not missing
