"""Makes exercises/ from solutions/, with nbgrader: solutions, hidden tests and outputs are taken out.

    python tools/make_exercises.py

The same solutions always give the same bytes. Only exercises/ is written: nbgrader's database is a temporary one.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat

from minbpe.lab.grading.course import api, configuration

ROOT = Path(__file__).parent.parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def make(target: Path, solutions: Path = ROOT / "solutions") -> list[Path]:
    """Write a blank notebook to target/NN-name/NN-name.ipynb for each in `solutions`, and remove what is no longer
    there. RuntimeError, with nbgrader's own words, if one cannot be made: then nothing is written."""
    names = sorted(path.name for path in solutions.iterdir() if (path / f"{path.name}.ipynb").exists())
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        for name in names:
            # Only the notebook: a learner's copy does not hold what else may lie about here.
            (course / "solutions" / name).mkdir(parents=True)
            shutil.copy(solutions / name / f"{name}.ipynb", course / "solutions" / name)
        shutil.copy(ROOT / "nbgrader_config.py", course)
        nbgrader = api(configuration(course))
        for name in names:
            result = nbgrader.generate_assignment(name)
            if not result["success"]:
                raise RuntimeError(f"nbgrader could not make {name}:\n{result.get('error') or result.get('log')}")
        made = {name: tidied(course / "exercises" / name / f"{name}.ipynb") for name in names}
    for path in target.glob("*/*.ipynb"):
        if path.stem == path.parent.name and path.stem not in made:
            path.unlink()
    for name, text in made.items():
        (target / name).mkdir(parents=True, exist_ok=True)
        (target / name / f"{name}.ipynb").write_text(text, encoding="utf-8", newline="\n")
    return [target / name / f"{name}.ipynb" for name in made]


def tidied(path: Path) -> str:
    """The notebook as text, with the metadata that the course needs and no other."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return nbformat.writes(notebook) + "\n"


if __name__ == "__main__":
    for path in make(ROOT / "exercises"):
        print(f"made {path.relative_to(ROOT)}", file=sys.stderr)
