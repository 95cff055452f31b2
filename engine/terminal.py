"""What is said in a terminal: whatever file names hold, it only shows them."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

PROGRAM = "agelens-cli" if getattr(sys, "frozen", False) else "python -m engine"
"""What the user has typed: the packaged app has no Python of its own to call."""


def printable(text: str) -> str:
    """Text that cannot steer a terminal: control, bidi and other unprintable characters as escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


class ArgumentParser(argparse.ArgumentParser):
    """Python's, which quotes what it does not understand as it is: `agelens *` may meet a file named like an option."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and end."""
        super().error(printable(message))


class SelfTest(argparse.Action):
    """The option that tries the installation out and ends: like `--help`, it needs no other argument."""

    def __init__(self, option_strings: Sequence[str], dest: str, check: Callable[[], int]) -> None:
        super().__init__(
            option_strings, argparse.SUPPRESS, nargs=0, help="check that this installation works, and exit"
        )
        self._check = check

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        """Check, and end with its exit status."""
        parser.exit(self._check())


class Terminal(io.TextIOWrapper):
    """A terminal as the stream of a table, which elsewhere keeps file names letter for letter."""

    def write(self, text: str, /) -> int:
        """Show a piece of text, of one or several lines, without the mark that tells spreadsheets its encoding."""
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        return super().write("\n".join(map(printable, lines)))
