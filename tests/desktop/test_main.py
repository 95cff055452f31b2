"""The command line of desktop.__main__, run as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "desktop", *arguments],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_tells_everything() -> None:
    answer = run("--help")
    assert answer.returncode == 0
    for word in ("PHOTO", "--screenshot FILE", "--size WIDTHxHEIGHT", "Exit status", "never leave this computer"):
        assert word in answer.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be without a display")
def test_without_a_display_it_says_what_to_do() -> None:
    answer = run("photo.jpg")
    assert answer.returncode == 1
    assert "no display" in answer.stderr
    assert "dev.py run" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--size", "10x10"],
        ["--size", "wide"],
        ["--size", "99999999x800"],
        ["--screenshot", "picture.jpg"],
        ["--screenshot", "/no/such/folder/picture.png"],
        ["--unheard-of"],
    ],
)
def test_a_wrong_command_line_is_status_2(arguments: list[str]) -> None:
    answer = run(*arguments)
    assert answer.returncode == 2
    assert "usage:" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_worker_process_does_not_load_the_window() -> None:
    """It imports the main module again (spawn)."""
    script = (
        "import sys, desktop.__main__; print([name for name in ('webview', 'PySide6', 'numpy') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_the_window_process_does_not_load_the_models() -> None:
    script = (
        "import sys, desktop.app, engine.worker\n"
        "print([name for name in ('cv2', 'onnxruntime', 'insightface', 'torch') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout.strip() == "[]"
