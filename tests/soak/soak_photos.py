"""Photos for the soak: each a different variation of one of two with seven faces, some of them damaged."""

from __future__ import annotations

import random
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps
from skimage import data

_ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_EACH_DAMAGED = 25


class SoakPhotos:
    """Photos by number, made when they are needed, with the same bytes each time.

    Args:
        folder: where they go.
        count: how many there are.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.paths = [folder / f"{number:05}.{_ENDINGS[_format(number)]}" for number in range(count)]
        spec = find_spec("insightface")
        assert spec is not None and spec.origin is not None
        with Image.open(Path(spec.origin).parent / "data" / "images" / "t1.jpg") as group:
            self._originals = [group.convert("RGB"), Image.fromarray(data.astronaut())]

    def make(self, number: int) -> None:
        """Write a photo."""
        content = self._content(number)
        if is_damaged(number):
            content = content[: len(content) // 3]
        self.paths[number].write_bytes(content)

    def _content(self, number: int) -> bytes:
        chance = random.Random(number)
        photo = chance.choice(self._originals)
        width, height = photo.size
        left, top, right, bottom = (chance.uniform(0, 0.2) for _ in range(4))
        photo = photo.crop((round(left * width), round(top * height), round((1 - right) * width), height))
        photo = photo.crop((0, 0, photo.width, round((1 - bottom) * photo.height)))
        if chance.random() < 0.5:
            photo = ImageOps.mirror(photo)
        photo = ImageOps.scale(photo, chance.uniform(0.5, 1.4), Image.Resampling.BILINEAR)
        photo = ImageEnhance.Brightness(photo).enhance(chance.uniform(0.6, 1.3))
        kind = _format(number)
        quick = {"JPEG": {"quality": 88}, "PNG": {"compress_level": 1}, "WEBP": {"method": 0}}[kind]
        buffer = BytesIO()
        photo.save(buffer, kind, **quick)
        return buffer.getvalue()


def is_damaged(number: int) -> bool:
    """Whether this photo cannot be read."""
    return number % _EACH_DAMAGED == _EACH_DAMAGED - 1


def _format(number: int) -> str:
    """The formats in turn, so that each is also damaged at times."""
    return tuple(_ENDINGS)[number % len(_ENDINGS)]
