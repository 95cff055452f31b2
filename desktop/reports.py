"""The photos' records, kept in a file without a name: only what a list of photos shows of them is in memory.

Records of thousands of photos with their distributions would fill the memory. The file is gone when the process ends,
however it ends.
"""

from __future__ import annotations

import functools
import json
import struct
import tempfile
import threading
import weakref
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from desktop.records import Record, from_the_left

_LENGTH = struct.Struct("<Q")
"""The number of bytes that precedes each record in the file."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A photo's record, and the parts of it that are in memory.

    `status` is the record's, `size` its width and height, 0 where the photo could not be read. `means` are the faces'
    ages in years, from left to right; `uncertain` tells which of them have a warning. `model` is name and version of
    the age model.
    """

    status: str
    size: tuple[int, int]
    means: array[float]
    uncertain: tuple[bool, ...]
    model: tuple[str, str]
    _reports: Reports
    _place: int | bytes  # where in the file, or the record itself

    def read(self) -> Record:
        """The record, a new object each time.

        Raises:
            OSError: the disk is failing.
        """
        record: Record = json.loads(self._reports.read(self._place))
        return record

    def summary(self) -> dict[str, Any]:
        """The contract's `Summary` (docs/bridge.md), without names and a year, which are unknown here."""
        return {
            "status": self.status,
            "ages": self.means.tolist(),
            "uncertain": list(self.uncertain),
            "names": [],
            "year": None,
        }


class Reports:
    """Thread-safe.

    Args:
        folder: where the file is made; by default where the system has temporary files, which may be in memory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._end = 0

    def keep(self, record: Mapping[str, Any]) -> Report:
        """Keep a photo's record, as the contract has it. On a full disk it stays in memory."""
        faces = [face for _, face in from_the_left(dict(record))]
        return Report(
            record["status"],
            _shared(record["width"], record["height"]),
            array("d", (face["age"]["mean"] for face in faces)),
            _shared(*(bool(face["warnings"]) for face in faces)),
            _shared(record["model"]["age"], record["model"]["version"]),
            self,
            self._put(json.dumps(record).encode()),
        )

    def read(self, place: int | bytes) -> bytes:
        """The JSON of the record at this place, see `Report`."""
        if isinstance(place, bytes):
            return place
        with self._lock:
            assert self._file is not None
            self._file.seek(place)
            (length,) = _LENGTH.unpack(self._file.read(_LENGTH.size))
            return self._file.read(length)

    def _put(self, content: bytes) -> int | bytes:
        with self._lock:
            try:
                if self._file is None:
                    self._file = file = tempfile.TemporaryFile(buffering=0, dir=self._folder)  # noqa: SIM115
                    weakref.finalize(self, file.close)
                self._file.seek(self._end)
                kept = _LENGTH.pack(len(content)) + content
                if self._file.write(kept) < len(kept):
                    return content
            except OSError:
                return content
            place = self._end
            self._end += len(kept)
            return place


@functools.lru_cache(maxsize=256, typed=True)
def _shared(*values: Any) -> tuple[Any, ...]:
    """One object for all photos that have the same values."""
    return values
