"""Adaptive mean-residue loss: a mean that is right, and little entropy among the ages less likely than the label.

Zhao, Qian, Hou, Zeng, "Adaptive mean-residue loss for robust facial age estimation", ICME 2022 (arXiv 2203.17156).

    cross entropy + lambda_1 * (mean - age)^2 / 2 + lambda_2 * residue,
    residue = - sum of p_j log p_j over the ages j with p_j < p_label

The paper's K is dynamic: the top K are the ages at least as likely as the labeled one, so K shrinks while the network
learns and the residue reaches ever closer to the label. Which ages these are is not differentiated: the loss has a
small jump wherever an age overtakes the labeled one.

Sources: the idea is from the paper's abstract; the terms, their factors, the rule for K, the additional cross entropy
and the weights 0.2 and 0.05 are from the authors' code and scripts (github.com/jacobzhaoziyuan/AMR-Loss). The
programs' default of lambda_2 is 0.25; the scripts, which run the published experiments, use 0.05. Not checked: the
equations printed in the paper, which was not at hand. Left out: the 0.001 that the code adds to every p_j to keep its
logarithm finite. It also bounds the slope to 5.9 where p_j is small, while that of -p log p grows without bound, so the
code pushes the least likely ages less. Here log-softmax is finite by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn import functional as F

from training.losses import clamped
from training.methods.dex import Dex


@dataclass(frozen=True)
class MeanResidue(Dex):
    """Cross entropy plus penalties on the distribution's mean and on the entropy of its tail.

    Attributes:
        mean_weight: lambda_1, per year squared.
        residue_weight: lambda_2, per nat.
    """

    name: ClassVar[str] = "mean-residue"
    mean_weight: float = 0.2
    residue_weight: float = 0.05

    def residue(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Entropy of the ages less likely than the labeled one, nats, shape (N,).

        A label between two ages is as likely as the mean of the two, weighted as in `encode`.
        """
        log_row = F.log_softmax(logits.float(), dim=1)
        row = log_row.exp()
        label = (self.encode(ages) * row).sum(1, keepdim=True)
        tail = (row < label).float().detach()
        return -(tail * row * log_row).sum(1)

    def loss(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Mean loss of logits (N, 101) and ages (N,)."""
        penalty = self.mean_weight * (self.expectation(logits) - clamped(ages)).square() / 2
        penalty = penalty + self.residue_weight * self.residue(logits, ages)
        return super().loss(logits, ages) + penalty.mean()
