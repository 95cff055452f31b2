"""desktop.webview2: pywebview's own code for WebView2, around doubles of Windows' libraries."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from webview.event import Event

from desktop.webview2 import prepare

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

BASE = "http://127.0.0.1:5000/secret/"
PAGE, EMPTY = f"{BASE}index.html", "about:blank"

Made = tuple[Any, Any, list[str]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """pywebview's browser, WebView2's part that it has, and the failures that were told."""
    # Importing it also makes it an attribute of its package, which is undone only if it was set here.
    monkeypatch.setattr(EDGECHROMIUM, None, raising=False)
    for name in (*WINDOWS, EDGECHROMIUM):
        monkeypatch.setitem(sys.modules, name, MagicMock())
    monkeypatch.setenv("Path", "")
    monkeypatch.setenv("HOMEPATH", r"\Users\ada")
    del sys.modules[EDGECHROMIUM]  # imported anew, and removed after the test
    edgechromium = importlib.import_module(EDGECHROMIUM)
    failures: list[str] = []
    prepare(BASE, failures.append)
    inner = MagicMock(background_color="#ffffff", real_url=PAGE, transparent=False)
    browser = edgechromium.EdgeChrome(MagicMock(), inner, "cache")
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


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, made: Made) -> MagicMock:
    """Called when pywebview takes what is shown for a new page."""
    told = MagicMock()
    monkeypatch.setattr(f"{EDGECHROMIUM}.inject_pywebview", told)
    return told


def goes(made: Made, address: str, number: int = 7) -> bool:
    """Whether the window is let go there."""
    args = SimpleNamespace(Uri=address, Cancel=False, NavigationId=number)
    made[0].on_navigation_start(MagicMock(CoreWebView2=made[1]), args)
    return not args.Cancel


def ends(made: Made, where: str, number: int = 7) -> None:
    """The way to somewhere ends, and WebView2 then shows what is at `where`."""
    made[1].Source = where
    made[0].on_navigation_completed(MagicMock(CoreWebView2=made[1]), SimpleNamespace(NavigationId=number))


@pytest.mark.parametrize(
    "address", ["file:///C:/Photos/a.jpg", "https://example.org/", "http://127.0.0.1:5000/other/index.html"]
)
def test_the_window_goes_nowhere_else(made: Made, loaded: MagicMock, address: str) -> None:
    """As where a photo is dropped before the page listens."""
    assert goes(made, PAGE, 1)
    ends(made, PAGE, 1)
    assert loaded.call_count == 1
    assert not goes(made, address, 2)
    ends(made, PAGE, 2)
    assert loaded.call_count == 1  # else answers to calls of the page would get lost
    assert not made[1].Navigate.called


def test_a_page_whose_way_was_ended_by_another_address_is_loaded_once_more(made: Made, loaded: MagicMock) -> None:
    assert goes(made, PAGE, 1)
    assert not goes(made, "file:///C:/Photos/a.jpg", 2)
    ends(made, EMPTY, 1)
    ends(made, EMPTY, 2)
    made[1].Navigate.assert_called_once_with(PAGE)
    assert not loaded.called
    assert goes(made, PAGE, 3)
    ends(made, PAGE, 3)
    assert loaded.called


def test_there_is_no_second_window_and_its_page_does_not_take_this_one(made: Made) -> None:
    browser, _, _ = made
    args = MagicMock(Handled=False, Uri="file:///C:/Photos/a.jpg")
    browser.load_url = MagicMock()
    browser.on_new_window_request(MagicMock(), args)
    assert args.Handled is True
    assert not browser.load_url.called


@pytest.mark.usefixtures("made")
def test_dialogs_begin_where_windows_remembers_the_last_one() -> None:
    """pywebview gives them this folder if there is no other, and Windows its own if that is empty."""
    assert os.environ["HOMEPATH"] == ""
