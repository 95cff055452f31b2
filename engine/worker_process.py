"""The worker's process: loads the models once, then answers one task at a time. See `engine.worker`."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path

from engine.analyzer import Analyzer, problem_of
from engine.annotation import annotated_copy
from engine.confine import confine
from engine.limits import Limits
from engine.metadata import rgb_profile
from engine.paths import file_stamp
from engine.pictures import chip_picture, enlarged_picture, make_pictures
from engine.report import ImageReport
from engine.worker_messages import BEGUN, NO_MEMORY, ModelInfo, NotLoaded, Outcome, Progress, Task, send

ProgressCallback = Callable[[int, int], None]
"""Called with how much is done, and of how much."""

logger = logging.getLogger(__name__)


def serve(connection: Connection, detector_folder: Path | None, limits: Limits) -> None:
    """Load the models, say so, and answer tasks until the supervisor hangs up.

    The first answer is a `ModelInfo`, or `NotLoaded`.
    """
    # Ctrl-C, a closing terminal and `timeout` signal the whole group; the supervisor alone decides what they mean.
    # Not its own session: Linux would then apply its niceness only within that session.
    for name in ("SIGINT", "SIGBREAK"):  # the latter is Windows' Ctrl-Break, or the end of its terminal
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    _end_with_parent()
    with suppress(OSError), Path(os.devnull).open("wb") as nothing:
        # Standard output may be a file that holds results: only the supervisor writes there.
        if sys.stdout is not None:  # else its number belongs to another file
            os.dup2(nothing.fileno(), 1)
        # Python's resource tracker, a process that is not confined, deletes whatever it is told to.
        if os.name == "posix" and (tracker := resource_tracker.getfd()) is not None:
            os.dup2(nothing.fileno(), tracker, inheritable=False)
    try:
        analyzer = Analyzer(detector_folder, limits)
    except Exception as error:
        logger.debug("the models cannot be loaded", exc_info=True)
        told = NotLoaded(str(error) or type(error).__name__)
        send(connection, NO_MEMORY if isinstance(error, MemoryError) else told)
        return
    confined = confine(limits.memory_bytes, devices=set(analyzer.providers.values()) != {"CPUExecutionProvider"})
    logger.debug("confinement in force: %s", ", ".join(confined) or "none")
    send(connection, ModelInfo(analyzer.names, analyzer.providers))
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        send(connection, BEGUN)
        send(connection, _answer(analyzer, task, lambda done, total: send(connection, Progress(done, total))))


def _answer(analyzer: Analyzer, task: Task, heard: ProgressCallback) -> Outcome:
    logger.debug("%s %r", task.kind, task.path)
    # Before the file is read: one that changes meanwhile then counts as changed, not as analyzed.
    stamp = file_stamp(task.path)
    try:
        outcome = _TASKS[task.kind](analyzer, task, heard)
    except Exception as error:
        failed = ImageReport(task.path, "error", analyzer.names, error=problem_of(error))
        outcome = Outcome(failed.to_record(task.level))
    return replace(outcome, stamp=stamp)


def _analyze(analyzer: Analyzer, task: Task, heard: ProgressCallback) -> Outcome:
    inspection = analyzer.inspect(task.path, heard)
    record = inspection.report.to_record(task.level)
    if inspection.pixels is None:
        return Outcome(record)
    outcome = Outcome(record, year_taken=inspection.report.year_taken)
    if task.annotate:
        try:
            outcome = replace(outcome, copy=annotated_copy(record, inspection.pixels, inspection.metadata))
        except Exception as error:  # the ages are good nevertheless
            outcome = replace(outcome, copy_problem=f"There is no annotated copy. {problem_of(error).message}")
    if not task.pictures:
        return outcome
    made = make_pictures(inspection.pixels, inspection.chips, rgb_profile(inspection.metadata))
    return replace(outcome, preview=made.preview, thumbnail=made.thumbnail, crops=made.crops)


def _preview(analyzer: Analyzer, task: Task, _: ProgressCallback) -> Outcome:
    photo = analyzer.load(task.path, task.upright)
    chips = analyzer.chips(photo.pixels, task.landmarks)
    made = make_pictures(photo.pixels, chips, rgb_profile(photo.metadata))
    return Outcome(None, made.preview, made.thumbnail, made.crops)


def _enlarge(analyzer: Analyzer, task: Task, _: ProgressCallback) -> Outcome:
    photo = analyzer.load(task.path, task.upright)
    return Outcome(None, enlarged=enlarged_picture(photo.pixels, rgb_profile(photo.metadata)))


def _explain(analyzer: Analyzer, task: Task, heard: ProgressCallback) -> Outcome:
    assert task.upright is not None
    (landmarks,) = task.landmarks
    years = analyzer.explain(task.path, task.upright, landmarks, heard)
    return Outcome(None, map=[[round(float(value), 2) for value in row] for row in years])


def _face(analyzer: Analyzer, task: Task, _: ProgressCallback) -> Outcome:
    assert task.upright is not None
    assert task.box is not None
    face, chip, metadata = analyzer.face_in(task.path, task.upright, task.box)
    return Outcome(None, crops=(chip_picture(chip, rgb_profile(metadata)),), face=face.to_record(task.level))


def _annotate(analyzer: Analyzer, task: Task, _: ProgressCallback) -> Outcome:
    assert task.record is not None
    photo = analyzer.load(task.path, task.upright)
    return Outcome(None, copy=annotated_copy(task.record, photo.pixels, photo.metadata))


_TASKS = {
    "analyze": _analyze,
    "preview": _preview,
    "enlarge": _enlarge,
    "explain": _explain,
    "face": _face,
    "annotate": _annotate,
}


def _end_with_parent() -> None:
    """Leave no orphan: when the parent dies, even by SIGKILL and in the middle of a photo, this process ends."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
