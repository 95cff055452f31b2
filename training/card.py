"""Writes docs/model-card.md from `engine/models/age.json`: no figure in it is typed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.config import read_config
from training.files import ROOT

CONFIGS = ROOT / "training" / "configs"

_HEAD = """# Model card: {name} {version}

Written by `python -m training card`. Every figure was measured on the model that ships, by `python -m training evaluate`.

## What it is

A ResNet-50 (He et al., CVPR 2016; the original, with the stride in the first 1x1 convolution of a stage) with 101 outputs,
a distribution over the ages 0..100. It was trained with {criterion}
and sees faces aligned to UTKFace's geometry at {input_size} x {input_size} pixels. Weights: {weights}

It estimates **apparent** age. It is for looking at one's own photos and for research on such models. It is **not** for
age verification and **not** for decisions about people. It gives out no sex and no ethnicity; such labels of the test
photos serve only to show where it errs.
{inside}
Ranges are calibrated on {photos} photos, the validation parts of both collections as they are and degraded on purpose, so
that the range that the app shows holds the labelled age in 8 of 10 cases. How well that carries over is the column "in
range" below. Temperatures by expected age (0, 10, ..., 100 years): {temperatures}.
{leaning}
## How good it is

The numbers in brackets are 95 % bootstrap intervals. Bias is positive when people are guessed too old.
"""

_LEANING = """
What the network answers is tilted so that the estimate is the expectation of the distribution's power {sharpness:g}: the long
tail of an unsure answer draws it less, which makes the young in strangers' photos less old
(`leaned` in [training/network.py](../training/network.py)).
"""

_INSIDE = """
Inside, it has one answer for each photo collection that it learned from, as their ages follow different conventions, and
mixes them. All-Age-Faces shows mostly Asian people. How far its answer counts therefore depends on how much a face is like
those whom UTKFace's labels call {people}, and on how much the photo is like that collection's. Neither number leaves the model.
"""

_FOOT = """
## Limits

* Faces that are small, blurred or turned away are guessed less well (the app warns of them), and so are the old.
* An unsure network answers nearer to the middle of the ages that it has seen: teenagers are guessed too old and the old
  too young, by as much as the column "bias" says.
* The labels of the photos are themselves noisy: near-duplicates in UTKFace often disagree by more than ten years.
* Where a group has few photos, its figures say little; the brackets tell how little.

## Data and terms

{data}

The photos may be used for non-commercial research only; so may these weights. The code is under the MIT licence.

## Reproduce

{reproduce}
"""

_TITLES = {
    "utkface": "UTKFace, test photos",
    "aaf": "All-Age-Faces, test photos",
    "family": "Family photos of 1950 to 2000, whole photos through the engine (half of FG-NET, never trained on)",
    "studio": "Studio portraits, whole photos through the engine (half of the Face Research Lab London Set, never trained on)",
}


def card(info: dict[str, Any]) -> str:
    """The model card of a model that `age.json` describes."""
    calibration, figures = info["calibration"], info["figures"]
    text = _HEAD.format(
        name=info["name"],
        version=info["version"],
        input_size=info["input_size"],
        criterion=_criterion(info),
        weights=info["weights"],
        photos=calibration["photos"],
        temperatures=", ".join(f"{value:.2f}" for value in calibration["temperatures"]),
        inside=_INSIDE.format(people=", ".join(_people(info))) if _people(info) else "",
        leaning=_LEANING.format(sharpness=_sharpness(info)) if _sharpness(info) != 1 else "",
    )
    for name, title in _TITLES.items():
        if name in figures:
            text += f"\n### {title}\n\n{_table(figures[name])}"
    if "export" in figures:
        text += (
            f"\nThe export (8-bit weights, ONNX) changes the MAE on UTKFace's test photos by "
            f"{figures['export']['mae_loss']:+.3f} years.\n"
        )
    return text + _FOOT.format(data="\n".join(f"* {line}" for line in info["data"]), reproduce=_reproduce(info))


def _table(found: dict[str, Any]) -> str:
    lines = [
        "| | photos | MAE, years | within 5 years | bias, years | in range |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for part in ("all", "band", "sex", "label"):
        group = {"all": found["all"]} if part == "all" else found.get(part, {})
        for label, one in group.items():
            low, high = one["mae_range"]
            lines.append(
                f"| {label} | {one['photos']} | {one['mae']:.2f} ({low:.2f} to {high:.2f}) | {one['cs5']:.1%} "
                f"| {one['bias']:+.2f} | {one['coverage']:.1%} |"
            )
    if found.get("missed"):
        lines.append(f"\nIn {found['missed']} further photos no face was found.")
    return "\n".join(lines) + "\n"


def _sharpness(info: dict[str, Any]) -> float:
    """See `training.network.leaned`; models from before there was a choice have 1."""
    return float(info["calibration"].get("sharpness", 1))


def _people(info: Mapping[str, Any]) -> list[str]:
    """See `training.gate.fit_people`; none where the gate goes by collections alone."""
    gate = (info["training"] or {}).get("gate") or {}
    return list(gate.get("people") or [])


def _criterion(info: dict[str, Any]) -> str:
    """What the network was trained with; older models keep the options as those of the loss."""
    config = info["training"].get("config", {})
    options = config.get("method_options") or config.get("loss_options") or {}
    if options.get("weight") == 0:
        return "a label distribution (Gao et al., IEEE Transactions on Image Processing 26(6), 2017)"
    return "a label distribution and the absolute error of the expectation (Gao et al., IJCAI 2018)"


def _before(config: Mapping[str, Any]) -> list[str]:
    """Names of the runs that a run builds upon, each after those that it builds upon itself."""
    found: list[str] = []
    for name in sorted({*config.get("teachers", ()), config.get("follows") or ""} - {""}):
        file = CONFIGS / f"{name}.py"
        before = _before(read_config(file).record()) if file.exists() else []
        found += [one for one in [*before, name] if one not in found]
    return found


def _reproduce(info: dict[str, Any]) -> str:
    """The commands, and the configuration that was trained."""
    recipe = info["training"]
    if not recipe:
        return "The weights were not trained by this repository."
    config = recipe["config"]
    flip = " --flip" if info["calibration"]["flip"] else ""
    sharpness = f" --sharpness {_sharpness(info):g}" if _sharpness(info) != 1 else ""
    detail = f" --detail {info['calibration']['detail']}" if info["calibration"].get("detail") else ""
    gate, average = recipe.get("gate"), recipe.get("average")
    folder = f"runs/{config['name']}"
    best = f"{folder}/{(gate or {}).get('checkpoint', 'best.pt')}"
    weights = f"{folder}/gated.pt" if gate else best
    sees = f" --sees {gate['sees']}" if gate and gate.get("sees") else ""
    if _people(info):
        sees += f" --people {' '.join(_people(info))}"
    mixing = [f"average {folder}/{average['checkpoint']} --share {average['share']:g}"] if average else []
    commands = [
        "prepare",
        *(f"train --config training/configs/{name}.py" for name in [*_before(config), config["name"]]),
        *mixing,
        *([f"gate {best}{detail} --photos {gate['photos']} --further {gate['further']}{sees}"] if gate else []),
        f"calibrate {weights} --input-size {info['calibration']['input_size']}{detail}{flip}{sharpness}",
        f"export {weights} --name {info['name']} --version {info['version']}",
        "evaluate",
        "card",
    ]
    lines = [f"    python -m training {command}" for command in commands]
    lines += ["", f"The configuration as trained, {recipe['steps']} steps up to the checkpoint:", ""]
    return "\n".join(lines + [f"    {name} = {value!r}" for name, value in config.items()])
