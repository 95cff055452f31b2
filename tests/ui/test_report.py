"""The report as a browser prints it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ui_doubles import done, face, jpeg

from desktop.report_page import beginning, ending, photo_section
from engine.wording import ENGLISH


def test_photos_of_a_family_do_not_each_take_a_page(context: Any) -> None:
    estimate = {"mean": 1984.4, "interval": [1978.2, 1991.0], "level": 0.8}
    people = [{"name": f"Anna {number}", "born": None, "doubt": None} for number in range(6)]
    faces = [{**face((100.0 * n, 100.0, 90.0, 90.0)), "person": who, "born": estimate} for n, who in enumerate(people)]
    record = {**done("p1", "a.jpg", faces)["report"], "taken": {"year": None, "estimate": estimate}}
    section = photo_section(record, jpeg("a"), [jpeg("a")] * 6, ENGLISH)
    page = context.new_page()
    page.set_content(beginning(10, datetime.now(), "1", "m", ENGLISH) + section * 10 + ending(ENGLISH))
    pages = page.pdf(format="A4").count(b"/Type /Page\n")
    page.close()
    assert 4 <= pages <= 7
