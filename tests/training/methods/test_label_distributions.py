"""DLDL, DLDL-v2 and SORD: labels and losses by hand."""

from __future__ import annotations

import math

import pytest
import torch

from training.losses import label_distribution
from training.methods.dldl import Dldl
from training.methods.dldl_v2 import DldlV2
from training.methods.sord import Sord


def test_dldl_by_hand() -> None:
    """A normal distribution of 2 years has log(2 * sqrt(2 pi e)) = 2.11209 nats. From equal logits the divergence is
    log 101 - 2.11209 = 2.50303; from the label itself it is 0.
    """
    ages = torch.tensor([30.0, 71.0])
    assert float(Dldl().loss(torch.zeros(2, 101), ages)) == pytest.approx(2.50303, abs=1e-4)
    perfect = torch.log(Dldl().encode(ages) + 1e-20)
    assert float(Dldl().loss(perfect, ages)) == pytest.approx(0.0, abs=1e-5)


def test_dldl_label() -> None:
    """Two years off, one sigma, is exp(-1/2) of the peak."""
    label = Dldl(sigma=2.0).encode(torch.tensor([40.0]))
    assert float(label[0, 42] / label[0, 40]) == pytest.approx(math.exp(-0.5), rel=1e-5)
    assert float((label[0] * (torch.arange(101.0) - 40) ** 2).sum()) == pytest.approx(4.0, rel=1e-3)
    grown = Dldl(sigma=1.0, slope=0.03).encode(torch.tensor([40.0]))
    assert torch.equal(grown, label_distribution(torch.tensor([40.0]), 1.0, 0.03))


def test_dldl_v2_by_hand() -> None:
    """As above, and the expectation of equal logits, 50, is 20 and 21 years off: 2.50303 + 20.5 * weight."""
    ages = torch.tensor([30.0, 71.0])
    assert float(DldlV2().loss(torch.zeros(2, 101), ages)) == pytest.approx(2.50303 + 20.5, abs=1e-4)
    assert float(DldlV2(weight=0.5).loss(torch.zeros(2, 101), ages)) == pytest.approx(2.50303 + 10.25, abs=1e-4)


def test_the_gradient_of_the_model_that_ships_by_hand() -> None:
    """softmax - label for the cross entropy; weight * sign * softmax * (age - expectation) for the absolute error."""
    logits = torch.randn(1, 101, generator=torch.Generator().manual_seed(0), requires_grad=True)
    DldlV2(sigma=1.0, slope=0.03, weight=0.25).loss(logits, torch.tensor([30.0])).backward()
    row, ages = torch.softmax(logits.detach(), dim=1), torch.arange(101.0)
    mean = float(row @ ages)
    assert mean > 31
    label = torch.exp(-0.5 * ((ages - 30) / (1 + 0.03 * 30)) ** 2)
    expected = row - label / label.sum() + 0.25 * row * (ages - mean)
    assert logits.grad is not None
    assert torch.allclose(logits.grad, expected, atol=1e-6)


def test_dldl_v2_by_hand_on_two_ages() -> None:
    """Label 0 as 0.57035, 0.34593, 0.07719, 0.00634, 0.00019; logits log 2 at age 0, 0 at age 1, -10 elsewhere.

    The sum of exponentials is 3.00449, its logarithm 1.10011, so the log-probabilities are -0.40696, -1.10011 and
    -11.10011: cross entropy 0.57035 * 0.40696 + 0.34593 * 1.10011 + 0.08372 * 11.10011 = 1.54197. The label's entropy,
    0.32027 + 0.36723 + 0.19774 + 0.03208 + 0.00163 = 0.91895, comes off. The expectation is
    (1 + (2 + ... + 100) * 0.0000453999) / 3.00449 = 0.40911 years from the label 0.
    """
    logits = torch.full((1, 101), -10.0)
    logits[0, :2] = torch.tensor([math.log(2), 0.0])
    found = DldlV2(sigma=1.0, slope=0.03, weight=0.5).loss(logits, torch.tensor([0.0]))
    assert float(found) == pytest.approx(1.54197 - 0.91895 + 0.5 * 0.40911, abs=3e-4)


def test_sord_labels_by_hand() -> None:
    """Squared: 1 + 2 (e^-1 + e^-4 + e^-9) = 1.772637, so 0.564131 at the age and 0.207533 a year off.

    Absolute: 1 + 2 / (e - 1) = 2.163953, so 0.462117 and 0.170004.
    """
    ages = torch.tensor([50.0])
    assert Sord().encode(ages)[0, 50:52].tolist() == pytest.approx([0.564131, 0.207533], abs=1e-5)
    assert Sord(power=1.0).encode(ages)[0, 50:52].tolist() == pytest.approx([0.462117, 0.170004], abs=1e-5)
    flat = Sord(power=1.0, scale=0.5).encode(ages)
    assert float(flat[0, 51] / flat[0, 50]) == pytest.approx(math.exp(-0.5), rel=1e-5)


def test_sord_loss_by_hand() -> None:
    """log 2 at the age, 0 elsewhere: log 102 - 0.564131 log 2 = 4.624973 - 0.391026 = 4.233947."""
    logits = torch.zeros(1, 101)
    logits[0, 50] = math.log(2)
    assert float(Sord().loss(logits, torch.tensor([50.0]))) == pytest.approx(4.233947, abs=1e-5)


@pytest.mark.parametrize("options", [{"power": 0.0}, {"scale": 0.0}, {"scale": -1.0}])
def test_sord_refuses_options_without_sense(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Sord(**options)


@pytest.mark.parametrize("method", [Dldl, DldlV2])
def test_dldl_refuses_a_label_without_width(method: type[Dldl]) -> None:
    with pytest.raises(ValueError, match="sigma"):
        method(sigma=0.0)
