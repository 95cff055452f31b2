"""`python -m engine`: see `engine.cli`."""

from __future__ import annotations

import os
import signal
import sys


def main() -> int:
    """Run the command line, with Ctrl-C in force from its first import on.

    Returns:
        an `engine.cli.ExitCode`.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # else it is ignored, say
        # At once: an exception in the middle of an import may be lost, or become an ImportError.
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from engine.cli import main as run  # noqa: PLC0415

    signal.signal(signal.SIGINT, before)
    return run()


if __name__ == "__main__":
    sys.exit(main())
