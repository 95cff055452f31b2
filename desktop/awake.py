"""Keeps the computer from going to sleep by itself while photos are analyzed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

INTERVAL = 20.0
"""Seconds between checks. No computer goes to sleep that soon, so for a shorter run the system is not asked at all."""

logger = logging.getLogger(__name__)


class Awake:
    """Asks the system to stay awake while a run goes on. The screen may go dark, and closing the lid works as usual.

    Args:
        running: whether photos are being analyzed.
        interval: seconds between checks.
    """

    def __init__(self, running: Callable[[], bool], interval: float = INTERVAL) -> None:
        self._running = running
        self._interval = interval
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="awake", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """Let the computer sleep again. Whatever is still held then ends with the process."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(self._interval):
            if self._running():
                try:
                    self._stay_awake()
                except Exception:
                    logger.info("the system did not answer", exc_info=True)

    def _stay_awake(self) -> None:
        from wakepy import keep  # noqa: PLC0415  (most windows do without)

        with keep.running(on_fail=lambda result: logger.info(result.get_failure_text())):
            while self._running() and not self._closed.wait(self._interval):
                pass
