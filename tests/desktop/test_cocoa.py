"""desktop.cocoa, against doubles of macOS' modules."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from webview.localization import original_localization

from desktop.cocoa import listen, menu_texts, prepare_view, system_language
from desktop.language import WORDINGS


@pytest.fixture
def cocoa(monkeypatch: pytest.MonkeyPatch) -> Any:
    """pywebview's backend."""
    cocoa: Any = ModuleType("webview.platforms.cocoa")
    cocoa.BrowserView = SimpleNamespace(AppDelegate=object)
    monkeypatch.setitem(sys.modules, cocoa.__name__, cocoa)
    return cocoa


@pytest.fixture
def foundation(monkeypatch: pytest.MonkeyPatch) -> Any:
    foundation: Any = ModuleType("Foundation")
    foundation.NSUserDefaults = MagicMock()
    monkeypatch.setitem(sys.modules, foundation.__name__, foundation)
    return foundation


def test_the_finders_photos_are_handed_on(cocoa: Any, foundation: Any) -> None:
    opened: list[list[str]] = []
    listen(opened.append, lambda: None)
    application = MagicMock()
    cocoa.BrowserView.AppDelegate().application_openFiles_(application, ("/a.jpg", "/b.jpg"))
    assert opened == [["/a.jpg", "/b.jpg"]]
    application.replyToOpenOrPrint_.assert_called_once_with(0)
    (defaults,) = foundation.NSUserDefaults.standardUserDefaults().registerDefaults_.call_args.args
    assert defaults == {"NSTreatUnknownArgumentsAsOpen": "NO", "NSAppSleepDisabled": True}


@pytest.mark.usefixtures("foundation")
def test_the_end_within_the_loop_is_told_and_nothing_holds_it_up(cocoa: Any, caplog: pytest.LogCaptureFixture) -> None:
    ended = MagicMock(side_effect=RuntimeError("made up"))
    listen(lambda _: None, ended)
    cocoa.BrowserView.AppDelegate().applicationWillTerminate_(MagicMock())
    ended.assert_called_once_with()
    assert "the end failed" in caplog.text


def test_tab_reaches_buttons_and_the_empty_window_is_not_white_in_dark_mode(
    cocoa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit, view = MagicMock(), MagicMock()
    monkeypatch.setitem(sys.modules, "AppKit", kit)
    cocoa.BrowserView.instances = {"master": view}
    prepare_view("master")
    view.webview.configuration().preferences().setTabFocusesLinks_.assert_called_once_with(True)
    view.window.setBackgroundColor_.assert_called_once_with(kit.NSColor.windowBackgroundColor())


@pytest.mark.parametrize(
    ("wanted", "language"),
    [(["fr-CH", "de-CH", "en-US"], "de"), (["en-DE", "de-DE"], "en"), (["fr"], "en"), ([], "en")],
)
def test_the_systems_first_language_that_agelens_speaks(foundation: Any, wanted: list[str], language: str) -> None:
    foundation.NSLocale = MagicMock()
    foundation.NSLocale.preferredLanguages.return_value = wanted
    assert system_language(WORDINGS) == language


@pytest.mark.usefixtures("foundation")
def test_every_menu_is_in_the_users_language(cocoa: Any) -> None:
    menus = {key for key in original_localization if key.startswith("cocoa.menu.")}
    english, german = (menu_texts(WORDINGS[language]) for language in ("en", "de"))
    assert english.keys() == german.keys() == menus | {"global.saveFile"}
    assert not [key for key in english if english[key] == german[key]]
    listen(lambda _: None, lambda: None)
    assert cocoa.BrowserView._append_app_name(None, german["cocoa.menu.hide"]) == "Agelens ausblenden"
