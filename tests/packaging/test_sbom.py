"""The list of the bundle's parts for those who watch for vulnerabilities."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sbom
from notices import Package


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The components of a bundle, by name."""
    found = {"metadata": {"component": {"bom-ref": "app"}}, "components": []}
    answer = subprocess.CompletedProcess([], 0, json.dumps(found))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    packages = [
        Package("CenterFace", "1.5.0", "MIT", "", "", (), "model"),
        Package("libheif", "1.23.0", "LGPL-3.0-or-later", "", "", (), "generic"),
        Package("Portrait", "", "public domain", "", "", (), "picture"),
    ]
    sbom.write_sbom(packages, Path("python"), tmp_path / "bill.json")
    return {one["name"]: one for one in json.loads((tmp_path / "bill.json").read_text(encoding="utf-8"))["components"]}


def test_the_networks_are_listed_with_their_licences(listed: dict[str, Any]) -> None:
    models = {name: one["licenses"] for name, one in listed.items() if one["type"] == "machine-learning-model"}
    assert models == {
        "CenterFace": [{"expression": "MIT"}],
        "resnet50-age": [{"expression": "LicenseRef-Agelens-weights"}],
    }


def test_what_is_no_package_of_python_is_listed_too(listed: dict[str, Any]) -> None:
    assert listed["libheif"]["version"] == "1.23.0"
    assert "Portrait" not in listed
