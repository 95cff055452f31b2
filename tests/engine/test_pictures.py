"""Previews, thumbnails and face crops."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from engine.pictures import enlarged_picture, make_pictures

NO_CHIPS = np.empty((0, 200, 200, 3), np.uint8)


def photo(height: int, width: int, colour: tuple[int, int, int] = (200, 60, 30)) -> NDArray[np.uint8]:
    return np.tile(np.array(colour, np.uint8), (height, width, 1))


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    image.load()
    return image


@pytest.mark.parametrize(
    ("size", "preview", "thumbnail"),
    [
        ((4000, 3000), (1600, 1200), (320, 240)),
        ((1500, 2000), (1200, 1600), (240, 320)),
        ((1600, 800), (1600, 800), (320, 160)),
        ((300, 200), (300, 200), (300, 200)),
        ((1, 1), (1, 1), (1, 1)),
        ((20000, 2), (1600, 1), (320, 1)),
    ],
)
def test_sizes(size: tuple[int, int], preview: tuple[int, int], thumbnail: tuple[int, int]) -> None:
    made = make_pictures(photo(size[1], size[0]), NO_CHIPS)
    assert opened(made.preview).size == preview
    assert opened(made.thumbnail).size == thumbnail
    assert made.crops == ()


@pytest.mark.parametrize(
    ("size", "enlarged"), [((4000, 3000), (4000, 3000)), ((9600, 100), (4800, 50)), ((300, 200), (300, 200))]
)
def test_the_size_for_a_closer_look(size: tuple[int, int], enlarged: tuple[int, int]) -> None:
    assert opened(enlarged_picture(photo(size[1], size[0]))).size == enlarged


def test_pictures_show_the_photo() -> None:
    pixels = photo(1000, 2000)
    pixels[:, 1000:] = 20, 90, 220
    made = make_pictures(pixels, NO_CHIPS)
    for image in (opened(made.preview), opened(made.thumbnail)):
        width, height = image.size
        assert image.getpixel((width // 4, height // 2)) == pytest.approx((200, 60, 30), abs=8)
        assert image.getpixel((3 * width // 4, height // 2)) == pytest.approx((20, 90, 220), abs=8)


def test_faces_come_in_their_order() -> None:
    chips = np.stack([photo(200, 200, (level, level, level)) for level in (10, 120, 250)])
    faces = [opened(face) for face in make_pictures(photo(50, 50), chips).crops]
    assert [face.size for face in faces] == [(200, 200)] * 3
    assert [face.getpixel((100, 100))[0] for face in faces] == pytest.approx([10, 120, 250], abs=3)  # type: ignore[index]


def test_the_photo_in_memory_stays_as_it_is() -> None:
    pixels = photo(200, 300)
    make_pictures(pixels, NO_CHIPS)
    assert np.array_equal(pixels, photo(200, 300))


def profile_with(gamma: float) -> bytes:
    """An RGB profile whose values mean other colors than sRGB's: its curves have the power `gamma`, not about 2.2."""
    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for place in range(int.from_bytes(content[128:132])):
        entry = 132 + 12 * place
        start = int.from_bytes(content[entry + 4 : entry + 8])
        if content[entry : entry + 4] in (b"rTRC", b"gTRC", b"bTRC"):
            content[start : start + 16] = b"para" + bytes(8) + round(gamma * 65536).to_bytes(4)
            content[entry + 8 : entry + 12] = (16).to_bytes(4)
    return bytes(content)


def test_colours_become_those_that_screens_expect() -> None:
    """A half, cubed, is an eighth of white, which is 0.39 in sRGB; a damaged profile changes nothing."""
    pixels, chips = photo(200, 300, (128, 128, 128)), photo(200, 200, (128, 128, 128))[None]
    for profile, expected in ((None, 128), (profile_with(3.0), 100), (b"damaged", 128), (profile_with(3.0)[:500], 128)):
        made = make_pictures(pixels, chips, profile)
        for content in (made.preview, made.thumbnail, *made.crops):
            assert np.asarray(opened(content)).mean() == pytest.approx(expected, abs=3)
