"""Pictures of this run's photos, kept as files in a folder that only this user can read and that goes with the run."""

from __future__ import annotations

import functools
import hashlib
import itertools
import os
import re
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import platformdirs

from desktop.filelock import try_lock
from engine.files import PRIVATE, rename
from engine.worker_messages import Outcome

PREFIX = "pictures/"
"""Addresses of pictures, relative to the page, begin with this."""

PREVIEW_LIMIT = 256 * 2**20
"""Bytes of previews and enlarged pictures kept; older ones are made again when the page asks for them."""

_FOLDER = "agelens-run-"
_PASTED = "pasted"
_BROWSER = "browser"
_LOCK = "lock"
_PROMISED = "promised"
_promises = itertools.count(1)
_NAME = re.compile(
    rf"(p\d+)-(?:thumbnail|preview|enlarged|face\d+|added[0-9a-f]{{16}})-(?:[0-9a-f]{{16}}|{_PROMISED}\d+)\.jpg"
)


@dataclass(frozen=True, slots=True)
class PhotoPictures:
    """The pictures of a photo, by their addresses: thumbnail, preview, and crops of its faces in the report's order.

    The addresses hold a digest of the pictures, or the number of their promise: different pictures have different ones.
    """

    photo_id: str
    version: str
    crops: tuple[str, ...] = ()

    @property
    def thumbnail(self) -> str:
        """Its address."""
        return PREFIX + self.name("thumbnail")

    @property
    def preview(self) -> str:
        """Its address."""
        return PREFIX + self.name("preview")

    @property
    def enlarged(self) -> str:
        """Address of the photo for a closer look; that picture is made when the page asks for it."""
        return PREFIX + self.name("enlarged")

    @property
    def faces(self) -> list[str]:
        """Addresses of the crops."""
        return [PREFIX + self.name(crop) for crop in self.crops]

    def name(self, kind: str) -> str:
        """File name of one of the pictures: "thumbnail", "preview", "enlarged", or one of `crops`."""
        return f"{self.photo_id}-{kind}-{self.version}.jpg"

    def has(self, name: str) -> bool:
        """Whether this is the name of one of the pictures, other than the enlarged one."""
        return name in map(self.name, ("thumbnail", "preview", *self.crops))


class Pictures:
    """Thread-safe store of JPEG files. Their names tell all about them, so thousands of photos take hardly any memory.

    Folders that a killed run left there are removed when the next one starts.

    Args:
        parent: where the folder is made; by default the user's cache. That is on a disk, whereas a folder for temporary
            files may be in memory (the pictures of 20,000 photos take a gigabyte); it is encrypted if the home folder
            is; and nobody else can put folders into it that look left behind.
        preview_limit: bytes of previews kept.
    """

    def __init__(self, parent: Path | None = None, preview_limit: int = PREVIEW_LIMIT) -> None:
        base = parent or platformdirs.user_cache_path("Agelens", appauthor=False)
        self._folder = _make_folder(base)
        self._held = _hold(self._folder)
        others = [one for one in base.glob(f"{_FOLDER}*") if one != self._folder] if self._folder.parent == base else []
        # In a thread, as the window must not wait for it: thousands of photos have tens of thousands of files.
        threading.Thread(target=_remove_left_behind, args=(others,), name="left behind", daemon=True).start()
        self._preview_limit = preview_limit
        self._lock = threading.Lock()
        self._previews: OrderedDict[str, int] = OrderedDict()  # previews on disk -> bytes, least recently used first
        self._preview_bytes = 0
        self._forgotten: set[str] = set()  # pictures that are gone, though their files remain for a moment
        self._pasted: dict[bytes, str] = {}  # digest -> path

    @property
    def folder(self) -> Path:
        """The run's folder, also for what else is kept of the photos until the run ends."""
        return self._folder

    @property
    def browser_folder(self) -> Path:
        """Where WebView2 may keep its own files, which are then removed as surely as the pictures."""
        return self._folder / _BROWSER

    def put(self, photo_id: str, outcome: Outcome) -> PhotoPictures | None:
        """Keep a photo's pictures. None when there are none.

        Raises:
            OSError: the disk is full or failing.
        """
        if outcome.preview is None or outcome.thumbnail is None:
            return None
        digest = _digest(outcome.preview, outcome.thumbnail, *outcome.crops)
        shown = PhotoPictures(photo_id, digest, _crops(len(outcome.crops)))
        self._write_preview(shown.name("preview"), outcome.preview)
        self._write(shown.name("thumbnail"), outcome.thumbnail)
        for crop, content in zip(shown.crops, outcome.crops, strict=True):
            self._write(shown.name(crop), content)
        return shown

    def put_crop(self, shown: PhotoPictures, content: bytes) -> str:
        """Keep the crop of a face that was added to a photo. Returns what goes into `PhotoPictures.crops`.

        Raises:
            OSError: the disk is full or failing.
        """
        crop = f"added{_digest(content)}"
        self._write(shown.name(crop), content)
        return crop

    def put_enlarged(self, shown: PhotoPictures, content: bytes) -> None:
        """Keep a photo's picture for a closer look, under the same limit as previews.

        Raises:
            OSError: the disk is full or failing.
        """
        self._write_preview(shown.name("enlarged"), content)

    def read(self, name: str) -> bytes | None:
        """A picture by the part of its address after `PREFIX`; None when it is unknown, or is to be made (again)."""
        if photo_of(name) is None:
            return None
        with self._lock:
            if name in self._forgotten:
                return None
            if name in self._previews:
                self._previews.move_to_end(name)
        try:
            with self._open(name, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def restore(self, shown: PhotoPictures, names: Collection[str], outcome: Outcome) -> None:
        """Keep pictures that have been made because the page asked for `names`, and with them all that were promised.

        Args:
            shown: the photo's pictures. A crop's number does not tell whose it is, as the user may have removed a face.
            names: the parts of addresses after `PREFIX`.
            outcome: the pictures.

        Raises:
            OSError: the disk is full or failing.
        """
        if outcome.preview is None or outcome.thumbnail is None:
            return
        made = dict(zip(map(shown.name, shown.crops), outcome.crops, strict=False))
        made[shown.name("thumbnail")] = outcome.thumbnail
        preview = shown.name("preview")
        promised = shown.version.startswith(_PROMISED)
        if promised or preview in names:
            self._write_preview(preview, outcome.preview)
        for name, content in made.items():
            if promised or name in names:
                self._write(name, content)

    def keep_pasted(self, content: bytes) -> str:
        """Keep a PNG picture that came without a file until the run ends. Returns its path; equal pictures share one.

        Raises:
            OSError: the disk is full or failing.
        """
        digest = hashlib.sha256(content).digest()
        with self._lock:
            if digest not in self._pasted:
                folder = self._folder / _PASTED
                folder.mkdir(exist_ok=True)
                file = folder / f"Pasted {len(self._pasted) + 1}.png"
                file.write_bytes(content)
                self._pasted[digest] = str(file)
            return self._pasted[digest]

    def is_pasted(self, path: str) -> bool:
        """Whether this is a picture that `keep_pasted` keeps, which is lost when the run ends."""
        with self._lock:
            return path in self._pasted.values()

    def forget(self, ids: Collection[str]) -> None:
        """Remove the pictures of these photos: from now on they are not found. Their files, of which there may be
        thousands, are deleted in a thread of their own (`delete_forgotten`)."""
        gone = set(ids)
        if not gone:
            return
        with self._lock:
            for name in [name for name in self._previews if photo_of(name) in gone]:
                self._preview_bytes -= self._previews.pop(name)
            with suppress(OSError):  # a cache cleaner has been here
                self._forgotten.update(name for name in os.listdir(self._folder) if photo_of(name) in gone)  # noqa: PTH208
        threading.Thread(target=self.delete_forgotten, name="forgotten pictures", daemon=True).start()

    def delete_forgotten(self) -> None:
        """Delete the files of what has been forgotten. When this returns, none are left."""
        while True:
            with self._lock:
                if not self._forgotten:
                    return
                _remove(self._folder / self._forgotten.pop())
            time.sleep(0)  # lets others have the lock

    def close(self) -> None:
        """Remove everything."""
        self.delete_forgotten()  # on Windows two threads cannot delete the same file at once
        self._held.close()
        _remove_folder(self._folder)

    def _write(self, name: str, content: bytes) -> None:
        """Give a picture its name only when it is complete: a fragment would be shown for the rest of the run."""
        part = f"{name}.part"
        try:
            with self._open(part, "wb") as file:
                file.write(content)
            with self._lock:  # a photo that was brought back may get the picture that it had before
                rename(self._path(part), self._path(name))
                self._forgotten.discard(name)
        except OSError:
            with suppress(OSError):
                os.unlink(self._path(part))  # noqa: PTH108
            # Windows does not replace a file that the server is reading; but then this picture is there and complete.
            if os.name != "nt" or not os.path.exists(self._path(name)):  # noqa: PTH110
                raise

    def _path(self, name: str) -> str:
        """The path, not as a `Path`: that would add every name to Python's table of strings, which only grows."""
        return f"{self._folder}{os.sep}{name}"

    def _open(self, name: str, mode: Literal["rb", "wb"]) -> BinaryIO:
        return open(self._path(name), mode)  # noqa: PTH123

    def _write_preview(self, name: str, content: bytes) -> None:
        self._write(name, content)
        dropped: list[str] = []
        with self._lock:
            self._preview_bytes += len(content) - self._previews.pop(name, 0)
            self._previews[name] = len(content)
            while self._preview_bytes > self._preview_limit and len(self._previews) > 1:
                oldest, size = self._previews.popitem(last=False)
                self._preview_bytes -= size
                dropped.append(oldest)
        for old in dropped:
            _remove(self._folder / old)


def _make_folder(base: Path) -> Path:
    """Make a folder of mode 0700; elsewhere if the home folder cannot be written to."""
    try:
        base.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=_FOLDER, dir=base))
    except OSError:
        return Path(tempfile.mkdtemp(prefix=_FOLDER))


def _remove(file: Path) -> None:
    """Delete a file. Windows refuses while the server reads it; then it goes with the folder at the end."""
    with suppress(OSError):
        file.unlink()


def promise(photo_id: str, faces: int = 0) -> PhotoPictures:
    """A photo's pictures before there are any: they are made when the page asks for one of them."""
    return PhotoPictures(photo_id, f"{_PROMISED}{next(_promises)}", _crops(faces))


def photo_of(name: str) -> str | None:
    """Id of the photo that a picture of this name would belong to, None when no picture has such a name."""
    found = _NAME.fullmatch(name)
    return None if found is None else found[1]


@functools.lru_cache(maxsize=64)
def _crops(faces: int) -> tuple[str, ...]:
    """Names of a report's crops; all photos with the same number of faces share one object."""
    return tuple(f"face{number}" for number in range(1, faces + 1))


def _digest(*contents: bytes) -> str:
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()[:16]


def _hold(folder: Path) -> BinaryIO:
    """Mark a folder as in use, for as long as the file that is returned stays open."""
    if os.name != "posix":
        file = (folder / _LOCK).open("wb")
        _lock(file)
        return file
    # It gets its name only once it is locked: another start must not find it before and take this run for dead.
    file = (folder / f"{_LOCK}.new").open("wb")
    _lock(file)
    (folder / f"{_LOCK}.new").rename(folder / _LOCK)
    return file


def _lock(file: BinaryIO) -> None:
    with suppress(OSError):  # where nothing can be locked, nothing is taken for dead either
        try_lock(file)


def _remove_left_behind(folders: Iterable[Path]) -> None:
    """Remove those of these folders whose runs were killed. A live run holds the lock in its folder."""
    for folder in folders:
        try:
            with (folder / _LOCK).open("r+b") as file:
                dead = try_lock(file)
        except OSError:  # another user's, or being made or removed at this moment
            continue
        if dead:
            _remove_folder(folder)


def _remove_folder(folder: Path) -> None:
    """Remove a folder, its lock last: if the process ends first, or Windows refuses, the next start tries again."""
    with suppress(OSError):  # another start, or a cache cleaner, has been here
        for one in folder.iterdir():
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            elif one.name != _LOCK:
                _remove(one)
        if all(one.name == _LOCK for one in folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)
