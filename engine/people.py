"""Who is in the photos: names, birth years and years of photos from a file, and what they tell about the others.

The file is the CSV that `--format csv` or the window writes (a row per face, with `path` and `face`), to which the user
has added the columns `name` and `born`, and perhaps `taken`, the year of the photo. If it has the face's box, the box
decides which face is meant: after corrections in the window, or with another detector, the numbers differ. Other
columns are not read.
"""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.age import Age
from engine.boxes import Box, same_places
from engine.dating import FIRST_BIRTH, FIRST_YEAR, Dating, Years, date_birth, date_photo, doubts_in, this_year
from engine.formats import ENCODING_ERRORS, without_apostrophe
from engine.paths import one_spelling
from engine.terminal import printable

_NEEDED = ("path", "face")
_ADDED = {"name", "born", "taken"}
_BOX = ("x", "y", "box_width", "box_height")
_WHOLE = re.compile(r"(\d{1,9})(?:[.,]0+)?", re.ASCII)
_READ = (*_NEEDED, *sorted(_ADDED), *_BOX)


class PeopleError(ValueError):
    """A file about people that cannot be used; the text says which line and why."""


@dataclass(frozen=True)
class Person:
    """Somebody who was named; `born` is None while the birth year is unknown."""

    name: str
    born: int | None = None


@dataclass(frozen=True)
class Known:
    """What is known of one photo: people by the number of their face, counted from 1, and the photo's year.

    If `boxes` has a box for a number, the face in that place is meant, whatever its number.
    """

    people: Mapping[int, Person] = field(default_factory=dict)
    taken: int | None = None
    boxes: Mapping[int, Box] = field(default_factory=dict)

    def on(self, faces: Sequence[Mapping[str, Any]]) -> dict[int, Person]:
        """Whose the faces of a record are, by their index in it. Each person has one face at most."""
        placed = [number for number in self.people if number in self.boxes]
        found = same_places([face["box"] for face in faces], [self.boxes[number] for number in placed])
        people = {place: self.people[placed[index]] for place, index in found.items()}
        for number, who in self.people.items():
            if number not in self.boxes and number <= len(faces):
                people.setdefault(number - 1, who)
        return people


class KnownPeople:
    """What is known of many photos, by path."""

    def __init__(self, photos: Mapping[str, Known] | None = None) -> None:
        self._photos = photos or {}  # by `_key`

    def of(self, path: str) -> Known:
        """What is known of a photo, possibly nothing."""
        return self._photos.get(_key(path), Known())

    def count_besides(self, paths: Iterable[str]) -> int:
        """Of how many photos that are not among these something is known."""
        these = set(map(_key, paths))
        return sum(known != Known() and path not in these for path, known in self._photos.items())

    @classmethod
    def read(cls, file: Path) -> KnownPeople:
        """Read the file.

        A person's birth year is needed in one row only. Comma, semicolon and tab are understood as separators.

        Raises:
            PeopleError: it cannot be read, is not such a table, contradicts itself, or holds an impossible year.
        """
        rows = _rows(file)
        births: dict[str, int] = {}
        people: dict[str, dict[int, Person]] = {}
        boxes: dict[str, dict[int, Box]] = {}
        taken: dict[str, int] = {}
        for row in rows:
            photo = _key(row.path)
            if row.taken is not None:
                _agree(row, "photo", row.path, taken.setdefault(photo, row.taken), row.taken)
            if not row.name:
                if row.born is not None:
                    raise PeopleError(f"line {row.line}: a birth year without a name")
                people.setdefault(photo, {})
                continue
            if row.born is not None:
                _agree(row, "birth year of", row.name, births.setdefault(row.name, row.born), row.born)
            faces = people.setdefault(photo, {})
            if faces.setdefault(row.face, Person(row.name)).name != row.name:
                raise PeopleError(f"line {row.line}: face {row.face} of {printable(row.path)} has two names")
            if sum(who.name == row.name for who in faces.values()) > 1:
                raise PeopleError(f"line {row.line}: {printable(row.name)} is on two faces of {printable(row.path)}")
            if row.box is not None:
                boxes.setdefault(photo, {})[row.face] = row.box
        return cls(
            {
                path: Known(
                    {face: Person(who.name, births.get(who.name)) for face, who in faces.items()},
                    taken.get(path),
                    boxes.get(path, {}),
                )
                for path, faces in people.items()
            }
        )


@dataclass(frozen=True)
class _Row:
    line: int
    path: str
    face: int
    name: str
    born: int | None
    taken: int | None
    box: Box | None


def _rows(file: Path) -> list[_Row]:
    try:
        text = file.read_bytes().decode("utf-8-sig", "surrogateescape")  # as text, "\r" in a path would become "\n"
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise PeopleError('it is not UTF-8; save it as "CSV UTF-8"') from None
    except OSError as error:
        raise PeopleError(f"it cannot be read: {error.strerror or error}") from error
    head = re.split(r"[\r\n]", text, maxsplit=1)[0]
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    rows = []
    try:
        table.fieldnames = [name.strip().lower() for name in table.fieldnames or ()]
        missing = [name for name in _NEEDED if name not in table.fieldnames]
        if missing:
            raise PeopleError(
                f"it has no column {' and no column '.join(missing)}; start from what --format csv writes"
            )
        twice = [name for name in _READ if table.fieldnames.count(name) > 1]
        if twice:
            raise PeopleError(f"it has the column {twice[0]} twice; delete one of the two")
        if not _ADDED & set(table.fieldnames):
            raise PeopleError("it has none of the columns name, born and taken: add at least one and fill it in")
        for cells in table:
            row = {name: without_apostrophe(cells.get(name) or "") for name in _READ}
            # A path stays exactly as it is, with a space at its end; "ü" in a name is the same however it was typed.
            row |= {name: unicodedata.normalize("NFC", row[name].strip()) for name in _READ if name != "path"}
            if any(row.values()):
                rows.append(_row(table.line_num, row))
    except csv.Error as error:
        wrong = f"a quotation mark is missing, or one too many ({error})"
        raise PeopleError(f"line {table.line_num + 1}: {wrong}") from error  # where the row begins
    return rows


def _row(line: int, cells: Mapping[str, str]) -> _Row:
    if not cells["path"]:
        raise PeopleError(f"line {line}: no path")
    face = _whole(cells["face"])
    if not face:
        raise PeopleError(f"line {line}: {printable(cells['face'])!r} is not a face number; faces are numbered from 1")
    born = _year(line, "birth year", cells["born"], FIRST_BIRTH)
    taken = _year(line, "year", cells["taken"], FIRST_YEAR)
    try:
        box = [float(cells[name].replace(",", ".")) for name in _BOX]
    except ValueError:  # there is no box, or a spreadsheet has made dates of its numbers
        box = None
    return _Row(line, cells["path"], face, cells["name"], born, taken, box)


def _year(line: int, what: str, text: str, first: int) -> int | None:
    if not text:
        return None
    year, latest = _whole(text), this_year()
    if year is None or not first <= year <= latest:
        raise PeopleError(f"line {line}: {printable(text)!r} is not a {what} between {first} and {latest}")
    return year


def _whole(text: str) -> int | None:
    """A whole number, perhaps with zeros behind a decimal mark, as some programs write columns with gaps."""
    found = _WHOLE.fullmatch(text)
    return None if found is None else int(found[1])


def _agree(row: _Row, what: str, whose: str, above: int, year: int) -> None:
    if above != year:
        raise PeopleError(f"line {row.line}: {what} {printable(whose)}: {year} here, {above} above")


def _key(path: str) -> str:
    """The same key for all ways to write a path, also for one that is not Unicode and its spelling in the table."""
    path = path.encode("utf-8", ENCODING_ERRORS).decode("utf-8")
    return one_spelling(os.path.abspath(path))  # noqa: PTH100  (Path.absolute keeps "..")


def missing_faces(record: dict[str, Any], known: Known) -> str | None:
    """A sentence if the photo lacks a face that is named, perhaps because the file was made with other models."""
    if record["status"] == "error":
        return None
    found = known.on(record["faces"]).values()
    missing = [f"face {number} ({printable(who.name)})" for number, who in known.people.items() if who not in found]
    if not missing:
        return None
    verb = "is" if len(missing) == 1 else "are"
    return f"{', '.join(missing)} {verb} not among the faces that were found ({len(record['faces'])})"


def with_years(record: dict[str, Any], known: Known, level: float, taken: int | None = None) -> dict[str, Any]:
    """A photo's record, together with what is known of its people and what follows from it.

    The record gets `taken`: the known `year`, and the `estimate` from the faces with a known birth year. Each face gets
    `person` (`name`, `born`, and `doubt`: the probability that this face says nothing about the year, the known one if
    there is one; null without a birth year) and `born`, the estimated birth year of a face for which none is known. All
    but `taken` and `name` may be null. An estimate is {mean, interval, level}, in years.

    Args:
        record: the contract's record; it is not changed.
        known: of this photo; faces that it does not have are ignored.
        level: share of cases that the intervals are to cover, 0 < level < 1.
        taken: the photo's year where `known` has none, for example from EXIF.
    """
    ages = [Age(np.array(face["age"]["distribution"], np.float32)) for face in record["faces"]]
    on = known.on(record["faces"])
    people = [on.get(place) for place in range(len(ages))]
    dated = [(place, who.born) for place, who in enumerate(people) if who is not None and who.born is not None]
    births = [(ages[place], born) for place, born in dated]
    dating: Dating | None = date_photo(births) if births else None
    year = taken if known.taken is None else known.taken
    each = doubts_in(births, year) if year is not None else dating.doubts if dating else ()
    doubts = dict(zip((place for place, _ in dated), each, strict=True))
    when = Years.certain(year) if year is not None else dating.years if dating else None
    faces = []
    for place, (face, age, who) in enumerate(zip(record["faces"], ages, people, strict=True)):
        person = None if who is None else {"name": who.name, "born": who.born, "doubt": _rounded(doubts.get(place))}
        birth = None if when is None or place in doubts else _estimate(date_birth(age, when), level)
        faces.append({**face, "person": person, "born": birth})
    estimate = None if dating is None else _estimate(dating.years, level)
    return {**record, "faces": faces, "taken": {"year": year, "estimate": estimate}}


def _estimate(years: Years, level: float) -> dict[str, Any]:
    low, high = years.interval(level)
    return {"mean": round(years.mean, 2), "interval": [round(low, 2), round(high, 2)], "level": level}


def _rounded(doubt: float | None) -> float | None:
    return None if doubt is None else round(doubt, 3)
