"""From waiting photos to ages: grid, photo, cards, progress, and what happens when a photo cannot be read."""

from __future__ import annotations

import re
import threading
from io import BytesIO
from itertools import combinations
from typing import Any

import pytest
from boxes import shared
from PIL import Image
from playwright.sync_api import Locator, expect
from ui_doubles import HEIGHT, IDLE, WIDTH, done, face, jpeg, photo

ADULT = face((100, 150, 120, 150), 34.2, 28.0, 41.0)
CHILD = face((500, 200, 100, 120), 7.6, 5.9, 9.4, ["small", "blurred"])


def test_photos_that_were_added_wait_for_analyze(window: Any) -> None:
    window.open()
    window.photos(photo("p1", "a.jpg"), photo("p2", "b.jpg"), photo("p3", "c.jpg"))
    expect(window.find("welcome-view")).to_be_hidden()
    expect(window.find("photo-grid .cell")).to_have_count(3)
    expect(window.find("photo-grid h2")).to_have_text("3 photos")
    expect(window.find("face-list h2")).to_have_text("Not analyzed yet")
    assert window.calls() == []
    window.button("Analyze 3 photos").click()
    assert window.calls() == [["analyze", None]]


def test_only_the_photo_shown_can_be_analysed(window: Any) -> None:
    """Also if others came after it was shown."""
    window.open(photo("p1"))
    window.photos(photo("p2", "b.jpg"))
    window.button("Analyze this photo").click()
    assert window.calls() == [["analyze", ["p1"]]]


def test_a_photo_on_its_way(window: Any) -> None:
    """Waiting, queued, being analyzed, done: each state says what is happening."""
    window.open(photo("p1"), photo("p2", "b.jpg"))
    title, badge = window.find("face-list h2"), window.find("photo-view .badge")
    expect(badge).to_be_hidden()
    window.photos(photo("p1", state="queued"))
    expect(title).to_have_text("Queued")
    expect(badge).to_have_text("Queued")
    expect(window.find('.cell[data-state="queued"] .mark svg')).to_be_visible()
    window.photos(photo("p1", state="working"))
    expect(title).to_have_text("Looking for faces…")
    expect(badge).to_have_text("Looking for faces…")
    turning = window.find('.cell[data-state="working"] .spinner').bounding_box()
    assert turning["width"] > 10
    assert turning["height"] > 10
    window.photos(done("p1", faces=[ADULT]))
    expect(title).to_have_text("1 face")
    expect(badge).to_be_hidden()
    expect(window.find('.cell[data-state="ok"] .mark')).to_have_text("34")


def test_an_analysed_photo(window: Any) -> None:
    """Ages on the thumbnail and on the photo; cards with age, range and how sure it is, from left to right."""
    window.open(done("p1", faces=[CHILD, ADULT]), photo("p2", "b.jpg"))
    expect(window.find(".cell >> nth=0")).to_contain_text("34 · 8")
    expect(window.find(".age-pill")).to_have_text(["34", "8"])
    cards = window.find("face-card")
    expect(cards).to_have_count(2)
    expect(cards.locator(".which")).to_have_text(["Face 1 of 2", "Face 2 of 2"])
    expect(cards.locator(".age")).to_have_text(["34", "8"])
    expect(cards.locator(".range:not(.quiet)")).to_have_text(["28 to 41", "6 to 9"])
    expect(cards.first).to_contain_text("in 8 of 10 cases")
    crops = cards.locator("img").evaluate_all("(all) => all.map((one) => one.getAttribute('src'))")
    assert crops == ["pictures/p1-face2.jpg", "pictures/p1-face1.jpg"]
    warnings = cards.nth(1).locator(".warnings li")
    expect(warnings).to_have_text(
        [
            "Small in the photo. A larger copy or a scan with more detail would help.",
            "Blurred or hardly visible. A better copy of the photo would help.",
        ]
    )
    expect(cards.first.locator(".warnings")).to_have_count(0)
    expect(window.find("face-list")).to_contain_text("From left to right. How old they look, not how old they are.")
    assert "%" not in window.words()


def test_many_ages_fit_on_a_thumbnail(barred_window: Any) -> None:
    """As many as there is room for, then the number of the others; nothing is cut off."""
    faces = [face((20 + 100 * n, 100, 80, 90), 27.0 + n) for n in range(6)]
    barred_window.open(done("p1", faces=faces), done("p2", "b.jpg", faces[:3]))
    marks = barred_window.find(".cell .mark")
    for width in (600, 720, 1200):
        barred_window.look(width, 800)
        expect(marks, f"at {width}").to_have_text(["27 · 28 +4", "27 · 28 · 29"])
        for mark in marks.all():
            assert mark.evaluate("(element) => element.scrollWidth <= element.clientWidth"), width


def test_ages_fit_on_the_small_thumbnails_of_a_low_window(barred_window: Any) -> None:
    """As at a text size of 200 %."""
    barred_window.look(640, 360)
    faces = [face((20 + 100 * n, 100, 80, 90), 27.0 + n) for n in range(6)]
    barred_window.open(done("p1", faces=faces), done("p2", "b.jpg", faces[:3]), done("p3", "c.jpg", faces[:1]))
    marks = barred_window.find(".cell .mark")
    expect(marks).to_have_text(["27 +5", "27 +2", "27"])
    for mark in marks.all():
        assert mark.evaluate("(element) => element.scrollWidth <= element.clientWidth")


@pytest.mark.parametrize(
    ("language", "words", "unwanted"), [("en", "mostly 1", "1 to 1"), ("de", "meist 1", "1 bis 1")]
)
def test_a_range_within_one_year_is_one_number(window: Any, language: str, words: str, unwanted: str) -> None:
    window.choose(language=language)
    window.open(done(faces=[face((100, 150, 120, 150), 1.1, 0.8, 1.4)]))
    expect(window.find("face-card .range").first).to_have_text("1")
    expect(window.find("face-card [role=img]")).to_have_accessible_name(re.compile(f"{words}$"))
    assert unwanted not in window.find(".face-box").get_attribute("aria-label")


def test_every_warning_is_in_words(window: Any) -> None:
    """Also one that this page does not know yet."""
    names = ["small", "blurred", "turned", "low_score", "newer_than_this_page"]
    window.open(done(faces=[face((10, 10, 90, 90), warnings=names)]))
    texts = window.find(".warnings li").all_inner_texts()
    assert len(set(texts)) == len(names)
    assert all(text.endswith(".") and "_" not in text for text in texts)


def test_boxes_lie_on_the_faces(window: Any) -> None:
    """At any size of the window."""
    window.open(done(faces=[ADULT, CHILD]))
    for size in ((1200, 800), (760, 900), (1500, 520)):
        window.look(*size)
        shown = window.find("photo-view .photo").bounding_box()
        scale = shown["width"] / WIDTH
        assert shown["height"] / HEIGHT == pytest.approx(scale, rel=0.01)
        assert scale > 0.3
        for mark, box in zip(window.find(".face-box").all(), (ADULT["box"], CHILD["box"]), strict=True):
            place = mark.bounding_box()
            expected = (shown["x"] + box[0] * scale, shown["y"] + box[1] * scale, box[2] * scale, box[3] * scale)
            assert (place["x"], place["y"], place["width"], place["height"]) == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize(
    "boxes",
    [
        [(300, 200, 110, 130), (420, 205, 110, 130)],
        [(300, 200, 110, 130), (310, 345, 110, 130)],
        [(0, 0, 120, 140), (122, 0, 120, 140)],
        [(680, 460, 120, 140), (550, 455, 120, 140)],
        [(300, 120, 90, 110), (310, 250, 90, 110), (400, 180, 90, 110), (200, 190, 90, 110)],
    ],
    ids=["side by side", "one above the other", "upper left corner", "lower right corner", "four in a cross"],
)
def test_pills_keep_off_other_faces(window: Any, boxes: list[Any]) -> None:
    window.open(done(faces=[face(box) for box in boxes]))
    for width in (720, 1200):
        window.look(width, 700)
        faces = [mark.bounding_box() for mark in window.find(".face-box").all()]
        pills = [mark.bounding_box() for mark in window.find(".age-pill").all()]
        inside = window.find("photo-view .photo").bounding_box()
        for pill in pills:
            assert shared(pill, inside) == pytest.approx(pill["width"] * pill["height"], rel=0.05), width
        for one, other in combinations(range(len(boxes)), 2):
            assert shared(pills[one], faces[other]) < 4, width
            assert shared(pills[other], faces[one]) < 4, width
            assert shared(pills[one], pills[other]) < 4, width


def test_a_click_on_an_age_picks_its_own_face(window: Any) -> None:
    """Even if the only room for its pill is on another face's box."""
    window.open(done(faces=[face((340, 280, 60, 60)), face((0, 0, WIDTH, HEIGHT))]))
    for place in (0, 1):
        window.find(".age-pill").nth(place).click()
        expect(window.find(".face-box").nth(place)).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("left", [230, 330])
def test_a_face_within_the_box_of_another_can_be_pressed(window: Any, left: int) -> None:
    """Whether it is the first or the second from the left."""
    large, small = face((200, 100, 300, 360), 40.0, 35.0, 45.0), face((left, 250, 100, 120), 5.0, 3.0, 7.0)
    window.open(done(faces=[large, small]))
    shown = window.find("photo-view .photo").bounding_box()
    scale = shown["width"] / WIDTH
    for x, y, age in ((left + 50, 310, "5"), (220, 440, "40")):
        window.page.mouse.click(shown["x"] + x * scale, shown["y"] + y * scale)
        expect(window.find("face-card:has([aria-pressed=true]) .age")).to_have_text(age)


def test_a_face_is_marked_in_both_places(window: Any) -> None:
    """Pointing at a card marks the box and the other way round; a click keeps it marked, a second one unmarks it."""
    window.open(done(faces=[ADULT, CHILD]))
    card, box = window.find("face-card").nth(1), window.find(".face-box").nth(1)
    card.hover()
    expect(box).to_have_class("face-box active")
    window.find("photo-view .name").hover()
    expect(box).to_have_class("face-box")
    box.click()
    window.find("photo-view .name").hover()
    expect(card).to_have_class("active")
    expect(card.locator(".face")).to_have_attribute("aria-pressed", "true")
    card.locator(".face").click()
    expect(card.locator(".face")).to_have_attribute("aria-pressed", "false")


def test_a_face_that_is_chosen_brings_its_whole_card(window: Any) -> None:
    """With room for the rings around its fields."""
    window.look(1200, 600)
    window.open(done(faces=[ADULT, CHILD]))
    window.find(".face-box").nth(1).click()
    faces, card = (window.find(part).bounding_box() for part in ("face-list", "face-card.active"))
    assert faces["y"] + faces["height"] - card["y"] - card["height"] >= 4


def test_a_run_shows_progress_with_numbers_and_can_be_cancelled(window: Any) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    bar = window.page.get_by_role("progressbar")
    expect(bar).to_be_hidden()
    window.run("running", 12, 80, 42.0)
    expect(window.find("tool-bar .count")).to_have_text("12 of 80")
    expect(window.find("tool-bar .left")).to_have_text("about 45 s left")
    expect(bar).to_have_attribute("aria-valuenow", "12")
    expect(bar).to_have_attribute("aria-valuemax", "80")
    window.button("Cancel").click()
    assert window.calls() == [["cancel"]]
    window.run("cancelling", 12, 12)
    expect(window.find("tool-bar .stop")).to_have_text("Canceling…")
    # The first press is being handled: pressing again calls nothing.
    window.find("tool-bar .stop").click(force=True)
    assert window.calls() == [["cancel"]]
    window.run("idle", 12, 12)
    expect(bar).to_be_hidden()


def test_cancel_is_there_at_every_width(window: Any) -> None:
    run = {"state": "running", "done": 1234, "total": 56789, "seconds_left": 4000.0, "photos_per_minute": 12.3}
    window.open(
        *[photo(f"p{n}", f"{n}.jpg") for n in range(100)], run=run, engine={"state": "loading", "message": None}
    )
    expect(window.find("tool-bar .count")).to_have_text("1,234 of 56,789")
    for width in (640, 720, 820, 1100, 1400):
        window.look(width, 500)
        for name in ("Pause", "Cancel", "Add photos", "Settings", "About Agelens"):
            expect(window.button(name), f"{name} at {width}").to_be_in_viewport(ratio=1)
        assert window.fits(), width


def test_the_progress_bar_grows(window: Any) -> None:
    window.open(photo("p1"))
    window.run("running", 0, 4)
    fill, track = window.find("tool-bar .fill"), window.find("tool-bar .bar")
    for finished in (1, 3):
        window.run("running", finished, 4)
        window.rest()
        whole = track.bounding_box()["width"]
        assert fill.bounding_box()["width"] == pytest.approx(whole * finished / 4, abs=1)


def test_no_face(window: Any) -> None:
    window.open(done("p1"), photo("p2", "b.jpg"))
    expect(window.find("face-list")).to_contain_text("No face found")
    expect(window.find("face-list")).to_contain_text("try a larger copy")
    expect(window.find("photo-view .photo")).to_be_visible()
    expect(window.find(".face-box")).to_have_count(0)
    expect(window.find('.cell[data-state="no_face"] .mark')).to_have_text("\N{EN DASH}")


def test_where_the_user_has_removed_all_faces_no_better_photo_is_asked_for(window: Any) -> None:
    window.open(done("p1", faces=[ADULT]))
    window.photos(done("p1") | {"corrected": True, "undoable": True})
    expect(window.find("face-list h2")).to_have_text("No face left")
    expect(window.find("face-list .quiet:visible")).to_have_count(0)
    expect(window.find("face-list").get_by_role("button")).to_have_text(["Add a face…", "Undo", "Analyze again"])


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("unsupported_format", "Not a readable photo"),
        ("too_large", "Photo too large"),
        ("corrupt", "Damaged photo"),
        ("not_found", "Photo not found"),
        ("unreadable", "Photo cannot be opened"),
        ("crashed", "Photo could not be analyzed"),
        ("newer_than_this_page", "Photo could not be read"),
    ],
)
def test_an_error_stands_where_the_photo_would_be(window: Any, code: str, title: str) -> None:
    window.open(done("p1", error=(code, "What to do about it.")), photo("p2", "b.jpg"))
    stage = window.find("photo-view .stage")
    expect(stage.locator(".message .title")).to_have_text(title)
    expect(stage.locator(".message .text")).to_have_text("What to do about it.")
    expect(stage.locator(".photo")).to_be_hidden()
    expect(window.find('.cell[data-state="error"] .mark svg')).to_be_visible()


def test_a_photo_that_could_not_be_read_can_be_tried_again(window: Any) -> None:
    """Its drive may be back, or its copying finished."""
    failed = done("p1", error=("not_found", "The file is not there."))
    window.open(failed, photo("p2", "b.jpg"))
    expect(window.find("face-list h2")).to_have_text("There are no ages for this photo")
    window.button("Analyze again").click()
    assert window.calls() == [["analyze", ["p1"]]]
    window.photos(failed | {"state": "queued"})
    expect(window.find("photo-view .message")).to_have_text("Queued")
    expect(window.find("face-list h2")).to_have_text("Queued")
    expect(window.button("Analyze again")).to_have_count(0)
    window.photos(failed | {"state": "working"})
    expect(window.find("photo-view .message")).to_have_text("Reading the photo…")
    window.photos(done("p1", faces=[ADULT]))
    expect(window.find(".age-pill")).to_have_text("34")


def test_the_rest_goes_on_after_an_error(window: Any) -> None:
    window.open(photo("p1", state="working"), photo("p2", "b.jpg", "queued"))
    window.run("running", 0, 2)
    window.photos(done("p1", error=("corrupt", "It ends too early.")))
    window.run("running", 1, 2)
    expect(window.find("tool-bar .count")).to_have_text("1 of 2")
    window.photos(done("p2", "b.jpg", [ADULT]))
    window.run("idle", 2, 2)
    window.find(".cell button").nth(1).click()
    expect(window.find(".age-pill")).to_have_text("34")
    expect(window.find("photo-view .message")).to_be_hidden()


def test_an_error_does_not_change_while_others_are_analysed(window: Any) -> None:
    """A message that is rebuilt at every event is read out again and again, and loses the text selection in it."""
    window.open(done("p1", error=("corrupt", "It ends too early.")), photo("p2", "b.jpg", "queued"))
    window.find("photo-view .message .title").evaluate("(element) => { window.title = element; }")
    window.photos(photo("p2", "b.jpg", "working"))
    window.rest()
    assert window.find("photo-view .message .title").evaluate("(element) => element === window.title")


def test_a_preview_that_cannot_be_had_stays_explained(window: Any) -> None:
    """Also while others are analyzed, and when this one is."""
    window.open(photo("p1", preview="pictures/broken.jpg"), photo("p2", "b.jpg"))
    message = window.find("photo-view .message")
    expect(message).to_have_text("This photo cannot be shown at the moment.")
    window.photos(photo("p2", "b.jpg", "working"))
    window.photos(photo("p1", state="queued", preview="pictures/broken.jpg"))
    window.rest()
    expect(message).to_be_visible()
    expect(window.find("photo-view .photo")).to_be_hidden()
    window.photos(photo("p1", state="queued", preview="pictures/good.jpg"))
    expect(window.find("photo-view .photo")).to_be_visible()
    expect(message).to_be_hidden()


@pytest.mark.parametrize("when", ["the engine is ready", "the window comes to the front"])
def test_pictures_that_could_not_be_had_are_tried_again(window: Any, when: str) -> None:
    """Their drive may be back."""
    broken = {name: f"pictures/broken-{name}.jpg" for name in ("thumbnail", "preview")}
    window.open(done("p1", faces=[ADULT]) | broken | {"faces": ["pictures/broken-face.jpg"]}, photo("p2", "b.jpg"))
    message = window.find("photo-view .message")
    expect(message.locator(".title")).to_have_text("This photo cannot be shown at the moment.")
    expect(message.locator(".text")).to_contain_text("perhaps because a drive is not connected")
    small = [".cell img >> nth=0", "face-card .crop img"]
    for one in small:
        expect(window.find(one)).to_have_css("visibility", "hidden")  # else a sign of the browser would be there
    window.page.route("**/broken-*", lambda route: route.fulfill(body=jpeg("a-preview"), content_type="image/jpeg"))
    if when == "the engine is ready":
        window.receive({"event": "engine", "engine": {"state": "failed", "message": "It is broken."}})
        window.receive({"event": "engine", "engine": {"state": "ready", "message": None}})
    else:
        window.page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    for one in ("photo-view .photo", *small):
        expect(window.find(one)).to_have_js_property("naturalWidth", WIDTH)
        expect(window.find(one)).to_be_visible()
    expect(message).to_be_hidden()
    expect(window.find("photo-view .photo")).to_be_visible()
    expect(window.find("photo-view .zooms")).to_be_visible()


def test_a_picture_that_is_tried_in_vain_is_not_told_again(window: Any) -> None:
    window.open(photo("p1", preview="pictures/broken.jpg"))
    message = window.find("photo-view .message")
    expect(message).to_have_text("This photo cannot be shown at the moment.")
    message.evaluate("(element) => { window.told = element.firstChild; }")
    with window.page.expect_response("**/broken.jpg"):
        window.page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    window.page.wait_for_function("() => document.documentElement.dataset.idle === 'true'")
    assert message.evaluate("(element) => element.firstChild === window.told")
    asked = []
    window.page.on("request", lambda request: asked.append(request.url))
    window.photos(photo("p1", state="queued", preview="pictures/broken.jpg"))
    window.rest()
    expect(message).to_have_text("This photo cannot be shown at the moment.")
    assert asked == []  # it is the picture that is known to be broken


def test_a_photo_is_never_shown_under_another_ones_ages(window: Any, let_go: threading.Event) -> None:
    """A preview may take a second if it has to be made again. Meanwhile the photo before it must be gone."""
    # The server holds the picture back, so that nothing depends on when the browser begins to intercept.
    window.open(done("p1", faces=[ADULT]), done("slow", "b.jpg", [CHILD]))
    picture = window.find("photo-view .photo")
    expect(picture).to_have_js_property("naturalWidth", WIDTH)

    def seen(picture: Locator) -> object:
        """Color near the photo's lower right corner, where there is no face."""
        with Image.open(BytesIO(picture.screenshot())) as image:
            return image.convert("RGB").getpixel((image.width - 20, image.height - 20))

    picture.evaluate("(picture) => picture.decode()")
    window.rest()
    before = seen(picture)
    window.page.keyboard.press("ArrowRight")
    expect(window.find(".age-pill")).to_have_text("8")
    expect(picture).to_have_js_property("naturalWidth", 0)
    # Chromium reports 0 pixels even while it still shows the photo before, so look at what is on the screen.
    assert seen(picture) != before
    let_go.set()
    expect(picture).to_have_js_property("naturalWidth", WIDTH)


def test_a_photo_without_pictures_yet(window: Any) -> None:
    window.open(photo("p1", preview=None, thumbnail=None))
    expect(window.find("photo-view .message")).to_have_text("Reading the photo…")
    window.photos(photo("p1"))
    expect(window.find("photo-view .photo")).to_be_visible()
    expect(window.find("photo-view .message")).to_be_hidden()


def test_an_analysed_photo_without_a_picture_says_so(window: Any) -> None:
    """As if the disk was full when it was to be saved."""
    window.open(photo("p1", preview=None), photo("p2", "b.jpg"))
    window.photos(done("p1", faces=[ADULT]) | {"preview": None})
    expect(window.find("photo-view .message")).to_have_text("This photo cannot be shown at the moment.")
    window.button("Add a face…").click()
    expect(window.find("notice-list .notice")).to_have_text(["This photo cannot be shown at the moment."])
    expect(window.find("drawing-bar")).to_be_hidden()


def test_a_photo_that_lay_on_its_side_says_so(window: Any) -> None:
    turned = done("p1", faces=[ADULT])
    turned["report"]["rotated"] = 90
    window.open(turned)
    expect(window.find("face-list")).to_contain_text("The photo lay on its side or upside down.")


def test_two_photos_of_one_name_both_appear(window: Any) -> None:
    window.open()
    one = photo("p1", "IMG_0001.jpg", folder="/home/somebody/1998")
    other = photo("p2", "IMG_0001.jpg", folder="/home/somebody/2003")
    window.photos(one, other)
    expect(window.find(".cell")).to_have_count(2)
    name = window.find("photo-view .name")
    expect(name).to_have_attribute("title", "IMG_0001.jpg\n/home/somebody/1998")
    window.find(".cell button").nth(1).click()
    expect(name).to_have_text("IMG_0001.jpg")
    expect(name).to_have_attribute("title", "IMG_0001.jpg\n/home/somebody/2003")


def test_events_may_come_twice(window: Any) -> None:
    window.open()
    for _ in range(2):
        window.photos(done("p1", faces=[ADULT]), photo("p2", "b.jpg"))
    expect(window.find(".cell")).to_have_count(2)
    for _ in range(2):
        window.receive({"event": "removed", "ids": ["p2"]})
    expect(window.find("face-card")).to_have_count(1)
    window.receive({"event": "of a newer shell", "anything": 1})  # ignored


def test_new_photos_do_not_take_the_photo_away_that_is_looked_at(window: Any) -> None:
    """Unless the user has just asked for them."""
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.photos(photo("p3", "c.jpg"))
    expect(window.find("photo-view .position")).to_have_text("1 of 3")
    window.page.evaluate(
        "() => { window.double.snapshot.photos = []; window.pywebview.api.pick_photos = async () => 1; }"
    )
    window.button("Add photos").click()
    window.photos(photo("p4", "d.jpg"))
    expect(window.find("photo-view .name")).to_have_text("d.jpg")


def test_what_brings_no_photos_leaves_those_alone_that_are_still_to_come(window: Any) -> None:
    """Such as the second press of a double click, which opens no second dialog."""
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.page.evaluate(
        """() => {
            const answers = [1, 0];
            window.pywebview.api.pick_photos = async () => answers.pop();
        }"""
    )
    window.button("Add photos").dblclick()
    window.page.keyboard.press("Control+v")
    window.page.wait_for_function("() => window.double.calls.some(([name]) => name === 'paste')")
    window.photos(photo("p3", "c.jpg"))
    expect(window.find("photo-view .name")).to_have_text("c.jpg")


def test_removing_the_photo_shown(window: Any) -> None:
    """The call is made; the photo goes when Python says so, and the one after it is shown."""
    window.open(photo("p1"), photo("p2", "b.jpg"), photo("p3", "c.jpg"))
    window.find(".cell button").nth(1).click()
    window.button("Remove photo").click()
    assert window.calls() == [["remove", ["p2"]]]
    expect(window.find(".cell")).to_have_count(3)
    window.receive({"event": "removed", "ids": ["p2"]})
    expect(window.find(".cell")).to_have_count(2)
    expect(window.find("photo-view .name")).to_have_text("c.jpg")
    window.receive({"event": "removed", "ids": ["p3"]})
    expect(window.find("photo-view .name")).to_have_text("a.jpg")


def test_removing_all_photos_brings_the_welcome_back(window: Any) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.button("Remove all").click()
    assert window.calls() == [["remove", None]]
    window.receive({"event": "removed", "ids": ["p1", "p2"]})
    expect(window.find("welcome-view h2")).to_be_visible()
    expect(window.find("photo-view")).to_be_hidden()


def test_a_call_that_fails_is_told(window: Any) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.refuse("analyze", "remove")
    window.button("Analyze 2 photos").click()
    window.button("Remove all").click()
    expect(window.find("notice-list .notice")).to_have_text(
        ["The analysis could not be started.", "Nothing could be removed."]
    )


def test_a_snapshot_in_the_middle_of_a_run(window: Any) -> None:
    """The page can be reloaded at any time and shows the current state."""
    run = {"state": "running", "done": 1, "total": 2, "seconds_left": None, "photos_per_minute": None}
    window.open(done("p1", faces=[ADULT]), photo("p2", "b.jpg", "working"), run=run)
    expect(window.find("tool-bar .count")).to_have_text("1 of 2")
    expect(window.find(".age-pill")).to_have_text("34")


def test_cards_stay_in_their_place_when_the_list_begins_to_scroll(barred_window: Any) -> None:
    barred_window.look(1200, 700)
    few, many = ([face((20 + 120 * n, 100, 80, 90)) for n in range(count)] for count in (1, 6))
    barred_window.open(done("p1", faces=few), done("p2", "b.jpg", many))
    before = barred_window.find("face-card").first.bounding_box()
    barred_window.page.keyboard.press("ArrowRight")
    expect(barred_window.find("face-card")).to_have_count(6)
    after = barred_window.find("face-card").first.bounding_box()
    assert (after["x"], after["width"]) == (before["x"], before["width"])


@pytest.mark.parametrize(
    ("mean", "low", "high", "told"),
    [
        (34.2, 28.0, 41.0, ["28", "41"]),
        (0.3, 0.0, 1.4, ["0", "1"]),
        (5.0, 4.6, 5.4, ["5", ""]),
        (50.0, 49.4, 50.6, ["49", "51"]),
        (97.0, 92.0, 100.0, ["92", "100"]),
    ],
)
def test_the_chart_tells_the_range_at_its_ends(
    window: Any, mean: float, low: float, high: float, told: list[str]
) -> None:
    """In the same font size at every width, and without overlaps."""
    window.open(done(faces=[face((100, 100, 90, 90), mean, low, high)]), photo("p2", "b.jpg"))
    ends = window.find(".age-chart .ends span")
    expect(ends).to_have_text(told)
    for width in (700, 1000, 1280):
        window.look(width, 800)
        chart, likely, left, right = (
            one.bounding_box() for one in (window.find(".age-chart"), window.find(".age-chart .likely"), *ends.all())
        )
        assert ends.first.evaluate("(one) => getComputedStyle(one).fontSize") == "13px"
        assert left["x"] >= chart["x"] - 1
        assert left["x"] + left["width"] < right["x"]
        assert right["x"] + right["width"] <= chart["x"] + chart["width"] + 1
        assert abs(left["x"] + left["width"] - likely["x"]) < 30
        assert abs(right["x"] - likely["x"] - likely["width"]) < 30


def test_five_hundred_photos(window: Any) -> None:
    """Only the cells in view exist, and a click is handled at once."""
    window.open(run=IDLE | {"state": "running", "total": 500})
    photos = [done(f"p{n}", f"{n}.jpg", [face((100, 100, 90, 90), n % 90 + 1)]) for n in range(500)]
    for start in range(0, 500, 100):
        window.photos(*photos[start : start + 100])
    expect(window.find("photo-grid h2")).to_have_text("500 photos")
    assert 10 < window.find(".cell").count() < 60
    window.find("photo-grid .scroller").evaluate("(element) => element.scrollTo(0, element.scrollHeight)")
    last = window.page.get_by_role("option", name="499.jpg, looks 50", exact=True)
    expect(last).to_be_in_viewport()
    worked = window.work()
    # In the same turn of the event loop: it waits only for Python's answer, which the double gives in that turn, too.
    name = last.evaluate(
        """async (button) => {
            button.click();
            await new Promise((resolve) => setTimeout(resolve));
            return document.querySelector('photo-view .name').textContent;
        }"""
    )
    assert name == "499.jpg"
    window.rest()
    assert window.work() - worked < 1000


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_buttons_below_a_photo_keep_to_one_row(window: Any, language: str) -> None:
    window.look(720, 480)
    window.choose(language=language)
    window.open(*(done(f"p{number}") for number in range(1, 1001)))
    window.page.keyboard.press("End")
    expect(window.find("photo-view .position")).to_have_text(re.compile("1.000 "))
    tops = {round(one.bounding_box()["y"]) for one in window.find("photo-view footer button:visible").all()}
    assert len(tops) == 1


@pytest.mark.parametrize("width", [720, 899])
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_photos_name_has_room_and_tells_the_rest(window: Any, language: str, width: int) -> None:
    window.look(width, 480)
    window.choose(language=language)
    name = "Family reunion at the lake.jpg"
    window.open(done("p1", name), photo("p2", "b.jpg"))
    shown = window.find("photo-view .name")
    expect(shown).to_have_attribute("title", f"{name}\n/home/somebody/photos")
    assert shown.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    buttons = window.find("photo-view footer .button:visible").all()
    assert all(one.bounding_box()["y"] >= shown.bounding_box()["y"] + shown.bounding_box()["height"] for one in buttons)


@pytest.mark.parametrize("width", [360, 719, 899, 900])
def test_a_long_name_of_a_photo_does_not_touch_the_edge(window: Any, width: int) -> None:
    window.look(width, 480)
    window.open(done("p1", f"{'Family reunion at the lake ' * 6}.jpg"), photo("p2", "b.jpg"))
    text = """(name) => {
        const range = document.createRange();
        range.selectNodeContents(name);
        return range.getBoundingClientRect().left;
    }"""
    assert window.find("photo-view .name").evaluate(text) >= window.find("photo-view").bounding_box()["x"] + 8


@pytest.mark.parametrize("width", [900, 1280])
def test_the_photos_name_is_below_its_middle_whatever_is_beside_it(window: Any, width: int) -> None:
    window.look(width, 700)
    window.open(done("p1", "a.jpg"))

    def off() -> float:
        room, name = (window.find(f"photo-view {part}").bounding_box() for part in (".room", ".name"))
        return abs(room["x"] + room["width"] / 2 - name["x"] - name["width"] / 2)

    assert off() < 1
    window.photos(photo("p2", "b.jpg"))
    expect(window.find("photo-view .position")).to_be_visible()
    assert off() < 1
    window.page.get_by_label("Which photos to show").select_option("error")
    expect(window.find("photo-view .position")).to_be_hidden()
    assert off() < 1
