"""Two builds side by side."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from compare import differences


def build(folder: Path) -> Path:
    (folder / "inside").mkdir(parents=True)
    for name in ("same", "other", "program"):
        (folder / "inside" / name).write_bytes(name.encode())
    return folder


def test_the_same(tmp_path: Path) -> None:
    assert differences(build(tmp_path / "one"), build(tmp_path / "two")) == []


def test_what_differs_is_told(tmp_path: Path) -> None:
    one, two = build(tmp_path / "one"), build(tmp_path / "two")
    (two / "inside" / "other").write_bytes(b"else")
    (two / "new").touch()
    assert differences(one, two) == ["inside/other", "new"]
    assert differences(two, one) == differences(one, two)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_another_permission_is_a_difference(tmp_path: Path) -> None:
    one, two = build(tmp_path / "one"), build(tmp_path / "two")
    (two / "inside" / "program").chmod(0o755)
    assert differences(one, two) == ["inside/program"]


@pytest.mark.usefixtures("links")
def test_links_differ_by_where_they_lead(tmp_path: Path) -> None:
    one, two = build(tmp_path / "one"), build(tmp_path / "two")
    for folder, other in ((one, "inside/same"), (two, "inside/other")):
        (folder / "alike").symlink_to("inside/same")
        (folder / "link").symlink_to(other)
    assert differences(one, two) == ["link"]
