"""desktop.photo_index"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.album import Album
from desktop.moves import traits_of
from desktop.photo import Photo
from desktop.photo_index import PhotoIndex

OLD, NEW = (100, 1_700_000_000_123_456_789), (200, 1_700_000_000_987_654_321)
A, B, C = (Photo(f"p{n}", f"/{n}.jpg", file=f"/real/{n}.jpg", stamp=OLD) for n in (1, 2, 10))


@pytest.fixture
def index() -> PhotoIndex:
    index = PhotoIndex()
    for photo in (A, B, C):
        index.put(photo)
    return index


def test_a_photo_is_found_by_all_that_leads_to_it(index: PhotoIndex) -> None:
    assert (index[B.id], index.get(B.id), index.get("p3")) == (B, B, None)
    assert (index.at_file("/real/2.jpg"), index.at_path("/2.jpg"), index.at_path("/real/2.jpg")) == ("p2", "p2", None)
    assert index.with_key(OLD) == [A, B, C]
    assert index.with_key(traits_of("/elsewhere/2.JPG", OLD)) == [B]
    assert (index.has_key(OLD), index.has_key(NEW), index.has_key(None)) == (True, False, False)
    assert index.some(["p10", "p1", "p10", "p3"]) == [C, A]


def test_a_photo_that_changed_is_found_by_what_it_is_now_alone(index: PhotoIndex) -> None:
    now = replace(B, path="/new.jpg", file="/real/new.jpg", stamp=NEW)
    index.put(now)
    assert list(index) == [A, now, C]
    assert (index.at_path("/2.jpg"), index.at_file("/real/2.jpg")) == (None, None)
    assert (index.at_path("/new.jpg"), index.at_file("/real/new.jpg")) == ("p2", "p2")
    assert (index.with_key(OLD), index.with_key(NEW)) == ([A, C], [now])
    index.put(B)
    assert index.with_key(OLD) == [A, B, C]  # in their order, whichever came last
    assert not index.has_key(NEW)


def test_two_photos_exchange_their_paths(index: PhotoIndex) -> None:
    index.put(replace(A, path=B.path, file=B.file))
    index.put(replace(B, path=A.path, file=A.file))
    assert [index.at_path(path) for path in ("/1.jpg", "/2.jpg")] == ["p2", "p1"]
    assert [index.at_file(file) for file in ("/real/1.jpg", "/real/2.jpg")] == ["p2", "p1"]


def test_a_photo_whose_path_another_has_taken_can_be_removed(index: PhotoIndex) -> None:
    index.put(replace(A, path=B.path, file=B.file))
    assert (index.pop("p2"), index.pop("p2")) == (B, None)
    assert (index.at_path("/2.jpg"), index.at_file("/real/2.jpg"), index.at_path("/1.jpg")) == ("p1", "p1", None)


def test_one_that_was_away_returns_to_its_place(index: PhotoIndex) -> None:
    index.pop("p2")
    index.put(B)
    assert list(index) == [A, C, B]
    index.sort()
    assert list(index) == [A, B, C]


def test_what_is_added_costs_no_look_at_all_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tens of thousands come in portions: each would look at all before it.
    def all_of_them(_: PhotoIndex) -> Iterator[Photo]:
        raise AssertionError

    album = Album(lambda _: None, lambda _: None)
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg"):
        (tmp_path / name).write_text(name)
    added = album.add([f"{tmp_path}/a.jpg", f"{tmp_path}/b.jpg"])
    monkeypatch.setattr(PhotoIndex, "__iter__", all_of_them)
    (tmp_path / "a.jpg").rename(tmp_path / "moved.jpg")
    again = album.add([f"{tmp_path}/moved.jpg", f"{tmp_path}/b.jpg", f"{tmp_path}/c.jpg"])
    assert (again.moved, len(again.known), len(again.new)) == (added.new[:1], 2, 1)
    assert album.follow_renames(album.stamps([*again.new, *again.known])) == []
    restored = album.restore([Photo("", f"{tmp_path}/d.jpg", file=f"{tmp_path}/d.jpg")])
    assert len(restored.new) == 1
