"""Shared by the shell's tests."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from desktop_doubles import FakeWorker
from shell_double import Shell

from desktop import events, keeper


def until(condition: Callable[[], object], seconds: float = 60.0) -> float:
    """Wait until a condition holds; returns how long that took. Fails the test if it does not come."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            pytest.fail(f"not so after {seconds} seconds")
        time.sleep(0.005)
    return time.monotonic() - began


@pytest.fixture
def worker() -> FakeWorker:
    return FakeWorker()


@pytest.fixture
def shell(tmp_path: Path, worker: FakeWorker) -> Iterator[Shell]:
    made = Shell(tmp_path, worker)
    yield made
    made.close()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket in it, which `tmp_path` is not always."""
    with tempfile.TemporaryDirectory(prefix="agelens-") as made:
        yield Path(made)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for others to change as well."""
    monkeypatch.setattr(keeper, "INTERVAL", 0.01)
    monkeypatch.setattr(events, "INTERVAL", 0.01)


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., float]:
    return until


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A virtual display, and a home and temporary folder of their own."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "tmp").mkdir()
    reading, writing = os.pipe()
    display = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = numbers.readline().strip()
    yield os.environ | {
        "DISPLAY": f":{number}",
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_DATA_HOME": str(folder / "data"),
        "TMPDIR": str(folder / "tmp"),
        "QT_QPA_PLATFORM": "xcb",
        # The page is in the user's language.
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "LANGUAGE": "en",
    }
    display.terminate()
    display.wait(60)
