"""desktop.records"""

from __future__ import annotations

from desktop.records import from_the_left


def test_faces_are_counted_by_their_middles() -> None:
    """The window does the same (`facesOf` in ui/photos.js)."""
    wide, narrow, right = ({"box": box} for box in ([0.0, 9.0, 100.0, 50.0], [30.0, 0.0, 20.0, 20.0], [80, 0, 9, 9]))
    assert from_the_left({"faces": [wide, narrow, right]}) == [(1, narrow), (0, wide), (2, right)]
