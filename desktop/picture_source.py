"""What the page gets when it asks for a picture: one that is kept, or one that is made now."""

from __future__ import annotations

from contextlib import suppress

from desktop.album import Album, Photo
from desktop.jobs import Jobs
from desktop.pictures import PhotoPictures, Pictures, photo_of


class PictureSource:
    """All pictures that photos have an address for, whether there are any yet or not.

    Args:
        album: the photos.
        jobs: makes pictures.
        pictures: where they are kept.
    """

    def __init__(self, album: Album, jobs: Jobs, pictures: Pictures) -> None:
        self._album = album
        self._jobs = jobs
        self._pictures = pictures

    def get(self, name: str) -> bytes | None:
        """The picture of this name, the part of its address after `PREFIX`; None when there is none.

        Waits while one is made that was only promised, or is no longer kept.

        Raises:
            OSError: the disk is failing.
        """
        content = self._pictures.read(name)
        photo = None if content is not None else self._album.get(photo_of(name) or "")
        if photo is None or photo.pictures is None or self._jobs.engine["state"] == "failed":
            return content  # the engine is tried anew when there is more to do than pictures
        if photo.pictures.has(name):
            self._jobs.remake_preview(name, photo.id)
            return self._pictures.read(name)
        return self._enlarge(photo, photo.pictures) if name == photo.pictures.name("enlarged") else None

    def _enlarge(self, photo: Photo, shown: PhotoPictures) -> bytes | None:
        record = photo.record
        if record is None or record["status"] == "error":
            return None
        outcome = self._jobs.ask(photo.id, "enlarge", lambda worker, path: worker.enlarge(path, record))
        if outcome is None or outcome.enlarged is None:
            return None
        with suppress(OSError):  # then it is made again the next time
            self._pictures.put_enlarged(shown, outcome.enlarged)
        if self._album.get(photo.id) is None:
            self._pictures.forget([photo.id])  # removed while it was being made
        return outcome.enlarged
