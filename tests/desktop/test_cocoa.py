"""desktop.cocoa, against doubles of macOS' modules."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from unittest.mock import MagicMock

import pytest

from desktop.cocoa import receive_opened


def test_the_finders_photos_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    foundation = ModuleType("Foundation")
    foundation.NSUserDefaults = MagicMock()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, foundation.__name__, foundation)
    cocoa = ModuleType("webview.platforms.cocoa")
    cocoa.BrowserView = SimpleNamespace(AppDelegate=object)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, cocoa.__name__, cocoa)
    opened: list[list[str]] = []
    receive_opened(opened.append)
    application = MagicMock()
    cocoa.BrowserView.AppDelegate().application_openFiles_(application, ("/a.jpg", "/b.jpg"))
    assert opened == [["/a.jpg", "/b.jpg"]]
    application.replyToOpenOrPrint_.assert_called_once_with(0)
    (defaults,) = foundation.NSUserDefaults.standardUserDefaults().registerDefaults_.call_args.args
    assert defaults == {"NSTreatUnknownArgumentsAsOpen": "NO", "NSAppSleepDisabled": True}
