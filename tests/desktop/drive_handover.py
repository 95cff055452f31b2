"""Runs the whole app and starts it again with photos while its window is minimized; prints what came of it as JSON.

python drive_handover.py FOLDER
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from driven_app import run_driven, waits

LIMIT = 120

NAME = "document.querySelector('photo-view .name').textContent"


def given_while_it_hangs(native: Any, folder: Path) -> bool:
    """Whether the window takes a photo from another start while its GUI thread is blocked."""
    from PySide6.QtCore import QTimer  # noqa: PLC0415

    from desktop import handover  # noqa: PLC0415

    stopped, goes_on = threading.Event(), threading.Event()

    def stop() -> None:
        stopped.set()
        goes_on.wait(LIMIT)

    QTimer.singleShot(0, native, stop)
    stopped.wait(LIMIT)
    patience, handover.PATIENCE = handover.PATIENCE, 0.5
    try:
        return handover.Handover().give([str(folder / "third.png")])
    finally:
        handover.PATIENCE = patience
        goes_on.set()


def main() -> None:
    from PIL import Image  # noqa: PLC0415  (the worker's process imports this file too)

    from desktop.app import App  # noqa: PLC0415
    from desktop.handover import Handover  # noqa: PLC0415
    from desktop.qt import _in_gui_thread  # noqa: PLC0415
    from engine.worker import Worker  # noqa: PLC0415

    folder = Path(sys.argv[1])
    for name in ("first.png", "second.png", "third.png"):
        Image.new("RGB", (64, 48)).save(folder / name)
    handover = Handover()
    assert not handover.give([])
    app = App(Worker(), handover=handover)
    seen: dict[str, Any] = {"starts": []}
    until = waits(LIMIT)

    def start(*photos: str) -> None:
        command = [sys.executable, "-m", "desktop", *photos]
        again = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, cwd=folder, check=False)
        seen["starts"].append([again.returncode, again.stdout, again.stderr])

    def drive() -> None:
        native = app.window.native
        for name in ("first.png", "second.png", "first.png"):
            start(name)
            until(lambda name=name: app.window.ask(NAME) == name, f"{name} is shown")
        _in_gui_thread(native, native.showMinimized)
        start()
        until(lambda: not native.isMinimized(), "the window comes back")
        seen["while it hangs"] = given_while_it_hangs(native, folder)
        seen["photos"] = [photo.path for photo in app.album.photos()]

    ready = app.window._window.events._pywebviewready
    seen["status"] = run_driven(app, ready, drive, lambda why: seen.update(failed=why))
    print(json.dumps(seen), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
