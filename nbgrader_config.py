"""nbgrader's settings: solutions/ is the source, exercises/ is what learners get.

python tools/make_exercises.py                        # exercises/ anew from solutions/
python -m minbpe.lab.grading submitted graded         # grades a class: docs/grading.md
"""

c = get_config()  # noqa: F821  (nbgrader puts it there)

c.CourseDirectory.course_id = "minbpe"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# What stands in place of a solution. `check` takes NotImplementedError for "not done yet".
c.ClearSolutions.code_stub = {"python": "# Your code here, in place of the next line\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "Your answer here"

# One cell of a submission may take so many seconds. A check stops an answer that never returns after 5. A submission
# as a whole has a limit too: python -m minbpe.lab.grading --seconds.
c.Execute.timeout = 60
c.Execute.interrupt_on_timeout = True
