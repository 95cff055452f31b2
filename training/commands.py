"""What each command of `python -m training` does; its docstring is its text in `--help`.

If something is wrong they raise `ValueError`, `OSError` or `AgeModelError` with a sentence, which __main__.py prints.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from engine.age import AGES
from engine.age_model import AgeModel
from engine.alignment import CHIP_BOX
from engine.model_info import MODELS
from training.average import average as averaged
from training.calibrate import DEGRADED, evened, fit_temperatures, logits_of, offsets_of, softened
from training.card import MEASURED, terms_of
from training.card import card as model_card
from training.checkpoints import KEPT, load_checkpoint, read_checkpoint, write_checkpoint
from training.compare import Comparison, Record, rows_of
from training.comparison_page import page as comparison_page
from training.config import read_config
from training.data import Faces, load
from training.data import prepare as prepare_collection
from training.evaluate import copies, evaluate_photos, keep, kept, predict, predictions_on, table
from training.export import difference, rounded, save, to_onnx
from training.files import ROOT, check_folder_name, read_json, write_atomic, write_json
from training.gate import CLOSEST, error_of, exchange, fit, fit_people, seen_of, with_prior
from training.metrics import LEVEL, covered
from training.network import AgeNetwork, Exported
from training.pair import pair as joined_pair
from training.predictions import Predictions, keep_predictions, kept_predictions
from training.pretrained import archive_of
from training.recover import recover as recovered
from training.tables import title
from training.train import Crew, Trainer

COLLECTIONS = ("utkface", "aaf")
"""What the shipped model learns from: shards in the data folder. It is measured on their test parts and on WHOLE."""
WHOLE = "transfer"
LARGE = "cacd"
"""A further collection that networks are transferred to and from, if it has been prepared."""
TERMS = [
    "UTKFace (Zhang, Song and Qi, CVPR 2017): non-commercial research only; "
    "the copyright of each photo stays with its owner.",
    "All-Age-Faces (Cheng et al., 2019): no license stated, treated as research only.",
]
FURTHEST = 0.5
"""Years by which the exported model may differ from the original on average; more is a mistake, not rounding."""


def prepare(options: argparse.Namespace) -> None:
    """Decode photo collections once, into arrays of chips that training and evaluation map into memory."""
    if options.source is None:
        for name in options.names or COLLECTIONS:
            _prepared(name, options.data / name, options)
    elif len(options.names) != 1:
        raise ValueError("--source takes one name for the collection")
    else:
        _prepared(options.names[0], options.source, options)


def _prepared(name: str, source: Path, options: argparse.Namespace) -> None:
    check_folder_name(name)
    if name in {WHOLE, *MEASURED} - set(COLLECTIONS):
        raise ValueError(f"{name} is what figures of the shipped model are called: choose another name")
    if not source.exists():
        raise FileNotFoundError(f"{source} is missing")
    folder = options.cache / name
    before = " from before; delete that folder to prepare it anew" if (folder / "labels.csv").exists() else ""
    faces = prepare_collection(name, source, options.cache, options.layout)
    print(f"{name}: {len(faces)} photos in {folder}{before}")


def train(options: argparse.Namespace) -> None:
    """Train a network; writes checkpoints and a log to the runs folder."""
    if options.threads:
        torch.set_num_threads(options.threads)
    config = read_config(options.config, _changes(options.set))
    folder = options.runs / config.name
    parts = [load(name, options.cache) for name in config.collections]
    validation = [faces.part("val", unique=True) for faces in parts]
    # Checked before the processes meet in the trainer: right after that the first one may write a checkpoint.
    begun = (folder / "last.pt").exists()
    if begun and not options.resume:
        raise ValueError(f"{folder} holds a run: --resume continues it")
    if not begun and (folder / "best.pt").exists():  # from `recover` or `pair`, perhaps the only copy
        raise ValueError(f"{folder} holds a checkpoint that no run there wrote: choose another name or delete it")
    trainer = Trainer(config, [faces.part("train") for faces in parts], validation, folder, options.data, Crew.join())
    if begun:
        trainer.resume()
    print(f"{config.name}: {trainer.steps} steps, from step {trainer.step}, on {trainer.crew.device}", flush=True)
    trainer.run()


def average(options: argparse.Namespace) -> None:
    """Average a run's checkpoint with the one that the run started from; writes average.pt beside it."""
    print(averaged(options.weights, options.runs, options.share))


def pair(options: argparse.Namespace) -> None:
    """Join a ResNet-50 and a partner of another kind to one network that says what they say on average."""
    out = _new_run(options)
    joined_pair(options.resnet, options.partner, out, options.share)
    print(out)


def gate(options: argparse.Namespace) -> None:
    """Fit the gate between the heads anew on a finished network; writes gated.pt beside its checkpoint."""
    network = _network(options.weights, detail=options.detail)
    if network.gate is None:
        raise ValueError(f"{options.weights} has one head, and so no gate")
    network.check_stage(options.sees)
    further = len(network.collections) - 1
    if len(options.people) not in (0, further):
        raise ValueError(f"--people takes one label for each further collection: {further}, not {len(options.people)}")
    rounded(network)
    parts = {name: load(name, options.cache) for name in network.collections}
    for name, faces in parts.items():
        if len(faces.part("train", unique=True)) == 0:
            raise ValueError(f"{name}: there is no photo to fit the gate on")
    every = {name: faces.part("val", unique=True) for name, faces in parts.items()}
    validation = {name: faces for name, faces in every.items() if len(faces)}
    before = {name: error_of(network, faces) for name, faces in validation.items()}
    seen, labels = [], []
    for name, faces in parts.items():
        chosen = faces.part("train", unique=True).sample(options.photos)
        labels.append(np.tile(chosen.column("label"), 2))
        as_they_are = seen_of(network, options.sees, chosen)
        seen.append(torch.cat([as_they_are, seen_of(network, options.sees, chosen, DEGRADED, CLOSEST)]))
        print(f"{name}: {len(chosen)} photos, as they are and degraded", file=sys.stderr, flush=True)
    layer, people = fit(seen), None
    if options.people:
        people = fit_people(seen[0], labels[0], options.people, options.further)
    else:
        layer = with_prior(layer, options.further)
    network.replace_gate(layer, options.sees, people)
    for name, faces in validation.items():
        print(f"{name}: validation MAE {before[name]:.3f} before, {error_of(network, faces):.3f} after", flush=True)
    out = options.weights.with_name("gated.pt")
    made = {
        "checkpoint": options.weights.name,
        "photos": options.photos,
        "further": options.further,
        "detail": network.detail,
        "sees": options.sees,
        "people": options.people,
    }
    exchange(options.weights, out, layer, made, people)
    print(out)


def calibrate(options: argparse.Namespace) -> None:
    """Fit the temperatures on the validation photos and degraded copies of them; writes WEIGHTS.calibration.json."""
    network = rounded(_network(options.weights, options.input_size, options.detail))
    offsets = []
    if options.rare_from is not None:
        offsets = offsets_of(load(COLLECTIONS[0], options.cache).part("train").ages, options.rare_from)
    model = Exported(network, flip=options.flip, sharpness=options.sharpness, offsets=offsets).eval()
    logits, ages, weights = [], [], []
    for name in COLLECTIONS:
        validation = load(name, options.cache).part("val", unique=True)
        for how in (None, DEGRADED):
            logits.append(logits_of(model, validation, how))
            ages.append(validation.ages)
            # A photo of the first collection, whose labels the main head learns, counts like two of another.
            weights.append(np.full(len(validation), (1.0 if name == COLLECTIONS[0] else 0.5)))
            print(f"{name}{' degraded' if how else ''}: {len(validation)} photos", file=sys.stderr, flush=True)
    all_logits, all_ages = np.concatenate(logits), np.concatenate(ages)
    temperatures = fit_temperatures(all_logits, all_ages, evened(all_ages, np.concatenate(weights)))
    found = softened(all_logits, temperatures)
    write_json(
        _calibration(options),
        {
            "of": _sha256(options.weights),
            "temperatures": temperatures,
            "flip": options.flip,
            "sharpness": options.sharpness,
            "rare_from": options.rare_from,
            "offsets": offsets,
            "input_size": network.input_size,
            "detail": network.detail,
            "photos": len(all_ages),
            "level": LEVEL,
            "coverage": round(float(covered(found, all_ages).mean()), 4),
            "mae": round(float(np.abs(found @ np.arange(AGES) - all_ages).mean()), 4),
        },
    )
    print(_calibration(options).read_text(encoding="utf-8"))


def export(options: argparse.Namespace) -> None:
    """Export a calibrated network to ONNX, check it against torch, and describe it in age.json."""
    if not _calibration(options).exists():
        raise FileNotFoundError(f"{_calibration(options)} is missing: run `python -m training calibrate` first")
    calibration = read_json(_calibration(options))
    # Older calibrations do not have this.
    if calibration.pop("of", None) not in (None, _sha256(options.weights)):
        raise ValueError(f"{options.weights} has changed since: run `python -m training calibrate` again")
    network = _network(options.weights, calibration["input_size"], calibration["detail"])
    model = Exported(
        network,
        calibration["temperatures"],
        calibration["flip"],
        # Older calibrations do not have these two.
        calibration.get("sharpness", 1.0),
        calibration.get("offsets", []),
    ).eval()
    utkface = load(COLLECTIONS[0], options.cache)
    graph = to_onnx(model)
    apart = difference(model, graph.SerializeToString(), utkface.part("val", unique=True).batches())
    if apart > FURTHEST:
        raise ValueError(f"the exported model is {apart:.2f} years off the original on average")
    content = save(graph, options.out / "age.onnx")
    sha256 = hashlib.sha256(content).hexdigest()
    recipe = _recipe(options.weights)
    info = {
        "schema": 1,
        "name": options.name,
        "version": options.version,
        "sha256": sha256,
        "input_size": network.input_size,
        "geometry": "utkface-200",
        "template": read_json(ROOT / "training" / "template.json")["points"],
        "calibration": calibration,
        "weights": options.description,
        "training": recipe,
        "figures": {},
        "data": _data(recipe),
        "licence": "non-commercial purposes only",
    }
    write_json(options.out / "age.json", info)
    test = utkface.part("test", unique=True)
    reference = softened(logits_of(model, test), calibration["temperatures"])
    loss = _mae(predict(AgeModel.load(options.out), test), test.ages) - _mae(reference, test.ages)
    keep(options.figures, "export", sha256, {"mae_loss": round(loss, 4), "off_torch": round(apart, 4)})
    print(f"{len(content) / 1e6:.1f} MB, {apart:.3f} years off torch, MAE on test {loss:+.4f}")


def recover(options: argparse.Namespace) -> None:
    """Make a checkpoint from an exported model, to go on training from it; writes best.pt to the runs folder."""
    target = _new_run(options)
    info = read_json(options.out / "age.json")
    config = info["training"].get("config", {})  # none of a model that was not trained here, which `recovered` refuses
    shares = config.get("collections", {})
    faces = [
        load(name, options.cache).part("train").sample(round(options.photos * share / sum(shares.values())))
        for name, share in shares.items()
    ]
    init = options.data / archive_of(config)
    start = dict(np.load(init)) if init.is_file() else None
    state = recovered(onnx.load(options.out / "age.onnx"), info, faces, start)
    write_checkpoint(target, state)
    print(target)


def evaluate(options: argparse.Namespace) -> None:
    """Measure an exported model on prepared collections and, through the complete engine, on whole photos."""
    model = AgeModel.load(options.out)
    ships = options.out.resolve() == MODELS.resolve()
    names = list(options.names or COLLECTIONS)
    if not options.names and (options.data / WHOLE).is_dir():
        if ships:
            names.append(WHOLE)
        else:
            print(f"{WHOLE}: left out, as only the model that ships can be measured on whole photos", flush=True)
    for name in names:
        split = "test"
        if name == WHOLE:
            if not ships:
                raise ValueError("whole photos go through the complete engine, which uses the model that ships")
            found = evaluate_photos(options.data / WHOLE)
        else:
            split = options.split
            faces = load(name, options.cache).part(split, unique=True)
            predicted = predictions_on(model, faces)
            # Kept apart from those of the test part, which the card shows.
            kept_as = name if split == "test" else f"{name}-{split}"
            keep_predictions(options.figures, kept_as, model.info["sha256"], predicted)
            one = predicted.figures() | {"missed": len(faces.missed)}
            if split == "test" and (learned := _learned(options.cache)):
                one["copies"] = copies(predicted, faces, learned)
            found = {kept_as: one}
        for part, one in found.items():
            keep(options.figures, part, model.info["sha256"], one, split)
            print(table(part, one), flush=True)


def _learned(cache: Path) -> list[Faces]:
    """The training parts of `COLLECTIONS`, of those that are prepared."""
    prepared = [load(name, cache) for name in COLLECTIONS if (cache / name / "labels.csv").exists()]
    return [faces.part("train") for faces in prepared]


def card(options: argparse.Namespace) -> None:
    """Put what was measured on the model into age.json, and write docs/model-card.md from it."""
    info = read_json(options.out / "age.json")
    found = kept(options.figures, info["sha256"])
    # What was measured elsewhere on this very model, as on the one that ships, stays.
    info["figures"] |= {name: one for name, one in found.items() if name in MEASURED}
    info["data"] = _data(info["training"])
    write_json(options.out / "age.json", info)
    write_atomic(options.page, model_card(info).encode())
    print(f"{options.page}: figures on {', '.join(info['figures']) or 'nothing yet'}")


def plots(options: argparse.Namespace) -> None:
    """Draw where an exported model errs, and write docs/plots.md, the page with the pictures."""
    try:
        # Needs Matplotlib, which the other commands do without.
        from training import plots as drawing  # noqa: PLC0415
        from training.quality import BLURS, SIZES, by_degradation  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing: `python3 dev.py setup training` installs it") from error
    model = AgeModel.load(options.out)
    sha256 = model.info["sha256"]
    everything = [load(name, options.cache) for name in COLLECTIONS]
    collections = [
        drawing.Collection(
            title(faces.name),
            faces.ages,
            faces.column("sex"),
            faces.column("label"),
            faces.column("split"),
            _predictions(model, faces.part("test", unique=True), options.figures),
        )
        for faces in everything
    ]
    # In its own folder, or `card` would take it for figures on a collection. The name has the face width in a chip.
    folder, test = options.figures / f"degraded-{CHIP_BOX[2]:g}", everything[0].part("test", unique=True)
    degraded = kept(folder, sha256).get(COLLECTIONS[0], {})
    wanted = {"size": [f"{size:g}" for size in SIZES], "blur": [f"{blur:g}" for blur in BLURS]}
    photos = {one["photos"] for part in degraded.values() for one in part.values()}
    if {part: list(found) for part, found in degraded.items()} != wanted or photos != {min(options.faces, len(test))}:
        print(f"{COLLECTIONS[0]}: degrading {min(options.faces, len(test))} photos", file=sys.stderr, flush=True)
        degraded = by_degradation(model, test.sample(options.faces))
        keep(folder, COLLECTIONS[0], sha256, degraded)
    shown = drawing.pictures(collections, degraded)
    for one in shown:
        write_atomic(options.pictures / f"{one.name}.png", one.png)
    text = drawing.page(options.page, options.pictures, model.info, shown, collections)
    write_atomic(options.page, text.encode())
    print(f"{options.page}: {len(shown)} pictures in {options.pictures}")


def compare(options: argparse.Namespace) -> None:
    """Train and measure methods, backbones, optimizers and transfer under one protocol; writes docs/comparison.md."""
    if options.threads:
        torch.set_num_threads(options.threads)
    protocol = read_config(options.config, _changes(options.set))
    page: Path = options.page or options.record.with_suffix(".md")
    if page.resolve() == options.record.resolve():
        raise ValueError(f"{page} cannot be both the record and its page: call the record NAME.json")
    record = Record(options.record, protocol)
    wanted = [*protocol.collections, *COLLECTIONS]
    if (options.cache / LARGE / "labels.csv").exists():
        wanted.append(LARGE)
    collections = {name: load(name, options.cache) for name in dict.fromkeys(wanted)}
    rows = rows_of(protocol, list(collections)[1:])

    def write() -> None:
        write_atomic(page, comparison_page(record.content, rows, options.record.name).encode())

    comparison = Comparison(
        protocol, rows, collections, record, options.runs / "compare", options.data, write, options.again
    )
    failed = comparison.run(options.seeds, options.rows)
    write()
    if failed:
        raise ValueError(f"left out: {'; '.join(failed)}")
    print(f"{page}: written from {options.record}")


def _predictions(model: AgeModel, faces: Faces, folder: Path) -> Predictions:
    """The model's answers on exactly these photos: those that `evaluate` kept, else computed now."""
    found = kept_predictions(folder, faces.name, model.info["sha256"])
    if found is None or not found.fits(faces):
        print(f"{faces.name}: predicting {len(faces)} photos", file=sys.stderr, flush=True)
        found = predictions_on(model, faces)
        keep_predictions(folder, faces.name, model.info["sha256"], found)
    return found


def _network(weights: Path, input_size: int = 0, detail: int | None = None) -> AgeNetwork:
    """The network of a checkpoint."""
    if not weights.exists():
        raise FileNotFoundError(f"{weights} is missing")
    return load_checkpoint(weights, input_size, detail)


def _new_run(options: argparse.Namespace) -> Path:
    """Where the checkpoint of a new run goes; refused if there is a run of that name."""
    check_folder_name(options.name)
    target = Path(options.runs / options.name / "best.pt")
    if target.exists():
        raise ValueError(f"{target.parent} holds a run; choose another name or delete it")
    return target


def _recipe(weights: Path) -> dict[str, Any]:
    """How a checkpoint was made: its configuration and the steps done."""
    state = read_checkpoint(weights)
    return {"config": state["config"], "steps": state["step"]} | {key: state.get(key) for key in KEPT}


def _data(recipe: Mapping[str, Any]) -> list[str]:
    """What `age.json` says of what a model learned from."""
    return [*TERMS, *terms_of(recipe)]


def _calibration(options: argparse.Namespace) -> Path:
    """Where the calibration of a checkpoint is kept."""
    weights: Path = options.weights
    return weights.with_suffix(".calibration.json")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mae(distributions: np.ndarray, ages: np.ndarray) -> float:
    return float(np.abs(distributions @ np.arange(AGES) - ages).mean())


def _changes(pairs: Sequence[str]) -> dict[str, Any]:
    """`name=value` pairs; a value that is not a Python literal is text."""
    changes: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise ValueError(f"--set takes NAME=VALUE, not {pair}")
        try:
            changes[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            changes[name] = text
    return changes
