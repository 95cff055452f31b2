"""A web page of another origin, in the user's browser, tries to get the photos, even knowing the whole address.

Each way is also tried on a careless server, where it succeeds: so if it fails here, that is the app's doing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from other_origins import OtherOrigin
from playwright.sync_api import Browser, BrowserContext, Error, Page, Response
from ui_doubles import jpeg

from desktop.server import PageServer

PICTURE = "pictures/p1-preview.jpg"

FILES = ["index.html", "main.js", PICTURE]

MISSING = ["missing.html", "missing.js", "pictures/broken.jpg"]
"""The server has nothing under these names."""

CARELESS = {
    "/index.html": ("text/html", b"<!doctype html><title>Careless</title><p>photos</p>"),
    "/main.js": ("text/javascript", b"export {};"),
    "/plain.js": ("text/javascript", b"window.ran = true;"),
    f"/{PICTURE}": ("image/jpeg", jpeg("preview")),
}

ATTACKS = {
    "fetch": "(url) => fetch(url).then((answer) => answer.text())",
    "fetch with credentials": "(url) => fetch(url, { credentials: 'include' }).then((answer) => answer.text())",
    "fetch blindly": "(url) => fetch(url, { mode: 'no-cors' }).then((answer) => answer.type)",
    "fetch with a header": "(url) => fetch(url, { headers: { 'X-Anything': 'x' } }).then((answer) => answer.text())",
    "fetch a part": "(url) => fetch(url, { headers: { Range: 'bytes=0-9' } }).then((answer) => answer.text())",
    "post": "(url) => fetch(url, { method: 'POST', mode: 'no-cors', body: 'x' }).then((answer) => answer.type)",
    "request": """(url) => new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open('GET', url);
        request.onload = () => resolve(request.responseText);
        request.onerror = () => reject(new Error('refused'));
        request.send();
    })""",
    "image": """(url) => new Promise((resolve, reject) => {
        const image = document.body.appendChild(new Image());
        image.onload = () => resolve(`${image.naturalWidth}`);
        image.onerror = () => reject(new Error('refused'));
        image.src = url;
    })""",
    "script": """(url) => new Promise((resolve, reject) => {
        const script = document.createElement('script');
        script.onload = () => resolve('ran');
        script.onerror = () => reject(new Error('refused'));
        script.src = url;
        document.body.append(script);
    })""",
    "module": "(url) => import(url).then(() => 'ran')",
    "style": """(url) => new Promise((resolve, reject) => {
        const link = document.createElement('link');
        link.rel = 'stylesheet';
        link.onload = () => resolve('there');
        link.onerror = () => reject(new Error('refused'));
        link.href = url;
        document.body.append(link);
    })""",
    "preload": """(url) => new Promise((resolve, reject) => {
        const link = document.createElement('link');
        link.rel = 'preload';
        link.as = 'image';
        link.onload = () => resolve('there');
        link.onerror = () => reject(new Error('refused'));
        link.href = url;
        document.head.append(link);
    })""",
    "object": """(url) => new Promise((resolve, reject) => {
        const object = document.createElement('object');
        object.onload = () => resolve('there');
        object.onerror = () => reject(new Error('refused'));
        object.data = url;
        document.body.append(object);
    })""",
}

FITTING = {"image": PICTURE, "script": "plain.js", "module": "main.js", "style": "index.html", "preload": PICTURE}
"""The file with which each way is shown to work on the careless server; the others use the page."""

PATIENCE = """(attack, url) => Promise.race([
    attack(url).then((value) => `got ${value}`, (error) => `${error.name}`),
    new Promise((resolve) => setTimeout(() => resolve('nothing came'), 10_000)),
])"""


@pytest.fixture(scope="module", params=["127.0.0.1", "localhost"])
def evil(request: Any, context: BrowserContext) -> Iterator[Page]:
    """A page of another port, and of another name. Its policy allows it everything."""
    with OtherOrigin({"/": ("text/html", b"<!doctype html><title>Evil</title><body></body>")}) as other:
        page = context.new_page()
        page.goto(f"http://{request.param}:{other.port}/")
        yield page
        page.close()


@pytest.fixture(scope="module")
def careless() -> Iterator[str]:
    """Address of a server that gives everything to everybody."""
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
    with OtherOrigin(CARELESS, headers) as server:
        yield f"http://127.0.0.1:{server.port}/"


def attack(page: Page, way: str, url: str) -> str:
    outcome: str = page.evaluate(f"(url) => ({PATIENCE})({ATTACKS[way]}, url)", url)
    return outcome


@pytest.mark.parametrize("way", [way for way in ATTACKS if way not in ("fetch with credentials", "style", "object")])
def test_each_way_would_work(evil: Page, careless: str, way: str) -> None:
    assert attack(evil, way, careless + FITTING.get(way, "index.html")).startswith("got ")


@pytest.mark.parametrize("way", ATTACKS)
def test_nothing_is_got_with_the_whole_address(evil: Page, server: PageServer, way: str) -> None:
    """Neither the page nor a script nor a picture; and existing files look the same as missing ones."""
    for name in FILES + MISSING:
        outcome = attack(evil, way, server.base + name)
        assert outcome in ("TypeError", "Error"), (name, outcome)
    assert evil.evaluate("() => customElements.get('tool-bar') ?? null") is None


@pytest.mark.parametrize("way", ATTACKS)
def test_nothing_is_got_without_the_secret(evil: Page, server: PageServer, way: str) -> None:
    outcomes = {attack(evil, way, f"{server.origin}/{name}") for name in ["", *FILES, *MISSING, f"wrong/{PICTURE}"]}
    assert len(outcomes) == 1
    assert outcomes <= {"TypeError", "Error"}


def test_what_the_browser_measures_tells_nothing(evil: Page, server: PageServer) -> None:
    """Sizes and status of what was asked for: the same for existing and for missing files."""
    seen = set()
    for name in FILES + MISSING:
        attack(evil, "fetch blindly", server.base + name)
        entries = evil.evaluate(
            "(url) => performance.getEntriesByName(url).map((one) =>"
            " [one.transferSize, one.encodedBodySize, one.decodedBodySize, one.responseStatus, one.contentType ?? ''])",
            server.base + name,
        )
        seen.update(map(tuple, entries))
    assert seen <= {(0, 0, 0, 0, "")}


EMBED = """([kind, url]) => new Promise((resolve) => {
    const frame = document.createElement(kind);
    frame.onload = () => resolve(true);
    setTimeout(() => resolve(false), 10_000);
    frame[kind === 'object' ? 'data' : 'src'] = url;
    if (kind === 'embed') frame.type = 'text/html';
    document.body.append(frame);
})"""


@pytest.mark.parametrize("kind", ["iframe", "embed"])
def test_the_page_cannot_be_embedded(evil: Page, server: PageServer, careless: str, kind: str) -> None:
    """Nobody can be tricked into clicking on it."""
    evil.evaluate(EMBED, [kind, f"{careless}index.html"])
    assert evil.frames[-1].inner_text("body") == "photos"
    frames = evil.frames
    for name in FILES + MISSING:
        evil.evaluate(EMBED, [kind, server.base + name])
        (frame,) = [one for one in evil.frames if one not in frames]
        frames = evil.frames
        assert frame.evaluate("() => location.href") == "chrome-error://chromewebdata/"
    assert evil.evaluate("() => [...document.querySelectorAll('iframe')].every((one) => one.contentDocument === null)")


OPEN = """(url) => {
    window.opened = window.open(url);
    window.seen = {};
    window.look = () => {
        for (const [name, look] of Object.entries({
            document: () => opened.document.title,
            address: () => opened.location.href,
            global: () => opened.agelens,
            frames: () => opened[0],
        })) {
            try {
                const value = look();
                if (value && value !== 'about:blank') seen[name] = String(value);
            } catch (error) { seen[`${name} throws`] = error.name; }
        }
        return seen;
    };
    window.timer = setInterval(look, 20);
}"""

SEEN = "() => { clearInterval(timer); return look(); }"


def test_a_window_that_is_opened_cannot_be_read(evil: Page, server: PageServer, careless: str) -> None:
    with evil.expect_popup() as opening:
        evil.evaluate(OPEN, f"{careless}index.html")
    opening.value.wait_for_url(f"{careless}index.html")
    assert evil.evaluate("() => { clearInterval(timer); return opened.closed; }") is False  # so that is the app's doing
    opening.value.close()
    for name in ("index.html", "missing.html"):
        with evil.expect_popup() as opening:
            evil.evaluate(OPEN, server.base + name)
        evil.wait_for_function("() => opened.closed")  # as the page that opened it sees it: they are severed
        popup = opening.value
        popup.wait_for_load_state()
        assert popup.evaluate("() => window.opener") is None
        assert not {"document", "address", "global", "frames"} & set(evil.evaluate(SEEN))
        popup.close()


def test_no_connection_is_kept_open_with_it(evil: Page, server: PageServer) -> None:
    """WebSockets and event streams are exempt from the rules for other origins, but nothing answers them."""
    outcome = evil.evaluate(
        """async (base) => {
            const heard = (source) => new Promise((resolve) => {
                source.onopen = () => resolve('open');
                source.onmessage = (event) => resolve(`message ${event.data}`);
                source.onerror = () => resolve('refused');
                setTimeout(() => resolve('nothing came'), 10_000);
            });
            return {
                socket: await heard(new WebSocket(base.replace('http:', 'ws:') + 'index.html')),
                stream: await heard(new EventSource(`${base}index.html`)),
                worker: await (async () => new Worker(`${base}main.js`))().catch((error) => error.name),
            };
        }""",
        server.base,
    )
    assert outcome == {"socket": "refused", "stream": "refused", "worker": "SecurityError"}


def test_a_name_that_comes_to_point_here_is_refused(browser: Browser, chromium: str, server: PageServer) -> None:
    """DNS rebinding: to the browser the page is now of the attacker's own origin, and it may read every answer."""
    address = urlsplit(server.base)
    rules = ["--host-resolver-rules=MAP attacker.example 127.0.0.1"]
    files = {"/": ("text/html", b"<!doctype html><title>Evil</title>")}
    rebound = browser.browser_type.launch(executable_path=chromium, args=rules)
    try:
        page = rebound.new_page()
        with OtherOrigin(files) as other:  # the name does resolve to this computer
            page.goto(f"http://attacker.example:{other.port}/")
            assert page.title() == "Evil"
        answers: list[Response] = []
        page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  (playwright wants a function)
        for name in FILES + MISSING:
            with suppress(Error):  # to Chromium, a refusal without content is a failure
                page.goto(f"http://attacker.example:{address.port}{address.path}{name}")
        assert [answer.status for answer in answers] == [403] * len(FILES + MISSING)
        assert {answer.header_value("Content-Length") for answer in answers} == {"0"}
    finally:
        rebound.close()
