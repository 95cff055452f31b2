"""desktop.dropped: what pywebview's backends note of a drop."""

from __future__ import annotations

import os
import sys
from urllib.parse import quote

import pytest
from desktop_doubles import ODD_NAMES

from desktop.dropped import dropped_path


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_dropped_path_is_read_as_its_backend_wrote_it(name: str) -> None:
    assert dropped_path(f"/photos/{name}", encoded=False) == f"/photos/{name}"
    assert dropped_path(quote(f"/photos/{name}"), encoded=True) == f"/photos/{name}"


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
def test_bytes_that_are_no_text_keep() -> None:
    path = dropped_path("/photos/%FF.jpg", encoded=True)
    assert path is not None
    assert os.fsencode(path) == b"/photos/\xff.jpg"


@pytest.mark.parametrize("path", ["server/share/a.jpg", "", "a.jpg"])
def test_what_is_no_local_file_is_left_out(path: str) -> None:
    assert dropped_path(path, encoded=True) is None
