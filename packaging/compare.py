"""Tells what differs between two builds: `python packaging/compare.py ONE OTHER`, two folders dist/agelens."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def differences(one: Path, other: Path) -> list[str]:
    """Files that only one of the folders has, or whose content, target or execute permission differs, sorted."""
    names = {path.relative_to(folder) for folder in (one, other) for path in folder.rglob("*") if not path.is_dir()}
    return sorted(name.as_posix() for name in names if _content(one / name) != _content(other / name))


def _content(file: Path) -> object:
    if file.is_symlink():
        return file.readlink()
    return (file.read_bytes(), file.stat().st_mode & 0o111) if file.is_file() else None


def main() -> int:
    """Compare, from the command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Tell what differs between two builds of the bundle.")
    parser.add_argument("one", type=Path, help="the folder dist/agelens of a build")
    parser.add_argument("other", type=Path, help="that of another")
    options = parser.parse_args()
    found = differences(options.one, options.other)
    print("\n".join(found) or "The builds are the same.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
