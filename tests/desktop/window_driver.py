"""Real windows for the tests: what they need, and how a script that drives one is run."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

REAL_WINDOW = [
    pytest.mark.skipif(sys.platform != "linux", reason="drives Qt's window, which is Linux's backend"),
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("PySide6") is None, reason="PySide6 is not installed"),
]
"""Marks for a module whose tests open a window."""


def run_driver(script: str, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """What a script beside this file saw of a window.

    Args:
        script: its name.
        folder: for what it writes.
        environment: as given by the fixture of this name.
    """
    answer = subprocess.run(
        [sys.executable, str(Path(__file__).parent / script), str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert answer.stdout, answer.stderr
    seen: dict[str, Any] = json.loads(answer.stdout)
    assert "failed" not in seen, seen["failed"] + answer.stderr
    return seen
