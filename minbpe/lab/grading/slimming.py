"""A notebook with what a grading needs of it, and no more: before what takes long, or much memory, looks at it.

Metadata of all kinds can be deep, outputs can be many, and sources long. Each is read again and again, by nbformat, by
nbgrader and for the page, which takes seconds where a file has megabytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from nbformat import NotebookNode

CELLS = 1000  # of a notebook
LONGEST, ALL = 200_000, 500_000  # characters of a cell that is the learner's, and of all of them together
OUTPUTS = 200  # of a cell
# Of a cell in any version of the format. What it showed, and how it looked, counts for nothing.
KEPT = ("cell_type", "source", "input", "code", "text", "level", "language", "id")
NBGRADER = ("grade_id", "points")  # of its settings; all else comes from what was handed out
SURROGATE = re.compile("[\ud800-\udfff]")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
PICTURES = ("image/png", "image/jpeg", "image/gif")
FEW = 20  # ways in which an output can be shown, pictures in a text


def slim(data: dict[str, Any]) -> dict[str, Any]:
    """What JSON gives of a notebook's file, with its cells' sources, and by what they are known. ValueError if there
    are too many."""
    made: dict[str, Any] = {key: data[key] for key in ("nbformat", "nbformat_minor") if key in data}
    made["metadata"] = {}
    if isinstance(data.get("worksheets"), list):
        made["worksheets"] = [
            {"metadata": {}, "cells": _cells(each.get("cells"))}
            for each in data["worksheets"]
            if isinstance(each, dict)
        ]
    if "cells" in data:
        made["cells"] = _cells(data["cells"])
    return made


def _cells(cells: Any) -> list[Any]:
    if not isinstance(cells, list):
        raise ValueError("its cells are no list")
    if len(cells) > CELLS:
        raise ValueError(f"it has {len(cells)} cells, and {CELLS} are enough")
    return [_cell(cell) if isinstance(cell, dict) else None for cell in cells]


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    made = {key: _joined(cell[key]) for key in KEPT if key in cell}
    made["metadata"] = _settings(cell.get("metadata"))
    if made.get("cell_type") == "code":
        made |= {"outputs": []} if "input" in cell else {"outputs": [], "execution_count": None}
    elif attachments := _attachments(cell.get("attachments")):
        made["attachments"] = attachments
    return made


def _settings(metadata: Any) -> dict[str, Any]:
    found = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if not isinstance(found, dict):
        return {}
    return {"nbgrader": {key: found[key] for key in NBGRADER if isinstance(found.get(key), (str, int, float))}}


def _attachments(found: Any) -> dict[str, dict[str, str]]:
    """The pictures that stand in a text."""
    made = {}
    for name, kinds in _items(found):
        if pictures := {kind: data for kind, data in _items(kinds) if kind in PICTURES and _is_base64(data)}:
            made[text(name)] = pictures
    return made


def _items(found: Any) -> list[tuple[str, Any]]:
    return list(found.items())[:FEW] if isinstance(found, dict) else []


def _is_base64(data: Any) -> bool:
    return isinstance(data, str) and BASE64.fullmatch(data) is not None


def _joined(value: Any) -> Any:
    """A text that stands there line by line as one; None for what is neither text nor a number."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if isinstance(value, str):
        return text(value)
    return value if isinstance(value, int) else None


def text(value: str) -> str:
    """Without halves of characters, which no file can hold."""
    return SURROGATE.sub("\ufffd", value)


def left_out(cells: Iterable[tuple[str, NotebookNode]]) -> Iterator[str]:
    """Empty each of these cells that is too long, or comes after too much; give its name."""
    room = ALL
    for name, cell in cells:
        if len(cell.source) > min(room, LONGEST):
            cell.source = ""
            yield name
        else:
            room -= len(cell.source)


# --- outputs


def with_few_outputs(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook as it was run, with outputs of which a page is soon made."""
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = _few(cell["outputs"])
    return notebook


def _few(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    parts: list[str] = []  # of the last one, if that is a stream
    for output in filter(None, map(_output, outputs)):
        if output["output_type"] != "stream":
            made.append(output)
            continue
        if not made or made[-1].get("name") != output["name"]:
            parts = []
            made.append({**output, "text": parts})
        parts.append(output["text"])
    if len(made) > OUTPUTS:
        said = f"({len(made) - OUTPUTS} more outputs are left out.)\n"
        made[OUTPUTS:] = [{"output_type": "stream", "name": "stderr", "text": [said]}]
    for output in made:
        if output["output_type"] == "stream":
            output["text"] = "".join(output["text"])
    return made


def _output(output: dict[str, Any]) -> dict[str, Any] | None:
    """One output, with its metadata left out, which a page puts into its HTML as they are; None where it is none."""
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": kind, "name": name, "text": _words(output.get("text"))}
    if kind == "error":
        words = {key: _words(output.get(key)) for key in ("ename", "evalue")}
        lines = output.get("traceback")
        whole = "\n".join(map(_words, lines)) if isinstance(lines, list) else ""
        return {"output_type": kind, **words, "traceback": [whole] if whole else []}
    if kind not in ("display_data", "execute_result"):
        return None
    data = {text(name): _joined(value) for name, value in _items(output.get("data")) if _may_stay(name, value)}
    count = {"execution_count": output.get("execution_count")} if kind == "execute_result" else {}
    return {"output_type": kind, "data": data, "metadata": {}, **count}


def _words(value: Any) -> str:
    joined = _joined(value)
    return joined if isinstance(joined, str) else ""


def _may_stay(mime: str, value: Any) -> bool:
    joined = _joined(value)
    return isinstance(joined, str) and (mime not in PICTURES or _is_base64(joined))
