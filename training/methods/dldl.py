"""DLDL: the label is a normal distribution over the ages.

Gao, Xing, Xie, Wu, Geng, "Deep label distribution learning with label ambiguity", IEEE Transactions on Image
Processing 26(6), 2017. The loss is the Kullback-Leibler divergence of the prediction from the label's distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from engine.age import AGES
from training.losses import cross_entropy, label_distribution
from training.methods.base import SoftmaxMethod


@dataclass(frozen=True)
class Dldl(SoftmaxMethod):
    """KL divergence from the label distribution.

    Attributes:
        sigma: standard deviation of the label, years. The papers take 2 if a collection does not say how far its
            annotators disagree (from memory; the papers were not at hand).
        slope: growth of the standard deviation per year of age (`training.losses.label_distribution`); the papers
            have none.

    Raises:
        ValueError: the standard deviation is not above 0 at birth, or at 100 years.
    """

    name: ClassVar[str] = "dldl"
    sigma: float = 2.0
    slope: float = 0.0

    def __post_init__(self) -> None:
        if self.sigma <= 0:
            raise ValueError(f"sigma must be above 0 years, not {self.sigma}")
        if not self.sigma + self.slope * (AGES - 1) > 0:
            raise ValueError(f"with a slope of {self.slope} the deviation is not above 0 at {AGES - 1} years")

    def encode(self, ages: Tensor) -> Tensor:
        """Normal distributions cut off at 0 and 100 and renormalized, shape (N, 101)."""
        return label_distribution(ages, self.sigma, self.slope)

    def loss(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Mean divergence of logits (N, 101) and ages (N,), nats.

        It is the cross entropy less the label's own entropy: the same gradient, but 0 for a perfect answer.
        """
        label = self.encode(ages)
        entropy = -torch.xlogy(label, label).sum(1).mean()
        return cross_entropy(logits, label) - entropy
