"""engine.jpeg"""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.image import ImageError, decode_photo
from engine.jpeg import with_end
from engine.limits import Limits

KINDS = ({}, {"quality": 30}, {"restart_marker_rows": 1}, {"optimize": True, "quality": 95})


def encoded(astronaut: NDArray[np.uint8], mode: str = "RGB", **options: int) -> bytes:
    buffer = BytesIO()
    Image.fromarray(astronaut).convert(mode).resize((203, 301)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize(
    ("missing", "tail"), [(1, b""), (2, b""), (2, b"\n"), (2, bytes(512)), (2, b"of another program")]
)
def test_only_the_end_is_missing(
    astronaut: NDArray[np.uint8], mode: str, options: dict[str, int], missing: int, tail: bytes
) -> None:
    whole = encoded(astronaut, mode, **options)
    assert whole.endswith(b"\xff\xd9")
    seen = decode_photo(whole[:-missing] + tail, Limits())
    assert np.array_equal(seen.pixels, decode_photo(whole, Limits()).pixels)


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_a_part_of_the_picture_is_missing(astronaut: NDArray[np.uint8], options: dict[str, int]) -> None:
    """Whatever can be seen of it: the last bytes may only be what fills a byte."""
    whole = encoded(astronaut, **options)
    right = decode_photo(whole, Limits()).pixels
    opened = 0
    for missing in (*range(3, 60), 100, 1000, len(whole) // 2, len(whole) - 700):
        try:
            seen = decode_photo(whole[:-missing], Limits())
        except ImageError as error:
            assert error.code == "corrupt"
        else:
            opened += 1
            assert np.array_equal(seen.pixels, right)
    assert opened < 3


def test_of_a_progressive_picture_the_finest_data_may_be_missing(astronaut: NDArray[np.uint8]) -> None:
    whole = encoded(astronaut, progressive=True)
    scans = [place for place in range(len(whole)) if whole[place : place + 2] == b"\xff\xda"]
    assert len(scans) > 3
    for end in (scans[1], scans[2], len(whole) - 2):
        with pytest.raises(ImageError, match="damaged or incomplete"):
            decode_photo(whole[:end], Limits())


def test_other_damage_is_not_mended(astronaut: NDArray[np.uint8]) -> None:
    assert with_end(b"") is None
    assert with_end(b"\xff\xd8\xff") is None
    assert with_end(b"\x89PNG\r\n\x1a\n") is None
    start = encoded(astronaut)[:100]
    assert with_end(start) is None


def test_a_photo_that_is_too_large_is_not_opened_for_its_end(
    astronaut: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.image.with_end", lambda _: pytest.fail("it was opened"))
    with pytest.raises(ImageError) as caught:
        decode_photo(encoded(astronaut)[:-2], Limits(pixels=10_000))
    assert caught.value.code == "too_large"
