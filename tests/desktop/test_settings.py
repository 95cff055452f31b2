"""desktop.settings"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from desktop.language import WORDINGS
from desktop.place import Place
from desktop.settings import Settings, SettingsFile


def test_a_change_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "settings.json"
    assert SettingsFile(path).current == Settings(analyze_on_drop=True)
    SettingsFile(path).change("analyze_on_drop", False)
    again = SettingsFile(path)
    assert again.current == Settings(analyze_on_drop=False)
    assert again.warning is None


def test_what_another_window_has_changed_meanwhile_stays(tmp_path: Path) -> None:
    """Closing a window saves its place, but must not restore settings that were changed in another window."""
    path = tmp_path / "settings.json"
    one, other = SettingsFile(path), SettingsFile(path)
    one.change("keep_album", False)
    one.keep_place(Place(900, 700))
    other.keep_place(Place(1000, 800))
    assert (SettingsFile(path).current, SettingsFile(path).place) == (Settings(keep_album=False), Place(1000, 800))
    other.change("theme", "dark")
    assert other.current == Settings(theme="dark"), "it goes on with what it was started with"
    assert SettingsFile(path).current == Settings(keep_album=False, theme="dark")
    assert SettingsFile(path).place == Place(1000, 800)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "settings.json"
    SettingsFile(path).change("analyze_on_drop", False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"schema": 1}',
        b'{"schema": 1, "settings": 3}',
        b'{"schema": 2, "settings": {"analyze_on_drop": false}}',
        b"[" * 100_000,
    ],
)
def test_what_is_not_understood_is_set_aside_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings = SettingsFile(path)
    assert settings.current == Settings()
    (aside,) = tmp_path.glob("settings.json.*")
    assert aside.read_bytes() == content
    assert settings.warning is not None
    assert aside.name in settings.warning
    settings.change("analyze_on_drop", False)
    assert SettingsFile(path).current == Settings(analyze_on_drop=False)
    assert aside.read_bytes() == content


def test_settings_of_a_newer_version_are_ignored_and_survive(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"schema": 1, "settings": {"keep_album": false, "language": "fr", "unheard_of": [1]}}')
    settings = SettingsFile(path)
    assert settings.current == Settings(keep_album=False)
    assert settings.warning is None
    settings.change("theme", "dark")
    settings.keep_place(Place(900, 600))
    kept = json.loads(path.read_text())["settings"]
    assert (kept["language"], kept["unheard_of"]) == ("fr", [1])
    assert SettingsFile(path).current == Settings(keep_album=False, theme="dark")


@pytest.mark.parametrize("value", [3, None, []])
def test_a_setting_that_is_not_understood_costs_no_other(tmp_path: Path, value: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"schema": 1, "settings": {"keep_album": False, "theme": value}}))
    settings = SettingsFile(path)
    assert settings.current == Settings(keep_album=False)
    assert settings.warning == "Part of the settings file could not be understood; there, the default settings apply."
    assert settings.warning not in WORDINGS["de"].finished(settings.warning)
    assert list(tmp_path.iterdir()) == [path]
    settings.change("theme", "dark")
    again = SettingsFile(path)
    assert (again.current, again.warning) == (Settings(keep_album=False, theme="dark"), None)


def test_what_cannot_be_read_today_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window's place is saved whenever it closes, which would overwrite the user's settings with the defaults."""
    path = tmp_path / "settings.json"
    SettingsFile(path).change("keep_album", False)
    before = path.read_bytes()

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", Mock(side_effect=PermissionError(13, "Permission denied")))
        settings = SettingsFile(path)
    warning = "The settings could not be read (no permission to open the file); the default settings apply."
    assert settings.warning == warning
    assert WORDINGS["de"].finished(warning) == (
        "Die Einstellungen konnten nicht gelesen werden (keine Berechtigung, die Datei zu öffnen); es gelten die "
        "Standardeinstellungen."
    )
    settings.keep_place(Place(900, 600, 5, 5))
    assert path.read_bytes() == before
    settings.change("theme", "dark")  # the new choice is saved, but nothing is lost
    assert SettingsFile(path).current == Settings(theme="dark")
    (aside,) = tmp_path.glob("settings.json.*")
    assert aside.read_bytes() == before
    settings.keep_place(Place(900, 600, 5, 5))
    assert SettingsFile(path).place == Place(900, 600, 5, 5)


def test_why_a_file_cannot_be_read_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_bytes", Mock(side_effect=OSError(5, "Input/output error")))
    assert SettingsFile(tmp_path / "settings.json").warning == (
        "The settings could not be read (the disk is failing); the default settings apply."
    )


def test_why_a_file_cannot_be_set_aside_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(b"nonsense")
    monkeypatch.setattr(os, "replace", Mock(side_effect=OSError(30, "Read-only file system")))
    assert SettingsFile(path).warning == (
        "The settings file cannot be understood, nor can it be set aside (the disk is write-protected)."
    )


def test_a_file_that_a_virus_scanner_holds_is_set_aside_a_moment_later(
    tmp_path: Path, scan: Callable[..., object]
) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(b"nonsense")
    scan(2)
    assert "It was set aside" in str(SettingsFile(path).warning)
    assert not path.exists()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    SettingsFile(path).change("analyze_on_drop", False)
    before = path.read_bytes()

    monkeypatch.setattr(os, "fsync", Mock(side_effect=OSError(28, "No space left on device")))
    settings = SettingsFile(path)
    with pytest.raises(OSError, match="No space"):
        settings.change("analyze_on_drop", True)
    assert settings.current.analyze_on_drop is True  # in force until the app ends
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "value"), [("analyze_on_drop", 1), ("analyze_on_drop", "true"), ("analyze_on_drop", None)]
)
def test_values_of_another_type_are_refused(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(TypeError):
        SettingsFile(tmp_path / "s.json").change(name, value)
    assert not (tmp_path / "s.json").exists()


def test_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such setting"):
        SettingsFile(tmp_path / "s.json").change("__class__", True)


def test_the_file_is_for_people_to_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    SettingsFile(path).change("analyze_on_drop", False)
    settings = {"analyze_on_drop": False, "keep_album": True, "theme": "system", "language": "system"}
    assert json.loads(path.read_text()) == {"schema": 1, "settings": settings, "window": Place().to_json()}
