"""A copy of a photo with a box and an age on each face, for those who have no Agelens at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.boxes import shared
from engine.image import ImageError
from engine.metadata import Metadata, jpeg_options
from engine.wording import whole

LONGEST_SIDE = 65_500
"""Pixels that a JPEG file can have across and down."""

_QUALITY = 92
_INK = (255, 255, 255)
_GROUND = (28, 30, 34)

Rectangle = tuple[float, float, float, float]
"""Left, top, width, height."""


@dataclass(frozen=True)
class _Pill:
    """An age, its size together with the ground around it, and where the text begins within."""

    text: str
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont
    size: tuple[float, float]
    start: tuple[float, float]


def annotated_copy(record: Mapping[str, Any], pixels: NDArray[np.uint8], metadata: Metadata) -> bytes:
    """A JPEG file of the upright photo with its faces' boxes and ages, and the original's metadata.

    Args:
        record: the photo's JSON record, possibly corrected by a user.
        pixels: shape (height, width, 3), uint8, RGB: the upright photo; it is not changed.
        metadata: of the original.

    Raises:
        ImageError: the photo is too long for a JPEG file.
    """
    height, width = pixels.shape[:2]
    if max(width, height) > LONGEST_SIDE:
        raise ImageError(
            "too_large", f"The photo is longer than the {LONGEST_SIDE:,} pixels that a JPEG file can have."
        )
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    faces: Sequence[Mapping[str, Any]] = record["faces"]
    boxes: list[Rectangle] = [tuple(face["box"]) for face in faces]
    line = max(1, round(max(image.size) / 700))
    for box in boxes:
        _draw_box(draw, box, line)
    pills = [
        _pill(draw, str(whole(face["age"]["mean"])), box, image.size) for face, box in zip(faces, boxes, strict=True)
    ]
    for pill, (x, y) in zip(pills, _places(boxes, pills, image.size, line), strict=True):
        across, down = pill.size
        draw.rounded_rectangle((x, y, x + across, y + down), radius=down / 3, fill=_GROUND)
        draw.text((x + pill.start[0], y + pill.start[1]), pill.text, font=pill.font, fill=_INK)
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY, **jpeg_options(metadata, image.size))
    return buffer.getvalue()


def _draw_box(draw: ImageDraw.ImageDraw, box: Rectangle, line: int) -> None:
    """A white frame with a dark one within, so that it is seen on any ground."""
    x, y, width, height = box
    # The last row and column that belong to the box, else the frame of a face at the photo's edge lacks two sides.
    right, bottom = x + width - 1, y + height - 1
    if min(width, height) > 6 * line:
        draw.rectangle((x + line, y + line, right - line, bottom - line), outline=_GROUND, width=max(1, line // 2))
    draw.rectangle((x, y, right, bottom), outline=_INK, width=line)


def _pill(draw: ImageDraw.ImageDraw, text: str, box: Rectangle, size: tuple[int, int]) -> _Pill:
    # Legible on the whole photo, larger at a large face, but never so large that the ages of a crowd cover each other.
    longest = max(size)
    font = ImageFont.load_default(max(11.0, longest / 75, min(longest / 40, box[3] / 3)))
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    padding = max(2.0, (bottom - top) / 3)
    return _Pill(text, font, (right - left + 2 * padding, bottom - top + 2 * padding), (padding - left, padding - top))


def _places(
    boxes: Sequence[Rectangle], pills: Sequence[_Pill], size: tuple[int, int], gap: float
) -> list[tuple[float, float]]:
    """A place for each pill at its face: off other faces and other pills when there is room (as in ui/pills.js)."""
    taken: list[Rectangle] = []
    for number, (box, pill) in enumerate(zip(boxes, pills, strict=True)):
        others = [other for place, other in enumerate(boxes) if place != number]

        def cost(spot: Rectangle, box: Rectangle = box, others: Sequence[Rectangle] = others) -> float:
            hidden = sum(4 * shared(spot, other) for other in others) + sum(8 * shared(spot, other) for other in taken)
            return hidden + 0.2 * shared(spot, box)

        taken.append(min(_candidates(box, pill.size, size, gap), key=cost))
    return [(x, y) for x, y, _, _ in taken]


def _candidates(box: Rectangle, pill: tuple[float, float], size: tuple[int, int], gap: float) -> list[Rectangle]:
    """Places in the photo, the most wanted first: above, below, right, left, each also shifted."""
    x, y, width, height = box
    across, down = pill
    columns = (x + (width - across) / 2, x, x + width - across)
    rows = (y + (height - down) / 2, y, y + height - down)
    spots = [(column, row) for row in (y - down - gap, y + height + gap) for column in columns]
    spots += [(column, row) for column in (x + width + gap, x - across - gap) for row in rows]
    spots += [(columns[0], y + gap), (columns[0], y + height - down - gap)]
    return [
        (max(0.0, min(left, size[0] - across)), max(0.0, min(top, size[1] - down)), across, down) for left, top in spots
    ]
