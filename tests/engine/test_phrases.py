"""How numbers and years are worded."""

from __future__ import annotations

from typing import get_args

import pytest

from engine.phrases import WARNING_TEXTS, cases, when_taken, year_range
from engine.report import Warning_
from engine.wording import ENGLISH


def test_every_warning_has_words() -> None:
    assert set(WARNING_TEXTS) == set(get_args(Warning_))


@pytest.mark.parametrize(
    ("interval", "said"),
    [((27.5, 41.49), "28 to 41"), ((29.6, 30.4), "30"), ((0.0, 0.2), "0"), ((-0.4, 1.5), "0 to 2")],
)
def test_a_range_has_whole_years(interval: tuple[float, float], said: str) -> None:
    assert year_range(interval, ENGLISH) == said


@pytest.mark.parametrize(
    ("level", "said"), [(0.8, "8 of 10"), (0.3, "3 of 10"), (0.95, "95 of 100"), (0.999, "99.9 of 100")]
)
def test_a_probability_is_counted(level: float, said: str) -> None:
    assert cases(level, ENGLISH) == f"in {said} cases"


def test_when_a_photo_was_taken() -> None:
    estimate = {"mean": 1974.4, "interval": [1970.5, 1978.2], "level": 0.8}
    assert when_taken({"year": None, "estimate": None}, ENGLISH) == ""
    assert when_taken({"year": 1974, "estimate": None}, ENGLISH) == ", taken in 1974"
    assert when_taken({"year": None, "estimate": estimate}, ENGLISH) == (
        ", by its faces about 1974, 1971 to 1978 in 8 of 10 cases"
    )
