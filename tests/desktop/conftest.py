"""Shared by the shell's tests."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from desktop_doubles import FakeWorker
from shell_double import Shell


def until(condition: Callable[[], object], seconds: float = 10.0) -> float:
    """Wait until something is so; returns how long that took. Fails the test when it does not come."""
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


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., float]:
    return until
