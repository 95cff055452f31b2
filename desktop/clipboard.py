"""What the system's clipboard holds for Agelens: copied files, or a picture."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from io import BytesIO
from typing import Any


@dataclass(frozen=True)
class Clip:
    """`paths` of copied files and folders; else `picture`, a PNG file; or neither."""

    paths: tuple[str, ...] = ()
    picture: bytes | None = None


def read_clipboard(native: Any) -> Clip:
    """Look into the clipboard, from any thread but the GUI's.

    The page is not asked: it is not told the paths of copied files, and has no access to the clipboard.

    Args:
        native: the window of the backend.
    """
    if sys.platform == "linux":
        from desktop.qt import read_clipboard as read  # noqa: PLC0415

        paths, picture = read(native)
        return Clip(tuple(paths)) if paths else Clip(picture=picture)
    from PIL import ImageGrab  # noqa: PLC0415

    held = ImageGrab.grabclipboard()  # on Windows also files, on macOS only pictures
    if held is None:
        return Clip()
    if isinstance(held, list):
        return Clip(tuple(held))
    buffer = BytesIO()
    held.save(buffer, "PNG")
    return Clip(picture=buffer.getvalue())
