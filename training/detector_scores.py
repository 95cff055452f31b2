"""How well a detector does on scenes with known faces, and tables of the results. Used by `training.detectors`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.detector import FACE_SCORE, Detection
from training.scenes import Scene, backgrounds
from training.tables import markdown

SIDES = (24, 32, 48, 80, 140, 240, 400)
"""Heights of the faces in pixels."""

ANGLES = (15.0, 30.0, 45.0, 60.0)
"""Degrees by which faces that are not upright are turned, to either side."""

SCORES = (0.3, FACE_SCORE, 0.5, 0.6, 0.7)

Array = NDArray[np.float64]
Detect = Callable[[NDArray[np.uint8]], list[Detection]]


@dataclass(frozen=True)
class Result:
    """One face of a scene: height in pixels, angle in degrees, the detector's score (0 if missed), and how far the
    landmarks are from those that the same detector found in the chip itself, and from its average face, both in percent
    of the distance between the eyes."""

    side: int
    angle: float
    score: float
    drift: float = np.nan
    off_average: float = np.nan


@dataclass
class Tally:
    """What one detector did over all scenes."""

    results: list[Result] = field(default_factory=list)
    false_scores: list[float] = field(default_factory=list)
    pixels: int = 0
    seconds: float = 0.0
    """Processor time, summed over the cores: a busy machine does not change it much."""

    def examine(self, detect: Detect, scene: Scene, references: Sequence[Array | None], average: Array) -> None:
        """Run `detect` on a scene and add the results.

        Args:
            references: landmarks (5, 2) that the same detector found in the scene's chips; None where it found none.
            average: where it finds them in chips on average, shape (5, 2).
        """
        start = time.process_time()
        left = detect(scene.image)
        self.seconds += time.process_time() - start
        self.pixels += scene.image.shape[0] * scene.image.shape[1]
        for face in scene.faces:
            middle = face.place(np.full((1, 2), 99.5))[0]
            distances = {id(one): float(np.hypot(*(_centre(one) - middle))) for one in left}
            near = [one for one in left if distances[id(one)] < 0.35 * scene.side]
            # A second detection inside a pasted chip may be of a second person: it counts neither as hit nor as false.
            left = [one for one in left if distances[id(one)] > 0.75 * scene.side]
            if not near:
                self.results.append(Result(scene.side, abs(scene.angle), 0.0))
                continue
            best = max(near, key=lambda one: one.score)
            points = face.back(best.landmarks.astype(np.float64))
            reference = references[face.chip]
            drift = np.nan if reference is None else _error(points, reference)
            self.results.append(Result(scene.side, abs(scene.angle), best.score, drift, _error(points, average)))
        self.false_scores += [one.score for one in left]

    def select(self, side: int | None, angle: float) -> list[Result]:
        """The faces of one height (None: any) and angle."""
        return [one for one in self.results if one.angle == angle and side in (None, one.side)]


def _centre(face: Detection) -> Array:
    x, y, width, height = face.box
    return np.array([x + width / 2, y + height / 2])


def _error(points: Array, expected: Array) -> float:
    return float(100 * np.hypot(*(points - expected).T).mean() / np.hypot(*(expected[1] - expected[0])))


def scene_tables(tallies: Mapping[str, Tally]) -> str:
    """Recall, landmarks, thresholds and speed as Markdown, one column per detector."""
    groups: list[tuple[str, int | None, float]] = [(f"{side} px", side, 0.0) for side in SIDES]
    groups += [(f"turned {angle:.0f}°", None, angle) for angle in ANGLES]
    recall, drift = [], []
    for name, side, angle in groups:
        parts = [tally.select(side, angle) for tally in tallies.values()]
        shares = (np.mean([one.score >= FACE_SCORE for one in part]) for part in parts)
        recall.append([name, str(len(parts[0])), *(f"{100 * share:.1f}" for share in shares)])
        drift.append([name, *(_middle([one.drift for one in part if one.score >= FACE_SCORE]) for part in parts)])
    limits = []
    for limit in SCORES:
        cells = (
            f"{100 * np.mean([one.score >= limit for one in tally.results]):.1f} / "
            f"{sum(score >= limit for score in tally.false_scores)}"
            for tally in tallies.values()
        )
        limits.append([f"{limit:.1f}", *cells])
    upright = ([one.off_average for one in tally.select(None, 0.0)] for tally in tallies.values())
    speed = (f"{1e6 * tally.seconds / tally.pixels:.2f}" for tally in tallies.values())
    names = list(tallies)
    return "\n\n".join(
        [
            f"Faces found, in percent, by height and (all heights) by angle; a score of {FACE_SCORE} counts:",
            markdown(["face", "count", *names], recall),
            "Landmarks of the faces found against those the same detector finds in the chip itself, in percent of the "
            "distance between the eyes, median / 90th percentile:",
            markdown(["face", *names], drift),
            "All faces found, in percent / false detections in all scenes, by the lowest score that counts:",
            markdown(["score", *names], limits),
            "Landmarks of upright faces against the detector's own average face, as above, and processor time:",
            markdown(["", *names], [["off average", *map(_middle, upright)], ["seconds per megapixel", *speed]]),
        ]
    )


def _middle(values: Sequence[float]) -> str:
    known = np.array([value for value in values if not np.isnan(value)])
    return "{:.1f} / {:.1f}".format(*np.percentile(known, [50, 90])) if len(known) else "-"


def empty_table(ways: Mapping[str, Detect], seed: int) -> str:
    """False detections in pictures without a face, as Markdown."""
    chance = np.random.default_rng(seed)
    pictures = []
    for picture in backgrounds():
        for turn in range(4):
            side = int(chance.integers(100, min(picture.shape[:2]) + 1))
            pictures += [np.rot90(picture, turn), np.rot90(picture[:side, -side:], turn)]
    found = {
        name: [face.score for picture in pictures for face in detect(np.ascontiguousarray(picture))]
        for name, detect in ways.items()
    }
    rows = [[f"{limit:.1f}", *(str(sum(s >= limit for s in scores)) for scores in found.values())] for limit in SCORES]
    title = f"False detections in {len(pictures)} pictures without a face, by the lowest score that counts:"
    return title + "\n\n" + markdown(["score", *ways], rows)
