"""desktop.language and desktop.german: everything that Python says to a user is there in every language."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shell_double import Shell
from webview.util import parse_file_type

from desktop import about, album_file
from desktop.german import GERMAN
from desktop.language import WORDINGS, Language
from desktop.records import CAUTION
from desktop.window import export_types, photo_types
from engine import files
from engine.model_info import read_info
from engine.phrases import WARNING_TEXTS

TRANSLATIONS = {language: wording._sentences for language, wording in WORDINGS.items() if language != "en"}
"""Sentences of every other language by the English ones."""

in_each_language = pytest.mark.parametrize("sentences", TRANSLATIONS.values(), ids=TRANSLATIONS.keys())

ROOT = Path(__file__).resolve().parent.parent.parent

SAYING = {"say", "notice", "counted", "finished"}
"""Calls that say a sentence, by name, in the shell and in what it shares with the command line."""

FAILING = {
    "ImageError",
    "WorkerFailed",
    "NotLoaded",
    "AgeModelError",
    "DetectorError",
    "AlbumDamaged",
    "AlbumTrouble",
    "Problem",
}
"""Classes that carry a sentence to where it is said."""

CODES = {"unsupported_format", "too_large", "corrupt", "not_found", "unreadable", "crashed", "info", "warning"}

ELSEWHERE = {
    # These are assigned or returned before they are raised or said.
    "This photo is already here.",
    "These photos are already here.",
    "The photo took longer than {} seconds, so Agelens gave up on it.",
    "The analysis could not be started: {}.",
    "The photo made the analysis crash. All other photos are unaffected.",
    "no permission to open the file",
    "The settings could not be read ({}); the default settings apply.",
    "The settings file cannot be understood, nor can it be set aside ({}).",
    "The settings file could not be understood. It was set aside as {}; the default settings apply.",
    "Part of the settings file could not be understood; there, the default settings apply.",
    "The file of the saved albums cannot be opened: {}. It was set aside as {}, and a new one begun. "
    "Your photos are untouched.",
    "No face was found.",
    "no permission to write to the folder or the file, or another program has the file open",
}


def bare(sentence: str) -> str:
    """A sentence with nameless gaps."""
    return re.sub(r"\{[^{}]*\}", "{}", sentence)


def literals(node: ast.AST) -> Iterator[str]:
    """Sentences written down in an expression, f-strings with nameless gaps."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield bare(node.value)
    elif isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))


def said() -> set[str]:
    """Every sentence in the code that a user of the window may see."""
    found: set[str] = set()
    for file in [*(ROOT / "engine").glob("*.py"), *(ROOT / "desktop").glob("*.py")]:
        if file.name == "cli.py":  # speaks English
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SAYING | FAILING:
                found.update(text for argument in node.args for text in literals(argument))
    phrases = [*files._REASONS.values(), *album_file._REASONS.values(), *WARNING_TEXTS.values(), *about._NOTES, CAUTION]
    return (found | {*phrases, read_info()["licence"]} | ELSEWHERE) - CODES


def source() -> str:
    """All code, with the parts of split strings joined."""
    texts = (file.read_text("utf-8") for name in ("engine", "desktop") for file in (ROOT / name).glob("*.py"))
    return re.sub(r'"\s*f?"', "", bare("".join(texts)))


@in_each_language
def test_there_is_a_sentence_for_every_english_one(sentences: dict[str, str]) -> None:
    translated = {bare(sentence).removesuffix(".") for sentence in sentences}
    assert sorted(text for text in said() if text.removesuffix(".") not in translated) == []


@in_each_language
def test_there_is_no_sentence_for_what_nobody_says(sentences: dict[str, str]) -> None:
    english = {text.removesuffix(".") for text in said()}
    assert sorted(sentence for sentence in sentences if bare(sentence).removesuffix(".") not in english) == []


@pytest.mark.parametrize("text", sorted(ELSEWHERE))
def test_what_is_said_elsewhere_is_still_said(text: str) -> None:
    assert source().count(text) > len(TRANSLATIONS), "only dictionaries have it"


@in_each_language
def test_both_have_the_same_gaps_and_end_alike(sentences: dict[str, str]) -> None:
    for english, other in sentences.items():
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", other)), english
        assert english[-1] == other[-1] or english[-1].isalnum(), english


def test_the_setting_decides_and_else_the_page() -> None:
    chosen = "system"
    language = Language(lambda: chosen)
    assert language.say.language == "en"
    language.set_page_language("de")
    assert language.say.language == "de"
    chosen = "en"
    assert language.say.language == "en"


def test_a_message_is_in_the_language() -> None:
    language = Language(lambda: "de")
    assert language.translated({"code": "corrupt", "message": "The file is empty."}) == {
        "code": "corrupt",
        "message": "Die Datei ist leer.",
    }
    assert language.translated({"state": "ready", "message": None}) == {"state": "ready", "message": None}
    assert language.translated({"done": 1}) == {"done": 1}


@pytest.mark.parametrize("language", sorted(WORDINGS))
@pytest.mark.parametrize(("system", "others"), [("linux", ["*.*"]), ("darwin", [])])
def test_the_system_s_dialogs_can_be_opened(
    monkeypatch: pytest.MonkeyPatch, system: str, others: list[str], language: str
) -> None:
    """pywebview refuses a file type whose name has, for example, a hyphen, and then no dialog appears at all."""
    monkeypatch.setattr("sys.platform", system)
    say = WORDINGS[language]
    kinds = [*photo_types(say), *(kind for ending in ("csv", "json", "html") for kind in export_types(say, ending))]
    found = [parse_file_type(kind) for kind in kinds]
    assert "*.heic" in found[0][1]
    assert [endings for _, endings in found[1:]] == [*others, "*.csv", "*.json", "*.html"]


CRASHED = "The photo made the analysis crash. All other photos are unaffected."


@pytest.fixture
def german(shell: Shell) -> Shell:
    """A shell whose page speaks German, with one good photo and one that cannot be read."""
    good, bad = shell.photos("gut.jpg", "crash.jpg")
    shell.start()
    shell.greet("de")
    shell.intake.take([good, bad], analyze=True)
    return shell


def test_a_german_page_gets_german_notices_and_reasons(german: Shell, until: Any) -> None:
    until(lambda: german.states() == ["done", "done"])
    german.intake.take([str(german.folder / "gut.jpg")], analyze=False)
    until(lambda: german.notices() == ["Dieses Foto ist schon da."])
    german.bridge.show(next(photo.id for photo in german.album.photos() if photo.failed))
    until(lambda: any(event["event"] == "whole" for event in german.sent))
    whole = next(event["photo"] for event in german.sent if event["event"] == "whole")
    assert whole["report"]["error"]["message"] == GERMAN[CRASHED]


def test_about_is_german(german: Shell, until: Any) -> None:
    assert german.bridge.about()["provider"] in ("noch nicht geladen", "CPUExecutionProvider")
    assert german.bridge.about()["notes"] == [GERMAN[note] for note in about._NOTES]
    assert german.bridge.about()["licences"]["weights"] == "nur für nichtkommerzielle Zwecke"


def test_records_that_leave_the_window_keep_the_contract_s_english(german: Shell, until: Any, tmp_path: Path) -> None:
    until(lambda: german.states() == ["done", "done"])
    german.chosen = [str(tmp_path / "out.json")]
    german.bridge.export("json", None)
    until(lambda: any("Exportiert" in text or "exportiert" in text for text in german.notices()))
    records = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert [one["error"] and one["error"]["message"] for one in records] == [None, CRASHED]
    assert (
        german.notices()[-1] == f"1 Foto exportiert nach {tmp_path / 'out.json'}; 1 Foto konnte nicht gelesen werden."
    )


def test_a_german_table_is_one_for_german_spreadsheets(german: Shell, until: Any, tmp_path: Path) -> None:
    until(lambda: german.states() == ["done", "done"])
    german.chosen = [str(tmp_path / "out.csv")]
    german.bridge.export("csv", None)
    until(lambda: any("exportiert" in text for text in german.notices()))
    heading, row = (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()
    assert heading.startswith("path;width;")
    assert ";34,2;" in row


def test_report_and_text_are_german(german: Shell, until: Any, tmp_path: Path) -> None:
    until(lambda: german.states() == ["done", "done"])
    german.chosen = [str(tmp_path / "out.html")]
    german.bridge.export("report", None)
    until(lambda: any("exportiert" in text for text in german.notices()))
    page = (tmp_path / "out.html").read_text("utf-8")
    for part in ('<html lang="de">', "Altersangaben zu 2 Fotos", "von 10 Fällen", GERMAN[CRASHED], "Altersprüfung"):
        assert part in page
    assert german.bridge.copy_text(german.album.photos()[0].id)
    assert "Jahre" in german.copied[0]
    assert "Altersmodell double 0" in german.copied[0]
    assert "years" not in german.copied[0]


@pytest.mark.parametrize("language", ["fr", "", None, 1, ["de"]])
def test_a_page_of_another_language_is_refused(shell: Shell, language: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        shell.bridge.hello(language)
