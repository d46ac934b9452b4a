"""Code in a submission that is not its writer's own: the course's package at work, or ways around the rules.

Read from the text, without running it. It decides nothing about points: it tells a person where to look.
"""

from __future__ import annotations

import ast
import builtins
import re
import time
from collections.abc import Iterator

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from minbpe.lab.grading.mending import is_locked, name_of
from minbpe.lab.grading.submissions import some

# Packages that tokenize; and what finds code, or hides what it does. No exercise needs any of them.
PACKAGES = (
    "minbpe", "tiktoken", "tokenizers", "transformers", "sentencepiece", "rustbpe", "gigatoken", "tokie", "bpeasy",
)  # fmt: skip
WAYS = (
    "__import__", "importlib", "eval", "exec", "compile", "globals", "gc", "ctypes", "multiprocessing", "subprocess",
    "_posixsubprocess", "inspect", "get_ipython", "marshal", "__builtins__", "__subclasses__", "__globals__",
    "_getframe", "f_back", "f_locals", "settrace", "setprofile", "addaudithook", "getattr", "vars", "locals",
    "__dict__", "__getattribute__", "__closure__", "__code__", "__loader__", "__spec__", "attrgetter", "builtins",
    "pkgutil", "runpy", "pydoc", "unittest", "f_globals", "f_builtins", "gi_frame", "tb_frame", "get_field", "_ip",
    "import_item", "InteractiveInterpreter", "tracemalloc", "_tracemalloc", "methodcaller", "meta_path", "path_hooks",
    "find_spec", "load_module", "exec_module", "__self__", "__wrapped__", "Unpickler", "__reduce__",
)  # fmt: skip
ATTRIBUTES = (*WAYS, "modules")
MODULES = (*PACKAGES, *WAYS, "code", "codeop", "cProfile", "profile", "IPython", "traitlets")
DISPLAY = ("IPython.display", "display")  # what IPython is asked for by whoever only shows something
UNPICKLING = ("load", "loads", "Unpickler", "*")  # of pickle: to write with it hides nothing
SHOWING = ("print", "display", "pprint", "repr", "str", "len")  # whoever looks what an object has goes no way around
ALL = ("vars", "locals")  # that have everything
IMPORTS = re.compile(rf"^minbpe|\b(?:import|from)\s+(?:{'|'.join(PACKAGES)})\b")  # in a text that could be run as code
RUNNING = ("run", "load", "pycat", "loadpy", "macro", "rerun")  # magics that bring code from elsewhere
MAGIC = re.compile(r"^\s*[%!?]|=\s*[%!]|\?\s*$", flags=re.MULTILINE)
WORK = 300_000  # characters times magics in a cell: IPython reads all of it anew for each, and would take seconds
PATIENCE = 3.0  # seconds for reading a cell, with what stands behind its magics
LONGEST = 10.0  # and after which no other cell is begun
READ = 100_000  # characters of all cells together
NAMED, SENTENCES = 10, 20  # names in a sentence, and sentences
OPTIONS = 10  # words in front of the code in a magic's line
MAGICS = ("run_line_magic", "run_cell_magic", "system", "getoutput")
NO_CODE = (SyntaxError, ValueError, RecursionError, MemoryError)


def borrowed(notebook: NotebookNode, release: NotebookNode) -> list[str]:
    """A sentence for each cell of the learner's that uses what the exercise did not hand out."""
    allowed = set(_used("\n".join(cell.source for cell in release.cells if cell.cell_type == "code")))
    said: list[str] = []
    room, until = READ, time.monotonic() + LONGEST
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or is_locked(cell):
            continue
        name = name_of(cell, index)
        room -= len(cell.source)
        if room < 0 or time.monotonic() > until:
            said.append(f"{name} and what follows were not read by the grading, there is so much: look at them")
            break
        try:
            found = [each for each in dict.fromkeys(_used(cell.source)) if each not in allowed]
        except Exception:  # IPython's own, of which it has several, and what takes too long
            said.append(f"{name} could not be read by the grading: look at it")
            continue
        if found:
            said.append(f"{name} uses {some(found, NAMED)}: is that its own work?")
    return said[:SENTENCES] + [f"the same of {len(said) - SENTENCES} more cells"] * (len(said) > SENTENCES)


def _used(source: str, until: float = 0.0) -> Iterator[str]:
    """The packages imported, and the ways around, in order. TimeoutError after `until`, else after PATIENCE."""
    try:
        yield from _used_in_code(source, until or time.monotonic() + PATIENCE)
    except NO_CODE:
        return  # it does not run either


def _used_in_code(source: str, until: float) -> Iterator[str]:
    """The same. SyntaxError, or one like it, where it is no Python."""
    if time.monotonic() > until or len(source) * len(MAGIC.findall(source)) > WORK:
        raise TimeoutError
    nodes = list(ast.walk(ast.parse(TransformerManager().transform_cell(source))))  # as IPython runs it
    magics = [node for node in nodes if isinstance(node, ast.Call) and _is_magic(node)]
    harmless = {id(each) for node in magics for each in (node.func.value.func, *node.args)}  # type: ignore[attr-defined]
    harmless |= {id(each) for node in nodes if isinstance(node, ast.Call) for each in _harmless(node)}
    for node in nodes:
        if id(node) not in harmless:
            yield from map(_shown, _named(node))
    for magic in magics:  # what stands behind %time is code, too
        name, *texts = [each.value for each in magic.args]  # type: ignore[attr-defined]
        if name in RUNNING:
            yield f"%{name}"
        yield from _used_in_line("".join(texts[:1]), until)
        for body in texts[1:]:
            yield from _used_in_body(body, until)


def _used_in_line(line: str, until: float) -> Iterator[str]:
    """The same of a magic's line: some options, and then perhaps code."""
    words = line.split(maxsplit=OPTIONS)
    for number in range(len(words)):
        code = " ".join(words[number:])
        try:
            ast.parse(code)
        except NO_CODE:
            continue
        yield from _used_in_code(code, until)
        return


def _used_in_body(body: str, until: float) -> Iterator[str]:
    """The same of what stands under a magic: whatever it is, it runs. LookupError where nobody knows what it is."""
    try:
        yield from _used_in_code(body, until)
    except NO_CODE:
        raise LookupError from None


def _named(node: ast.AST) -> Iterator[str]:
    """What is worth telling in a piece of code, without the pieces in it."""
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names if _is_of_interest(each.name))
        yield from (each.name for each in node.names if each.name == "pickle" and each.asname)
    elif isinstance(node, ast.ImportFrom) and node.module:
        names = [each.name for each in node.names]
        if node.module == "pickle":
            names = [name for name in names if name in UNPICKLING]
        elif not _is_of_interest(node.module):
            names = [name for name in names if name in ATTRIBUTES]
        elif node.module == DISPLAY[0] or (DISPLAY[0].startswith(node.module) and names == [DISPLAY[1]]):
            names = []
        yield from (f"{node.module}.{name}" for name in names)
    elif isinstance(node, ast.Name) and node.id in WAYS:
        yield node.id
    elif isinstance(node, ast.Attribute):
        if node.attr in ATTRIBUTES:
            yield node.attr
        elif node.attr in UNPICKLING and isinstance(node.value, ast.Name) and node.value.id == "pickle":
            yield f"pickle.{node.attr}"
    elif isinstance(node, ast.MatchClass):
        yield from (name for name in node.kwd_attrs if name in ATTRIBUTES)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and (at := IMPORTS.search(node.value)):
        yield repr(node.value[at.start() :][:40])


def _harmless(call: ast.Call) -> Iterator[ast.AST]:
    """Pieces of a call that go no way around, though they look like it."""
    if not isinstance(call.func, ast.Name):
        return
    if call.func.id in SHOWING:
        for each in call.args:
            if isinstance(each, ast.Attribute) and each.attr == "__dict__":
                yield each
            elif isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in ALL:
                yield each.func
    if call.func.id == "getattr" and len(call.args) > 1:
        of, name = call.args[:2]  # of a variable, an attribute that could as well stand behind a dot
        plain = isinstance(of, ast.Name) and not hasattr(builtins, of.id)
        if plain and isinstance(name, ast.Constant) and name.value not in ATTRIBUTES:
            yield call.func


def _is_magic(call: ast.Call) -> bool:
    """Whether it is what IPython makes of a line with %, or could have been made of one."""
    of = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr in MAGICS else None
    made = isinstance(of, ast.Call) and isinstance(of.func, ast.Name) and of.func.id == "get_ipython"
    texts = all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in call.args)
    return made and texts and bool(call.args)


def _is_of_interest(module: str) -> bool:
    return module.partition(".")[0] in MODULES


def _shown(name: str) -> str:
    return name[:60]
