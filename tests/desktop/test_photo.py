"""desktop.photo"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from desktop_doubles import record

from desktop.names import NamedPlace
from desktop.photo import Photo, displayable, file_key, resolved_folder
from desktop.reports import Reports
from engine.paths import file_stamp


def test_json_is_the_contracts_photo(tmp_path: Path) -> None:
    photo = Photo("p1", str(tmp_path / "<b>x.jpg"))
    listed = {
        "id": "p1",
        "name": "<b>x.jpg",
        "folder": str(tmp_path),
        "state": "waiting",
        "thumbnail": None,
        "summary": None,
        "modified": None,
        "taken": None,
        "corrected": False,
    }
    assert photo.to_json() == listed
    nothing = {"preview": None, "enlarged": None, "faces": [], "report": None, "undoable": False, "camera": None}
    assert photo.to_whole_json(photo.record) == listed | nothing


@pytest.mark.skipif(sys.platform != "linux", reason="only there file names are any bytes")
def test_names_that_are_no_text_keep_their_path(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")
    photo = Photo("p1", path)
    assert photo.path == path
    assert photo.to_json()["name"] == "\ufffd.jpg"
    assert displayable("a\udcffb") == "a\ufffdb"


def test_a_file_has_a_newer_stamp_once_it_has_changed_since_the_report(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"1")
    stamp = file_stamp(path)
    report = Reports().keep(record(str(path)))
    analyzed = Photo("p1", str(path), "done", report=report, stamp=stamp)
    assert analyzed.newer_stamp is None
    path.write_bytes(b"22")
    assert analyzed.newer_stamp == file_stamp(path) != stamp
    assert replace(analyzed, report=None).newer_stamp is None
    path.unlink()
    assert analyzed.newer_stamp is None


def test_what_somebody_has_entered() -> None:
    photo = Photo("p1", "a.jpg")
    assert not photo.has_entries
    assert replace(photo, taken=1950).has_entries
    assert replace(photo, names=(NamedPlace((0.0, 0.0, 1.0, 1.0), "Anna"),)).has_entries


def test_all_spellings_of_a_path_have_one_key(tmp_path: Path) -> None:
    assert file_key(f"{tmp_path}/x/../a.jpg") == file_key(tmp_path / "a.jpg")
    assert file_key("odd\0name.jpg").endswith("odd\0name.jpg")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_all_links_to_a_file_have_its_key_and_each_folder_is_resolved_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "folder" / "a.jpg").touch()
    (tmp_path / "folder" / "b.jpg").symlink_to("a.jpg")
    asked: list[str] = []

    @cache
    def resolved(path: str) -> tuple[str, bool]:
        asked.append(path)
        return resolved_folder(path)

    for name in ("folder/a.jpg", "link/a.jpg", "folder/b.jpg", "link/b.jpg"):
        assert file_key(str(tmp_path / name), resolved) == file_key(tmp_path / "folder" / "a.jpg")
    assert file_key(str(tmp_path / "link" / "gone.jpg"), resolved) == str(tmp_path.resolve() / "folder" / "gone.jpg")
    assert asked == [str(tmp_path / "folder"), str(tmp_path / "link")]


@pytest.mark.skipif(os.name == "nt", reason="there no disk is asked")
@pytest.mark.parametrize(
    ("system", "answer", "alike"),
    [("darwin", 0, True), ("darwin", 1, False), ("darwin", None, False), ("linux", 0, False)],
)
def test_on_macos_the_disk_says_whether_case_makes_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, answer: int | None, alike: bool
) -> None:
    """A folder that was renamed from "Scans" to "scans" would otherwise give every photo a second time."""

    def ask(folder: str, what: int) -> int:
        assert what == 11
        if answer is None:
            raise OSError("made up")
        return answer

    monkeypatch.setattr(os, "pathconf", ask)
    monkeypatch.setattr(sys, "platform", system)
    keys = {file_key(tmp_path / name) for name in ("Scans/U\u0308.JPG", "scans/\u00fc.jpg")}
    assert (len(keys) == 1) is alike
    assert file_key(tmp_path / "Maß.jpg") != file_key(tmp_path / "Mass.jpg")
