"""Previews, thumbnails, face crops and annotated copies."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine import pictures
from engine.age import AGES, Age
from engine.pictures import make_pictures, save_annotated
from engine.report import Face, ImageReport, ModelNames

NO_CHIPS = np.empty((0, 200, 200, 3), np.uint8)


def photo(height: int, width: int, colour: tuple[int, int, int] = (200, 60, 30)) -> NDArray[np.uint8]:
    return np.tile(np.array(colour, np.uint8), (height, width, 1))


def report(*boxes: tuple[float, float, float, float], age: int = 34) -> ImageReport:
    distribution = np.zeros(AGES, np.float32)
    distribution[age] = 1
    faces = tuple(Face(box, np.zeros((5, 2), np.float32), 0.9, Age(distribution)) for box in boxes)
    return ImageReport("some/folder/größe.png", "ok", ModelNames("d", "a", "1"), faces=faces)


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
    assert made.faces == ()


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
    faces = [opened(face) for face in make_pictures(photo(50, 50), chips).faces]
    assert [face.size for face in faces] == [(200, 200)] * 3
    assert [face.getpixel((100, 100))[0] for face in faces] == pytest.approx([10, 120, 250], abs=3)  # type: ignore[index]


def test_an_annotated_copy_is_named_after_its_photo_and_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "größe.jpg").write_text("somebody's")
    paths = [save_annotated(report((20, 20, 50, 60)), photo(200, 300), tmp_path) for _ in range(2)]
    assert [path.name for path in paths] == ["größe-2.jpg", "größe-3.jpg"]
    assert (tmp_path / "größe.jpg").read_text() == "somebody's"
    assert opened(paths[0].read_bytes()).size == (300, 200)


@pytest.mark.parametrize("box", [(100.0, 150.0, 120.0, 160.0), (0.0, 0.0, 400.0, 500.0), (330.0, 440.0, 70.0, 60.0)])
def test_a_frame_on_all_four_sides(tmp_path: Path, box: tuple[float, float, float, float]) -> None:
    path = save_annotated(report(box), photo(500, 400), tmp_path)
    pixels = np.asarray(opened(path.read_bytes())).astype(int)
    x, y, width, height = map(int, box)
    columns, rows = slice(x + width * 2 // 3, x + width - 4), slice(y + height * 2 // 3, y + height - 4)
    for side in (pixels[y, columns], pixels[y + height - 1, columns], pixels[rows, x], pixels[rows, x + width - 1]):
        assert side.mean() > 180, "white, softened by JPEG"
    inside = pixels[rows, columns]
    assert inside.mean(axis=(0, 1)) == pytest.approx((200, 60, 30), abs=10)


@pytest.mark.parametrize("box", [(100.0, 150.0, 120.0, 160.0), (0.0, 0.0, 120.0, 100.0), (330.0, 440.0, 70.0, 60.0)])
def test_the_age_stands_at_the_face_and_in_the_photo(tmp_path: Path, box: tuple[float, float, float, float]) -> None:
    copies = [
        np.asarray(opened(save_annotated(report(box, age=age), photo(500, 400), tmp_path).read_bytes())).astype(int)
        for age in (8, 38)
    ]
    x, y, width, height = box
    for pixels in copies:
        rows, columns = np.nonzero(pixels.max(axis=2) < 60)  # the pill's ground
        assert len(rows) > 100
        assert x - 5 <= columns.mean() <= x + width + 5
        assert y - 40 <= rows.mean() <= y + height
    assert (np.abs(copies[0] - copies[1]).max(axis=2) > 100).sum() > 20, "another age looks different"


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (3, 400)])
def test_tiny_photos(tmp_path: Path, size: tuple[int, int]) -> None:
    path = save_annotated(report((0, 0, size[0], size[1]), age=100), photo(size[1], size[0]), tmp_path)
    assert opened(path.read_bytes()).size == size


def test_the_photo_in_memory_stays_as_it_is(tmp_path: Path) -> None:
    pixels = photo(200, 300)
    save_annotated(report((20, 20, 50, 60)), pixels, tmp_path)
    make_pictures(pixels, NO_CHIPS)
    assert np.array_equal(pixels, photo(200, 300))


def test_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        save_annotated(report(), photo(20, 20), tmp_path / "none")


@pytest.mark.parametrize("error", [OSError("disk full"), MemoryError()])
def test_nothing_is_left_when_the_copy_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise error

    monkeypatch.setattr(pictures, "_jpeg", fail)
    with pytest.raises(type(error)):
        save_annotated(report(), photo(20, 20), tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(BytesIO):
        def write(self, _: object) -> int:
            raise OSError("disk full")

    def fdopen(descriptor: int, _: str) -> Full:
        close(descriptor)
        return Full()

    close = os.close
    monkeypatch.setattr(os, "fdopen", fdopen)
    with pytest.raises(OSError, match="disk full"):
        save_annotated(report(), photo(20, 20), tmp_path)
    assert not list(tmp_path.iterdir())
