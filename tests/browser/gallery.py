"""Every widget of the lab, each with something to show: what the browser tests open."""

from __future__ import annotations

import re

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from minbpe import lab
from minbpe.lab import widgets

# The Python that makes each widget, by the name that it has in the notebook: MergeScrubber is merge_scrubber.
WIDGETS = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): getattr(lab, name).example for name in widgets.WIDGETS}

# The import comes once, and first: of a name as `predict` the lab has a function, and the notebook its widget.
BEGIN = """\
from minbpe.lab import *
from minbpe import BasicTokenizer
trained = BasicTokenizer()
trained.train("hug pug pun bun hugs bugs hugging " * 20, 280)"""


def write_notebook(path, *sources):
    """A notebook with these code cells."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources], metadata=kernel), path)


def cell_of(name):
    """The cell that shows a widget, with a class to find it by."""
    return f'{name} = {WIDGETS[name]}\n{name}.add_class("test-{name}")\n{name}'
