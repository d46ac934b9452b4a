"""Grade a class with nbgrader, and trust the table.

    python -m minbpe.lab.grading submitted graded

`submitted` holds what the class handed in, as submitted/STUDENT/02-pairs/02-pairs.ipynb; `graded` is a folder that
the command makes and keeps. GRADING.md is the instructor's guide. Needs the extra `classroom`.

    __main__.py     the command: what to grade, the table, the exit code
    course.py       nbgrader's side: the assignments, the gradebook, one submission in a process of its own
    mending.py      a submitted notebook, with everything that is not the learner's to change put back
    worker.py       that process: runs the cells, and goes on when one of them ends or hangs Python
    kernel.py       the Python that the cells run in: no network, no other programs, so much memory
"""
