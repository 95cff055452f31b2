"""The file in which albums are kept for the next start: paths, reports, names and years, never the photos.

A SQLite file of the latest albums, of the latest large ones, and of all those into which somebody has entered something
by hand. Only one process at a time uses it, the one that holds the lock on a file beside it. Every change is one
transaction in SQLite's write-ahead log and is on the disk before the call returns (`synchronous=FULL`), so a kill or a
power cut leaves the state before or after a change. A file that cannot be understood is set aside under another name;
one of a newer version is left as it is.
"""

from __future__ import annotations

import json
import ntpath
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import platformdirs

from desktop import kept_people
from desktop.filelock import try_lock
from desktop.names import LAST_KEPT, NamedPlace, is_photo_year
from engine.files import PRIVATE, name_aside, reason, rename, sync_folder
from engine.paths import FileStamp, file_stamp
from engine.record_check import is_record, read_json

APPLICATION = 0x4167656C
"""SQLite's `application_id` of these files: "Agel"."""

MIGRATIONS = (
    """
    CREATE TABLE albums (
        id INTEGER PRIMARY KEY,
        turn INTEGER NOT NULL UNIQUE,  -- the album with the highest was opened last, whatever the clock said
        opened TEXT NOT NULL           -- ISO 8601, UTC
    );
    CREATE TABLE photos (
        id INTEGER PRIMARY KEY,
        album INTEGER NOT NULL REFERENCES albums (id) ON DELETE CASCADE,
        path BLOB NOT NULL,            -- UTF-8, with surrogates for what is no text in a name
        file BLOB NOT NULL,            -- the path that all links lead to
        size INTEGER,                  -- the file when it was analysed, or added
        modified INTEGER,              -- nanoseconds
        report TEXT,                   -- the contract's JSON record
        UNIQUE (album, path)
    );
    """,
    """
    ALTER TABLE photos ADD COLUMN taken INTEGER;   -- the year that the user gave the photo
    ALTER TABLE photos ADD COLUMN camera INTEGER;  -- the year that is written in the file
    """
    + kept_people.TABLES,
    """
    ALTER TABLE photos ADD COLUMN place INTEGER;   -- rises in the order of the window
    UPDATE photos SET place = id;
    ALTER TABLE photos ADD COLUMN corrected INTEGER NOT NULL DEFAULT 0;  -- 1: somebody has corrected the report's faces
    """,
)
"""Step n turns version n of the file (`user_version`) into version n + 1. Only ever add to these.

Records are part of the file: what `engine.record_check` did not accept before, or no longer accepts, needs a step too.
"""

VERSION = len(MIGRATIONS)

EARLIER = 5
"""Albums that are kept beside a new one even though they are small and nobody has entered anything by hand."""

LARGE = 50
"""Analyzed photos that make an album large: it stays, however many photos are opened one by one after it."""

LARGE_ALBUMS = 20
"""Large albums that are kept even though nobody has entered anything by hand."""

MANY = 20
"""Photos whose analysis takes long enough to continue an album for them, even without anything entered by hand."""

MOST_SOUGHT = 10_000
"""Files that are looked for at once: SQLite takes 32,766 values, three for each."""

_DAY = 24 * 60 * 60 * 10**9
"""Nanoseconds; drives and backups change the time of a file by less."""

# Each path is looked up in each album by the index.
_SAME_PATH = f"""
    sought CROSS JOIN albums CROSS JOIN photos ON album = albums.id AND photos.path = sought.path
    AND photos.size = sought.size AND abs(photos.modified - sought.modified) <= {_DAY}
"""
# The same files on a drive that has another name now, or in a folder that was moved.
_SAME_STAMP = """
    photos JOIN albums ON albums.id = album
    JOIN sought ON photos.size = sought.size AND photos.modified = sought.modified AND typeof(photos.path) = 'blob'
    AND sought.path NOT IN (SELECT path FROM photos WHERE album IS NOT (SELECT album FROM besides))
"""

_BY_HAND = "(taken IS NOT NULL OR corrected OR photos.id IN (SELECT photo FROM names))"
"""Whether somebody has entered something into a photo: its year, a correction, a name."""

_SIDES = ("-wal", "-shm", "-journal")
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the album file is read-only",
    sqlite3.SQLITE_CANTOPEN: "the album file cannot be opened",
    sqlite3.SQLITE_PERM: "no permission to open the album file",
    sqlite3.SQLITE_IOERR: "the disk is failing",
    sqlite3.SQLITE_BUSY: "another program is using the album file",
}


class AlbumInUse(Exception):  # noqa: N818  (it is an outcome, and reads as one)
    """Another process has the file."""


class AlbumTrouble(Exception):  # noqa: N818
    """The file cannot be read or written at the moment. The text says why, in words that can follow "because"."""


class AlbumDamaged(Exception):  # noqa: N818
    """The file is not what it should be: `set_aside` makes room for a new one."""


class AlbumDeleted(AlbumDamaged):
    """Somebody has deleted the file, or its folder, while it was in use: nothing is left to be set aside."""


@dataclass(frozen=True)
class KeptPhoto:
    """A photo as it is kept; its fields are those of `desktop.photo.Photo`, but `report` is the record itself."""

    path: str
    file: str
    stamp: FileStamp | None = None
    report: dict[str, Any] | None = None
    names: tuple[NamedPlace, ...] = ()
    taken: int | None = None
    camera: int | None = None
    place: int = 0
    corrected: bool = False


@dataclass(frozen=True)
class KeptAlbum:
    """An album that is kept.

    `folder` is the name of the one in which most of its `photos` are, or of any of theirs if none has more than half.
    `opened` is when the album was last opened (ISO 8601, UTC). `names` is how many people have a name in it.
    """

    id: int
    photos: int
    names: int
    folder: str
    opened: str


class AlbumFile:
    """The file. Not thread-safe. Only the lock is made on the disk until something is to be kept.

    All methods but `open` and `close` may raise AlbumTrouble or AlbumDamaged, those that write also AlbumDeleted.

    Args:
        path: the file; by default `album.sqlite3` in the platform's folder for app data.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or platformdirs.user_data_path("Agelens", appauthor=False) / "album.sqlite3"
        self._held: BinaryIO | None = None
        self._connection: sqlite3.Connection | None = None
        self._seen = False  # the file has been there, and is not there now only if somebody else has deleted it

    @property
    def locked(self) -> bool:
        """Whether this process has the file."""
        return self._held is not None

    def open(self) -> str | None:
        """Lock and open the file, unless that is done already.

        Returns:
            a sentence for the user when what was there had to be set aside.

        Raises:
            AlbumInUse: another process has it.
            AlbumTrouble: it cannot be read, or cannot be set aside.
        """
        if self._held is None:
            self._hold()
        if _exists(self.path):
            try:
                self._connected()
            except AlbumDamaged as error:
                return self.set_aside(str(error))
        return None

    def _hold(self) -> None:
        try:
            self.path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            lock = open(self.path.with_name(f"{self.path.name}.lock"), "ab", opener=_private)  # noqa: SIM115
        except OSError as error:
            raise AlbumTrouble(reason(error)) from error
        try:
            locked = try_lock(lock)
        except OSError as error:
            lock.close()
            raise AlbumTrouble(f"the album file cannot be locked ({reason(error)})") from error
        if not locked:
            lock.close()
            raise AlbumInUse
        self._held = lock

    def albums(self, besides: int | None = None) -> list[KeptAlbum]:
        """The albums that have photos, except the one numbered `besides`. The last one opened comes first."""
        with self._reading() as connection:
            if connection is None:
                return []
            rows = connection.execute(
                "SELECT albums.id, count(*), opened FROM albums JOIN photos ON album = albums.id"
                " WHERE albums.id IS NOT ? AND typeof(path) = 'blob' GROUP BY albums.id ORDER BY turn DESC",
                (besides,),
            ).fetchall()
            names = kept_people.count_names(connection)
            return [
                KeptAlbum(number, photos, names.get(number, 0), _folder(connection, number, photos), str(opened))
                for number, photos, opened in rows
            ]

    def find_album(self, files: Sequence[tuple[str, FileStamp]], besides: int | None = None) -> int | None:
        """The album that has most of these files, if it knows something of them that is worth continuing it.

        That is a name, a year or a correction, or the reports of `MANY`. Of several such albums, one with names, years
        or corrections is chosen, then the one opened last. If there is none, files at paths that no other album has
        count by their exact stamps.

        Args:
            files: by path and stamp, at most `MOST_SOUGHT`.
            besides: an album that does not count.
        """
        if not files:
            return None
        with self._reading() as connection:
            if connection is None:
                return None
            values = [value for path, stamp in files for value in (_bytes(path), *stamp)]
            for same in (_SAME_PATH, _SAME_STAMP):
                found = connection.execute(
                    f"WITH sought (path, size, modified) AS (VALUES {', '.join(['(?, ?, ?)'] * len(files))}),"
                    " besides (album) AS (SELECT ?)"
                    f" SELECT photos.album, photos.path FROM {same} WHERE albums.id IS NOT (SELECT album FROM besides)"
                    f" GROUP BY photos.album HAVING max{_BY_HAND} OR count(report) >= {MANY}"
                    f" ORDER BY count(*) DESC, max{_BY_HAND} DESC, turn DESC LIMIT 1",
                    [*values, besides],
                ).fetchone()
                # Copies are other photos as long as the files of that album are there.
                if found is not None and (same is _SAME_PATH or file_stamp(_path(found[1]) or "") is None):
                    return int(found[0])
            return None

    def read(self, number: int) -> Iterator[KeptPhoto]:
        """An album's photos in order, read one by one. A report that is not the contract's record counts as none."""
        with self._reading() as connection:
            if connection is None:
                return
            names = kept_people.read_names(connection, number)
            query = f"SELECT id, {', '.join(_COLUMNS)} FROM photos WHERE album = ? ORDER BY place, id"
            rows = connection.execute(query, (number,))
            for row_id, path_bytes, file_bytes, *rest in rows:
                path, file = _path(path_bytes), _path(file_bytes)
                if path is not None and file is not None:
                    yield _photo(names.get(row_id, ()), path, file, *rest)

    def read_births(self, number: int) -> dict[str, int]:
        """Birth years of the people in an album's photos, by name."""
        with self._reading() as connection:
            return {} if connection is None else kept_people.read_births(connection, number)

    def write(
        self,
        number: int | None,
        photos: Iterable[KeptPhoto],
        gone: Iterable[str] = (),
        births: Mapping[str, int] | None = None,
    ) -> int:
        """Write new and changed photos of an album, and delete those whose paths are `gone`.

        Args:
            number: the album; None begins a new one and deletes the earlier ones, except those that are among the
                latest (`EARLIER`), among the latest `LARGE` ones (`LARGE_ALBUMS`), or hold something that somebody
                entered by hand.
            births: birth years by name, which replace the kept ones; None leaves these. Years of names that no kept
                photo has are not kept.

        Returns:
            the album's number.
        """
        photos, gone, begins = list(photos), list(gone), number is None
        with self._changing() as connection:
            if number is None:
                connection.execute(
                    "DELETE FROM albums WHERE id NOT IN (SELECT album FROM photos JOIN albums ON albums.id = album"
                    " GROUP BY album ORDER BY turn DESC LIMIT ?) AND id NOT IN (SELECT album FROM photos"
                    f" WHERE {_BY_HAND}) AND id NOT IN (SELECT album FROM photos JOIN albums ON albums.id = album"
                    " GROUP BY album HAVING count(report) >= ? ORDER BY turn DESC LIMIT ?)",
                    (EARLIER, LARGE, LARGE_ALBUMS),
                )
                connection.execute(f"INSERT INTO albums (turn, opened) VALUES ({_NEXT}, ?)", (_now(),))
                number = int(connection.execute("SELECT last_insert_rowid()").fetchone()[0])
            connection.executemany(
                "DELETE FROM photos WHERE album = ? AND path = ?", [(number, _bytes(path)) for path in gone]
            )
            # A photo never loses its report. One without may have had one that this version does not understand.
            changed = [f"{name} = excluded.{name}" for name in _COLUMNS if name not in ("path", "report")]
            connection.executemany(
                f"INSERT INTO photos (album, {', '.join(_COLUMNS)}) VALUES (?{', ?' * len(_COLUMNS)})"
                f" ON CONFLICT (album, path) DO UPDATE SET {', '.join(changed)},"
                " report = coalesce(excluded.report, report)",
                [(number, *_row(photo)) for photo in photos],
            )
            kept_people.write_names(connection, number, [(_bytes(photo.path), photo.names) for photo in photos])
            if births is not None:
                kept_people.write_births(connection, number, births)
        if begins or gone or births is not None:
            with suppress(sqlite3.Error):  # everything is written, and SQLite does this later by itself
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else the log still has what was removed
        return number

    def take_up(self, number: int, current: int | None, places: Mapping[str, int]) -> int:
        """Continue a kept album.

        Args:
            number: the album.
            current: the window's album, which the kept one is merged with; None when it has none.
            places: by path, the current places of the photos that come from the kept album.

        Returns:
            the number of the merged album.
        """
        with self._changing() as connection:
            target = number if current is None else current
            # The others are in the window already, by whatever path, and the current album has them.
            connection.executemany(
                "UPDATE OR IGNORE photos SET album = ?, place = ? WHERE album = ? AND path = ?",
                [(target, place, number, _bytes(path)) for path, place in places.items()],
            )
            if current is None:
                connection.execute(f"UPDATE albums SET turn = {_NEXT}, opened = ? WHERE id = ?", (_now(), number))
                return number
            connection.execute("UPDATE OR IGNORE births SET album = ? WHERE album = ?", (current, number))
            connection.execute("DELETE FROM albums WHERE id = ?", (number,))
            return current

    def delete(self) -> None:
        """Delete everything that is kept, also what was set aside. The file goes last: an error leaves all albums."""
        self._disconnect()
        try:
            for aside in self.path.parent.glob(f"{self.path.name}.*.unreadable*"):
                aside.unlink(missing_ok=True)
            for name in (*_SIDES, ""):
                _beside(self.path, name).unlink(missing_ok=True)
            self._seen = False
            sync_folder(self.path.parent)
        except OSError as error:
            raise AlbumTrouble(reason(error)) from error

    def set_aside(self, why: str) -> str:
        """Give the file another name, so that a new one can be made. Returns a sentence for the user."""
        self._disconnect()
        try:
            aside = name_aside(self.path)
            # The file itself goes last: its companions must never lie beside a new one.
            for name in (*_SIDES, ""):
                with suppress(FileNotFoundError):
                    rename(_beside(self.path, name), _beside(aside, name))
            self._seen = False
            sync_folder(self.path.parent)
        except OSError as error:
            raise AlbumTrouble(f"{why}, and it cannot be set aside either ({reason(error)})") from error
        return (
            f"The file of the saved albums cannot be opened: {why}. It was set aside as {aside.name}, and a new one "
            "begun. Your photos are untouched."
        )

    def close(self) -> None:
        """Close the file and release its lock."""
        self._disconnect()
        self._seen = False
        if self._held is not None:
            self._held.close()
            self._held = None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        if self._connection is None and not _exists(self.path):
            yield None
            return
        with self._used() as connection:
            yield connection

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, undone if a step fails."""
        # POSIX systems would go on writing into a deleted file, which nobody can open again.
        if not _exists(self.path.parent) or (self._seen and not _exists(self.path)):
            self.close()
            raise AlbumDeleted("somebody has deleted it")
        with self._used() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        """The connection, replaced after an error: one to a drive that was away stays dead."""
        connection = self._connected()
        try:
            with _told():
                yield connection
        except AlbumTrouble:
            self._disconnect()
            raise

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                _make_private(self.path)
            except OSError as error:
                raise AlbumTrouble(reason(error)) from error
            with _told():
                # Threads take turns under the lock of `desktop.keeper`.
                connection = sqlite3.connect(self.path, timeout=2, isolation_level=None, check_same_thread=False)
                try:
                    _prepare(connection)
                except BaseException:
                    connection.close()
                    raise
                self._connection = connection
                self._seen = True
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


_COLUMNS = ("path", "file", "size", "modified", "report", "taken", "camera", "place", "corrected")
"""A photo's columns, in the order of `_row` and `_photo`."""

_NEXT = "(SELECT ifnull(max(turn), 0) + 1 FROM albums)"


def _prepare(connection: sqlite3.Connection) -> None:
    """Check what is there and bring it up to the current version."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    parts = [kind for (kind,) in connection.execute("SELECT type FROM sqlite_master")]
    if parts or (application, version) != (0, 0):
        if application != APPLICATION:
            raise AlbumDamaged("the file is not an Agelens album file")
        if version > VERSION:
            # It stays as it is: the newer version will need it.
            raise AlbumTrouble("the album file was written by a newer version of Agelens; use that one")
        # A stranger's view may stand in for a table and never end; a trigger changes what is written.
        if (
            not {"table", "index"}.issuperset(parts)
            or connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok"
        ):
            raise AlbumDamaged("the file is damaged")
    # Only now, as these write to the file: one that is set aside must stay as it was found.
    for setting in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "fullfsync = ON",  # macOS: flushes the disk's own cache, too
        "checkpoint_fullfsync = ON",
        "foreign_keys = ON",
        "secure_delete = ON",  # what is deleted is not left in free pages
    ):
        connection.execute(f"PRAGMA {setting}")
    # Missing tables or columns are found now, not in the middle of work.
    try:
        if version < VERSION:
            _migrate(connection, version)
        connection.execute("SELECT id, turn, opened FROM albums LIMIT 0")
        connection.execute(f"SELECT id, album, {', '.join(_COLUMNS)} FROM photos LIMIT 0")
        kept_people.check_tables(connection)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # a full disk, for example, is no damage
            raise
        raise AlbumDamaged("the file is damaged") from error


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    steps = "".join(MIGRATIONS[version:])
    connection.executescript(
        f"BEGIN IMMEDIATE; {steps} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
    )


@contextmanager
def _told() -> Iterator[None]:
    """Turn SQLite's errors into this module's."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None) or 0
        if code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise AlbumDamaged("the file is damaged") from error
        raise AlbumTrouble(_REASONS.get(code & 0xFF, str(error))) from error


def _row(photo: KeptPhoto) -> tuple[bytes | int | str | None, ...]:
    size, modified = photo.stamp or (None, None)
    report = None if photo.report is None else json.dumps(photo.report, separators=(",", ":"), allow_nan=False)
    known = (photo.taken, photo.camera, photo.place, photo.corrected)
    return _bytes(photo.path), _bytes(photo.file), size, modified, report, *known


def _photo(
    names: tuple[NamedPlace, ...],
    path: str,
    file: str,
    size: object,
    modified: object,
    report: str | None,
    taken: int | None,
    camera: int | None,
    place: int,
    corrected: int,
) -> KeptPhoto:
    record = None
    if report is not None:
        with suppress(ValueError, TypeError, RecursionError):
            record = read_json(report)
    return KeptPhoto(
        path,
        file,
        (size, modified) if type(size) is int and type(modified) is int else None,
        record if is_record(record) else None,
        names,
        taken if is_photo_year(taken, LAST_KEPT) else None,
        camera if is_photo_year(camera, LAST_KEPT) else None,
        place,
        bool(corrected),
    )


def _folder(connection: sqlite3.Connection, album: int, photos: int) -> str:
    """The name of the folder in which most of an album's photos are."""
    # If one has more than half of them, the path in the middle is in it, or in a folder within it. Looking at each of
    # some hundred thousand paths would delay the start.
    query = "SELECT path FROM photos WHERE album = ? AND typeof(path) = 'blob' ORDER BY path LIMIT 1 OFFSET ?"
    path: bytes = connection.execute(query, (album, photos // 2)).fetchone()[0]
    folder = ntpath.dirname(path)  # knows the separators of all systems: the file may have been copied from another one
    return (ntpath.basename(folder) or folder).decode("utf-8", "replace")


_AS_BYTES = ("utf-8", "surrogatepass")


def _bytes(path: str) -> bytes:
    return path.encode(*_AS_BYTES)


def _path(kept: object) -> str | None:
    """The path that `_bytes` made this of; None for anything else."""
    try:
        return kept.decode(*_AS_BYTES) if isinstance(kept, bytes) else None
    except UnicodeDecodeError:
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _exists(path: Path) -> bool:
    try:
        path.stat()  # `exists` hides every error from Python 3.14 on
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:  # its drive is disconnected
        raise AlbumTrouble(reason(error)) from error


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _make_private(path: Path) -> None:
    """Create the file, or set its mode, so that only this user can read it; SQLite copies the mode to the others."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        sync_folder(path.parent)
    except FileExistsError:
        if os.name == "posix":
            for name in ("", *_SIDES):
                with suppress(FileNotFoundError):
                    _beside(path, name).chmod(0o600)
