"""What `pip install` takes from a clone besides the modules."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

setuptools = pytest.importorskip("setuptools", reason="needs setuptools, which builds the wheel")


def test_a_wheel_has_models_page_and_self_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is in the folders, and so the detector too once it is built."""
    monkeypatch.chdir(ROOT)
    distribution = setuptools.Distribution()
    distribution.parse_config_files(["pyproject.toml"])
    build = distribution.get_command_obj("build_py")
    build.ensure_finalized()
    packed = {Path(folder, name) for _, folder, _, names in build.get_data_files_without_manifest() for name in names}
    files = {path for folder in ("engine", "ui") for path in Path(folder).rglob("[!.]*.*") if path.is_file()}
    assert Path("engine/models/age.onnx") in files
    assert packed == {path for path in files if path.suffix not in (".py", ".pyc")}
