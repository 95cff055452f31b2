"""desktop.clipboard, as it is on other systems."""

from __future__ import annotations

import subprocess
import sys
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


def test_windows_own_program_is_called_wherever_the_current_folder_is(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("SYSTEMROOT", r"C:\Windows")
    monkeypatch.setattr(subprocess, "run", lambda command, **options: called.append((command, options["input"])))
    write_clipboard(None, "34 years")
    assert called == [([r"C:\Windows\System32\clip.exe"], "34 years".encode("utf-16"))]
