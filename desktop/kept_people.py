"""Names and birth years in the file of kept albums (`desktop.album_file`): who is on which face, and who was born when.

What is read has been on a disk for a long time: it is checked, not trusted. All functions work within the caller's
transaction.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from desktop.names import LAST_KEPT, NamedPlace, is_birth_year, is_name

TABLES = """
    CREATE TABLE names (
        photo INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
        x REAL NOT NULL,               -- the box of the face that was named, in pixels of the upright photo
        y REAL NOT NULL,
        width REAL NOT NULL,
        height REAL NOT NULL,
        name TEXT NOT NULL
    );
    CREATE INDEX names_of_photo ON names (photo);
    CREATE TABLE births (
        album INTEGER NOT NULL REFERENCES albums (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        year INTEGER NOT NULL,
        PRIMARY KEY (album, name)
    );
"""
"""The part of `desktop.album_file.MIGRATIONS` that makes these tables."""

MOST_NAMES = 1000
"""Most names of one photo that are read; it has one for each face that was named in it."""


def check_tables(connection: sqlite3.Connection) -> None:
    """Raise sqlite3.OperationalError when a table or column is missing."""
    connection.execute("SELECT photo, x, y, width, height, name FROM names LIMIT 0")
    connection.execute("SELECT album, name, year FROM births LIMIT 0")


def write_names(
    connection: sqlite3.Connection, album: int, photos: Iterable[tuple[bytes, Sequence[NamedPlace]]]
) -> None:
    """Replace the names on the faces of photos that the album has."""
    photos = list(photos)
    connection.executemany(
        "DELETE FROM names WHERE photo = (SELECT id FROM photos WHERE album = ? AND path = ?)",
        [(album, path) for path, _ in photos],
    )
    connection.executemany(
        "INSERT INTO names SELECT id, ?, ?, ?, ?, ? FROM photos WHERE album = ? AND path = ?",
        [(*one.box, one.name, album, path) for path, names in photos for one in names],
    )


def write_births(connection: sqlite3.Connection, album: int, births: Mapping[str, int]) -> None:
    """Replace the album's birth years; only those of names in its photos are kept."""
    connection.execute("DELETE FROM births WHERE album = ?", (album,))
    connection.executemany("INSERT INTO births VALUES (?, ?, ?)", [(album, *birth) for birth in births.items()])
    connection.execute(
        "DELETE FROM births WHERE album = ? AND name NOT IN"
        " (SELECT names.name FROM names JOIN photos ON photos.id = names.photo WHERE photos.album = ?)",
        (album, album),
    )


def read_names(connection: sqlite3.Connection, album: int) -> dict[int, tuple[NamedPlace, ...]]:
    """Names on faces by the number of the photo. Invalid ones are skipped."""
    rows = connection.execute(
        "SELECT photo, x, y, width, height, name FROM names JOIN photos ON photos.id = photo"
        " WHERE album = ? ORDER BY names.rowid",
        (album,),
    )
    found: dict[int, list[NamedPlace]] = {}
    for photo, *box, name in rows:
        of_photo = found.setdefault(photo, [])
        if len(of_photo) < MOST_NAMES and is_name(name) and _is_box(box):
            of_photo.append(NamedPlace(tuple(box), name))
    return {photo: tuple(names) for photo, names in found.items()}


def count_names(connection: sqlite3.Connection) -> dict[int, int]:
    """How many people have a name, by album; albums without names are left out."""
    return dict(
        connection.execute(
            "SELECT album, count(DISTINCT name) FROM names JOIN photos ON photos.id = photo GROUP BY album"
        )
    )


def read_births(connection: sqlite3.Connection, album: int) -> dict[str, int]:
    """Birth years by name. Invalid ones are skipped."""
    rows = connection.execute("SELECT name, year FROM births WHERE album = ?", (album,))
    return {name: year for name, year in rows if is_name(name) and is_birth_year(year, LAST_KEPT)}


def _is_box(values: Sequence[object]) -> bool:
    return all(isinstance(value, float) and math.isfinite(value) for value in values)
