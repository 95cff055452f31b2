"""DEX, deep expectation: classification over the ages, read as the softmax's expected value.

Rothe, Timofte, Van Gool, "Deep expectation of real and apparent age from a single image without facial landmarks",
International Journal of Computer Vision 126, 2018.

The loss is plain cross entropy and knows no distance: 31 instead of 30 costs as much as 80 instead of 30. Distance
enters with the expectation only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from training.methods.base import SoftmaxMethod, cross_entropy, one_hot


@dataclass(frozen=True)
class Dex(SoftmaxMethod):
    """Cross entropy with the age as class."""

    name: ClassVar[str] = "dex"

    def encode(self, ages: Tensor) -> Tensor:
        """One-hot rows (N, 101); a fraction is shared by its neighbours (the paper has whole ages only)."""
        return one_hot(ages)

    def loss(self, logits: Tensor, ages: Tensor) -> Tensor:
        """Mean cross entropy of logits (N, 101) and ages (N,), nats."""
        return cross_entropy(logits, self.encode(ages))
