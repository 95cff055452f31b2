"""The average of the weights of several finished runs that started from one: an ensemble at the price of one network.

Networks trained on from the same weights, each a little differently, lie in one basin of the loss, and their mean lies
nearer to its middle than each of them (Wortsman et al., "Model soups", ICML 2022). Batch norm's statistics are averaged
as the weights are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from training.train import read_checkpoint, write_checkpoint

SHAPE = ("backbone", "collections", "zoom", "method")
"""Settings that must agree, beside the shapes of the weights, for a mean to mean anything."""


def average(checkpoints: Sequence[Path], out: Path) -> None:
    """Write a checkpoint whose weights are the mean of those of several.

    Args:
        checkpoints: files that `training.train.Trainer.save` wrote, two at least. The last one's configuration (what
            its network sees, and how it is decoded) is the mean's.
        out: the file to write; it names the configurations of all of them as `averaged`.

    Raises:
        ValueError: there are too few, or their networks differ.
    """
    if len(checkpoints) < 2:
        raise ValueError("an average takes two checkpoints at least")
    states = [read_checkpoint(path) for path in checkpoints]
    last = states[-1]
    for path, state in zip(checkpoints, states, strict=True):
        for name in SHAPE:
            ours, theirs = (_plain(one["config"].get(name)) for one in (last, state))
            if theirs is not None and ours is not None and ours != theirs:
                raise ValueError(f"{path}: {name} is {theirs}, but {ours} in {checkpoints[-1]}")
        if {name: value.shape for name, value in state["ema"].items()} != {
            name: value.shape for name, value in last["ema"].items()
        }:
            raise ValueError(f"{path}: its network is not that of {checkpoints[-1]}")
    mean = {
        name: torch.stack([state["ema"][name].float() for state in states]).mean(0).to(value.dtype)
        if value.is_floating_point()
        else value
        for name, value in last["ema"].items()
    }
    made = [{"config": state["config"], "steps": state["step"]} for state in states]
    write_checkpoint(out, {"config": last["config"], "step": last["step"], "ema": mean, "averaged": made})


def _plain(value: Any) -> Any:
    """A setting as it can be compared: of the collections their names, in order."""
    return list(value) if isinstance(value, dict | tuple) else value
