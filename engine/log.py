"""The log that a user may send with a report of a bug: written only if AGELENS_LOG names a file for it."""

from __future__ import annotations

import faulthandler
import logging
import os
import platform
import sys
import threading
from pathlib import Path
from types import TracebackType

from engine.files import reason

VARIABLE = "AGELENS_LOG"

logger = logging.getLogger(__name__)


def start_log() -> None:
    """Append to the file in AGELENS_LOG what Agelens logs in this process, uncaught exceptions and crashes.

    Call it before the process is confined, and before it changes its folder. Without the variable, nothing is written;
    if the file cannot be opened, standard error says so.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        return
    try:
        file = Path(name).absolute()  # fails where the current folder has been removed
        file.touch(0o600)  # it contains paths of photos
        stream = file.open("a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        del os.environ[VARIABLE]  # the worker's process need not say it again
        print(f"agelens: the log cannot be written to {name!r}: {reason(error)}", file=sys.stderr)
        return
    os.environ[VARIABLE] = str(file)  # for the worker's process, which may begin in another folder
    layout = "%(asctime)s %(processName)s %(process)d %(threadName)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(stream=stream, format=layout)
    logging.raiseExceptions = False  # a full disk is no reason for a traceback at each line
    for package in ("engine", "desktop"):
        logging.getLogger(package).setLevel(logging.DEBUG)
    faulthandler.enable(stream)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    from engine.version import version_line  # noqa: PLC0415  (takes time, and mostly there is no log)

    system = f"Python {platform.python_version()} on {platform.platform()}"
    logger.info("%s, %s", version_line("agelens"), system)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logger.critical("not caught", exc_info=error)
    sys.__excepthook__(kind, error, trace)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    logger.critical("not caught", exc_info=args.exc_value)
    threading.__excepthook__(args)
