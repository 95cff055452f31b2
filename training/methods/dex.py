"""DEX, deep expectation: classification over the ages, read as the softmax's expected value.

Rothe, Timofte, Van Gool, "Deep expectation of real and apparent age from a single image without facial landmarks",
International Journal of Computer Vision 126, 2018.

The loss is plain cross entropy and knows no distance: 31 instead of 30 costs as much as 80 instead of 30. Distance
enters only through the expectation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from training.losses import clamped, years
from training.methods.base import SoftmaxMethod


def one_hot(ages: Tensor) -> Tensor:
    """Ages (N,) as rows (N, 101) that sum to 1.

    A whole age is a 1 in its place. A fraction is shared between its two neighbors so that the mean of the row is the
    age: 30.25 is 0.75 at 30 and 0.25 at 31.
    """
    ages = clamped(ages)
    return (1 - (years(ages.device) - ages[:, None]).abs()).clamp(min=0)


@dataclass(frozen=True)
class Dex(SoftmaxMethod):
    """Cross entropy with the age as class."""

    name: ClassVar[str] = "dex"

    def encode(self, ages: Tensor) -> Tensor:
        """One-hot rows (N, 101); a fraction is shared between its neighbors (the paper has whole ages only)."""
        return one_hot(ages)
