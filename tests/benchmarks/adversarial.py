"""What texts without a place to split cost, and whether ten times the text costs much more than ten times as much.

This is processor time: a busy machine would stretch the long runs more than the short ones.
"""

from __future__ import annotations

import faulthandler
from subprocess import CalledProcessError
from time import process_time

import inputs
from measure import Bound, Report, Table, in_fresh_python, show_seconds

SIZES = [10**4, 10**5, 10**6]
ROUNDS = 5
LIMIT = 30  # seconds; then the process is given up, which is why each has one of its own
EQUAL_BYTES = ["one letter", "spaces", "newlines"]


def measure(quick: bool) -> Report:
    """Every run by GPT4Tokenizer, tiktoken and a BasicTokenizer that was trained on such runs."""
    rows, bounds = [], []
    for run in inputs.RUNS:
        for contestant in ("GPT4Tokenizer", "tiktoken", "BasicTokenizer"):
            best, problem = time_apart(contestant, run)
            factor = best[SIZES[2]] / best[SIZES[1]] if SIZES[2] in best else float("inf")
            cells = [show_seconds(best[size]) if size in best else problem for size in SIZES]
            rows.append([run, contestant, *cells, f"{factor:.1f}"])
            if run in EQUAL_BYTES and contestant != "tiktoken":
                bounds.append(Bound(f"{contestant}, {run}: cost of 10^6 bytes over 10^5", factor, 16))
    columns = ["run", "tokenizer", *(f"{size:,} bytes" for size in SIZES), "factor of the last two"]
    return [Table("Encoding runs without a place to split", columns, rows)], bounds


def time_apart(contestant: str, run: str) -> tuple[dict[int, float], str]:
    """The best time for each size, and what happened where there is none."""
    problem = ""
    try:
        output = in_fresh_python(f"import adversarial; adversarial.print_times({contestant!r}, {run!r})")
    except CalledProcessError as error:
        output = error.stdout
        problem = f"over {LIMIT} s" if error.stderr.startswith("Timeout") else error.stderr.splitlines()[-1]
    best: dict[int, float] = {}
    for line in output.splitlines():
        size, seconds = line.split()
        best[int(size)] = min(float(seconds), best.get(int(size), float("inf")))
    return best, problem


def print_times(contestant: str, run: str) -> None:
    """Print a size and its seconds a line, each size once a round; end the process after LIMIT seconds."""
    from minbpe import BasicTokenizer, GPT4Tokenizer
    from minbpe.vocabularies import get_encoding

    if contestant == "GPT4Tokenizer":
        encode = GPT4Tokenizer().encode_ordinary
    elif contestant == "tiktoken":
        encode = get_encoding("cl100k_base").encode_ordinary
    else:
        tokenizer = BasicTokenizer()
        tokenizer.train((make(SIZES[0]) for make in inputs.RUNS.values()), 512)
        encode = tokenizer.encode
    texts = {size: inputs.RUNS[run](size) for size in SIZES}
    faulthandler.dump_traceback_later(LIMIT, exit=True)  # stops even code that never comes back to Python
    for _ in range(ROUNDS):
        for size, text in texts.items():
            start = process_time()
            encode(text)
            print(size, process_time() - start, flush=True)
