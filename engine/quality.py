"""When to distrust an estimate: what is wrong with the picture of a face.

The thresholds are where the error on validation photos that were degraded on purpose starts to grow
(`python -m training.quality` prints the table).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.report import Warning_

SMALL_SIDE = 36.0
"""Pixels: a face whose box has a shorter side lacks the detail that shows age."""

BLURRED_SHARPNESS = 0.02
"""`sharpness` below which a face counts as blurred."""

FAINT_CONTRAST = 6.0
"""`contrast` below which a face counts as blurred, too: far too dark or bright, or faded nearly to nothing."""

TURNED_OFFSET = 0.3
"""`turn` beyond which a face counts as turned away (about 35 degrees)."""

SHARE_INSIDE = 0.8
"""Share of a face inside the photo (`engine.alignment.share_inside`) below which it counts as turned away, too: the
photo's edge hides as much of it."""

LOW_SCORE = 0.6
"""Detector score below which it may not be a face at all."""


def warnings_for(
    box: tuple[float, float, float, float],
    landmarks: NDArray[np.float32],
    score: float,
    chip: NDArray[np.uint8],
    inside: float = 1.0,
) -> tuple[Warning_, ...]:
    """What makes the estimate for this face uncertain.

    Args:
        box: (x, y, width, height) in pixels of the photo.
        landmarks: shape (5, 2), pixels of the photo, in the order of `engine.report.Face`.
        score: the detector's confidence, 0..1.
        chip: shape (200, 200, 3), uint8, RGB: the aligned face.
        inside: share of the face that lies in the photo, 0..1.

    Returns:
        the warnings that apply, in the contract's order.
    """
    small = min(box[2], box[3]) < SMALL_SIDE
    soft = _without_grain(chip)
    found: list[tuple[Warning_, bool]] = [
        ("small", small),
        # A small face is enlarged, hence always soft: one warning is enough.
        ("blurred", (not small and _sharpness(soft) < BLURRED_SHARPNESS) or _contrast(soft) < FAINT_CONTRAST),
        ("turned", abs(turn(landmarks)) > TURNED_OFFSET or inside < SHARE_INSIDE),
        ("low_score", score < LOW_SCORE),
    ]
    return tuple(name for name, applies in found if applies)


def sharpness(chip: NDArray[np.uint8]) -> float:
    """Share of a face's contrast that lies in fine detail: variance of the Laplacian over variance of the gray values
    (Pech-Pacheco et al., ICPR 2000, made independent of contrast), of the face without its finest detail. For grain,
    noise and JPEG blocks are finest detail, too: a blurred face on a grainy print would count as sharp.

    Args:
        chip: shape (200, 200, 3), uint8, RGB.

    Returns:
        0 (no detail, or a uniform chip) upwards; about 0.07 for a sharp portrait.
    """
    return _sharpness(_without_grain(chip))


def contrast(chip: NDArray[np.uint8]) -> float:
    """Standard deviation of a face's gray values, 0..255, without what grain and noise add to it.

    Args:
        chip: shape (200, 200, 3), uint8, RGB.
    """
    return _contrast(_without_grain(chip))


def _sharpness(soft: NDArray[np.float32]) -> float:
    middle = _middle(soft)
    variance = float(middle.var())
    return float(_middle(cv2.Laplacian(soft, cv2.CV_32F)).var()) / variance if variance > 1 else 0.0


def _contrast(soft: NDArray[np.float32]) -> float:
    return float(_middle(soft).std())


def _without_grain(chip: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The gray values at a third of the chip's size, averaged over more than a grain."""
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY).astype(np.float32)
    soft = cv2.resize(cv2.GaussianBlur(grey, (0, 0), 3), (67, 67), interpolation=cv2.INTER_AREA)
    return np.asarray(soft, np.float32)


def _middle(picture: NDArray[Any]) -> NDArray[Any]:
    """The part that shows the face and little else."""
    return picture[10:57, 10:57]


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
