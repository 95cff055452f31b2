"""Where to draw the ages on a photo: next to their faces. Importing this module is quick.

Like ui/pills.js, but each label finds its place once, after those before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.boxes import Box, shared

Rectangle = tuple[float, float, float, float]
"""Left, top, width, height."""


def place_labels(
    boxes: Sequence[Box], labels: Sequence[tuple[float, float]], photo: tuple[float, float], gap: float
) -> list[tuple[float, float]]:
    """A place for each face's label, clear of other faces and labels where there is room.

    Args:
        boxes: the faces.
        labels: width and height of their labels, in the same order.
        photo: its width and height.
        gap: between a face and its label.

    Returns:
        left and top of each label.
    """
    taken: list[Rectangle] = []
    for number, (box, label) in enumerate(zip(boxes, labels, strict=True)):
        spots = _candidates(box, label, photo, gap)
        reach = _around(spots)  # a photo of a crowd has hundreds of faces, but few are near another one
        weights = [(4.0, other) for place, other in enumerate(boxes) if place != number and shared(reach, other) > 0]
        weights += [(8.0, other) for other in taken if shared(reach, other) > 0]
        weights += [(0.2, box)]

        def hidden(spot: Rectangle, weights: Sequence[tuple[float, Box]] = weights) -> float:
            return sum(weight * shared(spot, other) for weight, other in weights)

        taken.append(min(spots, key=hidden))
    return [(x, y) for x, y, _, _ in taken]


def _around(spots: Sequence[Rectangle]) -> Rectangle:
    """The smallest rectangle that holds all of these."""
    left, top = min(x for x, _, _, _ in spots), min(y for _, y, _, _ in spots)
    right, bottom = max(x + width for x, _, width, _ in spots), max(y + height for _, y, _, height in spots)
    return left, top, right - left, bottom - top


def _candidates(box: Box, label: tuple[float, float], photo: tuple[float, float], gap: float) -> list[Rectangle]:
    """Places in the photo, the preferred first: above, below, right, left, each also shifted, and finally inside."""
    x, y, width, height = box
    across, down = label
    columns = (x + (width - across) / 2, x, x + width - across)
    rows = (y + (height - down) / 2, y, y + height - down)
    spots = [(column, row) for row in (y - down - gap, y + height + gap) for column in columns]
    spots += [(column, row) for column in (x + width + gap, x - across - gap) for row in rows]
    spots += [(columns[0], y + gap), (columns[0], y + height - down - gap)]
    return [
        (max(0.0, min(left, photo[0] - across)), max(0.0, min(top, photo[1] - down)), across, down)
        for left, top in spots
    ]
