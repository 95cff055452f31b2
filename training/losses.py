"""Building blocks of the losses of several methods (`training.methods`)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.age import AGES


def clamped(ages: Tensor) -> Tensor:
    """Ages of any dtype as float32 within 0..100, shape kept."""
    return ages.float().clamp(0, AGES - 1)


def years(device: torch.device) -> Tensor:
    """The ages 0..100, shape (101,)."""
    return torch.arange(AGES, device=device, dtype=torch.float32)


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Cross entropy of logits (N, 101) with target rows (N, 101), in nats, mean over the photos: a scalar."""
    return -(target * F.log_softmax(logits.float(), dim=1)).sum(1).mean()


def label_distribution(ages: Tensor, base: float, slope: float) -> Tensor:
    """Labels as normal distributions, because neighboring ages look alike and labels err.

    Args:
        ages: shape (N,), years; above 100 they count as 100.
        base: standard deviation at birth, years.
        slope: growth of the standard deviation per year of age: the old are harder to tell apart.

    Returns:
        shape (N, 101), rows sum to 1.
    """
    ages = clamped(ages)[:, None]
    return torch.softmax(-0.5 * ((years(ages.device) - ages) / (base + slope * ages)) ** 2, dim=1)


def expectation(logits: Tensor) -> Tensor:
    """Expected age, shape (N,), of logits (N, 101)."""
    return torch.softmax(logits.float(), dim=1) @ years(logits.device)
