"""What `agelens --self-test` tries beyond the analysis: what the window needs."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from pathlib import Path

from desktop.album_file import AlbumFile
from desktop.app import UI
from desktop.settings import SettingsFile
from desktop.window import toolkit
from engine.files import reason
from engine.self_test import Check


def _window() -> str:
    if sys.platform == "linux" and not os.environ.get("QT_QPA_PLATFORM"):
        # The plugins that connect Qt to the display; one is enough. If all lack libraries, Qt ends the process.
        wayland, x11 = map(os.environ.get, ("WAYLAND_DISPLAY", "DISPLAY"))
        names = [*(["wayland"] if wayland else []), *(["xcb"] if x11 or not wayland else [])]
        failed = list(filter(None, map(_trouble_with, names)))
        if len(failed) == len(names):
            raise failed[-1]
    return toolkit()


def _trouble_with(plugin: str) -> OSError | None:
    try:
        ctypes.CDLL(str(_platform_plugins() / f"libq{plugin}.so"))
    except OSError as error:
        return error
    return None


def _platform_plugins() -> Path:
    import PySide6  # noqa: PLC0415  (only Linux has it)

    return Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms"


def _page() -> str:
    size = sum(file.stat().st_size for file in UI.rglob("*") if file.is_file())
    if not (UI / "index.html").is_file():
        raise FileNotFoundError("the page's files are missing")
    return f"{size // 1000} kB"


def _kept() -> str:
    places = (SettingsFile().path, AlbumFile().path)
    for place in places:
        folder = _nearest(place.parent)
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise OSError(f"nothing can be saved in {folder}: {reason(error)}") from error
    return " and ".join(os.fsdecode(place) for place in places)


def _nearest(folder: Path) -> Path:
    """The folder, or its nearest parent that exists."""
    return folder if folder.is_dir() or folder == folder.parent else _nearest(folder.parent)


CHECKS: tuple[tuple[str, Check], ...] = (
    ("window", _window),
    ("page", _page),
    ("settings and album", _kept),
)
