"""engine.labels"""

from __future__ import annotations

import itertools

from engine.boxes import shared
from engine.labels import place_labels


def test_labels_cover_no_other_face_and_no_other_label_where_there_is_room() -> None:
    boxes = [(x, y, 90.0, 110.0) for y in (60.0, 200.0) for x in (40.0, 150.0, 260.0)]
    places = place_labels(boxes, [(24.0, 16.0)] * len(boxes), (400, 400), 1)
    spots = [(x, y, 24.0, 16.0) for x, y in places]
    assert all(shared(one, other) == 0 for one, other in itertools.combinations(spots, 2))
    for number, spot in enumerate(spots):
        assert all(shared(spot, box) == 0 for place, box in enumerate(boxes) if place != number)


def test_labels_stay_in_the_photo() -> None:
    ((x, y),) = place_labels([(0.0, 0.0, 400.0, 300.0)], [(24.0, 16.0)], (400, 300), 1)
    assert 0 <= x <= 400 - 24
    assert 0 <= y <= 300 - 16
