"""Looks at many files."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.looks import look_at

ROOT = Path(__file__).parents[2]


def test_many_are_looked_at_at_once_and_answered_in_their_order() -> None:
    together = threading.Barrier(8)  # which one alone would wait at in vain

    def look(item: int) -> int:
        together.wait(timeout=30)
        return item * item

    assert look_at(iter(range(8)), look) == [(item, item * item) for item in range(8)]


@pytest.mark.parametrize("items", [[], [3]])
def test_a_single_look_needs_no_thread(items: list[int]) -> None:
    here = threading.current_thread()
    assert look_at(items, lambda _: threading.current_thread() is here) == [(item, True) for item in items]


def test_a_look_that_fails_is_told() -> None:
    with pytest.raises(OSError, match="gone"):
        look_at([1, 2], _failing)


HANGING = """
import os, signal, sys, threading
from engine.looks import look_at

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGINT, interrupt)
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    look_at([1, 2, 3], lambda item: threading.Event().wait() if item == 2 else item)
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches processes differently on Windows")
def test_a_look_that_hangs_does_not_keep_the_program_from_ending() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGING], cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == 7


def _failing(_: int) -> None:
    raise OSError("gone")
