"""The network: resizing, heads, gate, starting weights, and the module that is exported."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from torch import Tensor, nn

from training.methods import METHODS
from training.network import (
    BACKBONES,
    KNOTS,
    MEAN,
    STD,
    AgeNetwork,
    Exported,
    blend,
    leaned,
    limited,
    load_arrays,
    resize_matrix,
)
from training.vision import torchvision


@pytest.fixture(scope="module")
def two_heads() -> AgeNetwork:
    """Two heads and a gate with random weights; the heads' are larger, so that answers differ from photo to photo."""
    torch.manual_seed(3)
    network = AgeNetwork("resnet18", 32, ("utkface", "aaf")).eval()
    with torch.no_grad():
        for parameter in (*network.heads.parameters(), *(network.gate.parameters() if network.gate else ())):
            parameter.mul_(10)
    return network


@pytest.fixture
def pixels() -> Tensor:
    """Three chips of noise, (3, 3, 200, 200)."""
    generator = torch.Generator().manual_seed(0)
    return (torch.rand(3, 3, 200, 200, generator=generator) * 255).round()


@pytest.mark.parametrize(("size_in", "size_out"), [(200, 32), (200, 128), (200, 192), (50, 200), (200, 1), (1, 5)])
def test_resize_rows_are_averages(size_in: int, size_out: int) -> None:
    matrix = resize_matrix(size_in, size_out)
    assert matrix.shape == (size_out, size_in)
    assert matrix.dtype == np.float32
    assert np.allclose(matrix.sum(axis=1), 1, atol=1e-5)
    assert matrix.min() >= 0
    assert np.allclose(matrix, matrix[::-1, ::-1], atol=1e-6)  # centered


def test_resize_to_the_same_size_changes_nothing() -> None:
    assert np.allclose(resize_matrix(200, 200), np.eye(200), atol=1e-6)


@pytest.mark.parametrize("size", [32, 64, 112, 128, 192, 224, 300])
def test_resize_agrees_with_pillow(size: int) -> None:
    photo = Image.fromarray(data.astronaut()).resize((200, 200))
    theirs = np.asarray(photo.resize((size, size), Image.Resampling.BILINEAR), dtype=np.float32)
    matrix = resize_matrix(200, size)
    channels = np.asarray(photo, dtype=np.float32).transpose(2, 0, 1)
    ours = (matrix @ channels @ matrix.T).transpose(1, 2, 0)
    apart = np.abs(ours - theirs)
    assert apart.max() < 1.6  # Pillow rounds to whole levels after each axis
    assert apart.mean() < 0.5


def test_what_the_backbone_sees(two_heads: AgeNetwork) -> None:
    """A chip of one color becomes that color, normalized as by torchvision."""
    seen: list[Tensor] = []
    hook = two_heads.backbone.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    colour = torch.tensor([255.0, 0.0, 51.0]).view(1, 3, 1, 1).expand(1, 3, 200, 200)
    two_heads.look(colour)
    hook.remove()
    expected = [(level - mean) / std for level, mean, std in zip((1.0, 0.0, 0.2), MEAN, STD, strict=True)]
    assert seen[0].shape == (1, 3, 32, 32)
    for channel, value in enumerate(expected):
        assert torch.allclose(seen[0][0, channel], torch.tensor(value), atol=1e-4)


def test_a_bound_on_detail_is_a_smaller_picture_on_the_way() -> None:
    """Two steps of Pillow give the same, and one-pixel stripes are gone except at the edges."""
    chip = Image.fromarray(data.astronaut()).resize((200, 200))
    network = AgeNetwork("resnet18", 128, detail=50)
    theirs = chip.resize((50, 50), Image.Resampling.BILINEAR).resize((128, 128), Image.Resampling.BILINEAR)
    resize = network.get_buffer("resize").numpy()
    channels = np.asarray(chip, dtype=np.float32).transpose(2, 0, 1)
    apart = np.abs((resize @ channels @ resize.T).transpose(1, 2, 0) - np.asarray(theirs, dtype=np.float32))
    assert apart.mean() < 1
    stripes = np.tile([0.0, 255.0], 100).astype(np.float32)
    assert np.ptp((resize @ stripes)[4:-4]) < 1
    assert np.ptp(AgeNetwork("resnet18", 200).get_buffer("resize").numpy() @ stripes) == 255


def test_answers_of_heads_and_gate(two_heads: AgeNetwork, pixels: Tensor) -> None:
    answers, gate = two_heads(pixels)
    assert answers.shape == (3, 2, 101)
    assert gate.shape == (3, 2)
    assert not torch.allclose(answers[:, 0], answers[:, 1])


def test_chips_are_resized_in_full_precision_where_the_trunk_is_not(two_heads: AgeNetwork, pixels: Tensor) -> None:
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        entered = two_heads._enter(pixels)
    assert torch.equal(entered, two_heads._enter(pixels))


def test_heads_answer_in_full_precision_where_the_trunk_does_not(two_heads: AgeNetwork, pixels: Tensor) -> None:
    """For a head that puts out the age, bfloat16 has steps of a quarter of a year at the age of 40."""
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        features, seen = two_heads.look(pixels)
        answers, gate = two_heads.answer(features, seen)
    assert answers.dtype == gate.dtype == torch.float32
    with torch.no_grad():
        expected = two_heads.answer(features.float(), seen.float())
    assert torch.equal(answers, expected[0])
    assert torch.equal(gate, expected[1])


def test_one_collection_has_one_head_and_no_gate(pixels: Tensor) -> None:
    network = AgeNetwork("resnet18", 32).eval()
    answers, gate = network(pixels)
    assert network.gate is None
    assert answers.shape == (3, 1, 101)
    assert torch.equal(blend(answers, gate), answers[:, 0])


def test_blend() -> None:
    answers = torch.stack([torch.full((2, 101), 1.0), torch.full((2, 101), 5.0)], dim=1)
    even, first = torch.zeros(2, 2), torch.tensor([[50.0, 0.0], [50.0, 0.0]])
    assert torch.allclose(blend(answers, even), torch.tensor(3.0))
    assert torch.allclose(blend(answers, first), torch.tensor(1.0))
    quarter = torch.tensor([[0.0, float(np.log(3))]] * 2)
    assert torch.allclose(blend(answers, quarter), torch.tensor(0.25 * 1 + 0.75 * 5))


def test_a_head_gets_its_share_as_far_as_a_face_is_of_its_people() -> None:
    """Weights by hand: a gate that says 1/5, 2/5, 2/5, and people that fit with odds of 3 : 1, then of 1 : 9."""
    gate, people = torch.tensor([[1.0, 2.0, 2.0]]).log(), torch.tensor([[3.0, 1 / 9]]).log()
    found = torch.softmax(limited(gate, people), dim=1)
    assert torch.allclose(found, torch.tensor([[0.66, 0.3, 0.04]]))
    sure = limited(torch.tensor([[-200.0, 200.0]]), torch.tensor([[200.0]]))
    assert torch.isfinite(sure).all()
    assert torch.allclose(torch.softmax(sure, dim=1), torch.tensor([[0.0, 1.0]]), atol=1e-5)


def test_people_limit_what_the_gate_gives(two_heads: AgeNetwork, pixels: Tensor) -> None:
    """The face is certainly not of the second head's people: the first head answers, whatever the gate says."""
    gate, people = nn.Linear(256, 2), nn.Linear(256, 1)
    for layer, bias in ((gate, [0.0, 50.0]), (people, [-50.0])):
        nn.init.zeros_(layer.weight)
        layer.bias.data = torch.tensor(bias)
    network = copy.deepcopy(two_heads)
    for chosen, head in ((None, 1), (people, 0)):
        network.replace_gate(gate, "layer3", chosen)
        answers, weights = network(pixels)
        assert torch.allclose(blend(answers, weights), answers[:, head], atol=1e-4)


def test_the_gate_learns_from_the_features_but_does_not_shape_them(two_heads: AgeNetwork, pixels: Tensor) -> None:
    two_heads.zero_grad()
    _, gate = two_heads(pixels)
    torch.nn.functional.cross_entropy(gate, torch.tensor([0, 1, 1])).backward()
    assert two_heads.gate is not None and two_heads.gate.weight.grad is not None
    assert float(two_heads.gate.weight.grad.abs().sum()) > 0
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in two_heads.backbone.parameters())
    answers, _ = two_heads(pixels)
    answers[:, 1].square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in two_heads.backbone.parameters())
    assert two_heads.heads[0].weight.grad is None or not two_heads.heads[0].weight.grad.any()
    two_heads.zero_grad()


def test_the_original_resnet_strides_in_its_first_convolutions() -> None:
    """With torchvision's strides, the starting weights lose seven points of accuracy."""
    original, features = BACKBONES["resnet50-original"]()
    other = torchvision.models.resnet50(weights=None)
    assert features == 2048
    for stage in ("layer2", "layer3", "layer4"):
        block = f"{stage}.0"
        assert original.get_submodule(f"{block}.conv1").stride == (2, 2)
        assert original.get_submodule(f"{block}.conv2").stride == (1, 1)
        assert other.get_submodule(f"{block}.conv1").stride == (1, 1)
        assert other.get_submodule(f"{block}.conv2").stride == (2, 2)


# Starting weights


def arrays_of(network: AgeNetwork) -> dict[str, NDArray[np.float16]]:
    """As ../shared/data/weights keeps them: float16, without `num_batches_tracked`."""
    return {
        name: value.numpy().astype(np.float16)
        for name, value in network.backbone.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def test_load_arrays(tmp_path: Path, two_heads: AgeNetwork, pixels: Tensor) -> None:
    rng = np.random.default_rng(0)
    fc = {"fc.weight": rng.normal(size=(101, 512)).astype(np.float16), "fc.bias": np.arange(101, dtype=np.float16)}
    np.savez(tmp_path / "w.npz", **arrays_of(two_heads), **fc)
    network = AgeNetwork("resnet18", 32, ("utkface", "aaf")).eval()
    load_arrays(network, tmp_path / "w.npz")
    assert torch.allclose(network.look(pixels)[0], two_heads.look(pixels)[0], rtol=0.02, atol=0.02)
    for head in network.heads:
        assert torch.equal(head.bias, torch.arange(101.0))
        assert np.array_equal(head.weight.detach().numpy(), fc["fc.weight"].astype(np.float32))


def test_a_classifier_of_other_classes_leaves_the_heads_alone(tmp_path: Path, two_heads: AgeNetwork) -> None:
    fc = {"fc.weight": np.ones((1000, 512), np.float16), "fc.bias": np.ones(1000, np.float16)}
    np.savez(tmp_path / "w.npz", **arrays_of(two_heads), **fc)
    network = AgeNetwork("resnet18", 32)
    before = network.heads[0].weight.detach().clone()
    load_arrays(network, tmp_path / "w.npz")
    assert torch.equal(network.heads[0].weight, before)
    assert torch.allclose(
        network.backbone.get_parameter("conv1.weight"), two_heads.backbone.get_parameter("conv1.weight"), atol=1e-3
    )


def test_foreign_arrays_are_refused(tmp_path: Path, two_heads: AgeNetwork) -> None:
    arrays = arrays_of(two_heads)
    network = AgeNetwork("resnet18", 32)
    np.savez(tmp_path / "foreign.npz", a=np.zeros(3), b=np.zeros(3))
    with pytest.raises(ValueError, match="does not fit"):
        load_arrays(network, tmp_path / "foreign.npz")
    np.savez(tmp_path / "less.npz", **{name: array for name, array in arrays.items() if name != "bn1.running_mean"})
    with pytest.raises(ValueError, match=r"less\.npz does not fit: missing \['bn1\.running_mean'\]"):
        load_arrays(network, tmp_path / "less.npz")
    np.savez(tmp_path / "more.npz", **arrays, extra=np.zeros(3))
    with pytest.raises(ValueError, match=r"unexpected \['extra'\]"):
        load_arrays(network, tmp_path / "more.npz")


def test_heads_of_another_method_keep_their_own_start(tmp_path: Path, two_heads: AgeNetwork) -> None:
    """The classifier over the ages does not fit another method's outputs, even if its shape would fit in part."""
    fc = {"fc.weight": np.ones((101, 512), np.float16), "fc.bias": np.ones(101, np.float16)}
    np.savez(tmp_path / "w.npz", **arrays_of(two_heads), **fc)
    for name in ("or-cnn", "coral", "regression-l1"):
        network = AgeNetwork("resnet18", 32, method=METHODS[name]())
        before = {key: value.clone() for key, value in network.heads.state_dict().items()}
        load_arrays(network, tmp_path / "w.npz")
        assert all(torch.equal(value, before[key]) for key, value in network.heads.state_dict().items())


# Methods


@pytest.mark.parametrize("name", METHODS)
def test_heads_are_those_of_the_method(name: str, pixels: Tensor) -> None:
    method = METHODS[name]()
    network = AgeNetwork("resnet18", 32, ("utkface", "aaf"), method=method).eval()
    answers, gate = network(pixels)
    assert answers.shape == (3, 2, method.outputs)
    assert method.expectation(blend(answers, gate)).shape == (3,)


# The exported module


def test_exported_rows_are_distributions(two_heads: AgeNetwork, make_chip: Callable[..., NDArray[np.uint8]]) -> None:
    chips = torch.from_numpy(np.stack([make_chip(age) for age in (5, 50, 90)]))
    model = Exported(two_heads, [1.3] * len(KNOTS)).eval()
    with torch.inference_mode():
        rows = model(chips)
        expected = torch.softmax(model.logits(chips.permute(0, 3, 1, 2).float()) / 1.3, dim=1)
    assert rows.shape == (3, 101)
    assert torch.allclose(rows.sum(1), torch.ones(3), atol=1e-5)
    assert float(rows.min()) >= 0
    assert torch.allclose(rows, expected, atol=1e-6)


@pytest.mark.parametrize("name", ["or-cnn", "coral"])
def test_ordinal_answers_are_exported_as_distributions(name: str, make_chip: Callable[..., NDArray[np.uint8]]) -> None:
    torch.manual_seed(0)
    network = AgeNetwork("resnet18", 32, ("utkface", "aaf"), method=METHODS[name]()).eval()
    chips = torch.from_numpy(np.stack([make_chip(20), make_chip(70)]))
    with torch.inference_mode():
        rows = Exported(network).eval()(chips)
        expected = network.method.distribution(blend(*network(chips.permute(0, 3, 1, 2).float())))
    assert expected is not None
    assert torch.allclose(rows, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["regression-l1", "regression-l2"])
def test_regression_cannot_be_exported(name: str) -> None:
    network = AgeNetwork("resnet18", 32, method=METHODS[name]())
    with pytest.raises(ValueError, match=f"{name} gives no distribution over the ages"):
        Exported(network)


def test_temperature_follows_the_expectation() -> None:
    """Between two knots the temperature changes linearly: 1 at 30 years, 3 at 40, so 2 at 35."""
    temperatures = [3.0 if knot == 40 else 1.0 for knot in KNOTS]
    model = Exported(AgeNetwork("resnet18", 32), temperatures).eval()
    ages = torch.tensor([[30.0], [35.0], [40.0], [55.0]])
    logits = -((torch.arange(101.0) - ages) ** 2) / 18  # bells of 3 years, so that the edges play no part
    model.logits = lambda _: logits  # type: ignore[method-assign]
    with torch.inference_mode():
        rows = model(torch.zeros(4, 200, 200, 3, dtype=torch.uint8))
    variances = (rows * (torch.arange(101.0) - ages) ** 2).sum(1)
    assert variances.tolist() == pytest.approx([9.0, 18.0, 27.0, 9.0], rel=0.01)  # 3 * 3 times the temperature


def test_without_temperatures_nothing_is_softened(
    two_heads: AgeNetwork, make_chip: Callable[..., NDArray[np.uint8]]
) -> None:
    chips = torch.from_numpy(make_chip(40)[None])
    plain, ones = Exported(two_heads).eval(), Exported(two_heads, [1.0] * len(KNOTS)).eval()
    with torch.inference_mode():
        assert torch.equal(plain(chips), ones(chips))
        assert torch.allclose(plain(chips), torch.softmax(plain.logits(chips.permute(0, 3, 1, 2).float()), dim=1))


def bell(middle: float, width: float) -> torch.Tensor:
    return torch.exp(-0.5 * ((torch.arange(101.0) - middle) / width) ** 2)


def moments(logits: torch.Tensor) -> tuple[list[float], list[float]]:
    """Expectations and standard deviations, in years."""
    rows, ages = torch.softmax(logits, dim=1), torch.arange(101.0)
    expectations = rows @ ages
    return expectations.tolist(), ((rows * (ages - expectations[:, None]) ** 2).sum(1)).sqrt().tolist()


def test_a_skewed_distribution_leans_towards_its_likeliest_ages() -> None:
    """Its expectation moves to that of its power, between the likeliest age and where it was."""
    logits = torch.stack([bell(20, 3) + 0.3 * bell(30, 8), bell(70, 3) + 0.3 * bell(60, 8)]).log()
    (before, _), (after, spread), (wanted, _) = moments(logits), moments(leaned(logits, 2.0)), moments(2 * logits)
    assert 20 < after[0] < before[0] - 1
    assert 70 > after[1] > before[1] + 1
    assert after == pytest.approx(wanted, abs=0.7)
    assert spread == pytest.approx(moments(logits)[1], rel=0.25)


def test_without_skew_nothing_leans() -> None:
    """Neither an even distribution, nor one that holds a single age, nor any with sharpness 1."""
    even = -0.5 * ((torch.arange(101.0) - torch.tensor([[30.0], [50.0]])) / 4) ** 2
    assert moments(leaned(even, 3.0))[0] == pytest.approx([30, 50], abs=0.01)
    certain = torch.full((1, 101), -90.0).index_fill(1, torch.tensor([7]), 0.0)
    assert moments(leaned(certain, 2.0))[0] == pytest.approx([7], abs=1e-3)
    skewed = torch.linspace(0, -9, 101)[None]
    assert torch.allclose(leaned(skewed, 1.0), skewed, atol=1e-4)


def test_sharpness_leans_what_is_calibrated(two_heads: AgeNetwork, make_chip: Callable[..., NDArray[np.uint8]]) -> None:
    pixels = torch.from_numpy(make_chip(40)[None]).permute(0, 3, 1, 2).float()
    plain, sharp = Exported(two_heads).eval(), Exported(two_heads, sharpness=1.5).eval()
    with torch.inference_mode():
        assert torch.allclose(sharp.logits(pixels), leaned(plain.logits(pixels), 1.5), atol=1e-5)


def test_offsets_are_added_to_what_leaned(two_heads: AgeNetwork, make_chip: Callable[..., NDArray[np.uint8]]) -> None:
    pixels = torch.from_numpy(make_chip(40)[None]).permute(0, 3, 1, 2).float()
    offsets = np.linspace(-1, 2, 101).tolist()
    plain, moved = (Exported(two_heads, sharpness=1.5, offsets=some).eval() for some in ([], offsets))
    with torch.inference_mode():
        assert torch.allclose(moved.logits(pixels), plain.logits(pixels) + torch.tensor(offsets), atol=1e-5)


@pytest.mark.parametrize("sharpness", [0.0, -1.0, float("nan")])
def test_impossible_sharpness(two_heads: AgeNetwork, sharpness: float) -> None:
    with pytest.raises(ValueError, match="sharpness must be above 0"):
        Exported(two_heads, sharpness=sharpness)


def test_flip_makes_the_answer_mirror_invariant(
    two_heads: AgeNetwork, make_chip: Callable[..., NDArray[np.uint8]]
) -> None:
    chips = torch.from_numpy(np.stack([make_chip(20), make_chip(70)]))
    mirrored = chips.flip(2)
    plain, both = Exported(two_heads).eval(), Exported(two_heads, flip=True).eval()
    with torch.inference_mode():
        assert torch.allclose(both(chips), both(mirrored), atol=1e-5)
        assert not torch.allclose(plain(chips), plain(mirrored), atol=1e-3)
        pixels, turned = (some.permute(0, 3, 1, 2).float() for some in (chips, mirrored))
        mean = (plain.logits(pixels) + plain.logits(turned)) / 2
        assert torch.allclose(both.logits(pixels), mean, atol=1e-4)
