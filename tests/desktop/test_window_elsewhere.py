"""desktop.window as it is on other systems. Needs no display."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
import webview
from webview.dom import _dnd_state

from desktop.language import Language
from desktop.place import Place
from desktop.window import Window


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("WEBVIEW2_ADDITIONAL_BROWSER_ARGUMENTS", "--remote-debugging-port=9222")
    for name in ("PIPE_FOR_SCRIPT_DEBUGGER", "WAIT_FOR_SCRIPT_DEBUGGER", "USER_DATA_FOLDER"):
        monkeypatch.setenv(f"WEBVIEW2_{name}", "somewhere")
    monkeypatch.setattr("desktop.window.webview.create_window", MagicMock())
    place = Place(900, 600, 2020, 50)
    heard: list[Any] = []
    return Window(
        base="http://x/",
        answered=heard.append,
        dropped=heard.append,
        opened=heard.append,
        closing=lambda: heard.append("closing"),
        place=place,
        language=Language(),
        storage=Path("run", "browser"),
    )


def test_there_is_no_debugger_and_no_other_folder_whatever_the_environment_asks_for(window: Any) -> None:
    assert window
    assert [name for name in os.environ if name.startswith("WEBVIEW2_")] == []


def screen(x: int, y: int, width: int, height: int, taskbar: int = 0) -> SimpleNamespace:
    """One of pywebview's, with a taskbar of that height at its lower edge."""
    room = SimpleNamespace(X=x, Y=y, Width=width, Height=height - taskbar)
    return SimpleNamespace(x=x, y=y, width=width, height=height, frame=room)


@pytest.mark.parametrize(("system", "corner"), [("linux", (100, 350)), ("win32", (2020, 50))])
def test_the_window_is_put_where_it_was_whatever_screen_is_the_first(
    window: Any, monkeypatch: pytest.MonkeyPatch, system: str, corner: tuple[int, int]
) -> None:
    beside, main = (screen(x, y, 1920, 1080) for x, y in ((1920, -300), (0, 0)))
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("desktop.window._backend", lambda: SimpleNamespace(get_screens=lambda: [beside, main]))
    window._put()
    assert (window._window.initial_x, window._window.initial_y) == corner


def test_on_windows_the_taskbar_hides_nothing_of_the_window(window: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    laptop = screen(0, 0, 1366, 768, taskbar=48)
    monkeypatch.setattr("desktop.window._backend", lambda: SimpleNamespace(get_screens=lambda: [laptop]))
    window._place = Place()  # of a first start
    window._put()
    assert (window._window.initial_width, window._window.initial_height) == (1180, 720)
    window._place = Place(900, 600, 100, 725)  # with its title bar below the taskbar, where nobody can take hold of it
    window._put()
    assert window.place == Place(900, 600)


@pytest.mark.parametrize(("beside", "reached"), [((1920, 300), True), ((1920, -300), False)])
def test_macos_counts_screens_upwards(
    window: Any, monkeypatch: pytest.MonkeyPatch, beside: tuple[int, int], reached: bool
) -> None:
    main, other = (screen(x, y, 1920, 1080) for x, y in ((0, 0), beside))
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("desktop.window._backend", lambda: SimpleNamespace(get_screens=lambda: [main, other]))
    window._window.initial_x = None
    window._put()
    assert window._window.initial_x == (2020 if reached else None)
    assert window.place.y == (50 if reached else None)
    assert window._window.screen is main


@pytest.mark.parametrize(("system", "asked_for"), [("darwin", (True, False)), ("win32", (False, True))])
def test_a_window_that_filled_the_screen_does_so_again_and_can_return_to_its_size(
    window: Any, monkeypatch: pytest.MonkeyPatch, system: str, asked_for: tuple[bool, bool]
) -> None:
    """On macOS pywebview says so of full screen, and would make a maximized one as large as the screen for good."""
    main = screen(0, 0, 1920, 1080)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("desktop.window._backend", lambda: SimpleNamespace(get_screens=lambda: [main]))
    window._place = Place(900, 600, 20, 50, maximized=True)
    inner = window._window
    inner.fullscreen = inner.maximized = False
    window._put()
    assert (inner.fullscreen, inner.maximized) == asked_for
    assert (inner.initial_width, inner.initial_height) == (900, 600)


@pytest.mark.parametrize(
    ("seen", "maximized", "system", "noted"),
    [
        ((1000, 700, 30, 40), False, "win32", (1000, 700, 30, 40)),
        ((1936, 1056, -8, -8), True, "win32", (800, 500, 10, 20)),
        ((160, 28, -32000, -32000), False, "win32", (800, 500, 10, 20)),
        ((1920, 1055, 0, 25), True, "darwin", (900, 600, 2020, 50)),
    ],
    ids=["as it is", "maximized", "minimized", "macos tells nothing"],
)
def test_the_place_to_return_to_is_noted(
    window: Any,
    monkeypatch: pytest.MonkeyPatch,
    seen: tuple[int, ...],
    maximized: bool,
    system: str,
    noted: tuple[int, ...],
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    inner = window._window
    inner.width, inner.height, inner.x, inner.y = seen
    inner.native.RestoreBounds, inner.native._scale = SimpleNamespace(Width=1200, Height=750, X=15, Y=30), 1.5
    window._note_maximized(maximized)
    window._note_place()
    assert window.place == Place(*noted, maximized=maximized)


@pytest.mark.parametrize("minimized", [True, False])
def test_windows_shows_the_window_as_large_as_it_was(
    window: Any, monkeypatch: pytest.MonkeyPatch, minimized: bool
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    user32 = MagicMock()
    user32.IsIconic.return_value = minimized
    monkeypatch.setattr("ctypes.windll", SimpleNamespace(user32=user32), raising=False)
    window._window.native.Handle.ToInt64.return_value = 0xF00D
    window.bring_to_front()
    assert user32.ShowWindow.called == minimized  # it would make a maximized one smaller
    (handle,) = user32.SetForegroundWindow.call_args.args
    assert handle.value == 0xF00D


@pytest.mark.parametrize("hangs", [True, False])
def test_windows_says_whether_the_window_hangs(window: Any, monkeypatch: pytest.MonkeyPatch, hangs: bool) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    user32 = MagicMock()
    user32.IsHungAppWindow.return_value = int(hangs)
    monkeypatch.setattr("ctypes.windll", SimpleNamespace(user32=user32), raising=False)
    window._window.native.Handle.ToInt64.return_value = 0xF00D
    assert window.answers() is not hangs


@pytest.mark.parametrize("hangs", [True, False])
def test_on_macos_the_main_thread_says_whether_the_window_hangs(
    window: Any, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    tools = ModuleType("PyObjCTools")
    tools.AppHelper = SimpleNamespace(callAfter=lambda act: None if hangs else act())  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, tools.__name__, tools)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("desktop.window.PATIENCE", 0.01)
    assert window.answers() is not hangs


def test_on_macos_the_app_ends_although_no_event_follows_the_close(
    window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit, tools = MagicMock(), MagicMock()
    later: list[Any] = []
    tools.AppHelper.callAfter = later.append
    monkeypatch.setitem(sys.modules, "AppKit", kit)
    monkeypatch.setitem(sys.modules, "PyObjCTools", tools)
    monkeypatch.setattr(sys, "platform", "darwin")
    window._window.destroy = lambda: later.append("pywebview's close")
    window.close()
    first, post = later  # in the GUI's thread, in this order: an event before the close would be lost
    assert first == "pywebview's close"
    post()
    event = kit.NSEvent.otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_
    event.assert_called_once_with(kit.NSEventTypeApplicationDefined, (0, 0), 0, 0, 0, None, 0, 0, 0)
    kit.NSApplication.sharedApplication().postEvent_atStart_.assert_called_once_with(event.return_value, True)


def test_a_window_that_takes_long_to_show_begins_all_the_same(window: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("desktop.window._backend", lambda: SimpleNamespace(get_screens=list))
    monkeypatch.setattr("desktop.window._backend_name", lambda: None)
    monkeypatch.setattr("desktop.webview2.prepare", lambda base, failed: None)
    options: dict[str, Any] = {}
    monkeypatch.setattr("desktop.window.webview.start", lambda shown, **given: shown() or options.update(given))
    window._window.events.shown.wait = lambda timeout=None: timeout is None  # longer than any limit
    begun: list[bool] = []
    window.show(lambda: begun.append(True), lambda: None)
    assert begun == [True]
    assert options["storage_path"] == str(Path("run", "browser"))  # Windows' own, which ends with the run


def test_on_macos_the_end_is_told_to_who_shows_the_window_and_the_menus_are_in_the_systems_language(
    window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    main = screen(0, 0, 1920, 1080)
    monkeypatch.setattr("desktop.window._backend", lambda: SimpleNamespace(get_screens=lambda: [main]))
    told: list[Any] = []
    monkeypatch.setattr("desktop.cocoa.listen", lambda opened, ended: told.append(ended))
    monkeypatch.setattr("desktop.cocoa.system_language", min)
    monkeypatch.setattr("desktop.window.webview.start", lambda *_, localization, **__: told[0](localization))
    ended = MagicMock()
    window.show(lambda: None, ended)
    (texts,) = ended.call_args.args
    assert texts["cocoa.menu.quit"] == "Agelens beenden"  # there is no page yet to tell the system's language


@pytest.mark.parametrize(("system", "prepared"), [("darwin", ["master"]), ("win32", [])])
def test_on_macos_the_view_is_prepared_before_it_is_shown(
    monkeypatch: pytest.MonkeyPatch, system: str, prepared: list[str]
) -> None:
    inner, seen = webview.Window("master", "Agelens", "http://x/"), []
    monkeypatch.setattr("desktop.window.webview.create_window", lambda *_, **__: inner)
    monkeypatch.setattr("desktop.cocoa.prepare_view", seen.append)
    monkeypatch.setattr(sys, "platform", system)
    nothing: Any = MagicMock()
    Window(
        base="http://x/",
        answered=nothing,
        dropped=nothing,
        opened=nothing,
        closing=lambda: None,
        place=Place(),
        language=Language(),
        storage=Path("browser"),
    )
    inner.events.before_show.set()
    assert seen == prepared


@pytest.mark.parametrize(
    ("system", "heard"), [("darwin", [["/a.jpg"], [], []]), ("win32", [["/a.jpg"], [], []]), ("linux", [["/a.jpg"]])]
)
def test_a_drop_that_holds_no_file_is_told_where_it_can_be_told_from_text(
    window: Any, monkeypatch: pytest.MonkeyPatch, system: str, heard: list[list[str]]
) -> None:
    """Photos, for one, only promises to write a file, and pywebview finds none, or one without a path."""
    monkeypatch.setattr(sys, "platform", system)
    paths: list[list[str]] = []
    window._dropped = paths.append
    for key in ("num_listeners", "paths"):  # put back afterwards
        monkeypatch.setitem(_dnd_state, key, None)
    window._take_drops()
    _dnd_state["paths"] += [("a.jpg", "/a.jpg")]
    _dnd_state["paths"] += []
    _dnd_state["paths"] += [("", "")]
    assert paths == heard


def test_the_next_file_is_saved_where_the_last_one_was(
    window: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    documents, results = tmp_path / "Documents", tmp_path / "Results"
    monkeypatch.setattr("platformdirs.user_documents_path", lambda: documents)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    asked: list[str] = []
    # Of one of the backends, an answer is a string.
    answers: list[Any] = [None, (str(results / "a.csv"),), str(results / "b.csv"), ("",), None]

    def ask(_: object, directory: str, **__: object) -> Any:
        asked.append(directory)
        return answers.pop(0)

    window._window.create_file_dialog = ask
    window.choose_file("a.csv")
    for folder in (documents, results):
        folder.mkdir()
        window.choose_file("a.csv")
    window.choose_file("a.csv")
    results.rmdir()
    window.choose_file("a.csv")
    assert asked == [str(folder) for folder in (tmp_path, documents, results, results, documents)]


def test_windows_closes_an_empty_window_and_says_why(window: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("desktop.window._backend", lambda: SimpleNamespace(get_screens=list))
    monkeypatch.setattr("desktop.window._backend_name", lambda: None)
    failures: list[Any] = []
    monkeypatch.setattr("desktop.webview2.prepare", lambda base, failed: failures.append(failed))
    closed = threading.Event()
    window._window.destroy = closed.set

    def start(*_: Any, **options: Any) -> None:
        failures[0]("WebView2 has ended.")
        assert closed.wait(60)

    monkeypatch.setattr("desktop.window.webview.start", start)
    with pytest.raises(RuntimeError, match="WebView2 has ended"):
        window.show(lambda: None, lambda: None)


@pytest.mark.parametrize(
    ("backend", "part"),
    [
        ("winforms", "class BrowserForm(WinForms.Form):"),  # has RestoreBounds
        ("winforms", "@property\n        def _scale(self):"),
        ("winforms", "Chromium.EdgeChrome(self, "),
        ("winforms", "s.WorkingArea,"),  # as a screen's frame
        ("winforms", "if not directory:\n        directory = os.environ['HOMEPATH']\n"),
        ("edgechromium", "self.webview.NavigationStarting += self.on_navigation_start\n"),
        ("edgechromium", "self.webview.NavigationCompleted += self.on_navigation_completed\n"),
        ("edgechromium", "sender.CoreWebView2.NewWindowRequested += self.on_new_window_request\n"),
        ("edgechromium", "'\"FilesDropped\"'"),
        ("edgechromium", "_dnd_state['paths'] += "),
        ("cocoa", "class AppDelegate(AppKit.NSObject):"),
        ("cocoa", "BrowserView.AppDelegate.alloc()"),
        ("cocoa", "_dnd_state['paths'] += "),
        ("cocoa", "if window.fullscreen:\n            self.toggle_fullscreen()"),
        ("cocoa", "def windowDidEnterFullScreen_"),
        ("cocoa", "def applicationShouldTerminate_"),  # and no applicationWillTerminate_ of its own
        ("cocoa", "def _append_app_name(self, val):"),
        ("cocoa", "BrowserView.instances[window.uid] = self"),
        ("cocoa", "self.webview = BrowserView.WebKitHost.alloc()"),
        ("cocoa", "self.window = BrowserView.WindowHost.alloc()"),
    ],
)
def test_pywebview_still_has_the_parts_that_are_not_its_api(backend: str, part: str) -> None:
    """Its package has the code for every system."""
    source = Path(webview.__file__).parent / "platforms" / f"{backend}.py"
    assert part in source.read_text(encoding="utf-8")
