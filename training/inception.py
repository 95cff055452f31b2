"""Inception-ResNet v1 (Szegedy et al., AAAI 2017), as in FaceNet, without a classifier.

Its parts have the same names as in FaceNet's graph (github.com/davidsandberg/facenet, after TensorFlow's slim), so that
weights can be assigned without a table (`training.face_weights`).
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

FEATURES = 1792


def _convolution(inside: int, outside: int, tall: int, wide: int, stride: int = 1, padded: bool = True) -> nn.Module:
    """A convolution that already contains its batch norm, and its activation."""
    padding = (tall // 2, wide // 2) if padded else (0, 0)
    return nn.Sequential(nn.Conv2d(inside, outside, (tall, wide), stride, padding), nn.ReLU(inplace=True))


def _chain(parts: dict[str, nn.Module]) -> nn.Sequential:
    return nn.Sequential(OrderedDict(parts))


class Branches(nn.Module):
    """Several branches side by side; their outputs are concatenated along the channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.names = tuple(f"Branch_{place}" for place in range(len(branches)))
        for name, branch in zip(self.names, branches, strict=True):
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, C, H, W) -> the branches' maps, one branch after the other."""
        return torch.cat([self.get_submodule(name)(x) for name in self.names], dim=1)


class Residual(Branches):
    """Adds the output of branches, scaled down, to their input.

    Args:
        count: channels of the input and the output.
        branches: side by side.
        inside: channels of all their outputs together.
        scale: factor of what is added.
        activated: whether a ReLU follows.
    """

    def __init__(self, count: int, branches: list[nn.Module], inside: int, scale: float, activated: bool = True):
        super().__init__(*branches)
        self.Conv2d_1x1 = nn.Conv2d(inside, count, 1)
        self.scale, self.activated = scale, activated

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, C, H, W) -> maps of the same shape."""
        x = x + self.scale * self.Conv2d_1x1(super().forward(x))
        return torch.relu(x) if self.activated else x


def _block35() -> Residual:
    count, each = 256, 32
    one = _chain({"Conv2d_1x1": _convolution(count, each, 1, 1)})
    two = _chain({"Conv2d_0a_1x1": _convolution(count, each, 1, 1), "Conv2d_0b_3x3": _convolution(each, each, 3, 3)})
    three = _chain(
        {
            "Conv2d_0a_1x1": _convolution(count, each, 1, 1),
            "Conv2d_0b_3x3": _convolution(each, each, 3, 3),
            "Conv2d_0c_3x3": _convolution(each, each, 3, 3),
        }
    )
    return Residual(count, [one, two, three], 3 * each, 0.17)


def _block17() -> Residual:
    count, each = 896, 128
    one = _chain({"Conv2d_1x1": _convolution(count, each, 1, 1)})
    two = _chain(
        {
            "Conv2d_0a_1x1": _convolution(count, each, 1, 1),
            "Conv2d_0b_1x7": _convolution(each, each, 1, 7),
            "Conv2d_0c_7x1": _convolution(each, each, 7, 1),
        }
    )
    return Residual(count, [one, two], 2 * each, 0.1)


def _block8(scale: float, activated: bool = True) -> Residual:
    count, each = FEATURES, 192
    one = _chain({"Conv2d_1x1": _convolution(count, each, 1, 1)})
    two = _chain(
        {
            "Conv2d_0a_1x1": _convolution(count, each, 1, 1),
            "Conv2d_0b_1x3": _convolution(each, each, 1, 3),
            "Conv2d_0c_3x1": _convolution(each, each, 3, 1),
        }
    )
    return Residual(count, [one, two], 2 * each, scale, activated)


def _mixed_6a() -> Branches:
    return Branches(
        _chain({"Conv2d_1a_3x3": _convolution(256, 384, 3, 3, 2, padded=False)}),
        _chain(
            {
                "Conv2d_0a_1x1": _convolution(256, 192, 1, 1),
                "Conv2d_0b_3x3": _convolution(192, 192, 3, 3),
                "Conv2d_1a_3x3": _convolution(192, 256, 3, 3, 2, padded=False),
            }
        ),
        nn.MaxPool2d(3, 2),
    )


def _mixed_7a() -> Branches:
    return Branches(
        _chain(
            {
                "Conv2d_0a_1x1": _convolution(896, 256, 1, 1),
                "Conv2d_1a_3x3": _convolution(256, 384, 3, 3, 2, padded=False),
            }
        ),
        _chain(
            {
                "Conv2d_0a_1x1": _convolution(896, 256, 1, 1),
                "Conv2d_1a_3x3": _convolution(256, 256, 3, 3, 2, padded=False),
            }
        ),
        _chain(
            {
                "Conv2d_0a_1x1": _convolution(896, 256, 1, 1),
                "Conv2d_0b_3x3": _convolution(256, 256, 3, 3),
                "Conv2d_1a_3x3": _convolution(256, 256, 3, 3, 2, padded=False),
            }
        ),
        nn.MaxPool2d(3, 2),
    )


def inception_resnet_v1() -> nn.Sequential:
    """The layers in front of the classifier: maps (N, 3, S, S), S from 107 -> maps (N, 1792, s, s); s is 3 for 160."""
    return _chain(
        {
            "Conv2d_1a_3x3": _convolution(3, 32, 3, 3, 2, padded=False),
            "Conv2d_2a_3x3": _convolution(32, 32, 3, 3, padded=False),
            "Conv2d_2b_3x3": _convolution(32, 64, 3, 3),
            "MaxPool_3a_3x3": nn.MaxPool2d(3, 2),
            "Conv2d_3b_1x1": _convolution(64, 80, 1, 1),
            "Conv2d_4a_3x3": _convolution(80, 192, 3, 3, padded=False),
            "Conv2d_4b_3x3": _convolution(192, 256, 3, 3, 2, padded=False),
            "Repeat": _chain({f"block35_{i}": _block35() for i in range(1, 6)}),
            "Mixed_6a": _mixed_6a(),
            "Repeat_1": _chain({f"block17_{i}": _block17() for i in range(1, 11)}),
            "Mixed_7a": _mixed_7a(),
            "Repeat_2": _chain({f"block8_{i}": _block8(0.2) for i in range(1, 6)}),
            "Block8": _block8(1.0, activated=False),
        }
    )
