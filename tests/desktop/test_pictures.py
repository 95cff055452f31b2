"""desktop.pictures"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from desktop_doubles import jpeg

from desktop.pictures import PREFIX, PhotoPictures, Pictures, _remove_left_behind, photo_of, promise
from engine.worker_messages import Outcome

Until = Callable[..., float]


@pytest.fixture
def pictures(tmp_path: Path) -> Iterator[Pictures]:
    made = Pictures(tmp_path)
    yield made
    made.close()


def put(pictures: Pictures, photo_id: str, preview: bytes, faces: tuple[bytes, ...] = ()) -> PhotoPictures:
    made = pictures.put(photo_id, Outcome(None, preview, b"thumbnail", faces))
    assert made is not None
    return made


def names(made: PhotoPictures) -> list[str]:
    return [address.removeprefix(PREFIX) for address in (made.preview, made.thumbnail, *made.faces)]


def test_pictures_are_kept_and_found_by_address(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    made = put(pictures, "p1", b"preview", (b"one", b"two"))
    assert list(map(pictures.read, names(made))) == [b"preview", b"thumbnail", b"one", b"two"]
    assert all(map(made.has, names(made)))
    assert not made.has(names(promise("p1", 2))[0])
    assert pictures.put("p2", Outcome(None)) is None
    pictures.close()
    assert list(tmp_path.iterdir()) == []


def test_they_lie_in_the_users_own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "home" / "cache"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: cache)
    pictures = Pictures()
    (folder,) = cache.iterdir()
    if os.name == "posix":
        assert [stat.S_IMODE(one.stat().st_mode) for one in (cache, folder)] == [0o700, 0o700]
    pictures.close()
    assert list(cache.iterdir()) == []


def test_a_home_that_cannot_be_written_to_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").write_text("no folder")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "home" / "cache")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pictures = Pictures()
    made = put(pictures, "p1", b"preview")
    assert pictures.read(names(made)[0]) == b"preview"
    pictures.close()
    assert [one.name for one in tmp_path.iterdir()] == ["home"]


def test_another_picture_has_another_address_and_the_same_keeps_it(pictures: Pictures) -> None:
    first = put(pictures, "p1", b"upright")
    assert put(pictures, "p1", b"upright") == first
    assert put(pictures, "p1", b"turned").preview != first.preview
    assert put(pictures, "p2", b"upright").preview != first.preview


def test_crops_of_added_faces_are_kept_beside_the_others(pictures: Pictures) -> None:
    made = put(pictures, "p1", b"preview", (b"one",))
    both = replace(made, crops=(*made.crops, pictures.put_crop(made, b"added")))
    assert list(map(pictures.read, names(both))) == [b"preview", b"thumbnail", b"one", b"added"]


def test_previews_are_dropped_oldest_use_first_and_made_again(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path, preview_limit=25)
    one, two = (put(pictures, f"p{n}", bytes([n]) * 10) for n in range(2))
    assert pictures.read(names(one)[0]) is not None  # used just now, so the other one goes
    put(pictures, "p3", b"x" * 10)
    assert pictures.read(names(one)[0]) is not None
    dropped, thumbnail = names(two)
    assert pictures.read(dropped) is None
    assert pictures.read(thumbnail) == b"thumbnail"
    pictures.restore(two, [dropped], Outcome(None, b"again", b"other"))
    assert pictures.read(dropped) == b"again"
    assert pictures.read(thumbnail) == b"thumbnail", "nobody asked for it"
    pictures.close()


def test_previews_of_photos_that_are_removed_count_no_more(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path, preview_limit=35)
    removed, *kept = (put(pictures, f"p{n}", bytes([n]) * 10) for n in range(3))
    pictures.forget([removed.photo_id])
    kept.append(put(pictures, "p3", b"x" * 10))
    assert None not in [pictures.read(names(one)[0]) for one in kept]
    put(pictures, "p4", b"y" * 10)
    assert pictures.read(names(kept[0])[0]) is None, "the others still count"
    pictures.close()


def test_files_of_forgotten_pictures_are_deleted_by_and_by(pictures: Pictures, tmp_path: Path, until: Until) -> None:
    put(pictures, "p1", b"preview")
    pictures.forget(["p1"])
    until(lambda: not list(tmp_path.glob("*/p1-*")))


def test_forgotten_pictures_are_gone_from_disk(pictures: Pictures, tmp_path: Path) -> None:
    gone, kept = (put(pictures, photo_id, b"preview", (b"face",)) for photo_id in ("p1", "p10"))
    pictures.forget(["p1"])
    assert list(map(pictures.read, names(gone))) == [None] * 3
    pictures.delete_forgotten()
    assert not list(tmp_path.glob("*/p1-*"))
    assert None not in map(pictures.read, names(kept))
    pasted = Path(pictures.keep_pasted(b"pasted"))
    pictures.forget(["p10"])
    assert pasted.exists()


def test_forgotten_pictures_are_not_found_although_their_files_are_deleted_later(
    pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo brought back meanwhile may get its pictures anew, and keeps them."""
    gone, back = (put(pictures, photo_id, b"preview", (b"face",)) for photo_id in ("p1", "p2"))
    with monkeypatch.context() as patched:
        patched.setattr(Pictures, "delete_forgotten", lambda _: None)
        pictures.forget(["p1", "p2"])
    assert len(list(tmp_path.glob("*/p*.jpg"))) == 6
    assert list(map(pictures.read, names(gone) + names(back))) == [None] * 6
    assert put(pictures, "p2", b"preview", (b"face",)) == back
    pictures.delete_forgotten()
    assert sorted(file.name for file in tmp_path.glob("*/p*.jpg")) == sorted(names(back))
    assert list(map(pictures.read, names(back))) == [b"preview", b"thumbnail", b"face"]


def test_a_picture_that_cannot_be_removed_now_goes_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows removes no file that is being read."""
    pictures = Pictures(tmp_path, preview_limit=1)

    def refused(_: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        put(pictures, "p1", b"preview")
        assert names(put(pictures, "p2", b"another"))  # the first preview is too much by now
        pictures.forget(["p1"])
        pictures.delete_forgotten()
    pictures.close()
    assert list(tmp_path.iterdir()) == []
    pictures.forget(["p2"])  # a cleaner of caches may have been there first


def test_promised_pictures_are_kept_once_they_are_made(pictures: Pictures) -> None:
    promised, other = promise("p1", faces=2), promise("p2")
    assert len(set(names(promised))) == 4
    assert set(map(photo_of, names(promised))) == {"p1"}
    assert list(map(pictures.read, names(promised))) == [None] * 4
    pictures.restore(promised, names(promised)[:1], Outcome(None))  # it could not be made
    assert pictures.read(names(promised)[0]) is None
    pictures.restore(promised, names(promised)[:1], Outcome(None, b"preview", b"thumbnail", (b"one", b"two")))
    assert list(map(pictures.read, names(promised))) == [b"preview", b"thumbnail", b"one", b"two"]
    assert pictures.read(names(other)[0]) is None


def test_a_piece_of_a_picture_is_none(pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is noticed in the middle of a file, or only at its end."""
    promised = promise("p1")
    made = Outcome(None, b"preview", b"thumbnail")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("desktop.pictures.os.replace", full)
        with pytest.raises(OSError, match="No space"):
            pictures.restore(promised, names(promised)[:1], made)
    assert list(map(pictures.read, names(promised))) == [None] * 2
    assert not list(pictures._folder.glob("*.part"))
    pictures.restore(promised, names(promised)[:1], made)
    assert list(map(pictures.read, names(promised))) == [b"preview", b"thumbnail"]


def test_a_picture_that_a_virus_scanner_holds_is_kept_a_moment_later(
    pictures: Pictures, scan: Callable[..., object]
) -> None:
    scan(2)
    made = put(pictures, "p1", b"preview")
    assert [pictures.read(name) for name in names(made)] == [b"preview", b"thumbnail"]


def test_what_is_asked_for_once_a_face_was_removed_is_the_right_one(pictures: Pictures) -> None:
    promised = promise("p1", faces=2)
    left = replace(promised, crops=("face2",))
    pictures.restore(left, names(left), Outcome(None, b"preview", b"thumbnail", (b"the second",)))
    assert pictures.read(names(promised)[3]) == b"the second"


def test_what_is_promised_anew_is_made_anew(pictures: Pictures) -> None:
    """As when a photo gets the report of an earlier run, in which it was turned."""
    before, now = promise("p1"), promise("p1", faces=1)
    pictures.restore(before, names(before), Outcome(None, b"lying", b"small"))
    assert list(map(pictures.read, names(now))) == [None] * 3


@pytest.mark.parametrize(
    "name", ["lock", "../x", "/etc/passwd", "", ".", "p1-preview-0.jpg", "p1-preview-promised.jpg"]
)
def test_only_pictures_can_be_read(tmp_path: Path, name: str) -> None:
    pictures = Pictures(tmp_path)
    assert pictures.read(name) is None
    pictures.close()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_the_folder_is_private(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    pictures.close()


def test_a_disk_without_locks_keeps_pictures_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: object) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("desktop.pictures.try_lock", refused)
    first, second = Pictures(tmp_path), Pictures(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2  # the second start takes nobody for dead
    first.close()
    second.close()


def test_what_a_killed_run_left_is_removed_and_a_living_one_is_not(tmp_path: Path, until: Until) -> None:
    living = Pictures(tmp_path)
    (name, _) = names(put(living, "p1", jpeg()))
    script = (
        "import os, sys; from pathlib import Path\n"
        "from desktop.pictures import Pictures; from engine.worker_messages import Outcome\n"
        "Pictures(Path(sys.argv[1])).put('p1', Outcome(None, b'left behind', b't')); os.kill(os.getpid(), 9)"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=root, check=False, timeout=60)
    assert len(list(tmp_path.iterdir())) == 2
    second = Pictures(tmp_path)
    until(lambda: len(list(tmp_path.iterdir())) == 2)  # the living run's and this one's
    assert living.read(name) is not None
    second.close()
    living.close()


def test_a_run_that_is_only_beginning_is_not_taken_for_a_killed_one(tmp_path: Path) -> None:
    """Its folder has no lock yet."""
    Pictures(tmp_path)._held.close()  # as a kill would
    (killed,) = tmp_path.iterdir()
    beginning = tmp_path / "beginning"
    beginning.mkdir()
    _remove_left_behind([killed, beginning])
    assert list(tmp_path.iterdir()) == [beginning]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_is_left_of_a_removal_that_was_cut_short_goes_the_next_time(
    tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    Pictures(tmp_path)._held.close()  # as a kill would
    (left,) = tmp_path.iterdir()
    (left / "aaa.jpg").touch()
    (left / "zzz.jpg").touch()
    unlink = Path.unlink

    def cut(path: Path, missing_ok: bool = False) -> None:
        if len(list(left.glob("*.jpg"))) == 1:
            raise SystemExit  # of the thread, as at the program's end
        unlink(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", cut)
        Pictures(tmp_path).close()
        until(lambda: all(thread.name != "left behind" for thread in threading.enumerate()))
    assert len(list(left.glob("*.jpg"))) == 1
    Pictures(tmp_path).close()
    until(lambda: not left.exists())


def test_what_windows_still_holds_at_the_end_goes_at_the_next_start(
    tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = Pictures(tmp_path)
    held = pictures.browser_folder / "held"
    held.parent.mkdir()
    held.touch()
    unlink = os.unlink

    def refuse_held(path: str | os.PathLike[str], **options: int) -> None:
        if Path(path).name == held.name:
            raise PermissionError(13, "The process cannot access the file because it is being used by another process")
        unlink(path, **options)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refuse_held)
        pictures.close()
    assert held.exists()
    Pictures(tmp_path).close()
    until(lambda: list(tmp_path.iterdir()) == [])
