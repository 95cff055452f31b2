"""Whatever happens to the app and to files, nothing is lost, nothing comes twice, and no name is on a wrong face.

A short run uses the same examples every time. A long one uses others each time:

    AGELENS_EXAMPLES=5000 python3 dev.py test tests/desktop/test_machines.py --timeout 0
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from app_machine import AppMachine
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from names_machine import NamesMachine
from shell_machine import ShellMachine

from desktop import events, keeper

EXAMPLES = int(os.environ.get("AGELENS_EXAMPLES", "0"))


def test_nothing_is_lost_and_nothing_comes_twice(quickly: None) -> None:
    run(ShellMachine)


def test_names_stay_with_their_pictures(quickly: None) -> None:
    run(NamesMachine)


@pytest.fixture
def quickly(until: Callable[..., float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "INTERVAL", 0.01)
    monkeypatch.setattr(events, "INTERVAL", 0.01)
    monkeypatch.setattr(AppMachine, "until", staticmethod(until), raising=False)


def run(machine: type[AppMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES or 40,
            stateful_step_count=30,
            derandomize=not EXAMPLES,
            database=None,
            phases=[Phase.generate],  # no shrinking: with fewer steps, threads may take turns otherwise
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
