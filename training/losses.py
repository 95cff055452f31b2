"""Losses on a distribution over ages.

Label distribution learning (Gao et al., "Age estimation using expectation of label distribution learning", IJCAI
2018): the label becomes a normal distribution, because neighbouring ages look alike and labels err; the
expectation, which is what is reported in the end, is trained directly by its absolute error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.age import AGES


def clamped(ages: Tensor) -> Tensor:
    """Ages of any dtype as float32 within 0..100, shape kept."""
    return ages.float().clamp(0, AGES - 1)


def years(device: torch.device) -> Tensor:
    """The ages 0..100, shape (101,)."""
    return torch.arange(AGES, device=device, dtype=torch.float32)


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Cross entropy of logits (N, 101) with target rows (N, 101), in nats, mean over the photos: a scalar."""
    return -(target * F.log_softmax(logits.float(), dim=1)).sum(1).mean()


def label_distribution(ages: Tensor, base: float = 1.0, slope: float = 0.03) -> Tensor:
    """Labels as distributions.

    Args:
        ages: shape (N,), years; above 100 they count as 100.
        base: standard deviation at birth, years.
        slope: growth of the standard deviation per year of age: the old are harder to tell apart.

    Returns:
        shape (N, 101), rows sum to 1.
    """
    ages = clamped(ages)[:, None]
    return torch.softmax(-0.5 * ((years(ages.device) - ages) / (base + slope * ages)) ** 2, dim=1)


def expectation(logits: Tensor) -> Tensor:
    """Expected age, shape (N,), of logits (N, 101)."""
    return torch.softmax(logits.float(), dim=1) @ years(logits.device)


@dataclass(frozen=True)
class DistributionLoss:
    """Cross entropy with the label distribution plus `weight` times the absolute error of the expectation."""

    base: float = 1.0
    slope: float = 0.03
    weight: float = 0.25

    def __call__(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Mean loss of logits (N, 101) and ages (N,)."""
        entropy = cross_entropy(logits, label_distribution(ages, self.base, self.slope))
        return entropy + self.weight * (expectation(logits) - clamped(ages)).abs().mean()


LOSSES: Mapping[str, Callable[..., Callable[[Tensor, Tensor], Tensor]]] = {"distribution": DistributionLoss}
"""Name -> loss on (logits, ages)."""
