"""OR-CNN: ordinal regression as 100 binary classifications, each with its own weights.

Niu, Zhou, Wang, Gao, Hua, "Ordinal regression with multiple output CNN for age estimation", CVPR 2016.

The paper has two outputs and a softmax for each question; one output and a sigmoid is the same with their difference
as the logit. The paper's weighting of the questions by the frequencies of the ages is left out (all weigh 1). The
answers are independent and may contradict each other: older than 40, but not older than 35;
`OrdinalMethod.distribution` says what becomes of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.methods.ordinal import OrdinalMethod


@dataclass(frozen=True)
class OrCnn(OrdinalMethod):
    """A separate weight vector and bias for each question; see `OrdinalMethod` for shapes and loss."""

    name: ClassVar[str] = "or-cnn"
