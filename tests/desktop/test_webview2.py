"""desktop.webview2: pywebview's own code for WebView2, around doubles of Windows' libraries."""

from __future__ import annotations

import importlib
import sys
import threading
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from webview.event import Event

from desktop.webview2 import watch_processes

WINDOWS = (
    "clr",
    "winreg",
    "System",
    "System.Collections.Generic",
    "System.Diagnostics",
    "System.Drawing",
    "System.Globalization",
    "System.Threading.Tasks",
    "System.Windows.Forms",
    "Microsoft.Web.WebView2.Core",
    "Microsoft.Web.WebView2.WinForms",
)

EDGECHROMIUM = "webview.platforms.edgechromium"

Made = tuple[Any, Any, list[str]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """pywebview's browser, WebView2's part that it has, and the failures that were told."""
    # Importing it also makes it an attribute of its package, which is undone only if it was set here.
    monkeypatch.setattr(EDGECHROMIUM, None, raising=False)
    for name in (*WINDOWS, EDGECHROMIUM):
        monkeypatch.setitem(sys.modules, name, MagicMock())
    monkeypatch.setenv("Path", "")
    del sys.modules[EDGECHROMIUM]  # imported anew, and removed after the test
    edgechromium = importlib.import_module(EDGECHROMIUM)
    failures: list[str] = []
    watch_processes(failures.append)
    browser = edgechromium.EdgeChrome(MagicMock(), MagicMock(background_color="#ffffff"), "cache")
    core = MagicMock(ProcessFailed=Event(None, should_lock=True))
    return browser, core, failures


def failed(core: Any, kind: str) -> None:
    core.ProcessFailed.set(core, SimpleNamespace(ProcessFailedKind=kind))


def waits(browser: Any) -> threading.Thread:
    """A thread that waits for a script's answer, which never comes."""
    asked = threading.Event()
    browser.webview.Invoke = lambda _: asked.set()
    thread = threading.Thread(target=browser.evaluate_js, args=("1", False), daemon=True)
    thread.start()
    assert asked.wait(60)
    return thread


@pytest.mark.parametrize(
    ("kind", "reloaded", "told"),
    [
        ("RenderProcessExited", True, []),
        ("BrowserProcessExited", False, ["Microsoft's WebView2, which draws it, has ended. Start Agelens again."]),
    ],
)
def test_nobody_waits_for_a_process_that_has_ended(made: Made, kind: str, reloaded: bool, told: list[str]) -> None:
    browser, core, failures = made
    browser.on_webview_ready(MagicMock(CoreWebView2=core), SimpleNamespace(IsSuccess=True))
    waiting = [waits(browser), waits(browser)]
    failed(core, kind)
    for thread in waiting:
        thread.join(60)
        assert not thread.is_alive()
    assert core.Reload.called == reloaded
    assert failures == told


def test_nobody_waits_for_a_page_that_cannot_be_loaded_again(made: Made) -> None:
    browser, core, _ = made
    core.Reload.side_effect = RuntimeError("the browser has ended too")
    browser.on_webview_ready(MagicMock(CoreWebView2=core), SimpleNamespace(IsSuccess=True))
    thread = waits(browser)
    failed(core, "RenderProcessExited")
    thread.join(60)
    assert not thread.is_alive()


def test_a_process_that_webview2_replaces_changes_nothing(made: Made) -> None:
    browser, core, failures = made
    browser.on_webview_ready(MagicMock(CoreWebView2=core), SimpleNamespace(IsSuccess=True))
    thread = waits(browser)
    failed(core, "GpuProcessExited")
    assert (thread.is_alive(), core.Reload.called, failures) == (True, False, [])
    failed(core, "BrowserProcessExited")
    thread.join(60)


def test_webview2_that_does_not_start_is_told(made: Made) -> None:
    browser, core, failures = made
    problem = SimpleNamespace(Message="Access is denied.")
    browser.on_webview_ready(
        MagicMock(CoreWebView2=core), SimpleNamespace(IsSuccess=False, InitializationException=problem)
    )
    assert failures == ["Microsoft's WebView2, which draws it, did not start: Access is denied."]
