"""Libraries that must be there and are never called."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import bundle
import pytest
from contents import Entry, filtered
from hollow import build, find_compiler, holds_x265, hollowed
from project import ROOT

needs_compiler = pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="there is no C compiler")

VERSIONS = "CODEC_1 { global: decode; encode; local: *; };"
CODEC = "int decode(void) { return 1; } int encode(void) { return 2; } static char weight[100000] = {1};"
MODULE = "int decode(void); int size(void) { return 7; } int open_video(void) { return decode(); }"
MINGW = "x86_64-w64-mingw32-gcc"


def copied(entries: Iterable[Entry], folder: Path) -> Path:
    """The folder, with these files as PyInstaller puts them there."""
    for name, source, kind in entries:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if kind == "SYMLINK":
            place.symlink_to(source)
        else:
            shutil.copy(source, place)
    return folder


@pytest.fixture
def opencv(tmp_path: Path) -> list[Entry]:
    """A module that is linked with a codec, as in OpenCV's wheel for Linux."""
    for name, text in (("codec.c", CODEC), ("module.c", MODULE), ("versions", VERSIONS)):
        (tmp_path / name).write_text(text, encoding="ascii")
    gcc = [find_compiler(), "-shared", "-fPIC"]
    script = [f"-Wl,--version-script,{tmp_path / 'versions'}", "-Wl,-soname,libcodec-1.so.2"]
    codec, module = tmp_path / "libcodec-1.so.2", tmp_path / "cv2.so"
    subprocess.run([*gcc, *script, "-o", str(codec), str(tmp_path / "codec.c")], check=True)
    rpath = "-Wl,-rpath,$ORIGIN/../opencv_python_headless.libs"
    subprocess.run([*gcc, rpath, "-o", str(module), str(tmp_path / "module.c"), str(codec)], check=True)
    files: list[Entry] = [("cv2/cv2.so", str(module), "EXTENSION")]
    for name in ("libcodec-1.so.2", "libother.so.1"):
        inside = f"opencv_python_headless.libs/{name}"
        files += [(inside, str(codec), "BINARY"), (name, inside, "SYMLINK")]
    return files


@pytest.fixture
def pillow_heif() -> list[Entry]:
    """What pillow-heif's wheel holds."""
    files = [file for file in metadata.files("pillow-heif") or [] if file.suffix != ".pyc"]
    entries = [
        (str(file), str(file.locate()), "BINARY" if {".so", ".dll", ".dylib"} & set(file.suffixes) else "DATA")
        for file in files
        if ".dist-info" not in str(file)
    ]
    if not any(holds_x265(Path(source)) for _, source, _ in entries):
        pytest.skip("pillow-heif was not installed from its wheel")
    return entries


@needs_compiler
@pytest.mark.skipif(sys.platform != "linux", reason="for Linux's libraries")
def test_the_module_loads_and_only_the_missing_call_ends_it(opencv: list[Entry], tmp_path: Path) -> None:
    inside = copied(filtered(hollowed(opencv, tmp_path / "hollow"), lambda _: []), tmp_path / "inside")
    module = str(inside / "cv2/cv2.so")
    assert ctypes.CDLL(module).size() == 7
    script = f"import ctypes; ctypes.CDLL({module!r}).open_video()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode < 0
    assert "decode was called" in done.stderr
    libraries = {file.name: file for file in (inside / "opencv_python_headless.libs").iterdir()}
    assert libraries.keys() == {"libcodec-1.so.2"}
    assert libraries["libcodec-1.so.2"].stat().st_size < 100_000
    symbols = subprocess.run(["nm", "-D", *libraries.values()], capture_output=True, text=True, check=True).stdout
    assert "decode@@CODEC_1" in symbols
    assert "encode" not in symbols
    assert {file.name for file in inside.iterdir() if file.is_symlink()} == {"libcodec-1.so.2"}


@needs_compiler
def test_heic_is_read_without_the_encoder(pillow_heif: list[Entry], tmp_path: Path) -> None:
    kept = hollowed(pillow_heif, tmp_path / "hollow")
    assert [entry[0] for entry in kept] == [entry[0] for entry in pillow_heif]
    (hollow,) = set(kept) - set(pillow_heif)
    assert Path(hollow[0]).name.startswith("libx265")
    assert Path(hollow[1]).stat().st_size < 100_000
    inside = copied(kept, tmp_path / "inside")
    assert not [file for file in inside.rglob("*") if file.is_file() and holds_x265(file)]
    script = "import engine.image as image, engine.self_test as test; "
    script += "print(image.pillow_heif.__file__, image.load_photo(test.HEIC_PICTURE).pixels.shape)"
    environment = {**os.environ, "PYTHONPATH": str(inside)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    expected = f"{inside / 'pillow_heif' / '__init__.py'} (64, 64, 3)\n"
    assert (done.returncode, done.stdout) == (0, expected), done.stderr


def test_the_entries_of_windows_and_macos_are_replaced_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where their wheels have the library, and from how they name its functions."""
    built: dict[str, object] = {}
    monkeypatch.setattr("hollow.build", lambda library, functions: built.update({library.name: functions}))
    windows, macos = tmp_path / "libheif-1a2b.dll", tmp_path / "libheif.1.23.6.dylib"
    windows.write_bytes(b"\0\0x265_api_get_217\0\3\0x265_cleanup\0libx265-217-3c4d.dll\0")
    macos.write_bytes(b"\x11@_x265_api_get_217\0\x72@_x265_cleanup\0__ZL16x265_plugin_namev\0_x265_cleanup\0")
    functions = {"": ["x265_api_get_217", "x265_cleanup"]}
    entries = [("libheif-1a2b.dll", str(windows), "BINARY"), ("libx265-217-3c4d.dll", "x265.dll", "BINARY")]
    replaced = ("libx265-217-3c4d.dll", str(tmp_path / "libx265-217-3c4d.dll"), "BINARY")
    assert hollowed(entries, tmp_path) == [entries[0], replaced]
    heif, x265 = (f"pillow_heif/.dylibs/{name}" for name in (macos.name, "libx265.217.dylib"))
    links = [(macos.name, heif, "SYMLINK"), ("libx265.217.dylib", x265, "SYMLINK")]
    replaced = (x265, str(tmp_path / "libx265.217.dylib"), "BINARY")
    entries = [(heif, str(macos), "BINARY"), (x265, "x265.dylib", "BINARY"), *links]
    assert hollowed(entries, tmp_path) == [entries[0], replaced, *links]
    assert built == {"libx265-217-3c4d.dll": functions, "libx265.217.dylib": functions}


@pytest.mark.skipif(shutil.which(MINGW) is None, reason=f"there is no {MINGW} (apt install gcc-mingw-w64-x86-64)")
def test_a_hollow_library_for_windows_exports_what_is_asked_for_and_no_more(tmp_path: Path) -> None:
    library = tmp_path / "libx265-217-3c4d.dll"
    build(library, {"": ["x265_api_get_217", "x265_cleanup"]}, MINGW, "win32")
    command = ["x86_64-w64-mingw32-objdump", "-p", str(library)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = told.partition("[Ordinal/Name Pointer] Table")[2].partition("\n\n")[0].split("\n")
    assert [name.split()[-1] for name in names if name] == ["x265_api_get_217", "x265_cleanup"]


def test_a_bundle_that_contains_the_encoder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, app = tmp_path / "agelens" / "_internal", tmp_path / "Agelens.app" / "Contents"
    folder.mkdir(parents=True)
    monkeypatch.setattr(bundle, "DIST", tmp_path)
    monkeypatch.setattr(bundle, "FOLDER", folder.parent)
    (folder / "libheif.so").write_bytes(b"\0x265_api_get_217\0")
    bundle._refuse_x265()
    app.mkdir(parents=True)
    (app / "libheif.dylib").write_bytes(b"\0HEVC encoder version %s\0")
    with pytest.raises(bundle.BuildFailed, match=r"libheif\.dylib contains x265, which is under the GPL"):
        bundle._refuse_x265()


def test_a_missing_compiler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(FileNotFoundError, match="a C compiler is needed"):
        find_compiler()
