"""Pictures made from a photo: preview, thumbnail, face crops, and a copy with boxes and ages drawn on it."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.report import Face, ImageReport

PREVIEW_SIDE = 1600
THUMBNAIL_SIDE = 320

_INK = (255, 255, 255)
_GROUND = (28, 30, 34)


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


def save_annotated(report: ImageReport, pixels: NDArray[np.uint8], folder: Path) -> Path:
    """Save a copy of the photo with a box and an age on each face.

    The copy is a JPEG named after the photo; a name that is taken gets a number, so nothing is ever overwritten.

    Args:
        report: what was found.
        pixels: shape (height, width, 3), uint8, RGB: the upright photo.
        folder: where the copy goes; it must exist.

    Returns:
        the copy's path.

    Raises:
        OSError: it cannot be written; then nothing is left behind.
    """
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for face in report.faces:
        _draw_face(draw, face, image.size)
    content = _jpeg(image, quality=92)  # before there is a file that would be left behind
    target, descriptor = _reserve(folder, Path(report.path).stem)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return target


def _reserve(folder: Path, stem: str) -> tuple[Path, int]:
    """A new file that nobody else has, and its descriptor."""
    for number in itertools.count(1):
        target = folder / (f"{stem}.jpg" if number == 1 else f"{stem}-{number}.jpg")
        try:
            return target, os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o644)
        except FileExistsError:
            continue
    raise AssertionError("itertools.count ends never")


def _draw_face(draw: ImageDraw.ImageDraw, face: Face, size: tuple[int, int]) -> None:
    x, y, width, height = face.box
    line = max(1, round(max(size) / 600))
    # The last row and column that belong to the box, else the frame of a face at the photo's edge lacks two sides.
    draw.rectangle((x, y, x + width - 1, y + height - 1), outline=_INK, width=line)
    text = str(round(face.age.mean))
    # Legible on the whole photo and on a small face alike, but never taller than half the face.
    font = ImageFont.load_default(max(11.0, min(max(size) / 45, height / 2)))
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    padding = (bottom - top) / 3
    pill = (right - left + 2 * padding, bottom - top + 2 * padding)
    pill_x = min(max(x + width / 2 - pill[0] / 2, 0), size[0] - pill[0])
    pill_y = y - pill[1] - line if y - pill[1] - line >= 0 else y + line
    draw.rounded_rectangle((pill_x, pill_y, pill_x + pill[0], pill_y + pill[1]), radius=pill[1] / 3, fill=_GROUND)
    draw.text((pill_x + padding - left, pill_y + padding - top), text, font=font, fill=_INK)


def _jpeg(image: Image.Image, quality: int = 85) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
