"""What becomes of names, years and photos whose files are moved, replaced or copied, in the whole shell.

`names_machine.py` does the same at random.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from desktop_doubles import FakeWorker, record
from names_machine import FIRST_TIME, LANDSCAPE, STEP, Eyes, box_of, picture_in
from shell_double import Shell, opened, written

from desktop.names import NamedPlace
from desktop.photo import Photo
from engine.worker_messages import Outcome

TIMES = itertools.count()

pytestmark = pytest.mark.usefixtures("quickly")


@pytest.fixture
def worker() -> FakeWorker:
    return Eyes()


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder with the pictures 0, 1 and 2."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for picture in range(3):
        scan(folder / f"{picture + 1}.jpg", picture)
    return folder


def scan(path: Path, picture: int) -> None:
    """Write a picture at a time of its own."""
    path.write_bytes(str(picture).encode())
    time = FIRST_TIME + STEP * next(TIMES)
    os.utime(path, ns=(time, time))


def insert(folder: Path, number: int, picture: int) -> None:
    """Scan a picture; those from this number on get the next."""
    for other in range(3, number - 1, -1):
        (folder / f"{other}.jpg").rename(folder / f"{other + 1}.jpg")
    scan(folder / f"{number}.jpg", picture)


def named_album(shell: Shell, folder: Path, until: Callable[..., float]) -> None:
    """Add the folder, and enter a name and a year into each photo."""
    shell.start()
    shell.greet()
    until(lambda: opened(shell))
    add(shell, folder, until)
    for photo in shell.album.photos():
        picture = picture_in(Path(photo.path))
        shell.bridge.name_face(photo.id, list(box_of(picture, 0)), f"person {picture}")
        shell.bridge.set_taken(photo.id, 1950 + picture)


def add(shell: Shell, path: Path, until: Callable[..., float]) -> None:
    shell.intake.drop([str(path)])
    until(lambda: shell.jobs.idle and written(shell))


def entered(shell: Shell) -> dict[str, tuple[list[str], int | None]]:
    """Names and year of each photo by its file's name, which must be on the faces of the picture that it holds."""

    def names(photo: Photo) -> list[str]:
        assert all(one.box == box_of(picture_in(Path(photo.path)), 0) for one in photo.names)
        return [one.name for one in photo.names]

    return {Path(photo.path).name: (names(photo), photo.taken) for photo in shell.album.photos()}


ALL = {f"{place}.jpg": ([f"person {picture}"], 1950 + picture) for place, picture in ((1, 0), (2, 1), (4, 2))}


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("picture", [5, LANDSCAPE])
def test_one_scan_inserted_anywhere_costs_no_name(
    shell: Shell, scans: Path, picture: int, number: int, until: Callable[..., float]
) -> None:
    named_album(shell, scans, until)
    insert(scans, number, picture)
    add(shell, scans, until)
    there = [entered(shell)[f"{place}.jpg"] for place in range(1, 5)]
    inserted = there.pop(number - 1)
    assert inserted == ([], None)
    assert there == list(ALL.values())


def test_the_names_wait_for_the_file_to_be_added(shell: Shell, scans: Path, until: Callable[..., float]) -> None:
    """As when an album is continued: only the photos that it has are looked at."""
    named_album(shell, scans, until)
    insert(scans, 3, 5)
    add(shell, scans / "3.jpg", until)
    assert entered(shell)["3.jpg"] == ([], 1952)  # it may only have been cropped
    assert "person 2" not in [one["name"] for one in shell.people.known]
    shell.sent.clear()
    add(shell, scans / "4.jpg", until)
    assert entered(shell) == ALL | {"3.jpg": ([], None)}
    until(lambda: shell.events.delivered)
    (people,) = [event["people"] for event in shell.sent if event["event"] == "people"][-1:]
    assert "person 2" in [one["name"] for one in people]


def test_a_year_without_a_name_is_to_be_checked_too(shell: Shell, scans: Path, until: Callable[..., float]) -> None:
    shell.start()
    shell.greet()
    add(shell, scans, until)
    shell.bridge.set_taken("p1", 1950)
    for place in (2, 1):
        scan(scans / f"{place}.jpg", 5)
        add(shell, scans, until)
    until(lambda: shell.events.delivered)
    told = "1 photo has changed since last time and is being analyzed again."
    assert shell.notices()[-2:] == [told, f"{told} Check its names and year."]


def test_a_file_that_comes_back_has_its_names_again(shell: Shell, scans: Path, until: Callable[..., float]) -> None:
    named_album(shell, scans, until)
    before = entered(shell)
    shutil.copy2(scans / "1.jpg", scans.parent / "backup")
    scan(scans / "1.jpg", 6)
    add(shell, scans, until)
    assert entered(shell)["1.jpg"] == ([], 1950)
    shutil.copy2(scans.parent / "backup", scans / "1.jpg")
    add(shell, scans, until)
    assert entered(shell) == before


def test_an_edited_photo_keeps_what_its_backup_does_not_get(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    named_album(shell, scans, until)
    before = entered(shell)
    shutil.copy2(scans / "1.jpg", scans / "backup.jpg")
    scan(scans / "1.jpg", 0)
    add(shell, scans, until)
    assert entered(shell) == before | {"backup.jpg": ([], None)}


def test_scans_of_one_size_and_second_get_no_names_of_each_other(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    """A stick's times are rounded to two seconds, and TIFF files have one size."""
    for path in scans.iterdir():
        os.utime(path, ns=(FIRST_TIME, FIRST_TIME))
    named_album(shell, scans, until)
    before = entered(shell)
    scan(scans / "1.jpg", 5)
    add(shell, scans, until)
    assert entered(shell) == before | {"1.jpg": ([], 1950)}
    scan(scans / "4.jpg", 6)
    os.utime(scans / "4.jpg", ns=(FIRST_TIME, FIRST_TIME))
    add(shell, scans, until)
    assert entered(shell)["4.jpg"] == ([], None)


def test_removing_all_forgets_what_waits_for_a_file(shell: Shell, scans: Path, until: Callable[..., float]) -> None:
    named_album(shell, scans, until)
    insert(scans, 3, 5)
    add(shell, scans / "3.jpg", until)
    shell.bridge.remove(None)
    add(shell, scans / "4.jpg", until)
    assert entered(shell) == {"4.jpg": ([], None)}


def test_only_the_new_place_is_added_and_another_file_has_the_old_one(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    """As when two drives exchange their letters."""
    named_album(shell, scans, until)
    other = scans.parent / "other"
    other.mkdir()
    (scans / "1.jpg").rename(other / "7.jpg")
    scan(scans / "1.jpg", 5)
    add(shell, other, until)
    assert entered(shell)["7.jpg"] == (["person 0"], 1950)
    assert entered(shell)["1.jpg"] == ([], None)


def test_its_new_place_is_added_and_another_photos_file_has_the_old_one(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    named_album(shell, scans, until)
    ids = {Path(photo.path).name: photo.id for photo in shell.album.photos()}
    (scans / "2.jpg").rename(scans / "7.jpg")
    (scans / "1.jpg").rename(scans / "2.jpg")
    add(shell, scans / "7.jpg", until)
    names = [f"person {picture}" for picture in range(3)]
    places = {"2.jpg": ([names[0]], 1950), "7.jpg": ([names[1]], 1951), "3.jpg": ([names[2]], 1952)}
    assert entered(shell) == places
    assert {Path(photo.path).name: photo.id for photo in shell.album.photos()} == {
        "2.jpg": ids["1.jpg"],
        "7.jpg": ids["2.jpg"],
        "3.jpg": ids["3.jpg"],
    }
    until(lambda: shell.events.delivered)
    shown = {photo["id"] for event in shell.sent if event["event"] == "photos" for photo in event["photos"]}
    gone = {photo_id for event in shell.sent if event["event"] == "removed" for photo_id in event["ids"]}
    assert shown - gone == set(ids.values())


def test_its_new_place_is_added_where_another_photos_file_was_deleted(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    named_album(shell, scans, until)
    first, second, _ = (photo.id for photo in shell.album.photos())
    (scans / "1.jpg").replace(scans / "2.jpg")
    shell.intake.take([str(scans / "2.jpg")], analyze=False)
    found = {Path(photo.path).name: [one.name for one in photo.names] for photo in shell.album.some([first, second])}
    assert found == {"2.jpg": ["person 0"], "1.jpg": ["person 1"]}


def test_a_new_picture_at_the_path_that_is_left_over_is_looked_at(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    """The last scan was deleted, and one is inserted in front."""
    named_album(shell, scans, until)
    (scans / "2.jpg").replace(scans / "3.jpg")
    (scans / "1.jpg").rename(scans / "2.jpg")
    scan(scans / "1.jpg", 5)
    add(shell, scans, until)
    there = {"2.jpg": (["person 0"], 1950), "3.jpg": (["person 1"], 1951)}
    assert entered(shell) == there | {"1.jpg": ([], 1952)}  # it may only have been cropped


def test_a_removed_photo_whose_file_was_renamed_and_added_comes_back_as_one(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    named_album(shell, scans, until)
    shell.bridge.remove([shell.album.photos()[0].id])
    (scans / "1.jpg").rename(scans / "new name.jpg")
    add(shell, scans, until)
    assert shell.bridge.bring_back() == 0
    assert entered(shell) == {
        "2.jpg": (["person 1"], 1951),
        "3.jpg": (["person 2"], 1952),
        "new name.jpg": (["person 0"], 1950),
    }


def test_copies_that_were_removed_together_come_back_as_they_were(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    """It cannot be told which of them has been renamed."""
    shutil.copy2(scans / "1.jpg", scans / "copy.jpg")
    named_album(shell, scans, until)
    (scans / "2.jpg").unlink()
    (scans / "3.jpg").unlink()
    ids = [photo.id for photo in shell.album.photos() if Path(photo.path).name in ("1.jpg", "copy.jpg")]
    shell.bridge.remove(ids)
    (scans / "1.jpg").rename(scans / "new name.jpg")
    (scans / "copy.jpg").unlink()
    add(shell, scans, until)
    assert shell.bridge.bring_back() == 2


def test_albums_of_one_drive_under_two_names_become_one(
    tmp_path: Path, worker: FakeWorker, scans: Path, until: Callable[..., float]
) -> None:
    """The first one continued is the one whose files are not there."""
    moved = scans.rename(tmp_path / "drive e")
    for folder, other in ((moved, "drive f"), (tmp_path / "drive f", "drive e")):
        one = Shell(tmp_path / "app", worker)
        named_album(one, folder, until)
        shown = one.album.photos()[0]
        one.bridge.name_face(shown.id, list(box_of(0, 1)), f"seen on {folder.name}")
        until(lambda: written(one))  # noqa: B023
        one.close()
        folder.rename(tmp_path / other)
        worker = Eyes()
    last = Shell(tmp_path / "app", worker).start()
    until(lambda: opened(last))
    (tmp_path / "drive e").rename(tmp_path / "drive f")
    of_e = last.keeper.kept["albums"][1]
    assert last.bridge.continue_album(of_e["id"]) == 3
    assert last.bridge.continue_album(last.keeper.kept["albums"][0]["id"]) == 0
    until(lambda: written(last))
    photos = last.album.photos()
    assert {Path(photo.path).parent.name for photo in photos} == {"drive f"}
    assert len(photos) == 3
    assert NamedPlace(box_of(0, 0), "person 0") in photos[0].names
    last.close()
    # The file says the same.
    again = Shell(tmp_path / "app", Eyes()).start()
    until(lambda: opened(again))
    assert again.continue_last() == 3
    assert [photo.path for photo in again.album.photos()] == [photo.path for photo in photos]
    assert [photo.names for photo in again.album.photos()] == [photo.names for photo in photos]
    again.close()


def test_a_photo_that_moves_while_it_is_analyzed_again_stays_one(
    shell: Shell, worker: Eyes, scans: Path, until: Callable[..., float]
) -> None:
    named_album(shell, scans, until)
    worker.gate = threading.Event()
    calls = len(worker.calls)
    shell.bridge.analyze(None)
    shell.bridge.analyze([photo.id for photo in shell.album.photos()])
    until(lambda: len(worker.calls) > calls)
    scans.rename(scans.parent / "moved")
    shell.intake.drop([str(scans.parent / "moved")])
    worker.gate.set()
    until(lambda: shell.jobs.idle and written(shell))
    assert entered(shell) == {f"{n + 1}.jpg": ([f"person {n}"], 1950 + n) for n in range(3)}
    assert {Path(photo.path).parent.name for photo in shell.album.photos()} == {"moved"}
    assert set(shell.states()) == {"done"}


def test_of_a_series_each_scan_gets_its_own_names_back(shell: Shell, scans: Path, until: Callable[..., float]) -> None:
    """Two of one size and time are replaced; a landscape of that size and time is none of them."""
    for path in scans.iterdir():
        os.utime(path, ns=(FIRST_TIME, FIRST_TIME))
    named_album(shell, scans, until)
    for number in (1, 2):
        (scans / f"{number}.jpg").rename(scans.parent / f"{number}.jpg")
        scan(scans / f"{number}.jpg", 4 + number)
    add(shell, scans, until)
    scan(scans / "7.jpg", LANDSCAPE)
    os.utime(scans / "7.jpg", ns=(FIRST_TIME, FIRST_TIME))
    add(shell, scans, until)
    assert entered(shell)["7.jpg"] == ([], None)
    for number in (1, 2):
        (scans.parent / f"{number}.jpg").rename(scans / f"{number + 7}.jpg")
    add(shell, scans, until)
    assert entered(shell)["8.jpg"] == (["person 0"], 1950)
    assert entered(shell)["9.jpg"] == (["person 1"], 1951)


def test_a_file_that_was_added_half_written_costs_no_name(
    shell: Shell, scans: Path, until: Callable[..., float], monkeypatch: pytest.MonkeyPatch
) -> None:
    named_album(shell, scans, until)
    (scans / "1.jpg").rename(scans.parent / "1.jpg")
    scan(scans / "1.jpg", 5)
    analyze = Eyes.analyze

    def fails(self: Eyes, path: str, pictures: bool = False) -> Outcome:
        outcome = analyze(self, path, pictures)
        return Outcome(record(path, "error", "corrupt"), stamp=outcome.stamp)

    monkeypatch.setattr(Eyes, "analyze", fails)
    add(shell, scans, until)
    monkeypatch.setattr(Eyes, "analyze", analyze)
    scan(scans / "1.jpg", 5)
    add(shell, scans, until)
    (scans.parent / "1.jpg").rename(scans / "4.jpg")
    add(shell, scans, until)
    assert entered(shell)["1.jpg"] == ([], None)
    assert entered(shell)["4.jpg"] == (["person 0"], 1950)


def test_a_disk_that_fails_once_does_not_end_the_work(
    shell: Shell, scans: Path, until: Callable[..., float], monkeypatch: pytest.MonkeyPatch
) -> None:
    named_album(shell, scans, until)
    scan(scans / "1.jpg", 5)

    def fails(*_: object) -> bool:
        raise OSError(errno.EIO, "the disk is failing")

    with monkeypatch.context() as failing:
        failing.setattr("desktop.jobs.shows_same_faces", fails)
        add(shell, scans, until)
    scan(scans / "2.jpg", 6)
    add(shell, scans, until)
    assert entered(shell)["2.jpg"] == ([], 1951)
    assert set(shell.states()) == {"done"}


def test_a_name_that_was_corrected_meanwhile_comes_back_corrected(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    named_album(shell, scans, until)
    shell.bridge.name_face("p1", list(box_of(0, 0)), "Ana")
    shell.bridge.name_face("p2", list(box_of(1, 0)), "Ana")
    (scans / "1.jpg").rename(scans.parent / "1.jpg")
    scan(scans / "1.jpg", 5)
    add(shell, scans, until)
    assert shell.bridge.rename("Ana", "Anna", ["p2"]) == ["p2"]
    (scans.parent / "1.jpg").rename(scans / "4.jpg")
    add(shell, scans, until)
    assert entered(shell)["4.jpg"] == (["Anna"], 1950)


def test_a_year_that_was_entered_since_stays(shell: Shell, scans: Path, until: Callable[..., float]) -> None:
    named_album(shell, scans, until)
    insert(scans, 3, 5)
    add(shell, scans / "3.jpg", until)
    shell.bridge.set_taken("p3", 1952)
    add(shell, scans / "4.jpg", until)
    assert entered(shell)["3.jpg"] == ([], 1952)
    assert entered(shell)["4.jpg"] == (["person 2"], 1952)


def test_the_photo_that_was_opened_is_shown_though_an_earlier_one_is_that_file(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    named_album(shell, scans, until)
    (scans / "2.jpg").rename(scans / "7.jpg")
    (scans / "1.jpg").rename(scans / "2.jpg")
    assert shell.intake.take([str(scans / "7.jpg")], analyze=True, show=True) == 0
    until(lambda: shell.events.delivered)
    assert [event["given"] for event in shell.sent if event["event"] == "given"] == ["p2"]
    assert Path(shell.album.get("p2").path).name == "7.jpg"
    assert shell.notices()[-1] == "1 photo was moved or renamed. Its names, years and corrections were kept."


def test_one_that_moves_while_it_is_analyzed_is_not_told_as_missing(
    shell: Shell, worker: Eyes, scans: Path, until: Callable[..., float]
) -> None:
    named_album(shell, scans, until)
    worker.gate = threading.Event()
    calls = len(worker.calls)
    shell.bridge.analyze(["p1"])
    until(lambda: len(worker.calls) > calls)
    (scans / "1.jpg").rename(scans / "7.jpg")
    shell.intake.drop([str(scans / "7.jpg")])
    assert shell.bridge.analyze(["p1"]) == 1
    worker.gate.set()
    until(lambda: shell.jobs.idle)
    assert worker.calls[-1] == ("analyze", str(scans / "7.jpg"))
    assert all("not_found" not in text for text in shell.notices())
    assert shell.jobs.run["done"] == shell.jobs.run["total"] == 2


def test_a_kept_photo_that_was_never_there_gives_its_year_to_none(
    shell: Shell, scans: Path, until: Callable[..., float]
) -> None:
    named_album(shell, scans, until)
    path = str(scans / "1.jpg")
    shell.album.restore([Photo("", path, "waiting", file=path, taken=1930)])
    add(shell, scans / "not there.jpg", until)
    assert entered_years(shell) == {"1.jpg": 1950, "2.jpg": 1951, "3.jpg": 1952, "not there.jpg": None}


def entered_years(shell: Shell) -> dict[str, int | None]:
    return {Path(photo.path).name: photo.taken for photo in shell.album.photos()}
