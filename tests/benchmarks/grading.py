"""What grading costs: processor seconds a submission, and the time of two jobs against one.

python tests/benchmarks/grading.py [--students 12]

Every process that the command starts is looked at twenty times a second, so what a sandbox does counts too.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from test_grading_class import WORTH, hand_in  # noqa: E402


def measured(submitted: Path, graded: Path, jobs: int) -> tuple[float, float]:
    """Seconds by the clock, and of the processor, for a run of the command with so many jobs."""
    command = [sys.executable, "-m", "minbpe.lab.grading", str(submitted), str(graded), "--jobs", str(jobs)]
    begun, spent = time.monotonic(), {}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            root = psutil.Process(process.pid)
            for each in [root, *root.children(recursive=True)]:
                try:
                    times = each.cpu_times()
                    spent[each.pid, each.create_time()] = times.user + times.system
                except psutil.Error:  # it has ended meanwhile
                    continue
            time.sleep(0.05)
    return time.monotonic() - begun, sum(spent.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=12)
    students = parser.parse_args().students
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hand_in(folder / "submitted", students, broken=False)
        hand_in(folder / "one", 1, broken=False)
        measured(folder / "one", folder / "few", 1)  # makes the assignments, which a class costs once
        for jobs in (1, 2):
            shutil.copytree(folder / "few", folder / f"graded-{jobs}")
        _, start = measured(folder / "one", folder / "few", 1)  # nothing to grade: what the command itself costs
        results = {jobs: measured(folder / "submitted", folder / f"graded-{jobs}", jobs) for jobs in (1, 2)}
    number = students * len(WORTH) - len(WORTH)  # the first student's are there already
    for jobs, (clock, processor) in results.items():
        each = (processor - start) / number
        print(f"{jobs} jobs: {clock:.0f} s by the clock, {each:.2f} processor seconds a submission")
    print(f"2 jobs against 1: {results[2][0] / results[1][0]:.2f}. Load: {psutil.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
