"""Mixing photos and labels: which, how much, and what is learned from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from training.config import Config
from training.data import Faces
from training.train import Trainer

MakeConfig = Callable[..., Config]

BOTH = {"utkface": 0.5, "aaf": 0.5}


@pytest.fixture
def trainer(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> Trainer:
    return Trainer(tiny(mixup=0.4, collections=BOTH, batch=8), two, [], tmp_path / "run", tmp_path)


def test_every_photo_gets_a_partner_and_at_most_half_of_it(trainer: Trainer) -> None:
    seen = set()
    for step in range(50):
        partners, share = trainer._partners(step, 8)
        assert sorted(partners.tolist()) == list(range(8))
        assert 0 <= share <= 0.5
        seen.add((tuple(partners.tolist()), share))
        again, same = trainer._partners(step, 8)
        assert torch.equal(again, partners) and same == share
    assert len(seen) == 50


def test_without_mixup_nothing_is_mixed(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    _, share = Trainer(tiny(), two[:1], [], tmp_path / "run", tmp_path)._partners(3, 8)
    assert share == 0


def test_the_network_sees_mixed_photos_and_learns_both_labels(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss is that of the photos' own labels and that of their partners', weighted by their shares in the mix."""
    partners, share = torch.tensor([1, 2, 3, 4, 5, 6, 7, 0]), 0.25
    monkeypatch.setattr(trainer, "_partners", lambda *_: (partners, share))
    chips, ages, which = trainer.batch(0)
    seen: list[Tensor] = []
    trainer.network.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0].clone()))
    trainer.network.train()
    answers, gate = trainer.network(0.75 * chips + 0.25 * chips[partners])
    own = trainer._loss(answers, gate, ages, which, None)
    others = trainer._loss(answers, gate, ages[partners], which[partners], None)
    assert own.item() != pytest.approx(others.item(), rel=1e-3)
    loss, _ = trainer._advance()
    assert loss == pytest.approx((0.75 * own + 0.25 * others).item(), rel=1e-4)
    assert torch.allclose(seen[1], seen[0], atol=1e-3)


def test_a_resumed_run_mixes_the_same(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> None:
    config = tiny(mixup=0.4, collections=BOTH, batch=8, epochs=2.0, save_every=2)
    whole = Trainer(config, two, [], tmp_path / "whole", tmp_path)
    whole.run()
    Trainer(config, two, [], tmp_path / "pieces", tmp_path).run(stop_after=2)
    rest = Trainer(config, two, [], tmp_path / "pieces", tmp_path)
    assert rest.resume()
    rest.run()
    assert rest.step == whole.step > 2
    for name, value in whole.ema.items():
        assert torch.equal(rest.ema[name], value), name


def test_partners_bring_what_the_teachers_say_of_them(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not what they say about the photo that the partner is mixed into."""
    partners = torch.tensor([1, 2, 3, 4, 5, 6, 7, 0])
    monkeypatch.setattr(trainer, "_partners", lambda *_: (partners, 0.5))
    trainer.said = [torch.softmax(torch.randn(len(faces), 2, 101), 2) for faces in trainer.train_faces]
    said = trainer._said_of(0)
    assert said is not None and said.shape == (8, 2, 101)
    heard: list[Tensor] = []
    loss = trainer._loss
    monkeypatch.setattr(trainer, "_loss", lambda *given: heard.append(given[4]) or loss(*given))
    trainer._advance()
    assert torch.equal(heard[0], said) and torch.equal(heard[1], said[partners])
