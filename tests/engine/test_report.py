"""The JSON record: the contract's keys, types, codes and rounding, to the letter."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from engine import Analyzer
from engine.age import AGES, Age
from engine.report import ERROR_CODES, SCHEMA, Face, ImageReport, ModelNames, Problem, Warning_

NAMES = ModelNames("centerface", "resnet50", "3")


def made_face() -> Face:
    distribution = np.zeros(AGES, np.float32)
    distribution[[30, 31]] = 1 / 3, 2 / 3
    landmarks = np.array([(30.04, 40.06), (70, 40), (50, 60), (35, 80), (65, 80)], np.float32)
    # Including numbers as NumPy returns them.
    box: Any = (np.float64(10.04), np.float32(20.26), 80.0, 90.449)
    score: Any = np.float32(0.987654)
    return Face(box, landmarks, score, Age(distribution), ("small", "low_score"))


def leaves(value: object) -> Iterator[object]:
    """Everything in a record that is neither a list nor an object."""
    if isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    else:
        yield value


def test_a_photo_with_a_face() -> None:
    report = ImageReport(
        "größe.jpg", "ok", NAMES, None, 640, 480, 90, (made_face(),), {"decode": 12.345, "total": 20.0}
    )
    distribution = [0.0] * 101
    distribution[30:32] = [0.333333, 0.666667]
    assert report.to_record(0.8) == {
        "schema": 1,
        "path": "größe.jpg",
        "status": "ok",
        "error": None,
        "width": 640,
        "height": 480,
        "rotated": 90,
        "faces": [
            {
                "box": [10.0, 20.3, 80.0, 90.4],
                "landmarks": [[30.0, 40.1], [70.0, 40.0], [50.0, 60.0], [35.0, 80.0], [65.0, 80.0]],
                "score": 0.9877,
                # The bins [29.5, 30.5] and [30.5, 31.5] hold 1/3 and 2/3; a tenth is cut off at either end.
                "age": {"mean": 30.67, "interval": [29.8, 31.35], "level": 0.8, "distribution": distribution},
                "warnings": ["small", "low_score"],
            }
        ],
        "model": {"detector": "centerface", "age": "resnet50", "version": "3"},
        "milliseconds": {"decode": 12.3, "total": 20.0},
    }


def test_the_order_of_the_keys() -> None:
    record = ImageReport("a.jpg", "ok", NAMES, faces=(made_face(),)).to_record()
    assert list(record) == "schema path status error width height rotated faces model milliseconds".split()
    assert list(record["faces"][0]) == "box landmarks score age warnings".split()
    assert list(record["faces"][0]["age"]) == "mean interval level distribution".split()
    assert list(record["model"]) == "detector age version".split()


@pytest.mark.parametrize("code", ERROR_CODES)
def test_a_photo_that_cannot_be_read(code: str) -> None:
    record = ImageReport("a.jpg", "error", NAMES, error=Problem(code, "What happened.")).to_record()  # type: ignore[arg-type]
    assert record["error"] == {"code": code, "message": "What happened."}
    assert (record["status"], record["faces"], record["width"], record["height"]) == ("error", [], 0, 0)
    assert (record["rotated"], record["milliseconds"]) == (0, {})


def test_codes_and_warnings_are_those_of_the_contract() -> None:
    """Changed? Add a step to MIGRATIONS in desktop/album_file.py: earlier versions do not accept what is new."""
    assert SCHEMA == 1
    assert set(ERROR_CODES) == {"unsupported_format", "too_large", "corrupt", "not_found", "unreadable", "crashed"}
    assert get_args(Warning_) == ("small", "blurred", "turned", "low_score")


def test_the_level_widens_the_interval() -> None:
    face = made_face()
    low, high = face.to_record(0.5)["age"]["interval"]
    wide_low, wide_high = face.to_record(0.95)["age"]["interval"]
    assert wide_low < low < high < wide_high
    assert face.to_record(0.95)["age"]["level"] == 0.95
    assert face.to_record(0.123)["age"]["interval"] == [30.66, 30.84]
    with pytest.raises(ValueError, match="between 0 and 1"):
        face.to_record(1.0)


def test_only_plain_values_leave_the_engine(analyzer: Analyzer, group_photo: Path) -> None:
    # A NumPy number would pass json.dumps, but make the window's process import NumPy to read it.
    reports = [analyzer.analyze(group_photo), ImageReport("a.jpg", "ok", NAMES, faces=(made_face(),))]
    for report in reports:
        record = report.to_record()
        assert record["faces"]
        assert {type(value) for value in leaves(record)} <= {int, float, str, type(None)}
        assert json.loads(json.dumps(record, allow_nan=False)) == record


@pytest.mark.parametrize("value", [made_face(), NAMES, Problem("corrupt", "?"), ImageReport("a.jpg", "ok", NAMES)])
def test_results_are_frozen(value: object) -> None:
    name = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, None)


@pytest.mark.parametrize(
    "way", [lambda face: face, copy.copy, copy.deepcopy, lambda face: pickle.loads(pickle.dumps(face))]
)
def test_arrays_are_read_only(way: Callable[[Face], Face]) -> None:
    face = way(made_face())
    for array in (face.landmarks, face.age.distribution):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert face.to_record(0.8) == made_face().to_record(0.8)
