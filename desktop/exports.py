"""Exports of results: tables, a report, annotated copies; one export at a time, in a thread.

An export during an analysis takes turns with it, photo by photo (`Jobs.ask`): neither waits for the other for longer
than a photo takes. A table needs no engine and is written at once.
"""

from __future__ import annotations

import functools
import itertools
import logging
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from desktop.album import Album
from desktop.events import Events
from desktop.export_kinds import ENDINGS, Cancelled, Counts, ExportFailed, Kind, Output, write
from desktop.jobs import Jobs
from desktop.language import Language
from desktop.people import People
from desktop.photo import Photo, displayable, file_key
from desktop.pictures import Pictures
from engine.files import free_name, reason
from engine.wording import Wording

KINDS: tuple[Kind, ...] = get_args(Kind)

CLOSING = 5.0
"""Seconds that the app, as it ends, waits for an export to remove what it has begun."""

logger = logging.getLogger(__name__)


@dataclass
class _Job:
    kind: Kind
    photos: Sequence[Photo]
    waiting: int  # photos left out because they are not analyzed yet
    target: Path
    purpose: str  # of what it asks the engine for; its own, or a late `cancel` of the one before would end that
    cancelled: bool = False
    done: int = 0


class Exports:
    """Thread-safe. The page hears of progress by the event `export`, and of the end by a notice as well.

    Args:
        album: where the photos' reports are.
        jobs: hands to the engine what needs the photos' files.
        pictures: where thumbnails and face crops are.
        people: adds names and years to the records.
        events: hears of progress and of the end.
        language: the user's, in which reports are written.
    """

    def __init__(
        self, album: Album, jobs: Jobs, pictures: Pictures, people: People, events: Events, language: Language
    ) -> None:
        self._album = album
        self._jobs = jobs
        self._pictures = pictures
        self._people = people
        self._events = events
        self._language = language
        self._lock = threading.Lock()
        self._purposes = (f"export {number}" for number in itertools.count(1))
        self._job: _Job | None = None
        self._result: str | None = None  # of the last export, for a user who was away when the notice came
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> dict[str, Any]:
        """The contract's `Export`."""
        with self._lock:
            return self._state()

    def begin(self, kind: Kind, ids: Collection[str] | None, choose: Callable[[str], Sequence[str]]) -> int:
        """Ask the user where to export to, and begin.

        Args:
            kind: what to make of the photos.
            ids: the photos, in order; None for all.
            choose: asks the user for a file, given the name to propose, or for a folder, given an empty name.

        Returns:
            how many photos are being exported; 0 when there is nothing to export or nowhere to, or when another export
            is running.
        """
        photos, waiting = self._choice(ids)
        if not photos:
            why = _not_analysed(waiting, self._language.say)
            self._events.notice("There is nothing to export yet: {why}.", why=why)
            return 0
        proposed = "" if kind == "copies" else f"Agelens {date.today().isoformat()}{ENDINGS[kind]}"
        chosen = choose(proposed)
        if not chosen:
            return 0
        target = Path(chosen[0])
        if kind != "copies":
            target = _with_ending(target, ENDINGS[kind])
            key = file_key(target)
            if any(photo.file == key for photo in self._album.photos()):
                self._events.notice("{file} is one of the photos: choose another name.", "warning", file=_shown(target))
                return 0
        # Results may have come while the dialog was open.
        photos, waiting = self._choice(ids)
        with self._lock:
            if self._job is not None or not photos:
                return 0
            self._job = job = _Job(kind, photos, waiting, target, next(self._purposes))
            self._thread = threading.Thread(target=self._run, args=(job,), name="export", daemon=True)
            self._events.state("export", self._state())
            self._thread.start()
        return len(photos)

    def cancel(self) -> None:
        """Stop the export. An incomplete file is removed; complete copies stay."""
        with self._lock:
            if self._job is None:
                return
            self._job.cancelled = True
            purpose = self._job.purpose
            self._events.state("export", self._state())
        self._jobs.drop(purpose)

    def close(self) -> None:
        """Cancel, and wait until nothing half-written is left."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(CLOSING)

    def _choice(self, ids: Collection[str] | None) -> tuple[list[Photo], int]:
        """The photos that can be exported, and how many of those asked for are not analyzed yet."""
        asked = self._album.photos() if ids is None else self._album.some(ids)
        analysed = [photo for photo in asked if photo.report is not None]
        return analysed, len(asked) - len(analysed)

    def _state(self) -> dict[str, Any]:
        job = self._job
        if job is None:
            return {"state": "idle", "done": 0, "total": 0, "result": self._result}
        state = "cancelling" if job.cancelled else "running"
        return {"state": state, "done": job.done, "total": len(job.photos), "result": None}

    def _run(self, job: _Job) -> None:
        counts = Counts()
        say = self._language.say
        output = Output(
            target=job.target,
            photos=job.photos,
            counts=counts,
            purpose=job.purpose,
            step=functools.partial(self._step, job),
            wanted=lambda: not job.cancelled,
            jobs=self._jobs,
            pictures=self._pictures,
            people=self._people,
            say=say,
        )
        try:
            write(job.kind, output)
            left_out = counts.unreadable + counts.changed + counts.gone + job.waiting
            self._tell(_success(job, counts, say), left_out == 0)
        except Cancelled:
            self._tell(f"{say('The export was canceled.')} {_left(job, counts, say)}", True)
        except ExportFailed as error:
            self._tell(f"{say('The export failed:')} {say.finished(str(error))} {_left(job, counts, say)}", False)
        except OSError as error:
            self._tell(f"{say('The export failed: {why}.', why=reason(error))} {_left(job, counts, say)}", False)
        except Exception as error:
            logger.exception("the export failed")
            name = type(error).__name__
            self._tell(f"{say('The export failed ({name}).', name=name)} {_left(job, counts, say)}", False)
        finally:
            with self._lock:
                self._job = None
                self._events.state("export", self._state())

    def _step(self, job: _Job, more: int) -> None:
        """Count so many more photos as done; raises Cancelled when no more are wanted."""
        with self._lock:
            if job.cancelled:
                raise Cancelled
            job.done += more
            self._events.state("export", self._state())

    def _tell(self, text: str, good: bool) -> None:
        self._result = text
        self._events.notice(text, "info" if good else "warning")


def _with_ending(target: Path, ending: str) -> Path:
    """The file to write. If the ending must be added, a free name: the dialog did not ask about that file."""
    if target.suffix.lower() in (ending, ".htm" if ending == ".html" else ending):
        return target
    return free_name(target.parent, target.name, ending)


def _success(job: _Job, counts: Counts, say: Wording) -> str:
    if job.kind == "copies" and counts.written == 0:  # the other kinds are a file, even if it says that all failed
        if counts.problem is not None:
            why = say.finished(counts.problem)
        else:
            why = f"{_gone(counts.gone, say, left_out=False) if counts.gone else _not_analysed(job.waiting, say)}."
        return say("Nothing was exported: {why}", why=why)
    target = _shown(job.target)
    parts = [
        say.counted(counts.written, "Exported 1 photo to {file}", "Exported {number} photos to {file}", file=target)
    ]
    if counts.unreadable:
        parts.append(say.counted(counts.unreadable, "1 photo could not be read", "{number} photos could not be read"))
    left_out = job.kind == "copies"  # a report has their ages, without their pictures
    if counts.changed:
        parts.append(_changed(counts.changed, say, left_out))
    if counts.gone:
        parts.append(_gone(counts.gone, say, left_out))
    if job.waiting:
        parts.append(
            say.counted(
                job.waiting,
                "1 photo is not analyzed yet and was left out",
                "{number} photos are not analyzed yet and were left out",
            )
        )
    return "; ".join(parts) + "."


def _left(job: _Job, counts: Counts, say: Wording) -> str:
    """What an unfinished export has left."""
    if job.kind == "copies" and counts.written:
        return say(
            "Before that, {some} of {all} had been copied to {folder}.",
            some=say.number(counts.written),
            all=say.counted(len(job.photos), "1 photo", "{number} photos"),
            folder=_shown(job.target),
        )
    return say("Nothing was written.")


def _changed(number: int, say: Wording, left_out: bool) -> str:
    if left_out:
        return say.counted(
            number,
            "1 photo has changed since its analysis and was left out: analyze it again",
            "{number} photos have changed since their analysis and were left out: analyze them again",
        )
    return say.counted(
        number,
        "1 photo has changed since its analysis: the report has its earlier ages",
        "{number} photos have changed since their analysis: the report has their earlier ages",
    )


def _gone(number: int, say: Wording, left_out: bool) -> str:
    if left_out:
        return say.counted(
            number,
            "1 photo had been removed from the window in the meantime and was left out",
            "{number} photos had been removed from the window in the meantime and were left out",
        )
    return say.counted(
        number,
        "1 photo had been removed from the window in the meantime",
        "{number} photos had been removed from the window in the meantime",
    )


def _not_analysed(number: int, say: Wording) -> str:
    if number == 0:
        return say("no photo has been analyzed")
    return say.counted(number, "1 photo is not analyzed yet", "{number} photos are not analyzed yet")


def _shown(target: Path) -> str:
    return displayable(str(target))
