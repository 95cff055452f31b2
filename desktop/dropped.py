"""Paths of what is dropped on the window, or pasted."""

from __future__ import annotations

import os
from urllib.parse import unquote


def dropped_path(path: str, encoded: bool) -> str | None:
    """The real path of something dropped on the window, as pywebview's backends note it.

    Args:
        path: from the native drop event.
        encoded: whether it is percent-encoded, being cut from a URL (Qt), or plain (Windows, macOS). Decoding a plain
            one would turn a file named "%41.jpg" into "A.jpg".

    Returns:
        None for what is not a file on this computer, such as a link.
    """
    # A name that is not valid UTF-8 keeps its bytes, as in Python's own file functions.
    real = unquote(path, errors="surrogateescape") if encoded else path
    return real if os.path.isabs(real) else None  # noqa: PTH117
