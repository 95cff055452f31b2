"""Pictures that are made when the page asks for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from desktop_doubles import FakeWorker
from PIL import Image

from desktop.pictures import PREFIX

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
