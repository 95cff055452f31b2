"""The page's own web server: files of `ui/` and pictures of this run, for this window only.

Any program on the computer, and any web page in its browser, can send requests to 127.0.0.1. So a request is answered
only with the secret that is part of every address, and with this server's Host header (a foreign name that was pointed
here by DNS rebinding sends another). Files are looked up by exact name in a list made at the start, so there is no path
to traverse.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Any, NamedTuple
from urllib.parse import unquote

from desktop.pictures import PREFIX

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
        # No new windows, forms, downloads or system dialogs opened by the page.
        "sandbox allow-scripts allow-same-origin",
    )
)
"""No 'unsafe-eval' and no 'unsafe-inline': `desktop.window` keeps pywebview from needing them."""

PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in "camera microphone display-capture geolocation clipboard-read fullscreen serial hid midi".split()
)
"""All denied, to everybody: a browser engine then refuses them before it asks its host."""

Look = Callable[[], tuple[str, str]]

_LONGEST_LINE = 65536
"""Bytes of a request's first line, as in `http.server`."""

_METHODS = ("GET", "HEAD")

_OF_BODIES = ("Content-Length", "Transfer-Encoding")
"""Headers of a request with a body."""

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

_HEADERS = (
    ("Content-Security-Policy", CSP),
    ("Permissions-Policy", PERMISSIONS),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Server", "Agelens"),
)

logger = logging.getLogger(__name__)


class _Answer(NamedTuple):
    status: HTTPStatus
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""


class PageServer(ThreadingTCPServer):
    """Serves the page on a free port of 127.0.0.1, from threads of its own.

    It is not one of `http.server`'s, which ask DNS for the name of 127.0.0.1 (the app sends nothing out, not even
    that), and on Windows let another program take over the port.

    Args:
        ui: folder of the page. Its files are read once, here.
        picture: gives a picture's JPEG file by its name, None when there is none. It may block.
        look: gives the user's theme and language, as `desktop.settings` has them, for the page's first frame.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, ui: Path, picture: Callable[[str], bytes | None], look: Look = lambda: ("system", "system")
    ) -> None:
        self._picture = picture
        self._look = look
        self._files = {
            file.relative_to(ui).as_posix(): (file.read_bytes(), _TYPES[file.suffix])
            for file in sorted(ui.rglob("*"))
            if file.suffix in _TYPES and file.is_file()
        }
        if "index.html" not in self._files:
            raise FileNotFoundError(f"The page is missing: {ui / 'index.html'}")
        super().__init__(("127.0.0.1", 0), _Handler)
        self._host = f"127.0.0.1:{self.server_address[1]}"
        self._secret = secrets.token_urlsafe(32)
        self.origin = f"http://{self._host}"
        """Scheme, host and port."""
        self.base = f"{self.origin}/{self._secret}/"
        """Address that every address of the page begins with."""
        threading.Thread(target=self.serve_forever, name="server", daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self.shutdown()
        self.server_close()

    def answer(self, method: str, hosts: list[str], address: str) -> _Answer:
        """Answer one request.

        Args:
            method: the request's.
            hosts: its Host headers.
            address: what it asks for, as it was sent.
        """
        if hosts != [self._host]:
            return _Answer(HTTPStatus.FORBIDDEN)
        path = unquote(address.partition("?")[0], "latin-1")
        secret, _, name = path.removeprefix("/").partition("/")
        if not hmac.compare_digest(secret.encode("latin-1", "replace"), self._secret.encode()):
            return _Answer(HTTPStatus.NOT_FOUND)
        if method not in _METHODS:
            return _Answer(HTTPStatus.METHOD_NOT_ALLOWED, (("Allow", ", ".join(_METHODS)),))
        # Each run has other addresses, and that of a picture changes with it; the browser's cache is in memory and ends
        # with the window. On macOS it is on the disk.
        caching = "no-store" if sys.platform == "darwin" else "private, max-age=86400, immutable"
        if name in self._files:
            content, kind = self._files[name]
            if name == "index.html":
                theme, language = self._look()
                chosen = f'<html data-theme="{theme}" data-language="{language}"'
                content, caching = content.replace(b"<html", chosen.encode(), 1), "no-store"
            return _Answer(HTTPStatus.OK, (("Content-Type", kind), ("Cache-Control", caching)), content)
        picture = self._picture(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
        if picture is None:
            return _Answer(HTTPStatus.NOT_FOUND)
        return _Answer(HTTPStatus.OK, (("Content-Type", "image/jpeg"), ("Cache-Control", caching)), picture)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: a browser that hangs up halfway is not worth a traceback."""


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"  # one connection for many requests: the page is dozens of files
    timeout = 30
    disable_nagle_algorithm = True  # a small answer would wait until the browser has confirmed its headers

    def handle_one_request(self) -> None:
        """Answer a request, whatever its method: only those who have the secret are told what there is."""
        self.raw_requestline = self.rfile.readline(_LONGEST_LINE + 1)
        if len(self.raw_requestline) > _LONGEST_LINE:
            self.request_version = self.command = ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif self.parse_request():
            self._send(self._answer())
            # A body is never read. It must not be taken for the next request.
            if self.command not in _METHODS or any(name in self.headers for name in _OF_BODIES):
                self.close_connection = True

    def _answer(self) -> _Answer:
        try:
            return self.server.answer(self.command, self.headers.get_all("Host", []), self.path)
        except Exception:
            logger.exception("a request could not be answered")
            return _Answer(HTTPStatus.INTERNAL_SERVER_ERROR)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is not a valid request, with the status alone and without Python's page about it."""
        self._send(_Answer(HTTPStatus(code)))
        self.close_connection = True

    def _send(self, answer: _Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in (*_HEADERS, *answer.headers, ("Content-Length", str(len(answer.content)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the overridden method's name for it)
        """Say nothing, whatever `http.server` may come to log: addresses hold the secret."""
