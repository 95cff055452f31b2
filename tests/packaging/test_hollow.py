"""Libraries that must be there and are never called."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pillow_heif
import pytest
from linux.hollow import hollow_out
from project import ROOT

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="for Linux's libraries"),
    pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed"),
]

VERSIONS = "CODEC_1 { global: decode; encode; local: *; };"
CODEC = "int decode(void) { return 1; } int encode(void) { return 2; } static char weight[100000] = {1};"
MODULE = "int decode(void); int size(void) { return 7; } int open_video(void) { return decode(); }"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A module that is linked with a codec, as in OpenCV's wheel, and what pillow-heif's wheel holds."""
    inside = tmp_path / "_internal"
    libraries, module = inside / "opencv_python_headless.libs", inside / "cv2"
    libraries.mkdir(parents=True)
    module.mkdir()
    for name, text in (("codec.c", CODEC), ("module.c", MODULE), ("versions", VERSIONS)):
        (tmp_path / name).write_text(text, encoding="ascii")
    gcc = ["gcc", "-shared", "-fPIC"]
    script = [f"-Wl,--version-script,{tmp_path / 'versions'}", "-Wl,-soname,libcodec-1.so.2"]
    codec = libraries / "libcodec-1.so.2"
    subprocess.run([*gcc, *script, "-o", str(codec), str(tmp_path / "codec.c")], check=True)
    shutil.copyfile(codec, libraries / "libother.so.1")
    rpath = "-Wl,-rpath,$ORIGIN/../opencv_python_headless.libs"
    subprocess.run([*gcc, rpath, "-o", str(module / "cv2.so"), str(tmp_path / "module.c"), str(codec)], check=True)
    (inside / "libcodec-1.so.2").symlink_to("opencv_python_headless.libs/libcodec-1.so.2")
    (inside / "libother.so.1").symlink_to("opencv_python_headless.libs/libother.so.1")
    wheel = Path(pillow_heif.__file__).parent.parent
    if not (wheel / "pillow_heif.libs").is_dir():
        pytest.skip("pillow-heif was not installed from its wheel")
    for folder in ("pillow_heif", "pillow_heif.libs"):
        shutil.copytree(wheel / folder, inside / folder)
    shutil.copy(next(wheel.glob("_pillow_heif*.so")), inside)
    return tmp_path


def test_the_module_loads_and_only_the_missing_call_ends_it(bundle: Path) -> None:
    before = (bundle / "_internal/opencv_python_headless.libs/libcodec-1.so.2").stat().st_size
    assert hollow_out(bundle) > before
    module = str(bundle / "_internal/cv2/cv2.so")
    assert ctypes.CDLL(module).size() == 7
    script = f"import ctypes; ctypes.CDLL({module!r}).open_video()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode < 0
    assert "decode was called" in done.stderr
    assert "version information" not in done.stderr
    libraries = {file.name for file in (bundle / "_internal/opencv_python_headless.libs").iterdir()}
    assert libraries == {"libcodec-1.so.2"}
    assert {file.name for file in (bundle / "_internal").iterdir() if file.is_symlink()} == {"libcodec-1.so.2"}


def test_heic_is_read_without_the_encoder(bundle: Path) -> None:
    libraries = bundle / "_internal/pillow_heif.libs"
    before = {file.name: file.read_bytes() for file in libraries.iterdir()}
    hollow_out(bundle)
    after = {file.name: file.read_bytes() for file in libraries.iterdir()}
    assert {name.split("-")[0] for name in after if after[name] != before[name]} == {"libx265"}
    assert sum(map(len, before.values())) - sum(map(len, after.values())) > 10_000_000
    script = "import engine.image as image, engine.self_test as test; "
    script += "print(image.heif.__file__, image.load_photo(test.HEIC_PICTURE).pixels.shape)"
    environment = {**os.environ, "PYTHONPATH": f"{bundle}/_internal"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    expected = f"{bundle}/_internal/pillow_heif/__init__.py (64, 64, 3)\n"
    assert (done.returncode, done.stdout) == (0, expected), done.stderr
