"""Runs the whole app on photos and reports what it sees to soak_app.py, in lines of JSON.

python drive_soak.py FOLDER SEED PHOTOS-BETWEEN-CANCELS < PATHS
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "desktop")]

from driven_app import run_driven  # noqa: E402

if TYPE_CHECKING:
    from desktop.app import App

LIMIT = 120.0
INTERVAL = 0.25

# "Analyze" can be pressed when photos wait; the run's state reaches the page after the photos that it counts.
CANCELLED = """(() => {
    const bar = document.querySelector('tool-bar .progress');
    const over = bar.hidden || bar.querySelector('.stop').ariaDisabled === 'true';
    return over && document.querySelector('tool-bar .actions .primary').ariaDisabled !== 'true' ? 1 : 0;
})()"""
CANCEL = "document.querySelector('tool-bar .stop').click(); 1"
ANALYZE = "document.querySelector('tool-bar .actions .primary').click(); 1"
IDLE = "document.documentElement.dataset.idle === 'true' ? 1 : 0"


def tell(**what: Any) -> None:
    """Report something to soak_app.py."""
    print(json.dumps(what), flush=True)


class Soak:
    """One run, watched from within the window's process."""

    def __init__(self, app: App, photos: list[str], seed: int, each: int) -> None:
        self.app = app
        self.photos = photos
        self.chance = random.Random(seed)
        self.each = each
        self.ask = app.window.ask

    def watch(self) -> None:
        """From the first photo to the last."""
        self.until(lambda: self.app.jobs.engine["state"] == "ready", "the models are loaded")
        self.app.intake.take(self.photos, analyze=True)
        next_cancel = self.soon(0)
        done, since = 0, time.monotonic()
        while done < len(self.photos):
            time.sleep(INTERVAL)
            began = time.monotonic()
            self.ask("1")
            answered = milliseconds(began)
            now = len(self.app.album.photos("done"))
            if now > done:
                done, since = now, time.monotonic()
            elif time.monotonic() > since + LIMIT:
                raise TimeoutError(f"photo {done + 1} is analysed")
            tell(done=done, answer=answered)
            if next_cancel <= done < len(self.photos) - 5:
                time.sleep(self.chance.random())
                self.cancel()
                next_cancel = self.soon(done)
        self.until(lambda: self.app.events.delivered and self.ask(IDLE), "the page is idle")
        results = [photo.report.status if photo.report else photo.state for photo in self.app.album.photos()]
        tell(done=done, results=results)

    def cancel(self) -> None:
        """Press Cancel, and then Analyze once the run has ended."""
        began = time.monotonic()
        self.ask(CANCEL)
        self.until(lambda: self.ask(CANCELLED), "the page shows that the run is cancelled", 0.005)
        answered = milliseconds(began)
        self.until(lambda: self.app.jobs.idle, "the worker is idle")
        self.until(lambda: self.app.events.delivered, "the page knows it")
        tell(cancel=answered, idle=milliseconds(began))
        self.ask(ANALYZE)
        self.until(lambda: self.app.jobs.run["state"] == "running", "the run goes on")

    def soon(self, done: int) -> int:
        """After how many photos to cancel next."""
        return done + self.chance.randint(1, 2 * self.each)

    def until(self, condition: Callable[[], object], what: str, pause: float = 0.05) -> None:
        """Wait for something that must come."""
        end = time.monotonic() + LIMIT
        while not condition():
            if time.monotonic() > end:
                page = self.ask("document.body.innerText.slice(0, 300)")
                raise TimeoutError(f"{what}; {self.app.jobs.run}, {self.app.jobs.engine}, the page: {page!r}")
            time.sleep(pause)


def milliseconds(began: float) -> float:
    """Time since then."""
    return round((time.monotonic() - began) * 1000, 1)


def main() -> None:
    from desktop.album_file import AlbumFile  # noqa: PLC0415
    from desktop.app import App  # noqa: PLC0415  (the worker's process imports this file too)
    from desktop.settings import SettingsFile  # noqa: PLC0415
    from engine.worker import Worker  # noqa: PLC0415

    folder, seed, each = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    photos = sys.stdin.read().splitlines()
    settings, album_file = SettingsFile(folder / "settings.json"), AlbumFile(folder / "album.sqlite3")
    app = App(Worker(), settings=settings, album_file=album_file)

    ready = app.window._window.events._pywebviewready
    run_driven(app, ready, Soak(app, photos, seed, each).watch, lambda why: tell(failed=why))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
