"""The network: a backbone by name, the way a chip enters it, and one output head per photo collection.

The same module serves training, evaluation and export, so the three cannot disagree on resizing or normalization.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.age import AGES
from training.backbones import BACKBONES, MEAN, STD, PyramidNetwork, look, see, stages
from training.methods import Method
from training.methods.dldl_v2 import DldlV2

CHIP = 200
"""Side of a chip in pixels, UTKFace's geometry."""

KNOTS = tuple(range(0, AGES, 10))
"""Uncalibrated expectations, in years, that have their own temperature (`training.calibrate`)."""

_LEAST_VARIANCE = 1e-3
"""Of a distribution, years squared: a narrower one has no skew to speak of."""

_LEAST_WEIGHT = 1e-6
"""Of a head, so that its logarithm is finite."""


def resize_matrix(size_in: int, size_out: int) -> NDArray[np.float32]:
    """One axis of an antialiased resize: `resize_matrix(n, m) @ row` has m entries.

    A triangle filter as wide as an output pixel (Pillow's BILINEAR), centered, edges renormalized.

    Args:
        size_in: pixels of the source.
        size_out: pixels of the result.

    Returns:
        shape (size_out, size_in), rows sum to 1.
    """
    step = size_in / size_out
    width = max(step, 1.0)
    centers = (np.arange(size_out) + 0.5) * step
    pixels = np.arange(size_in) + 0.5
    distance = np.abs(pixels[None] - np.clip(centers, 0.5, size_in - 0.5)[:, None])
    weights = np.clip(1.0 - distance / width, 0.0, None)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


class AgeNetwork(nn.Module):
    """Chips -> what a method of age estimation turns into ages ("logits"), one set for each photo collection.

    Collections follow different conventions (labels, people, cropping): above about twenty years the same face has
    different labels in one and in another. So each has its own head on the shared trunk, and a gate learns to tell from
    the features which collection a photo resembles (a mixture of experts; Jacobs et al., Neural Computation 3(1),
    1991). The gate learns from what it sees but does not shape it, or the trunk would have to tell the collections
    apart. It sees the features, or what an earlier stage of the trunk makes of the face (`replace_gate`).

    A gate that tells collections apart goes by prints and framing too, and a further collection may show only some
    people. So a second layer, `people`, can say how much a face is like those, which limits what the gate gives a head.

    Args:
        backbone: a name in `BACKBONES`.
        input_size: side in pixels that the chip is resized to.
        collections: names of the photo collections.
        detail: side in pixels to which the chip is reduced before it is resized to `input_size`, so that no photo shows
            finer detail than the collections have; 0 for no reduction.
        method: what the heads put out and how it is read.
    """

    def __init__(
        self,
        backbone: str = "resnet50-original",
        input_size: int = 128,
        collections: Sequence[str] = ("utkface",),
        method: Method | None = None,
        detail: int = 0,
    ) -> None:
        super().__init__()
        if backbone not in BACKBONES:
            raise ValueError(f"there is no backbone {backbone}, but {', '.join(BACKBONES)}")
        self.backbone_name = backbone
        self.backbone, features = BACKBONES[backbone]()
        self.method = method or DldlV2()
        self.heads = nn.ModuleList(self.method.head(features) for _ in collections)
        self.gate = nn.Linear(features, len(collections)) if len(collections) > 1 else None
        self.gate_sees = ""
        self.people: nn.Linear | None = None
        self.collections = tuple(collections)
        self.input_size, self.detail = input_size, detail
        resize = resize_matrix(CHIP, detail or input_size)
        if detail:
            resize = resize_matrix(detail, input_size) @ resize
        self.register_buffer("resize", torch.from_numpy(resize), persistent=False)
        self.register_buffer("scale", 1 / (255 * torch.tensor(STD).view(3, 1, 1)), persistent=False)
        self.register_buffer("shift", -(torch.tensor(MEAN) / torch.tensor(STD)).view(3, 1, 1), persistent=False)

    def replace_gate(self, layer: nn.Linear | None, sees: str = "", people: nn.Linear | None = None) -> None:
        """Put another gate in.

        Args:
            layer: from what the gate sees to K logits; None for none.
            sees: the stage of the backbone whose output, averaged over the face, the gate sees ("layer3"); "" for the
                features that the heads see.
            people: from the same input to K - 1 log odds that the face is of the people whom each further collection
                shows; None lets the gate alone decide.

        Raises:
            ValueError: the backbone has no such stage.
        """
        self.check_stage(sees)
        self.gate, self.gate_sees, self.people = layer, sees, people

    def empty_gate(self, sees: str, width: int, people: bool) -> None:
        """Put an untrained gate in, to load weights into.

        Args:
            sees: see `replace_gate`.
            width: how many numbers the gate sees.
            people: whether there is a layer of that name.
        """
        heads = len(self.heads)
        self.replace_gate(nn.Linear(width, heads), sees, nn.Linear(width, heads - 1) if people else None)

    def check_stage(self, name: str) -> None:
        """Check that `look` can look there.

        Raises:
            ValueError: the backbone has no such stage, or is more than a sequence of its parts.
        """
        known = stages(self.backbone)
        if name and name not in known:
            raise ValueError(f"{self.backbone_name} has no stage {name}, but {', '.join(known) or 'none at all'}")

    def look(self, chips: Tensor, stage: str = "") -> tuple[Tensor, Tensor]:
        """The trunk's features, and the output of one of its stages for the faces.

        Args:
            chips: float (N, 3, 200, 200), RGB 0..255.
            stage: name of a part of the backbone that `check_stage` accepts; "" for the features.

        Returns:
            features, shape (N, F), and the stage's output, averaged over the face: shape (N, G).
        """
        return look(self.backbone, self._enter(chips), stage)

    def see(self, chips: Tensor, stage: str = "") -> Tensor:
        """The second of `look`'s results, computed without what it does not need."""
        return see(self.backbone, self._enter(chips), stage)

    def _enter(self, chips: Tensor) -> Tensor:
        """Chips -> what the backbone gets."""
        resize, scale, shift = (self.get_buffer(name) for name in ("resize", "scale", "shift"))
        # bfloat16 would round the pixels, which the network that ships sees unrounded.
        with torch.autocast(chips.device.type, enabled=False):
            pixels = resize @ chips @ resize.T * scale + shift
        return pixels.contiguous(memory_format=torch.channels_last)

    def forward(self, chips: Tensor) -> tuple[Tensor, Tensor]:
        """Answers of every head to float chips (N, 3, 200, 200), RGB 0..255.

        Returns:
            logits of the K heads, shape (N, K, method.outputs), and the gate's logits over the heads, shape (N, K).
        """
        return self.answer(*self.look(chips, self.gate_sees))

    def answer(self, features: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """What `forward` returns, from the result of `look` for the stage `gate_sees`."""
        if torch.is_autocast_enabled(features.device.type):
            with torch.autocast(features.device.type, enabled=False):  # bfloat16 would round the ages
                return self.answer(features.float(), seen.float())
        answers = torch.stack([head(features) for head in self.heads], dim=1)
        if self.gate is None:
            return answers, torch.zeros_like(answers[:, :, 0])
        seen = seen.detach()
        gate: Tensor = self.gate(seen)
        return answers, gate if self.people is None else limited(gate, self.people(seen))


def limited(gate: Tensor, people: Tensor) -> Tensor:
    """Logits of a gate that gives each further head its share only as far as the face is of that head's people.

    A heuristic: the probability that a face is of these people, times the gate's share. The chain rule would need the
    probability that a photo of such people is of the collection, while the gate knows photos of everybody, so the
    product tends to be too small. The rest goes to the main head.

    Args:
        gate: logits over the K heads, shape (N, K), the main head first.
        people: log odds, shape (N, K - 1).

    Returns:
        shape (N, K), logarithms of weights that sum to 1.
    """
    further = torch.softmax(gate, dim=1)[:, 1:] * torch.sigmoid(people)
    weights = torch.cat([1 - further.sum(1, keepdim=True), further], dim=1)
    return torch.log(weights.clamp(min=_LEAST_WEIGHT))


def blend(answers: Tensor, gate: Tensor) -> Tensor:
    """The heads' logits (N, K, outputs), weighted by the gate's softmax (logits: (N, K)): shape (N, outputs)."""
    return (torch.softmax(gate, dim=1)[:, :, None] * answers).sum(1)


def leaned(logits: Tensor, sharpness: float) -> Tensor:
    """Logits (N, 101) of distributions that lean towards their most likely ages.

    An unsure network's distribution is skewed: its long tail draws the expectation towards the ages that it has seen
    most. The expectation of the distribution raised to the power `sharpness` follows the tail less, and the median
    hardly differs from it. So the distribution is tilted, that is, multiplied by an exponential of the age, to bring
    its own expectation there while its width stays. A tilt of t changes the expectation by t times the variance,
    exactly for a normal distribution, to first order for others.

    Args:
        logits: shape (N, 101).
        sharpness: above 0; 1 changes nothing, infinity would lead to the likeliest age.
    """
    ages = torch.arange(AGES, dtype=logits.dtype, device=logits.device)
    rows = torch.softmax(logits, dim=1)
    expectation = (rows * ages).sum(1, keepdim=True)
    variance = (rows * (ages - expectation) ** 2).sum(1, keepdim=True)
    sharper = (torch.softmax(sharpness * logits, dim=1) * ages).sum(1, keepdim=True)
    return logits + (sharper - expectation) / variance.clamp(min=_LEAST_VARIANCE) * ages


class Exported(nn.Module):
    """What the ONNX file holds: 8-bit chips (N, 200, 200, 3) -> calibrated distributions (N, 101).

    Args:
        network: the trained network.
        temperatures: one for each of `KNOTS`; logits are divided by the value interpolated at their expectation.
        flip: whether the logits of the chip and of its mirror image are averaged.
        sharpness: see `leaned`.
        offsets: one for each age, added after `leaned` (`training.calibrate.offsets_of`); none by default.

    Raises:
        ValueError: the network's method gives no distribution, or `sharpness` is not above 0.
    """

    def __init__(
        self,
        network: AgeNetwork,
        temperatures: Sequence[float] = (),
        flip: bool = False,
        sharpness: float = 1.0,
        offsets: Sequence[float] = (),
    ) -> None:
        super().__init__()
        if not sharpness > 0:
            raise ValueError(f"sharpness must be above 0, not {sharpness:g}")
        network.method.age_logits(torch.zeros(1, network.method.outputs))  # fails now, not after an hour
        self.network = network
        self.flip = flip
        self.sharpness = sharpness
        self.register_buffer("ages", torch.arange(AGES, dtype=torch.float32))
        self.register_buffer("knots", torch.tensor(KNOTS, dtype=torch.float32))
        self.register_buffer("temperatures", torch.tensor(tuple(temperatures) or (1.0,) * len(KNOTS)))
        self.register_buffer("offsets", torch.tensor(tuple(offsets) or (0.0,) * AGES))

    def logits(self, chips: Tensor) -> Tensor:
        """Uncalibrated logits over the ages, shape (N, 101), of float chips (N, 3, 200, 200)."""
        answer = blend(*self.network(chips))
        if self.flip:
            answer = (answer + blend(*self.network(chips.flip(3)))) / 2
        logits = self.network.method.age_logits(answer)
        if self.sharpness != 1:
            logits = leaned(logits, self.sharpness)
        return logits + self.get_buffer("offsets")

    def forward(self, chips: Tensor) -> Tensor:
        """uint8 (N, 200, 200, 3) -> (N, 101), rows sum to 1."""
        ages, knots, temperatures = (self.get_buffer(name) for name in ("ages", "knots", "temperatures"))
        logits = self.logits(chips.permute(0, 3, 1, 2).float())
        expectation = (torch.softmax(logits, dim=1) * ages).sum(1, keepdim=True)
        share = (1 - (expectation - knots).abs() / (KNOTS[1] - KNOTS[0])).clamp(min=0)
        return torch.softmax(logits / (share * temperatures).sum(1, keepdim=True), dim=1)


def load_arrays(network: AgeNetwork, path: Path) -> None:
    """Load a torchvision state_dict kept as a NumPy archive into the backbone, and `fc` into every head if it fits.

    Raises:
        ValueError: the archive does not fit the network's backbone.
    """
    with np.load(path) as archive:
        arrays = {name: torch.from_numpy(archive[name].astype(np.float32)) for name in archive.files}
    weight, bias = arrays.pop("fc.weight", None), arrays.pop("fc.bias", None)
    # Below a feature pyramid there is a ResNet; the pyramid itself starts with random weights.
    backbone = network.backbone.body if isinstance(network.backbone, PyramidNetwork) else network.backbone
    answer = backbone.load_state_dict(arrays, strict=False)
    missing = [name for name in answer.missing_keys if not name.endswith("num_batches_tracked")]
    if missing or answer.unexpected_keys:
        raise ValueError(f"{path} does not fit: missing {missing[:3]}, unexpected {answer.unexpected_keys[:3]}")
    if weight is not None and bias is not None and weight.shape[0] == AGES:
        for head in network.heads:
            if isinstance(head, nn.Linear) and head.out_features == AGES:
                head.load_state_dict({"weight": weight, "bias": bias})
