"""The files that a run leaves: its configuration and averaged weights. `Trainer.save` adds what resuming needs."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from training.config import settings_of
from training.files import write_atomic
from training.methods import make_method
from training.network import AgeNetwork

KEPT = ("average", "pair", "gate")
"""Keys under which a checkpoint may say how it was made after training, by the modules of these names."""


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint in one step: a process that is killed leaves the old one intact."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomic(path, buffer.getvalue())


def read_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """What `training.train.Trainer.save` wrote: `config`, `step`, the averaged weights `ema`, and what resuming needs.

    Args:
        path: the file.
        device: where its tensors go.

    Raises:
        ValueError: the file is something else.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        _ = state["config"], state["step"], state["ema"]
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no checkpoint of `training train`") from error
    return state


def load_checkpoint(path: Path, input_size: int = 0, detail: int | None = None) -> AgeNetwork:
    """The network of a file that `Trainer.save` wrote, see `network_of` and `read_checkpoint`."""
    return network_of(read_checkpoint(path), input_size, detail)


def network_of(state: Mapping[str, Any], input_size: int = 0, detail: int | None = None) -> AgeNetwork:
    """The network of a checkpoint with its averaged weights, in evaluation mode.

    Args:
        state: what `read_checkpoint` returns.
        input_size: side in pixels that the network sees; 0 takes that of the training.
        detail: see `AgeNetwork`; None takes that of the training.

    Raises:
        ValueError: see `settings_of`.
    """
    config = settings_of(state["config"])
    size = input_size or config["input_size"]
    method = make_method(config["method"], config["method_options"])
    detail = config["detail"] if detail is None else detail
    network = AgeNetwork(config["backbone"], size, tuple(config["collections"]), method, detail)
    if made := state.get("gate"):
        network.empty_gate(made.get("sees", ""), state["ema"]["gate.weight"].shape[1], bool(made.get("people")))
    network.load_state_dict(state["ema"])
    return network.eval()
