"""Photos by id, and what leads to them: their files, paths and stamps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from desktop.moves import Traits, keys_of
from desktop.photo import Photo
from engine.paths import FileStamp


class PhotoIndex:
    """Photos in their order, by id. None of the look-ups goes through all of them. Not thread-safe.

    No two photos have the same path or file, except while some exchange theirs: the latest has it then.
    """

    def __init__(self) -> None:
        self._photos: dict[str, Photo] = {}
        self._by_file: dict[str, str] = {}
        self._by_path: dict[str, str] = {}
        self._by_key: dict[int, str | list[str]] = {}  # by hash, which takes less memory; several only if they share it

    def __iter__(self) -> Iterator[Photo]:
        return iter(self._photos.values())

    def __getitem__(self, photo_id: str) -> Photo:
        return self._photos[photo_id]

    def get(self, photo_id: str) -> Photo | None:
        """The photo with this id, None if there is none."""
        return self._photos.get(photo_id)

    def some(self, ids: Iterable[str]) -> list[Photo]:
        """Those of these photos that are here, each once, in the order of `ids`."""
        return [photo for photo_id in dict.fromkeys(ids) if (photo := self._photos.get(photo_id)) is not None]

    def at_file(self, file: str) -> str | None:
        """The id of the photo with this file, see `Photo.file`."""
        return self._by_file.get(file)

    def at_path(self, path: str) -> str | None:
        """The id of the photo with this path."""
        return self._by_path.get(path)

    def with_key(self, key: Traits | FileStamp) -> list[Photo]:
        """The photos that have this among their `desktop.moves.keys_of`, in their order."""
        found = (photo for photo_id in self._ids(hash(key)) if key in keys_of(photo := self._photos[photo_id]))
        return sorted(found, key=lambda photo: photo.place)

    def has_key(self, key: Traits | FileStamp | None) -> bool:
        """Whether `with_key` finds any."""
        return any(key in keys_of(self._photos[photo_id]) for photo_id in self._ids(hash(key)))

    def put(self, photo: Photo) -> None:
        """Add a photo, the last in order, or replace the one with its id."""
        before = self._photos.get(photo.id)
        self._photos[photo.id] = photo
        if before is not None:
            if (before.file, before.path, before.stamp) == (photo.file, photo.path, photo.stamp):
                return
            self._forget(before)
        self._by_file[photo.file] = self._by_path[photo.path] = photo.id
        for key in map(hash, keys_of(photo)):
            there = self._by_key.setdefault(key, photo.id)
            if isinstance(there, list):
                there.append(photo.id)
            elif there != photo.id:
                self._by_key[key] = [there, photo.id]

    def pop(self, photo_id: str) -> Photo | None:
        """Remove a photo, and return it; None if it is not here."""
        photo = self._photos.pop(photo_id, None)
        if photo is not None:
            self._forget(photo)
        return photo

    def sort(self) -> None:
        """Put the photos in the order of their places."""
        self._photos = {photo.id: photo for photo in sorted(self, key=lambda photo: photo.place)}

    def _forget(self, photo: Photo) -> None:
        if self._by_file.get(photo.file) == photo.id:
            del self._by_file[photo.file]
        if self._by_path.get(photo.path) == photo.id:
            del self._by_path[photo.path]
        for key in map(hash, keys_of(photo)):
            ids = [one for one in self._ids(key) if one != photo.id]
            if ids:
                self._by_key[key] = ids if len(ids) > 1 else ids[0]
            else:
                self._by_key.pop(key, None)

    def _ids(self, key: int) -> Sequence[str]:
        found = self._by_key.get(key, ())
        return (found,) if isinstance(found, str) else found
