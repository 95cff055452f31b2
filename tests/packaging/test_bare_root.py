"""The Linux packages in a separate Debian: no Python, no network, nothing but what the package depends on.

Needs what `python3 dev.py bundle` makes, root permissions and debootstrap. `python3 dev.py try-bundle` provides all of
that: there, something missing is a failure, elsewhere a reason to skip.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hollow import needed
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "bare-root"
USER = "ada"
FAR_AWAY = "/srv/ada/Ältere Fotos/Omas Kiste"
"""Where the archive is unpacked: with spaces and non-ASCII letters."""

pytestmark = pytest.mark.timeout(1200)  # the first time, Debian is downloaded

OUTDATED = "usr/lib/agelens/_internal/outdated.txt"
KEPT = ("srv/bob/.config/Agelens/settings.json", "srv/bob/.local/share/Agelens/album.sqlite3")

OPTIONAL = re.compile("(?i)gtk3|wayland|wlshell|-shell|-server|bradient|adwaita")
"""Qt uses GTK's look if GTK is there, and Wayland if its libraries are."""


ENTER = """
set -e
ip link set lo up
mount --bind "$0" "$0"
cd "$0"
mkdir -p .old
pivot_root . .old
mount -t proc proc /proc
mount --rbind /.old/dev /dev
mount -t tmpfs tmpfs /dev/shm
umount -l /.old
"$@"
exit $?
"""
"""Not chroot, in which the kernel refuses the user namespaces that Chromium's sandbox needs. The shell stays as process
1, because an X server does not signal process 1 that it is ready."""


class BareRoot:
    """A Debian in a folder, entered with its own namespaces and without a network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str, user: str = "root", fails: bool = False) -> str:
        """What a command in there prints on both standard streams; it must succeed, or fail if so requested."""
        become = ["runuser", "-u", user, "--"] if user != "root" else []
        home = "/root" if user == "root" else f"/srv/{user}"
        clean = ["env", "-i", f"HOME={home}", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
        space = ["unshare", "--net", "--mount", "--pid", "--fork", "--propagation", "private"]
        done = subprocess.run(
            [*space, "sh", "-c", ENTER, str(self.folder), *clean, *become, *command],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert (done.returncode != 0) == fails, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def put(self, source: Path, place: str) -> None:
        """Copy a file into it."""
        target = self.folder / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)

    def files(self) -> set[str]:
        """Everything in it except the users' folders and what always changes."""
        passing = ("srv/", "root/", "tmp/", "var/log/", "var/cache/", "proc", "dev", ".old")
        found = (str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))
        return {name for name in found if not name.startswith(passing)}


def missing() -> str | None:
    """Why these tests cannot run, None when they can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "root's rights on Linux are needed"
    for program in ("debootstrap", "ip", "unshare"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not list((ROOT / "dist").glob("agelens_*.deb")):
        return "there is no package: python3 dev.py bundle makes it"
    return None


@pytest.fixture(scope="module")
def package() -> Path:
    """The newest package in dist/."""
    reason = missing()
    if reason is not None:
        if os.environ.get("AGELENS_BUNDLE_TESTS") == "needed":
            pytest.fail(reason)
        pytest.skip(reason)
    return max((ROOT / "dist").glob("agelens_*.deb"), key=lambda file: file.stat().st_mtime)


@pytest.fixture(scope="module")
def bare(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareRoot]:
    """A Debian with the libraries that the package asks for, a virtual display, and a user."""
    field = subprocess.run(["dpkg-deb", "-f", str(package), "Depends"], capture_output=True, text=True, check=True)
    # The last alternative is for the oldest release.
    names = [entry.split("|")[-1].split("(")[0].strip() for entry in field.stdout.split(",")]
    wanted = ",".join(sorted({*names, "xvfb", "xauth"}))
    stamp = CACHE / "agelens-root.txt"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        command = ["debootstrap", "--variant=minbase", f"--include={wanted}", "bookworm", str(CACHE), mirror()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
        shutil.rmtree(CACHE / "var" / "cache" / "apt")
        stamp.write_text(wanted, encoding="utf-8")
    folder = tmp_path_factory.mktemp("bare") / "root"
    subprocess.run(["cp", "-a", str(CACHE), str(folder)], check=True)
    root = BareRoot(folder)
    root.run("useradd", "--create-home", "--home-dir", f"/srv/{USER}", USER)
    yield root
    shutil.rmtree(folder, ignore_errors=True)


def mirror() -> str:
    """Where this system gets Debian 12's packages; the usual mirror if this is another system."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    mirrors = (line.split()[0] for line in lines if line.split()[1:] == ["bookworm"])
    return next(mirrors, "https://deb.debian.org/debian")


@pytest.fixture(scope="module")
def installed(
    bare: BareRoot, package: Path, group_photo: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The package installed over an older one, and what was there before."""
    before = bare.files()
    bare.put(group_photo, "/tmp/t1.jpg")
    bare.put(package, "/tmp/agelens.deb")
    older = older_package(package, tmp_path_factory.mktemp("older"))
    bare.put(older, "/tmp/older.deb")
    bare.run("dpkg", "--install", "/tmp/older.deb")
    assert (bare.folder / OUTDATED).is_file()
    for name in KEPT:
        file = bare.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("kept", encoding="ascii")
    bare.run("dpkg", "--install", "/tmp/agelens.deb")
    return {"before": before}


def older_package(package: Path, folder: Path) -> Path:
    """The package with a lower version, and a file in it that the newer one does not have."""
    inside, older = folder / "inside", folder / "older.deb"
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(inside)], check=True)
    control = inside / "DEBIAN" / "control"
    lines = control.read_text(encoding="utf-8").splitlines()
    lines = ["Version: 0.0.1" if line.startswith("Version:") else line for line in lines]
    control.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (inside / OUTDATED).touch()
    command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(inside), str(older)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(inside)
    return older


def faces(text: str) -> list[Any]:
    """Records without what differs between two runs on any machine."""
    records = json.loads(text)
    for record in records if isinstance(records, list) else [records]:
        for name in ("milliseconds", "path"):
            record.pop(name)
    return records if isinstance(records, list) else [records]


@pytest.mark.usefixtures("installed")
def test_there_is_no_python(bare: BareRoot) -> None:
    bare.run("sh", "-c", "command -v python3 || command -v python", fails=True)


@pytest.mark.usefixtures("installed")
def test_every_library_is_in_the_package_or_asked_for(bare: BareRoot) -> None:
    program = bare.folder / "usr/lib/agelens"
    there = {path.name for folder in (program, bare.folder / "usr/lib") for path in folder.rglob("*")}
    there |= {path.name for path in (bare.folder / "lib64").iterdir()}
    missing = set()
    for file in program.rglob("*"):
        library = file.is_file() and not file.is_symlink() and file.read_bytes()[:4] == b"\x7fELF"
        if library and not set(needed(file)) <= there:
            missing.add(file.name)
    assert {name for name in missing if not OPTIONAL.search(name)} == set()


@pytest.mark.usefixtures("installed")
def test_it_tests_itself(bare: BareRoot) -> None:
    said = bare.run("agelens", "--self-test", user=USER)
    assert "Everything works." in said
    assert "agelens " in bare.run("agelens", "--version")


@pytest.mark.usefixtures("installed")
def test_the_command_line_says_what_the_source_says(bare: BareRoot, group_photo: Path) -> None:
    said = bare.run("agelens-cli", "--quiet", "--format", "json", "/tmp/t1.jpg", user=USER)
    command = [sys.executable, "-m", "engine", "--quiet", "--format", "json", str(group_photo)]
    source = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert faces(said) == faces(source)
    assert len(faces(said)[0]["faces"]) == 6


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("user", [USER, "root"])
def test_the_window_opens(bare: BareRoot, user: str, tmp_path: Path) -> None:
    """As an ordinary user with a fresh home, whose page is in Chromium's sandbox, and as root."""
    picture = f"/tmp/{user}.png"
    bare.run("xvfb-run", "-a", "agelens", "--size", "900x600", "--screenshot", picture, "/tmp/t1.jpg", user=user)
    with Image.open(bare.folder / picture.lstrip("/")) as shot:
        assert shot.size == (900, 600)
        colours = shot.convert("RGB").getcolors(1 << 20)
        assert colours is not None and len(colours) > 10_000, "the photo is not there"
    if keep := os.environ.get("AGELENS_PICTURES"):
        shutil.copyfile(bare.folder / picture.lstrip("/"), Path(keep) / f"bare-root-{user}.png")


@pytest.mark.usefixtures("installed")
def test_it_runs_from_any_folder_that_cannot_be_written(bare: BareRoot) -> None:
    """The archive, unpacked below a name with spaces and umlauts, and owned by another user."""
    archive = max((ROOT / "dist").glob("agelens-*-linux-*.tar.xz"), key=lambda file: file.stat().st_mtime)
    place = bare.folder / FAR_AWAY.lstrip("/")
    place.mkdir(parents=True)
    subprocess.run(["tar", "--extract", "--file", str(archive), "--directory", str(place)], check=True)
    inside = f"{FAR_AWAY}/{next(place.iterdir()).name}"
    assert "Everything works." in bare.run(f"{inside}/agelens", "--self-test", user=USER)
    bare.run("sh", "-c", f"touch '{inside}/new'", user=USER, fails=True)
    command = ["xvfb-run", "-a", f"{inside}/agelens", "--screenshot", "/tmp/far.png", "/tmp/t1.jpg"]
    bare.run(*command, user=USER)
    assert (bare.folder / "tmp/far.png").stat().st_size > 50_000


@pytest.mark.usefixtures("installed")
def test_upgrading_replaces_the_program_and_keeps_what_is_the_users(bare: BareRoot) -> None:
    assert not (bare.folder / OUTDATED).exists()
    assert all((bare.folder / name).read_text(encoding="ascii") == "kept" for name in KEPT)


def test_removing_leaves_nothing_but_what_is_the_users(bare: BareRoot, installed: dict[str, Any]) -> None:
    said = bare.run("dpkg", "--purge", "agelens")
    assert ".config/Agelens" in said
    assert all((bare.folder / name).is_file() for name in KEPT)
    left = bare.files() - installed["before"]
    assert {name for name in left if not name.startswith("var/lib/dpkg/")} == set()
