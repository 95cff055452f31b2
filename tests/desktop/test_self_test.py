"""What `--self-test` tries of the window."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktop import self_test

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Qt draws the window on Linux only")


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where Qt's plugins are looked for, still empty; no variable tells anything about the desktop."""
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(self_test, "_platform_plugins", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("display", "wayland", "name"), [("", "", "xcb"), (":0", "", "xcb"), ("", "wayland-0", "wayland")]
)
def test_a_platform_plugin_that_cannot_be_loaded_is_told(
    plugins: Path, monkeypatch: pytest.MonkeyPatch, display: str, wayland: str, name: str
) -> None:
    """As when a system library is missing: Qt would abort the process."""
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("WAYLAND_DISPLAY", wayland)
    (plugins / f"libq{name}.so").write_bytes(b"no library")
    with pytest.raises(OSError, match=rf"libq{name}.so: file too short"):
        dict(self_test.CHECKS)["window"]()


@pytest.mark.parametrize("good", ["wayland", "xcb"])
def test_one_way_to_the_display_is_enough(plugins: Path, monkeypatch: pytest.MonkeyPatch, good: str) -> None:
    assert plugins
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setattr(self_test, "_trouble_with", lambda plugin: None if plugin == good else OSError(plugin))
    assert dict(self_test.CHECKS)["window"]().startswith("Qt 6.")


def test_where_another_platform_is_asked_for_only_qt_itself_is_tried(
    plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert dict(self_test.CHECKS)["window"]().startswith("Qt 6.")
