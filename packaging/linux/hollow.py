"""Replaces libraries that others were built with, and that no photo needs, with hollow ones of the same names.

OpenCV's wheel is linked with FFmpeg, AV1 and VP9 codecs, OpenBLAS and more, so they must be there when it is loaded.
Agelens decodes photos with Pillow and uses OpenCV to resize, turn and compare pixels: none of them is ever called. They
would be a seventh of the bundle, and decoders that are not there cannot be attacked.

pillow-heif's wheel is linked with x265, which only writes HEIC, and is under the GPL.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

_SYMBOL = re.compile(r"\s(?P<kind>[A-Za-z]) (?P<name>\w+)(?:@@?(?P<version>\w+))?$")

_HEAD = """\
#include <stdio.h>
#include <stdlib.h>

static void missing(const char *name) {
    fprintf(stderr, "agelens: %s was called, which this build does without\\n", name);
    abort();
}
"""


def hollow_out(bundle: Path) -> int:
    """Hollow out these libraries, in the folder that PyInstaller made. Returns the number of bytes saved.

    Raises:
        FileNotFoundError: there is no C compiler.
        subprocess.CalledProcessError: the compiler, or a program of binutils, failed.
    """
    inside = bundle / "_internal"
    saved = _hollow_out(next((inside / "cv2").glob("cv2*.so")), set((inside / "opencv_python_headless.libs").iterdir()))
    heif = inside / "pillow_heif.libs"
    libheif = next(heif.glob("libheif-*"))
    saved += _hollow_out(libheif, {*heif.iterdir()} - {libheif, *heif.glob("libde265-*")})
    for link in inside.iterdir():
        if link.is_symlink() and not link.exists():
            link.unlink()
    return saved


def _hollow_out(user: Path, libraries: set[Path]) -> int:
    """Hollow out those libraries that their user is linked with, and remove the others, which those needed."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise FileNotFoundError("a C compiler (package gcc) is needed to make the bundle small")
    before = sum(library.stat().st_size for library in libraries)
    called = {name for kind, name, _ in _symbols(user, "--undefined-only") if kind in "Uw"}
    linked = needed(user)
    for library in libraries:
        symbols = [symbol for symbol in _symbols(library, "--defined-only") if symbol[1] in called]
        library.unlink()
        if library.name in linked:
            _build(compiler, library, symbols)
    return before - sum(library.stat().st_size for library in libraries if library.exists())


def _build(compiler: str, library: Path, symbols: list[tuple[str, str, str]]) -> None:
    """Build a shared library all of whose functions say that they are missing, and abort."""
    versions: dict[str, list[str]] = defaultdict(list)
    for _, name, version in symbols:
        versions[version].append(name)
    code = _HEAD + "".join(f'void {name}(void) {{ missing("{name}"); }}\n' for _, name, _ in symbols)
    script = "".join(
        f"{version} {{ global: {' '.join(f'{name};' for name in names)} }};\n"
        for version, names in versions.items()
        if version
    )
    source, versions_file = library.with_suffix(".c"), library.with_suffix(".versions")
    source.write_text(code, encoding="ascii")
    versions_file.write_text(script, encoding="ascii")
    command = [compiler, "-shared", "-fPIC", "-O1", "-s", "-w", "-fno-builtin", f"-Wl,-soname,{library.name}"]
    command += ["-Wl,--build-id=none", *([f"-Wl,--version-script,{versions_file}"] if script else [])]
    subprocess.run([*command, "-o", str(library), str(source)], check=True)
    source.unlink()
    versions_file.unlink()


def _symbols(library: Path, which: str) -> list[tuple[str, str, str]]:
    """Kind, name and version of a library's dynamic symbols, sorted."""
    lines = subprocess.run(["nm", "-D", which, str(library)], capture_output=True, text=True, check=True).stdout
    found = (_SYMBOL.search(line) for line in lines.splitlines())
    return sorted({(match["kind"], match["name"], match["version"] or "") for match in found if match})


def needed(library: Path) -> list[str]:
    """Names of the libraries that a library is linked with."""
    text = subprocess.run(["readelf", "-d", str(library)], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", text)


def strip_python(bundle: Path) -> None:
    """Remove debug symbols from Python's own libraries. (Those of wheels would break: they have been edited.)"""
    inside = bundle / "_internal"
    files = [*inside.glob("libpython3*.so*"), *inside.glob("python3*/lib-dynload/*.so")]
    subprocess.run(["strip", "--strip-unneeded", *map(str, files)], check=True)
