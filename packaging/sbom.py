"""The bundle's parts as a software bill of materials (CycloneDX), for those who watch for vulnerabilities."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from notices import Package
from project import ROOT

_ADDED = ("deb", "generic", "model")
"""Kinds of packages that cyclonedx-bom does not know."""


def write_sbom(packages: Iterable[Package], python: Path, file: Path) -> None:
    """Let cyclonedx-bom describe the environment, and keep what is really in the bundle.

    Args:
        packages: what is in the bundle.
        python: the environment.
        file: where the list goes.
    """
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--output-format", "JSON"]
    command += [
        "--mc-type",
        "application",
        "--pyproject",
        str(ROOT / "pyproject.toml"),
        "--output-file",
        "-",
        str(python),
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    bill: dict[str, Any] = json.loads(answer)
    packages = list(packages)
    kept = {_plain(package.name) for package in packages if package.kind == "pypi"}
    components = [component for component in bill["components"] if _plain(component["name"]) in kept]
    components += [_component(package) for package in (*packages, _age_model()) if package.kind in _ADDED]
    bill["components"] = components
    there = {component["bom-ref"] for component in components} | {bill["metadata"]["component"]["bom-ref"]}
    bill["dependencies"] = [
        {**entry, "dependsOn": [name for name in entry.get("dependsOn", ()) if name in there]}
        for entry in bill.get("dependencies", ())
        if entry["ref"] in there
    ]
    if missing := kept - {_plain(component["name"]) for component in components}:
        raise LookupError(f"the bill of materials does not know {', '.join(sorted(missing))}")
    file.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")


def _component(package: Package) -> dict[str, Any]:
    kind = f"deb/{_distribution()}" if package.kind == "deb" else "generic"
    address = f"pkg:{kind}/{quote(package.name.lower(), safe='')}@{quote(package.version, safe='')}"
    component = {
        "type": "machine-learning-model" if package.kind == "model" else "library",
        "bom-ref": address,
        "name": package.name,
        "version": package.version,
        "purl": address,
    }
    return {**component, "licenses": [{"expression": package.licence}]} if package.licence else component


def _age_model() -> Package:
    """The app's own network; its weights have another license than the code."""
    about = json.loads((ROOT / "engine" / "models" / "age.json").read_text(encoding="utf-8"))
    return Package(about["name"], about["version"], "LicenseRef-Agelens-weights", "", "", (), "model")


def _distribution() -> str:
    """Debian or a related system: each numbers its packages differently."""
    try:
        return platform.freedesktop_os_release()["ID"]
    except OSError:
        return "debian"


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
