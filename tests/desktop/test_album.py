"""desktop.album"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desktop_doubles import record

from desktop.album import Album
from desktop.moves import renamed
from desktop.names import NamedPlace
from desktop.photo import Photo
from desktop.pictures import promise
from engine.paths import file_stamp


@pytest.fixture
def heard() -> list[tuple[str, list[str]]]:
    return []


@pytest.fixture
def album(heard: list[tuple[str, list[str]]]) -> Album:
    return Album(lambda ids: heard.append(("changed", list(ids))), lambda ids: heard.append(("removed", list(ids))))


@pytest.mark.parametrize(("system", "photos"), [("darwin", 1), ("linux", 2)])
def test_accents_written_in_two_ways_are_one_photo_on_macos(
    album: Album, monkeypatch: pytest.MonkeyPatch, system: str, photos: int
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    album.add(["/m\u00fcller.jpg", "/mu\u0308ller.jpg"])
    assert len(album.photos()) == photos


@pytest.mark.skipif(sys.platform == "win32", reason="there no disk is asked")
def test_a_folder_renamed_in_case_gives_no_photo_twice_on_macos_and_costs_no_look_at_each_file(
    album: Album, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "pathconf", lambda folder, _: asked.append(folder) or 0)
    first = album.add([f"{tmp_path}/Scans/{number}.JPG" for number in range(100)])
    again = album.add([f"{tmp_path}/scans/{number}.jpg" for number in range(100)])
    assert (len(first.new), again.new, again.known) == (100, (), first.new)
    assert set(asked) == {f"{tmp_path}/Scans", f"{tmp_path}/scans"}
    assert len(asked) < 100  # several look at once, and may not know yet what the others have found


def test_a_file_is_taken_once_whatever_its_spelling(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    photo = tmp_path / "a.jpg"
    photo.touch()
    monkeypatch.chdir(tmp_path)
    first = album.add([str(photo)])
    again = album.add(["a.jpg", f"{tmp_path}/sub/../a.jpg", str(photo)])
    assert len(first.new) == 1
    assert again.new == ()
    assert again.known == first.new


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_links_to_one_file_are_one_photo(album: Album, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "link.jpg").symlink_to(tmp_path / "a.jpg")
    (tmp_path / "folder").symlink_to(tmp_path)
    added = album.add([str(tmp_path / name) for name in ("a.jpg", "link.jpg", "folder/a.jpg")])
    assert len(added.new) == 1
    assert added.known == ()  # within one call a photo is new, not known


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_path_whose_links_lead_elsewhere_now_is_the_same_photo(
    album: Album, tmp_path: Path, heard: list[tuple[str, list[str]]]
) -> None:
    """As after a home was moved to a larger disk and a link left in its place."""
    old, new = tmp_path / "home", tmp_path / "disk"
    old.mkdir()
    (old / "a.jpg").touch()
    path = str(old / "a.jpg")
    (photo_id,) = album.add([path]).new
    before = album.get(photo_id)
    assert before is not None
    old.rename(new)
    old.symlink_to(new)
    heard.clear()
    added = album.add([path])
    assert (added.new, added.known) == ((), (photo_id,))
    assert heard == [("changed", [photo_id])]
    assert album.get(photo_id) == replace(before, file=os.path.realpath(path))
    assert album.add([str(new / "a.jpg")]).known == (photo_id,)
    # Nor are there two of it when the photo of an earlier run comes back.
    kept = [Photo("", path, file=path, taken=1980)]
    assert album.restore(kept).new == []
    (photo,) = album.photos()
    assert (photo.taken, photo.file) == (1980, os.path.realpath(path))
    album.remove([photo_id])
    assert album.add([path]).new != ()


def test_files_of_one_name_in_two_folders_are_two_photos(album: Album, tmp_path: Path) -> None:
    assert len(album.add([str(tmp_path / "x" / "a.jpg"), str(tmp_path / "y" / "a.jpg")]).new) == 2


def test_a_file_that_was_moved_is_the_same_photo(
    album: Album, tmp_path: Path, heard: list[tuple[str, list[str]]]
) -> None:
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
    names = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    for name in names:
        (tmp_path / "old" / name).write_bytes(name.encode() * 10)
    before = album.add([str(tmp_path / "old" / name) for name in names]).new
    album.update(before[0], taken=1980)
    (tmp_path / "old" / "a.jpg").rename(tmp_path / "new" / "a.jpg")
    shutil.copy2(tmp_path / "old" / "b.jpg", tmp_path / "new" / "b.jpg")  # the first one is still there
    (tmp_path / "old" / "c.jpg").unlink()
    (tmp_path / "new" / "c.jpg").write_bytes(b"another")
    (tmp_path / "old" / "d.jpg").rename(tmp_path / "new" / "d.jpg")
    os.utime(tmp_path / "new" / "d.jpg", ns=(1, 1))  # another photo of the same size
    heard.clear()
    added = album.add([str(tmp_path / "new" / name) for name in names])
    assert added.moved == added.known == before[:1]
    assert added.displaced == (), "also of the copied one"
    assert len(added.new) == 3
    assert heard == [("changed", [*added.new, *before[:1]])]
    moved = album.get(before[0])
    assert moved is not None
    assert (moved.path, moved.file, moved.taken) == (*[str(tmp_path / "new" / "a.jpg")] * 2, 1980)
    assert album.add([moved.path]).known == before[:1]
    (tmp_path / "new" / "a.jpg").rename(tmp_path / "old" / "a.jpg")
    assert album.add([str(tmp_path / "old" / "a.jpg")]).moved == before[:1]


def test_a_file_that_was_renamed_is_the_same_photo(album: Album, tmp_path: Path) -> None:
    old, new = tmp_path / "Gruppe_001.jpg", tmp_path / "Fest 1962.jpg"
    old.write_bytes(b"a party")
    (photo_id,) = album.add([str(old)]).new
    old.rename(new)
    assert album.add([str(new)]).moved == (photo_id,)
    moved = album.get(photo_id)
    assert moved is not None
    assert (moved.path, moved.file) == (str(new), str(new))


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        # Path -> time, before and after.
        ({"a": 1}, {"b": 2}, []),
        ({"a": 10**9 + 1}, {"b": 10**9}, []),  # such a small difference counts only under the same name
        ({"a": 1, "b": 1}, {"c": 1}, []),  # which of the two?
        ({"a": 1}, {"b": 1, "c": 1}, []),
        ({"a": 1, "b": 1}, {"x/b": 1, "c": 1}, ["b"]),
        ({"a": 1, "b": 1}, {"a": 1, "c": 1}, ["b"]),  # the first is where it was
        ({"a": 1}, {"a": 2, "b": 1}, []),
    ],
)
def test_a_renamed_file_is_the_same_photo_only_without_doubt(
    album: Album, tmp_path: Path, old: dict[str, int], new: dict[str, int], moved: list[str]
) -> None:
    def make(times: dict[str, int]) -> list[str]:
        for name, time in times.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"a scan")
            os.utime(tmp_path / name, ns=(time, time))
        return [str(tmp_path / name) for name in times]

    before = dict(zip(old, album.add(make(old)).new, strict=True))
    for name in old:
        (tmp_path / name).unlink()
    assert album.add(make(new)).moved == tuple(before[name] for name in moved)


@pytest.mark.parametrize(
    "kept", ["d:\\photos\\m\u00fcller.jpg", "/Volumes/photos/Mu\u0308ller.JPG", "/photos/M\u00fcller.JPG"]
)
def test_a_photo_copied_from_another_system_is_the_same(album: Album, tmp_path: Path, kept: str) -> None:
    photo = tmp_path / "M\u00fcller.JPG"
    photo.touch()
    (restored,) = album.restore([Photo("", kept, file=kept, stamp=file_stamp(photo))]).new
    assert album.add([str(photo)]).moved == (restored.id,)


@pytest.mark.parametrize("rounded", [6_000_000_000, 8_000_000_000])  # Windows rounds up for FAT
def test_a_file_that_was_moved_to_a_drive_with_coarser_times_is_the_same_photo(
    album: Album, tmp_path: Path, rounded: int
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.jpg").touch()
    os.utime(tmp_path / "old" / "a.jpg", ns=(0, 7_123_456_789))
    (photo_id,) = album.add([str(tmp_path / "old" / "a.jpg")]).new
    album.update(photo_id, state="done", report=album.keep(record("a.jpg")))
    (tmp_path / "old").rename(tmp_path / "new")
    os.utime(tmp_path / "new" / "a.jpg", ns=(0, rounded))
    assert album.add([str(tmp_path / "new" / "a.jpg")]).moved == (photo_id,)
    moved = album.get(photo_id)
    assert moved is not None
    assert (moved.stamp, moved.newer_stamp) == (file_stamp(moved.path), None)


def test_a_photo_that_is_named_while_its_new_place_is_looked_at_is_moved_all_the_same(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.jpg").touch()
    (photo_id,) = album.add([str(tmp_path / "old" / "a.jpg")]).new
    (tmp_path / "old").rename(tmp_path / "new")
    look = album._left

    def look_and_name(files: Any) -> Any:
        left = look(files)
        album.update(photo_id, taken=1980)
        return left

    monkeypatch.setattr(album, "_left", look_and_name)
    assert album.add([str(tmp_path / "new" / "a.jpg")]).moved == (photo_id,)
    moved = album.get(photo_id)
    assert moved is not None
    assert moved.taken == 1980


def test_a_copy_that_is_where_it_was_is_not_the_one_that_was_moved(album: Album, tmp_path: Path) -> None:
    folders = [tmp_path / "x", tmp_path / "y"]
    for folder in folders:
        folder.mkdir()
        (folder / "a.jpg").touch()
        os.utime(folder / "a.jpg", ns=(1, 1))
    moved, stays = album.add([str(folder / "a.jpg") for folder in folders]).new
    folders[0].rename(tmp_path / "z")
    added = album.add([str(tmp_path / "y" / "a.jpg"), str(tmp_path / "z" / "a.jpg")])
    assert (added.known, added.moved) == ((stays, moved), (moved,))
    assert [photo.path for photo in album.photos()] == [str(tmp_path / name / "a.jpg") for name in "zy"]


@pytest.mark.parametrize("meanwhile", [{"state": "working"}, {"stamp": (1, 2)}])
def test_a_photo_that_is_analysed_while_its_new_place_is_looked_at_is_not_moved(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: dict[str, Any]
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.jpg").touch()
    (photo_id,) = album.add([str(tmp_path / "old" / "a.jpg")]).new
    (tmp_path / "old").rename(tmp_path / "new")
    look = album._left

    def look_and_analyse(files: Any) -> Any:
        left = look(files)
        album.update(photo_id, **meanwhile)
        return left

    monkeypatch.setattr(album, "_left", look_and_analyse)
    added = album.add([str(tmp_path / "new" / "a.jpg")])
    assert (len(added.new), added.moved) == (1, ())


@pytest.mark.parametrize("meanwhile", [None, {"state": "working"}, {"stamp": (1, 2)}])
def test_a_photo_that_is_analysed_while_an_earlier_run_is_looked_at_is_not_moved(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: dict[str, Any] | None
) -> None:
    old, new = tmp_path / "old.jpg", tmp_path / "new.jpg"
    old.touch()
    (photo_id,) = album.add([str(old)]).new
    old.rename(new)
    look = album._left_for

    def look_and_analyse(*values: Any) -> Any:
        left = look(*values)
        album.update(photo_id, **meanwhile or {})
        return left

    monkeypatch.setattr(album, "_left_for", look_and_analyse)
    restored = album.restore([Photo("", str(new), file=str(new), stamp=file_stamp(new), taken=1980)])
    assert (len(restored.new), len(restored.completed)) == ((0, 1) if meanwhile is None else (1, 0))
    assert album.photos()[0].path == str(old if meanwhile else new)


def swapped_files(album: Album, tmp_path: Path) -> tuple[str, ...]:
    """Ids of photos with reports whose files have been swapped since."""
    paths = [tmp_path / "1.jpg", tmp_path / "2.jpg"]
    for size, path in enumerate(paths):
        path.write_bytes(b"." * size)
    ids = album.add(map(str, paths)).new
    for photo_id in ids:
        album.update(photo_id, state="done", report=album.keep(record(photo_id)))
    aside = paths[0].rename(tmp_path / "aside")
    paths[1].rename(paths[0])
    aside.rename(paths[1])
    return ids


@pytest.mark.parametrize(
    "entered", [{"taken": 1950}, {"names": (NamedPlace((4.0, 5.0, 20.0, 24.0), "Anna"),)}, {"taken": None}]
)
def test_a_photo_whose_file_is_gone_stays_for_what_was_entered_into_it(
    album: Album, tmp_path: Path, entered: dict[str, Any]
) -> None:
    """Another photo's file has its path."""
    ids = swapped_files(album, tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"a photo")
    (tmp_path / "b.jpg").write_bytes(b"another photo")
    moved, gone = album.add([str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg")]).new
    album.update(moved, state="done", report=album.keep(record("a.jpg")))
    album.update(gone, **entered)
    (tmp_path / "a.jpg").replace(tmp_path / "b.jpg")
    album.follow_renames(album.stamps(ids))
    names = {photo.id: Path(photo.path).name for photo in album.some([moved, gone])}
    assert names == {moved: "b.jpg"} | ({} if entered == {"taken": None} else {gone: "a.jpg"})


@pytest.mark.parametrize("meanwhile", [{"stamp": (1, 2)}, {"path": "elsewhere.jpg"}])
def test_a_photo_that_changes_while_it_is_looked_at_does_not_follow_its_file(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: dict[str, Any]
) -> None:
    ids = swapped_files(album, tmp_path)

    def changed(photos: Any) -> Any:
        album.update(ids[0], **meanwhile)
        return renamed(photos)

    monkeypatch.setattr("desktop.album.renamed", changed)
    album.follow_renames(album.stamps(ids))
    assert [Path(photo.path).name for photo in album.photos()] == [meanwhile.get("path", "1.jpg"), "2.jpg"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_path_that_a_photo_has_taken_from_another_is_its_own(album: Album, tmp_path: Path) -> None:
    """Also once the links on it lead elsewhere."""
    old, new = tmp_path / "home", tmp_path / "disk"
    old.mkdir()
    paths = [old / "a.jpg", old / "b.jpg"]
    for size, path in enumerate(paths):
        path.write_bytes(b"." * size)
    ids = album.add(map(str, paths)).new
    for photo_id in ids:
        album.update(photo_id, state="done", report=album.keep(record(photo_id)))
    aside = paths[0].rename(old / "aside")
    paths[1].rename(paths[0])
    aside.rename(paths[1])
    album.follow_renames(album.stamps(ids))
    old.rename(new)
    old.symlink_to(new)
    assert album.add([str(paths[0])]).known == ids[1:]


@pytest.mark.parametrize("back", [False, True])
def test_a_removed_photo_meets_its_file_whatever_its_path_is_by_then(
    album: Album, tmp_path: Path, heard: list[tuple[str, list[str]]], back: bool
) -> None:
    """As when a drive has got another name, perhaps only for a while."""
    old, new = tmp_path / "old.jpg", tmp_path / "new.jpg"
    old.touch()
    (first,) = album.add([str(old)]).new
    album.update(first, taken=1980)
    album.remove([first])
    old.rename(new)
    (again,) = album.add([str(new)]).new
    if back:
        new.rename(old)
    heard.clear()
    restored = album.bring_back()
    assert restored is not None
    assert (restored.new, [photo.id for photo in restored.completed]) == ([], [again])
    assert [(photo.path, photo.taken) for photo in album.photos()] == [(str(old if back else new), 1980)]
    assert heard == [("changed", [again])]


def test_copies_that_were_moved_keep_their_order(album: Album, tmp_path: Path) -> None:
    folders = [tmp_path / "x", tmp_path / "y"]
    for folder in folders:
        folder.mkdir()
        (folder / "a.jpg").touch()
        os.utime(folder / "a.jpg", ns=(1, 1))
    before = album.add([str(folder / "a.jpg") for folder in folders]).new
    (tmp_path / "moved").mkdir()
    for folder in folders:
        folder.rename(tmp_path / "moved" / folder.name)
    added = album.add([str(tmp_path / "moved" / folder.name / "a.jpg") for folder in folders])
    assert added.moved == before


def test_a_photo_that_is_being_analysed_is_not_moved(album: Album, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.jpg").touch()
    (photo_id,) = album.add([str(tmp_path / "old" / "a.jpg")]).new
    album.update(photo_id, state="working")
    (tmp_path / "old").rename(tmp_path / "new")
    assert len(album.add([str(tmp_path / "new" / "a.jpg")]).new) == 1


def test_a_removed_photo_can_come_again_with_a_new_id(album: Album, tmp_path: Path) -> None:
    path = str(tmp_path / "a.jpg")
    first = album.add([path]).new
    assert album.remove(first) == list(first)
    assert album.get(first[0]) is None
    second = album.add([path]).new
    assert len(second) == 1
    assert second != first


def test_changes_are_announced_and_only_changes(album: Album, heard: list[tuple[str, list[str]]]) -> None:
    (photo_id,) = album.add(["a.jpg"]).new
    album.update(photo_id, state="queued")
    album.update(photo_id, state="queued")
    album.remove([photo_id, "p99"])
    assert album.update(photo_id, state="done") is None
    assert heard == [("changed", [photo_id]), ("changed", [photo_id]), ("removed", [photo_id])]


def test_photos_of_an_earlier_run_come_back_once_each(
    album: Album, heard: list[tuple[str, list[str]]], tmp_path: Path
) -> None:
    here, other = str(tmp_path / "here.jpg"), str(tmp_path / "other.jpg")
    album.add([here])
    kept = [Photo("", path, "done", file=os.path.realpath(path), stamp=(1, 2)) for path in (here, other, other)]
    restored = album.restore(kept)
    assert [(photo.id, photo.path, photo.stamp) for photo in restored.new] == [("p2", other, (1, 2))]
    assert restored.new[0].pictures is not None
    assert restored.completed == []
    assert album.get("p2") == restored.new[0]
    assert heard == [("changed", ["p1"]), ("changed", ["p2"])]
    assert album.add([other]).known == ("p2",)


def test_a_photo_that_was_moved_and_added_meanwhile_is_the_same(album: Album, tmp_path: Path) -> None:
    here, twin, before = (tmp_path / name for name in ("here.jpg", "twin.jpg", "before.jpg"))
    here.write_bytes(b"1")
    album.add([str(here)])
    anna = NamedPlace((4.0, 5.0, 20.0, 24.0), "Anna")
    kept = Photo("", str(before), file=str(before), stamp=file_stamp(here), names=(anna,))
    assert album.restore([kept]) == ([], [], [kept])
    restored = album.restore([kept], {kept.stamp})
    assert [(photo.id, photo.names) for photo in restored.completed] == [("p1", (anna,))]
    assert [photo.path for photo in album.photos()] == [str(here)]
    before.write_bytes(b"1")  # it was copied, not moved
    os.utime(before, ns=(1, file_stamp(here)[1]))
    assert [photo.path for photo in album.restore([kept]).new] == [str(before)]
    before.unlink()
    shutil.copy2(here, twin)
    album.add([str(twin)])
    for name, alone in (("x", {kept.stamp}), ("y", set())):  # of several, here or in that run, it is none
        (new,) = album.restore([replace(kept, path=name, file=name)], alone).new
        assert new.path == name


def test_what_a_photo_has_here_stays_when_that_of_an_earlier_run_comes_back(album: Album) -> None:
    (photo_id,) = album.add(["a.jpg"]).new
    anna, ben = (NamedPlace((4.0, 5.0, 20.0, 24.0), name) for name in ("Anna", "Ben"))
    album.update(photo_id, state="done", report=album.keep(record("a.jpg")), names=(anna,), taken=1980)
    (here,) = album.photos()
    kept = replace(here, id="", report=album.keep(record("a.jpg", faces=2)), names=(ben,), taken=1975)
    assert album.restore([kept, replace(kept, names=(), taken=None)]).completed == []
    assert album.photos() == [here]


@pytest.mark.parametrize(
    ("corrected", "stamp", "comes"), [(True, (1, 2), True), (False, (1, 2), False), (True, (3, 4), False)]
)
def test_an_earlier_correction_replaces_a_report_that_nobody_has_corrected(
    album: Album, corrected: bool, stamp: tuple[int, int], comes: bool
) -> None:
    (photo_id,) = album.add(["a.jpg"]).new
    album.update(photo_id, state="done", report=album.keep(record("a.jpg")), stamp=(1, 2))
    (here,) = album.photos()
    kept = replace(here, id="", report=album.keep(record("a.jpg", faces=2)), corrected=corrected, stamp=stamp)
    album.update(photo_id, names=(NamedPlace((4.0, 5.0, 20.0, 24.0), "Anna"),))
    album.restore([kept])
    assert len(album.get(photo_id).record["faces"]) == 1  # where the name is
    album.update(photo_id, names=(), corrected=True)
    album.restore([kept])
    assert len(album.get(photo_id).record["faces"]) == 1  # as the user has corrected it here
    album.update(photo_id, corrected=False)
    album.restore([kept])
    assert (len(album.get(photo_id).record["faces"]) == 2, album.get(photo_id).corrected) == (comes, comes)


def test_an_earlier_correction_goes_with_the_file_though_another_has_its_path(album: Album) -> None:
    ids = album.add(["a.jpg", "b.jpg"]).new
    for size, photo_id in enumerate(ids):
        album.update(photo_id, state="done", report=album.keep(record(photo_id)), stamp=(size, 1))
    here, other = album.photos()
    corrected = album.keep(record("a.jpg", faces=2))
    album.restore([replace(here, id="", report=corrected, corrected=True, stamp=other.stamp)])
    assert [photo.corrected for photo in album.photos()] == [False, True]


@pytest.mark.parametrize("here", ["waiting", "failed"])
def test_a_photo_without_a_report_gets_its_earlier_report_and_what_belongs_to_it(album: Album, here: str) -> None:
    (photo_id,) = album.add(["a.jpg"]).new
    if here == "failed":
        album.update(photo_id, state="done", report=album.keep(record("a.jpg", "error", "not_found")))
    else:
        album.update(photo_id, pictures=promise(photo_id, 0))
    (before,) = album.photos()
    report = album.keep(record("a.jpg"))
    kept = replace(before, id="", state="done", report=report, corrected=True, stamp=(1, 2), camera=1975)
    (completed,) = album.restore([kept]).completed
    assert album.photos() == [completed]
    assert completed == replace(kept, id=photo_id, pictures=completed.pictures)
    assert len(completed.to_whole_json(None)["faces"]) == 1


@pytest.mark.parametrize(("moved", "stays"), [(0.0, True), (40.0, False)])
def test_another_picture_at_a_path_does_not_get_the_names_and_year_of_the_earlier_one(
    album: Album, moved: float, stays: bool
) -> None:
    (photo_id,) = album.add(["a.jpg"]).new
    album.update(photo_id, state="done", report=album.keep(record("a.jpg")), stamp=(1, 1))
    (here,) = album.photos()
    anna = NamedPlace((4.0 + moved, 5.0, 20.0 + moved, 24.0), "Anna")
    album.restore([replace(here, id="", stamp=(2, 2), names=(anna,), taken=1950)])
    (photo,) = album.photos()
    assert (photo.names, photo.taken) == (((anna,), 1950) if stays else ((), None))
    # What does not stay waits for the file with that picture, which may be added from elsewhere.
    (other,) = album.add(["b.jpg"]).new
    album.update(other, state="done", report=here.report, stamp=(2, 2))
    assert album.reunite([other]) == (not stays)
    assert album.get(other).names == (() if stays else (anna,))


def test_names_of_an_earlier_run_fit_the_size_that_the_picture_has_here(album: Album) -> None:
    (photo_id,) = album.add(["a.jpg"]).new
    report = album.keep(record("a.jpg"))
    twice = [2 * value for value in (4.0, 5.0, 20.0, 24.0)]
    larger = record("a.jpg") | {"width": 128, "height": 96, "faces": [record("a.jpg")["faces"][0] | {"box": twice}]}
    album.update(photo_id, state="done", report=album.keep(larger), stamp=(1, 1))
    (here,) = album.photos()
    anna = NamedPlace((4.0, 5.0, 20.0, 24.0), "Anna")
    album.restore([replace(here, id="", report=report, stamp=(2, 2), names=(anna,))])
    assert album.get(photo_id).names == (NamedPlace(tuple(twice), "Anna"),)


@pytest.mark.parametrize(("year", "stays"), [(1950, False), (1960, True)])
def test_a_year_goes_with_its_picture_unless_another_was_entered(
    album: Album, heard: list[tuple[str, list[str]]], year: int, stays: bool
) -> None:
    here, other = album.add(["a.jpg", "b.jpg"]).new
    for photo_id in (here, other):
        album.update(photo_id, state="done", report=album.keep(record("a.jpg")))
    before = album.update(here, taken=1950, stamp=(1, 1))
    assert before is not None
    album.update(here, taken=year, stamp=(2, 2))
    album.update(other, stamp=(1, 1))
    heard.clear()
    assert album.set_apart(before)
    assert [photo.taken for photo in album.photos()] == [year if stays else None, 1950]
    assert heard == [("changed", [other] if stays else [here, other])]
    album.update(other, taken=1970)
    assert not album.reunite([other]), "it has come to its file"


def test_what_was_entered_into_a_file_stays_when_the_names_of_its_picture_come(album: Album) -> None:
    here, other = album.add(["a.jpg", "b.jpg"]).new
    for photo_id in (here, other):
        album.update(photo_id, state="done", report=album.keep(record("a.jpg")))
    anna, ben = (NamedPlace((x, 5.0, 20.0, 24.0), name) for x, name in ((4.0, "Anna"), (40.0, "Ben")))
    before = album.update(here, names=(anna,), stamp=(1, 1))
    assert before is not None
    album.update(here, names=(), stamp=(2, 2))
    album.update(other, names=(ben,), taken=1970, stamp=(1, 1))
    assert album.set_apart(before)
    assert [(photo.names, photo.taken) for photo in album.photos()] == [((), None), ((ben, anna), 1970)]


def test_a_photo_stays_waiting_if_it_could_not_be_read_in_an_earlier_run(album: Album) -> None:
    album.add(["a.jpg"])
    (here,) = album.photos()
    failed = replace(here, id="", state="done", report=album.keep(record("a.jpg", "error", "not_found")))
    assert album.restore([failed]).completed == []
    assert album.photos() == [here]


def test_names_come_back_to_a_photo_that_can_still_not_be_read(album: Album) -> None:
    (photo_id,) = album.add(["a.jpg"]).new
    album.update(photo_id, state="done", report=album.keep(record("a.jpg", "error", "not_found")))
    (here,) = album.photos()
    anna = NamedPlace((4.0, 5.0, 20.0, 24.0), "Anna")
    album.restore([replace(here, id="", stamp=(1, 1), names=(anna,), taken=1950)])
    assert [(photo.names, photo.taken) for photo in album.photos()] == [((anna,), 1950)]


def test_a_photo_that_was_waiting_in_an_earlier_run_takes_nothing_from_the_one_here(album: Album) -> None:
    (photo_id,) = album.add(["a.jpg"]).new
    (waiting,) = album.photos()
    here = album.update(photo_id, state="done", report=album.keep(record("a.jpg")), stamp=(1, 1))
    assert album.restore([replace(waiting, id="", stamp=(2, 2))]).completed == []
    assert album.photos() == [here]


def test_of_photos_that_come_back_only_the_files_that_seem_to_have_been_moved_are_looked_at(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be thousands, on a slow drive."""
    here = tmp_path / "here.jpg"
    here.write_bytes(b"1")
    album.add([str(here)])
    before = str(tmp_path / "before.jpg")
    kept = Photo("", before, file=before, stamp=file_stamp(here))
    looked: list[str] = []
    monkeypatch.setattr("engine.paths.file_stamp", looked.append)
    album.restore([kept, replace(kept, path="other.jpg", file="other.jpg", stamp=(1, 2))])
    assert looked == [before]


def test_photos_whose_files_are_added_elsewhere_are_told_in_the_order_of_these_files(
    album: Album, tmp_path: Path
) -> None:
    """In that order they are analyzed again."""
    scans = [tmp_path / f"{number}.jpg" for number in range(8)]
    for size, path in enumerate(scans, 1):
        path.write_bytes(bytes(size))
    ids = album.add(map(str, scans)).new
    for photo_id in ids:
        album.update(photo_id, state="done", report=album.keep(record(photo_id)))
    elsewhere = [path.rename(tmp_path / f"{path.stem} elsewhere.jpg") for path in scans]
    for path in scans:
        path.write_bytes(bytes(100))
    assert album.add(map(str, elsewhere)).displaced == ids


def test_impossible_names_are_taken_in(album: Album) -> None:
    """The engine says what is wrong with them; here they must not stop the others."""
    assert len(album.add(["nul\0byte.jpg", "x" * 5000, "fine.jpg"]).new) == 3


def test_the_date_of_the_file_is_known_at_hand(album: Album, tmp_path: Path) -> None:
    """Without reading the photo, and without failing if it is missing."""
    there = tmp_path / "a.jpg"
    there.touch()
    os.utime(there, (86_400, 86_400))
    album.add([str(there), str(tmp_path / "missing.jpg"), "odd\0name.jpg"])
    assert [photo.to_json()["modified"] for photo in album.photos()] == [86_400.0, None, None]
