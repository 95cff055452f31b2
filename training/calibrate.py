"""Calibration: one temperature (Guo et al., "On calibration of modern neural networks", ICML 2017) for honest ranges.

It is chosen so that the central 80 % interval holds the labelled age of 80 % of the validation photos.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from engine.age import central_intervals
from training.data import Faces
from training.metrics import LEVEL
from training.network import Exported

COLDEST, HOTTEST = 0.3, 3.0
STEPS = 20


def logits_of(model: Exported, faces: Faces) -> NDArray[np.float64]:
    """Logits before the temperature, shape (N, 101)."""
    answers = []
    with torch.inference_mode():
        for chips in faces.batches():
            answers.append(model.logits(torch.from_numpy(chips).permute(0, 3, 1, 2).float()).double().numpy())
    return np.concatenate(answers)


def softened(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Distributions, shape (N, 101), of logits divided by `temperature`."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def coverage(distributions: NDArray[np.float64], ages: NDArray[np.float64], level: float = LEVEL) -> float:
    """Share of the ages that lie within the central interval of probability `level`."""
    low, high = central_intervals(distributions, level).T
    return float(((low <= ages) & (ages <= high)).mean())


def fit_temperature(logits: NDArray[np.float64], ages: NDArray[np.float64], level: float = LEVEL) -> float:
    """The temperature at which the interval of probability `level` covers that share of the ages.

    Args:
        logits: shape (N, 101).
        ages: shape (N,), labelled ages in years.
        level: wanted coverage.
    """
    low, high = np.log(COLDEST), np.log(HOTTEST)
    for _ in range(STEPS):  # coverage rises with the temperature
        middle = (low + high) / 2
        if coverage(softened(logits, float(np.exp(middle))), ages, level) < level:
            low = middle
        else:
            high = middle
    return round(float(np.exp(high)), 4)
