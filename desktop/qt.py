"""What Linux's backend needs beyond pywebview: a window that goes nowhere else, its clipboard and its picture."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QBuffer, QIODevice, Qt, QTimer, QUrl, qVersion
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWebEngineCore import (
    QWebEngineNavigationRequest,
    QWebEnginePermission,
    QWebEngineSettings,
    qWebEngineChromiumVersion,
)
from PySide6.QtWidgets import QApplication

from desktop.dropped import dropped_path
from desktop.place import Place
from desktop.qt_memory import JS_FLAGS, collect_garbage, give_large_blocks_back, hold_singletons

_PATIENCE = 20.0
"""Seconds to wait for the GUI's thread."""


_FLAGS = (
    "--log-level=3",
    # Things that the page's policy does not forbid an injected script: opening a connection without a request
    # (preconnect), which can leak something in the name that is looked up, and calls (WebRTC).
    '--host-resolver-rules="MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"',
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    f'--js-flags="{JS_FLAGS}"',
)


def prepare(name: str) -> QApplication:
    """Set Qt and Chromium up and make Qt's application, which the caller keeps.

    pywebview would make one that takes options of its own from our command line.

    Args:
        name: what the desktop calls the app.
    """
    hold_singletons()
    give_large_blocks_back()
    os.environ["QT_API"] = "pyside6"
    # Qt and Chromium warn about every missing graphics driver and bus that they can do without.
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false;js.warning=false")
    # A port of Chromium's debugger asks for no secret: it is off even if a developer has it on for other programs.
    # Qt also takes flags with one hyphen, and with quotes anywhere. After "--", Chromium takes none at all.
    os.environ.pop("QTWEBENGINE_REMOTE_DEBUGGING", None)
    given = os.environ.get("QTWEBENGINE_CHROMIUM_FLAGS", "").split()
    style = os.environ.get("QT_STYLE_OVERRIDE", "")
    # This import empties the user's choice of a style, which Qt reads only later. On Arch, Pop!_OS and some others it
    # adds "--no-sandbox" to the flags, which are then written anew.
    import webview.platforms.qt  # noqa: F401, PLC0415

    os.environ["QT_STYLE_OVERRIDE"] = style
    plain = ((flag, flag.replace('"', "")) for flag in given)
    kept = " ".join(flag for flag, text in plain if "remote-debugging" not in text and text != "--")
    # A quote without an end would take in all that follows.
    flags = [kept + '"' * (kept.count('"') % 2), *_FLAGS]
    if os.geteuid() == 0:
        # Chromium refuses to start as root with its sandbox on. Everybody else keeps it.
        flags.append("--no-sandbox")
    os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = " ".join(flags).strip()
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)  # QtWebEngine asks for it
    application = QApplication([name.lower()])
    application.setApplicationDisplayName(name)
    application.setDesktopFileName(name.lower())
    return application


def versions() -> str:
    """Which Qt WebEngine this is."""
    chromium: object = qWebEngineChromiumVersion()  # a str, whatever PySide6's annotations say
    return f"Qt {qVersion()}, Chromium {chromium}"


def harden(native: Any, base: str) -> None:
    """Refuse what the page never needs. In the GUI's thread, before the window is shown.

    Args:
        native: pywebview's `BrowserView`.
        base: what every address that the window may go to begins with.
    """
    page = native.webview.page()

    def navigate(request: QWebEngineNavigationRequest) -> None:
        if not request.url().toString().startswith(base):
            request.reject()

    def come_back(url: QUrl) -> None:
        if not url.toString().startswith(base):  # about:blank, for which Chromium does not ask
            page.setUrl(QUrl(f"{base}index.html"))

    page.navigationRequested.connect(navigate)
    page.urlChanged.connect(come_back)
    answers = _let_go_of_the_lost(native)
    collect_garbage(native, lambda: answers.asked)
    # A page whose process was killed, by the system when memory is short, starts again and says hello.
    page.renderProcessTerminated.connect(lambda *_: page.setUrl(QUrl(f"{base}index.html")))
    page.permissionRequested.connect(QWebEnginePermission.deny)
    # pywebview would open a second view, or the system's browser.
    page.createWindow = lambda _: None
    attribute = QWebEngineSettings.WebAttribute
    for refused in (
        attribute.JavascriptCanOpenWindows,
        attribute.JavascriptCanAccessClipboard,
        attribute.LocalContentCanAccessFileUrls,
        attribute.LocalContentCanAccessRemoteUrls,
        attribute.PluginsEnabled,
        attribute.PdfViewerEnabled,
        attribute.DnsPrefetchEnabled,
        attribute.HyperlinkAuditingEnabled,
        attribute.ScreenCaptureEnabled,
        attribute.FullScreenSupportEnabled,
    ):
        page.settings().setAttribute(refused, False)


def _let_go_of_the_lost(native: Any) -> _Answers:
    """End the wait for answers that are lost with a page.

    pywebview waits without a limit for a script's answer, and Chromium gives none when the page's process is killed or
    the page is replaced: the thread that sends events would hang for good. If it does answer after all, pywebview must
    still find a place for the answer: otherwise it would raise among Qt's events, which ends the process.
    """
    page = native.webview.page()
    native._js_results = waiting = _Answers()
    before: set[str] = set()

    def let_go(names: Iterable[str]) -> None:
        for name in names:
            answer = waiting.get(name)
            if answer is not None:
                answer["semaphore"].release()

    def loaded(_: bool) -> None:
        let_go(before)
        before.clear()

    page.renderProcessTerminated.connect(lambda *_: let_go(list(waiting)))
    page.loadStarted.connect(lambda: before.update(list(waiting)))
    page.loadFinished.connect(loaded)
    return waiting


class _Answers(dict[str, dict[str, Any]]):
    """pywebview's table of its scripts' answers, in which a late answer gets a place that nobody looks at.

    Attributes:
        asked: how many scripts there have been.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def __setitem__(self, name: str, answer: dict[str, Any]) -> None:
        self.asked += 1
        super().__setitem__(name, answer)

    def __missing__(self, name: str) -> dict[str, Any]:
        return {"semaphore": threading.Semaphore(0), "result": None, "parse_json": False}


def read_clipboard(native: Any) -> tuple[list[str], bytes | None]:
    """Paths of the files in the clipboard, and a PNG file of the picture in it; from any thread but the GUI's."""
    paths: list[str] = []
    image = QImage()

    def look() -> None:
        nonlocal image
        clipboard = QGuiApplication.clipboard()
        data = clipboard.mimeData()
        if data is None:
            return
        for url in data.urls():
            path = dropped_path(url.path(QUrl.ComponentFormattingOption.FullyEncoded), encoded=True)
            if url.isLocalFile() and path is not None:
                paths.append(path)
        if not paths and data.hasImage():
            image = clipboard.image()

    # Another program owns what was copied, and may be slow to hand it over.
    if not _in_gui_thread(native, look) or image.isNull():
        return paths, None
    return paths, _png(image)


def write_clipboard(native: Any, text: str) -> None:
    """Put text into the clipboard; from any thread but the GUI's.

    Raises:
        OSError: the system did not answer in time.
    """
    if not _in_gui_thread(native, lambda: QGuiApplication.clipboard().setText(text)):
        raise OSError("the clipboard did not answer")


def answers(native: Any, patience: float) -> bool:
    """Whether the GUI's thread responds within so many seconds; from any other thread."""
    return _in_gui_thread(native, lambda: None, patience)


def bring_to_front(native: Any) -> None:
    """Bring the window to the front, or have it ask for attention; from any thread but the GUI's."""

    def show() -> None:
        native.setWindowState(native.windowState() & ~Qt.WindowState.WindowMinimized)
        native.raise_()
        native.activateWindow()  # on Wayland with the token that the start has handed on (`desktop.handover`)

    _in_gui_thread(native, show)


def place_of(native: Any) -> Place:
    """Size and place of the window, in the GUI's thread."""
    maximized = bool(native.isMaximized())
    rect = native.normalGeometry() if maximized else native.geometry()
    # A window is moved by the corner of the frame that the desktop draws around it.
    corner = rect.topLeft() if maximized else native.pos()
    return Place(rect.width(), rect.height(), corner.x(), corner.y(), maximized)


def grab(native: Any) -> bytes | None:
    """A PNG file of what the window shows, from any thread but the GUI's. None when that fails."""
    image = QImage()

    def take() -> None:
        nonlocal image
        image = native.grab().toImage()

    return _png(image) if _in_gui_thread(native, take) else None


def _png(image: QImage) -> bytes | None:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return bytes(buffer.data().data()) if image.save(buffer, "PNG") else None  # type: ignore[call-overload]


def _in_gui_thread(native: Any, act: Callable[[], None], patience: float = _PATIENCE) -> bool:
    """Do something in the GUI's thread, from another one, and wait for it; false when it took too long."""
    done = threading.Event()

    def run() -> None:
        try:
            act()
        finally:
            done.set()

    QTimer.singleShot(0, native, run)
    return done.wait(patience)
