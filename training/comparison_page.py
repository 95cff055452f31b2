"""Writes docs/comparison.md from the record of `training.compare`: no figure and no finding in it is typed by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.compare import BASE, ENOUGH, Row, run_name
from training.config import settings_of
from training.methods.coral import Coral
from training.methods.dldl import Dldl
from training.methods.sord import Sord
from training.metrics import LEVEL, mean_range, unpacked
from training.tables import title
from training.train import EARLIER, REVISION, bound_from

_HEAD = """# Methods, backbones, optimizers and transfer compared

Written by `python -m training compare` from [{record}]({record}); every figure and every finding is computed from it. The
command can be stopped at any moment, also within a row, and continues from there.

## Protocol

Unless a row's name says otherwise, this is the same for all rows: {backbone} from ImageNet weights, {size} x {size} pixels, {epochs:g}
passes over {home} in batches of {batch}, AdamW with a peak rate of {rate:g} (warm-up {warmup} steps, then a cosine to zero) and
weight decay {decay:g}; gradients with a norm above {clip:g} are scaled down to it. {precision}
Photos are mirrored, turned, scaled and shifted a little. Methods have the options of their papers or of their authors' programs, as far as these are known (SORD's
distance is ours, DLDL's sigma is from memory); none was tuned. `dldl-v2-widening` is {base} with our own options,
those of `gpu.py`: labels that widen with age, and a quarter of the absolute error. Nothing is selected on validation
photos: what is measured is the running mean of the weights after the last step, uncalibrated, on the `unique` test photos.
At step t, the mean keeps t / (t + 10) of itself, so that two thirds of it come from the last tenth of the steps.
{bound}
{amounts}

* **MAE**: mean absolute error in years. With several seeds: mean ± half of the distance between them.
* **95 %**: bootstrap interval of the MAE over photos, mean of the seeds.
* **worst band**: the age band with the largest MAE, of those with at least {enough} photos (for the first seed).
* **bias**: mean signed error, positive if people are guessed too old.
* **in range**: share of labels inside the 80 % interval of the distribution as it is decoded, without calibration; 80 % is
  right. "-" if a method gives none. It depends on [more than the method](#what-this-cannot-show).
* **training**: minutes for one run, including checkpoints, mean of the seeds; on a CPU, the sum over its cores.
"""

_PRECISIONS = {
    True: "Backbones are trained in bfloat16 and measured in float32; heads and losses are in float32 throughout.",
    False: "Everything is in float32.",
}
"""`Config.bf16` -> what it means."""

_SORD_SIGMA = 1 / math.sqrt(2 * Sord().scale)
"""Standard deviation of SORD's labels, in years."""

_SECTIONS = {
    "methods": "Methods",
    "backbones": "Backbones",
    "optimisers": "Optimizers",
    "transfer": "Transfer",
}

_INTRODUCTIONS = {
    "methods": "One trunk, one recipe; only the head, the loss and the way an age is read differ. In their program, DLDL-v2's authors divide "
    "the divergence by the 101 ages, so that the absolute error counts 101 times as much relative to it as here. With the squared "
    f"distance, SORD is DLDL with a standard deviation of {_SORD_SIGMA:.2f} years instead of {Dldl().sigma:g}, and a loss that differs by a constant. "
    "The ordinal methods, OR-CNN and CORAL, "
    "depart from their papers: the age is the mean of the distribution that the answers (older than 0, than 1, ...) make, not the number of yes answers; "
    "OR-CNN's questions all have the same weight; and CORAL's answers are in order by construction. OR-CNN's may contradict each other "
    "(older than 40, but not older than 35). The distribution has the probability 0 there, and the rest is scaled up; so the age is not the sum of the "
    "answers' probabilities, but drawn from it towards the ages at which they contradict each other, which is towards the middle of "
    "all ages while little has been learned. How much this costs was not measured.",
    "backbones": f"All with {BASE}; the first row is the one under Methods. Rows marked **random** had no ImageNet weights to start from "
    "and say nothing about the backbone. The others' weights are of different origins ([pretrained.py](../training/pretrained.py)): what is compared is a "
    "backbone together with its weights. The pyramid of resnet50-fpn starts from random weights, on top of a ResNet that does not.",
    "optimisers": f"The first row is that of {BASE}. Each optimizer has its own rate and decay, and was run with no others: {{settings}}.",
    "transfer": f"All with {BASE}; the first row is the one under Methods. A row is named after what it was trained on; `a-b` was trained "
    "on a, then fine-tuned on b for half of the passes at a third of the rate. So the rows differ in how many steps they "
    "were trained, too (see the protocol). A row is zero-shot in the table of a collection that it was not trained on.",
}

_FOOT = """
## What this cannot show

* {size} pixels and {epochs:g} passes are far from what these methods can do; those that learn slowly are judged before they are done.
  After longer training, the order may be different.
* All methods have the same trunk, and options that were meant for other trunks and more passes. Nothing was tuned, so a
  method's place is that of its defaults.
* The bound on the gradient is the same for all, and methods differ in how large their losses are: it holds some back more than others.
* Training this short also compares where methods start from: the answers of softmax and OR-CNN begin at 50
  years, those of CORAL and regression at {center:g} (`center`, which is ours).
* The column "in range" does not compare the methods alone, but also options that set how wide a range is: DLDL, DLDL-v2 and SORD are
  taught distributions as wide as their labels (a standard deviation of {dldl:g} years, with SORD {sord:.2f}, with `dldl-v2-widening`
  more with age), mean-variance is punished for wide ones, and the width of CORAL's depends on the gaps between its thresholds, which all
  faces share and which begin at {gap:g} (a logistic distribution with a scale of {scale:.1f} years; `gap`). That start is ours, and so are
  the ranges of OR-CNN and CORAL, whose papers read a single age. Calibration, here left out, would change every width.
* A difference is called clear if its 95 % interval does not contain zero. The interval has two parts, put together as the root
  of the sum of squares. The choice of photos: all rows are measured on the same photos, and what is hard for one is hard for the
  others, so this part is a bootstrap of the differences photo by photo. Chance in training: two seeds show little of it for one
  row, so the variance between the seeds is the mean of all rows measured on the collection, without those that started from
  random weights. It is assumed to be the same for every row.
* Many rows are compared, and nothing corrects for that: of twenty differences that are due to chance, one may seem clear. The best and
  the worst of a table are chosen for being far apart, so theirs may seem clear more often.
* The labels are noisy. Near-duplicates in UTKFace often disagree, some by more than ten years, and no method can be better than the labels.
* UTKFace's labels are estimates: according to its authors, the DEX algorithm made them, and a person checked them. So an error there is
  the distance from such an estimate, not from the true age, which may favour methods that resemble DEX.
* It is not known who is in a photo. So people in the test photos may be in training photos, too, which flatters all rows on the collection
  that they were trained on, and where several test photos show one person, the intervals are too narrow.
* The papers' own figures are not comparable: other photos, other splits, other trunks, often other labels.
"""


@dataclass(frozen=True)
class Line:
    """A row's figures on one collection.

    Attributes:
        name: of the row in this table.
        runs: what the record has of it, by seed.
        on: the figures on the collection, by seed.
        seed_variance: see `_seed_variance`.
    """

    name: str
    runs: tuple[dict[str, Any], ...]
    on: tuple[dict[str, Any], ...]
    seed_variance: float

    @property
    def random(self) -> bool:
        """Whether the backbone started from chance."""
        return any(run["from_chance"] for run in self.runs)

    @property
    def interval(self) -> tuple[float, float]:
        """Bootstrap interval of the MAE, mean of the seeds."""
        low, high = np.mean([one["mae_range"] for one in self.on], axis=0)
        return float(low), float(high)

    @property
    def mae(self) -> float:
        """Mean of the seeds."""
        return self.mean("mae")

    @property
    def spread(self) -> float:
        """Years that the seeds' MAE lie apart."""
        values = [one["mae"] for one in self.on]
        return float(max(values) - min(values))

    def mean(self, name: str) -> float:
        """Mean of a figure over the seeds."""
        return float(np.mean([one[name] for one in self.on]))


def page(record: dict[str, Any], rows: Sequence[Row], name: str) -> str:
    """The page of a record.

    Args:
        record: `training.compare.Record.content`.
        rows: all rows, whether they have been run or not.
        name: file name of the record, beside the page.
    """
    protocol = settings_of(record["protocol"])
    everything = [run for by_seed in record["runs"].values() for run in by_seed.values()]
    collections = list(dict.fromkeys(collection for run in everything for collection in run["on"]))
    home = next(iter(protocol["collections"]))
    text = _HEAD.format(
        record=name,
        backbone=protocol["backbone"],
        size=protocol["input_size"],
        epochs=protocol["epochs"],
        home=title(home),
        batch=protocol["batch"],
        rate=protocol["rate"],
        warmup=protocol["warmup"],
        decay=protocol["decay"],
        clip=protocol["clip"],
        precision=_PRECISIONS[protocol["bf16"]],
        bound=_bound(protocol["ema"], everything),
        base=BASE,
        amounts=_amounts(record, everything),
        enough=ENOUGH,
    )
    # The protocol itself is a row of every table, under the name of what the table is about.
    base = {"backbones": protocol["backbone"], "optimisers": protocol["optimizer"], "transfer": home}
    sgd = next(row.changes for row in rows if row.name == "sgd")
    settings = f"AdamW {protocol['rate']:g} and {protocol['decay']:g}, SGD {sgd['rate']:g} and {sgd['decay']:g}"
    for section, heading in _SECTIONS.items():
        shown = {row.name: row.name for row in rows if row.section == section}
        if section in base:
            shown = {BASE: base[section]} | shown
        text += f"\n## {heading}\n\n{_INTRODUCTIONS[section].format(settings=settings)}\n"
        lines = {}
        for collection in collections:
            lines[collection] = [_line(record, row, label, collection) for row, label in shown.items()]
            if not any(line.on for line in lines[collection]):
                continue
            zero_shot = "" if section == "transfer" or collection == home else " (zero-shot)"
            text += f"\n### {heading}: {title(collection)}{zero_shot}\n\n{_table(lines[collection])}"
        findings = " ".join(_FINDINGS[section](lines, home)) or "Nothing yet: too few rows have been run."
        text += f"\n**What the tables show.** {findings}\n"
    return text + _FOOT.format(
        size=protocol["input_size"],
        epochs=protocol["epochs"],
        dldl=Dldl().sigma,
        sord=_SORD_SIGMA,
        gap=Coral().gap,
        scale=1 / Coral().gap,
        center=Coral().center,
    )


def _bound(ema: float, everything: Sequence[dict[str, Any]]) -> str:
    """Whether the bound on what the running mean of the weights keeps (`Config.ema`) had an effect in any run."""
    if not everything:
        return ""
    start, longest = bound_from(ema), max(run["steps"] for run in everything)
    effect = f"has an effect from step {start:g} on" if longest >= start else "has no effect in runs as short as these"
    return f"The protocol's bound on that share, `ema` = {ema:g}, {effect}."


def _amounts(record: dict[str, Any], everything: Sequence[dict[str, Any]]) -> str:
    if not everything:
        return ""
    amounts = []
    for collection in dict.fromkeys(collection for run in everything for collection in run["on"]):
        sizes = {run["on"][collection]["photos"] for run in everything if collection in run["on"]}
        amounts.append(f"{title(collection)} {', '.join(map(str, sorted(sizes)))}")
    lengths = {
        row: f"{run['steps']} steps on {run['photos']} photos"
        for row, by_seed in record["runs"].items()
        for run in by_seed.values()
    }
    others = "; ".join(f"`{row}` {length}" for row, length in lengths.items() if length != lengths.get(BASE))
    trained = f"A run is {lengths[BASE]}{f' ({others})' if others else ''}." if BASE in lengths else ""
    machines = sorted({f"{run['machine']} with torch {run['torch']}" for run in everything})
    text = f"{trained} Test photos: {'; '.join(amounts)}. Computed on {' and on '.join(machines)}.".strip()
    made: dict[int, list[str]] = {}
    for row, by_seed in record["runs"].items():
        for seed, run in by_seed.items():
            made.setdefault(run.get("revision", 1), []).append(run_name(row, int(seed)))
    for number in sorted(made.keys() - {REVISION}):
        which = "All runs" if len(made) == 1 else f"Some runs ({', '.join(made[number])})"
        text += (
            f"\n\n**{which} are of revision {number} of the training program**, which is at revision {REVISION} now and would give "
            f"other numbers. What revision {number} did differently: {EARLIER.get(number, 'not known here')}."
        )
    return text


def _line(record: dict[str, Any], row: str, label: str, collection: str) -> Line:
    by_seed = record["runs"].get(row, {})
    runs = [by_seed[seed] for seed in sorted(by_seed, key=int) if collection in by_seed[seed]["on"]]
    on = tuple(run["on"][collection] for run in runs)
    return Line(label, tuple(runs), on, _seed_variance(record, collection))


def _seed_variance(record: dict[str, Any], collection: str) -> float:
    """Variance of the MAE on a collection between seeds, mean of the rows that have several; NaN if none has.

    What starts from random weights varies more than what does not, so it is left out.
    """
    variances = []
    for by_seed in record["runs"].values():
        runs = [run for run in by_seed.values() if collection in run["on"]]
        if len(runs) > 1 and not any(run["from_chance"] for run in runs):
            variances.append(np.var([run["on"][collection]["mae"] for run in runs], ddof=1))
    return float(np.mean(variances)) if variances else math.nan


def _table(lines: Iterable[Line]) -> str:
    text = [
        "| | MAE, years | 95 % | within 5 years | worst band | bias, years | in range | parameters | training |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for line in lines:
        if not line.on:  # not run yet
            continue
        mae = f"{line.mae:.2f}" + (f" ± {line.spread / 2:.2f}" if len(line.on) > 1 else " (one seed)")
        low, high = line.interval
        worst = line.on[0]["worst"]
        band = f"{worst['band']}: {worst['mae']:.2f}" if worst else "-"
        inside = f"{line.mean('coverage'):.0%}" if all("coverage" in one for one in line.on) else "-"
        minutes = np.mean([run["seconds"] for run in line.runs]) / 60
        text.append(
            f"| {line.name}{' (**random**)' * line.random} | {mae} | {low:.2f} to {high:.2f} | {line.mean('cs5'):.1%} "
            f"| {band} | {line.mean('bias'):+.2f} | {inside} | {line.runs[0]['parameters'] / 1e6:.1f} M | {minutes:.1f} min |"
        )
    return "\n".join(text) + "\n"


# Findings


def lead(one: Line, other: Line) -> tuple[float, float]:
    """95 % interval of the years by which the first row's MAE is below the second's, on the same photos.

    It covers the choice of photos, by a bootstrap of the differences photo by photo, and chance in training. NaN if
    nothing is known of that, as no row has several seeds.
    """
    mine, theirs = (np.mean([np.abs(unpacked(found["errors"])) for found in line.on], 0) for line in (one, other))
    low, high = mean_range(theirs - mine)
    chance = 1.96 * math.sqrt(one.seed_variance * (1 / len(one.on) + 1 / len(other.on)))
    half, gap = math.hypot((high - low) / 2, chance), other.mae - one.mae
    return gap - half, gap + half


def _comparable(one: Line, other: Line) -> bool:
    """Whether two rows were measured on the same photos."""
    return len({figures["digest"] for figures in (*one.on, *other.on)}) == 1


def clearly_apart(one: Line, other: Line) -> bool:
    """Whether two rows differ by more than chance in training and the choice of photos explain."""
    if not _comparable(one, other):
        return False
    low, high = lead(one, other)
    return low > 0 or high < 0


def _pattern(ahead: Line, behind: Line) -> str:
    """Whether the first row is ahead of the second, as was looked for."""
    if not clearly_apart(ahead, behind):
        return "The pattern is not clear here."
    return "The pattern is there." if ahead.mae < behind.mae else "The pattern is the other way round here."


def _versus(one: Line, other: Line) -> str:
    """A sentence on two rows."""
    better, worse = sorted((one, other), key=lambda line: line.mae)
    if not _comparable(one, other):
        return f"`{better.name}` and `{worse.name}` were measured on different photos: they are not compared."
    text = (
        f"`{better.name}` ({better.mae:.2f}) is {worse.mae - better.mae:.2f} years ahead of "
        f"`{worse.name}` ({worse.mae:.2f})"
    )
    low, high = lead(better, worse)
    if math.isnan(low):
        return f"{text}; with one seed, nothing is known about chance in training."
    verdict = "a clear difference" if clearly_apart(one, other) else "not a clear difference"
    return f"{text}, 95 % interval {low:+.2f} to {high:+.2f}: {verdict}."


def _nearest(lines: Sequence[Line]) -> str:
    """Whose range holds most nearly as often as it promises, and who is not farther from that by more than chance."""

    def off(line: Line) -> float:
        return abs(line.mean("coverage") - LEVEL)

    def ends(line: Line) -> tuple[float, float]:
        """Bootstrap interval, mean of the seeds."""
        low, high = np.mean([one["coverage_range"] for one in line.on], axis=0)
        return float(low), float(high)

    nearest = min(lines, key=off)
    low, high = ends(nearest)
    farthest = max(abs(low - LEVEL), abs(high - LEVEL))
    others = [
        f"`{line.name}`"
        for line in sorted(lines, key=off)
        if line is not nearest and ends(line)[0] <= LEVEL + farthest and ends(line)[1] >= LEVEL - farthest
    ]
    return (
        f"Without calibration, the range is nearest to {LEVEL:.0%} with `{nearest.name}`: {nearest.mean('coverage'):.0%}, "
        f"95 % interval over photos {low:.0%} to {high:.0%}. Not clearly farther from it: {', '.join(others) or 'none'}."
    )


def _best_and_worst(lines: Sequence[Line], home: str) -> list[str]:
    measured = sorted((line for line in lines if line.on and not line.random), key=lambda line: line.mae)
    if len(measured) < 2:
        return []
    best, worst = measured[0], measured[-1]
    text = [f"On {title(home)} " + _versus(best, worst)]
    near = [f"`{line.name}`" for line in measured[1:] if not clearly_apart(best, line)]
    text.append(f"Not clearly behind the best: {', '.join(near) or 'none'}.")
    with_ranges = [line for line in measured if all("coverage" in one for one in line.on)]
    return text + ([_nearest(with_ranges)] if with_ranges else [])


def _methods(lines: dict[str, list[Line]], home: str) -> list[str]:
    return _best_and_worst(lines.get(home, []), home)


def _backbones(lines: dict[str, list[Line]], home: str) -> list[str]:
    text = _best_and_worst(lines.get(home, []), home)
    chance = [f"`{line.name}`" for line in lines.get(home, []) if line.on and line.random]
    return text + ([f"Left out, because of their random start: {', '.join(chance)}."] if chance else [])


def _optimisers(lines: dict[str, list[Line]], home: str) -> list[str]:
    measured = [line for line in lines.get(home, []) if line.on]
    if len(measured) < 2:
        return []
    adam, sgd = measured
    verdict = "No rate was tuned: this is about these settings, not a verdict on the optimizers."
    return [f"On {title(home)} {_versus(adam, sgd)}", verdict]


def _transfer(lines: dict[str, list[Line]], home: str) -> list[str]:
    text = ["The expected pattern is that a fine-tuned network is ahead of one that has not seen the collection."]
    others = [collection for collection in lines if collection != home]
    for source, target in [(home, other) for other in others] + [(other, home) for other in others]:
        measured = {line.name: line for line in lines[target] if line.on}
        zero, tuned = measured.get(source), measured.get(f"{source}-{target}")
        if zero is None or tuned is None:
            continue
        text.append(
            f"On {title(target)}: {zero.mae:.2f} after {title(source)} alone (zero-shot), {tuned.mae:.2f} after fine-tuning. "
            f"{_versus(tuned, zero)} {_pattern(tuned, zero)}"
        )
        own = measured.get(target)
        if own is not None:
            text.append(
                f"Trained on {title(target)} alone: {own.mae:.2f}; compared with the fine-tuned one: {_versus(tuned, own)}"
            )
        kept = {line.name: line for line in lines[source] if line.on}
        if source in kept and tuned.name in kept:
            text.append(
                f"The cost: the MAE on {title(source)} goes from {kept[source].mae:.2f} to {kept[tuned.name].mae:.2f}."
            )
    return text


_FINDINGS: dict[str, Callable[[dict[str, list[Line]], str], list[str]]] = {
    "methods": _methods,
    "backbones": _backbones,
    "optimisers": _optimisers,
    "transfer": _transfer,
}
