"""An age is a distribution: its expectation and its intervals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.age import AGES, Age, central_intervals


def distribution(**weights: float) -> np.ndarray:
    made = np.zeros(AGES, np.float32)
    for name, weight in weights.items():
        made[int(name[1:])] = weight
    return made


def test_mean_is_the_expectation() -> None:
    assert Age(distribution(y20=0.25, y40=0.75)).mean == pytest.approx(35.0)


def test_distribution_is_scaled_and_frozen() -> None:
    age = Age(distribution(y10=2, y12=2))
    assert age.distribution.sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="read-only"):
        age.distribution[0] = 1


def test_interval_spreads_probability_within_a_year() -> None:
    # All mass in the bin [29.5, 30.5]: the central 80 % lie between its tenth and its ninth tenth.
    assert Age(distribution(y30=1)).interval(0.8) == pytest.approx((29.6, 30.4))


def test_interval_of_a_uniform_distribution() -> None:
    low, high = Age(np.full(AGES, 1 / AGES)).interval(0.5)
    assert (low, high) == pytest.approx((-0.5 + 101 / 4, -0.5 + 3 * 101 / 4), abs=1e-3)


def test_interval_never_leaves_the_ages() -> None:
    assert Age(distribution(y0=1)).interval(0.9)[0] == 0
    assert Age(distribution(y100=1)).interval(0.9)[1] == 100


def test_higher_level_gives_a_wider_interval() -> None:
    ages = np.arange(AGES)
    age = Age(np.exp(-((ages - 33) ** 2) / 60))
    intervals = [age.interval(level) for level in (0.5, 0.68, 0.8, 0.9, 0.99)]
    assert all(a[0] > b[0] and a[1] < b[1] for a, b in itertools.pairwise(intervals))


def test_many_at_once_agree_with_one() -> None:
    rows = np.vstack([np.random.default_rng(1).dirichlet(np.ones(AGES), size=5), np.eye(AGES)[[0, -1]]])
    assert central_intervals(rows, 0.8) == pytest.approx(np.array([Age(row).interval(0.8) for row in rows]), abs=1e-3)


@pytest.mark.parametrize("level", [0, 1, -0.5, 1.5, float("nan")])
def test_impossible_level(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Age(distribution(y30=1)).interval(level)


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros(AGES),
        np.ones(100),
        np.full(AGES, np.nan),
        -np.ones(AGES),
        distribution(y20=-0.5, y30=1.5),
        np.ones((1, AGES)),
    ],
)
def test_what_is_no_distribution(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="age distribution"):
        Age(bad)
