"""What a process and its children use, as the tests and the soak read it from /proc."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from process_tree import alive, command, descendants, usage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

CHILD = """
import os, sys, threading
files = [open(os.devnull) for _ in range(20)]
memory = bytearray(os.urandom(30_000_000))
threading.Thread(target=threading.Event().wait, daemon=True).start()
print(len(os.listdir('/proc/self/fd')) - 1, flush=True)
sys.stdin.read()
"""


def test_files_threads_and_memory_of_a_child_are_counted() -> None:
    assert usage(os.getpid())[0].role == "window"
    with subprocess.Popen([sys.executable, "-c", CHILD, "spawn_main"], stdin=-1, stdout=-1, text=True) as child:
        assert child.stdout is not None
        files = int(child.stdout.readline())
        assert child.pid in descendants(os.getpid())
        assert alive({child.pid}) == {child.pid}
        assert "spawn_main" in command(child.pid)
        # There may be other workers, which earlier tests have not waited for.
        workers = [(one.files, one.threads) for one in usage(os.getpid()) if one.role == "worker"]
        assert (files, 2) in workers
        found = usage(child.pid)[0]
        assert (found.files, found.threads) == (files, 2)
        assert 30e6 < found.memory <= found.resident < 300e6
        child.communicate("")
    assert alive({child.pid}) == set()
    assert command(child.pid) == ""
    assert child.pid not in descendants(os.getpid())
