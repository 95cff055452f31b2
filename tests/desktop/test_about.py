"""desktop.about: what About says of the packaged app on each system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktop import about
from engine.wording import ENGLISH

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("system", "program", "notices"),
    [
        ("linux", "agelens", "THIRD_PARTY_NOTICES.txt"),
        ("win32", "agelens.exe", "THIRD_PARTY_NOTICES.txt"),
        ("darwin", "Contents/MacOS/agelens", "Contents/Resources/THIRD_PARTY_NOTICES.txt"),
    ],
)
def test_the_packaged_app_says_where_the_licences_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, program: str, notices: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(sys, "executable", str(tmp_path / program))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert about.about(None, [], ENGLISH)["licences"]["others"] == str(tmp_path / notices)


def test_run_from_source_there_is_no_such_file() -> None:
    assert about.about(None, [], ENGLISH)["licences"]["others"] is None


@pytest.mark.parametrize(("version", "licence"), [("6.12.0", "LGPL 3"), (None, None)])
def test_qts_licence_is_named_where_qt_draws_the_window(
    monkeypatch: pytest.MonkeyPatch, version: str | None, licence: str | None
) -> None:
    monkeypatch.setattr(about, "_version", lambda _: version)
    assert about.about(None, [], ENGLISH)["licences"]["qt"] == licence


def test_a_folder_for_both_albums_and_settings_is_told_once() -> None:
    both, other = Path("Agelens"), Path("config")
    assert about.about(None, [both, both], ENGLISH)["folders"] == ["Agelens"]
    assert about.about(None, [both, other], ENGLISH)["folders"] == ["Agelens", "config"]
