"""What `pip install` takes from a clone besides the modules."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LIST = """
from pathlib import Path
from setuptools import Distribution
distribution = Distribution()
distribution.parse_config_files(["pyproject.toml"])
build = distribution.get_command_obj("build_py")
build.ensure_finalized()
for _, folder, _, names in build.get_data_files_without_manifest():
    for name in names:
        print(Path(folder, name).as_posix())
"""
"""A program of its own: setuptools wants to be there before anything else imports Python's distutils."""


def test_a_wheel_has_models_page_and_self_test() -> None:
    """All that is in the folders, and so the detector too once it is built."""
    version = next((one.version for one in metadata.distributions(name="setuptools")), "0")
    if int(version.split(".")[0]) < 77:
        pytest.skip("needs setuptools 77 or later, which builds the wheel")
    listed = subprocess.run([sys.executable, "-c", LIST], cwd=ROOT, capture_output=True, text=True, check=True)
    found = [path for folder in ("engine", "ui") for path in (ROOT / folder).rglob("[!.]*.*") if path.is_file()]
    files = {path.relative_to(ROOT).as_posix() for path in found if path.suffix not in (".py", ".pyc")}
    assert "engine/models/age.onnx" in files
    assert set(listed.stdout.splitlines()) == files
