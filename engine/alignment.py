"""Turns a face in a photo into a picture like those the age model was trained on.

UTKFace's chips show every face at the same place and size. A similarity transform (turn, scale, shift; no reflection)
brings the detector's five landmarks as close as possible to where they lie in those chips.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

CHIP_BOX = (19.0, -10.0, 161.0, 196.0)
"""x, y, width, height in pixels of a chip: where the detector sees the face in it (mean of 58 UTKFace chips; spread
5 to 7 pixels)."""


def align(image: NDArray[np.uint8], landmarks: ArrayLike, template: ArrayLike, size: int = 200) -> NDArray[np.uint8]:
    """Cut a face out of a photo in the geometry of `template`.

    Args:
        image: shape (H, W, 3), uint8.
        landmarks: shape (N, 2), x and y in pixels of `image`, with pixel centers at whole numbers.
        template: shape (N, 2), where the landmarks lie in the chip, in pixels of the chip.
        size: side of the chip in pixels.

    Returns:
        shape (size, size, 3), uint8. Beyond the photo's edge its outermost pixels are repeated.

    Raises:
        ValueError: see `estimate_similarity`.
    """
    return cut_out(image, estimate_similarity(landmarks, template), size)


def estimate_similarity(source: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
    """The similarity transform that maps points to others with the least sum of squared distances.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", TPAMI 13(4), 1991. In
    the plane and without reflection there is a closed solution: with points as complex numbers, turn and scale are one
    complex factor, and the best one is an ordinary regression coefficient.

    Args:
        source: shape (N, 2), x and y, N >= 2.
        target: shape (N, 2), where the points should go.

    Returns:
        shape (2, 3), float64: `matrix @ (x, y, 1)` is where (x, y) goes.

    Raises:
        ValueError: the shapes are wrong, a number is not finite, or the points do not determine a transform: all of
            them coincide, or no turn is better than another (as from a square to its mirror image).
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if source.shape != target.shape or source.ndim != 2 or source.shape[1] != 2 or len(source) < 2:
        raise ValueError(f"points must have one shape (N, 2), not {source.shape} and {target.shape}")
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise ValueError("points must be finite")
    source_middle, target_middle = source.mean(axis=0), target.mean(axis=0)
    start = (source - source_middle) @ (1, 1j)
    end = (target - target_middle) @ (1, 1j)
    start_spread, end_spread = np.vdot(start, start).real, np.vdot(end, end).real
    agreement = np.vdot(start, end)
    if abs(agreement) <= 1e-9 * math.sqrt(start_spread * end_spread):
        raise ValueError("the points do not determine a similarity transform")
    factor = agreement / start_spread
    linear = np.array([(factor.real, -factor.imag), (factor.imag, factor.real)])
    return np.column_stack([linear, target_middle - linear @ source_middle])


def landmarks_in(box: tuple[float, float, float, float], template: ArrayLike) -> NDArray[np.float32]:
    """Where an upright face seen from the front would have its landmarks if it filled a box.

    Args:
        box: x, y, width, height in pixels of the photo.
        template: shape (5, 2), where the landmarks lie in a chip.

    Returns:
        shape (5, 2), pixels of the photo. Aligning by them moves the box to `CHIP_BOX`.
    """
    x, y, width, height = box
    chip_x, chip_y, chip_width, chip_height = CHIP_BOX
    scale = math.sqrt(width * height / (chip_width * chip_height))
    middle = np.array((chip_x + chip_width / 2, chip_y + chip_height / 2))
    placed = (np.asarray(template, np.float64) - middle) * scale + (x + width / 2, y + height / 2)
    return np.asarray(placed, np.float32)


def share_inside(matrix: NDArray[np.float64], width: int, height: int) -> float:
    """How much of a face lies in the photo: what the photo's edge cuts off, `cut_out` makes up.

    Args:
        matrix: shape (2, 3), from pixels of the photo to pixels of the face's chip.
        width: of the photo, in pixels.
        height: of the photo, in pixels.

    Returns:
        0..1: the share of `CHIP_BOX`'s area.
    """
    x, y, box_width, box_height = CHIP_BOX
    corners = np.array([(x, x + box_width, x + box_width, x), (y, y, y + box_height, y + box_height)])
    face = np.linalg.inv(matrix[:, :2]) @ (corners - matrix[:, 2:])
    edges = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) - 0.5
    shared, _ = cv2.intersectConvexConvex(face.T.astype(np.float32), edges)
    return float(shared) * float(np.linalg.det(matrix[:, :2])) / (box_width * box_height)


def cut_out(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], size: int, fill: int | None = None
) -> NDArray[np.uint8]:
    """A square part of a photo under a similarity transform, free of aliasing.

    Args:
        image: shape (H, W, 3), uint8.
        matrix: shape (2, 3), from pixels of `image` to pixels of the result.
        size: side of the result in pixels.
        fill: gray value, 0..255, beyond the photo's edge; None repeats its outermost pixels.

    Returns:
        shape (size, size, 3), uint8.
    """
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    image, matrix = _crop(image, matrix, size)
    if scale < 0.5:
        # A warp reads few points of the photo: when it reduces by more than two it skips pixels, and hair, pores and
        # print screens turn into noise that looks like wrinkles. Averaging over areas first, down to twice the size
        # asked for, leaves nothing to skip; reducing further would blur, since the warp averages once more.
        height, width = image.shape[:2]
        reduced = max(1, round(width * scale * 2)), max(1, round(height * scale * 2))
        image = np.asarray(cv2.resize(image, reduced, interpolation=cv2.INTER_AREA), np.uint8)
        x, y = width / reduced[0], height / reduced[1]
        matrix = matrix @ [(x, 0, (x - 1) / 2), (0, y, (y - 1) / 2), (0, 0, 1)]
    result = cv2.warpAffine(
        image,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR if scale < 1 else cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE if fill is None else cv2.BORDER_CONSTANT,
        borderValue=(fill or 0,) * 3,
    )
    return np.asarray(result, np.uint8)


def _crop(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part of the photo that matters, with a rim for interpolation, and the transform from that part. The work then
    depends on the size of the face, not of the photo."""
    rim = 2 + 2 / math.hypot(matrix[0, 0], matrix[1, 0])
    corners = np.array([(0, size, size, 0), (0, 0, size, size)]) - matrix[:, 2:]
    corners = np.linalg.inv(matrix[:, :2]) @ corners
    ends = image.shape[1], image.shape[0]
    # At least one pixel is kept, even for a face wholly outside the photo: its color is then repeated.
    left, top = (int(np.clip(low - rim, 0, end - 1)) for low, end in zip(corners.min(axis=1), ends, strict=True))
    right, bottom = (
        math.ceil(np.clip(high + rim, 1, end)) for high, end in zip(corners.max(axis=1), ends, strict=True)
    )
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    return part, matrix @ [(1, 0, left), (0, 1, top), (0, 0, 1)]
