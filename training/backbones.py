"""Backbones by name: normalized pixels (N, 3, S, S) -> features (N, F), without a classifier.

All start with random weights; `training.network.load_arrays` and `training.pretrained` load others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.inception import FEATURES, inception_resnet_v1
from training.vision import torchvision

MEAN = (0.485, 0.456, 0.406)
"""Mean of ImageNet's pixels (0..1), red, green, blue, which all backbones expect to be subtracted."""

STD = (0.229, 0.224, 0.225)
"""Standard deviation of the same pixels, by which they are then divided."""

PYRAMID = 256
"""Channels of each level of the feature pyramid, as in its paper."""

PAIRS: Mapping[str, str] = {"resnet50-mobilenet": "mobilenet-v1", "resnet50-inception": "inception-resnet-v1"}
"""Pair -> the original ResNet-50's partner in it, see `PairedNetwork`."""

OF_PARTNER = "partner."
"""Prefix of the partner's stage names in a pair."""


def original_resnet50() -> tuple[nn.Module, int]:
    """ResNet-50 of He et al. (CVPR 2016): the stride sits in the first 1x1 convolution of a stage."""
    net = torchvision.models.resnet50(weights=None)
    for stage in (net.layer2, net.layer3, net.layer4):
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    features = net.fc.in_features
    net.fc = nn.Identity()
    return net, features


def torchvision_backbone(name: str) -> tuple[nn.Module, int]:
    """A ResNet of torchvision with its own strides."""
    net = torchvision.models.get_model(name, weights=None)
    features = net.fc.in_features
    net.fc = nn.Identity()
    return net, features


def mobile_backbone(name: str) -> tuple[nn.Module, int]:
    """A network of torchvision whose classifier is a dropout and a linear layer: MobileNetV2, EfficientNet.

    Sandler et al., CVPR 2018; Tan and Le, ICML 2019.
    """
    net = torchvision.models.get_model(name, weights=None)
    features = net.classifier[-1].in_features
    net.classifier = nn.Identity()
    return net, features


class PyramidNetwork(nn.Module):
    """ResNet-50 with a feature pyramid (Lin et al., CVPR 2017): each level averaged over the face, then concatenated.

    The classifier of a ResNet sees only the last stage, where 128 pixels have become 4 x 4; the pyramid adds what the
    earlier stages see, such as wrinkles. The ResNet is the original one, because the weights in ../shared/data/weights
    are for that one.
    """

    STAGES = ("layer1", "layer2", "layer3", "layer4")

    def __init__(self) -> None:
        super().__init__()
        self.body, features = original_resnet50()
        widths = [features // 8, features // 4, features // 2, features]
        self.pyramid = torchvision.ops.FeaturePyramidNetwork(widths, PYRAMID)

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels (N, 3, S, S) -> features (N, 4 * 256), finest level first."""
        body = self.body
        x = pixels
        for part in ("conv1", "bn1", "relu", "maxpool"):
            x = body.get_submodule(part)(x)
        levels = {}
        for stage in self.STAGES:
            x = levels[stage] = body.get_submodule(stage)(x)
        return torch.cat([level.mean((2, 3)) for level in self.pyramid(levels).values()], dim=1)


def pyramid_backbone() -> tuple[nn.Module, int]:
    """See `PyramidNetwork`."""
    return PyramidNetwork(), len(PyramidNetwork.STAGES) * PYRAMID


class SameConv2d(nn.Conv2d):
    """A strided convolution padded like TensorFlow's SAME: an odd pixel goes to the right and the bottom.

    With PyTorch's even padding, weights trained in TensorFlow would see everything half a pixel off.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  (the name that torch gives it)
        """Pad, then convolve."""
        sides: list[int] = []
        for axis in (3, 2):
            size, kernel, stride = input.shape[axis], self.kernel_size[axis - 2], self.stride[axis - 2]
            pad = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            sides += [pad // 2, pad - pad // 2]
        return F.conv2d(F.pad(input, sides), self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class OtherPixels(nn.Module):
    """Layers that were trained on pixels normalized in another way; their output is averaged over the face.

    Args:
        features: the layers.
        mean: what was subtracted from pixels of 0..255, red, green, blue.
        deviation: what they were then divided by.
    """

    def __init__(self, features: nn.Module, mean: Sequence[float], deviation: float) -> None:
        super().__init__()
        self.features = features
        scale, shift = 255 * torch.tensor(STD), 255 * torch.tensor(MEAN) - torch.tensor(mean)
        self.register_buffer("scale", (scale / deviation).view(3, 1, 1), persistent=False)
        self.register_buffer("shift", (shift / deviation).view(3, 1, 1), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels (N, 3, S, S), normalized as for all backbones -> features (N, F)."""
        return self.features(self.own(pixels)).mean((2, 3))

    def own(self, pixels: Tensor) -> Tensor:
        """Pixels normalized as for all backbones -> as the layers know them."""
        return pixels * self.get_buffer("scale") + self.get_buffer("shift")


class EfficientNetLite0(OtherPixels):
    """EfficientNet-B0 without what is slow on small devices: no squeeze-and-excitation, ReLU6 instead of SiLU.

    After Google's TPU models (efficientnet/lite, 2020), whose pixels are (x - 127) / 128 instead of normalized.
    """

    def __init__(self) -> None:
        net, count = mobile_backbone("efficientnet_b0")
        super().__init__(net.get_submodule("features"), (127.0, 127.0, 127.0), 128.0)
        self.count = count
        for module in list(self.features.modules()):
            for name, child in module.named_children():
                if isinstance(child, torchvision.ops.SqueezeExcitation):
                    setattr(module, name, nn.Identity())
                elif isinstance(child, nn.SiLU):
                    setattr(module, name, nn.ReLU6(inplace=True))
                elif isinstance(child, nn.BatchNorm2d):
                    child.eps, child.momentum = 1e-3, 0.01
                elif isinstance(child, nn.Conv2d) and child.stride != (1, 1):
                    same = SameConv2d(
                        child.in_channels,
                        child.out_channels,
                        int(child.kernel_size[0]),
                        int(child.stride[0]),
                        groups=child.groups,
                        bias=False,
                    )
                    same.load_state_dict(child.state_dict())
                    setattr(module, name, same)


def lite_backbone() -> tuple[nn.Module, int]:
    """See `EfficientNetLite0`."""
    net = EfficientNetLite0()
    return net, net.count


class MobileNetV1(OtherPixels):
    """MobileNet (Howard et al., 2017) as TensorFlow exports it for inference, without batch norm.

    Each batch norm has become part of the convolution before it. So the network trains without batch norm, at a rate
    that does not harm its already good weights (`training.face_weights`). Its pixels are 0..255 less ImageNet's mean.
    """

    WIDTHS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
    STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
    SHIFT = (123.68, 116.779, 103.939)

    def __init__(self) -> None:
        parts: list[nn.Module] = [SameConv2d(3, self.WIDTHS[0], 3, 2), nn.ReLU6(inplace=True)]
        for count, wider, stride in zip(self.WIDTHS, self.WIDTHS[1:], self.STRIDES, strict=False):
            deep = nn.Conv2d(count, count, 3, padding=1, groups=count)
            parts += [deep if stride == 1 else SameConv2d(count, count, 3, stride, groups=count)]
            parts += [nn.ReLU6(inplace=True)]
            parts += [nn.Conv2d(count, wider, 1), nn.ReLU6(inplace=True)]
        super().__init__(nn.Sequential(*parts), self.SHIFT, 1.0)


def plain_mobile_backbone() -> tuple[nn.Module, int]:
    """See `MobileNetV1`."""
    return MobileNetV1(), MobileNetV1.WIDTHS[-1]


def inception_backbone() -> tuple[nn.Module, int]:
    """Inception-ResNet v1 as FaceNet trained it: pixels are (x - 127.5) / 128 (`training.inception`)."""
    return OtherPixels(inception_resnet_v1(), (127.5, 127.5, 127.5), 128.0), FEATURES


class PairedNetwork(nn.Module):
    """The original ResNet-50 and a partner side by side: the features of both (`training.pair`).

    They differ in kind, in what they learned from before and in how fine they see, so their errors differ as well.
    ResNet-50 sees the face somewhat smaller, which loses nothing where `detail` bounds what there is to see.

    Args:
        partner: a name in `BACKBONES`.
    """

    SMALLER = 0.8
    """Side of what ResNet-50 sees, as a share of what its partner sees."""

    def __init__(self, partner: str) -> None:
        super().__init__()
        self.resnet, wide = original_resnet50()
        self.partner, more = BACKBONES[partner]()
        self.count = wide + more

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels (N, 3, S, S) -> features of ResNet-50, then of its partner: (N, 2048 + F)."""
        return torch.cat([self.resnet(self.smaller(pixels)), self.partner(pixels)], dim=1)

    def look(self, pixels: Tensor, stage: str) -> tuple[Tensor, Tensor]:
        """See `look`."""
        if stage.startswith(OF_PARTNER):
            features = self.resnet(self.smaller(pixels))
            more, seen = look(self.partner, pixels, stage.removeprefix(OF_PARTNER))
        else:
            features, seen = look(self.resnet, self.smaller(pixels), stage)
            more = self.partner(pixels)
        return torch.cat([features, more], dim=1), seen

    def see(self, pixels: Tensor, stage: str) -> Tensor:
        """See `see`."""
        if stage.startswith(OF_PARTNER):
            return see(self.partner, pixels, stage.removeprefix(OF_PARTNER))
        return see(self.resnet, self.smaller(pixels), stage)

    def smaller(self, pixels: Tensor) -> Tensor:
        """What ResNet-50 sees of the partner's pixels."""
        return F.interpolate(pixels, scale_factor=self.SMALLER, mode="bilinear")


def paired_backbone(partner: str) -> tuple[nn.Module, int]:
    """See `PairedNetwork`."""
    net = PairedNetwork(partner)
    return net, net.count


def stages(backbone: nn.Module) -> list[str]:
    """Names of the parts after which one can `look`; none if a backbone is more than a sequence of its parts."""
    if isinstance(backbone, PairedNetwork):
        return [*stages(backbone.resnet), *(OF_PARTNER + name for name in stages(backbone.partner))]
    if isinstance(backbone, OtherPixels):
        return stages(backbone.features)
    in_order = isinstance(backbone, torchvision.models.ResNet | nn.Sequential)
    return [name for name, _ in backbone.named_children()] if in_order else []


def look(backbone: nn.Module, pixels: Tensor, stage: str = "") -> tuple[Tensor, Tensor]:
    """A backbone's features, and the output of one of its stages for the faces.

    Args:
        backbone: made by one of `BACKBONES`.
        pixels: normalized, shape (N, 3, S, S).
        stage: one of its `stages`; "" for the features.

    Returns:
        features, shape (N, F), and the stage's output, averaged over the face: shape (N, G).
    """
    if not stage:
        features = backbone(pixels)
        return features, features
    if isinstance(backbone, PairedNetwork):
        return backbone.look(pixels, stage)
    for name, x in _walk(backbone, pixels):
        if name == stage:
            seen = x.mean((2, 3))
    return x.mean((2, 3)), seen


def see(backbone: nn.Module, pixels: Tensor, stage: str = "") -> Tensor:
    """The second of `look`'s results, computed without what it does not need."""
    if not stage:
        return look(backbone, pixels)[1]
    if isinstance(backbone, PairedNetwork):
        return backbone.see(pixels, stage)
    return next(x.mean((2, 3)) for name, x in _walk(backbone, pixels) if name == stage)


def _walk(backbone: nn.Module, pixels: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Each stage's name and output in turn: maps (N, C, H, W)."""
    parts, x = backbone, pixels
    if isinstance(backbone, OtherPixels):
        parts, x = backbone.features, backbone.own(pixels)
    for name, part in parts.named_children():
        x = part(x)
        yield name, x


BACKBONES: Mapping[str, Callable[[], tuple[nn.Module, int]]] = {
    "resnet50-original": original_resnet50,
    "resnet18": lambda: torchvision_backbone("resnet18"),
    "resnet50-fpn": pyramid_backbone,
    **{name: partial(paired_backbone, partner) for name, partner in PAIRS.items()},
    "mobilenet-v1": plain_mobile_backbone,
    "inception-resnet-v1": inception_backbone,
    "mobilenet-v2": lambda: mobile_backbone("mobilenet_v2"),
    "efficientnet-b0": lambda: mobile_backbone("efficientnet_b0"),
    "efficientnet-lite0": lite_backbone,
}
"""Name -> function that returns the backbone without its classifier, and its number of features."""
