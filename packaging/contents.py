"""What goes into the bundle: the app's own files, and rules for what is left out of the packages that it needs.

The build prints the largest files, and sizes.md says why each is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

Entry = tuple[str, str, str]
"""A file as PyInstaller lists it: its path in the bundle, where it comes from, its kind."""

APP_DATA = (
    ("ui", "ui"),
    ("engine/models", "engine/models"),
    ("engine/self_test.jpg", "engine"),
    ("engine/self_test.heic", "engine"),
    ("LICENSE", "."),
)
"""Files of the app that are not modules: where they are in the repository, and the folder in the bundle."""

EXCLUDED_MODULES = (
    # What the networks are trained and drawn with.
    "matplotlib",
    "torch",
    "torchvision",
    # Other windows: pywebview's for GTK, and insightface's own programs.
    "gi",
    "insightface.gui",
    "insightface.commands",
    "tkinter",
    # Of insightface: 3D face models, and what draws masks.
    "insightface.thirdparty.face3d",
    "insightface.app.mask_renderer",
    # Of onnx and ONNX Runtime: tools for making and changing models.
    "onnx.backend",
    "onnx.reference",
    "onnx.test",
    "onnxruntime.datasets",
    "onnxruntime.quantization",
    "onnxruntime.tools",
    "onnxruntime.transformers",
    # Of the standard library and Python's tools: tests, documentation, packaging.
    "IPython",
    "docutils",
    "lib2to3",
    "pip",
    "pydoc_data",
    "pytest",
    "readline",
    "setuptools",
    "test",
    "unittest.test",
)
"""Modules that the app never imports, although packages that it needs would import them if they were there."""

# The window is Qt Widgets' web view. No part of the app is written in QML.
_QT_MODULES = frozenset({
    "QtCore",
    "QtDBus",
    "QtGui",
    "QtNetwork",
    "QtPrintSupport",
    "QtSvg",
    "QtWebChannel",
    "QtWebEngineCore",
    "QtWebEngineWidgets",
    "QtWidgets",
})  # fmt: skip
_QT_PLUGINS = {
    "egldeviceintegrations": "",
    "iconengines": "svg",
    "imageformats": "gif|ico|jpeg|svg|webp",
    "platforminputcontexts": "",
    "platforms": "minimal|offscreen|wayland|xcb",
    "platformthemes": "gtk3|xdgdesktopportal",
    "tls": "openssl",
    "wayland-decoration-client": "",
    "wayland-graphics-integration-client": "",
    "wayland-shell-integration": "",
    "xcbglintegrations": "",
}
"""Folders of plugins, and which of their plugins (a pattern; empty: all)."""

_LOCALES = ("de", "en-GB", "en-US")
"""Chromium's own texts (the menu of a text field), in the window's languages."""

_UNWANTED = [
    re.compile(pattern)
    for pattern in (
        r"(^|/)(tests?|testing)/",  # of packages; no folder of the app has such a name
        r"(^|/)PySide6/(glue|include|support|typesystems|scripts|examples)/",
        r"(^|/)PySide6/Qt/(qml|metatypes|modules|include|mkspecs|bin|sbin|phrasebooks)/",
        r"(^|/)qtwebengine_devtools_resources(\.debug)?\.pak$",
        r"\.debug\.(pak|bin)$",
        r"(^|/)cv2/(qt|data|gapi|misc|mat_wrapper|utils|typing)/",  # Qt 5 fonts and plugins, trained cascades
        r"(^|/)insightface/data/(images|objects)/",
        r"(^|/)opencv_videoio_ffmpeg\w*\.dll$",  # loaded only when a video is opened
        r"(^|/)(numpy|onnx|onnxruntime)/.*\.(pyi|pxd|pxi|h|c|cpp|pyx|proto|lib|a)$",
    )
]

REASONS = (
    (r"libQt6WebEngineCore", "Chromium, which draws the page"),
    (r"icudtl\.dat$|qtwebengine_resources", "Chromium's own data"),
    (r"libicu(data|i18n|uc)", "Unicode and languages, which Qt's core is linked with"),
    (r"libQt6(Quick|Qml)", "nothing of the app is written in QML, but Chromium's library is linked with it"),
    (r"libQt6|PySide6/Qt\w+\.abi3", "the window"),
    (r"cv2/cv2", "OpenCV: resizing, turning and comparing pixels; insightface needs it"),
    (r"onnxruntime", "ONNX Runtime, which runs both networks"),
    (r"engine/models/age\.onnx$", "the age model"),
    (r"engine/models/detector/", "the face detector"),
    (r"openblas", "linear algebra, which NumPy is linked with"),
    (r"numpy/", "NumPy"),
    (r"onnx/", "onnx, with which insightface reads what a model is"),
    (r"agelens(-cli)?(\.exe)?$", "a program; every module written in Python is inside both"),
    (r"(lib)?python3", "Python"),
    (r"pillow\.libs/|PIL/", "Pillow: decoding photos, AVIF among them"),
    (r"pillow_heif", "decoding HEIC"),
    (r"lib(crypto|ssl)", "OpenSSL, which Python is linked with"),
)
"""Why a large file is in the bundle: patterns and reasons, of which the first match counts."""

_QT_LIBRARIES = PurePosixPath("PySide6/Qt/lib")

_KEPT_SYSTEM_LIBRARIES = re.compile(r"^lib(python3|ssl|crypto|ffi|sqlite3|lzma|bz2|z|uuid|expat|mpdec)[-.0-9a-z]*\.so")
"""Libraries of the build machine that Python's own modules need, in the versions that they were built with. All others
(X11, fonts, sound, certificates) must be those of the system that the app runs on: the package depends on them."""


def wanted(entry: Entry) -> bool:
    """Whether a file goes into the bundle."""
    path = PurePosixPath(entry[0].replace("\\", "/"))
    text = str(path)
    if any(pattern.search(text) for pattern in _UNWANTED):
        return False
    if "PySide6" in path.parts:
        return _wanted_of_qt(path)
    if "lib-dynload" in PurePosixPath(entry[1]).parts:  # of the standard library, which Debian has among its own
        return True
    if entry[1].startswith(("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/")):
        return _KEPT_SYSTEM_LIBRARIES.match(path.name) is not None
    return True


def _wanted_of_qt(path: PurePosixPath) -> bool:
    inside = path.parts[path.parts.index("PySide6") + 1 :]
    if inside[:2] == ("Qt", "plugins"):
        pattern = _QT_PLUGINS.get(inside[2])
        return pattern is not None and re.search(pattern, inside[-1]) is not None
    if inside[:2] == ("Qt", "translations"):
        if inside[2] == "qtwebengine_locales":
            return path.stem in _LOCALES
        return re.fullmatch(r"qt(base)?_(de|en)\.qm", path.name) is not None
    if len(inside) == 1 and (binding := re.match(r"(Qt\w+)\.(abi3\.so|pyd)$", inside[0])):
        return binding[1] in _QT_MODULES
    return True


def reason(path: str) -> str | None:
    """Why a file is in the bundle; None if no reason is given."""
    return next((why for pattern, why in REASONS if re.search(pattern, path)), None)


def filtered(entries: Iterable[Entry], imports: Callable[[str], Iterable[str]]) -> list[Entry]:
    """The files that go into the bundle, each once, in a fixed order.

    Args:
        entries: what PyInstaller found.
        imports: names of the shared libraries that a library needs, directly or through others.
    """
    kept = {entry for entry in entries if wanted(entry)}
    # Qt comes as one heap of libraries: only those that something else in the bundle needs stay.
    heap = {entry for entry in kept if _QT_LIBRARIES in PurePosixPath(entry[0]).parents and entry[2] == "BINARY"}
    users = [entry for entry in kept - heap if entry[2] in ("BINARY", "EXTENSION") or "libexec" in entry[0]]
    needed = {name for entry in users for name in imports(entry[1])} if heap else set()
    kept -= {entry for entry in heap if PurePosixPath(entry[0]).name not in needed}
    there = {entry[0] for entry in kept}
    # In a macOS framework, links are relative to their own place, and it cannot be signed without them.
    return sorted(entry for entry in kept if entry[2] != "SYMLINK" or entry[1] in there or ".framework/" in entry[0])
