"""The soak's arithmetic, on made-up runs."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from process_tree import Usage
from soak_figures import Figure, Sample, as_table, by_role, figures, growth, per_thousand, slope

PHOTOS = 1000
WARM_UP = 200


def run(
    window: Callable[[int], float] = lambda _: 0,
    worker: Callable[[int], float] = lambda _: 0,
    files: Callable[[int], int] = lambda _: 0,
    threads: Callable[[int], int] = lambda _: 0,
) -> list[Sample]:
    """A run in which memory (in MB), files and threads grow with the photos as given."""
    return [
        Sample(
            done,
            done / 2,
            (
                Usage("window", int((200 + window(done)) * 1e6), 0, 60, 30),
                Usage("worker", int((900 + worker(done)) * 1e6), 0, 10 + files(done), 9 + threads(done)),
            ),
        )
        for done in range(0, PHOTOS, 4)
    ]


def verdicts(samples: list[Sample], answers: list[float], cancels: list[float], wrong: int = 0) -> dict[str, bool]:
    """Whether each figure with a limit is within it, by the figure's first words."""
    found = figures(samples, answers, cancels, PHOTOS, wrong, WARM_UP)
    return {one.name.split(",")[0]: one.passed for one in found if one.limit is not None}


def test_the_slope_is_that_of_the_regression_line() -> None:
    assert slope([(0, 1), (1, 3), (2, 5)]) == 2
    assert slope([(0, 0), (1, 3), (2, 0), (3, 3)]) == pytest.approx(0.6)
    assert math.isnan(slope([(1, 3), (1, 5)]))
    assert math.isnan(slope([]))


def test_growth_is_between_first_and_last_values_and_not_led_by_outliers() -> None:
    assert growth([5, 5, 90, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0, 5, 5]) == 0
    assert growth([5, 5, 5, 5, 5, 6, 6, 6, 7, 7]) == 2
    assert growth([7, 7, 7, 6, 6]) == -1
    assert math.isnan(growth([1, 2, 3, 4]))


def test_a_steady_run_passes() -> None:
    steady = run(window=lambda done: done / 2000, worker=lambda done: 20 * (done // 4 % 2))
    found = verdicts(steady, [4, 99], [30, 480])
    assert len(found) == 6
    assert all(found.values())


@pytest.mark.parametrize("part", ["window", "worker"])
def test_memory_that_grows_fails_whichever_process_it_is(part: str) -> None:
    found = run(**{part: lambda done: 0.0035 * done})
    assert per_thousand(found) == pytest.approx(3.5, abs=0.01)
    failed = [name for name, passed in verdicts(found, [4], [30]).items() if not passed]
    assert failed == ["memory"]
    other = {"window": "worker", "worker": "window"}[part]
    rows = by_role(found, WARM_UP)
    assert rows[part]["megabytes per 1,000"] == pytest.approx(3.5, abs=0.01)
    assert rows[other]["megabytes per 1,000"] == pytest.approx(0, abs=0.01)


def test_memory_that_comes_and_goes_passes_and_does_not_hide_growth() -> None:
    def garbage(done: int) -> float:
        return done % 76 / 2

    assert all(verdicts(run(window=garbage), [4], [30]).values())
    growing = run(window=garbage, worker=lambda done: 0.004 * done)
    assert per_thousand(growing) == pytest.approx(4, abs=0.4)
    assert not verdicts(growing, [4], [30])["memory"]


def test_what_grows_only_at_first_passes() -> None:
    def warming(done: int) -> float:
        return min(done, WARM_UP)

    assert all(verdicts(run(warming, warming, lambda done: min(done, WARM_UP)), [4], [30]).values())


@pytest.mark.parametrize("part", ["files", "threads"])
def test_one_file_or_thread_in_250_photos_is_growth(part: str) -> None:
    failed = verdicts(run(**{part: lambda done: done // 250}), [4], [30])  # type: ignore[arg-type]
    assert [name for name, passed in failed.items() if not passed] == [{"files": "open files"}.get(part, part)]


@pytest.mark.parametrize(
    ("answers", "cancels", "wrong", "failing"),
    [
        ([5, 101, 5], [30], 0, "the page answers"),
        ([5], [30, 501], 0, "Cancel is answered"),
        ([5], [30], 1, "photos without their right result"),
    ],
)
def test_the_worst_counts(answers: list[float], cancels: list[float], wrong: int, failing: str) -> None:
    found = verdicts(run(), answers, cancels, wrong)
    assert [name for name, passed in found.items() if not passed] == [failing]


def test_what_was_not_measured_has_not_passed() -> None:
    found = figures([], [], [], PHOTOS, 0, WARM_UP)
    assert not any(one.passed for one in found if one.limit is not None and one.name.split()[0] != "photos")
    assert by_role([], WARM_UP) == {}


def test_the_table_names_what_failed() -> None:
    lines = as_table([Figure("one", 3, 2, "MB"), Figure("two", 1, 2), Figure("three", 9)]).splitlines()
    assert lines[1].split() == ["one", "3.0", "MB", "2", "FAIL"]
    assert lines[2].split() == ["two", "1.0", "2", "pass"]
    assert lines[3].split() == ["three", "9.0"]
