"""OR-CNN and CORAL: losses and distributions by hand, and CORAL's order."""

from __future__ import annotations

import io
import math

import pytest
import torch
from torch import Tensor, nn

from training.export import OPSET, session
from training.methods.coral import Coral, CoralHead
from training.methods.or_cnn import OrCnn
from training.methods.ordinal import OrdinalMethod

BOTH = [OrCnn(), Coral()]


def answers(*first: float) -> Tensor:
    """Logits (1, 100) of these first p(y > k), all others near 0."""
    return torch.logit(torch.tensor([[*first, *[1e-7] * (100 - len(first))]]), 1e-7)


@pytest.mark.parametrize("method", BOTH)
def test_levels(method: OrdinalMethod) -> None:
    levels = method.encode(torch.tensor([0.0, 3.0, 30.25, 100.0]))
    assert levels[0].sum() == 0
    assert levels[1].tolist() == [1.0] * 3 + [0.0] * 97
    assert levels[2].tolist() == [1.0] * 30 + [0.25] + [0.0] * 69
    assert bool((levels[3] == 1).all())
    assert levels.sum(1).tolist() == [0.0, 3.0, 30.25, 100.0]


@pytest.mark.parametrize("method", BOTH)
def test_loss_by_hand(method: OrdinalMethod) -> None:
    """Undecided: 100 log 2 = 69.3147. Each answer right with 0.75: 100 * -log 0.75 = 28.7682; one of them wrong: a
    -log 0.75 becomes a -log 0.25, log 3 = 1.0986 more, 29.8668.
    """
    assert float(method.loss(torch.zeros(1, 100), torch.tensor([40.0]))) == pytest.approx(69.3147, abs=1e-4)
    logits = torch.full((1, 100), -math.log(3))
    logits[0, :2] = math.log(3)
    assert float(method.loss(logits, torch.tensor([2.0]))) == pytest.approx(28.7682, abs=1e-4)
    assert float(method.loss(logits, torch.tensor([1.0]))) == pytest.approx(29.8668, abs=1e-4)


@pytest.mark.parametrize("method", BOTH)
def test_distribution_by_hand(method: OrdinalMethod) -> None:
    """p(y > k) = 0.9, 0.6, 0.1: ages 0 to 3 have 0.1, 0.3, 0.5, 0.1, mean 1.6 = 0.9 + 0.6 + 0.1."""
    logits = answers(0.9, 0.6, 0.1)
    assert method.distribution(logits)[0, :5].tolist() == pytest.approx([0.1, 0.3, 0.5, 0.1, 0.0], abs=1e-5)
    assert float(method.expectation(logits)) == pytest.approx(1.6, abs=1e-4)


def test_contradicting_answers_by_hand() -> None:
    """p(y > k) = 0.8, 0.9: differences 0.2, -0.1, 0.9; clamped they sum to 1.1, so 2/11, 0 and 9/11, mean 18/11."""
    logits = answers(0.8, 0.9)
    assert OrCnn().distribution(logits)[0, :4].tolist() == pytest.approx([2 / 11, 0.0, 9 / 11, 0.0], abs=1e-5)
    assert float(OrCnn().expectation(logits)) == pytest.approx(18 / 11, abs=1e-4)


def test_contradicting_answers_draw_the_mean_to_where_they_are() -> None:
    """From the sum of the answers' probabilities, by how much they contradict each other at an age."""
    wanted, risen = 0.0, 0.0
    logits = torch.randn(1, 100, generator=torch.Generator().manual_seed(0)) + torch.linspace(3, -4, 100)
    yes = torch.sigmoid(logits)[0].tolist()
    for age, (before, after) in enumerate(zip([1.0, *yes], [*yes, 0.0], strict=True)):
        wanted += age * max(after - before, 0.0)
        risen += max(after - before, 0.0)
    assert risen > 1
    assert float(OrCnn().expectation(logits)) == pytest.approx((sum(yes) + wanted) / (1 + risen), abs=1e-3)


def test_even_all_answers_upside_down_make_a_distribution() -> None:
    """No to "older than 0?" up to yes to "older than 99?"."""
    row = OrCnn().distribution(torch.linspace(-50, 50, 100)[None])
    assert float(row.sum()) == pytest.approx(1.0, abs=1e-5)
    assert bool(torch.isfinite(row).all())


def unsure(dtype: torch.dtype = torch.float32) -> Tensor:
    """CORAL's logits at its start for people of 30, 40 and 60 years: the answers near both ends are all but certain."""
    return 0.3 * (torch.tensor([30.0, 40.0, 60.0], dtype=dtype)[:, None] - torch.arange(100, dtype=dtype))


class Softened(nn.Module):
    """What `Exported` makes of logits at a temperature of 5."""

    def __init__(self, method: OrdinalMethod) -> None:
        super().__init__()
        self.method = method

    def forward(self, logits: Tensor) -> Tensor:
        return torch.softmax(self.method.age_logits(logits) / 5, dim=1)


@pytest.mark.parametrize("method", BOTH)
def test_logits_over_the_ages_are_exact_far_out(method: OrdinalMethod) -> None:
    """By mirror images: s(a) - s(b) = s(-b) - s(-a), and where s is small, float64 tells the two apart."""
    older = torch.sigmoid(unsure(torch.float64))
    younger = torch.sigmoid(-unsure(torch.float64))
    falls, rises = -older.diff(dim=1), younger.diff(dim=1)
    between = torch.where(older[:, 1:] < 0.5, falls, rises)
    exact = torch.log(torch.cat([younger[:, :1], between, older[:, -1:]], dim=1))
    assert (method.age_logits(unsure()).double() - exact).abs().max() < 1e-4


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("method", BOTH)
def test_an_unsure_ordinal_network_is_exported_as_it_is(method: OrdinalMethod) -> None:
    model, buffer = Softened(method), io.BytesIO()
    torch.onnx.export(model, (unsure(),), buffer, dynamo=False, opset_version=OPSET, input_names=["logits"])
    (theirs,) = session(buffer.getvalue()).run(None, {"logits": unsure().numpy()})
    ages = torch.arange(101.0)
    assert torch.from_numpy(theirs) @ ages == pytest.approx((model(unsure()) @ ages).numpy(), abs=1e-3)


# CORAL's order


def never_rises(head: CoralHead, features: Tensor) -> bool:
    with torch.no_grad():
        logits = head(features)
    return bool((logits.diff(dim=1) <= 0).all()) and bool((torch.sigmoid(logits).diff(dim=1) <= 0).all())


def new_head(features: int = 5) -> CoralHead:
    head = Coral().head(features)
    assert isinstance(head, CoralHead)
    return head


def test_starting_biases() -> None:
    """12 at k = 0 (40 years times 0.3) and 0.3 less each year, so 0 at k = 40."""
    biases = new_head().biases()
    assert biases.shape == (100,)
    assert biases[[0, 1, 40, 99]].tolist() == pytest.approx([12.0, 11.7, 0.0, -17.7], abs=1e-3)


def test_one_weight_vector() -> None:
    """100 questions share 5 weights and have 100 biases."""
    assert sum(parameter.numel() for parameter in new_head(5).parameters()) == 5 + 100


@pytest.mark.parametrize("scale", [0.0, 1.0, 100.0, 1e6])
def test_order_for_any_parameters(scale: float) -> None:
    """Including adverse ones: gap parameters far below 0, where a free bias would have risen."""
    head, generator = new_head(), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    features = torch.randn(50, 5, generator=generator)
    assert never_rises(head, features)
    with torch.no_grad():
        head.gaps.fill_(-scale)
        assert never_rises(head, features)
        assert never_rises(head.to(torch.bfloat16), features.bfloat16())


def test_order_and_fit_after_optimisation() -> None:
    """Features that show the age, learned in a few hundred large steps; the order holds at each of them."""
    torch.manual_seed(0)
    method, head = Coral(), new_head(2)
    ages = torch.arange(5.0, 96.0, 5.0)
    features = torch.stack([ages / 50 - 1, torch.randn(len(ages))], dim=1)
    optimizer = torch.optim.Adam(head.parameters(), 0.3)
    for _ in range(300):
        optimizer.zero_grad()
        method.loss(head(features), ages).backward()
        optimizer.step()
        assert never_rises(head, features)
    error = (method.expectation(head(features)) - ages).abs().mean()
    assert error.item() < 1.5


def test_free_biases_do_lose_the_order() -> None:
    """Why the head is needed: with OR-CNN's plain layer the same steps leave answers that contradict each other."""
    torch.manual_seed(0)
    method = OrCnn()
    head = method.head(2)
    ages = torch.arange(5.0, 96.0, 5.0)
    features = torch.stack([ages / 50 - 1, torch.randn(len(ages))], dim=1)
    optimizer = torch.optim.Adam(head.parameters(), 0.3)
    for _ in range(20):
        optimizer.zero_grad()
        method.loss(head(features), ages).backward()
        optimizer.step()
    assert bool((head(features).diff(dim=1) > 0).any())


@pytest.mark.parametrize("gap", [0.0, -1.0])
def test_gaps_must_be_positive(gap: float) -> None:
    with pytest.raises(ValueError, match="gap"):
        Coral(gap=gap).head(4)
