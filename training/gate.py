"""The gate between the heads, fitted anew on a finished trunk.

While the trunk learns, the gate only ever sees features that are still changing. Fitted afterwards, it knows the
finished ones: a logistic regression on photos as they are, and degraded and cropped so that neither quality nor framing
nor borders tell which collection they come from. Only the faces are left to tell.

In training all collections count alike. But a stranger's photo is seldom of a further collection's kind, and the main
head learned from the most varied people: so the gate's odds get a prior (Saerens, Latinne, Decaestecker, "Adjusting the
outputs of a classifier to new a priori probabilities", Neural Computation 14(1), 2002).

Such a gate still takes a family print for a further collection's photo. If that collection shows only some people,
and the main one has labels for these, another regression (`fit_people`) learns from the main collection alone how such
people look: it cannot go by prints, since it has seen only one kind. The prior is then that of these people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from training.augment import Augmentation, augment
from training.checkpoints import KEPT, read_checkpoint, write_checkpoint
from training.data import Faces
from training.network import AgeNetwork, blend

FURTHER = 0.1
"""Prior share of strangers' photos that are of each further collection's kind."""
CLOSEST = 20
"""Most pixels of a 200-pixel chip that a close crop leaves out on each side."""
DECAY = 1e-3
"""Weight of the squared coefficients, for inputs of standard deviation 1. With less, the gate relies on ever finer
differences; with more, it no longer recognizes the further collections' own photos."""


def seen_of(
    network: AgeNetwork, stage: str, faces: Faces, how: Augmentation | None = None, closest: int = 0, seed: int = 0
) -> Tensor:
    """The output of a stage of the trunk for the chips of `faces`, shape (N, G), see `AgeNetwork.see`.

    Args:
        network: in evaluation mode.
        stage: its name, "" for the features.
        faces: N photos.
        how: changes the chips first; None leaves them as they are.
        closest: up to this many pixels are cropped on each side, a different number for each batch.
        seed: for both changes.
    """
    chance = torch.Generator().manual_seed(seed)
    found = []
    # If the CPU has bfloat16 this takes a third of the time, and a logistic regression does not need the lost digits.
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        for chips in faces.batches():
            pixels = torch.from_numpy(chips).permute(0, 3, 1, 2).float()
            if how is not None:
                pixels = augment(pixels, how, chance)
            if margin := int(torch.randint(closest + 1, (), generator=chance)):
                inner = pixels[:, :, margin:-margin, margin:-margin]
                pixels = F.interpolate(inner, pixels.shape[-2:], mode="bilinear", antialias=True)
            found.append(network.see(pixels, stage).float())
    return torch.cat(found)


def fit(features: Sequence[Tensor], decay: float = DECAY) -> nn.Linear:
    """Multinomial logistic regression of the collection on what the gate sees, all collections counting alike.

    Args:
        features: for each of K collections, those of its photos, shape (N_k, F).
        decay: see `DECAY`.

    Returns:
        layer from features to K logits.
    """
    every = torch.cat(list(features))
    which = torch.repeat_interleave(torch.arange(len(features)), torch.tensor([len(part) for part in features]))
    mean, deviation = every.mean(0), every.std(0).clamp(min=1e-6)
    standard = (every - mean) / deviation
    share = 1 / torch.tensor([float(len(part)) for part in features])
    layer = nn.Linear(every.shape[1], len(features))
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(layer(standard), which, weight=share) + decay * layer.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():  # from standardized features to features as they are
        layer.weight.div_(deviation)
        layer.bias.sub_(layer.weight @ mean)
    return layer


def with_prior(layer: nn.Linear, further: float = FURTHER) -> nn.Linear:
    """A copy of a gate fitted on collections that count alike, for photos few of which are of a further one's kind.

    Args:
        layer: from features to K logits, the main head first.
        further: share of photos of each further collection's kind, above 0, all together below 1.
    """
    main = 1 - further * (layer.out_features - 1)
    if not 0 < further < 1 or main <= 0:
        raise ValueError(f"{layer.out_features - 1} further collections cannot each have a share of {further:g}")
    copy = nn.Linear(layer.in_features, layer.out_features)
    copy.load_state_dict(layer.state_dict())
    with torch.no_grad():
        copy.bias[0] += math.log(main / further)
    return copy


def fit_people(seen: Tensor, labels: NDArray[np.str_], people: Sequence[str], further: float = FURTHER) -> nn.Linear:
    """Logistic regressions of a label of the main collection's photos on what the gate sees.

    Args:
        seen: of N photos, shape (N, F).
        labels: their labels, shape (N,).
        people: for each of K - 1 further collections, the label of the people whom it shows.
        further: share of strangers who are such people, above 0 and below 1.

    Returns:
        layer from features to K - 1 log odds.

    Raises:
        ValueError: no photo has such a label, or all have.
    """
    layer = nn.Linear(seen.shape[1], len(people))
    for number, label in enumerate(people):
        theirs = torch.from_numpy(labels == label)
        if theirs.all() or not theirs.any():
            known = ", ".join(sorted(set(labels))) or "none"
            raise ValueError(f"some photos, not all, must have the label {label}; there are {known}")
        two = with_prior(fit([seen[~theirs], seen[theirs]]), further)
        with torch.no_grad():
            layer.weight[number] = two.weight[1] - two.weight[0]
            layer.bias[number] = two.bias[1] - two.bias[0]
    return layer


def error_of(network: AgeNetwork, faces: Faces) -> float:
    """MAE in years on `faces`, uncalibrated."""
    found = []
    with torch.inference_mode():
        for chips in faces.batches():
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = blend(*network(torch.from_numpy(chips).permute(0, 3, 1, 2).float()))
            found.append(network.method.expectation(logits))  # outside: bfloat16 would round the ages
    return float(np.abs(torch.cat(found).numpy() - faces.ages).mean())


def exchange(
    checkpoint: Path, out: Path, layer: nn.Linear, made: Mapping[str, Any], people: nn.Linear | None = None
) -> None:
    """Write a copy of a checkpoint's averaged weights with another gate.

    Args:
        checkpoint: a file that `training.train.Trainer.save` wrote.
        out: the copy.
        layer: the gate.
        made: how it was made, kept with it as `gate`; `sees` as in `AgeNetwork.replace_gate`, `people` as in
            `fit_people`.
        people: see `AgeNetwork.replace_gate`.
    """
    state = read_checkpoint(checkpoint)
    ema = {name: value for name, value in state["ema"].items() if not name.startswith(("gate.", "people."))}
    for name, one in (("gate", layer), ("people", people)):
        if one is not None:
            ema |= {f"{name}.{key}": value.detach() for key, value in one.state_dict().items()}
    kept = {name: state[name] for name in ("config", "step", *KEPT) if name in state}
    write_checkpoint(out, kept | {"ema": ema, "gate": dict(made)})
