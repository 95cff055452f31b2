"""The language that the user reads: the one chosen in the settings, else the one that the page found in the system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from desktop.german import GERMAN
from engine.wording import ENGLISH, Wording

WORDINGS = {wording.language: wording for wording in (ENGLISH, Wording("de", GERMAN, thousands=".", point=","))}
"""By the names that the page and the settings use."""


class Language:
    """What the shell says, in the user's language. Thread-safe.

    The page decides which language "system" means, because a browser knows the system's languages on every platform,
    and tells it with its first call. Nothing is said before that, but for the menus on macOS.

    Args:
        chosen: the setting `language`.
    """

    def __init__(self, chosen: Callable[[], str] = lambda: "system") -> None:
        self._chosen = chosen
        self._of_page = "en"

    def set_page_language(self, language: str) -> None:
        """Say which language the page has found in the system."""
        self._of_page = language

    @property
    def say(self) -> Wording:
        """The sentences of the user's language."""
        return WORDINGS.get(self._chosen()) or WORDINGS[self._of_page]

    def translated(self, value: dict[str, Any]) -> dict[str, Any]:
        """One of the contract's objects, with the `message` in it, if any, in the user's language."""
        message = value.get("message")
        return value if message is None else {**value, "message": self.say.finished(message)}
