"""Reports as text, JSON, JSON lines and CSV."""

from __future__ import annotations

import io
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TextIO

from engine.phrases import WARNING_TEXTS, likely, when_taken, who_and_birth
from engine.terminal import printable
from engine.wording import ENGLISH, Wording, whole

ENCODING_ERRORS = "backslashreplace"
"""A file name that is not Unicode must not end a run."""


@contextmanager
def text_stream(file: BinaryIO) -> Iterator[TextIO]:
    """A text stream for a `Writer` on an open file, which stays open."""
    stream = io.TextIOWrapper(file, encoding="utf-8", errors=ENCODING_ERRORS, newline="")
    try:
        yield stream
    finally:
        stream.detach()  # writes what is left


class Writer(ABC):
    """Writes the contract's JSON records to a stream, in one of the formats.

    Args:
        stream: open for text, with newline translation off.
        years: the records are those of `engine.people.with_years`.
    """

    def __init__(self, stream: TextIO, years: bool = False) -> None:
        self._stream = stream
        self._years = years
        self.written = 0
        """Number of photos so far."""

    def add(self, record: dict[str, Any]) -> None:
        """Write one photo's record and flush it."""
        self._write(record)
        self._stream.flush()
        self.written += 1

    def finish(self) -> None:  # noqa: B027  (most formats end with their last record)
        """Write what comes after the last record. To be called once, even if there was no record."""

    @abstractmethod
    def _write(self, record: dict[str, Any]) -> None: ...


class TextWriter(Writer):
    """For reading, in a terminal for example: a line per photo, a line per face.

    Args:
        stream, years: see `Writer`.
        say: the reader's language.
    """

    def __init__(self, stream: TextIO, years: bool = False, say: Wording = ENGLISH) -> None:
        super().__init__(stream, years)
        self._say = say

    def _write(self, record: dict[str, Any]) -> None:
        say, path, faces = self._say, printable(record["path"]), record["faces"]
        if record["status"] == "error":
            self._line(f"{path}: {printable(say.finished(record['error']['message']))}")
            return
        found = say.counted(len(faces), "1 face", "{number} faces") if faces else say("no face found")
        turned = say(", turned by {degrees} degrees", degrees=record["rotated"]) if record["rotated"] else ""
        when = when_taken(record["taken"], say) if self._years else ""
        self._line(f"{path}: {found}{turned}{when}")
        for number, face in enumerate(faces, start=1):
            age = face["age"]
            doubts = "".join(f"; {say(WARNING_TEXTS[name])}" for name in face["warnings"])
            who, birth = who_and_birth(face, record["taken"]["year"], say) if self._years else ("", "")
            years = whole(age["mean"])
            looks = say.counted(years, "1 year, {range}", "{number} years, {range}", range=likely(age, say))
            self._line(f"  {say('face {number}', number=number)}{who}: {looks}{birth}{doubts}")

    def _line(self, text: str) -> None:
        self._stream.write(text + "\n")


class JsonLinesWriter(Writer):
    """One record per line."""

    def _write(self, record: dict[str, Any]) -> None:
        self._stream.write(_json(record) + "\n")


class JsonWriter(Writer):
    """One array of records."""

    def _write(self, record: dict[str, Any]) -> None:
        self._stream.write(("[\n" if self.written == 0 else ",\n") + _json(record))

    def finish(self) -> None:
        self._stream.write("[]\n" if self.written == 0 else "\n]\n")


class CsvWriter(Writer):
    """One row per face, UTF-8 with a byte order mark so that spreadsheets read it as such (RFC 4180 line ends).

    Args:
        stream, years: see `Writer`.
        point: the decimal mark. If it is a comma, columns are separated by semicolons, as spreadsheets expect.
    """

    COLUMNS = (
        "path width height rotated face x y box_width box_height score age low high level warnings "
        "detector model model_version"
    ).split()

    YEARS = "name born doubt taken taken_estimate taken_low taken_high born_estimate born_low born_high".split()
    """Further columns of records with years."""

    def __init__(self, stream: TextIO, years: bool = False, point: str = ".") -> None:
        super().__init__(stream, years)
        self._point = point
        self._separator = ";" if point == "," else ","

    def finish(self) -> None:
        if self.written == 0:
            self._head()

    def _head(self) -> None:
        columns = [*self.COLUMNS, *(self.YEARS if self._years else ())]
        self._stream.write("\ufeff" + self._separator.join(columns) + "\r\n")

    def _write(self, record: dict[str, Any]) -> None:
        if self.written == 0:
            self._head()
        model = record["model"]
        for number, face in enumerate(record["faces"], start=1):
            age = face["age"]
            cells = [
                inert(record["path"]),
                *(record[name] for name in ("width", "height", "rotated")),
                number,
                *face["box"],
                face["score"],
                age["mean"],
                *age["interval"],
                age["level"],
                " ".join(face["warnings"]),
                *(inert(model[name]) for name in ("detector", "age", "version")),
                *(_year_cells(record, face) if self._years else ()),
            ]
            self._stream.write(self._separator.join(map(self._cell, cells)) + "\r\n")

    def _cell(self, value: str | float | None) -> str:
        if isinstance(value, str):  # in quotes, so that a separator of another language does not split a file name
            return '"' + value.replace('"', '""') + '"'
        return "" if value is None else str(value).replace(".", self._point)


FORMATS: dict[str, type[Writer]] = {
    "text": TextWriter,
    "json": JsonWriter,
    "jsonl": JsonLinesWriter,
    "csv": CsvWriter,
}


_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""What a formula begins with, also in the wide form that East Asian keyboards write."""


def inert(text: str) -> str:
    """A cell that no spreadsheet runs as a formula (OWASP, "CSV injection"): an apostrophe goes in front if needed.

    Also in front of apostrophes before a formula, so that `without_apostrophe` can tell them from one of its own.
    """
    return "'" + text if text.lstrip("'").startswith(_FORMULA) else text


def without_apostrophe(cell: str) -> str:
    """The text that `inert` was given."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def _json(record: dict[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Escapes mean the same. They are for file names that are not Unicode (lone surrogates) or would steer a terminal.
    return text if text.isprintable() else json.dumps(record, separators=(",", ":"), allow_nan=False)


def _year_cells(record: dict[str, Any], face: dict[str, Any]) -> list[Any]:
    person, taken = face["person"] or {}, record["taken"]
    known = [inert(person.get("name", "")), person.get("born"), person.get("doubt"), taken["year"]]
    return [*known, *_estimate_cells(taken["estimate"]), *_estimate_cells(face["born"])]


def _estimate_cells(estimate: dict[str, Any] | None) -> list[Any]:
    return [None, None, None] if estimate is None else [estimate["mean"], *estimate["interval"]]
