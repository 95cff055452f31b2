"""Pictures that are made when the page asks for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from desktop_doubles import OTHER_SIZE, FakeWorker
from PIL import Image

from desktop.pictures import PREFIX, promise

Until = Callable[..., float]


@pytest.fixture
def analysed(shell: Any, until: Until) -> Any:
    """One photo, done."""
    shell.start()
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    shell.jobs.analyze([photo_id])
    until(lambda: shell.states() == ["done"])
    return shell.album.get(photo_id)


def name_of(address: str) -> str:
    return address.removeprefix(PREFIX)


def kinds(shell: Any) -> list[str]:
    return [kind for kind, _ in shell.worker.calls]


def test_what_is_kept_is_given(shell: Any, analysed: Any) -> None:
    assert shell.source.get(name_of(analysed.pictures.preview)) == FakeWorker.picture(analysed.path, False)
    assert kinds(shell) == ["analyze"]


def test_what_is_no_longer_kept_is_made(shell: Any, analysed: Any) -> None:
    name = name_of(analysed.pictures.preview)
    next(shell.folder.glob(f"agelens-run-*/{name}")).unlink()
    assert shell.source.get(name) == FakeWorker.picture(analysed.path, False)
    assert kinds(shell) == ["analyze", "preview"]


def test_a_closer_look_is_made_once(shell: Any, analysed: Any) -> None:
    name = name_of(analysed.pictures.enlarged)
    first = shell.source.get(name)
    record = analysed.record
    assert Image.open(BytesIO(first)).size == (record["width"], record["height"])
    assert shell.source.get(name) == first
    assert kinds(shell) == ["analyze", "enlarge"]


def test_there_is_no_closer_look_at_a_file_that_has_gone(shell: Any, analysed: Any) -> None:
    (shell.folder / "a.jpg").unlink()
    assert shell.source.get(name_of(analysed.pictures.enlarged)) is None


def test_there_is_no_closer_look_at_a_file_that_has_changed(shell: Any, analysed: Any) -> None:
    (shell.folder / "a.jpg").write_bytes(b"another photo")
    assert shell.source.get(name_of(analysed.pictures.enlarged)) is None


def test_there_is_a_closer_look_at_corrected_faces_though_their_file_was_touched(shell: Any, analysed: Any) -> None:
    assert shell.bridge.remove_face(analysed.id, analysed.record["faces"][0]["box"])
    name = name_of(analysed.pictures.enlarged)
    (shell.folder / "a.jpg").write_bytes(OTHER_SIZE)
    assert shell.source.get(name) is None
    (shell.folder / "a.jpg").write_bytes(b"the same picture with a tag")
    assert shell.source.get(name)


def test_there_is_no_closer_look_before_the_analysis(shell: Any, until: Until) -> None:
    shell.start()
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    shell.jobs.preview([photo_id])
    until(lambda: shell.album.get(photo_id).pictures is not None)
    assert shell.source.get(name_of(shell.album.get(photo_id).pictures.enlarged)) is None
    assert kinds(shell) == ["preview"]


@pytest.mark.parametrize("name", ["p9-enlarged-0123456789abcdef.jpg", "p1-enlarged-0123456789abcdef.jpg", "x", ""])
def test_what_no_photo_has_is_not_made(shell: Any, analysed: Any, name: str) -> None:
    assert analysed.id == "p1"
    assert shell.source.get(name) is None
    assert kinds(shell) == ["analyze"]


def test_nothing_is_left_of_a_photo_that_is_removed_meanwhile(shell: Any, analysed: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    asking = threading.Thread(target=shell.source.get, args=(name_of(analysed.pictures.enlarged),))
    asking.start()
    until(lambda: kinds(shell) == ["analyze", "enlarge"])
    shell.bridge.remove([analysed.id])
    shell.worker.gate.set()
    asking.join()
    shell.pictures.delete_forgotten()
    assert list(shell.folder.glob("agelens-run-*/p1-*")) == []


def test_a_closer_look_at_a_photo_that_is_removed_while_it_is_being_kept_goes_too(
    shell: Any, analysed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = shell.pictures.put_enlarged

    def removed(*picture: Any) -> None:
        shell.bridge.remove([analysed.id])
        put(*picture)

    monkeypatch.setattr(shell.pictures, "put_enlarged", removed)
    assert shell.source.get(name_of(analysed.pictures.enlarged))
    shell.pictures.delete_forgotten()
    assert list(shell.folder.glob("agelens-run-*/p1-*")) == []


def test_of_a_photo_that_cannot_be_read_nothing_is_promised(shell: Any, until: Until) -> None:
    shell.start()
    shell.worker.gate = threading.Event()
    (first,) = shell.album.add(shell.photos("a.jpg")).new
    (missing,) = shell.album.add([str(shell.folder / "missing.jpg")]).new
    shell.jobs.analyze([first, missing])
    until(lambda: kinds(shell) == ["analyze"])
    shell.bridge.cancel()
    name = name_of(shell.album.get(missing).pictures.thumbnail)
    shell.worker.gate.set()
    assert shell.source.get(name) is None
    until(lambda: shell.album.get(missing).failed)
    assert shell.album.get(missing).pictures is None
    assert shell.source.get(name) is None
    assert kinds(shell) == ["analyze", "preview"]


def test_many_pictures_start_a_broken_engine_again_but_once_in_a_while(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, loads = shell.worker.wait_ready, []
    shell.worker.wait_ready = lambda: loads.append(1) or ready()
    shell.worker.fails = "The age model is missing."
    shell.start()
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    shell.jobs.analyze([photo_id])
    until(lambda: shell.album.get(photo_id).pictures is not None and shell.jobs.engine["state"] == "failed")
    name, before = name_of(shell.album.get(photo_id).pictures.thumbnail), len(loads)
    for _ in range(5):
        assert shell.source.get(name) is None
    assert len(loads) == before + 1
    shell.worker.fails = None
    monkeypatch.setattr("desktop.picture_source.AGAIN", 0.0)
    assert shell.source.get(name) is not None


def test_a_picture_promised_anew_while_the_one_before_is_made_is_made_too(
    shell: Any, analysed: Any, until: Until
) -> None:
    earlier, later = promise(analysed.id, 1), promise(analysed.id, 1)
    shell.album.update(analysed.id, pictures=earlier)
    shell.worker.gate = threading.Event()
    asking = [threading.Thread(target=shell.source.get, args=(earlier.name("preview"),))]
    asking[0].start()
    until(lambda: kinds(shell) == ["analyze", "preview"])
    shell.album.update(analysed.id, pictures=later)
    got: list[bytes | None] = []
    asking.append(threading.Thread(target=lambda: got.append(shell.source.get(later.name("preview")))))
    asking[1].start()
    until(lambda: later.name("preview") in shell.jobs._remakes)
    shell.worker.gate.set()
    for one in asking:
        one.join()
    assert got == [FakeWorker.picture(analysed.path, False)]
