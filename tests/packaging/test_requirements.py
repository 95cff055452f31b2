"""The list of the bundle's packages fits what the project requires and what it is developed with."""

from __future__ import annotations

import tomllib
from importlib import metadata

import pytest
from bundle import HERE
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from project import ROOT

LINES = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
PINNED = {
    canonicalize_name(requirement.name): requirement
    for requirement in (Requirement(line) for line in LINES if line and not line.startswith("#"))
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OTHERS = {"altgraph", "macholib", "pefile", "pyinstaller", "pyinstaller-hooks-contrib", "pywin32-ctypes"}
"""Only the build has these."""


def test_every_version_is_pinned() -> None:
    for requirement in PINNED.values():
        assert [one.operator for one in requirement.specifier] == ["=="], requirement


@pytest.mark.parametrize("text", PROJECT["dependencies"])
def test_the_projects_requirements_are_met(text: str) -> None:
    asked = Requirement(text)
    pinned = PINNED[canonicalize_name(asked.name)]
    version = next(iter(pinned.specifier)).version
    assert asked.specifier.contains(version)
    assert pinned.marker is None or asked.marker is not None


def test_a_package_that_another_one_asks_for_is_there() -> None:
    """Except for what the bundle deliberately does without (see the top of the list)."""
    without = {"opencv-python", "scikit-image", "scipy"}
    for name, requirement in PINNED.items():
        if name in OTHERS or (requirement.marker is not None and not requirement.marker.evaluate()):
            continue
        try:
            asked = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            assert name == "opencv-python-headless"
            continue
        needed = [Requirement(text) for text in asked]
        names = {
            canonicalize_name(one.name) for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})
        }
        assert names - without <= PINNED.keys(), name


def test_it_is_what_the_app_is_developed_with() -> None:
    """The installed packages have the shipped versions, so that the tests apply to what ships. A newer version is no
    fault of the code, so only packages that could change results are compared, by the first two numbers."""
    for name in ("insightface", "numpy", "onnxruntime", "pillow", "pillow-heif", "pywebview"):
        pinned = next(iter(PINNED[name].specifier)).version
        assert metadata.version(name).split(".")[:2] == pinned.split(".")[:2], f"requirements.txt: {name}"
