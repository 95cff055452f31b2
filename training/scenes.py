"""Pictures with faces at known places: UTKFace's chips pasted into photos without faces, to measure detectors on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from engine.age_model import CHIP_SIZE as CHIP

BACKGROUNDS = (
    "brick.png", "chelsea.png", "coffee.png", "coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg",
    "ihc.png", "moon.png", "motorcycle_left.png", "page.png", "retina.jpg", "rocket.jpg", "text.png",
)  # fmt: skip
"""scikit-image's pictures without a face."""

_FACES_PER_SCENE = 8


@dataclass(frozen=True, eq=False)
class Pasted:
    """One face of a scene: the index of its chip, and the transform (2, 3) from the chip to the scene."""

    chip: int
    matrix: NDArray[np.float64]

    def place(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (N, 2) of the chip in the scene."""
        return np.asarray(points @ self.matrix[:, :2].T + self.matrix[:, 2], np.float64)

    def back(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (N, 2) of the scene in the chip."""
        return np.asarray((points - self.matrix[:, 2]) @ np.linalg.inv(self.matrix[:, :2]).T, np.float64)


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture (H, W, 3), uint8, RGB, and its faces: all `side` pixels high and turned by `angle` degrees."""

    image: NDArray[np.uint8]
    faces: tuple[Pasted, ...]
    side: int
    angle: float


def backgrounds() -> list[NDArray[np.uint8]]:
    """The pictures without faces, RGB."""
    folder = Path(skimage.data.__file__).parent
    pictures = [cv2.imread(str(folder / name), cv2.IMREAD_COLOR) for name in BACKGROUNDS]
    return [np.ascontiguousarray(picture[..., ::-1], np.uint8) for picture in pictures if picture is not None]


def compose(
    chips: NDArray[np.uint8],
    background: NDArray[np.uint8],
    side: int,
    angle: float,
    chance: np.random.Generator,
) -> Scene:
    """Paste as many of `chips` (N, 200, 200, 3) as fit, eight at most, into a background of 1280 x 960 pixels, and
    degrade the result a little as cameras do: brightness, noise, JPEG.

    UTKFace's faces are as high as their chips, so `side` is a face's height and a chip's side alike.
    """
    width, height = 1280, 960
    growth = max(width / background.shape[1], height / background.shape[0])
    grown = cv2.resize(background, None, fx=growth * 1.001, fy=growth * 1.001, interpolation=cv2.INTER_LINEAR)
    canvas = np.asarray(grown[:height, :width], np.float32).copy()
    cell = side * 1.5 + 16
    columns, rows = int(width // cell), int(height // cell)
    places = chance.permutation(columns * rows)[: min(len(chips), _FACES_PER_SCENE)]
    faces = []
    for index, place in enumerate(places):
        middle = (np.array(divmod(int(place), columns)[::-1]) + 0.5) * (width / columns, height / rows)
        matrix = _placed(side, angle, middle + chance.uniform(-3, 3, 2))
        _paste(canvas, chips[index], matrix)
        faces.append(Pasted(index, matrix))
    noisy = canvas * chance.uniform(0.75, 1.15) + chance.normal(0, chance.uniform(0, 5), canvas.shape)
    spoiled = np.clip(noisy[..., ::-1], 0, 255).astype(np.uint8)
    code = cv2.imencode(".jpg", spoiled, [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(60, 96))])[1]
    image = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)
    return Scene(np.ascontiguousarray(image[..., ::-1]), tuple(faces), side, angle)


def _placed(side: float, angle: float, middle: NDArray[np.float64]) -> NDArray[np.float64]:
    scale, turn = side / CHIP, math.radians(angle)
    linear = scale * np.array([(math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))])
    return np.column_stack([linear, middle - linear @ np.full(2, (CHIP - 1) / 2)])


def _paste(canvas: NDArray[np.float32], chip: NDArray[np.uint8], matrix: NDArray[np.float64]) -> None:
    """Paste into the part of the canvas that the chip covers; a chip to be reduced is first averaged over areas."""
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    reach = math.ceil(scale * CHIP * 0.75) + 2
    x, y = (int(v) for v in matrix[:, :2] @ np.full(2, (CHIP - 1) / 2) + matrix[:, 2])
    left, top = max(0, x - reach), max(0, y - reach)
    part = canvas[top : y + reach, left : x + reach]
    matrix = matrix - [(0, 0, left), (0, 0, top)]
    if scale < 0.5:
        reduced = round(CHIP * scale * 2)
        chip = np.asarray(cv2.resize(chip, (reduced, reduced), interpolation=cv2.INTER_AREA), np.uint8)
        factor = CHIP / reduced
        matrix = matrix @ [(factor, 0, (factor - 1) / 2), (0, factor, (factor - 1) / 2), (0, 0, 1)]
    size = part.shape[1], part.shape[0]
    face = cv2.warpAffine(chip, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpAffine(np.ones(chip.shape[:2], np.float32), matrix, size, flags=cv2.INTER_LINEAR)[..., None]
    part += cover * (face - part)
