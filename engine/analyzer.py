"""One photo through the whole engine: decode, detect, align, estimate, judge."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.age import AGES, Age
from engine.age_model import CHIP_SIZE, AgeModel
from engine.alignment import align, cut_out, estimate_similarity, landmarks_in, share_inside
from engine.detector import Detection, Detector
from engine.image import ImageError, Photo, load_photo
from engine.limits import Limits
from engine.metadata import Metadata
from engine.occlusion import occlusion_map
from engine.quality import LOW_SCORE, warnings_for
from engine.report import PHOTO_CHANGED, Face, ImageReport, ModelNames, Problem, Turn, Upright

logger = logging.getLogger(__name__)

_TURNS: tuple[Turn, ...] = (90, 180, 270)

NO_MEMORY = Problem("too_large", "There is not enough memory for this photo.")


def problem_of(error: Exception) -> Problem:
    """What to report for a photo that fails, even through an error in a library: the other photos must not suffer."""
    logger.debug("a photo failed", exc_info=error)
    if isinstance(error, ImageError):
        return Problem(error.code, str(error))
    if isinstance(error, MemoryError):
        return NO_MEMORY
    return Problem("crashed", f"The analysis failed on this photo ({type(error).__name__}: {error}).")


@dataclass(frozen=True, eq=False)
class Inspection:
    """A report and the pictures it was made from.

    `pixels` has shape (height, width, 3), uint8, RGB: the upright photo, `report.rotated` applied; None when the photo
    could not be read. `chips` has shape (N, 200, 200, 3): the aligned faces in the order of `report.faces`. `metadata`
    are the file's.
    """

    report: ImageReport
    pixels: NDArray[np.uint8] | None
    chips: NDArray[np.uint8]
    metadata: Metadata = field(default_factory=Metadata)


class Analyzer:
    """Finds the faces in photos and estimates how old they look.

    Loading takes about a second; an instance then analyzes any number of photos. Use it in one thread at a time.

    Args:
        detector_folder: a folder with an InsightFace detection model (say the pack `buffalo_l`) to use in place of
            the bundled detector.
        limits: the largest photos to read.
        threads: how many threads each network may use on the CPU, at least 1, by default one per core. Where several
            processes analyze photos side by side, 1 keeps them out of each other's way. Photos are always decoded one
            at a time in a process.

    Raises:
        TypeError: `limits` are no `Limits`, or `threads` is no whole number.
        ValueError: `threads` is less than 1.
        engine.DetectorError, engine.AgeModelError: a model is missing or damaged.
    """

    def __init__(
        self, detector_folder: Path | None = None, limits: Limits | None = None, threads: int | None = None
    ) -> None:
        if not isinstance(limits, Limits | None):
            raise TypeError(f"limits must be Limits, not {limits!r}")
        if not isinstance(threads, int | None):
            raise TypeError(f"threads must be a whole number, not {threads!r}")
        if threads is not None and threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        self._limits = limits or Limits()
        self._age_model = AgeModel.load(threads=threads)
        self._detector = Detector.load(detector_folder, threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    @property
    def names(self) -> ModelNames:
        """The models in use, as every report names them."""
        return ModelNames(self._detector.name, self._age_model.name, self._age_model.version)

    @property
    def providers(self) -> dict[str, str]:
        """ONNX Runtime's execution providers in use, by part: `detector` and `age`."""
        return {"detector": self._detector.provider, "age": self._age_model.provider}

    def analyze(self, path: str | os.PathLike[str]) -> ImageReport:
        """The faces in a photo and their ages.

        Args:
            path: the photo's file. A bad one gives a report with `status == "error"`, never an exception.
        """
        return self.inspect(path).report

    def inspect(self, path: str | os.PathLike[str], heard: Callable[[int, int], None] | None = None) -> Inspection:
        """Like `analyze`, together with the upright photo and the aligned faces; `heard` as in `AgeModel.predict`."""
        clock = _Clock()
        name = os.fsdecode(path)
        try:
            with clock.measure("decode"):
                photo = load_photo(name, self._limits)
            pixels, turned, detections = self._find_faces(photo.pixels, photo.has_orientation, clock)
            faces, chips = self._estimate(pixels, detections, clock, heard)
        except Exception as error:
            return self._failure(name, problem_of(error), clock)
        height, width = pixels.shape[:2]
        report = ImageReport(
            path=name,
            status="ok" if faces else "no_face",
            model=self.names,
            width=width,
            height=height,
            rotated=turned,
            faces=faces,
            milliseconds=clock.spent(),
            year_taken=photo.year_taken,
        )
        return Inspection(report, pixels, chips, photo.metadata)

    def load(self, path: str | os.PathLike[str], upright: Upright | None) -> Photo:
        """A photo as an earlier report sees it.

        Args:
            path: the photo's file.
            upright: from the report; None for the photo as it is.

        Raises:
            ImageError: the photo cannot be read, or is no longer the one in the report.
        """
        photo = load_photo(path, self._limits)
        if upright is None:
            return photo
        pixels = _turned(photo.pixels, upright.rotated)
        if pixels.shape[:2] != (upright.height, upright.width):
            raise ImageError(PHOTO_CHANGED.code, PHOTO_CHANGED.message)
        return replace(photo, pixels=pixels)

    def chips(self, pixels: NDArray[np.uint8], landmarks: Sequence[ArrayLike]) -> NDArray[np.uint8]:
        """The aligned faces of an upright photo, shape (N, 200, 200, 3), uint8, RGB.

        Args:
            pixels: shape (height, width, 3), uint8, RGB.
            landmarks: shape (5, 2) for each of N faces.

        Raises:
            ValueError: landmarks cannot be those of a face.
        """
        return _cut_out(pixels, self._transforms(landmarks))

    def explain(
        self,
        path: str | os.PathLike[str],
        upright: Upright,
        landmarks: ArrayLike,
        heard: Callable[[int, int], None] | None = None,
    ) -> NDArray[np.float32]:
        """Which parts of a face move its estimate (`engine.occlusion`). Takes as long as estimating 65 faces.

        Args:
            path: the photo's file.
            upright: from the report that has the face.
            landmarks: shape (5, 2), the face's, as in the report.
            heard: see `occlusion_map`.

        Returns:
            shape (8, 8), float32: years by which each part of the aligned face makes it look older.

        Raises:
            ImageError: the photo cannot be read, or is no longer the one in the report.
            ValueError: the landmarks cannot be those of a face.
        """
        chip = align(self.load(path, upright).pixels, landmarks, self._age_model.template)
        years = np.arange(AGES)
        return occlusion_map(lambda chips: self._age_model.predict(chips) @ years, chip, heard)

    def face_in(
        self, path: str | os.PathLike[str], upright: Upright, box: tuple[float, float, float, float]
    ) -> tuple[Face, NDArray[np.uint8], Metadata]:
        """The face in a box that a person has drawn where the detector found none or a wrong one.

        The detector looks again, closely, and its box and landmarks are used. If it finds no face, the face is taken to
        be upright and to fill the box; its score is then 0, and it has the warning `low_score`.

        Args:
            path: the photo's file.
            upright: from the photo's report.
            box: x, y, width, height in pixels of the upright photo; at least partly inside it.

        Returns:
            the face, its chip of shape (200, 200, 3), uint8, RGB, and the photo's metadata.

        Raises:
            ImageError: the photo cannot be read, or is no longer the one in the report.
        """
        photo = self.load(path, upright)
        box = _inside(box, photo.pixels)
        found = self._detector.look_at(photo.pixels, box)
        face = found or Detection(box, landmarks_in(box, self._age_model.template), 0.0)
        faces, chips = self._estimate(photo.pixels, [face], _Clock())
        return faces[0], chips[0], photo.metadata

    def _transforms(self, landmarks: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
        """From the photo to each face's chip."""
        return [estimate_similarity(points, self._age_model.template) for points in landmarks]

    def _failure(self, path: str, problem: Problem, clock: _Clock) -> Inspection:
        report = ImageReport(path, "error", self.names, error=problem, milliseconds=clock.spent())
        return Inspection(report, None, np.empty((0, CHIP_SIZE, CHIP_SIZE, 3), np.uint8))

    def _find_faces(
        self, pixels: NDArray[np.uint8], has_orientation: bool, clock: _Clock
    ) -> tuple[NDArray[np.uint8], Turn, list[Detection]]:
        """The photo turned so that faces stand upright in it, that turn, and the faces.

        The detector also finds sideways faces, though fewer and with poorer landmarks; the landmarks show which way up
        they are. So a photo without an orientation tag counts as upright when one of its faces is; otherwise all turns
        are tried. A face of low score counts as upright only if none scores higher: in a sideways group the detector
        also sees some false faces.
        """
        with clock.measure("detect"):
            detections = self._detector.detect(pixels)
            best: tuple[NDArray[np.uint8], Turn, list[Detection]] = (pixels, 0, detections)
            upright = max((one.score for one in detections if _is_upright(one)), default=0.0)
            surest = max((one.score for one in detections), default=0.0)
            if has_orientation or upright >= min(surest, LOW_SCORE) > 0:
                return best
            for turn in _TURNS:
                turned = _turned(pixels, turn)
                found = self._detector.detect(turned)
                if _upright_score(found) > _upright_score(best[2]):
                    best = (turned, turn, found)
            return best

    def _estimate(
        self,
        pixels: NDArray[np.uint8],
        detections: list[Detection],
        clock: _Clock,
        heard: Callable[[int, int], None] | None = None,
    ) -> tuple[tuple[Face, ...], NDArray[np.uint8]]:
        with clock.measure("align"):
            transforms = self._transforms([detection.landmarks for detection in detections])
            chips = _cut_out(pixels, transforms)
        with clock.measure("age"):
            distributions = self._age_model.predict(chips, heard)
        faces = tuple(
            Face(
                box=_inside(detection.box, pixels),
                landmarks=detection.landmarks,
                score=detection.score,
                age=Age(distribution),
                warnings=warnings_for(
                    detection.box,
                    detection.landmarks,
                    detection.score,
                    chip,
                    share_inside(transform, pixels.shape[1], pixels.shape[0]),
                ),
            )
            for detection, distribution, chip, transform in zip(
                detections, distributions, chips, transforms, strict=True
            )
        )
        return faces, chips


def _cut_out(pixels: NDArray[np.uint8], transforms: Sequence[NDArray[np.float64]]) -> NDArray[np.uint8]:
    """The chips, shape (N, 200, 200, 3), of N faces."""
    chips = np.empty((len(transforms), CHIP_SIZE, CHIP_SIZE, 3), np.uint8)
    for chip, transform in zip(chips, transforms, strict=True):
        chip[:] = cut_out(pixels, transform, CHIP_SIZE)
    return chips


def _turned(pixels: NDArray[np.uint8], turn: Turn) -> NDArray[np.uint8]:
    return pixels if turn == 0 else np.ascontiguousarray(np.rot90(pixels, -turn // 90))


def _upright_score(detections: list[Detection]) -> float:
    """Sum of the scores of the upright faces."""
    return sum(detection.score for detection in detections if _is_upright(detection))


def _is_upright(detection: Detection) -> bool:
    """Whether a face is tilted by less than 45 degrees: the mouth lies below the eyes."""
    across, down = detection.landmarks[3:].mean(axis=0) - detection.landmarks[:2].mean(axis=0)
    return bool(down > abs(across))


def _inside(box: tuple[float, float, float, float], pixels: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    """The part of a box that lies in the photo: detectors also see faces that the edge cuts off."""
    height, width = pixels.shape[:2]
    left, top = min(max(box[0], 0.0), width - 1.0), min(max(box[1], 0.0), height - 1.0)
    right, bottom = min(max(box[0] + box[2], left + 1), width), min(max(box[1] + box[3], top + 1), height)
    return left, top, right - left, bottom - top


class _Clock:
    """Wall time by part, in milliseconds."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._parts: dict[str, float] = {}

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self._parts[part] = self._parts.get(part, 0.0) + (time.perf_counter() - start) * 1000

    def spent(self) -> dict[str, float]:
        return {**self._parts, "total": (time.perf_counter() - self._start) * 1000}
