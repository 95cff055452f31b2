"""Mean-variance loss: cross entropy, a mean that is right and a distribution that is narrow.

Pan, Han, Shan, Chen, "Mean-variance loss for deep age estimation from a face", CVPR 2018. The total is cross entropy
+ lambda_1 * (mean - age)^2 / 2 + lambda_2 * variance, with lambda_1 = 0.2 and lambda_2 = 0.05.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from training.losses import clamped, years
from training.methods.dex import Dex


@dataclass(frozen=True)
class MeanVariance(Dex):
    """Cross entropy plus penalties on the distribution's mean and variance.

    Attributes:
        mean_weight: lambda_1, per year squared.
        variance_weight: lambda_2, per year squared.
    """

    name: ClassVar[str] = "mean-variance"
    mean_weight: float = 0.2
    variance_weight: float = 0.05

    def loss(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Mean loss of logits (N, 101) and ages (N,)."""
        row = self.distribution(logits)
        mean = row @ years(logits.device)
        # Around the mean, not E[x^2] - mean^2, which loses digits in float32 when ages are high.
        variance = (row * (years(logits.device) - mean[:, None]).square()).sum(1)
        penalty = self.mean_weight * (mean - clamped(ages)).square() / 2 + self.variance_weight * variance
        return super().loss(logits, ages) + penalty.mean()
