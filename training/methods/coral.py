"""CORAL: ordinal regression whose answers cannot contradict each other.

Cao, Mirjalili, Raschka, "Rank consistent ordinal regression for neural networks with application to age estimation",
Pattern Recognition Letters 140, 2020.

All questions share one weight vector: logit k of a photo is w x + b_k. So p(y > k) falls with k for every photo
if and only if the biases fall with k. The paper leaves the biases free and proves (its Theorem 1) that they are in
order where the loss is least; on the way there, or when training stops early, nothing keeps them so. Here the order is
built in: b_k = b_0 - gap_1 - ... - gap_k with gap = softplus(free parameter) >= 0. By the theorem the least loss is
reached within this set, so nothing is lost, and the order holds from the first step on for any value of the parameters.
(A gap may underflow to 0, and bfloat16 may round two logits to the same number; equal answers are no contradiction.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.methods.ordinal import OrdinalMethod


class CoralHead(nn.Module):
    """Features (N, F) -> logits (N, questions) that fall along each row.

    Args:
        features: F.
        questions: how many thresholds there are.
        center: age in years at which the questions are at first undecided (logit 0) if w x is 0.
        gap: initial fall of the logit from one year to the next.

    Raises:
        ValueError: `gap` is not above 0.
    """

    def __init__(self, features: int, questions: int, center: float, gap: float) -> None:
        super().__init__()
        if gap <= 0:
            raise ValueError(f"the gap between two thresholds must be above 0, not {gap}")
        self.score = nn.Linear(features, 1, bias=False)
        self.first = nn.Parameter(torch.tensor([center * gap]))
        self.gaps = nn.Parameter(torch.full((questions - 1,), math.log(math.expm1(gap))))  # softplus gives `gap`

    def biases(self) -> Tensor:
        """b_k, shape (questions,), float32, never rising."""
        return torch.cat([self.first, self.first - F.softplus(self.gaps.float()).cumsum(0)])

    def forward(self, features: Tensor) -> Tensor:
        """Logits of p(y > k), shape (N, questions), float32."""
        return self.score(features).float() + self.biases()


@dataclass(frozen=True)
class Coral(OrdinalMethod):
    """One weight vector for all questions and ordered biases.

    Attributes:
        center: see `CoralHead`, years. The starting values are ours, not the paper's.
        gap: see `CoralHead`; 0.3 is a logistic distribution with a scale of 3.3 years.
    """

    name: ClassVar[str] = "coral"
    center: float = 40.0
    gap: float = 0.3

    def head(self, features: int) -> nn.Module:
        """The head that keeps the order; with another head the method is OR-CNN."""
        return CoralHead(features, self.outputs, self.center, self.gap)
