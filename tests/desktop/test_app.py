"""desktop.app: what reaches the window from outside. Needs no display."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from desktop.app import App
from desktop.handover import Handover

Until = Callable[..., float]


@pytest.fixture
def app(short_folder: Path) -> Iterator[Any]:
    """An open app, without its parts."""
    app: Any = App.__new__(App)
    for part in ("bridge", "events", "exports", "intake", "keeper", "people", "settings", "window"):
        setattr(app, part, MagicMock())
    app._given, app._screenshot, app._handover = [], None, Handover(short_folder)
    app.bridge._draft = (0, None)
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
    until(lambda: taken == ["/b.jpg"])
    back.set()
    until(lambda: taken == ["/b.jpg", "/gone/a.jpg"])


def test_when_the_window_closes_names_are_kept_first_and_an_export_leaves_nothing(app: Any) -> None:
    """The process may end right after."""
    done: list[str] = []
    app.keeper.flush = lambda: done.append("kept")
    app.exports.close = lambda: done.append("export over")
    app._closing()
    assert done == ["kept", "export over"]


def test_photos_given_while_the_window_closes_are_left_to_the_next_start(app: Any, short_folder: Path) -> None:
    """The album is written meanwhile, which may take a while."""
    next_start, gave = Handover(short_folder), []
    app.keeper.flush = lambda: gave.append(next_start.give(["/a.jpg"]))
    app._closing()
    assert gave == [False]
    next_start.close()


@pytest.mark.parametrize(("system", "told"), [("darwin", "Export it first (in Photos"), ("win32", "Save it as a file")])
def test_a_drop_of_what_is_no_file_yet_says_what_to_do(
    app: Any, monkeypatch: pytest.MonkeyPatch, system: str, told: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    app._dropped([])
    (text, kind), _ = app.events.notice.call_args
    assert told in text
    assert kind == "warning"
    app.intake.drop.assert_not_called()


def test_photos_are_taken_though_the_window_cannot_come_to_the_front(app: Any) -> None:
    app.window.bring_to_front.side_effect = RuntimeError("made up")
    app._received(["/a.jpg"])
    app.intake.take.assert_called_once_with(["/a.jpg"], analyze=True, show=True)


def test_macos_hears_of_a_polite_end_while_the_window_has_nothing_to_do(
    app: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("awake", "exports", "jobs", "pictures", "server"):
        setattr(app, part, MagicMock())
    app._status = 0
    heard: dict[int, Callable[[int], None]] = {}
    tools = ModuleType("PyObjCTools")
    tools.MachSignals = SimpleNamespace(signal=heard.__setitem__)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, tools.__name__, tools)
    monkeypatch.setattr(sys, "platform", "darwin")
    app.window.show = lambda _begin, _ended: heard[signal.SIGTERM](signal.SIGTERM)
    assert app.run() == 0
    until(lambda: app.window.close.called)


def test_cmd_q_on_macos_takes_everything_apart_once_as_closing_the_window_does(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the process ends within the GUI's loop: the pictures of this run would stay on the disk."""
    closed: list[str] = []
    for part in ("awake", "events", "exports", "jobs", "keeper", "pictures", "server"):
        setattr(app, part, MagicMock())
        getattr(app, part).close = lambda part=part: closed.append(part)
    app._status = 0
    in_order = ["events", "exports", "awake", "jobs", "keeper", "server", "pictures"]
    seen: list[list[str]] = []

    def show(_begin: Any, ended: Callable[[], object]) -> None:
        ended()
        seen.append(closed.copy())

    app.window.show = show
    monkeypatch.setattr("desktop.app.signal.signal", lambda *_: None)
    app.run()
    assert seen == [in_order]
    assert closed == in_order
