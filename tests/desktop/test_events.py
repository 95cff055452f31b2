"""desktop.events"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from desktop.album import Album
from desktop.events import INTERVAL, PHOTOS_PER_EVENT, Events
from desktop.language import Language
from desktop.photo import Photo

Until = Callable[..., float]


class Page:
    """Records what it is sent."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.events = Events(Language())
        self.album = Album(self.events.photos_changed, self.events.photos_removed)
        self.slow = threading.Event()
        self.slow.set()

    def start(self, describe: Callable[[Photo], dict[str, Any]]) -> None:
        """Begin to send; photos that are gone are not described."""

        def described(photo_id: str) -> dict[str, Any] | None:
            photo = self.album.get(photo_id)
            return None if photo is None else describe(photo)

        self.events.start(self._receive, described, described)

    def _receive(self, event: dict[str, Any]) -> None:
        self.slow.wait()
        self.got.append(event)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.got if event["event"] == kind]


@pytest.fixture
def page() -> Iterator[Page]:
    made = Page()
    made.start(Photo.to_json)
    yield made
    made.slow.set()
    made.events.close()


@pytest.fixture
def one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next batch never comes: what is sent after the first is only what somebody waits for."""
    monkeypatch.setattr("desktop.events.INTERVAL", 1000)


def greet(page: Page) -> None:
    page.events.arm()
    page.events.open()


def test_nothing_is_sent_before_hello_is_answered(page: Page, until: Until) -> None:
    page.album.add(["a.jpg"])
    page.events.open()  # some other call's answer
    page.events.notice("early")
    page.events.state("given", "p1")
    time.sleep(3 * INTERVAL)
    assert page.got == []
    page.events.arm()
    page.album.add(["b.jpg"])
    time.sleep(3 * INTERVAL)
    assert page.got == []
    page.events.open()
    until(lambda: page.events.delivered)
    # a.jpg is in the answer to hello; b.jpg came after it. What is in no answer is sent.
    assert [photo["name"] for photo in page.of("photos")[0]["photos"]] == ["b.jpg"]
    assert [event["text"] for event in page.of("notice")] == ["early"]
    assert [event["given"] for event in page.of("given")] == ["p1"]


def test_many_photos_go_in_events_of_a_bearable_size(page: Page, until: Until) -> None:
    greet(page)
    page.album.add(f"{n}.jpg" for n in range(2 * PHOTOS_PER_EVENT + 50))
    until(lambda: len(page.of("photos")) == 3)
    assert [len(event["photos"]) for event in page.of("photos")] == [PHOTOS_PER_EVENT, PHOTOS_PER_EVENT, 50]


@pytest.mark.usefixtures("one_round")
def test_who_waits_need_not_wait_for_the_next_round(page: Page, until: Until) -> None:
    greet(page)
    for number in range(1, 11):
        page.events.state("run", {"done": number})
        page.events.hurry()
        until(lambda number=number: len(page.of("run")) == number)  # type: ignore[misc]


@pytest.mark.usefixtures("one_round")
def test_changes_within_a_round_are_coalesced(page: Page, until: Until) -> None:
    greet(page)
    (photo_id,) = page.album.add(["a.jpg"]).new
    until(lambda: page.of("photos"))
    for count in range(1, 101):
        page.album.update(photo_id, taken=count)
        page.events.state("run", {"done": count})
        time.sleep(0.001)  # there would be time to send it
    page.events.hurry()
    until(lambda: page.events.delivered)
    assert [event["photos"][0]["taken"] for event in page.of("photos")] == [None, 100]
    assert [event["run"] for event in page.of("run")] == [{"done": 100}]


def test_a_photo_that_came_and_went_is_only_removed(page: Page, until: Until) -> None:
    greet(page)
    page.slow.clear()
    page.events.notice("holds the page up")
    until(lambda: not page.events._notices)
    (photo_id,) = page.album.add(["a.jpg"]).new
    page.album.remove([photo_id])
    assert not page.events.delivered
    page.slow.set()
    until(lambda: page.of("removed"))
    assert page.of("removed")[0]["ids"] == [photo_id]
    assert page.of("photos") == []
    until(lambda: page.events.delivered)


def test_a_slow_page_holds_nobody_up(page: Page) -> None:
    greet(page)
    page.slow.clear()
    for n in range(200):
        page.album.add([f"{n}.jpg"])
        page.events.notice(str(n))
    assert page.got == []  # it is still busy with the first


def test_a_page_that_fails_loses_the_event_and_gets_the_next(until: Until) -> None:
    got: list[dict[str, Any]] = []

    def send(event: dict[str, Any]) -> None:
        if not got:
            got.append({"event": "lost"})
            raise RuntimeError("the page is gone")
        got.append(event)

    events = Events(Language())
    events.start(send, lambda _: None, lambda _: None)
    events.arm()
    events.open()
    events.notice("one")
    until(lambda: got)
    events.notice("two")
    until(lambda: len(got) == 2)
    assert got[1] == {"event": "notice", "text": "two", "kind": "info", "album": None}
    events.close()


def test_a_photo_that_cannot_be_described_costs_no_other(until: Until) -> None:
    def describe(photo: Photo) -> dict[str, Any]:
        if photo.path.endswith("bad.jpg"):
            raise OSError("its record cannot be read")
        return photo.to_json()

    page = Page()
    page.start(describe)
    greet(page)
    page.album.add(["a.jpg", "bad.jpg", "b.jpg"])
    bad = page.album.photos()[1]
    page.events.show(bad.id)
    page.events.notice("after")
    until(lambda: page.of("notice"))
    told = [photo["name"] for event in page.of("photos") for photo in event["photos"]]
    assert told == ["a.jpg", "b.jpg"]
    page.events.close()


def test_all_about_the_photo_shown_is_sent_at_once_and_whenever_it_changes(page: Page, until: Until) -> None:
    greet(page)
    one, other = page.album.add(["a.jpg", "b.jpg"]).new
    until(lambda: page.of("photos"))
    assert page.of("whole") == []
    page.events.show(one)
    until(lambda: page.of("whole"))
    page.album.update(other, taken=1950)
    page.album.update(one, taken=1960)
    until(lambda: len(page.of("whole")) == 2)
    page.events.show(other)
    until(lambda: len(page.of("whole")) == 3)
    page.album.update(one, taken=1970)
    until(lambda: page.events.delivered)
    found = [(event["photo"]["id"], event["photo"]["taken"]) for event in page.of("whole")]
    assert found == [(one, None), (one, 1960), (other, 1950)]


@pytest.mark.usefixtures("one_round")
def test_who_looks_through_photos_need_not_wait_for_the_next_round(page: Page, until: Until) -> None:
    greet(page)
    ids = page.album.add(f"{number}.jpg" for number in range(10)).new
    until(lambda: page.of("photos"))
    for number, photo_id in enumerate(ids, start=1):
        page.events.show(photo_id)
        until(lambda number=number: len(page.of("whole")) == number)  # type: ignore[misc]


def test_thousands_of_changes_do_not_hold_up_what_is_shown(page: Page, until: Until) -> None:
    greet(page)
    page.slow.clear()
    ids = page.album.add(f"{number}.jpg" for number in range(10 * PHOTOS_PER_EVENT)).new
    until(lambda: page.events._sending)  # the first of them are on their way
    page.events.show(ids[7])
    page.slow.set()
    until(lambda: page.events.delivered)
    kinds = [event["event"] for event in page.got]
    assert kinds.count("photos") == 10
    assert kinds.index("whole") < 3


def in_a_thread(call: Callable[[], None]) -> None:
    """Run something in its own thread, as each of the page's calls is."""
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def test_what_is_older_than_the_answer_to_hello_is_not_sent_after_it(page: Page, until: Until) -> None:
    page.slow.clear()
    page.events.arm()
    page.album.add(["a.jpg"])
    page.events.state("run", {"state": "running"})
    page.events.state("given", "p1")
    page.events.open()
    until(lambda: page.events._sending)  # the photo is on its way, and then the others
    page.album.remove(["p1"])
    in_a_thread(lambda: greet(page))
    page.slow.set()
    until(lambda: page.events.delivered)
    assert [event["event"] for event in page.got] == ["photos", "given"]


def test_photos_described_before_a_hello_are_not_sent_after_it(until: Until) -> None:
    """They may be older than the answer, and nothing would tell the page."""
    described, go_on = threading.Event(), threading.Event()

    def describe(photo: Photo) -> dict[str, Any]:
        described.set()
        go_on.wait()
        return photo.to_json()

    page = Page()
    page.start(describe)
    greet(page)
    page.album.add(["a.jpg"])
    described.wait()
    in_a_thread(lambda: greet(page))
    go_on.set()
    until(lambda: page.events.delivered)
    assert page.got == []
    page.events.close()


def test_nothing_is_sent_to_a_page_that_is_about_to_go(page: Page, until: Until) -> None:
    greet(page)
    page.events.hold()
    page.events.notice("for the next page")
    page.album.add(["a.jpg"])
    time.sleep(3 * INTERVAL)
    assert page.got == []
    in_a_thread(lambda: greet(page))
    until(lambda: page.of("notice"))
    assert page.of("photos") == []  # they are in the answer to its hello


def test_the_answer_to_a_hello_of_a_page_that_is_no_more_opens_nothing(page: Page, until: Until) -> None:
    page.events.arm()
    page.events.notice("for the page of today")
    in_a_thread(page.events.arm)
    page.events.open()
    time.sleep(3 * INTERVAL)
    assert page.got == []
    in_a_thread(lambda: greet(page))
    until(lambda: page.of("notice"))


def test_a_new_page_is_told_nothing_whole_before_it_asks(page: Page, until: Until) -> None:
    greet(page)
    (photo_id,) = page.album.add(["a.jpg"]).new
    page.events.show(photo_id)
    until(lambda: page.of("whole"))
    greet(page)
    page.album.update(photo_id, taken=1950)
    until(lambda: page.events.delivered)
    assert len(page.of("whole")) == 1
