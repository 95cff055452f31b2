"""One run of the app: puts the parts together, and takes them apart in order."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from desktop.album import Album
from desktop.album_file import AlbumFile
from desktop.awake import Awake
from desktop.bridge import CALLS, Bridge, finish_typing
from desktop.events import Events
from desktop.exports import Exports
from desktop.faces import Faces
from desktop.handover import Handover
from desktop.intake import Intake
from desktop.jobs import Jobs
from desktop.keeper import Keeper
from desktop.language import Language
from desktop.people import People
from desktop.picture_source import PictureSource
from desktop.pictures import Pictures
from desktop.place import Place
from desktop.screenshot import ScreenshotError, take_screenshot
from desktop.server import PageServer
from desktop.settings import SettingsFile
from desktop.window import Window
from engine.model_info import AgeModelError, read_info
from engine.paths import is_same_file
from engine.worker import Worker

UI = Path(__file__).resolve().parent.parent / "ui"

logger = logging.getLogger(__name__)


class App:
    """The window and everything behind it.

    Args:
        worker: analyzes the photos; it is started before the window is drawn, and closed with it.
        photos: files and folders to add and analyze at once.
        size: the window's width and height in pixels; by default those of last time.
        screenshot: a file for a picture of the window, which then has its usual size; the app ends when it is taken.
        handover: brings the photos of later starts; by default none come.
        settings: the user's settings; by default those in the platform's config folder.
        album_file: where the album is kept for the next start; by default in the platform's folder for app data. A
            run that only takes a screenshot neither keeps nor offers albums.
    """

    def __init__(
        self,
        worker: Worker,
        photos: Sequence[str] = (),
        size: tuple[int, int] | None = None,
        screenshot: Path | None = None,
        handover: Handover | None = None,
        settings: SettingsFile | None = None,
        album_file: AlbumFile | None = None,
    ) -> None:
        self._given = list(photos)
        self._screenshot = screenshot
        self._handover = handover or Handover()
        # It is a failure if the window is closed before the screenshot is taken.
        self._status = 0 if screenshot is None else 1
        self.settings = settings or SettingsFile()
        self.language = Language(lambda: self.settings.current.language)
        self.pictures = Pictures()
        self.events = Events(self.language)
        self.album = Album(self._photos_changed, self._photos_removed, self.pictures.folder)
        self.people = People(self.album, self.events, self._photos_changed, self.language)
        self.jobs = Jobs(worker, self.album, self.pictures, self.events, self.people.tell)
        self.awake = Awake(lambda: self.jobs.run["state"] == "running")
        self.keeper = Keeper(
            (album_file or AlbumFile()) if screenshot is None else None,
            album=self.album,
            jobs=self.jobs,
            pictures=self.pictures,
            people=self.people,
            events=self.events,
            keeping=self.settings.current.keep_album,
            model=_model,
        )
        self.intake = Intake(self.album, self.jobs, self.events, self.settings)
        self.exports = Exports(self.album, self.jobs, self.pictures, self.people, self.events, self.language)
        source = PictureSource(self.album, self.jobs, self.pictures)
        self.server = PageServer(UI, source.get, self._theme_and_language)
        self.window = Window(
            base=self.server.base,
            answered=self._answered,
            dropped=self._dropped,
            opened=self._opened,
            closing=self._closing,
            place=self._place(size),
            language=self.language,
            storage=self.pictures.browser_folder,
        )
        self.bridge = Bridge(
            album=self.album,
            jobs=self.jobs,
            pictures=self.pictures,
            intake=self.intake,
            faces=Faces(self.album, self.jobs, self.pictures, self.events),
            people=self.people,
            events=self.events,
            settings=self.settings,
            keeper=self.keeper,
            exports=self.exports,
            language=self.language,
            window=self.window,
        )
        self.window.expose(getattr(self.bridge, name) for name in CALLS)

    def run(self) -> int:
        """Show the window until it is closed; returns the process's exit status. Call it in the main thread."""
        hear: Callable[[int, Callable[..., None]], object] = signal.signal
        if sys.platform == "darwin":  # `signal` waits for Python code to run, and an idle window there runs none
            from PyObjCTools import MachSignals  # noqa: PLC0415

            hear = MachSignals.signal
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                hear(getattr(signal, name), self._end)
        with ExitStack() as ending:  # in reverse order
            ending.callback(self.pictures.close)
            ending.callback(self.server.close)
            ending.callback(self.keeper.close)  # after the jobs: it writes their last results
            ending.callback(finish_typing, self.bridge)
            ending.callback(self.jobs.close)
            ending.callback(self.awake.close)
            ending.callback(self.exports.close)
            ending.callback(self.events.close)
            ending.callback(self._handover.close)
            self.keeper.start()  # before the window is there, so that it can offer the last album from the start
            self.jobs.start()  # likewise: the models load in their own process while the window is drawn
            self.awake.start()
            self.window.show(self._begin, ending.close)  # which leaves nothing to be done a second time
        return self._status

    def _place(self, size: tuple[int, int] | None) -> Place:
        place = Place() if self._screenshot is not None else self.settings.place
        return place if size is None else replace(place, width=size[0], height=size[1], maximized=False)

    def _keep_place(self) -> None:
        if self._screenshot is None:
            try:
                self.settings.keep_place(self.window.place)
            except OSError:  # the window is gone, so there is nowhere to say so
                logger.info("the window's place could not be kept", exc_info=True)

    def _begin(self) -> None:
        """The window is on the screen: now notices can be shown and photos taken in."""
        try:
            self.events.start(self.window.send, self.people.to_json, self.people.to_whole_json)
            if self.settings.warning is not None:
                self.events.notice(self.settings.warning, "warning")
            self._handover.receive(self._opened, self.window.answers)
            if self._given:
                self.intake.take(self._given, analyze=True)
            if self._screenshot is not None:
                self._take_screenshot(self._screenshot)
        except Exception:
            logger.exception("the start failed")
            self._status = 1
            self.window.close()

    def _take_screenshot(self, file: Path) -> None:
        def failed() -> str | None:
            engine = self.jobs.engine
            return engine["message"] if engine["state"] == "failed" else None

        def done() -> bool:
            ready = self.jobs.engine["state"] == "ready" and self.jobs.idle
            return ready and all(photo.state == "done" for photo in self.album.photos()) and self.events.delivered

        try:
            if any(is_same_file(file, photo.path) for photo in self.album.photos()):
                raise ScreenshotError(f"{file} is one of the photos: choose another name.")
            take_screenshot(self.window, file, failed, done, len(self.album.photos()))
            self._status = 0
        except ScreenshotError as error:
            print(f"agelens: {error}", file=sys.stderr)
        finally:
            self.window.close()

    def _photos_changed(self, ids: Collection[str]) -> None:
        self.events.photos_changed(ids)
        self.keeper.photos_changed(ids)

    def _photos_removed(self, ids: Collection[str]) -> None:
        self.events.photos_removed(ids)
        self.keeper.photos_changed(ids)

    def _answered(self, call: str) -> None:
        # Only after this answer can the page make sense of events.
        if call == self.bridge.hello.__name__:
            self.events.open()

    def _dropped(self, paths: list[str]) -> None:
        """Called in the GUI's thread, which must not wait for a large folder."""
        if not paths:  # from Photos, a mail or a browser, which only promise to write a file
            self.events.notice(
                "What you dropped is not a file on this computer. "
                "Export it first (in Photos: File, Export), then drop the files."
                if sys.platform == "darwin"
                else "What you dropped is not a file on this computer. Save it as a file first, then drop that.",
                "warning",
            )
            return
        threading.Thread(target=self.intake.drop, args=(paths,), name="drop", daemon=True).start()

    def _opened(self, paths: list[str]) -> None:
        """Called in the GUI's thread (Finder) or the handover's: neither must wait for a folder."""
        threading.Thread(target=self._received, args=(paths,), name="opened", daemon=True).start()

    def _received(self, paths: list[str]) -> None:
        """Somebody has opened these photos with Agelens, or has only started it again."""
        try:
            self.window.bring_to_front()
        except Exception:  # its photos are taken anyway
            logger.exception("the window could not be brought to the front")
        if paths:
            self.intake.take(paths, analyze=True, show=True)

    def _theme_and_language(self) -> tuple[str, str]:
        return self.settings.current.theme, self.settings.current.language

    def _closing(self) -> None:
        """Called in the GUI's thread. The process may end right after, as Windows shuts down."""
        self._handover.close()  # first: what it takes from now on would be lost
        finish_typing(self.bridge)
        self.keeper.flush()
        self._keep_place()
        self.exports.close()  # else half a file might stay

    def _end(self, *_: object) -> None:
        """Handle SIGTERM and SIGHUP: end the app as closing the window does."""
        threading.Thread(target=self.window.close, daemon=True).start()


def _model() -> tuple[str, str] | None:
    """Name and version of the age model in use, as reports name it."""
    try:
        info = read_info()
    except AgeModelError:
        return None
    return str(info["name"]), str(info["version"])
