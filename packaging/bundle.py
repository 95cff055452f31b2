"""Builds what people install: `python3 dev.py bundle`.

    bundle.py [--folder-only] [--fast]

PyInstaller makes one folder of the app and everything that it needs, in a clean environment with exactly what
requirements.txt lists; the system's installer is then made from that folder. Everything goes to dist/.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys

from contents import reason
from hollow import find_compiler, holds_x265
from notices import bundled_packages, write_notices
from PIL import Image
from project import BUILD, DIST, FOLDER, ROOT
from sbom import write_sbom
from windows.version_info import write_version_texts

from desktop.about import NOTICES

HERE = ROOT / "packaging"
_PYTHON = BUILD / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
_ICON_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
_LARGEST = 20

_SIZES = """\
# The largest files of the bundle

Written by `python3 dev.py bundle --record-sizes` on Linux: {count} files, {total:.0f} MB in all.

| MB | file | why it is there |
| ---: | --- | --- |
"""


class BuildFailed(Exception):  # noqa: N818  (it is an outcome, and reads as one)
    """The bundle could not be built. The text says what to do."""


def main() -> int:
    """Build, from the command line. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bundle", description="Build the app that people install, into dist/.")
    parser.add_argument("--folder-only", action="store_true", help="make no installer of the folder dist/agelens")
    parser.add_argument("--fast", action="store_true", help="compress less, to try something out")
    parser.add_argument("--record-sizes", action="store_true", help="write what is largest to packaging/sizes.md")
    options = parser.parse_args()
    try:
        # Read by PyInstaller, dpkg-deb and Pillow, so that the same commit gives the same files.
        os.environ.update(SOURCE_DATE_EPOCH=_git("log", "-1", "--format=%ct"), PYTHONHASHSEED="0")
        make_environment()
        make_parts()
        make_folder()
        check_folder(options.record_sizes)
        if not options.folder_only:
            make_installers(fast=options.fast)
    except (BuildFailed, subprocess.CalledProcessError, OSError) as error:
        print(f"\nThe bundle could not be built: {error}", file=sys.stderr)
        return 1
    return 0


def make_environment() -> None:
    """The environment that PyInstaller takes packages from. Kept until requirements.txt or pyproject.toml changes."""
    parts = [HERE / "requirements.txt", ROOT / "pyproject.toml"]
    wanted = hashlib.sha256(b"\0".join([sys.version.encode(), *[part.read_bytes() for part in parts]])).hexdigest()
    stamp = BUILD / "environment"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return
    _say("Installing what the bundle is made of")
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", str(BUILD / "venv")], check=True)
    # PyInstaller itself compiles the modules that it takes.
    pip = [str(_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile"]
    subprocess.run([*pip, "--only-binary", ":all:", "--no-binary", "proxy_tools", "-r", str(parts[0])], check=True)
    subprocess.run([*pip, "--no-build-isolation", str(ROOT)], check=True)
    stamp.write_text(wanted, encoding="ascii")


def make_parts() -> None:
    """What PyInstaller gets besides the source: the commit, icons, Windows' version resources."""
    if not any((ROOT / "engine" / "models" / "detector").glob("*.onnx")):
        raise BuildFailed("the face detector is missing: `python3 dev.py setup` builds it")
    find_compiler()  # that it is missing is better told now
    commit = _git("rev-parse", "--short=12", "HEAD") + ("-changed" if _git("status", "--porcelain") else "")
    (BUILD / "build.json").write_text(json.dumps({"commit": commit}), encoding="utf-8")
    _make_icons()
    if sys.platform == "win32":
        write_version_texts(BUILD)


def _make_icons() -> None:
    icons = BUILD / "icons"
    icons.mkdir(exist_ok=True)
    with Image.open(HERE / "icons" / "agelens.png") as drawn:
        for size in _ICON_SIZES:
            drawn.resize((size, size), Image.Resampling.LANCZOS).save(icons / f"{size}.png", optimize=True)
        drawn.save(icons / "agelens.ico", sizes=[(size, size) for size in _ICON_SIZES if size <= 256])
        drawn.save(icons / "agelens.icns")


def make_folder() -> None:
    """The bundle itself, with the licenses of what is in it and the list of its parts."""
    _say("Putting the app together")
    # Otherwise PyInstaller asks before it removes an earlier bundle.
    options = ["--noconfirm", "--log-level", "WARN", "--distpath", str(DIST), "--workpath", str(BUILD / "work")]
    subprocess.run([str(_PYTHON), "-m", "PyInstaller", *options, str(HERE / "agelens.spec")], check=True)
    if sys.platform == "linux":
        _strip_python()
    _refuse_x265()
    packages = bundled_packages(BUILD / "work" / "agelens" / "COLLECT-00.toc", _PYTHON)
    write_notices(packages, FOLDER / NOTICES)
    if sys.platform == "darwin":  # the application is a copy of the folder
        shutil.copy(FOLDER / NOTICES, DIST / "Agelens.app" / "Contents" / "Resources")
    write_sbom(packages, _PYTHON, DIST / "agelens.cdx.json")


def _strip_python() -> None:
    """Remove debug symbols from Python's own libraries. (Those of wheels would break: they have been edited.)"""
    inside = FOLDER / "_internal"
    files = [*inside.glob("libpython3*.so*"), *inside.glob("python3*/lib-dynload/*.so")]
    subprocess.run(["strip", "--strip-unneeded", *map(str, files)], check=True)


def _refuse_x265() -> None:
    for folder in (FOLDER, DIST / "Agelens.app"):  # the second is made on macOS only
        for file in folder.rglob("*"):
            if file.is_file() and holds_x265(file):
                raise BuildFailed(f"{file} contains x265, which is under the GPL: hollow.py has not replaced it")


def check_folder(record: bool) -> None:
    """Print the largest files and why they are there, and let the bundle test itself.

    Args:
        record: also write the list to packaging/sizes.md.

    Raises:
        BuildFailed: one of the largest files has no reason; on Linux only, for which the reasons were written.
    """
    files = sorted((-file.lstat().st_size, file) for file in FOLDER.rglob("*") if file.is_file())
    total = -sum(size for size, _ in files)
    _say(f"The bundle has {len(files)} files of {total / 1e6:.0f} MB. The largest:")
    lines = []
    for size, file in files[:_LARGEST]:
        path = file.relative_to(FOLDER).as_posix()
        why = reason(path)
        if why is None and sys.platform == "linux":
            raise BuildFailed(f"{path} is large, and packaging/contents.py gives no reason for it")
        print(f"{-size / 1e6:8.1f} MB  {path}")
        lines.append(f"| {-size / 1e6:.1f} | {path.removeprefix('_internal/')} | {why} |\n")
    if record:
        (HERE / "sizes.md").write_text(_SIZES.format(count=len(files), total=total / 1e6) + "".join(lines), "utf-8")
    program = FOLDER / ("agelens-cli.exe" if os.name == "nt" else "agelens-cli")
    subprocess.run([str(program), "--self-test"], check=True)


def make_installers(fast: bool) -> None:
    """What people download, by system."""
    _say("Making the packages")
    if sys.platform == "linux":
        command = [str(HERE / "linux" / "package.py"), *(["--fast"] if fast else [])]
    elif sys.platform == "win32":
        command = [str(HERE / "windows" / "installer.py")]
    else:
        command = [str(HERE / "macos" / "dmg.py")]
    subprocess.run([sys.executable, *command], check=True)


def _git(*arguments: str) -> str:
    found = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        raise BuildFailed(f"git says of this folder: {found.stderr.strip()}. A clone is needed, not its files alone.")
    return found.stdout.strip()


def _say(text: str) -> None:
    print(f"== {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
