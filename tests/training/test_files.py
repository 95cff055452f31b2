"""Files are either the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from training.files import ROOT, read_json, write_atomic, write_json


def test_root_is_the_repository() -> None:
    assert (ROOT / "pyproject.toml").is_file()


def test_write_atomic_makes_folders_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.bin"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.bin"]


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    path = tmp_path / "file.bin"
    write_atomic(path, b"old")

    def broken(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken) if fails == "fsync" else patch.setattr(os, "replace", broken)
        with pytest.raises(OSError, match="no space"):
            write_atomic(path, b"half of the new one")
    assert path.read_bytes() == b"old"
    write_atomic(path, b"new")  # what the failure left behind is in no one's way
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.bin"]


def test_json_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    value = {"name": "größe 日本", "figures": [1.5, None, {"deep": True}]}
    write_json(path, value)
    assert read_json(path) == value
    text = path.read_text(encoding="utf-8")
    assert "größe 日本" in text  # readable, not escaped
    assert text.endswith("}\n")
    assert text.count("\n") > 3


def test_a_value_that_json_cannot_hold_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    write_json(path, 1)
    with pytest.raises(TypeError):
        write_json(path, {"bad": object()})
    assert read_json(path) == 1
