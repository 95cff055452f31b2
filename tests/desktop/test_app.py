"""desktop.app: what reaches the window from outside. Needs no display."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from desktop.app import App
from desktop.handover import Handover

Until = Callable[..., float]


@pytest.fixture
def app(short_folder: Path) -> Iterator[Any]:
    """One that is open, without its parts."""
    app: Any = App.__new__(App)
    for part in ("bridge", "events", "intake", "keeper", "people", "settings", "window"):
        setattr(app, part, MagicMock())
    app._given, app._screenshot, app._handover = [], None, Handover(short_folder)
    assert app._handover.give([]) is False
    app._begin()
    yield app
    app._handover.close()


def test_a_folder_that_hangs_does_not_keep_later_starts_waiting(app: Any, short_folder: Path, until: Until) -> None:
    """As on a network drive that is gone."""
    back, taken = threading.Event(), []

    def take(paths: list[str], **_: bool) -> None:
        if paths == ["/gone/a.jpg"]:
            back.wait()
        taken.extend(paths)

    app.intake.take = take
    for path in ("/gone/a.jpg", "/b.jpg"):
        assert Handover(short_folder).give([path]) is True
    until(lambda: taken == ["/b.jpg"], 10)
    back.set()
    until(lambda: taken == ["/b.jpg", "/gone/a.jpg"], 10)
