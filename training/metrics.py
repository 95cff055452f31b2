"""Figures of age estimation: MAE, CS@5, bias, interval coverage, overall and by part, with bootstrap intervals."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.age import AGES, central_intervals

Floats = NDArray[np.float64]

LEVEL = 0.8
BANDS = ((0, 12), (13, 17), (18, 25), (26, 35), (36, 50), (51, 65), (66, 200))
DRAWS = 1000
ENOUGH_PEOPLE = 5
"""With fewer people a bootstrap interval is too narrow to be shown: with one person it has no width at all."""


def band_of(age: float) -> str:
    """Name of the age band that a labeled age in years falls into.

    Raises:
        ValueError: nobody is that old.
    """
    for low, high in BANDS:
        if age <= high + 0.999:
            return f"{low}+" if high == BANDS[-1][1] else f"{low}-{high}"
    raise ValueError(f"{age:g} is not an age in years")


def figures(
    distributions: Floats,
    ages: Floats,
    groups: Mapping[str, NDArray[np.str_]] | None = None,
    people: NDArray[np.str_] | None = None,
) -> dict[str, Any]:
    """All figures of one collection.

    Args:
        distributions: shape (N, 101), calibrated, rows sum to 1.
        ages: shape (N,), labeled ages in years.
        groups: further partitions of the photos, for example {"sex": names of shape (N,)}; empty names are left out.
        people: shape (N,), who is in a photo. Errors on photos of one person are alike, so the bootstrap draws people,
            each with all their photos. By default each photo shows a different person.

    Returns:
        {"all": figures, "band": {name: figures}, ...}, each with `photos`, `people`, `mae`, `cs5` (share within 5
        years), `bias` (mean signed error, positive if estimated too old), `coverage` (share of labels inside the 80 %
        interval), and `..._range`, the 95 % bootstrap interval of each, meaningful from `ENOUGH_PEOPLE` people on.

    Raises:
        ValueError: there are no photos, or the shapes do not fit.
    """
    if len(ages) == 0 or distributions.shape != (len(ages), AGES):
        raise ValueError(f"{len(ages)} ages do not fit distributions of shape {distributions.shape}")
    return _by_part(distributions @ np.arange(AGES) - ages, covered(distributions, ages), ages, groups, people)


def mae_range(found: Mapping[str, Any]) -> tuple[float, float] | None:
    """Bootstrap interval of the MAE in the result of `figures`; None if it rests on too few people."""
    low, high = found["mae_range"]
    # Older figures count only photos.
    return (low, high) if found.get("people", found["photos"]) >= ENOUGH_PEOPLE else None


def point_figures(estimates: Floats, ages: Floats) -> dict[str, Any]:
    """What `figures` finds, without `coverage`, for estimates in years, shape (N,), that have no distribution.

    Raises:
        ValueError: there are no photos, or the shapes do not fit.
    """
    if len(ages) == 0 or estimates.shape != (len(ages),):
        raise ValueError(f"{len(ages)} ages do not fit estimates of shape {estimates.shape}")
    return _by_part(estimates - ages, None, ages, None)


def _by_part(
    errors: Floats,
    inside: NDArray[np.bool_] | None,
    ages: Floats,
    groups: Mapping[str, NDArray[np.str_]] | None,
    people: NDArray[np.str_] | None = None,
) -> dict[str, Any]:
    who = np.arange(len(errors)) if people is None else _numbered(people)
    found: dict[str, Any] = {"all": _summary(errors, inside, who)}
    for name, labels in {"band": np.array([band_of(age) for age in ages]), **(groups or {})}.items():
        parts = {label: labels == label for label in sorted(set(labels.tolist()), key=_natural) if label}
        found[name] = {
            label: _summary(errors[part], None if inside is None else inside[part], _numbered(who[part]))
            for label, part in parts.items()
        }
    return found


def covered(distributions: Floats, ages: Floats, level: float = LEVEL) -> NDArray[np.bool_]:
    """Which ages, shape (N,), lie within the central interval of probability `level` of distributions (N, 101)."""
    low, high = central_intervals(distributions, level).T
    return np.asarray((low <= ages) & (ages <= high))


def mean_range(values: Floats) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of values, shape (N,)."""
    draws = np.random.default_rng(0).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.percentile(values[draws].mean(1), [2.5, 97.5])
    return float(low), float(high)


def packed(errors: Floats) -> str:
    """Errors in years, shape (N,), as text: in half precision, which keeps them to 0.1 % or better, as base64."""
    return b64encode(errors.astype("<f2").tobytes()).decode()


def unpacked(text: str) -> Floats:
    """The errors that `packed` made into text."""
    return np.frombuffer(b64decode(text), "<f2").astype(np.float64)


_FIGURES: dict[str, Callable[[Floats], Floats]] = {
    "mae": np.abs,
    "cs5": lambda errors: (np.abs(errors) <= 5).astype(float),
    "bias": lambda errors: errors,
}
"""Name of a figure -> the values, photo by photo, whose mean it is."""


def _numbered(names: NDArray[Any]) -> NDArray[np.int64]:
    """0 for the first name and all equal to it, 1 for the next one, ..."""
    _, first, which = np.unique(names, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[which], np.int64)


def _summary(errors: Floats, inside: NDArray[np.bool_] | None, who: NDArray[np.int64]) -> dict[str, Any]:
    photos = np.bincount(who)
    draws = np.random.default_rng(0).integers(0, len(photos), (DRAWS, len(photos)))
    values = {name: figure(errors) for name, figure in _FIGURES.items()}
    if inside is not None:
        values["coverage"] = inside.astype(float)
    summary: dict[str, Any] = {"photos": len(errors), "people": len(photos)}
    for name, one in values.items():
        summary[name] = round(float(one.mean()), 4)
        means = np.bincount(who, one)[draws].sum(-1) / photos[draws].sum(-1)
        low, high = np.percentile(means, [2.5, 97.5])
        summary[f"{name}_range"] = [round(float(low), 4), round(float(high), 4)]
    return summary


def _natural(label: str) -> tuple[int, str]:
    digits = "".join(character for character in label if character.isdigit() or character in "-+").split("-")[0]
    return (int(digits.rstrip("+")) if digits.rstrip("+").isdigit() else 0, label)
