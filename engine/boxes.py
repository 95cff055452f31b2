"""Boxes of faces: x, y, width and height in pixels of the upright photo. Importing this module is quick."""

from __future__ import annotations

from collections.abc import Sequence

Box = Sequence[float]

SAME_PLACE = 0.5
"""Boxes of two looks at a photo are one face's when they share this part of the area that they cover together."""

SAME_FACE = 0.4
"""Boxes of one look that share more than this part of the area that they cover together are one face."""


def shared(one: Box, other: Box) -> float:
    """The area that two boxes share."""
    area = 1.0
    for axis in (0, 1):
        end = min(one[axis] + one[axis + 2], other[axis] + other[axis + 2])
        area *= max(0.0, end - max(one[axis], other[axis]))
    return area


def overlap(one: Box, other: Box) -> float:
    """How far two boxes are the same, 0..1: the area that they share, over the area that they cover together."""
    both = shared(one, other)
    covered = one[2] * one[3] + other[2] * other[3] - both
    # Boxes without an area, which a kept record may hold, share nothing that could be compared.
    return both / covered if covered > 0 else float(list(one) == list(other))


def same_places(ones: Sequence[Box], others: Sequence[Box]) -> dict[int, int]:
    """Which of `others` (values) lies in the place of which of `ones` (keys), one each at most, the closest first."""
    pairs = ((overlap(one, other), i, j) for i, one in enumerate(ones) for j, other in enumerate(others))
    found: dict[int, int] = {}
    for share, i, j in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        if share >= SAME_PLACE and i not in found and j not in found.values():
            found[i] = j
    return found
