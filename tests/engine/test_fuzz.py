"""A short run of the fuzzer; fuzz_photos.py says how to start a long one."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FUZZER = Path(__file__).with_name("fuzz_photos.py")


@pytest.mark.timeout(1200)  # on a busy machine it takes many times as long
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed (Linux only)")
def test_some_thousand_inputs_find_nothing(tmp_path: Path) -> None:
    # A number of inputs and a seed, not a time: the same inputs on every machine, however fast.
    # Without a memory limit: Linux counts the peak of the process that starts it, which may have trained a network.
    # An input that hangs is told after two minutes, and which it is.
    limits = ["-rss_limit_mb=0", "-timeout=120"]
    command = [sys.executable, str(FUZZER), "-runs=10000", "-seed=20261126", *limits]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1100, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "stat::number_of_executed_units: 10" in done.stderr  # it did not only start
    assert list(tmp_path.glob("crash-*")) == []
