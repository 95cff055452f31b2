"""Files that appear only when they are complete, and names that overwrite nothing."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from engine.files import reason, replacing, write_new


def full(_descriptor: int) -> NoReturn:
    raise OSError(28, "No space left on device")


def test_a_file_takes_its_place_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("before")
    with replacing(target) as file:
        file.write(b"after")
        file.flush()
        assert target.read_text() == "before"
    assert target.read_text() == "after"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.usefixtures("links")
def test_of_a_link_the_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link, loose = tmp_path / "folder" / "a.csv", tmp_path / "link.csv", tmp_path / "loose.csv"
    target.write_text("before")
    link.symlink_to(target)
    loose.symlink_to(Path("folder") / "new.csv")
    for path in (link, loose):
        with replacing(path) as file:
            file.write(b"after")
        assert path.is_symlink()
    assert target.read_text() == (tmp_path / "folder" / "new.csv").read_text() == "after"
    assert len(list(tmp_path.rglob("*"))) == 5


@pytest.mark.usefixtures("links")
def test_a_link_that_the_system_does_not_follow_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Linux refuses another user's link in a shared folder."""
    (tmp_path / "link.csv").symlink_to(tmp_path / "target")

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if follow_symlinks:
            raise PermissionError(errno.EACCES, "Permission denied")
        return os.lstat(path)

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(PermissionError), replacing(tmp_path / "link.csv"):
        pass
    assert list(tmp_path.iterdir()) == [tmp_path / "link.csv"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), MemoryError()])
def test_what_is_interrupted_leaves_the_file_that_was_there_and_nothing_else(
    tmp_path: Path, error: BaseException
) -> None:
    target = tmp_path / "a.csv"
    target.write_text("before")
    with pytest.raises(type(error)), replacing(target) as file:
        file.write(b"half")
        raise error
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_at_the_last_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"), replacing(tmp_path / "a.csv") as file:
        file.write(b"half")
    with pytest.raises(OSError, match="No space"):
        write_new(tmp_path, "a", ".jpg", b"content")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_whole_when_it_is_sent_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a power cut could leave an empty file under the name."""
    sizes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: sizes.append(os.fstat(descriptor).st_size))
    with replacing(tmp_path / "a.csv") as file:
        file.write(b"after")
    assert sizes[0] == 5


def test_a_full_disk_that_has_no_room_for_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = os.open

    def limited(path: Path, flags: int, mode: int = 0o777) -> int:
        return create(path, flags, mode) if path.suffix == ".part" else full(0)

    monkeypatch.setattr(os, "open", limited)
    with pytest.raises(OSError, match="No space"):
        write_new(tmp_path, "a", ".jpg", b"content")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux lists what is open")
def test_nothing_stays_open(tmp_path: Path) -> None:
    """A long session writes more files than a process may have open."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        write_new(tmp_path, "a", ".jpg", b"content")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_the_users_umask_holds(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "a"):
            pass
        with replacing(tmp_path / "b", mode=0o600):
            pass
        write_new(tmp_path, "c", "", b"")
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "abc"] == [0o640, 0o600, 0o640]


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
@pytest.mark.parametrize(
    ("before", "mode", "after"), [(0o600, 0o666, 0o600), (0o664, 0o666, 0o664), (0o644, 0o600, 0o600)]
)
def test_rights_of_the_file_that_is_replaced_stay(tmp_path: Path, before: int, mode: int, after: int) -> None:
    """Except for permissions that `mode` withholds."""
    target = tmp_path / "a"
    target.write_bytes(b"before")
    target.chmod(before)
    with replacing(target, mode) as file:
        file.write(b"after")
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"after", after)


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "größe.jpg").write_text("somebody's")
    (tmp_path / "größe-3.jpg").mkdir()
    for content in (b"one", b"two"):
        write_new(tmp_path, "größe", ".jpg", content)
    assert [(tmp_path / f"größe-{number}.jpg").read_bytes() for number in (2, 4)] == [b"one", b"two"]
    assert (tmp_path / "größe.jpg").read_text() == "somebody's"


@pytest.mark.usefixtures("links")
def test_a_name_that_a_link_to_nowhere_has_is_taken(tmp_path: Path) -> None:
    (tmp_path / "größe.jpg").symlink_to(tmp_path / "nowhere")
    write_new(tmp_path, "größe", ".jpg", b"one")
    assert (tmp_path / "größe-2.jpg").read_bytes() == b"one"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("stem", ["x" * 252, "写" * 84])
def test_a_name_that_the_file_system_cannot_hold_is_made_plain(tmp_path: Path, stem: str) -> None:
    for content in (b"one", b"two"):
        write_new(tmp_path, stem, ".jpg", content)
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == [b"one", b"two"]


@pytest.mark.parametrize("room", [64, 30])
def test_a_path_that_is_too_long_for_windows_is_made_shorter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """The limit is for the whole path, and a path that is too long is reported as not found."""
    longest, create = len(str(tmp_path / "x")) - 1 + room, os.open

    def limited(path: Path, flags: int, mode: int = 0o777) -> int:
        if len(str(path)) > longest:
            raise FileNotFoundError(2, "No such file or directory")
        return create(path, flags, mode)

    monkeypatch.setattr(os, "open", limited)
    for content in (b"one", b"two"):
        write_new(tmp_path, "x" * 90, ".jpg", content)
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == [b"one", b"two"]
    assert all(path.name.startswith("x" * 15) for path in tmp_path.iterdir())


def test_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write_new(tmp_path / "none", "a", ".jpg", b"")
    assert reason(caught.value) == "the folder is no longer there"


def test_a_file_that_cannot_be_renamed_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError) as caught:
        write_new(tmp_path, "a", ".jpg", b"")
    assert list(tmp_path.iterdir()) == []
    assert "no permission to write" in reason(caught.value)


@pytest.mark.parametrize("winerror", [5, 32])
def test_a_file_that_is_held_for_a_moment_is_renamed_then(
    tmp_path: Path, scan: Callable[..., Any], winerror: int
) -> None:
    scanner = scan(2, winerror)
    with replacing(tmp_path / "a.csv") as file:
        file.write(b"after")
    assert (tmp_path / "a.csv").read_bytes() == b"after"
    assert 0 < scanner.paused < 0.5
    scan(2, winerror)
    write_new(tmp_path, "a", ".csv", b"new")
    assert (tmp_path / "a-2.csv").read_bytes() == b"new"


def test_a_file_that_another_program_has_open_is_told_after_a_second(tmp_path: Path, scan: Callable[..., Any]) -> None:
    scanner = scan(99)
    with pytest.raises(PermissionError) as caught, replacing(tmp_path / "a.csv"):
        pass
    assert reason(caught.value).endswith("or another program has the file open")
    assert scanner.paused == pytest.approx(1)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_may_not_be_renamed_elsewhere_is_told_at_once(tmp_path: Path, scan: Callable[..., Any]) -> None:
    scanner = scan(99, winerror=None)
    with pytest.raises(PermissionError), replacing(tmp_path / "a.csv"):
        pass
    assert scanner.paused == 0


def test_reasons_are_words() -> None:
    assert reason(OSError(28, "No space left on device")) == "the disk is full"
    assert reason(OSError(99999, "Something rare")) == "Something rare"
    assert reason(OSError("only words")) == "only words"
