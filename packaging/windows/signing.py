"""Signs Windows programs with signtool, if a certificate is given by environment variables:

    AGELENS_SIGN_THUMBPRINT   SHA-1 of a certificate in Windows' store, perhaps on a token; or
    AGELENS_SIGN_CERTIFICATE  a .pfx file, with its password in AGELENS_SIGN_PASSWORD
    AGELENS_SIGN_TIMESTAMP    the time stamp server (optional)

As a script it signs the files that it is given; NSIS calls it like this for the uninstaller that it has just made.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

TIMESTAMP = "http://timestamp.digicert.com"
"""Without a time stamp, signatures expire with the certificate, even those of programs already installed."""


class SigningFailed(Exception):  # noqa: N818  (reads as the outcome that it is)
    """signtool did not sign. The text has none of its arguments, which may include a password."""


def certificate(environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """signtool's arguments for the certificate that is given, None if there is none.

    An empty variable counts as not set: a workflow passes on a secret that is not set as an empty one.
    """
    if thumbprint := environment.get("AGELENS_SIGN_THUMBPRINT"):
        return ["/sha1", thumbprint]
    if file := environment.get("AGELENS_SIGN_CERTIFICATE"):
        return ["/f", file, "/p", environment.get("AGELENS_SIGN_PASSWORD", "")]
    return None


def sign(files: Sequence[Path], environment: Mapping[str, str] = os.environ) -> None:
    """Sign files in place.

    Raises:
        ValueError: no certificate is given.
        OSError: there is no signtool.
        SigningFailed: it failed.
    """
    chosen = certificate(environment)
    if chosen is None:
        raise ValueError("no certificate is given: set AGELENS_SIGN_THUMBPRINT or AGELENS_SIGN_CERTIFICATE")
    timestamp = environment.get("AGELENS_SIGN_TIMESTAMP") or TIMESTAMP
    command = ["signtool", "sign", "/fd", "SHA256", "/tr", timestamp, "/td", "SHA256", *chosen]
    done = subprocess.run([*command, *map(str, files)], check=False)
    if done.returncode:
        raise SigningFailed(f"signtool ended with status {done.returncode}")


if __name__ == "__main__":
    sign([Path(name) for name in sys.argv[1:]])
