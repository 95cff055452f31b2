"""What the ordinal methods share: an age becomes the answers to 100 questions "older than k?", k = 0..99.

The framework is that of Li and Lin, "Ordinal regression by extended binary classification", NIPS 2006. `or_cnn` and
`coral` differ in the head, that is, in whether the answers can contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.age import AGES
from training.losses import clamped, years
from training.methods.base import LEAST, Method


@dataclass(frozen=True)
class OrdinalMethod(Method):
    """100 outputs, each the logit of p(y > k)."""

    outputs: ClassVar[int] = AGES - 1

    def encode(self, ages: Tensor) -> Tensor:
        """Levels (N, 100): 1 where age > k, else 0; their sum is the age.

        A fraction, which the papers do not have, leaves one level between 0 and 1: 30.25 is 30 ones and 0.25.
        """
        ages = clamped(ages)
        return (ages[:, None] - years(ages.device)[:-1]).clamp(0, 1)

    def loss(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Binary cross entropy of logits (N, 100) and ages (N,): summed over the questions, mean over the photos, nats.

        Every question weighs the same (in OR-CNN's paper, questions of more frequent ages weigh more).
        """
        levels = self.encode(ages)
        return F.binary_cross_entropy_with_logits(logits.float(), levels, reduction="none").sum(1).mean()

    def distribution(self, logits: Tensor) -> Tensor:
        """p(y = k) as the differences p(y > k-1) - p(y > k), shape (N, 101).

        Where p(y > k) rises with k a difference is negative; it becomes 0 and the row is renormalized. The differences
        sum to 1, so after clamping they sum to 1 or more, and there is never a division by zero.

        The mean is then no longer the sum of all p(y > k), but the mean of that sum and of the ages whose differences
        were negative, each weighted by how negative it was: it is drawn towards where the answers contradict each
        other. They do so everywhere as long as little has been learned, which draws it towards the middle.
        """
        older = torch.sigmoid(logits.float())
        row = (F.pad(older, (1, 0), value=1.0) - F.pad(older, (0, 1), value=0.0)).clamp(min=0)
        return row / row.sum(1, keepdim=True)

    def age_logits(self, logits: Tensor) -> Tensor:
        """Logarithms of the differences in `distribution`, shape (N, 101), in a form that keeps them exact far out.

        There both answers round to the same number, and the logarithm of their difference would be noise, which
        temperatures make large: s(a) - s(b) = s(a) s(-b) (1 - exp(b - a)), s being the sigmoid.
        """
        logits = logits.float()
        upper, lower = logits[:, :-1], logits[:, 1:]
        apart = 1 - torch.exp(-(upper - lower).clamp(min=0))
        between = _log_sigmoid(upper) + _log_sigmoid(-lower) + torch.log(apart.clamp(min=LEAST))
        return torch.cat([_log_sigmoid(-logits[:, :1]), between, _log_sigmoid(logits[:, -1:])], dim=1)

    def expectation(self, logits: Tensor) -> Tensor:
        """Mean of `distribution`, years, shape (N,), so that estimate and range agree.

        The papers' estimate is the number of questions whose answer is yes, p(y > k) > 0.5. The sum of all p(y > k)
        would be another one; if the answers are in order, it is this mean.
        """
        return self.distribution(logits) @ years(logits.device)


def _log_sigmoid(logits: Tensor) -> Tensor:
    """Not `F.logsigmoid`, which is exported as the logarithm of a rounded sigmoid."""
    return -F.softplus(-logits)
