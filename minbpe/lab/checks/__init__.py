"""Checks of the exercises: is an answer right, and if not, what went wrong?

    from minbpe.lab import check

    check("merge", merge)      # one line when it is right, else CheckFailed with words that help
    check.exercises()          # all of them

An exercise is data (exercise.py): nb01_bytes.py to nb09_in_the_wild.py hold them, each with its cases and the
misconceptions that it can meet. The way of a check is told at the head of checking.py: runner.py calls an answer,
faults.py judges one call, examining.py all of them, and checking.py puts in words what was found.
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
from minbpe.lab.checks.checking import Check, CheckFailed, Verdict, check, examine
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

__all__ = ["EXERCISES", "Check", "CheckFailed", "Exercise", "Misconception", "Verdict", "check", "examine"]
