"""Which Agelens this is."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import pytest

from engine import version


@pytest.fixture(autouse=True)
def fresh() -> None:
    """What was cached is read again."""
    version.app_commit.cache_clear()


def test_from_source() -> None:
    assert version.version_line("agelens") == f"agelens {metadata.version('agelens')} (from source)"


def test_packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = tmp_path / "build.json"
    build.write_text(json.dumps({"commit": "0123456789ab"}), encoding="utf-8")
    monkeypatch.setattr(version, "_BUILD", build)
    assert version.version_line("agelens-cli").endswith(" (commit 0123456789ab)")
    version.app_commit.cache_clear()


@pytest.mark.parametrize("content", ["", "[]", "{}", "\x00"])
def test_a_damaged_note_of_the_build_is_none(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = tmp_path / "build.json"
    build.write_text(content, encoding="utf-8")
    monkeypatch.setattr(version, "_BUILD", build)
    assert version.app_commit() is None
