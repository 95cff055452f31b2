"""Photos and models that every test may use."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.analyzer import Analyzer

# Users do not have it: with it, what a started process could not write is not in its buffers, where it does harm.
os.environ.pop("PYTHONUNBUFFERED", None)

LONGEST = {f"ui/test_{name}.py" for name in ("access", "grid", "people", "photos")} | {
    "engine/test_cli.py",
    "engine/test_worker.py",
    "training/test_recover.py",
    "training/test_train.py",
}
"""Files that take longest: begun last, one of them would keep a single process busy while the others have ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files."""
    # Their last two parts: a path as it was typed may lead through links.
    items.sort(key=lambda item: "/".join(item.path.parts[-2:]) not in LONGEST)


@pytest.fixture(scope="session")
def links(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips a test where links cannot be made, as on a Windows that grants its users no right to."""
    try:
        (tmp_path_factory.mktemp("links") / "link").symlink_to("target")
    except OSError:
        pytest.skip("this system does not let its user make links")


@pytest.fixture(scope="session")
def group_photo() -> Path:
    """t1.jpg of the insightface package: six adults."""
    spec = find_spec("insightface")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "data" / "images" / "t1.jpg"


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """scikit-image's portrait of Eileen Collins: shape (512, 512, 3), uint8, RGB, one face."""
    from skimage import data  # noqa: PLC0415  (slow to import)

    return np.asarray(data.astronaut(), dtype=np.uint8)


@pytest.fixture(scope="session")
def astronaut_photo(astronaut: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a PNG file."""
    path = tmp_path_factory.mktemp("photos") / "astronaut.png"
    Image.fromarray(astronaut).save(path)
    return path


@pytest.fixture(scope="session")
def analyzer() -> Iterator[Analyzer]:
    """The engine with the models that ship."""
    with Analyzer() as loaded:
        yield loaded


class Scanner:
    """Windows while another program holds every file: that many renames are refused. `paused` is how long we wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, attempts: int, winerror: int | None = 32) -> None:
        self.paused = 0.0
        rename = os.replace

        def replace(part: str | Path, target: str | Path) -> None:
            nonlocal attempts
            attempts -= 1
            if attempts < 0:
                rename(part, target)
                return
            error = PermissionError(13, "Permission denied")
            if winerror is not None:
                error.winerror = winerror  # type: ignore[attr-defined,unused-ignore]
            raise error

        for name in ("replace", "rename"):
            monkeypatch.setattr(os, name, replace)
        monkeypatch.setattr(time, "sleep", self._pause)

    def _pause(self, seconds: float) -> None:
        self.paused += seconds


@pytest.fixture
def scan(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scanner]:
    """Begins to hold all files: takes `Scanner`'s further arguments."""
    return functools.partial(Scanner, monkeypatch)
