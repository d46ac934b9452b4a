"""A JupyterLab for a lecture: the course's slides are on, and the lecturer's own settings stay as they are.

JupyterLab reads its settings from a temporary folder, and finds the extension that shows slides in this package. Who
opens JupyterLab without this command meets neither. The notebook file changes only when the lecturer saves it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from minbpe.lab.widgets.lab import LECTURE

LABEXTENSIONS = Path(__file__).parent / "labextensions"
OPTIONS = (f"--LabApp.extra_labextensions_path={LABEXTENSIONS}",)
SECONDS_TO_END = 15  # seconds that the server may take to end its kernels


def settings(start: int = 0) -> dict[str, dict[str, object]]:
    """JupyterLab's settings for a lecture, by plugin. `start` is the slide to begin with; 0 for where one was."""
    return {
        "minbpe-slides:plugin": {"start": start, "talk": str(time.time_ns())},
        "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
        "@jupyterlab/notebook-extension:tracker": {
            "scrollPastEnd": False,
            "windowingMode": "none",
            "codeCellConfig": {"lineWrap": True},
        },
        "@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Light"},
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    }


def write_settings(folder: Path, start: int = 0) -> None:
    """Lay the settings out in `folder` as JUPYTERLAB_SETTINGS_DIR has them."""
    for plugin, values in settings(start).items():
        package, name = plugin.split(":")
        path = folder / package / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values, indent=2), encoding="utf-8")


def environment(folder: Path, start: int = 0) -> dict[str, str]:
    """The environment for a JupyterLab that gives a lecture, and keeps what it has to remember in `folder`."""
    write_settings(folder / "settings", start)
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
