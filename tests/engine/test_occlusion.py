"""engine.occlusion, and `Analyzer.explain`, which uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.analyzer import Analyzer
from engine.image import ImageError
from engine.occlusion import GRID, PATCH, occlusion_map
from engine.report import Upright

ALL = GRID * GRID + 1


def chip_of(*spots: tuple[int, int]) -> NDArray[np.uint8]:
    """A gray chip with fine black and white stripes around (x, y), which a blur wipes out."""
    chip = np.full((200, 200, 3), 128, np.uint8)
    for x, y in spots:
        chip[y - 8 : y + 8, x - 8 : x + 8] = np.where(np.arange(16) % 2, 255, 0)[None, :, None]
    return chip


def detail(chips: NDArray[np.uint8], columns: slice = slice(None)) -> NDArray[np.float64]:
    """A known model of ages: a year for every 10 gray values of difference between neighboring pixels, on average."""
    steps = np.abs(np.diff(chips[:, :, columns, 0].astype(float), axis=2))
    return np.asarray(steps.mean(axis=(1, 2)) / 10, np.float64)


def test_a_part_that_adds_years_is_positive_where_it_is() -> None:
    result = occlusion_map(detail, chip_of((140, 60)))
    assert result.shape == (GRID, GRID)
    assert result.dtype == np.float32
    step = (200 - PATCH) / (GRID - 1)
    for row in range(GRID):
        for column in range(GRID):
            left, top = column * step, row * step
            covered = left <= 132 and left + PATCH >= 148 and top <= 52 and top + PATCH >= 68
            apart = left > 150 or left + PATCH < 130 or top > 70 or top + PATCH < 50
            if covered:
                assert result[row, column] == pytest.approx(detail(chip_of((140, 60))[None])[0], rel=0.2)
            if apart:
                assert abs(result[row, column]) < 0.02
    assert result.max() > 0.1


def test_a_part_that_takes_years_off_is_negative() -> None:
    def older_left_younger_right(chips: NDArray[np.uint8]) -> NDArray[np.float64]:
        return 40 + detail(chips, slice(0, 100)) - detail(chips, slice(100, 200))

    result = occlusion_map(older_left_younger_right, chip_of((40, 100), (160, 100)))
    assert result[:, :3].max() > 0.3
    assert result[:, -3:].min() < -0.3
    assert result[:, :3].min() > -0.02
    assert result[:, -3:].max() < 0.02


def test_a_picture_without_detail_has_nothing_to_hide() -> None:
    assert np.abs(occlusion_map(detail, np.full((200, 200, 3), 90, np.uint8))).max() == 0


def test_progress_is_told_up_to_the_end_and_the_chip_is_left_alone() -> None:
    chip = chip_of((100, 100))
    before = chip.copy()
    told: list[tuple[int, int]] = []
    seen: list[int] = []

    def estimate(chips: NDArray[np.uint8]) -> NDArray[np.float64]:
        seen.append(len(chips))
        return detail(chips)

    occlusion_map(estimate, chip, lambda done, total: told.append((done, total)))
    assert sum(seen) == ALL
    assert max(seen) <= 16, "more at once than the model's batch"
    assert told == list(zip(np.cumsum(seen).tolist(), [ALL] * len(seen), strict=True))
    assert len(told) >= 4
    assert np.array_equal(chip, before)


@pytest.mark.parametrize(
    "chip",
    [np.zeros((200, 200), np.uint8), np.zeros((200, 200, 3)), np.zeros((40, 40, 3), np.uint8)],
    ids=["no colours", "no bytes", "too small"],
)
def test_what_is_no_chip_is_refused(chip: Any) -> None:
    with pytest.raises(ValueError, match="chip"):
        occlusion_map(detail, chip)


def test_the_map_of_a_real_face(analyzer: Analyzer, astronaut_photo: Path) -> None:
    """The smile takes years off this face, and the map shows that there."""
    report = analyzer.analyze(astronaut_photo)
    told: list[tuple[int, int]] = []
    upright = Upright(report.width, report.height, report.rotated)
    result = analyzer.explain(
        astronaut_photo, upright, report.faces[0].landmarks, lambda done, total: told.append((done, total))
    )
    assert told[-1] == (ALL, ALL)
    assert 2 < np.abs(result).max() < 40
    inner, outer = result[2:6, 2:6], np.concatenate([result[0, [0, -1]], result[-1, [0, -1]]])
    assert np.abs(inner).mean() > 1.5 * np.abs(outer).mean(), "the face counts for more than what is around it"


def test_a_photo_that_was_turned_is_explained_as_it_was_seen(
    analyzer: Analyzer, astronaut: NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[NDArray[np.uint8]] = []

    def keep(_estimate: object, chip: NDArray[np.uint8], _heard: object) -> NDArray[np.float32]:
        seen.append(chip)
        return np.zeros((GRID, GRID), np.float32)

    monkeypatch.setattr("engine.analyzer.occlusion_map", keep)
    wide = astronaut[:400]
    Image.fromarray(np.rot90(wide)).save(tmp_path / "sideways.png")
    inspection = analyzer.inspect(tmp_path / "sideways.png")
    report = inspection.report
    assert report.rotated == 90
    upright = Upright(report.width, report.height, report.rotated)
    analyzer.explain(tmp_path / "sideways.png", upright, report.faces[0].landmarks)
    assert np.array_equal(seen[0], inspection.chips[0])


def test_a_photo_that_has_changed_meanwhile_is_not_explained(analyzer: Analyzer, astronaut_photo: Path) -> None:
    face = analyzer.analyze(astronaut_photo).faces[0]
    with pytest.raises(ImageError, match="has changed"):
        analyzer.explain(astronaut_photo, Upright(512, 400, 0), face.landmarks)
    with pytest.raises(ImageError, match="not there"):
        analyzer.explain(astronaut_photo.with_name("gone.png"), Upright(512, 512, 0), face.landmarks)
