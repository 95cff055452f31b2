"""Runs the real window with the probe page and a worker's double, does things to it, and prints what it saw as JSON.

    python drive_window.py FOLDER

It is a process of its own, because a window needs the main thread. FOLDER is where it may create files.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

from desktop_doubles import FakeWorker  # noqa: E402
from driven_app import run_driven  # noqa: E402
from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl  # noqa: E402
from PySide6.QtGui import (  # noqa: E402
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
)
from PySide6.QtWidgets import QApplication  # noqa: E402

import desktop.app  # noqa: E402
import desktop.qt_memory  # noqa: E402
from desktop.album_file import AlbumFile  # noqa: E402
from desktop.screenshot import take_screenshot  # noqa: E402
from desktop.settings import SettingsFile  # noqa: E402

NAMES = [
    "x/same.jpg",
    "y/same.jpg",
    "%41.jpg",
    "100%.jpg",
    "with space.jpg",
    'it\'s "quoted".jpg',
    "<b>bold.jpg",
    "über#?&.jpg",
    "写真.jpg",
]


class Driver:
    """Drives one window from a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        desktop.app.UI = HERE / "probe_page"
        desktop.qt_memory.INTERVAL = 1.0
        self.worker = FakeWorker()
        settings, album_file = SettingsFile(folder / "settings.json"), AlbumFile(folder / "album.sqlite3")
        self.app = desktop.app.App(self.worker, settings=settings, album_file=album_file)
        self.seen: dict[str, Any] = {}
        self.ask = self.app.window.ask

    def value(self, expression: str) -> Any:
        """The value of an expression, or of the promise that it gives."""
        self.ask(
            "window.answer = null; Promise.resolve().then(() => (" + expression + "))"
            ".then((value) => { window.answer = JSON.stringify({ value }); },"
            " (error) => { window.answer = JSON.stringify({ error: error.name + ': ' + error.message }); }); 1"
        )
        self.until(lambda: self.ask("window.answer"), expression)
        return json.loads(self.ask("window.answer"))

    def until(self, condition: Callable[[], object], what: str) -> None:
        end = time.monotonic() + 60
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(what)
            time.sleep(0.02)

    def ready(self) -> bool:
        return self.ask("document.getElementById('state')?.textContent") == "ready"

    def in_gui(self, function: Callable[[], None]) -> None:
        done = threading.Event()

        def call() -> None:
            function()
            done.set()

        QTimer.singleShot(0, self.app.window.native, call)
        done.wait()

    def drop(self, urls: list[QUrl]) -> None:
        """Do what Qt does when something is dragged over the window and dropped."""
        view = self.app.window.native.webview
        data = QMimeData()
        data.setUrls(urls)
        place = QPointF(200, 200)
        how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)

        def accepted() -> bool:
            move = QDragMoveEvent(place.toPoint(), *how)
            self.in_gui(lambda: QApplication.sendEvent(view, move))
            return move.isAccepted()

        self.in_gui(lambda: QApplication.sendEvent(view, QDragEnterEvent(place.toPoint(), *how)))
        self.until(accepted, "the page answers that it would take the drop")
        self.in_gui(lambda: QApplication.sendEvent(view, QDropEvent(place, *how)))

    def paths(self) -> list[str]:
        return [os.fsencode(photo.path).hex() for photo in self.app.album.photos()]

    def idle(self) -> bool:
        photos = self.app.album.photos()
        return bool(photos) and self.app.jobs.idle and all(photo.state == "done" for photo in photos)

    def run(self) -> None:
        for step in (
            self.greeting,
            self.strictness,
            self.calls,
            self.drops,
            self.pictures,
            self.pasting,
            self.refused_ways_out,
            self.reload,
            self.cancelling,
            self.garbage,
            self.late_answer,
            self.killed_page,
            self.picture_of_the_window,
        ):
            step()

    def greeting(self) -> None:
        self.until(self.ready, "the page is ready")
        self.seen["snapshot"] = json.loads(self.ask("JSON.stringify(seen.snapshot)"))
        self.seen["violations at start"] = json.loads(self.ask("JSON.stringify(seen.violations)"))

    def strictness(self) -> None:
        self.seen["eval"] = self.value("eval('1 + 1')")
        self.seen["Function"] = self.value("new Function('return 1')()")
        self.seen["innerHTML"] = self.value("document.createElement('p').innerHTML = '<b>x</b>'")
        self.seen["fetch"] = self.value("fetch('index.html')")
        self.seen["style"] = self.value("getComputedStyle(document.body).backgroundColor")

    def calls(self) -> None:
        self.seen["api"] = self.value("Object.keys(pywebview.api)")
        self.seen["analyze"] = self.value("pywebview.api.analyze([])")
        self.seen["about"] = self.value("pywebview.api.about()")
        self.seen["wrong type"] = self.value("pywebview.api.analyze('p1')")
        self.seen["wrong count"] = self.value("pywebview.api.analyze()")
        self.seen["quotes"] = self.value("pywebview.api.set_setting('\\'\"\\\\\\n', true)")
        self.app.album.add([str(self.folder / "kept.jpg")])
        for name in ("_album.remove", "remove.__self__._album.remove", "__class__", "_jobs.close"):
            self.ask(f"pywebview._jsApiCallback('{name}', [null], '1'); 1")
        self.ask("window.reached = []; 1")
        for name in ("__class__", "__dir__", "__class__.__name__.title"):
            note = f"{{ 1: () => {{ reached.push('{name}'); }} }}"
            self.ask(f"pywebview._returnValuesCallbacks['{name}'] = {note}; 1")
            self.ask(f"pywebview._jsApiCallback('{name}', [], '1'); 1")
        time.sleep(0.3)
        self.seen["reached"] = self.value("reached")
        self.seen["kept"] = len(self.app.album.photos())
        self.app.bridge.remove(None)

    def drops(self) -> None:
        urls = []
        for name in [*NAMES, "folder/deep/inside.png"]:
            path = self.folder / "drop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            if not name.startswith("folder/"):
                urls.append(QUrl.fromLocalFile(str(path)))
        no_text = os.fsencode(self.folder / "drop") + b"/\xff.jpg"
        Path(os.fsdecode(no_text)).touch()
        urls.append(QUrl.fromEncoded(b"file://" + os.fsencode(self.folder / "drop") + b"/%FF.jpg"))
        urls += [QUrl.fromLocalFile(str(self.folder / "drop" / "folder")), QUrl("https://example.com/photo.jpg")]
        self.drop(urls)
        self.until(lambda: self.idle() and self.app.events.delivered, "what was dropped is done")
        self.seen["dropped"] = self.paths()
        self.until(lambda: self.ask("document.documentElement.dataset.idle") == "true", "the page is idle")
        self.seen["names"] = self.value("Object.values(seen.photos).map((photo) => photo.name)")["value"]
        self.seen["states"] = self.value("Object.values(seen.photos).map((photo) => photo.state)")["value"]

    def pictures(self) -> None:
        self.seen["picture"] = self.value(
            "(() => { const image = new Image(); image.src = Object.values(seen.photos)[0].thumbnail;"
            " return image.decode().then(() => image.naturalWidth); })()"
        )

    def pasting(self) -> None:
        """Paste copied files, a copied picture, and nothing useful, each as another program leaves it there."""
        before = len(self.app.album.photos())
        copied = QMimeData()
        named = self.folder / "copied %41 写真.jpg"
        named.touch()
        no_text = b"file://" + os.fsencode(self.folder / "drop") + b"/%FF.jpg"
        copied.setUrls([QUrl.fromLocalFile(str(named)), QUrl.fromEncoded(no_text), QUrl("https://example.com/a.jpg")])
        image = QImage(31, 17, QImage.Format.Format_RGB32)
        image.fill(QColor(10, 120, 200))
        picture = QMimeData()
        picture.setImageData(image)
        picture.setUrls([QUrl("https://example.com/a.jpg")])  # a picture copied in a browser comes with its address
        words = QMimeData()
        words.setText("some words")
        added = []
        for data in (copied, picture, words):
            self.in_gui(lambda data=data: QGuiApplication.clipboard().setMimeData(data))  # type: ignore[misc]
            added.append(self.value("pywebview.api.paste()")["value"])
        self.until(self.idle, "what was pasted is done")
        photos = self.app.album.photos()[before:]
        self.seen["pasted"] = [added, [photo.to_json()["name"] for photo in photos]]
        content = Path(photos[-1].path).read_bytes()
        read = QImage.fromData(content)
        self.seen["pasted picture"] = [
            content[:4].decode("latin-1"),
            read.width(),
            read.height(),
            read.pixelColor(5, 5).getRgb()[:3],
        ]
        # The keys reach the page, which then calls `paste`: Qt does not swallow them.
        self.ask("addEventListener('keydown', (event) => { window.key = `${event.ctrlKey} ${event.key}`; }); 1")
        target = self.app.window.native.webview.focusProxy()
        for kind in (QKeyEvent.Type.KeyPress, QKeyEvent.Type.KeyRelease):
            key = QKeyEvent(kind, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier, "\x16")
            self.in_gui(lambda key=key: QApplication.sendEvent(target, key))  # type: ignore[misc]
        self.until(lambda: self.ask("window.key ?? ''"), "the page hears of the key")
        self.seen["key"] = self.ask("window.key")
        self.app.bridge.remove([photo.id for photo in photos])

    def refused_ways_out(self) -> None:
        before = self.ask("location.href")
        self.ask("window.old = true; 1")
        for address in ("http://127.0.0.1:9/", "file:///etc/passwd", "https://example.com/", "data:text/html,x"):
            self.ask(f"location.href = '{address}'; 1")
            time.sleep(0.3)
        self.seen["stayed"] = self.ask("location.href") == before and self.ask("window.old === true")
        self.seen["window.open"] = self.value("window.open('https://example.com/')")
        self.app.events.notice("still there?")
        self.until(
            lambda: "still there?" in self.ask("JSON.stringify(seen.events)"), "events after a refused navigation"
        )

        self.ask("location.href = 'about:blank'; 1")
        self.until(lambda: self.ask("window.old === undefined") and self.ready(), "the page is back from about:blank")
        self.seen["came back"] = self.ask("location.href") == before

    def reload(self) -> None:
        self.ask("window.old = true; location.reload(); 1")
        self.until(lambda: self.ask("window.old === undefined") and self.ready(), "the page is ready again")
        self.seen["after reload"] = self.value("Object.keys(seen.photos).length")["value"]
        self.until(lambda: self.app.events.delivered, "the answer to its hello is noticed")
        self.app.events.arm()  # as while a page's hello is being answered
        self.value("pywebview.api.about()")
        self.seen["told before the answer to hello"] = self.app.events.delivered
        self.app.events.open()
        count = len(self.app.album.photos())
        late = self.folder / "late.jpg"
        late.touch()
        self.drop([QUrl.fromLocalFile(str(late))])
        self.until(lambda: len(self.app.album.photos()) == count + 1 and self.idle(), "a drop after the reload")
        self.until(lambda: self.ask("Object.keys(seen.photos).length") == count + 1, "the page hears of it")
        self.seen["told twice"] = "already here" in self.ask("JSON.stringify(seen.events)")

    def cancelling(self) -> None:
        self.worker.gate = threading.Event()
        many = [self.folder / "many" / f"{number}.jpg" for number in range(300)]
        many[0].parent.mkdir()
        for path in many:
            path.touch()
        self.app.intake.take([str(path) for path in many], analyze=True)
        self.until(
            lambda: self.app.jobs.run["state"] == "running" and self.worker.calls[-1][1] in map(str, many), "run"
        )
        self.seen["cancelled"] = self.value("pywebview.api.cancel()")
        self.until(
            lambda: (
                self.value("Object.values(seen.photos).filter((photo) => photo.state === 'waiting').length")["value"]
                == 300
            ),
            "the page shows them waiting",
        )
        self.seen["meanwhile"] = self.app.jobs.run["state"]
        self.worker.gate.set()

    def garbage(self) -> None:
        """An object without references in the page. Asking the page about it leaves garbage, too."""
        self.ask("window.lost = new WeakRef({}); 1")
        end = time.monotonic() + 20
        while not (gone := self.ask("lost.deref() === undefined")) and time.monotonic() < end:
            time.sleep(0.01)
        self.seen["garbage is collected"] = gone

    def late_answer(self) -> None:
        """The page answers when nobody waits any more, as happens after a page was replaced."""
        native = self.app.window.native
        process = native.webview.page().renderProcessPid()
        os.kill(process, signal.SIGSTOP)
        question = threading.Thread(target=lambda: self.ask("1"), daemon=True)
        question.start()
        self.until(lambda: native._js_results, "the question is asked")
        for waiting in list(native._js_results.values()):
            waiting["semaphore"].release()
        question.join(30)
        os.kill(process, signal.SIGCONT)
        self.seen["after a late answer"] = [self.ask(f"{number} + 1") for number in range(3)]

    def killed_page(self) -> None:
        self.app.bridge.remove(None)
        last = self.folder / "last.jpg"
        last.touch()
        # A process lives on for a moment after the signal: without a mark the old page could pass for the new one.
        self.ask("window.old = true; 1")
        process = self.app.window.native.webview.page().renderProcessPid()
        os.kill(process, signal.SIGSTOP)
        question = threading.Thread(target=lambda: self.ask("1"), daemon=True)
        question.start()
        self.app.events.notice("to nobody")
        time.sleep(0.5)
        self.seen["waits for a page that stands still"] = question.is_alive()
        os.kill(process, signal.SIGKILL)
        question.join(30)
        self.seen["waits for a page that was killed"] = question.is_alive()
        self.app.intake.take([str(last)], analyze=True)
        self.until(self.idle, "the photo is analysed")
        self.until(lambda: self.ready() and self.ask("window.old === undefined"), "the page is back")
        self.app.events.notice("still there?")
        self.until(lambda: "still there?" in str(self.ask("JSON.stringify(seen.events)")), "events after a killed page")
        self.seen["after the page was killed"] = self.value("Object.values(seen.photos).map((photo) => photo.name)")

    def picture_of_the_window(self) -> None:
        from desktop.qt import grab  # noqa: PLC0415

        file = self.folder / "window.png"

        def drawn() -> bool:
            picture = grab(self.app.window.native)
            if picture is None:
                return False
            file.write_bytes(picture)
            return QImage(str(file)).pixelColor(600, 700).getRgb()[:3] == (10, 120, 200)

        self.until(drawn, "the picture shows the page")
        self.ask("document.body.style.transition = 'background-color 1s'; 1")
        self.ask("document.body.style.backgroundColor = 'rgb(200, 30, 10)'; 1")
        take_screenshot(self.app.window, self.folder / "screenshot.png", lambda: None, lambda: True, 0)


def main(kind: type[Driver]) -> None:
    """Drive a window, from the command line."""
    driver = kind(Path(sys.argv[1]).resolve())
    shown = driver.app.window._window.events.shown
    driver.seen["status"] = run_driven(driver.app, shown, driver.run, lambda why: driver.seen.update(failed=why))
    driver.seen["worker closed"] = driver.worker.closed.is_set()
    print(json.dumps(driver.seen), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(Driver)
