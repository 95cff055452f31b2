"""desktop.clipboard, as it is on other systems."""

from __future__ import annotations

import ctypes
import functools
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageGrab

from desktop.clipboard import read_clipboard, write_clipboard


@pytest.mark.parametrize("urls", [None, [], ["/photos/a.jpg", "/photos/b c.jpg"]])
def test_of_files_copied_in_the_finder_the_files_come_not_their_icon(
    monkeypatch: pytest.MonkeyPatch, urls: list[str] | None
) -> None:
    def read(classes: list[Any], options: dict[str, bool]) -> list[Any] | None:
        assert (classes, options) == (["NSURL"], {"files only": True})
        return None if urls is None else [SimpleNamespace(path=lambda path=path: path) for path in urls]

    board = SimpleNamespace(readObjectsForClasses_options_=read)
    kit: Any = SimpleNamespace(
        NSPasteboard=SimpleNamespace(generalPasteboard=lambda: board),
        NSPasteboardURLReadingFileURLsOnlyKey="files only",
        NSURL="NSURL",
    )
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "AppKit", kit)
    monkeypatch.setattr(ImageGrab, "grabclipboard", lambda: Image.new("RGB", (8, 8)))
    clip = read_clipboard(None)
    assert clip.paths == tuple(urls or ())
    assert (clip.picture is None) == bool(urls)


class WindowsClipboard:
    """Windows' functions for it, on real memory. It is held by another program at the first `held` attempts."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, held: int = 0, full: bool = False, refuses: bool = False
    ) -> None:
        self.open = False
        self.held = held
        self.full = full
        self.refuses = refuses
        self.paused = 0.0
        self.memory: Any = None
        self.content: bytes | None = b"before"
        parts = ("OpenClipboard", "EmptyClipboard", "SetClipboardData", "CloseClipboard")
        parts += ("GlobalAlloc", "GlobalLock", "GlobalUnlock", "GlobalFree")
        # Functions, not methods, as their result's type is set.
        library = SimpleNamespace(**{part: functools.partial(getattr(self, f"_{part}")) for part in parts})
        monkeypatch.setattr(ctypes, "WinDLL", lambda name, use_last_error: library, raising=False)
        monkeypatch.setattr(ctypes, "get_last_error", lambda: 5, raising=False)
        monkeypatch.setattr(ctypes, "WinError", lambda code: OSError(code, "Access is denied."), raising=False)
        monkeypatch.setattr(time, "sleep", self._pause)
        monkeypatch.setattr(sys, "platform", "win32")

    def write(self, text: str) -> None:
        write_clipboard(SimpleNamespace(Handle=SimpleNamespace(ToInt64=lambda: 0xF00D)), text)

    def _pause(self, seconds: float) -> None:
        self.paused += seconds

    def _OpenClipboard(self, owner: ctypes.c_void_p) -> int:  # noqa: N802
        assert owner.value == 0xF00D  # without a window, nothing could be put there
        self.held -= 1
        self.open = self.held < 0
        return int(self.open)

    def _EmptyClipboard(self) -> int:  # noqa: N802
        assert self.open
        self.content = None
        return 1

    def _GlobalAlloc(self, flags: int, size: ctypes.c_size_t) -> int | None:  # noqa: N802
        assert flags == 2
        self.memory = None if self.full else ctypes.create_string_buffer(size.value)
        return None if self.full else 0xBEEF

    def _GlobalLock(self, memory: ctypes.c_void_p) -> int | None:  # noqa: N802
        return None if memory.value is None else ctypes.addressof(self.memory)

    def _GlobalUnlock(self, memory: ctypes.c_void_p) -> None:  # noqa: N802
        assert memory.value == 0xBEEF

    def _GlobalFree(self, memory: ctypes.c_void_p) -> None:  # noqa: N802
        assert memory.value == 0xBEEF
        self.memory = None

    def _SetClipboardData(self, kind: int, memory: ctypes.c_void_p) -> int | None:  # noqa: N802
        assert self.open
        assert (kind, memory.value) == (13, 0xBEEF)
        if self.refuses:
            return None
        self.content = self.memory.raw
        return 0xBEEF

    def _CloseClipboard(self) -> None:  # noqa: N802
        assert self.open
        self.open = False


def test_windows_gets_the_text_and_nothing_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte order mark would show in a table's cell, or keep what is pasted from being found again."""
    clipboard = WindowsClipboard(monkeypatch)
    clipboard.write("Zoë \U0001f600: 34 years\n")
    assert clipboard.content == "Zoë \U0001f600: 34 years\r\n\0".encode("utf-16-le")
    assert not clipboard.open
    clipboard.write("a\udc80.jpg")  # part of a file's name that is no text
    assert clipboard.content == "a?.jpg\0".encode("utf-16-le")


def test_windows_clipboard_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clipboard = WindowsClipboard(monkeypatch, held=3)
    clipboard.write("34")
    assert clipboard.content == "34\0".encode("utf-16-le")
    assert 0 < clipboard.paused < 1
    clipboard = WindowsClipboard(monkeypatch, held=99)
    with pytest.raises(OSError, match="Access is denied"):
        clipboard.write("34")
    assert clipboard.content == b"before"
    assert 0.5 < clipboard.paused < 2


@pytest.mark.parametrize("problem", ["full", "refuses"])
def test_what_windows_does_not_take_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch, problem: str) -> None:
    clipboard = WindowsClipboard(monkeypatch, **{problem: True})
    with pytest.raises(OSError, match="Access is denied"):
        clipboard.write("34")
    assert not clipboard.open
    assert clipboard.memory is None
