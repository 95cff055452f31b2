"""Whatever happens to the app and to files, nothing is lost, nothing comes twice, and no name is on a wrong face.

A short run uses the same examples every time. A long one uses others each time:

    AGELENS_EXAMPLES=5000 python3 dev.py test tests/desktop/test_machines.py --timeout 0
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from app_machine import AppMachine
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from names_machine import NamesMachine
from shell_machine import ShellMachine

EXAMPLES = int(os.environ.get("AGELENS_EXAMPLES", "0"))


@pytest.fixture(autouse=True)
def shared(quickly: None, until: Callable[..., float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AppMachine, "until", staticmethod(until), raising=False)
    monkeypatch.setattr(AppMachine, "folder", tmp_path, raising=False)


@pytest.mark.usefixtures("links")
def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    run(ShellMachine)


def test_names_stay_with_their_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NamesMachine, "checks", Counter())
    run(NamesMachine, examples=80)
    checks = NamesMachine.checks
    assert min(checks[name] for name in ("only own names", "all names", "no ghosts")) > 20, checks


def run(machine: type[AppMachine], examples: int = 40) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES or examples,
            stateful_step_count=30,
            derandomize=not EXAMPLES,
            database=None,
            phases=[Phase.generate],  # no shrinking: with fewer steps, threads may take turns otherwise
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
