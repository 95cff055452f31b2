"""Files from strangers: whatever they hold, each gets a right result or the right error, and its neighbours theirs."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import attack_photos as attacks
import pytest

from engine.image import ImageError, load_photo
from engine.limits import Limits
from engine.worker import Worker

LONGEST = 5.0
"""Seconds of work that a small file may take."""

PATIENCE = 60.0
"""Seconds that it may take on a busy machine, with all that it waits for."""


def verdict(folder: Path, name: str, content: bytes) -> str:
    """ "ok", or the code of the error."""
    path = folder / name
    path.write_bytes(content)
    began, worked = time.monotonic(), time.process_time()
    try:
        load_photo(path)
    except ImageError as error:
        assert str(error).endswith(".")
        return error.code
    finally:
        assert time.process_time() - worked < LONGEST
        assert time.monotonic() - began < PATIENCE
    return "ok"


def named(pairs: Iterator[tuple[str, bytes]]) -> list[object]:
    return [pytest.param(name, content, id=name) for name, content in pairs]


@pytest.mark.parametrize(("name", "content"), named(attacks.truncated()))
def test_a_file_that_was_cut_off_is_damaged(tmp_path: Path, name: str, content: bytes) -> None:
    assert verdict(tmp_path, name, content) == "corrupt"


@pytest.mark.parametrize(("name", "content"), named(attacks.flipped()))
def test_a_file_with_wrong_bytes_is_read_or_refused(tmp_path: Path, name: str, content: bytes) -> None:
    assert verdict(tmp_path, name, content) in ("ok", "corrupt", "unsupported_format", "too_large")


@pytest.mark.parametrize(("name", "content"), named(attacks.bombs()))
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path, name: str, content: bytes) -> None:
    # HEIC's decoder compares the size with the picture's own before it can be read.
    assert verdict(tmp_path, name, content) == ("corrupt" if name == "claim.heic" else "too_large")


@pytest.mark.parametrize(("name", "content"), named(chain(attacks.shapes(), attacks.metadata(), attacks.polyglots())))
def test_odd_but_whole_pictures_are_read(tmp_path: Path, name: str, content: bytes) -> None:
    # Text that unpacks to 30 MB is refused by Pillow, and the picture with it.
    assert verdict(tmp_path, name, content) == ("corrupt" if name == "text.png" else "ok")


@pytest.mark.parametrize(("name", "content"), named(attacks.foreign()))
def test_other_files_are_not_photos(tmp_path: Path, name: str, content: bytes) -> None:
    assert verdict(tmp_path, name, content) == "unsupported_format"


@pytest.mark.skipif(os.name != "posix", reason="POSIX's kinds of files")
def test_what_only_looks_like_a_file(tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    codes = {}
    for path in [*(tmp_path / f"{name}.jpg" for name in ("loop", "dangling", "folder", "pipe")), Path("/dev/zero")]:
        with pytest.raises(ImageError) as caught:
            load_photo(path)
        codes[path.stem] = caught.value.code
    assert codes == {
        "loop": "unreadable",
        "dangling": "not_found",
        "folder": "unreadable",
        "pipe": "unreadable",
        "zero": "unreadable",
    }


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    """It grows, shrinks and vanishes while it is read: no reading hangs, and none harms anything but itself."""
    path, whole = tmp_path / "restless.png", attacks.encoded("PNG")
    over = threading.Event()

    def fidget() -> None:
        while not over.is_set():
            path.write_bytes(whole)
            with path.open("ab") as file:
                file.write(bytes(100_000))
            path.write_bytes(whole[:100])
            path.unlink()

    fidgeting = threading.Thread(target=fidget)
    fidgeting.start()
    seen = set()
    try:
        for _ in range(300):
            try:
                load_photo(path)
                seen.add("ok")
            except ImageError as error:
                seen.add(error.code)
    finally:
        over.set()
        fidgeting.join()
    assert seen <= {"ok", "corrupt", "not_found"}


def test_a_file_that_grows_after_it_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "growing.jpg"
    path.write_bytes(attacks.encoded("JPEG"))
    measure = Path.stat

    def stale(self: Path) -> os.stat_result:
        before = measure(self)
        with path.open("ab") as file:
            file.write(bytes(10_000))
        return before

    monkeypatch.setattr(Path, "stat", stale)
    with pytest.raises(ImageError) as caught:
        load_photo(path, Limits(file_bytes=6_000))
    assert caught.value.code == "too_large"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the worker's memory from /proc")
def test_the_worker_outlives_them_all(tmp_path: Path, group_photo: Path) -> None:
    """One process for the whole corpus, with a good photo between; it neither dies nor grows."""
    # First the detector's largest input, which needs the most memory.
    corpus = [next(attacks.shapes()), *attacks.flipped(2), *attacks.bombs(), *attacks.metadata(), *attacks.foreign()]
    with Worker() as worker:
        process, before = None, 0
        for number, (name, content) in enumerate(corpus):
            path = tmp_path / f"{number}-{name}"
            path.write_bytes(content)
            record = worker.analyze(path, pictures=True).record
            assert record is not None
            assert record["status"] in ("ok", "no_face", "error")
            assert record["error"] is None or record["error"]["code"] != "crashed"
            if number % 15 == 14:
                good = worker.analyze(group_photo).record
                assert good is not None
                assert len(good["faces"]) == 6
                now = worker._process
                assert process in (None, now)
                process = now
                before = before or resident(worker)
        assert resident(worker) - before < 300_000_000


def resident(worker: Worker) -> int:
    """Peak memory of the worker's process, in bytes."""
    assert worker._process is not None
    status = Path(f"/proc/{worker._process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_a_photo_that_needs_too_much_memory_is_too_large(tmp_path: Path, group_photo: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(attacks.large_png(12_000, 12_000))
    with Worker(limits=Limits(memory_bytes=800_000_000)) as worker:
        record = worker.analyze(path).record
        assert record is not None
        assert record["error"]["code"] == "too_large"
        good = worker.analyze(group_photo).record
        assert good is not None
        assert (good["error"], len(good["faces"])) == (None, 6)
