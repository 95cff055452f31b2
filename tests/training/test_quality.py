"""Faces made smaller, darker and so on, on purpose."""

from __future__ import annotations

import numpy as np
import pytest

from engine.alignment import CHIP_BOX
from training.quality import blocky, cut_off, darkened, grainy, shrunk

CHIPS = np.random.default_rng(0).integers(0, 256, (2, 200, 200, 3), np.uint8)
GREY = np.full((2, 200, 200, 3), 128, np.uint8)


def test_a_face_as_wide_as_in_its_chip_is_not_shrunk() -> None:
    np.testing.assert_array_equal(shrunk(CHIPS, CHIP_BOX[2]), CHIPS)
    assert shrunk(CHIPS, CHIP_BOX[2] / 2).std() < CHIPS.std() / 1.5


def test_noise_is_of_the_size_asked_for_and_always_the_same() -> None:
    noisy, coarse = grainy(GREY, 200, 8), grainy(GREY, 50, 8)
    np.testing.assert_array_equal(noisy, grainy(GREY, 200, 8))
    assert noisy.mean() == pytest.approx(128, abs=1)
    assert noisy.std() == pytest.approx(8, abs=0.2)
    assert (noisy[..., 0] == noisy[..., 2]).all()  # brightness alone
    beside = [np.abs(np.diff(one.astype(float), axis=2)).mean() for one in (noisy[..., 0], coarse[..., 0])]
    assert beside[1] < beside[0] / 2


def test_a_dark_chip_keeps_little_but_the_noise() -> None:
    dark = darkened(CHIPS, 0.1)
    assert dark.mean() == pytest.approx(CHIPS.mean() / 10, abs=0.5)
    assert darkened(np.full_like(CHIPS, 200), 0.5).std() == pytest.approx(1.2, abs=0.1)


def test_of_a_face_cut_off_only_the_rest_is_shown() -> None:
    half = cut_off(CHIPS, 0.5)
    edge = round(CHIP_BOX[0] + CHIP_BOX[2] / 2)
    np.testing.assert_array_equal(half[:, :, edge:], CHIPS[:, :, edge:])
    assert (half[:, :, :edge] == CHIPS[:, :, edge : edge + 1]).all()
    np.testing.assert_array_equal(cut_off(CHIPS, 1)[:, :, 19:], CHIPS[:, :, 19:])


def test_jpeg_leaves_its_blocks() -> None:
    chip = CHIPS[:1] // 8 + 100
    assert 0 < np.abs(blocky(chip, 95).astype(int) - chip).mean() < np.abs(blocky(chip, 20).astype(int) - chip).mean()
