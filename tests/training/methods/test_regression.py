"""Regression: values by hand, and outputs below 0 and above 100."""

from __future__ import annotations

import pytest
import torch

from training.methods.regression import Regression, RegressionL1, RegressionL2


def test_losses_by_hand() -> None:
    """Outputs -5 and 40 for the ages 0 and 30: errors 5 and 10; mean 7.5, mean square (25 + 100) / 2 = 62.5."""
    outputs, ages = torch.tensor([[-5.0], [40.0]]), torch.tensor([0.0, 30.0])
    assert RegressionL1().loss(outputs, ages) == 7.5
    assert RegressionL2().loss(outputs, ages) == 62.5


@pytest.mark.parametrize("method", [RegressionL1(), RegressionL2()])
def test_what_is_outside_is_clamped_when_read_and_pulled_back_when_learnt(method: Regression) -> None:
    outputs = torch.tensor([[-5.0], [140.0], [33.3]], requires_grad=True)
    assert method.expectation(outputs.detach()).tolist() == pytest.approx([0.0, 100.0, 33.3])
    ages = torch.tensor([0.0, 100.0, 33.3])
    assert method.loss(outputs, ages) > 0
    method.loss(outputs, ages).backward()
    assert outputs.grad is not None
    assert outputs.grad[0] < 0 < outputs.grad[1]  # descent raises the first and lowers the second


def test_there_is_no_distribution() -> None:
    assert RegressionL1().distribution(torch.zeros(2, 1)) is None


def test_l1_finds_the_median_and_l2_the_mean() -> None:
    """Labels 20, 20 and 50 of one face: median 20, mean 30."""
    ages = torch.tensor([20.0, 20.0, 50.0])
    for method, expected in ((RegressionL1(), 20.0), (RegressionL2(), 30.0)):
        grid = torch.arange(0.0, 60.0)
        losses = torch.stack([method.loss(x.expand(3, 1), ages) for x in grid])
        assert float(grid[losses.argmin()]) == expected


def test_a_new_head_answers_its_center() -> None:
    head = RegressionL1(center=25.0).head(8)
    assert head(torch.zeros(1, 8)).item() == 25.0
