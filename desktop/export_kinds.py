"""How each kind of export is written: tables and records (CSV, JSON), a report to print, annotated copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from desktop.jobs import Jobs, is_outdated
from desktop.people import People
from desktop.photo import Photo
from desktop.pictures import Pictures
from desktop.records import Record
from desktop.report_page import beginning, ending, photo_section
from engine.files import replacing, write_new
from engine.formats import FORMATS, CsvWriter, text_stream
from engine.report import PHOTO_CHANGED
from engine.version import app_version
from engine.wording import Wording
from engine.worker import Worker
from engine.worker_messages import Outcome

Kind = Literal["report", "copies", "csv", "json"]

ENDINGS: dict[Kind, str] = {"report": ".html", "csv": ".csv", "json": ".json"}
"""Endings of the kinds that are one file. The others fill a folder."""


class Cancelled(Exception):  # noqa: N818  (it is an outcome, and reads as one)
    """The user has canceled the export."""


class ExportFailed(Exception):  # noqa: N818
    """The export cannot go on. The text is a sentence for the user."""


@dataclass
class Counts:
    """What became of the photos so far.

    `written`: they are in the file or folder, with faces or without. `unreadable`: their files cannot be read.
    `changed`: their files are no longer what was analyzed. `gone`: they were removed from the window meanwhile. A
    report has the ages of the last two all the same, and may lack their pictures.
    `problem` is the first reason why one was unreadable or changed.
    """

    written: int = 0
    unreadable: int = 0
    changed: int = 0
    gone: int = 0
    problem: str | None = None

    def add(self, record: Record | None) -> None:
        """Count a photo as written, or as unreadable if its record says so, or there is none."""
        if record is not None and record["error"] is None:
            self.written += 1
            return
        self.unreadable += 1
        if record is not None:
            self.problem = self.problem or str(record["error"]["message"])

    def add_changed(self) -> None:
        """Count a photo whose file is no longer the one of its report."""
        self.changed += 1
        self.problem = self.problem or PHOTO_CHANGED.message


@dataclass
class Output:
    """One export: its target, its photos, and what it needs for them.

    `step` is told how many more photos are done; it raises Cancelled when no more are wanted. `wanted` tells at once
    whether they are. `purpose` is that of all its questions, see `Jobs.ask`.
    """

    target: Path
    photos: Sequence[Photo]
    counts: Counts
    purpose: str
    step: Callable[[int], None]
    wanted: Callable[[], bool]
    jobs: Jobs
    pictures: Pictures
    people: People
    say: Wording

    def __post_init__(self) -> None:
        # All records of a file have the same form.
        self.years = any(photo.has_entries for photo in self.photos)

    def each(self) -> Iterator[tuple[Photo, Record]]:
        """The photos with their records, in order; reports progress."""
        self.step(0)
        for photo in self.photos:
            record = self.people.record(photo, self.years)
            if record is not None:
                yield photo, record
            self.step(1)

    def ask(self, photo: Photo, work: Callable[[Worker, str], Outcome]) -> Outcome | None:
        """Have the engine do something with a photo's file. None when the photo is gone from the window.

        Raises:
            Cancelled, ExportFailed: no more is wanted, or possible.
        """
        outcome = self.jobs.ask(photo.id, self.purpose, work, patient=True, wanted=self.wanted)
        if outcome is None:
            self.step(0)  # raises if it is canceled
            if self.jobs.engine["state"] == "failed":
                raise ExportFailed(str(self.jobs.engine["message"]))
        return outcome


def write(kind: Kind, output: Output) -> None:
    """Write one export. On an exception, a half-written file is removed; complete copies stay.

    Raises:
        OSError: the target cannot be written.
        Cancelled, ExportFailed: no more is wanted, or possible.
    """
    {"csv": _table, "json": _table, "report": _report, "copies": _copies}[kind](output, kind)


def _table(output: Output, kind: Kind) -> None:
    with replacing(output.target) as file, text_stream(file) as stream:
        # A German spreadsheet would take 24.04 for a day in April.
        point = output.say.point
        writer = CsvWriter(stream, output.years, point) if kind == "csv" else FORMATS[kind](stream, output.years)
        for _, record in output.each():
            writer.add(record)
            output.counts.add(record)
        writer.finish()


def _report(output: Output, _: Kind) -> None:
    """Write photo by photo, so that a report of thousands is never in memory as a whole."""
    models = [photo.report.model for photo in output.photos if photo.report is not None]
    names = ", ".join(dict.fromkeys(map(" ".join, models)))
    now = datetime.now().astimezone()
    with replacing(output.target) as file:
        file.write(beginning(len(models), now, app_version(), names, output.say).encode())
        for photo, record in output.each():
            thumbnail, crops = _pictures(output, photo, record)
            file.write(photo_section(record, thumbnail, crops, output.say).encode())
            output.counts.add(record)
        file.write(ending(output.say).encode())


def _pictures(output: Output, photo: Photo, record: Record) -> tuple[bytes | None, Sequence[bytes | None]]:
    """Thumbnail and face crops. Those of an album brought back may not have been made yet."""
    if record["status"] == "error":
        return None, ()

    shown = photo.pictures
    thumbnail = None if shown is None else output.pictures.read(shown.name("thumbnail"))
    crops = [] if shown is None else [output.pictures.read(shown.name(crop)) for crop in shown.crops]
    if thumbnail is not None and all(crops) and len(crops) == len(record["faces"]):
        return thumbnail, crops
    outcome = output.ask(photo, lambda worker, path: worker.preview(path, record))
    if outcome is None:
        output.counts.gone += 1
    elif is_outdated(photo, outcome):  # the faces are those of another picture
        output.counts.add_changed()
    elif outcome.thumbnail is not None:  # else the file is gone
        return outcome.thumbnail, outcome.crops
    return thumbnail, crops


def _copies(output: Output, _: Kind) -> None:
    for photo, record in output.each():
        if record["status"] == "error":
            output.counts.add(record)
            continue
        outcome = output.ask(photo, _annotating(record))
        if outcome is None:
            output.counts.gone += 1
        elif is_outdated(photo, outcome):  # the boxes are those of another picture
            output.counts.add_changed()
        elif outcome.copy is None:
            output.counts.add(outcome.record)
        else:
            write_new(output.target, Path(photo.path).stem, ".jpg", outcome.copy)
            output.counts.written += 1


def _annotating(record: Record) -> Callable[[Worker, str], Outcome]:
    return lambda worker, path: worker.annotate(path, record)
