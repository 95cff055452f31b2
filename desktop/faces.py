"""What a user asks about one face of a photo. A face is known by its box, exactly as the photo's report has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from desktop.album import Album, Photo
from desktop.events import Events
from desktop.jobs import Jobs
from engine.report import Upright

Box = Sequence[float]
"""x, y, width, height in pixels of the upright photo."""


class Faces:
    """Thread-safe. Calls that need the engine wait for it.

    Args:
        album: where the photos' reports are.
        jobs: hands the work to the engine.
        events: hears of progress.
    """

    def __init__(self, album: Album, jobs: Jobs, events: Events) -> None:
        self._album = album
        self._jobs = jobs
        self._events = events

    def explain(self, photo_id: str, box: Box) -> dict[str, Any] | None:
        """Which parts of a face move its estimate: the contract's `Explanation`.

        None when nobody wants it any more: the photo or the face has been removed, or another one asked for.
        """
        photo = self._album.get(photo_id)
        face = find_face(photo, box)
        if photo is None or face is None:
            return None

        def heard(done: int, total: int) -> None:
            value = {"id": photo_id, "box": list(box), "done": done, "total": total}
            self._events.state("explaining", value)

        upright, landmarks = _upright(photo), face["landmarks"]
        outcome = self._jobs.ask(
            photo_id, "explain", lambda worker, path: worker.explain(path, upright, landmarks, heard)
        )
        if find_face(self._album.get(photo_id), box) is None:
            return None
        if outcome is None:
            engine = self._jobs.engine
            return {"map": None, "message": engine["message"]} if engine["state"] == "failed" else None
        if outcome.map is None:
            return {"map": None, "message": _complaint(outcome.record)}
        return {"map": [list(row) for row in outcome.map], "message": None}


def find_face(photo: Photo | None, box: Box) -> dict[str, Any] | None:
    """The face of this box in a photo's report."""
    faces = [] if photo is None or photo.report is None else photo.report["faces"]
    return next((face for face in faces if face["box"] == list(box)), None)


def _upright(photo: Photo) -> Upright:
    assert photo.report is not None
    return Upright(photo.report["width"], photo.report["height"], photo.report["rotated"])


def _complaint(record: dict[str, Any] | None) -> str:
    problem = None if record is None else record["error"]
    return "The face could not be looked at." if problem is None else str(problem["message"])
