"""Build the course as a web site that runs in the browser.

    python tools/build_site.py FOLDER [--offline] [--base-url URL] [--repository OWNER/NAME]

FOLDER gets a landing page, every notebook as a page to read, and JupyterLite, in which the notebooks and the exercises
run with nothing installed. Any web server can serve it: python -m http.server --directory FOLDER.

Everything comes from PyPI and npm. The tools, pinned in site-requirements.txt, go into an environment of their own in
build/, which is used again the next time.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).with_name("website")))
from browser import build_lite
from elsewhere import build_elsewhere
from pages import Place, build_pages

ROOT = Path(__file__).parents[1]
CACHE = ROOT / "build" / "site"
REQUIREMENTS = Path(__file__).with_name("site-requirements.txt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--offline", action="store_true", help="a site that asks no other host for anything")
    parser.add_argument("--base-url", default="", help="where the site will be, for links that lead to it")
    parser.add_argument("--repository", default="", help="OWNER/NAME on GitHub, for Colab, Kaggle and others")
    options = parser.parse_args()
    bin = environment()
    options.folder.mkdir(parents=True, exist_ok=True)
    build_pages(options.folder, bin=bin, cache=CACHE, place=Place(options.base_url, options.repository))
    if options.repository:
        build_elsewhere(options.folder / "elsewhere", options.repository)
    build_lite(options.folder / "lite", bin=bin, cache=CACHE, offline=options.offline)


def environment() -> Path:
    """The folder with the programs of the environment that has the tools, which is made if need be."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = CACHE / f"env-{digest}"
    bin = folder / ("Scripts" if os.name == "nt" else "bin")
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [bin / "python", "-m", "pip", "install", "--quiet", "--no-compile", "--requirement", REQUIREMENTS],
            check=True,
        )
        (folder / "complete").touch()
    return bin


if __name__ == "__main__":
    main()
