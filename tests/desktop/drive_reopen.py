"""Runs the whole app, with its page and its models, once to analyze and once to continue; prints what it saw as JSON.

python drive_reopen.py FOLDER analyze PHOTO ...
python drive_reopen.py FOLDER continue
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from driven_app import PICTURES, run_driven, waits

LIMIT = 180

CELLS = "JSON.stringify([...document.querySelectorAll('.cell button')].map((cell) => cell.ariaLabel))"
CARDS = "JSON.stringify([...document.querySelectorAll('face-card .age')].map((age) => age.textContent))"
BROKEN = "[...document.images].filter((image) => !image.hidden && image.naturalWidth === 0).length"
OFFER = "document.querySelector('welcome-view .last:not([hidden])')?.innerText ?? ''"
PRESS = "document.querySelector('welcome-view .last button').click(); 1"
WRITE = """(() => {
  const field = document.querySelector('face-card input.name');
  field.focus();
  field.value = 'Anna';
  field.dispatchEvent(new Event('input'));
})()"""
NAMES = "JSON.stringify([...document.querySelectorAll('face-card input.name')].map((field) => field.value))"
IDLE = "document.documentElement.dataset.idle"


def main() -> None:
    from desktop.album_file import AlbumFile  # noqa: PLC0415
    from desktop.app import App  # noqa: PLC0415  (the worker's process imports this file too)
    from desktop.settings import SettingsFile  # noqa: PLC0415
    from engine.worker import Worker  # noqa: PLC0415

    folder, what, photos = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    settings, album_file = SettingsFile(folder / "settings.json"), AlbumFile(folder / "data" / "album.sqlite3")
    app = App(Worker(), photos, settings=settings, album_file=album_file)
    ask = app.window.ask
    seen: dict[str, Any] = {}
    until = waits(LIMIT)

    def watch() -> None:
        if what == "continue":
            until(lambda: ask(OFFER), "the last album is offered")
            seen["offer"] = ask(OFFER)
            seen["photos before"] = len(app.album.photos())
            ask(PRESS)
            until(app.album.photos, "the photos are back")
        else:
            app.window._window.resize(940, 620)
            app.window._window.move(90, 60)
            until(lambda: app.album.photos("done") and app.jobs.idle, "the photos are analysed")
        album = app.album.photos()
        pictures = len(album) + 1 + len(album[0].record["faces"])  # in the grid, of the first photo, of its faces
        until(lambda: app.events.delivered and ask(PICTURES) == pictures, "the pictures are there")
        until(lambda: ask(IDLE) == "true", "the page is idle")
        seen["cells"] = json.loads(ask(CELLS))
        seen["cards"] = json.loads(ask(CARDS))
        seen["pictures"], seen["broken"] = ask(PICTURES), ask(BROKEN)
        seen["states"] = [photo.state for photo in app.album.photos()]
        seen["run"] = app.jobs.run
        seen["names"] = json.loads(ask(NAMES))
        if what == "analyze":  # and the window is closed with the keyboard still in the field
            ask(WRITE)
            until(lambda: app.bridge._draft[1] is not None, "Python knows what is typed")

    ready = app.window._window.events._pywebviewready
    seen["status"] = run_driven(app, ready, watch, lambda why: seen.update(failed=why))
    seen["place"] = app.window.place.to_json()
    print(json.dumps(seen), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
