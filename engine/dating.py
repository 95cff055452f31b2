"""When was this taken? The age of a person with a known birth year dates the photo, and a dated photo dates a birth.

The year of the photo is birth year + age, so a face's age distribution, shifted by the birth year, is a distribution
over years. Those of several people are multiplied, as if their errors were independent. They are not quite (a poor
print makes all of its faces look older), so the range for a poor photo with many faces is narrower than it should be.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.age import AGES, LEVEL, Age, central_interval

DOUBT = 0.05
"""Probability that a face says nothing about the year: the wrong name, the wrong birth year, or an age that is far off.

A larger value makes all ranges wider, a smaller one lets a wrong name mislead: with one wrong name among three, about a
fifth fewer ranges miss the true year with this floor than with one of 0.001.
"""

DOUBTFUL = 1 / 3
"""Doubt (`Dating.doubts`) above which a name or a year should be checked. If two people contradict each other, one is
wrong, but nothing shows which: each has a doubt of nearly one half."""

FIRST_YEAR = 1826
"""The oldest photo that survives."""

FIRST_BIRTH = FIRST_YEAR - (AGES - 1)
"""Nobody in a photo was born earlier."""

OLD_PRINTS = 2000
"""Photos from before this year count as old prints: the family photos on which ranges held less often, and people were
guessed too old, are of 1950 to 2000 (docs/model-card.md)."""


def this_year() -> int:
    """The year of the computer's clock, in its time zone."""
    return datetime.datetime.now().astimezone().year


@dataclass(frozen=True, eq=False)
class Years:
    """A distribution over calendar years.

    Args:
        first: the year of the first probability.
        probabilities: shape (N,), of the years first, first + 1, ...; not negative, with a positive sum (it is scaled
            to sum to 1).

    Raises:
        ValueError: the numbers are not those of a distribution.
    """

    first: int
    probabilities: NDArray[np.float64]

    def __post_init__(self) -> None:
        given = np.asarray(self.probabilities, dtype=np.float64)
        if given.ndim != 1 or not np.isfinite(given).all() or given.min(initial=0.0) < 0 or given.sum() <= 0:
            raise ValueError("a distribution over years is one row of numbers, not negative and not all zero")
        scaled = given / given.sum()
        scaled.flags.writeable = False
        object.__setattr__(self, "probabilities", scaled)

    @classmethod
    def certain(cls, year: int) -> Years:
        """A known year."""
        return cls(year, np.ones(1))

    @property
    def values(self) -> NDArray[np.int64]:
        """The years, shape (N,)."""
        return np.arange(self.first, self.first + len(self.probabilities), dtype=np.int64)

    @property
    def mean(self) -> float:
        """Expectation of the distribution: the year to show."""
        return float(np.dot(self.values, self.probabilities))

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Central interval that holds `level` of the probability; a year stands for half a year on either side.

        Args:
            level: share of cases that the interval is to cover, 0 < level < 1.

        Returns:
            (low, high); rounded, they are the first and the last year to show.

        Raises:
            ValueError: `level` is not between 0 and 1.
        """
        edges = self.first - 0.5 + np.arange(len(self.probabilities) + 1)
        return central_interval(self.probabilities, edges, level)


@dataclass(frozen=True, eq=False)
class Dating:
    """When a photo was taken, judging by its faces with known birth years.

    `years` is the estimate. `doubts`, one per face in the order given, are the probabilities that the face says nothing
    about the year; above `DOUBTFUL`, its name or birth year does not fit the other faces or the calendar. A single face
    has 0 or a doubt above `DOUBTFUL`.
    """

    years: Years
    doubts: tuple[float, ...]


def date_photo(people: Sequence[tuple[Age, int]], latest: int | None = None) -> Dating:
    """The year in which a photo was taken, from the people in it.

    One person gives birth year + age. The distributions of several are multiplied; each is first mixed with a floor of
    probability `DOUBT`, spread evenly over all years in which the photo can have been taken, so that one wrong face
    cannot rule out the truth.

    Args:
        people: the age of each face with a known birth year, and that year.
        latest: the last year in which the photo can have been taken, by default this year.

    Raises:
        ValueError: nobody is given, or a birth year lies after `latest`, or before there were people to photograph.
    """
    latest = this_year() if latest is None else latest
    if not people:
        raise ValueError("somebody's birth year is needed to date a photo")
    births = [born for _, born in people]
    for born in births:
        if not FIRST_BIRTH <= born <= latest:
            raise ValueError(f"a birth year lies between {FIRST_BIRTH} and {latest}, not {born}")
    first = max(min(births), FIRST_YEAR)
    last = min(max(births) + AGES - 1, latest)
    floor = 1 / (last - first + 1)
    each = [_shifted(age, born, first, last) for age, born in people]
    # A single face is mixed with the floor only if the calendar alone makes it doubtful, so that its doubt shows.
    alone = DOUBT / (DOUBT + (1 - DOUBT) * each[0].sum())
    doubt = DOUBT if len(people) > 1 or alone > DOUBTFUL else 0.0
    mixed = [np.maximum((1 - doubt) * own + doubt * floor, 1e-300) for own in each]
    logarithms = np.sum(np.log(mixed), axis=0)
    years = Years(first, np.exp(logarithms - logarithms.max()))
    doubts = tuple(float(np.dot(years.probabilities, doubt * floor / own)) for own in mixed)
    return Dating(years, doubts)


def doubts_in(people: Sequence[tuple[Age, int]], year: int) -> tuple[float, ...]:
    """How well faces fit a known year: for each, the probability that it says nothing about the year, see `Dating`.

    With probability `DOUBT` the name or the birth year is wrong, and then every age of the face is equally likely.
    Anybody born after the year cannot be in the photo: 1.

    Args:
        people: see `date_photo`.
        year: in which the photo was taken.
    """
    wrong = DOUBT / AGES
    return tuple(wrong / (wrong + (1 - DOUBT) * float(_shifted(age, born, year, year)[0])) for age, born in people)


def date_birth(age: Age, taken: Years) -> Years:
    """The year in which a face's person was born.

    Args:
        age: of the face.
        taken: what is known of the year of the photo.
    """
    # year - age: convolution with the reversed age distribution.
    probabilities = np.convolve(taken.probabilities, age.distribution[::-1].astype(np.float64))
    return Years(taken.first - (AGES - 1), probabilities)


def _shifted(age: Age, born: int, first: int, last: int) -> NDArray[np.float64]:
    """P(the photo was taken in a year) for the years first..last, shape (last - first + 1,); sums to 1 at most."""
    ages = np.arange(first, last + 1) - born
    inside = (ages >= 0) & (ages < AGES)
    return np.where(inside, age.distribution[np.clip(ages, 0, AGES - 1)].astype(np.float64), 0.0)
