"""Replaces libraries that others were built with, and that no photo needs, with hollow ones of the same names.

OpenCV's wheel for Linux is linked with FFmpeg, AV1 and VP9 codecs, OpenBLAS and more, so they must be there when it is
loaded. Agelens decodes photos with Pillow and uses OpenCV to resize, turn and compare pixels: none of them is ever
called. They would be a seventh of the bundle, and decoders that are not there cannot be attacked.

pillow-heif's wheels are linked with x265, which only writes HEIC, and is under the GPL.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from contents import Entry

Functions = Mapping[str, Iterable[str]]
"""Names of functions by the version of their symbols, which is empty where there are no versions."""

_SYMBOL = re.compile(r"\s[A-Za-z] (?P<name>\w+)(?:@@?(?P<version>\w+))?$")

_X265_FUNCTION = re.compile(rb"(?<![A-Za-z0-9])_?(x265_\w+)\0")
"""The name of a function of x265. A name within a longer, mangled one is libheif's own."""

_X265_TEXT = b"HEVC encoder version"
"""What x265 says of itself, and nothing else in the bundle."""

_HEAD = """\
#include <stdio.h>
#include <stdlib.h>

static void missing(const char *name) {
    fprintf(stderr, "agelens: %s was called, which this build does without\\n", name);
    abort();
}
"""


def hollowed(entries: Iterable[Entry], folder: Path) -> list[Entry]:
    """The bundle's files, with hollow libraries in place of these, and without the others that these needed.

    Args:
        entries: what PyInstaller found.
        folder: for the hollow libraries.

    Raises:
        FileNotFoundError: there is no C compiler.
        subprocess.CalledProcessError: the compiler, or a program of binutils, failed.
    """
    placed = [(PurePosixPath(entry[0].replace("\\", "/")), entry) for entry in entries]
    sources = {place: Path(source) for place, (_, source, kind) in placed if kind != "SYMLINK"}
    folder.mkdir(parents=True, exist_ok=True)
    kept = []
    for place, (name, source, kind) in placed:
        hollow = folder / place.name
        if kind != "SYMLINK" and place.match("libx265[-.]*"):
            build(hollow, {"": _called_of_x265(_one(sources, "libheif[-.]*"))})
            kept.append((name, str(hollow), kind))
        elif kind != "SYMLINK" and place.parts[0] == "opencv_python_headless.libs":
            cv2 = _one(sources, "cv2/cv2*.so")
            if place.name in needed(cv2):
                build(hollow, _called(cv2, Path(source)))
                kept.append((name, str(hollow), kind))
        else:
            kept.append((name, source, kind))
    return kept


def holds_x265(file: Path) -> bool:
    """Whether a file contains the encoder itself."""
    return _X265_TEXT in file.read_bytes()


def find_compiler() -> str:
    """The C compiler.

    Raises:
        FileNotFoundError: there is none.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise FileNotFoundError("a C compiler is needed (gcc; on Windows MinGW's, on macOS the command line tools' cc)")
    return compiler


def build(library: Path, functions: Functions, compiler: str | None = None, system: str = sys.platform) -> None:
    """Build a shared library all of whose functions say that they are missing, and abort.

    Args:
        library: where it goes.
        functions: what it exports.
        compiler: if not the usual one.
        system: for which it is, as `sys.platform`.
    """
    names = [name for those in functions.values() for name in those]
    source, versions = library.with_suffix(".c"), library.with_suffix(".versions")
    source.write_text(_HEAD + "".join(f'void {name}(void) {{ missing("{name}"); }}\n' for name in names), "ascii")
    command = [compiler or find_compiler(), "-O1", "-w", "-fno-builtin", "-o", str(library), str(source)]
    if system == "win32":
        command += ["-shared", "-s", "-Wl,--no-insert-timestamp"]
    elif system == "darwin":
        version = library.name.split(".")[1]  # libx265.217.dylib has version 217, and libheif asks for no less
        command += ["-dynamiclib", "-mmacosx-version-min=11.0", "-install_name", f"@rpath/{library.name}"]
        command += ["-compatibility_version", version, "-current_version", version]
        command += ["-Wl,-headerpad_max_install_names"]  # PyInstaller adds to the header
    else:
        command += ["-shared", "-s", "-fPIC", f"-Wl,-soname,{library.name}", "-Wl,--build-id=none"]
        script = [f"{version} {{ global: {'; '.join(functions[version])}; }};\n" for version in functions if version]
        if script:
            versions.write_text("".join(script), encoding="ascii")
            command.append(f"-Wl,--version-script,{versions}")
    subprocess.run(command, check=True)


def needed(library: Path) -> list[str]:
    """Names of the libraries that a library for Linux is linked with."""
    text = subprocess.run(["readelf", "-d", str(library)], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", text)


def _one(sources: Mapping[PurePosixPath, Path], pattern: str) -> Path:
    (found,) = {source for place, source in sources.items() if place.match(pattern)}
    return found


def _called_of_x265(libheif: Path) -> list[str]:
    """What libheif calls of x265. The names are text in it on every system, however it is linked."""
    return sorted({name.decode() for name in _X265_FUNCTION.findall(libheif.read_bytes())})


def _called(user: Path, library: Path) -> Functions:
    """What a library for Linux calls of another."""
    wanted = {name for name, _ in _symbols(user, "--undefined-only")}
    versions = defaultdict(list)
    for name, version in _symbols(library, "--defined-only"):
        if name in wanted:
            versions[version].append(name)
    return versions


def _symbols(library: Path, which: str) -> list[tuple[str, str]]:
    """Name and version of a library's dynamic symbols, sorted."""
    lines = subprocess.run(["nm", "-D", which, str(library)], capture_output=True, text=True, check=True).stdout
    found = (_SYMBOL.search(line) for line in lines.splitlines())
    return sorted({(match["name"], match["version"] or "") for match in found if match})
