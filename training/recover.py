"""A checkpoint from an exported model, to continue training when the run's own is gone: the reverse of `export`.

The export folded each batch norm into the convolution before it, and rounded the weights to 8 bits. The recovered
network computes what the exported model computes, but has batch norms again: the statistics of the convolutions'
outputs are taken from training photos. The size of a filter makes no difference to what a network with batch norm
computes, but it does to how fast the network learns: so filters get the size that they had when the run began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from training.augment import Augmentation, augment
from training.checkpoints import KEPT
from training.config import settings_of
from training.data import Faces
from training.methods import make_method
from training.network import CHIP, AgeNetwork

Arrays = dict[str, NDArray[np.float32]]

_NOTHING = 1e-6
"""Norm below which a filter has no size to speak of."""


def recover(
    graph: onnx.ModelProto,
    info: Mapping[str, Any],
    faces: Sequence[Faces],
    start: Mapping[str, NDArray[np.floating[Any]]] | None = None,
) -> dict[str, Any]:
    """What `training.checkpoints.load_checkpoint` reads.

    Args:
        graph: what `training.export` wrote.
        info: the `age.json` beside it.
        faces: photos to take statistics from, changed as in the run.
        start: arrays of the backbone that the run began with, by name; None leaves the filters' sizes as they are.

    Raises:
        ValueError: the model was not trained by this repository, is not the network that it claims to be, or is of a
            method with heads of its own; or see `settings_of`.
    """
    recipe = info["training"]
    if not recipe:
        raise ValueError("the model was not trained by this repository")
    config, calibration, gate = settings_of(recipe["config"]), info["calibration"], recipe.get("gate") or {}
    method = make_method(config["method"], config["method_options"])
    detail = calibration.get("detail") or 0
    names = tuple(config["collections"])
    network = AgeNetwork(config["backbone"], calibration["input_size"], names, method, detail).eval()
    arrays = _arrays(graph)
    linears, convolutions = (_layers(graph, arrays, kind) for kind in ("Gemm", "Conv"))
    heads = [head for head in network.heads if isinstance(head, nn.Linear)]
    if len(heads) < len(network.heads):
        raise ValueError(f"a model of the method {method.name} cannot be recovered: its heads are no plain layers")
    pairs = _pairs(network)
    gates = 0 if network.gate is None else 1 + bool(gate.get("people"))
    if len(convolutions) < len(pairs) or len(linears) < len(heads) + gates:
        raise ValueError("the model is of another network than it says")
    if gate:
        network.empty_gate(gate.get("sees", ""), linears[len(heads)][0].shape[1], bool(gate.get("people")))
    heads += [layer for layer in (network.gate, network.people) if layer is not None]
    for (conv, norm), (weight, bias) in zip(pairs.values(), convolutions, strict=False):
        _put(conv.weight, weight)
        if norm is None:
            assert conv.bias is not None
            _put(conv.bias, bias)
            continue
        for values, value in ((norm.running_mean, 0.0), (norm.running_var, 1 - norm.eps), (norm.weight, 1.0)):
            assert values is not None
            values.data.fill_(value)
        _put(norm.bias, bias)
    for layer, (weight, bias) in zip(heads, linears, strict=False):
        _put(layer.weight, weight)
        _put(layer.bias, bias)
    with torch.no_grad():
        normed = {name: (conv, norm) for name, (conv, norm) in pairs.items() if norm is not None}
        _unfold(network, normed, faces, Augmentation(**config["augmentation"]), start or {})
    kept = {name: recipe.get(name) for name in KEPT}
    seen = {"detail": detail, "input_size": network.input_size}  # a calibration's may differ from the run's
    return {"config": config | seen, "ema": network.state_dict(), "step": recipe["steps"]} | kept


def _arrays(graph: onnx.ModelProto) -> Arrays:
    """The graph's constants, 8-bit ones multiplied out. The graph stores equal ones once, under several names."""
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}
    for node in graph.graph.node:
        if node.op_type == "Identity" and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]]
        if node.op_type == "Mul" and node.input[1] == f"{node.output[0]}.scale":
            name = node.output[0]
            found[name] = found[f"{name}.int8"].astype(np.float32) * found[f"{name}.scale"]
    return found


def _layers(graph: onnx.ModelProto, arrays: Arrays, kind: str) -> list[tuple[Tensor, Tensor]]:
    """Weights and biases of all nodes of a kind, in the order of computation; those for a mirror image come last."""
    nodes = [node for node in graph.graph.node if node.op_type == kind]
    weights, biases = ([torch.from_numpy(arrays[one.input[i]].copy()) for one in nodes] for i in (1, 2))
    return list(zip(weights, biases, strict=True))


def _pairs(network: AgeNetwork) -> dict[str, tuple[nn.Conv2d, nn.BatchNorm2d | None]]:
    """By name every convolution and the batch norm that follows it, in the order in which they are computed.

    A convolution with its own bias has no batch norm.
    """
    order: list[tuple[str, nn.Module]] = []
    hooks = [
        module.register_forward_hook(lambda module, _, __, name=name: order.append((name, module)))
        for name, module in network.backbone.named_modules()
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d)
    ]
    with torch.inference_mode():
        network(torch.zeros(1, 3, CHIP, CHIP))
    for hook in hooks:
        hook.remove()
    pairs: dict[str, tuple[nn.Conv2d, nn.BatchNorm2d | None]] = {}
    following = [module for _, module in order[1:]] + [None]
    for (name, conv), norm in zip(order, following, strict=True):
        if isinstance(conv, nn.BatchNorm2d):
            continue
        assert isinstance(conv, nn.Conv2d)
        if conv.bias is None and not isinstance(norm, nn.BatchNorm2d):
            raise ValueError(f"{network.backbone_name} has convolutions without a batch norm of their own")
        pairs[name] = (conv, norm if isinstance(norm, nn.BatchNorm2d) else None)
    return pairs


def _put(parameter: Tensor, values: Tensor) -> None:
    if parameter.shape != values.shape:
        raise ValueError("the model is of another network than it says")
    parameter.data.copy_(values)


def _unfold(
    network: AgeNetwork,
    pairs: Mapping[str, tuple[nn.Conv2d, nn.BatchNorm2d]],
    faces: Sequence[Faces],
    how: Augmentation,
    start: Mapping[str, NDArray[np.floating[Any]]],
) -> None:
    """Give each batch norm the statistics of its input, and weights with which its output stays the same."""
    sums = {name: torch.zeros(3, conv.out_channels, dtype=torch.float64) for name, (conv, _) in pairs.items()}

    def note(name: str, output: Tensor) -> None:
        values = output.double()
        count = torch.full((output.shape[1],), output.numel() / output.shape[1], dtype=torch.float64)
        sums[name] += torch.stack([count, values.sum((0, 2, 3)), values.square().sum((0, 2, 3))])

    hooks = [
        conv.register_forward_hook(lambda _, __, output, name=name: note(name, output))
        for name, (conv, _) in pairs.items()
    ]
    chance = torch.Generator().manual_seed(0)
    for part in faces:
        for chips in part.batches():
            network(augment(torch.from_numpy(chips).permute(0, 3, 1, 2).float(), how, chance))
    for hook in hooks:
        hook.remove()
    for name, (conv, norm) in pairs.items():
        count, total, squares = sums[name]
        mean = total / count
        variance = (squares / count - mean**2).clamp(min=0)
        size = _sizes(conv, start.get(f"{name.removeprefix('resnet.')}.weight"))  # a pair's ResNet-50 began alone
        bias = norm.bias.data.double() + mean
        conv.weight.mul_(size.float()[:, None, None, None])
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean.copy_(mean * size)
        norm.running_var.copy_(variance * size**2)
        norm.weight.copy_((norm.running_var.double() + norm.eps).sqrt() / size)
        norm.bias.copy_(bias)


def _sizes(conv: nn.Conv2d, start: NDArray[np.floating[Any]] | None) -> Tensor:
    """Factor by which each filter is to grow, shape (channels,)."""
    own = conv.weight.flatten(1).norm(dim=1).double()
    if start is None:
        return torch.ones_like(own)
    wanted = torch.from_numpy(np.asarray(start, np.float64)).flatten(1).norm(dim=1)
    return torch.where((own > _NOTHING) & (wanted > _NOTHING), wanted / own, torch.ones_like(own))
