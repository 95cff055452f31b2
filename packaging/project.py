"""What installers and programs say about themselves, from pyproject.toml, the license and the engine."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bundle"
"""Intermediate files."""
DIST = ROOT / "dist"
FOLDER = DIST / "agelens"
"""The bundle: two programs and what they share."""


@dataclass(frozen=True)
class Project:
    """`version` is as in pyproject.toml, `numbers` its first three numbers, `publisher` is named in the license."""

    version: str
    publisher: str
    copyright: str

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The version without what marks a pre-release: "1.2.0rc1" and "1.2" are 1.2.0."""
        match = re.match(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", self.version)
        if match is None:
            raise ValueError(f"the version {self.version!r} begins with no number")
        major, minor, patch = (int(number or 0) for number in match.groups())
        return major, minor, patch


def read_project(root: Path = ROOT) -> Project:
    """Read it from pyproject.toml and LICENSE.

    Raises:
        ValueError: the license names no copyright holder.
    """
    about = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    licence = (root / "LICENSE").read_text(encoding="utf-8")
    holder = re.search(r"^Copyright \(c\) \d{4} (.+)$", licence, re.MULTILINE)
    if holder is None:
        raise ValueError("LICENSE names no holder of the copyright")
    return Project(about["version"], holder[1], holder[0])


def photo_extensions() -> tuple[str, ...]:
    """File name extensions of the photos that the engine reads, with their dot."""
    if str(ROOT) not in sys.path:  # it has a script's own folder, not the repository's
        sys.path.insert(0, str(ROOT))
    return tuple(sorted(import_module("engine.paths").EXTENSIONS))
