"""Every widget of the lab, each with something to show: what the browser tests open."""

from __future__ import annotations

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

# Each widget with a text that has something to show, under the name by which the tests know it.
WIDGETS = {
    "scrubber": 'MergeScrubber("the more the merrier, the more the better\\n" * 40, merges=60, sentence="merry more")',
    "stepper": 'EncodeStepper(trained, "hugging the bugs", compare="longest")',
    "tree": 'MergeTree(trained, text="hugs")',
    "utf8": 'Utf8Inspector("Aé漢👨‍👩‍👧")',
    "pairs": 'PairExplorer("aaabdaaabac")',
    "splits": "SplitExplorer()",
    "specials": "SpecialTokenExplorer()",
    "tokens": "TokenExplorer()",
    "predict": 'Predict("How many pairs are there in `aaa`?", {"1": "They overlap.", "2": "aa and aa."}, "2")',
    "quiz": 'Quiz([Question("What is 1 + 1?", {"2": "Yes.", "11": "That joins them."}, "2")])',
    "parsons": 'Parsons(["def f():", "a = 1", "return a + 1"], "f", judge=lambda f: f())',
}


TRAINED = """\
from minbpe import BasicTokenizer
trained = BasicTokenizer()
trained.train("hug pug pun bun hugs bugs hugging " * 20, 280)"""


def write_notebook(path, *sources):
    """A notebook with these code cells."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources], metadata=kernel), path)


def cell_of(name):
    """The cell that shows a widget, with a class to find it by."""
    imports = "from minbpe.lab import *"
    return f'{imports}\n{name} = {WIDGETS[name]}\n{name}.add_class("test-{name}")\n{name}'
