"""Calibration recovers the temperatures that the test chose."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from training.augment import Augmentation
from training.calibrate import DEGRADED, evened, fit_temperatures, logits_of, offsets_of, softened
from training.metrics import covered
from training.network import KNOTS, AgeNetwork, Exported

Floats = NDArray[np.float64]


def truth(photos: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Honest logits of bell-shaped distributions, and ages drawn from them (each bin is one year wide)."""
    rng = np.random.default_rng(seed)
    middles, widths = rng.uniform(-5, 105, (photos, 1)), rng.uniform(4, 9, (photos, 1))
    logits = -0.5 * ((np.arange(101) - middles) / widths) ** 2
    cumulative = np.cumsum(np.exp(logits), axis=1)
    drawn = (cumulative < rng.random((photos, 1)) * cumulative[:, -1:]).sum(1)
    return logits, np.clip(drawn + rng.uniform(-0.5, 0.5, photos), 0, 100)


def mean_coverage(logits: Floats, temperatures: list[float], ages: Floats, level: float = 0.8) -> float:
    return float(covered(softened(logits, temperatures), ages, level).mean())


@pytest.fixture(scope="module")
def honest() -> tuple[Floats, Floats]:
    return truth(4000)


def test_honest_logits_need_no_temperature(honest: tuple[Floats, Floats]) -> None:
    temperatures = fit_temperatures(*honest)
    assert len(temperatures) == len(KNOTS)
    assert temperatures[1:-1] == pytest.approx([1.0] * (len(KNOTS) - 2), abs=0.2)
    assert mean_coverage(honest[0], temperatures, honest[1]) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("factor", [0.6, 1.8])
def test_a_known_temperature_is_found(honest: tuple[Floats, Floats], factor: float) -> None:
    """Logits multiplied by `factor` are honest again when divided by it. At middle ages, where no edge interferes."""
    logits, ages = honest
    temperatures = fit_temperatures(factor * logits, ages)
    assert float(np.median(temperatures)) == pytest.approx(factor, rel=0.08)
    assert mean_coverage(factor * logits, temperatures, ages) == pytest.approx(0.8, abs=0.01)
    assert abs(mean_coverage(factor * logits, [1.0] * len(KNOTS), ages) - 0.8) > 0.05


def test_a_temperature_that_changes_with_age_is_found(honest: tuple[Floats, Floats]) -> None:
    """Young faces too sure (x 1.8), old faces not sure enough (x 0.6): both become right, which no single one could."""
    logits, ages = honest
    young = np.argmax(logits, axis=1) < 50
    logits = np.where(young[:, None], 1.8, 0.6) * logits
    temperatures = fit_temperatures(logits, ages)
    assert temperatures[2] == pytest.approx(1.8, rel=0.15)
    assert temperatures[8] == pytest.approx(0.6, rel=0.15)
    found = covered(softened(logits, temperatures), ages)
    assert found[young].mean() == pytest.approx(0.8, abs=0.02)
    assert found[~young].mean() == pytest.approx(0.8, abs=0.02)


def test_another_level(honest: tuple[Floats, Floats]) -> None:
    temperatures = fit_temperatures(1.5 * honest[0], honest[1], level=0.5)
    assert mean_coverage(1.5 * honest[0], temperatures, honest[1], 0.5) == pytest.approx(0.5, abs=0.015)


def test_weights_say_whose_coverage_counts(honest: tuple[Floats, Floats]) -> None:
    logits, ages = honest
    sure = np.arange(len(ages)) % 2 == 0
    logits = np.where(sure[:, None], 2.0, 1.0) * logits
    weights = np.where(sure, 0.01, 1.0)
    assert float(np.median(fit_temperatures(logits, ages, weights))) == pytest.approx(1.0, rel=0.1)
    assert float(np.median(fit_temperatures(logits, ages, 1.01 - weights))) == pytest.approx(2.0, rel=0.1)


def test_frequent_bands_count_for_less() -> None:
    """Nine photos in the thirties and one of an old person, which counts for two: 4.5 to 1 before."""
    ages, weights = np.array([30.0] * 7 + [31.0] * 2 + [80.0]), np.array([0.5] * 9 + [1.0])
    found = evened(ages, weights)
    assert found.sum() == pytest.approx(weights.sum())
    assert found[:9] == pytest.approx(found[0])
    assert found[:9].sum() / found[9] == pytest.approx(math.sqrt(4.5))


def test_rare_ages_get_back_half() -> None:
    """400 photos of every age up to sixty, 100 from seventy on: an age that is four times as rare counts double."""
    ages = np.repeat(np.arange(101.0), [400] * 61 + [250] * 9 + [100] * 31)
    offsets = offsets_of(ages, 40)
    assert len(offsets) == 101
    assert offsets[:41] == [0.0] * 41
    assert offsets[45] == pytest.approx(0, abs=0.01)
    assert offsets[85] == pytest.approx(math.log(2), abs=0.01)
    assert offsets[45:86] == sorted(offsets[45:86])


def test_offsets_begin_where_they_are_told_to() -> None:
    """Without a step at that age, whether it is whole or not; and ages without photos cause no division by zero."""
    ages = np.repeat([20.0, 110.0], [5000, 1])
    for since in (30, 30.5):
        offsets = offsets_of(ages, since)
        assert offsets[30] == 0
        assert 0 < offsets[31] < 1
    assert max(offsets) < 0.5 * math.log(5001)
    assert offsets_of(ages, 30.5)[31] == pytest.approx(offsets_of(ages, 30)[31] / 2, abs=2e-4)
    assert offsets_of(np.clip(ages, 0, 100), 30) == offsets_of(ages, 30)


def test_an_age_is_as_frequent_as_those_around_it() -> None:
    """Where all are 20 years old, 26 is one standard deviation away: half of the logarithm of exp(-1 / 2)."""
    assert offsets_of(np.full(5000, 20.0), 20)[26] == pytest.approx(0.25, abs=1e-3)


def test_few_photos_of_one_age_still_give_a_temperature_for_every_age() -> None:
    logits, ages = truth(400)
    near = np.abs(np.argmax(logits, axis=1) - 30) < 10
    temperatures = fit_temperatures(logits[near], ages[near])
    assert len(temperatures) == len(KNOTS)
    assert all(0.3 < one < 3 for one in temperatures)


@pytest.mark.parametrize(("photos", "own"), [(200, True), (40, False)])
def test_a_temperature_rests_on_enough_photos(photos: int, own: bool) -> None:
    """Those estimated at 60 are twice too sure, the many at 30 are honest: too few do not decide about 60 alone."""
    rng = np.random.default_rng(0)
    middles = np.repeat([30.0, 60.0], [2000, photos])
    logits = -0.5 * ((np.arange(101) - middles[:, None]) / 6) ** 2 * np.where(middles == 60, 2.0, 1.0)[:, None]
    ages = rng.normal(middles, 6)
    temperatures = fit_temperatures(logits, ages)
    assert temperatures[3] == pytest.approx(1, rel=0.1)
    assert temperatures[6] == pytest.approx(2 if own else 1, rel=0.25)
    assert fit_temperatures(1.02 * logits, ages)[3] == pytest.approx(1.02 * temperatures[3], rel=1e-3)


@pytest.mark.parametrize("factor", [0.25, 4.0])
def test_temperatures_far_from_one_are_found(factor: float) -> None:
    logits = factor * -0.5 * ((np.arange(101) - np.full((400, 1), 50.0)) / 6) ** 2
    assert fit_temperatures(logits, np.random.default_rng(0).normal(50, 6, 400))[5] == pytest.approx(factor, rel=0.15)


def test_photos_nearer_to_a_knot_count_for_more() -> None:
    """Those estimated at 60 are twice too sure, as many at 68 are honest."""
    rng = np.random.default_rng(0)
    middles = np.repeat([60.0, 68.0], 1000)
    logits = -0.5 * ((np.arange(101) - middles[:, None]) / 6) ** 2 * np.where(middles == 60, 2.0, 1.0)[:, None]
    temperatures = fit_temperatures(logits, rng.normal(middles, 6))
    assert temperatures[6] > 1.6
    assert temperatures[7] < 1.2


def test_no_photos() -> None:
    with pytest.raises(ValueError, match="no photos"):
        fit_temperatures(np.empty((0, 101)), np.empty(0))


def test_softened_computes_what_the_exported_module_computes(make_faces: Callable[..., Any]) -> None:
    torch.manual_seed(1)
    network = AgeNetwork("resnet18", 32, ("utkface", "aaf")).eval()
    with torch.no_grad():
        network.heads[0].weight.mul_(20)
    temperatures = np.linspace(0.4, 2.5, len(KNOTS)).tolist()
    model = Exported(network, temperatures).eval()
    faces = make_faces([3, 40, 95])
    with torch.inference_mode():
        theirs = model(torch.from_numpy(faces.chips)).numpy()
    ours = softened(logits_of(model, faces), temperatures)
    assert np.allclose(ours, theirs, atol=1e-5)
    assert not np.allclose(ours, softened(logits_of(model, faces), [1.0] * len(KNOTS)), atol=1e-3)


def test_logits_of_degraded_copies(make_faces: Callable[..., Any], still: Augmentation) -> None:
    """A seed determines the copies; without degradation the photos stay unchanged."""
    torch.manual_seed(1)
    model = Exported(AgeNetwork("resnet18", 32)).eval()
    faces = make_faces([3, 40, 95])
    plain = logits_of(model, faces)
    assert plain.shape == (3, 101)
    assert np.allclose(logits_of(model, faces, still), plain, atol=1e-3)
    assert np.array_equal(logits_of(model, faces, DEGRADED), logits_of(model, faces, DEGRADED))
    assert not np.allclose(logits_of(model, faces, DEGRADED), plain, atol=1e-3)
    assert logits_of(model, faces.part("val")).shape == (0, 101)
