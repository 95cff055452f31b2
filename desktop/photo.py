"""A photo of this run, as the window shows it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from desktop.names import NamedPlace
from desktop.pictures import PhotoPictures, promise
from desktop.records import Record
from desktop.reports import Report
from engine.paths import FileStamp, file_stamp, ignores_case, is_same_stamp, one_spelling

State = Literal["waiting", "queued", "working", "done"]


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo, with its `report` once it is analyzed, and the `pictures` that the page can show of it.

    `file` is the path that all links and spellings lead to. `stamp` is the file's stamp at the time of the report or,
    as long as there is none, when the photo was added; None when there was no file. `corrected` tells whether somebody
    has corrected the faces of the report, `undoable` whether a correction can be undone. `names` are those of the
    people in the photo, see `desktop.people`. `taken` is the year that the user gave the photo, `camera` the one
    written in the file: it comes and goes with the report, and is unknown for a file that could not be read.
    """

    id: str
    path: str
    state: State = "waiting"
    pictures: PhotoPictures | None = None
    report: Report | None = None
    corrected: bool = False
    undoable: bool = False
    file: str = ""
    stamp: FileStamp | None = None
    names: tuple[NamedPlace, ...] = ()
    taken: int | None = None
    camera: int | None = None

    @property
    def place(self) -> int:
        """Its place in the window's order: a number that rises with each new photo."""
        return int(self.id.removeprefix("p"))

    @property
    def failed(self) -> bool:
        """Whether the photo could not be read. Trying again may help, as a missing file may have come back."""
        return self.report is not None and self.report.status == "error"

    @property
    def was_read(self) -> bool:
        """Whether it has been analyzed, and could be read."""
        return self.report is not None and not self.failed

    @property
    def has_entries(self) -> bool:
        """Whether somebody has entered a name or the year."""
        return bool(self.names) or self.taken is not None

    @property
    def newer_stamp(self) -> FileStamp | None:
        """The file's stamp now, if it is not the same as that of the report; None without a report or a file."""
        now = None if self.report is None else file_stamp(self.path)
        return None if is_same_stamp(now, self.stamp) else now

    @property
    def record(self) -> Record | None:
        """The report's record, with the photo's current path; a new object each time."""
        return None if self.report is None else {**self.report.read(), "path": self.path}

    def to_json(self) -> dict[str, Any]:
        """The contract's `Photo` (docs/bridge.md): what a list of photos shows of it."""
        folder, name = os.path.split(self.path)
        return {
            "id": self.id,
            "name": displayable(name or self.path),
            "folder": displayable(folder),
            "state": self.state,
            "thumbnail": None if self.pictures is None else self.pictures.thumbnail,
            "summary": None if self.report is None else self.report.summary(),
            "modified": None if self.stamp is None else self.stamp[1] / 1e9,
            "taken": self.taken,
            "corrected": self.corrected,
        }

    def to_whole_json(self, record: Record | None) -> dict[str, Any]:
        """The contract's `WholePhoto`, with the record that is to be shown."""
        return {
            **self.to_json(),
            "preview": None if self.pictures is None else self.pictures.preview,
            "enlarged": None if self.pictures is None else self.pictures.enlarged,
            "faces": [] if self.pictures is None else self.pictures.faces,
            "report": record,
            "undoable": self.undoable,
            "camera": self.camera,
        }


def with_pictures(photo: Photo) -> Photo:
    """The photo, with its pictures promised if there are none; one that could not be read has nothing to show."""
    if photo.pictures is not None or photo.failed:
        return photo
    return replace(photo, pictures=promise(photo.id, 0 if photo.report is None else len(photo.report.means)))


def resolved_folder(path: str) -> tuple[str, bool]:
    """Where a folder is, without links, and whether names in it are the same in any case."""
    path = os.path.realpath(path)
    return path, ignores_case(path)


def file_key(path: str | os.PathLike[str], resolved: Callable[[str], tuple[str, bool]] = resolved_folder) -> str:
    """A file's key, the same for all links and spellings of its path: `Photo.file`.

    Args:
        path: absolute.
        resolved: `resolved_folder`; one that remembers saves a look at each folder on the way, file by file.
    """
    path = os.fspath(path)
    try:
        if os.name != "posix":  # Windows also has short names for files
            return one_spelling(os.path.realpath(path))
        real = os.path.realpath(path) if os.path.islink(path) else path  # noqa: PTH114
        folder, name = os.path.split(real)
        folder, any_case = resolved(folder)
        return one_spelling(os.path.join(folder, name), any_case)  # noqa: PTH118  (keeps odd names as they are)
    except (OSError, ValueError):  # a name that no file can have
        return path


def displayable(text: str) -> str:
    """Text that can be sent: bytes of a file name that are not text, held as lone surrogates, are replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
