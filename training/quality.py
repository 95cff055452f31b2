"""Where estimates go wrong with the picture: `python -m training.quality` prints what engine.quality's limits rest on.

Validation photos are made smaller, blurred, or taken as they are, and the error is shown beside what `engine.quality`
measures on them. A limit belongs where the error begins to grow.
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

SHARPNESS = (0.0, 0.002, 0.004, 0.008, 0.012, 0.016, 0.024, 0.032, 0.05, 0.08, np.inf)
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
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "training", help="(default: %(default)s)")
    parser.add_argument("--faces", type=int, default=400, help="validation photos of UTKFace (default: %(default)s)")
    options = parser.parse_args(arguments)
    faces = load("utkface", options.cache).part("val", unique=True).sample(options.faces)
    chips, ages = np.asarray(faces.chips[faces.index]), faces.ages
    model = AgeModel.load()

    def errors(pictures: Chips) -> Floats:
        return np.asarray(model.predict(pictures) @ np.arange(AGES) - ages, np.float64)

    rows = [[str(size), f"{np.abs(errors(shrunk(chips, size))).mean():.2f}"] for size in SIZES]
    print(f"The engine warns below {quality.SMALL_SIDE:g} pixels.\n\n{markdown(['width of the face', 'MAE'], rows)}\n")

    variants = [blurred(chips, deviation) for deviation in BLURS]
    sharp = np.array([quality.sharpness(chip) for variant in variants for chip in variant])
    blurred_errors = np.concatenate([errors(variant) for variant in variants])
    print(f"Below {quality.BLURRED_SHARPNESS:g}.\n\n{by_bin('sharpness', SHARPNESS, sharp, blurred_errors)}\n")

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
