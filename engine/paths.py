"""Which photos the paths on a command line, or dropped on the window, stand for."""

from __future__ import annotations

import errno
import glob
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from engine.looks import look_at

EXTENSIONS = frozenset(
    ".jpg .jpeg .jpe .jfif .mpo .png .webp .bmp .dib .tif .tiff .gif .avif .avifs .heic .heif .hif".split()
)
"""File name extensions, in lower case, by which a folder's photos are recognized."""

RAW_EXTENSIONS = frozenset(".arw .cr2 .cr3 .dng .nef .nrw .orf .pef .raf .rw2 .srw".split())
"""Extensions of camera raw files, in lower case. None is read: many would open as the tiny preview inside them."""

_LIBRARIES = frozenset(".photoslibrary .photolibrary .aplibrary .migratedphotolibrary".split())
"""Libraries of Photos, and of the programs before it. They hold every photo several times, also as it was before it was
edited, and under names that nobody knows."""

_PACKAGES = _LIBRARIES | frozenset(".app .lrdata .lrlibrary".split())
"""Folders that macOS shows as one file each: apps, and their libraries."""

_CASE_SENSITIVE = 11
"""What macOS calls _PC_CASE_SENSITIVE, for which Python has no name."""

_HIDDEN = 0x2
"""What Windows calls FILE_ATTRIBUTE_HIDDEN."""

_HIDDEN_OR_SYSTEM = 0x6
"""What Windows calls FILE_ATTRIBUTE_HIDDEN and FILE_ATTRIBUTE_SYSTEM, together."""

_JUNCTION = 0xA0000003
"""What Windows calls IO_REPARSE_TAG_MOUNT_POINT."""

_NO_LIMIT = "\\\\?\\"
"""What a path on Windows begins with to be taken as it is, whatever its length."""

_LONGEST = 248
"""Characters of a path that every function of Windows takes; most take a few more."""

FileStamp = tuple[int, int]
"""A file's size in bytes and the time of its last change in nanoseconds: see `is_same_stamp`."""

_TIME_STEPS = (10**6, 10**7, 10**9, 2 * 10**9)
"""Steps in which drives and backups store times, in nanoseconds: among them those of exFAT, tar and FAT."""

_LEAST_STEP = 1000
"""Nanoseconds. Less does not count: NTFS rounds to 100, and tools that hold seconds in a `float` round to no step."""

_HOUR = 3600 * 10**9

_ZONES = 26
"""Hours between the time zones that are furthest apart."""


def openable(path: str | os.PathLike[str]) -> str:
    """A path that the system's functions take: on Windows, a long one needs a prefix that lifts the limit."""
    path = os.fspath(path)
    if sys.platform != "win32" or path.startswith(_NO_LIMIT):
        return path
    absolute = os.path.abspath(path)  # noqa: PTH100  (Path.absolute keeps "..", which the prefix forbids)
    if len(absolute) < _LONGEST:
        return path
    return f"{_NO_LIMIT}UNC\\{absolute[2:]}" if absolute.startswith("\\\\") else f"{_NO_LIMIT}{absolute}"


def _is_folder(path: str) -> bool:
    return os.path.isdir(openable(path))  # noqa: PTH112  (handles a name that no file can have)


def file_stamp(path: str | os.PathLike[str]) -> FileStamp | None:
    """The stamp of a file as it is now, None when there is no such file or it cannot be examined."""
    try:
        found = os.stat(openable(path))  # noqa: PTH116  (handles a name that no file can have)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


def missing(paths: Iterable[str]) -> set[str]:
    """Those of these paths at which there is no file."""
    is_there = cache(_is_folder)  # asked once: a drive that is away may take long to say so
    paths = list(paths)
    look_at({os.path.dirname(path) for path in paths}, is_there)  # noqa: PTH120  (keeps odd names as they are)
    within = [path for path in paths if is_there(os.path.dirname(path))]  # noqa: PTH120
    there = {path for path, stamp in look_at(within, file_stamp) if stamp is not None}
    return set(paths) - there


def is_same_stamp(one: FileStamp | None, other: FileStamp | None) -> bool:
    """Whether both stamps stand for the same content of a file.

    A drive or a restored backup may have rounded the time, and FAT, which stores local time, may be off by whole hours.
    A photo edited in place to the same size, and to such a time, goes unnoticed, but that is very rare.
    """
    if one is None or other is None or one[0] != other[0]:
        return one == other
    hours = round((one[1] - other[1]) / _HOUR)
    rest = abs(one[1] - other[1] - hours * _HOUR)
    rounded = rest < _LEAST_STEP or any(rest < step and 0 in (one[1] % step, other[1] % step) for step in _TIME_STEPS)
    return rounded and abs(hours) <= _ZONES


def one_spelling(path: str, any_case: bool = False) -> str:
    """The same text for all spellings of one path: any case on Windows, accents composed or not on macOS.

    Args:
        path: to a file.
        any_case: it can be written in any case on macOS, too, see `ignores_case`.
    """
    path = os.path.normcase(path)
    if sys.platform != "darwin":
        return path
    # Not `casefold`, which also makes one of "ß" and "ss": of two files taken for one, one would never be seen.
    return unicodedata.normalize("NFC", path.lower() if any_case else path)


def ignores_case(folder: str) -> bool:
    """Whether names in a folder are the same in any case, on macOS: it depends on the disk, which is asked."""
    if sys.platform != "darwin":
        return False
    try:
        return os.pathconf(folder, _CASE_SENSITIVE) == 0
    except (OSError, ValueError):
        return False


def is_same_file(path: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether both lead to the same existing file, by whatever links and spellings of its name."""
    try:
        return os.path.samefile(openable(path), openable(other))  # noqa: PTH121  (as in `file_stamp`)
    except (OSError, ValueError):
        return False


@dataclass
class PathList:
    """What paths stand for.

    Attributes:
        photos: to analyze, each once, in order.
        empty_folders: folders in which there are none.
        unreadable_folders: folders that cannot be read.
        raw_files: how many raw files in the folders were left out, not counting those with a photo of the same name
            beside them.
        left_out: whether a folder was left out as asked.
        libraries: of macOS' Photos; nothing is taken from them.
    """

    photos: list[str] = field(default_factory=list)
    empty_folders: list[str] = field(default_factory=list)
    unreadable_folders: list[str] = field(default_factory=list)
    raw_files: int = 0
    left_out: bool = False
    libraries: list[str] = field(default_factory=list)


def collect(
    paths: Iterable[str | os.PathLike[str]], recursive: bool = False, leave_out: Path | None = None
) -> PathList:
    """All that `walk` finds."""
    found = PathList()
    for _ in walk(paths, found, recursive, leave_out):
        pass
    return found


def walk(
    paths: Iterable[str | os.PathLike[str]], found: PathList, recursive: bool = False, leave_out: Path | None = None
) -> Iterator[list[str]]:
    """Resolve files and folders.

    A path that is not a folder is taken as it is, whatever its name and even when it does not exist: its report will
    say what is wrong with it. A folder gives the files with a photo's extension, in natural order ("2" before "10");
    hidden files and folders are left out, links to folders and Windows junctions are not followed, and macOS packages
    are not opened: a library of Photos not even if it is given.

    Args:
        paths: files and folders; on Windows also with wildcards.
        found: gets what is found.
        recursive: also take the photos in folders within folders.
        leave_out: a folder whose photos are taken only if it is itself among `paths`. It need not exist.

    Returns:
        for each file, and for each folder as soon as it has been read, a list of its photos that were not found before,
        however their paths are written.
    """
    seen: set[str] = set()

    def news(photos: Iterable[str]) -> list[str]:
        new = []
        for photo in photos:
            key = _place(photo)
            if key not in seen:
                seen.add(key)
                new.append(photo)
        found.photos += new
        return new

    expanded = [path for given in paths for path in _expanded(os.fspath(given))]
    for path, is_folder in look_at(expanded, _is_folder):
        if not is_folder:
            yield news([path])
            continue
        if sys.platform == "darwin" and Path(path).suffix.lower() in _LIBRARIES:
            found.libraries.append(path)
            continue
        refused: list[str] = []
        raw_files, any_photo = found.raw_files, False
        for photos in _photos_in(path, found, refused, recursive, leave_out):
            any_photo = any_photo or bool(photos)
            yield news(photos)
        found.unreadable_folders += [folder for folder in refused if folder not in found.unreadable_folders]
        if not any_photo and not refused and found.raw_files == raw_files:
            found.empty_folders.append(path)


def _place(path: str) -> str:
    """The same text for all ways to write where a file is, but for links and "..", which leads elsewhere behind one."""
    if not path:  # which Path would take for the current folder
        return path
    try:
        return one_spelling(str(Path(path).absolute()))
    except OSError:  # the current folder has been removed
        return path


def _expanded(path: str) -> list[str]:
    """What a path stands for: Windows leaves wildcards to the programs, and no file name can contain one there."""
    if sys.platform != "win32" or not re.search(r"[*?]", path):
        return [path]
    return sorted(glob.glob(path.replace("[", "[[]")), key=_natural) or [path]  # noqa: PTH207  (as typed, as above)


def _photos_in(
    folder: str, found: PathList, refused: list[str], recursive: bool, leave_out: Path | None
) -> Iterator[list[str]]:
    """The photos of each folder. Folders that cannot be read go into `refused`, what else is left out into `found`."""

    def refuse(error: OSError) -> None:
        refused.append(str(error.filename))

    for parent, folders, files in _walked(folder, refuse):
        if leave_out is not None and parent != folder and is_same_file(parent, leave_out):
            found.left_out = True
            folders.clear()
            continue
        within = (name for name in folders if _is_walked(parent, name)) if recursive else ()
        folders[:] = sorted(within, key=_natural)
        hidden = _hidden(parent)
        shown = [name for name in sorted(files, key=_natural) if not name.startswith(".") and name not in hidden]
        photos = [name for name in shown if _ending(name) in EXTENSIONS]
        taken = {_stem(name) for name in photos}
        found.raw_files += sum(_ending(name) in RAW_EXTENSIONS and _stem(name) not in taken for name in shown)
        yield [os.path.join(parent, name) for name in photos]  # noqa: PTH118  (keeps "./" as the user typed it)


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122  (keeps odd names as they are)


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122


def _walked(folder: str, refuse: Callable[[OSError], object]) -> Iterator[tuple[str, list[str], list[str]]]:
    """`os.walk`, which recurses before Python 3.12; what lies too deep for that cannot be read.

    Folders that only `openable` reaches come first of those in their folder, and have their plain paths all the same.
    """
    root = deepest = openable(folder)

    def plain(path: str) -> str:
        within = path[len(root) + 1 :]
        return path if root == folder else os.path.join(folder, within) if within else folder  # noqa: PTH118

    def refused(error: OSError) -> None:
        refuse(OSError(error.errno, error.strerror, plain(str(error.filename))))

    try:
        for deepest, folders, files in os.walk(root, onerror=refused):
            yield plain(deepest), folders, files
            paths = {name: os.path.join(deepest, name) for name in folders}  # noqa: PTH118
            far = {name for name, path in paths.items() if openable(path) != path}
            folders[:] = [name for name in folders if name not in far]
            for name in sorted(far, key=_natural):
                yield from _walked(paths[name], refuse)
    except RecursionError:
        refuse(OSError(errno.ELOOP, os.strerror(errno.ELOOP), deepest))


def _hidden(folder: str) -> set[str]:
    """Names that Windows' file manager does not show, such as those of the covers that players put beside music."""
    if sys.platform != "win32":
        return set()
    try:
        with os.scandir(openable(folder)) as entries:  # which knows the attributes without a look at each file
            found = {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
    except OSError:
        return set()
    return {name for name, status in found.items() if getattr(status, "st_file_attributes", 0) & _HIDDEN}


def _is_walked(parent: str, name: str) -> bool:
    if name.startswith(".") or (sys.platform == "darwin" and _ending(name) in _PACKAGES):
        return False
    if sys.platform != "win32":
        return True
    try:
        found = os.lstat(openable(os.path.join(parent, name)))  # noqa: PTH118  (keeps odd names as they are)
    except OSError:
        return True  # the walk reports that it cannot be read
    if getattr(found, "st_file_attributes", 0) & _HIDDEN_OR_SYSTEM:  # such as $RECYCLE.BIN
        return False
    return getattr(found, "st_reparse_tag", 0) != _JUNCTION  # os.walk recognizes junctions from Python 3.12 on


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Sort key by which IMG_2 comes before IMG_10."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
