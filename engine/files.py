"""Files that appear under their names only when they are complete.

They are written under another name in the same folder and renamed at the end: whatever happens, a full disk or a power
cut, what was there before stays, and nothing half-written is left under the name.
"""

from __future__ import annotations

import errno
import io
import itertools
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_FLAGS = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)

_NO_NAME = {errno.EINVAL, errno.ENAMETOOLONG, errno.EILSEQ}
"""Errors of a file system for a name that it cannot hold."""

_LONGEST_STEM = 60

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk is full",
    errno.EFBIG: "the file is too large for this disk",
    errno.EACCES: "no permission to write to the folder or the file",
    errno.EPERM: "no permission to write to the folder or the file",
    errno.EROFS: "the disk is write-protected",
    errno.ENOENT: "the folder is no longer there",
    errno.ENOTDIR: "the folder is no longer there",
    errno.EIO: "the disk is failing",
}

_REFUSED = {5, 32}
"""Windows' errors (ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION) for missing permission or a file open elsewhere."""

_PAUSES = (0.1, 0.2, 0.3, 0.4)
"""Seconds between attempts to rename on Windows, where virus scanners hold new files for a moment."""


PRIVATE = 0o700 if os.name == "posix" else 0o777
"""Mode of folders for the user alone. On Windows they inherit that from where they are; since Python 3.13, 0o700 would
give a folder made by an elevated program to administrators alone."""


def reason(error: OSError) -> str:
    """Why a file cannot be written, worded to follow a colon."""
    if getattr(error, "winerror", None) in _REFUSED:
        return "no permission to write to the folder or the file, or another program has the file open"
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


class KeptAs(OSError):  # noqa: N818  (it is an outcome, and reads as one)
    """A file is complete, but could not take its place, and is at `path`. Else like the error that was the cause."""

    def __init__(self, path: Path, cause: OSError) -> None:
        super().__init__(*cause.args)
        self.path = path


@contextmanager
def replacing(target: Path, mode: int = 0o666, keep: bool = False) -> Iterator[BinaryIO]:
    """A file that takes `target`'s place, safely on the disk, when the block ends without an exception.

    Args:
        target: where the file goes; what is there is replaced. If it is a link, the file that it leads to is replaced.
        mode: permissions of a new file, less the user's umask; a file that replaces another has at most that one's.
        keep: if `target` cannot be replaced, keep the file, perhaps the work of hours, beside it under a free name.

    Raises:
        KeptAs: that was done; `target` is as it was.
        OSError: it cannot be written; `target` is as it was.
    """
    if target.is_symlink():  # renaming would replace the link
        with suppress(FileNotFoundError):
            target.stat()  # Linux refuses to follow another user's link in a shared folder (protected_symlinks)
        target = Path(os.path.realpath(target))

    def settle(part: Path) -> None:
        try:
            rename(part, target)
        except OSError as error:
            if not keep:
                raise
            raise KeptAs(_rename_anew(part, target.parent, target.stem, target.suffix), error) from error

    with _part(target.parent, mode, settle) as file:
        if hasattr(os, "fchmod"):
            with suppress(OSError):  # there is no target yet, or the file system has no permissions
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode) & mode)
        yield file


class WholeRecords(io.BufferedIOBase):
    """A stream on a new file that gets all of what is written between two flushes, or nothing of it.

    So a disk that fills up leaves no half of a record behind, and what was flushed before can be kept.

    Args:
        file: empty, and written to through this stream alone; it stays open.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._descriptor = file.fileno()
        self._size = 0
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Hold data until the next flush."""
        self._held += data
        return memoryview(data).nbytes

    def flush(self) -> None:
        """Write what is held.

        Raises:
            OSError: it cannot be written; the file is as after the last flush, and what was held is dropped.
        """
        rest, self._held = bytes(self._held), bytearray()
        size = self._size + len(rest)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            os.lseek(self._descriptor, self._size, os.SEEK_SET)
            raise
        self._size = size


def write_new(folder: Path, stem: str, ending: str, content: bytes) -> None:
    """Write a file under a free name: if the wanted one is taken, a number is added. Nothing is ever overwritten.

    Args:
        folder: where the file goes; it must exist.
        stem: the wanted name. One that the file system cannot hold is made plain and, if need be, shorter.
        ending: the name's extension, with its dot.
        content: the file.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    with _part(folder, 0o666, lambda part: _rename_anew(part, folder, stem, ending)) as file:
        file.write(content)


@contextmanager
def _part(folder: Path, mode: int, settle: Callable[[Path], object]) -> Iterator[BinaryIO]:
    """A file under a temporary name; `settle(part)` gives it its own when it is complete."""
    part = folder / f".agelens-{secrets.token_hex(8)}.part"
    descriptor = os.open(part, _FLAGS, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        settle(part)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    sync_folder(folder)


def rename(file: str | Path, target: str | Path) -> None:
    """Give a file another name, and replace what is there. May wait for a second where another program holds either.

    Raises:
        OSError: that cannot be done; everything is as it was.
    """
    for pause in _PAUSES:
        try:
            os.replace(file, target)  # noqa: PTH105  (not every caller has a `Path`)
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _REFUSED:
                raise
        time.sleep(pause)
    os.replace(file, target)  # noqa: PTH105


def _rename_anew(part: Path, folder: Path, stem: str, ending: str) -> Path:
    """Give a file a free name, which is returned."""
    target = _reserve(folder, stem, ending)
    try:
        rename(part, target)
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return target


def free_name(folder: Path, stem: str, ending: str) -> Path:
    """A path where nothing is at the moment: if the name is taken, a number is added."""
    return next(target for target in _numbered(folder, stem, ending) if not os.path.lexists(target))


def name_aside(file: Path) -> Path:
    """A free name beside a file that cannot be understood: under it the file is set aside rather than lost."""
    return free_name(file.parent, f"{file.name}.{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}", ".unreadable")


def _numbered(folder: Path, stem: str, ending: str) -> Iterator[Path]:
    yield folder / f"{stem}{ending}"
    for number in itertools.count(2):
        yield folder / f"{stem}-{number}{ending}"


def _reserve(folder: Path, stem: str, ending: str) -> Path:
    """A new, empty file that nobody else has."""
    for target in _numbered(folder, stem, ending):
        try:
            os.close(os.open(target, _FLAGS, 0o666))
            return target
        except FileExistsError:
            continue
        except OSError as error:
            # Windows reports a path of 260 characters or more as not found.
            impossible = error.errno in _NO_NAME or (error.errno == errno.ENOENT and folder.is_dir())
            if not impossible or len(stem) < 2:
                raise
            plain = _plain(stem)
            return _reserve(folder, plain if plain != stem else stem[: len(stem) // 2], ending)
    raise AssertionError("the numbers never end")


def _plain(stem: str) -> str:
    """A name that every file system can hold."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*\ud800-\udfff]', "_", stem)[:_LONGEST_STEM]


def sync_folder(folder: Path) -> None:
    """Make names added to and removed from a folder permanent.

    Where folders cannot be synchronized, the system does this in its own time.
    """
    if os.name != "posix":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
