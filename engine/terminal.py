"""Output to a terminal, which only shows file names, whatever they contain."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, TextIO

from engine.files import reason

PROGRAM = "agelens-cli" if getattr(sys, "frozen", False) else "python -m engine"
"""What the user has typed: the packaged app has no Python of its own to call."""


_JOINERS = "\u200c\u200d"
"""Used to write Persian names and many emoji: invisible themselves, and harmless."""


def printable(text: str) -> str:
    """Text that cannot steer a terminal: control, bidi and other unprintable characters but spaces are escaped."""
    return "".join(
        character
        if character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def within(text: str, columns: int) -> str:
    """As much of a text as fits into so many columns of a terminal; the letters of East Asia take two each."""
    used = 0
    for place, character in enumerate(text):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > columns:
            return text[:place]
    return text


def tell(text: str) -> None:
    """Write to standard error. If nobody reads that any more, the result is still wanted."""
    try:
        print(text, end="", file=sys.stderr, flush=True)
    except OSError as error:
        drop_output(sys.stderr, error)


def drop_output(stream: TextIO, error: OSError) -> bool:
    """Drop what is left to write to a standard stream, which failed; whether its reader (say, `head`) has gone."""
    # Python would try again at exit, and complain, and at the start of a process, which would then fail.
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), stream.fileno())
    # Windows may report a pipe whose reader has gone as EINVAL.
    return isinstance(error, BrokenPipeError) or (sys.platform == "win32" and error.errno == errno.EINVAL)


class ArgumentParser(argparse.ArgumentParser):
    """Python's, made safe: it quotes unknown arguments as they are, and `agelens *` may meet a file named like one.

    Its exit status is the documented one, though what it says cannot be written.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, add_help=False)
        self.add_argument("-h", "--help", action=_Instead, does=self._help, help="show this help message and exit")

    def _help(self) -> int:
        print(self.format_help(), end="")
        return 0

    def parse(self, arguments: Sequence[str] | None = None) -> argparse.Namespace:
        """The options in a command line, by default the program's; up to a "--" they may stand between the paths."""
        words = list(sys.argv[1:] if arguments is None else arguments)
        given: dict[object, str] = {}
        if "--" in words:  # which Python's parser of intermixed arguments may lose
            end = words.index("--")
            for place, word in enumerate(words[end:], end):
                if word.startswith("-"):
                    words[place] = os.path.join(os.curdir, word)  # noqa: PTH118  (Path would drop what is added)
                    given[words[place]] = word
            del words[end]
        options = self.parse_intermixed_args(words)
        for value in vars(options).values():
            if isinstance(value, list):
                value[:] = [given.get(path, path) for path in value]
        return options

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and end."""
        super().error(printable(message))

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """End, after a message on standard error."""
        if message and sys.stderr is not None:
            tell(message)
        sys.exit(status)


class _Instead(argparse.Action):
    """An option that does something else and ends: it needs no other argument."""

    def __init__(self, option_strings: Sequence[str], dest: str, does: Callable[[], int], help: str) -> None:  # noqa: A002
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)
        self._does = does

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        """Do it, and end with its exit status."""
        try:
            status = self._does()
            print(end="", flush=True)
        except OSError as error:
            if drop_output(sys.stdout, error):
                parser.exit()
            parser.exit(1, f"agelens: the result cannot be written: {reason(error)}\n")
        parser.exit(status)


def add_support_options(
    parser: argparse.ArgumentParser, program: str, more: Callable[[], Iterable[tuple[str, Callable[[], str]]]] = tuple
) -> None:
    """Add `--version` and `--self-test`. What they need is imported on use only: every start makes the parser.

    Args:
        parser: where to add them.
        program: the program's name.
        more: returns further things to try (`engine.self_test`).
    """

    def version() -> int:
        from engine.version import version_line  # noqa: PLC0415

        print(version_line(program))
        return 0

    def check() -> int:
        from engine.self_test import self_test  # noqa: PLC0415

        return self_test(program, more())

    parser.add_argument("--version", action=_Instead, does=version, help="show program's version number and exit")
    parser.add_argument("--self-test", action=_Instead, does=check, help="check that this installation works, and exit")


class Terminal(io.TextIOWrapper):
    """A terminal as the stream for a result, which in a file keeps file names letter for letter."""

    def write(self, text: str, /) -> int:
        """Show text of one or more lines, without the mark that tells spreadsheets its encoding."""
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        return super().write("\n".join(map(printable, lines)))
