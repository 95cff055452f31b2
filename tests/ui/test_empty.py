"""The window before there are photos, and before Python or the models are ready."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from playwright.sync_api import expect
from ui_doubles import LAST, photo

from desktop.bridge import CALLS


def test_an_empty_window_says_what_to_do_and_that_photos_stay_here(window: Any) -> None:
    window.open()
    welcome = window.find("welcome-view")
    expect(welcome.locator("h2")).to_have_text("Drop photos here to see how old the people in them look")
    expect(welcome.get_by_role("button")).to_have_text(["Add photos", "Add a folder"])
    expect(welcome.locator(".privacy")).to_have_text("Photos never leave this computer.")
    for element in ("h2", "button >> nth=0", "button >> nth=1", ".privacy"):
        expect(welcome.locator(element)).to_be_in_viewport(ratio=1)
    # Nothing to analyze, so nothing else to press but the panels' buttons.
    names = window.page.get_by_role("button").evaluate_all(
        "(all) => all.map((one) => one.ariaLabel ?? one.textContent)"
    )
    assert sorted(names) == ["About Agelens", "Add a folder", "Add photos", "Keyboard shortcuts", "Settings"]


def test_the_first_start_explains_itself(window: Any) -> None:
    """In the smallest window too. A user who has an album knows already."""
    window.look(720, 480)
    window.open()
    steps = window.find("welcome-view .steps")
    expect(steps.locator("li")).to_have_count(3)
    expect(steps).to_contain_text("not how old they are")
    steps.scroll_into_view_if_needed()
    expect(steps).to_be_in_viewport(ratio=0.99)
    window.receive({"event": "kept", "kept": LAST})
    expect(steps).to_be_hidden()


@pytest.mark.parametrize("way", ["button", "keyboard", "shortcut"])
@pytest.mark.parametrize(
    ("name", "call", "shortcut"),
    [("Add photos", "pick_photos", "Control+o"), ("Add a folder", "pick_folder", "Control+Shift+O")],
)
def test_adding_opens_the_dialog_once(window: Any, way: str, name: str, call: str, shortcut: str) -> None:
    window.open()
    add = window.button(name)
    if way == "button":
        add.click()
    elif way == "keyboard":
        add.focus()
        window.page.keyboard.press("Enter")
    else:
        window.page.keyboard.press(shortcut)
    assert window.calls() == [[call]]


def test_the_tool_bar_has_both_ways_in_once_there_are_photos(window: Any) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.button("Add photos").click()
    window.button("Add a folder").click()
    assert window.calls() == [["pick_photos"], ["pick_folder"]]


def test_paste_asks_python_and_shows_what_came(window: Any) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.page.evaluate(
        "() => { const { paste } = pywebview.api; pywebview.api.paste = async () => (await paste()) + 1; }"
    )
    window.page.keyboard.press("Control+v")
    assert window.calls() == [["paste"]]
    window.photos(photo("p3", "Pasted 1.png"))
    expect(window.find("photo-view .name")).to_have_text("Pasted 1.png")


def test_paste_into_a_field_is_the_fields(window: Any) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.page.get_by_label("Which photos to show", exact=True).select_option("ages")
    window.page.get_by_label("From this age").focus()
    window.page.keyboard.press("Control+v")
    assert window.calls() == []


def test_a_dialog_that_cannot_be_opened_is_told(window: Any) -> None:
    window.open()
    window.refuse("pick_photos", "pick_folder", "paste")
    window.button("Add a folder").click()
    expect(window.find("notice-list")).to_have_text("The folder dialog could not be opened.")
    window.button("Dismiss").click()
    window.page.keyboard.press("Control+v")
    expect(window.find("notice-list")).to_have_text("The clipboard could not be read.")
    window.button("Dismiss").click()
    window.button("Add photos").click()
    expect(window.find("notice-list")).to_have_text("The file dialog could not be opened.")
    window.button("Dismiss").click()
    expect(window.find("notice-list .notice")).to_have_count(0)


def test_nothing_is_shown_that_may_be_wrong_a_moment_later(window: Any) -> None:
    """Until Python answers, the window says neither "drop photos here" nor anything about photos."""
    window.open(connected=False)
    expect(window.find("welcome-view")).to_be_hidden()
    expect(window.find("photo-view")).to_be_hidden()
    window.page.evaluate("() => window.double.connect()")
    expect(window.find("welcome-view")).to_be_visible()
    assert window.calls("hello") == [["hello", "en"]]


def test_a_hello_that_is_lost_is_said_again(window: Any) -> None:
    """pywebview's object is made anew, and calls of the one before are never answered."""
    window.open(connected=False)
    window.page.evaluate(
        """() => {
            window.pywebview.api = { hello: () => new Promise(() => {}) };
            window.dispatchEvent(new CustomEvent('pywebviewready'));
        }"""
    )
    expect(window.page.locator("html")).to_have_attribute("data-state", "starting")
    window.page.evaluate("() => window.double.connect()")
    expect(window.find("welcome-view")).to_be_visible()
    window.page.evaluate("() => window.double.connect()")
    assert window.calls("hello") == [["hello", "en"]]


def test_the_double_of_python_has_the_contracts_calls(window: Any) -> None:
    window.open()
    assert set(window.page.evaluate("() => Object.keys(window.pywebview.api)")) == set(CALLS)


def test_errors_of_the_page_are_told_to_python(window: Any) -> None:
    window.wants_problems = True
    window.open()
    window.page.evaluate(
        "() => { setTimeout(() => { throw new Error('thrown'); }); Promise.reject(new Error('rejected')); }"
    )
    window.page.evaluate(
        """() => {
            const message = 'ResizeObserver loop completed with undelivered notifications.'; // is no error
            window.dispatchEvent(new ErrorEvent('error', { message }));
        }"""
    )
    window.page.wait_for_function("() => double.calls.filter(([name]) => name === 'fault').length >= 2")
    told = {text.splitlines()[0]: text for _, text in window.calls("fault")}
    assert set(told) == {"Error: thrown", "Error: rejected"}
    assert all(" at " in text for text in told.values())  # where it happened


def test_the_models_may_still_be_loading(window: Any) -> None:
    """The window says so, photos can be added meanwhile, and the message goes away by itself."""
    window.open(engine={"state": "loading", "message": None})
    expect(window.page.get_by_text("Getting ready…")).to_be_visible()
    window.button("Add photos").click()
    assert window.calls() == [["pick_photos"]]
    window.receive({"event": "engine", "engine": {"state": "ready", "message": None}})
    expect(window.page.get_by_text("Getting ready…")).to_be_hidden()


def test_an_engine_that_failed_says_why_and_can_be_tried_again(window: Any) -> None:
    window.open(photo(), engine={"state": "failed", "message": "The file age.onnx is damaged."})
    alert = window.page.get_by_role("alert")
    expect(alert).to_contain_text("Agelens cannot analyze photos at the moment.")
    expect(alert).to_contain_text("The file age.onnx is damaged.")
    window.button("Try again").click()
    assert window.calls() == [["analyze", None]]
    window.receive({"event": "engine", "engine": {"state": "ready", "message": None}})
    expect(alert).to_be_hidden()


def test_files_over_the_window_show_where_they_go(window: Any) -> None:
    window.open()
    frame = window.find("drop-frame")
    expect(frame).to_have_css("opacity", "0")
    drag(window, "dragenter", "welcome-view h2")
    drag(window, "dragover", "welcome-view h2")
    expect(frame).to_have_css("opacity", "1")
    expect(frame).to_have_text("Drop to add")
    # From one element into another: the new one is entered before the old one is left.
    drag(window, "dragenter", "tool-bar")
    drag(window, "dragleave", "welcome-view h2")
    expect(frame).to_have_css("opacity", "1")
    drag(window, "dragleave", "tool-bar")
    expect(frame).to_have_css("opacity", "0")


def test_a_drop_takes_the_frame_away_and_does_not_open_the_file(window: Any) -> None:
    window.open()
    drag(window, "dragenter", "welcome-view")
    assert drag(window, "drop", "welcome-view") is False  # the browser's own way with files is off
    expect(window.find("drop-frame")).to_have_css("opacity", "0")


def test_dragged_text_is_not_taken(window: Any) -> None:
    window.open()
    drag(window, "dragenter", "welcome-view", files=False)
    expect(window.find("html")).not_to_have_class("dragging")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_drawing_shows_a_person_and_an_age(window: Any, scheme: Literal["light", "dark"]) -> None:
    window.look(scheme=scheme)
    window.open()

    def brightness(selector: str, style: str = "fill") -> float:
        """WCAG's relative luminance."""
        colour = window.find(selector).evaluate("(one, style) => getComputedStyle(one)[style]", style)
        shares = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: float, other: float) -> float:
        return (max(one, other) + 0.05) / (min(one, other) + 0.05)

    paper, ground = brightness(".drawing .front"), brightness("body", "backgroundColor")
    for part in ("head", "body"):
        assert contrast(brightness(f".drawing .{part}"), paper) > 1.2
    for behind in (paper, ground, brightness(".drawing .age")):
        assert contrast(brightness(".drawing .pill"), behind) > 4.5


def drag(window: Any, kind: str, selector: str, files: bool = True) -> bool:
    """Send one event of a drag. False when the page has kept the browser from its default action."""
    script = """([selector, kind, files]) => {
        const dataTransfer = new DataTransfer();
        if (files) dataTransfer.items.add(new File(['x'], 'a.jpg', { type: 'image/jpeg' }));
        else dataTransfer.setData('text/plain', 'some words');
        const event = new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer });
        return document.querySelector(selector).dispatchEvent(event);
    }"""
    kept: bool = window.page.evaluate(script, [selector, kind, files])
    return kept
