"""What `import engine` offers."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import engine

ROOT = Path(__file__).resolve().parents[2]


def test_every_name_is_there_and_listed() -> None:
    assert {*engine._HOMES, "__version__"} == {*engine.__all__}
    assert set(engine.__all__) <= set(dir(engine))
    for name, home in engine._HOMES.items():
        assert getattr(engine, name) is getattr(sys.modules[home], name)
    assert engine.__version__ == metadata.version("agelens")


def test_listing_the_names_loads_nothing() -> None:
    """`import engine` must stay quick."""
    program = "import sys, engine; dir(engine); print([name for name in sys.modules if name.startswith('engine.')])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_type_checkers_know_every_name_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text(f"from engine import Typo, {', '.join(engine.__all__)}\n")
    command = [sys.executable, "-m", "mypy", "--config-file=", "--follow-imports=silent", "--no-error-summary"]
    command += [f"--cache-dir={tmp_path / 'cache'}", str(tmp_path / "theirs.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    told = [line.partition("error: ")[2] for line in done.stdout.splitlines()]
    assert told == ['Module "engine" has no attribute "Typo"  [attr-defined]'], done
