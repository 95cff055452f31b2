"""desktop.awake: the system is asked once per run, and let go when the run is over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import wakepy

from desktop.awake import Awake

Until = Callable[..., float]


class Run:
    """A run that can be started and ended, and what has been asked of the system for it."""

    def __init__(self) -> None:
        self.going = False
        self.looks = 0
        self.asked: list[str] = []
        self.fails = False

    def running(self) -> bool:
        self.looks += 1
        return self.going

    @contextmanager
    def keep_running(self, **_: object) -> Iterator[None]:
        self.asked.append("awake")
        yield
        self.asked.append("sleep")
        if self.fails:
            raise RuntimeError("no answer")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    run = Run()
    monkeypatch.setattr(wakepy.keep, "running", run.keep_running)
    return run


@pytest.fixture
def awake(run: Run) -> Iterator[Awake]:
    made = Awake(run.running, interval=0.001)
    made.start()
    yield made
    made.close()


@pytest.mark.usefixtures("awake")
def test_the_computer_stays_awake_for_as_long_as_a_run_goes_on(run: Run, until: Until) -> None:
    until(lambda: run.looks > 5)
    assert run.asked == []
    for times in (1, 2):
        run.going = True
        until(lambda: run.asked == ["awake", "sleep"] * (times - 1) + ["awake"])  # noqa: B023
        before = run.looks
        until(lambda: run.looks > before + 5)  # noqa: B023
        run.going = False
        until(lambda: run.asked == ["awake", "sleep"] * times)  # noqa: B023


@pytest.mark.usefixtures("awake")
def test_a_system_that_does_not_answer_is_asked_again_in_the_next_run(run: Run, until: Until) -> None:
    run.fails = True
    for times in (1, 2):
        run.going = True
        until(lambda: run.asked[-1:] == ["awake"])
        run.going = False
        until(lambda: run.asked == ["awake", "sleep"] * times)  # noqa: B023


def test_it_is_let_go_when_the_window_closes(run: Run, awake: Awake, until: Until) -> None:
    run.going = True
    until(lambda: run.asked == ["awake"])
    awake.close()
    until(lambda: run.asked == ["awake", "sleep"])
    until(lambda: all(thread.name != "awake" for thread in threading.enumerate()))


def test_a_system_that_cannot_be_asked_is_no_matter(
    monkeypatch: pytest.MonkeyPatch, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WAKEPY_FORCE_FAILURE", "yes")
    caplog.set_level("INFO", "desktop.awake")
    awake = Awake(lambda: True, interval=0.001)
    awake.start()
    until(lambda: "Could not activate" in caplog.text)
    awake.close()
    until(lambda: all(thread.name != "awake" for thread in threading.enumerate()))
