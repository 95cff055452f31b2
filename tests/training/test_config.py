"""Configuration files are plain assignments, checked against `Config`."""

from __future__ import annotations

import io
import math
from dataclasses import fields
from pathlib import Path

import pytest
import torch

from training.__main__ import DATA
from training.augment import Augmentation
from training.checkpoints import network_of
from training.commands import COLLECTIONS
from training.config import GONE, Config, read_config, settings_of
from training.face_weights import source_of
from training.files import ROOT
from training.methods import make_method
from training.methods.dldl_v2 import DldlV2
from training.network import BACKBONES
from training.pretrained import archive_of
from training.train import OPTIMIZERS

CONFIGS = sorted((ROOT / "training" / "configs").glob("*.py"))


def test_there_are_configurations() -> None:
    assert CONFIGS


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configurations_name_what_there_is(path: Path) -> None:
    config = read_config(path)
    assert config.name == path.stem
    assert config.backbone in BACKBONES
    assert set(config.collections) <= set(COLLECTIONS)
    assert all(share > 0 for share in config.collections.values())
    make_method(config.method, config.method_options)
    assert config.optimizer in OPTIMIZERS
    assert isinstance(config.augmentation, Augmentation)
    assert 0 <= config.ema < 1
    backbone = BACKBONES[config.backbone]()[0]
    for part in config.freeze:
        backbone.get_submodule(part)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configurations_start_from_weights_that_exist(path: Path) -> None:
    config = read_config(path)
    init = archive_of(config.record())
    if not (DATA / "weights").is_dir():
        pytest.skip(f"the starting weights are not at {DATA / 'weights'}")
    faces = source_of(init)
    if faces and not (DATA / init).exists():
        pytest.skip(f"made by {' and '.join(faces.commands)}")
    assert not init or (DATA / init).is_file()


@pytest.mark.parametrize(("name", "weight"), [("cpu", 0.5), ("gpu", 0.25), ("smoke", 0.25)])
def test_options_of_the_method(name: str, weight: float) -> None:
    """These configurations do not leave them at the method's defaults."""
    config = read_config(ROOT / "training" / "configs" / f"{name}.py")
    assert make_method(config.method, config.method_options) == DldlV2(sigma=1.0, slope=0.03, weight=weight)


def test_values_and_defaults(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from training.augment import Augmentation\n"
        "_helper = 3\n"
        "batch = 10 * _helper\n"
        "augmentation = Augmentation(jpeg=0.0)\n"
    )
    config = read_config(path)
    assert config == Config(name="mine", batch=30, augmentation=Augmentation(jpeg=0.0))


def test_a_file_may_name_its_run(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("name = 'other'\n")
    assert read_config(path).name == "other"
    assert read_config(path, {"name": "third"}).name == "third"


def test_changes_take_the_place_of_values(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("batch = 10\nepochs = 2.0\n")
    config = read_config(path, {"batch": 20, "seed": 5})
    assert (config.batch, config.epochs, config.seed) == (20, 2.0, 5)


def test_an_unknown_setting_is_refused_and_the_known_are_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("bacth = 10\n")
    with pytest.raises(ValueError, match=r"mine\.py: unknown setting bacth; there are .*batch"):
        read_config(path)
    path.write_text("batch = 10\n")
    with pytest.raises(ValueError, match="unknown setting bacth"):
        read_config(path, {"bacth": 3})


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_config(tmp_path / "missing.py")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("epochs =", "invalid syntax"),
        ("epochs = many", "name 'many' is not defined"),
        ("from training.augment import Augmentation\naugmentation = Augmentation(jepg=1)", "argument 'jepg'"),
    ],
)
def test_a_file_that_cannot_be_run(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"mine\.py: .*{complaint}"):
        read_config(path)
    with pytest.raises(ValueError, match="__main__"):
        read_config(tmp_path)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("name", name) for name in ("", ".", "..", "../other", "a/b")),
        *(("seed", -1), ("input_size", 0), ("detail", -4), ("taught", 4.0), ("taught", -0.1), ("mixup", -1.0)),
        *(("shared_below", -1.0), ("epochs", 0.0), ("epochs", math.inf), ("batch", 0), ("rate", -1e-3)),
        *(("rate_new", math.nan), ("warmup", -1), ("decay", -1.0), ("clip", 0.0), ("clip", -1.0), ("ema", 2.0)),
        *(("evaluate_every", 0), ("save_every", 0)),
        *(("collections", shares) for shares in ({}, {"a": 1.0, "b": -0.5}, {"a": 0.0}, {"a": "half"})),
    ],
    ids=str,
)
def test_values_that_make_no_sense(tmp_path: Path, setting: str, value: object) -> None:
    path = tmp_path / "mine.py"
    path.write_text("")
    with pytest.raises(ValueError, match=rf"mine\.py: .*{'without a path' if setting == 'name' else setting}"):
        read_config(path, {setting: value})


def test_values_at_the_ends_of_what_makes_sense(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("")
    changes = {"rate": 0.0, "warmup": 0, "ema": 1.0, "taught": 0.0, "clip": math.inf, "collections": {"a": 1, "b": 0.0}}
    assert read_config(path, changes) == Config(name="mine", **changes)


def test_record_goes_through_a_checkpoint_unchanged() -> None:
    """`Trainer.resume` compares the two."""
    config = Config(name="x", freeze=("conv1", "bn1"), collections={"a": 0.5, "b": 0.5}, method_options={"sigma": 2.0})
    buffer = io.BytesIO()
    torch.save(config.record(), buffer)
    buffer.seek(0)
    assert torch.load(buffer, weights_only=True) == config.record()
    assert Config(name="x", seed=1).record() != Config(name="x").record()
    softer = Config(name="x", augmentation=Augmentation(soft=0.0))
    assert softer.record() != Config(name="x").record()


def test_a_setting_that_is_gone_is_left_out_where_it_changed_nothing() -> None:
    config = Config(name="x", seed=1).record()
    assert settings_of(config | GONE | {"compile": True}) == config
    assert not GONE.keys() & config.keys()


@pytest.mark.parametrize("changed", [{"zoom": 1.2}, {"group_ages": True}], ids=str)
def test_a_run_with_a_setting_that_is_gone_is_refused(changed: dict[str, object]) -> None:
    """Its network would compute something else than what was trained."""
    state = {"config": Config(name="mine").record() | changed}
    with pytest.raises(ValueError, match=rf"mine was made with {next(iter(changed))} = "):
        network_of(state)


@pytest.mark.parametrize("described", [Config, Augmentation], ids=lambda one: one.__name__)
def test_every_setting_is_documented(described: type) -> None:
    text = described.__doc__ or ""
    assert [f.name for f in fields(described) if f"\n        {f.name}: " not in text] == []
