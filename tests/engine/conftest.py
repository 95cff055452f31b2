"""What several tests of the engine share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.detector import Detector
from engine.detector_build import WHEEL, WHEELS, read_wheel

sys.path.insert(0, str(Path(__file__).parent))  # for attack_photos


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The detector that ships."""
    return Detector.load()


@pytest.fixture(scope="session")
def original_network() -> bytes:
    """CenterFace's ONNX file from the pinned package, which the set-up has left in .cache."""
    wheel: Path = WHEELS / WHEEL
    if not wheel.is_file():
        pytest.skip(f"{wheel} is not there: `python -m engine.detector_build` downloads it when it builds")
    return read_wheel(wheel)[0]
