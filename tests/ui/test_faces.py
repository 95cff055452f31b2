"""What can be asked about one face: why it looks its age."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from ui_doubles import done, face, photo

ADULT = face((100, 150, 120, 150), 34.2, 28.0, 41.0)
CHILD = face((500, 200, 100, 120), 7.6, 5.9, 9.4, ["small"])

MAP = [[0.0] * 8 for _ in range(8)]
"""Years by which the parts of a face make it look older: the eyes 4.2 (in the left picture half), the mouth -12.6."""
MAP[2][1] = MAP[2][2] = 4.2
MAP[6][3] = MAP[6][4] = -12.6
MAP[3][4] = -1.0

FAILED = {"map": None, "message": "The photo has changed since it was analyzed. Analyze it again."}

PIXELS = """(canvas) => {
    const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const at = (x, y) => [...data.slice(4 * (Math.floor(y * width) * width + Math.floor(x * width)))].slice(0, 4);
    return [at(0.34, 0.34), at(0.5, 0.77), at(0.95, 0.05)];
}"""


def answer(window: Any, explanation: dict[str, Any] | None) -> None:
    """Answer the call `explain` that is open."""
    window.page.wait_for_function("() => window.double.explained !== undefined")
    window.page.evaluate("(value) => window.double.explained(value)", explanation)


def explaining(window: Any, box: list[float], finished: int, total: int = 65, photo_id: str = "p1") -> None:
    value = {"id": photo_id, "box": box, "done": finished, "total": total}
    window.receive({"event": "explaining", "explaining": value})


def test_why_a_face_looks_its_age(window: Any) -> None:
    window.open(done(faces=[CHILD, ADULT]), photo("p2", "b.jpg"))
    card = window.find("face-card").nth(1)
    why = card.get_by_role("button", name="Why? Face 2 of 2 from the left", exact=True)
    expect(why).to_have_attribute("aria-expanded", "false")
    why.click()
    expect(why).to_have_attribute("aria-expanded", "true")
    assert window.calls() == [["explain", "p1", CHILD["box"]]]
    bar = card.get_by_role("progressbar", name="Finding out why")
    expect(bar).to_have_attribute("aria-valuenow", "0")
    expect(card).to_contain_text("Waiting for its turn…")
    explaining(window, CHILD["box"], 26)
    expect(bar).to_have_attribute("aria-valuenow", "40")
    expect(card).to_contain_text("26 of 65")
    answer(window, {"map": MAP, "message": None})
    expect(bar).to_have_count(0)
    legend = card.locator(".legend li")
    expect(legend).to_have_text(
        ["Looks older because of: eyes (up to 4 years)", "Looks younger because of: mouth, nose (up to 13 years)"]
    )
    picture = card.get_by_role("img", name="Heat map of the face. Looks older because of: eyes (up to 4 years)")
    expect(picture.locator("img")).to_have_attribute("src", "pictures/p1-face1.jpg")
    older, younger, nothing = picture.locator("canvas").evaluate(PIXELS)
    assert older[0] > 200 > older[2], "the eyes are orange"
    assert younger[2] > 200 > younger[0], "the mouth is blue"
    assert younger[3] > 150
    assert 30 < older[3] < younger[3], "a third of the years, so less of the colour"
    assert nothing[3] == 0
    expect(window.find("why-map")).to_have_count(1)
    explaining(window, CHILD["box"], 65)  # comes late
    expect(legend).to_have_count(2)
    why.click()
    expect(window.find("why-map")).to_have_count(0)
    expect(why).to_have_attribute("aria-expanded", "false")


def test_a_face_that_no_part_moves(window: Any) -> None:
    window.open(done(faces=[ADULT]))
    window.find("face-card .actions button").first.click()
    answer(window, {"map": [[0.3, -0.2] * 4] * 8, "message": None})
    expect(window.find("why-map .legend li")).to_have_text(
        ["No part makes the face look older.", "No part makes the face look younger."]
    )
    strongest = window.find("why-map canvas").evaluate(PIXELS)
    assert max(pixel[3] for pixel in strongest) < 60, "small effects look small"


@pytest.mark.parametrize("refused", [False, True])
def test_an_explanation_that_fails_says_so(window: Any, refused: bool) -> None:
    window.open(done(faces=[ADULT]))
    if refused:
        window.refuse("explain")
    window.find("face-card .actions button").first.click()
    if not refused:
        answer(window, FAILED)
    failure = window.find("why-map .failure")
    expect(failure).to_contain_text("This face cannot be explained at the moment.")
    if not refused:
        expect(failure).to_contain_text("The photo has changed since it was analyzed.")
    window.refuse()
    window.find("face-card .actions button").first.click()  # away with it
    window.find("face-card .actions button").first.click()  # once more
    answer(window, {"map": MAP, "message": None})
    expect(window.find("why-map .legend li")).to_have_count(2)


def test_one_face_is_explained_at_a_time(window: Any) -> None:
    window.open(done(faces=[ADULT, CHILD]))
    window.find("face-card .actions button").first.click()
    window.page.wait_for_function("() => window.double.explained !== undefined")
    window.page.evaluate("() => { window.first = window.double.explained; window.double.explained = undefined; }")
    second = window.find("face-card").nth(1)
    second.locator(".actions button").first.click()
    explaining(window, ADULT["box"], 39)  # of the first one, late
    window.page.evaluate("() => window.first(null)")
    expect(second).to_contain_text("Waiting for its turn…")
    expect(window.find("why-map")).to_have_count(1)
    answer(window, {"map": MAP, "message": None})
    expect(second.locator(".legend")).to_be_visible()


def test_another_photo_has_another_explanation(window: Any) -> None:
    """Also when its face lies in the same place, and when the answer comes late."""
    window.open(done("p1", faces=[ADULT]), done("p2", "b.jpg", [ADULT]))
    window.find("face-card .actions button").first.click()
    window.page.wait_for_function("() => window.double.explained !== undefined")
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    answer(window, {"map": MAP, "message": None})
    explaining(window, ADULT["box"], 65)
    window.page.wait_for_timeout(50)
    expect(window.find("why-map")).to_have_count(0)


def test_a_face_that_is_not_wanted_any_more(window: Any) -> None:
    window.open(done(faces=[ADULT]))
    window.find("face-card .actions button").first.click()
    answer(window, None)
    expect(window.find("why-map")).to_have_count(0)


def test_the_explanation_stays_while_other_photos_are_analysed(window: Any) -> None:
    window.open(done(faces=[ADULT]), photo("p2", "b.jpg", "queued"))
    window.find("face-card .actions button").first.click()
    answer(window, {"map": MAP, "message": None})
    expect(window.find("why-map .legend")).to_be_visible()
    window.find("why-map canvas").evaluate("(canvas) => { window.canvas = canvas; }")
    window.photos(photo("p2", "b.jpg", "working"))
    window.page.wait_for_timeout(50)
    assert window.find("why-map canvas").evaluate("(canvas) => canvas === window.canvas")
