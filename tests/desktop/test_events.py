"""desktop.events"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from desktop.album import Album
from desktop.events import INTERVAL, Events

Until = Callable[..., float]


class Page:
    """Records what it is sent."""

    def __init__(self) -> None:
        self.got: list[tuple[float, dict[str, Any]]] = []
        self.events = Events(self._receive)
        self.album = Album(self.events.photos_changed, self.events.photos_removed)
        self.slow = threading.Event()
        self.slow.set()

    def _receive(self, event: dict[str, Any]) -> None:
        self.slow.wait(10)
        self.got.append((time.monotonic(), event))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for _, event in self.got if event["event"] == kind]


@pytest.fixture
def page() -> Iterator[Page]:
    made = Page()
    made.events.start(made.album)
    yield made
    made.slow.set()
    made.events.close()


def greet(page: Page) -> None:
    page.events.arm()
    page.events.open()


def test_nothing_is_sent_before_hello_is_answered(page: Page, until: Until) -> None:
    page.album.add(["a.jpg"])
    page.events.open()  # some other call's answer
    page.events.notice("early")
    time.sleep(3 * INTERVAL)
    assert page.got == []
    page.events.arm()
    page.album.add(["b.jpg"])
    time.sleep(3 * INTERVAL)
    assert page.got == []
    page.events.open()
    until(lambda: page.of("photos"))
    # a.jpg is in the answer to hello; b.jpg came after it. A notice is in no answer, so it is sent.
    assert [photo["name"] for photo in page.of("photos")[0]["photos"]] == ["b.jpg"]
    assert [event["text"] for event in page.of("notice")] == ["early"]


def test_many_photos_go_in_events_of_at_most_a_hundred(page: Page, until: Until) -> None:
    greet(page)
    page.album.add(f"{n}.jpg" for n in range(250))
    until(lambda: len(page.of("photos")) == 3)
    assert [len(event["photos"]) for event in page.of("photos")] == [100, 100, 50]


def test_changes_under_load_are_coalesced(page: Page, until: Until) -> None:
    greet(page)
    (photo_id,) = page.album.add(["a.jpg"]).new
    end = time.monotonic() + 5.5 * INTERVAL
    count = 0
    while time.monotonic() < end:
        count += 1
        page.album.update(photo_id, thumbnail=str(count))
        page.events.state("run", {"done": count})
        time.sleep(0.002)
    until(lambda: page.of("photos")[-1]["photos"][0]["thumbnail"] == str(count))
    assert len(page.of("photos")) <= 8 < count
    assert page.of("run")[-1]["run"] == {"done": count}


def test_a_photo_that_came_and_went_is_only_removed(page: Page, until: Until) -> None:
    greet(page)
    page.slow.clear()
    page.events.notice("holds the page up")
    until(lambda: not page.events._notices)
    (photo_id,) = page.album.add(["a.jpg"]).new
    page.album.remove([photo_id])
    page.slow.set()
    assert not page.events.delivered
    until(lambda: page.of("removed"))
    assert page.of("removed")[0]["ids"] == [photo_id]
    assert page.of("photos") == []
    until(lambda: page.events.delivered)


def test_a_slow_page_holds_nobody_up(page: Page) -> None:
    greet(page)
    page.slow.clear()
    began = time.monotonic()
    for n in range(200):
        page.album.add([f"{n}.jpg"])
        page.events.notice(str(n))
    assert time.monotonic() - began < 0.5


def test_a_page_that_fails_loses_the_event_and_gets_the_next(until: Until) -> None:
    got: list[dict[str, Any]] = []

    def send(event: dict[str, Any]) -> None:
        if not got:
            got.append({"event": "lost"})
            raise RuntimeError("the page is gone")
        got.append(event)

    events = Events(send)
    events.start(Album(events.photos_changed, events.photos_removed))
    events.arm()
    events.open()
    events.notice("one")
    until(lambda: got)
    events.notice("two")
    until(lambda: len(got) == 2)
    assert got[1] == {"event": "notice", "text": "two", "kind": "info"}
    events.close()
