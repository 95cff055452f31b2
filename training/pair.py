"""Two trained networks of different kind become one: trunks side by side, and heads that average what both say.

The mean of two networks' errors is smaller the less alike they are. Heads are linear, so the mean of their logits is a
head on the features of both: what comes out is a network like any other, to be given a gate, calibrated and exported.
The mean of logits is the geometric mean of the distributions (a logarithmic opinion pool; Heskes, NIPS 1997).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.backbones import PairedNetwork
from training.network import AgeNetwork
from training.train import load_checkpoint, read_checkpoint, write_checkpoint

BACKBONE = "resnet50-mobilenet"
KINDS = ("resnet50-original", "mobilenet-v1")


def joined(large: AgeNetwork, small: AgeNetwork, share: float = 0.5) -> AgeNetwork:
    """One network that says what two say on average; its gate is untrained.

    Args:
        large: a ResNet-50.
        small: a MobileNet, with the same heads.
        share: weight of the small one's logits.

    Raises:
        ValueError: they do not fit each other, or `share` lies outside of 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share must be from 0 to 1, not {share:g}")
    kinds = (large.backbone_name, small.backbone_name)
    if kinds != KINDS:
        raise ValueError(f"a pair is {KINDS[0]} and {KINDS[1]}, not {kinds[0]} and {kinds[1]}")
    for what in ("collections", "detail", "method"):
        if getattr(large, what) != getattr(small, what):
            raise ValueError(f"{what} differ: {getattr(large, what)} and {getattr(small, what)}")
    if round(small.input_size * PairedNetwork.SMALLER) != large.input_size:
        raise ValueError(
            f"{KINDS[0]} sees {large.input_size} pixels, not {PairedNetwork.SMALLER} of {small.input_size}"
        )
    pair = AgeNetwork(BACKBONE, small.input_size, large.collections, method=large.method, detail=large.detail)
    assert isinstance(pair.backbone, PairedNetwork)
    pair.backbone.large.load_state_dict(large.backbone.state_dict())
    pair.backbone.small.load_state_dict(small.backbone.state_dict())
    with torch.no_grad():
        for ours, first, second in zip(pair.heads, large.heads, small.heads, strict=True):
            if not (isinstance(ours, nn.Linear) and isinstance(first, nn.Linear) and isinstance(second, nn.Linear)):
                raise ValueError(f"heads of {large.method.name} are not linear")
            ours.weight.copy_(torch.cat([(1 - share) * first.weight, share * second.weight], dim=1))
            ours.bias.copy_(torch.lerp(first.bias, second.bias, share))
    return pair.eval()


def pair(large: Path, small: Path, out: Path, share: float = 0.5) -> None:
    """Write the checkpoint of two checkpoints' pair, with the averaged weights of both.

    Args:
        large: checkpoint of a ResNet-50.
        small: checkpoint of a MobileNet.
        out: the new checkpoint. It keeps what made both as `pair`.
        share: see `joined`.

    Raises:
        ValueError: see `joined`; or a file is no checkpoint.
        FileNotFoundError: one of both is not there.
    """
    network = joined(load_checkpoint(large), load_checkpoint(small), share)
    states = read_checkpoint(large), read_checkpoint(small)
    made: dict[str, Any] = {"share": share}
    for role, path, state in zip(("large", "small"), (large, small), states, strict=True):
        kept = {name: state.get(name) for name in ("config", "step", "average")}
        made[role] = kept | {"checkpoint": path.name}
    new = {"name": out.parent.name, "backbone": BACKBONE, "input_size": network.input_size}
    config = states[0]["config"] | new
    write_checkpoint(out, {"config": config, "step": states[0]["step"], "ema": network.state_dict(), "pair": made})
