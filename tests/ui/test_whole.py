"""The page holds what a list shows of each photo, and all about the one that is shown large."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from ui_doubles import IDLE, done, face, photo

ONE, TWO, THREE = (
    done(f"p{number}", f"{number}.jpg", [face([100, 100, 80, 90], age=10.0 * number)]) for number in (1, 2, 3)
)

HOLD = """() => {
    const { show } = window.pywebview.api;
    window.held = [];
    window.pywebview.api.show = (id) => new Promise((resolve) => window.held.push(() => resolve(show(id))));
}"""


def asked(window: Any) -> list[str]:
    """Ids of the photos that the page wanted to know all about, in order."""
    return [photo_id for _, photo_id in window.calls("show")]


def test_all_about_the_photo_selected_is_asked_for(window: Any) -> None:
    window.open(ONE, TWO)
    expect(window.find("face-card")).to_have_count(1)
    expect(window.find(".age-pill")).to_have_text("10")
    window.page.keyboard.press("ArrowRight")
    expect(window.find(".age-pill")).to_have_text("20")
    assert asked(window) == ["p1", "p2"]


def test_one_call_is_under_way_at_a_time_and_the_last_photo_counts(window: Any) -> None:
    window.open(ONE, TWO, THREE)
    expect(window.find(".age-pill")).to_have_text("10")
    window.page.evaluate(HOLD)
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"):
        window.page.keyboard.press(key)
    assert window.page.evaluate("window.held.length") == 1
    window.page.evaluate("window.held[0]()")
    window.page.wait_for_function("window.held.length === 2")
    window.page.evaluate("window.held[1]()")
    expect(window.find(".age-pill")).to_have_text("30")
    assert asked(window) == ["p1", "p2", "p3"]
    assert window.page.evaluate("window.held.length") == 2


def test_the_photo_before_stays_until_all_about_the_next_is_there(window: Any) -> None:
    window.open(ONE, TWO)
    expect(window.find(".age-pill")).to_have_text("10")
    window.page.evaluate(HOLD)
    window.page.keyboard.press("ArrowRight")
    expect(window.find('.cell:has([aria-selected="true"])')).to_have_attribute("title", "2.jpg")
    expect(window.find("photo-view .name")).to_have_text("1.jpg")
    expect(window.find("face-card")).to_have_count(1)
    assert window.page.evaluate("document.documentElement.dataset.idle") == "false"
    window.page.evaluate("window.held[0]()")
    expect(window.find("photo-view .name")).to_have_text("2.jpg")
    expect(window.find("html")).to_have_attribute("data-idle", "true")


@pytest.mark.parametrize("begun", ["Add a face…", "Why? The parts that make this face look its age"])
def test_what_is_begun_in_the_photo_before_ends_with_it(window: Any, begun: str) -> None:
    """Its keys would go on to mean the box; and in a copy of the photo, the same face would seem to be explained."""
    window.open(ONE, TWO)
    window.page.evaluate(HOLD)
    window.page.keyboard.press("ArrowRight")
    window.button(begun).click()
    expect(window.find("face-drawer:not([hidden]), why-map")).to_have_count(1)
    window.page.evaluate("window.held[0]()")
    expect(window.find("photo-view .name")).to_have_text("2.jpg")
    expect(window.find("face-drawer:not([hidden]), why-map")).to_have_count(0)
    window.page.keyboard.press("ArrowLeft")
    expect(window.find('.cell:has([aria-selected="true"])')).to_have_attribute("title", "1.jpg")


def test_the_photo_before_stays_as_large_as_it_is(window: Any) -> None:
    window.open(ONE, TWO)
    width = "() => document.querySelector('photo-view .frame').offsetWidth"
    whole = window.page.evaluate(width)
    window.page.keyboard.press("+")
    window.page.wait_for_function(f"(whole) => ({width})() > whole", arg=whole)
    larger = window.page.evaluate(width)
    window.page.evaluate(HOLD)
    window.page.keyboard.press("ArrowRight")
    window.rest()
    assert window.page.evaluate(width) == larger
    window.page.evaluate("window.held[0]()")
    window.page.wait_for_function(f"(whole) => ({width})() === whole", arg=whole)
    expect(window.find("photo-view .name")).to_have_text("2.jpg")


def test_what_is_told_of_another_photo_is_not_shown(window: Any) -> None:
    window.open(ONE, TWO)
    expect(window.find(".age-pill")).to_have_text("10")
    window.receive({"event": "whole", "photo": TWO | {"summary": None}})
    expect(window.find("photo-view .name")).to_have_text("1.jpg")


def test_what_came_while_another_photo_was_selected_is_asked_for_again(window: Any) -> None:
    window.open(ONE, TWO, THREE)
    expect(window.find(".age-pill")).to_have_text("10")
    window.page.evaluate(
        """() => {
            const { show } = window.pywebview.api;
            window.pywebview.api.show = async (id) => {
                window.pywebview.api.show = show; // the next call is as quick as ever
                await show(id);
                await new Promise((resolve) => { window.answer = resolve; });
            };
        }"""
    )
    window.page.evaluate(
        """async () => {
            const { select } = await import('./selection.js');
            select('p2');
            await null; // it is asked for
            select('p3');
        }"""
    )
    window.page.wait_for_function("() => window.answer !== undefined")
    window.page.keyboard.press("ArrowLeft")
    window.page.evaluate("() => window.answer()")
    expect(window.find(".age-pill")).to_have_text("20")
    assert asked(window) == ["p1", "p2", "p2"]


def test_a_photo_that_is_gone_leaves_nothing_behind(window: Any) -> None:
    window.open(ONE, TWO)
    expect(window.find(".age-pill")).to_have_text("10")
    window.page.evaluate(HOLD)
    window.receive({"event": "removed", "ids": ["p1"]})
    expect(window.find("face-card")).to_have_count(0)
    expect(window.find(".age-pill")).to_have_count(0)
    window.page.evaluate("window.held[0]()")
    expect(window.find(".age-pill")).to_have_text("20")


def test_after_a_call_that_failed_the_next_photo_is_shown(window: Any) -> None:
    window.open(ONE, TWO, THREE)
    expect(window.find(".age-pill")).to_have_text("10")
    window.refuse("show")
    window.page.keyboard.press("ArrowRight")
    window.page.wait_for_function("window.double.calls.filter(([name]) => name === 'show').length === 2")
    window.refuse()
    window.page.keyboard.press("ArrowRight")
    expect(window.find(".age-pill")).to_have_text("30")


def test_cancel_answers_before_thousands_of_photos_have_changed(window: Any) -> None:
    waiting = photo("p2", "2.jpg", "queued")
    window.open(ONE, waiting, run=IDLE | {"state": "running", "done": 1, "total": 2})
    window.button("Cancel").click()
    assert window.calls() == [["cancel"]]
    expect(window.find("tool-bar .stop")).to_have_attribute("aria-disabled", "true")
    window.run("idle")
    expect(window.find("tool-bar .progress")).to_be_hidden()


def test_a_run_that_cannot_be_cancelled_is_shown_to_go_on(window: Any) -> None:
    window.open(ONE, photo("p2", "2.jpg", "queued"), run=IDLE | {"state": "running", "done": 1, "total": 2})
    window.refuse("cancel")
    window.button("Cancel").click()
    expect(window.find("notice-list")).to_contain_text("could not be canceled")
    expect(window.find("tool-bar .stop")).not_to_have_attribute("aria-disabled", "true")
