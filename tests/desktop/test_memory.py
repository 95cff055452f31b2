"""How much memory the window needs for each photo of a long run."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

from desktop_doubles import jpeg, record

from desktop.album import Album
from desktop.pictures import Pictures
from engine.paths import file_stamp
from engine.worker_messages import Outcome

PHOTOS = 1000

LIMIT = 720
"""Bytes of each."""


def test_little_of_an_analysed_photo_is_kept_in_memory(tmp_path: Path) -> None:
    """In addition to what a waiting photo takes: no records, no pictures, not even the pictures' names."""
    album = Album(lambda _: None, lambda _: None)
    pictures = Pictures(tmp_path)
    paths = [str(tmp_path / f"photo-{number:05}.jpg") for number in range(PHOTOS)]
    for path in paths:
        Path(path).touch()
    picture = jpeg()
    ids = album.add(paths).new
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for photo_id, path in zip(ids, paths, strict=True):
            found = record(path)
            found["faces"] *= 4
            shown = pictures.put(photo_id, Outcome(found, picture, picture, (picture,) * 4))
            album.update(photo_id, state="done", report=album.keep(found), pictures=shown, stamp=file_stamp(path))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        pictures.close()
    assert all(photo.record is not None for photo in album.photos())
    assert (after - before) / PHOTOS < LIMIT
