"""Settings and About: beside the photo, never in the way."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from ui_doubles import ABOUT, done, face, photo


@pytest.mark.parametrize(
    ("panel", "heading"), [("export", "Export"), ("settings", "Settings"), ("help", "Keyboard shortcuts")]
)
def test_a_panel_says_what_it_is(window: Any, panel: str, heading: str) -> None:
    window.open(photo())
    window.find(f"[data-panel={panel}]").click()
    expect(window.find(f"{panel}-panel h2")).to_have_text(heading)


def test_the_setting_is_shown_as_it_is(window: Any) -> None:
    window.open(settings={"analyze_on_drop": False})
    window.button("Settings").click()
    expect(window.page.get_by_label("Analyze dropped and pasted photos right away")).not_to_be_checked()


def test_changing_the_setting(window: Any) -> None:
    window.open()
    window.button("Settings").click()
    check = window.page.get_by_label("Analyze dropped and pasted photos right away")
    expect(check).to_be_checked()
    window.page.get_by_text("Analyze dropped and pasted photos right away").click()
    expect(check).not_to_be_checked()
    check.press("Space")
    expect(check).to_be_checked()
    assert window.calls() == [["set_setting", "analyze_on_drop", False], ["set_setting", "analyze_on_drop", True]]


def test_a_setting_that_is_refused_goes_back(window: Any) -> None:
    window.open()
    window.refuse("set_setting")
    window.button("Settings").click()
    check = window.page.get_by_label("Analyze dropped and pasted photos right away")
    check.click()
    expect(check).to_be_checked()
    expect(window.find("notice-list")).to_contain_text("The setting could not be saved.")


def test_an_earlier_answer_does_not_undo_a_later_setting(window: Any) -> None:
    window.open()
    window.page.evaluate(
        """() => {
            window.answers = [];
            pywebview.api.set_setting = () => new Promise((resolve) => window.answers.push(resolve));
        }"""
    )
    window.button("Settings").click()
    theme = window.find("#theme")
    for chosen in ("dark", "light"):
        theme.select_option(chosen)
    window.page.evaluate("() => window.answers[0]({ ...double.snapshot.settings, theme: 'dark' })")
    window.rest()
    expect(theme).to_have_value("light")
    window.page.evaluate("() => window.answers[1]({ ...double.snapshot.settings, theme: 'light' })")
    window.rest()
    expect(theme).to_have_value("light")


def test_settings_close_when_something_else_is_pressed(window: Any) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    panel = window.find("settings-panel")
    window.button("Settings").click()
    expect(panel).to_be_visible()
    window.find("photo-view .stage").click(position={"x": 5, "y": 5})
    expect(panel).to_be_hidden()
    window.button("Settings").click()
    window.button("Settings").click()
    expect(panel).to_be_hidden()


@pytest.mark.parametrize("name", ["Export", "Settings", "Keyboard shortcuts", "About Agelens"])
def test_a_double_click_opens_a_panel(window: Any, name: str) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.button(name).dblclick()
    window.rest()
    expect(window.page.get_by_role("dialog")).to_be_visible()


def test_about_tells_figures_licences_and_cautions(window: Any) -> None:
    window.open()
    window.button("About Agelens").click()
    panel = window.page.get_by_role("dialog", name="About Agelens")
    tiles = panel.locator("figure").all_inner_texts()
    assert [text.split("\n")[0] for text in tiles] == ["4.3", "71", "80"]
    rows = dict(zip(panel.locator("dt").all_inner_texts(), panel.locator("dd").all_inner_texts(), strict=True))
    assert rows["License of the code"] == "MIT"
    assert rows["License of the model"] == "non-commercial purposes only"
    assert "License of Qt" not in rows  # the window is another engine's
    assert rows["Licenses of all other parts"] == "/opt/agelens/THIRD_PARTY_NOTICES.txt"
    assert rows["Saved albums and settings"] == ", ".join(ABOUT["folders"])
    assert rows["Age model"] == "resnet50-utkface 3"
    assert rows["Runs on"] == "CPUExecutionProvider"
    assert rows["insightface"] == "2.1"
    expect(panel).to_contain_text("Version 9.8.7")
    expect(panel).to_contain_text("not for age verification")
    expect(panel).to_contain_text("3 in 1000 have a copy in it.")
    expect(panel.locator(".notes li")).to_have_text(ABOUT["notes"])
    assert "%" not in panel.inner_text()


def test_about_shows_where_the_model_errs(window: Any) -> None:
    """By age, group and kind of photo, but not for too few photos. Names that the page does not know stay."""
    window.open()
    window.button("About Agelens").click()
    tables = window.find("about-panel table")
    expect(tables).to_have_count(4)
    shown = {
        table.locator("caption").inner_text().split(",")[0]: table.locator("tbody tr").all_inner_texts()
        for table in tables.all()
    }
    assert {title: [row.split() for row in rows] for title, rows in shown.items()} == {
        "By age": [["0\u201312", "1.2"], ["66+", "6.0"]],
        "By kind of photo": [["Faces", "from", "the", "web", "4.3"], ["Old", "family", "prints", "5.1"]],
        "By sex": [["Women", "and", "girls", "4.2"], ["Men", "and", "boys", "4.3"]],
        "By group": [["East", "Asian", "3.0"], ["Martian", "12.0"]],
    }
    widths = tables.locator(".bar").evaluate_all("(all) => all.map((bar) => bar.getBoundingClientRect().width)")
    assert max(widths) / min(widths) == pytest.approx(10, rel=0.05)  # 12.0 years and 1.2: one scale for all


FAMILY = ABOUT["model"]["figures"]["family"]
YOUNG = {"bias": -2.2, "bias_range": [-2.4, -2.0]}
RARE = "Old family prints: the range holds for only 62 of 100 faces, not for 8 of 10."


@pytest.mark.parametrize(
    ("change", "side", "told"),
    [
        ({}, 1, [f"{RARE} On average they are guessed 2.2 (ages 0\u201312) to 6.1 (26\u201335) years too old."]),
        (YOUNG, -1, [f"{RARE} On average they are guessed 2.2 (ages 0\u201312) to 6.1 (26\u201335) years too young."]),
        (YOUNG, 1, [RARE]),  # not in every band
        ({"bias_range": [1.9, 5.1]}, 1, [RARE]),
        ({"bias_range": [1.9, 5.1], "coverage": 0.74}, 1, [RARE.replace("62", "74")]),
        ({"coverage": 0.76}, 1, []),
        ({"photos": 29}, 1, []),
    ],
)
def test_about_tells_where_the_range_does_not_hold(
    window: Any, change: dict[str, Any], side: int, told: list[str]
) -> None:
    """However small the error is; and to which side the ages are off, if that is clear."""
    window.open()
    band = {name: one | {"bias": side * one["bias"]} for name, one in FAMILY["band"].items()}
    family = {"all": FAMILY["all"] | change, "band": band}
    model = ABOUT["model"] | {"figures": ABOUT["model"]["figures"] | {"family": family}}
    window.page.evaluate("(model) => { window.pywebview.api.about = async () => model; }", ABOUT | {"model": model})
    window.button("About Agelens").click()
    expect(window.find("about-panel table").first).to_be_visible()
    expect(window.find("about-panel .warned")).to_have_text(told)


def test_about_tells_it_in_german(window: Any) -> None:
    window.choose(language="de")
    window.open()
    window.button("Über Agelens").click()
    expect(window.find("about-panel .warned")).to_have_text(
        "Alte Familienfotos: Der Bereich stimmt nur bei 62 von 100 Gesichtern, nicht bei 8 von 10."
        " Im Mittel werden sie 2,2 (Alter 0\u201312) bis 6,1 Jahre (26\u201335) zu alt geschätzt."
    )


@pytest.mark.parametrize(
    "model", [{}, {"figures": {}}, {"figures": {"export_loss": -0.01}}, {"figures": None}], ids=str
)
def test_about_without_figures_says_so(window: Any, model: dict[str, Any]) -> None:
    """A model that was exported but not measured yet, or whose description cannot be read."""
    window.open()
    window.page.evaluate("(model) => { window.pywebview.api.about = async () => model; }", ABOUT | {"model": model})
    window.button("About Agelens").click()
    panel = window.find("about-panel")
    expect(panel).to_contain_text("No measured figures come with this model.")
    expect(panel).to_contain_text("License of the model")


def test_about_that_fails_says_so(window: Any) -> None:
    window.open()
    window.refuse("about")
    window.button("About Agelens").click()
    expect(window.find("about-panel")).to_contain_text("These details cannot be shown at the moment.")


def test_about_is_asked_for_anew_each_time(window: Any) -> None:
    """The provider is known only once the models are loaded."""
    window.open()
    for _ in range(2):
        window.button("About Agelens").click()
        window.button("Close").click()
    assert window.calls() == [["about"], ["about"]]


@pytest.mark.parametrize("name", ["Über Agelens", "About Agelens"])
def test_abouts_values_have_room_beside_long_names(window: Any, name: str) -> None:
    window.choose(language="de" if name.startswith("Ü") else "en")
    window.open()
    window.button(name).click()
    details = window.find("about-panel dl")
    expect(details).to_be_visible()
    assert details.locator("dd").first.bounding_box()["width"] >= details.bounding_box()["width"] / 2


@pytest.mark.parametrize("height", [420, 800])
def test_about_fits_into_the_window(window: Any, height: int) -> None:
    window.look(720, height)
    window.open(done(faces=[face((100, 100, 90, 90))]))
    window.button("About Agelens").click()
    expect(window.find("about-panel figure").first).to_be_visible()
    expect(window.find("about-panel")).to_be_in_viewport(ratio=1)
    window.find("about-panel dd").last.scroll_into_view_if_needed()
    expect(window.find("about-panel dd").last).to_be_in_viewport(ratio=0.99)
    assert window.fits()


@pytest.mark.parametrize("key", ["?", "F1"])
def test_a_key_shows_the_keys_and_hides_them(window: Any, key: str) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    sheet = window.page.get_by_role("dialog", name="Keyboard shortcuts")
    window.page.keyboard.press(key)
    expect(sheet).to_be_visible()
    expect(sheet).to_be_in_viewport(ratio=1)
    window.page.keyboard.press(key)
    expect(sheet).to_be_hidden()


def test_the_keys_are_shown_also_while_a_field_has_the_keyboard(window: Any) -> None:
    window.open(done(faces=[face((100, 100, 90, 90))]), photo("p2", "b.jpg"))
    taken = window.page.get_by_label("Year of the photo")
    taken.focus()
    window.page.keyboard.press("F1")
    expect(window.find("help-panel")).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(taken).to_be_focused()


@pytest.mark.parametrize("key", ["Escape", "?", "F1"])
def test_keys_of_panels_work_while_a_list_to_choose_from_has_the_keyboard(window: Any, key: str) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"))
    window.button("Settings").click()
    window.page.get_by_label("Appearance").focus()
    window.page.keyboard.press(key)
    expect(window.find("settings-panel")).to_be_hidden()
    expect(window.find("help-panel")).to_be_visible(visible=key != "Escape")


@pytest.mark.parametrize("panel", ["help", "about"])
def test_escape_closes_a_panel_while_a_field_has_the_keyboard(window: Any, panel: str) -> None:
    """What was typed there comes first."""
    window.open(done(faces=[face((100, 100, 90, 90))]), photo("p2", "b.jpg"))
    window.find(f'[data-panel="{panel}"]').click()
    taken = window.page.get_by_label("Year of the photo")
    taken.fill("19")
    window.page.keyboard.press("Escape")
    expect(taken).to_have_value("")
    expect(window.find(f"{panel}-panel")).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(window.find(f"{panel}-panel")).to_be_hidden()
    expect(taken).to_be_focused()


def test_keys_leave_the_rest_of_the_line_to_what_they_do(window: Any) -> None:
    window.open()
    window.page.keyboard.press("?")
    gaps = window.find("help-panel dl").evaluate_all(
        """(all) => all.map((list) => {
            const ends = [...list.querySelectorAll('kbd')].map((key) => key.getBoundingClientRect().right);
            return list.querySelector('dd').getBoundingClientRect().left - Math.max(...ends);
        })"""
    )
    assert max(gaps) < 20


def test_every_key_is_in_the_list(window: Any) -> None:
    window.open()
    window.page.keyboard.press("?")
    keys = set(window.page.evaluate("async () => Object.keys((await import('./keyboard.js')).KEYS)"))
    listed = window.page.evaluate(
        """async () => {
            const { keys } = (await import('./texts.js')).texts;
            const name = (text) => Object.keys(keys).find((key) => keys[key] === text) ?? text;
            return [...document.querySelectorAll('help-panel kbd')].map((one) => name(one.textContent));
        }"""
    )
    # Backspace is Delete where a keyboard lacks it, and "=" is "+" without Shift.
    assert keys - {"Backspace", "=", "-"} <= set(listed)
    assert "\u2212" in listed


def test_one_panel_at_a_time(window: Any) -> None:
    window.open()
    window.button("Settings").click()
    window.button("About Agelens").click()
    expect(window.find("settings-panel")).to_be_hidden()
    expect(window.find("about-panel")).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(window.find("about-panel")).to_be_hidden()
