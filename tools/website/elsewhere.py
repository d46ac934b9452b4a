"""Notebooks for Colab, Kaggle and the like, where the course is not installed: the first cell of each installs it.

The notebooks of the course need no such cell, so they have none. These are made anew by each build of the site, and
.github/workflows/site.yml puts them on a branch of their own, from which Colab and Kaggle can open them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BRANCH = "elsewhere"
SET_UP = """\
# Sets the course up where it is not installed. Elsewhere this does nothing.
from importlib.util import find_spec

if not find_spec("minbpe"):
    %pip install --quiet "git+https://github.com/{repository}\""""


def launchers(repository: str, path: str) -> dict[str, str]:
    """Where a notebook can be opened besides the site, {name: address}."""
    ours = f"{repository}/{BRANCH}/{path}"
    return {
        "Colab": f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{path}",
        "Kaggle": f"https://www.kaggle.com/kernels/welcome?src=https://raw.githubusercontent.com/{ours}",
        "Codespaces": f"https://codespaces.new/{repository}",
        "Binder": f"https://mybinder.org/v2/gh/{repository}/HEAD?labpath={path}",
    }


def build_elsewhere(folder: Path, repository: str) -> None:
    """The notebooks and the exercises into `folder`, each with the cell that installs the course."""
    for path in sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")]):
        made = folder / path.relative_to(ROOT)
        made.parent.mkdir(parents=True, exist_ok=True)
        notebook = with_set_up(json.loads(path.read_text(encoding="utf-8")), repository)
        made.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def with_set_up(notebook: dict[str, Any], repository: str) -> dict[str, Any]:
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "set-up",
        "metadata": {},
        "outputs": [],
        "source": SET_UP.format(repository=repository),
    }
    return notebook | {"cells": [cell, *notebook["cells"]]}
