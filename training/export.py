"""Export: trained network + calibration -> `age.onnx`, with 8-bit weights, checked against torch.

TorchScript's exporter folds batch norm into the convolutions; afterwards the weights of large convolutions and heads
are stored as int8 with one scale per output channel (Jacob et al., CVPR 2018, for the weights only). ONNX Runtime folds
the `Cast` and the `Mul` at load, so the network computes in float32 as before and only the file is small.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from engine.runtime import session_options
from training.files import write_atomic
from training.network import CHIP, AgeNetwork, Exported

OPSET = 17

_WORTH = 20_000
"""Layers with at least this many weights are rounded. The first layer, whose errors all others pass on, and the gate
are smaller: rounding them as well would save little."""


def quantize_rows(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round each row (output channel) of `weights` to 8 bits.

    Of several scales per row the one with the least squared error is kept: otherwise a few large weights would cost
    all the others their precision.

    Args:
        weights: shape (channels, ...).

    Returns:
        int8 array of the same shape, and scales of shape (channels, 1, ...): their product approximates `weights`.
    """
    flat = weights.reshape(len(weights), -1)
    top = np.maximum(np.abs(flat).max(axis=1, keepdims=True), 1e-12)
    best = np.full((len(flat), 1), np.inf)
    scale = top / 127
    for share in np.linspace(0.7, 1.0, 16):
        candidate = top * share / 127
        error = ((np.clip(np.rint(flat / candidate), -127, 127) * candidate - flat) ** 2).sum(1, keepdims=True)
        scale = np.where(error < best, candidate, scale)
        best = np.minimum(error, best)
    integers = np.clip(np.rint(flat / scale), -127, 127).astype(np.int8)
    shape = (len(weights),) + (1,) * (weights.ndim - 1)
    return integers.reshape(weights.shape), scale.astype(np.float32).reshape(shape)


def rounded(network: AgeNetwork) -> AgeNetwork:
    """Round a network's weights in place as `quantize` will round them, and return it.

    So the gate and the temperatures, which are fitted to a finished network, are fitted to the one that ships. The
    batch norm that the exporter folds into a convolution scales whole output channels, and so do the scales of the
    rows: the order does not matter.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.weight.numel() >= _WORTH:
            integers, scale = quantize_rows(layer.weight.detach().cpu().numpy())
            layer.weight.data.copy_(torch.from_numpy(integers * scale))
    return network


def quantize(model: onnx.ModelProto) -> onnx.ModelProto:
    """Keep the weights of large `Conv` and `Gemm` nodes as int8 initializers followed by `Cast` and `Mul`.

    Args:
        model: changed in place and returned.
    """
    graph = model.graph
    wanted = {node.input[1] for node in graph.node if node.op_type in {"Conv", "Gemm"}}
    kept, added, nodes = [], [], []
    for tensor in graph.initializer:
        weights = numpy_helper.to_array(tensor)
        if tensor.name not in wanted or weights.ndim < 2 or weights.size < _WORTH:
            kept.append(tensor)
            continue
        integers, scale = quantize_rows(weights.astype(np.float32))
        name = tensor.name
        added += [numpy_helper.from_array(integers, f"{name}.int8"), numpy_helper.from_array(scale, f"{name}.scale")]
        nodes += [
            helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [name]),
        ]
    nodes += list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept + added)
    graph.node.extend(nodes)
    return model


def to_onnx(model: Exported) -> onnx.ModelProto:
    """The graph of `model` with 8-bit weights: input `chips` uint8 (N, 200, 200, 3), output `distribution` (N, 101)."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter needs onnxscript and does not export this network any better.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "Constant folding")  # the parts of CORAL's biases stay in the graph
        warnings.filterwarnings("ignore", "Converting a tensor to a Python")  # `SameConv2d` meets only one size
        torch.onnx.export(
            model.eval(),
            (torch.zeros(2, CHIP, CHIP, 3, dtype=torch.uint8),),
            buffer,  # type: ignore[arg-type]  # the older exporter takes a stream too
            dynamo=False,
            opset_version=OPSET,
            input_names=["chips"],
            output_names=["distribution"],
            dynamic_axes={"chips": {0: "N"}, "distribution": {0: "N"}},
        )
    graph = quantize(onnx.load_from_string(buffer.getvalue()))
    onnx.checker.check_model(graph, full_check=True)
    return graph


def session(graph: bytes) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session on the CPU."""
    return onnxruntime.InferenceSession(graph, session_options(), providers=["CPUExecutionProvider"])


def difference(model: Exported, graph: bytes, chips: Iterable[NDArray[np.uint8]]) -> float:
    """Mean absolute difference, in years, between the expectations of torch and of the exported graph.

    Args:
        model: the float32 model.
        graph: the serialized ONNX model.
        chips: batches of uint8 (N, 200, 200, 3).
    """
    runtime = session(graph)
    ages = np.arange(101)
    total, count = 0.0, 0
    with torch.inference_mode():
        for batch in chips:
            ours = model(torch.from_numpy(batch)).double().numpy() @ ages
            (theirs,) = runtime.run(["distribution"], {"chips": batch})
            total += float(np.abs(ours - theirs.astype(np.float64) @ ages).sum())
            count += len(batch)
    return total / max(count, 1)


def save(graph: onnx.ModelProto, path: Path) -> bytes:
    """Write the model atomically; returns what was written."""
    content = graph.SerializeToString()
    write_atomic(path, content)
    return content
