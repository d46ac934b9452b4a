"""Lecture mode: a notebook as slides in JupyterLab, with its widgets live.

    python -m minbpe.lab.lecture notebooks/03-merges.ipynb

Space, Page Down and the right and down arrows go on; Shift Space, Page Up and the left and up arrows go back.
Ctrl Enter or Shift Enter runs the cell and stays on the slide, Ctrl Shift Enter runs the whole notebook. Enter,
pressed twice, goes into a cell to edit it. Editors and widgets keep the keys pressed in them; Escape comes out
again. Needs the extra `classroom`.

JupyterLab reads its settings from a temporary folder here, so that the lecturer's own stay as they are. (Settings in
overrides.json do not reach the keys of jupyterlab-deck.) The notebook file changes only when the lecturer saves it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from minbpe.lab.widgets.lab import LECTURE

SECONDS_TO_END = 15  # seconds that the server may take to end its kernels
FORWARD = ("Space", "ArrowRight", "ArrowDown", "PageDown")
BACK = ("Shift Space", "ArrowLeft", "ArrowUp", "PageUp")
LETTERS = {"content": "22px", "code": "20px"}
SLIDE = "body[data-jp-deck-mode='presenting']"
# The deck loses the focus when it hides the cell that has it, so keys count wherever the focus is. Only what takes
# keys itself keeps them: an editor, a widget, a dialog.
TAKES_KEYS = ("input", "textarea", "select", ".cm-content", ".jp-OutputArea *", ".jp-Dialog *")
ANYWHERE = SLIDE + "".join(f":not(:has({each}:focus))" for each in TAKES_KEYS)
# The same on a cell that has the focus: JupyterLab's own keys, which fold headings, would be nearer than ANYWHERE.
ON_CELL = f"{SLIDE} .jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus"
IN_EDITOR = f"{SLIDE} .jp-Notebook.jp-mod-editMode"

# CSS by selector, for JupyterLab Fonts, which comes with the deck. How widgets look on a slide is in assets/lab.css.
STYLES: dict[str, dict[str, str]] = {
    # A white page with narrow margins; the buttons of the deck in the right one, off the slide.
    f"{SLIDE}, {SLIDE} .jp-LabShell, {SLIDE} .lm-DockPanel, {SLIDE} #jp-main-content-panel": {
        "background": "var(--jp-layout-color0)"
    },
    f"{SLIDE} .jp-Deck.jp-NotebookPanel": {"left": "8px", "right": "44px"},
    f"{SLIDE} .jp-Deck-DesignTools": {"display": "none"},
    f"{SLIDE} .jp-Deck-Remote": {"opacity": "0.5"},
    f"{SLIDE} .jp-Deck-Remote:is(:hover, :focus-within)": {"opacity": "1"},
    f"{SLIDE} .jp-Deck-Remote-directions > div": {"flex-direction": "column"},
    f"{SLIDE} .jp-MarkdownOutput table": {"font-size": "var(--jp-content-font-size1)"},
    f"{SLIDE} .jp-Collapser": {"width": "4px", "opacity": "0.4"},
    # What a folded heading hides in a notebook comes on a slide in its turn.
    f"{SLIDE} .jp-Cell.lm-mod-hidden.jp-deck-mod-onscreen": {"display": "block !important"},
    # Who sees a question need not see the call that asks it.
    f"{SLIDE} .jp-InputPlaceholder": {"display": "none"},
    f"{SLIDE} .jp-RenderedImage img": {"max-height": "calc(100vh - 150px)", "width": "auto"},
    # A widget needs the whole slide. Its source comes back to be edited.
    f"{SLIDE} .jp-Cell:has(.mb-lab) .jp-Cell-inputWrapper:not(:focus-within)": {
        "height": "0",
        "margin": "0",
        "padding": "0",
        "opacity": "0",
        "overflow": "hidden",
    },
}


def settings() -> dict[str, dict[str, object]]:
    """JupyterLab's settings for a lecture, by plugin."""
    go_on = {"command": "deck:go", "args": {"direction": "down", "alternate": "forward"}}
    go_back = {"command": "deck:go", "args": {"direction": "up", "alternate": "back"}}
    run = {"command": "notebook:run-cell"}
    run_all = {"command": "notebook:run-all-cells"}
    edit = {"command": "notebook:enter-edit-mode"}  # gives a cell no more than the focus, if the deck had lost that
    leave = {"command": "notebook:enter-command-mode"}
    keys: list[tuple[dict[str, Any], str, tuple[str, ...]]] = [(go_on, key, (ANYWHERE, ON_CELL)) for key in FORWARD]
    keys += [(go_back, key, (ANYWHERE, ON_CELL)) for key in BACK]
    keys += [(run, key, (ANYWHERE, ON_CELL, IN_EDITOR)) for key in ("Shift Enter", "Ctrl Enter")]
    keys += [(run_all, "Ctrl Shift Enter", (ANYWHERE, ON_CELL, IN_EDITOR)), (edit, "Enter", (ANYWHERE,))]
    keys += [(leave, "Escape", (f"{SLIDE} .jp-OutputArea",))]
    shortcuts = [{**what, "keys": [key], "selector": where} for what, key, places in keys for where in places]
    return {
        "@deathbeds/jupyterlab-deck/plugin": {"active": True},
        "@deathbeds/jupyterlab-fonts/fonts": {"styles": STYLES},
        "@jupyterlab/shortcuts-extension/shortcuts": {"shortcuts": shortcuts},
        "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
        "@jupyterlab/notebook-extension/tracker": {
            "scrollPastEnd": False,
            "windowingMode": "none",
            "codeCellConfig": {"lineWrap": True},
        },
        "@jupyterlab/apputils-extension/themes": {
            "theme": "JupyterLab Light",
            "overrides": {"content-font-size1": LETTERS["content"], "code-font-size": LETTERS["code"]},
        },
        "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    }


def write_settings(folder: Path) -> None:
    """Lay the settings out in `folder` as JUPYTERLAB_SETTINGS_DIR has them."""
    for plugin, values in settings().items():
        path = folder / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values, indent=2), encoding="utf-8")


def environment(folder: Path) -> dict[str, str]:
    """The environment for a JupyterLab that gives a lecture, and keeps what it has to remember in `folder`."""
    write_settings(folder / "settings")
    folders = {f"JUPYTERLAB_{each.upper()}_DIR": str(folder / each) for each in ("settings", "workspaces")}
    return {**os.environ, **folders, LECTURE: "1"}


def run_until_stopped(command: list[str], env: dict[str, str]) -> int:
    """Run a server. Ctrl-C, SIGTERM and a closed terminal end it, and with it what it has started. Returns its exit
    code, 0 where it was stopped."""
    process: subprocess.Popen[bytes] | None = None
    stopped_at = 0.0

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped_at
        stopped_at = stopped_at or time.monotonic()
        if process:
            process.terminate()  # the server ends its kernels

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, stop)
    # In a group of its own: Ctrl-C would reach the server too, and make it ask whether it is meant.
    apart: dict[str, Any]
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    else:
        apart = {"start_new_session": True}
    process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, **apart)
    if stopped_at:  # while it was being started
        process.terminate()
    while True:
        try:
            code = process.wait(0.5)  # on Windows, a wait without end would not let Ctrl-C in
            return 0 if stopped_at else code
        except subprocess.TimeoutExpired:
            if stopped_at and time.monotonic() > stopped_at + SECONDS_TO_END:
                process.kill()


def main(argv: list[str] | None = None) -> int:
    """Open JupyterLab in lecture mode. Returns its exit code; 2 after an error."""
    parser = argparse.ArgumentParser(prog="python -m minbpe.lab.lecture", description="Open a notebook as slides.")
    parser.add_argument("notebook", type=Path, help="for example notebooks/03-merges.ipynb")
    parser.add_argument("lab", nargs="*", help="after --, options for jupyter lab, for example -- --port=9999")
    args = parser.parse_args(argv)
    path = args.notebook.resolve()
    if not path.is_file():
        parser.error(f"there is no notebook {args.notebook} here; this is the folder {Path.cwd()}")
    if path.suffix != ".ipynb":
        parser.error(f"{args.notebook} is not a notebook: the name of one ends in .ipynb")
    if find_spec("jupyterlab_deck") is None:
        parser.error('lecture mode needs the extra classroom: python -m pip install -e ".[classroom]"')
    root = Path.cwd() if path.is_relative_to(Path.cwd()) else path.parent
    command = [sys.executable, "-m", "jupyterlab", str(path), f"--ServerApp.root_dir={root}", *args.lab]
    print("Space goes on, Shift Space back; Ctrl Shift Enter runs all cells. Ctrl C here ends the lecture.", flush=True)
    with tempfile.TemporaryDirectory(prefix="minbpe-lecture-", ignore_cleanup_errors=True) as folder:
        return run_until_stopped(command, environment(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
