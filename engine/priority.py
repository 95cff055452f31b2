"""Lets the worker's process step back when the window, or another of the user's programs, needs a processor."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

NICENESS = 5
"""By how much the process is nicer than the one that started it, on systems without named priorities."""


def step_back() -> None:
    """Lower the priority of all threads of this process, also of those that it starts later."""
    if sys.platform == "win32":
        this_process, below_normal = ctypes.c_void_p(-1), 0x4000
        ctypes.windll.kernel32.SetPriorityClass(this_process, below_normal)
    else:
        nicer = os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
        # On Linux each thread has its own priority, and NumPy has started some; elsewhere 0 means the whole process.
        threads = [int(one.name) for one in Path("/proc/self/task").iterdir()] if sys.platform == "linux" else [0]
        for thread in threads:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, thread, nicer)
