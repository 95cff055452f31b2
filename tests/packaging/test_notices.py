"""The licenses of everything in the bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
from notices import Package, write_notices


def package(name: str, licence: str, *texts: Path) -> Package:
    return Package(name, "1.2", licence, "https://example.org", f"{name}'s author", texts, "pypi")


def test_names_and_texts(tmp_path: Path) -> None:
    text = tmp_path / "LICENSE"
    text.write_text("Do what you like.\n", encoding="utf-8")
    write_notices([package("one", "0BSD", text), package("two", "0BSD", text)], tmp_path / "notices.txt")
    notices = (tmp_path / "notices.txt").read_text(encoding="utf-8")
    assert "one 1.2\n0BSD\nhttps://example.org" in notices
    assert notices.count("Do what you like.") == 1
    assert "the same as that of one" in notices


def test_a_package_without_a_text_gets_the_one_of_its_licence(tmp_path: Path) -> None:
    write_notices([package("bare", "MIT")], tmp_path / "notices.txt")
    notices = (tmp_path / "notices.txt").read_text(encoding="utf-8")
    assert "Copyright (c) bare's author" in notices
    assert "Permission is hereby granted" in notices


def test_qts_licence_is_told_in_full(tmp_path: Path) -> None:
    write_notices([package("PySide6_Essentials", "LGPL-3.0-only")], tmp_path / "notices.txt")
    notices = (tmp_path / "notices.txt").read_text(encoding="utf-8")
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in notices
    assert "you may replace them" in notices.replace("\n", " ")


def test_a_package_of_which_nothing_is_known_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="strange"):
        write_notices([package("strange", "")], tmp_path / "notices.txt")
