"""engine.record_check"""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest
from made_records import made_record

from engine.analyzer import Analyzer
from engine.record_check import is_record
from engine.report import Status


@pytest.mark.parametrize("status", ["ok", "no_face", "error"])
def test_the_engines_records_are_records(status: Status) -> None:
    assert is_record(made_record(status))


def test_the_real_engines_too(analyzer: Analyzer, group_photo: Path, tmp_path: Path) -> None:
    for path in (group_photo, tmp_path / "missing.jpg"):
        assert is_record(json.loads(json.dumps(analyzer.analyze(path).to_record())))


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, {"schema": 1}, float("nan")])
def test_other_things_are_none(value: object) -> None:
    assert not is_record(value)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container inside a value, with each key in it."""
    inner = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    found = [(value, key) for key, _ in inner]
    return found + [place for _, one in inner for place in places(one)]


@pytest.mark.parametrize("status", ["ok", "error"])
@pytest.mark.parametrize("wrong", [None, [], {}, "x", math.inf, math.nan], ids=repr)
def test_anything_wrong_within_makes_it_none(wrong: object, status: Status) -> None:
    """Whatever part of the record is replaced by something of another kind, or by a number that is none."""
    whole = made_record(status)
    for number in range(len(places(whole))):
        changed = copy.deepcopy(whole)
        container, key = places(changed)[number]
        before = container[key]
        if (type(before) is type(wrong) and not isinstance(wrong, float)) or (key, wrong) in ALLOWED:
            continue
        container[key] = wrong
        assert not is_record(changed), (key, wrong)


ALLOWED = [("error", None)]


def test_an_error_belongs_to_a_photo_that_could_not_be_read() -> None:
    assert not is_record({**made_record(), "error": made_record("error")["error"]})
    assert not is_record({**made_record("error"), "error": None})


def test_faces_belong_to_a_photo_in_which_some_were_found() -> None:
    assert not is_record({**made_record(), "status": "no_face"})
    assert not is_record({**made_record("no_face"), "status": "ok"})


def test_a_number_beyond_all_floats_makes_it_none() -> None:
    """JSON can hold one."""
    record = made_record()
    record["faces"][0]["score"] = 10**400
    assert not is_record(record)


@pytest.mark.parametrize(
    "where", [["box"], ["landmarks"], ["landmarks", 4], ["age", "interval"], ["age", "distribution"]]
)
def test_a_number_too_few_makes_it_none(where: list[Any]) -> None:
    record = made_record()
    values = record["faces"][0]
    for key in where:
        values = values[key]
    values.pop()
    assert not is_record(record)


@pytest.mark.parametrize("side", [-1, 2**31, 640.0, True])
def test_sizes_are_whole_numbers_that_a_picture_can_have(side: object) -> None:
    for name in ("width", "height"):
        assert not is_record({**made_record(), name: side})


@pytest.mark.parametrize(
    ("distribution", "good"),
    [
        ([1.0] + 100 * [0.0], True),
        ([1.01, -0.01] + 99 * [0.0], False),
        ([0.99, -0.01] + 99 * [0.0], False),
        ([1.01] + 100 * [0.0], False),
        ([0.5] + 100 * [0.0], False),
        (101 * [0.0], False),
    ],
)
def test_an_ages_distribution_is_one(distribution: list[float], good: bool) -> None:
    record = made_record()
    record["faces"][0]["age"]["distribution"] = distribution
    assert is_record(record) == good


def test_a_warning_that_the_contract_lacks_makes_it_none() -> None:
    """It would get into tables, where a spreadsheet may run it."""
    record = made_record()
    record["faces"][0]["warnings"] = ["=1+1"]
    assert not is_record(record)


def test_names_and_years_are_no_part_of_it() -> None:
    """They would be taken for entries of the user."""
    assert not is_record({**made_record(), "taken": {"year": 1970, "estimate": None}})
    for name in ("person", "born"):
        record = made_record()
        record["faces"][0][name] = None
        assert not is_record(record)
