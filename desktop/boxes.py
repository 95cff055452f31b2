"""Boxes of faces: x, y, width and height in pixels of the upright photo."""

from __future__ import annotations

from collections.abc import Sequence

Box = Sequence[float]


def overlap(one: Box, other: Box) -> float:
    """The area that two boxes share, over the area that they cover together: 1 for the same box, 0 for boxes apart."""
    shared = 1.0
    for axis in (0, 1):
        end = min(one[axis] + one[axis + 2], other[axis] + other[axis + 2])
        shared *= max(0.0, end - max(one[axis], other[axis]))
    covered = one[2] * one[3] + other[2] * other[3] - shared
    # Boxes without an area, which a kept record may hold, share nothing that could be compared.
    return shared / covered if covered > 0 else float(list(one) == list(other))
