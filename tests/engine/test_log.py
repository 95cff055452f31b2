"""The log for reports of bugs, in processes of its own: pytest has its own handlers of crashes and exceptions."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.log import VARIABLE
from engine.worker import Worker

ROOT = Path(__file__).resolve().parents[2]

FAILING = """
import threading
from engine.log import start_log
start_log()
thread = threading.Thread(target=lambda: 1 / 0, name="drop")
thread.start()
thread.join()
raise OSError("made up")
"""


def run(arguments: list[str], folder: Path, log: str | None) -> subprocess.CompletedProcess[str]:
    """A Python that starts in a folder, with a log or without."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop(VARIABLE, None)
    if log is not None:
        environment[VARIABLE] = log
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("log", [None, ""])
def test_without_the_variable_nothing_is_written(tmp_path: Path, log: str | None) -> None:
    done = run(["-c", FAILING], tmp_path, log)
    assert "OSError: made up" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_exceptions_that_nobody_catches(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("an earlier run\n", encoding="utf-8")
    done = run(["-c", FAILING], tmp_path, "log.txt")
    log = (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert log.startswith("an earlier run\n")
    assert " drop CRITICAL engine.log: not caught\nTraceback" in log
    for error in ("ZeroDivisionError: division by zero", "OSError: made up"):
        assert error in log
        assert error in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_the_user_can_read_a_new_log(tmp_path: Path) -> None:
    run(["-c", FAILING], tmp_path, "log.txt")
    assert (tmp_path / "log.txt").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("log", [".", "missing/log.txt"])
def test_a_file_that_cannot_be_opened_is_told_and_no_more(tmp_path: Path, log: str) -> None:
    done = run(["-m", "engine", "--version"], tmp_path, log)
    assert done.returncode == 0
    assert done.stderr.startswith(f"agelens: the log cannot be written to {log!r}: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no current folder, and has no such device")
def test_neither_a_folder_that_is_gone_nor_a_full_disk_gives_a_traceback(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    start = "from engine.log import start_log; start_log()"
    done = run(["-c", f"import os; os.rmdir(os.getcwd()); {start}"], folder, "log.txt")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    done = run(["-c", f"{start}; import logging; logging.getLogger('engine').error('one')"], tmp_path, "/dev/full")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("program", ["engine", "desktop"])
def test_window_and_command_line_have_one(tmp_path: Path, program: str) -> None:
    done = run(["-m", program, "--version"], tmp_path, "log.txt")
    assert done.returncode == 0, done.stderr
    version = done.stdout.strip().partition(" ")[2]
    assert f" INFO engine.log: agelens {version}, Python " in (tmp_path / "log.txt").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="uses POSIX signals")
def test_the_worker_writes_errors_and_crashes_although_it_is_confined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, astronaut_photo: Path
) -> None:
    caplog.set_level(logging.DEBUG, "engine")
    log = tmp_path / "log.txt"
    monkeypatch.setenv(VARIABLE, str(log))
    with Worker() as worker:
        worker.wait_ready()
        failed = worker.explain(astronaut_photo, {"width": 512, "height": 512, "rotated": 0}, [[0, 0]] * 5).record
        assert worker._process is not None
        process = worker._process.pid
        assert process is not None
        answer = worker._answer
        # Once it has begun, or the photo would not be to blame.
        monkeypatch.setattr(worker, "_answer", lambda limit: (answer(limit), os.kill(process, signal.SIGSEGV))[0])
        crashed = worker.analyze(astronaut_photo).record
    assert failed is not None
    assert crashed is not None
    assert failed["error"]["code"] == crashed["error"]["code"] == "crashed"
    written = log.read_text(encoding="utf-8")
    assert f" agelens-worker {process} MainThread DEBUG " in written
    assert ": confinement in force: " in written
    assert f": explain {str(astronaut_photo)!r}\n" in written
    assert ", in explain\n" in written
    assert "Fatal Python error: Segmentation fault" in written
    assert f"analyze {str(astronaut_photo)!r}: The photo made the analysis crash." in caplog.text
    assert f"the worker's process ended with exit code {-signal.SIGSEGV}" in caplog.text
