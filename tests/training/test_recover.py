"""A checkpoint from an exported model: it answers as the model does, and can be trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from training.augment import Augmentation
from training.backbones import PAIRS
from training.checkpoints import load_checkpoint
from training.config import Config
from training.data import Faces
from training.export import session, to_onnx
from training.network import AgeNetwork, Exported
from training.recover import recover
from training.train import Trainer

MakeFaces = Callable[..., Faces]

COLLECTIONS = ("utkface", "aaf")
TEMPERATURES = (1.0,) * 11


def network(sees: str, people: bool = False) -> AgeNetwork:
    """Random weights, and batch norm with statistics."""
    torch.manual_seed(4)
    made = AgeNetwork("resnet18", 64, COLLECTIONS, detail=48)
    if sees or people:
        made.empty_gate(sees, 256 if sees else 512, people)
    for head in made.heads:
        torch.nn.init.normal_(head.weight, std=0.2)
    made.train()
    with torch.no_grad():
        for _ in range(8):
            made(torch.rand(6, 3, 200, 200) * 255)
    return made.eval()


def description(config: Config, sees: str, people: bool = False) -> dict[str, Any]:
    """The part of age.json that matters."""
    gate = {"sees": sees, "people": ["Asian"] if people else []} if sees or people else None
    return {
        "training": {"config": config.record(), "steps": 7, "gate": gate, "average": {"share": 0.6}},
        "calibration": {"input_size": 64, "detail": 48},
    }


@pytest.fixture
def config(still: Augmentation) -> Config:
    """Of the network."""
    return Config(
        "first",
        backbone="resnet18",
        input_size=64,
        detail=48,
        init="",
        collections=dict.fromkeys(COLLECTIONS, 0.5),
        augmentation=still,
        batch=4,
        bf16=False,
    )


@pytest.fixture
def faces(make_faces: MakeFaces) -> list[Faces]:
    """Photos to take statistics from."""
    return [make_faces(list(range(5, 85, 8)), name="utkface"), make_faces(list(range(9, 69, 12)), name="aaf")]


@pytest.mark.parametrize(("sees", "people"), [("", False), ("layer3", False), ("layer3", True), ("", True)])
def test_what_comes_back_answers_as_the_model_does(
    config: Config, faces: list[Faces], tmp_path: Path, sees: str, people: bool
) -> None:
    before = network(sees, people)
    graph = to_onnx(Exported(before, TEMPERATURES, flip=True).eval())
    state = recover(graph, description(config, sees, people), faces)
    assert state["average"] == {"share": 0.6}
    torch.save(state, tmp_path / "best.pt")
    found = load_checkpoint(tmp_path / "best.pt")
    assert (found.gate_sees, found.people is not None) == (sees, people)
    chips = np.ascontiguousarray(faces[0].chips)
    (expected,) = session(graph.SerializeToString()).run(["distribution"], {"chips": chips})
    with torch.inference_mode():
        answers = Exported(found, TEMPERATURES, flip=True).eval()(torch.from_numpy(chips)).numpy()
    assert np.abs(answers @ np.arange(101) - expected @ np.arange(101)).max() < 0.01
    assert np.ptp(expected @ np.arange(101)) > 0.5  # the faces are not all the same to it


def test_batch_norm_knows_what_it_gets_and_filters_have_the_size_of_old(config: Config, faces: list[Faces]) -> None:
    before = network("")
    sizes = {
        name.removeprefix("backbone."): 3 * value.numpy()
        for name, value in before.state_dict().items()
        if value.ndim == 4
    }
    state = recover(to_onnx(Exported(before).eval()), description(config, ""), faces, sizes)
    ema = state["ema"]
    for name, value in sizes.items():
        norms = ema[f"backbone.{name}"].flatten(1).norm(dim=1).numpy()
        assert norms == pytest.approx(np.linalg.norm(value.reshape(len(value), -1), axis=1), rel=1e-3)
    found = AgeNetwork("resnet18", 64, COLLECTIONS, detail=48)
    found.load_state_dict(ema)
    outputs: list[torch.Tensor] = []
    found.backbone.get_submodule("layer2.0.conv1").register_forward_hook(lambda _, __, given: outputs.append(given))
    with torch.inference_mode():
        for part in faces:
            found.eval()(torch.from_numpy(part.chips).permute(0, 3, 1, 2).float())
    seen = torch.cat(outputs)
    assert torch.allclose(ema["backbone.layer2.0.bn1.running_mean"], seen.mean((0, 2, 3)), rtol=0.01, atol=0.01)
    variance = seen.var((0, 2, 3), correction=0)
    assert torch.allclose(ema["backbone.layer2.0.bn1.running_var"], variance, rtol=0.02, atol=1e-4)


def test_it_sees_what_the_model_saw_though_it_was_trained_on_less(config: Config, faces: list[Faces]) -> None:
    trained_on_less = description(Config(**{**config.__dict__, "input_size": 48, "detail": 0}), "")
    state = recover(to_onnx(Exported(network("")).eval()), trained_on_less, faces)
    assert (state["config"]["input_size"], state["config"]["detail"]) == (64, 48)


@pytest.mark.parametrize("sees", ["", "layer3"])
def test_training_goes_on_from_it(config: Config, faces: list[Faces], tmp_path: Path, sees: str) -> None:
    """Even if its gate sees what a run's own gate does not."""
    state = recover(to_onnx(Exported(network(sees)).eval()), description(config, sees), faces)
    (tmp_path / "first").mkdir()
    torch.save(state, tmp_path / "first" / "best.pt")
    following = Config(**{**config.__dict__, "name": "second", "follows": "first", "epochs": 1.0})
    trainer = Trainer(following, faces, faces, tmp_path / "second", tmp_path)
    trainer.run(stop_after=2)
    assert not torch.equal(trainer.network.heads[0].weight, state["ema"]["heads.0.weight"])


@pytest.mark.parametrize("backbone", PAIRS)
def test_a_pair_comes_back(config: Config, faces: list[Faces], backbone: str) -> None:
    """The ResNet-50's partner has no batch norm that could have been folded."""
    torch.manual_seed(5)
    before = AgeNetwork(backbone, 120, COLLECTIONS, detail=48)
    before.empty_gate("layer3", 1024, people=True)
    before.train()
    with torch.no_grad():
        before(torch.rand(6, 3, 200, 200) * 255)
    graph = to_onnx(Exported(before.eval(), TEMPERATURES, flip=True).eval())
    info = description(replace(config, backbone=backbone), "layer3", people=True)
    info["calibration"]["input_size"] = 120
    info["training"]["pair"] = {"share": 0.5}
    state = recover(graph, info, faces)
    assert state["pair"] == {"share": 0.5}
    assert state["config"]["detail"] == 48
    after = AgeNetwork(backbone, 120, COLLECTIONS, detail=48)
    after.empty_gate("layer3", 1024, people=True)
    after.load_state_dict(state["ema"])
    chips = faces[0].chips[:4]
    (said,) = session(graph.SerializeToString()).run(None, {"chips": chips})
    with torch.inference_mode():
        says = Exported(after.eval(), TEMPERATURES, flip=True).eval()(torch.from_numpy(chips)).numpy()
    assert np.abs(said - says).max() < 1e-4


def test_what_cannot_be_recovered(config: Config, faces: list[Faces]) -> None:
    graph = to_onnx(Exported(network("")).eval())
    with pytest.raises(ValueError, match="not trained by this repository"):
        recover(graph, {"training": {}, "calibration": {}}, faces)
    other = description(config, "")
    other["training"]["config"]["backbone"] = "resnet50-fpn"
    with pytest.raises(ValueError, match="another network than it says"):
        recover(graph, other, faces)
    with pytest.raises(ValueError, match="another network than it says"):
        recover(onnx.ModelProto(), description(config, ""), faces)
    with pytest.raises(ValueError, match="another network than it says"):
        recover(onnx.ModelProto(), description(config, "layer3", people=True), faces)
    with pytest.raises(ValueError, match="a model of the method coral cannot be recovered"):
        recover(onnx.ModelProto(), description(replace(config, method="coral"), "layer3"), faces)
