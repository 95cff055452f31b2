"""desktop.keeper: albums kept, brought back and deleted, with everything but the window."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from desktop_doubles import FakeWorker, record
from shell_double import Shell, opened, written

from desktop import keeper
from desktop.album_file import EARLIER, AlbumFile, AlbumInUse, AlbumTrouble, KeptPhoto
from desktop.app import App
from desktop.handover import Handover
from desktop.names import NamedPlace
from desktop.pictures import PREFIX
from engine.worker_messages import Outcome

Until = Callable[..., float]
NewShell = Callable[..., Any]

posix = pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a second in the app does not in tests."""
    monkeypatch.setattr(keeper, "INTERVAL", 0.02)
    monkeypatch.setattr(keeper, "RETRY", 0.05)


@pytest.fixture
def again(tmp_path: Path, until: Until) -> Iterator[NewShell]:
    """Starts the app again in the same folder, and waits until it knows the last album."""
    made = []

    def start(worker: FakeWorker | None = None) -> Any:
        shell = Shell(tmp_path, worker or FakeWorker())
        made.append(shell)
        shell.start()
        shell.greet()
        until(lambda: opened(shell))
        return shell

    yield start
    for shell in made:
        shell.close()


def analysed(shell: Any, until: Until, *names: str) -> list[str]:
    paths = shell.photos(*names)
    shell.intake.take(paths, analyze=True)
    until(lambda: shell.jobs.idle and "queued" not in shell.states())
    until(lambda: written(shell))
    return [str(path) for path in paths]


def notices(shell: Any) -> list[str]:
    return [event["text"] for event in shell.sent if event["event"] == "notice"]


def offered(shell: Any) -> int | None:
    """How many photos the last album has."""
    with shell.keeper._lock:
        albums = shell.keeper.kept["albums"]
    return albums[0]["photos"] if albums else None


def test_an_album_is_continued_after_closing(again: NewShell, until: Until) -> None:
    first = again()
    paths = analysed(first, until, "a.jpg", "b.jpg", "turned.jpg")
    waiting = first.photos("later.jpg")
    first.intake.take(waiting, analyze=False)
    reports = [photo.record for photo in first.album.photos()]
    first.close()

    second = again()
    assert offered(second) == 4
    (album,) = second.greet()["kept"]["albums"]
    assert set(album) == {"id", "photos", "names", "folder", "opened"}  # as docs/bridge.md says
    assert album["photos"] == 4
    assert second.continue_last() == 4
    assert [photo.path for photo in second.album.photos()] == [*paths, *waiting]
    assert [photo.record for photo in second.album.photos()] == reports
    assert second.states() == ["done"] * 3 + ["waiting"]
    assert second.continue_last() == 0
    until(lambda: len({p["id"] for e in second.sent if e["event"] == "photos" for p in e["photos"]}) == 4)
    assert second.worker.calls == []  # not a photo has been read
    assert second.bridge.analyze(None) == 1
    until(lambda: second.states() == ["done"] * 4)
    second.close()
    assert offered(again()) == 4


def test_the_process_may_end_when_the_window_closes(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Cmd+Q on macOS, or when Windows is shut down."""
    monkeypatch.setattr(keeper, "INTERVAL", 3600.0)  # too long for anything to be written in time
    first = again()
    photo_id = first.album.add(first.photos("a.jpg")).new[0]
    until(lambda: written(first))
    first.bridge.typed(1, ["set_taken", photo_id, 1984])
    placed: list[bool] = []
    parts = {"bridge": first.bridge, "keeper": first.keeper, "exports": first.exports}
    app = SimpleNamespace(_handover=Handover(), **parts, _keep_place=lambda: placed.append(True))
    App._closing(app)  # type: ignore[arg-type]
    assert placed == [True]
    (kept,) = first.keeper._file.read(first.keeper._number)
    assert kept.taken == 1984


def test_what_was_pasted_ends_with_the_run(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg")
    pasted = first.pictures.keep_pasted(b"a picture without a file")
    first.intake.take([pasted], analyze=True)
    until(lambda: first.states() == ["done", "done"])
    until(lambda: written(first))
    first.close()
    assert offered(again()) == 1


def test_the_files_dates_come_back(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg")
    first.intake.take(first.photos("later.jpg"), analyze=False)
    dates = [photo.to_json()["modified"] for photo in first.album.photos()]
    assert None not in dates
    until(lambda: written(first))
    first.close()
    (first.folder / "later.jpg").unlink()  # nobody looks at a file to tell its date
    second = again()
    second.continue_last()
    assert [photo.to_json()["modified"] for photo in second.album.photos()] == dates


def test_the_date_of_a_file_that_has_changed_is_known_once_it_is_analysed(again: NewShell, until: Until) -> None:
    shell = again()
    changed, missing = str(shell.folder / "changed.jpg"), str(shell.folder / "missing.jpg")
    analysed(shell, until, "changed.jpg")
    shell.intake.take([missing], analyze=True)
    until(lambda: shell.jobs.idle and shell.states() == ["done"] * 2)
    assert shell.album.photos()[1].to_json()["modified"] is None
    shell.photos("missing.jpg")
    for path in (changed, missing):
        os.utime(path, (86_400, 86_400))
    shell.intake.take([changed, missing], analyze=True)
    until(lambda: [photo.to_json()["modified"] for photo in shell.album.photos()] == [86_400.0] * 2)


def test_pictures_are_made_when_they_are_asked_for(again: NewShell, until: Until) -> None:
    first = again()
    paths = analysed(first, until, "a.jpg", "turned.jpg")
    first.close()
    second = again()
    second.continue_last()
    photo = second.album.photos()[1]
    for address in (photo.pictures.thumbnail, *photo.pictures.faces, photo.pictures.preview):
        name = address.removeprefix(PREFIX)
        if second.pictures.read(name) is None:
            second.jobs.remake_preview(name, photo.id)
        assert second.pictures.read(name).startswith(b"\xff\xd8")
    assert second.pictures.read(photo.pictures.preview.removeprefix(PREFIX)) == FakeWorker.picture(
        paths[1], turned=True
    )
    assert second.worker.calls == [("preview", paths[1])]  # once for all of them, and no analysis


def test_corrected_faces_are_kept_and_keep_their_crops(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg")
    photo_id = first.album.photos()[0].id
    assert first.bridge.add_face(photo_id, [30.0, 10.0, 20.0, 20.0])["state"] == "added"
    report = first.album.photos()[0].record
    first.close()
    second = again()
    second.continue_last()
    (photo,) = second.album.photos()
    assert photo.record == report
    assert len(photo.pictures.faces) == 2
    kept = photo.pictures.name("face2")
    assert second.bridge.remove_face(photo.id, photo.record["faces"][0]["box"]) is True
    assert second.album.photos()[0].pictures.faces == [PREFIX + kept]
    # Made only now, when it is the first face of the photo.
    second.jobs.remake_preview(kept, photo.id)
    assert second.pictures.read(kept).startswith(b"\xff\xd8")
    second.close()
    third = again()
    third.continue_last()
    assert [face["box"] for face in third.album.photos()[0].record["faces"]] == [report["faces"][1]["box"]]
    assert third.album.photos()[0].undoable is False
    third.bridge.remove_face(third.album.photos()[0].id, report["faces"][1]["box"])
    third.close()
    fourth = again()
    fourth.continue_last()
    assert fourth.album.photos()[0].record["status"] == "no_face"


def test_photos_that_changed_are_analysed_again_and_missing_ones_keep_their_report(
    again: NewShell, until: Until
) -> None:
    first = again()
    same, touched, grown, missing = analysed(first, until, "same.jpg", "touched.jpg", "grown.jpg", "missing.jpg")
    first.close()
    os.utime(touched, ns=(1, 1))
    before = os.stat(grown)  # noqa: PTH116
    Path(grown).write_bytes(Path(grown).read_bytes() + b"!")
    os.utime(grown, ns=(before.st_atime_ns, before.st_mtime_ns))
    Path(missing).unlink()

    second = again()
    assert second.continue_last() == 4
    until(lambda: len(second.worker.calls) == 2 and second.jobs.idle)
    assert second.worker.calls == [("analyze", touched), ("analyze", grown)]
    assert second.states() == ["done"] * 4
    assert second.album.photos()[3].record["status"] == "ok"
    until(lambda: notices(second) == ["2 photos have changed since last time and are being analyzed again."])
    second.close()
    third = again()
    third.continue_last()
    time.sleep(0.2)
    assert third.worker.calls == []
    assert Path(same).exists()


def test_photos_restored_from_a_backup_are_not_analysed_again(again: NewShell, until: Until) -> None:
    """Their times are whole seconds now, or hours off; their pictures can be made, too."""
    first = again()
    paths = [str(path) for path in first.photos("a.jpg", "b.jpg")]
    for path in paths:
        os.utime(path, ns=(1, 1_700_000_001_234_567_890))
    first.intake.take(paths, analyze=True)
    until(lambda: first.states() == ["done"] * 2)
    first.close()
    os.utime(paths[0], (1, 1_700_000_001))
    os.utime(paths[1], (1, 1_700_003_602))
    second = again()
    looked = threading.Event()
    look = second.keeper._reanalyze_changed
    second.keeper._reanalyze_changed = lambda photos: (look(photos), looked.set())
    second.continue_last()
    assert looked.wait(60)
    assert second.intake.take(paths, analyze=True) == 0
    photo = second.album.photos()[0]
    name = photo.pictures.preview.removeprefix(PREFIX)
    second.jobs.remake_preview(name, photo.id)
    assert second.pictures.read(name) is not None
    assert second.worker.calls == [("preview", paths[0])]


def test_names_stay_with_photos_whose_folder_was_moved(again: NewShell, until: Until, tmp_path: Path) -> None:
    first = again()
    paths = analysed(first, until, "a.jpg", "b.jpg")
    for photo in first.album.photos():
        first.bridge.name_face(photo.id, photo.record["faces"][0]["box"], "Anna")
    first.close()
    (tmp_path / "moved").mkdir()
    moved = [str(Path(path).rename(tmp_path / "moved" / Path(path).name)) for path in paths]
    second = again()
    second.continue_last()
    assert second.intake.take(moved, analyze=True) == 0
    second.close()
    third = again()
    assert third.continue_last() == 2
    assert [(photo.path, photo.names[0].name) for photo in third.album.photos()] == [(path, "Anna") for path in moved]


@posix
@pytest.mark.parametrize("continued", ["before", "after"])
def test_names_stay_when_a_link_takes_the_place_of_a_moved_folder(
    again: NewShell, until: Until, continued: str
) -> None:
    first = again()
    (path,) = analysed(first, until, "home/a.jpg")
    first.bridge.name_face("p1", first.album.photos()[0].record["faces"][0]["box"], "Anna")
    first.close()
    home = Path(path).parent
    home.symlink_to(home.rename(home.with_name("disk")))
    second = again()
    if continued == "before":
        second.continue_last()
    second.intake.take([path], analyze=False)
    until(lambda: written(second))
    if continued == "after":
        second.continue_last()
    assert [photo.names[0].name for photo in second.album.photos()] == ["Anna"]
    second.close()
    third = again()
    assert third.continue_last() == 1
    (photo,) = third.album.photos()
    assert (photo.names[0].name, photo.file, photo.failed) == ("Anna", os.path.realpath(path), False)


def test_a_photo_that_takes_the_place_of_a_moved_one_is_kept_with_it(again: NewShell, until: Until) -> None:
    """Also if it is written first."""
    first = again()
    (path,) = analysed(first, until, "old/a.jpg")
    until(lambda: written(first))
    told: list[Any] = []
    first.album._changed = told.append
    (first.folder / "new").mkdir()
    moved = str(Path(path).rename(first.folder / "new" / "a.jpg"))
    first.album.add([moved])
    first.photos("old/a.jpg")
    first.album.add([path])
    for ids in reversed(told):
        first.keeper.photos_changed(ids)
        first.keeper.flush()
    first.close()
    second = again()
    second.continue_last()
    assert sorted(photo.path for photo in second.album.photos()) == sorted([moved, path])


def test_names_follow_scans_that_were_numbered_anew(again: NewShell, until: Until) -> None:
    """One was inserted in front. The last photo's file is at no path of the album, and another is in its place."""
    first = again()
    paths = analysed(first, until, "1.jpg", "2.jpg", "3.jpg")
    names = ["Anna", "Ben", "Cora"]
    box = first.album.photos()[0].record["faces"][0]["box"]
    for photo, name in zip(first.album.photos(), names, strict=True):
        first.bridge.name_face(photo.id, box, name)
    first.bridge.remove_face("p2", box)
    first.close()
    for path in reversed(paths):
        Path(path).rename(Path(path).with_stem(str(int(Path(path).stem) + 1)))
    Path(paths[0]).write_bytes(b"inserted")

    second = again()
    assert second.continue_last() == 3
    told = ["1 photo has changed since last time and is being analyzed again. Check its names and year."]
    until(lambda: notices(second) == told)
    until(lambda: second.jobs.idle)
    photos = second.album.photos()
    assert [photo.path for photo in photos] == [paths[1], paths[2], paths[0]]
    assert [photo.names[0].name for photo in photos[:2]] == ["Anna", "Ben"]
    assert [photo.corrected for photo in photos] == [False, True, False]
    assert second.worker.calls == [("analyze", paths[0])]
    assert all(second.album.add([photo.path]).known == (photo.id,) for photo in photos)
    until(lambda: written(second))
    second.close()
    third = again()
    assert third.continue_last() == 3
    assert [(photo.path, photo.corrected) for photo in third.album.photos()] == [
        (photo.path, photo.corrected) for photo in photos
    ]


def test_names_follow_swapped_files_that_are_analysed_before_the_album_is_continued(
    again: NewShell, until: Until
) -> None:
    first = again()
    paths = analysed(first, until, "1.jpg", "2.jpg", "3.jpg")
    for photo, name, year in zip(first.album.photos(), ["Anna", "Ben", "Cora"], [1950, 1960, 1970], strict=True):
        first.bridge.name_face(photo.id, photo.record["faces"][0]["box"], name)
        first.bridge.set_taken(photo.id, year)
    first.close()
    aside = Path(paths[0]).rename(first.folder / "aside")
    Path(paths[1]).rename(paths[0])
    aside.rename(paths[1])
    second = again()
    second.intake.take(paths, analyze=True)
    until(lambda: suggested(second) and second.jobs.idle)
    second.bridge.continue_album(suggested(second)[0][1])
    assert [(photo.path, photo.names[0].name, photo.taken) for photo in second.album.photos()] == [
        (paths[0], "Ben", 1960),
        (paths[1], "Anna", 1950),
        (paths[2], "Cora", 1970),
    ]


def test_a_changed_photo_that_somebody_has_corrected_meanwhile_is_left_alone(again: NewShell, until: Until) -> None:
    first = again()
    paths = analysed(first, until, "corrected.jpg", "changed.jpg")
    first.close()
    for path in paths:
        os.utime(path, ns=(1, 1))

    second = again()
    look = second.keeper._reanalyze_changed

    def correct_and_look(photos: Any) -> None:
        photo = second.album.photos()[0]
        assert second.bridge.remove_face(photo.id, photo.record["faces"][0]["box"]) is True
        look(photos)

    second.keeper._reanalyze_changed = correct_and_look
    second.continue_last()
    until(lambda: notices(second) == ["1 photo has changed since last time and is being analyzed again."])
    until(lambda: second.jobs.idle)
    assert second.worker.calls == [("analyze", paths[1])]
    assert [len(photo.record["faces"]) for photo in second.album.photos()] == [0, 1]


def test_a_changed_photo_that_is_removed_meanwhile_does_not_keep_the_others_from_being_analysed(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = again()
    paths = analysed(first, until, "removed.jpg", "changed.jpg")
    first.close()
    for path in paths:
        os.utime(path, ns=(1, 1))

    second = again()
    follow, some = second.album.follow_renames, second.album.some

    def remove_after(ids: Any) -> Any:
        monkeypatch.setattr(second.album, "some", some)
        found = some(ids)
        second.bridge.remove(["p1"])
        return found

    def follow_and_remove(now: Any) -> None:
        follow(now)
        monkeypatch.setattr(second.album, "some", remove_after)

    monkeypatch.setattr(second.album, "follow_renames", follow_and_remove)
    second.continue_last()
    until(lambda: second.worker.calls == [("analyze", paths[1])])


def test_corrected_faces_stay_though_the_file_has_changed(again: NewShell, until: Until) -> None:
    """However often the album is opened; only a new analysis replaces them."""
    first = again()
    corrected, undone = analysed(first, until, "corrected.jpg", "undone.jpg")
    for photo in first.album.photos():
        first.bridge.remove_face(photo.id, photo.record["faces"][0]["box"])
    first.bridge.undo("p2")
    first.close()
    for path in (corrected, undone):
        os.utime(path, ns=(1, 1))
    second = again()
    second.continue_last()
    told = [
        "1 photo has changed since last time and is being analyzed again.",
        "1 changed photo keeps the faces that you corrected. To look for faces again, select it and use Analyze again.",
    ]
    until(lambda: notices(second) == told and second.jobs.idle)
    assert second.worker.calls == [("analyze", undone)]
    assert [len(photo.record["faces"]) for photo in second.album.photos()] == [0, 1]
    second.intake.take([corrected], analyze=True)
    until(lambda: notices(second) == [*told, told[1]])
    second.close()
    third = again()
    third.continue_last()
    until(lambda: notices(third) == [told[1]])
    assert third.worker.calls == []
    third.bridge.analyze(["p1"])
    until(lambda: third.jobs.idle)
    third.close()
    os.utime(corrected, (10, 10))
    fourth = again()
    fourth.continue_last()
    until(lambda: fourth.worker.calls == [("analyze", corrected)])


def test_the_cameras_year_comes_and_goes_with_the_report(again: NewShell, until: Until) -> None:
    first = again()
    first.worker.year_taken = 1998
    missing = str(first.folder / "a.jpg")
    first.intake.take([missing], analyze=True)
    (other,) = analysed(first, until, "b.jpg")
    assert [photo.camera for photo in first.album.photos()] == [None, 1998]
    first.close()

    second = again()
    second.continue_last()
    assert [(photo.failed, photo.camera) for photo in second.album.photos()] == [(True, None), (False, 1998)]
    second.close()
    second.photos("a.jpg")  # it is back
    os.utime(other, ns=(1, 1))

    worker = FakeWorker()
    worker.gate, worker.year_taken = threading.Event(), 2003
    third = again(worker)
    third.continue_last()
    until(lambda: sorted(third.states()) == ["queued", "working"])
    assert [photo.camera for photo in third.album.photos()] == [
        None,
        1998,
    ]  # until there is another report
    worker.gate.set()
    until(lambda: third.jobs.idle)
    assert [photo.camera for photo in third.album.photos()] == [2003, 2003]


def test_a_file_that_changes_while_it_is_analysed_counts_as_changed(again: NewShell, until: Until) -> None:
    first = again()
    first.worker.gate = threading.Event()
    (path,) = first.photos("a.jpg")
    first.intake.take([path], analyze=True)
    until(lambda: first.worker.calls)
    Path(path).write_bytes(b"something else, and longer than what was there when it was read")
    first.worker.gate.set()
    until(lambda: first.states() == ["done"])
    first.close()
    second = again()
    second.continue_last()
    until(lambda: second.worker.calls == [("analyze", path)])


def test_a_photo_that_crashed_is_not_tried_again_by_itself(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "crash.jpg")
    first.close()
    second = again()
    assert second.continue_last() == 1
    time.sleep(0.2)
    assert second.worker.calls == []
    assert second.album.photos()[0].record["error"]["code"] == "crashed"
    second.close()
    os.utime(second.folder / "crash.jpg", ns=(1, 1))  # tried again, as the file has changed
    third = again()
    third.continue_last()
    until(lambda: third.worker.calls and third.jobs.idle)
    until(lambda: written(third))
    third.close()
    fourth = again()
    fourth.continue_last()
    until(lambda: not any(thread.name == "changed photos" for thread in threading.enumerate()))
    assert fourth.worker.calls == []


def test_a_changed_photo_that_crashes_is_tried_once_whatever_was_known_of_it(again: NewShell, until: Until) -> None:
    first = again()
    (path,) = analysed(first, until, "a.jpg")
    (photo,) = first.album.photos()
    first.bridge.name_face(photo.id, photo.record["faces"][0]["box"], "Anna")
    first.close()
    os.utime(path, ns=(1, 1))
    second = again()
    second.worker.analyze = lambda *_args, **_options: Outcome(record(path, "error", "crashed"))
    second.continue_last()
    until(lambda: second.album.photos()[0].failed and written(second))
    second.close()
    third = again()
    third.continue_last()
    until(lambda: not any(thread.name == "changed photos" for thread in threading.enumerate()))
    assert third.worker.calls == notices(third) == []
    third.bridge.analyze(["p1"])
    until(lambda: third.jobs.idle)
    (photo,) = third.album.photos()
    assert (photo.failed, photo.names[0].name) == (False, "Anna")


def test_a_photo_that_was_missing_and_is_back_is_analysed(again: NewShell, until: Until) -> None:
    first = again()
    path = str(first.folder / "a.jpg")
    first.intake.take([path], analyze=True)
    until(lambda: first.states() == ["done"])
    first.close()
    second = again()
    second.photos("a.jpg")
    second.continue_last()
    until(lambda: second.worker.calls == [("analyze", path)])


def test_a_missing_photo_that_was_not_analysed_says_so_when_it_is_looked_at(again: NewShell, until: Until) -> None:
    first = again()
    first.intake.take(first.photos("a.jpg"), analyze=False)
    until(lambda: first.jobs.idle and written(first))
    first.close()
    (first.folder / "a.jpg").unlink()
    second = again()
    second.continue_last()
    (photo,) = second.album.photos()
    assert photo.state == "waiting"
    second.jobs.remake_preview(photo.pictures.thumbnail.removeprefix(PREFIX), photo.id)
    assert second.album.photos()[0].record["error"]["code"] == "not_found"


def test_a_drive_that_is_away_takes_no_report(again: NewShell, until: Until) -> None:
    """Even if the user asks for another analysis: what is known of the photos stays."""
    shell = again()
    paths = analysed(shell, until, "a.jpg", "b.jpg")
    shell.bridge.remove_face("p1", shell.album.photos()[0].record["faces"][0]["box"])
    before = shell.album.photos()
    for path in paths:
        Path(path).unlink()
    for times in (1, 2):
        shell.bridge.analyze(["p1", "p2"])
        until(lambda: shell.jobs.idle)
        assert shell.album.photos() == before
        until(lambda many=times: notices(shell) == ["made up: not_found"] * many)  # once per run, for all photos
    shell.close()
    second = again()
    second.continue_last()
    assert [photo.record for photo in second.album.photos()] == [photo.record for photo in before]


def test_what_a_kept_report_needs_not_be_told_by_a_missing_preview(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg")
    first.close()
    (first.folder / "a.jpg").unlink()
    second = again()
    second.continue_last()
    (photo,) = second.album.photos()
    name = photo.pictures.preview.removeprefix(PREFIX)
    second.jobs.remake_preview(name, photo.id)
    assert second.pictures.read(name) is None
    assert second.album.photos()[0].record["status"] == "ok"


def test_reports_of_another_model_stay_and_are_told(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    first.close()
    second = again()
    second.keeper._model = lambda: ("double", "1")
    assert second.continue_last() == 2
    advice = (
        "2 photos were analyzed with another version of the age model. "
        "For new ages, press the round arrow above the photos."
    )
    until(lambda: notices(second) == [advice])
    assert second.states() == ["done", "done"]
    assert second.worker.calls == []


def test_removed_photos_do_not_come_back(again: NewShell, until: Until) -> None:
    first = again()
    paths = analysed(first, until, "a.jpg", "b.jpg", "c.jpg")
    gone = first.album.photos()[1].id
    first.bridge.remove([gone])
    first.close()
    second = again()
    assert second.continue_last() == 2
    assert [photo.path for photo in second.album.photos()] == [paths[0], paths[2]]
    second.bridge.remove(None)
    second.close()
    third = again()
    assert offered(third) is None


def test_a_birth_year_that_is_taken_back_is_not_in_the_file(again: NewShell, until: Until) -> None:
    shell = again()
    analysed(shell, until, "a.jpg")
    photo = shell.album.photos()[0]
    shell.bridge.name_face(photo.id, photo.record["faces"][0]["box"], "Anna")
    for year in (1950, None):
        shell.bridge.set_born("Anna", year)
        until(lambda: written(shell))
        assert shell.keeper.kept["state"] == "on"
        assert shell.keeper._file.read_births(shell.keeper._number) == ({} if year is None else {"Anna": year})


@pytest.mark.parametrize("how", ["photo", "every photo", "name"])
def test_who_is_in_no_photo_any_more_is_not_in_the_file(again: NewShell, until: Until, how: str) -> None:
    """Neither the name nor the year, though both are remembered as long as the window is open."""
    shell = again()
    analysed(shell, until, "a.jpg", "b.jpg")
    photo = shell.album.photos()[0]
    box = photo.record["faces"][0]["box"]
    shell.bridge.name_face(photo.id, box, "Anna")
    shell.bridge.set_born("Anna", 1950)
    until(lambda: written(shell))
    if how == "name":
        shell.bridge.name_face(photo.id, box, None)
    else:
        shell.bridge.remove([photo.id] if how == "photo" else None)
    until(lambda: written(shell))
    file = shell.keeper._file.path
    shell.close()
    assert b"Anna" not in b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))


def test_several_photos_come_back_though_others_came_meanwhile(again: NewShell, until: Until) -> None:
    shell = again()
    paths = analysed(shell, until, "a.jpg", "b.jpg", "c.jpg")
    shell.bridge.remove(None)
    until(lambda: written(shell))
    paths += analysed(shell, until, "d.jpg")
    assert shell.bridge.bring_back() == 3
    until(lambda: written(shell))
    assert shell.keeper.kept["state"] == "on"
    assert [photo.path for photo in shell.album.photos()] == paths
    shell.close()
    second = again()
    assert second.continue_last() == 4
    assert [photo.path for photo in second.album.photos()] == paths


def test_a_new_album_does_not_lose_the_one_before(again: NewShell, until: Until) -> None:
    """Somebody drops a photo by mistake: removing it brings the offer back."""
    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    first.close()
    second = again()
    analysed(second, until, "mistake.jpg")
    assert offered(second) == 2
    second.bridge.remove(None)
    assert second.continue_last() == 2
    second.close()
    assert offered(again()) == 2


def test_every_earlier_album_is_offered_until_it_is_continued(again: NewShell, until: Until) -> None:
    """Those with names even after many others."""
    first = again()
    analysed(first, until, "a.jpg", "b.jpg", "c.jpg")
    first.bridge.name_face("p1", first.album.photos()[0].record["faces"][0]["box"], "Anna")
    first.close()
    for _ in range(EARLIER + 2):  # opened for a look at one photo
        one = again()
        analysed(one, until, "other.jpg")
        one.close()
    last = again()
    albums = last.keeper.kept["albums"]
    assert [album["photos"] for album in albums] == [1] * (EARLIER + 1) + [3]
    assert [album["names"] for album in albums] == [0] * (EARLIER + 1) + [1]
    assert {album["folder"] for album in albums} == {last.folder.name}
    with pytest.raises(TypeError):
        last.bridge.continue_album("1")
    assert last.bridge.continue_album(-1) == 0
    assert last.bridge.continue_album(albums[-1]["id"]) == 3
    assert last.people.known == [{"name": "Anna", "born": None}]
    assert last.keeper.kept["albums"] == albums[:-1]
    assert last.bridge.continue_album(albums[-1]["id"]) == 0
    last.close()
    after = again()
    assert [album["photos"] for album in after.keeper.kept["albums"]] == [3] + [1] * (EARLIER + 1)
    assert after.bridge.delete_kept() is True
    assert after.keeper.kept["albums"] == []


def test_a_photo_that_is_added_while_its_album_is_being_continued_is_never_without_its_name_on_the_disk(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The offer comes while the folder is still being read."""
    first = again()
    (path,) = analysed(first, until, "a.jpg")
    first.bridge.name_face("p1", first.album.get("p1").record["faces"][0]["box"], "Anna")
    first.close()

    second = again()
    analysed(second, until, "b.jpg")
    monkeypatch.setattr(keeper, "INTERVAL", 3600.0)
    restore, file = second.people.restore, second.keeper._file
    monkeypatch.setattr(second.people, "restore", lambda births: (second.album.add([path]), restore(births)))
    assert second.continue_last() == 0  # new ones
    kept = {Path(photo.path).name: photo.names for photo in file.read(second.keeper._number)}
    assert [one.name for one in kept["a.jpg"]] == ["Anna"]
    assert set(kept) == {"a.jpg", "b.jpg"}


def test_a_photo_that_is_removed_while_its_album_is_being_continued_comes_back_with_it_and_stays(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = again()
    (path, _) = analysed(first, until, "a.jpg", "b.jpg")
    first.bridge.name_face("p1", [4.0, 5.0, 20.0, 24.0], "Anna")
    first.close()

    second = again()
    second.intake.take([path], analyze=False)
    until(lambda: written(second) and second.jobs.idle)
    restore = second.album.restore

    def removed_first(*arguments: Any, **options: Any) -> Any:
        second.bridge.remove(["p1"])
        return restore(*arguments, **options)

    monkeypatch.setattr(second.album, "restore", removed_first)
    assert second.continue_last() == 2
    until(lambda: written(second))
    second.close()

    third = again()
    third.continue_last()
    there = [(photo.state, [one.name for one in photo.names]) for photo in third.album.photos()]
    assert there == [("done", ["Anna"]), ("done", [])]


def test_all_that_is_removed_while_an_album_is_being_continued_stays_away_and_the_album_is_offered_again(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = again()
    analysed(first, until, *(f"{number}.jpg" for number in range(5)))
    first.close()
    second = again()
    monkeypatch.setattr(keeper, "_AT_ONCE", 2)
    restore = second.album.restore

    def restore_and_remove(*values: Any, **options: Any) -> Any:
        restored = restore(*values, **options)
        if len(second.album.photos()) == 2:
            second.bridge.remove(None)
        return restored

    monkeypatch.setattr(second.album, "restore", restore_and_remove)
    assert second.continue_last() == 0
    assert second.album.photos() == []
    assert offered(second) == 5
    monkeypatch.setattr(second.album, "restore", restore)
    assert second.continue_last() == 5


def test_a_write_that_fails_is_tried_again_though_nothing_else_changes(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if it was not that of the thread that writes."""
    shell = again()
    analysed(shell, until, "a.jpg")
    time.sleep(0.1)  # by now that thread waits for a change

    def full(*_: Any) -> int:
        raise AlbumTrouble("the disk is full")

    with monkeypatch.context() as broken, shell.keeper._lock:
        broken.setattr(shell.keeper._file, "write", full)
        broken.setattr(shell.album, "_changed", lambda _: None)
        shell.album.update("p1", taken=1990)
        shell.keeper._changed["p1"] = None
        shell.keeper._try_to_write()
        assert shell.keeper.kept["state"] == "failed"
    until(lambda: shell.keeper.kept["state"] == "on" and written(shell))
    (kept,) = shell.keeper._file.read(shell.keeper._number)
    assert kept.taken == 1990


def test_an_album_that_cannot_be_read_for_a_moment_is_offered_again(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    first.close()
    second = again()
    with monkeypatch.context() as patch:
        patch.setattr(AlbumFile, "read", lambda *_: raised(AlbumTrouble("another program is using the album file")))
        assert second.continue_last() == 0
    until(lambda: notices(second) == ["The album cannot be opened: another program is using the album file."])
    assert offered(second) == 2
    assert second.continue_last() == 2


def raised(error: Exception) -> Any:
    raise error


def test_continuing_with_photos_in_the_window_brings_both_together(again: NewShell, until: Until) -> None:
    first = again()
    a, b = analysed(first, until, "a.jpg", "b.jpg")
    first.close()
    second = again()
    new, _ = analysed(second, until, "new.jpg", "b.jpg")
    assert second.continue_last() == 1
    assert [photo.path for photo in second.album.photos()] == [new, b, a]
    second.close()
    third = again()
    assert third.continue_last() == 3
    assert [photo.path for photo in third.album.photos()] == [new, b, a]


def suggested(shell: Any) -> list[tuple[str, int]]:
    """Albums that notices offer to continue with."""
    return [(one["text"], one["album"]) for one in shell.sent if one["event"] == "notice" and one["album"] is not None]


def test_photos_of_a_kept_album_that_are_added_bring_the_offer_to_continue_with_it(
    again: NewShell, until: Until
) -> None:
    """Once. Else the album would get a twin, without its names."""
    first = again()
    paths = analysed(first, until, "a.jpg", "b.jpg", "c.jpg")
    first.bridge.name_face("p1", first.album.photos()[0].record["faces"][0]["box"], "Anna")
    first.close()
    second = again()
    second.intake.take(paths[1:2], analyze=True)  # nothing was entered into this one
    until(lambda: written(second) and second.events.delivered)
    assert suggested(second) == []
    second.intake.take(paths[:2], analyze=True)
    until(lambda: suggested(second))
    second.bridge.remove(None)
    until(lambda: written(second))
    second.intake.take(paths, analyze=True)
    until(lambda: second.jobs.idle and written(second) and second.events.delivered)
    (album,) = second.keeper.kept["albums"]
    assert suggested(second) == [("What you added is already in a saved album with 1 name.", album["id"])]
    second.bridge.continue_album(album["id"])
    assert [[one.name for one in photo.names] for photo in second.album.photos()] == [["Anna"], [], []]
    until(lambda: written(second))
    second.close()
    assert offered(again()) == 3


def test_the_album_of_the_originals_is_not_suggested_for_copies(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "photos/a.jpg")
    first.bridge.name_face("p1", first.album.photos()[0].record["faces"][0]["box"], "Anna")
    first.close()
    shutil.copytree(first.folder / "photos", first.folder / "backup")
    second = again()
    second.intake.take([str(first.folder / "backup")], analyze=True)
    until(lambda: second.jobs.idle and written(second) and second.events.delivered)
    assert suggested(second) == []


def test_names_of_a_saved_album_join_those_given_before_it_is_continued(again: NewShell, until: Until) -> None:
    first = again()
    (path,) = analysed(first, until, "a.jpg")
    (photo,) = first.album.photos()
    anna, other = photo.record["faces"][0]["box"], [70.0, 5.0, 20.0, 24.0]
    first.bridge.name_face(photo.id, anna, "Anna")
    first.close()
    second = again()
    second.intake.take([path], analyze=True)
    until(lambda: suggested(second) and second.jobs.idle)
    second.album.amend("p1", lambda _: {"names": (NamedPlace(tuple(other), "Cy"),)})
    second.bridge.continue_album(suggested(second)[0][1])
    assert [one.name for one in second.album.get("p1").names] == ["Cy", "Anna"]


@pytest.mark.parametrize(("known", "year"), [(None, 1950), (1950, None)])
def test_a_year_entered_as_its_person_comes_with_an_album_is_saved(
    again: NewShell, until: Until, known: int | None, year: int | None
) -> None:
    first = again()
    analysed(first, until, "a.jpg")
    first.bridge.name_face("p1", first.album.photos()[0].record["faces"][0]["box"], "Anna")
    first.bridge.set_born("Anna", known)
    first.close()
    second = again()
    second.bridge.set_born("Anna", year)
    analysed(second, until, "b.jpg")
    until(lambda: written(second))
    with second.keeper._lock:  # nothing is written in between
        assert second.continue_last() == 1
        second.bridge.set_born("Anna", year)
    until(lambda: written(second))
    births = second.keeper._file.read_births(second.keeper._number)
    assert births == ({} if year is None else {"Anna": year})


@pytest.mark.parametrize("copied", [False, True])
def test_an_album_whose_drive_has_another_name_now_is_suggested_and_meets_its_photos(
    again: NewShell, until: Until, copied: bool
) -> None:
    first = again()
    paths = analysed(first, until, "stick/a.jpg", "stick/b.jpg")
    copies = [str(first.folder / "copy" / name) for name in ("a.jpg", "b.jpg")]
    if copied:
        shutil.copytree(first.folder / "stick", first.folder / "copy")
        first.intake.take(copies, analyze=True)
        until(lambda: first.jobs.idle)
    for photo, name in zip(first.album.photos(), ("Anna", "Ben", "Cora", "Dora"), strict=False):
        first.bridge.name_face(photo.id, photo.record["faces"][0]["box"], name)
    until(lambda: written(first))
    first.close()
    stick = first.folder / "stick"
    if copied:
        shutil.rmtree(stick)
    else:
        stick.rename(first.folder / "copy")
    second = again()
    second.intake.take(copies, analyze=True)
    until(lambda: suggested(second) and second.jobs.idle)
    second.bridge.continue_album(suggested(second)[0][1])
    expected = dict(zip(copies, ("Cora", "Dora") if copied else ("Anna", "Ben"), strict=True))
    if copied:
        expected |= dict(zip(paths, ("Anna", "Ben"), strict=True))
    assert {photo.path: photo.names[0].name for photo in second.album.photos()} == expected
    until(lambda: written(second))
    second.close()
    third = again()
    assert third.continue_last() == len(expected)
    assert third.keeper.kept["albums"] == []


@pytest.mark.parametrize("others", [[], ["other.jpg"]])
def test_an_album_that_was_continued_while_nothing_was_saved_is_suggested(
    again: NewShell, until: Until, others: list[str]
) -> None:
    """Else it would get a twin when saving is on again, also if the window's album has been saved before."""
    corrected(again, until)
    second = again()
    analysed(second, until, *others)
    second.bridge.set_setting("keep_album", False)
    assert second.continue_last() == 2
    second.bridge.set_setting("keep_album", True)
    until(lambda: suggested(second))
    second.bridge.continue_album(suggested(second)[0][1])
    second.close()
    assert len(again().keeper.kept["albums"]) <= 1


def test_an_album_that_is_continued_is_not_suggested(again: NewShell, until: Until) -> None:
    """Not even if its photos were added just before."""
    paths = corrected(again, until)
    second = again()
    with second.keeper._lock:  # nothing is written before
        second.intake.take(paths, analyze=False)
        assert second.continue_last() == 0
    second.bridge.remove(None)
    second.intake.take(paths, analyze=False)
    until(lambda: written(second) and second.events.delivered)
    assert suggested(second) == []


def test_an_album_without_names_is_suggested_for_its_corrections(again: NewShell, until: Until) -> None:
    paths = corrected(again, until)
    second = again()
    second.intake.take(paths, analyze=False)
    until(lambda: suggested(second))
    assert suggested(second) == [("What you added is already in a saved album.", second.keeper.kept["albums"][0]["id"])]


def test_the_order_of_the_window_is_that_of_the_next_start(again: NewShell, until: Until) -> None:
    """Even if photos were added before and after those of an earlier album, and some were missing."""
    first = again()
    a, _, b = analysed(first, until, "a.jpg", "gone.jpg", "b.jpg")
    first.bridge.remove(["p2"])
    first.close()
    second = again()
    (new,) = analysed(second, until, "new.jpg")
    assert second.continue_last() == 2
    (late,) = analysed(second, until, "late.jpg")
    second.bridge.remove([photo.id for photo in second.album.photos() if photo.path in (new, b)])
    until(lambda: written(second))
    (last,) = analysed(second, until, "last.jpg")
    assert second.bridge.bring_back() == 2
    second.close()
    third = again()
    assert third.continue_last() == 5
    assert [photo.path for photo in third.album.photos()] == [new, a, b, late, last]
    (after,) = analysed(third, until, "after.jpg")
    third.close()
    fourth = again()
    assert fourth.continue_last() == 6
    assert [photo.path for photo in fourth.album.photos()] == [new, a, b, late, last, after]


def corrected(again: NewShell, until: Until) -> list[str]:
    """Two photos of a kept album; the user has removed the face of the first."""
    first = again()
    paths = analysed(first, until, "a.jpg", "b.jpg")
    assert first.bridge.remove_face("p1", [4.0, 5.0, 20.0, 24.0])
    first.close()
    return paths


def test_a_photo_added_before_the_album_is_continued_gets_its_report(again: NewShell, until: Until) -> None:
    """With the user's corrections of faces: a fault that `shell_machine.py` found."""
    paths = corrected(again, until)
    second = again()
    second.intake.take(paths[:1], analyze=False)
    until(lambda: written(second) and second.jobs.idle)
    assert second.continue_last() == 1
    assert second.states() == ["done", "done"]
    report = second.album.photos()[0].record
    assert report["faces"] == []
    # The file has it already: a kill at this moment costs nothing.
    number = second.keeper._number
    assert {one.path: one.report for one in second.keeper._file.read(number)}[paths[0]] == report
    until(lambda: written(second))
    second.close()
    third = again()
    assert offered(third) == third.continue_last() == 2
    assert next(photo.record for photo in third.album.photos() if photo.path == paths[0]) == report


def test_a_photo_that_is_queued_when_the_album_is_continued_gets_its_report(again: NewShell, until: Until) -> None:
    """As when its folder is still being taken in."""
    paths = corrected(again, until)
    second = again()
    second.worker.gate = threading.Event()
    second.intake.take([*second.photos("0.jpg"), *paths], analyze=True)
    until(lambda: second.states() == ["working", "queued", "queued"] and written(second))
    assert second.continue_last() == 0
    until(lambda: second.jobs.run["total"] == 1)
    second.worker.gate.set()
    until(lambda: second.jobs.idle and written(second))
    assert [len(photo.record["faces"]) for photo in second.album.photos()] == [1, 0, 1]
    second.close()
    third = again()
    assert third.continue_last() == 3
    assert [len(photo.record["faces"]) for photo in third.album.photos()] == [1, 0, 1]


@posix
def test_a_photo_that_was_reached_by_a_link_before_does_not_come_back_when_it_is_removed(
    again: NewShell, until: Until, tmp_path: Path
) -> None:
    first = again()
    (path,) = first.photos("a.jpg")
    link = tmp_path / "link.jpg"
    link.symlink_to(path)
    first.intake.take([str(link)], analyze=True)
    until(lambda: first.states() == ["done"])
    first.close()
    second = again()
    second.intake.take([path, *second.photos("b.jpg")], analyze=True)
    until(lambda: second.states() == ["done", "done"] and written(second))
    assert second.continue_last() == 0
    assert second.bridge.remove([second.album.photos()[0].id]) == 1
    until(lambda: written(second))
    second.close()
    assert offered(again()) == 1


def test_a_second_window_does_not_disturb_the_first(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    second = again()
    until(lambda: second.keeper.kept == {"state": "elsewhere", "albums": []})
    assert notices(second) == []  # no warning until there is something to lose
    second.intake.take(second.photos("c.jpg"), analyze=True)
    told = "What you do in this window is saved only once the other Agelens window is closed. Close that one first."
    until(lambda: notices(second) == [told])
    assert second.continue_last() == 0
    assert second.bridge.delete_kept() is False
    second.bridge.set_setting("keep_album", False)
    assert second.keeper.kept["state"] == "elsewhere"
    second.bridge.set_setting("keep_album", True)
    second.close()
    analysed(first, until, "d.jpg")
    first.close()
    assert offered(again()) == 3


def test_a_second_window_keeps_its_album_once_the_first_is_closed(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg")
    second = again()
    second.intake.take(second.photos("b.jpg", "c.jpg"), analyze=True)
    until(lambda: second.states() == ["done", "done"] and len(notices(second)) == 1)
    second.bridge.remove([second.album.photos()[0].id])
    first.close()
    until(lambda: second.keeper.kept["state"] == "on" and written(second))
    assert offered(second) == 1
    assert second.bridge.delete_kept() is True
    second.bridge.set_taken(second.album.photos()[0].id, 1970)
    second.close()
    third = again()
    assert third.continue_last() == 1
    assert [Path(photo.path).name for photo in third.album.photos()] == ["c.jpg"]
    (told,) = [event for event in second.sent if event["event"] == "notice"]
    assert told["kind"] == "warning"


def after_another(again: NewShell, until: Until) -> Any:
    """A window that began as a second one, and is alone now."""
    first = again()
    analysed(first, until, "a.jpg")
    second = again()
    until(lambda: second.keeper.kept["state"] == "elsewhere")
    first.close()
    return second


def test_an_empty_window_offers_albums_as_soon_as_the_other_is_closed(again: NewShell, until: Until) -> None:
    """As when one is closed and started again at once."""
    second = after_another(again, until)
    until(lambda: offered(second) == 1)
    until(lambda: {"event": "kept", "kept": second.keeper.kept} in second.sent)


def test_an_album_that_makes_room_is_no_longer_offered(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.album_file.EARLIER", 1)
    for name in ("a.jpg", "b.jpg"):
        shell = again()
        analysed(shell, until, name)
        shell.close()
    third = again()
    assert len(third.keeper.kept["albums"]) == 2
    analysed(third, until, "c.jpg")
    until(lambda: len(third.keeper.kept["albums"]) == 1)
    assert third.continue_last() == 1


def test_a_fault_while_writing_does_not_end_keeping(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = again()
    with monkeypatch.context() as fault:
        fault.setattr(keeper, "_kept_of", lambda photo: 1 / 0)
        shell.intake.take(shell.photos("a.jpg"), analyze=False)
        until(lambda: shell.keeper.kept["state"] == "failed")
    until(lambda: shell.keeper.kept["state"] == "on" and written(shell))
    shell.close()
    assert offered(again()) == 1


def test_a_changed_file_that_cannot_be_read_at_the_next_start_keeps_its_report(again: NewShell, until: Until) -> None:
    first = again()
    (path,) = analysed(first, until, "a.jpg")
    first.close()
    second = again()
    os.utime(path, ns=(1, 1))
    second.worker.gate = threading.Event()
    second.continue_last()
    until(lambda: second.worker.calls)
    assert second.album.photos()[0].report is not None
    Path(path).unlink()
    second.worker.gate.set()
    until(lambda: second.jobs.idle)
    assert second.states() == ["done"]
    assert not second.album.photos()[0].failed


def test_what_is_kept_can_be_deleted_once_the_other_window_is_closed(again: NewShell, until: Until) -> None:
    second = after_another(again, until)
    assert second.bridge.delete_kept() is True
    second.close()
    assert offered(again()) is None


def test_deleting_what_is_kept(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    first.close()
    second = again()
    assert offered(second) == 2
    paths = analysed(second, until, "c.jpg", "d.jpg")
    assert second.bridge.delete_kept() is True
    assert second.keeper.kept == {"state": "on", "albums": []}
    assert [one.name for one in (second.folder / "data").iterdir()] == ["album.sqlite3.lock"]
    assert second.states() == ["done", "done"]  # the window is unchanged
    assert all(Path(path).exists() for path in paths)
    analysed(second, until, "after.jpg")  # what comes now is kept again
    second.close()
    assert offered(again()) == 1


def test_what_cannot_be_deleted_is_kept_on(again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows while another program reads the file."""
    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.name == "album.sqlite3":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    with monkeypatch.context() as patch, first.keeper._lock:  # nothing is written meanwhile
        first.bridge.set_taken("p1", 1983)
        patch.setattr(Path, "unlink", refused)
        assert first.bridge.delete_kept() is False
    first.bridge.set_taken("p2", 1984)
    first.close()
    second = again()
    assert [one["photos"] for one in second.keeper.kept["albums"]] == [2]
    second.continue_last()
    assert [photo.taken for photo in second.album.photos()] == [1983, 1984]


def test_switched_off_nothing_more_is_kept_and_switched_on_everything(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg")
    first.close()
    second = again()
    second.bridge.set_setting("keep_album", False)
    assert second.keeper.kept["state"] == "off"
    assert offered(second) == 1  # it can still be opened, and deleted
    before = (second.folder / "data" / "album.sqlite3").read_bytes()
    analysed(second, until, "b.jpg", "c.jpg")
    assert (second.folder / "data" / "album.sqlite3").read_bytes() == before
    second.close()
    third = again()
    assert third.keeper.kept["state"] == "off"
    assert offered(third) == 1
    assert third.continue_last() == 1
    analysed(third, until, "d.jpg")
    third.bridge.remove([third.album.photos()[0].id])
    third.bridge.set_setting("keep_album", True)
    third.close()
    fourth = again()
    assert fourth.continue_last() == 1
    assert [Path(photo.path).name for photo in fourth.album.photos()] == ["d.jpg"]


def test_everything_in_the_window_is_kept_after_deleting_and_switching_off_and_on(
    again: NewShell, until: Until
) -> None:
    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    first.bridge.delete_kept()
    first.bridge.set_setting("keep_album", False)
    first.bridge.set_setting("keep_album", True)
    first.close()
    assert offered(again()) == 2


def test_a_photo_removed_while_it_is_switched_off_is_gone_when_it_is_on_again(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    first.bridge.set_setting("keep_album", False)
    first.bridge.remove([first.album.photos()[0].id])
    until(lambda: written(first))
    first.bridge.set_setting("keep_album", True)
    first.close()
    second = again()
    assert second.continue_last() == 1


def test_a_file_that_is_not_understood_is_told(again: NewShell, until: Until, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "album.sqlite3").write_bytes(b"not a database" * 99)
    shell = again()
    until(lambda: any("was set aside as album.sqlite3." in text for text in notices(shell)))
    analysed(shell, until, "a.jpg")
    shell.close()
    assert offered(again()) == 1


def break_file(shell: Any) -> None:
    """Whatever is read or written from now on finds a damaged file."""

    class Broken:
        def __getattr__(self, name: str) -> Any:
            error = sqlite3.DatabaseError("database disk image is malformed")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error

        def close(self) -> None: ...

    with shell.keeper._lock:
        shell.keeper._file._disconnect()
        shell.keeper._file._connection = Broken()


def test_a_file_that_breaks_while_it_is_in_use_starts_over(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    break_file(first)
    analysed(first, until, "c.jpg")
    until(lambda: any("set aside" in text for text in notices(first)))
    until(lambda: written(first))
    first.close()
    second = again()
    assert second.continue_last() == 3
    assert list((second.folder / "data").glob("*.unreadable"))


def test_a_file_that_is_found_broken_when_an_album_is_opened_starts_over(again: NewShell, until: Until) -> None:
    first = again()
    analysed(first, until, "a.jpg")
    first.close()
    second = again()
    analysed(second, until, "b.jpg", "c.jpg")
    break_file(second)
    assert second.continue_last() == 0
    until(lambda: any("set aside" in text for text in notices(second)))
    until(lambda: written(second))
    second.close()
    third = again()
    assert offered(third) == 2
    assert list((third.folder / "data").glob("*.unreadable"))


@posix
@pytest.mark.parametrize("what", ["data", "data/album.sqlite3"])
def test_what_is_deleted_while_it_is_in_use_is_made_anew_with_the_whole_album(
    again: NewShell, until: Until, what: str
) -> None:
    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    gone = first.folder / what
    if gone.is_dir():
        shutil.rmtree(gone)
    else:
        gone.unlink()
    analysed(first, until, "c.jpg")
    told = ["The file of the saved albums was deleted. The album in this window is saved anew."]
    until(lambda: notices(first) == told)
    until(lambda: first.keeper.kept["state"] == "on" and written(first))
    with pytest.raises(AlbumInUse):
        AlbumFile(first.folder / "data" / "album.sqlite3").open()
    first.close()
    second = again()
    assert second.continue_last() == 3


def test_a_file_that_is_deleted_while_it_cannot_be_written_is_made_anew_with_the_whole_album(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As to make room on a full disk."""
    first = again()
    analysed(first, until, "a.jpg", "b.jpg")
    with monkeypatch.context() as patch:
        patch.setattr("desktop.kept_people.write_names", full)
        first.intake.take(first.photos("c.jpg"), analyze=True)
        until(lambda: first.keeper.kept["state"] == "failed")
        with first.keeper._lock:
            for file in (first.folder / "data").glob("album.sqlite3*"):
                if file.suffix != ".lock":
                    file.unlink()
    told = [
        "The album cannot be saved: the disk is full.",
        "The file of the saved albums was deleted. The album in this window is saved anew.",
    ]
    until(lambda: notices(first) == told)
    until(lambda: first.keeper.kept["state"] == "on" and written(first))
    first.close()
    assert again().continue_last() == 3


def full(*_: object) -> None:
    """A write for which the disk has no room."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


@posix
def test_a_folder_that_is_deleted_before_anything_is_kept_is_made_anew(again: NewShell, until: Until) -> None:
    first = again()
    shutil.rmtree(first.folder / "data")
    analysed(first, until, "a.jpg")
    until(lambda: first.keeper.kept["state"] == "on" and written(first))
    first.close()
    assert offered(again()) == 1


def test_a_disk_that_is_full_is_told_once_and_loses_nothing(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def full(*_: object) -> int:
        attempts.append(1)
        raise AlbumTrouble("the disk is full")

    first = again()
    with monkeypatch.context() as patch:
        patch.setattr(AlbumFile, "write", full)
        first.intake.take(first.photos("a.jpg", "b.jpg"), analyze=True)
        until(lambda: first.states() == ["done", "done"])
        until(lambda: len(attempts) >= 4)
        first.events.notice("so many attempts later")
        until(lambda: "so many attempts later" in notices(first))
        assert notices(first)[:-1] == ["The album cannot be saved: the disk is full."]
    until(lambda: first.keeper.kept["state"] == "on" and written(first))
    first.close()
    second = again()
    assert second.continue_last() == 2
    assert second.states() == ["done", "done"]


def test_a_drive_that_is_away_for_a_moment_does_not_end_keeping(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []
    look = Path.stat

    def away(path: Path, **options: bool) -> os.stat_result:
        if path.name == "album.sqlite3":
            attempts.append(1)
            raise OSError(errno.EIO, "Input/output error")
        return look(path, **options)

    def failing(_: AlbumFile) -> sqlite3.Connection:
        raise AlbumTrouble("the disk is failing")

    first = again()
    analysed(first, until, "a.jpg")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", away)
        patch.setattr(AlbumFile, "_connected", failing)
        with first.keeper._lock:
            first.keeper._file._connection.close()  # as dead as what it had open
        first.intake.take(first.photos("b.jpg"), analyze=False)
        until(lambda: len(attempts) > 2)
        assert first.keeper.kept["state"] == "failed"
    until(lambda: first.keeper.kept["state"] == "on" and written(first))
    assert notices(first) == ["The album cannot be saved: the disk is failing."]
    first.close()
    assert offered(again()) == 2


def test_a_disk_that_hangs_does_not_keep_the_window_open(
    again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, back, write = threading.Event(), threading.Event(), AlbumFile.write

    def hang(*values: Any) -> int:
        hangs.set()
        back.wait()
        return write(*values)

    monkeypatch.setattr(AlbumFile, "write", hang)
    monkeypatch.setattr(keeper, "PATIENCE", 0.05)
    shell = again()
    shell.intake.take(shell.photos("a.jpg"), analyze=True)
    assert hangs.wait(60)
    closing = threading.Thread(target=shell.keeper.flush, daemon=True)
    closing.start()
    closing.join(60)
    returned = not closing.is_alive()
    back.set()
    assert returned
    until(lambda: shell.states() == ["done"] and written(shell))  # nothing is lost when it comes back


def test_a_folder_that_cannot_be_made_stops_nothing(again: NewShell, until: Until, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    shell = again()
    until(lambda: shell.keeper.kept["state"] == "failed")
    shell.intake.take(shell.photos("a.jpg"), analyze=True)
    until(lambda: shell.states() == ["done"])
    until(lambda: notices(shell))
    (told,) = notices(shell)
    assert told.startswith("The album cannot be saved, nor can saved albums be opened: ")
    for on in (False, True):  # must not make it write to a file that it does not hold
        shell.bridge.set_setting("keep_album", on)
    until(lambda: shell.keeper.kept["state"] == "failed")
    (tmp_path / "data").unlink()
    until(lambda: shell.keeper.kept["state"] == "on" and written(shell))
    shell.close()
    assert offered(again()) == 1


def test_who_keeps_nothing_is_not_told_of_a_folder_that_cannot_be_made(
    again: NewShell, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = again()
    first.bridge.set_setting("keep_album", False)
    first.close()
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "data").write_text("a file where the folder should be")

    opened = AlbumFile.open
    tried = []
    monkeypatch.setattr(AlbumFile, "open", lambda file: tried.append(1) or opened(file))
    second = Shell(tmp_path, FakeWorker())
    try:
        second.start()
        second.greet()
        until(lambda: tried)
        second.intake.take(second.photos("a.jpg"), analyze=True)
        until(lambda: second.states() == ["done"] and written(second))
        assert second.keeper.kept["state"] == "off"
        assert notices(second) == []
        assert len(tried) == 1
        second.bridge.set_setting("keep_album", True)
        until(lambda: any("cannot be saved" in text for text in notices(second)))
        assert second.keeper.kept["state"] == "failed"
    finally:
        second.close()


def test_the_queue_does_not_wait_for_the_disk(again: NewShell, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, began, held = AlbumFile.write, threading.Event(), threading.Event()

    def write(self: AlbumFile, *arguments: Any) -> int:
        began.set()
        held.wait()
        return slow(self, *arguments)

    monkeypatch.setattr(AlbumFile, "write", write)
    shell = again()
    names = [f"{n}.jpg" for n in range(40)]
    try:
        shell.intake.take(shell.photos(*names), analyze=True)
        until(began.is_set)
        until(lambda: shell.states() == ["done"] * 40)
    finally:
        held.set()
    shell.close()
    assert offered(again()) == 40


def test_five_thousand_photos_come_back_quickly(
    again: NewShell, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes about a second of CPU time, mostly for reading JSON, and the first are shown long before the last.
    Nothing is decoded."""
    file = AlbumFile(tmp_path / "data" / "album.sqlite3")
    file.open()
    paths = [f"/gone/{n}.jpg" for n in range(5000)]
    file.write(None, [KeptPhoto(path, path, (1, 1), record(path, faces=3)) for path in paths])
    file.close()
    shell = again()
    assert offered(shell) == 5000
    read, held = AlbumFile.read, threading.Event()

    def read_most(self: AlbumFile, number: int) -> Iterator[KeptPhoto]:
        for kept in read(self, number):
            if kept.path == paths[-1]:
                held.wait()
            yield kept

    monkeypatch.setattr(AlbumFile, "read", read_most)
    calling = threading.Thread(target=shell.continue_last, daemon=True)
    began = time.process_time()
    calling.start()
    until(lambda: shell.album.get("p1"))
    assert shell.album.get("p5000") is None
    held.set()
    calling.join()
    assert time.process_time() - began < 5
    until(lambda: shell.events.delivered)
    sent = [photo["id"] for event in shell.sent if event["event"] == "photos" for photo in event["photos"]]
    assert sent == [f"p{n}" for n in range(1, 5001)]
    assert shell.worker.calls == []
