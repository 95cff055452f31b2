"""`python -m training`: from photos to the model that ships. See docs/training.md."""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.age_model import AgeModel
from engine.model_info import MODELS
from training.calibrate import fit_temperature, logits_of, softened
from training.card import card as model_card
from training.config import read_config
from training.data import load
from training.data import prepare as prepare_collection
from training.evaluate import evaluate_chips, evaluate_photos, export_loss, table
from training.export import difference, save, to_onnx
from training.files import ROOT, read_json, write_atomic, write_json
from training.network import AgeNetwork, Exported, load_arrays
from training.train import Crew, Trainer, load_checkpoint

DATA = Path(os.environ.get("AGELENS_DATA", ROOT.parent / "shared" / "data"))
CACHE = ROOT / ".cache" / "training"
RUNS = ROOT / "runs"
COLLECTIONS = ("utkface", "aaf")
TERMS = [
    "UTKFace (Zhang, Song and Qi, CVPR 2017): non-commercial research only; "
    "the copyright of each photo stays with its owner.",
    "All-Age-Faces (Cheng et al., 2019): no licence stated, treated as research only.",
]


def prepare(options: argparse.Namespace) -> None:
    """Decode the photo collections once, into arrays that training maps into memory."""
    for name in COLLECTIONS:
        faces = prepare_collection(name, options.data / name, options.cache)
        print(f"{name}: {len(faces)} photos in {options.cache / name}")


def train(options: argparse.Namespace) -> None:
    """Train a network; writes checkpoints and a log to the runs folder."""
    if options.threads:
        torch.set_num_threads(options.threads)
    config = read_config(options.config, _changes(options.set))
    folder = options.runs / config.name
    parts = [load(name, options.cache) for name in config.collections]
    validation = [faces.part("val", unique=True) for faces in parts]
    trainer = Trainer(config, [faces.part("train") for faces in parts], validation, folder, options.data, Crew.join())
    resumed = options.resume and trainer.resume()
    if not resumed and (folder / "last.pt").exists():
        raise ValueError(f"{folder} holds a run: --resume continues it")
    print(f"{config.name}: {trainer.steps} steps, from step {trainer.step}, on {trainer.crew.device}", flush=True)
    trainer.run()


def export(options: argparse.Namespace) -> None:
    """Calibrate a network on the validation photos, export it to ONNX, and check it against torch."""
    source: Path = options.weights
    if source.suffix == ".npz":
        network = AgeNetwork(input_size=options.input_size)
        load_arrays(network, source)
    else:
        network = load_checkpoint(source)
    model = Exported(network.eval(), 1.0, flip=options.flip).eval()
    utkface = load("utkface", options.cache)
    validation, test = (utkface.part(split, unique=True) for split in ("val", "test"))
    logits = logits_of(model, validation)
    model.temperature = fit_temperature(logits, validation.ages)
    mae = float(np.abs(softened(logits, model.temperature) @ np.arange(101) - validation.ages).mean())
    print(f"temperature {model.temperature}, MAE on {len(validation)} validation photos {mae:.3f}", flush=True)
    content = save(to_onnx(model), options.out / "age.onnx")
    apart = difference(model, content, validation.batches())
    if apart > 0.5:
        raise ValueError(f"the exported model is {apart:.2f} years off the original on average")
    write_json(
        options.out / "age.json",
        {
            "schema": 1,
            "name": options.name,
            "version": options.version,
            "sha256": hashlib.sha256(content).hexdigest(),
            "input_size": network.input_size,
            "geometry": "utkface-200",
            "template": read_json(ROOT / "training" / "template.json")["points"],
            "calibration": {"temperature": model.temperature, "photos": len(validation), "level": 0.8},
            "weights": options.description,
            "figures": {},
            "data": TERMS,
            "licence": "non-commercial research",
            "commands": [
                "python -m training prepare",
                _command(),
                "python -m training evaluate",
                "python -m training card",
            ],
        },
    )
    reference = softened(logits_of(model, test), model.temperature)
    shipped = AgeModel.load(options.out)
    info = shipped.info
    info["figures"] = {"export_loss": round(export_loss(shipped, reference, test), 4)}
    write_json(options.out / "age.json", info)
    print(
        f"{len(content) / 1e6:.1f} MB, {apart:.3f} years off torch, MAE on test {info['figures']['export_loss']:+.4f}"
    )


def evaluate(options: argparse.Namespace) -> None:
    """Measure the exported model on test photos and, through the complete engine, on whole photos."""
    model = AgeModel.load(options.out)
    measured: dict[str, Any] = {"export_loss": model.info["figures"].get("export_loss", 0.0)}
    for name in COLLECTIONS:
        measured[name] = evaluate_chips(model, load(name, options.cache).part("test", unique=True))
        print(table(name, measured[name]), flush=True)
    if (options.data / "transfer").is_dir() and options.out == MODELS:
        for name, found in evaluate_photos(options.data / "transfer").items():
            measured[name] = found
            print(table(name, found) + f"\n  missed {found['missed']}", flush=True)
    info = read_json(options.out / "age.json")
    info["figures"] = measured
    write_json(options.out / "age.json", info)


def card(options: argparse.Namespace) -> None:
    """Write docs/model-card.md from the measured figures."""
    write_atomic(ROOT / "docs" / "model-card.md", model_card(read_json(options.out / "age.json")).encode())


def _command() -> str:
    """This command as typed, with paths that do not tell the machine."""
    words = [word.replace(str(DATA), "../shared/data").replace(str(ROOT) + "/", "") for word in sys.argv[1:]]
    return " ".join(["python -m training", *(f'"{word}"' if " " in word else word for word in words)])


def _changes(pairs: Sequence[str]) -> dict[str, Any]:
    """`name=value` pairs; a value is a Python literal, or text if it is none."""
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


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        one.set_defaults(run=run)
        one.add_argument("--data", type=Path, default=DATA, help="data folder (default: $AGELENS_DATA or %(default)s)")
        one.add_argument("--cache", type=Path, default=CACHE, help="prepared photos (default: %(default)s)")
        return one

    command("prepare", prepare)
    one = command("train", train)
    one.add_argument("--runs", type=Path, default=RUNS, help="logs and checkpoints (default: %(default)s)")
    one.add_argument("--threads", type=int, default=0, help="CPU threads (default: as many as torch takes)")
    one.add_argument("--config", type=Path, required=True, help="a file of training/configs/")
    one.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    one.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting")
    one = command("export", export)
    one.add_argument("weights", type=Path, help="a checkpoint (.pt), or a state_dict as NumPy archive (.npz)")
    one.add_argument(
        "--input-size", type=int, default=128, help="pixels that the network sees, for .npz (default: 128)"
    )
    one.add_argument("--flip", action="store_true", help="average over the face and its mirror image (twice the time)")
    one.add_argument("--name", default="resnet50-utkface", help="the model's name (default: %(default)s)")
    one.add_argument("--version", default="1", help="the weights' version (default: %(default)s)")
    one.add_argument("--description", default="trained with this repository.", help="where the weights come from")
    one.add_argument("--out", type=Path, default=MODELS, help="folder for age.onnx and age.json (default: %(default)s)")
    for name, run in (("evaluate", evaluate), ("card", card)):
        command(name, run).add_argument("--out", type=Path, default=MODELS, help="the model (default: %(default)s)")
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; exit status 0, or 2 with a sentence on standard error."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
