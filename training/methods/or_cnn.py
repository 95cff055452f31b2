"""OR-CNN: ordinal regression as 100 binary classifications with weights of their own.

Niu, Zhou, Wang, Gao, Hua, "Ordinal regression with multiple output CNN for age estimation", CVPR 2016.

The paper has two outputs and a softmax for each question; one output and a sigmoid is the same with their difference
as the logit. Its weights of the questions, from the frequencies of the ages, are left out (all are 1). The answers are
independent of each other and may contradict: older than 40, but not older than 35; `OrdinalMethod.distribution` says
what becomes of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.methods.ordinal import OrdinalMethod


@dataclass(frozen=True)
class OrCnn(OrdinalMethod):
    """An own weight vector and bias for each question; see `OrdinalMethod` for shapes and loss."""

    name: ClassVar[str] = "or-cnn"
