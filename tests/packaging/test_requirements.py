"""The list of the bundle's packages fits what the project requires and what these packages require.

What is installed in a clone may be newer; the listed versions are tested by `python3 dev.py try-bundle`, and on GitHub.
"""

from __future__ import annotations

import sys
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
OTHERS = {"altgraph", "macholib", "pefile", "pyinstaller", "pyinstaller-hooks-contrib", "pywin32-ctypes", "setuptools"}
"""Only the build has these."""
SYSTEMS = {
    "linux": {"platform_system": "Linux", "os_name": "posix"},
    "win32": {"platform_system": "Windows", "os_name": "nt"},
    "darwin": {"platform_system": "Darwin", "os_name": "posix"},
}
"""By `sys.platform`: what else packages ask about the system."""


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


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_package_that_another_one_asks_for_is_there(system: str) -> None:
    """Except for what the bundle deliberately does without (see the top of the list)."""
    # The last is tqdm's, for colors in Windows' console.
    without = {"opencv-python", "scikit-image", "scipy", "colorama"}
    environment = {"extra": "", "sys_platform": system, **SYSTEMS[system]}
    for name, requirement in PINNED.items():
        if name in OTHERS or (requirement.marker is not None and not requirement.marker.evaluate(environment)):
            continue
        try:
            installed = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            assert name == "opencv-python-headless" or system != sys.platform
            continue
        if not requirement.specifier.contains(installed.version):
            continue  # another version may ask for others
        needed = [Requirement(text) for text in installed.requires or []]
        names = {
            canonicalize_name(one.name) for one in needed if one.marker is None or one.marker.evaluate(environment)
        }
        assert names - without <= PINNED.keys(), name
