"""What the About page shows."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from engine.model_info import AgeModelError, read_info
from engine.version import app_commit, app_version
from engine.wording import Wording
from engine.worker_messages import ModelInfo

PACKAGES = ("insightface", "onnxruntime", "numpy", "Pillow", "pillow-heif", "pywebview", "pyside6-webengine")
"""Packages whose versions are shown if they are installed."""

NOTICES = "THIRD_PARTY_NOTICES.txt"
"""The licenses of everything in the packaged app, see packaging/notices.py."""

_NOTES = (
    "Photos never leave this computer.",
    "Agelens estimates apparent age: how old a face looks, which may be far from the person's real age.",
    "It is not for age verification and not for decisions about people.",
    "It does not estimate sex or ethnicity.",
)


def about(info: ModelInfo | None, folders: Iterable[Path], say: Wording) -> dict[str, Any]:
    """The contract's `About`.

    Args:
        info: what the worker loaded, None before it is ready.
        folders: where albums and settings are kept; often one and the same.
        say: the language of the notes and of the model's license.
    """
    model: dict[str, Any] = {}
    notes = [say(note) for note in _NOTES]
    try:
        model = read_info()
    except AgeModelError as error:
        notes.append(say.finished(str(error)))
    providers = dict.fromkeys(info.providers.values()) if info is not None else {}
    packages = {name: version for name in PACKAGES if (version := _version(name)) is not None}
    return {
        "version": app_version(),
        "commit": app_commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "provider": ", ".join(providers) or say("not loaded yet"),
        "packages": packages,
        "folders": [str(folder) for folder in dict.fromkeys(folders)],
        "model": model,
        "licences": {
            "code": "MIT",
            "weights": say.finished(model["licence"]) if "licence" in model else say("unknown"),
            "qt": "LGPL 3" if "pyside6-webengine" in packages else None,
            "others": _notices(),
        },
        "notes": notes,
    }


def _notices() -> str | None:
    """Where the packaged app has its `NOTICES`."""
    if not getattr(sys, "frozen", False):
        return None
    programs = Path(sys.executable).parent
    return str((programs.parent / "Resources" if sys.platform == "darwin" else programs) / NOTICES)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
