"""Losses against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from training.losses import LOSSES, DistributionLoss, expectation, label_distribution


def test_label_distribution_is_a_normal_distribution_over_the_bins() -> None:
    """Standard deviation 1 at birth: weights exp(-k*k/2) of the ages k = 0, 1, 2, ..., whose sum is 1.75331."""
    (row,) = label_distribution(torch.tensor([0.0]))
    total = 1 + 0.606531 + 0.135335 + 0.011109 + 0.000335 + 0.000004
    assert row[:4].tolist() == pytest.approx(
        [1 / total, 0.606531 / total, 0.135335 / total, 0.011109 / total], abs=1e-5
    )


def test_label_distribution_widens_with_age() -> None:
    """1 + 0.03 * 50 = 2.5 years at 50: the density falls by exp(-1/2) from 50.0 to 52.5."""
    middle, half_up = label_distribution(torch.tensor([50.0, 47.5]), base=1.0, slope=0.03)
    assert middle.argmax() == 50
    variance = (middle * (torch.arange(101) - 50.0) ** 2).sum()
    assert variance == pytest.approx(2.5**2, rel=1e-3)
    assert half_up[47] == pytest.approx(float(half_up[48]), rel=1e-5)  # a label between two bins favours neither
    (narrow,) = label_distribution(torch.tensor([50.0]), base=0.5, slope=0.0)
    assert narrow[51] / narrow[50] == pytest.approx(math.exp(-2), rel=1e-4)


def test_label_distribution_rows_sum_to_one_and_lie_near_the_label() -> None:
    ages = torch.tensor([0, 1, 18, 50, 99, 100])
    rows = label_distribution(ages)
    assert rows.shape == (6, 101)
    assert rows.dtype == torch.float32
    assert torch.allclose(rows.sum(1), torch.ones(6), atol=1e-6)
    assert rows.argmax(1).tolist() == ages.tolist()


def test_ages_above_the_last_bin_count_as_it() -> None:
    assert torch.equal(label_distribution(torch.tensor([116.0])), label_distribution(torch.tensor([100.0])))
    logits = torch.zeros(1, 101)
    loss = DistributionLoss()
    assert loss(logits, torch.tensor([116.0])) == loss(logits, torch.tensor([100.0]))
    assert loss(logits, torch.tensor([116.0])) != loss(logits, torch.tensor([95.0]))


def test_expectation() -> None:
    logits = torch.full((3, 101), -1e4)
    logits[0, 7] = 0.0
    logits[1, [20, 30]] = torch.tensor([math.log(1.0), math.log(3.0)])
    logits[2] = 0.0
    assert expectation(logits).tolist() == pytest.approx([7.0, 0.25 * 20 + 0.75 * 30, 50.0], abs=1e-4)
    assert expectation(logits.to(torch.bfloat16)).dtype == torch.float32


def test_loss_by_hand() -> None:
    """Equal logits: cross entropy log 101 = 4.61512 whatever the label; expectation 50, so 30 or 10 years off."""
    logits = torch.zeros(2, 101)
    ages = torch.tensor([20.0, 60.0])
    assert DistributionLoss(weight=0.0)(logits, ages) == pytest.approx(4.61512, abs=1e-5)
    assert DistributionLoss(weight=0.25)(logits, ages) == pytest.approx(4.61512 + 0.25 * (30 + 10) / 2, abs=1e-4)


def test_loss_by_hand_on_two_ages() -> None:
    """Label 0 as 0.57035, 0.34593, 0.07719, 0.00634, 0.00019; logits log 2 at age 0, 0 at age 1, -10 elsewhere.

    The sum of exponentials is 3.00449, its logarithm 1.10011, so the log-probabilities are -0.40696, -1.10011 and
    -11.10011: cross entropy 0.57035 * 0.40696 + 0.34593 * 1.10011 + 0.08372 * 11.10011 = 1.54197. The expectation is
    (1 + (2 + ... + 100) * 0.0000453999) / 3.00449 = 0.40911 years from the label 0.
    """
    logits = torch.full((1, 101), -10.0)
    logits[0, :2] = torch.tensor([math.log(2), 0.0])
    found = DistributionLoss(weight=0.5)(logits, torch.tensor([0.0]))
    assert found == pytest.approx(1.54197 + 0.5 * 0.40911, abs=2e-4)


def test_loss_is_least_at_the_label() -> None:
    ages = torch.tensor([35.0])
    best = torch.log(label_distribution(ages) + 1e-12)
    loss = DistributionLoss()
    at_label = loss(best, ages)
    assert at_label < loss(best.roll(3, 1), ages) < loss(best.roll(10, 1), ages)
    assert at_label < loss(0.5 * best, ages)
    assert at_label < loss(2.0 * best, ages)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_agrees_with_finite_differences(name: str) -> None:
    """The losses compute in float32, so that the steps are large and what is compared is a directional derivative."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 101, generator=generator)
    ages = torch.tensor([3.0, 30.0, 71.0, 120.0])
    loss = LOSSES[name]()

    def value(at: Tensor) -> float:
        return float(loss(at, ages))

    at = logits.clone().requires_grad_()
    loss(at, ages).backward()
    assert at.grad is not None
    for seed in range(3):
        direction = torch.randn(logits.shape, generator=torch.Generator().manual_seed(10 + seed))
        numeric = (value(logits + 0.02 * direction) - value(logits - 0.02 * direction)) / 0.04
        assert float((at.grad * direction).sum()) == pytest.approx(numeric, rel=0.01, abs=2e-3)


def test_descent_along_the_gradient_finds_the_label() -> None:
    logits = torch.zeros(1, 101, requires_grad=True)
    optimizer = torch.optim.Adam([logits], 0.2)
    for _ in range(150):
        optimizer.zero_grad()
        DistributionLoss()(logits, torch.tensor([63.0])).backward()
        optimizer.step()
    assert expectation(logits).item() == pytest.approx(63.0, abs=0.3)
