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


def label_distribution(ages: Tensor, base: float = 1.0, slope: float = 0.03) -> Tensor:
    """Labels as distributions.

    Args:
        ages: shape (N,), years; above 100 they count as 100.
        base: standard deviation at birth, years.
        slope: growth of the standard deviation per year of age: the old are harder to tell apart.

    Returns:
        shape (N, 101), rows sum to 1.
    """
    ages = ages.float().clamp(0, AGES - 1)[:, None]
    bins = torch.arange(AGES, device=ages.device, dtype=torch.float32)
    return torch.softmax(-0.5 * ((bins - ages) / (base + slope * ages)) ** 2, dim=1)


def expectation(logits: Tensor) -> Tensor:
    """Expected age, shape (N,), of logits (N, 101)."""
    bins = torch.arange(AGES, device=logits.device, dtype=torch.float32)
    return torch.softmax(logits.float(), dim=1) @ bins


@dataclass(frozen=True)
class DistributionLoss:
    """Cross entropy with the label distribution plus `weight` times the absolute error of the expectation."""

    base: float = 1.0
    slope: float = 0.03
    weight: float = 0.25

    def __call__(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Mean loss of logits (N, 101) and ages (N,)."""
        target = label_distribution(ages, self.base, self.slope)
        entropy = -(target * F.log_softmax(logits.float(), dim=1)).sum(1).mean()
        return entropy + self.weight * (expectation(logits) - ages.float().clamp(0, AGES - 1)).abs().mean()


LOSSES: Mapping[str, Callable[..., Callable[[Tensor, Tensor], Tensor]]] = {"distribution": DistributionLoss}
"""Name -> loss on (logits, ages)."""
