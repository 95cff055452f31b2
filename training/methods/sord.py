"""SORD: soft labels that fall off with a freely chosen distance.

Diaz and Marathe, "Soft labels for ordinal regression", CVPR 2019: the label is the softmax of the negative distances
between the age and every bin, and the loss the cross entropy with it.

With the squared distance, the default, the label is a normal distribution (of 0.71 years, where DLDL has 2); with the
absolute one a Laplace distribution. The paper's choice of distance for age groups does not carry over to single years.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from training.losses import clamped, years
from training.methods.base import SoftmaxMethod


@dataclass(frozen=True)
class Sord(SoftmaxMethod):
    """Cross entropy with the label softmax(-scale * |age - bin| ** power).

    Attributes:
        power: of the distance in years: 2 squared, 1 absolute.
        scale: larger is sharper; the paper has none, which means 1.

    Raises:
        ValueError: an option is not above 0.
    """

    name: ClassVar[str] = "sord"
    power: float = 2.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        if self.power <= 0 or self.scale <= 0:
            raise ValueError(f"power and scale must be above 0, not {self.power} and {self.scale}")

    def encode(self, ages: Tensor) -> Tensor:
        """Soft labels, shape (N, 101), rows sum to 1."""
        ages = clamped(ages)
        distance = (years(ages.device) - ages[:, None]).abs() ** self.power
        return torch.softmax(-self.scale * distance, dim=1)
