"""What is known about the bundled age model without loading it: `engine/models/age.json`, written by `training`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parent / "models"


class AgeModelError(Exception):
    """The model's files are missing, altered or cannot be loaded. The text is meant for the user."""


def read_info(folder: Path | None = None) -> dict[str, Any]:
    """Contents of `age.json` without loading the model (the window's About page needs no more).

    Raises:
        AgeModelError: the file is missing or is not what `training` writes.
    """
    path = (folder or MODELS) / "age.json"
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AgeModelError(f"The file {path.name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise AgeModelError(f"The file {path.name} is damaged: {error}.") from error
    if not isinstance(info, dict) or not {"name", "version", "sha256", "template"} <= info.keys():
        raise AgeModelError(f"The file {path.name} does not describe an age model.")
    return info
