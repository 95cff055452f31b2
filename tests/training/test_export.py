"""The exported file computes what torch computes, with 8-bit weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from training.export import difference, quantize_rows, rounded, save, session, to_onnx
from training.methods import METHODS, Method
from training.network import KNOTS, AgeNetwork, Exported

Chips = NDArray[np.uint8]


def model_of(seed: int, flip: bool = False, method: Method | None = None) -> Exported:
    """Random heads and gate, batch norm with statistics, and heads that tell faces apart."""
    torch.manual_seed(seed)
    network = AgeNetwork("resnet18", 32, ("utkface", "aaf"), method=method)
    network.train()
    with torch.no_grad():
        for _ in range(10):
            network(torch.rand(16, 3, 200, 200) * torch.rand(16, 3, 1, 1) * 255)
        for name, parameter in network.heads.named_parameters():
            if name.endswith("weight"):
                parameter.mul_(8)
    return Exported(network.eval(), np.linspace(0.5, 2.0, len(KNOTS)).tolist(), flip).eval()


@pytest.fixture(scope="module")
def model() -> Exported:
    return model_of(0, flip=True)


@pytest.fixture(scope="module")
def graph(model: Exported) -> bytes:
    return to_onnx(model).SerializeToString()


@pytest.fixture
def chips(make_chip: Callable[..., Chips]) -> Chips:
    """Eight chips from dark to light and four of pure noise."""
    noise = np.random.default_rng(0).integers(0, 256, (4, 200, 200, 3), dtype=np.uint8)
    return np.concatenate([np.stack([make_chip(age, age) for age in range(0, 96, 12)]), noise])


# Rounding to 8 bits


@pytest.mark.parametrize("shape", [(5, 7), (4, 3, 3, 3), (2, 1, 1, 1)])
def test_quantize_rows_is_within_half_a_step(shape: tuple[int, ...]) -> None:
    weights = np.random.default_rng(0).normal(0, 0.1, shape).astype(np.float32)
    integers, scale = quantize_rows(weights)
    assert integers.dtype == np.int8
    assert scale.dtype == np.float32
    assert integers.shape == shape
    assert scale.shape == (shape[0], *(1,) * (len(shape) - 1))
    assert np.abs(integers.astype(int)).max() <= 127
    inside = np.abs(weights) <= 127 * scale  # the others were clipped, for the sake of the rest of their row
    error = np.abs(integers * scale - weights)
    assert error[inside].max() <= (0.5001 * scale + np.zeros(shape))[inside].max()
    assert (error <= np.maximum(0.5001 * scale, np.abs(weights) - 127 * scale + 1e-6)).all()


def test_quantize_rows_is_never_worse_than_plain_rounding() -> None:
    """Rows as long as those of ResNet's large convolutions, where clipping the few largest weights pays."""
    weights = np.random.default_rng(1).normal(0, 0.02, (64, 4608)).astype(np.float32)
    integers, scale = quantize_rows(weights)
    plain = np.abs(weights).max(axis=1, keepdims=True) / 127
    ours = ((integers * scale - weights) ** 2).sum(1)
    theirs = ((np.rint(weights / plain) * plain - weights) ** 2).sum(1)
    assert (ours <= theirs * 1.0001).all()
    assert ours.mean() < 0.99 * theirs.mean()


def test_rows_are_rounded_independently() -> None:
    weights = np.array([[1000.0, -500.0, 250.0], [0.001, -0.0005, 0.0]], dtype=np.float32)
    integers, scale = quantize_rows(weights)
    assert np.allclose(integers * scale, weights, rtol=0.01, atol=1e-5 * np.array([[1000.0], [0.001]]) * 127)


def test_a_row_of_zeros_stays_zero() -> None:
    integers, scale = quantize_rows(np.zeros((2, 3, 1, 1), np.float32))
    assert not integers.any()
    assert np.isfinite(scale).all()


# The file


def test_onnx_equals_torch(model: Exported, graph: bytes, chips: Chips) -> None:
    (theirs,) = session(graph).run(["distribution"], {"chips": chips})
    with torch.inference_mode():
        ours = model(torch.from_numpy(chips)).numpy()
    assert theirs.shape == (len(chips), 101)
    assert np.allclose(theirs.sum(1), 1, atol=1e-4)
    expected = ours @ np.arange(101)
    assert np.ptp(expected) > 3  # the photos are told apart, or the comparison would mean little
    assert np.abs(theirs @ np.arange(101) - expected).mean() < 0.2
    assert np.abs(theirs - ours).sum(1).max() / 2 < 0.1  # total variation: 1 for distributions that never overlap


@pytest.mark.parametrize("name", ["coral", "or-cnn"])
def test_onnx_of_ordinal_methods_equals_torch(name: str, chips: Chips) -> None:
    model = model_of(2, flip=True, method=METHODS[name]())
    (theirs,) = session(to_onnx(model).SerializeToString()).run(["distribution"], {"chips": chips})
    with torch.inference_mode():
        ours = model(torch.from_numpy(chips)).numpy()
    assert np.ptp(ours @ np.arange(101)) > 3
    assert np.abs((theirs - ours) @ np.arange(101)).mean() < 0.2
    assert np.abs(theirs - ours).sum(1).max() / 2 < 0.1


def test_the_graph_of_a_softmax_method_is_the_plain_one(graph: bytes) -> None:
    """Four softmaxes: the gate's of chip and mirror image, the temperature's, the answer's; no logarithm on the way."""
    kinds = [node.op_type for node in onnx.load_from_string(graph).graph.node]
    assert kinds.count("Softmax") == 4
    assert "Log" not in kinds


def test_difference_is_in_years_and_tells_models_apart(model: Exported, graph: bytes, chips: Chips) -> None:
    (theirs,) = session(graph).run(["distribution"], {"chips": chips})
    with torch.inference_mode():
        ours = model(torch.from_numpy(chips)).double().numpy()
    by_hand = np.abs((ours - theirs) @ np.arange(101)).mean()
    assert difference(model, graph, [chips[:5], chips[5:]]) == pytest.approx(float(by_hand), rel=1e-3, abs=1e-3)
    assert difference(model_of(1), graph, [chips]) > 1
    assert difference(model, graph, []) == 0


@pytest.mark.parametrize("count", [0, 1, 3, 17])
def test_any_number_of_chips(graph: bytes, count: int) -> None:
    (rows,) = session(graph).run(["distribution"], {"chips": np.full((count, 200, 200, 3), 90, np.uint8)})
    assert rows.shape == (count, 101)
    assert np.allclose(rows, rows[:1], atol=1e-5)


def test_a_chips_answer_does_not_depend_on_its_neighbours(graph: bytes, chips: Chips) -> None:
    run = session(graph).run
    together = run(["distribution"], {"chips": chips})[0]
    alone = np.concatenate([run(["distribution"], {"chips": chips[i : i + 1]})[0] for i in range(len(chips))])
    assert np.allclose(together, alone, atol=1e-4)


def test_flip_is_in_the_file(graph: bytes, chips: Chips) -> None:
    run = session(graph).run
    mirrored = np.ascontiguousarray(chips[:, :, ::-1])
    assert np.allclose(run(None, {"chips": chips})[0], run(None, {"chips": mirrored})[0], atol=1e-4)


def test_large_weights_are_kept_in_8_bits(model: Exported, graph: bytes) -> None:
    parameters = sum(parameter.numel() for parameter in model.parameters())
    assert parameters < len(graph) < 1.1 * parameters
    read = onnx.load_from_string(graph)
    tensors = [t for t in read.graph.initializer if len(t.dims) > 1 and t.dims[-2:] != [32, 200]]
    large = [t for t in tensors if np.prod(t.dims) >= 20_000 and not t.name.endswith(".scale")]
    assert len(large) > 10
    assert {t.data_type for t in large} == {onnx.TensorProto.INT8}
    small = [t for t in tensors if np.prod(t.dims) < 20_000]
    assert {t.data_type for t in small} == {onnx.TensorProto.FLOAT}
    assert any(t.name.endswith("gate.weight") for t in small)
    names = [t.name for t in read.graph.initializer]
    assert len(names) == len(set(names))


def test_a_rounded_network_is_what_is_exported(chips: Chips) -> None:
    """What is fitted to it is fitted to what ships; unrounded, it answers differently."""
    model = model_of(3)
    graph = to_onnx(model).SerializeToString()
    apart = difference(model, graph, [chips])
    rounded(model.network)
    assert difference(model, graph, [chips]) < 1e-3 < 10 * 1e-3 < apart
    assert to_onnx(model).ByteSize() == len(graph)
    assert difference(model, to_onnx(model).SerializeToString(), [chips]) < 1e-3  # rounding again changes nothing


def test_the_file_names_no_machine(graph: bytes) -> None:
    """TorchScript's exporter can write the paths of source files into the graph."""
    assert str(Path(torch.__file__).parent).encode() not in graph
    assert str(Path(__file__).parents[2]).encode() not in graph


def test_save(tmp_path: Path, graph: bytes) -> None:
    path = tmp_path / "new" / "age.onnx"
    assert save(onnx.load_from_string(graph), path) == path.read_bytes()
    onnx.checker.check_model(str(path))
    assert [entry.name for entry in path.parent.iterdir()] == ["age.onnx"]
