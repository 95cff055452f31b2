"""Messages that say why there is no window, on systems that these tests do not run on."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from desktop import __main__ as program
from desktop import window


def test_windows_without_webview2_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """pywebview would take Internet Explorer's engine, in which the page stays empty."""
    monkeypatch.setattr(window, "sys", SimpleNamespace(platform="win32"))
    asked: list[str] = []
    for renderer in ("edgechromium", "mshtml"):
        found = SimpleNamespace(renderer=renderer)
        monkeypatch.setattr(window, "initialize", lambda name, found=found: asked.append(name) or found)
        if renderer == "edgechromium":
            assert window.toolkit() == renderer
        else:
            with pytest.raises(RuntimeError, match="WebView2, which draws it, is missing"):
                window.toolkit()
    assert asked == ["edgechromium"] * 2


def test_why_there_is_no_window_is_said_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    program._complain("the window cannot be shown: no")
    assert capsys.readouterr().err == "agelens: the window cannot be shown: no\n"
