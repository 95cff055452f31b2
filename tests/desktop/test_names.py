"""desktop.names: what can be a name, and whose face has it."""

from __future__ import annotations

import pytest

from desktop.names import NamedPlace, is_name, places_on, tidy_name


def test_a_moved_face_keeps_its_name_and_another_one_does_not_take_it() -> None:
    names = (NamedPlace((0.0, 0.0, 10.0, 10.0), "Anna"), NamedPlace((20.0, 0.0, 10.0, 10.0), "Ben"))
    moved, apart = {"box": [1.0, 1.0, 10.0, 10.0]}, {"box": [8.0, 0.0, 10.0, 10.0]}
    assert {place: one.name for place, one in places_on([apart, moved], names).items()} == {1: "Anna"}


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("  Anna \n Maria\t", "Anna Maria"),
        ("<b>Anna</b>", "<b>Anna</b>"),
        ("\u202eannA", "annA"),
        ("A\x00n\x1b[31mna", "An[31mna"),
        ("\ud800Anna", "Anna"),
        ("\u200b\u2060", ""),
        ("\u0395\u03bb\u03ad\u03bd\u03b7", "\u0395\u03bb\u03ad\u03bd\u03b7"),
    ],
)
def test_names_are_one_tidy_line(typed: str, tidy: str) -> None:
    assert tidy_name(typed) == tidy
    assert is_name(tidy) == (tidy != "")
