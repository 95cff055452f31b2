"""Events from Python to the page: coalesced and sent by a thread of their own, so that nothing waits for the page."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

from desktop.language import Language

PHOTOS_PER_EVENT = 500
"""Most photos in one event, by the contract."""

INTERVAL = 0.1
"""Seconds between two batches of events; what changes in between is sent together."""

Event = dict[str, Any]

_Value = dict[str, Any] | list[Any] | str

Describe = Callable[[str], dict[str, Any] | None]
"""Describes the photo with this id; None when it is gone."""

logger = logging.getLogger(__name__)


class Events:
    """Collects what changed and sends it. All methods return at once, from any thread.

    Nothing is sent until the page has said hello and has been answered: `arm`, then `open`. A photo's state is read
    when it is sent, so a photo that changes ten times within `INTERVAL` is sent once.

    Args:
        language: the user's. Sentences are translated when they are sent, as only then has the page told it.
    """

    _send: Callable[[Event], None]
    _describe: Describe
    _describe_whole: Describe

    def __init__(self, language: Language) -> None:
        self._language = language
        self._wake = threading.Condition()
        self._shown: str | None = None  # id of the photo about which the page wants all
        self._asked = False  # the page waits for that
        self._urgent = False  # a user waits for what is to be sent
        self._open = self._closed = self._sending = False
        self._hello: threading.Thread | None = None  # of the latest hello: a call is answered in its own thread
        self._photos: dict[str, None] = {}
        self._removed: dict[str, None] = {}
        self._latest: dict[str, _Value] = {}  # by the kind of `state`: only the latest counts
        self._notices: list[Callable[[], Event]] = []
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)

    def start(self, send: Callable[[Event], None], describe: Describe, describe_whole: Describe) -> None:
        """Start the sending thread.

        Args:
            send: hands one event to the page; it may block; if it raises, the event is lost.
            describe: gives the contract's `Photo`.
            describe_whole: gives the contract's `WholePhoto`.
        """
        self._send = send
        self._describe = describe
        self._describe_whole = describe_whole
        self._thread.start()

    def photos_changed(self, ids: Collection[str]) -> None:
        """These photos are new or different."""
        with self._noting():
            self._photos.update(dict.fromkeys(ids))

    def photos_removed(self, ids: Collection[str]) -> None:
        """These photos are gone."""
        with self._noting():
            self._removed.update(dict.fromkeys(ids))

    def show(self, photo_id: str) -> None:
        """The page wants all about this photo, at once and whenever it changes, and no longer about another."""
        with self._noting():
            self._shown, self._asked = photo_id, True

    def hurry(self) -> None:
        """Send soon what has been noted before this call: a user waits for it."""
        with self._noting():
            self._urgent = True

    def state(
        self,
        kind: Literal["run", "engine", "kept", "explaining", "export", "people", "given"],
        value: _Value,
    ) -> None:
        """Note the state of the run, the engine, the kept albums, an explanation, an export, or the names; or which
        photo was given last from outside the window."""
        with self._noting():
            self._latest[kind] = value

    def notice(
        self, template: str, kind: Literal["info", "warning"] = "info", album: int | None = None, **values: object
    ) -> None:
        """Show a sentence for a while.

        Args:
            template: the English sentence, with gaps for `values`; or a finished one.
            kind: how the page shows it.
            album: the kept album that the page offers to continue with.
            values: what the gaps are filled with.
        """

        def event() -> Event:
            say = self._language.say
            return _notice(say(template, **values) if values else say.finished(template), kind, album)

        with self._noting():
            self._notices.append(event)

    def counted(self, number: int, one: str, many: str, album: int | None = None) -> None:
        """Show a sentence about a number of things, see `engine.wording.Wording.counted` and `notice`."""
        with self._noting():
            self._notices.append(lambda: _notice(self._language.say.counted(number, one, many), "info", album))

    def analyzed_again(self, photos: int, entries: bool) -> None:
        """Say that so many photos have changed and are analyzed again; with `entries` in any, what is to be checked."""
        if entries:
            self.counted(
                photos,
                "1 photo has changed since last time and is being analyzed again. Check its names and year.",
                "{number} photos have changed since last time and are being analyzed again. Check names and years.",
            )
        else:
            self.counted(
                photos,
                "1 photo has changed since last time and is being analyzed again.",
                "{number} photos have changed since last time and are being analyzed again.",
            )

    def corrections_stay(self, photos: int) -> None:
        """Say that so many photos have changed, and keep the faces that somebody has corrected."""
        self.counted(
            photos,
            "1 changed photo keeps the faces that you corrected. To look for faces again, select it and use Analyze "
            "again.",
            "{number} changed photos keep the faces that you corrected. To look for faces again, select each and use "
            "Analyze again.",
        )

    def arm(self) -> None:
        """The page says hello: it is about to get the whole state, so what is older need not be sent any more."""
        with self._wake:
            self._hello, self._open = threading.current_thread(), False
            self._shown, self._asked = None, False
            self._photos.clear()
            self._removed.clear()
            # All but the photo to be shown, which is not part of the state.
            self._latest = {kind: value for kind, value in self._latest.items() if kind == "given"}

    def open(self) -> None:
        """The answer to a hello has reached the page: begin to send, if the latest `arm` was called in this thread. The
        answer to an earlier page says nothing about the present one."""
        with self._wake:
            if self._hello is threading.current_thread():
                self._open = True
                self._wake.notify_all()

    def hold(self) -> None:
        """The page is about to be loaded again: what is sent before it says hello would be lost."""
        with self._wake:
            self._open = False

    @property
    def delivered(self) -> bool:
        """Whether the page knows everything."""
        with self._wake:
            return self._open and not self._sending and not self._pending()

    def close(self) -> None:
        """Stop sending."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Note within this what is new to the page: the sending thread then wakes."""
        with self._wake:
            yield
            self._wake.notify_all()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or (self._open and self._pending()))
                if self._closed:
                    return
                news = self._take()
                self._sending = True
            for event in self._events(news):
                try:
                    self._send(event)
                except Exception:
                    logger.debug("an event could not be sent", exc_info=True)
            with self._wake:
                self._sending = False
                # The user looks at an empty space until all about a photo is there.
                self._wake.wait_for(lambda: self._closed or self._asked or self._urgent, INTERVAL)

    def _pending(self) -> bool:
        return self._asked or bool(self._photos or self._removed or self._latest or self._notices)

    def _take(self) -> _News:
        """Take what there is to tell; it counts as told. The lock is held."""
        news = _News(self._hello, list(self._photos), list(self._removed), dict(self._latest), list(self._notices))
        self._asked |= self._shown in self._photos
        self._urgent = False
        self._photos.clear()
        self._removed.clear()
        self._latest.clear()
        self._notices.clear()
        return news

    def _events(self, news: _News) -> Iterator[Event]:
        """The events that tell it. Photos are described as they are at this moment, which may be newer.

        A page that has come meanwhile gets what is newer still with the answer to its hello.
        """
        if news.removed and news.hello is self._hello:
            yield {"event": "removed", "ids": news.removed}
        for start in range(0, len(news.photos), PHOTOS_PER_EVENT):
            yield from self._whole()
            ids = news.photos[start : start + PHOTOS_PER_EVENT]
            photos = [told for photo_id in ids if (told := _attempt(self._describe, photo_id)) is not None]
            if photos and news.hello is self._hello:
                yield {"event": "photos", "photos": photos}
        yield from self._whole()
        # Progress comes after the photos it counts: when the page reads "idle", it has every result.
        for kind, value in news.latest.items():
            if kind == "given" or news.hello is self._hello:
                yield {"event": kind, kind: self._language.translated(value) if isinstance(value, dict) else value}
        for notice in news.notices:
            yield notice()

    def _whole(self) -> Iterator[Event]:
        """All about the photo that is shown, when the page waits for it."""
        with self._wake:
            wanted = self._shown if self._asked else None
            self._asked = False
        whole = None if wanted is None else _attempt(self._describe_whole, wanted)
        if whole is not None:
            yield {"event": "whole", "photo": whole}


class _News(NamedTuple):
    hello: threading.Thread | None
    photos: list[str]
    removed: list[str]
    latest: dict[str, _Value]
    notices: list[Callable[[], Event]]


def _attempt(describe: Describe, photo_id: str) -> dict[str, Any] | None:
    """A photo's description, None also if making it fails: the thread that sends all the rest must live on."""
    try:
        return describe(photo_id)
    except Exception:
        logger.exception("a photo could not be described")
        return None


def _notice(text: str, kind: str, album: int | None) -> Event:
    return {"event": "notice", "text": text, "kind": kind, "album": album}
