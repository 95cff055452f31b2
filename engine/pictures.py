"""Pictures made from a photo for the page: preview, thumbnail and face crops."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PREVIEW_SIDE = 1600
THUMBNAIL_SIDE = 320


@dataclass(frozen=True)
class Pictures:
    """JPEG files: the photo at two sizes, and its faces."""

    preview: bytes
    thumbnail: bytes
    faces: tuple[bytes, ...]


def make_pictures(pixels: NDArray[np.uint8], chips: NDArray[np.uint8]) -> Pictures:
    """Preview (long side at most 1600 px), thumbnail (320 px) and faces as JPEG.

    Args:
        pixels: shape (height, width, 3), uint8, RGB: the upright photo.
        chips: shape (N, side, side, 3), uint8, RGB: its aligned faces.
    """
    preview = Image.fromarray(pixels)
    preview.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    thumbnail = preview.copy()
    thumbnail.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return Pictures(_jpeg(preview), _jpeg(thumbnail), tuple(chip_picture(chip) for chip in chips))


def chip_picture(chip: NDArray[np.uint8]) -> bytes:
    """An aligned face, shape (side, side, 3), uint8, RGB, as JPEG."""
    return _jpeg(Image.fromarray(chip))


def _jpeg(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
