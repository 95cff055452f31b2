"""desktop.server over real sockets: what it serves, and what it does not; test_server_attacks.py goes further."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from desktop.server import CSP, PERMISSIONS, PageServer

PICTURE = b"\xff\xd8 a picture"


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "ui"
    (folder / "js").mkdir(parents=True)
    (folder / "index.html").write_text('<!doctype html><html lang="en"><title>page</title></html>')
    (folder / "js" / "main.js").write_text("export {};")
    (folder / "notes.txt").write_text("not part of the page")
    (folder / ".secret").write_text("hidden")
    (folder.parent / "outside.html").write_text("outside")
    return folder


@pytest.fixture(scope="module")
def server(ui: Path) -> Iterator[PageServer]:
    made = PageServer(ui, {"p1-thumbnail-0.jpg": PICTURE}.get)
    yield made
    made.close()


def ask(
    server: PageServer, path: str, method: str = "GET", host: str | None = None, headers: dict[str, str] | None = None
) -> tuple[HTTPResponse, bytes]:
    """One request with the path sent as it is."""
    address = urlsplit(server.origin)
    connection = HTTPConnection("127.0.0.1", address.port or 0, timeout=60)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host if host is not None else address.netloc)
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def within(server: PageServer, name: str) -> str:
    return urlsplit(server.base).path + name


@pytest.mark.parametrize(
    ("name", "kind"), [("index.html", "text/html; charset=utf-8"), ("js/main.js", "text/javascript; charset=utf-8")]
)
def test_the_page_is_served(server: PageServer, ui: Path, name: str, kind: str) -> None:
    response, content = ask(server, within(server, name))
    assert response.status == 200
    assert response.headers["Content-Type"] == kind
    assert content.replace(b' data-theme="system" data-language="system"', b"") == (ui / name).read_bytes()


def test_a_connection_serves_for_the_whole_page(server: PageServer) -> None:
    """For every request, until the client has had enough."""
    address = urlsplit(server.origin)
    connection = HTTPConnection("127.0.0.1", address.port or 0, timeout=60)
    for name, status in (("index.html", 200), ("missing", 404), ("pictures/p1-thumbnail-0.jpg", 200), ("", 404)):
        for method in ("GET", "HEAD"):
            connection.request(method, within(server, name))
            mine = connection.sock
            response = connection.getresponse()
            assert response.status == status
            response.read()
            assert connection.sock is mine is not None
    connection.request("POST", within(server, "index.html"), body=b"GET / HTTP/1.1")
    connection.getresponse().read()
    with pytest.raises((ConnectionError, RemoteDisconnected)):
        connection.request("GET", within(server, "index.html"))
        connection.getresponse()


def test_a_picture_that_cannot_be_read_costs_no_other(ui: Path) -> None:
    def picture(name: str) -> bytes:
        if name == "bad.jpg":
            raise OSError("the disk is failing")
        return PICTURE

    server = PageServer(ui, picture)
    try:
        response, content = ask(server, within(server, "pictures/bad.jpg"))
        assert (response.status, content) == (500, b"")
        assert response.headers["Content-Security-Policy"] == CSP
        assert ask(server, within(server, "pictures/good.jpg"))[1] == PICTURE
    finally:
        server.close()


def test_the_page_is_told_theme_and_language_each_time(ui: Path) -> None:
    looks = iter([("dark", "de"), ("light", "en")])
    server = PageServer(ui, lambda _: None, lambda: next(looks))
    try:
        pages = [ask(server, within(server, "index.html"))[1].decode() for _ in range(2)]
    finally:
        server.close()
    assert [page.split(">")[1] for page in pages] == [
        '<html data-theme="dark" data-language="de" lang="en"',
        '<html data-theme="light" data-language="en" lang="en"',
    ]


def test_a_picture_is_served(server: PageServer) -> None:
    response, content = ask(server, within(server, "pictures/p1-thumbnail-0.jpg"))
    assert (response.status, content) == (200, PICTURE)
    assert response.headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize(("system", "caching"), [("linux", "private"), ("win32", "private"), ("darwin", "no-store")])
@pytest.mark.parametrize(
    ("name", "changes"), [("pictures/p1-thumbnail-0.jpg", False), ("js/main.js", False), ("index.html", True)]
)
def test_what_does_not_change_may_be_cached_in_memory(
    server: PageServer, monkeypatch: pytest.MonkeyPatch, system: str, caching: str, name: str, changes: bool
) -> None:
    """The page itself has the user's choices in it."""
    monkeypatch.setattr("desktop.server.sys.platform", system)
    response, _ = ask(server, within(server, name))
    assert ("no-store" if changes else caching) in response.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["index.html", "pictures/p1-thumbnail-0.jpg", "nothing"])
def test_every_answer_carries_the_headers(server: PageServer, name: str) -> None:
    headers = ask(server, within(server, name))[0].headers
    assert headers["Content-Security-Policy"] == CSP
    assert headers["Permissions-Policy"] == PERMISSIONS
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Python" not in str(headers)


def test_the_policy_is_strict() -> None:
    assert "unsafe" not in CSP
    assert "http" not in CSP
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"):
        assert directive in CSP


def test_head_answers_without_content(server: PageServer, ui: Path) -> None:
    response, content = ask(server, within(server, "js/main.js"), "HEAD")
    assert response.status == 200
    assert content == b""
    assert int(response.headers["Content-Length"]) == (ui / "js" / "main.js").stat().st_size


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get"])
def test_other_methods_are_refused(server: PageServer, method: str) -> None:
    response, content = ask(server, within(server, "index.html"), method)
    assert response.status in (405, 501)
    assert b"page" not in content


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "localhost:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "example.com:{port}",
        "127.0.0.1:{port}.example.com",
        "[::1]:{port}",
    ],
)
def test_another_host_is_refused(server: PageServer, host: str) -> None:
    port = urlsplit(server.origin).port
    response, content = ask(server, within(server, "index.html"), host=host.format(port=port))
    assert (response.status, content) == (403, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/index.html",
        "//index.html",
        "/wrong/index.html",
        "/favicon.ico",
        "/{short}/index.html",
        "/{secret}x/index.html",
        "/%00/index.html",
        "/%E9/index.html",
    ],
)
def test_without_the_secret_nothing_is_told(server: PageServer, path: str) -> None:
    secret = urlsplit(server.base).path.strip("/")
    for method in ("GET", "POST"):
        asked = path.format(secret=secret, short=secret[:-1])
        response, content = ask(server, asked, method)
        assert (response.status, content) == (404, b"")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "index.htm",
        "INDEX.HTML",
        "js",
        "js/",
        "notes.txt",
        ".secret",
        "../outside.html",
        "..%2foutside.html",
        "%2e%2e/outside.html",
        "%2e%2e%2foutside.html",
        "%252e%252e%252foutside.html",
        "..\\outside.html",
        "..%5coutside.html",
        "js/../index.html",
        "js/..%2findex.html",
        "./index.html",
        "//index.html",
        "%2findex.html",
        "..%c0%afoutside.html",
        "index.html%00.js",
        "index.html/",
        "....//outside.html",
        "file:///etc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "pictures/",
        "pictures/../index.html",
        "pictures/..%2f..%2foutside.html",
        "pictures//etc/passwd",
        "pictures/p1-thumbnail-1.jpg",
        "pictures/%2e%2e%2fp1-thumbnail-0.jpg",
        "pictures/p1-thumbnail-0.jpg%00",
    ],
)
def test_nothing_but_listed_names_is_found(server: PageServer, name: str) -> None:
    response, content = ask(server, within(server, name))
    assert (response.status, content) == (404, b"")


def test_it_listens_on_the_loopback_only(server: PageServer) -> None:
    assert urlsplit(server.origin).hostname == "127.0.0.1"
    port = urlsplit(server.origin).port
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1"}:
        with pytest.raises(OSError), socket.create_connection((address, port), timeout=2):
            pass


def test_each_run_has_its_own_secret(ui: Path) -> None:
    servers = [PageServer(ui, lambda _: None) for _ in range(2)]
    secrets = {urlsplit(server.base).path for server in servers}
    for server in servers:
        server.close()
    assert len(secrets) == 2
    assert all(len(secret) >= 40 for secret in secrets)


def test_a_page_without_its_index_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"index\.html"):
        PageServer(tmp_path, lambda _: None)
