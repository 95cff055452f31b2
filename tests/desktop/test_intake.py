"""desktop.intake: drops, the dialog and the command line."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from desktop_doubles import ODD_NAMES, FakeWorker, record

from desktop import intake
from desktop.photo import Photo
from engine.paths import PathList, file_stamp
from engine.worker_messages import Outcome

Until = Callable[..., float]


def test_two_files_of_one_name_both_come(shell: Any, until: Until) -> None:
    shell.start()
    assert shell.intake.take(shell.photos("x/same.jpg", "y/same.jpg"), analyze=True) == 2
    until(lambda: shell.states() == ["done", "done"])
    assert {photo.path for photo in shell.album.photos()} == {
        str(shell.folder / "x" / "same.jpg"),
        str(shell.folder / "y" / "same.jpg"),
    }


def test_the_page_is_told_which_photo_was_opened(shell: Any, until: Until) -> None:
    """Also if it was there already; and only once the page has it."""
    shell.start()
    shell.greet()
    first, second = shell.photos("first.jpg", "second.jpg")
    for paths, given in (([first], "p1"), ([second, first], "p2"), ([first], "p1")):
        shell.sent.clear()
        shell.intake.take(paths, analyze=True, show=True)
        until(lambda given=given: {"event": "given", "given": given} in shell.sent)
        kinds = [event["event"] for event in shell.sent if event["event"] in ("photos", "given")]
        assert kinds[:2] == ["photos", "given"] or kinds[0] == "given" == kinds[-1]
    shell.sent.clear()
    shell.intake.take(shell.photos("third.jpg"), analyze=True)
    until(lambda: shell.events.delivered and shell.states() == ["done"] * 3)
    assert "given" not in {event["event"] for event in shell.sent}


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows does not have")
def test_odd_names_are_analysed(shell: Any, until: Until) -> None:
    shell.start()
    assert shell.intake.take(shell.photos(*ODD_NAMES), analyze=True) == len(ODD_NAMES)
    until(lambda: shell.states() == ["done"] * len(ODD_NAMES))
    assert [photo.record["status"] for photo in shell.album.photos()] == ["ok"] * len(ODD_NAMES)
    assert [photo.to_json()["name"] for photo in shell.album.photos()] == ODD_NAMES


def test_the_first_photos_are_there_before_the_last_have_been_looked_at(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a drive that takes long for each file."""
    monkeypatch.setattr(intake, "_AT_ONCE", 2)
    shell.start()
    shell.greet()
    paths = shell.photos("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg")
    add, seen, go = shell.album.add, [], threading.Event()

    def slow(some: Any, clearings: int) -> Any:
        seen.append(len(some))
        if len(seen) == 2:
            assert go.wait(60)
        return add(some, clearings)

    monkeypatch.setattr(shell.album, "add", slow)
    taken: list[int] = []
    taking = threading.Thread(target=lambda: taken.append(shell.intake.take(paths, analyze=True, show=True)))
    taking.start()
    until(lambda: shell.states() == ["done", "done"])
    go.set()
    taking.join()
    until(lambda: shell.states() == ["done"] * 5 and shell.events.delivered)
    assert (taken, seen, shell.notices()) == ([5], [2, 2, 1], [])
    assert [event["given"] for event in shell.sent if event["event"] == "given"] == ["p1"]
    shell.intake.take(paths, analyze=True)
    until(lambda: shell.notices() == ["These photos are already here."])


def test_what_is_still_on_its_way_when_a_run_is_cancelled_waits(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_AT_ONCE", 2)
    shell.start()
    add = shell.album.add
    seen: list[int] = []

    def cancelled(some: Any, clearings: int) -> Any:
        seen.append(len(some))
        if len(seen) == 2:
            shell.jobs.cancel()
        return add(some, clearings)

    monkeypatch.setattr(shell.album, "add", cancelled)
    assert shell.intake.take(shell.photos(*(f"{name}.jpg" for name in "abcde")), analyze=True) == 5
    until(lambda: shell.jobs.idle)
    assert shell.states()[2:] == ["waiting"] * 3


def test_a_folder_that_is_still_looked_through_when_a_run_is_cancelled_waits(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = intake.walk

    def cancelled(paths: list[str], found: PathList, recursive: bool) -> Iterator[list[str]]:
        shell.jobs.cancel()
        yield from walk(paths, found, recursive)

    monkeypatch.setattr(intake, "walk", cancelled)
    shell.start()
    assert shell.intake.take(shell.photos("a.jpg", "b.jpg"), analyze=True) == 2
    until(lambda: shell.jobs.idle)
    assert shell.states() == ["waiting", "waiting"]
    assert all(photo.pictures is not None for photo in shell.album.photos())


def test_a_folder_that_is_still_looked_through_when_everything_is_removed_does_not_come(
    shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = intake.walk

    def removed(paths: list[str], found: PathList, recursive: bool) -> Iterator[list[str]]:
        shell.bridge.remove(None)
        yield from walk(paths, found, recursive)

    monkeypatch.setattr(intake, "walk", removed)
    assert shell.intake.take(shell.photos("a.jpg", "b.jpg"), analyze=True) == 0
    assert shell.album.photos() == []


def test_what_a_slow_folder_has_given_so_far_is_there_while_the_rest_is_looked_through(
    shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_WAIT", -1)
    shell.photos("1/a.jpg", "2/b.jpg", "3/c.jpg")
    folder = shell.folder
    scandir, reached, back = os.scandir, threading.Event(), threading.Event()

    def slow(path: str) -> Any:
        if Path(path) == folder / "3":
            reached.set()
            back.wait()
        return scandir(path)

    monkeypatch.setattr(os, "scandir", slow)
    taking = threading.Thread(target=shell.intake.take, args=([str(folder)], False), daemon=True)
    taking.start()
    reached.wait()
    so_far = [Path(photo.path).name for photo in shell.album.photos()]
    back.set()
    taking.join()
    assert so_far == ["a.jpg", "b.jpg"]
    assert [Path(photo.path).name for photo in shell.album.photos()] == ["a.jpg", "b.jpg", "c.jpg"]


def test_photos_of_many_small_folders_are_taken_in_together(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_AT_ONCE", 4)
    monkeypatch.setattr(intake, "_WAIT", 60)
    shell.photos(*(f"{folder}/{name}.jpg" for folder in (1, 2, 3) for name in "abc"))
    add, sizes = shell.album.add, []

    def counted(paths: list[str], clearings: int) -> Any:
        sizes.append(len(paths))
        return add(paths, clearings)

    monkeypatch.setattr(shell.album, "add", counted)
    assert shell.intake.take([str(shell.folder)], analyze=False) == 9
    assert sizes == [4, 4, 1]


def test_photos_that_are_looked_at_when_a_run_is_cancelled_wait(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.start()
    shell.greet()
    (path,) = shell.photos("a.jpg")
    shell.intake.take([path], analyze=True)
    until(lambda: shell.jobs.idle)
    Path(path).write_bytes(b"cropped")
    look = Photo.newer_stamp.fget
    assert look is not None

    def cancelled(photo: Photo) -> Any:
        shell.jobs.cancel()
        return look(photo)

    monkeypatch.setattr(Photo, "newer_stamp", property(cancelled))
    shell.worker.calls.clear()
    assert shell.intake.take([path, *shell.photos("new.jpg")], analyze=True) == 1
    until(lambda: shell.jobs.idle and shell.events.delivered)
    assert shell.states() == ["done", "waiting"]
    assert [kind for kind, _ in shell.worker.calls] == ["preview"]
    assert shell.notices() == []


def test_what_is_still_on_its_way_when_everything_is_removed_does_not_come(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_AT_ONCE", 2)
    shell.start()
    look = shell.album._left
    seen: list[int] = []

    def removed(files: Any) -> Any:
        seen.append(len(files))
        if len(seen) == 2:
            assert shell.bridge.remove(None) == 2
        return look(files)

    monkeypatch.setattr(shell.album, "_left", removed)
    shell.intake.take(shell.photos(*(f"{name}.jpg" for name in "abcdef")), analyze=True)
    assert (shell.states(), seen) == ([], [2, 2])
    assert shell.bridge.bring_back() == 2
    assert shell.intake.take(shell.photos("e.jpg"), analyze=False) == 1, "what is added later comes"


def test_of_a_folder_all_photos_at_any_depth(shell: Any) -> None:
    shell.photos("d/2.jpg", "d/10.JPG", "d/deep/er/x.png", "d/notes.txt", "d/.hidden.jpg")
    assert shell.intake.take([str(shell.folder / "d")], analyze=False) == 3
    assert [Path(photo.path).name for photo in shell.album.photos()] == ["2.jpg", "10.JPG", "x.png"]


def test_an_empty_folder_and_known_photos_are_told(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    (shell.folder / "empty").mkdir()
    photos = shell.photos("a.jpg")
    assert shell.intake.take([str(shell.folder / "empty"), *photos], analyze=False) == 1
    assert shell.intake.take(photos, analyze=False) == 0
    until(lambda: len([event for event in shell.sent if event["event"] == "notice"]) == 2)
    texts = [event["text"] for event in shell.sent if event["event"] == "notice"]
    assert texts == ["There is no photo in the folder empty.", "This photo is already here."]


def test_a_library_of_photos_is_not_taken_apart_on_macos(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.photos("Our.photoslibrary/originals/0/1.jpg", "Our.photoslibrary/resources/derivatives/0/1_4.jpg")
    shell.start()
    shell.greet()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "platform", "darwin")
        assert shell.intake.take([f"{shell.folder / 'Our.photoslibrary'}/"], analyze=False) == 0
    told = "Our.photoslibrary is a library of Photos. Export the photos there first."
    until(lambda: shell.notices() == [told])


def test_a_folder_that_cannot_be_read_is_told(shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> Any:
        raise PermissionError(13, "Permission denied", path)

    shell.start()
    shell.greet()
    (shell.folder / "closed").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", refused)
        assert shell.intake.take([str(shell.folder / "closed")], analyze=False) == 0
    until(lambda: shell.notices() == ["The folder closed cannot be read."])


def test_a_missing_file_becomes_an_entry_that_says_so(shell: Any, until: Until) -> None:
    shell.start()
    assert shell.intake.take([str(shell.folder / "missing.jpg")], analyze=True) == 1
    until(lambda: shell.states() == ["done"])
    assert shell.album.photos()[0].record["error"]["code"] == "not_found"


def test_dropped_again_a_waiting_or_failed_photo_is_analysed_a_done_one_is_not(shell: Any, until: Until) -> None:
    shell.start()
    late = str(shell.folder / "late.jpg")
    shell.intake.take([late], analyze=True)
    until(lambda: shell.states() == ["done"])
    shell.photos("late.jpg")
    waiting = shell.photos("waiting.jpg")
    shell.intake.take(waiting, analyze=False)
    shell.intake.take([late, *waiting], analyze=True)
    until(lambda: [photo.report and photo.record["status"] for photo in shell.album.photos()] == ["ok", "ok"])
    until(lambda: shell.jobs.idle)
    count = len(shell.worker.calls)
    shell.intake.take([late, *waiting], analyze=True)
    until(lambda: shell.jobs.idle)
    assert len(shell.worker.calls) == count


def test_photos_that_are_tried_again_are_not_said_to_be_here_already(shell: Any, until: Until) -> None:
    """As after a drive was lost, and is there again."""
    shell.start()
    shell.greet()
    lost = [str(shell.folder / name) for name in ("a.jpg", "b.jpg")]
    shell.intake.take(lost, analyze=True)
    until(lambda: shell.states() == ["done", "done"] and shell.jobs.idle)
    assert all(photo.failed for photo in shell.album.photos())
    shell.photos("a.jpg", "b.jpg")
    shell.intake.take(lost, analyze=True)
    until(lambda: shell.jobs.idle and shell.events.delivered)
    assert not any(photo.failed for photo in shell.album.photos())
    assert shell.notices() == []


def test_dropped_again_a_photo_that_has_changed_is_analysed(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    same, changed = shell.photos("same.jpg", "changed.jpg")
    shell.intake.take([same, changed], analyze=True)
    until(lambda: shell.states() == ["done", "done"] and shell.jobs.idle)
    Path(changed).write_bytes(b"cropped")
    shell.worker.calls.clear()
    shell.intake.take([same, changed], analyze=True)
    until(lambda: shell.jobs.idle and shell.worker.calls == [("analyze", changed)])
    shell.intake.take([same, changed], analyze=True)
    told = ["1 photo has changed since last time and is being analyzed again.", "These photos are already here."]
    until(lambda: shell.notices() == told)


def test_names_in_a_photo_that_has_changed_are_to_be_checked(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    named, other = paths = shell.photos("named.jpg", "other.jpg")
    shell.intake.take(paths, analyze=True)
    until(lambda: shell.states() == ["done", "done"] and shell.jobs.idle)
    shell.bridge.name_face("p1", [4.0, 5.0, 20.0, 24.0], "Anna")
    told = ["1 photo has changed since last time and is being analyzed again."]
    Path(other).write_bytes(b"cropped")
    shell.intake.take(paths, analyze=True)
    until(lambda: shell.jobs.idle and shell.events.delivered)
    assert shell.notices() == told
    Path(named).write_bytes(b"cropped")
    shell.intake.take(paths, analyze=True)
    until(lambda: shell.jobs.idle and shell.events.delivered)
    assert shell.notices() == [*told, f"{told[0]} Check its names and year."]


def test_a_changed_photo_that_crashes_does_not_keep_its_earlier_report(shell: Any, until: Until) -> None:
    """Or it would crash at each start."""
    shell.start()
    (path,) = shell.photos("a.jpg")
    shell.intake.take([path], analyze=True)
    until(lambda: shell.states() == ["done"] and shell.jobs.idle)
    Path(path).write_bytes(b"damaged")
    shell.worker.analyze = lambda *_args, **_options: Outcome(record(path, "error", "crashed"))
    shell.intake.take([path], analyze=True)
    until(lambda: shell.jobs.idle)
    (photo,) = shell.album.photos()
    assert (photo.failed, photo.newer_stamp) == (True, None)


def test_raw_files_of_a_folder_are_not_left_out_without_a_word(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    (path,) = shell.photos("a.jpg")
    for name in ("b.cr2", "c.nef"):
        (shell.folder / name).touch()
    shell.intake.take([str(Path(path).parent)], analyze=False)
    until(lambda: shell.notices() == ["2 raw files were left out. Export them as JPEG to see ages."])


def test_photos_of_a_folder_that_was_moved_are_known(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    paths = shell.photos("a.jpg", "b.jpg")
    shell.intake.take(paths, analyze=True)
    until(lambda: shell.states() == ["done", "done"] and shell.jobs.idle)
    shell.worker.calls.clear()
    (shell.folder / "moved").mkdir()
    moved = [str(Path(path).rename(shell.folder / "moved" / Path(path).name)) for path in paths]
    assert shell.intake.take(moved, analyze=True) == 0
    until(lambda: shell.notices() == [
        "2 photos were moved or renamed. Their names, years and corrections were kept."
    ])  # fmt: skip
    assert [photo.record["path"] for photo in shell.album.photos()] == moved
    assert shell.worker.calls == []


@pytest.mark.parametrize("state", ["done", "queued", "working"])
def test_photos_whose_files_were_swapped_follow_them(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """Even if an analysis of one of them is queued or has begun: the result is not the other's."""
    monkeypatch.setattr(intake, "_AT_ONCE", 1)
    shell.start()
    shell.greet()
    one, other = paths = shell.photos("a.jpg", "b.jpg")
    Path(other).write_bytes(b"another")
    shell.intake.take(paths, analyze=True)
    until(lambda: shell.states() == ["done", "done"] and shell.jobs.idle)
    shell.bridge.name_face("p1", [4.0, 5.0, 20.0, 24.0], "Anna")
    before = shell.album.get("p1")
    Path(one).rename(shell.folder / "c.jpg")
    Path(other).rename(one)
    (shell.folder / "c.jpg").rename(other)
    shell.album.update("p1", state=state)
    shell.worker.calls.clear()
    shell.intake.take(paths, analyze=True)
    until(lambda: shell.notices() == ["These photos are already here."])
    after = shell.album.get("p1")
    assert (after.path, after.file, after.state) == (other, other, "done")
    assert (after.names, after.report, after.newer_stamp) == (before.names, before.report, None)
    assert after.pictures not in (None, before.pictures)
    assert shell.album.get("p2").path == one
    assert shell.album.add(paths).known == ("p2", "p1")
    assert shell.worker.calls == []


def test_a_photo_whose_first_analysis_has_begun_does_not_follow_its_file(shell: Any) -> None:
    paths = shell.photos("a.jpg", "b.jpg")
    Path(paths[1]).write_bytes(b"another")
    shell.album.add(paths)
    shell.album.update("p1", state="done", report=shell.album.keep(record(paths[0])))
    shell.album.update("p2", state="working")
    Path(paths[0]).rename(shell.folder / "c.jpg")
    Path(paths[1]).rename(paths[0])
    (shell.folder / "c.jpg").rename(paths[1])
    shell.album.follow_renames(shell.album.stamps(["p1"]))
    assert [photo.path for photo in shell.album.photos()] == paths
    shell.album.update("p2", state="waiting")
    shell.album.follow_renames(shell.album.stamps(["p1"]))
    assert [photo.path for photo in shell.album.photos()] == paths[::-1]


def test_photos_follow_their_files_though_others_cannot(shell: Any) -> None:
    paths = [Path(path) for path in shell.photos("a.jpg", "b.jpg", "c.jpg", "d.jpg")]
    for size, path in enumerate(paths, 1):
        path.write_bytes(b"." * size)
    ids = shell.album.add(map(str, paths)).new
    for photo_id in (ids[0], *ids[2:]):
        shell.album.update(photo_id, state="done", report=shell.album.keep(record(photo_id)))
    shell.album.update(ids[1], state="working", taken=1950)
    for one, other in (paths[:2], paths[2:]):
        aside = one.rename(shell.folder / "aside")
        other.rename(one)
        aside.rename(other)
    shell.album.follow_renames(shell.album.stamps(ids))
    assert [Path(photo.path).name for photo in shell.album.photos()] == ["a.jpg", "b.jpg", "d.jpg", "c.jpg"]


def test_all_photos_follow_their_files_when_a_folder_with_one_more_scan_in_front_is_added(
    shell: Any, until: Until
) -> None:
    """The new scan is at the first one's path, and the file at the new path is the last one's."""
    shell.start()
    shell.greet()
    paths = shell.photos("1.jpg", "2.jpg", "3.jpg")
    shell.intake.take(paths, analyze=True)
    until(lambda: shell.states() == ["done"] * 3 and shell.jobs.idle)
    for photo, name in zip(shell.album.photos(), ["Anna", "Ben", "Cora"], strict=True):
        shell.bridge.name_face(photo.id, [4.0, 5.0, 20.0, 24.0], name)
    more = [*paths, str(shell.folder / "4.jpg")]
    for path, following in zip(paths[::-1], more[:0:-1], strict=True):
        Path(path).rename(following)
    Path(paths[0]).write_bytes(b"inserted")
    shell.worker.calls.clear()
    shell.intake.take(more, analyze=False)
    photos = shell.album.photos()
    assert [photo.path for photo in photos] == [*more[1:], more[0]]
    assert [[one.name for one in photo.names] for photo in photos] == [["Anna"], ["Ben"], ["Cora"], []]
    assert photos[3].stamp == file_stamp(more[0])


def test_a_photo_of_an_earlier_drop_whose_path_others_have_taken_does_not_count(shell: Any, until: Until) -> None:
    """Its file was deleted, and the two others were numbered anew."""
    shell.start()
    shell.greet()
    first, deleted, last = shell.photos("1.jpg", "2.jpg", "3.jpg")
    Path(first).write_bytes(b"another")
    shell.intake.take([first, last], analyze=True)
    until(lambda: shell.states() == ["done", "done"] and shell.jobs.idle)
    shell.intake.take([deleted], analyze=False)
    Path(first).replace(deleted)
    Path(last).rename(first)
    assert shell.intake.take([first, deleted], analyze=False) == 0
    assert [photo.path for photo in shell.album.photos()] == [deleted, first]


def test_a_queued_photo_whose_path_others_have_taken_is_not_worked_on(
    shell: Any, worker: FakeWorker, until: Until
) -> None:
    """A paused run that has nothing left is over."""
    shell.start()
    first, deleted, last, busy = shell.photos("1.jpg", "2.jpg", "3.jpg", "busy.jpg")
    Path(first).write_bytes(b"another")
    shell.intake.take([first, last], analyze=True)
    until(lambda: shell.states() == ["done", "done"] and shell.jobs.idle)
    worker.gate = threading.Event()
    shell.intake.take([busy], analyze=True)
    until(lambda: shell.album.get("p3").state == "working")
    shell.intake.take([deleted], analyze=True)
    Path(first).replace(deleted)
    Path(last).rename(first)
    shell.bridge.pause()
    worker.gate.set()
    until(lambda: shell.jobs._job is None)
    shell.intake.take([first, deleted], analyze=False)
    assert [photo.path for photo in shell.album.photos()] == [deleted, first, busy]
    assert (shell.jobs.run["state"], shell.jobs.run["total"]) == ("idle", 1)


def test_a_paused_run_does_not_wait_for_a_photo_that_was_moved(shell: Any, worker: FakeWorker, until: Until) -> None:
    shell.start()
    path, busy = map(Path, shell.photos("a.jpg", "busy.jpg"))
    shell.intake.take([str(path)], analyze=True)
    until(lambda: shell.states() == ["done"] and shell.jobs.idle)
    worker.gate = threading.Event()
    shell.intake.take([str(busy)], analyze=True)
    shell.bridge.analyze(["p1"])
    until(lambda: shell.states() == ["queued", "working"])
    shell.bridge.pause()
    moved = path.rename(shell.folder / "moved.jpg")
    shell.intake.take([str(moved)], analyze=False)
    assert shell.states() == ["done", "working"]
    worker.gate.set()
    until(lambda: shell.jobs.idle)
    assert (shell.jobs.run["state"], shell.jobs.run["total"]) == ("idle", 1)


def test_dropped_again_a_photo_keeps_its_corrections_though_it_has_changed(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    (path,) = shell.photos("a.jpg")
    shell.intake.take([path], analyze=True)
    until(lambda: shell.states() == ["done"] and shell.jobs.idle)
    (photo,) = shell.album.photos()
    assert shell.bridge.remove_face(photo.id, photo.record["faces"][0]["box"])
    Path(path).write_bytes(b"tagged")
    shell.worker.calls.clear()
    shell.intake.take([path], analyze=True)
    told = [
        "1 changed photo keeps the faces that you corrected. To look for faces again, select it and use Analyze again."
    ]
    until(lambda: shell.notices() == told)
    assert shell.album.get(photo.id).record["faces"] == []
    assert shell.worker.calls == []


def test_a_new_photo_that_gets_an_earlier_report_at_once_keeps_it(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The album in which it is corrected is continued while the photo is taken in."""
    shell.start()
    (path,) = shell.photos("a.jpg")
    shell.intake.take([path], analyze=True)
    until(lambda: shell.jobs.idle)
    assert shell.bridge.remove_face("p1", shell.album.get("p1").record["faces"][0]["box"])
    corrected = shell.album.get("p1")
    shell.bridge.remove(None)
    add = shell.album.add

    def continued(paths: Any, clearings: int) -> Any:
        added = add(paths, clearings)
        shell.album.restore([corrected])
        return added

    monkeypatch.setattr(shell.album, "add", continued)
    shell.intake.take([path], analyze=True)
    until(lambda: shell.jobs.idle)
    (photo,) = shell.album.photos()
    assert photo.corrected
    assert photo.record["faces"] == []


@pytest.mark.parametrize("look", [1, 3])
def test_a_photo_that_gets_an_earlier_report_just_before_it_is_queued_keeps_it(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch, look: int
) -> None:
    """The album in which it is corrected is continued after one of the looks at the photos."""
    shell.start()
    known, path = shell.photos("known.jpg", "a.jpg")
    shell.intake.take([known, path], analyze=True)
    until(lambda: shell.jobs.idle)
    assert shell.bridge.remove_face("p2", shell.album.get("p2").record["faces"][0]["box"])
    corrected = shell.album.get("p2")
    shell.bridge.remove(["p2"])
    shell.intake.take([path], analyze=False)
    some, looks = shell.album.some, []

    def continued(ids: Any) -> Any:
        photos = some(ids)
        looks.append(photos)
        if len(looks) == look:
            shell.album.restore([corrected])
        return photos

    monkeypatch.setattr(shell.album, "some", continued)
    shell.intake.take([known, path], analyze=True)
    until(lambda: shell.jobs.idle)
    assert len(looks) == 3
    assert [photo.corrected for photo in shell.album.photos()] == [False, True]


def test_a_disk_that_hangs_does_not_hold_up_what_is_dropped_later(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk, hangs, back = intake.walk, threading.Event(), threading.Event()

    def slow(paths: list[str], found: PathList, recursive: bool) -> Iterator[list[str]]:
        if paths == ["/share"]:
            hangs.set()
            back.wait()
        yield from walk(paths, found, recursive)

    monkeypatch.setattr(intake, "walk", slow)
    dropping = threading.Thread(target=shell.intake.take, args=(["/share"], False), daemon=True)
    dropping.start()
    hangs.wait()
    later = threading.Thread(target=shell.intake.take, args=(shell.photos("a.jpg"), False), daemon=True)
    later.start()
    until(shell.album.photos)
    back.set()
    dropping.join()
    assert [Path(photo.path).name for photo in shell.album.photos()] == ["a.jpg", "share"]


@pytest.mark.parametrize(("at_once", "states"), [(True, ["done"]), (False, ["waiting"])])
def test_a_drop_is_analysed_at_once_or_waits_as_the_user_wants(
    shell: Any, until: Until, at_once: bool, states: list[str]
) -> None:
    shell.bridge.set_setting("analyze_on_drop", at_once)
    shell.start()
    assert shell.intake.drop(shell.photos("a.jpg")) == 1
    until(lambda: shell.album.photos()[0].pictures is not None)
    assert shell.states() == states
