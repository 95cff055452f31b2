"""A copy of a photo with a box, an age and its range on each face, for people without Agelens."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.image import ImageError
from engine.labels import Rectangle, place_labels
from engine.metadata import Metadata, jpeg_options
from engine.wording import whole

LONGEST_SIDE = 65_500
"""The most pixels that a JPEG file can have across or down."""

_QUALITY = 92
_INK = (255, 255, 255)
_UNCERTAIN = (255, 195, 92)
_GROUND = (28, 30, 34)


@dataclass(frozen=True)
class _Pill:
    """An age, its size including the background around it, and where the text begins inside that."""

    text: str
    color: tuple[int, int, int]
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont
    size: tuple[float, float]
    start: tuple[float, float]


def annotated_copy(record: Mapping[str, Any], pixels: NDArray[np.uint8], metadata: Metadata) -> bytes:
    """A JPEG file of the upright photo with its faces' boxes and ages, and the original's metadata.

    Each age has its range where there is room. One with warnings has a question mark and another color.

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
    pills = [_pill(draw, face, image.size, room) for face, room in zip(faces, _room(boxes), strict=True)]
    places = place_labels(boxes, [pill.size for pill in pills], image.size, line)
    for pill, (x, y) in zip(pills, places, strict=True):
        across, down = pill.size
        draw.rounded_rectangle((x, y, x + across, y + down), radius=down / 3, fill=_GROUND)
        draw.text((x + pill.start[0], y + pill.start[1]), pill.text, font=pill.font, fill=pill.color)
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY, **jpeg_options(metadata, image.size, turned=record["rotated"] != 0))
    return buffer.getvalue()


def _draw_box(draw: ImageDraw.ImageDraw, box: Rectangle, line: int) -> None:
    """A white frame with a dark one inside, so that it is visible on any background."""
    x, y, width, height = box
    # The last row and column that belong to the box; otherwise a frame at the photo's edge would lack two sides.
    right, bottom = x + width - 1, y + height - 1
    if min(width, height) > 6 * line:
        draw.rectangle((x + line, y + line, right - line, bottom - line), outline=_GROUND, width=max(1, line // 2))
    draw.rectangle((x, y, right, bottom), outline=_INK, width=line)


def _room(boxes: Sequence[Rectangle]) -> list[float]:
    """The distance from each face to the nearest other one, from center to center."""
    middles = [(x + width / 2, y + height / 2) for x, y, width, height in boxes]
    return [
        min((math.dist(one, other) for place, other in enumerate(middles) if place != number), default=math.inf)
        for number, one in enumerate(middles)
    ]


def _pill(draw: ImageDraw.ImageDraw, face: Mapping[str, Any], size: tuple[int, int], room: float) -> _Pill:
    # Legible on the whole photo, larger on a large face, but never so large that the ages in a crowd cover each other.
    longest = max(size)
    font = ImageFont.load_default(max(11.0, min(longest / 75, room / 3), min(longest / 40, face["box"][3] / 3)))
    mark, color = ("?", _UNCERTAIN) if face["warnings"] else ("", _INK)
    age = f"{whole(face['age']['mean'])}{mark}"
    low, high = map(whole, face["age"]["interval"])
    text = f"{age} · {low}-{high}"  # for readers of any language; the font has no longer dash
    # With its margins it must fit between the neighbors, and not go across the whole of a tiny photo.
    if low == high or 1.2 * draw.textlength(text, font=font) > min(room, size[0] / 2):
        text = age
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    padding = max(2.0, (bottom - top) / 3)
    area = (right - left + 2 * padding, bottom - top + 2 * padding)
    return _Pill(text, color, font, area, (padding - left, padding - top))
