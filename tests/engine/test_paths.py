"""Which photos a list of files and folders stands for."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine import paths
from engine.paths import collect, file_stamp, is_same_file, is_same_stamp, missing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "2.jpg",
        "10.jpg",
        "1.PNG",
        "notes.txt",
        ".hidden.jpg",
        "sub/3.heic",
        "sub/deeper/4.webp",
        "sub/deeper/5.MPO",
        ".git/5.jpg",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def closed_folder(closed: Path) -> Callable[[str], Any]:
    """`os.scandir` with a folder that may not be read; root may read them all."""
    scandir = os.scandir

    def scan(path: str) -> Any:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    return scan


def names(folder: Path, recursive: bool) -> list[str]:
    return [Path(photo).relative_to(folder).as_posix() for photo in collect([folder], recursive).photos]


def test_a_folder_gives_its_direct_photos_in_natural_order(folder: Path) -> None:
    assert names(folder, recursive=False) == ["1.PNG", "2.jpg", "10.jpg"]


def test_raw_files_are_counted_where_no_photo_of_their_name_lies_beside_them(tmp_path: Path) -> None:
    for name in ("a.CR2", "a.jpg", "b.nef", ".c.nef", "sub/a.dng"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert collect([tmp_path]).raw_files == 1
    assert collect([tmp_path], recursive=True).raw_files == 2
    found = collect([tmp_path / "sub"])
    assert (found.photos, found.raw_files, found.empty_folders) == ([], 1, [])  # it is told why there is none


def test_recursive_walks(folder: Path) -> None:
    within = ["sub/3.heic", "sub/deeper/4.webp", "sub/deeper/5.MPO"]
    assert names(folder, recursive=True) == ["1.PNG", "2.jpg", "10.jpg", *within]


def test_the_order_is_that_of_a_file_manager(tmp_path: Path) -> None:
    for name in ("b.jpg", "C.jpg", "a.jpg", "Roll 10/1.jpg", "Roll 9/1.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path, recursive=True) == ["a.jpg", "b.jpg", "C.jpg", "Roll 9/1.jpg", "Roll 10/1.jpg"]


@pytest.mark.parametrize("system", ["win32", "linux"])
def test_wildcards_are_expanded_where_no_shell_does_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    inner = folder / "sub [1]"
    (folder / "sub").rename(inner)
    given = [str(folder / "*.jpg"), str(inner / "?.heic"), str(folder / "*.gif")]
    found = [str(folder / "2.jpg"), str(folder / "10.jpg"), str(inner / "3.heic"), given[2]]
    assert list(collect(given).photos) == (found if system == "win32" else given)


def test_files_are_taken_as_they_are_and_once(folder: Path) -> None:
    given = [str(folder / "notes.txt"), str(folder / "none.jpg"), str(folder / "2.jpg"), str(folder / "2.jpg"), "a\0b"]
    assert list(collect(given).photos) == [given[0], given[1], given[2], "a\0b"]


def test_two_ways_to_write_a_path_are_one_photo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    inner = os.path.join(os.curdir, "sub", "3.heic")  # noqa: PTH118  (Path drops what this is about)
    given = ["10.jpg", os.path.join(os.curdir, "10.jpg"), str(folder / "2.jpg"), inner, "sub", "."]  # noqa: PTH118
    more = os.path.join(os.curdir, "1.PNG")  # noqa: PTH118
    assert collect(given).photos == ["10.jpg", str(folder / "2.jpg"), inner, more]
    assert collect(["", "10.jpg", "", f"10.jpg{os.sep}"]).photos == ["", "10.jpg"]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere, the current folder cannot be removed, and .. is another")
def test_what_may_be_two_photos_stays_two(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "link").symlink_to(folder / "sub", target_is_directory=True)
    (folder / "gone").mkdir()
    monkeypatch.chdir(folder)
    given = ["2.jpg", "link/../2.jpg", "sub/3.heic", "link/3.heic"]
    assert collect(given).photos == given
    monkeypatch.chdir("gone")
    Path("../gone").rmdir()
    assert collect(["a.jpg", "./a.jpg"]).photos == ["a.jpg", "./a.jpg"]


def test_a_folder_without_photos_is_told(tmp_path: Path) -> None:
    assert collect([tmp_path]).empty_folders == [str(tmp_path)]


@pytest.mark.parametrize("name", ["", "sub"])
def test_a_folder_that_cannot_be_read_is_not_called_empty(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Like one that macOS protects, or a network share without permission."""
    closed = folder / name
    monkeypatch.setattr(os, "scandir", closed_folder(closed))
    found = collect([folder], recursive=True)
    assert found.unreadable_folders == [str(closed)]
    assert found.empty_folders == []
    assert [Path(photo).name for photo in found.photos] == ([] if name == "" else ["1.PNG", "2.jpg", "10.jpg"])


def test_a_folder_is_left_out_unless_it_is_given(folder: Path) -> None:
    sub = folder / "sub"
    found = collect([folder], recursive=True, leave_out=sub)
    assert ([Path(photo).name for photo in found.photos], found.left_out) == (["1.PNG", "2.jpg", "10.jpg"], True)
    found = collect([sub], recursive=True, leave_out=sub)
    assert ([Path(photo).name for photo in found.photos], found.left_out) == (["3.heic", "4.webp", "5.MPO"], False)


def test_a_folder_that_lies_too_deep_costs_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before Python 3.12, `os.walk` recurses."""
    (tmp_path / "1.jpg").touch()
    walk = os.walk

    def shallow(top: str, **options: Any) -> Any:
        yield from walk(top, **options)
        raise RecursionError

    monkeypatch.setattr(os, "walk", shallow)
    found = collect([tmp_path], recursive=True)
    assert [Path(path).name for path in found.photos] == ["1.jpg"]
    assert found.unreadable_folders == [str(tmp_path)]


@pytest.mark.usefixtures("links")
def test_a_link_loop_ends(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").touch()
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert names(tmp_path, recursive=True) == ["1.jpg"]


def test_a_junction_of_windows_is_no_folder_within(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' user profiles contain junctions that lead back to the profile."""

    def lstat(path: str) -> Any:
        return SimpleNamespace(st_mode=stat.S_IFDIR, st_reparse_tag=0xA0000003 if Path(path).name == "deeper" else 0)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "lstat", lstat)
    assert names(folder, recursive=True) == ["1.PNG", "2.jpg", "10.jpg", "sub/3.heic"]


@pytest.fixture
def short_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's functions have Windows' limit."""

    def limited(function: Any) -> Any:
        def with_limit(path: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(path, int):
                return function(path, *arguments, **options)
            path = os.fspath(path)
            if len(path) >= 260 and not path.startswith("\\\\?\\"):
                raise FileNotFoundError(errno.ENOENT, "The system cannot find the path specified", path)
            return function(path.removeprefix("\\\\?\\"), *arguments, **options)

        return with_limit

    for name in ("stat", "lstat", "scandir"):
        monkeypatch.setattr(os, name, limited(getattr(os, name)))
    monkeypatch.setattr(sys, "platform", "win32")


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    folder = tmp_path / "top"
    for name in ("10", "a" * 100, "b" * 100, "c" * 100, "d"):
        folder /= name
        folder.mkdir(parents=True)
        (folder / "1.jpg").write_bytes(b"12345")
    (folder.parent / "e").mkdir()
    (folder.parent / "e" / "2.jpg").touch()
    return folder


@pytest.mark.usefixtures("short_paths")
def test_folders_and_photos_beyond_the_length_of_windows_paths_are_found(tmp_path: Path, deep: Path) -> None:
    found = collect([tmp_path / "top"], recursive=True)
    assert len(found.photos) == 6
    assert found.photos[-2:] == [str(deep / "1.jpg"), str(deep.parent / "e" / "2.jpg")]
    assert found.unreadable_folders == []
    assert collect([deep]).photos == [str(deep / "1.jpg")]
    assert collect([f"{deep.parent}/"], recursive=True).photos == [
        f"{deep.parent}/{name}" for name in ("1.jpg", "d/1.jpg", "e/2.jpg")
    ]
    assert file_stamp(deep / "1.jpg") is not None
    assert missing([str(deep / "1.jpg"), str(deep / "2.jpg")]) == {str(deep / "2.jpg")}
    assert is_same_file(deep / "1.jpg", deep / ".." / "d" / "1.jpg")


@pytest.mark.usefixtures("short_paths")
def test_what_cannot_be_read_beyond_the_length_of_windows_paths_is_told_as_it_is_called(
    tmp_path: Path, deep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "scandir", closed_folder(Path(f"\\\\?\\{deep}")))
    assert collect([tmp_path / "top"], recursive=True).unreadable_folders == [str(deep)]


@pytest.mark.parametrize("attributes", [0x12, 0x14])
def test_hidden_folders_of_windows_are_left_out_unless_they_are_given(
    folder: Path, monkeypatch: pytest.MonkeyPatch, attributes: int
) -> None:
    """A drive has its recycle bin in one."""

    def lstat(path: str) -> Any:
        return SimpleNamespace(
            st_mode=stat.S_IFDIR, st_file_attributes=attributes if Path(path).name == "sub" else 0x10
        )

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "lstat", lstat)
    assert names(folder, recursive=True) == ["1.PNG", "2.jpg", "10.jpg"]
    assert names(folder / "sub", recursive=True) == ["3.heic", "deeper/4.webp", "deeper/5.MPO"]


SCANDIR = os.scandir


class Listing:
    """`os.scandir` of Windows, where some files are hidden."""

    def __init__(self, path: str, hidden: dict[str, int]) -> None:
        with SCANDIR(path) as entries:
            self._entries = [self._entry(entry, hidden.get(entry.name, 0x20)) for entry in entries]

    def _entry(self, entry: os.DirEntry[str], attributes: int) -> Any:
        status = SimpleNamespace(st_file_attributes=attributes)
        return SimpleNamespace(
            name=entry.name, is_dir=entry.is_dir, is_symlink=entry.is_symlink, stat=lambda follow_symlinks: status
        )

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        if not self._entries:
            raise StopIteration
        return self._entries.pop(0)


@pytest.mark.parametrize("attributes", [0x22, 0x26])
def test_hidden_files_of_windows_are_left_out_unless_they_are_given(
    folder: Path, monkeypatch: pytest.MonkeyPatch, attributes: int
) -> None:
    """Media players put hidden covers beside music."""
    hidden = {"10.jpg": attributes, "3.heic": attributes, "2.jpg": 0x24}
    (folder / "raw.cr2").touch()
    hidden["raw.cr2"] = attributes
    monkeypatch.setattr(os, "scandir", lambda path: Listing(path, hidden))
    monkeypatch.setattr(sys, "platform", "win32")
    assert names(folder, recursive=True) == ["1.PNG", "2.jpg", "sub/deeper/4.webp", "sub/deeper/5.MPO"]
    assert collect([folder]).raw_files == 0
    assert collect([folder / "10.jpg"]).photos == [str(folder / "10.jpg")]


@pytest.mark.parametrize("package", ["x.photosLibrary", "x.lrlibrary", "x.app"])
@pytest.mark.parametrize(("system", "opened"), [("darwin", False), ("linux", True)])
def test_packages_of_macos_are_not_opened_and_a_library_of_photos_not_even_if_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, system: str, opened: bool
) -> None:
    """It holds every photo several times, as a small copy too."""
    (tmp_path / package).mkdir()
    for name in ("own.jpg", f"{package}/1.jpg"):
        (tmp_path / name).touch()
    monkeypatch.setattr(sys, "platform", system)
    assert names(tmp_path, recursive=True) == ["own.jpg", *([f"{package}/1.jpg"] if opened else [])]
    found = collect([f"{tmp_path / package}/", tmp_path / "own.jpg"], recursive=True)
    taken = opened or package != "x.photosLibrary"
    assert found.photos == [*([f"{tmp_path / package}/1.jpg"] if taken else []), str(tmp_path / "own.jpg")]
    assert found.libraries == ([] if taken else [f"{tmp_path / package}/"])
    assert found.empty_folders == []


def test_another_content_has_another_stamp(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    assert file_stamp(path) is None
    path.write_bytes(b"one")
    first = file_stamp(path)
    assert first == (3, path.stat().st_mtime_ns)
    path.write_bytes(b"three")
    assert file_stamp(path) != first
    assert file_stamp("nul\0byte.jpg") is None


@pytest.mark.parametrize(
    ("modified", "same"),
    [
        (1_700_000_001_234_567_890, True),
        (1_700_000_001_234_567_800, True),  # NTFS
        (1_700_000_001_234_567_000, True),  # microseconds
        (1_700_000_001_234_000_000, True),  # milliseconds
        (1_700_000_001_230_000_000, True),  # exFAT
        (1_700_000_001_000_000_000, True),  # tar
        (1_700_000_000_000_000_000, True),  # FAT
        (1_700_000_002_000_000_000, True),  # FAT, as Windows rounds
        (1_700_003_602_000_000_000, True),  # and in summer
        (1_699_996_400_000_000_000, True),
        (int(1_700_000_001_234_567_890 / 1e9 * 1e9), True),  # seconds in a `float`
        (1_700_000_001_234_568_891, False),
        (1_700_000_001_334_567_890, False),
        (1_700_000_004_000_000_000, False),
        (1_700_001_802_000_000_000, False),
        (1_700_097_202_000_000_000, False),  # 27 hours
    ],
)
def test_times_that_a_drive_or_a_backup_has_rounded_are_the_same(modified: int, same: bool) -> None:
    stamp = (5, 1_700_000_001_234_567_890)
    assert is_same_stamp(stamp, (5, modified)) == is_same_stamp((5, modified), stamp) == same
    assert not is_same_stamp(stamp, (6, modified))
    assert not is_same_stamp(stamp, None)


def test_missing_files_and_those_of_missing_folders(tmp_path: Path) -> None:
    (tmp_path / "here.jpg").touch()
    files = [str(tmp_path / name) for name in ("here.jpg", "gone.jpg", "away/a.jpg")]
    assert missing(iter(files)) == set(files[1:])


def test_a_folder_that_is_away_is_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(paths.os.path, "isdir", asked.append)  # type: ignore[func-returns-value]
    files = {str(tmp_path / "away" / f"{number}.jpg") for number in range(50)}
    monkeypatch.setattr(paths, "file_stamp", pytest.fail)
    assert missing(files) == files
    assert asked == [str(tmp_path / "away")]
