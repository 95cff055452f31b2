"""What Linux desktops are told about the app."""

from __future__ import annotations

import configparser
import itertools
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from bundle import HERE
from linux import package
from linux.package import copyright_file
from project import ROOT, photo_extensions, read_project

LINUX = HERE / "linux"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's own formats")

# The type of each of the engine's file name extensions, by freedesktop.org's shared MIME database.
TYPE_OF = {
    "image/jpeg": ".jpg .jpeg .jpe .jfif .mpo",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/bmp": ".bmp .dib",
    "image/tiff": ".tif .tiff",
    "image/gif": ".gif",
    "image/avif": ".avif .avifs",
    "image/heic": ".heic",
    "image/heif": ".heif .hif",
}


@pytest.fixture
def entry() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(LINUX / "agelens.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="desktop-file-validate is not installed")
def test_the_menu_entry_is_valid() -> None:
    done = subprocess.run(
        ["desktop-file-validate", LINUX / "agelens.desktop"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_menu_entry_opens_every_kind_of_photo(entry: configparser.SectionProxy) -> None:
    assert set(entry["MimeType"].strip(";").split(";")) == set(TYPE_OF)
    assert set(" ".join(TYPE_OF.values()).split()) == set(photo_extensions())
    assert entry["Exec"] == "agelens %F"


@pytest.mark.skipif(shutil.which("appstreamcli") is None, reason="appstreamcli is not installed")
def test_the_description_is_valid(tmp_path: Path) -> None:
    name = "org.agelens.agelens.metainfo.xml"
    text = (LINUX / name).read_text(encoding="utf-8").replace("@VERSION@", "1.2.3").replace("@DATE@", "2026-01-31")
    (tmp_path / name).write_text(text, encoding="utf-8")
    command = ["appstreamcli", "validate", "--no-net", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_package_tells_each_licence_of_its_files() -> None:
    stanzas = [dict(re.findall(r"^(\S+): (.*)", part, re.MULTILINE)) for part in copyright_file().split("\n\n")]
    of_files = {one["Files"]: one["License"] for one in stanzas if "Files" in one}
    assert of_files == {
        "*": "MIT",
        "usr/lib/agelens/*": "MIT and third-party-licenses",
        "usr/lib/agelens/_internal/engine/models/age.onnx": "LicenseRef-Agelens-weights",
    }
    texts = {part.split("\n")[0]: part for part in copyright_file().split("\n\n") if part.startswith("License:")}
    assert texts.keys() == {f"License: {name}" for licence in of_files.values() for name in licence.split(" and ")}
    assert "non-commercial" in texts["License: LicenseRef-Agelens-weights"]
    assert "non-commercial" not in texts["License: MIT"]
    assert "Permission is hereby granted" in texts["License: MIT"]


def test_licence_and_authors_are_the_same_everywhere() -> None:
    licence = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["license"]
    described = (LINUX / "org.agelens.agelens.metainfo.xml").read_text(encoding="utf-8")
    assert f"<project_license>{licence}</project_license>" in described
    assert licence.endswith(" AND LicenseRef-Agelens-weights")
    publisher = read_project().publisher
    assert f"<name>{publisher}</name>" in described
    assert f"{publisher}\n" in copyright_file()
    assert f"\nMaintainer: {publisher} <" in package._CONTROL


@pytest.mark.parametrize("program", ["agelens", "agelens-cli"])
def test_the_manual_tells_every_option(program: str) -> None:
    pytest.importorskip("argparse_manpage", reason="only the build's extra brings argparse-manpage")
    parser = __import__(package.MAN_PAGES[program][0], fromlist=["_parser"])._parser()
    text = package.manual(program, "1.2.3").replace("\\-", "-").replace("\\fR", "")
    for action in parser._actions[1:]:
        for option in action.option_strings:
            assert option in text
    assert f".TH {program.upper()}" in text
    assert "python -m engine" not in text


def test_a_release_replaces_its_pre_releases() -> None:
    wanted = ["1.1.0", "1.2.0~a1", "1.2.0~b2", "1.2.0~rc1", "1.2.0", "1.10.0"]
    versions = [package.debian_version(version.replace("~", "")) for version in wanted]
    assert versions == wanted
    if shutil.which("dpkg") is not None:
        for earlier, later in itertools.pairwise(versions):
            subprocess.run(["dpkg", "--compare-versions", earlier, "lt", later], check=True)


def test_the_sandbox_profile_is_for_the_programs_that_there_are() -> None:
    profile = (LINUX / "apparmor").read_text(encoding="utf-8")
    assert "/usr/lib/agelens/{agelens,_internal/PySide6/Qt/libexec/QtWebEngineProcess}" in profile
    assert "userns," in profile


def test_a_system_without_debians_tools_makes_the_other_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Fedora and Arch are."""
    monkeypatch.setattr(package, "BUILD", tmp_path)
    monkeypatch.setattr(package, "DIST", tmp_path)
    monkeypatch.setattr(package, "FOLDER", tmp_path / "agelens")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    package.make_deb("1.2.0", True)
    package.make_app_image("1.2.0")
    assert "dpkg-deb is not installed" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", ["postinst", "prerm", "postrm"])
def test_the_packages_scripts_are_shell(script: str) -> None:
    subprocess.run(["sh", "-n", str(LINUX / script)], check=True)
