"""What is known about the age model without loading it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.model_info import MODELS, AgeModelError, read_info


def test_the_model_that_ships() -> None:
    info = read_info()
    assert {"schema", "name", "version", "sha256", "template", "calibration", "figures", "licence"} <= info.keys()
    assert info["sha256"] == hashlib.sha256((MODELS / "age.onnx").read_bytes()).hexdigest()
    assert [len(point) for point in info["template"]] == [2] * 5


def test_another_folder(tmp_path: Path) -> None:
    described = {"name": "größe", "version": "7", "sha256": "0", "template": []}
    (tmp_path / "age.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
    assert read_info(tmp_path) == described


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(AgeModelError, match=r"^The file age\.json cannot be read: .+\.$"):
        read_info(tmp_path)
    (tmp_path / "age.json").mkdir()
    with pytest.raises(AgeModelError, match="cannot be read"):
        read_info(tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b'{"name": ', b""])
def test_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "age.json").write_bytes(content)
    with pytest.raises(AgeModelError, match="is damaged"):
        read_info(tmp_path)


@pytest.mark.parametrize("missing", ["name", "version", "sha256", "template"])
def test_a_file_that_describes_no_model(tmp_path: Path, missing: str) -> None:
    described = {name: "" for name in ("name", "version", "sha256", "template") if name != missing}
    (tmp_path / "age.json").write_text(json.dumps(described))
    with pytest.raises(AgeModelError, match="does not describe an age model"):
        read_info(tmp_path)


def test_reading_it_loads_no_library() -> None:
    code = (
        "import sys, engine.model_info as m; m.read_info(); print(sorted({'numpy', 'onnxruntime'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
