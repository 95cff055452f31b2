"""The worker's process steps back where the window, or another of the user's programs, wants a processor."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

NICENESS = 5
"""By how much the process is nicer than the one that started it, where there is no system of priorities by name."""


def step_back() -> None:
    """Let others have a processor first, with all threads of this process. Threads that begin later do the same."""
    if sys.platform == "win32":
        this_process, below_normal = ctypes.c_void_p(-1), 0x4000
        ctypes.windll.kernel32.SetPriorityClass(this_process, below_normal)
    else:
        nicer = os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
        # On Linux it is a thread's own, and NumPy has begun some already; elsewhere 0 means the whole process.
        threads = [int(one.name) for one in Path("/proc/self/task").iterdir()] if sys.platform == "linux" else [0]
        for thread in threads:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, thread, nicer)
