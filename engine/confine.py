"""Takes from the worker's process what decoding photos never needs, once the models are loaded.

A decoder that a hostile photo has taken over finds no network, no program to start and no other process to look into.
On Linux only; elsewhere the process is confined by what its user may do, and by its time limit.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
"""For all threads, also those that ONNX Runtime has started already."""

_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
"""Operations of classic BPF: load a word, compare it, end."""

_NUMBER, _ARCHITECTURE = 0, 4
"""Where the kernel's record of a system call has them, see seccomp(2)."""

_NAMES = (
    "socket connect bind listen accept accept4 "  # the network
    "execve execveat "  # other programs
    "ptrace process_vm_readv process_vm_writev "  # other processes
    "io_uring_setup"  # a way around all of this
).split()

_SYSTEMS = {
    # uname's machine: the kernel's name for it (linux/audit.h), the number of seccomp(2), those of `_NAMES`
    "x86_64": (0xC000003E, 317, (41, 42, 49, 50, 43, 288, 59, 322, 101, 310, 311, 425)),
    "aarch64": (0xC00000B7, 277, (198, 203, 200, 201, 202, 242, 221, 281, 117, 270, 271, 425)),
}
_X32 = 0x40000000
"""From here on x86-64 counts the same calls a second time, for another size of pointers."""


def confine(memory: int) -> tuple[str, ...]:
    """Confine this process for the rest of its life.

    Args:
        memory: bytes of address space that it may take beyond what it has.

    Returns:
        what is in force: "memory", "calls", both or, where the system offers neither, nothing.
    """
    if sys.platform != "linux":
        return ()
    done = []
    if _limit_memory(memory):
        done.append("memory")
    if _refuse_calls():
        done.append("calls")
    return tuple(done)


def _limit_memory(more: int) -> bool:
    import resource  # noqa: PLC0415  (not on Windows)

    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + more
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (OSError, ValueError):
        return False
    return True


def _refuse_calls() -> bool:
    """A seccomp filter under which the calls of `_NAMES` fail with EPERM. Children would inherit it."""
    system = _SYSTEMS.get(platform.machine())
    if system is None or sys.maxsize < 2**32:
        return False
    architecture, seccomp, numbers = system
    program = _filter(architecture, numbers)
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        instructions = ctypes.create_string_buffer(program, len(program))

        class Program(ctypes.Structure):
            _fields_ = [("count", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]

        given = Program(len(program) // 8, ctypes.addressof(instructions))
        libc.syscall.restype = ctypes.c_long
        answer = libc.syscall(
            ctypes.c_long(seccomp),
            ctypes.c_ulong(_SECCOMP_SET_MODE_FILTER),
            ctypes.c_ulong(_SECCOMP_FILTER_FLAG_TSYNC),
            ctypes.byref(given),
        )
        return bool(answer == 0)
    return False


def _filter(architecture: int, numbers: tuple[int, ...]) -> bytes:
    """The filter as BPF: eight bytes for an instruction (code, steps when true and when false, value)."""
    calls = len(numbers)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, calls + 3, architecture),  # calls of another architecture: refused, all of them
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, calls + 1, 0, _X32),
        *((_EQUAL, calls - place, 0, number) for place, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
