"""`--self-test`, as somebody with trouble runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine import self_test as module
from engine.self_test import self_test

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("program", ["engine", "desktop"])
def test_a_working_installation(program: str) -> None:
    command = [sys.executable, "-m", program, "--self-test"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok      analysis: a face that looks " in done.stdout
    assert done.stdout.endswith("Everything works.\n")
    assert ("ok      window: " in done.stdout) == (program == "desktop")


def test_heic_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.heic"
    broken.write_bytes(module.HEIC_PICTURE.read_bytes()[:-100])
    monkeypatch.setattr(module, "HEIC_PICTURE", broken)
    self_test("agelens", ())
    assert "FAILED  photo formats: The file is damaged" in capsys.readouterr().out


def test_what_does_not_work_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> str:
        raise OSError("no such window")

    picture = tmp_path / "none.jpg"
    picture.write_bytes(b"no picture")
    monkeypatch.setattr(module, "PICTURE", picture)
    assert self_test("agelens", [("window", broken), ("page", lambda: "here")]) == 1
    said = capsys.readouterr().out
    assert "FAILED  photo formats" in said
    assert "FAILED  analysis: the built-in picture gave" in said
    assert "FAILED  window: no such window" in said
    assert "ok      page: here" in said
    assert said.endswith("3 of these do not work.\n")
