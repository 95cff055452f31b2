"""One window for all starts: a start while a window is open gives that window its photos, and ends.

A file manager may start a program once for each photo that is opened with it. The Finder instead gives them to the
running program (`desktop.cocoa`).
"""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, BinaryIO

import platformdirs

from desktop.filelock import try_lock
from engine.files import PRIVATE

PATIENCE = 5.0
"""Seconds that a window has to answer."""

_MOST_BYTES = 2**24
_MOST_WAITING = 64
_TAKEN = b"taken"

_ACTIVATION = "XDG_ACTIVATION_TOKEN"
"""Variable in which a Wayland desktop gives a new process the right to come to the front; Qt reads it when it does."""

logger = logging.getLogger(__name__)


class Handover:
    """Where the starts of one installation on one screen meet.

    The first to lock a file has the window and listens; photos that are given before the window is there wait for it.

    Args:
        folder: where the lock is; by default the platform's folder for app data.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or platformdirs.user_data_path("Agelens", appauthor=False)
        self._door: threading.Thread | None = None
        self._given: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        self._answers: Callable[[], bool] = lambda: True
        self._closed = False

    def give(self, photos: Sequence[str]) -> bool:
        """Give the photos to the open window; if there is none, listen for those of later starts.

        If two starts cannot reach each other, each has its own window.

        Args:
            photos: absolute paths of files and folders. Without any, the window only comes to the front.

        Returns:
            whether a window has taken them.
        """
        end = time.monotonic() + PATIENCE
        try:
            while not self._listen():
                if _gave(self._address, photos):
                    return True
                if time.monotonic() > end:
                    logger.warning("another window is open and does not answer")
                    return False
                time.sleep(0.05)  # the other one is just starting or ending
        except Exception:  # whatever it is, a second window is better than none
            logger.info("starts cannot meet", exc_info=True)
        return False

    def receive(self, take: Callable[[list[str]], object], answers: Callable[[], bool]) -> None:
        """The window is there: from now on it takes the photos of each later start, unless it hangs.

        Args:
            take: called with the photos of each start. It must return at once.
            answers: whether the window responds, rather than hangs. Asked before a start is told that its photos are
                taken; if not, that start has its own window.
        """
        self._answers = answers

        def hand_on() -> None:
            while True:
                take(self._given.get())

        threading.Thread(target=hand_on, name="handover", daemon=True).start()

    def close(self) -> None:
        """The window is closing: the next start has its own. May be called more than once."""
        self._closed = True
        if self._door is not None and self._door.is_alive():
            # Only a connection wakes the door. Made in another thread, as the GUI's must not wait for its acceptance.
            threading.Thread(target=_gave, args=(self._address, ()), daemon=True).start()
            self._door.join(1)

    @cached_property
    def _address(self) -> str:
        display = ("WAYLAND_DISPLAY", "DISPLAY", "SESSIONNAME")  # the last is Windows'
        meeting = [str(self._folder), _program(), *(os.environ.get(name, "") for name in display)]
        digest = hashlib.sha256("\0".join(meeting).encode(errors="surrogatepass")).hexdigest()
        key = digest[:8]  # an address has room for a hundred characters
        return rf"\\.\pipe\Agelens-{key}" if sys.platform == "win32" else str(self._folder / f"window-{key}.sock")

    def _listen(self) -> bool:
        """Listen for later starts, if this is the first; returns whether it is."""
        self._folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        address = self._address
        file = self._folder / f"{Path(address).stem}.lock"
        lock = file.open("ab")
        if not try_lock(lock):
            lock.close()
            return False
        try:
            if sys.platform != "win32":
                file.chmod(0o600)  # whoever can open it can lock it, and a folder made by others may let everybody in
                Path(address).unlink(missing_ok=True)  # left by a process that was killed
            listener = Listener(address, backlog=_MOST_WAITING)
            if sys.platform != "win32":
                Path(address).chmod(0o600)
        except OSError:
            lock.close()
            raise
        self._door = threading.Thread(target=self._serve, args=(listener, lock), name="door", daemon=True)
        self._door.start()
        return True

    def _serve(self, listener: Listener, lock: BinaryIO) -> None:
        # The lock is released last: Windows refuses a new pipe while somebody still waits at the old one.
        with lock, listener:  # which deletes its socket
            while not self._closed:
                with suppress(OSError, EOFError, ValueError), listener.accept() as connection:
                    self._answer(connection)

    def _answer(self, connection: Connection[Any, Any]) -> None:
        if self._closed or not connection.poll(PATIENCE):
            return
        token, *photos = os.fsdecode(connection.recv_bytes(_MOST_BYTES)).split("\0")
        if self._answers() and not self._closed:
            connection.send_bytes(_TAKEN)  # fails when the start has waited too long and has its own window
            if token:
                os.environ[_ACTIVATION] = token
            self._given.put([path for path in photos if os.path.isabs(path)])  # noqa: PTH117


def _program() -> str:
    """The file that was started. An AppImage is mounted in another folder at each start, and names itself."""
    image, folder = os.environ.get("APPIMAGE"), os.environ.get("APPDIR")
    # If Agelens was started by another AppImage, as a terminal may be one, these are that one's.
    if image and folder and Path(sys.executable).resolve().is_relative_to(Path(folder).resolve()):
        return image
    return sys.executable


def _gave(address: str, photos: Sequence[str]) -> bool:
    with suppress(OSError, EOFError), Client(address) as connection:
        if sys.platform == "win32":  # else the other process's window may only blink in the task bar
            import ctypes  # noqa: PLC0415

            ctypes.windll.user32.AllowSetForegroundWindow(0xFFFFFFFF)
        connection.send_bytes(os.fsencode("\0".join([os.environ.get(_ACTIVATION, ""), *photos])))
        return connection.poll(PATIENCE) and connection.recv_bytes(len(_TAKEN)) == _TAKEN
    return False
