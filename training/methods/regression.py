"""Regression: the network puts out the age itself, in years.

The plain methods that all papers on age estimation compare with. L1 estimates the median of the labels that a face may
have, L2 their mean.

Nothing keeps the output within 0..100. The loss takes it as it is: if it were clamped there, an output below 0 would
have no gradient and never recover. `expectation` clamps it, so that nobody gets an age of -3.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from training.losses import clamped
from training.methods.base import Method


@dataclass(frozen=True)
class Regression(Method):
    """One output: years, shape (N, 1).

    Attributes:
        center: age in years that a new network answers. From 0 it would take hundreds of steps to climb there.
    """

    outputs: ClassVar[int] = 1
    center: float = 40.0

    def head(self, features: int) -> nn.Module:
        """A linear layer that starts near `center`."""
        layer = nn.Linear(features, self.outputs)
        nn.init.constant_(layer.bias, self.center)
        return layer

    def encode(self, ages: Tensor) -> Tensor:
        """Years, shape (N, 1)."""
        return clamped(ages)[:, None]

    @abstractmethod
    def penalty(self, errors: Tensor) -> Tensor:
        """What errors in years cost, shape kept."""

    def loss(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Mean penalty of outputs (N, 1) and ages (N,)."""
        return self.penalty(logits.float() - self.encode(ages)).mean()

    def distribution(self, logits: Tensor) -> None:
        """None: a single number says nothing about its own uncertainty."""

    def expectation(self, logits: Tensor) -> Tensor:
        """The output, clamped to 0..100 years, shape (N,)."""
        return clamped(logits[:, 0])


@dataclass(frozen=True)
class RegressionL1(Regression):
    """Mean absolute error, in years."""

    name: ClassVar[str] = "regression-l1"

    def penalty(self, errors: Tensor) -> Tensor:
        """Years."""
        return errors.abs()


@dataclass(frozen=True)
class RegressionL2(Regression):
    """Mean squared error, in years squared."""

    name: ClassVar[str] = "regression-l2"

    def penalty(self, errors: Tensor) -> Tensor:
        """Years squared."""
        return errors.square()
