"""When to distrust an estimate: what is wrong with the picture of a face.

The thresholds are where the error on validation photos that were degraded on purpose starts to grow
(`python -m training.quality` prints the table).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.report import Warning_

SMALL_SIDE = 36.0
"""Pixels: a face whose box has a shorter side lacks the detail that shows age."""

BLURRED_SHARPNESS = 0.016
"""`sharpness` below which a face counts as blurred."""

TURNED_OFFSET = 0.3
"""`turn` beyond which a face counts as turned away (about 35 degrees)."""

LOW_SCORE = 0.6
"""Detector score below which it may not be a face at all."""


def warnings_for(
    box: tuple[float, float, float, float],
    landmarks: NDArray[np.float32],
    score: float,
    chip: NDArray[np.uint8],
) -> tuple[Warning_, ...]:
    """What makes the estimate for this face uncertain.

    Args:
        box: (x, y, width, height) in pixels of the photo.
        landmarks: shape (5, 2), pixels of the photo, in the order of `engine.report.Face`.
        score: the detector's confidence, 0..1.
        chip: shape (200, 200, 3), uint8, RGB: the aligned face.

    Returns:
        the warnings that apply, in the contract's order.
    """
    small = min(box[2], box[3]) < SMALL_SIDE
    found: list[tuple[Warning_, bool]] = [
        ("small", small),
        # A small face is enlarged, hence always soft: one warning is enough.
        ("blurred", not small and sharpness(chip) < BLURRED_SHARPNESS),
        ("turned", abs(turn(landmarks)) > TURNED_OFFSET),
        ("low_score", score < LOW_SCORE),
    ]
    return tuple(name for name, applies in found if applies)


def sharpness(chip: NDArray[np.uint8]) -> float:
    """Share of a face's contrast that lies in fine detail: variance of the Laplacian over variance of the gray values
    (Pech-Pacheco et al., ICPR 2000, made independent of contrast), at half the chip's size, where noise and JPEG blocks
    count less.

    Args:
        chip: shape (200, 200, 3), uint8, RGB.

    Returns:
        0 (no detail, or a uniform chip) upwards; about 0.05 for a sharp portrait.
    """
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)
    half = cv2.resize(grey, (100, 100), interpolation=cv2.INTER_AREA).astype(np.float32)
    middle = half[15:85, 15:85]
    contrast = float(middle.var())
    return float(cv2.Laplacian(half, cv2.CV_32F)[15:85, 15:85].var()) / contrast if contrast > 1 else 0.0


def turn(landmarks: NDArray[np.float32]) -> float:
    """How far a face is turned to the side: offset of the nose from the middle between the eyes, along the line of
    the eyes, as a share of their distance. 0 is frontal, about 0.5 is half-profile, the sign tells the side.

    Args:
        landmarks: shape (5, 2), pixels, in the order of `engine.report.Face`.
    """
    left, right, nose = landmarks[0], landmarks[1], landmarks[2]
    eyes = right - left
    squared = float(eyes @ eyes)
    return float((nose - (left + right) / 2) @ eyes) / squared if squared > 0 else 1.0
