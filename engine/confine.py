"""Takes from the worker's process what decoding photos never needs, once the models are loaded.

A decoder that a hostile photo has taken over can reach no network and start no program. It cannot open a file for
writing, delete one, change its permissions and dates or lock it, type into a terminal, or talk to or signal any process
but its supervisor, and it leaves no process behind that outlives the time limit. It may read what its user may read,
including the memory of the user's other processes on systems that allow this. This works on Linux only; elsewhere the
process is confined by its user's permissions and by its time limit. Every system is told to keep no dump of a crash,
which would contain the photo.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
"""For all threads, including those that ONNX Runtime has already started."""

_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS
"""What a kernel answers that has no such call."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Operations of classic BPF: load a word, compare it (equal, at least, has one of the bits), return."""

_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in the kernel's record of a system call, see seccomp(2). An argument has eight bytes, the lowest first."""

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""By uname's machine: the column of its numbers in the tables below, and its constant in linux/audit.h."""

_SECCOMP = (317, 277)
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_OPEN = (2, None)
_OPENAT = (257, 56)

_REFUSED = {
    # the network
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "socketpair": (53, 199),  # a datagram pair can send to any local socket that has a name
    # the system's queues, semaphores and shared memory, which other processes may use
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    # programs and processes
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "unshare": (272, 97),
    "setns": (308, 268),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    # files
    "creat": (85, None),
    "openat2": (437, 437),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),  # access control lists are such attributes
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),  # as FS_IOC_FSSETXATTR, below
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "open_by_handle_at": (304, 265),
    # the system itself, if root runs this
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "reboot": (169, 142),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    # ways around all of this, and parts of the kernel that may offer one
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),  # has the kernel start a program
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
}
"""Calls that decoding never needs. ARM64 lacks the older ones."""

_TGKILL = (234, 131)
"""The call by which a process aborts."""

_PRLIMIT64 = (302, 261)
"""The call by which a C library asks for the limits of its own process, with process number 0."""

_IOCTL = (16, 29)
"""The call for all that has no call of its own, such as to make a folder on Btrfs, or a file read-only on FAT."""

_HARMLESS_IOCTLS = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS, TCGETS2 and TIOCGWINSZ: is this a terminal, and of what size; FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""

_REFUSED_IOCTLS = (0x5412, 0x541C, 0x8901, 0x8902, 0x40086602, 0x401C5820, 0x40806685)
"""TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP; FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_ENABLE_VERITY: they type into a
terminal, have the kernel send a signal to any process, or change how a file system treats a file. A process that uses a
graphics card has all but these, others only the harmless ones."""

_FCNTL = (72, 25)
_OWNERS = (8, 10, 15)
"""F_SETOWN, F_SETSIG, F_SETOWN_EX: have the kernel send a signal to any process."""

_FLOCK = (73, 32)
_LOCKS = (6, 7, 37, 38, 1024)
"""F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE: keep other processes from a file, say that of the albums,
even if it is only read here. A graphics card's driver may need them for its own files."""

_X32 = 0x40000000
"""From this number on, x86-64 has the same calls a second time, for another size of pointers."""

_CLONE_THREAD = 0x00010000
_WRITING = 0o3 | 0o100 | 0o1000
"""O_WRONLY or O_RDWR, O_CREAT, O_TRUNC."""


def confine(memory: int, devices: bool = False) -> tuple[str, ...]:
    """Confine this process for the rest of its life.

    Args:
        memory: bytes of address space that it may take beyond what it has.
        devices: it uses a graphics card, whose driver may open devices at any time; files can then be opened for
            writing.

    Returns:
        what is in force: "memory", "calls", both or, where the system offers neither, nothing.
    """
    _leave_no_dump()
    if sys.platform != "linux":
        return ()
    done = []
    if _limit_memory(memory):
        done.append("memory")
    if _refuse_calls(devices):
        done.append("calls")
    return tuple(done)


def _leave_no_dump() -> None:
    if sys.platform == "win32":
        # SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX: also keeps Windows Error Reporting from sending one.
        ctypes.windll.kernel32.SetErrorMode(0x1 | 0x2)
    else:
        import resource  # noqa: PLC0415  (not on Windows)

        # 1, not 0, with which Linux still hands the dump to a collector such as systemd-coredump or Apport.
        with suppress(OSError, ValueError):  # the system's own limit is 0, which cannot be raised
            resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


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


def _refuse_calls(devices: bool) -> bool:
    """Install a seccomp filter under which the calls in `_REFUSED` fail with EPERM. Children would inherit it."""
    if platform.machine() not in _MACHINES or sys.maxsize < 2**32:
        return False
    place, architecture = _MACHINES[platform.machine()]
    program = _filter(place, architecture, devices)
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
            ctypes.c_long(_SECCOMP[place]),
            ctypes.c_ulong(_SECCOMP_SET_MODE_FILTER),
            ctypes.c_ulong(_SECCOMP_FILTER_FLAG_TSYNC),
            ctypes.byref(given),
        )
        return bool(answer == 0)
    return False


def _filter(place: int, architecture: int, devices: bool) -> bytes:
    """The filter as BPF: eight bytes per instruction (code, instructions to skip if true and if false, value)."""
    refuse, allow = (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        refuse,  # all calls of another architecture
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        refuse,
        # clone3's flags lie in memory, where no filter sees them. Without it, C libraries use clone.
        (_EQUAL, 0, 1, _CLONE3[place]),
        (_RETURN, 0, 0, _UNKNOWN),
        (_EQUAL, 0, 4, _CLONE[place]),
        (_LOAD, 0, 0, _ARGUMENTS),
        (_ANY_BIT, 1, 0, _CLONE_THREAD),
        refuse,
        allow,
    ]
    for numbers in _REFUSED.values():
        if (number := numbers[place]) is not None:
            steps += [(_EQUAL, 0, 1, number), refuse]
    for numbers, own in ((_TGKILL, os.getpid()), (_PRLIMIT64, 0)):  # allowed on this process only
        steps += [
            (_EQUAL, 0, 4, numbers[place]),
            (_LOAD, 0, 0, _ARGUMENTS),
            (_EQUAL, 1, 0, own),
            refuse,
            allow,
        ]
    refused_commands: dict[tuple[int, int], tuple[int, ...]] = {_IOCTL: _REFUSED_IOCTLS, _FCNTL: _OWNERS}
    if not devices:
        refused_commands = {_FCNTL: (*_OWNERS, *_LOCKS)}
        steps += [(_EQUAL, 0, 1, _FLOCK[place]), refuse]
        steps += [(_EQUAL, 0, len(_HARMLESS_IOCTLS) + 3, _IOCTL[place]), (_LOAD, 0, 0, _ARGUMENTS + 8)]
        count = len(_HARMLESS_IOCTLS)
        steps += [(_EQUAL, count - number, 0, command) for number, command in enumerate(_HARMLESS_IOCTLS)]
        steps += [refuse, allow]
    for numbers, commands in refused_commands.items():
        steps += [(_EQUAL, 0, 2 * len(commands) + 2, numbers[place]), (_LOAD, 0, 0, _ARGUMENTS + 8)]
        for command in commands:
            steps += [(_EQUAL, 0, 1, command), refuse]
        steps.append(allow)
    for numbers, flags in ((_OPEN, 1), (_OPENAT, 2)):
        if (number := numbers[place]) is not None and not devices:
            steps += [
                (_EQUAL, 0, 4, number),
                (_LOAD, 0, 0, _ARGUMENTS + 8 * flags),
                (_ANY_BIT, 0, 1, _WRITING),
                refuse,
                allow,
            ]
    return b"".join(struct.pack("=HBBI", *step) for step in [*steps, allow])
