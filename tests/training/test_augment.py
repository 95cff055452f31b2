"""Augmentation: a seed determines it, each change does what it says, and nothing leaves the range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.augment import Augmentation, augment

ALONE = {
    "rotation": 10.0,
    "scale": 0.2,
    "shift": 10.0,
    "flip": 1.0,
    "colour": 0.5,
    "grey": 1.0,
    "fade": 1.0,
    "soft": 1.0,
    "noise": 1.0,
    "jpeg": 1.0,
    "occlusion": 1.0,
    "grain": 1.0,
}


@pytest.fixture(scope="module")
def chips() -> Tensor:
    """Eight chips with large shapes, color and a little grain: (8, 3, 200, 200)."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:200, 0:200] / 200
    photos = []
    for k in range(8):
        shapes = np.stack([np.sin(7 * x + k), np.cos(9 * y - k), np.sin(5 * x * y + 2 * k) + (x < 0.3)])
        photos.append(128 + 50 * shapes + rng.normal(0, 4, shapes.shape))
    return torch.from_numpy(np.clip(np.rint(np.stack(photos)), 0, 255)).float()


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_seed_fixes_the_batch(chips: Tensor) -> None:
    how = Augmentation()
    assert torch.equal(augment(chips, how, seeded(5)), augment(chips, how, seeded(5)))
    assert not torch.equal(augment(chips, how, seeded(5)), augment(chips, how, seeded(6)))


@pytest.mark.parametrize("seed", range(3))
def test_shape_range_and_input_are_kept(chips: Tensor, seed: int) -> None:
    before = chips.clone()
    strong = Augmentation(**ALONE)
    changed = augment(chips, strong, seeded(seed))
    assert changed.shape == chips.shape
    assert changed.dtype == torch.float32
    assert bool(torch.isfinite(changed).all())
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 255
    assert torch.equal(chips, before)


@pytest.mark.parametrize("level", [0.0, 255.0])
def test_black_and_white_photos_stay_finite(level: float) -> None:
    changed = augment(torch.full((16, 3, 200, 200), level), Augmentation(**ALONE), seeded())
    assert bool(torch.isfinite(changed).all())


def test_without_strength_nothing_changes(chips: Tensor, still: Augmentation) -> None:
    assert torch.allclose(augment(chips, still, seeded()), chips, atol=0.05)


def test_there_is_a_test_for_each_strength() -> None:
    assert set(ALONE) == {f.name for f in fields(Augmentation)}


@pytest.mark.parametrize("name", ALONE)
def test_each_strength_alone_changes_every_photo(chips: Tensor, still: Augmentation, name: str) -> None:
    changed = augment(chips, replace(still, **{name: ALONE[name]}), seeded(1))
    apart = (changed - chips).abs().flatten(1)
    assert apart.mean(1).min() > 0.2, name
    assert apart.max() > 10, name


@pytest.mark.parametrize("name", ["flip", "grey", "fade", "soft", "noise", "jpeg", "occlusion"])
def test_probabilities_are_per_photo(chips: Tensor, still: Augmentation, name: str) -> None:
    many = chips.repeat(8, 1, 1, 1)
    changed = augment(many, replace(still, **{name: 0.5}), seeded(2))
    touched = int(((changed - many).abs().amax((1, 2, 3)) > 1).sum())
    assert 20 <= touched <= 44  # 32 expected, three standard deviations either way


def test_flip_mirrors(chips: Tensor, still: Augmentation) -> None:
    assert torch.allclose(augment(chips, replace(still, flip=1.0), seeded()), chips.flip(3), atol=0.05)


def test_shift_rotation_and_scale_move_by_as_much_as_they_say(still: Augmentation) -> None:
    """Measured on an off-center disc: where its center of mass goes, and how its area grows."""
    y, x = torch.meshgrid(torch.arange(200.0), torch.arange(200.0), indexing="ij")
    disc = (255 * (((x - 139.5) ** 2 + (y - 99.5) ** 2) < 20**2).float()).expand(80, 3, 200, 200).contiguous()

    def measured(how: Augmentation) -> tuple[Tensor, Tensor, Tensor]:
        mass = augment(disc, how, seeded(3))[:, 0]
        total = mass.sum((1, 2))
        return (mass * x).sum((1, 2)) / total - 99.5, (mass * y).sum((1, 2)) / total - 99.5, total / disc[0, 0].sum()

    across, down, area = measured(replace(still, shift=5.0))
    assert float(across.std()) == pytest.approx(5, rel=0.25)
    assert float(down.std()) == pytest.approx(5, rel=0.25)
    assert float((area - 1).abs().max()) < 0.02
    across, down, area = measured(replace(still, rotation=4.0))
    assert float(torch.rad2deg(torch.atan2(down, across)).std()) == pytest.approx(4, rel=0.25)
    assert torch.allclose(across**2 + down**2, torch.tensor(40.0**2), rtol=0.03)
    across, down, area = measured(replace(still, scale=0.06))
    assert float(area.log().std()) == pytest.approx(0.12, rel=0.25)  # an area grows twice as fast as a length
    assert torch.allclose(across / 40, area.sqrt(), rtol=0.03)


def test_grey_is_grey_or_sepia(chips: Tensor, still: Augmentation) -> None:
    changed = augment(chips.repeat(4, 1, 1, 1), replace(still, grey=1.0), seeded())
    grey = (changed[:, 0] - changed[:, 2]).abs().amax((1, 2)) < 0.01
    assert 8 <= int(grey.sum()) <= 24
    for photo in changed[~grey]:
        assert bool((photo[0] >= photo[2] - 0.01).all())  # sepia: red above blue everywhere
        assert float((photo[0] - photo[2]).max()) > 10


def test_fade_narrows_the_range(chips: Tensor, still: Augmentation) -> None:
    changed = augment(chips, replace(still, fade=1.0), seeded())
    assert bool((changed.std((2, 3)) <= chips.std((2, 3)) + 1e-3).all())


def test_soft_takes_detail_away_and_keeps_brightness(chips: Tensor, still: Augmentation) -> None:
    changed = augment(chips, replace(still, soft=1.0), seeded())

    def detail(photos: Tensor) -> Tensor:
        return photos.diff(dim=3).abs().mean((1, 2, 3)) + photos.diff(dim=2).abs().mean((1, 2, 3))

    assert bool((detail(changed) < 0.9 * detail(chips)).all())
    assert torch.allclose(changed.mean((2, 3)), chips.mean((2, 3)), atol=1.0)
    flat = torch.full((16, 3, 200, 200), 77.0)
    assert torch.allclose(augment(flat, replace(still, soft=1.0), seeded()), flat, atol=0.05)


def test_occlusion_covers_a_part_with_one_colour(still: Augmentation) -> None:
    flat = torch.full((12, 3, 200, 200), 100.0)
    changed = augment(flat, replace(still, occlusion=1.0), seeded())
    covered = ((changed - flat).abs() > 0.5).any(1).float().mean((1, 2))
    assert float(covered.max()) <= 0.36**2
    assert float(covered.mean()) > 0.01
    assert all(len(torch.unique(photo.round(decimals=2).flatten(1), dim=1).T) == 2 for photo in changed)


def test_jpeg_loses_less_the_second_time(
    still: Augmentation, astronaut: NDArray[np.uint8], make_jpeg: Callable[..., bytes]
) -> None:
    """A photo that was compressed twice loses less the second time: it already lies on JPEG's grid."""
    patch = torch.from_numpy(astronaut[:200, 150:350].copy()).permute(2, 0, 1)[None].float()
    how = replace(still, jpeg=1.0)
    once = augment(patch, how, seeded(4))
    twice = augment(once, how, seeded(4))
    first, second = float((once - patch).abs().mean()), float((twice - once).abs().mean())
    assert 0.5 < first < 20
    assert second < 0.5 * first


def test_grain_is_coarser_than_noise(still: Augmentation) -> None:
    """Neighboring pixels agree in grain but not in noise; neither changes the mean of the photos."""
    grey = torch.full((40, 3, 200, 200), 128.0)
    found = {}
    for name in ("grain", "noise"):
        added = augment(grey, replace(still, **{name: 1.0}), seeded(1)) - grey
        assert abs(float(added.mean())) < 1
        beside = (added[..., 1:] * added[..., :-1]).mean((1, 2, 3)) / added.square().mean((1, 2, 3))
        found[name] = beside
        assert float(added.std((1, 2, 3)).max()) > 2 * float(added.std((1, 2, 3)).min())  # of many strengths
    assert float(found["noise"].abs().max()) < 0.1
    assert float(found["grain"].min()) > 0.2
    assert float(found["grain"].max()) > 0.9  # of many sizes


def test_grain_is_grey_or_coloured(still: Augmentation) -> None:
    added = augment(torch.full((40, 3, 200, 200), 128.0), replace(still, grain=1.0), seeded(2)) - 128
    alike = (added[:, 0] * added[:, 1]).mean((1, 2)) / added[:, 0].square().mean((1, 2))
    assert float(alike.min()) < 0.4
    assert float(alike.max()) > 0.8
