"""JPEG files that lack nothing but the marker that ends them: some programs forget it, and viewers show them all the
same."""

from __future__ import annotations

import hashlib
from io import BytesIO

from PIL import Image

_START, _END = b"\xff\xd8\xff", b"\xff\xd9"

_MORE = b"\xa5" * 64
"""Data of a picture, if a picture still lacks some. A decoder takes those that are missing as zeros."""

_ROWS = 256
"""Rows of pixels that are copied at once."""


def with_end(content: bytes) -> bytes | None:
    """The file with its end, None if it is no JPEG file, or if more than the end is missing.

    Where the picture is complete, it stays the same whatever follows; else that becomes part of it.
    """
    if not content.startswith(_START):
        return None
    picture = content.removesuffix(_END[:1])
    try:
        complete = _digest(picture + _END) == _digest(picture + _MORE + _END)
    except Exception:  # damaged in some other way, for which decoders have every kind of exception
        return None
    return picture + _END if complete else None


def _digest(content: bytes) -> bytes:
    """Of the picture's pixels."""
    digest = hashlib.sha256()
    with Image.open(BytesIO(content), formats=("JPEG",)) as image:
        width, height = image.size
        for top in range(0, height, _ROWS):
            digest.update(image.crop((0, top, width, min(top + _ROWS, height))).tobytes())
    return digest.digest()
