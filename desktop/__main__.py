"""Agelens' window: `python -m desktop [PHOTO ...]`."""

from __future__ import annotations

import argparse
import io
import logging
import multiprocessing
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

from desktop.place import SIZE, SMALLEST_SIZE
from engine.log import start_log
from engine.paths import is_same_file
from engine.terminal import PROGRAM, ArgumentParser, add_support_options

_PACKAGED = bool(getattr(sys, "frozen", False))
_VIRTUAL = "'xvfb-run agelens' makes a virtual one" if _PACKAGED else "'python3 dev.py run' starts a virtual one"

_NO_CONSOLE = sys.platform == "win32" and sys.stderr is None
"""On Windows the program in the Start menu has nowhere to print to. Noted before pywebview gives it streams that lead
nowhere."""

_STOP, _INFORMATION = 0x10, 0x40
"""Icons of a message box."""

logger = logging.getLogger("desktop")  # not __name__, which is "__main__" when this is the program

EPILOG = """\
Photos and folders can also be dropped on the window. If a window is already
open, it comes to the front and takes them.
Agelens works offline: photos never leave this computer.

Exit status: 0 the window was closed or was already open (with --screenshot: the
file is there), 1 the window or the screenshot failed, 2 the command line was
wrong.
"""


def main() -> None:
    """The `agelens` command: show the window until it is closed, and end the process."""
    # In the packaged app the worker's process starts here as well; for it, this call does not return.
    multiprocessing.freeze_support()
    start_log()
    _choose_program_of_worker()
    status = _show(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # on Windows a program without a console has none
            with suppress(OSError):  # nobody reads it any more
                stream.flush()
    # Everything is closed. A call in one of pywebview's threads may still wait for the page, which is gone: it must not
    # keep the process alive.
    os._exit(status)


def _choose_program_of_worker() -> None:
    """Run the worker as `agelens-cli` on macOS: the window's program would wait for the Finder, and be in the Dock."""
    if sys.platform == "darwin" and _PACKAGED:
        multiprocessing.set_executable(str(Path(sys.executable).with_name("agelens-cli")))
        # The worker would otherwise look for the file of this script, which the package does not contain.
        vars(sys.modules["__main__"]).pop("__file__", None)


def _show(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    if sys.platform == "linux" and not any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))):
        print(
            "agelens: there is no display to show a window on (neither DISPLAY nor WAYLAND_DISPLAY is set). "
            f"On a server, {_VIRTUAL}; '{PROGRAM}' needs none.",
            file=sys.stderr,
        )
        return 1
    with suppress(OSError):  # else nobody could remove the current folder, also the worker's, or eject its USB stick
        os.chdir(os.path.expanduser("~"))  # noqa: PTH111  (Path's raises when there is no home folder)
    # Imported here: the worker's process imports this module too, and needs no window.
    from desktop.handover import Handover  # noqa: PLC0415

    handover = Handover()
    if options.screenshot is None and handover.give(options.photos):
        if sys.stdout is not None:
            print("Agelens is already open: its window comes to the front.")
        return 0
    from desktop.app import App  # noqa: PLC0415
    from engine.worker import Worker  # noqa: PLC0415

    try:
        app = App(Worker(), options.photos, options.size, options.screenshot, handover)
        return app.run()
    except Exception as error:
        logger.debug("the window cannot be shown", exc_info=True)
        _complain(f"there is no window: {error}")
        return 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line. Without a console, what options such as `--self-test` print is shown in a message box."""
    if not _NO_CONSOLE:
        return _options(arguments)
    with io.StringIO() as said, redirect_stdout(said), redirect_stderr(said):
        try:
            return _options(arguments)
        except SystemExit as ending:
            _show_box(said.getvalue(), _STOP if ending.code else _INFORMATION)
            raise


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _parser()
    options = parser.parse(arguments)
    if options.screenshot is not None and any(is_same_file(options.screenshot, photo) for photo in options.photos):
        parser.error("the screenshot would replace one of the photos: choose another name")
    return options


def _complain(text: str) -> None:
    """Say why there is no window."""
    if _NO_CONSOLE:
        _show_box(text, _STOP)
    else:
        print(f"agelens: {text}", file=sys.stderr)


def _show_box(text: str, sign: int) -> None:
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415

        ctypes.windll.user32.MessageBoxW(None, text, "Agelens", sign)


def _checks() -> Iterable[tuple[str, Callable[[], str]]]:
    from desktop.self_test import CHECKS  # noqa: PLC0415  (as in _show)

    return CHECKS


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="agelens",
        description="Shows how old the people in photos look, in a window.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "photos",
        metavar="PHOTO",
        nargs="*",
        type=_absolute,
        help="photo to add and analyze right away; of a folder, all photos in it at any depth",
    )
    parser.add_argument(
        "--screenshot",
        metavar="FILE",
        type=_png,
        help="save what the window shows as PNG once all photos are done, and exit",
    )
    parser.add_argument(
        "--size",
        metavar="WIDTHxHEIGHT",
        type=_size,
        help=f"size of the window in pixels, at least {_text(SMALLEST_SIZE)} (default: as last time, at first "
        f"{_text(SIZE)})",
    )
    add_support_options(parser, "agelens", _checks)
    return parser


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as {_text(SIZE)}")
    width, height = int(match[1]), int(match[2])
    if width < SMALLEST_SIZE[0] or height < SMALLEST_SIZE[1]:
        raise argparse.ArgumentTypeError(f"the window is at least {_text(SMALLEST_SIZE)} pixels")
    return width, height


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _absolute(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return os.path.abspath(text)  # noqa: PTH100  (Path.absolute keeps "..")


def _png(text: str) -> Path:
    file = Path(text).absolute()
    if file.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError("the screenshot is a PNG file: its name ends in .png")
    if not os.path.isdir(file.parent):  # noqa: PTH112  (unlike Path's, never an error)
        raise argparse.ArgumentTypeError(f"there is no folder {file.parent}")
    return file


if __name__ == "__main__":
    main()
