"""engine.boxes"""

from __future__ import annotations

import pytest

from engine.boxes import overlap, same_places


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((0, 0, 10, 10), 1.0),
        ((5, 0, 10, 10), 1 / 3),
        ((0, 0, 20, 20), 0.25),
        ((10, 0, 10, 10), 0.0),
        ((9, 9, 1, 1), 0.01),
        ((20, 20, 10, 10), 0.0),
        ((0, 0, 20, 5), 1 / 3),
    ],
)
def test_overlap(other: tuple[float, float, float, float], expected: float) -> None:
    box = (0, 0, 10, 10)
    assert overlap(box, other) == overlap(other, box) == pytest.approx(expected)


def test_boxes_without_an_area() -> None:
    """A stored record may hold them."""
    assert overlap((3, 4, 0, 0), [3, 4, 0, 0]) == 1
    assert overlap((3, 4, 0, 0), (5, 4, 0, 0)) == 0


def test_a_box_has_one_partner_at_most_the_closest() -> None:
    near, far, elsewhere = (0, 0, 10, 10), (2, 0, 10, 10), (50, 0, 10, 10)
    assert same_places([(1, 0, 11, 10), far, elsewhere], [far, near]) == {1: 0, 0: 1}
    assert same_places([near, elsewhere], [far, far]) == {0: 0}


@pytest.mark.parametrize(("width", "pairs"), [(10, {0: 0}), (9, {})])
def test_boxes_in_the_same_place_share_half_of_what_they_cover(width: float, pairs: dict[int, int]) -> None:
    assert same_places([(0, 0, 20, 10)], [(0, 0, width, 10)]) == pairs
