"""The pages of the site: the notebooks as they read without a kernel, the guides, and the landing page."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from elsewhere import launchers

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
GUIDES = ["lecturing", "grading", "jupyterhub", "large-corpora"]
NOT_WITHOUT_A_KERNEL = "application/vnd.jupyter.widget-view+json"

Cell = dict[str, Any]


class Place(NamedTuple):
    """Where the site and its sources are; empty where that is not known."""

    base_url: str
    repository: str

    def file(self, path: str) -> str:
        """A file of the project."""
        return f"https://github.com/{self.repository}/blob/main/{path}" if self.repository else ""

    def launchers(self, path: str) -> dict[str, str]:
        """Where a notebook can be run, {name: address}, besides the site itself."""
        return launchers(self.repository, path) if self.repository else {}


def build_pages(folder: Path, *, bin: Path, cache: Path, place: Place) -> None:
    """The pages into `folder`; what is there already stays."""
    source = cache / "pages"
    shutil.rmtree(source, ignore_errors=True)
    (source / "notebooks").mkdir(parents=True)
    (source / "docs").mkdir()
    shutil.copy(HERE / "conf.py", source)
    shutil.copytree(HERE / "static", source / "_static")
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    for path in notebooks:
        page = json.dumps(as_page(json.loads(path.read_text(encoding="utf-8")), path.name, place))
        (source / "notebooks" / path.name).write_text(page, encoding="utf-8")
    guides = [name for name in GUIDES if (ROOT / "docs" / f"{name}.md").exists()]
    for name in guides:
        text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        (source / "docs" / f"{name}.md").write_text(relinked(text, "docs", place), encoding="utf-8")
    landing = (HERE / "index.md").read_text(encoding="utf-8")
    landing = landing.replace("{{map}}", course_map(notebooks)).replace("{{example}}", example())
    landing = landing.replace("{{notebooks}}", "\n".join(f"notebooks/{path.stem}" for path in notebooks))
    (source / "index.md").write_text(
        landing.replace("{{guides}}", "\n".join(f"docs/{name}" for name in guides)), encoding="utf-8"
    )
    if place.base_url:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "badges.md").write_text(badges(place), encoding="utf-8")
    command = [bin / "python", "-m", "sphinx", "-b", "html", "-q", "-d", cache / "doctrees", source, folder]
    environment = os.environ | {"PYTHONWARNINGS": "ignore", "PYTHONPATH": str(HERE)}
    subprocess.run(
        [*command, *(["-D", f"html_baseurl={place.base_url}"] if place.base_url else [])], check=True, env=environment
    )


def badges(place: Place) -> str:
    """Markdown for a README: what leads to the site and to each place where notebooks run."""
    start = "notebooks/00-start-here.ipynb"
    addresses = {"read": place.base_url, "run in your browser": f"{place.base_url}lite/lab/index.html?path={start}"}
    return " · ".join(f"[{name}]({address})" for name, address in (addresses | place.launchers(start)).items()) + "\n"


# --- a notebook as a page


def as_page(notebook: dict[str, Any], name: str, place: Place) -> dict[str, Any]:
    """The notebook without a kernel: pictures for widgets, the sources of questions out of sight, answers folded."""
    cells = [shown(cell, place) for cell in notebook["cells"]]
    title, *rest = cells
    return notebook | {"cells": [title, markdown(launch_row(f"notebooks/{name}", place)), *folded(rest)]}


def shown(cell: Cell, place: Place) -> Cell:
    source = "".join(cell["source"])
    metadata: dict[str, Any] = {"tags": list(cell["metadata"].get("tags", []))}
    if cell["cell_type"] == "markdown":
        return markdown(relinked(source, "notebooks", place)) | {"metadata": metadata}
    if cell["metadata"].get("jupyter", {}).get("source_hidden"):
        metadata["tags"].append("remove-input")
    outputs = [picture(output, place) for output in cell.get("outputs", [])]
    return cell | {"metadata": metadata, "outputs": outputs}


def picture(output: dict[str, Any], place: Place) -> dict[str, Any]:
    """An output without what only a kernel can show."""
    if NOT_WITHOUT_A_KERNEL not in output.get("data", {}):
        if "text/html" in output.get("data", {}):
            written = relinked("".join(output["data"]["text/html"]), "notebooks", place)
            return output | {"data": {"text/html": written}}
        return output
    data = {kind: value for kind, value in output["data"].items() if kind != NOT_WITHOUT_A_KERNEL}
    if "image/svg+xml" in data:  # inline, so that it can be read by a screen reader, and scrolled where it is too wide
        drawn = "".join(data.pop("image/svg+xml"))
        data = {
            "text/html": f'<div class="still" tabindex="0" role="group" aria-label="The widget, drawn">{drawn}</div>'
        }
    return output | {"data": data}


def folded(cells: list[Cell]) -> Iterator[Cell]:
    """The cells, where those below a heading with the tag "fold" open at a click, to the next heading of its rank."""
    rank = 0  # of the fold that is open
    for cell in cells:
        heading = re.match(r"(#+) +(.*)", "".join(cell["source"])) if cell["cell_type"] == "markdown" else None
        if heading and rank:
            if len(heading[1]) <= rank:
                rank = 0
                yield markdown("</details>")
            else:  # to Sphinx a heading would be a section, which reaches beyond the fold
                below = "".join(cell["source"]).partition("\n")[2]
                cell = cell | {"source": f"**{heading[2]}**\n{below}"}
        if heading and "fold" in cell["metadata"]["tags"]:
            rank = len(heading[1])
            yield markdown(f'<details class="fold"><summary>{html.escape(heading[2])}</summary>')
            cell = markdown("".join(cell["source"]).partition("\n")[2])
        if "".join(cell["source"]).strip() or cell.get("outputs"):
            yield cell
    if rank:
        yield markdown("</details>")


def markdown(source: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {"tags": []}, "source": source}


def launch_row(path: str, place: Place) -> str:
    """Buttons: run this notebook here, or elsewhere."""
    here = f'<a class="run" href="../lite/lab/index.html?path={path}">Run this notebook in your browser</a>'
    others = "".join(
        f' <a class="elsewhere" href="{address}">{name}</a>' for name, address in place.launchers(path).items()
    )
    return f'<p class="launch">{here}{others}</p>'


def relinked(text: str, folder: str, place: Place) -> str:
    """Links that lead from a file in `folder` of the project, in Markdown or HTML, leading to the same from its page.

    Where there is nothing to lead to, only the text of the link is left.
    """

    def in_markdown(match: re.Match[str]) -> str:
        words, target = match.groups()
        led = leads(target, folder, place)
        if led and led.startswith("../lite/"):  # which is none of Sphinx's pages
            return f'<a href="{led}">{words}</a>'
        return f"[{words}]({led})" if led else words

    def in_html(match: re.Match[str]) -> str:
        led = re.sub(r"^(?!\.\./lite)(.*)\.(ipynb|md)\b", r"\1.html", leads(match[1], folder, place) or "#")
        return f'href="{led}"'

    text = re.sub(r'href="([^"]+)"', in_html, text)
    return re.sub(r"(?<!!)\[([^\]\n]*)\]\(([^)\s]+)\)", in_markdown, text)


def leads(target: str, folder: str, place: Place) -> str | None:
    """Where a link from a file in `folder` leads on the site; None if nowhere."""
    path = os.path.normpath(f"{folder}/{target.partition('#')[0]}").replace(os.sep, "/")
    if re.match(r"\w+:|#", target):
        return target
    if path.startswith(("exercises/", "solutions/")):
        return f"../lite/lab/index.html?path={path}"
    if re.fullmatch(r"notebooks/[\w-]+\.ipynb", path) or re.fullmatch(rf"docs/({'|'.join(GUIDES)})\.md", path):
        return target if (ROOT / path).exists() else None
    return place.file(path) or None


def slug(title: str) -> str:
    """A heading is linked to as in JupyterLab: case and signs stay, spaces become hyphens. (conf.py names this.)"""
    return re.sub(r"\s", "-", title.strip())


# --- the landing page


def course_map(notebooks: list[Path]) -> str:
    """A row for each notebook: its number and title, and the question that it answers."""
    rows = []
    for path in notebooks:
        head = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        number, title = re.search(r"^# (\d\d) · (.*)$", head, flags=re.MULTILINE).groups()
        question = re.search(r"^\*\*(.*)\*\*$", head, flags=re.MULTILINE)[1]
        rows.append(
            f'<li><a href="notebooks/{path.stem}.html"><span class="number">{number}</span> '
            f"<b>{html.escape(title)}</b> <span>{html.escape(question)}</span></a></li>"
        )
    return f'<ol class="map">{"".join(rows)}</ol>'


def example() -> str:
    """What the widget of the landing page starts from, as JSON: a text, and merges that were learned on it."""
    from minbpe import BasicTokenizer, corpora

    text = corpora.load("story")
    tokenizer = BasicTokenizer()
    tokenizer.train(text, 256 + 200)
    shown = "\n\n".join(text.split("\n\n")[1:3])[:700]
    return json.dumps({"text": shown, "merges": [list(pair) for pair in tokenizer.merges]}).replace("</", "<\\/")
