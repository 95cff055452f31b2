#!/usr/bin/env python3
"""Makes the Windows installer from the bundle: python3 packaging/windows/installer.py

Needs makensis (NSIS 3.08 or newer), on Windows or any other system. Signs the programs, the uninstaller and the
installer if a certificate is given (see signing.py), and says so if not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from project import BUILD, DIST, FOLDER, ROOT, Project, photo_extensions, read_project

from windows import signing

HERE = Path(__file__).resolve().parent
PROGRAMS = ("agelens.exe", "agelens-cli.exe")
LONGEST_PATH = 190
"""Of a file in the bundle: Windows allows 259 characters, of which a user's folder for programs takes about 65."""


class InstallerFailed(Exception):  # noqa: N818  (reads as the outcome that it is)
    """No installer was made. The text says why."""


@dataclass(frozen=True)
class Makensis:
    """NSIS's compiler, and the kind of installer that it can make."""

    program: Path
    target: str

    @classmethod
    def find(cls) -> Makensis:
        """Find it on the path, or where NSIS's own installer puts it.

        Raises:
            InstallerFailed: it is not there.
        """
        found = shutil.which("makensis")
        candidates = [Path(found)] if found else []
        candidates += [
            Path(folder) / "NSIS" / "makensis.exe"
            for name in ("ProgramFiles(x86)", "ProgramFiles")
            if (folder := os.environ.get(name))
        ]
        for program in filter(Path.is_file, candidates):
            homes = (program.parent, program.parent.parent, program.parent.parent / "share" / "nsis")
            # Debian's NSIS makes 64-bit installers; the one from nsis.sourceforge.io makes only 32-bit ones, which
            # every 64-bit Windows runs as well.
            wide = any((home / "Stubs" / "lzma_solid-amd64-unicode").is_file() for home in homes)
            return cls(program, "amd64-unicode" if wide else "x86-unicode")
        raise InstallerFailed("makensis is missing. Install NSIS: https://nsis.sourceforge.io, or `apt install nsis`.")


@dataclass(frozen=True)
class Payload:
    """The bundle's files, by their paths in its folder, in a fixed order."""

    folder: Path
    files: tuple[PurePosixPath, ...]

    @classmethod
    def read(cls, folder: Path) -> Payload:
        """List them.

        Raises:
            InstallerFailed: this is not a bundle for Windows, or one that cannot be installed.
        """
        files = sorted(
            PurePosixPath(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file()
        )
        missing = [name for name in PROGRAMS if PurePosixPath(name) not in files]
        if missing:
            raise InstallerFailed(f"{folder} is no bundle for Windows: {' and '.join(missing)} not found")
        too_long = [str(file) for file in files if len(str(file)) > LONGEST_PATH]
        if too_long:
            raise InstallerFailed(f"too long a path for Windows: {too_long[0]}")
        return cls(folder, tuple(files))

    @property
    def folders(self) -> tuple[PurePosixPath, ...]:
        """All folders in it, the innermost first."""
        found = {parent for file in self.files for parent in file.parents if parent.name}
        return tuple(sorted(found, key=lambda folder: (-len(folder.parts), folder)))

    @property
    def kilobytes(self) -> int:
        """Its size on the disk."""
        return sum((self.folder / file).stat().st_size for file in self.files) // 1024 + 1


def script(payload: Payload, defines: dict[str, str], extensions: Iterable[str]) -> str:
    """The file that agelens.nsi includes: defines and macros."""
    lines = [f'!define {name} "{_quoted(value)}"' for name, value in defines.items()]
    lines += _macro("InstallPayload", _installing(payload))
    lines += _macro("RemoveFiles", [f'Delete "{_installed(file)}"' for file in payload.files])
    lines += _macro("RemoveFolders", [f'RMDir "{_installed(folder)}"' for folder in payload.folders])
    names = sorted({file.parts[0] for file in payload.files})
    lines += _macro(
        "RefuseNamesOfPayload", [f'IfFileExists "{_installed(PurePosixPath(name))}" taken' for name in names]
    )
    lines += _macro(
        "ForEachExtension ACTION", [f'!insertmacro ${{ACTION}} "{ending}"' for ending in sorted(extensions)]
    )
    return "\n".join(lines) + "\n"


def _macro(name: str, body: Sequence[str]) -> list[str]:
    return [f"!macro {name}", *(f"  {line}" for line in body), "!macroend"]


def _installing(payload: Payload) -> list[str]:
    lines: list[str] = []
    folder: PurePosixPath | None = None
    for file in sorted(payload.files, key=lambda file: (file.parent, file.name)):
        if file.parent != folder:
            folder = file.parent
            lines.append(f'SetOutPath "{_installed(folder)}"')
        lines.append(f'File "{payload.folder / file}"')  # here NSIS does not interpret "$"
    return lines


def _installed(path: PurePosixPath) -> str:
    inside = "".join(f"\\{_quoted(part)}" for part in path.parts)
    return f"$INSTDIR{inside}"


def _quoted(text: str) -> str:
    return text.replace("$", "$$").replace('"', '$\\"')


def build(folder: Path, out: Path, *, work: Path, icon: Path | None = None, project: Project | None = None) -> Path:
    """Make the installer.

    Args:
        folder: the bundle. Its programs are signed in place if a certificate is given.
        out: folder for the installer.
        work: folder for temporary files.
        icon: an .ico file, by default NSIS's own icon.
        project: what the installer says about itself, by default from pyproject.toml.

    Raises:
        InstallerFailed: it was not made.
    """
    project = project or read_project()
    makensis = Makensis.find()
    payload = Payload.read(folder.resolve())
    signed = signing.certificate() is not None
    if signed:
        _sign([payload.folder / name for name in PROGRAMS])
    out.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    installer = out.resolve() / f"agelens-{project.version}-windows-x64-setup.exe"
    licence = work.resolve() / "licence.txt"
    licence.write_text((ROOT / "LICENSE").read_text(encoding="utf-8"), encoding="utf-8-sig", newline="\r\n")
    defines = {
        "TARGET": makensis.target,
        "VERSION": project.version,
        "VERSION_QUAD": ".".join(map(str, (*project.numbers, 0))),
        "PUBLISHER": project.publisher,
        "COPYRIGHT": project.copyright,
        "SIZE_KB": str(payload.kilobytes),
        "OUTPUT": str(installer),
        "LICENCE": str(licence),
    }
    if icon is not None:
        defines["ICON"] = str(icon.resolve())
    if signed:
        defines["SIGN_COMMAND"] = f'"{sys.executable}" "{signing.__file__}"'
    generated = work.resolve() / "payload.nsh"
    generated.write_text(script(payload, defines, photo_extensions()), encoding="utf-8-sig")
    _compile(makensis, generated)
    if signed:
        _sign([installer])
    bits = 64 if makensis.target.startswith("amd64") else 32
    print(
        f"{installer}: {installer.stat().st_size / 1e6:.1f} MB, an installer of {bits} bits for a program of 64 bits."
    )
    if not signed:
        print("It is NOT SIGNED, because no certificate is given: Windows will warn whoever starts it.")
    return installer


def _compile(makensis: Makensis, generated: Path) -> None:
    command = [str(makensis.program), "-V2", "-WX", "-INPUTCHARSET", "UTF8", f"-DGENERATED={generated}", "agelens.nsi"]
    # Outside Windows, makensis reads file names in the encoding of the locale.
    environment = os.environ if os.name == "nt" else {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, cwd=HERE, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        raise InstallerFailed(f"makensis failed:\n{done.stdout}{done.stderr}")


def _sign(files: Sequence[Path]) -> None:
    try:
        signing.sign(files)
    except (OSError, signing.SigningFailed) as error:
        raise InstallerFailed(f"a certificate is given, but signing failed: {error}") from error


def main() -> int:
    """Parse the command line and make the installer. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Makes the Windows installer from the bundle.")
    parser.add_argument("bundle", nargs="?", type=Path, default=FOLDER, help="folder (default: dist/agelens)")
    parser.add_argument("--out", type=Path, default=DIST, help="folder for the installer (default: dist)")
    parser.add_argument("--icon", type=Path, help="an .ico file (default: the one that the bundle was built with)")
    options = parser.parse_args()
    usual = BUILD / "icons" / "agelens.ico"
    icon = options.icon or (usual if usual.is_file() else None)
    try:
        build(options.bundle, options.out, work=ROOT / "build" / "windows", icon=icon)
    except InstallerFailed as error:
        print(f"installer.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
