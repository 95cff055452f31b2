"""Exporting results: the panel, its progress, text for the clipboard."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from ui_doubles import done, face, photo


def album(window: Any) -> Any:
    adult, child = face((100, 100, 90, 90)), face((100, 100, 90, 90), 7.6, 5.9, 9.4)
    window.open(done("p1", "b.jpg", [adult]), done("p2", "a.jpg", [child]), photo("p3", "c.jpg"))
    return window.page.get_by_role("dialog", name="Export")


def going(window: Any, state: str, finished: int = 0, total: int = 0, result: str | None = None) -> None:
    export = {"state": state, "done": finished, "total": total, "result": result}
    window.receive({"event": "export", "export": export})


@pytest.mark.parametrize(
    ("kind", "name"), [("report", "Report"), ("copies", "Copies with ages"), ("csv", "Table"), ("json", "Records")]
)
def test_all_photos_are_exported_as_chosen(window: Any, kind: str, name: str) -> None:
    panel = album(window)
    window.button("Export").click()
    expect(panel).to_be_in_viewport(ratio=1)
    panel.get_by_role("radio", name=name).check()
    panel.get_by_role("button", name="Choose where…").click()
    assert window.calls() == [["export", kind, None]]


def test_a_table_is_said_to_have_a_row_for_each_face(window: Any) -> None:
    """A photo without a face has none."""
    panel = album(window)
    window.button("Export").click()
    expect(panel.get_by_role("radio", name="Table")).to_have_accessible_description(re.compile("one row per face"))


@pytest.mark.parametrize("name", ["Report", "Table", "Records"])
def test_what_shows_the_photos_folders_says_so(window: Any, name: str) -> None:
    panel = album(window)
    window.button("Export").click()
    description = re.compile("each photo\u2019s folder")
    expect(panel.get_by_role("radio", name=name)).to_have_accessible_description(description)


def test_by_keyboard_alone(window: Any) -> None:
    panel = album(window)
    window.page.keyboard.press("Control+e")
    expect(panel.get_by_role("radio", name="Report")).to_be_focused()
    window.page.keyboard.press("ArrowDown")
    window.page.keyboard.press("Tab")
    window.page.keyboard.press("ArrowDown")
    expect(panel.get_by_role("radio", name="Only the current one")).to_be_checked()
    window.page.keyboard.press("Tab")
    window.page.keyboard.press("Enter")
    assert window.calls() == [["export", "copies", ["p1"]]]
    expect(window.find("photo-view .name")).to_have_text("b.jpg")  # the arrow keys moved nothing else
    window.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("size", [(800, 600), (640, 320), (360, 480), (320, 256)])
def test_the_choice_that_has_the_keyboard_is_not_below_the_buttons(
    window: Any, size: tuple[int, int], language: str
) -> None:
    window.look(*size)
    window.choose(language=language)
    album(window)
    window.page.keyboard.press("Control+e")
    uncovered = """() => {
        const one = document.activeElement;
        const { left, top, bottom, width } = one.getBoundingClientRect();
        return [top, bottom - 1].every((y) => document.elementFromPoint(left + width / 2, y) === one);
    }"""
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Tab", "Shift+Tab", "ArrowUp", "ArrowUp"):
        window.page.keyboard.press(key)
        window.rest()
        assert window.page.evaluate("() => document.activeElement.type") == "radio"
        assert window.page.evaluate(uncovered), key


def test_of_one_photo_there_is_nothing_to_choose(window: Any) -> None:
    window.open(done("p1", "a.jpg", [face((100, 100, 90, 90))]))
    panel = window.page.get_by_role("dialog", name="Export")
    window.button("Export").click()
    expect(panel.get_by_text("Which photos")).to_be_hidden()
    panel.get_by_role("button", name="Choose where…").click()
    assert window.calls() == [["export", "report", None]]
    window.photos(photo("p2", "b.jpg"))
    expect(panel.get_by_text("Which photos")).to_be_visible()


def test_what_the_filter_shows_in_the_order_shown(window: Any) -> None:
    panel = album(window)
    window.button("Export").click()
    expect(panel.get_by_text("Only the filtered ones")).to_be_hidden()
    window.page.keyboard.press("Escape")
    window.page.get_by_label("Order of the photos").select_option("name")
    window.button("Export").click()
    panel.get_by_role("button", name="Choose where…").click()
    window.page.keyboard.press("Escape")
    window.page.get_by_label("Which photos to show").select_option("ages")
    window.button("Export").click()
    panel.get_by_role("button", name="Choose where…").click()
    panel.get_by_role("radio", name="Only the filtered ones").check()
    panel.get_by_role("button", name="Choose where…").click()
    in_order = ["p2", "p1", "p3"]
    assert [photos for _, _, photos in window.calls("export")] == [in_order, in_order, ["p2", "p1"]]


def test_the_keyboard_goes_on_where_a_choice_has_gone(window: Any) -> None:
    """An analysis that goes on may bring all photos into the filter, or the only one out of it."""
    panel = album(window)
    window.page.get_by_label("Which photos to show").select_option("no_face")
    window.photos(done("p1", "b.jpg"))
    window.page.keyboard.press("Control+e")
    chosen = panel.get_by_role("radio", name="Only the filtered ones")
    chosen.check()
    window.photos(done("p2", "a.jpg"), done("p3", "c.jpg"))
    expect(chosen).to_be_hidden()
    expect(panel.get_by_role("radio", name="All")).to_be_focused()


def test_progress_and_cancel(window: Any) -> None:
    panel = album(window)
    window.button("Export").click()
    panel.get_by_role("button", name="Choose where…").click()
    going(window, "running", 1, 3)
    expect(panel).to_contain_text("Exporting: 1 of 3 photos")
    expect(panel.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "1")
    stop = panel.get_by_role("button", name="Cancel")
    expect(stop).to_be_focused()
    window.page.keyboard.press("Enter")
    going(window, "cancelling", 1, 3)
    expect(stop).to_have_attribute("aria-disabled", "true")
    going(window, "idle")
    expect(panel.get_by_role("radio", name="Report")).to_be_focused()
    assert window.calls("cancel_export") == [["cancel_export"]]


def test_what_the_last_export_has_written_stays_in_the_panel(window: Any) -> None:
    panel = album(window)
    result = panel.locator(".result")
    window.button("Export").click()
    expect(result).to_be_hidden()
    said = f"Exported 2 photos to /out/{'long' * 40}; 1 photo could not be read."
    going(window, "idle", result=said)
    expect(result).to_have_text(said)
    assert panel.evaluate("(panel) => panel.scrollWidth <= panel.clientWidth")
    going(window, "running", 0, 3)
    expect(result).to_be_hidden()


def test_an_export_that_goes_on_while_the_page_is_loaded(window: Any) -> None:
    window.open(photo("p1"), export={"state": "running", "done": 5, "total": 80, "result": None})
    window.button("Exporting: 5 of 80 photos").click()
    expect(window.find("export-panel")).to_contain_text("Exporting: 5 of 80 photos")


@pytest.mark.parametrize(
    ("language", "name", "words"),
    [("en", "Export", "Exporting: 5 of 80 photos"), ("de", "Exportieren", "Export: 5 von 80 Fotos")],
)
def test_its_button_tells_how_far_an_export_is(window: Any, language: str, name: str, words: str) -> None:
    """The panel may be closed."""
    window.choose(language=language)
    album(window)
    button = window.find('[data-panel="export"]')
    hint = button.get_attribute("title")
    for state in ("running", "cancelling"):
        going(window, state, 5, 80)
        expect(button).to_have_accessible_name(words)
        expect(button).to_have_attribute("title", words)
    going(window, "idle")
    expect(button).to_have_accessible_name(name)
    expect(button).to_have_attribute("title", hint)


@pytest.mark.parametrize("way", ["key", "button"])
def test_the_ages_are_copied_as_text(window: Any, way: str) -> None:
    album(window)
    if way == "key":
        window.page.keyboard.press("Control+c")
    else:
        window.button("Export").click()
        window.button("Copy ages as text").click()
    assert window.calls() == [["copy_text", "p1"]]
    expect(window.find("notice-list")).to_contain_text("The ages in this photo have been copied.")


def test_the_copy_key_leaves_selected_text_and_unfinished_photos_alone(window: Any) -> None:
    album(window)
    window.page.evaluate("() => getSelection().selectAllChildren(document.querySelector('photo-view .name'))")
    window.page.keyboard.press("Control+c")
    window.page.evaluate("() => getSelection().removeAllRanges()")
    window.page.keyboard.press("End")
    expect(window.find("photo-view .name")).to_have_text("c.jpg")
    window.page.keyboard.press("Control+c")
    assert window.calls() == []


@pytest.mark.parametrize("panel", ["About Agelens", "Keyboard shortcuts"])
def test_the_copy_key_does_not_mean_text_that_is_out_of_sight(window: Any, panel: str) -> None:
    album(window)
    window.button(panel).click()
    window.find(".side-sheet .content:visible").evaluate("(content) => getSelection().selectAllChildren(content)")
    window.page.keyboard.press("Control+c")
    assert window.calls("copy_text") == []
    window.page.keyboard.press("Escape")
    window.page.keyboard.press("Control+c")
    assert window.calls("copy_text") == [["copy_text", "p1"]]


def test_an_export_that_cannot_begin_says_so(window: Any) -> None:
    panel = album(window)
    window.refuse("export")
    window.button("Export").click()
    panel.get_by_role("button", name="Choose where…").click()
    expect(window.find("notice-list")).to_contain_text("The export could not be started.")


def test_an_empty_window_has_nothing_to_export(window: Any) -> None:
    window.open()
    window.page.keyboard.press("Control+e")
    expect(window.find("export-panel")).to_be_hidden()
    expect(window.find('[data-panel="export"]')).to_be_hidden()


def test_an_export_that_goes_on_can_be_cancelled_in_an_empty_window(window: Any) -> None:
    panel = album(window)
    going(window, "running", 1, 3)
    window.receive({"event": "removed", "ids": ["p1", "p2", "p3"]})
    window.button("Exporting: 1 of 3 photos").click()
    panel.get_by_role("button", name="Cancel").click()
    assert window.calls() == [["cancel_export"]]
    window.page.keyboard.press("Escape")
    window.page.keyboard.press("Control+e")
    expect(panel).to_be_visible()
    going(window, "idle")
    expect(panel).to_be_hidden()
    expect(window.find('[data-panel="export"]')).to_be_hidden()


def test_the_panel_goes_with_the_last_photo(window: Any) -> None:
    """It was removed just before."""
    panel = album(window)
    window.page.keyboard.press("Control+e")
    expect(panel).to_be_visible()
    window.receive({"event": "removed", "ids": ["p1", "p2", "p3"]})
    expect(panel).to_be_hidden()
    expect(window.find("welcome-view button").first).to_be_focused()


def test_the_button_turns_while_an_export_goes_on(window: Any) -> None:
    album(window)
    sign, turning = (window.find(f'[data-panel="export"] {part}') for part in (".icon", ".spinner"))
    expect(turning).to_be_hidden()
    going(window, "running", 5, 80)
    expect(turning).to_be_visible()
    expect(sign).to_be_hidden()
    going(window, "idle")
    expect(turning).to_be_hidden()
    expect(sign).to_be_visible()


@pytest.mark.parametrize("language", ["en", "de"])
def test_export_can_begin_in_a_small_window(window: Any, language: str) -> None:
    window.look(720, 480)
    window.choose(language=language)
    album(window)
    window.find('[data-panel="export"]').click()
    expect(window.find("export-panel .primary")).to_be_in_viewport(ratio=1)
