"""Whether something from a file or from the worker is a JSON record of the contract, in this version's form."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, get_args

from engine.age import AGES
from engine.report import ERROR_CODES, SCHEMA, Status, Turn, Warning_


def read_json(text: str | bytes) -> Any:
    """A record, or something with records, from JSON that may hold anything.

    Raises:
        ValueError, RecursionError: it is no JSON, or has a number that is none or infinite (1e999, too), which Python
            takes for JSON, and which none of our files and exports can hold.
    """
    return json.loads(text, parse_float=_finite, parse_constant=_finite)


def is_record(value: object) -> bool:
    """Whether this is a complete record. It may have been on a disk for a long time: it is checked, not trusted.

    With names and years (`engine.people.with_years`) it is not one: those are stored separately and added later.
    """
    return _holds(_is_record, value)


def is_face(value: object) -> bool:
    """Whether this is one of a record's faces."""
    return _holds(_is_face, value)


def is_map(value: object) -> bool:
    """Whether this is an explanation's map: rows of numbers."""
    return _holds(lambda rows: isinstance(rows, list) and all(map(_numbers, rows)), value)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def _holds(check: Callable[[Any], bool], value: object) -> bool:
    try:
        return check(value)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        return False


def _is_record(record: Any) -> bool:
    error, status, model = record["error"], record["status"], record["model"]
    if record["schema"] != SCHEMA or not isinstance(record["path"], str) or status not in get_args(Status):
        return False
    if "taken" in record:
        return False
    if (status == "error") != (error is not None) or (status == "ok") != bool(record["faces"]):
        return False
    if error is not None and not (error["code"] in ERROR_CODES and isinstance(error["message"], str)):
        return False
    whole = all(type(record[name]) is int and 0 <= record[name] < 2**31 for name in ("width", "height"))
    named = all(isinstance(model[name], str) for name in ("detector", "age", "version"))
    spent = all(_numbers([value]) for value in record["milliseconds"].values())
    faces = isinstance(record["faces"], list) and all(map(_is_face, record["faces"]))
    return whole and named and spent and faces and record["rotated"] in get_args(Turn)


def _is_face(face: Any) -> bool:
    age = face["age"]
    return (
        _numbers(face["box"], 4)
        and len(face["landmarks"]) == 5
        and all(_numbers(point, 2) for point in face["landmarks"])
        and _numbers([face["score"], age["mean"], age["level"]])
        and _numbers(age["interval"], 2)
        and _numbers(age["distribution"], AGES)
        and min(age["distribution"]) >= 0
        and max(age["distribution"]) <= 1 < 2 * sum(age["distribution"])
        and isinstance(face["warnings"], list)
        and set(get_args(Warning_)).issuperset(face["warnings"])
        and face.keys().isdisjoint({"person", "born"})
    )


def _numbers(values: Any, count: int | None = None) -> bool:
    """Whether this is a list of finite numbers, and of `count` of them."""
    if not isinstance(values, list) or (count is not None and len(values) != count):
        return False
    # No loop in Python: an album has millions of these.
    return {int, float}.issuperset(map(type, values)) and all(map(math.isfinite, values))
