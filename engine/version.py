"""Which Agelens this is."""

from __future__ import annotations

import json
from functools import cache
from importlib import metadata
from pathlib import Path

_BUILD = Path(__file__).parent / "build.json"
"""Written by the build of the packaged app."""


@cache
def app_version() -> str:
    """Version of the installed app."""
    try:
        return metadata.version("agelens")
    except metadata.PackageNotFoundError:
        return "unknown"


@cache
def app_commit() -> str | None:
    """Abbreviated commit that the packaged app was built from; None when running from source."""
    try:
        return str(json.loads(_BUILD.read_text(encoding="utf-8"))["commit"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def version_line(program: str) -> str:
    """What `--version` prints."""
    commit = app_commit()
    return f"{program} {app_version()} ({f'commit {commit}' if commit else 'from source'})"
