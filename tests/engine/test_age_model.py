"""The shipped model: shapes, sums, and that a damaged file is noticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.age import AGES
from engine.age_model import BATCH, CHIP_SIZE, AgeModel, AgeModelError
from engine.model_info import MODELS, read_info


@pytest.fixture(scope="module")
def model() -> AgeModel:
    return AgeModel.load()


def chips(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, CHIP_SIZE, CHIP_SIZE, 3), dtype=np.uint8)


@pytest.mark.parametrize("count", [0, 1, 3, 17])
def test_rows_are_distributions(model: AgeModel, count: int) -> None:
    rows = model.predict(chips(count))
    assert rows.shape == (count, AGES)
    assert rows.dtype == np.float32
    assert (rows >= 0).all()
    assert rows.sum(axis=1) == pytest.approx(np.ones(count), abs=1e-5)


def test_it_tells_how_far_it_is(model: AgeModel) -> None:
    heard: list[tuple[int, int]] = []
    model.predict(chips(BATCH + 1), lambda done, total: heard.append((done, total)))
    assert heard == [(0, BATCH + 1), (BATCH, BATCH + 1)]


def test_a_face_does_not_depend_on_its_neighbours(model: AgeModel) -> None:
    together = model.predict(chips(3))
    alone = np.concatenate([model.predict(chip[None]) for chip in chips(3)])
    assert together == pytest.approx(alone, abs=1e-4)


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((1, 3, 200, 200), np.uint8),
        np.zeros((200, 200, 3), np.uint8),
        np.zeros((1, 200, 200, 3), np.float32),
        np.zeros((1, 112, 112, 3), np.uint8),
    ],
)
def test_wrong_chips_are_refused(model: AgeModel, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="chips must be uint8"):
        model.predict(bad)


def test_template_is_a_face(model: AgeModel) -> None:
    left_eye, right_eye, nose, left_mouth, right_mouth = model.template
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


def test_missing_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(AgeModelError, match=r"age\.json cannot be read"):
        AgeModel.load(tmp_path)
    shutil.copy(MODELS / "age.json", tmp_path)
    with pytest.raises(AgeModelError, match=r"age\.onnx cannot be read"):
        AgeModel.load(tmp_path)


def test_altered_model_is_refused(tmp_path: Path) -> None:
    shutil.copy(MODELS / "age.json", tmp_path)
    content = bytearray((MODELS / "age.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "age.onnx").write_bytes(content)
    with pytest.raises(AgeModelError, match="damaged or was altered"):
        AgeModel.load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "x"'])
def test_damaged_description_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "age.json").write_text(text)
    with pytest.raises(AgeModelError, match=r"age\.json"):
        read_info(tmp_path)
