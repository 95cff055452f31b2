"""Files that are either the old version or the new one, never half of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.files import replacing

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""


def check_folder_name(name: str) -> None:
    """Check that a name of a run or a collection is that of one folder, so that its files stay where these belong.

    Raises:
        ValueError: it is empty or a path.
    """
    if name in ("", "..") or Path(name).name != name:
        raise ValueError(f"a run or a collection is named like a folder, without a path, not {name!r}")


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(content)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as readable JSON, atomically."""
    write_atomic(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
