"""DLDL-v2: the label distribution's divergence and, jointly, the absolute error of the expectation.

Gao, Zhou, Wu, Geng, "Age estimation using expectation of label distribution learning", IJCAI 2018. The expectation is
what is reported in the end, so it is trained too.

The models that ship learn by this method with other options (`training/configs`), the later ones with a weight of 0,
which leaves `dldl`. The paper's own small network is not part of it.

Here the divergence is summed over the ages and averaged over the photos. The authors' program (`KLDivCriterion.c` in
github.com/gaobb/DLDL-v2) averages it over the ages as well, that is, divides it by 101, while it averages the absolute
error over the photos alone. So with the same lambda, the absolute error counts 101 times as much there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from training.losses import clamped
from training.methods.dldl import Dldl


@dataclass(frozen=True)
class DldlV2(Dldl):
    """KL divergence plus `weight` times the expectation's absolute error in years.

    Attributes:
        weight: lambda, per year; 1 as in the authors' program, where it counts for more (see above).
    """

    name: ClassVar[str] = "dldl-v2"
    weight: float = 1.0

    def loss(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Mean loss of logits (N, 101) and ages (N,)."""
        error = (self.expectation(logits) - clamped(ages)).abs().mean()
        return super().loss(logits, ages) + self.weight * error
