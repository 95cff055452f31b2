"""Looks at many files."""

from __future__ import annotations

import threading

import pytest

from engine.looks import look_at


def test_many_are_looked_at_at_once_and_answered_in_their_order() -> None:
    together = threading.Barrier(8)  # which one alone would wait at in vain

    def look(item: int) -> int:
        together.wait(timeout=30)
        return item * item

    assert look_at(iter(range(8)), look) == [0, 1, 4, 9, 16, 25, 36, 49]


@pytest.mark.parametrize("items", [[], [3]])
def test_a_single_look_needs_no_thread(items: list[int]) -> None:
    here = threading.current_thread()
    assert look_at(items, lambda item: (item, threading.current_thread() is here)) == [(item, True) for item in items]


def test_a_look_that_fails_is_told() -> None:
    with pytest.raises(OSError, match="gone"):
        look_at([1, 2], _failing)


def _failing(_: int) -> None:
    raise OSError("gone")
