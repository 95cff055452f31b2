"""Pictures made from a photo for the page: preview, thumbnail and face crops, in the colors that screens expect.

A photo may have its own color space (a phone's Display P3, a camera's Adobe RGB). Colors are converted here, in the
process that reads everything else in a file, and not in the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

PREVIEW_SIDE = 1600
ENLARGED_SIDE = 4800
THUMBNAIL_SIDE = 320


@dataclass(frozen=True)
class RenderedPictures:
    """JPEG files: the photo at two sizes, and its faces."""

    preview: bytes
    thumbnail: bytes
    crops: tuple[bytes, ...]


def make_pictures(
    pixels: NDArray[np.uint8], chips: NDArray[np.uint8], profile: bytes | None = None
) -> RenderedPictures:
    """Preview (long side at most 1600 px), thumbnail (320 px) and faces as JPEG.

    Args:
        pixels: shape (height, width, 3), uint8, RGB: the upright photo.
        chips: shape (N, side, side, 3), uint8, RGB: its aligned faces.
        profile: ICC profile of their colors, None for sRGB. One that cannot be used counts as None.
    """
    preview = in_srgb(_within(Image.fromarray(pixels), PREVIEW_SIDE), profile)
    thumbnail = _within(preview.copy(), THUMBNAIL_SIDE)
    return RenderedPictures(_jpeg(preview), _jpeg(thumbnail), tuple(chip_picture(chip, profile) for chip in chips))


def enlarged_picture(pixels: NDArray[np.uint8], profile: bytes | None = None) -> bytes:
    """The photo for a closer look, as JPEG, with a long side of at most 4800 px; arguments as in `make_pictures`."""
    return _jpeg(in_srgb(_within(Image.fromarray(pixels), ENLARGED_SIDE), profile))


def chip_picture(chip: NDArray[np.uint8], profile: bytes | None = None) -> bytes:
    """An aligned face, shape (side, side, 3), uint8, RGB, as JPEG; `profile` as in `make_pictures`."""
    return _jpeg(in_srgb(Image.fromarray(chip), profile))


def _within(image: Image.Image, side: int) -> Image.Image:
    """The image itself, reduced if a side is longer."""
    image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return image


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An RGB, gray or CMYK picture in RGB; the image itself without a usable profile for its mode."""
    if profile is None:
        return image
    try:
        return ImageCms.applyTransform(image, _to_srgb(profile, image.mode)) or image
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # damaged, or of an unknown kind
        return image


@lru_cache(maxsize=4)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(BytesIO(profile), ImageCms.createProfile("sRGB"), mode, "RGB")


def _jpeg(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
