"""Checks of the exercises: is an answer right, and if not, what went wrong?

    from minbpe.lab import check

    check("merge", merge)      # one line when it is right, else CheckFailed with words that help
    check.exercises()          # all of them

runner.py calls an answer safely, faults.py finds faults of form, checking.py puts the two together, and the
files nb01_bytes.py to nb09_in_the_wild.py hold the exercises, each with the misconceptions it can meet.
"""

from minbpe.lab.checks import (
    nb01_bytes,
    nb02_pairs,
    nb03_merges,
    nb04_encode_decode,
    nb05_regex_splitting,
    nb06_special_tokens,
    nb07_gpt4_parity,
    nb08_speed,
    nb09_in_the_wild,
)
from minbpe.lab.checks.checking import Check, CheckFailed, check
from minbpe.lab.checks.exercise import EXERCISES, Exercise, Misconception
from minbpe.lab.progress import record

check.on_pass(record)

# Importing them is what makes their exercises known, in the order of the course.
NOTEBOOKS = (
    nb01_bytes,
    nb02_pairs,
    nb03_merges,
    nb04_encode_decode,
    nb05_regex_splitting,
    nb06_special_tokens,
    nb07_gpt4_parity,
    nb08_speed,
    nb09_in_the_wild,
)

__all__ = ["EXERCISES", "Check", "CheckFailed", "Exercise", "Misconception", "check"]
