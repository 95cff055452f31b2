"""What CI runs: how it ends, with commands that stand in for dev.py's."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "run"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CI runs on Linux")


class Ci:
    """The script in its own folder. What lint and try-bundle do is given in bash."""

    def __init__(self, folder: Path, lint: str, try_bundle: str) -> None:
        self.folder, self.temporary = folder, folder / "tmp"
        for name in (".ci", "bin", "tmp"):
            (folder / name).mkdir()
        shutil.copy(SCRIPT, folder / ".ci")
        python = folder / "bin" / "python3"
        cases = f"lint) {lint} ;;\ntry-bundle) {try_bundle} ;;\n*) echo did $2 ;;"
        python.write_text(f'#!/usr/bin/env bash\ncd "{folder}"\ncase "$2" in\n{cases}\nesac\n')
        python.chmod(0o755)

    def run(self, *descriptors: int) -> subprocess.CompletedProcess[str]:
        """Run it; commands inherit the descriptors."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash", str(self.folder / ".ci" / "run")],
            env={**os.environ, "PATH": path, "TMPDIR": str(self.temporary)},
            pass_fds=descriptors,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.mark.parametrize(("lint", "bundle"), [(0, 0), (1, 0), (0, 1)])
def test_it_fails_where_one_of_them_does_and_shows_both(tmp_path: Path, lint: int, bundle: int) -> None:
    ci = Ci(tmp_path, f"echo checked; exit {lint}", f"echo tried; exit {bundle}")
    done = ci.run()
    assert done.returncode == max(lint, bundle)
    assert ("tried\nchecked\n" in done.stdout) and ("did audit" in done.stdout) is (done.returncode == 0)
    assert list(ci.temporary.iterdir()) == []


def test_stopped_it_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither the checks that run in parallel, with their children, nor the file with their output."""
    held, ours = os.pipe()
    os.mkfifo(tmp_path / "begun")
    ci = Ci(tmp_path, f"echo > begun; cat <&{held}", 'read < begun; kill "$PPID"')
    try:
        assert ci.run(held).returncode != 0
        os.close(held)
        ended = select.poll()
        ended.register(ours, 0)
        assert ended.poll(60_000), "the checks still run"
    finally:
        os.close(ours)
    assert list(ci.temporary.iterdir()) == []
