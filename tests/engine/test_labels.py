"""engine.labels"""

from __future__ import annotations

import itertools

import pytest

from engine import labels
from engine.boxes import Box, shared
from engine.labels import place_labels


def test_labels_cover_no_other_face_and_no_other_label_where_there_is_room() -> None:
    boxes = [(x, y, 90.0, 110.0) for y in (60.0, 200.0) for x in (40.0, 150.0, 260.0)]
    places = place_labels(boxes, [(24.0, 16.0)] * len(boxes), (400, 400), 1)
    spots = [(x, y, 24.0, 16.0) for x, y in places]
    assert all(shared(one, other) == 0 for one, other in itertools.combinations(spots, 2))
    for number, spot in enumerate(spots):
        assert all(shared(spot, box) == 0 for place, box in enumerate(boxes) if place != number)


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((100, 100, 50, 60), (115, 88)),  # above
        ((100, 0, 50, 60), (115, 62)),  # below
        ((100, 0, 50, 300), (152, 145)),  # to the right
        ((350, 0, 50, 300), (328, 145)),  # to the left
        ((0, 100, 10, 60), (0, 88)),
        ((390, 100, 10, 60), (380, 88)),
        ((100, -90, 50, 60), (115, 0)),
        ((0, 0, 400, 300), (190, 0)),  # in the face
    ],
)
def test_labels_stand_above_their_faces_if_there_is_room_and_always_in_the_photo(
    box: Box, place: tuple[float, float]
) -> None:
    assert place_labels([box], [(20, 10)], (400, 300), 2) == [place]


def test_in_a_crowd_a_label_is_compared_with_what_is_near_it(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def counted(one: Box, other: Box) -> float:
        nonlocal compared
        compared += 1
        return shared(one, other)

    monkeypatch.setattr(labels, "shared", counted)
    boxes = [(x, y, 20.0, 24.0) for y in range(40, 840, 40) for x in range(40, 640, 40)]
    place_labels(boxes, [(18.0, 10.0)] * len(boxes), (700, 900), 1)
    assert compared < 2 * len(boxes) ** 2  # for each place that a label may have, it would be over 20 times


ABOVE, BELOW = (90, 60, 70, 60), (90, 180, 70, 60)
RIGHT, LEFT = (140, 120, 90, 60), (10, 120, 90, 60)
"""Faces around one at (100, 120, 40, 60)."""


@pytest.mark.parametrize(
    ("others", "place"),
    [
        ([(122, 70, 90, 50)], (100, 108)),  # above, at the face's left end
        ([(70, 70, 48, 50)], (120, 108)),  # above, at its right end
        ([ABOVE], (110, 182)),
        ([ABOVE, (122, 180, 90, 50)], (100, 182)),
        ([ABOVE, (70, 180, 48, 50)], (120, 182)),
        ([ABOVE, BELOW], (142, 145)),
        ([ABOVE, BELOW, (140, 148, 90, 30)], (142, 120)),
        ([ABOVE, BELOW, (140, 120, 90, 30)], (142, 170)),
        ([ABOVE, BELOW, RIGHT], (78, 145)),
        ([ABOVE, BELOW, RIGHT, LEFT], (110, 122)),  # in the face
        ([ABOVE, BELOW, RIGHT, LEFT, (100, 120, 40, 20)], (110, 168)),
    ],
)
def test_labels_go_where_they_cover_no_other_face(others: list[Box], place: tuple[float, float]) -> None:
    boxes = [(100, 120, 40, 60), *others]
    assert place_labels(boxes, [(20, 10)] * len(boxes), (400, 400), 2)[0] == place


@pytest.mark.parametrize(
    ("lower", "place"),
    [
        ((100, 160, 60, 60), (162, 185)),  # directly under the upper one, at the photo's lower edge
        ((100, 100, 60, 60), (100, 88)),  # drawn twice
    ],
)
def test_the_second_label_covers_neither_the_first_face_nor_its_label(lower: Box, place: tuple[float, float]) -> None:
    assert place_labels([(100, 100, 60, 60), lower], [(20, 10)] * 2, (400, 220), 2) == [(120, 88), place]
