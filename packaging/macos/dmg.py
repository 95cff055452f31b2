#!/usr/bin/env python3
"""Signs the macOS application and makes its disk image: python3 packaging/macos/dmg.py

Needs macOS's own tools. Without a certificate the application gets an ad-hoc signature, and a message says so.
Environment:

    AGELENS_SIGN_IDENTITY    "Developer ID Application: ..." in the keychain
    AGELENS_NOTARY_KEY       the .p8 file of an App Store Connect key, with AGELENS_NOTARY_KEY_ID and
                             AGELENS_NOTARY_ISSUER: has Apple notarize the image
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from project import DIST, read_project

from macos.info_plist import german_strings

ENTITLEMENTS = Path(__file__).resolve().parent / "entitlements.plist"
NOTARY = ("AGELENS_NOTARY_KEY", "AGELENS_NOTARY_KEY_ID", "AGELENS_NOTARY_ISSUER")
REFUSED = "macOS will refuse to open it until the user allows it in the system's settings, under Privacy & Security."

_MACH_O = {b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"}
"""How 64-bit programs and libraries begin: for one kind of processor, or for several."""

Command = list[str]


def _run(command: Command) -> None:
    subprocess.run(command, check=True)


def signing(app: Path, identity: str | None) -> list[Command]:
    """Commands that sign an application from the inside out, since each signature covers what is inside.

    Args:
        identity: whose signature; None for an ad-hoc one, which only says that nothing has been altered since.
    """
    sign = ["codesign", "--force", "--sign", identity or "-"]
    if identity is not None:
        # The hardened runtime demands that all libraries are signed by one team, and an ad-hoc signature has no team.
        sign += ["--options", "runtime", "--timestamp"]
    programs = app / "Contents" / "MacOS"
    inside = [path for path in app.rglob("*") if not path.is_symlink() and path.parent != programs]
    # A framework is signed through its version folder, after the files in it.
    parts = [path for path in inside if _is_mach_o(path) or path.parent.name == "Versions"]
    parts.sort(key=lambda path: (-len(path.parts), path))
    main = [*sign, "--entitlements", str(ENTITLEMENTS)]
    return [
        *[[*sign, str(part)] for part in parts],
        *[[*main, str(program)] for program in sorted(programs.iterdir()) if _is_mach_o(program)],
        [*main, str(app)],
        ["codesign", "--verify", "--deep", "--strict", str(app)],
    ]


def _is_mach_o(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in _MACH_O


def notarizing(image: Path, environment: Mapping[str, str]) -> list[Command]:
    """Commands that have Apple check the image and attach its approval to it; none without credentials."""
    key, key_id, issuer = (environment.get(name) for name in NOTARY)
    if not (key and key_id and issuer):
        return []
    access = ["--key", key, "--key-id", key_id, "--issuer", issuer]
    return [
        ["xcrun", "notarytool", "submit", str(image), *access, "--wait"],
        ["xcrun", "stapler", "staple", str(image)],
        ["xcrun", "stapler", "validate", str(image)],
    ]


def build(
    app: Path, out: Path, environment: Mapping[str, str] = os.environ, run: Callable[[Command], None] = _run
) -> Path:
    """Sign the application in place and make the image.

    Args:
        app: the folder Agelens.app.
        out: folder for the image.
        environment: where to look for identity and credentials.
        run: runs a command.

    Raises:
        subprocess.CalledProcessError: a command failed.
        OSError: a command does not exist.
    """
    identity = environment.get("AGELENS_SIGN_IDENTITY") or None
    out.mkdir(parents=True, exist_ok=True)
    image = out / f"agelens-{read_project().version}-macos-{platform.machine()}.dmg"
    strings = app / "Contents" / "Resources" / "de.lproj" / "InfoPlist.strings"
    strings.parent.mkdir(parents=True, exist_ok=True)
    strings.write_text(german_strings(), encoding="utf-8")
    for command in signing(app, identity):
        run(command)
    with tempfile.TemporaryDirectory() as stage:
        run(["ditto", str(app), f"{stage}/Agelens.app"])
        (Path(stage) / "Applications").symlink_to("/Applications")
        run(["hdiutil", "create", "-volname", "Agelens", "-srcfolder", stage, "-format", "UDZO", "-ov", str(image)])
    notary = notarizing(image, environment) if identity else []
    if identity:
        run(["codesign", "--force", "--sign", identity, "--timestamp", str(image)])
    for command in notary:
        run(command)
    print(f"{image} is made.")
    if identity is None:
        print(f"It is NOT SIGNED by anybody, because AGELENS_SIGN_IDENTITY is not set. {REFUSED}")
    elif not notary:
        print(f"It is NOT NOTARIZED, because {', '.join(NOTARY)} are not all set. {REFUSED}")
    return image


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and make the image. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Signs the macOS application and makes its disk image.")
    usual = DIST / "Agelens.app"
    parser.add_argument("app", nargs="?", type=Path, default=usual, help="the application (default: dist/Agelens.app)")
    parser.add_argument("--out", type=Path, default=DIST, help="folder for the image (default: dist)")
    options = parser.parse_args(arguments)
    if not (options.app / "Contents" / "MacOS").is_dir():
        parser.error(f"{options.app} is no application")
    try:
        build(options.app, options.out)
    except subprocess.CalledProcessError as error:
        # Only its name: the arguments may hold credentials.
        print(f"dmg.py: {error.cmd[0]} {error.cmd[1]} failed with status {error.returncode}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"dmg.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
