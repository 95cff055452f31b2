"""What the worker's process and its supervisor say to each other. Importing this module is quick.

Answers come from a process that a hostile photo may have taken over. They are JSON, and pictures as raw bytes: unlike
pickle, which carries tasks the other way, they contain nothing that can run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

from engine.paths import FileStamp
from engine.record_check import is_face, is_map, is_record, read_json
from engine.report import ModelNames, Upright

MOST_TEXT = 16_000_000
"""Most bytes of an answer without its pictures; with the most faces that the detector finds it has under a million."""

MOST_FACES = 500
"""Most faces of an answer: the detector finds no more (`engine.detector.MAX_CANDIDATES`)."""

MOST_CROPS = 10 * MOST_FACES
"""Most crops of an answer: of these faces, and of those that people have added."""

MOST_BYTES = 1_000_000_000
"""Most bytes of an answer's pictures; a copy of the largest photo has fewer."""


@dataclass(frozen=True)
class NotLoaded:
    """Why the models cannot be loaded, a sentence for the user."""

    reason: str


NO_MEMORY = NotLoaded("There is not enough memory for the models. Close other programs, then try again.")
"""Python's own error says nothing."""


@dataclass(frozen=True)
class ModelInfo:
    """What the worker loaded: model names as in the reports, and ONNX Runtime's provider by part."""

    names: ModelNames
    providers: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """What came of one photo.

    `record` is the contract's JSON record; tasks other than an analysis have one only if they fail, with the photo's
    error. The pictures are JPEG files, present when asked for and possible: `preview` (long side at most 1600 px) and
    `thumbnail` (320 px) are upright, the record's `rotated` applied; `crops` are the 200 x 200 chips of the record's
    faces. `enlarged` is the upright photo for a closer look (`engine.pictures.enlarged_picture`). `copy` is the photo
    with boxes and ages on it, a full-size JPEG file (`engine.annotation`) for the supervisor to write: the process that
    meets hostile files needs no permission to write any. `copy_problem` is a sentence that says why there is none.
    `year_taken` is the year in the file, as in `engine.image.Photo`. `map` is an explanation's, see `Analyzer.explain`.
    `face` is the part of a record that `Analyzer.face_in` found; its chip is the only one in `crops`. `stamp` is the
    file's, taken before it was read. `late`: the time limit ended it, perhaps because of a hanging drive and not of the
    photo.
    """

    record: dict[str, Any] | None
    preview: bytes | None = None
    thumbnail: bytes | None = None
    crops: tuple[bytes, ...] = ()
    enlarged: bytes | None = None
    copy: bytes | None = None
    copy_problem: str | None = None
    year_taken: int | None = None
    map: Sequence[Sequence[float]] | None = None
    face: dict[str, Any] | None = None
    stamp: FileStamp | None = None
    late: bool = False


@dataclass(frozen=True)
class Progress:
    """What comes before an outcome that may take long: how much is done, and of how much."""

    done: int
    total: int


BEGUN = Progress(0, 0)
"""Comes before all else that a task is answered with: if the process dies from now on, the photo is to blame."""


@dataclass(frozen=True)
class Task:
    """What the process is asked to do with one photo.

    `pictures` and `annotate` ask an analysis for pictures and for an annotated copy too. `upright` is from the photo's
    report, `landmarks` say where faces lie in it, with shape (5, 2) each: the one face to explain, or those that a
    preview is to have crops of. `box` is where to find a face. `record` is what a copy shows.
    """

    kind: Literal["analyze", "preview", "enlarge", "explain", "face", "annotate"]
    path: str
    level: float
    pictures: bool = False
    annotate: bool = False
    upright: Upright | None = None
    box: tuple[float, float, float, float] | None = None
    landmarks: tuple[tuple[tuple[float, float], ...], ...] = ()
    record: Mapping[str, Any] | None = None


Answer = ModelInfo | NotLoaded | Progress | Outcome

_ANSWERS: dict[str, type[Answer]] = {kind.__name__: kind for kind in (ModelInfo, NotLoaded, Progress, Outcome)}
_PICTURES = ("preview", "thumbnail", "crops", "enlarged", "copy")
"""An outcome's pictures, in the order of its fields."""

_FOLLOWS = "follows"
"""Stands in an answer for a picture, which comes after it."""


def send(connection: Connection, answer: Answer) -> None:
    """Send an answer: JSON, then each picture in it as a message of its own.

    Raises:
        OSError: nobody receives it.
    """
    pictures: list[bytes] = []

    def set_aside(picture: bytes) -> str:
        pictures.append(picture)
        return _FOLLOWS

    text = json.dumps([type(answer).__name__, asdict(answer)], default=set_aside)
    for part in (text.encode(), *pictures):
        connection.send_bytes(part)


def receive(connection: Connection) -> Answer:
    """What was sent by `send`.

    Raises:
        EOFError, OSError: the process has ended, or sends too much.
        ValueError: this is not an answer.
    """
    left = MOST_BYTES

    def picture(there: object) -> bytes:
        nonlocal left
        if there != _FOLLOWS:
            raise TypeError
        content = connection.recv_bytes(left)
        left -= len(content)
        return content

    try:
        kind, fields = read_json(connection.recv_bytes(MOST_TEXT))
        if kind == Outcome.__name__:
            for name in _PICTURES:
                there = fields[name]
                if name == "crops":
                    if len(there) > MOST_CROPS:
                        raise ValueError("the worker's answer has too many crops")
                    fields[name] = tuple(map(picture, there))
                elif there is not None:
                    fields[name] = picture(there)
            fields["stamp"] = fields["stamp"] and tuple(fields["stamp"])
        if kind == ModelInfo.__name__:
            fields["names"] = ModelNames(**fields["names"])
        answer = _ANSWERS[kind](**fields)
        _check(answer)
        return answer
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError("the worker's answer is none") from error


def _is_stored(number: object) -> bool:
    """Whether both a file system and SQLite can hold this number."""
    return type(number) is int and -(2**63) <= number < 2**63


def _check(answer: Answer) -> None:
    """Check an answer: its receiver trusts it, and stores it, sends it to the page or prints it.

    Raises:
        ValueError: it is not what it claims to be.
    """
    good = True  # for the answers that come before the first photo is read
    if isinstance(answer, Outcome):
        good = (
            (answer.record is None or (is_record(answer.record) and len(answer.record["faces"]) <= MOST_FACES))
            and (answer.face is None or is_face(answer.face))
            and (answer.copy_problem is None or isinstance(answer.copy_problem, str))
            and (answer.year_taken is None or (type(answer.year_taken) is int and 0 < answer.year_taken < 10_000))
            and (answer.map is None or is_map(answer.map))
            and (answer.stamp is None or (len(answer.stamp) == 2 and all(map(_is_stored, answer.stamp))))
        )
    elif isinstance(answer, Progress):
        good = _is_stored(answer.done) and _is_stored(answer.total)
    if not good:
        raise ValueError("the worker's answer is none")
