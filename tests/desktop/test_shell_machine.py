"""Whatever happens to the app, nothing is lost and nothing is shown twice.

A short run uses the same examples every time. A long one uses others each time:

    AGELENS_EXAMPLES=5000 python3 dev.py test tests/desktop/test_shell_machine.py --timeout 0
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from shell_machine import ShellMachine

from desktop import events, keeper

EXAMPLES = int(os.environ.get("AGELENS_EXAMPLES", "0"))


def test_nothing_is_lost_and_nothing_comes_twice(until: Callable[..., float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "INTERVAL", 0.01)
    monkeypatch.setattr(events, "INTERVAL", 0.01)
    monkeypatch.setattr(ShellMachine, "until", staticmethod(until), raising=False)
    run_state_machine_as_test(
        ShellMachine,
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
