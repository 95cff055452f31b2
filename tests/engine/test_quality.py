"""Warnings tell what makes an estimate uncertain."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

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


def test_small(chip: NDArray[np.uint8]) -> None:
    assert warnings_for((0, 0, 25, 120), FRONTAL, 0.9, chip) == ("small",)


def test_blurred(chip: NDArray[np.uint8]) -> None:
    blurred = cv2.GaussianBlur(chip, (0, 0), 8)
    assert warnings_for((0, 0, 100, 120), FRONTAL, 0.9, blurred) == ("blurred",)
    assert sharpness(blurred) < sharpness(cv2.GaussianBlur(chip, (0, 0), 3)) < sharpness(chip)


def test_sharpness_does_not_depend_on_contrast(chip: NDArray[np.uint8]) -> None:
    faded = (chip * 0.5 + 100).astype(np.uint8)
    assert sharpness(faded) == pytest.approx(sharpness(chip), rel=0.15)
    assert sharpness(np.full_like(chip, 128)) == 0


@pytest.mark.parametrize("side", [-1, 1])
def test_turned(chip: NDArray[np.uint8], side: int) -> None:
    landmarks = FRONTAL.copy()
    landmarks[2, 0] += side * 18
    assert turn(landmarks) == pytest.approx(side * 0.45)
    assert warnings_for((0, 0, 100, 120), landmarks, 0.9, chip) == ("turned",)


def test_turn_ignores_roll_and_size() -> None:
    landmarks = FRONTAL.copy()
    landmarks[2, 0] += 10
    angle = np.deg2rad(50)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    assert turn(landmarks @ rotation * 3) == pytest.approx(0.25, abs=1e-5)


def test_eyes_in_one_place_count_as_turned() -> None:
    assert turn(np.ones((5, 2), np.float32)) == 1


def test_low_score(chip: NDArray[np.uint8]) -> None:
    assert warnings_for((0, 0, 100, 120), FRONTAL, 0.3, chip) == ("low_score",)
