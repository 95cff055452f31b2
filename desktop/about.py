"""What the About page shows."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

from engine.model_info import AgeModelError, read_info
from engine.version import app_commit, app_version
from engine.wording import Wording
from engine.worker_messages import ModelInfo

PACKAGES = ("insightface", "onnxruntime", "numpy", "Pillow", "pi-heif", "pywebview", "pyside6-webengine")
"""Packages whose versions are shown if they are installed."""

_NOTES = (
    "Photos never leave this computer.",
    "Agelens estimates apparent age: how old a face looks, which may be far from the person's real age.",
    "It is not for age verification and not for decisions about people.",
    "It does not estimate sex or race.",
)


def about(info: ModelInfo | None, say: Wording) -> dict[str, Any]:
    """The contract's `About`.

    Args:
        info: what the worker loaded, None before it is ready.
        say: the language of the notes.
    """
    model: dict[str, Any] = {}
    notes = [say(note) for note in _NOTES]
    try:
        model = read_info()
    except AgeModelError as error:
        notes.append(say.finished(str(error)))
    providers = dict.fromkeys(info.providers.values()) if info is not None else {}
    return {
        "version": app_version(),
        "commit": app_commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "provider": ", ".join(providers) or say("not loaded yet"),
        "packages": {name: version for name in PACKAGES if (version := _version(name)) is not None},
        "model": model,
        "licences": {"code": "MIT", "weights": model.get("licence", "unknown")},
        "notes": notes,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
