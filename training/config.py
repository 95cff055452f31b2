"""Configurations: Python files of plain assignments (training/configs/), checked against `Config`."""

from __future__ import annotations

import math
import runpy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from training.augment import Augmentation
from training.files import check_folder_name

_LEAST, _MOST = sys.float_info.min, sys.float_info.max
_RANGES: Mapping[str, tuple[float, float, Sequence[str]]] = {
    "at least 1": (1, _MOST, ("input_size", "batch", "evaluate_every", "save_every")),
    "above 0": (_LEAST, math.inf, ("clip",)),
    "a number above 0": (_LEAST, _MOST, ("epochs",)),
    "a number from 0": (
        0,
        _MOST,
        ("seed", "detail", "mixup", "shared_below", "balance", "rate", "rate_new", "warmup", "decay"),
    ),
    "from 0 to 1": (0, 1, ("taught", "ema")),
}
"""What the values of settings must be -> the least, the greatest, and the settings."""


@dataclass(frozen=True)
class Config:
    """Everything that decides the numbers of a training run.

    Attributes:
        name: of the run, that of a folder; its files go to runs/<name>/.
        seed: for the order of photos, the augmentation and new weights.
        backbone: a name in `training.backbones.BACKBONES`.
        input_size: side in pixels that the network sees.
        detail: side in pixels that bounds the detail seen, see `training.network.AgeNetwork`; 0 for no bound.
        init: "imagenet" starts from the backbone's ImageNet weights (`training.pretrained`), "" from random ones;
            anything else is a NumPy archive of weights, relative to the data folder.
        follows: name of an earlier run, whose best checkpoint this one starts from; "" starts from `init`.
        teachers: names of earlier runs with the same collections, from whose best checkpoints this one also learns
            (`training.teachers`).
        taught: share of the teachers' distributions in the loss; the rest is the labels'.
        mixup: alpha of the Beta distribution of how much of a second photo, and of its label, is mixed into each (Zhang
            et al., "mixup: Beyond empirical risk minimization", ICLR 2018); 0 mixes none.
        freeze: parts of the backbone that keep their weights.
        frozen_norm: whether batch norm keeps its statistics instead of measuring each batch.
        collections: name of each collection and its share of every batch. The first one's head is the main one.
        shared_below: age in years below which photos of further collections also train the main head.
        balance: exponent: 0 leaves the frequencies of ages alone, 1 makes all ages equally frequent.
        epochs: passes over the first collection.
        batch: photos in a step, over all processes.
        optimizer: a name in `training.train.OPTIMIZERS`. Each needs its own rates and decay.
        rate: peak learning rate.
        rate_new: that of the heads.
        warmup: steps up to the peak; then the rate falls to zero along a cosine.
        decay: weight decay (on weights, not on biases and batch norm).
        clip: largest norm of a step's gradient, above 0; a larger gradient is scaled down to it. Its effect depends on
            the size of a method's loss.
        ema: most that the running mean of the weights keeps of itself at a step. At step t it keeps no more than
            t / (t + 10), so 0.99 has an effect from step 990 on, 0.998 from step 4990 (`training.train.share_kept`).
        method: a name in `training.methods.METHODS`.
        method_options: its options.
        augmentation: see `training.augment.Augmentation`.
        evaluate_every: steps between measurements on the validation splits.
        save_every: steps between checkpoints.
        bf16: whether to compute in bfloat16; a machine without such numbers emulates them, slowly.

    Raises:
        ValueError: a value makes no sense.
    """

    name: str
    seed: int = 0
    backbone: str = "resnet50-original"
    input_size: int = 128
    detail: int = 0
    init: str = "weights/resnet50_imagenet.npz"
    follows: str = ""
    teachers: tuple[str, ...] = ()
    taught: float = 0.5
    mixup: float = 0.0
    freeze: tuple[str, ...] = ()
    frozen_norm: bool = False
    collections: Mapping[str, float] = field(default_factory=lambda: {"utkface": 1.0})
    shared_below: float = 0.0
    balance: float = 0.0
    epochs: float = 10.0
    batch: int = 64
    optimizer: str = "adamw"
    rate: float = 4e-4
    rate_new: float = 4e-4
    warmup: int = 100
    decay: float = 0.05
    clip: float = 5.0
    ema: float = 0.998
    method: str = "dldl-v2"
    method_options: Mapping[str, float] = field(default_factory=dict)
    augmentation: Augmentation = field(default_factory=Augmentation)
    evaluate_every: int = 500
    save_every: int = 200
    bf16: bool = True

    def __post_init__(self) -> None:
        check_folder_name(self.name)
        for sentence, (least, most, names) in _RANGES.items():
            for name in names:
                if not least <= getattr(self, name) <= most:
                    raise ValueError(f"{name} must be {sentence}, not {getattr(self, name)!r}")
        counts = self.collections.values()
        if not all(isinstance(share, int | float) and 0 <= share < math.inf for share in counts) or not any(counts):
            raise ValueError(
                f"collections must give each a share from 0, and one of them more, not {self.collections!r}"
            )

    def record(self) -> dict[str, Any]:
        """The configuration as plain values."""
        return asdict(self)


GONE: Mapping[str, Any] = {"zoom": 1.0, "group_ages": False}
"""Removed setting -> the value with which a run did what all runs do now."""


def settings_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A `Config`'s settings as kept in a checkpoint or a record, with today's names.

    A setting added since then gets its default, as the run behaved; removed settings are left out.

    Raises:
        ValueError: a removed setting changed what was computed.
    """
    for name, value in GONE.items():
        if kept.get(name, value) != value:
            raise ValueError(f"{kept['name']} was made with {name} = {kept[name]!r}, a setting that there is no longer")
    plain = Config(name="plain").record()
    return plain | {name: value for name, value in kept.items() if name in plain}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two records of settings are of the same run; the order of collections counts, as the heads have it."""
    return one == other and list(one["collections"]) == list(other["collections"])


def read_config(path: Path, changes: Mapping[str, Any] | None = None) -> Config:
    """Read a configuration file.

    Args:
        path: a Python file that assigns some of `Config`'s names; `name` is the file's name if it does not.
        changes: values that replace the file's.

    Raises:
        ValueError: the file cannot be run, a name is not one of `Config`'s, or a value is of another type or makes no
            sense.
        OSError: it cannot be read.
    """
    try:
        found = runpy.run_path(str(path))
    except OSError:
        raise
    except Exception as error:  # it is a program, which can go wrong in any way
        raise ValueError(f"{path}: {error}") from error
    values = {k: v for k, v in found.items() if not k.startswith("_")}
    values.pop("Augmentation", None)
    values = {"name": path.stem} | values | dict(changes or {})
    plain = Config(name="plain")
    known = {f.name for f in fields(Config)}
    if unknown := sorted(values.keys() - known):
        raise ValueError(f"{path}: unknown setting {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    for name, value in values.items():
        example = getattr(plain, name)
        wanted = (int, float) if isinstance(example, float) else type(example)
        if not isinstance(value, wanted) or isinstance(value, bool) is not isinstance(example, bool):
            raise ValueError(f"{path}: {name} must be of type {type(example).__name__}, not {value!r}")
    try:
        return Config(**values)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
