"""The people in the photos of this run: who is on which face, when each was born, and when the photos were taken.

A name belongs to a place in a photo: the box of the face that was named. A face lies in that place when its box is the
same or nearly so, so names outlast a new analysis, and a removed face has its name again when it comes back.
What follows from names and years is computed by `engine.people` when a photo is sent, and never kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

from desktop.album import Album
from desktop.events import Events
from desktop.language import Language
from desktop.names import NamedPlace, is_birth_year, places_on, renamed_in
from desktop.photo import Photo
from desktop.records import Record, has_years, place_of
from engine.age import LEVEL
from engine.boxes import SAME_PLACE, overlap
from engine.people import Known, Person, with_years

Naming = Literal["named", "twice", "gone"]


class People:
    """Thread-safe. Changes are announced through `changed`, with the ids of the photos that are to be sent.

    Args:
        album: where the names are, with the photos.
        events: hears which names there are.
        changed: called with the ids of photos that are to be sent again. It must not block.
        language: the user's.
    """

    def __init__(
        self, album: Album, events: Events, changed: Callable[[Collection[str]], None], language: Language
    ) -> None:
        self._album = album
        self._events = events
        self._changed = changed
        self._language = language
        self._lock = threading.Lock()
        self._telling = threading.Lock()  # the list told last must be the latest
        self._births: dict[str, int] = {}  # also of names that no face has any more: typed again, they need no year

    @property
    def known(self) -> list[dict[str, Any]]:
        """The contract's `Person` for every name in the album, in alphabetical order."""
        births = self.births
        in_order = sorted(self._names(), key=lambda name: (name.casefold(), name))
        return [{"name": name, "born": births.get(name)} for name in in_order]

    @property
    def births(self) -> dict[str, int]:
        """Birth years by name."""
        with self._lock:
            return dict(self._births)

    def name_face(self, photo_id: str, box: Sequence[float], name: str | None, undoing: bool = False) -> Naming:
        """Say who is on a face, None for nobody.

        A name that differs from one in the album only in upper and lower case is taken as that one, unless this face
        has it: then the user is correcting it. A new name takes over the birth year of the one before, if that was on
        no other face: it was misspelled. A name corrected in its case only always does.
        When `undoing`, no year moves: the name is one that the face had before.

        Returns:
            "twice" when another face of the photo has this name, "gone" when the face is not there: nothing changes.
        """
        names = self._names()
        known = None if name is None else _as_known(name, names)
        answer: Naming = "gone"
        before: str | None = None  # what the face was called
        after: str | None = None

        def named(now: Photo) -> dict[str, Any] | None:
            nonlocal answer, before, after
            record = now.record
            faces = [] if record is None else record["faces"]
            place = place_of(faces, box)
            if place is None:
                return None
            on = places_on(faces, now.names)
            before = on[place].name if place in on else None
            after = name if undoing or _is_alike(name, before) else known
            if after is not None and any(one.name == after for other, one in on.items() if other != place):
                answer = "twice"
                return None
            answer = "named"
            elsewhere = [one for other, one in on.items() if other != place]
            kept = [
                one
                for one in now.names
                # Not what this face was called; a face that was removed keeps its name, as it may come back.
                if one in elsewhere or overlap(one.box, box) < SAME_PLACE
            ]
            if after is not None:
                kept.append(NamedPlace(tuple(box), after))
            return {"names": tuple(kept)}

        self._album.amend(photo_id, named)
        if answer != "named":
            return answer
        corrected = _is_alike(after, before) or (after not in names and before not in self._names())
        self._hand_on_year(before, after, corrected and not undoing)
        return answer

    def rename(self, name: str, to: str, ids: Collection[str], undoing: bool = False) -> list[str]:
        """Give everybody of this name another one, in these photos.

        Upper and lower case, and `undoing`, are treated as in `name_face`. Else the birth year goes along.

        Returns:
            ids of the photos in which that was done: not of those in which somebody has the other name.
        """
        names = self._names()
        name = _as_known(name, names)
        after = to if undoing or _is_alike(to, name) else _as_known(to, names)

        def renamed(now: Photo) -> dict[str, Any] | None:
            there = {one.name for one in now.names}
            if name not in there:
                return None  # without a look at the record: there may be thousands of photos
            record = now.record if after in there else None
            if record is not None and any(one.name == after for one in places_on(record["faces"], now.names).values()):
                return None
            return {"names": renamed_in(now.names, name, after)}

        done = [photo.id for photo in self._album.amend_all(ids, renamed)]
        if done and name not in self._names():
            self._album.rename_apart(name, after)
        self._hand_on_year(name, after, bool(done) and not undoing)
        return done

    def set_born(self, name: str, year: int | None) -> None:
        """Say when somebody was born, None for unknown. It holds in all photos, whatever the case of the name."""
        names = self._names()
        with self._lock:
            for one in {_as_known(name, names), *names, *self._births}:
                if not _is_alike(one, name):
                    continue
                if year is None:
                    self._births.pop(one, None)
                else:
                    self._births[one] = year
        photos = self._album.photos()
        self._changed([photo.id for photo in photos if any(_is_alike(one.name, name) for one in photo.names)])
        self.tell()

    def restore(self, births: Mapping[str, int]) -> None:
        """Take in the birth years of an album of an earlier run. Those of people in the album now stay as they are."""
        here = self._names()
        with self._lock:
            come = {name: year for name, year in births.items() if name not in here or name not in self._births}
            others = [f"{name} ({year})" for name, year in births.items() if (self._births | come)[name] != year]
            self._births |= come
        self._changed([one.id for one in self._album.photos() if any(name in come for _, name in one.names)])
        if others:
            self._events.notice(
                "Birth years of that album were not taken over, as other ones have been entered here: {years}.",
                "warning",
                years=", ".join(others),
            )

    def tell(self) -> None:
        """Tell the page which names there are; to be called when photos have come or gone."""
        with self._telling:
            self._events.state("people", self.known)

    def record(self, photo: Photo, years: bool) -> dict[str, Any] | None:
        """A photo's record, None without a report; with `years` as the command line makes it with `--people`.

        Whatever leaves the window gets its records here, and only here.
        """
        record = photo.record
        if record is None or not years:
            return record
        named = places_on(record["faces"], photo.names)
        people = {place + 1: Person(one.name, self._born(one.name)) for place, one in named.items()}
        return with_years(record, Known(people, photo.taken), LEVEL)

    def to_json(self, photo_id: str) -> dict[str, Any] | None:
        """The contract's `Photo`, with its people's names and the year that follows from them; None when it is gone."""
        photo = self._album.get(photo_id)
        if photo is None:
            return None
        return _told(photo.to_json(), self.record(photo, True) if photo.has_entries else None)

    def to_whole_json(self, photo_id: str) -> dict[str, Any] | None:
        """The contract's `WholePhoto`, None when it is gone: its record has the fields about people and years once
        something is known of them, and an error's sentence in the user's language."""
        photo = self._album.get(photo_id)
        if photo is None:
            return None
        record = self.record(photo, photo.has_entries)
        if record is not None and record["error"] is not None:
            record = {**record, "error": self._language.translated(record["error"])}
        return _told(photo.to_whole_json(record), record)

    def _hand_on_year(self, before: str | None, after: str | None, corrected: bool) -> None:
        """Give a name that has replaced another one its birth year, if that was a correction."""
        births = self.births
        if corrected and after is not None and after not in births and before in births:
            self.set_born(after, births[before])
        else:
            self.tell()

    def _born(self, name: str) -> int | None:
        """A person's birth year, None if unknown, or if it lies in the future because the clock was set back."""
        with self._lock:
            year = self._births.get(name)
        return year if is_birth_year(year) else None

    def _names(self) -> set[str]:
        return {one.name for photo in self._album.photos() for one in photo.names}


def _as_known(name: str, names: Collection[str]) -> str:
    """The one of these names that this one is, but for upper and lower case; this one if there is none."""
    return name if name in names else next((one for one in sorted(names) if _is_alike(one, name)), name)


def _is_alike(name: str | None, other: str | None) -> bool:
    """Whether two names differ in upper and lower case at most."""
    return name is not None and other is not None and name.casefold() == other.casefold()


def _told(shown: dict[str, Any], record: Record | None) -> dict[str, Any]:
    """A photo as the page gets it, with the names and the year of its record in its summary."""
    if record is not None and has_years(record):
        shown["summary"]["names"] = [face["person"]["name"] for face in record["faces"] if face["person"] is not None]
        if (estimate := record["taken"]["estimate"]) is not None:
            shown["summary"]["year"] = estimate["mean"]
    return shown
