"""What results say when they leave the window: the record of a photo, and the same in words."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.formats import TextWriter
from engine.version import app_version
from engine.wording import Wording

Record = dict[str, Any]

CAUTION = (
    "Apparent age, estimated by Agelens: how old a face looks, not how old the person is. Not for age verification."
)


def has_years(record: Record) -> bool:
    """Whether a record also tells of people and years, as those of `engine.people.with_years` do."""
    return "taken" in record


def from_the_left(record: Record) -> list[tuple[int, Record]]:
    """The faces as the window counts them, from left to right, each with its place in the record."""
    return sorted(enumerate(record["faces"]), key=lambda item: item[1]["box"][0] + item[1]["box"][2] / 2)


def place_of(faces: Sequence[Record], box: Sequence[float]) -> int | None:
    """Which of a record's faces has this box, by which a face is known; None when it is not there."""
    return next((place for place, face in enumerate(faces) if face["box"] == list(box)), None)


def origin(version: str, model: str, say: Wording) -> str:
    """What results are from, so that they can be cited: the app and the age model, each with its version."""
    return f"Agelens {version} · {say('age model {name}', name=model)}"


def as_text(record: Record, say: Wording) -> str:
    """A photo's ages for people to read and to cite."""
    stream = io.StringIO()
    faces = [face for _, face in from_the_left(record)]
    shown = {**record, "path": Path(record["path"]).name, "faces": faces}
    TextWriter(stream, has_years(record), say).add(shown)
    model = record["model"]
    made_by = origin(app_version(), f"{model['age']} {model['version']}", say)
    return f"{stream.getvalue()}{say(CAUTION)}\n{made_by}\n"
