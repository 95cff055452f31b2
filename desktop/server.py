"""The page's own web server: files of `ui/` and pictures of this run, for this window only.

Any program on the computer, and any web page in its browser, can send requests to 127.0.0.1. So an answer needs the
secret that is part of every address, and the Host header that only an honest address gives (a foreign name that was
pointed here by DNS rebinding has another). Files are looked up by exact name in a list made at the start; there is no
path to traverse.
"""

from __future__ import annotations

import hmac
import secrets
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import IO, TYPE_CHECKING, Any, cast
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer

from desktop.pictures import PREFIX

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

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
"""None, for nobody: a browser engine then refuses them before it asks its host."""

Look = Callable[[], tuple[str, str]]

_LONGEST_LINE = 65536
"""Bytes of a request's first line, as in `http.server`."""

_OF_BODIES = ("Content-Length", "Transfer-Encoding")
"""Headers of a request that has more to say."""

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
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


class PageApp:
    """The WSGI application.

    Args:
        ui: folder of the page. Its files are read once, here.
        picture: gives a picture's JPEG file by its name, None when there is none.
        look: gives the user's theme and language, which the page has from its first moment on.
        secret: first part of every address.
    """

    def __init__(self, ui: Path, picture: Callable[[str], bytes | None], look: Look, secret: str) -> None:
        self._picture = picture
        self._look = look
        self._secret = secret
        self.host: str | None = None
        """The only Host header that is answered; set once the port is known."""
        self._files = {
            file.relative_to(ui).as_posix(): (file.read_bytes(), _TYPES[file.suffix])
            for file in sorted(ui.rglob("*"))
            if file.suffix in _TYPES and file.is_file()
        }
        if "index.html" not in self._files:
            raise FileNotFoundError(f"The page is missing: {ui / 'index.html'}")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        status, content, headers = self._answer(environ)
        start_response(status, [*_HEADERS, *headers, ("Content-Length", str(len(content)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]

    def _answer(self, environ: WSGIEnvironment) -> tuple[str, bytes, list[tuple[str, str]]]:
        if self.host is None or environ.get("HTTP_HOST") != self.host:
            return "403 Forbidden", b"", []
        secret, _, name = environ.get("PATH_INFO", "").removeprefix("/").partition("/")
        if not hmac.compare_digest(secret.encode("latin-1", "replace"), self._secret.encode()):
            return "404 Not Found", b"", []
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return "405 Method Not Allowed", b"", [("Allow", "GET, HEAD")]
        if name in self._files:
            content, kind = self._files[name]
            if name == "index.html":
                theme, language = self._look()
                chosen = f'<html data-theme="{theme}" data-language="{language}"'
                content = content.replace(b"<html", chosen.encode(), 1)
            return "200 OK", content, [("Content-Type", kind), ("Cache-Control", "no-store")]
        picture = self._picture(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
        if picture is None:
            return "404 Not Found", b"", []
        # The address changes with the picture, and the browser's cache lives in memory and ends with the window. macOS'
        # writes to the disk.
        caching = "no-store" if sys.platform == "darwin" else "private, max-age=86400, immutable"
        return "200 OK", picture, [("Content-Type", "image/jpeg"), ("Cache-Control", caching)]


class PageServer:
    """Serves the page on a free port of 127.0.0.1, from threads of its own.

    Args:
        ui: folder of the page.
        picture: gives a picture's JPEG file by its name, None when there is none. It may block.
        look: gives the user's theme and language, as `desktop.settings` has them.
    """

    def __init__(
        self, ui: Path, picture: Callable[[str], bytes | None], look: Look = lambda: ("system", "system")
    ) -> None:
        secret = secrets.token_urlsafe(32)
        app = PageApp(ui, picture, look, secret)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.set_app(app)
        app.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.origin = f"http://{app.host}"
        """Scheme, host and port."""
        self.base = f"{self.origin}/{secret}/"
        """Address that every address of the page begins with."""
        self._thread = threading.Thread(target=self._server.serve_forever, name="server", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = False  # on Windows it would let another program take the port over

    def server_bind(self) -> None:
        # Not HTTPServer's, which asks DNS for the name of 127.0.0.1: the app sends nothing out, not even that.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up half-way is no event worth a traceback."""


class _Response(ServerHandler):
    http_version = "1.1"


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True  # a small answer would wait until the browser has confirmed its headers
    server_version = "Agelens"
    sys_version = ""

    def handle(self) -> None:
        """Answer one request after the other. The page is dozens of files, and a connection for each takes its time."""
        assert isinstance(self.server, WSGIServer)
        app = self.server.get_app()
        assert app is not None
        going_on = True
        while going_on:
            self.raw_requestline = self.rfile.readline(_LONGEST_LINE + 1)
            if len(self.raw_requestline) > _LONGEST_LINE:
                self.requestline = self.request_version = self.command = ""
                self.send_error(414)
                return
            if not self.parse_request():
                return
            response = _Response(self.rfile, cast("IO[bytes]", self.wfile), self.get_stderr(), self.get_environ())
            response.request_handler = self  # type: ignore[attr-defined]  # it tells this one when it is done
            response.run(app)
            # A body is never read. It must not be taken for the next request.
            alone = self.command in ("GET", "HEAD") and not any(name in self.headers for name in _OF_BODIES)
            going_on = alone and not self.close_connection

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request: with the status alone, not with the page that Python would write about it."""
        self.send_response_only(code)
        for name, value in (*_HEADERS, ("Content-Length", "0")):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the overridden method's name for it)
        """Say nothing: addresses hold the secret."""
