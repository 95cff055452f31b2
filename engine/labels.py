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
        others = [other for place, other in enumerate(boxes) if place != number]

        def cost(spot: Rectangle, box: Box = box, others: Sequence[Box] = others) -> float:
            hidden = sum(4 * shared(spot, other) for other in others) + sum(8 * shared(spot, other) for other in taken)
            return hidden + 0.2 * shared(spot, box)

        taken.append(min(_candidates(box, label, photo, gap), key=cost))
    return [(x, y) for x, y, _, _ in taken]


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
