"""Two trained networks of different kinds become one: trunks side by side, and heads that average what both say.

The less alike two networks' errors are, the smaller is their mean. Heads are linear, so the mean of their logits is a
head on the features of both: the result is a network like any other, to be given a gate, calibrated and exported. The
mean of logits is the geometric mean of the distributions (a logarithmic opinion pool; Heskes, NIPS 1997).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.backbones import PAIRS, PairedNetwork
from training.checkpoints import network_of, read_checkpoint, write_checkpoint
from training.network import AgeNetwork

FIRST = "resnet50-original"
ROLES = ("resnet", "partner")
"""The two networks' keys in a checkpoint's note on how the pair was made."""


def joined(resnet: AgeNetwork, partner: AgeNetwork, share: float) -> AgeNetwork:
    """One network that gives the average of two networks' answers; its gate is untrained.

    Args:
        resnet: the original ResNet-50.
        partner: one of those in `PAIRS`, with the same heads.
        share: weight of the partner's logits.

    Raises:
        ValueError: they do not fit each other, or `share` lies outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share must be from 0 to 1, not {share:g}")
    kinds = [name for name, kind in PAIRS.items() if kind == partner.backbone_name]
    if resnet.backbone_name != FIRST or not kinds:
        raise ValueError(
            f"a pair is {FIRST} and {' or '.join(PAIRS.values())}, not {resnet.backbone_name} and "
            f"{partner.backbone_name}"
        )
    for what in ("collections", "detail", "method"):
        if getattr(resnet, what) != getattr(partner, what):
            raise ValueError(f"{what} differ: {getattr(resnet, what)} and {getattr(partner, what)}")
    if round(partner.input_size * PairedNetwork.SMALLER) != resnet.input_size:
        raise ValueError(
            f"{FIRST} sees {resnet.input_size} pixels, not {PairedNetwork.SMALLER} of {partner.input_size}"
        )
    pair = AgeNetwork(kinds[0], partner.input_size, resnet.collections, method=resnet.method, detail=resnet.detail)
    assert isinstance(pair.backbone, PairedNetwork)
    pair.backbone.resnet.load_state_dict(resnet.backbone.state_dict())
    pair.backbone.partner.load_state_dict(partner.backbone.state_dict())
    with torch.no_grad():
        for ours, first, second in zip(pair.heads, resnet.heads, partner.heads, strict=True):
            if not (isinstance(ours, nn.Linear) and isinstance(first, nn.Linear) and isinstance(second, nn.Linear)):
                raise ValueError(f"heads of {resnet.method.name} are not linear")
            ours.weight.copy_(torch.cat([(1 - share) * first.weight, share * second.weight], dim=1))
            ours.bias.copy_(torch.lerp(first.bias, second.bias, share))
    return pair.eval()


def pair(resnet: Path, partner: Path, out: Path, share: float = 0.5) -> None:
    """Write the checkpoint of two checkpoints' pair, with the averaged weights of both.

    Args:
        resnet: checkpoint of a ResNet-50.
        partner: checkpoint of its partner.
        out: the new checkpoint. It keeps how both were made as `pair`.
        share: see `joined`.

    Raises:
        ValueError: see `joined`; or a file is not a checkpoint.
        FileNotFoundError: one of the two does not exist.
    """
    states = read_checkpoint(resnet), read_checkpoint(partner)
    network = joined(network_of(states[0]), network_of(states[1]), share)
    made: dict[str, Any] = {"share": share}
    for role, path, state in zip(ROLES, (resnet, partner), states, strict=True):
        kept = {name: state.get(name) for name in ("config", "step", "average")}
        made[role] = kept | {"checkpoint": path.name}
    new = {"name": out.parent.name, "backbone": network.backbone_name, "input_size": network.input_size}
    config = states[0]["config"] | new
    write_checkpoint(out, {"config": config, "step": states[0]["step"], "ema": network.state_dict(), "pair": made})
