"""The system's clipboard: copied files, or a picture, for Agelens; text from Agelens."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from io import BytesIO
from typing import Any

_UNICODE_TEXT = 13
"""What Windows calls CF_UNICODETEXT: UTF-16, lines that end with CR and LF, and a NUL at the end."""

_MOVEABLE = 2
"""What Windows calls GMEM_MOVEABLE: the kind of memory that the clipboard takes."""

_ATTEMPTS, _PAUSE = 10, 0.1
"""To open Windows' clipboard, and seconds between them: other programs, such as clipboard histories, hold it for a
moment."""


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
    if sys.platform == "win32":
        _write_on_windows(native.Handle.ToInt64(), text)
        return
    subprocess.run(
        ["/usr/bin/pbcopy"],  # needs no window
        input=text.encode("utf-8", "replace"),
        env=os.environ | {"LANG": "en_US.UTF-8"},
        timeout=20,
        check=True,
    )


def _write_on_windows(owner: int, text: str) -> None:
    """Not with clip.exe: the byte order mark by which it recognizes Unicode would become part of the text.

    Args:
        owner: handle of a window, without which nothing can be put there.
        text: what to put there.
    """
    if sys.platform != "win32":
        raise NotImplementedError  # never: for type checkers, which know what follows on Windows alone
    user32, kernel32 = (ctypes.WinDLL(name, use_last_error=True) for name in ("user32", "kernel32"))
    for returns_address in (kernel32.GlobalAlloc, kernel32.GlobalLock, user32.SetClipboardData):
        returns_address.restype = ctypes.c_void_p
    content = text.replace("\n", "\r\n").encode("utf-16-le", "replace") + bytes(2)
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE)
        if user32.OpenClipboard(ctypes.c_void_p(owner)):
            break
    else:
        raise ctypes.WinError(ctypes.get_last_error())
    memory = ctypes.c_void_p()
    try:
        user32.EmptyClipboard()
        memory = ctypes.c_void_p(kernel32.GlobalAlloc(_MOVEABLE, ctypes.c_size_t(len(content))))
        address = ctypes.c_void_p(kernel32.GlobalLock(memory))
        if not address:
            raise ctypes.WinError(ctypes.get_last_error())
        ctypes.memmove(address, content, len(content))
        kernel32.GlobalUnlock(memory)
        if not user32.SetClipboardData(_UNICODE_TEXT, memory):
            raise ctypes.WinError(ctypes.get_last_error())
        memory = ctypes.c_void_p()  # the system's from now on
    finally:
        if memory:
            kernel32.GlobalFree(memory)
        user32.CloseClipboard()
