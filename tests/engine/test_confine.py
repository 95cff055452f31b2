"""engine.confine, in processes that are sacrificed for it."""

from __future__ import annotations

import platform
import signal
import subprocess
import sys
from multiprocessing import resource_tracker
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from engine.confine import confine
from engine.worker import Worker

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confines on Linux only")

_PROGRAM = """
import ctypes, fcntl, os, socket, struct, threading
libc = ctypes.CDLL(None, use_errno=True)
def refused(answer):
    if answer < 0:
        raise OSError(ctypes.get_errno(), "")
from engine.confine import confine
{before}
done = confine(300_000_000, devices={devices})
try:
    {attempt}
except BaseException as error:
    print(*done, type(error).__name__)
else:
    print(*done, "done")
"""


def attempt(what: str, before: str = "", devices: bool = False) -> str:
    program = _PROGRAM.format(attempt=what, before=before, devices=devices)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    "what",
    [
        "import socket; socket.socket()",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9', timeout=1)",
        "import os; os.execv('/bin/true', ['true'])",
        "import subprocess; subprocess.run(['true'])",
        "refused(libc.ptrace(16, 1, 0, 0))",
        "import os; os.fork() or os._exit(0)",
        "import os; os.posix_spawn('/bin/true', ['true'], {})",
        "open('new', 'w')",
        "open('photo', 'a')",
        "open('photo', 'r+')",
        "open('/proc/self/mem', 'r+b')",
        "import os; os.open('.', os.O_TMPFILE | os.O_RDWR)",
        "os.open('photo', os.O_RDONLY | os.O_TRUNC)",
        "os.open('new', os.O_RDONLY | os.O_CREAT)",
        "import os; os.truncate('photo', 0)",
        "import os; os.rename('photo', 'new')",
        "import os; os.link('photo', 'new')",
        "import os; os.symlink('photo', 'new')",
        "import os; os.unlink('photo')",
        "import os; os.mkdir('new')",
        "import os; os.rmdir('folder')",
        "import os; os.mkfifo('new')",
        "import os; os.chmod('photo', 0o777)",
        "import os; os.fchmod(os.open('photo', os.O_RDONLY), 0o777)",
        "import os; os.kill(os.getppid(), 0)",
        "import os, signal; signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0)",
        "import os, resource; resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
        "refused(libc.syscall(437, -100, b'new', bytes(24), 24))",
        "socket.socketpair(type=socket.SOCK_DGRAM)",
        "refused(libc.mq_open(b'/agelens', os.O_RDONLY))",
        "refused(libc.mq_unlink(b'/agelens'))",
        "refused(libc.msgget(1, 0))",
        "refused(libc.msgctl(1, 2, 0))",
        "refused(libc.semget(1, 1, 0))",
        "refused(libc.semctl(1, 0, 2, 0))",
        "refused(libc.shmget(1, 1, 0))",
        "refused(libc.shmctl(1, 2, 0))",
        "os.chown('photo', os.getuid(), os.getgid())",
        "os.chown(os.open('photo', os.O_RDONLY), os.getuid(), os.getgid())",
        "os.setxattr('photo', 'user.agelens', b'')",
        "os.setxattr(os.open('photo', os.O_RDONLY), 'user.agelens', b'')",
        "os.removexattr('photo', 'user.agelens')",
        "os.utime('photo', (0, 0))",
        "refused(libc.open_by_handle_at(-1, bytes(8), os.O_RDONLY))",
        "refused(libc.syscall(469, -100, b'photo', bytes(24), 24, 0))",  # file_setattr
        "refused(libc.mount(None, None, None, 0, None))",
        "refused(libc.syscall(467, -100, b'.', 0, None, 0))",  # open_tree_attr
        "refused(libc.syscall(443, -1, 0, 0, None))",  # quotactl_fd
        "refused(libc.chroot(b'.'))",
        "refused(libc.sethostname(b'x', 1))",
        "refused(libc.clock_settime(99, bytes(16)))",
        "fcntl.ioctl(os.open('photo', os.O_RDONLY), 0x40086602, bytes(8))",  # FS_IOC_SETFLAGS
        "fcntl.ioctl(os.open('photo', os.O_RDONLY), 0x401C5820, bytes(28))",  # FS_IOC_FSSETXATTR
        "fcntl.ioctl(os.open('.', os.O_RDONLY), 0x5000940E, bytes(1000))",  # BTRFS_IOC_SUBVOL_CREATE
        "fcntl.ioctl(os.open('photo', os.O_RDONLY), 0x40047211, bytes(4))",  # FAT_IOCTL_SET_ATTRIBUTES
        "fcntl.ioctl(0, 0x5412, b'x')",  # TIOCSTI
        "fcntl.ioctl(0, 0x541C, b'x')",  # TIOCLINUX
        "fcntl.ioctl(0, 0x8901, bytes(4))",  # FIOSETOWN
        "fcntl.ioctl(0, 0x8902, bytes(4))",  # SIOCSPGRP
        "fcntl.flock(os.open('photo', os.O_RDONLY), fcntl.LOCK_SH)",
        "fcntl.lockf(os.open('photo', os.O_RDONLY), fcntl.LOCK_SH)",
        "fcntl.lockf(os.open('photo', os.O_RDONLY), fcntl.LOCK_SH | fcntl.LOCK_NB)",
        "fcntl.fcntl(os.open('photo', os.O_RDONLY), 37, struct.pack('hhqqi', 0, 0, 0, 0, 0))",  # F_OFD_SETLK
        "fcntl.fcntl(os.open('photo', os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)",
        "fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())",
        "fcntl.fcntl(0, 10, 9)",  # F_SETSIG
        "fcntl.fcntl(0, 15, bytes(8))",  # F_SETOWN_EX
    ],
)
def test_what_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    (tmp_path / "photo").write_bytes(b"photo")
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    done, error = attempt(what).rsplit(" ", 1)
    assert done == "memory calls"
    assert error in ("PermissionError", "URLError")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "photo"]
    assert (tmp_path / "photo").read_bytes() == b"photo"


@pytest.mark.parametrize("number", [129, 200, 234, 297], ids=["queueinfo", "tkill", "tgkill", "tgqueueinfo"])
@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are x86-64's numbers of calls")
def test_signals_to_other_processes_are_refused(number: int) -> None:
    call = f"libc.syscall({number}, os.getppid(), os.getppid(), 0)"
    assert attempt(f"refused({call})") == "memory calls PermissionError"


OTHER_WAYS = {
    "open": "2, b'photo', os.O_WRONLY",
    "creat": "85, b'photo', 0o600",
    "fork": "57",
    "vfork": "58",
    "memory of a process": "311, os.getpid(), 0, 0, 0, 0, 0",
    "io_uring": "425, 1, bytes(120)",
    "key": "248, b'user', b'agelens', b'x', 1, -2",
    "asked for a key": "249, b'user', b'agelens', b'x', 0",
    "namespace": "308, -1, 0",
    "x32": "0x40000000 | 41, socket.AF_UNIX, socket.SOCK_STREAM, 0",
}
"""Calls that C libraries seldom make, by x86-64's numbers."""


@pytest.mark.parametrize("way", OTHER_WAYS)
@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are x86-64's numbers of calls")
def test_other_ways_to_the_same_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    (tmp_path / "photo").write_bytes(b"photo")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    # A child that there should not be says nothing.
    assert attempt(f"refused(libc.syscall({OTHER_WAYS[way]}) or os._exit(0))") == "memory calls PermissionError"
    assert (tmp_path / "photo").read_bytes() == b"photo"


def test_c_libraries_learn_that_they_must_do_without_clone3() -> None:
    """Its flags cannot be seen; a mere refusal would not make them use `clone`, and no thread would start."""
    assert attempt("libc.syscall(435, None, 0); assert ctypes.get_errno() == 38") == "memory calls done"


def test_what_was_open_before_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "results").write_bytes(b"ages")
    before = f"import os\nfile = os.open({str(tmp_path / 'results')!r}, os.O_RDWR)"
    assert attempt("os.ftruncate(file, 0)", before) == "memory calls PermissionError"
    assert (tmp_path / "results").read_bytes() == b"ages"


def test_it_can_still_abort_and_read_its_limits() -> None:
    assert attempt("import resource; resource.getrlimit(resource.RLIMIT_NOFILE)") == "memory calls done"
    program = _PROGRAM.format(attempt="import os; os.abort()", before="", devices=False)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGABRT


@pytest.mark.parametrize("command", [0x5412, 0x8902, 0x40086602], ids=["TIOCSTI", "SIOCSPGRP", "FS_IOC_SETFLAGS"])
def test_a_driver_may_not_use_its_calls_for_more(command: int) -> None:
    assert attempt(f"fcntl.ioctl(0, {command}, bytes(8))", devices=True) == "memory calls PermissionError"
    assert attempt("fcntl.ioctl(os.open('.', os.O_RDONLY), 0x6400, bytes(8))", devices=True) == "memory calls OSError"


def test_files_can_still_be_asked_what_they_are() -> None:
    asked = "os.isatty(0); os.set_blocking(os.pipe()[0], False); os.set_inheritable(os.pipe()[0], True)"
    assert attempt(asked) == "memory calls done"
    assert attempt("fcntl.ioctl(os.pipe()[0], 0x541B, bytes(4))") == "memory calls done"  # FIONREAD


def test_a_driver_may_open_devices() -> None:
    assert attempt("open('/dev/null', 'w')", devices=True) == "memory calls done"
    assert attempt("fcntl.flock(os.open('/dev/null', os.O_RDONLY), fcntl.LOCK_EX)", devices=True) == "memory calls done"
    assert attempt("import os; os.mkdir('new')", devices=True) == "memory calls PermissionError"


def test_threads_that_run_already_are_confined_too() -> None:
    before = (
        "import socket\n"
        "go, errors = threading.Event(), []\n"
        "def wait():\n"
        "    go.wait()\n"
        "    try: socket.socket()\n"
        "    except PermissionError as error: errors.append(error)\n"
        "thread = threading.Thread(target=wait); thread.start()\n"
    )
    assert attempt("go.set(); thread.join(); assert errors", before) == "memory calls done"


def test_memory_ends_at_the_limit() -> None:
    assert attempt("bytearray(200_000_000)") == "memory calls done"
    assert attempt("bytearray(400_000_000)") == "memory calls MemoryError"


def test_the_limit_of_memory_cannot_be_lifted_again() -> None:
    lifted = "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))"
    # An administrator could.
    assert attempt(f"import resource; os.getuid() or os.setuid(65534); {lifted}") == "memory calls ValueError"


def test_a_crash_leaves_no_dump() -> None:
    """At the limit 1, Linux neither writes one nor starts the system's collector of dumps, which it starts at 0."""
    before = (
        "import resource\n"
        "_, hard = resource.getrlimit(resource.RLIMIT_CORE)\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))\n"
    )
    assert (
        attempt("assert resource.getrlimit(resource.RLIMIT_CORE) == (1, 1) or hard == 0", before) == "memory calls done"
    )


def test_a_crash_on_windows_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel32 = MagicMock()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("ctypes.windll", SimpleNamespace(kernel32=kernel32), raising=False)
    assert confine(1) == ()
    kernel32.SetErrorMode.assert_called_once_with(3)


def test_work_goes_on() -> None:
    """Files, threads and what was open before."""
    what = "open('/proc/self/status').read(); thread = threading.Thread(target=print); thread.start(); thread.join()"
    assert attempt(what).split() == ["memory", "calls", "done"]


def test_the_worker_is_confined() -> None:
    with Worker() as worker:
        worker.wait_ready()
        assert worker._process is not None
        process = Path(f"/proc/{worker._process.pid}")
        kept = dict(line.split(":", 1) for line in (process / "status").read_text(encoding="ascii").splitlines())
        limits = (process / "limits").read_text(encoding="ascii").splitlines()
        (space,) = [line.split()[3] for line in limits if line.startswith("Max address space")]
    assert (kept["Seccomp"].strip(), kept["NoNewPrivs"].strip()) == ("2", "1")
    # What it had then, which is more with each core's thread, and the limit for what comes.
    had = int(kept["VmSize"].split()[0]) * 1024
    assert abs(int(space) - 6_000_000_000 - had) < 500_000_000


def test_the_worker_has_no_way_to_the_tracker_of_resources() -> None:
    with Worker() as worker:
        worker.wait_ready()
        assert worker._process is not None
        tracker = Path(f"/proc/self/fd/{resource_tracker.getfd()}").readlink()
        open_files = {file.readlink() for file in Path(f"/proc/{worker._process.pid}/fd").iterdir()}
    assert tracker not in open_files


def test_nothing_of_the_worker_reaches_standard_output() -> None:
    with Worker() as worker:
        worker.wait_ready()
        assert worker._process is not None
        assert Path(f"/proc/{worker._process.pid}/fd/1").readlink() == Path("/dev/null")
