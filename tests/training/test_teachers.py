"""Distillation: what the teachers say, and that the pupil learns it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from training.config import Config
from training.data import Faces
from training.network import AgeNetwork
from training.teachers import lessons_of
from training.train import Trainer

MakeConfig = Callable[..., Config]

BOTH = {"utkface": 0.5, "aaf": 0.5}


def teacher(two: list[Faces], tiny: MakeConfig, folder: Path, seed: int) -> AgeNetwork:
    """A network with its own untrained heads, saved as run `teacher<seed>`."""
    trainer = Trainer(tiny(collections=BOTH, seed=seed), two, [], folder / f"teacher{seed}", folder)
    trainer.save("best.pt", everything=False)
    return trainer.network.eval()


def learn(config: Config, faces: list[Faces], folder: Path) -> dict[str, torch.Tensor]:
    """The weights after two steps."""
    trainer = Trainer(config, faces, [], folder, folder)
    trainer.run(stop_after=2)
    return dict(trainer.network.state_dict())


def test_what_is_said_is_the_mean_of_the_distributions_of_every_head(
    two: list[Faces], tiny: MakeConfig, tmp_path: Path
) -> None:
    teachers = [teacher(two, tiny, tmp_path, seed) for seed in (1, 2)]
    said = lessons_of(teachers, two[1])
    pixels = torch.from_numpy(two[1].chips).permute(0, 3, 1, 2).float()
    with torch.inference_mode():
        expected = (torch.softmax(teachers[0](pixels)[0], 2) + torch.softmax(teachers[1](pixels)[0], 2)) / 2
    assert said.shape == (len(two[1]), 2, 101)
    assert said.dtype == torch.float16
    assert torch.allclose(said.float(), expected, atol=5e-4)
    assert float((expected[:, 0] - expected[:, 1]).abs().max()) > 3e-3  # otherwise swapped heads would go unnoticed


def test_a_pupil_that_only_listens_does_not_look_at_the_labels(
    two: list[Faces], tiny: MakeConfig, tmp_path: Path
) -> None:
    teacher(two, tiny, tmp_path, 1)
    turned = [Faces(one.name, one.chips, one.rows[::-1], one.index) for one in two]
    learned = {}
    for taught in (1.0, 0.5):
        config = tiny(collections=BOTH, seed=5, teachers=("teacher1",), taught=taught)
        for name, faces in (("labels", two), ("turned", turned)):
            learned[taught, name] = learn(config, faces, tmp_path / f"{taught} {name}")
    weight = "heads.0.weight"
    assert torch.equal(learned[1.0, "labels"][weight], learned[1.0, "turned"][weight])
    assert not torch.equal(learned[0.5, "labels"][weight], learned[0.5, "turned"][weight])


def test_a_pupil_learns_what_its_teacher_says(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    """Here the teacher says 30 for every photo, whatever its label."""
    first = Trainer(tiny(), two[:1], [], tmp_path / "thirty", tmp_path)
    for name, value in first.ema.items():
        if name.startswith("heads"):
            value.zero_()
        if name == "heads.0.bias":
            value[30] = 20.0
    first.save("best.pt", everything=False)
    config = tiny(teachers=("thirty",), taught=1.0, epochs=40.0, rate=1e-2, rate_new=1e-2, seed=3)
    pupil = Trainer(config, two[:1], two[:1], tmp_path / "pupil", tmp_path)
    pupil.run()
    pupil.network.eval()
    pixels = torch.from_numpy(two[0].chips).permute(0, 3, 1, 2).float()
    with torch.inference_mode():
        estimates = pupil.method.expectation(pupil.network(pixels)[0][:, 0]).numpy()
    assert np.abs(estimates - 30).mean() < 3
    assert np.abs(two[0].ages - 30).mean() > 20


def test_a_run_that_goes_on_still_listens(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    """Even if the teacher is gone: what it said is in the checkpoint."""
    teacher(two, tiny, tmp_path, 1)
    config = tiny(collections=BOTH, teachers=("teacher1",), save_every=2)
    whole = learn_all(config, two, tmp_path / "whole")
    Trainer(config, two, [], tmp_path / "parts", tmp_path).run(stop_after=2)
    (tmp_path / "teacher1" / "best.pt").unlink()
    again = Trainer(config, two, [], tmp_path / "parts", tmp_path)
    assert again.resume()
    again.run()
    for name, value in again.network.state_dict().items():
        assert torch.equal(value, whole[name]), name


def learn_all(config: Config, faces: list[Faces], folder: Path) -> dict[str, torch.Tensor]:
    """The weights at the end."""
    trainer = Trainer(config, faces, [], folder, folder)
    trainer.run()
    return dict(trainer.network.state_dict())


def test_a_teacher_of_other_collections_is_refused(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    Trainer(tiny(), two[:1], [], tmp_path / "other", tmp_path).save("best.pt", everything=False)
    trainer = Trainer(tiny(collections=BOTH, teachers=("other",)), two, [], tmp_path / "pupil", tmp_path)
    with pytest.raises(ValueError, match="knows other collections: utkface"):
        trainer.run()
