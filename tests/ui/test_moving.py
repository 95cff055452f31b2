"""From photo to photo by keyboard, and closer to a photo: zoom and pan."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from ui_doubles import HEIGHT, WIDTH, Json, done, face, jpeg, photo

BOX = (500, 200, 100, 120)


def crowd(number: int) -> list[Json]:
    return [photo(f"p{n}", f"{n}.jpg") for n in range(1, number + 1)]


def columns(window: Any) -> int:
    """Photos in a row of the grid, as they are seen."""
    number: int = window.find(".cell").evaluate_all(
        "(cells) => new Set(cells.map((cell) => Math.round(cell.getBoundingClientRect().left))).size"
    )
    return number


def shown(window: Any, name: str) -> None:
    expect(window.find("photo-view .name")).to_have_text(name)
    expect(window.find('.cell:has([aria-selected="true"])')).to_have_attribute("title", name)
    expect(window.find('.cell:has([aria-selected="true"])')).to_be_in_viewport(ratio=1)


def scale(window: Any) -> float:
    return float(window.find("photo-view .photo").bounding_box()["width"]) / WIDTH


def middle(window: Any, selector: str) -> tuple[float, float]:
    box = window.find(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("width", [900, 1400])
def test_keys_lead_through_the_grid(window: Any, width: int) -> None:
    window.look(width, 700)
    window.open(*crowd(60))
    across = columns(window)
    press = window.page.keyboard.press
    press("ArrowDown")
    shown(window, f"{1 + across}.jpg")
    press("ArrowDown")
    press("ArrowUp")
    press("ArrowUp")
    shown(window, "1.jpg")
    press("ArrowUp")  # there is no row above
    shown(window, "1.jpg")
    press("End")
    shown(window, "60.jpg")
    press("ArrowRight")
    press("ArrowDown")
    shown(window, "60.jpg")
    press("Home")
    shown(window, "1.jpg")
    scroller = window.find("photo-grid .scroller").bounding_box()
    press("PageDown")
    name = window.find("photo-view .name").inner_text()
    rows, rest = divmod(int(name.removesuffix(".jpg")) - 1, across)
    assert rest == 0
    cell = window.find(".cell").first.bounding_box()["height"] + 8
    whole = scroller["height"] // cell
    assert whole - 1 <= rows <= whole + 1  # one row may stay in view
    press("PageUp")
    shown(window, "1.jpg")


def test_a_step_down_into_a_shorter_row_leads_to_its_end(window: Any) -> None:
    window.look(1400, 700)
    window.open(*crowd(5))
    assert columns(window) == 2
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        window.page.keyboard.press(key)
    shown(window, "5.jpg")


def test_keys_follow_the_order_that_is_shown(window: Any) -> None:
    window.open(*crowd(12))
    window.page.get_by_label("Order of the photos").select_option("name")
    window.find(".cell button").first.focus()
    for key, name in (("End", "12.jpg"), ("ArrowLeft", "11.jpg"), ("Home", "1.jpg"), ("ArrowRight", "2.jpg")):
        window.page.keyboard.press(key)
        shown(window, name)


def test_keys_that_scroll_the_list_of_faces_stay_there(window: Any) -> None:
    faces = [face((20 + 100 * n, 100, 80, 90), 27.0 + n) for n in range(6)]
    window.open(done("p1", faces=faces), photo("p2", "2.jpg"), photo("p3", "3.jpg"))
    window.find("face-card button.face").first.focus()
    window.page.keyboard.press("End")
    window.page.wait_for_function("() => document.querySelector('face-list').scrollTop > 100")
    expect(window.find("photo-view .name")).to_have_text("a.jpg")
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("2.jpg")


@pytest.mark.parametrize(
    "place", ["face-card .face >> nth=1", "face-card .actions .button >> nth=1", "[data-action=undo]"]
)
def test_the_keyboard_goes_from_the_faces_to_another_photo(window: Any, place: str) -> None:
    """Not to a face in the same place, which nobody has chosen: Delete would remove it."""
    faces = [face((100, 100, 90, 90)), face((400, 100, 90, 90))]
    window.open(
        *(done(f"p{n}", f"{n}.jpg", faces) | {"undoable": True} for n in (1, 2)),
        *crowd(12)[2:],
    )
    window.find(place).focus()
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("2.jpg")
    expect(window.page.get_by_role("region", name="Photo", exact=True)).to_be_focused()
    window.page.keyboard.press("Delete")
    assert window.calls() == [["remove", ["p2"]]]
    window.page.keyboard.press("ArrowDown")
    expect(window.find("photo-view .name")).not_to_have_text("2.jpg")


@pytest.mark.parametrize("again", [False, True])
def test_a_click_beside_the_cards_does_not_take_the_keyboard(window: Any, again: bool) -> None:
    window.open(done("p1", "1.jpg", [face(BOX)]), *crowd(12)[1:])
    if again:  # after the list has had it
        window.find("face-list").evaluate("(list) => list.focus()")
        window.find(".cell button").first.focus()
    window.find("face-list h2").click()
    window.page.keyboard.press("ArrowDown")
    expect(window.find("photo-view .name")).to_have_text(f"{1 + columns(window)}.jpg")
    window.page.keyboard.press("Delete")
    assert window.calls() == [["remove", [f"p{1 + columns(window)}"]]]


def test_the_keyboard_goes_on_from_a_face_in_the_photo(window: Any) -> None:
    window.open(done("p1", faces=[face(BOX)]), done("p2", "b.jpg", [face(BOX, 20.0)]))
    window.find(".face-box").focus()
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    expect(window.page.get_by_role("region", name="Photo", exact=True)).to_be_focused()


def test_a_key_leads_from_part_to_part_of_the_window(window: Any) -> None:
    """With many faces there are many stops of the Tab key in between."""
    window.open(*crowd(3))
    parts = [window.find(one) for one in ('.cell [tabindex="0"]', "photo-view", "face-list")]
    window.find(".cell button").first.focus()
    for part in [*parts[1:], *parts]:
        window.page.keyboard.press("F6")
        expect(part).to_be_focused()
    for part in (parts[1], parts[0], parts[2]):
        window.page.keyboard.press("Shift+F6")
        expect(part).to_be_focused()
    window.find("grid-filter select").first.focus()
    window.page.keyboard.press("F6")
    expect(parts[1]).to_be_focused()
    window.page.keyboard.press("F1")  # and on from where a panel was opened
    expect(window.find("help-panel")).to_be_visible()
    window.page.keyboard.press("F6")
    expect(parts[2]).to_be_focused()
    window.button("Keyboard shortcuts").focus()
    window.page.keyboard.press("Enter")
    window.page.keyboard.press("F6")
    expect(window.find("help-panel")).to_be_hidden()
    expect(parts[0]).to_be_focused()
    window.button("Settings").focus()
    window.page.keyboard.press("Shift+F6")
    expect(parts[2]).to_be_focused()
    kinds = window.find("grid-filter select").first
    kinds.select_option("error")  # no photo is so
    window.find("face-list").evaluate("(list) => list.focus()")
    window.page.keyboard.press("F6")
    expect(kinds).to_be_focused()
    kinds.select_option("all")
    window.find(".cell button").first.focus()
    window.receive({"event": "removed", "ids": ["p2", "p3"]})
    expect(parts[1]).to_be_focused()
    for part in (parts[2], parts[1]):
        window.page.keyboard.press("F6")
        expect(part).to_be_focused()


def test_the_keyboard_goes_to_the_photo_selected_though_it_was_out_of_sight(window: Any) -> None:
    window.open(*crowd(200))
    window.find("photo-grid .scroller").evaluate("(one) => one.scrollTo(0, 3000)")
    expect(window.find('.cell[title="1.jpg"]')).to_have_count(0)
    window.button("Settings").focus()
    window.page.keyboard.press("F6")
    selected = window.find(".cell [aria-selected=true]")
    expect(selected).to_be_focused()
    expect(selected).to_be_in_viewport(ratio=1)


def test_the_face_that_is_being_named_stays_marked_when_the_pointer_moves_on(window: Any) -> None:
    window.open(done("p1", faces=[face((100, 100, 90, 90)), face((400, 100, 90, 90))]))
    marked = window.find(".face-box.active")
    name = window.find("face-card input.name").first
    name.click()
    for place in ("face-card .age-chart >> nth=1", ".face-box >> nth=1"):
        window.find(place).hover()
        expect(window.find(".face-box").nth(1)).to_have_class("face-box active")
        window.find("photo-view .name").hover()
        expect(window.find(".face-box").nth(0)).to_have_class("face-box active")
        expect(marked).to_have_count(1)
    window.find("face-card .age-chart").nth(1).hover()
    name.focus()
    window.button("Settings").focus()  # the pointer is on the other one still
    expect(window.find(".face-box").nth(1)).to_have_class("face-box active")


@pytest.mark.parametrize("place", ["face-card .face", "face-card input.name", ".face-box"])
def test_the_keyboard_shows_which_face_a_card_means(window: Any, place: str) -> None:
    """As the pointer does."""
    window.open(done("p1", faces=[face((100, 100, 90, 90)), face((400, 100, 90, 90))]))
    active = window.find(":is(face-card, .face-box).active")
    window.find(place).nth(1).focus()
    expect(active).to_have_count(2)
    expect(window.find(".face-box").nth(1)).to_have_class("face-box active")
    window.button("Settings").focus()
    expect(active).to_have_count(0)


@pytest.mark.parametrize("way", ["keys", "buttons", "wheel", "double click"])
def test_zoom_in_and_out_again(window: Any, way: str) -> None:
    window.open(done("p1", faces=[face(BOX)]), photo("p2", "b.jpg"))
    whole = scale(window)
    out = window.button("Zoom out (\N{MINUS SIGN})")
    expect(out).to_have_attribute("aria-disabled", "true")
    x, y = middle(window, "photo-view .photo")
    if way == "keys":
        window.page.keyboard.press("+")
        window.page.keyboard.press("=")
    elif way == "buttons":
        for _ in range(2):
            window.button("Zoom in (+)").click()
    else:
        window.page.mouse.move(x, y)
        if way == "wheel":
            window.page.keyboard.down("Control")
            window.page.mouse.wheel(0, -240)
            window.page.keyboard.up("Control")
        else:
            window.page.mouse.dblclick(x, y)
    expect(out).not_to_have_attribute("aria-disabled", "true")
    window.rest()
    assert scale(window) > 1.8 * whole
    if way == "keys":
        window.page.keyboard.press("-")
        window.rest()
        assert scale(window) == pytest.approx(1.5 * whole, rel=0.01)
        window.page.keyboard.press("0")
    elif way == "buttons":
        window.button("Show the whole photo (0)").click()
    elif way == "wheel":
        window.page.keyboard.down("Control")
        window.page.mouse.wheel(0, 2000)
        window.page.keyboard.up("Control")
    else:
        window.page.mouse.dblclick(x, y)
    expect(out).to_have_attribute("aria-disabled", "true")
    assert scale(window) == pytest.approx(whole, rel=0.01)
    expect(window.find("face-card button.face")).to_have_attribute("aria-pressed", "false")


def test_the_spot_under_the_pointer_stays_there(window: Any) -> None:
    """As soon as the photo is larger than its place in both directions. The boxes stay on their faces all the time."""
    window.open(done("p1", faces=[face(BOX)]), photo("p2", "b.jpg"))
    x, y = middle(window, ".face-box")
    pointer = int(x), int(y)  # mouse events have whole pixels
    whole = scale(window)

    def check(before: float) -> float:
        """The size of the photo, once it differs from the one before."""
        window.page.wait_for_function(
            "(before) => Math.abs(document.querySelector('photo-view .photo').clientWidth - before) > 1", arg=before
        )
        window.rest()
        times = scale(window) / whole
        expected = [spot + (place - spot) * times for spot, place in zip(pointer, (x, y), strict=True)]
        assert middle(window, ".face-box") == pytest.approx(expected, abs=2)
        return times * whole * WIDTH

    window.page.mouse.dblclick(*pointer)
    width = check(whole * WIDTH)
    window.page.keyboard.down("Control")
    for turn in (-100, -200, 100):
        window.page.mouse.wheel(0, turn)
        width = check(width)
    window.page.keyboard.up("Control")
    photo_box, mark = window.find("photo-view .photo").bounding_box(), window.find(".face-box").bounding_box()
    assert (mark["x"] - photo_box["x"], mark["y"] - photo_box["y"]) == pytest.approx(
        (BOX[0] * scale(window), BOX[1] * scale(window)), abs=2
    )


def test_fingers_on_a_touchpad_zoom_in_webkit(window: Any) -> None:
    """WebKit sends events of its own, which other browsers do not have."""
    window.open(done("p1", faces=[face(BOX)]), photo("p2", "b.jpg"))
    whole = scale(window)
    x, y = middle(window, "photo-view .photo")
    for gesture in ([1.2, 2.0], [0.9, 0.75]):
        for kind, size in (("gesturestart", 1.0), *(("gesturechange", size) for size in gesture)):
            assert window.find("photo-view .photo").evaluate(
                """(at, [kind, scale, clientX, clientY]) => {
                  const event = new Event(kind, { bubbles: true, cancelable: true });
                  at.dispatchEvent(Object.assign(event, { scale, clientX, clientY }));
                  return event.defaultPrevented;
                }""",
                [kind, size, x, y],
            )
    window.rest()
    assert scale(window) == pytest.approx(1.5 * whole, rel=0.01)
    assert middle(window, "photo-view .photo") == pytest.approx((x, y), abs=2)


def test_the_wheel_alone_does_not_zoom(window: Any) -> None:
    window.open(done("p1", faces=[face(BOX)]), photo("p2", "b.jpg"))
    whole = scale(window)
    window.page.mouse.move(*middle(window, "photo-view .photo"))
    window.page.mouse.wheel(0, -300)
    window.rest()
    assert scale(window) == pytest.approx(whole)
    window.page.keyboard.press("+")
    window.page.keyboard.press("+")
    before = window.find("photo-view .photo").bounding_box()["y"]
    top = window.find("photo-view .stage").evaluate("(stage) => stage.scrollTop")
    window.page.mouse.wheel(0, 60)  # scrolls
    window.page.wait_for_function("(top) => document.querySelector('.stage').scrollTop >= top", arg=top + 60)
    assert window.find("photo-view .photo").bounding_box()["y"] == pytest.approx(before - 60, abs=2)


def test_dragging_moves_the_zoomed_photo_and_picks_no_face(window: Any) -> None:
    window.open(done("p1", faces=[face((300, 200, 200, 200))]), photo("p2", "b.jpg"))
    for _ in range(3):
        window.page.keyboard.press("+")
    before = window.find("photo-view .photo").bounding_box()
    x, y = middle(window, "photo-view .room")
    window.page.mouse.move(x, y)
    window.page.mouse.down()
    window.page.mouse.move(x - 60, y - 40, steps=5)
    expect(window.find("photo-view .stage")).to_have_class("stage panning")
    window.page.mouse.up()
    after = window.find("photo-view .photo").bounding_box()
    assert (before["x"] - after["x"], before["y"] - after["y"]) == pytest.approx((60, 40), abs=2)
    expect(window.find("photo-view .stage")).to_have_class("stage")
    expect(window.find("face-card button.face")).to_have_attribute("aria-pressed", "false")
    window.page.mouse.click(x, y)  # a press without a drag still picks it
    expect(window.find("face-card button.face")).to_have_attribute("aria-pressed", "true")
    window.page.keyboard.press("ArrowRight")  # the arrow keys still lead to the next photo
    expect(window.find("photo-view .name")).to_have_text("b.jpg")


def test_a_photo_that_was_let_go_of_out_of_the_window_does_not_stick_to_the_pointer(window: Any) -> None:
    window.open(done("p1", faces=[face(BOX)]), photo("p2", "b.jpg"))
    for _ in range(3):
        window.page.keyboard.press("+")
    x, y = middle(window, "photo-view .room")
    window.page.mouse.move(x, y)
    window.page.mouse.down()
    window.page.mouse.move(x - 60, y - 40, steps=5)
    stage = window.find("photo-view .stage")
    expect(stage).to_have_class("stage panning")
    before = window.find("photo-view .photo").bounding_box()
    stage.dispatch_event("pointermove", {"buttons": 0, "clientX": x, "clientY": y})
    expect(stage).to_have_class("stage")
    window.page.mouse.move(x, y, steps=5)
    assert window.find("photo-view .photo").bounding_box() == before
    window.page.mouse.up()


def test_the_keyboard_alone_reaches_every_part_of_the_zoomed_photo(window: Any) -> None:
    window.open(done("p1", faces=[face(BOX)]), photo("p2", "b.jpg"))
    stage = window.find("photo-view .stage")
    assert stage.get_attribute("tabindex") is None
    for _ in range(4):
        window.page.keyboard.press("+")
    stage.focus()
    for key, side in (("ArrowRight", "scrollLeft"), ("ArrowDown", "scrollTop")):
        before = stage.evaluate("(stage, side) => stage[side]", side)
        window.page.keyboard.press(key)
        window.page.wait_for_function(
            "([side, before]) => document.querySelector('.stage')[side] > before", arg=[side, before]
        )
    expect(window.find("photo-view .name")).to_have_text("a.jpg")


def test_another_photo_is_shown_whole(window: Any) -> None:
    window.open(done("p1", faces=[face(BOX)]), done("p2", "b.jpg", [face(BOX)]))
    whole = scale(window)
    window.page.keyboard.press("+")
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    assert scale(window) == pytest.approx(whole, rel=0.01)
    window.page.keyboard.press("+")
    window.receive({"event": "removed", "ids": ["p2"]})
    expect(window.find("photo-view .name")).to_have_text("a.jpg")
    expect(window.button("Zoom out (\N{MINUS SIGN})")).to_have_attribute("aria-disabled", "true")


def test_pills_grow_a_little_and_stay_on_the_photo(window: Any) -> None:
    window.open(done("p1", faces=[face(BOX), face((0, 0, 80, 90))]))
    pill = window.find(".age-pill").first
    sizes = []
    for _ in range(7):
        sizes.append(float(pill.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")))
        whole = window.find("photo-view .photo").bounding_box()
        for one in window.find(".age-pill").all():
            box = one.bounding_box()
            assert box["x"] >= whole["x"] - 1
            assert box["y"] >= whole["y"] - 1
        window.page.keyboard.press("+")
        window.rest()
    assert sizes == sorted(sizes)
    assert sizes[0] == 15
    assert sizes[-1] == 20


def test_what_is_no_photo_has_no_zoom(window: Any) -> None:
    window.open(done("p1", error=("corrupt", "It ends too early.")), photo("p2", "b.jpg"))
    expect(window.find(".zooms")).to_be_hidden()
    window.page.keyboard.press("ArrowRight")
    expect(window.find(".zooms")).to_be_visible()


LOADED = """(image) => image.decode().then(() => new Promise((go) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = go;
  port2.postMessage(null);
}))"""
"""Waits until the page knows that a picture is loaded; uses no timer, as timers may stand still."""


def large(photo_id: str = "p1", **changes: Any) -> Any:
    """A photo with three times the pixels of its preview."""
    made = done(photo_id)
    return made | {"report": made["report"] | {"width": 3 * WIDTH, "height": 3 * HEIGHT}} | changes


def test_a_closer_look_brings_more_pixels(window: Any) -> None:
    window.open(large(), photo("p2", "b.jpg"))
    picture = window.find("photo-view img.photo")
    expect(picture).to_have_attribute("src", "pictures/p1-preview.jpg")
    before = picture.bounding_box()
    for _ in range(3):
        window.page.keyboard.press("+")
    expect(picture).to_have_attribute("src", "pictures/p1-enlarged.jpg")
    assert picture.bounding_box()["width"] == pytest.approx(3 * before["width"], rel=0.01)
    window.page.keyboard.press("0")
    window.photos(large() | {"taken": 1990})  # sent again, the photo keeps its picture
    expect(picture).to_have_attribute("src", "pictures/p1-enlarged.jpg")
    window.page.keyboard.press("ArrowRight")
    expect(picture).to_have_attribute("src", "pictures/p2-preview.jpg")
    window.page.keyboard.press("ArrowLeft")
    expect(picture).to_have_attribute("src", "pictures/p1-preview.jpg")


def test_the_preview_stays_where_there_is_nothing_better(window: Any) -> None:
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    window.open(large(enlarged="pictures/broken-enlarged.jpg"))
    with window.page.expect_response("**/broken-enlarged.jpg"):
        for _ in range(5):
            window.page.keyboard.press("+")
    window.page.keyboard.press("-")
    window.rest()
    expect(window.find("photo-view img.photo")).to_have_attribute("src", "pictures/p1-preview.jpg")
    expect(window.find("photo-view .message")).to_be_hidden()
    assert asked.count("broken-enlarged.jpg") == 1


def test_a_larger_picture_that_could_not_be_had_is_tried_again(window: Any) -> None:
    """Its drive may be back when the window comes to the front."""
    window.open(large(enlarged="pictures/broken-enlarged.jpg"))
    picture = window.find("photo-view img.photo")
    with window.page.expect_response("**/broken-enlarged.jpg"):
        for _ in range(5):
            window.page.keyboard.press("+")
    window.rest()
    window.page.route("**/broken-*", lambda route: route.fulfill(body=jpeg("enlarged"), content_type="image/jpeg"))
    window.page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(picture).to_have_attribute("src", "pictures/broken-enlarged.jpg")
    expect(picture).to_have_js_property("naturalWidth", 3 * WIDTH)


def test_a_photo_that_is_gone_before_its_closer_look_is_not_asked_for(window: Any) -> None:
    window.open(large())
    for _ in range(3):
        window.page.keyboard.press("+")
    window.receive({"event": "removed", "ids": ["p1"]})
    window.page.evaluate("() => new Promise((go) => { setTimeout(go, 400); })")  # it would have begun by now
    assert window.find("photo-view img.photo").get_attribute("src") is None


def test_a_photo_without_a_picture_is_not_looked_at_closer(still_window: Any) -> None:
    """It is selected after a photo that needs a larger picture, and before that picture is requested."""
    window = still_window
    window.look(2400, 1600)
    window.open(done("p1", error=("corrupt", "It ends too early.")), large("p2"))
    window.stop_clock()
    picture = window.find("photo-view img.photo")
    for looks in (True, False):
        window.page.keyboard.press("ArrowRight")
        expect(picture).to_have_js_property("naturalWidth", WIDTH)
        picture.evaluate(LOADED)
        if looks:
            window.page.clock.run_for(300)
            expect(picture).to_have_attribute("src", "pictures/p2-enlarged.jpg")
        window.page.keyboard.press("ArrowLeft")
        expect(window.find("photo-view .message")).to_contain_text("too early")
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url))
    window.page.clock.run_for(300)
    assert asked == []
