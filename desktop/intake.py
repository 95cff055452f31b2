"""Photos on their way in, from a drop, the file dialog or the command line."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator

from desktop.album import Added, Album
from desktop.events import Events
from desktop.jobs import Jobs
from desktop.settings import SettingsFile
from engine.looks import look_at
from engine.paths import PathList, walk

_AT_ONCE = 200
"""Most photos that are taken in together."""

_WAIT = 0.5
"""Seconds that photos wait for others to be taken in together with."""


class Intake:
    """Takes files and folders into the album and hands them to the jobs. Thread-safe: no call waits for another's disk.

    Args:
        album: gets the photos.
        jobs: analyzes them, or makes their pictures while they wait.
        events: tells the user what could not be taken in.
        settings: says whether dropped photos are analyzed at once.
    """

    def __init__(self, album: Album, jobs: Jobs, events: Events, settings: SettingsFile) -> None:
        self._album = album
        self._jobs = jobs
        self._events = events
        self._settings = settings

    def drop(self, paths: Iterable[str]) -> int:
        """Add photos that were dropped or pasted, and analyze them at once if the user wants that; see `take`."""
        return self.take(paths, analyze=self._settings.current.analyze_on_drop)

    def take(self, paths: Iterable[str], analyze: bool, show: bool = False) -> int:
        """Add photos, and all photos in folders, at any depth. May take a while for a large folder.

        Args:
            paths: files and folders. A file that is no photo, or is missing, is added too: the window says what is
                wrong with it.
            analyze: analyze them at once instead of letting them wait. This includes photos that are already there and
                wait or could not be read, and those whose files have changed, unless somebody has corrected their
                faces.
            show: have the page show the first of them.

        Returns:
            the number of photos that are new.
        """
        cancels, clearings = self._jobs.cancels, self._album.clearings
        found = PathList()
        first: str | None = None
        fresh: set[str] = set()
        counts: Counter[str] = Counter()
        # In portions: on a slow drive each folder and file takes a while, and those before it can be seen meanwhile.
        for portion in _portions(walk(paths, found, recursive=True)):
            added = self._album.add(portion, clearings)
            if self._album.clearings != clearings:  # everything has been removed, and with it what is still to come
                break
            given = self._album.get(next(iter([*added.new, *added.known]), ""))
            gone = self._jobs.follow_renames(self._album.stamps((*added.known, *added.displaced)))
            self._jobs.unqueue_done()
            if show and first is None and given and (first := self._album.at(given.path)) is not None:
                self._events.state("given", first)
            fresh.update(added.new)
            fresh.difference_update(gone)
            counts.update(known=len(added.known), moved=len(added.moved) + len(gone))
            if analyze:
                counts.update(self._analyze(added, cancels))
            if not analyze or self._jobs.cancels != cancels:  # canceled meanwhile: they wait
                self._jobs.preview(added.new)
        self._tell_left_out(found)
        counts.update(new=len(fresh))
        if counts["moved"]:
            self._events.counted(
                counts["moved"],
                "1 photo was moved or renamed. Its names, years and corrections were kept.",
                "{number} photos were moved or renamed. Their names, years and corrections were kept.",
            )
        if counts["again"]:
            self._events.analyzed_again(counts["again"], entries=counts["entries"] > 0)
        if counts["corrected"]:
            self._events.corrections_stay(counts["corrected"])
        if counts["known"] and +counts == Counter(known=counts["known"]):
            self._events.notice(
                "This photo is already here." if counts["known"] == 1 else "These photos are already here."
            )
        return counts["new"]

    def _tell_left_out(self, found: PathList) -> None:
        """Say what was not taken."""
        for folder in found.empty_folders:
            self._events.notice("There is no photo in the folder {name}.", name=_name_of(folder))
        for folder in found.unreadable_folders:
            self._events.notice("The folder {name} cannot be read.", "warning", name=_name_of(folder))
        for library in found.libraries:
            self._events.notice(
                "{name} is a library of Photos. Export the photos there first.", "warning", name=_name_of(library)
            )
        if found.raw_files:
            self._events.counted(
                found.raw_files,
                "1 raw file was left out. Export it as JPEG to see ages.",
                "{number} raw files were left out. Export them as JPEG to see ages.",
            )

    def _analyze(self, added: Added, cancels: int) -> dict[str, int]:
        """Analyze what `take` says, unless it has been canceled since. Returns how many are `queued`, how many of them
        `again`, how many of those have names or a year (`entries`), and how many are left out as `corrected`."""
        ids = dict.fromkeys((*added.new, *added.known, *added.displaced))
        good = [photo for photo in self._album.some(ids) if photo.state == "done" and not photo.failed]
        newer = look_at(good, lambda photo: photo.newer_stamp)
        changed = [(photo, stamp) for photo, stamp in newer if stamp is not None]
        again = {photo.id: stamp for photo, stamp in changed if not photo.corrected}
        # Last, as some may have got their report back meanwhile, from an album that is being continued.
        waiting = [photo.id for photo in self._album.some(ids) if photo.state == "waiting" or photo.failed]
        queued = self._jobs.analyze([*waiting, *again], again, cancels)
        entries = sum(photo.id in again and photo.has_entries for photo, _ in changed)
        corrected = len(changed) - len(again)
        return {"queued": queued, "again": len(again) if queued else 0, "entries": entries, "corrected": corrected}


def _portions(folders: Iterable[list[str]]) -> Iterator[list[str]]:
    """The photos of the folders as they are found."""
    portion: list[str] = []
    begun = time.monotonic()
    for photos in folders:
        portion += photos
        while len(portion) >= _AT_ONCE or (portion and time.monotonic() - begun > _WAIT):
            yield portion[:_AT_ONCE]
            del portion[:_AT_ONCE]
            begun = time.monotonic()
    if portion:
        yield portion


def _name_of(folder: str) -> str:
    # What is dropped on macOS comes with a slash at its end.
    return os.path.basename(os.path.normpath(folder)) or folder  # noqa: PTH119  (keeps odd names as they are)
