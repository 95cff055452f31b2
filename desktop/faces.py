"""Explaining a face's estimate, and correcting a photo's faces: adding, removing, undoing.

A face is identified by its box, exactly as the photo's report has it. A corrected report is a record like any other; a
new analysis of the photo replaces it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from desktop.album import Album
from desktop.events import Events
from desktop.jobs import Jobs, is_outdated
from desktop.photo import Photo
from desktop.pictures import PhotoPictures, Pictures
from desktop.records import Record, place_of
from desktop.reports import Report
from engine.boxes import SAME_FACE, Box, overlap
from engine.files import reason
from engine.report import PHOTO_CHANGED, Upright
from engine.worker_messages import Outcome

LEAST_SIDE = 8.0
"""Pixels of the photo: a box with a shorter side shows no face."""

MOST_UNDONE = 50
"""Corrections of one photo that can be undone."""

Answer = dict[str, Any]
Undoing = Literal["undone", "busy", "gone"]


@dataclass(frozen=True)
class _Version:
    """What a correction changes in a photo."""

    report: Report
    pictures: PhotoPictures | None
    corrected: bool = True

    @property
    def changes(self) -> dict[str, Any]:
        """For `Album.amend`."""
        return {"report": self.report, "pictures": self.pictures, "corrected": self.corrected}


class Faces:
    """Thread-safe. Calls that need the engine wait for it.

    Args:
        album: where the photos' reports are.
        jobs: hands the work to the engine.
        pictures: where the crops of added faces go.
        events: hears of progress.
    """

    def __init__(self, album: Album, jobs: Jobs, pictures: Pictures, events: Events) -> None:
        self._album = album
        self._jobs = jobs
        self._pictures = pictures
        self._events = events
        self._lock = threading.Lock()  # one correction after the other
        self._before: dict[str, list[_Version]] = {}  # per photo, the latest last

    def explain(self, photo_id: str, box: Box) -> Answer | None:
        """Which parts of a face move its estimate: the contract's `Explanation`.

        None when nobody wants it any more: the photo or the face has been removed, or another face asked about.
        """
        photo = self._album.get(photo_id)
        face = find_face(photo, box)
        if photo is None or face is None:
            return None

        def heard(done: int, total: int) -> None:
            value = {"id": photo_id, "box": list(box), "done": done, "total": total}
            self._events.state("explaining", value)

        record, landmarks = _record(photo), face["landmarks"]
        outcome = self._jobs.ask(
            photo_id, "explain", lambda worker, path: worker.explain(path, record, landmarks, heard)
        )
        if find_face(self._album.get(photo_id), box) is None:
            return None
        if outcome is not None and is_outdated(photo, outcome):
            return {"map": None, "message": PHOTO_CHANGED.message}
        if outcome is not None and outcome.map is not None:
            return {"map": [list(row) for row in outcome.map], "message": None}
        message = self._complaint(outcome)
        return None if message is None else {"map": None, "message": message}

    def add(self, photo_id: str, box: Box) -> Answer | None:
        """Add the face in a box that the user has drawn: the contract's `Addition`.

        None when nobody wants it any more: the photo has been removed or is being analyzed, or the box asked for again.

        Raises:
            ValueError: too little of the box lies in the photo.
        """
        photo = self._album.get(photo_id)
        if photo is None or not _is_correctable(photo):
            return None
        record = _record(photo)
        inside = _inside(box, Upright.of(record))
        # A purpose of its own for each box: two may be drawn one after the other, while the engine is busy.
        outcome = self._jobs.ask(
            photo_id, f"add {photo_id} {inside}", lambda worker, path: worker.face_in(path, record, inside)
        )
        face = None if outcome is None else outcome.face
        if outcome is None or face is None:
            message = self._complaint(outcome)
            return None if message is None else {"state": "failed", "message": message}
        crop = self._keep(photo.pictures, outcome)
        known = outdated = False

        def added(now: Photo) -> _Version | None:
            nonlocal known, outdated
            outdated = is_outdated(now, outcome)
            if outdated:
                return None
            record, pictures = _record(now), now.pictures
            faces = record["faces"]
            known = any(overlap(face["box"], other["box"]) > SAME_FACE for other in faces)
            if known:
                return None
            # Crops belong to faces by position: one that is missing, on a full disk, must not shift later ones.
            if crop is not None and pictures is not None and len(pictures.crops) == len(faces):
                pictures = replace(pictures, crops=(*pictures.crops, crop))
            return _Version(self._album.keep({**record, "status": "ok", "faces": [*faces, face]}), pictures)

        if self._correct(photo_id, added):
            return {"state": "added", "message": None}
        if outdated:
            return {"state": "failed", "message": PHOTO_CHANGED.message}
        if self._album.get(photo_id) is None:
            self._pictures.forget([photo_id])  # removed while its picture was being kept
        return {"state": "known", "message": None} if known else None

    def remove(self, photo_id: str, box: Box) -> bool:
        """Take a face out of the report; false when it is not there, or the photo is being analyzed."""

        def removed(now: Photo) -> _Version | None:
            record, pictures = _record(now), now.pictures
            faces = record["faces"]
            place = place_of(faces, box)
            if place is None:
                return None
            del faces[place]
            if pictures is not None:
                pictures = replace(pictures, crops=pictures.crops[:place] + pictures.crops[place + 1 :])
            return _Version(self._album.keep({**record, "status": "ok" if faces else "no_face"}), pictures)

        return self._correct(photo_id, removed)

    def undo(self, photo_id: str) -> Undoing:
        """Undo the last correction of a photo.

        Returns:
            "busy" while the photo is queued or being analyzed: if that is canceled, the correction can still be undone.
            "gone" when there is none to undo, or the photo has been removed.
        """
        answer: Undoing = "gone"
        with self._lock:
            before = self._before.get(photo_id, [])

            def undone(now: Photo) -> dict[str, Any] | None:
                nonlocal answer
                if not (before and now.undoable):
                    return None
                if not _is_correctable(now):  # it has been corrected, so it could be read
                    answer = "busy"
                    return None
                answer = "undone"
                version = before[-1]
                return {**version.changes, "undoable": len(before) > 1}

            if self._album.amend(photo_id, undone) is not None:
                before.pop()
        return answer

    def _correct(self, photo_id: str, change: Callable[[Photo], _Version | None]) -> bool:
        """Replace a photo's version by what `change(photo)` returns, so that this can be undone."""
        with self._lock:
            earlier: list[_Version] = []

            def corrected(now: Photo) -> dict[str, Any] | None:
                version = change(now) if _is_correctable(now) else None
                if version is None or now.report is None:
                    return None
                if now.undoable:  # after an analysis, what was corrected before it cannot come back
                    earlier.extend(self._before.get(photo_id, []))
                earlier.append(_Version(now.report, now.pictures, now.corrected))
                return {**version.changes, "undoable": True}

            if self._album.amend(photo_id, corrected) is None:
                return False
            self._before[photo_id] = earlier[-MOST_UNDONE:]
            return True

    def _keep(self, shown: PhotoPictures | None, outcome: Outcome) -> str | None:
        """Keep the crop of an added face, for `PhotoPictures.crops`; None when the disk is full."""
        if shown is None or not outcome.crops:
            return None
        try:
            return self._pictures.put_crop(shown, outcome.crops[0])
        except OSError as error:
            self._events.notice("Previews cannot be saved: {why}.", "warning", why=reason(error))
            return None

    def _complaint(self, outcome: Outcome | None) -> str | None:
        """Why there is no answer, as a sentence; None when nobody wants one."""
        if outcome is not None:
            problem = None if outcome.record is None else outcome.record["error"]
            return None if problem is None else str(problem["message"])
        engine = self._jobs.engine
        return str(engine["message"]) if engine["state"] == "failed" else None


def find_face(photo: Photo | None, box: Box) -> dict[str, Any] | None:
    """The face with this box in a photo's report."""
    record = None if photo is None else photo.record
    faces = [] if record is None else record["faces"]
    place = place_of(faces, box)
    return None if place is None else faces[place]


def _is_correctable(photo: Photo) -> bool:
    return photo.state == "done" and photo.was_read


def _record(photo: Photo) -> Record:
    record = photo.record
    assert record is not None
    return record


def _inside(box: Box, upright: Upright) -> tuple[float, float, float, float]:
    """The part of a box that lies in the photo."""
    x, y, width, height = box
    left, top = max(x, 0.0), max(y, 0.0)
    right, bottom = min(x + width, upright.width), min(y + height, upright.height)
    if right - left < LEAST_SIDE or bottom - top < LEAST_SIDE:
        raise ValueError("the box lies outside of the photo or is too small")
    return left, top, right - left, bottom - top
