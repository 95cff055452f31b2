"""The gate finds the feature in which the test made the collections differ, and a prior shifts its odds accordingly."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training.augment import Augmentation
from training.checkpoints import load_checkpoint
from training.data import Faces
from training.gate import error_of, exchange, fit, fit_people, seen_of, with_prior
from training.network import AgeNetwork

MakeFaces = Callable[..., Faces]


def clouds(seed: int, photos: tuple[int, int] = (4000, 400)) -> list[Tensor]:
    """Features of two collections, ten numbers each: the third is 2 higher in the second one, with deviation 1 in both.

    The features differ in scale and offset, like those of a trunk.
    """
    rng = np.random.default_rng(seed)
    found = []
    for number, count in enumerate(photos):
        values = rng.normal(0, 1, (count, 10))
        values[:, 2] += 2 * number
        found.append(torch.tensor(values * np.logspace(-2, 2, 10) + 5, dtype=torch.float32))
    return found


def test_what_tells_the_collections_apart_is_found() -> None:
    """Log odds of two normal clouds 2 apart: 2 (x - 1) in the third feature, whatever the numbers of photos."""
    layer = fit(clouds(0))
    for number, features in enumerate(clouds(1, (2000, 2000))):
        with torch.inference_mode():
            odds = layer(features) @ torch.tensor([-1.0, 1.0])
        scale = float(np.logspace(-2, 2, 10)[2])
        expected = 2 * ((features[:, 2] - 5) / scale - 1)
        assert float((odds - expected).abs().mean()) < 0.4
        right = ((odds > 0) == bool(number)).float().mean()
        assert float(right) == pytest.approx(0.841, abs=0.03)  # a normal variable is below its mean plus one deviation


def test_decay_keeps_the_gate_from_being_sure() -> None:
    features = clouds(0)
    sure, unsure = (fit(features, decay=decay)(features[1]).detach().softmax(1)[:, 1].mean() for decay in (1e-5, 1.0))
    assert 0.5 < unsure < sure - 0.1


def test_the_prior_moves_the_odds() -> None:
    """From 1 : 1 : 1 to 80 : 10 : 10."""
    layer = nn.Linear(4, 3)
    features = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        moved = with_prior(layer, 0.1)(features) - layer(features)
    assert torch.allclose(moved, torch.tensor([math.log(8), 0.0, 0.0]).expand(6, 3), atol=1e-6)


@pytest.mark.parametrize("share", [0.0, -0.1, 0.5, 1.0])
def test_a_prior_that_leaves_nothing_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="2 further collections cannot each have a share"):
        with_prior(nn.Linear(4, 3), share)


def test_people_are_known_by_their_label() -> None:
    """Log odds as for the clouds, shifted from 1 : 1 to 1 : 3; one row for each further collection."""
    seen, labels = torch.cat(clouds(0)), np.repeat(["b", "a"], [4000, 400])
    layer = fit_people(seen, labels, ["a", "b"], 0.25)
    for features in clouds(1, (500, 500)):
        with torch.inference_mode():
            odds = layer(features)
        expected = 2 * ((features[:, 2] - 5) / float(np.logspace(-2, 2, 10)[2]) - 1)
        assert float((odds[:, 0] - expected + math.log(3)).abs().mean()) < 0.4
        assert float((odds[:, 1] + expected + math.log(3)).abs().mean()) < 0.4


@pytest.mark.parametrize(("labels", "known"), [(["a", "b"], "a, b"), (["c", "c"], "c"), (["", ""], "none")])
def test_people_whom_nothing_tells_apart_are_refused(labels: list[str], known: str) -> None:
    with pytest.raises(ValueError, match=f"must have the label c; there are {known}"):
        fit_people(torch.zeros(2, 3), np.array(labels), ["c"])


def untrained() -> AgeNetwork:
    """The same each time."""
    torch.manual_seed(0)
    network = AgeNetwork("resnet18", 32, ("utkface", "aaf")).eval()
    for head in network.heads:  # new heads all say 50
        nn.init.normal_(head.weight)
    return network


@pytest.fixture(scope="module", name="network")
def _network() -> AgeNetwork:
    return untrained()


def test_what_is_seen_is_what_the_gate_gets(network: AgeNetwork, make_faces: MakeFaces) -> None:
    faces = make_faces([5, 40, 80])
    pixels = torch.from_numpy(faces.chips).permute(0, 3, 1, 2).float()
    for stage, count in (("", 512), ("layer3", 256)):
        seen = seen_of(network, stage, faces)
        assert seen.shape == (3, count)
        with torch.inference_mode():
            assert torch.allclose(seen, network.look(pixels, stage)[1], rtol=0.05, atol=0.05)


def test_what_is_seen_of_changed_photos(network: AgeNetwork, make_faces: MakeFaces, still: Augmentation) -> None:
    """Cropping and degrading change what is seen; the seed decides how."""
    faces = make_faces([5, 40, 80])
    plain = seen_of(network, "", faces)
    assert torch.allclose(seen_of(network, "", faces, still), plain, rtol=0.05, atol=0.05)
    for how, closest in ((Augmentation(), 0), (None, 40)):
        changed = seen_of(network, "", faces, how, closest, seed=3)
        assert not torch.allclose(changed, plain, atol=1e-3)
        assert torch.equal(seen_of(network, "", faces, how, closest, seed=3), changed)


@pytest.mark.parametrize(("stage", "count"), [("", 512), ("layer2", 128)])
def test_the_error_is_that_of_the_head_that_the_gate_asks(make_faces: MakeFaces, stage: str, count: int) -> None:
    network, faces, errors = untrained(), make_faces([10, 30, 70]), []
    for head in network.heads:  # or they would turn bfloat16's rounding in the trunk into years
        head.weight.data *= 0.2
    pixels = torch.from_numpy(faces.chips).permute(0, 3, 1, 2).float()
    for number in range(2):
        gate = nn.Linear(count, 2)
        nn.init.zeros_(gate.weight)
        gate.bias.data = torch.tensor([0.0, 99.0] if number else [99.0, 0.0])
        network.replace_gate(gate, stage)
        with torch.inference_mode():
            estimates = network.method.expectation(network(pixels)[0][:, number]).numpy()
        errors.append(np.abs(estimates - faces.ages).mean())
        assert error_of(network, faces) == pytest.approx(errors[-1], abs=0.2)  # bfloat16
    assert abs(errors[0] - errors[1]) > 0.5


def test_exchange(network: AgeNetwork, tmp_path: Path) -> None:
    config = {"backbone": "resnet18", "input_size": 32, "collections": ["utkface", "aaf"]}
    torch.save({"config": config, "step": 3, "ema": network.state_dict(), "optimizer": {}}, tmp_path / "best.pt")
    layer = nn.Linear(512, 2)
    exchange(tmp_path / "best.pt", tmp_path / "gated.pt", layer, {"photos": 5})
    found = load_checkpoint(tmp_path / "gated.pt")
    assert found.gate is not None
    assert torch.equal(found.gate.weight, layer.weight)
    assert torch.equal(found.heads[1].weight, network.heads[1].weight)
    state = torch.load(tmp_path / "gated.pt", weights_only=True)
    assert (state["step"], state["gate"]) == (3, {"photos": 5})
    assert "optimizer" not in state


def test_exchange_for_a_gate_that_sees_another_stage(network: AgeNetwork, tmp_path: Path) -> None:
    """The checkpoint says so, and the network made from it answers by that gate."""
    config = {"backbone": "resnet18", "input_size": 32, "collections": ["utkface", "aaf"]}
    torch.save({"config": config, "step": 3, "ema": network.state_dict()}, tmp_path / "best.pt")
    layer = nn.Linear(256, 2)
    exchange(tmp_path / "best.pt", tmp_path / "gated.pt", layer, {"sees": "layer3"})
    found = load_checkpoint(tmp_path / "gated.pt")
    assert found.gate_sees == "layer3"
    chips = torch.randint(0, 256, (2, 3, 200, 200), generator=torch.Generator().manual_seed(1)).float()
    with torch.inference_mode():
        assert torch.allclose(found(chips)[1], layer(network.look(chips, "layer3")[1]), atol=1e-5)
        assert torch.allclose(found(chips)[0], network(chips)[0], atol=1e-4)


def test_exchange_for_a_gate_with_people_and_back(network: AgeNetwork, tmp_path: Path) -> None:
    config = {"backbone": "resnet18", "input_size": 32, "collections": ["utkface", "aaf"]}
    torch.save({"config": config, "step": 3, "ema": network.state_dict()}, tmp_path / "best.pt")
    gate, people = nn.Linear(512, 2), nn.Linear(512, 1)
    exchange(tmp_path / "best.pt", tmp_path / "gated.pt", gate, {"people": ["Asian"]}, people)
    found = load_checkpoint(tmp_path / "gated.pt")
    assert found.people is not None
    assert torch.equal(found.people.weight, people.weight)
    exchange(tmp_path / "gated.pt", tmp_path / "again.pt", gate, {"people": []})
    assert load_checkpoint(tmp_path / "again.pt").people is None


def test_a_stage_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="resnet18 has no stage layer9, but conv1, bn1, "):
        untrained().replace_gate(nn.Linear(4, 2), "layer9")
    with pytest.raises(ValueError, match="mobilenet-v2 has no stage features, but none at all"):
        AgeNetwork("mobilenet-v2", 32).check_stage("features")
