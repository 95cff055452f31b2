"""Writes docs/model-card.md from `engine/models/age.json`: no figure in it is typed by hand."""

from __future__ import annotations

from typing import Any

_HEAD = """# Model card: {name} {version}

Written by `python -m training card`. Every figure was measured by `python -m training evaluate` on the model that ships.

## What it is

A ResNet-50 (He et al., CVPR 2016; the original, with the stride in the first 1x1 convolution of a stage) with 101 outputs, a
distribution over the ages 0..100. It was trained with a label distribution and the absolute error of the expectation
(Gao et al., IJCAI 2018) and sees faces aligned to UTKFace's geometry at {input_size} x {input_size} pixels. Weights: {weights}

It estimates **apparent** age. It is for looking at one's own photos and for research on such models. It is **not** for age
verification and **not** for decisions about people. It estimates no sex and no ethnicity; such labels of the test
photos serve only to show where it errs.

Ranges are calibrated: one temperature, {temperature}, chosen on {calibration_photos} validation photos so that the range
that the app shows holds the labelled age in 8 of 10 cases. How well that carries over is the column "in range" below.

## How good it is

The numbers in brackets are 95 % bootstrap intervals. Bias is positive when people are guessed too old.
"""

_FOOT = """
## Limits

* Children and the old are guessed less well than adults; faces that are small, blurred or turned away much less well (the
  app warns of them).
* The labels of the photos are themselves noisy: near-duplicates in UTKFace often disagree by more than ten years.
* Where a group label has few photos, its figures say little; the brackets tell how little.

## Data and terms

{data}

The photos may be used for non-commercial research only; so may these weights. The code is under the MIT licence.

## Reproduce

{commands}
"""


def card(info: dict[str, Any]) -> str:
    """The model card of a model that `age.json` describes."""
    text = _HEAD.format(
        name=info["name"],
        version=info["version"],
        input_size=info["input_size"],
        weights=info["weights"],
        temperature=info["calibration"]["temperature"],
        calibration_photos=info["calibration"]["photos"],
    )
    for name, found in info["figures"].items():
        if isinstance(found, dict) and "all" in found:
            text += f"\n### {_TITLES.get(name, name)}\n\n{_table(found)}"
    text += (
        f"\nThe export to 8-bit weights changes the MAE on UTKFace's test photos by "
        f"{info['figures']['export_loss']:+.3f} years.\n"
    )
    return text + _FOOT.format(
        data="\n".join(f"* {line}" for line in info["data"]),
        commands="\n".join(f"    {line}" for line in info["commands"]),
    )


_TITLES = {
    "utkface": "UTKFace, test photos",
    "aaf": "All-Age-Faces, test photos (never trained on)",
    "family": "Family photos of 1950 to 2000, whole photos through the engine (half of FG-NET, never trained on)",
    "studio": "Studio portraits, whole photos through the engine (half of the Face Research Lab London Set, never trained on)",
}


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
