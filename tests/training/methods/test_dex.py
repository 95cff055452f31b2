"""DEX: cross entropy and expected value by hand."""

from __future__ import annotations

import math

import pytest
import torch

from training.methods.dex import Dex


def test_loss_by_hand() -> None:
    """Equal logits: log 101 = 4.61512. log 3 at the label, 0 elsewhere: p = 3 / 103, -log p = 3.53612."""
    logits = torch.zeros(1, 101)
    assert float(Dex().loss(logits, torch.tensor([20.0]))) == pytest.approx(4.61512, abs=1e-5)
    logits[0, 20] = math.log(3)
    assert float(Dex().loss(logits, torch.tensor([20.0]))) == pytest.approx(3.53612, abs=1e-5)


def test_a_fraction_is_between_its_neighbours() -> None:
    """20.25: three quarters of the loss of 20 and one of that of 21."""
    logits = torch.randn(1, 101, generator=torch.Generator().manual_seed(1))
    at = [float(Dex().loss(logits, torch.tensor([age]))) for age in (20.0, 20.25, 21.0)]
    assert at[1] == pytest.approx(0.75 * at[0] + 0.25 * at[2], rel=1e-5)


def test_the_loss_knows_no_distance() -> None:
    """A confident 31 and a confident 80 are equally wrong for 30."""
    logits = torch.zeros(2, 101)
    logits[0, 31] = logits[1, 80] = 5.0
    near, far = (Dex().loss(logits[i : i + 1], torch.tensor([30.0])) for i in range(2))
    assert float(near) == pytest.approx(float(far))


def test_expected_value_by_hand() -> None:
    """A quarter at 20, three quarters at 30: 27.5 years."""
    logits = torch.full((1, 101), -1e4)
    logits[0, [20, 30]] = torch.tensor([0.0, math.log(3)])
    assert float(Dex().expectation(logits)) == pytest.approx(27.5)
