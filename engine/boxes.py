"""Boxes of faces: x, y, width and height in pixels of the upright photo. Importing this module is quick."""

from __future__ import annotations

from collections.abc import Sequence

Box = Sequence[float]

SAME_PLACE = 0.5
"""Boxes from two looks at a photo are of one face if their intersection over union is at least this."""

SAME_FACE = 0.4
"""Boxes from one look at a photo are of one face if their intersection over union is more than this."""


def shared(one: Box, other: Box) -> float:
    """The area that two boxes share."""
    area = 1.0
    for axis in (0, 1):
        end = min(one[axis] + one[axis + 2], other[axis] + other[axis + 2])
        area *= max(0.0, end - max(one[axis], other[axis]))
    return area


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0..1: the area that they share over the area that they cover together."""
    both = shared(one, other)
    covered = one[2] * one[3] + other[2] * other[3] - both
    # Boxes without an area, which a stored record may hold, have none to compare.
    return both / covered if covered > 0 else float(list(one) == list(other))


def same_places(ones: Sequence[Box], others: Sequence[Box], least: float = SAME_PLACE) -> dict[int, int]:
    """Pairs of indices of `ones` (keys) and `others` (values) in the same place, each used once, best pairs first.

    Args:
        ones, others: the boxes.
        least: the intersection over union from which on two boxes are in the same place.
    """
    pairs = ((overlap(one, other), i, j) for i, one in enumerate(ones) for j, other in enumerate(others))
    found: dict[int, int] = {}
    for share, i, j in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        if share >= least and i not in found and j not in found.values():
            found[i] = j
    return found
