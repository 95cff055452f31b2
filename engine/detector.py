"""Finds the faces in a photo, with insightface's `FaceAnalysis` on a local model folder.

A photo is looked at twice. The first look covers all of it, reduced, and notes every place that might be a face. The
second one cuts each of these places out of the full photo, upright and at the size that suits the network best, and
decides. This tells small faces, of which a single look is never sure, from patterns, and makes landmarks as exact in
tilted and small faces as in others. docs/detector.md has the measurements behind the numbers below.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.alignment import cut_out, estimate_similarity
from engine.boxes import SAME_FACE, Box, overlap, shared
from engine.runtime import providers, session_options

DETECTOR_FOLDER = Path(__file__).parent / "models" / "detector"

CANDIDATE_SCORE = 0.05
"""First look: lower scores are not followed up."""

FACE_SCORE = 0.4
"""Second look: lower scores are no faces."""

DRAWN_SCORE = 0.2
"""In a box that a person has drawn: the landmarks of lower scores are worthless."""

FINE_PIXELS = 3_000_000
"""First look: number of pixels to which a larger photo is reduced. Time is proportional to it."""

COARSE_SIDE = 512
"""First look: longer side of the coarse version, for faces too large for the fine one."""

COARSE_MARGIN = 0.25
"""First look: gray rim around the coarse version, as a share of its sides; without it a face that fills the photo is
missed."""

LOOK_SIZE = 192
"""Second look: side of the cut-out in pixels."""

LOOK_FACE = 128.0
"""Second look: height of the face in the cut-out in pixels."""

LOOK_LANDMARKS = np.array([(70.5, 77.5), (120.5, 77.5), (95.5, 103.5), (74.5, 125.5), (116.5, 125.5)])
"""Second look: where an average upright face has its landmarks."""

TILT = 10.0
"""Degrees: a face tilted by more is looked at again, turned upright."""

MAX_LOOKS = 3
MAX_CANDIDATES = 500

_GREY = 127
_MEANT = 0.2
"""Least overlap of a face and a box drawn by hand: the box may have twice the face's width and height, or half."""

_PART_INSIDE = 0.75
_PART_AREA = 0.1
"""A box is part of a face with a higher score if more than the first share of it lies inside that face and its area is
more than the second share of that face's: the network sees pieces of very large faces as faces. Smaller boxes may be of
other people, far behind."""

_SAME_LANDMARKS = 0.3
"""Two faces are one if the mean distance of their landmarks is less than this share of the distance of the eyes."""

_SMALLEST_INPUT = 128
_INPUT_STEP = 32


class DetectorError(Exception):
    """The detector's model is missing or cannot be loaded. The text is meant for the user."""


@dataclass(frozen=True, eq=False)
class Detection:
    """A face, in pixels of the photo, with pixel centers at whole numbers."""

    box: tuple[float, float, float, float]
    """x, y, width, height; may reach beyond the photo."""
    landmarks: NDArray[np.float32]
    """Shape (5, 2), x and y: the eye on the picture's left, the other eye, nose, left and right corner of the mouth."""
    score: float
    """Confidence, 0..1."""


class Detector:
    """insightface's detection model. Make one with `Detector.load`."""

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self.name = name
        """Name of the model, for example `centerface`."""

    @classmethod
    def load(cls, folder: Path | None = None, threads: int | None = None) -> Self:
        """Load the detection model of a folder. Nothing is ever downloaded.

        Args:
            folder: by default the bundled detector; else an unpacked InsightFace model pack, say `buffalo_l`, whose
                other models are ignored.
            threads: as for `engine.Analyzer`.

        Raises:
            DetectorError: there is no usable detection model.
        """
        folder = DETECTOR_FOLDER if folder is None else Path(folder)
        if not any(folder.glob("*.onnx")):  # insightface would try to download a folder that is not there
            if folder == DETECTOR_FOLDER:
                raise DetectorError(
                    "The bundled face detector is missing. Install Agelens again; in its source, `python3 dev.py "
                    "setup` builds it."
                )
            raise DetectorError(f"There is no face detector (an .onnx file) in the folder {folder}.")
        from insightface.app import FaceAnalysis  # noqa: PLC0415  (takes a second)

        try:
            app = FaceAnalysis(
                name=str(folder),
                allowed_modules=["detection"],
                providers=providers(),
                sess_options=session_options(any_size=True, threads=threads),
                static_shape_sessions=False,  # else it keeps one session for every photo size it has seen
            )
        except Exception as error:  # whatever a damaged or foreign file may cause in insightface and ONNX Runtime
            reason = str(error) or "none of its .onnx files is one"  # insightface's own check is a bare `assert`
            if folder == DETECTOR_FOLDER:
                raise DetectorError(
                    f"The bundled face detector cannot be used: {reason}. Install Agelens again; in its source, delete "
                    f"the folder {folder}, and `python3 dev.py setup` builds it."
                ) from error
            raise DetectorError(
                f"insightface finds no usable face detector in the folder {folder}: {reason}."
            ) from error
        app.prepare(ctx_id=0, det_thresh=CANDIDATE_SCORE, det_size=(640, 640))
        if not getattr(app.det_model, "use_kps", False):
            raise DetectorError(f"The face detector in the folder {folder} gives no landmarks.")
        return cls(app.det_model, app.model_package.name if app.model_package else _name(folder))

    @property
    def provider(self) -> str:
        """ONNX Runtime's execution provider in use, for example `CPUExecutionProvider`."""
        return str(self._model.session.get_providers()[0])

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """All faces of a photo.

        Args:
            image: shape (H, W, 3), uint8, RGB.

        Returns:
            the faces, highest score first.

        Raises:
            ValueError: `image` has another shape or type, or no pixels.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise ValueError(f"image must be uint8 of shape (H, W, 3), not {image.dtype} {image.shape}")
        return [face for face in self.rate(image) if face.score >= FACE_SCORE]

    def rate(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Every place that might be a face, with the score from the second look: what `detect` chooses from."""
        candidates = [candidate for scale, margin in _views(image) for candidate in self.scan(image, scale, margin)]
        faces = (self._look_again(image, candidate.box) for candidate in _distinct(candidates)[:MAX_CANDIDATES])
        return _whole(_distinct([face for face in faces if face is not None]))

    def look_at(self, image: NDArray[np.uint8], box: tuple[float, float, float, float]) -> Detection | None:
        """The face that a person has drawn a box around, perhaps roughly; None when no landmarks are found.

        The surroundings are searched as a photo of their own, in which the face is larger than in the whole one, and
        the second look is also tried on the box itself. Since a person says that there is a face, a lower score is
        enough.

        Args:
            image: shape (H, W, 3), uint8, RGB.
            box: x, y, width, height in pixels of `image`; at least partly inside it.
        """
        x, y, width, height = box
        left, top = max(0, math.floor(x - width / 2)), max(0, math.floor(y - height / 2))
        around = image[top : math.ceil(y + 1.5 * height), left : math.ceil(x + 1.5 * width)]
        offset = np.array((left, top), np.float32)
        found = [
            Detection((face.box[0] + left, face.box[1] + top, *face.box[2:]), face.landmarks + offset, face.score)
            for face in self.rate(np.ascontiguousarray(around))
        ]
        straight = self._look_again(image, box)
        found += [] if straight is None else [straight]
        meant = [face for face in found if face.score >= DRAWN_SCORE and overlap(face.box, box) >= _MEANT]
        if not meant:
            return None
        # Not the highest score of all: next to a face that is hard to see there may be one that is easy to see.
        nearest = max(meant, key=lambda face: overlap(face.box, box))
        return max((face for face in meant if overlap(face.box, nearest.box) >= SAME_FACE), key=lambda face: face.score)

    def scan(self, image: NDArray[np.uint8], scale: float = 1.0, margin: float = 0.0) -> Iterator[Detection]:
        """The first look: all that scores at least CANDIDATE_SCORE in the photo scaled by `scale`, with a gray rim of
        `margin` times its sides."""
        height, width = image.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        view = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        left, top = round(size[0] * margin), round(size[1] * margin)
        canvas = np.full((*_input_shape(size[1] + 2 * top, size[0] + 2 * left), 3), _GREY, np.uint8)
        canvas[top : top + size[1], left : left + size[0]] = view
        x, y = size[0] / width, size[1] / height
        matrix = np.array([(x, 0, left + (x - 1) / 2), (0, y, top + (y - 1) / 2)])
        return self._run(canvas, matrix)

    def _look_again(self, image: NDArray[np.uint8], box: Box) -> Detection | None:
        """The second look: the face in a box, or None if there is none."""
        x, y, width, height = box
        scale = LOOK_FACE / max(width, height)
        middle = (LOOK_SIZE - 1) / 2
        matrix = np.array([(scale, 0, middle - scale * (x + width / 2)), (0, scale, middle - scale * (y + height / 2))])
        best: Detection | None = None
        tilt = 0.0
        for _ in range(MAX_LOOKS):
            face = self._look(image, matrix)
            if face is None or (best is not None and face.score < FACE_SCORE):
                break
            # Only the first round's box is parallel to the photo's sides.
            best = Detection(best.box if best else face.box, face.landmarks, face.score)
            try:
                matrix = estimate_similarity(face.landmarks, LOOK_LANDMARKS)
            except ValueError:
                break
            turn = math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))
            if abs((turn - tilt + 180) % 360 - 180) < TILT:
                break
            tilt = turn
        return best

    def _look(self, image: NDArray[np.uint8], matrix: NDArray[np.float64]) -> Detection | None:
        """The face in the middle of the cut-out that `matrix` describes."""
        found = list(self._run(cut_out(image, matrix, LOOK_SIZE, fill=_GREY), matrix))
        middle = np.linalg.solve(matrix[:, :2], (LOOK_SIZE - 1) / 2 - matrix[:, 2])
        reach = LOOK_FACE / 3 / math.hypot(matrix[0, 0], matrix[1, 0])
        central = [face for face in found if math.dist(middle, _centre(face)) < reach]
        return max(central, key=lambda face: face.score, default=None)

    def _run(self, canvas: NDArray[np.uint8], matrix: NDArray[np.float64]) -> Iterator[Detection]:
        """What the model finds in `canvas`, in pixels of the photo; `matrix` leads from the photo to the canvas."""
        height, width = canvas.shape[:2]
        self._model.center_cache.clear()  # it would keep up to 100 maps of any size
        boxes, landmarks = self._model.detect(np.ascontiguousarray(canvas[..., ::-1]), input_size=(width, height))
        back = np.linalg.inv(matrix[:, :2])
        size_factor = math.hypot(back[0, 0], back[1, 0])
        for (x1, y1, x2, y2, score), points in zip(boxes.tolist(), landmarks, strict=True):
            x, y = (back @ (np.array([(x1 + x2) / 2, (y1 + y2) / 2]) - matrix[:, 2])).tolist()
            box_width, box_height = (x2 - x1) * size_factor, (y2 - y1) * size_factor
            box = x - box_width / 2, y - box_height / 2, box_width, box_height
            yield Detection(box, ((points - matrix[:, 2]) @ back.T).astype(np.float32), score)


def _name(folder: Path) -> str:
    """A folder's own name, also of "." and "..", but not that of one to which it is a link."""
    return Path(os.path.abspath(folder)).name  # noqa: PTH100  (Path.absolute keeps "..")


def _views(image: NDArray[np.uint8]) -> Iterator[tuple[float, float]]:
    """Scale and margin of the versions of a photo that the first look sees."""
    height, width = image.shape[:2]
    coarse = COARSE_SIDE / max(height, width)
    yield coarse, COARSE_MARGIN
    # The second limit is for strips: the network's input is never narrower than _SMALLEST_INPUT.
    fine = min(1.0, math.sqrt(FINE_PIXELS / (height * width)), FINE_PIXELS / (max(height, width) * _SMALLEST_INPUT))
    if fine > 1.25 * coarse:
        yield fine, 0.0


def _input_shape(height: int, width: int) -> tuple[int, int]:
    """The smallest input that holds a picture: (height, width)."""
    height, width = (max(_SMALLEST_INPUT, math.ceil(side / _INPUT_STEP) * _INPUT_STEP) for side in (height, width))
    # insightface fits a picture into its input by this very calculation; if it rounds down, it would resize once more.
    while int(width * (height / width)) != height:
        width += _INPUT_STEP
    return height, width


def _centre(face: Detection) -> tuple[float, float]:
    x, y, width, height = face.box
    return x + width / 2, y + height / 2


def _distinct(faces: list[Detection]) -> list[Detection]:
    """The faces, highest score first, without those that an earlier one covers."""
    kept = cv2.dnn.NMSBoxes([face.box for face in faces], [face.score for face in faces], 0.0, SAME_FACE)
    return [faces[i] for i in kept]


def _whole(faces: list[Detection]) -> list[Detection]:
    """The faces, highest score first, without those that are part of an earlier one or the same face again.

    The first look's box of a sideways face may lie beside the face, so two boxes of one face may hardly overlap.
    """
    kept: list[Detection] = []
    for face in faces:
        if not any(_is_part(face.box, other.box) or _same_landmarks(face, other) for other in kept):
            kept.append(face)
    return kept


def _same_landmarks(face: Detection, other: Detection) -> bool:
    apart = np.linalg.norm(face.landmarks - other.landmarks, axis=1).mean()
    return bool(apart < _SAME_LANDMARKS * np.linalg.norm(other.landmarks[1] - other.landmarks[0]))


def _is_part(part: tuple[float, float, float, float], whole: tuple[float, float, float, float]) -> bool:
    area = part[2] * part[3]
    return shared(part, whole) > _PART_INSIDE * area and area > _PART_AREA * whole[2] * whole[3]
