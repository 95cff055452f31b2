"""Who may import whom (docs/architecture.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FORBIDDEN = {
    "engine": {"desktop", "training", "torch", "torchvision", "webview"},
    "desktop": {"training", "torch", "torchvision", "cv2", "onnxruntime", "insightface"},
    "training": {"desktop", "webview"},
}


def imported(path: Path) -> Iterator[str]:
    """Top-level names of every module that a file imports, at whatever depth."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_layers(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert len(files) > 3
    found = {f"{path.relative_to(ROOT)}: {name}" for path in files for name in imported(path)}
    assert {entry for entry in found if entry.split(": ")[1] in FORBIDDEN[package]} == set()


def test_desktop_uses_only_the_quick_part_of_the_engine() -> None:
    names = (
        "worker worker_messages model_info paths looks report record_check formats phrases files log age boxes labels "
        "dating people terminal wording"
    )
    quick = {f"engine.{name}" for name in (*names.split(), "self_test", "version")}
    used = set()
    for path in (ROOT / "desktop").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "engine":
                used.add(node.module)
    assert used <= quick
