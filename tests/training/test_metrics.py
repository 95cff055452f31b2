"""Figures on a made-up set whose answers are known."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from training.metrics import BANDS, band_of, figures, point_figures


def one_hot(ages: list[int]) -> NDArray[np.float64]:
    """Distributions that are certain: the 80 % interval of age k is k - 0.4 to k + 0.4."""
    return np.eye(101)[ages]


AGES = np.array([10.0, 10.0, 20.0, 40.0])
GUESSES = [10, 14, 26, 30]  # errors 0, +4, +6, -10
SEXES = np.array(["female", "male", "female", ""])


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return figures(one_hot(GUESSES), AGES, {"sex": SEXES})


def test_figures_overall(found: dict[str, Any]) -> None:
    whole = found["all"]
    assert whole["photos"] == 4
    assert whole["mae"] == pytest.approx((0 + 4 + 6 + 10) / 4)
    assert whole["cs5"] == pytest.approx(2 / 4)
    assert whole["bias"] == pytest.approx(0.0)
    assert whole["coverage"] == pytest.approx(1 / 4)


def test_figures_by_band(found: dict[str, Any]) -> None:
    assert list(found["band"]) == ["0-12", "18-25", "36-50"]
    assert {name: one["photos"] for name, one in found["band"].items()} == {"0-12": 2, "18-25": 1, "36-50": 1}
    assert found["band"]["0-12"]["mae"] == pytest.approx(2.0)
    assert found["band"]["0-12"]["bias"] == pytest.approx(2.0)
    assert found["band"]["0-12"]["cs5"] == pytest.approx(1.0)
    assert found["band"]["0-12"]["coverage"] == pytest.approx(0.5)
    assert found["band"]["36-50"]["bias"] == pytest.approx(-10.0)


def test_figures_by_group_leave_unnamed_photos_out(found: dict[str, Any]) -> None:
    assert list(found["sex"]) == ["female", "male"]
    assert found["sex"]["female"]["photos"] == 2
    assert found["sex"]["female"]["mae"] == pytest.approx(3.0)
    assert found["sex"]["male"]["bias"] == pytest.approx(4.0)
    assert found["sex"]["female"]["coverage"] == pytest.approx(0.5)
    assert found["sex"]["male"]["coverage"] == 0.0


def test_photos_of_one_person_are_one_draw() -> None:
    """Ten people with ten photos each, equally wrong on all of a person's photos: this says no more than ten photos."""
    people = np.repeat([f"p{n}" for n in range(10)], 10)
    guesses = np.repeat(np.arange(30, 50, 2), 10).tolist()
    ages = np.full(100, 30.0)
    apart = figures(one_hot(guesses), ages)["all"]
    together = figures(one_hot(guesses), ages, people=people)
    single = figures(one_hot(guesses[::10]), ages[::10])["all"]
    assert together["all"]["mae"] == apart["mae"] == single["mae"]
    assert together["all"]["mae_range"] == single["mae_range"]
    assert np.ptp(together["all"]["mae_range"]) > 2.5 * np.ptp(apart["mae_range"])
    assert together["band"]["26-35"]["mae_range"] == together["all"]["mae_range"]
    alone = figures(one_hot(guesses), ages, people=np.array([f"p{n}" for n in range(100)]))["all"]
    assert alone == apart


def test_people_with_few_photos_count_for_few() -> None:
    """Nine photos of one person without an error, one photo of another who is ten years off."""
    people = np.array(["a"] * 9 + ["b"])
    found = figures(one_hot([30] * 9 + [40]), np.full(10, 30.0), people=people)["all"]
    assert found["mae"] == pytest.approx(1.0)
    assert found["mae_range"] == [0.0, 10.0]
    # The one of forty people who has most of the photos is drawn twice or more often in a quarter of the draws.
    people = np.array(["a"] * 60 + [f"b{n}" for n in range(39)])
    found = figures(one_hot([40] * 60 + [30] * 39), np.full(99, 30.0), people=people)["all"]
    assert found["mae_range"][0] == 0.0 < found["mae"] < found["mae_range"][1]


def test_no_groups() -> None:
    assert list(figures(one_hot(GUESSES), AGES)) == ["all", "band"]


def test_points_have_the_same_figures_without_coverage(found: dict[str, Any]) -> None:
    points = point_figures(np.array(GUESSES, dtype=float), AGES)
    assert list(points) == ["all", "band"]
    for part, expected in (("all", found["all"]), *found["band"].items()):
        ours = points["all"] if part == "all" else points["band"][part]
        assert ours == {name: value for name, value in expected.items() if not name.startswith("coverage")}
    assert point_figures(np.array([30.5]), np.array([30.0]))["all"]["bias"] == 0.5


@pytest.mark.parametrize("shape", [(0,), (1,), (2, 1), (2, 101)])
def test_points_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        point_figures(np.zeros(shape), np.zeros(0 if shape == (0,) else 2))


def test_exactly_five_years_off_is_within_five() -> None:
    assert figures(one_hot([15, 25, 26]), np.array([10.0, 30.0, 20.0]))["all"]["cs5"] == pytest.approx(2 / 3, abs=1e-4)


def test_coverage_of_wide_distributions() -> None:
    """Evenly over 0..100: the central 80 % lies from 9.6 to 90.4."""
    even = np.full((4, 101), 1 / 101)
    found = figures(even, np.array([9.0, 10.0, 90.0, 91.0]))
    assert found["all"]["coverage"] == pytest.approx(0.5)


def test_bootstrap_intervals_hold_the_figure() -> None:
    rng = np.random.default_rng(0)
    ages = rng.integers(0, 101, 300).astype(float)
    guesses = np.clip(np.rint(ages + rng.normal(1, 6, 300)), 0, 100).astype(int)
    found = figures(one_hot(guesses.tolist()), ages)
    for group in (found["all"], *found["band"].values()):
        for name in ("mae", "cs5", "bias", "coverage"):
            low, high = group[f"{name}_range"]
            assert low <= group[name] <= high
    low, high = found["all"]["mae_range"]
    deviation = np.abs(guesses - ages).std() / np.sqrt(300)
    assert high - low == pytest.approx(2 * 1.96 * deviation, rel=0.1)  # the normal approximation


def test_bootstrap_interval_of_one_photo_is_a_point() -> None:
    assert figures(one_hot([33]), np.array([30.0]))["all"]["mae_range"] == [3.0, 3.0]


def test_same_photos_same_figures(found: dict[str, Any]) -> None:
    assert figures(one_hot(GUESSES), AGES, {"sex": SEXES}) == found


@pytest.mark.parametrize(
    ("age", "name"),
    [
        (0, "0-12"),
        (12, "0-12"),
        (12.9, "0-12"),
        (13, "13-17"),
        (17, "13-17"),
        (18, "18-25"),
        (25, "18-25"),
        (26, "26-35"),
        (35, "26-35"),
        (36, "36-50"),
        (50, "36-50"),
        (51, "51-65"),
        (65, "51-65"),
        (66, "66+"),
        (116, "66+"),
    ],
)
def test_band_of(age: float, name: str) -> None:
    assert band_of(age) == name


def test_nobody_is_two_hundred_and_one() -> None:
    with pytest.raises(ValueError, match="201 is not an age"):
        band_of(201)


def test_bands_leave_no_gap() -> None:
    assert BANDS[0][0] == 0
    assert all(after[0] == before[1] + 1 for before, after in pairwise(BANDS))


def test_bands_come_in_the_order_of_ages() -> None:
    ages = [70, 55, 40, 30, 20, 15, 5]
    found = figures(one_hot(ages), np.array(ages, dtype=float))
    assert list(found["band"]) == ["0-12", "13-17", "18-25", "26-35", "36-50", "51-65", "66+"]


@pytest.mark.parametrize(
    ("distributions", "ages"),
    [
        (np.empty((0, 101)), np.empty(0)),
        (np.full((2, 101), 1 / 101), np.array([1.0])),
        (np.full((2, 100), 1 / 100), np.array([1.0, 2.0])),
        (np.full(101, 1 / 101), np.array([1.0])),
    ],
)
def test_shapes_that_do_not_fit_are_refused(distributions: NDArray[np.float64], ages: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        figures(distributions, ages)
