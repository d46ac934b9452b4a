"""Code in a submission that is not its writer's own: the course's package at work, or ways around the rules.

Read from the text, without running it. It decides nothing about points: it tells a person where to look.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

# Packages that tokenize; and what finds code, or hides what it does. No exercise needs any of them.
PACKAGES = (
    "minbpe", "tiktoken", "tokenizers", "transformers", "sentencepiece", "rustbpe", "gigatoken", "tokie", "bpeasy",
)  # fmt: skip
WAYS = (
    "__import__", "importlib", "eval", "exec", "compile", "globals", "gc", "ctypes", "multiprocessing", "subprocess",
    "_posixsubprocess", "inspect", "get_ipython", "marshal", "pickle", "__builtins__", "__subclasses__", "__globals__",
    "_getframe", "f_back", "f_locals", "settrace", "setprofile", "addaudithook", "getattr", "vars", "locals",
    "__dict__", "__getattribute__", "__closure__", "__code__", "__loader__", "__spec__", "attrgetter", "builtins",
    "pkgutil", "runpy", "pydoc", "unittest", "f_globals", "f_builtins", "gi_frame", "tb_frame", "get_field", "_ip",
    "import_item", "InteractiveInterpreter", "tracemalloc", "_tracemalloc",
)  # fmt: skip
MODULES = (*PACKAGES, *WAYS, "code", "codeop", "cProfile", "profile", "IPython", "traitlets")
RUNNING = ("run", "load", "pycat", "loadpy", "macro", "rerun")  # magics that bring code from elsewhere
MAGIC = re.compile(r"^\s*[%!?]|=\s*[%!]|\?\s*$", flags=re.MULTILINE)
WORK = 300_000  # characters times magics in a cell: IPython reads all of it anew for each, and would take seconds
PATIENCE = 3.0  # seconds for reading a cell, with what stands behind its magics
MAGICS = ("run_line_magic", "run_cell_magic", "system", "getoutput")


def borrowed(notebook: NotebookNode, release: NotebookNode) -> list[str]:
    """A sentence for each cell of the learner's that uses what the exercise did not hand out."""
    allowed = set(_used("\n".join(cell.source for cell in release.cells if cell.cell_type == "code")))
    said = []
    for index, cell in enumerate(notebook.cells):
        settings = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or settings.get("locked"):
            continue
        name = settings.get("grade_id") or f"cell {index + 1}"
        try:
            found = [each for each in dict.fromkeys(_used(cell.source)) if each not in allowed]
        except Exception:  # IPython's own, of which it has several, and what takes too long
            said.append(f"{name} could not be read by the grading: look at it")
            continue
        if found:
            said.append(f"{name} uses {', '.join(found)}: is that its own work?")
    return said


def _used(source: str, until: float = 0.0) -> Iterator[str]:
    """The packages imported, and the ways around, in order. TimeoutError after `until`, else after PATIENCE."""
    until = until or time.monotonic() + PATIENCE
    if time.monotonic() > until or len(source) * len(MAGIC.findall(source)) > WORK:
        raise TimeoutError
    try:
        nodes = list(ast.walk(ast.parse(_as_python(source))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # it does not run either
    magics = [node for node in nodes if isinstance(node, ast.Call) and _is_magic(node)]
    ours = {id(node.func.value.func) for node in magics}  # type: ignore[attr-defined]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (_shown(each.name) for each in node.names if _is_of_interest(each.name))
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = _is_of_interest(node.module)
            yield from (
                _shown(f"{node.module}.{each.name}") for each in node.names if whole or each.name in (*WAYS, "modules")
            )
        elif isinstance(node, ast.Name) and node.id in WAYS and id(node) not in ours:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in (*WAYS, "modules"):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("minbpe"):
            yield repr(node.value[:40])
    for magic in magics:  # what stands behind %time is code, too
        texts = [each.value for each in magic.args]  # type: ignore[attr-defined]
        if texts and texts[0] in RUNNING:
            yield f"%{texts[0]}"
        yield from _used("\n".join(texts[1:]), until)


def _as_python(source: str) -> str:
    """A cell as IPython runs it: without magics, shell commands and question marks, which are no Python."""
    return TransformerManager().transform_cell(source)


def _is_magic(call: ast.Call) -> bool:
    """Whether it is what IPython makes of a line with %, or could have been made of one."""
    of = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr in MAGICS else None
    made = isinstance(of, ast.Call) and isinstance(of.func, ast.Name) and of.func.id == "get_ipython"
    return made and all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in call.args)


def _is_of_interest(module: str) -> bool:
    return module.partition(".")[0] in MODULES


def _shown(name: str) -> str:
    return name[:60]
