"""What `agelens --self-test` tries out beyond the analysis: what the window needs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from desktop.album_file import AlbumFile
from desktop.app import UI
from desktop.settings import SettingsFile
from desktop.window import toolkit
from engine.files import reason
from engine.self_test import Check


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
            raise OSError(f"nothing can be kept in {folder}: {reason(error)}") from error
    return " and ".join(os.fsdecode(place) for place in places)


def _nearest(folder: Path) -> Path:
    """The folder, or the one that is there and in which it would be made."""
    return folder if folder.is_dir() or folder == folder.parent else _nearest(folder.parent)


CHECKS: tuple[tuple[str, Check], ...] = (
    ("window", toolkit),
    ("page", _page),
    ("settings and album", _kept),
)
