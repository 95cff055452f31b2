"""The macOS application's description, signatures and disk image; macOS's own tools are not run."""

from __future__ import annotations

import plistlib
import re
import subprocess
from pathlib import Path

import pytest
from macos import dmg
from macos.info_plist import german_strings, info_plist
from project import Project, photo_extensions

PROJECT = Project("1.2.3rc1", "Publisher", "Copyright (c) 2026 Publisher")
ROOT = Path(__file__).resolve().parents[2]
MACH_O = b"\xcf\xfa\xed\xfe and more"

# The type of each of the engine's file name extensions, by Apple's list of uniform type identifiers.
TYPE_OF = {
    "public.jpeg": ".jpg .jpeg .jpe .jfif",
    "public.mpo-image": ".mpo",
    "public.png": ".png",
    "org.webmproject.webp": ".webp",
    "com.microsoft.bmp": ".bmp .dib",
    "public.tiff": ".tif .tiff",
    "com.compuserve.gif": ".gif",
    "public.avif": ".avif .avifs",
    "public.heic": ".heic",
    "public.heif": ".heif .hif",
}


def test_the_description_is_a_property_list() -> None:
    content = info_plist(PROJECT, photo_extensions())
    assert plistlib.loads(plistlib.dumps(content)) == content
    assert content["CFBundleShortVersionString"] == content["CFBundleVersion"] == "1.2.3"
    assert content["NSHumanReadableCopyright"] == PROJECT.copyright
    assert content["LSBackgroundOnly"] is False


def test_the_oldest_system_shows_the_pages_colours_and_is_told() -> None:
    """light-dark() came with Safari 17.5, whose WebKit is in macOS from 14.5 on."""
    oldest = info_plist(PROJECT, ())["LSMinimumSystemVersion"]
    assert "light-dark(" in (ROOT / "ui" / "tokens.css").read_text(encoding="utf-8")
    assert tuple(map(int, oldest.split("."))) >= (14, 5)
    for page in ("docs/user-guide.md", "packaging/README.md", "packaging/macos/README.md"):
        assert f"macOS {oldest}" in (ROOT / page).read_text(encoding="utf-8"), page


def test_folders_and_every_photo_of_the_engine_can_be_opened_and_none_is_by_default() -> None:
    by_type, by_ending, folders = info_plist(PROJECT, photo_extensions())["CFBundleDocumentTypes"]
    assert folders["LSItemContentTypes"] == ["public.folder"]
    for entry in (by_type, by_ending, folders):
        assert (entry["CFBundleTypeRole"], entry["LSHandlerRank"]) == ("Viewer", "Alternate")
    assert {f".{ending}" for ending in by_ending["CFBundleTypeExtensions"]} == set(photo_extensions())
    assert set(by_type["LSItemContentTypes"]) == set(TYPE_OF)
    assert set(" ".join(TYPE_OF.values()).split()) == set(photo_extensions())


def test_what_the_user_is_asked_is_said_in_both_languages() -> None:
    english = {key: text for key, text in info_plist(PROJECT, ()).items() if key.endswith("UsageDescription")}
    german = dict(re.findall(r'^"(\w+)" = "([^"]+)";$', german_strings(), re.MULTILINE))
    assert german.pop("CFBundleName") == info_plist(PROJECT, ())["CFBundleName"]
    assert len(english) >= 5
    assert english.keys() == german.keys()
    assert not [key for key in english if english[key] == german[key]]


def test_the_entitlements_are_few() -> None:
    with dmg.ENTITLEMENTS.open("rb") as file:
        assert plistlib.load(file) == {"com.apple.security.cs.allow-unsigned-executable-memory": True}


@pytest.fixture
def app(tmp_path: Path, links: None) -> Path:
    """An application as PyInstaller makes it, with nothing in its files."""
    contents = tmp_path / "Agelens.app" / "Contents"
    version = contents / "Frameworks" / "Python.framework" / "Versions" / "3.11"
    for folder in (contents / "MacOS", contents / "Resources", version, contents / "Frameworks" / "numpy"):
        folder.mkdir(parents=True)
    for file in ("MacOS/agelens", "MacOS/agelens-cli", "Frameworks/numpy/core.so", "Frameworks/libssl.dylib"):
        (contents / file).write_bytes(MACH_O)
    (version / "Python").write_bytes(MACH_O)
    (version.parent / "Current").symlink_to("3.11")
    (contents / "Resources" / "libssl.dylib").symlink_to("../Frameworks/libssl.dylib")
    (contents / "Info.plist").write_bytes(plistlib.dumps({}))
    return contents.parent


def test_signed_from_the_inside_out(app: Path) -> None:
    *signing, check = dmg.signing(app, "Developer ID Application: Us")
    signed = [Path(command[-1]).relative_to(app.parent).as_posix() for command in signing]
    assert signed == [
        "Agelens.app/Contents/Frameworks/Python.framework/Versions/3.11/Python",
        "Agelens.app/Contents/Frameworks/Python.framework/Versions/3.11",
        "Agelens.app/Contents/Frameworks/numpy/core.so",
        "Agelens.app/Contents/Frameworks/libssl.dylib",
        "Agelens.app/Contents/MacOS/agelens",
        "Agelens.app/Contents/MacOS/agelens-cli",
        "Agelens.app",
    ]
    assert all({"--timestamp", "runtime", "Developer ID Application: Us"} <= set(command) for command in signing)
    assert ["--entitlements" in command for command in signing] == [False] * 4 + [True] * 3
    assert check[:4] == ["codesign", "--verify", "--deep", "--strict"]


def test_without_an_identity_the_signature_is_ad_hoc_and_that_is_told(
    app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []
    image = dmg.build(
        app, tmp_path / "dist", dict.fromkeys(("AGELENS_SIGN_IDENTITY", *dmg.NOTARY), ""), commands.append
    )
    assert "NOT SIGNED" in capsys.readouterr().out
    signing = [command for command in commands if "--sign" in command]
    assert {command[command.index("--sign") + 1] for command in signing} == {"-"}
    assert not [command for command in signing if "runtime" in command or "--timestamp" in command]
    assert commands[-1][:2] == ["hdiutil", "create"]
    assert commands[-1][-1] == str(image)
    assert (app / "Contents/Resources/de.lproj/InfoPlist.strings").read_text(encoding="utf-8") == german_strings()


def test_with_identity_and_credentials_apple_is_asked_last(
    app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []
    environment = {"AGELENS_SIGN_IDENTITY": "Us", **{name: name.lower() for name in dmg.NOTARY}}
    image = dmg.build(app, tmp_path / "dist", environment, commands.append)
    assert [command[:3] for command in commands[-4:]] == [
        ["codesign", "--force", "--sign"],
        ["xcrun", "notarytool", "submit"],
        ["xcrun", "stapler", "staple"],
        ["xcrun", "stapler", "validate"],
    ]
    assert all(str(image) in command for command in commands[-4:])
    assert "NOT" not in capsys.readouterr().out


def test_an_image_that_is_signed_and_not_notarized_is_told(
    app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dmg.build(app, tmp_path / "dist", {"AGELENS_SIGN_IDENTITY": "Us"}, lambda _: None)
    assert "NOT NOTARIZED" in capsys.readouterr().out


def test_a_failure_tells_no_credentials(
    app: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(command: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(65, [*command, "--issuer", "secret"])

    monkeypatch.setattr(subprocess, "run", fail)
    assert dmg.main([str(app), "--out", str(app.parent)]) == 1
    told = capsys.readouterr().err
    assert "codesign --force failed with status 65" in told
    assert "secret" not in told
