"""Mean-variance and mean-residue: values by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from training.methods.mean_residue import MeanResidue
from training.methods.mean_variance import MeanVariance


def row(**shares: float) -> Tensor:
    """Logits (1, 101) whose softmax has these shares: `row(a20=0.25, a30=0.75)`."""
    logits = torch.full((1, 101), -1e4)
    for age, share in shares.items():
        logits[0, int(age[1:])] = torch.log(torch.tensor(share))
    return logits


def test_mean_variance_by_hand() -> None:
    """A quarter at 20, the rest at 30, label 30: cross entropy -log 0.75 = 0.287682; mean 27.5, so 0.2 * 2.5^2 / 2 =
    0.625; variance 0.25 * 7.5^2 + 0.75 * 2.5^2 = 18.75, so 0.05 * 18.75 = 0.9375.
    """
    logits, ages = row(a20=0.25, a30=0.75), torch.tensor([30.0])
    assert float(MeanVariance().loss(logits, ages)) == pytest.approx(0.287682 + 0.625 + 0.9375, abs=1e-4)
    alone = MeanVariance(mean_weight=0.0, variance_weight=0.0)
    assert float(alone.loss(logits, ages)) == pytest.approx(0.287682, abs=1e-5)


def test_mean_variance_prefers_the_narrow() -> None:
    """The same share at the label and the same mean, but wider: a higher loss."""
    narrow, wide = row(a29=0.2, a30=0.6, a31=0.2), row(a20=0.2, a30=0.6, a40=0.2)
    ages = torch.tensor([30.0])
    assert MeanVariance().loss(narrow, ages) < MeanVariance().loss(wide, ages)


def test_mean_residue_by_hand() -> None:
    """0.5, 0.3 and 0.2 at 20, 30 and 40, label 30: cross entropy -log 0.3 = 1.203973; mean 27, so 0.2 * 9 / 2 = 0.9;
    only 40 is less likely than the label: residue -0.2 log 0.2 = 0.321888, times 0.05.
    """
    logits, ages = row(a20=0.5, a30=0.3, a40=0.2), torch.tensor([30.0])
    assert float(MeanResidue().residue(logits, ages)) == pytest.approx(0.321888, abs=1e-5)
    expected = 1.203973 + 0.9 + 0.05 * 0.321888
    assert float(MeanResidue().loss(logits, ages)) == pytest.approx(expected, abs=1e-4)


def test_k_is_dynamic() -> None:
    """The same distribution, other labels: the likeliest has all the others in its residue, the least likely none."""
    logits = row(a20=0.5, a30=0.3, a40=0.2)
    entropies = {age: float(MeanResidue().residue(logits, torch.tensor([age]))) for age in (20.0, 30.0, 40.0)}
    assert entropies[20.0] == pytest.approx(0.3 * 1.203973 + 0.2 * 1.609438, abs=1e-5)
    assert entropies[30.0] == pytest.approx(0.2 * 1.609438, abs=1e-5)
    assert entropies[40.0] == 0.0


def test_residue_of_a_label_between_two_ages() -> None:
    """30.5 with 0.3 at 30 and 0.1 at 31 counts as 0.2: the 0.1 is below, the 0.25 is not."""
    logits = row(a10=0.35, a20=0.25, a30=0.3, a31=0.1)
    assert float(MeanResidue().residue(logits, torch.tensor([30.5]))) == pytest.approx(0.230259, abs=1e-5)


def test_ages_of_no_share_leave_the_gradient_finite() -> None:
    logits = row(a20=0.5, a30=0.3, a40=0.2).requires_grad_()
    MeanResidue().loss(logits, torch.tensor([30.0])).backward()
    assert logits.grad is not None and bool(torch.isfinite(logits.grad).all())
