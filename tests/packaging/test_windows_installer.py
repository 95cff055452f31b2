"""The Windows installer: compiled around a small stand-in for the bundle and, if there is Wine, put to use."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from project import Project, photo_extensions, read_project
from windows import installer, signing
from windows.installer import InstallerFailed, Payload
from windows.version_info import DESCRIPTIONS, version_text, write_version_texts
from wine_windows import WineWindows

pytestmark = pytest.mark.timeout(900)  # several programs in turn, each of which may take wine_windows.SECONDS

STAND_IN = """
Unicode true
Target {target}
SilentInstall silent
RequestExecutionLevel user
OutFile "{file}"
Section
  FileOpen $0 "C:\\runs" w
  FileClose $0
  Sleep 86400000
SectionEnd
"""
"""A program that says that it is running, and does nothing for a day."""

UNINSTALL_KEY = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Uninstall\Agelens"
CLASSES = r"HKEY_CURRENT_USER\Software\Classes"
WEBVIEW2 = r"Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"

needs_makensis = pytest.mark.skipif(shutil.which("makensis") is None, reason="there is no makensis (apt install nsis)")


def _bundle(folder: Path, program: bytes, **files: str) -> Path:
    """A bundle with these files besides its two programs; "__" in a name stands for a folder."""
    (folder / "_internal" / "leer $1").mkdir(parents=True)
    for name in installer.PROGRAMS:
        (folder / name).write_bytes(program)
    (folder / "_internal" / "leer $1" / "größe.txt").write_text("a name with more than letters")
    for name, text in files.items():
        file = folder / "_internal" / f"{name}.txt"
        file.write_text(text)
    return folder


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("stand-in")
    makensis = installer.Makensis.find()
    (folder / "stand_in.nsi").write_text(STAND_IN.format(file=folder / "program.exe", target=makensis.target))
    subprocess.run([str(makensis.program), "-V1", str(folder / "stand_in.nsi")], check=True)
    return (folder / "program.exe").read_bytes()


# What is compiled


def test_every_file_is_installed_and_removed_by_its_name(tmp_path: Path) -> None:
    payload = Payload.read(_bundle(tmp_path / "bundle", b"MZ", one="1"))
    text = installer.script(payload, {"VERSION": 'a "$b"'}, (".jpg",))
    assert '!define VERSION "a $\\"$$b$\\""' in text
    removed = re.findall(r'Delete "\$INSTDIR\\(.+)"', text)
    assert removed == [
        r"_internal\leer $$1\größe.txt",
        r"_internal\one.txt",
        "agelens-cli.exe",
        "agelens.exe",
    ]
    assert text.count("  File ") == len(removed)
    # The inner folder goes first.
    assert re.findall(r'RMDir "(.+)"', text) == [r"$INSTDIR\_internal\leer $$1", r"$INSTDIR\_internal"]


def test_nothing_is_ever_removed_with_all_that_is_in_it() -> None:
    sources = [file.read_text(encoding="utf-8") for file in installer.HERE.glob("*.ns[ih]")]
    assert len(sources) == 2
    assert not [line for text in sources for line in text.splitlines() if re.search(r"RMDir\s+/r|Delete.*\*", line)]


def test_each_text_is_there_in_both_languages() -> None:
    text = (installer.HERE / "texts.nsh").read_text(encoding="utf-8").replace("\\\n", "")
    texts = re.findall(r'^!insertmacro Text (\w+) +"(.+?)" +"(.+?)"$', text, re.MULTILINE)
    assert len(texts) == text.count("!insertmacro Text")
    # The variables in a sentence are the same in both languages.
    assert not [name for name, *both in texts if len({frozenset(re.findall(r"\$\{?\w+", one)) for one in both}) != 1]


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "agelens.exe").write_bytes(b"MZ")
    with pytest.raises(InstallerFailed, match=r"agelens-cli\.exe not found"):
        Payload.read(tmp_path)


def test_a_path_that_windows_could_not_hold_is_refused(tmp_path: Path) -> None:
    bundle = _bundle(tmp_path / "bundle", b"MZ")
    deep = bundle / "_internal" / ("x" * 90) / ("y" * 90)
    deep.mkdir(parents=True)
    (deep / "file.txt").write_text("")
    with pytest.raises(InstallerFailed, match="too long"):
        Payload.read(bundle)


def test_a_missing_makensis_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.delenv("ProgramFiles(x86)", raising=False)
    monkeypatch.delenv("ProgramFiles", raising=False)
    with pytest.raises(InstallerFailed, match="makensis is missing"):
        installer.Makensis.find()


@needs_makensis
def test_it_compiles_and_says_that_it_is_not_signed(
    tmp_path: Path, stand_in: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AGELENS_SIGN_THUMBPRINT", raising=False)
    monkeypatch.delenv("AGELENS_SIGN_CERTIFICATE", raising=False)
    made = installer.build(_bundle(tmp_path / "bundle", stand_in), tmp_path / "out", work=tmp_path / "work")
    assert made.name == f"agelens-{read_project().version}-windows-x64-setup.exe"
    assert "NOT SIGNED" in capsys.readouterr().out
    content = made.read_bytes()
    (header,) = struct.unpack_from("<I", content, 0x3C)
    (machine,) = struct.unpack_from("<H", content, header + 4)
    bits = {"amd64-unicode": 0x8664, "x86-unicode": 0x014C}
    assert machine == bits[installer.Makensis.find().target]


# Signing

RECORDER = """#!{python}
import os, sys
with open({log!r}, "a") as log:
    print(*sys.argv[1:], sep="|", file=log)
sys.exit({status})
"""


@pytest.fixture
def signtool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts a stand-in for signtool on the path, which records its arguments and ends with a status."""
    if sys.platform == "win32":
        pytest.skip("the stand-in for signtool is a script that Windows does not start")

    def make(status: int = 0) -> Path:
        log = tmp_path / "signed.log"
        program = tmp_path / "tools" / "signtool"
        program.parent.mkdir()
        program.write_text(RECORDER.format(python=sys.executable, log=str(log), status=status))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent), prepend=":")
        monkeypatch.setenv("AGELENS_SIGN_CERTIFICATE", "C:\\our.pfx")
        monkeypatch.setenv("AGELENS_SIGN_PASSWORD", "secret")
        monkeypatch.delenv("AGELENS_SIGN_THUMBPRINT", raising=False)
        return log

    return make


@needs_makensis
def test_programs_uninstaller_and_installer_are_signed(
    tmp_path: Path, stand_in: bytes, signtool: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    log = signtool()
    bundle = _bundle(tmp_path / "bundle", stand_in)
    made = installer.build(bundle, tmp_path / "out", work=tmp_path / "work")
    asked = [line.split("|") for line in log.read_text().splitlines()]
    assert len(asked) == 3
    common = f"sign|/fd|SHA256|/tr|{signing.TIMESTAMP}|/td|SHA256|/f|C:\\our.pfx|/p|secret".split("|")
    assert [line[: len(common)] for line in asked] == [common] * 3
    programs, (uninstaller,), (last,) = [line[len(common) :] for line in asked]
    assert programs == [str(bundle / name) for name in installer.PROGRAMS]
    assert uninstaller not in (*programs, last)
    assert last == str(made)
    assert "NOT SIGNED" not in capsys.readouterr().out


@needs_makensis
def test_a_certificate_that_does_not_sign_stops_the_build_and_keeps_its_password(
    tmp_path: Path, signtool: Callable[..., Path]
) -> None:
    signtool(status=1)
    with pytest.raises(InstallerFailed, match="signing failed") as caught:
        installer.build(_bundle(tmp_path / "bundle", b"MZ"), tmp_path / "out", work=tmp_path / "work")
    assert "secret" not in str(caught.value)
    assert not list((tmp_path).glob("out/*"))


def test_a_secret_that_is_not_set_is_no_certificate() -> None:
    assert signing.certificate({"AGELENS_SIGN_THUMBPRINT": "", "AGELENS_SIGN_CERTIFICATE": ""}) is None
    assert signing.certificate({"AGELENS_SIGN_THUMBPRINT": "ab12"}) == ["/sha1", "ab12"]


# The programs' version resource


@pytest.mark.parametrize("program", sorted(DESCRIPTIONS))
def test_the_version_resource_is_what_pyinstaller_reads(program: str) -> None:
    def kept(*arguments: Any, **named: Any) -> SimpleNamespace:
        return SimpleNamespace(arguments=arguments, **named)

    names = "VSVersionInfo FixedFileInfo StringFileInfo StringTable StringStruct VarFileInfo VarStruct".split()
    project = Project("1.2.3rc1", 'O\'Name "and" others', "Copyright (c) 2026")
    read = eval(version_text(project, program), dict.fromkeys(names, kept))  # as PyInstaller does
    assert read.ffi.filevers == read.ffi.prodvers == (1, 2, 3, 0)
    (table,) = read.kids[0].arguments[0]
    strings = {entry.arguments[0]: entry.arguments[1] for entry in table.arguments[1]}
    assert strings["OriginalFilename"] == f"{program}.exe"
    assert strings["FileVersion"] == "1.2.3rc1"
    assert strings["CompanyName"] == project.publisher


def test_the_version_resources_lie_where_the_spec_looks_for_them(tmp_path: Path) -> None:
    write_version_texts(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"agelens-version.txt", "agelens-cli-version.txt"}


def test_what_the_project_says_of_itself() -> None:
    project = read_project()
    assert project.publisher == "The Agelens authors"
    assert project.copyright.endswith(project.publisher)
    assert project.version.startswith(".".join(map(str, project.numbers)))
    assert ".heic" in photo_extensions()


@pytest.mark.parametrize(
    ("version", "numbers"), [("1.2.3", (1, 2, 3)), ("1.2", (1, 2, 0)), ("2", (2, 0, 0)), ("0.10.4.dev1", (0, 10, 4))]
)
def test_versions_as_windows_wants_them(version: str, numbers: tuple[int, int, int]) -> None:
    assert Project(version, "", "").numbers == numbers


# In use


class Machine:
    """A Windows, two versions of the installer, and methods for what is done with them."""

    def __init__(self, windows: WineWindows, old: Path, new: Path) -> None:
        self.windows = windows
        self.default = windows.local_data / "Programs" / "Agelens"
        self.shortcut = windows.start_menu / "Agelens.lnk"
        for name, made in (("old", old), ("new", new)):
            shutil.copyfile(made, windows.drive / f"{name}.exe")

    def install(self, version: str, folder: str | None = None) -> int:
        """Install silently; returns the exit status."""
        # NSIS wants the folder last and without quotes, so it is split at its spaces like separate arguments.
        where = [] if folder is None else f"/D={folder}".split(" ")
        return self.windows.run(rf"C:\{version}.exe", "/S", *where)

    def uninstall(self, folder: Path) -> None:
        """Uninstall silently and wait until it is done: the uninstaller continues in a copy of itself."""
        uninstaller = folder / "uninstall-agelens.exe"
        assert self.windows.run(str(uninstaller), "/S") == 0
        while UNINSTALL_KEY in self.registry():
            time.sleep(0.1)

    def registry(self) -> dict[str, dict[str, str]]:
        return self.windows.registry(r"HKCU\Software")

    def files(self, folder: Path) -> set[str]:
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


COMMON = {
    "agelens.exe",
    "agelens-cli.exe",
    "uninstall-agelens.exe",
    "setup.log",
    "_internal/leer $1/größe.txt",
    "_internal/kept.txt",
}


@pytest.fixture(scope="module")
def machine(stand_in: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("windows")
    try:
        windows = WineWindows(folder / "wine")
    except OSError as error:
        reason = f"the installer cannot be run here: {error}"
        if os.environ.get("AGELENS_BUNDLE_TESTS") == "needed":
            pytest.fail(reason)
        pytest.skip(reason)
    for key in (rf"{CLASSES}\Applications", UNINSTALL_KEY.rpartition("\\")[0]):
        windows.add_key(key)  # as any computer in use has
    about = read_project()
    made = []
    for version, files in (("1.0.0", {"gone": "old"}), ("1.1.0", {"new": "new"})):
        bundle = _bundle(folder / version, stand_in, kept=version, **files)
        project = Project(version, about.publisher, about.copyright)
        made.append(installer.build(bundle, folder / "out", work=folder / f"work-{version}", project=project))
    yield Machine(windows, *made)
    windows.close()


@pytest.fixture
def clean(machine: Machine) -> Iterator[Machine]:
    """A machine that is free of Agelens before and after."""
    before = machine.registry()
    yield machine
    assert machine.registry() == before
    assert not machine.shortcut.exists()
    assert not machine.default.exists()


@needs_makensis
def test_install_upgrade_uninstall(clean: Machine) -> None:
    settings = clean.windows.local_data / "Agelens" / "settings.json"
    settings.parent.mkdir()
    settings.write_text("{}")
    assert clean.install("old") == 0
    assert clean.files(clean.default) == {*COMMON, "_internal/gone.txt"}
    assert clean.shortcut.is_file()
    own_file = clean.default / "_internal" / "my photo.jpg"
    own_file.write_text("of the user")

    assert clean.install("new") == 0
    assert clean.files(clean.default) == {*COMMON, "_internal/new.txt", "_internal/my photo.jpg"}
    assert (clean.default / "_internal" / "kept.txt").read_text() == "1.1.0"
    entry = clean.registry()[UNINSTALL_KEY]
    assert entry["DisplayVersion"] == "1.1.0"
    assert entry["Publisher"] == "The Agelens authors"
    assert entry["InstallLocation"].endswith(r"\AppData\Local\Programs\Agelens")
    assert int(entry["EstimatedSize"].removeprefix("dword:"), 16) > 100

    clean.uninstall(clean.default)
    assert clean.files(clean.default) == {"_internal/my photo.jpg"}
    assert settings.read_text() == "{}"
    # What is left does not get in the way of the next installation.
    shutil.rmtree(settings.parent)
    shutil.rmtree(clean.default)


@needs_makensis
def test_open_with_offers_agelens_for_all_photos_and_opens_nothing_by_default(clean: Machine) -> None:
    others = rf"{CLASSES}\.png\OpenWithProgids"
    clean.windows.set_value(others, "Other.Viewer", "")
    assert clean.install("new") == 0
    keys = clean.registry()
    command = keys[rf"{CLASSES}\Agelens.Photo\shell\open\command"]["@"]
    assert command.endswith(r'\AppData\Local\Programs\Agelens\agelens.exe" "%1"')
    assert set(keys[rf"{CLASSES}\Applications\agelens.exe\SupportedTypes"]) == set(photo_extensions())
    for ending in photo_extensions():
        assert "Agelens.Photo" in keys[rf"{CLASSES}\{ending}\OpenWithProgids"]
        assert "@" not in keys[rf"{CLASSES}\{ending}"]
    clean.uninstall(clean.default)
    assert clean.registry()[others] == {"Other.Viewer": ""}
    clean.windows.delete_key(rf"{CLASSES}\.png")


@needs_makensis
def test_a_folder_of_the_users_choice_and_a_move(clean: Machine) -> None:
    first, second = r"C:\Größe und Maß\日本 Agelens", r"C:\Neuer Ort"
    assert clean.install("old", first) == 0
    there = clean.windows.drive / "Größe und Maß" / "日本 Agelens"
    assert clean.files(there) == {*COMMON, "_internal/gone.txt"}
    assert clean.registry()[UNINSTALL_KEY]["UninstallString"].count(first) == 1
    # The next version goes elsewhere: the old one is removed from where it was.
    assert clean.install("new", second) == 0
    assert not there.exists()
    # If no folder is given, it stays where it is.
    assert clean.install("new") == 0
    there = clean.windows.drive / "Neuer Ort"
    assert clean.files(there) == {*COMMON, "_internal/new.txt"}
    clean.uninstall(there)
    assert not there.exists()


@needs_makensis
@pytest.mark.parametrize("name", ["letter.txt", "agelens.exe"])
def test_a_folder_with_other_things_is_refused_and_left_alone(clean: Machine, name: str) -> None:
    # A folder with other files is refused only if it is not called Agelens, one with names from the bundle always.
    folder = clean.windows.drive / ("Documents" if name == "letter.txt" else "Agelens")
    folder.mkdir()
    (folder / name).write_text("mine")
    assert clean.install("new", rf"C:\{folder.name}") == 4
    assert clean.files(folder) == {name}
    assert (folder / name).read_text() == "mine"
    shutil.rmtree(folder)


@needs_makensis
def test_files_of_the_user_do_not_stand_in_the_way_in_a_folder_of_its_name(clean: Machine) -> None:
    folder = clean.windows.drive / "Agelens"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    assert clean.install("new", "C:\\Agelens\\") == 0
    clean.uninstall(folder)
    assert clean.files(folder) == {"letter.txt"}
    shutil.rmtree(folder)


@needs_makensis
def test_an_old_version_of_which_windows_knows_no_more_is_removed_too(clean: Machine) -> None:
    assert clean.install("old") == 0
    clean.windows.delete_key(UNINSTALL_KEY)
    assert clean.install("new") == 0
    assert clean.files(clean.default) == {*COMMON, "_internal/new.txt"}
    clean.uninstall(clean.default)


@needs_makensis
def test_for_a_drive_the_usual_folder_is_taken(clean: Machine) -> None:
    before = {path.name for path in clean.windows.drive.iterdir()}
    assert clean.install("new", "C:\\") == 0
    assert {path.name for path in clean.windows.drive.iterdir()} == before
    clean.uninstall(clean.default)


@needs_makensis
def test_while_agelens_runs_nothing_is_changed(clean: Machine) -> None:
    assert clean.install("old") == 0
    running = clean.windows.start(clean.default / "agelens.exe")
    runs = clean.windows.drive / "runs"
    try:
        while not runs.exists():
            time.sleep(0.1)
        assert clean.install("new") == 3
        elsewhere = clean.windows.drive / "Tools" / "Age"
        assert clean.install("new", r"C:\Tools\Age") == 3
        assert not elsewhere.exists()
        folder = clean.registry()[UNINSTALL_KEY]["InstallLocation"]
        # With _?= it does not continue in a copy of itself, so its exit status is known.
        assert clean.windows.run(rf"{folder}\uninstall-agelens.exe", "/S", f"_?={folder}") == 3
        assert clean.files(clean.default) == {*COMMON, "_internal/gone.txt"}
    finally:
        running.kill()
        running.wait()
        runs.unlink(missing_ok=True)
    clean.uninstall(clean.default)


@needs_makensis
def test_an_installation_that_was_interrupted_can_be_repeated(clean: Machine) -> None:
    assert clean.install("new") == 0
    (clean.default / "agelens.exe").unlink()
    (clean.default / "setup.log").unlink()
    assert clean.install("new") == 0
    assert clean.files(clean.default) == {*COMMON, "_internal/new.txt"}
    clean.uninstall(clean.default)


@needs_makensis
def test_an_uninstaller_that_was_moved_takes_nothing(clean: Machine) -> None:
    assert clean.install("new") == 0
    elsewhere = clean.windows.drive / "Elsewhere"
    (elsewhere / "_internal").mkdir(parents=True)
    (elsewhere / "_internal" / "kept.txt").write_text("mine")
    shutil.copyfile(clean.default / "uninstall-agelens.exe", elsewhere / "uninstall-agelens.exe")
    assert clean.windows.run(r"C:\Elsewhere\uninstall-agelens.exe", "/S", r"_?=C:\Elsewhere") == 4
    assert (elsewhere / "_internal" / "kept.txt").read_text() == "mine"
    assert UNINSTALL_KEY in clean.registry()
    shutil.rmtree(elsewhere)
    clean.uninstall(clean.default)


@needs_makensis
@pytest.mark.parametrize(
    ("key", "version", "told"),
    [
        (None, "", "WebView2 runtime, which this computer does not have"),
        (rf"HKLM\SOFTWARE\WOW6432Node\{WEBVIEW2}", "120.0.1", "WebView2 120.0.1"),
        (rf"HKCU\Software\{WEBVIEW2}", "121.0.2", "WebView2 121.0.2"),
        (rf"HKCU\Software\{WEBVIEW2}", "0.0.0.0", "WebView2 runtime, which this computer does not have"),
    ],
)
def test_the_log_tells_of_webview2(clean: Machine, key: str | None, version: str, told: str) -> None:
    if key is not None:
        clean.windows.set_value(key, "pv", version)
    try:
        assert clean.install("new") == 0
        log = (clean.default / "setup.log").read_text(encoding="utf-16")
        assert told in log
        assert ("https://developer.microsoft.com" in log) == ("does not have" in told)
        clean.uninstall(clean.default)
    finally:
        if key is not None:
            clean.windows.delete_key(key.partition(r"\EdgeUpdate")[0] + r"\EdgeUpdate")


@needs_makensis
@pytest.mark.parametrize("missing", [True, False])
def test_the_log_tells_of_a_windows_without_media_features(clean: Machine, missing: bool) -> None:
    media = clean.windows.drive / "windows" / "system32" / "mfplat.dll"
    content = media.read_bytes()
    if missing:
        media.unlink()
    try:
        assert clean.install("new") == 0
        assert ("Media Feature Pack" in (clean.default / "setup.log").read_text(encoding="utf-16")) == missing
        clean.uninstall(clean.default)
    finally:
        media.write_bytes(content)


@needs_makensis
def test_an_old_windows_is_refused(clean: Machine) -> None:
    clean.windows.be("win7")
    try:
        assert clean.install("new") == 5
    finally:
        clean.windows.be("win10")
