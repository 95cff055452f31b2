"""Warnings tell what makes an estimate uncertain."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine import quality
from engine.alignment import align
from engine.analyzer import Analyzer
from engine.quality import sharpness, turn, warnings_for

FRONTAL = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)


@pytest.fixture(scope="module")
def chip(analyzer: Analyzer, astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The astronaut's face, aligned by rough landmarks read off the photo."""
    landmarks = np.array([[208, 112], [246, 110], [232, 130], [212, 152], [242, 150]], np.float32)
    return align(astronaut, landmarks, np.array([[60, 61], [137, 60], [98, 101], [65, 136], [130, 135]], np.float32))


def test_a_good_face_gets_none(chip: NDArray[np.uint8]) -> None:
    assert warnings_for((0, 0, 100, 120), FRONTAL, 0.9, chip) == ()


@pytest.mark.parametrize(("side", "expected"), [(25, ("small",)), (35, ("small",)), (36, ())])
def test_small(chip: NDArray[np.uint8], side: float, expected: tuple[str, ...]) -> None:
    assert warnings_for((0, 0, side, 120), FRONTAL, 0.9, chip) == expected
    assert warnings_for((0, 0, 120, side), FRONTAL, 0.9, chip) == expected


DAMAGES: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "none": lambda chip: chip,
    "noise": lambda chip: with_grain(chip, 200),
    "grain": lambda chip: with_grain(chip, 70),
    "jpeg": lambda chip: np.asarray(
        cv2.imdecode(cv2.imencode(".jpg", chip, (cv2.IMWRITE_JPEG_QUALITY, 20))[1], 1), np.uint8
    ),
}


def with_grain(chip: NDArray[np.uint8], cells: int) -> NDArray[np.uint8]:
    """The chip with random brightness: that of a sensor for 200 cells, film grain for fewer."""
    grain = np.random.default_rng(1).normal(0, 8, (cells, cells)).astype(np.float32)
    return np.clip(chip + cv2.resize(grain, (200, 200))[..., None], 0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize(("blur", "expected"), [(8, ("blurred",)), (7, ("blurred",)), (4, ())])
def test_blurred(
    chip: NDArray[np.uint8],
    damage: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    blur: float,
    expected: tuple[str, ...],
) -> None:
    """Whatever noise lies over the blur, as on an old print or in a dark room."""
    blurred = damage(np.asarray(cv2.GaussianBlur(chip, (0, 0), blur), np.uint8))
    assert warnings_for((0, 0, 100, 120), FRONTAL, 0.9, blurred) == expected
    assert warnings_for((0, 0, 25, 120), FRONTAL, 0.9, blurred) == ("small",), "one warning is enough"


def test_the_more_blurred_the_less_sharp(chip: NDArray[np.uint8]) -> None:
    blurred, soft = (cv2.GaussianBlur(chip, (0, 0), blur) for blur in (8, 3))
    assert sharpness(blurred) < sharpness(soft) < sharpness(chip)


def test_grain_is_smoothed_away_once(chip: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    """Sharpness and contrast are both of the same picture."""
    seen = []
    smooth = quality._without_grain

    def counted(one: NDArray[np.uint8]) -> NDArray[np.float32]:
        seen.append(one)
        return smooth(one)

    monkeypatch.setattr(quality, "_without_grain", counted)
    assert warnings_for((0, 0, 100, 120), FRONTAL, 0.9, chip) == ()
    assert len(seen) == 1


def test_sharpness_does_not_depend_on_contrast(chip: NDArray[np.uint8]) -> None:
    faded = (chip * 0.5 + 100).astype(np.uint8)
    assert sharpness(faded) == pytest.approx(sharpness(chip), rel=0.15)
    assert sharpness(np.full_like(chip, 128)) == 0


@pytest.mark.parametrize(("brightness", "expected"), [(0.05, ("blurred",)), (0.1, ("blurred",)), (0.4, ()), (1, ())])
@pytest.mark.parametrize("fog", [0, 120])
def test_far_too_dark_or_faint(
    chip: NDArray[np.uint8], brightness: float, fog: float, expected: tuple[str, ...]
) -> None:
    """Noise is no contrast: it fills what is too dark to see."""
    noise = np.random.default_rng(1).normal(0, 2, chip.shape)
    faint = np.clip(chip * brightness + fog + noise, 0, 255).round().astype(np.uint8)
    for side in (100, 25):
        small = ("small",) if side == 25 else ()
        assert warnings_for((0, 0, side, 120), FRONTAL, 0.9, faint) == (*small, *expected)


@pytest.mark.parametrize(("inside", "expected"), [(0.5, ("turned",)), (0.79, ("turned",)), (0.8, ()), (1, ())])
def test_cut_off_by_the_edge(chip: NDArray[np.uint8], inside: float, expected: tuple[str, ...]) -> None:
    assert warnings_for((0, 0, 100, 120), FRONTAL, 0.9, chip, inside) == expected


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(("share", "expected"), [(0.45, ("turned",)), (0.31, ("turned",)), (0.29, ())])
def test_turned(chip: NDArray[np.uint8], side: int, share: float, expected: tuple[str, ...]) -> None:
    landmarks = FRONTAL.copy()
    landmarks[2, 0] += side * share * 40
    assert turn(landmarks) == pytest.approx(side * share)
    assert warnings_for((0, 0, 100, 120), landmarks, 0.9, chip) == expected


def test_turn_ignores_roll_and_size() -> None:
    landmarks = FRONTAL.copy()
    landmarks[2, 0] += 10
    angle = np.deg2rad(50)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    assert turn(landmarks @ rotation * 3) == pytest.approx(0.25, abs=1e-5)


def test_eyes_in_one_place_count_as_turned() -> None:
    assert turn(np.ones((5, 2), np.float32)) == 1


@pytest.mark.parametrize(("score", "expected"), [(0.3, ("low_score",)), (0.59, ("low_score",)), (0.6, ())])
def test_low_score(chip: NDArray[np.uint8], score: float, expected: tuple[str, ...]) -> None:
    assert warnings_for((0, 0, 100, 120), FRONTAL, score, chip) == expected
