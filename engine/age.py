"""An apparent age: a distribution over the years 0..100, its expectation and its intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

AGES = 101
"""Number of age bins: the years 0, 1, ..., 100."""

EDGES = np.arange(AGES + 1) - 0.5
"""Where the age bins begin and end."""

LEVEL = 0.8
"""Share of cases that intervals cover by default."""


@dataclass(frozen=True, eq=False)
class Age:
    """An apparent age as a calibrated distribution.

    Args:
        distribution: shape (101,), probability of the ages 0..100 in years; not negative, with a positive sum (it
            is scaled to sum to 1).

    Raises:
        ValueError: the shape or the numbers are not those of a distribution.
    """

    distribution: NDArray[np.float32]

    def __post_init__(self) -> None:
        given = np.asarray(self.distribution, dtype=np.float64)
        if given.shape != (AGES,):
            raise ValueError(f"an age distribution has shape ({AGES},), not {given.shape}")
        total = given.sum()
        if not np.isfinite(total) or total <= 0 or given.min() < 0:
            raise ValueError("an age distribution is finite, not negative and not all zero")
        scaled = (given / total).astype(np.float32)
        scaled.flags.writeable = False
        object.__setattr__(self, "distribution", scaled)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.distribution.flags.writeable = False  # which pickle and deepcopy lose

    @property
    def mean(self) -> float:
        """Expectation of the distribution, in years."""
        return float(np.dot(np.arange(AGES), self.distribution.astype(np.float64)))

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Central interval that holds `level` of the probability.

        The age k stands for the bin [k - 0.5, k + 0.5], within which the probability is spread evenly.

        Args:
            level: share of cases that the interval is to cover, 0 < level < 1.

        Returns:
            (low, high) in years, 0 <= low <= high <= 100.

        Raises:
            ValueError: `level` is not between 0 and 1.
        """
        low, high = central_interval(self.distribution, EDGES, level)
        return max(low, 0.0), min(high, AGES - 1.0)


def central_interval(
    probabilities: NDArray[np.floating], edges: NDArray[np.floating], level: float
) -> tuple[float, float]:
    """Central interval that holds `level` of the probability.

    Args:
        probabilities: shape (N,), of N bins, not negative, with a positive sum; spread evenly within each bin.
        edges: shape (N + 1,), where the bins begin and end.
        level: share of the probability, 0 < level < 1.

    Returns:
        (low, high), in the unit of `edges`.

    Raises:
        ValueError: `level` is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    cumulative = np.concatenate([[0.0], np.cumsum(probabilities, dtype=np.float64)])
    low, high = np.interp([(1 - level) / 2, (1 + level) / 2], cumulative / cumulative[-1], edges)
    return float(low), float(high)


def central_intervals(distributions: NDArray[np.floating], level: float) -> NDArray[np.float64]:
    """`Age.interval` for many distributions at once.

    Args:
        distributions: shape (N, 101), rows sum to 1.
        level: share of the probability, 0 < level < 1.

    Returns:
        shape (N, 2): low and high, in years.
    """
    found = [central_interval(distribution, EDGES, level) for distribution in distributions]
    return np.array(found, np.float64).reshape(-1, 2).clip(0.0, AGES - 1.0)
