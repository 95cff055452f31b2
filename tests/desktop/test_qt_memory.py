"""desktop.qt_memory"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MANY_CALLS = """
import sys
from desktop.qt import prepare
application = prepare("Agelens")
from PySide6.QtCore import QObject, Signal
class Sender(QObject):
    sent = Signal(str)
sender = Sender()
heard = []
sender.sent.connect(lambda text: heard.append(1))
for _ in range(40_000):
    sender.sent.emit("x")
    sender.setObjectName("x")
    sender.signalsBlocked()
print(len(heard))
"""

LARGE_BLOCKS = """
import ctypes
from desktop.qt_memory import give_large_blocks_back
class Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]
mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Mallinfo
give_large_blocks_back()
del_me = bytes(8_000_000)
del del_me  # from now on glibc would put what is smaller into the heap
before = mallinfo().hblks
pictures = [bytes(300_000) for _ in range(20)]
print(mallinfo().hblks - before)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Qt draws the window on Linux only")


def run(script: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_process_outlives_many_calls_of_qt() -> None:
    # Before Python 3.12 each of them loses a reference to None or True, of which there are some thousand.
    ended = run(MANY_CALLS)
    assert (ended.returncode, ended.stdout.strip()) == (0, "40000"), ended.stderr[-2000:]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that would keep them")
def test_a_picture_has_memory_of_its_own_even_after_a_larger_one() -> None:
    ended = run(LARGE_BLOCKS)
    assert ended.stdout.strip() == "20", ended.stderr[-2000:]
