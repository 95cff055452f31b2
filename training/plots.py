"""Pictures of the collections and of where the model that ships errs, and docs/plots.md, the page that shows them.

Every plotting function takes plain numbers and the `Axes` to draw on. All is grey: series differ by brightness, hatch
and marker, so that a black-and-white print can be read. The same numbers give the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray
from PIL import Image

from engine.age import AGES, central_intervals
from engine.alignment import CHIP_BOX
from training.metrics import BANDS, LEVEL, band_of, covered
from training.predictions import Predictions
from training.tables import markdown

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]
Figures = Mapping[str, Any]
"""Figures of one part: `photos`, `mae`, `mae_range` and so on (`training.metrics.figures`)."""

STYLE: Any = {
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "0.85",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "lines.linewidth": 1.5,
    "lines.markersize": 5.5,
    "errorbar.capsize": 2.5,
    "legend.frameon": False,
    "legend.fontsize": 9,
}
"""What all pictures have in common."""

WIDTH = 8.0
"""Inches: 1200 pixels."""

FILLS: tuple[dict[str, Any], ...] = (
    {"facecolor": "0.6", "edgecolor": "0"},
    {"facecolor": "0.95", "edgecolor": "0", "hatch": "/////"},
    {"facecolor": "1", "edgecolor": "0", "hatch": "....."},
)
"""How the areas of the first, second and third series look."""

LINES: tuple[dict[str, Any], ...] = (
    {"color": "0", "marker": "o", "linestyle": "-", "markerfacecolor": "0"},
    {"color": "0.4", "marker": "s", "linestyle": "--", "markerfacecolor": "1"},
    {"color": "0.6", "marker": "^", "linestyle": ":", "markerfacecolor": "0.6"},
)
"""How their lines look."""

SPLITS = {"train": ("training", "0.82"), "val": ("validation", "0.5"), "test": ("test", "0")}
NOT_GIVEN = "not given"
BAND_NAMES = [band_of(low) for low, _ in BANDS]
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
STEP = 5
"""Years of labelled age that one point of a median line stands for."""
FEWEST = 5
"""Photos below which a median is not drawn."""
WORST = 12
THOUSANDS = StrMethodFormatter("{x:,g}")


# Drawing


def photos_per_age(axes: Axes, ages: Floats, splits: Texts) -> None:
    """Bars of one year, the splits on top of one another; ages above 100 count as 100."""
    base = np.zeros(AGES)
    for split in ("test", "val", "train"):
        title, grey = SPLITS[split]
        years = np.clip(np.floor(ages[splits == split]), 0, AGES - 1).astype(np.int64)
        count = np.bincount(years, minlength=AGES).astype(np.float64)
        axes.bar(np.arange(AGES), count, 0.9, base, color=grey, label=f"{title} ({len(years):,})")
        base += count
    axes.set(xlabel="labelled age, years", ylabel="photos per year of age", xlim=(-1, AGES))
    axes.set_xticks(range(0, AGES, 20), ["0", "20", "40", "60", "80", "100+"])
    axes.yaxis.set_major_formatter(THOUSANDS)
    axes.legend(reverse=True)


def bars(
    axes: Axes,
    names: Sequence[str],
    series: Mapping[str, Sequence[float]],
    ranges: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> None:
    """Groups of bars, one bar of each series over each name; NaN leaves a gap.

    Args:
        names: what the groups are called.
        series: heights by series.
        ranges: ends of the error bars; without them each bar bears its height as a number.
    """
    width = 0.84 / max(1, len(series))
    for number, (label, heights) in enumerate(series.items()):
        middle = np.arange(len(names)) + (number - (len(series) - 1) / 2) * width
        drawn: Any = axes.bar(middle, heights, width * 0.94, label=label, **FILLS[number % len(FILLS)])
        if ranges is None:
            axes.bar_label(drawn, ["" if np.isnan(h) else f"{h:,.0f}" for h in heights], fontsize=7, padding=1)
        else:
            axes.errorbar(middle, heights, _beside(heights, ranges[label]), fmt="none", ecolor="0", elinewidth=1)
    axes.set_xticks(np.arange(len(names)), names)
    axes.margins(y=0.1)
    axes.yaxis.set_major_formatter(THOUSANDS)
    if len(series) > 1:
        axes.legend()


def label_counts(axes: Axes, series: Mapping[str, Texts]) -> None:
    """How many photos of each series bear which label; photos without one count as `not given`."""
    given = sorted({str(label) for labels in series.values() for label in labels if label})
    empty = any((labels == "").any() for labels in series.values())
    shown = [*given, *([""] if empty else [])]
    counts = {name: [float((labels == label).sum()) for label in shown] for name, labels in series.items()}
    bars(axes, [label or NOT_GIVEN for label in shown], counts)
    axes.set_ylabel("photos")


def violins(axes: Axes, groups: Mapping[str, Floats]) -> None:
    """Distributions of ages, with quartiles and median; a group without photos leaves a gap."""
    for place, ages in enumerate(groups.values()):
        if len(ages) == 0:
            continue
        if np.ptp(ages) > 0:
            bodies: Any = axes.violinplot(ages, [place], widths=0.8, showextrema=False)["bodies"]
            for body in bodies:
                body.set(facecolor="0.85", edgecolor="0", alpha=1, linewidth=0.8)
        low, middle, high = np.percentile(ages, [25, 50, 75])
        axes.vlines(place, low, high, color="0", linewidth=4)
        axes.plot(place, middle, "o", color="0", markerfacecolor="1", markersize=6)
    axes.set_xticks(range(len(groups)), [f"{name}\n{len(ages):,}" for name, ages in groups.items()])
    axes.set(xlim=(-0.6, len(groups) - 0.4), ylim=(0, 120), ylabel="labelled age, years")
    axes.set_yticks(range(0, 121, 20))


def mae_by_band(axes: Axes, series: Mapping[str, Mapping[str, Figures]]) -> None:
    """Mean absolute error with its 95 % intervals, by age band; a band without photos leaves a gap."""
    heights = {name: [bands.get(band, {}).get("mae", np.nan) for band in BAND_NAMES] for name, bands in series.items()}
    ranges = {
        name: [bands[band]["mae_range"] if band in bands else (np.nan, np.nan) for band in BAND_NAMES]
        for name, bands in series.items()
    }
    bars(axes, BAND_NAMES, heights, ranges)
    axes.set(xlabel="labelled age, years", ylabel="mean absolute error (MAE), years")


def photos_by_band(axes: Axes, series: Mapping[str, Mapping[str, Figures]]) -> None:
    """Number of photos by age band."""
    counts = {name: [bands.get(band, {}).get("photos", 0) for band in BAND_NAMES] for name, bands in series.items()}
    bars(axes, BAND_NAMES, counts)
    axes.set(xlabel="labelled age, years", ylabel="test photos")


def bias_by_band(axes: Axes, series: Mapping[str, Mapping[str, Figures]]) -> None:
    """Mean signed error with its 95 % intervals, by age band; points of a band stand side by side."""
    axes.axhline(0, color="0", linewidth=0.8)
    for number, (name, bands) in enumerate(series.items()):
        there = [place for place, band in enumerate(BAND_NAMES) if band in bands]
        values = [bands[BAND_NAMES[place]]["bias"] for place in there]
        ends = [bands[BAND_NAMES[place]]["bias_range"] for place in there]
        middle = np.array(there) + (number - (len(series) - 1) / 2) * 0.24
        look = LINES[number % len(LINES)] | {"linestyle": "none"}
        axes.errorbar(middle, values, _beside(values, ends), label=name, **look)
    axes.set_xticks(range(len(BAND_NAMES)), BAND_NAMES)
    axes.set(xlabel="labelled age, years", ylabel="bias (mean error), years\n← too young      too old →")
    axes.set_xlim(-0.6, len(BAND_NAMES) - 0.4)
    axes.legend(loc="lower left")


def estimates_against_ages(axes: Axes, ages: Floats, estimates: Floats) -> Any:
    """Photos per cell of two by two years, the diagonal, and the median estimate of every `STEP` years,
    drawn at the mean of their labelled ages.

    Returns:
        the picture of the cells, for a colour bar.
    """
    edges = np.arange(0, 103, 2) - 0.5
    drawn = axes.hist2d(np.clip(ages, 0, 100), estimates, (edges, edges), cmap="Greys", norm=LogNorm(0.5, 60), cmin=1)
    axes.plot([0, 100], [0, 100], color="1", linewidth=2.5)
    axes.plot([0, 100], [0, 100], color="0", linewidth=1, linestyle=":", label="estimate = label")
    parts = [_within(ages, start) for start in range(0, AGES, STEP)]
    parts = [part for part in parts if part.sum() >= FEWEST]
    # Where their photos are: those of the first years, say, are mostly of babies.
    means = [float(np.clip(ages[part], 0, AGES - 1).mean()) for part in parts]
    medians = [float(np.median(estimates[part])) for part in parts]
    axes.plot(means, medians, color="1", linewidth=4, zorder=2.5)
    look = LINES[0] | {"marker": "o", "markersize": 3.5}
    axes.plot(means, medians, **look, label=f"median of each {STEP} years", zorder=2.6)
    axes.set(xlabel="labelled age, years", ylabel="estimate, years", xlim=(-1, 101), ylim=(-1, 101), aspect="equal")
    axes.set_xticks(range(0, 101, 20))
    axes.set_yticks(range(0, 101, 20))
    axes.grid(visible=False)
    axes.legend(loc="upper left")
    return drawn[3]


def calibration_curve(axes: Axes, series: Mapping[str, tuple[Floats, Floats]]) -> None:
    """Share of the labelled ages inside the central interval against the share that the interval promises.

    Args:
        series: (distributions of shape (N, 101), labelled ages of shape (N,)) by name.
    """
    axes.plot([0, 100], [0, 100], color="0", linewidth=0.9, linestyle=":", label="as promised")
    for number, (name, (distributions, ages)) in enumerate(series.items()):
        if len(ages):
            shares = [100 * covered(distributions, ages, level).mean() for level in LEVELS]
            axes.plot([100 * level for level in LEVELS], shares, label=name, **LINES[number % len(LINES)])
    axes.axvline(100 * LEVEL, color="0.6", linewidth=0.8)
    axes.text(100 * LEVEL - 1, 3, "the app's range", rotation=90, ha="right", va="bottom", fontsize=8)
    axes.set(xlabel="probability of the interval, %", ylabel="labelled ages inside it, %", aspect="equal")
    axes.set(xlim=(0, 100), ylim=(0, 100))
    axes.set_xticks(range(0, 101, 20))
    axes.legend(loc="upper left")


def error_by(axes: Axes, found: Mapping[float, Figures]) -> None:
    """Mean absolute error with its 95 % intervals against a measure of the picture.

    Points are filled where the app warns of most of the faces.
    """
    values = sorted(found)
    heights = [found[value]["mae"] for value in values]
    ends = [found[value]["mae_range"] for value in values]
    axes.errorbar(values, heights, _beside(heights, ends), color="0", ecolor="0.4", elinewidth=1)
    for warned, face, label in ((True, "0", "the app warns"), (False, "1", "the app does not warn")):
        there = [place for place, value in enumerate(values) if (found[value]["warned"] > 0.5) == warned]
        if there:
            at, high = [values[place] for place in there], [heights[place] for place in there]
            axes.plot(at, high, "o", color="0", markerfacecolor=face, label=label)
    axes.set_ylabel("mean absolute error (MAE), years")
    axes.set_ylim(bottom=0)
    axes.legend()


def _beside(values: Sequence[float], ends: Sequence[Sequence[float]]) -> Floats:
    """Ends of intervals -> lengths below and above the values, as Matplotlib takes them."""
    # Rounding may leave a value a hair outside its interval.
    lengths = np.array([(value - low, high - value) for value, (low, high) in zip(values, ends, strict=True)])
    return np.asarray(np.maximum(lengths.reshape(-1, 2), 0).T)


def _within(ages: Floats, start: float) -> NDArray[np.bool_]:
    return np.asarray((start <= ages) & (ages < start + STEP))


# The pictures


@dataclass(frozen=True, eq=False)
class Collection:
    """A collection as the pictures need it.

    Attributes:
        title: what it is called.
        ages: labelled ages of all photos, in years.
        sexes: their labels, empty where there is none; likewise `labels`, the group labels.
        splits: their splits.
        predictions: the model's answers on the test photos.
    """

    title: str
    ages: Floats
    sexes: Texts
    labels: Texts
    splits: Texts
    predictions: Predictions


@dataclass(frozen=True)
class Picture:
    """One picture of the page: file name without ending, heading, what it shows, PNG."""

    name: str
    title: str
    sentence: str
    png: bytes


def picture(height: float, columns: int, rows: int, draw: Callable[[Figure, list[Axes]], None]) -> bytes:
    """A PNG in shades of grey.

    Args:
        height: in inches.
        columns, rows: how many panels beside and below one another.
        draw: draws on the figure and its panels.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure = Figure((WIDTH, height))
        canvas = FigureCanvasAgg(figure)
        draw(figure, list(figure.subplots(rows, columns, squeeze=False).flat))
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., 0].astype(np.uint16)
    content = BytesIO()
    # 64 shades are more than the eye tells apart, and the file is half as large.
    Image.fromarray((pixels // 4 * 255 // 63).astype(np.uint8)).save(content, "PNG", optimize=True)
    return content.getvalue()


def pictures(collections: Sequence[Collection], degraded: Mapping[str, Mapping[str, Figures]]) -> list[Picture]:
    """All pictures of the page.

    Args:
        collections: in the order in which they are drawn.
        degraded: what `training.quality.by_degradation` found on photos of the first one.
    """
    bands = {one.title: one.predictions.figures()["band"] for one in collections}
    size, blur = ({float(value): one for value, one in degraded[name].items()} for name in ("size", "blur"))
    count = len(collections)
    first = collections[0].title

    def ages(_: Figure, panels: list[Axes]) -> None:
        for axes, one in zip(panels, collections, strict=True):
            photos_per_age(axes, one.ages, one.splits)
            axes.set_title(one.title)

    def labels(_: Figure, panels: list[Axes]) -> None:
        label_counts(panels[0], {one.title: one.sexes for one in collections})
        panels[0].set(title="Sex", xlabel="sex as labelled")
        label_counts(panels[1], {one.title: one.labels for one in collections})
        panels[1].set(title="Group", xlabel="group label")

    def spread(_: Figure, panels: list[Axes]) -> None:
        by_sex = {
            f"{sex or NOT_GIVEN},\n{one.title}": one.ages[one.sexes == sex]
            for one in collections
            for sex in _known(one.sexes)
        }
        violins(panels[0], by_sex)
        panels[0].set(title="By sex", xlabel="sex as labelled, collection, photos")
        by_label = {
            f"{label or NOT_GIVEN},\n{one.title}": one.ages[one.labels == label]
            for one in collections
            for label in _known(one.labels)
        }
        violins(panels[1], by_label)
        panels[1].set(title="By group", xlabel="group label, collection, photos")

    def errors(_: Figure, panels: list[Axes]) -> None:
        mae_by_band(panels[0], bands)
        panels[0].set_title("Error")
        photos_by_band(panels[1], bands)
        panels[1].set_title("Photos that it was measured on")

    def scatter(figure: Figure, panels: list[Axes]) -> None:
        for axes, one in zip(panels, collections, strict=True):
            cells = estimates_against_ages(axes, one.predictions.ages, one.predictions.estimates)
            axes.set_title(f"{one.title}, {len(one.predictions.ages):,} photos")
        bar = figure.colorbar(cells, ax=panels, shrink=0.8, label="photos per cell of 2 by 2 years")
        bar.set_ticks([1, 3, 10, 30], labels=["1", "3", "10", "30"])
        bar.ax.set_ylim(1, 60)

    def bias(_: Figure, panels: list[Axes]) -> None:
        bias_by_band(panels[0], bands)

    def calibration(_: Figure, panels: list[Axes]) -> None:
        calibration_curve(
            panels[0], {one.title: (one.predictions.distributions, one.predictions.ages) for one in collections}
        )

    def quality(_: Figure, panels: list[Axes]) -> None:
        error_by(panels[0], size)
        panels[0].set(title="Small faces", xlabel="width of the face, pixels")
        error_by(panels[1], blur)
        of_face = f"pixels of a {CHIP_BOX[2]:g}-pixel face"
        panels[1].set(title="Blurred faces", xlabel=f"blur (standard deviation), {of_face}")
        top = 1.08 * max(one["mae_range"][1] for found in (size, blur) for one in found.values())
        for axes in panels:
            axes.set_ylim(0, top)

    photos = next(iter(size.values()))["photos"]
    return [
        Picture(
            "photos-per-age",
            "Photos per age",
            "How many photos there are of each year of age, and which part of the collection they belong to: there are "
            "few teenagers and old people, and many people in their twenties and thirties.",
            picture(2.6 * count, 1, count, ages),
        ),
        Picture(
            "labels",
            "Photos per label",
            "How many photos have which label for sex and group. The model is given photos only: apart from fitting "
            "its gate (`--people`), these labels serve only to measure whom it guesses less well.",
            picture(6.2, 1, 2, labels),
        ),
        Picture(
            "age-by-label",
            "Age by label",
            "How old the labeled people are (width: how common an age is in the group, circle: median, thick line: "
            "the middle half): groups differ in age, so a group's error is partly the error of its ages.",
            picture(7.0, 1, 2, spread),
        ),
        Picture(
            "error-by-band",
            "Error by age",
            "How many years the estimate is off on average at each age (lines: 95 % bootstrap intervals), and below it "
            "the number of test photos: where there are few, the interval is wide.",
            picture(6.2, 1, 2, errors),
        ),
        Picture(
            "estimate-by-age",
            "Estimate against label",
            "Every test photo by labeled age and estimate, darker where there are more: on the dotted diagonal, the "
            "estimate is right; above it, people are guessed too old.",
            picture(3.6, count, 1, scatter),
        ),
        Picture(
            "bias-by-band",
            "Bias by age",
            "Whether people of a given age are, on average, guessed too old (above zero) or too young (below), with "
            "95 % bootstrap intervals.",
            picture(3.9, 1, 1, bias),
        ),
        Picture(
            "calibration",
            "Do the ranges hold what they promise?",
            "How many of the labeled ages, of all photos together, lie inside an interval that promises a given share: "
            "below the dotted line, the model is too sure of itself, above it too cautious; the app shows the "
            f"{100 * LEVEL:.0f} % range. Among people of one labeled age it may be more or fewer.",
            picture(4.6, 1, 1, calibration),
        ),
        Picture(
            "error-by-quality",
            "Small and blurred faces",
            f"How the error grows when the same {photos:,} test photos of {first} are deliberately made smaller or "
            "blurred (lines: 95 % bootstrap intervals); points are filled if the app warns about most of the faces.",
            picture(3.8, 2, 1, quality),
        ),
    ]


def _known(labels: Texts) -> list[str]:
    """Labels that occur, in order; only where there are no others, the empty one."""
    found = sorted({str(label) for label in labels})
    return [label for label in found if label] or found


# The page


def worst(collections: Sequence[Collection]) -> list[list[str]]:
    """The test photos whose estimates are furthest off, the worst first: the cells of a table.

    Returns:
        number, photo, collection, labelled age, estimate, error, range, sex and group label of each.
    """
    rows = []
    for one in collections:
        found = one.predictions
        ranges = central_intervals(found.distributions, LEVEL)
        errors = found.estimates - found.ages
        for i in range(len(found.ages)):
            rows.append(
                (
                    -abs(float(errors[i])),
                    str(found.names[i]),
                    [
                        f"`{found.names[i]}`",
                        one.title,
                        f"{found.ages[i]:.0f}",
                        f"{found.estimates[i]:.1f}",
                        f"{errors[i]:+.1f}",
                        f"{ranges[i, 0]:.0f} to {ranges[i, 1]:.0f}",
                        str(found.sexes[i]) or NOT_GIVEN,
                        str(found.labels[i]) or NOT_GIVEN,
                    ],
                )
            )
    rows.sort(key=lambda row: row[:2])
    return [[str(number), *cells] for number, (_, _, cells) in enumerate(rows[:WORST], 1)]


_HEAD = """# Where the model errs

Written by `python -m training plots` for the model {name} {version} (SHA-256 {sha256}).

All errors are measured on photos of the test parts: {photos}. Of near-duplicates
that the labels identify, only one photo counts. What the figures mean is explained in
[training.md](training.md#what-the-figures-mean).
"""

_WORST = """
## The {count} worst

The test photos whose estimates are furthest from the label, by their names in the collections; labels are noisy,
so not every one of them need be the model's mistake. The range is meant to contain the age in {level} % of cases.

{table}
"""


def page(
    path: Path, folder: Path, info: Mapping[str, Any], shown: Sequence[Picture], collections: Sequence[Collection]
) -> str:
    """The page at `path` that shows the pictures in `folder`, and the worst predictions."""
    text = _HEAD.format(
        name=info["name"],
        version=info["version"],
        sha256=f"{info['sha256'][:12]}...",
        photos=", ".join(f"{len(one.predictions.ages):,} of {one.title}" for one in collections),
    )
    for one in shown:
        target = Path(os.path.relpath(folder / f"{one.name}.png", path.parent)).as_posix()
        text += f"\n## {one.title}\n\n{fill(one.sentence, 120)}\n\n![{one.title}]({target})\n"
    columns = ["", "photo", "collection", "label, years", "estimate, years", "error, years", "range, years", "sex"]
    rows = worst(collections)
    return text + _WORST.format(
        count=len(rows), level=round(100 * LEVEL), table=markdown([*columns, "group label"], rows)
    )
