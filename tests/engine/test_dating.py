"""Years from ages and ages from years, against cases worked by hand and against simulated families."""

from __future__ import annotations

import numpy as np
import pytest

from engine.age import AGES, Age
from engine.dating import DOUBT, DOUBTFUL, Years, date_birth, date_photo, doubts_in


def age(**weights: float) -> Age:
    made = np.zeros(AGES, np.float32)
    for name, weight in weights.items():
        made[int(name[1:])] = weight
    return Age(made)


def normal(mean: float, spread: float) -> Age:
    return Age(np.exp(-0.5 * ((np.arange(AGES) - mean) / spread) ** 2).astype(np.float32))


def test_one_person_is_birth_year_plus_age() -> None:
    found = date_photo([(age(y20=0.25, y24=0.75), 1950)], latest=2026)
    assert found.years.mean == pytest.approx(1973)
    assert found.years.probabilities[found.years.values == 1974] == pytest.approx(0.75)
    assert found.doubts == (0.0,)


@pytest.mark.parametrize(("seen", "born", "taken"), [(age(y0=1), 2026, 2026), (age(y100=1), 1900, 2000)])
def test_newborns_and_centenarians_date_photos_too(seen: Age, born: int, taken: int) -> None:
    found = date_photo([(seen, born)], latest=2026)
    assert found.years.mean == pytest.approx(taken)
    assert found.doubts == (0.0,)


def test_the_range_is_moved_with_the_birth_year() -> None:
    person = normal(34, 5)
    low, high = person.interval(0.8)
    assert date_photo([(person, 1940)], latest=2026).years.interval(0.8) == pytest.approx((1940 + low, 1940 + high))


def test_two_people_multiply() -> None:
    # Possible years 1950..2026 (77), floor 1/77 each. By hand, with f = 0.05 / 77, a = 0.95 * 0.5 + f and b = 0.95 + f:
    # 1970 has a * f (the mother only), 1972 has a * b, all other years f * f.
    found = date_photo([(age(y20=0.5, y22=0.5), 1950), (age(y2=1), 1970)], latest=2026)
    f = DOUBT / 77
    a, b = (1 - DOUBT) * 0.5 + f, (1 - DOUBT) + f
    total = a * b + a * f + 75 * f * f
    probabilities = dict(zip(found.years.values.tolist(), found.years.probabilities.tolist(), strict=True))
    assert probabilities[1972] == pytest.approx(a * b / total)
    assert probabilities[1970] == pytest.approx(a * f / total)
    assert probabilities[1971] == pytest.approx(f * f / total)


def test_two_who_agree_know_more_than_one() -> None:
    one = date_photo([(normal(34, 5), 1940)], latest=2026).years.interval(0.8)
    two = date_photo([(normal(34, 5), 1940), (normal(30, 5), 1944)], latest=2026).years.interval(0.8)
    assert two[1] - two[0] < 0.8 * (one[1] - one[0])


def test_a_wrong_face_is_outvoted_and_named() -> None:
    found = date_photo([(normal(34, 4), 1940), (normal(30, 4), 1944), (normal(60, 4), 1970)], latest=2050)
    assert found.years.mean == pytest.approx(1974, abs=1)
    assert found.doubts[2] > 0.95
    assert max(found.doubts[:2]) < 0.05


def test_two_who_contradict_each_other_leave_it_open() -> None:
    low, high = date_photo([(normal(10, 2), 1940), (normal(10, 2), 1980)], latest=2026).years.interval(0.8)
    assert low < 1952
    assert high > 1988


def test_of_two_who_contradict_each_other_both_are_to_be_checked() -> None:
    doubts = {gap: date_photo([(normal(30, 5), 1930), (normal(32, 5), 1930 + gap)], 2026).doubts for gap in (0, 60)}
    assert max(doubts[0]) < DOUBTFUL < min(doubts[60])


@pytest.mark.parametrize("apart", [0, 1])
def test_a_crowd_dates_a_photo_whether_it_agrees_or_not(apart: int) -> None:
    """As it stands, the product of so many distributions would be 0 in floating point."""
    found = date_photo([(normal(10, 0.5), 1926 + apart * n % 90) for n in range(400)], latest=2026)
    assert np.isfinite(found.years.mean)


def test_nobody_takes_photos_in_the_future() -> None:
    found = date_photo([(normal(40, 8), 1986)], latest=2026)
    assert found.years.values[-1] == 2026
    assert found.years.mean < 2026


def test_a_face_that_contradicts_the_calendar_says_nothing() -> None:
    found = date_photo([(normal(80, 3), 2020)], latest=2026)
    assert found.doubts[0] > 0.95
    assert found.years.interval(0.8) == pytest.approx((2020.2, 2025.8), abs=0.1)


@pytest.mark.parametrize(("inside", "doubt"), [(0.04, 0.568), (0.07, 0.429), (0.1, 0.345), (0.11, 0.0), (0.5, 0.0)])
def test_a_single_face_is_mixed_only_where_its_doubt_is_told(inside: float, doubt: float) -> None:
    """By hand: 0.05 / (0.05 + 0.95 * inside) if that is above a third; else simply birth year + age."""
    found = date_photo([(age(y10=inside, y60=1 - inside), 2012)], latest=2026)
    assert found.doubts == pytest.approx((doubt,), abs=5e-4)
    assert doubt == 0 or doubt > DOUBTFUL
    certain = found.years.probabilities[found.years.values == 2022]
    assert (certain > 0.999) == (doubt == 0)


def test_faces_are_doubted_by_a_known_year() -> None:
    # By hand: 0.05 / 101 for a wrong name, 0.95 * p(age) for a right one.
    people = [(age(y24=0.25, y30=0.75), 1950), (age(y24=0.25, y30=0.75), 1940), (normal(30, 5), 1975)]
    wrong = 0.05 / 101
    assert doubts_in(people, 1974) == pytest.approx((wrong / (wrong + 0.95 * 0.25), 1.0, 1.0))
    near, far = (doubts_in([(normal(40, 5), 1950)], 1950 + years)[0] for years in (30, 20))
    assert near < 0.05
    assert far > 0.5


@pytest.mark.parametrize("born", [2027, 1700, 0])
def test_impossible_birth_years_are_refused(born: int) -> None:
    with pytest.raises(ValueError, match="a birth year lies between 1726 and 2026"):
        date_photo([(normal(30, 5), born)], latest=2026)


def test_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="birth year is needed"):
        date_photo([])


def test_a_known_year_gives_birth_years() -> None:
    found = date_birth(age(y20=0.25, y24=0.75), Years.certain(1974))
    assert found.mean == pytest.approx(1951)
    assert found.probabilities[found.values == 1950] == pytest.approx(0.75)


def test_an_estimated_year_makes_birth_years_less_certain() -> None:
    found = date_birth(age(y10=1), Years(1970, np.array([0.5, 0.0, 0.5])))
    assert found.mean == pytest.approx(1961)
    assert found.probabilities[found.values == 1960] == pytest.approx(0.5)
    assert found.probabilities[found.values == 1962] == pytest.approx(0.5)


@pytest.mark.parametrize("probabilities", [[], [0.0, 0.0], [1.0, -0.1], [np.nan], [[1.0]]])
def test_no_distribution(probabilities: list[float]) -> None:
    with pytest.raises(ValueError, match="distribution over years"):
        Years(1970, np.array(probabilities))


@pytest.mark.parametrize("level", [0, 1, -0.5, float("nan")])
def test_no_level(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        Years.certain(1970).interval(level)


# Simulated families: the model's distribution is normal with the true spread of its error, so it is calibrated.


def _families(people: int, wrong: bool, number: int = 400) -> tuple[float, float]:
    """Share of 80 % ranges that hold the true year, and the mean error in years."""
    generator = np.random.default_rng(people + wrong)
    hits, errors = [], []
    for _ in range(number):
        ages = generator.uniform(15, 80, people)
        spreads = generator.uniform(3, 8, people)
        seen = [normal(a + generator.normal(0, s), s) for a, s in zip(ages, spreads, strict=True)]
        births = [int(1974 - round(a)) for a in ages]
        if wrong:
            births[0] += int(generator.choice([-1, 1]) * generator.integers(15, 30))
        years = date_photo(list(zip(seen, births, strict=True)), latest=2026).years
        low, high = years.interval(0.8)
        hits.append(low - 0.5 <= 1974 <= high + 0.5)
        errors.append(abs(years.mean - 1974))
    return float(np.mean(hits)), float(np.mean(errors))


@pytest.mark.parametrize("people", [1, 2, 3, 5])
def test_ranges_of_families_hold_as_often_as_they_say(people: int) -> None:
    hits, error = _families(people, wrong=False)
    assert 0.76 <= hits <= 0.93  # a range is rounded outwards to whole years, which matters when it is narrow
    assert error < 5.0 / np.sqrt(people)


def test_one_wrong_name_in_three_is_survived() -> None:
    hits, error = _families(3, wrong=True)
    assert hits > 0.65
    assert error < 5
