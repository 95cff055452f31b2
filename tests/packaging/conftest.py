"""Makes the scripts of packaging/ importable, and the modules beside this file.

CI leaves these tests to `dev.py try-bundle`, which has everything that they need.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "packaging")]
collect_ignore_glob = ["test_*.py"] if os.environ.get("AGELENS_BUNDLE_TESTS") == "later" else []
