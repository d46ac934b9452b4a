"""A submitted notebook, with everything that is not the learner's to change put back as it was handed out.

nbgrader restores the text of a locked cell, but it believes the metadata, and where cells are missing it says nothing.
Here a cell is known by its grade_id alone; what it is worth and what it is for comes from the notebook handed out.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from minbpe.lab.grading.slimming import left_out, slim
from minbpe.lab.grading.submissions import LARGEST, contents, some

NAMED = 20  # cells in a sentence


class Unreadable(ValueError):
    """This is not a notebook. The message says what it is."""


def read(path: Path) -> NotebookNode:
    """The notebook in the present format, whatever format it came in. Unreadable if it is none."""
    raw = contents(path)
    if len(raw) > LARGEST:
        raise Unreadable(f"the file has over {LARGEST >> 20} MB")
    if not raw.strip():
        raise Unreadable("the file is empty")
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("the file is no text, so no notebook") from None
    except (ValueError, RecursionError):
        raise Unreadable("the file is not JSON, so no notebook") from None
    try:
        notebook = nbformat.reads(json.dumps(slim(data)), as_version=4)
        _, notebook = nbformat.validator.normalize(notebook)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat has many
        raise Unreadable(f"the file is no notebook that Jupyter can read ({first_line(error)})") from None
    return notebook


def mended(submitted: NotebookNode, release: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """The notebook to grade, and a sentence for each thing that a person should know."""
    notebook = copy.deepcopy(submitted)
    notebook.metadata = copy.deepcopy(release.metadata)
    wanted = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    found: dict[str, NotebookNode] = {}
    changes: dict[str, dict[str, None]] = {}  # what was done, and to which cells, in order

    def changed(what: str, key: str) -> None:
        changes.setdefault(what, {})[key] = None

    for cell in notebook.cells:
        key = grade_id(cell)
        settings = cell.metadata.pop("nbgrader", {})
        retype(cell, cell.cell_type)
        if key not in wanted:
            continue
        original = wanted[key]
        if key in found:
            changed("there twice, the last one counts", key)
            found[key].metadata.pop("nbgrader")
        found[key] = cell
        cell.metadata.nbgrader = copy.deepcopy(original.metadata.nbgrader)
        if settings.get("points") != original.metadata.nbgrader.get("points"):
            changed("points edited, put back", key)
        if original.metadata.nbgrader.locked and cell.source.strip() != original.source.strip():
            changed("edited, put back", key)
            cell.source = original.source
        retype(cell, original.cell_type)

    before = None
    for original in release.cells:
        key = grade_id(original)
        if not key:
            continue
        if key not in found:
            found[key] = missing = copy.deepcopy(original)
            if any(cell.get("id") == missing.id for cell in notebook.cells):
                missing.id = nbformat.v4.new_code_cell().id
            # Behind the one that it stood behind, or at the very beginning.
            place = next((i + 1 for i, cell in enumerate(notebook.cells) if cell is before), 0)
            notebook.cells.insert(place, missing)
            changed("deleted, put back" + (" blank" if original.metadata.nbgrader.solution else ""), key)
        before = found[key]
    theirs = ((name_of(cell, i), cell) for i, cell in enumerate(notebook.cells) if not is_locked(cell))
    for name in left_out(theirs):
        changed("too long, left out", name)
    return notebook, [f"{what}: {some([*keys], NAMED)}" for what, keys in changes.items()]


def grade_id(cell: NotebookNode) -> str:
    settings = cell.metadata.get("nbgrader")
    key = settings.get("grade_id") if isinstance(settings, dict) else None
    return key if isinstance(key, str) else ""


def name_of(cell: NotebookNode, index: int) -> str:
    """What a sentence calls a cell."""
    return grade_id(cell) or f"cell {index + 1}"


def is_locked(cell: NotebookNode) -> bool:
    """Whether it is as it was handed out."""
    return bool(cell.metadata.get("nbgrader", {}).get("locked"))


def retype(cell: NotebookNode, cell_type: str) -> None:
    """Make it a blank cell of this type. What it showed on the learner's machine proves nothing."""
    cell.cell_type = cell_type
    if cell_type == "code":
        cell.outputs = []
        cell.execution_count = None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:100]
