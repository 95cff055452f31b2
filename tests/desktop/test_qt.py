"""desktop.qt. What it does with a window is in test_window.py and test_ways_out.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ON_ARCH = """
import os
os.environ["QT_API"] = "pyside6"
os.geteuid = lambda: 1000
from qtpy import QtCore
class Arch(QtCore.QSysInfo):
    @staticmethod
    def productType():
        return "arch"
QtCore.QSysInfo = Arch
from desktop.qt import prepare
application = prepare("Agelens")
import webview.platforms.qt
print(os.environ["QTWEBENGINE_CHROMIUM_FLAGS"])
print(application.style().name())
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Qt draws the window on Linux only")


def prepared(**environment: str) -> list[str]:
    """Chromium's flags and Qt's style."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"} | environment
    command = [sys.executable, "-c", ON_ARCH]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout.splitlines()


@pytest.mark.parametrize("given", ["--disable-gpu", "--disable-gpu --no-sandbox"])
def test_only_the_user_turns_the_sandbox_off_whatever_the_distribution(given: str) -> None:
    flags, _ = prepared(QTWEBENGINE_CHROMIUM_FLAGS=given)
    assert flags.split()[: len(given.split())] == given.split()
    assert flags.count("--no-sandbox") == given.count("--no-sandbox")


@pytest.mark.parametrize("given", ['"', '--js-flags="--a --b', '"--a --remote-debugging-port=9222"'])
def test_a_quote_without_an_end_takes_in_none_of_our_flags(given: str) -> None:
    flags, _ = prepared(QTWEBENGINE_CHROMIUM_FLAGS=given)
    outside = "".join(flags.split('"')[::2]).split()  # as Qt parses them
    assert {"--log-level=3", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp"} <= set(outside)
    assert "--host-resolver-rules=" in outside
    assert "remote-debugging" not in flags


@pytest.mark.parametrize("given", ["--disable-gpu --", '--disable-gpu -"-"', '--disable-gpu "-- "'])
def test_no_flag_of_the_user_ends_the_flags(given: str) -> None:
    flags, _ = prepared(QTWEBENGINE_CHROMIUM_FLAGS=given)
    assert flags.replace('"', "").split()[:2] == ["--disable-gpu", "--log-level=3"]


def test_the_user_chooses_the_style_as_of_every_program_of_qt() -> None:
    _, style = prepared(QT_STYLE_OVERRIDE="windows")
    assert style == "windows"
