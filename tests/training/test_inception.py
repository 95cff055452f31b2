"""Inception-ResNet v1: its size and its maps as published, and what a residual block computes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from training.backbones import BACKBONES, MEAN, STD
from training.inception import FEATURES, Branches, Residual, inception_resnet_v1

BOTTLENECK = 1792 * 512 + 4 * 512
"""Weights of FaceNet's last layer and of the batch norm after it, which are left out here."""


def test_as_many_weights_as_published() -> None:
    """FaceNet's network has 23.469 million (OpenVINO's Open Model Zoo, facenet-20180408-102900)."""
    count = sum(parameter.numel() for parameter in inception_resnet_v1().parameters())
    assert (count + BOTTLENECK) / 1e6 == pytest.approx(23.469, abs=5e-4)


def test_maps_are_as_large_as_published() -> None:
    """For 160 pixels: 17, 8 and 3 places a side (comments in FaceNet's inception_resnet_v1.py)."""
    net = inception_resnet_v1().eval()
    x = torch.zeros(1, 3, 160, 160)
    seen = {}
    with torch.inference_mode():
        for name, part in net.named_children():
            x = part(x)
            seen[name] = tuple(x.shape[1:])
    assert seen["MaxPool_3a_3x3"] == (64, 38, 38)
    assert seen["Repeat"] == (256, 17, 17)
    assert seen["Repeat_1"] == (896, 8, 8)
    assert seen["Block8"] == (FEATURES, 3, 3)


@pytest.mark.parametrize(("activated", "expected"), [(True, [0.0, 3.5]), (False, [-1.0, 3.5])])
def test_a_residual_by_hand(activated: bool, expected: list[float]) -> None:
    """Branches that double and negate; their sum plus 1, and half of that is added to the input:

    -1 + (-2 + 1 + 1) / 2 = -1 and 2 + (4 - 2 + 1) / 2 = 3.5; a ReLU turns -1 into 0.
    """
    double, negate = nn.Conv2d(1, 1, 1, bias=False), nn.Conv2d(1, 1, 1, bias=False)
    block = Residual(1, [double, negate], 2, 0.5, activated)
    assert block.Conv2d_1x1.bias is not None
    for parameter, value in (
        (double.weight, 2),
        (negate.weight, -1),
        (block.Conv2d_1x1.weight, 1),
        (block.Conv2d_1x1.bias, 1),
    ):
        nn.init.constant_(parameter, value)
    assert block(torch.tensor([-1.0, 2.0]).view(1, 1, 1, 2)).flatten().tolist() == expected


def test_branches_keep_their_order() -> None:
    """Channels of the first come first; a pool keeps all of its input's."""
    pool = nn.MaxPool2d(3, 2)
    convolution = nn.Conv2d(2, 3, 3, 2)
    x = torch.rand(1, 2, 5, 5)
    found = Branches(convolution, pool)(x)
    assert torch.equal(found[:, :3], convolution(x))
    assert torch.equal(found[:, 3:], pool(x))


def test_it_sees_pixels_as_facenet_did() -> None:
    """Black is -127.5 / 128 and white 127.5 / 128, whatever the normalization before."""
    net = BACKBONES["inception-resnet-v1"]()[0].eval()
    seen: list[torch.Tensor] = []
    net.get_submodule("features").register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    for level in (0.0, 1.0):
        chip = torch.full((1, 3, 107, 107), level)
        with torch.inference_mode():
            net((chip - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1))
    assert torch.allclose(seen[0], torch.tensor(-127.5 / 128), atol=1e-5)
    assert torch.allclose(seen[1], torch.tensor(127.5 / 128), atol=1e-5)
