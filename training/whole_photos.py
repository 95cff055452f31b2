"""The person shown in a whole photo, found with the complete engine as in the app."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.analyzer import Analyzer
from engine.report import Face


@dataclass(frozen=True, eq=False)
class Cut:
    """A face of a photo: the engine's answer and the aligned chip, shape (200, 200, 3), uint8, RGB."""

    face: Face
    chip: NDArray[np.uint8]


class FaceCutter:
    """Cuts the labeled person out of photos. Loads the engine's models; for one thread at a time."""

    def __init__(self) -> None:
        self._analyzer = Analyzer()

    def cut(self, content: bytes) -> Cut | None:
        """The person that the photo is of: the face that is largest after subtracting its offset from the middle.

        Args:
            content: the photo's file.

        Returns:
            None if no face was found.

        Raises:
            ValueError: the photo cannot be read.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "photo"
            path.write_bytes(content)
            inspection = self._analyzer.inspect(path)
        report = inspection.report
        if report.error is not None:
            raise ValueError(report.error.message)
        if not report.faces:
            return None
        chosen = max(range(len(report.faces)), key=lambda i: _prominence(report.faces[i], report.width, report.height))
        return Cut(report.faces[chosen], inspection.chips[chosen])


def _prominence(face: Face, width: int, height: int) -> float:
    """Size of a face, less its distance from the photo's center."""
    x, y, box_width, box_height = face.box
    off = np.hypot(x + box_width / 2 - width / 2, y + box_height / 2 - height / 2)
    return float(np.sqrt(box_width * box_height) - 0.5 * off)
