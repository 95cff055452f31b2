"""What the scripts that drive a real window have in common."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

PICTURES = "[...document.images].filter((image) => image.naturalWidth > 0).length"
"""How many pictures the page shows."""


def waits(seconds: float) -> Callable[[Callable[[], object], str], None]:
    """A function that waits until a condition holds, within the time that is left, and says what did not come."""
    end = time.monotonic() + seconds

    def until(condition: Callable[[], object], what: str) -> None:
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(what)
            time.sleep(0.05)

    return until


def run_driven(app: Any, ready: Any, drive: Callable[[], object], failed: Callable[[str], object]) -> int:
    """Run the app until `drive`, in a thread of its own, has ended. Returns the app's exit status.

    Args:
        app: a `desktop.app.App`.
        ready: the event of pywebview's window after which driving begins.
        drive: does things with the window.
        failed: is given the traceback if `drive` raises.
    """

    def work() -> None:
        try:
            ready.wait(60)
            drive()
        except BaseException:
            failed(traceback.format_exc())
        app.window.close()

    threading.Thread(target=work, daemon=True).start()
    return int(app.run())
