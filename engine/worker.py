"""One spawned process that holds the models, and its supervisor.

The command line and the window both analyze photos through `Worker`: a decoder that crashes or hangs on a hostile file
costs that one photo, and the heavy libraries never enter the window's process. Importing this module is quick.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from engine.age import LEVEL
from engine.limits import Limits
from engine.log import start_log
from engine.priority import step_back
from engine.report import ImageReport, Problem, Upright
from engine.worker_messages import NO_MEMORY, Answer, ModelInfo, NotLoaded, Outcome, Progress, Task, receive, send

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

logger = logging.getLogger(__name__)

LOADING_LIMIT = 120.0
"""Seconds that loading the models may take, on a slow disk with a virus scanner."""

ENDING_LIMIT = 5.0
"""Seconds to wait for a killed process: one that reads from a lost network share ends only when the reading does."""

MOST_ANSWERS = 100
"""Per task: each batch of faces gives a photo more time, and the most faces make some thirty batches."""


class WorkerFailed(Exception):  # noqa: N818  (it is an outcome, and reads as one)
    """The process cannot work at all, mostly because a model is missing. The text is meant for the user."""


class Worker:
    """Supervises the process. All methods may be called from any thread; photos are worked on one at a time.

    Args:
        time_limit: seconds that one photo may take before it is given up as `crashed`; they start anew with each batch
            of its faces, of which a crowd has many.
        level: probability of the age intervals in the records.
        detector_folder: as for `engine.Analyzer`.
        limits: what a photo may cost besides time.
    """

    def __init__(
        self,
        time_limit: float = 60.0,
        level: float = LEVEL,
        detector_folder: Path | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._time_limit = time_limit
        self._level = level
        self._detector_folder = detector_folder
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._info: ModelInfo | None = None
        self._closed = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the process and return at once; it loads the models in the background.

        Raises:
            WorkerFailed: the process cannot be started, or the worker is closed.
        """
        with self._lock:
            self._spawn()

    def wait_ready(self) -> ModelInfo:
        """Wait until the models are loaded.

        Raises:
            WorkerFailed: they cannot be loaded, or not in time.
        """
        with self._lock:
            return self._ready()

    def analyze(self, path: str | os.PathLike[str], pictures: bool = False, annotate: bool = False) -> Outcome:
        """Analyze a photo.

        Args:
            path: the photo's file.
            pictures: also make preview, thumbnail and chips.
            annotate: also make a copy with boxes and ages.

        Raises:
            WorkerFailed: the models cannot be loaded. A bad photo never raises: its record says what is wrong.
        """
        return self._run(Task("analyze", os.fspath(path), self._level, pictures, annotate))

    def annotate(self, path: str | os.PathLike[str], record: Mapping[str, Any]) -> Outcome:
        """A copy of a photo with boxes and ages, as the outcome's `copy`; a record only when that fails.

        Args:
            path: the photo's file.
            record: what to draw: the photo's record, with the faces that a user has removed and added.
        """
        return self._run(Task("annotate", os.fspath(path), self._level, upright=Upright.of(record), record=record))

    def preview(self, path: str | os.PathLike[str], record: Mapping[str, Any] | None = None) -> Outcome:
        """Pictures of a photo without an analysis: preview and thumbnail; a record only when that fails.

        Args:
            path: the photo's file.
            record: the photo's record from an earlier analysis. The pictures are turned as it says, and the chips of
                its faces come with them.
        """
        upright = None if record is None or record["status"] == "error" else Upright.of(record)
        landmarks = () if record is None else tuple(_points(face["landmarks"]) for face in record["faces"])
        return self._run(Task("preview", os.fspath(path), self._level, upright=upright, landmarks=landmarks))

    def enlarge(self, path: str | os.PathLike[str], record: Mapping[str, Any]) -> Outcome:
        """A photo for a closer look, as the outcome's `enlarged`; a record only when that fails.

        Args:
            path: the photo's file.
            record: the photo's record; the picture is turned as it says.
        """
        return self._run(Task("enlarge", os.fspath(path), self._level, upright=Upright.of(record)))

    def explain(
        self,
        path: str | os.PathLike[str],
        record: Mapping[str, Any],
        landmarks: Iterable[Sequence[float]],
        heard: Callable[[int, int], None] | None = None,
    ) -> Outcome:
        """Which parts of a face move its estimate, as the outcome's `map`; a record only when that fails.

        Args:
            path: the photo's file.
            record: the photo's record; the photo is turned as it says.
            landmarks: shape (5, 2), the face's, as in the record.
            heard: called in this thread, from time to time, with the amount done so far and the total.
        """
        upright, points = Upright.of(record), _points(landmarks)
        return self._run(Task("explain", os.fspath(path), self._level, upright=upright, landmarks=(points,)), heard)

    def face_in(
        self, path: str | os.PathLike[str], record: Mapping[str, Any], box: tuple[float, float, float, float]
    ) -> Outcome:
        """The face in a box that a person has drawn, as the outcome's `face`; a record only when that fails.

        Args:
            path: the photo's file.
            record: the photo's record.
            box: x, y, width, height in pixels of the upright photo; at least partly inside it.
        """
        return self._run(Task("face", os.fspath(path), self._level, upright=Upright.of(record), box=box))

    def close(self) -> None:
        """End the process, whatever it is doing. The worker cannot be used again."""
        self._closed = True
        self._kill()  # not under the lock: a photo in progress holds it, and closing must not wait for that photo
        if self._lock.acquire(timeout=ENDING_LIMIT):  # a process that does not end leaves it taken
            try:
                self._discard()
            finally:
                self._lock.release()

    def _run(self, task: Task, heard: Callable[[int, int], None] | None = None) -> Outcome:
        with self._lock:
            return self._attempt(task, heard)

    def _attempt(self, task: Task, heard: Callable[[int, int], None] | None, first: bool = True) -> Outcome:
        """The outcome of the process, or of another one if it dies before it begins: then what it did before is to
        blame, and not this photo. The lock is held."""
        info = self._ready()
        if self._connection is None:
            raise WorkerFailed("The analysis has been stopped.")
        begun = False
        try:
            with self._in_time(self._time_limit):
                # `send` would leave a view of its buffer in an error's traceback: Python 3.12.1 crashes at its end.
                self._connection.send_bytes(pickle.dumps(task))  # blocks while the process does not read
            for _ in range(MOST_ANSWERS):
                answer = self._answer(self._time_limit)
                if isinstance(answer, Outcome) and _fits(task, answer):
                    return answer
                if not isinstance(answer, Progress):
                    break
                begun = True
                if heard is not None and answer.total > 0:
                    heard(answer.done, answer.total)
            raise ValueError("the worker does not answer what it was asked")
        except TimeoutError:
            self._discard()
            given_up = f"The photo took longer than {self._time_limit:g} seconds, so Agelens gave up on it."
            return replace(self._crashed(task, info, given_up), late=True)
        except (EOFError, OSError, ValueError) as error:
            self._discard()
            if self._closed:
                raise WorkerFailed("The analysis has been stopped.") from None
            if first and not begun and not isinstance(error, ValueError):
                return self._attempt(task, heard, first=False)
            return self._crashed(task, info, "The photo made the analysis crash. All other photos are unaffected.")
        except BaseException:  # an interruption, or `heard` has failed: the next task would get this one's answer
            self._discard()
            raise

    def _answer(self, limit: float) -> Answer:
        """The process's next answer.

        Raises:
            TimeoutError: it does not begin within `limit` seconds, or does not end within as many more.
            EOFError, OSError, ValueError: as `receive`.
        """
        assert self._connection is not None
        # Not left to `_in_time`, which is of no use with a process that cannot be killed.
        if not self._connection.poll(limit):
            raise TimeoutError
        with self._in_time(limit):
            return receive(self._connection)

    @contextmanager
    def _in_time(self, limit: float) -> Iterator[None]:
        """Kills the process if the block takes longer than `limit` seconds, which also ends reading and writing.

        Raises:
            TimeoutError: it took longer.
        """
        late = threading.Event()

        def end() -> None:
            late.set()
            self._kill()

        timer = threading.Timer(limit, end)
        timer.daemon = True  # the program's end does not wait for it
        timer.start()
        try:
            yield
        except (EOFError, OSError):
            if not late.is_set():
                raise
        finally:
            timer.cancel()
            timer.join()  # or it might kill the next process
        if late.is_set():
            raise TimeoutError

    @staticmethod
    def _crashed(task: Task, info: ModelInfo, message: str) -> Outcome:
        logger.debug("%s %r: %s", task.kind, task.path, message, exc_info=True)
        report = ImageReport(task.path, "error", info.names, error=Problem("crashed", message))
        return Outcome(report.to_record(task.level))

    def _spawn(self) -> None:
        if self._closed:
            raise WorkerFailed("The analysis has been stopped.")
        if self._process is not None:
            return
        context = multiprocessing.get_context("spawn")
        try:
            ours, theirs = context.Pipe()
        except OSError as error:  # too many open files
            raise WorkerFailed("The analysis could not be started.") from error
        given = (theirs, self._detector_folder, self._limits)
        process = context.Process(target=_serve, args=given, name="agelens-worker", daemon=True)
        try:
            with _nothing_from_the_current_folder():
                process.start()
        except OSError as error:  # no memory, no processes left, or the program has been moved
            ours.close()
            raise WorkerFailed("The analysis could not be started.") from error
        finally:
            theirs.close()
        # Only now: before its start a process can be neither killed nor waited for.
        self._connection, self._process, self._info = ours, process, None
        if self._closed:  # closed meanwhile, when `close` saw no process to kill
            self._discard()
            raise WorkerFailed("The analysis has been stopped.")

    def _ready(self) -> ModelInfo:
        if self._info is not None and self._process is not None and not self._process.is_alive():
            self._discard()  # it died while it had nothing to do: no photo is to blame
        self._spawn()
        if self._info is not None:
            return self._info
        try:
            answer = self._answer(LOADING_LIMIT)
        except TimeoutError:
            answer = NotLoaded("The models took too long to load.")
        except (EOFError, OSError, ValueError):
            answer = NotLoaded("The analysis could not be started.")
        if isinstance(answer, ModelInfo):
            self._info = answer
            return answer
        self._discard()
        raise WorkerFailed(answer.reason if isinstance(answer, NotLoaded) else "The analysis could not be started.")

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            with suppress(ValueError, AttributeError):  # another thread has discarded it, or is about to
                process.kill()

    def _discard(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join(ENDING_LIMIT)
            how = ", by Agelens" if self._closed else ""  # else -9 looks like a lack of memory
            logger.debug("the worker's process ended with exit code %s%s", self._process.exitcode, how)
            try:
                self._process.close()
            except ValueError:  # it is still running: left to the system, as Python would wait for it on exit
                multiprocessing.process._children.discard(self._process)  # type: ignore[attr-defined]
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = self._info = None


@contextmanager
def _nothing_from_the_current_folder() -> Iterator[None]:
    """Python's processes that start within this import nothing from there: the folder may be a stranger's."""
    name = "PYTHONSAFEPATH"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _fits(task: Task, outcome: Outcome) -> bool:
    """Whether the outcome can be one of the task: an analysis always has a record, other tasks only one of an error."""
    record = outcome.record
    return record is not None if task.kind == "analyze" else record is None or record["status"] == "error"


def _points(landmarks: Iterable[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in landmarks)


def _serve(connection: Connection, detector_folder: Path | None, limits: Limits) -> None:
    """The process's entry point. What it runs is imported here, so that only this process loads the heavy libraries."""
    start_log()
    step_back()  # before the import: the window may be about to be drawn
    try:
        from engine.worker_process import serve  # noqa: PLC0415
    except Exception as error:  # a library of the system is missing, or one of Agelens's is damaged
        logger.debug("the worker cannot be started", exc_info=True)
        told = NotLoaded(f"The analysis could not be started: {str(error).rstrip('.')}.")
        send(connection, NO_MEMORY if isinstance(error, MemoryError) else told)
        return
    try:
        serve(connection, detector_folder, limits)
    except Exception:
        logger.debug("the worker failed", exc_info=True)
        raise
