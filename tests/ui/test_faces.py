"""What can be done with one face: ask why it looks its age, remove it, add it by a box."""

from __future__ import annotations

from typing import Any

import pytest
from boxes import shared
from playwright.sync_api import expect
from ui_doubles import HEIGHT, WIDTH, done, face, known, photo

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
    explaining(window, CHILD["box"], 65)  # arrives late
    expect(legend).to_have_count(2)
    why.click()
    expect(window.find("why-map")).to_have_count(0)
    expect(why).to_have_attribute("aria-expanded", "false")


def test_an_explanation_is_said_when_it_is_there(window: Any) -> None:
    """Also if it is the same as before."""
    window.open(done(faces=[ADULT]))
    region = window.find("live-region")
    why = window.find("face-card .actions button").first
    for explanation, said in (
        ({"map": MAP, "message": None}, "Looks older because of: eyes (up to 4 years) Looks younger because of: mouth"),
        (FAILED, "This face cannot be explained at the moment. The photo has changed since it was analyzed."),
    ):
        why.click()
        answer(window, explanation)
        expect(region).to_contain_text(said)
        why.click()  # away with it


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


def test_a_double_click_asks_why_once(window: Any) -> None:
    window.open(done(faces=[ADULT]))
    window.button("Why? The parts that make this face look its age").dblclick()
    window.rest()
    expect(window.find("why-map")).to_have_count(1)
    assert window.calls() == [["explain", "p1", ADULT["box"]]]


def test_a_failure_to_explain_goes_when_the_photo_comes_again(window: Any) -> None:
    """Its drive may be back. An explanation that is there stays."""
    window.open(done(faces=[ADULT]))
    why = window.find("face-card .actions button").first
    why.click()
    answer(window, FAILED)
    expect(window.find("why-map .failure")).to_be_visible()
    window.photos(done(faces=[ADULT]))
    expect(window.find("why-map")).to_have_count(0)
    why.click()
    answer(window, {"map": MAP, "message": None})
    expect(window.find("why-map .legend")).to_be_visible()
    window.photos(done(faces=[ADULT]))
    window.rest()
    expect(window.find("why-map .legend")).to_be_visible()


def test_one_face_is_explained_at_a_time(window: Any) -> None:
    window.open(done(faces=[ADULT, CHILD]))
    window.find("face-card .actions button").first.click()
    window.page.wait_for_function("() => window.double.explained !== undefined")
    window.page.evaluate("() => { window.first = window.double.explained; window.double.explained = undefined; }")
    second = window.find("face-card").nth(1)
    second.locator(".actions button").first.click()
    explaining(window, ADULT["box"], 39)  # of the first face, late
    window.page.evaluate("() => window.first(null)")
    expect(second).to_contain_text("Waiting for its turn…")
    expect(window.find("why-map")).to_have_count(1)
    answer(window, {"map": MAP, "message": None})
    expect(second.locator(".legend")).to_be_visible()


@pytest.mark.parametrize("typing", [True, False])
def test_an_explanation_does_not_take_away_the_field_in_which_somebody_types(window: Any, typing: bool) -> None:
    """It comes into sight by itself where nothing else has the keyboard."""
    window.look(1200, 700)
    window.open(done(faces=[face((60 * n, 100, 50, 50)) for n in range(10)]))
    window.find("face-card .actions button").first.click()
    expect(window.find("why-map")).to_be_in_viewport()
    field = window.find("face-card input.name").last
    field.fill("An")
    window.rest()
    expect(window.find("why-map")).not_to_be_in_viewport()
    if not typing:
        window.page.evaluate("() => document.activeElement.blur()")
    answer(window, {"map": MAP, "message": None})
    expect(window.find("why-map .legend")).to_have_count(1)
    window.rest()
    if typing:
        expect(field).to_be_in_viewport(ratio=1)
    else:
        expect(window.find("why-map")).to_be_in_viewport()


def test_another_photo_has_another_explanation(window: Any) -> None:
    """Also when its face lies in the same place, and when the answer comes late."""
    window.open(done("p1", faces=[ADULT]), done("p2", "b.jpg", [ADULT]))
    window.find("face-card .actions button").first.click()
    window.page.wait_for_function("() => window.double.explained !== undefined")
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    answer(window, {"map": MAP, "message": None})
    explaining(window, ADULT["box"], 65)
    window.rest()
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
    window.rest()
    assert window.find("why-map canvas").evaluate("(canvas) => canvas === window.canvas")


def added(window: Any, addition: dict[str, Any] | None) -> None:
    """Answer the call `add_face` that is open."""
    window.page.wait_for_function("() => window.double.added !== undefined")
    window.page.evaluate("(value) => { window.double.added(value); window.double.added = undefined; }", addition)


def drag(window: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag with the mouse, between places in pixels of the photo."""
    shown = window.find("photo-view .photo").bounding_box()
    scale = shown["width"] / WIDTH
    window.page.mouse.move(shown["x"] + start[0] * scale, shown["y"] + start[1] * scale)
    window.page.mouse.down()
    window.page.mouse.move(shown["x"] + end[0] * scale, shown["y"] + end[1] * scale, steps=5)
    window.page.mouse.up()


def drawn(window: Any) -> list[float]:
    """The box as it is drawn on the screen, in pixels of the photo."""
    shown = window.find("photo-view .photo").bounding_box()
    box = window.find("face-drawer .drawn").bounding_box()
    scale = shown["width"] / WIDTH
    return [
        (box["x"] - shown["x"]) / scale,
        (box["y"] - shown["y"]) / scale,
        box["width"] / scale,
        box["height"] / scale,
    ]


def test_a_face_is_added_by_drawing_a_box(window: Any) -> None:
    window.open(done(faces=[ADULT]), photo("p2", "b.jpg"))
    expect(window.find("face-drawer")).to_be_hidden()
    expect(window.find("drawing-bar")).to_be_hidden()
    window.button("Add a face…").click()
    drag(window, (400, 100), (500, 230))
    assert drawn(window) == pytest.approx([400, 100, 100, 130], abs=2)
    drag(window, (450, 150), (470, 140))  # takes hold of the box and moves it
    assert drawn(window) == pytest.approx([420, 90, 100, 130], abs=2)
    drag(window, (520, 220), (540, 200))  # by its lower right corner
    assert drawn(window) == pytest.approx([420, 90, 120, 110], abs=2)
    drag(window, (700, 500), (640, 420))  # anew, and backwards
    assert drawn(window) == pytest.approx([640, 420, 60, 80], abs=2)
    assert window.calls() == []
    window.button("Add this face").click()
    ((name, photo_id, box),) = window.calls()
    assert (name, photo_id) == ("add_face", "p1")
    assert box == pytest.approx([640, 420, 60, 80], abs=2)
    expect(window.find("drawing-bar")).to_contain_text("Analyzing the face…")
    window.button("Add this face").click(force=True)  # the first press is being handled
    assert len(window.calls()) == 1
    added(window, {"state": "added", "message": None})
    expect(window.find("face-drawer")).to_be_hidden()
    expect(window.find("drawing-bar")).to_be_hidden()
    expect(window.button("Add a face…")).to_be_focused()
    window.photos(done("p1", faces=[ADULT, face(box, 50.0, 44.0, 56.0)]) | {"undoable": True})
    expect(window.find("face-card")).to_have_count(2)
    expect(window.button("Add a face…")).to_be_focused()
    expect(window.find("notice-list .notice")).to_have_text(["Face added."])


def test_a_face_is_added_by_keyboard_alone(window: Any) -> None:
    window.open(done(faces=[ADULT]), photo("p2", "b.jpg"))
    window.button("Add a face…").focus()
    window.page.keyboard.press("Enter")
    box = window.page.get_by_role("application", name="Box around the face.")
    expect(box).to_be_focused()
    x, y, width, height = drawn(window)
    assert (x + width / 2, y + height / 2) == pytest.approx((WIDTH / 2, HEIGHT / 2), abs=2)
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp"):
        window.page.keyboard.press(key)
    left, top, *size = drawn(window)
    step = y - top
    assert step > 2
    assert (left, top) == pytest.approx((x - 2 * step, y - step), abs=1)
    assert size == pytest.approx([width, height], abs=1)
    expect(window.find('face-drawer [role="status"]')).to_contain_text("from the left")
    for key in ("Shift+ArrowRight", "Shift+ArrowDown", "Shift+ArrowDown"):
        window.page.keyboard.press(key)
    assert drawn(window) == pytest.approx([left, top, width + step, height + 2 * step], abs=1)
    expect(window.find("photo-view .name")).to_have_text("a.jpg")  # the arrows mean the box, not the photos
    window.page.keyboard.press("Delete")
    window.page.keyboard.press("Tab")
    expect(window.button("Add this face")).to_be_focused()
    window.page.keyboard.press("ArrowRight")
    window.page.keyboard.press("Shift+Tab")
    window.page.keyboard.press("Enter")
    assert [call[0] for call in window.calls()] == ["add_face"]
    added(window, {"state": "added", "message": None})
    expect(window.button("Add a face…")).to_be_focused()


def test_a_box_that_is_being_analyzed_does_not_seem_to_move(window: Any) -> None:
    window.open(done(faces=[ADULT]))
    window.button("Add a face…").click()
    window.page.keyboard.press("ArrowLeft")
    told, before = window.find('face-drawer [role="status"]').text_content(), drawn(window)
    window.page.keyboard.press("Enter")
    for key in ("ArrowRight", "Shift+ArrowDown"):
        window.page.keyboard.press(key)
    window.rest()
    expect(window.find('face-drawer [role="status"]')).to_have_text(told)
    assert drawn(window) == before


def test_a_box_stays_in_the_photo_and_large_enough(window: Any) -> None:
    window.open(done(faces=[ADULT]))
    window.button("Add a face…").click()
    for _ in range(120):
        window.page.keyboard.press("ArrowRight")
        window.page.keyboard.press("Shift+ArrowUp")
    x, _, width, height = drawn(window)
    assert x + width == pytest.approx(WIDTH, abs=1)
    assert height == pytest.approx(16, abs=1)
    drag(window, (20, 20), (-90, -90))
    assert drawn(window) == pytest.approx([0, 0, 20, 20], abs=2)
    drag(window, (300, 300), (309, 309))
    assert drawn(window) == pytest.approx([300, 300, 16, 16], abs=2)
    drag(window, (500, 300), (501, 301))  # a click beside it, with a hand that is not still
    assert drawn(window) == pytest.approx([300, 300, 16, 16], abs=2)


def test_the_corners_of_a_box_are_met_by_a_finger_beside_them(window: Any) -> None:
    window.open(done(faces=[ADULT]))
    window.button("Add a face…").click()
    drag(window, (300, 200), (500, 400))
    for corner, beside, to in (((300, 200), -16, (280, 190)), ((500, 400), 16, (520, 410))):
        drag(window, (corner[0] + beside, corner[1] + beside), to)
    assert drawn(window) == pytest.approx([280, 190, 240, 220], abs=2)


def test_a_second_finger_does_not_take_the_box_away_from_the_first(window: Any) -> None:
    """Nor does a palm that rests on the screen."""
    window.open(done(faces=[ADULT]))
    window.button("Add a face…").click()
    at = window.find("face-drawer").bounding_box()
    session = window.page.context.new_cdp_session(window.page)

    def touch(kind: str, *places: tuple[int, int]) -> None:
        points = [{"x": at["x"] + x, "y": at["y"] + y, "id": number} for number, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        window.rest()

    touch("touchStart", (50, 50))
    touch("touchMove", (150, 150))
    first = drawn(window)
    touch("touchStart", (150, 150), (400, 300))
    touch("touchMove", (150, 150), (410, 330))
    assert drawn(window) == first
    touch("touchMove", (190, 170), (410, 330))
    scale = at["width"] / WIDTH
    assert drawn(window) == pytest.approx([50 / scale, 50 / scale, 140 / scale, 120 / scale], abs=2)
    touch("touchEnd")
    session.detach()


def test_drawing_can_be_left(window: Any) -> None:
    window.open(done("p1", faces=[ADULT]), done("p2", "b.jpg", [CHILD]))
    for leave in ("Escape", "Cancel"):
        window.button("Add a face…").click()
        expect(window.find("face-drawer")).to_be_visible()
        if leave == "Escape":
            window.page.keyboard.press("Escape")
        else:
            window.find("drawing-bar").get_by_role("button", name="Cancel").click()
        expect(window.find("face-drawer")).to_be_hidden()
        expect(window.button("Add a face…")).to_be_focused()
    window.button("Add a face…").click()
    window.find(".cell button").nth(1).click()  # another photo
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    expect(window.find("face-drawer")).to_be_hidden()
    window.button("Add a face…").click()
    window.photos(photo("p2", "b.jpg", "working"))  # it is analyzed
    expect(window.find("face-drawer")).to_be_hidden()
    assert window.calls() == []


@pytest.mark.parametrize(
    ("addition", "notice"),
    [
        ({"state": "known", "message": None}, "This face is already in the list."),
        (
            {"state": "failed", "message": "The file is not there."},
            "The face could not be added. The file is not there.",
        ),
        ("refused", "The face could not be added."),
    ],
)
def test_a_face_that_is_not_added_leaves_the_box_to_be_mended(window: Any, addition: Any, notice: str) -> None:
    window.open(done(faces=[ADULT]))
    window.button("Add a face…").click()
    if addition == "refused":
        window.refuse("add_face")
    window.button("Add this face").click()
    if addition != "refused":
        added(window, addition)
    expect(window.find("notice-list .notice")).to_have_text([notice])
    expect(window.find("face-drawer")).to_be_visible()
    expect(window.button("Add this face")).not_to_have_attribute("aria-disabled", "true")


def test_a_photo_without_a_face_can_get_one(window: Any) -> None:
    window.open(done("p1"), done("p2", "b.jpg", error=("corrupt", "It ends too early.")), photo("p3", "c.jpg"))
    window.button("Add a face…").click()
    window.button("Add this face").click()
    added(window, {"state": "added", "message": None})
    assert window.calls("add_face")[0][1] == "p1"
    for number in (1, 2):
        window.find(".cell button").nth(number).click()
        expect(window.button("Add a face…")).to_have_count(0)


def draw_after_a_year(window: Any) -> None:
    """Give the first photo a year, and draw a box in the second, which Python is slow to analyze."""
    window.open(done(faces=[ADULT]), done("p2", "b.jpg", [ADULT]))
    window.page.get_by_label("Year of the photo").fill("1974")
    window.page.keyboard.press("Enter")
    window.page.wait_for_function("() => double.calls.some(([name]) => name === 'set_taken')")
    window.find(".cell button").nth(1).click()
    window.button("Add a face…").click()
    window.page.keyboard.press("Enter")
    expect(window.find("drawing-bar")).to_contain_text("Analyzing the face…")


def changes(window: Any) -> list[list[Any]]:
    """The calls since the face was drawn."""
    return window.calls()[2:]


def test_a_face_that_is_being_analyzed_is_undone_once_it_is_there(window: Any) -> None:
    """And not an older change in its place."""
    draw_after_a_year(window)
    window.page.keyboard.press("Control+z")
    window.rest()
    assert changes(window) == []
    added(window, {"state": "added", "message": None})
    expect(window.find("notice-list .notice p")).to_have_text(["Face added.", "Change undone."])
    assert changes(window) == [["undo", "p2"]]
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    window.page.keyboard.press("Control+z")
    expect(window.find("photo-view .name")).to_have_text("a.jpg")
    assert changes(window) == [["undo", "p2"], ["set_taken", "p1", None]]


@pytest.mark.parametrize(
    "addition", [{"state": "known", "message": None}, {"state": "failed", "message": "Not there."}, None, "refused"]
)
def test_a_face_that_is_not_added_ends_the_undo_that_waits_for_it(window: Any, addition: Any) -> None:
    """The user meant this face, not what came before. The next undo means that."""
    window.open(done(faces=[ADULT]), photo("p2", "b.jpg"))
    window.button("Remove this face").click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.button("Add a face…").click()
    window.page.evaluate(
        "() => { pywebview.api.add_face = () => new Promise((...ends) => { [double.added, double.failed] = ends; }); }"
    )
    window.page.keyboard.press("Enter")
    window.page.keyboard.press("Control+z")
    if addition == "refused":
        window.page.evaluate("() => double.failed(new Error('refused'))")
    else:
        added(window, addition)
    expect(window.find("drawing-bar")).not_to_contain_text("Analyzing the face…")
    window.rest()
    assert window.calls("undo") == []
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text("Change undone.")
    assert window.calls("undo") == [["undo", "p1"]]


@pytest.mark.parametrize("way", ["Escape", "Cancel"])
def test_a_face_given_up_keeps_no_undo_waiting(window: Any, way: str) -> None:
    """It may never come. An undo pressed before was meant for it; one pressed later means what came before. If the face
    comes after all, it is undone next."""
    draw_after_a_year(window)
    window.page.keyboard.press("Control+z")
    if way == "Escape":
        window.page.keyboard.press("Escape")
    else:
        window.find("drawing-bar").get_by_role("button", name="Cancel").click()
    expect(window.find("drawing-bar")).to_be_hidden()
    window.rest()
    assert changes(window) == []
    window.page.keyboard.press("Control+z")
    expect(window.find("photo-view .name")).to_have_text("a.jpg")
    assert changes(window) == [["set_taken", "p1", None]]
    added(window, {"state": "added", "message": None})
    expect(window.find("notice-list")).to_contain_text("Face added.")
    window.page.keyboard.press("Control+z")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    assert changes(window)[1:] == [["undo", "p2"]]


def test_another_change_is_undone_while_a_face_is_analyzed(window: Any) -> None:
    """The user has gone on, and still wants the face. Photos are removed without waiting for it, too."""
    draw_after_a_year(window)
    window.find(".cell button").first.click()
    window.page.get_by_label("Year of the photo").fill("1984")
    window.page.keyboard.press("Enter")
    window.find(".stage").click(position={"x": 4, "y": 4})
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text("The year of the photo is as it was before.")
    window.page.keyboard.press("Delete")
    expect(window.find("notice-list")).to_contain_text("Photo removed.")
    window.page.evaluate("() => { double.back = 1; }")
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text("The photo is back.")
    assert [name for name, *_ in changes(window)] == ["set_taken", "set_taken", "remove", "bring_back"]
    window.page.keyboard.press("Control+z")
    window.rest()
    added(window, {"state": "added", "message": None})
    expect(window.find("notice-list")).to_contain_text("Change undone.")
    assert changes(window)[4:] == [["undo", "p2"]]


def test_no_undo_waits_for_minutes(still_window: Any) -> None:
    """For a call that is lost, say."""
    window = still_window
    draw_after_a_year(window)
    window.find(".cell button").first.click()
    window.stop_clock()
    window.page.locator("body").press("Control+z")
    window.page.clock.run_for(121_000)
    assert changes(window) == []
    window.page.locator("body").press("Control+z")
    window.page.wait_for_function("() => double.calls.at(-1)[0] === 'set_taken'")
    assert changes(window) == [["set_taken", "p1", None]]


def test_a_face_that_is_being_removed_comes_back(window: Any) -> None:
    window.open(done(faces=[ADULT]) | {"undoable": True}, done("p2", "b.jpg", [ADULT]))
    window.button("Remove this face").click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.find(".cell button").nth(1).click()
    window.page.evaluate(
        "() => { pywebview.api.remove_face = () => new Promise((resolve) => { double.removed = resolve; }); }"
    )
    window.button("Remove this face").click()
    window.page.wait_for_function("() => double.removed")
    window.page.keyboard.press("Control+z")
    window.rest()
    assert window.calls("undo") == []
    window.page.evaluate("() => double.removed(true)")
    expect(window.find("notice-list .notice p")).to_have_text(["Change undone."])
    assert window.calls("undo") == [["undo", "p2"]]


def test_a_face_is_removed_and_comes_back(window: Any) -> None:
    window.open(done(faces=[CHILD, ADULT]))
    window.button("Remove face 2 of 2 from the left").click()
    assert window.calls() == [["remove_face", "p1", CHILD["box"]]]
    expect(window.find("notice-list .notice")).to_have_text(["Face removed. Ctrl+Z brings it back."])
    expect(window.button("Undo")).to_have_count(0)
    window.photos(done(faces=[ADULT]) | {"undoable": True})
    expect(window.find("face-card")).to_have_count(1)
    expect(window.button("Undo")).to_be_focused()
    window.button("Undo").click()
    window.page.keyboard.press("Control+z")
    assert window.calls("undo") == [["undo", "p1"]] * 2
    window.photos(done(faces=[CHILD, ADULT]))
    expect(window.button("Undo")).to_have_count(0)
    expect(window.button("Add a face…")).to_be_focused()
    window.page.keyboard.press("Control+z")
    assert len(window.calls("undo")) == 2, "there is nothing to undo"


@pytest.mark.parametrize(
    "place",
    ["Why? Face 2 of 2 from the left", ".face", "face-card .age-chart", "face-card", ".face-box", ".age-pill"],
)
def test_delete_removes_the_face_that_has_the_keyboard_or_was_clicked(window: Any, place: str) -> None:
    """And nothing more from where the focus goes afterwards."""
    window.open(done(faces=[ADULT, CHILD]), photo("p2", "b.jpg"))
    if place.startswith("Why?"):
        window.button(place).focus()
    else:  # as on macOS, where a click gives no focus
        window.page.evaluate("() => document.addEventListener('mousedown', (event) => event.preventDefault())")
        # The corner of a card belongs to none of its parts.
        window.find(place).nth(1).click(position={"x": 4, "y": 4} if place == "face-card" else None)
        expect(window.find("face-card .face").nth(1)).to_have_attribute("aria-pressed", "true")
    window.page.keyboard.press("Delete")
    window.photos(done(faces=[ADULT]) | {"undoable": True})
    expect(window.button("Undo")).to_be_focused()
    window.page.keyboard.press("Delete")
    assert window.calls() == [["remove_face", "p1", CHILD["box"]]]


def test_a_click_on_a_cards_fields_and_buttons_picks_no_face(window: Any) -> None:
    window.open(known(done(faces=[ADULT]), {1: ("Ann", None)}), people=[{"name": "Ann", "born": None}])
    for place in ("input.name", "label", ".actions .button"):
        window.find(f"face-card {place}").first.click()
    expect(window.find("face-card .face")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("name", ["Analyze again", "Analyze this photo", "Add a face…"])
def test_delete_means_the_photo_on_a_button_below_its_faces(window: Any, name: str) -> None:
    """Also once the button has gone, with what it did."""
    start = photo() if name == "Analyze this photo" else done(faces=[ADULT])
    window.open(start, photo("p2", "b.jpg"))
    window.button(name).focus()
    if name != "Add a face…":
        window.page.keyboard.press("Enter")
        window.photos(photo(state="queued"))
        expect(window.button(name)).to_have_count(0)
        window.photos(done(faces=[ADULT]))
    window.page.keyboard.press("Delete")
    assert window.calls("remove") == [["remove", ["p1"]]]


def test_a_double_click_on_a_card_picks_its_face(window: Any) -> None:
    window.open(done(faces=[ADULT]))
    card = window.find("face-card .face")
    card.dblclick()
    window.rest()
    expect(card).to_have_attribute("aria-pressed", "true")
    card.click(click_count=1)
    expect(card).to_have_attribute("aria-pressed", "false")


def test_a_face_that_is_picked_stays_so_while_others_come_and_go(window: Any) -> None:
    window.open(done(faces=[ADULT, CHILD]))
    faces, boxes = window.find("face-card .face"), window.find(".face-box")
    faces.nth(1).click()
    boxes.first.hover()
    window.photos(done(faces=[CHILD]) | {"undoable": True})
    expect(faces).to_have_count(1)
    expect(faces).to_have_attribute("aria-pressed", "true")
    window.photos(done(faces=[ADULT, CHILD]))
    expect(boxes).to_have_count(2)
    assert [box.get_attribute("aria-pressed") for box in boxes.all()] == ["false", "true"]
    window.photos(done(faces=[ADULT]) | {"undoable": True})
    expect(boxes).to_have_count(1)
    expect(boxes).to_have_attribute("aria-pressed", "false")


def test_a_face_below_the_pointer_that_goes_leaves_no_mark_on_another(window: Any) -> None:
    window.open(done(faces=[ADULT, CHILD]))
    window.find(".face-box").first.hover()
    expect(window.find(".face-box.active")).to_have_count(1)
    window.photos(done(faces=[CHILD]) | {"undoable": True})
    expect(window.find(".face-box")).to_have_count(1)
    expect(window.find(".face-box.active")).to_have_count(0)


@pytest.mark.parametrize("way", ["a name that was refused", "a name that is being saved"])
def test_a_face_that_is_removed_is_not_missed_because_of_its_name(window: Any, way: str) -> None:
    window.open(done(faces=[ADULT, CHILD]))
    window.page.evaluate(
        "() => { pywebview.api.name_face = () => new Promise((resolve) => { window.double.named = resolve; }); }"
    )
    refuse = "() => window.double.named({ state: 'gone' })"
    name = window.find("face-person input.name").nth(1)
    name.fill("Anna")
    if way == "a name that was refused":
        name.press("Enter")
        window.page.evaluate(refuse)
        expect(name).to_have_attribute("aria-invalid", "true")
    window.button("Remove face 2 of 2 from the left").click()
    window.photos(done(faces=[ADULT]) | {"undoable": True})
    expect(window.find("face-card")).to_have_count(1)
    window.page.evaluate(refuse)
    window.rest()
    expect(window.find("notice-list .notice p")).to_have_text(["Face removed. Ctrl+Z brings it back."])


def test_a_second_enter_does_not_remove_the_face_that_moves_up(window: Any) -> None:
    window.open(done(faces=[ADULT, CHILD]))
    window.button("Remove face 1 of 2 from the left").focus()
    window.page.keyboard.press("Enter")
    window.photos(done(faces=[CHILD]) | {"undoable": True})
    expect(window.button("Undo")).to_be_focused()


def test_the_list_stays_where_a_face_was_removed_with_the_mouse(window: Any) -> None:
    """By keyboard, it follows the focus to Undo."""
    faces = [face((10 + 60 * number, 150, 50, 60)) for number in range(8)]
    window.look(1000, 600)
    window.open(done(faces=faces))
    faces_list = window.find("face-list")
    faces_list.evaluate("(list) => { list.scrollTop = 300; }")
    removal = window.button("Remove face 3 of 8 from the left")
    removal.scroll_into_view_if_needed()
    before = faces_list.evaluate("(list) => list.scrollTop")
    assert before > 0
    removal.click()
    window.photos(done(faces=faces[:2] + faces[3:]) | {"undoable": True})
    expect(window.button("Undo")).to_be_focused()
    assert faces_list.evaluate("(list) => list.scrollTop") == before
    window.button("Remove face 3 of 7 from the left").focus()
    window.page.keyboard.press("Enter")
    window.photos(done(faces=faces[:2] + faces[4:]) | {"undoable": True})
    expect(window.button("Undo")).to_be_focused()
    expect(window.button("Undo")).to_be_in_viewport()


def test_a_double_click_does_not_remove_the_face_that_moves_up(window: Any) -> None:
    others = [face((x, 150, 120, 150)) for x in (300, 500)]
    window.open(done(faces=[ADULT, *others]))
    window.button("Remove face 1 of 3 from the left").click()
    window.photos(done(faces=others) | {"undoable": True})
    expect(window.find("face-card")).to_have_count(2)
    window.click_again()
    window.rest()
    assert window.calls() == [["remove_face", "p1", ADULT["box"]]]


def test_corrections_that_fail_are_told(window: Any) -> None:
    window.open(done(faces=[ADULT]) | {"undoable": True})
    window.refuse("remove_face", "undo")
    window.button("Remove this face").click()
    window.button("Undo").click()
    expect(window.find("notice-list .notice")).to_have_text(
        ["The face could not be removed.", "The change could not be undone."]
    )


def test_a_photo_can_be_analysed_again(window: Any) -> None:
    window.open(done(faces=[ADULT]))
    window.button("Analyze again").click()
    assert window.calls() == [["analyze", ["p1"]]]


def test_a_box_does_not_come_back_after_a_new_analysis(window: Any) -> None:
    window.open(done(faces=[ADULT]), photo("p2", "b.jpg"))
    window.button("Add a face…").click()
    window.button("Analyze again").click()
    window.photos(photo("p1", state="queued"))
    expect(window.find("face-drawer")).to_be_hidden()
    window.photos(done(faces=[ADULT]))
    expect(window.find("face-card")).to_have_count(1)
    expect(window.find("face-drawer")).to_be_hidden()
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")


@pytest.mark.parametrize("photos", [1, 5])
def test_the_faces_have_room_on_a_small_screen_at_200_percent(window: Any, photos: int) -> None:
    window.look(640, 400)
    others = [photo(f"p{number}", f"{number}.jpg") for number in range(2, photos + 1)]
    window.open(done("p1", faces=[face((100, 100, 90, 90))]), *others)
    for shown in ("face-card .age", "photo-view img", *([".cell >> nth=0"] if others else [])):
        expect(window.find(shown).first).to_be_in_viewport(ratio=0.9)
    heights = window.find("face-card .range").evaluate_all("(all) => all.map((one) => one.offsetHeight)")
    assert max(heights) < 30, "the words beside the face have one line each"
    assert window.fits()


@pytest.mark.parametrize("size", [(360, 480), (640, 380), (320, 256)])
def test_drawing_begins_in_sight_where_the_window_scrolls(window: Any, size: tuple[int, int]) -> None:
    """The button is below the last card there, and the photo far above it."""
    window.look(*size)
    window.open(done(faces=[ADULT, CHILD]), photo("p2", "b.jpg"))
    window.button("Add a face…").click()
    box = window.find("face-drawer .drawn")
    expect(box).to_be_in_viewport(ratio=1)
    expect(box).to_be_focused()
    window.page.keyboard.press("Escape")
    expect(window.button("Add a face…")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("size", [(720, 480), (853, 533), (1280, 800)])
def test_drawing_has_its_row_and_keeps_the_photo_still(window: Any, language: str, size: tuple[int, int]) -> None:
    """Also while the face is analyzed, and with a notice: nothing covers what can be pressed."""
    window.look(*size)
    window.choose(language=language)
    window.open(done(faces=[ADULT, CHILD], name="a.jpg") | {"undoable": True}, photo("p2", "b.jpg"))
    window.find("[data-action=add-face]").click()
    column = window.find("photo-view").bounding_box()
    parts = ["drawing-bar p", "drawing-bar .primary", "drawing-bar .button:last-child", "photo-view footer"]
    boxes = [window.find(part).bounding_box() for part in parts]
    for number, box in enumerate(boxes):
        assert column["x"] <= box["x"] and box["x"] + box["width"] <= column["x"] + column["width"]
        assert all(shared(box, other) < 1 for other in boxes[:number])
    assert boxes[0]["height"] < 40, "the hint has two lines at most"
    before = window.find("photo-view .photo").bounding_box()
    window.page.keyboard.press("Enter")
    expect(window.find("drawing-bar .spinner")).to_be_visible()
    assert window.find("photo-view .photo").bounding_box() == before
    added(window, {"state": "failed", "message": "The file is not there. It may have been moved or deleted."})
    notice = window.find("notice-list .notice").bounding_box()
    for part in [*parts, "[data-action=undo]", "photo-grid header", "face-list"]:
        assert shared(notice, window.find(part).bounding_box()) < 1


@pytest.mark.parametrize("language", ["en", "de"])
def test_how_far_the_explanation_is_stays_in_view(window: Any, language: str) -> None:
    window.look(720, 480)
    window.choose(language=language)
    window.open(done(faces=[ADULT, CHILD]), photo("p2", "b.jpg"))
    window.find("face-card .actions .button").first.click()
    expect(window.find("why-map [role=progressbar]")).to_be_in_viewport(ratio=1)
    explaining(window, ADULT["box"], 26)
    expect(window.find("why-map .wait")).to_contain_text("26")
    expect(window.find("why-map [role=progressbar]")).to_be_in_viewport(ratio=1)


def test_there_is_no_drawing_on_a_photo_that_cannot_be_shown(window: Any) -> None:
    """An album whose drive is away still has its reports."""
    window.open(done(faces=[ADULT]) | {"preview": "pictures/broken.jpg"}, photo("p2", "b.jpg"))
    expect(window.find("photo-view .message")).to_contain_text("cannot be shown")
    window.button("Add a face…").click()
    expect(window.find("notice-list")).to_have_text("This photo cannot be shown at the moment.")
    expect(window.find("drawing-bar")).to_be_hidden()
    window.page.keyboard.press("Escape")
    window.page.locator("body").press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
