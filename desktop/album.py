"""The photos of this run: what the window shows, by id, in the order in which they came."""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from desktop.moves import (
    Left,
    Seen,
    Traits,
    is_as_seen,
    is_movable,
    own_stamp,
    renamed,
    take,
    traits_of,
    without_analysis,
)
from desktop.names import joined, outlasting, renamed_in, resized, shows_same_faces
from desktop.photo import Photo, State, file_key, resolved_folder, with_pictures
from desktop.photo_index import PhotoIndex
from desktop.records import Record
from desktop.reports import Report, Reports
from engine.looks import look_at
from engine.paths import FileStamp, file_stamp, is_same_stamp, missing

MOST_REMOVED = 10_000
"""Most removed photos that are kept for `bring_back`; those of the latest removal are kept however many they are."""


@dataclass(frozen=True)
class Added:
    """What became of paths that were added, in their order: ids of `new` photos, and of those already `known`.

    `moved` are those of the known that had another path, where there is no longer a file. `displaced` are photos
    with reports whose files are among those added, at other paths, while other files have come to their own.
    """

    new: tuple[str, ...]
    known: tuple[str, ...]
    moved: tuple[str, ...]
    displaced: tuple[str, ...]


class Restored(NamedTuple):
    """What became of photos of an earlier run: those `new` here, and those already here that they `completed`.

    Those `moved` have not been taken in yet: there is no file at their paths, but it may be here under another path.
    """

    new: list[Photo]
    completed: list[Photo]
    moved: list[Photo]


class Album:
    """Thread-safe. Every change is announced with the ids of the photos that changed or were removed.

    Args:
        changed: called with the ids of photos that are new or different. It must not block.
        removed: called with the ids of photos that are gone. It must not block.
        folder: for the photos' records, see `Reports`.
    """

    def __init__(
        self,
        changed: Callable[[Collection[str]], None],
        removed: Callable[[Collection[str]], None],
        folder: Path | None = None,
    ) -> None:
        self._changed = changed
        self._removed = removed
        self._lock = threading.Lock()
        self._photos = PhotoIndex()
        self._reports = Reports(folder)
        self._count = 0
        self._removals: deque[list[Photo]] = deque()  # the latest last
        self._apart: dict[FileStamp | None, list[Photo]] = {}  # as they were before other pictures came to their paths
        self.clearings = 0
        """How often everything has been removed."""

    def keep(self, record: Record) -> Report:
        """Store a record that is to go into a photo. May also be called within `amend`."""
        return self._reports.keep(record)

    def add(self, paths: Iterable[str], clearings: int | None = None) -> Added:
        """Take photos in. A file is taken once, whatever links or spellings of its path lead to it.

        A file that has been moved or renamed since, or whose drive has another name now, is still the same photo: there
        is no file at the old path, and it has the same size and modification time; those of another name exactly, and
        of the photos whose files are gone and the files added together, only one may have them. So is one with the same
        path, wherever the links on that path lead now.

        Args:
            paths: of the photos.
            clearings: the value of `clearings` when they began to arrive; if it has changed since, none is added.
        """
        absolute = [os.path.abspath(path) for path in paths]  # noqa: PTH100  (keeps odd names as they are)
        resolved = cache(resolved_folder)
        looks = look_at(absolute, lambda path: (file_key(path, resolved), file_stamp(path)))
        files = [(path, key, stamp) for path, (key, stamp) in looks]
        left = self._left(files)
        new: list[str] = []
        known: dict[str, None] = {}
        moved: list[str] = []
        relinked: list[str] = []
        with self._lock:
            if clearings not in (None, self.clearings):
                return Added((), (), (), ())
            for path, key, stamp in files:
                here = self._photos.at_file(key)
                if here is None and (here := self._photos.at_path(path)) is not None:
                    self._photos.put(replace(self._photos[here], file=key))
                    relinked.append(here)
                before = None if here is not None or stamp is None else take(left, key, stamp)
                if before is not None and self._move(before, path, key, stamp):
                    here = before.id
                    moved.append(here)
                if here is not None:
                    known[here] = None
                    continue
                self._count += 1
                photo = Photo(f"p{self._count}", path, file=key, stamp=stamp)
                self._photos.put(photo)
                new.append(photo.id)
            fresh = set(new)
            given = {key: stamp for _, key, stamp in files if stamp is not None}
            with_stamp = (one for stamp in dict.fromkeys(given.values()) for one in self._photos.with_key(stamp))
            twins = [one for one in with_stamp if given.get(one.file) != one.stamp]
        if new or moved or relinked:
            self._changed([*new, *moved, *relinked])
        newer = look_at(twins, lambda photo: photo.newer_stamp)
        displaced = (photo.id for photo, stamp in newer if stamp is not None)
        return Added(tuple(new), tuple(one for one in known if one not in fresh), tuple(moved), tuple(displaced))

    def _left(self, files: Iterable[tuple[str, str, FileStamp | None]]) -> Left:
        """The photos that may have been moved or renamed to become one of these files, as their own are gone."""
        with self._lock:
            strangers = {key: stamp for _, key, stamp in files if stamp and self._photos.at_file(key) is None}
            looked_for: set[Traits | FileStamp] = {traits_of(key, stamp) for key, stamp in strangers.items()}
            looked_for |= {stamp for stamp, count in Counter(strangers.values()).items() if count == 1}
            idle = {key: list(filter(is_movable, self._photos.with_key(key))) for key in looked_for}
        gone = missing({photo.path for photos in idle.values() for photo in photos})
        fitting = {key: [photo for photo in photos if photo.path in gone] for key, photos in idle.items()}
        return {key: photos for key, photos in fitting.items() if photos}

    def _move(self, before: Photo, path: str, key: str, stamp: FileStamp | None) -> bool:
        """Give a photo the path that its file was moved to; false if it is no longer that of this file or cannot be
        moved now. The lock is held."""
        now = self._photos.get(before.id)  # it may have been named meanwhile
        if now is None or not is_movable(now) or (now.file, now.stamp) != (before.file, before.stamp):
            return False
        self._photos.put(with_pictures(replace(without_analysis(now), path=path, file=key, stamp=stamp)))
        return True

    def stamps(self, ids: Collection[str]) -> dict[str, FileStamp | None]:
        """By id, the stamps of the files that are now at the paths of these photos."""
        with self._lock:
            photos = self._photos.some(ids)
        return {photo.id: stamp for photo, stamp in look_at(photos, _stamp_now)}

    def follow_renames(self, now: Mapping[str, FileStamp | None]) -> list[str]:
        """Let photos whose files have exchanged their paths follow them, so that none gets the names of another.

        Looks at the files of all photos if one of these photos has the file of another.

        Args:
            now: see `stamps`.

        Returns:
            ids of photos that are gone: just added, for files that earlier photos have followed.
        """
        with self._lock:
            reported = [(one, now[one.id]) for one in self._photos.some(now) if one.report is not None]
            newer = {stamp for one, stamp in reported if stamp and not is_same_stamp(stamp, one.stamp)}
            if not any(map(self._photos.has_key, newer)):
                return []  # as after an edit, which must not cost a look at thousands of files on a slow drive
            every = list(self._photos)
        looks = look_at(every, _stamp_now)
        seen = {one.id: Seen(one.id, one.path, own_stamp(one), stamp) for one, stamp in looks}
        groups = renamed(seen.values())
        moved: list[str] = []
        gone: list[str] = []
        with self._lock:
            for paths in groups:
                photos = [self._photos.get(photo_id) for photo_id in paths]
                as_seen = [photo for photo in photos if photo is not None and is_as_seen(photo, seen[photo.id])]
                if len(as_seen) < len(photos):
                    continue  # some have changed meanwhile, and all count as changed
                files = {photo.path: (photo.file, seen[photo.id].now) for photo in as_seen}
                for photo in as_seen:
                    path = paths[photo.id]
                    file, stamp = files[path]
                    if stamp is None and own_stamp(photo) is None:
                        self._photos.pop(photo.id)
                        gone.append(photo.id)
                        continue
                    moved.append(photo.id)
                    exchanged = replace(without_analysis(photo), path=path, file=file, stamp=own_stamp(photo) or stamp)
                    self._photos.put(with_pictures(exchanged))
        if moved:
            self._changed(moved)
        if gone:
            self._removed(gone)
        return gone

    def set_apart(self, before: Photo) -> bool:
        """Another picture has come to a photo's path: what was entered into the one before goes with its file.

        Args:
            before: the photo as it was.

        Returns:
            whether a photo with that file is here and analyzed, see `reunite`; else it may come later in this run.
        """
        with self._lock:
            self._set_apart(before)
            there = [] if before.stamp is None else [photo.id for photo in self._photos.with_key(before.stamp)]
        return self.reunite(there)

    def _set_apart(self, before: Photo) -> None:
        """Only what is in a picture that is known can be found again. The lock is held."""
        if before.has_entries and before.stamp is not None and before.was_read:
            self._apart.setdefault(before.stamp, []).append(before)

    def reunite(self, ids: Collection[str]) -> bool:
        """Give photos what was `set_apart` for their files: told by size and exact time, which a series of scans may
        share, and by the places of the faces. The year is then gone from the photo at the path before.

        Returns:
            whether there was anything for them.
        """
        changed: dict[str, None] = {}
        with self._lock:
            used: list[Photo] = []
            for photo in self._photos.some(ids):
                for before in self._apart.get(photo.stamp, ()):
                    if _has_same_picture(photo, before):
                        used.append(before)
                        changed |= dict.fromkeys(self._give(photo.id, before))
            for before in used:
                self._apart[before.stamp] = [one for one in self._apart[before.stamp] if one is not before]
        if changed:
            self._changed(list(changed))
        return bool(changed)

    def _give(self, photo_id: str, before: Photo) -> list[str]:
        """Give a photo what was entered into its picture elsewhere. Returns who has changed. The lock is held."""
        here = self._photos.get(before.id)
        with_year = here is not None and before.taken is not None and here.taken == before.taken
        if here is not None and with_year:
            self._photos.put(replace(here, taken=None))
        photo = self._photos[photo_id]
        taken = before.taken if photo.taken is None else photo.taken
        self._photos.put(replace(photo, names=joined(photo.names, before.names), taken=taken))
        return [*([before.id] if with_year else []), photo_id]

    def set_taken(self, photo_id: str, year: int | None) -> bool:
        """Say when a photo was taken, None for unknown; false when it is gone. It stays, whatever is `set_apart`."""
        with self._lock:
            for stamp, some in self._apart.items():
                self._apart[stamp] = [replace(one, id="") if one.id == photo_id else one for one in some]
        return self.update(photo_id, taken=year) is not None

    def rename_apart(self, name: str, to: str) -> None:
        """Give a person another name in what is `set_apart`, too."""
        with self._lock:
            for stamp, some in self._apart.items():
                self._apart[stamp] = [replace(one, names=renamed_in(one.names, name, to)) for one in some]

    def restore(
        self, photos: Iterable[Photo], alone: Collection[FileStamp] | None = None, clearings: int | None = None
    ) -> Restored:
        """Take in photos of an earlier run that are not here yet, looking only at files that seem to have been moved.

        Photos already here get the earlier names and year that they lack, and the earlier report if they have none,
        could not be read, or if only the earlier one has been corrected and nobody has named a face here.

        Args:
            photos: as they were. Each gets a new id, and `file` or `path` tells whether it is here already.
            alone: for those that `moved`, once all others are here, the stamps that only one photo had in that run:
                these are the photos here that have the stamp. None leaves them for later.
            clearings: as in `add`.
        """
        photos = list(photos)
        gone = self._gone(photos) if alone is None else {photo.path for photo in photos}
        left = self._left_for(photos, gone) if alone is None else {}
        with self._lock:
            if clearings not in (None, self.clearings):
                return Restored([], [], [])
            restored = self._restore(photos, gone, alone, left)
        return self._announced(restored)

    def bring_back(self) -> Restored | None:
        """Undo the latest removal: its photos return to their places and ids. None when there is none left to undo.

        A photo whose file has been added again meanwhile is treated as by `restore`.
        """
        with self._lock:
            if not self._removals:
                return None
            photos = self._removals.pop()
        gone = self._gone(photos)
        left = self._left_for(photos, gone)
        counts = Counter(photo.stamp for photo in photos)
        with self._lock:
            restored = self._restore(photos, gone, None, left)
            later = self._restore(restored.moved, gone, {stamp for stamp in counts if stamp and counts[stamp] == 1}, {})
            self._photos.sort()
        back = Restored([*restored.new, *later.new], [*restored.completed, *later.completed], [])
        return self._announced(back)

    def _gone(self, photos: Iterable[Photo]) -> set[str]:
        """The paths among these at which there is no file, of those whose files may be here under other paths."""
        with self._lock:
            strangers = [one for one in photos if self._photos.at_path(one.path) is None]
            paths = [one.path for one in strangers if self._photos.has_key(one.stamp)]
        return missing(paths)

    def _left_for(self, photos: Iterable[Photo], gone: Collection[str]) -> Left:
        """The photos here whose files are gone because these photos have them now, at other paths than the `gone`."""
        left = self._left([(one.path, one.file, one.stamp) for one in photos if one.path not in gone])
        looks = look_at((one for one in photos if one.stamp in left), _stamp_now)
        there = {one.stamp for one, stamp in looks if one.stamp == stamp}
        return {stamp: left[stamp] for stamp in there if stamp is not None}

    def _restore(
        self, photos: Iterable[Photo], gone: Collection[str], alone: Collection[FileStamp] | None, left: Left
    ) -> Restored:
        """See `restore`; a photo that has an id keeps it. At `gone` there are no files. The lock is held."""
        restored = Restored([], [], [])
        photos = list(photos)
        # As they are now: those that are taken in below are other photos than those that follow.
        of_stamp: dict[FileStamp | None, str] = {}
        for stamp in {kept.stamp for kept in photos if kept.stamp is not None}:
            if len(with_stamp := self._photos.with_key(stamp)) == 1:
                of_stamp[stamp] = with_stamp[0].id
        for kept in photos:
            here, moved = self._photos.at_file(kept.file) or self._photos.at_path(kept.path), False
            if here is not None and kept.stamp and not is_same_stamp(self._photos[here].stamp, kept.stamp):
                here = of_stamp.get(kept.stamp, here)  # its file was renamed, and another has its path
            elif here is None and kept.path in gone:  # its file was moved, and perhaps added from where it is now
                if alone is None:
                    restored.moved.append(kept)
                    continue
                here = of_stamp.get(kept.stamp) if kept.stamp in alone else None
            elif here is None and kept.stamp in left:
                here = self._moved_to(kept, left.pop(kept.stamp))
                moved = here is not None
            if here is not None:
                if self._take_over(here, kept) or moved:
                    restored.completed.append(self._photos[here])
                continue
            if not kept.id:
                self._count += 1
            photo = with_pictures(replace(kept, id=kept.id or f"p{self._count}"))
            self._photos.put(photo)
            restored.new.append(photo)
        return restored

    def _moved_to(self, kept: Photo, left: Collection[Photo]) -> str | None:
        """The id of the only photo `left`, which gets the path of one that is kept: its file is there now."""
        before = next(iter(left))
        return before.id if len(left) == 1 and self._move(before, kept.path, kept.file, kept.stamp) else None

    def _announced(self, restored: Restored) -> Restored:
        if restored.new or restored.completed:
            self._changed([photo.id for photo in (*restored.completed, *restored.new)])
        with self._lock:
            waited_for = [photo.id for stamp in self._apart if stamp for photo in self._photos.with_key(stamp)]
        self.reunite(waited_for)
        return restored

    def _take_over(self, photo_id: str, kept: Photo) -> bool:
        """Give a photo what it had in an earlier run and lacks here; false if that is nothing. The lock is held."""
        before = photo = self._photos[photo_id]
        untouched = not photo.corrected and not photo.names
        entered = kept.corrected and untouched and is_same_stamp(photo.stamp, kept.stamp)
        if (photo.report is None or photo.failed or entered) and kept.report is not None and not kept.failed:
            photo = replace(photo, state="done", report=kept.report, corrected=kept.corrected, stamp=kept.stamp)
            photo = with_pictures(replace(photo, camera=kept.camera, pictures=None))
        names, taken = kept.names, kept.taken
        if photo.report is not None and not photo.failed and not is_same_stamp(photo.stamp, kept.stamp):
            # Another picture may have come to this path, as when an analysis finds that its file has changed.
            size = (0, 0) if kept.report is None else kept.report.size
            names = outlasting(resized(names, size, photo.report.size), photo.report.read()["faces"])
            taken = taken if names else None
            if not names:
                self._set_apart(kept)
        taken = taken if photo.taken is None else photo.taken
        photo = replace(photo, names=joined(photo.names, names), taken=taken)
        self._photos.put(photo)
        return photo != before

    def get(self, photo_id: str) -> Photo | None:
        """The photo, or None when it has been removed."""
        with self._lock:
            return self._photos.get(photo_id)

    def at(self, path: str) -> str | None:
        """The id of the photo with this path, None if there is none."""
        with self._lock:
            return self._photos.at_path(path)

    def photos(self, *states: State) -> list[Photo]:
        """All photos, or those in the given states, in order."""
        with self._lock:
            return [photo for photo in self._photos if not states or photo.state in states]

    def some(self, ids: Iterable[str]) -> list[Photo]:
        """Those of these photos that are still here, each once, in the order of `ids`."""
        with self._lock:
            return self._photos.some(ids)

    def update(self, photo_id: str, **changes: Any) -> Photo | None:
        """Change fields of a photo. None when it has been removed meanwhile."""
        return self.amend(photo_id, lambda _: changes)

    def amend(self, photo_id: str, change: Callable[[Photo], dict[str, Any] | None]) -> Photo | None:
        """Change fields of a photo depending on their current values.

        Args:
            photo_id: the photo.
            change: takes the current photo and returns the fields to change, None for no change. It must not use the
                album, except for `keep`.

        Returns:
            the photo as it is now; None when it has been removed meanwhile, or `change` returned None.
        """
        return next(iter(self.amend_all([photo_id], change)), None)

    def amend_all(self, ids: Iterable[str], change: Callable[[Photo], dict[str, Any] | None]) -> list[Photo]:
        """Change fields of several photos at once, so that nobody sees, or keeps, only some of the changes.

        Args:
            ids: the photos.
            change: see `amend`.

        Returns:
            the photos as they are now, without those that have been removed or for which `change` returned None.
        """
        amended: list[Photo] = []
        different: list[str] = []
        with self._lock:
            for photo in self._photos.some(ids):
                changes = change(photo)
                if changes is None:
                    continue
                now = replace(photo, **changes)
                self._photos.put(now)
                amended.append(now)
                if now != photo:
                    different.append(photo.id)
        if different:
            self._changed(different)
        return amended

    def remove(self, ids: Iterable[str] | None) -> list[str]:
        """Remove photos, all of them for None. Unknown ids are ignored. Returns the ids removed.

        `bring_back` undoes this.
        """
        with self._lock:
            self.clearings += ids is None
            if ids is None:
                self._apart.clear()
            photos = list(self._photos) if ids is None else self._photos.some(ids)
            gone = [photo.id for photo in photos]
            for photo_id in gone:
                self._photos.pop(photo_id)
            if photos:
                # None of them is being worked on any more.
                idle = (replace(photo, state="waiting" if photo.report is None else "done") for photo in photos)
                self._removals.append(list(idle))
            while len(self._removals) > 1 and sum(map(len, self._removals)) > MOST_REMOVED:
                self._removals.popleft()
        if gone:
            self._removed(gone)
        return gone


def _stamp_now(photo: Photo) -> FileStamp | None:
    return file_stamp(photo.path)


def _has_same_picture(photo: Photo, before: Photo) -> bool:
    """Whether a photo's faces are where those of another one were, or both have none."""
    if photo.report is None or photo.failed or before.report is None:
        return False
    try:
        return shows_same_faces(before.report.read(), photo.report.read()) is not False
    except OSError:  # the disk is failing
        return False
