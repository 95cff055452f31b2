"""desktop.server, attacked by another process that writes its requests byte for byte.

Every attack is made on a file, on a picture and on a name that does not exist: the answers must be the same.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from desktop.pictures import Pictures
from desktop.server import PageServer
from engine.worker_messages import Outcome

CONTENT = b"content of "
"""The beginning of everything that could be stolen."""


@dataclass
class Target:
    """The server, and the program that attacks it."""

    server: PageServer
    sender: subprocess.Popen[str]
    pictures: Pictures
    picture: str
    """Address of a picture, as the page has it."""

    @property
    def host(self) -> str:
        return urlsplit(self.server.origin).netloc

    @property
    def secret(self) -> str:
        return urlsplit(self.server.base).path.strip("/")

    def send(self, request: bytes) -> bytes:
        """What comes back, without the time of day."""
        assert self.sender.stdin is not None
        assert self.sender.stdout is not None
        self.sender.stdin.write(request.hex() + "\n")
        self.sender.stdin.flush()
        return re.sub(rb"Date: [^\r]*\r\n", b"", bytes.fromhex(self.sender.stdout.readline()))

    def request(self, line: str, *headers: str) -> bytes:
        """A request with its placeholders filled in."""
        text = "\r\n".join([line, *headers, "", ""])
        port = self.host.partition(":")[2]
        for name, value in {"HOST": self.host, "PORT": port, "SECRET": self.secret}.items():
            text = text.replace(name, value)
        return text.encode("utf-8", "surrogateescape")

    def get(self, name: str) -> bytes:
        """The answer to the window's own request for a name."""
        return self.send(self.request(f"GET /SECRET/{name} HTTP/1.1", "Host: HOST"))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("attacked")
    ui = folder / "ui"
    (ui / "js").mkdir(parents=True)
    for name in ("index.html", "js/main.js", "notes.txt", ".hidden.html/secret", "../outside.html"):
        (ui / name).parent.mkdir(exist_ok=True)
        (ui / name).write_bytes(CONTENT + name.encode())
    pictures = Pictures(folder)
    picture = pictures.put("p1", Outcome(None, CONTENT + b"a photo", CONTENT + b"a small one")).preview
    assert picture is not None
    server = PageServer(ui, pictures.read)
    command = [sys.executable, str(Path(__file__).parent / "raw_sender.py"), str(urlsplit(server.origin).port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
        yield Target(server, sender, pictures, picture)
        assert sender.stdin is not None
        sender.stdin.close()
    server.close()
    pictures.close()


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    assert found is not None, answer
    return int(found[1])


def tells_nothing(target: Target, answer: bytes) -> None:
    """No content, no words except the status's, no permissions for anybody, and no secret."""
    assert answer.partition(b"\r\n\r\n")[2] == b""
    assert CONTENT not in answer
    assert target.secret.encode() not in answer
    for word in (b"access-control", b"python", b"wsgi", b"allow-origin", b"location:", b"set-cookie", b"content-type:"):
        assert word not in answer.lower()


REFUSED = {
    # DNS rebinding: a foreign name that points to 127.0.0.1, and everything that could be mistaken for the right host.
    "a foreign host": ("GET /SECRET/NAME HTTP/1.1", "Host: attacker.example:PORT"),
    "a foreign host without its port": ("GET /SECRET/NAME HTTP/1.1", "Host: attacker.example"),
    "another name of this computer": ("GET /SECRET/NAME HTTP/1.1", "Host: localhost:PORT"),
    "another address of this computer": ("GET /SECRET/NAME HTTP/1.1", "Host: 127.0.0.2:PORT"),
    "the address as a number": ("GET /SECRET/NAME HTTP/1.1", "Host: 2130706433:PORT"),
    "the address in IPv6": ("GET /SECRET/NAME HTTP/1.1", "Host: [::ffff:127.0.0.1]:PORT"),
    "another port": ("GET /SECRET/NAME HTTP/1.1", "Host: 127.0.0.1:80"),
    "a user in the host": ("GET /SECRET/NAME HTTP/1.1", "Host: HOST@attacker.example"),
    "the host as a user": ("GET /SECRET/NAME HTTP/1.1", "Host: attacker.example@HOST"),
    "a host that goes on": ("GET /SECRET/NAME HTTP/1.1", "Host: HOST.attacker.example"),
    "a host with a dot": ("GET /SECRET/NAME HTTP/1.1", "Host: 127.0.0.1.:PORT"),
    "a host on two lines": ("GET /SECRET/NAME HTTP/1.1", "Host: HOST\r\n .attacker.example"),
    "no host": ("GET /SECRET/NAME HTTP/1.1",),
    "no host, as long ago": ("GET /SECRET/NAME HTTP/1.0",),
    "an empty host": ("GET /SECRET/NAME HTTP/1.1", "Host:"),
    "the right host, then a foreign one": ("GET /SECRET/NAME HTTP/1.1", "Host: HOST", "Host: attacker.example"),
    "a foreign host, then the right one": ("GET /SECRET/NAME HTTP/1.1", "Host: attacker.example", "Host: HOST"),
    "the right host twice": ("GET /SECRET/NAME HTTP/1.1", "Host: HOST", "Host: HOST"),
    "the host in another header": ("GET /SECRET/NAME HTTP/1.1", "Host: a.example", "X-Forwarded-Host: HOST"),
    # The secret.
    "no secret": ("GET /NAME HTTP/1.1", "Host: HOST"),
    "nothing in the secret's place": ("GET //NAME HTTP/1.1", "Host: HOST"),
    "a wrong secret": ("GET /0123456789012345678901234567890123456789012/NAME HTTP/1.1", "Host: HOST"),
    "a secret that goes on": ("GET /SECRETa/NAME HTTP/1.1", "Host: HOST"),
    "letters that are none": ("GET /\udcff\u212a/NAME HTTP/1.1", "Host: HOST"),
    "the secret elsewhere": (
        "GET /NAME?SECRET HTTP/1.1",
        "Host: HOST",
        "Cookie: secret=SECRET",
        "Authorization: Bearer SECRET",
        "Referer: http://HOST/SECRET/index.html",
    ),
    "the secret after the name": ("GET /NAME/SECRET HTTP/1.1", "Host: HOST"),
    "a part of the file without the secret": ("GET /NAME HTTP/1.1", "Host: HOST", "Range: bytes=0-0"),
    # The whole address, as sent to a proxy.
    "the address of a proxy": ("GET http://HOST/SECRET/NAME HTTP/1.1", "Host: HOST"),
    "somebody else's address": ("GET http://attacker.example/SECRET/NAME HTTP/1.1", "Host: HOST"),
    # Methods, with everything else as it should be.
    **{
        f"the method {method}": (f"{method} /SECRET/NAME HTTP/1.1", "Host: HOST")
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "GETS", "\u0130")
    },
    "a method that is overridden": ("POST /SECRET/NAME HTTP/1.1", "Host: HOST", "X-HTTP-Method-Override: GET"),
    "a method without the secret": ("POST /NAME HTTP/1.1", "Host: HOST"),
    # Another origin asks for permission first (preflight).
    "a preflight": (
        "OPTIONS /SECRET/NAME HTTP/1.1",
        "Host: HOST",
        "Origin: https://attacker.example",
        "Access-Control-Request-Method: GET",
        "Access-Control-Request-Headers: x-anything",
        "Access-Control-Request-Private-Network: true",
    ),
    "a preflight of no origin": ("OPTIONS /SECRET/NAME HTTP/1.1", "Host: HOST", "Origin: null"),
    "a preflight without the secret": ("OPTIONS /NAME HTTP/1.1", "Host: HOST", "Origin: https://attacker.example"),
    "a preflight for everything": ("OPTIONS * HTTP/1.1", "Host: HOST", "Origin: https://attacker.example"),
}


@pytest.mark.parametrize("attack", REFUSED)
def test_what_is_refused_is_refused_alike(target: Target, attack: str) -> None:
    """Whether such a file exists or not."""
    answers = {
        target.send(target.request(*(line.replace("NAME", name) for line in REFUSED[attack])))
        for name in ("index.html", "js/main.js", target.picture, "missing.html", "pictures/p1-preview-0.jpg")
    }
    (answer,) = answers
    assert 400 <= status(answer) < 500
    tells_nothing(target, answer)


def test_the_same_without_the_attack_is_answered(target: Target) -> None:
    """Else the attacks above might fail for another reason."""
    for name in ("index.html", "js/main.js", target.picture):
        answer = target.get(name)
        assert status(answer) == 200
        assert CONTENT in answer


OUTSIDE = [
    "../outside.html",
    "js/../../outside.html",
    "/outside.html",
    "./../outside.html",
    "pictures/../outside.html",
    "pictures/../../outside.html",
    "notes.txt",
    ".hidden.html/secret",
    "js/../index.html",
    "js/./main.js",
    "js//main.js",
    "Index.html",
]
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda name: name,
    "dots encoded": lambda name: name.replace(".", "%2e"),
    "slashes encoded": lambda name: name.replace("/", "%2F"),
    "both encoded": lambda name: name.replace(".", "%2E").replace("/", "%2f"),
    "encoded twice": lambda name: name.replace(".", "%252e").replace("/", "%252f"),
    "encoded three times": lambda name: name.replace(".", "%25252e").replace("/", "%25252f"),
    "backslashes": lambda name: name.replace("/", "\\"),
    "backslashes encoded": lambda name: name.replace("/", "%5c"),
    "overlong UTF-8": lambda name: name.replace(".", "%c0%ae").replace("/", "%c0%af"),
    "overlong UTF-8, bare": lambda name: name.replace(".", "\udcc0\udcae").replace("/", "\udcc0\udcaf"),
    "%u": lambda name: name.replace(".", "%u002e").replace("/", "%u2215"),
    "fullwidth": lambda name: name.replace(".", "\uff0e").replace("/", "\uff0f"),
    "fullwidth, encoded": lambda name: name.replace(".", "%ef%bc%8e").replace("/", "%ef%bc%8f"),
    "parameters": lambda name: name.replace("../", "..;/").replace("./", ".;a=b/") + ";",
    "dots doubled": lambda name: name.replace("../", "....//"),
    "NUL at the end": lambda name: name + "%00",
    "NUL before an ending": lambda name: name + "%00.js",
    "NUL, bare": lambda name: name + "\x00",
    "NUL in front": lambda name: "%00" + name,
    "line break at the end": lambda name: name + "%0d%0aX-Injected:%20yes",
    "blank at the end": lambda name: name + "%20",
    "the file system's own path": lambda name: "%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "a file address": lambda name: f"file:///{name}",
    "a whole address": lambda name: f"http://127.0.0.1/{name}",
    "a server's share": lambda name: f"\\\\127.0.0.1\\c$\\{name}",
    "a stream of NTFS": lambda name: name + "::$DATA",
    "a very long way": lambda name: "a/../" * 9_000 + name,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_leads_out(target: Target, spelling: str) -> None:
    """With the right host and secret. Files that exist and files that do not look the same."""
    missing = target.get("missing.html")
    tells_nothing(target, missing)
    for name in OUTSIDE:
        answer = target.get(SPELLINGS[spelling](name))
        assert answer == missing, (name, answer)
        assert b"X-Injected" not in answer


def test_the_name_alone_decides_not_how_it_is_spelled(target: Target) -> None:
    """What a browser may encode is understood, so the refusals above are not those of a server that decodes nothing."""
    assert CONTENT in target.get("index%2Ehtml")
    assert CONTENT in target.get("js%2Fmain.js?any=thing")


@pytest.mark.parametrize("ranges", ["bytes=0-0", "bytes=-1", "bytes=0-1,2-3", "bytes=9999999-", "lines=1-2"])
def test_parts_of_files_are_not_given(target: Target, ranges: str) -> None:
    """Whoever has the secret gets the whole file, as without the header: 206 or 416 can reveal nothing."""
    for name in ("index.html", target.picture, "missing.html"):
        line = f"GET /SECRET/{name} HTTP/1.1"
        answer = target.send(target.request(line, "Host: HOST", f"Range: {ranges}", 'If-Range: "x"'))
        assert answer == target.get(name)
        assert b"range" not in answer.lower()


def test_a_removed_photo_is_gone_at_once(target: Target) -> None:
    address = target.pictures.put("p2", Outcome(None, CONTENT + b"p2", CONTENT + b"p2")).preview
    assert address is not None
    assert CONTENT in target.get(address)
    target.pictures.forget(["p2"])
    assert target.get(address) == target.get("missing.html")


def test_pictures_of_another_run_are_not_there(target: Target, tmp_path: Path) -> None:
    """Neither of a run that has ended nor of one at the same time, under its secret or this one's."""
    other = Pictures(tmp_path)
    address = other.put("p1", Outcome(None, CONTENT + b"other", CONTENT + b"other")).preview
    assert address is not None
    kept = next(tmp_path.glob("*/p1-preview-*.jpg"))
    for name in (address, f"pictures/{kept}", f"pictures/../../{kept.parent.name}/{kept.name}"):
        assert target.get(name) == target.get("missing.html")
    other.close()
    server = PageServer(Path(__file__).parent / "probe_page", lambda _: None)
    try:
        another = urlsplit(server.base).path.strip("/")
    finally:
        server.close()
    answer = target.send(target.request(f"GET /{another}/{target.picture} HTTP/1.1", "Host: HOST"))
    assert status(answer) == 404
    tells_nothing(target, answer)


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1.1\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % number for number in range(500)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nno header at all\r\n\r\n",
        b"<script>alert(1)</script>\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
    ids=lambda request: ascii(request[:24]),
)
def test_what_is_no_request_is_told_nothing(target: Target, request_: bytes) -> None:
    tells_nothing(target, target.send(request_))
    assert CONTENT in target.get("index.html")


def test_the_oldest_form_of_a_request_gets_nothing(target: Target) -> None:
    """HTTP/0.9 has no Host, and its answer would be the bare file."""
    for name in ("index.html", "missing.html"):
        assert CONTENT not in target.send(target.request(f"GET /SECRET/{name}"))


def test_a_second_request_in_the_first_is_not_heard(target: Target) -> None:
    hidden = target.request("GET /SECRET/index.html HTTP/1.1", "Host: HOST")
    bodies = [*(f"Content-Length: {length}" for length in ("0", "5", "-1", "x", "99999999")), "Transfer-Encoding: x"]
    for line in ("POST /wrong HTTP/1.1", "GET /wrong HTTP/1.1", "POST /SECRET/index.html HTTP/1.1"):
        for body in bodies:
            answer = target.send(target.request(line, "Host: a.example", body) + hidden)
            assert answer.count(b"HTTP/1.") <= 1
            assert CONTENT not in answer
