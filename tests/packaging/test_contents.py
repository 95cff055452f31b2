"""What goes into the bundle and what does not."""

from __future__ import annotations

import pytest
from contents import APP_DATA, Entry, filtered, reason, wanted
from project import ROOT

WHEEL = "/env/lib/python3.11/site-packages/"


def entry(name: str, kind: str = "BINARY", source: str = "") -> Entry:
    return (name, source or WHEEL + name, kind)


@pytest.mark.parametrize(
    "name",
    [
        "ui/index.html",
        "engine/models/age.onnx",
        "engine/models/detector/manifest.json",
        "PIL/_imaging.cpython-311-x86_64-linux-gnu.so",
        "PySide6/QtWebEngineCore.abi3.so",
        "PySide6/Qt/libexec/QtWebEngineProcess",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqwayland.so",
        "PySide6/Qt/resources/icudtl.dat",
        "PySide6/Qt/translations/qtwebengine_locales/de.pak",
        "PySide6/Qt/translations/qtbase_de.qm",
        "certifi/cacert.pem",
    ],
)
def test_what_the_app_needs_stays(name: str) -> None:
    assert wanted(entry(name))


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/resources/qtwebengine_devtools_resources.pak",
        "PySide6/Qt/resources/qtwebengine_resources.debug.pak",
        "PySide6/Qt/qml/QtQuick/Controls/Button.qml",
        "PySide6/Qt/plugins/sqldrivers/libqsqlite.so",
        "PySide6/Qt/plugins/platforms/libqvnc.so",
        "PySide6/Qt/translations/qtwebengine_locales/fr.pak",
        "PySide6/Qt/translations/designer_de.qm",
        "PySide6/QtCharts.abi3.so",
        "cv2/data/haarcascade_eye.xml",
        "cv2\\opencv_videoio_ffmpeg5000_64.dll",
        "insightface/data/images/t1.jpg",
        "numpy/_core/tests/data/a.npy",
        "numpy/_core/include/numpy/arrayobject.h",
    ],
)
def test_what_the_app_does_not_use_goes(name: str) -> None:
    assert not wanted(entry(name))


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("libssl.so.3", True),
        ("libpython3.11.so.1.0", True),
        ("libX11-xcb.so.1", False),
        ("libnss3.so", False),
        ("libstdc++.so.6", False),
    ],
)
def test_of_the_build_machine_only_pythons_own_libraries_stay(name: str, stays: bool) -> None:
    assert wanted(entry(name, source=f"/usr/lib/x86_64-linux-gnu/{name}")) == stays


def test_the_standard_library_of_debians_python_stays() -> None:
    name = "_ssl.cpython-311-x86_64-linux-gnu.so"
    assert wanted(entry(f"python3.11/lib-dynload/{name}", source=f"/usr/lib/python3.11/lib-dynload/{name}"))


def test_of_qts_libraries_those_stay_that_something_leads_to() -> None:
    core, charts = "PySide6/Qt/lib/libQt6Core.so.6", "PySide6/Qt/lib/libQt6Charts.so.6"
    binding = entry("PySide6/QtCore.abi3.so", "EXTENSION")
    links = [entry(name.rpartition("/")[2], "SYMLINK", name) for name in (core, charts)]
    everything = [binding, entry(core), entry(charts), *links, binding]
    kept = filtered(everything, lambda path: ["libQt6Core.so.6"] if path == binding[1] else [])
    assert [name for name, _, _ in kept] == [
        "PySide6/Qt/lib/libQt6Core.so.6",
        "PySide6/QtCore.abi3.so",
        "libQt6Core.so.6",
    ]


def test_links_of_a_framework_stay() -> None:
    """They are relative to their own place, and macOS signs no framework without them."""
    library = entry("Python.framework/Versions/3.11/Python")
    links = [
        entry("Python.framework/Versions/Current", "SYMLINK", "3.11"),
        entry("Python.framework/Python", "SYMLINK", "Versions/Current/Python"),
    ]
    astray = entry("libcut.so", "SYMLINK", "PySide6/Qt/lib/libcut.so")
    assert filtered([*links, library, astray], lambda _: []) == sorted([*links, library])


def test_the_apps_own_files_are_there() -> None:
    for source, _ in APP_DATA:
        assert (ROOT / source).exists(), source


@pytest.mark.parametrize(
    ("path", "said"),
    [("_internal/engine/models/age.onnx", "the age model"), ("_internal/scipy/linalg/_flapack.so", None)],
)
def test_a_large_file_without_a_reason_is_noticed(path: str, said: str | None) -> None:
    assert reason(path) == said
