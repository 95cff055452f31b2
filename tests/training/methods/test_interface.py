"""What every method must satisfy: shapes, dtypes, ranges, gradients, and that descent finds the label."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from training.losses import clamped
from training.methods import METHODS, Method, make_method
from training.methods.dex import one_hot
from training.methods.ordinal import OrdinalMethod
from training.methods.regression import Regression

AGES = torch.tensor([0.0, 1.0, 18.0, 30.25, 63.0, 100.0])


def random_logits(method: Method, count: int = 4, seed: int = 0) -> Tensor:
    """Normally distributed numbers; around 50 if they are years."""
    logits = torch.randn(count, method.outputs, generator=torch.Generator().manual_seed(seed))
    return 50 + 10 * logits if isinstance(method, Regression) else logits


def perfect_logits(method: Method, ages: Tensor) -> Tensor:
    """Logits whose activation is what `encode` asks for."""
    wanted = method.encode(ages)
    if isinstance(method, Regression):
        return wanted
    return torch.logit(wanted, 1e-7) if isinstance(method, OrdinalMethod) else torch.log(wanted + 1e-12)


@pytest.fixture(params=sorted(METHODS))
def method(request: pytest.FixtureRequest) -> Method:
    return METHODS[request.param]()


def test_names() -> None:
    expected = "regression-l1 regression-l2 dex or-cnn coral dldl dldl-v2 sord mean-variance mean-residue"
    assert list(METHODS) == expected.split()
    assert all(METHODS[name]().name == name for name in METHODS)


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("square", {}, "there is no method square, but regression-l1"),
        ("dldl-v2", {"wieght": 1.0}, "dldl-v2 has no option wieght, but sigma, slope, weight"),
        ("or-cnn", {"weight": 1.0}, "or-cnn has no option weight, but none at all"),
        ("dldl-v2", {"weight": "much"}, "weight of dldl-v2 must be a number, not 'much'"),
        ("dldl", {"sigma": 0.0}, "sigma must be above 0"),
        ("dldl-v2", {"sigma": 1.0, "slope": -0.01}, "not above 0 at 100 years"),
    ],
)
def test_what_there_is_not_is_refused(name: str, options: dict[str, float], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make_method(name, options)


def test_options_arrive() -> None:
    assert make_method("dldl", {"sigma": 3}) == METHODS["dldl"](sigma=3.0)


def test_logits_over_the_ages(method: Method) -> None:
    """Their softmax is the distribution, even if an ordinal method leaves ages without any probability."""
    logits = random_logits(method, 20) * 3
    rows = method.distribution(logits)
    if rows is None:
        with pytest.raises(ValueError, match=f"{method.name} gives no distribution"):
            method.age_logits(logits)
        return
    assert torch.allclose(torch.softmax(method.age_logits(logits), dim=1), rows, atol=1e-6)
    assert bool(torch.isfinite(method.age_logits(logits)).all())
    if not isinstance(method, OrdinalMethod):
        assert method.age_logits(logits) is logits  # nothing more to compute in the exported graph


def test_head_and_shapes(method: Method) -> None:
    head = method.head(7)
    assert isinstance(head, nn.Module)
    logits = head(torch.randn(3, 7))
    assert logits.shape == (3, method.outputs)
    assert method.expectation(logits).shape == (3,)
    assert method.encode(torch.tensor([1.0, 2.0, 3.0])).shape == (3, method.outputs)
    assert method.loss(logits, torch.tensor([1.0, 2.0, 3.0])).shape == ()


def test_rows_are_distributions_with_the_expectation_as_mean(method: Method) -> None:
    logits = random_logits(method, 50) * 5
    expected = method.expectation(logits)
    assert float(expected.min()) >= 0 and float(expected.max()) <= 100
    rows = method.distribution(logits)
    if rows is None:
        assert method.outputs == 1
        return
    assert rows.shape == (50, 101)
    assert float(rows.min()) >= 0
    assert torch.allclose(rows.sum(1), torch.ones(50), atol=1e-5)
    assert torch.allclose(rows @ torch.arange(101.0), expected, atol=1e-3)


def test_the_perfect_answer_is_read_as_the_age(method: Method) -> None:
    """Label distributions are cut off at 0 and 100, which moves their mean by up to 1.7 years there."""
    found = method.expectation(perfect_logits(method, AGES))
    inner = (AGES > 10) & (AGES < 90)
    assert torch.allclose(found[inner], AGES[inner], atol=0.02)
    assert torch.allclose(found, AGES, atol=1.7)


def test_no_answer_is_better_than_the_perfect_one(method: Method) -> None:
    """Except for mean-variance and mean-residue, the loss is least at the label."""
    best = perfect_logits(method, AGES)
    least = method.loss(best, AGES)
    for seed in range(5):
        other = best + 0.3 * torch.randn(best.shape, generator=torch.Generator().manual_seed(seed))
        assert least <= method.loss(other, AGES) + 1e-6


@pytest.mark.parametrize("age", [0.0, 33.0, 71.5, 100.0, 116.0])
def test_descent_finds_the_label(method: Method, age: float) -> None:
    logits = torch.zeros(1, method.outputs, requires_grad=True)
    optimizer = torch.optim.Adam([logits], 1.0 if isinstance(method, Regression) else 0.1)
    for _ in range(400):
        optimizer.zero_grad()
        method.loss(logits, torch.tensor([age])).backward()
        optimizer.step()
    near_the_end = age in (0.0, 100.0, 116.0)  # where a label distribution is cut off
    assert float(method.expectation(logits.detach())) == pytest.approx(min(age, 100), abs=1.7 if near_the_end else 0.6)


def test_ages_outside_count_as_the_nearest_end(method: Method) -> None:
    logits = random_logits(method, 1)
    for outside, end in ((116.0, 100.0), (-3.0, 0.0)):
        assert torch.equal(method.encode(torch.tensor([outside])), method.encode(torch.tensor([end])))
        assert method.loss(logits, torch.tensor([outside])) == method.loss(logits, torch.tensor([end]))
        assert method.loss(logits, torch.tensor([outside])) != method.loss(logits, torch.tensor([50.0]))


def test_the_loss_is_the_mean_over_photos(method: Method) -> None:
    """So a batch of one is an ordinary batch, and every photo counts on its own."""
    logits, ages = random_logits(method), torch.tensor([3.0, 30.0, 71.0, 100.0])
    single = [method.loss(logits[i : i + 1], ages[i : i + 1]) for i in range(4)]
    assert float(method.loss(logits, ages)) == pytest.approx(float(torch.stack(single).mean()), rel=1e-5)
    assert float(method.expectation(logits[:1])) == pytest.approx(float(method.expectation(logits)[0]), abs=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_float32_whatever_comes_in(method: Method, dtype: torch.dtype) -> None:
    logits = random_logits(method).to(dtype)
    ages = torch.tensor([3.0, 30.0, 71.0, 100.0])
    for given in (ages, ages.to(dtype), ages.long()):
        loss = method.loss(logits, given)
        assert loss.dtype == torch.float32
        assert float(loss) == pytest.approx(float(method.loss(logits.float(), ages)), rel=1e-6)
    assert method.encode(ages.to(dtype)).dtype == method.expectation(logits).dtype == torch.float32
    rows = method.distribution(logits)
    assert rows is None or rows.dtype == torch.float32


def test_extreme_logits_have_finite_loss_and_gradient(method: Method) -> None:
    logits = (random_logits(method) * 1000).requires_grad_()
    loss = method.loss(logits, torch.tensor([3.0, 30.0, 71.0, 100.0]))
    loss.backward()
    assert logits.grad is not None
    assert bool(torch.isfinite(loss)) and bool(torch.isfinite(logits.grad).all())
    assert bool(torch.isfinite(method.expectation(logits)).all())


def test_gradient_agrees_with_finite_differences(method: Method) -> None:
    """Computation is in float32, too coarse for `gradcheck`: so large steps, and directional derivatives are compared.

    Mean-residue jumps where an age overtakes the labeled one; a labeled logit between the others' steps prevents it.
    """
    logits, ages = random_logits(method), torch.tensor([3.0, 30.0, 71.0, 120.0])
    if method.outputs == 101:
        logits = (logits * 4).round() / 4
        logits[range(4), [3, 30, 71, 100]] += 0.125
    at = logits.clone().requires_grad_()
    method.loss(at, ages).backward()
    assert at.grad is not None
    for seed in range(3):
        direction = torch.randn(logits.shape, generator=torch.Generator().manual_seed(10 + seed))
        step = 0.01
        numeric = (method.loss(logits + step * direction, ages) - method.loss(logits - step * direction, ages)) / (
            2 * step
        )
        assert float((at.grad * direction).sum()) == pytest.approx(float(numeric), rel=0.01, abs=5e-3)


def test_one_hot_by_hand() -> None:
    rows = one_hot(torch.tensor([30.25, 100.0, 130.0, 0.0]))
    assert rows.shape == (4, 101)
    assert (rows[0, 30], rows[0, 31], rows[0].sum()) == (0.75, 0.25, 1.0)
    assert rows[1, 100] == rows[2, 100] == rows[3, 0] == 1.0
    assert clamped(torch.tensor([-1, 7, 200])).tolist() == [0.0, 7.0, 100.0]
