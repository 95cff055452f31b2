"""Runs the whole app and starts it again with photos while its window is minimized; prints what came of it as JSON.

python drive_handover.py FOLDER
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from driven_app import run_driven, waits

LIMIT = 120

NAME = "document.querySelector('photo-view .name').textContent"


def main() -> None:
    from PIL import Image  # noqa: PLC0415  (the worker's process imports this file too)

    from desktop.app import App  # noqa: PLC0415
    from desktop.handover import Handover  # noqa: PLC0415
    from desktop.qt import _in_gui_thread  # noqa: PLC0415
    from engine.worker import Worker  # noqa: PLC0415

    folder = Path(sys.argv[1])
    for name in ("first.png", "second.png"):
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
        seen["photos"] = [photo.path for photo in app.album.photos()]

    ready = app.window._window.events._pywebviewready
    seen["status"] = run_driven(app, ready, drive, lambda why: seen.update(failed=why))
    print(json.dumps(seen), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
