"""The licenses of everything in the bundle."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import notices
import pillow_heif
import pytest
from notices import Package, bundled_packages, write_notices

Collected = tuple[list[Package], str, str]


def package(name: str, licence: str, *texts: Path) -> Package:
    return Package(name, "1.2", licence, "https://example.org", f"{name}'s author", texts, "pypi")


def test_names_and_texts(tmp_path: Path) -> None:
    text = tmp_path / "LICENSE"
    text.write_text("Do what you like.\n", encoding="utf-8")
    write_notices([package("one", "0BSD", text), package("two", "0BSD", text)], tmp_path / "notices.txt")
    notices = (tmp_path / "notices.txt").read_text(encoding="utf-8")
    assert "one 1.2\n0BSD\nhttps://example.org" in notices
    assert notices.count("Do what you like.") == 1
    assert "the same as that of one" in notices


def test_a_package_without_a_text_gets_that_of_its_licence_and_no_invented_copyright(tmp_path: Path) -> None:
    write_notices([package("bare", "MIT"), package("thin", "Apache 2.0")], tmp_path / "notices.txt")
    told = (tmp_path / "notices.txt").read_text(encoding="utf-8")
    assert "Its author is bare's author." in told
    assert "Permission is hereby granted" in told
    assert "Apache License" in told
    assert "Copyright (c)" not in told


def test_a_package_without_a_text_of_which_too_little_is_known_stops_the_build(tmp_path: Path) -> None:
    for licence in ("", "Strange License"):
        with pytest.raises(LookupError, match="strange"):
            write_notices([package("strange", licence)], tmp_path / "notices.txt")


def installed(name: str, file: str) -> Path:
    """A file of an installed package."""
    return Path(str(metadata.distribution(name).locate_file(file)))


HAS_QT = find_spec("PySide6") is not None
only_with_qt = pytest.mark.skipif(not HAS_QT, reason="Linux's window only")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    """What is in a bundle of some files, what is told of it and what the build's log says."""
    folder = tmp_path_factory.mktemp("collected")
    (folder / "stray.dll").touch()
    sources = [
        installed("pillow_heif", "pillow_heif/__init__.py"),
        installed("ml_dtypes", "ml_dtypes/__init__.py"),
        Path(json.__file__),
        notices.ROOT / "LICENSE",
        folder / "stray.dll",
    ]
    if HAS_QT:
        core = installed("PySide6_WebEngine", "PySide6/QtWebEngineCore.pyi")
        sources += [core, installed("shiboken6", "shiboken6/__init__.py"), *core.parent.glob("Qt/lib/libicuuc.so.*")]
    listed = [(source.name, str(source), "DATA") for source in sources]
    (folder / "COLLECT-00.toc").write_text(repr(listed), encoding="utf-8")
    (folder / "PYZ-00.toc").write_text("[]", encoding="utf-8")
    with redirect_stdout(io.StringIO()) as log:
        packages = bundled_packages(folder / "COLLECT-00.toc", Path(sys.executable))
    write_notices(packages, folder / "notices.txt")
    return packages, (folder / "notices.txt").read_text(encoding="utf-8"), log.getvalue()


def test_the_libraries_that_read_heic_have_their_own_licence_and_version(collected: Collected) -> None:
    packages, told, _ = collected
    version = pillow_heif.libheif_info()["libheif"]
    assert ("libheif", version, "LGPL-3.0-or-later") in [(one.name, one.version, one.licence) for one in packages]
    assert ("libde265", "LGPL-3.0-or-later") in [(one.name, one.licence) for one in packages]
    assert f"\nhttps://github.com/strukturag/libheif/tree/v{version}.\n" in told
    assert "you may replace them" in told
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in told
    assert "GNU GENERAL PUBLIC LICENSE" in told
    assert "Of x265, which is named below, nothing is included" in told


def test_a_package_may_lack_fields() -> None:
    """Python 3.12 and newer warn that a later one will not give None for these."""
    command = [sys.executable, "-W", "error:Implicit None:DeprecationWarning", "-c", notices._LIST]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def test_all_licence_files_of_a_package_are_taken(collected: Collected) -> None:
    (found,) = [one for one in collected[0] if one.name == "ml_dtypes"]
    assert {text.name for text in found.texts} >= {"LICENSE", "LICENSE.eigen"}


def test_every_source_of_weights_is_told_with_its_real_copyright(collected: Collected) -> None:
    assert "Copyright (c) 2016 David Sandberg" in collected[1]
    assert "nyoki-mtl/keras-facenet" in collected[1]


@only_with_qt
def test_qt_is_told_with_its_parts(collected: Collected) -> None:
    packages, told, _ = collected
    assert {"PySide6_WebEngine", "shiboken6"} <= {one.name for one in packages}
    assert "chrome://" not in told
    assert "https://doc.qt.io/qt-6/licenses-used-in-qt.html" in told
    assert "https://doc.qt.io/qt-6/qtwebengine-licensing.html" in told
    assert "_internal/PySide6 and _internal/shiboken6" in told
    assert "Copyright 2015 The Chromium Authors" in told
    assert "reproduce the above\ncopyright notice" in told
    assert "ICU" in {one.name for one in packages}
    assert "UNICODE, INC. LICENSE AGREEMENT" in told


@only_with_qt
def test_qt_webengine_has_the_version_that_it_says_itself() -> None:
    core = pytest.importorskip("PySide6.QtWebEngineCore", reason="libraries are missing", exc_type=ImportError)
    note = notices._note("PySide6_WebEngine", metadata.version("PySide6_WebEngine"))
    assert f"this is {core.qWebEngineVersion().rpartition('.')[0]}." in note


def test_only_a_file_from_elsewhere_is_warned_of(collected: Collected) -> None:
    (warning,) = collected[2].splitlines()
    assert "stray.dll" in warning
