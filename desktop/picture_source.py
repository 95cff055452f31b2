"""What the page gets when it asks for a picture: one that is kept, or one that is made now."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from desktop.album import Album
from desktop.jobs import Jobs, is_outdated
from desktop.photo import Photo
from desktop.pictures import PhotoPictures, Pictures, photo_of

AGAIN = 30.0
"""Seconds for which a failed engine is not started again for a picture."""


class PictureSource:
    """Gives all pictures that photos have an address for, whether they have been made yet or not.

    Args:
        album: the photos.
        jobs: makes pictures.
        pictures: where they are kept.
    """

    def __init__(self, album: Album, jobs: Jobs, pictures: Pictures) -> None:
        self._album = album
        self._jobs = jobs
        self._pictures = pictures
        self._lock = threading.Lock()
        self._tried = -AGAIN  # when a picture was last asked of the engine

    def get(self, name: str) -> bytes | None:
        """The picture of this name, the part of its address after `PREFIX`; None when there is none.

        Waits while one is made that was only promised, or is no longer kept.

        Raises:
            OSError: the disk is failing.
        """
        content = self._pictures.read(name)
        photo = None if content is not None else self._album.get(photo_of(name) or "")
        if photo is None or photo.pictures is None or not self._may_try():
            return content
        if photo.pictures.has(name):
            self._jobs.remake_preview(name, photo.id)
            return self._pictures.read(name)
        return self._enlarge(photo, photo.pictures) if name == photo.pictures.name("enlarged") else None

    def _may_try(self) -> bool:
        """Whether to ask the engine for a picture, which is noted as a try: the page asks for many, and an engine that
        has failed is not started again for each."""
        with self._lock:
            if self._jobs.engine["state"] == "failed" and time.monotonic() < self._tried + AGAIN:
                return False
            self._tried = time.monotonic()
            return True

    def _enlarge(self, photo: Photo, shown: PhotoPictures) -> bytes | None:
        record = photo.record
        if record is None or record["status"] == "error":
            return None
        outcome = self._jobs.ask(photo.id, "enlarge", lambda worker, path: worker.enlarge(path, record))
        if outcome is None or outcome.enlarged is None or is_outdated(photo, outcome):
            return None
        with suppress(OSError):  # then it is made again the next time
            self._pictures.put_enlarged(shown, outcome.enlarged)
        if self._album.get(photo.id) is None:
            self._pictures.forget([photo.id])  # removed while it was being made
        return outcome.enlarged
