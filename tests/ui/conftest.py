"""The page in a real browser: served by the app's own server, with a double of Python behind the bridge."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

sys.path.insert(0, str(Path(__file__).parent))

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import (  # noqa: E402
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Locator,
    Page,
    Response,
    expect,
)
from ui_doubles import Json, jpeg, start_script, whole  # noqa: E402

from desktop.server import PageServer  # noqa: E402
from dev import find_chromium  # noqa: E402

UI = Path(__file__).parents[2] / "ui"
DOUBLE = (Path(__file__).parent / "python_double.js").read_text(encoding="utf-8")
PATIENCE = 15_000
"""Milliseconds to wait for what must come, as the computer may be busy with other things."""
expect.set_options(timeout=PATIENCE)

RESTING = """async () => {
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    const moves = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(moves.map((one) => one.finished));
}"""

CHOSEN = {"theme": "system", "language": "system"}
"""What the server knows about the settings while it serves the page."""


class Window:
    """The page and what it says to Python. Pictures named "broken..." are not there, and
    "slow-preview.jpg" waits for `let_go`.

    `problems` collects all that must not happen: errors in the console, uncaught exceptions, breaches of the content
    security policy, requests that failed or left the computer. A test that leaves any of them fails.
    """

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.problems: list[str] = []
        self.wants_problems = False
        self._measures: CDPSession | None = None
        page.set_default_timeout(PATIENCE)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        page.on("dialog", lambda dialog: (self.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("response", self._see)

    def open(self, *photos: Json, connected: bool = True, **snapshot: Any) -> Window:
        """Load the page. `photos` and the other parts of the snapshot are what Python answers to `hello`."""
        self.page.add_init_script(start_script(photos, connected, **snapshot) + DOUBLE)
        self.page.goto(f"{self.base}index.html")
        if connected:
            self.settle()
        return self

    def look(
        self,
        width: int = 1200,
        height: int = 800,
        scheme: Literal["light", "dark"] = "light",
        motion: Literal["no-preference", "reduce"] = "no-preference",
    ) -> None:
        """Set the window's size, and what the system tells of the user's preferences."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=scheme, reduced_motion=motion)
        if self.page.url.startswith(self.base):
            self.rest()

    def choose(self, **settings: str) -> None:
        """Set the user's `theme` and `language`, for pages that are opened from now on in this test."""
        CHOSEN.update(settings)

    def settle(self) -> None:
        """Wait until Python has answered and the photos are drawn."""
        self.page.wait_for_function("() => document.documentElement.dataset.state !== 'starting'")
        self.rest()

    def rest(self) -> None:
        """Wait until the window is drawn as it is now, and no transition runs any more. Spinners never rest."""
        self.page.evaluate(RESTING)

    def clock(self, milliseconds: int) -> None:
        """Set the time in the page, which then stands still however long the test takes."""
        self.page.evaluate("(now) => { Date.now = () => now; }", milliseconds)

    def stop_clock(self) -> None:
        """Make timers and drawing wait for `page.clock.run_for` from now on; only for `still_window`."""

        def pause() -> None:
            # The page's clock must not have passed that time by then: what is due in these seconds is done at once.
            self.page.clock.pause_at(self.page.evaluate("() => Date.now()") / 1000 + 5)

        try:
            pause()
        except playwright_api.Error:  # it had, on a busy machine
            pause()

    def work(self) -> float:
        """Milliseconds that the page's thread has worked so far, without the time of others on a busy computer."""
        if self._measures is None:
            self._measures = self.page.context.new_cdp_session(self.page)
            self._measures.send("Performance.enable")
        metrics = self._measures.send("Performance.getMetrics")["metrics"]
        return next(one["value"] * 1000 for one in metrics if one["name"] == "ThreadTime")

    def receive(self, *events: Json) -> None:
        """Send events as Python does."""
        self.page.evaluate("(events) => events.forEach((event) => window.agelens.receive(event))", list(events))

    def photos(self, *photos: Json) -> None:
        """Send one `photos` event, and all about the photo that is shown if it is among them."""
        # As one text: playwright takes half a second for a hundred photos as objects.
        self.page.evaluate("(photos) => window.double.tell(JSON.parse(photos))", json.dumps(list(map(whole, photos))))

    def run(
        self,
        state: str,
        finished: int = 0,
        total: int = 0,
        seconds_left: float | None = None,
        speed: float | None = None,
    ) -> None:
        """Send one `run` event. `speed` is in photos a minute."""
        run = {
            "state": state,
            "done": finished,
            "total": total,
            "seconds_left": seconds_left,
            "photos_per_minute": speed,
        }
        self.receive({"event": "run", "run": run})

    def calls(self, name: str | None = None) -> list[list[Any]]:
        """The page's calls so far, in order: [name, value, ...]. Those of one name, or all that change something."""
        calls: list[list[Any]] = self.page.evaluate("() => window.double.calls")
        return [
            call for call in calls if call[0] == name or (name is None and call[0] not in ("hello", "show", "typed"))
        ]

    def refuse(self, *names: str) -> None:
        """Let these calls fail from now on."""
        self.page.evaluate("(names) => { window.double.refused = names; }", list(names))

    def find(self, selector: str) -> Locator:
        """Elements by CSS selector."""
        return self.page.locator(selector)

    def button(self, name: str) -> Locator:
        """The one button with exactly this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def press_twice(self, name: str) -> None:
        """Press a button that asks whether the user is sure, and confirm."""
        self.clock(0)
        self.button(name).click()
        expect(self.button(name)).to_have_count(0)  # it asks
        self.clock(600)  # longer than a double click
        self.page.keyboard.press("Enter")

    def click_again(self) -> None:
        """Make the second click of a double click, on whatever is under the pointer by now."""
        self.page.mouse.down(click_count=2)
        self.page.mouse.up(click_count=2)

    def compose(self, text: str, key: str | None = None) -> None:
        """Write with an input method, as for Japanese: `key` is pressed before the composition is committed."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
        if key is not None:
            session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": key})
        session.send("Input.insertText", {"text": text})
        session.detach()

    def words(self) -> str:
        """All the visible text."""
        return self.page.locator("body").inner_text()

    def ground(self) -> int:
        """How bright the page's background is, 0 to 765."""
        colour = self.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    def fits(self) -> bool:
        """Whether the document is no larger than the window."""
        fits: bool = self.page.evaluate(
            "() => document.documentElement.scrollWidth <= innerWidth"
            " && document.body.scrollWidth <= innerWidth && document.body.scrollHeight <= innerHeight"
        )
        return fits

    def check(self) -> None:
        """Fail when anything went wrong."""
        quiet = self.page.evaluate("() => [...window.double.violations, ...window.double.rejections]")
        assert [*self.problems, *quiet] == []

    def _hear(self, message: ConsoleMessage) -> None:
        broken = "Failed to load resource" in message.text and "/broken" in message.location["url"]
        if message.type == "error" and not broken:
            self.problems.append(f"console: {message.text}")

    def _see(self, response: Response) -> None:
        if not response.url.startswith(self.base):
            self.problems.append(f"a request to {response.url}")
        elif response.status >= 400 and "/broken" not in response.url:
            self.problems.append(f"{response.status} for {response.url}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium, or of a browser that is based on it."""
    path = find_chromium()
    if path is None:
        pytest.skip("there is no Chromium, Chrome or Edge that starts (Debian: apt-get install chromium)")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One for all tests."""
    with playwright_api.sync_playwright() as playwright:
        # One process draws the pages of all tests: to start it each time takes a tenth of their time.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--process-per-site"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def let_go() -> threading.Event:
    """An event: once it is set, the slow pictures come."""
    return threading.Event()


@pytest.fixture(scope="session")
def server(let_go: threading.Event) -> Iterator[PageServer]:
    """The app's server with the real page and made-up pictures."""

    def picture(name: str) -> bytes | None:
        if name == "slow-preview.jpg":
            let_go.wait()
        return None if name.startswith("broken") else jpeg(name)

    serving = PageServer(UI, picture, lambda: (CHOSEN["theme"], CHOSEN["language"]))
    yield serving
    let_go.set()
    serving.close()


@pytest.fixture(scope="session")
def context(browser: Browser, server: PageServer) -> Iterator[BrowserContext]:
    """One for all tests: the page keeps nothing in the browser."""
    context = browser.new_context(timezone_id="UTC")  # dates are shown as the user's zone has them
    spare = context.new_page()  # keeps the browser's window open, else each test would open a new one, not a tab
    spare.goto(f"{server.base}icon.svg")  # keeps the process for the server's pages
    yield context
    context.close()


@contextmanager
def opened(context: BrowserContext, server: PageServer) -> Iterator[Window]:
    """A window of ordinary size, not opened yet."""
    window = Window(context.new_page(), server.base)
    window.look()
    yield window
    window.choose(theme="system", language="system")
    try:
        if not window.wants_problems:
            window.check()
    finally:
        window.page.close()


@pytest.fixture
def window(context: BrowserContext, server: PageServer) -> Iterator[Window]:
    """A window of ordinary size, not opened yet."""
    with opened(context, server) as window:
        yield window


@pytest.fixture
def still_window(browser: Browser, server: PageServer) -> Iterator[Window]:
    """A window that may stop its clock, in a context of its own: all windows of a context share the clock."""
    with browser.new_context(timezone_id="UTC") as context, opened(context, server) as window:
        window.page.clock.install()  # before the page is opened: what it has begun could not be stopped
        yield window


@pytest.fixture
def barred_window(browser: Browser, chromium: str, server: PageServer) -> Iterator[Window]:
    """A window with scroll bars that take room, as on most systems. Playwright hides those of all others."""
    with (
        browser.browser_type.launch(executable_path=chromium, ignore_default_args=["--hide-scrollbars"]) as barred,
        barred.new_context(timezone_id="UTC") as context,
        opened(context, server) as window,
    ):
        yield window
