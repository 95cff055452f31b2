"""The whole app under strace: from start to end, none of its processes talks to anything but the app itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's"),
    pytest.mark.skipif(
        shutil.which("strace") is None, reason="strace is not installed (Debian: apt-get install strace)"
    ),
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]

CALLS = "connect,sendto,sendmsg,sendmmsg,bind"

OWN = re.compile(
    r"AF_UNIX"
    r"|AF_NETLINK"  # asks the kernel which network interfaces there are
    r'|sa_family=AF_INET, .*inet_addr\("127\.0\.0\.1"\)'
    r'|bind\(.*inet_pton\(AF_INET6, "::1"'  # asks whether there is IPv6 at all
)

PROBE = re.compile(r'connect\(.*htons\(443\).*inet_pton\(AF_INET6, "2001:4860:4860::8888"')
"""Chromium asks the kernel for a route to this address, to learn whether IPv6 leads anywhere. No switch prevents that.
The socket is UDP: connecting it sends nothing."""


def foreign(command: list[str], environment: dict[str, str], trace: Path) -> tuple[list[str], str]:
    """System calls that address anything else while a command runs, and what the command printed."""
    strace = ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace)]
    done = subprocess.run(strace + command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout, done.stderr
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    assert any('"127.0.0.1"' in line for line in lines)  # strace saw what happened
    return [line for line in lines if "sa_family=" in line and OWN.search(line) is None], done.stdout


def test_nothing_leaves_the_computer(environment: dict[str, str], group_photo: Path, tmp_path: Path) -> None:
    driver = [sys.executable, str(Path(__file__).parent / "drive_app.py"), str(tmp_path), str(group_photo)]
    addressed, printed = foreign(driver, environment, tmp_path / "trace")
    seen = json.loads(printed)
    assert "failed" not in seen, seen["failed"]
    assert len(seen["ages"]) == 6  # it did work
    assert [line for line in addressed if PROBE.search(line) is None] == []


def test_what_leaves_the_computer_would_be_seen(environment: dict[str, str], tmp_path: Path) -> None:
    program = (
        "import socket\n"
        "for address in ('127.0.0.1', '192.0.2.1'):\n"  # an address reserved for documentation
        "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s: s.connect_ex((address, 9))\n"
        "print('done')"
    )
    addressed, _ = foreign([sys.executable, "-c", program], environment, tmp_path / "trace")
    assert ["192.0.2.1" in line for line in addressed] == [True]
