"""How records are put into words: ranges, how often they hold, who is in a photo and when it was taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.dating import DOUBTFUL
from engine.report import Warning_
from engine.terminal import printable
from engine.wording import Wording, whole

WARNING_TEXTS: dict[Warning_, str] = {
    "small": "the face is small in the photo",
    "blurred": "the face is blurred or hardly visible",
    "turned": "the face is turned away or cut off",
    "low_score": "this may not be a face",
}


def year_range(interval: Sequence[float], say: Wording) -> str:
    """A range of ages or years as people say it, "28 to 41"."""
    first, last = map(whole, interval)
    return f"{first}" if first == last else say("{low} to {high}", low=first, high=last)


def cases(level: float, say: Wording) -> str:
    """A probability as people count: 0.8 is "in 8 of 10 cases"."""
    of = 10 if abs(level * 10 - round(level * 10)) < 1e-9 else 100
    return say("in {some} of {all} cases", some=f"{level * of:g}", all=of)


def likely(estimate: Mapping[str, Any], say: Wording) -> str:
    """The range of an estimate in a record, of an age or a year, and how often it holds."""
    return f"{year_range(estimate['interval'], say)} {cases(estimate['level'], say)}"


def when_taken(taken: dict[str, Any], say: Wording) -> str:
    """When a photo was taken, beginning with a comma; empty when nothing is known."""
    known = "" if taken["year"] is None else say(", taken in {year}", year=taken["year"])
    if taken["estimate"] is None:
        return known
    return known + say(", by its faces about {year}, {range}", **_year(taken["estimate"], say))


def who_and_birth(face: dict[str, Any], taken: int | None, say: Wording) -> tuple[str, str]:
    """Who a face is, in brackets, and when born, after a semicolon; each empty when nothing is known.

    `taken` is the year of the photo where it is known.
    """
    person = face["person"]
    birth = "" if face["born"] is None else say("; born about {year}, {range}", **_year(face["born"], say))
    if person is None:
        return "", birth
    born = "" if person["born"] is None else say(", born {year}", year=person["born"])
    if doubt := name_doubt(person, taken, say):
        birth += f"; {doubt}"
    return f" ({printable(person['name'])}{born})", birth


def name_doubt(person: dict[str, Any], taken: int | None, say: Wording) -> str:
    """Why the name or the years of a face's person may be wrong; empty when nothing speaks against them.

    `taken` is the year of the photo where it is known.
    """
    if taken is not None and person["born"] is not None and person["born"] > taken:
        return say("born after this photo was taken: check the years")
    if person["doubt"] is None or person["doubt"] <= DOUBTFUL:
        return ""
    if taken is None:
        return say("this name or birth year does not fit the photo")
    return say("the name, the birth year or the year of the photo does not fit this face")


def _year(estimate: dict[str, Any], say: Wording) -> dict[str, object]:
    return {"year": whole(estimate["mean"]), "range": likely(estimate, say)}
