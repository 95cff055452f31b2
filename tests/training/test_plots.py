"""The pictures of where the model errs: their numbers, read from what was drawn, and the page that shows them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from engine.age_model import AgeModel
from engine.quality import sharpness
from training import plots, quality
from training.__main__ import main
from training.data import Faces, load
from training.evaluate import keep, kept
from training.metrics import figures
from training.plots import BAND_NAMES, LEVELS, Collection, Picture, page, pictures, worst
from training.predictions import Predictions, keep_predictions, kept_predictions

Floats = NDArray[np.float64]


@pytest.fixture
def axes() -> Axes:
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def texts(*values: str) -> NDArray[np.str_]:
    return np.array(values, dtype=np.str_)


def spike(estimates: Sequence[float], spread: int = 0) -> Floats:
    """Distributions that are even over the `2 * spread + 1` years around each estimate."""
    years = np.arange(101)
    rows = (np.abs(years - np.array(estimates)[:, None]) <= spread).astype(np.float64)
    return np.asarray(rows / rows.sum(1, keepdims=True))


def predictions(ages: Sequence[float], estimates: Sequence[float], sexes: str = "", labels: str = "") -> Predictions:
    count = len(ages)
    return Predictions(
        texts(*(f"{i}.jpg" for i in range(count))),
        np.array(ages, dtype=np.float64),
        np.full(count, sexes),
        np.full(count, labels),
        np.full(count, ""),
        spike(estimates),
    )


def collection(title: str, found: Predictions) -> Collection:
    """A collection all of whose photos are test photos."""
    return Collection(title, found.ages, found.sexes, found.labels, np.full(len(found.ages), "test"), found)


def degraded(photos: int = 8) -> dict[str, dict[str, Any]]:
    def one(mae: float, warned: float) -> dict[str, Any]:
        return {"photos": photos, "mae": mae, "mae_range": [mae - 0.5, mae + 0.5], "warned": warned}

    return {"size": {"12": one(9, 1.0), "96": one(5, 0.0)}, "blur": {"0": one(5, 0.1), "6": one(7, 0.9)}}


def heights(axes: Axes) -> list[list[float]]:
    """Heights of the bars, series by series."""
    return [[bar.get_height() for bar in container] for container in axes.containers if hasattr(container, "patches")]


def labelled(axes: Axes) -> dict[str, list[tuple[float, float]]]:
    """Points of the lines named in the legend."""
    return {
        str(line.get_label()): [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]
        for line in axes.get_lines()
        if not str(line.get_label()).startswith("_")
    }


def error_ends(axes: Axes) -> list[list[tuple[float, float]]]:
    """Lower and upper ends of the error bars, series by series."""
    found = []
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer):
            (bars,) = container.lines[2]
            assert isinstance(bars, LineCollection)
            segments = [np.asarray(segment) for segment in bars.get_segments()]
            found.append([(float(one[0, 1]), float(one[1, 1])) for one in segments if len(one)])
    return found


def ticks(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.get_xticklabels()]


# One plot each


def test_photos_per_age(axes: Axes) -> None:
    ages = np.array([3.0, 3, 3, 3.9, 50, 116])
    plots.photos_per_age(axes, ages, texts("train", "train", "test", "val", "train", "test"))
    test, val, train = heights(axes)
    assert (test[3], val[3], train[3], train[50]) == (1, 1, 2, 1)
    assert test[100] == 1  # 116 years
    assert sum(test) + sum(val) + sum(train) == 6
    # On top of one another, without gaps.
    assert [container[3].get_y() for container in axes.containers] == [0, 1, 2]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["training (3)", "validation (1)", "test (2)"]


def test_a_split_without_photos(axes: Axes) -> None:
    plots.photos_per_age(axes, np.array([3.0]), texts("train"))
    assert [sum(series) for series in heights(axes)] == [0, 0, 1]


def test_label_counts(axes: Axes) -> None:
    plots.label_counts(axes, {"a": texts("x", "y", "y", ""), "b": texts("", "", "")})
    assert ticks(axes) == ["x", "y", "not given"]
    assert heights(axes) == [[1, 2, 1], [0, 0, 3]]
    assert {text.get_text() for text in axes.texts} == {"1", "2", "0", "3"}


def test_label_counts_where_all_are_labelled(axes: Axes) -> None:
    plots.label_counts(axes, {"a": texts("x")})
    assert ticks(axes) == ["x"]


def test_violins(axes: Axes) -> None:
    groups = {"many": np.array([10.0, 20, 30, 40, 90]), "one": np.array([7.0]), "none": np.array([])}
    plots.violins(axes, groups | {"same": np.array([5.0, 5.0])})
    medians = [(line.get_xydata()[0, 0], line.get_xydata()[0, 1]) for line in axes.get_lines()]  # type: ignore[index]
    assert medians == [(0, 30), (1, 7), (3, 5)]
    quartiles = [np.asarray(one.get_segments()[0])[:, 1] for one in axes.collections if isinstance(one, LineCollection)]
    assert np.asarray(quartiles).tolist() == [[20, 40], [7, 7], [5, 5]]
    assert len(axes.collections) == len(quartiles) + 1  # a shape only where ages differ
    assert ticks(axes) == ["many\n5", "one\n1", "none\n0", "same\n2"]


BANDED = {
    "a": figures(spike([12, 12, 30, 70]), np.array([10.0, 8, 30, 80]))["band"],
    "b": figures(spike([20]), np.array([15.0]))["band"],
}
"""Errors of +2 and +4 below 13, 0 from 26 to 35, -10 from 66; in the other collection +5 from 13 to 17."""


def test_mae_by_band(axes: Axes) -> None:
    plots.mae_by_band(axes, BANDED)
    assert ticks(axes) == BAND_NAMES
    first, second = heights(axes)
    np.testing.assert_array_equal(first, [3, np.nan, np.nan, 0, np.nan, np.nan, 10])
    np.testing.assert_array_equal(second, [np.nan, 5, *[np.nan] * 5])
    ends = [[one for one in series if not np.isnan(one).any()] for series in error_ends(axes)]
    assert ends == [[(2, 4), (0, 0), (10, 10)], [(5, 5)]]


def test_photos_by_band(axes: Axes) -> None:
    plots.photos_by_band(axes, BANDED)
    assert heights(axes) == [[2, 0, 0, 1, 0, 0, 1], [0, 1, 0, 0, 0, 0, 0]]


def test_bias_by_band(axes: Axes) -> None:
    plots.bias_by_band(axes, BANDED)
    points = [
        [(round(x), y) for x, y in np.asarray(container.lines[0].get_xydata())]
        for container in axes.containers
        if isinstance(container, ErrorbarContainer)
    ]
    assert points == [[(0, 3), (3, 0), (6, -10)], [(1, 5)]]
    assert error_ends(axes) == [[(2, 4), (0, 0), (-10, -10)], [(5, 5)]]
    assert "years" in axes.get_ylabel()


def test_estimates_against_ages(axes: Axes) -> None:
    ages = np.array([30.0, 30, 31, 32, 34, 60, 116])
    estimates = np.array([20.0, 22, 24, 26, 80, 61, 90])
    cells = plots.estimates_against_ages(axes, ages, estimates)
    counts = np.ma.filled(cells.get_array(), 0)
    assert counts.sum() == 7
    assert counts[12, 15] == 1  # row: estimate 23.5 to 25.5, column: age 29.5 to 31.5
    # Too few photos around 60 and 100 for a median.
    ((age, median),) = labelled(axes)["median of each 5 years"]
    assert (age, median) == (pytest.approx(31.4), 24)  # at their mean label, not in the middle of 30 to 34
    assert labelled(axes)["estimate = label"] == [(0, 0), (100, 100)]


def test_calibration_curve(axes: Axes) -> None:
    """Even distributions over the years 40..60: the interval of 50 % reaches 5.25 years to either side."""
    ages = np.array([50.0, 46, 54, 59, 20])
    plots.calibration_curve(axes, {"a": (spike([50] * 5, 10), ages), "none": (np.empty((0, 101)), np.empty(0))})
    found = dict(labelled(axes)["a"])
    assert list(found) == pytest.approx([100 * level for level in LEVELS])
    assert found[10] == 20
    assert found[50] == 60
    assert found[90] == 80
    assert "none" not in labelled(axes)
    assert {"%"} == {label[-1] for label in (axes.get_xlabel(), axes.get_ylabel())}


def test_error_by(axes: Axes) -> None:
    found = {float(key): one for key, one in degraded()["size"].items()}
    plots.error_by(axes, {96.0: found[96], 12.0: found[12]})
    assert labelled(axes) == {"the app warns": [(12, 9)], "the app does not warn": [(96, 5)]}
    (container,) = (one for one in axes.containers if isinstance(one, ErrorbarContainer))
    assert np.asarray(container.lines[0].get_xydata()).tolist() == [[12, 9], [96, 5]]
    assert error_ends(axes) == [[(8.5, 9.5), (4.5, 5.5)]]


# All of them


@pytest.fixture(scope="module")
def collections() -> list[Collection]:
    """One with labels and one without any, and with bands that are empty in both."""
    rng = np.random.default_rng(0)
    ages = rng.integers(20, 60, 40)
    first = predictions(ages.tolist(), (ages + rng.integers(-9, 9, 40)).tolist(), "female", "White")
    first = replace(first, sexes=np.where(np.arange(40) % 2, "male", first.sexes))
    return [collection("UTKFace", first), collection("Others", predictions([70, 71], [60, 75]))]


class Drawn(NamedTuple):
    """The pictures, what they were drawn from, and whether each was colorless before it was saved."""

    pictures: list[Picture]
    figures: list[Figure]
    grey: list[bool]


@pytest.fixture(scope="module")
def drawn(collections: list[Collection]) -> Drawn:
    """All pictures of the collections: drawing takes seconds."""
    figures: list[Figure] = []
    grey: list[bool] = []

    class Kept(Figure):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            figures.append(self)

    class Canvas(FigureCanvasAgg):
        def buffer_rgba(self) -> memoryview:
            pixels = np.asarray(super().buffer_rgba())
            grey.append(bool((pixels[..., :3] == pixels[..., :1]).all()))
            return super().buffer_rgba()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "Figure", Kept)
        patch.setattr(plots, "FigureCanvasAgg", Canvas)
        return Drawn(pictures(collections, degraded()), figures, grey)


def test_pictures(drawn: Drawn) -> None:
    assert len({one.name for one in drawn.pictures}) == len(drawn.pictures) == len(drawn.figures) == 8
    for one, figure in zip(drawn.pictures, drawn.figures, strict=True):
        with Image.open(BytesIO(one.png)) as image:
            assert image.mode == "L"
            assert image.info == {}  # no date, no program
            assert image.width == 1200
            pixels = np.asarray(image)
        assert (pixels == 255).mean() > 0.4, f"{one.name} is not white paper"
        assert pixels.min() == 0
        assert len(one.png) < 80_000
        assert one.sentence.endswith(".")
        for axes in figure.axes:
            if axes.get_label() != "<colorbar>":
                assert axes.get_xlabel()
            assert axes.get_ylabel()


UNITS = ("years", "photos", "%", "pixels", "label")


def test_every_axis_has_its_unit(drawn: Drawn) -> None:
    labels = [
        label for figure in drawn.figures for axes in figure.axes for label in (axes.get_xlabel(), axes.get_ylabel())
    ]
    assert [label for label in labels if label and not any(unit in label for unit in UNITS)] == []


def test_all_is_grey(drawn: Drawn) -> None:
    """Only one channel is saved: colors would be lost, and two of them might look alike."""
    assert drawn.grey == [True] * 8


def test_the_same_numbers_give_the_same_bytes(
    collections: list[Collection], drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Neither other drawings nor the user's own settings make a difference.
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 30)
    assert [one.png for one in pictures(collections, degraded())] == [one.png for one in drawn.pictures]


def test_one_photo_without_labels() -> None:
    shown = pictures([collection("one", predictions([30], [31]))], degraded())
    assert len(shown) == 8


# The page

INFO = {"name": "tiny", "version": "7", "sha256": "0123456789abcdef" * 4}


def test_the_page_shows_every_picture(collections: list[Collection], drawn: Drawn, tmp_path: Path) -> None:
    shown = drawn.pictures
    text = page(tmp_path / "docs" / "plots.md", tmp_path / "docs" / "images" / "plots", INFO, shown, collections)
    assert re.findall(r"!\[.+\]\((.+)\)", text) == [f"images/plots/{one.name}.png" for one in shown]
    flat = " ".join(text.split())
    assert all(one.sentence in flat for one in shown)
    assert all(part in flat for part in ("tiny 7", "0123456789ab", "40 of UTKFace, 2 of Others"))
    assert str(tmp_path) not in text


def test_the_worst_in_order() -> None:
    """Over all collections, whether too young or too old; ties are ordered by name."""
    many = predictions([50] * 20, list(range(50, 70)), "male", "other")
    more = predictions([40, 40], [5, 75])
    rows = worst([collection("many", many), collection("more", more)])
    assert [row[0] for row in rows] == [str(number) for number in range(1, 13)]
    assert [row[1] for row in rows[:3]] == ["`0.jpg`", "`1.jpg`", "`19.jpg`"]
    assert [row[5] for row in rows] == ["-35.0", "+35.0", *(f"+{error}.0" for error in range(19, 9, -1))]
    assert rows[0][2:] == ["more", "40", "5.0", "-35.0", "5 to 5", "not given", "not given"]
    assert rows[2][2:] == ["many", "50", "69.0", "+19.0", "69 to 69", "male", "other"]


def test_fewer_photos_than_a_table_holds(tmp_path: Path) -> None:
    few = [collection("few", predictions([30, 40], [31, 42]))]
    assert len(worst(few)) == 2
    assert "## The 2 worst" in page(tmp_path / "plots.md", tmp_path, INFO, [], few)


# What is kept


def test_predictions_are_kept_with_the_model_they_belong_to(tmp_path: Path) -> None:
    found = predictions([30, 116], [31, 90], "female")
    keep(tmp_path, "utkface", "abc", {"all": {}})
    keep_predictions(tmp_path, "utkface", "abc", found)
    again = kept_predictions(tmp_path, "utkface", "abc")
    assert again is not None
    assert again.names.tolist() == ["0.jpg", "1.jpg"]
    assert again.ages.tolist() == [30, 116]
    assert (again.sexes.tolist(), again.labels.tolist()) == (["female"] * 2, ["", ""])
    np.testing.assert_array_equal(again.distributions, found.distributions)
    assert again.distributions.dtype == np.float64
    assert again.estimates.tolist() == [31, 90]
    assert kept_predictions(tmp_path, "utkface", "new") is None
    assert kept_predictions(tmp_path, "aaf", "abc") is None
    assert kept(tmp_path, "abc") == {"utkface": {"all": {}}}  # figures are found beside them


@pytest.mark.parametrize("length", [0, 10, 300])
def test_damaged_predictions_count_as_none(tmp_path: Path, length: int) -> None:
    keep_predictions(tmp_path, "utkface", "abc", predictions([30], [31]))
    path = tmp_path / "utkface.predictions.npz"
    path.write_bytes(path.read_bytes()[:length])
    assert kept_predictions(tmp_path, "utkface", "abc") is None


def test_predictions_fit_only_their_photos(make_faces: Callable[..., Faces]) -> None:
    faces = make_faces([10, 20])
    found = Predictions.of(faces, spike([10, 20]))
    assert found.fits(faces)
    assert not found.fits(make_faces([10, 21]))
    assert not found.fits(make_faces([10, 20, 30]))
    assert not found.fits(replace(faces, rows=tuple(replace(row, label="") for row in faces.rows)))


def test_degraded_figures(make_faces: Callable[..., Faces], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "SIZES", (16, 64))
    monkeypatch.setattr(quality, "BLURS", (0.0, 6.0))
    faces = make_faces([10, 20, 30])
    part = faces.sample(2)
    chips = faces.chips[part.index]
    # Noise is sharper than a photo.
    softest, sharpest = (max(map(sharpness, quality.blurred(chips, blur))) for blur in (6.0, 0.0))
    monkeypatch.setattr("engine.quality.BLURRED_SHARPNESS", (softest + sharpest) / 2)
    found = quality.by_degradation(reader(), part)
    assert {part: list(values) for part, values in found.items()} == {"size": ["16", "64"], "blur": ["0", "6"]}
    assert [one["warned"] for one in found["size"].values()] == [1, 0]
    assert [one["warned"] for one in found["blur"].values()] == [0, 1]
    assert {one["photos"] for part in found.values() for one in part.values()} == {2}
    assert found["blur"]["0"]["mae"] == pytest.approx(2, abs=0.6)


# The command


class Reader:
    """Stands in for the exported model: takes the age from the brightness of a made-up chip, two years too high."""

    def __init__(self, sha256: str) -> None:
        self.info = INFO | {"sha256": sha256}
        self.asked = 0

    def predict(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.asked += len(chips)
        ages = np.rint((chips.mean((1, 2, 3)) - 21.5) / 2).astype(int) + 2
        return np.eye(101, dtype=np.float32)[np.clip(ages, 0, 100)]


def reader(sha256: str = "abc") -> AgeModel:
    return Reader(sha256)  # type: ignore[return-value]


@pytest.fixture
def run(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs a command with a made-up model on the made-up collections; returns how many chips the model saw."""
    monkeypatch.setattr(quality, "SIZES", (16, 64))
    monkeypatch.setattr(quality, "BLURS", (0.0, 6.0))
    assert main(["prepare", "--data", str(shards), "--cache", str(tmp_path / "cache")]) == 0

    def run_one(sha256: str, command: str, *more: str) -> int:
        model = Reader(sha256)
        monkeypatch.setattr("training.commands.AgeModel.load", lambda folder: model)
        where = ["--cache", str(tmp_path / "cache"), "--figures", str(tmp_path / "figures")]
        if command == "plots":
            where += ["--pictures", str(tmp_path / "docs" / "images"), "--page", str(tmp_path / "docs" / "plots.md")]
        assert main([command, *more, *where]) == 0
        return model.asked

    return run_one


TEST_PHOTOS = {"utkface": 4, "aaf": 2}
DEGRADED = 4 * 4
"""Two sizes and two blurs of four photos."""


def test_the_command(run: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("abc", "plots") == sum(TEST_PHOTOS.values()) + DEGRADED
    text = (tmp_path / "docs" / "plots.md").read_text(encoding="utf-8")
    names = re.findall(r"!\[.+\]\((.+)\)", text)
    assert sorted(names) == sorted(f"images/{path.name}" for path in (tmp_path / "docs" / "images").iterdir())
    assert len(names) == 8
    before = {path: path.read_bytes() for path in (tmp_path / "docs").rglob("*") if path.is_file()}
    # Nothing is computed twice, and nothing changes.
    assert run("abc", "plots") == 0
    assert {path: path.read_bytes() for path in before} == before
    # Other photos to degrade, another model, another meaning of a face's width.
    assert run("abc", "plots", "--faces", "3") == DEGRADED // 4 * 3
    assert run("new", "plots") == sum(TEST_PHOTOS.values()) + DEGRADED
    monkeypatch.setattr("training.commands.CHIP_BOX", (10.0, 10.0, 180.0, 180.0))
    assert run("new", "plots") == DEGRADED


def test_the_command_takes_what_evaluate_kept(run: Callable[..., int], tmp_path: Path) -> None:
    assert run("abc", "evaluate", *TEST_PHOTOS) == sum(TEST_PHOTOS.values())
    found = kept_predictions(tmp_path / "figures", "utkface", "abc")
    assert found is not None
    assert found.fits(load("utkface", tmp_path / "cache").part("test", unique=True))
    assert kept(tmp_path / "figures", "abc").keys() == TEST_PHOTOS.keys()
    assert run("abc", "plots") == DEGRADED
    assert kept(tmp_path / "figures", "abc").keys() == TEST_PHOTOS.keys()  # what `card` reads is as it was


def test_answers_on_another_split_are_not_taken(run: Callable[..., int]) -> None:
    run("abc", "evaluate", "utkface", "--split", "val")
    assert run("abc", "plots") == sum(TEST_PHOTOS.values()) + DEGRADED


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "training.plots")
    monkeypatch.delattr("training.plots", raising=False)
    assert main(["plots"]) == 2
    assert "dev.py setup training" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-3", "some"])
def test_faces_to_degrade_are_counted(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["plots", "--faces", value])
    assert "--faces" in capsys.readouterr().err
