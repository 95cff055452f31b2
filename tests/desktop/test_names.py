"""desktop.names: what can be a name, and whose face has it."""

from __future__ import annotations

import pytest

from desktop.names import NamedPlace, is_name, joined, outlasting, places_on, resized, shows_same_faces, tidy_name


def test_a_moved_face_keeps_its_name_and_another_one_does_not_take_it() -> None:
    names = (NamedPlace((0.0, 0.0, 10.0, 10.0), "Anna"), NamedPlace((20.0, 0.0, 10.0, 10.0), "Ben"))
    moved, apart = {"box": [1.0, 1.0, 10.0, 10.0]}, {"box": [8.0, 0.0, 10.0, 10.0]}
    assert {place: one.name for place, one in places_on([apart, moved], names).items()} == {1: "Anna"}


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("  Anna \n Maria\t", "Anna Maria"),
        ("Anna\nMaria\u2028Braun", "Anna Maria Braun"),
        ("<b>Anna</b>", "<b>Anna</b>"),
        ("\u202eannA", "annA"),
        ("A\x00n\x1b[31mna", "An[31mna"),
        ("\ud800Anna", "Anna"),
        ("\u200b\u2060", ""),
        ("\u6e05", "\u6e05"),
        ("\u0395\u03bb\u03ad\u03bd\u03b7", "\u0395\u03bb\u03ad\u03bd\u03b7"),
    ],
)
def test_names_are_one_tidy_line(typed: str, tidy: str) -> None:
    assert tidy_name(typed) == tidy
    assert is_name(tidy) == (tidy != "")


def test_names_have_80_characters_at_most() -> None:
    assert is_name("x" * 80)
    assert not is_name("x" * 81)


@pytest.mark.parametrize(
    ("before", "after", "box"),
    [
        ((100, 80), (400, 320), (40.0, 80.0, 120.0, 160.0)),
        ((100, 80), (199, 160), (19.9, 40.0, 59.7, 80.0)),
        ((100, 80), (80, 100), (10.0, 20.0, 30.0, 40.0)),  # another picture
        ((0, 0), (400, 320), (10.0, 20.0, 30.0, 40.0)),
        ((100, 80), (0, 0), (10.0, 20.0, 30.0, 40.0)),
    ],
)
def test_names_go_along_with_the_size_of_a_picture(
    before: tuple[int, int], after: tuple[int, int], box: tuple[float, ...]
) -> None:
    (one,) = resized((NamedPlace((10.0, 20.0, 30.0, 40.0), "Anna"),), before, after)
    assert one.box == pytest.approx(box)


def test_names_of_an_earlier_run_join_those_of_others_on_other_faces() -> None:
    anna, ben, cleo = (
        NamedPlace((x, 0.0, 10.0, 10.0), name) for x, name in ((0.0, "Anna"), (20.0, "Ben"), (40.0, "Cleo"))
    )
    here = (NamedPlace((41.0, 0.0, 10.0, 10.0), "Dora"), NamedPlace((60.0, 0.0, 10.0, 10.0), "Ben"))
    assert joined(here, [anna, ben, cleo]) == (*here, anna)
    assert joined((), (anna, ben)) == (anna, ben)


def test_in_a_changed_file_each_name_stays_or_goes_with_its_own_face() -> None:
    names = (NamedPlace((0.0, 0.0, 10.0, 10.0), "Anna"), NamedPlace((20.0, 0.0, 10.0, 10.0), "Ben"))
    assert outlasting(names, [{"box": [20.0, 0.0, 10.0, 10.0]}]) == names[1:]


@pytest.mark.parametrize(
    ("size", "boxes", "same"),
    [
        (100, [[0.0, 0.0, 10.0, 10.0]], True),
        (200, [[0.0, 0.0, 20.0, 20.0]], True),
        (100, [[50.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 10.0]], True),
        (100, [[2.0, 0.0, 10.0, 10.0]], False),
        (200, [[0.0, 0.0, 10.0, 10.0]], False),
        (100, [], False),
    ],
)
def test_when_a_file_shows_the_same_faces(size: int, boxes: list[list[float]], same: bool) -> None:
    before = {"width": 100, "height": 100, "faces": [{"box": [0.0, 0.0, 10.0, 10.0]}]}
    after = {"width": size, "height": size, "faces": [{"box": box} for box in boxes]}
    assert shows_same_faces(before, after) is same
    assert shows_same_faces(before | {"faces": []}, after) is (False if boxes else None)
