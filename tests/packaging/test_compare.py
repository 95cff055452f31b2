"""Two builds side by side."""

from __future__ import annotations

from pathlib import Path

from compare import differences


def build(folder: Path) -> Path:
    (folder / "inside").mkdir(parents=True)
    for name in ("same", "other", "program"):
        (folder / "inside" / name).write_bytes(name.encode())
    (folder / "link").symlink_to("inside/same")
    return folder


def test_the_same(tmp_path: Path) -> None:
    assert differences(build(tmp_path / "one"), build(tmp_path / "two")) == []


def test_what_differs_is_told(tmp_path: Path) -> None:
    one, two = build(tmp_path / "one"), build(tmp_path / "two")
    (two / "inside" / "other").write_bytes(b"else")
    (two / "inside" / "program").chmod(0o755)
    (two / "new").touch()
    (one / "link").unlink()
    (one / "link").symlink_to("inside/other")
    assert differences(one, two) == ["inside/other", "inside/program", "link", "new"]
    assert differences(two, one) == differences(one, two)
