"""engine.boxes"""

from __future__ import annotations

import pytest

from engine.boxes import overlap


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((0, 0, 10, 10), 1.0),
        ((5, 0, 10, 10), 1 / 3),
        ((0, 0, 20, 20), 0.25),
        ((10, 0, 10, 10), 0.0),
        ((9, 9, 1, 1), 0.01),
    ],
)
def test_overlap(other: tuple[float, float, float, float], expected: float) -> None:
    assert overlap((0, 0, 10, 10), other) == pytest.approx(expected)


def test_boxes_without_an_area() -> None:
    """A kept record may hold them."""
    assert overlap((3, 4, 0, 0), [3, 4, 0, 0]) == 1
    assert overlap((3, 4, 0, 0), (5, 4, 0, 0)) == 0
