"""The work on photos: one thread feeds the engine's worker, one photo at a time, and keeps album and page informed."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from desktop.album import Album
from desktop.events import Events
from desktop.names import outlasting, resized, shows_same_faces
from desktop.photo import Photo, with_pictures
from desktop.pictures import PhotoPictures, Pictures, promise
from desktop.reports import Report
from engine.files import reason
from engine.paths import FileStamp, is_same_stamp
from engine.report import PHOTO_CHANGED
from engine.worker import Worker, WorkerFailed
from engine.worker_messages import ModelInfo, Outcome

REMAKE_LIMIT = 75.0
"""Most seconds that the page waits for a preview to be made again."""

HANGING = 30.0
"""Seconds for which no pictures are made of the photos in a folder, once the worker has waited for one in vain."""

_PASSING = ("not_found", "unreadable")
"""Errors that do not refute an earlier result: the drive may just be disconnected."""

_RECENT = 20
"""Photos over which the time per photo is averaged."""

logger = logging.getLogger(__name__)

Work = Callable[[Worker, str], Outcome]
"""What the worker is to do with the photo of this path."""

_Kind = Literal["analysis", "preview", "remake", "question"]


@dataclass(eq=False)
class _Question:
    photo_id: str
    purpose: str
    work: Work
    patient: bool
    answer: Outcome | None = None
    over: bool = False  # answered, or nobody wants the answer any more


@dataclass
class _Job:
    photo: Photo
    kind: _Kind
    dropped: bool = False  # nobody wants the result any more
    question: _Question | None = None
    made: Collection[str] | None = None  # of a remake: names of the pictures that it has made, None if it made none


class Jobs:
    """Thread-safe queue of analyses, and of quicker jobs that come before them.

    All methods but `remake_preview`, `ask`, `follow_renames` and `close` return at once.

    Args:
        worker: analyzes the photos; closed by `close`.
        album: where states and results go.
        pictures: where pictures go.
        events: hears of progress and of the engine's state.
        names_changed: called when an analysis has changed names. It must not block.
        clock: a monotonic clock in seconds, to time the photos.
    """

    def __init__(
        self,
        worker: Worker,
        album: Album,
        pictures: Pictures,
        events: Events,
        names_changed: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worker = worker
        self._clock = clock
        self._album = album
        self._pictures = pictures
        self._events = events
        self._names_changed = names_changed
        self._wake = threading.Condition()
        self._analyses: dict[str, None] = {}  # ids, in order
        self._previews: dict[str, None] = {}
        self._remakes: dict[str, str] = {}  # name of the picture -> id
        self._hanging: dict[str, float] = {}  # folder -> when the worker had waited in vain for a photo in it
        self._questions: list[_Question] = []
        self._job: _Job | None = None
        self._done = 0  # in this run, or the latest
        self._seconds: deque[float] = deque(maxlen=_RECENT)
        self._complaints: set[str] = set()  # of this run; each is shown once
        self.cancels = 0
        """How often `cancel` has been called."""
        self._newer: dict[str, FileStamp] = {}  # by id: stamps of changed files that have no result yet
        self._aside = 0.0  # seconds that the next analysis had to wait for patient questions
        self._engine: dict[str, Any] = {"state": "loading", "message": None}
        self._info: ModelInfo | None = None
        self._paused = self._closed = False
        self._patient_last = False  # the latest turn was a patient question's
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        """Start the worker; its models load in the background."""
        self._thread.start()

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        self._worker.close()

    @property
    def run(self) -> dict[str, Any]:
        """The contract's `Run`."""
        with self._wake:
            if left := self._left():
                state = "paused" if self._paused else "running"
            else:
                analysing = self._job is not None and self._job.kind == "analysis"
                state = "cancelling" if analysing else "idle"
            seconds_left = speed = None
            if state == "running" and self._seconds:
                each = sum(self._seconds) / len(self._seconds)
                seconds_left = round(each * left, 1)
                speed = round(60 / max(each, 1e-3), 1)
            return {
                "state": state,
                "done": self._done,
                "total": self._done + left,
                "seconds_left": seconds_left,
                "photos_per_minute": speed,
            }

    @property
    def engine(self) -> dict[str, Any]:
        """The contract's `Engine`."""
        return dict(self._engine)

    @property
    def info(self) -> ModelInfo | None:
        """What the worker loaded, None before it is ready."""
        return self._info

    @property
    def idle(self) -> bool:
        """Whether nothing is queued and nothing is being done."""
        with self._wake:
            return self._job is None and self._next_kind() is None

    def analyze(
        self, ids: Iterable[str] | None, newer: Mapping[str, FileStamp] | None = None, cancels: int | None = None
    ) -> int:
        """Queue photos, all that wait for None; photos already queued or being analyzed stay as they are.

        Args:
            ids: the photos.
            newer: by id, the current stamps of those files that have changed since their reports. Such a photo is left
                out if its faces have been corrected by now.
            cancels: the value of `cancels` when they were asked for; if it has changed since, none is queued.

        Returns the number queued.
        """
        newer = newer or {}
        with self._wake:
            if cancels not in (None, self.cancels):
                return 0
            photos = self._album.photos("waiting") if ids is None else self._album.some(ids)
            queued = ((photo.id, partial(_queued, photo, photo.id in newer)) for photo in photos)
            fresh = [photo_id for photo_id, change in queued if self._album.amend(photo_id, change) is not None]
            for photo in self._album.some(newer) if newer else ():
                if photo.state in ("queued", "working"):
                    self._newer[photo.id] = newer[photo.id]
            if not fresh:
                return 0
            if not self._left():
                self._done = 0
                self._seconds.clear()
                self._complaints.clear()
                self._aside = 0.0
            for photo_id in fresh:
                self._analyses[photo_id] = None
                self._previews.pop(photo_id, None)  # the analysis brings the pictures too
                if self._paused:
                    self._promise(photo_id)
            self._changed()
            return len(fresh)

    def preview(self, ids: Iterable[str]) -> None:
        """Make the pictures of photos that wait."""
        with self._wake:
            self._previews.update(dict.fromkeys(ids))
            self._wake.notify_all()

    def remake_preview(self, name: str, photo_id: str) -> None:
        """Have a picture made that was promised or is no longer kept, and wait for it (`REMAKE_LIMIT` at most)."""
        with self._wake:
            if self._hangs(photo_id):
                return
            self._remakes[name] = photo_id
            self._wake.notify_all()
            if not self._wake.wait_for(lambda: self._closed or name not in self._remakes, REMAKE_LIMIT):
                self._remakes.pop(name, None)  # else all that nobody waits for any more would come before other work

    def pause(self) -> None:
        """Begin no further analysis until `resume`. The current photo is finished, and pictures are still made."""
        with self._wake:
            self._paused = self._left() > 0  # with nothing to pause, nothing need be resumed later
            for photo_id in self._analyses:
                self._promise(photo_id)
            self._changed()

    def resume(self) -> None:
        """Go on after `pause`."""
        with self._wake:
            self._paused = False
            self._changed()

    def ask(
        self,
        photo_id: str,
        purpose: str,
        work: Work,
        patient: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Outcome | None:
        """Have the worker do something with a photo, and wait for it.

        Args:
            photo_id: the photo.
            purpose: what for; a later question of the same purpose replaces this one.
            work: what the worker is to do.
            patient: no user is waiting for this answer. Patient questions take turns with all that is queued (previews
                and analyses), so that neither holds up the other for longer than a photo takes; other questions come
                before both.
            wanted: whether the answer is still wanted, called under the lock when the question is queued: whoever first
                makes it false and then calls `drop` reliably withdraws the question, however close the calls are. It
                must not wait.

        Returns the outcome. None when nobody wants it any more (the photo was removed, the window closed, something
        else asked for with the same purpose, or `drop` called), or when the worker cannot work at all (see `engine`).
        """
        question = _Question(photo_id, purpose, work, patient)
        with self._wake:
            if not wanted():
                return None
            self._drop_questions(lambda earlier: earlier.purpose == purpose)
            self._questions.append(question)
            self._wake.notify_all()
            self._wake.wait_for(lambda: self._closed or question.over)
            return question.answer

    def drop(self, purpose: str) -> None:
        """Withdraw all questions of this purpose: whoever waits for an answer gets None at once."""
        with self._wake:
            self._drop_questions(lambda question: question.purpose == purpose)

    def cancel(self) -> None:
        """Empty the queue and drop the current photo: it waits again at once, whatever the worker is still doing."""
        with self._wake:
            self.cancels += 1
            waiting = list(self._analyses)
            self._analyses.clear()
            self._paused = False
            if self._job is not None and self._job.kind == "analysis" and not self._job.dropped:
                self._job.dropped = True
                waiting.append(self._job.photo.id)
            for photo_id in waiting:
                self._put_back(photo_id)
            self._changed()
            self._events.hurry()

    def forget(self, ids: Collection[str]) -> None:
        """Photos have been removed from the album: do not work on them."""
        gone = set(ids)
        with self._wake:
            self._analyses = {photo_id: None for photo_id in self._analyses if photo_id not in gone}
            self._previews = {photo_id: None for photo_id in self._previews if photo_id not in gone}
            self._remakes = {name: photo_id for name, photo_id in self._remakes.items() if photo_id not in gone}
            self._drop_questions(lambda question: question.photo_id in gone)
            job = self._job
            if job is not None and job.photo.id in gone and not job.dropped:
                job.dropped = True
            self._end_pause()
            self._changed()

    def unqueue_done(self) -> None:
        """Take out of the queue what need not be analyzed any more: photos that have got an earlier report meanwhile,
        or whose files were moved. To be called when that may have happened, as a paused run would wait for them."""
        with self._wake:
            there = self._album.some(self._analyses) if self._analyses else ()
            queued = dict.fromkeys(photo.id for photo in there if photo.state == "queued")
            if len(queued) < len(self._analyses):
                self._analyses = queued
                self._end_pause()
                self._changed()

    def follow_renames(self, now: Mapping[str, FileStamp | None]) -> list[str]:
        """`Album.follow_renames`; those of its photos that are gone are forgotten."""
        gone = self._album.follow_renames(now)
        if gone:
            self.forget(gone)
            self._pictures.forget(gone)
        return gone

    def _drop_questions(self, unwanted: Callable[[_Question], bool] = lambda _: True) -> None:
        """Withdraw the unwanted questions, by default all. The lock is held."""
        for question in self._questions:
            question.over |= unwanted(question)
        if self._job is not None and self._job.question is not None:
            self._job.question.over |= unwanted(self._job.question)
        self._questions = [question for question in self._questions if not question.over]
        self._wake.notify_all()

    def _left(self) -> int:
        """How many photos this run still has, with the current one; 0 when it is over. The lock is held."""
        job = self._job
        return len(self._analyses) + (job is not None and job.kind == "analysis" and not job.dropped)

    def _end_pause(self) -> None:
        """End the pause if the run is over, or the next run would begin paused. The lock is held."""
        self._paused = self._paused and self._left() > 0

    def _changed(self) -> None:
        """Tell the thread and the page. The lock is held."""
        self._events.state("run", self.run)
        self._wake.notify_all()

    def _work(self) -> None:
        try:
            self._worker.start()
        except Exception:
            logger.debug("the worker could not be started", exc_info=True)  # `_load` tries again, and reports it
        ready = self._load()
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._next_kind() is not None)
                if self._closed:
                    return
                if ready:
                    job = self._job = self._take()
            if not ready:
                # Somebody asks for work although the models could not be loaded: perhaps they can by now.
                ready = self._load()
                continue
            if job is not None:
                ready = self._do(job)

    def _load(self) -> bool:
        self._set_engine("loading", None)
        try:
            self._info = self._worker.wait_ready()
        except Exception as error:
            self._give_up(str(error) or type(error).__name__)
            return False
        self._set_engine("ready", None)
        return True

    def _give_up(self, message: str) -> None:
        """The worker cannot work: drop all that was asked for. Later requests stay, as it may be able to work again."""
        with self._wake:
            if self._closed:
                return
            for photo_id in self._previews:
                self._promise(photo_id)
            self._previews.clear()
            self._remakes.clear()
            self._set_engine("failed", message)
            self._drop_questions()
            self.cancel()

    def _set_engine(self, state: str, message: str | None) -> None:
        self._engine = {"state": state, "message": message}
        self._events.state("engine", self._engine)

    def _next_kind(self) -> _Kind | None:
        """The kind of the next job. What is quick, and what the user is looking at, comes first. Questions are few, so
        they come before previews, of which there may be thousands; patient ones take turns with previews and analyses.
        The lock is held.
        """
        if self._remakes:
            return "remake"
        if any(not question.patient for question in self._questions):
            return "question"
        queued: _Kind | None = None
        if self._previews:
            queued = "preview"
        elif self._analyses and not self._paused:
            queued = "analysis"
        return "question" if self._questions and (queued is None or not self._patient_last) else queued

    def _take(self) -> _Job | None:
        """The next job; None when its photo is gone or need not be analyzed any more. The lock is held."""
        kind = self._next_kind()
        assert kind is not None
        question: _Question | None = None
        if kind == "remake":
            photo_id = next(iter(self._remakes.values()))
        elif kind == "question":
            question = min(self._questions, key=lambda one: one.patient)
            self._questions.remove(question)
            photo_id = question.photo_id
        else:
            queue = self._previews if kind == "preview" else self._analyses
            photo_id = next(iter(queue))
            del queue[photo_id]
        if kind != "remake":
            self._patient_last = question is not None and (question.patient or self._patient_last)
        photo = self._album.amend(photo_id, _begun) if kind == "analysis" else self._album.get(photo_id)
        # It was just removed, too late for `forget` to find it in the queue; or an earlier report has come back.
        if photo is None:
            self._remakes = {name: other for name, other in self._remakes.items() if other != photo_id}
            if question is not None:
                question.over = True
            self._changed()
            return None
        return _Job(photo, kind, question=question)

    def _do(self, job: _Job) -> bool:
        """Do one job. False when the worker cannot work at all."""
        began = self._clock()
        try:
            outcome = self._outcome(job)
            if job.kind == "analysis":
                # A picture that the page asked for may have begun it before anybody saw that files were renamed.
                self.follow_renames({job.photo.id: outcome.stamp})
            newer = _newer_stamp(job, outcome)
            shown = None if newer is not None else self._keep(job, outcome)
        except Exception as error:
            # Whatever went wrong, this thread lives on, and tries again the next time somebody asks for work.
            if not isinstance(error, WorkerFailed):
                logger.exception("the worker failed")
            with self._wake:
                if job.kind == "analysis" and not job.dropped:
                    self._put_back(job.photo.id)
                self._finish(job)
                self._give_up(str(error) or type(error).__name__)
            return False
        with self._wake:
            spent = self._clock() - began
            if job.question is not None:
                if job.question.patient and self._analyses and not self._paused:
                    self._aside += spent
                if not job.question.over:
                    job.question.answer = outcome
            elif not job.dropped:
                if job.kind == "analysis":
                    self._seconds.append(self._aside + spent)
                    self._aside = 0.0
                    self._done += 1
                self._use(job, outcome, shown)
            self._finish(job)
            if outcome.late:
                self._leave_folder_of(job.photo)
            now = self._album.get(job.photo.id)
            if newer is not None and now is not None:
                self._analyze_outdated(now, newer)
        if now is None:
            self._pictures.forget([job.photo.id])  # removed while its pictures were being kept
        return True

    def _analyze_outdated(self, photo: Photo, stamp: FileStamp) -> None:
        """Analyze a photo whose file has changed, but only once: the page asks for its pictures again and again.

        Corrected photos are left alone: corrections are not thrown away for a picture.
        """
        if self._newer.get(photo.id) == stamp:
            return
        if self.analyze([photo.id], {photo.id: stamp}):
            self._events.analyzed_again(1, entries=photo.has_entries)

    def _hangs(self, photo_id: str) -> bool:
        """Whether the drive of a photo seems to hang. The lock is held."""
        photo = self._album.get(photo_id) if self._hanging else None
        since = None if photo is None else self._hanging.get(_folder_of(photo))
        return since is not None and self._clock() < since + HANGING

    def _leave_folder_of(self, photo: Photo) -> None:
        """Make no pictures of the photos beside this one for a while: if its drive hangs, each of them would take as
        long, and hold up the photos on other drives. The lock is held."""
        self._hanging[_folder_of(photo)] = self._clock()
        self._remakes = {name: other for name, other in self._remakes.items() if not self._hangs(other)}
        for other in [other for other in self._previews if self._hangs(other)]:
            del self._previews[other]
            self._promise(other)
        self._wake.notify_all()

    def _outcome(self, job: _Job) -> Outcome:
        """What the worker makes of a job."""
        if job.question is not None:
            return job.question.work(self._worker, job.photo.path)
        if job.kind == "analysis":
            return self._worker.analyze(job.photo.path, pictures=True)
        return self._worker.preview(job.photo.path, job.photo.record)

    def _put_back(self, photo_id: str) -> None:
        """A photo leaves the queue without a new result; one analyzed earlier keeps that result."""
        self._album.amend(photo_id, lambda now: {"state": "waiting" if now.report is None else "done"})
        self._promise(photo_id)

    def _promise(self, photo_id: str) -> None:
        """Let the page ask for a photo's pictures, as the analysis that would bring them does not come for now."""
        self._album.amend(photo_id, lambda now: {"pictures": with_pictures(now).pictures})

    def _finish(self, job: _Job) -> None:
        """The job is over. The lock is held."""
        self._job = None
        if job.question is not None:
            job.question.over = True
        self._end_pause()
        if job.kind == "remake" and not job.dropped:  # a dropped one may have been asked for again
            now, made = self._album.get(job.photo.id), job.photo.pictures
            newer = None if now is None or now.pictures == made else now.pictures  # promised anew meanwhile
            self._remakes = {
                name: photo_id
                for name, photo_id in self._remakes.items()
                if photo_id != job.photo.id
                or (newer is not None and newer.has(name))
                or (job.made is not None and name not in job.made)  # asked for since the others were written
            }
        if job.kind == "analysis":
            self._events.state("run", self.run)
        self._wake.notify_all()

    def _keep(self, job: _Job, outcome: Outcome) -> PhotoPictures | None:
        """Keep the pictures, unless nobody wants them. When the disk is full they are promised, for later."""
        if job.dropped or job.question is not None:  # whoever asked a question keeps its pictures
            return None
        try:
            if job.kind != "remake":
                return self._pictures.put(job.photo.id, outcome)
            with self._wake:
                names = [name for name, photo_id in self._remakes.items() if photo_id == job.photo.id]
            if job.photo.pictures is not None:
                self._pictures.restore(job.photo.pictures, names, outcome)
                job.made = names
        except OSError as error:
            why = reason(error)
            if not self._closed and why not in self._complaints:
                self._complaints.add(why)
                self._events.notice("Previews cannot be saved: {why}.", "warning", why=why)
            if job.kind != "remake":
                promised, before = promise(job.photo.id, len(outcome.crops)), job.photo
                if before.pictures is None or before.report is not None or outcome.stamp != before.stamp:
                    return promised
                return replace(before.pictures, crops=promised.crops)  # the others are there, and still right
        return None

    def _use(self, job: _Job, outcome: Outcome, shown: PhotoPictures | None) -> None:
        """Put a result into the album; this thread lives on whatever goes wrong. The lock is held."""
        try:
            self._apply(job, outcome, shown)
        except Exception:  # a failing disk, from which earlier reports are read
            logger.exception("a result cannot be used")
            if job.kind == "analysis":
                self._put_back(job.photo.id)

    def _apply(self, job: _Job, outcome: Outcome, shown: PhotoPictures | None) -> None:
        """Put a result into the album. The lock is held."""
        error = None if outcome.record is None else outcome.record["error"]
        stamp = outcome.stamp
        passing = error is not None and error["code"] in _PASSING
        if error is not None and error["code"] == "crashed":
            if stamp is None:  # a process that is gone cannot tell what it read
                stamp = self._newer.get(job.photo.id, job.photo.stamp)
            # A changed file that crashes the worker would do so at each start, unless the crash becomes its result.
            passing = outcome.late or is_same_stamp(stamp, job.photo.stamp) or job.photo.corrected
        if job.kind == "analysis" and job.photo.was_read and error is not None and passing:
            now = self._album.get(job.photo.id)
            if now is None or now.state != "working":  # moved meanwhile: it is not missing
                return
            self._put_back(job.photo.id)
            if error["message"] not in self._complaints:
                self._complaints.add(error["message"])
                self._events.notice(error["message"], "warning")
            return
        if job.kind == "analysis":
            self._newer.pop(job.photo.id, None)
        report = None if outcome.record is None else self._album.keep(outcome.record)

        before: Photo | None = None

        def changes(now: Photo) -> dict[str, Any] | None:
            nonlocal before
            before = now
            if job.kind == "analysis":
                return _analyzed(now, outcome, report, shown, stamp)
            return _pictured(now, job.photo, report, shown, stamp)

        after = self._album.amend(job.photo.id, changes)
        if before is None or after is None:
            return
        moved = False
        if job.kind == "analysis":
            moved = _is_replaced(before, after) and self._album.set_apart(before)
            moved |= self._album.reunite([after.id])
        if moved or after.names != before.names:
            self._names_changed()


def _folder_of(photo: Photo) -> str:
    return os.path.dirname(photo.path)  # noqa: PTH120  (keeps odd names as they are)


def _queued(seen: Photo, changed: bool, now: Photo) -> dict[str, Any] | None:
    """What changes when a photo is queued; None when it is queued already, has got an earlier report meanwhile, or was
    to be queued because its file has `changed`, but somebody has corrected its faces."""
    wanted = now.state in ("waiting", "done") and now.report is seen.report and not (changed and now.corrected)
    return {"state": "queued"} if wanted else None


def _begun(photo: Photo) -> dict[str, Any] | None:
    """What changes when a photo's analysis begins; None when it need not be analyzed any more."""
    return {"state": "working"} if photo.state == "queued" else None


def _analyzed(
    now: Photo, outcome: Outcome, report: Report | None, shown: PhotoPictures | None, stamp: FileStamp | None
) -> dict[str, Any] | None:
    """What an analysis changes in a photo; None when an earlier report, perhaps corrected, came back meanwhile."""
    if now.state != "working":
        return None
    failed = outcome.record is not None and outcome.record["error"] is not None
    # What was promised of a photo that cannot be read cannot be made.
    kept = None if failed or now.pictures is None else replace(now.pictures, crops=())
    names = now.names
    if now.report is not None and report is not None:
        names = resized(names, now.report.size, report.size)
    # Another picture may have come to this path, as when files are renamed; its faces are other people's.
    if outcome.record is not None and not failed and not is_same_stamp(now.stamp, stamp):
        names = outlasting(names, outcome.record["faces"])
    found = {"state": "done", "report": report, "pictures": shown or kept, "stamp": stamp, "camera": outcome.year_taken}
    # Corrections of the earlier report are gone.
    return {**found, "names": names, "corrected": False, "undoable": False}


def _pictured(
    now: Photo, seen: Photo, report: Report | None, shown: PhotoPictures | None, stamp: FileStamp | None
) -> dict[str, Any]:
    """What pictures of a photo, as it was `seen` when they were begun, change in it; there is a report if it could not
    be read."""
    changed: dict[str, Any] = {}
    if shown is not None and (now.report, now.path) == (seen.report, seen.path):  # else of others
        changed["pictures"] = shown
    if report is not None and now.state == "waiting" and now.path == seen.path:  # it may have been moved
        changed |= {"state": "done", "report": report, "stamp": stamp, "pictures": None}
    return changed


def _is_replaced(before: Photo, after: Photo) -> bool:
    """Whether the file that an analysis found at a photo's path is no longer, or does not seem to be, the picture."""
    if is_same_stamp(before.stamp, after.stamp) or before.report is None or after.report is None:
        return False
    return after.failed or shows_same_faces(before.report.read(), after.report.read()) is False


def is_outdated(photo: Photo, outcome: Outcome) -> bool:
    """Whether the file is no longer the one that the photo's report is about, so that its faces would not fit.

    If somebody has corrected the faces, merely touching the file must not discard them: the file then counts as another
    one only if its picture has another size, which the engine finds out. A retouched picture is still the same; whoever
    replaces it with a wholly different one of the same size sees that the boxes are on no faces.
    """
    if outcome.record is not None:
        return bool(outcome.record["error"]["message"] == PHOTO_CHANGED.message)
    return not photo.corrected and not is_same_stamp(outcome.stamp, photo.stamp)


def _newer_stamp(job: _Job, outcome: Outcome) -> FileStamp | None:
    """The file's stamp, if pictures were to be made but the file is no longer that of the photo's report; else None."""
    made = job.kind in ("preview", "remake")
    return outcome.stamp if job.photo.was_read and made and is_outdated(job.photo, outcome) else None
