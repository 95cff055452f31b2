"""The training loop: order of photos, lessons, learning, checkpoints, resuming."""

from __future__ import annotations

import csv
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from training import network as networks
from training.__main__ import main
from training.augment import Augmentation
from training.checkpoints import load_checkpoint
from training.config import Config
from training.data import Faces
from training.files import ROOT
from training.losses import expectation
from training.methods import METHODS
from training.network import blend
from training.train import Crew, Stream, Trainer, bound_from, share_kept, shares

MakeConfig = Callable[..., Config]
MakeFaces = Callable[..., Faces]

WIDENING = {"sigma": 1.0, "slope": 0.03, "weight": 0.25}
"""Options of the method as in `gpu.py`."""


def assert_same(one: Any, other: Any, where: str = "") -> None:
    """Bit for bit."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for name in one:
            assert_same(one[name], other[name], f"{where}/{name}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), where
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{where}/{number}")
    else:
        assert one == other, where


def read_log(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# The order of photos


def test_without_balance_every_photo_comes_once_a_pass() -> None:
    stream = Stream(np.arange(37.0), 0.0, 1)
    first, second = stream.take(0, 37), stream.take(37, 37)
    assert sorted(first) == sorted(second) == list(range(37))
    assert first.tolist() != second.tolist()
    assert first.tolist() != list(range(37))


def test_a_stream_does_not_depend_on_how_it_is_taken() -> None:
    ages = np.random.default_rng(0).integers(0, 101, 50).astype(float)
    whole = Stream(ages, 0.5, 3).take(0, 170)
    stream = Stream(ages, 0.5, 3)
    parts = [stream.take(start, 17) for start in range(0, 170, 17)]
    assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(stream.take(20, 40), whole[20:60])  # back into an earlier pass, as resuming does
    assert not np.array_equal(Stream(ages, 0.5, 4).take(0, 170), whole)
    assert whole.min() >= 0 and whole.max() < 50


def test_balance_shows_rare_ages_more_often() -> None:
    """90 photos of 30 years and 10 of 80: the rare ones come (90 / 10) ** 0.5 = 3 times as often."""
    ages = np.array([30.0] * 90 + [80.0] * 10)
    picked = Stream(ages, 0.5, 0).take(0, 100 * 60)
    times = np.bincount(picked, minlength=100) / 60
    assert times.sum() == pytest.approx(100)
    weight = 100 / (90 * 1.0 + 10 * math.sqrt(9))
    assert times[:90].mean() == pytest.approx(weight, rel=0.01)
    assert times[90:].mean() == pytest.approx(weight * 3, rel=0.03)
    one_pass = np.bincount(Stream(ages, 0.5, 0).take(0, 100), minlength=100)
    assert one_pass.sum() == 100
    assert one_pass.max() <= math.ceil(3 * weight)  # as often as its weight says, rounded
    assert set(one_pass[90:]) <= {math.floor(3 * weight), math.ceil(3 * weight)}


def test_balance_one_makes_ages_equally_frequent() -> None:
    ages = np.array([10.0] * 160 + [50.0] * 30 + [90.0] * 10)
    counts = np.bincount((ages[Stream(ages, 1.0, 0).take(0, 200 * 20)]).astype(int), minlength=101)
    assert counts[[10, 50, 90]] / 20 == pytest.approx([200 / 3] * 3, rel=0.05)


def test_ages_above_a_hundred_have_a_place_in_the_stream() -> None:
    picked = Stream(np.array([116.0, 100.0, 3.0]), 0.5, 0).take(0, 30)
    assert set(picked.tolist()) == {0, 1, 2}


@pytest.mark.parametrize("batch", [1, 2, 7, 32, 64, 100])
@pytest.mark.parametrize(
    "collections", [(1.0,), (0.75, 0.25), (0.7, 0.3), (3, 1), (0.34, 0.33, 0.33), (0.1, *(0.15,) * 6)]
)
def test_shares_add_up_to_the_batch(collections: tuple[float, ...], batch: int) -> None:
    found = shares(collections, batch)
    assert sum(found) == batch
    for count, share in zip(found, collections, strict=True):
        assert count >= 0
        assert abs(count - batch * share / sum(collections)) < 1


def test_shares_of_the_shipped_configurations() -> None:
    assert shares([0.75, 0.25], 64) == [48, 16]
    assert shares([0.7, 0.3], 256) == [179, 77]


# A batch


@pytest.fixture
def two(make_faces: MakeFaces) -> list[Faces]:
    """A main collection of 12 photos and a further one of 8."""
    return [make_faces(range(5, 65, 5)), make_faces(range(10, 90, 10), "aaf")]


@pytest.fixture
def trainer(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> Trainer:
    config = tiny(collections={"utkface": 0.75, "aaf": 0.25}, shared_below=20.0)
    return Trainer(config, two, [], tmp_path / "run", tmp_path)


def test_a_batch_is_made_of_the_collections(trainer: Trainer, two: list[Faces]) -> None:
    chips, ages, which = trainer.batch(0)
    assert chips.shape == (8, 3, 200, 200)
    assert chips.dtype == torch.float32
    assert which.tolist() == [0] * 6 + [1] * 2
    brightness = chips.mean((1, 2, 3))
    assert torch.allclose(brightness, 22.5 + 2 * ages, atol=3)  # each chip with its own age
    again = trainer.batch(0)
    assert torch.equal(again[0], chips)
    seen = torch.cat([trainer.batch(step)[1][:6] for step in range(2)])
    assert sorted(seen.tolist()) == sorted(two[0].ages.tolist())  # 12 photos in two steps of 6


def test_a_batch_of_a_part_takes_only_its_photos(make_faces: MakeFaces, tiny: MakeConfig, tmp_path: Path) -> None:
    faces = make_faces(range(10, 90, 5), splits=["train", "val"] * 8)
    trainer = Trainer(tiny(), [faces.part("train")], [], tmp_path, tmp_path)
    assert set(torch.cat([trainer.batch(step)[1] for step in range(4)]).tolist()) == set(range(10, 90, 10))


def test_a_collection_without_photos_to_learn_from_is_a_sentence(
    make_faces: MakeFaces, tiny: MakeConfig, tmp_path: Path
) -> None:
    faces = make_faces(range(10, 90, 5), splits=["val"] * 16)
    with pytest.raises(ValueError, match="utkface: there is no photo to train on"):
        Trainer(tiny(), [faces.part("train")], [], tmp_path, tmp_path)


def test_augmentation_differs_from_step_to_step(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    one_photo = Faces("utkface", two[0].chips, two[0].rows, np.array([0]))
    trainer = Trainer(tiny(augmentation=Augmentation(), batch=1), [one_photo], [], tmp_path, tmp_path)
    first, second = trainer.batch(0)[0], trainer.batch(1)[0]
    assert not torch.equal(first, second)
    assert torch.equal(first, trainer.batch(0)[0])


def test_lessons(trainer: Trainer) -> None:
    """Each photo trains its own head; those of further collections below 20 years also train the main head."""
    ages = torch.tensor([5.0, 40.0, 5.0, 19.0, 20.0, 60.0])
    which = torch.tensor([0, 0, 1, 1, 1, 1])
    photos, heads = trainer.lessons(ages, which)
    assert sorted(zip(photos.tolist(), heads.tolist(), strict=True)) == sorted(
        [(0, 0), (1, 0), (2, 1), (3, 1), (4, 1), (5, 1), (2, 0), (3, 0)]
    )


def test_lessons_without_sharing(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    trainer = Trainer(tiny(collections={"utkface": 0.5, "aaf": 0.5}), two, [], tmp_path, tmp_path)
    which = torch.tensor([0, 1, 1])
    photos, heads = trainer.lessons(torch.tensor([0.0, 0.0, 50.0]), which)
    assert (photos.tolist(), heads.tolist()) == ([0, 1, 2], [0, 1, 1])


# Learning


@pytest.mark.parametrize("name", METHODS)
def test_a_step_with_every_method(name: str, two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    """Two collections with a gate: the loss is finite, and smaller on the same photos after a few steps."""
    config = tiny(
        method=name,
        collections={"utkface": 0.6, "aaf": 0.4},
        batch=20,
        epochs=12.0,
        warmup=1,
        rate=3e-3,
        rate_new=3e-3,
        decay=0.0,
    )
    trainer = Trainer(config, two, two, tmp_path / "run", tmp_path)
    trainer.run()
    losses = [loss for loss, _ in trainer.recent] or [float(read_log(tmp_path / "run")[-1]["loss"])]
    assert all(math.isfinite(loss) for loss in losses)
    (line,) = read_log(tmp_path / "run")
    assert set(trainer.validate()) == {"utkface", "aaf"}
    assert math.isfinite(float(line["val_aaf"]))
    again = Trainer(config, two, two, tmp_path / "again", tmp_path)
    first, _ = again._advance()
    for _ in range(10):
        last, _ = again._advance()
    assert math.isfinite(last) and last < first
    assert load_checkpoint(tmp_path / "run" / "best.pt").method == again.method


@pytest.mark.parametrize("name", ["or-cnn", "coral", "regression-l1"])
def test_other_methods_overfit_a_few_photos_too(
    name: str, make_faces: MakeFaces, tiny: MakeConfig, tmp_path: Path
) -> None:
    faces = make_faces(np.linspace(2, 98, 32).round().tolist())
    config = tiny(method=name, batch=32, epochs=80.0, warmup=5, rate=2e-2, rate_new=5e-2, decay=0.0)
    trainer = Trainer(config, [faces], [faces], tmp_path / "run", tmp_path)
    before = trainer.validate()["utkface"]
    trainer.run()
    assert before > 15
    assert trainer.validate()["utkface"] < 4


def test_sgd_learns_and_resumes(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    """The momentum is in the checkpoint: a resumed run is the same, and differs from AdamW's."""
    config = tiny(optimizer="sgd", rate=1e-2, rate_new=1e-2, epochs=2.0, batch=6, save_every=2)
    whole = Trainer(config, two[:1], [], tmp_path / "whole", tmp_path)
    whole.run()
    Trainer(config, two[:1], [], tmp_path / "pieces", tmp_path).run(stop_after=2)
    second = Trainer(config, two[:1], [], tmp_path / "pieces", tmp_path)
    assert second.resume()
    second.run()
    assert_same(whole.ema, second.ema)
    groups = whole.optimizer.param_groups
    assert {group["weight_decay"] for group in groups} == {0.0, config.decay}
    assert all(group["nesterov"] and group["momentum"] == 0.9 for group in groups)
    with pytest.raises(ValueError, match="there is no optimizer lion, but adamw, sgd"):
        Trainer(tiny(optimizer="lion"), two[:1], [], tmp_path / "lion", tmp_path)


def test_overfitting_a_few_photos(make_faces: MakeFaces, tiny: MakeConfig, tmp_path: Path) -> None:
    """32 photos whose brightness shows the age: a loop that learns at all gets them right."""
    faces = make_faces(np.linspace(2, 98, 32).round().tolist())
    config = tiny(
        backbone="resnet18", batch=32, epochs=40.0, warmup=5, rate=1e-3, rate_new=5e-3, method_options=WIDENING
    )
    trainer = Trainer(config, [faces], [faces], tmp_path / "run", tmp_path)
    before = trainer.validate()["utkface"]
    trainer.run()
    after = trainer.validate()["utkface"]
    assert before > 15
    assert after < 1.5
    network = load_checkpoint(tmp_path / "run" / "best.pt")
    with torch.inference_mode():
        pixels = torch.from_numpy(faces.chips).permute(0, 3, 1, 2).float()
        found = expectation(blend(*network(pixels))).numpy()
    assert np.abs(found - faces.ages).mean() == pytest.approx(after, abs=0.01)  # it is what was measured


def test_each_head_learns_its_own_labels(make_faces: MakeFaces, tiny: MakeConfig, tmp_path: Path) -> None:
    """The same faces, labeled ten years older in the second collection: the heads come to differ by ten years."""
    ages = [float(age) for age in range(25, 85, 4)]
    main_faces = make_faces(ages)
    further = make_faces(ages, "aaf")
    further = replace(further, rows=tuple(replace(row, age=row.age + 10) for row in further.rows))
    config = tiny(
        collections={"utkface": 0.5, "aaf": 0.5}, batch=20, epochs=50.0, rate=2e-2, rate_new=2e-2, warmup=5, decay=0.0
    )
    trainer = Trainer(config, [main_faces, further], [], tmp_path, tmp_path)
    trainer.run()
    network = load_checkpoint(tmp_path / "best.pt")
    with torch.inference_mode():
        answers, _ = network(torch.from_numpy(main_faces.chips).permute(0, 3, 1, 2).float())
        apart = expectation(answers[:, 1]) - expectation(answers[:, 0])
    assert float(apart.mean()) == pytest.approx(10, abs=3)


def test_frozen_parts_keep_their_weights(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    config = tiny(backbone="resnet18", freeze=("conv1", "layer1"), frozen_norm=True, epochs=2.0, decay=0.5)
    trainer = Trainer(config, two[:1], [], tmp_path, tmp_path)
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    trainer.run()
    changed = {name for name, value in trainer.network.state_dict().items() if not torch.equal(value, before[name])}
    assert not [name for name in changed if name.startswith(("backbone.conv1", "backbone.layer1"))]
    assert not [name for name in changed if "running_" in name or "num_batches" in name]
    assert {"backbone.layer2.0.conv1.weight", "backbone.layer4.1.bn2.weight", "heads.0.weight"} <= changed


def test_rates_warm_up_and_fall(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    config = tiny(batch=12, epochs=8.0, warmup=2, rate=1e-3, rate_new=4e-3)
    trainer = Trainer(config, two[:1], [], tmp_path, tmp_path)
    assert trainer.steps == 8
    seen = []
    for _ in range(trainer.steps):
        trainer.run(stop_after=1)
        seen.append(sorted({group["lr"] for group in trainer.optimizer.param_groups}))
    assert seen[0] == pytest.approx([5e-4, 2e-3])  # halfway
    assert seen[1] == seen[2] == pytest.approx([1e-3, 4e-3])  # the peak, and the first step of the cosine
    backbone = [rates[0] for rates in seen]
    assert backbone[5] == pytest.approx(1e-3 * 0.5, rel=1e-6)  # halfway down
    assert backbone[2:] == sorted(backbone[2:], reverse=True)
    assert backbone[-1] < 1e-4


@pytest.mark.parametrize("steps", [100, 554, 5000])
def test_the_running_mean_is_of_the_last_steps(steps: int) -> None:
    """Two thirds from the last tenth, next to nothing of what the run began with."""
    mean = np.zeros(steps + 1)
    mean[0] = 1  # each step's share of the mean, beginning with the starting weights
    for step in range(1, steps + 1):
        keep = share_kept(step, 1.0)
        mean *= keep
        mean[step] += 1 - keep
    assert mean[-steps // 10 :].sum() == pytest.approx(2 / 3, abs=0.05)
    assert mean[0] < 1e-12


@pytest.mark.parametrize(("most", "start"), [(0.0, 0), (0.9, 90), (0.99, 990), (0.998, 4990), (0.999, 9990)])
def test_the_bound_on_the_running_mean_comes_late(most: float, start: int) -> None:
    assert bound_from(most) == start
    assert share_kept(start + 1, most) == most
    if start:
        assert share_kept(start - 1, most) < most


def test_without_a_bound_on_the_running_mean() -> None:
    assert bound_from(1.0) == math.inf


def test_bfloat16_trains_too(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    trainer = Trainer(tiny(bf16=True, epochs=2.0, batch=6), two[:1], two[:1], tmp_path, tmp_path)
    trainer.run()
    (line,) = read_log(tmp_path)
    assert math.isfinite(float(line["loss"]))
    assert all(value.isfinite().all() for value in trainer.ema.values())


def test_a_run_that_diverges_ends(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    """At once, and the last checkpoint is from before."""
    config = tiny(optimizer="sgd", method="regression-l2", rate=1e9, rate_new=1e9, save_every=1)
    with pytest.raises(ValueError, match="the run has diverged: at step"):
        Trainer(config, two[:1], [], tmp_path, tmp_path).run()
    last = torch.load(tmp_path / "last.pt", weights_only=True)
    assert all(value.isfinite().all() for value in last["network"].values())


def test_the_starting_weights_are_loaded(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    first = Trainer(tiny(), two[:1], [], tmp_path, tmp_path)
    state = first.network.backbone.state_dict()
    np.savez(tmp_path / "start.npz", **{name: value.numpy() for name, value in state.items()})
    second = Trainer(tiny(init="start.npz", seed=1), two[:1], [], tmp_path, tmp_path)
    assert_same(dict(second.network.backbone.state_dict()), dict(state))
    with pytest.raises(FileNotFoundError):
        Trainer(tiny(init="missing.npz"), two[:1], [], tmp_path, tmp_path)


def test_imagenet_weights_by_backbone(
    two: list[Faces], tiny: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the data folder, from a package, or none: the trainer then knows that the weights are random."""
    start = Trainer(tiny(), two[:1], [], tmp_path / "a", tmp_path)
    assert start.from_chance
    state = start.network.backbone.state_dict()
    np.savez(tmp_path / "start.npz", **{name: value.numpy() for name, value in state.items()})
    with monkeypatch.context() as patch:
        patch.setattr("training.pretrained.ARCHIVES", {"toy": "start.npz"})
        archived = Trainer(tiny(init="imagenet", seed=1), two[:1], [], tmp_path / "b", tmp_path)
    assert not archived.from_chance
    assert_same(dict(archived.network.backbone.state_dict()), dict(state))
    none = Trainer(tiny(init="imagenet", seed=1), two[:1], [], tmp_path / "c", tmp_path)
    assert none.from_chance
    assert not torch.equal(none.network.backbone.state_dict()["conv1.weight"], state["conv1.weight"])

    def packaged(backbone: torch.nn.Module, name: str) -> bool:
        assert name == "toy"
        backbone.load_state_dict(state)
        return True

    monkeypatch.setattr("training.train.load_pretrained", packaged)
    found = Trainer(tiny(init="imagenet", seed=1), two[:1], [], tmp_path / "d", tmp_path)
    assert not found.from_chance
    assert_same(dict(found.network.backbone.state_dict()), dict(state))


def test_a_run_follows_one_on_another_collection(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    """Fine-tuning: as many heads and the same method is enough; the options of the method may differ."""
    first = Trainer(tiny(), two[:1], [], tmp_path / "first", tmp_path)
    first.save("best.pt", everything=False)
    config = tiny(follows="first", collections={"aaf": 1.0}, method_options=WIDENING, seed=1)
    second = Trainer(config, two[1:], [], tmp_path / "second", tmp_path)
    assert_same(dict(second.network.state_dict()), dict(first.ema))
    assert second.network.collections == ("aaf",)
    assert not second.from_chance
    with pytest.raises(ValueError, match="another network: toy, dldl-v2, for 1 collections"):
        Trainer(tiny(follows="first", method="dex"), two[:1], [], tmp_path / "third", tmp_path)
    both = tiny(follows="first", collections={"utkface": 0.5, "aaf": 0.5})
    with pytest.raises(ValueError, match="another network"):
        Trainer(both, two, [], tmp_path / "third", tmp_path)


def test_a_checkpoint_from_before_there_were_methods(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    trainer = Trainer(tiny(), two[:1], [], tmp_path, tmp_path)
    trainer.save("best.pt", everything=False)
    state = torch.load(tmp_path / "best.pt", weights_only=True)
    del state["config"]["method"], state["config"]["method_options"], state["config"]["optimizer"]
    state["config"] |= {"loss": "distribution", "loss_options": {"weight": 0.5}}
    torch.save(state, tmp_path / "old.pt")
    network = load_checkpoint(tmp_path / "old.pt")
    assert network.method.name == "dldl-v2"
    assert_same(dict(network.state_dict()), dict(trainer.ema))


def test_a_run_follows_an_earlier_one(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    """It starts from the averaged weights, at other pixels too; a run of another network is refused."""
    first = Trainer(tiny(), two[:1], [], tmp_path / "first", tmp_path)
    first.run(stop_after=2)
    first.save("best.pt", everything=False)
    second = Trainer(tiny(follows="first", input_size=48, seed=1), two[:1], [], tmp_path / "second", tmp_path)
    assert_same(dict(second.network.state_dict()), dict(first.ema))
    with pytest.raises(ValueError, match="another network"):
        Trainer(tiny(follows="first", backbone="resnet18"), two[:1], [], tmp_path / "third", tmp_path)


# Log and checkpoints


@pytest.fixture
def measured(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> Path:
    """Folder of a run of 12 steps on both collections, measured at every fifth."""
    config = tiny(collections={"utkface": 0.75, "aaf": 0.25}, epochs=6.0, evaluate_every=5, save_every=4)
    Trainer(config, two, two, tmp_path / "run", tmp_path).run()
    return tmp_path / "run"


def test_log_and_best(measured: Path) -> None:
    log = read_log(measured)
    assert [*log[0]] == ["step", "loss", "mae", "val_utkface", "val_aaf"]
    assert [line["step"] for line in log] == ["5", "10", "12"]
    assert all(math.isfinite(float(value)) for line in log for value in line.values())
    best = torch.load(measured / "best.pt", weights_only=True)
    assert str(best["step"]) == min(log, key=lambda line: float(line["val_utkface"]))["step"]
    assert "optimizer" not in best
    last = torch.load(measured / "last.pt", weights_only=True)
    assert last["step"] == 12
    assert {path.name for path in measured.iterdir()} == {"best.pt", "last.pt", "log.csv"}


def test_best_holds_the_averaged_weights(two: list[Faces], measured: Path) -> None:
    """Loaded again, they have the validation error given in the log."""
    network = load_checkpoint(measured / "best.pt")
    assert not network.training
    assert network.collections == ("utkface", "aaf")
    assert network.input_size == 32
    with torch.inference_mode():
        pixels = torch.from_numpy(two[0].chips).permute(0, 3, 1, 2).float()
        found = expectation(blend(*network(pixels))).numpy()
    least = min(float(line["val_utkface"]) for line in read_log(measured))
    assert np.abs(found - two[0].ages).mean() == pytest.approx(least, abs=1e-3)


def test_a_checkpoint_at_another_size(measured: Path) -> None:
    assert load_checkpoint(measured / "best.pt", 48).input_size == 48


def test_measuring_leaves_the_training_weights_alone(trainer: Trainer, two: list[Faces]) -> None:
    trainer.validation = two
    trainer.run(stop_after=2)
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    found = trainer.validate()
    assert set(found) == {"utkface", "aaf"}
    assert_same(dict(trainer.network.state_dict()), before)


# Resuming


@pytest.fixture
def noisy(tiny: MakeConfig) -> Config:
    """Both collections, every augmentation, balance, and steps that do not fit the checkpoints."""
    return tiny(
        collections={"utkface": 0.75, "aaf": 0.25},
        shared_below=20.0,
        balance=0.5,
        epochs=4.0,
        augmentation=Augmentation(occlusion=0.5),
        evaluate_every=2,
        save_every=2,
    )


def test_a_resumed_run_equals_one_that_was_not_interrupted(noisy: Config, two: list[Faces], tmp_path: Path) -> None:
    whole = Trainer(noisy, two, two, tmp_path / "whole", tmp_path)
    assert whole.steps == 8
    assert not whole.resume()
    whole.run()

    for _ in range(3):  # three steps at a time: one of them is lost each time, and done again
        piece = Trainer(noisy, two, two, tmp_path / "pieces", tmp_path)
        started = piece.resume()
        assert piece.step == (torch.load(tmp_path / "pieces" / "last.pt", weights_only=True)["step"] if started else 0)
        piece.run(stop_after=3)
    assert piece.step == 7
    last = Trainer(noisy, two, two, tmp_path / "pieces", tmp_path)
    assert last.resume()
    assert last.step == 6
    last.run()

    for name in ("last.pt", "best.pt"):
        one, other = (torch.load(tmp_path / run / name, weights_only=True) for run in ("whole", "pieces"))
        assert_same(one, other, name)
    assert (tmp_path / "whole" / "log.csv").read_text() == (tmp_path / "pieces" / "log.csv").read_text()
    assert_same(whole.ema, last.ema)


def test_chance_within_the_network_is_resumed_too(
    noisy: Config, two: list[Faces], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some backbones drop layers (stochastic depth): what is dropped at a step must not depend on what ran before."""
    make = networks.BACKBONES[noisy.backbone]

    def dropping() -> tuple[nn.Module, int]:
        trunk, features = make()
        return nn.Sequential(trunk, nn.Dropout(0.5)), features

    monkeypatch.setattr(networks, "BACKBONES", networks.BACKBONES | {noisy.backbone: dropping})
    whole = Trainer(noisy, two, two, tmp_path / "whole", tmp_path)
    whole.run()
    piece = Trainer(noisy, two, two, tmp_path / "piece", tmp_path)
    piece.run(stop_after=4)  # a checkpoint is written at every second step
    last = Trainer(noisy, two, two, tmp_path / "piece", tmp_path)
    assert last.resume()
    last.run()
    assert_same(last.network.state_dict(), whole.network.state_dict())


def test_the_log_of_a_resumed_run_is_that_of_one_that_was_not_interrupted(
    two: list[Faces], tiny: MakeConfig, tmp_path: Path
) -> None:
    """Even if the last checkpoint lies between two measurements: the mean loss counts the steps before it."""
    config = tiny(epochs=4.0, evaluate_every=4, save_every=2, batch=6)
    Trainer(config, two[:1], two[:1], tmp_path / "whole", tmp_path).run()
    Trainer(config, two[:1], two[:1], tmp_path / "pieces", tmp_path).run(stop_after=2)
    second = Trainer(config, two[:1], two[:1], tmp_path / "pieces", tmp_path)
    assert second.resume()
    second.run()
    assert read_log(tmp_path / "pieces") == read_log(tmp_path / "whole")


def test_resuming_a_run_that_is_done_changes_nothing(noisy: Config, two: list[Faces], tmp_path: Path) -> None:
    Trainer(noisy, two, two, tmp_path, tmp_path).run()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = Trainer(noisy, two, two, tmp_path, tmp_path)
    assert again.resume()
    again.run()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"rate": 2e-3}, {"collections": {"utkface": 0.5, "aaf": 0.5}}, {"augmentation": Augmentation()}],
)
def test_another_configuration_cannot_be_resumed(
    noisy: Config, two: list[Faces], tmp_path: Path, change: dict[str, Any]
) -> None:
    Trainer(noisy, two, two, tmp_path, tmp_path).save("last.pt", everything=True)
    other = Trainer(replace(noisy, **change), two, two, tmp_path, tmp_path)
    with pytest.raises(ValueError, match="another configuration"):
        other.resume()


def test_collections_in_another_order_cannot_be_resumed(noisy: Config, two: list[Faces], tmp_path: Path) -> None:
    """The first one's head is the main one, and the heads go by number."""
    Trainer(noisy, two, two, tmp_path, tmp_path).save("last.pt", everything=True)
    turned = dict(reversed(noisy.collections.items()))
    with pytest.raises(ValueError, match="another configuration"):
        Trainer(replace(noisy, collections=turned), two[::-1], two[::-1], tmp_path, tmp_path).resume()


def test_a_damaged_checkpoint_is_named(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    (tmp_path / "last.pt").write_bytes(b"cut off")
    with pytest.raises(ValueError, match=r"last\.pt is no checkpoint"):
        Trainer(tiny(), two[:1], [], tmp_path, tmp_path).resume()


@pytest.mark.parametrize("change", [{"age": 60}, {"name": "other.jpg"}])
def test_other_photos_cannot_be_resumed(
    two: list[Faces], tiny: MakeConfig, tmp_path: Path, change: dict[str, Any]
) -> None:
    Trainer(tiny(), two[:1], [], tmp_path, tmp_path).save("last.pt", everything=True)
    rows = (replace(two[0].rows[0], **change), *two[0].rows[1:])
    other = Trainer(tiny(), [replace(two[0], rows=rows)], [], tmp_path, tmp_path)
    with pytest.raises(ValueError, match="other photos or labels of utkface"):
        other.resume()


def test_a_checkpoint_of_other_settings_names_is_resumed(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    """From before `clip` existed, and with a setting that was removed."""
    Trainer(tiny(), two[:1], [], tmp_path, tmp_path).save("last.pt", everything=True)
    state = torch.load(tmp_path / "last.pt", weights_only=True)
    del state["config"]["clip"], state["processes"]
    state["config"]["compile"] = False
    torch.save(state, tmp_path / "last.pt")
    assert Trainer(tiny(), two[:1], [], tmp_path, tmp_path).resume()
    with pytest.raises(ValueError, match="another configuration"):
        Trainer(tiny(clip=1.0), two[:1], [], tmp_path, tmp_path).resume()


def test_another_number_of_processes_cannot_resume(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    trainer = Trainer(tiny(), two[:1], [], tmp_path, tmp_path)
    trainer.save("last.pt", everything=True)
    trainer.crew = Crew(0, 2)
    with pytest.raises(ValueError, match="another number of processes: 1, not 2"):
        trainer.resume()


def test_the_gradient_is_bounded(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    config = tiny(optimizer="sgd", rate=1.0, rate_new=1.0, warmup=0, decay=0.0, clip=1e-9)
    trainer = Trainer(config, two[:1], [], tmp_path, tmp_path)
    before = {name: value.clone() for name, value in trainer.network.named_parameters()}
    trainer.run(stop_after=1)
    assert all(torch.allclose(value, before[name]) for name, value in trainer.network.named_parameters())


@pytest.mark.parametrize("change", [{}, {"revision": 3}])  # the first revision is not named in checkpoints
def test_another_revision_of_the_training_cannot_be_resumed(
    two: list[Faces], tiny: MakeConfig, tmp_path: Path, change: dict[str, int]
) -> None:
    trainer = Trainer(tiny(), two[:1], [], tmp_path, tmp_path)
    trainer.save("last.pt", everything=True)
    state = torch.load(tmp_path / "last.pt", weights_only=True)
    del state["revision"]
    torch.save(state | change, tmp_path / "last.pt")
    with pytest.raises(ValueError, match="another name or delete it"):
        trainer.resume()


def test_seeds_differ_and_one_seed_repeats(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    def after_two_steps(seed: int) -> dict[str, torch.Tensor]:
        trainer = Trainer(tiny(seed=seed), two[:1], [], tmp_path / str(seed), tmp_path)
        trainer.run(stop_after=2)
        return trainer.ema

    assert_same(after_two_steps(0), after_two_steps(0))
    assert not torch.equal(after_two_steps(0)["heads.0.weight"], after_two_steps(1)["heads.0.weight"])


KILLED = """
import os, pathlib, sys
from training.__main__ import main

replace, left = os.replace, int(sys.argv.pop(1))

def kill(part, target):
    global left
    left -= pathlib.Path(target).name == "last.pt"
    if not left:
        os._exit(9)
    return replace(part, target)

os.replace = kill
main(sys.argv[1:])
"""
"""Trains until a checkpoint (say, the fifth) is about to replace the one before, and ends there as by `kill -9`, which
Windows does not have: nothing is closed or written any more.

The log and the best weights are then ahead of the checkpoint.
"""


@pytest.mark.usefixtures("tiny")  # makes the toy network known here
@pytest.mark.parametrize(("left", "step"), [(2, 0), (6, 8)])  # the first checkpoint is written at the start
def test_a_killed_run_goes_on(shards: Path, toy_file: Path, tmp_path: Path, left: int, step: int) -> None:
    """`kill -9` in the middle, then `--resume`: the weights are those of an undisturbed run, bit for bit."""
    common = ["--data", str(shards), "--cache", str(tmp_path / "cache")]
    assert main(["prepare", *common]) == 0

    def command(runs: str, *more: str) -> list[str]:
        where = ["--config", str(toy_file), "--set", "epochs=8.0", "--threads", "1", "--runs", str(tmp_path / runs)]
        return ["train", *common, *where, *more]

    checkpoint = tmp_path / "killed" / "toy" / "last.pt"
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(left), *command("killed")],
        cwd=ROOT,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 9, process.stderr
    assert torch.load(checkpoint, weights_only=True)["step"] == step
    assert (checkpoint.parent / "best.pt").exists()

    assert main(command("killed")) == 2  # an existing run is not overwritten by accident
    assert torch.load(checkpoint, weights_only=True)["step"] == step
    assert main(command("killed", "--resume")) == 0
    assert main(command("whole")) == 0
    for name in ("last.pt", "best.pt"):
        one, other = (torch.load(tmp_path / runs / "toy" / name, weights_only=True) for runs in ("whole", "killed"))
        assert_same(one, other, name)
    assert read_log(tmp_path / "whole" / "toy") == read_log(tmp_path / "killed" / "toy")
    assert len(read_log(tmp_path / "whole" / "toy")) == 12


# Processes


def test_alone_without_a_launcher() -> None:
    crew = Crew.join()
    assert (crew.rank, crew.size, crew.device.type) == (0, 1, "cpu")
