"""A run under way: how far it is, how fast, how long it will take; pause and resume."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest
from boxes import shared
from playwright.sync_api import expect
from ui_doubles import done, face, photo


@pytest.mark.parametrize(
    ("speed", "words"),
    [(28.7, "29 photos a minute"), (9.46, "9.5 photos a minute"), (1.0, "1 photo a minute"), (None, "")],
)
def test_progress_tells_count_speed_and_time_left(window: Any, speed: float | None, words: str) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.run("running", 12, 80, 142.0, speed)
    expect(window.find("tool-bar .count")).to_have_text("12 of 80")
    expect(window.find("tool-bar .speed")).to_have_text(words)
    expect(window.find("tool-bar .left")).to_have_text("about 3 min left")
    told = ", ".join(filter(None, ["12 of 80", words, "about 3 min left"]))
    expect(window.page.get_by_role("progressbar")).to_have_attribute("aria-valuetext", told)


def test_a_run_canceled_at_its_first_photo_has_nothing_to_count(window: Any) -> None:
    window.open(photo("p1", state="working"), photo("p2", "b.jpg"))
    window.run("running", 0, 2)
    expect(window.find("tool-bar .count")).to_have_text("0 of 2")
    window.run("cancelling", 0, 0)
    expect(window.find("tool-bar .count")).to_have_text("")
    expect(window.page.get_by_role("progressbar")).to_have_attribute("aria-valuetext", "")


def test_a_narrow_window_tells_the_rest_when_pointed_at(window: Any) -> None:
    window.look(800, 600)
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.run("running", 12, 80, 142.0, 28.7)
    expect(window.find("tool-bar .speed")).to_be_hidden()
    expect(window.find("tool-bar .progress")).to_have_attribute("title", "29 photos a minute, about 3 min left")


@pytest.mark.parametrize("width", [1000, 1180, 1280])
def test_the_bar_keeps_its_length_all_through_a_run(window: Any, width: int) -> None:
    window.look(width, 600)
    window.open(done("p1"), photo("p2", "b.jpg"))
    lengths = set()
    for numbers in ((0, 200), (9, 200, 178.0, 8.5), (99, 200, 59.0, 98.0), (100, 200, 59.0, 102.0), (200, 200)):
        window.run("running", *numbers)
        lengths.add(window.find("tool-bar .bar").bounding_box()["width"])
    assert len(lengths) == 1


@pytest.mark.parametrize("width", [1000, 1180, 1280])
def test_that_agelens_is_getting_ready_is_told_in_full_until_a_run_takes_its_place(window: Any, width: int) -> None:
    window.look(width, 600)
    window.choose(language="de")
    window.open(*[photo(f"p{n}", f"{n}.jpg") for n in range(20)], engine={"state": "loading", "message": None})
    words = window.find("tool-bar .loading > :last-child")
    expect(words).to_be_visible()
    assert words.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    window.run("running", 0, 20)
    expect(words).to_be_hidden()


def test_pause_and_resume(window: Any) -> None:
    """By keyboard: the button that replaces the other gets the focus."""
    window.open(photo("p1", state="queued"), photo("p2", "b.jpg", "queued"))
    window.run("running", 12, 80, 42.0, 96.0)
    expect(window.find("face-list")).to_contain_text("The photos before it come first.")
    expect(window.button("Resume")).to_be_hidden()
    window.button("Pause").focus()
    window.page.keyboard.press("Enter")
    assert window.calls() == [["pause"]]
    window.run("paused", 12, 80)
    expect(window.button("Resume")).to_be_focused()
    expect(window.find("tool-bar .left")).to_have_text("paused")
    expect(window.find("tool-bar .speed")).to_have_text("")
    expect(window.find("face-list")).to_contain_text("The analysis is paused. Press Resume to continue.")
    expect(window.find("live-region")).to_have_text("Paused, 12 of 80 photos analyzed")
    expect(window.button("Cancel")).to_be_visible()
    window.page.keyboard.press("Enter")
    assert window.calls() == [["pause"], ["resume"]]
    window.run("running", 12, 80)
    expect(window.button("Pause")).to_be_focused()
    expect(window.find("live-region")).to_have_text("12 of 80 photos analyzed")
    expect(window.find("face-list")).to_contain_text("The photos before it come first.")


def test_a_photo_that_waits_for_the_models_is_said_to_wait_for_no_others(window: Any) -> None:
    window.open(photo("p1", state="queued"), engine={"state": "loading", "message": None})
    window.run("running", 0, 1)
    aside = window.find("face-list .quiet")
    expect(aside).to_have_text("Agelens is getting ready, which takes a moment. Then the analysis begins.")
    window.run("paused", 0, 1)
    expect(aside).to_have_text("The analysis is paused. Press Resume to continue.")
    window.run("running", 0, 1)
    window.receive({"event": "engine", "engine": {"state": "ready", "message": None}})
    expect(aside).to_contain_text("The photos before it come first.")


def test_one_button_of_the_tool_bar_is_what_comes_next(window: Any) -> None:
    """While a run is paused, Analyze only lengthens the queue."""
    window.open(photo("p1"), photo("p2", "b.jpg"))
    primary = window.find("tool-bar .primary").filter(visible=True)
    expect(primary).to_have_text(["Analyze 2 photos"])
    window.run("paused", 12, 80)
    expect(primary).to_have_text(["Resume"])
    window.run("running", 12, 80)
    expect(primary).to_have_text(["Analyze 2 photos"])


def test_a_double_click_on_pause_does_not_resume(window: Any) -> None:
    """Each button replaces the other in the same place."""
    window.open(photo("p1", state="queued"), photo("p2", "b.jpg", "queued"))
    window.run("running", 12, 80, 42.0, 96.0)
    window.button("Pause").click()
    window.run("paused", 12, 80)
    expect(window.button("Resume")).to_be_visible()
    window.click_again()
    assert window.calls() == [["pause"]]
    window.button("Resume").click()
    window.run("running", 12, 80)
    expect(window.button("Pause")).to_be_visible()
    window.click_again()
    assert window.calls() == [["pause"], ["resume"]]


def test_a_paused_run_can_be_cancelled(window: Any) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.run("paused", 12, 80)
    window.button("Cancel").click()
    assert window.calls() == [["cancel"]]
    window.run("cancelling", 12, 12)
    window.button("Pause").click(force=True)
    assert window.calls() == [["cancel"]]
    window.run("idle", 12, 12)
    expect(window.find("tool-bar .progress")).to_be_hidden()


def test_a_call_that_fails_is_told(window: Any) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.refuse("pause", "resume")
    window.run("running", 1, 2)
    window.button("Pause").click()
    window.run("paused", 1, 2)
    window.button("Resume").click()
    expect(window.find("notice-list .notice")).to_have_text(
        ["The analysis could not be paused.", "The analysis could not be resumed."]
    )


def test_results_appear_as_they_come(window: Any) -> None:
    """Also while the run is paused, as the current photo is finished."""
    window.open(photo("p1", state="working"), photo("p2", "b.jpg", "queued"))
    window.run("paused", 0, 2)
    window.photos(done("p1", faces=[face((100, 100, 90, 90))]))
    window.run("paused", 1, 2)
    expect(window.find(".age-pill")).to_have_text("34")
    expect(window.find("tool-bar .count")).to_have_text("1 of 2")
    expect(window.find('.cell[data-state="ok"] .mark')).to_have_text("34")


@pytest.mark.parametrize("state", ["running", "paused"])
def test_everything_fits_at_every_width(window: Any, state: str) -> None:
    window.open(*[photo(f"p{n}", f"{n}.jpg") for n in range(100)])
    window.run(state, 1234, 56789, 4000.0, 123.4)
    for width in (640, 900, 1280):
        window.look(width, 500)
        for name in ("Resume" if state == "paused" else "Pause", "Cancel", "Settings"):
            expect(window.button(name), f"{name} at {width}").to_be_in_viewport(ratio=1)
        expect(window.find("tool-bar .count"), f"count at {width}").to_be_in_viewport(ratio=1)
        assert window.fits(), width


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_button_lies_on_another_in_a_narrow_window(window: Any, language: str) -> None:
    window.choose(language=language)
    window.open(*[photo(f"p{n}", f"{n}.jpg") for n in range(153)])
    for width, state in product((480, 530, 639), ("running", "paused", "cancelling")):
        case = f"{state} at {width}"
        window.look(width, 480)
        window.run(state, 1234, 4021)
        boxes = [one.bounding_box() for one in window.find("tool-bar :is(button, .count):visible").all()]
        assert all(shared(one, other) == 0 for one, other in combinations(boxes, 2)), case
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes), case
        count = window.find("tool-bar .count").bounding_box()
        assert count["width"] <= window.find("tool-bar .numbers").bounding_box()["width"], case


@pytest.mark.parametrize("language", ["en", "de"])
def test_numbers_and_buttons_do_not_lie_on_each_other(window: Any, language: str) -> None:
    """The count is always whole; the time left and the speed are whole or missing, and the speed goes first."""
    window.choose(language=language)
    window.open(*[photo(f"p{n}", f"{n}.jpg") for n in range(20)])
    for width, state in product((720, 853, 999, 1000, 1100, 1180, 1280), ("running", "paused", "cancelling")):
        case = f"{state} at {width}"
        window.look(width, 500)
        window.run(state, 1234, 4021, *((2580.0, 71.4) if state == "running" else ()))
        row = window.find("tool-bar .numbers").bounding_box()
        right = row["x"] + row["width"]
        hold = window.find("tool-bar .hold:visible").bounding_box()
        actions = window.find("tool-bar .actions").bounding_box()
        assert actions["x"] + actions["width"] <= row["x"] and right <= hold["x"], case
        count, *others = [window.find(f"tool-bar {part}").bounding_box() for part in (".count", ".left", ".speed")]
        assert count["x"] + count["width"] <= right + 0.5, case
        left, speed = [box is not None and box["y"] < row["y"] + row["height"] for box in others]
        for box in (box for box, seen in zip(others, (left, speed), strict=True) if seen):
            assert box["x"] + box["width"] <= right + 0.5, case
        assert left or not speed, case
        if state == "running" and width >= 853:
            assert left, case
        for part in (".stop", '[data-panel="about"]'):
            expect(window.find(f"tool-bar {part}"), case).to_be_in_viewport(ratio=1)
