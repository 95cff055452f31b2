"""Runs the whole app, with its page and its models, on a photo and prints what the page shows as JSON.

python drive_app.py FOLDER PHOTO
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from driven_app import PICTURES, run_driven, waits

LIMIT = 180

MAY_LOAD = "the models may load"
"""A file in FOLDER. Until it is there, they do not."""


def text_in_clipboard(native: Any) -> str:
    """The text as any program on the desktop would get it."""
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415

    from desktop.qt import _in_gui_thread  # noqa: PLC0415

    found: list[str] = []
    assert _in_gui_thread(native, lambda: found.append(QGuiApplication.clipboard().text()))
    return found[0]


def export_all(app: Any, target: Path, until: Callable[[Callable[[], object], str], None]) -> None:
    """Export each kind once, with the panel's buttons."""
    from desktop.exports import KINDS  # noqa: PLC0415

    ask = app.window.ask
    ask("document.querySelector('[data-panel=\"export\"]').click(); 1")
    for number, kind in enumerate(KINDS, start=1):
        ask(f"document.getElementById('export-kind-{kind}').click(); 1")
        ask("document.querySelector('export-panel .primary').click(); 1")
        until(
            lambda number=number: len(list(target.iterdir())) >= number and app.exports.state["state"] == "idle",
            f"the {kind} is exported",
        )


def main() -> None:
    from desktop.album_file import AlbumFile  # noqa: PLC0415
    from desktop.app import App  # noqa: PLC0415  (the worker's process imports this file too)
    from desktop.settings import SettingsFile  # noqa: PLC0415
    from engine.worker import Worker  # noqa: PLC0415

    folder = Path(sys.argv[1])
    settings, album_file = SettingsFile(folder / "settings.json"), AlbumFile(folder / "album.sqlite3")
    app = App(Worker(), sys.argv[2:], settings=settings, album_file=album_file)
    seen: dict[str, Any] = {}

    def watch() -> None:
        ask = app.window.ask
        until = waits(LIMIT)
        seen["answers while the models load"] = [[ask(f"{n} + 1"), app.jobs.engine["state"]] for n in range(3)]
        (folder / MAY_LOAD).touch()
        until(lambda: app.jobs.idle and app.album.photos("done") and app.events.delivered, "the photo is analysed")
        seen["ages"] = [face["age"]["mean"] for face in app.album.photos()[0].record["faces"]]
        until(
            lambda: ask("document.documentElement.dataset.idle") == "true" and ask(PICTURES) > len(seen["ages"]),
            "the page is idle and shows the pictures",
        )
        seen["cards"] = json.loads(
            ask("JSON.stringify([...document.querySelectorAll('face-card')].map((card) => card.textContent))")
        )
        seen["pictures"] = ask(PICTURES)
        seen["broken"] = ask("[...document.images].filter((image) => image.naturalWidth === 0).length")
        target = folder / "exported"
        target.mkdir()
        # In place of the system's dialogs.
        app.window.choose_file = lambda name: [str(target / f"album{Path(name).suffix}")]
        app.window.choose_folder = lambda: [str(target)]
        export_all(app, target, until)
        seen["exported"] = sorted(file.name for file in target.iterdir())
        ask("document.querySelector('export-panel .ways button:last-child').click(); 1")
        until(lambda: "in 8 of 10 cases" in text_in_clipboard(app.window.native), "the ages are copied")
        seen["copied"] = text_in_clipboard(app.window.native)

    ready = app.window._window.events._pywebviewready
    seen["status"] = run_driven(app, ready, watch, lambda why: seen.update(failed=why))
    print(json.dumps(seen), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":  # the worker's process, before it does anything else
    window = os.getppid()
    while not (Path(sys.argv[1]) / MAY_LOAD).exists() and os.getppid() == window:
        time.sleep(0.02)
