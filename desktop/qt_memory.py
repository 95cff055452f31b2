"""What keeps a window of Qt alive and its memory flat, through however many photos (docs/architecture.md, "Soak")."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer

JS_FLAGS = "--initial-old-space-size=8 --no-compilation-cache --expose-gc"
"""Options of V8, the page's engine. Each event is a script that never runs again: V8 would keep thousands in case they
do, and would rarely collect the others. `collect_garbage` needs the last option."""

INTERVAL = 5.0
"""Seconds between two collections of the page's garbage."""

WORTH = 20
"""Scripts after which a collection is worthwhile."""

_M_MMAP_THRESHOLD = -3
_LARGE = 128 * 1024
"""Bytes from which a block of memory counts as large; the threshold with which glibc starts."""


def hold_singletons() -> None:
    """Give None, True and False more references than can ever be lost.

    From Python 3.12 on they are immortal. Before that their references are counted, but PySide6 6.12 is compiled as if
    they were not: each call that returns one loses a reference to it, and after some thousand events none would be
    left, which ends the process ("none_dealloc").
    """
    if sys.version_info < (3, 12):
        for singleton in (None, True, False):
            # The count is an object's first field.
            ctypes.c_ssize_t.from_address(id(singleton)).value += sys.maxsize // 4


def give_large_blocks_back() -> None:
    """Have the C library give the memory of a picture back to the system as soon as it is free.

    glibc does so with large blocks, but raises its threshold to the largest block freed so far, up to 32 MB: pictures
    would then share a heap with longer-lived objects and leave it full of holes. A threshold that is set stays.
    """
    mallopt: Callable[[int, int], int] | None = getattr(ctypes.CDLL(None), "mallopt", None)  # not in every C library
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def collect_garbage(native: Any, scripts: Callable[[], int]) -> None:
    """Have the page's garbage collected now and then, while there are events. In the GUI's thread.

    Args:
        native: pywebview's `BrowserView`; the collection ends with it.
        scripts: how many scripts the page has been given so far.
    """
    before = scripts()

    def collect() -> None:
        nonlocal before
        now = scripts()
        if now - before >= WORTH:
            before = now
            native.webview.page().runJavaScript("gc()")

    timer = QTimer(native)
    timer.setInterval(int(1000 * INTERVAL))
    timer.timeout.connect(collect)
    timer.start()
