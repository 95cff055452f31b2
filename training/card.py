"""Writes docs/model-card.md from `engine/models/age.json`: no figure of the model is typed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

from training import face_weights
from training.backbones import PAIRS
from training.config import read_config, settings_of
from training.files import ROOT
from training.metrics import ENOUGH_PEOPLE, LEVEL, mae_range
from training.pair import ROLES
from training.pretrained import ARCHIVES, archive_of
from training.tables import title

CONFIGS = ROOT / "training" / "configs"

_HEAD = """# Model card: {name} {version}

Written by `python -m training card`. Every figure was measured on the model that ships: by `python -m training evaluate`, and
what the export changes by `export`.

## What it is

{network} with 101 outputs,
a distribution over the ages 0..100. It was trained with {criterion}
and sees faces aligned to UTKFace's geometry at {seen} x {seen} pixels. Weights: {weights}
{beside}
It estimates **apparent** age. It is meant for looking at one's own photos and for research on such models. It is **not** for
age verification and **not** for decisions about people. It says nothing about sex or ethnicity; such labels of the test
photos serve only to show where it errs.
{inside}
Ranges are calibrated on {photos} photos, the validation parts of both collections, each photo both as it is and deliberately
degraded, so that the range that the app shows contains the labeled age in 8 of 10 cases, among faces that are estimated to be
of about the same age; among people of one labeled age, it may be more or fewer. Photos of rare ages have more weight there.
How well that carries over is shown in the column "in range" below, by labeled age. Temperatures by expected age (0, 10, ..., 100 years): {temperatures}.
{leaning}{rare}
## How good it is

The numbers in parentheses are 95 % bootstrap intervals: over people for whole photos, where it is known who is in which, and over
photos otherwise; for fewer than {enough} people, there is none. Bias is positive if people are guessed too old. "In range" counts labels
inside the range as it is computed; the app rounds both ends to whole years, which takes in a few labels more.

Groups and kinds of photos differ in age, and children's ages are estimated best. So compare them band by band, or with what UTKFace's
errors would give at the same ages. That is computed from its MAE in each age band. Within a band, ages may still differ: UTKFace's
children are younger than those of the other collections, and the youngest are the easiest, so that where there are many children,
the figure is rather too low.

As far as earlier versions were measured on these same photos, their figures were known when this one was made; to that
extent, its own figures are optimistic.
"""

_BESIDE = """
Beside it is {partner}, which sees {input_size} x {input_size} pixels and counts {share:.0%} (`training.pair`). It learned to
recognize people before it learned ages ({origin}), so it errs on other faces than the
ResNet-50, and the two are better together. It no longer recognizes anybody: nothing but the ages leaves the model.
"""

_RESNET = "a ResNet-50 (He et al., CVPR 2016; the original, with the stride in the first 1x1 convolution of a stage)"

_ALONE = {
    "resnet50-original": _RESNET,
    "resnet18": "a ResNet-18 (He et al., CVPR 2016)",
    "resnet50-fpn": "a ResNet-50 with a feature pyramid (He et al., CVPR 2016; Lin et al., CVPR 2017)",
    "mobilenet-v1": "a MobileNet (Howard et al., 2017)",
    "inception-resnet-v1": "an Inception-ResNet v1 (Szegedy et al., AAAI 2017)",
    "mobilenet-v2": "a MobileNetV2 (Sandler et al., CVPR 2018)",
    "efficientnet-b0": "an EfficientNet-B0 (Tan and Le, ICML 2019)",
    "efficientnet-lite0": "an EfficientNet-Lite0 (Google, 2020, after Tan and Le, ICML 2019)",
}

NETWORKS = _ALONE | {pair: f"{_RESNET}, beside it {_ALONE[partner]}," for pair, partner in PAIRS.items()}
"""Backbone -> how it is called."""

_ORIGINS = {
    "mobilenet-v1": "Savchenko, PeerJ Computer Science 5:e197, 2019",
    "inception-resnet-v1": "FaceNet by Sandberg, after Schroff et al., CVPR 2015",
}
"""Kind of the ResNet-50's partner -> who taught it faces."""

_MIXED: Mapping[str, Any] = {"config": {"name": "mixed"}, "average": {"checkpoint": "last.pt", "share": 0.6}}
"""The ResNet-50 of these pairs."""

_PAIRS: Mapping[str, Mapping[str, Any]] = {
    "pair": {
        "share": 0.5,
        "resnet": _MIXED,
        "partner": {"config": {"name": "partner"}, "average": {"checkpoint": "best.pt", "share": 0.5}},
    },
    "facepair": {
        "share": 0.6,
        "resnet": _MIXED,
        "partner": {"config": {"name": "facenet"}, "checkpoint": "best.pt"},
    },
}
"""Teacher that is no training, but a pair -> how it was made, as its checkpoint says: versions 7 and 8 to 10."""

_LEANING = """
The network's answer is tilted so that the estimate is about the expectation of the distribution's power {sharpness:g}, before
calibration: the long tail of an unsure answer then pulls it less, so that young people in strangers' photos are guessed less old
(`leaned` in [training/network.py](../training/network.py)).
"""

_RARE = """
The collections show ever fewer people above {since:g}. So the probability of each age above that is divided by the square root of the
age's frequency in UTKFace, relative to that of {since:g} (`offsets_of` in [training/calibrate.py](../training/calibrate.py)): old people
are then guessed less young, at the expense of people around {since:g}.
"""

_INSIDE = """
Internally, it has one answer for each photo collection that it learned from, because their ages follow different conventions, and
mixes these answers. All-Age-Faces shows mostly Asian people. So how much its answer counts depends on how much a face is like
those whom UTKFace's labels call {people}, and on how much the photo is like that collection's. Neither number leaves the model.
"""

_FOOT = """
## Limits

{uncovered}* Faces that are small, blurred, turned away or cut off are guessed less well (the app warns of them), and so are old people.
* An unsure network answers closer to the middle of the ages that it has seen: young people are guessed too old and old people too
  young, by as much as the column "bias" says where its interval leaves out 0.
* UTKFace and All-Age-Faces have no photos labeled 0: babies in their first year are guessed too old.
* UTKFace and All-Age-Faces are measured on their own crops. Whole photos go through the detector first, whose landmarks are not
  always where the collection's are: expect larger errors there.
* UTKFace's labels, of age as well as of sex and group, are estimates: according to its authors, the DEX algorithm made them, and a person
  checked them. So an error there is the distance from such an estimate, not from the true age.
* The labels of the photos are themselves noisy: near-duplicates in UTKFace often disagree, some by more than ten years.
* In UTKFace and All-Age-Faces, only near-duplicates that their labels identify are kept in one part.{copies}
* It is not known who is in a photo of these collections. So people in the test photos may be in training photos too, which would make
  figures on these collections better than those on strangers (Paplham and Franc, CVPR 2024). And where several test photos show one
  person, the intervals, which are over photos there, are too narrow.{faces}
* If a group has few photos, its figures say little; the interval in parentheses shows how little, and without one it is next to nothing.

## Data and terms

{data}

The photos may be used for non-commercial research only, these weights for {licence}. The code is under the MIT license.

## Reproduce

{reproduce}
"""

_UNCOVERED = """* **{what}: the range holds the labeled age in {coverage:.0%} of the cases, not in {level:.0%}**, and people are guessed
  {years} years too {side} on average. Photos of this kind are unlike those that the ranges were calibrated on: assume
  that the ranges are too narrow there.
"""

_COPIES = """
  By their looks (`training.duplicates`), {shares} test photos are still copies of training photos;
  without them, the MAE would change by {changes} years.
"""

_FACES = """
  Networks began with weights that had learned from other photos of people on the web (see below), and UTKFace's are from the
  web, too: some of its test photos may be among those, and its figures would then be too good."""

_NEEDS = """The commands need the data folder, which is not public ([what is in it](training.md#the-whole-way)).

"""

_LACKS = """`training/configs/` does not have {files}: what was set there is below, or not part of this record.

"""

_LIKE_IT = """The commands are a chain like the one that made this model. They need not give the same weights: how the checkpoints that a run
followed or learned from were made, and with which revision of the training program, is not part of this record. If a
configuration says that a checkpoint was recovered from a shipped version, that version, with 8-bit weights, is in the history
of `engine/models`, and `python -m training recover NAME --out FOLDER` reads it.

"""

_HEAD_START = "weights/resnet50_age_start.npz"
_HEAD_START_TERMS = (
    "A head start: the ResNet-50 of these weights after seven passes over UTKFace's training photos, outside this repository. "
    "The first runs that the model builds upon began with it."
)

_IMAGENET_TERMS = "Weights that had learned ImageNet, as ABM-SpConv carries them (MIT), with which the ResNet-50 began."

_TITLES = {
    **{name: f"{title(name)}, test photos (faces as the collection crops them)" for name in ("utkface", "aaf")},
    "family": "Family photos of 1950 to 2000, whole photos through the engine (half of FG-NET{unseen})",
    "studio": "Studio portraits, whole photos through the engine (half of the Face Research Lab London Set{unseen})",
}

FAR_BELOW = 0.05
"""By how much more rarely than promised the range holds where that is said; ui/elements/accuracy-chart.js has it too."""

MEASURED = (*_TITLES, "export")
"""Names of the figures that belong to a model; what else was measured stays where `evaluate` keeps it."""

_APART = {"utkface", "aaf"}
"""Collections that have no photo in common with `family` and `studio`."""


def card(info: dict[str, Any]) -> str:
    """The model card of a model that `age.json` describes.

    Raises:
        ValueError: the network is one for which there are no words here.
    """
    calibration, figures = info["calibration"], info["figures"]
    text = _HEAD.format(
        name=info["name"],
        version=info["version"],
        network=_network(info),
        seen=_seen_by_resnet(info),
        beside=_beside(info),
        criterion=_criterion(info),
        weights=info["weights"],
        enough=ENOUGH_PEOPLE,
        photos=calibration["photos"] // 2,  # each is there twice
        temperatures=", ".join(f"{value:.2f}" for value in calibration["temperatures"]),
        inside=_INSIDE.format(people=", ".join(_people(info))) if _people(info) else "",
        leaning=_LEANING.format(sharpness=_sharpness(info)) if _sharpness(info) != 1 else "",
        rare="" if _rare_from(info) is None else _RARE.format(since=_rare_from(info)),
    )
    unseen = ", never trained on" if _unseen(info["training"]) else ""
    for name, heading in _TITLES.items():
        if name in figures:
            text += f"\n### {heading.format(unseen=unseen)}\n\n{_table(figures[name])}"
            text += "" if name == "utkface" else _at_same_ages(figures[name], figures.get("utkface"))
    if "export" in figures:
        text += (
            f"\nThe export (8-bit weights, ONNX) changes the MAE on UTKFace's test photos by "
            f"{figures['export']['mae_loss']:+.3f} years.\n"
        )
    return text + _FOOT.format(
        uncovered="".join(
            _uncovered(heading.split(",")[0], figures[name]) for name, heading in _TITLES.items() if name in figures
        ),
        copies=_copies(figures),
        faces=_FACES if _faces_of(info["training"]) else "",
        data="\n".join(f"* {line}" for line in info["data"]),
        licence=info["licence"],
        reproduce=_reproduce(info),
    )


def _table(found: dict[str, Any]) -> str:
    lines = [
        "| | photos | MAE, years | within 5 years | bias, years | in range |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for part in ("all", "band", "sex", "label"):
        group = {"all": found["all"]} if part == "all" else found.get(part, {})
        for label, one in group.items():
            mae, bias, coverage = (_between(one, what) for what in ("mae", "bias", "coverage"))
            lines.append(
                f"| {label} | {one['photos']} | {one['mae']:.2f}{mae} | {one['cs5']:.1%} "
                f"| {one['bias']:+.2f}{bias} | {one['coverage']:.1%}{coverage} |"
            )
    if found.get("missed"):
        lines.append(f"\nIn {found['missed']} further photos no face was found.")
    return "\n".join(lines) + "\n"


def _between(one: Mapping[str, Any], what: str) -> str:
    """The bootstrap interval of a figure, in parentheses; "" if it rests on too few people."""
    if mae_range(one) is None:
        return ""
    low, high = one[f"{what}_range"]
    form = {"mae": ".2f", "bias": "+.2f", "coverage": ".0%"}[what]
    return f" ({low:{form}} to {high:{form}})"


def _at_same_ages(found: Mapping[str, Any], utkface: Mapping[str, Any] | None) -> str:
    """The MAE that UTKFace's bands would give at a collection's ages (indirect standardization); "" if a band is missing."""
    bands = {name: one["photos"] for name, one in found["band"].items()}
    if utkface is None or not bands or not bands.keys() <= utkface["band"].keys():
        return ""
    errors = sum(photos * utkface["band"][name]["mae"] for name, photos in bands.items())
    return f"\nAt these ages, by {len(bands)} age bands, UTKFace's errors would give an MAE of {errors / sum(bands.values()):.2f}.\n"


def _copies(figures: Mapping[str, Any]) -> str:
    """What is said of test photos that are copies of training photos; "" where that was not measured."""
    measured = {name: figures[name] for name in _TITLES if name in figures}
    found = {name: one for name, one in measured.items() if one.get("copies", {}).get("change") is not None}
    if not found:
        return ""
    shares = [f"{one['copies']['photos'] / one['all']['photos']:.1%} of {title(name)}'s" for name, one in found.items()]
    changes = [f"{one['copies']['change']:+.3f}" for one in found.values()]
    return _COPIES.format(shares=" and ".join(shares), changes=" and ".join(changes)).rstrip()


def _uncovered(what: str, found: Mapping[str, Any]) -> str:
    """What is said of a collection whose labels the range holds much more rarely than it promises; "" of others."""
    whole = found["all"]
    if whole["coverage"] >= LEVEL - FAR_BELOW:
        return ""
    # The average over a collection of children says little of the others in it, so the bands tell, where they agree.
    bands = {name: one["bias"] for name, one in found["band"].items() if mae_range(one)}
    years = f"{abs(whole['bias']):.1f}"
    if len(bands) > 1 and all(bias * whole["bias"] > 0 for bias in bands.values()):
        least, *_, most = sorted(bands, key=lambda name: abs(bands[name]))
        years = f"{abs(bands[least]):.1f} ({least}) to {abs(bands[most]):.1f} ({most})"
    return _UNCOVERED.format(
        what=what,
        coverage=whole["coverage"],
        level=LEVEL,
        years=years,
        side="old" if whole["bias"] > 0 else "young",
    )


def _sharpness(info: dict[str, Any]) -> float:
    """See `training.network.leaned`; models from before there was a choice have 1."""
    return float(info["calibration"].get("sharpness", 1))


def _rare_from(info: Mapping[str, Any]) -> float | None:
    """See `training.calibrate.offsets_of`; None where there are no offsets."""
    found: float | None = info["calibration"].get("rare_from")
    return found


def _pair(info: Mapping[str, Any]) -> dict[str, Any] | None:
    """What `training.pair` joined; None where one network stands alone."""
    found: dict[str, Any] | None = info["training"].get("pair")
    return found


def _network(info: Mapping[str, Any]) -> str:
    """What the network is, of a pair the ResNet-50."""
    name = _trained(info["training"])[0]["config"]["backbone"]
    if name not in NETWORKS:
        raise ValueError(f"the card has no words for the backbone {name}: add them to NETWORKS in training/card.py")
    return NETWORKS[name][0].upper() + NETWORKS[name][1:]


def _beside(info: Mapping[str, Any]) -> str:
    """What is said of the ResNet-50's partner, if it has one."""
    paired = _pair(info)
    if paired is None:
        return ""
    kind = paired["partner"]["config"]["backbone"]
    return _BESIDE.format(
        partner=NETWORKS[kind], origin=_ORIGINS[kind], input_size=info["input_size"], share=paired["share"]
    )


def _seen_by_resnet(info: Mapping[str, Any]) -> int:
    """Side in pixels of what the ResNet-50 sees."""
    paired = _pair(info)
    return int(paired["resnet"]["config"]["input_size"] if paired else info["input_size"])


def _people(info: Mapping[str, Any]) -> list[str]:
    """See `training.gate.fit_people`; none where the gate goes by collections alone."""
    gate = info["training"].get("gate") or {}
    return list(gate.get("people") or [])


def _criterion(info: dict[str, Any]) -> str:
    """What the network was trained with."""
    config = info["training"]["config"]
    name, options = config["method"], config.get("method_options") or {}
    if name not in ("dldl", "dldl-v2"):
        return f"the method `{name}` ([training/methods](../training/methods))"
    if name == "dldl" or options.get("weight") == 0:
        return "a label distribution (Gao et al., IEEE Transactions on Image Processing 26(6), 2017)"
    return "a label distribution and the absolute error of the expectation (Gao et al., IJCAI 2018)"


def _before(config: Mapping[str, Any]) -> list[str]:
    """Names of the runs that a run builds upon, each after those that it builds upon itself."""
    found: list[str] = []
    for name in sorted({*config.get("teachers", ()), config.get("follows") or ""} - {""}):
        own: Mapping[str, Any] = {}
        if name in _PAIRS:
            own = {"teachers": [_PAIRS[name][role]["config"]["name"] for role in ROLES]}
        elif _shipped(name):
            own = read_config(CONFIGS / f"{name}.py").record()
        found += [one for one in [*_before(own), name] if one not in found]
    return found


def _trained(recipe: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What made the trained networks that a model consists of: `config`, `step` and `average` of each."""
    if paired := recipe.get("pair"):
        return [paired[role] for role in ROLES]
    return [{"config": recipe["config"], "step": recipe["steps"], "average": recipe.get("average")}]


def _runs(recipe: Mapping[str, Any]) -> list[str]:
    """Names of all runs that a model builds upon, in an order in which they can be run."""
    found: list[str] = []
    for one in _trained(recipe):
        found += [name for name in [*_before(one["config"]), one["config"]["name"]] if name not in found]
    return found


def _configs(recipe: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Configurations of the runs that a model builds upon, as far as they are known."""
    shipped = [read_config(CONFIGS / f"{name}.py").record() for name in _runs(recipe) if _shipped(name)]
    return shipped + [one["config"] for one in _trained(recipe)]  # whatever they are called


def _unseen(recipe: Mapping[str, Any]) -> bool:
    """Whether all runs that a model builds upon are known, and learned from `_APART` alone."""
    configs = _configs(recipe)
    known = {*_PAIRS, *(config["name"] for config in configs)}
    apart = all(_APART.issuperset(config["collections"]) for config in configs)
    return apart and known.issuperset(_runs(recipe))


def terms_of(recipe: Mapping[str, Any]) -> list[str]:
    """What is to be said of the weights that the runs began with which a model builds upon: ImageNet, the head start, faces.

    Args:
        recipe: `training` of `age.json`.
    """
    begun = {archive_of(config) for config in _configs(recipe)}
    started = _HEAD_START in begun
    imagenet = started or not begun.isdisjoint(ARCHIVES.values())  # the head start began with them itself
    return [_IMAGENET_TERMS] * imagenet + [_HEAD_START_TERMS] * started + [one.terms for one in _faces_of(recipe)]


def _faces_of(recipe: Mapping[str, Any]) -> list[face_weights.Source]:
    """Of which weights that had learned faces a model was made."""
    found = [face_weights.source_of(archive_of(config)) for config in _configs(recipe)]
    return [one for one in face_weights.SOURCES if one in found]


def _shipped(name: str) -> bool:
    return (CONFIGS / f"{name}.py").exists()


def _reproduce(info: dict[str, Any]) -> str:
    """The commands, and the configurations that were trained."""
    recipe = info["training"]
    flip = " --flip" if info["calibration"]["flip"] else ""
    sharpness = f" --sharpness {_sharpness(info):g}" if _sharpness(info) != 1 else ""
    rare = "" if _rare_from(info) is None else f" --rare-from {_rare_from(info):g}"
    detail = f" --detail {info['calibration']['detail']}" if info["calibration"].get("detail") else ""
    gate, paired, trained = recipe.get("gate"), recipe.get("pair"), _trained(recipe)
    folder = f"runs/{recipe['config']['name']}"
    best = f"{folder}/{(gate or {}).get('checkpoint', 'best.pt')}"
    weights = f"{folder}/gated.pt" if gate else best
    sees = f" --sees {gate['sees']}" if gate and gate.get("sees") else ""
    if _people(info):
        sees += f" --people {' '.join(_people(info))}"
    commands = [
        "prepare",
        *(command for name in _runs(recipe) for command in _making(name)),
        *_averaging(trained),
        *([_pairing(paired, recipe["config"]["name"])] if paired else []),
        *([f"gate {best}{detail} --photos {gate['photos']} --further {gate['further']}{sees}"] if gate else []),
        f"calibrate {weights} --input-size {info['calibration']['input_size']}{detail}{flip}{sharpness}{rare}",
        f"export {weights} --name {info['name']} --version {info['version']} --description {quote(info['weights'])}",
        "evaluate",
        "card",
    ]
    lines = [f"    {command}" for one in _faces_of(recipe) for command in one.commands]
    lines += [f"    python -m training {command}" for command in dict.fromkeys(commands)]
    for one in trained:
        lines += [
            "",
            f"The configuration of {one['config']['name']} as trained, {one['step']} steps up to the checkpoint:",
            "",
        ]
        settings = settings_of(one["config"])
        unread = {"init"} if settings["follows"] else set()
        lines += [f"    {name} = {value!r}" for name, value in settings.items() if name not in unread]
    own = [one["config"]["name"] for one in trained]
    lacking = [f"{name}.py" for name in _runs(recipe) if name not in _PAIRS and not _shipped(name)]
    notes = _NEEDS + (_LACKS.format(files=", ".join(lacking)) if lacking else "")
    return notes + (_LIKE_IT if set(_runs(recipe)) - set(own) else "") + "\n".join(lines)


def _making(name: str) -> list[str]:
    """The commands that make a run, once there is what it builds upon."""
    if name not in _PAIRS:
        return [f"train --config training/configs/{name}.py"]
    paired = _PAIRS[name]
    return [*_averaging([paired[role] for role in ROLES]), _pairing(paired, name)]


def _averaging(trained: Sequence[Mapping[str, Any]]) -> list[str]:
    """The commands that averaged networks with those that they followed."""
    return [
        f"average runs/{one['config']['name']}/{one['average']['checkpoint']} --share {one['average']['share']:g}"
        for one in trained
        if one.get("average")
    ]


def _pairing(paired: Mapping[str, Any], name: str) -> str:
    """The command that joined two networks."""
    resnet, partner = (
        f"runs/{one['config']['name']}/{'average.pt' if one.get('average') else one['checkpoint']}"
        for one in (paired[role] for role in ROLES)
    )
    return f"pair {resnet} {partner} --share {paired['share']:g} --name {name}"
