"""Keeps the window's album for the next start, and brings back earlier ones (docs/architecture.md, "The kept album").

Changes are written by a separate thread, at most `INTERVAL` seconds later, so that neither the page nor the queue waits
for the disk. The photos of an album that is brought back are not read: their pictures are made when the page asks for
them.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

from desktop.album import Album
from desktop.album_file import (
    MOST_SOUGHT,
    AlbumDamaged,
    AlbumDeleted,
    AlbumFile,
    AlbumInUse,
    AlbumTrouble,
    KeptAlbum,
    KeptPhoto,
)
from desktop.events import Events
from desktop.jobs import Jobs
from desktop.people import People
from desktop.photo import Photo
from desktop.pictures import Pictures
from engine.looks import look_at
from engine.paths import FileStamp

INTERVAL = 1.0
"""Seconds between two writes; what changes in between is one transaction."""

RETRY = 10.0
"""Seconds between attempts when the disk was full or failing, or while another window has the file."""

PATIENCE = 10.0
"""Seconds that closing the window waits for a disk, which may hang."""

_AT_ONCE = 200
"""Photos of a kept album that are read and shown together: the first appear while others are still read."""

State = Literal["on", "off", "elsewhere", "failed"]

_RETRIED = ("elsewhere", "failed")
"""States in which the album is to be kept but cannot be at the moment."""

_OWN = attrgetter("id", "file", "names", "taken", "camera")
"""What is kept of a photo besides its report, without what changes only with the report or the path: its file's stamp,
and whether it has been corrected."""

logger = logging.getLogger(__name__)


class Keeper:
    """Thread-safe. `photos_changed` returns at once; the other methods may wait for the disk.

    Args:
        file: where albums are kept; None keeps nothing.
        album, jobs, pictures, people, events: the parts that take in an album that is brought back.
        keeping: whether this window's album is kept.
        model: name and version of the age model in use, None when unknown.
    """

    def __init__(
        self,
        file: AlbumFile | None,
        *,
        album: Album,
        jobs: Jobs,
        pictures: Pictures,
        people: People,
        events: Events,
        keeping: bool,
        model: Callable[[], tuple[str, str] | None],
    ) -> None:
        self._file = file
        self._album = album
        self._jobs = jobs
        self._pictures = pictures
        self._people = people
        self._events = events
        self._model = model
        self._keeping = keeping and file is not None
        self._lock = threading.RLock()  # guards the file and what is known of it; taken before the album's
        self._wake = threading.Condition()
        self._changed: dict[str, None] = {}
        self._closed = False
        self._state: State = "on" if self._keeping else "off"
        self._number: int | None = None  # of this window's album, None until it has been written
        self._albums: list[KeptAlbum] = []  # that can be continued; replaced, never changed
        self._suggested: set[int] = set()  # the albums that need not be suggested again, by number
        self._written: dict[str, Photo] = {}  # by path, as the file has them
        self._births: dict[str, int] | None = {}  # as the file has them, or has been told; None when unknown
        self._complained = False  # whether a notice has said that the album is not kept
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Open the file in the background and begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Write what is left and close the file."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)

    @property
    def folder(self) -> Path | None:
        """Where albums are kept, None if none are."""
        return None if self._file is None else self._file.path.parent

    @property
    def kept(self) -> dict[str, Any]:
        """The contract's `Kept`."""
        return {"state": self._state, "albums": [asdict(one) for one in self._albums]}

    def photos_changed(self, ids: Collection[str]) -> None:
        """These photos of the album are new, different, or gone."""
        with self._wake:
            self._changed.update(dict.fromkeys(ids))
            self._wake.notify_all()

    def set_keeping(self, on: bool) -> None:
        """Set whether this window's album is kept from now on. What has been kept stays."""
        with self._lock:
            self._keeping = on and self._file is not None
            if self._keeping and self._state != "elsewhere":
                self._open()  # one that was continued meanwhile is another album than the window's
            elif self._state != "elsewhere":
                self._set(state="off")
            if self._number is None:
                self._forget_written()
            known = [photo.id for photo in self._written.values()]
        if on:  # also those that were removed meanwhile
            self.photos_changed([*known, *(photo.id for photo in self._album.photos())])

    def continue_album(self, number: int) -> int:
        """Bring back a kept album. Returns how many photos came with it; 0 when there is none of this number."""
        with self._lock:
            file = self._file
            self._suggested.add(number)
            self._try_to_write()  # before the file's photos join those that are in the window already
            if file is None or all(one.id != number for one in self._albums):
                return 0
            photos: list[Photo] = []
            completed: dict[str, Photo] = {}
            moved: list[Photo] = []
            clearings = self._album.clearings
            stamps: Counter[FileStamp | None] = Counter()
            try:
                self._people.restore(file.read_births(number))
                kept = file.read(number)
                while some := list(itertools.islice(kept, _AT_ONCE)):
                    stamps.update(one.stamp for one in some)
                    restored = self._album.restore(map(self._photo_of, some), clearings=clearings)
                    moved += restored.moved
                    photos += restored.new
                    completed |= {photo.id: photo for photo in restored.completed}
                alone = {stamp for stamp, count in stamps.items() if stamp and count == 1}
                restored = self._album.restore(moved, alone, clearings)
                photos += restored.new
                completed |= {photo.id: photo for photo in restored.completed}
            except AlbumDamaged as error:
                photos += self._album.restore(moved, (), clearings).new  # the rest cannot be read any more
                self._start_over(error)
            except AlbumTrouble as error:
                self._events.notice("The album cannot be opened: {why}.", "warning", why=str(error))
            else:
                if self._album.clearings != clearings:  # everything has been removed, and the kept album stays as it is
                    return 0
                self._albums = [one for one in self._albums if one.id != number]
                if self._state == "on":
                    self._take_up(file, number, photos, completed.values())
                else:
                    self._suggested.discard(number)  # else the album gets a twin once it is kept again
            self._set()
        self._people.tell()
        threading.Thread(
            target=self._reanalyze_changed, args=([*photos, *completed.values()],), name="changed photos", daemon=True
        ).start()
        return len(photos)

    def delete(self) -> bool:
        """Delete everything that is kept, this window's album too; what changes in it afterwards is kept again.

        Returns:
            False when another window has it, or it cannot be deleted; a notice says so.
        """
        with self._lock:
            if self._file is None:
                return True
            if self._state == "elsewhere":
                self._open()  # perhaps the other window has been closed
            if self._state == "elsewhere":
                self._events.notice("Another Agelens window is using the saved albums. Delete them there.", "warning")
                return False
            try:
                self._file.delete()
            except AlbumTrouble as error:
                self._events.notice("The saved albums cannot be deleted: {why}.", "warning", why=str(error))
                return False
            self._number, self._albums = None, []
            with self._wake:
                self._changed.clear()
            # Counts as written although it no longer is: only what changes from now on will be kept.
            for photo in self._album.photos():
                self._written[photo.path] = photo
            self._set()
            return True

    def _take_up(self, file: AlbumFile, number: int, photos: Collection[Photo], completed: Collection[Photo]) -> None:
        """Merge the window's album with the kept one. The lock is held."""
        before = {photo.id: path for path, photo in self._written.items()}
        left = {path for photo in completed if (path := before.get(photo.id, photo.path)) != photo.path}
        # The rows of photos that were removed while the album came would keep its own from being taken over.
        left |= {photo.path for photo in photos if photo.path in self._written}
        try:
            if (completed or left) and self._number is not None:  # before the rows that completed them are deleted
                file.write(self._number, map(_kept_of, completed), left, self._people.births)
            for path in left:
                del self._written[path]
            self._number = file.take_up(number, self._number, {photo.path: photo.place for photo in photos})
            for photo in (*photos, *completed):
                self._written[photo.path] = photo
            self._albums = file.albums(besides=self._number)
            self._births = None  # the album brought years, and people whose years were known here
            self.photos_changed([photo.id for photo in photos])
        except AlbumDamaged as error:
            self._start_over(error)
        except AlbumTrouble as error:
            self._fail(error)

    def _run(self) -> None:
        try:
            self._open()
            pause = 0.0
            while True:
                with self._wake:
                    if self._wake.wait_for(lambda: self._closed, pause):
                        break
                    # Try again even if nothing happens here: another window may have closed, or a disk be back.
                    self._wake.wait_for(lambda: self._closed or self._changed or self._state in _RETRIED)
                with self._lock:
                    self._try_to_write()
                    pause = RETRY if self._state in _RETRIED else INTERVAL
            with self._lock:
                self._try_to_write()
        except Exception as error:
            logger.exception("the album is not kept any more")
            with self._lock:
                self._fail(error)
        finally:
            with self._lock:
                if self._file is not None:
                    self._file.close()

    def _open(self) -> None:
        with self._lock:
            if self._file is None:
                return
            try:
                warning = self._file.open()
                if warning is not None:
                    self._events.notice(warning, "warning")
                self._albums = self._file.albums(besides=self._number)
                self._set(state="on" if self._keeping else "off")
            except AlbumInUse:
                self._set(state="elsewhere")
            except (AlbumDamaged, AlbumTrouble) as error:
                if self._keeping:  # else it stays "off", and nobody misses anything
                    self._fail(error, opening=True)

    def flush(self) -> None:
        """Write now what has changed. Like `close`, it returns after a while even if the disk hangs."""

        def write() -> None:
            with self._lock:
                self._try_to_write()

        writer = threading.Thread(target=write, name="flush", daemon=True)
        writer.start()
        writer.join(PATIENCE)

    def _try_to_write(self) -> None:
        """Write what has changed. The lock is held."""
        try:
            if self._state in _RETRIED or (self._state == "on" and self._file is not None and not self._file.locked):
                self._open()
            self._write()
        except AlbumDamaged as error:
            self._start_over(error)
        except Exception as error:
            if not isinstance(error, AlbumTrouble):
                logger.exception("the album could not be written")
            self._fail(error)  # it is tried again

    def _write(self) -> None:
        with self._wake:
            ids, self._changed = self._changed, {}
        if not ids:
            return
        if self._state != "on" or self._file is None:
            if self._keeping:  # some other time
                self.photos_changed(ids)
            if self._keeping and self._state == "elsewhere" and not self._complained:
                self._complained = True
                self._events.notice(
                    "What you do in this window is saved only once the other Agelens window is closed. Close that "
                    "one first.",
                    "warning",
                )
            return
        try:
            self._write_photos(self._file, ids)
        except BaseException:
            with self._wake:
                self._changed = ids | self._changed
                self._wake.notify_all()
            raise

    def _write_photos(self, file: AlbumFile, ids: Collection[str]) -> None:
        """Write those of these photos that have changed, and the birth years with them. The lock is held."""
        new, gone = self._differing(ids)
        births = self._people.births
        # Also when a name is gone: the birth year of somebody in no photo any more goes with it.
        before = [self._written[path] for path in (*gone, *(photo.path for photo in new)) if path in self._written]
        births_too = births != self._births or any(photo.names for photo in (*new, *before))
        added = [photo for photo in new if photo.path not in self._written]
        if not new and not gone and (not births_too or self._number is None):
            return
        begun = self._number is None
        self._number = file.write(self._number, map(_kept_of, new), gone, births if births_too else None)
        self._births = births
        for path in gone:
            del self._written[path]
        for photo in new:
            self._written[photo.path] = photo
        self._complained = False
        if begun:  # older ones may have been deleted
            self._albums = file.albums(besides=self._number)
            self._set()
        self._suggest(file, added)

    def _suggest(self, file: AlbumFile, added: Collection[Photo]) -> None:
        """Offer to continue with the kept album that knows the photos just added, once for each. The lock is held."""
        if not self._albums:
            return
        files = [(photo.path, photo.stamp) for photo in added if photo.stamp is not None]
        number = file.find_album(files[:MOST_SOUGHT], besides=self._number)
        album = next((one for one in self._albums if one.id == number), None)
        if album is None or album.id in self._suggested:
            return
        self._suggested.add(album.id)
        if album.names == 0:
            self._events.notice("What you added is already in a saved album.", album=album.id)
            return
        self._events.counted(
            album.names,
            "What you added is already in a saved album with 1 name.",
            "What you added is already in a saved album with {number} names.",
            album=album.id,
        )

    def _differing(self, ids: Collection[str]) -> tuple[list[Photo], list[str]]:
        """Those of these photos that differ from what the file has, and the paths that it should not have any more."""
        now = {photo_id: self._album.get(photo_id) for photo_id in ids}
        photos = [photo for photo in now.values() if photo is not None and not self._pictures.is_pasted(photo.path)]
        new = [photo for photo in photos if _differs(photo, self._written.get(photo.path))]
        paths = {photo_id: None if photo is None else photo.path for photo_id, photo in now.items()}
        gone = [path for path, before in self._written.items() if paths.get(before.id, path) != path]
        return new, gone

    def _forget_written(self) -> None:
        self._written.clear()
        self._births = {}

    def _start_over(self, error: AlbumDamaged) -> None:
        """The file broke or was deleted while in use: put the album in the window into a new one."""
        try:
            assert self._file is not None
            if isinstance(error, AlbumDeleted):
                self._events.notice(
                    "The file of the saved albums was deleted. The album in this window is saved anew.", "warning"
                )
            else:
                self._events.notice(self._file.set_aside(str(error)), "warning")
        except AlbumTrouble as trouble:
            self._fail(trouble)
        self._number, self._albums = None, []
        self._forget_written()
        self._set()
        self.photos_changed([photo.id for photo in self._album.photos()])

    def _fail(self, error: Exception, opening: bool = False) -> None:
        """Say once that the album cannot be kept, and why; after `opening` the file has failed, no album is offered."""
        if not self._complained:
            self._complained = True
            self._events.notice(
                "The album cannot be saved, nor can saved albums be opened: {why}."
                if opening
                else "The album cannot be saved: {why}.",
                "warning",
                why=str(error),
            )
        self._set(state="failed")

    def _set(self, state: State | None = None) -> None:
        """Tell the page what is kept."""
        with self._wake:
            self._state = state or self._state
            self._wake.notify_all()
        self._events.state("kept", self.kept)

    def _photo_of(self, kept: KeptPhoto) -> Photo:
        return Photo(
            id="",
            path=kept.path,
            state="waiting" if kept.report is None else "done",
            report=None if kept.report is None else self._album.keep(kept.report),
            file=kept.file,
            stamp=kept.stamp,
            names=kept.names,
            taken=kept.taken,
            camera=kept.camera,
            corrected=kept.corrected,
        )

    def _reanalyze_changed(self, photos: Collection[Photo]) -> None:
        """Analyze those photos again whose files have changed.

        A report that somebody has corrected stays, and so does that of a missing file.
        """
        ids = [photo.id for photo in photos]
        self._jobs.follow_renames(self._album.stamps(ids))
        self._jobs.unqueue_done()
        # Only their paths are taken over: what else has changed in them meanwhile is found out below.
        paths = {photo.id: photo.path for photo in self._album.some(ids)}
        photos = [replace(photo, path=paths[photo.id]) for photo in photos if photo.id in paths]
        changed: list[tuple[Photo, FileStamp]] = []
        same: list[Photo] = []
        corrected = 0
        for photo, stamp in look_at(photos, lambda photo: photo.newer_stamp):
            if stamp is None:
                same.append(photo)
            elif photo.corrected:
                corrected += 1
            else:
                changed.append((photo, stamp))
        if self._closed:
            return
        # Not those whose reports have changed meanwhile. The photos keep their reports until there are new ones.
        now = ((before, self._album.get(before.id), stamp) for before, stamp in changed)
        again = {photo.id: stamp for before, photo, stamp in now if photo is not None and photo.report is before.report}
        if again:
            self._jobs.analyze(again, again)
            entries = any(photo.has_entries for photo in self._album.some(again))
            self._events.analyzed_again(len(again), entries)
        if corrected:
            self._events.corrections_stay(corrected)
        self._compare_models(same)

    def _compare_models(self, photos: Collection[Photo]) -> None:
        """Say so when reports come from another version of the model; they stay as they are."""
        model = self._model()
        others = sum(photo.report.model != model for photo in photos if photo.report is not None)
        if model is None or others == 0:
            return
        self._events.counted(
            others,
            "1 photo was analyzed with another version of the age model. For new ages, press the round arrow above "
            "the photos.",
            "{number} photos were analyzed with another version of the age model. For new ages, press the round "
            "arrow above the photos.",
        )


def _differs(photo: Photo, before: Photo | None) -> bool:
    """Whether anything that is kept of a photo has changed."""
    return before is None or before.report is not photo.report or _OWN(before) != _OWN(photo)


def _kept_of(photo: Photo) -> KeptPhoto:
    return KeptPhoto(
        photo.path,
        photo.file,
        photo.stamp,
        photo.record,
        photo.names,
        photo.taken,
        photo.camera,
        photo.place,
        photo.corrected,
    )
