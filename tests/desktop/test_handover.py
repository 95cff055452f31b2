"""desktop.handover: one window for all starts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

import pytest

from desktop import handover
from desktop.handover import Handover

Until = Callable[..., float]
Start = Callable[[], Handover]


class PipeListener(Listener):
    """Behaves like Windows' pipes: while somebody waits at one, it stays even if closed, and its name is taken."""

    waiting = 0

    def __init__(self, address: str, backlog: int) -> None:
        if PipeListener.waiting:
            raise PermissionError(13, "Access is denied")
        super().__init__(address, backlog=backlog)

    def accept(self) -> Connection[Any, Any]:
        PipeListener.waiting += 1
        try:
            return super().accept()
        finally:
            PipeListener.waiting -= 1


@pytest.fixture
def start(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Makes the Handover of each start of the program, all in one folder."""
    starts: list[Handover] = []
    monkeypatch.setattr(handover, "PATIENCE", 60)  # what must come may be late on a busy machine

    def made() -> Handover:
        starts.append(Handover(short_folder))
        return starts[-1]

    yield made
    for one in starts:
        one.close()


def test_a_later_start_gives_its_photos_to_the_first(start: Start, until: Until) -> None:
    first, received = start(), []
    assert first.give(["own.jpg"]) is False
    assert start().give(["/photos/a.jpg", "/photos/\udcff 写真"]) is True  # while the first draws its window
    first.receive(received.append, lambda: True)
    assert start().give([]) is True
    until(lambda: len(received) == 2)
    assert received == [["/photos/a.jpg", "/photos/\udcff 写真"], []]


def test_of_many_starts_one_has_the_window(start: Start, until: Until) -> None:
    """As when twenty photos are opened in a file manager."""
    starts = [start() for _ in range(20)]
    received: list[str] = []
    gave: dict[int, bool] = {}

    def begin(number: int) -> None:
        gave[number] = starts[number].give([f"/{number}"])
        if not gave[number]:
            starts[number].receive(received.extend, lambda: True)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (window,) = [number for number, given in gave.items() if not given]
    until(lambda: len(received) == 19)
    assert sorted(received) == sorted(f"/{number}" for number in range(20) if number != window)


def test_a_window_that_is_closed_takes_no_more(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "Listener", PipeListener)
    first = start()
    first.give([])
    for _ in range(2):
        first.close()
    assert start().give(["/a.jpg"]) is False
    assert start().give(["/b.jpg"]) is True  # the second listens now


@pytest.mark.skipif(sys.platform == "win32", reason="pipes leave no file behind")
def test_a_window_that_was_killed_is_not_waited_for(start: Start, short_folder: Path) -> None:
    code = "import os, sys; from desktop.handover import *; Handover(Path(sys.argv[1])).give([]); os._exit(9)"
    killed = subprocess.run([sys.executable, "-c", code, str(short_folder)], check=False, timeout=60)
    assert killed.returncode == 9
    assert list(short_folder.glob("*.sock"))
    assert start().give([]) is False
    assert start().give(["a.jpg"]) is True


def test_a_window_that_does_not_answer_is_not_waited_for_long(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "PATIENCE", 0.1)
    first = start()
    first.give([])
    monkeypatch.setattr(first, "_answer", lambda connection: None)
    assert start().give(["a.jpg"]) is False


def test_a_window_that_hangs_takes_no_photos_until_it_answers_again(
    start: Start, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "PATIENCE", 0.1)
    first, received, answers = start(), [], threading.Event()
    first.give([])
    first.receive(received.append, lambda: answers.wait(60))
    assert start().give(["/a.jpg"]) is False  # it has its own window
    answers.set()
    monkeypatch.setattr(handover, "PATIENCE", 60)
    assert start().give(["/b.jpg"]) is True
    until(lambda: received)
    assert received == [["/b.jpg"]]


def test_a_window_that_tells_that_it_hangs_takes_no_photos(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "PATIENCE", 0.1)
    first = start()
    first.give([])
    first.receive(print, lambda: False)
    assert start().give(["/a.jpg"]) is False


def test_a_start_that_says_nothing_does_not_keep_later_ones_waiting(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "PATIENCE", 0.1)
    first = start()
    first.give([])
    with Client(first._address) as silent:
        assert silent.poll(60)  # it is hung up on
        monkeypatch.setattr(handover, "PATIENCE", 60)
        assert start().give([]) is True


@pytest.mark.parametrize("nonsense", [b"{", b"\xff\0\xfe", b"\x80\x04N.", b"a.jpg\0../b.jpg", b"\0" * 1000])
def test_only_absolute_paths_are_taken(
    start: Start, until: Until, monkeypatch: pytest.MonkeyPatch, nonsense: bytes
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "")  # set below, and restored afterwards
    first, received = start(), []
    first.give([])
    first.receive(received.append, lambda: True)
    with Client(first._address) as connection:
        connection.send_bytes(nonsense)
        assert connection.recv_bytes() == b"taken"
    with Client(first._address):
        pass  # nothing at all
    assert start().give(["/a.jpg"]) is True
    until(lambda: len(received) == 2)
    assert received == [[], ["/a.jpg"]]


def test_starts_of_an_app_image_meet_though_each_is_mounted_elsewhere(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPIMAGE", "/home/somebody/agelens.AppImage")
    for number, meet in enumerate((False, True)):
        monkeypatch.setenv("APPDIR", str(tmp_path / f"mount{number}"))
        monkeypatch.setattr(sys, "executable", str(tmp_path / f"mount{number}" / "usr" / "lib" / "agelens"))
        assert start().give([]) is meet


def test_a_start_by_another_app_image_is_not_taken_for_it(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """As from a terminal that is one."""
    address = start()._address
    monkeypatch.setenv("APPIMAGE", "/home/somebody/terminal.AppImage")
    for folder in ("/tmp/.mount_terminal", ""):
        monkeypatch.setenv("APPDIR", folder)
        assert start()._address == address


def test_the_right_to_come_to_the_front_is_handed_on(
    start: Start, until: Until, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which Wayland gives to the process that the user has started."""
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "")
    first, received = start(), []
    first.give([])
    first.receive(lambda photos: received.append((photos, os.environ["XDG_ACTIVATION_TOKEN"])), lambda: True)
    code = (
        "import sys; from desktop import handover; from pathlib import Path; handover.PATIENCE = 45;"
        "sys.exit(not handover.Handover(Path(sys.argv[1])).give(['/a.jpg']))"
    )
    environment = os.environ | {"XDG_ACTIVATION_TOKEN": "the right"}
    later = subprocess.run([sys.executable, "-c", code, str(short_folder)], env=environment, check=False, timeout=60)
    assert later.returncode == 0
    until(lambda: received)
    assert received == [(["/a.jpg"], "the right")]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have other rules")
def test_nobody_else_can_give_photos_or_be_taken_for_a_window(short_folder: Path) -> None:
    folder = short_folder / "share" / "Agelens"
    first = Handover(folder)
    first.give([])
    assert Path(first._address).suffix == ".sock"
    modes = {one.suffix: one.stat().st_mode & 0o777 for one in folder.iterdir()}
    assert modes == {".sock": 0o600, ".lock": 0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    first.close()


def test_where_starts_cannot_meet_each_has_its_window(tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(b"")
    for folder in (tmp_path / "a file", tmp_path / ("too long for a socket " * 8)):
        for _ in range(2):  # the first has to release the lock
            assert Handover(folder).give(["a.jpg"]) is False


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "SESSIONNAME"])
def test_another_screen_has_a_window_of_its_own(start: Start, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert start().give([]) is False
    monkeypatch.setenv(name, "another")
    assert start().give([]) is False


def test_another_installation_has_a_window_of_its_own(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    assert start().give([]) is False
    monkeypatch.setattr(sys, "executable", "/opt/other/agelens")
    assert start().give([]) is False
