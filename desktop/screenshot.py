"""`--screenshot`: a picture of the window once every photo is done and drawn."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from desktop.window import Window
from engine.files import reason, replacing

PATIENCE = 180.0
"""Least seconds to wait, mostly for the models on a slow machine."""

PATIENCE_PER_PHOTO = 10.0

_STEP = 0.1
_IDLE = "document.documentElement.dataset.idle"  # the page says "true" when nothing runs and every picture is loaded
_WATCH = """
(async () => {
  window.agelensStill = false;
  for (let still = 0; still < 3; ) {  // the first of these frames is on the screen when the third is drawn
    // A window that is covered may draw none.
    await new Promise((go) => { requestAnimationFrame(go); setTimeout(go, 5000); });
    const moves = document.getAnimations().some((one) => one instanceof CSSTransition);
    still = document.documentElement.dataset.idle === 'true' && !moves ? still + 1 : 0;
  }
  window.agelensStill = true;
})();
1
"""
"""Has the page say when it has been drawn, including what a frame has added to it, and nothing moves."""


class ScreenshotError(Exception):
    """There is no screenshot. The text is meant for the user."""


def take_screenshot(
    window: Window, file: Path, failed: Callable[[], str | None], done: Callable[[], bool], photos: int
) -> None:
    """Wait until everything is done and drawn, then save what the window shows as PNG.

    Args:
        window: the window, shown.
        file: where to; it is replaced in one step.
        failed: gives a sentence once it is certain that nothing more will come.
        done: whether all photos have their results.
        photos: how many there are, for the time to wait.

    Raises:
        ScreenshotError: nothing came in time, or the picture could not be taken or saved.
    """
    limit = PATIENCE + PATIENCE_PER_PHOTO * photos
    end = time.monotonic() + limit

    def wait_until(ready: Callable[[], bool]) -> None:
        while not ready():
            if (message := failed()) is not None:
                raise ScreenshotError(message)
            if time.monotonic() > end:
                raise ScreenshotError(f"The photos were not done and drawn within {limit:.0f} seconds.")
            time.sleep(_STEP)

    wait_until(lambda: done() and window.ask(_IDLE) == "true")
    window.ask(_WATCH)
    wait_until(lambda: bool(window.ask("window.agelensStill")))
    picture = _grab(window)
    if picture is None:
        raise ScreenshotError("There is no picture of the window.")
    try:
        with replacing(file) as stream:
            stream.write(picture)
    except OSError as error:
        raise ScreenshotError(f"The window's picture could not be saved as {file}: {reason(error)}.") from error


def _grab(window: Window) -> bytes | None:
    """A PNG file of what the window shows, None when that fails."""
    if sys.platform == "linux":
        from desktop.qt import grab  # noqa: PLC0415

        return grab(window.native)
    from PIL import ImageGrab  # noqa: PLC0415

    native = window.native
    if sys.platform == "darwin":
        image = ImageGrab.grab(window=native.windowNumber())
    else:  # a Windows form, in pixels of the screen
        image = ImageGrab.grab((native.Left, native.Top, native.Right, native.Bottom), all_screens=True)
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
