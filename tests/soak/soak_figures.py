"""The soak's arithmetic: turns what was observed once a second into figures with limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from process_tree import Usage

GROWTH_LIMIT = 3.0
"""Megabytes of memory per 1,000 photos, all processes together: what a list shows of them, in window and page."""

ANSWER_LIMIT = 100.0
"""Milliseconds until the page has answered."""

CANCEL_LIMIT = 500.0
"""Milliseconds until the page shows that Cancel was pressed and that all queued photos wait again."""

MEGABYTE = 1e6

TENTHS = 10


@dataclass(frozen=True)
class Sample:
    """What the app used when so many photos were done."""

    done: int
    seconds: float
    usage: tuple[Usage, ...]

    def total(self, of: Callable[[Usage], float], role: str | None = None) -> float:
        """The sum over all processes, or over those of a role."""
        return sum(of(one) for one in self.usage if role in (None, one.role))


@dataclass(frozen=True)
class Figure:
    """A measured figure and its limit. The limit is None if it is only reported, the value NaN if unmeasured."""

    name: str
    value: float
    limit: float | None = None
    unit: str = ""

    @property
    def passed(self) -> bool:
        """Whether it is within its limit; a figure that was not measured is not."""
        return self.limit is None or self.value <= self.limit


def slope(points: Iterable[tuple[float, float]]) -> float:
    """Slope of the regression line through points (x, y); NaN if they do not determine one."""
    known = list(points)
    if len({x for x, _ in known}) < 2:
        return math.nan
    middle_x, middle_y = (sum(values) / len(known) for values in zip(*known, strict=True))
    return sum((x - middle_x) * (y - middle_y) for x, y in known) / sum((x - middle_x) ** 2 for x, _ in known)


def growth(values: Sequence[float]) -> float:
    """By how much the median of the last fifth of values exceeds that of the first; NaN for fewer than five."""
    part = len(values) // 5
    return median(values[-part:]) - median(values[:part]) if part else math.nan


def per_thousand(samples: Sequence[Sample], role: str | None = None) -> float:
    """Megabytes of memory that 1,000 photos add.

    What a photo needs while it is analyzed, and garbage that will be collected, come and go: so the minimum of each
    tenth of the run counts.
    """
    points = [(one.done / 1000, one.total(lambda use: use.memory, role) / MEGABYTE) for one in samples]
    size = max(1, -(-len(points) // TENTHS))
    tenths = [points[start : start + size] for start in range(0, len(points), size)]
    return slope(min(tenth, key=lambda point: point[1]) for tenth in tenths)


def figures(
    samples: Sequence[Sample], answers: Sequence[float], cancels: Sequence[float], photos: int, wrong: int, warm_up: int
) -> list[Figure]:
    """The table.

    Args:
        samples: what was observed, in order.
        answers: milliseconds until the page had answered, each time.
        cancels: milliseconds until Cancel was answered, each time.
        photos: in the run.
        wrong: photos whose result is missing or wrong.
        warm_up: number of photos after which memory, files and threads count.
    """
    settled = [one for one in samples if one.done >= warm_up]
    return [
        Figure("photos without their right result", wrong, 0, f"of {photos:,}"),
        Figure("memory, per 1,000 photos", per_thousand(settled), GROWTH_LIMIT, "MB"),
        Figure("open files, more at the end", growth([one.total(lambda use: use.files) for one in settled]), 0),
        Figure("threads, more at the end", growth([one.total(lambda use: use.threads) for one in settled]), 0),
        Figure("the page answers, at worst", max(answers, default=math.nan), ANSWER_LIMIT, "ms"),
        Figure("the page answers, mostly", median(answers) if answers else math.nan, None, "ms"),
        Figure("Cancel is answered, at worst", max(cancels, default=math.nan), CANCEL_LIMIT, "ms"),
        Figure("memory at the end", samples[-1].total(lambda use: use.memory) / MEGABYTE if samples else 0, None, "MB"),
    ]


def by_role(samples: Sequence[Sample], warm_up: int) -> dict[str, dict[str, float]]:
    """Where it grows: for each kind of process, memory, files and threads at the end, and what 1,000 photos add."""
    settled = [one for one in samples if one.done >= warm_up]
    if not settled:
        return {}
    last = settled[-1]
    return {
        role: {
            "megabytes": last.total(lambda use: use.memory, role) / MEGABYTE,
            "megabytes per 1,000": per_thousand(settled, role),
            "files": last.total(lambda use: use.files, role),
            "threads": last.total(lambda use: use.threads, role),
        }
        for role in dict.fromkeys(use.role for use in last.usage)
    }


def as_table(found: Sequence[Figure]) -> str:
    """Figures as lines for the terminal."""
    lines = []
    for one in found:
        limit = "" if one.limit is None else f"{one.limit:g}"
        verdict = "" if one.limit is None else "pass" if one.passed else "FAIL"
        lines.append(f"{one.name:<36} {one.value:>10.1f} {one.unit:<9} {limit:>8}  {verdict}".rstrip())
    return "\n".join([f"{'':<36} {'measured':>10} {'':<9} {'at most':>8}", *lines])
