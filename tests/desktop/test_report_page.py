"""desktop.report_page: what the report of a photo shows."""

from __future__ import annotations

import re
from typing import Any

from desktop_doubles import record

from desktop.report_page import photo_section
from engine.boxes import shared
from engine.wording import ENGLISH


def section(photo: dict[str, Any]) -> str:
    return photo_section(photo, "a.jpg", "/photos", b"JPEG", [b"JPEG"] * len(photo["faces"]), ENGLISH)


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
