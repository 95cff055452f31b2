"""Two networks become one: what it answers, what cannot be joined, and that it is then a network like any other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from training.__main__ import main
from training.backbones import BACKBONES, OF_PARTNER, PAIRS, stages
from training.card import card
from training.checkpoints import load_checkpoint, read_checkpoint, write_checkpoint
from training.config import Config
from training.export import session, to_onnx
from training.files import read_json
from training.gate import exchange
from training.methods.coral import Coral
from training.network import AgeNetwork, Exported
from training.pair import joined

COLLECTIONS = ("utkface", "aaf")
LARGE, SMALL = 96, 120
"""Side in pixels that each of the two sees."""


def network(backbone: str, size: int, seed: int) -> AgeNetwork:
    """Random weights, heads that tell faces apart, and batch norm with statistics."""
    torch.manual_seed(seed)
    made = AgeNetwork(backbone, size, COLLECTIONS, detail=48)
    for head in made.heads:
        nn.init.normal_(head.weight, std=0.2)
        nn.init.normal_(head.bias, std=0.2)
    made.train()
    with torch.no_grad():
        made(torch.rand(6, 3, 200, 200) * 255)
    return made.eval()


@pytest.fixture(scope="module")
def resnet() -> AgeNetwork:
    return network("resnet50-original", LARGE, 1)


@pytest.fixture(scope="module", params=PAIRS.values())
def partner(request: pytest.FixtureRequest) -> AgeNetwork:
    return network(request.param, SMALL, 2)


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    """Two chips."""
    return torch.rand(2, 3, 200, 200, generator=torch.Generator().manual_seed(3)) * 255


@pytest.fixture(scope="module")
def runs(resnet: AgeNetwork, partner: AgeNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs with both."""
    folder = tmp_path_factory.mktemp("runs")
    for name, one in (("wide", resnet), ("narrow", partner)):
        config = Config(name, backbone=one.backbone_name, input_size=one.input_size, detail=48)
        config = replace(config, collections=dict.fromkeys(COLLECTIONS, 0.5))
        state = {"config": config.record(), "step": 7, "ema": one.state_dict()}
        write_checkpoint(folder / name / "best.pt", state)
    return folder


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_it_says_what_both_say_on_average(
    resnet: AgeNetwork, partner: AgeNetwork, pixels: torch.Tensor, share: float
) -> None:
    pair = joined(resnet, partner, share)
    resize, scale, shift = (partner.get_buffer(name) for name in ("resize", "scale", "shift"))
    seen = resize @ pixels @ resize.T * scale + shift
    with torch.inference_mode():
        features = resnet.backbone(F.interpolate(seen, (LARGE, LARGE), mode="bilinear"))
        theirs = torch.stack([head(features) for head in resnet.heads], dim=1)
        expected = (1 - share) * theirs + share * partner(pixels)[0]
        found = pair(pixels)[0]
        apart = float((theirs - partner(pixels)[0]).abs().max())
    assert torch.allclose(found, expected, atol=1e-3)
    assert apart > 0.1  # otherwise any share would pass


def stage_of_partner(partner: AgeNetwork) -> str:
    """The last but one stage: its output is not simply the features."""
    return f"{OF_PARTNER}{stages(partner.backbone)[-2]}"


def test_its_gate_can_see_a_stage_of_either(resnet: AgeNetwork, partner: AgeNetwork, pixels: torch.Tensor) -> None:
    pair = joined(resnet, partner, 0.5)
    stage = stage_of_partner(partner)
    with torch.inference_mode():
        features, _ = pair.look(pixels)
        for name, alone in (("layer3", None), (stage, partner.look(pixels, stage.removeprefix(OF_PARTNER))[1])):
            again, seen = pair.look(pixels, name)
            assert torch.allclose(again, features, atol=1e-4)
            assert torch.allclose(seen, pair.see(pixels, name), atol=1e-5)
            if alone is None:
                assert seen.shape == (2, 1024)
            else:
                assert torch.allclose(seen, alone, atol=1e-4)
        assert torch.equal(pair.see(pixels), features)
    assert features.shape == (2, 2048 + partner.heads[0].weight.shape[1])
    with pytest.raises(ValueError, match=f"{pair.backbone_name} has no stage layer9, but conv1, bn1, .*, {OF_PARTNER}"):
        pair.check_stage("layer9")


def test_export_answers_as_it_does(resnet: AgeNetwork, partner: AgeNetwork, pixels: torch.Tensor) -> None:
    """With the mirror image, and a gate that sees the partner; `test_recover.py` has one that sees the ResNet-50."""
    pair = joined(resnet, partner, 0.5)
    stage = stage_of_partner(partner)
    pair.empty_gate(stage, pair.see(pixels, stage).shape[1], people=True)
    model = Exported(pair, flip=True).eval()
    chips = pixels.to(torch.uint8).permute(0, 2, 3, 1).contiguous()
    (found,) = session(to_onnx(model).SerializeToString()).run(None, {"chips": chips.numpy()})
    with torch.inference_mode():
        expected = model(chips).numpy()
    ages = np.arange(101)
    assert np.abs(found @ ages - expected @ ages).max() < 0.5  # 8-bit weights
    assert np.abs(found - found.mean(0)).max() > 1e-4


def test_what_does_not_fit_is_refused(resnet: AgeNetwork, partner: AgeNetwork) -> None:
    kind = partner.backbone_name
    coral = AgeNetwork(kind, SMALL, COLLECTIONS, detail=48, method=Coral())
    for first, second, share, said in (
        (
            partner,
            resnet,
            0.5,
            f"a pair is resnet50-original and mobilenet-v1 or inception-resnet-v1, not {kind} and resnet50-original",
        ),
        (resnet, partner, 1.5, "from 0 to 1, not 1.5"),
        (resnet, AgeNetwork(kind, SMALL, COLLECTIONS), 0.5, "detail differ: 48 and 0"),
        (resnet, AgeNetwork(kind, SMALL, ("utkface",), detail=48), 0.5, "collections differ"),
        (resnet, AgeNetwork(kind, 160, COLLECTIONS, detail=48), 0.5, f"sees {LARGE} pixels, not 0.8 of 160"),
        (resnet, coral, 0.5, "method differ"),
    ):
        with pytest.raises(ValueError, match=said):
            joined(first, second, share)
    with pytest.raises(ValueError, match="heads of coral are not linear"):
        joined(AgeNetwork("resnet50-original", LARGE, COLLECTIONS, detail=48, method=Coral()), coral, 0.5)


def test_the_command_writes_a_checkpoint_that_keeps_what_made_it(
    runs: Path, pixels: torch.Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["pair", str(runs / "wide" / "best.pt"), str(runs / "narrow" / "best.pt"), "--runs", str(runs)]
    assert main([*command, "--name", "both", "--share", "0.4"]) == 0
    made = runs / "both" / "best.pt"
    assert capsys.readouterr().out.strip() == str(made)
    network = load_checkpoint(made)
    parts = [load_checkpoint(runs / name / "best.pt") for name in ("wide", "narrow")]
    with torch.inference_mode():
        assert torch.equal(network(pixels)[0], joined(*parts, 0.4)(pixels)[0])
    assert (network.input_size, network.detail, network.collections) == (SMALL, 48, COLLECTIONS)
    kept = read_checkpoint(made)["pair"]
    assert (kept["share"], kept["resnet"]["config"]["name"], kept["partner"]["config"]["name"]) == (
        0.4,
        "wide",
        "narrow",
    )

    layer = network.gate
    assert layer is not None
    exchange(made, runs / "both" / "gated.pt", layer, {"checkpoint": "best.pt"})
    assert read_checkpoint(runs / "both" / "gated.pt")["pair"] == kept

    assert main([*command, "--name", "both"]) == 2
    assert "holds a run" in capsys.readouterr().err


def test_the_card_says_what_was_joined(runs: Path, partner: AgeNetwork) -> None:
    info = read_json(Path(__file__).resolve().parents[2] / "engine" / "models" / "age.json")
    assert main(["pair", str(runs / "wide" / "best.pt"), str(runs / "narrow" / "best.pt"), "--runs", str(runs)]) == 0
    state = read_checkpoint(runs / "pair" / "best.pt")
    recipe = {"config": state["config"], "steps": state["step"], "pair": state["pair"], "gate": None, "average": None}
    text = card(info | {"training": recipe, "input_size": SMALL})
    assert f"at {LARGE} x {LARGE} pixels" in text
    called = {"mobilenet-v1": "a MobileNet (Howard", "inception-resnet-v1": "an Inception-ResNet v1 (Szegedy"}
    assert f"Beside it is {called[partner.backbone_name]} et al., " in text
    assert f", which sees {SMALL} x {SMALL} pixels and counts 50%" in text
    lines = [line.strip() for line in text.splitlines()]
    order = [
        "python -m training train --config training/configs/wide.py",
        "python -m training train --config training/configs/narrow.py",
        "python -m training pair runs/wide/best.pt runs/narrow/best.pt --share 0.5 --name pair",
    ]
    assert [line for line in lines if line in order] == order
    assert [line for line in lines if line.startswith("python -m training calibrate runs/pair/best.pt ")]


def test_the_mobilenet_is_the_published_one() -> None:
    """As many weights as MobileNet has without its classifier, batch norm folded into biases."""
    net = BACKBONES["mobilenet-v1"]()[0]
    convolutions = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    assert len(convolutions) == 27
    assert sum(one.weight.numel() for one in convolutions) == 3_185_088
