"""The benchmarks: tables of minbpe beside others, on the same input, in one run.

    python tests/benchmarks/run.py                     all of it, some seven minutes
    python tests/benchmarks/run.py --quick             without the training on 20 MB and the counting of 120 MB
    python tests/benchmarks/run.py encoding startup    only these sections
    python tests/benchmarks/run.py --check             and exit with 1 if a bound is missed

The figures in brackets are ratios to minbpe's. The others come with `pip install -e ".[bench]"`; the column of
one that is not installed says so.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib.metadata import version

import adversarial
import encoding
import memory
import scaling
import startup
import training
from measure import DISTRIBUTIONS, INSTALLED, Bound

SECTIONS = {
    "training": training.measure,
    "encoding": encoding.measure,
    "adversarial": adversarial.measure,
    "memory": memory.measure,
    "scaling": scaling.measure,
    "startup": startup.measure,
}


def main() -> int:
    """Run the sections asked for; the exit code is 1 when --check finds a bound missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="section", help=f"one or more of {', '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="leave out the training on 20 MB and counting 120 MB")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bound is missed")
    args = parser.parse_args()
    for unknown in set(args.sections) - set(SECTIONS):
        parser.error(f"no section is called {unknown!r}; there are {', '.join(SECTIONS)}")

    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    packages = ", ".join(f"{name} {version(DISTRIBUTIONS.get(name, name))}" for name in INSTALLED)
    print(f"Python {platform.python_version()} on {platform.system()}, {os.cpu_count()} CPUs{load}; {packages}\n")
    bounds: list[Bound] = []
    for name in args.sections or SECTIONS:
        tables, found = SECTIONS[name](args.quick)
        bounds += found
        for table in tables:
            print(table, flush=True)
    if not args.check:
        return 0
    for bound in bounds:
        print(bound, file=sys.stdout if bound.holds() else sys.stderr, flush=True)
    return 0 if all(bound.holds() for bound in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
