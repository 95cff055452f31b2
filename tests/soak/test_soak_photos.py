"""The soak's photos are what it takes them to be."""

from __future__ import annotations

from pathlib import Path

import pytest
from soak_photos import SoakPhotos, is_damaged

from engine.image import ImageError, decode_photo
from engine.limits import Limits


def test_photos_are_different_the_same_each_time_and_some_damaged(tmp_path: Path) -> None:
    photos = SoakPhotos(tmp_path, 80)
    numbers = [0, 1, 2, 24, 49, 74]  # of each format, whole and damaged
    contents = {}
    for number in numbers:
        photos.make(number)
        contents[number] = photos.paths[number].read_bytes()
        if is_damaged(number):
            with pytest.raises(ImageError):
                decode_photo(contents[number], Limits())
        else:
            assert 300 < max(decode_photo(contents[number], Limits()).pixels.shape) < 2000
    assert [is_damaged(number) for number in numbers] == [False] * 3 + [True] * 3
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".jpg", ".jpg", ".png", ".png", ".webp", ".webp"]
    assert len(set(contents.values())) == len(numbers)
    photos.make(1)
    assert photos.paths[1].read_bytes() == contents[1]
