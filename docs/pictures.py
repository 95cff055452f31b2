"""Makes the pictures of docs/user-guide.md with the real window: `python3 dev.py pictures`.

Its album consists of public-domain pictures that come with scikit-image (NASA's portrait of Eileen Collins, born in
1956, and pictures without people). Everything is analyzed for real.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PIL import Image, ImageFilter
from skimage import data

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from desktop.album_file import AlbumFile
from desktop.app import App
from desktop.screenshot import take_screenshot
from desktop.settings import SettingsFile
from engine.worker import Worker

IMAGES = Path(__file__).parent / "images" / "guide"
SIZE = (1180, 760)
LIMIT = 120.0

_HELPERS = """
window.find = (selector, text) => [...document.querySelectorAll(selector)]
    .find((one) => one.checkVisibility() && (one.ariaLabel === text || one.textContent.trim() === text));
window.press = (text) => { find('button', text).click(); return 1; };
window.choose = (id, value) => {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event('change'));
    return 1;
};
window.type = (selector, value) => {
    const field = document.querySelector(selector);
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    return 1;
};
1
"""


def make_album(folder: Path) -> list[str]:
    """Photos of several kinds: sharp, black and white, small, without a face."""
    portrait = Image.fromarray(data.astronaut())
    portrait.save(folder / "Portrait.jpg", quality=92)
    portrait.crop((60, 0, 400, 400)).convert("L").save(folder / "Passport, black and white.jpg", quality=88)
    distant = Image.new("RGB", (900, 640), (122, 132, 128))
    distant.paste(portrait.resize((190, 190)).filter(ImageFilter.GaussianBlur(1.1)), (380, 300))
    distant.save(folder / "From a distance.jpg", quality=80)
    for name in ("rocket", "coffee", "chelsea", "moon"):
        picture = Image.fromarray(getattr(data, name)())
        picture.convert("RGB").save(folder / f"{name.capitalize()}.jpg", quality=85)
    return [str(path) for path in sorted(folder.iterdir())]


class Guide:
    """One window, and the pictures taken of it one after the other."""

    def __init__(self, app: App, photos: list[str]) -> None:
        self.app = app
        self.photos = photos
        self.ask = app.window.ask

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for something that must come."""
        end = time.monotonic() + LIMIT
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(what)
            time.sleep(0.05)

    def do(self, script: str) -> None:
        """Run JavaScript in the page, once what it needs is there."""
        self.until(lambda: self._succeeds(script), script)

    def _succeeds(self, script: str) -> bool:
        return bool(self.ask(f"(() => {{ try {{ {script}; return 1; }} catch {{ return 0; }} }})()"))

    def wait_for(self, selector: str) -> None:
        """Wait for something to be seen."""
        self.until(
            lambda: self.ask(f"document.querySelector({json.dumps(selector)})?.checkVisibility() ? 1 : 0"), selector
        )

    def picture(self, name: str) -> None:
        """Save what the window shows, small enough for a repository."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "window.png"
            take_screenshot(self.app.window, file, lambda: None, lambda: self.app.events.delivered, 0)
            with Image.open(file) as window:
                window.convert("RGB").save(IMAGES / f"{name}.webp", quality=88, method=6)

    def take_all(self) -> None:
        """Take all pictures, in the order of the guide."""
        self.until(lambda: self.app.jobs.engine["state"] == "ready", "the models are loaded")
        self.ask(_HELPERS)
        self.picture("start")

        self.app.intake.take(self.photos, analyze=True)
        self.until(lambda: len(self.app.album.photos("done")) == len(self.photos), "the photos are analysed")

        self.do("document.querySelector('.cell[title=\"Portrait.jpg\"] button').click()")
        self.picture("album")

        self.do("press(document.querySelector('face-card .actions button').ariaLabel)")
        self.wait_for("why-map .legend")
        self.picture("why")
        self.do("document.querySelector('face-card .actions button').click()")

        self.do("document.querySelector('.cell[title=\"From a distance.jpg\"] button').click()")
        self.picture("warnings")

        self.do("document.querySelector('.cell[title=\"Portrait.jpg\"] button').click()")
        self.do("type('face-person .name', 'Eileen Collins')")
        self.do("type('face-person .year', '1956')")
        self.wait_for("photo-taken .estimate")
        self.picture("people")
        self.do("press('Export')")
        self.picture("export")
        self.do("press('Settings'); choose('theme', 'dark')")
        self.picture("settings")
        self.do("choose('theme', 'system'); press('Settings')")
        self.do("press('Keyboard shortcuts')")
        self.picture("keys")
        self.do("press('About Agelens')")
        self.wait_for("about-panel table")
        self.picture("about")


def main() -> int:
    """Take the pictures; the exit status."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "album").mkdir()
        photos = make_album(folder / "album")
        settings, album_file = SettingsFile(folder / "settings.json"), AlbumFile(folder / "album.sqlite3")
        app = App(Worker(), size=SIZE, settings=settings, album_file=album_file)

        def begin() -> None:
            nonlocal failed
            try:
                app.window._window.events._pywebviewready.wait(60)
                Guide(app, photos).take_all()
            except BaseException:
                traceback.print_exc()
                failed = True
            app.window.close()

        threading.Thread(target=begin, daemon=True).start()
        app.run()
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(int(failed))


if __name__ == "__main__":
    main()
