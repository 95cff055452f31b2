"""desktop.album_file: what is kept, and that neither a kill nor a power cut nor a strange file loses any of it."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desktop_doubles import record

from desktop.album_file import (
    APPLICATION,
    EARLIER,
    LARGE,
    LARGE_ALBUMS,
    MANY,
    MIGRATIONS,
    MOST_SOUGHT,
    VERSION,
    AlbumFile,
    AlbumInUse,
    AlbumTrouble,
    KeptPhoto,
)
from desktop.names import NamedPlace

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="file modes and signals are POSIX's")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "album.sqlite3"


@pytest.fixture
def file(path: Path) -> Iterator[AlbumFile]:
    made = AlbumFile(path)
    assert made.open() is None
    yield made
    made.close()


def kept(name: str, faces: int = 1) -> KeptPhoto:
    path = f"/photos/{name}"
    return KeptPhoto(path, path, (len(name), 5), record(path, faces=faces))


def opened(path: Path) -> AlbumFile:
    file = AlbumFile(path)
    assert file.open() is None
    return file


def test_nothing_is_made_until_something_is_kept(file: AlbumFile, path: Path) -> None:
    assert file.albums() == []
    assert list(file.read(1)) == []
    assert not path.exists()


def test_photos_come_back_in_order_with_their_reports(file: AlbumFile, path: Path) -> None:
    photos = [kept("b.jpg"), kept("a.jpg"), KeptPhoto("/photos/waiting.jpg", "/photos/waiting.jpg")]
    number = file.write(None, photos)
    file.close()
    again = opened(path)
    (album,) = again.albums()
    assert (album.id, album.photos) == (number, 3)
    assert album.opened.endswith("+00:00")
    assert list(again.read(number)) == photos
    assert again.albums(besides=number) == []
    again.close()


def test_changes_and_removals(file: AlbumFile) -> None:
    number = file.write(None, [kept("a.jpg"), kept("b.jpg"), kept("c.jpg")])
    changed = KeptPhoto("/photos/a.jpg", "/photos/a.jpg", (9, 9), record("/photos/a.jpg", faces=2))
    assert file.write(number, [changed, kept("d.jpg")], gone=["/photos/b.jpg"]) == number
    assert list(file.read(number)) == [changed, kept("c.jpg"), kept("d.jpg")]
    file.write(number, [kept("c.jpg")], gone=["/photos/c.jpg"])  # taken out and added again
    assert [photo.path for photo in file.read(number)] == ["/photos/a.jpg", "/photos/d.jpg", "/photos/c.jpg"]


def test_photos_are_read_in_the_order_of_the_window(file: AlbumFile) -> None:
    """Whatever was written first."""
    a, b, c = (replace(kept(name), place=place) for place, name in enumerate(("a.jpg", "b.jpg", "c.jpg")))
    number = file.write(None, [c, a])
    file.write(number, [b])
    assert list(file.read(number)) == [a, b, c]
    file.write(number, [b], gone=[a.path])
    file.write(number, [a, replace(c, place=-1)])
    assert list(file.read(number)) == [replace(c, place=-1), a, b]


@pytest.mark.parametrize(
    "name", ["\udcff.jpg", "nul\0.jpg", "\ud83d.jpg", "'; DROP TABLE photos; --", "写真.jpg", "x" * 9000]
)
def test_any_name_is_kept_as_it_is(file: AlbumFile, name: str) -> None:
    number = file.write(None, [kept(name)])
    assert list(file.read(number)) == [kept(name)]
    file.write(number, [], gone=[f"/photos/{name}"])
    assert list(file.read(number)) == []


def numbers(file: AlbumFile) -> list[int]:
    return [album.id for album in file.albums()]


def test_an_album_is_told_by_the_folder_of_most_of_its_photos(file: AlbumFile) -> None:
    def folder(*paths: str) -> str:
        file.write(None, [KeptPhoto(path, path) for path in paths])
        return file.albums()[0].folder

    assert folder("/a/b.jpg", "/photos/1974/a.jpg", "/photos/1974/b.jpg") == "1974"
    assert folder("/a.jpg") == "/"
    assert folder(r"D:\photos\1974\a.jpg") == "1974", "copied from Windows"
    assert "\udcff" not in folder("/\udcff/a.jpg")


def test_an_album_tells_how_many_people_have_a_name(file: AlbumFile) -> None:
    anna, ben = (NamedPlace((n, 2.0, 3.0, 4.0), name) for n, name in ((1.0, "Anna"), (9.0, "Ben")))
    file.write(None, [replace(kept("a.jpg"), names=(anna, ben)), replace(kept("b.jpg"), names=(anna,))])
    file.write(None, [kept("c.jpg")])
    assert [album.names for album in file.albums()] == [0, 2]


def files(*photos: KeptPhoto) -> list[tuple[str, tuple[int, int]]]:
    return [(photo.path, photo.stamp) for photo in photos if photo.stamp is not None]


ANNA = (NamedPlace((1.0, 2.0, 3.0, 4.0), "Anna"),)


@pytest.mark.parametrize("entered", [{"names": ANNA}, {"taken": 1970}, {"corrected": True}, {}])
def test_the_album_of_some_files_is_found_if_something_was_entered_into_their_photos(
    file: AlbumFile, entered: dict[str, Any]
) -> None:
    first, second, third = (kept(name) for name in ("a.jpg", "b.jpg", "c.jpg"))
    number = file.write(None, [replace(first, **entered), second])
    window = file.write(None, [first, third])
    assert file.find_album(files(third, first), besides=window) == (number if entered else None)
    assert file.find_album(files(second), besides=window) is None
    assert file.find_album([], besides=window) is None
    _, (size, modified) = files(first)[0]
    hour = 3600 * 10**9
    assert file.find_album([(first.path, (size, modified + hour))], besides=window) == (number if entered else None)
    assert file.find_album([(first.path, (size + 1, modified))]) is None
    assert file.find_album([(first.path, (size, modified + 25 * hour))]) is None
    elsewhere = f"/stick{first.path}"  # as when the drive has another name now
    assert file.find_album([(elsewhere, (size, modified))], besides=window) == (number if entered else None)
    assert file.find_album([(elsewhere, (size, modified + hour))]) is None


def test_an_album_is_found_for_the_reports_of_many_photos(file: AlbumFile) -> None:
    photos = [kept(f"{n}\udcff.jpg") for n in range(MANY)]
    number = file.write(None, [replace(photos[0], report=None), *photos[1:]])
    assert file.find_album(files(*photos)) is None
    file.write(number, photos[:1])
    assert file.find_album(files(*photos)) == number
    assert file.find_album(files(*photos)[1:]) is None


def test_the_album_with_most_of_the_files_is_found_then_one_with_names_then_the_latest(file: AlbumFile) -> None:
    photos = [kept(f"{n}.jpg") for n in range(MANY + 1)]
    assert file.find_album(files(*photos)) is None
    albums = (photos[:-1], [replace(photos[0], names=ANNA), *photos[1:-1]], photos[:-1], photos, photos)
    *_, named, _, whole, latest = (file.write(None, list(album)) for album in albums)
    assert file.find_album(files(*photos)) == latest
    assert file.find_album(files(*photos), besides=latest) == whole
    assert file.find_album(files(*photos[:-1])) == named


def test_the_album_of_very_many_files_is_found(file: AlbumFile) -> None:
    photos = [replace(kept(f"{n}.jpg"), report=None) for n in range(MOST_SOUGHT)]
    number = file.write(None, [*photos[:-1], replace(photos[-1], taken=1970)])
    assert file.find_album(files(*photos)) == number


def test_the_latest_albums_stay_and_older_ones_go(file: AlbumFile) -> None:
    first, *others, last = (file.write(None, [kept(f"{n}.jpg")]) for n in range(EARLIER + 2))
    assert numbers(file) == [last, *reversed(others)]
    assert list(file.read(first)) == []
    file.write(last, [], gone=[f"/photos/{EARLIER + 1}.jpg"])  # an empty album is not offered
    assert numbers(file) == [*reversed(others)]
    new = file.write(None, [kept("new.jpg")])  # and does not push out one that is not empty
    assert numbers(file) == [new, *reversed(others)]


def test_a_large_album_stays_whatever_is_opened_after_it(file: AlbumFile) -> None:
    """As when single photos are opened with Agelens."""
    waiting = [replace(kept(f"{n}.jpg"), report=None) for n in range(LARGE)]
    large, _, _ = (
        file.write(None, photos)
        for photos in ([kept(f"{n}.jpg") for n in range(LARGE)], [kept(f"{n}.jpg") for n in range(LARGE - 1)], waiting)
    )
    latest = [file.write(None, [kept("a.jpg")]) for _ in range(EARLIER + 1)]
    assert numbers(file) == [*reversed(latest), large]


def test_of_the_large_albums_the_latest_stay(file: AlbumFile) -> None:
    """As when one folder is opened every week."""
    photos = [kept(f"{n}.jpg") for n in range(LARGE)]
    large = [file.write(None, photos) for _ in range(LARGE_ALBUMS + 1)]
    latest = [file.write(None, [kept("a.jpg")]) for _ in range(EARLIER)]
    new = file.write(None, [kept("new.jpg")])
    assert numbers(file) == [new, *reversed(latest), *reversed(large[1:])]


@pytest.mark.parametrize("what", ["name", "year", "face"])
def test_an_album_with_something_put_in_by_hand_stays(file: AlbumFile, what: str) -> None:
    named = replace(kept("b.jpg"), names=(NamedPlace((1.0, 2.0, 3.0, 4.0), "Anna"),))
    dated, corrected = replace(kept("b.jpg"), taken=1970), replace(kept("b.jpg"), corrected=True)
    photos = [kept("a.jpg"), {"name": named, "year": dated, "face": corrected}[what]]
    by_hand = file.write(None, photos, births={"Anna": 1950} if what == "name" else None)
    for n in range(EARLIER + 2):
        file.write(None, [kept(f"{n}.jpg")])
    assert numbers(file)[-1] == by_hand
    assert list(file.read(by_hand)) == photos
    assert file.read_births(by_hand) == ({"Anna": 1950} if what == "name" else {})


def test_an_album_taken_up_is_the_last(file: AlbumFile) -> None:
    first, second = (file.write(None, [kept(f"{n}.jpg")]) for n in range(2))
    assert file.take_up(first, None, {}) == first
    assert numbers(file) == [first, second]


def test_an_album_taken_up_beside_another_becomes_one_with_it(file: AlbumFile) -> None:
    first = file.write(None, [kept("both.jpg", faces=1), kept("old.jpg")])
    second = file.write(None, [kept("both.jpg", faces=2)])
    assert file.take_up(first, second, {"/photos/old.jpg": 5}) == second
    assert list(file.read(second)) == [kept("both.jpg", faces=2), replace(kept("old.jpg"), place=5)]
    assert file.albums(besides=second) == []


@posix
def test_everything_is_private(file: AlbumFile, path: Path) -> None:
    before = os.umask(0)
    try:
        file.write(None, [kept("a.jpg")])
    finally:
        os.umask(before)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert modes == dict.fromkeys(
        ["album.sqlite3", "album.sqlite3-wal", "album.sqlite3-shm", "album.sqlite3.lock"], 0o600
    )
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    file.close()
    file.open()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_commit_is_on_the_disk_before_it_returns(file: AlbumFile) -> None:
    file.write(None, [kept("a.jpg")])
    assert file._connection is not None
    settings = {
        name: file._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    }
    assert settings == {"journal_mode": "wal", "synchronous": 2}


def test_no_photo_is_kept(file: AlbumFile, path: Path, astronaut_photo: Path) -> None:
    """Nor any of its content: only the contract's record."""
    file.write(None, [KeptPhoto(str(astronaut_photo), str(astronaut_photo), (1, 1), record(str(astronaut_photo)))])
    content = b"".join(one.read_bytes() for one in path.parent.iterdir())
    assert b"\xff\xd8\xff" not in content
    assert astronaut_photo.read_bytes()[1000:1040] not in content


def test_deleting_deletes_everything_also_what_was_set_aside(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all, but somebody's")
    file = AlbumFile(path)
    assert file.open() is not None
    number = file.write(None, [kept("secret-name.jpg")])
    file.delete()
    assert [one.name for one in path.parent.iterdir()] == ["album.sqlite3.lock"]
    assert file.albums() == []
    assert file.write(None, [kept("a.jpg")]) == number  # it can go on
    file.close()


def test_what_is_removed_leaves_no_trace(file: AlbumFile, path: Path) -> None:
    """Neither in the file nor, while the window is open, in its log: neither photos, nor names, nor dropped albums."""
    named = replace(kept("b.jpg"), names=(NamedPlace((1.0, 2.0, 3.0, 4.0), "secret person"),))

    def traces() -> set[bytes]:
        content = b"".join(one.read_bytes() for one in path.parent.iterdir())
        return {trace for trace in (b"secret-name", b"secret person", b"b.jpg") if trace in content}

    number = file.write(None, [kept("secret-name.jpg"), named], births={"secret person": 1950})
    assert len(traces()) == 3
    file.write(number, [], gone=["/photos/secret-name.jpg"])
    assert traces() == {b"secret person", b"b.jpg"}
    file.write(number, [kept("b.jpg")], births={})
    assert traces() == {b"b.jpg"}
    for turn in range(EARLIER + 1):
        file.write(None, [kept(f"{turn}.jpg")])
    assert traces() == set()
    file.close()
    assert [one.name for one in sorted(path.parent.iterdir())] == ["album.sqlite3", "album.sqlite3.lock"]


def test_a_second_process_does_not_get_it_and_disturbs_nothing(file: AlbumFile, path: Path) -> None:
    number = file.write(None, [kept("a.jpg")])
    second = AlbumFile(path)
    with pytest.raises(AlbumInUse):
        second.open()
    second.close()
    file.write(number, [kept("b.jpg")])
    file.close()
    assert second.open() is None
    assert list(second.read(number)) == [kept("a.jpg"), kept("b.jpg")]
    second.close()


def test_a_disk_without_locks_is_not_taken_for_another_window(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: object) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("desktop.album_file.try_lock", refused)
    without = AlbumFile(path)
    with pytest.raises(AlbumTrouble, match=r"the album file cannot be locked \(No locks available\)"):
        without.open()
    assert not without.locked


STRANGE = {
    "endless view": """
        DROP TABLE names;
        CREATE VIEW names (photo, x, y, width, height, name) AS
            WITH RECURSIVE all_numbers (one) AS (SELECT 1 UNION ALL SELECT one + 1 FROM all_numbers)
            SELECT one, 1.0, 1.0, 1.0, 1.0, 'Anna' FROM all_numbers;
    """,
    "trigger": "CREATE TRIGGER changes AFTER INSERT ON photos BEGIN UPDATE photos SET taken = 1950; END",
}
"""What somebody may add to a file."""


def damaged(path: Path, how: str) -> None:
    if how == "another kind":
        path.unlink()
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE albums (id)")
        connection.close()
        return
    if (missing := how.removesuffix(" are missing")) != how:
        with sqlite3.connect(path) as connection:
            connection.execute(f"DROP TABLE {missing}")
        connection.close()
        return
    if how in STRANGE:
        with sqlite3.connect(path) as connection:
            connection.executescript(STRANGE[how])
        connection.close()
        return
    content = bytearray(path.read_bytes())
    if how == "text":
        content = bytearray(b"Dear diary, this is no database." * 100)
    elif how == "truncated":
        del content[len(content) // 2 :]
    elif how == "zeros within":
        content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("another kind", "the file is not an Agelens album file"),
        ("photos are missing", "the file is damaged"),
        ("names are missing", "the file is damaged"),
        ("births are missing", "the file is damaged"),
        ("text", "the file is damaged"),
        ("truncated", "the file is damaged"),
        ("zeros within", "the file is damaged"),
        ("endless view", "the file is damaged"),
        ("trigger", "the file is damaged"),
    ],
)
def test_what_is_not_understood_is_set_aside_and_kept(path: Path, how: str, why: str) -> None:
    file = opened(path)
    file.write(None, [kept(f"{number}.jpg") for number in range(50)])
    file.close()
    damaged(path, how)
    before = path.read_bytes()
    again = AlbumFile(path)
    warning = again.open()
    assert warning is not None
    (aside,) = path.parent.glob("*.unreadable")
    assert why in warning
    assert aside.name in warning
    assert aside.read_bytes() == before
    assert again.albums() == []
    number = again.write(None, [kept("new.jpg")])
    assert list(again.read(number)) == [kept("new.jpg")]
    again.close()
    assert numbers(opened(path)) == [number]
    assert aside.exists()


def test_a_file_that_a_virus_scanner_holds_is_set_aside_a_moment_later(path: Path, scan: Callable[..., object]) -> None:
    path.parent.mkdir()
    path.write_bytes(b"nonsense")
    scan(2)
    file = AlbumFile(path)
    assert "It was set aside" in str(file.open())
    assert file.albums() == []
    file.close()


def test_a_file_of_a_newer_version_is_left_as_it_is(path: Path) -> None:
    """It has the albums of somebody who went back to this version for a while."""

    def set_version(version: int) -> None:
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.close()

    file = opened(path)
    number = file.write(None, [kept("a.jpg")])
    file.close()
    set_version(VERSION + 1)
    before = path.read_bytes()
    for use in (AlbumFile.open, AlbumFile.albums, lambda file: file.write(None, [kept("b.jpg")])):
        with pytest.raises(AlbumTrouble, match="the album file was written by a newer version of Agelens"):
            use(file)
    file.close()
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.unreadable"))
    set_version(VERSION)
    assert list(opened(path).read(number)) == [kept("a.jpg")]


def test_two_files_set_aside_in_one_second_both_stay(path: Path) -> None:
    for text in (b"first", b"second"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text * 200)
        file = AlbumFile(path)
        file.open()
        file.close()
    assert sorted(one.read_bytes()[:5] for one in path.parent.glob("*.unreadable")) == [b"first", b"secon"]


def test_an_empty_file_is_one_that_was_just_being_made(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()
    file = opened(path)
    file.write(None, [kept("a.jpg")])
    file.close()


def test_a_report_that_is_no_record_counts_as_none(file: AlbumFile, path: Path) -> None:
    number = file.write(None, [kept(f"{n}.jpg") for n in range(7)])
    file.close()
    no_number = json.dumps({**record("/photos/5.jpg"), "later": "?"}).replace('"?"', "1e999")
    with sqlite3.connect(path) as connection:
        for name, report in (("0", "{"), ("1", '{"schema": 1}'), ("2", b"\xff"), ("3", 5), ("5", no_number)):
            connection.execute("UPDATE photos SET report = ? WHERE path = ?", (report, f"/photos/{name}.jpg".encode()))
        connection.execute("UPDATE photos SET report = CAST(x'ff22' AS TEXT) WHERE path = ?", (b"/photos/4.jpg",))
        connection.execute("UPDATE albums SET opened = x'ff'")
    connection.close()
    again = opened(path)
    assert [photo.report is None for photo in again.read(number)] == [True] * 6 + [False]
    assert isinstance(again.albums()[0].opened, str)
    again.close()


def test_paths_and_stamps_that_make_no_sense_are_passed_over(file: AlbumFile, path: Path) -> None:
    """Somebody, or a failing disk, wrote into the file."""
    number = file.write(None, [kept(f"{n}.jpg") for n in range(6)])
    with sqlite3.connect(path) as connection:
        for name, what in (("0", "modified = 'now'"), ("1", "size = x'00'"), ("2", "modified = 9e999")):
            connection.execute(f"UPDATE photos SET {what} WHERE path = ?", (f"/photos/{name}.jpg".encode(),))
        connection.execute(
            "UPDATE photos SET path = x'ff', modified = 7, taken = 1950 WHERE path = ?", (b"/photos/3.jpg",)
        )
        connection.execute("UPDATE photos SET file = x'ff' WHERE path = ?", (b"/photos/4.jpg",))
    connection.close()
    assert [(photo.path, photo.stamp) for photo in file.read(number)] == [
        *((f"/photos/{n}.jpg", None) for n in range(3)),
        ("/photos/5.jpg", (5, 5)),
    ]
    assert file.find_album([("/moved/3.jpg", (5, 7))]) == number


def test_a_report_of_another_version_outlasts_what_this_one_writes(
    file: AlbumFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = file.write(None, [replace(kept("a.jpg"), corrected=True)])
    with monkeypatch.context() as other:
        other.setattr("engine.record_check.SCHEMA", 99)
        (photo,) = file.read(number)
        assert photo.report is None
        file.write(number, [replace(photo, taken=1980)])
    assert list(file.read(number)) == [replace(kept("a.jpg"), taken=1980, corrected=True)]
    file.write(number, [], gone=[photo.path])
    file.write(number, [photo])
    assert list(file.read(number)) == [photo]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    file = AlbumFile(tmp_path / "data" / "album.sqlite3")
    with pytest.raises(AlbumTrouble, match="File exists"):
        file.open()
    (tmp_path / "data").unlink()
    assert file.open() is None
    file.close()


def test_a_full_disk_changes_nothing(file: AlbumFile) -> None:
    number = file.write(None, [kept("a.jpg")])
    assert file._connection is not None
    pages = file._connection.execute("PRAGMA page_count").fetchone()[0]
    file._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(AlbumTrouble, match="the disk is full"):
        file.write(number, [kept(f"{n}.jpg") for n in range(100)], gone=["/photos/a.jpg"])
    assert list(file.read(number)) == [kept("a.jpg")]
    file._connection.execute("PRAGMA max_page_count = 100000")
    file.write(number, [kept("b.jpg")])
    assert len(list(file.read(number))) == 2


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_album_file import kept
from desktop.album_file import AlbumFile
file = AlbumFile(Path(sys.argv[1]))
warning = file.open()
if warning: sys.exit(warning)
last = file.albums()
number = last[0].id if last else None
done = last[0].photos if last else 0
while True:
    number = file.write(number, [kept(f"{{done + n}}.jpg") for n in range(7)])
    done += 7
    print(done, flush=True)
"""


@posix
def test_a_kill_at_any_moment_loses_nothing_that_was_said_to_be_kept(path: Path) -> None:
    """A process that writes without end is killed again and again; what it reported as written is there."""
    script = WRITER.format(tests=str(Path(__file__).parent))
    chance = random.Random(6)
    said = 0
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the writer could not begin"
        time.sleep(chance.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        lines = [line, *process.stdout.read().splitlines()]
        process.wait()
        said = int([one for one in lines if one.strip()][-1])
        file = opened(path)
        (last,) = file.albums()
        assert last.photos in (said, said + 7)  # the last write may have been done but not yet reported
        assert list(file.read(last.id)) == [kept(f"{n}.jpg") for n in range(last.photos)]
        file.close()
    assert not list(path.parent.glob("*.unreadable"))


def test_a_power_cut_leaves_a_state_before_or_after_a_change(path: Path, tmp_path: Path) -> None:
    """The disk may then hold a log that is cut off anywhere, or has garbage where a write was under way."""
    file = opened(path)
    number = file.write(None, [kept("0.jpg")])
    for n in range(1, 30):
        file.write(number, [kept(f"{n}.jpg")])
    names = ("album.sqlite3", "album.sqlite3-wal")
    contents = [path.with_name(name).read_bytes() for name in names]
    file.close()
    chance = random.Random(7)
    seen = set()
    for turn in range(40):
        folder = tmp_path / f"cut{turn}"
        folder.mkdir()
        log = contents[1]
        cut = chance.randrange(len(log))
        torn = log[:cut] + (chance.randbytes(len(log) - cut) if turn % 2 else b"")
        for name, content in zip(names, (contents[0], torn), strict=True):
            (folder / name).write_bytes(content)
        after = opened(folder / names[0])
        albums = after.albums()
        count = albums[0].photos if albums else 0
        assert list(after.read(number)) == [kept(f"{n}.jpg") for n in range(count)]
        seen.add(count)
        after.write(number if albums else None, [kept("next.jpg")])
        after.close()
        shutil.rmtree(folder)
    assert len(seen) > 10


def test_a_file_of_the_first_version_is_read_and_goes_on(path: Path) -> None:
    """The file is made by the steps that made it then."""
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.executescript(
        f"{MIGRATIONS[0]} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 1;"
        "INSERT INTO albums VALUES (1, 1, '2026-01-01T00:00:00+00:00');"
    )
    report = json.dumps(record("/photos/a.jpg", faces=1))
    connection.execute("INSERT INTO photos VALUES (1, 1, ?, ?, 5, 6, ?)", (b"/photos/a.jpg", b"/photos/a.jpg", report))
    connection.commit()
    connection.close()
    file = opened(path)
    (photo,) = file.read(1)
    assert (photo.path, photo.stamp, photo.report, photo.place) == ("/photos/a.jpg", (5, 6), json.loads(report), 1)
    assert (photo.names, photo.taken, photo.camera, photo.corrected) == ((), None, None, False)
    named = replace(photo, names=(NamedPlace((1.0, 2.0, 3.0, 4.0), "Anna"),), taken=1970, camera=1998)
    file.write(1, [named], births={"Anna": 1950, "Nobody": 1900})
    file.close()
    file = opened(path)
    assert list(file.read(1)) == [named]
    assert file.read_births(1) == {"Anna": 1950}  # only of those who are in a photo
    file.close()


def test_names_and_years_that_make_no_sense_are_passed_over(file: AlbumFile, path: Path) -> None:
    """Somebody, or a failing disk, wrote into the file."""
    named = replace(kept("a.jpg"), names=(NamedPlace((1.0, 2.0, 3.0, 4.0), "Anna"),))
    number = file.write(None, [named], births={"Anna": 1950})
    with sqlite3.connect(path) as connection:
        for name in ("x" * 5000, "", "two\nlines", b"bytes"):
            connection.execute("INSERT INTO names VALUES (1, 1.0, 2.0, 3.0, 4.0, ?)", (name,))
        connection.execute("INSERT INTO names VALUES (1, 'left', 2.0, 3.0, 4.0, 'Ben')")
        connection.execute("INSERT INTO births VALUES (?, 'Ben', 99999)", (number,))
        connection.execute("UPDATE photos SET taken = 'yesterday', camera = -5")
    connection.close()
    (photo,) = file.read(number)
    assert (photo.names, photo.taken, photo.camera) == (named.names, None, None)
    assert file.read_births(number) == {"Anna": 1950}


def test_years_stay_when_the_clock_was_set_back(file: AlbumFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty battery is enough; what is read is what is written back."""
    named = (NamedPlace((1.0, 2.0, 3.0, 4.0), "Anna"),)
    photo = replace(kept("a.jpg"), names=named, taken=2019, camera=2018)
    number = file.write(None, [photo], births={"Anna": 2015})
    monkeypatch.setattr("desktop.names.this_year", lambda: 2010)
    file.write(number, list(file.read(number)), births=file.read_births(number))
    assert list(file.read(number)) == [photo]
    assert file.read_births(number) == {"Anna": 2015}


def test_names_go_with_their_photo(file: AlbumFile, path: Path) -> None:
    named = replace(kept("a.jpg"), names=(NamedPlace((1.0, 2.0, 3.0, 4.0), "Anna"),))
    number = file.write(None, [named, kept("b.jpg")], births={"Anna": 1950})
    file.write(number, [], [named.path], births={"Anna": 1950})
    assert file.read_births(number) == {}
    file.close()
    assert b"Anna" not in path.read_bytes()
