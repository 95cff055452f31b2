"""JPEG files that lack nothing but the marker that ends them: some programs forget it, and viewers show them all the
same."""

from __future__ import annotations

import hashlib
from io import BytesIO

from PIL import Image

_START, _END = b"\xff\xd8", b"\xff\xd9"

_SCAN = 0xDA
"""The marker after which the picture's data come."""

_SEQUENTIAL = (0xC0, 0xC1)
"""Markers of frames whose data can come in one piece. Others get ever finer, and the last may be missing."""

_MORE = b"\xa5" * 64
"""Data of a picture, if a picture still lacks some. A decoder takes those that are missing as zeros."""

_ROWS = 256
"""Rows of pixels that are copied at once."""


def with_end(content: bytes) -> bytes | None:
    """The file with its end; None if it is no JPEG file whose data are one piece, or if more than the end is missing.

    Where the picture is complete, it stays the same whatever follows; else that becomes part of it.
    """
    if not _is_one_piece(content):
        return None
    picture = content.removesuffix(_END[:1])
    try:
        complete = _digest(picture + _END) == _digest(picture + _MORE + _END)
    except Exception:  # damaged in some other way, for which decoders have every kind of exception
        return None
    return picture + _END if complete else None


def _is_one_piece(content: bytes) -> bool:
    """Whether the first data of the picture have all its components, in all their fineness (ITU-T T.81, Annex B)."""
    place, components = len(_START), None
    while content.startswith(_START) and content[place : place + 1] == b"\xff" and place + 9 < len(content):
        marker = content[place + 1]
        if marker == _SCAN:
            return content[place + 4] == components
        if marker in _SEQUENTIAL:
            components = content[place + 9]
        place += 2 + int.from_bytes(content[place + 2 : place + 4])
    return False


def _digest(content: bytes) -> bytes:
    """Of the picture's pixels."""
    digest = hashlib.sha256()
    with Image.open(BytesIO(content), formats=("JPEG",)) as image:
        width, height = image.size
        for top in range(0, height, _ROWS):
            digest.update(image.crop((0, top, width, min(top + _ROWS, height))).tobytes())
    return digest.digest()
