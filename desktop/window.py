"""The window: pywebview, with a strict policy for the page.

pywebview hands results to the page through `eval`, and builds the page's api with `new Function`. Both would need
'unsafe-eval' in the page's Content-Security-Policy. Scripts that the shell injects are not subject to that policy as
long as they do not themselves turn strings into code, so two small replacements below do the same without that.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
import webview
from webview.dom import _dnd_state
from webview.guilib import initialize

from desktop.clipboard import Clip, read_clipboard, write_clipboard
from desktop.dropped import dropped_path
from desktop.handover import PATIENCE
from desktop.language import WORDINGS, Language
from desktop.place import SMALLEST_SIZE, Place
from engine.paths import EXTENSIONS
from engine.wording import Wording

TITLE = "Agelens"

_ANSWER = re.compile(r'window\.pywebview\._returnValuesCallbacks\["(?P<name>\w+)"\]')
"""The script with which pywebview hands the page the answer to a call."""

_CREATE_API = """
window.pywebview._createApi = function (functions) {
  for (const { func } of functions) {
    window.pywebview._returnValuesCallbacks[func] = {};
    window.pywebview.api[func] = (...parameters) => new Promise((resolve, reject) => {
      const id = crypto.randomUUID();
      window.pywebview._checkValue(func, resolve, reject, id);
      window.pywebview._jsApiCallback(func, parameters, id);
    });
  }
};
"""
"""Replaces pywebview's function of this name, which makes its functions out of strings."""

_TAKE_DROPS = """
if (!window.agelensTakesDrops) {  // pywebview also says "loaded" when it was refused to go elsewhere
  window.agelensTakesDrops = true;
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    // WebView2 tells the host real paths only for files that the page hands over.
    const files = event.dataTransfer?.files;
    if (files?.length && window.chrome?.webview?.postMessageWithAdditionalObjects) {
      window.chrome.webview.postMessageWithAdditionalObjects('FilesDropped', files);
    }
  });
}
"""

_SW_RESTORE = 9
"""Windows' constant for the size and place from before a window was minimized."""

_OF_WEBVIEW2 = (
    "WEBVIEW2_ADDITIONAL_BROWSER_ARGUMENTS",
    "WEBVIEW2_PIPE_FOR_SCRIPT_DEBUGGER",
    "WEBVIEW2_WAIT_FOR_SCRIPT_DEBUGGER",
    "WEBVIEW2_USER_DATA_FOLDER",
)
"""Variables by which Windows' browser engine could open a port of its debugger, which asks for no secret, tell a
debugger how to get in, wait for one, or keep its files elsewhere than in the run's folder, where they would stay."""

_NO_WEBVIEW2 = (
    "Microsoft's WebView2, which draws it, is missing. "
    "Get it from https://developer.microsoft.com/microsoft-edge/webview2"
)


def photo_types(say: Wording) -> tuple[str, ...]:
    """File types of the photo dialog, as pywebview wants them: a name of letters, digits and spaces, then endings."""
    endings = sorted(f"*{ending}" for ending in EXTENSIONS)
    if sys.platform == "linux":
        endings += [ending.upper() for ending in endings]  # some of its dialogs are case-sensitive
    photos = f"{say('Photos')} ({';'.join(endings)})"
    # On macOS pywebview would make an empty list of "*.*", which the dialog does not take.
    return (photos,) if sys.platform == "darwin" else (photos, f"{say('All files')} (*.*)")


def export_types(say: Wording, ending: str) -> tuple[str, ...]:
    """The same for the dialog where a file with this ending is saved."""
    return (f"{say('{kind} file', kind=ending.upper())} (*.{ending})",)


class Window:
    """The app's only window.

    Args:
        base: where the page is; every address that the window may go to begins with it.
        answered: called with a call's name when its answer has reached the page.
        dropped: called with the real paths of what is dropped on the window, in the GUI's thread; on macOS
            and Windows with none if it is not a file yet.
        opened: the same for what macOS' Finder opens with the app while it runs.
        closing: called when the window closes, in the GUI's thread. The process may end right after it.
        place: where the window is to be.
        language: the user's, for the system's dialogs.
        storage: a folder for the files of Windows' browser engine, which each run needs anew.
    """

    def __init__(
        self,
        *,
        base: str,
        answered: Callable[[str], None],
        dropped: Callable[[list[str]], None],
        opened: Callable[[list[str]], None],
        closing: Callable[[], None],
        place: Place,
        language: Language,
        storage: Path,
    ) -> None:
        webview.settings["OPEN_EXTERNAL_LINKS_IN_BROWSER"] = False
        webview.settings["ALLOW_FILE_URLS"] = False
        for name in _OF_WEBVIEW2:
            os.environ.pop(name, None)
        self._base = base
        self._answered = answered
        self._language = language
        self._storage = storage
        self._dropped = dropped
        self._opened = opened
        window = webview.create_window(
            TITLE,
            f"{base}index.html",
            min_size=SMALLEST_SIZE,
            # The page's style sheet decides what can be selected; pywebview would use an inline style.
            text_select=True,
            js_api=_Nothing(),
        )
        assert window is not None  # None only after another window's start
        self._window = window
        self._plain_run_js = window.run_js
        window.run_js = self._run_js  # type: ignore[method-assign]
        window.evaluate_js = self._evaluate_js  # type: ignore[method-assign]
        self._place = place
        window.events.before_show += self._prepare_view
        window.events.closing += self._note_place
        window.events.closing += closing
        self._maximized = place.maximized
        self._failure: str | None = None
        self._saved_in: Path | None = None
        window.events.maximized += lambda: self._note_maximized(True)
        window.events.restored += lambda: self._note_maximized(False)
        window.events.loaded += self._take_drops

    def expose(self, calls: Iterable[Callable[..., Any]]) -> None:
        """Let the page call these functions by name; it can reach nothing else of Python. Call it before `show`."""
        self._window.expose(*calls)

    @property
    def native(self) -> Any:
        """The backend's own window."""
        return self._window.native

    @property
    def place(self) -> Place:
        """Where the window was when it was closed; before that, where it was to be."""
        return self._place

    def show(self, begin: Callable[[], None], ended: Callable[[], object]) -> None:
        """Show the window and return when it is closed. To be called in the main thread.

        Args:
            begin: called in another thread once the window is on the screen.
            ended: called in the GUI's thread when the process ends and this never returns: on Cmd+Q on macOS.

        Raises:
            RuntimeError: what draws the window is missing, did not start or has ended.
        """

        def shown() -> None:
            self._window.events.shown.wait()  # however long a slow machine takes: without it nothing begins
            begin()

        texts: dict[str, str] = {}
        if sys.platform == "linux":
            from desktop.qt import prepare  # noqa: PLC0415

            self._application = prepare(TITLE)
        elif sys.platform == "darwin":
            from desktop.cocoa import listen, menu_texts, system_language  # noqa: PLC0415

            listen(self._opened, ended)
            self._language.set_page_language(system_language(WORDINGS))  # menus cannot wait for the page to tell it
            texts = menu_texts(self._language.say)
        self._put()
        if sys.platform == "win32":
            from desktop.webview2 import prepare as prepare_backend  # noqa: PLC0415

            prepare_backend(self._base, self._fail)
        # On Windows pywebview would choose a folder that remains if the app does not end as it should.
        storage = str(self._storage) if sys.platform == "win32" else None
        webview.start(shown, localization=texts, gui=_backend_name(), private_mode=True, storage_path=storage)
        if self._failure is not None:
            raise RuntimeError(self._failure)

    def close(self) -> None:
        """Close the window, from any thread."""
        self._window.destroy()
        if sys.platform == "darwin":
            from desktop.cocoa import post_event  # noqa: PLC0415

            post_event()

    def answers(self) -> bool:
        """Whether the window responds, rather than hangs; from any thread but the GUI's. May wait a while."""
        if not self._window.events.loaded.is_set():
            return True  # it is being drawn, which may take long; photos that are handed over wait for it
        if sys.platform == "linux":
            from desktop.qt import answers  # noqa: PLC0415

            return answers(self.native, PATIENCE)
        if sys.platform == "win32":
            return not ctypes.windll.user32.IsHungAppWindow(self._handle)
        from PyObjCTools import AppHelper  # noqa: PLC0415

        done = threading.Event()
        AppHelper.callAfter(done.set)
        return done.wait(PATIENCE)

    def bring_to_front(self) -> None:
        """Bring the window to the front, as far as the desktop allows; from any thread but the GUI's."""
        if sys.platform == "linux":
            from desktop.qt import bring_to_front  # noqa: PLC0415

            bring_to_front(self.native)
        elif sys.platform == "win32":
            if ctypes.windll.user32.IsIconic(self._handle):
                ctypes.windll.user32.ShowWindow(self._handle, _SW_RESTORE)
            ctypes.windll.user32.SetForegroundWindow(self._handle)
        else:
            self._window.show()

    def send(self, event: dict[str, Any]) -> None:
        """Hand an event to the page. JSON in ASCII is valid JavaScript, whatever characters file names hold."""
        self._window.run_js(f"window.agelens?.receive({json.dumps(event)})")

    def ask(self, expression: str) -> Any:
        """Value of a JavaScript expression in the page: a string, number, boolean or None."""
        return self._window.run_js(expression)

    def choose_photos(self) -> Sequence[str]:
        """Let the user choose photos in the system's dialog; empty when canceled."""
        kinds = photo_types(self._language.say)
        return self._window.create_file_dialog(webview.FileDialog.OPEN, allow_multiple=True, file_types=kinds) or ()

    def choose_folder(self) -> Sequence[str]:
        """Let the user choose a folder in the system's dialog; empty when canceled."""
        return [path for path in self._window.create_file_dialog(webview.FileDialog.FOLDER) or () if path]

    def choose_file(self, name: str) -> Sequence[str]:
        """Let the user choose where to save a file, in the system's dialog, which asks before a file is replaced.

        It begins where the last file of this run was saved, else in the user's documents.

        Args:
            name: the proposed file name.

        Returns:
            the path; empty when canceled.
        """
        ending = name.rpartition(".")[2]
        folders = filter(None, (self._saved_in, platformdirs.user_documents_path()))
        chosen = self._window.create_file_dialog(
            webview.FileDialog.SAVE,
            directory=str(next((folder for folder in folders if folder.is_dir()), Path.home())),
            save_filename=name,
            file_types=export_types(self._language.say, ending),
        )
        # One of the backends answers with a string.
        paths = [chosen] if isinstance(chosen, str) else chosen or ()
        files = [path for path in paths if path]
        if files:
            self._saved_in = Path(files[0]).parent
        return files

    def read_clipboard(self) -> Clip:
        """What the system's clipboard holds."""
        return read_clipboard(self.native)

    def write_clipboard(self, text: str) -> None:
        """Put text into the system's clipboard."""
        write_clipboard(self.native, text)

    @property
    def _handle(self) -> ctypes.c_void_p:
        """Windows' handle of the window."""
        return ctypes.c_void_p(self.native.Handle.ToInt64())

    def _run_js(self, script: str) -> Any:
        if script.lstrip().startswith("window.pywebview._createApi("):
            script = _CREATE_API + script
        return self._plain_run_js(script)

    def _evaluate_js(self, script: str, callback: Callable[..., Any] | None = None) -> None:
        """Replaces pywebview's. pywebview itself calls it only to hand over results, and never uses what it returns."""
        self._window.run_js(script)
        if (call := _ANSWER.match(script)) is not None:
            self._answered(call["name"])

    def _take_drops(self) -> None:
        """Listen for drops, after each load of the page: its listeners are gone with the page before."""
        paths = _DroppedPaths(self._receive_drop)
        _dnd_state.update(num_listeners=1, paths=paths)
        self._window.run_js(_TAKE_DROPS)

    def _receive_drop(self, files: list[tuple[str, str]]) -> None:
        encoded = webview.renderer == "qtwebengine"
        paths = [path for _, noted in files if (path := dropped_path(noted, encoded)) is not None]
        # A drop of nothing is one of files that are yet to be written, as from Photos or a mail. Or, on Linux, it is
        # one of text.
        if paths or sys.platform != "linux":
            self._dropped(paths)

    def _put(self) -> None:
        """Tell pywebview where the window is to be, on the screens that are connected now."""
        # Not `webview.screens`, which would choose a backend of its own and warn of all that are not installed.
        found = _backend().get_screens()
        screens = [(screen.x, screen.y, screen.width, screen.height) for screen in found]
        if sys.platform == "win32":  # which would let the taskbar cover the window: a frame is the room beside it
            rooms = [screen.frame for screen in found]
            screens = [(room.X, room.Y, room.Width, room.Height) for room in rooms]
        if sys.platform == "darwin":  # screens count upward from the main one, the first, but windows downward
            screens = [(x, found[0].height - y - height, width, height) for x, y, width, height in screens]
        place = self._place = self._place.within(screens)
        window = self._window
        window.initial_width, window.initial_height = place.width, place.height
        if sys.platform == "darwin":
            # There pywebview calls a window in full screen maximized, but asked to maximize one, makes it as large as
            # the screen, without a way back.
            window.fullscreen = place.maximized
        else:
            window.maximized = place.maximized
        if place.x is not None and place.y is not None:
            # Qt counts from the corner of the main screen, the first one; Windows from the origin of all screens.
            left, top = screens[0][:2] if sys.platform == "linux" else (0, 0)
            window.initial_x, window.initial_y = place.x - left, place.y - top
        if sys.platform == "darwin":  # else it counts from the screen with the keyboard focus, which varies
            window.screen = found[0]

    def _note_place(self) -> None:
        """Called in the GUI's thread, while the window is still there."""
        if sys.platform == "linux":
            from desktop.qt import place_of  # noqa: PLC0415

            self._place = place_of(self._window.native)
        else:
            window = self._window
            now = Place(int(window.width), int(window.height), int(window.x), int(window.y))
            if self._maximized or not now.is_shown:  # keep the place that it returns to
                now = self._place
                if sys.platform == "win32":
                    bounds, scale = window.native.RestoreBounds, window.native._scale
                    now = Place(*(int(side / scale) for side in (bounds.Width, bounds.Height, bounds.X, bounds.Y)))
            self._place = replace(now, maximized=self._maximized)

    def _note_maximized(self, maximized: bool) -> None:
        self._maximized = maximized

    def _fail(self, reason: str) -> None:
        """Called in the GUI's thread, perhaps before the window is shown, for which closing waits."""
        self._failure = reason
        threading.Thread(target=self.close, daemon=True).start()

    def _prepare_view(self) -> None:
        """Called in the GUI's thread, when what shows the page is there and still empty."""
        if sys.platform == "linux":  # refuses what the page never needs: going elsewhere, new windows, downloads
            from desktop.qt import harden  # noqa: PLC0415

            harden(self._window.native, self._base)
        elif sys.platform == "darwin":
            from desktop.cocoa import prepare_view  # noqa: PLC0415

            prepare_view(self._window.uid)


class _Nothing:
    """Stands in for the object that pywebview lets the page call every attribute of, and of its attributes: None has
    some as well."""

    def __getattribute__(self, name: str) -> Any:
        raise AttributeError(name)


class _DroppedPaths(list[tuple[str, str]]):
    """Stands in for pywebview's list of dropped files, to which its backends add (name, path) on a native drop.

    pywebview would match these with the page's files by name, which loses one of two files with the same name, and
    those whose names look percent-encoded. So all of them are taken here as they come, and nothing is left to match.
    """

    def __init__(self, receive: Callable[[list[tuple[str, str]]], None]) -> None:
        super().__init__()
        self._receive = receive

    def __iadd__(self, files: Iterable[tuple[str, str]]) -> _DroppedPaths:  # type: ignore[override,misc]
        self._receive(list(files))
        return self


def toolkit() -> str:
    """The name of what draws the window on this system, loaded for real. Needs no display."""
    if sys.platform != "linux":
        return str(_backend().renderer)
    from desktop.qt import versions  # noqa: PLC0415

    return versions()


def _backend() -> Any:
    """pywebview's backend for this system.

    Raises:
        RuntimeError: the only one there cannot show the page: Internet Explorer's.
    """
    found = initialize(_backend_name())
    if sys.platform == "win32" and found.renderer != "edgechromium":
        raise RuntimeError(_NO_WEBVIEW2)
    return found


def _backend_name() -> Any:
    """Which of pywebview's backends to use; pywebview's own choice would depend on what happens to be installed."""
    if sys.platform == "linux":
        return "qt"
    return "edgechromium" if sys.platform == "win32" else None
