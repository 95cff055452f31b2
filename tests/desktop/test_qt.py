"""desktop.qt"""

from __future__ import annotations

import os
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


@pytest.mark.skipif(sys.platform != "linux", reason="Qt draws the window on Linux only")
def test_the_process_outlives_many_calls_of_qt() -> None:
    # Before Python 3.12 each of them loses a reference to None or True, of which there are some thousand.
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(
        [sys.executable, "-c", MANY_CALLS],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "40000"), ended.stderr[-2000:]
