"""The shell without its window, for tests."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from desktop_doubles import FakeWorker

from desktop.album import Album
from desktop.album_file import AlbumFile
from desktop.bridge import Bridge
from desktop.clipboard import Clip
from desktop.events import Events
from desktop.exports import Exports
from desktop.faces import Faces
from desktop.intake import Intake
from desktop.jobs import Jobs
from desktop.keeper import Keeper
from desktop.language import Language
from desktop.people import People
from desktop.picture_source import PictureSource
from desktop.pictures import Pictures
from desktop.settings import SettingsFile


class Shell:
    """All parts of the shell, with a worker's double; itself it stands for the window. `sent` is what the page was
    sent."""

    def __init__(self, folder: Path, worker: FakeWorker) -> None:
        self.folder = folder
        self.worker = worker
        self.sent: list[dict[str, Any]] = []
        self.chosen: list[str] = []
        self.proposed: list[str] = []
        self.clip = Clip()
        self.copied: list[str] = []
        self.settings = SettingsFile(folder / "config" / "settings.json")
        self.language = Language(lambda: self.settings.current.language)
        self.pictures = Pictures(folder)
        self.events = Events(self.language)
        self.album = Album(self._changed, self._removed, self.pictures.folder)
        self.people = People(self.album, self.events, self._changed, self.language)
        self.jobs = Jobs(worker, self.album, self.pictures, self.events, self.people.tell, lambda: worker.now)
        self.keeper = Keeper(
            AlbumFile(folder / "data" / "album.sqlite3"),
            album=self.album,
            jobs=self.jobs,
            pictures=self.pictures,
            people=self.people,
            events=self.events,
            keeping=self.settings.current.keep_album,
            model=lambda: ("double", "0"),
        )
        self.intake = Intake(self.album, self.jobs, self.events, self.settings)
        self.source = PictureSource(self.album, self.jobs, self.pictures)
        self.exports = Exports(self.album, self.jobs, self.pictures, self.people, self.events, self.language)
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
            window=self,
        )

    def choose_photos(self) -> list[str]:
        return self.chosen

    choose_folder = choose_photos

    def choose_file(self, name: str) -> list[str]:
        self.proposed.append(name)
        return self.chosen

    def read_clipboard(self) -> Clip:
        return self.clip

    def write_clipboard(self, text: str) -> None:
        self.copied.append(text)

    def start(self) -> Shell:
        self.keeper.start()
        self.events.start(self.sent.append, self.people.to_json, self.people.to_whole_json)
        self.jobs.start()
        return self

    def _changed(self, ids: Collection[str]) -> None:
        self.events.photos_changed(ids)
        self.keeper.photos_changed(ids)

    def _removed(self, ids: Collection[str]) -> None:
        self.events.photos_removed(ids)
        self.keeper.photos_changed(ids)

    def photos(self, *names: str) -> list[str]:
        """Paths of photos that exist."""
        paths = [self.folder / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"a photo, as far as the double is concerned")
        return [str(path) for path in paths]

    def states(self) -> list[str]:
        return [photo.state for photo in self.album.photos()]

    def greet(self, language: str = "en") -> dict[str, Any]:
        """Say hello as the page does."""
        snapshot = self.bridge.hello(language)
        self.events.open()
        return snapshot

    def notices(self) -> list[str]:
        """The notices that the page was sent."""
        return [event["text"] for event in self.sent if event["event"] == "notice"]

    def continue_last(self) -> int:
        """Continue with the album that was opened last, if there is one, as the page does."""
        albums = self.keeper.kept["albums"]
        return self.bridge.continue_album(albums[0]["id"]) if albums else 0

    def close(self) -> None:
        self.events.close()
        self.exports.close()
        self.jobs.close()
        self.keeper.close()
        self.pictures.close()


def opened(shell: Shell) -> bool:
    """Whether the keeper has looked for albums to continue with."""
    with shell.keeper._lock:
        file = shell.keeper._file
        return (file is not None and file.locked) or shell.keeper.kept["state"] in ("elsewhere", "failed")


def written(shell: Shell) -> bool:
    """Whether the kept file has everything."""
    with shell.keeper._wake:
        idle = not shell.keeper._changed
    with shell.keeper._lock:
        return idle and not shell.keeper._changed
