"""Grade a class with nbgrader, and trust the table.

    python -m minbpe.lab.grading submitted graded

`submitted` holds what the class handed in, as submitted/STUDENT/02-pairs/02-pairs.ipynb; `graded` is a folder that
the command makes and keeps. docs/grading.md is the instructor's guide. Needs the extra `classroom`.

    __main__.py     the command: its options, and how it ends
    run.py          a class graded, from what was handed in to the table
    submissions.py  what was handed in, and what is odd about it
    mending.py      a notebook, with everything that is not the learner's to change put back
    borrowed.py     code that is not its writer's own, read from the text
    pool.py         many at once: on all cores, or on a cluster
    worker.py       one submission: cells are run inside, verdicts are found outside
    notebook.py     the kernel that its cells run in, and how to go on where one ends or hangs it
    remote.py       the learner's functions, called from outside
    sandbox.py      what contains the kernel
    inside/         the files that are with the learner's code
    course.py       nbgrader's side: the assignments, the gradebook, the pages
    results.py      what is known, one file each, whole or not at all
    table.py        the table that is shown
    imports.py      downloads of Moodle, Canvas and Gradescope
    exports.py      points for Canvas and Moodle
"""

import sys

# What reads notebooks first builds a grammar of addresses, where that package is there, for two seconds of processor
# time in each process. No notebook holds an address.
if "rfc3987_syntax" not in sys.modules:
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
