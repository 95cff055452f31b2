"""The system's clipboard: copied files, or a picture, for Agelens; text from Agelens."""

from __future__ import annotations

import os
import subprocess
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
    """Read the clipboard, from any thread but the GUI's.

    The page is not asked: it is not told the paths of copied files, and has no access to the clipboard.

    Args:
        native: the backend's window.
    """
    if sys.platform == "linux":
        from desktop.qt import read_clipboard as read  # noqa: PLC0415

        paths, picture = read(native)
        return Clip(tuple(paths)) if paths else Clip(picture=picture)
    if sys.platform == "darwin" and (paths := _copied_files()):  # they come with a picture of their icon
        return Clip(paths)
    from PIL import ImageGrab  # noqa: PLC0415

    held = ImageGrab.grabclipboard()  # on Windows also files, on macOS only pictures
    if held is None:
        return Clip()
    if isinstance(held, list):
        return Clip(tuple(held))
    buffer = BytesIO()
    held.save(buffer, "PNG")
    return Clip(picture=buffer.getvalue())


def _copied_files() -> tuple[str, ...]:
    """Paths of what was copied in the Finder."""
    import AppKit  # noqa: PLC0415

    only_files = {AppKit.NSPasteboardURLReadingFileURLsOnlyKey: True}
    urls = AppKit.NSPasteboard.generalPasteboard().readObjectsForClasses_options_([AppKit.NSURL], only_files)
    return tuple(str(url.path()) for url in urls or ())


def write_clipboard(native: Any, text: str) -> None:
    """Put text into the clipboard, from any thread but the GUI's.

    Args:
        native: the backend's window.
        text: what to put there.

    Raises:
        OSError, subprocess.SubprocessError: the system refuses.
    """
    if sys.platform == "linux":
        from desktop.qt import write_clipboard as write  # noqa: PLC0415

        write(native, text)
        return
    # The systems' own programs for this need no window.
    command, encoding = (_clip(), "utf-16") if sys.platform == "win32" else ("/usr/bin/pbcopy", "utf-8")
    subprocess.run(
        [command],
        input=text.encode(encoding, "replace"),
        env=os.environ | {"LANG": "en_US.UTF-8"},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        timeout=20,
        check=True,
    )


def _clip() -> str:
    """Windows' program, which recognizes UTF-16 by its byte order mark. Given only the name, Windows would first look
    in the current folder."""
    return rf"{os.environ['SYSTEMROOT']}\System32\clip.exe"
