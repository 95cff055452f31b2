"""desktop.filelock"""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from desktop.filelock import try_lock


def test_one_holds_the_lock_until_its_file_is_closed(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("wb") as second:
        with (tmp_path / "lock").open("wb") as first:
            assert try_lock(first)
            assert not try_lock(second)
        assert try_lock(second)


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_what_cannot_be_locked_is_not_locked_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refused(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fcntl.flock", refused)
    with (tmp_path / "lock").open("wb") as file, pytest.raises(OSError, match=os.strerror(code)):
        try_lock(file)
