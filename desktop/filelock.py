"""File locks, which keep simultaneous runs of the app out of each other's way."""

from __future__ import annotations

import errno
import sys
from typing import BinaryIO

_LOCKED = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
"""Errors that systems report when somebody else has the lock."""


def try_lock(file: BinaryIO) -> bool:
    """Lock a file without waiting; the system releases it when the file is closed or the process dies.

    Returns:
        whether this process has the lock now; else another one has it.

    Raises:
        OSError: it cannot be locked by anybody, as on some network drives.
    """
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _LOCKED:
            raise
        return False
    return True
