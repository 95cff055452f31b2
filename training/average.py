"""Averaging the weights of a run with those that it started from.

A run that follows another mostly stays in the same valley of the loss, and between its two ends the error is often
lower than at either: the mean of the weights acts nearly like the mean of both networks' answers, at the cost of one
(Wortsman et al., "Model soups", ICML 2022; for a run and its start: "Robust fine-tuning of zero-shot models", CVPR
2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.checkpoints import read_checkpoint, write_checkpoint


def between(start: Mapping[str, Tensor], end: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Weights on the straight line between two networks.

    Args:
        start: state of the network that the run started from.
        end: that of the network it became, with the same names. If the gates differ in shape, this one's is kept.
        share: 0 gives `start`, 1 gives `end`.

    Raises:
        ValueError: they are of different networks, or `share` lies outside.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share must be from 0 to 1, not {share:g}")
    mixed = {}
    for name, value in end.items():
        other = start.get(name)
        if name.startswith(("gate.", "people.")) and (other is None or other.shape != value.shape):
            mixed[name] = value
        elif other is None or other.shape != value.shape:
            raise ValueError(f"these are different networks: {name} differs")
        else:
            mixed[name] = torch.lerp(other, value, share) if value.dtype.is_floating_point else value
    return mixed


def average(checkpoint: Path, runs: Path, share: float) -> Path:
    """Write a checkpoint between a run's and that of the run it followed, from the averaged weights of both.

    Args:
        checkpoint: the run's, a file that `training.train.Trainer.save` wrote.
        runs: folder of the runs, including the followed one.
        share: of the run's own weights, see `between`.

    Returns:
        the new checkpoint, `average.pt` beside the run's, which keeps the share as `average`.

    Raises:
        ValueError: see `between`; or a file is not a checkpoint, or the run follows no other.
        FileNotFoundError: one of the two checkpoints does not exist.
    """
    end = read_checkpoint(checkpoint)
    if end.get("gate"):
        raise ValueError(
            f"{checkpoint} has another gate than its run: average the run's own checkpoint, then fit a gate"
        )
    follows = end["config"].get("follows")
    if not follows:
        raise ValueError(f"{checkpoint} is of a run that follows no other")
    start = read_checkpoint(runs / follows / "best.pt")
    made: dict[str, Any] = {"checkpoint": checkpoint.name, "share": share}
    weights = between(start["ema"], end["ema"], share)
    out = checkpoint.with_name("average.pt")
    write_checkpoint(out, {"config": end["config"], "step": end["step"], "ema": weights, "average": made})
    return out
