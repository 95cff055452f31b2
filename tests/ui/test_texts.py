"""The page has a text for every word that Python may say, and for no other."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from playwright.sync_api import expect
from ui_doubles import photo

from desktop.bridge import CALLS
from desktop.exports import KINDS
from desktop.language import WORDINGS
from desktop.settings import CHOICES
from engine.report import ERROR_CODES, Warning_

UNTOLD = {"fault", "hello", "show", "explain", "typed", "about"}
"""Calls whose failure no sentence in `callFailed` tells: the page shows it in its place, or does without."""


def words(window: Any, name: str) -> set[str]:
    """The keys of one of the page's texts."""
    return set(window.page.evaluate("async (name) => Object.keys((await import('./texts.js')).texts[name])", name))


def values(window: Any, selector: str) -> tuple[str, ...]:
    """What the elements of a choice stand for, in their order."""
    return tuple(window.find(selector).evaluate_all("(choices) => choices.map(({ value }) => value)"))


def test_languages_and_themes_are_those_of_the_settings(window: Any) -> None:
    window.open()
    languages = window.page.evaluate("async () => Object.keys((await import('./texts.js')).LANGUAGES)")
    assert set(languages) == set(WORDINGS)
    assert words(window, "languages") == {"system", *WORDINGS} == set(CHOICES["language"])
    assert words(window, "themes") == set(CHOICES["theme"])


def test_exports_are_those_of_python(window: Any) -> None:
    window.open()
    assert values(window, "export-panel input[name=export-kind]") == KINDS
    assert words(window, "exportKinds") == words(window, "exportHints") == set(KINDS)


def test_warnings_and_errors_are_those_of_the_record(window: Any) -> None:
    window.open()
    assert words(window, "warnings") == set(get_args(Warning_))
    assert words(window, "errors") == set(ERROR_CODES)


def test_every_call_whose_failure_is_told_has_a_sentence(window: Any) -> None:
    window.open()
    assert words(window, "callFailed") == set(CALLS) - UNTOLD


MAC = "Object.defineProperty(navigator, 'platform', { value: 'MacIntel' });"

ALL = """async () => {
    const { texts } = await import('./texts.js');
    const walk = (value) => (typeof value === 'object' ? Object.values(value).flatMap(walk) : [String(value)]);
    return walk(texts);
}"""


@pytest.mark.parametrize(
    ("language", "hint"),
    [
        ("en", "Add all photos of a folder and of the folders in it (⇧⌘O)"),
        ("de", "Alle Fotos eines Ordners und seiner Unterordner hinzufügen (⇧⌘O)"),
    ],
)
def test_a_mac_has_keys_of_its_own(window: Any, language: str, hint: str) -> None:
    window.page.add_init_script(MAC)
    window.choose(language=language)
    window.open(photo("p1"))
    expect(window.find("tool-bar .folder")).to_have_attribute("title", hint)
    window.page.keyboard.press("F1")
    expect(window.find("help-panel .way")).to_contain_text(["⌘+O", "⌘+⇧+O", "⌘+V", "⌫"])
    said = window.page.evaluate(ALL)
    assert len(said) > 150
    assert [text for text in said if re.search(r"\b(Ctrl|Strg|Del|Entf)\b", text)] == []


def test_a_failed_call_without_a_sentence_is_told_too(window: Any) -> None:
    """And notices that come after it are still shown."""
    window.open()
    window.page.evaluate("async () => (await import('./notices.js')).tryCall('no_such_call')")
    expect(window.find("notice-list")).to_have_text("That did not work.")
    window.receive({"event": "notice", "text": "Exported.", "kind": "info"})
    expect(window.find("notice-list")).to_contain_text("Exported.")
