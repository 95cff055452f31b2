"""Entry point of the packaged command line."""

import multiprocessing
import sys

from engine.__main__ import main

if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
