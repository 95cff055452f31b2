"""The user's settings, and where the window was: one small JSON file in the platform's config folder."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import platformdirs

from desktop.language import WORDINGS
from desktop.place import Place
from engine.files import PRIVATE, name_aside, reason, rename, replacing

SCHEMA = 1
"""Version of the file. It rises when a setting changes its meaning."""

CHOICES = {"theme": ("system", "light", "dark"), "language": ("system", *WORDINGS)}
"""Settings that are one of a few words. "system" follows what the computer is set to."""


@dataclass(frozen=True)
class Settings:
    """What the user chose.

    `analyze_on_drop`: dropped photos are analyzed at once instead of waiting. `keep_album`: the album is kept for the
    next start. `theme` and `language`: of the page, see `CHOICES`.
    """

    analyze_on_drop: bool = True
    keep_album: bool = True
    theme: str = "system"
    language: str = "system"


class SettingsFile:
    """The settings and their file. Nothing here raises for a bad file or disk: `warning` says what went wrong.

    A file that cannot be understood, or whose schema is another one, is set aside under another name, never deleted.
    Settings that this version does not know stay in the file, for the version that does.

    Args:
        path: the file; by default `settings.json` in the platform's config folder.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or platformdirs.user_config_path("Agelens", appauthor=False) / "settings.json"
        self._lock = threading.Lock()
        self.warning: str | None = None
        """A sentence for the user when the file could not be read, else None."""
        self._foreign = False
        """Whether there is a file with other settings than those in force."""
        self._place = Place()
        self._settings = self._read()

    @property
    def current(self) -> Settings:
        """The settings in force."""
        return self._settings

    @property
    def place(self) -> Place:
        """Where the window was when it was closed the last time."""
        return self._place

    def keep_place(self, place: Place) -> None:
        """Remember where the window is.

        Raises:
            OSError: the file could not be written.
        """
        with self._lock:
            if place != self._place and not self._foreign:
                self._place = place
                values, _ = self._kept()
                self._write(values, place)

    def change(self, name: str, value: object) -> None:
        """Set one setting and save the file. A file that could not be read is set aside first.

        Raises:
            ValueError: there is no such setting, or it has no such choice.
            TypeError: the value is of another type than the setting.
            OSError: the file could not be written; the setting is in force until the app ends.
        """
        _check(name, value)
        with self._lock:
            self._settings = Settings(**{**asdict(self._settings), name: value})
            if self._foreign:
                with suppress(FileNotFoundError):
                    self._rename()
                self._foreign = False
            values, place = self._kept()
            self._write({**values, name: value}, place)

    def _read(self) -> Settings:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return Settings()
        except OSError as error:
            self._foreign = True
            # The words of `reason` are about writing.
            why = "no permission to open the file" if isinstance(error, PermissionError) else reason(error)
            self.warning = f"The settings could not be read ({why}); the default settings apply."
            return Settings()
        try:
            values, self._place = _understood(text)
        except _NONSENSE:
            self.warning = self._set_aside()
            return Settings()
        known = {name: value for name, value in values.items() if name in _KINDS}
        good = {name: value for name, value in known.items() if _is_valid(name, value)}
        # An unknown choice of the right type is one of a newer version: ignored, as unknown settings are.
        if any(type(value) is not _KINDS[name] for name, value in known.items()):
            self.warning = "Part of the settings file could not be understood; there, the default settings apply."
        return Settings(**good)

    def _kept(self) -> tuple[dict[str, Any], Place]:
        """What the file has now, as another window may have changed it; what is in force if it has nothing."""
        try:
            return _understood(self.path.read_bytes())
        except (OSError, *_NONSENSE):
            return asdict(self._settings), self._place

    def _set_aside(self) -> str:
        try:
            aside = self._rename()
        except OSError as error:
            self._foreign = True
            return f"The settings file cannot be understood, nor can it be set aside ({reason(error)})."
        return (
            f"The settings file could not be understood. It was set aside as {aside.name}; the default settings apply."
        )

    def _rename(self) -> Path:
        aside = name_aside(self.path)
        rename(self.path, aside)
        return aside

    def _write(self, values: dict[str, Any], place: Place) -> None:
        """Replace the file in one step, so that a power cut leaves the old or the new one, never a piece."""
        self.path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        content = {"schema": SCHEMA, "settings": values, "window": place.to_json()}
        with replacing(self.path, mode=0o600) as file:  # only this user can read it
            file.write(json.dumps(content, indent=2).encode())


_NONSENSE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What `_understood` raises for a file that is not ours."""


def _understood(text: bytes) -> tuple[dict[str, Any], Place]:
    """All settings of the file, also those that are unknown or not valid, and defaults for those that it lacks."""
    content = json.loads(text)
    if content["schema"] != SCHEMA:
        raise ValueError(f"schema {content['schema']}")
    return {**asdict(Settings()), **content["settings"]}, Place.from_json(content.get("window"))


_KINDS = {field.name: type(field.default) for field in fields(Settings)}


def _check(name: str, value: object) -> None:
    if name not in _KINDS:
        raise ValueError("there is no such setting")
    if type(value) is not _KINDS[name]:
        raise TypeError(f"the setting {name} takes a {_KINDS[name].__name__}")
    if value not in CHOICES.get(name, (value,)):
        raise ValueError(f"the setting {name} is one of {', '.join(CHOICES[name])}")


def _is_valid(name: str, value: object) -> bool:
    try:
        _check(name, value)
    except (TypeError, ValueError):
        return False
    return True
