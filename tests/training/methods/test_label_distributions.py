"""DLDL, DLDL-v2 and SORD: labels and losses by hand."""

from __future__ import annotations

import math

import pytest
import torch

from training.losses import LOSSES, label_distribution
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
    assert torch.equal(grown, label_distribution(torch.tensor([40.0])))


def test_dldl_v2_by_hand() -> None:
    """As above, and the expectation of equal logits, 50, is 20 and 21 years off: 2.50303 + 20.5 * weight."""
    ages = torch.tensor([30.0, 71.0])
    assert float(DldlV2().loss(torch.zeros(2, 101), ages)) == pytest.approx(2.50303 + 20.5, abs=1e-4)
    assert float(DldlV2(weight=0.5).loss(torch.zeros(2, 101), ages)) == pytest.approx(2.50303 + 10.25, abs=1e-4)


def test_dldl_v2_is_the_mechanism_of_the_model_that_ships() -> None:
    logits = torch.randn(4, 101, generator=torch.Generator().manual_seed(0))
    ages = torch.tensor([3.0, 30.0, 71.0, 116.0])
    ours, theirs = (logits.clone().requires_grad_() for _ in range(2))
    DldlV2(sigma=1.0, slope=0.03, weight=0.25).loss(ours, ages).backward()
    LOSSES["distribution"]()(theirs, ages).backward()
    assert ours.grad is not None and theirs.grad is not None
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-6)


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


@pytest.mark.parametrize("options", [{"power": 0.0}, {"scale": -1.0}])
def test_sord_refuses_options_without_sense(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Sord(**options)


@pytest.mark.parametrize("method", [Dldl, DldlV2])
def test_dldl_refuses_a_label_without_width(method: type[Dldl]) -> None:
    with pytest.raises(ValueError, match="sigma"):
        method(sigma=0.0)
