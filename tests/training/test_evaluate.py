"""Figures of an exported model on chips, and what is kept of them."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.age_model import AgeModel
from training.evaluate import copies, evaluate_photos, keep, kept, predict, predictions_on, table
from training.files import write_json
from training.metrics import figures, mae_range


class Reader:
    """Stands in for the exported model: takes the age from the brightness of a made-up chip, two years too high."""

    def predict(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        ages = np.rint((chips.mean((1, 2, 3)) - 21.5) / 2).astype(int) + 2
        return np.eye(101, dtype=np.float32)[np.clip(ages, 0, 100)]


@pytest.fixture
def reader() -> AgeModel:
    return Reader()  # type: ignore[return-value]


@pytest.fixture
def faces(make_faces: Callable[..., Any]) -> Any:
    """Ages 10, 20, ..., 80; the first four are men."""
    made = make_faces(range(10, 90, 10))
    rows = tuple(replace(row, sex="male" if row.age <= 40 else "female", label="") for row in made.rows)
    return replace(made, rows=rows)


def test_figures_on_chips(reader: AgeModel, faces: Any) -> None:
    found = predictions_on(reader, faces).figures()
    assert found["all"]["photos"] == 8
    assert found["all"]["bias"] == pytest.approx(2, abs=0.6)
    assert found["all"]["mae"] == pytest.approx(2, abs=0.6)
    assert {label: one["photos"] for label, one in found["sex"].items()} == {"female": 4, "male": 4}
    assert found["label"] == {}
    assert set(found["band"]) == {"0-12", "18-25", "26-35", "36-50", "51-65", "66+"}


def test_only_the_part_is_measured(reader: AgeModel, faces: Any) -> None:
    rows = tuple(replace(row, split="test" if row.age == 50 else "train") for row in faces.rows)
    found = predictions_on(reader, replace(faces, rows=rows).part("test")).figures()
    assert found["all"]["photos"] == 1
    assert list(found["band"]) == ["36-50"]
    with pytest.raises(ValueError, match="no photo to measure on"):
        predictions_on(reader, faces.part("val")).figures()


def test_predict_goes_through_all_batches(reader: AgeModel, make_faces: Callable[..., Any]) -> None:
    faces = make_faces([10, 90] * 40)  # more than one batch
    rows = predict(reader, faces)
    assert rows.shape == (80, 101)
    assert rows.dtype == np.float64
    assert np.abs(rows @ np.arange(101) - faces.ages - 2).max() < 2.5


def test_figures_are_kept_with_the_model_they_belong_to(tmp_path: Path) -> None:
    keep(tmp_path, "utkface", "abc", {"all": {"mae": 4.5}})
    keep(tmp_path, "aaf", "older", {"all": {"mae": 9.0}})
    keep(tmp_path, "studio", "abc", {"all": {"mae": 5.5}})
    assert kept(tmp_path, "abc") == {"studio": {"all": {"mae": 5.5}}, "utkface": {"all": {"mae": 4.5}}}
    keep(tmp_path, "utkface", "abc", {"all": {"mae": 4.4}})
    assert kept(tmp_path, "abc")["utkface"] == {"all": {"mae": 4.4}}
    keep(tmp_path, "utkface-val", "abc", {"all": {"mae": 4.0}}, "val")
    assert set(kept(tmp_path, "abc")) == {"studio", "utkface"}  # never figures on photos that it learned from
    write_json(tmp_path / "family.json", {"model": "abc", "figures": {"all": {"mae": 6.5}}})  # older files name no part
    assert kept(tmp_path, "abc")["family"] == {"all": {"mae": 6.5}}
    assert kept(tmp_path, "new") == {}
    assert kept(tmp_path / "missing", "abc") == {}


def test_table_shows_every_figure(reader: AgeModel, faces: Any) -> None:
    found = predictions_on(reader, faces).figures()
    found["label"] = {"other": found["all"] | {"mae": 4.5, "cs5": 0.625, "bias": -2.25, "coverage": 0.75}}
    lines = table("made up", found | {"missed": 3}).splitlines()
    assert lines[0].startswith("made up")
    assert len(lines) == 1 + 1 + len(found["band"]) + len(found["sex"]) + 1 + 1
    assert f"{found['all']['mae']:.2f}" in lines[1]
    assert lines[-2].split()[:7] == ["label", "other", "8", "4.50", "0.625", "-2.25", "0.750"]
    assert "3 further photos" in lines[-1]


def test_an_interval_of_few_people_is_not_shown() -> None:
    """It would be narrower the fewer people there are, and with one person no interval at all."""
    rows, ages = np.full((9, 101), 1 / 101), np.arange(41.0, 50)
    for count, shown in ((1, False), (4, False), (5, True)):
        found = figures(rows, ages, people=np.array([f"p{number % count}" for number in range(9)]))
        assert found["all"]["people"] == count
        assert ("MAE" in table("made up", found).splitlines()[1]) is shown
        assert (mae_range(found["all"]) is not None) is shown
        del found["all"]["people"]  # older figures
        assert mae_range(found["all"]) is not None


def test_copies_of_photos_that_were_learned_from(reader: AgeModel, faces: Any) -> None:
    """Told by their looks, in whichever collection they are."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 40, (8, 10, 10, 1), np.uint8).repeat(20, 1).repeat(20, 2).repeat(3, 3)
    test = replace(faces, chips=(faces.chips // 2 + pictures).astype(np.uint8))
    others = replace(faces, name="others", chips=rng.integers(0, 255, faces.chips.shape, np.uint8))
    brighter = replace(faces, name="brighter", chips=test.chips + np.uint8(9), index=np.array([5, 2]))
    predicted = predictions_on(reader, test)
    errors = np.abs(predicted.estimates - predicted.ages)
    found = copies(predicted, test, [others, brighter])
    assert (found["among"], found["photos"]) == (["others", "brighter"], 2)
    assert found["change"] == pytest.approx(np.delete(errors, [2, 5]).mean() - errors.mean(), abs=1e-4)
    assert found["change"] != 0
    assert "2 photos look like copies of training photos of others, brighter" in table(
        "made up", predicted.figures() | {"copies": found}
    )
    assert copies(predicted, test, [others]) == {"among": ["others"], "photos": 0, "change": 0}
    assert copies(predicted, test, [test])["change"] is None


def test_evaluate_photos(tmp_path: Path, astronaut_photo: Path) -> None:
    """Whole photos through the engine: faces, photos without, one without a label; `b` does not say who is in one."""
    empty = io.BytesIO()
    Image.new("RGB", (300, 200), "grey").save(empty, "PNG")
    face = astronaut_photo.read_bytes()
    wall = empty.getvalue()
    photos = {"face.png": face, "again.png": face, "wall.png": wall, "unknown.png": b"no photo"}
    photos |= {"b1.png": face, "b2.png": face, "b3.png": wall, "b4.png": wall}
    with tarfile.open(tmp_path / "transfer.tar", "w") as archive:
        for name, content in photos.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    with (tmp_path / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [
                ["name", "collection", "age", "person"],
                ["face.png", "a", 42, "p1"],
                ["again.png", "a", 62, "p1"],
                ["wall.png", "a", 10, "p2"],
                *([f"b{number}.png", "b", 8, ""] for number in range(1, 5)),
            ]
        )
    found = evaluate_photos(tmp_path)
    assert {name: one["missed"] for name, one in found.items()} == {"a": 1, "b": 2}
    assert (found["b"]["all"]["photos"], found["b"]["all"]["people"], list(found["b"]["band"])) == (2, 2, ["0-12"])
    whole = found["a"]["all"]
    assert whole["photos"] == 2
    assert whole["mae"] < 35
    assert whole["mae_range"] == [whole["mae"]] * 2  # there is one person to draw
    assert list(found["a"]["band"]) == ["36-50", "51-65"]


def archive_a_wall(folder: Path) -> None:
    """An archive with a photo without a face."""
    wall = io.BytesIO()
    Image.new("RGB", (300, 200), "grey").save(wall, "PNG")
    with tarfile.open(folder / "transfer.tar", "w") as archive:
        info = tarfile.TarInfo("wall.png")
        info.size = len(wall.getvalue())
        archive.addfile(info, io.BytesIO(wall.getvalue()))


def test_photos_that_the_archive_lacks(tmp_path: Path) -> None:
    archive_a_wall(tmp_path)
    (tmp_path / "labels.csv").write_text("name,collection,age\nlost.jpg,a,7\nwall.png,a,7\n")
    with pytest.raises(ValueError, match=r"transfer\.tar lacks 1 photos of labels\.csv, lost\.jpg among them"):
        evaluate_photos(tmp_path)


def test_a_collection_without_a_face(tmp_path: Path) -> None:
    archive_a_wall(tmp_path)
    (tmp_path / "labels.csv").write_text("name,collection,age\nwall.png,a,7\n")
    with pytest.raises(ValueError, match="a: no face was found in any of 1 photos"):
        evaluate_photos(tmp_path)


def test_no_archive_of_photos(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("name,collection,age\n")
    with pytest.raises(FileNotFoundError, match="no archive"):
        evaluate_photos(tmp_path)
