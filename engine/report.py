"""What Agelens says about a photo, as frozen dataclasses and as the JSON record of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from engine.age import LEVEL, Age

SCHEMA = 1
"""Version of the JSON record. It rises when a field changes its meaning or is removed.

Records are kept in albums: when it rises, or a code or a warning is added below, they need a step in `MIGRATIONS`
(desktop/album_file.py), so that an earlier Agelens leaves their file alone.
"""

Status = Literal["ok", "no_face", "error"]
ErrorCode = Literal["unsupported_format", "too_large", "corrupt", "not_found", "unreadable", "crashed"]
Warning_ = Literal["small", "blurred", "turned", "low_score"]
Turn = Literal[0, 90, 180, 270]

ERROR_CODES: tuple[ErrorCode, ...] = get_args(ErrorCode)


@dataclass(frozen=True)
class Problem:
    """Why a photo could not be read: a code for programs and a sentence for people."""

    code: ErrorCode
    message: str


PHOTO_CHANGED = Problem("unreadable", "The photo has changed since it was analyzed. Analyze it again.")


@dataclass(frozen=True)
class ModelNames:
    """Which models made a report."""

    detector: str
    age: str
    version: str


@dataclass(frozen=True)
class Upright:
    """How a report sees its photo: size in pixels and the extra turn, as `ImageReport` has them."""

    width: int
    height: int
    rotated: Turn

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """From a JSON record."""
        return cls(record["width"], record["height"], record["rotated"])


@dataclass(frozen=True, eq=False)
class Face:
    """One face, read-only. Coordinates are pixels of the upright photo, the origin at its upper left corner.

    `box` is (x, y, width, height), inside the photo. `landmarks` has shape (5, 2), (x, y) of the eye on the picture's
    left, the eye on its right, the nose and the corners of the mouth on the left and on the right. `score` is the
    detector's confidence, 0..1. Landmarks may lie beyond the photo's edge if it cuts a face off.
    """

    box: tuple[float, float, float, float]
    landmarks: NDArray[np.float32]
    score: float
    age: Age
    warnings: tuple[Warning_, ...] = ()

    def __post_init__(self) -> None:
        landmarks = np.array(self.landmarks)
        landmarks.flags.writeable = False
        object.__setattr__(self, "landmarks", landmarks)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.landmarks.flags.writeable = False  # which pickle and deepcopy lose

    def to_record(self, level: float) -> dict[str, Any]:
        """This face as part of the photo's JSON record, with the interval of probability `level`."""
        return {
            "box": [round(float(value), 1) for value in self.box],
            "landmarks": [[round(float(x), 1), round(float(y), 1)] for x, y in self.landmarks],
            "score": round(float(self.score), 4),
            "age": {
                "mean": round(self.age.mean, 2),
                "interval": [round(value, 2) for value in self.age.interval(level)],
                "level": level,
                "distribution": [round(float(value), 6) for value in self.age.distribution],
            },
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, eq=False)
class ImageReport:
    """One photo's result.

    `width` and `height` are those of the upright photo, 0 when it could not be read. `rotated` is the clockwise turn in
    degrees by which a photo without an orientation tag was turned so that faces stand upright; it has been applied to
    `width`, `height` and every coordinate. `milliseconds` tells where the time went. `year_taken`, as in
    `engine.image.Photo`, is not part of the record.
    """

    path: str
    status: Status
    model: ModelNames
    error: Problem | None = None
    width: int = 0
    height: int = 0
    rotated: Turn = 0
    faces: tuple[Face, ...] = ()
    milliseconds: Mapping[str, float] = field(default_factory=dict)
    year_taken: int | None = None

    def to_record(self, level: float = LEVEL) -> dict[str, Any]:
        """The JSON record of the contract.

        Args:
            level: share of cases that the age intervals are to cover, 0 < level < 1.
        """
        return {
            "schema": SCHEMA,
            "path": self.path,
            "status": self.status,
            "error": None if self.error is None else {"code": self.error.code, "message": self.error.message},
            "width": self.width,
            "height": self.height,
            "rotated": self.rotated,
            "faces": [face.to_record(level) for face in self.faces],
            "model": {"detector": self.model.detector, "age": self.model.age, "version": self.model.version},
            "milliseconds": {name: round(value, 1) for name, value in self.milliseconds.items()},
        }
