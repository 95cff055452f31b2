"""The interface of a method of age estimation: what the network puts out, what it learns from, how it is read.

Shapes: N photos, F features, 101 ages (0..100). Ages are in years and may be fractions; those outside 0..100 count as
the nearest end. Whatever the dtype of the logits, everything is computed in float32: bfloat16 has less than three
digits and cannot tell 99 years from 99.2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from engine.age import AGES
from training.losses import cross_entropy, expectation

LEAST = 1e-30
"""Probability that stands for 0 where its logarithm is taken."""


@dataclass(frozen=True)
class Method(ABC):
    """One way to learn ages. Options are the fields of the subclass.

    Attributes:
        name: in `training.methods.METHODS`.
        outputs: numbers that the network puts out for a photo.
    """

    name: ClassVar[str]
    outputs: ClassVar[int] = AGES

    def head(self, features: int) -> nn.Module:
        """A new last layer: features (N, F) -> logits (N, outputs)."""
        return nn.Linear(features, self.outputs)

    @abstractmethod
    def encode(self, ages: Tensor) -> Tensor:
        """What the network should put out, after its activation, for ages (N,): shape (N,) or (N, outputs), float32."""

    @abstractmethod
    def loss(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Loss of logits (N, outputs) and ages (N,), mean over the photos: a float32 scalar."""

    @abstractmethod
    def distribution(self, logits: Tensor) -> Tensor | None:
        """Distributions over the ages of logits (N, outputs): shape (N, 101), rows sum to 1; None if there are none."""

    def age_logits(self, logits: Tensor) -> Tensor:
        """Logits over the ages, shape (N, 101), whose softmax is the distribution of logits (N, outputs).

        They are what calibration divides by temperatures (`training.calibrate`).

        Raises:
            ValueError: the method has no distribution.
        """
        rows = self.distribution(logits)
        if rows is None:
            raise ValueError(f"{self.name} gives no distribution over the ages: it cannot be calibrated or exported")
        return torch.log(rows.clamp(min=LEAST))

    @abstractmethod
    def expectation(self, logits: Tensor) -> Tensor:
        """Estimated ages in years, within 0..100, of logits (N, outputs): shape (N,), float32."""


@dataclass(frozen=True)
class SoftmaxMethod(Method):
    """A method whose 101 outputs become a distribution by softmax; the methods differ in label and penalties."""

    def loss(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Mean cross entropy of logits (N, 101) with the encoded ages (N,), nats."""
        return cross_entropy(logits, self.encode(ages))

    def distribution(self, logits: Tensor) -> Tensor:
        """Softmax of logits (N, 101)."""
        return torch.softmax(logits.float(), dim=1)

    def age_logits(self, logits: Tensor) -> Tensor:
        """The logits themselves."""
        return logits

    def expectation(self, logits: Tensor) -> Tensor:
        """Mean of the distribution, years, shape (N,)."""
        return expectation(logits)
