"""Pictures of this run's photos, kept as files in a temporary folder that only this user can read."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from desktop.filelock import try_lock
from engine.worker_messages import Outcome

PREFIX = "pictures/"
"""Addresses of pictures, relative to the page, begin with this."""

PREVIEW_LIMIT = 256 * 2**20
"""Bytes of previews kept; older ones are made again when the page asks for them."""

_FOLDER = "agelens-run-"
_PASTED = "pasted"
_LOCK = "lock"


@dataclass(frozen=True)
class Addresses:
    """Where the page finds a photo's pictures; None and () for those that there are not."""

    thumbnail: str | None
    preview: str | None
    faces: tuple[str, ...]


class Pictures:
    """Thread-safe store of JPEG files. A picture's address holds a digest of it: another picture, another address.

    Folders that a killed run left behind are removed when the next one starts.

    Args:
        parent: where the folder is made; by default the system's temporary folder.
        preview_limit: bytes of previews kept.
    """

    def __init__(self, parent: Path | None = None, preview_limit: int = PREVIEW_LIMIT) -> None:
        base = parent or Path(tempfile.gettempdir())
        _remove_left_behind(base)
        self._folder = Path(tempfile.mkdtemp(prefix=_FOLDER, dir=base))  # mode 0700
        self._held = _hold(self._folder)
        self._preview_limit = preview_limit
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}  # every picture that may be asked for -> its photo
        self._promised: dict[str, tuple[str, ...]] = {}  # photo -> names of its pictures that have never been made
        self._previews: OrderedDict[str, int] = OrderedDict()  # previews on disk -> bytes, oldest use first
        self._preview_bytes = 0
        self._pasted: dict[bytes, str] = {}  # digest -> path

    def put(self, photo_id: str, outcome: Outcome) -> Addresses:
        """Keep a photo's pictures.

        Raises:
            OSError: the disk is full or failing.
        """
        with self._lock:
            self._promised.pop(photo_id, None)
        thumbnail = self._put(photo_id, "thumbnail", outcome.thumbnail)
        preview = self._put(photo_id, "preview", outcome.preview)
        faces = tuple(
            address
            for number, face in enumerate(outcome.faces, start=1)
            if (address := self._put(photo_id, f"face{number}", face))
        )
        return Addresses(thumbnail, preview, faces)

    def promise(self, photo_id: str, faces: int) -> Addresses:
        """Addresses of a photo's pictures before there are any: they are made when the page asks for one of them."""
        thumbnail, preview, *crops = names = tuple(
            f"{photo_id}-{kind}-promised.jpg"
            for kind in ("thumbnail", "preview", *(f"face{number}" for number in range(1, faces + 1)))
        )
        with self._lock:
            self._names |= dict.fromkeys(names, photo_id)
            self._promised[photo_id] = names
        return Addresses(PREFIX + thumbnail, PREFIX + preview, tuple(PREFIX + name for name in crops))

    def read(self, name: str) -> bytes | None:
        """A picture by the part of its address after `PREFIX`; None when it is unknown, or is to be made (again)."""
        with self._lock:
            if name not in self._names:
                return None
            if name in self._previews:
                self._previews.move_to_end(name)
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def photo_of(self, name: str) -> str | None:
        """Id of the photo that this picture belongs to, None when there is no such picture."""
        with self._lock:
            return self._names.get(name)

    def restore(self, photo_id: str, names: Collection[str], outcome: Outcome, faces: Sequence[str] = ()) -> None:
        """Keep pictures that have been made because the page asked for `names`, and with them all that were promised.

        Args:
            photo_id: the photo.
            names: the parts of addresses after `PREFIX`.
            outcome: the pictures.
            faces: addresses of the outcome's faces. Not their numbers tell: a user may have removed a face since.

        Raises:
            OSError: the disk is full or failing.
        """
        crops = dict(zip((address.removeprefix(PREFIX) for address in faces), outcome.faces, strict=False))
        with self._lock:
            promised = () if outcome.preview is None else self._promised.pop(photo_id, ())
            wanted = [name for name in dict.fromkeys([*names, *promised]) if self._names.get(name) == photo_id]
        for name in wanted:
            kind = name.split("-")[1]
            if kind == "preview" and outcome.preview is not None:
                self._write_preview(name, outcome.preview)
            elif (content := outcome.thumbnail if kind == "thumbnail" else crops.get(name)) is not None:
                (self._folder / name).write_bytes(content)

    def keep_pasted(self, content: bytes) -> str:
        """Keep a picture that came without a file, a PNG, until the run ends. Returns the path; the same for the same.

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
        """Whether this is a picture that `keep_pasted` keeps, and that ends with the run."""
        with self._lock:
            return path in self._pasted.values()

    def forget(self, ids: Collection[str]) -> None:
        """Remove the pictures of these photos."""
        gone = set(ids)
        with self._lock:
            names = [name for name, photo_id in self._names.items() if photo_id in gone]
            for photo_id in gone:
                self._promised.pop(photo_id, None)
            for name in names:
                del self._names[name]
                self._preview_bytes -= self._previews.pop(name, 0)
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove everything."""
        with self._lock:
            self._names.clear()
        self._held.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _put(self, photo_id: str, kind: str, content: bytes | None) -> str | None:
        if content is None:
            return None
        name = f"{photo_id}-{kind}-{hashlib.sha256(content).hexdigest()[:16]}.jpg"
        with self._lock:
            self._names[name] = photo_id
        if kind == "preview":
            self._write_preview(name, content)
        else:
            (self._folder / name).write_bytes(content)
        return PREFIX + name

    def _write_preview(self, name: str, content: bytes) -> None:
        (self._folder / name).write_bytes(content)
        dropped: list[str] = []
        with self._lock:
            self._preview_bytes += len(content) - self._previews.pop(name, 0)
            self._previews[name] = len(content)
            while self._preview_bytes > self._preview_limit and len(self._previews) > 1:
                oldest, size = self._previews.popitem(last=False)
                self._preview_bytes -= size
                dropped.append(oldest)
        for old in dropped:
            (self._folder / old).unlink(missing_ok=True)


def _hold(folder: Path) -> BinaryIO:
    """Mark a folder as in use, for as long as the file that is returned stays open."""
    if os.name != "posix":
        file = (folder / _LOCK).open("wb")
        try_lock(file)
        return file
    # Under its name only once it is locked: another start must not find it in between and take us for dead.
    file = (folder / f"{_LOCK}.new").open("wb")
    try_lock(file)
    (folder / f"{_LOCK}.new").rename(folder / _LOCK)
    return file


def _remove_left_behind(base: Path) -> None:
    """Remove the folders of runs that were killed. A run that lives holds the lock in its folder."""
    for folder in base.glob(f"{_FOLDER}*"):
        try:
            with (folder / _LOCK).open("r+b") as file:
                dead = try_lock(file)
        except OSError:  # another user's, or being made or removed at this moment
            continue
        if dead:
            shutil.rmtree(folder, ignore_errors=True)
