"""Checks of the exercises: is an answer right, and if not, what went wrong?

    from minbpe.lab import check

    check("merge", merge)      # one line when it is right, else CheckFailed with words that help
    check.exercises()          # all of them

An exercise is data (exercise.py): nb01_bytes.py to nb09_in_the_wild.py hold those that are written in the notebooks,
ex01_bytes.py to ex09_in_the_wild.py those of the exercise notebooks, each with its cases and the misconceptions that it
can meet. The way of a check is told at the head of checking.py: runner.py calls an answer,
faults.py judges one call, examining.py all of them, and checking.py puts in words what was found.
"""

from minbpe.lab.checks import (
    ex01_bytes,
    ex02_pairs,
    ex03_merges,
    ex04_encode_decode,
    ex05_regex_splitting,
    ex06_special_tokens,
    ex07_gpt4_parity,
    ex08_speed,
    ex09_in_the_wild,
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

# Importing them is what makes their exercises known.
NOTEBOOKS = (
    nb01_bytes,
    ex01_bytes,
    nb02_pairs,
    ex02_pairs,
    nb03_merges,
    ex03_merges,
    nb04_encode_decode,
    ex04_encode_decode,
    nb05_regex_splitting,
    ex05_regex_splitting,
    nb06_special_tokens,
    ex06_special_tokens,
    nb07_gpt4_parity,
    ex07_gpt4_parity,
    nb08_speed,
    ex08_speed,
    nb09_in_the_wild,
    ex09_in_the_wild,
)

# In the order of the course: what is written in a notebook comes before its exercises.
_in_order = sorted(EXERCISES.items(), key=lambda item: (item[1].notebook, item[1].asked_in != "notebook"))
EXERCISES.clear()
EXERCISES.update(_in_order)

__all__ = ["EXERCISES", "Check", "CheckFailed", "Exercise", "Misconception", "Verdict", "check", "examine"]
