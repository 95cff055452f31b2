"""Faces made smaller on purpose."""

from __future__ import annotations

import numpy as np

from engine.alignment import CHIP_BOX
from training.quality import shrunk


def test_a_face_as_wide_as_in_its_chip_is_not_shrunk() -> None:
    chips = np.random.default_rng(0).integers(0, 256, (1, 200, 200, 3), np.uint8)
    np.testing.assert_array_equal(shrunk(chips, CHIP_BOX[2]), chips)
    assert shrunk(chips, CHIP_BOX[2] / 2).std() < chips.std() / 1.5
