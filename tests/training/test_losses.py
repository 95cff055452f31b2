"""What losses are made of, against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from training.losses import cross_entropy, expectation, label_distribution


def test_label_distribution_is_a_normal_distribution_over_the_bins() -> None:
    """Standard deviation 1 at birth: weights exp(-k*k/2) of the ages k = 0, 1, 2, ..., whose sum is 1.75331."""
    (row,) = label_distribution(torch.tensor([0.0]), 1.0, 0.03)
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
    assert half_up[47] == pytest.approx(float(half_up[48]), rel=1e-5)  # a label between two bins favors neither
    (narrow,) = label_distribution(torch.tensor([50.0]), base=0.5, slope=0.0)
    assert narrow[51] / narrow[50] == pytest.approx(math.exp(-2), rel=1e-4)


def test_label_distribution_rows_sum_to_one_and_lie_near_the_label() -> None:
    ages = torch.tensor([0, 1, 18, 50, 99, 100])
    rows = label_distribution(ages, 1.0, 0.03)
    assert rows.shape == (6, 101)
    assert rows.dtype == torch.float32
    assert torch.allclose(rows.sum(1), torch.ones(6), atol=1e-6)
    assert rows.argmax(1).tolist() == ages.tolist()


def test_ages_above_the_last_bin_count_as_it() -> None:
    beyond, last, before = label_distribution(torch.tensor([116.0, 100.0, 95.0]), 1.0, 0.03)
    assert torch.equal(beyond, last)
    assert not torch.equal(beyond, before)


def test_expectation() -> None:
    logits = torch.full((3, 101), -1e4)
    logits[0, 7] = 0.0
    logits[1, [20, 30]] = torch.tensor([math.log(1.0), math.log(3.0)])
    logits[2] = 0.0
    assert expectation(logits).tolist() == pytest.approx([7.0, 0.25 * 20 + 0.75 * 30, 50.0], abs=1e-4)
    assert expectation(logits.to(torch.bfloat16)).dtype == torch.float32


def test_cross_entropy_by_hand() -> None:
    """Equal logits: log 101 = 4.61512 whatever the label. Log 3 at the labeled age: log 103 - log 3 = 3.53612."""
    logits = torch.zeros(2, 101)
    label = torch.eye(101)[[20, 60]]
    assert float(cross_entropy(logits, label)) == pytest.approx(4.61512, abs=1e-5)
    logits[1, 60] = math.log(3)
    assert float(cross_entropy(logits, label)) == pytest.approx((4.61512 + 3.53612) / 2, abs=1e-5)
    assert cross_entropy(logits.to(torch.bfloat16), label).dtype == torch.float32
