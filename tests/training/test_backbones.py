"""Backbones: shapes, names of the weights, the pyramid, and what is special about EfficientNet-Lite0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from training import network
from training.backbones import BACKBONES, MEAN, STD, EfficientNetLite0, PyramidNetwork, SameConv2d
from training.network import AgeNetwork, Exported, load_arrays
from training.vision import torchvision

FEATURES = {
    "resnet50-original": 2048,
    "resnet18": 512,
    "resnet50-fpn": 1024,
    "resnet50-mobilenet": 2048 + 1024,
    "resnet50-inception": 2048 + 1792,
    "mobilenet-v1": 1024,
    "inception-resnet-v1": 1792,
    "mobilenet-v2": 1280,
    "efficientnet-b0": 1280,
    "efficientnet-lite0": 1280,
}


def test_all_are_known_to_the_network() -> None:
    assert network.BACKBONES is BACKBONES
    assert set(FEATURES) <= set(BACKBONES)  # other tests may have added to them


@pytest.mark.parametrize("name", FEATURES)
def test_features_and_gradient(name: str) -> None:
    """As many features as stated, even for an odd size, and every weight is used."""
    torch.manual_seed(0)
    backbone, features = BACKBONES[name]()
    assert features == FEATURES[name]
    size = 107 if "inception" in name else 65  # without padding, a smaller picture shrinks to nothing
    found = backbone(torch.randn(2, 3, size, size))
    assert found.shape == (2, features)
    found.square().sum().backward()
    idle = [key for key, parameter in backbone.named_parameters() if parameter.grad is None]
    assert idle == []


@pytest.mark.parametrize("name", ["resnet50-original", "resnet18"])
def test_weights_keep_the_names_of_torchvision(name: str) -> None:
    """Checkpoints and the archives of starting weights depend on them."""
    theirs = torchvision.models.get_model(name.removesuffix("-original"), weights=None).state_dict()
    ours = BACKBONES[name]()[0].state_dict()
    assert list(ours) == [key for key in theirs if not key.startswith("fc.")]


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_b0"])
def test_mobile_networks_are_torchvisions(name: str) -> None:
    """With the same weights, the same features as torchvision's network has before its classifier."""
    theirs = torchvision.models.get_model(name, weights=None).eval()
    ours = BACKBONES[name.replace("_", "-")]()[0].eval()
    ours.load_state_dict({k: v for k, v in theirs.state_dict().items() if not k.startswith("classifier.")})
    pixels = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.allclose(theirs.classifier(ours(pixels)), theirs(pixels), atol=1e-5)


@pytest.mark.parametrize("name", ["resnet50-fpn", "mobilenet-v2", "efficientnet-lite0"])
def test_in_the_age_network(name: str) -> None:
    model = Exported(AgeNetwork(name, 64, ("utkface", "aaf"))).eval()
    with torch.inference_mode():
        rows = model(torch.zeros(2, 200, 200, 3, dtype=torch.uint8))
    assert rows.shape == (2, 101)
    assert torch.allclose(rows.sum(1), torch.ones(2), atol=1e-5)


# Feature pyramid


def test_pyramid_levels() -> None:
    """The four levels of a 64-pixel face are 16, 8, 4 and 2 pixels wide, each averaged to 256 of the features."""
    net = PyramidNetwork().eval()
    seen: list[torch.Tensor] = []
    net.pyramid.register_forward_hook(lambda _, __, given: seen.extend(given.values()))
    with torch.inference_mode():
        features = net(torch.randn(1, 3, 64, 64))
    assert [tuple(level.shape[1:]) for level in seen] == [(256, 16, 16), (256, 8, 8), (256, 4, 4), (256, 2, 2)]
    for number, level in enumerate(seen):
        assert torch.allclose(features[:, 256 * number : 256 * (number + 1)], level.mean((2, 3)), atol=1e-6)


def test_resnet_weights_go_under_the_pyramid(tmp_path: Path) -> None:
    """The archive of the plain ResNet-50 fits, and the pyramid stays as it is."""
    torch.manual_seed(0)
    resnet = BACKBONES["resnet50-original"]()[0]
    arrays = {k: v.numpy() for k, v in resnet.state_dict().items() if not k.endswith("num_batches_tracked")}
    np.savez(tmp_path / "w.npz", **arrays)
    model = AgeNetwork("resnet50-fpn", 32)
    pyramid = {k: v.clone() for k, v in model.backbone.get_submodule("pyramid").state_dict().items()}
    load_arrays(model, tmp_path / "w.npz")
    body = model.backbone.get_submodule("body").state_dict()
    assert all(np.array_equal(body[key].numpy(), array) for key, array in arrays.items())
    assert all(torch.equal(v, pyramid[k]) for k, v in model.backbone.get_submodule("pyramid").state_dict().items())


# EfficientNet-Lite0


def test_same_padding_by_hand() -> None:
    """Sums of three over 1, 2, 3, 4, every second one: TensorFlow pads the end, (1 + 2 + 3, 3 + 4 + 0); PyTorch's even
    padding of one would give (0 + 1 + 2, 2 + 3 + 4). An odd row is padded evenly: (0 + 1 + 2, 2 + 3 + 0).
    """
    conv = SameConv2d(1, 1, (1, 3), (1, 2), bias=False)
    nn.init.ones_(conv.weight)
    assert conv(torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])).flatten().tolist() == [6.0, 7.0]
    assert conv(torch.tensor([[[[1.0, 2.0, 3.0]]]])).flatten().tolist() == [3.0, 5.0]


@pytest.mark.parametrize("size", [6, 7, 8, 9])
@pytest.mark.parametrize("kernel", [3, 5])
def test_same_padding_of_square_kernels(size: int, kernel: int) -> None:
    """Half the size, rounded up, with the taps where TensorFlow puts them: total padding split, the odd one last."""
    conv = SameConv2d(2, 3, kernel, 2, bias=False)
    pixels = torch.randn(1, 2, size, size)
    total = ((size + 1) // 2 - 1) * 2 + kernel - size
    before, after = total // 2, total - total // 2
    expected = F.conv2d(F.pad(pixels, (before, after, before, after)), conv.weight, stride=2)
    assert conv(pixels).shape == (1, 3, (size + 1) // 2, (size + 1) // 2)
    assert torch.allclose(conv(pixels), expected, atol=1e-6)


def test_lite_has_neither_squeeze_nor_silu() -> None:
    net = EfficientNetLite0()
    assert not any(isinstance(module, nn.SiLU | torchvision.ops.SqueezeExcitation) for module in net.modules())
    assert sum(isinstance(module, SameConv2d) for module in net.modules()) == 5  # the stem and four stages
    # As published, less the classifier.
    assert sum(parameter.numel() for parameter in net.parameters()) == 4_652_008 - 1000 * 1281


def test_lite_sees_pixels_as_it_was_trained() -> None:
    """Black is -127 / 128 and white 128 / 128, whatever the normalization before."""
    net = EfficientNetLite0().eval()
    seen: list[torch.Tensor] = []
    net.features.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    for level in (0.0, 1.0):
        chip = torch.full((1, 3, 32, 32), level)
        net((chip - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1))
    assert torch.allclose(seen[0], torch.tensor(-127 / 128), atol=1e-5)
    assert torch.allclose(seen[1], torch.tensor(1.0), atol=1e-5)
