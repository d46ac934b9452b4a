"""Runs notebooks from top to bottom and stores them as the repository keeps them.

    python tools/store_notebooks.py notebooks/00-start-here.ipynb …

Outputs are stored; times, versions and everything else that differs from run to run is left out. Nothing is
written when a cell fails.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KEPT_CELL_METADATA = ("tags", "slideshow", "editable", "deletable", "nbgrader")
HIDDEN = {"source_hidden": True}  # for questions: a learner reads them, not the call that asks them
FOLDED = "jp-MarkdownHeadingCollapsed"  # JupyterLab's: hides the cells below a heading, to the next of its rank


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Reduce the metadata to what the course needs, and join prints that only timing has parted."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in KEPT_CELL_METADATA}
        if "question" in cell.metadata.get("tags", []):
            cell.metadata["jupyter"] = HIDDEN
        if "fold" in cell.metadata.get("tags", []):
            cell.metadata[FOLDED] = True
        outputs = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and outputs and outputs[-1].get("name") == output.name:
                outputs[-1].text += output.text
            else:
                outputs.append(output)
        if cell.cell_type == "code":
            cell.outputs = outputs


def store(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, resources=resources, kernel_name="python3", record_timing=False, timeout=120).execute()
    tidy(notebook)
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    os.environ["MINBPE_PROGRESS"] = ""  # a notebook is stored as a new learner sees it
    for name in sys.argv[1:]:
        store(Path(name))
        print(f"stored {name}")
