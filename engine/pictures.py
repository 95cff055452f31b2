"""Pictures made from a photo for the page: preview, thumbnail and face crops, in the colours that screens expect.

A photo may have colours of its own (a telephone's Display P3, a camera's Adobe RGB). They are converted here: what a
file says of its colours is read where all that files say is read, and not in the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

PREVIEW_SIDE = 1600
THUMBNAIL_SIDE = 320


@dataclass(frozen=True)
class Pictures:
    """JPEG files: the photo at two sizes, and its faces."""

    preview: bytes
    thumbnail: bytes
    faces: tuple[bytes, ...]


def make_pictures(pixels: NDArray[np.uint8], chips: NDArray[np.uint8], profile: bytes | None = None) -> Pictures:
    """Preview (long side at most 1600 px), thumbnail (320 px) and faces as JPEG.

    Args:
        pixels: shape (height, width, 3), uint8, RGB: the upright photo.
        chips: shape (N, side, side, 3), uint8, RGB: its aligned faces.
        profile: ICC profile of their colours, None for sRGB. One that cannot be used counts as none.
    """
    preview = Image.fromarray(pixels)
    preview.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    preview = _in_srgb(preview, profile)
    thumbnail = preview.copy()
    thumbnail.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return Pictures(_jpeg(preview), _jpeg(thumbnail), tuple(chip_picture(chip, profile) for chip in chips))


def chip_picture(chip: NDArray[np.uint8], profile: bytes | None = None) -> bytes:
    """An aligned face, shape (side, side, 3), uint8, RGB, as JPEG; `profile` as in `make_pictures`."""
    return _jpeg(_in_srgb(Image.fromarray(chip), profile))


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile is None:
        return image
    try:
        return ImageCms.applyTransform(image, _to_srgb(profile)) or image
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # damaged, or of a kind that is not understood
        return image


@lru_cache(maxsize=4)
def _to_srgb(profile: bytes) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(BytesIO(profile), ImageCms.createProfile("sRGB"), "RGB", "RGB")


def _jpeg(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
