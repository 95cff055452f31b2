"""engine.wording: sentences in the user's language."""

from __future__ import annotations

import pytest

from engine.wording import ENGLISH, Wording

OTHER = Wording(
    "xx",
    {
        "The disk {name} failed: {why}.": "{why}! {name}!",
        "The disk {name} failed: {why}. Its name was {other}.": "{other}? {why}! {name}!",
        "it is full": "voll",
        "{why}, and it burns ({reason})": "{why} und Feuer ({reason})",
        "It has {size} million pixels, at most {most}: {name}.": "{name}: {size} und {most}.",
        "1 photo": "1 Bild",
        "{number} photos": "{number} Bilder",
        "{low} to {high}": "{low} bis {high}",
        "Nothing.": "Nichts.",
    },
    thousands=".",
    point=",",
)


def test_a_sentence_has_its_gaps_filled_in_any_order() -> None:
    assert OTHER("The disk {name} failed: {why}.", name="sda", why="smoke") == "smoke! sda!"
    assert ENGLISH("The disk {name} failed: {why}.", name="sda", why="smoke") == "The disk sda failed: smoke."


def test_a_value_that_is_a_phrase_is_said_in_the_language_too() -> None:
    assert OTHER("The disk {name} failed: {why}.", name="sda", why="it is full") == "voll! sda!"


def test_a_phrase_made_of_phrases_is_said_in_the_language_too() -> None:
    why = "it is full, and it burns (it is full)"
    assert OTHER("The disk {name} failed: {why}.", name="sda", why=why) == "voll und Feuer (voll)! sda!"
    assert OTHER.finished(f"The disk sda failed: {why}.") == "voll und Feuer (voll)! sda!"


def test_numbers_of_a_finished_sentence_are_written_as_the_language_does() -> None:
    said = OTHER.finished("It has 1,234.5 million pixels, at most 200.5: v1.5, old.")
    assert said == "v1.5, old: 1.234,5 und 200,5."


def test_a_name_that_looks_like_a_phrase_is_none() -> None:
    assert OTHER("The disk {name} failed: {why}.", name="it is full", why="smoke") == "smoke! it is full!"
    assert OTHER.finished("The disk it is full failed: it is full.") == "voll! it is full!"


def test_what_has_no_translation_stays_english() -> None:
    assert OTHER("Something else about {name}.", name="sda") == "Something else about sda."
    assert OTHER.finished("Something else.") == "Something else."


def test_braces_in_a_value_are_no_gaps() -> None:
    assert OTHER("The disk {name} failed: {why}.", name="{why}", why="{0}") == "{0}! {why}!"
    assert OTHER.finished("The disk {why} failed: {0}.") == "{0}! {why}!"


@pytest.mark.parametrize(
    ("number", "english", "other"),
    [(0, "0 photos", "0 Bilder"), (1, "1 photo", "1 Bild"), (12_345, "12,345 photos", "12.345 Bilder")],
)
def test_numbers_of_things(number: int, english: str, other: str) -> None:
    assert ENGLISH.counted(number, "1 photo", "{number} photos") == english
    assert OTHER.counted(number, "1 photo", "{number} photos") == other


def test_a_finished_sentence_is_recognised() -> None:
    assert OTHER.finished("Nothing.") == "Nichts."
    assert OTHER.finished("The disk sda failed: it is full.") == "voll! sda!"


def test_the_sentence_that_says_most_is_recognised_first() -> None:
    assert OTHER.finished("The disk sda failed: it is full. Its name was x.") == "x? voll! sda!"


def test_only_whole_sentences_are_recognised_not_names_that_look_like_phrases() -> None:
    assert OTHER.finished("from a to b") == "from a to b"


def test_values_may_have_several_lines() -> None:
    assert OTHER.finished("The disk a\nb failed: c\nd.") == "c\nd! a\nb!"
