"""Theme and language: by the system, or as the user chose. Where one language is enough to try, it is German."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect
from ui_doubles import LAST, done, face, photo

from desktop.language import WORDINGS

SHAPES = """async () => {
    const { LANGUAGES } = await import('./texts.js');
    const walk = (value) => {
        if (typeof value === 'function') return `(${value.length})`;
        return typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, walk(v)])) : '';
    };
    return walk(LANGUAGES);
}"""

SAME = """async (language) => {
    const { LANGUAGES } = await import('./texts.js');
    const same = [];
    const walk = (one, other, path) => {
        for (const [key, value] of Object.entries(one)) {
            if (typeof value === 'string' && value === other[key]) same.push(`${path}${key}`);
            if (typeof value === 'object') walk(value, other[key], `${path}${key}.`);
        }
    };
    walk(LANGUAGES.en, LANGUAGES[language], '');
    return same;
}"""

ALIKE = {"de": {"themes.system", "languages.system", "aboutPlatform", "aboutPython", "exporting"}}
"""Texts that a language shares with English, by language."""

OWN = {"name", *(f"languages.{language}" for language in WORDINGS)}
"""Names, which are the same in every language."""


def test_all_languages_have_every_text(window: Any) -> None:
    window.open()
    shapes = window.page.evaluate(SHAPES)
    for language, shape in shapes.items():
        assert shape == shapes["en"], language
    assert len(shapes["en"]) > 150


@pytest.mark.parametrize("language", sorted(WORDINGS.keys() - {"en"}))
def test_nothing_was_left_in_english(window: Any, language: str) -> None:
    window.open()
    same = {text for text in window.page.evaluate(SAME, language) if not text.startswith("keys.")}
    assert same == OWN | ALIKE[language]


def test_german_when_the_user_chose_it(window: Any) -> None:
    window.choose(language="de")
    window.open(done(faces=[face((100, 100, 90, 90))]), photo("p2", "b.jpg"))
    expect(window.page.locator("html")).to_have_attribute("lang", "de")
    expect(window.button("Fotos hinzufügen")).to_be_visible()
    expect(window.find("face-card")).to_contain_text("28 bis 41")
    expect(window.find("face-card")).to_contain_text("in 8 von 10 Fällen")
    assert window.calls("hello") == [["hello", "de"]]  # so that Python speaks German too


def test_the_systems_language(window: Any) -> None:
    """The first of its languages for which there are texts; regions do not matter."""
    window.page.add_init_script("Object.defineProperty(navigator, 'languages', { value: ['fr-CH', 'de-CH', 'en'] });")
    window.open()
    expect(window.page.locator("html")).to_have_attribute("lang", "de")


@pytest.mark.parametrize("languages", [["fr"], [], ["constructor"]], ids=str)
def test_english_when_there_are_no_texts(window: Any, languages: list[str]) -> None:
    window.page.add_init_script(f"Object.defineProperty(navigator, 'languages', {{ value: {languages} }});")
    window.open()
    expect(window.page.locator("html")).to_have_attribute("lang", "en")


def test_choosing_another_language(window: Any) -> None:
    """Photo, filter and order stay."""
    unsure = face((100, 150, 120, 150), warnings=["blurred"])
    window.open(photo("p1"), done("p2", "b.jpg", [unsure]), done("p3", "c.jpg", [unsure]))
    window.find("grid-filter select").first.select_option("warnings")
    window.find("grid-filter select").last.select_option("oldest")
    window.find(".cell button").last.click()
    shown = window.find("photo-view .name").inner_text()
    window.button("Settings").click()
    window.choose(language="de")  # as the server does once Python has saved the setting
    window.page.get_by_label("Language").select_option("Deutsch")
    expect(window.button("Einstellungen")).to_be_visible()
    window.settle()
    expect(window.find("photo-view .name")).to_have_text(shown)
    expect(window.find("photo-view .position")).to_have_text("2 von 2")
    assert [one.input_value() for one in window.find("grid-filter select").all()] == ["warnings", "oldest"]


def test_a_language_is_reached_by_keyboard_past_others(window: Any) -> None:
    """The first one passed reloads the page, but the focus stays where it was."""
    window.open()
    window.button("Settings").click()
    window.page.get_by_label("Language").focus()
    window.choose(language="en")
    with window.page.expect_navigation():
        window.page.keyboard.press("ArrowDown")
    window.settle()
    expect(window.find("settings-panel")).to_be_visible()
    expect(window.page.get_by_label("Language")).to_be_focused()
    window.choose(language="de")
    with window.page.expect_navigation():
        window.page.keyboard.press("End")
    window.settle()
    expect(window.page.get_by_label("Sprache")).to_be_focused()


def test_how_to_undo_a_change_is_not_told_in_the_language_before(window: Any) -> None:
    """It would stay when the change has been undone."""
    window.open(done("p1", "a.jpg", [face((100, 150, 120, 150))]))
    window.find("face-card .actions .plain").first.click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.button("Settings").click()
    window.choose(language="de")
    window.page.get_by_label("Language").select_option("Deutsch")
    expect(window.button("Einstellungen")).to_be_visible()
    window.settle()
    expect(window.find("notice-list .notice")).to_have_count(0)


def test_another_language_takes_changes_and_notices_along(window: Any) -> None:
    """The last change is undone first, and a notice about what could not be saved is still shown."""
    window.open(done("p1", "a.jpg", [face((100, 150, 120, 150))]), photo("p2", "b.jpg"))
    window.find("face-card .actions .plain").first.click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.find(".cell button").last.click()
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    window.button("Remove photo").click()
    expect(window.find("notice-list")).to_contain_text("Photo removed.")
    window.page.evaluate(
        """() => {
            const text = 'This setting applies only until Agelens is closed, as it cannot be saved: the disk is full.';
            window.pywebview.api.set_setting = async () => {
                window.agelens.receive({ event: 'notice', text, kind: 'warning' });
                return window.double.snapshot.settings;
            };
        }"""
    )
    window.button("Settings").click()
    window.choose(language="de")
    window.page.get_by_label("Language").select_option("Deutsch")
    expect(window.button("Einstellungen")).to_be_visible()
    window.settle()
    expect(window.find("notice-list .warning")).to_have_text(
        "This setting applies only until Agelens is closed, as it cannot be saved: the disk is full."
    )
    expect(window.find("notice-list")).to_contain_text("Photo removed.")
    expect(window.find("notice-list").get_by_role("button", name="Rückgängig")).to_be_visible()
    window.page.evaluate("() => { window.double.back = 1; }")
    for number in (1, 2):
        window.page.keyboard.press("Control+z")
        window.page.wait_for_function(
            "(number) => window.double.calls.filter(([name]) => /^(undo|bring_back)$/.test(name)).length === number",
            arg=number,
        )
    assert window.calls() == [["bring_back"], ["undo", "p1"]]


def test_a_photo_that_comes_later_is_the_one_that_stays(window: Any) -> None:
    """Python sends five hundred at once."""
    kept = {"selected": "p2", "filter": {"kind": "all", "from": None, "to": None}, "order": "added"}
    window.page.add_init_script(f"sessionStorage.setItem('taken-along', {json.dumps(json.dumps(kept))});")
    window.open(photo("p1"))
    expect(window.find("photo-view .name")).to_have_text("a.jpg")
    window.photos(photo("p2", "b.jpg"))
    expect(window.find("photo-view .name")).to_have_text("b.jpg")


def test_a_change_in_a_photo_that_comes_later_is_the_one_undone(window: Any) -> None:
    earlier = [{"id": "p1", "before": ["set_taken", "p1", 1950]}, {"id": "p2"}]
    window.page.add_init_script(
        f"sessionStorage.setItem('taken-along', {json.dumps(json.dumps({'changes': earlier}))});"
    )
    window.open(photo("p1"), photo("p3", "c.jpg"))
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("c.jpg")
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text("Change undone.")
    assert window.calls() == [["undo", "p2"]]
    window.photos(photo("p2", "b.jpg"))
    expect(window.find("photo-view .name")).to_have_text("b.jpg")


def test_a_change_under_way_does_not_keep_the_next_page_waiting(window: Any) -> None:
    """It never hears the answer, but the photo itself tells what can be undone."""
    window.open(done("p1", "a.jpg", [face((100, 150, 120, 150))]) | {"undoable": True})
    window.page.evaluate(
        "() => { pywebview.api.remove_face = () => new Promise((resolve) => { double.asked = true; }); }"
    )
    window.find("face-card .actions .plain").first.click()
    window.page.wait_for_function("() => double.asked")
    window.button("Settings").click()
    window.choose(language="de")
    window.page.get_by_label("Language").select_option("Deutsch")
    expect(window.button("Einstellungen")).to_be_visible()
    window.settle()
    window.page.keyboard.press("Escape")
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text("Änderung zurückgenommen.")
    assert window.calls() == [["undo", "p1"]]


def test_a_language_that_cannot_be_kept_changes_nothing(window: Any) -> None:
    window.open()
    window.refuse("set_setting")
    window.button("Settings").click()
    window.page.get_by_label("Language").select_option("Deutsch")
    expect(window.find("notice-list")).to_contain_text("The setting could not be saved.")
    expect(window.page.get_by_label("Language")).to_have_value("system")
    expect(window.page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("chosen", ["system", "light", "dark"])
def test_the_theme_is_the_systems_or_the_users(window: Any, system: Any, chosen: str) -> None:
    window.look(scheme=system)
    window.choose(theme=chosen)
    window.open(connected=False)
    dark = (system if chosen == "system" else chosen) == "dark"
    assert (window.ground() < 200) == dark  # before Python has answered: the other theme must not flash up


def test_choosing_another_theme(window: Any) -> None:
    window.open()
    assert window.ground() > 600
    window.button("Settings").click()
    window.page.get_by_label("Appearance").select_option("Dark")
    assert window.calls() == [["set_setting", "theme", "dark"]]
    expect(window.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert window.ground() < 200


@pytest.mark.parametrize("scene", ["empty", "last", "results", "settings"])
def test_the_longer_words_fit(window: Any, scene: str) -> None:
    window.choose(language="de")
    if scene in ("empty", "last"):
        window.open(**({"kept": LAST} if scene == "last" else {}))
    else:
        crowd = [photo(f"p{number}", f"{number}.jpg") for number in range(2, 9)]
        window.open(done(faces=[face((100, 100, 90, 90), warnings=["small", "blurred"])]), *crowd)
        window.run("running", 12, 80, 42.0, 96.4)
        if scene == "settings":
            window.button("Einstellungen").click()
    for width in (720, 1280):
        window.look(width, 600)
        assert window.fits(), width
        cut = window.page.evaluate(
            """() => [...document.querySelectorAll('button, label, select, h2, p:not(.name)')]
                .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
                .map((one) => one.textContent)"""
        )
        assert cut == [], width
