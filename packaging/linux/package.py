"""Makes Linux packages of the bundle in dist/agelens: a .deb, a relocatable .tar.xz, an AppImage if its tool is there.

package.py [--fast]
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from project import BUILD, DIST, FOLDER, ROOT, read_project  # noqa: E402

from dev import WINDOW_PACKAGES  # noqa: E402  (a package needs the same libraries as a source tree)

_GLIBC = re.compile(rb"\bGLIBC_2\.(\d+)\0")
_GLIBCXX = "libstdc++6 (>= 11)"
_RECOMMENDS = "libwayland-cursor0, libwayland-egl1"
"""Without them the window falls back to Wayland's X server."""

_MACHINE = platform.machine()
_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(_MACHINE, _MACHINE)
"""Debian's name for the kind of processor that the bundle is made on, and for."""

MAN_PAGES = {
    "agelens": ("desktop.__main__", "shows how old the people in photos look, in a window"),
    "agelens-cli": ("engine.cli", "estimates how old the people in photos look, in a terminal"),
}

_CONTROL = """\
Package: agelens
Version: {version}
Architecture: {architecture}
Maintainer: The Agelens authors <agelens@localhost>
Installed-Size: {size}
Depends: {depends}
Recommends: {recommends}
Section: graphics
Priority: optional
Description: estimates how old the people in a photo look
 Drop photos on the window and every face gets an age, a range that is meant to
 hold in 8 of 10 cases, and a warning where the photo is too poor to say.
 .
 Agelens works offline: photos never leave the computer. It estimates apparent
 age only, and is not for age verification.
"""

_COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Agelens
Comment: The weights of the age model (age.onnx) may be used for non-commercial
 purposes only. The programs contain works of others too.

Files: *
Copyright: 2026 The Agelens authors
License: MIT

Files: usr/lib/agelens/*
Copyright: The Agelens authors, and those named in THIRD_PARTY_NOTICES.txt
License: MIT and third-party-licenses

Files: usr/lib/agelens/_internal/engine/models/age.onnx
Copyright: 2026 The Agelens authors
License: LicenseRef-Agelens-weights

License: third-party-licenses
 The works of others, and their licenses, are listed in
 /usr/lib/agelens/THIRD_PARTY_NOTICES.txt.

License: MIT
{mit}
License: LicenseRef-Agelens-weights
{weights}"""


def main() -> int:
    """Make the packages, from the command line."""
    parser = argparse.ArgumentParser(description="Make Linux's packages of the bundle.")
    parser.add_argument("--fast", action="store_true", help="compress less")
    fast, version = parser.parse_args().fast, read_project().version
    # If this folder is missing, Chromium makes it when it may (as root), and it would stay when the app is removed.
    (FOLDER / "_internal" / "PySide6" / "Qt" / "resources" / "locales").mkdir(exist_ok=True)
    _set_rights(FOLDER)
    make_deb(version, fast)
    make_archive(version, fast)
    make_app_image(version)
    for file in sorted(DIST.glob(f"*{version}*")):
        print(f"{file.stat().st_size / 1e6:8.1f} MB  {file.relative_to(ROOT)}")
    return 0


def make_deb(version: str, fast: bool) -> None:
    """The package for Debian, Ubuntu and related systems; not made without dpkg-deb, which others may lack."""
    if shutil.which("dpkg-deb") is None:
        print("There is no package for Debian: dpkg-deb is not installed.")
        return
    root = BUILD / "deb"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(FOLDER, root / "usr" / "lib" / "agelens", symlinks=True)
    _add_desktop_files(root / "usr", version)
    programs = root / "usr" / "bin"
    programs.mkdir()
    for name in MAN_PAGES:
        (programs / name).symlink_to(f"../lib/agelens/{name}")
    profile = root / "usr" / "share" / "agelens" / "apparmor"
    profile.parent.mkdir()
    shutil.copyfile(HERE / "apparmor", profile)
    notice = root / "usr" / "share" / "doc" / "agelens" / "copyright"
    notice.parent.mkdir(parents=True)
    notice.write_text(copyright_file(), encoding="utf-8")
    control = root / "DEBIAN"
    control.mkdir()
    size = sum(file.lstat().st_size for file in root.rglob("*")) // 1024
    depends = [f"libc6 (>= 2.{_needed_glibc()})", _GLIBCXX, *(name.replace("|", " | ") for name in WINDOW_PACKAGES)]
    text = _CONTROL.format(
        version=debian_version(version),
        architecture=_ARCHITECTURE,
        size=size,
        depends=", ".join(depends),
        recommends=_RECOMMENDS,
    )
    (control / "control").write_text(text, encoding="utf-8")
    for name in ("postinst", "prerm", "postrm"):
        shutil.copyfile(HERE / name, control / name)
    _set_rights(root)
    package = DIST / f"agelens_{version}_{_ARCHITECTURE}.deb"
    how = ["-Zgzip", "-z1"] if fast else ["-Zxz", "-z6"]
    subprocess.run(["dpkg-deb", "--root-owner-group", *how, "--build", str(root), str(package)], check=True)


def debian_version(version: str) -> str:
    """The version as Debian orders them: only a tilde puts a pre-release, 1.2.0rc1 for example, before 1.2.0."""
    return re.sub(r"(?<=\d)(?=(a|b|rc)\d)", "~", version)


def copyright_file() -> str:
    """Debian's description of the licenses in the package. LICENSE has the app's own, that of the weights last."""
    mit, _, weights = (ROOT / "LICENSE").read_text(encoding="utf-8").rpartition("\n\n")
    indented = ["".join(f" {line or '.'}\n" for line in text.splitlines()) for text in (mit, weights)]
    return _COPYRIGHT.format(mit=indented[0], weights=indented[1])


def make_archive(version: str, fast: bool) -> None:
    """The bundle to unpack anywhere. It needs the same system libraries as the package."""
    name = f"agelens-{version}-linux-{_MACHINE}"
    stable = ["--sort=name", f"--mtime=@{_epoch()}", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"]
    rename = ["--transform", f"s,^{FOLDER.name},{name},S"]  # S: not in the targets of links
    archive = ["--file", str(DIST / f"{name}.tar.xz"), "--directory", str(DIST), FOLDER.name]
    tar = ["tar", *stable, *rename, "--create", "--xz", *archive]
    subprocess.run(tar, env={**os.environ, "XZ_OPT": "-0 -T0" if fast else "-6 -T0"}, check=True)


def make_app_image(version: str) -> None:
    """A single file that runs as it is; not made without appimagetool."""
    tool = shutil.which("appimagetool")
    if tool is None:
        print("There is no AppImage: appimagetool is not installed.")
        return
    root = BUILD / "Agelens.AppDir"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(FOLDER, root / "usr" / "lib" / "agelens", symlinks=True)
    _add_desktop_files(root / "usr", version)
    (root / "AppRun").symlink_to("usr/lib/agelens/agelens")
    shutil.copyfile(HERE / "agelens.desktop", root / "agelens.desktop")
    shutil.copyfile(BUILD / "icons" / "256.png", root / "agelens.png")
    _set_rights(root)
    image = DIST / f"agelens-{version}-{_MACHINE}.AppImage"
    subprocess.run([tool, str(root), str(image)], env={**os.environ, "ARCH": _MACHINE}, check=True)


def _add_desktop_files(usr: Path, version: str) -> None:
    """Menu entry, icons, description and manual pages."""
    share = usr / "share"
    entry = share / "applications" / "agelens.desktop"
    entry.parent.mkdir(parents=True)
    shutil.copyfile(HERE / "agelens.desktop", entry)
    for drawn in (BUILD / "icons").glob("[0-9]*.png"):
        icon = share / "icons" / "hicolor" / f"{drawn.stem}x{drawn.stem}" / "apps" / "agelens.png"
        icon.parent.mkdir(parents=True)
        shutil.copyfile(drawn, icon)
    scalable = share / "icons" / "hicolor" / "scalable" / "apps" / "agelens.svg"
    scalable.parent.mkdir(parents=True)
    shutil.copyfile(ROOT / "packaging" / "icons" / "agelens.svg", scalable)
    name = "org.agelens.agelens.metainfo.xml"
    text = (HERE / name).read_text(encoding="utf-8")
    description = share / "metainfo" / name
    description.parent.mkdir()
    day = time.strftime("%Y-%m-%d", time.gmtime(_epoch()))
    description.write_text(text.replace("@VERSION@", version).replace("@DATE@", day), encoding="utf-8")
    manuals = share / "man" / "man1"
    manuals.mkdir(parents=True)
    for program in MAN_PAGES:
        (manuals / f"{program}.1.gz").write_bytes(gzip.compress(manual(program, version).encode(), mtime=0))


def manual(program: str, version: str) -> str:
    """The manual page of a program, made from its own `--help`."""
    from argparse_manpage.manpage import Manpage  # noqa: PLC0415  (only the build has it)

    module, what = MAN_PAGES[program]
    parser = importlib.import_module(module)._parser()
    parser.prog = program
    told = {"project_name": "agelens", "version": version, "description": what, "manual_title": "Agelens"}
    return str(Manpage(parser, told))


def _needed_glibc() -> int:
    """The minor version of glibc that the bundle's files need."""
    found = {0}
    for file in FOLDER.rglob("*"):
        if file.is_file() and not file.is_symlink():
            content = file.read_bytes()
            if content.startswith(b"\x7fELF"):
                found.update(int(version) for version in _GLIBC.findall(content))
    return max(found)


def _set_rights(root: Path) -> None:
    """Set permissions and times as for installed files, whatever the umask of the build."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            script = path.parent.name == "DEBIAN" and path.name != "control"
            path.chmod(0o755 if path.is_dir() or script or os.access(path, os.X_OK) else 0o644)
        os.utime(path, (_epoch(), _epoch()), follow_symlinks=False)


def _epoch() -> int:
    return int(os.environ["SOURCE_DATE_EPOCH"])


if __name__ == "__main__":
    sys.exit(main())
