"""Weights from the package of npm: read, checked, turned, and what they then compute, against TensorFlow's rules."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from training import face_weights
from training.backbones import MEAN, STD, MobileNetV1
from training.face_weights import ARCHIVE, Arrays, main, read_package, renamed
from training.network import AgeNetwork, load_arrays


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    """Arrays of the package's names and shapes, filled by chance."""
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
def package(arrays: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with these arrays, and an array of integers before them."""
    described = [{"name": "axes", "shape": [2], "dtype": "int32"}]
    described += [{"name": name, "shape": list(value.shape), "dtype": "float32"} for name, value in arrays.items()]
    contents = [
        json.dumps({"weightsManifest": [{"weights": described}]}).encode(),
        np.array([1, 2], np.int32).tobytes() + b"".join(value.tobytes() for value in arrays.values()),
    ]
    files = dict(zip(face_weights.FILES, contents, strict=True))
    path = tmp_path / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    known = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr("training.face_weights.FILES", known)
    return path


def test_what_was_packed_is_read(package: Path, arrays: Arrays) -> None:
    found = read_package(package)
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(found[name], value) for name, value in arrays.items())


def test_archive_starts_a_network(package: Path, arrays: Arrays, tmp_path: Path) -> None:
    assert main([str(package), str(tmp_path / "data")]) == 0
    network = AgeNetwork("mobilenet-v1", 64)
    load_arrays(network, tmp_path / "data" / ARCHIVE)
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


def test_another_file_is_refused(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("training.face_weights.FILES", dict.fromkeys(face_weights.FILES, "0" * 64))
    assert main([str(package), str(tmp_path)]) == 1
    assert "SHA-256 differs" in capsys.readouterr().err
    assert not (tmp_path / ARCHIVE).exists()


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
    assert "has no package/models/faceres-deep.json" in capsys.readouterr().err
