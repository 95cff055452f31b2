"""What Windows shows about a program under "Details": PyInstaller's version resource, from pyproject.toml."""

from __future__ import annotations

from pathlib import Path

from project import Project, read_project

DESCRIPTIONS = {"agelens": "Agelens", "agelens-cli": "Agelens (command line)"}
"""Programs of the bundle, and their names in the task manager."""

_TEMPLATE = """\
VSVersionInfo(
  ffi=FixedFileInfo(
    filevers={numbers}, prodvers={numbers},
    mask=0x3F, flags=0x0, OS=0x40004, fileType=0x1, subtype=0x0, date=(0, 0),
  ),
  kids=[
    StringFileInfo([StringTable("040904B0", [
{strings}
    ])]),
    VarFileInfo([VarStruct("Translation", [0x0409, 0x04B0])]),
  ],
)
"""
# 0409 is English, 04B0 is Unicode; OS=0x40004 is Windows NT, fileType=0x1 an application.


def version_text(project: Project, program: str) -> str:
    """The version resource of a program, as PyInstaller's EXE(version=...) reads it from a file.

    Args:
        program: its name without ".exe", one of `DESCRIPTIONS`.
    """
    strings = {
        "CompanyName": project.publisher,
        "FileDescription": DESCRIPTIONS[program],
        "FileVersion": project.version,
        "InternalName": program,
        "LegalCopyright": project.copyright,
        "OriginalFilename": f"{program}.exe",
        "ProductName": "Agelens",
        "ProductVersion": project.version,
    }
    lines = [f"      StringStruct({name!r}, {value!r})," for name, value in strings.items()]
    return _TEMPLATE.format(numbers=(*project.numbers, 0), strings="\n".join(lines))


def write_version_texts(folder: Path) -> None:
    """Write agelens-version.txt and agelens-cli-version.txt, which agelens.spec hands to PyInstaller."""
    for program in DESCRIPTIONS:
        text = version_text(read_project(), program)
        (folder / f"{program}-version.txt").write_text(text, encoding="utf-8")
