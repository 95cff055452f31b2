"""desktop.place"""

from __future__ import annotations

import json

import pytest

from desktop.place import Place

LAPTOP = (0, 0, 1440, 900)
BESIDE = (1440, -200, 1920, 1080)


@pytest.mark.parametrize("place", [Place(), Place(900, 600, -5, 20), Place(900, 600, 1500, -100, maximized=True)])
def test_a_place_comes_back(place: Place) -> None:
    assert Place.from_json(json.loads(json.dumps(place.to_json()))) == place


@pytest.mark.parametrize(
    "changes",
    [{"width": 719}, {"height": 0}, {"width": 1e9}, {"width": "900"}, {"height": None}, {"width": True}, {"more": 1}],
    ids=str,
)
def test_what_makes_no_sense_is_the_usual_place(changes: dict[str, object]) -> None:
    assert Place.from_json(Place(900, 600, 5, 5).to_json() | changes) == Place()


@pytest.mark.parametrize("content", [None, [], "900x600", 3, {}, {"width": 900}], ids=str)
def test_what_is_no_place_is_the_usual_place(content: object) -> None:
    assert Place.from_json(content) == Place()


@pytest.mark.parametrize("corner", [{"x": None}, {"y": 1e5}, {"x": "5"}, {"x": 10**9}, {"y": -(10**9)}], ids=str)
def test_a_corner_that_makes_no_sense_is_left_to_the_system(corner: dict[str, object]) -> None:
    assert Place.from_json(Place(900, 600, 5, 5).to_json() | corner) == Place(900, 600)


def test_a_minimised_window_is_nowhere() -> None:
    assert Place(720, 480, -300, 5).is_shown
    assert not Place(160, 28, -32_000, -32_000).is_shown  # what Windows says


def test_a_place_in_sight_stays() -> None:
    for place in (Place(900, 600, 5, 5), Place(900, 600, -300, 850), Place(900, 600, 2000, -150, maximized=True)):
        assert place.within([LAPTOP, BESIDE]) == place


def test_a_window_on_a_screen_that_is_gone_is_placed_anew() -> None:
    assert Place(900, 600, 2000, -150, maximized=True).within([LAPTOP]) == Place(900, 600, maximized=True)
    assert Place(900, 600, 5, 895).within([LAPTOP]) == Place(900, 600)  # its title bar lies below the screen
    for x in (-900, 1440):  # beside it, at the same height
        assert Place(900, 600, x, 5).within([LAPTOP]) == Place(900, 600)


def test_a_window_is_no_larger_than_its_screen() -> None:
    assert Place(1900, 1000, 1450, -190).within([LAPTOP, BESIDE]) == Place(1900, 1000, 1450, -190)
    assert Place(1900, 1000, 1450, -190).within([LAPTOP]) == Place(1440, 900)
    assert Place(1900, 1000).within([LAPTOP, BESIDE]) == Place(1440, 900)
    assert Place(1900, 1000).within([]) == Place(1900, 1000)
