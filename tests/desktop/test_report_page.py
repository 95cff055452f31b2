"""desktop.report_page: what the report of a photo shows."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from desktop_doubles import record

from desktop.language import WORDINGS
from desktop.report_page import photo_section
from engine.boxes import shared
from engine.people import Known, Person, with_years
from engine.wording import ENGLISH, Wording


def section(photo: dict[str, Any], say: Wording = ENGLISH) -> str:
    return photo_section(photo, b"JPEG", [b"JPEG"] * len(photo["faces"]), say)


def test_the_ages_of_a_crowd_hide_no_face_and_no_other_age() -> None:
    (face,) = record("a.jpg")["faces"]
    boxes = [[200 + 300 * i + 150 * (row % 2), 900 + 260 * row, 150, 190] for row in range(4) for i in range(12)]
    crowd = {**record("a.jpg"), "width": 4000, "height": 2700, "faces": [{**face, "box": box} for box in boxes]}
    found = re.findall(r'<text x="(.*?)" y="(.*?)" font-size="(.*?)"', section(crowd))
    ages = []
    for middle, line, size in (map(float, one) for one in found):
        assert size >= 4000 / 300 * 6, "else nobody could read it"
        ages.append((middle - 0.6 * size, line - 0.7 * size, 1.2 * size, 0.7 * size))
    assert len(ages) == 48
    for number, age in enumerate(ages):
        assert all(shared(age, other) == 0 for other in [*boxes, *ages[:number]])


def test_an_uncertain_age_is_marked_on_the_photo_too() -> None:
    (face,) = record("a.jpg")["faces"]
    two = {**record("a.jpg"), "faces": [{**face, "warnings": warnings} for warnings in ([], ["blurred"])]}
    sure, doubted = re.findall(r"<text [^>]*>(.*?)</text>", section(two))
    assert sure.isdigit()
    assert doubted == f"{sure}?"


def test_each_face_has_its_frame_its_age_and_its_own_crop() -> None:
    (face,) = record("a.jpg")["faces"]
    boxes = [[400.0, 100.0, 80.0, 100.0], [100.0, 150.0, 24.0, 30.0], [10.0, 200.0, 8.0, 10.0]]
    photo = {**record("a.jpg"), "width": 600, "height": 300, "faces": [{**face, "box": box} for box in boxes]}
    text = photo_section(photo, b"photo", [b"right", b"middle"], ENGLISH)  # a full disk had no more
    frames = re.findall(r'<rect x="(.*?)" y="(.*?)" width="(.*?)" height="(.*?)"', text)
    assert [[float(side) for side in frame] for frame in frames] == boxes
    ages = re.findall(r'<text x="(.*?)" y="(.*?)" font-size="(.*?)" stroke-width="(.*?)">34<', text)
    # Above the middle of the face, from 6 to 14 three-hundredths of the photo's longer side high.
    assert ages == [
        ("440.0", "92.5", "28.0", "7.0"),
        ("112.0", "144.1", "15.0", "3.8"),
        ("14.0", "194.5", "12.0", "3.0"),
    ]
    pictures = re.findall(r'<li class="face">(?:<img src="data:image/jpeg;base64,(.*?)"|<div>)', text)
    assert [base64.b64decode(picture) for picture in pictures] == [b"", b"middle", b"right"]
    assert re.findall(r"Face . of . from the left", text) == [f"Face {n} of 3 from the left" for n in (1, 2, 3)]


def lines(photo: dict[str, Any], say: Wording = ENGLISH) -> list[str]:
    """The lines below the photo's folder, each with its kind."""
    found = re.findall(r'<(h3|p)(?: class="(.*?)")?>(.*?)</', section(photo, say))
    return [f"{kind or tag}: {words}" for tag, kind, words in found if kind != "path quiet"]


def test_a_face_begins_with_the_name_and_its_doubts_stand_out() -> None:
    named = with_years(record("a.jpg"), Known({1: Person("Anna <b>", 1950)}, 1940), 0.8)
    estimate = {"mean": 1984.4, "interval": [1978.2, 1991.0], "level": 0.8}
    assert lines({**named, "taken": {"year": 1940, "estimate": estimate}}) == [
        "taken: Taken in 1940. By apparent age about 1984, 1978 to 1991.",
        "quiet: On old prints the range holds less often, and the year tends to be too late.",
        "h3: Anna &lt;b&gt;, born 1950",
        "quiet: Face",
        "age: 34",
        "p: 28 to 41",
        "warning: Born after this photo was taken: check the years.",
    ]


def test_a_name_without_a_birth_year_stands_alone() -> None:
    named = with_years(record("a.jpg"), Known({1: Person("Anna", None)}, None), 0.8)
    assert "h3: Anna" in lines(named)


def test_what_follows_from_the_others_is_said_in_sentences() -> None:
    estimate = {"mean": 1984.4, "interval": [1978.2, 1991.0], "level": 0.8}
    (face,) = record("a.jpg")["faces"]
    known = {"faces": [{**face, "person": None, "born": estimate}], "taken": {"year": None, "estimate": estimate}}
    english = lines({**record("a.jpg"), **known})
    assert english[0] == "taken: Taken about 1984, 1978 to 1991."
    assert english[2:] == ["quiet: Face", "age: 34", "p: 28 to 41", "p: Born about 1984, 1978 to 1991."]
    german = lines({**record("a.jpg"), **known}, WORDINGS["de"])
    assert german[0] == "taken: Entstanden um 1984, 1978 bis 1991."
    assert german[-1] == "p: Geboren um 1984, 1978 bis 1991."


@pytest.mark.parametrize(
    ("year", "low", "told"),
    [(None, 1999.4, True), (None, 1999.5, False), (1999, 2001.0, True), (2000, 1984.0, False)],
)
def test_an_old_prints_year_is_told_with_caution(year: int | None, low: float, told: bool) -> None:
    """By the year that the user gave, else by the earliest of the range that is shown, as the estimate may be late."""
    estimate = {"mean": 2004.0, "interval": [low, 2007.0], "level": 0.8}
    assert ("On old prints" in section({**record("a.jpg"), "taken": {"year": year, "estimate": estimate}})) is told


def test_without_names_and_years_there_are_no_empty_lines() -> None:
    assert lines(record("a.jpg")) == ["quiet: Face", "age: 34", "p: 28 to 41"]
