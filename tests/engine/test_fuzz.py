"""A short run of the fuzzer; fuzz_photos.py says how to start a long one."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FUZZER = Path(__file__).with_name("fuzz_photos.py")


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed (Linux only)")
def test_twelve_seconds_of_fuzzing_find_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FUZZER), "12"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (units,) = [line for line in done.stderr.splitlines() if line.startswith("stat::number_of_executed_units:")]
    assert int(units.split()[-1]) > 200  # it did not only start
    assert list(tmp_path.glob("crash-*")) == []
