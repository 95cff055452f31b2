"""Made-up photos for the training package: noise whose brightness shows the age."""

from __future__ import annotations

import csv
import io
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))  # for what makes doubles

from training.augment import Augmentation
from training.config import Config, read_config
from training.data import Faces
from training.network import BACKBONES
from training.sources import Row

MakeChip = Callable[..., NDArray[np.uint8]]
"""(age, seed=0, size=200) -> chip."""

MakeFaces = Callable[..., Faces]
"""(ages, name="utkface", splits=None) -> collection in memory."""

WriteShards = Callable[..., None]
"""(folder, photos, fields=None) -> writes tar shards and labels.csv."""

UTKFACE = ("name", "shard", "age", "gender", "race", "split", "group", "unique")
AAF = ("name", "shard", "age", "gender", "split", "group")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """The order of sums depends on the number of threads: one, so that the numbers are the same on every machine."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _one_process_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The results must not depend on a GPU or on a launcher's variables."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.delenv("RANK", raising=False)


def chip(age: float, seed: int = 0, size: int = 200) -> NDArray[np.uint8]:
    """Noise around a gray of 20 + 2 age levels, with a lighter square on the left so that a mirror image differs."""
    rng = np.random.default_rng((seed, round(age)))
    pixels = 20 + 2 * min(age, 100) + rng.normal(0, 12, (size, size, 3))
    pixels[size // 4 : size // 2, size // 8 : size // 3] += 25
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def faces(ages: Sequence[float], name: str = "utkface", splits: Sequence[str] | None = None) -> Faces:
    """A collection in memory; by default all photos are in the split `train`."""
    splits = splits or ["train"] * len(ages)
    rows = tuple(
        Row(f"{i}.jpg", int(age), "male", "other", split)
        for i, (age, split) in enumerate(zip(ages, splits, strict=True))
    )
    chips = np.stack([chip(age, seed) for seed, age in enumerate(ages)])
    return Faces(name, chips, rows, np.arange(len(rows)))


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A photo's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def write_shards(folder: Path, photos: Sequence[Mapping[str, Any]], fields: Sequence[str] = UTKFACE) -> None:
    """Write photos as `../shared/data` keeps them.

    Args:
        folder: gets `labels.csv` and the shards.
        photos: labels of each; what is left out is filled in. `content` are the photo's bytes, made up if missing.
        fields: columns of `labels.csv`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    archives: dict[str, list[tuple[str, bytes]]] = {}
    for number, photo in enumerate(photos):
        line = {
            "name": f"{number:03}.jpg",
            "shard": f"{folder.name}-{number % 2}.tar",
            "age": 30,
            "gender": number % 2,
            "race": number % 5,
            "split": "train",
            "group": "",
            "unique": 1,
        } | dict(photo)
        content = line.pop("content", None)
        archives.setdefault(str(line["shard"]), []).append(
            (str(line["name"]), jpeg(chip(float(line["age"]), number)) if content is None else content)
        )
        lines.append({field: line[field] for field in fields})
    for shard, members in archives.items():
        with tarfile.open(folder / shard, "w") as archive:
            for name, content in members:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(fields))
        writer.writeheader()
        writer.writerows(lines)


@pytest.fixture(name="make_chip")
def _make_chip() -> MakeChip:
    return chip


@pytest.fixture(name="make_faces")
def _make_faces() -> MakeFaces:
    return faces


@pytest.fixture(name="make_jpeg")
def _make_jpeg() -> Callable[[NDArray[np.uint8]], bytes]:
    return jpeg


@pytest.fixture(name="make_shards")
def _make_shards() -> WriteShards:
    return write_shards


@pytest.fixture(scope="session")
def still() -> Augmentation:
    """No augmentation."""
    return Augmentation(**dict.fromkeys(Augmentation.__dataclass_fields__, 0.0))


@pytest.fixture
def two(make_faces: MakeFaces) -> list[Faces]:
    """Two small collections."""
    return [make_faces(list(range(0, 96, 4)), name="utkface"), make_faces(list(range(2, 90, 8)), name="aaf")]


@pytest.fixture
def tiny(still: Augmentation, toy_file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """A configuration that is cheap enough for a test, with changes."""
    monkeypatch.setattr("training.network.BACKBONES", {**BACKBONES})
    read_config(toy_file)

    def make(**changes: Any) -> Config:
        """`Config` with the toy network and no augmentation, unless changed."""
        settings: dict[str, Any] = {
            "name": "tiny",
            "backbone": "toy",
            "input_size": 32,
            "init": "",
            "batch": 8,
            "epochs": 3.0,
            "warmup": 2,
            "rate": 1e-3,
            "rate_new": 1e-3,
            "ema": 0.9,
            "augmentation": still,
            "evaluate_every": 100,
            "save_every": 100,
            "bf16": False,
        }
        return Config(**(settings | changes))

    return make


TINY = """
from training.augment import Augmentation

backbone = "resnet18"
input_size = 32
init = ""
collections = {"utkface": 0.75, "aaf": 0.25}
shared_below = 20.0
balance = 0.5
epochs = 4.0
batch = 8
warmup = 2
ema = 0.9
bf16 = False
evaluate_every = 4
save_every = 6
augmentation = Augmentation(occlusion=0.5)
"""

TOY = """
from collections import OrderedDict as _OrderedDict
from torch import nn as _nn
from training.network import BACKBONES as _BACKBONES


def _toy():
    parts = {
        "conv1": _nn.Conv2d(3, 16, 5, stride=4, bias=False),
        "bn1": _nn.BatchNorm2d(16),
        "relu1": _nn.ReLU(),
        "conv2": _nn.Conv2d(16, 64, 3, stride=2, bias=False),
        "bn2": _nn.BatchNorm2d(64),
        "relu2": _nn.ReLU(),
        "pool": _nn.AdaptiveAvgPool2d(1),
        "flat": _nn.Flatten(),
    }
    return _nn.Sequential(_OrderedDict(parts)), 64


_BACKBONES["toy"] = _toy
backbone = "toy"
"""
"""Registers the backbone `toy` wherever names are looked up: two convolutions, fast, a checkpoint of a few kB."""


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with both collections: utkface 18 + 4 + 4 photos (train, val, test), aaf 8 + 2 + 2."""
    data = tmp_path_factory.mktemp("data")
    for name, counts, fields in (("utkface", (18, 4, 4), UTKFACE), ("aaf", (8, 2, 2), AAF)):
        splits = [split for split, count in zip(("train", "val", "test"), counts, strict=True) for _ in range(count)]
        ages = np.linspace(3, 87, len(splits)).round()
        order = np.random.default_rng(1).permutation(len(splits))
        photos = [{"age": int(age), "split": splits[i]} for age, i in zip(ages, order, strict=True)]
        write_shards(data / name, photos, fields)
    return data


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration file for `shards`: ResNet-18, 12 steps."""
    path = tmp_path_factory.mktemp("configs") / "tiny.py"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def toy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the toy network, measured and saved at every second step."""
    path = tmp_path_factory.mktemp("configs") / "toy.py"
    path.write_text(TINY + TOY + "evaluate_every = 2\nsave_every = 2\n", encoding="utf-8")
    return path
