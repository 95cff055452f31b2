"""The interface of a method of age estimation: what the network puts out, what it learns from, how it is read.

Shapes: N photos, F features, 101 ages (0..100). Ages are in years and may be fractions (the mean of a group's labels);
what lies outside 0..100 counts as its nearest end. Whatever the dtype of the logits, all is computed in float32:
bfloat16 has less than three digits and cannot tell 99 years from 99.2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.age import AGES
from training.losses import expectation


def clamped(ages: Tensor) -> Tensor:
    """Ages of any dtype as float32 within 0..100, shape kept."""
    return ages.float().clamp(0, AGES - 1)


def years(device: torch.device) -> Tensor:
    """The ages 0..100, shape (101,)."""
    return torch.arange(AGES, device=device, dtype=torch.float32)


def one_hot(ages: Tensor) -> Tensor:
    """Ages (N,) as rows (N, 101) that sum to 1.

    A whole age is a 1 in its place. A fraction is shared by its two neighbours so that the mean of the row is the age:
    30.25 is 0.75 at 30 and 0.25 at 31.
    """
    ages = clamped(ages)
    return (1 - (years(ages.device) - ages[:, None]).abs()).clamp(min=0)


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Cross entropy of logits (N, 101) with target rows (N, 101), in nats, mean over the photos: a scalar."""
    return -(target * F.log_softmax(logits.float(), dim=1)).sum(1).mean()


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
        """What the network shall put out, after its activation, for ages (N,): shape (N,) or (N, outputs), float32."""

    @abstractmethod
    def loss(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Loss of logits (N, outputs) and ages (N,), mean over the photos: a float32 scalar."""

    @abstractmethod
    def distribution(self, logits: Tensor) -> Tensor | None:
        """Distributions over the ages of logits (N, outputs): shape (N, 101), rows sum to 1; None if there are none."""

    @abstractmethod
    def expectation(self, logits: Tensor) -> Tensor:
        """Estimated ages in years, within 0..100, of logits (N, outputs): shape (N,), float32."""


@dataclass(frozen=True)
class SoftmaxMethod(Method):
    """A method whose 101 outputs become a distribution by softmax; the methods differ in label and loss."""

    def distribution(self, logits: Tensor) -> Tensor:
        """Softmax of logits (N, 101)."""
        return torch.softmax(logits.float(), dim=1)

    def expectation(self, logits: Tensor) -> Tensor:
        """Mean of the distribution, years, shape (N,)."""
        return expectation(logits)
