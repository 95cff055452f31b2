"""desktop.clipboard, as it is on other systems."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from desktop.clipboard import write_clipboard


def test_windows_own_program_is_called_wherever_the_current_folder_is(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("SYSTEMROOT", r"C:\Windows")
    monkeypatch.setattr(subprocess, "run", lambda command, **options: called.append((command, options["input"])))
    write_clipboard(None, "34 years")
    assert called == [([r"C:\Windows\System32\clip.exe"], "34 years".encode("utf-16"))]
