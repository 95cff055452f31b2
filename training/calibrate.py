"""Calibration: a temperature that depends on the estimate, for honest ranges at every estimated age.

Dividing logits by one temperature (Guo et al., "On calibration of modern neural networks", ICML 2017) makes the ranges
right on average, but too wide for children and too narrow for the old, or the other way round. So there is a
temperature for every ten years of the uncalibrated expectation, with linear interpolation in between. That makes ranges
right among faces of one estimate, not among people of one age: where most estimates are too low, or too high, fewer
ages are within them (`evened` lessens that).

Before that, old ages, which are rare, can be compensated for what their rarity costs them (`offsets_of`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from engine.age import AGES
from training.augment import Augmentation, augment
from training.data import Faces
from training.metrics import LEVEL, band_of, covered
from training.network import KNOTS, Exported

Floats = NDArray[np.float64]

COLDEST, HOTTEST = 0.2, 5.0
_STEPS = 20
_ENOUGH = 150.0
"""Photos that a temperature should rest on: if a decade has fewer, its neighbors' count as well."""

_YEARS = 6.0
"""Standard deviation in years of the kernel that smooths the age frequencies: labels prefer some ages to others."""

DEGRADED = Augmentation(
    rotation=4, scale=0.06, shift=3, colour=0.3, grey=0.3, fade=0.3, soft=0.7, noise=0.4, jpeg=0.4, occlusion=0
)
"""How copies of the validation photos are degraded: strangers' photos are poorer than those of collections."""


def logits_of(model: Exported, faces: Faces, how: Augmentation | None = None) -> Floats:
    """Uncalibrated logits, shape (N, 101), of the chips as they are or, with `how`, of degraded copies."""
    chance = torch.Generator().manual_seed(0)
    answers = []
    with torch.inference_mode():
        for chips in faces.batches():
            pixels = torch.from_numpy(chips).permute(0, 3, 1, 2).float()
            if how is not None:
                pixels = augment(pixels, how, chance).round()
            answers.append(model.logits(pixels).double().numpy())
    return np.concatenate(answers) if answers else np.empty((0, AGES))


def softmax(logits: Floats) -> Floats:
    """Distributions, shape (N, 101), of logits."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def offsets_of(ages: Floats, since: float) -> list[float]:
    """What is added to logits so that the old are not taken for younger because there were few of them to learn from.

    The less sure a network is, the more it answers what was frequent among the photos it learned from, and collections
    have ever fewer photos of older people. This is logit adjustment (Menon et al., "Long-tail learning via logit
    adjustment", ICLR 2021) from one age on, with half of the logarithm, which is ours: probabilities are divided by the
    square root of the age's frequency relative to that at `since`.

    Args:
        ages: shape (N,), labeled ages in years of the photos that the network learned from.
        since: age in years below which nothing changes.

    Returns:
        one offset for each age from 0 to 100.
    """
    axis = np.arange(AGES)
    near = np.exp(-0.5 * ((axis[:, None] - np.clip(ages, 0, AGES - 1)[None]) / _YEARS) ** 2)
    lacking = -0.5 * np.log(near.sum(1) + 1)  # the 1 bounds the offset of ages that nobody has
    return [round(float(one), 4) for one in np.where(axis > since, lacking - np.interp(since, axis, lacking), 0)]


def share_of_knots(expectations: Floats) -> Floats:
    """How much each of the K knots counts for each of N expected ages (years): shape (N, K), rows sum to 1."""
    spacing = KNOTS[1] - KNOTS[0]
    return np.clip(1 - np.abs(expectations[:, None] - np.asarray(KNOTS)) / spacing, 0, None)


def softened(logits: Floats, temperatures: Sequence[float]) -> Floats:
    """Calibrated distributions, shape (N, 101): what `Exported` computes.

    Args:
        logits: shape (N, 101).
        temperatures: one for each of `training.network.KNOTS`.
    """
    expectations = softmax(logits) @ np.arange(AGES)
    return softmax(logits / (share_of_knots(expectations) @ np.asarray(temperatures))[:, None])


def evened(ages: Floats, weights: Floats) -> Floats:
    """Weights of photos with which frequent age bands count for less.

    Of those estimated at 38 most are in their thirties, since the collections have most photos of that age, and few are
    fifty. Ranges that are right for all of them together hold the ages of the former more often than promised, and
    those of the latter less often. Dividing by the square root of a band's frequency makes it count half as much (on a
    logarithmic scale).

    Args:
        ages: shape (N,), labeled ages in years.
        weights: shape (N,), how much each photo would count without this.

    Returns:
        shape (N,), with the same sum as `weights`.
    """
    names, band = np.unique([band_of(age) for age in ages], return_inverse=True)
    found = weights / np.sqrt(np.bincount(band, weights, len(names)))[band]
    return np.asarray(found * weights.sum() / found.sum())


def fit_temperatures(logits: Floats, ages: Floats, weights: Floats | None = None, level: float = LEVEL) -> list[float]:
    """The temperatures at which the interval of probability `level` covers that share of the ages, at every estimate.

    Args:
        logits: shape (N, 101).
        ages: shape (N,), labeled ages in years.
        weights: shape (N,), how much each photo counts; by default all count alike.
        level: wanted coverage.

    Returns:
        one temperature for each of `training.network.KNOTS`.

    Raises:
        ValueError: there are no photos.
    """
    if len(logits) == 0:
        raise ValueError("there are no photos to calibrate on")
    weights = np.ones(len(ages)) if weights is None else weights
    expectations = softmax(logits) @ np.arange(AGES)
    spacing = KNOTS[1] - KNOTS[0]
    found = []
    for knot in KNOTS:
        width = float(spacing)
        near = np.zeros(len(ages))
        while near.sum() < min(_ENOUGH, weights.sum() / 2):
            near = weights * np.clip(1 - np.abs(expectations - knot) / width, 0, None)
            width *= 1.25
        chosen = near > 0
        found.append(_fit_one(logits[chosen], ages[chosen], near[chosen], level))
    return found


def _fit_one(logits: Floats, ages: Floats, weights: Floats, level: float) -> float:
    low, high = np.log(COLDEST), np.log(HOTTEST)
    for _ in range(_STEPS):  # coverage rises with the temperature
        middle = (low + high) / 2
        inside = covered(softmax(logits / np.exp(middle)), ages, level)
        if np.average(inside, weights=weights) < level:
            low = middle
        else:
            high = middle
    return round(float(np.exp(high)), 4)
