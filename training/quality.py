"""Where estimates go wrong with the picture: `python -m training.quality` prints what engine.quality's limits rest on.

Validation photos are made smaller, blurred (also under noise, grain and JPEG's blocks), darker, cut off, or taken as
they are, and the error is shown beside what `engine.quality` measures on them. A limit belongs where the error begins
to grow.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import quality
from engine.age import AGES
from engine.age_model import AgeModel
from engine.alignment import CHIP_BOX, align
from engine.detector import Detector
from training.data import Faces, load
from training.files import ROOT
from training.metrics import figures
from training.tables import markdown

SIZES = (12, 16, 20, 24, 28, 32, 36, 42, 50, 64, 96)
"""Widths of the face in pixels."""

BLURS = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
"""Standard deviations of the blur, in pixels of the chip."""

BRIGHTNESS = (0.06, 0.1, 0.15, 0.2, 0.3, 0.5)
"""What gray values are multiplied by: the noise of a sensor stays the same, however dark the picture."""

INSIDE = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0)
"""Share of the face's width that is in the photo."""

SHARPNESS = (0.0, 0.004, 0.008, 0.012, 0.016, 0.02, 0.024, 0.032, 0.04, 0.05, 0.08, np.inf)
CONTRAST = (0.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 25.0, np.inf)
TURNS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, np.inf)
SCORES = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 1.01)

Chips = NDArray[np.uint8]
Floats = NDArray[np.float64]


def shrunk(chips: Chips, width: float) -> Chips:
    """The chips as of faces `width` pixels wide (the width of the detector's box): made small, then enlarged as the
    engine would."""
    size = chips.shape[1]
    side = max(4, round(width * size / CHIP_BOX[2]))
    corners = np.array([(0, 0), (side - 1, 0), (0, side - 1)], np.float64)
    target = (corners + 0.5) * size / side - 0.5
    small = (cv2.resize(chip, (side, side), interpolation=cv2.INTER_AREA) for chip in chips)
    return np.stack([align(np.asarray(one, np.uint8), corners, target, size) for one in small])


def blurred(chips: Chips, deviation: float) -> Chips:
    """The chips under a Gaussian blur."""
    if deviation == 0:
        return chips
    return np.stack([np.asarray(cv2.GaussianBlur(chip, (0, 0), deviation), np.uint8) for chip in chips])


def grainy(chips: Chips, cells: int, deviation: float) -> Chips:
    """The chips with random brightness of so many levels in `cells` x `cells` squares: as many as there are pixels for
    a sensor's noise, fewer for film grain. The same chips always get the same."""
    side = chips.shape[1]
    grain = np.random.default_rng(0).normal(0, deviation, (len(chips), cells, cells)).astype(np.float32)
    large = np.stack([cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC) for one in grain])
    return np.clip(chips + large[..., None], 0, 255).round().astype(np.uint8)


def blocky(chips: Chips, quality: int) -> Chips:
    """The chips as JPEG files of that quality."""
    files = (cv2.imencode(".jpg", chip, (cv2.IMWRITE_JPEG_QUALITY, quality))[1] for chip in chips)
    return np.stack([np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8) for file in files])


def darkened(chips: Chips, brightness: float) -> Chips:
    """The chips of an underexposed photo, with a sensor's noise."""
    dark = np.asarray(chips * np.float32(brightness)).round().astype(np.uint8)
    return grainy(dark, chips.shape[1], 1.2)


def cut_off(chips: Chips, inside: float) -> Chips:
    """The chips of faces whose left part lies beyond the photo's edge, as `engine.alignment.align` fills it."""
    edge = round(CHIP_BOX[0] + CHIP_BOX[2] * (1 - inside))
    shown = chips.copy()
    shown[:, :, :edge] = chips[:, :, edge : edge + 1]
    return shown


def by_degradation(model: AgeModel, faces: Faces) -> dict[str, dict[str, Any]]:
    """Figures (`training.metrics.figures`) on faces that were degraded on purpose.

    Returns:
        {"size": {"12": figures, ...}, "blur": {"0": figures, ...}}: by the width of the face, and by the standard
        deviation of the blur, both in pixels. `warned` is the share of faces for which the app would give a warning.
    """
    chips, ages = np.asarray(faces.chips[faces.index]), faces.ages

    def measured(pictures: Chips, warned: float) -> dict[str, Any]:
        found = figures(model.predict(pictures).astype(np.float64), ages)["all"]
        return {**found, "warned": round(warned, 4)}

    found: dict[str, dict[str, Any]] = {"size": {}, "blur": {}}
    for size in SIZES:
        found["size"][f"{size:g}"] = measured(shrunk(chips, size), float(size < quality.SMALL_SIDE))
    for deviation in BLURS:
        soft = blurred(chips, deviation)
        warned = np.mean([quality.sharpness(chip) < quality.BLURRED_SHARPNESS for chip in soft])
        found["blur"][f"{deviation:g}"] = measured(soft, float(warned))
    return found


def by_bin(name: str, edges: Sequence[float], values: Floats, errors: Floats) -> str:
    """A table of the mean absolute error, in years, by bins of a measured value."""
    rows = []
    for low, high in pairwise(edges):
        chosen = (low <= values) & (values < high)
        if chosen.any():
            rows.append([f"{low:g} to {high:g}", str(chosen.sum()), f"{np.abs(errors[chosen]).mean():.2f}"])
    return markdown([name, "faces", "MAE"], rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.quality", description=__doc__)
    parser.add_argument(
        "--cache", type=Path, default=ROOT / ".cache" / "training", help="prepared photos (default: %(default)s)"
    )
    parser.add_argument("--faces", type=int, default=400, help="validation photos of UTKFace (default: %(default)s)")
    options = parser.parse_args(arguments)
    faces = load("utkface", options.cache).part("val", unique=True).sample(options.faces)
    chips, ages = np.asarray(faces.chips[faces.index]), faces.ages
    model = AgeModel.load()

    def errors(pictures: Chips) -> Floats:
        return np.asarray(model.predict(pictures) @ np.arange(AGES) - ages, np.float64)

    rows = [[str(size), f"{np.abs(errors(shrunk(chips, size))).mean():.2f}"] for size in SIZES]
    print(f"The engine warns below {quality.SMALL_SIDE:g} pixels.\n\n{markdown(['width of the face', 'MAE'], rows)}\n")

    soft = [blurred(chips, deviation) for deviation in BLURS]
    variants = [
        pictures
        for one in soft
        for pictures in (one, grainy(one, chips.shape[1], 8), grainy(one, chips.shape[1] // 3, 8), blocky(one, 20))
    ]
    sharp = np.array([quality.sharpness(chip) for variant in variants for chip in variant])
    blurred_errors = np.concatenate([errors(variant) for variant in variants])
    print(f"Below {quality.BLURRED_SHARPNESS:g}.\n\n{by_bin('sharpness', SHARPNESS, sharp, blurred_errors)}\n")

    dark = [chips, *(darkened(chips, brightness) for brightness in BRIGHTNESS)]
    contrasts = np.array([quality.contrast(chip) for variant in dark for chip in variant])
    dark_errors = np.concatenate([errors(variant) for variant in dark])
    print(f"Below {quality.FAINT_CONTRAST:g}.\n\n{by_bin('contrast', CONTRAST, contrasts, dark_errors)}\n")

    rows = [[f"{inside:g}", f"{np.abs(errors(cut_off(chips, inside))).mean():.2f}"] for inside in INSIDE]
    print(f"Below {quality.SHARE_INSIDE:g}.\n\n{markdown(['share in the photo', 'MAE'], rows)}\n")

    detector = Detector.load()
    plain = errors(chips)
    found = [(index, face) for index, chip in enumerate(chips) for face in detector.detect(chip)[:1]]
    plain = plain[[index for index, _ in found]]
    turns = np.array([abs(quality.turn(face.landmarks)) for _, face in found])
    print(f"Beyond {quality.TURNED_OFFSET:g}.\n\n{by_bin('turn', TURNS, turns, plain)}\n")
    scores = np.array([face.score for _, face in found])
    print(f"Below {quality.LOW_SCORE:g}.\n\n{by_bin('score', SCORES, scores, plain)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
