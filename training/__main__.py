"""`python -m training`: from photos to the model that ships. See docs/training.md."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.model_info import MODELS, AgeModelError
from training import commands
from training.commands import COLLECTIONS, WHOLE
from training.files import ROOT
from training.gate import FURTHER
from training.sources import SOURCES

DATA = Path(os.environ.get("AGELENS_DATA", ROOT.parent / "shared" / "data"))
CACHE = ROOT / ".cache" / "training"
RUNS = ROOT / "runs"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _detail_option(one: argparse.ArgumentParser) -> None:
    detail = "pixels that bound the detail seen, 0 for no bound (default: as trained)"
    one.add_argument("--detail", type=int, help=detail)


def _gate_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("weights", type=Path, help="a checkpoint (.pt)")
    _detail_option(one)
    one.add_argument("--photos", type=_positive, default=6000, help="photos of each collection (default: %(default)s)")
    further = "share of strangers' photos of a further collection's kind (default: %(default)s)"
    one.add_argument("--further", type=float, default=FURTHER, help=further)
    sees = "stage of the backbone that the gate sees: layer3, of a pair's partner partner.Mixed_7a (default: features)"
    one.add_argument("--sees", default="", metavar="STAGE", help=sees)
    people = "for each further collection the first one's label for the people whom it shows (default: any people)"
    one.add_argument("--people", nargs="+", default=[], metavar="LABEL", help=people)


def _average_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("weights", type=Path, help="a checkpoint (.pt)")
    share = "share of the run's own weights, from 0 to 1; choose it on validation photos (default: %(default)s)"
    one.add_argument("--share", type=float, default=0.5, help=share)


def _calibrate_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("--input-size", type=int, default=0, help="pixels that the network sees (default: as trained)")
    _detail_option(one)
    one.add_argument("--flip", action="store_true", help="average over the face and its mirror image (twice the time)")
    sharpness = "power of the distribution whose expectation is the estimate (default: %(default)s)"
    one.add_argument("--sharpness", type=float, default=1.0, help=sharpness)
    rare = "age from which the old get back half of what their being rare costs them (default: they get nothing)"
    one.add_argument("--rare-from", type=float, metavar="AGE", help=rare)


def _pair_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("resnet", type=Path, help="checkpoint of the ResNet-50")
    one.add_argument("partner", type=Path, help="checkpoint of a MobileNet or an Inception-ResNet")
    one.add_argument("--name", default="pair", help="name of the new run (default: %(default)s)")
    one.add_argument("--share", type=float, default=0.5, help="share of what the partner says (default: %(default)s)")


def _recover_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("name", help="name of the new run")
    one.add_argument("--out", type=Path, default=MODELS, help="folder of age.onnx and age.json (default: %(default)s)")
    one.add_argument(
        "--photos", type=_positive, default=800, help="photos to take statistics from (default: %(default)s)"
    )


def _compare_options(one: argparse.ArgumentParser) -> None:
    protocol = ROOT / "training" / "configs" / "compare.py"
    one.add_argument("--config", type=Path, default=protocol, help="the protocol (default: %(default)s)")
    one.add_argument("--rows", nargs="+", default=[], metavar="NAME", help="rows to run (default: all)")
    one.add_argument("--seeds", nargs="+", type=int, default=[0, 1], metavar="N", help="seeds to run (default: 0 1)")
    one.add_argument(
        "--again", action="store_true", help="run again what an earlier revision of the training program ran"
    )
    one.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change the protocol; may be repeated"
    )
    one.add_argument("--threads", type=int, default=0, help="CPU threads (default: as many as torch takes)")
    one.add_argument("--page", type=Path, help="the page to write (default: the record's name, but .md)")
    record = ROOT / "docs" / "comparison.json"
    one.add_argument("--record", type=Path, default=record, help="figures so far (default: %(default)s)")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    every = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        one = every.add_parser(name, help=run.__doc__, description=run.__doc__)
        one.set_defaults(run=run)
        one.add_argument("--data", type=Path, default=DATA, help="data folder (default: $AGELENS_DATA or %(default)s)")
        one.add_argument("--cache", type=Path, default=CACHE, help="prepared photos (default: %(default)s)")
        one.add_argument("--runs", type=Path, default=RUNS, help="logs and checkpoints (default: %(default)s)")
        return one

    def model_options(one: argparse.ArgumentParser, **further: str) -> None:
        one.add_argument(
            "--out", type=Path, default=MODELS, help="folder of age.onnx and age.json (default: %(default)s)"
        )
        places = {"figures": "runs/figures"} | further
        for name, place in places.items():
            where = f"the model's {name} (default: {place}; with another --out, {Path(place).name} in it)"
            one.add_argument(f"--{name}", type=Path, help=where)
        one.set_defaults(places=places)

    one = command("prepare", commands.prepare)
    one.add_argument("names", nargs="*", metavar="NAME", help=f"collections (default: {' '.join(COLLECTIONS)})")
    one.add_argument("--source", type=Path, help="where the collection is (default: the data folder's NAME)")
    one.add_argument(
        "--layout", choices=tuple(SOURCES), default="shards", help="how it is laid out (default: %(default)s)"
    )
    one = command("train", commands.train)
    one.add_argument("--config", type=Path, required=True, help="a file of training/configs/")
    one.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    one.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting; may be repeated"
    )
    one.add_argument("--threads", type=int, default=0, help="CPU threads (default: as many as torch takes)")
    _average_options(command("average", commands.average))
    _pair_options(command("pair", commands.pair))
    _gate_options(command("gate", commands.gate))
    one = command("calibrate", commands.calibrate)
    one.add_argument("weights", type=Path, help="a checkpoint (.pt)")
    _calibrate_options(one)
    one = command("export", commands.export)
    one.add_argument("weights", type=Path, help="a checkpoint (.pt)")
    model_options(one)
    one.add_argument("--name", default="resnet50-age", help="the model's name (default: %(default)s)")
    one.add_argument("--version", default="1", help="the weights' version (default: %(default)s)")
    one.add_argument(
        "--description",
        default="trained with this repository.",
        help="where the weights come from (default: %(default)r)",
    )
    _recover_options(command("recover", commands.recover))
    one = command("evaluate", commands.evaluate)
    model_options(one)
    names = f"prepared collections, or {WHOLE} (default: {' '.join(COLLECTIONS)} and, if it is there, {WHOLE})"
    one.add_argument("names", nargs="*", metavar="NAME", help=names)
    split = f"part of the collections to measure on; {WHOLE} always counts as a whole (default: %(default)s)"
    one.add_argument("--split", default="test", choices=["train", "val", "test", "all"], help=split)
    one = command("card", commands.card)
    model_options(one, page="docs/model-card.md")
    one = command("plots", commands.plots)
    model_options(one, pictures="docs/images/plots", page="docs/plots.md")
    one.add_argument("--faces", type=_positive, default=400, help="photos to degrade on purpose (default: %(default)s)")
    _compare_options(command("compare", commands.compare))
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; exit status 0, or 2 with a sentence on standard error."""
    options = parser().parse_args(arguments)
    for name, place in getattr(options, "places", {}).items():
        if getattr(options, name) is None:
            ships = options.out.resolve() == MODELS.resolve()
            setattr(options, name, ROOT / place if ships else options.out / Path(place).name)
    try:
        options.run(options)
    except (ValueError, OSError, AgeModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
